//! What the front office of an imported hotel would report on its day: the guests who leave and come, by the hours that
//! they named or that are usual, and what happens on any day beside: a stay that grows longer, a guest who moves, an
//! arrival that is put off or called off, a room that breaks and comes back.
//!
//! All from the bookings and the seed, so that the same day can be replayed as often as one likes.

use super::derive::Seed;
use super::make::{ARRIVAL_HOURS, DAY_USE_ENDS, DAY_USE_HOURS, DEPARTURE_HOURS, ImportedHotel, TIME_ZONE};
use chrono::{DateTime, Days, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc};
use std::collections::{BTreeMap, BTreeSet};
use turndown_domain::front_office::{BookingState, Report};
use turndown_domain::{Booking, Occupancy, RoomId, Sellability, SellabilityKind, Unit};

/// How long a room stays empty at least between two guests.
const BETWEEN_GUESTS: TimeDelta = TimeDelta::minutes(15);

/// A report, and when it is made.
#[derive(Debug, Clone, PartialEq)]
pub struct Made {
    /// When.
    pub at: DateTime<Utc>,
    /// What is reported.
    pub report: Report,
}

impl Made {
    /// Its version: the millisecond in which it is made, as a PMS without numbers of its own would give it.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.at.timestamp_millis().unsigned_abs()
    }
}

/// The reports of a hotel's day, in the order of the day.
#[must_use]
pub fn day_reports(hotel: &ImportedHotel, seed: u64) -> Vec<Made> {
    let seed = Seed(seed);
    let Ok(today) = hotel.book.property.service_day.parse::<NaiveDate>() else { return vec![] };
    let zone = hotel.book.property.time_zone.parse().or_else(|_| TIME_ZONE.parse()).unwrap_or(chrono_tz::Tz::UTC);
    let at = |time: &str| {
        let time = NaiveTime::parse_from_str(time, "%H:%M").unwrap_or_default();
        let local = today.and_time(time);
        // An hour that a clock leaves out does not stand in any table here; noon would do as well.
        zone.from_local_datetime(&local).earliest().map_or_else(|| local.and_utc(), |at| at.with_timezone(&Utc))
    };
    let mut made: Vec<Made> = vec![];
    let mut tell = |at, booking: &Booking, state| {
        made.push(Made { at, report: Report::Booking { booking: booking.clone(), state } });
    };
    let departs = |booking: &Booking| {
        let arrives: NaiveDate = booking.arrives_on.parse().ok()?;
        arrives.checked_add_days(Days::new(booking.nights.into()))
    };

    let mut empty: BTreeSet<RoomId> = free_rooms(hotel);
    let mut left: BTreeMap<&RoomId, DateTime<Utc>> = BTreeMap::new();
    let in_house =
        hotel.book.bookings.iter().filter(|booking| booking.arrives_on.as_str() < today.to_string().as_str());
    for booking in in_house {
        if departs(booking) == Some(today) {
            // Some stay another night after all, where nobody comes into their room.
            let next = hotel
                .book
                .bookings
                .iter()
                .any(|other| other.room == booking.room && other.arrives_on.as_str() >= today.to_string().as_str());
            if !next && seed.chance(3, "stays on", &booking.id) {
                let longer = Booking { nights: booking.nights + 1, ..booking.clone() };
                tell(at("08:30"), &longer, BookingState::InHouse);
                continue;
            }
            let time = booking.etd.clone().unwrap_or_else(|| seed.time(&DEPARTURE_HOURS, "leaves", &booking.id));
            left.insert(&booking.room, at(&time));
            tell(at(&time), booking, BookingState::Departed);
        } else if departs(booking) > Some(today) {
            if seed.chance(1, "leaves early", &booking.id) {
                tell(at("09:45"), booking, BookingState::Departed);
            } else if seed.chance(1, "moves", &booking.id)
                && let Some(room) = empty.pop_first()
            {
                tell(at("12:15"), &Booking { room, ..booking.clone() }, BookingState::InHouse);
            }
        }
    }
    for booking in hotel.book.bookings.iter().filter(|booking| booking.arrives_on == today.to_string()) {
        let day_use = booking.nights == 0;
        let hours = if day_use { &DAY_USE_HOURS[..] } else { &ARRIVAL_HOURS[..] };
        if seed.chance(2, "does not come", &booking.id) {
            tell(at("07:40"), booking, BookingState::Cancelled);
            continue;
        }
        let mut booking = booking.clone();
        if seed.chance(8, "comes later", &booking.id) {
            booking.eta = Some("22:30".to_owned());
            tell(at("11:20"), &booking, BookingState::Expected);
        }
        let time = booking.eta.clone().unwrap_or_else(|| seed.time(hours, "comes", &booking.id));
        let free_from = left.get(&booking.room).map(|left| *left + BETWEEN_GUESTS);
        let comes = at(&time).max(free_from.unwrap_or(DateTime::UNIX_EPOCH));
        tell(comes, &booking, BookingState::InHouse);
        if day_use {
            let ends = at(&seed.time(&DAY_USE_ENDS, "day use ends", &booking.id)).max(comes + BETWEEN_GUESTS);
            tell(ends, &booking, BookingState::Departed);
        }
    }
    // Among the rooms that nobody needs today, some break in the morning, and half of those are back in the afternoon.
    for room in empty.iter().filter(|room| seed.chance(2, "breaks", &room.0)) {
        let reason = Some("Reported at the front desk".to_owned());
        let out = Sellability { kind: SellabilityKind::OutOfOrder, deducts_inventory: true, assignable: false, reason };
        made.push(Made { at: at("10:05"), report: Report::Room { room: room.clone(), sellability: out } });
        if seed.chance(50, "is mended", &room.0) {
            let report = Report::Room { room: room.clone(), sellability: Sellability::default() };
            made.push(Made { at: at("15:50"), report });
        }
    }
    made.sort_by_key(|made| (made.at, made.report.subject()));
    made
}

/// Rooms in which nobody sleeps, and for which there is no booking in the days that the hotel knows.
fn free_rooms(hotel: &ImportedHotel) -> BTreeSet<RoomId> {
    let booked: BTreeSet<&RoomId> = hotel.book.bookings.iter().map(|booking| &booking.room).collect();
    let free = |unit: &Unit| {
        unit.room.fo_occupancy == Occupancy::Vacant
            && unit.room.arrival.is_none()
            && unit.room.sellability.kind == SellabilityKind::InService
    };
    hotel
        .units
        .iter()
        .filter(|(entity, fields)| {
            !booked.contains(&RoomId(entity.id.clone())) && Unit::from_fields(fields).is_ok_and(|unit| free(&unit))
        })
        .map(|(entity, _)| RoomId(entity.id.clone()))
        .collect()
}
