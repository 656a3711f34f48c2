//! What the hotel's own system (its PMS) reports of the front office: who is due, who came, moved or left, and which
//! rooms may be sold.
//!
//! A [`Report`] says how one booking or one room stands, whole, and never what changed about it. So the newest one of
//! each is all that counts: one that comes twice, late, or without the one before it does no harm. Which is the newest,
//! the version says that its sender gives it; that is looked at before anything is asked here.
//!
//! Everything is bound to turns. A check-in opens the next turn of its room, and a check-out ends the stay that it
//! names and no other: where that guest is not in the room (any more), nothing happens to whoever is. What a front desk
//! recorded as told meanwhile is confirmed by it, and not done a second time.
//!
//! [`decide`] says what a report makes of one room; whoever keeps rooms asks it for each of [`rooms`].
//!
//! Deliberately absent: rates, names and anything else of a guest that housekeeping has no use for.

use crate::decide::{REASON_CHARS_MAX, changes, departed, note_text};
use crate::judge::{Judgement, apply};
use crate::{
    Arrival, Booking, Cleanliness, Guest, Occupancy, PropertyBook, Refusal, RefusalCode, Room, RoomId, Sellability,
    SellabilityKind, Stay, Task, TaskId, TaskKind, TaskStatus, Unit, day,
};
use chrono::{Days, NaiveDate, NaiveTime};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use turndown_phrase::phrase;
use turndown_protocol::{Change, Event, Fields};

/// The name of this workflow in events.
pub const FRONT_OFFICE: &str = "front_office";

/// Why a task of the day's plan is called off when its booking changes.
pub const BOOKING_CHANGED: &str = "The booking has changed.";

/// The longest id of a booking, in characters.
const BOOKING_ID_CHARS_MAX: usize = 64;
/// The longest stay, in nights.
const NIGHTS_MAX: u16 = 3_650;
/// How many days ahead a booking is taken: every desk has all bookings that there are.
pub const DAYS_AHEAD_MAX: u64 = 60;

/// How a booking or a room stands in the PMS.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum Report {
    /// A booking. Its room is empty while none is given to it.
    Booking {
        /// With all its details.
        booking: Booking,
        /// How far its stay has come.
        state: BookingState,
    },
    /// Whether a room may be sold.
    Room {
        /// Which.
        room: RoomId,
        /// In service, out of service, out of order.
        sellability: Sellability,
    },
}

/// How far the stay of a booking has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BookingState {
    /// The guest is due.
    Expected,
    /// The guest has the room.
    InHouse,
    /// The guest has left.
    Departed,
    /// The guest does not come.
    Cancelled,
}

/// What was known of a booking before a report: how far it had come, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stood {
    /// How far.
    pub state: BookingState,
    /// In which room; empty where none was given to it.
    pub room: RoomId,
}

/// A report on its way into the rooms that it concerns.
#[derive(Debug, Clone, Copy)]
pub struct Told<'a> {
    /// What is reported.
    pub report: &'a Report,
    /// What the report before it said of the same booking.
    pub stood: Option<&'a Stood>,
    /// The hotel as it was.
    pub before: &'a PropertyBook,
    /// The hotel with the report's booking in it.
    pub after: &'a PropertyBook,
}

/// What a report does to a room.
#[derive(Debug, Clone, PartialEq)]
pub struct Effect {
    /// What happened, as the name of an event's action.
    pub action: &'static str,
    /// Fields that change, with what they were. None where the room was so already.
    pub changes: BTreeMap<String, Change>,
}

impl Report {
    /// What the report is about: its versions are compared with each other alone.
    #[must_use]
    pub fn subject(&self) -> String {
        match self {
            Self::Booking { booking, .. } => format!("booking/{}", booking.id),
            Self::Room { room, .. } => format!("room/{}", room.0),
        }
    }

