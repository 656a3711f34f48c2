//! What can go wrong, classed once, where the knowledge is. Each has a stable code and a next step for the person.

use crate::row_proof;
use std::path::PathBuf;
use thiserror::Error;
use turndown_phrase::{Phrase, phrase};
use turndown_protocol::SealError;

/// Why the engine could not read or write.
#[derive(Debug, Error)]
pub enum EngineError {
    /// SQLite refused.
    #[error("the desk's database refused")]
    Sqlite(#[from] rusqlite::Error),
    /// A stored value cannot be read back.
    #[error("a stored {what} cannot be read")]
    Stored {
        /// What it should have been.
        what: &'static str,
        /// Why not.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// An event could not be sealed or read.
    #[error("an event cannot be sealed")]
    Seal(#[from] SealError),
    /// An earlier step of the same unit of work failed, so nothing of it may be committed.
    #[error("an earlier step of the same unit of work failed")]
    Poisoned,
    /// The writer thread has ended.
    #[error("the desk's database is closed")]
    Closed,
    /// A setting that durability rests on did not take. It says nothing about what is stored.
    #[error("the database did not take the setting {setting}: it is {found}")]
    Setting {
        /// Which setting.
        setting: &'static str,
        /// What it is instead.
        found: String,
    },
    /// The workflow's own tables refused.
    #[error("{0}")]
    Workflow(String),
    /// The service said that it takes no event of this size.
    #[error("an action of {bytes} bytes; the service takes {max}")]
    TooLarge {
        /// The event's size.
        bytes: u64,
        /// What the service takes.
        max: u64,
    },
    /// Less space is left than a new action may rely on.
    #[error("too little space is left on the disk")]
    NoSpace,
    /// The disk failed while a unit of work was committed, and went on failing when the engine looked whether it is
    /// there. It may be or not; the same event id finds out when the disk answers again.
    #[error("the disk failed while this was being saved")]
    Unsure(#[source] Box<EngineError>),
}

impl EngineError {
    /// A value read from the database that is not what it should be.
    pub fn stored(what: &'static str, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Stored { what, source: source.into() }
    }

    /// Whether SQLite said something after which nothing more is to be tried on the same connection.
    pub(crate) fn breaks_connection(&self) -> bool {
        use rusqlite::ErrorCode as C;
        let error = match self {
            Self::Sqlite(error) => error,
            // A page that was read wrongly once stays wrong in the connection's own memory.
            Self::Stored { .. } => return true,
            _ => return false,
        };
        if is_no_such_value(error) || row_proof::met_unproven(error) {
            return true;
        }
        matches!(
            error.sqlite_error_code(),
            Some(
                C::SystemIoFailure
                    | C::DatabaseCorrupt
                    | C::NotADatabase
                    | C::DiskFull
                    | C::CannotOpen
                    | C::ReadOnly
                    | C::FileLockingProtocolFailed
            )
        )
    }

    /// Whether it says that what is stored is damaged, rather than busy, full or forbidden. Only for queries that are
    /// known to be right.
    #[must_use]
    pub fn is_damage(&self) -> bool {
        use rusqlite::ErrorCode as C;
        match self {
            Self::Sqlite(error) => match error.sqlite_error() {
                // A table that should be there and is not: somebody else's database, or half of ours.
                Some(e) => {
                    matches!(e.code, C::DatabaseCorrupt | C::NotADatabase)
                        || e.extended_code == rusqlite::ffi::SQLITE_ERROR
                        || row_proof::met_unproven(error)
                }
                // A value of another type than the one that was written.
                None => true,
            },
            Self::Stored { .. } | Self::Seal(_) => true,
            _ => false,
        }
    }

    /// The error with its causes, for the log and for whoever repairs.
    pub(crate) fn detail(&self) -> String {
        let mut text = self.to_string();
        let mut cause = std::error::Error::source(self);
        while let Some(error) = cause {
            text = format!("{text}: {error}");
            cause = error.source();
        }
        text
    }

    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Sqlite(error) => sqlite_code(error),
            Self::Stored { .. } | Self::Seal(_) | Self::Workflow(_) => "DATABASE_UNREADABLE",
            Self::Poisoned => "NOT_SAVED",
            Self::Closed => "DATABASE_CLOSED",
            Self::Setting { .. } => "DATABASE_SETTING",
            Self::TooLarge { .. } => "TOO_LARGE",
            Self::NoSpace => "DISK_FULL",
            Self::Unsure(_) => "SAVE_UNSURE",
        }
    }

    /// What is wrong, for a person.
    #[must_use]
    pub fn message(&self) -> Phrase {
        match self.code() {
            "DISK_FULL" => phrase!("The disk is full. Nothing was saved by this action."),
            "READ_ONLY" => phrase!("The desk's folder cannot be written. Nothing was saved by this action."),
            "DISK_ERROR" => phrase!("The disk reported an error. Nothing was saved by this action."),
            "DATABASE_BUSY" => phrase!("Another program holds the desk's database. Nothing was saved by this action."),
            "DATABASE_CORRUPT" => phrase!("The desk's database is damaged. Nothing was saved by this action."),
            "SAVE_UNSURE" => phrase!("The disk failed while this was being saved. It may have been kept, or not."),
            "TOO_LARGE" => phrase!("This action is larger than the hotel's service takes. Nothing was saved by it."),
            "DATABASE_CLOSED" => phrase!("The desk is closing. Nothing was saved by this action."),
            "DATABASE_SETTING" => phrase!(
                "The database cannot promise that saved work stays saved on this disk. Nothing was saved by this action."
            ),
            _ => phrase!("The desk's database refused. Nothing was saved by this action."),
        }
    }

    /// What the person can do next.
    #[must_use]
    pub fn next_step(&self) -> Phrase {
        match self.code() {
            "DISK_FULL" => {
                phrase!("Free some space on this computer, then do it again. What was saved before is safe.")
            }
            "READ_ONLY" => phrase!("Ask for write access to the desk's folder, then do it again."),
            "DATABASE_BUSY" => phrase!("Close the other program (a backup or virus scan, perhaps), then do it again."),
            "TOO_LARGE" => phrase!("Do it again with a shorter note."),
            "DATABASE_SETTING" => {
                phrase!("Move the desk's folder to a disk of this computer (not a network or cloud folder).")
            }
            "SAVE_UNSURE" => {
                phrase!("Look at the room when the disk answers again, and do what is missing. See to the disk.")
            }
            "DATABASE_CORRUPT" | "DISK_ERROR" => {
                phrase!(
                    "Close Turndown and open it again: it will set the damaged file aside and save what can be read."
                )
            }
            _ => phrase!("Do it again. If it stays like that, close Turndown and open it again."),
        }
    }
}

/// Whether a value that was read is none that was ever written there: text that is no text, another type, out of range.
fn is_no_such_value(error: &rusqlite::Error) -> bool {
    use rusqlite::Error as E;
    matches!(
        error,
        E::Utf8Error(..) | E::FromSqlConversionFailure(..) | E::InvalidColumnType(..) | E::IntegralValueOutOfRange(..)
    )
}

fn sqlite_code(error: &rusqlite::Error) -> &'static str {
    use rusqlite::ErrorCode as C;
    if row_proof::met_unproven(error) || is_no_such_value(error) {
        return "DATABASE_CORRUPT";
    }
    match error.sqlite_error_code() {
        Some(C::DiskFull) => "DISK_FULL",
        Some(C::ReadOnly | C::PermissionDenied | C::CannotOpen) => "READ_ONLY",
        Some(C::SystemIoFailure) => "DISK_ERROR",
        Some(C::DatabaseBusy | C::DatabaseLocked) => "DATABASE_BUSY",
        Some(C::DatabaseCorrupt | C::NotADatabase) => "DATABASE_CORRUPT",
        _ => "DATABASE_ERROR",
    }
}

/// Why an action was not recorded. Nothing of it was saved.
#[derive(Debug, Error)]
pub enum RecordError<R> {
    /// The workflow refused it.
    #[error("{0}")]
    Refused(R),
    /// The database refused.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl<R> From<rusqlite::Error> for RecordError<R> {
    fn from(error: rusqlite::Error) -> Self {
        Self::Engine(error.into())
    }
}

/// How a unit of work fails: by what the engine says, or by what its own rules refuse.
pub trait UnitError: From<EngineError> {
    /// What the engine said, where it is that.
    fn engine(&self) -> Option<&EngineError>;
}

impl UnitError for EngineError {
    fn engine(&self) -> Option<&EngineError> {
        Some(self)
    }
}

impl<R> UnitError for RecordError<R> {
    fn engine(&self) -> Option<&EngineError> {
        match self {
            Self::Refused(_) => None,
            Self::Engine(error) => Some(error),
        }
    }
}

/// Why the desk's database could not be opened. The files are as they were.
#[derive(Debug, Error)]
pub enum OpenError {
    /// Another instance has it open.
    #[error("another Turndown has this desk open")]
    InUse,
    /// The folder cannot be written.
    #[error("the folder {} cannot be written", path.display())]
    ReadOnly {
        /// Which folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The database was made by a newer version.
    #[error("the database has version {found}; this Turndown knows up to {known}")]
    Newer {
        /// The file's version.
        found: u32,
        /// The newest this build knows.
        known: u32,
    },
    /// The SQLite library is older than 3.51.3, which can lose a write when the WAL is reset.
    #[error("SQLite {found} is too old; 3.51.3 or newer is needed")]
    SqliteTooOld {
        /// The library's version.
        found: &'static str,
    },
    /// The schema could not be brought up to date. The database is as it was.
    #[error("the database could not be brought up to date")]
    Migrate(#[source] Box<refinery::Error>),
    /// Anything else the database says.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// A file operation failed.
    #[error("{what}")]
    Io {
        /// What was tried.
        what: &'static str,
        /// Why it failed.
        #[source]
        source: std::io::Error,
    },
}

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Engine(error.into())
    }
}

impl OpenError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::InUse => "ALREADY_RUNNING",
            Self::ReadOnly { .. } => "READ_ONLY_FOLDER",
            Self::Newer { .. } => "DATABASE_NEWER",
            Self::SqliteTooOld { .. } => "SQLITE_TOO_OLD",
            Self::Migrate(_) => "DATABASE_MIGRATION",
            Self::Engine(error) => error.code(),
            Self::Io { .. } => "FILE_ERROR",
        }
    }

    /// What is wrong, for a person.
    #[must_use]
    pub fn message(&self) -> Phrase {
        match self {
            Self::InUse => phrase!("Turndown is already open on this computer."),
            Self::ReadOnly { path, .. } => {
                phrase!("Turndown cannot write to its folder {folder}.", folder = path.display().to_string())
            }
            Self::Newer { .. } => phrase!("This desk's data was written by a newer Turndown. It was not touched."),
            Self::SqliteTooOld { found } => {
                phrase!("The SQLite library {found} is too old to keep work safe.", found = *found)
            }
            Self::Migrate(_) => phrase!("This desk's data could not be brought up to date. It was not changed."),
            Self::Engine(error) => match error.code() {
                "DISK_FULL" => phrase!("The disk is full, so the desk cannot open its data."),
                "READ_ONLY" => phrase!("The desk's data cannot be written."),
                "DATABASE_SETTING" => {
                    phrase!("The database cannot promise that saved work stays saved on this disk.")
                }
                _ => phrase!("The desk's data cannot be opened."),
            },
            Self::Io { .. } => phrase!("A file of this desk could not be read or written."),
        }
    }

    /// What the person can do next.
    #[must_use]
    pub fn next_step(&self) -> Phrase {
        match self {
            Self::InUse => phrase!("Use the window that is open, or close it first."),
            Self::ReadOnly { .. } => phrase!("Ask for write access to that folder, then open Turndown again."),
            Self::Newer { .. } | Self::SqliteTooOld { .. } => {
                phrase!("Install the newest Turndown on this computer and open it again.")
            }
            Self::Migrate(_) => phrase!("Open the version that you used before, and send the log to your support."),
            Self::Engine(error) => error.next_step(),
            Self::Io { .. } => {
                phrase!("Look whether the disk is full or the folder is on a network drive, then open Turndown again.")
            }
        }
    }
}
