//! One history: what happens when, from a seed; then healing, and the account.

mod upkeep;

use super::check::{check, let_go};
use super::desk::{DeskHost, Tried};
use super::hotel::Hotel;
use super::machine::Machine;
use super::network::{Net, Weather};
use super::service::Service;
use super::side::Side;
use super::tally::{Kinds, Tally};
use crate::disk::{Aim, CrashModel, DiskImage, Fault, FileImage, SimDisk};
use crate::vfs;
use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc};
use fastrand::Rng;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::path::PathBuf;
use std::time::Duration;
use tokio::time::Instant;
use turndown_offline::LOG_PAGES;
use turndown_service::http::Limits;
use turndown_sync::backoff::Pace;
use turndown_sync::{Deadlines, LinkMode, Timing};

/// A working day at a desk; at night it is closed.
const DAY: Duration = Duration::from_secs(10 * 3_600);
/// How often a desk looks whether a backup is due.
const BACKUPS_EVERY: Duration = Duration::from_secs(3_600);
/// How long a healed world has to drain before what is left counts as stuck.
const PATIENCE: Duration = Duration::from_secs(4 * 3_600);
/// How long after everything was healed a desk may still hear of something new: that the service was put back meanwhile,
/// say. Twice the longest of a link's pauses.
const HEARSAY: Duration = Duration::from_secs(600);

/// For how many days desks run on in a night, where they do: twice that is more than the days for which they keep what
/// was taken.
const IDLE_DAYS: u32 = 9;

/// How many of the newest backups one is taken from when the service is put back, each of another morning.
const BACKUPS: usize = 2;

/// One history of so many has a database of over 1 GB.
const ONE_IS_LARGE_OF: u16 = 250;

/// What a seed asks for.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Where everything is drawn from.
    pub seed: u64,
    /// Days.
    pub days: u64,
    /// Desks of the hotel.
    pub desks: usize,
    /// Rooms of the hotel.
    pub rooms: usize,
    /// Actions of a desk in a day.
    pub actions: u64,
    /// Nothing goes wrong but people.
    pub calm: bool,
    /// The chance that something happens to a request.
    pub mishaps: f64,
    /// Live streams of changes.
    pub streams: bool,
    /// Changes of the weather, in a day and desk.
    pub outages: f64,
    /// Deaths of a desk in a day.
    pub desk_cuts: f64,
    /// Deaths of the service in a day.
    pub service_cuts: f64,
    /// Faults of a disk in a day.
    pub disk_faults: f64,
    /// Jumps of a clock in a day.
    pub clock_jumps: f64,
    /// Older backups put back at the service, in a day.
    pub restores: f64,
    /// How often, in a day, a replica that lags takes over from the service, and nobody says so (D6).
    pub fails_over: f64,
    /// One outage from the first day to the last.
    pub long_outage: bool,
    /// Events and bytes that the service takes in a request: as in the product, or hardly any.
    pub limits: (u32, u64),
    /// Which of the two files that hold a desk's work lies, rots and gets lost.
    pub bad_side: Option<Side>,
    /// How often, in a day and desk, a desk's machine is put back to an older copy of itself or copied to another one.
    pub copies: f64,
    /// How often, in a day and desk, a newer program comes.
    pub updates: f64,
    /// Backups are taken while desks work, as the product does every hour; some of them rot.
    pub backups: bool,
    /// The first desk's database is over 1 GB.
    pub large: bool,
    /// Desks run on for days while nobody works, so that they let go of what no backup asks for any more.
    pub forgets: bool,
    /// Desks begin the service day by themselves, whether the service does or not.
    pub days_begin_at_desks: bool,
    /// Pages of a desk's log after which it is written into the database: as in the product, which few histories come to,
    /// or hardly any.
    pub log_pages: u32,
}

