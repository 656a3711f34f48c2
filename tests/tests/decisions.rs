//! What a person can decide about a conflict, and what follows from it at every desk and at the service.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use serde_json::json;
use turndown_app::dto::{
    Authorship, ConflictField, ConflictView, FieldChoice, OutboxFilter, RowUndo, Side, Situation, Tile,
};
use turndown_domain::{
    Action, Cleanliness, InspectionResult, Sellability, SellabilityKind, ServiceFlag, StaffId, TaskKind, TaskStatus,
    Verdict,
};
use turndown_gates::journey::{complete, start};
use turndown_gates::{Desk, Journey, intent};

fn note(text: &str) -> Action {
    Action::Note { text: Some(text.into()) }
}

fn do_all(desk: &mut Desk, tile: &Tile, actions: Vec<Action>) {
    for action in actions {
        desk.act(&tile.room_id.0, action).expect("recorded");
    }
}

/// Both desks act on one room while this one has no network. Answers the conflict that it comes to.
fn both(journey: &mut Journey, office: &mut Desk, tile: &Tile, mine: Vec<Action>, theirs: Vec<Action>) -> ConflictView {
    journey.outage();
    do_all(&mut journey.desk, tile, mine);
    do_all(office, tile, theirs);
    office.wait_drained();
    journey.relay.restore();
    journey.desk.wait_conflicts(1);
    journey.desk.conflict(&tile.room_id.0).expect("open")
}

fn safe_reasons(desk: &mut Desk, room: &str) -> Vec<String> {
    let rack = desk.front_desk().rooms.into_iter().find(|one| one.room_id.0 == room).expect("the room");
    rack.safe.reasons
}

#[test]
fn h16_each_situation_is_told_in_its_own_sentence() {
    let mut journey = Journey::small();
    let mut office = journey.another_desk();
    let tiles = journey.workable();
    let task = |at: usize| tiles[at].task_id.clone();
    let somebody = journey.desk.state().staff.into_iter().map(|person| person.id);
    let somebody = somebody.into_iter().find(|id| Some(id) != tiles[2].assignee.as_ref()).expect("somebody else");
    // The room that will be inspected elsewhere is done before.
    do_all(&mut journey.desk, &tiles[3], vec![start(&task(3)), complete(&task(3))]);
    journey.desk.wait_drained();
    office.wait_for("the clean is there", |desk| desk.tile(&tiles[3].task_id.0).status == TaskStatus::Completed);
    let out = Sellability {
        kind: SellabilityKind::OutOfOrder,
        deducts_inventory: true,
        assignable: false,
        reason: Some("leak".into()),
    };
    let cancel = |at: usize| Action::CancelTask { task: task(at), reason: "guest extended".into() };
    let pass = Verdict { result: InspectionResult::Pass, reason: None };
    let worked = |at: usize| vec![start(&task(at)), complete(&task(at))];
    let situations = [
        (
            0,
            worked(0),
            vec![cancel(0)],
            Situation::CancelledElsewhere,
            vec!["cancelled", "guest extended"],
            Some((Side::Mine, "The work was done.")),
        ),
        (1, vec![cancel(1)], vec![start(&task(1))], Situation::CancelledHere, vec!["was cancelled here"], None),
        (
            2,
            worked(2),
            vec![Action::Reassign { task: task(2), to: Some(StaffId(somebody.0)) }],
            Situation::Reassigned,
            vec!["gave the"],
            Some((Side::Mine, "The work was done.")),
        ),
        (
            3,
            vec![Action::SetRoomStatus { cleanliness: Cleanliness::Dirty }],
            vec![Action::Inspect { task: task(3), verdict: pass }],
            Situation::InspectedElsewhere,
            vec!["inspected room"],
            Some((Side::Theirs, "The room was inspected after what was done here.")),
        ),
        (
            4,
            worked(4),
            vec![Action::SetSellability { sellability: out }],
            Situation::OutOfOrder,
            vec!["out of order", "leak"],
            Some((Side::Theirs, "A room that somebody put out of order should not be given out.")),
        ),
        (5, vec![note("cot")], vec![note("towels")], Situation::Fields, vec!["changed room"], None),
    ];
    let count = situations.len();
    journey.outage();
    for (at, mine, theirs, ..) in &situations {
        do_all(&mut journey.desk, &tiles[*at], mine.clone());
        do_all(&mut office, &tiles[*at], theirs.clone());
    }
    office.wait_drained();
    journey.relay.restore();
    journey.desk.wait_conflicts(u32::try_from(count).expect("few"));
    for (at, _, _, situation, words, suggestion) in situations {
        let room = tiles[at].room_id.0.clone();
        let view = journey.desk.conflict(&room).expect("open");
        assert_eq!(view.situation, situation, "{}", view.summary);
        let told = view.summary.to_string();
        assert!(told.contains(&tiles[at].number), "{told}");
        assert!(words.iter().all(|word| told.contains(word)), "{}", view.summary);
        let suggested = view.fields.iter().find_map(|field| field.suggestion.as_ref());
        let suggested = suggested.map(|suggested| (suggested.side, suggested.reason.to_string()));
        let suggestion = suggestion.map(|(side, reason)| (side, reason.to_owned()));
        assert_eq!(suggested, suggestion, "{told}");
        // Nobody is decided for: what is suggested is not chosen.
        assert!(view.fields.iter().all(|field| field.chosen.is_none()), "{view:?}");
        journey.desk.resolve(&view, |_| Side::Theirs).expect("decided");
    }
    journey.all_is_well();
}

