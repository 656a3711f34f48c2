//! The second copy: what was called saved is twice on the disk, and one of the two is enough.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "tests")]

mod common;

use common::{Faults, Faulty, House, add, copy_folder, is_sound, trail, value};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use turndown_offline::{Hands, SecondCopy, StartReport};

/// The magic that begins each entry.
const MAGIC: [u8; 4] = [0xF1, b'T', b'D', b'C'];

fn entries(bytes: &[u8]) -> usize {
    bytes.windows(4).filter(|window| *window == MAGIC).count()
}

#[test]
fn a2_what_is_called_saved_is_in_the_second_copy_when_the_call_returns() {
    for hands in [Hands::Own, Hands::Callers] {
        let house = House { hands, ..House::new() };
        let (engine, report) = house.open();
        assert_eq!(report, StartReport::default());
        assert_eq!(engine.second_copy(), SecondCopy::On);
        for n in 1..=20 {
            let sealed = add(&engine, n % 3, &format!("e{n}"));
            let bytes = std::fs::read(house.copy_file()).unwrap();
            assert_eq!(entries(&bytes), n as usize);
            assert!(bytes.windows(sealed.bytes.len()).any(|window| window == sealed.bytes.as_bytes()));
        }
        is_sound(&engine);
    }
}

#[test]
fn a2_a_database_that_lost_its_newest_actions_takes_them_from_the_second_copy() {
    let house = House::new();
    let (engine, _) = house.open();
    for n in 1..=10 {
        add(&engine, n % 3, &format!("e{n}"));
    }
    engine.close();
    let old = std::fs::read(house.file("desk.db")).unwrap();
    drop(engine);
    let (engine, _) = house.open();
    for n in 11..=620 {
        add(&engine, n % 3, &format!("e{n}"));
    }
    let (before, values) = (trail(&engine), [0, 1, 2].map(|counter| value(&engine, counter)));
    engine.close();
    drop(engine);
    // The file goes back to what it was, as a disk that lied about its writes would leave it.
    std::fs::write(house.file("desk.db"), old).unwrap();
    let (engine, report) = house.open();
    let repair = report.repair.expect("it is said");
    assert_eq!((repair.taken_up, repair.from_copy, repair.needs_new_install), (610, 610, false));
    assert_eq!(repair.set_aside, None);
    // One more: the repair stands in the record.
    assert_eq!(trail(&engine)[..620], before);
    assert_eq!([0, 1, 2].map(|counter| value(&engine, counter)), values);
    assert_eq!(engine.ledger().unwrap().waiting, 621);
    is_sound(&engine);
    // It goes on where it was, and is told until somebody has read it.
    add(&engine, 1, "next");
    drop(engine);
    let (engine, report) = house.open();
    assert_eq!(report.repair.map(|repair| repair.taken_up), Some(610));
    engine.repair_is_told().unwrap();
    drop(engine);
    let (engine, report) = house.open();
    assert_eq!(report, StartReport::default());
    assert_eq!(trail(&engine).len(), 622);
}

#[test]
fn a2_a_second_copy_that_was_lost_is_written_anew_from_the_database() {
    let house = House::new();
    let (engine, _) = house.open();
    for n in 1..=50 {
        add(&engine, n % 3, &format!("e{n}"));
    }
    drop(engine);
    let before = std::fs::read(house.copy_file()).unwrap();
    std::fs::remove_dir_all(house.file("copies")).unwrap();
    let (engine, report) = house.open();
    assert_eq!(report, StartReport::default());
    assert_eq!(std::fs::read(house.copy_file()).unwrap(), before);
    drop(engine);
}

#[test]
fn a2_a_torn_end_of_the_second_copy_costs_only_what_was_torn() {
    let house = House::new();
    let (engine, _) = house.open();
    for n in 1..=20 {
        add(&engine, n % 3, &format!("e{n}"));
    }
    let before = trail(&engine);
    drop(engine);
    let whole = std::fs::read(house.copy_file()).unwrap();
    // Inside the check, the bytes, the head; and inside the entry before.
    for cut in [1, 15, 16, 17, 60, 400, 700, 790, 1_200, whole.len()] {
        let there = tempfile::tempdir().unwrap();
        copy_folder(&house.path(), &there.path().join("desk"));
        let cut_house = House { folder: there, ..House::new() };
        std::fs::write(cut_house.copy_file(), &whole[..whole.len() - cut]).unwrap();
        let (engine, report) = cut_house.open();
        assert_eq!(report, StartReport::default(), "cut by {cut}");
        assert_eq!(trail(&engine), before);
        add(&engine, 1, "next");
        let after = trail(&engine);
        drop(engine);
        // All of it is in the copies again: without the database, they are enough.
        for name in ["desk.db", "desk.db-wal", "desk.db-shm"] {
            let _ = std::fs::remove_file(cut_house.file(name));
        }
        let (engine, report) = cut_house.open();
        assert_eq!(trail(&engine)[..21], after, "cut by {cut}");
        assert!(!report.repair.unwrap().needs_new_install);
    }
}

