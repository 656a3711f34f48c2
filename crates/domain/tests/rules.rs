//! The lifecycle as a table, and properties that hold for any sequence of actions.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "what cannot go on here has failed, and says where")]

use chrono::{DateTime, TimeZone, Utc};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use turndown_domain::{
    Action, Arrival, Claim, Cleanliness, ConflictClass, Context, Decision, Guest, InspectionResult, JudgeContext,
    Judgement, Occupancy, Priority, Property, PropertyBook, RefusalCode, Room, RoomId, Sellability, SellabilityKind,
    ServiceFlag, Staff, StaffId, Stay, Task, TaskId, TaskKind, TaskStatus, Unit, Verdict, check, decide, footprint,
    is_stamp, judge, judge_resolution,
    role::{self, Duty},
};
use turndown_protocol::{ActorId, Change, EVENT_SCHEMA, EntityRef, Event, EventId, Fields, InstallId, Mode, ZERO_HASH};

const DAY: &str = "2016-03-25";

fn now() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2016, 3, 25, 10, 0, 0).unwrap()
}

fn book() -> PropertyBook {
    let staff = |id: &str| Staff { id: StaffId(id.into()), name: id.to_uppercase(), ..Staff::default() };
    PropertyBook {
        property: Property { service_day: DAY.into(), ..Property::default() },
        staff: vec![staff("maria"), staff("ali")],
        bookings: vec![],
    }
}

fn task(kind: TaskKind, status: TaskStatus) -> Task {
    Task { kind, status, turn: 4, service_day: DAY.into(), assignee: Some(StaffId("maria".into())), ..Task::default() }
}

fn room_412() -> Unit {
    Unit {
        room: Room {
            number: "412".into(),
            turn: 4,
            stay: Stay::Turnover,
            fo_occupancy: Occupancy::Occupied,
            guest: Some(Guest { booking_id: "b1".into(), persons: 2, ..Guest::default() }),
            arrival: Some(Arrival { booking_id: "b2".into(), persons: 1, nights: 2, ..Arrival::default() }),
            ..Room::default()
        },
        tasks: BTreeMap::from([(TaskId("t1".into()), task(TaskKind::Turnover, TaskStatus::Ready))]),
    }
}

fn maria() -> ActorId {
    ActorId::parse("maria").unwrap()
}

fn t1() -> TaskId {
    TaskId("t1".into())
}

fn decided(fields: &Fields, action: &Action) -> Result<Decision, turndown_domain::Refusal> {
    let book = book();
    decide(fields, action, &Context { now: now(), service_day: DAY, actor: &maria(), book: &book, undo_of: None })
}

fn applied(fields: &Fields, decision: &Decision) -> Fields {
    let mut after = fields.clone();
    for (path, change) in &decision.changes {
        after.set(path.clone(), change.new.clone());
    }
    after
}

fn event(fields: &Fields, action: &Action, decision: Decision) -> Event {
    Event {
        schema: EVENT_SCHEMA,
        event_id: EventId::generate(1, 7),
        install_id: InstallId::generate(1, 8),
        local_seq: 1,
        prev_hash: ZERO_HASH.into(),
        actor_id: ActorId::parse("maria").unwrap(),
        workflow: turndown_domain::WORKFLOW.into(),
        entity: EntityRef::new("room", "412"),
        turn: fields.get("room/turn").as_u64().map(|turn| u32::try_from(turn).unwrap()),
        service_day: Some(DAY.into()),
        action: action.name().into(),
        args: action.args(),
        changes: decision.changes,
        relies_on: decision.relies_on,
        base_version: 1,
        prev_event_id: None,
        depends_on: vec![],
        settles: vec![],
        recorded_at: "2016-03-25T10:00:00.000Z".into(),
        mode: Mode::Offline,
        data_age_s: None,
        authority: None,
    }
}

fn judged(current: &Fields, event: &Event) -> Judgement {
    let book = book();
    judge(current, event, &JudgeContext { book: &book, undo_of: None })
}

fn inspect(result: InspectionResult, reason: Option<&str>) -> Action {
    Action::Inspect { task: t1(), verdict: Verdict { result, reason: reason.map(str::to_owned) } }
}

