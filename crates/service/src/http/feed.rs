//! What a desk needs to work alone, what changed since, and the record.

use super::caller::Caller;
use super::{App, AppState, Refused, json};
use crate::cursor::{self, CursorFault};
use crate::store::{ChangesRows, WireReference, WireRow};
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::sse::{Event as Message, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use turndown_protocol::{
    AuditPage, ChangesPage, EntityRef, InstallId, Problem, PropertyId, ServiceHead, Snapshot, StoryPage, Suggestions,
    codes,
};

/// Rows in a page of changes, and the most that may be asked for.
const PAGE_ROWS: u32 = 500;
/// Entries in a page of the audit trail, and the most that may be asked for.
const PAGE_ENTRIES: u32 = 1_000;
/// How often a silent stream says that it is alive.
const HEARTBEAT: Duration = Duration::from_secs(15);

#[derive(Serialize)]
struct SnapshotOut<'a> {
    store_id: &'a str,
    epoch: &'a str,
    server_time: String,
    reference: WireReference,
    rows: Vec<WireRow>,
    cursor: String,
    head_seq: u64,
    head: &'a ServiceHead,
}

#[derive(Serialize)]
struct ChangesOut<'a> {
    store_id: &'a str,
    epoch: &'a str,
    server_time: String,
    from: &'a str,
    next: &'a str,
    more: bool,
    head_seq: u64,
    head: &'a ServiceHead,
    rows: Vec<WireRow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<WireReference>,
}

#[utoipa::path(
    get,
    path = "/v1/properties/{property}/snapshot",
    tag = "feed",
    summary = "Everything a desk needs to work alone",
    params(("property" = String, Path)),
    responses(
        (status = 200, body = Snapshot), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 503, body = Problem)
    ),
    security(("device" = []))
)]
pub(super) async fn snapshot(State(app): State<AppState>, Caller(device, _): Caller) -> Result<Response, Refused> {
    let found = app.store.snapshot(device.property_id).await?;
    let store_id = app.store.store_id();
    Ok(json(SnapshotOut {
        store_id,
        epoch: &found.head.epoch,
        server_time: app.env.now_text(),
        reference: found.reference,
        rows: found.rows,
        cursor: cursor::write(store_id, &found.head.epoch, found.head.seq),
        head_seq: found.head.seq,
        head: &found.head,
    }))
}

/// Where to go on in the feed.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FeedQuery {
    #[serde(default)]
    cursor: Option<String>,
    #[serde(default)]
    limit: Option<u32>,
}

fn query<T>(query: Result<Query<T>, QueryRejection>) -> Result<T, Refused> {
    query.map(|Query(value)| value).map_err(|error| {
        let text = error.body_text();
        // What it begins with is for whoever wrote this program.
        let why = text.split_once(": ").map_or(text.as_str(), |(_, why)| why);
        Refused::bad_request(format!("What is asked in the address does not fit: {why}."))
    })
}

fn limit(asked: Option<u32>, most: u32) -> Result<u32, Refused> {
    match asked.unwrap_or(most) {
        0 => Err(Refused::bad_request("limit has to be at least 1.")),
        limit => Ok(limit.min(most)),
    }
}

fn gone() -> Refused {
    Problem::new(410, codes::CURSOR_GONE, "The changes since that cursor are not known any more.")
        .with_detail("Take a new snapshot. Keep what waits to be sent.")
        .into()
}

async fn position(app: &App, cursor: &str) -> Result<u64, Refused> {
    let identity = app.store.identity().await?;
    cursor::read(&identity, cursor).map_err(|fault| match fault {
        CursorFault::Unreadable => Refused::bad_request("That is not a cursor of this service."),
        CursorFault::Gone => gone(),
    })
}

async fn page(app: &App, property: &PropertyId, after: u64, limit: u32) -> Result<ChangesRows, Refused> {
    app.store.changes(property.clone(), after, limit).await?.ok_or_else(gone)
}

fn page_json(app: &App, from: &str, next: &str, rows: ChangesRows) -> Result<String, serde_json::Error> {
    serde_json::to_string(&ChangesOut {
        store_id: app.store.store_id(),
        epoch: &rows.head.epoch,
        server_time: app.env.now_text(),
        from,
        next,
        more: rows.more,
        head_seq: rows.head.seq,
        head: &rows.head,
        rows: rows.rows,
        reference: rows.reference,
    })
}

