//! The simulated disk under plain SQLite and under the engine's own calls: it loses what a real one may lose, keeps
//! what a real one must keep, and tells the two apart.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod bank;

use std::{
    collections::BTreeMap,
    io::ErrorKind,
    path::{Path, PathBuf},
    thread,
    time::Instant,
};

use fastrand::Rng;
use rusqlite::{Connection, ErrorCode, ffi};
use turndown_offline::Disk;
use turndown_sim::{
    disk::{Aim, CrashModel, DiskImage, Fault, FaultPlan, FileClass, IoKind, IoKinds, SimDisk},
    vfs,
};

use self::bank::{Setting, WAL_FULL, bank, connect, database, folder, holds, morning, transfer};

fn log(disk: &SimDisk) -> PathBuf {
    folder(disk).join("bank.db-wal")
}

#[derive(Debug, Default)]
struct Tally {
    points: u64,
    cases: u64,
    lost: u64,
    broken: Vec<String>,
}

/// Cuts the power before every operation of a morning that changes something, under every model given, `seeds` times
/// each, and looks at what is left.
fn crash_everywhere(name: &str, setting: Setting, models: &[CrashModel], seeds: u64, plan: &FaultPlan) -> Tally {
    vfs::seed_sqlite(1);
    let first = SimDisk::new(name, 1);
    let connection = bank(&first, setting);
    // One transfer stands in the log already, so that a checkpoint has something to move.
    transfer(&connection, 1).unwrap();
    first.settle();
    let start: DiskImage = first.image();
    let before = first.io_count_of(IoKinds::CHANGES);
    let mut all = 1;
    morning(&connection, &mut all).unwrap();
    let mut tally = Tally { points: first.io_count_of(IoKinds::CHANGES) - before, ..Tally::default() };
    assert_eq!(holds(&connection), Ok(6));
    drop(connection);

    let began = Instant::now();
    for seed in 0..seeds {
        for model in models.iter().copied() {
            // The open, with its recovery of the log, is among the points: they are more than in the first run.
            for point in 1.. {
                let mut rng = Rng::with_seed(seed * 1_000_003 + point);
                let disk = SimDisk::new(name, rng.u64(..));
                disk.set_powersafe_overwrite(setting.powersafe);
                disk.set_names_with_fsync(false);
                disk.restore_image(&start);
                disk.set_plan(plan.clone());
                disk.arm(Aim::any(Fault::PowerOff).of(IoKinds::CHANGES), point);
                let mut committed = 1;
                let done = connect(&disk, setting).and_then(|connection| morning(&connection, &mut committed));
                let was_on = disk.is_on();
                disk.power_cut(model, &mut rng);
                disk.power_on();
                disk.set_plan(FaultPlan::none());
                disk.disarm();
                tally.cases += 1;
                match connect(&disk, setting).map_err(|error| error.to_string()).and_then(|bank| holds(&bank)) {
                    Ok(found) if found < committed => tally.lost += 1,
                    Ok(found) if found > committed + 1 => {
                        tally.broken.push(format!("{model:?} at {point}, seed {seed}: {found} of {committed}"));
                    }
                    Ok(_) => {}
                    Err(why) => tally.broken.push(format!("{model:?} at {point}, seed {seed}: {why}")),
                }
                // The whole morning went by, its end included: the last cut was after everything.
                if was_on {
                    done.unwrap();
                    break;
                }
            }
        }
    }
    let seconds = began.elapsed().as_secs_f64();
    println!(
        "{name}: {setting:?}, {} points, {} cuts, {} with loss, {} broken, {:.0} cuts/s",
        tally.points,
        tally.cases,
        tally.lost,
        tally.broken.len(),
        tally.cases as f64 / seconds
    );
    tally
}

#[test]
fn full_loses_nothing_at_any_point_in_any_model() {
    let tally = crash_everywhere("full", WAL_FULL, &CrashModel::ALL, 4, &FaultPlan::none());
    assert!(tally.points > 20, "{tally:?}");
    assert_eq!((tally.lost, tally.broken), (0, vec![]));
}