#[test]
fn h16_what_happened_before_is_not_said_to_be_after_and_out_of_service_is_not_out_of_order() {
    let mut journey = Journey::small();
    let mut office = journey.another_desk();
    let tiles = journey.workable();
    let (inspected, small_fault) = (&tiles[0], &tiles[1]);
    let worked = |tile: &Tile| vec![start(&tile.task_id), complete(&tile.task_id)];
    do_all(&mut journey.desk, inspected, worked(inspected));
    journey.desk.wait_drained();
    office.wait_for("the clean is there", |desk| desk.tile(&inspected.task_id.0).status == TaskStatus::Completed);
    journey.outage();
    let pass = Verdict { result: InspectionResult::Pass, reason: None };
    do_all(&mut office, inspected, vec![Action::Inspect { task: inspected.task_id.clone(), verdict: pass }]);
    let out = Sellability {
        kind: SellabilityKind::OutOfService,
        deducts_inventory: false,
        assignable: true,
        reason: Some("bulb".into()),
    };
    do_all(&mut office, small_fault, vec![Action::SetSellability { sellability: out }]);
    office.wait_drained();
    // Somebody has used the room since.
    do_all(&mut journey.desk, inspected, vec![Action::SetRoomStatus { cleanliness: Cleanliness::Dirty }]);
    do_all(&mut journey.desk, small_fault, worked(small_fault));
    journey.relay.restore();
    journey.desk.wait_drained();
    let view = journey.desk.conflict(&inspected.room_id.0).expect("open");
    assert_eq!(view.situation, Situation::InspectedElsewhere);
    assert!(view.summary.to_string().contains("before this was recorded here"), "{}", view.summary);
    assert!(view.fields.iter().all(|field| field.suggestion.is_none()), "{view:?}");
    journey.desk.resolve(&view, |_| Side::Mine).expect("decided");
    let view = journey.desk.conflict(&small_fault.room_id.0).expect("open");
    let told = view.summary.to_string();
    assert!(told.contains("out of service elsewhere") && told.contains("bulb"), "{told}");
    assert!(view.fields.iter().all(|field| field.suggestion.is_none()), "{view:?}");
    journey.desk.resolve(&view, |_| Side::Theirs).expect("decided");
    journey.all_is_well();
}

