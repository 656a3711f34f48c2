//! What writes, and what becomes of it when the disk fails under it.
//!
//! After an error of the disk nothing is tried again on the same connection: its picture of the file may be wrong. The
//! connection goes, another is opened, and the end of the record is verified as at start. Where the error came at a
//! commit, the unit of work may be in the file or not, and the one who waits for the answer has to hear which:
//!
//! - It is there: it is made durable anew, by writing every page that it changed to its place. Syncing again would not
//!   do, because a disk that failed to sync may have dropped what it was to write, and says so only once.
//! - It is not: a commit of the engine's own is put in its place, so that nothing of it can come back with the next
//!   start.
//! - The disk goes on failing: the answer is [`EngineError::Unsure`], and the next unit of work looks first.

use crate::EngineError;
use crate::checkpoint::{self, Log};
use crate::engine::{Shared, Sort, lock};
use crate::open;
use crate::second_copy::CopyWriter;
use crate::state;
use crate::unit_of_work::{Ended, REVISION, WriterState};
use rusqlite::Connection;
use rusqlite::config::DbConfig;
use std::collections::BTreeSet;
use turndown_protocol::SealedEvent;
use turndown_sabotage::{self as sabotage, Version};

/// What writes: the connection, and what is known between two units of work.
pub(crate) struct Writer {
    /// `None` after an error that a connection must not outlive.
    connection: Option<Connection>,
    pub(crate) log: Log,
    pub(crate) state: WriterState,
    pub(crate) copy: CopyWriter,
    /// A commit failed and nobody could look since what became of it.
    unsure: bool,
    /// What was committed and is not yet in the second copy, nor told to anybody.
    unsealed: Unsealed,
}

#[derive(Default)]
struct Unsealed {
    committed: bool,
    recorded: Vec<SealedEvent>,
    changed: BTreeSet<Sort>,
}

/// What became of a unit of work whose commit failed.
enum Fate {
    Kept,
    Gone,
    Unsure,
}

impl Writer {
    pub(crate) fn new(
        mut connection: Connection,
        log: Log,
        state: WriterState,
        copy: CopyWriter,
    ) -> rusqlite::Result<Self> {
        log.watch(&mut connection)?;
        Ok(Self { connection: Some(connection), log, state, copy, unsure: false, unsealed: Unsealed::default() })
    }

    /// The connection, opened anew where the last one had to go.
    pub(crate) fn ready(&mut self, shared: &Shared) -> Result<(&mut Connection, &WriterState), EngineError> {
        if self.connection.is_none() {
            self.reopen(shared)?;
            if self.unsure {
                // Whatever became of it is made final before anything stands on it.
                self.state.revision += 1;
                let hardened = self.bury().and_then(|()| self.harden(shared));
                if let Err(error) = hardened {
                    shared.mark_if_corrupt(&error);
                    self.drop_connections(shared);
                    return Err(error);
                }
                self.unsure = false;
            }
        }
        let connection = self.connection.as_mut().ok_or(EngineError::Closed)?;
        Ok((connection, &self.state))
    }

    /// Brings the second copy up to the database, before the first action.
    pub(crate) fn catch_up(&mut self) {
        if let Some(connection) = &self.connection {
            self.copy.catch_up_or_warn(connection);
        }
    }

    /// Begins the second copy anew, with all that there is.
    pub(crate) fn begin_copy(&mut self) {
        self.copy.begin_anew();
        self.catch_up();
    }

    /// Writes to the second copy what it has lost.
    pub(crate) fn copy_anew(&mut self, shared: &Shared, lost: &[u64]) -> Result<u64, EngineError> {
        self.ready(shared)?;
        let connection = self.connection.as_ref().ok_or(EngineError::Closed)?;
        self.copy.append_anew(connection, lost)
    }

