//! Opening the desk's database: in order, and never past something that would lose work.

use crate::backup;
use crate::chain::{self, Plan};
use crate::check;
use crate::checkpoint::Log;
use crate::disk::{Disk, DiskLock, SystemDisk};
use crate::engine::{Engine, Hands, open_connection};
use crate::repair::{self, repair};
use crate::row_proof;
use crate::second_copy::{self, CopyWriter, Tail};
use crate::state;
use crate::unit_of_work::{REVISION, WriterState};
use crate::writer::Writer;
use crate::{EngineError, Environment, OpenError, Space, Sql, Workflow, now_ms, rfc3339};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, OptionalExtension};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use turndown_protocol::{AuditHead, EventId, InstallId, SealedEvent, ZERO_HASH};
use turndown_sabotage::{self as sabotage, Version};

/// The oldest SQLite that does not lose a write when the WAL is reset under load (fixed in 3.51.3).
const SQLITE_NUMBER_MIN: i32 = 3_051_003;
/// How many of the newest audit entries are verified before the desk opens.
const CHAIN_TAIL: u64 = 1_000;
/// The database's file name in the desk's folder.
pub(crate) const FILE: &str = "desk.db";

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
    /// Whether every recorded action is kept twice.
    pub second_copy: bool,
    /// Pages of the log after which it is written into the database.
    pub log_pages: u32,
}

/// Written seldom enough that most of its pages have changed several times meanwhile, and are written once.
pub const LOG_PAGES: u32 = 4_000;

impl OpenConfig {
    /// A folder on this machine's own disk, with a thread that writes.
    #[must_use]
    pub fn new(folder: PathBuf, migrations: refinery::Runner) -> Self {
        Self {
            folder,
            migrations,
            disk: Arc::new(SystemDisk),
            hands: Hands::Own,
            second_copy: true,
            log_pages: LOG_PAGES,
        }
    }
}

/// What opening found and did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StartReport {
    /// The last stop was not a clean one.
    pub unclean: bool,
    /// Something had to be repaired. Said again at the next start until [`Engine::repair_is_told`].
    pub repair: Option<RepairReport>,
    /// How much room the disk has.
    pub space: Space,
}

/// The fact that keeps a report until it is told.
pub(crate) const REPAIR_UNTOLD: &str = "repair_untold";

/// What a repair found and did.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RepairReport {
    /// When, by the desk's clock.
    pub at: String,
    /// Where the files are that were found damaged, as they were. Nothing of them was deleted. `None` when the
    /// database was sound and only behind its second copy.
    pub set_aside: Option<PathBuf>,
    /// The backup that the new database began from; `None` where there was none, or the database was kept.
    pub backup: Option<String>,
    /// Actions read from the damaged database and verified.
    pub from_database: u64,
    /// Entries seen in the damaged database that could not be verified there.
    pub unreadable: u64,
    /// Actions that only the second copy had.
    pub from_copy: u64,
    /// Actions that were put into the database now. They are sent again; the service knows those it has.
    pub taken_up: u64,
    /// First and last number of each stretch of the record that nothing here holds any more.
    pub missing: Vec<(u64, u64)>,
    /// Actions of another branch of this desk's history (an older copy that went on by itself).
    pub strays: u64,
    /// The record has a gap or a branch, so this desk went on under a new install id.
    pub needs_new_install: bool,
    /// What the desk goes on from had its sending paused, or was told to work offline. Whether that still holds nothing
    /// here knows: it sends again.
    #[serde(default)]
    pub sends_again: bool,
    /// It stands in the record.
    #[serde(default)]
    pub noted: bool,
}

impl RepairReport {
    pub(crate) fn to_json(&self) -> Result<String, EngineError> {
        serde_json::to_string(self).map_err(|error| EngineError::stored("report", error))
    }
}