#[test]
fn a5_a_second_copy_that_cannot_be_written_is_a_warning_and_recording_goes_on() {
    for at_sync in [false, true] {
        for hands in [Hands::Own, Hands::Callers] {
            let faults = Arc::new(Faults::default());
            let house = House { hands, ..House::on(Arc::new(Faulty(Arc::clone(&faults)))) };
            let (engine, _) = house.open();
            for n in 1..=3 {
                add(&engine, 1, &format!("e{n}"));
            }
            faults.at_sync.store(at_sync, Ordering::SeqCst);
            // The first that fails is tried again at once.
            faults.appends_fail.store(6, Ordering::SeqCst);
            let seen = engine.revision();
            for n in 4..=8 {
                add(&engine, 1, &format!("e{n}"));
                match engine.second_copy() {
                    SecondCopy::Failing { failures, .. } => assert_eq!(failures, n - 3),
                    other => panic!("{other:?}"),
                }
            }
            let told = engine.notices().borrow().changed.get(&turndown_offline::Sort::Status).copied();
            assert!(told.is_some_and(|told| told > seen), "whoever shows it hears of it");
            add(&engine, 1, "e9");
            assert_eq!(engine.second_copy(), SecondCopy::On, "it works again");
            let before = trail(&engine);
            drop(engine);
            // Nothing that failed meanwhile is missing from it.
            for name in ["desk.db", "desk.db-wal", "desk.db-shm"] {
                let _ = std::fs::remove_file(house.file(name));
            }
            let (engine, report) = house.open();
            assert_eq!(trail(&engine)[..9], before);
            assert_eq!(report.repair.unwrap().from_copy, 9);
            assert_eq!(value(&engine, 1), 9);
        }
    }
}

#[test]
fn a2_an_error_of_the_disk_leaves_no_action_in_one_of_the_two_files_alone() {
    // An error that comes once; one that stays for a while, in which nothing more is recorded.
    for (fails, later) in [(1, false), (2, true)] {
        for at_sync in [false, true] {
            let faults = Arc::new(Faults::default());
            let house = House::on(Arc::new(Faulty(Arc::clone(&faults))));
            let (engine, _) = house.open();
            add(&engine, 1, "e1");
            faults.at_sync.store(at_sync, Ordering::SeqCst);
            faults.appends_fail.store(fails, Ordering::SeqCst);
            add(&engine, 1, "e2");
            if later {
                assert!(matches!(engine.second_copy(), SecondCopy::Failing { .. }));
                engine.outage_begins("SERVICE_UNREACHABLE", false).unwrap();
            }
            assert_eq!(engine.second_copy(), SecondCopy::On, "{fails} at sync {at_sync}");
            drop(engine);
            for name in ["desk.db", "desk.db-wal", "desk.db-shm"] {
                let _ = std::fs::remove_file(house.file(name));
            }
            let (engine, report) = house.open();
            assert_eq!(report.repair.unwrap().from_copy, 2, "{fails} at sync {at_sync}");
            assert_eq!(value(&engine, 1), 2);
        }
    }
}

#[test]
fn e1_a_clock_that_jumps_does_not_confuse_the_second_copy() {
    let house = House::new();
    for (n, seconds) in [(1, 0), (2, 400 * 86_400), (3, -20 * 365 * 86_400), (4, 60 * 86_400), (5, -1_458_900_000)] {
        house.environment.seconds.store(seconds, Ordering::SeqCst);
        let (engine, report) = house.open();
        assert_eq!(report, StartReport::default());
        add(&engine, 1, &format!("e{n}"));
    }
    assert_eq!(house.copy_files().len(), 5, "one for each month");
    for name in ["desk.db", "desk.db-wal", "desk.db-shm"] {
        let _ = std::fs::remove_file(house.file(name));
    }
    let (engine, _) = house.open();
    assert_eq!(trail(&engine).len(), 6, "with the note of the repair");
    assert_eq!(value(&engine, 1), 5);
}

