//! The network between a desk and the service: loses, delays, repeats, cuts and lies, from a seed.

use super::tally::Kinds;
use crate::world::service::Front;
use axum::body::Body;
use bytes::Bytes;
use fastrand::Rng;
use futures_util::future::BoxFuture;
use futures_util::{FutureExt, StreamExt, stream};
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Read;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tower::ServiceExt;
use turndown_protocol::{EventsRequest, ZERO_HASH};
use turndown_sync::classify::{Failure, Transport, transport};
use turndown_sync::{Network, Pieces};

/// How the network is as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weather {
    /// Requests go through, but for the chance faults.
    Fair,
    /// Nothing listens.
    Refused,
    /// The name is not found.
    NoName,
    /// The certificate is not good: expired, another host's, an interception.
    BadCertificate,
    /// Nothing comes back and nothing says so.
    Silent,
    /// A portal answers everything with its page.
    Portal,
    /// A portal redirects everything to its page.
    Redirect,
    /// Requests arrive and answers do not.
    InboundLost,
    /// Requests do not arrive, but connections stand.
    OutboundLost,
    /// A proxy answers for the service that it is not there.
    BadGateway,
}

impl Weather {
    const BAD: [Self; 9] = [
        Self::Refused,
        Self::NoName,
        Self::BadCertificate,
        Self::Silent,
        Self::Portal,
        Self::Redirect,
        Self::InboundLost,
        Self::OutboundLost,
        Self::BadGateway,
    ];

    /// One of the bad ones.
    #[must_use]
    pub fn bad(rng: &mut Rng) -> Self {
        Self::BAD[rng.usize(..Self::BAD.len())]
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Fair => "fair",
            Self::Refused => "net_refused",
            Self::NoName => "net_no_name",
            Self::BadCertificate => "net_bad_certificate",
            Self::Silent => "net_silent",
            Self::Portal => "net_portal_200",
            Self::Redirect => "net_redirect_302",
            Self::InboundLost => "net_inbound_lost",
            Self::OutboundLost => "net_outbound_lost",
            Self::BadGateway => "net_bad_gateway",
        }
    }
}

/// What can happen to a single request in fair weather.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mishap {
    ResetBefore,
    HangBefore,
    AnswerLost,
    HangAfter,
    CutBody,
    Garbled,
    WrongType,
    OtherJson,
    OmittedResult,
    OtherStore,
    OtherEpoch,
    Cached,
    Duplicate,
    LateDuplicate,
    Slow,
    Status(u16, Option<&'static str>),
}

const MISHAPS: [(Mishap, &str); 34] = [
    (Mishap::ResetBefore, "req_reset_before"),
    (Mishap::HangBefore, "req_hang_before"),
    (Mishap::AnswerLost, "req_answer_lost"),
    (Mishap::HangAfter, "req_hang_after"),
    (Mishap::CutBody, "req_cut_body"),
    (Mishap::Garbled, "req_garbled_body"),
    (Mishap::WrongType, "req_wrong_type"),
    (Mishap::OtherJson, "req_other_json"),
    (Mishap::OmittedResult, "req_omitted_result"),
    (Mishap::OtherStore, "req_other_store"),
    (Mishap::OtherEpoch, "req_other_epoch"),
    (Mishap::Cached, "req_cached_answer"),
    (Mishap::Duplicate, "req_duplicate"),
    (Mishap::LateDuplicate, "req_late_duplicate"),
    (Mishap::Slow, "req_slow"),
    (Mishap::Status(400, None), "req_400"),
    (Mishap::Status(401, None), "req_401"),
    (Mishap::Status(403, None), "req_403"),
    (Mishap::Status(404, None), "req_404"),
    (Mishap::Status(407, None), "req_407"),
    (Mishap::Status(408, None), "req_408"),
    (Mishap::Status(409, None), "req_409"),
    (Mishap::Status(413, None), "req_413"),
    (Mishap::Status(422, None), "req_422"),
    (Mishap::Status(426, None), "req_426"),
    (Mishap::Status(429, Some("7")), "req_429"),
    (Mishap::Status(500, None), "req_500"),
    (Mishap::Status(502, None), "req_502"),
    (Mishap::Status(503, None), "req_503"),
    (Mishap::Status(503, Some("999999999")), "req_retry_after_huge"),
    (Mishap::Status(503, Some("-5")), "req_retry_after_negative"),
    (Mishap::Status(503, Some("Wed, 21 Oct 2099 07:28:00 GMT")), "req_retry_after_date"),
    (Mishap::Status(504, None), "req_504"),
    (Mishap::Status(511, None), "req_511"),
];