impl Engine {
    /// Opens the desk's database in a folder, making it when there is none.
    ///
    /// A file that is damaged or is no database is copied to `quarantine/<time>/` first, and what can be read and
    /// verified goes on in a new one. What only the second copy has is taken up.
    ///
    /// # Errors
    /// See [`OpenError`]; nothing that was recorded is lost by it.
    pub fn open(
        config: &OpenConfig,
        workflow: Arc<dyn Workflow>,
        environment: Arc<dyn Environment>,
    ) -> Result<(Self, StartReport), OpenError> {
        match Self::open_once(config, Arc::clone(&workflow), Arc::clone(&environment)) {
            // The database looked sound and would not take what it lacks: it is marked, so that this look makes it anew.
            Err(OpenError::Engine(error)) if error.is_damage() => {
                check::mark(config.disk.as_ref(), &config.folder, &error.detail())
                    .map_err(|source| OpenError::Io { what: "the damage could not be marked", source })?;
                Self::open_once(config, workflow, environment)
            }
            opened => opened,
        }
    }

    fn open_once(
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
        repair::finish_swap(disk, &config.folder)?;

        // The first write belongs to the look: a page that no query came by may refuse it.
        let look = || -> Result<(Found, bool), OpenError> {
            let found = look(config, environment.as_ref())?;
            let unclean = mark_open(&found.connection)?;
            Ok((found, unclean))
        };
        let (found, unclean) = match look() {
            Err(error) if is_damage(&error) => {
                tracing::error!(?error, "the desk's database is damaged; it is repaired");
                repair(config, environment.as_ref())?;
                look()?
            }
            other => other?,
        };
        let Found { connection, state, tails, plan, branch, let_go, untold } = found;

        let copied_to = tails.iter().filter_map(|tail| tail.newest.as_ref()).map(|(seq, _)| *seq).max().unwrap_or(0);
        let copy = CopyWriter::new(
            Arc::clone(&config.disk),
            Arc::clone(&environment),
            config.folder.join(second_copy::FOLDER),
            config.second_copy,
            &tails,
            copied_to.max(let_go),
        );
        let mut writer = Writer::new(connection, Log::new(config.log_pages), state, copy)
            .map_err(|error| OpenError::Engine(error.into()))?;
        if !branch {
            writer.catch_up();
        }
        let engine = Self::start(writer, file_lock, config, path, workflow, Arc::clone(&environment))
            .map_err(|source| OpenError::Io { what: "the writer's thread could not be started", source })?;
        let repair = engine.take_up_plan(plan, let_go, untold)?;
        if branch {
            engine.copy_from_the_beginning()?;
        }
        let space = engine.look_at_space();
        Ok((engine, StartReport { unclean, repair, space }))
    }

    /// Takes up what the second copy has beyond the database, and says what there is to tell.
    fn take_up_plan(
        &self,
        plan: Plan,
        let_go: u64,
        untold: Option<RepairReport>,
    ) -> Result<Option<RepairReport>, EngineError> {
        let Plan { mut follow, missing, strays } = plan;
        let (mut all_missing, mut all_strays) =
            self.read(|c| Ok((chain::stretches(c, chain::MISSING)?, chain::stretches(c, chain::STRAYS)?)))?;
        let followed = follow.len() as u64;
        let mut new_strays = vec![];
        // Copies that were taken at several times may have an event under several numbers; the record takes it once.
        let mut known: BTreeSet<EventId> = follow.iter().map(|(_, kept)| kept.event_id.clone()).collect();
        for stray in strays {
            if known.insert(stray.event_id.clone()) && !self.has_event(&stray.event_id)? {
                new_strays.push(stray);
            }
        }
        if follow.is_empty() && new_strays.is_empty() && untold.as_ref().is_none_or(|report| report.noted) {
            return Ok(untold);
        }
        let at = rfc3339(self.environment().now());
        let mut report = untold.unwrap_or_else(|| RepairReport { at, ..RepairReport::default() });
        if report.noted || report.set_aside.is_none() {
            report.from_copy += followed;
        }
        all_missing.extend(&missing);
        // What was let go is not lost: the service has it.
        report.missing.extend(missing.into_iter().filter(|(_, to)| *to > let_go));
        if !new_strays.is_empty() {
            // Their numbers are taken, so they stand behind the end; what they are does not change.
            let from = follow.last().map_or(self.audit_head()?.local_seq, |(seq, _)| *seq) + 1;
            report.strays += new_strays.len() as u64;
            follow.extend((from..).zip(new_strays));
            all_strays.extend(follow.last().map(|(to, _)| (from, *to)));
        }
        report.needs_new_install |= !report.missing.is_empty() || report.strays > 0;
        Ok(Some(self.take_up(follow, [&all_missing, &all_strays], report)?))
    }

