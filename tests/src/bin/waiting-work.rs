//! Names what a desk changed last and has not sent yet, as `turndown-service act` is told it: the task, or the room where it
//! was no task's, or nothing. `make elsewhere` asks this, so that what it changes meets something: of a room with two
//! tasks only one does. It only reads; the desk may be running.

use rusqlite::{Connection, OpenFlags, OptionalExtension};
use std::process::ExitCode;

const NEWEST: &str = "SELECT coalesce('--task ' || (a.bytes ->> '$.args.task'), '--room ' || o.entity_id)
    FROM outbox o JOIN audit_local a ON a.local_seq = o.local_seq
    WHERE o.state IN ('pending', 'held') AND o.entity_kind = 'room' ORDER BY o.local_seq DESC LIMIT 1";

fn main() -> ExitCode {
    let Some(file) = std::env::args_os().nth(1) else {
        eprintln!("waiting-work <desk.db>");
        return ExitCode::from(2);
    };
    let newest = Connection::open_with_flags(&file, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .and_then(|desk| desk.query_row(NEWEST, [], |row| row.get::<_, String>(0)).optional());
    match newest {
        Ok(work) => {
            if let Some(work) = work {
                println!("{work}");
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{} cannot be read: {error}.", file.display());
            ExitCode::FAILURE
        }
    }
}
