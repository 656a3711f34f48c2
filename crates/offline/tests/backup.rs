//! Backups: taken while the desk works, checked, counted, and good for going on from.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "tests")]

mod common;

use common::{Faults, Faulty, House, INDEX_KEPT_WHAT_LEFT_IT, add, is_sound, migrations, trail, try_add, value};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use turndown_offline::{Engine, RecordError, Sort, Space};

const HOUR: Duration = Duration::from_secs(3_600);

fn names(house: &House) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(house.file("backups")) else { return vec![] };
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn kinds(house: &House) -> (usize, usize) {
    let of = |kind: &str| names(house).iter().filter(|name| name.contains(kind)).count();
    (of(".hourly."), of(".daily."))
}

fn backups(house: &House) -> Vec<PathBuf> {
    names(house).iter().map(|name| house.file("backups").join(name)).collect()
}

/// An hour passes, on both clocks.
fn an_hour_later(house: &House, uptime: &mut Duration) {
    *uptime += HOUR;
    house.environment.seconds.fetch_add(3_600, Ordering::SeqCst);
}

#[test]
fn a_backup_is_taken_every_hour_in_which_something_changed_and_two_and_seven_stay() {
    let house = House::new();
    let (engine, _) = house.open();
    let mut uptime = Duration::ZERO;
    add(&engine, 1, "e0");
    assert!(engine.back_up_if_due(uptime).unwrap().is_some(), "there is none yet");
    assert_eq!(engine.back_up_if_due(uptime + HOUR / 2).unwrap(), None, "not before an hour");
    an_hour_later(&house, &mut uptime);
    assert_eq!(engine.back_up_if_due(uptime).unwrap(), None, "nothing changed");
    for n in 1..=300 {
        an_hour_later(&house, &mut uptime);
        add(&engine, 1, &format!("e{n}"));
        let backup = engine.back_up_if_due(uptime).unwrap().expect("it is due");
        assert_eq!(engine.newest_backup().unwrap(), Some(backup));
    }
    assert_eq!(kinds(&house), (2, 7));
    assert_eq!(names(&house).len(), 9, "and nothing beside them");
    for path in backups(&house) {
        let backup = rusqlite::Connection::open(path).unwrap();
        let said: String = backup.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(said, "ok");
    }
    // A restart does not take one again at once.
    drop(engine);
    let (engine, _) = house.open();
    assert_eq!(engine.back_up_if_due(Duration::ZERO).unwrap(), None);
    add(&engine, 1, "later");
    assert_eq!(engine.back_up_if_due(Duration::from_secs(60)).unwrap(), None);
    assert!(engine.back_up_if_due(HOUR).unwrap().is_some());
}

#[test]
fn e1_no_clock_makes_a_backup_go_early_or_keeps_one_from_being_taken() {
    for jump in [0, -40 * 365 * 86_400, 300 * 86_400, -86_400] {
        let house = House::new();
        let (engine, _) = house.open();
        for n in 0..20_u32 {
            add(&engine, 1, &format!("e{n}"));
            house.environment.seconds.fetch_add(jump, Ordering::SeqCst);
            let backup = engine.back_up_if_due(HOUR * n).unwrap().expect("an hour of the desk's own time has passed");
            assert!(names(&house).contains(&backup.name), "the newest stays");
        }
        let (hourly, daily) = kinds(&house);
        assert!(hourly <= 2 && daily <= 7 && hourly + daily >= 3, "{jump}: {hourly}, {daily}");
        let mut all = names(&house);
        let newest = all.pop().unwrap();
        assert!(newest.starts_with("000020."), "{newest}");
        drop(engine);
        let (engine, _) = house.open();
        add(&engine, 1, "later");
        assert!(engine.back_up_if_due(HOUR).unwrap().is_some());
    }
}

