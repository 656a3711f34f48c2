//! Reading a request's body within limits.
//!
//! The limit holds for what the body is after decompression; a body that unpacks beyond it is refused as soon as it
//! does, so that a small bomb stays small.

use super::{AppState, Refused};
use crate::misfit::misfit;
use axum::body::Body;
use axum::http::HeaderMap;
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use flate2::read::MultiGzDecoder;
use futures_util::StreamExt;
use serde::de::DeserializeOwned;
use std::io::Read;
use std::time::Duration;
use turndown_protocol::{Problem, codes};

/// How long a body may take: 1 MiB at 64 kbit/s.
const BODY_TIMEOUT: Duration = Duration::from_secs(130);
/// How much of a body that is too large is still read, so that the sender gets to see the answer.
const DRAIN_BYTES_MAX: u64 = 16 * 1024 * 1024;

fn too_large(limit: u64) -> Refused {
    Problem::new(413, codes::TOO_LARGE, "The request is too large.")
        .with_detail(format!("At most {limit} bytes after decompression. Send less at once."))
        .into()
}

fn media_type(detail: &str) -> Refused {
    Problem::new(415, codes::UNSUPPORTED_MEDIA_TYPE, "The body is in a form that this route does not read.")
        .with_detail(detail)
        .into()
}

/// Reads a JSON body.
pub(super) async fn json<T: DeserializeOwned>(app: &AppState, headers: &HeaderMap, body: Body) -> Result<T, Refused> {
    let bytes = bytes(app, headers, body).await?;
    parse(&bytes)
}

/// Reads JSON text, and says where it is wrong.
pub(super) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Refused> {
    if bytes.is_empty() {
        return Err(Refused::bad_request("The body is empty."));
    }
    if bytes.starts_with(b"\xEF\xBB\xBF") {
        return Err(Refused::bad_request("The body starts with a byte order mark. Send plain UTF-8."));
    }
    serde_json::from_slice(bytes)
        .map_err(|error| Refused::bad_request(format!("The body does not fit: {}.", misfit(&error))))
}

/// Reads a body as it is meant, within `max_batch_bytes`.
pub(super) async fn bytes(app: &AppState, headers: &HeaderMap, body: Body) -> Result<Vec<u8>, Refused> {
    let limit = app.limits.max_batch_bytes;
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
    let essence = content_type.split(';').next().unwrap_or("").trim();
    if !essence.eq_ignore_ascii_case("application/json") {
        return Err(media_type("Send \"Content-Type: application/json\"."));
    }
    let gzip = match headers.get(CONTENT_ENCODING).map(|value| value.to_str().unwrap_or("?").trim().to_owned()) {
        None => false,
        Some(encoding) if encoding.eq_ignore_ascii_case("identity") => false,
        Some(encoding) if encoding.eq_ignore_ascii_case("gzip") => true,
        Some(_) => return Err(media_type("Send the body plain or with \"Content-Encoding: gzip\".")),
    };
    let announced =
        headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()).and_then(|n| n.parse::<u64>().ok());
    if announced.is_some_and(|length| length > DRAIN_BYTES_MAX) {
        return Err(too_large(limit));
    }
    let raw = tokio::time::timeout(BODY_TIMEOUT, collect(body, limit)).await.map_err(|_| {
        Refused::from(Problem::new(408, codes::BAD_REQUEST, "The body took too long. Send less at once."))
    })??;
    if !gzip {
        return Ok(raw);
    }
    let mut plain = Vec::with_capacity(raw.len().saturating_mul(4));
    MultiGzDecoder::new(raw.as_slice())
        .take(limit + 1)
        .read_to_end(&mut plain)
        .map_err(|error| Refused::bad_request(format!("The body is not gzip: {error}.")))?;
    if plain.len() as u64 > limit { Err(too_large(limit)) } else { Ok(plain) }
}

async fn collect(body: Body, limit: u64) -> Result<Vec<u8>, Refused> {
    let mut stream = body.into_data_stream();
    let (mut raw, mut read) = (Vec::new(), 0_u64);
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|_| Refused::bad_request("The body ended early."))?;
        read += chunk.len() as u64;
        if read <= limit {
            raw.extend_from_slice(&chunk);
        } else if read > DRAIN_BYTES_MAX {
            break;
        }
    }
    if read > limit { Err(too_large(limit)) } else { Ok(raw) }
}
