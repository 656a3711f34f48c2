//! Writing the log (SQLite's WAL) into the database, beside whoever writes.
//!
//! By itself SQLite does this in the commit that makes the log long enough, and whoever records just then, or waits for
//! the writer, waits for thousands of pages. Here a connection of its own writes nearly all of them while the writer goes
//! on, and the writer itself writes what came meanwhile, which is little. What was written whole begins anew with the next
//! commit, so that the log does not grow.
//!
//! An error costs nothing: what is not in the database stays in the log, and the next time begins there.

use crate::engine::{Shared, lock, open_connection};
use crate::{EngineError, open};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use turndown_sabotage::{self as sabotage, Version};

/// The log may become so many times as long, where readers or writers never let it be written whole, before a commit does it
/// itself.
const TIMES_AS_LONG: u32 = 4;
/// What the writer may be left with, in pages: a millisecond's work.
const REST: u32 = 100;
/// How often the connection beside the writer tries to come down to that.
const ROUNDS: u32 = 4;

/// How long the log is, as the last commit left it.
#[derive(Debug)]
pub(crate) struct Log {
    pages: Arc<AtomicU32>,
    /// Pages after which it is written into the database.
    most: u32,
    /// How long it was when it was last tried.
    tried_at: u32,
}

impl Log {
    pub(crate) fn new(most: u32) -> Self {
        Self { pages: Arc::default(), most, tried_at: 0 }
    }

    /// Has a connection tell after each commit how long the log is.
    pub(crate) fn watch(&self, connection: &mut Connection) -> rusqlite::Result<()> {
        let (known, most) = (Arc::clone(&self.pages), self.most.saturating_mul(TIMES_AS_LONG));
        connection.wal_hook(Some(move |log: &mut rusqlite::hooks::Wal, pages| {
            let pages = u32::try_from(pages).unwrap_or(0);
            known.store(pages, Ordering::Relaxed);
            if pages >= most
                && let Err(error) = log.checkpoint()
            {
                tracing::warn!(%error, pages, "the log could not be written into the database");
            }
            // The commit is done, whatever becomes of its log.
            Ok(())
        }))
    }

    /// Whether the log has become long enough again. Answers so once for each time that it has.
    pub(crate) fn is_due(&mut self) -> bool {
        let pages = self.pages.load(Ordering::Relaxed);
        if pages < self.tried_at {
            self.tried_at = 0;
        }
        let due = pages - self.tried_at >= self.most;
        if due {
            self.tried_at = pages;
        }
        due
    }

    pub(crate) fn pages(&self) -> Arc<AtomicU32> {
        Arc::clone(&self.pages)
    }
}

/// Writes of the log what can be written without anybody waiting for it. Answers how many pages of it are in the database;
/// `None` where another connection is at it.
fn write_back(connection: &Connection) -> rusqlite::Result<Option<u32>> {
    let pages: i64 = connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |row| row.get(2))?;
    Ok(u32::try_from(pages).ok())
}

/// What the connection beside the writer does: all but what the writer does at least as fast itself.
pub(crate) fn write_back_beside(shared: &Shared, pages: &AtomicU32) {
    // Whoever has to have the log written back whole waits for this one.
    let _alone = lock(&shared.checkpoint);
    let written = (|| -> Result<(), EngineError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = open_connection(&shared.path, flags, shared.disk.vfs())?;
        // It may be the last one to go, where the writer has just let go of its own.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        open::set_and_read_back(&connection)?;
        if sabotage::on(Version::LogNotSynced) {
            connection.pragma_update(None, "synchronous", 0)?;
        }
        for _ in 0..ROUNDS {
            let Some(written) = write_back(&connection)? else { break };
            if pages.load(Ordering::Relaxed).saturating_sub(written) <= REST {
                break;
            }
        }
        Ok(())
    })();
    if let Err(error) = written {
        tracing::warn!(%error, "the log could not be written into the database");
        shared.mark_if_corrupt(&error);
    }
}

/// What the writer does afterwards: what has come meanwhile.
pub(crate) fn write_back_rest(connection: &Connection) {
    if let Err(error) = write_back(connection) {
        tracing::warn!(%error, "the rest of the log could not be written into the database");
    }
}
