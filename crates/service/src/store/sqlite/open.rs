//! Opening the database, or saying why not.
//!
//! Order matters: the lock first, so that two services cannot both migrate; then whether the file is ours and not
//! newer than this build, before anything is written to it; then the settings, read back, because a database that is
//! not durable must not answer "saved".

use crate::env::Environment;
use crate::startup::Refusal;
use crate::store::Identity;
use crate::store::signing::{make_key, public_hex, read_key};
use ed25519_dalek::SigningKey;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::PathBuf;
use std::time::Duration;
use turndown_sabotage::{self as sabotage, Version};

mod migrations {
    refinery::embed_migrations!("../../migrations/service/sqlite");
}

/// `TDNS` in the file's header: a property service's database.
const APPLICATION_ID: i32 = 0x5444_4E53;
/// The oldest SQLite without the lost-write fault of the write-ahead log's reset.
const SQLITE_VERSION_MIN: i32 = 3_051_003;
/// How long a statement waits for the command line's short writes.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// The files that belong to a store, by its database's path.
#[derive(Debug, Clone)]
pub struct Files {
    /// The database.
    pub db: PathBuf,
    /// The SQLite VFS that it is on; `None` for the machine's own disk.
    pub vfs: Option<String>,
}

impl Files {
    /// Files on the machine's own disk.
    #[must_use]
    pub fn new(db: PathBuf) -> Self {
        Self { db, vfs: None }
    }

    /// The lock: held while a service or an import has the store; says where the service listens.
    #[must_use]
    pub fn lock(&self) -> PathBuf {
        self.beside("lock")
    }

    /// The secret signing key.
    #[must_use]
    pub fn key(&self) -> PathBuf {
        self.beside("signing-key")
    }

    fn beside(&self, suffix: &str) -> PathBuf {
        let mut name = self.db.clone().into_os_string();
        name.push(".");
        name.push(suffix);
        name.into()
    }
}

/// The right to write sequence numbers: one process a store.
#[derive(Debug)]
pub struct Lock {
    file: File,
}

impl Lock {
    /// Takes the lock.
    ///
    /// # Errors
    /// When another process has it, or the folder cannot be written.
    pub fn take(files: &Files) -> Result<Self, Refusal> {
        let path = files.lock();
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::create_dir_all(folder).map_err(|error| match Refusal::from_io(&files.db, &error) {
                Refusal::Input(_) => Refusal::NoFolder(files.db.display().to_string()),
                refusal => refusal,
            })?;
        }
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(&path)
            .map_err(|error| Refusal::from_io(&files.db, &error))?;
        match file.try_lock() {
            Ok(()) => {
                let lock = Self { file };
                lock.say("").map_err(|error| Refusal::from_io(&path, &error))?;
                Ok(lock)
            }
            Err(TryLockError::WouldBlock) => {
                let at = Self::address(files).map(|url| format!(" at {url}")).unwrap_or_default();
                Err(Refusal::Running { path: files.db.display().to_string(), at })
            }
            Err(TryLockError::Error(error)) => Err(Refusal::from_io(&path, &error)),
        }
    }

    /// Writes where the service listens, for the command line to find.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn say(&self, url: &str) -> std::io::Result<()> {
        self.file.set_len(0)?;
        let mut file = &self.file;
        std::io::Seek::rewind(&mut file)?;
        file.write_all(url.as_bytes())?;
        file.flush()
    }

    /// Where the service that has the store listens, if one runs.
    #[must_use]
    pub fn address(files: &Files) -> Option<String> {
        let mut text = String::new();
        File::open(files.lock()).ok()?.read_to_string(&mut text).ok()?;
        (!text.is_empty()).then_some(text)
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // The address is no longer true; a leftover one only makes a message less exact.
        let _ = self.say("");
    }
}

/// A store whose file, schema and settings are in order, before anything works on it.
#[derive(Debug)]
pub struct Opened {
    /// The connection that writes.
    pub conn: Connection,
    /// Who it is.
    pub identity: Identity,
    /// What signs audit heads.
    pub signing_key: SigningKey,
    /// The right to write.
    pub lock: Lock,
}

/// Opens a store for writing, and makes it when there is none.
///
/// # Errors
/// A [`Refusal`] that says what to do. A file that is refused was not changed.
pub fn open(files: &Files, env: &dyn Environment, new_signing_key: bool) -> Result<Opened, Refusal> {
    if rusqlite::version_number() < SQLITE_VERSION_MIN {
        return Err(Refusal::OldSqlite(rusqlite::version().to_owned()));
    }
    let lock = Lock::take(files)?;
    let mut conn = open_database(files)?;
    let (identity, signing_key) = identity(&mut conn, files, env, Key::Beside { new: new_signing_key })?;
    Ok(Opened { conn, identity, signing_key, lock })
}