#[test]
fn full_loses_nothing_where_a_torn_sector_is_rubbish() {
    let setting = Setting { powersafe: false, ..WAL_FULL };
    let models = [CrashModel::Torn512, CrashModel::Torn4096];
    let tally = crash_everywhere("rubbish", setting, &models, 8, &FaultPlan::none());
    assert_eq!((tally.lost, tally.broken), (0, vec![]));
}

#[test]
fn normal_loses_the_last_rows_and_is_never_broken() {
    let setting = Setting { synchronous: "normal", ..WAL_FULL };
    let tally = crash_everywhere("normal", setting, &CrashModel::ALL, 2, &FaultPlan::none());
    assert!(tally.lost > 0, "a disk that cannot tell NORMAL from FULL proves nothing");
    assert_eq!(tally.broken, Vec::<String>::new());
}

#[test]
fn off_breaks_the_database() {
    let setting = Setting { synchronous: "off", ..WAL_FULL };
    let tally = crash_everywhere("off", setting, &CrashModel::ALL, 2, &FaultPlan::none());
    assert!(!tally.broken.is_empty(), "without any sync something must break");
}

#[test]
fn a_disk_that_lies_about_syncs_loses() {
    let plan = FaultPlan::none().with(Fault::LyingFsync, 1.0);
    let tally = crash_everywhere("liar", WAL_FULL, &[CrashModel::DropAll, CrashModel::Subset], 2, &plan);
    assert!(tally.lost > 0);
}

/// With a rollback journal a commit is the removal of a name, which only `EXTRA` makes durable.
#[test]
fn a_removed_journal_comes_back_unless_its_folder_is_synced() {
    let extra = Setting { journal: "delete", synchronous: "extra", powersafe: true };
    let tally = crash_everywhere("extra", extra, &CrashModel::ALL, 2, &FaultPlan::none());
    assert_eq!((tally.lost, tally.broken), (0, vec![]));
    let full = Setting { synchronous: "full", ..extra };
    let tally = crash_everywhere("journal", full, &CrashModel::ALL, 2, &FaultPlan::none());
    assert!(tally.lost > 0, "a disk that cannot tell FULL from EXTRA here has durable names for nothing");
    assert_eq!(tally.broken, Vec::<String>::new());
}

#[test]
fn a_killed_process_loses_nothing_even_without_syncs() {
    for point in 1.. {
        let disk = SimDisk::new("killed", point);
        let setting = Setting { synchronous: "off", ..WAL_FULL };
        drop(bank(&disk, setting));
        disk.arm(Aim::any(Fault::Kill).of(IoKinds::CHANGES), point);
        let mut committed = 0;
        let old = connect(&disk, setting);
        let done = old
            .as_ref()
            .map_err(ToString::to_string)
            .and_then(|connection| morning(connection, &mut committed).map_err(|error| error.to_string()));
        let killed = disk.take_counts().contains_key("process_kill");
        disk.disarm();
        let found = holds(&connect(&disk, setting).unwrap()).unwrap();
        assert!(found == committed || found == committed + 1, "point {point}: {found} of {committed}");
        drop(old);
        assert_eq!(holds(&connect(&disk, setting).unwrap()), Ok(found), "dropping the dead changed something");
        if !killed {
            done.unwrap();
            break;
        }
    }
}

#[test]
fn handles_from_before_a_cut_stay_dead_and_do_no_harm() {
    let disk = SimDisk::new("dead", 1);
    let old = bank(&disk, WAL_FULL);
    let reader = connect(&disk, WAL_FULL).unwrap();
    let lock = disk.lock(&folder(&disk).join("lock")).unwrap();
    assert_eq!(disk.lock(&folder(&disk).join("lock")).err().unwrap().kind(), ErrorKind::WouldBlock);
    let mut receipts = disk.append_to(&folder(&disk).join("receipts")).unwrap();
    transfer(&old, 1).unwrap();
    reader.execute_batch("BEGIN").unwrap();
    assert_eq!(holds(&reader), Ok(1));

    disk.power_cut(CrashModel::DropAll, &mut Rng::with_seed(1));
    assert!(connect(&disk, WAL_FULL).is_err() && disk.names(&folder(&disk)).is_err(), "the machine is off");
    disk.power_on();
    let new = connect(&disk, WAL_FULL).unwrap();
    let again = disk.lock(&folder(&disk).join("lock")).unwrap();
    transfer(&new, 2).unwrap();
    // It had what it read in memory; now it has to ask the disk.
    let _ = reader.execute_batch("ROLLBACK");
    for dead in [&old, &reader] {
        let error = dead.query_row("SELECT count(*) FROM account", [], |_| Ok(())).unwrap_err();
        assert_eq!(error.sqlite_error_code(), Some(ErrorCode::SystemIoFailure), "{error}");
    }
    assert!(receipts.append(b"late").is_err() && receipts.sync().is_err());
    drop((old, reader, lock, receipts));
    assert_eq!(disk.lock(&folder(&disk).join("lock")).err().unwrap().kind(), ErrorKind::WouldBlock, "still locked");
    drop(again);
    drop(disk.lock(&folder(&disk).join("lock")).unwrap());
    assert_eq!(holds(&new), Ok(2));
}

