//! The day roll of the service: by its own clock, in the hotel's time zone, beside desks that begin the same day.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "what a test needs and does not get ends it")]

mod common;

use common::{Answer, DAY, Desk, PROPERTY, Service, book, house, room_name, task_of};
use serde_json::json;
use std::sync::atomic::Ordering;
use std::time::Duration;
use turndown_domain::{Booking, Guest, Occupancy, Room, RoomId, Unit};
use turndown_protocol::{Outcome, Snapshot};
use turndown_service::store::Import;

const NEXT: &str = "2016-03-26";

/// The first room has a guest who stays; the second has a member that this build does not know.
fn with_a_guest(rooms: usize) -> Import {
    let mut book = book(PROPERTY);
    book.bookings = vec![Booking {
        id: "b1".into(),
        room: RoomId(room_name(0)),
        arrives_on: "2016-03-24".into(),
        nights: 9,
        persons: 2,
        ..Booking::default()
    }];
    let Import { mut entities, .. } = house(PROPERTY, rooms);
    let mut unit = Unit::from_fields(&entities[0].1).unwrap();
    unit.room = Room {
        fo_occupancy: Occupancy::Occupied,
        guest: Some(Guest { booking_id: "b1".into(), departs_on: "2016-04-02".into(), ..Guest::default() }),
        ..unit.room
    };
    entities[0].1 = unit.to_fields();
    entities[1].1.set("room/minibar", json!({ "beer": 2 }));
    Import { book, entities }
}

fn day_of(snapshot: &Snapshot) -> &str {
    snapshot.reference.document["property"]["service_day"].as_str().unwrap()
}

fn set(service: &Service, at: &str) {
    let at: chrono::DateTime<chrono::Utc> = at.parse().unwrap();
    service.env.0.store(u64::try_from(at.timestamp_millis()).unwrap(), Ordering::Relaxed);
}

/// Waits until the service is in a day.
async fn comes_to(service: &Service, day: &str) -> Snapshot {
    let look = async {
        loop {
            let snapshot = service.snapshot().await;
            if day_of(&snapshot) == day {
                return snapshot;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    common::patiently(day, look).await
}

#[tokio::test]
async fn h1_the_service_begins_each_day_at_the_hotels_hour_and_desks_hear_of_it() {
    let mut service = Service::open_with(4, |_| {}).await;
    service.stop().await;
    service.import_day(&with_a_guest(4), true);
    // In March Lisbon has the time of UTC.
    set(&service, "2016-03-26T02:59:59Z");
    service.start().await;
    let mut desk = Desk::of(&service).await;
    let before = service.snapshot().await;
    assert_eq!(day_of(&before), DAY);
    set(&service, "2016-03-26T03:00:00Z");
    let after = comes_to(&service, NEXT).await;
    let row = |room: usize| after.rows.iter().find(|row| row.entity.id == room_name(room)).unwrap();
    let unit = Unit::from_fields(&row(0).fields).unwrap();
    assert_eq!(unit.room.day.as_deref(), Some(NEXT));
    let stayover = format!("{PROPERTY}:{}:stayover:{NEXT}", room_name(0));
    assert!(unit.tasks.keys().any(|task| task.0 == stayover), "{:?}", unit.tasks.keys());
    assert_eq!(row(1).fields.get("room/minibar"), &json!({ "beer": 2 }), "what this build does not know stays");

    // Whoever follows the feed has it, page by page.
    let page = service.changes(&before.cursor).await;
    assert!(page.rows.iter().any(|row| row.entity.id == room_name(0)));
    assert_eq!(page.reference.unwrap().document["property"]["service_day"], NEXT);
    // The new task can be named in the single-action route at once.
    let path = service.path(&format!("housekeeping/tasks/{stayover}/start"));
    let started = Answer::of(
        service
            .request(reqwest::Method::POST, &path)
            .header("x-idempotency-key", "start-1")
            .json(&json!({ "actor_id": "ana" })),
    )
    .await;
    assert_eq!(started.status, 200, "{}", String::from_utf8_lossy(&started.body));

    // A desk that was away sends yesterday's work: it is not lost, and makes no slept-in room clean.
    let mut complete = vec![desk.start(&room_name(0))];
    complete.push(desk.record(
        &room_name(0),
        &turndown_domain::Action::Complete { task: turndown_domain::TaskId(task_of(&room_name(0))) },
    ));
    let taken = service.send(&desk, &complete.iter().collect::<Vec<_>>()).await;
    assert!(
        taken.results.iter().all(|result| matches!(result.outcome, Outcome::Applied | Outcome::Merged)),
        "{taken:?}"
    );
    let unit = Unit::from_fields(&service.room(&room_name(0)).await.fields).unwrap();
    assert_eq!(unit.room.cleanliness, turndown_domain::Cleanliness::Dirty);

    // A restart in the middle of the day changes nothing, and a clock that jumped begins nothing.
    let version = service.room(&room_name(0)).await.version;
    service.restart().await;
    set(&service, "2016-03-30T12:00:00Z");
    service.restart().await;
    let snapshot = service.snapshot().await;
    assert_eq!((day_of(&snapshot), service.room(&room_name(0)).await.version), (NEXT, version));
}

#[tokio::test]
async fn h1_a_booking_that_nobody_can_read_holds_up_neither_the_day_nor_another_hotels() {
    let mut service = Service::open_with(2, |_| {}).await;
    service.stop().await;
    let mut unreadable = with_a_guest(2);
    unreadable.book.bookings[0].arrives_on = "2016-02-31".into();
    service.import_day(&unreadable, true);
    service.import("other", 2, false);
    set(&service, "2016-03-26T03:00:00Z");
    service.start().await;
    comes_to(&service, NEXT).await;
    service.token = service.enroll("other");
    let of_other = async {
        while service.get("/v1/properties/other/snapshot").await.json::<Snapshot>().reference.document["property"]["service_day"]
            != NEXT
        {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    common::patiently("the other hotel's day", of_other).await;
}
