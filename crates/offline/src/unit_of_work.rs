//! One action's writes: all or none.

use crate::engine::{Shared, Sort};
use crate::row_proof;
use crate::{EngineError, Environment};
use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, Params, Row, Transaction};
use std::collections::BTreeSet;
use turndown_protocol::SealedEvent;

/// The fact that says which revision was committed last.
pub(crate) const REVISION: &str = "revision";

/// What the writer thread knows between units of work. A unit works on a copy; only a commit keeps it.
#[derive(Debug, Clone)]
pub(crate) struct WriterState {
    pub(crate) install_id: turndown_protocol::InstallId,
    /// The newest entry of the audit chain.
    pub(crate) head: turndown_protocol::AuditHead,
    /// The newest revision that is committed.
    pub(crate) revision: u64,
    /// How a row is known to be what was written.
    pub(crate) as_written: row_proof::Conditions,
}

/// Reading by SQL, on the writer's transaction or on a reader's connection.
pub trait Sql {
    /// The first row, if there is one.
    ///
    /// # Errors
    /// When SQLite refuses or the row cannot be read.
    fn first<T>(
        &mut self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, EngineError>;

    /// All rows.
    ///
    /// # Errors
    /// When SQLite refuses or a row cannot be read.
    fn all<T>(
        &mut self,
        sql: &str,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, EngineError>;
}

impl Sql for &rusqlite::Connection {
    fn first<T>(
        &mut self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, EngineError> {
        Ok(self.prepare_cached(sql)?.query_row(params, read).optional()?)
    }

    fn all<T>(
        &mut self,
        sql: &str,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, EngineError> {
        Ok(self.prepare_cached(sql)?.query_map(params, read)?.collect::<Result<_, _>>()?)
    }
}

/// A transaction on the writer's connection that is poisoned by its first error: SQLite rolls back by itself after
/// some errors, and a swallowed one would commit half an action.
pub struct UnitOfWork<'c> {
    transaction: Transaction<'c>,
    pub(crate) state: WriterState,
    pub(crate) shared: &'c Shared,
    pub(crate) changed: BTreeSet<Sort>,
    /// What was recorded, for the second copy.
    pub(crate) recorded: Vec<SealedEvent>,
    now: DateTime<Utc>,
    /// Acknowledgements taken so far.
    acknowledged: u64,
    poisoned: bool,
    wrote: bool,
    /// An error that the connection must not outlive.
    broken: bool,
}

/// A unit of work whose commit was tried.
pub(crate) struct Ended {
    /// What SQLite said to the commit.
    pub(crate) result: Result<(), EngineError>,
    /// What is known if it is committed.
    pub(crate) state: WriterState,
    pub(crate) changed: BTreeSet<Sort>,
    pub(crate) recorded: Vec<SealedEvent>,
}

impl<'c> UnitOfWork<'c> {
    pub(crate) fn new(transaction: Transaction<'c>, mut state: WriterState, shared: &'c Shared) -> Self {
        state.revision += 1;
        let now = shared.environment.now();
        // Times are written down with milliseconds; whoever reads one back comes to the same value.
        let now = DateTime::from_timestamp_millis(now.timestamp_millis()).unwrap_or(now);
        Self {
            transaction,
            state,
            shared,
            changed: BTreeSet::new(),
            recorded: vec![],
            now,
            acknowledged: 0,
            poisoned: false,
            wrote: false,
            broken: false,
        }
    }

    /// Runs one statement. Returns how many rows it changed.
    ///
    /// # Errors
    /// When SQLite refuses; the unit of work is poisoned then.
    pub fn execute(&mut self, sql: &str, params: impl Params) -> Result<usize, EngineError> {
        if self.poisoned {
            return Err(EngineError::Poisoned);
        }
        self.wrote = true;
        let result = self.transaction.prepare_cached(sql).and_then(|mut statement| statement.execute(params));
        result.map_err(|error| self.poison(error.into()))
    }

    /// The place of the next acknowledgement among all that this desk ever took. A unit takes fewer than 1,024.
    pub(crate) fn next_acknowledgement(&mut self) -> u64 {
        self.acknowledged += 1;
        self.state.revision * 1_024 + self.acknowledged
    }

    /// Says that rows of a sort changed, so that views hear of it after the commit.
    pub fn touch(&mut self, sort: Sort) {
        self.changed.insert(sort);
    }

    /// The revision that this unit of work makes.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.state.revision
    }

    /// When this unit of work happens: one time for all that it writes, in whole milliseconds. The service decides an
    /// action again from the time that the event carries, so the action's own stamps have to be that same time.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// The clock and the randomness.
    #[must_use]
    pub fn environment(&self) -> &dyn Environment {
        self.shared.environment.as_ref()
    }

    /// The SQL condition that a row of this table is what was written, for a workflow that goes on from what it reads in
    /// its own rows.
    #[must_use]
    pub fn as_written(&self, table: &str) -> String {
        self.state.as_written.get(table).cloned().unwrap_or_else(|| "true".to_owned())
    }

    pub(crate) fn poison(&mut self, error: EngineError) -> EngineError {
        self.meet(&error);
        self.poisoned = true;
        error
    }

    /// Takes in what was found wrong: a statement that failed, or a value that was read and is none.
    pub(crate) fn meet(&mut self, error: &EngineError) {
        if !self.poisoned {
            self.broken |= error.breaks_connection();
            self.shared.mark_if_corrupt(error);
        }
    }

    /// Whether something happened that the connection must not outlive.
    pub(crate) fn is_broken(&self) -> bool {
        self.broken
    }

    /// Commits. The revision goes with it, so that whoever opens the database sees which unit of work was its last.
    pub(crate) fn commit(mut self) -> Result<Ended, (EngineError, bool)> {
        if self.wrote {
            let revision = self.state.revision.to_string();
            if let Err(error) = self.set_fact(REVISION, Some(&revision)) {
                return Err((error, self.broken));
            }
        }
        if self.poisoned {
            return Err((EngineError::Poisoned, self.broken));
        }
        let result = self.transaction.commit().map_err(EngineError::from);
        Ok(Ended { result, state: self.state, changed: self.changed, recorded: self.recorded })
    }
}

impl Sql for UnitOfWork<'_> {
    fn first<T>(
        &mut self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, EngineError> {
        if self.poisoned {
            return Err(EngineError::Poisoned);
        }
        let result = self.transaction.prepare_cached(sql).and_then(|mut s| s.query_row(params, read).optional());
        result.map_err(|error| self.poison(error.into()))
    }

    fn all<T>(
        &mut self,
        sql: &str,
        params: impl Params,
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, EngineError> {
        if self.poisoned {
            return Err(EngineError::Poisoned);
        }
        let result = self
            .transaction
            .prepare_cached(sql)
            .and_then(|mut s| s.query_map(params, read).and_then(Iterator::collect::<rusqlite::Result<Vec<T>>>));
        result.map_err(|error| self.poison(error.into()))
    }
}
