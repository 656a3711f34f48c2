//! An auditor has two files, the service's and a desk's, and a program that needs nothing else.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use rusqlite::Connection;
use serde_json::Value;
use std::path::{Path, PathBuf};
use turndown_app::dto::ReportPeriod;
use turndown_gates::journey::{complete, start};
use turndown_gates::{Desk, Journey, roles};

/// What the auditor's program says in its last line, and how it ends.
fn audited(files: &[&Path]) -> (Value, Option<i32>) {
    let output = roles::command("audit").arg("verify").args(files).output().expect("it runs");
    let said = String::from_utf8(output.stdout).expect("text");
    let last = said.lines().last().expect("a line");
    (serde_json::from_str(last).unwrap_or_else(|error| panic!("{error}: {said}")), output.status.code())
}

/// The desk's record beside the table of everything that was ever done at it.
fn of_desk(desk: &mut Desk) -> PathBuf {
    let ever = ReportPeriod::Time { from: "1970-01-01T00:00:00Z".into(), to: "2100-01-01T00:00:00Z".into() };
    let table = desk.export_report(&ever).expect("written").path;
    PathBuf::from(table.strip_suffix(".csv").expect("a table").to_owned() + ".record.jsonl")
}

/// Works on some rooms, until the service has signed for it and the desk has kept that.
fn work(journey: &mut Journey, rooms: std::ops::Range<usize>) {
    for tile in &journey.workable()[rooms] {
        journey.desk.act(&tile.room_id.0, start(&tile.task_id)).expect("recorded");
        journey.desk.act(&tile.room_id.0, complete(&tile.task_id)).expect("recorded");
    }
    journey.desk.wait_drained();
    journey.desk.wait_for("the signed head is kept", |desk| {
        let connection = Connection::open(desk.folder().join("desk.db")).expect("the database");
        let (head, signed): (u64, Option<u64>) = connection
            .query_row(
                "SELECT (SELECT max(local_seq) FROM audit_local),
                        (SELECT json_extract(value, '$.local_seq') FROM sync_state WHERE key = 'audit_witness')",
                [],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .expect("numbers");
        signed == Some(head)
    });
}

#[test]
fn k2_an_auditor_proves_both_sides_and_finds_what_the_service_no_more_has_of_what_it_signed_for() {
    let mut journey = Journey::small();
    work(&mut journey, 0..2);
    let early = journey.service.export_audit("early.jsonl");
    work(&mut journey, 2..4);
    let (service, desk) = (journey.service.export_audit("service.jsonl"), of_desk(&mut journey.desk));

    let (said, code) = audited(&[&service, &desk]);
    assert_eq!((said["ok"].as_bool(), said["compared"].as_u64(), code), (Some(true), Some(1), Some(0)), "{said}");
    let entries = |n: usize| said["files"][n]["entries"].as_u64().expect("a number");
    assert!(entries(0) >= entries(1) && entries(1) >= 8, "{said}");

    // Another hotel's clerk, or the service's own, shows a record that once was the whole one: it is sound by itself.
    let (said, code) = audited(&[&early]);
    assert_eq!((said["ok"].as_bool(), code), (Some(true), Some(0)), "{said}");
    let (said, code) = audited(&[&early, &desk]);
    assert_eq!((said["first_bad"]["code"].as_str(), code), (Some("AUDIT_ENTRY_MISSING"), Some(1)), "{said}");

    // One character of the desk's file.
    let text = std::fs::read_to_string(&desk).expect("the file");
    let forged = desk.with_file_name("forged.jsonl");
    std::fs::write(&forged, text.replacen("complete", "completd", 1)).expect("written");
    let (said, code) = audited(&[&service, &forged]);
    assert_eq!((said["first_bad"]["code"].as_str(), code), (Some("AUDIT_ENTRY_ALTERED"), Some(1)), "{said}");
    let none = roles::command("audit").args(["verify", "/nowhere/trail.jsonl"]).output().expect("it runs");
    let said = String::from_utf8_lossy(&none.stderr);
    assert_eq!((none.status.code(), said.contains("cannot be read")), (Some(2), true), "no verdict: {said}");
    journey.all_is_well();
}
