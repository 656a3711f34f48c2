//! The desk on its real database: recording, answers, conflicts, the ledger, and starts that go wrong.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "what cannot go on here has failed, and says where")]

use chrono::{DateTime, TimeZone, Utc};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tempfile::TempDir;
use turndown_desk::{ActError, Desk};
use turndown_domain::{
    Action, Cleanliness, InspectionPolicy, JudgeContext, Judgement, Occupancy, Property, PropertyBook, RefusalCode,
    Role, Room, Sellability, SellabilityKind, ServiceFlag, Staff, StaffId, Task, TaskId, TaskKind, TaskStatus, Unit,
    judge,
};
use turndown_offline::{
    Environment, Fate, LocalState, OpenError, OutboxState, Pick, RowFilter, Settlement, SettlementRefusal, Sql,
    StartReport, Waits,
};
use turndown_protocol::{
    ActorId, EntityRef, EntityRow, EventId, EventResult, Fields, Mode, Outcome, Problem, Reference, SealedEvent, Theirs,
};

/// A clock that stands and randomness that counts, so that a run can be repeated.
#[derive(Default)]
struct Still(AtomicU64);

impl Environment for Still {
    fn now(&self) -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2016, 3, 25, 10, 0, 0).unwrap()
    }
    fn random(&self) -> u128 {
        u128::from(self.0.fetch_add(1, Ordering::Relaxed)) + 1
    }
}

struct House {
    folder: TempDir,
    desk: Desk,
    ids: AtomicU64,
}

const ROOMS: [&str; 3] = ["101", "102", "103"];

fn row(id: &str, version: u64, change: impl FnOnce(&mut Unit)) -> EntityRow {
    let mut unit = Unit { room: Room { number: id.into(), turn: 1, ..Room::default() }, ..Unit::default() };
    let task = Task { kind: TaskKind::Departure, turn: 1, service_day: "2016-03-25".into(), ..Task::default() };
    unit.tasks.insert(TaskId(format!("t{id}")), task);
    change(&mut unit);
    EntityRow {
        entity: EntityRef::new("room", id),
        version,
        deleted: false,
        fields: unit.to_fields(),
        provenance: BTreeMap::new(),
        contested: None,
    }
}

fn reference() -> Reference {
    let staff = |id: &str| Staff { id: StaffId(id.into()), name: id.to_uppercase(), role: Role::Lead, section: None };
    let book = PropertyBook {
        property: Property { service_day: "2016-03-25".into(), name: "Test".into(), ..Property::default() },
        staff: vec![staff("maria"), staff("ali")],
        bookings: vec![],
    };
    Reference { version: 1, document: serde_json::to_value(book).unwrap() }
}

fn open(folder: &Path) -> Result<(Desk, StartReport), OpenError> {
    Desk::open(folder, Arc::new(Still::default()))
}

impl House {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (desk, report) = open(folder.path()).unwrap();
        assert_eq!(report, StartReport::default());
        let rows = ROOMS.iter().zip(1..).map(|(id, version)| row(id, version, |_| {})).collect();
        desk.engine().take_snapshot(reference(), rows, "c3", 3, |_| {}).unwrap();
        Self { folder, desk, ids: AtomicU64::new(1) }
    }

    /// Closed, and opened again, whatever became of its database meanwhile.
    fn reopened(self, meanwhile: impl FnOnce(&Path)) -> Self {
        let Self { folder, desk, ids } = self;
        desk.engine().close();
        drop(desk);
        meanwhile(&folder.path().join("desk.db"));
        let desk = open(folder.path()).unwrap().0;
        Self { folder, desk, ids }
    }

    /// Has the desk itself write what another history would have made of its rows.
    fn as_if<const N: usize>(&self, changes: [&'static str; N]) {
        let written = self
            .desk
            .engine()
            .write(move |work| changes.into_iter().try_for_each(|sql| work.execute(sql, []).map(|_| ())));
        written.map_err(|error: turndown_offline::EngineError| error.code()).unwrap();
    }

    fn id(&self) -> EventId {
        EventId::parse(format!("e{}", self.ids.fetch_add(1, Ordering::Relaxed))).unwrap()
    }

    fn act(&self, room: &str, action: Action) -> Result<SealedEvent, ActError> {
        self.desk.act(self.id(), maria(), room, action).map(|recorded| recorded.sealed)
    }

    fn start(&self, room: &str) -> SealedEvent {
        self.act(room, Action::Start { task: TaskId(format!("t{room}")) }).unwrap()
    }

    fn complete(&self, room: &str) -> SealedEvent {
        self.act(room, Action::Complete { task: TaskId(format!("t{room}")) }).unwrap()
    }

    fn answer(&self, results: Vec<EventResult>) {
        self.desk.engine().take_results("store", "epoch", None, results).unwrap();
    }

    fn state(&self, event: &SealedEvent) -> OutboxState {
        self.desk.engine().row(&event.event.event_id).unwrap().unwrap().state
    }

    fn local(&self, room: &str) -> LocalState {
        self.desk.room(room).unwrap().unwrap().local
    }

    fn status(&self, room: &str) -> TaskStatus {
        self.desk.room(room).unwrap().unwrap().unit.tasks[&TaskId(format!("t{room}"))].status
    }

    fn to_send(&self) -> Vec<String> {
        let items = self.desk.engine().next_to_send(100, usize::MAX, &BTreeSet::new()).unwrap();
        items.into_iter().map(|item| item.event_id.to_string()).collect()
    }

    /// recorded = acknowledged + waiting + attention + discarded, from the rows; and the chain verifies.
    fn balanced(&self) {
        let ledger = self.desk.engine().ledger().unwrap();
        assert!(ledger.is_balanced(), "{ledger:?}");
        assert_eq!(ledger, self.desk.engine().ledger_from_rows().unwrap(), "the counts are those of the rows");
    }

    /// Every row that is not done has exactly one true reason, with words where somebody said some (L4).
    fn reasons(&self) {
        let (rows, total) = self.desk.engine().rows(RowFilter::All, 0, 10_000).unwrap();
        assert_eq!(rows.len(), total as usize);
        let at = |id: &EventId| rows.iter().find(|row| row.sealed.event.event_id == *id).map(|row| row.state);
        for row in &rows {
            let fate = self.desk.engine().fate_of(row).unwrap();
            let holds = match (&fate, row.state) {
                (Fate::Waits(Waits::Link), OutboxState::Pending) => row.last_code.is_none(),
                (Fate::Waits(Waits::AskedAgain { code, message }), OutboxState::Pending) => {
                    !code.is_empty() && !message.is_empty()
                }
                (Fate::Waits(Waits::Behind(other)), OutboxState::Pending | OutboxState::Held) => {
                    matches!(at(other), Some(OutboxState::Pending | OutboxState::Held))
                }
                (Fate::Waits(Waits::BehindStopped(other)), OutboxState::Held) => {
                    matches!(at(other), Some(OutboxState::Failed | OutboxState::Conflict))
                }
                (Fate::Waits(Waits::Decision(other)), OutboxState::Held) => {
                    matches!(at(other), Some(OutboxState::Pending | OutboxState::Held))
                }
                (Fate::Waits(Waits::DecisionStopped(other)), OutboxState::Held) => {
                    matches!(at(other), Some(OutboxState::Failed | OutboxState::Conflict))
                }
                (Fate::Failed { code, message, .. } | Fate::Conflict { code, message }, _) => {
                    !code.is_empty() && !message.is_empty()
                }
                (Fate::Applied { .. } | Fate::Merged { .. }, OutboxState::Synced) => true,
                (Fate::Settled { .. }, OutboxState::Settled) => true,
                (Fate::Discarded { by }, OutboxState::Discarded) => by.is_some(),
                _ => false,
            };
            assert!(holds, "{:?} {fate:?} {row:#?}", row.state);
        }
    }
}

fn maria() -> ActorId {
    ActorId::parse("maria").unwrap()
}

fn result(event: &SealedEvent, outcome: Outcome) -> EventResult {
    EventResult {
        event_id: event.event.event_id.clone(),
        outcome,
        original: None,
        seq: None,
        row: None,
        theirs: None,
        problem: None,
    }
}

fn applied(event: &SealedEvent, seq: u64) -> EventResult {
    EventResult { seq: Some(seq), ..result(event, Outcome::Applied) }
}

fn conflict(event: &SealedEvent, theirs: EntityRow, paths: &[&str]) -> EventResult {
    let theirs =
        Theirs { row: theirs, paths: paths.iter().map(|path| (*path).to_owned()).collect(), class: "fields".into() };
    EventResult { theirs: Some(theirs), ..result(event, Outcome::Conflict) }
}

fn pick(mine: bool) -> Pick {
    if mine { Pick::Mine } else { Pick::Theirs }
}

fn settlement(house: &House, version: u64, settles: &[&SealedEvent], keep_mine: &[(&str, bool)]) -> Settlement {
    Settlement {
        event_id: house.id(),
        actor: maria(),
        entity: EntityRef::new("room", "101"),
        version,
        settles: settles.iter().map(|sealed| sealed.event.event_id.clone()).collect(),
        picks: keep_mine.iter().map(|(path, mine)| ((*path).to_owned(), pick(*mine))).collect(),
        draft: turndown_offline::Draft::default(),
    }
}

/// Theirs: the task was cancelled meanwhile.
fn cancelled(version: u64) -> EntityRow {
    row("101", version, |unit| {
        let task = unit.tasks.get_mut(&TaskId("t101".into())).unwrap();
        task.status = TaskStatus::Cancelled;
        task.cancelled_because = Some("guest stays".into());
    })
}

#[test]
fn h1_an_action_shows_at_once_and_stands_in_outbox_and_audit() {
    let house = House::new();
    let event = house.start("101");
    assert_eq!((house.status("101"), house.local("101")), (TaskStatus::InProgress, LocalState::Waiting));
    assert_eq!((house.status("102"), house.local("102")), (TaskStatus::Ready, LocalState::Server));
    assert_eq!(house.state(&event), OutboxState::Pending);
    assert_eq!((event.event.local_seq, event.event.base_version), (1, 1));
    assert_eq!(house.complete("101").event.prev_event_id, Some(event.event.event_id.clone()));
    house.balanced();
}

#[test]
fn a1_the_same_gesture_twice_records_once() {
    let house = House::new();
    let action = Action::Start { task: TaskId("t101".into()) };
    let first = house.desk.act(EventId::parse("tap").unwrap(), maria(), "101", action.clone()).unwrap();
    let again = house.desk.act(EventId::parse("tap").unwrap(), maria(), "101", action).unwrap();
    assert_eq!((first.repeated, again.repeated), (false, true));
    assert_eq!(first.sealed, again.sealed);
    assert_eq!(house.desk.engine().ledger().unwrap().recorded, 1);
}

#[test]
fn a3_a_refused_action_leaves_nothing_behind() {
    let house = House::new();
    let refused = house.act("101", Action::Complete { task: TaskId("t101".into()) }).unwrap_err();
    assert!(matches!(refused, ActError::Refused(r) if r.code == RefusalCode::TaskNotStarted));
    assert!(matches!(house.act("999", Action::Note { text: None }).unwrap_err(), ActError::NoRoom(_)));
    assert_eq!(house.desk.engine().ledger().unwrap().recorded, 0);
    assert_eq!(house.local("101"), LocalState::Server);
    // Nothing of the refused action is in the chain either: the next one is number 1.
    assert_eq!(house.start("101").event.local_seq, 1);
}

