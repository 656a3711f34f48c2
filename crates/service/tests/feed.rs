//! What desks hear: the feed, the stream, what survives a restart, and what others are told.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "what a test needs and does not get ends it")]

mod common;

use common::{Desk, PROPERTY, ROOMS, Service, room_name, status_path};
use futures_util::StreamExt;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use turndown_protocol::{ChangesPage, EntityRow, Outcome, codes};
use turndown_service::sinks::{AUDIT_RECORDED, STATUS_CHANGED, SinkConfig};

#[tokio::test]
async fn g1_g5_pages_are_contiguous_and_miss_nothing_while_others_write() {
    let service = Service::open_with(60, |_| {}).await;
    let start = service.snapshot().await;
    let mut desks = vec![];
    for _ in 0..4 {
        desks.push(Desk::of(&service).await);
    }
    let service = &service;
    let writers = futures_util::future::join_all(desks.into_iter().enumerate().map(|(nr, mut desk)| async move {
        for round in 0..15 {
            let room = room_name(nr * 15 + round);
            let events = [desk.start(&room), desk.pause(&room)];
            for event in &events {
                assert_eq!(service.send_one(&desk, event).await.outcome, Outcome::Applied);
            }
        }
    }));
    let reader = async {
        let mut mirror: BTreeMap<String, EntityRow> =
            start.rows.iter().map(|row| (row.entity.id.clone(), row.clone())).collect();
        let (mut cursor, mut seen) = (start.cursor.clone(), start.head_seq);
        while seen < start.head_seq + 120 {
            let page: ChangesPage =
                service.get(&service.path(&format!("changes?cursor={cursor}&limit=7"))).await.json();
            assert_eq!(page.from, cursor, "a page begins where it was asked to");
            assert!(page.rows.len() <= 7);
            for row in page.rows {
                assert!(row.version > seen, "in commit order, nothing from before the cursor");
                seen = row.version;
                mirror.insert(row.entity.id.clone(), row);
            }
            if !page.more {
                assert!(page.head_seq >= seen);
                seen = page.head_seq;
            }
            cursor = page.next;
        }
        (mirror, cursor)
    };
    let (_, (mut mirror, mut cursor)) = tokio::join!(writers, reader);
    loop {
        let page = service.changes(&cursor).await;
        for row in page.rows {
            mirror.insert(row.entity.id.clone(), row);
        }
        cursor = page.next;
        if !page.more {
            break;
        }
    }
    let now: BTreeMap<String, EntityRow> =
        service.snapshot().await.rows.into_iter().map(|row| (row.entity.id.clone(), row)).collect();
    assert_eq!(mirror, now, "what was followed is what there is");
}

