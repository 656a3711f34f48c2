//! Reading what can be read from a damaged database. Only entries that verify are kept.

use crate::chain::{Entries, Known};
use crate::engine::open_connection;
use crate::row_proof;
use crate::state::is_sound;
use rusqlite::{Connection, OpenFlags, Row, params_from_iter};
use serde_json::value::RawValue;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use turndown_protocol::SealedEvent;

/// The largest page that SQLite knows. An entry that lies whole in the file lies within one page.
pub(crate) const PAGE_BYTES_MAX: u64 = 64 << 10;

/// What was found.
#[derive(Debug, Default)]
pub(crate) struct Salvaged {
    /// Entries whose bytes have the hash that stands beside them, and that are not known.
    pub(crate) entries: Entries,
    /// How many entries verified that are known.
    pub(crate) known: u64,
    /// Numbers that should be there and could not be read or verified.
    pub(crate) unreadable: u64,
    /// The service's answers, by event.
    pub(crate) receipts: Vec<Receipt>,
    /// The service that this desk belongs to, by the fact alone. See [`Self::store`].
    store_id: Option<String>,
    /// The install that this one goes on from.
    pub(crate) continues: Option<String>,
}

/// One row of `receipts`.
#[derive(Debug, Clone)]
pub(crate) struct Receipt {
    pub(crate) event_id: String,
    pub(crate) outcome: String,
    pub(crate) seq: Option<u64>,
    pub(crate) store_id: String,
    pub(crate) epoch: String,
    pub(crate) received_at: String,
}

impl Salvaged {
    /// The service that this desk belongs to: the one that gave most of its answers, or else what the desk calls it.
    pub(crate) fn store(&self) -> Option<&str> {
        let mut answers: BTreeMap<&str, usize> = BTreeMap::new();
        for receipt in &self.receipts {
            *answers.entry(&receipt.store_id).or_default() += 1;
        }
        let most = answers.into_iter().max_by_key(|(store, n)| (*n, Some(*store) == self.store_id.as_deref()));
        most.map(|(store, _)| store).or(self.store_id.as_deref())
    }

    /// Lets entries go that the second copy has under another number: the number rotted, and not the entry.
    pub(crate) fn numbered_as_in(&mut self, copies: &Entries) {
        let known: BTreeSet<&String> = copies.keys().map(|(_, hash)| hash).collect();
        self.entries.retain(|key, _| copies.contains_key(key) || !known.contains(&key.1));
    }

    /// Adds what another look at the same file found.
    pub(crate) fn add(&mut self, other: Self) {
        let first = self.entries.is_empty() && self.known == 0;
        self.unreadable = if first { other.unreadable } else { self.unreadable.min(other.unreadable) };
        self.entries.extend(other.entries);
        self.known = self.known.max(other.known);
        let known: BTreeMap<String, ()> = self.receipts.iter().map(|receipt| (receipt.event_id.clone(), ())).collect();
        self.receipts.extend(other.receipts.into_iter().filter(|receipt| !known.contains_key(&receipt.event_id)));
        self.store_id = self.store_id.take().or(other.store_id);
        self.continues = self.continues.take().or(other.continues);
    }
}

/// Reads the record entry by entry, so that one bad page costs the entries on it and no others.
pub(crate) fn salvage(path: &Path, vfs: Option<&str>, known: Known<'_>) -> Salvaged {
    let mut found = Salvaged::default();
    let Ok(connection) = open_connection(path, OpenFlags::SQLITE_OPEN_READ_WRITE, vfs) else { return found };
    let number = |sql: &str, bounds: &[u64]| -> Option<u64> {
        connection.prepare_cached(sql).ok()?.query_row(params_from_iter(bounds), |row| row.get(0)).ok().flatten()
    };
    let highest = ["SELECT max(local_seq) FROM audit_local", "SELECT max(local_seq) FROM outbox"];
    let highest = highest.into_iter().filter_map(|sql| number(sql, &[])).max().unwrap_or(0);
    let proven = row_proof::condition(&connection, "receipts");
    let mut seq = 1;
    while seq <= highest {
        let read = connection.query_row("SELECT hash, bytes FROM audit_local WHERE local_seq = ?1", [seq], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
        });
        if matches!(read, Err(rusqlite::Error::QueryReturnedNoRows)) {
            // A number that rotted may be any number: nobody counts up to it. What should be there, the outbox knows.
            let next =
                number("SELECT min(local_seq) FROM audit_local WHERE local_seq > ?1", &[seq]).unwrap_or(highest + 1);
            let sent = "SELECT count(*) FROM outbox WHERE local_seq >= ?1 AND local_seq < ?2";
            found.unreadable += number(sent, &[seq, next]).unwrap_or(1);
            seq = next;
            continue;
        }
        let sealed = read.ok().and_then(|(hash, bytes)| {
            let sealed = SealedEvent::from_bytes(bytes).ok()?;
            (sealed.hash == hash).then_some(sealed)
        });
        match sealed {
            Some(sealed) if known(seq, &sealed) => found.known += 1,
            Some(sealed) => {
                found.receipts.extend(receipt(&connection, &proven, sealed.event.event_id.as_str()));
                found.entries.insert((seq, sealed.hash.clone()), sealed.into());
            }
            None => found.unreadable += 1,
        }
        seq += 1;
    }
    let fact = |key: &str| {
        let read =
            |row: &Row<'_>| Ok((row.get::<_, String>("value")?, row.get::<_, Option<String>>("sum").ok().flatten()));
        let (value, sum) = connection.query_row("SELECT * FROM sync_state WHERE key = ?1", [key], read).ok()?;
        is_sound(key, &value, sum.as_deref()).then_some(value)
    };
    found.store_id = fact("store_id");
    found.continues =
        fact("continues").filter(|text| serde_json::from_str::<turndown_protocol::Continues>(text).is_ok());
    found
}

/// Finds entries in a part of a database without SQLite, by what proves them: in a row of `audit_local` an event's hash stands right before its
/// bytes. So a table whose upper pages are gone still gives every entry that lies on a page of its own whole.
///
/// Only for a database, never for its log: the log may hold what was never committed.
pub(crate) fn scan(file: &[u8], found: &mut Entries, known: Known<'_>) {
    const HASH: usize = 64;
    for start in memchr::memmem::find_iter(file, br#"{"action":"#) {
        let Some(hash) = start.checked_sub(HASH).and_then(|from| std::str::from_utf8(&file[from..start]).ok()) else {
            continue;
        };
        let Some(Ok(bytes)) = serde_json::Deserializer::from_slice(&file[start..]).into_iter::<&RawValue>().next()
        else {
            continue;
        };
        if SealedEvent::hash_of(bytes.get().as_bytes()) == hash
            && let Ok(sealed) = SealedEvent::from_bytes(bytes.get())
            && !known(sealed.event.local_seq, &sealed)
        {
            found.insert((sealed.event.local_seq, sealed.hash.clone()), sealed.into());
        }
    }
}

fn receipt(connection: &Connection, proven: &str, event_id: &str) -> Option<Receipt> {
    let sql =
        format!("SELECT outcome, seq, store_id, epoch, received_at FROM receipts WHERE event_id = ?1 AND {proven}");
    connection
        .prepare_cached(&sql)
        .ok()?
        .query_row([event_id], |row| {
            Ok(Receipt {
                event_id: event_id.to_owned(),
                outcome: row.get(0)?,
                seq: row.get(1)?,
                store_id: row.get(2)?,
                epoch: row.get(3)?,
                received_at: row.get(4)?,
            })
        })
        .ok()
}