    /// What is wrong with a report, whatever the hotel is like.
    #[must_use]
    pub fn fault(&self) -> Option<&'static str> {
        match self {
            Self::Room { room, .. } if room.0.is_empty() => Some("A report of a room has to name it."),
            Self::Room { sellability, .. } => {
                let unfit = |reason: &str| note_text(reason).is_err() || reason.chars().count() > REASON_CHARS_MAX;
                let reason = sellability.reason.as_deref();
                reason.is_some_and(unfit).then_some("The reason is too long, or has characters that cannot be shown.")
            }
            Self::Booking { booking, state } => {
                let ids = |c: char| c.is_ascii_graphic();
                let time = |text: &Option<String>| {
                    text.as_deref().is_none_or(|t| t.len() == 5 && NaiveTime::parse_from_str(t, "%H:%M").is_ok())
                };
                if booking.id.is_empty() || booking.id.len() > BOOKING_ID_CHARS_MAX || !booking.id.chars().all(ids) {
                    Some("A booking's id has 1 to 64 visible ASCII characters.")
                } else if booking.arrives_on.parse::<NaiveDate>().is_err() {
                    Some("The day of arrival (arrives_on) is a date of the form YYYY-MM-DD.")
                } else if booking.nights > NIGHTS_MAX {
                    Some("A stay has at most 3650 nights.")
                } else if !time(&booking.eta) || !time(&booking.etd) {
                    Some("Times of day (eta, etd) are of the form HH:MM.")
                } else if booking.room.0.is_empty() && *state == BookingState::InHouse {
                    Some("A guest who has come has a room.")
                } else {
                    None
                }
            }
        }
    }

    /// Whether it is of a guest who comes in more than [`DAYS_AHEAD_MAX`] days.
    #[must_use]
    pub fn is_too_early(&self, book: &PropertyBook) -> bool {
        let Self::Booking { booking, .. } = self else { return false };
        let dates = (booking.arrives_on.parse::<NaiveDate>(), book.property.service_day.parse::<NaiveDate>());
        matches!(dates, (Ok(arrives), Ok(today)) if arrives > today + Days::new(DAYS_AHEAD_MAX))
    }

    /// The list of bookings with the report's own in it. One that left early leaves no night behind it, and stays that
    /// ended more than a week before the service day are forgotten.
    #[must_use]
    pub fn bookings(&self, book: &PropertyBook) -> Option<Vec<Booking>> {
        const KEPT_DAYS: i64 = 7;
        let Self::Booking { booking, state } = self else { return None };
        let today: NaiveDate = book.property.service_day.parse().ok()?;
        let mut told = booking.clone();
        if *state == BookingState::Departed
            && let Ok(arrives) = told.arrives_on.parse::<NaiveDate>()
        {
            let slept = u16::try_from((today - arrives).num_days().max(0)).unwrap_or(u16::MAX);
            told.nights = told.nights.min(slept);
        }
        let stays = |other: &Booking| {
            let Ok(arrives) = other.arrives_on.parse::<NaiveDate>() else { return true };
            (today - arrives).num_days() - i64::from(other.nights) <= KEPT_DAYS
        };
        let place = book.bookings.iter().position(|other| other.id == told.id);
        let is_away = *state == BookingState::Cancelled || told.room.0.is_empty() || self.is_too_early(book);
        let wanted = (!is_away && stays(&told)).then_some(told);
        if place.map(|at| &book.bookings[at]) == wanted.as_ref() {
            return None;
        }
        let mut bookings: Vec<Booking> = book.bookings.clone();
        match (place, wanted) {
            (Some(at), Some(told)) => bookings[at] = told,
            (Some(at), None) => drop(bookings.remove(at)),
            (None, told) => bookings.extend(told),
        }
        bookings.retain(stays);
        Some(bookings)
    }
}

/// The rooms that a report may change, the one that a guest leaves before the one that they come to.
#[must_use]
pub fn rooms(report: &Report, stood: Option<&Stood>, before: &PropertyBook) -> Vec<RoomId> {
    match report {
        Report::Room { room, .. } => vec![room.clone()],
        Report::Booking { booking, .. } => {
            let listed = before.bookings.iter().find(|other| other.id == booking.id).map(|other| &other.room);
            let mut rooms: Vec<RoomId> = vec![];
            for room in stood.map(|stood| &stood.room).into_iter().chain(listed).chain([&booking.room]) {
                if !room.0.is_empty() && !rooms.contains(room) {
                    rooms.push(room.clone());
                }
            }
            // Its own comes last.
            rooms.sort_by_key(|room| *room == booking.room);
            rooms
        }
    }
}

