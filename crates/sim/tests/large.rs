//! Databases over 1 GB. SQLite leaves the page at 1 GiB out, for its locks; what is recorded here lies behind it.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "tests")]

#[path = "../../offline/tests/common/mod.rs"]
mod common;

use common::{Counters, Still, is_sound, trail, try_add, value};
use fastrand::Rng;
use std::sync::Arc;
use std::time::Duration;
use turndown_offline::{Disk, Engine, Hands, OpenConfig, Sql, StartReport};
use turndown_sim::{
    disk::{CrashModel, SimDisk},
    world::{LARGE, Plan, enlarge, play},
};

mod migrations {
    refinery::embed_migrations!("../../migrations/desk");
}

fn open(disk: &SimDisk) -> (Engine, StartReport) {
    let mut config = OpenConfig::new(disk.root().join("desk"), migrations::migrations::runner());
    config.disk = Arc::new(disk.clone()) as Arc<dyn Disk>;
    config.hands = Hands::Callers;
    Engine::open(&config, Arc::new(Counters), Arc::new(Still::default())).unwrap()
}

/// The most memory that this process has had, where the system says so.
fn most_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let kb = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(kb.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? << 10)
}

#[test]
fn a6_a_database_over_1_gb_is_recorded_in_cut_backed_up_and_repaired() {
    let disk = SimDisk::new("large", 11);
    let database = disk.root().join("desk/desk.db");
    let (engine, _) = open(&disk);
    engine.close();
    drop(engine);
    enlarge(&disk, &database).unwrap();

    let (engine, report) = open(&disk);
    assert!(report.repair.is_none(), "a large database is as good as any other");
    let add = |engine: &Engine, from: u32, to: u32| {
        for n in from..to {
            try_add(engine, n % 3, &format!("e{n}")).unwrap();
        }
    };
    add(&engine, 0, 100);
    let beyond = engine.read(|mut connection| {
        let pages = "SELECT count(*) FROM dbstat WHERE name = 'audit_local' AND pageno * 4096 > ?1";
        connection.first(pages, [LARGE], |row| row.get::<_, u64>(0))
    });
    assert!(beyond.unwrap().unwrap() > 0, "what is recorded now lies beyond 1 GiB");
    engine.back_up_if_due(Duration::ZERO).unwrap().expect("it is due");
    add(&engine, 100, 120);
    let told = trail(&engine);

    disk.power_cut(CrashModel::DropAll, &mut Rng::with_seed(11));
    drop(engine);
    disk.power_on();
    let (engine, report) = open(&disk);
    assert!(report.unclean && report.repair.is_none());
    assert_eq!(trail(&engine), told);
    assert_eq!(engine.check().unwrap().damage, Vec::<String>::new());
    engine.close();
    drop(engine);
    assert!(disk.length_of(&database).unwrap() > LARGE);

    // Everything behind the middle is gone, and with it all that was recorded.
    disk.cut_file(&database, LARGE / 2);
    let (engine, report) = open(&disk);
    let repair = report.repair.expect("it was repaired");
    assert!(repair.backup.is_some() && repair.missing.is_empty(), "{repair:?}");
    assert_eq!(trail(&engine)[..told.len()], told);
    assert_eq!((0..3).map(|counter| value(&engine, counter)).sum::<i64>(), 120);
    assert!(disk.length_of(&database).unwrap() > LARGE, "the backup is as large");
    assert_eq!(disk.length_of(&repair.set_aside.unwrap().join("desk.db")), Some(LARGE / 2));
    assert_eq!(engine.check().unwrap().damage, Vec::<String>::new());
    add(&engine, 120, 125);
    is_sound(&engine);

    if let Some(most) = most_memory() {
        println!("at most {} MB", most >> 20);
        assert!(most < LARGE, "nothing had the whole file in memory: {most} bytes");
    }
}

#[test]
fn a6_a_history_with_a_database_over_1_gb_ends_as_any_other() {
    // Its desk loses power, and its backups rot.
    let tally = play(&Plan::draw(1266, None));
    assert!(tally.is_clean(), "make sim SEED=1266\n{}", tally.failures.join("\n"));
    for kind in ["database_over_1_gb", "bit_flip_backup"] {
        assert!(tally.kinds.get(kind).is_some_and(|times| *times > 0), "{kind}: {:?}", tally.kinds);
    }
    assert!(tally.desk_cuts > 0 && tally.recorded > 0);
}
