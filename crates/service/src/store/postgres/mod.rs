//! The store on PostgreSQL: several hotels, kept apart by the database, and several service processes on one of them.
//!
//! Who may do what stands in the migration; what is looked at before anything is served, in `open`; a transaction that
//! writes to a hotel, in `write`. Every process hears of every commit (`listen`).

mod admin;
mod export;
mod lead;
mod listen;
mod open;
mod rows;
mod tls;
mod write;

pub use admin::{Admin, migrate};
pub use open::Server;

use super::batch::{self, Lanes};
use super::day;
use super::front_office::Reported;
use super::signing::{make_key, public_hex, read_key};
use super::stored::{self, to_i64};
use super::{
    Batch, Chain, ChangesRows, Device, Greeted, Happened, Hash, Identity, Lead, Pulse, Shown, SignIn, Single,
    SingleDone, SnapshotRows, StaffPin, Storage, StoreError, Taken, error_text, heart,
};
use crate::env::Environment;
use crate::startup::Refusal;
use async_trait::async_trait;
use deadpool_postgres::Client;
use ed25519_dalek::SigningKey;
use open::{Database, HotelTx, hotels};
use rows::{get, get_hash, get_u64};
use std::collections::BTreeMap;
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::OwnedMutexGuard;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument;
use turndown_protocol::{
    AuditEntry, AuditHead, Continues, EntityRef, InstallId, Problem, PropertyId, ReportResult, StoryEntry,
};
use write::{Books, EPOCH_AND_RUN, Hotel, concerns_all, may_work_now};

/// How often a transaction is tried that the database gave up because another one stood in its way.
const TRIES: u32 = 5;
/// How long whoever writes to a hotel waits for those before him in this process.
const TURN: Duration = Duration::from_secs(10);
/// How long an answer to whether the server works stands.
const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// How long a transaction waits before it is tried again, longer each time.
const AGAIN: Duration = Duration::from_millis(20);

/// The store on PostgreSQL.
pub struct PostgresStore {
    inner: Arc<Inner>,
    pulse: Pulse,
    tasks: TaskTracker,
    stopping: CancellationToken,
    /// When somebody last asked whether the server works, and whether it did.
    looked: tokio::sync::Mutex<Option<(Instant, bool)>>,
}

struct Inner {
    store_id: String,
    server: Server,
    database: Database,
    books: Books,
    turns: Mutex<BTreeMap<PropertyId, Turn>>,
}

/// Whose turn it is to write to a hotel.
type Turn = Arc<tokio::sync::Mutex<()>>;

impl std::fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PostgresStore").field("store_id", &self.inner.store_id).finish_non_exhaustive()
    }
}

impl Drop for PostgresStore {
    fn drop(&mut self) {
        // Also where it was never closed, because the start went no further.
        self.stopping.cancel();
    }
}

impl PostgresStore {
    /// Reaches the database, looks whether it would do, and begins to listen.
    ///
    /// # Errors
    /// A [`Refusal`] that says what to do.
    pub async fn start(server: Server) -> Result<Self, Refusal> {
        let database = Database::open(&server).await?;
        let refuse = |error: StoreError| Refusal::Server { server: server.name(), reason: error_text(&error) };
        let client = database.client().await.map_err(refuse)?;
        let row = client.query_one("SELECT store_id FROM meta", &[]).await.map_err(|error| server.refuse(&error))?;
        let store_id = row.try_get(0).map_err(|error| server.refuse(&error))?;
        drop(client);
        let (heart, pulse) = heart();
        let (tasks, stopping) = (TaskTracker::new(), CancellationToken::new());
        tasks.spawn(listen::listen(server.clone(), database.clone(), heart, stopping.clone()));
        let inner = Inner { store_id, server, database, books: Books::default(), turns: Mutex::default() };
        Ok(Self { inner: Arc::new(inner), pulse, tasks, stopping, looked: tokio::sync::Mutex::default() })
    }