#[tokio::test]
async fn g6_a_deletion_comes_by_the_same_cursor_and_g3_an_old_cursor_is_gone_after_the_horizon() {
    let mut service = Service::open().await;
    let before = service.snapshot().await;
    service.stop().await;
    service.import(PROPERTY, ROOMS - 1, true);
    service.start().await;
    let page = service.changes(&before.cursor).await;
    let gone: Vec<_> = page.rows.iter().filter(|row| row.deleted).collect();
    assert_eq!(gone.len(), 1);
    assert_eq!((gone[0].entity.id.as_str(), gone[0].fields.len()), ("110", 0));
    assert!(page.reference.is_some(), "the hotel's document changed too");
    assert_eq!(service.snapshot().await.rows.len(), ROOMS - 1);

    let horizon_ms = 14 * 24 * 60 * 60 * 1_000;
    service.env.0.fetch_add(horizon_ms + 1, Ordering::Relaxed);
    service.restart().await;
    let path = service.path(&format!("changes?cursor={}", before.cursor));
    // Tombstones are dropped soon after the start, not before it is ready.
    let answer = loop {
        let answer = service.get(&path).await;
        if answer.status != 200 {
            break answer;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(answer.code(), (410, codes::CURSOR_GONE.into()));
    let stream = service.get(&service.path(&format!("changes/stream?cursor={}", before.cursor))).await;
    assert_eq!(stream.code(), (410, codes::CURSOR_GONE.into()), "an answer, not a broken stream");
    let page = service.changes(&page.next).await;
    assert_eq!((page.rows.len(), page.more), (0, false), "a cursor that saw the tombstone goes on");
}

#[tokio::test]
async fn a_stream_tells_a_change_at_once_and_goes_on_from_its_last_id() {
    let service = Service::open().await;
    let mut desk = Desk::of(&service).await;
    let cursor = service.snapshot().await.cursor;
    let mut first = Stream::open(&service, &cursor, None).await;
    let page = first.page().await;
    assert_eq!((page.rows.len(), page.from), (0, cursor.clone()), "the first says where it stands");

    let event = desk.start("101");
    let seq = service.send_one(&desk, &event).await.seq.unwrap();
    let page = first.page().await;
    assert_eq!(page.rows.iter().map(|row| (row.entity.id.as_str(), row.version)).collect::<Vec<_>>(), [("101", seq)]);
    assert_eq!(first.last_id, page.next);
    drop(first);

    let event = desk.start("102");
    service.send_one(&desk, &event).await;
    let mut second = Stream::open(&service, &cursor, Some(&page.next)).await;
    let page = second.page().await;
    assert_eq!(page.rows.iter().map(|row| row.entity.id.as_str()).collect::<Vec<_>>(), ["102"]);
    let metrics = String::from_utf8(service.get("/metrics").await.body).unwrap();
    assert!(metrics.contains("turndown_streams 1") || metrics.contains("turndown_streams 2"), "{metrics}");
}

#[tokio::test]
async fn a_stop_ends_streams_answers_what_runs_and_loses_nothing() {
    let mut service = Service::open().await;
    let mut desk = Desk::of(&service).await;
    let cursor = service.snapshot().await.cursor;
    let mut stream = Stream::open(&service, &cursor, None).await;
    stream.page().await;
    let events: Vec<_> = (0..ROOMS).map(|room| desk.start(&room_name(room))).collect();
    let sent = service.send(&desk, &events.iter().collect::<Vec<_>>()).await;
    let (snapshot, trail) = (service.snapshot().await, service.audit().await);
    service.stop().await;
    while stream.line().await.is_some() {}

    service.start().await;
    let after = service.snapshot().await;
    assert_eq!((&after.rows, after.head_seq), (&snapshot.rows, snapshot.head_seq));
    assert_eq!((after.store_id, after.epoch), (snapshot.store_id, snapshot.epoch));
    assert_eq!(service.audit().await, trail);
    assert_eq!(service.changes(&cursor).await.rows.len(), ROOMS, "cursors go on across a restart");
    let again = service.send(&desk, &events.iter().collect::<Vec<_>>()).await;
    for (first, again) in sent.results.iter().zip(&again.results) {
        assert_eq!((again.outcome, again.original, again.seq), (Outcome::Duplicate, Some(Outcome::Applied), first.seq));
    }
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).expect("each line is an event")).collect()
}

