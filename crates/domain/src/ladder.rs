//! Which task stands before which: the trade's priority ladder.
//!
//! Who waits at the front desk comes first, then what somebody asked for by hand, then rooms that a guest is due in,
//! by how soon; then vacant rooms, guests who stay, and guests who have not left yet. What cannot be worked stands
//! last instead of in its place: it is shown, marked and counted, and nobody is sent there. Within a rung a touch-up
//! stands before a clean, because it frees its room sooner; what is low stands behind; the earliest arrival first.
//!
//! The order is for people. Nothing is recorded, merged or sent by it, so here a clock may speak ("due within the
//! hour"): the caller says so, and this module has none.

use crate::{Cleanliness, Occupancy, Priority, Room, Stay, Task};
use serde::{Deserialize, Serialize};

/// How soon an arrival is, in minutes, for it to stand before all others of its sort.
pub const SOON_MINUTES: i64 = 60;

/// Why a task stands where it stands, the most pressing first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Rung {
    /// A VIP guest waits at the front desk for this room.
    VipWaits,
    /// A guest waits at the front desk for this room.
    GuestWaits,
    /// A guest waits for a room of this type.
    TypeWaitedFor,
    /// The front desk or the lead asks for it now.
    Rush,
    /// Set to urgent by hand.
    Urgent,
    /// Vacant, and a VIP guest is due within the hour.
    VipSoon,
    /// Vacant, and a guest is due within the hour.
    ArrivalSoon,
    /// Vacant, and a VIP guest is due today.
    VipArrival,
    /// Vacant, and a guest is due today.
    Arrival,
    /// Vacant, nobody due, priority high.
    VacantHigh,
    /// Vacant, nobody due.
    Vacant,
    /// The guest stays and is a VIP, or the priority is high.
    StayoverFirst,
    /// The guest stays.
    Stayover,
    /// The guest leaves today and has not left; the priority is high.
    DueOutHigh,
    /// The guest leaves today and has not left.
    DueOut,
    /// Nobody can work there now.
    CannotWork,
}

/// Where a task stands in its column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Standing {
    /// Smaller stands first. Room order breaks ties.
    pub rank: u32,
    /// Why.
    pub rung: Rung,
}

/// What the order depends on besides the room and the task.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Circumstances {
    /// Nobody can work in the room now.
    pub cannot_work: bool,
    /// A guest waits at the front desk for some room of this type.
    pub type_waited_for: bool,
    /// The arrival is due within [`SOON_MINUTES`].
    pub arrival_soon: bool,
}

/// Where a task stands.
#[must_use]
pub fn standing(room: &Room, task: &Task, circumstances: Circumstances) -> Standing {
    let rung = rung(room, task, circumstances);
    let low = u32::from(task.priority == Priority::Low);
    let full_clean = u32::from(room.cleanliness != Cleanliness::Pickup);
    // Who said no time comes after everybody who did.
    let minutes = arrival_minutes(room).unwrap_or(24 * 60);
    Standing { rank: ((rung as u32 * 2 + low) * 2 + full_clean) * 10_000 + minutes, rung }
}

/// The minute of the day (local) at which the arrival is due, where a time was said.
#[must_use]
pub fn arrival_minutes(room: &Room) -> Option<u32> {
    let (hours, minutes) = room.arrival.as_ref()?.eta.as_deref()?.split_once(':')?;
    let (hours, minutes) = (hours.parse::<u32>().ok()?, minutes.parse::<u32>().ok()?);
    (hours < 24 && minutes < 60).then_some(hours * 60 + minutes)
}

