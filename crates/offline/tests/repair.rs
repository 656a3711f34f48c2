//! Repair: every way of damaging the files that a test can make on a real disk, and a stop at every step of the repair.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "tests")]

mod common;

use common::{Faults, Faulty, House, INDEX_KEPT_WHAT_LEFT_IT, add, copy_folder, is_sound, trail, try_add, value};
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use turndown_offline::{Engine, Hands, RecordError, StartReport};
use turndown_protocol::{EventResult, InstallId, Outcome};

const SIDES: [&str; 2] = ["desk.db-wal", "desk.db-shm"];

/// A desk with some actions that was killed: its log is not written back.
struct Killed {
    house: House,
    trail: Vec<(u64, String, String)>,
    values: Vec<i64>,
}

const COUNTERS: u32 = 5;

fn values(engine: &Engine) -> Vec<i64> {
    (0..COUNTERS).map(|counter| value(engine, counter)).collect()
}

fn killed(actions: u32) -> Killed {
    let house = House::new();
    let (engine, _) = house.open();
    for n in 0..actions / 2 {
        add(&engine, n % COUNTERS, &format!("e{n}"));
    }
    // Half of it is in the database itself, half in the log.
    engine.close();
    drop(engine);
    let (engine, _) = house.open();
    for n in actions / 2..actions {
        add(&engine, n % COUNTERS, &format!("e{n}"));
    }
    let (before, values) = (trail(&engine), values(&engine));
    let image = tempfile::tempdir().unwrap();
    copy_folder(&house.path(), &image.path().join("desk"));
    drop(engine);
    Killed { house: House { folder: image, ..House::new() }, trail: before, values }
}

/// Another copy of the same files.
fn again(killed: &Killed) -> House {
    let folder = tempfile::tempdir().unwrap();
    copy_folder(&killed.house.path(), &folder.path().join("desk"));
    House { folder, ..House::new() }
}

fn garble(path: &Path, from: f64, to: f64) {
    let mut bytes = std::fs::read(path).unwrap();
    let (from, to) = ((bytes.len() as f64 * from) as usize, (bytes.len() as f64 * to) as usize);
    bytes[from..to].fill(0xA5);
    std::fs::write(path, bytes).unwrap();
}

fn cut(path: &Path, to: f64) {
    let bytes = std::fs::read(path).unwrap();
    std::fs::write(path, &bytes[..(bytes.len() as f64 * to) as usize]).unwrap();
}

