//! The machine in a world of its own: a queue, a service, and weather. Time is simulated; every run is one seed.
//!
//! What is held at every step of every seed: something is on its way, armed or on screen; no timer stands in the past;
//! no lane is on its way twice; no more than five requests with events. What is held at the end: once the weather has
//! cleared, the queue drains by itself, once and in order.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "what a test needs and does not get ends it")]

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, VecDeque};
use std::time::Duration;
use turndown_protocol::{EntityRef, EventId};
use turndown_sync::backoff::Pace;
use turndown_sync::classify::{Class, Failure};
use turndown_sync::machine::{
    Action, Answered, Flush, Greeting, Input, Lanes, Limits, LinkMode, LinkState, Machine, REQUESTS_MAX, Request,
};
use turndown_sync::{Cause, Reason};

const S: fn(u64) -> Duration = Duration::from_secs;
const MS: fn(u64) -> Duration = Duration::from_millis;

/// SplitMix64: a seed is a whole run.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }
    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }
    fn fraction(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Weather {
    Fair,
    Refused,
    Hangs,
    AnswersLost,
    Portal,
    Trouble,
    Busy,
    NoToken,
    WrongStore,
    TooNew,
    Held,
    DiskFull,
    Patchy,
}

const WEATHERS: [Weather; 13] = [
    Weather::Fair,
    Weather::Refused,
    Weather::Hangs,
    Weather::AnswersLost,
    Weather::Portal,
    Weather::Trouble,
    Weather::Busy,
    Weather::NoToken,
    Weather::WrongStore,
    Weather::TooNew,
    Weather::Held,
    Weather::DiskFull,
    Weather::Patchy,
];

type Event = (EventId, EntityRef);

struct World {
    dice: Dice,
    machine: Machine,
    now: Duration,
    /// Machine time starts anew with each life.
    born: Duration,
    life: u64,
    next: u64,
    heap: BinaryHeap<Reverse<(Duration, u64, u64)>>,
    due: BTreeMap<u64, Due>,
    weather: Weather,
    /// The outbox, oldest first.
    pending: VecDeque<Event>,
    picked: BTreeMap<Request, Vec<Event>>,
    flying: BTreeMap<Request, BTreeSet<EntityRef>>,
    /// What the service has, in order of arrival.
    taken: Vec<Event>,
    has: BTreeSet<EventId>,
    /// Lanes that wait for a person.
    parked: BTreeSet<EntityRef>,
    poison: BTreeSet<EventId>,
    /// Events that alone are over the service's limit.
    huge: BTreeSet<EventId>,
    recorded: Vec<Event>,
    lanes: BTreeMap<EntityRef, Vec<EventId>>,
    /// How many of a lane's events the service has.
    reached: BTreeMap<EntityRef, usize>,
    flushes_open: i32,
    steps: u64,
}

#[derive(Debug)]
enum Due {
    Input(Input),
    Effect(Vec<Event>),
}

impl World {
    fn new(seed: u64) -> Self {
        Self {
            dice: Dice(seed),
            machine: Machine::new(Pace::default(), LinkMode::Auto),
            now: Duration::ZERO,
            born: Duration::ZERO,
            life: 0,
            next: 0,
            heap: BinaryHeap::new(),
            due: BTreeMap::new(),
            weather: Weather::Fair,
            pending: VecDeque::new(),
            picked: BTreeMap::new(),
            flying: BTreeMap::new(),
            taken: vec![],
            has: BTreeSet::new(),
            parked: BTreeSet::new(),
            poison: BTreeSet::new(),
            huge: BTreeSet::new(),
            recorded: vec![],
            lanes: BTreeMap::new(),
            reached: BTreeMap::new(),
            flushes_open: 0,
            steps: 0,
        }
    }

    fn later(&mut self, wait: Duration, due: Due) {
        self.next += 1;
        self.heap.push(Reverse((self.now + wait, self.next, self.life)));
        self.due.insert(self.next, due);
    }

    fn record(&mut self, lanes: u64) {
        let n = self.recorded.len();
        let id = EventId::parse(format!("e{n}")).expect("a valid id");
        let event = (id.clone(), EntityRef::new("room", self.dice.below(lanes).to_string()));
        if self.dice.one_in(60) {
            self.poison.insert(id.clone());
        } else if self.dice.one_in(60) {
            self.huge.insert(id);
        }
        self.lanes.entry(event.1.clone()).or_default().push(event.0.clone());
        self.recorded.push(event.clone());
        // Behind something parked it waits for a person, as in the engine.
        if !self.parked.contains(&event.1) {
            self.pending.push_back(event);
        }
    }

    fn step(&mut self, input: Input) {
        self.steps += 1;
        let at = self.now - self.born;
        let Self { dice, machine, .. } = self;
        let before = format!("{input:?}");
        let actions = machine.step(input, at, &mut || dice.fraction());
        for action in actions {
            self.perform(action);
        }
        assert!(self.machine.is_alive(), "nothing to wait for after {before} at {at:?}: {:?}", self.machine);
        if let Some(timer) = self.machine.next_timer() {
            assert!(timer > at, "a timer in the past ({timer:?} <= {at:?}) after {before}: {:?}", self.machine);
        }
        // What the machine asked for and has not heard of is what it says is on its way.
        let asked = |due: &Due| {
            use Input::{Greeted, Picked, Pulled, Sent, Snapped};
            matches!(due, Due::Input(Greeted(..) | Picked(..) | Sent(..) | Pulled(..) | Snapped(..)))
        };
        let view = self.machine.view(at);
        let (says, asked) = (self.machine.is_running(), self.due.values().any(asked));
        // A link that is down leaves what was on its way to itself.
        let agree = says == asked || (!says && view.state != LinkState::Online);
        assert!(agree, "on its way {asked}, and it says {says} after {before}: {:?}", self.machine);
        let shown = matches!(view.state, LinkState::Online | LinkState::Starting) || view.reason.is_some();
        assert!(shown, "no reason on screen: {view:?}");
        assert!(self.flying.len() <= REQUESTS_MAX, "{} requests at once", self.flying.len());
        let lanes: usize = self.flying.values().map(BTreeSet::len).sum();
        let distinct: BTreeSet<&EntityRef> = self.flying.values().flatten().collect();
        assert_eq!(lanes, distinct.len(), "a lane is on its way twice");
    }

    fn failure(class: Class, cause: Cause) -> Failure {
        Failure::new(class, cause)
    }

    /// What the weather does to a request that is not a batch; `None` lets it through.
    fn spoilt(&mut self) -> Option<(Duration, Failure)> {
        use {Cause as C, Class as K};
        let weather = if self.weather == Weather::Patchy {
            WEATHERS[usize::try_from(self.dice.below(12)).expect("small")]
        } else {
            self.weather
        };
        let quick = MS(1 + self.dice.below(300));
        Some(match weather {
            Weather::Fair | Weather::Held | Weather::AnswersLost | Weather::Patchy => return None,
            Weather::Refused => (quick, Self::failure(K::Offline, C::Unreachable)),
            Weather::Hangs => (S(20), Self::failure(K::Unknown, C::Silent)),
            Weather::Portal => (quick, Self::failure(K::Unknown, C::NotTheService)),
            Weather::Trouble => (quick, Self::failure(K::WholeBatch, C::ServiceTrouble)),
            Weather::Busy => {
                let retry_after = (!self.dice.one_in(3)).then(|| S(1 + self.dice.below(900)));
                (quick, Failure { retry_after, ..Self::failure(K::Overload, C::Overloaded) })
            }
            Weather::NoToken => (quick, Self::failure(K::SignIn, C::TokenRefused)),
            Weather::WrongStore => (quick, Self::failure(K::Refused, C::WrongStore)),
            Weather::TooNew => (quick, Self::failure(K::Version, C::UpgradeRequired)),
            Weather::DiskFull => (quick, Self::failure(K::Desk, C::Fault)),
        })
    }

    fn perform(&mut self, action: Action) {
        let quick = MS(1 + self.dice.below(300));
        match action {
            Action::Greet(request) => {
                let (wait, result) = match self.spoilt() {
                    Some((wait, failure)) => (wait, Err(failure)),
                    None => {
                        let held: Option<Reason> =
                            (self.weather == Weather::Held).then(|| Cause::InstallForked.reason());
                        let limits = Limits { events: 500, bytes: 1_000_000 };
                        (quick, Ok(Greeting { limits, snapshot: self.dice.one_in(4), held }))
                    }
                };
                self.later(wait, Due::Input(Input::Greeted(request, result)));
            }
            Action::Pick { request, lanes, events_max, .. } => {
                let fits = |lane: &EntityRef| match &lanes {
                    Lanes::Except(busy) => !busy.contains(lane),
                    Lanes::Only(lanes) => lanes.contains(lane),
                };
                let events: Vec<Event> =
                    self.pending.iter().filter(|(_, lane)| fits(lane)).take(events_max).cloned().collect();
                self.picked.insert(request, events.clone());
                self.later(MS(1), Due::Input(Input::Picked(request, Ok(events), MS(1))));
            }
            Action::Send(request) => {
                let events = self.picked.remove(&request).expect("what is sent was picked");
                assert!(!events.is_empty(), "an empty batch");
                self.flying.insert(request, events.iter().map(|(_, lane)| lane.clone()).collect());
                self.send(request, events, quick);
            }
            Action::Park { lane, event, .. } => {
                assert!(self.poison.contains(&event) || self.huge.contains(&event), "{event} was parked for nothing");
                if !self.dice.one_in(10) {
                    self.pending.retain(|(_, other)| *other != lane);
                    self.parked.insert(lane.clone());
                    self.later(quick, Due::Input(Input::Parked(lane, event)));
                }
            }
            // It goes on counting where the parking itself could not be kept.
            Action::Blame { tries, .. } => assert!(tries > 0),
            Action::Pull(request) => {
                let (wait, result) = match self.spoilt() {
                    Some((wait, failure)) => (wait, Err(failure)),
                    None if self.dice.one_in(30) => (quick, Err(Self::failure(Class::Gone, Cause::CursorGone))),
                    None => (quick, Ok(self.dice.one_in(5))),
                };
                self.later(wait, Due::Input(Input::Pulled(request, result)));
            }
            Action::Snapshot(request) => {
                let (wait, result) = match self.spoilt() {
                    Some((wait, failure)) => (wait, Err(failure)),
                    None => (quick * 10, Ok(())),
                };
                self.later(wait, Due::Input(Input::Snapped(request, result)));
            }
            Action::Listen(request) => {
                if self.spoilt().is_none() {
                    self.later(quick, Due::Input(Input::StreamOpen(request)));
                    let said = if self.dice.one_in(2) {
                        Input::StreamSaid(request)
                    } else {
                        Input::StreamTook(request, false)
                    };
                    self.later(quick * 2, Due::Input(said));
                    let lasts = S(self.dice.below(600));
                    self.later(quick * 3 + lasts, Due::Input(Input::StreamEnded(request)));
                } else if self.dice.one_in(2) {
                    self.later(quick, Due::Input(Input::StreamRefused(request)));
                } else {
                    self.later(quick, Due::Input(Input::StreamEnded(request)));
                }
            }
            Action::AbortAll => {
                // Answers are dropped; what already left may still arrive.
                self.due.retain(|_, due| matches!(due, Due::Effect(_) | Due::Input(Input::Parked(..))));
                self.flying.clear();
                self.picked.clear();
            }
            Action::FlushStarted => self.flushes_open += 1,
            Action::FlushEnded(_) => self.flushes_open -= 1,
            Action::FreshConnection | Action::Known => {}
        }
        assert!((0..=1).contains(&self.flushes_open), "flushes begin and end in turn");
    }

    fn send(&mut self, request: Request, events: Vec<Event>, quick: Duration) {
        let spoilt = self.spoilt();
        let disk_full = self.weather == Weather::DiskFull;
        let lost = self.weather == Weather::AnswersLost || (self.weather == Weather::Hangs && self.dice.one_in(2));
        if let Some((wait, failure)) = spoilt {
            // A hang, and a full disk at this end, may come after the service has done its part.
            if lost || disk_full {
                self.later(wait / 2, Due::Effect(events));
            }
            self.later(wait, Due::Input(Input::Sent(request, Err(failure))));
            return;
        }
        if lost {
            // Even long after its retry.
            let late = S(self.dice.below(120));
            self.later(late, Due::Effect(events));
            self.later(S(20), Due::Input(Input::Sent(request, Err(Self::failure(Class::Unknown, Cause::Broken)))));
            return;
        }
        if events.iter().any(|(id, _)| self.poison.contains(id)) {
            let failure = Self::failure(Class::WholeBatch, Cause::ServiceTrouble);
            self.later(quick, Due::Input(Input::Sent(request, Err(failure))));
            return;
        }
        if events.iter().any(|(id, _)| self.huge.contains(id)) {
            let failure = Self::failure(Class::WholeBatch, Cause::TooLarge);
            self.later(quick, Due::Input(Input::Sent(request, Err(failure))));
            return;
        }
        // Some are answered "not now", and what stands behind them in the lane with them.
        let mut shut: BTreeSet<EntityRef> = BTreeSet::new();
        let (mut effect, mut again) = (vec![], vec![]);
        for (id, lane) in events {
            if shut.contains(&lane) || self.dice.one_in(200) {
                shut.insert(lane);
                again.push(id);
            } else {
                effect.push((id, lane));
            }
        }
        let ok = u32::try_from(effect.len()).expect("small");
        let answered = Answered { ok, again, ..Answered::default() };
        // The effect and the engine's taking of the answer, then the machine hears of it.
        self.apply(&effect);
        let has = &self.has;
        self.pending.retain(|(id, _)| !has.contains(id));
        self.later(quick, Due::Input(Input::Sent(request, Ok(answered))));
    }

    /// The service takes events it does not have, each only after the one before it in its lane.
    fn apply(&mut self, events: &[Event]) {
        for (id, lane) in events {
            let reached = self.reached.entry(lane.clone()).or_default();
            if self.lanes[lane].get(*reached) == Some(id) {
                *reached += 1;
                self.has.insert(id.clone());
                self.taken.push((id.clone(), lane.clone()));
            }
        }
    }

    /// Lets time pass up to a moment.
    fn run_until(&mut self, end: Duration) {
        loop {
            let timer = self.machine.next_timer().map(|at| self.born + at);
            let due = self.heap.peek().map(|Reverse((at, ..))| *at);
            let Some(next) = [timer, due].into_iter().flatten().min().filter(|at| *at <= end) else { break };
            self.now = self.now.max(next);
            if due == Some(next) {
                let Reverse((_, key, life)) = self.heap.pop().expect("there is one");
                match self.due.remove(&key) {
                    Some(Due::Effect(events)) => self.apply(&events),
                    Some(Due::Input(input)) if life == self.life => {
                        if let Input::Sent(request, _) = &input {
                            self.flying.remove(request);
                        }
                        self.step(input);
                    }
                    _ => {}
                }
            } else {
                self.step(Input::Timer);
            }
            assert!(self.steps < 400_000, "the machine does not come to rest");
        }
        self.now = self.now.max(end);
    }

    fn kill(&mut self) {
        self.life += 1;
        self.born = self.now;
        self.machine = Machine::new(Pace::default(), LinkMode::Auto);
        self.flying.clear();
        self.picked.clear();
        self.flushes_open = 0;
        self.step(Input::Timer);
    }

    /// What is parked stands in nobody's way but its own lane's.
    fn is_drained(&self) -> bool {
        // A lone bad event with nothing else to compare it with is tried for ever, visibly.
        self.pending.iter().all(|(_, lane)| {
            let head = self.pending.iter().find(|(_, other)| other == lane).expect("it is there");
            self.poison.contains(&head.0)
        })
    }
}

fn one_history(seed: u64) {
    let mut world = World::new(seed);
    let lanes = [1, 3, 40, 400][usize::try_from(world.dice.below(4)).expect("small")];
    world.step(Input::Timer);
    let phases = 3 + world.dice.below(12);
    for _ in 0..phases {
        world.weather = WEATHERS[usize::try_from(world.dice.below(13)).expect("small")];
        for _ in 0..world.dice.below(30) {
            for _ in 0..world.dice.below(8) {
                world.record(lanes);
            }
            world.step(Input::Work);
            let wait = MS(world.dice.below(20_000));
            world.run_until(world.now + wait);
        }
        match world.dice.below(12) {
            0 => world.step(Input::SyncNow),
            1 => world.step(Input::Refresh),
            2 | 3 => {
                let mode = if world.dice.one_in(2) { LinkMode::WorkOffline } else { LinkMode::Unplugged };
                world.step(Input::Mode(mode));
                let away = S(world.dice.below(1_000));
                world.run_until(world.now + away);
                world.step(Input::Mode(LinkMode::Auto));
            }
            4 => world.kill(),
            5 => {
                world.step(Input::Pause(true));
                let pause = S(world.dice.below(1_000));
                world.run_until(world.now + pause);
                world.step(Input::Pause(false));
            }
            _ => {}
        }
    }
    // The weather clears, nobody touches anything, and new work keeps coming as it does in a hotel.
    world.weather = Weather::Fair;
    let healed = world.now;
    while !world.is_drained() {
        world.run_until(world.now + S(10));
        // Longer than any Retry-After, look and delay together; a bad event is found while others pass.
        assert!(
            world.now < healed + S(2 * 3600),
            "{} events still wait two hours after the weather cleared: {:?}",
            world.pending.len(),
            world.machine
        );
    }
    // Once, in order: per lane the service has what was recorded, without a gap, up to what was parked.
    let mut by_lane: BTreeMap<EntityRef, Vec<EventId>> = BTreeMap::new();
    for (id, lane) in &world.taken {
        by_lane.entry(lane.clone()).or_default().push(id.clone());
    }
    for (lane, taken) in &by_lane {
        let recorded: Vec<EventId> =
            world.recorded.iter().filter(|(_, l)| l == lane).map(|(id, _)| id.clone()).collect();
        assert_eq!(taken.as_slice(), &recorded[..taken.len()], "lane {lane}");
    }
    // What neither arrived nor stands behind something bad would be lost.
    let stuck: BTreeSet<&EntityRef> = world
        .recorded
        .iter()
        .filter(|(id, _)| world.poison.contains(id) || world.huge.contains(id))
        .map(|(_, lane)| lane)
        .collect();
    for (id, lane) in &world.recorded {
        assert!(world.has.contains(id) || stuck.contains(lane), "{id} of {lane} is lost");
    }
}

#[test]
fn b12_once_the_link_heals_every_queue_drains_by_itself_whatever_came_before() {
    let first: u64 = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    let count: u64 = std::env::var("SEEDS").ok().and_then(|count| count.parse().ok()).unwrap_or(300);
    for seed in first..first + count {
        let ran = std::panic::catch_unwind(|| one_history(seed));
        if let Err(panic) = ran {
            eprintln!("seed {seed} (run it alone with SEED={seed} SEEDS=1)");
            std::panic::resume_unwind(panic);
        }
    }
}

/// A machine whose service answers what a test says.
struct Bench {
    machine: Machine,
    now: Duration,
    limits: Limits,
}

impl Bench {
    fn asleep() -> Self {
        Self {
            machine: Machine::new(Pace::default(), LinkMode::Auto),
            now: Duration::ZERO,
            limits: Limits { events: 500, bytes: 1_000_000 },
        }
    }

    /// A fresh link whose first look into the outbox is open.
    fn online() -> (Self, Vec<Action>) {
        let mut bench = Self::asleep();
        let request = greeting_in(&bench.step(Input::Timer)).expect("a greeting comes first");
        let actions = bench.greeted(request);
        (bench, actions)
    }

    fn greeted(&mut self, request: Request) -> Vec<Action> {
        let greeting = Greeting { limits: self.limits, snapshot: false, held: None };
        self.step(Input::Greeted(request, Ok(greeting)))
    }

    fn step(&mut self, input: Input) -> Vec<Action> {
        self.machine.step(input, self.now, &mut || 0.999)
    }

    fn pass_to_timer(&mut self) -> Vec<Action> {
        self.now = self.machine.next_timer().expect("a timer is armed");
        self.step(Input::Timer)
    }
}

fn greeting_in(actions: &[Action]) -> Option<Request> {
    actions.iter().find_map(|a| if let Action::Greet(request) = a { Some(*request) } else { None })
}

fn pick_in(actions: &[Action]) -> Option<Request> {
    actions.iter().find_map(|a| if let Action::Pick { request, .. } = a { Some(*request) } else { None })
}

fn event(n: u64) -> Event {
    (EventId::parse(format!("e{n}")).expect("a valid id"), EntityRef::new("room", n.to_string()))
}

/// Answers the pick that is open, so that a batch is on its way.
fn send_one(bench: &mut Bench, actions: &[Action], events: Vec<Event>) -> Request {
    let request = pick_in(actions).unwrap_or_else(|| panic!("no pick in {actions:?}"));
    let sent = bench.step(Input::Picked(request, Ok(events), MS(1)));
    assert!(sent.contains(&Action::Send(request)), "{sent:?}");
    // The look beside it finds nothing.
    if let Some(beside) = pick_in(&sent) {
        bench.step(Input::Picked(beside, Ok(vec![]), MS(1)));
    }
    request
}

#[test]
fn the_reason_on_screen_is_the_one_that_holds() {
    use {Cause as C, Class as K};
    for (class, cause, state, code) in [
        (K::Offline, C::Unreachable, LinkState::Offline, "SERVICE_UNREACHABLE"),
        (K::Offline, C::NameUnknown, LinkState::Offline, "ADDRESS_UNKNOWN"),
        (K::Offline, C::Certificate, LinkState::Offline, "CERTIFICATE_REFUSED"),
        (K::Unknown, C::Silent, LinkState::Offline, "SERVICE_SILENT"),
        (K::Unknown, C::NotTheService, LinkState::Offline, "NOT_THE_SERVICE"),
        (K::WholeBatch, C::ServiceTrouble, LinkState::Offline, "SERVICE_TROUBLE"),
        (K::Overload, C::Overloaded, LinkState::Offline, "SERVICE_BUSY"),
        (K::SignIn, C::TokenRefused, LinkState::Stopped, "TOKEN_REFUSED"),
        (K::Refused, C::WrongProperty, LinkState::Stopped, "WRONG_PROPERTY"),
        (K::Refused, C::WrongStore, LinkState::Stopped, "WRONG_STORE"),
        (K::Version, C::UpgradeRequired, LinkState::Stopped, "UPGRADE_REQUIRED"),
        (K::Desk, C::Fault, LinkState::Stopped, "LINK_FAULT"),
    ] {
        let mut bench = Bench::asleep();
        let request = greeting_in(&bench.step(Input::Timer)).expect("a greeting comes first");
        bench.step(Input::Greeted(request, Err(Failure::new(class, cause))));
        let view = bench.machine.view(bench.now);
        assert_eq!((view.state, view.reason.map(|r| r.code)), (state, Some(code)), "{class:?} {cause:?}");
        assert!(view.next_at.is_some(), "{class:?}: it is looked for again by itself");
        // Whatever it was, the service is asked again by a timer, and at once when a person asks.
        assert!(greeting_in(&bench.pass_to_timer()).is_some(), "{class:?} {cause:?}");
    }
}

#[test]
fn a_link_that_is_cut_waits_for_nothing_that_was_on_its_way_and_begins_anew_when_it_may() {
    for mode in [LinkMode::WorkOffline, LinkMode::Unplugged] {
        let (mut bench, actions) = Bench::online();
        send_one(&mut bench, &actions, vec![event(1)]);
        assert!(bench.machine.is_running());
        let cut = bench.step(Input::Mode(mode));
        assert!(cut.contains(&Action::AbortAll), "{mode:?}: {cut:?}");
        assert!(!bench.machine.is_running(), "{mode:?}: {:?}", bench.machine);
        let request = greeting_in(&bench.step(Input::Mode(LinkMode::Auto))).expect("it greets again at once");
        let actions = bench.greeted(request);
        assert!(pick_in(&actions).is_some(), "{mode:?}: it looks for what waits: {actions:?}");
    }
}

#[test]
fn while_the_sending_is_paused_what_is_on_its_way_arrives_and_nothing_more_leaves() {
    let (mut bench, actions) = Bench::online();
    let flying = send_one(&mut bench, &actions, vec![event(1)]);
    // The outbox is being read when somebody pauses: what the look brings stays.
    bench.now += S(1);
    let look = pick_in(&bench.step(Input::Work)).expect("there is room for a batch beside it");
    bench.step(Input::Pause(true));
    assert_eq!(bench.step(Input::Picked(look, Ok(vec![event(2)]), MS(1))), vec![]);
    let actions = bench.step(Input::Sent(flying, Ok(Answered { ok: 1, ..Answered::default() })));
    let ended = |action: &Action| matches!(action, Action::FlushEnded(Flush { ok: 1, .. }));
    assert!(actions.iter().any(ended), "the flush ends with what had left: {actions:?}");
    assert!(actions.iter().any(|action| matches!(action, Action::Pull(_))), "what others do comes in: {actions:?}");
    let view = bench.machine.view(bench.now);
    assert_eq!((view.state, view.paused), (LinkState::Online, true));
    assert_eq!(view.slow.map(|reason| reason.code), Some("SENDING_PAUSED"), "a reason stands for what waits (B12)");
    for input in [Input::Work, Input::SyncNow, Input::Timer] {
        assert_eq!(pick_in(&bench.step(input)), None);
    }
    let mut actions = bench.step(Input::Pause(false));
    send_one(&mut bench, &actions, vec![event(2)]);
    // As it was before a restart.
    bench.machine = Machine::new(Pace::default(), LinkMode::Auto).paused(true);
    actions = bench.step(Input::Timer);
    let request = greeting_in(&actions).expect("a greeting comes first");
    assert_eq!(pick_in(&bench.greeted(request)), None);
}

#[test]
fn b16_a_service_that_asks_to_wait_is_left_alone_for_as_long_as_it_says() {
    let (mut bench, actions) = Bench::online();
    let request = send_one(&mut bench, &actions, vec![event(1)]);
    let busy = Failure { retry_after: Some(S(300)), ..Failure::new(Class::Overload, Cause::Overloaded) };
    bench.step(Input::Sent(request, Err(busy)));
    let started = bench.now;
    let view = bench.machine.view(bench.now);
    assert_eq!(view.reason.map(|r| r.code), Some("SERVICE_BUSY"));
    assert_eq!(view.next_at, Some(started + S(300)));
    bench.now = started + S(299);
    assert!(bench.step(Input::Work).is_empty(), "recording goes on and nothing is sent");
    assert!(bench.step(Input::Timer).is_empty());
    let actions = bench.pass_to_timer();
    assert_eq!(bench.now, started + S(300));
    let request = greeting_in(&actions).expect("it is asked again");
    assert!(pick_in(&bench.greeted(request)).is_some(), "and the flush goes on");
}

#[test]
fn b16_what_a_service_asks_for_is_not_lifted_by_a_greeting_that_was_on_its_way() {
    let (mut bench, actions) = Bench::online();
    let first = pick_in(&actions).expect("a look");
    let actions = bench.step(Input::Picked(first, Ok(vec![event(1)]), MS(1)));
    let second = pick_in(&actions).expect("a look beside it");
    bench.step(Input::Picked(second, Ok(vec![event(2)]), MS(1)));
    let actions = bench.step(Input::Sent(first, Err(Failure::new(Class::Unknown, Cause::Broken))));
    let greeting = greeting_in(&actions).expect("the service is looked for");
    let busy = Failure { retry_after: Some(S(300)), ..Failure::new(Class::Overload, Cause::Overloaded) };
    bench.step(Input::Sent(second, Err(busy)));
    let actions = bench.greeted(greeting);
    let asks = |actions: &[Action]| {
        actions
            .iter()
            .any(|a| matches!(a, Action::Pick { .. } | Action::Send(_) | Action::Pull(_) | Action::Snapshot(_)))
    };
    assert!(!asks(&actions), "{actions:?}");
    while bench.now < S(299) {
        let actions = bench.pass_to_timer();
        assert!(bench.now >= S(300) || !asks(&actions), "{actions:?} at {:?}", bench.now);
        if let Some(request) = greeting_in(&actions) {
            bench.greeted(request);
        }
    }
}

#[test]
fn an_event_that_the_service_does_not_take_yet_is_tried_again_at_its_own_time() {
    let (mut bench, mut actions) = Bench::online();
    let later = event(1);
    for (round, wait) in [(1, 0), (2, 5), (3, 15), (4, 45), (5, 120), (6, 120)] {
        let request = send_one(&mut bench, &actions, vec![later.clone()]);
        let answered = Answered { again: vec![later.0.clone()], ..Answered::default() };
        actions = bench.step(Input::Sent(request, Ok(answered)));
        let (began, mut looked) = (bench.now, false);
        // Its lane is left out of every look until its time has come.
        while !looked {
            for action in &actions {
                let Action::Pick { lanes: Lanes::Except(busy), .. } = action else { continue };
                looked = !busy.contains(&later.1);
            }
            if !looked {
                actions = match pick_in(&actions) {
                    Some(request) => bench.step(Input::Picked(request, Ok(vec![]), MS(1))),
                    None => bench.pass_to_timer(),
                };
            }
        }
        let waited = bench.now - began;
        assert!(waited <= S(wait) && waited >= S(wait).mul_f64(0.99), "round {round}: {waited:?}");
        let slow = bench.machine.view(bench.now).slow.map(|r| r.code);
        assert_eq!(slow, (round > 1).then_some("NOT_TAKEN_YET"), "round {round}");
    }
}

#[test]
fn five_requests_that_fail_together_are_one_failure() {
    let (mut bench, mut actions) = Bench::online();
    let mut sent = vec![];
    for n in 0..5 {
        let request = pick_in(&actions).expect("there is room");
        actions = bench.step(Input::Picked(request, Ok(vec![event(n)]), MS(1)));
        sent.push(request);
    }
    assert!(pick_in(&actions).is_none(), "five at once and no more");
    bench.now = S(20);
    let mut greeting = None;
    for request in sent {
        let actions = bench.step(Input::Sent(request, Err(Failure::new(Class::Unknown, Cause::Silent))));
        greeting = greeting.or(greeting_in(&actions));
    }
    assert_eq!(bench.machine.view(bench.now).state, LinkState::Offline);
    // The service is looked for at once, and what failed goes again at once: the first delay is nothing.
    let actions = bench.greeted(greeting.expect("a greeting"));
    assert!(pick_in(&actions).is_some(), "{:?}", bench.machine);
}

/// Sends an event that fails each time, and a neighbour that goes through each time. Answers after how many sends it was
/// parked, if it was, and what was written down last.
fn until_parked(bench: &mut Bench, mut actions: Vec<Action>, bad: &Event, sends_max: u64) -> (u64, bool, Option<u32>) {
    let trouble = || Failure::new(Class::WholeBatch, Cause::ServiceTrouble);
    let (mut tries, mut blamed) = (0, None);
    loop {
        // The bad event goes alone and fails.
        let request = send_one(bench, &actions, vec![bad.clone()]);
        actions = bench.step(Input::Sent(request, Err(trouble())));
        tries += 1;
        for action in &actions {
            if let Action::Blame { event, tries, .. } = action {
                assert_eq!(*event, bad.0);
                blamed = Some(*tries);
            }
        }
        if tries == sends_max {
            return (tries, false, blamed);
        }
        if actions.iter().any(|a| matches!(a, Action::Park { event, .. } if *event == bad.0)) {
            return (tries, true, blamed);
        }
        assert!(tries < 20, "{:?}", bench.machine);
        let view = bench.machine.view(bench.now);
        assert_eq!((view.state, view.slow.map(|r| r.code)), (LinkState::Online, Some("SERVICE_TROUBLE")));
        // A neighbour is recorded at whatever time and goes through at once.
        if pick_in(&actions).is_none() {
            actions = bench.step(Input::Work);
        }
        let request = send_one(bench, &actions, vec![event(tries)]);
        actions = bench.step(Input::Sent(request, Ok(Answered { ok: 1, ..Answered::default() })));
        // Then nothing is left but the bad one, whose time comes by a timer.
        for _ in 0..100 {
            let only =
                |a: &Action| matches!(a, Action::Pick { lanes: Lanes::Only(lanes), .. } if lanes.contains(&bad.1));
            if actions.iter().any(only) {
                break;
            }
            actions = match pick_in(&actions) {
                Some(request) => bench.step(Input::Picked(request, Ok(vec![]), MS(1))),
                None => bench.pass_to_timer(),
            };
        }
    }
}

#[test]
fn c2_an_event_that_fails_alone_is_parked_after_ten_tries_and_never_delays_its_neighbours() {
    let (mut bench, actions) = Bench::online();
    assert_eq!(until_parked(&mut bench, actions, &event(99), 30), (10, true, Some(10)));
}

#[test]
fn c2_a_restart_forgets_no_try_and_blames_no_event_for_what_it_did_not_see() {
    let bad = event(99);
    let (mut bench, actions) = Bench::online();
    let (_, parked, blamed) = until_parked(&mut bench, actions, &bad, 6);
    assert_eq!((parked, blamed), (false, Some(6)));
    let (mut bench, _) = Bench::online();
    bench.machine = Machine::new(Pace::default(), LinkMode::Auto).remembering([(bad.0.clone(), 6)].into());
    let request = greeting_in(&bench.step(Input::Timer)).expect("a greeting comes first");
    let actions = bench.greeted(request);
    // The first failure after a restart has no neighbour that went through in between, so it counts for nothing new.
    assert_eq!(until_parked(&mut bench, actions, &bad, 30), (5, true, Some(10)));
}

#[test]
fn e4_after_eight_hours_of_sleep_nothing_bursts_and_nothing_stalls() {
    for asleep in [LinkState::Online, LinkState::Offline, LinkState::Stopped] {
        let (mut bench, actions) = Bench::online();
        let request = send_one(&mut bench, &actions, vec![event(1)]);
        match asleep {
            LinkState::Online => {
                bench.step(Input::Sent(request, Ok(Answered { ok: 1, ..Answered::default() })));
            }
            LinkState::Offline => {
                let actions = bench.step(Input::Sent(request, Err(Failure::new(Class::Unknown, Cause::Silent))));
                let greeting = greeting_in(&actions).expect("it is looked for at once");
                bench.step(Input::Greeted(greeting, Err(Failure::new(Class::Offline, Cause::Unreachable))));
            }
            _ => {
                bench.step(Input::Sent(request, Err(Failure::new(Class::SignIn, Cause::TokenRefused))));
            }
        }
        // Every timer that was armed is long past when the machine wakes: it is stepped once, not once a missed tick.
        bench.now += S(8 * 3_600);
        let mut requests = 0;
        let mut woken = bench.step(Input::Timer);
        for _ in 0..20 {
            let asks = |a: &&Action| {
                matches!(
                    a,
                    Action::Greet(_) | Action::Pick { .. } | Action::Pull(_) | Action::Snapshot(_) | Action::Listen(_)
                )
            };
            requests += woken.iter().filter(asks).count();
            let timer = bench.machine.next_timer();
            if timer.is_none_or(|at| at > bench.now) {
                break;
            }
            woken = bench.step(Input::Timer);
        }
        assert!((1..=6).contains(&requests), "{asleep:?}: {requests} requests at once after the sleep");
        // Nothing stands in the past, and something is armed or on its way.
        assert!(bench.machine.next_timer().is_none_or(|at| at >= bench.now), "{asleep:?}");
        assert!(bench.machine.is_alive(), "{asleep:?}");
    }
}

#[test]
fn b16_a_thousand_desks_that_fell_together_do_not_come_back_together() {
    let seed = 20_160_325;
    let mut dice = Dice(seed);
    // All lose the service in the same instant; it is back after two minutes. When is it found by how many?
    let back = S(120);
    let mut found: BTreeMap<u64, u32> = BTreeMap::new();
    for _ in 0..1_000 {
        let mut machine = Machine::new(Pace::default(), LinkMode::Auto);
        let mut throw = || dice.fraction();
        let mut now = Duration::ZERO;
        let mut actions = machine.step(Input::Timer, now, &mut throw);
        loop {
            if let Some(request) = greeting_in(&actions) {
                if now >= back {
                    *found.entry(now.as_secs()).or_default() += 1;
                    break;
                }
                let refused = Failure::new(Class::Offline, Cause::Unreachable);
                actions = machine.step(Input::Greeted(request, Err(refused)), now, &mut throw);
            } else {
                now = machine.next_timer().expect("it looks again by itself").max(now);
                actions = machine.step(Input::Timer, now, &mut throw);
            }
        }
    }
    let most = found.values().max().copied().unwrap_or(0);
    assert!(most <= 150, "seed {seed}: {most} of 1,000 in one second: {found:?}");
    assert!(found.keys().max() <= Some(&136), "seed {seed}: none stays away: {found:?}");
}

#[test]
fn c2_alone_in_the_queue_no_event_is_blamed_for_the_services_trouble() {
    let (mut bench, mut actions) = Bench::online();
    for _ in 0..50 {
        let request = send_one(&mut bench, &actions, vec![event(1)]);
        actions = bench.step(Input::Sent(request, Err(Failure::new(Class::WholeBatch, Cause::ServiceTrouble))));
        assert!(!actions.iter().any(|a| matches!(a, Action::Park { .. })));
        for _ in 0..100 {
            if actions.iter().any(|a| matches!(a, Action::Pick { lanes: Lanes::Only(_), .. })) {
                break;
            }
            actions = match pick_in(&actions) {
                Some(request) => bench.step(Input::Picked(request, Ok(vec![]), MS(1))),
                None => bench.pass_to_timer(),
            };
        }
    }
    assert!(bench.now > S(600), "and it is not hammered: {:?}", bench.now);
}

#[test]
fn f1_a_refused_token_charges_no_event_and_goes_on_where_it_was() {
    let (mut bench, actions) = Bench::online();
    let request = send_one(&mut bench, &actions, vec![event(1), event(2)]);
    let actions = bench.step(Input::Sent(request, Err(Failure::new(Class::SignIn, Cause::TokenRefused))));
    assert!(greeting_in(&actions).is_none(), "a refused token is not hammered");
    assert_eq!(bench.machine.view(bench.now).state, LinkState::Stopped);
    let actions = bench.step(Input::SyncNow);
    let request = greeting_in(&actions).expect("a person asks, so it is tried at once");
    let actions = bench.greeted(request);
    let request = send_one(&mut bench, &actions, vec![event(1), event(2)]);
    bench.step(Input::Sent(request, Ok(Answered { ok: 2, ..Answered::default() })));
    assert_eq!(bench.machine.view(bench.now).state, LinkState::Online);
    assert_eq!(bench.machine.view(bench.now).slow, None);
}

#[test]
fn d2_a_link_that_hears_of_a_copy_greets_again_before_it_sends() {
    let (mut bench, actions) = Bench::online();
    let request = send_one(&mut bench, &actions, vec![event(1)]);
    let actions = bench.step(Input::Sent(request, Ok(Answered { ok: 1, forked: true, ..Answered::default() })));
    let request = greeting_in(&actions).expect("the greeting finds out which of the two goes on under another id");
    assert_eq!(pick_in(&actions), None, "nothing is sent under an id that two have");
    assert_eq!(pick_in(&bench.step(Input::Work)), None, "and nothing recorded meanwhile");
    let actions = bench.greeted(request);
    send_one(&mut bench, &actions, vec![event(2)]);
}

#[test]
fn a_service_without_a_stream_is_asked_for_one_four_times_an_hour_and_pulled_from_as_ever() {
    let (mut bench, mut actions) = Bench::online();
    let (mut asked, mut pulled) = (0, 0);
    while bench.now < S(3_600) {
        for action in std::mem::take(&mut actions) {
            let answer = match action {
                Action::Pick { request, .. } => Input::Picked(request, Ok(vec![]), MS(1)),
                Action::Pull(request) => {
                    pulled += 1;
                    Input::Pulled(request, Ok(false))
                }
                Action::Listen(request) => {
                    asked += 1;
                    Input::StreamRefused(request)
                }
                _ => continue,
            };
            actions.extend(bench.step(answer));
        }
        if actions.is_empty() {
            actions = bench.pass_to_timer();
        }
    }
    assert!((4..=5).contains(&asked), "asked {asked} times in an hour");
    assert!(pulled >= 115, "pulled {pulled} times in an hour");
}
