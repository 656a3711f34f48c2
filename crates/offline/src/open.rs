//! Opening the desk's database: in order, and never past something that would lose work.

use crate::disk::{Disk, DiskLock, SystemDisk};
use crate::engine::{Engine, Hands, Writer, open_connection};
use crate::salvage::{Salvaged, salvage};
use crate::unit_of_work::WriterState;
use crate::{EngineError, Environment, OpenError, Workflow, now_ms, rfc3339};
use rusqlite::{Connection, OpenFlags, OptionalExtension};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use turndown_protocol::{AuditHead, InstallId, ZERO_HASH};

/// The oldest SQLite that does not lose a write when the WAL is reset under load (fixed in 3.51.3).
const SQLITE_NUMBER_MIN: i32 = 3_051_003;
/// How many of the newest audit entries are verified before the desk opens.
const CHAIN_TAIL: u64 = 1_000;
/// The database's file name in the desk's folder.
const FILE: &str = "desk.db";

/// Where and how to open.
pub struct OpenConfig {
    /// The desk's folder. Made if it is not there.
    pub folder: PathBuf,
    /// The migrations of engine and workflow, embedded.
    pub migrations: refinery::Runner,
    /// The disk that the folder is on.
    pub disk: Arc<dyn Disk>,
    /// Whose thread writes.
    pub hands: Hands,
}

impl OpenConfig {
    /// A folder on this machine's own disk, with a thread that writes.
    #[must_use]
    pub fn new(folder: PathBuf, migrations: refinery::Runner) -> Self {
        Self { folder, migrations, disk: Arc::new(SystemDisk), hands: Hands::Own }
    }
}

/// What opening found and did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StartReport {
    /// The last stop was not a clean one.
    pub unclean: bool,
    /// A damaged file was set aside.
    pub quarantined: Option<Quarantined>,
}

/// A damaged database that was set aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quarantined {
    /// Where it is now. Nothing of it was deleted.
    pub folder: PathBuf,
    /// Actions read from it, verified, and kept. They are sent again; the service knows those it has.
    pub saved: u64,
    /// Entries that could be seen in it but not verified.
    pub unreadable: u64,
}

impl Engine {
    /// Opens the desk's database in a folder, making it when there is none.
    ///
    /// A file that is damaged or is no database is copied to `quarantine/<time>/` first, and what can be read and
    /// verified goes on in a new one.
    ///
    /// # Errors
    /// See [`OpenError`]; the files are then as they were.
    pub fn open(
        config: &OpenConfig,
        workflow: Arc<dyn Workflow>,
        environment: Arc<dyn Environment>,
    ) -> Result<(Self, StartReport), OpenError> {
        if rusqlite::version_number() < SQLITE_NUMBER_MIN {
            return Err(OpenError::SqliteTooOld { found: rusqlite::version() });
        }
        let disk = config.disk.as_ref();
        make_folder(disk, &config.folder)
            .map_err(|source| OpenError::ReadOnly { path: config.folder.clone(), source })?;
        let file_lock = lock_folder(disk, &config.folder)?;
        let path = config.folder.join(FILE);
        let mut report = StartReport::default();

        let opened = prepare(&path, config, environment.as_ref());
        let (connection, state) = match opened {
            Err(error) if is_damage(&error) => {
                tracing::error!(?error, "the desk's database is damaged; it is set aside");
                let set_aside = set_aside(disk, &config.folder, environment.as_ref())?;
                let salvaged = salvage(&set_aside.join(FILE), disk.vfs());
                let opened = prepare(&path, config, environment.as_ref())?;
                let (connection, state, saved) = restore(opened, &salvaged)?;
                report.quarantined = Some(Quarantined { folder: set_aside, saved, unreadable: salvaged.unreadable });
                (connection, state)
            }
            other => other?,
        };
        report.unclean = mark_open(&connection)?;
        let engine = Self::start(Writer { connection, state }, file_lock, config, path, workflow, environment)
            .map_err(|source| OpenError::Io { what: "the writer's thread could not be started", source })?;
        Ok((engine, report))
    }

    /// Reads the whole database and says what is wrong with it, if anything. Slow; run it behind an open desk.
    ///
    /// # Errors
    /// When SQLite refuses to look.
    pub fn check(&self) -> Result<Vec<String>, EngineError> {
        self.read(|connection| {
            let mut statement = connection.prepare("PRAGMA quick_check")?;
            let lines = statement.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
            Ok(lines.into_iter().filter(|line| line != "ok").collect())
        })
    }
}

/// Makes a folder whose name survives a power cut: a database in a folder that is gone is gone as well.
fn make_folder(disk: &dyn Disk, folder: &Path) -> std::io::Result<()> {
    let mut above = vec![];
    for place in folder.ancestors() {
        if place.as_os_str().is_empty() || disk.exists(place)? {
            break;
        }
        above.extend(place.parent());
    }
    disk.make_folder(folder)?;
    if above.is_empty() {
        // Made by a start that was cut off before it came to this. Who may not look into the folder above did not
        // make this one either.
        if let Some(place) = folder.parent() {
            let _ = disk.sync_folder(place);
        }
    }
    above.into_iter().filter(|place| !place.as_os_str().is_empty()).try_for_each(|place| disk.sync_folder(place))
}

