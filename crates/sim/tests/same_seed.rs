//! The same seed gives the same bytes. Alone in its process, because SQLite has one generator for the whole of it.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod bank;

use fastrand::Rng;
use turndown_sim::{
    disk::{CrashModel, Fault, FaultPlan, SimDisk},
    vfs,
};

use self::bank::{WAL_FULL, bank, connect, holds, morning};

/// A day of transfers, faults and cuts, all from one seed.
fn a_day(seed: u64) -> (String, Vec<(&'static str, u64)>) {
    vfs::seed_sqlite(seed);
    let mut rng = Rng::with_seed(seed);
    let disk = SimDisk::new("day", seed);
    drop(bank(&disk, WAL_FULL));
    disk.set_plan(
        FaultPlan::none()
            .with(Fault::EioRead, 0.001)
            .with(Fault::EioWrite, 0.002)
            .with(Fault::EioFsync, 0.1)
            .with(Fault::Enospc, 0.002)
            .with(Fault::ShortWrite, 0.002)
            .with(Fault::PowerOff, 0.002),
    );
    for _ in 0..20 {
        let Ok(connection) = connect(&disk, WAL_FULL) else {
            disk.power_on();
            continue;
        };
        let mut committed = holds(&connection).unwrap_or(0);
        let _ = morning(&connection, &mut committed);
        disk.power_cut(CrashModel::any(&mut rng), &mut rng);
        disk.power_on();
    }
    (disk.digest(), disk.take_counts().into_iter().collect())
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let one = a_day(7);
    assert_eq!(one, a_day(7));
    assert_ne!(one.0, a_day(8).0);
    let kinds: Vec<&str> = one.1.iter().map(|(name, _)| *name).collect();
    println!("{one:?}");
    assert!(kinds.contains(&"eio_fsync") && kinds.contains(&"power_off"), "{kinds:?}");
}
