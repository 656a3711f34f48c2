//! What a desk does by itself while it is open. The clock is tokio's, paused: it moves on when nothing is running any
//! more, so a minute passes at once and never before what was begun has ended.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use turndown_app::{App, AppConfig, Keys, SystemEnvironment};

fn start(folder: &Path) -> App {
    App::start(AppConfig {
        folder: folder.to_owned(),
        keys: Keys::File,
        sample: None,
        version: "test",
        environment: Arc::new(SystemEnvironment),
    })
}

#[tokio::test(start_paused = true)]
async fn l1_a_desk_whose_sum_does_not_balance_looks_through_everything_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let app = start(folder.path());
    let notice = || app.app_state().unwrap().notice;
    // The look that every start begins is over before the clock moves.
    tokio::time::sleep(Duration::from_secs(1)).await;
    // A row of the record without one in the outbox: nothing that is asked for would ever come across it.
    let raw = rusqlite::Connection::open(folder.path().join("desk.db")).unwrap();
    raw.execute("INSERT INTO audit_local (event_id, prev_hash, hash, bytes) VALUES ('e', 'p', 'h', 'b')", []).unwrap();
    drop(raw);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(notice().map(|notice| notice.code), None, "nobody has looked yet");

    tokio::time::sleep(Duration::from_secs(60)).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(notice().map(|notice| notice.code).as_deref(), Some("DATABASE_CORRUPT"));
    app.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a6_a_desk_that_is_never_closed_looks_through_everything_once_a_day_and_says_what_it_finds() {
    let folder = tempfile::tempdir().unwrap();
    let app = start(folder.path());
    let notice = || app.app_state().unwrap().notice.map(|notice| notice.code);
    tokio::time::sleep(Duration::from_secs(1)).await;
    // A row that nobody wrote, where nothing that is asked for comes across it.
    let raw = rusqlite::Connection::open(folder.path().join("desk.db")).unwrap();
    let row = "INSERT INTO merges (entity_kind, entity_id, event_id, how, at) VALUES ('room', 'r', 'e', 'same', 't')";
    raw.execute(row, []).unwrap();
    drop(raw);
    tokio::time::sleep(Duration::from_secs(23 * 60 * 60)).await;
    assert_eq!(notice(), None, "nobody has looked yet");
    tokio::time::sleep(Duration::from_secs(2 * 60 * 60)).await;
    assert_eq!(notice().as_deref(), Some("DATABASE_CORRUPT"));
    app.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a6_a_backup_that_is_not_sound_has_the_desk_look_at_what_it_was_taken_from() {
    let folder = tempfile::tempdir().unwrap();
    let app = start(folder.path());
    let notice = || app.app_state().unwrap().notice.map(|notice| notice.code);
    tokio::time::sleep(Duration::from_secs(1)).await;
    // An entry that verifies with nothing, and a sum that comes out all the same.
    let raw = rusqlite::Connection::open(folder.path().join("desk.db")).unwrap();
    raw.execute_batch(
        "INSERT INTO audit_local (event_id, prev_hash, hash, bytes) VALUES ('e', 'p', 'h', 'b');
         UPDATE outbox_counts SET n = n + 1 WHERE state = 'pending'",
    )
    .unwrap();
    drop(raw);
    assert!(app.app_state().is_ok_and(|state| state.sync.ledger.recorded == 1), "{:?}", app.app_state());
    tokio::time::sleep(Duration::from_secs(62)).await;
    assert_eq!(notice().as_deref(), Some("DATABASE_CORRUPT"));
    app.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a4_old_files_of_the_second_copy_make_room_also_while_no_backup_can_be_taken() {
    let folder = tempfile::tempdir().unwrap();
    // Nothing can be written where a backup begins.
    std::fs::create_dir_all(folder.path().join("backups/unfinished.db")).unwrap();
    let copies = folder.path().join("copies");
    std::fs::create_dir_all(&copies).unwrap();
    for name in ["2016-01.1.copy", "2016-02.2.copy"] {
        std::fs::write(copies.join(name), b"").unwrap();
    }
    let app = start(folder.path());
    for _ in 0..62 {
        tokio::time::sleep(Duration::from_secs(60)).await;
    }
    assert!(!copies.join("2016-01.1.copy").exists());
    assert!(copies.join("2016-02.2.copy").exists(), "the newest stays");
    app.stop().await;
}
