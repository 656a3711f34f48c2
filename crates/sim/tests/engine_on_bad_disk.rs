//! The engine on a disk that fails, forgets and stops at every place where it can: what a person was told is the truth.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "tests")]

#[path = "../../offline/tests/common/mod.rs"]
mod common;

use common::{Counters, Still, try_add, value};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use turndown_offline::{Disk, Engine, EngineError, Hands, OpenConfig, OpenError, RecordError, Sql, StartReport};
use turndown_sim::disk::{Aim, CrashModel, Fault, FileClass, IoKinds, SimDisk};

mod migrations {
    refinery::embed_migrations!("../../migrations/desk");
}

const COUNTERS: u32 = 3;

fn open(disk: &SimDisk) -> Result<(Engine, StartReport), OpenError> {
    let mut config = OpenConfig::new(disk.root().join("desk"), migrations::migrations::runner());
    config.disk = Arc::new(disk.clone()) as Arc<dyn Disk>;
    config.hands = Hands::Callers;
    Engine::open(&config, Arc::new(Counters), Arc::new(Still::default()))
}

fn ids(engine: &Engine) -> Result<BTreeSet<String>, EngineError> {
    engine.read(|mut connection| {
        let all = connection.all("SELECT event_id FROM audit_local WHERE event_id LIKE 'e%'", [], |row| row.get(0))?;
        Ok(all.into_iter().collect())
    })
}

/// A desk that has recorded a little, on a disk of its own, closed.
fn settled(name: &str, actions: u32) -> (SimDisk, BTreeSet<String>) {
    let disk = SimDisk::new(name, 7);
    let (engine, _) = open(&disk).unwrap();
    for n in 0..actions {
        try_add(&engine, n % COUNTERS, &format!("e{n}")).unwrap();
    }
    let before = ids(&engine).unwrap();
    engine.close();
    drop(engine);
    disk.settle();
    (disk, before)
}

fn is_whole(engine: &Engine, told: &BTreeSet<String>, what: &str) {
    let ledger = engine.ledger().unwrap();
    assert!(ledger.is_balanced(), "{what}: {ledger:?}");
    let checked = engine.check().unwrap();
    assert_eq!(checked.damage, Vec::<String>::new(), "{what}");
    let shown: i64 = (0..COUNTERS).map(|counter| value(engine, counter)).sum();
    assert_eq!(shown as usize, told.len(), "{what}: what is shown is what was recorded");
}

/// The two ends, and by turns one of those between them.
fn models(at: u64) -> [CrashModel; 3] {
    let between = [CrashModel::Prefix, CrashModel::Subset, CrashModel::Torn512, CrashModel::Torn4096];
    [CrashModel::DropAll, CrashModel::KeepAll, between[usize::try_from(at).unwrap() % between.len()]]
}

/// Opens the desk; damage that a start does not see is found by the look behind it and repaired at the next.
fn open_and_look(disk: &SimDisk, what: &str) -> (Engine, StartReport) {
    let (engine, report) = open(disk).unwrap_or_else(|error| panic!("{what}: {error:?}"));
    if engine.check().unwrap().damage.is_empty() {
        return (engine, report);
    }
    drop(engine);
    open(disk).unwrap_or_else(|error| panic!("{what}: {error:?}"))
}

/// What is tried while the disk fails.
const TRIES: u32 = 4;