#[utoipa::path(
    get,
    path = "/v1/properties/{property}/changes",
    tag = "feed",
    summary = "What changed since a cursor, in commit order, tombstones included",
    params(
        ("property" = String, Path),
        ("cursor" = String, Query, description = "From a snapshot or the page before; opaque"),
        ("limit" = Option<u32>, Query, description = "Rows in the page, at most 500")
    ),
    responses(
        (status = 200, body = ChangesPage), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 410, body = Problem, description = "CURSOR_GONE: take a new snapshot"),
        (status = 503, body = Problem)
    ),
    security(("device" = []))
)]
pub(super) async fn changes(
    State(app): State<AppState>,
    Caller(device, _): Caller,
    asked: Result<Query<FeedQuery>, QueryRejection>,
) -> Result<Response, Refused> {
    let asked = query(asked)?;
    let from = asked.cursor.ok_or_else(|| Refused::bad_request("cursor is missing. Take one from a snapshot."))?;
    let after = position(&app, &from).await?;
    let rows = page(&app, &device.property_id, after, limit(asked.limit, PAGE_ROWS)?).await?;
    let next = cursor::write(app.store.store_id(), &rows.head.epoch, rows.next_seq);
    let text = page_json(&app, &from, &next, rows).map_err(crate::store::StoreError::from)?;
    Ok(super::json_text(axum::http::StatusCode::OK, text))
}

/// Counts an open stream for as long as it is open.
struct Open(Arc<App>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.metrics.streams.dec();
    }
}

#[utoipa::path(
    get,
    path = "/v1/properties/{property}/changes/stream",
    tag = "feed",
    summary = "The same live, as server-sent events",
    description = "Each message is a page of changes with the next cursor as its id. The first comes at once, even when empty. A comment every 15 s says that the stream is alive.",
    params(
        ("property" = String, Path),
        ("cursor" = Option<String>, Query, description = "From a snapshot or a page; opaque"),
        ("Last-Event-ID" = Option<String>, Header, description = "The same, as a reconnecting client sends it; it goes before `cursor`")
    ),
    responses(
        (status = 200, body = ChangesPage, content_type = "text/event-stream"), (status = 400, body = Problem),
        (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 410, body = Problem, description = "CURSOR_GONE: take a new snapshot"), (status = 503, body = Problem)
    ),
    security(("device" = []))
)]
pub(super) async fn stream(
    State(app): State<AppState>,
    Caller(device, _): Caller,
    headers: HeaderMap,
    asked: Result<Query<FeedQuery>, QueryRejection>,
) -> Result<Response, Refused> {
    let asked = query(asked)?;
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let mut from =
        last.or(asked.cursor).ok_or_else(|| Refused::bad_request("cursor is missing. Take one from a snapshot."))?;
    let mut after = position(&app, &from).await?;
    let rows_max = limit(asked.limit, PAGE_ROWS)?;
    let property = device.property_id;
    let mut pulse = app.store.pulse().of(&property);
    pulse.catch_up();
    // Before the first byte, so that a cursor that is gone is an answer and not a broken stream.
    let mut first = Some(page(&app, &property, after, rows_max).await?);

    app.metrics.streams.inc();
    let open = Open(Arc::clone(&app));
    let messages = async_stream::stream! {
        let app = &open.0;
        loop {
            let rows = match first.take() {
                Some(rows) => rows,
                // The client comes again with the cursor it has, and hears the reason then.
                None => match page(app, &property, after, rows_max).await {
                    Ok(rows) if rows.next_seq == after => {
                        if waited(app, &mut pulse).await { continue } else { break }
                    }
                    Ok(rows) => rows,
                    Err(_) => break,
                },
            };
            let (more, next_seq) = (rows.more, rows.next_seq);
            let next = cursor::write(app.store.store_id(), &rows.head.epoch, next_seq);
            let Ok(text) = page_json(app, &from, &next, rows) else { break };
            yield Ok::<_, Infallible>(Message::default().id(next.clone()).event("changes").data(text));
            (after, from) = (next_seq, next);
            if !more && !waited(app, &mut pulse).await {
                break;
            }
        }
    };
    let alive = KeepAlive::new().interval(HEARTBEAT).text("alive");
    Ok(Sse::new(messages).keep_alive(alive).into_response())
}