/// Opens a store on a disk of which the caller knows that nobody else has it, with a key that the caller keeps.
///
/// # Errors
/// As [`open`].
pub fn open_with_key(
    files: &Files,
    env: &dyn Environment,
    key: &SigningKey,
) -> Result<(Connection, Identity), Refusal> {
    let mut conn = open_database(files)?;
    let (identity, _) = identity(&mut conn, files, env, Key::Given(key))?;
    Ok((conn, identity))
}

pub(super) fn open_database(files: &Files) -> Result<Connection, Refusal> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut conn = connect(files, flags).map_err(|error| Refusal::from_database(&files.db, error))?;
    check_ours(&conn, files)?;
    settle_settings(&conn, files)?;
    migrations::migrations::runner()
        .run(&mut conn)
        .map_err(|error| Refusal::Input(format!("{} cannot be brought up to date: {error}", files.db.display())))?;
    Ok(conn)
}

fn connect(files: &Files, flags: OpenFlags) -> rusqlite::Result<Connection> {
    let conn = match &files.vfs {
        Some(vfs) => Connection::open_with_flags_and_vfs(&files.db, flags, vfs.as_str()),
        None => Connection::open_with_flags(&files.db, flags),
    }?;
    // One plan for a statement, whatever is bound to it. Otherwise SQLite parses and plans most cached statements anew
    // each time they are used, in case another value deserves another plan.
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(conn)
}

/// Opens an existing store from the command line beside a running service, for the tables without sequence numbers.
///
/// # Errors
/// A [`Refusal`] that says what to do.
pub fn open_beside(files: &Files) -> Result<Connection, Refusal> {
    if files.vfs.is_none() && !files.db.exists() {
        return Err(Refusal::Missing(files.db.display().to_string()));
    }
    let conn = connect(files, OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX)
        .map_err(|error| Refusal::from_database(&files.db, error))?;
    if check_ours(&conn, files)? == 0 {
        return Err(Refusal::Missing(files.db.display().to_string()));
    }
    settle_settings(&conn, files)?;
    Ok(conn)
}

/// A connection that only reads.
///
/// # Errors
/// What the database says.
pub fn open_reader(files: &Files) -> rusqlite::Result<Connection> {
    let conn = connect(files, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
    conn.busy_timeout(BUSY_TIMEOUT)?;
    conn.pragma_update(None, "query_only", "ON")?;
    conn.pragma_update(None, "cache_size", -16_384)?;
    conn.set_prepared_statement_cache_capacity(64);
    Ok(conn)
}

/// Refuses a file that is not ours or newer than this build; answers its schema version, 0 for an empty file.
fn check_ours(conn: &Connection, files: &Files) -> Result<i64, Refusal> {
    let refuse = |error| Refusal::from_database(&files.db, error);
    let path = || files.db.display().to_string();
    conn.busy_timeout(BUSY_TIMEOUT).map_err(refuse)?;
    let tables: i64 = conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(refuse)?;
    if tables == 0 {
        return Ok(0);
    }
    let application_id: i32 = conn.query_row("PRAGMA application_id", [], |row| row.get(0)).map_err(refuse)?;
    if application_id != APPLICATION_ID {
        return Err(Refusal::NotOurs(path()));
    }
    // Absent only when the very first start was cut off before its migration; then there is nothing to be older than.
    let history: i64 = conn
        .query_row("SELECT count(*) FROM sqlite_schema WHERE name = 'refinery_schema_history'", [], |row| row.get(0))
        .map_err(refuse)?;
    if history == 0 {
        return Ok(0);
    }
    let found: i64 = conn
        .query_row("SELECT coalesce(max(version), 0) FROM refinery_schema_history", [], |row| row.get(0))
        .map_err(refuse)?;
    let known = migrations::migrations::runner().get_migrations().iter().map(|m| i64::from(m.version())).max();
    let known = known.unwrap_or(0);
    if found > known {
        return Err(Refusal::Newer { path: path(), found, known });
    }
    Ok(found)
}

fn settle_settings(conn: &Connection, files: &Files) -> Result<(), Refusal> {
    let refuse = |error| Refusal::from_database(&files.db, error);
    let mode: String = conn.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0)).map_err(refuse)?;
    if mode != "wal" {
        return Err(Refusal::Setting(format!("journal_mode = WAL (it stays at {mode})")));
    }
    let synchronous_wanted = if sabotage::on(Version::ServiceNotSynced) { 0 } else { 2 };
    for (name, value) in [
        ("application_id", i64::from(APPLICATION_ID)),
        ("synchronous", synchronous_wanted),
        ("fullfsync", 1),
        ("checkpoint_fullfsync", 1),
        ("foreign_keys", 1),
        ("wal_autocheckpoint", 4_000),
        ("journal_size_limit", 64 * 1024 * 1024),
        ("mmap_size", 0),
        ("temp_store", 2),
        ("cache_size", -65_536),
        ("trusted_schema", 0),
        ("cell_size_check", 1),
    ] {
        // Some of these answer with the value and some with nothing.
        conn.pragma_update_and_check(None, name, value, |_| Ok(())).or_else(none_is_fine).map_err(refuse)?;
    }
    let synchronous: i64 = conn.query_row("PRAGMA synchronous", [], |row| row.get(0)).map_err(refuse)?;
    if synchronous != synchronous_wanted {
        return Err(Refusal::Setting(format!("synchronous = FULL (it stays at {synchronous})")));
    }
    conn.set_prepared_statement_cache_capacity(64);
    Ok(())
}

