//! A hotel's audit trail as a file: whole, of some days, beside a running service, and what is said when it cannot be.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "what a test needs and does not get ends it")]

mod common;

use common::{Kept, Service};
use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::process::{Command, Output};
use turndown_audit::Verdict;

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

/// A service with a hotel in which things were done.
async fn worked_in() -> Service {
    let service = Service::open().await;
    let (url, token) = (service.url.clone(), service.token.clone());
    tokio::task::spawn_blocking(move || {
        let act = |what: &[&str]| ok(&[&["act", "--url", &url, "--token", &token], what].concat());
        act(&["--room", "101", "complete", "--actor", "bo"]);
        act(&["--room", "102", "cancel", "--reason", "guest stays"]);
        act(&["--random", "6", "--seed", "7"]);
    })
    .await
    .unwrap();
    service
}

/// What the command line calls the store.
fn store(kept: &Kept) -> Vec<String> {
    match kept {
        Kept::File(files) => vec!["--db".into(), files.db.to_str().unwrap().into()],
        Kept::Server { key, .. } => {
            let key = key.to_str().unwrap().into();
            vec!["--postgres".into(), kept.address(common::SERVICE), "--signing-key".into(), key]
        }
    }
}

/// Exports a trail from beside the service.
async fn export(service: &Service, out: &Path, more: &[&str]) -> Output {
    let mut args = vec!["audit".to_owned(), "export".to_owned(), "--out".to_owned(), out.to_str().unwrap().to_owned()];
    args.extend(store(&service.kept));
    args.extend(more.iter().map(|arg| (*arg).to_owned()));
    tokio::task::spawn_blocking(move || run(&args.iter().map(String::as_str).collect::<Vec<_>>())).await.unwrap()
}

async fn exported(service: &Service, out: &Path, more: &[&str]) -> String {
    let output = export(service, out, more).await;
    assert!(output.status.success(), "{more:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn k1_a_hotels_trail_is_exported_beside_the_running_service_and_proves_itself() {
    let mut service = worked_in().await;
    let out = service.folder.path().join("trail.jsonl");
    let said = exported(&service, &out, &[]).await;
    let verdict = proven(&out);
    assert_eq!(verdict.bad, None);
    let trail = verdict.trail.unwrap();
    assert!(trail.entries >= 9, "begun and completed, cancelled, and six more: {}", trail.entries);
    assert!(said.contains(&format!("Wrote {} entries of Grand Hotel", trail.entries)), "{said}");
    assert!(trail.begin.whole);

    // Of its own day, by the hotel's calendar, it is the same; of a day of long ago there is nothing, and that is signed
    // too.
    exported(&service, &out, &["--from", common::DAY, "--to", common::DAY]).await;
    let verdict = proven(&out);
    let found = verdict.trail.map(|trail| (trail.entries, trail.begin.whole));
    assert_eq!((verdict.bad, found), (None, Some((trail.entries, false))));
    exported(&service, &out, &["--from", "1999-01-01", "--to", "1999-12-31"]).await;
    let verdict = proven(&out);
    assert_eq!((verdict.bad, verdict.trail.map(|trail| trail.entries)), (None, Some(0)));
    service.stop().await;
}

/// Whoever holds the database makes one hash anew and not the others: the export has it as it is, and its proof says where.
#[tokio::test(flavor = "multi_thread")]
async fn k1_what_was_changed_in_the_store_is_named_in_its_export() {
    let mut service = worked_in().await;
    service.stop().await;
    if let Kept::File(files) = &service.kept {
        let conn = rusqlite::Connection::open(&files.db).unwrap();
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
    }
    service.kept.execute("UPDATE audit SET outcome = 'rejected' WHERE audit_seq = 3");
    let out = service.folder.path().join("trail.jsonl");
    exported(&service, &out, &[]).await;
    let verdict = proven(&out);
    assert_eq!(
        verdict.bad.map(|bad| bad.to_string()).as_deref(),
        Some("entry 3: the entry is not as it was written (AUDIT_ENTRY_ALTERED)")
    );
    assert_eq!(verdict.proven.up_to.seq, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_that_cannot_be_says_why_and_leaves_nothing_behind() {
    let mut service = worked_in().await;
    let out = service.folder.path().join("trail.jsonl");
    let nowhere = Path::new("/nowhere/trail.jsonl").to_owned();
    let cases: &[(&str, &Path, &[&str], i32, &str)] = &[
        ("no such hotel", &out, &["--property", "ritz"], 10, "It has: grand"),
        ("no such folder", &nowhere, &[], 2, "cannot be written"),
        ("days the wrong way", &out, &["--from", "2016-02-02", "--to", "2016-02-01"], 2, "is after"),
        ("one day alone", &out, &["--from", "2016-02-02"], 2, "--to"),
    ];
    let refused = |what: &str, output: &Output, code: i32, sentence: &str| {
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{what}: {said}");
        assert!(said.contains(sentence) && !said.contains("panicked"), "{what}: {said}");
    };
    for (what, out, more, code, sentence) in cases {
        refused(what, &export(&service, out, more).await, *code, sentence);
    }
    let none = run(&["audit", "export", "--db", "/nowhere/service.db", "--out", out.to_str().unwrap()]);
    refused("no database", &none, 7, "There is no database");
    // Without the key nothing can be signed.
    let key = match &service.kept {
        Kept::File(files) => files.key(),
        Kept::Server { key, .. } => key.clone(),
    };
    std::fs::rename(&key, key.with_extension("away")).unwrap();
    refused("no key", &export(&service, &out, &[]).await, 8, "signing key");
    let left: Vec<_> =
        std::fs::read_dir(service.folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().starts_with("trail")), "{left:?}");
    service.stop().await;
}