type Damage = (&'static str, fn(&House));

/// What can happen to the database and its log while the second copy is whole.
const DATABASE: &[Damage] = &[
    ("nothing", |_| {}),
    ("the database is gone", |house| std::fs::remove_file(house.file("desk.db")).unwrap()),
    ("the database and its log are gone", |house| {
        std::fs::remove_file(house.file("desk.db")).unwrap();
        SIDES.iter().for_each(|side| drop(std::fs::remove_file(house.file(side))));
    }),
    ("the database is empty", |house| std::fs::write(house.file("desk.db"), b"").unwrap()),
    ("the database is zeroes", |house| garble_with(&house.file("desk.db"), 0)),
    ("the database is a letter", |house| {
        std::fs::write(house.file("desk.db"), b"Dear night auditor, this is no database. ".repeat(300)).unwrap();
    }),
    ("the database's head is garbled", |house| garble(&house.file("desk.db"), 0.0, 0.01)),
    ("a quarter is garbled", |house| garble(&house.file("desk.db"), 0.25, 0.5)),
    ("the middle is garbled", |house| garble(&house.file("desk.db"), 0.5, 0.75)),
    ("the end is garbled", |house| garble(&house.file("desk.db"), 0.75, 1.0)),
    ("all but the head is garbled", |house| garble(&house.file("desk.db"), 0.05, 1.0)),
    ("the database is cut in half", |house| cut(&house.file("desk.db"), 0.5)),
    ("the database is cut inside a page", |house| cut(&house.file("desk.db"), 0.77)),
    ("the log is gone", |house| std::fs::remove_file(house.file("desk.db-wal")).unwrap()),
    ("the log is empty", |house| std::fs::write(house.file("desk.db-wal"), b"").unwrap()),
    ("the log is cut", |house| cut(&house.file("desk.db-wal"), 0.6)),
    ("the log is garbled", |house| garble(&house.file("desk.db-wal"), 0.4, 0.5)),
    ("the log is garbled from its head on", |house| garble(&house.file("desk.db-wal"), 0.0, 0.1)),
    ("the log's index is gone", |house| drop(std::fs::remove_file(house.file("desk.db-shm")))),
    ("the log's index is garbled", |house| {
        if house.file("desk.db-shm").exists() {
            garble(&house.file("desk.db-shm"), 0.0, 1.0);
        }
    }),
    ("one bit of every tenth page flipped", |house| flip_bits(&house.file("desk.db"), 10)),
    ("one bit of every page of the log flipped", |house| flip_bits(&house.file("desk.db-wal"), 1)),
    ("a page stands where another belongs", |house| {
        let mut bytes = std::fs::read(house.file("desk.db")).unwrap();
        let pages = bytes.len() / 4096;
        let page = bytes[(pages / 2) * 4096..(pages / 2 + 1) * 4096].to_vec();
        bytes[(pages / 3) * 4096..(pages / 3 + 1) * 4096].copy_from_slice(&page);
        std::fs::write(house.file("desk.db"), bytes).unwrap();
    }),
];

fn garble_with(path: &Path, byte: u8) {
    let length = std::fs::metadata(path).unwrap().len();
    std::fs::write(path, vec![byte; usize::try_from(length).unwrap()]).unwrap();
}

fn flip_bits(path: &Path, every: usize) {
    let mut bytes = std::fs::read(path).unwrap();
    let pages = bytes.len() / 4096;
    for page in (0..pages).step_by(every) {
        bytes[page * 4096 + (page * 997) % 4096] ^= 1 << (page % 8);
    }
    std::fs::write(path, bytes).unwrap();
}

/// What can happen to the second copy while the database is whole.
const COPY: &[Damage] = &[
    ("the second copy is gone", |house| std::fs::remove_dir_all(house.file("copies")).unwrap()),
    ("the second copy is empty", |house| std::fs::write(house.copy_file(), b"").unwrap()),
    ("its head is garbled", |house| garble(&house.copy_file(), 0.0, 0.1)),
    ("its middle is garbled", |house| garble(&house.copy_file(), 0.4, 0.6)),
    ("its end is garbled", |house| garble(&house.copy_file(), 0.9, 1.0)),
    ("all of it is garbled", |house| garble(&house.copy_file(), 0.0, 1.0)),
    ("it is cut", |house| cut(&house.copy_file(), 0.7)),
    ("one bit of every page flipped", |house| flip_bits(&house.copy_file(), 1)),
    ("somebody else's file is there", |house| std::fs::write(house.file("copies/notes.txt"), b"Dear").unwrap()),
];

/// Opens the desk. Damage that lies where opening does not look is found by the look behind it, and repaired at the
/// next start.
fn open_and_look(house: &House, what: &str) -> (Engine, StartReport) {
    let (engine, report) = house.open();
    let checked = engine.check().unwrap();
    if checked.damage.is_empty() {
        return (engine, report);
    }
    assert!(report.repair.is_none(), "{what}: a repair leaves no damage");
    drop(engine);
    let (engine, report) = house.open();
    assert!(report.repair.is_some(), "{what}");
    (engine, report)
}

fn is_all_there(house: &House, killed: &Killed, what: &str) {
    let (engine, report) = open_and_look(house, what);
    let now = trail(&engine);
    assert_eq!(now[..killed.trail.len()], killed.trail, "{what}: {report:?}");
    assert_eq!(values(&engine), killed.values, "{what}: what people see is what they did");
    let notes = now.len() - killed.trail.len();
    assert_eq!(notes, usize::from(report.repair.is_some()), "{what}: a repair stands in the record");
    if let Some(repair) = &report.repair {
        assert!(!repair.needs_new_install && repair.missing.is_empty() && repair.strays == 0, "{what}: {repair:?}");
        if let Some(folder) = &repair.set_aside {
            is_listed(folder);
        }
    }
    is_sound(&engine);
    add(&engine, 0, "afterwards");
    let after = trail(&engine);
    drop(engine);
    // The next start is an ordinary one.
    let (engine, report) = house.open();
    assert!(!report.unclean, "{what}");
    assert_eq!(trail(&engine), after, "{what}");
}

/// Every file that was set aside is there as the manifest says.
fn is_listed(folder: &Path) {
    let manifest: Value = serde_json::from_slice(&std::fs::read(folder.join("manifest.json")).unwrap()).unwrap();
    for file in manifest["files"].as_array().unwrap() {
        let bytes = std::fs::read(folder.join(file["name"].as_str().unwrap())).unwrap();
        assert_eq!(bytes.len() as u64, file["bytes"].as_u64().unwrap());
        assert_eq!(turndown_protocol::SealedEvent::hash_of(&bytes), file["sha256"].as_str().unwrap());
    }
}

#[test]
fn a6_whatever_happens_to_the_database_the_second_copy_is_enough() {
    let killed = killed(300);
    for (what, damage) in DATABASE {
        for hands in [Hands::Own, Hands::Callers] {
            let house = House { hands, ..again(&killed) };
            damage(&house);
            is_all_there(&house, &killed, what);
        }
    }
}

#[test]
fn a6_whatever_happens_to_the_second_copy_the_database_is_enough() {
    let killed = killed(300);
    for (what, damage) in COPY {
        let house = again(&killed);
        damage(&house);
        is_all_there(&house, &killed, what);
    }
}

#[test]
fn a6_a_log_of_another_copy_never_takes_anything_away() {
    // The log of an earlier day is put beside the database of today.
    let house = House::new();
    let (engine, _) = house.open();
    for n in 0..40 {
        add(&engine, n % COUNTERS, &format!("e{n}"));
    }
    let stale = std::fs::read(house.file("desk.db-wal")).unwrap();
    engine.close();
    drop(engine);
    let (engine, _) = house.open();
    for n in 40..200 {
        add(&engine, n % COUNTERS, &format!("e{n}"));
    }
    let killed = Killed { trail: trail(&engine), values: values(&engine), house: House::new() };
    engine.close();
    drop(engine);
    std::fs::write(house.file("desk.db-wal"), &stale).unwrap();
    let _ = std::fs::remove_file(house.file("desk.db-shm"));
    is_all_there(&house, &killed, "a stale log");
}

#[test]
fn a6_what_both_files_lost_in_different_places_is_put_together() {
    let killed = killed(300);
    let house = again(&killed);
    // A fifth of the second copy is gone, and the whole end of the database.
    garble(&house.copy_file(), 0.05, 0.25);
    garble(&house.file("desk.db-wal"), 0.0, 0.01);
    is_all_there(&house, &killed, "both, in different places");
}

#[test]
fn a6_what_is_nowhere_any_more_is_named_and_what_is_behind_it_is_kept_and_sent() {
    let killed = killed(60);
    let house = again(&killed);
    for name in ["desk.db", "desk.db-wal", "desk.db-shm"] {
        let _ = std::fs::remove_file(house.file(name));
    }
    garble(&house.copy_file(), 0.4, 0.6);
    let (engine, report) = house.open();
    let repair = report.repair.unwrap();
    let (from, to) = repair.missing[0];
    assert_eq!(repair.missing.len(), 1);
    assert!(repair.needs_new_install, "{repair:?}");
    let kept: Vec<_> = killed.trail.iter().filter(|(seq, ..)| !(from..=to).contains(seq)).cloned().collect();
    assert_eq!(trail(&engine)[..kept.len()], kept);
    // A record with a gap goes on under a new name, with a note of whom it was, and all of it is sent.
    let continues = engine.continues().unwrap().expect("it goes on from somebody");
    assert_eq!(continues.head.local_seq, 60);
    assert_ne!(continues.install_id, engine.install_id());
    let waiting = engine.ledger().unwrap().waiting;
    assert_eq!(waiting as usize, trail(&engine).len());
    is_sound(&engine);
    add(&engine, 0, "afterwards");
    let after = trail(&engine);
    drop(engine);
    let (engine, _) = house.open();
    assert_eq!(trail(&engine), after, "the gap is known and is no damage");
    assert_eq!(engine.continues().unwrap(), Some(continues), "and makes no other install");
    is_sound(&engine);
}

#[test]
fn a6_without_a_second_copy_a_database_that_sqlite_cannot_read_gives_every_entry_that_lies_whole_in_it() {
    let house = House::new();
    let (engine, _) = house.open();
    for n in 0..200 {
        add(&engine, n % COUNTERS, &format!("e{n}"));
    }
    let before = trail(&engine);
    engine.close();
    drop(engine);
    let whole = std::fs::read(house.file("desk.db")).unwrap();
    let root: usize = rusqlite::Connection::open(house.file("desk.db"))
        .unwrap()
        .query_row("SELECT rootpage FROM sqlite_schema WHERE name = 'audit_local'", [], |row| row.get(0))
        .unwrap();
    let garbled = |from: usize, to: usize| {
        let mut bytes = whole.clone();
        bytes[from..to].fill(0xA5);
        bytes
    };
    for (what, damaged, lost_max) in [
        ("its head is garbled", garbled(0, 4096), 0),
        ("the record's root is garbled", garbled((root - 1) * 4096, root * 4096), 0),
        ("half of it is gone", whole[whole.len() / 2..].to_vec(), 199),
    ] {
        let house = House::new();
        drop(house.open());
        for side in SIDES {
            let _ = std::fs::remove_file(house.file(side));
        }
        std::fs::write(house.file("desk.db"), damaged).unwrap();
        let _ = std::fs::remove_dir_all(house.file("copies"));
        let (engine, report) = house.open();
        let repair = report.repair.expect("it was repaired");
        let now = trail(&engine);
        let there = before.iter().filter(|entry| now.contains(entry)).count();
        assert!(before.len() - there <= lost_max, "{what}: {there} of {} are there: {repair:?}", before.len());
        if lost_max == 0 {
            assert_eq!(now[..before.len()], before, "{what}");
            assert_eq!(repair.unreadable, 0, "{what}");
        }
        is_sound(&engine);
        add(&engine, 0, "afterwards");
    }
}

#[test]
fn a6_a_database_larger_than_memory_is_repaired_a_stretch_at_a_time() {
    const LARGE: u64 = 24 << 20;
    let faults = Arc::new(Faults::default());
    let house = House { disk: Arc::new(Faulty(Arc::clone(&faults))), ..House::new() };
    let (engine, _) = house.open();
    for n in 0..20 {
        add(&engine, n % COUNTERS, &format!("e{n}"));
    }
    engine.close();
    drop(engine);
    let raw = rusqlite::Connection::open(house.file("desk.db")).unwrap();
    raw.execute_batch(&format!("CREATE TABLE ballast (bytes BLOB); INSERT INTO ballast VALUES (zeroblob({LARGE}));"))
        .unwrap();
    drop(raw);
    let (engine, _) = house.open();
    for n in 20..60 {
        add(&engine, n % COUNTERS, &format!("e{n}"));
    }
    let before = trail(&engine);
    engine.close();
    drop(engine);
    // The page that says where everything is has rotted, so that every entry has to be looked for in the whole file;
    // and nothing else has them.
    garble(&house.file("desk.db"), 0.0, 4096.0 / std::fs::metadata(house.file("desk.db")).unwrap().len() as f64);
    std::fs::remove_dir_all(house.file("copies")).unwrap();
    faults.largest_read.store(0, Ordering::SeqCst);
    let (engine, report) = house.open();
    let repair = report.repair.expect("it was repaired");
    assert_eq!((repair.from_database, repair.unreadable), (60, 0), "also what lies behind the ballast");
    assert_eq!(trail(&engine)[..before.len()], before);
    let set_aside = repair.set_aside.unwrap();
    assert!(std::fs::metadata(set_aside.join("desk.db")).unwrap().len() > LARGE);
    is_listed(&set_aside);
    let largest = faults.largest_read.load(Ordering::SeqCst);
    assert!(largest > 0 && largest < LARGE / 4, "{largest} bytes were read at once");
    is_sound(&engine);
}

#[test]
fn a6_the_receipts_that_can_be_read_still_say_what_the_service_has() {
    use turndown_protocol::{EventId, EventResult, Outcome};
    let house = House::new();
    let (engine, _) = house.open();
    for n in 0..40 {
        add(&engine, n % COUNTERS, &format!("e{n}"));
    }
    let results = (0..30)
        .map(|n| EventResult {
            event_id: EventId::parse(format!("e{n}")).unwrap(),
            outcome: Outcome::Applied,
            original: None,
            seq: Some(n + 1),
            row: None,
            theirs: None,
            problem: None,
        })
        .collect();
    engine.take_results("store", "epoch", None, results).unwrap();
    engine.close();
    drop(engine);
    let raw = rusqlite::Connection::open(house.file("desk.db")).unwrap();
    raw.execute_batch(
        "DROP TRIGGER audit_local_is_append_only_update;
         UPDATE audit_local SET bytes = replace(bytes, 'add', 'sub') WHERE local_seq = 38;",
    )
    .unwrap();
    drop(raw);
    let (engine, report) = house.open();
    assert_eq!(report.repair.unwrap().unreadable, 1);
    let ledger = engine.ledger().unwrap();
    assert_eq!((ledger.acknowledged, ledger.waiting), (30, 11));
    is_sound(&engine);
}

/// Repairs again and again, stopping at each step once; then the machine is switched on again.
fn stopped_at_any_step(what: &str, damage: fn(&House)) {
    let killed = killed(20);
    let mut stops = 0;
    for stop in 1.. {
        let faults = Arc::new(Faults::default());
        let house = House { disk: Arc::new(Faulty(Arc::clone(&faults))), hands: Hands::Callers, ..again(&killed) };
        damage(&house);
        faults.dies_at.store(stop, Ordering::SeqCst);
        let opened = house.try_open();
        let died = faults.calls.load(Ordering::SeqCst) >= stop;
        drop(opened);
        faults.dies_at.store(0, Ordering::SeqCst);
        let (engine, _) = open_and_look(&house, what);
        let now = trail(&engine);
        assert_eq!(now[..killed.trail.len()], killed.trail, "{what}, stopped at {stop}");
        assert_eq!(values(&engine), killed.values, "{what}, stopped at {stop}");
        assert_eq!(now.len(), killed.trail.len() + 1, "{what}, stopped at {stop}: it is noted once");
        is_sound(&engine);
        if !died {
            break;
        }
        stops = stop;
    }
    println!("{what}: stopped at each of {stops} steps");
    assert!(stops > 20);
}

#[test]
fn a6_a_stop_at_any_step_of_the_repair_of_a_cut_database_loses_nothing() {
    stopped_at_any_step("the database is cut", |house| cut(&house.file("desk.db"), 0.4));
}

#[test]
fn a6_a_stop_at_any_step_of_the_repair_of_a_database_that_is_gone_loses_nothing() {
    stopped_at_any_step("the database is gone", |house| std::fs::remove_file(house.file("desk.db")).unwrap());
}

#[test]
fn a6_a_stop_at_any_step_of_a_repair_does_not_lose_what_only_the_log_has() {
    stopped_at_any_step("the newest of the second copy is gone, and a look found damage in the database", |house| {
        cut(&house.copy_file(), 0.8);
        std::fs::write(house.file("desk.damaged"), b"page 7").unwrap();
    });
}

#[test]
fn a6_a_folder_that_cannot_be_read_is_not_taken_for_damage() {
    let killed = killed(10);
    let faults = Arc::new(Faults::default());
    let house = House { disk: Arc::new(Faulty(Arc::clone(&faults))), ..again(&killed) };
    faults.dies_at.store(3, Ordering::SeqCst);
    assert!(house.try_open().is_err());
    assert!(!house.file("quarantine").exists());
    faults.dies_at.store(0, Ordering::SeqCst);
    is_all_there(&house, &killed, "it can be read again");
    assert!(!house.file("quarantine").exists());
}

/// How many folders in quarantine are whole, how many are not, and how many bytes are in the latter.
fn set_aside(house: &House) -> (usize, usize, u64) {
    let (mut whole, mut unfinished, mut bytes) = (0, 0, 0);
    let Ok(folders) = std::fs::read_dir(house.file("quarantine")) else { return (0, 0, 0) };
    for folder in folders {
        let folder = folder.unwrap().path();
        if folder.join("manifest.json").exists() {
            whole += 1;
            is_listed(&folder);
            continue;
        }
        unfinished += 1;
        for place in [folder.clone(), folder.join("copies")] {
            for file in std::fs::read_dir(place).unwrap() {
                let about = file.unwrap().metadata().unwrap();
                bytes += if about.is_file() { about.len() } else { 0 };
            }
        }
    }
    (whole, unfinished, bytes)
}

#[test]
fn a4_a_repair_that_finds_the_disk_full_takes_no_more_of_it_at_every_start() {
    let killed = killed(40);
    // The first copies are set aside, the later ones are made to be looked into.
    for fails_from in 1..=7 {
        let faults = Arc::new(Faults::default());
        let house = House { disk: Arc::new(Faulty(Arc::clone(&faults))), ..again(&killed) };
        garble(&house.file("desk.db"), 0.3, 0.9);
        let mut failed = 0;
        for _ in 0..5 {
            faults.copies.store(0, Ordering::SeqCst);
            faults.copies_fail_from.store(fails_from, Ordering::SeqCst);
            failed += u64::from(house.try_open().is_err());
            house.environment.seconds.fetch_add(60, Ordering::SeqCst);
            let (whole, unfinished, bytes) = set_aside(&house);
            assert!(whole <= 1 && unfinished <= 1 && bytes == 0, "{fails_from}: {whole}, {unfinished}, {bytes} bytes");
        }
        assert!(fails_from > 3 || failed == 5, "{fails_from}");
        faults.copies_fail_from.store(0, Ordering::SeqCst);
        is_all_there(&house, &killed, "there is room again");
        assert_eq!(set_aside(&house), (1, 0, 0), "{fails_from}");
        assert!(!house.file("desk.db.new").exists());
    }
}

#[test]
fn a4_what_a_start_that_was_killed_had_set_aside_in_part_goes_before_the_next_takes_room() {
    let killed = killed(40);
    let faults = Arc::new(Faults::default());
    let house = House { disk: Arc::new(Faulty(Arc::clone(&faults))), ..again(&killed) };
    garble(&house.file("desk.db"), 0.3, 0.9);
    for name in ["2016-03-25T10-00-00Z", "2016-03-26T10-00-00Z"] {
        let unfinished = house.file("quarantine").join(name);
        std::fs::create_dir_all(unfinished.join("copies")).unwrap();
        std::fs::write(unfinished.join("desk.db"), b"half").unwrap();
        std::fs::copy(house.copy_file(), unfinished.join("copies").join(house.copy_file().file_name().unwrap()))
            .unwrap();
    }
    let kept = house.file("quarantine/2016-03-27T10-00-00Z");
    std::fs::create_dir_all(&kept).unwrap();
    std::fs::write(kept.join("desk.db"), b"of an earlier repair").unwrap();
    std::fs::write(kept.join("manifest.json"), b"{ that rotted").unwrap();
    std::fs::write(house.file("desk.db.new"), b"half").unwrap();
    *faults.free.lock().unwrap() = Some(1_000);
    match house.try_open() {
        Err(turndown_offline::OpenError::Engine(error)) => assert_eq!(error.code(), "DISK_FULL"),
        Err(other) => panic!("{other:?}"),
        Ok(_) => panic!("there was no room"),
    }
    let bytes = |name: &str| std::fs::metadata(house.file(name)).map_or(0, |about| about.len());
    assert_eq!(bytes("quarantine/2016-03-25T10-00-00Z/desk.db") + bytes("desk.db.new"), 0);
    assert!(bytes("desk.db") > 4 && bytes("desk.db-wal") > 0, "what it was copied from stays");
    *faults.free.lock().unwrap() = None;
    let (engine, report) = house.open();
    assert_eq!(trail(&engine)[..40], killed.trail);
    is_listed(&report.repair.unwrap().set_aside.unwrap());
    assert_eq!(std::fs::read(kept.join("desk.db")).unwrap(), b"of an earlier repair", "what is whole is never deleted");
}

#[test]
fn a6_a_damaged_page_that_a_query_meets_is_repaired_at_the_next_start() {
    let killed = killed(300);
    let house = again(&killed);
    // Everything but the pages that a start reads: an entry in the middle of the record.
    let (engine, _) = house.open();
    engine.close();
    drop(engine);
    let mut bytes = std::fs::read(house.file("desk.db")).unwrap();
    let found = bytes.windows(6).position(|window| window == b"\"e100\"").unwrap();
    let page = found / 4096 * 4096;
    bytes[page..page + 4096].fill(0xA5);
    std::fs::write(house.file("desk.db"), &bytes).unwrap();
    match house.try_open() {
        Ok((engine, report)) if report.repair.is_none() => {
            let met = (0..300).find_map(|n| {
                let id = turndown_protocol::EventId::parse(format!("e{n}")).unwrap();
                engine.write(move |work| work.recorded_event(&id)).err()
            });
            assert_eq!(met.expect("the page is damaged").code(), "DATABASE_CORRUPT");
            assert!(house.file("desk.damaged").exists());
        }
        // The start has met it itself.
        other => assert!(other.unwrap().1.repair.is_some()),
    }
    let (engine, _) = house.open();
    assert_eq!(trail(&engine)[..300], killed.trail);
    assert_eq!(values(&engine), killed.values);
    assert!(!house.file("desk.damaged").exists());
    is_sound(&engine);
}

#[test]
fn a6_damage_that_was_met_stands_until_a_start_has_repaired_it_however_sound_the_file_looks() {
    let house = House::new();
    let (engine, _) = house.open();
    add(&engine, 1, "e1");
    assert!(engine.check().unwrap().damage.is_empty());
    // The writer saw that the newest entries were gone from the file; what is left agrees with itself.
    std::fs::write(house.file("desk.damaged"), "the newest entries are gone from the file").unwrap();
    assert_eq!(engine.check().unwrap().damage.len(), 1, "or nobody would ever start it again");
    engine.close();
    drop(engine);
    let (engine, report) = house.open();
    assert!(report.repair.is_some());
    assert!(engine.check().unwrap().damage.is_empty());
    assert_eq!(value(&engine, 1), 1);
}

/// After an error of its disk the writer goes on with another connection, which reads the header and the tables' texts
/// again.
fn meet_a_disk_that_refuses(engine: &Engine) {
    let refused = engine.write(|work| {
        work.execute("PRAGMA query_only = ON", [])?;
        work.set_fact("any", Some("fact"))
    });
    assert_eq!(refused.expect_err("nothing can be written").code(), "READ_ONLY");
}

/// The next action meets the damage, which is told; the next start repairs it and has what was recorded before.
fn is_told_and_repaired(house: &House, engine: Engine) {
    assert!(try_add(&engine, 1, "e2").is_err());
    assert!(engine.is_damaged(), "or nobody would ever close it and open it again");
    engine.close();
    drop(engine);
    let (engine, report) = house.open();
    assert!(report.repair.is_some());
    assert_eq!(value(&engine, 1), 1);
    is_sound(&engine);
}

#[test]
fn b12_damage_that_is_met_where_the_database_is_opened_anew_is_told() {
    let house = House::new();
    let (engine, _) = house.open();
    add(&engine, 1, "e1");
    meet_a_disk_that_refuses(&engine);
    assert!(!engine.is_damaged(), "a disk that refuses is not damage");
    let rot = "PRAGMA writable_schema = ON;
        UPDATE sqlite_schema SET sql = replace(sql, 'came_to   TEXT', 'cane_to   TEXT') WHERE name = 'long_ago'";
    rusqlite::Connection::open(house.file("desk.db")).unwrap().execute_batch(rot).unwrap();
    is_told_and_repaired(&house, engine);
}

#[test]
fn b12_a_value_of_another_type_that_a_running_desk_meets_is_told() {
    let house = House::new();
    let (engine, _) = house.open();
    add(&engine, 1, "e1");
    assert!(engine.ledger().unwrap().is_balanced());
    // What rots does not ask the table which types it takes.
    let relax = "PRAGMA writable_schema = ON;
        UPDATE sqlite_schema SET sql = replace(sql, 'INTEGER', 'ANY') WHERE name = 'outbox_counts'";
    let rot = "UPDATE outbox_counts SET n = 'o' WHERE state = 'pending';
        PRAGMA writable_schema = ON;
        UPDATE sqlite_schema SET sql = replace(sql, 'ANY', 'INTEGER') WHERE name = 'outbox_counts'";
    for statements in [relax, rot] {
        rusqlite::Connection::open(house.file("desk.db")).unwrap().execute_batch(statements).unwrap();
    }
    assert_eq!(engine.ledger().expect_err("it is no number").code(), "DATABASE_CORRUPT");
    assert!(engine.is_damaged(), "or every look at the queue would fail, and nobody would be told why");
    engine.close();
    drop(engine);
    let (engine, report) = house.open();
    assert!(report.repair.is_some());
    assert_eq!(value(&engine, 1), 1);
    is_sound(&engine);
}

#[test]
fn b12_a_row_of_the_service_that_a_unit_of_work_cannot_read_is_told() {
    let house = House::new();
    let (engine, _) = house.open();
    add(&engine, 1, "e1");
    // What the disk holds of the service's row is none any more: no statement fails, and its reader does.
    let rot = "INSERT INTO mirror (entity_kind, entity_id, version, row) VALUES ('counter', '1', 1, '{\"entity\"')";
    rusqlite::Connection::open(house.file("desk.db")).unwrap().execute_batch(rot).unwrap();
    assert!(!engine.is_damaged());
    match try_add(&engine, 1, "e2") {
        Err(RecordError::Engine(error)) => assert_eq!(error.code(), "DATABASE_UNREADABLE"),
        other => panic!("it is no row: {other:?}"),
    }
    assert!(engine.is_damaged(), "or whoever comes to this row would fail for ever, and nobody would be told why");
    engine.close();
    drop(engine);
    let (engine, report) = house.open();
    assert!(report.repair.is_some());
    assert_eq!(value(&engine, 1), 1);
    add(&engine, 1, "e3");
    is_sound(&engine);
}

#[test]
fn a6_a_database_that_looks_sound_and_will_not_take_up_what_it_lacks_is_made_anew_by_the_same_start() {
    let house = House::new();
    let (engine, _) = house.open();
    add(&engine, 1, "e1");
    engine.close();
    drop(engine);
    let old = std::fs::read(house.file("desk.db")).unwrap();
    let (engine, _) = house.open();
    for n in 2..20 {
        add(&engine, 1, &format!("e{n}"));
    }
    let killed = Killed { trail: trail(&engine), values: values(&engine), house: House::new() };
    engine.close();
    drop(engine);
    std::fs::write(house.file("desk.db"), old).unwrap();
    // What the service had of it cannot be read, and the board is made from that where something is taken up.
    let rot = "INSERT INTO mirror (entity_kind, entity_id, version, row) VALUES ('counter', '1', 1, '{\"entity\"')";
    rusqlite::Connection::open(house.file("desk.db")).unwrap().execute_batch(rot).unwrap();
    let (engine, report) = house.open();
    assert!(report.repair.is_some_and(|repair| repair.set_aside.is_some()), "it was made anew");
    drop(engine);
    is_all_there(&house, &killed, "one start");
}

/// A desk that was closed: its database is in one file.
fn closed(actions: u32) -> Killed {
    let killed = killed(actions);
    let (engine, _) = killed.house.open();
    engine.close();
    drop(engine);
    killed
}

#[test]
fn a6_a_bit_that_flips_anywhere_in_the_databases_header_keeps_no_desk_closed() {
    let closed = closed(20);
    for bit in 0..100 * 8 {
        let house = again(&closed);
        let mut bytes = std::fs::read(house.file("desk.db")).unwrap();
        bytes[bit / 8] ^= 1 << (bit % 8);
        std::fs::write(house.file("desk.db"), bytes).unwrap();
        let what = format!("bit {bit} of the header");
        let (mut engine, _) = house.try_open().unwrap_or_else(|error| panic!("{what}: {error:?}"));
        if let Err(error) = try_add(&engine, 0, "first") {
            // What only a write comes by is told by the write, and repaired by the start that it asks for.
            assert!(engine.is_damaged(), "{what}: {error:?}");
            engine.close();
            drop(engine);
            engine = house.open().0;
            assert_eq!(values(&engine), closed.values, "{what}");
            try_add(&engine, 0, "first").unwrap_or_else(|error| panic!("{what}: {error:?}"));
        }
        assert_eq!(trail(&engine)[..closed.trail.len()], closed.trail, "{what}");
    }
}

#[test]
fn b12_a_header_that_rots_under_a_running_desk_is_told() {
    let house = House::new();
    let (engine, _) = house.open();
    add(&engine, 1, "e1");
    engine.close();
    drop(engine);
    let (engine, _) = house.open();
    // The version that SQLite may write: one that it does not know makes it read alone.
    let mut bytes = std::fs::read(house.file("desk.db")).unwrap();
    bytes[18] ^= 0x40;
    std::fs::write(house.file("desk.db"), bytes).unwrap();
    meet_a_disk_that_refuses(&engine);
    is_told_and_repaired(&house, engine);
}

#[test]
fn d1_an_old_database_put_back_goes_on_with_the_second_copy() {
    let house = House::new();
    let (engine, _) = house.open();
    for n in 0..20 {
        add(&engine, n % COUNTERS, &format!("e{n}"));
    }
    engine.close();
    drop(engine);
    let old = std::fs::read(house.file("desk.db")).unwrap();
    let (engine, _) = house.open();
    for n in 20..60 {
        add(&engine, n % COUNTERS, &format!("e{n}"));
    }
    let killed = Killed { trail: trail(&engine), values: values(&engine), house: House::new() };
    engine.close();
    drop(engine);
    for side in SIDES {
        let _ = std::fs::remove_file(house.file(side));
    }
    std::fs::write(house.file("desk.db"), old).unwrap();
    is_all_there(&house, &killed, "an older database");
}

#[test]
fn a6_a_number_that_rotted_in_the_record_is_not_counted_up_to() {
    let killed = killed(20);
    for rot in [
        "UPDATE audit_local SET local_seq = 4000000000000 WHERE local_seq = 20",
        "UPDATE outbox SET local_seq = 4000000000000 WHERE local_seq = 20",
    ] {
        let house = again(&killed);
        let raw = rusqlite::Connection::open(house.file("desk.db")).unwrap();
        raw.execute_batch(&format!(
            "DROP TRIGGER audit_local_is_append_only_update; PRAGMA foreign_keys = OFF; {rot};"
        ))
        .unwrap();
        drop(raw);
        is_all_there(&house, &killed, rot);
    }
}

#[test]
fn l1_a_count_of_the_outbox_that_rotted_is_found_and_made_anew() {
    for rot in [
        "UPDATE outbox_counts SET n = n - 1 WHERE state = 'pending'",
        "UPDATE outbox_counts SET n = -45 WHERE state = 'synced'",
        "UPDATE outbox_counts SET state = 'synkf' WHERE state = 'synced'",
        "DELETE FROM outbox_counts WHERE state = 'pending'",
    ] {
        let house = House::new();
        let (engine, _) = house.open();
        add(&engine, 1, "a1");
        add(&engine, 2, "b1");
        let before = engine.ledger().unwrap();
        engine.close();
        drop(engine);
        rusqlite::Connection::open(house.file("desk.db")).unwrap().execute_batch(rot).unwrap();
        let (engine, report) = house.open();
        assert!(report.repair.is_none(), "a start does not count: {rot}");
        assert!(!engine.check().expect("it can be looked at").damage.is_empty(), "{rot}");
        engine.close();
        drop(engine);
        let (engine, report) = house.open();
        assert!(report.repair.is_some(), "{rot}");
        // The repair itself is recorded.
        let after = engine.ledger().unwrap();
        assert!(after.is_balanced() && after.recorded == before.recorded + 1, "{rot}: {after:?}");
        is_sound(&engine);
    }
}

#[test]
fn a6_a_list_of_migrations_that_rotted_is_repaired_like_any_other_damage() {
    let killed = killed(20);
    for rot in [
        "UPDATE refinery_schema_history SET checksum = 'x' || checksum WHERE version = 2",
        "UPDATE refinery_schema_history SET checksum = '42' WHERE version = 3",
        "UPDATE refinery_schema_history SET applied_on = 'then' WHERE version = 1",
        "UPDATE refinery_schema_history SET name = 'engina' WHERE version = 1",
        "UPDATE refinery_schema_history SET version = 1031 WHERE version = 7",
        "UPDATE refinery_schema_history SET version = x'00' WHERE version = 7",
        "DELETE FROM refinery_schema_history WHERE version = 4",
        "DELETE FROM refinery_schema_history WHERE version >= 7",
    ] {
        let house = again(&killed);
        rusqlite::Connection::open(house.file("desk.db")).unwrap().execute_batch(rot).unwrap();
        let (engine, report) = house.try_open().unwrap_or_else(|error| panic!("{rot}: {error:?}"));
        assert!(report.repair.is_some_and(|repair| repair.set_aside.is_some()), "{rot}");
        drop(engine);
        is_all_there(&house, &killed, rot);
    }
}

#[test]
fn a6_a_list_of_migrations_that_lost_its_end_anywhere_keeps_no_desk_closed() {
    let killed = killed(20);
    let last = common::migrations::migrations::runner().get_migrations().len();
    assert!(last >= 15, "{last}");
    for version in 1..=last {
        let house = again(&killed);
        let raw = rusqlite::Connection::open(house.file("desk.db")).unwrap();
        raw.execute("DELETE FROM refinery_schema_history WHERE version >= ?1", [version]).unwrap();
        drop(raw);
        let what = format!("from version {version} on");
        // A migration that can be done twice finds nothing wrong, and nothing is.
        house.try_open().unwrap_or_else(|error| panic!("{what}: {error:?}"));
        is_all_there(&house, &killed, &what);
    }
}

#[test]
fn a6_a_table_whose_text_rotted_is_repaired_at_the_start() {
    let killed = killed(20);
    let house = again(&killed);
    let rot = "PRAGMA writable_schema = ON;
        UPDATE sqlite_schema SET sql = replace(sql, 'how ', 'hov ') WHERE name = 'merges'";
    rusqlite::Connection::open(house.file("desk.db")).unwrap().execute_batch(rot).unwrap();
    let (engine, report) = house.open();
    assert!(report.repair.is_some());
    drop(engine);
    is_all_there(&house, &killed, rot);
}

#[test]
fn d4_a_desk_whose_services_name_rotted_finds_it_in_what_the_service_answered() {
    for rot in [
        "UPDATE sync_state SET value = 'storf' WHERE key = 'store_id'",
        "UPDATE receipts SET store_id = 'storf' WHERE event_id = (SELECT min(event_id) FROM receipts)",
    ] {
        for with_backup in [true, false] {
            let house = House::new();
            let (engine, _) = house.open();
            let sealed: Vec<_> = (0..3).map(|n| add(&engine, n, &format!("e{n}"))).collect();
            engine.begin_epoch("store", "epoch").unwrap();
            let taken = |seq, event_id| EventResult {
                event_id,
                outcome: Outcome::Applied,
                original: None,
                seq: Some(seq),
                row: None,
                theirs: None,
                problem: None,
            };
            let results = (1..).zip(&sealed).map(|(seq, sealed)| taken(seq, sealed.event.event_id.clone())).collect();
            engine.take_results("store", "epoch", None, results).unwrap();
            if with_backup {
                engine.back_up_if_due(Duration::ZERO).unwrap().expect("there is none yet");
            }
            engine.close();
            drop(engine);
            rusqlite::Connection::open(house.file("desk.db")).unwrap().execute_batch(rot).unwrap();
            let (engine, report) = open_and_look(&house, rot);
            assert!(report.repair.is_some(), "{rot}");
            assert_eq!(engine.fact("store_id").unwrap().as_deref(), Some("store"), "{rot}");
            is_sound(&engine);
        }
    }
}

#[test]
fn a6_what_rotted_inside_a_sound_page_is_found_by_the_full_look() {
    let killed = killed(20);
    for rot in [
        "INSERT INTO mirror (entity_kind, entity_id, version, row) VALUES ('counter', '1', 1, '{}')",
        "UPDATE outbox SET event_id = replace(event_id, 'e3', 'e\\')",
        "UPDATE outbox SET settled_by = '01AES17ZHDADP1HG7Y9\\404KNS' WHERE local_seq = 4",
        "UPDATE outbox SET attempts = 64 WHERE local_seq = 4",
        "UPDATE outbox SET entity_id = '4' WHERE local_seq = 4",
        "UPDATE outbox SET state = 'held', held_by = (SELECT event_id FROM outbox WHERE local_seq = 1) WHERE local_seq = 2",
        INDEX_KEPT_WHAT_LEFT_IT,
    ] {
        let house = again(&killed);
        rusqlite::Connection::open(house.file("desk.db")).unwrap().execute_batch(rot).unwrap();
        let (engine, report) = house.open();
        assert!(report.repair.is_none(), "{rot}: a start does not read everything");
        assert!(!engine.check().unwrap().damage.is_empty(), "{rot}");
        drop(engine);
        is_all_there(&house, &killed, rot);
    }
}

#[test]
fn a6_what_comes_back_early_in_a_long_repair_is_shown_with_the_rest() {
    let house = House::new();
    let (engine, _) = house.open();
    add(&engine, 9, "early");
    // More than one unit of work takes up.
    for n in 0..600 {
        add(&engine, 1, &format!("e{n}"));
    }
    engine.close();
    drop(engine);
    for name in ["desk.db", "desk.db-wal", "desk.db-shm"] {
        let _ = std::fs::remove_file(house.file(name));
    }
    let (engine, report) = house.open();
    assert_eq!(report.repair.map(|repair| repair.taken_up), Some(601));
    assert_eq!((value(&engine, 9), value(&engine, 1)), (1, 600));
    is_sound(&engine);
}

#[test]
fn d1_an_old_database_put_back_goes_on_as_who_the_second_copy_says_it_became() {
    let house = House::new();
    let (engine, _) = house.open();
    for n in 0..10 {
        add(&engine, n % COUNTERS, &format!("e{n}"));
    }
    let first = engine.install_id();
    engine.close();
    drop(engine);
    let old = std::fs::read(house.file("desk.db")).unwrap();
    let (engine, _) = house.open();
    for install in [2, 3] {
        engine.continue_as(InstallId::generate(1, install)).unwrap();
        add(&engine, 1, &format!("of-{install}"));
    }
    let (install, continues) = (engine.install_id(), engine.continues().unwrap());
    assert_ne!(install, first);
    engine.close();
    drop(engine);
    for side in SIDES {
        let _ = std::fs::remove_file(house.file(side));
    }
    std::fs::write(house.file("desk.db"), old).unwrap();

    let (engine, report) = house.open();
    assert_eq!(report.repair.map(|repair| (repair.taken_up, repair.needs_new_install)), Some((4, false)));
    assert_eq!((engine.install_id(), engine.continues().unwrap()), (install.clone(), continues));
    let last = add(&engine, 1, "afterwards");
    assert_eq!(last.event.install_id, install);
    is_sound(&engine);
}

#[test]
fn d1_a_desk_whose_newest_entry_is_of_another_install_than_it_takes_itself_for_is_damaged() {
    // A write of the facts that the disk dropped leaves the page as it was before; a page of nothing has none.
    for dropped in [true, false] {
        let house = House::new();
        let (engine, _) = house.open();
        add(&engine, 1, "of-1");
        let first = engine.install_id();
        engine.continue_as(InstallId::generate(1, 2)).unwrap();
        add(&engine, 1, "of-2");
        let (install, continues) = (engine.install_id(), engine.continues().unwrap());
        let said = String::from_utf8_lossy(&std::fs::read(house.copy_file()).unwrap()).into_owned();
        assert!(said.contains(r#""action":"continued","actor_id":"system:desk""#), "the desk says so itself");
        if dropped {
            engine.set_facts(vec![("install_id", Some(first.as_str().to_owned())), ("continues", None)]).unwrap();
        }
        engine.close();
        drop(engine);
        if !dropped {
            let raw = rusqlite::Connection::open(house.file("desk.db")).unwrap();
            raw.execute_batch("DELETE FROM sync_state").unwrap();
        }

        let (engine, report) = house.open();
        assert!(report.repair.is_some(), "dropped: {dropped}");
        assert_eq!((engine.install_id(), engine.continues().unwrap()), (install.clone(), continues), "{dropped}");
        assert_eq!(add(&engine, 1, "afterwards").event.install_id, install, "dropped: {dropped}");
        is_sound(&engine);
    }
}

#[test]
fn a6_a_fact_that_rotted_is_found_at_the_start_and_by_whoever_reads_it() {
    let killed = killed(20);
    let house = again(&killed);
    let keys: Vec<String> = {
        let raw = rusqlite::Connection::open(house.file("desk.db")).unwrap();
        let mut statement = raw.prepare("SELECT key FROM sync_state ORDER BY key").unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    assert!(["install_id", "revision"].iter().all(|key| keys.iter().any(|there| there == key)), "{keys:?}");
    for key in keys.iter().filter(|key| *key != "open") {
        for rot in [
            "UPDATE sync_state SET value = 'x' || substr(value, 2) WHERE key = ?1",
            "UPDATE sync_state SET key = key || 's' WHERE key = ?1",
        ] {
            let house = again(&killed);
            rusqlite::Connection::open(house.file("desk.db")).unwrap().execute(rot, [key]).unwrap();
            let (engine, report) = house.open();
            assert!(report.repair.is_some(), "{key}: {rot}");
            drop(engine);
            is_all_there(&house, &killed, key);
        }
    }
    // While the desk runs it is told at once, and the next start repairs.
    let house = again(&killed);
    let (engine, _) = house.open();
    engine.set_facts(vec![("cursor", Some("epoch+7".into()))]).unwrap();
    let raw = rusqlite::Connection::open(house.file("desk.db")).unwrap();
    raw.execute("UPDATE sync_state SET value = 'epoch+5' WHERE key = 'cursor'", []).unwrap();
    assert_eq!(engine.fact("cursor").unwrap_err().code(), "DATABASE_UNREADABLE");
    assert!(house.file("desk.damaged").exists());
    drop((raw, engine));
    let (engine, report) = house.open();
    assert!(report.repair.is_some());
    assert_eq!(engine.fact("cursor").unwrap(), None);
    is_sound(&engine);
}

#[test]
fn b12_what_a_backup_says_of_pause_and_planned_offline_does_not_stop_the_sending_of_a_repaired_desk() {
    for more in [0, 1] {
        let house = House::new();
        let (engine, _) = house.open();
        add(&engine, 0, "before");
        let held = ["link_mode", "sending_paused"];
        engine.set_facts(held.map(|fact| (fact, Some("work_offline".into()))).to_vec()).unwrap();
        let uptime = Duration::from_secs(3_600);
        engine.back_up_if_due(uptime).unwrap().expect("it is due");
        // Since then somebody had it send again.
        engine.set_facts(held.map(|fact| (fact, None)).to_vec()).unwrap();
        for n in 0..more {
            add(&engine, 0, &format!("after{n}"));
        }
        drop(engine);
        garble(&house.file("desk.db"), 0.0, 1.0);
        let (engine, report) = house.open();
        let repair = report.repair.expect("repaired");
        assert!(repair.backup.is_some() && repair.sends_again, "{more}: {repair:?}");
        assert_eq!(held.map(|fact| engine.fact(fact).unwrap()), [None, None], "{more}");
        assert_eq!(value(&engine, 0), 1 + more);
    }
}

#[test]
fn d1_a_repair_says_of_every_install_which_one_it_went_on_from() {
    for with_backup in [true, false] {
        let house = House::new();
        let (engine, _) = house.open();
        add(&engine, 1, "of-1");
        for install in [2, 3] {
            engine.continue_as(InstallId::generate(1, install)).unwrap();
            add(&engine, 1, &format!("of-{install}"));
            if with_backup && install == 2 {
                engine.back_up_if_due(Duration::ZERO).unwrap().expect("there is none yet");
                add(&engine, 1, "behind-the-backup");
            }
        }
        let (install, continues) = (engine.install_id(), engine.continues().unwrap());
        engine.close();
        drop(engine);
        for name in ["desk.db", "desk.db-wal", "desk.db-shm"] {
            let _ = std::fs::remove_file(house.file(name));
        }
        let (engine, report) = house.open();
        assert_eq!(report.repair.map(|repair| repair.backup.is_some()), Some(with_backup));
        assert_eq!((engine.install_id(), engine.continues().unwrap()), (install, continues), "backup: {with_backup}");
        is_sound(&engine);
    }
}

#[test]
fn d1_a_repair_still_knows_from_whom_the_first_entry_that_is_left_went_on() {
    // What the first install did was let go; the damaged database says who it was.
    let house = House::new();
    let (engine, _) = house.open();
    add(&engine, 1, "of-1");
    engine.continue_as(InstallId::generate(1, 2)).unwrap();
    engine.close();
    drop(engine);
    for file in house.copy_files() {
        std::fs::remove_file(file).unwrap();
    }
    std::fs::write(house.file("copies/let-go"), "2\n").unwrap();
    let (engine, _) = house.open();
    add(&engine, 1, "of-2");
    engine.continue_as(InstallId::generate(1, 3)).unwrap();
    add(&engine, 1, "of-3");
    let (install, continues) = (engine.install_id(), engine.continues().unwrap());
    engine.close();
    drop(engine);
    let raw = rusqlite::Connection::open(house.file("desk.db")).unwrap();
    raw.execute_batch(
        "DROP TRIGGER audit_local_is_append_only_update; UPDATE audit_local SET bytes = '' WHERE local_seq <= 2;",
    )
    .unwrap();
    drop(raw);
    let (engine, report) = house.open();
    assert!(report.repair.is_some());
    assert_eq!((engine.install_id(), engine.continues().unwrap()), (install, continues));
    is_sound(&engine);
}

#[test]
fn d2_two_branches_of_one_desk_are_both_kept_and_sent() {
    // An old database went on by itself while the second copy was away; then the copy comes back.
    let house = House::new();
    let (engine, _) = house.open();
    for n in 0..10 {
        add(&engine, n % COUNTERS, &format!("e{n}"));
    }
    engine.close();
    drop(engine);
    let old = std::fs::read(house.file("desk.db")).unwrap();
    let (engine, _) = house.open();
    for n in 10..20 {
        add(&engine, n % COUNTERS, &format!("e{n}"));
    }
    let first = trail(&engine);
    let install = engine.install_id();
    engine.close();
    drop(engine);
    std::fs::rename(house.file("copies"), house.file("away")).unwrap();
    std::fs::write(house.file("desk.db"), old).unwrap();
    let (engine, _) = house.open();
    for n in 10..13 {
        add(&engine, n % COUNTERS, &format!("f{n}"));
    }
    drop(engine);
    std::fs::remove_dir_all(house.file("copies")).unwrap();
    std::fs::rename(house.file("away"), house.file("copies")).unwrap();

    let (engine, report) = house.open();
    let repair = report.repair.unwrap();
    assert_eq!((repair.strays, repair.needs_new_install), (10, true), "{repair:?}");
    let now = trail(&engine);
    for (_, id, hash) in &first {
        assert!(now.iter().any(|(_, other, bytes)| (other, bytes) == (id, hash)), "{id} is there as it was made");
    }
    assert!((10..13).all(|n| now.iter().any(|(_, id, _)| *id == format!("f{n}"))));
    assert_ne!(engine.install_id(), install);
    assert_eq!(engine.ledger().unwrap().waiting as usize, now.len());
    is_sound(&engine);
    add(&engine, 0, "afterwards");
    let now = trail(&engine);
    drop(engine);
    let (engine, _) = house.open();
    assert_eq!(trail(&engine), now, "the next start is an ordinary one");
    is_sound(&engine);
    drop(engine);
    // And the second copy alone still has both.
    for name in ["desk.db", "desk.db-wal", "desk.db-shm"] {
        let _ = std::fs::remove_file(house.file(name));
    }
    let (engine, report) = house.open();
    let after: Vec<String> = trail(&engine).into_iter().map(|(_, id, _)| id).collect();
    assert!(now.iter().all(|(_, id, _)| after.contains(id)), "{report:?}");
    is_sound(&engine);
}

/// A desk that went on twice from its tenth action: as `e10` to `e24`, which the second copy has and of which the
/// newest backup knows up to `backup_at`, and as `f10` to `f12`, which the database has.
fn forked(backup_at: u32) -> House {
    let house = House::new();
    let (engine, _) = house.open();
    for n in 0..10 {
        add(&engine, n % COUNTERS, &format!("e{n}"));
    }
    engine.close();
    drop(engine);
    let old = std::fs::read(house.file("desk.db")).unwrap();
    let (engine, _) = house.open();
    for n in 10..25 {
        if n == backup_at {
            engine.back_up_if_due(Duration::ZERO).unwrap().expect("there is none yet");
        }
        add(&engine, n % COUNTERS, &format!("e{n}"));
    }
    engine.close();
    drop(engine);
    std::fs::rename(house.file("copies"), house.file("away")).unwrap();
    std::fs::write(house.file("desk.db"), old).unwrap();
    let (engine, _) = house.open();
    for n in 10..13 {
        add(&engine, n % COUNTERS, &format!("f{n}"));
    }
    engine.close();
    drop(engine);
    std::fs::remove_dir_all(house.file("copies")).unwrap();
    std::fs::rename(house.file("away"), house.file("copies")).unwrap();
    house
}

fn has_both_branches(engine: &Engine, what: &str) {
    let all: Vec<String> = trail(engine).into_iter().map(|(_, id, _)| id).collect();
    for id in (0..25).map(|n| format!("e{n}")).chain((10..13).map(|n| format!("f{n}"))) {
        assert!(all.contains(&id), "{what}: {id} is not in {all:?}");
    }
    is_sound(engine);
}

#[test]
fn d2_a_branch_that_only_the_damaged_database_has_is_kept_whatever_the_backup_begins_with() {
    for backup_at in [10, 11, 12, 14, 20, 24] {
        let what = format!("a backup before e{backup_at}");
        let house = forked(backup_at);
        std::fs::write(house.file("desk.damaged"), b"page 7").unwrap();
        let (engine, report) = house.open();
        let repair = report.repair.unwrap();
        assert!(repair.backup.is_some() && repair.needs_new_install, "{what}: {repair:?}");
        has_both_branches(&engine, &what);
        let now = trail(&engine);
        engine.close();
        drop(engine);
        let (engine, _) = house.open();
        assert_eq!(trail(&engine), now, "{what}: the next start is an ordinary one");
        has_both_branches(&engine, &what);
    }
}

#[test]
fn d2_an_entry_that_several_copies_have_under_several_numbers_is_taken_up_once() {
    for backup_at in [0, 10, 12, 24] {
        let house = forked(backup_at);
        let before = tempfile::tempdir().unwrap();
        copy_folder(&house.file("copies"), before.path());
        let (engine, _) = house.open();
        has_both_branches(&engine, "both are there");
        engine.close();
        drop(engine);
        // Somebody puts the copies back that were set aside, beside the new ones; then the database is lost.
        for file in std::fs::read_dir(before.path()).unwrap() {
            let file = file.unwrap();
            let name = file.file_name().to_string_lossy().into_owned();
            if name.ends_with(".copy") {
                std::fs::copy(file.path(), house.file("copies").join(name.replace(".1.", ".101."))).unwrap();
            }
        }
        for name in ["desk.db", "desk.db-wal", "desk.db-shm"] {
            let _ = std::fs::remove_file(house.file(name));
        }
        let (engine, _) = house.open();
        has_both_branches(&engine, &format!("a backup before e{backup_at}"));
        let now = trail(&engine);
        engine.close();
        drop(engine);
        let (engine, _) = house.open();
        assert_eq!(trail(&engine), now, "the next start is an ordinary one");
    }
}

#[test]
fn k4_a_kill_at_any_time_leaves_a_record_that_verifies() {
    let house = House::new();
    let (engine, _) = house.open();
    for n in 0..25 {
        add(&engine, n % COUNTERS, &format!("e{n}"));
        let there = tempfile::tempdir().unwrap();
        copy_folder(&house.path(), &there.path().join("desk"));
        let image = House { folder: there, ..House::new() };
        let (killed, report) = image.open();
        assert!(report.unclean && report.repair.is_none());
        assert_eq!(trail(&killed), trail(&engine));
        is_sound(&killed);
    }
}
