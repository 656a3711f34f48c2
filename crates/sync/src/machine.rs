//! What the link does next. A state machine without I/O, clock or chance: inputs with the time since the start and a
//! random number go in, actions come out; the driver carries them out and brings their outcomes back as inputs.
//!
//! Read it from [`Machine::step`]: an input changes the state, then `drive` starts whatever may be started now, then
//! [`Machine::next_timer`] says when to look again without an input. The one promise that everything here serves
//! (B12): while something waits there is a request on its way, an armed timer, or a reason on screen.
//!
//! Deliberately absent: events' bytes (a batch is known by its events' names and lanes; the outbox is asked again each
//! time, so nothing sent is ever older than what is on disk), and any memory across restarts.

use crate::backoff::{Pace, RETRY_AFTER_MIN};
use crate::batch::{Group, Size};
use crate::classify::{Class, Failure};
use crate::reason::{Cause, Reason};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;
use turndown_phrase::phrase;
use turndown_protocol::{EntityRef, EventId};
use turndown_sabotage::{self as sabotage, Version};

/// Requests with events on the link at once.
pub const REQUESTS_MAX: usize = 5;
/// Tries of an event that alone makes the service fail while others pass.
pub const POISON_TRIES_MAX: u32 = 10;
/// A batch never has more bytes than this, whatever the service takes: what is on its way is held in memory.
const BATCH_BYTES_MAX: u64 = 2 * 1024 * 1024;
/// Room for what a batch has besides its events.
const ENVELOPE_BYTES: u64 = 2 * 1024;
/// A stream that ends sooner than this after it opened was no good.
const STREAM_WORTH: Duration = Duration::from_secs(5);
/// After a look that found nothing beside running batches, the next such look waits this many times its cost.
const FRUITLESS_COST: u32 = 20;

/// What the person told the link to do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LinkMode {
    /// Connected whenever the service answers.
    #[default]
    Auto,
    /// A planned offline shift.
    WorkOffline,
    /// The sample hotel's plug is pulled.
    Unplugged,
}

/// What the service answers, not what the operating system believes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum LinkState {
    /// Not asked yet.
    #[default]
    Starting,
    /// The service answers.
    Online,
    /// It does not; there is a reason.
    Offline,
    /// It answers, but this desk must not or cannot send; there is a reason.
    Stopped,
}

/// Names one thing the driver was asked to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Request(u64);

/// What the service allows, from its capabilities.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Events in one request.
    pub events: u32,
    /// Bytes in one request.
    pub bytes: u64,
}

/// The service has been met, and is the right one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Greeting {
    /// What it allows.
    pub limits: Limits,
    /// The desk's data is too old, of another epoch, or not there: a snapshot is needed.
    pub snapshot: bool,
    /// Why nothing may be sent although the service answers.
    pub held: Option<Reason>,
}

/// What a batch came to, after the engine has taken it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answered {
    /// Events the service has.
    pub ok: u32,
    /// Events that need a person.
    pub errors: u32,
    /// Of those, conflicts.
    pub conflicts: u32,
    /// Events to be sent again later.
    pub again: Vec<EventId>,
    /// The service reads only older events.
    pub upgrade_required: bool,
    /// The service has entries of another desk under this one's install id.
    pub forked: bool,
}

/// What happened.
#[derive(Debug, Clone)]
pub enum Input {
    /// Time has passed.
    Timer,
    /// Something was recorded.
    Work,
    /// A person asks to try everything now.
    SyncNow,
    /// A person switches the link.
    Mode(LinkMode),
    /// A person pauses the sending, or has it go on.
    Pause(bool),
    /// A person asks for fresh data.
    Refresh,
    /// [`Action::Greet`] ended.
    Greeted(Request, Result<Greeting, Failure>),
    /// [`Action::Pick`] ended: events with their lanes, and how long the look took.
    Picked(Request, Result<Vec<(EventId, EntityRef)>, Failure>, Duration),
    /// [`Action::Send`] ended.
    Sent(Request, Result<Answered, Failure>),
    /// [`Action::Park`] ended.
    Parked(EntityRef, EventId),
    /// [`Action::Pull`] ended; whether there is more.
    Pulled(Request, Result<bool, Failure>),
    /// [`Action::Snapshot`] ended.
    Snapped(Request, Result<(), Failure>),
    /// [`Action::Listen`] has its stream.
    StreamOpen(Request),
    /// The stream gave a sign of life.
    StreamAlive(Request),
    /// The stream brought a page, and it is taken; whether there is more.
    StreamTook(Request, bool),
    /// The stream says that something changed that is not in it.
    StreamSaid(Request),
    /// [`Action::Listen`] ended.
    StreamEnded(Request),
    /// [`Action::Listen`] was answered that there is no stream.
    StreamRefused(Request),
    /// The end.
    Stop,
}

