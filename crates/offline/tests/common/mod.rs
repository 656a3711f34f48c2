//! A desk's engine on real files, for tests: a workflow of counters, and a disk that fails when told to.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "what a test needs and does not get ends it")]

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use tempfile::TempDir;
use turndown_offline::{
    AppendFile, Disk, DiskLock, Draft, Engine, EngineError, EntityState, Environment, Hands, Intent, LOG_PAGES,
    LocalState, OpenConfig, OpenError, RecordError, Recorded, Sql, StartReport, SystemDisk, UnitOfWork, Workflow,
};
use turndown_protocol::{ActorId, Change, EntityRef, EventId, Fields, Reference, SealedEvent};

pub mod migrations {
    refinery::embed_migrations!("../../migrations/desk");
}

/// Counters in the engine's facts.
pub struct Counters;

fn key(id: &str) -> String {
    format!("counter.{id}")
}

impl Workflow for Counters {
    fn keeps(&self, kind: &str) -> bool {
        kind == "counter"
    }
    fn read(&self, work: &mut UnitOfWork<'_>, entity: &EntityRef) -> Result<Option<Fields>, EngineError> {
        let text = work.fact(&key(&entity.id))?;
        text.map(|text| serde_json::from_str(&text).map_err(|error| EngineError::stored("counter", error))).transpose()
    }
    fn write(
        &self,
        work: &mut UnitOfWork<'_>,
        entity: &EntityRef,
        fields: &Fields,
        _state: EntityState,
    ) -> Result<(), EngineError> {
        let text = serde_json::to_string(fields).map_err(|error| EngineError::stored("counter", error))?;
        work.set_fact(&key(&entity.id), Some(&text))
    }
    fn mark(&self, work: &mut UnitOfWork<'_>, entity: &EntityRef, _local: LocalState) -> Result<bool, EngineError> {
        Ok(self.read(work, entity)?.is_some())
    }
    fn remove(&self, work: &mut UnitOfWork<'_>, entity: &EntityRef) -> Result<(), EngineError> {
        work.set_fact(&key(&entity.id), None)
    }
    fn take_reference(&self, _work: &mut UnitOfWork<'_>, _reference: &Reference) -> Result<(), EngineError> {
        Ok(())
    }
    fn is_stamp(&self, _path: &str) -> bool {
        false
    }
}

/// A clock that a test sets, and ids that repeat from run to run.
#[derive(Default)]
pub struct Still {
    pub seconds: AtomicI64,
    ids: AtomicU64,
}

impl Still {
    /// Another desk's ids are others.
    pub fn skip_ids(&self, so_many: u64) {
        self.ids.fetch_add(so_many, Ordering::SeqCst);
    }
}

impl Environment for Still {
    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp(1_458_900_000, 0).unwrap() + TimeDelta::seconds(self.seconds.load(Ordering::SeqCst))
    }
    fn random(&self) -> u128 {
        u128::from(self.ids.fetch_add(1, Ordering::SeqCst)) + 1
    }
}

/// One desk's folder and everything to open it with.
pub struct House {
    pub folder: TempDir,
    pub environment: Arc<Still>,
    pub disk: Arc<dyn Disk>,
    pub hands: Hands,
    pub second_copy: bool,
    pub log_pages: u32,
}

impl House {
    pub fn new() -> Self {
        Self::on(Arc::new(SystemDisk))
    }

    pub fn on(disk: Arc<dyn Disk>) -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            environment: Arc::new(Still::default()),
            disk,
            hands: Hands::Own,
            second_copy: true,
            log_pages: LOG_PAGES,
        }
    }

    pub fn path(&self) -> PathBuf {
        self.folder.path().join("desk")
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    pub fn try_open(&self) -> Result<(Engine, StartReport), OpenError> {
        let mut config = OpenConfig::new(self.path(), migrations::migrations::runner());
        config.disk = Arc::clone(&self.disk);
        config.hands = self.hands;
        config.second_copy = self.second_copy;
        config.log_pages = self.log_pages;
        Engine::open(&config, Arc::new(Counters), Arc::clone(&self.environment) as _)
    }

    pub fn open(&self) -> (Engine, StartReport) {
        self.try_open().unwrap_or_else(|error| panic!("the desk opens: {error:?}"))
    }

    /// The newest file of the second copy.
    pub fn copy_file(&self) -> PathBuf {
        self.copy_files().pop().expect("there is a second copy")
    }

    pub fn copy_files(&self) -> Vec<PathBuf> {
        let number = |path: &PathBuf| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            name.trim_end_matches(".copy").rsplit('.').next().unwrap().parse::<u64>().unwrap()
        };
        let Ok(entries) = std::fs::read_dir(self.file("copies")) else { return vec![] };
        let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        files.retain(|path| path.extension().is_some_and(|end| end == "copy"));
        files.sort_by_key(number);
        files
    }
}

