//! HTTP, thin: a request goes out, a whole answer or a classed failure comes back, always within a deadline (B14).
//! Bodies and tokens are never logged.

use crate::address;
use crate::backoff;
use crate::classify::{self, Class, Failure, Head, Transport};
use crate::reason::Cause;
use flate2::Compression;
use flate2::write::GzEncoder;
use reqwest::header::{ACCEPT, CONTENT_ENCODING, CONTENT_TYPE, DATE, HeaderMap, RETRY_AFTER};
use reqwest::{Client, RequestBuilder, Response, redirect};
use serde::de::DeserializeOwned;
use std::error::Error as _;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;
use turndown_offline::Environment;
use turndown_protocol::Problem;

/// Bodies from this size on are compressed.
const COMPRESS_FROM: usize = 2 * 1024;
/// No answer is larger than this, decompressed. A whole hotel's snapshot is far below.
const BODY_MAX: usize = 256 * 1024 * 1024;

const JSON: &str = "application/json, application/problem+json";

/// How long a request may take. Every request has all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadlines {
    /// To connect.
    pub connect: Duration,
    /// From the request's start to the head of the answer.
    pub head: Duration,
    /// Between two pieces of the answer.
    pub idle: Duration,
    /// For a whole request.
    pub total: Duration,
    /// For a whole snapshot.
    pub snapshot: Duration,
    /// A stream that is silent for so long is dead.
    pub stream_silence: Duration,
}

impl Default for Deadlines {
    fn default() -> Self {
        let s = Duration::from_secs;
        Self { connect: s(5), head: s(20), idle: s(15), total: s(60), snapshot: s(600), stream_silence: s(45) }
    }
}

/// A way to one service.
#[derive(Clone)]
pub(crate) struct Wire {
    http: Client,
    base: Arc<str>,
    token: Option<Arc<str>>,
    deadlines: Deadlines,
    environment: Arc<dyn Environment>,
}

impl Wire {
    /// A way to the service at a normalised address.
    pub(crate) fn new(
        base: &str,
        token: Option<&str>,
        deadlines: Deadlines,
        environment: Arc<dyn Environment>,
    ) -> Result<Self, Failure> {
        let http = client(base, deadlines)?;
        Ok(Self { http, base: base.into(), token: token.map(Into::into), deadlines, environment })
    }

    /// The same way with none of the connections that exist (B15): one that died half-way looks alive from here.
    pub(crate) fn fresh(&self) -> Result<Self, Failure> {
        Ok(Self { http: client(&self.base, self.deadlines)?, ..self.clone() })
    }

    /// The same way without saying who asks.
    pub(crate) fn nameless(&self) -> Self {
        Self { token: None, ..self.clone() }
    }

    pub(crate) fn deadlines(&self) -> Deadlines {
        self.deadlines
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.begin(self.http.get(format!("{}{path}", self.base)), JSON)
    }

    pub(crate) fn post(&self, path: &str, body: Body) -> RequestBuilder {
        let request = self.begin(self.http.post(format!("{}{path}", self.base)), JSON);
        let request = request.header(CONTENT_TYPE, "application/json");
        match body {
            Body::Plain(bytes) => request.body(bytes),
            Body::Gzip(bytes) => request.header(CONTENT_ENCODING, "gzip").body(bytes),
        }
    }

    fn begin(&self, request: RequestBuilder, accept: &'static str) -> RequestBuilder {
        let request = request.header(ACCEPT, accept);
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Sends a request and reads a whole JSON answer. The second deadline is for the whole of it.
    pub(crate) async fn call(&self, request: RequestBuilder, total: Duration) -> Result<Vec<u8>, Failure> {
        let whole = async {
            let response = self.open(request).await?;
            let (status, headers) = (response.status().as_u16(), response.headers().clone());
            let body = self.body(response).await;
            // An error's status stands even when its body does not.
            let problem = if status >= 400 { body.as_ref().ok().and_then(|body| problem(body)) } else { None };
            self.judge(status, &headers, problem.as_ref())?;
            body
        };
        timeout(total, whole).await.unwrap_or_else(|_| Err(classify::transport(Transport::Silence)))
    }

    /// Sends a request and reads its answer as a message.
    pub(crate) async fn ask<T: DeserializeOwned>(
        &self,
        request: RequestBuilder,
        total: Duration,
        otherwise: Cause,
    ) -> Result<T, Failure> {
        let body = self.call(request, total).await?;
        serde_json::from_slice(&body).map_err(|error| {
            tracing::warn!(line = error.line(), column = error.column(), "an answer is not of the expected form");
            Failure::unknown(otherwise)
        })
    }

    /// Opens an answer that goes on for as long as both sides live.
    pub(crate) async fn stream(&self, path: &str) -> Result<Response, Failure> {
        let request = self.begin(self.http.get(format!("{}{path}", self.base)), "text/event-stream");
        let response = self.open(request).await?;
        let content_type = text(response.headers(), &CONTENT_TYPE);
        let is_stream = content_type.is_some_and(|value| value.starts_with("text/event-stream"));
        if response.status().as_u16() == 200 && is_stream {
            return Ok(response);
        }
        let failed = self.judge(response.status().as_u16(), response.headers(), None).err();
        Err(failed.unwrap_or_else(|| Failure::unknown(Cause::NotTheService)))
    }

    async fn open(&self, request: RequestBuilder) -> Result<Response, Failure> {
        match timeout(self.deadlines.head, request.send()).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(failed(&error)),
            Err(_) => Err(classify::transport(Transport::Silence)),
        }
    }

