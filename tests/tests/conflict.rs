//! Both sides changed the same room: what does not touch merges and says so, what touches waits for a person, and both
//! sides stay in the record.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use serde_json::json;
use turndown_app::dto::{ConflictView, LinkMode, LocalState, OutboxFilter, OutboxState, Side, Situation, Tile};
use turndown_domain::{Action, Cleanliness, Role, TaskKind, TaskStatus};
use turndown_gates::journey::{complete, start};
use turndown_gates::{Desk, Journey, intent};
use turndown_protocol::Outcome;

/// The desk started and completed a task offline; elsewhere it was cancelled. Answers room and task.
fn cancelled_meanwhile(journey: &mut Journey) -> (String, String) {
    let tile = journey.workable().remove(0);
    let (room, task) = (tile.room_id.0.clone(), tile.task_id.0.clone());
    journey.outage();
    journey.desk.act(&room, start(&tile.task_id)).expect("recorded");
    journey.desk.act(&room, complete(&tile.task_id)).expect("recorded");
    journey.service.act(&["cancel", "--task", &task, "--reason", "guest extended"]);
    journey.relay.restore();
    journey.desk.wait_conflicts(1);
    (room, task)
}

fn field<'a>(view: &'a ConflictView, end: &str) -> &'a turndown_app::dto::ConflictField {
    view.fields.iter().find(|field| field.path.ends_with(end)).unwrap_or_else(|| panic!("{end} touches: {view:?}"))
}

#[test]
fn h16_h17_h28_a_change_on_both_sides_is_shown_field_by_field_and_both_sides_stay_in_the_record() {
    for side in [Side::Mine, Side::Theirs] {
        let mut journey = Journey::small();
        let (room, task) = cancelled_meanwhile(&mut journey);
        // H17: the code stands where people look.
        journey.desk.wait_for("the flush is summed up", |desk| {
            let flush = desk.sync().last_flush;
            flush.is_some_and(|flush| {
                flush.conflict_count == 1 && flush.code.as_deref() == Some("STATUS_CONFLICT_ON_FLUSH")
            })
        });
        let attention = journey.desk.outbox(OutboxFilter::Attention);
        assert_eq!(attention.len(), 2, "the conflict and what waits behind it");
        assert_eq!(journey.desk.tile(&task).local_state, LocalState::Conflict);

        let view = journey.desk.conflict(&room).expect("open");
        let status = field(&view, "/status");
        let (before, mine, theirs) = (&status.before, &status.mine, &status.theirs);
        assert!(before != mine && mine != theirs && before != theirs, "{status:?}");
        assert!(status.mine_by.is_some() && status.theirs_by.is_some() && status.chosen.is_none(), "{status:?}");
        assert!(status.if_mine.is_some() && status.if_theirs.is_some(), "{status:?}");

        // Nothing is decided by default, and half a decision is none.
        let undecided = ConflictView { fields: vec![], ..view.clone() };
        let refused = journey.desk.resolve(&undecided, |_| side).expect_err("incomplete");
        assert_eq!(refused.code, "CONFLICT_INCOMPLETE");
        // A double click decides once.
        let decision = intent();
        let one = journey.desk.resolve_as(&decision, &view, |_| side).expect("decided");
        let two = journey.desk.resolve_as(&decision, &view, |_| side).expect("decided");
        assert_eq!(one.event_id, two.event_id);
        journey.all_is_well();

        let row = journey.service.api().room(&room);
        let expected = if side == Side::Mine { "completed" } else { "cancelled" };
        assert_eq!(row.fields.get(&format!("task/{task}/status")), &json!(expected));
        assert!(row.contested.is_none(), "the mark is cleared");
        let audit = journey.service.api().audit();
        // Every answer has its entry; the last one stands.
        let of = |action: &str| {
            audit.iter().rfind(|entry| entry.action == action && entry.entity.id == room).expect("there")
        };
        assert_eq!(of("cancel_task").outcome, Outcome::Applied);
        assert_eq!(of("start").outcome, Outcome::Conflict);
        assert_eq!(of("complete").outcome, Outcome::Settled);
        assert!(matches!(of("resolve").outcome, Outcome::Applied | Outcome::Merged));
        let states: Vec<OutboxState> = journey
            .desk
            .outbox(OutboxFilter::Acknowledged)
            .into_iter()
            .filter(|row| row.entity_id == room)
            .map(|row| row.state)
            .collect();
        assert_eq!(states.iter().filter(|state| **state == OutboxState::Settled).count(), 2, "{states:?}");
    }
}

