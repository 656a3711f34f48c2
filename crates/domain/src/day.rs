//! Making a service day.
//!
//! At the day roll every desk, and the service, takes the rooms as they stand and the bookings it holds and makes the
//! next day from them: who leaves, who stays, who comes, and the work that follows. Cleans, stayovers and linen come
//! from the bookings alone and their ids from property, room, kind and day, so that desks that cannot reach each other
//! make the same tasks. Work that yesterday left behind (a vacant room still dirty, a guest who should have left)
//! comes from the rooms as they stand.
//!
//! The roll never says that somebody came or left: occupancy, guest and turn stay as recorded. It never touches a task
//! that is there already, of this day or an earlier one, and a room that was brought to a day once is left alone.
//!
//! [`begin`] looks at the whole house and says what begins in each room; [`bring_over`] does that to one room, as
//! [`crate::Action::BeginDay`], so that a desk records it, and the service judges it, like anything else.
//!
//! What comes from the bookings has its attendant from the bookings, so that two desks that see the rooms differently
//! still give the same task to the same person.
//!
//! Deliberately absent: clearing away old tasks, rosters (everybody in the staff list works), the evening service, and
//! any clock: the day comes in as a date.

use crate::{
    Action, Arrival, Booking, Cleanliness, Guest, InspectionPolicy, Occupancy, Priority, PropertyBook, Role, Room,
    RoomId, SellabilityKind, StaffId, Stay, Task, TaskId, TaskKind, TaskSource, Unit,
};
use chrono::{Days, NaiveDate, NaiveDateTime, TimeDelta};
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use thiserror::Error;

/// A guest who stays gets fresh linen after every so many nights.
pub const LINEN_EVERY_NIGHTS: u16 = 3;

/// A guest who comes before this (local, `HH:MM`) is early: the house gives rooms out from then on.
pub const CHECK_IN_TIME: &str = "15:00";

/// The thorough clean goes round the house: one room a day for every so many rooms, where nobody sleeps.
const ROOMS_PER_DEEP_CLEAN: usize = 100;

/// Attendants whose loads differ by no more than this are even (half an hour).
const EVEN_ENOUGH: u32 = 6;

/// Until this hour (local) it still is the day before: those who work at night go on in it.
pub const DAY_BEGINS_AT: u32 = 3;

/// How many days a house can have stood still and still be asked which day it is. Beyond that its data are of another
/// time, or the clock is.
const STOOD_STILL_MAX: u64 = 31;

/// A service day that has begun by the clock, and not in the house.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// The next one: it begins by itself.
    Next(NaiveDate),
    /// More than one day has passed. Either the house stood still, or the clock is wrong: somebody is asked.
    Asks(NaiveDate),
}

/// Which day is due, by the hotel's local time.
#[must_use]
pub fn due(service_day: &str, local: NaiveDateTime) -> Option<Due> {
    let present: NaiveDate = service_day.parse().ok()?;
    let day = (local - TimeDelta::hours(DAY_BEGINS_AT.into())).date();
    let passed = u64::try_from((day - present).num_days()).ok()?;
    match passed {
        0 => None,
        1 => Some(Due::Next(day)),
        2..=STOOD_STILL_MAX => Some(Due::Asks(day)),
        _ => None,
    }
}

/// Why a day cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{subject}: \"{value}\" is not a date of the form YYYY-MM-DD")]
pub struct DayError {
    /// Whose date it is.
    pub subject: String,
    /// What stands there.
    pub value: String,
}

/// What a task weighs, in credits of five minutes. Larger room types weigh more: the codes of the form A to P stand
/// for growing rooms; any other code counts as a standard room.
#[must_use]
pub fn credits(kind: TaskKind, room_type: &str) -> u16 {
    let standard = match kind {
        TaskKind::Departure | TaskKind::Turnover => 6,
        TaskKind::Stayover => 4,
        TaskKind::Linen | TaskKind::Pickup | TaskKind::Turndown => 2,
        // Looking takes as long in a suite.
        TaskKind::Check | TaskKind::Inspection => return 1,
        TaskKind::DeepClean => 18,
    };
    let quarters: u16 = match room_type {
        "D" | "E" => 5,
        "F" | "G" | "H" | "I" | "J" | "K" | "L" | "M" | "N" | "O" | "P" => 6,
        _ => 4,
    };
    (standard * quarters).div_ceil(4)
}

/// Whether linen is due for a guest who has slept so many nights and stays another.
#[must_use]
pub fn linen_due(nights_slept: u16) -> bool {
    nights_slept > 0 && nights_slept.is_multiple_of(LINEN_EVERY_NIGHTS)
}

/// The id of a day's own task: the same on every desk and on the service.
#[must_use]
pub fn task_id(property: &str, room: &RoomId, kind: TaskKind, day: &str) -> TaskId {
    let kind = match kind {
        TaskKind::Departure => "departure",
        TaskKind::Stayover => "stayover",
        TaskKind::Turnover => "turnover",
        TaskKind::Linen => "linen",
        TaskKind::Pickup => "pickup",
        TaskKind::Turndown => "turndown",
        TaskKind::Check => "check",
        TaskKind::Inspection => "inspection",
        TaskKind::DeepClean => "deep_clean",
    };
    TaskId(format!("{property}:{}:{kind}:{day}", room.0))
}

