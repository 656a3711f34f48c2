//! What people do to a desk while work waits: they sign out, their page goes away, they look at what stands still.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use serde_json::json;
use turndown_app::dto::{OutboxFilter, OutboxState, Tile};
use turndown_domain::{Action, Role, StaffId};
use turndown_gates::journey::{complete, start};
use turndown_gates::{Journey, intent};

#[test]
fn f5_signing_out_with_work_waiting_deletes_none_of_it_and_it_still_goes() {
    let mut journey = Journey::small();
    let tiles = journey.workable();
    let author = journey.desk.person(Role::Lead);
    journey.outage();
    for tile in &tiles[..3] {
        journey.desk.act(&tile.room_id.0, start(&tile.task_id)).expect("recorded");
    }
    let waiting = journey.desk.sync().ledger.waiting;
    journey.desk.ask::<()>("sign_out", json!({})).expect("signed out");
    assert!(journey.desk.sync().ledger.waiting >= waiting, "nothing of it went");
    journey.desk.stop();
    journey.desk.restart();
    assert!(journey.desk.sync().ledger.waiting >= waiting, "nor with the desk closed and opened");
    // Nobody is signed in; it is the desk that sends.
    journey.relay.restore();
    journey.desk.wait_drained();
    let audit = journey.service.api().audit();
    for tile in &tiles[..3] {
        let entry = audit.iter().find(|entry| entry.entity.id == tile.room_id.0 && entry.action == "start");
        assert_eq!(entry.expect("it arrived").actor_id, author, "under the name of who did it");
    }
    journey.all_is_well();
}

#[test]
fn j3_a_caller_that_goes_away_in_the_middle_makes_no_second_event_and_stops_no_flush() {
    let mut journey = Journey::small();
    let tiles = journey.workable();
    for tile in &tiles[..4] {
        // The page sends the command and is gone before the answer; the new page sends the same gesture again.
        let gesture = intent();
        journey.desk.begin_act(&gesture, &tile.room_id.0, start(&tile.task_id)).expect("sent");
        let again = journey.desk.act_as(&gesture, &tile.room_id.0, start(&tile.task_id)).expect("recorded");
        let next = journey.desk.act(&tile.room_id.0, complete(&tile.task_id)).expect("recorded");
        assert_ne!(again.event_id, next.event_id);
    }
    journey.desk.wait_drained();
    let trail = journey.desk.trail();
    for tile in &tiles[..4] {
        let of = |action: &str| {
            trail.iter().filter(|entry| entry.event.entity.id == tile.room_id.0 && entry.event.action == action).count()
        };
        assert_eq!((of("start"), of("complete")), (1, 1), "room {}", tile.number);
    }
    journey.all_is_well();
}

#[test]
fn l2_what_needs_a_person_says_why_and_what_next_and_can_be_exported() {
    let mut journey = Journey::small();
    let tiles = journey.workable();
    let gone = journey.desk.person(Role::Attendant);
    journey.outage();
    // One that will be refused with something behind it, and one that will conflict.
    let (refused, contested) = (&tiles[0], &tiles[1]);
    journey.desk.act(&refused.room_id.0, Action::Reassign { task: refused.task_id.clone(), to: None }).ok();
    let to = Some(StaffId(gone.clone()));
    journey.desk.act(&refused.room_id.0, Action::Reassign { task: refused.task_id.clone(), to }).expect("recorded");
    journey.desk.act(&refused.room_id.0, start(&refused.task_id)).expect("recorded");
    journey.desk.act(&contested.room_id.0, start(&contested.task_id)).expect("recorded");
    journey.service.act(&["cancel", "--task", &contested.task_id.0, "--reason", "guest extended"]);
    journey.service.let_go(&gone);
    journey.relay.restore();
    journey.desk.wait_drained();
    journey.desk.wait_for("both stand still", |desk| {
        let states: Vec<OutboxState> = desk.outbox(OutboxFilter::Attention).iter().map(|row| row.state).collect();
        states.contains(&OutboxState::Failed) && states.contains(&OutboxState::Conflict)
    });
    let rows = journey.desk.outbox(OutboxFilter::Attention);
    for row in &rows {
        assert!(
            row.summary != "" && (row.entity_kind == "desk" || !row.title.is_empty()) && row.actor != "",
            "its content: {row:?}"
        );
        assert!(row.why.as_ref().is_some_and(|why| *why != ""), "why: {row:?}");
        match row.state {
            OutboxState::Held => assert!(row.waits_for.is_some(), "for what: {row:?}"),
            _ => assert!(row.next_step.is_some() && row.code.is_some(), "what next: {row:?}"),
        }
    }
    let file = journey.desk.export_waiting().expect("exported");
    let text = std::fs::read_to_string(file).expect("the file");
    for row in &rows {
        let named = format!("\"event_id\":\"{}\"", row.event_id);
        assert_eq!(text.lines().filter(|line| line.contains(&named)).count(), 1, "its bytes: {}", row.event_id);
    }
}

#[test]
fn h10_whoever_could_do_what_nobody_has_is_proposed_with_the_reason_and_only_while_the_service_is_there() {
    let mut journey = Journey::small();
    assert!(journey.desk.suggestions().list.is_empty(), "everything is given to somebody");
    let tiles: Vec<Tile> = journey.workable().into_iter().filter(|tile| tile.assignee.is_some()).take(2).collect();
    for tile in &tiles {
        let nobody = Action::Reassign { task: tile.task_id.clone(), to: None };
        journey.desk.act(&tile.room_id.0, nobody).expect("recorded");
    }
    journey.desk.wait_drained();
    let proposed = journey.desk.suggestions();
    assert!(proposed.problem.is_none());
    let tasks: Vec<_> = proposed.list.iter().map(|each| &each.task_id).collect();
    assert!(tasks.len() == 2 && tiles.iter().all(|tile| tasks.contains(&&tile.task_id)), "{proposed:?}");
    assert!(proposed.list.iter().all(|each| !each.name.is_empty() && !each.why.is_empty()), "{proposed:?}");
    assert_eq!(journey.desk.suggestions(), proposed, "the same hotel, the same answer");

    // What this desk gave somebody meanwhile is proposed no more, before the service has heard of it.
    let taken = &proposed.list[0];
    journey.desk.pause_sending(true);
    let accept = Action::Reassign { task: taken.task_id.clone(), to: Some(taken.to.clone()) };
    journey.desk.act(&taken.room_id.0, accept).expect("recorded");
    let left: Vec<_> = journey.desk.suggestions().list.into_iter().map(|each| each.task_id).collect();
    assert_eq!(left, [proposed.list[1].task_id.clone()]);
    journey.desk.pause_sending(false);

    journey.outage();
    let away = journey.desk.suggestions();
    assert!(away.list.is_empty() && away.problem.is_none(), "gone without a trace: {away:?}");
    journey.relay.restore();
    journey.all_is_well();
}