#[test]
fn a_contested_room_is_marked_at_every_desk_and_safe_at_none_until_it_is_decided() {
    let mut journey = Journey::small();
    let mut other = journey.another_desk();
    let (room, _) = cancelled_meanwhile(&mut journey);
    let contested = |desk: &mut Desk| {
        let rack = desk.front_desk().rooms.into_iter().find(|one| one.room_id.0 == room).expect("the room");
        if rack.contested {
            assert!(
                !rack.safe.safe && rack.safe.reasons.iter().any(|reason| reason == "contested" || reason == "conflict")
            );
        }
        rack.contested
    };
    other.wait_for("the mark", contested);
    journey.desk.wait_for("the mark", contested);
    let view = journey.desk.conflict(&room).expect("open");
    journey.desk.resolve(&view, |_| Side::Theirs).expect("decided");
    other.wait_for("the mark is gone", |desk| !contested(desk));
    journey.desk.wait_for("the mark is gone", |desk| !contested(desk));
    journey.all_is_well();
}

#[test]
fn h5_h6_a_decision_made_offline_that_meets_a_newer_row_asks_only_what_changed_again_and_the_next_one_settles_it() {
    let mut journey = Journey::small();
    let tile = journey.workable().remove(0);
    let (room, task) = (tile.room_id.0.clone(), tile.task_id.0.clone());
    let people: Vec<String> = journey
        .desk
        .state()
        .staff
        .into_iter()
        .filter(|person| {
            matches!(person.role, Role::Attendant | Role::Inspector) && Some(&person.id) != tile.assignee.as_ref()
        })
        .map(|person| person.id.0)
        .collect();
    assert!(!people.is_empty(), "somebody else works here");
    let mut office = journey.another_desk();
    journey.outage();
    journey.desk.act(&room, start(&tile.task_id)).expect("recorded");
    office.act(&room, Action::Reassign { task: tile.task_id.clone(), to: None }).expect("recorded");
    office.wait_drained();
    journey.relay.restore();
    journey.desk.wait_conflicts(1);
    let view = journey.desk.conflict(&room).expect("open");
    let asked: Vec<&str> = view.fields.iter().map(|field| field.path.as_str()).collect();
    assert_eq!(asked, [format!("task/{task}/assignee")]);

    // The other side moves on while the decision is made without a network, which survives a kill.
    journey.outage();
    journey.desk.resolve(&view, |_| Side::Mine).expect("decided, on disk");
    journey.desk.kill();
    journey.desk.restart();
    office
        .act(
            &room,
            Action::Reassign { task: tile.task_id.clone(), to: Some(turndown_domain::StaffId(people[0].clone())) },
        )
        .expect("recorded");
    office.wait_drained();
    journey.relay.restore();
    journey.desk.wait_conflicts(1);

    let again = journey.desk.conflict(&room).expect("open again");
    let field = field(&again, "/assignee");
    assert_eq!((field.chosen, field.changed_again), (Some(Side::Mine), true), "the choice is kept and asked again");
    assert!(again.version > view.version);
    journey.desk.resolve(&again, |_| Side::Mine).expect("decided");
    journey.all_is_well();
    let row = journey.service.api().room(&room);
    assert_eq!(row.fields.get(&format!("task/{task}/assignee")), &json!(tile.assignee));
    assert_eq!(row.fields.get(&format!("task/{task}/status")), &json!("in_progress"));
}

