//! A desk whose knowledge is too old, and the manager who goes on with it.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "what cannot go on here has failed, and says where")]

use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use tempfile::TempDir;
use turndown_desk::{ActError, Desk, DeskAction, EMERGENCY, Standing};
use turndown_domain::{Action, Property, PropertyBook, RefusalCode, Role, Room, Staff, StaffId, Unit};
use turndown_offline::{Environment, OutboxState};
use turndown_protocol::{ActorId, EntityRef, EntityRow, Event, EventId, EventResult, Mode, Outcome, Reference};

/// A clock in hours since the desk knew itself at the service's head.
#[derive(Default)]
struct Clock {
    minutes: AtomicI64,
    ids: AtomicU64,
}

impl Environment for Clock {
    fn now(&self) -> DateTime<Utc> {
        let known = Utc.with_ymd_and_hms(2016, 3, 25, 10, 0, 0).unwrap();
        known + TimeDelta::minutes(self.minutes.load(Ordering::Relaxed))
    }
    fn random(&self) -> u128 {
        u128::from(self.ids.fetch_add(1, Ordering::Relaxed)) + 1
    }
}

struct House {
    folder: TempDir,
    clock: Arc<Clock>,
    desk: Desk,
    rows: Vec<EntityRow>,
    reference: Reference,
}

impl House {
    /// A desk that has just heard from the service, and then hears nothing more.
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(Clock::default());
        let (desk, _) = Desk::open(folder.path(), clock.clone()).unwrap();
        let person = |id: &str, role| Staff { id: StaffId(id.into()), name: id.to_uppercase(), role, section: None };
        let book = PropertyBook {
            property: Property { service_day: "2016-03-25".into(), ..Property::default() },
            staff: vec![person("maria", Role::Lead), person("olena", Role::Manager), person("rosa", Role::FrontDesk)],
            bookings: vec![],
        };
        let reference = Reference { version: 1, document: serde_json::to_value(book).unwrap() };
        let unit = Unit { room: Room { number: "101".into(), turn: 1, ..Room::default() }, ..Unit::default() };
        let rows = vec![EntityRow {
            entity: EntityRef::new("room", "101"),
            version: 1,
            deleted: false,
            fields: unit.to_fields(),
            provenance: BTreeMap::new(),
            contested: None,
        }];
        let house = Self { folder, clock, desk, rows, reference };
        house.hear();
        house
    }

    /// The service answers: the desk knows everything up to now.
    fn hear(&self) {
        self.desk.engine().take_snapshot(self.reference.clone(), self.rows.clone(), "c1", 1, |_| {}).unwrap();
    }

    fn restart(self) -> Self {
        let Self { folder, clock, desk, rows, reference } = self;
        drop(desk);
        let (desk, _) = Desk::open(folder.path(), clock.clone()).unwrap();
        Self { folder, clock, desk, rows, reference }
    }

    fn at(&self, hours: i64) {
        self.clock.minutes.store(hours * 60, Ordering::Relaxed);
    }

    fn id(&self) -> EventId {
        EventId::generate(0, self.clock.random())
    }

    fn note(&self) -> Result<Event, ActError> {
        let note = Action::Note { text: Some(format!("note {}", self.clock.random())) };
        Ok(self.desk.act(self.id(), person("maria"), "101", note)?.sealed.event)
    }

    fn go_on(&self, who: &str, reason: &str) -> Result<Event, ActError> {
        Ok(self.desk.begin_emergency(self.id(), person(who), reason)?.sealed.event)
    }

    fn standing(&self) -> Standing {
        self.desk.staleness().unwrap().standing
    }

    fn runs(&self) -> bool {
        matches!(self.standing(), Standing::Emergency(_))
    }

    fn recorded(&self) -> u64 {
        let ledger = self.desk.engine().ledger().unwrap();
        assert!(ledger.is_balanced(), "{ledger:?}");
        ledger.recorded
    }
}

fn person(id: &str) -> ActorId {
    ActorId::parse(id).unwrap()
}

fn is_stale<T: std::fmt::Debug>(tried: Result<T, ActError>) {
    assert!(matches!(tried, Err(ActError::Stale)), "{tried:?}");
}

#[test]
fn h11_above_a_day_nothing_is_recorded_until_the_service_answers_and_what_waits_is_still_sent() {
    let house = House::new();
    house.at(24);
    house.note().unwrap();
    house.at(25);
    is_stale(house.note());
    assert_eq!(house.recorded(), 1, "nothing of what was refused is there");
    assert_eq!(house.desk.engine().next_to_send(9, usize::MAX, &BTreeSet::new()).unwrap().len(), 1);
    house.hear();
    house.note().unwrap();
}

#[test]
fn h11_a_repeated_gesture_is_answered_although_the_day_has_passed() {
    let house = House::new();
    let (intent, note) = (house.id(), Action::Note { text: Some("lamp".into()) });
    house.desk.act(intent.clone(), person("maria"), "101", note.clone()).unwrap();
    house.at(25);
    assert!(house.desk.act(intent, person("maria"), "101", note).unwrap().repeated);
}