    /// The key that signs audit heads, from its file: the one that the database names, made with the first start. All
    /// processes of one database have the same.
    ///
    /// # Errors
    /// When the file is missing, holds another key, or cannot be written.
    pub async fn signing_key(&self, path: &Path, env: &dyn Environment, new: bool) -> Result<SigningKey, Refusal> {
        let refuse =
            |error: StoreError| Refusal::Server { server: self.inner.server.name(), reason: error_text(&error) };
        let mut client = self.inner.database.client().await.map_err(refuse)?;
        let failed = |error: tokio_postgres::Error| refuse(StoreError::Server(error));
        // Others may be at their first start too, with the same file or with one of their own: one after the other.
        let client = client.transaction().await.map_err(failed)?;
        let row = client.query_one("SELECT signing_key FROM meta FOR UPDATE", &[]).await.map_err(failed)?;
        let public: String = row.try_get(0).map_err(failed)?;
        let there = read_key(path);
        let key = match there {
            _ if new => make_key(path, env)?,
            Some(key) if public_hex(&key) == public => return Ok(key),
            Some(key) if public.is_empty() => key,
            None if public.is_empty() => make_key(path, env)?,
            _ => return Err(Refusal::SharedSigningKey(path.display().to_string())),
        };
        client.execute("UPDATE meta SET signing_key = $1", &[&public_hex(&key)]).await.map_err(failed)?;
        client.commit().await.map_err(failed)?;
        Ok(key)
    }

    /// Asks the server whether it takes writes.
    async fn look(&self) -> Result<(), StoreError> {
        let mut client = self.inner.database.look().await?;
        // Takes a number from the log's end and lets it go: a server that takes no writes, or whose disk is full, says so.
        let tx = client.transaction().await?;
        tx.execute("UPDATE meta SET signing_key = signing_key", &[]).await?;
        tx.rollback().await?;
        Ok(())
    }

    /// Runs a job to its end, whether or not anybody waits for it.
    async fn detached<T: Send + 'static>(
        &self,
        job: impl Future<Output = Result<T, StoreError>> + Send + 'static,
    ) -> Result<T, StoreError> {
        if self.stopping.is_cancelled() {
            return Err(StoreError::Stopping);
        }
        self.tasks.spawn(job.in_current_span()).await.map_err(|_| StoreError::Fault)?
    }
}

type Job<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// Tries a transaction again that the database gave up because another one stood in its way.
async fn patiently<'a, T>(mut job: impl FnMut() -> Job<'a, T>) -> Result<T, StoreError> {
    let mut tries = 1;
    loop {
        match job().await {
            Err(error) if may_work_now(&error) && tries < TRIES => {
                // The database gave up one of those that met; the other is soon done.
                tracing::debug!(tries, error = error_text(&error), "a transaction is tried again");
                tokio::time::sleep(AGAIN * tries).await;
                tries += 1;
            }
            done => return done,
        }
    }
}

impl Inner {
    /// Waits for the turn to write to a hotel. The hotel's lock lets one write at a time anyway; those who wait for it do
    /// so here, where they keep no connection from other hotels.
    #[tracing::instrument(name = "queued", skip_all)]
    async fn turn(&self, property: &PropertyId) -> Result<OwnedMutexGuard<()>, StoreError> {
        let turn = {
            let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(turns.entry(property.clone()).or_default())
        };
        tokio::time::timeout(TURN, turn.lock_owned()).await.map_err(|_| StoreError::Busy)
    }

