//! What came of a period: each action in words, and each room once with what changed for the front desk.

use super::front_desk::safe_to_give;
use super::{Names, outbox};
use crate::dto::{CameTo, Outage, ReportDecision, ReportPerson, ReportRow, ReportSums, RoomEffect, RoomOutcome};
use crate::outages::PLANNED;
use crate::words;
use std::collections::BTreeMap;
use turndown_desk::RoomRow;
use turndown_domain::{InspectionPolicy, Occupancy, Room, SellabilityKind, Stay, Unit};
use turndown_offline::{LocalState, OutboxState, PeriodEntity, PeriodRow, PeriodSums};
use turndown_phrase::{Phrase, phrase};
use turndown_protocol::{Change, Event};

/// An outage as screens show it.
pub fn outage(outage: &turndown_offline::Outage) -> Outage {
    Outage {
        id: outage.id,
        began_at: outage.began_at.clone(),
        ended_at: outage.ended_at.clone(),
        code: outage.code.clone(),
        planned: outage.code == PLANNED,
        actions: outage.until_seq - outage.after_seq.min(outage.until_seq),
    }
}

/// The sums.
pub fn sums(sums: &PeriodSums) -> ReportSums {
    ReportSums {
        recorded: sums.recorded,
        taken: sums.taken,
        merged: sums.merged,
        decided: sums.decided,
        given_up: sums.given_up,
        waiting: sums.waiting,
        attention: sums.attention,
        balanced: sums.is_balanced(),
    }
}

/// Who did how much.
pub fn people(actors: &[(String, u64)], names: &Names) -> Vec<ReportPerson> {
    actors.iter().map(|(id, actions)| ReportPerson { name: names.person(id), actions: *actions }).collect()
}

/// What an action came to.
pub fn came_to(came_to: turndown_offline::CameTo) -> CameTo {
    use turndown_offline::CameTo as Stored;
    match came_to {
        Stored::Taken => CameTo::Taken,
        Stored::Merged => CameTo::Merged,
        Stored::Decided => CameTo::Decided,
        Stored::GivenUp => CameTo::GivenUp,
        Stored::Waiting => CameTo::Waiting,
        Stored::Attention => CameTo::Attention,
    }
}

/// The same the other way round.
pub fn stored(came_to: CameTo) -> turndown_offline::CameTo {
    use turndown_offline::CameTo as Stored;
    match came_to {
        CameTo::Taken => Stored::Taken,
        CameTo::Merged => Stored::Merged,
        CameTo::Decided => Stored::Decided,
        CameTo::GivenUp => Stored::GivenUp,
        CameTo::Waiting => Stored::Waiting,
        CameTo::Attention => Stored::Attention,
    }
}

/// One action.
pub fn row(row: &PeriodRow, unit: Option<&Unit>, names: &Names) -> ReportRow {
    let event = &row.sealed.event;
    let came_to = came_to(row.came_to);
    let open = matches!(came_to, CameTo::Waiting | CameTo::Attention);
    let behind = (came_to == CameTo::Attention && row.state == Some(OutboxState::Held))
        .then(|| phrase!("It waits for an earlier action of the same room."));
    ReportRow {
        event_id: event.event_id.to_string(),
        local_seq: event.local_seq,
        entity_kind: event.entity.kind.clone(),
        entity_id: event.entity.id.clone(),
        title: outbox::title(&event.entity, unit),
        summary: words::summary(event, unit, names),
        actor: names.person(event.actor_id.as_str()),
        recorded_at: event.recorded_at.clone(),
        offline: event.mode == turndown_protocol::Mode::Offline,
        came_to,
        conflict: row.state == Some(OutboxState::Conflict),
        accepted_at: row.acknowledged_at.clone(),
        seq: row.seq,
        code: row.last_code.clone().filter(|_| open),
        why: behind
            .or_else(|| outbox::last_said(row.last_code.as_deref(), row.last_message.as_deref()))
            .filter(|_| open),
        decision: row.decision.as_ref().map(|decision| self::decision(&decision.event, names)),
        began: None,
    }
}