#[test]
fn the_second_copy_can_be_switched_off_and_on_again() {
    let house = House { second_copy: false, ..House::new() };
    let (engine, _) = house.open();
    assert_eq!(engine.second_copy(), SecondCopy::Off);
    add(&engine, 1, "e1");
    assert!(house.copy_files().is_empty());
    drop(engine);
    let house = House { second_copy: true, ..house };
    let (engine, _) = house.open();
    add(&engine, 1, "e2");
    assert_eq!(entries(&std::fs::read(house.copy_file()).unwrap()), 2);
}

#[test]
fn many_who_record_at_once_are_all_in_the_second_copy_in_order() {
    let house = House::new();
    let (engine, _) = house.open();
    std::thread::scope(|scope| {
        for person in 0..8 {
            let engine = engine.clone();
            scope.spawn(move || {
                for n in 0..50 {
                    add(&engine, person, &format!("p{person}-{n}"));
                }
            });
        }
    });
    let before = trail(&engine);
    assert_eq!(before.len(), 400);
    drop(engine);
    for name in ["desk.db", "desk.db-wal", "desk.db-shm"] {
        let _ = std::fs::remove_file(house.file(name));
    }
    let (engine, _) = house.open();
    assert_eq!(trail(&engine)[..400], before);
    is_sound(&engine);
}

#[test]
fn what_the_service_has_had_for_longer_than_its_backups_last_goes_file_by_file_and_is_not_missed() {
    use turndown_protocol::{EventId, EventResult, Outcome};
    let house = House::new();
    // Three months, the first two acknowledged.
    for month in 0..3_u32 {
        house.environment.seconds.store(i64::from(month) * 31 * 86_400, Ordering::SeqCst);
        let (engine, _) = house.open();
        for n in 0..10 {
            add(&engine, 1, &format!("m{month}-{n}"));
        }
    }
    let (engine, _) = house.open();
    assert_eq!(engine.let_copies_go().unwrap(), 0, "all of it waits");
    let results = (0..2)
        .flat_map(|month| (0..10).map(move |n| (month, n)))
        .map(|(month, n)| EventResult {
            event_id: EventId::parse(format!("m{month}-{n}")).unwrap(),
            outcome: Outcome::Applied,
            original: None,
            seq: Some(month * 10 + n + 1),
            row: None,
            theirs: None,
            problem: None,
        })
        .collect();
    engine.take_results("store", "epoch", None, results).unwrap();
    assert_eq!(engine.let_copies_go().unwrap(), 0, "acknowledged is not enough: the service may be restored");
    // The horizon passes for all rows but the last of the second month, so the first month goes.
    engine
        .write(|work| {
            work.execute("DELETE FROM outbox WHERE state = 'synced' AND event_id <> 'm1-9'", [])?;
            work.set_fact("sealed_acknowledged", Some("19"))
        })
        .unwrap();
    assert_eq!(engine.let_copies_go().unwrap(), 0, "a repair would begin without it: no backup has it yet");
    engine.back_up_if_due(std::time::Duration::ZERO).unwrap().expect("there is none yet");
    assert_eq!(engine.let_copies_go().unwrap(), 1);
    assert_eq!(house.copy_files().len(), 2);
    is_sound(&engine);
    assert_eq!(engine.check().unwrap().copied_anew, 0, "what was let go is not written again");
    let before = trail(&engine);
    drop(engine);
    let (engine, report) = house.open();
    assert_eq!((report.repair, trail(&engine)), (None, before.clone()));
    drop(engine);
    // Without the database and its backups, what was let go is not called lost.
    std::fs::remove_dir_all(house.file("backups")).unwrap();
    for name in ["desk.db", "desk.db-wal", "desk.db-shm"] {
        let _ = std::fs::remove_file(house.file(name));
    }
    let (engine, report) = house.open();
    let repair = report.repair.unwrap();
    assert!(repair.missing.is_empty() && !repair.needs_new_install, "{repair:?}");
    assert_eq!(trail(&engine)[..20], before[10..]);
    is_sound(&engine);
}
