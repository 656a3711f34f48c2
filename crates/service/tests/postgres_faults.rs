//! PostgreSQL failing under the service: answers of a commit that are lost, a server that is killed, a disk that does not
//! sync or is full. Each test has a server of its own.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "what a test needs and does not get ends it")]

mod common;

use common::cluster::Cluster;
use common::{Answer, Desk, Kept, ROOMS, SERVICE, Service, outcomes, patiently, room_name, task_of};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use turndown_protocol::{Outcome, SealedEvent};
use turndown_service::server::Place;
use turndown_service::store::postgres::Server;

/// Between the service and its database: once armed, the server's answer to the next commit is lost, and with it the
/// connection.
#[derive(Clone, Default)]
struct InDoubt(Arc<AtomicBool>);

impl InDoubt {
    async fn start(&self, server: u16) -> u16 {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let armed = self.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let armed = armed.clone();
                tokio::spawn(async move {
                    let server = TcpStream::connect(("127.0.0.1", server)).await.unwrap();
                    // Either side may end at any time; the other hears of it as both are dropped.
                    let _ = armed.carry(client, server).await;
                });
            }
        });
        port
    }

    async fn carry(&self, mut client: TcpStream, mut server: TcpStream) -> std::io::Result<()> {
        let (mut asked, mut answered) = (vec![0; 1 << 16], vec![0; 1 << 16]);
        let mut committing = false;
        loop {
            tokio::select! {
                read = client.read(&mut asked) => {
                    let bytes = &asked[..read?];
                    if bytes.is_empty() {
                        return Ok(());
                    }
                    committing = bytes.windows(7).any(|window| window == b"COMMIT\0") && self.0.swap(false, Ordering::SeqCst);
                    server.write_all(bytes).await?;
                }
                read = server.read(&mut answered) => {
                    let bytes = &answered[..read?];
                    if bytes.is_empty() || committing {
                        return Ok(());
                    }
                    client.write_all(bytes).await?;
                }
            }
        }
    }

    fn arm(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    fn has_struck(&self) -> bool {
        !self.0.load(Ordering::SeqCst)
    }
}

/// How many entries the trail has of each event, by id.
async fn times_in_trail(service: &Service) -> BTreeMap<String, usize> {
    let mut times = BTreeMap::new();
    for entry in service.audit().await {
        *times.entry(entry.event_id.to_string()).or_default() += 1;
    }
    times
}

#[tokio::test]
async fn p2_a_commit_whose_answer_is_lost_is_done_once_and_told_when_it_is_asked_for_again() {
    let cluster = Cluster::start();
    let in_doubt = InDoubt::default();
    let port = in_doubt.start(cluster.port).await;
    let service = Service::open_on(
        |folder| Kept::on(cluster.address(), folder),
        ROOMS,
        move |config| {
            let Place::Server { server, .. } = &mut config.place else { panic!("it is on a server") };
            let name = server.name();
            let database = name.split(' ').next().unwrap();
            let address = format!("host=127.0.0.1 port={port} sslmode=disable user={SERVICE} dbname={database}");
            *server = Server::parse(&address).unwrap();
        },
    )
    .await;

    let mut desk = Desk::of(&service).await;
    let events = [desk.start("101"), desk.start("102"), desk.complete("101")];
    let batch = service.batch(&desk, &events.each_ref());
    in_doubt.arm();
    let answer = service.send_raw(&batch).await;
    assert_eq!(
        (answer.status.as_u16(), in_doubt.has_struck()),
        (503, true),
        "{}",
        String::from_utf8_lossy(&answer.body)
    );
    assert!(answer.headers.contains_key("retry-after"));
    let said = answer.problem().detail.unwrap_or_default();
    assert!(said.contains("send the same again"), "nobody is told that it was not done: {said}");
    let again = service.send(&desk, &events.each_ref()).await;
    assert_eq!(outcomes(&again), [Outcome::Duplicate; 3]);
    assert!(again.results.iter().all(|result| result.original == Some(Outcome::Applied)));

    let act = || {
        let path = service.path(&format!("housekeeping/tasks/{}/start", task_of("103")));
        let request = service.request(reqwest::Method::POST, &path).header("X-Idempotency-Key", "k-1");
        Answer::of(request.json(&json!({ "actor_id": "ana", "args": {} })))
    };
    in_doubt.arm();
    assert_eq!((act().await.status.as_u16(), in_doubt.has_struck()), (503, true));
    let again = act().await;
    assert_eq!(again.status, 200);
    assert_eq!(again.headers["idempotency-replayed"], "true", "{}", again.json::<Value>());

    let report = json!({ "reports": [{
        "version": 1, "of": "room", "room": "104",
        "sellability": { "kind": "out_of_order", "deducts_inventory": true, "assignable": false, "reason": "leak" },
    }] });
    let report =
        || Answer::of(service.request(reqwest::Method::POST, &service.path("front-office/reports")).json(&report));
    in_doubt.arm();
    assert_eq!((report().await.status.as_u16(), in_doubt.has_struck()), (503, true));
    let again: Value = report().await.json();
    assert_eq!(again["results"][0]["outcome"], "known", "{again}");

    let times = times_in_trail(&service).await;
    assert_eq!(times.len(), 5, "three sent, one single action, one report: {times:?}");
    assert!(times.values().all(|times| *times == 1), "each is done once: {times:?}");
    assert_eq!(service.kept.verify().fault, None);
}

