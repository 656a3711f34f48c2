//! What the hotel's own system reports: taken once, whatever comes twice, late or from two senders at once.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "what a test needs and does not get ends it")]

mod common;

use common::{DAY, Desk, PROPERTY, ROOMS, Service, book, house};
use serde_json::{Value, json};
use turndown_domain::Action;
use turndown_protocol::{Outcome, ReportOutcome, ReportResult, ReportsAnswer};
use turndown_service::store::Import;

fn booking(version: u64, id: &str, room: &str, state: &str) -> Value {
    json!({
        "version": version, "of": "booking", "state": state,
        "booking": { "id": id, "room": room, "arrives_on": DAY, "nights": 2, "persons": 2 },
    })
}

fn out_of_order(version: u64, room: &str) -> Value {
    json!({
        "version": version, "of": "room", "room": room,
        "sellability": { "kind": "out_of_order", "deducts_inventory": true, "assignable": false, "reason": "Burst pipe" },
    })
}

async fn report(service: &Service, reports: &[Value]) -> Vec<ReportResult> {
    let answer = service.post(&service.path("front-office/reports"), &json!({ "reports": reports })).await;
    let ReportsAnswer { results } = answer.json();
    assert_eq!(results.len(), reports.len(), "one answer a report");
    results
}

async fn report_one(service: &Service, sent: Value) -> ReportResult {
    report(service, &[sent]).await.remove(0)
}

/// Outcome, and the code where it was refused.
fn said(result: &ReportResult) -> (ReportOutcome, Option<&str>) {
    (result.outcome, result.problem.as_ref().map(|problem| problem.code.as_str()))
}

const TAKEN: (ReportOutcome, Option<&str>) = (ReportOutcome::Taken, None);
const KNOWN: (ReportOutcome, Option<&str>) = (ReportOutcome::Known, None);

#[tokio::test]
async fn a_day_at_the_front_office_goes_into_rooms_bookings_and_the_trail_once() {
    let service = Service::open().await;
    let cursor = service.snapshot().await.cursor;
    let results = report(
        &service,
        &[booking(1, "b1", "101", "expected"), booking(2, "b1", "101", "in_house"), out_of_order(7, "102")],
    )
    .await;
    let actions: Vec<Vec<&str>> =
        results.iter().map(|result| result.done.iter().map(|done| done.action.as_str()).collect()).collect();
    assert_eq!(actions, [["booking_changed"], ["checked_in"], ["sellability_reported"]]);
    let row = service.room("101").await;
    assert_eq!(row.fields.get("room/fo_occupancy"), &json!("occupied"));
    assert_eq!(row.fields.get("room/turn"), &json!(8));
    assert_eq!(row.fields.get("room/guest")["departs_on"], json!("2016-03-27"));
    assert_eq!(row.version, results[1].done[0].seq);
    assert_eq!(service.room("102").await.fields.get("room/sellability")["reason"], json!("Burst pipe"));

    // Desks hear of all of it by the feed that they follow anyway.
    let page = service.changes(&cursor).await;
    let rooms: Vec<&str> = page.rows.iter().map(|row| row.entity.id.as_str()).collect();
    assert_eq!(rooms, ["101", "102"]);
    let document = page.reference.expect("a booking came").document;
    assert_eq!(document["bookings"][0]["id"], json!("b1"));
    assert_eq!(document["property"]["name"], json!("Grand Hotel"));

    let trail = service.audit().await;
    let told: Vec<(&str, &str, Outcome, u64)> = trail
        .iter()
        .map(|entry| (entry.action.as_str(), entry.actor_id.as_str(), entry.outcome, entry.local_seq))
        .collect();
    assert_eq!(
        told,
        [
            ("booking_changed", "system:pms", Outcome::Applied, 1),
            ("checked_in", "system:pms", Outcome::Applied, 2),
            ("sellability_reported", "system:pms", Outcome::Applied, 3),
        ]
    );

    // Everything once more, and what came before it, changes nothing.
    let head = service.snapshot().await.head_seq;
    for again in [booking(2, "b1", "101", "in_house"), booking(1, "b1", "101", "expected"), out_of_order(7, "102")] {
        assert_eq!(said(&report_one(&service, again).await), KNOWN);
    }
    assert_eq!((service.snapshot().await.head_seq, service.audit().await.len()), (head, 3));
}

#[tokio::test]
async fn what_is_kept_of_a_report_outlives_the_process() {
    let mut service = Service::open().await;
    assert_eq!(said(&report_one(&service, booking(5, "b1", "101", "in_house")).await), TAKEN);
    service.restart().await;
    assert_eq!(said(&report_one(&service, booking(5, "b1", "101", "in_house")).await), KNOWN);
    assert_eq!(said(&report_one(&service, booking(6, "b1", "101", "departed")).await), TAKEN);
    assert_eq!(service.room("101").await.fields.get("room/fo_occupancy"), &json!("vacant"));
}

