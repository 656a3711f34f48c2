//! How fast a backlog reaches the service, durably on both sides and with an answer for each event.

use crate::figures::Figures;
use crate::house::{self, House};
use crate::times::Times;
use crate::weak_link::WeakLink;
use std::path::Path;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;
use turndown_offline::Engine;

/// Over loopback, from the first request to the last acknowledgement on the desk's disk. Greeting is part of it.
pub fn on_loopback(folder: &Path, figures: &mut Figures, events: usize, rounds: usize) {
    const ROOMS: usize = 500;
    let runtime = Runtime::new().expect("threads");
    let (mut best, mut rates, mut bare_rates) = (0_f64, vec![], vec![]);
    for round in 0..rounds {
        let house = House::open(&folder.join(format!("round-{round}")), ROOMS);
        let desk = runtime.block_on(house.desk("desk"));
        house::record_many(&desk, &(0..ROOMS), 0, events);
        let bytes = desk.engine().next_to_send(1, usize::MAX, &Default::default()).expect("it is read")[0].bytes.len();
        let took = runtime.block_on(house::flush(&desk, house.link(&house.url)));
        assert_eq!(house.close(), events as u64, "the service holds each event once, and its chain verifies");
        let bare = plain(&folder.join(format!("plain-{round}")), events, bytes);
        let (rate, bare_rate) = (per_second(events, took), per_second(events, bare));
        println!(
            "flush {events} events of {bytes} bytes over {ROOMS} rooms: {rate:.0} a second, plain SQLite {bare_rate:.0}"
        );
        best = best.max(rate);
        rates.push(rate);
        bare_rates.push(bare_rate);
    }
    let what = "events sent a second over loopback, durable on both sides, an answer each";
    figures.at_least("flush_per_s", middle(&mut rates), 35_000.0, what);
    figures.shown("flush_best_per_s", best, "the best of its rounds");
    figures.shown(
        "flush_bare_per_s",
        middle(&mut bare_rates),
        "plain SQLite writing as many rows on two files, no HTTP",
    );
}

/// Plain SQLite making what a flush makes durable: at the service the event, its audit entry and the room's row, 500
/// events a transaction; at the desk the event's state, its receipt and the room's row, 100 events a transaction. No
/// judging, no JSON, no HTTP, one after the other.
fn plain(folder: &Path, events: usize, bytes: usize) -> Duration {
    std::fs::create_dir_all(folder).expect("a folder");
    let open = |name: &str| {
        let connection = rusqlite::Connection::open(folder.join(name)).expect("it opens");
        connection
            .execute_batch(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
                 CREATE TABLE event (n INTEGER PRIMARY KEY, id TEXT UNIQUE, state TEXT, bytes TEXT);
                 CREATE TABLE said (n INTEGER PRIMARY KEY, id TEXT UNIQUE, hash TEXT);
                 CREATE TABLE room (n INTEGER PRIMARY KEY, row TEXT);",
            )
            .expect("it makes tables");
        connection
    };
    let (mut desk, mut service) = (open("desk.db"), open("service.db"));
    let (event, row, hash) = ("e".repeat(bytes), "r".repeat(900), "h".repeat(64));
    let ids: Vec<String> = (0..events).map(|_| house::event_id().to_string()).collect();
    let begin = desk.transaction().expect("it begins");
    for (n, id) in ids.iter().enumerate() {
        begin.execute("INSERT INTO event VALUES (?1, ?2, 'pending', ?3)", (n, id, &event)).expect("it writes");
    }
    begin.commit().expect("it commits");
    let began = Instant::now();
    let write = |connection: &mut rusqlite::Connection, a_unit: usize, first: &str| {
        for (unit, ids) in ids.chunks(a_unit).enumerate() {
            let work = connection.transaction().expect("it begins");
            let put = |sql: &str, params: &[&dyn rusqlite::ToSql]| {
                work.prepare_cached(sql).and_then(|mut s| s.execute(params)).expect("it writes");
            };
            for (i, id) in ids.iter().enumerate() {
                let n = unit * a_unit + i;
                put(first, &[&n, &id, &event]);
                put("INSERT INTO said VALUES (?1, ?2, ?3)", &[&n, &id, &hash]);
                let upsert = "INSERT INTO room VALUES (?1, ?2) ON CONFLICT (n) DO UPDATE SET row = excluded.row";
                put(upsert, &[&(n % 500), &row]);
            }
            work.commit().expect("it commits");
        }
    };
    write(&mut service, 500, "INSERT INTO event VALUES (?1, ?2, 'applied', ?3)");
    write(&mut desk, 100, "UPDATE event SET state = 'synced' WHERE n = ?1 AND id = ?2 AND ?3 <> ''");
    began.elapsed()
}

/// An eight-hour outage at a 500-room hotel over a weak link: 200 ms round trip, 2 % loss, 256 kbit/s each way.
pub fn over_a_weak_link(folder: &Path, figures: &mut Figures, link: WeakLink, events: usize, runs: usize) {
    const ROOMS: usize = 500;
    const AT_ONCE: usize = 5;
    let seed = fastrand::u64(..);
    let mut times = Times::default();
    let runtime = Runtime::new().expect("threads");
    for first in (0..runs).step_by(AT_ONCE) {
        let began: Vec<_> = (first..runs.min(first + AT_ONCE))
            .map(|run| {
                let house = House::open(&folder.join(format!("run-{run}")), ROOMS);
                let desk = runtime.block_on(house.desk("desk"));
                house::record_many(&desk, &(0..ROOMS), 0, events);
                forget_the_last_eight_hours(desk.engine());
                let address = runtime.block_on(link.carry(&house.url, seed.wrapping_add(run as u64)));
                let config = house.link(&address);
                (house, runtime.spawn(async move { house::flush(&desk, config).await }))
            })
            .collect();
        for (house, flushing) in began {
            times.push(runtime.block_on(flushing).expect("it ends"));
            assert_eq!(house.close(), events as u64, "the service holds each event once, and its chain verifies");
        }
    }
    println!("flush {events} events over {link}: {times}; seed {seed}");
    figures.at_most(
        "weak_link_p95_s",
        times.percentile(95.0).as_secs_f64(),
        30.0,
        "seconds for 2,300 events over a weak link, p95",
    );
    figures.shown("weak_link_p50_s", times.percentile(50.0).as_secs_f64(), "the same, p50");
}

/// What the desk knows is as old as the outage, so that it takes a snapshot too when the link is back.
fn forget_the_last_eight_hours(engine: &Engine) {
    let then = engine.environment().now() - chrono::Duration::hours(8);
    engine.set_facts(vec![("known_at", Some(turndown_offline::rfc3339(then)))]).expect("it is kept");
}

fn per_second(events: usize, took: Duration) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "few")]
    let events = events as f64;
    events / took.as_secs_f64()
}

fn middle(rates: &mut [f64]) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}