fn lock_folder(disk: &dyn Disk, folder: &Path) -> Result<DiskLock, OpenError> {
    disk.lock(&folder.join("desk.lock")).map_err(|source| match source.kind() {
        ErrorKind::WouldBlock => OpenError::InUse,
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            OpenError::ReadOnly { path: folder.to_owned(), source }
        }
        _ => OpenError::Io { what: "the desk's folder could not be locked", source },
    })
}

fn prepare(
    path: &Path,
    config: &OpenConfig,
    environment: &dyn Environment,
) -> Result<(Connection, WriterState), OpenError> {
    let mut connection = open_connection(path, OpenFlags::default(), config.disk.vfs())?;
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.set_prepared_statement_cache_capacity(128);
    refuse_newer(&connection, &config.migrations)?;
    set_and_read_back(&connection)?;
    config.migrations.run(&mut connection).map_err(|error| OpenError::Migrate(Box::new(error)))?;
    let state = read_state(&connection, environment)?;
    verify_tail(&connection, &state.head)?;
    Ok((connection, state))
}

fn refuse_newer(connection: &Connection, migrations: &refinery::Runner) -> Result<(), OpenError> {
    let known = migrations.get_migrations().iter().map(refinery::Migration::version).max().unwrap_or(0);
    let has_history: bool = connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE name = 'refinery_schema_history')",
        [],
        |row| row.get(0),
    )?;
    if !has_history {
        return Ok(());
    }
    let found: Option<i64> =
        connection.query_row("SELECT max(version) FROM refinery_schema_history", [], |row| row.get(0))?;
    let found = u32::try_from(found.unwrap_or(0)).unwrap_or(u32::MAX);
    let known = u32::try_from(known).unwrap_or(0);
    if found > known { Err(OpenError::Newer { found, known }) } else { Ok(()) }
}

/// What durability rests on is set and then read back: a file system without shared memory refuses WAL silently.
fn set_and_read_back(connection: &Connection) -> Result<(), OpenError> {
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if mode != "wal" {
        return Err(OpenError::Setting { setting: "journal_mode", found: mode });
    }
    connection.pragma_update(None, "synchronous", "FULL")?;
    let level: i64 = connection.query_row("PRAGMA synchronous", [], |row| row.get(0))?;
    if level != 2 {
        return Err(OpenError::Setting { setting: "synchronous", found: level.to_string() });
    }
    for (name, value) in [
        ("fullfsync", "ON"),
        ("checkpoint_fullfsync", "ON"),
        ("foreign_keys", "ON"),
        ("trusted_schema", "OFF"),
        ("cell_size_check", "ON"),
        // A damaged page has to be an error, not a signal.
        ("mmap_size", "0"),
        ("temp_store", "MEMORY"),
        ("journal_size_limit", "67108864"),
    ] {
        connection.pragma_update(None, name, value)?;
    }
    Ok(())
}

fn read_state(connection: &Connection, environment: &dyn Environment) -> Result<WriterState, OpenError> {
    let stored: Option<String> = connection
        .query_row("SELECT value FROM sync_state WHERE key = 'install_id'", [], |row| row.get(0))
        .optional()?;
    let install_id = match stored {
        Some(text) => InstallId::parse(text).map_err(|error| EngineError::stored("install id", error))?,
        None => {
            let id = InstallId::generate(now_ms(environment), environment.random());
            connection.execute("INSERT INTO sync_state (key, value) VALUES ('install_id', ?1)", [id.as_str()])?;
            id
        }
    };
    let head = connection
        .query_row("SELECT local_seq, hash FROM audit_local ORDER BY local_seq DESC LIMIT 1", [], |row| {
            Ok(AuditHead { local_seq: row.get(0)?, hash: row.get(1)? })
        })
        .optional()?
        .unwrap_or(AuditHead { local_seq: 0, hash: ZERO_HASH.into() });
    // Rows carry the revision of the last run; this run goes on above it.
    let revision: u64 =
        connection.query_row("SELECT coalesce(max(revision), 0) FROM rooms_local", [], |row| row.get(0))?;
    Ok(WriterState { install_id, head, revision })
}