    fn has_event(&self, id: &EventId) -> Result<bool, EngineError> {
        let there: Option<u64> = self.read(|mut connection| {
            connection.first("SELECT local_seq FROM audit_local WHERE event_id = ?1", [id.as_str()], |row| row.get(0))
        })?;
        Ok(there.is_some())
    }

    /// The second copy was of another branch. Everything in it is in the database now: it is put aside, and begun anew.
    fn copy_from_the_beginning(&self) -> Result<(), OpenError> {
        let shared = self.shared();
        repair::put_copies_aside(shared.disk.as_ref(), shared.folder(), shared.environment.as_ref())?;
        self.on_writer(|writer, shared| {
            writer.begin_copy();
            shared.set_second_copy(writer.copy.state());
            Ok(())
        })?;
        Ok(())
    }

    /// Somebody has read the report of the last repair; it is not said again.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn repair_is_told(&self) -> Result<(), EngineError> {
        self.set_facts(vec![(REPAIR_UNTOLD, None)])
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
    if sabotage::on(Version::FolderNotSynced) {
        return Ok(());
    }
    if above.is_empty() {
        // Made by a start that was cut off before it came to this. Who may not look into the folder above did not
        // make this one either.
        if let Some(place) = folder.parent() {
            let _ = disk.sync_folder(place);
        }
    }
    above.into_iter().filter(|place| !place.as_os_str().is_empty()).try_for_each(|place| disk.sync_folder(place))
}

/// What a look at the files found, all of it sound.
struct Found {
    connection: Connection,
    state: WriterState,
    tails: Vec<Tail>,
    /// What the second copy has beyond the database.
    plan: Plan,
    /// The second copy is of another branch: it is set aside and written anew.
    branch: bool,
    /// Up to this number the second copy has let go.
    let_go: u64,
    untold: Option<RepairReport>,
}

