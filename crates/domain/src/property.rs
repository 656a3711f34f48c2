//! What a desk needs to know of its hotel besides rooms and tasks.

use crate::{RoomId, StaffId};
use serde::{Deserialize, Serialize};

/// Which rooms an inspector must pass before they may be given out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum InspectionPolicy {
    /// None: clean is ready.
    None,
    /// Rooms that a guest left.
    #[default]
    Departures,
    /// Every room.
    All,
}

/// What a person does in the house.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Runs the board.
    Lead,
    /// Passes rooms.
    Inspector,
    /// Gives rooms out.
    FrontDesk,
    /// Answers for the day.
    Manager,
    /// Reads the record.
    Auditor,
    /// Cleans rooms.
    #[default]
    Attendant,
}

/// A person of the house.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Staff {
    /// Their id.
    pub id: StaffId,
    /// Their name as shown.
    pub name: String,
    /// What they do.
    pub role: Role,
    /// The section they work today, for attendants.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub section: Option<String>,
}

/// A stay of a guest in a room. Bookings are what the next service day is made from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Booking {
    /// Its id.
    pub id: String,
    /// The room given to it for the whole stay.
    pub room: RoomId,
    /// The day the guest comes (ISO date).
    pub arrives_on: String,
    /// Nights; 0 for day use.
    pub nights: u16,
    /// How many people.
    pub persons: u8,
    /// A guest the house takes special care of.
    #[serde(default)]
    pub vip: bool,
    /// When they mean to come (`HH:MM`, local).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eta: Option<String>,
    /// When they mean to leave (`HH:MM`, local).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etd: Option<String>,
}

/// The hotel and its settings.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Property {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// IANA time zone, for showing local times.
    pub time_zone: String,
    /// The day the house works on (ISO date).
    pub service_day: String,
    /// Which rooms need an inspection.
    pub inspection: InspectionPolicy,
    /// Whether this is the sample hotel that ships with the product.
    #[serde(default)]
    pub sample: bool,
}

/// The reference document of a property: everything besides rooms and tasks.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PropertyBook {
    /// The hotel.
    pub property: Property,
    /// Its people.
    pub staff: Vec<Staff>,
    /// Stays that touch the service day and the days after it.
    pub bookings: Vec<Booking>,
}

impl PropertyBook {
    /// Whether a person of that id works here.
    #[must_use]
    pub fn has_staff(&self, id: &StaffId) -> bool {
        self.staff.iter().any(|person| &person.id == id)
    }
}