#[test]
fn what_a_kill_keeps_a_power_cut_may_lose() {
    let disk = SimDisk::new("kept", 1);
    let path = disk.root().join("notes");
    let mut notes = disk.append_to(&path).unwrap();
    disk.settle();
    notes.append(b"synced").unwrap();
    notes.sync().unwrap();
    notes.append(b" not").unwrap();
    disk.process_kill();
    assert!(notes.append(b"x").is_err());
    assert_eq!(disk.read(&path).unwrap(), b"synced not");
    disk.power_cut(CrashModel::DropAll, &mut Rng::with_seed(1));
    disk.power_on();
    assert_eq!(disk.read(&path).unwrap(), b"synced");
}

#[test]
fn a_name_is_durable_when_its_folder_is() {
    let cut = |disk: &SimDisk| {
        disk.power_cut(CrashModel::DropAll, &mut Rng::with_seed(1));
        disk.power_on();
    };
    let disk = SimDisk::new("names", 1);
    disk.set_names_with_fsync(false);
    let (root, backups) = (disk.root(), disk.root().join("backups"));
    disk.make_folder(&backups).unwrap();
    disk.create(&backups.join("a"), b"a").unwrap();
    disk.sync_folder(&backups).unwrap();
    cut(&disk);
    assert!(!disk.exists(&backups.join("a")).unwrap(), "the folder itself was never synced");

    disk.make_folder(&backups).unwrap();
    disk.create(&backups.join("a"), b"a").unwrap();
    disk.sync_folder(&backups).unwrap();
    disk.sync_folder(&root).unwrap();
    disk.create(&backups.join("b"), b"b").unwrap();
    cut(&disk);
    assert_eq!(disk.names(&backups).unwrap(), ["a"], "b's bytes were durable, its name was not");

    disk.rename(&backups.join("a"), &backups.join("c")).unwrap();
    cut(&disk);
    assert_eq!(disk.names(&backups).unwrap(), ["a"]);
    disk.rename(&backups.join("a"), &backups.join("c")).unwrap();
    disk.sync_folder(&backups).unwrap();
    disk.remove(&backups.join("c")).unwrap();
    assert!(disk.names(&backups).unwrap().is_empty());
    cut(&disk);
    assert_eq!(disk.read(&backups.join("c")).unwrap(), b"a", "the removal was not durable");

    disk.set_names_with_fsync(true);
    disk.create(&backups.join("b"), b"b").unwrap();
    disk.make_folder(&root.join("new/folder")).unwrap();
    disk.create(&root.join("new/folder/file"), b"f").unwrap();
    cut(&disk);
    assert_eq!(disk.names(&backups).unwrap(), ["b", "c"], "as ext4 does");
    assert_eq!(disk.read(&root.join("new/folder/file")).unwrap(), b"f");
}

/// A new database whose folder is known: SQLite itself sees to the names, and what it has answered stays.
#[test]
fn a_new_database_keeps_its_name_with_its_first_commit() {
    for seed in 0..200 {
        let mut rng = Rng::with_seed(seed);
        let disk = SimDisk::new("new", seed);
        disk.set_names_with_fsync(false);
        disk.make_folder(&folder(&disk)).unwrap();
        disk.settle();
        let connection = connect(&disk, WAL_FULL).unwrap();
        connection.execute_batch("CREATE TABLE t (x); INSERT INTO t VALUES (1);").unwrap();
        disk.power_cut(CrashModel::any(&mut rng), &mut rng);
        disk.power_on();
        drop(connection);
        let found: i64 =
            connect(&disk, WAL_FULL).unwrap().query_row("SELECT count(*) FROM t", [], |row| row.get(0)).unwrap();
        assert_eq!(found, 1, "seed {seed}");
    }
}

