//! The audit chain, as far as start-up and repair have to do with it: does an entry stand on the one before, and which
//! of the entries that several sources hold make one chain.

use crate::EngineError;
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::sync::Arc;
use turndown_protocol::{AuditHead, EventId, SealedEvent, ZERO_HASH};

/// Entries by their number and hash: what several sources hold together.
pub(crate) type Entries = BTreeMap<(u64, String), Kept>;

/// An entry that verified, with the least that has to be known of it: a repair may have to hold a desk's whole record,
/// and an event takes eight times as much memory as its bytes.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    pub(crate) event_id: EventId,
    pub(crate) prev_hash: String,
    pub(crate) hash: String,
    pub(crate) bytes: Arc<str>,
}

impl From<SealedEvent> for Kept {
    fn from(SealedEvent { event, bytes, hash }: SealedEvent) -> Self {
        Self { event_id: event.event_id, prev_hash: event.prev_hash, hash, bytes: bytes.into() }
    }
}

impl Kept {
    /// The event itself.
    pub(crate) fn read(&self) -> Result<SealedEvent, EngineError> {
        Ok(SealedEvent::from_bytes(&*self.bytes)?)
    }
}

/// Says of an entry and its number that it need not be held, because what is built upon has it.
pub(crate) type Known<'a> = &'a dyn Fn(u64, &SealedEvent) -> bool;

/// The fact that lists the stretches that are known to be missing, as `[[from, to], ...]`.
pub(crate) const MISSING: &str = "missing_entries";

/// The fact that lists the stretches that hold entries of another branch, in the same form.
pub(crate) const STRAYS: &str = "stray_entries";

/// The stretches that a fact lists.
pub(crate) fn stretches(connection: &Connection, fact: &str) -> Result<Vec<(u64, u64)>, EngineError> {
    use rusqlite::OptionalExtension;
    let text: Option<String> =
        connection.query_row("SELECT value FROM sync_state WHERE key = ?1", [fact], |row| row.get(0)).optional()?;
    text.map_or_else(
        || Ok(vec![]),
        |text| serde_json::from_str(&text).map_err(|error| EngineError::stored("list of entries", error)),
    )
}

/// Verifies entries above a number: numbers without a gap (but for those known to be missing), bytes that have their
/// hash, each on the one before.
///
/// # Errors
/// Names the first entry that does not verify.
pub(crate) fn verify(connection: &Connection, above: u64) -> Result<(), EngineError> {
    verify_between(connection, above, u64::MAX >> 1).map(|_| ())
}

/// The same up to a number. Answers how many entries they were, and the number that would come next.
///
/// # Errors
/// As [`verify`].
fn verify_between(connection: &Connection, above: u64, up_to: u64) -> Result<(u64, u64), EngineError> {
    let missing = stretches(connection, MISSING)?;
    let strays = stretches(connection, STRAYS)?;
    let mut statement = connection.prepare(
        "SELECT local_seq, prev_hash, hash, bytes FROM audit_local WHERE local_seq > ?1 AND local_seq <= ?2
         ORDER BY local_seq",
    )?;
    let mut rows = statement.query([above, up_to])?;
    let mut expected = above + 1;
    let mut before = (above == 0).then(|| ZERO_HASH.to_owned());
    let mut read = 0;
    while let Some(row) = rows.next()? {
        let seq: u64 = row.get(0)?;
        let text = |column: usize| row.get_ref(column).and_then(|value| Ok(value.as_str()?));
        let (prev, hash, bytes) = (text(1)?, text(2)?, text(3)?);
        let behind_gap = missing.iter().any(|(from, to)| *from <= expected && *to + 1 == seq);
        // An entry of another branch stands on its own branch; what follows stands on it.
        let stray = strays.iter().any(|(from, to)| (*from..=*to).contains(&seq));
        let sound = (seq == expected || behind_gap)
            && before.as_ref().is_none_or(|before| behind_gap || stray || before == prev)
            && SealedEvent::hash_of(bytes.as_bytes()) == hash;
        if !sound {
            return Err(unsound(expected));
        }
        before = Some(hash.to_owned());
        expected = seq + 1;
        // The first of a later stretch was counted as the last of the one before.
        read += u64::from(above == 0 || seq > above + 1);
    }
    Ok((read, expected))
}