/// What a report makes of one room. `others` are the other bookings whose guests the PMS has in it.
///
/// # Errors
/// A [`Refusal`] where a person has to see first what is so: a desk has given the room to another guest. And where the
/// room cannot be read.
pub fn decide(fields: &Fields, room: &RoomId, others: &[String], told: &Told<'_>) -> Result<Effect, Refusal> {
    let before = Unit::from_fields(fields).map_err(|error| {
        let message = phrase!("This room cannot be read: {error}.", error = error.to_string());
        Refusal::new(RefusalCode::IllegalState, message)
    })?;
    let mut after = before.clone();
    let action = match told.report {
        Report::Room { sellability, .. } => {
            take_sellability(&mut after, sellability);
            "sellability_reported"
        }
        Report::Booking { booking, state } => tell_booking(&mut after, room, booking, *state, others, told)?,
    };
    Ok(Effect { action, changes: changes(fields, &before, &after) })
}

/// Takes an event that [`decide`] made of a report: the row is the one that it was decided on.
#[must_use]
pub fn judge(current: &Fields, event: &Event) -> Judgement {
    if event.changes.iter().any(|(path, change)| current.get(path) != &change.base) {
        let words = "The room is not as it was when the report was read.";
        return Judgement::Rejected(Refusal::verbatim(RefusalCode::ChangesDoNotFit, words));
    }
    apply(current, event.changes.iter())
}

fn take_sellability(unit: &mut Unit, to: &Sellability) {
    let kept = unit.room.sellability.reason.clone();
    unit.room.sellability = match to.kind {
        SellabilityKind::InService => Sellability::default(),
        // Who takes a room out says why; a PMS that does not leaves what somebody said here.
        _ => {
            let said = to.reason.as_deref().map(str::trim).filter(|reason| !reason.is_empty()).map(str::to_owned);
            Sellability { reason: said.or(kept).or_else(|| Some("PMS".to_owned())), ..to.clone() }
        }
    };
    if to.kind == SellabilityKind::OutOfOrder {
        // Nobody works in a room that is out of order; what was begun is taken up when it comes back.
        for task in unit.tasks.values_mut().filter(|task| task.kind.cleans() && task.status == TaskStatus::InProgress) {
            task.status = TaskStatus::Paused;
        }
    }
}

/// The day that a room is in: one that began at a desk is ahead of the hotel's document.
fn day_of<'a>(room: &'a Room, book: &'a PropertyBook) -> &'a str {
    let present = book.property.service_day.as_str();
    // ISO dates order as text.
    room.day.as_deref().map_or(present, |there| there.max(present))
}

fn tell_booking(
    unit: &mut Unit,
    id: &RoomId,
    booking: &Booking,
    state: BookingState,
    others: &[String],
    told: &Told<'_>,
) -> Result<&'static str, Refusal> {
    let day = day_of(&unit.room, told.after).to_owned();
    let unreadable = |error: day::DayError| {
        let message = phrase!("The day cannot be made: {error}.", error = error.to_string());
        Refusal::new(RefusalCode::IllegalState, message)
    };
    let today: NaiveDate =
        day.parse().map_err(|_| Refusal::verbatim(RefusalCode::IllegalState, "The room's day is no date."))?;
    let here = booking.room == *id;
    let was_in_house = told.stood.is_some_and(|stood| stood.state == BookingState::InHouse && stood.room == *id);
    let room = &mut unit.room;
    let is_guest = |room: &Room| room.guest.as_ref().is_some_and(|guest| guest.booking_id == booking.id);
    let guest_was_here = room.fo_occupancy == Occupancy::Occupied && is_guest(room);
    let (mut came, mut left) = (false, false);

    if here && state == BookingState::InHouse {
        came = come(room, booking, others, today)?;
    } else if guest_was_here {
        left = leave(room, others, told.after, today)?;
        // A full clean that was done for the guest who left stays done, although the PMS hears of the departure later.
        let cleaned = |task: &Task| {
            matches!(task.kind, TaskKind::Departure | TaskKind::Turnover)
                && matches!(task.status, TaskStatus::Completed | TaskStatus::Inspected)
                && task.turn == unit.room.turn
        };
        if left && let Some(done) = unit.tasks.values().find(|task| cleaned(task)) {
            let inspected = done.status == TaskStatus::Inspected;
            unit.room.cleanliness = if inspected { Cleanliness::Inspected } else { Cleanliness::Clean };
        }
    } else if here && state == BookingState::Departed && !was_in_house && is_due(room, booking) {
        // It came and went, and nobody here was told of it until now.
        room.turn = room.turn.saturating_add(1);
        room.cleanliness = Cleanliness::Dirty;
        room.stay = Stay::Departed;
        left = true;
    }

    let room = &mut unit.room;
    let due = here
        && state == BookingState::Expected
        && booking.arrives_on.parse::<NaiveDate>().is_ok_and(|arrives| arrives == today);
    if due && room.arrival.as_ref().is_none_or(|other| other.booking_id == booking.id || is_gone(other, id, told)) {
        room.arrival = Some(day::arrival(booking));
    } else if !due && is_due(room, booking) {
        room.arrival = None;
    }
    room.stay = stay(room, today, came && booking.arrives_on == day);
    follow(unit, id, &day, came, left, told).map_err(unreadable)?;

    Ok(match (state, here) {
        _ if came && told.stood.is_some_and(|stood| stood.state == BookingState::InHouse) => "moved_in",
        (BookingState::InHouse, true) => "checked_in",
        (BookingState::InHouse, false) => "moved_out",
        (BookingState::Departed, _) => "checked_out",
        _ => "booking_changed",
    })
}