    async fn lock<'c>(&self, client: &'c mut Client, property: &PropertyId) -> Result<Hotel<'c>, StoreError> {
        Hotel::lock(client, property, &self.store_id, &self.books).await
    }

    async fn hotels(&self) -> Result<Vec<PropertyId>, StoreError> {
        hotels(&self.database.client().await?).await
    }

    /// Begins a hotel's next day where the clock says so. Looks before it locks: nearly always there is nothing to do.
    async fn begin_day(&self, property: &PropertyId, now_ms: i64) -> Result<Option<String>, StoreError> {
        let mut client = self.database.client().await?;
        let book = self.books.look(&HotelTx::read(&mut client, property).await?, property).await?;
        if day::next_day(&book, now_ms).is_none() {
            return Ok(None);
        }
        drop(client);
        let _turn = self.turn(property).await?;
        let mut client = self.database.client().await?;
        self.lock(&mut client, property).await?.begin_day(now_ms).await
    }

    /// All in one transaction, or, where that cannot be written, each event in one of its own.
    async fn take(&self, batch: &Batch) -> Result<Taken, StoreError> {
        let whole = patiently(|| {
            Box::pin(async {
                let _turn = self.turn(&batch.property).await?;
                let mut client = self.database.client().await?;
                let hotel = self.lock(&mut client, &batch.property).await?;
                hotel.take(batch, &batch.events, &mut Lanes::default()).await
            })
        });
        match whole.await {
            Ok(taken) => Ok(taken),
            Err(error) if batch.events.len() < 2 || concerns_all(&error) => Err(error),
            Err(error) => {
                tracing::warn!(
                    error = error_text(&error),
                    events = batch.events.len(),
                    "batch did not write; one by one"
                );
                self.take_one_by_one(batch).await
            }
        }
    }

    async fn take_one_by_one(&self, batch: &Batch) -> Result<Taken, StoreError> {
        let mut lanes = Lanes::default();
        let mut results = vec![];
        let mut last = None;
        for event in &batch.events {
            let one = patiently(|| {
                // A transaction that is tried again begins with the lanes as they were.
                let mut lanes = lanes.clone();
                Box::pin(async move {
                    let _turn = self.turn(&batch.property).await?;
                    let mut client = self.database.client().await?;
                    let hotel = self.lock(&mut client, &batch.property).await?;
                    let taken = hotel.take(batch, std::slice::from_ref(event), &mut lanes).await?;
                    Ok((taken, lanes))
                })
            });
            match one.await {
                Ok((mut taken, after)) => {
                    results.append(&mut taken.results);
                    lanes = after;
                    last = Some((taken.head, taken.chain));
                }
                Err(error) if concerns_all(&error) => return Err(error),
                Err(error) => {
                    tracing::error!(event_id = %event.event_id, error = error_text(&error), "event did not write");
                    lanes.shut(event.entity.as_ref(), &event.event_id);
                    results.push(batch::not_kept(&event.event_id));
                }
            }
        }
        let (head, chain) = match last {
            Some(stands) => stands,
            None => {
                let mut client = self.database.client().await?;
                (Stands::of(&HotelTx::read(&mut client, &batch.property).await?).await?.head(), Chain::default())
            }
        };
        Ok(Taken { results, head, chain })
    }
}

/// Where a hotel's record stands, as one transaction sees it.
struct Stands {
    identity: Identity,
    head_seq: u64,
    floor: u64,
    reference_version: u64,
    audit_seq: u64,
    audit_hash: Hash,
}

impl Stands {
    async fn of(tx: &HotelTx<'_>) -> Result<Self, StoreError> {
        let row = tx
            .one(
                "SELECT head_seq, feed_floor_seq, reference_version, audit_seq, audit_hash
                 FROM properties WHERE property_id = $1",
                &[&tx.id()],
            )
            .await?
            .ok_or(StoreError::Fault)?;
        let (epoch, run) = write::epoch_and_run(tx).await?;
        Ok(Self {
            identity: Identity { store_id: String::new(), epoch, run },
            head_seq: get_u64(&row, 0)?,
            floor: get_u64(&row, 1)?,
            reference_version: get_u64(&row, 2)?,
            audit_seq: get_u64(&row, 3)?,
            audit_hash: get_hash(&row, 4)?,
        })
    }

    fn head(&self) -> turndown_protocol::ServiceHead {
        stored::head(&self.identity, self.head_seq, self.audit_seq, self.audit_hash)
    }

    async fn reference(&self, tx: &HotelTx<'_>) -> Result<super::WireReference, StoreError> {
        let row = tx
            .one("SELECT reference FROM properties WHERE property_id = $1", &[&tx.id()])
            .await?
            .ok_or(StoreError::Fault)?;
        rows::wire_reference(self.reference_version, get(&row, 0)?)
    }
}

fn property_id(text: &str) -> Result<PropertyId, StoreError> {
    PropertyId::parse(text).map_err(serde::de::Error::custom).map_err(StoreError::Unreadable)
}

#[async_trait]
impl Storage for PostgresStore {
    fn store_id(&self) -> &str {
        &self.inner.store_id
    }

