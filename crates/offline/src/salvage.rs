//! Reading what can be read from a damaged database. Only entries that verify are kept.

use crate::engine::open_connection;
use rusqlite::OpenFlags;
use std::path::Path;
use turndown_protocol::{SealedEvent, ZERO_HASH};

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Salvaged {
    /// The verified beginning of the audit chain: without a gap, each on the one before.
    pub(crate) entries: Vec<SealedEvent>,
    /// Entries seen that do not continue it.
    pub(crate) unreadable: u64,
}

/// Reads the chain entry by entry, so that one bad page costs the entries on it and no others.
pub(crate) fn salvage(path: &Path, vfs: Option<&str>) -> Salvaged {
    let mut found = Salvaged::default();
    let Ok(connection) = open_connection(path, OpenFlags::SQLITE_OPEN_READ_WRITE, vfs) else { return found };
    let highest = connection
        .query_row("SELECT max(local_seq) FROM audit_local", [], |row| row.get::<_, Option<u64>>(0))
        .ok()
        .flatten()
        .unwrap_or(0);
    let mut expected_hash = ZERO_HASH.to_owned();
    for seq in 1..=highest {
        let read = connection.query_row("SELECT hash, bytes FROM audit_local WHERE local_seq = ?1", [seq], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
        });
        let sealed = read.ok().and_then(|(hash, bytes)| {
            let sealed = SealedEvent::from_bytes(bytes).ok()?;
            let sound = sealed.hash == hash && sealed.event.local_seq == seq && sealed.event.prev_hash == expected_hash;
            sound.then_some(sealed)
        });
        match sealed {
            Some(sealed) if found.unreadable == 0 => {
                expected_hash.clone_from(&sealed.hash);
                found.entries.push(sealed);
            }
            _ => found.unreadable += 1,
        }
    }
    found
}