/// Opens the database and compares it with its second copy. Nothing is written through a database that is not sound.
fn look(config: &OpenConfig, environment: &dyn Environment) -> Result<Found, OpenError> {
    let disk = config.disk.as_ref();
    let path = config.folder.join(FILE);
    let copies = config.folder.join(second_copy::FOLDER);
    let unreadable = |source| OpenError::Io { what: "the second copy could not be read", source };
    let tails = second_copy::tails(disk, &copies).map_err(unreadable)?;
    let newest = tails.iter().filter_map(|tail| tail.newest.clone()).max();
    let newest = newest.filter(|_| !sabotage::on(Version::CopyNotRead));
    let mark = config.folder.join(check::DAMAGED);
    if disk.exists(&mark).map_err(|source| OpenError::Io { what: "the desk's folder could not be read", source })? {
        return Err(EngineError::stored("database", "an earlier look found damage").into());
    }
    let unlisted = |source| OpenError::Io { what: "the backups could not be read", source };
    // Asked only where it matters: a folder of backups that cannot be read is no reason to refuse a sound desk.
    let backups = || backup::list(disk, &config.folder).map_err(unlisted);
    let has_past = newest.is_some() || !backups()?.is_empty();
    if has_past && is_missing(disk, &path)? {
        return Err(EngineError::stored("database", "it is gone, and what was made from it is there").into());
    }
    let (connection, state) = prepare(&path, config, environment)?;
    repair::refuse_other_tables(&connection, &config.migrations)?;
    let untold = untold_report(&connection)?;
    // Whoever repaired it has not come to its end.
    let repaired = untold.as_ref().is_some_and(|report| !report.noted);
    let let_go = second_copy::let_go(disk, &copies).map_err(unreadable)?;
    let mut found = Found { connection, state, tails: vec![], plan: Plan::default(), branch: false, let_go, untold };
    let head = &found.state.head;
    if let Some((copied_to, hash)) = newest {
        if copied_to > head.local_seq {
            let files = tails.iter().filter(|tail| tail.newest.as_ref().is_some_and(|(seq, _)| *seq >= head.local_seq));
            let entries = second_copy::collect(disk, &copies, files.map(|tail| tail.file.clone()), &|seq, sealed| {
                has_entry(&found.connection, seq, &sealed.hash)
            })
            .map_err(unreadable)?;
            // A database that lost its end may have lost more: it is looked through before anything stands on it.
            refuse_unsound(&found.connection, head.local_seq)?;
            found.plan = chain::plan(head, &entries);
            found.branch = found.plan.follow.is_empty() && !found.plan.strays.is_empty();
            // What nothing here holds may be in a backup. A database that a repair made has begun from it already.
            let lost = found.plan.missing.iter().filter(|(_, to)| *to > let_go);
            if let Some(first) = lost.map(|(from, _)| (*from).max(let_go + 1)).min()
                && !repaired
                && backup::reach(disk, &config.folder, &backups()?)? >= first
            {
                return Err(EngineError::stored("database", "a backup has entries that it and its copies lack").into());
            }
        }
        if copied_to <= head.local_seq {
            let ours: Option<String> = found
                .connection
                .query_row("SELECT hash FROM audit_local WHERE local_seq = ?1", [copied_to], |row| row.get(0))
                .optional()?;
            found.branch = ours.as_ref() != Some(&hash);
        }
        // A repair may have begun from a backup of one branch, with the other one in a copy that ends before the head.
        if found.branch || repaired || !found.plan.strays.is_empty() {
            let files = tails.iter().map(|tail| tail.file.clone());
            let known = |seq, sealed: &SealedEvent| has_entry(&found.connection, seq, &sealed.hash);
            let mut entries = second_copy::collect(disk, &copies, files, &known).map_err(unreadable)?;
            for (seq, kept) in &found.plan.follow {
                entries.remove(&(*seq, kept.hash.clone()));
            }
            found.plan.strays = entries.into_values().collect();
        }
    }
    found.tails = tails;
    Ok(found)
}

/// Whether the database has this entry under this number. What cannot be asked is not there.
fn has_entry(connection: &Connection, seq: u64, hash: &str) -> bool {
    let asked = connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM audit_local WHERE local_seq = ?1 AND hash = ?2)")
        .and_then(|mut asked| asked.query_row((seq, hash), |row| row.get(0)));
    asked.unwrap_or(false)
}

fn is_missing(disk: &dyn Disk, path: &Path) -> Result<bool, OpenError> {
    let unreadable = |source| OpenError::Io { what: "the database could not be looked at", source };
    Ok(!disk.exists(path).map_err(unreadable)? || disk.length(path).map_err(unreadable)? == 0)
}

fn untold_report(connection: &Connection) -> Result<Option<RepairReport>, OpenError> {
    let text: Option<String> = connection
        .query_row("SELECT value FROM sync_state WHERE key = ?1", [REPAIR_UNTOLD], |row| row.get(0))
        .optional()?;
    // A report that an older version cannot read any more is not a reason to refuse the desk.
    Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
}

