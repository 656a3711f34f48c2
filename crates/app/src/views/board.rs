//! The board's tiles and their order.

use super::{flags, local_state, time};
use crate::dto::{CannotWork, Column, Tile};
use turndown_desk::RoomRow;
use turndown_domain::{Cleanliness, Occupancy, Priority, Room, SellabilityKind, Stay, Task, TaskKind, TaskStatus};

/// The tiles of a room: every task that is not cancelled.
pub fn tiles(row: &RoomRow, sending: bool, on_hold: bool) -> Vec<Tile> {
    row.unit.tasks.iter().filter_map(|(id, task)| tile(row, &id.0, task, sending, on_hold)).collect()
}

fn tile(row: &RoomRow, id: &str, task: &Task, sending: bool, on_hold: bool) -> Option<Tile> {
    let room = &row.unit.room;
    let cannot_work = cannot_work(room, task);
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
        rank: rank(room, task, cannot_work.is_some()),
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

/// Where a task stands in its column: the trade's ladder. Vacant rooms that somebody waits for come first, by VIP
/// and arrival time; then vacant rooms; then occupied ones; guests who have not left yet and rooms that cannot be
/// worked come last. A touch-up stands before a clean, because it frees its room sooner.
fn rank(room: &Room, task: &Task, cannot_work: bool) -> u32 {
    let vacant = room.fo_occupancy == Occupancy::Vacant;
    let awaited = room.arrival.is_some() && vacant;
    let vip = room.arrival.as_ref().is_some_and(|a| a.vip) || room.guest.as_ref().is_some_and(|g| g.vip);
    let high = task.priority == Priority::High;
    let rung = match () {
        () if cannot_work => 900,
        () if task.rush => 0,
        () if task.priority == Priority::Urgent => 20,
        () if awaited && vip => 100,
        () if awaited => 120,
        () if vacant && high => 200,
        () if vacant && room.cleanliness == Cleanliness::Pickup => 300,
        () if vacant => 320,
        () if matches!(room.stay, Stay::DueOut | Stay::Turnover) => 700 - if high { 50 } else { 0 },
        () if high || vip => 500,
        () => 520,
    };
    let later = if task.priority == Priority::Low { 40 } else { 0 };
    // Within a rung the earliest arrival first; without a time, after those with one.
    let minutes = room
        .arrival
        .as_ref()
        .and_then(|arrival| arrival.eta.as_deref())
        .and_then(|eta| eta.split_once(':'))
        .and_then(|(h, m)| Some(h.parse::<u32>().ok()? * 60 + m.parse::<u32>().ok()?))
        .unwrap_or(24 * 60);
    (rung + later) * 10_000 + minutes
}

#[cfg(test)]
mod tests {
    use super::*;
    use turndown_domain::{Arrival, Sellability};

    fn room(occupied: bool, arrival: Option<(&str, bool)>) -> Room {
        Room {
            fo_occupancy: if occupied { Occupancy::Occupied } else { Occupancy::Vacant },
            arrival: arrival.map(|(eta, vip)| Arrival { eta: Some(eta.into()), vip, ..Arrival::default() }),
            ..Room::default()
        }
    }

    #[test]
    fn the_ladder_puts_awaited_rooms_first_and_what_cannot_be_worked_last() {
        let task = Task::default();
        let rush = Task { rush: true, ..Task::default() };
        let high = Task { priority: Priority::High, ..Task::default() };
        let ladder = [
            rank(&room(true, None), &rush, false),
            rank(&room(false, Some(("15:00", true))), &task, false),
            rank(&room(false, Some(("12:00", false))), &task, false),
            rank(&room(false, Some(("14:00", false))), &task, false),
            rank(&room(false, None), &task, false),
            rank(&room(true, None), &high, false),
            rank(&room(true, None), &task, false),
            rank(&Room { stay: Stay::DueOut, ..room(true, None) }, &task, false),
            rank(&room(false, Some(("12:00", true))), &task, true),
        ];
        assert!(ladder.is_sorted(), "{ladder:?}");
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