    async fn identity(&self) -> Result<Arc<Identity>, StoreError> {
        let client = self.inner.database.client().await?;
        let statement = client.prepare_cached(EPOCH_AND_RUN).await?;
        let row = client.query_one(&statement, &[]).await?;
        let (epoch, run) = (get(&row, 0)?, get(&row, 1)?);
        Ok(Arc::new(Identity { store_id: self.inner.store_id.clone(), epoch, run }))
    }

    fn pulse(&self) -> Pulse {
        self.pulse.clone()
    }

    async fn device(&self, token_hash: Hash, now_ms: i64) -> Result<Option<Device>, StoreError> {
        let client = self.inner.database.client().await?;
        let statement = client.prepare_cached("SELECT * FROM device_of($1, $2)").await?;
        let Some(row) = client.query_opt(&statement, &[&&token_hash[..], &now_ms]).await? else { return Ok(None) };
        Ok(Some(Device { property_id: property_id(get(&row, 0)?)?, property_name: get(&row, 1)?, name: get(&row, 2)? }))
    }

    async fn enroll_code(&self, code_hash: Hash, now_ms: i64) -> Result<Option<String>, StoreError> {
        let client = self.inner.database.client().await?;
        let statement = client.prepare_cached("SELECT property_name FROM hotel_of_code($1, $2)").await?;
        client.query_opt(&statement, &[&&code_hash[..], &now_ms]).await?.map(|row| get(&row, 0)).transpose()
    }

    async fn redeem_code(
        &self,
        code_hash: Hash,
        device_name: String,
        token_hash: Hash,
        now_ms: i64,
    ) -> Result<Option<Device>, StoreError> {
        let inner = Arc::clone(&self.inner);
        self.detached(async move {
            let mut client = inner.database.client().await?;
            let tx = client.transaction().await?;
            let statement = tx.prepare_cached("SELECT * FROM hotel_of_code($1, $2)").await?;
            let Some(row) = tx.query_opt(&statement, &[&&code_hash[..], &now_ms]).await? else { return Ok(None) };
            let device =
                Device { property_id: property_id(get(&row, 0)?)?, property_name: get(&row, 1)?, name: device_name };
            let tx = HotelTx::of(tx, device.property_id.clone());
            // Who takes the code's row out uses it; whoever comes at the same moment finds it gone.
            let used = tx
                .run("DELETE FROM enroll_codes WHERE property_id = $1 AND code_hash = $2", &[&tx.id(), &&code_hash[..]])
                .await?;
            if used == 0 {
                return Ok(None);
            }
            // Codes that are over their time go with the first that is used.
            tx.run("DELETE FROM enroll_codes WHERE property_id = $1 AND expires_at_ms <= $2", &[&tx.id(), &now_ms])
                .await?;
            tx.run(
                "INSERT INTO devices (property_id, token_hash, name) VALUES ($1, $2, $3)",
                &[&tx.id(), &&token_hash[..], &device.name],
            )
            .await?;
            tx.commit().await?;
            Ok(Some(device))
        })
        .await
    }

    async fn sign_in(&self, property: PropertyId) -> Result<SignIn, StoreError> {
        let mut client = self.inner.database.client().await?;
        let tx = HotelTx::read(&mut client, &property).await?;
        rows::sign_in(&tx).await
    }

    async fn change_pin(
        &self,
        property: PropertyId,
        before: String,
        pin: StaffPin,
        now_ms: i64,
    ) -> Result<bool, StoreError> {
        let inner = Arc::clone(&self.inner);
        self.detached(async move {
            let mut client = inner.database.client().await?;
            let tx = HotelTx::write(&mut client, &property).await?;
            let changed = tx
                .run(
                    "UPDATE pins SET verifier = $4, temporary = $5, changed_at_ms = $6
                     WHERE property_id = $1 AND staff_id = $2 AND verifier = $3",
                    &[&tx.id(), &pin.staff_id.as_str(), &before, &pin.verifier, &pin.temporary, &now_ms],
                )
                .await?;
            tx.commit().await?;
            Ok(changed == 1)
        })
        .await
    }

