//! The front desk's answer: which room can I give out now, and is that safe?

use super::{Names, flags, local_state, time, waiting};
use crate::dto::{ClaimShown, RackRoom, RackTask, SafeToGive};
use turndown_desk::RoomRow;
use turndown_domain::{Cleanliness, InspectionPolicy, Occupancy, Stay, Task, TaskId, TaskKind, TaskStatus, Unit};
use turndown_offline::LocalState;

/// A room of the rack.
pub fn rack_room(row: &RoomRow, sending: bool, policy: InspectionPolicy, stale: bool, names: &Names) -> RackRoom {
    let room = &row.unit.room;
    RackRoom {
        room_id: row.id.clone(),
        number: room.number.clone(),
        floor: room.floor.clone(),
        section: room.section.clone(),
        room_type: room.room_type.clone(),
        cleanliness: room.cleanliness,
        occupancy: room.fo_occupancy,
        hk_occupancy: room.hk_occupancy,
        discrepancy: room.is_discrepant(),
        stay: room.stay,
        guest: room.guest.clone(),
        arrival: room.arrival.clone(),
        flags: flags(room),
        sellability: room.sellability.clone(),
        claim: room.claim().map(|claim| ClaimShown {
            by: names.name(&claim.by.0),
            at: time(claim.at),
            guest: claim.guest.clone(),
        }),
        waiting: room.waiting().map(waiting),
        note: room.note.clone(),
        task: telling_task(&row.unit).map(|(id, task)| RackTask {
            task_id: id.clone(),
            kind: task.kind,
            status: task.status,
            assignee: task.assignee.as_ref().map(|person| names.name(&person.0)),
            priority: task.priority,
            rush: task.rush,
            started_at: task.started_at.map(time),
        }),
        safe: safe_to_give(row, policy, stale),
        local_state: local_state(row.local, sending),
        contested: row.contested,
    }
}

/// The task that says most about the room: one in progress, else one that waits, else the newest that is done.
fn telling_task(unit: &Unit) -> Option<(&TaskId, &Task)> {
    unit.tasks.iter().filter(|(_, task)| task.status != TaskStatus::Cancelled).max_by_key(|(_, task)| {
        let standing = match task.status {
            TaskStatus::InProgress => 4,
            TaskStatus::Paused => 3,
            TaskStatus::Ready => 2,
            _ => 1,
        };
        (standing, task.kind.cleans(), task.completed_at)
    })
}

/// Every reason counts by itself, and all are named: a person who overrides one has to know of the others.
pub(super) fn safe_to_give(row: &RoomRow, policy: InspectionPolicy, stale: bool) -> SafeToGive {
    let room = &row.unit.room;
    let cleaning = |task: &&Task| task.kind.cleans() && task.status != TaskStatus::Cancelled;
    let working =
        row.unit.tasks.values().any(|task| matches!(task.status, TaskStatus::InProgress | TaskStatus::Paused));
    // Somebody was sent to look and has not said what they found.
    let check_open = row.unit.tasks.values().any(|task| task.kind == TaskKind::Check && task.is_open());
    let guest_left = matches!(room.stay, Stay::Departed)
        || row
            .unit
            .tasks
            .values()
            .filter(cleaning)
            .any(|task| matches!(task.kind, TaskKind::Departure | TaskKind::Turnover));
    let inspection = match policy {
        InspectionPolicy::None => false,
        InspectionPolicy::Departures => guest_left,
        InspectionPolicy::All => true,
    };
    let reasons = [
        (room.fo_occupancy == Occupancy::Occupied, "occupied"),
        (room.claim().is_some(), "claimed"),
        (matches!(room.cleanliness, Cleanliness::Dirty | Cleanliness::Pickup), "dirty"),
        (room.cleanliness == Cleanliness::Clean && inspection, "not_inspected"),
        (!room.sellability.assignable, "not_assignable"),
        (working, "work_in_progress"),
        (row.local == LocalState::Conflict, "conflict"),
        (row.contested, "contested"),
        (check_open, "check_open"),
        (row.unreadable, "unreadable"),
        (row.local == LocalState::Failed, "unsent_failure"),
        (room.is_discrepant(), "discrepancy"),
        (stale, "stale"),
    ]
    .into_iter()
    .filter(|(holds, _)| *holds)
    .map(|(_, code)| code.to_owned())
    .collect::<Vec<_>>();
    SafeToGive { safe: reasons.is_empty(), reasons }
}