#[test]
fn h16_the_story_of_a_task_has_the_decisions_about_it() {
    let mut journey = Journey::small();
    let mut office = journey.another_desk();
    let tile = journey.workable().remove(0);
    let task = tile.task_id.clone();
    let cancelled = vec![Action::CancelTask { task: task.clone(), reason: "guest extended".into() }];
    let view = both(&mut journey, &mut office, &tile, vec![start(&task), complete(&task), note("cot")], cancelled);
    journey.desk.resolve(&view, |_| Side::Theirs).expect("decided");
    journey.all_is_well();
    let story = journey.desk.story(&tile.room_id.0).expect("told");
    let of_task = story.lines.iter().filter(|line| line.tasks.contains(&task.0));
    let told: Vec<String> = of_task.map(|line| line.what.to_string()).collect();
    assert!(told.iter().any(|what| what.starts_with("Decided")), "{told:?}");
    assert!(!told.iter().any(|what| what.starts_with("Wrote a note")), "{told:?}");
    assert_eq!(told.len(), 4, "started, completed, cancelled elsewhere, decided: {told:?}");
}

#[test]
fn h16_send_someone_to_look_keeps_the_room_unsafe_at_every_desk_until_they_have_looked() {
    let mut journey = Journey::small();
    let mut office = journey.another_desk();
    let tile = journey.workable().remove(0);
    let (room, task) = (tile.room_id.0.clone(), tile.task_id.clone());
    let cancelled = vec![Action::CancelTask { task: task.clone(), reason: "guest extended".into() }];
    let view = both(&mut journey, &mut office, &tile, vec![start(&task), complete(&task)], cancelled);
    assert!(view.can_look);
    let decided = intent();
    let once = journey.desk.send_to_look(&decided, &view).expect("sent");
    let twice = journey.desk.send_to_look(&decided, &view).expect("the same");
    assert_eq!(once.event_id, twice.event_id);
    journey.all_is_well();
    let check_of =
        |desk: &mut Desk| desk.board().into_iter().find(|one| one.room_id.0 == room && one.kind == TaskKind::Check);
    office.wait_for("the check is there", |desk| check_of(desk).is_some());
    let check = check_of(&mut office).expect("it was waited for");
    let told = check.note.expect("whoever goes knows what to look for");
    assert!(told.contains("here") && told.contains("elsewhere") && told.contains("cancelled"), "{told}");
    for desk in [&mut journey.desk, &mut office] {
        let reasons = safe_reasons(desk, &room);
        assert!(reasons.iter().any(|reason| reason == "check_open"), "{reasons:?}");
        assert!(!reasons.iter().any(|reason| reason == "contested" || reason == "conflict"), "{reasons:?}");
    }
    // It stays as the service has it until then, and whoever looked says what is so.
    let row = journey.service.api().room(&room);
    assert_eq!(row.fields.get(&format!("task/{}/status", task.0)), &json!("cancelled"));
    office.act(&room, start(&check.task_id)).expect("on the way");
    office.act(&room, complete(&check.task_id)).expect("looked");
    office.act(&room, Action::SetRoomStatus { cleanliness: Cleanliness::Pickup }).expect("told");
    office.wait_drained();
    journey
        .desk
        .wait_for("it is known here", |desk| !safe_reasons(desk, &room).iter().any(|reason| reason == "check_open"));
    journey.all_is_well();
}