#[test]
fn h1_every_move_of_the_lifecycle_is_allowed_or_refused_with_its_own_code() {
    use RefusalCode as C;
    use TaskStatus as S;
    let start = Action::Start { task: t1() };
    let pause = Action::Pause { task: t1() };
    let resume = Action::Resume { task: t1() };
    let complete = Action::Complete { task: t1() };
    let pass = inspect(InspectionResult::Pass, None);
    let fail = inspect(InspectionResult::Fail, Some("mirror streaks"));
    let cancel = Action::CancelTask { task: t1(), reason: "guest stays".into() };
    let reassign = Action::Reassign { task: t1(), to: Some(StaffId("ali".into())) };
    let table: &[(&Action, [Result<S, C>; 6])] = &[
        // from:       ready,                      in progress,                paused,                      completed,                   inspected,                   cancelled
        (
            &start,
            [
                Ok(S::InProgress),
                Err(C::TaskAlreadyStarted),
                Err(C::TaskAlreadyStarted),
                Err(C::TaskAlreadyCompleted),
                Err(C::TaskAlreadyInspected),
                Err(C::TaskCancelled),
            ],
        ),
        (
            &pause,
            [
                Err(C::TaskNotStarted),
                Ok(S::Paused),
                Err(C::TaskAlreadyPaused),
                Err(C::TaskAlreadyCompleted),
                Err(C::TaskAlreadyInspected),
                Err(C::TaskCancelled),
            ],
        ),
        (
            &resume,
            [
                Err(C::TaskNotStarted),
                Err(C::TaskNotPaused),
                Ok(S::InProgress),
                Err(C::TaskAlreadyCompleted),
                Err(C::TaskAlreadyInspected),
                Err(C::TaskCancelled),
            ],
        ),
        (
            &complete,
            [
                Err(C::TaskNotStarted),
                Ok(S::Completed),
                Ok(S::Completed),
                Err(C::TaskAlreadyCompleted),
                Err(C::TaskAlreadyInspected),
                Err(C::TaskCancelled),
            ],
        ),
        (
            &pass,
            [
                Err(C::TaskNotCompleted),
                Err(C::TaskNotCompleted),
                Err(C::TaskNotCompleted),
                Ok(S::Inspected),
                Err(C::TaskAlreadyInspected),
                Err(C::TaskCancelled),
            ],
        ),
        (
            &fail,
            [
                Err(C::TaskNotCompleted),
                Err(C::TaskNotCompleted),
                Err(C::TaskNotCompleted),
                Ok(S::Ready),
                Err(C::TaskAlreadyInspected),
                Err(C::TaskCancelled),
            ],
        ),
        (
            &cancel,
            [
                Ok(S::Cancelled),
                Ok(S::Cancelled),
                Ok(S::Cancelled),
                Err(C::TaskAlreadyCompleted),
                Err(C::TaskAlreadyInspected),
                Err(C::TaskCancelled),
            ],
        ),
        (
            &reassign,
            [
                Ok(S::Ready),
                Ok(S::InProgress),
                Ok(S::Paused),
                Err(C::TaskAlreadyCompleted),
                Err(C::TaskAlreadyInspected),
                Err(C::TaskCancelled),
            ],
        ),
    ];
    let from = [S::Ready, S::InProgress, S::Paused, S::Completed, S::Inspected, S::Cancelled];
    for (action, row) in table {
        for (status, expected) in from.iter().zip(row) {
            let mut unit = room_412();
            unit.tasks.insert(t1(), task(TaskKind::Turnover, *status));
            let fields = unit.to_fields();
            let got = decided(&fields, action)
                .map(|decision| Unit::from_fields(&applied(&fields, &decision)).unwrap().tasks[&t1()].status)
                .map_err(|refusal| refusal.code);
            assert_eq!(got, *expected, "{} from {status:?}", action.name());
        }
    }
}

#[test]
fn every_other_refusal_has_its_code_and_a_sentence() {
    use RefusalCode as C;
    let out = Sellability {
        kind: SellabilityKind::OutOfOrder,
        assignable: false,
        deducts_inventory: true,
        reason: Some("leak".into()),
    };
    let start = Action::Start { task: t1() };
    type Change = fn(&mut Unit);
    let cases: Vec<(Action, Change, C)> = vec![
        (Action::Start { task: TaskId("gone".into()) }, |_| {}, C::TaskNotFound),
        (start.clone(), |unit| unit.room.dnd_since = Some(now()), C::RoomDoNotDisturb),
        (
            start.clone(),
            |unit| {
                unit.room.sellability = Sellability {
                    kind: SellabilityKind::OutOfOrder,
                    assignable: false,
                    deducts_inventory: true,
                    reason: Some("leak".into()),
                }
            },
            C::RoomOutOfOrder,
        ),
        (Action::Reassign { task: t1(), to: Some(StaffId("nobody".into())) }, |_| {}, C::StaffUnknown),
        (Action::Reassign { task: t1(), to: Some(StaffId("maria".into())) }, |_| {}, C::NothingToChange),
        (Action::CancelTask { task: t1(), reason: "  ".into() }, |_| {}, C::ReasonRequired),
        (Action::CancelTask { task: t1(), reason: "x".repeat(201) }, |_| {}, C::TextTooLong),
        (Action::CancelTask { task: t1(), reason: "a\u{202E}b".into() }, |_| {}, C::TextUnreadable),
        (
            inspect(InspectionResult::Fail, None),
            |unit| unit.tasks.get_mut(&t1()).unwrap().status = TaskStatus::Completed,
            C::ReasonRequired,
        ),
        (
            inspect(InspectionResult::Skip, None),
            |unit| unit.tasks.get_mut(&t1()).unwrap().status = TaskStatus::Completed,
            C::ReasonRequired,
        ),
        (
            Action::AddTask {
                task: t1(),
                kind: TaskKind::Linen,
                credits: 1,
                priority: Priority::Normal,
                assignee: None,
                note: None,
            },
            |_| {},
            C::TaskExists,
        ),
        (
            Action::SetRoomStatus { cleanliness: Cleanliness::Clean },
            |unit| drop(unit.tasks.insert(TaskId("t2".into()), task(TaskKind::DeepClean, TaskStatus::Ready))),
            C::RoomTasksOpen,
        ),
        (
            Action::SetRoomStatus { cleanliness: Cleanliness::Dirty },
            |unit| {
                unit.room.cleanliness = Cleanliness::Clean;
                unit.tasks.get_mut(&t1()).unwrap().status = TaskStatus::InProgress;
            },
            C::RoomTaskInProgress,
        ),
        (
            Action::SetFlag { flag: ServiceFlag::DoNotDisturb, on: true },
            |unit| unit.room.fo_occupancy = Occupancy::Vacant,
            C::RoomVacant,
        ),
        (Action::Departed {}, |unit| unit.room.fo_occupancy = Occupancy::Vacant, C::RoomVacant),
        (Action::Arrived {}, |_| {}, C::RoomOccupied),
        (Action::Claim { guest: None }, |_| {}, C::RoomOccupied),
        (
            Action::Claim { guest: None },
            |unit| {
                unit.room.fo_occupancy = Occupancy::Vacant;
                unit.room.claim = Some(Claim { by: StaffId("ali".into()), turn: 4, ..Claim::default() });
            },
            C::RoomClaimed,
        ),
        (
            Action::Claim { guest: None },
            |unit| {
                unit.room.fo_occupancy = Occupancy::Vacant;
                unit.room.sellability.assignable = false;
            },
            C::RoomOutOfOrder,
        ),
        (Action::Release {}, |_| {}, C::NothingToChange),
        (Action::QueueGuest { promised: None }, |unit| unit.room.arrival = None, C::NobodyDue),
        (Action::QueueGuest { promised: Some("half past two".into()) }, |_| {}, C::TimeUnreadable),
        (Action::LeaveQueue {}, |_| {}, C::NothingToChange),
        (Action::SetSellability { sellability: Sellability { reason: None, ..out } }, |_| {}, C::ReasonRequired),
        (Action::Undo { event: "01J".into() }, |_| {}, C::UndoUnknown),
    ];
    for (action, change, code) in cases {
        let mut unit = room_412();
        change(&mut unit);
        let refusal = decided(&unit.to_fields(), &action).expect_err(action.name());
        assert_eq!(refusal.code, code, "{}", action.name());
        let said = refusal.message.to_string();
        assert!(said.ends_with('.') && said.len() > 10, "{said}");
    }
}

