//! A room and its separate states. They are separate on purpose: a clean room may be occupied, an inspected one out
//! of order, and folding them into one status is how rooms are given out twice.

use crate::StaffId;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A room's id within its property: its number in most hotels.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(transparent)]
pub struct RoomId(pub String);

/// What the room needs before a guest may have it. Owned by housekeeping.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Cleanliness {
    /// Needs a clean.
    #[default]
    Dirty,
    /// Needs a touch-up only.
    Pickup,
    /// Serviced; ready to give out only where inspection is not required.
    Clean,
    /// Passed by an inspector.
    Inspected,
}

/// Whether somebody has the room.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Occupancy {
    /// Nobody.
    #[default]
    Vacant,
    /// A guest.
    Occupied,
}

/// Where the room stands in its guests' stays today.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Stay {
    /// Nobody leaves, stays or comes.
    #[default]
    NotReserved,
    /// Somebody comes today.
    Arrival,
    /// Today's guest has come.
    Arrived,
    /// Today's guest stays another night.
    Stayover,
    /// Today's guest leaves and nobody comes.
    DueOut,
    /// Today's guest left and nobody comes.
    Departed,
    /// One guest leaves and another comes today.
    Turnover,
    /// Used by day, without a night.
    DayUse,
}

/// Whether the house may sell the room at all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum SellabilityKind {
    /// As usual.
    #[default]
    InService,
    /// A small fault.
    OutOfService,
    /// Not fit for a guest.
    OutOfOrder,
}

/// In service, out of service or out of order. Vendors mean different things by the words, so each says what it does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Sellability {
    /// Which of the three.
    pub kind: SellabilityKind,
    /// Whether the room leaves the inventory.
    pub deducts_inventory: bool,
    /// Whether a guest may be given it all the same.
    pub assignable: bool,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ts", ts(optional))]
    pub reason: Option<String>,
}

impl Default for Sellability {
    fn default() -> Self {
        Self { kind: SellabilityKind::InService, deducts_inventory: false, assignable: true, reason: None }
    }
}

/// The guest in the room.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(default)]
pub struct Guest {
    /// The booking.
    pub booking_id: String,
    /// How many people.
    pub persons: u8,
    /// A guest the house takes special care of.
    pub vip: bool,
    /// The day they leave (ISO date).
    pub departs_on: String,
    /// When they mean to leave on that day (`HH:MM`, local).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ts", ts(optional))]
    pub departs_at: Option<String>,
}

/// The guest who comes today.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(default)]
pub struct Arrival {
    /// The booking.
    pub booking_id: String,
    /// How many people.
    pub persons: u8,
    /// A guest the house takes special care of.
    pub vip: bool,
    /// When they mean to come (`HH:MM`, local).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ts", ts(optional))]
    pub eta: Option<String>,
    /// How many nights; 0 for day use.
    pub nights: u16,
}

/// Somebody at a front desk means to give the room out. It holds for the turn it was made in: whoever comes opens the
/// next one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Claim {
    /// Who claims it.
    pub by: StaffId,
    /// Since when. A stamp: shown, never compared.
    pub at: DateTime<Utc>,
    /// The turn that the room was in.
    pub turn: u32,
    /// For whom, as the front desk calls them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guest: Option<String>,
}

/// The guest of a booking stands at the front desk and waits for the room.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Waiting {
    /// The booking of the guest who waits.
    pub booking_id: String,
    /// Since when. A stamp: shown, never compared.
    pub since: DateTime<Utc>,
    /// The time that the guest was told (`HH:MM`, local).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub promised: Option<String>,
}

/// A room as the house knows it. Each member is one field, `room/<member>`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Room {
    /// The number on the door. An identifier: never formatted as a number.
    pub number: String,
    /// The floor, as the house names it.
    pub floor: String,
    /// The section one attendant works.
    pub section: String,
    /// The room type's code.
    pub room_type: String,
    /// Dirty, pickup, clean, inspected.
    pub cleanliness: Cleanliness,
    /// Front-office occupancy. Never written by housekeeping.
    pub fo_occupancy: Occupancy,
    /// Occupancy as housekeeping saw it; absent until somebody looked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hk_occupancy: Option<Occupancy>,
    /// When that was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hk_seen_at: Option<DateTime<Utc>>,
    /// Arrival, stayover, due out ...
    pub stay: Stay,
    /// In service, out of service, out of order.
    pub sellability: Sellability,
    /// Do not disturb, since when.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dnd_since: Option<DateTime<Utc>>,
    /// The guest asks for service.
    #[serde(skip_serializing_if = "is_false")]
    pub make_up: bool,
    /// No service is due today, by agreement.
    #[serde(skip_serializing_if = "is_false")]
    pub no_service: bool,
    /// The guest sent the attendant away.
    #[serde(skip_serializing_if = "is_false")]
    pub refused: bool,
    /// Locked from inside.
    #[serde(skip_serializing_if = "is_false")]
    pub double_lock: bool,
    /// One guest's use of the room. Grows by one when a guest checks in.
    pub turn: u32,
    /// Whether that turn was opened here as told and waits for the PMS's check-in.
    #[serde(skip_serializing_if = "is_false")]
    pub turn_provisional: bool,
    /// Who has the room.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub guest: Option<Guest>,
    /// Who comes today.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arrival: Option<Arrival>,
    /// Who means to give it out, as last said; see [`Room::claim`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claim: Option<Claim>,
    /// Whose guest waited for it, as last said; see [`Room::waiting`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting: Option<Waiting>,
    /// What people should know about the room.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The service day that the room was brought to last (ISO date). Absent in rows of older versions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub day: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_false(value: &bool) -> bool {
    !value
}

impl Room {
    /// Whether the PMS and housekeeping disagree about who is in the room (skip, sleep).
    #[must_use]
    pub fn is_discrepant(&self) -> bool {
        self.hk_occupancy.is_some_and(|seen| seen != self.fo_occupancy)
    }

    /// The claim that holds now. One of an earlier turn has ended with it: that guest came.
    #[must_use]
    pub fn claim(&self) -> Option<&Claim> {
        self.claim.as_ref().filter(|claim| claim.turn == self.turn)
    }

    /// The guest who waits for the room now: one who is still due today.
    #[must_use]
    pub fn waiting(&self) -> Option<&Waiting> {
        let due = self.arrival.as_ref()?;
        self.waiting.as_ref().filter(|waiting| waiting.booking_id == due.booking_id)
    }
}