#[test]
fn b13_an_acknowledgement_moves_the_event_and_the_view_never_flickers() {
    let house = House::new();
    let (start, complete) = (house.start("101"), house.complete("101"));
    house.answer(vec![applied(&start, 10)]);
    assert_eq!((house.state(&start), house.state(&complete)), (OutboxState::Synced, OutboxState::Pending));
    assert_eq!((house.status("101"), house.local("101")), (TaskStatus::Completed, LocalState::Waiting));
    house.answer(vec![applied(&complete, 11)]);
    assert_eq!((house.status("101"), house.local("101")), (TaskStatus::Completed, LocalState::Server));
    // A page that was made before the acknowledgement comes late: it takes nothing back.
    house.desk.engine().take_rows(vec![row("101", 9, |_| {})], None, "c9").unwrap();
    assert_eq!(house.status("101"), TaskStatus::Completed);
    house.balanced();
}

#[test]
fn g8_an_acknowledgement_that_comes_after_a_newer_row_shows_the_newer_row() {
    let house = House::new();
    let start = house.start("101");
    // The action was taken as 10 and somebody paused the task as 11; the feed was quicker than the answer.
    let paused = row("101", 11, |unit| {
        unit.tasks.get_mut(&TaskId("t101".into())).unwrap().status = TaskStatus::Paused;
    });
    house.desk.engine().take_rows(vec![paused.clone()], None, "c11").unwrap();
    assert_eq!(house.status("101"), TaskStatus::InProgress, "this desk's own action still waits");
    house.answer(vec![applied(&start, 10)]);
    assert_eq!((house.status("101"), house.local("101")), (TaskStatus::Paused, LocalState::Server));

    // The same where another desk settled what this one recorded.
    let note = house.act("101", Action::Note { text: Some("pet".into()) }).unwrap();
    house.answer(vec![result(&note, Outcome::Settled)]);
    assert_eq!(house.desk.room("101").unwrap().unwrap().unit, Unit::from_fields(&paused.fields).unwrap());
    house.balanced();
}

#[test]
fn b2_a_late_copy_of_an_answer_changes_nothing() {
    let house = House::new();
    let start = house.start("101");
    house.answer(vec![applied(&start, 10)]);
    house.answer(vec![conflict(&start, cancelled(12), &["task/t101/status"])]);
    house.answer(vec![result(&start, Outcome::Rejected)]);
    assert_eq!(house.state(&start), OutboxState::Synced);
    house.balanced();
}

#[test]
fn g8_a_pull_never_hides_a_waiting_edit() {
    let house = House::new();
    house.start("101");
    let theirs = row("101", 7, |unit| unit.room.note = Some("pet in room".into()));
    house.desk.engine().take_rows(vec![theirs], None, "c7").unwrap();
    let seen = house.desk.room("101").unwrap().unwrap();
    assert_eq!(seen.unit.room.note.as_deref(), Some("pet in room"));
    assert_eq!((house.status("101"), seen.local), (TaskStatus::InProgress, LocalState::Waiting));
}

#[test]
fn c1_one_bad_action_holds_its_own_room_and_no_other() {
    let house = House::new();
    let (bad, behind, other) = (house.start("101"), house.complete("101"), house.start("102"));
    let problem = Problem::new(422, "STAFF_UNKNOWN", "That person is not on the list.");
    house.answer(vec![
        EventResult { problem: Some(problem), ..result(&bad, Outcome::Rejected) },
        result(&behind, Outcome::Blocked),
        applied(&other, 10),
    ]);
    assert_eq!(house.state(&bad), OutboxState::Failed);
    assert_eq!(house.state(&behind), OutboxState::Held);
    assert_eq!(house.state(&other), OutboxState::Synced);
    assert_eq!((house.local("101"), house.local("102")), (LocalState::Failed, LocalState::Server));
    assert!(house.to_send().is_empty());
    // What is recorded behind it now waits with it.
    let later = house.act("101", Action::Note { text: Some("x".into()) }).unwrap();
    assert_eq!(house.state(&later), OutboxState::Held);
    let ledger = house.desk.engine().ledger().unwrap();
    assert_eq!((ledger.attention, ledger.waiting, ledger.acknowledged), (3, 0, 1));
    house.balanced();
}

#[test]
fn b5_try_again_is_a_new_event_that_settles_the_rejected_one() {
    let house = House::new();
    let (bad, behind) = (house.start("101"), house.complete("101"));
    house.answer(vec![result(&bad, Outcome::Rejected)]);
    let retry = EventId::parse("retry").unwrap();
    house.desk.retry(&bad.event.event_id, retry.clone(), maria()).unwrap();
    let row = house.desk.engine().row(&retry).unwrap().unwrap();
    assert_eq!(row.sealed.event.settles, vec![bad.event.event_id.clone()]);
    assert_eq!(row.sealed.event.action, "start");
    let behind = behind.event.event_id.to_string();
    assert_eq!(house.to_send(), ["retry", &behind], "the rejected id is not sent again; what is behind follows");
    house.balanced();
    house.answer(vec![applied(&row.sealed, 12)]);
    assert_eq!(house.state(&bad), OutboxState::Settled);
    assert_eq!(house.to_send(), [behind]);
    house.balanced();
}

/// What the service makes of a sealed event, by the same rules.
fn judged(current: &Fields, event: &SealedEvent) -> Judgement {
    let book: PropertyBook = serde_json::from_value(reference().document).unwrap();
    judge(current, &event.event, &JudgeContext { book: &book, undo_of: None })
}

fn retried(house: &House, failed: &SealedEvent, by: &str) -> Result<SealedEvent, ActError> {
    let id = house.id();
    house.desk.retry(&failed.event.event_id, id.clone(), ActorId::parse(by).unwrap())?;
    Ok(house.desk.engine().row(&id)?.unwrap().sealed)
}

#[test]
fn f3_what_is_tried_again_stays_what_its_author_did_when_it_was_done() {
    let folder = tempfile::tempdir().unwrap();
    let (desk, _) = Desk::open(folder.path(), Arc::new(Running::default())).unwrap();
    desk.engine().take_snapshot(reference(), vec![row("101", 1, |_| {})], "c1", 1, |_| {}).unwrap();
    let house = House { folder, desk, ids: AtomicU64::new(1) };
    let start = house.start("101");
    house.answer(vec![result(&start, Outcome::Rejected)]);
    let again = retried(&house, &start, "ali").unwrap();
    let (old, new) = (&start.event, &again.event);
    assert_ne!(new.recorded_at, old.recorded_at);
    assert_eq!((&new.actor_id, new.turn, &new.service_day), (&old.actor_id, old.turn, &old.service_day));
    assert_eq!(new.args["again"], json!({ "by": "ali", "done_at": old.recorded_at }));
    assert_eq!(new.changes, old.changes, "the stamps are those of the work, not of the button");
    assert!(matches!(judged(&row("101", 1, |_| {}).fields, &again), Judgement::Apply { .. }));

    // Tried again once more, it is still the first one's time and author.
    house.answer(vec![result(&again, Outcome::Rejected)]);
    let third = retried(&house, &again, "maria").unwrap();
    assert_eq!(third.event.args["again"], json!({ "by": "maria", "done_at": old.recorded_at }));
}

#[test]
fn f3_what_is_tried_again_after_its_guest_left_never_touches_the_next_guests_room() {
    let house = House::new();
    let start = house.start("101");
    house.answer(vec![applied(&start, 10)]);
    let complete = house.complete("101");
    house.answer(vec![result(&complete, Outcome::Rejected)]);
    let look = house.act("102", Action::SeeOccupancy { occupancy: Occupancy::Occupied }).unwrap();
    house.answer(vec![result(&look, Outcome::Rejected)]);
    let next_guest = |id: &str| {
        row(id, 20, |unit| {
            unit.room.turn = 2;
            unit.room.fo_occupancy = Occupancy::Occupied;
            if let Some(task) = unit.tasks.get_mut(&TaskId("t101".into())) {
                task.status = TaskStatus::InProgress;
            }
        })
    };
    house.desk.engine().take_rows(vec![next_guest("101"), next_guest("102")], None, "c20").unwrap();
    let again = retried(&house, &complete, "ali").unwrap();
    assert_eq!(again.event.turn, Some(1));
    assert_eq!(again.event.changes.keys().collect::<Vec<_>>(), ["task/t101/completed_at", "task/t101/status"]);
    let room = house.desk.room("101").unwrap().unwrap().unit.room;
    assert_eq!((room.cleanliness, room.turn), (Cleanliness::Dirty, 2), "the next guest's room is as it was");
    let Judgement::Apply { changes } = judged(&next_guest("101").fields, &again) else { panic!("taken as history") };
    assert_eq!(changes["task/t101/status"], json!("completed"));
    // Where nothing of it is left to record, it says so and what to do.
    let refused = retried(&house, &look, "ali").unwrap_err();
    assert!(
        matches!(refused, ActError::Refused(r) if r.code == RefusalCode::NothingToChange && r.message.to_string().contains("Give it up"))
    );
    house.balanced();
}

#[test]
fn h10_undo_names_an_action_on_its_own_room() {
    let house = House::new();
    let start = house.start("101");
    let undo = Action::Undo { event: start.event.event_id.to_string() };
    let refused = house.act("102", undo.clone()).unwrap_err();
    assert!(matches!(refused, ActError::Refused(r) if r.code == RefusalCode::UndoUnknown));
    house.act("101", undo).unwrap();
    assert_eq!(house.status("101"), TaskStatus::Ready);
}

#[test]
fn l2_a_failed_action_is_given_up_by_name_and_what_is_behind_goes_on() {
    let house = House::new();
    let (bad, behind) = (house.start("101"), house.complete("101"));
    let gave_up =
        |id: &str| house.desk.discard(&bad.event.event_id, EventId::parse(id).unwrap(), maria(), "guest stays");
    assert!(matches!(gave_up("early").unwrap_err(), ActError::NothingToDiscard), "what may still pass is not given up");
    house.answer(vec![result(&bad, Outcome::Rejected)]);
    let unsaid = house.desk.discard(&bad.event.event_id, house.id(), maria(), "  ").unwrap_err();
    assert!(matches!(unsaid, ActError::Refused(r) if r.code == RefusalCode::ReasonRequired));
    let decision = gave_up("gone").unwrap().sealed;
    assert_eq!((decision.event.action.as_str(), &decision.event.args["reason"]), ("discard", &json!("guest stays")));
    assert!(gave_up("gone").unwrap().repeated, "a double click is one decision");
    let behind = behind.event.event_id.to_string();
    assert_eq!(house.to_send(), ["gone", &behind], "it goes first; what is behind follows");
    house.balanced();
    house.answer(vec![applied(&decision, 12)]);
    assert_eq!(house.state(&bad), OutboxState::Discarded);
    assert_eq!(house.to_send(), [behind]);
    assert_eq!(house.desk.engine().ledger().unwrap().discarded, 1);
    house.balanced();
}