/// What the whole house gives a room for the day, beside what its bookings and its own state say.
#[derive(Debug, Clone, Copy)]
pub struct Given<'a> {
    /// Who does what.
    pub who: &'a BTreeMap<TaskKind, StaffId>,
    /// The round of thorough cleans comes by.
    pub deep_clean: bool,
}

/// What begins in each room with the service day, in the order of `rooms`, which are the rooms as they stood when the
/// day before ended. It depends on nothing but the arguments, and not on the order of rooms, bookings or staff. Rooms
/// that were brought to the day already are left out.
///
/// # Errors
/// When `day` or a booking's date is not a date.
pub fn begin(book: &PropertyBook, rooms: &[(RoomId, Unit)], day: &str) -> Result<Vec<(RoomId, Action)>, DayError> {
    let today = date(day, || "the service day".to_owned())?;
    let stays = stays_by_room(book)?;
    let walk = walking_order(rooms);

    let mut added: Vec<Added> = Vec::new();
    let (mut unbooked, mut free): (Vec<usize>, Vec<usize>) = (vec![], vec![]);
    for &index in &walk {
        let (id, unit) = &rooms[index];
        let plan = Plan::of(stays.get(id).map_or(&[][..], Vec::as_slice), today);
        let mut room = unit.room.clone();
        roll_room(&mut room, &plan, today);
        let tasks = day_tasks(&room, &plan, book.property.inspection, today);
        if plan.free_until_tomorrow() {
            unbooked.push(index);
            if tasks.is_empty() && can_be_deep_cleaned(&room) {
                free.push(index);
            }
        }
        let booked = plan.sleeper.is_some();
        added.extend(tasks.into_iter().map(|task| Added { room: index, kind: task.kind, booked }));
    }
    // Who has the time for the round, the bookings say. Which rooms it comes to, the rooms' own state says, and another
    // desk may see that differently; only where it comes to fewer rooms there, others carry them.
    let round: BTreeSet<usize> = deep_cleans(&walk, &free, today).into_iter().collect();
    let in_time = deep_cleans(&walk, &unbooked, today).into_iter().take(round.len());
    added.extend(in_time.map(|room| Added { room, kind: TaskKind::DeepClean, booked: true }));

    let mut who: BTreeMap<usize, BTreeMap<TaskKind, StaffId>> = BTreeMap::new();
    let mut of_the_round = round.iter();
    for (Added { room, kind, .. }, person) in added.iter().zip(share_out(book, rooms, &walk, &added)) {
        let room = if *kind == TaskKind::DeepClean { of_the_round.next() } else { Some(room) };
        if let (Some(room), Some(person)) = (room, person) {
            who.entry(*room).or_default().insert(*kind, person);
        }
    }
    let begins = |(index, (id, _)): (usize, &(RoomId, Unit))| {
        let who = who.remove(&index).unwrap_or_default();
        let action =
            Action::BeginDay { room: id.clone(), day: day.to_owned(), who, deep_clean: round.contains(&index) };
        (id.clone(), action)
    };
    let ahead = |(_, (_, unit)): &(usize, &(RoomId, Unit))| !has_begun(&unit.room, day);
    Ok(rooms.iter().enumerate().filter(ahead).map(begins).collect())
}

/// Whether a room was brought to a day, or to a later one. ISO dates order as text.
#[must_use]
pub fn has_begun(room: &Room, day: &str) -> bool {
    room.day.as_deref().is_some_and(|there| there >= day)
}

/// Brings one room over the night, and adds the day's tasks to it.
///
/// # Errors
/// When `day` or a booking's date is not a date.
pub fn bring_over(
    unit: &mut Unit,
    id: &RoomId,
    book: &PropertyBook,
    day: &str,
    given: &Given<'_>,
) -> Result<(), DayError> {
    if has_begun(&unit.room, day) {
        return Ok(());
    }
    let today = date(day, || "the service day".to_owned())?;
    let stays = stays_of(book, id)?;
    let plan = Plan::of(&stays, today);
    roll_room(&mut unit.room, &plan, today);
    unit.room.day = Some(day.to_owned());
    let mut tasks = day_tasks(&unit.room, &plan, book.property.inspection, today);
    // Where another desk saw the room free, and it is not.
    if given.deep_clean && tasks.is_empty() && can_be_deep_cleaned(&unit.room) {
        tasks.push(Wanted { kind: TaskKind::DeepClean, priority: Priority::Low, note: None });
    }
    for wanted in tasks {
        // Somebody who left the house since is not waited for.
        let assignee = given.who.get(&wanted.kind).filter(|person| book.has_staff(person)).cloned();
        // A task that is there already is history in the making; the roll leaves it alone.
        if let Entry::Vacant(place) = unit.tasks.entry(task_id(&book.property.id, id, wanted.kind, day)) {
            let task = task_of(&unit.room, wanted.kind, wanted.priority, day);
            place.insert(Task { assignee, note: wanted.note.map(str::to_owned), ..task });
        }
    }
    Ok(())
}

/// A task of the day's plan for a room as it is, for nobody yet.
pub(crate) fn task_of(room: &Room, kind: TaskKind, priority: Priority, day: &str) -> Task {
    Task {
        kind,
        credits: credits(kind, &room.room_type),
        priority,
        turn: room.turn,
        service_day: day.to_owned(),
        source: TaskSource::Day,
        ..Task::default()
    }
}

