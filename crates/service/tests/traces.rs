//! Traces, as a collector receives them from the real program, and its log.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "what a test needs and does not get ends it")]

mod common;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use common::{Answer, Kept, ON_POSTGRES, SERVICE, SetClock, house, patiently, room_name, task_of};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use serde_json::{Value, json};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;

const REASON: &str = "Mrs Rossi asks for a second pillow";

/// What a collector was sent.
#[derive(Clone, Default)]
struct Collector(Arc<Mutex<Vec<Bytes>>>);

impl Collector {
    /// One that takes everything, and its address.
    async fn start() -> (Self, String) {
        let collector = Self::default();
        let take = |State(kept): State<Self>, body: Bytes| async move {
            kept.0.lock().unwrap().push(body);
            StatusCode::OK
        };
        let app = Router::new().route("/v1/traces", post(take)).with_state(collector.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await });
        (collector, address)
    }

    fn spans(&self) -> Vec<Span> {
        let sent = self.0.lock().unwrap().clone();
        let read = |body: Bytes| ExportTraceServiceRequest::decode(body).expect("it is OTLP").resource_spans;
        let scopes = sent.into_iter().flat_map(read).flat_map(|of| of.scope_spans);
        scopes.flat_map(|scope| scope.spans).collect()
    }
}

/// The service as a process.
struct Process {
    child: Child,
    url: String,
    token: String,
    log: PathBuf,
}

impl Process {
    async fn serve(folder: &TempDir, collector: &str) -> Self {
        let (kept, clock) = (Kept::new(folder), SetClock(AtomicU64::new(0)));
        kept.import(&clock, &house("grand", 3), false);
        let token = kept.token(&clock, "grand", None);
        let ready = folder.path().join("ready");
        let mut command = Command::new(env!("CARGO_BIN_EXE_turndown-service"));
        command.args(["serve", "--listen", "127.0.0.1:0", "--traces", collector, "--ready-file"]).arg(&ready);
        match &kept {
            Kept::File(files) => command.arg("--db").arg(&files.db),
            Kept::Server { key, .. } => command.args(["--postgres", &kept.address(SERVICE), "--signing-key"]).arg(key),
        };
        let log = folder.path().join("log");
        let lines = std::fs::File::create(&log).unwrap();
        command.args(["--log-format", "json"]).env_remove("RUST_LOG").stdout(Stdio::null()).stderr(lines);
        let mut child = command.spawn().unwrap();
        let address = async {
            loop {
                match std::fs::read_to_string(&ready) {
                    Ok(url) => break url,
                    Err(_) => assert_eq!(child.try_wait().unwrap(), None, "it serves"),
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let url = patiently("the service", address).await;
        Self { child, url, token, log }
    }

    fn cancel(&self, key: &str, trace: &str) -> reqwest::RequestBuilder {
        let task = task_of(&room_name(0));
        reqwest::Client::new()
            .post(format!("{}/v1/properties/grand/housekeeping/tasks/{task}/cancel", self.url))
            .bearer_auth(&self.token)
            .header("X-Idempotency-Key", key)
            .header("traceparent", trace)
            .header("tracestate", "hotel=Rossi")
            .json(&json!({ "actor_id": "ana", "args": { "reason": REASON } }))
    }

    /// As a person stops it, or the machine. What it still has to send goes out first.
    async fn terminate(mut self) {
        let asked = Command::new("kill").arg(self.child.id().to_string()).status().unwrap();
        assert!(asked.success());
        let ended = async {
            while self.child.try_wait().unwrap().is_none() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        patiently("its end", ended).await;
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Ended already where the test went well.
        let _ = self.child.kill().and_then(|()| self.child.wait());
    }
}

#[tokio::test]
async fn traces_and_log_say_how_a_request_went_and_nothing_of_whom_it_was_about() {
    let folder = TempDir::new().unwrap();
    let (collector, address) = Collector::start().await;
    let service = Process::serve(&folder, &address).await;
    let (trace, caller) = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7");
    let answer = Answer::of(service.cancel("01HV8GQ1ZK4W3D5E6F7G8H9J0K", &format!("00-{trace}-{caller}-01"))).await;
    assert!(answer.status.is_success(), "{}: {}", answer.status, answer.json::<Value>());
    let url = format!("{}/v1/properties/grand/rooms/Rossi?token=secret", service.url);
    assert_eq!(Answer::of(reqwest::Client::new().get(url)).await.status, 404);
    let (token, log) = (service.token.clone(), service.log.clone());
    service.terminate().await;

    let spans = collector.spans();
    let request = spans.iter().find(|span| hex::encode(&span.trace_id) == trace && span.kind == 2);
    let request = request.expect("the request's span is in its caller's trace");
    assert_eq!(request.name, "POST /v1/properties/{property}/housekeeping/tasks/{task}/{action}");
    assert_eq!(hex::encode(&request.parent_span_id), caller);
    let mut attributes: Vec<_> = request.attributes.iter().map(|of| of.key.as_str()).collect();
    attributes.sort_unstable();
    assert_eq!(attributes, ["http.request.method", "http.response.status_code", "http.route"]);
    let steps = spans.iter().filter(|span| span.parent_span_id == request.span_id);
    let mut steps: Vec<_> = steps.map(|span| span.name.as_str()).collect();
    steps.sort_unstable();
    steps.dedup();
    let demanded: &[&str] =
        if ON_POSTGRES { &["commit", "load", "lock", "queued", "write"] } else { &["queued", "write"] };
    assert_eq!(steps, demanded);
    assert!(spans.iter().any(|span| span.name == "GET none"), "a path that is no route is not told");
    let log = std::fs::read_to_string(log).unwrap();
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect();
    assert!(lines.iter().all(|line| line["level"] == "INFO" && line["timestamp"].is_string()), "{log}");
    assert_eq!(lines.last().expect("it says something")["message"], "stopped");
    let told: Vec<_> =
        spans.iter().map(|span| (&span.name, &span.attributes, &span.events, &span.links, &span.trace_state)).collect();
    let told = format!("{log} {told:?}");
    for private in ["Rossi", "pillow", "ana", "grand", "secret", &task_of(&room_name(0)), &token] {
        assert!(!told.contains(private), "{private} was told: {told}");
    }
    assert!(
        spans.iter().all(|span| span.kind == 2 || !span.parent_span_id.is_empty()),
        "a request begins each: {told}"
    );
}

#[tokio::test]
async fn a_collector_that_is_not_there_or_never_answers_holds_nothing_up() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for collector in [silent.local_addr().unwrap(), nobody] {
        let folder = TempDir::new().unwrap();
        let service = Process::serve(&folder, &format!("http://{collector}")).await;
        let answer = Answer::of(service.cancel("01HV8GQ1ZK4W3D5E6F7G8H9J0K", "not a trace")).await;
        assert!(answer.status.is_success(), "{}", answer.status);
        service.terminate().await;
    }
}

#[test]
fn an_address_that_is_none_is_refused_before_anything_is_served() {
    let output = Command::new(env!("CARGO_BIN_EXE_turndown-service"))
        .args(["serve", "--db", "none.db", "--traces", "collector:4318"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("http://localhost:4318"), "{said}");
}