#[test]
fn b10_what_was_never_answered_can_be_given_up_whatever_the_service_says_of_it_later() {
    use Outcome::{Conflict, KeyReuse, Rejected, Settled, TooLarge};
    for later in [Some(TooLarge), Some(Rejected), Some(KeyReuse), Some(Conflict), Some(Settled), None] {
        let house = House::new();
        let (huge, behind) = (house.start("101"), house.complete("101"));
        house.answer(vec![result(&huge, TooLarge), result(&behind, Outcome::Blocked)]);
        let decision = house.desk.discard(&huge.event.event_id, house.id(), maria(), "pasted a book").unwrap().sealed;
        let after = match later {
            Some(Conflict) => vec![conflict(&huge, cancelled(20), &["task/t101/status"])],
            Some(outcome) => vec![result(&huge, outcome)],
            None => vec![],
        };
        house.answer([vec![applied(&decision, 12)], after].concat());
        if later.is_none() {
            // A proxy that takes no body of that size: the flusher found that this one event alone makes it fail.
            house.desk.engine().park(&huge.event.event_id, "TOO_LARGE", "Too large.").unwrap();
        }
        assert_eq!(house.state(&huge), OutboxState::Discarded, "{later:?}");
        assert_eq!(house.to_send(), [behind.event.event_id.to_string()], "{later:?}");
        assert_eq!(house.desk.engine().conflict_count().unwrap(), 0);
        house.balanced();
    }
}

#[test]
fn d1_a_decision_that_is_answered_after_what_it_gave_up_still_gives_it_up() {
    let house = House::new();
    let bad = house.start("101");
    house.answer(vec![result(&bad, Outcome::Rejected)]);
    let decision = house.desk.discard(&bad.event.event_id, house.id(), maria(), "guest stays").unwrap().sealed;
    house.answer(vec![applied(&decision, 12)]);
    // What a start after damage does: everything that verifies is to be sent again.
    house.as_if([
        "UPDATE outbox SET state = 'pending', lane_rank = 2, attempts = 0, answered = 0, settled_by = NULL, seq = NULL",
        "DELETE FROM receipts",
    ]);
    let house = house.reopened(|_| {});
    let again = |event, original| EventResult { original: Some(original), ..result(event, Outcome::Duplicate) };
    house.answer(vec![again(&bad, Outcome::Settled), again(&decision, Outcome::Applied)]);
    assert_eq!((house.state(&bad), house.state(&decision)), (OutboxState::Discarded, OutboxState::Synced));
    house.balanced();
}

#[test]
fn c1_what_waited_behind_a_failed_action_goes_before_what_is_recorded_after_it_was_tried_again() {
    for give_up in [false, true] {
        let house = House::new();
        let (bad, behind) = (house.start("101"), house.complete("101"));
        house.answer(vec![result(&bad, Outcome::Rejected)]);
        let settler = EventId::parse("settler").unwrap();
        if give_up {
            house.desk.discard(&bad.event.event_id, settler, maria(), "guest stays").unwrap();
        } else {
            house.desk.retry(&bad.event.event_id, settler, maria()).unwrap();
        }
        let later = house.act("101", Action::Note { text: Some("later".into()) }).unwrap();
        let order = ["settler", behind.event.event_id.as_str(), later.event.event_id.as_str()];
        assert_eq!(house.to_send(), order, "the order in which it was recorded");
        assert_eq!(
            later.event.prev_event_id,
            Some(behind.event.event_id.clone()),
            "and it stands on what goes before it"
        );
        house.balanced();
    }
}

#[test]
fn h7_what_was_recorded_behind_an_action_that_is_tried_again_is_mine_when_that_comes_to_a_conflict() {
    let house = House::new();
    let note = |text: &str| house.act("101", Action::Note { text: Some(text.into()) }).unwrap();
    let (bad, behind) = (note("first"), note("second"));
    house.answer(vec![result(&bad, Outcome::Rejected)]);
    let again = house.id();
    house.desk.retry(&bad.event.event_id, again.clone(), maria()).unwrap();
    let again = house.desk.engine().row(&again).unwrap().unwrap().sealed;
    let theirs = row("101", 30, |unit| unit.room.note = Some("theirs".into()));
    house.answer(vec![conflict(&again, theirs, &["room/note"]), result(&behind, Outcome::Blocked)]);
    let open = house.desk.engine().conflict(&EntityRef::new("room", "101")).unwrap().expect("it is open");
    let shown = house.desk.room("101").unwrap().unwrap().unit.room.note;
    assert_eq!((open.mine.get("room/note"), shown.as_deref()), (&json!("second"), Some("second")));
    let decision =
        house.desk.resolve(settlement(&house, 30, &[&bad, &behind, &again], &[("room/note", true)])).unwrap();
    assert_eq!(decision.sealed.event.changes["room/note"].new, json!("second"));
    house.balanced();
}

#[test]
fn what_may_pass_later_is_tried_three_times_and_then_asks_a_person() {
    let house = House::new();
    let start = house.start("101");
    for _ in 0..2 {
        house.answer(vec![result(&start, Outcome::RetryLater)]);
        assert_eq!(house.state(&start), OutboxState::Pending);
    }
    house.answer(vec![result(&start, Outcome::RetryLater)]);
    assert_eq!(house.state(&start), OutboxState::Failed);
    // The service never gave a final answer, so the same event goes again.
    house.desk.retry(&start.event.event_id, house.id(), maria()).unwrap();
    assert_eq!(house.to_send(), vec![start.event.event_id.to_string()]);
    house.balanced();
}

#[test]
fn h7_three_edits_whose_first_conflicts_make_one_conflict_and_one_decision_settles_them() {
    let house = House::new();
    let (start, complete) = (house.start("101"), house.complete("101"));
    let note = house.act("101", Action::Note { text: Some("lamp broken".into()) }).unwrap();
    let other = house.start("102");
    house.answer(vec![
        conflict(&start, cancelled(20), &["task/t101/status"]),
        result(&complete, Outcome::Blocked),
        result(&note, Outcome::Blocked),
        applied(&other, 21),
    ]);
    assert_eq!(house.local("101"), LocalState::Conflict);
    let open = house.desk.engine().conflict(&EntityRef::new("room", "101")).unwrap().unwrap();
    assert_eq!(open.contested, ["task/t101/status"]);
    assert_eq!(open.merged, ["room/cleanliness", "room/note"]);
    assert_eq!(open.before.get("task/t101/status"), &json!("ready"));
    assert_eq!(open.mine.get("task/t101/status"), &json!("completed"));
    assert_eq!(open.theirs.fields.get("task/t101/status"), &json!("cancelled"));
    assert_eq!(open.events.len(), 3);
    house.balanced();

    let all = [&start, &complete, &note];
    let refused = |settlement| match house.desk.resolve(settlement).unwrap_err() {
        ActError::Settlement(refusal) => refusal,
        other => panic!("{other}"),
    };
    assert_eq!(refused(settlement(&house, 20, &all, &[])), SettlementRefusal::Incomplete(1));
    assert_eq!(refused(settlement(&house, 19, &all, &[("task/t101/status", true)])), SettlementRefusal::Moved);
    assert_eq!(refused(settlement(&house, 20, &all[..2], &[("task/t101/status", true)])), SettlementRefusal::Joined);
    house.balanced();

    // Kept, the task is completed at the time when it was; taken, it has no such time.
    let decision = house.desk.resolve(settlement(&house, 20, &all, &[("task/t101/status", true)])).unwrap().sealed;
    let stamp = &decision.event.changes["task/t101/completed_at"];
    assert_eq!((&stamp.base, &stamp.new), (&json!(null), &complete.event.changes["task/t101/completed_at"].new));
    assert_eq!(decision.event.changes["task/t101/started_at"].new, start.event.changes["task/t101/started_at"].new);
    assert_eq!(decision.event.changes["task/t101/status"].base, json!("cancelled"));
    assert_eq!(decision.event.changes["task/t101/status"].new, json!("completed"));
    assert!(house.desk.engine().conflict(&EntityRef::new("room", "101")).unwrap().is_none(), "decided");
    // The decision goes first; what the service never saw goes with it, so that its audit trail is whole.
    let ids: Vec<String> = [&decision, &complete, &note].iter().map(|s| s.event.event_id.to_string()).collect();
    assert_eq!(house.to_send(), ids);
    assert_eq!(house.desk.engine().ledger().unwrap().attention, 0);
    house.balanced();

    house.answer(vec![applied(&decision, 22), result(&complete, Outcome::Settled), result(&note, Outcome::Settled)]);
    for event in all {
        assert_eq!(house.state(event), OutboxState::Settled);
    }
    assert_eq!((house.local("101"), house.status("101")), (LocalState::Server, TaskStatus::Completed));
    assert_eq!(house.desk.engine().ledger().unwrap().acknowledged, 5);
    house.balanced();
}

/// A note, and behind it a clean that was begun and completed; Theirs has another note, and what `change` makes of it.
fn a_note_in_conflict(house: &House, change: impl FnOnce(&mut Unit)) -> [SealedEvent; 3] {
    let note = house.act("101", Action::Note { text: Some("lamp broken".into()) }).unwrap();
    let (start, complete) = (house.start("101"), house.complete("101"));
    let theirs = row("101", 20, |unit| {
        unit.room.note = Some("pet in room".into());
        change(unit);
    });
    house.answer(vec![
        conflict(&note, theirs, &["room/note"]),
        result(&start, Outcome::Blocked),
        result(&complete, Outcome::Blocked),
    ]);
    [note, start, complete]
}

#[test]
fn h7_what_stands_behind_a_conflict_is_never_decided_without_its_own_guards() {
    let house = House::new();
    let all = a_note_in_conflict(&house, |unit| {
        unit.room.sellability = Sellability {
            kind: SellabilityKind::OutOfOrder,
            deducts_inventory: true,
            assignable: false,
            reason: Some("leak".into()),
        };
    });
    let open = house.desk.engine().conflict(&EntityRef::new("room", "101")).unwrap().unwrap();
    assert_eq!(open.contested, ["room/note", "room/sellability"], "the clean relied on a room that may be worked in");
    assert_eq!(open.mine.get("room/sellability")["kind"], json!("in_service"));
    let choices = [("room/note", true), ("room/sellability", false)];
    let decision = house.desk.resolve(settlement(&house, 20, &all.each_ref(), &choices)).unwrap().sealed.event;
    assert_eq!(decision.relies_on["room/sellability"]["kind"], json!("out_of_order"));
    // Guards that nobody was asked about hold for the decision as they held for what it settles.
    assert_eq!(decision.relies_on["task/t101/assignee"], json!(null));
    assert_eq!(decision.relies_on["room/turn"], json!(1));
}

#[test]
fn h7_a_clean_behind_a_conflict_never_makes_the_next_guests_room_clean_unasked() {
    let house = House::new();
    let all = a_note_in_conflict(&house, |unit| unit.room.turn = 2);
    let open = house.desk.engine().conflict(&EntityRef::new("room", "101")).unwrap().unwrap();
    assert_eq!(open.contested, ["room/cleanliness", "room/note"]);
    assert_eq!(open.merged, ["task/t101/status"], "the task is the guest's who left, and is completed");
    let choices = [("room/note", true), ("room/cleanliness", false)];
    let decision = house.desk.resolve(settlement(&house, 20, &all.each_ref(), &choices)).unwrap().sealed.event;
    let written: Vec<_> = decision.changes.keys().filter(|path| !path.ends_with("_at")).collect();
    assert_eq!(written, ["room/note", "task/t101/status"]);
    assert_eq!(decision.relies_on["room/turn"], json!(2), "the present turn is relied on, never put back");
}

