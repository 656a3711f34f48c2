//! The engine's handle, its one writer thread, and its readers.

use crate::backup::LastBackup;
use crate::checkpoint;
use crate::disk::{Disk, DiskLock};
use crate::row_proof;
use crate::unit_of_work::{Ended, WriterState};
use crate::writer::Writer;
use crate::{EngineError, Environment, OpenConfig, SecondCopy, Space, UnitError, UnitOfWork, Workflow};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::{Notify, watch};
use turndown_protocol::{Authority, EntityRef, EventId, InstallId, Mode};
use turndown_sabotage::{self as sabotage, Version};

/// A sort of thing that views show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sort {
    /// Entities as this desk sees them.
    Entities,
    /// The outbox, the ledger, conflicts.
    Outbox,
    /// The link and the age of what is known.
    Status,
    /// The reference document and who is working.
    Reference,
}

/// The newest revision, and when each sort last changed. A listener compares it with what it saw before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notice {
    /// The newest revision that is committed.
    pub revision: u64,
    /// The revision in which each sort last changed.
    pub changed: BTreeMap<Sort, u64>,
}

/// Whose thread the one writer runs on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Hands {
    /// One of its own: people who record never wait for a flush. What the product uses.
    #[default]
    Own,
    /// The caller's: everything happens in the order of the calls, so that a run can be replayed from its seed.
    Callers,
}

/// What a job tells its caller, once everything that it recorded is in the second copy too.
type Reply = Box<dyn FnOnce() + Send>;
type Job = Box<dyn FnOnce(&mut Writer, &Shared) -> Reply + Send>;

/// How many waiting records share one write of the second copy.
const RECORDS_A_WRITE: usize = 16;

/// Records go before everything else, so that a flush never makes a person wait.
#[derive(Default)]
struct Queue {
    records: VecDeque<Job>,
    background: VecDeque<Job>,
    closing: bool,
}

enum WriterPlace {
    Thread(Mutex<Option<JoinHandle<()>>>),
    Here(Mutex<Option<Box<Writer>>>),
}

/// What the writer, the readers and every handle share.
pub(crate) struct Shared {
    pub(crate) environment: Arc<dyn Environment>,
    pub(crate) workflow: Arc<dyn Workflow>,
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) path: PathBuf,
    queue: Mutex<Queue>,
    jobs: Condvar,
    notices: watch::Sender<Notice>,
    /// New work for the flusher.
    work: Notify,
    pub(crate) readers: Mutex<Vec<Connection>>,
    /// Held while the log is written into the database, beside the writer or whole.
    pub(crate) checkpoint: Mutex<()>,
    /// Whether the service answers; events are stamped with it.
    pub(crate) mode: Mutex<Mode>,
    pub(crate) authority: Mutex<Option<Authority>>,
    /// How far the audit trail was counted, and to what.
    pub(crate) audit_counted: Mutex<(u64, u64)>,
    /// As the last commit left it.
    install_id: Mutex<InstallId>,
    /// What is on its way now, with its entity. In memory only: `syncing` is never durable.
    flight: Mutex<BTreeMap<EventId, EntityRef>>,
    /// In which revision an entity last came into or out of flight.
    flight_marks: Mutex<BTreeMap<EntityRef, u64>>,
    /// Where the second copy stands, for whoever looks.
    pub(crate) second_copy: Mutex<SecondCopy>,
    pub(crate) last_backup: Mutex<LastBackup>,
    pub(crate) space: Mutex<Space>,
    /// Damage was met since the start.
    pub(crate) damaged: AtomicBool,
}

/// A lock whose holder panicked still guards whole values here: every critical section only moves or replaces them.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A handle to the open engine. Cheap to clone; the last one to go closes the database.
#[derive(Clone)]
pub struct Engine {
    shared: Arc<Shared>,
    closer: Arc<Closer>,
}

/// Ends the writer when the last handle goes.
struct Closer {
    shared: Arc<Shared>,
    place: WriterPlace,
    /// Held as long as the engine lives, so that one database has one writer on the whole machine.
    _lock: DiskLock,
}

