//! Who may sign in at the desks of a hotel, signed; and a person's own change of their PIN.

use super::caller::Caller;
use super::{App, AppState, Refused, body, json};
use crate::env::text_of;
use crate::store::{SignIn, StaffPin, StoreError};
use crate::workflow;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use ed25519_dalek::Signer;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;
use turndown_domain::pin::{self, Weak};
use turndown_protocol::{ActorId, ChangePin, Passes, Problem, PropertyId, SignedPasses, codes};

/// How long passes hold: longer than any outage that a desk is made for, so that nobody's work waits for a manager
/// because the network was gone.
const PASSES_HOLD_DAYS: i64 = 14;
/// Wrong PINs of one person within one window before further ones wait.
const WRONG_MAX: u32 = 10;
/// The window.
const WINDOW: Duration = Duration::from_secs(15 * 60);
/// PINs that are looked at side by side: each takes 64 MiB and one processor for a tenth of a second.
const AT_ONCE: usize = 2;

/// Tries of PINs: how many were wrong, person by person, and how many are looked at now.
#[derive(Debug)]
pub struct PinTries {
    wrong: Mutex<BTreeMap<(PropertyId, ActorId), (Instant, u32)>>,
    permits: Arc<Semaphore>,
}

impl Default for PinTries {
    fn default() -> Self {
        Self { wrong: Mutex::default(), permits: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

impl PinTries {
    /// Counts a try before it is made, so that many at once are as many; refuses where there were too many.
    fn count(&self, who: &(PropertyId, ActorId), now: Instant) -> Result<(), Refused> {
        let mut wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        wrong.retain(|_, (since, _)| now.duration_since(*since) < WINDOW);
        let (since, count) = wrong.entry(who.clone()).or_insert((now, 0));
        if *count >= WRONG_MAX {
            let wait = WINDOW.saturating_sub(now.duration_since(*since)).as_secs().max(1);
            let problem = Problem::new(429, codes::TOO_MANY_REQUESTS, "Too many wrong PINs. Wait, then try again.");
            return Err(Refused::from(problem).retry_after(u32::try_from(wait).unwrap_or(900)));
        }
        *count += 1;
        Ok(())
    }

    fn right(&self, who: &(PropertyId, ActorId)) {
        self.wrong.lock().unwrap_or_else(PoisonError::into_inner).remove(who);
    }
}

/// The passes of a hotel for one of its desks, signed now.
fn signed(app: &App, sign_in: &SignIn, caller: &Caller) -> Result<SignedPasses, StoreError> {
    let now_ms = app.env.now_ms();
    let passes = Passes {
        store_id: app.store.store_id().to_owned(),
        property_id: caller.0.property_id.clone(),
        device: hex::encode(caller.1),
        issued_at: text_of(now_ms),
        holds_until: text_of(now_ms + PASSES_HOLD_DAYS * 24 * 3_600_000),
        lock_minutes: sign_in.lock_minutes,
        people: workflow::passes(sign_in),
    };
    let passes = serde_json::to_string(&passes)?;
    let signature = hex::encode(app.signing_key.sign(SignedPasses::signed_text(&passes).as_bytes()).to_bytes());
    Ok(SignedPasses { passes, signature })
}

#[utoipa::path(
    get,
    path = "/v1/properties/{property}/passes",
    tag = "sign-in",
    summary = "Who may sign in at this desk and by what, signed, for the days without the service",
    params(("property" = String, Path)),
    responses(
        (status = 200, body = SignedPasses), (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 503, body = Problem)
    ),
    security(("device" = []))
)]
pub(super) async fn passes(State(app): State<AppState>, caller: Caller) -> Result<Response, Refused> {
    let sign_in = app.store.sign_in(caller.0.property_id.clone()).await?;
    Ok(json(signed(&app, &sign_in, &caller)?))
}

#[utoipa::path(
    post,
    path = "/v1/properties/{property}/pin",
    tag = "sign-in",
    summary = "A person changes their own PIN; the answer has the passes with the new one",
    params(("property" = String, Path)),
    request_body = ChangePin,
    responses(
        (status = 200, body = SignedPasses), (status = 400, body = Problem), (status = 401, body = Problem),
        (status = 403, body = Problem), (status = 415, body = Problem), (status = 422, body = Problem),
        (status = 429, body = Problem), (status = 503, body = Problem)
    ),
    security(("device" = []))
)]
pub(super) async fn change_pin(
    State(app): State<AppState>,
    caller: Caller,
    headers: HeaderMap,
    request: axum::body::Body,
) -> Result<Response, Refused> {
    let asked: ChangePin = body::json(&app, &headers, request).await?;
    let new_pin = pin::plain(&asked.new_pin);
    pin::check(&new_pin).map_err(weak)?;
    if new_pin == pin::plain(&asked.pin) {
        return Err(Problem::new(422, codes::PIN_WEAK, "The new PIN is the old one.").into());
    }
    let property = caller.0.property_id.clone();
    let who = (property.clone(), asked.staff_id.clone());
    app.pin_tries.count(&who, Instant::now())?;
    let mut sign_in = app.store.sign_in(property.clone()).await?;
    let at = sign_in.pins.iter().position(|pin| pin.staff_id == asked.staff_id).ok_or_else(wrong)?;
    let before = sign_in.pins[at].verifier.clone();
    let mut salt = [0; pin::SALT_BYTES];
    app.env.fill_random(&mut salt);
    let (typed, held_against) = (pin::plain(&asked.pin), before.clone());
    // The work keeps its permit: whoever hangs up does not make room for more of it.
    let permit = Arc::clone(&app.pin_tries.permits).acquire_owned().await.map_err(|_| StoreError::Stopping)?;
    let looked = tokio::task::spawn_blocking(move || {
        let _permit = permit;
        match (pin::opens(&typed, &held_against), pin::opens(&new_pin, &held_against)) {
            (true, _) => Looked::Theirs(pin::seal(&new_pin, salt)),
            (false, true) => Looked::Changed,
            (false, false) => Looked::Wrong,
        }
    });
    match looked.await.map_err(|_| StoreError::Fault)? {
        Looked::Theirs(verifier) => {
            let verifier = verifier.ok_or(StoreError::Fault)?;
            let new = StaffPin { staff_id: asked.staff_id, verifier, temporary: false };
            if !app.store.change_pin(property.clone(), before, new.clone(), app.env.now_ms()).await? {
                return Err(wrong());
            }
            sign_in.pins[at] = new;
            tracing::info!(property_id = %property, "a PIN was changed");
        }
        Looked::Changed => {}
        Looked::Wrong => return Err(wrong()),
    }
    app.pin_tries.right(&who);
    Ok(json(signed(&app, &sign_in, &caller)?))
}

/// What a PIN that somebody typed came to.
enum Looked {
    /// It is theirs; what the new one will be held against.
    Theirs(Option<String>),
    /// The new one is theirs already: the answer to the first asking was lost.
    Changed,
    /// It is not theirs.
    Wrong,
}

fn wrong() -> Refused {
    Problem::new(403, codes::PIN_WRONG, "That is not this person's PIN.")
        .with_detail("A PIN that was forgotten is replaced by the hotel's IT.")
        .into()
}

fn weak(why: Weak) -> Refused {
    let detail = match why {
        Weak::NotDigits => "A PIN is digits alone.".to_owned(),
        Weak::Short => format!("A PIN has at least {} digits.", pin::DIGITS_MIN),
        Weak::Long => format!("A PIN has at most {} digits.", pin::DIGITS_MAX),
        Weak::Obvious => "That PIN is among those that everybody tries first.".to_owned(),
    };
    Problem::new(422, codes::PIN_WEAK, "That PIN will not do.").with_detail(detail).into()
}
