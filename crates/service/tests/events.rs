//! What becomes of events, over real HTTP: lost answers, repeats, order, conflicts, and the record of it all.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "what a test needs and does not get ends it")]

mod common;

use common::{Answer, Desk, PROPERTY, Service, outcomes, room_name, status_path, task_of};
use serde_json::{Value, json};
use turndown_domain::{Action, StaffId, TaskId};
use turndown_protocol::{EntityRef, EventsResponse, Outcome, SealedEvent, ServiceHead, codes};

#[tokio::test]
async fn b1_a_lost_answer_then_a_retry_applies_once_and_tells_the_first_outcome() {
    let service = Service::open().await;
    let mut desk = Desk::of(&service).await;
    let event = desk.start("101");
    let first = service.send_one(&desk, &event).await;
    assert_eq!(first.outcome, Outcome::Applied);
    let row = service.room("101").await;

    let again = service.send_one(&desk, &event).await;
    assert_eq!((again.outcome, again.original, again.seq), (Outcome::Duplicate, Some(Outcome::Applied), first.seq));
    assert_eq!(service.room("101").await, row, "nothing happened twice");
    assert_eq!(service.audit().await.len(), 1);
}

#[tokio::test]
async fn b2_a_late_copy_of_an_old_request_has_no_effect() {
    let service = Service::open().await;
    let mut desk = Desk::of(&service).await;
    let (start, pause) = (desk.start("101"), desk.pause("101"));
    service.send(&desk, &[&start]).await;
    service.send(&desk, &[&pause]).await;
    let row = service.room("101").await;
    assert_eq!(service.send_one(&desk, &start).await.outcome, Outcome::Duplicate);
    assert_eq!(service.room("101").await, row);
    assert_eq!(row.fields.get(&status_path("101")), "paused");
}

#[tokio::test]
async fn b3_two_sends_of_one_event_at_once_execute_once() {
    let service = Service::open().await;
    let mut desk = Desk::of(&service).await;
    for room in 0..common::ROOMS {
        let event = desk.start(&room_name(room));
        let batch = service.batch(&desk, &[&event]);
        let (one, other) = tokio::join!(service.send_raw(&batch), service.send_raw(&batch));
        let mut got: Vec<Outcome> =
            [one, other].iter().map(|answer| answer.json::<EventsResponse>().results[0].outcome).collect();
        got.sort_by_key(|outcome| *outcome as u8);
        assert_eq!(got, [Outcome::Applied, Outcome::Duplicate]);
    }
    assert_eq!(service.audit().await.len(), common::ROOMS);
}

#[tokio::test]
async fn b4_the_same_id_with_other_bytes_applies_nothing() {
    let service = Service::open().await;
    let mut desk = Desk::of(&service).await;
    let event = desk.note("101", "pet in room");
    service.send(&desk, &[&event]).await;
    let mut other = event.event.clone();
    other.recorded_at = "2016-03-25T12:00:01.000Z".into();
    let other = SealedEvent::seal(other).unwrap();
    let result = service.send_one(&desk, &other).await;
    assert_eq!(result.outcome, Outcome::KeyReuse);
    assert_eq!(result.problem.unwrap().code, codes::KEY_REUSE);
    // Also within one request.
    let event = desk.note("102", "late");
    let mut other = event.event.clone();
    other.data_age_s = Some(5);
    let other = SealedEvent::seal(other).unwrap();
    let response = service.send(&desk, &[&event, &other]).await;
    assert_eq!(outcomes(&response), [Outcome::Applied, Outcome::KeyReuse]);
}

#[tokio::test]
async fn b5_a_rejected_event_stays_rejected_when_it_would_fit_later() {
    let service = Service::open().await;
    let mut desk = Desk::of(&service).await;
    let mut other = Desk::of(&service).await;
    // A desk that claims a task was started already: the rules say no.
    let event = desk.record_with("101", &Action::Start { task: TaskId(task_of("101")) }, |event| {
        event.changes.get_mut(&status_path("101")).unwrap().base = json!("in_progress");
    });
    let first = service.send_one(&desk, &event).await;
    assert_eq!(first.outcome, Outcome::Rejected);
    let code = first.problem.unwrap().code;
    assert_eq!(code, "TASK_ALREADY_STARTED");

    let told = other.start("101");
    service.send(&other, &[&told]).await;
    let again = service.send_one(&desk, &event).await;
    assert_eq!((again.outcome, again.original), (Outcome::Duplicate, Some(Outcome::Rejected)));
    assert_eq!(again.problem.unwrap().code, code);
}

#[tokio::test]
async fn b9_effect_and_record_are_one_transaction_and_a_poisoned_event_stands_alone() {
    let service = Service::open().await;
    let mut desk = Desk::of(&service).await;
    let events: Vec<_> = (0..5).map(|room| desk.start(&room_name(room))).collect();
    let poisoned = &events[2].event.event_id;
    // The database itself refuses the audit entry of one event: after its effect would have been written.
    service.kept.poison(poisoned.as_str());
    let response = service.send(&desk, &events.iter().collect::<Vec<_>>()).await;
    use Outcome::{Applied, Duplicate, RetryLater};
    assert_eq!(outcomes(&response), [Applied, Applied, RetryLater, Applied, Applied]);
    assert_eq!(service.room("103").await.fields.get(&status_path("103")), "ready", "no effect without a record");
    assert_eq!(service.audit().await.len(), 4);

    service.kept.heal();
    let response = service.send(&desk, &events.iter().collect::<Vec<_>>()).await;
    assert_eq!(outcomes(&response), [Duplicate, Duplicate, Applied, Duplicate, Duplicate]);
    assert_eq!(service.handshake(&desk, None).await.audit_closed.head.local_seq, 5, "the gap closed");
}

