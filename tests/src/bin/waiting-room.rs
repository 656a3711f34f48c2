//! Names the room that a desk changed last and has not sent yet, or nothing. `make elsewhere` asks this, so that what
//! it changes meets something. It only reads; the desk may be running.

use rusqlite::{Connection, OpenFlags, OptionalExtension};
use std::process::ExitCode;

const NEWEST: &str = "SELECT entity_id FROM outbox WHERE state IN ('pending', 'held') AND entity_kind = 'room' \
                      ORDER BY local_seq DESC LIMIT 1";

fn main() -> ExitCode {
    let Some(file) = std::env::args_os().nth(1) else {
        eprintln!("waiting-room <desk.db>");
        return ExitCode::from(2);
    };
    let newest = Connection::open_with_flags(&file, OpenFlags::SQLITE_OPEN_READ_ONLY)
        .and_then(|desk| desk.query_row(NEWEST, [], |row| row.get::<_, String>(0)).optional());
    match newest {
        Ok(room) => {
            if let Some(room) = room {
                println!("{room}");
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{} cannot be read: {error}.", file.display());
            ExitCode::FAILURE
        }
    }
}