fn decision(event: &Event, names: &Names) -> ReportDecision {
    ReportDecision { what: decided(event), actor: names.person(event.actor_id.as_str()), at: event.recorded_at.clone() }
}

fn decided(event: &Event) -> Phrase {
    let sides: Vec<&str> = match event.args["choices"].as_object() {
        Some(choices) => choices.values().filter_map(|side| side.as_str()).collect(),
        None => vec![],
    };
    let all = |side: &str| sides.iter().all(|one| *one == side);
    match event.action.as_str() {
        "resolve" if sides.is_empty() => phrase!("Both sides had done the same"),
        "resolve" if all("mine") => phrase!("Kept what was done at this desk"),
        "resolve" if all("theirs") => phrase!("Took what the service had"),
        "resolve" => phrase!("Chose field by field"),
        "discard" => {
            phrase!("Gave it up: {reason}", reason = event.args["reason"].as_str().unwrap_or_default())
        }
        _ => phrase!("Tried again"),
    }
}

/// What came of one room. `room` is how this desk sees it now.
pub fn room(
    outcome: &PeriodEntity,
    room: Option<&RoomRow>,
    last: Option<Phrase>,
    policy: InspectionPolicy,
) -> RoomOutcome {
    let mut effects = room.map(|row| effects(row, &outcome.changes, policy)).unwrap_or_default();
    if (outcome.conflict || room.is_some_and(|row| row.contested)) && !effects.contains(&RoomEffect::Contested) {
        effects.push(RoomEffect::Contested);
        effects.sort_unstable();
    }
    RoomOutcome {
        entity_kind: outcome.entity.kind.clone(),
        entity_id: outcome.entity.id.clone(),
        title: outbox::title(&outcome.entity, room.map(|row| &row.unit)),
        effects,
        sums: sums(&outcome.sums),
        conflict: outcome.conflict,
        failed: outcome.failed.is_some(),
        last,
    }
}

