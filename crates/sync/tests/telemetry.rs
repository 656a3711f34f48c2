//! What the link writes about itself: the events of telemetry, and neither bodies nor tokens.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "what a test needs and does not get ends it")]

mod bench;

use bench::counters::record;
use bench::house::{self, House, Route, Wrong};
use bench::{Bench, Desk, hurried, lock};
use serde_json::{Value, json};
use std::io::Write;
use std::sync::{Arc, Mutex};
use turndown_sync::LinkMode;

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, piece: &[u8]) -> std::io::Result<usize> {
        lock(&self.0).extend_from_slice(piece);
        Ok(piece.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn telemetry_says_what_a_flush_came_to_and_no_log_holds_a_body_or_a_token() {
    let lines = Lines::default();
    let writer = lines.clone();
    tracing_subscriber::fmt().json().with_max_level(tracing::Level::TRACE).with_writer(move || writer.clone()).init();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let bench = Bench::start_with(Desk::new(), House::start().await, hurried()).await;
        bench.until_online().await;
        record(&bench.desk.engine, 1, 1, json!({"note": "the guest is ill"}));
        bench.until_agreed().await;
        // An unreadable answer, a portal, then a conflict.
        bench.house.once(
            Route::Events,
            [Wrong::DoneThenCut, Wrong::Raw(200, vec![("content-type", "text/html")], "<html>sign in</html>")],
        );
        record(&bench.desk.engine, 2, 1, json!({"note": "the guest is ill"}));
        record(&bench.desk.engine, 3, 1, json!({"note": "the guest is ill"}));
        bench.until_agreed().await;
        bench.sync.set_mode(LinkMode::WorkOffline);
        bench.until("cut", |bench| bench.code() == Some("PLANNED_OFFLINE")).await;
        bench.desk.add(1, 1);
        bench.house.set(1, 9);
        bench.sync.set_mode(LinkMode::Auto);
        bench
            .until("the conflict came", |bench| bench.status().last_flush.is_some_and(|f| f.conflict_count == 1))
            .await;
        bench.stop().await;
    });

    let text = String::from_utf8(lock(&lines.0).clone()).expect("text");
    let ours: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).expect("a JSON line"))
        .filter(|line| {
            line["target"].as_str().is_some_and(|target| target == "telemetry" || target.starts_with("turndown"))
        })
        .collect();
    let named = |name: &str| {
        let fields = ours.iter().filter(|line| line["target"] == "telemetry").map(|line| &line["fields"]);
        fields.filter(|fields| fields["name"] == name).cloned().collect::<Vec<_>>()
    };
    assert!(!named("frontend.sync.flush_started").is_empty());
    let completed = named("frontend.sync.flush_completed");
    assert!(completed.iter().any(|fields| fields["okCount"] == 1 && fields["errorCount"] == 0), "{completed:?}");
    assert!(completed.iter().any(|fields| fields["errorCount"] == 1), "{completed:?}");
    assert_eq!(named("frontend.sync.conflict").len(), 1, "{completed:?}");
    assert_eq!(named("frontend.sync.conflict")[0]["entity"], "hk_task");
    assert_eq!(named("frontend.sync.partial_failure").len(), 1, "{completed:?}");
    for line in &ours {
        let line = line.to_string();
        assert!(!line.contains(house::TOKEN), "{line}");
        assert!(!line.contains("guest"), "{line}");
        assert!(!line.contains("sign in"), "{line}");
    }
}