/// The work that the bookings alone bring to a room on a day.
///
/// # Errors
/// When `day` or a booking's date is not a date.
pub(crate) fn booked_work(
    book: &PropertyBook,
    room: &RoomId,
    day: &str,
) -> Result<BTreeMap<TaskKind, Priority>, DayError> {
    let today = date(day, || "the service day".to_owned())?;
    let stays = stays_of(book, room)?;
    let wanted = work_after_the_night(&Plan::of(&stays, today), today);
    Ok(wanted.into_iter().map(|wanted| (wanted.kind, wanted.priority)).collect())
}

/// Makes the service day: the rooms as they stand at its start, with its tasks added. The answer has the same rooms in
/// the same order.
///
/// # Errors
/// As [`begin`].
pub fn make_day(book: &PropertyBook, rooms: &[(RoomId, Unit)], day: &str) -> Result<Vec<(RoomId, Unit)>, DayError> {
    let begins: BTreeMap<RoomId, Action> = begin(book, rooms, day)?.into_iter().collect();
    let mut made: Vec<(RoomId, Unit)> = rooms.to_vec();
    for (id, unit) in &mut made {
        if let Some(Action::BeginDay { who, deep_clean, .. }) = begins.get(id) {
            bring_over(unit, id, book, day, &Given { who, deep_clean: *deep_clean })?;
        }
    }
    Ok(made)
}

fn date(text: &str, subject: impl FnOnce() -> String) -> Result<NaiveDate, DayError> {
    text.parse().map_err(|_| DayError { subject: subject(), value: text.to_owned() })
}

/// A booking with its dates read.
struct Dated<'a> {
    booking: &'a Booking,
    arrives: NaiveDate,
    departs: NaiveDate,
}

impl<'a> Dated<'a> {
    fn of(booking: &'a Booking) -> Result<Self, DayError> {
        let arrives = date(&booking.arrives_on, || format!("booking {}", booking.id))?;
        let departs = arrives.checked_add_days(Days::new(booking.nights.into())).unwrap_or(NaiveDate::MAX);
        Ok(Self { booking, arrives, departs })
    }
}

fn in_order_of_days(stays: &mut [Dated<'_>]) {
    stays.sort_by(|a, b| (a.arrives, a.departs, &a.booking.id).cmp(&(b.arrives, b.departs, &b.booking.id)));
}

fn stays_of<'a>(book: &'a PropertyBook, room: &RoomId) -> Result<Vec<Dated<'a>>, DayError> {
    let of_room = book.bookings.iter().filter(|booking| booking.room == *room);
    let mut stays = of_room.map(Dated::of).collect::<Result<Vec<_>, _>>()?;
    in_order_of_days(&mut stays);
    Ok(stays)
}

fn stays_by_room(book: &PropertyBook) -> Result<BTreeMap<&RoomId, Vec<Dated<'_>>>, DayError> {
    let mut stays: BTreeMap<&RoomId, Vec<Dated<'_>>> = BTreeMap::new();
    for booking in &book.bookings {
        stays.entry(&booking.room).or_default().push(Dated::of(booking)?);
    }
    stays.values_mut().for_each(|list| in_order_of_days(list));
    Ok(stays)
}

/// What the bookings say about one room and one day.
struct Plan<'a> {
    stays: &'a [Dated<'a>],
    /// Who slept here last night.
    sleeper: Option<&'a Dated<'a>>,
    leaves: bool,
    /// Who comes today.
    comes: Option<&'a Dated<'a>>,
    comes_tomorrow: bool,
}

impl<'a> Plan<'a> {
    fn of(stays: &'a [Dated<'a>], today: NaiveDate) -> Self {
        // Of two who share a room the one who stays longer counts: there is somebody to serve, and nothing to leave.
        let sleepers = || stays.iter().filter(|stay| stay.arrives < today && today <= stay.departs);
        let sleeper = sleepers().find(|stay| today < stay.departs).or_else(|| sleepers().next());
        Self {
            stays,
            sleeper,
            leaves: sleeper.is_some_and(|stay| stay.departs == today),
            comes: stays.iter().find(|stay| stay.arrives == today),
            comes_tomorrow: stays.iter().any(|stay| stay.arrives == today + Days::new(1)),
        }
    }

    fn free_until_tomorrow(&self) -> bool {
        self.sleeper.is_none() && self.comes.is_none() && !self.comes_tomorrow
    }
}

fn is_vacant(room: &Room) -> bool {
    room.fo_occupancy == Occupancy::Vacant
}

fn can_be_deep_cleaned(room: &Room) -> bool {
    in_order(room) && is_vacant(room)
}

fn in_order(room: &Room) -> bool {
    room.sellability.kind != SellabilityKind::OutOfOrder
}

