//! A hotel that asks for PINs: who gets in without the service, and what becomes of work whose author may not any more.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use turndown_app::dto::{OutboxFilter, OutboxState, Phase};
use turndown_domain::{Action, Role};
use turndown_gates::journey::{complete, start};
use turndown_gates::{Journey, pins};
use turndown_protocol::Outcome;

#[test]
fn t3_people_work_by_pin_through_an_outage_and_what_one_may_not_any_more_waits_for_a_manager() {
    let mut journey = Journey::small();
    let tiles = journey.workable();
    let [lead, attendant, manager] = [Role::Lead, Role::Attendant, Role::Manager].map(|role| journey.desk.person(role));
    // The hotel begins to ask for PINs while the lead works by name; the desk hears of it when the link comes back.
    journey.service.ask_for_pins();
    journey.outage();
    journey.relay.restore();
    journey.desk.wait_for("the desk asks who is there", |desk| desk.state().phase == Phase::Locked);
    let refused = journey.desk.act(&tiles[0].room_id.0, start(&tiles[0].task_id)).expect_err("it is locked");
    assert_eq!(refused.code, "DESK_LOCKED");
    let pin = |person: &str| pins::of(person).expect("everybody was given one");

    // Without the service, and over a kill, the PIN opens and nothing else does.
    journey.outage();
    assert_eq!(journey.desk.sign_in(&lead, "000000").expect_err("not theirs").code, "PIN_WRONG");
    journey.desk.sign_in(&lead, &pin(&lead)).expect("theirs");
    journey.desk.act(&tiles[0].room_id.0, start(&tiles[0].task_id)).expect("recorded");
    journey.desk.kill();
    journey.desk.restart();
    assert_eq!(journey.desk.state().phase, Phase::Locked, "whoever starts it shows who they are");
    journey.desk.sign_in(&attendant, &pin(&attendant)).expect("another one may come in");
    let reassign = Action::Reassign { task: tiles[1].task_id.clone(), to: None };
    let refused = journey.desk.act(&tiles[1].room_id.0, reassign).expect_err("an attendant does not plan");
    assert_eq!(refused.code, "ROLE_MAY_NOT");
    journey.desk.act(&tiles[1].room_id.0, start(&tiles[1].task_id)).expect("recorded");
    journey.desk.act(&tiles[2].room_id.0, start(&tiles[2].task_id)).expect("recorded");
    // Meanwhile the attendant leaves the house for good; nobody can tell the desk.
    journey.service.take_pin_away(&attendant);
    journey.desk.act(&tiles[1].room_id.0, complete(&tiles[1].task_id)).expect("recorded");
    journey.desk.lock();
    journey.relay.restore();
    journey.desk.wait_for("a locked desk sends", |desk| desk.sync().ledger.waiting == 0);

    journey.desk.sign_in(&manager, &pin(&manager)).expect("a manager");
    let held = journey.desk.sync_center(OutboxFilter::Attention).rows;
    let first: Vec<_> = held.iter().filter(|row| row.state == OutboxState::Failed).collect();
    assert_eq!(first.len(), 2, "one a room, and what stands on it behind it: {held:?}");
    for row in &first {
        assert_eq!(row.code.as_deref(), Some("PASS_MISSING"));
    }
    // What stands behind one of them in its room comes to light when that one is through.
    journey.desk.wait_for("the manager has tried all of it again", |desk| {
        desk.ask::<serde_json::Value>("retry_failed", serde_json::json!({})).expect("tried again");
        let ledger = desk.sync().ledger;
        ledger.waiting == 0 && ledger.attention == 0
    });
    let audit = journey.service.api().audit();
    for (tile, action) in [(&tiles[1], "start"), (&tiles[1], "complete"), (&tiles[2], "start")] {
        let taken = audit.iter().filter(|entry| {
            entry.entity.id == tile.room_id.0 && entry.action == action && entry.outcome == Outcome::Applied
        });
        let authors: Vec<_> = taken.map(|entry| entry.actor_id.clone()).collect();
        assert_eq!(authors, std::slice::from_ref(&attendant), "room {}: {action} stays their work", tile.number);
    }
    assert!(journey.desk.sign_in(&attendant, &pin(&attendant)).is_err(), "the desk has heard by now");
    // Whoever is working when their PIN is taken away works no longer once the desk hears of it.
    journey.desk.sign_in(&lead, &pin(&lead)).expect("theirs");
    journey.service.take_pin_away(&lead);
    journey.outage();
    assert_eq!(journey.desk.state().phase, Phase::Ready, "nobody could tell the desk yet");
    journey.relay.restore();
    journey.desk.wait_for("the desk has heard", |desk| desk.state().phase == Phase::Locked);
    assert_eq!(journey.desk.sign_in(&lead, &pin(&lead)).expect_err("taken away").code, "PASS_MISSING");
    journey.desk.sign_in(&manager, &pin(&manager)).expect("a manager");
    journey.all_is_well();
}
