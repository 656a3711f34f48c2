//! Desks: saying hello, and sending what was recorded.

use super::caller::Caller;
use super::{App, AppState, Refused, body, json};
use crate::env::age_of;
use crate::metrics::OutcomeLabels;
use crate::misfit::misfit;
use crate::store::{Batch, Body, Chain, Greeted, Incoming, Shown};
use crate::workflow;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use turndown_protocol::{
    EVENT_SCHEMA, EntityRef, Event, EventId, EventsRequest, EventsResponse, Handshake, HandshakeAnswer, InstallId,
    Outcome, Problem, ServiceHead, codes,
};

/// The first line of what is signed for an audit head.
pub const AUDIT_HEAD_PREFIX: &str = "turndown-audit-head";

/// The oldest event schema that is read: the present one and the two before.
const EVENT_SCHEMA_MIN: u32 = EVENT_SCHEMA - 2;

/// Schemas that are read.
pub(super) fn schemas() -> Vec<u32> {
    (EVENT_SCHEMA_MIN..=EVENT_SCHEMA).collect()
}

#[utoipa::path(
    post,
    path = "/v1/installs/{install}/handshake",
    tag = "desks",
    summary = "A desk says where it stands, and hears what the service knows of it",
    params(("install" = String, Path, description = "The desk's installation")),
    request_body = Handshake,
    responses(
        (status = 200, body = HandshakeAnswer),
        (status = 400, body = Problem), (status = 401, body = Problem), (status = 415, body = Problem),
        (status = 503, body = Problem)
    ),
    security(("device" = []))
)]
pub(super) async fn handshake(
    State(app): State<AppState>,
    Caller(device, _): Caller,
    Path(install): Path<String>,
    headers: HeaderMap,
    request: axum::body::Body,
) -> Result<Response, Refused> {
    let install = InstallId::parse(install).map_err(|error| Refused::bad_request(format!("{error}.")))?;
    let hello: Handshake = body::json(&app, &headers, request).await?;
    a_desks_own([&install])?;
    a_desks_own(
        std::iter::successors(hello.continues.as_ref(), |told| told.continues.as_deref()).map(|t| &t.install_id),
    )?;
    let head = hello.audit_head.clone();
    let seen = hello.seen.map(|head| shown(&app, head));
    let Greeted { chain, holds_seen, holds_until, head: stands } =
        app.store.greet(device.property_id, install.clone(), hello.audit_head, hello.continues, seen).await?;
    let highest_hash = (chain.highest_seq > 0).then(|| hex::encode(chain.highest_hash));
    let same_place_other_hash =
        head.local_seq > 0 && head.local_seq == chain.highest_seq && Some(&head.hash) != highest_hash.as_ref();
    let behind = head.local_seq < chain.highest_seq;
    Ok(json(HandshakeAnswer {
        store_id: app.store.store_id().to_owned(),
        epoch: stands.epoch.clone(),
        highest_local_seq: chain.highest_seq,
        highest_hash,
        holds_seen,
        head: Some(stands),
        holds_until,
        audit_closed: app.closed(&install, &chain),
        audit_problem: audit_problem(&app, &install, &chain, same_place_other_hash, behind),
    }))
}

/// What the service records itself stands in a chain of its own, of which no desk says anything.
fn a_desks_own<'a>(installs: impl IntoIterator<Item = &'a InstallId>) -> Result<(), Refused> {
    if installs.into_iter().any(workflow::is_the_service) {
        return Err(Refused::bad_request("No desk speaks for the service's own record."));
    }
    Ok(())
}

fn shown(app: &App, head: ServiceHead) -> Shown {
    Shown { head, random: app.env.random_u128() }
}