/// Brings a room's states over the night.
fn roll_room(room: &mut Room, plan: &Plan<'_>, today: NaiveDate) {
    let last_due = room.arrival.take();
    room.arrival = plan.comes.map(|stay| arrival(stay.booking));
    if is_vacant(room) {
        room.guest = None;
        // Due yesterday and not recorded as come: still due while the booking has a night to go.
        let still_due = plan
            .sleeper
            .filter(|stay| !plan.leaves && last_due.is_some_and(|due| due.booking_id == stay.booking.id))
            .map(|stay| arrival(stay.booking));
        room.arrival = room.arrival.take().or(still_due);
        room.stay = match &room.arrival {
            Some(due) if due.nights == 0 => Stay::DayUse,
            Some(_) => Stay::Arrival,
            None => Stay::NotReserved,
        };
    } else {
        // Dates may have changed in the front office since the guest came; the booking knows.
        let known = match &room.guest {
            Some(present) => plan.stays.iter().find(|stay| stay.booking.id == present.booking_id),
            None => plan.sleeper,
        };
        if let Some(stay) = known {
            room.guest = Some(guest(stay));
        }
        // A room used overnight is dirty in the morning.
        room.cleanliness = Cleanliness::Dirty;
        room.stay = match (is_leaving(room, today), room.arrival.is_some()) {
            (true, true) => Stay::Turnover,
            (true, false) => Stay::DueOut,
            (false, _) => Stay::Stayover,
        };
    }
    // They were for yesterday. A claim stays: who was promised the room may still come. Do not disturb keeps its start: its clock runs on over the night.
    room.no_service = false;
    room.refused = false;
    room.waiting = None;
    // What agreed yesterday says nothing about today. A discrepancy that nobody settled stays in view.
    if !room.is_discrepant() {
        room.hk_occupancy = None;
        room.hk_seen_at = None;
    }
}

/// The guest of a booking, as a room has them.
///
/// # Errors
/// When the booking's date is not a date.
pub(crate) fn guest_of(booking: &Booking) -> Result<Guest, DayError> {
    Ok(guest(&Dated::of(booking)?))
}

fn guest(stay: &Dated<'_>) -> Guest {
    Guest {
        booking_id: stay.booking.id.clone(),
        persons: stay.booking.persons,
        vip: stay.booking.vip,
        departs_on: stay.departs.to_string(),
        departs_at: stay.booking.etd.clone(),
    }
}

/// A booking as the room has it that its guest is due in.
pub(crate) fn arrival(booking: &Booking) -> Arrival {
    Arrival {
        booking_id: booking.id.clone(),
        persons: booking.persons,
        vip: booking.vip,
        eta: booking.eta.clone(),
        nights: booking.nights,
    }
}

/// Whether the guest in the room leaves today, or should have left before.
fn is_leaving(room: &Room, today: NaiveDate) -> bool {
    room.guest.as_ref().and_then(|guest| guest.departs_on.parse::<NaiveDate>().ok()).is_some_and(|day| day <= today)
}

fn has_overstayed(room: &Room, today: NaiveDate) -> bool {
    room.guest.as_ref().and_then(|guest| guest.departs_on.parse::<NaiveDate>().ok()).is_some_and(|day| day < today)
}

/// A task the day wants, before anybody is chosen for it.
struct Wanted {
    kind: TaskKind,
    priority: Priority,
    note: Option<&'static str>,
}

struct Added {
    room: usize,
    kind: TaskKind,
    /// It comes from the bookings, and so every desk has it.
    booked: bool,
}

fn day_tasks(room: &Room, plan: &Plan<'_>, inspection: InspectionPolicy, today: NaiveDate) -> Vec<Wanted> {
    let mut tasks = work_after_the_night(plan, today);
    let mut want = |kind, priority, note| tasks.push(Wanted { kind, priority, note });
    let for_arrival = arrival_priority(plan.comes.map(|stay| stay.booking));

    match plan.sleeper {
        Some(_) => {}
        None if !in_order(room) => {}
        None if has_overstayed(room, today) => {
            let kind = if plan.comes.is_some() { TaskKind::Turnover } else { TaskKind::Departure };
            want(kind, for_arrival, Some("The guest was to leave before today."));
        }
        None if is_vacant(room) => match room.cleanliness {
            Cleanliness::Dirty => want(TaskKind::Departure, for_arrival, Some("Not cleaned yesterday.")),
            Cleanliness::Pickup => want(TaskKind::Pickup, for_arrival, None),
            Cleanliness::Clean if plan.comes.is_some() && inspection != InspectionPolicy::None => {
                want(TaskKind::Inspection, for_arrival, Some("Cleaned but not inspected before today."));
            }
            Cleanliness::Clean | Cleanliness::Inspected => {
                if plan.comes.is_some_and(|stay| stay.booking.vip) {
                    want(TaskKind::Check, Priority::High, Some("A VIP guest comes into this room today."));
                }
            }
        },
        None => {}
    }

    // Whoever asked not to be disturbed before yesterday has not been seen for a day at least.
    if room.dnd_since.is_some_and(|since| since.date_naive() + Days::new(1) < today) {
        want(TaskKind::Check, Priority::High, Some("Do not disturb for more than a day: see that the guest is well."));
    }
    tasks
}

/// What is to be done because somebody slept in the room.
fn work_after_the_night(plan: &Plan<'_>, today: NaiveDate) -> Vec<Wanted> {
    let Some(stay) = plan.sleeper else { return vec![] };
    let want = |kind, priority| Wanted { kind, priority, note: None };
    if plan.leaves {
        let comes = plan.comes.map(|stay| stay.booking);
        let kind = if comes.is_some() { TaskKind::Turnover } else { TaskKind::Departure };
        return vec![want(kind, arrival_priority(comes))];
    }
    let mut work = vec![want(TaskKind::Stayover, if stay.booking.vip { Priority::High } else { Priority::Normal })];
    let slept = u16::try_from((today - stay.arrives).num_days()).unwrap_or(u16::MAX);
    if linen_due(slept) {
        work.push(want(TaskKind::Linen, Priority::Low));
    }
    work
}

