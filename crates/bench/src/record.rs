//! What recording one action takes: the writer's time and the caller's, and both while a flush runs.

use crate::figures::Figures;
use crate::house::{self, House};
use crate::times::Times;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;
use turndown_offline::{EngineError, Hands};
use turndown_protocol::{EventId, EventResult, Outcome};
use turndown_sync::Sync;

/// Plain SQLite doing as many durable writes: a three-row transaction and one synced append.
struct Bare {
    connection: rusqlite::Connection,
    copy: std::fs::File,
    row: String,
    event: String,
}

impl Bare {
    fn open(folder: &Path) -> Self {
        let connection = rusqlite::Connection::open(folder.join("bare.db")).expect("it opens");
        connection
            .execute_batch(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
                 CREATE TABLE room (id TEXT PRIMARY KEY, row TEXT) WITHOUT ROWID;
                 CREATE TABLE outbox (n INTEGER PRIMARY KEY, id TEXT UNIQUE, bytes TEXT);
                 CREATE TABLE audit (n INTEGER PRIMARY KEY, id TEXT UNIQUE, bytes TEXT);",
            )
            .expect("it makes tables");
        let copy = OpenOptions::new().create(true).append(true).open(folder.join("bare.copy")).expect("it opens");
        Self { connection, copy, row: "r".repeat(600), event: "e".repeat(900) }
    }

    fn record(&mut self, room: &str, id: &EventId) {
        self.connection.execute_batch("BEGIN IMMEDIATE").expect("it begins");
        let put = |sql: &str, params: &[&dyn rusqlite::ToSql]| {
            self.connection.prepare_cached(sql).and_then(|mut s| s.execute(params)).expect("it writes");
        };
        let upsert = "INSERT INTO room VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET row = excluded.row";
        put(upsert, &[&room, &self.row]);
        put("INSERT INTO outbox (id, bytes) VALUES (?1, '')", &[&id.as_str()]);
        put("INSERT INTO audit (id, bytes) VALUES (?1, ?2)", &[&id.as_str(), &self.event]);
        self.connection.execute_batch("COMMIT").expect("it commits");
        self.copy.write_all(self.event.as_bytes()).and_then(|()| self.copy.sync_data()).expect("it appends");
    }
}

/// One action after the other, at a desk whose writer runs on the caller's thread (its own time, without the way there
/// and back), at one with a thread of its own (what a caller waits), and in plain SQLite. They take turns, action by
/// action, so that whatever else the machine does falls on all.
pub fn one_action(folder: &Path, figures: &mut Figures, actions: usize) {
    const ROOMS: usize = 500;
    let open = |name: &str, hands| {
        let desk = house::open_desk(folder.join(name), hands, true);
        house::move_in_alone(&desk, ROOMS);
        desk
    };
    let (writer, caller) = (open("writer", Hands::Callers), open("caller", Hands::Own));
    let mut bare = Bare::open(folder);
    let (mut writers, mut callers, mut bares) = (Times::default(), Times::default(), Times::default());
    for n in 0..actions {
        let id = house::event_id();
        for (desk, times) in [(&writer, &mut writers), (&caller, &mut callers)] {
            let (room, action) = house::action(&(0..ROOMS), n);
            times.take(|| desk.act(id.clone(), house::actor(), &room, action).expect("it is recorded"));
        }
        let (room, _) = house::action(&(0..ROOMS), n);
        bares.take(|| bare.record(&room, &id));
    }
    println!("record one action: {actions} actions over {ROOMS} rooms, each at three places in turn");
    println!("  writer's thread  {writers}");
    println!("  caller           {callers}");
    println!("  plain SQLite     {bares}   (three rows in one FULL transaction, one synced append)");
    let writer = "record one action, writer's thread, in times of plain SQLite";
    figures.at_most("record_p50_ratio", writers.ratio(&bares, 50.0), 1.3, &format!("{writer}, p50"));
    figures.at_most("record_p99_ratio", writers.ratio(&bares, 99.0), 1.5, &format!("{writer}, p99"));
    let caller = "the same as its caller sees it";
    figures.shown("record_caller_p50_ratio", callers.ratio(&bares, 50.0), &format!("{caller}, p50"));
    figures.shown("record_caller_p99_ratio", callers.ratio(&bares, 99.0), &format!("{caller}, p99"));
    figures.shown("record_per_s", 1.0 / writers.mean(), "actions recorded a second, one after the other");
    figures.shown("record_bare_per_s", 1.0 / bares.mean(), "the same in plain SQLite");
}