/// Verifies one stretch of a longer record: its first entry is the last of the stretch before, so that the link
/// between them is seen too. Answers how many entries there were.
///
/// # Errors
/// As [`verify`]; also where its end is not there and not known to be missing.
pub(crate) fn verify_stretch(connection: &Connection, above: u64, up_to: u64) -> Result<u64, EngineError> {
    let (read, expected) = verify_between(connection, above, up_to)?;
    let ends =
        expected > up_to || stretches(connection, MISSING)?.iter().any(|(from, to)| *from <= expected && *to >= up_to);
    if ends { Ok(read) } else { Err(unsound(expected)) }
}

fn unsound(entry: u64) -> EngineError {
    EngineError::stored("audit entry", format!("entry {entry} does not verify"))
}

/// What goes on behind a head.
#[derive(Debug, Default)]
pub(crate) struct Plan {
    /// In order; each stands on the one before, or behind a gap.
    pub(crate) follow: Vec<(u64, Kept)>,
    /// First and last number of each stretch that nothing holds.
    pub(crate) missing: Vec<(u64, u64)>,
    /// Entries of another branch of the same history: they have a number that is taken.
    pub(crate) strays: Vec<Kept>,
}

/// Which entries go on behind a head.
pub(crate) fn plan(head: &AuditHead, entries: &Entries) -> Plan {
    let mut plan = Plan::default();
    let mut head = head.clone();
    let mut stray_hashes: Vec<&str> = vec![];
    let mut seqs: Vec<u64> = entries.keys().map(|(seq, _)| *seq).collect();
    seqs.dedup();
    for seq in seqs {
        let here: Vec<(&str, &Kept)> = entries
            .range((seq, String::new())..(seq + 1, String::new()))
            .map(|((_, hash), kept)| (hash.as_str(), kept))
            .collect();
        if seq <= head.local_seq {
            // At the head itself, what is not the head stands on another branch; below it, the database knows better.
            if seq == head.local_seq {
                stray_hashes.extend(here.iter().map(|(hash, _)| *hash).filter(|hash| *hash != head.hash));
            }
            continue;
        }
        let next = seq == head.local_seq + 1;
        let astray = |kept: &Kept| stray_hashes.contains(&kept.prev_hash.as_str());
        let chosen = if next {
            here.iter().find(|(_, kept)| kept.prev_hash == head.hash)
        } else {
            // Behind a gap: the one that others stand on, if any does.
            let stood_on = |hash: &str| {
                entries
                    .range((seq + 1, String::new())..(seq + 2, String::new()))
                    .any(|(_, later)| later.prev_hash == hash)
            };
            let free = || here.iter().filter(|(_, kept)| !astray(kept));
            free().find(|(hash, _)| stood_on(hash)).or_else(|| free().next())
        };
        for (hash, kept) in &here {
            if chosen.is_none_or(|(taken, _)| taken != hash) {
                stray_hashes.push(hash);
                plan.strays.push((*kept).clone());
            }
        }
        if let Some((hash, kept)) = chosen {
            if !next {
                plan.missing.push((head.local_seq + 1, seq - 1));
            }
            head = AuditHead { local_seq: seq, hash: (*hash).to_owned() };
            plan.follow.push((seq, (*kept).clone()));
        }
    }
    plan
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a6_a_stretch_whose_end_is_gone_verifies_only_where_that_end_is_known_to_be_missing() {
        let connection = Connection::open_in_memory().expect("a database");
        connection
            .execute_batch(
                "CREATE TABLE sync_state (key TEXT PRIMARY KEY, value TEXT);
                 CREATE TABLE audit_local (local_seq INTEGER PRIMARY KEY, prev_hash TEXT, hash TEXT, bytes TEXT);",
            )
            .expect("tables");
        let mut before = ZERO_HASH.to_owned();
        for seq in 1..=5_u64 {
            let bytes = format!("entry {seq}");
            let hash = SealedEvent::hash_of(bytes.as_bytes());
            connection
                .execute("INSERT INTO audit_local VALUES (?1, ?2, ?3, ?4)", (seq, &before, &hash, &bytes))
                .expect("an entry");
            before = hash;
        }
        for (up_to, missing, verifies) in [
            (5, "[]", true),
            (3, "[]", true),
            (8, "[]", false),
            (8, "[[6, 8]]", true),
            (8, "[[6, 20]]", true),
            (8, "[[6, 7]]", false),
            (8, "[[7, 20]]", false),
            (8, "[[2, 3]]", false),
            (8, "[[9, 20]]", false),
        ] {
            connection
                .execute("INSERT OR REPLACE INTO sync_state VALUES (?1, ?2)", [MISSING, missing])
                .expect("a fact");
            let verified = verify_stretch(&connection, 0, up_to);
            assert_eq!(verified.ok(), verifies.then_some(up_to.min(5)), "up to {up_to}, missing {missing}");
        }
    }
}