/// Sends an event as a desk does, again and again until it is answered. Answers how often it was not.
async fn until_answered(service: &Service, desk: &Desk, event: &SealedEvent) -> usize {
    let batch = service.batch(desk, &[event]);
    for tries in 0.. {
        let answer = service.send_raw(&batch).await;
        if answer.status == 200 {
            let outcome = &answer.json::<Value>()["results"][0]["outcome"];
            assert!(*outcome == "applied" || *outcome == "duplicate", "{outcome}");
            return tries;
        }
        assert_eq!(answer.status, 503, "{}", String::from_utf8_lossy(&answer.body));
        assert!(answer.headers.contains_key("retry-after"));
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    unreachable!("it tries for ever")
}

#[tokio::test]
async fn p3_a_server_that_is_killed_again_and_again_keeps_all_that_was_answered_once() {
    const KILLS: usize = 5;
    const EVENTS: usize = 20;
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let cluster = Arc::new(Cluster::start());
    let service = Service::open_on(|folder| Kept::on(cluster.address(), folder), ROOMS, |_| {}).await;
    let mut desk = Desk::of(&service).await;
    let (mut sent, mut refused) = (vec![], 0);
    for round in 0..KILLS {
        let (at, beat) = (random.usize(0..EVENTS), Duration::from_micros(random.u64(0..5_000)));
        let mut striking = None;
        for n in 0..EVENTS {
            if n == at {
                let cluster = Arc::clone(&cluster);
                striking = Some(tokio::spawn(async move {
                    tokio::time::sleep(beat).await;
                    let strike = move || {
                        cluster.kill();
                        cluster.up();
                    };
                    tokio::task::spawn_blocking(strike).await.unwrap();
                }));
            }
            let event = desk.note(&room_name(n % ROOMS), &format!("round {round}, {n}"));
            refused += patiently("an answer", until_answered(&service, &desk, &event)).await;
            sent.push(event);
        }
        striking.expect("it was begun").await.unwrap();
    }
    println!("{refused} requests were told to come again");
    all_is_there_once(&service, &sent).await;
}

async fn all_is_there_once(service: &Service, sent: &[SealedEvent]) {
    let times = patiently("the trail", async {
        // A connection that broke meanwhile is noticed by the first who uses it.
        while service.get(&service.path("audit")).await.status != 200 {}
        times_in_trail(service).await
    })
    .await;
    assert_eq!(times.len(), sent.len());
    assert!(sent.iter().all(|event| times.get(event.event.event_id.as_str()) == Some(&1)), "{times:?}");
    assert_eq!(service.kept.verify().fault, None);
}

/// Works while the server's disk fails as said, sees that nothing is called taken, and that all is once it works again.
async fn with_a_failing_disk(inject: &str, events: usize, demanded: &str) {
    let cluster = Arc::new(Cluster::start());
    let service = Service::open_on(|folder| Kept::on(cluster.address(), folder), ROOMS, |_| {}).await;
    let mut desk = Desk::of(&service).await;
    let before = desk.note("101", "before");
    service.send(&desk, &[&before]).await;
    let events: Vec<_> =
        (0..events).map(|n| desk.note(&room_name(n % ROOMS), &format!("{n}: {}", "long ".repeat(190)))).collect();
    let all: Vec<&SealedEvent> = events.iter().collect();
    let batch = service.batch(&desk, &all);
    let failing = cluster.fail(inject);
    let answer = service.send_raw(&batch).await;
    assert_eq!(answer.code(), (503, demanded.to_owned()));
    assert!(answer.headers.contains_key("retry-after"));
    drop(failing);
    // Where the fault met the server as it came up again, it stays down until somebody starts it.
    let starting = Arc::clone(&cluster);
    let taken = patiently("a server that works again", async {
        loop {
            let answer = service.send_raw(&batch).await;
            if answer.status == 200 {
                break answer.json::<turndown_protocol::EventsResponse>();
            }
            assert_eq!(answer.status, 503);
            let starting = Arc::clone(&starting);
            tokio::task::spawn_blocking(move || starting.up()).await.unwrap();
        }
    })
    .await;
    // All of it or nothing was written before.
    let first = taken.results[0].outcome;
    assert!(matches!(first, Outcome::Applied | Outcome::Duplicate), "{first:?}");
    assert!(taken.results.iter().all(|result| result.outcome == first));
    all_is_there_once(&service, &[&[before][..], &events[..]].concat()).await;
}

#[tokio::test]
async fn p4_a_commit_that_the_servers_disk_does_not_sync_is_not_called_taken_and_is_done_once() {
    // So little that nothing is synced before the commit.
    with_a_failing_disk("fdatasync,fsync:error=EIO", 3, "STORAGE").await;
}

#[tokio::test]
async fn p5_a_full_disk_of_the_server_is_told_as_one_and_nothing_is_half_written() {
    // More than one page of everything, so that tables grow.
    with_a_failing_disk("fallocate,pwrite64,pwritev:error=ENOSPC", 200, "STORAGE_FULL").await;
}
