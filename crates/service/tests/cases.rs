//! More of the hard cases at the service, named by their codes (docs/hard-cases.md). See `events.rs` and `feed.rs`.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "what a test needs and does not get ends it")]

mod common;

use common::{Desk, PROPERTY, ROOMS, Service, house, outcomes, room_name, status_path};
use serde_json::{Value, json};
use std::sync::atomic::Ordering;
use turndown_protocol::{ActorId, EventsResponse, Outcome, SealedEvent, ZERO_HASH, codes};

const DAY_MS: u64 = 24 * 3_600 * 1_000;

#[tokio::test]
async fn d5_a_repetition_after_ten_years_is_still_a_repetition() {
    let mut service = Service::open().await;
    let mut desk = Desk::of(&service).await;
    let (start, rejected) = (desk.start("101"), {
        let mut event = desk.event(turndown_protocol::EntityRef::new("room", "102"), "fly", Value::Null);
        event.prev_event_id = None;
        desk.seal(event)
    });
    let first = service.send(&desk, &[&start, &rejected]).await;
    assert_eq!(outcomes(&first), [Outcome::Applied, Outcome::Rejected]);
    let row = service.room("101").await;
    service.env.0.fetch_add(3_650 * DAY_MS, Ordering::Relaxed);
    service.restart().await;
    let again = service.send(&desk, &[&start, &rejected]).await;
    assert_eq!(outcomes(&again), [Outcome::Duplicate; 2]);
    assert_eq!(again.results[0].original, Some(Outcome::Applied));
    assert_eq!(again.results[1].original, Some(Outcome::Rejected), "what was refused once stays refused");
    assert_eq!(service.room("101").await, row);
}

#[tokio::test]
async fn e5_two_edits_of_the_same_millisecond_are_a_conflict_all_the_same_and_e2_a_far_clock_wins_nothing() {
    let service = Service::open().await;
    let (mut one, mut two) = (Desk::of(&service).await, Desk::of(&service).await);
    let (mine, theirs) = (one.note("101", "towels"), two.note("101", "cot"));
    assert_eq!(mine.event.recorded_at, theirs.event.recorded_at);
    assert_eq!(service.send_one(&one, &mine).await.outcome, Outcome::Applied);
    assert_eq!(service.send_one(&two, &theirs).await.outcome, Outcome::Conflict);
    // A desk whose clock is in the year 2100 is judged like any other: it neither wins nor makes anybody lose.
    let mut far = Desk::of(&service).await;
    let far_edit = far.record_with("102", &turndown_domain::Action::Note { text: Some("far".into()) }, |event| {
        event.recorded_at = "2100-01-01T00:00:00.000Z".into();
    });
    let near_edit = two.note("102", "near");
    assert_eq!(service.send_one(&two, &near_edit).await.outcome, Outcome::Applied);
    assert_eq!(service.send_one(&far, &far_edit).await.outcome, Outcome::Conflict);
    let after = two.note("102", "nearer");
    assert_eq!(service.send_one(&two, &after).await.outcome, Outcome::Applied);
    assert_eq!(service.room("102").await.fields.get("room/note"), "nearer");
}

#[tokio::test]
async fn g7_rooms_that_come_to_a_hotel_later_reach_a_desk_by_the_cursor_that_it_has() {
    let mut service = Service::open().await;
    let cursor = service.snapshot().await.cursor;
    service.stop().await;
    service.import_day(&house(PROPERTY, ROOMS + 2), true);
    service.start().await;
    let page = service.changes(&cursor).await;
    for new in [room_name(ROOMS), room_name(ROOMS + 1)] {
        assert!(page.rows.iter().any(|row| row.entity.id == new), "{new} is older than no cursor");
    }
    assert!(page.reference.is_some());
}