#[tokio::test]
async fn domain_events_reach_the_file_in_order_once_by_id_across_restarts_and_a_torn_line() {
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("events.jsonl");
    let sink = file.clone();
    let mut service =
        Service::open_with(ROOMS, move |config| config.sinks = vec![SinkConfig::File(sink.clone())]).await;
    let mut desk = Desk::of(&service).await;
    let mut expected = 0;
    for round in 0..3 {
        let room = room_name(round);
        let events = [desk.start(&room), desk.note(&room, "x"), desk.complete(&room)];
        service.send(&desk, &events.iter().collect::<Vec<_>>()).await;
        expected += 5;
        service.restart().await;
        // What the last line of a crash looks like.
        wait_for(&file, expected).await;
        let mut torn = std::fs::OpenOptions::new().append(true).open(&file).unwrap();
        service.stop().await;
        std::io::Write::write_all(&mut torn, br#"{"specversion":"1.0","id":"#).unwrap();
        service.start().await;
    }
    // One event recorded at the desk while the service could be reached.
    let online = desk.record_with("105", &turndown_domain::Action::Note { text: Some("y".into()) }, |event| {
        event.mode = turndown_protocol::Mode::Online;
    });
    service.send(&desk, &[&online]).await;
    let events = wait_for(&file, expected + 1).await;
    let ids: BTreeSet<&str> = events.iter().map(|event| event["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), events.len(), "each once by its id");
    let order: Vec<&str> = events.iter().map(|event| event["sequence"].as_str().unwrap()).collect();
    assert!(order.is_sorted(), "in the order of the trail");

    let moved: Vec<&Value> = events.iter().filter(|event| event["type"] == STATUS_CHANGED).collect();
    assert_eq!(moved.len(), 6);
    let data = &moved[1]["data"];
    assert_eq!(
        (&data["room"], &data["task"], &data["from"], &data["to"]),
        (&"101".into(), &"t-101".into(), &"in_progress".into(), &"completed".into())
    );
    assert_eq!((&data["actor"], &data["originated_offline"]), (&"lea".into(), &true.into()));
    assert!(data["seq"].is_u64() && data["event_id"].is_string());
    let recorded: Vec<&Value> = events.iter().filter(|event| event["type"] == AUDIT_RECORDED).collect();
    assert_eq!(recorded.len(), 10);
    assert_eq!(recorded[9]["data"]["originated_offline"], false);
    let trail = service.audit().await;
    for (event, entry) in recorded.iter().zip(&trail) {
        assert_eq!(event["data"], serde_json::to_value(entry).unwrap());
    }
}

#[tokio::test]
async fn d3_what_a_restored_store_records_anew_is_no_repetition_of_what_it_lost() {
    let folder = tempfile::TempDir::new().unwrap();
    let file = folder.path().join("events.jsonl");
    let sink = file.clone();
    let mut service =
        Service::open_with(ROOMS, move |config| config.sinks = vec![SinkConfig::File(sink.clone())]).await;
    service.stop().await;
    let backup = service.kept.backup();
    service.start().await;
    let mut desk = Desk::of(&service).await;
    let lost = desk.note("101", "lost");
    service.send(&desk, &[&lost]).await;
    wait_for(&file, 1).await;
    service.stop().await;
    service.kept.put_back(&backup);
    let (epoch, _) = service.kept.rotate_epoch(&service.env);
    service.start().await;
    service.capabilities.epoch = epoch;
    service.token = service.enroll(common::PROPERTY);
    let other = desk.note("102", "another");
    service.send(&desk, &[&other]).await;
    let events = wait_for(&file, 2).await;
    assert_eq!(events[0]["sequence"], events[1]["sequence"], "the place is given out twice");
    assert_ne!(events[0]["id"], events[1]["id"]);
}

async fn wait_for(file: &std::path::Path, count: usize) -> Vec<Value> {
    let written = async {
        loop {
            let text = std::fs::read_to_string(file).unwrap_or_default();
            if text.ends_with('\n') && text.lines().count() >= count {
                let events = lines(&text);
                assert_eq!(events.len(), count, "no more than there were");
                return events;
            }
            tokio::task::yield_now().await;
        }
    };
    common::patiently(&format!("{count} events"), written).await
}

/// An address that takes batches of events.
struct Hook {
    listener: tokio::net::TcpListener,
    address: String,
}

impl Hook {
    async fn open() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}/hook", listener.local_addr().unwrap());
        Self { listener, address }
    }

    /// The next batch, answered with the status that it gets.
    async fn next(&self, status: impl FnOnce(&[Value]) -> &'static str) -> Vec<Value> {
        let (socket, _) = common::patiently("a request to the webhook", self.listener.accept()).await.unwrap();
        let mut socket = BufReader::new(socket);
        let (mut length, mut kind) = (0, String::new());
        loop {
            let mut line = String::new();
            socket.read_line(&mut line).await.unwrap();
            let line = line.trim_end().to_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.parse().unwrap();
            }
            if let Some(value) = line.strip_prefix("content-type: ") {
                kind = value.to_owned();
            }
        }
        assert_eq!(kind, "application/cloudevents-batch+json");
        let mut body = vec![0; length];
        socket.read_exact(&mut body).await.unwrap();
        let events: Vec<Value> = serde_json::from_slice(&body).unwrap();
        let status = status(&events);
        let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        socket.write_all(answer.as_bytes()).await.unwrap();
        events
    }
}

#[tokio::test]
async fn a_webhook_that_fails_first_gets_everything_in_the_end() {
    let hook = Hook::open().await;
    let address = hook.address.clone();
    let service =
        Service::open_with(ROOMS, move |config| config.sinks = vec![SinkConfig::Webhook(address.clone())]).await;
    let mut desk = Desk::of(&service).await;
    let event = desk.start("101");
    service.send(&desk, &[&event]).await;
    let first = hook.next(|_| "500 Oops").await;
    let second = hook.next(|_| "204 No Content").await;
    assert_eq!(first, second, "the same events under the same ids");
    assert_eq!(second.len(), 2);
    assert_eq!(second[0]["type"], STATUS_CHANGED);
}

