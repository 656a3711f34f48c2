//! A desk comes in: a short code from the hotel for a long token.

use super::{AppState, Refused, body, json};
use crate::token;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use turndown_domain::note_text;
use turndown_protocol::{Enroll, EnrollCode, Enrolled, Problem, codes};

/// Wrong codes within one window before all tries wait. With 40 random bits and fifteen minutes a guesser has a
/// chance of about one in ten billion a code.
const WRONG_MAX: u32 = 30;
/// The window.
const WINDOW: Duration = Duration::from_secs(60);
/// The longest name of a device, in characters.
const NAME_CHARS_MAX: usize = 100;

/// Counts wrong codes, for all callers together: an address says little behind a hotel's proxy.
#[derive(Debug, Default)]
pub struct Tries(Mutex<Option<(Instant, u32)>>);

impl Tries {
    fn check(&self, now: Instant) -> Result<(), Refused> {
        let tries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match *tries {
            Some((since, wrong)) if wrong >= WRONG_MAX && now.duration_since(since) < WINDOW => {
                let wait = WINDOW.saturating_sub(now.duration_since(since)).as_secs().max(1);
                let problem =
                    Problem::new(429, codes::TOO_MANY_REQUESTS, "Too many wrong codes. Wait a minute, then try again.");
                Err(Refused::from(problem).retry_after(u32::try_from(wait).unwrap_or(60)))
            }
            _ => Ok(()),
        }
    }

    fn wrong(&self, now: Instant) {
        let mut tries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *tries = match *tries {
            Some((since, wrong)) if now.duration_since(since) < WINDOW => Some((since, wrong + 1)),
            _ => Some((now, 1)),
        };
    }
}

fn unknown() -> Refused {
    Problem::new(404, codes::ENROLL_CODE_UNKNOWN, "This code is not known, was used already, or is too old.")
        .with_detail("Ask the hotel for a new one. A code holds for fifteen minutes.")
        .into()
}

#[utoipa::path(
    get,
    path = "/v1/enroll/{code}",
    tag = "enrolment",
    summary = "Whose code it is, before a desk connects",
    params(("code" = String, Path)),
    responses((status = 200, body = EnrollCode), (status = 404, body = Problem), (status = 429, body = Problem))
)]
pub(super) async fn enroll_code(
    State(app): State<AppState>,
    code: Result<Path<String>, PathRejection>,
) -> Result<Response, Refused> {
    app.tries.check(Instant::now())?;
    // What is no text is no code either.
    let name = match code.ok().and_then(|Path(code)| token::code_hash(&code)) {
        Some(hash) => app.store.enroll_code(hash, app.env.now_ms()).await?,
        None => None,
    };
    let property_name = name.ok_or_else(|| {
        app.tries.wrong(Instant::now());
        unknown()
    })?;
    Ok(json(EnrollCode { property_name }))
}

#[utoipa::path(
    post,
    path = "/v1/enroll",
    tag = "enrolment",
    summary = "A desk turns a code into its token",
    request_body = Enroll,
    responses(
        (status = 200, body = Enrolled), (status = 400, body = Problem), (status = 404, body = Problem),
        (status = 415, body = Problem), (status = 429, body = Problem), (status = 503, body = Problem)
    )
)]
pub(super) async fn enroll(
    State(app): State<AppState>,
    headers: HeaderMap,
    request: axum::body::Body,
) -> Result<Response, Refused> {
    app.tries.check(Instant::now())?;
    let asked: Enroll = body::json(&app, &headers, request).await?;
    let name = asked.device_name.trim();
    let is_readable = !name.chars().any(char::is_control) && note_text(name).is_ok();
    if name.is_empty() || name.chars().count() > NAME_CHARS_MAX || !is_readable {
        return Err(Refused::bad_request(format!(
            "device_name has to be a name of at most {NAME_CHARS_MAX} characters, all of which can be shown."
        )));
    }
    let token = token::new_token(&*app.env);
    let device = match token::code_hash(&asked.code) {
        Some(code) => app.store.redeem_code(code, name.to_owned(), token::hash(&token), app.env.now_ms()).await?,
        None => None,
    };
    let device = device.ok_or_else(|| {
        app.tries.wrong(Instant::now());
        unknown()
    })?;
    tracing::info!(property_id = %device.property_id, "a device was enrolled");
    Ok(json(Enrolled {
        token,
        property_id: device.property_id,
        property_name: device.property_name,
        store_id: app.store.store_id().to_owned(),
    }))
}