#[test]
fn h10_taking_their_side_can_be_undone_before_it_is_sent_and_after_and_not_once_something_stands_on_it() {
    let mut journey = Journey::small();
    let mut office = journey.another_desk();
    let tiles = journey.workable();
    for (tile, sent_before) in tiles.iter().zip([false, true]) {
        let (room, task) = (tile.room_id.0.clone(), tile.task_id.clone());
        let cancelled = vec![Action::CancelTask { task: task.clone(), reason: "guest extended".into() }];
        let view = both(&mut journey, &mut office, tile, vec![start(&task), complete(&task)], cancelled);
        if !sent_before {
            journey.outage();
        }
        let decision = journey.desk.resolve(&view, |_| Side::Theirs).expect("decided");
        if sent_before {
            journey.desk.wait_drained();
        }
        let rows = journey.desk.outbox(OutboxFilter::All);
        let row = rows.iter().find(|row| row.event_id == decision.event_id).expect("its row");
        assert_eq!(row.undo, Some(RowUndo::BringBack));
        let undo = Action::Undo { event: decision.event_id.clone() };
        journey.desk.act(&room, undo.clone()).expect("undone");
        assert_eq!(journey.desk.tile(&task.0).status, TaskStatus::Completed);
        journey.relay.restore();
        journey.all_is_well();
        let row = journey.service.api().room(&room);
        assert_eq!(row.fields.get(&format!("task/{}/status", task.0)), &json!("completed"));
        assert_eq!(row.fields.get("room/cleanliness"), &json!("clean"));
        let refused = journey.desk.act(&room, undo).expect_err("something stands on it");
        assert_eq!(refused.code, "UNDO_STOOD_UPON");
        let rows = journey.desk.outbox(OutboxFilter::All);
        let row = rows.iter().find(|row| row.event_id == decision.event_id).expect("its row");
        assert_eq!(row.undo, None, "what cannot be brought back is not offered");
        office.wait_for("it is known there", |desk| {
            desk.board().iter().any(|tile| tile.task_id == task && tile.status == TaskStatus::Completed)
        });
    }
}

#[test]
fn h2_a_note_of_both_sides_is_written_anew_and_what_merged_by_itself_can_be_turned_back() {
    let mut journey = Journey::small();
    let mut office = journey.another_desk();
    let tile = journey.workable().remove(0);
    let room = tile.room_id.0.clone();
    let mine = vec![note("lamp broken"), start(&tile.task_id)];
    let view = both(&mut journey, &mut office, &tile, mine, vec![note("pet in room")]);
    let asked: Vec<&str> = view.fields.iter().map(|field| field.path.as_str()).collect();
    assert_eq!(asked, ["room/note"]);
    assert!(view.fields[0].editable);
    let merged: Vec<String> = view.merged.iter().map(|field| field.path.clone()).collect();
    assert!(merged.iter().any(|path| path.ends_with("/status")), "{merged:?}");
    let choice =
        |path: &str, side, text: Option<&str>| FieldChoice { path: path.into(), side, text: text.map(str::to_owned) };
    // Only a text can be written anew.
    let status = merged.iter().find(|path| path.ends_with("/status")).expect("it was looked for");
    let wrong = vec![choice("room/note", Side::Mine, None), choice(status, Side::Edited, Some("inspected"))];
    assert_eq!(journey.desk.decide(&intent(), &view, wrong).expect_err("refused").code, "CHOICE_UNREADABLE");
    let too_long = "x".repeat(1_001);
    let long = vec![choice("room/note", Side::Edited, Some(&too_long))];
    assert_eq!(journey.desk.decide(&intent(), &view, long).expect_err("refused").code, "TEXT_TOO_LONG");
    let mut choices = vec![choice("room/note", Side::Edited, Some("  lamp broken, pet in room "))];
    choices.extend(merged.iter().map(|path| choice(path, Side::Theirs, None)));
    journey.desk.decide(&intent(), &view, choices).expect("decided");
    journey.all_is_well();
    let row = journey.service.api().room(&room);
    assert_eq!(row.fields.get("room/note"), &json!("lamp broken, pet in room"));
    assert_eq!(row.fields.get(status), &json!("ready"), "what merged by itself was turned back");
}