struct State {
    weather: Weather,
    /// The chance that something happens to a request in fair weather.
    mishaps: f64,
    /// Whether there are live streams of changes here.
    streams: bool,
    rng: Rng,
    /// Connections from before a cut are dead.
    generation: u64,
    /// How it will be as soon as an answer is on its way.
    turning: Option<Weather>,
    /// What was answered last to whoever asked for this, for a proxy that keeps what it must not keep.
    kept: BTreeMap<String, Bytes>,
}

/// A desk's way to the service.
#[derive(Clone)]
pub struct Net {
    state: Arc<Mutex<State>>,
    front: Front,
    kinds: Kinds,
}

impl Net {
    /// A network in fair weather.
    #[must_use]
    pub fn new(front: Front, kinds: Kinds, seed: u64, mishaps: f64, streams: bool) -> Self {
        let state = State {
            weather: Weather::Fair,
            mishaps,
            streams,
            rng: Rng::with_seed(seed),
            generation: 0,
            turning: None,
            kept: BTreeMap::new(),
        };
        Self { state: Arc::new(Mutex::new(state)), front, kinds }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the weather. What is on its way when it turns bad is lost.
    pub fn set_weather(&self, weather: Weather) {
        let mut state = self.state();
        if weather != Weather::Fair {
            state.generation += 1;
            self.kinds.count(&format!("{}_outage", weather.name()));
        }
        state.weather = weather;
        state.turning = None;
    }

    /// The weather changes while the next answer is on its way, which is lost with it.
    pub fn turn_in_an_answer(&self, weather: Weather) {
        self.state().turning = Some(weather);
    }

    /// Whether it is fair, and will be.
    #[must_use]
    pub fn is_fair(&self) -> bool {
        let state = self.state();
        state.weather == Weather::Fair && state.turning.is_none()
    }

    /// No chance faults any more.
    pub fn heal(&self) {
        let mut state = self.state();
        state.weather = Weather::Fair;
        state.turning = None;
        state.mishaps = 0.0;
    }

    fn fault(&self, kind: &str) {
        self.kinds.count(kind);
        self.kinds.count("network_faults");
    }

    async fn carry(self, request: Request<Vec<u8>>) -> Result<Response<Pieces>, Failure> {
        let is_stream = request.uri().path().ends_with("/stream");
        // What only asks is the same request each time.
        let asks = (request.method() == Method::GET && !is_stream).then(|| request.uri().to_string());
        let (weather, mishap, there, back, generation) = {
            let mut state = self.state();
            if is_stream && !state.streams {
                return Ok(page(StatusCode::NOT_FOUND, "text/html", "no streams here"));
            }
            let happens = state.mishaps > 0.0 && state.rng.f64() < state.mishaps;
            let mishap = happens.then(|| MISHAPS[state.rng.usize(..MISHAPS.len())]);
            let kept = || asks.as_ref().is_some_and(|asks| state.kept.contains_key(asks));
            let mishap = mishap.filter(|(mishap, _)| *mishap != Mishap::Cached || kept());
            let there = Duration::from_millis(state.rng.u64(1..80));
            let back = Duration::from_millis(state.rng.u64(1..80));
            (state.weather, mishap, there, back, state.generation)
        };
        if weather != Weather::Fair {
            self.fault(weather.name());
        }
        tokio::time::sleep(there).await;
        match weather {
            Weather::Fair | Weather::InboundLost => {}
            Weather::Refused => return Err(transport(Transport::Connect)),
            Weather::NoName => return Err(transport(Transport::Name)),
            Weather::BadCertificate => return Err(transport(Transport::Tls)),
            Weather::Silent | Weather::OutboundLost => return std::future::pending().await,
            Weather::Portal => {
                return Ok(page(StatusCode::OK, "text/html", "<html>Welcome to the hotel's guest network</html>"));
            }
            Weather::Redirect => {
                let mut answer = page(StatusCode::FOUND, "text/html", "");
                answer.headers_mut().insert(header::LOCATION, HeaderValue::from_static("http://portal.invalid/"));
                return Ok(answer);
            }
            Weather::BadGateway => return Ok(page(StatusCode::BAD_GATEWAY, "text/html", "<h1>502</h1>")),
        }
        if let Some((_, kind)) = mishap {
            self.fault(kind);
        }
        let mishap = mishap.map(|(mishap, _)| mishap);
        match mishap {
            Some(Mishap::ResetBefore) => return Err(transport(Transport::Broken)),
            Some(Mishap::HangBefore) => return std::future::pending().await,
            Some(Mishap::Slow) => tokio::time::sleep(Duration::from_secs(12)).await,
            Some(Mishap::Status(status, retry_after)) => {
                let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
                let mut answer = page(status, "text/html", "<h1>not now</h1>");
                if let Some(value) = retry_after {
                    answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static(value));
                }
                return Ok(answer);
            }
            Some(Mishap::Cached) => {
                let kept = asks.and_then(|asks| self.state().kept.get(&asks).cloned());
                return Ok(whole_json(kept.unwrap_or_default()));
            }
            Some(Mishap::OtherStore) => return self.stranger(request, "store_id").await,
            Some(Mishap::OtherEpoch) => return self.stranger(request, "epoch").await,
            _ => {}
        }
        let copy = matches!(mishap, Some(Mishap::Duplicate | Mishap::LateDuplicate)).then(|| again(&request));
        let answer = self.front.clone().serve(request).await;
        if let Some(copy) = copy {
            let front = self.front.clone();
            if mishap == Some(Mishap::LateDuplicate) {
                let late = Duration::from_secs(self.state().rng.u64(1..600));
                tokio::spawn(async move {
                    tokio::time::sleep(late).await;
                    let _ = front.serve(copy).await;
                });
            } else {
                let _ = front.serve(copy).await;
            }
        }
        let Some(mut answer) = answer else { return Err(transport(Transport::Broken)) };
        let turning = self.state().turning;
        if let Some(weather) = turning {
            self.set_weather(weather);
        }
        if self.state().mishaps > 0.0
            && answer.status() == StatusCode::OK
            && let Some(asks) = asks
        {
            let (head, body) = answer.into_parts();
            let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
            self.state().kept.insert(asks, bytes.clone());
            answer = Response::from_parts(head, Body::from(bytes));
        }
        tokio::time::sleep(back).await;
        // The weather may have turned while it was on its way.
        let lost = self.state().generation != generation;
        if lost {
            self.fault("answer_lost_in_the_cut");
            return Err(transport(Transport::Broken));
        }
        match mishap {
            Some(Mishap::AnswerLost) => return Err(transport(Transport::Broken)),
            Some(Mishap::HangAfter) => return std::future::pending().await,
            _ if weather == Weather::InboundLost => return std::future::pending().await,
            Some(Mishap::WrongType) => {
                let mut answer = self.whole(answer, generation);
                answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html"));
                return Ok(answer);
            }
            Some(Mishap::OtherJson) => return Ok(page(StatusCode::OK, "application/json", r#"{"status":"ok"}"#)),
            _ => {}
        }
        if is_stream {
            return Ok(self.whole(answer, generation));
        }
        match mishap {
            Some(Mishap::CutBody | Mishap::Garbled | Mishap::OmittedResult) => {
                let (head, body) = answer.into_parts();
                let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
                let at = if bytes.is_empty() { 0 } else { self.state().rng.usize(..bytes.len()) };
                let pieces = match mishap {
                    Some(Mishap::CutBody) => stream::iter([Ok(bytes.slice(..at)), Err(Transport::Broken)]).boxed(),
                    Some(Mishap::Garbled) => {
                        // Shorter than announced and ended as if it were whole.
                        stream::iter([Ok(bytes.slice(..at))]).boxed()
                    }
                    _ => stream::iter([Ok(omit_last_result(&bytes))]).boxed(),
                };
                Ok(Response::from_parts(head, pieces))
            }
            _ => Ok(self.whole(answer, generation)),
        }
    }

    /// Somebody else's service answers, as whole and well typed as this hotel's own, which never hears of it: a wrong
    /// address behind a proxy, or a copy of the service from before. It takes whatever it is given.
    async fn stranger(self, request: Request<Vec<u8>>, other: &str) -> Result<Response<Pieces>, Failure> {
        let taken = if request.method() == Method::POST { taken(&request) } else { None };
        let answer = match taken {
            Some(taken) => Some(taken),
            None => match self.front.clone().serve(request).await {
                Some(answer) => {
                    let bytes = axum::body::to_bytes(answer.into_body(), usize::MAX).await.unwrap_or_default();
                    serde_json::from_slice(&bytes).ok()
                }
                None => None,
            },
        };
        let Some(mut answer) = answer else { return Err(transport(Transport::Broken)) };
        if let Some(member) = answer.get_mut(other) {
            *member = "somebody-elses".into();
        }
        Ok(whole_json(answer.to_string().into()))
    }

    /// The answer's body for as long as the connection lives.
    fn whole(&self, answer: Response<Body>, generation: u64) -> Response<Pieces> {
        let (head, body) = answer.into_parts();
        let net = self.clone();
        let pieces = body.into_data_stream().map(move |piece| {
            if net.state().generation == generation {
                piece.map_err(|_| Transport::Broken)
            } else {
                Err(Transport::Broken)
            }
        });
        Response::from_parts(head, pieces.boxed())
    }
}

impl Network for Net {
    fn send(&self, request: Request<Vec<u8>>) -> BoxFuture<'static, Result<Response<Pieces>, Failure>> {
        self.clone().carry(request).boxed()
    }

    fn renew(&self) {}
}

fn again(request: &Request<Vec<u8>>) -> Request<Vec<u8>> {
    let mut copy = Request::new(request.body().clone());
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.headers_mut() = request.headers().clone();
    copy
}

fn page(status: StatusCode, content_type: &'static str, text: &'static str) -> Response<Pieces> {
    let mut answer = Response::new(stream::iter([Ok(Bytes::from_static(text.as_bytes()))]).boxed() as Pieces);
    *answer.status_mut() = status;
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    answer
}

fn whole_json(bytes: Bytes) -> Response<Pieces> {
    let mut answer = page(StatusCode::OK, "application/json", "");
    *answer.body_mut() = stream::iter([Ok(bytes)]).boxed();
    answer
}

/// The answer of a service that took every event of a batch; nothing where the request is no batch.
fn taken(request: &Request<Vec<u8>>) -> Option<Value> {
    let mut unpacked = vec![];
    let body = match request.headers().get(header::CONTENT_ENCODING) {
        Some(_) => {
            flate2::read::GzDecoder::new(request.body().as_slice()).read_to_end(&mut unpacked).ok()?;
            &unpacked
        }
        None => request.body(),
    };
    let batch: EventsRequest = serde_json::from_slice(body).ok()?;
    let results = batch.events.iter().zip(1_u64..).filter_map(|(event, seq)| {
        let event: Value = serde_json::from_str(event.get()).ok()?;
        Some(json!({ "event_id": event.get("event_id")?, "outcome": "applied", "seq": seq }))
    });
    Some(json!({
        "batch_id": batch.batch_id,
        "store_id": batch.store_id,
        "epoch": batch.epoch,
        "head_seq": 1,
        "server_time": "2016-03-25T10:00:00.000Z",
        "results": results.collect::<Vec<_>>(),
        "audit_closed": { "local_seq": 0, "hash": ZERO_HASH, "signature": "" },
    }))
}

/// An answer that leaves one of its results out.
fn omit_last_result(bytes: &Bytes) -> Bytes {
    let Ok(mut answer) = serde_json::from_slice::<Value>(bytes) else { return bytes.clone() };
    if let Some(results) = answer.get_mut("results").and_then(Value::as_array_mut) {
        results.pop();
    }
    answer.to_string().into()
}

impl Front {
    /// Has the service answer, unless it is not there or dies on the way.
    pub(super) async fn serve(self, request: Request<Vec<u8>>) -> Option<Response<Body>> {
        let (router, gone) = self.open()?;
        let (head, body) = request.into_parts();
        let request = Request::from_parts(head, Body::from(body));
        let answer = gone.run_until_cancelled(router.oneshot(request)).await?;
        match answer {
            // A machine that died while it worked on this said nothing any more.
            Ok(answer) if !gone.is_cancelled() && self.is_alive() => Some(answer),
            Ok(_) => None,
            Err(never) => match never {},
        }
    }
}