/// Verifies the newest entries of the chain: numbers without a gap, bytes that have their hash, each on the one before.
fn verify_tail(connection: &Connection, head: &AuditHead) -> Result<(), OpenError> {
    let from = head.local_seq.saturating_sub(CHAIN_TAIL);
    let mut statement = connection
        .prepare("SELECT local_seq, prev_hash, hash, bytes FROM audit_local WHERE local_seq > ?1 ORDER BY local_seq")?;
    let mut rows = statement.query([from])?;
    let mut expected = from + 1;
    let mut before: Option<String> = None;
    while let Some(row) = rows.next()? {
        let (seq, prev, hash, bytes): (u64, String, String, String) =
            (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
        let sound = seq == expected
            && before.as_ref().is_none_or(|before| before == &prev)
            && turndown_protocol::SealedEvent::hash_of(bytes.as_bytes()) == hash;
        if !sound {
            return Err(EngineError::stored("audit entry", format!("entry {expected} does not verify")).into());
        }
        before = Some(hash);
        expected += 1;
    }
    Ok(())
}

/// Whether an error says that the file is damaged or is no database, rather than busy, full or forbidden.
fn is_damage(error: &OpenError) -> bool {
    use rusqlite::ErrorCode as C;
    let damaged = |error: &rusqlite::Error| {
        matches!(error.sqlite_error_code(), Some(C::DatabaseCorrupt | C::NotADatabase))
            // Tables that should be there and are not: somebody else's database, or half of ours.
            || matches!(error.sqlite_error(), Some(e) if e.extended_code == rusqlite::ffi::SQLITE_ERROR)
    };
    match error {
        OpenError::Engine(EngineError::Sqlite(error)) => damaged(error),
        OpenError::Engine(EngineError::Stored { .. }) => true,
        OpenError::Migrate(error) => {
            // A foreign database with our table names, or a file whose pages cannot be read.
            let text = format!("{error:?}");
            text.contains("DatabaseCorrupt") || text.contains("NotADatabase") || text.contains("already exists")
        }
        _ => false,
    }
}

/// Copies first, so that a crash on the way never leaves less than there was; only then the damaged files go.
fn set_aside(disk: &dyn Disk, folder: &Path, environment: &dyn Environment) -> Result<PathBuf, OpenError> {
    let io = |what| move |source| OpenError::Io { what, source };
    let not_copied = io("a damaged file could not be copied");
    let not_aside = io("a damaged file could not be put aside");
    let name = rfc3339(environment.now()).replace(':', "-");
    let mut target = folder.join("quarantine").join(&name);
    let mut again = 1;
    while disk.exists(&target).map_err(&not_copied)? {
        again += 1;
        target = folder.join("quarantine").join(format!("{name}-{again}"));
    }
    disk.make_folder(&target).map_err(io("the folder for damaged files could not be made"))?;
    let files = [FILE.to_owned(), format!("{FILE}-wal"), format!("{FILE}-shm")];
    let mut there = vec![];
    for file in files {
        if disk.exists(&folder.join(&file)).map_err(&not_copied)? {
            disk.copy(&folder.join(&file), &target.join(&file)).map_err(&not_copied)?;
            there.push(file);
        }
    }
    for place in [target.as_path(), &folder.join("quarantine"), folder] {
        disk.sync_folder(place).map_err(&not_copied)?;
    }
    for file in &there {
        disk.remove(&folder.join(file)).map_err(&not_aside)?;
    }
    disk.sync_folder(folder).map_err(&not_aside)?;
    Ok(target)
}

/// Puts what was read and verified into the new database, all of it to be sent again: the service knows what it has.
fn restore(
    (mut connection, mut state): (Connection, WriterState),
    salvaged: &Salvaged,
) -> Result<(Connection, WriterState, u64), OpenError> {
    let Some(first) = salvaged.entries.first() else { return Ok((connection, state, 0)) };
    let transaction = connection.transaction()?;
    let install_id = first.event.install_id.clone();
    transaction.execute("UPDATE sync_state SET value = ?1 WHERE key = 'install_id'", [install_id.as_str()])?;
    for sealed in &salvaged.entries {
        let event = &sealed.event;
        transaction.execute(
            "INSERT INTO audit_local (local_seq, event_id, prev_hash, hash, bytes) VALUES (?1, ?2, ?3, ?4, ?5)",
            (event.local_seq, event.event_id.as_str(), &event.prev_hash, &sealed.hash, &sealed.bytes),
        )?;
        transaction.execute(
            "INSERT INTO outbox (local_seq, event_id, entity_kind, entity_id, state) VALUES (?1, ?2, ?3, ?4, 'pending')",
            (event.local_seq, event.event_id.as_str(), &event.entity.kind, &event.entity.id),
        )?;
        state.head = AuditHead { local_seq: event.local_seq, hash: sealed.hash.clone() };
    }
    transaction.commit()?;
    state.install_id = install_id;
    Ok((connection, state, salvaged.entries.len() as u64))
}

/// Sets the mark that only a clean close takes away. Returns whether it was there.
fn mark_open(connection: &Connection) -> Result<bool, OpenError> {
    let before = connection
        .execute("INSERT INTO sync_state (key, value) VALUES ('open', '1') ON CONFLICT (key) DO NOTHING", [])?;
    Ok(before == 0)
}

pub(crate) fn close_cleanly(connection: Connection) {
    let closed = connection
        .execute("DELETE FROM sync_state WHERE key = 'open'", [])
        .and_then(|_| connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())));
    if let Err(error) = closed {
        // Nothing is lost by it: the next start finds the mark and the WAL.
        tracing::warn!(%error, "the desk's database was not closed cleanly");
    }
    if let Err((_, error)) = connection.close() {
        tracing::warn!(%error, "the desk's database was not closed cleanly");
    }
}
