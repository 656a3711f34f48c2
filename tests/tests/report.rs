//! After an outage: what came of it room by room, and a report that says everything that was done, by whom, when it was
//! accepted, and what was decided, and that agrees with the record.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::collections::BTreeMap;
use std::fs;
use turndown_app::dto::{CameTo, LinkMode, LinkState, Outage, ReportPeriod, RoomEffect, RoomOutcome, Side};
use turndown_domain::{Action, InspectionResult, Verdict};
use turndown_gates::journey::{complete, start};
use turndown_gates::{Desk, Journey};

const LAST: ReportPeriod = ReportPeriod::Last;

fn pass(task: &turndown_domain::TaskId) -> Action {
    Action::Inspect { task: task.clone(), verdict: Verdict { result: InspectionResult::Pass, reason: None } }
}

/// The newest outage, once it stands as it should.
fn outage(desk: &mut Desk, what: &str, is_so: impl Fn(&Outage) -> bool) -> Outage {
    let mut found = None;
    desk.wait_for(what, |desk| {
        let outages = desk.report(&LAST, None).expect("a report").outages;
        found = outages.into_iter().next().filter(|outage| is_so(outage));
        found.is_some()
    });
    found.expect("it stands so")
}

/// The sums say what the record says, and every action is in the report once.
fn agrees(desk: &mut Desk, period: &ReportPeriod) {
    let report = desk.report(period, None).expect("a report");
    let sums = report.sums;
    assert!(sums.balanced, "{sums:?}");
    assert_eq!(report.rows.len() as u64, sums.recorded);
    let trail: BTreeMap<u64, String> =
        desk.trail().into_iter().map(|entry| (entry.event.local_seq, entry.event.event_id.to_string())).collect();
    for row in &report.rows {
        assert_eq!(trail.get(&row.local_seq), Some(&row.event_id));
    }
    for (came_to, count) in [
        (CameTo::Taken, sums.taken),
        (CameTo::Merged, sums.merged),
        (CameTo::Decided, sums.decided),
        (CameTo::GivenUp, sums.given_up),
        (CameTo::Waiting, sums.waiting),
        (CameTo::Attention, sums.attention),
    ] {
        let page = desk.report(period, Some(came_to)).expect("a part of it");
        assert_eq!((page.rows.len() as u64, page.total), (count, count), "{came_to:?}");
    }
    assert_eq!(report.people.iter().map(|person| person.actions).sum::<u64>(), sums.recorded);
}

#[test]
fn an_outage_with_a_kill_in_it_is_summed_up_room_by_room_and_reported_before_and_after_the_decision() {
    let mut journey = Journey::small();
    let before = journey.desk.report(&LAST, None).expect("a report");
    assert!(before.outage.is_none() && before.rows.is_empty() && before.sums.recorded == 0, "{before:?}");
    let tiles = journey.workable();
    let (ready, worked, contested) = (&tiles[0], &tiles[1], &tiles[2]);

    journey.outage();
    let open = outage(&mut journey.desk, "the outage is known", |outage| outage.ended_at.is_none());
    assert!(!open.planned, "{open:?}");
    let room = |tile: &turndown_app::dto::Tile| tile.room_id.0.clone();
    for (tile, action) in [
        (ready, start(&ready.task_id)),
        (ready, complete(&ready.task_id)),
        (ready, pass(&ready.task_id)),
        (worked, start(&worked.task_id)),
        (contested, start(&contested.task_id)),
    ] {
        journey.desk.act(&room(tile), action).expect("recorded");
    }
    let note = "=HYPERLINK(\"http://x\");+1".to_owned();
    journey.desk.act(&room(worked), Action::Note { text: Some(note) }).expect("recorded");
    journey.desk.kill();
    journey.desk.restart();
    journey.desk.act(&room(contested), complete(&contested.task_id)).expect("recorded");
    let report = journey.desk.report(&LAST, None).expect("a report");
    assert_eq!(report.outage.as_ref().map(|outage| (outage.id, outage.actions)), Some((open.id, 7)));
    assert_eq!((report.sums.recorded, report.sums.waiting), (7, 7));
    assert!(report.rows.iter().all(|row| row.why.is_some()), "each says why it waits: {:?}", report.rows);
    agrees(&mut journey.desk, &LAST);

    journey.service.act(&["cancel", "--task", &contested.task_id.0, "--reason", "guest extended"]);
    journey.relay.restore();
    journey.desk.wait_conflicts(1);
    let ended = outage(&mut journey.desk, "the outage has ended", |outage| outage.ended_at.is_some());
    assert_eq!((ended.id, ended.actions), (open.id, 7));
    let report = journey.desk.report(&LAST, None).expect("a report");
    assert_eq!((report.sums.taken, report.sums.attention), (5, 2), "{:?}", report.sums);
    assert!(report.rows.iter().filter(|row| row.came_to == CameTo::Taken).all(|row| row.accepted_at.is_some()));
    assert_eq!(report.rows.iter().filter(|row| row.conflict).count(), 1);
    agrees(&mut journey.desk, &LAST);

    // Each room once, with what it means for the front desk.
    let summary = journey.desk.outage_summary();
    assert_eq!(summary.sums, report.sums);
    let of = |rooms: &[RoomOutcome], tile: &turndown_app::dto::Tile| {
        let found: Vec<RoomOutcome> = rooms.iter().filter(|one| one.entity_id == tile.room_id.0).cloned().collect();
        assert_eq!(found.len(), 1, "once");
        found.into_iter().next().expect("there")
    };
    assert_eq!(summary.rooms.iter().map(|one| one.sums.recorded).sum::<u64>(), 7);
    let one = of(&summary.rooms, ready);
    let rack = journey.desk.front_desk().rooms.into_iter().find(|one| one.room_id == ready.room_id).expect("there");
    assert_eq!(one.effects.contains(&RoomEffect::Ready), rack.safe.safe, "{one:?}: {:?}", rack.safe);
    assert!(of(&summary.rooms, worked).effects.is_empty(), "{:?}", of(&summary.rooms, worked));
    let one = of(&summary.rooms, contested);
    assert!(one.conflict && one.effects.contains(&RoomEffect::Contested) && one.sums.attention == 2, "{one:?}");

    // Somebody decides, and the report says what, who and when. The decision itself is no part of the outage.
    let view = journey.desk.conflict(&room(contested)).expect("open");
    journey.desk.resolve(&view, |_| Side::Theirs).expect("decided");
    journey.desk.wait_drained();
    let report = journey.desk.report(&LAST, None).expect("a report");
    assert_eq!((report.sums.recorded, report.sums.decided, report.sums.attention), (7, 2, 0), "{:?}", report.sums);
    let me = journey.desk.state().person.expect("somebody works here").name;
    for row in report.rows.iter().filter(|row| row.came_to == CameTo::Decided) {
        let decision = row.decision.as_ref().expect("decided");
        assert_eq!(decision.what, "Took what the service had");
        assert_eq!(decision.actor, me.as_str());
    }
    agrees(&mut journey.desk, &LAST);
    assert!(!of(&journey.desk.outage_summary().rooms, contested).conflict);

    // The table has every action, and nothing that another program would run.
    let file = journey.desk.export_report(&LAST).expect("written");
    assert_eq!(file.events, 7);
    let text = fs::read_to_string(&file.path).expect("the file");
    assert!(text.starts_with("\u{feff}Number at this desk,Done at (hotel's time),"), "{text}");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 8, "{text}");
    assert!(lines[1..].iter().all(|line| line.contains(&me)), "{text}");
    assert_eq!(lines.iter().filter(|line| line.contains("Settled by a decision")).count(), 2, "{text}");
    journey.all_is_well();
    // It stays over a restart.
    journey.desk.stop();
    journey.desk.restart();
    assert_eq!(journey.desk.report(&LAST, None).expect("a report").rows, report.rows);
}