#[tokio::test]
async fn b10_an_event_over_the_limit_is_answered_alone() {
    let service = Service::open().await;
    let mut desk = Desk::of(&service).await;
    let small = desk.start("101");
    let huge = desk.record_with("102", &Action::Start { task: TaskId(task_of("102")) }, |event| {
        event.args = json!({ "task": task_of("102"), "padding": "x".repeat(70_000) });
    });
    let behind = desk.pause("102");
    let other = desk.start("103");
    let response = service.send(&desk, &[&small, &huge, &behind, &other]).await;
    use Outcome::{Applied, Blocked, TooLarge};
    assert_eq!(outcomes(&response), [Applied, TooLarge, Blocked, Applied]);
    // Given up by a person, it is done, although it can never be kept, and what stands behind it goes on.
    let given_up = desk.discard(&service.room("102").await, &[&huge]);
    let behind_it = desk.note("102", "goes on");
    let response = service.send(&desk, &[&given_up, &huge, &behind_it]).await;
    assert_eq!(outcomes(&response), [Applied, Outcome::Settled, Applied]);
}

#[tokio::test]
async fn c1_an_event_that_is_not_taken_blocks_its_own_room_only() {
    let service = Service::open().await;
    let mut front = Desk::of(&service).await;
    let mut desk = Desk::of(&service).await;
    let told = front.cancel("101");
    service.send(&front, &[&told]).await;
    let events = [desk.start("101"), desk.complete("101"), desk.start("102"), desk.complete("102")];
    let response = service.send(&desk, &events.iter().collect::<Vec<_>>()).await;
    use Outcome::{Applied, Blocked, Conflict};
    assert_eq!(outcomes(&response), [Conflict, Blocked, Applied, Applied]);
    // Later, alone, it is still held by the one before it.
    assert_eq!(service.send_one(&desk, &events[1]).await.outcome, Blocked);
    assert_eq!(service.room("101").await.fields.get(&status_path("101")), "cancelled");
}

#[tokio::test]
async fn c3_an_event_before_its_predecessor_waits_and_is_taken_in_order() {
    let service = Service::open().await;
    let mut desk = Desk::of(&service).await;
    let (start, complete) = (desk.start("101"), desk.complete("101"));
    let early = service.send_one(&desk, &complete).await;
    assert_eq!(early.outcome, Outcome::MissingPredecessor);
    assert_eq!(early.problem.unwrap().code, codes::MISSING_PREDECESSOR);
    // Asked again and again it is one entry of the trail, not many.
    service.send_one(&desk, &complete).await;
    assert_eq!(service.send_one(&desk, &start).await.outcome, Outcome::Applied);
    assert_eq!(service.send_one(&desk, &complete).await.outcome, Outcome::Applied);
    let trail: Vec<_> = service.audit().await.into_iter().map(|entry| (entry.local_seq, entry.outcome)).collect();
    assert_eq!(trail, [(2, Outcome::MissingPredecessor), (1, Outcome::Applied), (2, Outcome::Applied)]);
}

#[tokio::test]
async fn c4_an_event_waits_for_what_it_depends_on_in_another_room() {
    let service = Service::open().await;
    let mut desk = Desk::of(&service).await;
    let first = desk.note("101", "moved to 102");
    let second = desk.record_with("102", &Action::Note { text: Some("came from 101".into()) }, |event| {
        event.depends_on = vec![first.event.event_id.clone()];
    });
    assert_eq!(service.send_one(&desk, &second).await.outcome, Outcome::MissingPredecessor);
    let response = service.send(&desk, &[&first, &second]).await;
    assert_eq!(outcomes(&response), [Outcome::Applied, Outcome::Applied]);
}

#[tokio::test]
async fn c7_a_batch_that_half_fails_does_not_do_the_other_half_again() {
    let service = Service::open().await;
    let mut desk = Desk::of(&service).await;
    let mut front = Desk::of(&service).await;
    let told = front.cancel("102");
    service.send(&front, &[&told]).await;
    let events = [desk.start("101"), desk.start("102"), desk.start("103")];
    let events: Vec<_> = events.iter().collect();
    let first = service.send(&desk, &events).await;
    use Outcome::{Applied, Conflict, Duplicate};
    assert_eq!(outcomes(&first), [Applied, Conflict, Applied]);
    let head = service.snapshot().await.head_seq;
    let again = service.send(&desk, &events).await;
    assert_eq!(outcomes(&again), [Duplicate, Duplicate, Duplicate]);
    let originals: Vec<_> = again.results.iter().map(|result| result.original.unwrap()).collect();
    assert_eq!(originals, [Applied, Conflict, Applied]);
    assert!(again.results[1].theirs.is_some(), "a repeated conflict still shows the other side");
    assert_eq!(service.snapshot().await.head_seq, head);
}

#[tokio::test]
async fn d3_d4_another_store_or_epoch_takes_nothing() {
    let mut service = Service::open().await;
    let mut desk = Desk::of(&service).await;
    let event = desk.start("101");
    let batch = service.batch(&desk, &[&event]);
    let other_store = batch.replace(&service.capabilities.store_id, "store_other");
    assert_eq!(service.send_raw(&other_store).await.code(), (409, codes::WRONG_STORE.into()));

    let cursor = service.snapshot().await.cursor;
    let sent = service.send_one(&desk, &event).await;
    service.stop().await;
    let (epoch, head) = service.kept.rotate_epoch(&service.env);
    assert!(head > sent.seq.unwrap(), "counting goes on above");
    service.start().await;
    assert_eq!(service.send_raw(&batch).await.code(), (409, codes::WRONG_EPOCH.into()));
    let gone = service.get(&service.path(&format!("changes?cursor={cursor}"))).await;
    assert_eq!(gone.code(), (410, codes::CURSOR_GONE.into()));

    // What the restored store still has is answered by id; what it lost is taken.
    service.capabilities.epoch = epoch;
    let next = desk.pause("101");
    let response = service.send(&desk, &[&event, &next]).await;
    assert_eq!(outcomes(&response), [Outcome::Duplicate, Outcome::Applied]);
    assert!(response.results[1].seq.unwrap() > head);
}