#[test]
fn h4_an_edit_of_a_room_that_was_removed_is_laid_to_rest_by_taking_the_other_side() {
    let house = House::new();
    let (start, note) = (house.start("101"), house.act("101", Action::Note { text: Some("pet".into()) }).unwrap());
    let removed = EntityRow { deleted: true, fields: Fields::new(), ..row("101", 20, |_| {}) };
    let theirs = Theirs { row: removed, paths: vec!["task/t101/status".into()], class: "deleted".into() };
    house.answer(vec![
        EventResult { theirs: Some(theirs), ..result(&start, Outcome::Conflict) },
        result(&note, Outcome::Blocked),
    ]);
    let open = house.desk.engine().conflict(&EntityRef::new("room", "101")).unwrap().unwrap();
    assert_eq!(open.contested, ["room/note", "task/t101/status"], "nothing merges into a room that is gone");
    let choose = |mine| [("room/note", false), ("task/t101/status", mine)];
    let kept = house.desk.resolve(settlement(&house, 20, &[&start, &note], &choose(true))).unwrap_err();
    assert!(matches!(kept, ActError::Settlement(SettlementRefusal::Removed)), "{kept}");
    let decision = house.desk.resolve(settlement(&house, 20, &[&start, &note], &choose(false))).unwrap().sealed;
    assert_eq!(decision.event.changes.len(), 0);
    house.answer(vec![applied(&decision, 21), result(&note, Outcome::Settled)]);
    assert_eq!((house.state(&start), house.state(&note)), (OutboxState::Settled, OutboxState::Settled));
    assert!(house.desk.room("101").unwrap().is_none());
    house.balanced();
}

#[test]
fn h7_a_decision_whose_fields_do_not_go_together_is_refused_while_the_person_is_there() {
    let house = House::new();
    let task = TaskId("t101".into());
    let mine = house.act("101", Action::CancelTask { task, reason: "no time".into() }).unwrap();
    let inspected = row("101", 20, |unit| {
        let task = unit.tasks.get_mut(&TaskId("t101".into())).unwrap();
        task.status = TaskStatus::Cancelled;
        task.cancelled_because = Some("guest stays".into());
    });
    let paths = ["task/t101/status", "task/t101/cancelled_because"];
    house.answer(vec![conflict(&mine, EntityRow { version: 20, ..inspected }, &paths)]);
    let newer = row("101", 21, |_| {});
    house.desk.engine().take_rows(vec![newer], None, "c21").unwrap();
    let open = house.desk.engine().conflict(&EntityRef::new("room", "101")).unwrap().unwrap();
    let contested: Vec<&str> = open.contested.iter().map(String::as_str).collect();
    assert_eq!(contested, ["task/t101/cancelled_because", "task/t101/status"]);
    let halves = [("task/t101/status", true), ("task/t101/cancelled_because", false)];
    let refused = house.desk.resolve(settlement(&house, 21, &[&mine], &halves)).unwrap_err();
    let ActError::Settlement(refusal @ SettlementRefusal::DoesNotFit(_)) = refused else { panic!("{refused}") };
    assert_eq!(refusal.code(), "CONFLICT_DOES_NOT_FIT");
    assert_eq!(house.desk.engine().ledger().unwrap().recorded, 1, "nothing was recorded");
    let both = [("task/t101/status", true), ("task/t101/cancelled_because", true)];
    house.desk.resolve(settlement(&house, 21, &[&mine], &both)).unwrap();
    house.balanced();
}

#[test]
fn d3_a_decision_about_what_is_offered_again_goes_before_what_stands_on_it() {
    let house = House::new();
    let (start, complete) = (house.start("101"), house.complete("101"));
    house.answer(vec![applied(&start, 10), applied(&complete, 11)]);
    // The service lost both, and what it has now does not let the first one through.
    house.desk.engine().offer_again("store", "epoch-2", 0).unwrap();
    let ids = |events: &[&SealedEvent]| -> Vec<String> {
        events.iter().map(|sealed| sealed.event.event_id.to_string()).collect()
    };
    assert_eq!(house.to_send()[..2], ids(&[&start, &complete]));
    house.answer(vec![result(&start, Outcome::Rejected), result(&complete, Outcome::Blocked)]);
    let decision =
        house.desk.discard(&start.event.event_id, house.id(), maria(), "it was another room").unwrap().sealed;
    assert_eq!(house.to_send()[..2], ids(&[&decision, &complete]), "or both would wait for each other for ever");
    house.answer(vec![applied(&decision, 2_000), applied(&complete, 2_001)]);
    assert_eq!((house.state(&start), house.state(&complete)), (OutboxState::Discarded, OutboxState::Synced));
    house.balanced();
    house.reasons();
}

#[test]
fn d3_what_a_decision_settled_and_was_never_sent_stays_behind_it_when_the_service_is_restored_once_more() {
    let house = House::new();
    let note = house.act("101", Action::Note { text: Some("late check-out".into()) }).unwrap();
    let (start, complete) = (house.start("101"), house.complete("101"));
    house.answer(vec![applied(&note, 10), applied(&start, 11)]);
    house.desk.engine().offer_again("store", "epoch-2", 0).unwrap();
    house.answer(vec![applied(&note, 1_010), conflict(&start, cancelled(1_011), &["task/t101/status"])]);
    let mine = [("task/t101/status", true)];
    let decision = house.desk.resolve(settlement(&house, 1_011, &[&start, &complete], &mine)).unwrap().sealed;
    // The service takes the decision, and loses it again before what the desk never sent could follow.
    house.answer(vec![applied(&decision, 1_012)]);
    house.desk.engine().offer_again("store", "epoch-3", 0).unwrap();
    let ids = [&note, &decision, &start, &complete].map(|sealed| sealed.event.event_id.to_string());
    assert_eq!(house.to_send()[..4], ids, "what stands on the rest never comes before it");
    house.balanced();
    house.reasons();
}

#[test]
fn d3_a_decision_that_waits_behind_what_is_offered_again_keeps_its_place_before_what_it_settles() {
    let house = House::new();
    let note = house.act("101", Action::Note { text: Some("late check-out".into()) }).unwrap();
    house.answer(vec![applied(&note, 10)]);
    let (start, complete) = (house.start("101"), house.complete("101"));
    house.answer(vec![conflict(&start, cancelled(20), &["task/t101/status"]), result(&complete, Outcome::Blocked)]);
    let theirs = [("task/t101/status", false)];
    let decision = house.desk.resolve(settlement(&house, 20, &[&start, &complete], &theirs)).unwrap().sealed;
    house.desk.engine().offer_again("store", "epoch-2", 0).unwrap();
    let in_order = [&note, &decision, &start, &complete].map(|sealed| sealed.event.event_id.to_string());
    assert_eq!(house.to_send()[..4], in_order);
    house.answer(vec![result(&note, Outcome::Rejected)]);
    let given_up =
        house.desk.discard(&note.event.event_id, house.id(), maria(), "it is in the log book").unwrap().sealed;
    let mut sent = house.to_send();
    sent.retain(|id| {
        house
            .desk
            .engine()
            .row(&EventId::parse(id.as_str()).unwrap())
            .unwrap()
            .is_some_and(|row| row.sealed.event.entity.id == "101")
    });
    let in_order = [&given_up, &decision, &start, &complete].map(|sealed| sealed.event.event_id.to_string());
    assert_eq!(sent, in_order, "what was decided against never goes before the decision");
    house.balanced();
    house.reasons();
}

#[test]
fn d3_what_a_decision_settled_is_kept_as_long_as_what_was_taken() {
    let house = House::new();
    let engine = house.desk.engine();
    engine.set_mode(Mode::Online);
    let days = |days: u32| (0..days * 24).for_each(|_| assert!(engine.ran_an_hour().is_ok()));
    days(20);
    let (start, complete) = (house.start("101"), house.complete("101"));
    house.answer(vec![conflict(&start, cancelled(20), &["task/t101/status"]), result(&complete, Outcome::Blocked)]);
    let theirs = [("task/t101/status", false)];
    let decision = house.desk.resolve(settlement(&house, 20, &[&start, &complete], &theirs)).unwrap().sealed;
    house.answer(vec![applied(&decision, 21), result(&complete, Outcome::Settled)]);
    assert_eq!(engine.prune(14).unwrap(), 0, "it was settled a moment ago");
    engine.offer_again("store", "epoch-2", 0).unwrap();
    let in_order = [&decision, &start, &complete].map(|sealed| sealed.event.event_id.to_string());
    assert_eq!(house.to_send()[..3], in_order, "a restored service gets all of it");
    house.answer(vec![
        applied(&decision, 1_021),
        result(&start, Outcome::Settled),
        result(&complete, Outcome::Settled),
    ]);
    assert_eq!(engine.prune(14).unwrap(), 0);
    days(15);
    engine.set_mode(Mode::Offline);
    assert_eq!(engine.prune(14).unwrap(), 0, "who knows whether the service still has it");
    engine.set_mode(Mode::Online);
    assert_eq!(engine.prune(14).unwrap(), 3);
    house.balanced();
}

#[test]
fn d3_what_the_service_has_after_all_when_it_is_restored_once_more_needs_nobody() {
    let house = House::new();
    let engine = house.desk.engine();
    let start = house.start("101");
    house.answer(vec![applied(&start, 10)]);
    engine.offer_again("store", "epoch-2", 0).unwrap();
    house.answer(vec![conflict(&start, cancelled(1_010), &["task/t101/status"])]);
    assert_eq!(engine.conflict_count().unwrap(), 1);
    // It was the wrong backup: the right one has the action.
    engine.offer_again("store", "epoch-3", start.event.local_seq).unwrap();
    assert!(house.to_send().contains(&start.event.event_id.to_string()), "nobody else would say so");
    let taken = EventResult { original: Some(Outcome::Applied), seq: Some(10), ..result(&start, Outcome::Duplicate) };
    house.answer(vec![taken]);
    assert_eq!((house.state(&start), engine.conflict_count().unwrap()), (OutboxState::Synced, 0));
    house.balanced();
}

#[test]
fn d3_what_stands_before_an_action_that_still_needs_a_look_goes_on() {
    let house = House::new();
    let note = |text: &str| house.act("101", Action::Note { text: Some(text.into()) }).unwrap();
    let (first, second) = (note("one"), note("two"));
    house.answer(vec![applied(&first, 10), applied(&second, 11)]);
    let third = note("three");
    house.desk.engine().park(&third.event.event_id, "TOO_LARGE", "It is too large.").unwrap();
    house.desk.engine().offer_again("store", "epoch-2", 0).unwrap();
    house.answer(vec![result(&first, Outcome::Rejected)]);
    let given_up = house.desk.discard(&first.event.event_id, house.id(), maria(), "an old note").unwrap().sealed;
    house.answer(vec![applied(&given_up, 1_010)]);
    assert_eq!(house.state(&third), OutboxState::Failed);
    assert!(house.to_send().contains(&second.event.event_id.to_string()), "the service has lost it");
    house.balanced();
    house.reasons();
}

