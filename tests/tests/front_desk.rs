//! The front desk gives rooms out: one guest gets one room, whichever desk gave it, and whoever waits is seen.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use turndown_app::dto::{OutboxFilter, RackRoom, Side, Situation};
use turndown_domain::ladder::Rung;
use turndown_domain::{Action, Cleanliness, Occupancy};
use turndown_gates::{Desk, Journey};

fn rack(desk: &mut Desk, room: &str) -> RackRoom {
    let found = desk.front_desk().rooms.into_iter().find(|known| known.room_id.0 == room);
    found.unwrap_or_else(|| panic!("room {room} is in the rack"))
}

/// A room that may be given out now.
fn safe(desk: &mut Desk) -> RackRoom {
    desk.front_desk().rooms.into_iter().find(|room| room.safe.safe).expect("a room that is ready")
}

fn claim(guest: &str) -> Action {
    Action::Claim { guest: Some(guest.into()) }
}

#[test]
fn h26_a_room_that_two_desks_give_out_in_an_outage_is_asked_about_before_anything_else() {
    let mut journey = Journey::small();
    let mut office = journey.another_desk();
    let tile = journey.workable().remove(0);
    let room = safe(&mut journey.desk).room_id.0;
    journey.outage();
    // Something older needs a look too.
    journey.desk.act(&tile.room_id.0, Action::Note { text: Some("pet".into()) }).expect("recorded");
    journey.desk.act(&room, claim("Smith")).expect("recorded");
    let held = rack(&mut journey.desk, &room);
    assert_eq!(held.safe.reasons, ["claimed"], "the own windows see it at once");
    assert_eq!(held.claim.and_then(|claim| claim.guest).as_deref(), Some("Smith"));
    let again = journey.desk.act(&room, claim("Lee")).expect_err("one guest gets it");
    assert_eq!(again.code, "ROOM_CLAIMED");

    office.act(&tile.room_id.0, Action::Note { text: Some("no pet".into()) }).expect("recorded");
    office.act(&room, claim("Jones")).expect("recorded");
    office.wait_drained();
    journey.relay.restore();
    journey.desk.wait_conflicts(2);
    let heads = journey.desk.sync_center(OutboxFilter::Attention).conflicts;
    assert_eq!(heads[0].entity_id, room);
    assert_eq!(heads.iter().map(|head| head.given_twice).collect::<Vec<_>>(), [true, false]);
    assert!(heads[0].summary.to_string().contains("two guests"), "{}", heads[0].summary);
    // No desk gives the room to a third guest meanwhile.
    for desk in [&mut journey.desk, &mut office] {
        desk.wait_for("the room is contested", |desk| {
            let reasons = rack(desk, &room).safe.reasons;
            reasons.contains(&"contested".to_owned()) || reasons.contains(&"conflict".to_owned())
        });
    }
    let view = journey.desk.conflict(&room).expect("open");
    assert_eq!(view.situation, Situation::GivenTwice);
    let claimed = view.fields.iter().find(|field| field.path == "room/claim").expect("the claims");
    assert!(claimed.mine.to_string().contains("Smith") && claimed.theirs.to_string().contains("Jones"), "{claimed:?}");
    journey.desk.resolve(&view, |_| Side::Theirs).expect("decided");
    let note = journey.desk.conflict(&tile.room_id.0).expect("open");
    journey.desk.resolve(&note, |_| Side::Mine).expect("decided");
    journey.all_is_well();
    let held = rack(&mut journey.desk, &room);
    assert_eq!(held.claim.and_then(|claim| claim.guest).as_deref(), Some("Jones"));
    journey.desk.act(&room, Action::Release {}).expect("recorded");
    assert!(rack(&mut journey.desk, &room).safe.safe, "and is free again");
}

#[test]
fn h26_a_guest_who_comes_into_a_room_that_another_desk_claimed_is_asked_about() {
    let mut journey = Journey::small();
    let mut office = journey.another_desk();
    let room = safe(&mut journey.desk).room_id.0;
    journey.outage();
    journey.desk.act(&room, Action::Arrived {}).expect("recorded");
    office.act(&room, claim("Jones")).expect("recorded");
    office.wait_drained();
    journey.relay.restore();
    journey.desk.wait_conflicts(1);
    let view = journey.desk.conflict(&room).expect("open");
    assert_eq!(view.situation, Situation::GivenTwice, "{view:?}");
    journey.desk.resolve(&view, |_| Side::Mine).expect("decided");
    journey.all_is_well();
    assert_eq!(rack(&mut office, &room).occupancy, Occupancy::Occupied);
}