#[test]
fn a7_recording_goes_on_while_a_backup_is_taken_and_the_backup_is_one_state() {
    let house = House::new();
    let (engine, _) = house.open();
    for n in 0..200 {
        add(&engine, n % 5, &format!("e{n}"));
    }
    let done = AtomicBool::new(false);
    let recorded = std::thread::scope(|scope| {
        let recorder = scope.spawn(|| {
            let mut recorded = 0;
            while !done.load(Ordering::SeqCst) {
                add(&engine, recorded % 5, &format!("m{recorded}"));
                recorded += 1;
            }
            recorded
        });
        for n in 0..5 {
            engine.back_up_if_due(HOUR * n).unwrap();
        }
        done.store(true, Ordering::SeqCst);
        recorder.join().unwrap()
    });
    assert_eq!(trail(&engine).len(), 200 + recorded as usize);
    for path in backups(&house) {
        let backup = rusqlite::Connection::open(path).unwrap();
        let count = |sql: &str| backup.query_row(sql, [], |row| row.get::<_, u64>(0)).unwrap();
        let entries = count("SELECT count(*) FROM audit_local");
        assert!(entries >= 200);
        assert_eq!(entries, count("SELECT count(*) FROM outbox"));
        assert_eq!(entries, count("SELECT max(local_seq) FROM audit_local"));
    }
}

fn lose_database(house: &House) {
    for name in ["desk.db", "desk.db-wal", "desk.db-shm"] {
        let _ = std::fs::remove_file(house.file(name));
    }
}

/// Sixty actions, with a backup after twenty and after forty.
fn with_backups() -> (House, Vec<(u64, String, String)>) {
    let house = House::new();
    let (engine, _) = house.open();
    for n in 0..60_u32 {
        if n == 20 || n == 40 {
            engine.back_up_if_due(HOUR * n).unwrap().expect("it is due");
        }
        add(&engine, n % 3, &format!("e{n}"));
    }
    let before = trail(&engine);
    drop(engine);
    (house, before)
}

fn goes_on(engine: &Engine, before: &[(u64, String, String)]) {
    assert_eq!(trail(engine)[..before.len()], *before);
    assert_eq!((0..3).map(|counter| value(engine, counter)).sum::<i64>() as usize, before.len());
    is_sound(engine);
}

#[test]
fn a6_a_repair_begins_from_the_newest_backup_and_takes_the_rest_from_the_second_copy() {
    let (house, before) = with_backups();
    lose_database(&house);
    let (engine, report) = house.open();
    let repair = report.repair.unwrap();
    assert!(repair.backup.as_ref().is_some_and(|name| name.starts_with("000002.")), "{repair:?}");
    assert_eq!((repair.taken_up, repair.needs_new_install), (20, false));
    goes_on(&engine, &before);
}

#[test]
fn a6_a_backup_that_has_rotted_is_passed_over() {
    let (house, before) = with_backups();
    lose_database(&house);
    let newest = backups(&house).pop().unwrap();
    let mut bytes = std::fs::read(&newest).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 8_192].fill(0xA5);
    std::fs::write(&newest, &bytes).unwrap();
    let (engine, report) = house.open();
    let repair = report.repair.unwrap();
    assert!(repair.backup.as_ref().is_some_and(|name| name.starts_with("000001.")), "{repair:?}");
    assert_eq!(repair.taken_up, 40);
    goes_on(&engine, &before);
    assert_eq!(std::fs::read(&newest).unwrap(), bytes, "and stays where it is");
}

#[test]
fn a6_a_backup_whose_index_has_rotted_is_passed_over() {
    let (house, before) = with_backups();
    lose_database(&house);
    let newest = backups(&house).pop().unwrap();
    let raw = rusqlite::Connection::open(&newest).unwrap();
    raw.execute_batch("CREATE TABLE aside (word UNIQUE); INSERT INTO aside VALUES ('left');").unwrap();
    drop(raw);
    // Every page is still one, but the index no longer says what its table does.
    let mut bytes = std::fs::read(&newest).unwrap();
    let at = bytes.windows(4).rposition(|word| word == b"left").unwrap();
    bytes[at] = b'L';
    std::fs::write(&newest, &bytes).unwrap();
    let (engine, report) = house.open();
    let repair = report.repair.unwrap();
    assert!(repair.backup.as_ref().is_some_and(|name| name.starts_with("000001.")), "{repair:?}");
    goes_on(&engine, &before);
}

