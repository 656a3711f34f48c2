//! Who the service is, and how it is.

use super::caller::Caller;
use super::{AppState, Refused, events, json};
use crate::store::public_hex;
use axum::Extension;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use turndown_protocol::{Capabilities, Problem};

#[utoipa::path(
    get,
    path = "/v1/capabilities",
    tag = "desks",
    summary = "Who the service is and what it allows; with a token also for which property",
    responses((status = 200, body = Capabilities), (status = 401, body = Problem), (status = 503, body = Problem)),
    security((), ("device" = []))
)]
pub(super) async fn capabilities(State(app): State<AppState>, caller: Option<Caller>) -> Result<Response, Refused> {
    let identity = app.store.identity().await?;
    let (head_seq, property_id, property_name) = match caller {
        Some(Caller(device, _)) => {
            let head_seq = app.store.head_seq(device.property_id.clone()).await?;
            (Some(head_seq), Some(device.property_id), Some(device.property_name))
        }
        None => (None, None, None),
    };
    Ok(json(Capabilities {
        store_id: identity.store_id.clone(),
        epoch: identity.epoch.clone(),
        server_time: app.env.now_text(),
        max_events: app.limits.max_events,
        max_batch_bytes: app.limits.max_batch_bytes,
        max_event_bytes: app.limits.max_event_bytes,
        backup_horizon_days: app.limits.backup_horizon_days,
        schemas: events::schemas(),
        head_seq,
        property_id,
        property_name,
        signing_key: public_hex(&app.signing_key),
    }))
}

#[utoipa::path(get, path = "/healthz", tag = "operations", summary = "The process answers",
    responses((status = 200, body = String, content_type = "text/plain")))]
pub(super) async fn healthz() -> &'static str {
    "ok\n"
}

#[utoipa::path(get, path = "/readyz", tag = "operations", summary = "The store takes writes",
    responses((status = 200, body = String, content_type = "text/plain"), (status = 503, body = Problem)))]
pub(super) async fn readyz(State(app): State<AppState>) -> Result<&'static str, Refused> {
    app.store.ready().await?;
    Ok("ready\n")
}

#[utoipa::path(get, path = "/metrics", tag = "operations", summary = "Counters, as OpenMetrics text",
    responses((status = 200, body = String, content_type = "application/openmetrics-text")))]
pub(super) async fn metrics(State(app): State<AppState>) -> Response {
    let head = app.store.pulse().head_seq();
    app.metrics.head_seq.set(i64::try_from(head).unwrap_or(i64::MAX));
    let text = app.metrics.text().unwrap_or_default();
    ([(CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text).into_response()
}

#[utoipa::path(get, path = "/openapi.json", tag = "operations", summary = "This description",
    responses((status = 200, body = serde_json::Value)))]
pub(super) async fn openapi(Extension(document): Extension<Arc<utoipa::openapi::OpenApi>>) -> Response {
    json(&*document)
}
