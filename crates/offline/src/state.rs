//! Facts about this database and its link, in `sync_state`. Each stands with a sum that proves it: they are few, much hangs
//! on each, and their page is written with every unit of work, with whatever wrong bit it was read with.

use crate::{Engine, EngineError, Sql, UnitOfWork};
use chrono::{DateTime, Utc};
use rusqlite::Connection;
use sha2::{Digest, Sha256};
use turndown_protocol::Mode;

/// What an error says that met a fact which is not what was written.
pub(crate) const FACT: &str = "fact";

/// The fact that says when the desk last knew itself at the service's head.
pub const KNOWN_AT: &str = "known_at";
/// The fact that says what a person told the link.
pub const LINK_MODE: &str = "link_mode";
/// The fact that is there while a person has the sending paused.
pub const SENDING_PAUSED: &str = "sending_paused";
/// What holds back all that is sent. An older database, such as a backup, holds an older word: it does not come back with
/// it, or a desk that nobody told so would stop sending.
pub(crate) const HOLDS_BACK: [&str; 2] = [LINK_MODE, SENDING_PAUSED];

/// Data of this age is old, whether or not the service answers.
const OLD_S: u64 = 60 * 60;

/// What proves a fact: the beginning of the SHA-256 of its name and its value.
fn sum_of(key: &str, value: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(key.as_bytes());
    hash.update([0]);
    hash.update(value.as_bytes());
    hex::encode(&hash.finalize()[..8])
}

/// Whether a fact is what was written. What an older version wrote has no sum.
pub(crate) fn is_sound(key: &str, value: &str, sum: Option<&str>) -> bool {
    sum.is_none_or(|sum| sum == sum_of(key, value))
}

fn proven(key: &str, fact: Option<(String, Option<String>)>) -> Result<Option<String>, EngineError> {
    match fact {
        Some((value, sum)) if !is_sound(key, &value, sum.as_deref()) => {
            Err(EngineError::stored(FACT, format!("{key} is not as it was written")))
        }
        other => Ok(other.map(|(value, _)| value)),
    }
}

const READ: &str = "SELECT value, sum FROM sync_state WHERE key = ?1";
const PUT: &str = "INSERT INTO sync_state (key, value, sum) VALUES (?1, ?2, ?3)
    ON CONFLICT (key) DO UPDATE SET value = excluded.value, sum = excluded.sum";

/// A fact by name, for whoever reads more in the same transaction.
///
/// # Errors
/// When SQLite refuses, or the fact is not what was written.
pub fn read<S: Sql>(sql: &mut S, key: &str) -> Result<Option<String>, EngineError> {
    proven(key, sql.first(READ, [key], |row| Ok((row.get(0)?, row.get(1)?)))?)
}

/// Keeps a fact.
pub(crate) fn put(connection: &Connection, key: &str, value: &str) -> Result<(), EngineError> {
    connection.prepare_cached(PUT)?.execute([key, value, &sum_of(key, value)])?;
    Ok(())
}

/// Refuses facts that are not what was written.
pub(crate) fn refuse_rotted(mut connection: &Connection) -> Result<(), EngineError> {
    let all = connection.all("SELECT key, value, sum FROM sync_state", [], |row| {
        Ok((row.get::<_, String>(0)?, (row.get(1)?, row.get(2)?)))
    })?;
    all.into_iter().try_for_each(|(key, fact)| proven(&key, Some(fact)).map(|_| ()))
}

/// Proves from here on what an older version wrote.
pub(crate) fn prove(mut connection: &Connection) -> Result<(), EngineError> {
    let all = connection.all("SELECT key, value FROM sync_state WHERE sum IS NULL", [], |row| {
        Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
    })?;
    all.into_iter().try_for_each(|(key, value)| put(connection, &key, &value))
}

impl UnitOfWork<'_> {
    /// How old the data is that something is recorded on, in seconds; absent where it is fresh, and where a clock that
    /// was set back makes it unknown. It is read where it is kept, so that it holds before the link has said anything.
    pub(crate) fn data_age_s(&mut self, mode: Mode) -> Result<Option<u64>, EngineError> {
        let known_at = self.fact(KNOWN_AT)?.and_then(|at| at.parse::<DateTime<Utc>>().ok());
        let age = known_at.and_then(|at| u64::try_from((self.now() - at).num_seconds()).ok());
        Ok(age.filter(|age| mode == Mode::Offline || *age > OLD_S))
    }

    /// A fact by name.
    ///
    /// # Errors
    /// When SQLite refuses, or the fact is not what was written.
    pub fn fact(&mut self, key: &str) -> Result<Option<String>, EngineError> {
        let fact = self.first(READ, [key], |row| Ok((row.get(0)?, row.get(1)?)))?;
        proven(key, fact).map_err(|error| self.poison(error))
    }

    /// Keeps a fact; `None` forgets it.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn set_fact(&mut self, key: &str, value: Option<&str>) -> Result<(), EngineError> {
        match value {
            Some(value) => self.execute(PUT, [key, value, &sum_of(key, value)])?,
            None => self.execute("DELETE FROM sync_state WHERE key = ?1", [key])?,
        };
        Ok(())
    }
}

impl Engine {
    /// A fact by name.
    ///
    /// # Errors
    /// When SQLite refuses, or the fact is not what was written.
    pub fn fact(&self, key: &str) -> Result<Option<String>, EngineError> {
        self.read(|mut connection| read(&mut connection, key))
    }

    /// Keeps facts; `None` forgets one. All or none.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn set_facts(&self, facts: Vec<(&'static str, Option<String>)>) -> Result<(), EngineError> {
        self.write_behind(move |work| {
            for (key, value) in &facts {
                work.set_fact(key, value.as_deref())?;
            }
            Ok(())
        })
    }
}