#[test]
fn a_decision_about_something_else_than_what_is_there_is_not_taken() {
    let mut journey = Journey::small();
    let (room, task) = cancelled_meanwhile(&mut journey);
    let view = journey.desk.conflict(&room).expect("open");
    // Something is recorded for the room while the resolver is open: it joins Mine.
    journey.desk.act(&room, Action::Note { text: Some("window".into()) }).expect("recorded");
    let refused = journey.desk.resolve(&view, |_| Side::Theirs).expect_err("joined");
    assert_eq!(refused.code, "CONFLICT_JOINED");
    let view = journey.desk.conflict(&room).expect("open");
    journey.desk.resolve(&view, |_| Side::Theirs).expect("decided");
    let refused = journey.desk.resolve(&view, |_| Side::Theirs).expect_err("gone");
    assert_eq!(refused.code, "CONFLICT_GONE");
    journey.all_is_well();
    let row = journey.service.api().room(&room);
    assert_eq!(row.fields.get(&format!("task/{task}/status")), &json!("cancelled"));
    assert_eq!(row.fields.get("room/note"), &json!("window"), "what did not touch was kept");
}

#[test]
fn h1_h3_what_does_not_touch_merges_and_says_so_and_the_same_end_on_both_sides_needs_nobody() {
    let mut journey = Journey::small();
    let tiles = journey.workable();
    let (merging, same) = (tiles[0].clone(), tiles[1].clone());
    let mut office = journey.another_desk();
    journey.outage();
    // They note something and change the priority; here the work is done.
    journey.desk.act(&merging.room_id.0, start(&merging.task_id)).expect("recorded");
    journey.desk.act(&merging.room_id.0, complete(&merging.task_id)).expect("recorded");
    office.act(&merging.room_id.0, Action::Note { text: Some("cot wanted".into()) }).expect("recorded");
    journey.service.act(&["rush", "--task", &merging.task_id.0]);
    // Both sides complete the same work.
    journey.desk.act(&same.room_id.0, start(&same.task_id)).expect("recorded");
    journey.desk.act(&same.room_id.0, complete(&same.task_id)).expect("recorded");
    journey.service.act(&["complete", "--task", &same.task_id.0]);
    office.wait_drained();
    journey.relay.restore();
    journey.all_is_well();
    assert_eq!(journey.desk.sync().conflicts, 0);
    let row = journey.service.api().room(&merging.room_id.0);
    let task = |member: &str| row.fields.get(&format!("task/{}/{member}", merging.task_id.0)).clone();
    assert_eq!(
        (task("status"), task("priority"), row.fields.get("room/note")),
        (json!("completed"), json!("urgent"), &json!("cot wanted"))
    );
    let merged = journey.desk.sync_center(OutboxFilter::All).merged;
    assert!(merged.iter().any(|note| note.title == merging.number), "what merged is shown: {merged:?}");
    assert!(merged.iter().any(|note| note.title == same.number), "what was the same is shown: {merged:?}");
    assert_eq!(journey.desk.tile(&same.task_id.0).status, TaskStatus::Completed);
}