    async fn snapshot(&self, property: PropertyId) -> Result<SnapshotRows, StoreError> {
        let mut client = self.inner.database.client().await?;
        let tx = HotelTx::read(&mut client, &property).await?;
        let stands = Stands::of(&tx).await?;
        let found = tx
            .all(
                "SELECT kind, id, version, fields, provenance, contests, false
                 FROM entities WHERE property_id = $1 AND deleted_at_ms IS NULL ORDER BY kind, id",
                &[&tx.id()],
            )
            .await?;
        let rows = rows::wire_rows(&tx, &found).await?;
        Ok(SnapshotRows { reference: stands.reference(&tx).await?, rows, head: stands.head() })
    }

    async fn head_seq(&self, property: PropertyId) -> Result<u64, StoreError> {
        let mut client = self.inner.database.client().await?;
        let tx = HotelTx::read(&mut client, &property).await?;
        Ok(Stands::of(&tx).await?.head_seq)
    }

    async fn changes(&self, property: PropertyId, after: u64, limit: u32) -> Result<Option<ChangesRows>, StoreError> {
        let mut client = self.inner.database.client().await?;
        let tx = HotelTx::read(&mut client, &property).await?;
        let stands = Stands::of(&tx).await?;
        if after < stands.floor || after > stands.head_seq {
            return Ok(None);
        }
        let mut found = tx
            .all(
                "SELECT kind, id, version, fields, provenance, contests, deleted_at_ms IS NOT NULL
                 FROM entities WHERE property_id = $1 AND version > $2 ORDER BY version LIMIT $3",
                &[&tx.id(), &to_i64(after), &(i64::from(limit) + 1)],
            )
            .await?;
        let more = found.len() > limit as usize;
        found.truncate(limit as usize);
        let rows = rows::wire_rows(&tx, &found).await?;
        let next_seq = match rows.last() {
            Some(last) if more => last.version,
            _ => stands.head_seq,
        };
        let changed = stands.reference_version > after && stands.reference_version <= next_seq;
        let reference = if changed { Some(stands.reference(&tx).await?) } else { None };
        Ok(Some(ChangesRows { rows, reference, next_seq, more, head: stands.head() }))
    }

    async fn audit(
        &self,
        property: PropertyId,
        after: u64,
        install: Option<InstallId>,
        limit: u32,
    ) -> Result<Vec<AuditEntry>, StoreError> {
        let mut client = self.inner.database.client().await?;
        let tx = HotelTx::read(&mut client, &property).await?;
        let entries = rows::audit(&tx, after, install.as_ref(), limit).await?;
        Ok(entries.into_iter().map(|(entry, _)| entry).collect())
    }

    async fn story(
        &self,
        property: PropertyId,
        entity: EntityRef,
        before: u64,
        limit: u32,
    ) -> Result<(Vec<StoryEntry>, Option<u64>), StoreError> {
        let mut client = self.inner.database.client().await?;
        let tx = HotelTx::read(&mut client, &property).await?;
        rows::story(&tx, &entity, before, limit).await
    }

    async fn greet(
        &self,
        property: PropertyId,
        install: InstallId,
        head: AuditHead,
        continues: Option<Continues>,
        seen: Option<Shown>,
    ) -> Result<Greeted, StoreError> {
        let inner = Arc::clone(&self.inner);
        self.detached(async move {
            patiently(|| {
                Box::pin(async {
                    let _turn = inner.turn(&property).await?;
                    let mut client = inner.database.client().await?;
                    let hotel = inner.lock(&mut client, &property).await?;
                    let (chain, holds_seen, holds_until, head) =
                        hotel.greet(&install, &head, continues.as_ref(), seen.as_ref()).await?;
                    Ok(Greeted { chain, holds_seen, holds_until, head })
                })
            })
            .await
        })
        .await
    }

    async fn take(&self, batch: Batch) -> Result<Taken, StoreError> {
        let inner = Arc::clone(&self.inner);
        self.detached(async move { inner.take(&batch).await }).await
    }

    async fn act(&self, single: Single) -> Result<Result<SingleDone, Problem>, StoreError> {
        let inner = Arc::clone(&self.inner);
        self.detached(async move {
            patiently(|| {
                Box::pin(async {
                    let _turn = inner.turn(&single.property).await?;
                    let mut client = inner.database.client().await?;
                    inner.lock(&mut client, &single.property).await?.act(&single).await
                })
            })
            .await
        })
        .await
    }

