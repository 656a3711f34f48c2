//! The one thread that writes.
//!
//! Jobs come through a queue and run one after the other, each in a transaction of its own, so that sequence numbers
//! are handed out in commit order and nobody's disconnect can cancel a write that began. What the thread keeps in
//! memory (entities, counters) is what the last commit left; after any failure it is thrown away and read again.

use super::rows;
use crate::store::batch::{self, Lanes, Loaded, NewEvent, Plan};
use crate::store::chain::{self, LINKS_PER_BATCH, hash_of_hex};
use crate::store::day;
use crate::store::front_office::{self, Kept, Reported};
use crate::store::single::{self, Decided};
use crate::store::stored::{self, Authors, EntityColumns, detail_json, moves_json, outcome_name, to_i64};
use crate::store::{
    Batch, Body, Chain, Entity, Hash, Heart, Identity, Incoming, SEQ_LOST_MAX, Shown, Single, SingleDone, StoreError,
    Taken, error_text,
};
use chrono::NaiveDate;
use rusqlite::{Connection, ErrorCode, TransactionBehavior};
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use turndown_domain::{PropertyBook, ROOM};
use turndown_protocol::{
    AuditHead, Continues, EntityRef, EventResult, InstallId, Problem, PropertyId, ReportResult, ServiceHead,
};
use turndown_sabotage::{self as sabotage, Version};

/// How many entities stay in memory; beyond it all are let go at once.
const ENTITIES_MAX: usize = 16_384;

/// What the writing thread owns.
pub(super) struct Writer {
    pub(super) conn: Connection,
    identity: Arc<RwLock<Arc<Identity>>>,
    heart: Heart,
    head_seq: u64,
    next_event_n: u64,
    properties: BTreeMap<PropertyId, Held>,
}

/// What is kept of a property between batches.
struct Held {
    n: i64,
    book: Arc<PropertyBook>,
    audit_seq: u64,
    audit_hash: Hash,
    entities: BTreeMap<EntityRef, Entity>,
}

impl Writer {
    pub(super) fn new(
        conn: Connection,
        heart: Heart,
        identity: Arc<RwLock<Arc<Identity>>>,
    ) -> Result<Self, StoreError> {
        let mut writer = Self { conn, identity, heart, head_seq: 0, next_event_n: 1, properties: BTreeMap::new() };
        writer.reload()?;
        Ok(writer)
    }

    /// Goes on with a new connection, so that what is known is what is on the disk. While there is none, the old one
    /// stays and each job tries again.
    pub(super) fn renew(&mut self, files: &super::Files) {
        match super::open::open_database(files) {
            Ok(conn) => self.conn = conn,
            Err(error) => tracing::error!(%error, "the store cannot be opened anew"),
        }
        if let Err(error) = self.reload() {
            tracing::error!(error = %error_text(&error), "the store cannot be read");
        }
    }

    /// Forgets everything and takes the counters from the database.
    pub(super) fn reload(&mut self) -> Result<(), StoreError> {
        self.properties.clear();
        (self.head_seq, _) = rows::feed(&self.conn)?;
        let last: i64 = self.conn.query_row("SELECT coalesce(max(n), 0) FROM events", [], |row| row.get(0))?;
        self.next_event_n = last.unsigned_abs() + 1;
        self.heart.beat_all(self.head_seq);
        Ok(())
    }

    fn held(&mut self, property: &PropertyId) -> Result<&mut Held, StoreError> {
        if !self.properties.contains_key(property) {
            let row = rows::property(&self.conn, property.as_str())?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
            let held = Held {
                n: row.n,
                book: Arc::new(serde_json::from_str(&row.reference)?),
                audit_seq: row.audit_seq,
                audit_hash: row.audit_hash,
                entities: BTreeMap::new(),
            };
            self.properties.insert(property.clone(), held);
        }
        self.properties.get_mut(property).ok_or(StoreError::Fault)
    }

    /// Where the record stands.
    pub(super) fn head(&mut self, property: &PropertyId) -> Result<ServiceHead, StoreError> {
        let (seq, identity) = (self.head_seq, self.identity());
        let held = self.held(property)?;
        Ok(stored::head(&identity, seq, held.audit_seq, held.audit_hash))
    }