#[test]
fn h18_what_fails_fails_alone_with_its_code_and_can_be_tried_again() {
    let mut journey = Journey::small();
    let tiles = journey.workable();
    let gone = journey.desk.person(Role::Attendant);
    journey.outage();
    // To somebody who does not work there any more, as the service knows and the desk does not.
    let failing = tiles.iter().find(|tile| tile.assignee.as_ref().is_none_or(|person| person.0 != gone));
    let failing = failing.map_or_else(
        || {
            let tile = tiles[0].clone();
            journey
                .desk
                .act(&tile.room_id.0, Action::Reassign { task: tile.task_id.clone(), to: None })
                .expect("recorded");
            tile
        },
        Clone::clone,
    );
    let to = Some(turndown_domain::StaffId(gone.clone()));
    let failed =
        journey.desk.act(&failing.room_id.0, Action::Reassign { task: failing.task_id.clone(), to }).expect("recorded");
    let behind = journey.desk.act(&failing.room_id.0, start(&failing.task_id)).expect("recorded");
    let others: Vec<_> = tiles.iter().filter(|tile| tile.room_id != failing.room_id).collect();
    for tile in &others {
        journey.desk.act(&tile.room_id.0, start(&tile.task_id)).expect("recorded");
    }
    let person = journey.service.let_go(&gone);
    journey.relay.restore();
    journey.desk.wait_drained();
    journey.desk.wait_for("the flush is summed up", |desk| {
        desk.sync().last_flush.is_some_and(|flush| flush.code.as_deref() == Some("OUTBOX_PARTIAL_FAILURE"))
    });
    let attention = journey.desk.outbox(OutboxFilter::Attention);
    let ids: Vec<&str> = attention.iter().map(|row| row.event_id.as_str()).collect();
    assert_eq!(ids, [failed.event_id.as_str(), behind.event_id.as_str()], "only its own room waits with it");
    assert_eq!(attention[0].state, OutboxState::Failed);
    assert!(attention[0].can_retry && attention[0].code.is_some() && attention[0].why.is_some(), "{:?}", attention[0]);
    assert_eq!(journey.desk.tile(&failing.task_id.0).local_state, LocalState::Failed);
    for tile in &others {
        assert_eq!(journey.desk.tile(&tile.task_id.0).local_state, LocalState::Server, "{}", tile.number);
    }
    // The person is back; trying again is a new event that settles the old one, and the lane goes on.
    journey.service.take_back(person);
    journey.desk.wait_online();
    journey.desk.retry(&failed.event_id).expect("tried again");
    journey.all_is_well();
    let row = journey.service.api().room(&failing.room_id.0);
    assert_eq!(row.fields.get(&format!("task/{}/assignee", failing.task_id.0)), &json!(gone));
    assert_eq!(row.fields.get(&format!("task/{}/status", failing.task_id.0)), &json!("in_progress"));
}

#[test]
fn h18_all_that_failed_is_tried_again_however_much_waits_between() {
    let mut journey = Journey::small();
    let gone = journey.desk.person(Role::Attendant);
    let has_it = |tile: &Tile| tile.assignee.as_ref().is_some_and(|person| person.0 == gone);
    let tiles: Vec<Tile> = journey.workable().into_iter().take(2).collect();
    for tile in tiles.iter().filter(|tile| has_it(tile)) {
        let nobody = Action::Reassign { task: tile.task_id.clone(), to: None };
        journey.desk.act(&tile.room_id.0, nobody).expect("recorded");
    }
    journey.desk.wait_drained();
    journey.outage();
    let to = Some(turndown_domain::StaffId(gone.clone()));
    // More than the Sync Center asks for at once.
    let notes = 510;
    for tile in &tiles {
        let given = Action::Reassign { task: tile.task_id.clone(), to: to.clone() };
        journey.desk.act(&tile.room_id.0, given).expect("recorded");
        for n in 0..notes * usize::from(tile.room_id == tiles[0].room_id) {
            let note = Action::Note { text: Some(format!("note {n}")) };
            journey.desk.act(&tile.room_id.0, note).expect("recorded");
        }
    }
    let person = journey.service.let_go(&gone);
    journey.relay.restore();
    journey.desk.wait_for("everything of it stops", |desk| desk.sync().ledger.attention == 2 + notes as u64);
    journey.service.take_back(person);
    journey.desk.wait_online();
    assert_eq!(journey.desk.retry_failed().expect("tried again"), (2, 0));
    journey.all_is_well();
    for tile in &tiles {
        let row = journey.service.api().room(&tile.room_id.0);
        assert_eq!(row.fields.get(&format!("task/{}/assignee", tile.task_id.0)), &json!(gone));
    }
    assert_eq!(journey.desk.retry_failed().expect("nothing to do"), (0, 0));
}

