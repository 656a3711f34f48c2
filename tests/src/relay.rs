//! The network between a desk and a service, in a hand that can cut it.
//!
//! It listens on loopback and carries whole requests and answers, streams included, so that it can do what networks do
//! to them: be gone, lose an answer after the service has done its work, break in the middle of one, carry a request
//! twice, or be somebody else's sign-in page.

use crate::service::free_loopback;
use crate::{RUNTIME, eventually};
use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use futures_util::stream;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// The largest body that is carried whole.
const BODY_MAX: usize = 64 << 20;

/// What happens to one request that carries events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The service gets it and answers; the answer is lost and the connection closed.
    LoseAnswer,
    /// The answer breaks off in the middle.
    CutAnswer,
    /// The service gets it twice at once; the desk hears one of the answers.
    Twice,
    /// Carried; kept as well, to be delivered once more by [`Relay::deliver_late_copies`].
    Keep,
    /// Never reaches the service: the connection closes first.
    LoseRequest,
    /// Never reaches the service, because the whole network goes just then, until [`Relay::restore`].
    CutNetwork,
    /// The service never hears of it; a sign-in page answers with status 200.
    Portal,
    /// The service is said to be overloaded, with a wait of one second.
    Busy,
    /// Carried as it is.
    Pass,
}

/// A request with events that was seen.
#[derive(Debug, Clone)]
pub struct Seen {
    /// What was done to it.
    pub fault: Fault,
    /// The status of the service's answer; absent where it never heard of it.
    pub status: Option<u16>,
}

#[derive(Clone)]
struct Copied {
    path: String,
    headers: HeaderMap,
    body: Bytes,
}

#[derive(Default)]
struct State {
    upstream: String,
    portal: bool,
    faults: VecDeque<Fault>,
    kept: Vec<Copied>,
    seen: Vec<Seen>,
    requests: u64,
}

struct Shared {
    state: Mutex<State>,
    client: reqwest::Client,
    /// Cancelled by a cut; a restored relay has a new one.
    life: Mutex<CancellationToken>,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn life(&self) -> MutexGuard<'_, CancellationToken> {
        self.life.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A relay. Gone with everything it carries when it goes out of scope.
pub struct Relay {
    shared: Arc<Shared>,
    address: String,
    carrying: Option<tokio::task::JoinHandle<()>>,
}

impl Relay {
    /// A relay to the service at `host:port`.
    #[must_use]
    pub fn to(upstream: &str) -> Self {
        let client = reqwest::Client::builder()
            .no_gzip()
            .no_proxy()
            .pool_max_idle_per_host(0)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .expect("a client");
        let state = State { upstream: upstream.to_owned(), ..State::default() };
        let shared = Arc::new(Shared { state: Mutex::new(state), client, life: Mutex::default() });
        let mut relay = Self { shared, address: free_loopback(), carrying: None };
        relay.restore();
        relay
    }

    /// Its address, for a desk to connect to. The same after a cut.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Cuts it: connections that stand break, new ones are refused.
    pub fn cut(&mut self) {
        self.shared.life().cancel();
        if let Some(carrying) = self.carrying.take() {
            RUNTIME.block_on(carrying).expect("the relay ends");
        }
    }

    /// Whether it is cut, by [`Relay::cut`] or [`Fault::CutNetwork`].
    #[must_use]
    pub fn is_cut(&self) -> bool {
        self.shared.life().is_cancelled()
    }

    /// Takes connections again.
    pub fn restore(&mut self) {
        self.cut();
        let life = CancellationToken::new();
        *self.shared.life() = life.clone();
        // Somebody else's connection may have been given the port meanwhile, and lets go of it.
        let bind = || RUNTIME.block_on(TcpListener::bind(&self.address)).ok();
        let listener = eventually("the relay's address is free", bind);
        self.address = listener.local_addr().expect("an address").to_string();
        self.carrying = Some(RUNTIME.spawn(carry(listener, Arc::clone(&self.shared), life)));
    }

    /// Leads somewhere else from now on.
    pub fn lead_to(&self, upstream: &str) {
        self.shared.state().upstream = upstream.to_owned();
    }

    /// Whether a sign-in page answers everything, with status 200.
    pub fn set_portal(&self, on: bool) {
        self.shared.state().portal = on;
    }

    /// What happens to the next requests that carry events, in this order. Those after them pass.
    pub fn next(&self, faults: &[Fault]) {
        self.shared.state().faults.extend(faults);
    }

    /// Nothing happens to requests with events any more.
    pub fn calm(&self) {
        self.shared.state().faults.clear();
    }

    /// Requests with events that were seen.
    #[must_use]
    pub fn seen(&self) -> Vec<Seen> {
        self.shared.state().seen.clone()
    }

    /// Requests of any kind that were seen.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.shared.state().requests
    }

    /// Delivers once more what [`Fault::Keep`] kept. Answers the statuses.
    ///
    /// # Panics
    /// When the service does not answer.
    #[must_use]
    pub fn deliver_late_copies(&self) -> Vec<u16> {
        let kept = std::mem::take(&mut self.shared.state().kept);
        RUNTIME.block_on(async {
            let mut statuses = Vec::new();
            for copied in &kept {
                let answer = forward(&self.shared, copied, reqwest::Method::POST).await.expect("the service answers");
                statuses.push(answer.status().as_u16());
            }
            statuses
        })
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.shared.life().cancel();
    }
}

