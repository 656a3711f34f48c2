//! The store on embedded SQLite: one file, one thread that writes, a few connections that read.

mod admin;
mod backup;
mod export;
mod open;
mod rows;
mod writer;

pub use admin::Admin;
pub use backup::{BackupError, Copied};
pub use open::{Files, Lock, Opened, open, open_beside, open_with_key};

use super::front_office::Reported;
use super::stored::to_i64;
use super::{
    Batch, ChangesRows, Device, Greeted, Happened, Hash, Identity, Lead, Pulse, Shown, SignIn, Single, SingleDone,
    SnapshotRows, StaffPin, Storage, StoreError, Taken, error_text, heart, stored,
};
use async_trait::async_trait;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use tokio::sync::{Semaphore, mpsc, oneshot};
use tracing::Span;
use turndown_protocol::{
    AuditEntry, AuditHead, Continues, EntityRef, InstallId, Problem, PropertyId, ReportResult, StoryEntry,
};
use writer::Writer;

/// How many jobs wait for the writer before callers wait to hand theirs in.
const JOBS_MAX: usize = 256;
/// How many connections read at once.
const READERS: usize = 4;

type Job = Box<dyn FnOnce(&mut Writer) + Send>;

/// Whose threads read and write.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Hands {
    /// Threads of their own, so that a slow disk holds up no connection. What the product uses.
    #[default]
    Own,
    /// The caller's: everything happens in the order of the calls, so that a run can be replayed from its seed.
    Callers,
}

/// Where the writer is.
enum WriterPlace {
    Thread { jobs: Mutex<Option<mpsc::Sender<Job>>>, thread: Mutex<Option<std::thread::JoinHandle<()>>> },
    Here(Mutex<Option<Writer>>),
}

/// The store on embedded SQLite.
pub struct SqliteStore {
    store_id: String,
    identity: Arc<RwLock<Arc<Identity>>>,
    pulse: Pulse,
    writer: WriterPlace,
    readers: Arc<Readers>,
}

struct Readers {
    files: Files,
    idle: Mutex<Vec<Connection>>,
    permits: Semaphore,
}

/// The file's lock lets one process in, so that it alone feeds each sink.
#[derive(Debug)]
struct Alone;

impl Lead for Alone {
    fn holds(&self) -> bool {
        true
    }
}

impl std::fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SqliteStore").field("identity", &self.identity()).finish_non_exhaustive()
    }
}

impl SqliteStore {
    /// Starts the writing on an opened store. Whoever has its lock holds it until [`Storage::close`].
    ///
    /// # Errors
    /// When the database cannot be read or no thread can be started.
    pub fn start(files: Files, conn: Connection, identity: Identity, hands: Hands) -> Result<Self, StoreError> {
        let (heart, pulse) = heart();
        let store_id = identity.store_id.clone();
        let identity = Arc::new(RwLock::new(Arc::new(identity)));
        let writer = Writer::new(conn, heart, Arc::clone(&identity))?;
        let writer = match hands {
            Hands::Callers => WriterPlace::Here(Mutex::new(Some(writer))),
            Hands::Own => Self::start_thread(writer)?,
        };
        let readers = Readers { files, idle: Mutex::new(vec![]), permits: Semaphore::new(READERS) };
        Ok(Self { store_id, identity, pulse, writer, readers: Arc::new(readers) })
    }

    fn start_thread(mut writer: Writer) -> Result<WriterPlace, StoreError> {
        let (jobs, mut queue) = mpsc::channel::<Job>(JOBS_MAX);
        let thread = std::thread::Builder::new()
            .name("store-writer".into())
            .spawn(move || {
                while let Some(job) = queue.blocking_recv() {
                    run(job, &mut writer);
                }
                close(writer);
            })
            .map_err(|_| StoreError::Fault)?;
        Ok(WriterPlace::Thread { jobs: Mutex::new(Some(jobs)), thread: Mutex::new(Some(thread)) })
    }