impl Plan {
    /// Draws a plan.
    #[must_use]
    pub fn draw(seed: u64, days: Option<u64>) -> Self {
        let mut rng = Rng::with_seed(seed ^ 0x005E_ED0F);
        let calm = rng.u8(..10) == 0;
        let often = |rng: &mut Rng, most: f64| if calm || rng.u8(..4) == 0 { 0.0 } else { rng.f64() * most };
        let long_outage = !calm && rng.u8(..12) == 0;
        // Drawn apart, so that a seed without them does what it did before they were thought of.
        let mut apart = Rng::with_seed(seed ^ 0x0B16_DAA2);
        let large = apart.u16(..ONE_IS_LARGE_OF) == 0;
        let backups = apart.u8(..4) == 0;
        let restored_often = apart.u8(..4) == 2;
        let fails_over = if apart.u8(..6) == 0 { 2.0 } else { 0.0 };
        let forgets = apart.u8(..8) == 0;
        let plan = Self {
            seed,
            days: days.unwrap_or_else(|| if long_outage { 10 } else { rng.u64(1..5) }),
            desks: rng.usize(1..4),
            rooms: rng.usize(2..14),
            actions: rng.u64(15..90),
            calm,
            mishaps: if calm { 0.0 } else { [0.0, 0.05, 0.2, 0.5][rng.usize(..4)] },
            streams: rng.u8(..3) == 0,
            outages: often(&mut rng, 6.0),
            desk_cuts: often(&mut rng, 5.0),
            service_cuts: often(&mut rng, 4.0),
            disk_faults: often(&mut rng, 4.0),
            clock_jumps: often(&mut rng, 2.0),
            restores: if calm || rng.u8(..6) != 0 {
                0.0
            } else if restored_often {
                1.0
            } else {
                0.3
            },
            fails_over: if calm { 0.0 } else { fails_over },
            long_outage,
            limits: [(500, 1 << 20), (50, 1 << 18), (7, 80_000), (1, 70_000)][rng.usize(..4)],
            bad_side: if calm { None } else { Side::any(&mut rng) },
            copies: if calm || rng.u8(..4) != 0 { 0.0 } else { 0.5 },
            updates: if calm { 0.0 } else { 0.15 },
            backups,
            large: false,
            forgets: false,
            days_begin_at_desks: seed >= DAYS_BEGIN_FROM && Rng::with_seed(seed ^ 0x0DA1_BE61).u8(..3) != 0,
            log_pages: if seed >= LOGS_ARE_SHORT_FROM {
                [8, 40, 200, LOG_PAGES][Rng::with_seed(seed ^ 0x5140_7106).usize(..4)]
            } else {
                LOG_PAGES
            },
        };
        match days {
            None if large => plan.made_large(),
            None if forgets => plan.made_to_forget(),
            _ => plan,
        }
    }

    /// The same where desks let go of what was taken long ago. It is long enough for that.
    #[must_use]
    fn made_to_forget(self) -> Self {
        Self { forgets: true, days: self.days.max(4), ..self }
    }

    /// The same with a desk whose database is over 1 GB. It is short, because every look through such a file, every
    /// backup and every repair of it takes a second or two.
    #[must_use]
    pub fn made_large(self) -> Self {
        Self { large: true, backups: true, desks: self.desks.min(2), days: self.days.min(2), ..self }
    }
}

/// From this seed on desks make days; those before mean what they meant when they found something.
const DAYS_BEGIN_FROM: u64 = 4_000_000;

/// From this seed on some desks write their logs into their databases often, likewise.
const LOGS_ARE_SHORT_FROM: u64 = 9_000_000;

/// Something that is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    Act(usize),
    Decide(usize),
    Weather(usize),
    DeskDies(usize),
    DeskStarts(usize),
    DeskDiskFault(usize),
    DeskClock(usize),
    DeskReopens(usize),
    DeskUpdates(usize),
    DeskCopied(usize),
    DeskBacksUp(usize),
    DayBegins(usize),
    Switch(usize),
    Mode(usize),
    ServiceDies,
    ServiceStarts,
    ServiceDiskFault,
    ServiceClock,
    ServiceStops,
    ServiceRestored,
    ReplicaFallsBehind,
    ReplicaTakesOver,
    Night,
    Morning,
}

struct World {
    plan: Plan,
    rng: Rng,
    kinds: Kinds,
    /// What came of what went wrong.
    came: Kinds,
    tally: Tally,
    began: Instant,
    day: NaiveDate,
    service: Service,
    desks: Vec<DeskHost>,
    due: BinaryHeap<Reverse<(Instant, u64, Due)>>,
    drawn: u64,
    night: bool,
    /// The service's disk as it was on some mornings, oldest first.
    backups: Vec<DiskImage>,
    /// One of them is of this morning.
    backed_up_today: bool,
    /// The service's disk as a replica has it that gets nothing any more, until it takes over.
    replica: Option<DiskImage>,
    /// Starts of the service that failed in a row.
    failed_starts: u32,
    /// For each desk, the bad one of its two files as it was some night.
    older: BTreeMap<usize, Vec<(PathBuf, FileImage)>>,
    /// Which desk last did something in a room.
    last_in_room: BTreeMap<String, usize>,
}

