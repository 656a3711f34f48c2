//! What the machine asks for, carried out: each call is one request, held against what was asked, and taken by the
//! engine. A call ends with an outcome and never with a panic.

use crate::check::{self, Asked, Standing};
use crate::classify::{Class, Failure};
use crate::machine::{Answered, Greeting, Lanes, Limits};
use crate::reason::{Cause, Reason};
use crate::token::Token;
use crate::wire::{Body, Wire};
use chrono::{DateTime, Utc};
use eventsource_stream::Eventsource;
use futures_util::{StreamExt, stream};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::Duration;
use tokio::time::timeout;
use turndown_offline::{EVENT_BYTES_MAX, Engine, EngineError, FeedPlace, Hands, KNOWN_AT, OutboxItem, now_ms};
use turndown_phrase::phrase;
use turndown_protocol::{
    AuditClosed, AuditHead, BatchId, Capabilities, ChangesPage, EVENT_SCHEMA, EventsRequest, Handshake,
    HandshakeAnswer, InstallId, ServiceHead, Snapshot, ZERO_HASH,
};
use turndown_sabotage::{self as sabotage, Version};

/// On reconnect, data older than this is taken afresh instead of caught up with.
const SNAPSHOT_AGE_S: i64 = 60 * 60;
/// A clock may be set back by this much without the desk taking its data for old.
const CLOCK_SLACK_S: i64 = 5 * 60;

/// Acknowledged events are kept at least this long, whatever a service says.
const BACKUP_HORIZON_DAYS_MIN: u32 = 14;

/// The facts that the link keeps in the engine.
pub(crate) mod facts {
    pub use turndown_offline::{LINK_MODE, SENDING_PAUSED};

    /// The store that this desk belongs to.
    pub const STORE_ID: &str = "store_id";
    /// Its epoch when it was last met.
    pub const EPOCH: &str = "epoch";
    /// Where the changes go on.
    pub const CURSOR: &str = "cursor";
    /// The newest audit head that the service signed, with the key it was verified with.
    pub const AUDIT_WITNESS: &str = "audit_witness";
}

/// A head of this desk's chain that the service signed: it had everything up to there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedHead {
    /// The desk by the name that it had then.
    pub install_id: InstallId,
    /// Which store signed.
    pub store_id: String,
    /// With which key (Ed25519, hex).
    pub signing_key: String,
    /// Up to where.
    #[serde(flatten)]
    pub head: AuditHead,
    /// See [`turndown_protocol::AuditClosed::signature`].
    pub signature: String,
}

impl SignedHead {
    /// The newest one that this desk has kept; none where it never had one, or an earlier version kept it.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn kept(engine: &Engine) -> Result<Option<Self>, EngineError> {
        let fact = engine.fact(facts::AUDIT_WITNESS)?;
        Ok(fact.and_then(|fact| serde_json::from_str(&fact).ok()))
    }
}

/// What a desk says of itself, and to whom.
#[derive(Clone)]
pub struct SyncConfig {
    /// The service's address, as [`crate::enroll`] gave it.
    pub address: String,
    /// The desk's own token.
    pub token: Token,
    /// The hotel.
    pub property_id: String,
    /// The store that gave the token. Any other one is refused.
    pub store_id: String,
}

// The token is a secret: it is left out wherever somebody prints this.
impl std::fmt::Debug for SyncConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SyncConfig")
            .field("address", &self.address)
            .field("property_id", &self.property_id)
            .field("store_id", &self.store_id)
            .finish_non_exhaustive()
    }
}

/// What calls share.
pub(crate) struct Shared {
    pub(crate) engine: Engine,
    pub(crate) config: SyncConfig,
    pub(crate) wire: Wire,
    met: Mutex<Option<Met>>,
    /// How often the service was met in a new epoch. What was asked in an older one is not taken any more: an answer
    /// that was on its way while the service was restored speaks of what is gone.
    epochs: RwLock<u64>,
    /// The token was seen to be for this hotel.
    property_known: AtomicBool,
    witness: Mutex<Option<SignedHead>>,
}