#[test]
fn a5_whatever_the_disk_answers_to_a_commit_the_person_is_told_the_truth() {
    let (disk, before) = settled("truth", 6);
    let image = disk.image();
    let faults = [
        Fault::EioWrite,
        Fault::EioFsync,
        Fault::FsyncLosesPages,
        Fault::Enospc,
        Fault::ShortWrite,
        Fault::DiskFull,
        Fault::EioRead,
        Fault::ShortRead,
        Fault::EioOpen,
        Fault::Eacces,
        Fault::EioTruncate,
        Fault::EioDelete,
        Fault::Erofs,
    ];
    let (mut cases, mut unsure_cases, mut from_copy) = (0, BTreeMap::<Fault, usize>::new(), 0);
    for fault in faults {
        for at in 1.. {
            let mut hit = false;
            for model in models(at) {
                let what = format!("{fault:?} at {at}, then {model:?}");
                disk.restore_image(&image);
                let (engine, _) = open(&disk).unwrap();
                let _ = disk.take_counts();
                disk.fail_at(at, fault);
                let (mut told, mut refused, mut unsure) = (before.clone(), BTreeSet::new(), BTreeSet::new());
                let recorded = |id: String, told: &mut BTreeSet<String>| match try_add(&engine, 0, &id) {
                    Ok(_) => drop(told.insert(id)),
                    Err(RecordError::Engine(EngineError::Unsure(_))) => drop(unsure.insert(id)),
                    Err(_) => drop(refused.insert(id)),
                };
                let mut recorded = recorded;
                for n in 0..TRIES {
                    recorded(format!("e1{n:02}"), &mut told);
                }
                hit = !disk.take_counts().is_empty();
                disk.disarm();
                disk.set_capacity(None);
                disk.set_read_only(false);
                if fault == Fault::Erofs || fault == Fault::DiskFull {
                    // It has lasted; now the disk takes writes again.
                    recorded("e190".into(), &mut told);
                }
                // A read that says nothing of what it left out damages the file behind SQLite's back: that is for the
                // second copy to make good, at the next start.
                if fault != Fault::ShortRead {
                    let now = ids(&engine).unwrap_or_else(|error| panic!("{what}: {error:?}"));
                    assert!(told.is_subset(&now), "{what}: told saved and is not there: {told:?}, {now:?}");
                    assert!(refused.is_disjoint(&now), "{what}: told not saved and is there: {refused:?}, {now:?}");
                    // The disk works again, and so does the desk.
                    try_add(&engine, 1, "e199").unwrap_or_else(|error| panic!("{what}: {error:?}"));
                    told.insert("e199".into());
                }
                disk.power_cut(model, &mut fastrand::Rng::with_seed(at));
                drop(engine);
                disk.power_on();
                let (engine, report) = open_and_look(&disk, &what);
                let now = ids(&engine).unwrap();
                assert!(told.is_subset(&now), "{what}: saved and gone after the cut: {told:?}, {now:?}");
                assert!(refused.is_disjoint(&now), "{what}: told not saved and came back: {refused:?}, {now:?}");
                assert!(now.iter().all(|id| told.contains(id) || unsure.contains(id)), "{what}: {now:?}");
                assert!(report.repair.as_ref().is_none_or(|repair| !repair.needs_new_install), "{what}: {report:?}");
                is_whole(&engine, &now, &what);
                cases += 1;
                *unsure_cases.entry(fault).or_insert(0) += unsure.len();
                from_copy += usize::from(report.repair.is_some());
                if !hit {
                    break;
                }
            }
            if !hit {
                break;
            }
        }
    }
    println!(
        "{cases} cases; so often the answer was that nobody knows: {unsure_cases:?}; {from_copy} times the second copy was needed"
    );
    assert!(cases > 300);
}

#[test]
fn a2_the_power_may_go_at_any_operation_of_recording() {
    let (disk, before) = settled("cuts", 6);
    let image = disk.image();
    let mut cases = 0;
    for at in 1.. {
        let mut died = false;
        for model in models(at) {
            let what = format!("the power goes at {at}, then {model:?}");
            disk.restore_image(&image);
            disk.arm(Aim::any(Fault::PowerOff).of(IoKinds::CHANGES), at);
            let mut told = before.clone();
            let mut tried = before.clone();
            let opened = open(&disk);
            if let Ok((engine, _)) = &opened {
                for n in 0..TRIES {
                    let id = format!("e1{n:02}");
                    tried.insert(id.clone());
                    if try_add(engine, n % COUNTERS, &id).is_ok() {
                        told.insert(id);
                    }
                }
            }
            died = !disk.is_on();
            disk.power_cut(model, &mut fastrand::Rng::with_seed(at));
            disk.disarm();
            drop(opened);
            disk.power_on();
            let (engine, _) = open(&disk).unwrap_or_else(|error| panic!("{what}: {error:?}"));
            let now = ids(&engine).unwrap();
            assert!(told.is_subset(&now) && now.is_subset(&tried), "{what}: {told:?}, {now:?}");
            is_whole(&engine, &now, &what);
            cases += 1;
        }
        if !died {
            break;
        }
    }
    println!("{cases} cases");
    assert!(cases > 50);
}