/// A person records, a hundred times a second, while the desk sends a long backlog to the real service.
pub fn while_flushing(folder: &Path, figures: &mut Figures, backlog: usize, rounds: usize) {
    const ROOMS: usize = 500;
    let runtime = Runtime::new().expect("threads");
    let mut times = Times::default();
    for round in 0..rounds {
        let house = House::open(&folder.join(format!("round-{round}")), ROOMS);
        let desk = runtime.block_on(house.desk("desk"));
        house::record_many(&desk, &(0..ROOMS), 0, backlog);
        runtime.block_on(async {
            let link = Sync::start(desk.engine().clone(), house.link(&house.url));
            let mut beat = tokio::time::interval(Duration::from_millis(10));
            for n in backlog.. {
                beat.tick().await;
                let (room, action) = house::action(&(0..ROOMS), n);
                let recording = desk.clone();
                let took = tokio::task::spawn_blocking(move || {
                    let began = Instant::now();
                    recording.act(house::event_id(), house::actor(), &room, action).expect("it is recorded");
                    began.elapsed()
                });
                let took = took.await.expect("it ends");
                let ledger = desk.engine().ledger().expect("it is read");
                if ledger.waiting < 100 {
                    break;
                }
                times.push(took);
            }
            house::wait(&link, || desk.engine().ledger().is_ok_and(|ledger| ledger.waiting == 0)).await;
            link.stop().await;
        });
        house.close();
    }
    let held = held_by_answers(folder, backlog.min(10_000));
    println!("record one action while {backlog} events are sent, {rounds} times, the caller's time");
    println!("  caller           {times}");
    println!("  writer held      {held}   (by acknowledgements, when somebody comes to record)");
    let what = "record one action while 10,000 are sent, p99, ms";
    figures.at_most("record_p99_ms_while_flushing", times.ms(99.0), 10.0, what);
    let what = "the writer held by acknowledgements when somebody comes to record, p99, ms";
    figures.at_most("acknowledge_hold_p99_ms", held.ms(99.0), 2.0, what);
}

/// How long somebody who records waits for the writer while it takes answers: to the end of what it is at, and of its
/// commit. They come every few milliseconds.
fn held_by_answers(folder: &Path, events: usize) -> Times {
    const ROOMS: usize = 500;
    const ANSWERS_A_REQUEST: usize = 500;
    let desk = house::open_desk(folder.join("held"), Hands::Own, true);
    house::move_in_alone(&desk, ROOMS);
    house::record_many(&desk, &(0..ROOMS), 0, events);
    let engine = desk.engine().clone();
    let answering = std::thread::spawn(move || {
        let mut seq = 1_000_000;
        loop {
            let items = engine.next_to_send(ANSWERS_A_REQUEST, usize::MAX, &Default::default()).expect("it is read");
            if items.is_empty() {
                return;
            }
            let answers = items.into_iter().map(|item| {
                seq += 1;
                EventResult {
                    event_id: item.event_id,
                    outcome: Outcome::Applied,
                    original: None,
                    seq: Some(seq),
                    row: None,
                    theirs: None,
                    problem: None,
                }
            });
            engine.take_results("store", "epoch", None, answers.collect()).expect("they are taken");
        }
    });
    let mut times = Times::default();
    while !answering.is_finished() {
        let asked = Instant::now();
        let waited = desk.engine().write(move |_| Ok::<_, EngineError>(asked.elapsed()));
        times.push(waited.expect("it is the writer's turn"));
        #[expect(clippy::disallowed_methods, reason = "somebody comes now and then, and nothing tells when")]
        std::thread::sleep(Duration::from_millis(3));
    }
    answering.join().expect("all answers are taken");
    times
}
