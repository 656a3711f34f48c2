//! Conflicts that the rules of housekeeping do not bring about.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "what a test needs and does not get ends it")]

mod common;

use common::{House, is_sound};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use turndown_offline::{Draft, Engine, Intent, OutboxState, RecordError};
use turndown_protocol::{
    ActorId, Change, EntityRef, EntityRow, EventId, EventResult, Fields, Outcome, Problem, Theirs,
};

fn counter() -> EntityRef {
    EntityRef::new("counter", "1")
}

fn id(text: &str) -> EventId {
    EventId::parse(text).unwrap()
}

/// Records changes, each from nothing, that settle something or not.
fn record(engine: &Engine, name: &str, changes: &[(&str, i64)], settles: &[&str]) {
    let changes = changes.iter().map(|(path, new)| ((*path).to_owned(), Change { base: Value::Null, new: json!(new) }));
    let (changes, settles) = (changes.collect::<BTreeMap<_, _>>(), settles.iter().map(|name| id(name)).collect());
    let recorded = engine.record(Intent {
        event_id: id(name),
        actor: ActorId::parse("tester").unwrap(),
        entity: counter(),
        decide: Box::new(move |_, _| {
            let workflow = "counters".into();
            Ok::<_, RecordError<String>>(Draft { workflow, action: "set".into(), changes, settles, ..Draft::default() })
        }),
    });
    recorded.unwrap();
}

fn answer(engine: &Engine, name: &str, outcome: Outcome, theirs: Option<(u64, &[(&str, i64)])>) {
    let theirs = theirs.map(|(version, values)| {
        let mut fields = Fields::new();
        values.iter().for_each(|(path, value)| fields.set((*path).to_owned(), json!(value)));
        let row = EntityRow {
            entity: counter(),
            version,
            deleted: false,
            fields,
            provenance: BTreeMap::new(),
            contested: None,
        };
        Theirs { row, paths: vec![], class: "fields".into() }
    });
    let problem = Some(Problem::new(409, "WHY_NOT", "It is so."));
    let event_id = id(name);
    let result = EventResult { event_id, outcome, original: None, seq: None, row: None, theirs, problem };
    engine.take_results("store", "epoch", None, vec![result]).unwrap();
}

/// An action that is tried again can do more than the first try did: the room has changed since.
#[test]
fn h3_what_only_the_second_try_touches_is_asked_about_and_never_taken_for_the_same() {
    let house = House::new();
    let (engine, _) = house.open();
    record(&engine, "first", &[("value", 1)], &[]);
    answer(&engine, "first", Outcome::Rejected, None);
    record(&engine, "again", &[("value", 1), ("other", 2)], &["first"]);
    answer(&engine, "again", Outcome::Conflict, Some((90, &[("value", 1), ("other", 5)])));
    let open = engine.conflict(&counter()).unwrap().expect("a person is asked");
    assert_eq!(open.contested, ["other"]);
    let sides = [open.before.get("other"), open.mine.get("other"), open.theirs.fields.get("other")];
    assert_eq!(sides, [&Value::Null, &json!(2), &json!(5)]);
    is_sound(&engine);
}

#[test]
fn h3_a_decision_whose_actions_are_no_longer_open_asks_again_by_itself() {
    let house = House::new();
    let (engine, _) = house.open();
    record(&engine, "first", &[("value", 1)], &[]);
    answer(&engine, "first", Outcome::Rejected, None);
    record(&engine, "again", &[("value", 3)], &["first"]);
    // What it settles came to its end by itself.
    engine
        .write(|work| work.execute("UPDATE outbox SET state = 'settled', held_by = NULL WHERE event_id = 'first'", []))
        .unwrap();
    answer(&engine, "again", Outcome::Conflict, Some((90, &[("value", 7)])));
    let open = engine.conflict(&counter()).unwrap().expect("a person is asked");
    assert_eq!((open.contested, open.events.len()), (vec!["value".to_owned()], 1));
    assert_eq!(engine.row(&id("again")).unwrap().unwrap().state, OutboxState::Conflict);
}
