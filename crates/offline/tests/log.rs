//! The log beside the database: it does not grow without end, and nobody who records waits for it.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "tests")]

mod common;

use common::{House, add, is_sound, value};
use std::time::Duration;
use turndown_offline::{Engine, EngineError, Hands};

const PAGE_BYTES: u64 = 4_096;

fn log_pages(house: &House) -> u64 {
    std::fs::metadata(house.file("desk.db-wal")).unwrap().len() / PAGE_BYTES
}

fn with_log_of(pages: u32, hands: Hands) -> House {
    House { log_pages: pages, hands, ..House::new() }
}

fn add_some(engine: &Engine, prefix: &str, some: u32) {
    for n in 0..some {
        add(engine, n % 5, &format!("{prefix}{n}"));
    }
}

#[test]
fn a2_the_log_begins_anew_again_and_again_while_somebody_records() {
    for hands in [Hands::Own, Hands::Callers] {
        let often = with_log_of(40, hands);
        let (engine, _) = often.open();
        add_some(&engine, "a", 400);
        let seldom = with_log_of(100_000, hands);
        let (beside, _) = seldom.open();
        add_some(&beside, "b", 400);
        // Beside a log that is never written back, on the same machine: what is done meanwhile makes it longer, never as long.
        let (short, long) = (log_pages(&often), log_pages(&seldom));
        assert!(short * 4 < long, "{hands:?}: {short} pages, and {long} where it is not written back");
        drop(engine);
        is_sound(&often.open().0);
    }
}

#[test]
fn a2_a_log_that_somebody_reads_from_grows_and_begins_anew_behind_him() {
    let house = with_log_of(40, Hands::Own);
    let (engine, _) = house.open();
    add_some(&engine, "a", 50);
    let (reading, read) = std::sync::mpsc::channel();
    let (done, goes_on) = std::sync::mpsc::channel::<()>();
    let reader = engine.clone();
    let looking = std::thread::spawn(move || {
        reader.read(|connection| {
            let there = || connection.query_row("SELECT count(*) FROM audit_local", [], |row| row.get::<_, u64>(0));
            let before = there()?;
            reading.send(before).expect("somebody waits");
            let _ = goes_on.recv();
            assert_eq!(there()?, before, "one picture");
            Ok::<_, EngineError>(())
        })
    });
    let before = read.recv_timeout(Duration::from_secs(60)).expect("it reads");
    add_some(&engine, "b", 200);
    let grown = log_pages(&house);
    assert_eq!(engine.audit_head().unwrap().local_seq, before + 200, "nobody waited for the reader");
    drop(done);
    looking.join().unwrap().unwrap();
    add_some(&engine, "c", 400);
    assert!(log_pages(&house) < grown * 2, "it went on growing: {grown}, then {}", log_pages(&house));
    assert_eq!((0..5).map(|counter| value(&engine, counter)).sum::<i64>(), 650);
    engine.close();
    drop(engine);
    is_sound(&house.open().0);
}

#[test]
fn a2_a_desk_that_closes_while_its_log_is_written_back_has_everything() {
    let house = with_log_of(8, Hands::Own);
    for round in 0..20 {
        let (engine, report) = house.open();
        assert!(!report.unclean && report.repair.is_none(), "{report:?}");
        add_some(&engine, &format!("{round}x"), 7);
        engine.close();
    }
    let (engine, _) = house.open();
    assert_eq!((0..5).map(|counter| value(&engine, counter)).sum::<i64>(), 140);
    is_sound(&engine);
}