#[test]
fn whoever_waits_at_the_front_desk_has_their_room_on_top_of_the_board_here_and_elsewhere() {
    let mut journey = Journey::small();
    let mut office = journey.another_desk();
    let tile = journey.workable().into_iter().find(|tile| tile.arrival.is_some()).expect("somebody is due");
    let room = tile.room_id.0.clone();
    journey.desk.act(&room, Action::QueueGuest { promised: Some("14:30".into()) }).expect("recorded");
    let first = |desk: &mut Desk| {
        let mut tiles = desk.board();
        tiles.sort_by_key(|tile| tile.standing.rank);
        tiles.remove(0)
    };
    let top = first(&mut journey.desk);
    assert_eq!(top.room_id.0, room);
    assert!(matches!(top.standing.rung, Rung::GuestWaits | Rung::VipWaits), "{:?}", top.standing);
    journey.desk.wait_drained();
    office.wait_for("the other desk sees who waits", |desk| first(desk).room_id.0 == room);
    let waiting = rack(&mut office, &room).waiting.expect("the wait");
    assert_eq!(waiting.promised.as_deref(), Some("14:30"));
    office.act(&room, Action::LeaveQueue {}).expect("recorded");
    journey.desk.wait_for("nobody waits any more", |desk| rack(desk, &room).waiting.is_none());
    journey.all_is_well();
}

#[test]
fn a_line_of_the_radio_says_what_it_would_record_and_records_it() {
    let mut journey = Journey::small();
    journey.outage();
    let house = journey.desk.front_desk().rooms;
    let idle = house.iter().filter(|room| room.occupancy == Occupancy::Occupied && !room.discrepancy);
    let idle: Vec<&RackRoom> = idle.take(2).collect();
    let line = format!("{} {} od", idle[0].number, idle[1].number);
    let unknown = journey.desk.radio(&format!("{line}; 99999 vc"));
    assert_eq!(unknown.problem.map(|problem| problem.code).as_deref(), Some("RADIO_NO_SUCH_ROOM"));
    let heard = journey.desk.radio(&line);
    assert_eq!(heard.rooms.len(), 2, "{heard:?}");
    for room in heard.rooms {
        assert_eq!(room.says[0], "Saw the room occupied");
        for action in room.actions {
            journey.desk.act(&room.room_id.0, action).expect("what was said can be done");
        }
    }
    for room in &idle {
        let now = rack(&mut journey.desk, &room.room_id.0);
        assert_eq!((now.cleanliness, now.hk_occupancy), (Cleanliness::Dirty, Some(Occupancy::Occupied)));
    }
    // What is so already is not recorded once more.
    let again = journey.desk.radio(&format!("{} dirty", idle[0].number));
    assert!(again.rooms[0].actions.is_empty() && again.rooms[0].problem.is_none(), "{again:?}");
    // What the rules refuse is said before Enter.
    let vacant = house.iter().find(|room| room.occupancy == Occupancy::Vacant).expect("a vacant room");
    let refused = journey.desk.radio(&format!("{} dnd", vacant.number));
    assert_eq!(refused.rooms[0].problem.as_ref().map(|problem| problem.code.as_str()), Some("ROOM_VACANT"));
    journey.relay.restore();
    journey.all_is_well();
}

#[test]
fn the_downtime_pack_has_what_was_done_in_the_outage_and_stands_in_the_place_of_the_one_before() {
    let mut desk = Desk::start();
    assert_eq!(desk.write_downtime_pack().expect_err("no hotel yet").code, "DOWNTIME_PACK_UNWRITTEN");
    assert_eq!(desk.downtime_pack().written_at, None);
    drop(desk);

    let mut journey = Journey::small();
    let room = safe(&mut journey.desk);
    let before = std::fs::read_to_string(journey.desk.write_downtime_pack().expect("written")).expect("the page");
    assert!(!before.contains("Smith"));
    journey.outage();
    journey.desk.act(&room.room_id.0, claim("Smith <walk-in>")).expect("recorded");
    let page = journey.desk.write_downtime_pack().expect("written");
    let now = std::fs::read_to_string(&page).expect("the page");
    assert!(
        now.contains("Smith &lt;walk-in&gt;") && now.contains("1 action of this desk has not reached the service yet"),
        "{now}"
    );
    let told = journey.desk.downtime_pack();
    assert!(told.written_at.is_some() && told.problem.is_none(), "{told:?}");
    let rack = std::fs::read_to_string(page.with_file_name("room-rack.csv")).expect("the rack");
    let rooms = journey.desk.front_desk().rooms.len();
    assert_eq!(rack.lines().count(), rooms + 1, "every room and the head");
    let files = std::fs::read_dir(&told.folder).expect("the folder").count();
    assert_eq!(files, 2, "nothing is left of the one before");

    // Something stands where the page belongs: it is said, and the desk goes on.
    std::fs::remove_file(&page).expect("removed");
    std::fs::create_dir(&page).expect("a folder in its place");
    assert_eq!(journey.desk.write_downtime_pack().expect_err("no place").code, "DOWNTIME_PACK_UNWRITTEN");
    assert!(journey.desk.downtime_pack().problem.is_some());
    std::fs::remove_dir(&page).expect("removed");
    journey.relay.restore();
    journey.all_is_well();
}