#[test]
fn d3_what_a_repair_took_from_the_second_copy_keeps_its_place_when_the_service_is_restored() {
    let house = House::new();
    let (start, complete) = (house.start("101"), house.complete("101"));
    house.answer(vec![applied(&start, 10), applied(&complete, 11)]);
    // A repair took the first of them from the second copy, which does not say when the service took it.
    house.as_if(["UPDATE outbox SET taken_order = NULL WHERE local_seq = 1"]);
    let house = house.reopened(|_| {});
    house.desk.engine().offer_again("store", "epoch", 0).unwrap();
    let again = |event, seq| EventResult {
        original: Some(Outcome::Applied),
        seq: Some(seq),
        ..result(event, Outcome::Duplicate)
    };
    house.answer(vec![again(&start, 10), again(&complete, 11)]);
    house.desk.engine().offer_again("store", "epoch-2", 0).unwrap();
    let ids = [&start, &complete].map(|sealed| sealed.event.event_id.to_string());
    assert_eq!(house.to_send()[..2], ids, "in the order in which they were recorded");
    house.balanced();
}

#[test]
fn d2_what_waits_for_a_decision_that_a_copy_of_this_desk_has_settled_is_settled_with_it() {
    let house = House::new();
    let start = house.start("101");
    house.answer(vec![conflict(&start, cancelled(20), &["task/t101/status"])]);
    let keep = [("task/t101/status", true)];
    let decision = house.desk.resolve(settlement(&house, 20, &[&start], &keep)).unwrap().sealed;
    let later = house.act("101", Action::Note { text: Some("x".into()) }).unwrap();
    assert_eq!(house.state(&start), OutboxState::Held);
    // The copy has the same decision; it met a newer row there, and was decided anew.
    house.answer(vec![result(&decision, Outcome::Settled)]);
    assert_eq!((house.state(&start), house.state(&decision)), (OutboxState::Settled, OutboxState::Settled));
    assert!(house.desk.engine().conflicts().unwrap().is_empty());
    assert_eq!(house.to_send(), [later.event.event_id.to_string()], "and the lane goes on");
    house.answer(vec![applied(&later, 30)]);
    house.balanced();
    house.reasons();
}

#[test]
fn d2_an_old_decision_that_is_acknowledged_again_closes_no_later_conflict() {
    let house = House::new();
    let start = house.start("101");
    house.answer(vec![conflict(&start, cancelled(20), &["task/t101/status"])]);
    let decision = house.desk.resolve(settlement(&house, 20, &[&start], &[("task/t101/status", true)])).unwrap().sealed;
    house.answer(vec![applied(&decision, 21)]);
    house.desk.engine().continue_as(turndown_protocol::InstallId::generate(1, 2)).unwrap();
    let complete = house.complete("101");
    house.answer(vec![conflict(&complete, cancelled(22), &["task/t101/status"])]);
    // What the earlier install made is offered again, and what is open here.
    house.desk.engine().offer_again("store", "epoch", 100).unwrap();
    let again = |event, original| EventResult { original: Some(original), ..result(event, Outcome::Duplicate) };
    let open = conflict(&complete, cancelled(22), &["task/t101/status"]);
    house.answer(vec![open, again(&decision, Outcome::Applied), again(&start, Outcome::Conflict)]);
    assert_eq!((house.state(&start), house.state(&complete)), (OutboxState::Settled, OutboxState::Conflict));
    assert_eq!(house.desk.engine().conflicts().unwrap().len(), 1, "or nobody could ever decide it");
    house.balanced();
}

#[test]
fn d1_an_old_database_put_back_believes_no_answer_from_before_the_service_was_restored() {
    for decided in [true, false] {
        let house = House::new();
        let start = house.start("101");
        house.desk.engine().begin_epoch("store", "epoch").unwrap();
        house.answer(vec![applied(&start, 10)]);
        let mut old = vec![];
        let house = house.reopened(|file| old = std::fs::read(file).unwrap());
        // The service is put back to a time before it, and refuses what it is offered again.
        house.desk.engine().offer_again("store", "epoch-2", 0).unwrap();
        house.answer(vec![result(&start, Outcome::Rejected)]);
        let decision = decided.then(|| {
            let decision =
                house.desk.discard(&start.event.event_id, house.id(), maria(), "it was another room").unwrap().sealed;
            house.answer(vec![applied(&decision, 20)]);
            decision
        });
        let house = house.reopened(|file| std::fs::write(file, old).unwrap());
        assert!(house.desk.engine().is_restoring().unwrap(), "the next greeting offers everything again");
        // The service holds all of it, each with a final outcome.
        house.desk.engine().offer_again("store", "epoch-2", 1_000).unwrap();
        assert!(house.to_send().contains(&start.event.event_id.to_string()), "decided: {decided}");
        let again =
            |event, original, seq| EventResult { original: Some(original), seq, ..result(event, Outcome::Duplicate) };
        let mut results = vec![again(&start, Outcome::Rejected, None)];
        results.extend(decision.iter().map(|decision| again(decision, Outcome::Applied, Some(20))));
        house.answer(results);
        assert_eq!(house.state(&start), if decided { OutboxState::Discarded } else { OutboxState::Failed });
        house.balanced();
        house.reasons();
    }
}

#[test]
fn h5_h6_a_decision_that_meets_a_newer_row_keeps_its_choices_and_the_next_settles_it_too() {
    let house = House::new();
    let start = house.start("101");
    house.answer(vec![conflict(&start, cancelled(20), &["task/t101/status"])]);
    let keep = [("task/t101/status", true)];
    let first = house.desk.resolve(settlement(&house, 20, &[&start], &keep)).unwrap().sealed;
    // The task was reopened and given to somebody while the decision was on its way.
    let newer = row("101", 25, |unit| {
        let task = unit.tasks.get_mut(&TaskId("t101".into())).unwrap();
        task.status = TaskStatus::Paused;
    });
    house.answer(vec![conflict(&first, newer, &["task/t101/status"])]);
    house.balanced();
    let open = house.desk.engine().conflict(&EntityRef::new("room", "101")).unwrap().unwrap();
    let choice = &open.choices["task/t101/status"];
    assert_eq!(
        (&choice.pick, &choice.theirs),
        (&Pick::Mine, &json!("cancelled")),
        "the choice is kept, with what was seen"
    );
    assert_eq!(open.theirs.fields.get("task/t101/status"), &json!("paused"));
    assert_eq!(open.events.len(), 2);
    let second = house.desk.resolve(settlement(&house, 25, &[&start, &first], &[("task/t101/status", false)])).unwrap();
    assert_eq!(second.sealed.event.relies_on["task/t101/status"], json!("paused"));
    assert_eq!(second.sealed.event.changes.len(), 0, "what is taken from the other side brings no time of this one");
    house.answer(vec![applied(&second.sealed, 26)]);
    assert_eq!((house.state(&start), house.state(&first)), (OutboxState::Settled, OutboxState::Settled));
    assert_eq!((house.status("101"), house.local("101")), (TaskStatus::Paused, LocalState::Server));
    house.balanced();
}

#[test]
fn h5_a_conflict_that_is_answered_after_a_newer_row_shows_the_newer_row() {
    let house = House::new();
    let start = house.start("101");
    let newer = row("101", 25, |unit| {
        unit.tasks.get_mut(&TaskId("t101".into())).unwrap().status = TaskStatus::Paused;
    });
    house.desk.engine().take_rows(vec![newer], None, "c25").unwrap();
    house.answer(vec![conflict(&start, cancelled(20), &["task/t101/status"])]);
    let open = house.desk.engine().conflict(&EntityRef::new("room", "101")).unwrap().unwrap();
    assert_eq!((open.theirs.version, open.theirs.fields.get("task/t101/status")), (25, &json!("paused")));
}

#[test]
fn h3_when_both_sides_came_to_the_same_end_the_desk_settles_it_and_says_so() {
    let house = House::new();
    let (start, complete) = (house.start("101"), house.complete("101"));
    let same = row("101", 30, |unit| {
        unit.room.cleanliness = Cleanliness::Clean;
        unit.tasks.get_mut(&TaskId("t101".into())).unwrap().status = TaskStatus::Completed;
    });
    house.answer(vec![conflict(&start, same, &["task/t101/status"]), result(&complete, Outcome::Blocked)]);
    assert_eq!(house.desk.engine().conflict_count().unwrap(), 0);
    let sent = house.to_send();
    assert_eq!(sent.len(), 2, "the settling event, then what was never sent: {sent:?}");
    let settling = house.desk.engine().row(&EventId::parse(sent[0].clone()).unwrap()).unwrap().unwrap().sealed;
    assert_eq!(settling.event.actor_id.as_str(), "system:desk");
    assert_eq!(settling.event.settles, [start.event.event_id.clone(), complete.event.event_id.clone()]);
    house.answer(vec![applied(&settling, 31), result(&complete, Outcome::Settled)]);
    assert_eq!((house.local("101"), house.status("101")), (LocalState::Server, TaskStatus::Completed));
    house.balanced();
}

#[test]
fn h4_a_merge_brings_the_merged_row_and_is_noted() {
    let house = House::new();
    let start = house.start("101");
    let merged = row("101", 40, |unit| {
        unit.room.note = Some("late check-out".into());
        unit.tasks.get_mut(&TaskId("t101".into())).unwrap().status = TaskStatus::InProgress;
    });
    house.answer(vec![EventResult { seq: Some(40), row: Some(merged), ..result(&start, Outcome::Merged) }]);
    assert_eq!(house.desk.room("101").unwrap().unwrap().unit.room.note.as_deref(), Some("late check-out"));
    let notes: u32 = house
        .desk
        .engine()
        .read(|mut c| Ok(c.first("SELECT count(*) FROM merges", [], |row| row.get(0))?.unwrap_or(0)))
        .unwrap();
    assert_eq!(notes, 1);
}

#[test]
fn g3_a_new_snapshot_keeps_the_outbox_and_what_is_open_on_a_room_that_is_gone() {
    let house = House::new();
    let start = house.start("101");
    let rows = vec![row("102", 50, |_| {})];
    house.desk.engine().take_snapshot(reference(), rows, "c50", 50, |_| {}).unwrap();
    assert_eq!(house.state(&start), OutboxState::Pending);
    let rooms: Vec<String> = house.desk.rooms(None).unwrap().rooms.iter().map(|room| room.id.0.clone()).collect();
    assert_eq!(rooms, ["101", "102"], "103 is gone; 101 is gone too, but work on it waits");
    house.balanced();
}

#[test]
fn g9_a_room_whose_row_rotted_is_made_anew_when_it_is_shown_and_when_something_is_done_in_it() {
    for acts_first in [false, true] {
        let house = House::new();
        let start = house.start("101");
        let house = house.reopened(|file| {
            let raw = rusqlite::Connection::open(file).unwrap();
            raw.execute("UPDATE rooms_local SET room = substr(room, 2) WHERE id = '101'", []).unwrap();
            raw.execute("UPDATE tasks_local SET task = substr(task, 2) WHERE room_id = '102'", []).unwrap();
            raw.execute("UPDATE tasks_local SET copy_proof = 7 WHERE room_id = '103'", []).unwrap();
        });
        if acts_first {
            house.act("101", Action::Note { text: Some("lamp".into()) }).unwrap();
            house.act("102", Action::Note { text: Some("lamp".into()) }).unwrap();
        }
        let shown = house.desk.rooms(None).unwrap();
        for id in ["101", "102"] {
            let room = shown.rooms.iter().find(|room| room.id.0 == id).expect("it stays on the board");
            assert_eq!(room.unit.room.note.is_some(), acts_first);
        }
        assert_eq!((house.status("101"), house.status("102")), (TaskStatus::InProgress, TaskStatus::Ready));
        assert_eq!(house.state(&start), OutboxState::Pending);
        house.balanced();
    }
}

