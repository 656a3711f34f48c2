//! The board's tiles and their order.

use super::{Names, flags, local_state, time, waiting};
use crate::dto::{CannotWork, Column, Soon, SuggestedPerson, Tile};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use turndown_desk::RoomRow;
use turndown_domain::ladder::{self, Circumstances};
use turndown_domain::{Room, SellabilityKind, Task, TaskKind, TaskStatus};
use turndown_protocol::ProposedPerson;

/// What the order on the board depends on besides the rooms.
#[derive(Debug, Clone, Copy)]
pub struct Clock<'a> {
    /// The service day (ISO date).
    pub service_day: &'a str,
    /// The hotel's zone.
    pub zone: Tz,
}

impl Clock<'_> {
    /// The instant from which an arrival is due within the hour, where it said a time. A time that the day does not have
    /// is none; of one that it has twice, the earlier.
    fn soon_from(self, room: &Room) -> Option<DateTime<Utc>> {
        let minutes = ladder::arrival_minutes(room)?;
        let day: NaiveDate = self.service_day.parse().ok()?;
        let due = day.and_hms_opt(minutes / 60, minutes % 60, 0)?.and_local_timezone(self.zone).earliest()?;
        Some(due.with_timezone(&Utc) - TimeDelta::minutes(ladder::SOON_MINUTES))
    }
}

/// The tiles of a room: every task that is not cancelled, and of earlier days what still is to be done.
pub fn tiles(row: &RoomRow, sending: bool, on_hold: bool, clock: Clock<'_>) -> Vec<Tile> {
    row.unit.tasks.iter().filter_map(|(id, task)| tile(row, &id.0, task, sending, on_hold, clock)).collect()
}

fn tile(row: &RoomRow, id: &str, task: &Task, sending: bool, on_hold: bool, clock: Clock<'_>) -> Option<Tile> {
    // ISO dates order as text.
    if !task.is_open() && task.service_day.as_str() < clock.service_day {
        return None;
    }
    let room = &row.unit.room;
    let cannot_work = cannot_work(room, task);
    let usual = Circumstances { cannot_work: cannot_work.is_some(), ..Circumstances::default() };
    let standing = ladder::standing(room, task, usual);
    // Only what would stand elsewhere is said.
    let other = |circumstances| Some(ladder::standing(room, task, circumstances)).filter(|other| *other != standing);
    Some(Tile {
        task_id: turndown_domain::TaskId(id.to_owned()),
        room_id: row.id.clone(),
        number: room.number.clone(),
        floor: room.floor.clone(),
        section: room.section.clone(),
        room_type: room.room_type.clone(),
        kind: task.kind,
        status: task.status,
        column: column(task.status)?,
        assignee: task.assignee.clone(),
        credits: task.credits,
        priority: task.priority,
        rush: task.rush,
        started_at: task.started_at.map(time),
        completed_at: task.completed_at.map(time),
        rework: task.rework,
        rework_reason: (task.rework > 0).then(|| task.inspection.as_ref()?.reason.clone()).flatten(),
        note: task.note.clone().or_else(|| room.note.clone()),
        cleanliness: room.cleanliness,
        occupancy: room.fo_occupancy,
        stay: room.stay,
        guest: room.guest.clone(),
        arrival: room.arrival.clone(),
        flags: flags(room),
        dnd_since: room.dnd_since.map(time),
        sellability: room.sellability.clone(),
        cannot_work,
        local_state: local_state(row.local, sending),
        contested: row.contested,
        on_hold,
        waiting: room.waiting().map(waiting),
        standing,
        if_type_waited: other(Circumstances { type_waited_for: true, ..usual }),
        if_soon: clock.soon_from(room).and_then(|from| {
            let standing = other(Circumstances { arrival_soon: true, ..usual })?;
            Some(Soon { from: time(from), standing })
        }),
    })
}

/// A proposal of the service, if this desk still has the task open and with nobody.
pub fn suggestion(row: &RoomRow, proposed: ProposedPerson, names: &Names) -> Option<SuggestedPerson> {
    let id = turndown_domain::TaskId(proposed.task);
    let task = row.unit.tasks.get(&id).filter(|task| task.is_open() && task.assignee.is_none())?;
    Some(SuggestedPerson {
        room_id: row.id.clone(),
        number: row.unit.room.number.clone(),
        kind: task.kind,
        task_id: id,
        name: names.name(&proposed.to),
        to: turndown_domain::StaffId(proposed.to),
        why: proposed.why,
        credits_left: proposed.credits_left,
        credits: task.credits,
    })
}

fn column(status: TaskStatus) -> Option<Column> {
    match status {
        TaskStatus::Ready => Some(Column::Dirty),
        TaskStatus::InProgress | TaskStatus::Paused => Some(Column::InProgress),
        TaskStatus::Completed => Some(Column::Clean),
        TaskStatus::Inspected => Some(Column::Inspected),
        TaskStatus::Cancelled => None,
    }
}

/// Why a task cannot be worked now. It stays on the board, marked and countable.
fn cannot_work(room: &Room, task: &Task) -> Option<CannotWork> {
    if !task.is_open() {
        return None;
    }
    if room.sellability.kind == SellabilityKind::OutOfOrder
        && !matches!(task.kind, TaskKind::DeepClean | TaskKind::Check)
    {
        return Some(CannotWork::OutOfOrder);
    }
    if room.dnd_since.is_some() {
        return Some(CannotWork::DoNotDisturb);
    }
    if room.double_lock {
        return Some(CannotWork::DoubleLock);
    }
    if room.refused {
        return Some(CannotWork::Refused);
    }
    (room.no_service && task.kind == TaskKind::Stayover).then_some(CannotWork::NoService)
}

#[cfg(test)]
mod tests {
    use super::*;
    use turndown_domain::{Arrival, Sellability};

    #[test]
    fn a_room_moves_up_the_hour_before_its_guest_is_due_by_the_hotels_clock() {
        let room = |eta: &str| Room {
            arrival: Some(Arrival { eta: Some(eta.into()), ..Arrival::default() }),
            ..Room::default()
        };
        for (day, zone, eta, expected) in [
            ("2016-03-25", Tz::Europe__Lisbon, "15:00", Some("2016-03-25T14:00:00+00:00")),
            ("2016-03-25", Tz::Asia__Kabul, "15:00", Some("2016-03-25T09:30:00+00:00")),
            // The clocks went forward at one: there is no half past one on that day.
            ("2016-03-27", Tz::Europe__Lisbon, "01:30", None),
            ("2016-03-25", Tz::Europe__Lisbon, "late", None),
            ("soon", Tz::Europe__Lisbon, "15:00", None),
        ] {
            let from = Clock { service_day: day, zone }.soon_from(&room(eta));
            assert_eq!(from.map(|from| from.to_rfc3339()).as_deref(), expected, "{day} {eta} {zone}");
        }
    }

    #[test]
    fn what_cannot_be_worked_is_marked_and_stays() {
        let out = Sellability {
            kind: SellabilityKind::OutOfOrder,
            assignable: false,
            deducts_inventory: true,
            reason: Some("leak".into()),
        };
        let broken = Room { sellability: out, ..Room::default() };
        assert_eq!(cannot_work(&broken, &Task::default()), Some(CannotWork::OutOfOrder));
        let deep = Task { kind: TaskKind::DeepClean, ..Task::default() };
        assert_eq!(cannot_work(&broken, &deep), None);
        let done = Task { status: TaskStatus::Completed, ..Task::default() };
        assert_eq!(cannot_work(&broken, &done), None);
    }
}