#[test]
fn completing_makes_the_room_clean_and_passing_makes_it_inspected() {
    let mut fields = room_412().to_fields();
    for (action, cleanliness) in [
        (Action::Departed {}, "dirty"),
        (Action::Start { task: t1() }, "dirty"),
        (Action::Complete { task: t1() }, "clean"),
        (inspect(InspectionResult::Fail, Some("hair in the bath")), "dirty"),
        (Action::Start { task: t1() }, "dirty"),
        (Action::Complete { task: t1() }, "clean"),
        (inspect(InspectionResult::Pass, None), "inspected"),
        (Action::Arrived {}, "inspected"),
    ] {
        let decision = decided(&fields, &action).unwrap_or_else(|refusal| panic!("{}: {refusal}", action.name()));
        fields = applied(&fields, &decision);
        assert_eq!(fields.get("room/cleanliness"), &json!(cleanliness), "after {}", action.name());
    }
    assert_eq!(fields.get("room/turn"), &json!(5), "an arrival opens the next turn");
    assert_eq!(fields.get("room/turn_provisional"), &json!(true));
    assert_eq!(fields.get("task/t1/rework"), &json!(1));
}

#[test]
fn h10_undo_restores_what_was_and_is_refused_once_something_stands_on_it() {
    let book = book();
    let before = room_412().to_fields();
    let start = Action::Start { task: t1() };
    let started = event(&before, &start, decided(&before, &start).unwrap());
    let mut after = before.clone();
    started.apply_to(&mut after);
    let undo = Action::Undo { event: started.event_id.to_string() };
    let context = Context { now: now(), service_day: DAY, actor: &maria(), book: &book, undo_of: Some(&started) };
    let decision = decide(&after, &undo, &context).unwrap();
    assert_eq!(applied(&after, &decision), before);

    let judge_context = JudgeContext { book: &book, undo_of: Some(&started) };
    let undone = event(&after, &undo, decision);
    assert!(matches!(judge(&after, &undone, &judge_context), Judgement::Apply { .. }));

    let complete = Action::Complete { task: t1() };
    let later = applied(&after, &decided(&after, &complete).unwrap());
    assert_eq!(decide(&later, &undo, &context).unwrap_err().code, RefusalCode::UndoStoodUpon);
}

#[test]
fn h10_undo_never_reaches_into_another_room_or_into_the_next_guests_turn() {
    let book = book();
    let mut unit = room_412();
    unit.tasks.insert(t1(), task(TaskKind::Turnover, TaskStatus::InProgress));
    unit.room.fo_occupancy = Occupancy::Vacant;
    let before = unit.to_fields();
    let complete = Action::Complete { task: t1() };
    let completed = event(&before, &complete, decided(&before, &complete).unwrap());
    let clean = applied(&before, &decided(&before, &complete).unwrap());
    let undo = Action::Undo { event: completed.event_id.to_string() };
    let context = Context { now: now(), service_day: DAY, actor: &maria(), book: &book, undo_of: Some(&completed) };
    let decision = decide(&clean, &undo, &context).unwrap();
    assert_eq!(decision.relies_on["room/turn"], json!(4), "it is about the guest it was done for");

    // The guest came into the clean room: it does not become dirty behind their back.
    let arrived = applied(&clean, &decided(&clean, &Action::Arrived {}).unwrap());
    assert_eq!(decide(&arrived, &undo, &context).unwrap_err().code, RefusalCode::UndoStoodUpon);
    let judge_context = JudgeContext { book: &book, undo_of: Some(&completed) };
    let late = event(&clean, &undo, decision.clone());
    assert_eq!(
        judge(&arrived, &late, &judge_context),
        Judgement::Conflict { class: ConflictClass::PreviousTurn, paths: vec!["room/cleanliness".into()] }
    );

    let mut elsewhere = event(&clean, &undo, decision);
    elsewhere.entity = EntityRef::new("room", "413");
    let Judgement::Rejected(refusal) = judge(&clean, &elsewhere, &judge_context) else { panic!("another room's") };
    assert_eq!(refusal.code, RefusalCode::UndoUnknown);
}

/// The room of `room_412` after its guest left and it was cleaned.
fn free_412() -> Fields {
    let mut unit = room_412();
    unit.room.fo_occupancy = Occupancy::Vacant;
    unit.room.cleanliness = Cleanliness::Inspected;
    unit.to_fields()
}

#[test]
fn two_claims_on_one_room_and_an_arrival_on_a_claimed_one_are_a_conflict() {
    let free = free_412();
    let claim = Action::Claim { guest: Some("Smith".into()) };
    let mine = event(&free, &claim, decided(&free, &claim).unwrap());
    let by_ali = json!({"by": "ali", "at": "2016-03-25T09:59:00Z", "turn": 4});
    let mut theirs = free.clone();
    theirs.set("room/claim", by_ali);
    let arrived = event(&free, &Action::Arrived {}, decided(&free, &Action::Arrived {}).unwrap());
    for (name, event) in [("claim", &mine), ("arrival", &arrived)] {
        let Judgement::Conflict { paths, .. } = judged(&theirs, event) else { panic!("{name} merged") };
        assert!(paths.contains(&"room/claim".to_owned()), "{name}: {paths:?}");
    }
    // The other way round: the guest is in the room, and a late claim on it is asked about.
    let mut given = free.clone();
    arrived.apply_to(&mut given);
    assert!(matches!(judged(&given, &mine), Judgement::Conflict { .. }));
    // Who was promised the room before midnight is promised it after.
    let mut tomorrow = book();
    tomorrow.property.service_day = "2016-03-26".into();
    let after_midnight = judge(&free, &mine, &JudgeContext { book: &tomorrow, undo_of: None });
    assert!(matches!(after_midnight, Judgement::Conflict { .. }), "{after_midnight:?}");
}

