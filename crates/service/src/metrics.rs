//! Counters for operators. They name routes, outcomes and codes, never people, rooms or devices.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::{Registry, Unit};

/// Classes of how long a batch took, so that those which anybody asks for are among them.
const BATCH_SECONDS: [f64; 15] =
    [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0];

/// How a request ended.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct RequestLabels {
    /// The route, as it is written in the documentation.
    pub route: String,
    /// The HTTP status.
    pub status: u16,
}

/// How an event ended.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct OutcomeLabels {
    /// The outcome's stable name.
    pub outcome: String,
}

/// Of which sink.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct SinkLabels {
    /// Its sort: `file`, `webhook` or `nats`.
    pub sink: String,
}

/// The service's counters.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    /// Requests by route and status.
    pub requests: Family<RequestLabels, Counter>,
    /// Requests that came too often.
    pub requests_limited: Counter,
    /// Events by outcome.
    pub events: Family<OutcomeLabels, Counter>,
    /// How old what a desk did was when it was taken here, by the desk's clock.
    pub event_age_seconds: Histogram,
    /// Reports of the PMS by outcome.
    pub reports: Family<OutcomeLabels, Counter>,
    /// Batches that forked chains were seen in.
    pub audit_forks: Counter,
    /// How long a batch took from its last byte to its commit.
    pub batch_seconds: Histogram,
    /// The newest sequence number.
    pub head_seq: Gauge,
    /// Streams open now.
    pub streams: Gauge,
    /// Domain events handed to sinks.
    pub domain_events: Counter,
    /// Domain events that a broker had lost, published anew.
    pub domain_events_restored: Counter,
    /// How long after it was taken here an event was handed to a sink.
    pub sink_delay_seconds: Histogram,
    /// Whether each sink that this process feeds took the last that it was given: 1 or 0.
    pub sink_up: Family<SinkLabels, Gauge>,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("turndown"),
            requests: Family::default(),
            requests_limited: Counter::default(),
            events: Family::default(),
            // From seconds to a fortnight.
            event_age_seconds: Histogram::new(exponential_buckets(1.0, 4.0, 11)),
            reports: Family::default(),
            audit_forks: Counter::default(),
            batch_seconds: Histogram::new(BATCH_SECONDS),
            head_seq: Gauge::default(),
            streams: Gauge::default(),
            domain_events: Counter::default(),
            domain_events_restored: Counter::default(),
            sink_delay_seconds: Histogram::new(exponential_buckets(0.01, 4.0, 11)),
            sink_up: Family::default(),
        };
        let registry = &mut metrics.registry;
        registry.register("requests", "Requests by route and status", metrics.requests.clone());
        registry.register(
            "requests_limited",
            "Requests refused because their device asked too often",
            metrics.requests_limited.clone(),
        );
        registry.register("events", "Events by outcome", metrics.events.clone());
        registry.register_with_unit(
            "event_age",
            "From what was done at a desk to its being taken here, by the desk's clock",
            Unit::Seconds,
            metrics.event_age_seconds.clone(),
        );
        registry.register("reports", "Reports of the front office by outcome", metrics.reports.clone());
        registry.register("audit_forks", "Answers that spoke of a forked audit chain", metrics.audit_forks.clone());
        registry.register_with_unit(
            "batch",
            "From a batch's last byte to its commit",
            Unit::Seconds,
            metrics.batch_seconds.clone(),
        );
        registry.register("head_seq", "The newest sequence number", metrics.head_seq.clone());
        registry.register("streams", "Change streams open now", metrics.streams.clone());
        registry.register("domain_events", "Domain events handed to sinks", metrics.domain_events.clone());
        registry.register(
            "domain_events_restored",
            "Domain events that a broker had lost, published anew",
            metrics.domain_events_restored.clone(),
        );
        registry.register_with_unit(
            "sink_delay",
            "From an event's arrival to a sink's taking it",
            Unit::Seconds,
            metrics.sink_delay_seconds.clone(),
        );
        registry.register(
            "sink_up",
            "Whether the sink took the last that it was given of every hotel",
            metrics.sink_up.clone(),
        );
        metrics
    }
}

impl Metrics {
    /// The counters as OpenMetrics text.
    ///
    /// # Errors
    /// When they cannot be written as text.
    pub fn text(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry)?;
        Ok(text)
    }
}
