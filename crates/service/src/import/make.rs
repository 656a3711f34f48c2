//! Makes a hotel and its day from bookings: the house, the rooms as they stood the evening before, the people, and
//! then the service day by the rules that desks use at every day roll.

use super::allocate::{Stay, give_out, rooms_needed};
use super::derive::Seed;
use super::error::{ImportCode, ImportError, RowError};
use super::house::{self, HouseRoom, ROOMS_PER_SECTION};
use super::names;
use super::read::{BookingRow, BookingStatus};
use chrono::{Days, NaiveDate};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use turndown_domain::day::make_day;
use turndown_domain::{
    Booking, Cleanliness, Guest, InspectionPolicy, Occupancy, Property, PropertyBook, ROOM, Role, RoomId, Sellability,
    SellabilityKind, Staff, StaffId, TaskKind, Unit,
};
use turndown_protocol::{EntityRef, Fields};

/// How many days after the service day the property's bookings reach: longer than the longest outage planned for.
pub const DAYS_AHEAD: u64 = 14;

/// The seed where nobody asks for another; the figures in `docs/sample-data.md` are its.
pub const DEFAULT_SEED: u64 = 1;

/// The time zone of an imported hotel, which bookings do not name: that of the published data.
pub const TIME_ZONE: &str = "Europe/Lisbon";

/// The largest house: what the product is planned for, with room to spare.
const ROOMS_MAX: usize = 20_000;
/// Attendants for each inspector.
const ATTENDANTS_PER_INSPECTOR: usize = 5;
/// Rooms taken out keep free of bookings for so many days.
const OUT_DAYS: u64 = 3;

/// An imported hotel with its day.
#[derive(Debug, Clone, PartialEq)]
pub struct ImportedHotel {
    /// Property, people, and the bookings of the service day and the fourteen days after it.
    pub book: PropertyBook,
    /// Every room with its tasks at the start of the service day.
    pub units: Vec<(EntityRef, Fields)>,
    /// What was made, counted.
    pub summary: Summary,
}

/// What an import made, counted. Cleans are counted by what the bookings ask for: one room is in one of `departures`,
/// `stayovers`, `turnovers`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// The hotel's name.
    pub hotel: String,
    /// The service day.
    pub date: String,
    /// The seed.
    pub seed: u64,
    /// Rooms in the house.
    pub rooms: usize,
    /// Rooms slept in last night.
    pub occupied: usize,
    /// Guests who come today.
    pub arrivals: usize,
    /// Rooms that a guest leaves and nobody comes to.
    pub departures: usize,
    /// Rooms whose guest stays.
    pub stayovers: usize,
    /// Rooms that a guest leaves and another comes to.
    pub turnovers: usize,
    /// Rooms out of order or out of service.
    pub out_of_use: usize,
    /// Rooms with do not disturb.
    pub do_not_disturb: usize,
    /// Tasks of every kind.
    pub tasks: usize,
    /// Tasks by kind.
    pub tasks_by_kind: BTreeMap<TaskKind, usize>,
    /// Credits of all tasks.
    pub credits: u32,
    /// Attendants on shift.
    pub attendants: usize,
    /// People in the staff list.
    pub staff: usize,
    /// Bookings in the property's book.
    pub bookings: usize,
}