#[test]
fn h11_a_manager_goes_on_for_twelve_hours_by_name_and_with_a_reason() {
    let house = House::new();
    assert!(matches!(house.go_on("olena", "storm"), Err(ActError::NothingToGoOnFrom)), "nothing is blocked");
    house.at(25);
    for who in ["maria", "rosa", "nobody"] {
        assert!(matches!(house.go_on(who, "storm"), Err(ActError::NotAManager)), "{who}");
    }
    for (reason, code) in [
        ("  ", RefusalCode::ReasonRequired),
        (&*"long".repeat(500), RefusalCode::TextTooLong),
        ("a\u{0}b", RefusalCode::TextUnreadable),
    ] {
        let refused = house.go_on("olena", reason);
        assert!(matches!(&refused, Err(ActError::Refused(why)) if why.code == code), "{refused:?}");
    }
    is_stale(house.note());
    assert_eq!(house.recorded(), 0);

    let event = house.go_on("olena", " the line is cut ").unwrap();
    assert_eq!((event.workflow.as_str(), event.action.as_str()), ("desk", "emergency_operation"));
    assert_eq!(event.actor_id, person("olena"));
    assert_eq!(event.args["reason"], "the line is cut");
    assert_eq!(event.args["until"], turndown_offline::rfc3339(house.clock.now() + EMERGENCY));
    assert!(matches!(house.standing(), Standing::Emergency(now) if now.by == person("olena")));
    house.at(36);
    house.note().unwrap();
    house.at(37);
    is_stale(house.note());
    assert_eq!(house.recorded(), 2);
}

#[test]
fn h11_an_emergency_is_prolonged_in_its_last_hours_only_and_from_then_on() {
    let house = House::new();
    house.at(25);
    house.go_on("olena", "storm").unwrap();
    house.at(32);
    assert!(matches!(house.go_on("olena", "storm"), Err(ActError::NothingToGoOnFrom)));
    house.at(33);
    house.go_on("olena", "still the storm").unwrap();
    house.at(44);
    assert!(house.runs());
    house.at(45);
    is_stale(house.note());
}

#[test]
fn h11_the_same_decision_twice_is_one() {
    let house = House::new();
    house.at(25);
    let intent = house.id();
    let first = house.desk.begin_emergency(intent.clone(), person("olena"), "storm").unwrap();
    let second = house.desk.begin_emergency(intent, person("olena"), "storm").unwrap();
    assert!(!first.repeated && second.repeated);
    assert_eq!(house.recorded(), 1);
}

#[test]
fn h11_an_emergency_outlives_a_restart_and_ends_when_something_newer_is_known() {
    let house = House::new();
    house.at(25);
    house.go_on("olena", "storm").unwrap();
    let house = house.restart();
    assert!(house.runs());
    house.hear();
    assert_eq!(house.standing(), Standing::Fresh);
    house.at(25 + 25);
    assert_eq!(house.standing(), Standing::Blocked, "the next day needs a decision of its own");
}

#[test]
fn h11_signing_in_deciding_and_giving_up_are_never_blocked() {
    let house = House::new();
    let (one, other) = (house.note().unwrap(), house.note().unwrap());
    let rejected = |event: &Event, outcome| EventResult {
        event_id: event.event_id.clone(),
        outcome,
        original: None,
        seq: None,
        row: None,
        theirs: None,
        problem: None,
    };
    let results = vec![rejected(&one, Outcome::Rejected), rejected(&other, Outcome::Blocked)];
    house.desk.engine().take_results("store", "epoch", None, results).unwrap();
    house.at(25);
    house.desk.note_desk(house.id(), person("maria"), DeskAction::SignIn, serde_json::json!({})).unwrap();
    let again = house.id();
    house.desk.retry(&one.event_id, again.clone(), person("maria")).unwrap();
    house.desk.engine().take_results("store", "epoch", None, vec![rejected(&one, Outcome::Rejected)]).unwrap();
    let result = EventResult { event_id: again.clone(), ..rejected(&one, Outcome::Rejected) };
    house.desk.engine().take_results("store", "epoch", None, vec![result]).unwrap();
    assert_eq!(house.desk.engine().row(&again).unwrap().unwrap().state, OutboxState::Failed);
    house.desk.discard(&again, house.id(), person("maria"), "not needed").unwrap();
    house.recorded();
}

#[test]
fn h11_every_event_on_old_data_carries_its_age_also_before_the_link_has_run() {
    let house = House::new();
    house.at(2);
    // No link has run since this start.
    let house = house.restart();
    let age = |event: &Event| event.data_age_s;
    assert_eq!(age(&house.note().unwrap()), Some(2 * 3_600));
    house.at(25);
    assert_eq!(age(&house.go_on("olena", "storm").unwrap()), Some(25 * 3_600));
    assert_eq!(age(&house.note().unwrap()), Some(25 * 3_600));
    // A service that answers and does not bring the desk up to date makes nothing fresh.
    house.desk.engine().set_mode(Mode::Online);
    assert_eq!(age(&house.note().unwrap()), Some(25 * 3_600));
    house.hear();
    assert_eq!(age(&house.note().unwrap()), None);
}

#[test]
fn e1_a_clock_that_was_set_back_neither_blocks_nor_prolongs_in_silence() {
    let house = House::new();
    house.at(-400_000);
    assert_eq!(house.standing(), Standing::Untold);
    assert!(!house.desk.staleness().unwrap().is_safe(), "no room is called safe to give out on it");
    let event = house.note().unwrap();
    assert_eq!(event.data_age_s, None, "nobody can tell it");

    house.at(25);
    house.go_on("olena", "storm").unwrap();
    house.at(34);
    house.note().unwrap();
    for hours in [32, 5, -400_000] {
        house.at(hours);
        is_stale(house.note());
    }
    house.at(34);
    house.note().unwrap();
    // And whatever the clock says, a manager can go on by it.
    for hours in [-400_000, 90_000, 40] {
        house.at(hours);
        is_stale(house.note());
        house.go_on("olena", "the clock is wrong too").unwrap();
        house.note().unwrap();
    }
}