/// Plays the history of a plan, start to account.
///
/// # Panics
/// Where no runtime can be made, which is a fault of the machine.
#[must_use]
pub fn play(plan: &Plan) -> Tally {
    vfs::seed_sqlite(plan.seed);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    let failed = |what: String| Tally {
        histories: 1,
        failures: vec![format!("seed {}: {what}", plan.seed)],
        ..Tally::default()
    };
    let mut tally = match runtime {
        Err(error) => failed(error.to_string()),
        Ok(runtime) => runtime.block_on(async {
            let mut world = match World::new(plan.clone()) {
                Ok(world) => world,
                Err(error) => return failed(format!("the world could not be made: {error}")),
            };
            if let Err(error) = world.begin_large().await {
                return failed(format!("the large database could not be made: {error}"));
            }
            world.live().await;
            world.heal_and_account().await;
            world.tally
        }),
    };
    tally.failed = u64::from(!tally.is_clean());
    tally
}

fn timing(rng: &mut Rng) -> Timing {
    let s = Duration::from_secs;
    let pace = Pace { tick: s(300), look_again: s(300), poll_most: s(120), ..Pace::default() };
    let deadlines = Deadlines { stream_silence: s(120), ..Deadlines::default() };
    // Some worlds have the product's own times, which cost a step every few seconds.
    if rng.u8(..10) == 0 { Timing::default() } else { Timing { pace, deadlines } }
}

impl World {
    fn new(plan: Plan) -> Result<Self, String> {
        let mut rng = Rng::with_seed(plan.seed);
        let kinds = Kinds::default();
        let day = NaiveDate::from_ymd_opt(2016, 3, 25).ok_or("no day")?;
        let now = morning(day)?;
        let hotel = Hotel::make(&mut rng, plan.rooms, day, plan.days + 2);
        let machine = Machine::new(now, rng.u64(..));
        let disk = SimDisk::new(&format!("service-{}", plan.seed), rng.u64(..));
        let limits = Limits { max_events: plan.limits.0, max_batch_bytes: plan.limits.1, ..Limits::default() };
        let mut service = Service::new(machine, disk, hotel, day, limits)?;
        service.start()?;
        let store_id = service.store_id().ok_or("no store")?;
        let mut desks = vec![];
        for n in 0..plan.desks {
            let machine = Machine::new(now, rng.u64(..));
            let disk = SimDisk::new(&format!("desk-{}-{n}", plan.seed), rng.u64(..));
            let net = Net::new(service.front.clone(), kinds.clone(), rng.u64(..), plan.mishaps, plan.streams);
            let token = service.token(&format!("desk-{n}"))?;
            desks.push(DeskHost::new(
                machine,
                disk,
                net,
                token.into(),
                store_id.clone(),
                timing(&mut rng),
                plan.log_pages,
            ));
        }
        Ok(Self {
            tally: Tally { histories: 1, ..Tally::default() },
            began: Instant::now(),
            plan,
            rng,
            kinds,
            came: Kinds::default(),
            day,
            service,
            desks,
            due: BinaryHeap::new(),
            drawn: 0,
            night: false,
            backups: vec![],
            backed_up_today: false,
            replica: None,
            failed_starts: 0,
            older: BTreeMap::new(),
            last_in_room: BTreeMap::new(),
        })
    }

    fn at(&mut self, when: Instant, due: Due) {
        self.drawn += 1;
        self.due.push(Reverse((when, self.drawn, due)));
    }

    fn after(&mut self, wait: Duration, due: Due) {
        self.at(Instant::now() + wait, due);
    }

    /// The wait until something that happens so often a day happens next.
    fn next(&mut self, a_day: f64) -> Option<Duration> {
        (a_day > 0.0).then(|| DAY.mul_f64((-(1.0 - self.rng.f64()).ln() / a_day).clamp(0.0, 50.0)))
    }

    fn again(&mut self, a_day: f64, due: Due) {
        if let Some(wait) = self.next(a_day) {
            self.after(wait, due);
        }
    }