impl Closer {
    fn close(&self) {
        lock(&self.shared.queue).closing = true;
        self.shared.jobs.notify_all();
        match &self.place {
            WriterPlace::Thread(thread) => {
                if let Some(thread) = lock(thread).take() {
                    // A panicked writer has nothing left to say; its jobs were answered as not saved.
                    let _ = thread.join();
                }
            }
            WriterPlace::Here(writer) => {
                if let Some(writer) = lock(writer).take() {
                    lock(&self.shared.readers).clear();
                    writer.close();
                }
            }
        }
    }
}

impl Drop for Closer {
    fn drop(&mut self) {
        self.close();
    }
}

impl Engine {
    pub(crate) fn start(
        writer: Writer,
        file_lock: DiskLock,
        config: &OpenConfig,
        path: PathBuf,
        workflow: Arc<dyn Workflow>,
        environment: Arc<dyn Environment>,
    ) -> Result<Self, std::io::Error> {
        let install_id = writer.state.install_id.clone();
        let first = Notice { revision: writer.state.revision, changed: BTreeMap::new() };
        let shared = Arc::new(Shared {
            environment,
            workflow,
            disk: Arc::clone(&config.disk),
            path,
            queue: Mutex::default(),
            jobs: Condvar::new(),
            notices: watch::Sender::new(first),
            work: Notify::new(),
            readers: Mutex::default(),
            checkpoint: Mutex::default(),
            mode: Mutex::new(Mode::Offline),
            authority: Mutex::new(None),
            audit_counted: Mutex::default(),
            install_id: Mutex::new(install_id),
            flight: Mutex::default(),
            flight_marks: Mutex::default(),
            second_copy: Mutex::new(writer.copy.state().clone()),
            last_backup: Mutex::default(),
            space: Mutex::default(),
            damaged: AtomicBool::new(false),
        });
        let place = match config.hands {
            Hands::Callers => WriterPlace::Here(Mutex::new(Some(Box::new(writer)))),
            Hands::Own => {
                let shared = Arc::clone(&shared);
                let thread = std::thread::Builder::new().name("desk-writer".into());
                WriterPlace::Thread(Mutex::new(Some(thread.spawn(move || write_until_closed(writer, &shared))?)))
            }
        };
        let closer = Closer { shared: Arc::clone(&shared), place, _lock: file_lock };
        Ok(Self { shared, closer: Arc::new(closer) })
    }

    /// This installation's id. It changes when the desk finds itself restored or copied ([`Engine::continue_as`]).
    #[must_use]
    pub fn install_id(&self) -> InstallId {
        lock(&self.shared.install_id).clone()
    }

    /// The database file.
    #[must_use]
    pub fn path(&self) -> &std::path::Path {
        &self.shared.path
    }

    /// The clock and the randomness.
    #[must_use]
    pub fn environment(&self) -> &Arc<dyn Environment> {
        &self.shared.environment
    }

    /// Hears of every new revision. The value at hand is the newest; none can be missed.
    #[must_use]
    pub fn notices(&self) -> watch::Receiver<Notice> {
        self.shared.notices.subscribe()
    }

