//! Backups of the database, taken while the desk works: what a repair begins from, so that the board has its rooms at
//! once and need not wait for the service.
//!
//! `backups/<n>.<time>.<kind>.db`: `n` counts up for ever and is the order; the time is for people; the kind is `hourly`,
//! `daily` or `before-update`. A backup gets its name only after it was opened, checked page by page and entry by
//! entry, and synced. What goes is decided by counting alone: of each kind the newest few stay, whatever a clock says.
//! A clock only decides whether a new backup is called hourly or daily.
//!
//! A backup reads one state of the database, like any reader; the writer never waits for it.

use crate::chain;
use crate::disk::Disk;
use crate::engine::{Engine, lock, open_connection, open_reader};
use crate::open::stored_revision;
use crate::{EngineError, Environment, rfc3339};
use chrono::{DateTime, Utc};
use rusqlite::{Connection, OpenFlags};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The folder in the desk's folder.
pub(crate) const FOLDER: &str = "backups";
const HOURLY: &str = "hourly";
const DAILY: &str = "daily";
const BEFORE_UPDATE: &str = "before-update";
/// How many of each kind stay (DESIGN section 5).
const KEPT: [(&str, usize); 3] = [(HOURLY, 2), (DAILY, 7), (BEFORE_UPDATE, 2)];
const DUE: Duration = Duration::from_secs(60 * 60);
/// Pages copied at a time.
const PAGES_A_STEP: i32 = 256;
/// A backup leaves at least this much of the disk free.
const LEAVES_FREE: u64 = 256 << 20;
/// Until it has been checked.
const PART: &str = "unfinished.db";

/// One backup.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Backup {
    n: u64,
    /// Its file's name in `backups`.
    pub name: String,
    /// When it was taken, by the desk's clock.
    pub at: Option<DateTime<Utc>>,
    kind: String,
}

/// What is known between two backups of one run.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct LastBackup {
    /// When the last one was taken, in time since the desk was started.
    uptime: Option<Duration>,
    /// What was the newest unit of work in it.
    revision: u64,
}

/// The backups that are there, oldest first.
pub(crate) fn list(disk: &dyn Disk, folder: &Path) -> io::Result<Vec<Backup>> {
    let mut all: Vec<Backup> = disk.names(&folder.join(FOLDER))?.into_iter().filter_map(parse).collect();
    all.sort();
    Ok(all)
}

fn parse(name: String) -> Option<Backup> {
    let rest = name.strip_suffix(".db")?;
    let (n, rest) = rest.split_once('.')?;
    let (at, kind) = rest.rsplit_once('.')?;
    let n = n.parse().ok()?;
    let at = DateTime::parse_from_str(at, "%Y-%m-%dT%H-%M-%S%z").ok().map(|at| at.to_utc());
    let kind = kind.to_owned();
    Some(Backup { n, name, at, kind })
}

impl Engine {
    /// Takes a backup when the last one is an hour old and something changed since. `uptime` is the time since this
    /// desk was started, on a clock that cannot be set. Slow; call it from where nobody waits.
    ///
    /// # Errors
    /// When SQLite or the disk refuses, or too little space is left. Nothing is lost by it.
    pub fn back_up_if_due(&self, uptime: Duration) -> Result<Option<Backup>, EngineError> {
        let shared = self.shared();
        let (disk, folder) = (shared.disk.as_ref(), shared.folder());
        let failed = |error| EngineError::stored("backup", error);
        let last = *lock(&shared.last_backup);
        let newest = list(disk, folder).map_err(failed)?.pop();
        let due = match (last.uptime, &newest) {
            (Some(then), _) => uptime.saturating_sub(then) >= DUE,
            // The first of this run: how old the newest is, only the clock can say. One from the future is no reason
            // to wait.
            (None, Some(Backup { at: Some(at), .. })) => {
                let age = (shared.environment.now() - *at).to_std().unwrap_or(DUE);
                age.saturating_add(uptime) >= DUE
            }
            (None, _) => true,
        };
        if !due {
            return Ok(None);
        }
        let revision = self.read(stored_revision)?;
        let before = match (last.uptime, &newest) {
            (Some(_), _) => Some(last.revision),
            (None, Some(newest)) => revision_in(&folder.join(FOLDER).join(&newest.name), shared.disk.vfs()).ok(),
            (None, None) => None,
        };
        if before == Some(revision) {
            *lock(&shared.last_backup) = LastBackup { uptime: Some(uptime), revision };
            return Ok(None);
        }
        let reader = open_reader(&shared.path, shared.disk.vfs())?;
        let backup = take(disk, folder, &reader, None, shared.environment.as_ref())?;
        *lock(&shared.last_backup) = LastBackup { uptime: Some(uptime), revision };
        tracing::info!(name = backup.name, "a backup was taken and verified");
        Ok(Some(backup))
    }

    /// The newest backup.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn newest_backup(&self) -> Result<Option<Backup>, EngineError> {
        let shared = self.shared();
        let all = list(shared.disk.as_ref(), shared.folder());
        all.map(|mut all| all.pop()).map_err(|error| EngineError::stored("backup", error))
    }
}