fn refuse_unsound(connection: &Connection, head: u64) -> Result<(), OpenError> {
    let found = check::unsound(connection)?;
    if !found.is_empty() {
        return Err(EngineError::stored("database", found.join("; ")).into());
    }
    let beyond: bool =
        connection.query_row("SELECT EXISTS (SELECT 1 FROM outbox WHERE local_seq > ?1)", [head], |row| row.get(0))?;
    if beyond {
        return Err(EngineError::stored("database", "the outbox knows more than the record").into());
    }
    Ok(())
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

pub(crate) fn prepare(
    path: &Path,
    config: &OpenConfig,
    environment: &dyn Environment,
) -> Result<(Connection, WriterState), OpenError> {
    let mut connection = open_connection(path, OpenFlags::default(), config.disk.vfs())?;
    // Until the file is known to be sound, closing it must not write the log into it.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.set_prepared_statement_cache_capacity(128);
    refuse_read_only(&connection)?;
    let outdated = refuse_newer(&connection, &config.migrations)?;
    let has_record: bool =
        connection
            .query_row("SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE name = 'audit_local')", [], |r| r.get(0))?;
    if has_record {
        verify_tail(&connection)?;
    }
    set_and_read_back(&connection)?;
    if outdated && path.file_name().is_some_and(|name| name == FILE) {
        // A migration is one transaction, so it can be killed; the backup is for one that does the wrong thing.
        let backup = backup::before_update(config.disk.as_ref(), &config.folder, &connection, environment);
        if let Err(error) = backup {
            tracing::warn!(%error, "no backup could be taken before the database is brought up to date");
        }
    }
    config.migrations.run(&mut connection).map_err(|error| OpenError::Migrate(Box::new(error)))?;
    if outdated {
        state::prove(&connection)?;
    }
    let as_written = row_proof::keep(&connection)?;
    let state = read_state(&connection, environment, as_written)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    Ok((connection, state))
}

/// Opens the database again while the desk runs, after an error that the last connection did not survive.
pub(crate) fn reopen(
    path: &Path,
    vfs: Option<&str>,
    environment: &dyn Environment,
) -> Result<(Connection, WriterState), EngineError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = open_connection(path, flags, vfs)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.set_prepared_statement_cache_capacity(128);
    refuse_read_only(&connection)?;
    set_and_read_back(&connection)?;
    let as_written = row_proof::keep(&connection)?;
    let state = read_state(&connection, environment, as_written)?;
    verify_tail(&connection)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    Ok((connection, state))
}

/// Refuses a connection that SQLite would only read through. It opens a file that it may not write for reading alone, and
/// does the same where the file's header names a form newer than it can write: the one passes, the other is damage.
fn refuse_read_only(connection: &Connection) -> Result<(), EngineError> {
    if connection.is_readonly("main")? {
        let refused = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_READONLY);
        return Err(rusqlite::Error::SqliteFailure(refused, None).into());
    }
    // The header is read with the first query.
    connection.query_row("PRAGMA schema_version", [], |_| Ok(()))?;
    if connection.is_readonly("main")? {
        return Err(EngineError::stored("database", "its header names a form that nobody has written"));
    }
    Ok(())
}

/// The revision of the last unit of work in the database.
pub(crate) fn stored_revision(connection: &Connection) -> Result<u64, EngineError> {
    let text: Option<String> =
        connection.query_row("SELECT value FROM sync_state WHERE key = ?1", [REVISION], |row| row.get(0)).optional()?;
    text.map_or(Ok(0), |text| text.parse().map_err(|error| EngineError::stored("revision", error)))
}

/// Refuses a database of a newer version, and one whose list of migrations is not the list that was written: refinery
/// trusts that list, and ends the process over it. Answers whether the database is of an older version.
fn refuse_newer(connection: &Connection, migrations: &refinery::Runner) -> Result<bool, OpenError> {
    let mut ours: Vec<_> = migrations.get_migrations().iter().collect();
    ours.sort_unstable_by_key(|migration| migration.version());
    let has_history: bool = connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM sqlite_master WHERE name = 'refinery_schema_history')",
        [],
        |row| row.get(0),
    )?;
    if !has_history {
        return Ok(false);
    }
    let mut statement = connection
        .prepare("SELECT version, name, applied_on, checksum FROM refinery_schema_history ORDER BY version")?;
    let applied = statement
        .query_map([], |row| {
            Ok((row.get::<_, u32>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?, row.get::<_, String>(3)?))
        })?
        .collect::<Result<Vec<_>, _>>()?;
    for ((version, name, at, checksum), ours) in applied.iter().zip(&ours) {
        let as_written = i64::from(*version) == i64::from(ours.version())
            && name == ours.name()
            && *checksum == ours.checksum().to_string()
            && chrono::DateTime::parse_from_rfc3339(at).is_ok();
        if !as_written {
            return Err(EngineError::stored("list of migrations", format!("version {version} is not as it was")).into());
        }
    }
    let found = applied.last().map_or(0, |(version, ..)| *version);
    let known = ours.last().and_then(|migration| u32::try_from(migration.version()).ok()).unwrap_or(0);
    if found > known { Err(OpenError::Newer { found, known }) } else { Ok(found < known) }
}