fn audit_problem(
    app: &App,
    install: &InstallId,
    chain: &Chain,
    same_place_other_hash: bool,
    behind: bool,
) -> Option<Problem> {
    let detail = match chain.fork_seq {
        Some(at) => format!("Entry {at} came in two forms."),
        None if same_place_other_hash => format!("Entry {} is another one here.", chain.highest_seq),
        None if behind => format!("The service holds entries up to {}, the desk does not.", chain.highest_seq),
        None => return None,
    };
    app.metrics.audit_forks.inc();
    tracing::warn!(code = codes::AUDIT_FORK, install_id = %install, detail, "audit chains differ");
    Some(
        Problem::new(409, codes::AUDIT_FORK, "The desk's record does not continue the one that the service holds.")
            .with_detail(format!("{detail} The desk was copied or restored; it goes on under a new installation.")),
    )
}

#[utoipa::path(
    post,
    path = "/v1/properties/{property}/events",
    tag = "desks",
    summary = "A batch of recorded actions; one answer each",
    description = "The status speaks for the request. What became of each event stands in the body. Sending again is always safe.",
    params(
        ("property" = String, Path),
        ("X-Idempotency-Key" = Option<String>, Header, description = "The batch's id; each event carries its own key")
    ),
    request_body = EventsRequest,
    responses(
        (status = 200, body = EventsResponse),
        (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 409, body = Problem, description = "WRONG_STORE or WRONG_EPOCH"),
        (status = 413, body = Problem), (status = 415, body = Problem), (status = 503, body = Problem)
    ),
    security(("device" = []))
)]
pub(super) async fn events(
    State(app): State<AppState>,
    Caller(device, _): Caller,
    headers: HeaderMap,
    request: axum::body::Body,
) -> Result<Response, Refused> {
    let bytes = body::bytes(&app, &headers, request).await?;
    let started = std::time::Instant::now();
    let request: EventsRequest = body::parse(&bytes)?;
    drop(bytes);
    a_desks_own([&request.install_id])?;
    if request.events.len() > app.limits.max_events as usize {
        return Err(Problem::new(413, codes::TOO_LARGE, "The batch has too many events.")
            .with_detail(format!("At most {}. Send less at once.", app.limits.max_events))
            .into());
    }
    let identity = app.store.identity().await?;
    if request.store_id != identity.store_id {
        return Err(Problem::new(409, codes::WRONG_STORE, "Another service answers at this address.")
            .with_detail("Nothing was taken. Check the address; keep what waits.")
            .into());
    }
    if request.epoch != identity.epoch {
        return Err(Problem::new(409, codes::WRONG_EPOCH, "The service was restored since the desk last spoke to it.")
            .with_detail("Nothing was taken. Ask for capabilities again, then send again what the service lost.")
            .into());
    }
    let events = request
        .events
        .into_iter()
        .enumerate()
        .map(|(index, raw)| read_event(index, raw, app.limits.max_event_bytes))
        .collect::<Result<Vec<_>, _>>()?;

    let now_ms = app.env.now_ms();
    let ages: Vec<_> = events.iter().map(|event| age_s(event, now_ms)).collect();
    let batch = Batch {
        property: device.property_id,
        epoch: Some(request.epoch),
        sender: Some((request.install_id.clone(), request.audit_head)),
        seen: request.seen.map(|head| shown(&app, head)),
        received_at: app.env.now_text(),
        events,
    };
    let taken = app.store.take(batch).await?;
    app.metrics.batch_seconds.observe(started.elapsed().as_secs_f64());
    for (result, age) in taken.results.iter().zip(ages) {
        if let Some(age) = age.filter(|_| matches!(result.outcome, Outcome::Applied | Outcome::Merged)) {
            app.metrics.event_age_seconds.observe(age);
        }
        let outcome = format!("{:?}", result.outcome).to_lowercase();
        app.metrics.events.get_or_create(&OutcomeLabels { outcome }).inc();
    }
    Ok(json(EventsResponse {
        batch_id: request.batch_id,
        store_id: identity.store_id.clone(),
        epoch: taken.head.epoch.clone(),
        head_seq: taken.head.seq,
        server_time: app.env.now_text(),
        results: taken.results,
        audit_closed: app.closed(&request.install_id, &taken.chain),
        head: Some(taken.head),
    }))
}