#[test]
fn a6_the_power_may_go_at_any_operation_of_a_repair() {
    type Damage = (&'static str, fn(&SimDisk));
    let damages: &[Damage] = &[
        ("the database is gone", |disk| {
            assert!(disk.delete_file(&disk.root().join("desk/desk.db")));
        }),
        ("the database is cut", |disk| {
            assert!(disk.cut_file(&disk.root().join("desk/desk.db"), 3 * 4096));
        }),
        ("the newest of the second copy is gone, and a look found damage in the database", |disk| {
            let copy = disk.paths().into_iter().find(|path| path.extension().is_some_and(|end| end == "copy")).unwrap();
            let length = disk.peek(&copy).unwrap().len() as u64;
            assert!(disk.cut_file(&copy, length * 2 / 3));
            disk.replace_file(&disk.root().join("desk/desk.damaged"), b"page 7");
        }),
        ("both are damaged in different places", |disk| {
            let copy = disk.paths().into_iter().find(|path| path.extension().is_some_and(|end| end == "copy")).unwrap();
            let mut bytes = disk.peek(&copy).unwrap();
            let half = bytes.len() / 2;
            bytes[..half].fill(0);
            disk.replace_file(&copy, &bytes);
            disk.replace_file(&disk.root().join("desk/desk.damaged"), b"page 7");
        }),
    ];
    let mut cases = 0;
    for (index, (damaged, damage)) in damages.iter().enumerate() {
        let (disk, before) = settled(&format!("repair{index}"), 9);
        damage(&disk);
        disk.settle();
        let image = disk.image();
        for at in 1.. {
            let mut died = false;
            for model in [CrashModel::DropAll, CrashModel::ALL[usize::try_from(at).unwrap() % CrashModel::ALL.len()]] {
                let what = format!("{damaged}; the power goes at {at}, then {model:?}");
                disk.restore_image(&image);
                disk.arm(Aim::any(Fault::PowerOff).of(IoKinds::CHANGES), at);
                let opened = open(&disk);
                died = !disk.is_on();
                disk.power_cut(model, &mut fastrand::Rng::with_seed(at));
                disk.disarm();
                drop(opened);
                disk.power_on();
                let (engine, report) = open(&disk).unwrap_or_else(|error| panic!("{what}: {error:?}"));
                assert_eq!(ids(&engine).unwrap(), before, "{what}: {report:?}");
                assert!(report.repair.is_some_and(|repair| !repair.needs_new_install), "{what}");
                is_whole(&engine, &before, &what);
                cases += 1;
            }
            if !died {
                break;
            }
        }
    }
    println!("{cases} cases");
    assert!(cases > 200);
}

#[test]
fn a6_a_disk_that_refuses_is_never_taken_for_damage() {
    let (disk, before) = settled("refusal", 8);
    let image = disk.image();
    let (mut cases, mut refusals) = (0, 0);
    for fault in [
        Fault::EioOpen,
        Fault::EioRead,
        Fault::EioWrite,
        Fault::EioFsync,
        Fault::EioTruncate,
        Fault::EioDelete,
        Fault::Enospc,
        Fault::DiskFull,
        Fault::Eacces,
        Fault::Erofs,
    ] {
        for at in 1.. {
            let what = format!("{fault:?} at {at}");
            disk.restore_image(&image);
            let _ = disk.take_counts();
            disk.fail_at(at, fault);
            let opened = open(&disk);
            let hit = !disk.take_counts().is_empty();
            disk.disarm();
            disk.set_capacity(None);
            disk.set_read_only(false);
            match opened {
                Ok((engine, report)) => {
                    assert_eq!(report.repair, None, "{what}");
                    assert_eq!(ids(&engine).unwrap(), before, "{what}");
                }
                Err(error) => {
                    assert_ne!(error.code(), "DATABASE_CORRUPT", "{what}: {error:?}");
                    assert!(!error.next_step().to_string().is_empty());
                    refusals += 1;
                }
            }
            let aside = |path: &std::path::PathBuf| path.to_string_lossy().contains("quarantine");
            assert!(!disk.paths().iter().any(aside), "{what}: nothing is set aside");
            let (engine, report) = open(&disk).unwrap_or_else(|error| panic!("{what}: {error:?}"));
            assert_eq!(report.repair, None, "{what}");
            assert_eq!(ids(&engine).unwrap(), before, "{what}");
            is_whole(&engine, &before, &what);
            cases += 1;
            if !hit {
                break;
            }
        }
    }
    println!("{cases} cases, {refusals} starts refused");
    assert!(refusals > 20);
}

#[test]
fn a5_a_failing_second_copy_is_a_warning_wherever_it_fails() {
    let (disk, before) = settled("copies", 6);
    let image = disk.image();
    for fault in [Fault::EioWrite, Fault::EioFsync, Fault::FsyncLosesPages, Fault::ShortWrite, Fault::TornWrite] {
        for at in 1..=TRIES {
            let what = format!("{fault:?} at {at} of the second copy");
            disk.restore_image(&image);
            let (engine, _) = open(&disk).unwrap();
            disk.arm(Aim::any(fault).on(FileClass::Receipts), u64::from(at));
            let mut told = before.clone();
            for n in 0..TRIES {
                let id = format!("e1{n:02}");
                try_add(&engine, n % COUNTERS, &id).unwrap_or_else(|error| panic!("{what}: {error:?}"));
                told.insert(id);
            }
            disk.power_cut(CrashModel::DropAll, &mut fastrand::Rng::with_seed(1));
            disk.disarm();
            drop(engine);
            disk.power_on();
            let (engine, _) = open(&disk).unwrap();
            assert_eq!(ids(&engine).unwrap(), told, "{what}");
            is_whole(&engine, &told, &what);
        }
    }
}
