//! The thin driver around the machine: it carries out actions, brings their outcomes back, keeps the timer, and tells
//! everyone what the link is. A supervisor starts it again if it ever panics (B17). Nothing here decides anything.

use crate::backoff::Pace;
use crate::calls::{self, Greeted, Heard, Shared, SyncConfig, blocking, facts, pause};
use crate::classify::{Class, Failure};
use crate::machine::{Action, Flush, Input, LinkMode, LinkState, Machine, Request, View};
use crate::network::{Http, Network};
use crate::reason::{Cause, Reason};
use crate::status::{LastFlush, Status, flush_code};
use crate::wire::{Body, Deadlines, Wire};
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::FutureExt;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;
use turndown_offline::{Engine, EngineError, KNOWN_AT, OutboxItem, Sort, rfc3339};
use turndown_phrase::phrase;
use turndown_protocol::{Capabilities, ChangePin, EntityRef, EventId, Mode, SignedPasses, StoryPage, Suggestions};

/// Views hear of progress no more often than this.
const PROGRESS_EVERY: Duration = Duration::from_millis(100);
/// What ages is brought up to date at least this often.
const FRESHEN_EVERY: Duration = Duration::from_secs(30);
/// More than this between two answers of the service is no pause of the link: time itself jumped.
const CLOCK_JUMP: TimeDelta = TimeDelta::hours(1);
/// While the link is up, the time at which the data was last known to be fresh is written down no more often than this.
/// After a power cut the data passes for older than it is by as much, which is the safe side.
const KEEP_KNOWN_EVERY: Duration = Duration::from_secs(5 * 60);
/// While a flush runs, what waits is counted no more often than this.
const COUNT_EVERY: Duration = Duration::from_secs(1);
/// An orderly end takes no longer.
const STOP_WITHIN: Duration = Duration::from_secs(3);

/// All times of a link.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Timing {
    /// Delays.
    pub pace: Pace,
    /// Deadlines.
    pub deadlines: Deadlines,
}

#[derive(Debug, Clone, Copy)]
enum Command {
    SyncNow,
    Refresh,
    Mode(LinkMode),
    Pause(bool),
}

/// A running link between a desk and its service. Dropping it cuts the link; what waits stays in the outbox.
pub struct Sync {
    commands: mpsc::UnboundedSender<Command>,
    status: watch::Receiver<Status>,
    /// For what a person asks beside the link. It holds nothing of the engine, which closes when the link has ended.
    wire: Wire,
    property_id: String,
    end: CancellationToken,
    supervisor: Mutex<Option<JoinHandle<()>>>,
}

/// How long a person waits for what others did in a room before what this desk did is shown alone.
const LOOK_UP_PATIENCE: Duration = Duration::from_secs(5);

impl Sync {
    /// Starts the link on the current runtime. It goes on by itself until [`Sync::stop`].
    ///
    /// # Panics
    /// Outside a tokio runtime.
    #[must_use]
    pub fn start(engine: Engine, config: SyncConfig) -> Self {
        Self::start_with(engine, config, Timing::default())
    }

    /// The same with other times.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    #[must_use]
    pub fn start_with(engine: Engine, config: SyncConfig, timing: Timing) -> Self {
        let network = Arc::new(Http::new(&config.address, timing.deadlines));
        Self::start_on(network, engine, config, timing)
    }

    /// The same on another network.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    #[must_use]
    pub fn start_on(network: Arc<dyn Network>, engine: Engine, config: SyncConfig, timing: Timing) -> Self {
        let (commands, received) = mpsc::unbounded_channel();
        let (shown, status) = watch::channel(Status::default());
        let end = CancellationToken::new();
        let environment = Arc::clone(engine.environment());
        let wire = Wire::new(network, &config.address, Some(config.token.clone()), timing.deadlines, environment);
        let property_id = config.property_id.clone();
        let shared = Arc::new(Shared::new(engine, config, wire.clone()));
        let supervisor = tokio::spawn(supervise(shared, timing, received, shown, end.clone()));
        Self { commands, status, wire, property_id, end, supervisor: Mutex::new(Some(supervisor)) }
    }