fn none_is_fine(error: rusqlite::Error) -> rusqlite::Result<()> {
    if matches!(error, rusqlite::Error::QueryReturnedNoRows) { Ok(()) } else { Err(error) }
}

/// Where the secret signing key is.
#[derive(Clone, Copy)]
enum Key<'a> {
    /// In its file beside the database; made anew where asked for.
    Beside { new: bool },
    /// With the caller.
    Given(&'a SigningKey),
}

fn identity(
    conn: &mut Connection,
    files: &Files,
    env: &dyn Environment,
    place: Key<'_>,
) -> Result<(Identity, SigningKey), Refusal> {
    let refuse = |error| Refusal::from_database(&files.db, error);
    let run = format!("run_{:032x}", env.random_u128());
    let tx = conn.transaction().map_err(refuse)?;
    let found = tx
        .query_row("SELECT store_id, epoch, signing_key FROM meta", [], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?))
        })
        .map(Some)
        .or_else(|error| if error == rusqlite::Error::QueryReturnedNoRows { Ok(None) } else { Err(error) })
        .map_err(refuse)?;
    let made = match found {
        Some((store_id, epoch, _)) if matches!(place, Key::Beside { new: true }) => {
            let key = make_key(&files.key(), env)?;
            tx.execute("UPDATE meta SET signing_key = ?1", [public_hex(&key)]).map_err(refuse)?;
            (Identity { store_id, epoch, run }, key)
        }
        Some((store_id, epoch, public)) => {
            let missing = || Refusal::SigningKey(files.key().display().to_string());
            let key = match place {
                Key::Given(key) => key.clone(),
                Key::Beside { .. } => read_key(&files.key()).ok_or_else(missing)?,
            };
            if public_hex(&key) != public {
                return Err(missing());
            }
            (Identity { store_id, epoch, run }, key)
        }
        None => {
            let name = |prefix: &str| {
                let id = turndown_protocol::EventId::generate(env.now_ms().unsigned_abs(), env.random_u128());
                format!("{prefix}_{id}")
            };
            let identity = Identity { store_id: name("store"), epoch: name("epoch"), run };
            let key = match place {
                Key::Given(key) => key.clone(),
                Key::Beside { .. } => make_key(&files.key(), env)?,
            };
            tx.execute(
                "INSERT INTO meta (one, store_id, epoch, signing_key, head_seq, feed_floor_seq) VALUES (1, ?1, ?2, ?3, 0, 0)",
                (&identity.store_id, &identity.epoch, public_hex(&key)),
            )
            .map_err(refuse)?;
            (identity, key)
        }
    };
    tx.commit().map_err(refuse)?;
    Ok(made)
}

/// The key of an existing store, which has to be the one that the store names.
///
/// # Errors
/// When it is not there, or another one.
pub(super) fn signing_key(files: &Files, conn: &Connection) -> Result<SigningKey, Refusal> {
    let public: String = conn
        .query_row("SELECT signing_key FROM meta", [], |row| row.get(0))
        .map_err(|error| Refusal::from_database(&files.db, error))?;
    read_key(&files.key())
        .filter(|key| public_hex(key) == public)
        .ok_or_else(|| Refusal::SigningKey(files.key().display().to_string()))
}