/// Which lanes to look into.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lanes {
    /// All but these.
    Except(BTreeSet<EntityRef>),
    /// These and no others.
    Only(BTreeSet<EntityRef>),
}

/// What the driver is to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Ask who the service is and say who we are.
    Greet(Request),
    /// Look into the outbox.
    Pick {
        /// Its name, which is the batch's from then on.
        request: Request,
        /// Which lanes.
        lanes: Lanes,
        /// How many events.
        events_max: usize,
        /// How many bytes.
        bytes_max: usize,
    },
    /// Send what was picked under that name.
    Send(Request),
    /// Park one event: visible, with the reason, its lane behind it.
    Park {
        /// Its lane.
        lane: EntityRef,
        /// Which event.
        event: EventId,
        /// Why.
        reason: Reason,
    },
    /// Write down how often one event alone made the service fail while others passed, so that a restart does not forget.
    Blame {
        /// Which event.
        event: EventId,
        /// How often so far.
        tries: u32,
        /// Why.
        reason: Reason,
    },
    /// Ask for a page of changes.
    Pull(Request),
    /// Take a whole snapshot.
    Snapshot(Request),
    /// Open the stream of changes.
    Listen(Request),
    /// Drop every request on its way, at once.
    AbortAll,
    /// Use no connection that exists now for a new request.
    FreshConnection,
    /// The cursor is known to be at the service's head now.
    Known,
    /// A flush began.
    FlushStarted,
    /// A flush ended.
    FlushEnded(Flush),
}

/// What a flush has come to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Flush {
    /// Events taken.
    pub ok: u32,
    /// Events that need a person.
    pub errors: u32,
    /// Of those, conflicts.
    pub conflicts: u32,
    /// Requests that got no answer.
    pub failed_requests: u32,
}

/// What there is to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// What the person told the link.
    pub mode: LinkMode,
    /// Whether a person paused the sending.
    pub paused: bool,
    /// What the service answers.
    pub state: LinkState,
    /// Why it is not online.
    pub reason: Option<Reason>,
    /// Why something does not move although the service answers: it fails on it, and is tried again on a timer.
    pub slow: Option<Reason>,
    /// The running flush.
    pub flush: Option<Flush>,
    /// When the service is asked next, where that is what everything waits for.
    pub next_at: Option<Duration>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Stage {
    Starting,
    /// The service was met and nothing speaks against asking it.
    Up,
    /// The service does not answer; it is looked for on a timer.
    Away(Reason),
    /// The service does not want this desk; it is asked again on a slow timer.
    Stopped(Reason),
    /// A person cut the link.
    Cut,
    Ended,
}

/// Something that is retried.
#[derive(Debug, Clone, Default)]
struct Retry {
    failures: u32,
    /// Not before.
    at: Duration,
    reason: Option<Reason>,
}

impl Retry {
    fn fail(&mut self, now: Duration, wait: Duration, reason: &Reason) {
        self.failures = self.failures.saturating_add(1);
        self.at = now + wait;
        self.reason = Some(reason.clone());
    }

    fn pass(&mut self) {
        *self = Self::default();
    }
}

/// Something that is wanted, and running or not.
#[derive(Debug, Default)]
struct Want {
    /// Since when it is wanted.
    since: Option<Duration>,
    running: Option<Request>,
    retry: Retry,
}

impl Want {
    fn want(&mut self, now: Duration) {
        self.since.get_or_insert(now);
    }
}

#[derive(Debug)]
struct Batch {
    events: Vec<(EventId, EntityRef)>,
    /// The lanes that were sent apart, where they were.
    group: Option<Group>,
    full: bool,
    sent_at: Duration,
}

/// A lane that is left alone for a while.
#[derive(Debug, Default)]
struct Rest {
    /// Until when; `None` while it is tried again.
    until: Option<Duration>,
    failures: u32,
    /// Its head makes a whole request fail, so it goes alone.
    alone: Option<Alone>,
}

#[derive(Debug, PartialEq, Eq)]
struct Alone {
    event: EventId,
    /// Tries that count: others passed between this one and the one before.
    tries: u32,
    /// [`Machine::passes`] at the last try.
    passes: u64,
}

/// The link's state.
#[derive(Debug)]
pub struct Machine {
    pace: Pace,
    mode: LinkMode,
    paused: bool,
    stage: Stage,
    held: Option<Reason>,
    limits: Limits,
    size: Size,
    requests: u64,
    greeting: Option<Request>,
    greet_at: Option<Duration>,
    greet_failures: u32,
    picking: Option<(Request, Option<Group>, usize)>,
    batches: BTreeMap<Request, Batch>,
    groups: VecDeque<Group>,
    rests: BTreeMap<EntityRef, Rest>,
    /// Tries of events that failed alone in an earlier life.
    remembered: BTreeMap<EventId, u32>,
    /// The outbox may hold something that nobody looked at yet.
    work: bool,
    send: Retry,
    /// When sending last failed.
    send_failed_at: Duration,
    /// No look beside running batches before that.
    beside_at: Duration,
    /// Batches that were answered.
    passes: u64,
    pull: Want,
    snapshot: Want,
    listen: Want,
    stream_open: Option<Duration>,
    tick_at: Duration,
    flush: Option<Flush>,
}