#[tokio::test]
async fn a_booking_that_is_put_off_for_long_goes_and_comes_back_with_the_same_report() {
    let service = Service::open().await;
    let put_off = || {
        let mut sent = booking(2, "b1", "101", "expected");
        sent["booking"]["arrives_on"] = json!("2016-06-24");
        sent
    };
    assert_eq!(said(&report_one(&service, put_off()).await), (ReportOutcome::Refused, Some("BAD_REQUEST")));
    assert_eq!(said(&report_one(&service, booking(1, "b1", "101", "expected")).await), TAKEN);
    let bookings = async || service.snapshot().await.reference.document["bookings"].as_array().unwrap().len();
    assert_eq!(bookings().await, 1);
    assert_eq!(said(&report_one(&service, put_off()).await), TAKEN);
    assert_eq!(bookings().await, 0);
    assert!(service.room("101").await.fields.get("room/arrival").is_null());
    assert_eq!(
        said(&report_one(&service, booking(1, "b1", "101", "expected")).await),
        KNOWN,
        "and what it was before does not"
    );
    assert_eq!(
        said(&report_one(&service, put_off()).await),
        (ReportOutcome::Refused, Some("BAD_REQUEST")),
        "not kept yet"
    );
}

#[tokio::test]
async fn a_guest_who_moves_is_in_one_room_and_the_trail_tells_both() {
    let service = Service::open().await;
    report(&service, &[booking(1, "b1", "101", "in_house")]).await;
    let moved = report_one(&service, booking(2, "b1", "103", "in_house")).await;
    let done: Vec<(&str, &str)> =
        moved.done.iter().map(|done| (done.entity.id.as_str(), done.action.as_str())).collect();
    assert_eq!(done, [("101", "moved_out"), ("103", "moved_in")]);
    for (room, occupancy) in [("101", "vacant"), ("103", "occupied")] {
        assert_eq!(service.room(room).await.fields.get("room/fo_occupancy"), &json!(occupancy), "{room}");
    }
}

#[tokio::test]
async fn two_senders_at_once_make_one_check_in() {
    let service = Service::open().await;
    let reports = || report_one(&service, booking(9, "b1", "101", "in_house"));
    let (a, b, c, d) = tokio::join!(reports(), reports(), reports(), reports());
    let taken = [&a, &b, &c, &d].iter().filter(|result| said(result) == TAKEN).count();
    assert_eq!(taken, 1);
    assert_eq!(service.room("101").await.fields.get("room/turn"), &json!(8));
    assert_eq!(service.audit().await.len(), 1);
}