    async fn live(&mut self) {
        self.morning();
        if self.plan.long_outage {
            for n in 0..self.desks.len() {
                // Not before the first load, or there is nothing to work on.
                self.after(Duration::from_secs(600), Due::Weather(n));
            }
        }
        let end = self.began + Duration::from_secs(24 * 3_600) * u32::try_from(self.plan.days).unwrap_or(1);
        while let Some(Reverse((when, _, due))) = self.due.pop() {
            if when >= end {
                break;
            }
            tokio::time::sleep_until(when).await;
            tracing::debug!(at = when.duration_since(self.began).as_secs(), ?due, "happens");
            self.happen(due).await;
            self.deaths().await;
        }
        tokio::time::sleep_until(end).await;
    }

    fn morning(&mut self) {
        self.night = false;
        self.backed_up_today = self.service.disk.is_on() && self.failed_starts == 0;
        if self.backed_up_today {
            self.backups.push(self.service.disk.image());
        }
        let plan = self.plan.clone();
        for n in 0..self.desks.len() {
            self.keep_image(n);
            self.begin_day(n);
            if self.plan.days_begin_at_desks {
                let wait = self.rng.u64(..7_200);
                self.after(Duration::from_secs(wait), Due::DayBegins(n));
            }
        }
        self.again(plan.service_cuts, Due::ServiceDies);
        self.again(plan.disk_faults, Due::ServiceDiskFault);
        self.again(plan.clock_jumps, Due::ServiceClock);
        self.again(if plan.calm { 0.0 } else { 0.5 }, Due::ServiceStops);
        self.again(plan.restores, Due::ServiceRestored);
        self.again(plan.fails_over, Due::ReplicaFallsBehind);
        self.after(DAY, Due::Night);
        self.after(Duration::from_secs(24 * 3_600), Due::Morning);
    }

    /// The day of one desk.
    fn begin_day(&mut self, n: usize) {
        let plan = self.plan.clone();
        self.after(Duration::ZERO, Due::DeskStarts(n));
        #[expect(clippy::cast_precision_loss, reason = "small numbers")]
        self.again(plan.actions as f64, Due::Act(n));
        self.again(8.0, Due::Decide(n));
        self.again(3.0, Due::Switch(n));
        if !plan.calm {
            self.again(0.5, Due::DeskReopens(n));
            self.again(0.3, Due::Mode(n));
            self.again(plan.updates, Due::DeskUpdates(n));
            self.again(plan.copies, Due::DeskCopied(n));
        }
        if !plan.long_outage {
            self.again(plan.outages, Due::Weather(n));
        }
        if plan.backups {
            self.after(BACKUPS_EVERY, Due::DeskBacksUp(n));
        }
        self.again(plan.desk_cuts, Due::DeskDies(n));
        self.again(plan.disk_faults, Due::DeskDiskFault(n));
        self.again(plan.clock_jumps, Due::DeskClock(n));
        self.tally.desk_days += 1;
    }

