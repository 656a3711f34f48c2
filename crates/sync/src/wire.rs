//! Requests and answers, thin: a request goes out, a whole answer or a classed failure comes back, always within a
//! deadline (B14). Bodies and tokens are never logged.

use crate::backoff;
use crate::classify::{self, Class, Failure, Head, Transport};
use crate::network::{Network, Pieces};
use crate::reason::Cause;
use crate::token::Token;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::StreamExt;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, DATE, HeaderMap, HeaderName, RETRY_AFTER};
use http::{Request, Response, request};
use serde::de::DeserializeOwned;
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
    network: Arc<dyn Network>,
    base: Arc<str>,
    token: Option<Token>,
    deadlines: Deadlines,
    environment: Arc<dyn Environment>,
}

impl Wire {
    /// A way to the service at a normalised address.
    pub(crate) fn new(
        network: Arc<dyn Network>,
        base: &str,
        token: Option<Token>,
        deadlines: Deadlines,
        environment: Arc<dyn Environment>,
    ) -> Self {
        Self { network, base: base.into(), token, deadlines, environment }
    }

    /// The same way without saying who asks.
    pub(crate) fn nameless(&self) -> Self {
        Self { token: None, ..self.clone() }
    }

    /// None of the connections that exist now is used for a later request.
    pub(crate) fn renew(&self) {
        self.network.renew();
    }

    pub(crate) fn deadlines(&self) -> Deadlines {
        self.deadlines
    }

    pub(crate) fn get(&self, path: &str) -> Asking {
        let builder = Request::get(format!("{}{path}", self.base)).header(ACCEPT, JSON);
        Asking { builder, body: vec![] }
    }

    pub(crate) fn post(&self, path: &str, body: Body) -> Asking {
        let builder = Request::post(format!("{}{path}", self.base)).header(ACCEPT, JSON);
        let builder = builder.header(CONTENT_TYPE, "application/json");
        match body {
            Body::Plain(body) => Asking { builder, body },
            Body::Gzip(body) => Asking { builder: builder.header(CONTENT_ENCODING, "gzip"), body },
        }
    }

    /// Sends a request and reads a whole JSON answer. The second deadline is for the whole of it.
    pub(crate) async fn call(&self, asking: Asking, total: Duration) -> Result<Vec<u8>, Failure> {
        let whole = async {
            let (head, pieces) = self.open(asking).await?.into_parts();
            let body = self.body(pieces).await;
            // An error's status stands even when its body does not.
            let status = head.status.as_u16();
            let problem = if status >= 400 { body.as_ref().ok().and_then(|body| problem(body)) } else { None };
            self.judge(status, &head.headers, problem.as_ref())?;
            body
        };
        timeout(total, whole).await.unwrap_or_else(|_| Err(classify::transport(Transport::Silence)))
    }

    /// Sends a request and reads its answer as a message.
    pub(crate) async fn ask<T: DeserializeOwned>(
        &self,
        asking: Asking,
        total: Duration,
        otherwise: Cause,
    ) -> Result<T, Failure> {
        let body = self.call(asking, total).await?;
        serde_json::from_slice(&body).map_err(|error| {
            tracing::warn!(line = error.line(), column = error.column(), "an answer is not of the expected form");
            Failure::unknown(otherwise)
        })
    }

    /// Opens an answer that goes on for as long as both sides live.
    pub(crate) async fn stream(&self, path: &str) -> Result<Pieces, Failure> {
        let builder = Request::get(format!("{}{path}", self.base)).header(ACCEPT, "text/event-stream");
        let (head, pieces) = self.open(Asking { builder, body: vec![] }).await?.into_parts();
        let is_stream = text(&head.headers, &CONTENT_TYPE).is_some_and(|value| value.starts_with("text/event-stream"));
        if head.status.as_u16() == 200 && is_stream {
            return Ok(pieces);
        }
        let failed = self.judge(head.status.as_u16(), &head.headers, None).err();
        Err(failed.unwrap_or_else(|| Failure::unknown(Cause::NotTheService)))
    }

    async fn open(&self, asking: Asking) -> Result<Response<Pieces>, Failure> {
        let builder = match &self.token {
            Some(token) => asking.builder.header(AUTHORIZATION, format!("Bearer {}", token.get().await?)),
            None => asking.builder,
        };
        let request = builder.body(asking.body).map_err(|error| {
            // Only the token and the address go into a request's head; the address was read before.
            tracing::warn!(%error, "this desk's token cannot be sent");
            Failure::new(Class::SignIn, Cause::TokenRefused)
        })?;
        let sent = timeout(self.deadlines.head, self.network.send(request)).await;
        sent.unwrap_or_else(|_| Err(classify::transport(Transport::Silence)))
    }

    async fn body(&self, mut pieces: Pieces) -> Result<Vec<u8>, Failure> {
        let mut body = Vec::new();
        loop {
            match timeout(self.deadlines.idle, pieces.next()).await {
                Err(_) => return Err(classify::transport(Transport::Silence)),
                Ok(Some(Err(kind))) => return Err(classify::transport(kind)),
                Ok(None) => return Ok(body),
                Ok(Some(Ok(piece))) if body.len() + piece.len() > BODY_MAX => {
                    tracing::warn!(bytes = body.len(), "an answer does not end");
                    return Err(Failure::unknown(Cause::NotTheService));
                }
                Ok(Some(Ok(piece))) => body.extend_from_slice(&piece),
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

/// A request that is not sent yet.
pub(crate) struct Asking {
    builder: request::Builder,
    body: Vec<u8>,
}

impl Asking {
    pub(crate) fn header(self, name: &'static str, value: &str) -> Self {
        Self { builder: self.builder.header(name, value), ..self }
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

fn problem(body: &[u8]) -> Option<Problem> {
    serde_json::from_slice(body).ok()
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
