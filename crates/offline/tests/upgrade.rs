//! Databases that older builds wrote, kept as SQL text in `golden/`: each opens with what waits in it, and sends it as it
//! was written. A golden file is never changed; a new schema adds one.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "what a test needs and does not get ends it")]
#![allow(dead_code, reason = "of the counters this file uses its part")]

#[path = "../../sync/tests/bench/counters.rs"]
mod counters;

use counters::{Counters, add, entity, value};
use rusqlite::Connection;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use turndown_offline::{Engine, OpenConfig, OutboxState, RowFilter, Sql, SystemEnvironment};
use turndown_protocol::{EventResult, Outcome};

mod migrations {
    refinery::embed_migrations!("../../migrations/desk");
}

fn golden() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).expect("the folder").map(|file| file.expect("a file").path()).collect();
    files.sort();
    assert!(!files.is_empty());
    files
}

/// The database in a folder of its own, as the older build left it.
fn laid_down(sql: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let connection = Connection::open(folder.path().join("desk.db")).expect("a file");
    connection.execute_batch(sql).expect("it is SQL");
    connection.pragma_update(None, "journal_mode", "WAL").expect("as it was");
    folder
}

fn open(folder: &Path) -> Engine {
    let config = OpenConfig::new(folder.to_owned(), migrations::migrations::runner());
    let (engine, report) = Engine::open(&config, Arc::new(Counters), Arc::new(SystemEnvironment)).expect("it opens");
    assert!(report.repair.is_none(), "it is not damage: {report:?}");
    engine
}

/// A service that takes everything in order: sends until nothing is left. Answers what came, in order.
fn drain(engine: &Engine, seq: &mut u64) -> Vec<String> {
    let mut came = vec![];
    loop {
        let items = engine.next_to_send(3, 1 << 20, &BTreeSet::new()).expect("it can be read");
        if items.is_empty() {
            return came;
        }
        let results = items.iter().map(|item| {
            *seq += 1;
            EventResult {
                event_id: item.event_id.clone(),
                outcome: Outcome::Applied,
                original: None,
                seq: Some(*seq),
                row: None,
                theirs: None,
                problem: None,
            }
        });
        let results = results.collect();
        came.extend(items.into_iter().map(|item| item.bytes));
        engine.take_results("store-1", "epoch-1", None, results).expect("taken");
    }
}

#[test]
fn i1_every_older_database_opens_with_what_waits_in_it_and_sends_it_as_it_was_written() {
    for file in golden() {
        let sql = std::fs::read_to_string(&file).expect("a golden database");
        let folder = laid_down(&sql);
        let engine = open(folder.path());
        let rows = engine.rows(RowFilter::All, 0, 100).expect("rows").0;
        let ledger = engine.ledger().expect("a ledger");
        assert!(ledger.is_balanced(), "{file:?} {ledger:?}");
        assert_eq!(ledger, engine.ledger_from_rows().expect("counted"));
        assert_eq!((ledger.recorded, ledger.acknowledged, ledger.waiting, ledger.attention), (14, 7, 4, 3), "{file:?}");
        assert!(rows.iter().all(|row| sql.contains(&row.sealed.bytes)), "the bytes are those of the file");
        let unproven = "SELECT count(*) FROM sync_state WHERE sum IS NULL AND key <> 'open'";
        let unproven = engine.read(|mut connection| connection.first(unproven, [], |row| row.get::<_, u64>(0)));
        assert_eq!(unproven.expect("counted"), Some(0), "what an older version wrote is proven from here on");
        let conflict = engine.conflict(&entity(1)).expect("read").expect("still open");
        assert_eq!(conflict.events.len(), 3);
        // Recording goes on at once, in the same chain.
        let recorded = add(&engine, 4, 1);
        assert_eq!(recorded.sealed.event.local_seq, 15);
        let mut seq = 1_000;
        let waiting: Vec<&str> =
            rows.iter().filter(|row| row.state == OutboxState::Pending).map(|row| row.sealed.bytes.as_str()).collect();
        let came = drain(&engine, &mut seq);
        assert_eq!(came[..waiting.len()], waiting[..], "in order, as they were written");
        assert_eq!([0, 2, 3, 4].map(|n| value(&engine, n)), [102, 109, 100, 101]);
        // And a service that was restored meanwhile gets all of it again, the conflict's room included.
        engine.offer_again("store-1", "epoch-2", 0).expect("offered");
        let again: BTreeMap<String, ()> = drain_in(&engine, "epoch-2", &mut seq).into_iter().map(|b| (b, ())).collect();
        assert!(rows.iter().all(|row| again.contains_key(&row.sealed.bytes)), "{file:?}");
        let ledger = engine.ledger().expect("a ledger");
        assert!(ledger.is_balanced() && ledger.waiting == 0 && ledger.attention == 0, "{ledger:?}");
        engine.close();
        drop(engine);
        // The next start finds nothing left to do to it.
        let engine = open(folder.path());
        assert_eq!(engine.ledger().expect("a ledger"), ledger);
    }
}

fn drain_in(engine: &Engine, epoch: &str, seq: &mut u64) -> Vec<String> {
    assert_eq!(engine.fact("epoch").expect("read").as_deref(), Some(epoch));
    drain(engine, seq)
}

#[test]
fn i4_an_upgrade_that_is_cut_off_after_any_migration_goes_on_at_the_next_start() {
    for file in golden() {
        let sql = std::fs::read_to_string(&file).expect("a golden database");
        let mut versions: Vec<_> =
            migrations::migrations::runner().get_migrations().iter().map(|one| one.version()).collect();
        versions.sort_unstable();
        for stop_after in versions {
            let folder = laid_down(&sql);
            {
                let mut connection = Connection::open(folder.path().join("desk.db")).expect("the file");
                let runner = migrations::migrations::runner().set_target(refinery::Target::Version(stop_after));
                let _ = runner.run(&mut connection);
            }
            let engine = open(folder.path());
            let ledger = engine.ledger().expect("a ledger");
            assert_eq!((ledger.recorded, ledger.waiting, ledger.attention), (14, 4, 3), "cut after {stop_after}");
            assert_eq!(ledger, engine.ledger_from_rows().expect("counted"), "cut after {stop_after}");
        }
    }
}