    /// Tries everything now: a person asked.
    pub fn sync_now(&self) {
        self.tell(Command::SyncNow);
    }

    /// Takes a fresh snapshot as soon as the service answers.
    pub fn refresh_snapshot(&self) {
        self.tell(Command::Refresh);
    }

    /// Switches the link. A cut drops requests on their way at once; the switch outlives a restart.
    pub fn set_mode(&self, mode: LinkMode) {
        self.tell(Command::Mode(mode));
    }

    /// Pauses the sending, or has it go on. What is on its way arrives, and changes go on coming in; it outlives a restart.
    pub fn pause_sending(&self, paused: bool) {
        self.tell(Command::Pause(paused));
    }

    /// What the service knows of one entity, by whichever desk, the newest first. Nothing of it is kept.
    ///
    /// # Errors
    /// Why it cannot be had now, in words for a person.
    pub async fn story(&self, entity: &EntityRef, most: u32) -> Result<StoryPage, Reason> {
        let plain = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let (property, kind, id) = (&self.property_id, plain(&entity.kind), plain(&entity.id));
        let path = format!("/v1/properties/{property}/entities/{kind}/{id}/story?limit={most}");
        self.look_up(&path).await
    }

    /// Whom the service proposes for what nobody is assigned to. Nothing of it is kept.
    ///
    /// # Errors
    /// As [`Sync::story`].
    pub async fn suggestions(&self) -> Result<Suggestions, Reason> {
        self.look_up(&format!("/v1/properties/{}/suggestions", self.property_id)).await
    }

    /// Who may sign in at this desk, as the service signs it now, and the key that it signs with.
    ///
    /// # Errors
    /// As [`Sync::story`].
    pub async fn passes(&self) -> Result<(SignedPasses, String), Reason> {
        let capabilities: Capabilities = self.look_up("/v1/capabilities").await?;
        let passes = self.look_up(&format!("/v1/properties/{}/passes", self.property_id)).await?;
        Ok((passes, capabilities.signing_key))
    }

    /// Changes a person's own PIN. The answer has the passes with the new one.
    ///
    /// # Errors
    /// As [`Sync::story`], or because the PIN is not theirs.
    pub async fn change_pin(&self, change: &ChangePin) -> Result<SignedPasses, Reason> {
        self.unless_away()?;
        let body = serde_json::to_vec(change).map_err(|_| Cause::Fault.reason())?;
        let asking = self.wire.post(&format!("/v1/properties/{}/pin", self.property_id), Body::of(body));
        // Longer than for what is only looked at: it may have been done by the time the answer is late.
        let patience = self.wire.deadlines().total;
        self.wire.ask(asking, patience, Cause::NotTheService).await.map_err(|failure| match failure.cause {
            // That this desk belongs to the hotel shows in everything else that it asks.
            Cause::WrongProperty => Reason {
                code: "PIN_WRONG",
                message: phrase!("That is not the PIN you have."),
                next_step: phrase!("Type it again. Who has forgotten it gets a new one from the hotel's IT."),
            },
            _ => failure.reason,
        })
    }

    /// Asks the service for something that a person looks at and that is not kept. Where it is known to be away, nobody
    /// waits.
    async fn look_up<T: DeserializeOwned>(&self, path: &str) -> Result<T, Reason> {
        self.unless_away()?;
        let patience = self.wire.deadlines().total.min(LOOK_UP_PATIENCE);
        let asked = self.wire.ask(self.wire.get(path), patience, Cause::NotTheService).await;
        asked.map_err(|failure| failure.reason)
    }

    fn unless_away(&self) -> Result<(), Reason> {
        let status = self.status.borrow();
        match (status.state, &status.reason) {
            (LinkState::Offline | LinkState::Stopped, Some(reason)) => Err(reason.clone()),
            _ => Ok(()),
        }
    }