impl Machine {
    /// A link that has not asked anything yet.
    #[must_use]
    pub fn new(pace: Pace, mode: LinkMode) -> Self {
        Self {
            pace,
            mode,
            paused: false,
            stage: if mode == LinkMode::Auto { Stage::Starting } else { Stage::Cut },
            held: None,
            limits: Limits { events: 1, bytes: 0 },
            size: Size::default(),
            requests: 0,
            greeting: None,
            greet_at: None,
            greet_failures: 0,
            picking: None,
            batches: BTreeMap::new(),
            groups: VecDeque::new(),
            rests: BTreeMap::new(),
            remembered: BTreeMap::new(),
            work: true,
            send: Retry::default(),
            send_failed_at: Duration::ZERO,
            beside_at: Duration::ZERO,
            passes: 0,
            pull: Want::default(),
            snapshot: Want::default(),
            listen: Want::default(),
            stream_open: None,
            tick_at: Duration::ZERO,
            flush: None,
        }
    }

    /// What [`Action::Blame`] said before the restart.
    #[must_use]
    pub fn remembering(self, tries: BTreeMap<EventId, u32>) -> Self {
        Self { remembered: tries, ..self }
    }

    /// Whether a person had paused the sending before the restart.
    #[must_use]
    pub fn paused(self, paused: bool) -> Self {
        Self { paused, ..self }
    }

    /// Takes one input at a time since the start, and answers with what is to be done now. `dice` gives random numbers
    /// from 0 up to 1.
    pub fn step(&mut self, input: Input, now: Duration, dice: &mut dyn FnMut() -> f64) -> Vec<Action> {
        let mut actions = Vec::new();
        self.take(input, now, dice, &mut actions);
        self.drive(now, &mut actions);
        actions
    }

    /// When to step with [`Input::Timer`] if nothing else happens before.
    #[must_use]
    pub fn next_timer(&self) -> Option<Duration> {
        let mut at: Vec<Duration> = Vec::new();
        match self.stage {
            Stage::Ended | Stage::Cut => return None,
            Stage::Starting | Stage::Away(_) | Stage::Stopped(_) => {}
            Stage::Up => {
                at.push(self.tick_at);
                at.extend(self.rests.values().filter_map(|rest| rest.until));
                if self.may_send() && self.room_for_a_batch() {
                    if !self.groups.is_empty() || (self.work && self.batches.is_empty()) {
                        at.push(self.send.at);
                    } else if self.work {
                        at.push(self.send.at.max(self.beside_at));
                    }
                }
                if self.pull.running.is_none() && self.snapshot.running.is_none() {
                    let (want, patience) = if self.snapshot.since.is_some() {
                        (&self.snapshot, self.pace.snapshot_patience)
                    } else {
                        (&self.pull, self.pace.pull_patience)
                    };
                    if let Some(since) = want.since {
                        let free_at = if self.link_is_free() { Duration::ZERO } else { since + patience };
                        at.push(want.retry.at.max(free_at));
                    }
                }
                if self.may_listen() {
                    at.push(self.listen.retry.at);
                }
            }
        }
        if self.greeting.is_none() {
            at.extend(self.greet_at);
        }
        at.into_iter().min()
    }

    /// What there is to show.
    #[must_use]
    pub fn view(&self, now: Duration) -> View {
        let troubled = (self.send.failures > 1 && now < self.send.at).then(|| self.send.reason.clone()).flatten();
        let (state, reason) = match &self.stage {
            Stage::Starting => (LinkState::Starting, None),
            Stage::Up => match (&self.held, troubled) {
                (Some(held), _) => (LinkState::Stopped, Some(held.clone())),
                (None, Some(trouble)) => (LinkState::Offline, Some(trouble)),
                (None, None) => (LinkState::Online, None),
            },
            Stage::Away(reason) => (LinkState::Offline, Some(reason.clone())),
            Stage::Stopped(reason) => (LinkState::Stopped, Some(reason.clone())),
            Stage::Cut | Stage::Ended => {
                let cause = if self.mode == LinkMode::Unplugged { Cause::Unplugged } else { Cause::PlannedOffline };
                (LinkState::Offline, Some(cause.reason()))
            }
        };
        let next_at = match state {
            LinkState::Starting | LinkState::Online => None,
            LinkState::Offline if self.stage == Stage::Up => Some(self.send.at),
            LinkState::Offline | LinkState::Stopped => self.greet_at,
        };
        let fails_alone = self.rests.values().any(|rest| rest.alone.is_some());
        let slow = if self.paused {
            Some(Cause::SendingPaused.reason())
        } else if fails_alone {
            Some(Cause::ServiceTrouble.reason())
        } else if self.rests.values().any(|rest| rest.failures > 1) {
            Some(Cause::NotYet.reason())
        } else if self.snapshot.retry.failures > 0 {
            self.snapshot.retry.reason.clone()
        } else {
            self.pull.retry.reason.clone().filter(|_| self.pull.retry.failures > 1)
        };
        View {
            mode: self.mode,
            paused: self.paused,
            state,
            reason,
            slow: slow.filter(|_| state == LinkState::Online),
            flush: self.flush,
            next_at,
        }
    }

