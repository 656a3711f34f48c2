//! How many events a second the service takes over loopback, durably, with an answer each.
//!
//! `cargo bench -p turndown-service --bench flush -- [events] [rooms] [connections]`. Every batch has 500 events of
//! many rooms; the clock runs from the first request to the last answer. Nothing here fails on a figure.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "what a measurement needs and does not get ends it")]

#[path = "../tests/common/mod.rs"]
mod common;

use common::{Desk, Service, room_name, task_of};
use std::time::Instant;
use turndown_domain::{Action, TaskId};
use turndown_protocol::{EventsResponse, Outcome, SealedEvent};

const BATCH: usize = 500;

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|text| text.parse::<usize>().ok());
    let events = numbers.next().unwrap_or(50_000);
    let rooms = numbers.next().unwrap_or(266);
    let connections = numbers.next().unwrap_or(4);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(run(events, rooms, connections));
}

async fn run(events: usize, rooms: usize, connections: usize) {
    let service = Service::open_with(rooms, |_| {}).await;
    let mut desk = Desk::of(&service).await;
    // One batch after another a connection; a room's events stay on one, as lanes do.
    let mut lanes: Vec<Vec<SealedEvent>> = (0..connections).map(|_| vec![]).collect();
    for nr in 0..events {
        let (room, round) = (nr % rooms, nr / rooms);
        let name = room_name(room);
        let task = TaskId(task_of(&name));
        let action = match round {
            0 => Action::Start { task },
            odd if odd % 2 == 1 => Action::Pause { task },
            _ => Action::Resume { task },
        };
        lanes[room % connections].push(desk.record(&name, &action));
    }
    let bytes: usize = lanes.iter().flatten().map(|event| event.bytes.len()).sum();
    let batches: Vec<Vec<String>> = lanes
        .iter()
        .map(|lane| lane.chunks(BATCH).map(|chunk| service.batch(&desk, &chunk.iter().collect::<Vec<_>>())).collect())
        .collect();
    let path = service.path("events");
    let started = Instant::now();
    let sends = batches.into_iter().map(|batches| {
        let (client, url, token) = (service.client.clone(), format!("{}{path}", service.url), service.token.clone());
        tokio::spawn(async move {
            let mut taken = 0;
            for batch in batches {
                let request =
                    client.post(&url).bearer_auth(&token).header("content-type", "application/json").body(batch);
                let answer: EventsResponse = common::Answer::of(request).await.json();
                taken += answer
                    .results
                    .iter()
                    .filter(|result| matches!(result.outcome, Outcome::Applied | Outcome::Merged))
                    .count();
            }
            taken
        })
    });
    let mut taken = 0;
    for send in futures_util::future::join_all(sends).await {
        taken += send.unwrap();
    }
    let seconds = started.elapsed().as_secs_f64();
    assert_eq!(taken, events, "every event is taken once");
    println!(
        "{events} events of {} bytes, {rooms} rooms, {connections} connections: {seconds:.2} s, {:.0} events/s",
        bytes / events,
        events as f64 / seconds
    );
}
