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

use crate::decide::{REASON_CHARS_MAX, changes, departed, note_text, turns_direction};
use crate::judge::{Judgement, apply};
use crate::{
    Booking, Cleanliness, Guest, Occupancy, PropertyBook, Refusal, RefusalCode, Room, RoomId, Sellability,
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
/// The longest name of a room, in characters.
const ROOM_CHARS_MAX: usize = 64;
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
            Self::Room { room, .. } | Self::Booking { booking: Booking { room, .. }, .. } if !is_a_name(room) => {
                Some("A room's name has at most 64 characters, all of which can be shown.")
            }
            Self::Room { sellability, .. } => {
                let unfit = |reason: &str| note_text(reason).is_err() || reason.chars().count() > REASON_CHARS_MAX;
                let reason = sellability.reason.as_deref();
                reason.is_some_and(unfit).then_some("The reason is too long, or has characters that cannot be shown.")
            }
            Self::Booking { booking, state } => {
                // As everything else writes it: dates are ordered as text.
                let is_date =
                    booking.arrives_on.parse::<NaiveDate>().is_ok_and(|day| day.to_string() == booking.arrives_on);
                let ids = |c: char| c.is_ascii_graphic();
                let time = |text: &Option<String>| {
                    text.as_deref().is_none_or(|t| t.len() == 5 && NaiveTime::parse_from_str(t, "%H:%M").is_ok())
                };
                if booking.id.is_empty() || booking.id.len() > BOOKING_ID_CHARS_MAX || !booking.id.chars().all(ids) {
                    Some("A booking's id has 1 to 64 visible ASCII characters.")
                } else if !is_date {
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

fn is_a_name(room: &RoomId) -> bool {
    room.0.chars().count() <= ROOM_CHARS_MAX && !room.0.chars().any(|c| c.is_control() || turns_direction(c))
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

/// What a report makes of one room. `kept` is what is known of other bookings that were reported in it, or whose guest
/// the room has, by their ids.
///
/// # Errors
/// A [`Refusal`] where a person has to see first what is so: a desk has recorded something else about who is in the room.
/// And where the room cannot be read.
pub fn decide(
    fields: &Fields,
    room: &RoomId,
    kept: &BTreeMap<String, Stood>,
    told: &Told<'_>,
) -> Result<Effect, Refusal> {
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
        Report::Booking { booking, state } => {
            let day = day_of(&before.room, told.after).to_owned();
            let today: NaiveDate =
                day.parse().map_err(|_| Refusal::verbatim(RefusalCode::IllegalState, "The room's day is no date."))?;
            Door { id: room, day: &day, today, kept, told }.tell(&mut after, booking, *state)?
        }
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

/// One room on its day, and what is known beside it.
struct Door<'a> {
    id: &'a RoomId,
    day: &'a str,
    today: NaiveDate,
    kept: &'a BTreeMap<String, Stood>,
    told: &'a Told<'a>,
}

impl Door<'_> {
    fn tell(&self, unit: &mut Unit, booking: &Booking, state: BookingState) -> Result<&'static str, Refusal> {
        let here = booking.room == *self.id;
        let was_in_house = self.told.stood.is_some_and(|stood| stood.state == BookingState::InHouse);
        let was_in_house_here = was_in_house && self.told.stood.is_some_and(|stood| stood.room == *self.id);
        let room = &unit.room;
        let has_the_guest = room.fo_occupancy == Occupancy::Occupied && is_guest(room, booking);
        // A desk recorded that they came, and the PMS has not said so yet.
        let as_told_alone = has_the_guest && room.turn_provisional && !was_in_house;
        let was = unit.room.cleanliness;
        let somebody_leaves = room.fo_occupancy == Occupancy::Occupied;
        let stays_clean = somebody_leaves && was >= Cleanliness::Clean && self.is_fully_cleaned(unit);
        let (mut came, mut left) = (false, false);

        if here && state == BookingState::InHouse {
            came = self.come(&mut unit.room, booking, was_in_house_here)?;
        } else if as_told_alone && state == BookingState::Expected && here {
            // Its other details may have changed. Whoever is there stays there.
        } else if as_told_alone && matches!(state, BookingState::Expected | BookingState::Cancelled) {
            let words = format!(
                "A desk has recorded that this guest came to room {}. Look who is there, and record it.",
                unit.room.number
            );
            return Err(Refusal::verbatim(RefusalCode::RoomOccupied, words));
        } else if has_the_guest {
            left = self.leave(&mut unit.room, booking)?;
        } else if here && state == BookingState::Departed && !was_in_house_here && is_due(&unit.room, booking) {
            // It came and went, and nobody here was told of it until now.
            let room = &mut unit.room;
            room.turn = room.turn.saturating_add(1);
            room.cleanliness = Cleanliness::Dirty;
            room.stay = Stay::Departed;
            left = true;
        }
        // A full clean that was done for the guest who left stays done, although the PMS hears of the departure later.
        if stays_clean && (came || left) {
            unit.room.cleanliness = was;
        }

        self.expect(&mut unit.room, booking, state);
        unit.room.stay = stay(&unit.room, self.today, came && booking.arrives_on == self.day);
        self.follow(unit, came, left).map_err(|error| {
            let message = phrase!("The day cannot be made: {error}.", error = error.to_string());
            Refusal::new(RefusalCode::IllegalState, message)
        })?;
        Ok(match (state, here) {
            _ if came && was_in_house => "moved_in",
            (BookingState::InHouse, true) => "checked_in",
            (BookingState::InHouse, false) => "moved_out",
            (BookingState::Departed, _) => "checked_out",
            _ => "booking_changed",
        })
    }

    /// Whether a full clean was done today, in the turn that the room is in.
    fn is_fully_cleaned(&self, unit: &Unit) -> bool {
        unit.tasks.values().any(|task| {
            is_full(task.kind)
                && matches!(task.status, TaskStatus::Completed | TaskStatus::Inspected)
                && task.turn == unit.room.turn
                && task.service_day == self.day
        })
    }

    /// The other bookings whose guests the PMS has in the room. Of a guest who was there before the first report came
    /// nothing is kept yet.
    fn in_house(&self, room: &Room, booking: &Booking) -> Vec<String> {
        let here = |stood: &Stood| stood.state == BookingState::InHouse && stood.room == *self.id;
        let mut ids: Vec<String> =
            self.kept.iter().filter(|(_, stood)| here(stood)).map(|(id, _)| id.clone()).collect();
        if let Some(guest) = room.guest.as_ref().map(|guest| &guest.booking_id)
            && !guest.is_empty()
            && !room.turn_provisional
            && !self.kept.contains_key(guest)
        {
            ids.push(guest.clone());
        }
        ids.retain(|id| *id != booking.id);
        ids
    }

    /// A guest has the room, says the PMS. Answers whether that opens a turn.
    fn come(&self, room: &mut Room, booking: &Booking, was_in_house_here: bool) -> Result<bool, Refusal> {
        let guest = day::guest_of(booking)
            .map_err(|_| Refusal::verbatim(RefusalCode::IllegalState, "The day of arrival is no date."))?;
        let occupied = room.fo_occupancy == Occupancy::Occupied;
        let present = room.guest.clone().unwrap_or_default();
        // As told, or somebody whom the desk knew no booking of.
        if occupied && (present.booking_id == guest.booking_id || present.booking_id.is_empty()) {
            room.guest = Some(guest);
            room.turn_provisional = false;
            return Ok(false);
        }
        // Said before. Whoever is there now, or whom a desk saw leave, is as it was.
        if was_in_house_here {
            return Ok(false);
        }
        if occupied && room.turn_provisional {
            let words =
                format!("A desk has given room {} to another guest. Look who is there, and record it.", room.number);
            return Err(Refusal::verbatim(RefusalCode::RoomOccupied, words));
        }
        if occupied {
            let leaves = present.departs_on.parse::<NaiveDate>().is_ok_and(|departs| departs <= self.today);
            // Two bookings may share a room. One that ends today makes way for the next, whose check-in came first.
            if self.in_house(room, booking).contains(&present.booking_id) && !leaves {
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
    fn leave(&self, room: &mut Room, booking: &Booking) -> Result<bool, Refusal> {
        let others = self.in_house(room, booking);
        // Of two who share it, one stays. One whose stay has ended is only still listed because its check-out never came.
        let shares = |other: &&Booking| others.contains(&other.id);
        let guests = self.told.after.bookings.iter().filter(shares).filter_map(|other| day::guest_of(other).ok());
        let stays = |guest: &Guest| guest.departs_on.parse::<NaiveDate>().is_ok_and(|departs| departs >= self.today);
        if let Some(other) = guests.into_iter().find(stays) {
            room.guest = Some(other);
            return Ok(false);
        }
        departed(room)?;
        Ok(true)
    }

    /// Who is due in the room, where the report says something about that.
    fn expect(&self, room: &mut Room, booking: &Booking, state: BookingState) {
        let here = booking.room == *self.id;
        let of_today = |other: &Booking| other.arrives_on == self.day;
        // One of yesterday who did not come is still due while there is a night to go.
        let still_due = |other: &Booking| {
            day::guest_of(other).is_ok_and(|guest| guest.departs_on.as_str() > self.day)
                && other.arrives_on.as_str() < self.day
        };
        let is_own = is_due(room, booking);
        let own_is_due = here
            && state == BookingState::Expected
            && !is_guest(room, booking)
            && (of_today(booking) || (is_own && still_due(booking)));
        let listed = |id: &str| self.told.after.bookings.iter().find(|other| other.id == id && other.room == *self.id);
        let has_not_come = |other: &Booking| {
            other.id != booking.id
                && !is_guest(room, other)
                && self.kept.get(&other.id).is_none_or(|stood| stood.state == BookingState::Expected)
        };
        let present = room.arrival.as_ref().filter(|_| !is_own).map(|due| due.booking_id.clone());
        if present.as_deref().and_then(listed).is_some_and(has_not_come) {
            return;
        }
        if present.is_none() && !is_own && !own_is_due {
            return;
        }
        // Of several who are due today, whoever stays the shortest comes first.
        let next = self.told.after.bookings.iter().filter(|other| other.room == *self.id);
        let next = next.filter(|other| of_today(other) && has_not_come(other)).chain(own_is_due.then_some(booking));
        let next = next.min_by(|a, b| (a.nights, &a.id).cmp(&(b.nights, &b.id)));
        room.arrival = next.map(day::arrival);
    }

    /// The day's plan follows the bookings: work that they do not bring any more is called off while nobody has begun it,
    /// and what they bring instead comes in its place, to the same attendant.
    fn follow(&self, unit: &mut Unit, came: bool, left: bool) -> Result<(), day::DayError> {
        let (id, day) = (self.id, self.day);
        let planned = day::booked_work(self.told.before, id, day)?;
        let mut wanted = day::booked_work(self.told.after, id, day)?;
        let property = &self.told.after.property.id;
        let ready = unit.room.cleanliness >= Cleanliness::Clean;
        // Who comes in the middle of a stay comes into a room that was made ready.
        if came && ready {
            wanted.retain(|kind, _| planned.contains_key(kind));
        }
        if left && !ready {
            let kind = if unit.room.arrival.is_some() { TaskKind::Turnover } else { TaskKind::Departure };
            if !wanted.keys().any(|kind| is_full(*kind)) {
                wanted.retain(|kind, _| !matches!(kind, TaskKind::Stayover | TaskKind::Linen));
                wanted.insert(kind, crate::Priority::Normal);
            }
        }
        // Whatever becomes of its bookings, a dirty room keeps its clean.
        if !ready && !wanted.keys().any(|kind| kind.cleans()) {
            wanted.extend(planned.iter().filter(|(kind, _)| kind.cleans()).map(|(kind, priority)| (*kind, *priority)));
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
            let of_its_kind = |task: &&Task| task.kind == kind || (kind.cleans() && is_full(task.kind));
            let of_today = unit.tasks.values().filter(|task| task.service_day == day);
            let open = of_today.clone().filter(of_its_kind).any(Task::is_open);
            let done = of_today.filter(|task| task.kind == kind).any(|task| task.status != TaskStatus::Cancelled);
            // What was done before the guest left was not done for whoever comes next.
            let again = left && kind.cleans() && !ready;
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
}

fn is_full(kind: TaskKind) -> bool {
    matches!(kind, TaskKind::Departure | TaskKind::Turnover)
}

fn is_guest(room: &Room, booking: &Booking) -> bool {
    room.guest.as_ref().is_some_and(|guest| guest.booking_id == booking.id)
}

fn is_due(room: &Room, booking: &Booking) -> bool {
    room.arrival.as_ref().is_some_and(|due| due.booking_id == booking.id)
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
