//! Why the service does not start, or a command does not run: a sentence, the next step, and an exit code each.

use std::io;
use std::path::Path;
use thiserror::Error;

/// A refusal to start. `Display` is for the person at the terminal: what is wrong, then what to do.
#[derive(Debug, Error)]
pub enum Refusal {
    /// The file is no database.
    #[error("{0} is not a database. Name another file with --db; this one was not touched.")]
    NotADatabase(String),
    /// The file is a database of something else.
    #[error("{0} is a database, but not a property service's. Name another file with --db; this one was not touched.")]
    NotOurs(String),
    /// The file was written by a newer build.
    #[error(
        "{path} was written by a newer version (schema {found}, this version knows {known}). Update turndown-service; the file was not touched."
    )]
    Newer {
        /// The file.
        path: String,
        /// Its schema.
        found: i64,
        /// The newest this build knows.
        known: i64,
    },
    /// Nothing can be written there.
    #[error(
        "{0} cannot be written. Give the service's user the right to write in that folder, or name another with --db."
    )]
    ReadOnly(String),
    /// The folder is not there and cannot be made.
    #[error("The folder of {0} cannot be made. Make it, or name another with --db.")]
    NoFolder(String),
    /// Another service has the file.
    #[error("Another turndown-service already runs on {path}{at}. Stop it first, or name another file with --db.")]
    Running {
        /// The file.
        path: String,
        /// ` at <address>` where it is known.
        at: String,
    },
    /// There is no such file.
    #[error("There is no database at {0}. Make one with `turndown-service import`, or name another with --db.")]
    Missing(String),
    /// The secret key is not beside the database.
    #[error(
        "The signing key {0} is missing or not the one of this database. Restore it from the backup beside the database, or start with --new-signing-key; desks then see another signature."
    )]
    SigningKey(String),
    /// The secret key is not in its file, and several processes have to have the same.
    #[error(
        "The signing key {0} is missing or not the one of this database. Copy it there from another service of this database or from the backup, or start one service with --new-signing-key and copy its key to the others; desks then see another signature."
    )]
    SharedSigningKey(String),
    /// The database server cannot be reached or used.
    #[error(
        "The PostgreSQL database {server} cannot be used: {reason}. Look at the server, and at the address given with --postgres."
    )]
    Server {
        /// Database, server and role.
        server: String,
        /// What it says.
        reason: String,
    },
    /// The schema is not there or older than this build.
    #[error(
        "The PostgreSQL database {0} has no tables of this version. Run `turndown-service migrate` first, with the address of their owner."
    )]
    NotMigrated(String),
    /// The schema was written by a newer build.
    #[error(
        "The PostgreSQL database {server} was brought up to date by a newer version (schema {found}, this version knows {known}). Update turndown-service; nothing was changed."
    )]
    NewerServer {
        /// Database, server and role.
        server: String,
        /// Its schema.
        found: i64,
        /// The newest this build knows.
        known: i64,
    },
    /// The server would not be durable.
    #[error("The PostgreSQL server has to be set to {0}. Change it in postgresql.conf and start the server again.")]
    ServerSetting(String),
    /// Hotels are not kept apart by the database.
    #[error(
        "The PostgreSQL database {0} does not keep hotels apart: {1}. Nothing is served like this. Let the tables' owner run `turndown-service migrate`, and serve as a role that owns nothing (docs/playbook.md)."
    )]
    HotelsNotApart(String, String),
    /// The database would not be durable.
    #[error("The database does not take the setting {0}. Put it on a local disk and start again.")]
    Setting(String),
    /// The linked SQLite is too old to be trusted.
    #[error("This build carries SQLite {0}, which is too old. Build it with SQLite 3.51.3 or later.")]
    OldSqlite(String),
    /// The property is there already.
    #[error(
        "The property {0} is in this database already. Nothing was imported. Add --replace to put this day in its place."
    )]
    PropertyExists(String),
    /// There is no such property.
    #[error("There is no property {0} in this database. It has: {1}.")]
    NoProperty(String, String),
    /// The address is taken or not ours.
    #[error("Cannot listen on {address}: {reason}. Stop what uses that address, or name another with --listen.")]
    Listen {
        /// The address.
        address: String,
        /// Why.
        reason: String,
    },
    /// The audit trail is not as it was written.
    #[error("{0}")]
    AuditBroken(String),
    /// The other side did not do it.
    #[error("{0}")]
    Act(String),
    /// What was given on the command line or in a file does not fit.
    #[error("{0}")]
    Input(String),
    /// Anything else that the database says.
    #[error("The database at {path} cannot be used: {source}. Look at the disk, then start again.")]
    Database {
        /// The file.
        path: String,
        /// What it says.
        #[source]
        source: rusqlite::Error,
    },
}

impl Refusal {
    /// The process's exit code. Stable: scripts act on it.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Database { .. } => 1,
            Self::Input(_) => 2,
            Self::NotADatabase(_) | Self::NotOurs(_) => 3,
            Self::Newer { .. } | Self::NewerServer { .. } => 4,
            Self::ReadOnly(_) | Self::NoFolder(_) => 5,
            Self::Running { .. } => 6,
            Self::Missing(_) | Self::NotMigrated(_) => 7,
            Self::SigningKey(_) | Self::SharedSigningKey(_) => 8,
            Self::Setting(_) | Self::OldSqlite(_) | Self::ServerSetting(_) => 9,
            Self::PropertyExists(_) | Self::NoProperty(..) => 10,
            Self::Listen { .. } => 11,
            Self::AuditBroken(_) => 12,
            Self::Act(_) => 13,
            Self::Server { .. } => 14,
            Self::HotelsNotApart(..) => 15,
        }
    }

    /// What a failed file operation beside the database means.
    #[must_use]
    pub fn from_io(path: &Path, error: &io::Error) -> Self {
        let path = path.display().to_string();
        match error.kind() {
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly(path),
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Self::NoFolder(path),
            _ => Self::Input(format!("{path} cannot be used: {error}. Look at the disk, then start again.")),
        }
    }

    /// What a refusal of the database means.
    #[must_use]
    pub fn from_database(path: &Path, error: rusqlite::Error) -> Self {
        let text = path.display().to_string();
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::NotADatabase) => Self::NotADatabase(text),
            Some(
                rusqlite::ErrorCode::ReadOnly | rusqlite::ErrorCode::CannotOpen | rusqlite::ErrorCode::PermissionDenied,
            ) => Self::ReadOnly(text),
            _ => Self::Database { path: text, source: error },
        }
    }
}
