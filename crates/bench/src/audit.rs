//! A long record: how fast both sides verify it, and how a desk with one opens and answers.

use crate::figures::Figures;
use crate::house::{self, House};
use crate::times::Times;
use rusqlite::Connection;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};
use turndown_domain::{Context, WORKFLOW, decide};
use turndown_offline::{Hands, RowFilter};
use turndown_protocol::{
    AuditEntry, EVENT_SCHEMA, EntityRef, Event, EventId, InstallId, Mode, Outcome, SealedEvent, ZERO_HASH,
};

const ROOMS: usize = 500;
const TIME: &str = "2016-03-25T12:00:00.000Z";

/// Events as a desk makes them, one on the other, without recording them one by one.
struct Chain {
    install: InstallId,
    fields: Vec<turndown_protocol::Fields>,
    last: Vec<Option<EventId>>,
    book: turndown_domain::PropertyBook,
    head: (u64, String),
}

impl Chain {
    fn of(install: InstallId) -> Self {
        let (book, rooms) = house::hotel(ROOMS);
        let fields = rooms.into_iter().map(|(_, fields)| fields).collect();
        Self { install, fields, last: vec![None; ROOMS], book, head: (0, ZERO_HASH.into()) }
    }

    fn next(&mut self, n: usize) -> SealedEvent {
        let (room, action) = house::action(&(0..ROOMS), n);
        let day = self.book.property.service_day.clone();
        let fields = &mut self.fields[n % ROOMS];
        let now = TIME.parse().expect("a time");
        let context = Context { now, service_day: &day, actor: &house::actor(), book: &self.book, undo_of: None };
        let decision = decide(fields, &action, &context).expect("it is possible");
        let event = Event {
            schema: EVENT_SCHEMA,
            event_id: house::event_id(),
            install_id: self.install.clone(),
            local_seq: self.head.0 + 1,
            prev_hash: std::mem::take(&mut self.head.1),
            actor_id: house::actor(),
            workflow: WORKFLOW.into(),
            entity: EntityRef::new("room", room),
            turn: Some(7),
            service_day: Some(day),
            action: action.name().into(),
            args: action.args(),
            changes: decision.changes,
            relies_on: decision.relies_on,
            base_version: 1,
            prev_event_id: self.last[n % ROOMS].take(),
            depends_on: vec![],
            settles: vec![],
            recorded_at: TIME.into(),
            mode: Mode::Offline,
            data_age_s: None,
            authority: None,
        };
        event.apply_to(fields);
        let sealed = SealedEvent::seal(event).expect("it is JSON");
        self.last[n % ROOMS] = Some(sealed.event.event_id.clone());
        self.head = (sealed.event.local_seq, sealed.hash.clone());
        sealed
    }
}

/// Puts a record of so many entries into a desk that is closed; all of them wait.
pub fn fill_desk(database: &Path, entries: usize) {
    let mut connection = Connection::open(database).expect("it opens");
    let install: String = connection
        .query_row("SELECT value FROM sync_state WHERE key = 'install_id'", [], |row| row.get(0))
        .expect("it is a desk's");
    let mut chain = Chain::of(InstallId::parse(install).expect("an id"));
    let work = connection.transaction().expect("it begins");
    for n in 0..entries {
        let sealed = chain.next(n);
        let event = &sealed.event;
        work.prepare_cached(
            "INSERT INTO audit_local (local_seq, event_id, prev_hash, hash, bytes) VALUES (?1, ?2, ?3, ?4, ?5)",
        )
        .and_then(|mut s| {
            s.execute((event.local_seq, event.event_id.as_str(), &event.prev_hash, &sealed.hash, &sealed.bytes))
        })
        .expect("it writes");
        work.prepare_cached("INSERT INTO outbox (local_seq, event_id, entity_kind, entity_id, state) VALUES (?1, ?2, ?3, ?4, 'pending')")
            .and_then(|mut s| {
                s.execute((event.local_seq, event.event_id.as_str(), &event.entity.kind, &event.entity.id))
            })
            .expect("it writes");
    }
    work.commit().expect("it commits");
}

/// Puts a desk's record, and the service's own entries about it, into a store that is closed.
fn fill_service(database: &Path, entries: usize) {
    let mut connection = Connection::open(database).expect("it opens");
    let mut chain = Chain::of(InstallId::generate(1, 1));
    let work = connection.transaction().expect("it begins");
    work.execute("INSERT INTO installs (n, property_n, install_id) VALUES (1, 1, ?1)", [chain.install.as_str()])
        .expect("it writes");
    let mut before = ZERO_HASH.to_owned();
    for n in 0..entries {
        let sealed = chain.next(n);
        let event = &sealed.event;
        let seq = event.local_seq;
        let hash = hex::decode(&sealed.hash).expect("a hash");
        work.prepare_cached(
            "INSERT INTO events (n, property_n, event_id, hash, install_n, local_seq, outcome, seq, received_at, bytes)
             VALUES (?1, 1, ?2, ?3, 1, ?1, 'applied', ?1, ?4, ?5)",
        )
        .and_then(|mut s| s.execute((seq, event.event_id.as_str(), hash, TIME, &sealed.bytes)))
        .expect("it writes");
        let mut entry = AuditEntry {
            audit_seq: seq,
            prev_hash: std::mem::take(&mut before),
            hash: String::new(),
            install_id: event.install_id.clone(),
            local_seq: seq,
            event_id: event.event_id.clone(),
            event_hash: sealed.hash,
            actor_id: event.actor_id.to_string(),
            action: event.action.clone(),
            entity: event.entity.clone(),
            outcome: Outcome::Applied,
            seq: Some(seq),
            code: None,
            recorded_at: event.recorded_at.clone(),
            received_at: TIME.into(),
            originated_offline: true,
        };
        entry.hash = entry.expected_hash().expect("it is JSON");
        work.prepare_cached(
            "INSERT INTO audit (property_n, audit_seq, event_n, outcome, seq, received_at, hash)
             VALUES (1, ?1, ?1, 'applied', ?1, ?2, ?3)",
        )
        .and_then(|mut s| s.execute((seq, TIME, hex::decode(&entry.hash).expect("a hash"))))
        .expect("it writes");
        before = entry.hash;
    }
    let (seq, head) = (chain.head.0, hex::decode(&chain.head.1).expect("a hash"));
    work.execute("UPDATE properties SET audit_seq = ?1, audit_hash = ?2", (seq, hex::decode(&before).expect("a hash")))
        .expect("it writes");
    work.execute(
        "UPDATE installs SET highest_seq = ?1, highest_hash = ?2, closed_seq = ?1, closed_hash = ?2",
        (seq, head),
    )
    .expect("it writes");
    work.commit().expect("it commits");
}