/// One disk through cut after cut, also while it recovers from the one before, and with errors that are said.
#[test]
fn cut_after_cut_loses_nothing_that_was_answered() {
    let began = Instant::now();
    let (mut cuts, mut answered, mut counts) = (0_u32, 0, BTreeMap::new());
    for seed in 0..12 {
        let mut rng = Rng::with_seed(seed);
        let disk = SimDisk::new("soak", seed);
        let setting = Setting { powersafe: rng.bool(), ..WAL_FULL };
        drop(bank(&disk, setting));
        // What may be there, and what must be.
        let (mut must, mut may) = (0, 0);
        for _ in 0..120 {
            let mut plan = FaultPlan::none().with_aim(Aim::any(Fault::PowerOff).of(IoKinds::CHANGES), 0.02);
            for fault in [Fault::Eio, Fault::Enospc, Fault::ShortWrite, Fault::Eacces] {
                plan = plan.with(fault, if rng.bool() { 0.004 } else { 0.0 });
            }
            disk.set_plan(plan);
            if let Ok(connection) = connect(&disk, setting)
                && let Ok(found) = holds(&connection)
            {
                assert!(found >= must && found <= may, "seed {seed}: {found}, expected {must} to {may}");
                let mut committed = found;
                let done = morning(&connection, &mut committed);
                answered += committed - found;
                // What was found was read and not yet synced by anybody; what was answered is durable, and all before it.
                if committed > found {
                    must = committed;
                }
                may = may.max(committed + i64::from(done.is_err()));
            }
            disk.set_plan(FaultPlan::none());
            disk.power_cut(CrashModel::any(&mut rng), &mut rng);
            disk.power_on();
            cuts += 1;
            let found = holds(&connect(&disk, setting).unwrap()).unwrap();
            assert!(found >= must && found <= may, "seed {seed}: {found}, expected {must} to {may}");
            // Closing emptied the log into the database and synced it.
            (must, may) = (found, found);
        }
        for (name, count) in disk.take_counts() {
            *counts.entry(name).or_insert(0) += count;
        }
    }
    println!(
        "{cuts} cuts, {answered} answered, {:.0} cuts/s, {counts:?}",
        f64::from(cuts) / began.elapsed().as_secs_f64()
    );
    assert!(answered > 500 && counts["power_off"] > 100 && counts["eio_fsync"] > 0, "{counts:?}");
}

fn extended(error: &rusqlite::Error) -> i32 {
    match error {
        rusqlite::Error::SqliteFailure(error, _) => error.extended_code,
        other => panic!("{other}"),
    }
}