#[tokio::test]
async fn d6_a_head_that_the_store_does_not_have_begins_a_new_epoch_before_anything_is_taken() {
    let mut service = Service::open().await;
    let mut desk = Desk::of(&service).await;
    let first = desk.start("101");
    let taken = service.send(&desk, &[&first]).await;
    let (told, mut next) = (taken.head.expect("a head"), desk.pause("101"));
    let snapshot = service.snapshot().await;
    assert_eq!(snapshot.head.as_ref(), Some(&told), "whoever reads hears of it too");
    assert_eq!(service.changes(&snapshot.cursor).await.head.as_ref(), Some(&told));
    let showing = |service: &Service, desk: &Desk, event: &SealedEvent, head: &ServiceHead| {
        let mut batch: Value = serde_json::from_str(&service.batch(desk, &[event])).unwrap();
        batch["seen"] = json!(head);
        batch.to_string()
    };
    let lost = [
        ("a change that is not here", ServiceHead { seq: told.seq + 7, ..told.clone() }),
        (
            "an answer without a change that is not here",
            ServiceHead { audit_seq: told.audit_seq + 100, ..told.clone() },
        ),
        ("another answer in that place", ServiceHead { audit_hash: "ab".repeat(32), ..told.clone() }),
        ("a number beyond reason", ServiceHead { seq: u64::MAX, ..told.clone() }),
    ];
    let mut counted = told.seq;
    for (what, head) in lost {
        let head = ServiceHead { epoch: service.capabilities.epoch.clone(), ..head };
        let before = service.capabilities.epoch.clone();
        let cursor = service.snapshot().await.cursor;
        let batch = showing(&service, &desk, &next, &head);
        assert_eq!(service.send_raw(&batch).await.code(), (409, codes::WRONG_EPOCH.into()), "{what}");
        service.capabilities = service.get("/v1/capabilities").await.json();
        assert_ne!(service.capabilities.epoch, before, "{what}: every desk hears of it");
        let gone = service.get(&service.path(&format!("changes?cursor={cursor}"))).await;
        assert_eq!(gone.code(), (410, codes::CURSOR_GONE.into()), "{what}");
        // Whoever knows of the epoch before and of nothing else begins no further one.
        let late = showing(&service, &desk, &next, &head);
        assert_eq!(service.send_raw(&late).await.code(), (409, codes::WRONG_EPOCH.into()), "{what}");
        let now: turndown_protocol::Capabilities = service.get("/v1/capabilities").await.json();
        assert_eq!(now.epoch, service.capabilities.epoch, "{what}");
        // Nothing was taken yet, counting goes on above, and a head that is here changes nothing.
        let here = ServiceHead { epoch: now.epoch, ..told.clone() };
        let taken: EventsResponse = service.send_raw(&showing(&service, &desk, &next, &here)).await.json();
        assert_eq!((outcomes(&taken), &taken.epoch), (vec![Outcome::Applied], &service.capabilities.epoch), "{what}");
        let seq = taken.results[0].seq.unwrap();
        assert!(seq > counted, "{what}: {seq} behind {counted}");
        counted = seq;
        next = desk.note("101", what);
    }
    // The numbers were given out again since: the entry behind the one that is shown has one of them.
    let epoch = service.capabilities.epoch.clone();
    let refilled = showing(&service, &desk, &next, &ServiceHead { epoch, seq: counted, ..told });
    assert_eq!(service.send_raw(&refilled).await.code(), (409, codes::WRONG_EPOCH.into()));
}

#[tokio::test]
async fn h1_edits_that_do_not_touch_merge_and_the_row_comes_back() {
    let service = Service::open().await;
    let mut front = Desk::of(&service).await;
    let mut desk = Desk::of(&service).await;
    let told = front.note("101", "VIP at noon");
    service.send(&front, &[&told]).await;
    let event = desk.start("101");
    let result = service.send_one(&desk, &event).await;
    assert_eq!(result.outcome, Outcome::Merged);
    let row = result.row.expect("the merged row");
    assert_eq!(row.fields.get("room/note"), "VIP at noon");
    assert_eq!(row.fields.get(&status_path("101")), "in_progress");
    assert_eq!(row.provenance["room/note"].install_id, front.install.as_str());
    let mine = &row.provenance[&status_path("101")];
    assert_eq!((mine.install_id.as_str(), mine.seq), (desk.install.as_str(), result.seq.unwrap()));
    assert_eq!(row, service.room("101").await);
    // The desk's own chain never merges with itself.
    let next = desk.pause("101");
    assert_eq!(service.send_one(&desk, &next).await.outcome, Outcome::Applied);
}

#[tokio::test]
async fn h2_a_conflict_applies_nothing_is_seen_by_all_and_a_decision_clears_it() {
    let service = Service::open().await;
    let mut front = Desk::of(&service).await;
    let mut desk = Desk::of(&service).await;
    let mut third = Desk::of(&service).await;
    let told = front.cancel("101");
    service.send(&front, &[&told]).await;
    let cursor = service.snapshot().await.cursor;

    let event = desk.start("101");
    let behind = desk.pause("101");
    let result = service.send_one(&desk, &event).await;
    assert_eq!(result.outcome, Outcome::Conflict);
    assert_eq!(result.problem.unwrap().code, codes::CONFLICT);
    let theirs = result.theirs.expect("the other side");
    assert_eq!(theirs.class, "fields");
    assert_eq!(theirs.paths, [status_path("101")]);
    assert_eq!(theirs.row.fields.get(&status_path("101")), "cancelled");
    assert_eq!(theirs.row.provenance[&status_path("101")].install_id, front.install.as_str());

    let page = service.changes(&cursor).await;
    assert_eq!(page.rows.len(), 1, "the mark is a change that every desk sees");
    let mark = page.rows[0].contested.clone().expect("contested");
    assert_eq!((mark.event_id, mark.install_id), (event.event.event_id.clone(), desk.install.to_string()));

    // The mark changes the version but no value, so nobody else's edit meets it.
    let note = third.note("101", "ask the guest");
    assert_eq!(service.send_one(&third, &note).await.outcome, Outcome::Merged);
    let chair = front.note("101", "ask the guest");
    assert_eq!(service.send_one(&front, &chair).await.outcome, Outcome::Merged);

    // Decided: theirs stays; the one behind is settled too and can arrive whenever it likes.
    let theirs = service.room("101").await;
    let decision = desk.resolve(&theirs, &[], &[&event, &behind]);
    let response = service.send(&desk, &[&decision, &behind]).await;
    assert_eq!(outcomes(&response), [Outcome::Applied, Outcome::Settled]);
    let row = service.room("101").await;
    assert_eq!(row.contested, None);
    assert_eq!(row.fields.get(&status_path("101")), "cancelled");
    // Repeats stay what they were, and what was decided stays decided: a desk that sends everything again after a
    // repair must not ask a second time.
    let again = service.send(&desk, &[&event, &decision, &behind]).await;
    assert_eq!(outcomes(&again), [Outcome::Duplicate; 3]);
    let originals: Vec<_> = again.results.iter().map(|result| result.original.unwrap()).collect();
    assert_eq!(originals, [Outcome::Settled, Outcome::Applied, Outcome::Settled]);
    assert_eq!(again.results[0].theirs, None);
    assert_eq!(service.room("101").await, row);
}

