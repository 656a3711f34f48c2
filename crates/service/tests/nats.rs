//! Domain events on NATS JetStream: a broker that is away, full, forgetful or robbed, and the trail, which has it all.
//! The faults are N1 to N9 of the list in docs/hard-cases.md. They need a NATS server: `scripts/setup.sh database`.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "what a test needs and does not get ends it")]

mod common;

use common::{Broker, Desk, PROPERTY, ROOMS, Service, patiently, room_name};
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::Duration;
use turndown_service::sinks::{AUDIT_RECORDED, NatsConfig, STATUS_CHANGED, SinkConfig};

const STREAM: &str = "TURNDOWN";

/// A service that publishes on a broker, and looks often at what that has.
async fn service_on(address: String) -> Service {
    let config = NatsConfig { look: Duration::from_millis(200), ..NatsConfig::new(address, STREAM.into()) };
    Service::open_with(ROOMS, move |all| all.sinks = vec![SinkConfig::Nats(config.clone())]).await
}

/// So many rooms are started and completed: four events each.
async fn work(service: &Service, desk: &mut Desk, rooms: std::ops::Range<usize>) -> usize {
    let count = rooms.len();
    for room in rooms {
        let room = room_name(room);
        let events = [desk.start(&room), desk.complete(&room)];
        service.send(desk, &events.iter().collect::<Vec<_>>()).await;
    }
    4 * count
}

/// The published schema of each type of event.
fn schemas() -> Vec<(&'static str, jsonschema::Validator)> {
    [
        (STATUS_CHANGED, include_str!("../../../docs/events/task-status-changed.v1.schema.json")),
        (AUDIT_RECORDED, include_str!("../../../docs/events/audit-recorded.v1.schema.json")),
    ]
    .map(|(kind, schema)| (kind, jsonschema::validator_for(&serde_json::from_str(schema).unwrap()).unwrap()))
    .into()
}

fn ids(messages: &[(String, Value)]) -> Vec<&str> {
    messages.iter().map(|(_, event)| event["id"].as_str().unwrap()).collect()
}

/// Each event of the trail is there once, under its hotel's subjects and as its schema says.
async fn holds_the_trail(service: &Service, messages: &[(String, Value)]) {
    let all = ids(messages);
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len(), "each once by its id");
    let schemas = schemas();
    for (subject, event) in messages {
        let (_, schema) = schemas.iter().find(|(kind, _)| event["type"] == *kind).expect("a published type");
        let faults: Vec<String> = schema.iter_errors(event).map(|fault| fault.to_string()).collect();
        assert_eq!(faults, Vec::<String>::new(), "{event}");
        assert_eq!(*subject, format!("turndown.events.{PROPERTY}.{}", event["type"].as_str().unwrap()));
    }
    let mut recorded: Vec<&Value> =
        messages.iter().map(|(_, event)| event).filter(|event| event["type"] == AUDIT_RECORDED).collect();
    recorded.sort_by_key(|event| event["sequence"].as_str().unwrap());
    let trail = service.audit().await;
    assert_eq!(recorded.len(), trail.len());
    for (event, entry) in recorded.iter().zip(&trail) {
        assert_eq!(event["data"], serde_json::to_value(entry).unwrap());
    }
    assert_eq!(messages.iter().filter(|(_, event)| event["type"] == STATUS_CHANGED).count(), trail.len());
}

async fn metric(service: &Service, name: &str) -> Option<f64> {
    let text = String::from_utf8(service.get("/metrics").await.body).unwrap();
    let line = text.lines().find(|line| line.starts_with(name))?;
    line.rsplit_once(' ')?.1.parse().ok()
}

