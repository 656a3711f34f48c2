//! What a desk does by itself while it is open. The clock is tokio's, paused: it moves on when nothing is running any
//! more, so a minute passes at once and never before what was begun has ended.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::sync::Arc;
use std::time::Duration;
use turndown_app::{App, AppConfig, SystemEnvironment};

#[tokio::test(start_paused = true)]
async fn l1_a_desk_whose_sum_does_not_balance_looks_through_everything_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let app = App::start(AppConfig {
        folder: folder.path().to_owned(),
        sample: None,
        version: "test",
        environment: Arc::new(SystemEnvironment),
    });
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
async fn a4_old_files_of_the_second_copy_make_room_also_while_no_backup_can_be_taken() {
    let folder = tempfile::tempdir().unwrap();
    // Nothing can be written where a backup begins.
    std::fs::create_dir_all(folder.path().join("backups/unfinished.db")).unwrap();
    let copies = folder.path().join("copies");
    std::fs::create_dir_all(&copies).unwrap();
    for name in ["2016-01.1.copy", "2016-02.2.copy"] {
        std::fs::write(copies.join(name), b"").unwrap();
    }
    let app = App::start(AppConfig {
        folder: folder.path().to_owned(),
        sample: None,
        version: "test",
        environment: Arc::new(SystemEnvironment),
    });
    for _ in 0..62 {
        tokio::time::sleep(Duration::from_secs(60)).await;
    }
    assert!(!copies.join("2016-01.1.copy").exists());
    assert!(copies.join("2016-02.2.copy").exists(), "the newest stays");
    app.stop().await;
}