    fn tell(&self, command: Command) {
        if self.commands.send(command).is_err() {
            tracing::debug!(?command, "the link has ended");
        }
    }

    /// The link as it is, and every change of it.
    #[must_use]
    pub fn status(&self) -> watch::Receiver<Status> {
        self.status.clone()
    }

    /// Ends the link, within a few seconds. What is on its way stays in the outbox and is sent again next time.
    pub async fn stop(&self) {
        self.end.cancel();
        let supervisor = self.supervisor.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(mut supervisor) = supervisor
            && timeout(STOP_WITHIN, &mut supervisor).await.is_err()
        {
            tracing::warn!("the link did not end in time and is dropped");
            supervisor.abort();
        }
    }
}

impl Drop for Sync {
    fn drop(&mut self) {
        self.end.cancel();
    }
}

async fn supervise(
    shared: Arc<Shared>,
    timing: Timing,
    mut commands: mpsc::UnboundedReceiver<Command>,
    shown: watch::Sender<Status>,
    end: CancellationToken,
) {
    let mut lives = 0;
    while !end.is_cancelled() {
        let life = async {
            let mut driver = Driver::new(Arc::clone(&shared), timing, &shown).await?;
            driver.run(&mut commands, &end).await;
            Ok::<_, Failure>(())
        };
        let ended = AssertUnwindSafe(life).catch_unwind().await;
        // Whatever was on its way is dropped with the driver; nothing may go on looking as if it were.
        let flying = shared.engine.in_flight().into_iter().collect();
        shared.engine.set_in_flight(flying, false);
        let reason = match ended {
            Ok(Ok(())) => continue,
            Ok(Err(failure)) => failure.reason,
            Err(_) => Cause::Fault.reason(),
        };
        tracing::error!(code = reason.code, lives, "the link failed inside and starts again");
        shown.send_modify(|status| {
            status.state = LinkState::Offline;
            status.reason = Some(reason);
            status.flushing = false;
        });
        shared.engine.set_mode(Mode::Offline);
        shared.engine.announce(Sort::Status);
        lives += 1;
        tokio::select! {
            biased;
            () = end.cancelled() => {}
            () = tokio::time::sleep(pause(lives)) => {}
        }
    }
}

/// What a call ends with.
enum Done {
    Greeted(Request, Result<Greeted, Failure>),
    Picked(Request, Result<Vec<OutboxItem>, Failure>, Duration),
    Snapped(Request, Result<(), Failure>),
    Input(Input),
    Counted(Option<u32>),
    Nothing,
}

/// What a call says on the way.
enum Note {
    Heard(Request, Heard),
    Loading(u32, u32),
}

struct Driver<'a> {
    shared: Arc<Shared>,
    machine: Machine,
    born: Instant,
    hour: Duration,
    calls: JoinSet<Done>,
    notes: mpsc::UnboundedReceiver<Note>,
    note: mpsc::UnboundedSender<Note>,
    flying: BTreeMap<Request, Vec<(EventId, EntityRef)>>,
    known_at: Option<DateTime<Utc>>,
    known_kept: Option<Instant>,
    flush_began: Option<String>,
    flush_total: u32,
    counted: Option<Instant>,
    counting: bool,
    last_flush: Option<LastFlush>,
    loading: Option<(u32, Option<u32>)>,
    notice: Option<Reason>,
    clock_ahead_s: Option<i64>,
    /// Answers of the running flush when what waits was last counted.
    answered: Option<u32>,
    since: Option<String>,
    shown: &'a watch::Sender<Status>,
    announced: Option<Instant>,
    /// Progress that nobody heard of yet.
    untold: bool,
}

