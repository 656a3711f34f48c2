//! The hotel's rules.
//!
//! A room together with its tasks is one [`Unit`]. A person's [`Action`] on it is judged by [`decide`], which
//! answers with the fields that change and the fields that it relied on, or with a [`Refusal`]. The service runs the
//! same rules over an event with [`judge`], which merges by value what does not touch and refuses to guess about
//! what does. [`day`] makes a service day's rooms and tasks from bookings; [`ladder`] says which task stands before
//! which; [`radio`] understands what is typed in the trade's shorthand; [`front_office`] takes what the hotel's own
//! system reports. [`role`] says who may do what, and [`pin`] how somebody shows who they are.
//!
//! Deliberately absent: I/O, clocks, randomness, async, and any knowledge of outboxes or wires. Time comes in as a
//! parameter and is only ever written down, never compared to decide.

mod action;
pub mod day;
mod decide;
pub mod front_office;
mod judge;
pub mod ladder;
pub mod pin;
mod property;
pub mod radio;
mod refusal;
pub mod role;
mod room;
pub mod suggest;
mod task;
mod unit;

pub use action::{AGAIN, Action, Again, BEGIN_DAY, Footprint, ServiceFlag, Verdict, footprint};
pub use decide::{
    Context, Decision, NOTE_CHARS_MAX, REASON_CHARS_MAX, can_bring_back, decide, note_text, reason_needed, set_aside,
};
pub use judge::{
    ConflictClass, JudgeContext, Judgement, begins_nothing, check, has_passed, is_history, is_stamp, is_turn_bound,
    judge, judge_resolution,
};
pub use property::{Booking, InspectionPolicy, Property, PropertyBook, Role, Staff};
pub use refusal::{Refusal, RefusalCode};
pub use room::{
    Arrival, Claim, Cleanliness, Guest, Occupancy, Room, RoomId, Sellability, SellabilityKind, Stay, Waiting,
};
pub use task::{Inspection, InspectionResult, Priority, StaffId, Task, TaskId, TaskKind, TaskSource, TaskStatus};
pub use unit::{PLACE, ROOM, Unit, UnitError};

/// The name of this workflow in every event.
pub const WORKFLOW: &str = "housekeeping";
