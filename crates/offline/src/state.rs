//! Facts about this database and its link, in `sync_state`.

use crate::{Engine, EngineError, Sql, UnitOfWork};
use chrono::{DateTime, Utc};
use turndown_protocol::Mode;

/// The fact that says when the desk last knew itself at the service's head.
pub const KNOWN_AT: &str = "known_at";
/// Data of this age is old, whether or not the service answers.
const OLD_S: u64 = 60 * 60;

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
    /// When SQLite refuses.
    pub fn fact(&mut self, key: &str) -> Result<Option<String>, EngineError> {
        self.first("SELECT value FROM sync_state WHERE key = ?1", [key], |row| row.get(0))
    }

    /// Keeps a fact; `None` forgets it.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn set_fact(&mut self, key: &str, value: Option<&str>) -> Result<(), EngineError> {
        match value {
            Some(value) => self.execute(
                "INSERT INTO sync_state (key, value) VALUES (?1, ?2)
                 ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                [key, value],
            )?,
            None => self.execute("DELETE FROM sync_state WHERE key = ?1", [key])?,
        };
        Ok(())
    }
}

impl Engine {
    /// A fact by name.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn fact(&self, key: &str) -> Result<Option<String>, EngineError> {
        let key = key.to_owned();
        self.read(move |mut connection| {
            connection.first("SELECT value FROM sync_state WHERE key = ?1", [key], |row| row.get(0))
        })
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