/// What the changes of this desk made of a room for the front desk: the room as it is now beside the room as it would be
/// without them. A change that no longer stands, because somebody decided otherwise or went on, has no effect any more.
fn effects(row: &RoomRow, changes: &BTreeMap<String, Change>, policy: InspectionPolicy) -> Vec<RoomEffect> {
    let mut without = row.unit.to_fields();
    for (path, change) in changes {
        if without.get(path) == &change.new {
            without.set(path.clone(), change.base.clone());
        }
    }
    // A room that this build cannot read is never called safe, and nothing is said of it.
    let Ok(before) = Unit::from_fields(&without) else { return vec![] };
    let now = &row.unit;
    let calm = RoomRow { unit: before, local: LocalState::Server, contested: false, ..row.clone() };
    let (was_safe, is_safe) = (safe_to_give(&calm, policy, false).safe, safe_to_give(row, policy, false).safe);
    let (before, tasks_before) = (&calm.unit.room, &calm.unit.tasks);
    let room = &now.room;
    let became = |test: fn(&Room) -> bool| test(room) && !test(before);
    let in_use = |room: &Room| room.sellability.kind == SellabilityKind::InService;
    let rush = now
        .tasks
        .iter()
        .any(|(id, task)| task.rush && task.is_open() && !tasks_before.get(id).is_some_and(|before| before.rush));
    [
        (is_safe && !was_safe, RoomEffect::Ready),
        (was_safe && !is_safe, RoomEffect::NotReady),
        (
            became(|room| room.stay == Stay::Departed)
                || (room.fo_occupancy == Occupancy::Vacant && before.fo_occupancy == Occupancy::Occupied),
            RoomEffect::Departed,
        ),
        (became(|room| room.fo_occupancy == Occupancy::Occupied), RoomEffect::Arrived),
        (in_use(before) && !in_use(room), RoomEffect::OutOfUse),
        (!in_use(before) && in_use(room), RoomEffect::BackInService),
        (became(|room| room.dnd_since.is_some()), RoomEffect::DoNotDisturb),
        (became(|room| room.dnd_since.is_none()), RoomEffect::DoNotDisturbGone),
        (became(|room| room.refused || room.no_service), RoomEffect::Refused),
        (became(|room| room.double_lock), RoomEffect::DoubleLock),
        (rush, RoomEffect::Rush),
        (became(Room::is_discrepant), RoomEffect::Discrepancy),
    ]
    .into_iter()
    .filter_map(|(holds, effect)| holds.then_some(effect))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};
    use turndown_domain::{Cleanliness, RoomId, Sellability, Task, TaskId, TaskKind, TaskStatus};

    fn row(room: Room, task: Task) -> RoomRow {
        let unit = Unit { room, tasks: [(TaskId("t1".into()), task)].into() };
        RoomRow { id: RoomId("412".into()), unit, local: LocalState::Server, contested: false, unreadable: false }
    }

    fn change(path: &str, base: Value, new: Value) -> (String, Change) {
        (path.to_owned(), Change { base, new })
    }

    fn found(row: &RoomRow, changes: Vec<(String, Change)>) -> Vec<RoomEffect> {
        effects(row, &changes.into_iter().collect(), InspectionPolicy::Departures)
    }

    #[test]
    fn what_this_desk_did_is_told_by_what_it_means_for_the_front_desk() {
        let clean = Room { cleanliness: Cleanliness::Inspected, ..Room::default() };
        let done = Task { kind: TaskKind::Departure, status: TaskStatus::Inspected, ..Task::default() };
        let cleaned = || change("room/cleanliness", json!("dirty"), json!("inspected"));
        assert_eq!(found(&row(clean.clone(), done.clone()), vec![cleaned()]), [RoomEffect::Ready]);

        let out = Sellability {
            kind: SellabilityKind::OutOfOrder,
            deducts_inventory: true,
            assignable: false,
            reason: Some("leak".into()),
        };
        let broken = Room { sellability: out.clone(), ..clean.clone() };
        let put_out = change("room/sellability", json!(Sellability::default()), json!(out));
        assert_eq!(found(&row(broken, done.clone()), vec![put_out]), [RoomEffect::NotReady, RoomEffect::OutOfUse]);

        let left = Room { stay: Stay::Departed, ..Room::default() };
        let gone = vec![
            change("room/stay", json!("due_out"), json!("departed")),
            change("room/fo_occupancy", json!("occupied"), json!("vacant")),
        ];
        assert_eq!(found(&row(left, Task::default()), gone), [RoomEffect::Departed]);

        let flagged = Room { dnd_since: "2016-03-25T09:00:00Z".parse().ok(), refused: true, ..Room::default() };
        let set = vec![
            change("room/dnd_since", Value::Null, json!("2016-03-25T09:00:00Z")),
            change("room/refused", Value::Null, json!(true)),
            change("task/t1/rush", json!(false), json!(true)),
        ];
        let rushed = Task { rush: true, ..Task::default() };
        let told = [RoomEffect::DoNotDisturb, RoomEffect::Refused, RoomEffect::Rush];
        assert_eq!(found(&row(flagged, rushed), set), told);
    }

    #[test]
    fn what_does_not_matter_to_the_front_desk_or_does_not_stand_any_more_is_no_effect() {
        let dirty = Room { note: Some("cot".into()), ..Room::default() };
        let noted = change("room/note", Value::Null, json!("cot"));
        let started = change("task/t1/status", json!("ready"), json!("in_progress"));
        let at_work = Task { status: TaskStatus::InProgress, ..Task::default() };
        assert_eq!(found(&row(dirty.clone(), at_work), vec![noted, started]), []);
        // Somebody decided otherwise: the room is dirty whatever this desk had made of it.
        let cleaned = change("room/cleanliness", json!("dirty"), json!("inspected"));
        assert_eq!(found(&row(dirty, Task::default()), vec![cleaned]), []);
    }

    #[test]
    fn a_room_in_conflict_is_not_ready_whatever_was_done_in_it() {
        let clean = Room { cleanliness: Cleanliness::Inspected, ..Room::default() };
        let done = Task { status: TaskStatus::Inspected, ..Task::default() };
        let contested = RoomRow { local: LocalState::Conflict, contested: true, ..row(clean, done) };
        let cleaned = change("room/cleanliness", json!("dirty"), json!("inspected"));
        assert_eq!(found(&contested, vec![cleaned]), []);
    }
}