fn rung(room: &Room, task: &Task, circumstances: Circumstances) -> Rung {
    let vacant = room.fo_occupancy == Occupancy::Vacant;
    let awaited = vacant && room.arrival.is_some();
    let vip_due = room.arrival.as_ref().is_some_and(|arrival| arrival.vip);
    let high = task.priority == Priority::High;
    match () {
        () if circumstances.cannot_work => Rung::CannotWork,
        // Also of a room whose guest has not left: that is what the front desk has to know first.
        () if room.waiting().is_some() && vip_due => Rung::VipWaits,
        () if room.waiting().is_some() => Rung::GuestWaits,
        () if vacant && circumstances.type_waited_for => Rung::TypeWaitedFor,
        () if task.rush => Rung::Rush,
        () if task.priority == Priority::Urgent => Rung::Urgent,
        () if awaited && circumstances.arrival_soon && vip_due => Rung::VipSoon,
        () if awaited && circumstances.arrival_soon => Rung::ArrivalSoon,
        () if awaited && vip_due => Rung::VipArrival,
        () if awaited => Rung::Arrival,
        () if vacant && high => Rung::VacantHigh,
        () if vacant => Rung::Vacant,
        () if matches!(room.stay, Stay::DueOut | Stay::Turnover) => {
            if high {
                Rung::DueOutHigh
            } else {
                Rung::DueOut
            }
        }
        () if high || room.guest.as_ref().is_some_and(|guest| guest.vip) => Rung::StayoverFirst,
        () => Rung::Stayover,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Arrival, Guest, Waiting};

    fn vacant(arrival: Option<(&str, bool)>) -> Room {
        let arrival = arrival.map(|(eta, vip)| Arrival { eta: Some(eta.into()), vip, ..Arrival::default() });
        Room { arrival, ..Room::default() }
    }

    fn occupied(stay: Stay, vip: bool) -> Room {
        let guest = Some(Guest { vip, ..Guest::default() });
        Room { fo_occupancy: Occupancy::Occupied, stay, guest, ..Room::default() }
    }

    fn waits(room: Room) -> Room {
        Room { waiting: Some(Waiting::default()), ..room }
    }

    fn pickup(room: Room) -> Room {
        Room { cleanliness: Cleanliness::Pickup, ..room }
    }

    #[test]
    fn the_ladder_of_the_trade_from_the_guest_who_waits_to_what_cannot_be_worked() {
        let usual = Circumstances::default();
        let soon = Circumstances { arrival_soon: true, ..usual };
        let of_type = Circumstances { type_waited_for: true, ..usual };
        let never = Circumstances { cannot_work: true, ..usual };
        let of = |priority| Task { priority, ..Task::default() };
        let plain = Task::default();
        let rush = Task { rush: true, ..Task::default() };
        let ladder = [
            (pickup(waits(vacant(Some(("16:00", true))))), &plain, usual, Rung::VipWaits),
            (waits(vacant(Some(("16:00", true)))), &plain, usual, Rung::VipWaits),
            (waits(vacant(Some(("12:00", false)))), &plain, usual, Rung::GuestWaits),
            (waits(Room { stay: Stay::Turnover, ..vacant(Some(("13:00", false))) }), &plain, usual, Rung::GuestWaits),
            (vacant(None), &plain, of_type, Rung::TypeWaitedFor),
            (occupied(Stay::Stayover, false), &rush, usual, Rung::Rush),
            (vacant(None), &of(Priority::Urgent), usual, Rung::Urgent),
            (vacant(Some(("14:30", true))), &plain, soon, Rung::VipSoon),
            (vacant(Some(("14:00", false))), &plain, soon, Rung::ArrivalSoon),
            (vacant(Some(("14:30", false))), &plain, soon, Rung::ArrivalSoon),
            (vacant(Some(("18:00", true))), &plain, usual, Rung::VipArrival),
            (pickup(vacant(Some(("19:00", false)))), &plain, usual, Rung::Arrival),
            (vacant(Some(("16:00", false))), &of(Priority::High), usual, Rung::Arrival),
            (vacant(None), &of(Priority::High), usual, Rung::VacantHigh),
            (pickup(vacant(None)), &plain, usual, Rung::Vacant),
            (vacant(None), &plain, usual, Rung::Vacant),
            (vacant(None), &of(Priority::Low), usual, Rung::Vacant),
            (occupied(Stay::Stayover, true), &plain, usual, Rung::StayoverFirst),
            (occupied(Stay::Stayover, false), &plain, usual, Rung::Stayover),
            (occupied(Stay::Stayover, false), &of(Priority::Low), usual, Rung::Stayover),
            (occupied(Stay::Turnover, false), &of(Priority::High), usual, Rung::DueOutHigh),
            (occupied(Stay::DueOut, true), &plain, usual, Rung::DueOut),
            (waits(vacant(Some(("12:00", true)))), &rush, never, Rung::CannotWork),
        ];
        let standings: Vec<Standing> =
            ladder.iter().map(|(room, task, circumstances, _)| standing(room, task, *circumstances)).collect();
        for (at, (_, _, _, expected)) in ladder.iter().enumerate() {
            assert_eq!(standings[at].rung, *expected, "line {at}");
        }
        assert!(standings.windows(2).all(|pair| pair[0].rank < pair[1].rank), "{standings:?}");
    }

    #[test]
    fn a_guest_who_came_waits_no_more_and_a_time_that_is_none_stands_last() {
        let came = Room { arrival: None, ..waits(vacant(Some(("12:00", false)))) };
        assert_eq!(standing(&came, &Task::default(), Circumstances::default()).rung, Rung::Vacant);
        for wrong in ["noon", "25:00", "12", "12:60"] {
            assert_eq!(arrival_minutes(&vacant(Some((wrong, false)))), None, "{wrong}");
        }
    }
}