    /// The newest revision that is committed.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.shared.notices.borrow().revision
    }

    /// Ends when there is new work for the flusher since the last time.
    pub async fn work(&self) {
        self.shared.work.notified().await;
    }

    /// Runs a unit of work ahead of everything in the background. Blocks until it is committed or refused.
    ///
    /// # Errors
    /// What the unit of work answers, or that the database refused; nothing was saved then.
    pub fn write<T, E>(&self, unit: impl FnOnce(&mut UnitOfWork<'_>) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: UnitError + Send + 'static,
    {
        self.run(true, unit)
    }

    /// Runs a unit of work when no record is waiting. Blocks until it is committed or refused.
    ///
    /// # Errors
    /// As [`Engine::write`].
    pub fn write_behind<T, E>(
        &self,
        unit: impl FnOnce(&mut UnitOfWork<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: UnitError + Send + 'static,
    {
        self.run(false, unit)
    }

    fn run<T, E>(
        &self,
        first: bool,
        unit: impl FnOnce(&mut UnitOfWork<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: UnitError + Send + 'static,
    {
        let (answer, answered) = mpsc::sync_channel(1);
        self.hand_in(
            first,
            Box::new(move |writer, shared| {
                let result = transact(writer, shared, unit);
                Box::new(move || {
                    // A caller that went away does not undo what is on disk.
                    let _ = answer.send(result);
                })
            }),
        )
        .map_err(E::from)?;
        answered.recv().unwrap_or_else(|_| Err(EngineError::Closed.into()))
    }

    /// Gives the writer a job, or does it here where the writer has no thread.
    fn hand_in(&self, first: bool, job: Job) -> Result<(), EngineError> {
        if let WriterPlace::Here(writer) = &self.closer.place {
            let mut writer = lock(writer);
            let writer = writer.as_mut().ok_or(EngineError::Closed)?;
            let reply = run(job, writer, &self.shared);
            writer.seal(&self.shared);
            reply.into_iter().for_each(|reply| reply());
            if writer.log.is_due() {
                checkpoint::write_back_beside(&self.shared, &writer.log.pages());
                writer.write_back_rest();
            }
            return Ok(());
        }
        {
            let mut queue = lock(&self.shared.queue);
            if queue.closing {
                return Err(EngineError::Closed);
            }
            if first { queue.records.push_back(job) } else { queue.background.push_back(job) }
        }
        self.shared.jobs.notify_one();
        Ok(())
    }

    /// Reads on a connection of its own, in one read transaction: a consistent picture that never waits for the writer.
    ///
    /// # Errors
    /// When SQLite refuses or something stored cannot be read.
    pub fn read<T>(&self, reading: impl FnOnce(&Connection) -> Result<T, EngineError>) -> Result<T, EngineError> {
        let pooled = lock(&self.shared.readers).pop();
        let connection = match pooled {
            Some(connection) => connection,
            None => open_reader(&self.shared.path, self.shared.disk.vfs())?,
        };
        connection.prepare_cached("BEGIN")?.execute([])?;
        let result = reading(&connection);
        if let Err(error) = &result {
            self.shared.mark_if_corrupt(error);
        }
        // A reader that cannot end its transaction is not lent again, nor one that met anything it could not read.
        if result.is_ok() && connection.prepare_cached("COMMIT").and_then(|mut end| end.execute([])).is_ok() {
            lock(&self.shared.readers).push(connection);
        }
        result
    }

    /// Tells every listener that something outside the database changed (the link, who is working).
    pub fn announce(&self, sort: Sort) {
        let announced = self.job(move |state, shared| {
            state.revision += 1;
            shared.publish(state.revision, &BTreeSet::from([sort]));
        });
        if let Err(error) = announced {
            tracing::debug!(%error, "nobody is left to tell");
        }
    }

    /// Marks events as on their way, or no longer. Views hear of it; nothing is written.
    pub fn set_in_flight(&self, events: Vec<(EventId, EntityRef)>, on: bool) {
        let marked = self.job(move |state, shared| {
            state.revision += 1;
            {
                let mut flight = lock(&shared.flight);
                let mut marks = lock(&shared.flight_marks);
                for (event, entity) in events {
                    marks.insert(entity.clone(), state.revision);
                    if on {
                        flight.insert(event, entity);
                    } else {
                        flight.remove(&event);
                    }
                }
            }
            shared.publish(state.revision, &BTreeSet::from([Sort::Entities, Sort::Outbox]));
        });
        if let Err(error) = marked {
            tracing::debug!(%error, "nobody is left to tell");
        }
    }

    /// What is on its way now.
    #[must_use]
    pub fn in_flight(&self) -> BTreeMap<EventId, EntityRef> {
        lock(&self.shared.flight).clone()
    }

    pub(crate) fn is_in_flight(&self, id: &EventId) -> bool {
        lock(&self.shared.flight).contains_key(id)
    }

    /// Entities that came into or out of flight after a revision.
    #[must_use]
    pub fn flown_since(&self, revision: u64) -> Vec<EntityRef> {
        lock(&self.shared.flight_marks)
            .iter()
            .filter(|(_, at)| **at > revision)
            .map(|(entity, _)| entity.clone())
            .collect()
    }

    /// Says whether the service answers; events are stamped with it.
    pub fn set_mode(&self, mode: Mode) {
        *lock(&self.shared.mode) = mode;
    }

    /// Says what the authority of whoever is working lacks; events are stamped with it.
    pub fn set_authority(&self, lacks: Option<Authority>) {
        *lock(&self.shared.authority) = lacks;
    }

    pub(crate) fn shared(&self) -> &Shared {
        &self.shared
    }

    fn job(&self, run: impl FnOnce(&mut WriterState, &Shared) + Send + 'static) -> Result<(), EngineError> {
        let job: Job = Box::new(move |writer, shared| {
            run(&mut writer.state, shared);
            Box::new(|| {})
        });
        self.hand_in(false, job)
    }

    /// Writes entries to the second copy again, on the writer's thread and behind everything else.
    pub(crate) fn copy_anew(&self, lost: Vec<u64>) -> Result<u64, EngineError> {
        const ENTRIES_A_JOB: usize = 500;
        let mut copied = 0;
        for some in lost.chunks(ENTRIES_A_JOB) {
            let some = some.to_vec();
            copied += self.on_writer(move |writer, shared| writer.copy_anew(shared, &some))?;
        }
        Ok(copied)
    }

    /// Runs something with the writer itself, when no record is waiting.
    pub(crate) fn on_writer<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Writer, &Shared) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<T, EngineError> {
        let (answer, answered) = mpsc::sync_channel(1);
        self.hand_in(
            false,
            Box::new(move |writer, shared| {
                let result = work(writer, shared);
                Box::new(move || {
                    let _ = answer.send(result);
                })
            }),
        )?;
        answered.recv().unwrap_or(Err(EngineError::Closed))
    }

    /// Ends the writer after what is queued, so that the database closes cleanly. Later writes answer `Closed`.
    pub fn close(&self) {
        self.closer.close();
    }

    /// Whether damage was met since the start, by whatever read or wrote. The desk goes on as far as it can; the next start
    /// repairs, and somebody has to be told to close and open it.
    #[must_use]
    pub fn is_damaged(&self) -> bool {
        self.shared.damaged.load(Ordering::Relaxed)
    }

    /// Whether every recorded action is kept twice. Views hear of a change as [`Sort::Status`].
    #[must_use]
    pub fn second_copy(&self) -> SecondCopy {
        lock(&self.shared.second_copy).clone()
    }

    /// Whose thread the writer runs on. Whoever carries work to other threads asks first.
    #[must_use]
    pub fn hands(&self) -> Hands {
        match self.closer.place {
            WriterPlace::Thread(_) => Hands::Own,
            WriterPlace::Here(_) => Hands::Callers,
        }
    }
}

impl Shared {
    /// The desk's folder.
    pub(crate) fn folder(&self) -> &std::path::Path {
        self.path.parent().unwrap_or(&self.path)
    }

    pub(crate) fn set_second_copy(&self, state: &SecondCopy) {
        lock(&self.second_copy).clone_from(state);
    }

    pub(crate) fn set_install_id(&self, install_id: &InstallId) {
        let mut known = lock(&self.install_id);
        if *known != *install_id {
            known.clone_from(install_id);
        }
    }

    /// Whether somebody waits for the writer who goes before everything in the background.
    pub(crate) fn somebody_records(&self) -> bool {
        !lock(&self.queue).records.is_empty()
    }

    pub(crate) fn publish(&self, revision: u64, sorts: &BTreeSet<Sort>) {
        self.notices.send_modify(|notice| {
            notice.revision = revision;
            for sort in sorts {
                notice.changed.insert(*sort, revision);
            }
        });
        if sorts.contains(&Sort::Outbox) {
            self.work.notify_one();
        }
    }
}

fn transact<T, E: UnitError>(
    writer: &mut Writer,
    shared: &Shared,
    unit: impl FnOnce(&mut UnitOfWork<'_>) -> Result<T, E>,
) -> Result<T, E> {
    match attempt(writer, shared, unit) {
        Ok((value, ended)) => writer.keep(ended, shared).map(|()| value).map_err(E::from),
        Err((error, broken)) => {
            if sabotage::on(Version::HeadNotRolledBack) {
                writer.state.head.local_seq += 1;
            }
            if broken {
                writer.drop_connections(shared);
            }
            Err(error)
        }
    }
}

/// Runs a unit of work up to and with its commit. An error comes with whether the connection must not outlive it.
fn attempt<T, E: UnitError>(
    writer: &mut Writer,
    shared: &Shared,
    unit: impl FnOnce(&mut UnitOfWork<'_>) -> Result<T, E>,
) -> Result<(T, Ended), (E, bool)> {
    let from_engine = |error: EngineError| {
        let broken = error.breaks_connection();
        (E::from(error), broken)
    };
    let (connection, state) = writer.ready(shared).map_err(from_engine)?;
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(|error| from_engine(error.into()))?;
    let mut work = UnitOfWork::new(transaction, state.clone(), shared);
    // Dropping the unit of work rolls its transaction back.
    let value = unit(&mut work).map_err(|error| {
        if let Some(met) = error.engine() {
            work.meet(met);
        }
        (error, work.is_broken())
    })?;
    let ended = work.commit().map_err(|(error, broken)| (E::from(error), broken))?;
    Ok((value, ended))
}

fn write_until_closed(mut writer: Writer, shared: &Arc<Shared>) {
    let mut replies = vec![];
    let mut beside: Option<JoinHandle<()>> = None;
    loop {
        let job = {
            let mut queue = lock(&shared.queue);
            loop {
                if let Some(job) = queue.records.pop_front().or_else(|| queue.background.pop_front()) {
                    break Some(job);
                }
                if queue.closing {
                    break None;
                }
                queue = shared.jobs.wait(queue).unwrap_or_else(PoisonError::into_inner);
            }
        };
        let Some(job) = job else { break };
        replies.extend(run(job, &mut writer, shared));
        // Those who wait meanwhile share one write of the second copy; each hears "saved" only after it.
        while replies.len() < RECORDS_A_WRITE {
            let Some(job) = lock(&shared.queue).records.pop_front() else { break };
            replies.extend(run(job, &mut writer, shared));
        }
        writer.seal(shared);
        replies.drain(..).for_each(|reply| reply());
        if beside.as_ref().is_none_or(JoinHandle::is_finished) && writer.log.is_due() {
            beside = write_back(&writer, shared);
        }
    }
    if let Some(beside) = beside {
        // What it did not come to is done as the database closes.
        let _ = beside.join();
    }
    writer.close();
}

/// Has the log written into the database beside the writer, which does the rest when no record is waiting.
fn write_back(writer: &Writer, shared: &Arc<Shared>) -> Option<JoinHandle<()>> {
    let (shared, pages) = (Arc::clone(shared), writer.log.pages());
    let thread = std::thread::Builder::new().name("desk-checkpoint".into()).spawn(move || {
        checkpoint::write_back_beside(&shared, &pages);
        let rest: Job = Box::new(|writer, _| {
            writer.write_back_rest();
            Box::new(|| {})
        });
        lock(&shared.queue).background.push_back(rest);
        shared.jobs.notify_one();
    });
    // A machine without threads to give gets its log written by a commit, when it has become much longer.
    thread.inspect_err(|error| tracing::warn!(%error, "the log is not written into the database")).ok()
}

/// A panic in one job must not end the desk's only writer. Its transaction rolled back as it unwound, and its caller
/// hears that nothing was saved, because the answer's channel is gone.
fn run(job: Job, writer: &mut Writer, shared: &Shared) -> Option<Reply> {
    let reply = std::panic::catch_unwind(AssertUnwindSafe(|| job(writer, shared)));
    if reply.is_err() {
        tracing::error!("a unit of work panicked and was rolled back");
    }
    reply.ok()
}

pub(crate) fn open_reader(path: &std::path::Path, vfs: Option<&str>) -> Result<Connection, EngineError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = open_connection(path, flags, vfs)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.pragma_update(None, "query_only", true)?;
    connection.set_prepared_statement_cache_capacity(64);
    // Several readers each remember pages of a long backlog that none of them reads twice.
    connection.pragma_update(None, "cache_size", -512)?;
    Ok(connection)
}

/// Opens a connection on the disk that the desk is on.
pub(crate) fn open_connection(
    path: &std::path::Path,
    flags: OpenFlags,
    vfs: Option<&str>,
) -> rusqlite::Result<Connection> {
    let connection = match vfs {
        Some(vfs) => Connection::open_with_flags_and_vfs(path, flags, vfs),
        None => Connection::open_with_flags(path, flags),
    }?;
    // One plan for a statement, whatever is bound to it. Otherwise SQLite parses and plans most cached statements anew
    // each time they are used, in case another value deserves another plan.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    row_proof::register(&connection)?;
    Ok(connection)
}