#[tokio::test]
async fn h2_keeping_mine_writes_it_and_what_stands_behind_goes_on() {
    let service = Service::open().await;
    let mut front = Desk::of(&service).await;
    let mut desk = Desk::of(&service).await;
    let reassign = Action::Reassign { task: TaskId(task_of("101")), to: Some(StaffId("bo".into())) };
    let told = front.record("101", &reassign);
    service.send(&front, &[&told]).await;
    let start = desk.start("101");
    let note = desk.note("101", "window open");
    let response = service.send(&desk, &[&start, &note]).await;
    assert_eq!(outcomes(&response), [Outcome::Conflict, Outcome::Blocked]);
    let theirs = response.results[0].theirs.clone().unwrap();
    assert_eq!(theirs.paths, [format!("task/{}/assignee", task_of("101"))]);

    let decision = desk.resolve(&theirs.row, &[(&status_path("101"), json!("in_progress"))], &[&start]);
    let response = service.send(&desk, &[&decision, &note]).await;
    assert_eq!(outcomes(&response)[0], Outcome::Applied);
    assert!(matches!(outcomes(&response)[1], Outcome::Applied | Outcome::Merged));
    let row = service.room("101").await;
    assert_eq!(row.fields.get(&status_path("101")), "in_progress");
    assert_eq!(row.fields.get("room/note"), "window open");
    assert_eq!(row.contested, None);
}

#[tokio::test]
async fn h1_what_is_only_history_comes_back_as_the_row_without_it() {
    let service = Service::open().await;
    let mut desk = Desk::of(&service).await;
    let look = Action::SeeOccupancy { occupancy: turndown_domain::Occupancy::Occupied };
    let yesterdays = desk.record_with("101", &look, |event| event.service_day = Some("2016-03-24".into()));
    let result = service.send_one(&desk, &yesterdays).await;
    assert_eq!(result.outcome, Outcome::Merged, "taken, and not what the room is now");
    assert!(result.row.unwrap().fields.get("room/hk_occupancy").is_null());
    assert!(service.room("101").await.fields.get("room/hk_occupancy").is_null());
}

#[tokio::test]
async fn h3_the_same_value_on_both_sides_is_no_conflict() {
    let service = Service::open().await;
    let mut front = Desk::of(&service).await;
    let mut desk = Desk::of(&service).await;
    let told = front.start("101");
    service.send(&front, &[&told]).await;
    let mine = desk.start("101");
    let result = service.send_one(&desk, &mine).await;
    assert_eq!(result.outcome, Outcome::Merged);
    assert!(result.seq.is_some());
    assert_eq!(service.room("101").await.contested, None);
}

#[tokio::test]
async fn h5_a_decision_about_a_row_that_moved_again_is_a_conflict_and_the_next_settles_both() {
    let service = Service::open().await;
    let mut front = Desk::of(&service).await;
    let mut desk = Desk::of(&service).await;
    let mut third = Desk::of(&service).await;
    let told = front.note("101", "front");
    service.send(&front, &[&told]).await;
    let mine = desk.note("101", "mine");
    let theirs = service.send_one(&desk, &mine).await.theirs.unwrap().row;

    third.rows = front.rows.clone();
    let third_note = third.note("101", "third");
    assert!(matches!(service.send_one(&third, &third_note).await.outcome, Outcome::Applied | Outcome::Merged));

    let decision = desk.resolve(&theirs, &[("room/note", json!("mine"))], &[&mine]);
    let result = service.send_one(&desk, &decision).await;
    assert_eq!(result.outcome, Outcome::Conflict);
    let moved = result.theirs.unwrap();
    assert_eq!(moved.row.fields.get("room/note"), "third");
    assert!(moved.row.contested.is_some());

    let second = desk.resolve(&moved.row, &[("room/note", json!("mine"))], &[&mine, &decision]);
    assert_eq!(service.send_one(&desk, &second).await.outcome, Outcome::Applied);
    let row = service.room("101").await;
    assert_eq!((row.fields.get("room/note"), row.contested.clone()), (&json!("mine"), None));
}

#[tokio::test]
async fn h9_a_new_days_import_leaves_an_open_conflict_open_and_another_desks_person_can_decide_it() {
    let mut service = Service::open().await;
    let mut front = Desk::of(&service).await;
    let mut gone = Desk::of(&service).await;
    let told = front.note("101", "front");
    service.send(&front, &[&told]).await;
    let mine = gone.note("101", "mine");
    assert_eq!(service.send_one(&gone, &mine).await.outcome, Outcome::Conflict);
    service.stop().await;
    service.import(PROPERTY, common::ROOMS, true);
    service.start().await;
    let row = service.room("101").await;
    assert_eq!(row.contested.as_ref().unwrap().event_id, mine.event.event_id, "nobody has decided yet");
    let decision = front.resolve(&row, &[], &[&mine]);
    assert_eq!(service.send_one(&front, &decision).await.outcome, Outcome::Applied);
    assert_eq!(service.room("101").await.contested, None);
}