    fn identity(&self) -> Arc<Identity> {
        Arc::clone(&self.identity.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn property_n(&mut self, property: &PropertyId) -> Result<i64, StoreError> {
        Ok(self.held(property)?.n)
    }

    fn book(&mut self, property: &PropertyId) -> Result<Arc<PropertyBook>, StoreError> {
        Ok(Arc::clone(&self.held(property)?.book))
    }

    /// Takes a batch: all in one transaction, or, where that cannot be written, each event in one of its own.
    pub(super) fn take(&mut self, batch: &Batch) -> Result<Taken, StoreError> {
        if batch.epoch.as_ref().is_some_and(|epoch| *epoch != self.identity().epoch) {
            return Err(StoreError::Lost);
        }
        if !self.holds_or_begins_epoch(&batch.property, batch.seen.as_ref())? {
            return Err(StoreError::Lost);
        }
        let mut lanes = Lanes::default();
        match self.take_in_one(batch, &batch.events, &mut lanes, |_, _| Ok(())) {
            Ok(taken) => Ok(taken),
            Err(error) if batch.events.len() < 2 || concerns_all(&error) => Err(error),
            Err(error) => {
                tracing::warn!(error = %error_text(&error), events = batch.events.len(), "batch did not write; one by one");
                self.take_one_by_one(batch)
            }
        }
    }

    fn take_one_by_one(&mut self, batch: &Batch) -> Result<Taken, StoreError> {
        let mut lanes = Lanes::default();
        let mut results = vec![];
        let mut last = None;
        for event in &batch.events {
            match self.take_in_one(batch, std::slice::from_ref(event), &mut lanes, |_, _| Ok(())) {
                Ok(mut taken) => {
                    results.append(&mut taken.results);
                    last = Some(taken);
                }
                Err(error) if concerns_all(&error) => return Err(error),
                Err(error) => {
                    tracing::error!(event_id = %event.event_id, error = %error_text(&error), "event did not write");
                    lanes.shut(event.entity.as_ref(), &event.event_id);
                    results.push(batch::not_kept(&event.event_id));
                }
            }
        }
        let (head, chain) = match last {
            Some(taken) => (taken.head, taken.chain),
            None => (self.head(&batch.property)?, Chain::default()),
        };
        Ok(Taken { results, head, chain })
    }

    /// One transaction: load, judge, write, `also`, commit. Nothing in memory changes unless the commit stands.
    fn take_in_one(
        &mut self,
        batch: &Batch,
        events: &[Incoming],
        lanes: &mut Lanes,
        also: impl FnOnce(&Connection, &[EventResult]) -> Result<(), StoreError>,
    ) -> Result<Taken, StoreError> {
        let done = self.try_take(batch, events, lanes, also);
        if done.is_err() {
            self.properties.remove(&batch.property);
        }
        done
    }

    fn try_take(
        &mut self,
        batch: &Batch,
        events: &[Incoming],
        lanes: &mut Lanes,
        also: impl FnOnce(&Connection, &[EventResult]) -> Result<(), StoreError>,
    ) -> Result<Taken, StoreError> {
        let (head_seq, next_event_n) = (self.head_seq, self.next_event_n);
        self.held(&batch.property)?;
        let held = self.properties.get_mut(&batch.property).ok_or(StoreError::Fault)?;
        let tx = self.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;

        let mut loaded = load(&tx, held, events, head_seq, next_event_n)?;
        let plan = batch::decide(events, &batch.received_at, &mut loaded, lanes);
        let chain = write(&tx, held.n, batch, events, &plan, &mut loaded)?;
        let results = answer(&tx, events, &plan, &loaded)?;
        also(&tx, &results)?;
        let committed = tx.commit();
        if !sabotage::on(Version::AnsweredWithoutCommit) {
            committed?;
        }

        held.audit_seq = loaded.audit_seq;
        held.audit_hash = loaded.audit_hash;
        held.entities.append(&mut loaded.entities);
        if held.entities.len() > ENTITIES_MAX {
            held.entities.clear();
        }
        self.head_seq = loaded.head_seq;
        self.next_event_n = loaded.next_event_n;
        self.heart.beat(&batch.property, self.head_seq);
        Ok(Taken { results, head: self.head(&batch.property)?, chain })
    }

    /// Whether the record still has the head of this epoch that a desk heard of. Where it has not, the store lost the
    /// newest part of what it said (a restored backup, a replica that lagged, a log that could not be read), also where
    /// it has written something else in that place since: it goes on in a new epoch, counting above any number that the
    /// lost part can have given out, so that every desk sends again what it keeps and takes everything afresh.
    pub(super) fn holds_or_begins_epoch(
        &mut self,
        property: &PropertyId,
        seen: Option<&Shown>,
    ) -> Result<bool, StoreError> {
        let Some(Shown { head: ServiceHead { epoch: of, seq, audit_seq, audit_hash, .. }, random }) = seen else {
            return Ok(true);
        };
        // Another desk has found the loss meanwhile.
        if *of != self.identity().epoch {
            return Ok(false);
        }
        let property_n = self.property_n(property)?;
        let holds = *seq <= self.head_seq && rows::has_audit(&self.conn, property_n, *audit_seq, audit_hash, *seq)?;
        if holds || sabotage::on(Version::LossNotNoticed) {
            return Ok(true);
        }
        let epoch = format!("epoch_{random:032x}");
        // What a desk says cannot make it count away to the end of all numbers.
        let said = (*seq).min(self.head_seq.saturating_add(SEQ_LOST_MAX));
        let head = self.head_seq.max(said).saturating_add(SEQ_LOST_MAX);
        self.conn.execute("UPDATE meta SET epoch = ?1, head_seq = ?2", (&epoch, to_i64(head)))?;
        tracing::error!(seq, audit_seq, epoch, "a desk has heard of what this store lost; a new epoch begins");
        {
            let mut identity = self.identity.write().unwrap_or_else(PoisonError::into_inner);
            *identity = Arc::new(Identity { epoch, ..Identity::clone(&identity) });
        }
        self.reload()?;
        Ok(false)
    }

    /// Notes what a desk says of itself; a head it never had before at a place where it had another is a fork.
    pub(super) fn greet(
        &mut self,
        property: &PropertyId,
        install: &InstallId,
        head: &AuditHead,
        continues: Option<&Continues>,
    ) -> Result<Chain, StoreError> {
        let property_n = self.property_n(property)?;
        let tx = self.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for (of, continues) in chain::told(install, continues) {
            let mut chain = chain_or_new(&tx, property_n, of)?;
            begin_as_told(&tx, &mut chain, continues)?;
            save_chain(&tx, &chain)?;
        }
        let mut chain = chain_or_new(&tx, property_n, install)?;
        chain.announce(install, head);
        save_chain(&tx, &chain)?;
        tx.commit()?;
        Ok(chain)
    }

    /// Does a single action, or replays its answer.
    pub(super) fn act(&mut self, single: &Single) -> Result<Result<SingleDone, Problem>, StoreError> {
        let property_n = self.property_n(&single.property)?;
        if let Some((fingerprint, done)) = rows::request(&self.conn, property_n, &single.key)? {
            return single::replay(single, fingerprint, done);
        }
        let store_id = self.identity().store_id.clone();
        let name = rows::entity_of_part(&self.conn, property_n, &format!("task/{}", single.task))?;
        let entity = name.map(|name| rows::entity(&self.conn, property_n, &name)).transpose()?.flatten();
        let own = rows::chain(&self.conn, property_n, &single::own_install(&store_id)?)?.unwrap_or_default();
        let book = self.book(&single.property)?;
        let batch = match single::decide(single, &store_id, entity.as_ref(), &book, &own)? {
            Decided::Answer(problem) => return Ok(Err(problem)),
            Decided::Keep(done) => {
                let tx = self.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
                keep(&tx, property_n, single, &done)?;
                tx.commit()?;
                return Ok(Ok(done));
            }
            Decided::Take(batch) => batch,
        };
        let mut done = None;
        self.take_in_one(&batch, &batch.events, &mut Lanes::default(), |conn, results| {
            let (Some(result), Some(entity)) = (results.first(), &entity) else { return Err(StoreError::Fault) };
            let row = rows::entity(conn, property_n, &entity.entity)?;
            let mut authors = Authors::default();
            if let Some(row) = &row {
                rows::put_authors(conn, &row.provenance, &mut authors)?;
            }
            let answer = single::done(result, row.map(|row| authors.entity_row(&row)))?;
            keep(conn, property_n, single, &answer)?;
            done = Some(answer);
            Ok(())
        })?;
        done.map(Ok).ok_or(StoreError::Fault)
    }

    /// Takes a report where it is news.
    pub(super) fn report(&mut self, reported: &Reported) -> Result<ReportResult, StoreError> {
        if let Some(answer) = front_office::faulty(reported) {
            return Ok(answer);
        }
        let property_n = self.property_n(&reported.property)?;
        let subject = reported.report.subject();
        let kept = rows::report(&self.conn, property_n, &subject)?;
        if let Some(answer) = front_office::answered(reported, kept.as_ref()) {
            return Ok(answer);
        }
        let book = self.book(&reported.property)?;
        let mut places = vec![];
        for room in front_office::rooms(reported, kept.as_ref(), &book) {
            places.push(rows::place(&self.conn, property_n, room)?);
        }
        let store_id = self.identity().store_id.clone();
        let own = rows::chain(&self.conn, property_n, &single::own_install(&store_id)?)?.unwrap_or_default();
        let reference: String = self
            .conn
            .prepare_cached("SELECT reference FROM properties WHERE n = ?1")?
            .query_row([property_n], |row| row.get(0))?;
        let decided = front_office::decide(reported, &store_id, kept.as_ref(), &places, &book, &reference, &own)?;
        let (batch, reference, kept) = match decided {
            front_office::Decided::Answer(answer) => return Ok(answer),
            front_office::Decided::Take { batch, reference, kept } => (batch, reference, kept),
        };
        let mut answer = None;
        self.take_in_one(&batch, &batch.events, &mut Lanes::default(), |conn, results| {
            answer = Some(front_office::taken(reported, &batch, results)?);
            if let Some(reference) = &reference {
                conn.execute("UPDATE meta SET head_seq = head_seq + 1", [])?;
                conn.prepare_cached(
                    "UPDATE properties SET reference = ?2, reference_version = (SELECT head_seq FROM meta) WHERE n = ?1",
                )?
                .execute((property_n, reference))?;
            }
            save_report(conn, property_n, &subject, &kept)
        })?;
        if reference.is_some() {
            self.reload()?;
        }
        answer.ok_or(StoreError::Fault)
    }

    /// Begins the next day of every property where the clock says so. Answers which.
    pub(super) fn begin_days(&mut self, now_ms: i64) -> Result<Vec<(PropertyId, String)>, StoreError> {
        let properties: Vec<String> = {
            let mut statement = self.conn.prepare("SELECT property_id FROM properties ORDER BY n")?;
            statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?
        };
        let mut began = vec![];
        for property in properties {
            let Ok(property) = PropertyId::parse(property) else { continue };
            let book = self.book(&property)?;
            let Some(day) = day::next_day(&book, now_ms) else { continue };
            match self.begin_day(&property, &book, day) {
                Ok(()) => began.push((property, day.to_string())),
                // One hotel's day holds up no other's.
                Err(error) => tracing::error!(%error, %property, %day, "the day could not begin; it is tried again"),
            }
        }
        Ok(began)
    }

    fn begin_day(&mut self, property: &PropertyId, book: &PropertyBook, day: NaiveDate) -> Result<(), StoreError> {
        let property_n = self.property_n(property)?;
        let tx = self.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let ids: Vec<String> = {
            let mut statement = tx.prepare_cached(
                "SELECT id FROM entities WHERE property_n = ?1 AND kind = ?2 AND deleted_at_ms IS NULL ORDER BY id",
            )?;
            statement.query_map((property_n, ROOM), |row| row.get(0))?.collect::<Result<_, _>>()?
        };
        let mut rooms = vec![];
        for id in ids {
            rooms.extend(rows::entity(&tx, property_n, &EntityRef::new(ROOM, id))?);
        }
        let reference: String =
            tx.query_row("SELECT reference FROM properties WHERE n = ?1", [property_n], |row| row.get(0))?;
        let mut begun = day::begin(property, book, &reference, rooms, day, self.head_seq)?;
        tx.execute(
            "UPDATE properties SET reference_version = ?2, reference = ?3 WHERE n = ?1",
            (property_n, to_i64(begun.reference_version), &begun.reference),
        )?;
        let numbers: BTreeMap<EntityRef, i64> = begun.rooms.iter().map(|room| (room.entity.clone(), room.n)).collect();
        for (part, entity) in &begun.parts {
            if let Some(n) = numbers.get(entity) {
                put_part(&tx, property_n, part, *n)?;
            }
        }
        for room in &mut begun.rooms {
            save_entity(&tx, property_n, room)?;
        }
        tx.execute("UPDATE meta SET head_seq = ?1", [to_i64(begun.head_seq)])?;
        tx.commit()?;
        self.reload()
    }
}

/// Whether a failed write says something about the whole store rather than about one event.
fn concerns_all(error: &StoreError) -> bool {
    match error {
        StoreError::Database(error) => matches!(
            error.sqlite_error_code(),
            Some(
                ErrorCode::DiskFull
                    | ErrorCode::SystemIoFailure
                    | ErrorCode::DatabaseCorrupt
                    | ErrorCode::NotADatabase
                    | ErrorCode::ReadOnly
                    | ErrorCode::CannotOpen
                    | ErrorCode::DatabaseBusy
                    | ErrorCode::DatabaseLocked
                    | ErrorCode::OutOfMemory
            )
        ),
        StoreError::Unreadable(_) => false,
        StoreError::Server(_) | StoreError::Busy | StoreError::Stopping | StoreError::Lost | StoreError::Fault => true,
    }
}

fn load(
    conn: &Connection,
    held: &mut Held,
    events: &[Incoming],
    head_seq: u64,
    next_event_n: u64,
) -> Result<Loaded, StoreError> {
    let needs = batch::needs(events);
    let mut loaded = Loaded {
        head_seq,
        next_event_n,
        audit_seq: held.audit_seq,
        audit_hash: held.audit_hash,
        book: Arc::clone(&held.book),
        passes: rows::passes(conn, held.n)?,
        known: BTreeMap::new(),
        settled: Default::default(),
        bodies: BTreeMap::new(),
        bodies_wanted: Default::default(),
        was_before: BTreeMap::new(),
        entities: BTreeMap::new(),
    };
    let any_settled: bool =
        conn.prepare_cached("SELECT 1 FROM settled WHERE property_n = ?1 LIMIT 1")?.exists([held.n])?;
    for id in needs.standings {
        if any_settled && rows::is_settled(conn, held.n, &id)? {
            loaded.settled.insert(id.clone());
        }
        if let Some(known) = rows::known(conn, held.n, &id)? {
            loaded.known.insert(id, known);
        }
    }
    for id in &needs.bodies {
        if let Some(bytes) = rows::event_bytes(conn, held.n, id)? {
            loaded.bodies.insert(id.clone(), serde_json::from_str(&bytes)?);
        }
    }
    loaded.bodies_wanted = needs.bodies;
    for install in needs.settlers {
        let before = rows::was_before(conn, held.n, &install)?;
        loaded.was_before.insert(install, before);
    }
    for entity in needs.entities {
        let found = match held.entities.remove(&entity) {
            Some(found) => Some(found),
            None => rows::entity(conn, held.n, &entity)?,
        };
        if let Some(found) = found {
            loaded.entities.insert(entity, found);
        }
    }
    Ok(loaded)
}

fn write(
    conn: &Connection,
    property_n: i64,
    batch: &Batch,
    events: &[Incoming],
    plan: &Plan,
    loaded: &mut Loaded,
) -> Result<Chain, StoreError> {
    let mut chains: BTreeMap<&InstallId, Chain> = BTreeMap::new();
    let mut arrived: BTreeMap<&InstallId, BTreeMap<u64, (Hash, Hash)>> = BTreeMap::new();
    {
        let mut insert = conn.prepare_cached(
            "INSERT INTO events (n, property_n, event_id, hash, install_n, local_seq, outcome, seq, detail, received_at, bytes,
                                 entity)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        )?;
        for new in &plan.new_events {
            let incoming = &events[new.index];
            let Body::Event(event) = &incoming.body else { continue };
            if !chains.contains_key(&event.install_id) {
                chains.insert(&event.install_id, chain_or_new(conn, property_n, &event.install_id)?);
            }
            // It was put there just above.
            let Some(chain) = chains.get_mut(&event.install_id) else { continue };
            let place = arrived.entry(&event.install_id).or_default();
            let n = chain.n;
            chain.arrived(&event.install_id, event.local_seq, incoming.hash, || {
                Ok(place.contains_key(&event.local_seq) || rows::has_link(conn, n, event.local_seq)?)
            })?;
            place.insert(event.local_seq, (hash_of_hex(&event.prev_hash), incoming.hash));
            insert.execute((
                to_i64(new.n),
                property_n,
                event.event_id.as_str(),
                &incoming.hash[..],
                chain.n,
                to_i64(event.local_seq),
                outcome_name(new.outcome),
                new.seq.map(to_i64),
                detail_json(new.detail.as_ref())?,
                &batch.received_at,
                &*incoming.bytes,
                event.entity.to_string(),
            ))?;
        }
    }
    for again in &plan.rejudged {
        let NewEvent { n, outcome, seq, detail, .. } = again;
        conn.prepare_cached("UPDATE events SET outcome = ?2, seq = ?3, detail = ?4 WHERE n = ?1")?.execute((
            to_i64(*n),
            outcome_name(*outcome),
            seq.map(to_i64),
            detail_json(detail.as_ref())?,
        ))?;
    }
    {
        let mut insert = conn.prepare_cached(
            "INSERT INTO audit (property_n, audit_seq, event_n, outcome, seq, code, received_at, hash, moves)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        )?;
        for entry in &plan.audit {
            insert.execute((
                property_n,
                to_i64(entry.audit_seq),
                to_i64(entry.event_n),
                outcome_name(entry.outcome),
                entry.seq.map(to_i64),
                &entry.code,
                &batch.received_at,
                &entry.hash[..],
                moves_json(&entry.moves)?,
            ))?;
        }
    }
    if sabotage::on(Version::ServiceSplit) {
        conn.execute_batch("COMMIT; BEGIN IMMEDIATE")?;
    }
    for name in &plan.touched {
        if let Some(entity) = loaded.entities.get_mut(name) {
            save_entity(conn, property_n, entity)?;
        }
    }
    for (part, name) in &plan.parts {
        if let Some(entity) = loaded.entities.get(name) {
            put_part(conn, property_n, part, entity.n)?;
        }
    }
    for (id, by) in &plan.settled {
        conn.prepare_cached("INSERT OR IGNORE INTO settled (property_n, event_id, by_event_n) VALUES (?1, ?2, ?3)")?
            .execute((property_n, id.as_str(), to_i64(*by)))?;
    }
    if !plan.audit.is_empty() {
        conn.prepare_cached("UPDATE properties SET audit_seq = ?2, audit_hash = ?3 WHERE n = ?1")?.execute((
            property_n,
            to_i64(loaded.audit_seq),
            &loaded.audit_hash[..],
        ))?;
        conn.prepare_cached("UPDATE meta SET head_seq = ?1")?.execute([to_i64(loaded.head_seq)])?;
    }

    let mut sender_chain = Chain::default();
    if let Some((sender, head)) = &batch.sender {
        if !chains.contains_key(sender) {
            chains.insert(sender, chain_or_new(conn, property_n, sender)?);
        }
        if let Some(chain) = chains.get_mut(sender) {
            chain.announce(sender, head);
        }
    }
    for (install, chain) in &mut chains {
        let place = arrived.remove(*install).unwrap_or_default();
        close_gap(conn, chain, install, &place)?;
        save_chain(conn, chain)?;
        if batch.sender.as_ref().is_some_and(|(sender, _)| sender == *install) {
            sender_chain = chain.clone();
        }
    }
    Ok(sender_chain)
}

fn chain_or_new(conn: &Connection, property_n: i64, install: &InstallId) -> Result<Chain, StoreError> {
    if let Some(chain) = rows::chain(conn, property_n, install)? {
        return Ok(chain);
    }
    conn.prepare_cached("INSERT INTO installs (property_n, install_id) VALUES (?1, ?2)")?
        .execute((property_n, install.as_str()))?;
    Ok(Chain { n: conn.last_insert_rowid(), ..Chain::default() })
}

fn save_chain(conn: &Connection, chain: &Chain) -> Result<(), StoreError> {
    conn.prepare_cached(
        "UPDATE installs SET highest_seq = ?2, highest_hash = ?3, closed_seq = ?4, closed_hash = ?5,
                announced_seq = ?6, announced_hash = ?7, fork_seq = ?8 WHERE n = ?1",
    )?
    .execute((
        chain.n,
        to_i64(chain.highest_seq),
        &chain.highest_hash[..],
        to_i64(chain.closed_seq),
        &chain.closed_hash[..],
        to_i64(chain.announced_seq),
        &chain.announced_hash[..],
        chain.fork_seq.map(to_i64),
    ))?;
    Ok(())
}

/// Notes which install a chain goes on from, and where.
fn begin_as_told(conn: &Connection, chain: &mut Chain, continues: &Continues) -> Result<(), StoreError> {
    chain.begin_behind(&continues.head);
    conn.execute(
        "UPDATE installs SET continues = ?2, begins_seq = ?3, begins_hash = ?4 WHERE n = ?1",
        (chain.n, continues.install_id.as_str(), to_i64(chain.begins_seq), &chain.begins_hash[..]),
    )?;
    Ok(())
}

/// Goes along the chain from where it is closed, as far as entries are here and each carries the hash of the one before.
fn close_gap(
    conn: &Connection,
    chain: &mut Chain,
    install: &InstallId,
    arrived: &BTreeMap<u64, (Hash, Hash)>,
) -> Result<(), StoreError> {
    for _ in 0..LINKS_PER_BATCH {
        let Some(next) = chain.next_link() else { break };
        let links = match arrived.get(&next) {
            Some(link) => vec![*link],
            None => stored_links(conn, chain.n, next)?,
        };
        if !chain.close(install, &links) {
            break;
        }
    }
    Ok(())
}

fn stored_links(conn: &Connection, install_n: i64, local_seq: u64) -> Result<Vec<(Hash, Hash)>, StoreError> {
    #[derive(serde::Deserialize)]
    struct Link {
        prev_hash: String,
    }
    let mut statement =
        conn.prepare_cached("SELECT bytes, hash FROM events WHERE install_n = ?1 AND local_seq = ?2")?;
    let mut found = statement.query((install_n, to_i64(local_seq)))?;
    let mut links = vec![];
    while let Some(row) = found.next()? {
        let link: Link = serde_json::from_str(&row.get::<_, String>(0)?)?;
        links.push((hash_of_hex(&link.prev_hash), row.get(1)?));
    }
    Ok(links)
}

fn save_entity(conn: &Connection, property_n: i64, entity: &mut Entity) -> Result<(), StoreError> {
    let EntityColumns { fields, provenance, contests, .. } = EntityColumns::of(entity)?;
    let (version, fields_version) = (to_i64(entity.version), to_i64(entity.fields_version));
    if entity.n == 0 {
        conn.prepare_cached(
            "INSERT INTO entities (property_n, kind, id, version, fields_version, fields, provenance, contests)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute((
            property_n,
            &entity.entity.kind,
            &entity.entity.id,
            version,
            fields_version,
            fields,
            provenance,
            contests,
        ))?;
        entity.n = conn.last_insert_rowid();
    } else {
        conn.prepare_cached(
            "UPDATE entities SET version = ?2, fields_version = ?3, fields = ?4, provenance = ?5, contests = ?6
             WHERE n = ?1",
        )?
        .execute((entity.n, version, fields_version, fields, provenance, contests))?;
    }
    Ok(())
}

fn put_part(conn: &Connection, property_n: i64, part: &str, entity_n: i64) -> Result<(), StoreError> {
    conn.prepare_cached("INSERT OR REPLACE INTO parts (property_n, part, entity_n) VALUES (?1, ?2, ?3)")?
        .execute((property_n, part, entity_n))?;
    Ok(())
}

fn keep(conn: &Connection, property_n: i64, single: &Single, done: &SingleDone) -> Result<(), StoreError> {
    conn.prepare_cached(
        "INSERT INTO requests (property_n, key, fingerprint, status, etag, answer) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute((
        property_n,
        &single.key,
        &single.fingerprint[..],
        done.status,
        done.version.map(|version| version.to_string()),
        &done.body,
    ))?;
    Ok(())
}

fn save_report(conn: &Connection, property_n: i64, subject: &str, kept: &Kept) -> Result<(), StoreError> {
    let stood = kept.stood.as_ref();
    conn.prepare_cached(
        "INSERT OR REPLACE INTO reports (property_n, subject, version, hash, state, room)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute((
        property_n,
        subject,
        to_i64(kept.version),
        &kept.hash[..],
        stood.map(|stood| front_office::state_name(stood.state)),
        stood.map(|stood| stood.room.0.as_str()),
    ))?;
    Ok(())
}

/// Puts rows beside the verdicts that need them: the entity as this transaction leaves it.
fn answer(
    conn: &Connection,
    events: &[Incoming],
    plan: &Plan,
    loaded: &Loaded,
) -> Result<Vec<EventResult>, StoreError> {
    let mut authors = Authors::default();
    for entity in stored::with_rows(events, plan, &loaded.entities).flatten() {
        rows::put_authors(conn, &entity.provenance, &mut authors)?;
    }
    Ok(stored::results(events, plan, &loaded.entities, &authors))
}
