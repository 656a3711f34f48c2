//! How often one device may ask: a desk that runs wild, or whoever has its token, does not take the service from the
//! others.
//!
//! It stands before everything else and costs no look into the store. Callers without a token, and those whose token is
//! not known to be one yet, count as one: whoever makes up tokens gets no rate of their own by that. Whether the service
//! lives may be asked as often as one likes.

use super::{App, Refused};
use crate::store::Hash;
use crate::token;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::AUTHORIZATION;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::sync::{Arc, PoisonError, RwLock};
use turndown_protocol::{Problem, codes};

/// How many seconds' worth may come at once after a pause.
const BURST_SECONDS: u32 = 4;

/// Routes that are never held up: whoever watches over the service acts on what they answer.
const UNLIMITED: [&str; 2] = ["/healthz", "/readyz"];

/// The rates of all callers.
pub(crate) struct Rates {
    limiter: DefaultKeyedRateLimiter<Option<Hash>>,
    /// Tokens that a request came through with.
    known: RwLock<BTreeSet<Hash>>,
    app: Arc<App>,
}

impl Rates {
    pub(crate) fn new(app: Arc<App>) -> Self {
        let per_second = app.limits.requests_per_second;
        let burst = per_second.saturating_mul(NonZeroU32::new(BURST_SECONDS).unwrap_or(NonZeroU32::MIN));
        let limiter = RateLimiter::keyed(Quota::per_second(per_second).allow_burst(burst));
        Self { limiter, known: RwLock::default(), app }
    }

    fn is_known(&self, token: &Hash) -> bool {
        self.known.read().unwrap_or_else(PoisonError::into_inner).contains(token)
    }

    /// Notes whether a token was one.
    fn answered(&self, token: Hash, status: StatusCode) {
        let is_one = status != StatusCode::UNAUTHORIZED;
        if is_one != self.is_known(&token) {
            let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
            if is_one {
                known.insert(token)
            } else {
                known.remove(&token)
            };
        }
    }

    /// Forgets who has not asked for a while.
    pub(crate) fn tidy(&self) {
        self.limiter.retain_recent();
        self.limiter.shrink_to_fit();
    }
}

/// Whether a route looks at the token at all.
fn is_behind_a_token(path: &str) -> bool {
    path.starts_with("/v1/properties/") || path.starts_with("/v1/installs/")
}

/// Lets a request through, or says when to come again.
pub(crate) async fn limit(State(rates): State<Arc<Rates>>, request: Request, next: Next) -> Response {
    let header = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = header.and_then(|text| text.split_once(' ')).map(|(_, token)| token::hash(token.trim()));
    if UNLIMITED.contains(&request.uri().path()) {
        return next.run(request).await;
    }
    match rates.limiter.check_key(&token.filter(|token| rates.is_known(token))) {
        Ok(()) => {
            let is_asked = is_behind_a_token(request.uri().path());
            let response = next.run(request).await;
            if let Some(token) = token.filter(|_| is_asked) {
                rates.answered(token, response.status());
            }
            response
        }
        Err(until) => {
            rates.app.metrics.requests_limited.inc();
            let wait = until.wait_time_from(DefaultClock::default().now()).as_secs_f64().ceil().max(1.0);
            let problem = Problem::new(429, codes::TOO_MANY_REQUESTS, "This device asks too often.")
                .with_detail("Nothing was done. Wait as long as Retry-After says, then send the same again.");
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "some seconds, and at least one"
            )]
            let seconds = wait as u32;
            Refused::from(problem).retry_after(seconds).into_response()
        }
    }
}
