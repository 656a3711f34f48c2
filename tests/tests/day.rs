//! The day roll on real programs: a day that begins at a desk without its service arrives once, with what was done in it and
//! the evening before; another desk began the same day meanwhile.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use chrono::{DateTime, Utc};
use std::collections::BTreeMap;
use turndown_app::dto::{LinkMode, LinkState};
use turndown_domain::{BEGIN_DAY, TaskKind, TaskStatus, Unit};
use turndown_gates::journey::{complete, start};
use turndown_gates::{Desk, Journey, Relay, Service};
use turndown_protocol::Outcome;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// The small house on its day, with a desk whose clock is of that day.
fn house() -> Journey {
    let service = Service::small();
    let relay = Relay::to(service.address());
    let mut desk = Desk::start_at(at("2016-08-20T10:00:00Z"));
    desk.move_in(&relay.url(), &service.code());
    desk.wait_online();
    desk.wait_drained();
    Journey { desk, relay, service }
}

fn day(desk: &mut Desk) -> String {
    desk.state().hotel.unwrap().service_day
}

#[test]
fn h1_the_second_day_of_an_outage_has_its_work_and_arrives_once() {
    let mut journey = house();
    journey.outage();
    // In the evening somebody cleans a room whose guest stays.
    let evening = journey.workable().into_iter().find(|tile| tile.kind == TaskKind::Stayover).unwrap();
    let room = evening.room_id.0.clone();
    for action in [start(&evening.task_id), complete(&evening.task_id)] {
        journey.desk.act(&room, action).unwrap();
    }
    // Three at night in Lisbon.
    journey.desk.set_clock(at("2016-08-21T02:00:00Z"));
    journey.desk.wait_for("the next day", |desk| day(desk) == "2016-08-21");
    let board = journey.desk.board();
    let of_today = board.iter().filter(|tile| tile.task_id.0.ends_with(":2016-08-21"));
    let stayovers: Vec<_> = of_today.filter(|tile| tile.kind == TaskKind::Stayover).collect();
    assert_eq!(stayovers.len(), 10, "eight who stay, and two who came, by their bookings");
    assert!(board.iter().all(|tile| tile.task_id != evening.task_id), "what was done yesterday is over");
    let today = (*stayovers.iter().find(|tile| tile.room_id.0 == room).unwrap()).clone();
    for action in [start(&today.task_id), complete(&today.task_id)] {
        journey.desk.act(&room, action).unwrap();
    }

    // A desk that reaches the service begins the same day by itself.
    let mut other = Desk::start_at(at("2016-08-21T02:20:00Z"));
    other.move_in(&journey.service.url(), &journey.service.code());
    other.wait_for("the next day there too", |desk| day(desk) == "2016-08-21");
    other.wait_drained();
    let theirs = other.tile(&today.task_id.0);
    assert_eq!(
        (theirs.status, theirs.assignee),
        (TaskStatus::Ready, today.assignee.clone()),
        "the same task, to the same person"
    );

    journey.relay.restore();
    journey.all_is_well();
    let mut api = journey.service.api();
    let unit = Unit::from_fields(&api.room(&room).fields).unwrap();
    assert_eq!(unit.tasks[&evening.task_id].status, TaskStatus::Completed);
    assert_eq!(unit.tasks[&today.task_id].status, TaskStatus::Completed);
    assert_eq!(unit.room.cleanliness, turndown_domain::Cleanliness::Clean, "today's clean, not yesterday's");
    let mut begun: BTreeMap<String, Vec<Outcome>> = BTreeMap::new();
    for entry in api.audit().into_iter().filter(|entry| entry.action == BEGIN_DAY) {
        begun.entry(entry.entity.id).or_default().push(entry.outcome);
    }
    assert!(begun.len() >= 10, "{begun:?}");
    for (room, outcomes) in &begun {
        let [first, later @ ..] = outcomes.as_slice() else { unreachable!("an entry is there") };
        assert_eq!(*first, Outcome::Applied, "{room}");
        assert!(later.iter().all(|outcome| matches!(outcome, Outcome::Applied | Outcome::Merged)), "{room}: {later:?}");
    }

    // Both desks come to show the same, and a third that comes now has nothing left to begin.
    let before = api.audit().len();
    let mut third = Desk::start_at(at("2016-08-21T02:30:00Z"));
    third.move_in(&journey.service.url(), &journey.service.code());
    third.wait_for("its day", |desk| day(desk) == "2016-08-21");
    third.wait_drained();
    let begun_again = api.audit().split_off(before).into_iter().filter(|entry| entry.action == BEGIN_DAY).count();
    assert_eq!(begun_again, 0, "every room was brought to the day already");
    let mut shown = journey.desk.board();
    let mut theirs = third.board();
    for board in [&mut shown, &mut theirs] {
        board.sort_by(|a, b| a.task_id.cmp(&b.task_id));
    }
    assert_eq!(
        shown.iter().map(|tile| (&tile.task_id, tile.status)).collect::<Vec<_>>(),
        theirs.iter().map(|tile| (&tile.task_id, tile.status)).collect::<Vec<_>>()
    );
}

#[test]
fn h1_a_desk_that_was_told_to_work_offline_begins_the_day_and_a_clock_that_jumped_is_asked_about() {
    let mut journey = house();
    journey.desk.set_link(LinkMode::WorkOffline);
    journey.desk.wait_for("offline", |desk| desk.sync().state == LinkState::Offline);
    journey.desk.set_clock(at("2016-08-21T12:00:00Z"));
    journey.desk.wait_for("the next day", |desk| day(desk) == "2016-08-21");
    journey.desk.set_clock(at("2016-08-25T12:00:00Z"));
    journey.desk.wait_for("the question", |desk| desk.state().day_to_begin.as_deref() == Some("2016-08-25"));
    assert_eq!(journey.desk.begin_day("2016-08-26").unwrap_err().code, "DAY_NOT_DUE");
    assert_eq!(day(&mut journey.desk), "2016-08-21");
    // The clock was wrong.
    journey.desk.set_clock(at("2016-08-21T12:00:00Z"));
    journey.desk.wait_for("no question", |desk| desk.state().day_to_begin.is_none());
    journey.desk.set_clock(at("2016-08-23T12:00:00Z"));
    journey.desk.begin_day("2016-08-23").unwrap();
    assert_eq!(day(&mut journey.desk), "2016-08-23");
    journey.desk.set_link(LinkMode::Auto);
    journey.all_is_well();
}
