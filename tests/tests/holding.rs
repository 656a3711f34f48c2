//! Holding back: a room that somebody put on hold, and the sending that somebody paused. Everything is recorded as ever,
//! says why it is not sent, and goes in its order when the person lets it.

#![allow(clippy::expect_used, clippy::panic, reason = "what a gate needs and does not get ends it")]

use turndown_app::dto::{LinkState, LocalState, OutboxFilter, OutboxRow, OutboxState, Tile};
use turndown_domain::Action;
use turndown_gates::Journey;
use turndown_gates::journey::{complete, start};

/// Starts and completes a room's task.
fn work(journey: &mut Journey, tile: &Tile) {
    for action in [start(&tile.task_id), complete(&tile.task_id)] {
        journey.desk.act(&tile.room_id.0, action).expect("recorded");
    }
}

fn waiting(journey: &mut Journey, tile: &Tile) -> Vec<OutboxRow> {
    let mut rows = journey.desk.outbox(OutboxFilter::Waiting);
    rows.retain(|row| row.entity_id == tile.room_id.0);
    rows
}

#[test]
fn h15_a_room_on_hold_keeps_its_work_through_an_outage_and_a_kill_until_somebody_lets_it_go() {
    let mut journey = Journey::small();
    let tiles = journey.workable();
    let (held, free) = (&tiles[0], &tiles[1]);
    // Before the outage one, during it another.
    journey.desk.put_on_hold(&held.room_id.0, "").expect_err("not without a reason");
    journey.desk.put_on_hold(&held.room_id.0, "the guest may come back").expect("on hold");
    assert!(journey.desk.tile(&held.task_id.0).on_hold && !journey.desk.tile(&free.task_id.0).on_hold);
    journey.outage();
    journey.desk.put_on_hold(&tiles[2].room_id.0, "to be looked at").expect("on hold");
    for tile in &tiles[..3] {
        work(&mut journey, tile);
    }
    journey.relay.restore();
    journey.desk.wait_for("the other room went", |desk| desk.sync().ledger.waiting == 4);
    let sync = journey.desk.sync();
    assert_eq!((sync.held_back, sync.ledger.balanced), (4, true));
    for row in waiting(&mut journey, held) {
        assert_eq!((row.state, row.code.as_deref()), (OutboxState::Pending, Some("ROOM_ON_HOLD")), "{row:?}");
        let why = row.why.expect("it says why").to_string();
        assert!(why.contains("the guest may come back") && row.next_step.is_some(), "{why}");
    }
    journey.desk.kill();
    journey.desk.restart();
    journey.desk.wait_online();
    let on_hold = journey.desk.sync_center(OutboxFilter::All).on_hold;
    let told: Vec<_> = on_hold.iter().map(|room| (&room.room_id, room.waiting, room.reason.as_str())).collect();
    let expected = [(&held.room_id, 2, "the guest may come back"), (&tiles[2].room_id, 2, "to be looked at")];
    assert_eq!(told, expected);
    assert_eq!(journey.desk.tile(&held.task_id.0).local_state, LocalState::Waiting);
    let refused = journey.desk.put_on_hold(&held.room_id.0, "again").expect_err("it is on hold");
    assert_eq!(refused.code, "ALREADY_ON_HOLD");

    journey.desk.let_go(&held.room_id.0).expect("let go");
    journey.desk.wait_for("it went", |desk| desk.sync().ledger.waiting == 2);
    assert_eq!(journey.desk.let_go(&held.room_id.0).expect_err("it is gone").code, "NOT_ON_HOLD");
    journey.desk.let_go(&tiles[2].room_id.0).expect("let go");
    journey.all_is_well();
    let holds: Vec<String> =
        journey.desk.trail().into_iter().map(|entry| entry.event.action).filter(|name| name.contains("hold")).collect();
    assert_eq!(holds, ["put_on_hold", "put_on_hold"], "by name in the record of both sides");
}

#[test]
fn h15_while_the_sending_is_paused_changes_come_in_and_every_row_says_why_it_waits() {
    let mut journey = Journey::small();
    let mut other = journey.another_desk();
    let tiles = journey.workable();
    journey.desk.pause_sending(true);
    journey.desk.wait_for("paused", |desk| desk.sync().paused);
    work(&mut journey, &tiles[0]);
    other.act(&tiles[1].room_id.0, Action::Note { text: Some("two more towels".into()) }).expect("recorded");
    journey.desk.wait_for("the other desk's note came", |desk| {
        desk.tile(&tiles[1].task_id.0).note.as_deref() == Some("two more towels")
    });
    journey.desk.sync_now();
    let sync = journey.desk.sync();
    assert_eq!((sync.state, sync.ledger.waiting), (LinkState::Online, 2));
    for row in waiting(&mut journey, &tiles[0]) {
        assert_eq!(row.code.as_deref(), Some("SENDING_PAUSED"), "{row:?}");
    }
    journey.desk.stop();
    journey.desk.restart();
    journey.desk.wait_online();
    assert_eq!(journey.desk.sync().ledger.waiting, 2, "it outlives a restart");
    journey.desk.pause_sending(false);
    journey.all_is_well();
}

#[test]
fn l4_every_row_that_waits_says_what_for() {
    let mut journey = Journey::small();
    let tiles = journey.workable();
    journey.outage();
    work(&mut journey, &tiles[0]);
    let link = journey.desk.sync().reason.expect("the link says why");
    for row in waiting(&mut journey, &tiles[0]) {
        assert_eq!(row.code.as_deref(), Some(link.code.as_str()), "{row:?}");
        assert_eq!((row.why.as_ref(), row.next_step.as_ref()), (Some(&link.message), Some(&link.next_step)));
    }
    // What stands behind another of its room names it.
    let rows = waiting(&mut journey, &tiles[0]);
    assert_eq!((rows[0].waits_for.as_ref(), rows[1].waits_for.as_ref()), (None, Some(&rows[0].summary)));
    // What waits for a decision says so.
    journey.service.act(&["cancel", "--task", &tiles[0].task_id.0, "--reason", "guest extended"]);
    journey.relay.restore();
    journey.desk.wait_conflicts(1);
    let rows = journey.desk.outbox(OutboxFilter::Attention);
    let behind = rows.iter().find(|row| row.state == OutboxState::Held).expect("the second stands behind the first");
    let first = rows.iter().find(|row| row.state == OutboxState::Conflict).expect("the first");
    assert_eq!(behind.waits_for.as_ref(), Some(&first.summary));
    assert!(behind.why.as_ref().is_some_and(|why| why.to_string().contains("needs a look")), "{behind:?}");
}
