//! The service over HTTP.
//!
//! Each route is one small function beside its OpenAPI description: it reads the request, asks [`Storage`] once, and
//! writes the answer. The HTTP status speaks for the request alone; what became of each event stands in the body.
//! Everything that is refused is an RFC 9457 problem with a stable code.

mod body;
mod caller;
mod enroll;
mod events;
mod feed;
mod front_office;
mod ops;
pub(crate) mod rates;
mod refused;
mod sign_in;
mod single;

pub use events::AUDIT_HEAD_PREFIX;

use crate::env::Environment;
use crate::metrics::{Metrics, RequestLabels};
use crate::store::{Chain, Storage};
use crate::traces;
use axum::extract::{MatchedPath, Request, State};
use axum::http::StatusCode;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::{Json, Router};
use ed25519_dalek::{Signer, SigningKey};
use refused::Refused;
use std::num::NonZeroU32;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tracing::Instrument;
use turndown_protocol::{AuditClosed, AuditHead, InstallId, Problem, codes};
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What one request may carry. Told to desks in capabilities.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Events in one batch.
    pub max_events: u32,
    /// Bytes of one batch, decompressed.
    pub max_batch_bytes: u64,
    /// Bytes of one event.
    pub max_event_bytes: u64,
    /// How long desks keep acknowledged events, and how long tombstones are kept here, in days.
    pub backup_horizon_days: u32,
    /// Requests that one device may make in a second, in the long run.
    pub requests_per_second: NonZeroU32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_events: 500,
            max_batch_bytes: 1024 * 1024,
            max_event_bytes: 64 * 1024,
            backup_horizon_days: 14,
            // Several times what a desk makes that sends ten days' work as fast as it can.
            requests_per_second: NonZeroU32::new(250).unwrap_or(NonZeroU32::MIN),
        }
    }
}

/// What every route works with.
pub struct App {
    /// What is kept.
    pub store: Arc<dyn Storage>,
    /// Time and chance.
    pub env: Arc<dyn Environment>,
    /// What signs audit heads.
    pub signing_key: SigningKey,
    /// What a request may carry.
    pub limits: Limits,
    /// Counters.
    pub metrics: Metrics,
    /// Tells streams that the service stops.
    pub stopping: CancellationToken,
    /// Tries of enrolment codes.
    pub tries: enroll::Tries,
    /// Tries of PINs.
    pub pin_tries: sign_in::PinTries,
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl App {
    /// The verified stretch of a chain, signed.
    fn closed(&self, install: &InstallId, chain: &Chain) -> AuditClosed {
        let head = AuditHead { local_seq: chain.closed_seq, hash: hex::encode(chain.closed_hash) };
        let store_id = self.store.store_id();
        let text = format!("{AUDIT_HEAD_PREFIX}\n{store_id}\n{install}\n{}\n{}", head.local_seq, head.hash);
        let signature = hex::encode(self.signing_key.sign(text.as_bytes()).to_bytes());
        AuditClosed { head, signature }
    }
}

type AppState = Arc<App>;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Turndown property service",
        description = "Housekeeping and audit of a hotel, for desks that work without it. docs/protocol.md has the rules behind the routes."
    ),
    modifiers(&BearerToken)
)]
struct Api;

struct BearerToken;

impl utoipa::Modify for BearerToken {
    fn modify(&self, api: &mut utoipa::openapi::OpenApi) {
        use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
        let components = api.components.get_or_insert_default();
        components.add_security_scheme("device", SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer)));
    }
}

/// The routes, and the document that describes them.
pub fn router(app: AppState) -> (Router, utoipa::openapi::OpenApi) {
    let (routes, api) = OpenApiRouter::with_openapi(Api::openapi())
        .routes(routes!(ops::capabilities))
        .routes(routes!(events::handshake))
        .routes(routes!(feed::snapshot))
        .routes(routes!(feed::changes))
        .routes(routes!(feed::stream))
        .routes(routes!(events::events))
        .routes(routes!(single::task_action))
        .routes(routes!(front_office::reports))
        .routes(routes!(feed::audit))
        .routes(routes!(feed::story))
        .routes(routes!(feed::suggestions))
        .routes(routes!(sign_in::passes))
        .routes(routes!(sign_in::change_pin))
        .routes(routes!(enroll::enroll))
        .routes(routes!(enroll::enroll_code))
        .routes(routes!(ops::healthz))
        .routes(routes!(ops::readyz))
        .routes(routes!(ops::metrics))
        .routes(routes!(ops::openapi))
        .split_for_parts();
    let document = Arc::new(api.clone());
    let router = routes
        .fallback(no_route)
        .method_not_allowed_fallback(wrong_method)
        .layer(axum::Extension(document))
        .layer(middleware::from_fn_with_state(Arc::clone(&app), observe))
        .layer(CompressionLayer::new().gzip(true).quality(tower_http::CompressionLevel::Fastest))
        .layer(CatchPanicLayer::custom(|_: Box<dyn std::any::Any + Send>| {
            Refused::from(Problem::new(500, codes::STORAGE, "The service failed on this request.")).into_response()
        }))
        .with_state(app);
    (router, api)
}

async fn no_route() -> Refused {
    Problem::new(404, codes::NOT_FOUND, "There is no such route.")
        .with_detail("See /openapi.json for the routes.")
        .into()
}

async fn wrong_method() -> Refused {
    Problem::new(405, codes::METHOD_NOT_ALLOWED, "The route does not take this method.")
        .with_detail("See /openapi.json for the routes.")
        .into()
}

/// Counts and logs a request by its route's pattern, so that neither ever holds a room, a person or a token.
async fn observe(State(app): State<AppState>, request: Request, next: Next) -> Response {
    let route =
        request.extensions().get::<MatchedPath>().map_or_else(|| "none".to_owned(), |path| path.as_str().to_owned());
    let method = request.method().clone();
    let started = std::time::Instant::now();
    let span = traces::of_request(&request, &route);
    let response = next.run(request).instrument(span.clone()).await;
    let status = response.status();
    traces::answered(&span, status);
    app.metrics.requests.get_or_create(&RequestLabels { route: route.clone(), status: status.as_u16() }).inc();
    let ms = started.elapsed().as_millis();
    if status >= StatusCode::INTERNAL_SERVER_ERROR {
        tracing::warn!(%method, route, status = status.as_u16(), ms, "request failed");
    } else {
        tracing::debug!(%method, route, status = status.as_u16(), ms, "request");
    }
    response
}

/// JSON that was written already.
fn json_text(status: StatusCode, text: String) -> Response {
    (status, [(axum::http::header::CONTENT_TYPE, "application/json")], text).into_response()
}

fn json<T: serde::Serialize>(value: T) -> Response {
    Json(value).into_response()
}