/// Makes the hotel as of a service day. The same rows, in whatever order, with the same seed make the same hotel.
///
/// # Errors
/// When the rows have no such hotel, nobody stayed there, it is too large, or the date is outside of its stays.
pub fn make_hotel(rows: &[BookingRow], hotel: &str, date: NaiveDate, seed: u64) -> Result<ImportedHotel, ImportError> {
    let refuse = |code, message: String| Err(ImportError::of(&format!("\"{hotel}\""), RowError::file(code, message)));
    let hotel = hotel.trim();
    let seed = Seed(seed);
    if !rows.iter().any(|row| row.hotel == hotel) {
        return refuse(ImportCode::HotelUnknown, format!("The file has no hotel of that name. {}", hotels_in(rows)));
    }
    let mut stayed: Vec<&BookingRow> =
        rows.iter().filter(|row| row.hotel == hotel && row.status == BookingStatus::CheckOut).collect();
    stayed.sort();

    let property = property_id(hotel);
    let ids = booking_ids(&property, &stayed);
    let stays: Vec<Stay<'_>> = stayed.iter().zip(&ids).map(|(row, id)| Stay { row, id }).collect();
    let (Some(first), Some(last)) = (stays.first().map(Stay::arrives), stays.iter().map(Stay::departs).max()) else {
        let message = "Every booking of this hotel was cancelled or its guest never came, so there is no day to make.";
        return refuse(ImportCode::HotelHasNoStays, message.to_owned());
    };
    if !(first..=last).contains(&date) {
        let message = format!(
            "The file knows nothing about {date}: its stays reach from {first} to {last}. Choose a date in between."
        );
        return refuse(ImportCode::DateOutsideFile, message);
    }

    // Asked before rooms are given out, which takes time by stays times rooms.
    let needed = rooms_needed(&stays);
    let count: usize = needed.values().sum();
    if count > ROOMS_MAX {
        let message = format!("The hotel would need {count} rooms; an import takes at most {ROOMS_MAX}.");
        return refuse(ImportCode::HotelTooLarge, message);
    }
    let allocation = give_out(&stays, &needed, seed);
    let house = house::build(&allocation.rooms);
    let doors: BTreeMap<(&str, usize), usize> =
        house.iter().enumerate().map(|(index, room)| ((room.room_type, room.nth), index)).collect();
    let mut by_room: Vec<Vec<&Stay<'_>>> = vec![Vec::new(); house.len()];
    for (stay, &nth) in stays.iter().zip(&allocation.given) {
        if let Some(&door) = doors.get(&(stay.row.room_type.as_str(), nth)) {
            by_room[door].push(stay);
        }
    }

    let out = out_of_use(&house, &by_room, date, seed);
    let evening: Vec<(RoomId, Unit)> = house
        .iter()
        .zip(&by_room)
        .map(|(room, stays)| (RoomId(room.number.clone()), evening_before(room, stays, &out, date, seed)))
        .collect();

    let mut bookings: Vec<Booking> = house
        .iter()
        .zip(&by_room)
        .flat_map(|(room, stays)| stays.iter().map(move |stay| (room, *stay)))
        .filter(|(_, stay)| date <= stay.departs() && stay.arrives() <= date + Days::new(DAYS_AHEAD))
        .map(|(room, stay)| booking(stay, &room.number, seed))
        .collect();
    bookings.sort_by(|a, b| (&a.arrives_on, &a.id).cmp(&(&b.arrives_on, &b.id)));

    let to_clean = evening
        .iter()
        .filter(|(_, unit)| {
            unit.room.fo_occupancy == Occupancy::Occupied
                || (unit.room.cleanliness <= Cleanliness::Pickup && unit.room.sellability.assignable)
        })
        .count();
    let book = PropertyBook {
        property: Property {
            id: property.clone(),
            name: hotel.to_owned(),
            time_zone: TIME_ZONE.to_owned(),
            service_day: date.to_string(),
            inspection: InspectionPolicy::Departures,
            sample: false,
        },
        staff: staff(&property, &house, to_clean, seed),
        bookings,
    };
    // Every date in the book was made here from a date.
    let rooms = match make_day(&book, &evening, &date.to_string()) {
        Ok(rooms) => rooms,
        Err(error) => return refuse(ImportCode::DateOutOfRange, format!("The day cannot be made: {error}.")),
    };

    let summary = summarize(&book, &rooms, date, seed);
    let units = rooms.iter().map(|(id, unit)| (EntityRef::new(ROOM, id.0.as_str()), unit.to_fields())).collect();
    Ok(ImportedHotel { book, units, summary })
}

fn hotels_in(rows: &[BookingRow]) -> String {
    let names: BTreeSet<&str> = rows.iter().map(|row| row.hotel.as_str()).collect();
    let shown: Vec<String> = names.iter().take(10).map(|name| format!("\"{name}\"")).collect();
    match names.len() {
        0 => "It has no bookings at all.".to_owned(),
        1..=10 => format!("It has {}.", shown.join(", ")),
        more => format!("It has {} and {} more.", shown.join(", "), more - 10),
    }
}