#[test]
fn h18_what_was_tried_again_in_vain_frees_its_room_once_a_later_try_is_taken_or_given_up() {
    let mut journey = Journey::small();
    let gone = journey.desk.person(Role::Attendant);
    let tiles: Vec<Tile> = journey.workable().into_iter().take(2).collect();
    let [taken, given_up] = tiles.as_slice() else { panic!("two rooms to work in: {tiles:?}") };
    let has_it = |tile: &Tile| tile.assignee.as_ref().is_some_and(|person| person.0 == gone);
    for tile in tiles.iter().filter(|tile| has_it(tile)) {
        let nobody = Action::Reassign { task: tile.task_id.clone(), to: None };
        journey.desk.act(&tile.room_id.0, nobody).expect("recorded");
    }
    journey.desk.wait_drained();
    journey.outage();
    for tile in [taken, given_up] {
        let to = Some(turndown_domain::StaffId(gone.clone()));
        journey.desk.act(&tile.room_id.0, Action::Reassign { task: tile.task_id.clone(), to }).expect("recorded");
        journey.desk.act(&tile.room_id.0, Action::Note { text: Some("behind it".into()) }).expect("recorded");
    }
    let person = journey.service.let_go(&gone);
    journey.relay.restore();
    let failed = |desk: &mut Desk, tile: &Tile| {
        let rows = desk.outbox(OutboxFilter::Attention);
        let row = rows.into_iter().find(|row| row.title == tile.number && row.state == OutboxState::Failed);
        row.map(|row| row.event_id)
    };
    for tile in [taken, given_up] {
        for _ in 0..2 {
            journey.desk.wait_for("it failed", |desk| failed(desk, tile).is_some());
            let before = failed(&mut journey.desk, tile).expect("it was waited for");
            journey.desk.retry(&before).expect("tried again");
            journey.desk.wait_for("it failed again", |desk| failed(desk, tile).is_some_and(|now| now != before));
        }
    }
    // The earlier tries say that they go with the newest, which alone has something to press.
    let rows = journey.desk.outbox(OutboxFilter::Attention);
    let earlier: Vec<_> = rows.iter().filter(|row| row.action == "reassign" && !row.can_retry).collect();
    assert_eq!(earlier.len(), 4, "two rooms, two earlier tries each: {rows:#?}");
    for row in earlier {
        assert!(
            row.why.as_ref().is_some_and(|why| *why == "It was tried again, and that try needs a look."),
            "{row:#?}"
        );
    }
    let last = failed(&mut journey.desk, given_up).expect("failed");
    journey.desk.discard(&last, "nobody of that name").expect("given up");
    journey
        .desk
        .wait_for("it is given up", |desk| desk.outbox(OutboxFilter::Discarded).iter().any(|row| row.event_id == last));
    // The room's story says so, with the service and without.
    for is_cut in [false, true] {
        if is_cut {
            journey.outage();
        }
        let story = journey.desk.story(&given_up.room_id.0).expect("told");
        assert_eq!(story.alone.is_some(), is_cut);
        let line = story.lines.iter().find(|line| line.event_id == last).expect("its line");
        let told: Vec<String> = line.steps.iter().map(|step| step.what.to_string()).collect();
        assert!(line.came_to_nothing && !line.attention, "{line:?}");
        assert!(told.iter().any(|step| step.contains("gave it up: nobody of that name")), "{told:?}");
        assert!(!told.iter().any(|step| step == "Taken by the service"), "{told:?}");
    }
    journey.relay.restore();
    let rows = journey.desk.outbox(OutboxFilter::All);
    let row = rows.iter().find(|row| row.event_id == last).expect("it stays in the record");
    let why = row.why.as_ref().map(ToString::to_string).unwrap_or_default();
    assert!(why.ends_with("gave it up: nobody of that name."), "by whom and why: {row:?}");
    journey.service.take_back(person);
    journey.desk.wait_online();
    let last = failed(&mut journey.desk, taken).expect("failed");
    journey.desk.retry(&last).expect("tried again");
    journey.desk.wait_for("nothing needs a look", |desk| desk.sync().ledger.attention == 0);
    journey.all_is_well();
    let before = given_up.assignee.as_ref().filter(|_| !has_it(given_up));
    for (tile, assignee) in [(taken, json!(gone)), (given_up, json!(before))] {
        let row = journey.service.api().room(&tile.room_id.0);
        let to = row.fields.get(&format!("task/{}/assignee", tile.task_id.0));
        let behind = row.fields.get("room/note");
        assert_eq!((to, behind), (&assignee, &json!("behind it")), "what waited behind it went on");
    }
}