/// The service as the last greeting found it.
#[derive(Debug, Clone)]
struct Met {
    store_id: String,
    epoch: String,
    signing_key: String,
    backup_horizon_days: u32,
    /// Which run of the service was greeted.
    run: Option<String>,
    /// [`Shared::epochs`] then.
    round: u64,
}

impl Met {
    /// Refuses what another run of the service says than the one that was greeted: the end of its record may have been
    /// lost meanwhile, and what it says now would hide that. Whatever it took comes again as a duplicate.
    fn is_said_by(&self, head: Option<&ServiceHead>) -> Result<(), Failure> {
        if head.map(|head| &head.run) == self.run.as_ref() || sabotage::on(Version::AnyAnswerCounts) {
            return Ok(());
        }
        tracing::info!("the service has started anew since it was greeted");
        Err(Failure::unknown(Cause::Broken))
    }
}

/// How what the service has of this install stands to the desk's own chain.
struct OwnChain {
    forked: bool,
    closed_is_own: bool,
}

/// What a greeting found, beside what the machine needs.
#[derive(Debug, Clone)]
pub(crate) struct Greeted {
    pub(crate) greeting: Greeting,
    pub(crate) notice: Option<Reason>,
    pub(crate) clock_ahead_s: Option<i64>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Every critical section here replaces or clones a whole value.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// This desk could not do its part.
pub(crate) fn desk(error: &EngineError) -> Failure {
    tracing::error!(code = error.code(), error = ?error, "the desk's database refused the link");
    let reason = Reason {
        code: error.code(),
        message: phrase!("This desk cannot keep what the service answers, so nothing more is sent."),
        next_step: error.next_step(),
    };
    Failure { reason, ..Failure::new(Class::Desk, Cause::Fault) }
}

/// Runs something that waits for the database away from the runtime's own threads, where the engine has its own.
pub(crate) async fn blocking<T: Send + 'static>(
    hands: Hands,
    work: impl FnOnce() -> Result<T, Failure> + Send + 'static,
) -> Result<T, Failure> {
    if hands == Hands::Callers {
        return work();
    }
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|error| {
        tracing::error!(%error, "a call failed inside");
        Err(Failure::new(Class::Desk, Cause::Fault))
    })
}

impl Shared {
    pub(crate) fn new(engine: Engine, config: SyncConfig, wire: Wire) -> Self {
        Self {
            engine,
            config,
            wire,
            met: Mutex::default(),
            epochs: RwLock::default(),
            property_known: AtomicBool::new(false),
            witness: Mutex::default(),
        }
    }