#[test]
fn a6_a_backup_that_rotted_inside_sound_pages_is_passed_over() {
    for rot in [
        "INSERT INTO mirror (entity_kind, entity_id, version, row) VALUES ('counter', '1', 1, '{}')",
        "PRAGMA writable_schema = ON;
         UPDATE sqlite_schema SET sql = replace(sql, 'RAISE', 'RAYSE') WHERE type = 'trigger'",
        "UPDATE outbox_counts SET n = n - 2 WHERE state = 'pending'",
        INDEX_KEPT_WHAT_LEFT_IT,
    ] {
        let (house, before) = with_backups();
        lose_database(&house);
        let raw = rusqlite::Connection::open(backups(&house).pop().unwrap()).unwrap();
        raw.execute_batch(rot).unwrap();
        drop(raw);
        let (engine, report) = house.open();
        let repair = report.repair.unwrap();
        assert!(repair.backup.as_ref().is_some_and(|name| name.starts_with("000001.")), "{rot}: {repair:?}");
        assert!(engine.check().unwrap().damage.is_empty(), "{rot}");
        goes_on(&engine, &before);
    }
}

#[test]
fn a6_with_the_backup_alone_the_desk_goes_on_from_there() {
    let (house, before) = with_backups();
    lose_database(&house);
    std::fs::remove_dir_all(house.file("copies")).unwrap();
    let (engine, report) = house.open();
    assert!(report.repair.is_some_and(|repair| repair.backup.is_some()));
    goes_on(&engine, &before[..40]);
}

#[test]
fn a6_what_the_backup_has_and_the_damaged_second_copy_has_not_is_put_together() {
    let (house, before) = with_backups();
    lose_database(&house);
    let mut bytes = std::fs::read(house.copy_file()).unwrap();
    let half = bytes.len() / 2;
    bytes[..half].fill(0);
    std::fs::write(house.copy_file(), bytes).unwrap();
    let (engine, report) = house.open();
    let repair = report.repair.unwrap();
    assert!(repair.missing.is_empty(), "{repair:?}");
    goes_on(&engine, &before);
    // And the second copy has it all again.
    drop(engine);
    lose_database(&house);
    std::fs::remove_dir_all(house.file("backups")).unwrap();
    let (engine, _) = house.open();
    goes_on(&engine, &before);
}

/// An old database stands where the desk's was, and the second copy has rotted behind its end.
fn old_database_over_a_hole() -> (House, Vec<(u64, String, String)>) {
    let house = House::new();
    let (engine, _) = house.open();
    for n in 0..10 {
        add(&engine, n % 3, &format!("e{n}"));
    }
    engine.close();
    drop(engine);
    let old = std::fs::read(house.file("desk.db")).unwrap();
    let (engine, _) = house.open();
    for n in 10..60_u32 {
        if n == 40 {
            engine.back_up_if_due(HOUR).unwrap().expect("there is none yet");
        }
        add(&engine, n % 3, &format!("e{n}"));
    }
    let before = trail(&engine);
    engine.close();
    drop(engine);
    lose_database(&house);
    std::fs::write(house.file("desk.db"), old).unwrap();
    let mut bytes = std::fs::read(house.copy_file()).unwrap();
    let (from, to) = (bytes.len() * 3 / 10, bytes.len() / 2);
    bytes[from..to].fill(0);
    std::fs::write(house.copy_file(), bytes).unwrap();
    (house, before)
}

#[test]
fn d1_an_old_database_put_back_over_a_hole_in_the_second_copy_goes_on_from_the_backup_that_has_it() {
    let (house, before) = old_database_over_a_hole();
    let (engine, report) = house.open();
    let repair = report.repair.unwrap();
    assert!(repair.backup.is_some() && repair.set_aside.is_some(), "{repair:?}");
    assert!(repair.missing.is_empty() && !repair.needs_new_install, "{repair:?}");
    goes_on(&engine, &before);
    let now = trail(&engine);
    engine.close();
    drop(engine);
    let (engine, _) = house.open();
    assert_eq!(trail(&engine), now, "the next start is an ordinary one");
}

#[test]
fn d1_a_hole_that_no_backup_fills_is_named_at_the_first_start_and_no_other() {
    for with_backup in [true, false] {
        let (house, before) = old_database_over_a_hole();
        if with_backup {
            // It is there by its name, and is none.
            std::fs::write(backups(&house).pop().unwrap(), b"Dear night auditor").unwrap();
        } else {
            std::fs::remove_dir_all(house.file("backups")).unwrap();
        }
        let (engine, report) = house.open();
        let repair = report.repair.unwrap();
        assert!(repair.needs_new_install && repair.missing.len() == 1 && repair.set_aside.is_none(), "{repair:?}");
        let now = trail(&engine);
        let (from, to) = repair.missing[0];
        assert!(before.iter().all(|entry| (from..=to).contains(&entry.0) || now.contains(entry)));
        is_sound(&engine);
        engine.close();
        drop(engine);
        let (engine, report) = house.open();
        assert_eq!(report.repair.map(|again| again.missing), Some(repair.missing));
        assert_eq!(trail(&engine), now);
    }
}