/// The hotel's id from its name: small letters, digits and hyphens, at most 28 of them, so that a task's id stays
/// within 64. A name that loses something on the way gets a mark of its own, so that two hotels stay two.
fn property_id(hotel: &str) -> String {
    const LONGEST: usize = 28;
    let mut id = String::new();
    for c in hotel.chars() {
        if c.is_ascii_alphanumeric() {
            id.push(c.to_ascii_lowercase());
        } else if !id.is_empty() && !id.ends_with('-') {
            id.push('-');
        }
    }
    let id = id.trim_end_matches('-');
    let plain = |c: char| c.is_ascii_alphanumeric() || c == ' ' || c == '-';
    if hotel.chars().all(plain) && !id.is_empty() && id.len() <= LONGEST {
        return id.to_owned();
    }
    let mark: String = Sha256::digest(hotel.as_bytes()).iter().take(3).map(|byte| format!("{byte:02x}")).collect();
    let kept: String = id.chars().take(LONGEST - 7).collect();
    let kept = if kept.is_empty() { "hotel" } else { kept.trim_end_matches('-') };
    format!("{kept}-{mark}")
}

/// Ids by day of arrival and place in it. `stayed` must be sorted.
fn booking_ids(property: &str, stayed: &[&BookingRow]) -> Vec<String> {
    let mut day = None;
    let mut place = 0;
    stayed
        .iter()
        .map(|row| {
            place = if day == Some(row.arrives) { place + 1 } else { 1 };
            day = Some(row.arrives);
            format!("{property}-{}-{place:03}", row.arrives.format("%Y%m%d"))
        })
        .collect()
}

/// Hours at which guests mean to come, by weight. About one in six comes before the house gives rooms out.
pub(super) const ARRIVAL_HOURS: [(u8, u64); 13] = [
    (10, 1),
    (11, 2),
    (12, 4),
    (13, 5),
    (14, 6),
    (15, 20),
    (16, 20),
    (17, 16),
    (18, 12),
    (19, 8),
    (20, 6),
    (21, 4),
    (22, 3),
];
pub(super) const DAY_USE_HOURS: [(u8, u64); 3] = [(9, 2), (10, 3), (11, 2)];
/// Hours at which guests mean to leave; a few have a late check-out.
pub(super) const DEPARTURE_HOURS: [(u8, u64); 9] =
    [(6, 2), (7, 6), (8, 12), (9, 20), (10, 28), (11, 24), (13, 3), (14, 3), (16, 2)];
pub(super) const DAY_USE_ENDS: [(u8, u64); 3] = [(16, 1), (17, 2), (18, 2)];

fn persons(row: &BookingRow) -> u8 {
    // A booking that names no guest still has one in the room.
    u8::try_from(u32::from(row.adults) + u32::from(row.children) + u32::from(row.babies)).unwrap_or(u8::MAX).max(1)
}

/// Guests who have been there before and guests who ask for much are more often among those the house takes care of.
fn is_vip(stay: &Stay<'_>, seed: Seed) -> bool {
    let percent = match (stay.row.repeated_guest, stay.row.special_requests) {
        (true, _) => 20,
        (false, 3..) => 10,
        _ => 1,
    };
    seed.chance(percent, "vip", stay.id)
}

fn booking(stay: &Stay<'_>, room: &str, seed: Seed) -> Booking {
    let day_use = stay.row.nights == 0;
    let (come, leave) =
        if day_use { (&DAY_USE_HOURS[..], &DAY_USE_ENDS[..]) } else { (&ARRIVAL_HOURS[..], &DEPARTURE_HOURS[..]) };
    Booking {
        id: stay.id.to_owned(),
        room: RoomId(room.to_owned()),
        arrives_on: stay.arrives().to_string(),
        nights: stay.row.nights,
        persons: persons(stay.row),
        vip: is_vip(stay, seed),
        // Not everybody says when.
        eta: seed.chance(75, "says eta", stay.id).then(|| seed.time(come, "eta", stay.id)),
        etd: seed.chance(60, "says etd", stay.id).then(|| seed.time(leave, "etd", stay.id)),
    }
}

