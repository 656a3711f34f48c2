//! A hotel's audit trail as a file: whole, of some days, beside a running service, and what is said when it cannot be.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "what a test needs and does not get ends it")]

mod common;

use common::house;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;
use turndown_audit::Verdict;
use turndown_service::env::SystemEnvironment;
use turndown_service::server::{self, Config};
use turndown_service::store::sqlite::{self, Admin, Files};

fn run(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_turndown-service"));
    command.env_remove("TURNDOWN_DB").env_remove("TURNDOWN_TOKEN").args(args).output().unwrap()
}

fn ok(args: &[&str]) -> String {
    let output = run(args);
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn proven(file: &Path) -> Verdict {
    turndown_audit::verify(BufReader::new(File::open(file).unwrap()), None).unwrap()
}

/// A hotel in which things were done, its database's place, and a name for a file.
async fn worked_in(folder: &TempDir) -> (String, server::Running) {
    let db = folder.path().join("service.db");
    let opened = sqlite::open(&Files::new(db.clone()), &SystemEnvironment, false).unwrap();
    Admin::alone(Files::new(db.clone()), opened.conn).import(&SystemEnvironment, &house("grand", 10), false).unwrap();
    drop(opened.lock);
    let running = server::start(Config::new(&db, "127.0.0.1:0"), std::sync::Arc::new(SystemEnvironment)).await.unwrap();
    let db = db.to_str().unwrap().to_owned();
    let at = db.clone();
    tokio::task::spawn_blocking(move || {
        ok(&["act", "--db", &at, "--room", "101", "complete", "--actor", "bo"]);
        ok(&["act", "--db", &at, "--room", "102", "cancel", "--reason", "guest stays"]);
        ok(&["act", "--db", &at, "--random", "6", "--seed", "7"]);
    })
    .await
    .unwrap();
    (db, running)
}

#[tokio::test(flavor = "multi_thread")]
async fn k1_a_hotels_trail_is_exported_beside_the_running_service_and_proves_itself() {
    let folder = TempDir::new().unwrap();
    let (db, running) = worked_in(&folder).await;
    let out = folder.path().join("trail.jsonl");
    let to = out.to_str().unwrap();
    let said = ok(&["audit", "export", "--db", &db, "--out", to]);
    let verdict = proven(&out);
    assert_eq!(verdict.bad, None);
    let trail = verdict.trail.unwrap();
    assert!(trail.entries >= 9, "begun and completed, cancelled, and six more: {}", trail.entries);
    assert!(said.contains(&format!("Wrote {} entries of Grand Hotel", trail.entries)), "{said}");
    assert!(trail.begin.whole);

    // Of today, by the hotel's calendar, it is the same; of a day of long ago there is nothing, and that is signed too.
    let day = |offset: i64| {
        let now = turndown_service::env::Environment::now_ms(&SystemEnvironment);
        let day = chrono::DateTime::from_timestamp_millis(now).unwrap().date_naive();
        (day + chrono::TimeDelta::days(offset)).to_string()
    };
    // Wherever the hotel is, today is one of these three.
    ok(&["audit", "export", "--db", &db, "--out", to, "--from", &day(-1), "--to", &day(1)]);
    let verdict = proven(&out);
    let found = verdict.trail.map(|trail| (trail.entries, trail.begin.whole));
    assert_eq!((verdict.bad, found), (None, Some((trail.entries, false))));
    ok(&["audit", "export", "--db", &db, "--out", to, "--from", "1999-01-01", "--to", "1999-12-31"]);
    let verdict = proven(&out);
    assert_eq!((verdict.bad, verdict.trail.map(|trail| trail.entries)), (None, Some(0)));
    running.stop().await;
}

/// Whoever holds the database makes one hash anew and not the others: the export has it as it is, and its proof says where.
#[tokio::test(flavor = "multi_thread")]
async fn k1_what_was_changed_in_the_store_is_named_in_its_export() {
    let folder = TempDir::new().unwrap();
    let (db, running) = worked_in(&folder).await;
    running.stop().await;
    let conn = rusqlite::Connection::open(&db).unwrap();
    let guards: Vec<String> = conn
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'audit'")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    for guard in guards {
        conn.execute_batch(&format!("DROP TRIGGER {guard}")).unwrap();
    }
    assert_eq!(conn.execute("UPDATE audit SET outcome = 'rejected' WHERE audit_seq = 3", []).unwrap(), 1);
    drop(conn);
    let out = folder.path().join("trail.jsonl");
    ok(&["audit", "export", "--db", &db, "--out", out.to_str().unwrap()]);
    let verdict = proven(&out);
    assert_eq!(
        verdict.bad.map(|bad| bad.to_string()).as_deref(),
        Some("entry 3: the entry is not as it was written (AUDIT_ENTRY_ALTERED)")
    );
    assert_eq!(verdict.proven.up_to.seq, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_that_cannot_be_says_why_and_leaves_nothing_behind() {
    let folder = TempDir::new().unwrap();
    let (db, running) = worked_in(&folder).await;
    let out = folder.path().join("trail.jsonl");
    let to = out.to_str().unwrap();
    let cases: &[(&str, Vec<&str>, i32, &str)] = &[
        ("no such hotel", vec!["--db", &db, "--out", to, "--property", "ritz"], 10, "It has: grand"),
        ("no such folder", vec!["--db", &db, "--out", "/nowhere/trail.jsonl"], 2, "cannot be written"),
        (
            "days the wrong way",
            vec!["--db", &db, "--out", to, "--from", "2016-02-02", "--to", "2016-02-01"],
            2,
            "is after",
        ),
        ("one day alone", vec!["--db", &db, "--out", to, "--from", "2016-02-02"], 2, "--to"),
        ("no database", vec!["--db", "/nowhere/service.db", "--out", to], 7, "There is no database"),
    ];
    for (what, args, code, sentence) in cases {
        let output = run(&[&["audit", "export"], args.as_slice()].concat());
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(*code), "{what}: {said}");
        assert!(said.contains(sentence) && !said.contains("panicked"), "{what}: {said}");
    }
    // Without the key nothing can be signed.
    std::fs::rename(format!("{db}.signing-key"), format!("{db}.away")).unwrap();
    let output = run(&["audit", "export", "--db", &db, "--out", to]);
    assert_eq!(output.status.code(), Some(8), "{}", String::from_utf8_lossy(&output.stderr));
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().starts_with("trail")), "{left:?}");
    running.stop().await;
}