/// Copies a folder as a power cut would leave it: nothing is closed first.
pub fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Tries to record one step of a counter.
pub fn try_add(engine: &Engine, counter: u32, id: &str) -> Result<Recorded, RecordError<String>> {
    engine.record(Intent {
        event_id: EventId::parse(id).unwrap(),
        actor: ActorId::parse("tester").unwrap(),
        entity: EntityRef::new("counter", counter.to_string()),
        decide: Box::new(move |_, seen| {
            let before = seen.as_ref().map_or(Value::Null, |fields| fields.get("value").clone());
            let after = before.as_i64().unwrap_or(0) + 1;
            Ok(Draft {
                workflow: "counters".into(),
                action: "add".into(),
                args: json!({ "text": "x".repeat(200) }),
                changes: BTreeMap::from([("value".to_owned(), Change { base: before, new: json!(after) })]),
                ..Draft::default()
            })
        }),
    })
}

pub fn add(engine: &Engine, counter: u32, id: &str) -> SealedEvent {
    try_add(engine, counter, id).unwrap_or_else(|error| panic!("{id} is recorded: {error:?}")).sealed
}

pub fn value(engine: &Engine, counter: u32) -> i64 {
    let text = engine.fact(&key(&counter.to_string())).unwrap();
    text.map_or(0, |text| serde_json::from_str::<Fields>(&text).unwrap().get("value").as_i64().unwrap())
}

/// The record: number, id and hash of every entry.
pub fn trail(engine: &Engine) -> Vec<(u64, String, String)> {
    engine
        .read(|mut connection| {
            connection.all("SELECT local_seq, event_id, hash FROM audit_local ORDER BY local_seq", [], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })
        })
        .unwrap()
}

pub fn is_sound(engine: &Engine) {
    let ledger = engine.ledger().unwrap();
    assert!(ledger.is_balanced(), "{ledger:?}");
    let checked = engine.check().unwrap();
    assert_eq!(checked.damage, Vec::<String>::new());
    assert_eq!(checked.verified as usize, trail(engine).len());
}

/// What a disk is told to do wrong.
#[derive(Default)]
pub struct Faults {
    /// Calls so far, of every kind.
    pub calls: AtomicU64,
    /// From this call on everything fails, as if the machine had stopped; 0 for never.
    pub dies_at: AtomicU64,
    /// This copy and all later ones fail, as on a full disk; 0 for none.
    pub copies_fail_from: AtomicU64,
    /// Copies so far.
    pub copies: AtomicU64,
    /// So many appends or syncs of the second copy fail.
    pub appends_fail: AtomicU64,
    /// It is the sync that fails, after the bytes were written.
    pub at_sync: std::sync::atomic::AtomicBool,
    /// The bytes that are free, where a test says so.
    pub free: Mutex<Option<u64>>,
    /// The most bytes that were asked for at once.
    pub largest_read: AtomicU64,
}

/// This machine's disk, with faults.
pub struct Faulty(pub Arc<Faults>);

impl Faulty {
    fn step(&self) -> io::Result<()> {
        let call = self.0.calls.fetch_add(1, Ordering::SeqCst) + 1;
        let dies_at = self.0.dies_at.load(Ordering::SeqCst);
        if dies_at != 0 && call >= dies_at { Err(io::Error::other("the machine has stopped")) } else { Ok(()) }
    }
}

struct FaultyFile(Box<dyn AppendFile>, Arc<Faults>);

impl FaultyFile {
    fn fails(&self, at_sync: bool) -> bool {
        self.1.at_sync.load(Ordering::SeqCst) == at_sync
            && self.1.appends_fail.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_ok()
    }
}

