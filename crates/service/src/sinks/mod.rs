//! Telling others what happened, as CloudEvents.
//!
//! The audit trail is the outbox: an entry is written in the transaction of its effect, and each sink follows the
//! trail by number. What a sink was given is noted after it has it, so a crash between the two gives it once more,
//! under the same id: at least once, in the trail's order, and whoever receives drops ids it has seen.
//!
//! Of several service processes on one store, one feeds a sink, and another takes over when it is gone.
//!
//! A hotel whose events are not taken waits by itself, and its next try comes later each time; only where nothing can be
//! given at all does everything wait.
//!
//! Deliberately absent: a sink that is down never holds up a desk. Its mark simply stays where it is.

mod cloud_event;
mod file;
mod nats;
mod webhook;

pub use cloud_event::{AUDIT_RECORDED, STATUS_CHANGED};
pub use nats::NatsConfig;

use crate::env::age_of;
use crate::http::App;
use crate::metrics::SinkLabels;
use crate::startup::Refusal;
use crate::store::{Lead, Pulse, StoreError, error_text};
use cloud_event::{CloudEvent, cloud_events};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use turndown_protocol::PropertyId;

/// Entries handed over at once.
const ENTRIES: u32 = 200;
/// Waits between tries of a sink that does not take anything.
const RETRY: [Duration; 4] =
    [Duration::from_secs(1), Duration::from_secs(5), Duration::from_secs(15), Duration::from_secs(60)];
/// How long a process that may not feed a sink waits before it asks again.
const ASK_AGAIN: Duration = Duration::from_secs(5);

/// Where domain events go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SinkConfig {
    /// Lines of JSON, appended to a file.
    File(PathBuf),
    /// A batch of CloudEvents, sent to an address.
    Webhook(String),
    /// Messages of a JetStream stream.
    Nats(NatsConfig),
}

/// A sink that is ready.
#[derive(Debug)]
pub struct Sink {
    name: String,
    way: Way,
}

#[derive(Debug)]
enum Way {
    File(file::Lines),
    Webhook(webhook::Webhook),
    Nats(Box<nats::Stream>),
}