fn arrival_priority(comes: Option<&Booking>) -> Priority {
    match comes {
        Some(booking) if booking.vip || booking.eta.as_deref().is_some_and(|eta| eta < CHECK_IN_TIME) => Priority::High,
        _ => Priority::Normal,
    }
}

/// Rooms in the order one walks the house: shorter numbers first, so that 901 comes before 1001.
fn walking_order(rooms: &[(RoomId, Unit)]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..rooms.len()).collect();
    order.sort_by_key(|&index| (rooms[index].0.0.len(), &rooms[index].0.0));
    order
}

/// The next rooms of the round that nobody needs today. Each day's round starts where a house of that size would have
/// come to, so that every room gets its turn.
fn deep_cleans(walk: &[usize], free: &[usize], today: NaiveDate) -> Vec<usize> {
    let many = walk.len() / ROOMS_PER_DEEP_CLEAN;
    let days = u64::try_from((today - NaiveDate::default()).num_days()).unwrap_or(0);
    let start = usize::try_from((days * many as u64) % walk.len().max(1) as u64).unwrap_or(0);
    let free: BTreeSet<usize> = free.iter().copied().collect();
    let round: Vec<usize> = walk.iter().cycle().skip(start).take(walk.len()).copied().collect();
    round.into_iter().filter(|index| free.contains(index)).take(many).collect()
}

/// Says who does each added task: cleaning goes to attendants, room by room, so that each works near their own
/// section and all carry about the same credits; looking goes to the inspectors. What the bookings bring is shared
/// out first, and nothing that a room's own state brings on top moves it to somebody else: another desk may not have that.
fn share_out(book: &PropertyBook, rooms: &[(RoomId, Unit)], walk: &[usize], added: &[Added]) -> Vec<Option<StaffId>> {
    let mut sections: BTreeMap<&str, usize> = BTreeMap::new();
    for &index in walk {
        let next = sections.len();
        sections.entry(rooms[index].1.room.section.as_str()).or_insert(next);
    }
    let section_of = |room: usize| sections.get(rooms[room].1.room.section.as_str()).copied().unwrap_or(0);
    let people = |role: Role| {
        let mut people: Vec<_> = book.staff.iter().filter(|person| person.role == role).collect();
        people.sort_by(|a, b| a.id.cmp(&b.id));
        people
    };
    let looks = |kind: TaskKind| matches!(kind, TaskKind::Check | TaskKind::Inspection);

    let attendants = people(Role::Attendant);
    let homes: Vec<usize> = attendants
        .iter()
        .map(|person| person.section.as_deref().and_then(|name| sections.get(name)).copied().unwrap_or(0))
        .collect();
    let mut totals = vec![0; homes.len()];
    let mut cleaners: BTreeMap<(usize, bool), usize> = BTreeMap::new();
    for booked in [true, false] {
        let mut weights: BTreeMap<usize, u32> = BTreeMap::new();
        for Added { room, kind, .. } in added.iter().filter(|added| added.booked == booked && !looks(added.kind)) {
            *weights.entry(*room).or_default() += u32::from(credits(*kind, &rooms[*room].1.room.room_type));
        }
        let load = |&room: &usize| Some(Load { room, section: section_of(room), credits: *weights.get(&room)? });
        let busy: Vec<Load> = walk.iter().filter_map(load).collect();
        let given = even_loads(&homes, &mut totals, &busy);
        cleaners.extend(busy.iter().zip(given).filter_map(|(load, worker)| Some(((load.room, booked), worker?))));
    }

    let inspectors = people(Role::Inspector);
    added
        .iter()
        .map(|Added { room, kind, booked }| {
            let person = if looks(*kind) {
                inspectors.get(section_of(*room) * inspectors.len() / sections.len().max(1))
            } else {
                cleaners.get(&(*room, *booked)).and_then(|&worker| attendants.get(worker))
            };
            person.map(|person| person.id.clone())
        })
        .collect()
}

struct Load {
    room: usize,
    section: usize,
    credits: u32,
}