#[test]
fn g9_a_room_whose_row_says_what_nobody_wrote_is_made_anew_before_anything_is_decided_on_it() {
    for rot in [
        "UPDATE rooms_local SET room = replace(room, '\"dirty\"', '\"clean\"')",
        "UPDATE tasks_local SET task = replace(task, '\"ready\"', '\"completed\"')",
        "UPDATE tasks_local SET copy_proof = 7",
    ] {
        let house = House::new();
        let before = house.status("101");
        let house = house.reopened(|file| {
            assert!(rusqlite::Connection::open(file).unwrap().execute(rot, []).unwrap() > 0, "{rot}");
        });
        house.act("101", Action::Note { text: Some("lamp".into()) }).unwrap();
        assert_eq!(house.status("101"), before, "{rot}");
        let damage = house.desk.engine().check().unwrap().damage;
        assert!(!damage.is_empty(), "{rot}: the other rooms are found by the full look");
        house.balanced();
    }
}

#[test]
fn g9_a_room_with_a_value_of_a_newer_service_stays_on_the_board_and_is_said_to_be_unreadable() {
    let house = House::new();
    let mut newer = row("101", 7, |unit| unit.room.note = Some("pet".into()));
    newer.fields.set("room/stay", json!("day_guest"));
    newer.fields.set("task/t101/status", json!("delegated"));
    newer.fields.set("room/minibar", json!({ "beer": 2 }));
    house.desk.engine().take_rows(vec![newer], None, "c7").unwrap();
    let rooms = house.desk.rooms(None).unwrap().rooms;
    assert_eq!(
        rooms.iter().map(|room| (room.id.0.as_str(), room.unreadable)).collect::<Vec<_>>(),
        [("101", true), ("102", false), ("103", false)]
    );
    assert_eq!(rooms[0].unit.room.note.as_deref(), Some("pet"), "what can be read is shown");
    assert!(house.desk.room("101").unwrap().unwrap().unreadable);
    // Nothing is decided on what nobody here understands.
    let refused = house.act("101", Action::Note { text: Some("x".into()) }).unwrap_err();
    assert!(matches!(refused, ActError::Refused(r) if r.code == RefusalCode::IllegalState));
}

#[test]
fn g9_a_role_of_a_newer_service_stops_neither_the_feed_nor_the_desk() {
    let house = House::new();
    let mut document = reference().document;
    document["staff"][1]["role"] = json!("concierge");
    document["property"]["inspection"] = json!("by_lot");
    document["bookings"] = json!([{ "of": "another form" }]);
    let newer = Reference { version: 2, document };
    house.desk.engine().take_rows(vec![row("102", 9, |_| {})], Some(newer), "c9").unwrap();
    assert_eq!(house.desk.engine().fact("cursor").unwrap().as_deref(), Some("c9"), "the page was taken");
    let book = house.desk.book().unwrap().unwrap();
    assert_eq!(book.staff.iter().map(|person| person.role).collect::<Vec<_>>(), [Role::Lead, Role::Attendant]);
    assert_eq!(book.property.inspection, InspectionPolicy::All, "what is not understood asks for more, never for less");
    assert_eq!(
        house.act("102", Action::Note { text: Some("x".into()) }).unwrap().event.service_day.as_deref(),
        Some("2016-03-25")
    );
    let roles: Vec<String> = house
        .desk
        .engine()
        .read(|mut sql| sql.all("SELECT role FROM staff_local ORDER BY id", [], |row| row.get(0)))
        .unwrap();
    assert_eq!(roles, ["concierge", "lead"], "kept as it came");

    // A document in no form that is known here leaves the one before in use.
    let garbage = Reference { version: 3, document: json!({ "hotel": 1 }) };
    house.desk.engine().take_rows(vec![], Some(garbage), "c10").unwrap();
    assert_eq!(house.desk.engine().fact("cursor").unwrap().as_deref(), Some("c10"));
    assert_eq!(house.desk.book().unwrap().unwrap(), book);
}

#[test]
fn g3_a_room_that_is_gone_keeps_its_face_while_work_on_it_waits_and_is_never_said_to_be_sure() {
    let house = House::new();
    house.start("101");
    let note = house.act("102", Action::Note { text: Some("pet".into()) }).unwrap();
    // One goes with a snapshot that does not have it, the other by the feed.
    house.desk.engine().take_snapshot(reference(), vec![row("102", 50, |_| {})], "c50", 50, |_| {}).unwrap();
    let removed = EntityRow { deleted: true, fields: Fields::new(), ..row("102", 51, |_| {}) };
    house.desk.engine().take_rows(vec![removed], None, "c51").unwrap();
    for id in ["101", "102"] {
        let ghost = house.desk.room(id).unwrap().unwrap();
        assert_eq!((ghost.unit.room.number.as_str(), ghost.contested), (id, true));
    }
    assert_eq!(house.status("101"), TaskStatus::InProgress);
    house.answer(vec![result(&note, Outcome::Settled)]);
    assert!(house.desk.room("102").unwrap().is_none(), "nothing waits any more");
}

#[test]
fn a_room_that_is_gone_can_still_be_let_go() {
    let house = House::new();
    house.desk.put_on_hold(EventId::parse("h1").unwrap(), maria(), "102", "the guest is asked first").unwrap();
    let removed = EntityRow { deleted: true, fields: Fields::new(), ..row("102", 51, |_| {}) };
    house.desk.engine().take_rows(vec![removed], None, "c51").unwrap();
    assert!(house.desk.room("102").unwrap().is_none());
    house.desk.let_go(EventId::parse("g1").unwrap(), maria(), "102").unwrap();
    assert_eq!(house.desk.engine().on_hold().unwrap(), []);
    let again = house.desk.put_on_hold(EventId::parse("h2").unwrap(), maria(), "102", "again");
    assert!(again.is_err(), "nothing of that name");
}

#[test]
fn a_view_that_asks_since_its_revision_gets_what_changed_and_no_more() {
    let house = House::new();
    let held = house.desk.rooms(None).unwrap();
    assert!(held.full && held.rooms.len() == 3);
    house.start("102");
    let delta = house.desk.rooms(Some(held.revision)).unwrap();
    assert!(!delta.full && delta.revision > held.revision);
    assert_eq!(delta.rooms.iter().map(|room| room.id.0.as_str()).collect::<Vec<_>>(), ["102"]);
    assert!(house.desk.rooms(Some(delta.revision)).unwrap().rooms.is_empty());
    assert!(house.desk.rooms(Some(u64::MAX)).unwrap().full, "a revision of another run means everything");
}

#[test]
fn h6_what_was_recorded_is_there_after_a_restart() {
    let house = House::new();
    let (start, complete) = (house.start("101"), house.complete("101"));
    let House { folder, desk, .. } = house;
    desk.engine().close();
    drop(desk);
    let (desk, report) = open(folder.path()).unwrap();
    assert!(!report.unclean);
    let items = desk.engine().next_to_send(10, usize::MAX, &BTreeSet::new()).unwrap();
    let bytes: Vec<&String> = items.iter().map(|item| &item.bytes).collect();
    assert_eq!(bytes, [&start.bytes, &complete.bytes], "the same bytes, in order");
    assert_eq!(desk.room("101").unwrap().unwrap().local, LocalState::Waiting);
}

#[test]
fn b12_an_action_that_was_tried_again_twice_leaves_nothing_waiting_behind_it() {
    let house = House::new();
    let retry = |failed: &EventId| {
        let again = house.id();
        house.desk.retry(failed, again.clone(), maria()).unwrap();
        SealedEvent::from_bytes(house.desk.engine().row(&again).unwrap().unwrap().sealed.bytes).unwrap()
    };
    let first = house.act("101", Action::Note { text: Some("cot".into()) }).unwrap();
    house.answer(vec![result(&first, Outcome::Rejected)]);
    let second = retry(&first.event.event_id);
    house.answer(vec![result(&second, Outcome::Rejected)]);
    let third = retry(&second.event.event_id);
    house.answer(vec![applied(&third, 50)]);
    assert_eq!(
        [&first, &second, &third].map(|event| house.state(event)),
        [OutboxState::Settled, OutboxState::Settled, OutboxState::Synced]
    );
    assert_eq!(house.desk.engine().ledger().unwrap().waiting, 0);
    house.balanced();
}

#[test]
fn l1_l4_the_ledger_balances_and_every_row_has_one_reason_after_any_answers_in_any_order() {
    #[derive(Debug, Clone)]
    enum Step {
        Act(usize, u8),
        Answer(u8),
        Decide(bool),
        Retry,
        Restored(u64),
    }
    let step = prop_oneof![
        4 => (0..ROOMS.len(), 0..6u8).prop_map(|(room, what)| Step::Act(room, what)),
        4 => (0..8u8).prop_map(Step::Answer),
        2 => any::<bool>().prop_map(Step::Decide),
        1 => Just(Step::Retry),
        1 => (0..30u64).prop_map(Step::Restored),
    ];
    // A failing case is shrunk and its seed printed and kept by proptest.
    let mut runner = TestRunner::new(Config { cases: 48, ..Config::default() });
    runner
        .run(&prop::collection::vec(step, 1..60), |steps| {
            let house = House::new();
            let mut seq = 100;
            for step in steps {
                seq += 1;
                match step {
                    Step::Act(room, what) => {
                        let (id, task) = (ROOMS[room], TaskId(format!("t{}", ROOMS[room])));
                        let action = match what {
                            0 => Action::Start { task },
                            1 => Action::Complete { task },
                            2 => Action::Pause { task },
                            3 => Action::Resume { task },
                            4 => Action::Note { text: Some(format!("note {seq}")) },
                            _ => Action::Reassign {
                                task,
                                to: Some(StaffId(if seq % 2 == 0 { "ali" } else { "maria" }.into())),
                            },
                        };
                        // A refusal records nothing; the sum must hold all the same.
                        let _ = house.act(id, action);
                    }
                    Step::Answer(what) => {
                        let Some(item) =
                            house.desk.engine().next_to_send(1, usize::MAX, &BTreeSet::new()).unwrap().pop()
                        else {
                            continue;
                        };
                        let sealed = SealedEvent::from_bytes(item.bytes).unwrap();
                        let theirs =
                            row(&item.entity.id, seq, |unit| unit.room.note = Some(format!("their note {seq}")));
                        house.answer(vec![match what {
                            0..=2 => applied(&sealed, seq),
                            3 => result(&sealed, Outcome::Rejected),
                            4 => result(&sealed, Outcome::RetryLater),
                            5 => EventResult { seq: Some(seq), row: Some(theirs), ..result(&sealed, Outcome::Merged) },
                            6 => result(&sealed, Outcome::Blocked),
                            _ => conflict(&sealed, theirs, &["room/note"]),
                        }]);
                    }
                    Step::Decide(mine) => {
                        for open in house.desk.engine().conflicts().unwrap() {
                            let decided = house.desk.resolve(Settlement {
                                event_id: house.id(),
                                actor: maria(),
                                entity: open.entity,
                                version: open.theirs.version,
                                settles: open.events.iter().map(|sealed| sealed.event.event_id.clone()).collect(),
                                picks: open.contested.into_iter().map(|path| (path, pick(mine))).collect(),
                                draft: turndown_offline::Draft::default(),
                            });
                            prop_assert!(decided.is_ok(), "{:?}", decided.err());
                        }
                    }
                    Step::Retry => {
                        let (rows, _) = house.desk.engine().rows(RowFilter::Attention, 0, 100).unwrap();
                        for failed in rows.iter().filter(|row| row.state == OutboxState::Failed) {
                            let _ = house.desk.retry(&failed.sealed.event.event_id, house.id(), maria());
                        }
                    }
                    Step::Restored(holds_until) => {
                        // D3 in between: the service forgot everything behind that number.
                        house.desk.engine().offer_again("store", "epoch", holds_until).unwrap();
                    }
                }
                house.balanced();
                house.reasons();
                let ledger = house.desk.engine().ledger().unwrap();
                // A lane never shows more than one way to move: either something is to be sent, or a person is asked.
                let moves = !house.to_send().is_empty();
                prop_assert!(moves || ledger.waiting == 0, "work waits and nothing can be sent: {ledger:?}");
            }
            Ok(())
        })
        .unwrap();
}