fn is_due(room: &Room, booking: &Booking) -> bool {
    room.arrival.as_ref().is_some_and(|due| due.booking_id == booking.id)
}

/// Whether whoever the room has as due is due elsewhere or not at all.
fn is_gone(other: &Arrival, room: &RoomId, told: &Told<'_>) -> bool {
    !told.after.bookings.iter().any(|booking| booking.id == other.booking_id && booking.room == *room)
}

/// A guest has come, says the PMS. Answers whether that opens a turn.
fn come(room: &mut Room, booking: &Booking, others: &[String], today: NaiveDate) -> Result<bool, Refusal> {
    let guest = day::guest_of(booking)
        .map_err(|_| Refusal::verbatim(RefusalCode::IllegalState, "The day of arrival is no date."))?;
    if room.fo_occupancy == Occupancy::Occupied {
        let present = room.guest.clone().unwrap_or_default();
        // As told, or somebody whom the desk knew no booking of.
        if present.booking_id == guest.booking_id || present.booking_id.is_empty() {
            room.guest = Some(guest);
            room.turn_provisional = false;
            return Ok(false);
        }
        if room.turn_provisional {
            let words =
                format!("A desk has given room {} to another guest. Look who is there, and record it.", room.number);
            return Err(Refusal::verbatim(RefusalCode::RoomOccupied, words));
        }
        let leaves = present.departs_on.parse::<NaiveDate>().is_ok_and(|departs| departs <= today);
        // Two bookings may share a room. One that ends today makes way for the next, whose check-in came first.
        if others.contains(&present.booking_id) && !leaves {
            return Ok(false);
        }
        departed(room)?;
    }
    room.fo_occupancy = Occupancy::Occupied;
    room.turn = room.turn.saturating_add(1);
    room.turn_provisional = false;
    (room.hk_occupancy, room.hk_seen_at) = (None, None);
    room.guest = Some(guest);
    Ok(true)
}

/// The guest of a room has left it. Answers whether that leaves it empty.
fn leave(room: &mut Room, others: &[String], book: &PropertyBook, today: NaiveDate) -> Result<bool, Refusal> {
    // Of two who share it, one stays. One whose stay has ended is only still listed because its check-out never came.
    let shares = |booking: &&Booking| others.contains(&booking.id);
    let guests = book.bookings.iter().filter(shares).filter_map(|booking| day::guest_of(booking).ok());
    let stays = |guest: &Guest| guest.departs_on.parse::<NaiveDate>().is_ok_and(|departs| departs >= today);
    if let Some(other) = guests.into_iter().find(stays) {
        room.guest = Some(other);
        return Ok(false);
    }
    departed(room)?;
    Ok(true)
}

