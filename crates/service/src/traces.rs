//! Traces for operators: how long a request took, and which part of it waited for what, told to a collector over OTLP.
//!
//! A request's span has its method, its route's pattern and its status, and those within it the store's steps. Nothing
//! else goes out: no path, no body, no name, no token. Without a collector nothing of it is made.

use crate::startup::Refusal;
use axum::extract::Request;
use axum::http::{Method, StatusCode};
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::{Link, SpanContext, SpanKind, TraceContextExt, TraceId, TraceState, TracerProvider};
use opentelemetry::{Context, KeyValue};
use opentelemetry_http::HeaderExtractor;
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{Sampler, SamplingDecision, SamplingResult, SdkTracerProvider, ShouldSample};
use tracing::Span;
use tracing::field::Empty;
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::registry::LookupSpan;

/// What sends traces. It is told to end, so that the last of them still go out.
#[derive(Debug)]
pub struct Traces(SdkTracerProvider);

impl Traces {
    /// Traces to the collector at an address (`http://localhost:4318`): of every request that does not say of itself
    /// that it is not wanted.
    ///
    /// # Errors
    /// When nothing can be sent there.
    pub fn to(address: &str) -> Result<Self, Refusal> {
        let refuse = |error: String| {
            Refusal::Input(format!(
                "Traces cannot be sent to {address}: {error}. It is the address of an OTLP collector, as http://localhost:4318."
            ))
        };
        if !address.starts_with("http://") && !address.starts_with("https://") {
            return Err(refuse("it does not begin with http:// or https://".into()));
        }
        let exporter = SpanExporter::builder()
            .with_http()
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(format!("{}/v1/traces", address.trim_end_matches('/')))
            .build()
            .map_err(|error| refuse(error.to_string()))?;
        let sampler = Sampler::ParentBased(Box::new(Requests));
        let resource = Resource::builder().with_service_name("turndown-service").build();
        Ok(Self(
            SdkTracerProvider::builder()
                .with_resource(resource)
                .with_sampler(sampler)
                .with_batch_exporter(exporter)
                .build(),
        ))
    }

    /// Where this program's spans go. What is logged stays in the log.
    pub fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: tracing::Subscriber + for<'span> LookupSpan<'span>,
    {
        tracing_opentelemetry::layer()
            .with_tracer(self.0.tracer("turndown-service"))
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_tracked_inactivity(false)
            .with_filter(filter_fn(|of| of.is_span() && of.target().starts_with("turndown_service")))
    }

    /// Sends what is left, for some seconds at most.
    pub fn end(self) {
        if let Err(error) = self.0.shutdown() {
            tracing::warn!(%error, "the last traces were not sent");
        }
    }
}

/// Takes what begins with a request. What the service does by itself, every few seconds, is no trace.
#[derive(Debug, Clone)]
struct Requests;

impl ShouldSample for Requests {
    fn should_sample(
        &self,
        _: Option<&Context>,
        _: TraceId,
        _: &str,
        kind: &SpanKind,
        _: &[KeyValue],
        _: &[Link],
    ) -> SamplingResult {
        let decision =
            if *kind == SpanKind::Server { SamplingDecision::RecordAndSample } else { SamplingDecision::Drop };
        SamplingResult { decision, attributes: vec![], trace_state: TraceState::NONE }
    }
}

/// The span of a request: part of the trace that it says it belongs to, where it says so.
pub(crate) fn of_request(request: &Request, route: &str) -> Span {
    let span = tracing::info_span!(
        "request",
        otel.name = format!("{} {route}", method_of(request)),
        otel.kind = "server",
        http.request.method = method_of(request),
        http.route = route,
        http.response.status_code = Empty,
        otel.status_code = Empty,
    );
    if !span.is_disabled() {
        let context = TraceContextPropagator::new().extract(&HeaderExtractor(request.headers()));
        let of = context.span().span_context().clone();
        if of.is_valid() {
            // The caller's own words beside its trace (`tracestate`) may be anything, and go no further.
            let of = SpanContext::new(of.trace_id(), of.span_id(), of.trace_flags(), true, TraceState::NONE);
            // It fails only where nobody listens to spans.
            let _ = span.set_parent(Context::new().with_remote_span_context(of));
        }
    }
    span
}

/// A method that nobody knows may be any text.
fn method_of(request: &Request) -> &str {
    let known = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::HEAD, Method::OPTIONS];
    if known.contains(request.method()) { request.method().as_str() } else { "_OTHER" }
}

/// How the request ended.
pub(crate) fn answered(span: &Span, status: StatusCode) {
    span.record("http.response.status_code", i64::from(status.as_u16()));
    if status.is_server_error() {
        span.record("otel.status_code", "ERROR");
    }
}