/// Rooms that cannot be sold: about one in a hundred out of order and one in a hundred out of service, among those
/// that no booking needs for some days.
fn out_of_use(
    house: &[HouseRoom<'_>],
    by_room: &[Vec<&Stay<'_>>],
    date: NaiveDate,
    seed: Seed,
) -> BTreeMap<String, Sellability> {
    const OUT_OF_ORDER: [&str; 4] =
        ["Water damage in the bathroom", "Air conditioning replaced", "Carpet being laid", "Window broken"];
    const OUT_OF_SERVICE: [&str; 4] =
        ["Television does not work", "Safe does not open", "One lamp is out", "Curtain rail loose"];
    let mut unused: Vec<(u64, &str)> = house
        .iter()
        .zip(by_room)
        .filter(|(_, stays)| {
            !stays
                .iter()
                .any(|stay| stay.arrives() <= date + Days::new(OUT_DAYS) && date <= stay.free_from() + Days::new(1))
        })
        .map(|(room, _)| (seed.draw("out of use", &format!("{date}\0{}", room.number)), room.number.as_str()))
        .collect();
    unused.sort_unstable();
    let each = house.len() / 100;
    unused
        .into_iter()
        .take(2 * each)
        .enumerate()
        .map(|(index, (_, number))| {
            let (kind, reasons) = if index % 2 == 0 {
                (SellabilityKind::OutOfOrder, OUT_OF_ORDER)
            } else {
                (SellabilityKind::OutOfService, OUT_OF_SERVICE)
            };
            let reason = usize::try_from(seed.below(4, "reason", number)).unwrap_or(0);
            let sellability = Sellability {
                kind,
                deducts_inventory: kind == SellabilityKind::OutOfOrder,
                assignable: false,
                reason: reasons.get(reason).map(|text| (*text).to_owned()),
            };
            (number.to_owned(), sellability)
        })
        .collect()
}

/// A room as it stood when the day before ended.
fn evening_before(
    room: &HouseRoom<'_>,
    stays: &[&Stay<'_>],
    out: &BTreeMap<String, Sellability>,
    date: NaiveDate,
    seed: Seed,
) -> Unit {
    let key = format!("{date}\0{}", room.number);
    let yesterday = date - Days::new(1);
    let mut unit = Unit::default();
    unit.room.number.clone_from(&room.number);
    unit.room.floor.clone_from(&room.floor);
    unit.room.section.clone_from(&room.section);
    unit.room.room_type = room.room_type.to_owned();
    unit.room.sellability = out.get(&room.number).cloned().unwrap_or_default();
    unit.room.turn = stays.iter().filter(|stay| stay.arrives() < date).count().try_into().unwrap_or(u32::MAX);

    if let Some(stay) = stays.iter().find(|stay| stay.arrives() < date && date <= stay.departs()) {
        let known = booking(stay, &room.number, seed);
        unit.room.fo_occupancy = Occupancy::Occupied;
        unit.room.guest = Some(Guest {
            booking_id: known.id,
            persons: known.persons,
            vip: known.vip,
            departs_on: stay.departs().to_string(),
            departs_at: known.etd,
        });
        // Signs on the door: some since last night, and of those a few since the night before.
        let sign = seed.below(100, "sign", &key);
        let nights_ago = if sign == 0 && stay.arrives() + Days::new(2) <= date { 2 } else { 1 };
        if sign < 4 {
            let minutes = u32::try_from(seed.below(180, "sign at", &key)).unwrap_or(0);
            let hung = (date - Days::new(nights_ago)).and_hms_opt(20 + minutes / 60, minutes % 60, 0);
            unit.room.dnd_since = hung.map(|hung| hung.and_utc());
        } else if sign < 6 {
            unit.room.make_up = true;
        }
        return unit;
    }

    unit.room.cleanliness = if unit.room.sellability.kind == SellabilityKind::OutOfOrder {
        Cleanliness::Dirty
    } else if stays.iter().any(|stay| stay.row.nights == 0 && stay.arrives() == yesterday) {
        // Day use ended in the evening, after the attendants had gone.
        Cleanliness::Dirty
    } else if stays.iter().any(|stay| stay.departs() == yesterday) && seed.chance(12, "left late", &key) {
        Cleanliness::Dirty
    } else {
        match seed.below(100, "vacant", &key) {
            0..4 => Cleanliness::Pickup,
            4..20 => Cleanliness::Clean,
            _ => Cleanliness::Inspected,
        }
    };
    unit
}

/// Everybody on shift. Ids go by role and number and names by hotel and seed, so that a person stays the same from
/// date to date.
fn staff(property: &str, house: &[HouseRoom<'_>], to_clean: usize, seed: Seed) -> Vec<Staff> {
    let mut sections: Vec<&str> = house.iter().map(|room| room.section.as_str()).collect();
    sections.dedup();
    let attendants = |rooms: usize| rooms.div_ceil(ROOMS_PER_SECTION).max(1);
    let inspectors = |rooms: usize| attendants(rooms).div_ceil(ATTENDANTS_PER_INSPECTOR);
    let (all, desk) = (house.len(), 2 + house.len() / 100);
    // How many today, and how many on a day when every room is to be cleaned.
    let wanted = [
        (Role::Manager, "mgr", 1, 1),
        (Role::Auditor, "aud", 1, 1),
        (Role::Lead, "lead", 2, 2),
        (Role::FrontDesk, "fd", desk, desk),
        (Role::Inspector, "ins", inspectors(to_clean), inspectors(all)),
        (Role::Attendant, "att", attendants(to_clean), attendants(all)),
    ];
    // Each role has its own stretch of names, as long as the house could ever need it, so that a busier day adds
    // people and renames nobody.
    let names = names::choose(wanted.iter().map(|(_, _, _, most)| most).sum(), property, seed);
    let mut begin = 0;
    wanted
        .into_iter()
        .flat_map(|(role, short, count, most)| {
            let stretch = &names[begin..begin + most];
            begin += most;
            let section = |index: usize| sections.get(index * sections.len() / count).map(|name| (*name).to_owned());
            stretch
                .iter()
                .take(count)
                .enumerate()
                .map(move |(index, name)| Staff {
                    id: StaffId(format!("{short}-{:02}", index + 1)),
                    name: name.clone(),
                    role,
                    section: if role == Role::Attendant { section(index) } else { None },
                })
                .collect::<Vec<_>>()
        })
        .collect()
}

fn summarize(book: &PropertyBook, rooms: &[(RoomId, Unit)], date: NaiveDate, seed: Seed) -> Summary {
    let today = date.to_string();
    let mut summary = Summary {
        hotel: book.property.name.clone(),
        date: today.clone(),
        seed: seed.0,
        rooms: rooms.len(),
        arrivals: book.bookings.iter().filter(|booking| booking.arrives_on == today).count(),
        attendants: book.staff.iter().filter(|person| person.role == Role::Attendant).count(),
        staff: book.staff.len(),
        bookings: book.bookings.len(),
        ..Summary::default()
    };
    for (_, unit) in rooms {
        let occupied = unit.room.fo_occupancy == Occupancy::Occupied;
        let kinds: Vec<TaskKind> = unit.tasks.values().map(|task| task.kind).collect();
        summary.occupied += usize::from(occupied);
        summary.departures += usize::from(occupied && kinds.contains(&TaskKind::Departure));
        summary.stayovers += usize::from(kinds.contains(&TaskKind::Stayover));
        summary.turnovers += usize::from(kinds.contains(&TaskKind::Turnover));
        summary.out_of_use += usize::from(unit.room.sellability.kind != SellabilityKind::InService);
        summary.do_not_disturb += usize::from(unit.room.dnd_since.is_some());
        summary.tasks += kinds.len();
        for kind in kinds {
            *summary.tasks_by_kind.entry(kind).or_default() += 1;
        }
        summary.credits += unit.tasks.values().map(|task| u32::from(task.credits)).sum::<u32>();
    }
    summary
}