#[test]
fn h18_what_a_flush_came_to_is_summed_over_all_of_its_answers_however_many_there_are() {
    let house = House::new();
    let notes: Vec<SealedEvent> =
        (0..250).map(|n| house.act("101", Action::Note { text: Some(format!("note {n}")) }).unwrap()).collect();
    let stuck = [house.start("102"), house.start("103")];
    let refused = Problem::new(409, "TASK_CANCELLED", "The task was cancelled.");
    let later = Problem::new(422, "UPGRADE_REQUIRED", "Update this desk.");
    // The first answer and the last are no plain ones, and many units of work lie between them.
    let mut answers = vec![EventResult { problem: Some(refused), ..result(&stuck[0], Outcome::Rejected) }];
    answers.extend(notes.iter().zip(10..).map(|(note, seq)| applied(note, seq)));
    answers.push(EventResult { problem: Some(later), ..result(&stuck[1], Outcome::UpgradeRequired) });
    let taken = house.desk.engine().take_results("store", "epoch", None, answers).unwrap();
    assert_eq!((taken.ok, taken.errors, taken.conflicts, taken.upgrade_required), (250, 1, 0, true));
    let theirs = row("103", 400, |unit| unit.room.note = Some("theirs".into()));
    let mut answers: Vec<EventResult> = notes.iter().map(|note| result(note, Outcome::Duplicate)).collect();
    answers.insert(120, conflict(&stuck[1], theirs, &["task/t103/status"]));
    let taken = house.desk.engine().take_results("store", "epoch", None, answers).unwrap();
    assert_eq!((taken.errors, taken.conflicts, taken.upgrade_required), (1, 1, false));
}

#[test]
fn h8_what_was_before_is_known_although_the_service_and_the_mirror_have_moved_on() {
    let house = House::new();
    let event = house.start("101");
    house.answer(vec![conflict(&event, cancelled(9), &["task/t101/status"])]);
    // The feed moves on, and then a whole snapshot takes the place of what was mirrored.
    let newer = row("101", 30, |unit| {
        unit.tasks.get_mut(&TaskId("t101".into())).unwrap().status = TaskStatus::Completed;
    });
    house.desk.engine().take_rows(vec![newer.clone()], None, "c30").unwrap();
    let rows = ROOMS.iter().zip(31..).map(|(id, version)| EntityRow { version, ..row(id, version, |_| {}) });
    let rows =
        rows.map(|other| if other.entity == newer.entity { EntityRow { version: 40, ..newer.clone() } } else { other });
    house.desk.engine().take_snapshot(reference(), rows.collect(), "c40", 40, |_| {}).unwrap();
    let open = house.desk.engine().conflict(&newer.entity).unwrap().expect("it waits for a person");
    let status = "task/t101/status";
    assert_eq!(open.before.get(status), "ready", "the event itself carries what was before");
    assert_eq!((open.mine.get(status), open.theirs.fields.get(status)), (&json!("in_progress"), &json!("completed")));
}

#[test]
fn h10_what_was_set_aside_for_theirs_stays_readable_and_can_be_done_again() {
    let house = House::new();
    let event = house.start("101");
    house.answer(vec![conflict(&event, cancelled(9), &["task/t101/status"])]);
    let decision = house.desk.resolve(settlement(&house, 9, &[&event], &[("task/t101/status", false)])).unwrap().sealed;
    house.answer(vec![applied(&decision, 10)]);
    assert_eq!(house.status("101"), TaskStatus::Cancelled);
    // The side that was not taken is in the record, whole, with who decided and when.
    let aside = house.desk.engine().row(&event.event.event_id).unwrap().unwrap();
    assert_eq!((aside.state, &aside.sealed.bytes), (OutboxState::Settled, &event.bytes));
    assert_eq!(aside.settled_by, Some(decision.event.event_id.clone()));
    assert_eq!(decision.event.actor_id, maria());
    let kept = &aside.sealed.event.changes["task/t101/status"];
    assert_eq!((&kept.base, &kept.new), (&json!("ready"), &json!("in_progress")));
    // And the rules let it be done again where they allow it at all.
    let again = house.act("101", Action::Note { text: Some("guest leaves after all".into()) });
    assert!(again.is_ok());
    house.balanced();
}

#[test]
fn h10_what_was_set_aside_comes_back_when_the_decision_is_undone_and_not_once_something_stands_on_it() {
    let house = House::new();
    let (start, complete) = (house.start("101"), house.complete("101"));
    let paths = ["task/t101/status"];
    house.answer(vec![conflict(&start, cancelled(9), &paths)]);
    let open = house.desk.engine().conflict(&EntityRef::new("room", "101")).unwrap().unwrap();
    let choices: Vec<_> = open.contested.iter().map(|path| (path.as_str(), false)).collect();
    let decision = house.desk.resolve(settlement(&house, 9, &[&start, &complete], &choices)).unwrap().sealed;
    assert_eq!(house.status("101"), TaskStatus::Cancelled);
    // Before it is sent as well as after.
    let undo = Action::Undo { event: decision.event.event_id.to_string() };
    let undone = house.act("101", undo.clone()).unwrap();
    assert_eq!(house.status("101"), TaskStatus::Completed);
    assert!(undone.event.changes.contains_key("task/t101/completed_at"), "with the time at which it was done");
    house.answer(vec![applied(&decision, 10), applied(&undone, 11)]);
    assert_eq!(house.status("101"), TaskStatus::Completed);
    let twice = house.act("101", undo.clone()).unwrap_err();
    assert!(matches!(&twice, ActError::Refused(refusal) if refusal.code == RefusalCode::UndoStoodUpon), "{twice:?}");
    house.balanced();
}

#[test]
fn h2_a_note_is_written_anew_from_both_sides_and_what_merges_by_itself_can_be_turned_back() {
    let house = House::new();
    let notes = a_note_in_conflict(&house, |_| {});
    let all = notes.each_ref();
    let open = house.desk.engine().conflict(&EntityRef::new("room", "101")).unwrap().unwrap();
    assert!(open.contested.iter().any(|path| path == "room/note"), "{open:?}");
    let mut decided = settlement(&house, open.theirs.version, &all, &[]);
    for path in &open.contested {
        decided.picks.insert(path.clone(), Pick::Mine);
    }
    for path in &open.merged {
        decided.picks.insert(path.clone(), Pick::Theirs);
    }
    decided.picks.insert("room/note".into(), Pick::Edited(json!("towels, and a cot")));
    let decision = house.desk.resolve(decided).unwrap().sealed;
    assert_eq!(decision.event.changes["room/note"].new, "towels, and a cot");
    for path in &open.merged {
        assert!(!decision.event.changes.contains_key(path), "{path} stays as the service has it");
        assert_eq!(&decision.event.relies_on[path], open.theirs.fields.get(path));
    }
    // Met by a newer row, the text is not lost.
    let newer = EntityRow { version: 30, ..open.theirs.clone() };
    let mut newer_note = newer.clone();
    newer_note.fields.set("room/note", json!("a cot, two towels"));
    house.answer(vec![conflict(&decision, newer_note, &["room/note"])]);
    let again = house.desk.engine().conflict(&EntityRef::new("room", "101")).unwrap().unwrap();
    assert_eq!(again.choices["room/note"].pick, Pick::Edited(json!("towels, and a cot")));
    house.balanced();
}

#[test]
fn h16_somebody_is_sent_to_look_and_the_room_stays_as_the_service_has_it_until_then() {
    let house = House::new();
    let start = house.start("101");
    house.answer(vec![conflict(&start, cancelled(9), &["task/t101/status"])]);
    let check = house.id();
    let decided = settlement(&house, 9, &[&start], &[]);
    let look = |decided| house.desk.send_to_look(decided, check.clone(), "Started here, cancelled elsewhere.".into());
    let recorded = look(decided.clone()).unwrap();
    assert_eq!(house.status("101"), TaskStatus::Cancelled);
    let unit = house.desk.room("101").unwrap().unwrap().unit;
    let task = &unit.tasks[&TaskId(check.to_string())];
    assert_eq!((task.kind, task.status), (TaskKind::Check, TaskStatus::Ready));
    assert_eq!(task.note.as_deref(), Some("Started here, cancelled elsewhere."));
    assert_eq!(house.desk.engine().conflict_count().unwrap(), 0);
    // A double click sends one person.
    assert!(look(decided).unwrap().repeated);
    assert_eq!(house.desk.engine().ledger().unwrap().recorded, 3);
    // Where it cannot be recorded, nothing of it is: the conflict stays open.
    house.answer(vec![applied(&recorded.sealed, 10)]);
    let note = house.act("101", Action::Note { text: Some("pet".into()) }).unwrap();
    let theirs = row("101", 20, |unit| unit.room.note = Some("cot".into()));
    house.answer(vec![conflict(&note, theirs, &["room/note"])]);
    let before = house.desk.engine().ledger().unwrap();
    let too_long = "x".repeat(2_000);
    let refused = house.desk.send_to_look(settlement(&house, 20, &[&note], &[]), house.id(), too_long).unwrap_err();
    assert!(matches!(refused, ActError::Settlement(_) | ActError::Refused(_)), "{refused:?}");
    assert_eq!(house.desk.engine().ledger().unwrap(), before);
    house.balanced();
}

#[test]
fn h16_somebody_can_be_sent_to_look_although_what_merges_by_itself_does_not_go_with_the_other_side() {
    let house = House::new();
    let rows = ROOMS.iter().map(|id| row(id, 5, |unit| unit.room.fo_occupancy = Occupancy::Occupied)).collect();
    house.desk.engine().take_snapshot(reference(), rows, "c5", 5, |_| {}).unwrap();
    let flag = Action::SetFlag { flag: ServiceFlag::DoNotDisturb, on: true };
    let (quiet, note) = (house.act("101", flag).unwrap(), house.act("101", Action::Note { text: Some("cot".into()) }));
    let note = note.unwrap();
    let theirs = row("101", 9, |unit| {
        unit.room.fo_occupancy = Occupancy::Occupied;
        unit.room.make_up = true;
        unit.room.note = Some("towels".into());
    });
    house.answer(vec![conflict(&quiet, theirs, &["room/make_up"]), result(&note, Outcome::Blocked)]);
    let open = house.desk.engine().conflict(&EntityRef::new("room", "101")).unwrap().unwrap();
    assert!(open.merged.iter().any(|path| path == "room/dnd_since"), "{open:?}");
    let decided = settlement(&house, 9, &[&quiet, &note], &[]);
    house.desk.send_to_look(decided, house.id(), "Look which is so.".into()).unwrap();
    let unit = house.desk.room("101").unwrap().unwrap().unit;
    assert!(unit.room.make_up && unit.room.dnd_since.is_none(), "it is as the service has it");
    house.balanced();
}