    async fn happen(&mut self, due: Due) {
        let plan = self.plan.clone();
        match due {
            Due::Night => {
                self.night = true;
                self.due.retain(|Reverse((_, _, due))| matches!(due, Due::Morning | Due::ServiceStarts));
                for n in 0..self.desks.len() {
                    // Desks keep what was taken for as long as the service's backups are old, and not for longer
                    // because none was made.
                    if self.plan.forgets && self.backed_up_today {
                        self.desks[n].run_on(IDLE_DAYS);
                    }
                    // Some go on over night.
                    if self.rng.u8(..4) != 0 {
                        self.desks[n].close().await;
                        self.damage(n);
                    }
                }
            }
            Due::Morning => {
                if let Some(next) = self.day.checked_add_days(Days::new(1)) {
                    // A service that is down rolls when it is back; the desks work on meanwhile.
                    if self.plan.days_begin_at_desks && self.rng.bool() {
                        self.came.count("day_roll_left_to_the_desks");
                        self.day = next;
                    } else if self.service.is_running() && self.service.roll(next).await.is_ok() {
                        self.day = next;
                    } else if !self.service.is_running() {
                        self.came.count("day_roll_missed");
                        if self.plan.days_begin_at_desks {
                            self.day = next;
                        }
                    }
                }
                self.morning();
            }
            Due::DayBegins(n) => match self.desks[n].begin_day(self.day) {
                Some(true) => self.kinds.count("day_began_at_a_desk"),
                Some(false) => {}
                // It looks at the clock again.
                None => self.after(Duration::from_secs(600), due),
            },
            Due::Act(n) => {
                let rooms = plan.rooms;
                match self.desks[n].act(&mut self.rng, rooms) {
                    Tried::Saved => {
                        self.tally.recorded += 1;
                        if plan.large && self.desks[n].is_large() {
                            self.kinds.count("database_over_1_gb");
                        }
                        if let Some(saved) = self.desks[n].saved.last() {
                            let other = self.last_in_room.insert(saved.room.clone(), n);
                            if other.is_some_and(|other| other != n) {
                                self.kinds.count("two_desks_in_one_room");
                            }
                        }
                    }
                    Tried::Refused => self.tally.refused += 1,
                    Tried::Stale => {
                        self.tally.refused += 1;
                        // A manager is not always at hand.
                        if self.rng.u8(..3) == 0 {
                            self.go_on(n);
                        }
                    }
                    Tried::Unsaved => self.tally.unsaved += 1,
                    Tried::Unknown => self.came.count("died_while_recording"),
                    Tried::Closed => {}
                }
                #[expect(clippy::cast_precision_loss, reason = "small numbers")]
                self.again(plan.actions as f64, due);
            }
            Due::Decide(n) => {
                if self.desks[n].resolve(&mut self.rng) {
                    self.tally.conflicts += 1;
                    self.tally.recorded += 1;
                }
                if self.desks[n].handle_failed(&mut self.rng) {
                    self.tally.handled += 1;
                }
                if self.desks[n].may_go_on() && self.rng.bool() {
                    self.go_on(n);
                }
                if self.rng.u8(..4) == 0 && self.desks[n].hold(&mut self.rng, plan.rooms) == Tried::Saved {
                    self.tally.recorded += 1;
                    self.kinds.count("room_on_hold_or_let_go");
                }
                self.again(8.0, due);
            }
            Due::Switch(n) => {
                let people = ["lead-1", "lead-2", "inspector-1", "desk-1", "manager-1"];
                self.desks[n].person = people[self.rng.usize(..people.len())].into();
                self.kinds.count("user_switched");
                self.again(3.0, due);
            }
            Due::Mode(n) => {
                let mode = [LinkMode::Auto, LinkMode::WorkOffline, LinkMode::Unplugged][self.rng.usize(..3)];
                self.desks[n].set_mode(mode);
                self.kinds.count("link_switched");
                // Whoever switches it one way or the other resumes what was paused, more often than not.
                let paused = self.rng.u8(..3) == 0;
                self.desks[n].pause_sending(paused);
                if paused {
                    self.kinds.count("sending_paused");
                }
                let wait = Duration::from_secs(self.rng.u64(60..7_200));
                self.after(wait, due);
            }
            Due::Weather(n) => self.weather(n),
            Due::DeskDies(n) => {
                if self.desks[n].is_open() {
                    // Somewhere in the middle of the next things it does.
                    let at = self.rng.u64(1..60);
                    self.desks[n].disk.fail_at(at, Fault::PowerOff);
                }
                self.again(plan.desk_cuts, due);
            }
            Due::DeskStarts(n) => {
                if !self.desks[n].is_open()
                    && !self.night
                    && let Err(code) = self.desks[n].start()
                {
                    self.came.count(&format!("desk_did_not_open_{}", code.to_lowercase()));
                    let wait = Duration::from_secs(self.rng.u64(30..900));
                    self.after(wait, Due::DeskStarts(n));
                } else if !self.night {
                    match self.desks[n].look_through().await {
                        Ok(false) => {}
                        Ok(true) => self.came.count("damage_found_and_repaired"),
                        Err(_) => self.after(Duration::from_secs(60), Due::DeskStarts(n)),
                    }
                }
            }
            Due::DeskReopens(n) => {
                self.desks[n].close().await;
                self.kinds.count("desk_reopened");
                self.damage(n);
                self.after(Duration::from_secs(5), Due::DeskStarts(n));
                self.again(0.5, due);
            }
            Due::DeskUpdates(n) => self.update_desk(n).await,
            Due::DeskCopied(n) => {
                self.copy_desk(n).await;
                self.again(plan.copies, due);
            }
            Due::DeskBacksUp(n) => {
                self.back_up(n);
                self.after(BACKUPS_EVERY, due);
            }
            Due::DeskDiskFault(n) => {
                let (aim, at) = match plan.bad_side {
                    Some(side) if self.rng.bool() => side.lie(&mut self.rng),
                    Some(side) => side.trouble(&mut self.rng),
                    None => {
                        let (fault, at) = disk_fault(&mut self.rng);
                        (Aim::any(fault), at)
                    }
                };
                tracing::debug!(n, ?aim, at, "a fault is armed");
                self.desks[n].disk.arm(aim, at);
                self.again(plan.disk_faults, due);
            }
            Due::ServiceDiskFault => {
                let (fault, at) = disk_fault(&mut self.rng);
                // A wrong bit that comes with a good answer wants a second copy to be noticed and mended by; the service
                // has a backup and its desks.
                if !matches!(fault, Fault::BitFlipOnRead | Fault::ShortRead) {
                    self.service.doubted = true;
                    self.service.disk.fail_at(at, fault);
                }
                self.again(plan.disk_faults, due);
            }
            Due::DeskClock(n) => {
                let (now, kind) = other_time(&mut self.rng, self.desks[n].machine.clock());
                self.desks[n].machine.set_clock(now);
                self.kinds.count(kind);
                self.again(plan.clock_jumps, due);
            }
            Due::ServiceClock => {
                let (now, kind) = other_time(&mut self.rng, self.service.machine.clock());
                self.service.machine.set_clock(now);
                self.kinds.count(kind);
                self.again(plan.clock_jumps, due);
            }
            Due::ServiceDies => {
                if self.service.is_running() {
                    let at = self.rng.u64(1..120);
                    self.service.disk.fail_at(at, Fault::PowerOff);
                }
                self.again(plan.service_cuts, due);
            }
            Due::ServiceStarts => self.start_service(),
            Due::ServiceRestored => {
                self.restore_service();
                self.again(plan.restores, due);
            }
            Due::ReplicaFallsBehind => {
                if self.service.is_running() && self.service.disk.is_on() {
                    self.replica = Some(self.service.disk.image());
                    let lag = [30.0, 600.0, 3_600.0][self.rng.usize(..3)];
                    let wait = Duration::from_secs_f64(self.rng.f64() * lag);
                    self.after(wait, Due::ReplicaTakesOver);
                }
                self.again(self.plan.fails_over, due);
            }
            Due::ReplicaTakesOver => {
                if let Some(replica) = self.replica.take() {
                    self.kinds.count("replica_took_over");
                    self.put_back(&replica, false);
                }
            }
            Due::ServiceStops => {
                self.service.stop().await;
                self.kinds.count("service_stopped");
                let wait = Duration::from_secs(self.rng.u64(5..3_600));
                self.after(wait, Due::ServiceStarts);
                self.again(0.5, due);
            }
        }
    }