#[test]
fn a_claim_ends_with_its_turn_and_a_guest_waits_until_they_come() {
    let mut fields = free_412();
    let room = |fields: &Fields| Unit::from_fields(fields).unwrap().room;
    for action in [Action::QueueGuest { promised: Some("14:30".into()) }, Action::Claim { guest: None }] {
        fields = applied(&fields, &decided(&fields, &action).unwrap());
    }
    assert_eq!(room(&fields).claim().map(|claim| claim.by.0.as_str()), Some("maria"));
    let told = Action::QueueGuest { promised: Some("15:00".into()) };
    let told = applied(&fields, &decided(&fields, &told).unwrap());
    let since = |fields: &Fields| room(fields).waiting().map(|waiting| waiting.since);
    assert_eq!(since(&told), since(&fields), "the wait began when it began");
    fields = applied(&told, &decided(&told, &Action::Arrived {}).unwrap());
    assert_eq!((room(&fields).claim(), room(&fields).waiting()), (None, None));
    fields = applied(&fields, &decided(&fields, &Action::Departed {}).unwrap());
    fields = applied(&fields, &decided(&fields, &Action::Claim { guest: Some("Jones".into()) }).unwrap());
    assert_eq!(room(&fields).claim().and_then(|claim| claim.guest.clone()), Some("Jones".into()));
}

#[test]
fn h3_both_sides_did_the_same_is_no_conflict_and_stamps_never_make_one() {
    let before = room_412().to_fields();
    let start = Action::Start { task: t1() };
    let mine = event(&before, &start, decided(&before, &start).unwrap());
    let mut theirs = before.clone();
    mine.apply_to(&mut theirs);
    theirs.set("task/t1/started_at", json!("2016-03-25T09:58:00Z"));
    assert_eq!(judged(&theirs, &mine), Judgement::Apply { changes: BTreeMap::new() });
}

#[test]
fn h1_an_edit_of_another_field_merges_and_h2_of_the_same_field_is_a_conflict() {
    let before = room_412().to_fields();
    let start = Action::Start { task: t1() };
    let mine = event(&before, &start, decided(&before, &start).unwrap());

    let note = applied(&before, &decided(&before, &Action::Note { text: Some("pet in room".into()) }).unwrap());
    assert!(matches!(judged(&note, &mine), Judgement::Apply { .. }));

    let cancel = Action::CancelTask { task: t1(), reason: "guest stays".into() };
    let cancelled = applied(&before, &decided(&before, &cancel).unwrap());
    assert_eq!(
        judged(&cancelled, &mine),
        Judgement::Conflict { class: ConflictClass::Fields, paths: vec!["task/t1/status".into()] }
    );
}

#[test]
fn h2_what_an_action_looked_at_and_somebody_changed_is_a_conflict_and_never_a_rejection() {
    let seen = room_412().to_fields();
    // The next booking was taken away from the room while a departure was on its way.
    let departed = event(&seen, &Action::Departed {}, decided(&seen, &Action::Departed {}).unwrap());
    let mut present = seen.clone();
    present.set("room/arrival", Value::Null);
    assert_eq!(
        judged(&present, &departed),
        Judgement::Conflict { class: ConflictClass::Fields, paths: vec!["room/arrival".into()] }
    );

    // A second clean was added while somebody said on the radio that the room is clean.
    let clean = Action::SetRoomStatus { cleanliness: Cleanliness::Clean };
    let mut unit = room_412();
    unit.room.fo_occupancy = Occupancy::Vacant;
    unit.tasks.insert(t1(), task(TaskKind::Turnover, TaskStatus::InProgress));
    let seen = unit.to_fields();
    let said = event(&seen, &clean, decided(&seen, &clean).unwrap());
    unit.tasks.insert(TaskId("t9".into()), task(TaskKind::Pickup, TaskStatus::Ready));
    assert_eq!(
        judged(&unit.to_fields(), &said),
        Judgement::Conflict {
            class: ConflictClass::Fields,
            paths: vec!["room/cleanliness".into(), "task/t1/status".into(), "task/t9/status".into()]
        }
    );
    // One that makes no difference to what was said makes no conflict.
    unit.tasks.insert(TaskId("t9".into()), task(TaskKind::Linen, TaskStatus::Ready));
    assert!(matches!(judged(&unit.to_fields(), &said), Judgement::Apply { .. }));
    unit.tasks.insert(TaskId("t9".into()), task(TaskKind::Pickup, TaskStatus::Cancelled));
    unit.tasks.get_mut(&TaskId("t9".into())).unwrap().cancelled_because = Some("no time".into());
    assert!(matches!(judged(&unit.to_fields(), &said), Judgement::Apply { .. }));

    // Work was begun in it while it was taken out of order.
    let out = Action::SetSellability {
        sellability: Sellability {
            kind: SellabilityKind::OutOfOrder,
            deducts_inventory: true,
            assignable: false,
            reason: Some("leak".into()),
        },
    };
    let seen = room_412().to_fields();
    let taken_out = event(&seen, &out, decided(&seen, &out).unwrap());
    let mut unit = room_412();
    unit.tasks.insert(TaskId("t9".into()), task(TaskKind::Pickup, TaskStatus::InProgress));
    assert!(matches!(judged(&unit.to_fields(), &taken_out), Judgement::Conflict { .. }));
}