/// Gives each room to the worker whose section is nearest, then moves rooms from the fullest to the emptiest until
/// both are even. Each move makes the sum of squared loads smaller, so it ends. `totals` is what each carries already.
fn even_loads(homes: &[usize], totals: &mut [u32], busy: &[Load]) -> Vec<Option<usize>> {
    let mut given: Vec<Option<usize>> = Vec::with_capacity(busy.len());
    for load in busy {
        let worker = (0..homes.len()).min_by_key(|&w| (homes[w].abs_diff(load.section), totals[w], w));
        if let Some(worker) = worker {
            totals[worker] += load.credits;
        }
        given.push(worker);
    }
    let mut of_worker: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); homes.len()];
    for (index, worker) in given.iter().enumerate() {
        if let Some(worker) = worker {
            of_worker[*worker].insert(index);
        }
    }
    loop {
        let fullest = (0..homes.len()).max_by_key(|&w| (totals[w], std::cmp::Reverse(w)));
        let emptiest = (0..homes.len()).min_by_key(|&w| (totals[w], w));
        let (Some(from), Some(to)) = (fullest, emptiest) else { break };
        let gap = totals[from] - totals[to];
        if gap <= EVEN_ENOUGH {
            break;
        }
        let moved = of_worker[from].iter().copied().filter(|&index| busy[index].credits < gap).min_by_key(|&index| {
            (homes[to].abs_diff(busy[index].section), gap.abs_diff(2 * busy[index].credits), index)
        });
        let Some(index) = moved else { break };
        of_worker[from].remove(&index);
        of_worker[to].insert(index);
        totals[from] -= busy[index].credits;
        totals[to] += busy[index].credits;
        given[index] = Some(to);
    }
    given
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Property, Sellability, Staff, TaskStatus};
    use proptest::prelude::*;

    fn booking(id: &str, room: &str, arrives_on: &str, nights: u16) -> Booking {
        Booking {
            id: id.into(),
            room: RoomId(room.into()),
            arrives_on: arrives_on.into(),
            nights,
            persons: 2,
            ..Booking::default()
        }
    }

    fn book(bookings: Vec<Booking>) -> PropertyBook {
        let attendant = |n: u32| Staff {
            id: StaffId(format!("att-{n:02}")),
            name: format!("Attendant {n}"),
            role: Role::Attendant,
            section: Some(n.to_string()),
        };
        PropertyBook {
            property: Property { id: "h".into(), name: "H".into(), ..Property::default() },
            staff: (1..=3).map(attendant).collect(),
            bookings,
        }
    }

    fn room(number: &str, section: &str) -> (RoomId, Unit) {
        let mut unit = Unit::default();
        unit.room.number = number.into();
        unit.room.section = section.into();
        unit.room.room_type = "A".into();
        unit.room.cleanliness = Cleanliness::Inspected;
        unit.room.turn = 7;
        (RoomId(number.into()), unit)
    }

    fn occupied(number: &str, booking: &str, departs_on: &str) -> (RoomId, Unit) {
        let (id, mut unit) = room(number, "1");
        unit.room.fo_occupancy = Occupancy::Occupied;
        unit.room.guest = Some(Guest { booking_id: booking.into(), departs_on: departs_on.into(), ..Guest::default() });
        (id, unit)
    }

    fn kinds(unit: &Unit) -> Vec<TaskKind> {
        unit.tasks.values().map(|task| task.kind).collect()
    }

    fn one(book: &PropertyBook, room: (RoomId, Unit), day: &str) -> Unit {
        make_day(book, &[room], day).expect("a day").remove(0).1
    }

    #[test]
    fn a_guest_who_leaves_and_one_who_comes_make_one_turnover() {
        let book = book(vec![booking("b1", "412", "2016-03-23", 2), booking("b2", "412", "2016-03-25", 1)]);
        let unit = one(&book, occupied("412", "b1", "2016-03-25"), "2016-03-25");
        let id = TaskId("h:412:turnover:2016-03-25".into());
        assert_eq!(unit.tasks.keys().collect::<Vec<_>>(), [&id]);
        assert_eq!(unit.tasks[&id].turn, 7, "the clean belongs to the guest who leaves");
        assert_eq!(unit.room.stay, Stay::Turnover);
        assert_eq!(unit.room.cleanliness, Cleanliness::Dirty);
        assert_eq!(unit.room.arrival.map(|due| due.booking_id), Some("b2".into()));
    }

    #[test]
    fn a_guest_who_stays_gets_service_and_every_third_night_linen() {
        let book = book(vec![booking("b1", "412", "2016-03-20", 9)]);
        for (day, expected) in [
            ("2016-03-22", vec![TaskKind::Stayover]),
            ("2016-03-23", vec![TaskKind::Linen, TaskKind::Stayover]),
            ("2016-03-24", vec![TaskKind::Stayover]),
            ("2016-03-26", vec![TaskKind::Linen, TaskKind::Stayover]),
            ("2016-03-29", vec![TaskKind::Departure]),
        ] {
            let unit = one(&book, occupied("412", "b1", "2016-03-29"), day);
            assert_eq!(kinds(&unit), expected, "{day}");
        }
    }

    #[test]
    fn the_roll_never_says_that_somebody_came_or_left() {
        // The booking says that b1 slept here; nobody recorded that they came.
        let book = book(vec![booking("b1", "412", "2016-03-24", 3)]);
        let (id, mut unit) = room("412", "1");
        unit.room.arrival = Some(Arrival { booking_id: "b1".into(), ..Arrival::default() });
        let unit = one(&book, (id, unit), "2016-03-25");
        assert_eq!(unit.room.fo_occupancy, Occupancy::Vacant);
        assert_eq!(unit.room.turn, 7);
        assert_eq!(unit.room.cleanliness, Cleanliness::Inspected);
        assert_eq!(unit.room.stay, Stay::Arrival, "still due");
        assert_eq!(kinds(&unit), [TaskKind::Stayover], "the same task as on a desk that was told");
    }

    #[test]
    fn what_yesterday_left_behind_comes_back_as_todays_work() {
        let book = book(vec![]);
        let (id, mut dirty) = room("101", "1");
        dirty.room.cleanliness = Cleanliness::Dirty;
        assert_eq!(kinds(&one(&book, (id, dirty), "2016-03-25")), [TaskKind::Departure]);

        let unit = one(&book, occupied("102", "gone", "2016-03-24"), "2016-03-25");
        assert_eq!((kinds(&unit), unit.room.stay), (vec![TaskKind::Departure], Stay::DueOut));

        let (id, mut touched) = room("103", "1");
        touched.room.cleanliness = Cleanliness::Pickup;
        assert_eq!(kinds(&one(&book, (id, touched), "2016-03-25")), [TaskKind::Pickup]);
    }

    #[test]
    fn nothing_is_planned_in_a_room_that_is_out_of_order() {
        let (id, mut unit) = room("101", "1");
        unit.room.cleanliness = Cleanliness::Dirty;
        unit.room.sellability = Sellability { kind: SellabilityKind::OutOfOrder, ..Sellability::default() };
        assert!(one(&book(vec![]), (id, unit), "2016-03-25").tasks.is_empty());
    }

    #[test]
    fn early_and_vip_arrivals_are_cleaned_for_first() {
        for (eta, vip, expected) in [
            (Some("14:45"), false, Priority::High),
            (Some("15:00"), false, Priority::Normal),
            (None, false, Priority::Normal),
            (Some("20:00"), true, Priority::High),
        ] {
            let mut next = booking("b2", "412", "2016-03-25", 1);
            next.eta = eta.map(str::to_owned);
            next.vip = vip;
            let book = book(vec![booking("b1", "412", "2016-03-23", 2), next]);
            let unit = one(&book, occupied("412", "b1", "2016-03-25"), "2016-03-25");
            assert!(unit.tasks.values().all(|task| task.priority == expected), "{eta:?} {vip}");
        }
    }

    #[test]
    fn do_not_disturb_runs_on_over_the_night_and_asks_for_a_check_after_a_day() {
        let book = book(vec![booking("b1", "412", "2016-03-20", 9)]);
        for (since, checked) in [("2016-03-24T22:00:00Z", false), ("2016-03-23T22:00:00Z", true)] {
            let (id, mut unit) = occupied("412", "b1", "2016-03-29");
            unit.room.dnd_since = since.parse().ok();
            unit.room.refused = true;
            let unit = one(&book, (id, unit), "2016-03-25");
            assert_eq!(unit.room.dnd_since, since.parse().ok());
            assert!(!unit.room.refused);
            assert_eq!(kinds(&unit).contains(&TaskKind::Check), checked, "{since}");
        }
    }

    #[test]
    fn an_unsettled_discrepancy_stays_in_view_and_an_agreed_sight_does_not() {
        let book = book(vec![booking("b1", "412", "2016-03-20", 9)]);
        for (seen, kept) in [(Occupancy::Vacant, Some(Occupancy::Vacant)), (Occupancy::Occupied, None)] {
            let (id, mut unit) = occupied("412", "b1", "2016-03-29");
            unit.room.hk_occupancy = Some(seen);
            assert_eq!(one(&book, (id, unit), "2016-03-25").room.hk_occupancy, kept);
        }
    }

    #[test]
    fn a_second_roll_leaves_the_work_of_the_first_alone() {
        let book = book(vec![booking("b1", "412", "2016-03-20", 9)]);
        let mut unit = one(&book, occupied("412", "b1", "2016-03-29"), "2016-03-25");
        for task in unit.tasks.values_mut() {
            task.status = TaskStatus::InProgress;
        }
        let again = one(&book, (RoomId("412".into()), unit.clone()), "2016-03-25");
        assert_eq!(again.tasks, unit.tasks);
        let next = one(&book, (RoomId("412".into()), unit.clone()), "2016-03-26");
        assert!(unit.tasks.iter().all(|(id, task)| next.tasks.get(id) == Some(task)), "yesterday's work is kept");
    }

    #[test]
    fn a_date_that_is_none_is_named() {
        let wrong = book(vec![booking("b1", "412", "2016-02-31", 9)]);
        let error = make_day(&wrong, &[room("412", "1")], "2016-03-25").expect_err("no such day");
        assert_eq!(error, DayError { subject: "booking b1".into(), value: "2016-02-31".into() });
        assert!(make_day(&book(vec![]), &[], "tomorrow").is_err());
    }

    #[test]
    fn a_day_is_due_after_the_night_and_a_clock_that_jumped_asks() {
        let next = |day: &str| Some(Due::Next(day.parse().unwrap()));
        let asks = |day: &str| Some(Due::Asks(day.parse().unwrap()));
        for (local, expected) in [
            ("2016-03-25T12:00:00", None),
            ("2016-03-25T00:30:00", None),
            ("2016-03-24T12:00:00", None),
            ("2016-03-26T00:30:00", None),
            ("2016-03-26T02:59:59", None),
            ("2016-03-26T03:00:00", next("2016-03-26")),
            ("2016-03-27T02:59:59", next("2016-03-26")),
            ("2016-03-27T03:00:00", asks("2016-03-27")),
            ("2016-04-25T12:00:00", asks("2016-04-25")),
            ("2016-04-26T12:00:00", None),
            ("1970-01-01T00:00:00", None),
            ("2038-01-19T03:14:08", None),
        ] {
            assert_eq!(due("2016-03-25", local.parse().unwrap()), expected, "{local}");
        }
        assert_eq!(due("", "2016-03-25T12:00:00".parse().unwrap()), None);
    }

    #[test]
    fn a_room_that_was_brought_to_the_day_is_left_alone() {
        let book = book(vec![booking("b1", "412", "2016-03-20", 9)]);
        let mut unit = one(&book, occupied("412", "b1", "2016-03-29"), "2016-03-25");
        assert_eq!(unit.room.day.as_deref(), Some("2016-03-25"));
        // Cleaned since.
        unit.room.cleanliness = Cleanliness::Clean;
        let rooms = [(RoomId("412".into()), unit.clone())];
        for day in ["2016-03-25", "2016-03-24"] {
            assert_eq!(begin(&book, &rooms, day), Ok(vec![]), "{day}");
            assert_eq!(one(&book, rooms[0].clone(), day), unit, "{day}");
        }
        assert_eq!(one(&book, rooms[0].clone(), "2016-03-26").room.cleanliness, Cleanliness::Dirty);
    }

    #[test]
    fn work_for_somebody_who_left_the_house_is_nobodys() {
        let book = book(vec![booking("b1", "412", "2016-03-20", 9)]);
        let (id, mut unit) = occupied("412", "b1", "2016-03-29");
        let who = BTreeMap::from([(TaskKind::Stayover, StaffId("gone".into()))]);
        bring_over(&mut unit, &id, &book, "2016-03-25", &Given { who: &who, deep_clean: false }).expect("a day");
        assert_eq!(unit.tasks.values().map(|task| &task.assignee).collect::<Vec<_>>(), [&None]);
    }

    proptest! {
        /// Two desks that see the rooms differently (one was told of a departure, a clean, a fault) make the same cleans
        /// from the bookings and give them to the same people.
        #[test]
        fn desks_that_see_the_rooms_differently_give_the_same_task_to_the_same_person(
            stays in proptest::collection::vec((0_usize..60, 1_u32..28, 0_u16..9), 0..120),
            seen in proptest::collection::vec((0_usize..60, 0_u8..4), 0..40),
        ) {
            let bookings: Vec<Booking> = stays
                .iter()
                .enumerate()
                .map(|(n, (room, day, nights))| {
                    booking(&format!("b{n}"), &format!("{}", 101 + room), &format!("2016-02-{day:02}"), *nights)
                })
                .collect();
            let here: Vec<_> = (0..60).map(|n| room(&format!("{}", 101 + n), &format!("{}", 1 + n / 20))).collect();
            let mut there = here.clone();
            for (n, what) in &seen {
                let room = &mut there[*n].1.room;
                match what {
                    0 => room.cleanliness = Cleanliness::Inspected,
                    1 => room.cleanliness = Cleanliness::Pickup,
                    2 => room.fo_occupancy = Occupancy::Occupied,
                    _ => room.dnd_since = Some("2016-02-01T10:00:00Z".parse().unwrap()),
                }
            }
            let book = book(bookings);
            let one: BTreeMap<_, _> = make_day(&book, &here, "2016-02-14").unwrap().into_iter().collect();
            let two: BTreeMap<_, _> = make_day(&book, &there, "2016-02-14").unwrap().into_iter().collect();
            for (id, unit) in &one {
                for (task, is) in &unit.tasks {
                    let booked = matches!(is.kind, TaskKind::Stayover | TaskKind::Linen | TaskKind::Turnover);
                    let other = two[id].tasks.get(task);
                    prop_assert!(!booked || other.is_some(), "{task:?}");
                    if let Some(other) = other.filter(|_| booked) {
                        prop_assert_eq!(&is.assignee, &other.assignee, "{:?}", task);
                    }
                }
            }
        }

        /// Two desks hold the same bookings, rooms and staff in whatever order: they make the same day, and the work
        /// is shared evenly.
        #[test]
        fn desks_that_cannot_reach_each_other_make_the_same_day(
            stays in proptest::collection::vec((0_usize..60, 1_u32..28, 0_u16..9, any::<bool>()), 0..120),
            rotate in 0_usize..60,
        ) {
            let bookings: Vec<Booking> = stays
                .iter()
                .enumerate()
                .map(|(n, (room, day, nights, vip))| {
                    let mut booking = booking(&format!("b{n}"), &format!("{}", 101 + room), &format!("2016-02-{day:02}"), *nights);
                    booking.vip = *vip;
                    booking
                })
                .collect();
            let rooms: Vec<_> = (0..60).map(|n| room(&format!("{}", 101 + n), &format!("{}", 1 + n / 20))).collect();
            let mut here = book(bookings.clone());
            let mut there_rooms = rooms.clone();
            there_rooms.rotate_left(rotate);
            let one: BTreeMap<_, _> = make_day(&here, &rooms, "2016-02-14").unwrap().into_iter().collect();
            here.bookings.reverse();
            here.staff.reverse();
            let two: BTreeMap<_, _> = make_day(&here, &there_rooms, "2016-02-14").unwrap().into_iter().collect();
            prop_assert_eq!(&one, &two);

            let mut loads: BTreeMap<&StaffId, u32> = here.staff.iter().map(|person| (&person.id, 0)).collect();
            for task in one.values().flat_map(|unit| unit.tasks.values()).filter(|task| task.kind != TaskKind::Check) {
                let worker = task.assignee.as_ref().unwrap();
                *loads.get_mut(worker).unwrap() += u32::from(task.credits);
            }
            let (least, most) = (loads.values().min().unwrap(), loads.values().max().unwrap());
            prop_assert!(most - least <= 9, "{:?}", loads);
        }
    }
}