/// What durability rests on is set and then read back: a file system without shared memory refuses WAL silently.
pub(crate) fn set_and_read_back(connection: &Connection) -> Result<(), EngineError> {
    let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
    if mode != "wal" {
        return Err(EngineError::Setting { setting: "journal_mode", found: mode });
    }
    let wanted = if sabotage::on(Version::SynchronousNormal) { 1 } else { 2 };
    connection.pragma_update(None, "synchronous", wanted)?;
    let level: i64 = connection.query_row("PRAGMA synchronous", [], |row| row.get(0))?;
    if level != wanted {
        return Err(EngineError::Setting { setting: "synchronous", found: level.to_string() });
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

fn read_state(
    connection: &Connection,
    environment: &dyn Environment,
    as_written: row_proof::Conditions,
) -> Result<WriterState, EngineError> {
    state::refuse_rotted(connection)?;
    let stored = state::read(&mut { connection }, "install_id")?;
    let recorded_by = newest_install(connection)?;
    let install_id = match stored {
        Some(text) => InstallId::parse(text).map_err(|error| EngineError::stored("install id", error))?,
        None if recorded_by.is_some() => return Err(EngineError::stored("install id", "it is gone")),
        None => {
            let id = InstallId::generate(now_ms(environment), environment.random());
            state::put(connection, "install_id", id.as_str())?;
            id
        }
    };
    // Who goes on as another install says so with an entry, in one unit of work. A fact that says otherwise is of before:
    // the disk dropped the page that it was written to.
    if let Some(install) = recorded_by.filter(|install| *install != install_id) {
        return Err(EngineError::stored("install id", format!("the newest entry is of {}", install.as_str())));
    }
    let head = connection
        .query_row("SELECT local_seq, hash FROM audit_local ORDER BY local_seq DESC LIMIT 1", [], |row| {
            Ok(AuditHead { local_seq: row.get(0)?, hash: row.get(1)? })
        })
        .optional()?
        .unwrap_or(AuditHead { local_seq: 0, hash: ZERO_HASH.into() });
    // Rows carry the revision of the last run; this run goes on above it.
    let revision = stored_revision(connection)?;
    Ok(WriterState { install_id, head, revision, as_written })
}

/// The install that recorded the newest entry of this desk's own branch.
fn newest_install(connection: &Connection) -> Result<Option<InstallId>, EngineError> {
    let strays = chain::stretches(connection, chain::STRAYS)?;
    let mut statement = connection.prepare("SELECT local_seq, bytes FROM audit_local ORDER BY local_seq DESC")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let seq: u64 = row.get(0)?;
        if !strays.iter().any(|(from, to)| (*from..=*to).contains(&seq)) {
            let bytes: String = row.get(1)?;
            let sealed = SealedEvent::from_bytes(&bytes).map_err(|error| EngineError::stored("audit entry", error))?;
            return Ok(Some(sealed.event.install_id));
        }
    }
    Ok(None)
}

/// Verifies the newest entries of the chain.
fn verify_tail(connection: &Connection) -> Result<(), EngineError> {
    let highest: Option<u64> = connection.query_row("SELECT max(local_seq) FROM audit_local", [], |row| row.get(0))?;
    chain::verify(connection, highest.unwrap_or(0).saturating_sub(CHAIN_TAIL)).map(|_| ())
}

/// Whether an error says that the file is damaged or is no database, rather than busy, full or forbidden.
fn is_damage(error: &OpenError) -> bool {
    match error {
        OpenError::Engine(error) => error.is_damage(),
        OpenError::Migrate(error) => {
            // The statements are right, and every version's database has gone through them. What does not (a table that is
            // there already, an index that is not, a value that fits no column) is another one than its list of
            // migrations says: foreign, rotted, or without its list's end.
            let text = format!("{error:?}");
            ["DatabaseCorrupt", "NotADatabase", "ConstraintViolation", "extended_code: 1 }"]
                .iter()
                .any(|said| text.contains(said))
        }
        _ => false,
    }
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
