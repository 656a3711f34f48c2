//! One action from a caller that keeps no chain: the service decides it as a desk would, makes the event itself, and
//! keeps the answer with the effect, so that the same key gets the same answer for ever.
//!
//! Kept answers: done, not allowed in this state, not valid. Not kept: wrong version, unknown task, a fault; those are
//! judged anew.
//!
//! Deliberately absent: I/O. The store looks up the key, the task's room and its own chain, and does what [`decide`]
//! says in one transaction.

use super::{Batch, Body, Chain, Entity, Hash, Incoming, Single, SingleDone, StoreError};
use crate::env::text_of;
use crate::workflow::{self, Asked};
use sha2::{Digest, Sha256};
use turndown_domain::{PropertyBook, Refusal, RefusalCode};
use turndown_protocol::{
    ActorId, EVENT_SCHEMA, EntityRow, Event, EventId, EventResult, InstallId, Mode, Outcome, Problem, SealedEvent,
    SingleActionAnswer, codes,
};

/// What is to be done with a single action.
#[derive(Debug)]
pub(super) enum Decided {
    /// To answer it; nothing is kept.
    Answer(Problem),
    /// To keep the answer under its key, and to answer it.
    Keep(SingleDone),
    /// To take this batch of one event, and to keep and answer what [`done`] makes of it.
    Take(Batch),
}

/// The answer to a key that came before, if it came for the same request.
pub(super) fn replay(
    single: &Single,
    fingerprint: Hash,
    done: SingleDone,
) -> Result<Result<SingleDone, Problem>, StoreError> {
    if fingerprint == single.fingerprint {
        return Ok(Ok(done));
    }
    Ok(Err(Problem::new(409, codes::KEY_REUSE, "This key was used for another request.")
        .with_detail("Use a new key for a new action. The same key only repeats the same request.")))
}

/// The install under which the service records what it does itself, one a property, without gaps.
pub(super) fn own_install(store_id: &str) -> Result<InstallId, StoreError> {
    InstallId::parse(format!("{}{store_id}", workflow::SERVICE)).map_err(|_| StoreError::Fault)
}

/// Decides a single action whose key is new. `entity` is the room of its task, where there is one; `chain` is the one of
/// [`own_install`].
pub(super) fn decide(
    single: &Single,
    store_id: &str,
    entity: Option<&Entity>,
    book: &PropertyBook,
    chain: &Chain,
) -> Result<Decided, StoreError> {
    let Ok(actor_id) = ActorId::parse(single.body.actor_id.clone()) else {
        return Ok(Decided::Answer(Problem::new(
            400,
            codes::BAD_REQUEST,
            "The member \"actor_id\" has to name who does it.",
        )));
    };
    let Some(entity) = entity.filter(|entity| !entity.deleted) else {
        return Ok(Decided::Answer(
            Problem::new(404, codes::NOT_FOUND, "There is no such task.")
                .with_detail("It may have been removed. Look at the room again."),
        ));
    };
    if let Some(versions) = &single.if_match
        && !versions.contains(&entity.version)
    {
        let problem = Problem::new(412, codes::VERSION_MISMATCH, "The room has changed since you looked.")
            .with_detail(format!("Its version is {}. Look again, then decide.", entity.version));
        return Ok(Decided::Answer(problem));
    }
    let asked = match Asked::read(&single.task, &single.action, &single.body.args) {
        Ok(asked) => asked,
        Err(refusal) => return refused(&refusal, None),
    };
    let decision = match asked.decide(&entity.fields, book, &actor_id, single.now_ms) {
        Ok(decision) => decision,
        Err(refusal) => return refused(&refusal, Some(asked.current_state(&entity.fields))),
    };
    let event = Event {
        schema: EVENT_SCHEMA,
        event_id: EventId::generate(single.now_ms.unsigned_abs(), single.random),
        install_id: own_install(store_id)?,
        local_seq: chain.highest_seq + 1,
        prev_hash: hex::encode(chain.highest_hash),
        actor_id,
        workflow: turndown_domain::WORKFLOW.into(),
        entity: entity.entity.clone(),
        turn: Asked::turn(&entity.fields),
        service_day: Some(Asked::day(&entity.fields, book).to_owned()),
        action: asked.name().into(),
        args: asked.args(),
        changes: decision.changes,
        relies_on: decision.relies_on,
        base_version: entity.version,
        prev_event_id: None,
        depends_on: vec![],
        settles: vec![],
        recorded_at: text_of(single.now_ms),
        mode: Mode::Online,
        data_age_s: None,
        authority: None,
    };
    let sealed = SealedEvent::seal(event).map_err(|_| StoreError::Fault)?;
    let incoming = Incoming {
        event_id: sealed.event.event_id.clone(),
        entity: Some(entity.entity.clone()),
        hash: Sha256::digest(sealed.bytes.as_bytes()).into(),
        bytes: sealed.bytes.into(),
        body: Body::Event(Box::new(sealed.event)),
    };
    Ok(Decided::Take(Batch {
        property: single.property.clone(),
        epoch: None,
        sender: None,
        seen: None,
        received_at: text_of(single.now_ms),
        events: vec![incoming],
    }))
}

/// The answer to a single action that was taken; `row` is its room as this transaction leaves it.
pub(super) fn done(result: &EventResult, row: Option<EntityRow>) -> Result<SingleDone, StoreError> {
    if let (Outcome::Applied | Outcome::Merged, Some(seq)) = (result.outcome, result.seq) {
        let row = row.ok_or(StoreError::Fault)?;
        let version = row.version;
        let body = serde_json::to_string(&SingleActionAnswer { event_id: result.event_id.clone(), seq, row })?;
        return Ok(SingleDone { status: 200, version: Some(version), body, replayed: false });
    }
    // Decided and judged by the same rules on the same row an instant apart; should they ever differ, the caller hears
    // the judge.
    let problem = result
        .problem
        .clone()
        .unwrap_or_else(|| Problem::new(409, codes::INVALID_TRANSITION, "The action is not possible now."));
    Ok(SingleDone { status: problem.status, version: None, body: serde_json::to_string(&problem)?, replayed: false })
}

fn refused(refusal: &Refusal, state: Option<serde_json::Value>) -> Result<Decided, StoreError> {
    let status = workflow::refusal_status(refusal.code);
    let problem = match (status, state) {
        (409, Some(state)) => Problem::new(409, codes::INVALID_TRANSITION, refusal.message.clone())
            .with_detail(refusal.code.as_str())
            .with_current_state(state),
        _ => Problem::new(status, refusal.code.as_str(), refusal.message.clone()),
    };
    if refusal.code == RefusalCode::TaskNotFound {
        return Ok(Decided::Answer(problem));
    }
    let body = serde_json::to_string(&problem)?;
    Ok(Decided::Keep(SingleDone { status, version: None, body, replayed: false }))
}