#[test]
fn h16_what_was_given_up_by_mistake_is_done_once_more() {
    let house = House::new();
    let start = house.start("101");
    let problem = Problem::new(404, "TASK_NOT_FOUND", "There is no such task.");
    house.answer(vec![EventResult { problem: Some(problem), ..result(&start, Outcome::Rejected) }]);
    let given_up = house.desk.discard(&start.event.event_id, house.id(), maria(), "wrong room").unwrap().sealed;
    assert_eq!(house.state(&start), OutboxState::Held, "until the service has heard of it");
    assert_eq!(house.status("101"), TaskStatus::Ready);
    let again = house.id();
    house.desk.retry(&start.event.event_id, again.clone(), ActorId::parse("omar").unwrap()).unwrap();
    assert_eq!(house.status("101"), TaskStatus::InProgress);
    let row = house.desk.engine().row(&again).unwrap().unwrap();
    assert_eq!((row.state, row.sealed.event.settles.len()), (OutboxState::Pending, 0));
    assert_eq!(row.sealed.event.actor_id, maria(), "it is still its author's work");
    house.answer(vec![applied(&given_up, 9), applied(&row.sealed, 10)]);
    assert_eq!(house.state(&start), OutboxState::Discarded, "the record of it stays");
    house.balanced();
}

#[test]
fn a7_a_flush_of_ten_thousand_answers_lets_every_record_through_between_two_of_its_units() {
    let house = House::new();
    let mut events = vec![];
    for n in 0..2_000 {
        events.push(house.act("101", Action::Note { text: Some(format!("note {n}")) }).unwrap());
    }
    let answers: Vec<EventResult> = events.iter().zip(1_000..).map(|(event, seq)| applied(event, seq)).collect();
    let engine = house.desk.engine().clone();
    let flush = std::thread::spawn(move || engine.take_results("store", "epoch", None, answers).unwrap());
    let mut waited = vec![];
    let mut n = 0;
    while !flush.is_finished() {
        let before = house.desk.engine().revision();
        let recorded =
            house.desk.act(house.id(), maria(), "102", Action::Note { text: Some(format!("n{n}")) }).unwrap();
        waited.push(recorded.revision - before);
        n += 1;
    }
    assert_eq!(flush.join().unwrap().ok, 2_000);
    // It waits for the unit that is running and for no other, however many are queued behind.
    waited.sort_unstable();
    assert!(waited.len() > 3, "records went through while the flush ran: {}", waited.len());
    assert!(waited[waited.len() / 2] <= 3, "{waited:?}");
    house.balanced();
}

#[test]
fn i4_a_migration_that_fails_half_way_leaves_everything_as_it_was_and_the_next_start_goes_on() {
    let house = House::new();
    let event = house.start("101");
    let House { folder, desk, .. } = house;
    desk.engine().close();
    drop(desk);
    let known = turndown_desk::migrations().get_migrations().iter().map(|one| one.version()).max().unwrap();
    let broken = refinery::Migration::unapplied(
        &format!("V{}__breaks", known + 1),
        "CREATE TABLE half (a); UPDATE outbox SET state = 'discarded'; DELETE FROM sync_state; SELECT * FROM nowhere;",
    )
    .unwrap();
    let mut all = turndown_desk::migrations().get_migrations().clone();
    all.push(broken);
    let config = turndown_offline::OpenConfig::new(folder.path().to_owned(), refinery::Runner::new(&all));
    let error = Desk::open_with(&config, Arc::new(Still::default())).err().expect("it does not open");
    assert_eq!(error.code(), "DATABASE_MIGRATION");
    let (desk, report) = open(folder.path()).unwrap();
    assert!(report.repair.is_none(), "it is not damage");
    let row = desk.engine().row(&event.event.event_id).unwrap().unwrap();
    assert_eq!((row.state, row.sealed.bytes), (OutboxState::Pending, event.bytes));
    assert_eq!(desk.engine().fact("cursor").unwrap().as_deref(), Some("c3"));
    let half =
        desk.engine().read(|mut sql| sql.first("SELECT 1 FROM sqlite_master WHERE name = 'half'", [], |_| Ok(())));
    assert_eq!(half.unwrap(), None);
}

// --- starts that go wrong ---------------------------------------------------------------------------------------

#[test]
fn j1_a_second_desk_on_the_same_folder_is_refused() {
    let house = House::new();
    let error = open(house.folder.path()).err().unwrap();
    assert_eq!(error.code(), "ALREADY_RUNNING");
}

#[test]
fn a_newer_database_is_refused_and_not_touched() {
    let house = House::new();
    house.start("101");
    let House { folder, desk, .. } = house;
    desk.engine().close();
    drop(desk);
    let file = folder.path().join("desk.db");
    let raw = rusqlite::Connection::open(&file).unwrap();
    raw.execute(
        "INSERT INTO refinery_schema_history (version, name, applied_on, checksum) VALUES (900, 'later', '', '0')",
        [],
    )
    .unwrap();
    drop(raw);
    let before = std::fs::read(&file).unwrap();
    let error = open(folder.path()).err().unwrap();
    assert_eq!(error.code(), "DATABASE_NEWER");
    assert_eq!(std::fs::read(&file).unwrap(), before);
}

#[test]
fn a_file_that_is_no_database_is_set_aside_whole_and_the_desk_opens() {
    let folder = tempfile::tempdir().unwrap();
    let letter = b"Dear night auditor, this is not a database at all. ".repeat(100);
    std::fs::write(folder.path().join("desk.db"), &letter).unwrap();
    let (_desk, report) = open(folder.path()).unwrap();
    let repair = report.repair.unwrap();
    assert_eq!((repair.taken_up, repair.unreadable, repair.needs_new_install), (0, 0, false));
    assert_eq!(std::fs::read(repair.set_aside.unwrap().join("desk.db")).unwrap(), letter);
}

#[test]
fn a6_a_damaged_database_is_set_aside_and_what_verifies_goes_on() {
    let house = House::new();
    for room in ROOMS {
        house.start(room);
        house.complete(room);
    }
    let House { folder, desk, .. } = house;
    let install = desk.engine().install_id();
    desk.engine().close();
    drop(desk);
    // One entry's bytes are changed behind the desk's back: the file is a sound database, but the chain does not verify.
    // What they were is not left in the file's free space either.
    let file = folder.path().join("desk.db");
    let raw = rusqlite::Connection::open(&file).unwrap();
    raw.execute_batch(
        "DROP TRIGGER audit_local_is_append_only_update;
         UPDATE audit_local SET bytes = replace(bytes, 'complete', 'completE') WHERE local_seq = 4;
         VACUUM;",
    )
    .unwrap();
    drop(raw);
    let (desk, report) = open(folder.path()).unwrap();
    let repair = report.repair.unwrap();
    assert_eq!((repair.from_database, repair.unreadable, repair.from_copy, repair.taken_up), (5, 1, 1, 6));
    assert!(repair.set_aside.unwrap().join("desk.db").exists());
    assert!(!repair.needs_new_install);
    assert_eq!(desk.engine().install_id(), install);
    let ledger = desk.engine().ledger().unwrap();
    // All of it is sent again, with the note of the repair behind it; the service knows what it has.
    assert_eq!((ledger.recorded, ledger.waiting), (7, 7));
    drop(desk);
    let (desk, report) = open(folder.path()).unwrap();
    assert!(report.repair.is_some(), "it is told until somebody has read it");
    assert_eq!(desk.engine().ledger().unwrap().recorded, 7, "and written down once");
}

#[test]
fn a_page_of_garbage_in_the_middle_never_becomes_an_empty_database() {
    let house = House::new();
    for n in 0..200 {
        house.act("101", Action::Note { text: Some(format!("note {n}")) }).unwrap();
    }
    let House { folder, desk, .. } = house;
    desk.engine().close();
    drop(desk);
    let file = folder.path().join("desk.db");
    let mut bytes = std::fs::read(&file).unwrap();
    let pages = bytes.len() / 4096;
    for page in pages / 2..pages / 2 + 8 {
        bytes[page * 4096..(page + 1) * 4096].fill(0xA5);
    }
    std::fs::write(&file, &bytes).unwrap();
    let (desk, report) = open(folder.path()).unwrap();
    let ledger = desk.engine().ledger().unwrap();
    match report.repair {
        Some(repair) => {
            let set_aside = repair.set_aside.unwrap();
            assert_eq!(std::fs::read(set_aside.join("desk.db")).unwrap(), bytes, "set aside as it was");
            assert_eq!((repair.taken_up, ledger.recorded), (200, 201), "the second copy has what the file has not");
        }
        // The garbage fell on pages that opening does not read: then nothing of the record may be missing.
        None => assert_eq!(ledger.recorded, 200),
    }
    assert!(ledger.is_balanced());
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a-file-where-a-folder-should-be");
    std::fs::write(&file, b"").unwrap();
    let error = open(&file).err().unwrap();
    assert_eq!(error.code(), "READ_ONLY_FOLDER");
    assert!(error.message().to_string().contains("a-file-where-a-folder-should-be"));
}

#[test]
fn h11_a_snapshot_says_when_it_was_taken_so_that_it_can_be_called_too_old() {
    let house = House::new();
    assert_eq!(house.desk.engine().fact("known_at").unwrap().as_deref(), Some("2016-03-25T10:00:00.000Z"));
}

/// A clock that never shows the same time twice.
#[derive(Default)]
struct Running(AtomicU64);

impl Environment for Running {
    fn now(&self) -> DateTime<Utc> {
        let tick = i64::try_from(self.0.fetch_add(1, Ordering::Relaxed)).unwrap();
        DateTime::from_timestamp_nanos(1_458_900_000_000_000_000 + tick * 1_700_000)
    }
    fn random(&self) -> u128 {
        u128::from(self.0.fetch_add(1, Ordering::Relaxed)) + 1
    }
}

#[test]
fn the_stamps_of_an_action_are_the_time_of_its_event_however_fast_the_clock_runs() {
    let folder = tempfile::tempdir().unwrap();
    let (desk, _) = Desk::open(folder.path(), Arc::new(Running::default())).unwrap();
    desk.engine().take_snapshot(reference(), vec![row("101", 1, |_| {})], "c1", 1, |_| {}).unwrap();
    for (id, action, path) in [
        ("e1", Action::Start { task: TaskId("t101".into()) }, "task/t101/started_at"),
        ("e2", Action::Complete { task: TaskId("t101".into()) }, "task/t101/completed_at"),
    ] {
        let event = desk.act(EventId::parse(id).unwrap(), maria(), "101", action).unwrap().sealed.event;
        let stamp: DateTime<Utc> = serde_json::from_value(event.changes[path].new.clone()).unwrap();
        assert_eq!(stamp, event.recorded_at.parse::<DateTime<Utc>>().unwrap());
    }
}