#[test]
fn a_planned_shift_is_an_outage_too_and_an_earlier_one_or_a_period_of_time_can_be_chosen() {
    let mut journey = Journey::small();
    let tiles = journey.workable();
    let began = journey.desk.report(&LAST, None).expect("a report").made_at;
    journey.desk.set_link(LinkMode::WorkOffline);
    let shift = outage(&mut journey.desk, "the shift is known", |outage| outage.planned);
    journey.desk.act(&tiles[0].room_id.0, start(&tiles[0].task_id)).expect("recorded");
    journey.desk.set_link(LinkMode::Auto);
    journey.desk.wait_drained();
    let shift = outage(&mut journey.desk, "it has ended", |outage| outage.id == shift.id && outage.ended_at.is_some());
    // In between, with the service: in no outage.
    journey.desk.act(&tiles[1].room_id.0, start(&tiles[1].task_id)).expect("recorded");
    journey.desk.wait_drained();
    journey.outage();
    let second = outage(&mut journey.desk, "the next is known", |outage| outage.id != shift.id);
    let told = journey.desk.report(&LAST, None).expect("a report").outage.map(|outage| outage.id);
    assert_eq!(told, Some(shift.id), "one in which nobody has done anything yet hides none in which somebody did");
    journey.desk.act(&tiles[2].room_id.0, start(&tiles[2].task_id)).expect("recorded");
    journey.desk.act(&tiles[2].room_id.0, complete(&tiles[2].task_id)).expect("recorded");

    let rooms = |desk: &mut Desk, period: &ReportPeriod| -> Vec<String> {
        desk.report(period, None).expect("a report").rows.into_iter().map(|row| row.entity_id).collect()
    };
    let (one, two, three) = (&tiles[0].room_id.0, &tiles[1].room_id.0, &tiles[2].room_id.0);
    assert_eq!(rooms(&mut journey.desk, &LAST), [three.clone(), three.clone()]);
    assert_eq!(rooms(&mut journey.desk, &ReportPeriod::Outage { id: shift.id }), std::slice::from_ref(one));
    let made_at = journey.desk.report(&LAST, None).expect("a report").made_at;
    let all = ReportPeriod::Time { from: began, to: made_at };
    assert_eq!(rooms(&mut journey.desk, &all), [one.clone(), two.clone(), three.clone(), three.clone()]);
    agrees(&mut journey.desk, &all);
    let known: Vec<u64> = journey.desk.report(&all, None).expect("a report").outages.iter().map(|one| one.id).collect();
    assert_eq!(known, [second.id, shift.id]);
    let refused = journey.desk.report(&ReportPeriod::Outage { id: 99 }, None).expect_err("there is none");
    assert_eq!(refused.code, "OUTAGE_UNKNOWN");
    let never = ReportPeriod::Time { from: "noon".into(), to: "night".into() };
    assert_eq!(journey.desk.report(&never, None).expect_err("no times").code, "TIME_UNREADABLE");

    // A desk that is closed while the service answers begins no outage.
    journey.relay.restore();
    journey.all_is_well();
    journey.desk.stop();
    journey.desk.restart();
    journey.desk.wait_for("it is online", |desk| desk.sync().state == LinkState::Online);
    let outages = journey.desk.report(&LAST, None).expect("a report").outages;
    assert_eq!(outages.len(), 2, "{outages:?}");
    assert!(outages.iter().all(|outage| outage.ended_at.is_some()), "{outages:?}");
}