/// Each fault, the operation that meets it, and the code that SQLite must give.
#[test]
fn sqlite_names_each_fault() {
    let commit = |disk: &SimDisk| connect(disk, WAL_FULL).and_then(|bank| transfer(&bank, 1));
    let empty_log = |disk: &SimDisk| {
        let bank = connect(disk, WAL_FULL)?;
        transfer(&bank, 1)?;
        bank.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
    };
    let journal = |disk: &SimDisk| {
        let bank = connect(disk, Setting { journal: "delete", ..WAL_FULL })?;
        transfer(&bank, 1)
    };
    let (db, wal) = (FileClass::Database, FileClass::Wal);
    type Work<'a> = &'a dyn Fn(&SimDisk) -> rusqlite::Result<()>;
    let table: &[(Aim, u64, Work<'_>, i32, &str)] = &[
        (Aim::any(Fault::EioOpen).on(db), 1, &commit, ffi::SQLITE_CANTOPEN, "eio_open"),
        (Aim::any(Fault::Eacces).on(db), 1, &commit, ffi::SQLITE_CANTOPEN, "eacces"),
        (Aim::any(Fault::EioRead).on(db), 1, &commit, ffi::SQLITE_IOERR_READ, "eio_read"),
        (Aim::any(Fault::EioWrite).on(wal), 1, &commit, ffi::SQLITE_IOERR_WRITE, "eio_write"),
        (
            Aim::any(Fault::Eio).on(wal).of(IoKinds::of(&[IoKind::Write])),
            1,
            &commit,
            ffi::SQLITE_IOERR_WRITE,
            "eio_write",
        ),
        (Aim::any(Fault::EioFsync).on(wal), 1, &commit, ffi::SQLITE_IOERR_FSYNC, "eio_fsync"),
        (Aim::any(Fault::FsyncLosesPages).on(wal), 1, &commit, ffi::SQLITE_IOERR_FSYNC, "fsync_loses_pages"),
        (Aim::any(Fault::EioTruncate).on(wal), 1, &empty_log, ffi::SQLITE_IOERR_TRUNCATE, "eio_truncate"),
        // Going over to a journal removes one already, and SQLite lets a failure there pass.
        (Aim::any(Fault::EioDelete).on(FileClass::Other), 2, &journal, ffi::SQLITE_IOERR_DELETE, "eio_delete"),
        (Aim::any(Fault::ShortWrite).on(wal), 1, &commit, ffi::SQLITE_FULL, "short_write"),
        (Aim::any(Fault::Enospc).on(wal), 1, &commit, ffi::SQLITE_FULL, "enospc"),
        (Aim::any(Fault::DiskFull).on(wal), 1, &commit, ffi::SQLITE_FULL, "disk_full"),
        (
            Aim::any(Fault::Erofs).on(wal).of(IoKinds::of(&[IoKind::Write])),
            1,
            &commit,
            ffi::SQLITE_IOERR_WRITE,
            "erofs",
        ),
        // The third read is of a page that SQLite then goes through; a half page of zeros before passes unseen.
        (Aim::any(Fault::ShortRead).on(db), 3, &commit, ffi::SQLITE_CORRUPT, "short_read"),
    ];
    for (aim, n, work, code, name) in table {
        let disk = SimDisk::new("named", 3);
        drop(bank(&disk, WAL_FULL));
        let _ = disk.take_counts();
        disk.arm(*aim, *n);
        match work(&disk) {
            Err(error) => assert_eq!(extended(&error), *code, "{name}: {error}"),
            Ok(()) => panic!("{name}: SQLite noticed nothing"),
        }
        assert_eq!(disk.take_counts().get(name), Some(&1), "{name}");
        assert!(disk.is_on());
        // Once it is over, the bank opens as it was or with the transfer, unless a read was made to look empty.
        disk.set_capacity(None);
        disk.set_read_only(false);
        let found = holds(&connect(&disk, WAL_FULL).unwrap());
        assert!(matches!(found, Ok(0 | 1)), "{name}: {found:?}");
    }
}

#[test]
fn a_fault_at_every_operation_leaves_the_bank_whole() {
    let began = Instant::now();
    let (mut cases, mut seen) = (0_u64, 0_u64);
    for fault in [Fault::Eio, Fault::ShortWrite, Fault::Enospc, Fault::Erofs, Fault::Eacces, Fault::FsyncLosesPages] {
        for point in 1.. {
            let disk = SimDisk::new("every", point);
            drop(bank(&disk, WAL_FULL));
            let _ = disk.take_counts();
            disk.fail_at(point, fault);
            let mut committed = 0;
            let failed = connect(&disk, WAL_FULL).and_then(|bank| morning(&bank, &mut committed)).is_err();
            disk.disarm();
            let met = disk.take_counts().values().sum::<u64>() > 0;
            disk.set_read_only(false);
            // What SQLite called committed is there after the cut too.
            disk.power_cut(CrashModel::DropAll, &mut Rng::with_seed(point));
            disk.power_on();
            let found = holds(&connect(&disk, WAL_FULL).unwrap()).unwrap();
            assert!(found >= committed && found <= committed + 1, "{fault:?} at {point}: {found} of {committed}");
            cases += 1;
            seen += u64::from(failed);
            if !met {
                break;
            }
        }
    }
    println!("{cases} faults, {seen} seen, {:.0} per second", cases as f64 / began.elapsed().as_secs_f64());
    assert!(seen > cases / 2);
}

/// Silent damage: SQLite cannot name it, but what is read is not what was written.
#[test]
fn silent_faults_are_silent_and_real() {
    for fault in [Fault::TornWrite, Fault::DroppedWrite, Fault::MisdirectedWrite] {
        let mut damaged = 0;
        for point in 1..=12 {
            let disk = SimDisk::new("silent", point);
            let connection = bank(&disk, WAL_FULL);
            disk.arm(Aim::any(fault).on(FileClass::Wal), point);
            for seq in 1..=3 {
                let _ = transfer(&connection, seq);
            }
            assert_eq!(disk.take_counts().get(fault.name(IoKind::Write)), Some(&1));
            disk.process_kill();
            damaged += u64::from(connect(&disk, WAL_FULL).map_err(|e| e.to_string()).and_then(|b| holds(&b)) != Ok(3));
        }
        println!("{fault:?}: {damaged} of 12 damaged");
        assert!(damaged > 6, "{fault:?}");
    }
    let disk = SimDisk::new("silent", 1);
    let (path, bytes) = (disk.root().join("backup"), vec![0x55; 10_000]);
    disk.create(&path, &bytes).unwrap();
    disk.fail_at(1, Fault::BitFlipOnRead);
    assert_ne!(disk.read(&path).unwrap(), bytes);
    assert_eq!(disk.read(&path).unwrap(), bytes, "right on the disk");
    disk.fail_at(1, Fault::BitRot);
    let rotten = disk.read(&path).unwrap();
    assert_ne!(rotten, bytes);
    assert_eq!(disk.read(&path).unwrap(), rotten, "wrong for good");
    let at = disk.flip_bit(&path).unwrap() as usize;
    assert_ne!(disk.read(&path).unwrap()[at], rotten[at]);
    disk.power_cut(CrashModel::DropAll, &mut Rng::with_seed(1));
    disk.power_on();
    assert!(disk.peek(&path).is_none_or(|now| now != bytes), "damage at rest outlives the power");
    assert_eq!(disk.take_counts().get("bit_flip_backup"), Some(&2));
}

#[test]
fn a_sync_that_failed_once_has_lost_what_the_next_one_calls_durable() {
    let disk = SimDisk::new("fsyncgate", 1);
    let path = disk.root().join("receipts");
    let mut receipts = disk.append_to(&path).unwrap();
    receipts.append(&[1; 4096]).unwrap();
    disk.settle();
    receipts.append(&[2; 4096]).unwrap();
    disk.fail_at(1, Fault::FsyncLosesPages);
    assert!(receipts.sync().is_err());
    receipts.append(&[3; 4096]).unwrap();
    receipts.sync().unwrap();
    assert_eq!(disk.read(&path).unwrap(), [[1; 4096], [2; 4096], [3; 4096]].concat(), "readers see it still");
    disk.power_cut(CrashModel::KeepAll, &mut Rng::with_seed(1));
    disk.power_on();
    assert_eq!(disk.read(&path).unwrap(), [[1; 4096], [0; 4096], [3; 4096]].concat());
}

#[test]
fn a_full_disk_is_full_until_something_is_freed() {
    let disk = SimDisk::new("small", 1);
    let connection = bank(&disk, WAL_FULL);
    disk.create(&disk.root().join("ballast"), &[7; 100_000]).unwrap();
    disk.set_capacity(Some(disk.used_bytes() + 40_000));
    let free = disk.free_bytes(&disk.root()).unwrap();
    assert_eq!(free, 40_000);
    let mut seq = 0;
    let error = loop {
        match transfer(&connection, seq + 1) {
            Ok(()) => seq += 1,
            Err(error) => break error,
        }
    };
    assert!(seq > 0);
    assert_eq!(extended(&error), ffi::SQLITE_FULL);
    assert!(disk.free_bytes(&disk.root()).unwrap() < free);
    assert_eq!(disk.create(&disk.root().join("x"), &[0; 50_000]).unwrap_err().kind(), ErrorKind::StorageFull);
    disk.remove(&disk.root().join("ballast")).unwrap();
    transfer(&connection, seq + 1).unwrap();
    assert_eq!(holds(&connection), Ok(seq + 1));
}

#[test]
fn a_read_only_disk_still_reads() {
    let disk = SimDisk::new("frozen", 1);
    let connection = bank(&disk, WAL_FULL);
    transfer(&connection, 1).unwrap();
    disk.set_read_only(true);
    assert_eq!(holds(&connection), Ok(1));
    assert!(transfer(&connection, 2).is_err());
    assert_eq!(disk.create(&disk.root().join("x"), b"x").unwrap_err().kind(), ErrorKind::ReadOnlyFilesystem);
    disk.set_read_only(false);
    drop(connection);
    assert_eq!(holds(&connect(&disk, WAL_FULL).unwrap()), Ok(1));
}

#[test]
fn readers_and_a_writer_work_side_by_side_in_one_thread() {
    let disk = SimDisk::new("beside", 1);
    let writer = bank(&disk, WAL_FULL);
    let readers: Vec<Connection> = (0..3).map(|_| connect(&disk, WAL_FULL).unwrap()).collect();
    for seq in 1..=30 {
        let old = &readers[seq as usize % 3];
        old.execute_batch("BEGIN").unwrap();
        assert_eq!(holds(old), Ok(seq - 1));
        transfer(&writer, seq).unwrap();
        assert_eq!(holds(old), Ok(seq - 1), "its snapshot stays");
        assert_eq!(holds(&readers[(seq as usize + 1) % 3]), Ok(seq), "another reader sees it at once");
        if seq % 7 == 0 {
            let busy: i64 = writer.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0)).unwrap();
            assert_eq!(busy, 1, "a reader still needs the log");
        }
        old.execute_batch("COMMIT").unwrap();
        if seq % 10 == 0 {
            let busy: i64 = writer.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0)).unwrap();
            assert_eq!(busy, 0);
            assert_eq!(disk.peek(&log(&disk)).unwrap().len(), 0);
        }
    }
    let second = connect(&disk, WAL_FULL).unwrap();
    writer.execute_batch("BEGIN IMMEDIATE").unwrap();
    second.busy_timeout(std::time::Duration::from_millis(20)).unwrap();
    assert_eq!(second.execute_batch("BEGIN IMMEDIATE").unwrap_err().sqlite_error_code(), Some(ErrorCode::DatabaseBusy));
    writer.execute_batch("ROLLBACK").unwrap();
    transfer(&second, 31).unwrap();
    drop((writer, second, readers));
    assert!(!disk.exists(&log(&disk)).unwrap(), "the last to leave empties and removes the log");
}

