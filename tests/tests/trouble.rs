//! Trouble of the desk's own machine: a full disk, a second instance.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use turndown_app::dto::Phase;
use turndown_domain::Action;
use turndown_gates::journey::{start, workable};
use turndown_gates::roles::on_a_small_disk;
use turndown_gates::{Desk, Relay, Service, check};

#[test]
fn a4_with_a_full_disk_nothing_is_half_saved_the_desk_says_so_and_what_waits_still_flows_when_there_is_space() {
    let mut service = Service::small();
    let mut relay = Relay::to(service.address());
    let mut desk = Desk::stopped();
    let Some(command) = on_a_small_disk(&desk, 96) else {
        println!("left out: this machine lets nobody mount a small disk (unshare --user --mount)");
        return;
    };
    desk.restart_through(command);
    desk.move_in(&relay.url(), &service.code());
    desk.wait_online();
    desk.wait_drained();
    let tiles = workable(&mut desk);
    relay.cut();
    desk.wait_not_online();
    desk.act(&tiles[0].room_id.0, start(&tiles[0].task_id)).expect("recorded");
    let before = (desk.sync().ledger, desk.trail());

    desk.fill_disk();
    // The write-ahead log may have room left; a person would go on until it says so.
    let mut saved = 0;
    let refused = loop {
        let text = Some(format!("{saved} {}", "x".repeat(900)));
        match desk.act(&tiles[1].room_id.0, Action::Note { text }) {
            Ok(_) => saved += 1,
            Err(refused) => break refused,
        }
        assert!(saved < 30_000, "the disk is full and the desk goes on saying saved");
    };
    assert_eq!(refused.code, "DISK_FULL", "{refused}");
    assert!(refused.message != "" && refused.next_step != "");
    let after = (desk.sync().ledger, desk.trail());
    assert_eq!(after.0.waiting, before.0.waiting + saved, "nothing is half saved");
    assert!(after.0.balanced);
    assert_eq!(after.1.len() as u64, before.1.len() as u64 + saved);
    // The board still shows.
    assert!(!desk.board().is_empty());

    desk.free_disk();
    desk.act(&tiles[2].room_id.0, start(&tiles[2].task_id)).expect("recorded again");
    relay.restore();
    desk.wait_drained();
    let mut api = service.api();
    check::sent_once_and_in_order(&mut desk, &mut api);
    check::same_rooms(&mut desk, &mut api);
}

#[test]
fn j1_a_second_instance_on_the_same_folder_says_so_and_the_first_goes_on() {
    let mut service = Service::small();
    let mut desk = Desk::start();
    desk.move_in(&service.url(), &service.code());
    let mut second = Desk::stopped_on(desk.folder());
    second.restart();
    let state = second.state();
    assert_eq!(state.phase, Phase::Trouble);
    let trouble = state.trouble.expect("it says why");
    assert_eq!(trouble.code, "ALREADY_RUNNING");
    assert!(trouble.next_step != "");
    let tiles = workable(&mut desk);
    let refused = second.act(&tiles[0].room_id.0, start(&tiles[0].task_id)).expect_err("it cannot record");
    assert_eq!(refused.code, "ALREADY_RUNNING");
    desk.act(&tiles[0].room_id.0, start(&tiles[0].task_id)).expect("recorded");
    desk.wait_drained();
    check::sent_once_and_in_order(&mut desk, &mut service.api());
    // The first is gone, however: the second start is an ordinary one.
    desk.kill();
    second.restart();
    assert_eq!(second.state().phase, Phase::Ready);
}