    async fn engine<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Engine) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<T, Failure> {
        let shared = Arc::clone(self);
        blocking(self.engine.hands(), move || work(&shared.engine).map_err(|error| desk(&error))).await
    }

    fn met(&self) -> Result<Met, Failure> {
        lock(&self.met).clone().ok_or_else(|| Failure::new(Class::Unknown, Cause::AnswerUnfit))
    }

    /// How far back the service's backups reach, once it was met: never less than two weeks.
    pub(crate) fn backup_horizon_days(&self) -> Option<u32> {
        lock(&self.met).as_ref().map(|met| met.backup_horizon_days.max(BACKUP_HORIZON_DAYS_MIN))
    }

    /// Takes something that the service answered, unless it was met in another epoch since it was asked.
    fn while_met<T>(&self, met: &Met, take: impl FnOnce() -> Result<T, Failure>) -> Result<T, Failure> {
        let epochs = self.epochs.read().unwrap_or_else(PoisonError::into_inner);
        if *epochs != met.round {
            return Err(Failure::unknown(Cause::WrongEpoch));
        }
        take()
    }

    fn path(&self, rest: &str) -> String {
        format!("/v1/properties/{}/{rest}", self.config.property_id)
    }

    /// Asks the service who it is, says who this desk is, and finds out whether the two belong together. Nothing is
    /// sent before that (D4).
    pub(crate) async fn greet(self: Arc<Self>) -> Result<Greeted, Failure> {
        let total = self.wire.deadlines().total;
        let who = |wire: Wire| async move {
            wire.ask::<Capabilities>(wire.get("/v1/capabilities"), total, Cause::NotTheService).await
        };
        // Without the token first: a stranger at this address is not shown it, and would only say that it is wrong.
        let capabilities = who(self.wire.nameless()).await?;
        let (pinned, epoch, cursor, known_at, restoring) = self
            .engine(|engine| {
                Ok((
                    engine.fact(facts::STORE_ID)?,
                    engine.fact(facts::EPOCH)?,
                    engine.fact(facts::CURSOR)?,
                    engine.fact(KNOWN_AT)?,
                    engine.is_restoring()?,
                ))
            })
            .await?;
        let strange = |id: &String| *id != capabilities.store_id;
        if strange(&self.config.store_id) || pinned.as_ref().is_some_and(strange) {
            return Err(Failure::new(Class::Refused, Cause::WrongStore));
        }
        // Which hotel a token is for does not change, so once is enough.
        if !self.property_known.load(Ordering::Relaxed) {
            let named = who(self.wire.clone()).await?;
            if named.property_id.is_some_and(|id| id.as_str() != self.config.property_id) {
                return Err(Failure::new(Class::Refused, Cause::WrongProperty));
            }
            self.property_known.store(true, Ordering::Relaxed);
        }
        let mut answer = self.handshake(&capabilities).await?;
        let mut own = self.own_chain(&answer).await?;
        let forked = own.forked;
        if forked {
            tracing::warn!(service = answer.highest_local_seq, "this desk is older than it was, or a copy");
            self.engine(|engine| {
                let environment = engine.environment();
                engine.continue_as(InstallId::generate(now_ms(environment.as_ref()), environment.random()))
            })
            .await?;
            *lock(&self.witness) = None;
            answer = self.handshake(&capabilities).await?;
            own = self.own_chain(&answer).await?;
        }
        let bytes_max = capabilities.max_event_bytes.to_string();
        self.engine(move |engine| {
            if engine.fact(EVENT_BYTES_MAX)?.as_ref() == Some(&bytes_max) {
                return Ok(());
            }
            engine.set_facts(vec![(EVENT_BYTES_MAX, Some(bytes_max))])
        })
        .await?;
        let held = (!capabilities.schemas.contains(&EVENT_SCHEMA)).then(|| Cause::UpgradeRequired.reason());

        let now = self.engine.environment().now();
        let another_epoch = epoch.as_ref().is_some_and(|epoch| *epoch != capabilities.epoch);
        // A copy that took over may go on in the same epoch: it is known by what it lacks.
        let lacks = !answer.holds_seen;
        let lost = pinned.is_some() && (another_epoch || lacks) && !sabotage::on(Version::EpochNotNoticed);
        if pinned.is_none() || epoch.is_none() || lost || restoring {
            tracing::info!(another_epoch, lacks, restoring, "the service is met in a new epoch");
            let (store_id, epoch) = (capabilities.store_id.clone(), capabilities.epoch.clone());
            // What it says it holds counts only where its chain is this desk's own.
            let holds_until = if own.closed_is_own { answer.holds_until } else { 0 };
            let shared = Arc::clone(&self);
            blocking(self.engine.hands(), move || {
                let mut epochs = shared.epochs.write().unwrap_or_else(PoisonError::into_inner);
                *epochs += 1;
                let begun = if lost || restoring {
                    shared.engine.offer_again(&store_id, &epoch, holds_until).map(|offered| {
                        tracing::warn!(offered, "what the service may have lost is offered again");
                    })
                } else {
                    shared.engine.begin_epoch(&store_id, &epoch)
                };
                begun.map_err(|error| desk(&error))
            })
            .await?;
        }
        *lock(&self.met) = Some(Met {
            store_id: capabilities.store_id,
            epoch: capabilities.epoch,
            signing_key: capabilities.signing_key,
            backup_horizon_days: capabilities.backup_horizon_days,
            run: answer.head.map(|head| head.run),
            round: *self.epochs.read().unwrap_or_else(PoisonError::into_inner),
        });
        self.witness(&answer.audit_closed)?;
        let notice = match answer.audit_problem {
            _ if forked => Some(Cause::InstallForked.reason()),
            Some(problem) => Some(Cause::AuditFork.reason().said(Some(&problem))),
            None => lost.then(|| Cause::WrongEpoch.reason()),
        };
        let snapshot = lost || restoring || cursor.is_none() || is_old(known_at.as_deref(), now);
        let clock = capabilities.server_time.parse::<DateTime<Utc>>();
        Ok(Greeted {
            greeting: Greeting {
                limits: Limits { events: capabilities.max_events, bytes: capabilities.max_batch_bytes },
                snapshot,
                held,
            },
            notice,
            clock_ahead_s: clock.ok().map(|theirs| (theirs - now).num_seconds()),
        })
    }

    /// What the service's answer has to be held against.
    async fn own_chain(self: &Arc<Self>, answer: &HandshakeAnswer) -> Result<OwnChain, Failure> {
        let highest = AuditHead {
            local_seq: answer.highest_local_seq,
            hash: answer.highest_hash.clone().unwrap_or_else(|| ZERO_HASH.to_owned()),
        };
        let closed = answer.audit_closed.head.clone();
        self.engine(move |engine| {
            Ok(OwnChain {
                forked: is_forked(engine, &highest)? || is_forked(engine, &closed)?,
                closed_is_own: closed.local_seq > 0 && engine.audit_hash(closed.local_seq)? == Some(closed.hash),
            })
        })
        .await
    }

    async fn handshake(self: &Arc<Self>, service: &Capabilities) -> Result<HandshakeAnswer, Failure> {
        let epoch = service.epoch.clone();
        let message = self
            .engine(move |engine| {
                Ok(Handshake {
                    audit_head: engine.audit_head()?,
                    seen: engine.service_head(&epoch)?,
                    continues: engine.continues()?,
                })
            })
            .await?;
        let body = serde_json::to_vec(&message).map_err(|_| Failure::new(Class::Desk, Cause::Fault))?;
        let path = format!("/v1/installs/{}/handshake", self.engine.install_id());
        let answer: HandshakeAnswer = self
            .wire
            .ask(self.wire.post(&path, Body::of(body)), self.wire.deadlines().total, Cause::AnswerUnfit)
            .await?;
        // The service may be replaced between two requests.
        if answer.store_id != service.store_id || answer.epoch != service.epoch {
            return Err(Failure::unknown(Cause::AnswerUnfit));
        }
        Ok(answer)
    }

    /// Remembers the newest head that the service signed. It is written down with the next flush's end.
    fn witness(&self, closed: &AuditClosed) -> Result<(), Failure> {
        let met = self.met()?;
        let install_id = self.engine.install_id();
        // The same as last time: it was verified then.
        let is_known = |known: &SignedHead| {
            known.install_id == install_id && known.head == closed.head && known.signature == closed.signature
        };
        if lock(&self.witness).as_ref().is_some_and(is_known) {
            return Ok(());
        }
        if !check::head_is_signed(closed, &met.store_id, &install_id, &met.signing_key) {
            tracing::warn!(
                local_seq = closed.head.local_seq,
                "the service's signature under the audit head is not good"
            );
            return Ok(());
        }
        let mut newest = lock(&self.witness);
        // A desk that goes on under another name begins another chain.
        let is_older =
            |known: &SignedHead| known.install_id != install_id || known.head.local_seq < closed.head.local_seq;
        if newest.as_ref().is_none_or(is_older) {
            *newest = Some(SignedHead {
                install_id,
                store_id: met.store_id,
                signing_key: met.signing_key,
                head: closed.head.clone(),
                signature: closed.signature.clone(),
            });
        }
        Ok(())
    }

    /// The newest signed head as a fact, if there is one.
    pub(crate) fn witness_fact(&self) -> Option<(&'static str, Option<String>)> {
        let signed = lock(&self.witness).clone()?;
        // Names and numbers only: this can always be written.
        Some((facts::AUDIT_WITNESS, serde_json::to_string(&signed).ok()))
    }

    /// Looks into the outbox.
    pub(crate) async fn pick(
        self: Arc<Self>,
        lanes: Lanes,
        events_max: usize,
        bytes_max: usize,
    ) -> Result<Vec<OutboxItem>, Failure> {
        self.engine(move |engine| match &lanes {
            Lanes::Except(busy) => engine.next_to_send(events_max, bytes_max, busy),
            Lanes::Only(lanes) => engine.next_in_lanes(lanes, events_max, bytes_max),
        })
        .await
    }

    /// Sends one batch and has the engine take its answers.
    pub(crate) async fn send(self: Arc<Self>, items: Vec<OutboxItem>) -> Result<Answered, Failure> {
        let met = self.met()?;
        let environment = Arc::clone(self.engine.environment());
        let batch_id = BatchId::generate(now_ms(environment.as_ref()), environment.random());
        let asked = Asked {
            batch_id: batch_id.clone(),
            store_id: met.store_id.clone(),
            epoch: met.epoch.clone(),
            events: items.iter().map(|item| item.event_id.clone()).collect::<BTreeSet<_>>(),
        };
        let install_id = self.engine.install_id();
        let sender = install_id.clone();
        let shared = Arc::clone(&self);
        let asked_of = met.clone();
        let body = blocking(self.engine.hands(), move || {
            let fault = |error| {
                tracing::error!(%error, "an event's bytes are not JSON");
                Failure::new(Class::Desk, Cause::Fault)
            };
            let request = EventsRequest {
                batch_id,
                install_id: sender,
                store_id: met.store_id,
                audit_head: shared.engine.audit_head().map_err(|error| desk(&error))?,
                seen: shared.engine.service_head(&met.epoch).map_err(|error| desk(&error))?,
                epoch: met.epoch,
                events: items
                    .into_iter()
                    .map(|item| RawValue::from_string(item.bytes))
                    .collect::<Result<_, _>>()
                    .map_err(fault)?,
            };
            Ok(Body::of(serde_json::to_vec(&request).map_err(fault)?))
        })
        .await?;
        let request = self.wire.post(&self.path("events"), body).header("X-Idempotency-Key", asked.batch_id.as_str());
        let answer = self.wire.call(request, self.wire.deadlines().total).await?;
        let shared = Arc::clone(&self);
        blocking(self.engine.hands(), move || {
            let answer = check::events(&asked, &answer).map_err(|unfit| {
                tracing::warn!(%unfit, "an answer does not count");
                Failure::unknown(Cause::AnswerUnfit)
            })?;
            asked_of.is_said_by(answer.head.as_ref())?;
            shared.witness(&answer.audit_closed)?;
            // Two copies of one desk that greeted at the same moment are told apart by what comes of their first batches.
            let forked = shared.engine.install_id() == install_id
                && is_forked(&shared.engine, &answer.audit_closed.head).map_err(|error| desk(&error))?;
            let taken = shared.while_met(&asked_of, || {
                let taken = shared.engine.take_results(&asked.store_id, &asked.epoch, answer.head, answer.results);
                taken.map_err(|error| desk(&error))
            })?;
            Ok(Answered {
                ok: taken.ok,
                errors: taken.errors,
                conflicts: taken.conflicts,
                again: taken.again,
                upgrade_required: taken.upgrade_required,
                forked,
            })
        })
        .await
    }

    /// Asks for one page of changes and takes it. Answers whether there is more.
    pub(crate) async fn pull(self: Arc<Self>) -> Result<bool, Failure> {
        let met = self.met()?;
        let cursor = self.engine(|engine| engine.fact(facts::CURSOR)).await?;
        let Some(cursor) = cursor else { return Err(Failure::new(Class::Gone, Cause::CursorGone)) };
        let request = self.wire.get(&format!("{}?cursor={}", self.path("changes"), encoded(&cursor)));
        let body = self.wire.call(request, self.wire.deadlines().total).await?;
        let page: ChangesPage = self.read(body).await?;
        let stands_still = page.more && page.next == cursor;
        if page.store_id != met.store_id || page.epoch != met.epoch || page.from != cursor || stands_still {
            tracing::warn!("a page of changes is not the one that was asked for");
            return Err(Failure::unknown(Cause::AnswerUnfit));
        }
        met.is_said_by(page.head.as_ref())?;
        let shared = Arc::clone(&self);
        blocking(self.engine.hands(), move || shared.while_met(&met, || shared.take_page(page))).await
    }

    /// Takes a page that goes on from the cursor. One without news is not written down.
    fn take_page(&self, page: ChangesPage) -> Result<bool, Failure> {
        let more = page.more;
        if page.next != page.from || !page.rows.is_empty() || page.reference.is_some() {
            let next = FeedPlace { cursor: page.next, head: page.head };
            self.engine.take_rows(page.rows, page.reference, next).map_err(|error| desk(&error))?;
        }
        Ok(more)
    }

    /// Takes a whole snapshot. `progress` hears rows so far and in all.
    pub(crate) async fn snapshot(self: Arc<Self>, progress: impl Fn(u32, u32) + Send + 'static) -> Result<(), Failure> {
        let met = self.met()?;
        let body = self.wire.call(self.wire.get(&self.path("snapshot")), self.wire.deadlines().snapshot).await?;
        let snapshot: Snapshot = self.read(body).await?;
        if snapshot.store_id != met.store_id || snapshot.epoch != met.epoch {
            return Err(Failure::unknown(Cause::AnswerUnfit));
        }
        met.is_said_by(snapshot.head.as_ref())?;
        let shared = Arc::clone(&self);
        blocking(self.engine.hands(), move || {
            let total = u32::try_from(snapshot.rows.len()).unwrap_or(u32::MAX);
            progress(0, total);
            let Snapshot { reference, rows, cursor, head_seq, head, .. } = snapshot;
            let next = FeedPlace { cursor, head };
            shared.while_met(&met, || {
                let taken = shared.engine.take_snapshot(reference, rows, next, head_seq, |done| {
                    progress(u32::try_from(done).unwrap_or(u32::MAX), total);
                });
                taken.map_err(|error| desk(&error))
            })
        })
        .await
    }

    async fn read<T: DeserializeOwned + Send + 'static>(&self, body: Vec<u8>) -> Result<T, Failure> {
        blocking(self.engine.hands(), move || {
            serde_json::from_slice(&body).map_err(|error| {
                tracing::warn!(line = error.line(), column = error.column(), "an answer is not of the expected form");
                Failure::unknown(Cause::AnswerUnfit)
            })
        })
        .await
    }

    /// Listens to the stream of changes until it ends or is silent for too long. Each message is a page that goes on
    /// from the desk's cursor; one that does not is left to the next pull.
    pub(crate) async fn listen(self: Arc<Self>, said: impl Fn(Heard) + Send) -> Result<(), Failure> {
        let cursor = self.engine(|engine| engine.fact(facts::CURSOR)).await?;
        let Some(cursor) = cursor else { return Err(Failure::new(Class::Gone, Cause::CursorGone)) };
        let path = format!("{}?cursor={}", self.path("changes/stream"), encoded(&cursor));
        let pieces = self.wire.stream(&path).await?;
        said(Heard::Open);
        let silence = self.wire.deadlines().stream_silence;
        // The service sends a comment every few seconds, which the parser below swallows.
        let alive = &said;
        let bytes = stream::unfold(Some(pieces), move |pieces| async move {
            let mut pieces = pieces?;
            match timeout(silence, pieces.next()).await {
                Ok(Some(Ok(piece))) => {
                    if piece.first() == Some(&b':') {
                        alive(Heard::Alive);
                    }
                    Some((Ok(piece), Some(pieces)))
                }
                Ok(None) => None,
                Ok(Some(Err(kind))) => Some((Err(format!("{kind:?}")), None)),
                Err(_) => Some((Err("silence".to_owned()), None)),
            }
        });
        let mut events = Box::pin(bytes.eventsource());
        while let Some(event) = events.next().await {
            match event {
                Ok(event) => said(self.take_message(event.data).await),
                Err(error) => {
                    tracing::info!(%error, "the stream of changes broke");
                    break;
                }
            }
        }
        Ok(())
    }

    async fn take_message(self: &Arc<Self>, data: String) -> Heard {
        let shared = Arc::clone(self);
        let taken = blocking(self.engine.hands(), move || {
            let met = shared.met()?;
            let Ok(page) = serde_json::from_str::<ChangesPage>(&data) else { return Ok(Heard::Change) };
            let cursor = shared.engine.fact(facts::CURSOR).map_err(|error| desk(&error))?;
            if page.store_id != met.store_id || page.epoch != met.epoch || cursor.as_ref() != Some(&page.from) {
                return Ok(Heard::Change);
            }
            met.is_said_by(page.head.as_ref())?;
            shared.while_met(&met, || shared.take_page(page)).map(|more| Heard::Page { more })
        });
        // What could not be taken from the stream is asked for by a pull, which says why if it fails too.
        taken.await.unwrap_or(Heard::Change)
    }
}