/// Why a sink did not take something.
#[derive(Debug, thiserror::Error)]
enum SinkError {
    #[error("the file cannot be written")]
    File(#[from] std::io::Error),
    #[error("the address does not answer")]
    Webhook(#[from] reqwest::Error),
    #[error("the address answered {0}")]
    Answer(u16),
    #[error("the NATS server did not {what}")]
    Nats {
        what: &'static str,
        #[source]
        reason: async_nats::Error,
    },
    #[error("the stream refuses an event")]
    Refused(#[source] async_nats::Error),
    #[error("the trail cannot be read")]
    Store(#[from] StoreError),
    #[error("an event cannot be written as JSON")]
    Json(#[from] serde_json::Error),
}

impl SinkError {
    /// Whether it is about what was to be given, so that another hotel's may well be taken.
    fn is_of_one_hotel(&self) -> bool {
        match self {
            Self::Answer(_) | Self::Refused(_) | Self::Json(_) => true,
            // Who takes no connection takes nobody's; one who took it and then did not answer may have choked on this.
            Self::Webhook(error) => !error.is_connect(),
            Self::Store(error) => !matches!(error, StoreError::Stopping),
            Self::File(_) | Self::Nats { .. } => false,
        }
    }
}

/// How long to wait before what failed so often is tried again.
fn retry_after(failures: usize) -> Duration {
    RETRY[failures.clamp(1, RETRY.len()) - 1]
}

/// Opens a sink.
///
/// # Errors
/// When the file cannot be written or the address is none.
pub fn open(config: SinkConfig) -> Result<Sink, Refusal> {
    Ok(match config {
        SinkConfig::File(path) => {
            Sink { name: format!("file:{}", path.display()), way: Way::File(file::Lines::open(&path)?) }
        }
        SinkConfig::Webhook(address) => {
            Sink { way: Way::Webhook(webhook::Webhook::new(&address)?), name: format!("webhook:{address}") }
        }
        // By the stream and not by the server's address: a cluster has several.
        SinkConfig::Nats(config) => {
            Sink { name: format!("nats:{}", config.stream), way: Way::Nats(Box::new(nats::Stream::new(config)?)) }
        }
    })
}

/// Follows the trail until the service stops.
pub async fn run(app: Arc<App>, mut sink: Sink) {
    // Its sort alone: an address may hold a secret.
    let sort = sink.name.split(':').next().unwrap_or_default();
    let labels = SinkLabels { sink: sort.to_owned() };
    let mut follower =
        Follower { pulse: app.store.pulse(), due: Due::All, lead: None, failures: 0, held: BTreeMap::new() };
    loop {
        let wait = match follower.go_on(&app, &mut sink).await {
            Ok(Done::Fed) => {
                app.metrics.sink_up.get_or_create(&labels).set(i64::from(follower.held.is_empty()));
                follower.failures = 0;
                follower.next_try().into_iter().chain(sink.way.look_again()).min()
            }
            Ok(Done::OtherFeeds) => {
                app.metrics.sink_up.remove(&labels);
                Some(ASK_AGAIN)
            }
            Err(SinkError::Store(StoreError::Stopping)) => break,
            Err(error) => {
                app.metrics.sink_up.get_or_create(&labels).set(0);
                follower.failures += 1;
                let wait = retry_after(follower.failures);
                let reason = error_text(&error);
                tracing::warn!(
                    error = reason,
                    sink = sink.name,
                    failures = follower.failures,
                    wait_s = wait.as_secs(),
                    "domain events wait"
                );
                Some(wait)
            }
        };
        let fed = follower.failures == 0 && follower.lead.is_some();
        tokio::select! {
            biased;
            () = app.stopping.cancelled() => break,
            () = async { if let Some(wait) = wait { tokio::time::sleep(wait).await } else { std::future::pending().await } } => {}
            changed = follower.pulse.changed(), if fed => if !changed { break },
        }
    }
}

/// Which hotels' trails may have more than the sink was given.
#[derive(Debug)]
enum Due {
    All,
    These(BTreeSet<PropertyId>),
}

enum Done {
    Fed,
    OtherFeeds,
}

struct Follower {
    pulse: Pulse,
    due: Due,
    lead: Option<Box<dyn Lead>>,
    /// How often in a row nothing could be given.
    failures: usize,
    /// Hotels whose events were not taken.
    held: BTreeMap<PropertyId, Held>,
}

/// A hotel whose events were not taken.
struct Held {
    failures: usize,
    until: Instant,
}

impl Follower {
    async fn go_on(&mut self, app: &App, sink: &mut Sink) -> Result<Done, SinkError> {
        if !self.lead.as_ref().is_some_and(|lead| lead.holds()) {
            let lead = app.store.lead(&sink.name).await?;
            if let (Some(_), Way::File(lines)) = (&lead, &mut sink.way) {
                lines.go_on()?;
            }
            (self.lead, self.due) = (lead, Due::All);
        }
        if self.lead.is_none() {
            return Ok(Done::OtherFeeds);
        }
        match (&mut self.due, self.pulse.take_hotels()) {
            (Due::These(due), Some(hotels)) => due.extend(hotels),
            (due, None) => *due = Due::All,
            (Due::All, Some(_)) => {}
        }
        if sink.way.has_to_look().await? {
            self.due = Due::All;
        }
        let due = match &self.due {
            Due::All => app.store.properties().await?.into_iter().collect(),
            Due::These(due) => due.clone(),
        };
        // What a failure leaves undone is due again.
        for property in &due {
            if self.held.get(property).is_some_and(|held| held.until > Instant::now()) {
                continue;
            }
            match sink.deliver(app, property).await {
                Ok(()) => {
                    self.held.remove(property);
                }
                Err(error) if error.is_of_one_hotel() => self.hold(&sink.name, property, &error),
                Err(error) => return Err(error),
            }
            if app.stopping.is_cancelled() {
                return Ok(Done::Fed);
            }
        }
        self.due = Due::These(self.held.keys().cloned().collect());
        Ok(Done::Fed)
    }

    fn hold(&mut self, sink: &str, property: &PropertyId, error: &SinkError) {
        let held = self.held.entry(property.clone()).or_insert(Held { failures: 0, until: Instant::now() });
        held.failures += 1;
        let wait = retry_after(held.failures);
        held.until = Instant::now() + wait;
        let (reason, failures, wait_s) = (error_text(error), held.failures, wait.as_secs());
        tracing::warn!(error = reason, sink, %property, failures, wait_s, "domain events of one hotel wait");
    }

    /// How long until the first of the hotels that wait is tried again.
    fn next_try(&self) -> Option<Duration> {
        let first = self.held.values().map(|held| held.until).min()?;
        Some(first.saturating_duration_since(Instant::now()))
    }
}

impl Sink {
    /// Gives the sink what it lacks of a hotel's trail.
    async fn deliver(&mut self, app: &App, property: &PropertyId) -> Result<(), SinkError> {
        let mut mark = app.store.delivered_until(&self.name, property.clone()).await?;
        if let Way::Nats(stream) = &mut self.way {
            let restored = stream.restore(app, property, mark).await?;
            app.metrics.domain_events_restored.inc_by(restored);
        }
        loop {
            let happened = app.store.happened(property.clone(), mark, ENTRIES).await?;
            let Some(last) = happened.last().map(|happened| happened.entry.audit_seq) else { return Ok(()) };
            let received: Vec<_> = happened.iter().map(|happened| happened.entry.received_at.clone()).collect();
            let events: Vec<CloudEvent> = happened
                .into_iter()
                .flat_map(|happened| cloud_events(app.store.store_id(), property, happened))
                .collect();
            match &mut self.way {
                Way::File(lines) => lines.give(&events)?,
                Way::Webhook(webhook) => webhook.give(&events).await?,
                Way::Nats(stream) => stream.give(property, &events).await?,
            }
            app.metrics.domain_events.inc_by(events.len() as u64);
            let now_ms = app.env.now_ms();
            let delays = received.iter().filter_map(|at| age_of(at, now_ms));
            delays.for_each(|delay| app.metrics.sink_delay_seconds.observe(delay));
            app.store.delivered(&self.name, property.clone(), last).await?;
            mark = last;
            if app.stopping.is_cancelled() {
                return Ok(());
            }
        }
    }
}

impl Way {
    /// Whether what was delivered may be gone, so that every hotel has to be looked at.
    async fn has_to_look(&mut self) -> Result<bool, SinkError> {
        match self {
            Self::Nats(stream) => stream.has_to_look().await,
            Self::File(_) | Self::Webhook(_) => Ok(false),
        }
    }

    /// When to look for that again although nothing happened.
    fn look_again(&self) -> Option<Duration> {
        match self {
            Self::Nats(stream) => Some(stream.look()),
            Self::File(_) | Self::Webhook(_) => None,
        }
    }
}