/// The word for where a room stands in its guests' stays.
fn stay(room: &Room, today: NaiveDate, came_today: bool) -> Stay {
    let nights = room.arrival.as_ref().map(|due| due.nights);
    if room.fo_occupancy == Occupancy::Vacant {
        return match (nights, room.stay) {
            (Some(0), _) => Stay::DayUse,
            (Some(_), _) => Stay::Arrival,
            (None, Stay::NotReserved | Stay::Arrival | Stay::DayUse) => Stay::NotReserved,
            (None, _) => Stay::Departed,
        };
    }
    let departs = room.guest.as_ref().and_then(|guest| guest.departs_on.parse::<NaiveDate>().ok());
    let leaves = departs.is_some_and(|day| day <= today);
    match (leaves, nights.is_some()) {
        _ if came_today || room.stay == Stay::Arrived => Stay::Arrived,
        (true, true) => Stay::Turnover,
        (true, false) => Stay::DueOut,
        (false, _) => Stay::Stayover,
    }
}

/// The day's plan follows the bookings: work that they do not bring any more is called off while nobody has begun it, and
/// what they bring instead comes in its place, to the same attendant.
fn follow(
    unit: &mut Unit,
    id: &RoomId,
    day: &str,
    came: bool,
    left: bool,
    told: &Told<'_>,
) -> Result<(), day::DayError> {
    let planned = day::booked_work(told.before, id, day)?;
    let mut wanted = day::booked_work(told.after, id, day)?;
    let property = &told.after.property.id;
    // Who comes in the middle of a stay comes into a room that was made ready.
    if came {
        wanted.retain(|kind, _| planned.contains_key(kind));
    }
    if left && unit.room.cleanliness < Cleanliness::Clean {
        let kind = if unit.room.arrival.is_some() { TaskKind::Turnover } else { TaskKind::Departure };
        let is_full = |kind: TaskKind| matches!(kind, TaskKind::Departure | TaskKind::Turnover);
        if !wanted.keys().any(|kind| is_full(*kind)) {
            wanted.retain(|kind, _| !matches!(kind, TaskKind::Stayover | TaskKind::Linen));
            wanted.insert(kind, crate::Priority::Normal);
        }
    }
    let mut freed = None;
    for kind in planned.keys().filter(|kind| !wanted.contains_key(kind)) {
        let task = unit.tasks.get_mut(&day::task_id(property, id, *kind, day));
        if let Some(task) = task.filter(|task| task.status == TaskStatus::Ready) {
            task.status = TaskStatus::Cancelled;
            task.cancelled_because = Some(BOOKING_CHANGED.to_owned());
            freed = task.assignee.clone().or(freed);
        }
    }
    for (kind, priority) in wanted {
        let name = day::task_id(property, id, kind, day);
        let of_its_kind = |task: &&Task| {
            task.kind == kind || (kind.cleans() && matches!(task.kind, TaskKind::Departure | TaskKind::Turnover))
        };
        let of_today = unit.tasks.values().filter(|task| task.service_day == day);
        let open = of_today.clone().filter(of_its_kind).any(Task::is_open);
        let done = of_today.filter(|task| task.kind == kind).any(|task| task.status != TaskStatus::Cancelled);
        // What was done before the guest left was not done for whoever comes next.
        let again = left && kind.cleans() && unit.room.cleanliness < Cleanliness::Clean;
        if open || (planned.contains_key(&kind) && !again) || (done && !again) {
            continue;
        }
        match unit.tasks.get_mut(&name) {
            Some(task) if task.cancelled_because.as_deref() == Some(BOOKING_CHANGED) => {
                (task.status, task.cancelled_because) = (TaskStatus::Ready, None);
            }
            _ => {
                let task = Task { assignee: freed.clone(), ..day::task_of(&unit.room, kind, priority, day) };
                unit.tasks.insert(free_name(&unit.tasks, name), task);
            }
        }
    }
    Ok(())
}

/// The name of a task, with a number behind it where the day has one of that name already.
fn free_name(tasks: &BTreeMap<TaskId, Task>, name: TaskId) -> TaskId {
    let taken: BTreeSet<&str> = tasks.keys().map(|id| id.0.as_str()).collect();
    if !taken.contains(name.0.as_str()) {
        return name;
    }
    let mut n = 2_u32;
    while taken.contains(format!("{}.{n}", name.0).as_str()) {
        n += 1;
    }
    TaskId(format!("{}.{n}", name.0))
}