#[tokio::test]
async fn what_cannot_be_taken_says_why_and_holds_up_nothing_behind_it() {
    let service = Service::open().await;
    let with = |at: &str, value: Value| {
        let mut sent = booking(1, "b1", "101", "in_house");
        *sent.pointer_mut(at).unwrap() = value;
        sent
    };
    let refused = [
        (json!({ "version": 1 }), "BAD_REQUEST"),
        (json!({ "version": 1, "of": "weather" }), "BAD_REQUEST"),
        (with("/state", json!("asleep")), "BAD_REQUEST"),
        (with("/version", json!(u64::MAX)), "BAD_REQUEST"),
        (with("/booking/arrives_on", json!("25.3.2016")), "BAD_REQUEST"),
        (with("/booking/room", json!("")), "BAD_REQUEST"),
        (with("/booking/room", json!("101\0")), "BAD_REQUEST"),
        (out_of_order(1, "\0"), "BAD_REQUEST"),
        (with("/booking/id", json!("")), "BAD_REQUEST"),
        (with("/booking/nights", json!(60_000)), "BAD_REQUEST"),
        (with("/booking/arrives_on", json!("2016-08-01")), "BAD_REQUEST"),
        (with("/booking/room", json!("999")), "NOT_FOUND"),
        (out_of_order(1, "999"), "NOT_FOUND"),
    ];
    let mut sent: Vec<Value> = refused.iter().map(|(report, _)| report.clone()).collect();
    sent.push(booking(1, "b1", "101", "in_house"));
    let results = report(&service, &sent).await;
    for ((report, code), result) in refused.iter().zip(&results) {
        assert_eq!(said(result), (ReportOutcome::Refused, Some(*code)), "{report}");
    }
    assert_eq!(said(results.last().unwrap()), TAKEN);
    // One version stands for one thing.
    let other = report_one(&service, booking(1, "b1", "104", "in_house")).await;
    assert_eq!(said(&other), (ReportOutcome::Refused, Some("IDEMPOTENCY_FINGERPRINT_MISMATCH")));
    assert_eq!(service.room("104").await.fields.get("room/fo_occupancy"), &json!("vacant"));

    let request = |body: &str| {
        let path = service.path("front-office/reports");
        service.request(reqwest::Method::POST, &path).header("content-type", "application/json").body(body.to_owned())
    };
    for (body, status) in [
        ("", 400),
        ("[]", 400),
        (r#"{"reports":[{"of":"room"}]}"#, 400),
        (r#"{"reports":[{"version":-1}]}"#, 400),
        (&json!({ "reports": vec![out_of_order(1, "101"); 501] }).to_string(), 413),
    ] {
        assert_eq!(common::Answer::of(request(body)).await.status, status, "{body:.40}");
    }
}

#[tokio::test]
async fn a_desk_that_tells_of_a_guest_later_than_the_pms_makes_no_conflict() {
    let service = Service::open().await;
    report(&service, &[booking(1, "b1", "101", "expected"), booking(1, "b2", "102", "in_house")]).await;
    let mut desk = Desk::of(&service).await;
    let (arrived, departed) = (desk.record("101", &Action::Arrived {}), desk.record("102", &Action::Departed {}));
    report(&service, &[booking(2, "b1", "101", "in_house"), booking(2, "b2", "102", "departed")]).await;
    let before = [service.room("101").await.fields, service.room("102").await.fields];
    let answer = service.send(&desk, &[&arrived, &departed]).await;
    let outcomes: Vec<Outcome> = answer.results.iter().map(|result| result.outcome).collect();
    assert_eq!(outcomes, [Outcome::Merged, Outcome::Merged], "taken, and nothing of it was news");
    assert_eq!([service.room("101").await.fields, service.room("102").await.fields], before);
}

#[tokio::test]
async fn a_room_that_a_desk_gave_to_another_guest_waits_for_a_person() {
    let service = Service::open().await;
    report(&service, &[booking(1, "b1", "101", "expected")]).await;
    let mut desk = Desk::of(&service).await;
    let arrived = desk.record("101", &Action::Arrived {});
    service.send_one(&desk, &arrived).await;
    let refused = report_one(&service, booking(1, "b2", "101", "in_house")).await;
    assert_eq!(said(&refused), (ReportOutcome::Refused, Some("ROOM_OCCUPIED")));
    let departed = desk.record("101", &Action::Departed {});
    service.send_one(&desk, &departed).await;
    assert_eq!(said(&report_one(&service, booking(1, "b2", "101", "in_house")).await), TAKEN, "the same once more");
}

#[tokio::test]
async fn no_desk_records_what_the_service_alone_does() {
    let service = Service::open().await;
    let mut desk = Desk::of(&service).await;
    let as_pms = desk.record_with("101", &Action::Note { text: Some("x".into()) }, |event| {
        event.workflow = "front_office".into();
    });
    let mut other = Desk::of(&service).await;
    let install = format!("service:{}", service.capabilities.store_id);
    other.install = turndown_protocol::InstallId::parse(install).unwrap();
    let as_service = other.record("102", &Action::Note { text: Some("x".into()) });
    for event in [&as_pms, &as_service] {
        assert_eq!(service.send_one(&desk, event).await.outcome, Outcome::Rejected);
    }
    // Nor does one say where that record stands.
    assert_eq!(service.send_raw(&service.batch(&other, &[&as_service])).await.status, 400);
    let hello = json!({ "audit_head": { "local_seq": 9, "hash": "00".repeat(32) } });
    let path = format!("/v1/installs/{}/handshake", other.install);
    assert_eq!(service.post(&path, &hello).await.status, 400);
    let continues = json!({ "install_id": other.install, "local_seq": 9, "hash": "00".repeat(32) });
    let hello = json!({ "audit_head": { "local_seq": 0, "hash": "00".repeat(32) }, "continues": continues });
    assert_eq!(service.post(&format!("/v1/installs/{}/handshake", desk.install), &hello).await.status, 400);
    assert!(service.room("101").await.fields.get("room/note").is_null());
    assert!(service.room("102").await.fields.get("room/note").is_null());
}

#[tokio::test]
async fn guests_who_were_there_before_the_first_report_are_the_pms_s_too() {
    let mut service = Service::open().await;
    service.stop().await;
    let mut day: Import = house(PROPERTY, ROOMS);
    let stays: turndown_domain::Booking =
        serde_json::from_value(booking(0, "b0", "101", "in_house")["booking"].clone()).unwrap();
    day.book = turndown_domain::PropertyBook { bookings: vec![stays], ..book(PROPERTY) };
    let (_, fields) = &mut day.entities[0];
    fields.set("room/fo_occupancy", json!("occupied"));
    fields.set("room/guest", json!({ "booking_id": "b0", "persons": 2, "vip": false, "departs_on": "2016-03-27" }));
    service.import_day(&day, true);
    service.start().await;
    // Somebody else comes into the same room and shares it: nobody has left.
    assert_eq!(said(&report_one(&service, booking(1, "b1", "101", "in_house")).await), TAKEN);
    assert_eq!(service.room("101").await.fields.get("room/turn"), &json!(7));
    assert_eq!(said(&report_one(&service, booking(1, "b0", "101", "departed")).await), TAKEN);
    let row = service.room("101").await;
    assert_eq!(row.fields.get("room/fo_occupancy"), &json!("occupied"));
    assert_eq!(row.fields.get("room/guest")["booking_id"], json!("b1"));
    // The day put in its place begins without what was reported into the one before.
    service.stop().await;
    service.import_day(&day, true);
    service.start().await;
    assert_eq!(said(&report_one(&service, booking(1, "b0", "101", "departed")).await), TAKEN);
}