    /// What the desk knows is too old, or will be again in some hours: a manager goes on.
    fn go_on(&mut self, n: usize) {
        if self.desks[n].go_on(&mut self.rng) == Tried::Saved {
            self.tally.recorded += 1;
            self.kinds.count("emergency_operation");
        }
    }

    fn start_service(&mut self) {
        if !self.service.is_running()
            && let Err(error) = self.service.start()
        {
            tracing::debug!(error, "the service did not start");
            self.came.count("service_did_not_start");
            self.failed_starts += 1;
            if self.failed_starts > 5 {
                // Its database is damaged for good: its operator puts a backup back.
                self.restore_service();
            } else {
                let wait = Duration::from_secs(self.rng.u64(30..900));
                self.after(wait, Due::ServiceStarts);
            }
        } else {
            self.failed_starts = 0;
        }
    }

    fn restore_service(&mut self) {
        let newest = self.backups.len();
        // Where desks forget, the last backup but one is older than what they keep.
        let backups = if self.plan.forgets { 1 } else { BACKUPS };
        let backup = self.backups[newest - 1 - self.rng.usize(..newest.min(backups))].clone();
        let by_the_book = self.rng.bool();
        self.kinds.count(if by_the_book { "service_restored" } else { "service_restored_without_a_word" });
        self.put_back(&backup, by_the_book);
    }

    /// The service goes on from another disk.
    fn put_back(&mut self, image: &DiskImage, by_the_book: bool) {
        match self.service.restore(image, by_the_book) {
            Ok(()) => self.failed_starts = 0,
            Err(error) => {
                tracing::debug!(error, "the backup did not start");
                self.after(Duration::from_secs(60), Due::ServiceStarts);
            }
        }
    }