#[tokio::test]
async fn two_conflicts_on_one_room_keep_it_contested_until_both_are_decided() {
    let service = Service::open().await;
    let mut front = Desk::of(&service).await;
    let mut one = Desk::of(&service).await;
    let mut two = Desk::of(&service).await;
    let told = front.note("101", "front");
    service.send(&front, &[&told]).await;
    let (first, second) = (one.note("101", "one"), two.note("101", "two"));
    assert_eq!(service.send_one(&one, &first).await.outcome, Outcome::Conflict);
    assert_eq!(service.send_one(&two, &second).await.outcome, Outcome::Conflict);
    let row = service.room("101").await;
    assert_eq!(row.contested.as_ref().unwrap().event_id, first.event.event_id);
    let done = one.discard(&row, &[&first]);
    assert_eq!(service.send_one(&one, &done).await.outcome, Outcome::Applied);
    let row = service.room("101").await;
    assert_eq!(row.contested.as_ref().unwrap().event_id, second.event.event_id);
    let done = two.discard(&row, &[&second]);
    assert_eq!(service.send_one(&two, &done).await.outcome, Outcome::Applied);
    assert_eq!(service.room("101").await.contested, None);
}

#[tokio::test]
async fn a_retry_is_a_fresh_event_that_settles_the_old_one() {
    let service = Service::open().await;
    let mut desk = Desk::of(&service).await;
    let rejected = desk.record_with("101", &Action::Note { text: Some("x".into()) }, |event| {
        event.changes.get_mut("room/note").unwrap().new = json!("y");
    });
    assert_eq!(service.send_one(&desk, &rejected).await.outcome, Outcome::Rejected);
    desk.rows = Desk::of(&service).await.rows;
    let retry = desk.record_with("101", &Action::Note { text: Some("x".into()) }, |event| {
        event.settles = vec![rejected.event.event_id.clone()];
    });
    assert_eq!(retry.event.prev_event_id.as_ref(), Some(&rejected.event.event_id));
    assert_eq!(service.send_one(&desk, &retry).await.outcome, Outcome::Applied);
    let next = desk.note("101", "z");
    assert_eq!(service.send_one(&desk, &next).await.outcome, Outcome::Applied);
    assert_eq!(service.room("101").await.fields.get("room/note"), "z");
}

#[tokio::test]
async fn a_decision_may_only_settle_actions_on_its_own_room() {
    let service = Service::open().await;
    let mut front = Desk::of(&service).await;
    let mut desk = Desk::of(&service).await;
    let told = front.note("101", "front");
    service.send(&front, &[&told]).await;
    let mine = desk.note("101", "mine");
    service.send_one(&desk, &mine).await;
    let elsewhere = service.room("102").await;
    let wrong = desk.discard(&elsewhere, &[&mine]);
    let result = service.send_one(&desk, &wrong).await;
    assert_eq!(result.outcome, Outcome::Rejected);
    assert_eq!(result.problem.unwrap().code, codes::NOT_THIS_ACTION);
    assert!(service.room("101").await.contested.is_some());
}

#[tokio::test]
async fn h2_only_a_desk_itself_or_a_person_who_decides_settles_what_a_desk_did() {
    use Outcome::{Applied, Conflict, Rejected};
    let service = Service::open().await;
    let mut front = Desk::of(&service).await;
    let mut desk = Desk::of(&service).await;
    let told = front.note("101", "front");
    service.send(&front, &[&told]).await;
    let mine = desk.note("101", "mine");
    assert_eq!(service.send_one(&desk, &mine).await.outcome, Conflict);
    let settling = |event: &SealedEvent| {
        let id = event.event.event_id.clone();
        move |event: &mut turndown_protocol::Event| (event.settles, event.prev_event_id) = (vec![id], None)
    };
    let refused = async |desk: &Desk, event: &SealedEvent| {
        let result = service.send_one(desk, event).await;
        assert_eq!(result.outcome, Rejected, "{}", event.event.action);
        assert_eq!(result.problem.unwrap().code, codes::NOT_THIS_ACTION);
        assert!(service.room("101").await.contested.is_some(), "the person is still asked");
    };
    // Another desk's own action, its automatic settling, and this desk's action in another room.
    let action = Action::Start { task: TaskId(task_of("101")) };
    let theirs = front.record_with("101", &action, settling(&mine));
    refused(&front, &theirs).await;
    let mut system = front.event(EntityRef::new("room", "101"), "resolve", Value::Null);
    settling(&mine)(&mut system);
    system.actor_id = turndown_protocol::ActorId::parse("system:desk").unwrap();
    let system = front.seal(system);
    refused(&front, &system).await;
    let elsewhere = desk.record_with("102", &Action::Start { task: TaskId(task_of("102")) }, settling(&mine));
    refused(&desk, &elsewhere).await;

    // The same desk under the install that continues it: what it tried again is its own.
    let before = (desk.install.clone(), desk.head());
    desk.rows = Desk::of(&service).await.rows;
    desk.install = turndown_protocol::InstallId::parse("later-install").unwrap();
    let body = json!({ "audit_head": desk.head(), "continues": {
        "install_id": before.0, "local_seq": before.1.local_seq, "hash": before.1.hash } });
    assert!(service.post(&format!("/v1/installs/{}/handshake", desk.install), &body).await.status.is_success());
    let again = desk.record_with("101", &Action::Note { text: Some("again".into()) }, settling(&mine));
    assert_eq!(service.send_one(&desk, &again).await.outcome, Applied);
    assert_eq!(service.room("101").await.contested, None);
}

