//! A small hotel from a seed: rooms, people, and stays for as many days as the world will last.

use chrono::{Days, NaiveDate};
use fastrand::Rng;
use turndown_domain::day::make_day;
use turndown_domain::{
    Booking, Cleanliness, InspectionPolicy, Property, PropertyBook, ROOM, Role, Room, RoomId, Staff, StaffId, Unit,
};
use turndown_protocol::{EntityRef, Fields};

/// The hotel's id in every world.
pub const PROPERTY: &str = "sim-hotel";

/// A hotel and the rooms of the day before the first.
#[derive(Debug, Clone)]
pub struct Hotel {
    /// Its settings, people and stays.
    pub book: PropertyBook,
    /// The rooms as they stand.
    pub rooms: Vec<(RoomId, Unit)>,
}

impl Hotel {
    /// Makes one.
    #[must_use]
    pub fn make(rng: &mut Rng, rooms: usize, first: NaiveDate, days: u64) -> Self {
        let person = |id: &str, role, section: Option<&str>| Staff {
            id: StaffId(id.into()),
            name: id.to_uppercase(),
            role,
            section: section.map(str::to_owned),
        };
        let mut staff = vec![
            person("lead-1", Role::Lead, None),
            person("lead-2", Role::Lead, None),
            person("inspector-1", Role::Inspector, None),
            person("desk-1", Role::FrontDesk, None),
            person("manager-1", Role::Manager, None),
        ];
        for n in 1..=3 {
            staff.push(person(&format!("attendant-{n}"), Role::Attendant, Some(if n == 1 { "A" } else { "B" })));
        }
        let mut bookings = vec![];
        let mut houses = vec![];
        for n in 0..rooms {
            let id = RoomId(format!("{}", 101 + n));
            let section = if n % 2 == 0 { "A" } else { "B" };
            let room = Room {
                number: id.0.clone(),
                floor: "1".into(),
                section: section.into(),
                room_type: "A".into(),
                cleanliness: Cleanliness::Clean,
                ..Room::default()
            };
            houses.push((id.clone(), Unit { room, ..Unit::default() }));
            let mut day = first.checked_sub_days(Days::new(rng.u64(1..3))).unwrap_or(first);
            let end = first.checked_add_days(Days::new(days + 3)).unwrap_or(first);
            while day < end {
                let nights = rng.u16(1..4);
                bookings.push(Booking {
                    id: format!("b{}-{day}", id.0),
                    room: id.clone(),
                    arrives_on: day.to_string(),
                    nights,
                    persons: rng.u8(1..4),
                    vip: rng.u8(..20) == 0,
                    ..Booking::default()
                });
                let free = if rng.u8(..3) == 0 { 1 } else { 0 };
                day = day.checked_add_days(Days::new(u64::from(nights) + free)).unwrap_or(end);
            }
        }
        let inspection = match rng.u8(..3) {
            0 => InspectionPolicy::None,
            1 => InspectionPolicy::Departures,
            _ => InspectionPolicy::All,
        };
        let property = Property {
            id: PROPERTY.into(),
            name: "Hotel of the Seed".into(),
            time_zone: "UTC".into(),
            service_day: String::new(),
            inspection,
            sample: false,
        };
        Self { book: PropertyBook { property, staff, bookings }, rooms: houses }
    }

    /// The service day made from the rooms as they stand.
    #[must_use]
    pub fn roll(&mut self, day: NaiveDate) -> Vec<(EntityRef, Fields)> {
        self.book.property.service_day = day.to_string();
        if let Ok(rooms) = make_day(&self.book, &self.rooms, &day.to_string()) {
            self.rooms = rooms;
        }
        self.rooms.iter().map(|(id, unit)| (EntityRef::new(ROOM, id.0.clone()), unit.to_fields())).collect()
    }
}
