//! Gives out rooms: once per hotel, by room type, over every stay in the file.
//!
//! Within a type stays are taken in the order of arrival, and each gets one of the rooms that are free; there are as
//! many rooms as the fullest night needs, and one is then always free. A room is taken from the day of arrival to the
//! day of departure, without that day: one guest may leave and another come on one day. Day use takes the room until
//! the next day, because the room needs its clean before anybody else may have it.

use super::derive::Seed;
use super::read::BookingRow;
use chrono::{Days, NaiveDate};
use std::collections::BTreeMap;

/// A house has at least this share of rooms beyond its fullest night, in percent, so that it is never all taken.
const RESERVE_PERCENT: usize = 3;

/// A stay that took place, with its id.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stay<'a> {
    /// The booking.
    pub row: &'a BookingRow,
    /// Its id.
    pub id: &'a str,
}

impl Stay<'_> {
    pub fn arrives(&self) -> NaiveDate {
        self.row.arrives
    }

    /// The day the guest leaves; for day use the day they came.
    pub fn departs(&self) -> NaiveDate {
        self.row.arrives + Days::new(self.row.nights.into())
    }

    /// The first day on which the room may be another guest's.
    pub fn free_from(&self) -> NaiveDate {
        self.row.arrives + Days::new(self.row.nights.max(1).into())
    }
}

/// Rooms by type, and the room of each stay.
pub(super) struct Allocation<'a> {
    /// How many rooms of each type there are.
    pub rooms: BTreeMap<&'a str, usize>,
    /// For each stay, in the order given, the room of its type, from 0.
    pub given: Vec<usize>,
}

/// How many rooms of each type the house needs.
pub(super) fn rooms_needed<'a>(stays: &[Stay<'a>]) -> BTreeMap<&'a str, usize> {
    let mut rooms = peaks(stays);
    let fullest = peak(stays.iter());
    let wanted = fullest + (fullest * RESERVE_PERCENT).div_ceil(100);
    let have: usize = rooms.values().sum();
    // Types peak on different nights; together they usually leave room enough already.
    let largest = rooms.iter().max_by_key(|(name, count)| (**count, std::cmp::Reverse(**name))).map(|(name, _)| *name);
    if let Some(count) = largest.and_then(|name| rooms.get_mut(name)) {
        *count += wanted.saturating_sub(have);
    }
    rooms
}

/// Gives out rooms. `stays` must be in the order of arrival and `rooms` be those they need.
pub(super) fn give_out<'a>(stays: &[Stay<'a>], rooms: &BTreeMap<&'a str, usize>, seed: Seed) -> Allocation<'a> {
    let mut free_from: BTreeMap<&str, Vec<NaiveDate>> =
        rooms.iter().map(|(name, count)| (*name, vec![NaiveDate::MIN; *count])).collect();
    let given = stays
        .iter()
        .map(|stay| {
            let house = free_from.entry(stay.row.room_type.as_str()).or_default();
            let free: Vec<usize> = (0..house.len()).filter(|&room| house[room] <= stay.arrives()).collect();
            let pick = usize::try_from(seed.below(free.len() as u64, "room", stay.id)).unwrap_or(0);
            // Taken in the order of arrival, the peak leaves one free; should it not, the house grows by a room
            // rather than giving one out twice.
            let room = free.get(pick).copied().unwrap_or_else(|| {
                house.push(NaiveDate::MIN);
                house.len() - 1
            });
            house[room] = stay.free_from();
            room
        })
        .collect();
    let rooms = free_from.iter().map(|(name, house)| (*name, house.len())).collect();
    Allocation { rooms, given }
}

fn peaks<'a>(stays: &[Stay<'a>]) -> BTreeMap<&'a str, usize> {
    let mut by_type: BTreeMap<&str, Vec<&Stay<'a>>> = BTreeMap::new();
    for stay in stays {
        by_type.entry(stay.row.room_type.as_str()).or_default().push(stay);
    }
    by_type.into_iter().map(|(name, stays)| (name, peak(stays.into_iter()))).collect()
}

/// The most rooms taken at once.
fn peak<'s, 'a: 's>(stays: impl Iterator<Item = &'s Stay<'a>>) -> usize {
    let mut changes: BTreeMap<NaiveDate, i64> = BTreeMap::new();
    for stay in stays {
        *changes.entry(stay.arrives()).or_default() += 1;
        *changes.entry(stay.free_from()).or_default() -= 1;
    }
    let mut taken = 0;
    let most = changes.values().map(|change| {
        taken += change;
        taken
    });
    usize::try_from(most.max().unwrap_or(0)).unwrap_or(0)
}