#[test]
fn readers_and_a_writer_work_side_by_side_in_threads() {
    let disk = SimDisk::new("threads", 1);
    let writer = bank(&disk, WAL_FULL);
    thread::scope(|scope| {
        let readers: Vec<_> = (0..2)
            .map(|_| {
                let disk = disk.clone();
                scope.spawn(move || {
                    let reader = connect(&disk, WAL_FULL).unwrap();
                    let mut last = 0;
                    while last < 60 {
                        // One transaction, one snapshot: the questions in it must not see different days.
                        reader.execute_batch("BEGIN").unwrap();
                        let found = holds(&reader).unwrap();
                        reader.execute_batch("COMMIT").unwrap();
                        assert!(found >= last);
                        last = found;
                    }
                })
            })
            .collect();
        for seq in 1..=60 {
            transfer(&writer, seq).unwrap();
            if seq % 16 == 0 {
                writer.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(())).unwrap();
            }
        }
        for reader in readers {
            reader.join().unwrap();
        }
    });
}

#[test]
fn with_a_rollback_journal_a_reader_holds_the_writer_up() {
    let setting = Setting { journal: "delete", ..WAL_FULL };
    let disk = SimDisk::new("old-locks", 1);
    let writer = bank(&disk, setting);
    let reader = connect(&disk, setting).unwrap();
    reader.execute_batch("BEGIN").unwrap();
    assert_eq!(holds(&reader), Ok(0));
    assert_eq!(transfer(&writer, 1).unwrap_err().sqlite_error_code(), Some(ErrorCode::DatabaseBusy));
    assert_eq!(holds(&reader), Ok(0));
    reader.execute_batch("COMMIT").unwrap();
    transfer(&writer, 1).unwrap();
    assert_eq!(holds(&reader), Ok(1));
}