#[test]
fn h2_what_was_so_already_on_the_desk_and_not_at_the_service_is_a_conflict_and_never_a_rejection() {
    let mut unit = room_412();
    unit.room.fo_occupancy = Occupancy::Vacant;
    (unit.room.stay, unit.room.guest) = (Stay::Arrival, None);
    let arrived = |unit: &Unit| {
        let seen = unit.to_fields();
        event(&seen, &Action::Arrived {}, decided(&seen, &Action::Arrived {}).unwrap())
    };
    // Housekeeping had looked into the room, which this desk did not know: when that was goes with what was seen.
    let unknown = arrived(&unit);
    let mut looked = unit.clone();
    looked.room.hk_seen_at = Some(now());
    assert!(matches!(judged(&looked.to_fields(), &unknown), Judgement::Apply { .. }));
    // A turn that nobody had confirmed was confirmed meanwhile; the desk had no reason to name that.
    unit.room.turn_provisional = true;
    let provisional = arrived(&unit);
    assert!(!provisional.changes.contains_key("room/turn_provisional"));
    unit.room.turn_provisional = false;
    let Judgement::Conflict { paths, .. } = judged(&unit.to_fields(), &provisional) else {
        panic!("a person is asked")
    };
    assert!(paths.contains(&"room/turn_provisional".into()), "{paths:?}");
}

#[test]
fn d2_a_clean_for_the_guest_before_never_makes_the_next_guests_room_clean() {
    let mut unit = room_412();
    unit.tasks.insert(t1(), task(TaskKind::Turnover, TaskStatus::InProgress));
    let seen = unit.to_fields();
    let complete = Action::Complete { task: t1() };
    let late = event(&seen, &complete, decided(&seen, &complete).unwrap());

    // The next guest has checked in and the room was found dirty again.
    let mut present = seen.clone();
    present.set("room/turn", json!(5));
    assert_eq!(
        judged(&present, &late),
        Judgement::Conflict { class: ConflictClass::PreviousTurn, paths: vec!["room/cleanliness".into()] }
    );

    // Where it changes nothing about the present room, the task's own history is completed.
    present.set("room/cleanliness", json!("clean"));
    let Judgement::Apply { changes } = judged(&present, &late) else { panic!("taken") };
    assert_eq!(changes.get("task/t1/status"), Some(&json!("completed")));
    assert!(!changes.contains_key("room/cleanliness"));
}

#[test]
fn what_was_done_for_a_guest_who_left_is_history_and_asks_only_where_cleanliness_would_differ() {
    let seen = room_412().to_fields();
    let dnd = Action::SetFlag { flag: ServiceFlag::DoNotDisturb, on: true };
    let look = Action::SeeOccupancy { occupancy: Occupancy::Occupied };
    let mut present = seen.clone();
    present.set("room/turn", json!(5));
    for action in [&dnd, &look] {
        let late = event(&seen, action, decided(&seen, action).unwrap());
        assert_eq!(judged(&present, &late), Judgement::Apply { changes: BTreeMap::new() }, "{}", action.name());
    }
    // The guest who left had left: that the next one came says so too. Only the dirt would be news.
    let mut clean = seen.clone();
    clean.set("room/cleanliness", json!("clean"));
    let departed = event(&clean, &Action::Departed {}, decided(&clean, &Action::Departed {}).unwrap());
    let mut present = clean.clone();
    present.set("room/turn", json!(5));
    assert_eq!(
        judged(&present, &departed),
        Judgement::Conflict { class: ConflictClass::PreviousTurn, paths: vec!["room/cleanliness".into()] }
    );
    present.set("room/cleanliness", json!("dirty"));
    assert_eq!(judged(&present, &departed), Judgement::Apply { changes: BTreeMap::new() });

    // A day that passed does not take back that somebody came or left: with the same guest in the room it is asked.
    let mut today = book();
    today.property.service_day = "2016-03-26".into();
    let Judgement::Conflict { class, paths } = judge(&clean, &departed, &JudgeContext { book: &today, undo_of: None })
    else {
        panic!("a departure is not lost over midnight")
    };
    assert_eq!(class, ConflictClass::PreviousTurn);
    assert!(paths.contains(&"room/fo_occupancy".to_owned()));
}

#[test]
fn yesterdays_clean_never_makes_todays_room_clean() {
    let mut unit = room_412();
    unit.tasks.insert(t1(), task(TaskKind::Stayover, TaskStatus::InProgress));
    let seen = unit.to_fields();
    let complete = Action::Complete { task: t1() };
    let late = event(&seen, &complete, decided(&seen, &complete).unwrap());
    let mut today = book();
    today.property.service_day = "2016-03-26".into();
    let judgement = judge(&seen, &late, &JudgeContext { book: &today, undo_of: None });
    assert_eq!(
        judgement,
        Judgement::Conflict { class: ConflictClass::PreviousTurn, paths: vec!["room/cleanliness".into()] }
    );
}

const NEXT: &str = "2016-03-26";

fn begin_next() -> Action {
    let who = BTreeMap::from([(TaskKind::Departure, StaffId("ali".into()))]);
    Action::BeginDay { room: RoomId("412".into()), day: NEXT.into(), who, deep_clean: false }
}

/// Room 412, vacant, dirty, with nobody booked.
fn left_dirty() -> Fields {
    let room = Room { number: "412".into(), turn: 4, ..Room::default() };
    Unit { room, tasks: BTreeMap::new() }.to_fields()
}

#[test]
fn h1_a_day_that_begins_at_a_desk_begins_at_the_service_once() {
    let seen = left_dirty();
    let begins = event(&seen, &begin_next(), decided(&seen, &begin_next()).unwrap());
    let Judgement::Apply { changes } = judged(&seen, &begins) else { panic!("it begins") };
    assert_eq!(changes.get("room/day"), Some(&json!(NEXT)));
    assert_eq!(changes.get("task/:412:departure:2016-03-26/assignee"), Some(&json!("ali")));
    let mut after = seen.clone();
    changes.into_iter().for_each(|(path, value)| after.set(path, value));

    // Somebody works already where another desk begins the day late; the service's own late roll changes nothing either.
    after.set("task/:412:departure:2016-03-26/status", json!("in_progress"));
    after.set("room/cleanliness", json!("pickup"));
    assert_eq!(judged(&after, &begins), Judgement::Apply { changes: BTreeMap::new() });
    assert_eq!(decided(&after, &begin_next()).unwrap_err().code, RefusalCode::NothingToChange);

    // What the desk could not know counts: the row that is here comes over the night.
    let mut cleaned = seen.clone();
    cleaned.set("room/cleanliness", json!("inspected"));
    assert_eq!(judged(&cleaned, &begins), Judgement::Apply { changes: BTreeMap::new() }, "a clean room has no work");

    // A row of an older version does not say how far it came: the house is there.
    let mut later = book();
    later.property.service_day = NEXT.into();
    let judgement = judge(&seen, &begins, &JudgeContext { book: &later, undo_of: None });
    assert_eq!(judgement, Judgement::Apply { changes: BTreeMap::new() });
}