    async fn body(&self, mut response: Response) -> Result<Vec<u8>, Failure> {
        let mut body = Vec::new();
        loop {
            match timeout(self.deadlines.idle, response.chunk()).await {
                Err(_) => return Err(classify::transport(Transport::Silence)),
                Ok(Err(error)) => return Err(failed(&error)),
                Ok(Ok(None)) => return Ok(body),
                Ok(Ok(Some(piece))) if body.len() + piece.len() > BODY_MAX => {
                    tracing::warn!(bytes = body.len(), "an answer does not end");
                    return Err(Failure::unknown(Cause::NotTheService));
                }
                Ok(Ok(Some(piece))) => body.extend_from_slice(&piece),
            }
        }
    }

    fn judge(&self, status: u16, headers: &HeaderMap, problem: Option<&Problem>) -> Result<(), Failure> {
        let retry_after = text(headers, &RETRY_AFTER)
            .and_then(|value| backoff::retry_after(value, text(headers, &DATE), self.environment.now()));
        let judged = classify::head(Head { status, content_type: text(headers, &CONTENT_TYPE), retry_after, problem });
        if let Err(failure) = &judged {
            tracing::info!(status, class = ?failure.class, code = failure.reason.code, "the service did not do it");
        }
        judged
    }
}

fn client(base: &str, deadlines: Deadlines) -> Result<Client, Failure> {
    let mut builder = Client::builder()
        .user_agent(concat!("Turndown/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(deadlines.connect)
        // A portal answers with a redirect to its page; following it would hide that.
        .redirect(redirect::Policy::none())
        .tcp_nodelay(true)
        .pool_idle_timeout(Duration::from_secs(60));
    if address::is_here(base) {
        builder = builder.no_proxy();
    }
    builder.build().map_err(|error| {
        tracing::error!(?error, "no HTTP client can be made");
        Failure::new(Class::Desk, Cause::Fault)
    })
}

fn text<'a>(headers: &'a HeaderMap, name: &reqwest::header::HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn problem(body: &[u8]) -> Option<Problem> {
    serde_json::from_slice(body).ok()
}

fn failed(error: &reqwest::Error) -> Failure {
    if error.is_builder() {
        // Only the token and the address go into a request's head; the address was read before.
        tracing::warn!("this desk's token cannot be sent");
        return Failure::new(Class::SignIn, Cause::TokenRefused);
    }
    let kind = transport_of(error);
    tracing::info!(?kind, error = innermost(error), "the service was not reached");
    classify::transport(kind)
}

pub(crate) fn transport_of(error: &reqwest::Error) -> Transport {
    if error.is_connect() {
        // The libraries below tell these apart only in their words.
        let words = format!("{error:?}").to_ascii_lowercase();
        return if words.contains("dns error") || words.contains("failed to lookup") {
            Transport::Name
        } else if words.contains("certificate") || words.contains("tls") {
            Transport::Tls
        } else {
            Transport::Connect
        };
    }
    if error.is_timeout() { Transport::Silence } else { Transport::Broken }
}

/// The last cause in a chain: the one that says what happened, without the address.
fn innermost(error: &reqwest::Error) -> String {
    let mut source = error.source();
    let mut words = String::from("no cause given");
    while let Some(inner) = source {
        words = inner.to_string();
        source = inner.source();
    }
    words
}

/// A request's body.
pub(crate) enum Body {
    Plain(Vec<u8>),
    Gzip(Vec<u8>),
}

impl Body {
    /// Compresses what is worth it.
    pub(crate) fn of(bytes: Vec<u8>) -> Self {
        if bytes.len() < COMPRESS_FROM {
            return Self::Plain(bytes);
        }
        let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 4), Compression::fast());
        match encoder.write_all(&bytes).and_then(|()| encoder.finish()) {
            Ok(packed) => Self::Gzip(packed),
            // Writing to memory does not fail; if it ever did, the bytes themselves are as good.
            Err(_) => Self::Plain(bytes),
        }
    }
}
