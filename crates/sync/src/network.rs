//! The network, from outside: HTTP over sockets in the product, one that loses, repeats and delays in the simulator.

use crate::address;
use crate::classify::{Class, Failure, Transport, transport};
use crate::reason::Cause;
use crate::wire::Deadlines;
use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use futures_util::{FutureExt, StreamExt};
use http::{Request, Response};
use reqwest::{Client, redirect};
use std::error::Error as _;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// An answer's body as it comes in.
pub type Pieces = BoxStream<'static, Result<Bytes, Transport>>;

/// Carries one request and brings its answer. It decides nothing and waits for as long as it is let: deadlines are the
/// caller's.
pub trait Network: Send + Sync + 'static {
    /// Sends a request; answers with the head as soon as it is there.
    fn send(&self, request: Request<Vec<u8>>) -> BoxFuture<'static, Result<Response<Pieces>, Failure>>;

    /// Uses none of the connections that exist now for a later request (B15): one that died half-way looks alive from
    /// here.
    fn renew(&self);
}

/// HTTP over the machine's own network.
pub(crate) struct Http {
    base: String,
    deadlines: Deadlines,
    client: Mutex<Option<Client>>,
}

impl Http {
    /// A way to the service at a normalised address.
    pub(crate) fn new(base: &str, deadlines: Deadlines) -> Self {
        Self { base: base.to_owned(), deadlines, client: Mutex::default() }
    }

    fn client(&self) -> Result<Client, Failure> {
        let mut kept = self.client.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = &*kept {
            return Ok(client.clone());
        }
        let mut builder = Client::builder()
            .user_agent(concat!("Turndown/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(self.deadlines.connect)
            // A portal answers with a redirect to its page; following it would hide that.
            .redirect(redirect::Policy::none())
            .tcp_nodelay(true)
            .pool_idle_timeout(Duration::from_secs(60));
        if address::is_here(&self.base) {
            builder = builder.no_proxy();
        }
        let client = builder.build().map_err(|error| {
            tracing::error!(?error, "no HTTP client can be made");
            Failure::new(Class::Desk, Cause::Fault)
        })?;
        Ok(kept.insert(client).clone())
    }
}

impl Network for Http {
    fn send(&self, request: Request<Vec<u8>>) -> BoxFuture<'static, Result<Response<Pieces>, Failure>> {
        let client = self.client();
        async move {
            let request = reqwest::Request::try_from(request).map_err(|error| failed(&error))?;
            let response = client?.execute(request).await.map_err(|error| failed(&error))?;
            let (status, headers) = (response.status(), response.headers().clone());
            let mut answer = Response::new(
                response
                    .bytes_stream()
                    .map(|piece| {
                        piece.map_err(|error| {
                            let kind = transport_of(&error);
                            tracing::info!(?kind, error = innermost(&error), "an answer broke off");
                            kind
                        })
                    })
                    .boxed(),
            );
            *answer.status_mut() = status;
            *answer.headers_mut() = headers;
            Ok(answer)
        }
        .boxed()
    }

    fn renew(&self) {
        *self.client.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

fn failed(error: &reqwest::Error) -> Failure {
    if error.is_builder() {
        // Only the token and the address go into a request's head; the address was read before.
        tracing::warn!("this desk's token cannot be sent");
        return Failure::new(Class::SignIn, Cause::TokenRefused);
    }
    let kind = transport_of(error);
    tracing::info!(?kind, error = innermost(error), "the service was not reached");
    transport(kind)
}

fn transport_of(error: &reqwest::Error) -> Transport {
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