#[tokio::test]
async fn d3_a_service_that_never_heard_of_a_desk_learns_all_of_whom_it_was() {
    let service = Service::open().await;
    let mut desk = Desk::of(&service).await;
    let (first, mine) = (desk.install.clone(), desk.note("101", "mine"));
    let at_first = desk.head();
    let mut settled = desk.event(EntityRef::new("desk", "second-install"), "continued", json!({ "continues": first }));
    (settled.install_id, settled.prev_event_id) =
        (turndown_protocol::InstallId::parse("second-install").unwrap(), None);
    let continued = desk.seal(settled);
    let at_second = desk.head();
    desk.install = turndown_protocol::InstallId::parse("third-install").unwrap();
    let told = |before: &turndown_protocol::AuditHead, id: &str| json!({ "install_id": id, "local_seq": before.local_seq, "hash": before.hash });
    let mut continues = told(&at_second, "second-install");
    continues["continues"] = told(&at_first, first.as_str());
    let body = json!({ "audit_head": desk.head(), "continues": continues });
    let path = format!("/v1/installs/{}/handshake", desk.install);
    let hello: turndown_protocol::HandshakeAnswer = service.post(&path, &body).await.json();
    assert_eq!(hello.audit_closed.head, at_second);
    // Another desk was faster, so what the first install did is in conflict; the third settles it by itself.
    let front = Desk::of(&service).await.note("101", "theirs");
    assert_eq!(service.send_one(&desk, &front).await.outcome, Outcome::Applied);
    let response = service.send(&desk, &[&mine, &continued]).await;
    assert_eq!(outcomes(&response)[0], Outcome::Conflict);
    // Whoever tells a ring of installs overwrites nothing of what is known.
    let mut ring = told(&at_second, "second-install");
    ring["continues"] = told(&at_first, desk.install.as_str());
    let body = json!({ "audit_head": desk.head(), "continues": ring });
    assert!(service.post(&path, &body).await.status.is_success());
    desk.rows = Desk::of(&service).await.rows;
    let again = desk.record_with("101", &Action::Note { text: Some("again".into()) }, |event| {
        (event.settles, event.prev_event_id) = (vec![mine.event.event_id.clone()], None);
    });
    assert_eq!(service.send_one(&desk, &again).await.outcome, Outcome::Applied, "it is its own");
    let body = json!({ "audit_head": at_second });
    let hello: turndown_protocol::HandshakeAnswer =
        service.post("/v1/installs/second-install/handshake", &body).await.json();
    assert_eq!(hello.audit_closed.head, at_second, "the chain of the install between is closed too");
}

#[tokio::test]
async fn h2_a_decision_that_names_something_unknown_writes_only_what_an_action_can_write() {
    let service = Service::open().await;
    let mut desk = Desk::of(&service).await;
    let never_sent = desk.note("101", "mine");
    let row = service.room("101").await;
    let forged = desk.resolve(&row, &[("room/number", json!("999"))], &[&never_sent]);
    let result = service.send_one(&desk, &forged).await;
    assert_eq!(result.outcome, Outcome::Rejected);
    // Where the batch brings what it settles, the decision is about that and nothing else.
    let greedy = desk.resolve(&row, &[("room/cleanliness", json!("inspected"))], &[&never_sent]);
    let response = service.send(&desk, &[&greedy, &never_sent]).await;
    assert_eq!(outcomes(&response)[0], Outcome::Rejected);
    let honest = desk.resolve(&row, &[("room/note", json!("mine"))], &[&never_sent, &greedy, &forged]);
    assert_eq!(service.send_one(&desk, &honest).await.outcome, Outcome::Applied);
    assert_eq!(service.send_one(&desk, &never_sent).await.outcome, Outcome::Settled);
}

#[tokio::test]
async fn desk_events_and_unknown_things_have_their_own_answers() {
    let service = Service::open().await;
    let mut desk = Desk::of(&service).await;
    let mut make = |change: &dyn Fn(&mut turndown_protocol::Event)| {
        let mut event = desk.event(EntityRef::new("desk", desk.install.as_str()), "sign_in", json!({ "actor": "lea" }));
        event.workflow = "desk".into();
        event.prev_event_id = None;
        change(&mut event);
        desk.seal(event)
    };
    let events = [
        make(&|_| {}),
        make(&|event| event.entity = EntityRef::new("room", "9999")),
        make(&|event| {
            event.workflow = "restaurant".into();
            event.entity = EntityRef::new("room", "102");
        }),
        make(&|event| event.entity = EntityRef::new("spaceship", "1")),
    ];
    let response = service.send(&desk, &events.iter().collect::<Vec<_>>()).await;
    use Outcome::{Applied, Rejected};
    assert_eq!(outcomes(&response), [Applied, Rejected, Rejected, Rejected]);
    assert_eq!(service.audit().await.len(), 4, "each is in the trail");
    // What was refused because there is no such room can still be laid to rest, and makes no room.
    let rooms = service.snapshot().await.rows.len();
    let mut rest = desk.event(EntityRef::new("room", "9999"), "discard", Value::Null);
    rest.settles = vec![events[1].event.event_id.clone()];
    rest.prev_event_id = None;
    let rest = desk.seal(rest);
    assert_eq!(service.send_one(&desk, &rest).await.outcome, Applied);
    assert_eq!(service.snapshot().await.rows.len(), rooms);
}