#[test]
fn work_for_a_guest_who_left_completes_its_own_task_and_never_the_present_state_of_the_room() {
    let mut journey = Journey::small();
    let mut office = journey.another_desk();
    let tile = journey
        .workable()
        .into_iter()
        .find(|tile| matches!(tile.kind, TaskKind::Departure | TaskKind::Turnover))
        .expect("somebody leaves today");
    let (room, task) = (tile.room_id.0.clone(), tile.task_id.clone());
    journey.outage();
    journey.desk.act(&room, start(&task)).expect("recorded");
    journey.desk.act(&room, complete(&task)).expect("recorded");
    // Meanwhile the room got its next guest.
    if tile.occupancy == turndown_domain::Occupancy::Occupied {
        office.act(&room, Action::Departed {}).expect("recorded");
    }
    office.act(&room, Action::Arrived {}).expect("recorded");
    office.wait_drained();
    journey.relay.restore();
    journey.desk.wait_conflicts(1);
    let view = journey.desk.conflict(&room).expect("open");
    let paths: Vec<&str> = view.fields.iter().map(|field| field.path.as_str()).collect();
    assert_eq!(paths, ["room/cleanliness"], "only the present state of the room is asked about: {view:?}");
    assert_eq!(view.situation, Situation::PreviousTurn);
    assert!(
        [tile.number.as_str(), "the guest who had room"].iter().all(|words| view.summary.to_string().contains(words)),
        "{}",
        view.summary
    );
    let suggested = view.fields[0].suggestion.as_ref().expect("a suggestion, which nobody has to see");
    assert_eq!(
        (suggested.side, suggested.reason.to_string().as_str()),
        (Side::Theirs, "What was done here was for the guest before.")
    );
    let turn = journey.service.api().room(&room).fields.get("room/turn").clone();
    journey.desk.resolve(&view, |_| Side::Theirs).expect("decided");
    journey.all_is_well();
    let row = journey.service.api().room(&room);
    assert_eq!(row.fields.get(&format!("task/{}/status", task.0)), &json!("completed"), "its own task is done");
    assert_eq!(row.fields.get("room/cleanliness"), &json!(Cleanliness::Dirty), "the next guest's room is as it was");
    assert_eq!(row.fields.get("room/turn"), &turn);
}

#[test]
fn a_single_action_from_elsewhere_and_the_desks_own_edit_of_the_same_task_meet_as_a_conflict_and_its_repetition_as_nothing()
 {
    let mut journey = Journey::small();
    let tile = journey.workable().remove(0);
    let (room, task) = (tile.room_id.0.clone(), tile.task_id.0.clone());
    let lead = journey.desk.person(Role::Lead);
    journey.desk.set_link(LinkMode::Unplugged);
    journey.desk.wait_not_online();
    journey.desk.act(&room, start(&tile.task_id)).expect("recorded");
    let mut api = journey.service.api();
    let key = intent();
    let cancel = json!({ "reason": "room change" });
    let first = api.single_with_key(&key, &task, "cancel", &lead, &cancel);
    assert_eq!((first.status, first.replayed), (200, false), "{}", first.body);
    journey.desk.set_link(LinkMode::Auto);
    journey.desk.wait_conflicts(1);
    let contested = api.room(&room);
    assert!(contested.contested.is_some());
    // The other workplace's own retry changes nothing meanwhile, and another request under its key is refused.
    let again = api.single_with_key(&key, &task, "cancel", &lead, &cancel);
    assert_eq!((again.status, again.replayed, again.body), (200, true, first.body));
    let reused = api.single_with_key(&key, &task, "start", &lead, &json!({}));
    assert_eq!((reused.status, &reused.body["code"]), (409, &json!("IDEMPOTENCY_FINGERPRINT_MISMATCH")));
    let illegal = api.single(&task, "start", &lead, &json!({}));
    assert_eq!((illegal.status, &illegal.body["code"]), (409, &json!("INVALID_STATE_TRANSITION")));
    assert_eq!(illegal.body["currentState"], json!("cancelled"));
    assert_eq!(api.room(&room).version, contested.version);
    let view = journey.desk.conflict(&room).expect("open");
    journey.desk.resolve(&view, |_| Side::Mine).expect("decided");
    journey.all_is_well();
    let row = api.room(&room);
    assert_eq!(row.fields.get(&format!("task/{task}/status")), &json!("in_progress"));
    assert!(row.contested.is_none());
}