    /// Lets go of every connection without writing through any of them.
    pub(crate) fn drop_connections(&mut self, shared: &Shared) {
        lock(&shared.readers).clear();
        if let Some(connection) = self.connection.take() {
            // The last connection to go would write the log into the database and remove it.
            if let Err(error) = connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true) {
                tracing::warn!(%error, "a broken connection could not be told to leave the log alone");
            }
            drop(connection);
        }
        tracing::warn!("the database is opened anew");
    }

    fn reopen(&mut self, shared: &Shared) -> Result<(), EngineError> {
        // Each unit of work would come here again and never further: damage that is met here has to be told.
        let (mut connection, state) = open::reopen(&shared.path, shared.disk.vfs(), shared.environment.as_ref())
            .inspect_err(|error| shared.mark_if_damage(error))?;
        if state.head.local_seq < self.state.head.local_seq {
            // Something that was called saved is gone. A start finds it in the second copy.
            let error = EngineError::stored("audit entry", "the newest entries are gone from the file");
            shared.mark_damaged(&error.detail())?;
            return Err(error);
        }
        self.log.watch(&mut connection)?;
        let revision = state.revision.max(self.state.revision);
        self.state = WriterState { revision, ..state };
        self.connection = Some(connection);
        Ok(())
    }

    /// Takes in what a unit of work came to: committed, or not, and then surely not.
    pub(crate) fn keep(&mut self, ended: Ended, shared: &Shared) -> Result<(), EngineError> {
        let Ended { result, state, changed, recorded } = ended;
        if let Err(error) = result {
            if sabotage::on(Version::SavedWithoutCommit) {
                return Ok(());
            }
            if sabotage::on(Version::DoubtIsDenied) {
                return Err(error);
            }
            let busy = matches!(
                &error,
                EngineError::Sqlite(error) if matches!(
                    error.sqlite_error_code(),
                    Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked)
                )
            );
            if busy {
                return Err(error);
            }
            let attempted = state.revision;
            match self.fate(attempted, &error, shared) {
                // The state has been read back with the rest.
                Fate::Kept => {}
                Fate::Gone => return Err(error),
                Fate::Unsure => {
                    self.unsure = true;
                    self.state.revision = self.state.revision.max(attempted);
                    self.drop_connections(shared);
                    return Err(EngineError::Unsure(Box::new(error)));
                }
            }
        } else {
            self.state = state;
        }
        shared.set_install_id(&self.state.install_id);
        self.unsealed.committed = true;
        self.unsealed.recorded.extend(recorded);
        self.unsealed.changed.extend(changed);
        Ok(())
    }

    fn fate(&mut self, attempted: u64, error: &EngineError, shared: &Shared) -> Fate {
        self.drop_connections(shared);
        if let Err(error) = self.reopen(shared) {
            tracing::error!(?error, "the database cannot be opened anew");
            return Fate::Unsure;
        }
        let stored = self.connection.as_ref().and_then(|connection| open::stored_revision(connection).ok());
        // The number of the failed unit is never given again, so that it can be told from what follows.
        self.state.revision = self.state.revision.max(attempted) + 1;
        let kept = match stored {
            Some(stored) => stored == attempted,
            None => return Fate::Unsure,
        };
        let made_final = self.bury().and_then(|()| if kept { self.harden(shared) } else { Ok(()) });
        match made_final {
            Ok(()) if kept => Fate::Kept,
            Ok(()) => Fate::Gone,
            // The write of the commit itself failed, so there is no whole commit in the file that could come back.
            Err(_) if !kept && failed_to_write(error) => {
                self.drop_connections(shared);
                Fate::Gone
            }
            Err(error) => {
                tracing::error!(?error, "the disk goes on failing");
                Fate::Unsure
            }
        }
    }

    /// Commits something of the engine's own behind what is there.
    fn bury(&mut self) -> Result<(), EngineError> {
        let connection = self.connection.as_ref().ok_or(EngineError::Closed)?;
        state::put(connection, REVISION, &self.state.revision.to_string())
    }

    /// Writes everything in the log to its place in the database and syncs it there.
    fn harden(&mut self, shared: &Shared) -> Result<(), EngineError> {
        let _alone = lock(&shared.checkpoint);
        let connection = self.connection.as_ref().ok_or(EngineError::Closed)?;
        let busy: i64 = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        if busy != 0 {
            return Err(EngineError::stored("log", "somebody reads for too long"));
        }
        Ok(())
    }

    /// Writes of the log into the database what the connection beside this one left.
    pub(crate) fn write_back_rest(&self) {
        if let Some(connection) = &self.connection {
            checkpoint::write_back_rest(connection);
        }
    }

    /// Puts what was committed into the second copy and tells the views; only then may a caller hear of it.
    pub(crate) fn seal(&mut self, shared: &Shared) {
        let Unsealed { committed, recorded, mut changed } = std::mem::take(&mut self.unsealed);
        if !committed {
            return;
        }
        if self.copy.append(&recorded, self.connection.as_ref()) {
            shared.set_second_copy(self.copy.state());
            changed.insert(Sort::Status);
        }
        shared.publish(self.state.revision, &changed);
    }

    pub(crate) fn close(self) {
        if let Some(connection) = self.connection {
            open::close_cleanly(connection);
        }
    }
}

fn failed_to_write(error: &EngineError) -> bool {
    let EngineError::Sqlite(error) = error else { return false };
    error.sqlite_error().is_some_and(|error| {
        error.extended_code == rusqlite::ffi::SQLITE_FULL || error.extended_code == rusqlite::ffi::SQLITE_IOERR_WRITE
    })
}