    fn weather(&mut self, n: usize) {
        let desk = &self.desks[n];
        if desk.net.is_fair() {
            let bad = Weather::bad(&mut self.rng);
            if self.rng.u8(..4) == 0 {
                desk.net.turn_in_an_answer(bad);
            } else {
                desk.net.set_weather(bad);
            }
            if self.plan.long_outage {
                return;
            }
            // Seconds, minutes or hours.
            let scale = [20.0, 300.0, 3_600.0, 4.0 * 3_600.0][self.rng.usize(..4)];
            let wait = Duration::from_secs_f64((self.rng.f64() * scale).max(1.0));
            self.after(wait, Due::Weather(n));
        } else {
            desk.net.set_weather(Weather::Fair);
            self.again(self.plan.outages, Due::Weather(n));
        }
    }

    /// Machines that lost their power meanwhile are dead; somebody switches them on again.
    async fn deaths(&mut self) {
        for n in 0..self.desks.len() {
            if self.desks[n].has_died() {
                let model = CrashModel::any(&mut self.rng);
                self.kinds.count(&format!("desk_{}", model.name()));
                tracing::debug!(n, ?model, "a desk's machine died");
                self.tally.desk_cuts += 1;
                self.desks[n].crash(model, &mut self.rng);
                self.damage(n);
                let wait = Duration::from_secs(self.rng.u64(5..1_200));
                self.after(wait, Due::DeskStarts(n));
            }
        }
        if self.service.is_running() && !self.service.disk.is_on() {
            let model = CrashModel::any(&mut self.rng);
            self.kinds.count(&format!("service_{}", model.name()));
            self.tally.server_cuts += 1;
            self.service.crash(model, &mut self.rng);
            let wait = Duration::from_secs(self.rng.u64(5..3_600));
            self.after(wait, Due::ServiceStarts);
        }
        // What was dropped with a machine ends now.
        tokio::task::yield_now().await;
    }

    async fn heal_and_account(&mut self) {
        self.due.clear();
        self.night = false;
        let mut failures = vec![];
        self.deaths().await;
        self.due.clear();
        self.service.disk.disarm();
        self.service.disk.set_capacity(None);
        self.service.disk.set_read_only(false);
        if !self.service.is_running() && self.service.start().is_err() {
            self.service.disk.disarm();
            self.restore_service();
        }
        if !self.service.is_running()
            && let Err(error) = self.service.start()
        {
            failures.push(format!("the service does not start: {error}"));
        }
        for (n, desk) in self.desks.iter_mut().enumerate() {
            desk.disk.disarm();
            desk.disk.set_capacity(None);
            desk.disk.set_read_only(false);
            desk.net.heal();
            if !desk.is_open()
                && let Err(code) = desk.start()
            {
                failures.push(format!("desk {n} does not open: {code}"));
            }
            match desk.look_through().await {
                Ok(false) => {}
                Ok(true) => self.came.count("damage_found_and_repaired"),
                Err(code) => failures.push(format!("desk {n} does not open after its repair: {code}")),
            }
            desk.set_mode(LinkMode::Auto);
            desk.pause_sending(false);
        }
        let healed = Instant::now();
        let mut drained = None;
        // The queue drains by itself (B12); only what needs a person gets one.
        loop {
            for desk in &mut self.desks {
                // Its screen says that it is damaged and what to do: a person closes and opens it.
                if desk.says_damaged() {
                    match desk.look_through().await {
                        Ok(_) => self.came.count("damage_found_and_repaired"),
                        Err(code) => failures.push(format!("a desk does not open after its repair: {code}")),
                    }
                }
                self.tally.recorded += desk.let_all_go();
            }
            let waiting: u64 = self.desks.iter().map(waiting).sum();
            if waiting == 0 && drained.is_none() {
                drained = Some(healed.elapsed());
            }
            let mut handled = false;
            if drained.is_some() || healed.elapsed() > PATIENCE / 2 {
                for desk in &mut self.desks {
                    while desk.resolve(&mut self.rng) {
                        self.tally.conflicts += 1;
                        self.tally.recorded += 1;
                        handled = true;
                    }
                    while desk.handle_failed(&mut self.rng) {
                        self.tally.handled += 1;
                        handled = true;
                    }
                }
            }
            let open: u64 = self.desks.iter().map(open_rows).sum();
            let quiet = open == 0 && !handled;
            let heard = healed.elapsed() > HEARSAY && self.desks.iter().all(DeskHost::is_online);
            if (quiet && heard) || healed.elapsed() > PATIENCE {
                // A wrong bit that was read before the disk was healed may have been written since: the next start
                // looks through everything again.
                let mut found = false;
                for desk in &mut self.desks {
                    match desk.look_through().await {
                        Ok(damaged) => found |= damaged,
                        Err(code) => failures.push(format!("a desk does not open after its repair: {code}")),
                    }
                }
                if !found || healed.elapsed() > PATIENCE {
                    break;
                }
                self.came.count("damage_found_and_repaired");
            }
            tokio::time::sleep(Duration::from_secs(if quiet { 10 } else { 1 })).await;
        }
        let unmet = self.desks.iter().enumerate().filter(|(_, desk)| !desk.is_online());
        failures.extend(unmet.map(|(n, _)| format!("desk {n} did not find the service")));
        self.tally.max_drain_s = drained.unwrap_or(PATIENCE).as_secs();
        for desk in &self.desks {
            for (kind, times) in desk.disk.take_counts() {
                self.kinds.add(kind, times);
            }
        }
        for (kind, times) in self.service.disk.take_counts() {
            self.kinds.add(kind, times);
        }
        match self.desks.iter().map(let_go).sum() {
            0 => {}
            rows => self.came.add("row_let_go", rows),
        }
        match check(&self.service, &self.desks).await {
            Err(error) => failures.push(format!("the account could not be made: {error}")),
            Ok(faults) => {
                self.tally.lost = faults.lost.len() as u64;
                self.tally.doubled = faults.doubled.len() as u64;
                self.tally.stuck = faults.stuck.len() as u64;
                self.tally.audit_mismatch = faults.audit.len() as u64;
                self.tally.acknowledged = faults.held.len() as u64;
                for list in [faults.lost, faults.doubled, faults.stuck, faults.audit] {
                    failures.extend(list.into_iter().take(4));
                }
                if !failures.is_empty() {
                    failures.extend(
                        self.desks.iter().enumerate().map(|(n, desk)| format!("desk {n} says {}", desk.reason())),
                    );
                }
            }
        }
        self.tally.kinds = self.kinds.all();
        self.tally.consequences = self.came.all();
        self.tally.network_faults = self.tally.kinds.remove("network_faults").unwrap_or(0);
        self.tally.failures = failures.into_iter().map(|what| format!("seed {}: {what}", self.plan.seed)).collect();
        for desk in &mut self.desks {
            desk.close().await;
        }
        self.service.stop().await;
    }
}

