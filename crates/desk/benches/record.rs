//! How long a recorded action takes, as a ratio to bare SQLite doing as many durable writes on the same disk in the
//! same run (DESIGN section 8: p50 ≤ 1.3 ×, p99 ≤ 1.5 ×): a three-row transaction and, for the second copy, one synced
//! append. A desk without the second copy stands beside it, to show what that costs. Prints; never fails on a time.
//!
//! They take turns, action by action, so that whatever else the machine does falls on all.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "what cannot go on here has failed, and says where")]

use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};
use turndown_desk::{Desk, migrations};
use turndown_domain::{Action, Property, PropertyBook, Room, Staff, StaffId, Task, TaskId, TaskKind, Unit};
use turndown_offline::{OpenConfig, SystemEnvironment};
use turndown_protocol::{ActorId, EntityRef, EntityRow, EventId, Reference};

const ROOMS: usize = 500;
const ACTIONS: usize = 4_000;

fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    let open = |name: &str, second_copy: bool| {
        let config = OpenConfig { second_copy, ..OpenConfig::new(folder.path().join(name), migrations()) };
        let (desk, _) = Desk::open_with(&config, Arc::new(SystemEnvironment)).expect("opens");
        load(&desk);
        desk
    };
    let (desk, once) = (open("desk", true), open("once", false));

    let bare = rusqlite::Connection::open(folder.path().join("bare.db")).expect("opens");
    bare.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
         CREATE TABLE room (id TEXT PRIMARY KEY, row TEXT) WITHOUT ROWID;
         CREATE TABLE outbox (n INTEGER PRIMARY KEY, id TEXT UNIQUE, bytes TEXT);
         CREATE TABLE audit (n INTEGER PRIMARY KEY, id TEXT UNIQUE, bytes TEXT);",
    )
    .expect("makes tables");
    let (room, event) = ("r".repeat(600), "e".repeat(900));
    let mut append =
        std::fs::OpenOptions::new().create(true).append(true).open(folder.path().join("bare.copy")).expect("opens");

    let actor = ActorId::parse("maria").expect("an id");
    let (mut ours, mut theirs, mut kept_once, mut bare_once) = (vec![], vec![], vec![], vec![]);
    for n in 0..ACTIONS {
        let id = format!("{}", 100 + n % ROOMS);
        let action = if (n / ROOMS).is_multiple_of(2) {
            Action::Note { text: Some(format!("note {n}")) }
        } else {
            Action::SetPriority {
                task: TaskId(format!("t{id}")),
                priority: turndown_domain::Priority::High,
                rush: (n / ROOMS) % 4 == 1,
            }
        };
        let event_id = EventId::parse(format!("e{n}")).expect("an id");
        let begin = Instant::now();
        desk.act(event_id.clone(), actor.clone(), &id, action.clone()).expect("records");
        ours.push(begin.elapsed());

        let begin = Instant::now();
        once.act(event_id, actor.clone(), &id, action).expect("records");
        kept_once.push(begin.elapsed());

        let begin = Instant::now();
        let id = format!("b{n}");
        bare.execute_batch("BEGIN IMMEDIATE").expect("begins");
        let put = |sql: &str, params: &[&dyn rusqlite::ToSql]| {
            bare.prepare_cached(sql).and_then(|mut s| s.execute(params)).expect("writes");
        };
        let key = format!("{}", n % ROOMS);
        put("INSERT INTO room VALUES (?1, ?2) ON CONFLICT (id) DO UPDATE SET row = excluded.row", &[&key, &room]);
        put("INSERT INTO outbox (id, bytes) VALUES (?1, ?2)", &[&id, &""]);
        put("INSERT INTO audit (id, bytes) VALUES (?1, ?2)", &[&id, &event]);
        bare.execute_batch("COMMIT").expect("commits");
        bare_once.push(begin.elapsed());
        append.write_all(event.as_bytes()).and_then(|()| append.sync_data()).expect("appends");
        theirs.push(begin.elapsed());
    }
    println!("record one action, {ACTIONS} actions over {ROOMS} rooms, release, the caller's time");
    print("with the second copy", &mut ours, "three rows in one FULL transaction, one synced append", &mut theirs);
    print("without it", &mut kept_once, "three rows in one FULL transaction", &mut bare_once);
}

fn print(what: &str, ours: &mut [Duration], baseline: &str, theirs: &mut [Duration]) {
    let (p50, p99) = (percentile(ours, 50), percentile(ours, 99));
    let (bare50, bare99) = (percentile(theirs, 50), percentile(theirs, 99));
    println!("{what}");
    println!("  desk          p50 {p50:?}  p99 {p99:?}");
    println!("  bare          p50 {bare50:?}  p99 {bare99:?}   ({baseline})");
    println!("  ratio         p50 {:.2}  p99 {:.2}", ratio(p50, bare50), ratio(p99, bare99));
}

fn ratio(ours: Duration, theirs: Duration) -> f64 {
    ours.as_secs_f64() / theirs.as_secs_f64()
}

fn percentile(times: &mut [Duration], percent: usize) -> Duration {
    times.sort_unstable();
    times[(times.len() * percent / 100).min(times.len() - 1)]
}

fn load(desk: &Desk) {
    let staff = Staff { id: StaffId("maria".into()), name: "Maria".into(), ..Staff::default() };
    let property = Property { service_day: "2016-03-25".into(), ..Property::default() };
    let book = PropertyBook { property, staff: vec![staff], bookings: vec![] };
    let rows = (0..ROOMS)
        .map(|n| {
            let id = format!("{}", 100 + n);
            let mut unit = Unit { room: Room { number: id.clone(), turn: 1, ..Room::default() }, ..Unit::default() };
            for kind in [TaskKind::Stayover, TaskKind::Linen] {
                let task = Task { kind, turn: 1, service_day: "2016-03-25".into(), ..Task::default() };
                let name = if kind == TaskKind::Linen { format!("l{id}") } else { format!("t{id}") };
                unit.tasks.insert(TaskId(name), task);
            }
            EntityRow {
                entity: EntityRef::new("room", id),
                version: n as u64 + 1,
                deleted: false,
                fields: unit.to_fields(),
                provenance: std::collections::BTreeMap::new(),
                contested: None,
            }
        })
        .collect();
    let reference = Reference { version: 1, document: serde_json::to_value(book).expect("plain data") };
    desk.engine().take_snapshot(reference, rows, "c", 1_000_000, |_| {}).expect("loads");
}