    /// Who this store is now.
    #[must_use]
    pub fn identity(&self) -> Arc<Identity> {
        Arc::clone(&self.identity.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Runs a job on the writing thread. Once it is queued it runs to its end, whether or not anybody waits for it.
    async fn write<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Writer) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (answer, answered) = oneshot::channel();
        let files = self.readers.files.clone();
        let (request, queued) = (Span::current(), tracing::info_span!("queued"));
        let job: Job = Box::new(move |writer| {
            drop(queued);
            let done = tracing::info_span!(parent: &request, "write").in_scope(|| job(writer));
            if done.as_ref().is_err_and(doubts_the_disk) {
                writer.renew(&files);
            }
            // Nobody waiting any more is no reason not to have done it.
            let _ = answer.send(done);
        });
        match &self.writer {
            WriterPlace::Here(writer) => {
                let mut writer = writer.lock().unwrap_or_else(PoisonError::into_inner);
                run(job, writer.as_mut().ok_or(StoreError::Stopping)?);
            }
            WriterPlace::Thread { jobs, .. } => {
                let jobs = jobs.lock().unwrap_or_else(PoisonError::into_inner).clone().ok_or(StoreError::Stopping)?;
                jobs.send(job).await.map_err(|_| StoreError::Stopping)?;
            }
        }
        answered.await.map_err(|_| StoreError::Fault)?
    }

    /// Runs a reading job on a connection of its own, at one instant of the database.
    async fn read<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        if let WriterPlace::Here(_) = self.writer {
            return self.readers.run(job);
        }
        let permit = self.readers.permits.acquire().await.map_err(|_| StoreError::Stopping)?;
        let readers = Arc::clone(&self.readers);
        let done = tokio::task::spawn_blocking(move || readers.run(job)).await.map_err(|_| StoreError::Fault)?;
        drop(permit);
        done
    }
}

impl Readers {
    fn run<T>(&self, job: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut conn = match idle {
            Some(conn) => conn,
            None => open::open_reader(&self.files)?,
        };
        let answer = {
            let tx = conn.transaction_with_behavior(TransactionBehavior::Deferred)?;
            job(&tx)?
        };
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(conn);
        Ok(answer)
    }
}

/// A fault in one job must not end the writing: its transaction rolled back as it unwound, and what was in memory is
/// read again.
fn run(job: Job, writer: &mut Writer) {
    if catch_unwind(AssertUnwindSafe(|| job(writer))).is_err()
        && let Err(error) = writer.reload()
    {
        tracing::error!(error = %error_text(&error), "the store cannot be read");
    }
}

/// Whether what a connection holds in memory may not be what is on the disk: after a failed read or sync SQLite's own
/// pages, and what was read from them, cannot be relied on. A connection that reads is dropped after any error.
fn doubts_the_disk(error: &StoreError) -> bool {
    use rusqlite::ErrorCode as C;
    match error {
        StoreError::Unreadable(_) => true,
        StoreError::Database(error) => !matches!(
            error.sqlite_error_code(),
            None | Some(C::DatabaseBusy | C::DatabaseLocked | C::ConstraintViolation | C::DiskFull)
        ),
        StoreError::Server(_) | StoreError::Busy | StoreError::Stopping | StoreError::Lost | StoreError::Fault => false,
    }
}

fn close(writer: Writer) {
    if let Err(error) = writer.conn.pragma_update(None, "wal_checkpoint", "TRUNCATE") {
        tracing::debug!(%error, "the log stays for the next start");
    }
}

fn property_n(conn: &Connection, property: &PropertyId) -> Result<i64, StoreError> {
    Ok(rows::property(conn, property.as_str())?.ok_or(rusqlite::Error::QueryReturnedNoRows)?.n)
}

fn device_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<(String, String, String)> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
}

fn device((property, property_name, name): (String, String, String)) -> Result<Device, StoreError> {
    let property_id = PropertyId::parse(property).map_err(serde::de::Error::custom).map_err(StoreError::Unreadable)?;
    Ok(Device { property_id, property_name, name })
}