#[test]
fn a_day_that_cannot_begin_is_refused_for_good() {
    let seen = left_dirty();
    let begins = event(&seen, &begin_next(), decided(&seen, &begin_next()).unwrap());
    let with = |day: &str, room: &str| Event { args: json!({ "room": room, "day": day }), ..begins.clone() };
    for (wrong, why) in [
        (with("2038-01-19", "412"), "a clock that is wrong"),
        (with(NEXT, "413"), "another room's"),
        (Event { args: json!({ "day": 7 }), ..begins.clone() }, "no day"),
    ] {
        assert!(matches!(judged(&seen, &wrong), Judgement::Rejected(_)), "{why}");
    }
    let undo = Action::Undo { event: begins.event_id.to_string() };
    let book = book();
    let context = Context { now: now(), service_day: DAY, actor: &maria(), book: &book, undo_of: Some(&begins) };
    assert_eq!(decide(&seen, &undo, &context).unwrap_err().code, RefusalCode::UndoUnknown);
}

#[test]
fn yesterdays_clean_of_a_room_that_was_slept_in_is_history_and_asks_nobody() {
    let mut unit = room_412();
    unit.tasks.insert(t1(), task(TaskKind::Stayover, TaskStatus::InProgress));
    let seen = unit.to_fields();
    let complete = Action::Complete { task: t1() };
    let late = event(&seen, &complete, decided(&seen, &complete).unwrap());
    let mut today = book();
    today.property.service_day = NEXT.into();
    let context = JudgeContext { book: &today, undo_of: None };
    let mut present = seen.clone();
    present.set("room/day", json!(NEXT));
    let Judgement::Apply { changes } = judge(&present, &late, &context) else {
        panic!("the night made it dirty anyway")
    };
    assert_eq!(changes.get("task/t1/status"), Some(&json!("completed")));
    assert!(!changes.contains_key("room/cleanliness"));
    // E2: while the hotel is in that day still, a desk whose clock is a day ahead takes nothing from what others do.
    let Judgement::Apply { changes } = judged(&present, &late) else { panic!("it is today's work") };
    assert_eq!(changes.get("room/cleanliness"), Some(&json!("clean")));
    // Nobody slept in it: whether it still is clean is asked.
    present.set("room/fo_occupancy", json!("vacant"));
    assert!(matches!(judge(&present, &late, &context), Judgement::Conflict { class: ConflictClass::PreviousTurn, .. }));
}

#[test]
fn a_desk_cannot_write_what_its_action_does_not_do() {
    let before = room_412().to_fields();
    let start = Action::Start { task: t1() };
    let honest = event(&before, &start, decided(&before, &start).unwrap());
    type Forge = fn(&mut Event);
    let forged: &[(&str, Forge)] = &[
        ("a field of another action", |e| {
            drop(e.changes.insert("room/cleanliness".into(), Change { base: json!("dirty"), new: json!("inspected") }));
        }),
        ("another value", |e| e.changes.get_mut("task/t1/status").unwrap().new = json!("inspected")),
        ("another action's name", |e| e.action = "complete".into()),
        ("no such action", |e| e.action = "sell_the_hotel".into()),
        ("arguments it does not take", |e| e.args = json!({"task": "t1", "price": 5})),
        ("a field left out", |e| drop(e.changes.remove("task/t1/started_at"))),
    ];
    for (name, forge) in forged {
        let mut event = honest.clone();
        forge(&mut event);
        assert!(matches!(judged(&before, &event), Judgement::Rejected(_)), "{name}");
    }
}

#[test]
fn h5_a_decision_that_meets_a_newer_row_is_a_conflict_again() {
    let theirs = room_412().to_fields();
    let settled =
        event(&theirs, &Action::Start { task: t1() }, decided(&theirs, &Action::Start { task: t1() }).unwrap());
    let mut decision = settled.clone();
    decision.action = "resolve".into();
    decision.args = json!({});
    decision.settles = vec![settled.event_id.clone()];
    decision.changes =
        BTreeMap::from([("task/t1/status".to_owned(), Change { base: json!("ready"), new: json!("in_progress") })]);
    decision.relies_on = BTreeMap::from([("task/t1/assignee".to_owned(), json!("maria"))]);
    let book = book();
    let context = JudgeContext { book: &book, undo_of: None };
    let judge_it = |now: &Fields, event: &Event| judge_resolution(now, event, std::slice::from_ref(&settled), &context);

    assert!(matches!(judge_it(&theirs, &decision), Judgement::Apply { .. }));
    let mut moved = theirs.clone();
    moved.set("task/t1/assignee", json!("ali"));
    assert_eq!(
        judge_it(&moved, &decision),
        Judgement::Conflict { class: ConflictClass::Fields, paths: vec!["task/t1/assignee".into()] }
    );
    let mut greedy = decision.clone();
    greedy.changes.insert("room/note".into(), Change { base: Value::Null, new: json!("mine") });
    assert!(matches!(judge_it(&theirs, &greedy), Judgement::Rejected(_)), "only what it is about");

    // Undoing it writes what it says that it set aside, so that has to be what the settled action had.
    let mut aside = decision.clone();
    aside.args = json!({ "set_aside": { "task/t1/assignee": "maria" } });
    assert!(matches!(judge_it(&theirs, &aside), Judgement::Apply { .. }));
    for (path, made_up) in [("task/t1/assignee", "ali"), ("room/number", "413")] {
        aside.args = json!({ "set_aside": { path: made_up } });
        assert!(matches!(judge_it(&theirs, &aside), Judgement::Rejected(_)), "{path}");
    }
}