#[tokio::test]
async fn a_hotel_whose_events_a_sink_does_not_take_holds_up_no_other() {
    let hook = Hook::open().await;
    let address = hook.address.clone();
    let mut service =
        Service::open_with(ROOMS, move |config| config.sinks = vec![SinkConfig::Webhook(address.clone())]).await;
    service.stop().await;
    // The one that is not taken comes before the other in every order that the service may have.
    let (held, other) = ("astoria", "zagreb");
    let tokens = [held, other].map(|hotel| {
        service.import(hotel, ROOMS, false);
        (hotel, service.enroll(hotel))
    });
    service.start().await;
    let start = async |hotel: &str| {
        let (_, token) = tokens.iter().find(|(name, _)| *name == hotel).unwrap();
        let path = format!("/v1/properties/{hotel}/housekeeping/tasks/{}/start", common::task_of("101"));
        let request = service.client.post(format!("{}{path}", service.url)).bearer_auth(token);
        let request = request.header("X-Idempotency-Key", "k-1").json(&json!({ "actor_id": "ana", "args": {} }));
        assert_eq!(common::Answer::of(request).await.status, 200);
    };
    let started_in = |events: &[Value], hotel: &str| {
        events
            .iter()
            .filter(|event| event["type"] == STATUS_CHANGED)
            .filter(|event| event["source"].as_str().is_some_and(|source| source.ends_with(hotel)))
            .count()
    };
    let until_started = async |hotel: &str, status: &dyn Fn(&[Value]) -> &'static str| loop {
        let events = hook.next(status).await;
        if started_in(&events, hotel) > 0 {
            return events;
        }
    };
    let refuses =
        |events: &[Value]| if started_in(events, held) > 0 { "422 Unprocessable Content" } else { "204 No Content" };
    start(held).await;
    let refused = until_started(held, &refuses).await;
    start(other).await;
    until_started(other, &refuses).await;
    // When its events are taken again, nothing of them is missing.
    assert_eq!(until_started(held, &|_| "204 No Content").await, refused);
}

#[tokio::test]
async fn a_snapshot_is_one_instant_and_reads_as_the_typed_message() {
    let service = Service::open().await;
    let mut desk = Desk::of(&service).await;
    let event = desk.start("101");
    let seq = service.send_one(&desk, &event).await.seq.unwrap();
    let snapshot = service.snapshot().await;
    assert_eq!(snapshot.head_seq, seq);
    assert_eq!(snapshot.rows.len(), ROOMS);
    let row = snapshot.rows.iter().find(|row| row.entity.id == "101").unwrap();
    assert_eq!(row.fields.get(&status_path("101")), "in_progress");
    assert_eq!(row.provenance[&status_path("101")].seq, seq);
    let page = service.changes(&snapshot.cursor).await;
    assert_eq!((page.rows.len(), page.more, page.next == snapshot.cursor), (0, false, true));
    assert_eq!(service.changes(&snapshot.cursor).await.head_seq, seq);
}

/// A stream of server-sent events, read line by line.
struct Stream {
    bytes: futures_util::stream::BoxStream<'static, Vec<u8>>,
    held: Vec<u8>,
    last_id: String,
}

impl Stream {
    async fn open(service: &Service, cursor: &str, last_id: Option<&str>) -> Self {
        let mut request =
            service.request(reqwest::Method::GET, &service.path(&format!("changes/stream?cursor={cursor}")));
        if let Some(id) = last_id {
            request = request.header("last-event-id", id);
        }
        let response = request.send().await.unwrap();
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert!(!response.headers().contains_key("content-encoding"), "a stream is not held back by compression");
        let bytes =
            response.bytes_stream().filter_map(|chunk| async { chunk.ok().map(|chunk| chunk.to_vec()) }).boxed();
        Self { bytes, held: vec![], last_id: String::new() }
    }

    async fn line(&mut self) -> Option<String> {
        loop {
            if let Some(at) = self.held.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.held.drain(..=at).collect();
                return Some(String::from_utf8(line).unwrap().trim_end().to_owned());
            }
            self.held.extend(self.bytes.next().await?);
        }
    }

    async fn page(&mut self) -> ChangesPage {
        let mut data = String::new();
        loop {
            let line = self.line().await.expect("the stream goes on");
            if let Some(id) = line.strip_prefix("id: ") {
                self.last_id = id.to_owned();
            }
            if let Some(text) = line.strip_prefix("data: ") {
                data.push_str(text);
            }
            if line.is_empty() && !data.is_empty() {
                return serde_json::from_str(&data).expect("a page");
            }
        }
    }
}