/// How long ago an event was recorded, in seconds, by the clock of the desk that did.
fn age_s(event: &Incoming, now_ms: i64) -> Option<f64> {
    let Body::Event(event) = &event.body else { return None };
    age_of(&event.recorded_at, now_ms)
}

/// What can be read of an event whatever its form: enough to answer it by name and to shut its lane.
#[derive(Deserialize)]
struct Envelope {
    event_id: EventId,
    #[serde(default)]
    schema: Value,
    #[serde(default)]
    entity: Value,
}

/// Not every database keeps a zero in a text, and what one keeps the other has to.
fn names_can_be_kept(event: &Event) -> bool {
    let EntityRef { kind, id } = &event.entity;
    ![kind, id].into_iter().chain(event.changes.keys()).any(|name| name.contains('\0'))
}

/// Places in a desk's chain are counted from 1, and a place beyond what a database can count could not be proven later.
fn has_a_place(event: &Event) -> bool {
    (1..=i64::MAX.unsigned_abs()).contains(&event.local_seq)
}

fn read_event(index: usize, raw: Box<RawValue>, bytes_max: u64) -> Result<Incoming, Refused> {
    let bytes: Box<str> = raw.into();
    let hash = Sha256::digest(bytes.as_bytes()).into();
    if bytes.len() as u64 <= bytes_max
        && let Ok(event) = serde_json::from_str::<Event>(&bytes)
        && (EVENT_SCHEMA_MIN..=EVENT_SCHEMA).contains(&event.schema)
        && names_can_be_kept(&event)
        && has_a_place(&event)
        && !workflow::is_the_services_own(&event)
    {
        let (event_id, entity) = (event.event_id.clone(), Some(event.entity.clone()));
        return Ok(Incoming { event_id, entity, bytes, hash, body: Body::Event(Box::new(event)) });
    }
    // Without a name there is no answer to give, so the request as a whole is not one.
    let envelope: Envelope = serde_json::from_str(&bytes).map_err(|error| {
        Refused::bad_request(format!("Event {index} has no readable event_id: {}.", misfit(&error)))
    })?;
    let schema = envelope.schema.as_u64();
    let (outcome, problem) = if bytes.len() as u64 > bytes_max {
        let problem = Problem::new(413, codes::TOO_LARGE, "This action is too large to be kept.")
            .with_detail(format!("It has {} bytes; at most {bytes_max} are taken.", bytes.len()));
        (Outcome::TooLarge, problem)
    } else if let Some(newer) = schema.filter(|schema| *schema > u64::from(EVENT_SCHEMA)) {
        let problem = Problem::new(426, codes::UPGRADE_REQUIRED, "The desk is newer than the service.")
            .with_detail(format!("It wrote schema {newer}; the service reads up to {EVENT_SCHEMA}. It waits."));
        (Outcome::UpgradeRequired, problem)
    } else if let Some(older) = schema.filter(|schema| *schema < u64::from(EVENT_SCHEMA_MIN)) {
        let problem = Problem::new(410, codes::UPGRADE_REQUIRED, "The desk is too old for the service.").with_detail(
            format!("It wrote schema {older}; the service reads from {EVENT_SCHEMA_MIN}. Update the desk."),
        );
        (Outcome::Rejected, problem)
    } else {
        let why = match serde_json::from_str::<Event>(&bytes) {
            Err(error) => format!("It does not fit: {}", misfit(&error)),
            Ok(event) if workflow::is_the_services_own(&event) => "Only the service records that".to_owned(),
            Ok(event) if !has_a_place(&event) => "Its local_seq is no place in a chain".to_owned(),
            Ok(_) => "A name in it has a character that cannot be kept".to_owned(),
        };
        let problem = Problem::new(400, codes::BAD_REQUEST, "This is not an action that the service can read.")
            .with_detail(format!("{why}."));
        (Outcome::Rejected, problem)
    };
    Ok(Incoming {
        event_id: envelope.event_id,
        entity: serde_json::from_value(envelope.entity).ok(),
        bytes,
        hash,
        body: Body::Unfit(outcome, problem),
    })
}