#[test]
fn what_was_deleted_or_replaced_stays_with_who_has_it_open() {
    let disk = SimDisk::new("unlinked", 1);
    let old = bank(&disk, WAL_FULL);
    transfer(&old, 1).unwrap();
    assert!(disk.delete_file(&database(&disk)) && disk.delete_file(&log(&disk)));
    assert_eq!(holds(&old), Ok(1));
    transfer(&old, 2).unwrap();
    assert_eq!(holds(&old), Ok(2), "to it nothing has changed");
    assert!(!disk.exists(&database(&disk)).unwrap());
    let found: i64 = {
        // Who comes by the name finds nothing, and makes a new database.
        let new = connect(&disk, WAL_FULL).unwrap();
        new.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).unwrap()
    };
    assert_eq!(found, 0);
    assert_eq!(disk.take_counts().get("file_deleted"), Some(&2));

    let mut receipts = disk.append_to(&disk.root().join("receipts")).unwrap();
    receipts.append(b"one").unwrap();
    disk.rename(&disk.root().join("receipts"), &disk.root().join("kept")).unwrap();
    receipts.append(b"two").unwrap();
    assert_eq!(disk.read(&disk.root().join("kept")).unwrap(), b"onetwo");
    disk.replace_file(&disk.root().join("kept"), b"other");
    receipts.append(b"three").unwrap();
    assert_eq!(disk.read(&disk.root().join("kept")).unwrap(), b"other");
    assert!(disk.lose_name(&disk.root().join("kept")) && !disk.lose_name(&disk.root().join("kept")));
    assert!(!disk.exists(&disk.root().join("kept")).unwrap());
}