#[test]
fn h2_a_note_that_a_decision_writes_anew_is_held_to_what_any_note_is_held_to() {
    let before = room_412().to_fields();
    let settled = event(&before, &note("cot"), decided(&before, &note("cot")).unwrap());
    let theirs = applied(&before, &decided(&before, &note("pet in room")).unwrap());
    let book = book();
    let context = JudgeContext { book: &book, undo_of: None };
    for (text, taken) in [
        (json!("cot, and a pet in the room"), true),
        (Value::Null, true),
        (json!(" cot"), false),
        (json!(""), false),
        (json!("x".repeat(1_001)), false),
        (json!("turned\u{202E}round"), false),
    ] {
        let mut decision = event(&theirs, &note("x"), Decision::default());
        decision.action = "resolve".into();
        decision.args = Value::Null;
        decision.settles = vec![settled.event_id.clone()];
        let base = theirs.get("room/note").clone();
        decision.changes = BTreeMap::from([("room/note".to_owned(), Change { base, new: text.clone() })]);
        let judged = judge_resolution(&theirs, &decision, std::slice::from_ref(&settled), &context);
        assert_eq!(matches!(judged, Judgement::Apply { .. }), taken, "{text}: {judged:?}");
    }
}

fn note(text: &str) -> Action {
    Action::Note { text: Some(text.into()) }
}

// --- properties -------------------------------------------------------------------------------------------------

fn any_action() -> impl Strategy<Value = Action> {
    let id = prop_oneof![Just("t1"), Just("t2"), Just("t3")].prop_map(|id| TaskId(id.to_owned()));
    let person = prop_oneof![Just(None), Just(Some(StaffId("ali".into()))), Just(Some(StaffId("maria".into())))];
    let reason = prop_oneof![Just(None), Just(Some("a reason".to_owned()))];
    let cleanliness = prop_oneof![
        Just(Cleanliness::Dirty),
        Just(Cleanliness::Pickup),
        Just(Cleanliness::Clean),
        Just(Cleanliness::Inspected)
    ];
    let flag = prop_oneof![
        Just(ServiceFlag::DoNotDisturb),
        Just(ServiceFlag::MakeUpRoom),
        Just(ServiceFlag::NoService),
        Just(ServiceFlag::Refused),
        Just(ServiceFlag::DoubleLock)
    ];
    let result = prop_oneof![Just(InspectionResult::Pass), Just(InspectionResult::Fail), Just(InspectionResult::Skip)];
    let out = prop_oneof![
        Just(Sellability::default()),
        Just(Sellability {
            kind: SellabilityKind::OutOfOrder,
            assignable: false,
            deducts_inventory: true,
            reason: Some("leak".into())
        }),
        Just(Sellability {
            kind: SellabilityKind::OutOfService,
            assignable: false,
            deducts_inventory: false,
            reason: Some("lamp".into())
        }),
    ];
    prop_oneof![
        4 => id.clone().prop_map(|task| Action::Start { task }),
        2 => id.clone().prop_map(|task| Action::Pause { task }),
        2 => id.clone().prop_map(|task| Action::Resume { task }),
        4 => id.clone().prop_map(|task| Action::Complete { task }),
        2 => (id.clone(), person.clone()).prop_map(|(task, to)| Action::Reassign { task, to }),
        3 => (id.clone(), result, reason).prop_map(|(task, result, reason)| Action::Inspect { task, verdict: Verdict { result, reason } }),
        1 => (id.clone(), person).prop_map(|(task, assignee)| Action::AddTask {
            task, kind: TaskKind::Linen, credits: 2, priority: Priority::High, assignee, note: None
        }),
        1 => id.clone().prop_map(|task| Action::CancelTask { task, reason: "not needed".into() }),
        1 => (id, any::<bool>()).prop_map(|(task, rush)| Action::SetPriority { task, priority: Priority::High, rush }),
        2 => cleanliness.prop_map(|cleanliness| Action::SetRoomStatus { cleanliness }),
        1 => any::<bool>().prop_map(|there| Action::SeeOccupancy {
            occupancy: if there { Occupancy::Occupied } else { Occupancy::Vacant }
        }),
        2 => (flag, any::<bool>()).prop_map(|(flag, on)| Action::SetFlag { flag, on }),
        1 => any::<bool>().prop_map(|on| Action::Note { text: on.then(|| "a note".to_owned()) }),
        1 => out.prop_map(|sellability| Action::SetSellability { sellability }),
        1 => Just(Action::Departed {}),
        1 => Just(Action::Arrived {}),
        2 => any::<bool>().prop_map(|named| Action::Claim { guest: named.then(|| "Smith".to_owned()) }),
        1 => Just(Action::Release {}),
        1 => any::<bool>().prop_map(|told| Action::QueueGuest { promised: told.then(|| "14:30".to_owned()) }),
        1 => Just(Action::LeaveQueue {}),
    ]
}

fn two_tasks() -> Fields {
    let mut unit = room_412();
    unit.tasks.insert(TaskId("t2".into()), task(TaskKind::Linen, TaskStatus::Ready));
    unit.to_fields()
}