#[tokio::test]
async fn i2_events_of_the_two_schemas_before_are_read_and_kept_as_they_were_written() {
    let service = Service::open().await;
    let mut desk = Desk::of(&service).await;
    // As such a desk writes it: canonical, without the members that came later.
    let mut golden = |schema: u32, room: &str, prev: &str| {
        let mut value: Value = serde_json::from_str(&desk.start(room).bytes).unwrap();
        value["schema"] = json!(schema);
        value["prev_hash"] = json!(prev);
        for later in ["depends_on", "settles", "data_age_s"] {
            value.as_object_mut().unwrap().remove(later);
        }
        serde_json_canonicalizer::to_string(&value).unwrap()
    };
    let first = golden(1, "101", ZERO_HASH);
    let second = golden(2, "102", &SealedEvent::hash_of(first.as_bytes()));
    let batch = service.batch(&desk, &[]).replace(r#""events":[]"#, &format!(r#""events":[{first},{second}]"#));
    let response: EventsResponse = service.send_raw(&batch).await.json();
    assert!(
        outcomes(&response).iter().all(|outcome| matches!(outcome, Outcome::Applied | Outcome::Merged)),
        "{:?}",
        response.results
    );
    assert_eq!(response.audit_closed.head.local_seq, 2, "the chain closes over their own bytes");
    for room in ["101", "102"] {
        assert_eq!(service.room(room).await.fields.get(&status_path(room)), "in_progress");
    }
    let again: EventsResponse = service.send_raw(&batch).await.json();
    assert_eq!(outcomes(&again), [Outcome::Duplicate; 2]);
}

#[tokio::test]
async fn i5_an_action_that_is_not_known_any_more_is_refused_for_good_with_its_reason() {
    let service = Service::open().await;
    let mut desk = Desk::of(&service).await;
    let mut retired = desk.event(turndown_protocol::EntityRef::new("room", "101"), "send_pigeon", Value::Null);
    retired.prev_event_id = None;
    let retired = desk.seal(retired);
    let result = service.send_one(&desk, &retired).await;
    assert_eq!(result.outcome, Outcome::Rejected);
    let problem = result.problem.expect("a reason");
    assert!(problem.title.contains("send_pigeon"), "{problem:?}");
    let again = service.send_one(&desk, &retired).await;
    assert_eq!((again.outcome, again.original), (Outcome::Duplicate, Some(Outcome::Rejected)), "and no endless loop");
    // So is what was written in a form that is older than what is read.
    let old = retired.bytes.replace(r#""schema":3"#, r#""schema":0"#).replace(retired.event.event_id.as_str(), "older");
    let batch = service.batch(&desk, &[]).replace(r#""events":[]"#, &format!(r#""events":[{old}]"#));
    let response: EventsResponse = service.send_raw(&batch).await.json();
    let problem = response.results[0].problem.clone().expect("a reason");
    assert_eq!((response.results[0].outcome, problem.code.as_str()), (Outcome::Rejected, codes::UPGRADE_REQUIRED));
}

/// A stopped service with eight events in its trail.
async fn with_a_trail() -> Service {
    let mut service = Service::open().await;
    let mut desk = Desk::of(&service).await;
    let events: Vec<_> = (0..8).map(|room| desk.start(&room_name(room))).collect();
    service.send(&desk, &events.iter().collect::<Vec<_>>()).await;
    service.stop().await;
    service
}

fn fault(service: &Service) -> Option<(String, String)> {
    let report = service.kept.verify();
    report.fault.map(|fault| (fault.place, fault.what))
}

#[tokio::test]
async fn k1_an_entry_edited_removed_inserted_or_moved_is_named_by_its_place() {
    let attacks: [(&str, &str, &str); 5] = [
        ("edited", "UPDATE audit SET code = 'X' WHERE audit_seq = 3", "service entry 3"),
        ("removed", "DELETE FROM audit WHERE audit_seq = 4", "service entry 4"),
        (
            "moved",
            "UPDATE audit SET audit_seq = 100 WHERE audit_seq = 5; UPDATE audit SET audit_seq = 5 WHERE audit_seq = 6;
             UPDATE audit SET audit_seq = 6 WHERE audit_seq = 100;",
            "service entry 5",
        ),
        (
            "inserted",
            "INSERT INTO audit SELECT property_n, 9, event_n, outcome, seq, code, received_at, hash, moves FROM audit
             WHERE audit_seq = 8",
            "service entry 9",
        ),
        ("an event's bytes", "UPDATE events SET bytes = replace(bytes, 'lea', 'bob') WHERE local_seq = 2", "entry 2"),
    ];
    for (what, sql, place) in attacks {
        let service = with_a_trail().await;
        assert_eq!(fault(&service), None, "{what}");
        service.kept.execute(sql);
        let (found, _) = fault(&service).unwrap_or_else(|| panic!("{what} is not noticed"));
        assert!(found.ends_with(place), "{what}: {found}");
    }
}

#[tokio::test]
async fn k2_a_trail_whose_end_or_whole_is_gone_is_noticed() {
    for keep in [5, 0] {
        let service = with_a_trail().await;
        service.kept.execute(&format!("DELETE FROM audit WHERE audit_seq > {keep}"));
        let (place, what) = fault(&service).expect("it is noticed");
        assert_eq!((place, what.as_str()), (format!("service entry {}", keep + 1), "the end of the trail is missing"));
    }
    // A desk's chain too: its closed end was signed.
    let service = with_a_trail().await;
    service.kept.execute(
        "PRAGMA foreign_keys = OFF; DELETE FROM audit; UPDATE properties SET audit_seq = 0,
        audit_hash = zeroblob(32); DELETE FROM events WHERE local_seq > 6",
    );
    let (place, what) = fault(&service).expect("it is noticed");
    assert!(place.ends_with("entry 7") && what == "the entry is missing", "{place}: {what}");
}

#[tokio::test]
async fn k5_a_chain_is_verified_link_by_link_as_it_grows_and_never_from_the_beginning() {
    let service = Service::open().await;
    let mut desk = Desk::of(&service).await;
    let mut closed = 0;
    for round in 0..6 {
        let events: Vec<_> = (0..5).map(|n| desk.note("101", &format!("note {round} {n}"))).collect();
        let response = service.send(&desk, &events.iter().collect::<Vec<_>>()).await;
        let head = response.audit_closed.head;
        assert_eq!(head.local_seq, closed + 5, "what was closed before is not asked for again");
        closed = head.local_seq;
        // What is behind the closed end is not looked at again by a batch: only the walk of the whole finds it.
        if round == 2 {
            service.kept.execute("UPDATE events SET bytes = bytes || ' ' WHERE local_seq = 3");
        }
    }
    let (place, _) = fault(&service).expect("the whole walk finds it");
    assert!(place.ends_with("entry 3"), "{place}");
}

#[tokio::test]
async fn d2_an_install_that_continues_another_begins_where_that_one_stood() {
    let mut service = Service::open().await;
    let mut desk = Desk::of(&service).await;
    let first = [desk.start("101"), desk.note("101", "towels")];
    service.send(&desk, &first.iter().collect::<Vec<_>>()).await;
    let old = desk.install.clone();
    let begins = desk.head();
    desk.install = turndown_protocol::InstallId::parse("the-second").unwrap();
    let hello = json!({
        "audit_head": desk.head(),
        "continues": { "install_id": old, "local_seq": begins.local_seq, "hash": begins.hash },
    });
    let path = format!("/v1/installs/{}/handshake", desk.install);
    for _ in 0..2 {
        let answer: turndown_protocol::HandshakeAnswer = service.post(&path, &hello).await.json();
        assert_eq!((answer.highest_local_seq, answer.audit_problem), (0, None));
        assert_eq!(answer.audit_closed.head, begins, "its chain is closed up to where it begins");
        assert_eq!(answer.holds_until, begins.local_seq);
    }
    let next = desk.note("101", "cot");
    let response = service.send(&desk, &[&next]).await;
    assert_eq!(outcomes(&response), [Outcome::Applied]);
    assert_eq!(response.audit_closed.head, desk.head());
    // What the old one had not sent still comes, from the new one.
    let actor = ActorId::parse("lea").unwrap();
    assert_eq!(next.event.actor_id, actor);
    service.restart().await;
    assert_eq!(fault(&service), None);
    // A beginning that is not where the chain goes on is noticed.
    service.kept.execute("UPDATE installs SET begins_hash = zeroblob(32) WHERE begins_seq > 0");
    assert!(fault(&service).is_some());
}

#[tokio::test]
async fn d3_the_handshake_says_up_to_where_nothing_is_needed_again() {
    let service = Service::open().await;
    let mut desk = Desk::of(&service).await;
    let events = [desk.start("101"), desk.note("102", "a"), desk.note("103", "b"), desk.note("103", "c")];
    let all: Vec<&SealedEvent> = events.iter().collect();
    let held = |answer: turndown_protocol::HandshakeAnswer| answer.holds_until;
    assert_eq!(held(service.handshake(&desk, None).await), 0);
    // The fourth builds on the third, which is not here: it is kept, and its outcome is open.
    service.send(&desk, &[all[0], all[1], all[3]]).await;
    assert_eq!(held(service.handshake(&desk, None).await), 2);
    service.send(&desk, &[all[2]]).await;
    assert_eq!(held(service.handshake(&desk, None).await), 3, "the fourth still waits for an answer that is final");
    service.send(&desk, &[all[3]]).await;
    assert_eq!(held(service.handshake(&desk, None).await), 4);
}

#[tokio::test]
async fn d3_what_was_not_taken_as_it_is_may_be_needed_again() {
    let service = Service::open().await;
    let (mut desk, mut other) = (Desk::of(&service).await, Desk::of(&service).await);
    let held = |answer: turndown_protocol::HandshakeAnswer| answer.holds_until;
    let (start, theirs, mine) = (desk.start("102"), other.note("101", "cot"), desk.note("101", "towels"));
    service.send_one(&other, &theirs).await;
    let response = service.send(&desk, &[&start, &mine]).await;
    assert_eq!(outcomes(&response), [Outcome::Applied, Outcome::Conflict]);
    assert_eq!(held(service.handshake(&desk, None).await), 1, "before a restore it may have been taken");
    let decision = desk.resolve(&service.room("101").await, &[("room/note", json!("cot"))], &[&mine]);
    assert_eq!(outcomes(&service.send(&desk, &[&decision]).await), [Outcome::Applied]);
    assert_eq!(held(service.handshake(&desk, None).await), 1, "nor does a decision change that");
}

#[tokio::test]
async fn h16_the_story_of_a_room_has_every_desks_events_with_all_that_became_of_them() {
    let service = Service::open().await;
    let (mut desk, mut other) = (Desk::of(&service).await, Desk::of(&service).await);
    let (theirs, mine, elsewhere) = (other.note("101", "cot"), desk.note("101", "towels"), desk.note("102", "pet"));
    service.send_one(&other, &theirs).await;
    service.send(&desk, &[&mine, &elsewhere]).await;
    let decision = desk.resolve(&service.room("101").await, &[("room/note", json!("cot, towels"))], &[&mine]);
    service.send(&desk, &[&decision]).await;
    let page = async |query: &str| -> turndown_protocol::StoryPage {
        service.get(&service.path(&format!("entities/room/101/story{query}"))).await.json()
    };
    let story = page("").await;
    let told: Vec<(&str, Vec<Outcome>)> = story
        .entries
        .iter()
        .map(|entry| (entry.event.event_id.as_str(), entry.outcomes.iter().map(|one| one.outcome).collect()))
        .collect();
    assert_eq!(
        told,
        [
            (decision.event.event_id.as_str(), vec![Outcome::Applied]),
            (mine.event.event_id.as_str(), vec![Outcome::Conflict]),
            (theirs.event.event_id.as_str(), vec![Outcome::Applied]),
        ],
        "newest first, and nothing of another room"
    );
    assert_eq!(story.entries[1].event, mine.event);
    assert_eq!(story.before, None);
    // By pages, and the same after a restart.
    let first = page("?limit=2").await;
    let rest = page(&format!("?limit=2&before={}", first.before.expect("there is more"))).await;
    let ids = |page: &turndown_protocol::StoryPage| {
        page.entries.iter().map(|entry| entry.event.event_id.clone()).collect::<Vec<_>>()
    };
    assert_eq!([ids(&first), ids(&rest)].concat(), ids(&story));
    let nothing: turndown_protocol::StoryPage = service.get(&service.path("entities/room/999/story")).await.json();
    assert!(nothing.entries.is_empty());
}

#[tokio::test]
async fn a_name_that_no_table_keeps_is_refused_for_good_and_holds_nobody_up() {
    let service = Service::open().await;
    let mut desk = Desk::of(&service).await;
    let start = desk.start("101");
    let odd = desk.event(turndown_protocol::EntityRef::new("place", "lob\0by"), "note", json!({ "text": "x" }));
    let odd = desk.seal(odd);
    let other = desk.start("102");
    let response = service.send(&desk, &[&start, &odd, &other]).await;
    assert_eq!(outcomes(&response), [Outcome::Applied, Outcome::Rejected, Outcome::Applied]);
    let task = service.path("housekeeping/tasks/t%00/start");
    let act = service
        .request(reqwest::Method::POST, &task)
        .header("X-Idempotency-Key", "k-1")
        .json(&json!({ "actor_id": "ana", "args": {} }));
    assert_eq!(common::Answer::of(act).await.status, 404);
    let story = service.get(&service.path("entities/room/1%001/story")).await;
    assert_eq!(story.json::<Value>()["entries"], json!([]));
}
