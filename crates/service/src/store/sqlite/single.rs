//! One action from a caller that keeps no chain: the service decides it as a desk would, makes the event itself, and
//! keeps the answer with the effect, so that the same key gets the same answer for ever.
//!
//! Kept answers: done, not allowed in this state, not valid. Not kept: wrong version, unknown task, a fault; those are
//! judged anew.

use super::writer::Writer;
use super::{entity_of_task, rows};
use crate::env::text_of;
use crate::store::batch::Lanes;
use crate::store::{Batch, Body, Entity, Hash, Incoming, Single, SingleDone, StoreError};
use crate::workflow::{self, Asked};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior};
use sha2::{Digest, Sha256};
use turndown_domain::{Refusal, RefusalCode};
use turndown_protocol::{
    ActorId, EVENT_SCHEMA, Event, EventId, InstallId, Mode, Outcome, Problem, SealedEvent, SingleActionAnswer, codes,
};

pub(super) fn act(
    writer: &mut Writer,
    store_id: &str,
    single: &Single,
) -> Result<Result<SingleDone, Problem>, StoreError> {
    let property_n = writer.property_n(&single.property)?;
    if let Some((fingerprint, done)) = stored(&writer.conn, property_n, &single.key)? {
        if fingerprint != single.fingerprint {
            return Ok(Err(Problem::new(409, codes::KEY_REUSE, "This key was used for another request.")
                .with_detail("Use a new key for a new action. The same key only repeats the same request.")));
        }
        return Ok(Ok(done));
    }
    let Ok(actor_id) = ActorId::parse(single.body.actor_id.clone()) else {
        return Ok(Err(Problem::new(400, codes::BAD_REQUEST, "The member \"actor_id\" has to name who does it.")));
    };
    let not_found = || {
        Problem::new(404, codes::NOT_FOUND, "There is no such task.")
            .with_detail("It may have been removed. Look at the room again.")
    };
    let Some(name) = entity_of_task(writer, &single.property, &single.task)? else { return Ok(Err(not_found())) };
    let Some(entity) = writer.entity(&single.property, &name)?.filter(|entity| !entity.deleted) else {
        return Ok(Err(not_found()));
    };
    if let Some(versions) = &single.if_match
        && !versions.contains(&entity.version)
    {
        let problem = Problem::new(412, codes::VERSION_MISMATCH, "The room has changed since you looked.")
            .with_detail(format!("Its version is {}. Look again, then decide.", entity.version));
        return Ok(Err(problem));
    }
    let asked = match Asked::read(&single.task, &single.action, &single.body.args) {
        Ok(asked) => asked,
        Err(refusal) => return keep_refusal(writer, property_n, single, &refusal, None),
    };
    let book = writer.book(&single.property)?;
    let decision = match asked.decide(&entity.fields, &book, &actor_id, single.now_ms) {
        Ok(decision) => decision,
        Err(refusal) => {
            let state = asked.current_state(&entity.fields);
            return keep_refusal(writer, property_n, single, &refusal, Some(state));
        }
    };

    let day = Asked::day(&entity.fields, &book);
    let event = make_event(writer, store_id, single, actor_id, &entity, &asked, decision, day)?;
    let sealed = SealedEvent::seal(event).map_err(|_| StoreError::Fault)?;
    let event_id = sealed.event.event_id.clone();
    let incoming = Incoming {
        event_id: event_id.clone(),
        entity: Some(name.clone()),
        hash: Sha256::digest(sealed.bytes.as_bytes()).into(),
        bytes: sealed.bytes.into(),
        body: Body::Event(Box::new(sealed.event)),
    };
    let batch = Batch {
        property: single.property.clone(),
        sender: None,
        seen: None,
        received_at: text_of(single.now_ms),
        events: vec![incoming],
    };
    let mut done = None;
    writer.take_in_one(&batch, &batch.events, &mut Lanes::default(), |conn, results| {
        let Some(result) = results.first() else { return Err(StoreError::Fault) };
        let answer = match (result.outcome, result.seq) {
            (Outcome::Applied | Outcome::Merged, Some(seq)) => {
                let row = rows::entity(conn, property_n, &name)?.ok_or(StoreError::Fault)?;
                let row = rows::entity_row(conn, &row, &mut rows::Authors::default())?;
                let version = row.version;
                let body = serde_json::to_string(&SingleActionAnswer { event_id: event_id.clone(), seq, row })?;
                SingleDone { status: 200, version: Some(version), body, replayed: false }
            }
            // Decided and judged by the same rules on the same row an instant apart; should they ever differ, the
            // caller hears the judge.
            _ => {
                let problem = result
                    .problem
                    .clone()
                    .unwrap_or_else(|| Problem::new(409, codes::INVALID_TRANSITION, "The action is not possible now."));
                SingleDone {
                    status: problem.status,
                    version: None,
                    body: serde_json::to_string(&problem)?,
                    replayed: false,
                }
            }
        };
        keep(conn, property_n, single, &answer)?;
        done = Some(answer);
        Ok(())
    })?;
    done.map(Ok).ok_or(StoreError::Fault)
}