#[async_trait]
impl Storage for SqliteStore {
    fn store_id(&self) -> &str {
        &self.store_id
    }

    async fn identity(&self) -> Result<Arc<Identity>, StoreError> {
        Ok(SqliteStore::identity(self))
    }

    fn pulse(&self) -> Pulse {
        self.pulse.clone()
    }

    async fn device(&self, token_hash: Hash, now_ms: i64) -> Result<Option<Device>, StoreError> {
        self.read(move |conn| {
            conn.prepare_cached(
                "SELECT p.property_id, p.name, d.name FROM devices d JOIN properties p ON p.n = d.property_n
                 WHERE d.token_hash = ?1 AND (d.expires_at_ms IS NULL OR d.expires_at_ms > ?2)",
            )?
            .query_row((&token_hash[..], now_ms), device_row)
            .optional()?
            .map(device)
            .transpose()
        })
        .await
    }

    async fn enroll_code(&self, code_hash: Hash, now_ms: i64) -> Result<Option<String>, StoreError> {
        self.read(move |conn| {
            Ok(conn
                .prepare_cached(
                    "SELECT p.name FROM enroll_codes c JOIN properties p ON p.n = c.property_n
                     WHERE c.code_hash = ?1 AND c.expires_at_ms > ?2",
                )?
                .query_row((&code_hash[..], now_ms), |row| row.get(0))
                .optional()?)
        })
        .await
    }