#[test]
fn i4_an_older_database_is_backed_up_before_it_is_brought_up_to_date() {
    let house = House::new();
    std::fs::create_dir_all(house.path()).unwrap();
    let mut old = rusqlite::Connection::open(house.file("desk.db")).unwrap();
    migrations::migrations::runner().set_target(refinery::Target::Version(2)).run(&mut old).unwrap();
    old.execute_batch(
        "INSERT INTO rooms_local (id, kind, room, local_state, contested, revision)
            VALUES ('101', 'room', '{}', 'server', 0, 77);",
    )
    .unwrap();
    drop(old);
    let (engine, _) = house.open();
    assert!(engine.revision() >= 77, "rows of the last run are not newer than this one");
    let all = names(&house);
    assert_eq!(all.len(), 1);
    assert!(all[0].contains(".before-update."), "{all:?}");
    drop(engine);
    let (_engine, _) = house.open();
    assert_eq!(names(&house), all, "once");
}

#[test]
fn a4_too_little_space_is_said_before_it_is_too_late_and_what_waits_is_not_touched() {
    let faults = Arc::new(Faults::default());
    let house = House::on(Arc::new(Faulty(Arc::clone(&faults))));
    let (engine, report) = house.open();
    assert_eq!(report.space, Space::Enough);
    add(&engine, 1, "e1");

    *faults.free.lock().unwrap() = Some(150 << 20);
    assert_eq!(engine.look_at_space(), Space::Low { free: 150 << 20 });
    // What was announced before is told before this is answered.
    engine.set_facts(vec![]).unwrap();
    assert!(engine.notices().borrow().changed.contains_key(&Sort::Status), "whoever shows it hears of it");
    add(&engine, 1, "e2");

    *faults.free.lock().unwrap() = Some(49 << 20);
    engine.look_at_space();
    match try_add(&engine, 1, "e3") {
        Err(RecordError::Engine(error)) => assert_eq!(error.code(), "DISK_FULL"),
        other => panic!("{other:?}"),
    }
    assert!(try_add(&engine, 1, "e2").unwrap().repeated, "what is saved is answered");
    assert!(engine.back_up_if_due(Duration::ZERO).is_err(), "a backup does not take the last of it");
    assert!(names(&house).is_empty());
    drop(engine);
    let (engine, report) = house.open();
    assert_eq!(report.space, Space::None { free: 49 << 20 });
    assert!(try_add(&engine, 1, "e3").is_err());

    *faults.free.lock().unwrap() = None;
    add(&engine, 1, "e3");
    assert_eq!(engine.space(), Space::Enough);
    is_sound(&engine);
}

#[test]
fn a_backup_that_was_cut_off_is_no_backup_and_in_nobodys_way() {
    let faults = Arc::new(Faults::default());
    let house = House::on(Arc::new(Faulty(Arc::clone(&faults))));
    let (engine, _) = house.open();
    for n in 0..30 {
        add(&engine, 1, &format!("e{n}"));
    }
    for stop in 1.. {
        let before = faults.calls.load(Ordering::SeqCst);
        faults.dies_at.store(before + stop, Ordering::SeqCst);
        let taken = engine.back_up_if_due(Duration::ZERO);
        faults.dies_at.store(0, Ordering::SeqCst);
        let named = names(&house).into_iter().filter(|name| name != "unfinished.db").count();
        if taken.is_ok() {
            assert_eq!(named, 1);
            break;
        }
        for name in names(&house).iter().filter(|name| *name != "unfinished.db") {
            let backup = rusqlite::Connection::open(house.file("backups").join(name)).unwrap();
            let said: String = backup.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
            assert_eq!(said, "ok", "what has a name is whole");
            drop(backup);
            std::fs::remove_file(house.file("backups").join(name)).unwrap();
        }
    }
    assert!(!names(&house).contains(&"unfinished.db".to_owned()));
}