/// Waits for the next commit; false when the service stops.
async fn waited(app: &App, pulse: &mut crate::store::Pulse) -> bool {
    tokio::select! {
        biased;
        () = app.stopping.cancelled() => false,
        changed = pulse.changed() => changed,
    }
}

/// Where to go on in a story.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StoryQuery {
    #[serde(default)]
    before: Option<u64>,
    #[serde(default)]
    limit: Option<u32>,
}

#[utoipa::path(
    get,
    path = "/v1/properties/{property}/entities/{kind}/{id}/story",
    tag = "audit",
    summary = "What happened to one room: every event about it, by whichever desk, with all that became of it",
    params(
        ("property" = String, Path),
        ("kind" = String, Path, description = "`room` or `place`"),
        ("id" = String, Path),
        ("before" = Option<u64>, Query, description = "Where the page before ended; absent for the newest"),
        ("limit" = Option<u32>, Query, description = "Events in the page, at most 1000")
    ),
    responses(
        (status = 200, body = StoryPage), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 503, body = Problem)
    ),
    security(("device" = []))
)]
pub(super) async fn story(
    State(app): State<AppState>,
    Caller(device, _): Caller,
    path: Path<(String, String, String)>,
    asked: Result<Query<StoryQuery>, QueryRejection>,
) -> Result<Response, Refused> {
    let asked = query(asked)?;
    let Path((_, kind, id)) = path;
    let limit = limit(asked.limit, PAGE_ENTRIES)?;
    let before = asked.before.unwrap_or(u64::MAX);
    let (entries, before) = app.store.story(device.property_id, EntityRef::new(kind, id), before, limit).await?;
    Ok(json(StoryPage { entries, before }))
}

#[utoipa::path(
    get,
    path = "/v1/properties/{property}/suggestions",
    tag = "feed",
    summary = "Who could do what nobody is assigned to, with the reason; nothing is decided by it",
    params(("property" = String, Path)),
    responses(
        (status = 200, body = Suggestions), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 503, body = Problem)
    ),
    security(("device" = []))
)]
pub(super) async fn suggestions(State(app): State<AppState>, Caller(device, _): Caller) -> Result<Response, Refused> {
    let found = app.store.snapshot(device.property_id).await?;
    // A large house takes longer than other requests should wait for.
    let made = tokio::task::spawn_blocking(move || crate::workflow::suggestions(&found)).await;
    let suggestions = made.map_err(|_| crate::store::StoreError::Fault)?.map_err(crate::store::StoreError::from)?;
    Ok(json(Suggestions { suggestions }))
}

/// Where to go on in the audit trail.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AuditQuery {
    #[serde(default)]
    after: u64,
    #[serde(default)]
    install: Option<String>,
    #[serde(default)]
    limit: Option<u32>,
}

#[utoipa::path(
    get,
    path = "/v1/properties/{property}/audit",
    tag = "audit",
    summary = "The audit trail: every outcome, chained by hash, pointing at the desk's own entry",
    params(
        ("property" = String, Path),
        ("after" = Option<u64>, Query, description = "The last entry you have; 0 for the beginning"),
        ("install" = Option<String>, Query, description = "Only entries about this desk"),
        ("limit" = Option<u32>, Query, description = "Entries in the page, at most 1000")
    ),
    responses(
        (status = 200, body = AuditPage), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 503, body = Problem)
    ),
    security(("device" = []))
)]
pub(super) async fn audit(
    State(app): State<AppState>,
    Caller(device, _): Caller,
    asked: Result<Query<AuditQuery>, QueryRejection>,
) -> Result<Response, Refused> {
    let asked = query(asked)?;
    let limit = limit(asked.limit, PAGE_ENTRIES)?;
    let install = asked
        .install
        .map(InstallId::parse)
        .transpose()
        .map_err(|error| Refused::bad_request(format!("install: {error}.")))?;
    let entries = app.store.audit(device.property_id, asked.after, install, limit).await?;
    let full = entries.len() == limit as usize;
    let next = entries.last().filter(|_| full).map(|entry| entry.audit_seq);
    Ok(json(AuditPage { entries, next }))
}
