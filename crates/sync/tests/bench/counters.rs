//! A workflow that has nothing of a hotel: counters that go up and down. It keeps its rows in the engine's facts.

use serde_json::{Value, json};
use std::collections::BTreeMap;
use turndown_offline::{
    Draft, Engine, EngineError, EntityState, Intent, LocalState, RecordError, Recorded, UnitOfWork, Workflow, now_ms,
};
use turndown_protocol::{ActorId, Change, EntityRef, EventId, Fields, Reference};

pub const KIND: &str = "counter";
pub const VALUE: &str = "value";

pub struct Counters;

fn key(id: &str) -> String {
    format!("counter.{id}")
}

impl Workflow for Counters {
    fn keeps(&self, kind: &str) -> bool {
        kind == KIND
    }

    fn read(&self, work: &mut UnitOfWork<'_>, entity: &EntityRef) -> Result<Option<Fields>, EngineError> {
        let text = work.fact(&key(&entity.id))?;
        text.map(|text| serde_json::from_str(&text).map_err(|error| EngineError::stored("counter", error))).transpose()
    }

    fn write(
        &self,
        work: &mut UnitOfWork<'_>,
        entity: &EntityRef,
        fields: &Fields,
        _state: EntityState,
    ) -> Result<(), EngineError> {
        let text = serde_json::to_string(fields).map_err(|error| EngineError::stored("counter", error))?;
        work.set_fact(&key(&entity.id), Some(&text))
    }

    fn mark(&self, work: &mut UnitOfWork<'_>, entity: &EntityRef, _local: LocalState) -> Result<bool, EngineError> {
        Ok(self.read(work, entity)?.is_some())
    }

    fn remove(&self, work: &mut UnitOfWork<'_>, entity: &EntityRef) -> Result<(), EngineError> {
        work.set_fact(&key(&entity.id), None)
    }

    fn take_reference(&self, work: &mut UnitOfWork<'_>, reference: &Reference) -> Result<(), EngineError> {
        work.set_fact("counters", Some(&reference.document.to_string()))
    }

    fn is_stamp(&self, _path: &str) -> bool {
        false
    }
}

pub fn entity(counter: u32) -> EntityRef {
    EntityRef::new(KIND, counter.to_string())
}

fn number(fields: Option<&Fields>) -> i64 {
    fields.and_then(|fields| fields.get(VALUE).as_i64()).unwrap_or(0)
}

/// Records one step of a counter.
pub fn add(engine: &Engine, counter: u32, by: i64) -> Recorded {
    record(engine, counter, by, Value::Null)
}

/// Records one step with arguments: the service of these tests acts on some.
pub fn record(engine: &Engine, counter: u32, by: i64, args: Value) -> Recorded {
    let environment = engine.environment();
    let recorded: Result<Recorded, RecordError<String>> = engine.record(Intent {
        event_id: EventId::generate(now_ms(environment.as_ref()), turndown_offline::SystemEnvironment::random_bits()),
        actor: ActorId::parse("tester").expect("a valid id"),
        entity: entity(counter),
        decide: Box::new(move |_, seen| {
            let before = seen.as_ref().map_or(Value::Null, |fields| fields.get(VALUE).clone());
            let after = number(seen.as_ref()) + by;
            Ok(Draft {
                workflow: "counters".into(),
                action: "add".into(),
                args,
                changes: BTreeMap::from([(VALUE.to_owned(), Change { base: before, new: json!(after) })]),
                ..Draft::default()
            })
        }),
    });
    recorded.unwrap_or_else(|error| panic!("it is recorded: {error}"))
}

/// The random bits for a test's own ids: the desk's environment may be armed to fail.
trait RandomBits {
    fn random_bits() -> u128;
}

impl RandomBits for turndown_offline::SystemEnvironment {
    fn random_bits() -> u128 {
        turndown_offline::Environment::random(&turndown_offline::SystemEnvironment)
    }
}

pub fn value(engine: &Engine, counter: u32) -> i64 {
    let text = engine.fact(&key(&counter.to_string())).expect("it can be read");
    number(text.map(|text| serde_json::from_str::<Fields>(&text).expect("fields")).as_ref())
}