#[cfg(test)]
mod tests {
    use super::*;
    use turndown_domain::{Claim, Room, RoomId};

    fn row(room: Room, tasks: Vec<Task>, local: LocalState) -> RoomRow {
        let tasks = tasks.into_iter().enumerate().map(|(n, task)| (TaskId(n.to_string()), task)).collect();
        RoomRow { id: RoomId("412".into()), unit: Unit { room, tasks }, local, contested: false, unreadable: false }
    }

    #[test]
    fn a_room_is_safe_to_give_out_only_without_any_reason_against_it() {
        let clean = Room { cleanliness: Cleanliness::Clean, ..Room::default() };
        let inspected = Room { cleanliness: Cleanliness::Inspected, ..Room::default() };
        let departure = |status| Task { kind: TaskKind::Departure, status, ..Task::default() };
        let done = departure(TaskStatus::Completed);
        let p = InspectionPolicy::Departures;
        for (name, row, policy, stale, expected) in [
            ("clean, nobody left", row(clean.clone(), vec![], LocalState::Server), p, false, vec![]),
            (
                "clean after a departure",
                row(clean.clone(), vec![done.clone()], LocalState::Server),
                p,
                false,
                vec!["not_inspected"],
            ),
            (
                "the same without inspections",
                row(clean.clone(), vec![done.clone()], LocalState::Server),
                InspectionPolicy::None,
                false,
                vec![],
            ),
            (
                "clean where all are inspected",
                row(clean.clone(), vec![], LocalState::Server),
                InspectionPolicy::All,
                false,
                vec!["not_inspected"],
            ),
            (
                "inspected",
                row(inspected.clone(), vec![departure(TaskStatus::Inspected)], LocalState::Waiting),
                p,
                false,
                vec![],
            ),
            (
                "inspected, in conflict",
                row(inspected.clone(), vec![], LocalState::Conflict),
                p,
                false,
                vec!["conflict"],
            ),
            (
                "inspected, known too long ago",
                row(inspected.clone(), vec![], LocalState::Server),
                p,
                true,
                vec!["stale"],
            ),
            (
                "dirty and in work",
                row(Room::default(), vec![departure(TaskStatus::InProgress)], LocalState::Server),
                p,
                false,
                vec!["dirty", "work_in_progress"],
            ),
            (
                "somebody was sent to look",
                row(inspected.clone(), vec![Task { kind: TaskKind::Check, ..Task::default() }], LocalState::Server),
                p,
                false,
                vec!["check_open"],
            ),
            (
                "and has looked",
                row(
                    inspected.clone(),
                    vec![Task { kind: TaskKind::Check, status: TaskStatus::Completed, ..Task::default() }],
                    LocalState::Server,
                ),
                p,
                false,
                vec![],
            ),
            (
                "somebody gives it out already",
                row(
                    Room { claim: Some(Claim { turn: 3, ..Claim::default() }), turn: 3, ..inspected.clone() },
                    vec![],
                    LocalState::Server,
                ),
                p,
                false,
                vec!["claimed"],
            ),
            (
                "a claim of the guest before",
                row(
                    Room { claim: Some(Claim { turn: 3, ..Claim::default() }), turn: 4, ..inspected.clone() },
                    vec![],
                    LocalState::Server,
                ),
                p,
                false,
                vec![],
            ),
            (
                "a sleep: vacant on paper, somebody seen",
                row(Room { hk_occupancy: Some(Occupancy::Occupied), ..inspected }, vec![], LocalState::Server),
                p,
                false,
                vec!["discrepancy"],
            ),
        ] {
            assert_eq!(safe_to_give(&row, policy, stale).reasons, expected, "{name}");
        }
    }
}