/// Some reachable state: the room after a few actions, those refused left out.
fn after(actions: &[Action]) -> Fields {
    let mut fields = two_tasks();
    for action in actions {
        if let Ok(decision) = decided(&fields, action) {
            fields = applied(&fields, &decision);
        }
    }
    fields
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn any_sequence_of_actions_leaves_legal_states_and_stays_in_its_footprint(
        actions in prop::collection::vec(any_action(), 1..40)
    ) {
        let mut fields = two_tasks();
        for action in &actions {
            let Ok(decision) = decided(&fields, action) else { continue };
            let footprint = footprint(action);
            for path in decision.changes.keys() {
                prop_assert!(footprint.may_write(path), "{} wrote {path}", action.name());
            }
            for (path, change) in &decision.changes {
                prop_assert_eq!(&change.base, fields.get(path));
            }
            fields = applied(&fields, &decision);
            prop_assert_eq!(check(&fields), Ok(()));
            prop_assert_eq!(Unit::from_fields(&fields).unwrap().to_fields(), fields.clone());
        }
    }

    #[test]
    fn the_service_takes_what_a_desk_decided_on_the_same_row(
        before in prop::collection::vec(any_action(), 0..12), action in any_action()
    ) {
        let fields = after(&before);
        if let Ok(decision) = decided(&fields, &action) {
            let event = event(&fields, &action, decision.clone());
            let Judgement::Apply { changes } = judged(&fields, &event) else {
                return Err(TestCaseError::fail(format!("{}: {:?}", action.name(), judged(&fields, &event))));
            };
            prop_assert_eq!(changes.len(), decision.changes.len());
        }
    }

    #[test]
    fn edits_that_do_not_touch_merge_to_the_same_room_in_either_order(
        before in prop::collection::vec(any_action(), 0..12), one in any_action(), two in any_action()
    ) {
        let base = after(&before);
        let (Ok(a), Ok(b)) = (decided(&base, &one), decided(&base, &two)) else { return Ok(()) };
        let touched = |d: &Decision| -> BTreeSet<String> { d.changes.keys().chain(d.relies_on.keys()).cloned().collect() };
        let written = |d: &Decision| -> BTreeSet<String> { d.changes.keys().cloned().collect() };
        prop_assume!(written(&a).is_disjoint(&touched(&b)) && written(&b).is_disjoint(&touched(&a)));
        let merge = |first: &Decision, second: Event| -> Result<Fields, TestCaseError> {
            let middle = applied(&base, first);
            match judged(&middle, &second) {
                Judgement::Apply { changes } => {
                    let mut end = middle;
                    for (path, value) in changes {
                        end.set(path, value);
                    }
                    Ok(end)
                }
                // Two fields may be legal each and illegal together (ask for service, and do not disturb): then both
                // orders say so, and neither writes.
                Judgement::Rejected(refusal) if refusal.code == RefusalCode::IllegalState => Ok(Fields::new()),
                other => Err(TestCaseError::fail(format!("{other:?}"))),
            }
        };
        // A claim and a guest who waits end with their turn and their arrival, whatever still stands in the field.
        let as_read = |mut fields: Fields| {
            let room = Unit::from_fields(&fields).unwrap().room;
            for (path, ended) in [("room/waiting", room.waiting().is_none()), ("room/claim", room.claim().is_none())] {
                if ended {
                    fields.set(path.to_owned(), Value::Null);
                }
            }
            fields
        };
        let ab = merge(&a, event(&base, &two, b.clone()))?;
        let ba = merge(&b, event(&base, &one, a.clone()))?;
        prop_assert_eq!(as_read(ab), as_read(ba));
    }

    #[test]
    fn what_a_guard_names_is_never_merged(
        before in prop::collection::vec(any_action(), 0..12), action in any_action(), pick in any::<prop::sample::Index>()
    ) {
        let base = after(&before);
        let Ok(decision) = decided(&base, &action) else { return Ok(()) };
        let named: Vec<String> = decision.relies_on.keys().chain(decision.changes.keys())
            .filter(|path| !is_stamp(path)).cloned().collect();
        prop_assume!(!named.is_empty());
        let path = &named[pick.index(named.len())];
        // Some other legal value of that field than the two that leave it free.
        let free = [Some(base.get(path).clone()), decision.changes.get(path).map(|change| change.new.clone())];
        let member = path.rsplit('/').next().unwrap_or_default();
        let others = match member {
            "status" => vec![json!("ready"), json!("in_progress"), json!("paused"), json!("completed")],
            "assignee" => vec![json!("maria"), json!("ali"), Value::Null],
            "cleanliness" => vec![json!("dirty"), json!("pickup"), json!("clean"), json!("inspected")],
            "note" => vec![json!("another note")],
            "turn" => vec![json!(3)],
            "claim" => vec![json!({"by": "ali", "at": "2016-03-25T09:00:00Z", "turn": 4})],
            "sellability" => vec![json!({"kind": "out_of_service", "deducts_inventory": false, "assignable": false, "reason": "paint"})],
            _ => vec![],
        };
        let Some(other) = others.into_iter().find(|value| !free.contains(&Some(value.clone()))) else { return Ok(()) };
        let mut moved = base.clone();
        moved.set(path.clone(), other);
        let judgement = judged(&moved, &event(&base, &action, decision));
        let Judgement::Conflict { paths, .. } = &judgement else {
            return Err(TestCaseError::fail(format!("{} over {path}: {judgement:?}", action.name())));
        };
        prop_assert!(paths.contains(path));
    }
}

#[test]
fn t3_taking_something_back_is_the_duty_of_what_is_taken_back() {
    let start = Action::Start { task: TaskId("t".into()) };
    let recorded = |actor: &str, action: &str, args: Value| {
        let (actor_id, action) = (ActorId::parse(actor).unwrap(), action.into());
        Event { actor_id, action, args, ..event(&Fields::new(), &start, Decision::default()) }
    };
    let nothing = json!({});
    for (original, who, needs) in [
        (recorded("max", "set_sellability", json!({})), "ana", Some(Duty::Sell)),
        (recorded("ana", "start", json!({})), "ana", Some(Duty::Clean)),
        (recorded("ivy", "set_room_status", json!({ "cleanliness": "inspected" })), "ana", Some(Duty::Inspect)),
        (recorded("ana", "undo", json!({})), "ana", None),
        (recorded("max", "undo", json!({})), "ana", Some(Duty::GiveUp)),
    ] {
        assert_eq!(role::duty(who, "undo", &nothing, Some(&original)), needs, "{who}: {}", original.action);
    }
    // What it takes back is not known: the rules refuse it, whoever asks.
    assert_eq!(role::duty("ana", "undo", &nothing, None), None);
}