    async fn redeem_code(
        &self,
        code_hash: Hash,
        device_name: String,
        token_hash: Hash,
        now_ms: i64,
    ) -> Result<Option<Device>, StoreError> {
        self.write(move |writer| {
            let tx = writer.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let found = tx
                .query_row(
                    "SELECT p.property_id, p.name, p.n FROM enroll_codes c JOIN properties p ON p.n = c.property_n
                     WHERE c.code_hash = ?1 AND c.expires_at_ms > ?2",
                    (&code_hash[..], now_ms),
                    |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, i64>(2)?)),
                )
                .optional()?;
            // Codes that are over their time go with the first that is used.
            tx.execute(
                "DELETE FROM enroll_codes WHERE code_hash = ?1 OR expires_at_ms <= ?2",
                (&code_hash[..], now_ms),
            )?;
            let Some((property, property_name, n)) = found else {
                tx.commit()?;
                return Ok(None);
            };
            tx.execute(
                "INSERT INTO devices (token_hash, property_n, name) VALUES (?1, ?2, ?3)",
                (&token_hash[..], n, &device_name),
            )?;
            tx.commit()?;
            Ok(Some(device((property, property_name, device_name))?))
        })
        .await
    }

    async fn sign_in(&self, property: PropertyId) -> Result<SignIn, StoreError> {
        self.read(move |conn| rows::sign_in(conn, property.as_str())).await
    }

    async fn change_pin(
        &self,
        property: PropertyId,
        before: String,
        pin: StaffPin,
        now_ms: i64,
    ) -> Result<bool, StoreError> {
        self.write(move |writer| {
            let n = writer.property_n(&property)?;
            let changed = writer.conn.execute(
                "UPDATE pins SET verifier = ?4, temporary = ?5, changed_at_ms = ?6
                 WHERE property_n = ?1 AND staff_id = ?2 AND verifier = ?3",
                (n, pin.staff_id.as_str(), &before, &pin.verifier, pin.temporary, now_ms),
            )?;
            Ok(changed == 1)
        })
        .await
    }

    async fn snapshot(&self, property: PropertyId) -> Result<SnapshotRows, StoreError> {
        let identity = self.identity();
        self.read(move |conn| {
            let (head_seq, _) = rows::feed(conn)?;
            let found = rows::property(conn, property.as_str())?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
            let head = stored::head(&identity, head_seq, found.audit_seq, found.audit_hash);
            let rows = rows::wire_rows(
                conn,
                "SELECT kind, id, version, fields, provenance, contests, deleted_at_ms
                 FROM entities WHERE property_n = ?1 AND deleted_at_ms IS NULL ORDER BY kind, id",
                [found.n],
            )?;
            Ok(SnapshotRows { reference: rows::wire_reference(found)?, rows, head })
        })
        .await
    }

    async fn head_seq(&self, _property: PropertyId) -> Result<u64, StoreError> {
        self.read(|conn| Ok(rows::feed(conn)?.0)).await
    }

    async fn changes(&self, property: PropertyId, after: u64, limit: u32) -> Result<Option<ChangesRows>, StoreError> {
        let identity = self.identity();
        self.read(move |conn| {
            let (head_seq, floor) = rows::feed(conn)?;
            if after < floor || after > head_seq {
                return Ok(None);
            }
            let found = rows::property(conn, property.as_str())?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
            let head = stored::head(&identity, head_seq, found.audit_seq, found.audit_hash);
            let mut rows = rows::wire_rows(
                conn,
                "SELECT kind, id, version, fields, provenance, contests, deleted_at_ms
                 FROM entities WHERE property_n = ?1 AND version > ?2 ORDER BY version LIMIT ?3",
                (found.n, to_i64(after), i64::from(limit) + 1),
            )?;
            let more = rows.len() > limit as usize;
            rows.truncate(limit as usize);
            let next_seq = match rows.last() {
                Some(last) if more => last.version,
                _ => head_seq,
            };
            let changed = found.reference_version > after && found.reference_version <= next_seq;
            let reference = if changed { Some(rows::wire_reference(found)?) } else { None };
            Ok(Some(ChangesRows { rows, reference, next_seq, more, head }))
        })
        .await
    }

    async fn audit(
        &self,
        property: PropertyId,
        after: u64,
        install: Option<InstallId>,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        self.read(move |conn| {
            let property_n = property_n(conn, &property)?;
            let install_n = match install {
                None => None,
                Some(install) => match rows::chain(conn, property_n, &install)? {
                    Some(chain) => Some(chain.n),
                    None => return Ok(vec![]),
                },
            };
            let entries = rows::audit(conn, property_n, after, install_n, limit)?;
            Ok(entries.into_iter().map(|(entry, _)| entry).collect())
        })
        .await
    }

    async fn story(
        &self,
        property: PropertyId,
        entity: EntityRef,
        before: u64,
        limit: u32,
    ) -> Result<(Vec<StoryEntry>, Option<u64>), StoreError> {
        self.read(move |conn| rows::story(conn, property_n(conn, &property)?, &entity, before, limit)).await
    }

    async fn greet(
        &self,
        property: PropertyId,
        install: InstallId,
        head: AuditHead,
        continues: Option<Continues>,
        seen: Option<Shown>,
    ) -> Result<Greeted, StoreError> {
        self.write(move |writer| {
            let holds_seen = writer.holds_or_begins_epoch(&property, seen.as_ref())?;
            let chain = writer.greet(&property, &install, &head, continues.as_ref())?;
            let holds_until = rows::holds_until(&writer.conn, &chain)?;
            let head = writer.head(&property)?;
            Ok(Greeted { chain, holds_seen, holds_until, head })
        })
        .await
    }

    async fn take(&self, batch: Batch) -> Result<Taken, StoreError> {
        self.write(move |writer| writer.take(&batch)).await
    }

    async fn act(&self, single: Single) -> Result<Result<SingleDone, Problem>, StoreError> {
        self.write(move |writer| writer.act(&single)).await
    }

    async fn report(&self, reported: Reported) -> Result<ReportResult, StoreError> {
        self.write(move |writer| writer.report(&reported)).await
    }

    async fn properties(&self) -> Result<Vec<PropertyId>, StoreError> {
        self.read(|conn| {
            let mut statement = conn.prepare_cached("SELECT property_id FROM properties ORDER BY n")?;
            let ids = statement.query_map([], |row| row.get::<_, String>(0))?.collect::<rusqlite::Result<Vec<_>>>()?;
            Ok(ids.into_iter().filter_map(|id| PropertyId::parse(id).ok()).collect())
        })
        .await
    }

    async fn happened(&self, property: PropertyId, after: u64, limit: u32) -> Result<Vec<Happened>, StoreError> {
        self.read(move |conn| {
            let entries = rows::audit(conn, property_n(conn, &property)?, after, None, limit)?;
            Ok(entries.into_iter().map(|(entry, moves)| Happened { entry, moves }).collect())
        })
        .await
    }

    async fn lead(&self, _sink: &str) -> Result<Option<Box<dyn Lead>>, StoreError> {
        Ok(Some(Box::new(Alone)))
    }

    async fn delivered_until(&self, sink: &str, property: PropertyId) -> Result<u64, StoreError> {
        let sink = sink.to_owned();
        self.read(move |conn| {
            let mark: Option<i64> = conn
                .prepare_cached("SELECT audit_seq FROM sinks WHERE sink = ?1 AND property_n = ?2")?
                .query_row((&sink, property_n(conn, &property)?), |row| row.get(0))
                .optional()?;
            Ok(mark.unwrap_or(0).unsigned_abs())
        })
        .await
    }

    async fn delivered(&self, sink: &str, property: PropertyId, audit_seq: u64) -> Result<(), StoreError> {
        let sink = sink.to_owned();
        self.write(move |writer| {
            let property_n = writer.property_n(&property)?;
            writer
                .conn
                .prepare_cached("INSERT OR REPLACE INTO sinks (sink, property_n, audit_seq) VALUES (?1, ?2, ?3)")?
                .execute((sink, property_n, to_i64(audit_seq)))?;
            Ok(())
        })
        .await
    }

    async fn forget_tombstones(&self, before_ms: i64) -> Result<u64, StoreError> {
        self.write(move |writer| {
            let tx = writer.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
            let newest: Option<i64> =
                tx.query_row("SELECT max(version) FROM entities WHERE deleted_at_ms < ?1", [before_ms], |row| {
                    row.get(0)
                })?;
            let Some(newest) = newest else { return Ok(0) };
            tx.execute(
                "DELETE FROM parts WHERE entity_n IN (SELECT n FROM entities WHERE deleted_at_ms < ?1)",
                [before_ms],
            )?;
            let gone = tx.execute("DELETE FROM entities WHERE deleted_at_ms < ?1", [before_ms])?;
            tx.execute("UPDATE meta SET feed_floor_seq = max(feed_floor_seq, ?1)", [newest])?;
            tx.commit()?;
            writer.reload()?;
            Ok(gone as u64)
        })
        .await
    }

    async fn begin_days(&self, now_ms: i64) -> Result<Vec<(PropertyId, String)>, StoreError> {
        self.write(move |writer| writer.begin_days(now_ms)).await
    }

    async fn ready(&self) -> Result<(), StoreError> {
        self.write(|writer| {
            // Takes the write lock and lets it go: a full or read-only disk says so here.
            let tx = writer.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
            tx.execute("UPDATE meta SET head_seq = head_seq", [])?;
            tx.rollback()?;
            Ok(())
        })
        .await
    }

    async fn close(&self) {
        self.readers.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
        match &self.writer {
            WriterPlace::Here(writer) => {
                if let Some(writer) = writer.lock().unwrap_or_else(PoisonError::into_inner).take() {
                    close(writer);
                }
            }
            WriterPlace::Thread { jobs, thread } => {
                jobs.lock().unwrap_or_else(PoisonError::into_inner).take();
                let thread = thread.lock().unwrap_or_else(PoisonError::into_inner).take();
                if let Some(thread) = thread {
                    // The thread ends by itself when the queue is empty; waiting for it lets running writes finish.
                    let _ = tokio::task::spawn_blocking(move || thread.join()).await;
                }
            }
        }
    }
}