    async fn report(&self, reported: Reported) -> Result<ReportResult, StoreError> {
        let inner = Arc::clone(&self.inner);
        self.detached(async move {
            patiently(|| {
                Box::pin(async {
                    let _turn = inner.turn(&reported.property).await?;
                    let mut client = inner.database.client().await?;
                    inner.lock(&mut client, &reported.property).await?.report(&reported).await
                })
            })
            .await
        })
        .await
    }

    async fn properties(&self) -> Result<Vec<PropertyId>, StoreError> {
        self.inner.hotels().await
    }

    async fn happened(&self, property: PropertyId, after: u64, limit: u32) -> Result<Vec<Happened>, StoreError> {
        let mut client = self.inner.database.client().await?;
        let tx = HotelTx::read(&mut client, &property).await?;
        let entries = rows::audit(&tx, after, None, limit).await?;
        Ok(entries.into_iter().map(|(entry, moves)| Happened { entry, moves }).collect())
    }

    async fn lead(&self, sink: &str) -> Result<Option<Box<dyn Lead>>, StoreError> {
        let found = lead::lead(&self.inner.server, sink).await?;
        Ok(found.map(|lead| Box::new(lead) as Box<dyn Lead>))
    }

    async fn delivered_until(&self, sink: &str, property: PropertyId) -> Result<u64, StoreError> {
        let mut client = self.inner.database.client().await?;
        let tx = HotelTx::read(&mut client, &property).await?;
        let row =
            tx.one("SELECT audit_seq FROM sinks WHERE property_id = $1 AND sink = $2", &[&tx.id(), &sink]).await?;
        Ok(row.map(|row| get_u64(&row, 0)).transpose()?.unwrap_or(0))
    }

    async fn delivered(&self, sink: &str, property: PropertyId, audit_seq: u64) -> Result<(), StoreError> {
        let (inner, sink) = (Arc::clone(&self.inner), sink.to_owned());
        self.detached(async move {
            let mut client = inner.database.client().await?;
            let tx = HotelTx::write(&mut client, &property).await?;
            // A process that lost the right to feed it may say so late; it never goes back.
            tx.run(
                "INSERT INTO sinks (property_id, sink, audit_seq) VALUES ($1, $2, $3)
                 ON CONFLICT (property_id, sink) DO UPDATE SET audit_seq = greatest(sinks.audit_seq, excluded.audit_seq)",
                &[&tx.id(), &sink, &to_i64(audit_seq)],
            )
            .await?;
            tx.commit().await
        })
        .await
    }

    async fn forget_tombstones(&self, before_ms: i64) -> Result<u64, StoreError> {
        let inner = Arc::clone(&self.inner);
        self.detached(async move {
            let mut gone = 0;
            for property in inner.hotels().await? {
                let _turn = inner.turn(&property).await?;
                let mut client = inner.database.client().await?;
                gone += inner.lock(&mut client, &property).await?.forget_tombstones(before_ms).await?;
            }
            Ok(gone)
        })
        .await
    }

    async fn begin_days(&self, now_ms: i64) -> Result<Vec<(PropertyId, String)>, StoreError> {
        let inner = Arc::clone(&self.inner);
        self.detached(async move {
            let mut began = vec![];
            for property in inner.hotels().await? {
                match inner.begin_day(&property, now_ms).await {
                    Ok(day) => began.extend(day.map(|day| (property, day))),
                    // One hotel's day holds up no other's.
                    Err(error) => tracing::error!(error = error_text(&error), %property, "the day could not begin; it is tried again"),
                }
            }
            Ok(began)
        })
        .await
    }

    async fn ready(&self) -> Result<(), StoreError> {
        // Those who ask at once, and within a second, share an answer: however many ask, it is about the server.
        let mut looked = self.looked.lock().await;
        if let Some((at, works)) = *looked
            && at.elapsed() < LOOK_AGAIN
        {
            return if works { Ok(()) } else { Err(StoreError::Busy) };
        }
        let works = self.look().await;
        *looked = Some((Instant::now(), works.is_ok()));
        works
    }

    async fn close(&self) {
        self.stopping.cancel();
        self.tasks.close();
        self.tasks.wait().await;
        self.inner.database.close();
    }
}