async fn carry(listener: TcpListener, shared: Arc<Shared>, life: CancellationToken) {
    let mut connections = JoinSet::new();
    loop {
        let accepted = tokio::select! {
            () = life.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        let Ok((socket, _)) = accepted else { continue };
        let (shared, life) = (Arc::clone(&shared), life.clone());
        connections.spawn(async move {
            let serve = http1::Builder::new().serve_connection(
                TokioIo::new(socket),
                service_fn(|request| {
                    let (shared, life) = (Arc::clone(&shared), life.clone());
                    async move { answer(&shared, &life, request).await }
                }),
            );
            tokio::select! {
                () = life.cancelled() => {}
                // How a connection ended is the business of those at its ends.
                _ = serve => {}
            }
        });
    }
    // First nobody new, then nobody at all: whoever connects from now on is refused.
    drop(listener);
    connections.shutdown().await;
}

/// An error closes the connection without an answer.
async fn answer(
    shared: &Shared,
    life: &CancellationToken,
    request: Request<hyper::body::Incoming>,
) -> io::Result<Response<Body>> {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string);
    let carries_events = parts.method == axum::http::Method::POST && parts.uri.path().ends_with("/events");
    let body = to_bytes(Body::new(body), BODY_MAX).await.map_err(io::Error::other)?;
    let copied = Copied { path, headers: parts.headers, body };
    let (portal, fault) = {
        let mut state = shared.state();
        state.requests += 1;
        let fault = if carries_events { state.faults.pop_front().unwrap_or(Fault::Pass) } else { Fault::Pass };
        (state.portal, fault)
    };
    if portal {
        return Ok(sign_in_page());
    }
    let note = |status: Option<u16>| {
        if carries_events {
            shared.state().seen.push(Seen { fault, status });
        }
    };
    let lost = || io::Error::other("lost on the way");
    match fault {
        Fault::Portal => {
            note(None);
            return Ok(sign_in_page());
        }
        Fault::LoseRequest => {
            note(None);
            return Err(lost());
        }
        Fault::CutNetwork => {
            note(None);
            life.cancel();
            return Err(lost());
        }
        Fault::Busy => {
            note(None);
            let mut busy = Response::new(Body::empty());
            *busy.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
            busy.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
            return Ok(busy);
        }
        Fault::Twice => {
            let (one, other) = tokio::join!(
                whole(shared, &copied, parts.method.clone()),
                whole(shared, &copied, parts.method.clone()),
            );
            other?;
            let (status, headers, bytes) = one?;
            note(Some(status.as_u16()));
            return Ok(response(status, &headers, Body::from(bytes)));
        }
        Fault::LoseAnswer | Fault::CutAnswer => {
            let (status, headers, bytes) = whole(shared, &copied, parts.method).await?;
            note(Some(status.as_u16()));
            if fault == Fault::LoseAnswer {
                return Err(lost());
            }
            let half = bytes.slice(..bytes.len() / 2);
            let mut cut = response(status, &headers, Body::from_stream(stream::iter([Ok(half), Err(lost())])));
            cut.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from(bytes.len()));
            return Ok(cut);
        }
        Fault::Keep => shared.state().kept.push(copied.clone()),
        Fault::Pass => {}
    }
    let upstream = forward(shared, &copied, parts.method).await?;
    let (status, headers) = (upstream.status(), upstream.headers().clone());
    note(Some(status.as_u16()));
    Ok(response(status, &headers, Body::from_stream(upstream.bytes_stream())))
}

async fn whole(
    shared: &Shared,
    copied: &Copied,
    method: reqwest::Method,
) -> io::Result<(StatusCode, HeaderMap, Bytes)> {
    let answer = forward(shared, copied, method).await?;
    let (status, headers) = (answer.status(), answer.headers().clone());
    Ok((status, headers, answer.bytes().await.map_err(io::Error::other)?))
}

async fn forward(shared: &Shared, copied: &Copied, method: reqwest::Method) -> io::Result<reqwest::Response> {
    let url = format!("http://{}{}", shared.state().upstream, copied.path);
    let mut headers = copied.headers.clone();
    for own in [header::HOST, header::CONNECTION, header::TRANSFER_ENCODING, header::CONTENT_LENGTH] {
        headers.remove(own);
    }
    let request = shared.client.request(method, url).headers(headers).body(copied.body.clone());
    request.send().await.map_err(io::Error::other)
}

fn response(status: StatusCode, headers: &HeaderMap, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    for (name, value) in headers {
        if ![header::CONNECTION, header::TRANSFER_ENCODING, header::CONTENT_LENGTH].contains(name) {
            response.headers_mut().append(name, value.clone());
        }
    }
    response
}

fn sign_in_page() -> Response<Body> {
    let mut page =
        Response::new(Body::from("<!doctype html><title>Guest Wi-Fi</title><h1>Welcome. Please sign in.</h1>"));
    page.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    page
}
