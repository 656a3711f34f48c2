//! Facts about this database and its link, in `sync_state`.

use crate::{Engine, EngineError, Sql, UnitOfWork};
use turndown_protocol::Mode;

/// What events are stamped with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Whether the service answers.
    pub mode: Mode,
    /// Seconds since the desk last knew itself at the service's head, when it works on old data.
    pub data_age_s: Option<u64>,
}

impl Default for Link {
    fn default() -> Self {
        Self { mode: Mode::Offline, data_age_s: None }
    }
}

impl UnitOfWork<'_> {
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