/// What the stream of changes gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Heard {
    Open,
    Alive,
    /// A page was taken; whether there is more behind it.
    Page {
        more: bool,
    },
    /// Something changed that a pull has to fetch.
    Change,
}

/// Whether the service has something under this install's name that is not this desk's.
fn is_forked(engine: &Engine, theirs: &AuditHead) -> Result<bool, EngineError> {
    let own = engine.audit_hash(theirs.local_seq)?;
    // The chain only grows: read last, its end is not behind anything that this desk has sent.
    let head = engine.audit_head()?.local_seq;
    Ok(check::standing(theirs, head, own.as_deref()) == Standing::Forked)
}

/// Whether data known at a time is too old to be caught up with. A clock that was set back far says nothing.
fn is_old(known_at: Option<&str>, now: DateTime<Utc>) -> bool {
    let Some(known_at) = known_at.and_then(|at| at.parse::<DateTime<Utc>>().ok()) else { return true };
    let age = (now - known_at).num_seconds();
    !(-CLOCK_SLACK_S..=SNAPSHOT_AGE_S).contains(&age)
}

/// A value as it goes into a query.
fn encoded(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push('%');
            text.push_str(&hex::encode_upper([byte]));
        }
    }
    text
}

/// A pause for a supervisor between two lives.
pub(crate) fn pause(lives: u32) -> Duration {
    Duration::from_millis(100).saturating_mul(1 << lives.min(7)).min(Duration::from_secs(10))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_opaque_and_travels_unchanged() {
        assert_eq!(encoded("store:epoch:12+a/b=&?ü"), "store%3Aepoch%3A12%2Ba%2Fb%3D%26%3F%C3%BC");
    }

    #[test]
    fn a_snapshot_older_than_an_hour_is_taken_afresh() {
        let now: DateTime<Utc> = "2016-03-25T10:00:00Z".parse().expect("a time");
        for (known_at, expected) in [
            (None, true),
            (Some("never"), true),
            (Some("2016-03-25T10:00:00Z"), false),
            (Some("2016-03-25T09:00:00Z"), false),
            (Some("2016-03-25T08:59:59Z"), true),
            (Some("2016-03-25T10:04:00Z"), false),
            (Some("2016-03-25T11:00:00Z"), true),
            (Some("1970-01-01T00:00:00Z"), true),
        ] {
            assert_eq!(is_old(known_at, now), expected, "{known_at:?}");
        }
    }
}
