//! What holds for the store on SQLite alone, because it is a file.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "what a test needs and does not get ends it")]

mod common;

use common::{Desk, Kept, Service};
use rusqlite::Connection;
use turndown_protocol::Outcome;

#[tokio::test]
async fn d7_the_store_itself_refuses_an_event_id_twice_also_after_it_was_moved_and_rebuilt() {
    let mut service = Service::open().await;
    let mut desk = Desk::of(&service).await;
    let start = desk.start("101");
    assert_eq!(service.send_one(&desk, &start).await.outcome, Outcome::Applied);
    service.stop().await;
    let Kept::File(files) = &service.kept else { panic!("it is a file") };
    let db = files.db.clone();
    let connection = Connection::open(&db).unwrap();
    // No cache and no second table stands for it: the row itself is unique.
    let columns = "property_n, event_id, hash, install_n, local_seq, outcome, received_at, bytes";
    let copied = connection.execute(&format!("INSERT INTO events ({columns}) SELECT {columns} FROM events"), []);
    let error = copied.unwrap_err().to_string();
    assert!(error.contains("events.property_n, events.event_id"), "{error}");
    // Rebuilt page by page, and put in the place of the old file.
    let moved = service.folder.path().join("moved.db");
    connection.execute("VACUUM INTO ?1", [moved.to_str().unwrap()]).unwrap();
    drop(connection);
    for end in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{end}", db.display()));
    }
    std::fs::rename(moved, &db).unwrap();
    service.start().await;
    assert_eq!(service.send_one(&desk, &start).await.outcome, Outcome::Duplicate);
}