#[test]
fn h2_flags_that_both_sides_set_stand_side_by_side_and_can_be_turned_back_one_by_one() {
    let mut journey = Journey::small();
    let mut office = journey.another_desk();
    let tile = journey.workable().remove(0);
    let set = |flag| Action::SetFlag { flag, on: true };
    let mine = vec![note("cot"), set(ServiceFlag::Refused), set(ServiceFlag::DoubleLock)];
    let theirs = vec![note("towels"), set(ServiceFlag::NoService)];
    let view = both(&mut journey, &mut office, &tile, mine, theirs);
    let paths = |fields: &[ConflictField]| fields.iter().map(|field| field.path.clone()).collect::<Vec<_>>();
    assert_eq!(paths(&view.fields), ["room/note"], "a flag of one side touches none of the other's");
    assert_eq!(paths(&view.merged), ["room/double_lock", "room/refused"], "each by itself");
    let choice = |path: &str, side| FieldChoice { path: path.into(), side, text: None };
    let choices = vec![choice("room/note", Side::Mine), choice("room/refused", Side::Theirs)];
    journey.desk.decide(&intent(), &view, choices).expect("decided");
    journey.all_is_well();
    let row = journey.service.api().room(&tile.room_id.0);
    let flags =
        ["room/double_lock", "room/refused", "room/no_service"].map(|path| row.fields.get(path) == &json!(true));
    assert_eq!(flags, [true, false, true]);
}

#[test]
fn h16_the_story_of_a_room_says_what_everybody_did_and_what_became_of_it_and_offline_what_this_desk_did() {
    let mut journey = Journey::small();
    let mut office = journey.another_desk();
    let tile = journey.workable().remove(0);
    let room = tile.room_id.0.clone();
    // Both were set up in the same minute, and are told apart all the same.
    let (here, there) = (journey.desk.state().desk, office.state().desk);
    assert!(here.starts_with("Desk ") && there.starts_with("Desk ") && here != there, "{here}, {there}");
    let view = both(&mut journey, &mut office, &tile, vec![note("lamp broken")], vec![note("pet in room")]);
    let by = |by: &Option<Authorship>| by.as_ref().map(|by| by.desk.clone()).expect("it says who");
    assert_eq!(by(&view.fields[0].mine_by), "this desk");
    assert_eq!(by(&view.fields[0].theirs_by), there.as_str());
    let decided = journey.desk.resolve(&view, |_| Side::Mine).expect("decided");
    journey.desk.wait_drained();
    let story = journey.desk.story(&room).expect("told");
    assert!(story.alone.is_none(), "{:?}", story.alone);
    assert_eq!(story.title, tile.number);
    let told: Vec<String> = story.lines.iter().map(|line| format!("{} ({})", line.what, line.desk)).collect();
    assert_eq!(
        told,
        [
            "Decided a conflict (this desk)".to_owned(),
            "Wrote a note: lamp broken (this desk)".to_owned(),
            format!("Wrote a note: pet in room ({there})")
        ],
        "newest first"
    );
    let steps = |at: usize| story.lines[at].steps.iter().map(|step| step.what.to_string()).collect::<Vec<_>>();
    assert_eq!(steps(0), ["Note: lamp broken, as it was done here", "Saved at this desk", "Taken by the service"]);
    assert_eq!(steps(2), ["Taken by the service"]);
    assert!(steps(1).iter().any(|step| step.starts_with("In conflict")), "{:?}", steps(1));
    assert!(steps(1).iter().any(|step| step.contains("settled")), "{:?}", steps(1));
    assert_eq!(story.lines[0].event_id, decided.event_id);
    // Without a network it says what it knows, and that it is not all.
    journey.outage();
    journey.desk.act(&room, start(&tile.task_id)).expect("recorded");
    let story = journey.desk.story(&room).expect("told");
    assert!(story.alone.is_some());
    assert_eq!(story.lines.len(), 3);
    assert!(story.lines[0].waiting && story.lines[0].what.to_string().starts_with("Started"), "{:?}", story.lines[0]);
    assert_eq!(story.lines[0].tasks, [tile.task_id.0.as_str()]);
    assert_eq!(story.tasks.len(), 1);
    journey.relay.restore();
    journey.all_is_well();
}