#[test]
fn images_are_copies_and_copies_are_apart() {
    let disk = SimDisk::new("original", 1);
    let connection = bank(&disk, WAL_FULL);
    transfer(&connection, 1).unwrap();
    let old = disk.image();
    let old_log = disk.peek(&log(&disk)).unwrap();
    transfer(&connection, 2).unwrap();
    let clone = disk.clone_as("clone", 2);
    assert_eq!(holds(&connect(&clone, WAL_FULL).unwrap()), Ok(2));
    transfer(&connect(&clone, WAL_FULL).unwrap(), 3).unwrap();
    assert_eq!(holds(&connection), Ok(2), "the original knows nothing of it");
    drop(connection);
    assert_eq!(clone.peek(Path::new("desk/bank.db")), clone.peek(&database(&clone)), "relative to the root");

    disk.restore_image(&old);
    assert_eq!(holds(&connect(&disk, WAL_FULL).unwrap()), Ok(1), "an old backup");
    // The log of the old copy beside a database that went on: SQLite cannot know.
    disk.replace_file(&log(&disk), &old_log);
    assert!(clone.exists(&database(&clone)).unwrap());
    let counts = disk.take_counts();
    for name in ["disk_cloned_while_open", "backup_restored", "stale_wal"] {
        assert_eq!(counts.get(name), Some(&1), "{counts:?}");
    }
}

#[test]
fn a_log_cut_short_loses_its_end_only() {
    let disk = SimDisk::new("cut", 1);
    let connection = bank(&disk, WAL_FULL);
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
    for seq in 1..=4 {
        transfer(&connection, seq).unwrap();
    }
    let whole = disk.peek(&log(&disk)).unwrap().len() as u64;
    let image = disk.image();
    let mut found = vec![];
    for part in 0..=8 {
        disk.restore_image(&image);
        assert!(disk.cut_file(&log(&disk), whole * part / 8));
        found.push(holds(&connect(&disk, WAL_FULL).unwrap()).unwrap());
    }
    assert!(found.is_sorted() && found.first() == Some(&0) && found.last() == Some(&4), "{found:?}");
    assert_eq!(disk.take_counts().get("truncated_wal"), Some(&9));
}

#[test]
fn two_disks_may_have_one_name() {
    let (one, two) = (SimDisk::new("twin", 1), SimDisk::new("twin", 1));
    assert_ne!(one.root(), two.root());
    one.create(&one.root().join("x"), b"1").unwrap();
    assert!(!two.exists(&two.root().join("x")).unwrap());
    assert_eq!(two.read(&one.root().join("x")).unwrap_err().kind(), ErrorKind::NotFound, "not on this disk");
}