/// Reads every entry's bytes and hashes them, one after the other: the least that a verification has to do.
fn read_and_hash(database: &Path) -> Duration {
    let connection = Connection::open(database).expect("it opens");
    let began = Instant::now();
    let mut statement = connection.prepare("SELECT bytes FROM audit_local ORDER BY local_seq").expect("it reads");
    let mut rows = statement.query([]).expect("it reads");
    while let Some(row) = rows.next().expect("it reads") {
        let bytes = row.get_ref(0).expect("a value").as_str().expect("text");
        std::hint::black_box(Sha256::digest(bytes));
    }
    began.elapsed()
}

/// Verifies a long record at the desk and at the service.
pub fn verification(folder: &Path, figures: &mut Figures, entries: usize) {
    let place = folder.join("record");
    house::open_desk(place.clone(), Hands::Own, false).engine().close();
    fill_desk(&place.join("desk.db"), entries);
    let bare = read_and_hash(&place.join("desk.db"));
    let desk = house::open_desk(place, Hands::Own, false);
    let began = Instant::now();
    let verified = desk.engine().verify_record().expect("the record is whole");
    let took = began.elapsed();
    assert_eq!(verified, entries as u64);
    drop(desk);

    let place = folder.join("service");
    House::open(&place, ROOMS).close();
    fill_service(&place.join("service.db"), entries);
    let (links, at_service) = House::verify(&place);
    assert_eq!(links, entries as u64);
    println!(
        "verify {entries} entries: desk {took:.2?}, service {at_service:.2?}; reading and hashing them {bare:.2?}"
    );
    let what = "seconds to verify 1,000,000 entries of a desk's record";
    figures.at_most("audit_verify_1m_s", took.as_secs_f64(), 2.0, what);
    let what = "seconds to verify as many of a desk's chain and of the service's own, at the service";
    figures.shown("audit_verify_service_1m_s", at_service.as_secs_f64(), what);
    figures.shown("audit_verify_bare_s", bare.as_secs_f64(), "seconds to read the desk's entries and hash their bytes");
}

/// Opens a desk with a long backlog, and asks it what screens and the flusher ask.
pub fn long_backlog(folder: &Path, figures: &mut Figures, backlog: usize) {
    let place = folder.join("long");
    let desk = house::open_desk(place.clone(), Hands::Own, true);
    house::move_in_alone(&desk, ROOMS);
    drop(desk);
    fill_desk(&place.join("desk.db"), backlog);
    // The first time it writes its second copy.
    drop(house::open_desk(place.clone(), Hands::Own, true));
    let mut opening = Times::default();
    let desk = opening.take(|| house::open_desk(place, Hands::Own, true));
    let engine = desk.engine();
    let (mut first_ledger, mut ledger, mut page, mut busy) =
        (Times::default(), Times::default(), Times::default(), Times::default());
    first_ledger.take(|| engine.ledger().expect("it is read"));
    let all: BTreeSet<EntityRef> = (0..ROOMS).map(|n| EntityRef::new("room", house::room_name(n))).collect();
    for _ in 0..20 {
        ledger.take(|| assert!(engine.ledger().expect("it is read").is_balanced()));
        page.take(|| engine.rows(RowFilter::All, 0, 100).expect("it is read"));
        busy.take(|| assert!(engine.next_to_send(500, 1 << 20, &all).expect("it is read").is_empty()));
    }
    println!("a desk with {backlog} events waiting:");
    println!("  opens in         {:.1} ms", opening.ms(50.0));
    println!("  ledger, at first {first_ledger}");
    println!("  ledger, later    {ledger}");
    println!("  Sync Center      {page}");
    println!("  all lanes busy   {busy}");
    figures.shown("open_400k_ms", opening.ms(50.0), "ms to open a desk with 400,000 events waiting");
    figures.shown("ledger_first_400k_ms", first_ledger.ms(50.0), "ms for its first ledger");
    figures.shown("ledger_400k_ms", ledger.ms(50.0), "ms for each later one");
    figures.shown("sync_center_400k_ms", page.ms(50.0), "ms for a page of its Sync Center");
    figures.shown("next_to_send_busy_400k_ms", busy.ms(50.0), "ms to find nothing to send while all lanes are busy");
}