fn waiting(desk: &DeskHost) -> u64 {
    desk.desk().and_then(|desk| desk.engine().ledger().ok()).map_or(0, |ledger| ledger.waiting)
}

fn open_rows(desk: &DeskHost) -> u64 {
    let ledger = desk.desk().and_then(|desk| desk.engine().ledger().ok());
    ledger.map_or(0, |ledger| ledger.waiting + ledger.attention)
}

fn morning(day: NaiveDate) -> Result<DateTime<Utc>, String> {
    Ok(day.and_hms_opt(7, 0, 0).ok_or("no morning")?.and_utc())
}

/// A fault of a disk that a sound desk survives without losing anything, and at which of the operations that it can hit.
fn disk_fault(rng: &mut Rng) -> (Fault, u64) {
    const FAULTS: [(Fault, u64); 10] = [
        (Fault::EioRead, 200),
        (Fault::EioWrite, 200),
        (Fault::EioFsync, 100),
        (Fault::EioTruncate, 4),
        (Fault::EioOpen, 15),
        (Fault::ShortRead, 200),
        (Fault::ShortWrite, 200),
        (Fault::Enospc, 200),
        (Fault::Eacces, 15),
        (Fault::BitFlipOnRead, 200),
    ];
    let (fault, most) = FAULTS[rng.usize(..FAULTS.len())];
    (fault, rng.u64(1..most))
}

fn other_time(rng: &mut Rng, now: DateTime<Utc>) -> (DateTime<Utc>, &'static str) {
    let at = |seconds| DateTime::from_timestamp(seconds, 0).unwrap_or(now);
    match rng.u8(..7) {
        0 => (at(0), "clock_1970"),
        1 => (at(2_147_483_700), "clock_2038"),
        2 => (at(4_294_967_400), "clock_2106"),
        3 => (now - TimeDelta::minutes(10), "clock_back_10_min"),
        4 => (now + TimeDelta::hours(1), "clock_summer_time"),
        5 => (now + TimeDelta::days(3_650), "clock_ahead_10_years"),
        _ => (now - TimeDelta::days(1), "clock_back_a_day"),
    }
}