impl AppendFile for FaultyFile {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        Faulty(Arc::clone(&self.1)).step()?;
        if self.fails(false) {
            // Half of it is written.
            self.0.append(&bytes[..bytes.len() / 2])?;
            return Err(io::Error::other("a write that the test let fail"));
        }
        self.0.append(bytes)
    }
    fn sync(&mut self) -> io::Result<()> {
        Faulty(Arc::clone(&self.1)).step()?;
        if self.fails(true) {
            return Err(io::Error::other("a sync that the test let fail"));
        }
        self.0.sync()
    }
    fn truncate(&mut self, length: u64) -> io::Result<()> {
        Faulty(Arc::clone(&self.1)).step()?;
        self.0.truncate(length)
    }
}

impl Disk for Faulty {
    fn vfs(&self) -> Option<&str> {
        None
    }
    fn make_folder(&self, folder: &Path) -> io::Result<()> {
        self.step()?;
        SystemDisk.make_folder(folder)
    }
    fn lock(&self, path: &Path) -> io::Result<DiskLock> {
        SystemDisk.lock(path)
    }
    fn exists(&self, path: &Path) -> io::Result<bool> {
        self.step()?;
        SystemDisk.exists(path)
    }
    fn names(&self, folder: &Path) -> io::Result<Vec<String>> {
        self.step()?;
        SystemDisk.names(folder)
    }
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.step()?;
        let bytes = SystemDisk.read(path)?;
        self.0.largest_read.fetch_max(bytes.len() as u64, Ordering::SeqCst);
        Ok(bytes)
    }
    fn length(&self, path: &Path) -> io::Result<u64> {
        self.step()?;
        SystemDisk.length(path)
    }
    fn read_from(&self, path: &Path, offset: u64, bytes_max: u64) -> io::Result<Vec<u8>> {
        self.step()?;
        let bytes = SystemDisk.read_from(path, offset, bytes_max)?;
        self.0.largest_read.fetch_max(bytes.len() as u64, Ordering::SeqCst);
        Ok(bytes)
    }
    fn create(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        if let Err(error) = self.step() {
            // A file that was being written when the machine stopped is there in part.
            std::fs::write(path, &bytes[..bytes.len() / 2])?;
            return Err(error);
        }
        SystemDisk.create(path, bytes)
    }
    fn append_to(&self, path: &Path) -> io::Result<Box<dyn AppendFile>> {
        self.step()?;
        Ok(Box::new(FaultyFile(SystemDisk.append_to(path)?, Arc::clone(&self.0))))
    }
    fn copy(&self, from: &Path, to: &Path) -> io::Result<()> {
        let copy = self.0.copies.fetch_add(1, Ordering::SeqCst) + 1;
        let fails_from = self.0.copies_fail_from.load(Ordering::SeqCst);
        let full = fails_from != 0 && copy >= fails_from;
        let done = self.step().and_then(|()| if full { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) });
        if let Err(error) = done {
            let bytes = std::fs::read(from)?;
            std::fs::write(to, &bytes[..bytes.len() / 2])?;
            return Err(error);
        }
        SystemDisk.copy(from, to)
    }
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.step()?;
        SystemDisk.rename(from, to)
    }
    fn remove(&self, path: &Path) -> io::Result<()> {
        self.step()?;
        SystemDisk.remove(path)
    }
    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        self.step()?;
        SystemDisk.sync_folder(folder)
    }
    fn free_bytes(&self, folder: &Path) -> io::Result<u64> {
        match *self.0.free.lock().unwrap() {
            Some(free) => Ok(free),
            None => SystemDisk.free_bytes(folder),
        }
    }
}

/// SQL after which an index that is for some rows alone has entries of others, as where the disk did not write its pages.
pub const INDEX_KEPT_WHAT_LEFT_IT: &str = "
    PRAGMA writable_schema = ON;
    UPDATE sqlite_schema SET sql = replace(sql, '''held''', '''held'', ''pending''') WHERE name = 'outbox_stopped';
    PRAGMA writable_schema = RESET;
    REINDEX outbox_stopped;
    PRAGMA writable_schema = ON;
    UPDATE sqlite_schema SET sql = replace(sql, ', ''pending''', '') WHERE name = 'outbox_stopped';
    PRAGMA writable_schema = RESET";