async fn until_metric(service: &Service, name: &str, value: f64) {
    let reached = async {
        while metric(service, name).await != Some(value) {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    patiently(&format!("{name} of {value}"), reached).await;
}

#[tokio::test]
async fn n1_what_happens_while_the_broker_is_away_is_taken_at_once_and_published_in_order_when_it_returns() {
    let mut broker = Broker::absent();
    let service = service_on(broker.address()).await;
    let mut desk = Desk::of(&service).await;
    let mut expected = work(&service, &mut desk, 0..2).await;
    until_metric(&service, "turndown_sink_up", 0.0).await;
    assert_eq!(service.get("/readyz").await.status, 200, "a broker that is away holds up no desk");
    broker.up().await;
    broker.messages(expected).await;
    until_metric(&service, "turndown_sink_up", 1.0).await;
    // Away once more, while the connection stands.
    broker.down();
    expected += work(&service, &mut desk, 2..4).await;
    broker.up().await;
    let messages = broker.messages(expected).await;
    assert_eq!(messages.len(), expected);
    holds_the_trail(&service, &messages).await;
    let order: Vec<&str> = messages.iter().map(|(_, event)| event["sequence"].as_str().unwrap()).collect();
    assert!(order.is_sorted(), "in the order of the trail");
}

#[tokio::test]
async fn n2_a_service_that_stops_before_it_notes_what_the_broker_took_publishes_nothing_twice() {
    let broker = Broker::start().await;
    // Made so that it forgets at once which ids it has had.
    broker.make(|stream| stream.duplicate_window = Duration::from_millis(100)).await;
    let mut service = service_on(broker.address()).await;
    let mut desk = Desk::of(&service).await;
    let mut expected = work(&service, &mut desk, 0..3).await;
    broker.messages(expected).await;
    service.stop().await;
    service.kept.execute("DELETE FROM sinks");
    service.start().await;
    expected += work(&service, &mut desk, 3..4).await;
    let messages = broker.messages(expected).await;
    assert_eq!(messages.len(), expected);
    holds_the_trail(&service, &messages).await;
}

#[tokio::test]
async fn n3_what_a_broker_forgot_with_its_power_is_published_anew() {
    let mut broker = Broker::start().await;
    let service = service_on(broker.address()).await;
    let mut desk = Desk::of(&service).await;
    let mut expected = work(&service, &mut desk, 0..5).await;
    broker.messages(expected).await;
    broker.down();
    broker.cut_messages();
    broker.up().await;
    expected += work(&service, &mut desk, 5..6).await;
    let messages = broker.messages(expected).await;
    holds_the_trail(&service, &messages).await;
    assert!(metric(&service, "turndown_domain_events_restored_total").await.unwrap() > 0.0);
}

#[tokio::test]
async fn n4_a_stream_that_was_deleted_is_made_and_filled_from_the_trail() {
    let broker = Broker::start().await;
    let service = service_on(broker.address()).await;
    let mut desk = Desk::of(&service).await;
    let expected = work(&service, &mut desk, 0..4).await;
    broker.messages(expected).await;
    broker.context().await.delete_stream(STREAM).await.unwrap();
    let messages = broker.messages(expected).await;
    assert_eq!(messages.len(), expected);
    holds_the_trail(&service, &messages).await;
}

#[tokio::test]
async fn n4_one_message_that_is_gone_from_the_middle_is_published_anew() {
    let broker = Broker::start().await;
    // One that lets messages be deleted, as ours does not.
    broker.make(|_| {}).await;
    let service = service_on(broker.address()).await;
    let mut desk = Desk::of(&service).await;
    let expected = work(&service, &mut desk, 0..3).await;
    let before = broker.messages(expected).await;
    broker.stream().await.delete_message(5).await.unwrap();
    let messages = broker.messages(expected).await;
    assert_eq!(messages.len(), expected);
    assert_eq!(messages.last().unwrap().1, before[4].1, "the fifth, and nothing else");
    holds_the_trail(&service, &messages).await;
}

#[tokio::test]
async fn n4_what_was_deleted_before_anybody_noted_that_it_was_published_is_published_anew() {
    let broker = Broker::start().await;
    // It remembers the deleted message's id for two minutes, and calls it a repetition.
    broker.make(|_| {}).await;
    let mut service = service_on(broker.address()).await;
    let mut desk = Desk::of(&service).await;
    let expected = work(&service, &mut desk, 0..3).await;
    broker.messages(expected).await;
    service.stop().await;
    service.kept.execute("DELETE FROM sinks");
    broker.stream().await.delete_message(5).await.unwrap();
    service.start().await;
    let messages = broker.messages(expected).await;
    assert_eq!(messages.len(), expected);
    holds_the_trail(&service, &messages).await;
}

#[tokio::test]
async fn n7_a_full_stream_refuses_and_the_trail_waits() {
    let broker = Broker::start().await;
    broker
        .make(|stream| (stream.max_messages, stream.discard) = (3, async_nats::jetstream::stream::DiscardPolicy::New))
        .await;
    let service = service_on(broker.address()).await;
    let mut desk = Desk::of(&service).await;
    let expected = work(&service, &mut desk, 0..2).await;
    until_metric(&service, "turndown_sink_up", 0.0).await;
    let mut config = broker.stream().await.cached_info().config.clone();
    config.max_messages = -1;
    broker.context().await.update_stream(config).await.unwrap();
    let messages = broker.messages(expected).await;
    assert_eq!(messages.len(), expected);
    holds_the_trail(&service, &messages).await;
}

#[tokio::test]
async fn n7_what_a_stream_lets_go_by_its_own_limit_is_not_published_again_and_again() {
    let broker = Broker::start().await;
    broker.make(|stream| stream.max_messages = 6).await;
    let mut service = service_on(broker.address()).await;
    let mut desk = Desk::of(&service).await;
    let published = work(&service, &mut desk, 0..5).await;
    until_metric(&service, "turndown_domain_events_total", published as f64).await;
    for _ in 0..2 {
        service.restart().await;
        until_metric(&service, "turndown_sink_up", 1.0).await;
    }
    let mut stream = broker.stream().await;
    assert_eq!(stream.info().await.unwrap().state.last_sequence, published as u64, "each was published once");
}

#[tokio::test]
async fn n9_a_broker_that_refuses_us_is_seen_and_holds_up_no_desk() {
    let mut broker = Broker::with(&["--user", "turndown", "--pass", "right"]);
    broker.up().await;
    let wrong = broker.address().replace("//", "//turndown:wrong@");
    let service = service_on(wrong).await;
    let mut desk = Desk::of(&service).await;
    work(&service, &mut desk, 0..1).await;
    until_metric(&service, "turndown_sink_up", 0.0).await;
    assert_eq!(service.get("/readyz").await.status, 200);
}