fn revision_in(path: &Path, vfs: Option<&str>) -> Result<u64, EngineError> {
    stored_revision(&open_reader(path, vfs)?)
}

/// Up to which entry the newest of these backups has the record; of one that is not whole the one before it is asked. 0
/// where there is none. A disk that refuses says nothing about what is in a backup, so that is an error.
pub(crate) fn reach(disk: &dyn Disk, folder: &Path, all: &[Backup]) -> Result<u64, EngineError> {
    for backup in all.iter().rev() {
        let head = open_reader(&folder.join(FOLDER).join(&backup.name), disk.vfs()).and_then(|reader| {
            Ok(reader.query_row("SELECT max(local_seq) FROM audit_local", [], |row| row.get::<_, Option<u64>>(0))?)
        });
        match head {
            Err(error) if error.is_damage() => {}
            other => return other.map(Option::unwrap_or_default),
        }
    }
    Ok(0)
}

/// Takes a backup before the schema is brought up to date.
pub(crate) fn before_update(
    disk: &dyn Disk,
    folder: &Path,
    connection: &Connection,
    environment: &dyn Environment,
) -> Result<Backup, EngineError> {
    take(disk, folder, connection, Some(BEFORE_UPDATE), environment)
}

fn take(
    disk: &dyn Disk,
    folder: &Path,
    from: &Connection,
    kind: Option<&str>,
    environment: &dyn Environment,
) -> Result<Backup, EngineError> {
    let failed = |error: io::Error| EngineError::stored("backup", error);
    let size: u64 =
        from.query_row("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size", [], |r| r.get(0))?;
    if disk.free_bytes(folder).map_err(failed)? < size.saturating_add(LEAVES_FREE) {
        return Err(EngineError::NoSpace);
    }
    let backups = folder.join(FOLDER);
    disk.make_folder(&backups).map_err(failed)?;
    disk.sync_folder(folder).map_err(failed)?;
    let part = backups.join(PART);
    clear(disk, &part).map_err(failed)?;
    let copied = copy(disk, from, &part);
    if copied.is_err() {
        // What is not whole is no backup, and is in nobody's way.
        clear(disk, &part).map_err(failed)?;
    }
    copied?;
    disk.append_to(&part).and_then(|mut file| file.sync()).map_err(failed)?;

    let all = list(disk, folder).map_err(failed)?;
    let now = environment.now();
    let is_new_day = || {
        let daily = all.iter().rev().find(|backup| backup.kind == DAILY);
        daily.and_then(|backup| backup.at).is_none_or(|at| at.date_naive() != now.date_naive())
    };
    let kind = kind.unwrap_or_else(|| if is_new_day() { DAILY } else { HOURLY });
    let n = all.last().map_or(1, |backup| backup.n + 1);
    let name = format!("{n:06}.{}.{kind}.db", now.format("%Y-%m-%dT%H-%M-%S%z"));
    disk.rename(&part, &backups.join(&name)).map_err(failed)?;
    disk.sync_folder(&backups).map_err(failed)?;
    prune(disk, folder).map_err(failed)?;
    Ok(parse(name).unwrap_or_else(|| Backup { n, name: rfc3339(now), at: Some(now), kind: kind.to_owned() }))
}

/// Copies one state of the database and checks the copy.
fn copy(disk: &dyn Disk, from: &Connection, part: &Path) -> Result<(), EngineError> {
    let mut to = open_connection(part, OpenFlags::default(), disk.vfs())?;
    to.pragma_update(None, "synchronous", "FULL")?;
    from.execute_batch("BEGIN")?;
    let copied = (|| {
        // The read that makes the state stand still.
        from.query_row("SELECT count(*) FROM sqlite_master", [], |_| Ok(()))?;
        let backup = rusqlite::backup::Backup::new(from, &mut to)?;
        while backup.step(PAGES_A_STEP)? == rusqlite::backup::StepResult::More {}
        Ok::<(), rusqlite::Error>(())
    })();
    from.execute_batch("COMMIT")?;
    copied?;
    // One file, without a log beside it.
    let _: String = to.query_row("PRAGMA journal_mode = DELETE", [], |row| row.get(0))?;
    verify(&to)?;
    to.close().map_err(|(_, error)| error.into())
}

/// Checks a backup: every page, and every entry of the record.
fn verify(connection: &Connection) -> Result<(), EngineError> {
    let said: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if said != "ok" {
        return Err(EngineError::stored("backup", said));
    }
    chain::verify(connection, 0)
}

/// Lets the oldest of each kind go. Only here is anything of ours deleted for its age, and its age is counted.
fn prune(disk: &dyn Disk, folder: &Path) -> io::Result<()> {
    let all = list(disk, folder)?;
    for (kind, kept) in KEPT {
        for old in all.iter().rev().filter(|backup| backup.kind == kind).skip(kept) {
            disk.remove(&folder.join(FOLDER).join(&old.name))?;
        }
    }
    Ok(())
}

fn clear(disk: &dyn Disk, path: &Path) -> io::Result<()> {
    disk.remove(path)?;
    for side in ["-journal", "-wal", "-shm"] {
        let mut name = path.as_os_str().to_owned();
        name.push(side);
        disk.remove(&PathBuf::from(name))?;
    }
    Ok(())
}