    /// Whether something is on its way, a timer is armed, or a person can read why not. Always true; the driver says so
    /// loudly where it is not.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        matches!(self.stage, Stage::Cut | Stage::Ended) || self.is_running() || self.next_timer().is_some()
    }

    /// Whether a request of any sort is on its way.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.greeting.is_some()
            || self.picking.is_some()
            || !self.batches.is_empty()
            || self.pull.running.is_some()
            || self.snapshot.running.is_some()
    }

    fn take(&mut self, input: Input, now: Duration, dice: &mut dyn FnMut() -> f64, actions: &mut Vec<Action>) {
        if self.stage == Stage::Ended {
            return;
        }
        match input {
            Input::Timer => {}
            Input::Work => self.work = true,
            Input::SyncNow => self.sync_now(now),
            Input::Mode(mode) => self.switch(mode, now, actions),
            Input::Pause(paused) => {
                self.paused = paused;
                self.work = true;
            }
            Input::Refresh => {
                self.snapshot.want(now);
                self.snapshot.retry.at = now;
                self.sync_now(now);
            }
            Input::Greeted(request, result) => {
                if self.greeting == Some(request) {
                    self.greeting = None;
                    self.greeted(result, now, dice, actions);
                }
            }
            Input::Picked(request, result, took) => {
                if let Some((_, group, events_max)) = self.picking.take_if(|(picking, ..)| *picking == request) {
                    self.picked(request, group, events_max, result, took, now, dice, actions);
                }
            }
            Input::Sent(request, result) => {
                if let Some(batch) = self.batches.remove(&request) {
                    // Its lanes are free again, whatever became of it.
                    self.work = true;
                    match result {
                        Ok(answered) => self.answered(&batch, &answered, now, dice),
                        Err(failure) => self.batch_failed(batch, &failure, now, dice, actions),
                    }
                }
            }
            Input::Parked(lane, event) => {
                if self.rests.get(&lane).is_some_and(|r| r.alone.as_ref().is_some_and(|a| a.event == event)) {
                    self.rests.remove(&lane);
                }
                self.work = true;
            }
            Input::Pulled(request, result) => {
                if self.pull.running == Some(request) {
                    self.pull.running = None;
                    self.pulled(result, now, dice, actions);
                }
            }
            Input::Snapped(request, result) => {
                if self.snapshot.running == Some(request) {
                    self.snapshot.running = None;
                    match result {
                        Ok(()) => self.pull.want(now),
                        Err(failure) => {
                            self.snapshot.want(now);
                            let wait = self.pace.retry(self.snapshot.retry.failures + 1, dice());
                            self.snapshot.retry.fail(now, wait, &failure.reason);
                            self.link_failed(&failure, now, dice, actions);
                        }
                    }
                }
            }
            Input::StreamOpen(request) => {
                if self.listen.running == Some(request) {
                    self.stream_open = Some(now);
                }
            }
            Input::StreamAlive(request) | Input::StreamTook(request, false) => {
                if self.listen.running == Some(request) && self.is_at_head() {
                    actions.push(Action::Known);
                }
            }
            Input::StreamTook(_, true) => {}
            Input::StreamSaid(request) => {
                if self.listen.running == Some(request) {
                    self.pull.want(now);
                }
            }
            Input::StreamEnded(request) => {
                if self.listen.running == Some(request) {
                    if self.stream_open.take().is_some_and(|since| now >= since + STREAM_WORTH) {
                        self.listen.retry.pass();
                    }
                    let wait = self.pace.retry(self.listen.retry.failures + 1, dice());
                    self.stream_ended(now, wait);
                    self.ask_who_answers(now);
                }
            }
            Input::StreamRefused(request) => {
                if self.listen.running == Some(request) {
                    // An old service, or a proxy that lets no stream through: the tick's pulls stand in for it.
                    let wait = self.pace.stream(dice());
                    self.stream_ended(now, wait);
                }
            }
            Input::Stop => {
                self.stage = Stage::Ended;
                self.drop_requests(actions);
            }
        }
    }

    fn stream_ended(&mut self, now: Duration, wait: Duration) {
        self.listen.running = None;
        self.listen.retry.fail(now, wait, &Cause::Broken.reason());
        // A stream that breaks is the first sign of a link that is gone; a pull tells for certain.
        self.pull.want(now);
        self.pull.retry.at = now;
    }

    /// What answers now may be another than before, behind the same address and in the same epoch: a copy that took
    /// over, or a backup that was put back. Only a greeting finds that out, and a desk that has nothing to send would
    /// never hold one (D6).
    fn ask_who_answers(&mut self, now: Duration) {
        if self.stage == Stage::Up {
            self.greet_at = Some(now);
        }
    }

    /// Whether nothing is known that this desk does not have.
    fn is_at_head(&self) -> bool {
        self.stage == Stage::Up
            && self.stream_open.is_some()
            && self.pull.since.is_none()
            && self.pull.running.is_none()
            && self.snapshot.since.is_none()
            && self.snapshot.running.is_none()
    }

    fn sync_now(&mut self, now: Duration) {
        self.work = true;
        self.send.at = self.send.at.min(now);
        self.beside_at = self.beside_at.min(now);
        self.listen.retry.at = self.listen.retry.at.min(now);
        for rest in self.rests.values_mut() {
            rest.until = rest.until.map(|until| until.min(now));
        }
        self.pull.want(now);
        self.pull.retry.at = self.pull.retry.at.min(now);
        self.snapshot.retry.at = self.snapshot.retry.at.min(now);
        if self.greet_at.is_some() {
            self.greet_at = Some(now);
        }
    }

    fn switch(&mut self, mode: LinkMode, now: Duration, actions: &mut Vec<Action>) {
        let was = std::mem::replace(&mut self.mode, mode);
        match (was, mode) {
            (LinkMode::Auto, LinkMode::Auto) => {}
            (_, LinkMode::Auto) => {
                self.stage = Stage::Starting;
                self.greet_at = Some(now);
                self.greet_failures = 0;
                self.send.pass();
                self.sync_now(now);
                actions.push(Action::FreshConnection);
            }
            _ => {
                self.stage = Stage::Cut;
                self.greet_at = None;
                self.held = None;
                self.drop_requests(actions);
            }
        }
    }

    fn drop_requests(&mut self, actions: &mut Vec<Action>) {
        actions.push(Action::AbortAll);
        self.greeting = None;
        if let Some((_, Some(group), _)) = self.picking.take() {
            self.groups.push_front(group);
        }
        for batch in std::mem::take(&mut self.batches).into_values() {
            self.groups.extend(batch.group);
        }
        if self.snapshot.running.take().is_some() {
            self.snapshot.since = Some(Duration::ZERO);
        }
        self.pull.running = None;
        self.listen.running = None;
        self.stream_open = None;
    }

    fn greeted(
        &mut self,
        result: Result<Greeting, Failure>,
        now: Duration,
        dice: &mut dyn FnMut() -> f64,
        actions: &mut Vec<Action>,
    ) {
        match result {
            Ok(greeting) => {
                self.greet_failures = 0;
                self.limits = greeting.limits;
                self.size.limit(greeting.limits.events);
                self.held = greeting.held;
                self.greet_at = self.held.is_some().then(|| now + self.pace.look(dice()));
                if self.stage != Stage::Up {
                    self.stage = Stage::Up;
                    self.work = true;
                    self.tick_at = now + self.pace.tick;
                    self.pull.want(now);
                    self.listen.retry.at = self.listen.retry.at.min(now);
                }
                if greeting.snapshot {
                    self.snapshot.want(now);
                }
            }
            Err(failure) => {
                self.greet_failures = self.greet_failures.saturating_add(1);
                let poll = now + self.pace.poll(self.greet_failures, dice());
                match failure.class {
                    Class::Offline | Class::Unknown => {
                        self.stage = Stage::Away(failure.reason);
                        self.greet_at = Some(poll);
                        actions.push(Action::FreshConnection);
                    }
                    Class::WholeBatch | Class::Gone => {
                        self.stage = Stage::Away(failure.reason);
                        self.greet_at = Some(poll);
                    }
                    Class::Overload => {
                        let wait = failure.retry_after.unwrap_or(poll - now).max(RETRY_AFTER_MIN);
                        self.stage = Stage::Away(failure.reason);
                        self.greet_at = Some(now + wait);
                    }
                    Class::SignIn | Class::Refused | Class::Version => {
                        self.stage = Stage::Stopped(failure.reason);
                        self.greet_at = Some(now + self.pace.look(dice()));
                    }
                    Class::Desk => {
                        self.stage = Stage::Stopped(failure.reason);
                        self.greet_at = Some(poll);
                    }
                }
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one input's parts, named where they are used")]
    fn picked(
        &mut self,
        request: Request,
        group: Option<Group>,
        events_max: usize,
        result: Result<Vec<(EventId, EntityRef)>, Failure>,
        took: Duration,
        now: Duration,
        dice: &mut dyn FnMut() -> f64,
        actions: &mut Vec<Action>,
    ) {
        match result {
            Ok(events) if events.is_empty() => match group {
                // What was to be looked at alone is no longer waiting.
                Some(group) => {
                    self.rests.retain(|lane, _| !group.lanes.contains(lane));
                    self.work = true;
                }
                None => {
                    self.work = false;
                    if !self.batches.is_empty() {
                        self.beside_at = now + took * FRUITLESS_COST;
                    }
                }
            },
            // The link was lost, or the sending paused, while the outbox was read.
            Ok(_) if self.stage != Stage::Up || !self.may_send() => {
                self.work = true;
                self.groups.extend(group);
            }
            Ok(events) => {
                if self.flush.is_none() {
                    self.flush = Some(Flush::default());
                    actions.push(Action::FlushStarted);
                }
                let full = group.is_none() && events.len() >= events_max;
                self.batches.insert(request, Batch { events, group, full, sent_at: now });
                actions.push(Action::Send(request));
            }
            Err(failure) => {
                self.work = true;
                self.groups.extend(group);
                self.send_failed(now, &failure, dice);
                self.link_failed(&failure, now, dice, actions);
            }
        }
    }

    fn answered(&mut self, batch: &Batch, answered: &Answered, now: Duration, dice: &mut dyn FnMut() -> f64) {
        self.passes += 1;
        self.send.pass();
        self.size.answered(batch.full, now.saturating_sub(batch.sent_at), &self.pace);
        if let Some(flush) = &mut self.flush {
            flush.ok += answered.ok;
            flush.errors += answered.errors;
            flush.conflicts += answered.conflicts;
        }
        let again: BTreeSet<&EventId> = answered.again.iter().collect();
        let mut resting: BTreeSet<&EntityRef> = BTreeSet::new();
        for (event, lane) in &batch.events {
            if again.contains(event) && resting.insert(lane) {
                let rest = self.rests.entry(lane.clone()).or_default();
                rest.alone = None;
                rest.failures = rest.failures.saturating_add(1);
                rest.until = Some(now + self.pace.retry(rest.failures, dice()));
            }
        }
        for (_, lane) in &batch.events {
            if !resting.contains(lane) {
                self.rests.remove(lane);
            }
        }
        if answered.upgrade_required {
            self.held = Some(Cause::UpgradeRequired.reason());
            self.greet_at = Some(now + self.pace.look(dice()));
        }
        if answered.forked && self.stage == Stage::Up {
            // The greeting gives this desk an id of its own; nothing more is sent under one that two have.
            self.stage = Stage::Away(Cause::InstallForked.reason());
            self.greet_at = Some(now);
        }
        self.pull.want(now);
        // An answer is an answer: if the service was thought away, it is worth a look.
        if matches!(self.stage, Stage::Away(_)) && self.greet_failures == 0 {
            self.greet_at = self.greet_at.map(|at| at.min(now));
        }
    }

    fn batch_failed(
        &mut self,
        batch: Batch,
        failure: &Failure,
        now: Duration,
        dice: &mut dyn FnMut() -> f64,
        actions: &mut Vec<Action>,
    ) {
        if let Some(flush) = &mut self.flush {
            flush.failed_requests += 1;
        }
        // Requests that were on their way together fail together: that is one failure, not five.
        let counts = batch.sent_at >= self.send_failed_at;
        if failure.class != Class::WholeBatch {
            // Nothing is known against its events: they go again as they are, those sent apart still apart.
            self.groups.extend(batch.group);
            if counts {
                self.send_failed(now, failure, dice);
                if failure.class == Class::Unknown {
                    self.size.failed();
                }
            }
            self.link_failed(failure, now, dice, actions);
            return;
        }
        if let [(event, lane)] = batch.events.as_slice() {
            self.failed_alone(event, lane, failure, now, dice, actions);
            return;
        }
        self.groups.extend(Group::halves(&batch.events));
        if counts {
            self.send_failed(now, failure, dice);
        }
    }

    fn send_failed(&mut self, now: Duration, failure: &Failure, dice: &mut dyn FnMut() -> f64) {
        self.send_failed_at = now;
        let wait = self.pace.retry(self.send.failures + 1, dice());
        let wait = if sabotage::on(Version::TimerNotRearmed) { Duration::from_secs(1 << 30) } else { wait };
        self.send.fail(now, wait, &failure.reason);
    }

    /// One event alone made the request fail. It blocks its own lane and nothing else.
    fn failed_alone(
        &mut self,
        event: &EventId,
        lane: &EntityRef,
        failure: &Failure,
        now: Duration,
        dice: &mut dyn FnMut() -> f64,
        actions: &mut Vec<Action>,
    ) {
        let rest = self.rests.entry(lane.clone()).or_default();
        let alone = match rest.alone.take().filter(|alone| alone.event == *event) {
            // Only while others pass is it the event's own fault.
            Some(alone) if self.passes > alone.passes => {
                // A desk that could not park it yet has asked often enough all the same.
                let tries = (alone.tries + 1).min(POISON_TRIES_MAX);
                Alone { tries, passes: self.passes, ..alone }
            }
            Some(alone) => alone,
            None => {
                rest.failures = 0;
                let tries = self.remembered.remove(event).unwrap_or(0).max(1);
                Alone { event: event.clone(), tries, passes: self.passes }
            }
        };
        if failure.cause != Cause::TooLarge {
            actions.push(Action::Blame { event: event.clone(), tries: alone.tries, reason: failure.reason.clone() });
        }
        rest.failures = rest.failures.saturating_add(1);
        let too_large = failure.cause == Cause::TooLarge;
        if too_large || alone.tries >= POISON_TRIES_MAX {
            let reason = if too_large {
                Cause::TooLarge.reason()
            } else {
                Reason {
                    code: "POISON",
                    message: phrase!(
                        "The service failed on this action {tries} times while others went through.",
                        tries = alone.tries
                    ),
                    next_step: phrase!("Tell your IT, then retry it from the Sync Center."),
                }
            };
            if let Some(flush) = &mut self.flush {
                flush.errors += 1;
            }
            actions.push(Action::Park { lane: lane.clone(), event: event.clone(), reason });
            // Parked for good when the driver says so; until then it rests like any other.
            rest.until = Some(now + self.pace.look_again);
        } else {
            rest.until = Some(now + self.pace.retry(rest.failures, dice()));
        }
        rest.alone = Some(alone);
    }

    fn pulled(
        &mut self,
        result: Result<bool, Failure>,
        now: Duration,
        dice: &mut dyn FnMut() -> f64,
        actions: &mut Vec<Action>,
    ) {
        match result {
            Ok(more) => {
                self.pull.retry.pass();
                self.snapshot.retry.pass();
                if more {
                    self.pull.want(now);
                } else if self.pull.since.is_none() {
                    actions.push(Action::Known);
                }
            }
            Err(failure) if failure.class == Class::Gone => {
                // A cursor that is gone again right after a snapshot is the service's fault: not in a circle.
                self.snapshot.want(now);
                let wait = self.pace.retry(self.snapshot.retry.failures + 1, dice());
                self.snapshot.retry.fail(now, wait, &failure.reason);
                self.ask_who_answers(now);
            }
            Err(failure) => {
                self.pull.want(now);
                let wait = self.pace.retry(self.pull.retry.failures + 1, dice());
                self.pull.retry.fail(now, wait, &failure.reason);
                self.link_failed(&failure, now, dice, actions);
            }
        }
    }

    /// A request other than a greeting got no answer: what that says about the link.
    fn link_failed(
        &mut self,
        failure: &Failure,
        now: Duration,
        dice: &mut dyn FnMut() -> f64,
        actions: &mut Vec<Action>,
    ) {
        match failure.class {
            // One request failed on its own account; it has its own delay.
            Class::WholeBatch | Class::Gone => return,
            Class::Offline | Class::Unknown => actions.push(Action::FreshConnection),
            _ => {}
        }
        // Somebody has found out before, and the look is already planned.
        if self.stage != Stage::Up && failure.class != Class::Overload {
            return;
        }
        let (stage, wait): (fn(Reason) -> Stage, Duration) = match failure.class {
            Class::Offline | Class::Unknown | Class::WholeBatch | Class::Gone => (Stage::Away, Duration::ZERO),
            Class::Overload => {
                let own = self.pace.retry(self.send.failures, dice());
                let wait = failure.retry_after.unwrap_or(own).max(RETRY_AFTER_MIN);
                // A greeting that is on its way now may succeed; it does not lift what the service asked for.
                for retry in [&mut self.send, &mut self.pull.retry, &mut self.snapshot.retry] {
                    retry.at = retry.at.max(now + wait);
                }
                (Stage::Away, wait)
            }
            Class::Refused if failure.cause == Cause::WrongEpoch => (Stage::Away, Duration::ZERO),
            Class::SignIn | Class::Refused | Class::Version => (Stage::Stopped, self.pace.look(dice())),
            Class::Desk => (Stage::Stopped, self.pace.poll(u32::MAX, dice())),
        };
        self.stage = stage(failure.reason.clone());
        self.greet_at = Some(now + wait);
    }

    /// What is on its way arrives all the same; nothing more leaves.
    fn may_send(&self) -> bool {
        self.held.is_none() && !self.paused
    }

    fn room_for_a_batch(&self) -> bool {
        let most = if self.send.failures > 0 { 1 } else { REQUESTS_MAX };
        self.picking.is_none() && self.batches.len() < most
    }

    /// The stream brings back every change that this desk's own flush makes, so it opens after the flush: on a weak link
    /// it would take the flush's place. It goes on from the cursor, so a snapshot comes first too.
    fn may_listen(&self) -> bool {
        let fetching = self.snapshot.since.is_some() || self.snapshot.running.is_some();
        self.listen.running.is_none() && self.link_is_free() && !fetching
    }

    fn link_is_free(&self) -> bool {
        self.batches.is_empty() && self.picking.is_none()
    }

    fn name(&mut self) -> Request {
        self.requests += 1;
        Request(self.requests)
    }

    /// Starts whatever may be started now.
    fn drive(&mut self, now: Duration, actions: &mut Vec<Action>) {
        match self.stage {
            Stage::Ended | Stage::Cut => {}
            Stage::Starting | Stage::Away(_) | Stage::Stopped(_) => {
                self.greet_at.get_or_insert(now);
                self.greet_if_due(now, actions);
            }
            Stage::Up => {
                self.greet_if_due(now, actions);
                self.tick_if_due(now);
                self.wake_rests(now);
                self.pick(now, actions);
                self.fetch(now, actions);
                if self.may_listen() && now >= self.listen.retry.at {
                    let request = self.name();
                    self.listen.running = Some(request);
                    actions.push(Action::Listen(request));
                }
            }
        }
        if self.link_is_free()
            && let Some(flush) = self.flush.take()
        {
            actions.push(Action::FlushEnded(flush));
        }
    }

    fn greet_if_due(&mut self, now: Duration, actions: &mut Vec<Action>) {
        if self.greeting.is_none() && self.greet_at.is_some_and(|at| at <= now) {
            let request = self.name();
            self.greeting = Some(request);
            self.greet_at = None;
            actions.push(Action::Greet(request));
        }
    }

    fn tick_if_due(&mut self, now: Duration) {
        if self.tick_at <= now {
            self.tick_at = now + self.pace.tick;
            self.work = true;
            self.pull.want(now);
        }
    }

    fn wake_rests(&mut self, now: Duration) {
        for (lane, rest) in &mut self.rests {
            if rest.until.is_some_and(|until| until <= now) {
                rest.until = None;
                if rest.alone.is_some() {
                    self.groups.push_back(Group::alone(lane.clone()));
                } else {
                    self.work = true;
                }
            }
        }
    }

    fn pick(&mut self, now: Duration, actions: &mut Vec<Action>) {
        if !self.may_send() || now < self.send.at || !self.room_for_a_batch() {
            return;
        }
        let bytes = self.limits.bytes.min(BATCH_BYTES_MAX).saturating_sub(ENVELOPE_BYTES).max(1);
        let bytes_max = usize::try_from(bytes).unwrap_or(usize::MAX);
        // Lanes under suspicion go first: the sooner the one bad event is found, the sooner its neighbours flow.
        if let Some(group) = self.groups.pop_front() {
            let request = self.name();
            let events_max = group.events_max;
            actions.push(Action::Pick { request, lanes: Lanes::Only(group.lanes.clone()), events_max, bytes_max });
            self.picking = Some((request, Some(group), events_max));
            return;
        }
        if !self.work || (!self.batches.is_empty() && now < self.beside_at) {
            return;
        }
        let mut busy: BTreeSet<EntityRef> = BTreeSet::new();
        for batch in self.batches.values() {
            busy.extend(batch.events.iter().map(|(_, lane)| lane.clone()));
            busy.extend(batch.group.iter().flat_map(|group| group.lanes.iter().cloned()));
        }
        busy.extend(self.rests.iter().filter(|(_, r)| r.until.is_some()).map(|(lane, _)| lane.clone()));
        let request = self.name();
        let events_max = self.size.events();
        actions.push(Action::Pick { request, lanes: Lanes::Except(busy), events_max, bytes_max });
        self.picking = Some((request, None, events_max));
    }

    fn fetch(&mut self, now: Duration, actions: &mut Vec<Action>) {
        if self.pull.running.is_some() || self.snapshot.running.is_some() {
            return;
        }
        let free = self.link_is_free();
        let is_due = |want: &Want, patience: Duration| {
            want.since.is_some_and(|since| free || now >= since + patience) && now >= want.retry.at
        };
        if self.snapshot.since.is_some() {
            if is_due(&self.snapshot, self.pace.snapshot_patience) {
                let request = self.name();
                self.snapshot.since = None;
                self.snapshot.running = Some(request);
                actions.push(Action::Snapshot(request));
            }
        } else if is_due(&self.pull, self.pace.pull_patience) {
            let request = self.name();
            self.pull.since = None;
            self.pull.running = Some(request);
            actions.push(Action::Pull(request));
        }
    }
}