#[expect(clippy::too_many_arguments, reason = "an event says all of these things")]
fn make_event(
    writer: &mut Writer,
    store_id: &str,
    single: &Single,
    actor_id: ActorId,
    entity: &Entity,
    asked: &Asked,
    decision: turndown_domain::Decision,
    service_day: &str,
) -> Result<Event, StoreError> {
    let property_n = writer.property_n(&single.property)?;
    // The service keeps a chain of its own for what it records itself, one a property, without gaps.
    let install_id = InstallId::parse(format!("service:{store_id}")).map_err(|_| StoreError::Fault)?;
    let chain = rows::chain(&writer.conn, property_n, &install_id)?.unwrap_or_default();
    Ok(Event {
        schema: EVENT_SCHEMA,
        event_id: EventId::generate(single.now_ms.unsigned_abs(), single.random),
        install_id,
        local_seq: chain.highest_seq + 1,
        prev_hash: hex::encode(chain.highest_hash),
        actor_id,
        workflow: turndown_domain::WORKFLOW.into(),
        entity: entity.entity.clone(),
        turn: Asked::turn(&entity.fields),
        service_day: Some(service_day.to_owned()),
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
    })
}

fn keep_refusal(
    writer: &mut Writer,
    property_n: i64,
    single: &Single,
    refusal: &Refusal,
    state: Option<serde_json::Value>,
) -> Result<Result<SingleDone, Problem>, StoreError> {
    let status = workflow::refusal_status(refusal.code);
    let problem = match (status, state) {
        (409, Some(state)) => Problem::new(409, codes::INVALID_TRANSITION, refusal.message.clone())
            .with_detail(refusal.code.as_str())
            .with_current_state(state),
        _ => Problem::new(status, refusal.code.as_str(), refusal.message.clone()),
    };
    if refusal.code == RefusalCode::TaskNotFound {
        return Ok(Err(problem));
    }
    let done = SingleDone { status, version: None, body: serde_json::to_string(&problem)?, replayed: false };
    let tx = writer.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    keep(&tx, property_n, single, &done)?;
    tx.commit()?;
    Ok(Ok(done))
}

fn keep(conn: &Connection, property_n: i64, single: &Single, done: &SingleDone) -> Result<(), StoreError> {
    conn.prepare_cached(
        "INSERT INTO requests (property_n, key, fingerprint, status, etag, answer) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute((
        property_n,
        &single.key,
        &single.fingerprint[..],
        done.status,
        done.version.map(|version| version.to_string()),
        &done.body,
    ))?;
    Ok(())
}

fn stored(conn: &Connection, property_n: i64, key: &str) -> Result<Option<(Hash, SingleDone)>, StoreError> {
    Ok(conn
        .prepare_cached("SELECT fingerprint, status, etag, answer FROM requests WHERE property_n = ?1 AND key = ?2")?
        .query_row((property_n, key), |row| {
            let etag: Option<String> = row.get(2)?;
            let done = SingleDone {
                status: row.get(1)?,
                version: etag.and_then(|etag| etag.parse().ok()),
                body: row.get(3)?,
                replayed: true,
            };
            Ok((row.get(0)?, done))
        })
        .optional()?)
}
