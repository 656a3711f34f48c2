//! The one thread that writes.
//!
//! Jobs come through a queue and run one after the other, each in a transaction of its own, so that sequence numbers
//! are handed out in commit order and nobody's disconnect can cancel a write that began. What the thread keeps in
//! memory (entities, counters) is what the last commit left; after any failure it is thrown away and read again.

use super::admin::SEQ_LOST_MAX;
use super::rows::{self, Authors, outcome_name, to_i64};
use crate::store::batch::{self, Lanes, Loaded, NewEvent, Plan, Verdict};
use crate::store::{Batch, Body, Chain, Detail, Entity, Hash, Heart, Identity, Incoming, Shown, StoreError, Taken};
use rusqlite::{Connection, ErrorCode, TransactionBehavior};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, PoisonError, RwLock};
use turndown_domain::PropertyBook;
use turndown_protocol::{
    AuditHead, Continues, EntityRef, EventId, EventResult, InstallId, Outcome, Problem, PropertyId, ServiceHead,
    Theirs, codes,
};
use turndown_sabotage::{self as sabotage, Version};

/// How many entities stay in memory; beyond it all are let go at once.
const ENTITIES_MAX: usize = 16_384;
/// How many links of a chain are closed in one batch, so that a gap that closes late does not hold everybody up.
const LINKS_PER_BATCH: usize = 20_000;

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
            tracing::error!(error = %chain_text(&error), "the store cannot be read");
        }
    }

    /// Forgets everything and takes the counters from the database.
    pub(super) fn reload(&mut self) -> Result<(), StoreError> {
        self.properties.clear();
        (self.head_seq, _) = rows::feed(&self.conn)?;
        let last: i64 = self.conn.query_row("SELECT coalesce(max(n), 0) FROM events", [], |row| row.get(0))?;
        self.next_event_n = last.unsigned_abs() + 1;
        self.announce();
        Ok(())
    }

    fn announce(&self) {
        self.heart.beat(self.head_seq);
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
        Ok(rows::head(&identity, seq, held.audit_seq, held.audit_hash))
    }

    /// The newest sequence number.
    pub(super) fn head_seq(&self) -> u64 {
        self.head_seq
    }

    fn identity(&self) -> Arc<Identity> {
        Arc::clone(&self.identity.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn property_n(&mut self, property: &PropertyId) -> Result<i64, StoreError> {
        Ok(self.held(property)?.n)
    }

    pub(super) fn book(&mut self, property: &PropertyId) -> Result<Arc<PropertyBook>, StoreError> {
        Ok(Arc::clone(&self.held(property)?.book))
    }

    /// Takes a batch: all in one transaction, or, where that cannot be written, each event in one of its own.
    pub(super) fn take(&mut self, batch: &Batch) -> Result<Taken, StoreError> {
        if !self.holds_or_begins_epoch(&batch.property, batch.seen.as_ref())? {
            return Err(StoreError::Lost);
        }
        let mut lanes = Lanes::default();
        match self.take_in_one(batch, &batch.events, &mut lanes, |_, _| Ok(())) {
            Ok(taken) => Ok(taken),
            Err(error) if batch.events.len() < 2 || concerns_all(&error) => Err(error),
            Err(error) => {
                tracing::warn!(error = %chain_text(&error), events = batch.events.len(), "batch did not write; one by one");
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
                    tracing::error!(event_id = %event.event_id, error = %chain_text(&error), "event did not write");
                    lanes.shut(event.entity.as_ref(), &event.event_id);
                    let problem = Problem::new(500, codes::STORAGE, "The service could not keep this action.")
                        .with_detail("It will be tried again. The service's log has the reason.");
                    results.push(EventResult {
                        event_id: event.event_id.clone(),
                        outcome: Outcome::RetryLater,
                        original: None,
                        seq: None,
                        row: None,
                        theirs: None,
                        problem: Some(problem),
                    });
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
    pub(super) fn take_in_one(
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
        self.announce();
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

    /// The entity as the last commit left it.
    pub(super) fn entity(&mut self, property: &PropertyId, entity: &EntityRef) -> Result<Option<Entity>, StoreError> {
        let property_n = self.property_n(property)?;
        rows::entity(&self.conn, property_n, entity)
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
        let mut chain = chain_or_new(&tx, property_n, install)?;
        if let Some(continues) = continues {
            begin_as_told(&tx, &mut chain, continues)?;
        }
        // Also those that went before it: a restored store has heard of none of them.
        let mut known = BTreeSet::from([install]);
        let mut told = continues;
        while let Some(Continues { install_id, continues: Some(before), .. }) = told
            && known.insert(install_id)
            // Nobody goes on from an install that came later: a desk that says so is wrong, and changes nothing here.
            && !known.contains(&before.install_id)
            && known.len() <= Continues::TOLD_MAX
        {
            let mut earlier = chain_or_new(&tx, property_n, install_id)?;
            begin_as_told(&tx, &mut earlier, before)?;
            save_chain(&tx, &earlier)?;
            told = Some(&**before);
        }
        announce_head(&mut chain, install, head);
        save_chain(&tx, &chain)?;
        tx.commit()?;
        Ok(chain)
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
        StoreError::Stopping | StoreError::Lost | StoreError::Fault => true,
    }
}

/// An error with what caused it, for the log.
pub(super) fn chain_text(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
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
            note_arrival(conn, chain, &event.install_id, event.local_seq, incoming.hash, place)?;
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
            let moves = if entry.moves.is_empty() { None } else { Some(serde_json::to_string(&entry.moves)?) };
            insert.execute((
                property_n,
                to_i64(entry.audit_seq),
                to_i64(entry.event_n),
                outcome_name(entry.outcome),
                entry.seq.map(to_i64),
                &entry.code,
                &batch.received_at,
                &entry.hash[..],
                moves,
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
            conn.prepare_cached("INSERT OR REPLACE INTO parts (property_n, part, entity_n) VALUES (?1, ?2, ?3)")?
                .execute((property_n, part, entity.n))?;
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
            announce_head(chain, sender, head);
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

fn detail_json(detail: Option<&Detail>) -> Result<Option<String>, StoreError> {
    Ok(detail.map(serde_json::to_string).transpose()?)
}

/// A hash as the event wrote it. What is not one links to nothing, which the chain check then says.
fn hash_of_hex(text: &str) -> Hash {
    let mut hash = [0xff; 32];
    if hex::decode_to_slice(text, &mut hash).is_err() {
        hash = [0xff; 32];
    }
    hash
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

/// Marks the first place where a chain has two entries; rooms do not wait for each other, so that a later place may be
/// seen before it. Work goes on: the events themselves stand on their own.
fn mark_fork(chain: &mut Chain, install: &InstallId, local_seq: u64) {
    if chain.fork_seq.is_none() {
        tracing::warn!(code = codes::AUDIT_FORK, install_id = %install, local_seq, "two entries for one place of an audit chain");
    }
    chain.fork_seq = Some(chain.fork_seq.map_or(local_seq, |first| first.min(local_seq)));
}

/// Notes which install a chain goes on from, and where.
fn begin_as_told(conn: &Connection, chain: &mut Chain, continues: &Continues) -> Result<(), StoreError> {
    begin_behind(chain, &continues.head);
    conn.execute(
        "UPDATE installs SET continues = ?2, begins_seq = ?3, begins_hash = ?4 WHERE n = ?1",
        (chain.n, continues.install_id.as_str(), to_i64(chain.begins_seq), &chain.begins_hash[..]),
    )?;
    Ok(())
}

/// The chain goes on from another install's entry. Once anything of it is verified its beginning stays what it was.
fn begin_behind(chain: &mut Chain, head: &AuditHead) {
    if chain.closed_seq == 0 && head.local_seq > 0 {
        chain.begins_seq = head.local_seq;
        chain.begins_hash = hash_of_hex(&head.hash);
        chain.closed_seq = chain.begins_seq;
        chain.closed_hash = chain.begins_hash;
    }
}

fn announce_head(chain: &mut Chain, install: &InstallId, head: &AuditHead) {
    let hash = hash_of_hex(&head.hash);
    if head.local_seq > chain.announced_seq {
        chain.announced_seq = head.local_seq;
        chain.announced_hash = hash;
    } else if head.local_seq == chain.announced_seq && head.local_seq > 0 && hash != chain.announced_hash {
        mark_fork(chain, install, head.local_seq);
    }
}

/// A new entry for a place that is taken already is a fork. Places beyond the highest cannot be taken.
fn note_arrival(
    conn: &Connection,
    chain: &mut Chain,
    install: &InstallId,
    local_seq: u64,
    hash: Hash,
    beside: &BTreeMap<u64, (Hash, Hash)>,
) -> Result<(), StoreError> {
    if local_seq > chain.highest_seq {
        chain.highest_seq = local_seq;
        chain.highest_hash = hash;
    } else if local_seq <= chain.closed_seq
        || beside.contains_key(&local_seq)
        || conn
            .prepare_cached("SELECT 1 FROM events WHERE install_n = ?1 AND local_seq = ?2")?
            .exists((chain.n, to_i64(local_seq)))?
    {
        mark_fork(chain, install, local_seq);
    }
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
        if chain.closed_seq >= chain.highest_seq {
            break;
        }
        let next = chain.closed_seq + 1;
        let links = match arrived.get(&next) {
            Some(link) => vec![*link],
            None => stored_links(conn, chain.n, next)?,
        };
        if links.is_empty() {
            break;
        }
        match links.iter().find(|(prev, _)| *prev == chain.closed_hash) {
            Some((_, hash)) => {
                chain.closed_seq = next;
                chain.closed_hash = *hash;
            }
            None => {
                mark_fork(chain, install, next);
                break;
            }
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
    let fields = serde_json::to_string(&entity.fields)?;
    let provenance = serde_json::to_string(&entity.provenance)?;
    let contests = serde_json::to_string(&entity.contests)?;
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

/// Puts rows beside the verdicts that need them: the entity as this transaction leaves it.
fn answer(
    conn: &Connection,
    events: &[Incoming],
    plan: &Plan,
    loaded: &Loaded,
) -> Result<Vec<EventResult>, StoreError> {
    let mut authors = Authors::default();
    let mut results = Vec::with_capacity(events.len());
    for (incoming, verdict) in events.iter().zip(&plan.verdicts) {
        let entity = incoming.entity.as_ref().and_then(|name| loaded.entities.get(name)).filter(|_| verdict.with_row);
        let row = entity.map(|entity| rows::entity_row(conn, entity, &mut authors)).transpose()?;
        results.push(result(&incoming.event_id, verdict, row));
    }
    Ok(results)
}

fn result(event_id: &EventId, verdict: &Verdict, row: Option<turndown_protocol::EntityRow>) -> EventResult {
    let Verdict { outcome, original, seq, detail, .. } = verdict.clone();
    let Detail { problem, class, paths } = detail.unwrap_or_default();
    let (row, theirs) = match (class, row) {
        (Some(class), Some(row)) => (None, Some(Theirs { row, paths, class })),
        (_, row) => (row, None),
    };
    EventResult { event_id: event_id.clone(), outcome, original, seq, row, theirs, problem }
}