impl<'a> Driver<'a> {
    async fn new(shared: Arc<Shared>, timing: Timing, shown: &'a watch::Sender<Status>) -> Result<Self, Failure> {
        let engine = shared.engine.clone();
        let (mode, paused, known_at, tries) = blocking(engine.hands(), move || {
            let read = || {
                let paused = engine.fact(facts::SENDING_PAUSED)?.is_some();
                let (mode, known_at) = (engine.fact(facts::LINK_MODE)?, engine.fact(KNOWN_AT)?);
                Ok::<_, EngineError>((mode, paused, known_at, engine.blamed()?))
            };
            read().map_err(|error| calls::desk(&error))
        })
        .await?;
        let before = shown.borrow().clone();
        let (note, notes) = mpsc::unbounded_channel();
        Ok(Self {
            shared,
            machine: Machine::new(timing.pace, mode_of(mode.as_deref())).remembering(tries).paused(paused),
            born: Instant::now(),
            hour: timing.pace.uptime_hour,
            calls: JoinSet::new(),
            notes,
            note,
            flying: BTreeMap::new(),
            known_at: known_at.and_then(|at| at.parse().ok()),
            known_kept: None,
            flush_began: None,
            flush_total: 0,
            counted: None,
            counting: false,
            last_flush: before.last_flush,
            loading: None,
            notice: before.notice,
            clock_ahead_s: before.clock_ahead_s,
            answered: None,
            since: None,
            shown,
            announced: None,
            untold: false,
        })
    }