#[tokio::test]
async fn i2_i3_schemas_older_than_two_before_and_newer_ones_are_told_apart_from_nonsense() {
    let service = Service::open().await;
    let mut desk = Desk::of(&service).await;
    let event = desk.start("101");
    let with = |room: &str, change: &dyn Fn(&mut Value)| {
        let mut value: Value = serde_json::from_str(&event.bytes).unwrap();
        value["event_id"] = json!(format!("e-{room}"));
        value["entity"]["id"] = json!(room);
        change(&mut value);
        value
    };
    let events = [
        with("102", &|value| value["schema"] = json!(turndown_protocol::EVENT_SCHEMA + 1)),
        with("103", &|value| {
            value["schema"] = json!(turndown_protocol::EVENT_SCHEMA + 1);
            value["changes"] = json!("in a form of the future");
        }),
        with("104", &|value| value["schema"] = json!(0)),
        with("105", &|value| value["local_seq"] = json!("seven")),
    ];
    let batch = service.batch(&desk, &[]).replace(r#""events":[]"#, &format!(r#""events":{}"#, json!(events)));
    let response: EventsResponse = service.send_raw(&batch).await.json();
    use Outcome::{Rejected, UpgradeRequired};
    assert_eq!(outcomes(&response), [UpgradeRequired, UpgradeRequired, Rejected, Rejected]);
    // One event without a name, and the whole request has no answer to give.
    let nameless = json!([{ "schema": 3 }]);
    let batch = service.batch(&desk, &[]).replace(r#""events":[]"#, &format!(r#""events":{nameless}"#));
    assert_eq!(service.send_raw(&batch).await.code(), (400, codes::BAD_REQUEST.into()));
}

#[tokio::test]
async fn k1_both_chains_are_kept_signed_and_a_changed_entry_is_named() {
    let mut service = Service::open().await;
    let mut desk = Desk::of(&service).await;
    let events: Vec<_> = (0..6).map(|room| desk.start(&room_name(room))).collect();
    // Out of order and with a gap: the stretch closes when the gap does.
    let last = service.send(&desk, &[&events[0], &events[1], &events[4], &events[5]]).await;
    assert_eq!(last.audit_closed.head.local_seq, 2);
    let last = service.send(&desk, &[&events[3], &events[2]]).await;
    assert_eq!(last.audit_closed.head, desk.head());

    let key: [u8; 32] = hex::decode(&service.capabilities.signing_key).unwrap().try_into().unwrap();
    let key = ed25519_dalek::VerifyingKey::from_bytes(&key).unwrap();
    let signature: [u8; 64] = hex::decode(&last.audit_closed.signature).unwrap().try_into().unwrap();
    let text = format!(
        "turndown-audit-head\n{}\n{}\n6\n{}",
        service.capabilities.store_id, desk.install, last.audit_closed.head.hash
    );
    key.verify_strict(text.as_bytes(), &signature.into()).expect("the service signed this head");

    let trail = service.audit().await;
    let mut before = turndown_protocol::ZERO_HASH.to_owned();
    for (entry, event) in trail.iter().zip([0, 1, 4, 5, 3, 2].map(|at: usize| &events[at])) {
        assert_eq!(entry.prev_hash, before);
        assert_eq!(entry.expected_hash().unwrap(), entry.hash);
        assert_eq!(
            (entry.local_seq, &entry.event_id, &entry.event_hash),
            (event.event.local_seq, &event.event.event_id, &event.hash)
        );
        assert!(entry.originated_offline);
        before = entry.hash.clone();
    }
    service.stop().await;

    let verify = || service.kept.verify();
    assert_eq!(verify().fault, None);
    let original = service.kept.backup();
    for (sql, place) in [
        ("UPDATE audit SET outcome = 'rejected' WHERE audit_seq = 3", "service entry 3"),
        ("UPDATE audit SET received_at = '2000-01-01T00:00:00.000Z' WHERE audit_seq = 5", "service entry 5"),
        ("DELETE FROM audit WHERE audit_seq = 4", "service entry 4"),
        ("DELETE FROM audit WHERE audit_seq = 6", "service entry 6"),
        ("UPDATE audit SET hash = zeroblob(32) WHERE audit_seq = 2", "service entry 2"),
        ("UPDATE events SET bytes = replace(bytes, '\"lea\"', '\"bo\"') WHERE local_seq = 4", "service entry 5"),
        ("UPDATE events SET bytes = replace(bytes, '12:00:00', '12:00:01') WHERE local_seq = 4", "service entry 5"),
        ("UPDATE events SET bytes = replace(bytes, '\"credits\"', '\"credit\"') || ' ' WHERE local_seq = 4", "desk"),
        ("PRAGMA foreign_keys = OFF; DELETE FROM events WHERE local_seq = 3", "service entry 6"),
    ] {
        service.kept.execute(sql);
        let fault = verify().fault.unwrap_or_else(|| panic!("unseen: {sql}"));
        assert!(fault.place.starts_with(place), "{sql}: {fault:?}");
        service.kept.put_back(&original);
    }
    assert_eq!(verify().fault, None);
}

#[tokio::test]
async fn k1_the_trail_can_be_verified_beside_a_service_that_takes_events() {
    let service = Service::open().await;
    let mut desk = Desk::of(&service).await;
    let kept = service.kept.clone();
    let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let seen = std::sync::Arc::clone(&stop);
    let walks = tokio::task::spawn_blocking(move || {
        let mut walks = 0;
        while !seen.load(std::sync::atomic::Ordering::Relaxed) {
            let report = kept.verify();
            assert_eq!(report.fault, None, "after {} entries", report.entries);
            walks += 1;
        }
        walks
    });
    for n in 0..150 {
        let event = desk.note("101", &format!("note {n}"));
        service.send(&desk, &[&event]).await;
    }
    stop.store(true, std::sync::atomic::Ordering::Relaxed);
    assert!(walks.await.unwrap() > 0);
}

#[tokio::test]
async fn d2_a_copied_desk_is_seen_as_a_fork_and_both_copies_work_goes_in() {
    let service = Service::open().await;
    let mut desk = Desk::of(&service).await;
    let first = desk.start("101");
    service.send(&desk, &[&first]).await;
    let mut copy = Desk::of(&service).await;
    (copy.install, copy.local_seq, copy.hash) = (desk.install.clone(), desk.local_seq, desk.hash.clone());

    let (mine, theirs) = (desk.start("102"), copy.start("103"));
    assert_eq!(service.send_one(&desk, &mine).await.outcome, Outcome::Applied);
    assert_eq!(service.handshake(&desk, None).await.audit_problem, None);
    assert_eq!(service.send_one(&copy, &theirs).await.outcome, Outcome::Applied, "work is never refused for it");
    let hello = service.handshake(&copy, None).await;
    assert_eq!(hello.audit_problem.unwrap().code, codes::AUDIT_FORK);
    assert_eq!(hello.audit_closed.head.local_seq, 2);
    let metrics = service.get("/metrics").await;
    let text = String::from_utf8(metrics.body).unwrap();
    assert!(text.contains("turndown_audit_forks_total 1"), "{text}");
}

#[tokio::test]
async fn d1_the_trail_verifies_although_a_branch_that_was_put_back_left_a_hole() {
    let service = Service::open().await;
    let mut desk = Desk::of(&service).await;
    let first = desk.start("101");
    service.send(&desk, &[&first]).await;
    let mut later = Desk::of(&service).await;
    (later.install, later.local_seq, later.hash) = (desk.install.clone(), desk.local_seq, desk.hash.clone());
    let own = [desk.start("102"), desk.start("103"), desk.start("104"), desk.start("105")];
    service.send(&desk, &own.iter().collect::<Vec<_>>()).await;
    // Of what it had recorded before it was put back, the newest came first and the oldest never.
    let (_never, before, newest) = (later.start("106"), later.start("107"), later.start("108"));
    for event in [&newest, &before] {
        assert_eq!(service.send_one(&later, event).await.outcome, Outcome::Applied);
    }
    let problem = service.handshake(&later, None).await.audit_problem.unwrap();
    assert_eq!(problem.code, codes::AUDIT_FORK);
    let report = service.kept.verify();
    assert!(report.fault.is_none(), "{:?}", report.fault.map(|fault| (fault.place, fault.what)));
}

#[tokio::test]
async fn d2_two_copies_that_have_sent_nothing_are_told_apart_by_what_they_say_of_themselves() {
    let service = Service::open().await;
    let mut desk = Desk::of(&service).await;
    let other = Desk::of(&service).await;
    let mut copy = Desk { install: desk.install.clone(), ..other };
    // As many entries, and others.
    desk.start("101");
    copy.note("101", "a cot");
    assert_eq!(service.handshake(&desk, None).await.audit_problem, None);
    assert_eq!(service.handshake(&desk, None).await.audit_problem, None, "who says the same again is the same");
    assert_eq!(service.handshake(&copy, None).await.audit_problem.expect("a fork").code, codes::AUDIT_FORK);
    assert!(service.handshake(&desk, None).await.audit_problem.is_some(), "neither is told that all is well any more");
}

#[tokio::test]
async fn d1_the_handshake_tells_a_restored_desk_that_the_service_knows_more() {
    let service = Service::open().await;
    let mut desk = Desk::of(&service).await;
    let hello = service.handshake(&desk, None).await;
    assert_eq!((hello.highest_local_seq, hello.holds_seen, hello.highest_hash), (0, true, None));
    let event = desk.start("101");
    let head = service.send(&desk, &[&event]).await.head.unwrap();
    assert!(service.handshake(&desk, Some(&head)).await.holds_seen);
    let lost = ServiceHead { audit_seq: head.audit_seq + 1, ..head };
    assert!(!service.handshake(&desk, Some(&lost)).await.holds_seen);
    let restored = Desk::of(&service).await;
    let older = Desk { install: desk.install.clone(), ..restored };
    let hello = service.handshake(&older, None).await;
    assert_eq!((hello.highest_local_seq, hello.highest_hash.as_deref()), (1, Some(desk.hash.as_str())));
    assert_eq!(hello.audit_problem.unwrap().code, codes::AUDIT_FORK);
}

#[tokio::test]
async fn h4_an_edit_of_a_room_that_was_removed_is_a_conflict_of_its_own_class() {
    let mut service = Service::open().await;
    let mut desk = Desk::of(&service).await;
    let event = desk.start(&room_name(common::ROOMS - 1));
    service.stop().await;
    service.import(PROPERTY, common::ROOMS - 1, true);
    service.start().await;
    let result = service.send_one(&desk, &event).await;
    assert_eq!(result.outcome, Outcome::Conflict);
    let theirs = result.theirs.unwrap();
    assert_eq!((theirs.class.as_str(), theirs.row.deleted), ("deleted", true));
    // Nothing can be kept in a room that is gone; taking the other side is what a desk's screen records.
    let kept = desk.resolve(&theirs.row, &[("room/note", json!("mine"))], &[&event]);
    assert_eq!(service.send_one(&desk, &kept).await.theirs.unwrap().class, "deleted");
    let done = desk.resolve(&theirs.row, &[], &[&event, &kept]);
    assert_eq!(service.send_one(&desk, &done).await.outcome, Outcome::Applied);
    let again = service.send_one(&desk, &event).await;
    assert_eq!(again.original, Some(Outcome::Settled));
}

#[tokio::test]
async fn a_clients_disconnect_does_not_cancel_what_was_begun() {
    let service = Service::open_with(200, |_| {}).await;
    let mut desk = Desk::of(&service).await;
    let events: Vec<_> = (0..200).map(|room| desk.start(&room_name(room))).collect();
    let batch = service.batch(&desk, &events.iter().collect::<Vec<_>>());
    // Sent whole over a bare socket and hung up on, without reading a byte of the answer.
    use tokio::io::AsyncWriteExt;
    let mut socket = tokio::net::TcpStream::connect(service.url.trim_start_matches("http://")).await.unwrap();
    let head = format!(
        "POST /v1/properties/{PROPERTY}/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        service.token,
        batch.len()
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    socket.write_all(batch.as_bytes()).await.unwrap();
    drop(socket);
    // All or nothing, and asking again gives every event its one outcome.
    let answer: EventsResponse = service.send_raw(&batch).await.json();
    let first = answer.results[0].outcome;
    assert!(matches!(first, Outcome::Applied | Outcome::Duplicate));
    assert!(answer.results.iter().all(|result| result.outcome == first), "never half a batch");
    assert_eq!(service.audit().await.len(), 200);
}

#[tokio::test]
async fn bodies_are_compressed_both_ways() {
    use std::io::{Read, Write};
    let service = Service::open().await;
    let mut desk = Desk::of(&service).await;
    let event = desk.start("101");
    let mut gzip = flate2::write::GzEncoder::new(vec![], flate2::Compression::fast());
    gzip.write_all(service.batch(&desk, &[&event]).as_bytes()).unwrap();
    // A client that unpacks nothing by itself, so that the bytes on the wire are seen.
    let bare = reqwest::Client::builder().no_gzip().build().unwrap();
    let answer = Answer::of(
        bare.post(format!("{}{}", service.url, service.path("events")))
            .bearer_auth(&service.token)
            .header("content-type", "application/json")
            .header("content-encoding", "gzip")
            .header("accept-encoding", "gzip")
            .body(gzip.finish().unwrap()),
    )
    .await;
    assert_eq!(answer.headers["content-encoding"], "gzip");
    let mut text = String::new();
    flate2::read::GzDecoder::new(answer.body.as_slice()).read_to_string(&mut text).unwrap();
    let response: EventsResponse = serde_json::from_str(&text).unwrap();
    assert_eq!(outcomes(&response), [Outcome::Applied]);
}
