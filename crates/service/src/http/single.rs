//! One action on one task, for callers that keep no chain of their own.

use super::caller::Caller;
use super::{AppState, Refused, body, json_text};
use crate::store::{Hash, Single};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use sha2::{Digest, Sha256};
use turndown_protocol::{Problem, SingleAction, SingleActionAnswer, codes};

/// The longest key, in bytes.
const KEY_BYTES_MAX: usize = 128;

/// Which task, and what is done to it.
#[derive(Debug, serde::Deserialize)]
pub(super) struct TaskPath {
    task: String,
    action: String,
}

#[utoipa::path(
    post,
    path = "/v1/properties/{property}/housekeeping/tasks/{task}/{action}",
    tag = "housekeeping",
    summary = "One action on a task",
    description = "Actions: start, pause, resume, complete, reassign, inspect, cancel, set_priority. The same key with the same request gets the stored answer again.",
    params(
        ("property" = String, Path), ("task" = String, Path), ("action" = String, Path),
        ("X-Idempotency-Key" = Option<String>, Header, description = "Required here, as Idempotency-Key, or as _idempotencyKey in the body"),
        ("If-Match" = Option<String>, Header, description = "The room's version, as an ETag")
    ),
    request_body = SingleAction,
    responses(
        (status = 200, body = SingleActionAnswer, headers(
            ("ETag" = String, description = "The room's version"),
            ("Idempotency-Replayed" = String, description = "`true` when this is the stored answer of an earlier request")
        )),
        (status = 400, body = Problem), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem),
        (status = 409, body = Problem, description = "INVALID_STATE_TRANSITION with currentState, or IDEMPOTENCY_FINGERPRINT_MISMATCH"),
        (status = 412, body = Problem, description = "VERSION_MISMATCH"), (status = 413, body = Problem),
        (status = 415, body = Problem), (status = 422, body = Problem), (status = 503, body = Problem)
    ),
    security(("device" = []))
)]
pub(super) async fn task_action(
    State(app): State<AppState>,
    Caller(device, _): Caller,
    Path(named): Path<TaskPath>,
    headers: HeaderMap,
    request: axum::body::Body,
) -> Result<Response, Refused> {
    let if_match = if_match(&headers)?;
    let bytes = body::bytes(&app, &headers, request).await?;
    let asked: SingleAction = body::parse(&bytes)?;
    let key = key(&headers, asked.idempotency_key.as_deref())?;
    let single = Single {
        fingerprint: fingerprint(device.property_id.as_str(), &named.task, &named.action, &asked)?,
        property: device.property_id,
        task: named.task,
        action: named.action,
        body: asked,
        key,
        if_match,
        now_ms: app.env.now_ms(),
        random: app.env.random_u128(),
    };
    let done = app.store.act(single).await??;
    let status = StatusCode::from_u16(done.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = json_text(status, done.body);
    let headers = response.headers_mut();
    if !status.is_success() {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    }
    if let Some(version) = done.version
        && let Ok(etag) = HeaderValue::from_str(&format!("\"{version}\""))
    {
        headers.insert(header::ETAG, etag);
    }
    if done.replayed {
        headers.insert("idempotency-replayed", HeaderValue::from_static("true"));
    }
    Ok(response)
}

/// The key: the project's header, the IETF's, or the body's member. The IETF writes it in quotes.
fn key(headers: &HeaderMap, in_body: Option<&str>) -> Result<String, Refused> {
    let mut keys = vec![];
    for name in ["x-idempotency-key", "idempotency-key"] {
        for value in headers.get_all(name) {
            let text = value
                .to_str()
                .map_err(|_| Refused::bad_request(format!("{name} has characters that a key cannot have.")))?;
            let text = text.trim();
            keys.push(text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text).to_owned());
        }
    }
    keys.extend(in_body.map(str::to_owned));
    keys.dedup();
    match keys.as_slice() {
        [] => Err(Problem::new(400, codes::KEY_MISSING, "This route needs a key.")
            .with_detail("Send X-Idempotency-Key: made once for the action, the same on every retry.")
            .into()),
        [key] if key.is_empty() || key.len() > KEY_BYTES_MAX || !key.bytes().all(|b| b.is_ascii_graphic()) => {
            Err(Refused::bad_request(format!("A key has 1 to {KEY_BYTES_MAX} visible ASCII characters.")))
        }
        [key] => Ok(key.clone()),
        _ => Err(Refused::bad_request("The request names more than one key.")),
    }
}

/// The versions that `If-Match` allows. Weak tags never match, as RFC 9110 says.
fn if_match(headers: &HeaderMap) -> Result<Option<Vec<u64>>, Refused> {
    let mut versions = vec![];
    let mut named = false;
    for value in headers.get_all(header::IF_MATCH) {
        named = true;
        for tag in value.to_str().unwrap_or("?").split(',').map(str::trim) {
            if tag == "*" {
                return Ok(None);
            }
            if tag.starts_with("W/") {
                continue;
            }
            let version = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"')).and_then(|tag| tag.parse().ok());
            versions
                .push(version.ok_or_else(|| Refused::bad_request("If-Match has to be a version in quotes, or *."))?);
        }
    }
    Ok(named.then_some(versions))
}

/// Everything that the key stands for: what, to which task, by whom, with which arguments.
fn fingerprint(property: &str, task: &str, action: &str, asked: &SingleAction) -> Result<Hash, Refused> {
    let what = serde_json::json!({
        "route": "task_action/1", "property": property, "task": task, "action": action,
        "actor_id": asked.actor_id, "args": asked.args,
    });
    let bytes =
        serde_json_canonicalizer::to_vec(&what).map_err(|error| Refused::bad_request(format!("args: {error}.")))?;
    Ok(Sha256::digest(&bytes).into())
}