    async fn run(&mut self, commands: &mut mpsc::UnboundedReceiver<Command>, end: &CancellationToken) {
        let engine = self.shared.engine.clone();
        self.step(Input::Timer);
        let hour = self.hour;
        let mut hours = tokio::time::interval_at(Instant::now() + hour, hour);
        hours.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            let wake = self.wake();
            let input = tokio::select! {
                biased;
                () = end.cancelled() => Input::Stop,
                command = commands.recv() => match command {
                    None => Input::Stop,
                    Some(Command::SyncNow) => Input::SyncNow,
                    Some(Command::Refresh) => Input::Refresh,
                    Some(Command::Mode(mode)) => Input::Mode(mode),
                    Some(Command::Pause(paused)) => Input::Pause(paused),
                },
                Some(done) = self.calls.join_next(), if !self.calls.is_empty() => match done {
                    Ok(done) => {
                        self.done(done);
                        continue;
                    }
                    // Dropped by a cut.
                    Err(_) => continue,
                },
                Some(note) = self.notes.recv() => match note {
                    Note::Heard(request, Heard::Open) => Input::StreamOpen(request),
                    Note::Heard(request, Heard::Alive) => Input::StreamAlive(request),
                    Note::Heard(request, Heard::Page { more }) => Input::StreamTook(request, more),
                    Note::Heard(request, Heard::Change) => Input::StreamSaid(request),
                    Note::Loading(done, total) => {
                        if self.loading.is_some() {
                            self.loading = Some((done, Some(total)));
                        }
                        self.tell();
                        continue;
                    }
                },
                () = engine.work() => Input::Work,
                _ = hours.tick() => {
                    self.ran_an_hour();
                    continue;
                }
                () = sleep_until(wake) => Input::Timer,
            };
            let switched = match input {
                Input::Mode(mode) => Some((facts::LINK_MODE, Some(mode_name(mode).to_owned()))),
                Input::Pause(paused) => Some((facts::SENDING_PAUSED, paused.then(|| "1".to_owned()))),
                _ => None,
            };
            let stops = matches!(input, Input::Stop);
            self.step(input);
            if let Some(switched) = switched {
                // After the cut, not before: a slow disk must not keep a request on its way.
                self.keep(vec![switched]).await;
            }
            if stops {
                self.calls.shutdown().await;
                self.keep_known().await;
                return;
            }
        }
    }

    /// When to look again without an input.
    fn wake(&self) -> Instant {
        let now = Instant::now();
        let timer = self.machine.next_timer().map(|at| self.born + at);
        let told = self.untold.then(|| self.announced.map_or(now, |at| at + PROGRESS_EVERY));
        [timer, told].into_iter().flatten().fold(now + FRESHEN_EVERY, Instant::min)
    }

    fn done(&mut self, done: Done) {
        match done {
            Done::Greeted(request, result) => {
                if let Ok(greeted) = &result {
                    self.clock_ahead_s = greeted.clock_ahead_s;
                    // That the service was restored stays until this desk is closed: somebody should read it.
                    let restored = self.notice.as_ref().is_some_and(|notice| notice.code == Cause::WrongEpoch.code());
                    if greeted.notice.is_some() || !restored {
                        self.notice.clone_from(&greeted.notice);
                    }
                }
                self.step(Input::Greeted(request, result.map(|greeted| greeted.greeting)));
            }
            Done::Picked(request, result, took) => {
                let mut items = None;
                let result = result.map(|picked| {
                    let names = picked.iter().map(|item| (item.event_id.clone(), item.entity.clone())).collect();
                    items = Some(picked);
                    names
                });
                // What the machine does not send now is dropped here and picked again.
                self.step_with(Input::Picked(request, result, took), items);
            }
            Done::Snapped(request, result) => {
                self.loading = None;
                if result.is_ok() {
                    // The engine has kept the same with the snapshot.
                    self.known_at = Some(self.shared.engine.environment().now());
                }
                self.step(Input::Snapped(request, result));
            }
            Done::Input(input) => {
                if let Input::Sent(request, _) = &input {
                    self.landed(*request);
                }
                self.step(input);
            }
            Done::Counted(None) => self.counting = false,
            Done::Counted(Some(waiting)) => {
                self.counting = false;
                let done = self.machine.view(self.born.elapsed()).flush.map_or(0, |flush| flush.ok + flush.errors);
                self.flush_total = done.saturating_add(waiting);
                self.tell();
            }
            Done::Nothing => {}
        }
    }

    fn step(&mut self, input: Input) {
        self.step_with(input, None);
    }

    fn step_with(&mut self, input: Input, mut items: Option<Vec<OutboxItem>>) {
        let environment = Arc::clone(self.shared.engine.environment());
        #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "53 bits make a fraction")]
        let mut dice = move || ((environment.random() as u64) >> 11) as f64 / (1_u64 << 53) as f64;
        let actions = self.machine.step(input, self.born.elapsed(), &mut dice);
        for action in actions {
            self.perform(action, &mut items);
        }
        if !self.machine.is_alive() {
            // It cannot happen: the property test holds it. If it did, this is how it heals.
            tracing::error!("the link had nothing to wait for");
            let again = self.machine.step(Input::SyncNow, self.born.elapsed(), &mut || 0.0);
            for action in again {
                self.perform(action, &mut items);
            }
        }
        self.tell();
    }

    /// Starts a call. Whatever goes wrong inside it, its outcome comes back.
    fn call(
        &mut self,
        call: impl Future<Output = Done> + Send + 'static,
        otherwise: impl FnOnce(Failure) -> Done + Send + 'static,
    ) {
        self.calls.spawn(async move {
            AssertUnwindSafe(call).catch_unwind().await.unwrap_or_else(|_| {
                tracing::error!("a call panicked");
                otherwise(Failure::new(Class::Desk, Cause::Fault))
            })
        });
    }

    fn perform(&mut self, action: Action, items: &mut Option<Vec<OutboxItem>>) {
        let shared = Arc::clone(&self.shared);
        match action {
            Action::Greet(request) => self
                .call(async move { Done::Greeted(request, shared.greet().await) }, move |failure| {
                    Done::Greeted(request, Err(failure))
                }),
            Action::Pick { request, lanes, events_max, bytes_max } => {
                let began = Instant::now();
                self.call(
                    async move {
                        let picked = shared.pick(lanes, events_max, bytes_max).await;
                        Done::Picked(request, picked, began.elapsed())
                    },
                    move |failure| Done::Picked(request, Err(failure), Duration::ZERO),
                );
            }
            Action::Send(request) => {
                let items = items.take().unwrap_or_default();
                let names: Vec<_> = items.iter().map(|item| (item.event_id.clone(), item.entity.clone())).collect();
                self.shared.engine.set_in_flight(names.clone(), true);
                self.flying.insert(request, names);
                self.call(async move { Done::Input(Input::Sent(request, shared.send(items).await)) }, move |failure| {
                    Done::Input(Input::Sent(request, Err(failure)))
                });
            }
            Action::Park { lane, event, reason } => self.call(
                async move {
                    let id = event.clone();
                    let parked = blocking(shared.engine.hands(), move || {
                        let message = format!("{} {}", reason.message, reason.next_step);
                        shared.engine.park(&id, reason.code, &message).map_err(|error| {
                            tracing::error!(code = error.code(), "an event could not be parked");
                            Failure::new(Class::Desk, Cause::Fault)
                        })
                    })
                    .await;
                    if parked.is_ok() { Done::Input(Input::Parked(lane, event)) } else { Done::Nothing }
                },
                |_| Done::Nothing,
            ),
            Action::Blame { event, tries, reason } => self.call(
                async move {
                    let hands = shared.engine.hands();
                    // It was logged; a restart then counts from what was written before.
                    let _ = blocking(hands, move || {
                        shared.engine.blame(&event, tries, reason.code, &reason.message.to_string()).map_err(|error| {
                            tracing::warn!(code = error.code(), "tries of an event could not be written down");
                            Failure::new(Class::Desk, Cause::Fault)
                        })
                    })
                    .await;
                    Done::Nothing
                },
                |_| Done::Nothing,
            ),
            Action::Pull(request) => self
                .call(async move { Done::Input(Input::Pulled(request, shared.pull().await)) }, move |failure| {
                    Done::Input(Input::Pulled(request, Err(failure)))
                }),
            Action::Snapshot(request) => {
                self.loading = Some((0, None));
                let note = self.note.clone();
                let progress = move |done, total| {
                    let _ = note.send(Note::Loading(done, total));
                };
                self.call(async move { Done::Snapped(request, shared.snapshot(progress).await) }, move |failure| {
                    Done::Snapped(request, Err(failure))
                });
            }
            Action::Listen(request) => {
                let note = self.note.clone();
                let said = move |heard| {
                    let _ = note.send(Note::Heard(request, heard));
                };
                self.call(
                    async move {
                        let Err(failure) = shared.listen(said).await else {
                            return Done::Input(Input::StreamEnded(request));
                        };
                        tracing::info!(code = failure.reason.code, "there is no stream of changes");
                        Done::Input(match failure.class {
                            Class::Refused | Class::Version => Input::StreamRefused(request),
                            _ => Input::StreamEnded(request),
                        })
                    },
                    move |_| Done::Input(Input::StreamEnded(request)),
                );
            }
            Action::AbortAll => {
                self.calls.abort_all();
                self.loading = None;
                self.counting = false;
                for request in self.flying.keys().copied().collect::<Vec<_>>() {
                    self.landed(request);
                }
            }
            Action::FreshConnection => self.shared.wire.renew(),
            Action::Known => self.known(),
            Action::FlushStarted => {
                tracing::info!(target: "telemetry", name = "frontend.sync.flush_started", "a flush began");
                self.flush_began = Some(rfc3339(self.shared.engine.environment().now()));
                self.flush_total = 0;
                self.count();
            }
            Action::FlushEnded(flush) => self.flush_ended(flush),
        }
    }

    /// Counts the desk's uptime, and once a day of it lets go of what no backup of the service can ask for any more.
    fn ran_an_hour(&mut self) {
        let shared = Arc::clone(&self.shared);
        self.call(
            async move {
                let hands = shared.engine.hands();
                let done = blocking(hands, move || {
                    let pruned =
                        shared.engine.ran_an_hour().and_then(|day_is_full| match shared.backup_horizon_days() {
                            Some(days) if day_is_full => shared.engine.prune(days),
                            _ => Ok(0),
                        });
                    pruned.map_err(|error| {
                        tracing::warn!(
                            code = error.code(),
                            "old rows could not be let go; they are tried again tomorrow"
                        );
                        Failure::new(Class::Desk, Cause::Fault)
                    })
                });
                if let Ok(pruned) = done.await
                    && pruned > 0
                {
                    tracing::info!(pruned, "acknowledged rows beyond the service's backups were let go");
                }
                Done::Nothing
            },
            |_| Done::Nothing,
        );
    }

    fn landed(&mut self, request: Request) {
        if let Some(names) = self.flying.remove(&request) {
            self.shared.engine.set_in_flight(names, false);
        }
    }

    /// Counts what waits, for the bar that a running flush shows.
    fn count(&mut self) {
        if self.counting || self.counted.is_some_and(|at| at.elapsed() < COUNT_EVERY && self.flush_total > 0) {
            return;
        }
        self.counting = true;
        self.counted = Some(Instant::now());
        let engine = self.shared.engine.clone();
        self.call(
            async move {
                let counted = blocking(engine.hands(), move || {
                    let count = || {
                        let waiting = engine.ledger()?.waiting.saturating_sub(engine.held_back()?);
                        Ok(waiting + engine.carried_waiting()?)
                    };
                    count().map_err(|_: EngineError| Failure::new(Class::Desk, Cause::Fault))
                })
                .await;
                let waiting = counted.ok().map(|waiting| u32::try_from(waiting).unwrap_or(u32::MAX));
                Done::Counted(waiting)
            },
            |_| Done::Counted(None),
        );
    }

    fn flush_ended(&mut self, flush: Flush) {
        let Flush { ok, errors, conflicts, failed_requests } = flush;
        tracing::info!(
            target: "telemetry",
            name = "frontend.sync.flush_completed",
            okCount = ok,
            errorCount = errors,
            "a flush ended"
        );
        for _ in 0..conflicts {
            tracing::info!(target: "telemetry", name = "frontend.sync.conflict", entity = "hk_task", "a conflict came back");
        }
        if errors > 0 {
            tracing::info!(target: "telemetry", name = "frontend.sync.partial_failure", errorCount = errors, "not all went through");
        }
        let ended_at = rfc3339(self.shared.engine.environment().now());
        let started_at = self.flush_began.take().unwrap_or_else(|| ended_at.clone());
        // One that was cut off before any answer says nothing beside the link's own reason.
        if ok + errors > 0 || failed_requests == 0 {
            let code = flush_code(errors, conflicts);
            self.last_flush = Some(LastFlush {
                started_at,
                ended_at,
                ok_count: ok,
                error_count: errors,
                conflict_count: conflicts,
                code,
            });
        }
        self.flush_total = 0;
        if let Some(fact) = self.shared.witness_fact() {
            self.keep_soon(vec![fact]);
        }
    }

    /// The cursor is at the service's head now.
    fn known(&mut self) {
        let now = self.shared.engine.environment().now();
        // The machine slept, or its clock was set: what is written down would look older than it is.
        let jumped = self.known_at.is_some_and(|before| (now - before).abs() > CLOCK_JUMP);
        self.known_at = Some(now);
        if (jumped || self.known_kept.is_none_or(|at| at.elapsed() >= KEEP_KNOWN_EVERY))
            && let Some(fact) = self.known_fact()
        {
            self.known_kept = Some(Instant::now());
            self.keep_soon(vec![fact]);
        }
    }

    fn known_fact(&self) -> Option<(&'static str, Option<String>)> {
        self.known_at.map(|at| (KNOWN_AT, Some(rfc3339(at))))
    }

    async fn keep_known(&self) {
        if let Some(fact) = self.known_fact() {
            self.keep(vec![fact]).await;
        }
    }

    fn keep_soon(&mut self, kept: Vec<(&'static str, Option<String>)>) {
        let engine = self.shared.engine.clone();
        self.call(
            async move {
                keep(engine, kept).await;
                Done::Nothing
            },
            |_| Done::Nothing,
        );
    }

    async fn keep(&self, kept: Vec<(&'static str, Option<String>)>) {
        keep(self.shared.engine.clone(), kept).await;
    }

    /// Tells everyone what the link is, where it changed. Progress is gathered.
    fn tell(&mut self) {
        let engine = self.shared.engine.clone();
        let view = self.machine.view(self.born.elapsed());
        let now = engine.environment().now();
        let online = view.state == LinkState::Online;
        engine.set_mode(if online { Mode::Online } else { Mode::Offline });
        if self.answered != view.flush.map(answered) {
            self.answered = view.flush.map(answered);
            self.count();
        }
        let shown = self.shown;
        let before = shown.borrow();
        if self.since.is_none() || before.state != view.state {
            self.since = Some(rfc3339(now));
        }
        if before.state != view.state || before.reason != view.reason {
            tracing::info!(state = ?view.state, code = view.reason.as_ref().map(|reason| reason.code), "the link");
            // What ages from now on is written down as it was last known.
            if !online && let Some(fact) = self.known_fact() {
                self.known_kept = None;
                self.keep_soon(vec![fact]);
            }
        }
        let status = self.status(view);
        self.untold = standing(&status) != standing(&before) || progress(&status) != progress(&before);
        let changed = standing(&status) != standing(&before);
        let due = changed || (self.untold && self.announced.is_none_or(|at| at.elapsed() >= PROGRESS_EVERY));
        drop(before);
        if due {
            self.untold = false;
            self.announced = Some(Instant::now());
            shown.send_replace(status);
            engine.announce(Sort::Status);
        }
    }

    fn status(&self, view: View) -> Status {
        let next_try_at = view.next_at.map(|at| self.born + at);
        let flush_done = view.flush.map_or(0, answered);
        Status {
            mode: view.mode,
            paused: view.paused,
            state: view.state,
            reason: view.reason,
            since: self.since.clone(),
            slow: view.slow,
            notice: self.notice.clone(),
            flushing: view.flush.is_some(),
            flush_done,
            flush_total: self.flush_total.max(flush_done),
            last_flush: self.last_flush.clone(),
            next_try: next_try_at.map(|at| at.saturating_duration_since(Instant::now())),
            next_try_at,
            known_at: self.known_at.map(rfc3339),
            loading: self.loading,
            clock_ahead_s: self.clock_ahead_s,
        }
    }
}

fn answered(flush: Flush) -> u32 {
    flush.ok + flush.errors
}

/// What everyone hears of at once.
fn standing(status: &Status) -> impl PartialEq + '_ {
    (
        (status.mode, status.paused, status.state, &status.reason, &status.since, &status.slow, &status.notice),
        (status.flushing, &status.last_flush, status.next_try_at, status.loading.is_some()),
    )
}

/// What goes on all the time and is gathered.
fn progress(status: &Status) -> impl PartialEq + '_ {
    (status.flush_done, status.flush_total, &status.known_at, status.loading, status.clock_ahead_s)
}

async fn keep(engine: Engine, kept: Vec<(&'static str, Option<String>)>) {
    let result = blocking(engine.hands(), move || {
        engine.set_facts(kept).map_err(|error| {
            tracing::warn!(code = error.code(), "a fact of the link could not be kept");
            Failure::new(Class::Desk, Cause::Fault)
        })
    });
    // It was logged; the link goes on without it.
    let _ = result.await;
}

fn mode_name(mode: LinkMode) -> &'static str {
    match mode {
        LinkMode::Auto => "auto",
        LinkMode::WorkOffline => "work_offline",
        LinkMode::Unplugged => "unplugged",
    }
}

fn mode_of(name: Option<&str>) -> LinkMode {
    match name {
        Some("work_offline") => LinkMode::WorkOffline,
        Some("unplugged") => LinkMode::Unplugged,
        _ => LinkMode::Auto,
    }
}
