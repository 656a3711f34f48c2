//! One transaction that writes to one hotel.
//!
//! It locks the hotel's row first, until its end. So sequence numbers are given out in commit order, by however many
//! processes; two that come with the same event come one after the other, and the second finds what the first did.
//! Nothing is kept in memory between two transactions but the hotel's document, which has a number of its own.

use super::listen::Notice;
use super::open::HotelTx;
use super::rows::{self, get, get_hash, get_u64};
use crate::store::batch::{self, Lanes, Loaded, NewEvent, Plan};
use crate::store::chain::{self, LINKS_PER_BATCH, hash_of_hex};
use crate::store::day;
use crate::store::front_office::{self, Reported};
use crate::store::single::{self, Decided};
use crate::store::stored::{self, EntityColumns, detail_json, moves_json, outcome_name, to_i64};
use crate::store::{
    Batch, Body, Chain, Entity, Hash, Identity, Incoming, SEQ_LOST_MAX, Shown, Single, SingleDone, StoreError, Taken,
};
use deadpool_postgres::Client;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use tokio_postgres::error::SqlState;
use turndown_domain::{PropertyBook, ROOM};
use turndown_protocol::{
    AuditHead, Continues, EntityRef, Event, EventResult, InstallId, Problem, PropertyId, ReportResult, ServiceHead,
};

/// Places of a chain that are looked up at once.
const PLACES_AT_ONCE: u64 = 500;

/// Hotels' documents as they were last read, by the life of the database and the number of their last change.
#[derive(Default)]
pub(super) struct Books(Mutex<BTreeMap<PropertyId, Read>>);

#[derive(Clone)]
struct Read {
    run: String,
    version: u64,
    book: Arc<PropertyBook>,
}

impl Books {
    /// The document of a hotel as this transaction sees it, read only where it is another one than before.
    pub(super) async fn look(&self, tx: &HotelTx<'_>, property: &PropertyId) -> Result<Arc<PropertyBook>, StoreError> {
        let row = tx
            .one("SELECT reference_version FROM properties WHERE property_id = $1", &[&tx.id()])
            .await?
            .ok_or(StoreError::Fault)?;
        let (_, run) = epoch_and_run(tx).await?;
        self.of(tx, property, run, get_u64(&row, 0)?).await
    }

    async fn of(
        &self,
        tx: &HotelTx<'_>,
        property: &PropertyId,
        run: String,
        version: u64,
    ) -> Result<Arc<PropertyBook>, StoreError> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(property).cloned();
        if let Some(read) = known.filter(|read| read.run == run && read.version == version) {
            return Ok(read.book);
        }
        let book: Arc<PropertyBook> = Arc::new(serde_json::from_str(&reference_of(tx).await?)?);
        let read = Read { run, version, book: Arc::clone(&book) };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(property.clone(), read);
        Ok(book)
    }
}

/// An event to be stored: what is planned of it, how it came, and what it says.
type New<'e> = (&'e NewEvent, &'e Incoming, &'e Event);

/// A hotel whose row this transaction has locked.
pub(super) struct Hotel<'c> {
    tx: HotelTx<'c>,
    property: PropertyId,
    identity: Identity,
    head_seq: u64,
    audit_seq: u64,
    audit_hash: Hash,
    next_event_n: u64,
    book: Arc<PropertyBook>,
    by_pin: bool,
}

/// The epoch of the store, and the present life of its server: what a database can lose it loses between two lives.
pub(super) async fn epoch_and_run(tx: &HotelTx<'_>) -> Result<(String, String), StoreError> {
    let row = tx.one(EPOCH_AND_RUN, &[]).await?.ok_or(StoreError::Fault)?;
    Ok((get(&row, 0)?, get(&row, 1)?))
}

/// The two that [`epoch_and_run`] answers.
pub(super) const EPOCH_AND_RUN: &str = "
    SELECT epoch, 'run_' || to_hex((extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint) FROM meta";

impl<'c> Hotel<'c> {
    /// Locks a hotel. Where the store has begun a new epoch since the hotel was last written to, the hotel goes on
    /// counting above any number that a lost part of it can have given out.
    #[tracing::instrument(skip_all)]
    pub(super) async fn lock(
        client: &'c mut Client,
        property: &PropertyId,
        store_id: &str,
        books: &Books,
    ) -> Result<Self, StoreError> {
        let tx = HotelTx::write(client, property).await?;
        let row = tx
            .one(
                "SELECT epoch, head_seq, audit_seq, audit_hash, reference_version, lock_minutes IS NOT NULL
                 FROM properties WHERE property_id = $1 FOR NO KEY UPDATE",
                &[&property.as_str()],
            )
            .await?
            .ok_or(StoreError::Fault)?;
        // Asked after the lock is held: the statement above shows the row as its last writer left it, but anything else
        // as it was when the waiting began.
        let (epoch, run) = epoch_and_run(&tx).await?;
        let next = tx
            .one("SELECT coalesce(max(n), 0) + 1 FROM events WHERE property_id = $1", &[&property.as_str()])
            .await?
            .ok_or(StoreError::Fault)?;
        let book = books.of(&tx, property, run.clone(), get_u64(&row, 4)?).await?;
        let mut hotel = Self {
            property: property.clone(),
            identity: Identity { store_id: store_id.to_owned(), epoch, run },
            head_seq: get_u64(&row, 1)?,
            audit_seq: get_u64(&row, 2)?,
            audit_hash: get_hash(&row, 3)?,
            next_event_n: get_u64(&next, 0)?,
            book,
            by_pin: get(&row, 5)?,
            tx,
        };
        if get::<&str>(&row, 0)? != hotel.identity.epoch {
            let above = hotel.head_seq.saturating_add(SEQ_LOST_MAX);
            hotel.count_above(above).await?;
        }
        Ok(hotel)
    }

    /// Counts above a number in the present epoch.
    async fn count_above(&mut self, head_seq: u64) -> Result<(), StoreError> {
        self.head_seq = head_seq;
        self.tx
            .run(
                "UPDATE properties SET epoch = $2, head_seq = $3 WHERE property_id = $1",
                &[&self.tx.id(), &self.identity.epoch, &to_i64(head_seq)],
            )
            .await?;
        Ok(())
    }

    /// Where the record stands.
    fn head(&self) -> ServiceHead {
        stored::head(&self.identity, self.head_seq, self.audit_seq, self.audit_hash)
    }

    /// Says to every process that there is something new, once it is committed.
    async fn announce(&self) -> Result<(), StoreError> {
        Notice { hotel: Some(self.property.clone()), head_seq: self.head_seq }.give(&self.tx).await
    }

    #[tracing::instrument(skip_all)]
    async fn commit(self) -> Result<(), StoreError> {
        self.tx.commit().await
    }

    /// Whether the record still has the head of this epoch that a desk heard of. Where it has not, the store lost the
    /// newest part of what it said, also where it has written something else in that place since: it goes on in a new
    /// epoch, so that every desk sends again what it keeps and takes everything afresh. Another hotel's count is raised
    /// when it is next written to.
    async fn holds_or_begins_epoch(&mut self, seen: Option<&Shown>) -> Result<bool, StoreError> {
        let Some(Shown { head: ServiceHead { epoch: of, seq, audit_seq, audit_hash, .. }, random }) = seen else {
            return Ok(true);
        };
        // Another desk has found the loss meanwhile.
        if *of != self.identity.epoch {
            return Ok(false);
        }
        if *seq <= self.head_seq && rows::has_audit(&self.tx, *audit_seq, audit_hash, *seq).await? {
            return Ok(true);
        }
        let epoch = format!("epoch_{random:032x}");
        let begun = self.tx.run("UPDATE meta SET epoch = $1 WHERE epoch = $2", &[&epoch, &self.identity.epoch]).await?;
        // What a desk says cannot make it count away to the end of all numbers.
        let said = (*seq).min(self.head_seq.saturating_add(SEQ_LOST_MAX));
        let above = self.head_seq.max(said).saturating_add(SEQ_LOST_MAX);
        if begun == 1 {
            tracing::error!(seq, audit_seq, epoch, "a desk has heard of what this store lost; a new epoch begins");
            self.identity.epoch = epoch;
        } else {
            (self.identity.epoch, _) = epoch_and_run(&self.tx).await?;
        }
        self.count_above(above).await?;
        // Every hotel's streams end with the epoch.
        Notice { hotel: None, head_seq: self.head_seq }.give(&self.tx).await?;
        Ok(false)
    }

    /// Notes what a desk says of itself.
    pub(super) async fn greet(
        mut self,
        install: &InstallId,
        head: &AuditHead,
        continues: Option<&Continues>,
        seen: Option<&Shown>,
    ) -> Result<(Chain, bool, u64, ServiceHead), StoreError> {
        let holds_seen = self.holds_or_begins_epoch(seen).await?;
        let told = chain::told(install, continues);
        let names: BTreeSet<&InstallId> = told.iter().map(|(of, _)| *of).chain([install]).collect();
        let mut chains = self.chains_or_new(&names).await?;
        for (of, continues) in told {
            if let Some(chain) = chains.get_mut(of) {
                chain.begin_behind(&continues.head);
                self.tx
                    .run(
                        "UPDATE installs SET continues = $3, begins_seq = $4, begins_hash = $5
                         WHERE property_id = $1 AND install_id = $2",
                        &[
                            &self.tx.id(),
                            &of.as_str(),
                            &continues.install_id.as_str(),
                            &to_i64(chain.begins_seq),
                            &&chain.begins_hash[..],
                        ],
                    )
                    .await?;
            }
        }
        if let Some(chain) = chains.get_mut(install) {
            chain.announce(install, head);
        }
        self.save_chains(&chains).await?;
        let chain = chains.remove(install).ok_or(StoreError::Fault)?;
        let holds_until = rows::holds_until(&self.tx, install, &chain).await?;
        let head = self.head();
        self.commit().await?;
        Ok((chain, holds_seen, holds_until, head))
    }

    /// Takes these events of a batch.
    pub(super) async fn take(
        mut self,
        batch: &Batch,
        events: &[Incoming],
        lanes: &mut Lanes,
    ) -> Result<Taken, StoreError> {
        let another_epoch = batch.epoch.as_ref().is_some_and(|epoch| *epoch != self.identity.epoch);
        if another_epoch {
            return Err(StoreError::Lost);
        }
        if !self.holds_or_begins_epoch(batch.seen.as_ref()).await? {
            self.commit().await?;
            return Err(StoreError::Lost);
        }
        let (results, chain) = self.take_all(batch, events, lanes).await?;
        let head = self.head();
        self.commit().await?;
        Ok(Taken { results, head, chain })
    }

    async fn take_all(
        &mut self,
        batch: &Batch,
        events: &[Incoming],
        lanes: &mut Lanes,
    ) -> Result<(Vec<EventResult>, Chain), StoreError> {
        let mut loaded = self.load(events).await?;
        let plan = batch::decide(events, &batch.received_at, &mut loaded, lanes);
        let chain = self.write(batch, events, &plan, &mut loaded).await?;
        let provenances: Vec<_> =
            stored::with_rows(events, &plan, &loaded.entities).flatten().map(|entity| &entity.provenance).collect();
        let authors = rows::authors(&self.tx, &provenances).await?;
        (self.head_seq, self.audit_seq, self.audit_hash) = (loaded.head_seq, loaded.audit_seq, loaded.audit_hash);
        if !plan.audit.is_empty() {
            self.announce().await?;
        }
        Ok((stored::results(events, &plan, &loaded.entities, &authors), chain))
    }

    #[tracing::instrument(skip_all)]
    async fn load(&self, events: &[Incoming]) -> Result<Loaded, StoreError> {
        let needs = batch::needs(events);
        let standings: Vec<&str> = needs.standings.iter().map(|id| id.as_str()).collect();
        let bodies: Vec<&str> = needs.bodies.iter().map(|id| id.as_str()).collect();
        let mut loaded = Loaded {
            head_seq: self.head_seq,
            next_event_n: self.next_event_n,
            audit_seq: self.audit_seq,
            audit_hash: self.audit_hash,
            book: Arc::clone(&self.book),
            passes: if self.by_pin { Some(rows::passes(&self.tx).await?) } else { None },
            known: rows::known(&self.tx, &standings).await?,
            settled: rows::settled(&self.tx, &standings).await?,
            bodies: BTreeMap::new(),
            bodies_wanted: Default::default(),
            was_before: BTreeMap::new(),
            entities: BTreeMap::new(),
        };
        if !bodies.is_empty() {
            for (id, bytes) in rows::event_bytes(&self.tx, &bodies).await? {
                loaded.bodies.insert(id, serde_json::from_str(&bytes)?);
            }
        }
        loaded.bodies_wanted = needs.bodies;
        for install in needs.settlers {
            let before = rows::was_before(&self.tx, &install).await?;
            loaded.was_before.insert(install, before);
        }
        let found = rows::entities(&self.tx, &needs.entities).await?;
        loaded.entities = found.into_iter().map(|entity| (entity.entity.clone(), entity)).collect();
        Ok(loaded)
    }

    /// Writes a plan. Answers the sender's chain.
    #[tracing::instrument(skip_all)]
    async fn write(
        &self,
        batch: &Batch,
        events: &[Incoming],
        plan: &Plan,
        loaded: &mut Loaded,
    ) -> Result<Chain, StoreError> {
        let sender = batch.sender.as_ref();
        let mut new_events: Vec<New<'_>> = vec![];
        for new in &plan.new_events {
            if let Body::Event(event) = &events[new.index].body {
                new_events.push((new, &events[new.index], event));
            }
        }
        let mut names: BTreeSet<&InstallId> = new_events.iter().map(|(_, _, event)| &event.install_id).collect();
        names.extend(sender.map(|(install, _)| install));
        let mut chains = self.chains_or_new(&names).await?;
        let places: Vec<(&InstallId, u64)> =
            new_events.iter().map(|(_, _, event)| (&event.install_id, event.local_seq)).collect();
        let mut taken = rows::taken_places(&self.tx, &places).await?;
        for (_, incoming, event) in &new_events {
            let place = (event.install_id.clone(), event.local_seq);
            if let Some(chain) = chains.get_mut(&event.install_id) {
                chain.arrived(&event.install_id, event.local_seq, incoming.hash, || Ok(taken.contains(&place)))?;
            }
            taken.insert(place);
        }
        self.insert_events(batch, &new_events).await?;
        self.update_outcomes(&plan.rejudged).await?;
        self.insert_audit(batch, plan).await?;
        let touched: Vec<&Entity> = plan.touched.iter().filter_map(|name| loaded.entities.get(name)).collect();
        self.save_entities(&touched).await?;
        self.save_parts(&plan.parts).await?;
        let settled: Vec<&str> = plan.settled.iter().map(|(id, _)| id.as_str()).collect();
        let by: Vec<i64> = plan.settled.iter().map(|(_, by)| to_i64(*by)).collect();
        if !settled.is_empty() {
            self.tx
                .run(
                    "INSERT INTO settled (property_id, event_id, by_event_n)
                     SELECT $1, * FROM unnest($2::text[], $3::bigint[]) ON CONFLICT DO NOTHING",
                    &[&self.tx.id(), &settled, &by],
                )
                .await?;
        }
        if !plan.audit.is_empty() {
            self.tx
                .run(
                    "UPDATE properties SET head_seq = $2, audit_seq = $3, audit_hash = $4 WHERE property_id = $1",
                    &[&self.tx.id(), &to_i64(loaded.head_seq), &to_i64(loaded.audit_seq), &&loaded.audit_hash[..]],
                )
                .await?;
        }
        if let Some((install, head)) = sender
            && let Some(chain) = chains.get_mut(install)
        {
            chain.announce(install, head);
        }
        for (install, chain) in &mut chains {
            self.close_gap(install, chain).await?;
        }
        self.save_chains(&chains).await?;
        Ok(sender.and_then(|(install, _)| chains.remove(install)).unwrap_or_default())
    }

    async fn insert_events(&self, batch: &Batch, new: &[New<'_>]) -> Result<(), StoreError> {
        if new.is_empty() {
            return Ok(());
        }
        let n: Vec<i64> = new.iter().map(|(new, _, _)| to_i64(new.n)).collect();
        let ids: Vec<&str> = new.iter().map(|(_, _, event)| event.event_id.as_str()).collect();
        let hashes: Vec<&[u8]> = new.iter().map(|(_, incoming, _)| &incoming.hash[..]).collect();
        let prev: Vec<Hash> = new.iter().map(|(_, _, event)| hash_of_hex(&event.prev_hash)).collect();
        let prev: Vec<&[u8]> = prev.iter().map(|hash| &hash[..]).collect();
        let installs: Vec<&str> = new.iter().map(|(_, _, event)| event.install_id.as_str()).collect();
        let local: Vec<i64> = new.iter().map(|(_, _, event)| to_i64(event.local_seq)).collect();
        let entities: Vec<String> = new.iter().map(|(_, _, event)| event.entity.to_string()).collect();
        let outcomes: Vec<&str> = new.iter().map(|(new, _, _)| outcome_name(new.outcome)).collect();
        let seqs: Vec<Option<i64>> = new.iter().map(|(new, _, _)| new.seq.map(to_i64)).collect();
        let details: Vec<Option<String>> =
            new.iter().map(|(new, _, _)| detail_json(new.detail.as_ref())).collect::<Result<_, _>>()?;
        let bytes: Vec<&str> = new.iter().map(|(_, incoming, _)| &*incoming.bytes).collect();
        self.tx
            .run(
                "INSERT INTO events (property_id, received_at, n, event_id, hash, prev_hash, install_id, local_seq, entity,
                                     outcome, seq, detail, bytes)
                 SELECT $1, $2, * FROM unnest($3::bigint[], $4::text[], $5::bytea[], $6::bytea[], $7::text[], $8::bigint[],
                                              $9::text[], $10::text[], $11::bigint[], $12::text[], $13::text[])",
                &[
                    &self.tx.id(),
                    &batch.received_at,
                    &n,
                    &ids,
                    &hashes,
                    &prev,
                    &installs,
                    &local,
                    &entities,
                    &outcomes,
                    &seqs,
                    &details,
                    &bytes,
                ],
            )
            .await?;
        Ok(())
    }

    async fn update_outcomes(&self, rejudged: &[NewEvent]) -> Result<(), StoreError> {
        // An event that came twice in one batch counts as it was judged last.
        let last: BTreeMap<u64, &NewEvent> = rejudged.iter().map(|again| (again.n, again)).collect();
        for (n, again) in last {
            self.tx
                .run(
                    "UPDATE events SET outcome = $3, seq = $4, detail = $5 WHERE property_id = $1 AND n = $2",
                    &[
                        &self.tx.id(),
                        &to_i64(n),
                        &outcome_name(again.outcome),
                        &again.seq.map(to_i64),
                        &detail_json(again.detail.as_ref())?,
                    ],
                )
                .await?;
        }
        Ok(())
    }

    async fn insert_audit(&self, batch: &Batch, plan: &Plan) -> Result<(), StoreError> {
        if plan.audit.is_empty() {
            return Ok(());
        }
        let audit = &plan.audit;
        let seqs: Vec<i64> = audit.iter().map(|entry| to_i64(entry.audit_seq)).collect();
        let events: Vec<i64> = audit.iter().map(|entry| to_i64(entry.event_n)).collect();
        let outcomes: Vec<&str> = audit.iter().map(|entry| outcome_name(entry.outcome)).collect();
        let changes: Vec<Option<i64>> = audit.iter().map(|entry| entry.seq.map(to_i64)).collect();
        let codes: Vec<Option<&str>> = audit.iter().map(|entry| entry.code.as_deref()).collect();
        let hashes: Vec<&[u8]> = audit.iter().map(|entry| &entry.hash[..]).collect();
        let moves: Vec<Option<String>> =
            audit.iter().map(|entry| moves_json(&entry.moves)).collect::<Result<_, _>>()?;
        self.tx
            .run(
                "INSERT INTO audit (property_id, received_at, audit_seq, event_n, outcome, seq, code, hash, moves)
                 SELECT $1, $2, * FROM unnest($3::bigint[], $4::bigint[], $5::text[], $6::bigint[], $7::text[],
                                              $8::bytea[], $9::text[])",
                &[&self.tx.id(), &batch.received_at, &seqs, &events, &outcomes, &changes, &codes, &hashes, &moves],
            )
            .await?;
        Ok(())
    }

    async fn save_entities(&self, entities: &[&Entity]) -> Result<(), StoreError> {
        if entities.is_empty() {
            return Ok(());
        }
        let columns: Vec<EntityColumns> =
            entities.iter().map(|entity| EntityColumns::of(entity)).collect::<Result<_, _>>()?;
        let kinds: Vec<&str> = entities.iter().map(|entity| entity.entity.kind.as_str()).collect();
        let ids: Vec<&str> = entities.iter().map(|entity| entity.entity.id.as_str()).collect();
        let versions: Vec<i64> = columns.iter().map(|columns| to_i64(columns.version)).collect();
        let fields_versions: Vec<i64> = columns.iter().map(|columns| to_i64(columns.fields_version)).collect();
        let fields: Vec<&str> = columns.iter().map(|columns| columns.fields.as_str()).collect();
        let provenance: Vec<&str> = columns.iter().map(|columns| columns.provenance.as_str()).collect();
        let contests: Vec<&str> = columns.iter().map(|columns| columns.contests.as_str()).collect();
        self.tx
            .run(
                "INSERT INTO entities (property_id, kind, id, version, fields_version, fields, provenance, contests)
                 SELECT $1, * FROM unnest($2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::text[], $7::text[],
                                          $8::text[])
                 ON CONFLICT (property_id, kind, id) DO UPDATE SET
                     version = excluded.version, fields_version = excluded.fields_version, fields = excluded.fields,
                     provenance = excluded.provenance, contests = excluded.contests",
                &[&self.tx.id(), &kinds, &ids, &versions, &fields_versions, &fields, &provenance, &contests],
            )
            .await?;
        Ok(())
    }

    async fn save_parts(&self, parts: &[(String, EntityRef)]) -> Result<(), StoreError> {
        let parts: BTreeMap<&str, &EntityRef> = parts.iter().map(|(part, entity)| (part.as_str(), entity)).collect();
        put_parts(&self.tx, &parts).await
    }

    async fn chains_or_new(&self, names: &BTreeSet<&InstallId>) -> Result<BTreeMap<InstallId, Chain>, StoreError> {
        let installs: Vec<&str> = names.iter().map(|install| install.as_str()).collect();
        let mut chains = rows::chains(&self.tx, &installs).await?;
        if chains.len() < names.len() {
            self.tx
                .run(
                    "INSERT INTO installs (property_id, install_id) SELECT $1, * FROM unnest($2::text[])
                     ON CONFLICT DO NOTHING",
                    &[&self.tx.id(), &installs],
                )
                .await?;
        }
        for install in names {
            if !chains.contains_key(*install) {
                chains.insert((*install).clone(), Chain::default());
            }
        }
        Ok(chains)
    }

    async fn save_chains(&self, chains: &BTreeMap<InstallId, Chain>) -> Result<(), StoreError> {
        for (install, chain) in chains {
            self.tx
                .run(
                    "UPDATE installs SET highest_seq = $3, highest_hash = $4, closed_seq = $5, closed_hash = $6,
                            announced_seq = $7, announced_hash = $8, fork_seq = $9
                     WHERE property_id = $1 AND install_id = $2",
                    &[
                        &self.tx.id(),
                        &install.as_str(),
                        &to_i64(chain.highest_seq),
                        &&chain.highest_hash[..],
                        &to_i64(chain.closed_seq),
                        &&chain.closed_hash[..],
                        &to_i64(chain.announced_seq),
                        &&chain.announced_hash[..],
                        &chain.fork_seq.map(to_i64),
                    ],
                )
                .await?;
        }
        Ok(())
    }

    /// Goes along the chain from where it is closed, as far as entries are here and each carries the hash of the one
    /// before.
    async fn close_gap(&self, install: &InstallId, chain: &mut Chain) -> Result<(), StoreError> {
        let (mut links, mut looked_up) = (BTreeMap::new(), 0);
        // The first look takes one place, so that a gap with much behind it costs little.
        let mut places = 1;
        for _ in 0..LINKS_PER_BATCH {
            let Some(next) = chain.next_link() else { break };
            if next >= looked_up {
                links = rows::links(&self.tx, install, next, places).await?;
                looked_up = next + places;
                places = PLACES_AT_ONCE;
            }
            if !chain.close(install, links.get(&next).map_or(&[][..], Vec::as_slice)) {
                break;
            }
        }
        Ok(())
    }

    /// Does a single action, or replays its answer.
    pub(super) async fn act(mut self, single: &Single) -> Result<Result<SingleDone, Problem>, StoreError> {
        if let Some((fingerprint, done)) = rows::request(&self.tx, &single.key).await? {
            return single::replay(single, fingerprint, done);
        }
        let name = rows::entity_of_part(&self.tx, &format!("task/{}", single.task)).await?;
        let entity = match &name {
            Some(name) => rows::entities(&self.tx, &BTreeSet::from([name.clone()])).await?.pop(),
            None => None,
        };
        let own = single::own_install(&self.identity.store_id)?;
        let chain = rows::chains(&self.tx, &[own.as_str()]).await?.remove(&own).unwrap_or_default();
        let done = match single::decide(single, &self.identity.store_id, entity.as_ref(), &self.book, &chain)? {
            Decided::Answer(problem) => return Ok(Err(problem)),
            Decided::Keep(done) => done,
            Decided::Take(batch) => {
                let (results, _) = self.take_all(&batch, &batch.events, &mut Lanes::default()).await?;
                let (Some(result), Some(name)) = (results.first(), name) else { return Err(StoreError::Fault) };
                let row = rows::entities(&self.tx, &BTreeSet::from([name])).await?.pop();
                let provenance: Vec<_> = row.iter().map(|row| &row.provenance).collect();
                let authors = rows::authors(&self.tx, &provenance).await?;
                single::done(result, row.map(|row| authors.entity_row(&row)))?
            }
        };
        self.tx
            .run(
                "INSERT INTO requests (property_id, key, fingerprint, status, version, answer)
                 VALUES ($1, $2, $3, $4, $5, $6)",
                &[
                    &self.tx.id(),
                    &single.key,
                    &&single.fingerprint[..],
                    &i16::try_from(done.status).map_err(|_| StoreError::Fault)?,
                    &done.version.map(to_i64),
                    &done.body,
                ],
            )
            .await?;
        self.commit().await?;
        Ok(Ok(done))
    }

    /// Takes a report where it is news.
    pub(super) async fn report(mut self, reported: &Reported) -> Result<ReportResult, StoreError> {
        if let Some(answer) = front_office::faulty(reported) {
            return Ok(answer);
        }
        let subject = reported.report.subject();
        let kept = rows::report(&self.tx, &subject).await?;
        if let Some(answer) = front_office::answered(reported, kept.as_ref()) {
            return Ok(answer);
        }
        let mut places = vec![];
        for room in front_office::rooms(reported, kept.as_ref(), &self.book) {
            places.push(rows::place(&self.tx, room).await?);
        }
        let own = single::own_install(&self.identity.store_id)?;
        let chain = rows::chains(&self.tx, &[own.as_str()]).await?.remove(&own).unwrap_or_default();
        let reference = reference_of(&self.tx).await?;
        let store_id = &self.identity.store_id;
        let decided = front_office::decide(reported, store_id, kept.as_ref(), &places, &self.book, &reference, &chain)?;
        let (batch, reference, kept) = match decided {
            front_office::Decided::Answer(answer) => return Ok(answer),
            front_office::Decided::Take { batch, reference, kept } => (batch, reference, kept),
        };
        let (results, _) = self.take_all(&batch, &batch.events, &mut Lanes::default()).await?;
        let answer = front_office::taken(reported, &batch, &results)?;
        if let Some(reference) = reference {
            self.head_seq += 1;
            self.tx
                .run(
                    "UPDATE properties SET reference = $2, reference_version = $3, head_seq = $3 WHERE property_id = $1",
                    &[&self.tx.id(), &reference, &to_i64(self.head_seq)],
                )
                .await?;
            self.announce().await?;
        }
        let stood = kept.stood.as_ref();
        self.tx
            .run(
                "INSERT INTO reports (property_id, subject, version, hash, state, room) VALUES ($1, $2, $3, $4, $5, $6)
                 ON CONFLICT (property_id, subject) DO UPDATE SET
                     version = excluded.version, hash = excluded.hash, state = excluded.state, room = excluded.room",
                &[
                    &self.tx.id(),
                    &subject,
                    &to_i64(kept.version),
                    &&kept.hash[..],
                    &stood.map(|stood| front_office::state_name(stood.state)),
                    &stood.map(|stood| stood.room.0.as_str()),
                ],
            )
            .await?;
        self.commit().await?;
        Ok(answer)
    }

    /// Begins the next day where the clock says so. Whether it does is asked under the lock: another process may have
    /// begun it.
    pub(super) async fn begin_day(mut self, now_ms: i64) -> Result<Option<String>, StoreError> {
        let Some(day) = day::next_day(&self.book, now_ms) else { return Ok(None) };
        let rooms = rows::entities_of_kind(&self.tx, ROOM).await?;
        let reference = reference_of(&self.tx).await?;
        let begun = day::begin(&self.property, &self.book, &reference, rooms, day, self.head_seq)?;
        self.tx
            .run(
                "UPDATE properties SET reference_version = $2, reference = $3, head_seq = $4 WHERE property_id = $1",
                &[&self.tx.id(), &to_i64(begun.reference_version), &begun.reference, &to_i64(begun.head_seq)],
            )
            .await?;
        self.save_entities(&begun.rooms.iter().collect::<Vec<_>>()).await?;
        self.save_parts(&begun.parts).await?;
        self.head_seq = begun.head_seq;
        self.announce().await?;
        self.commit().await?;
        Ok(Some(day.to_string()))
    }

    /// Drops tombstones from before a time; cursors that have not seen them are refused from then on.
    pub(super) async fn forget_tombstones(self, before_ms: i64) -> Result<u64, StoreError> {
        let row = self
            .tx
            .one(
                "SELECT max(version) FROM entities WHERE property_id = $1 AND deleted_at_ms < $2",
                &[&self.tx.id(), &before_ms],
            )
            .await?
            .ok_or(StoreError::Fault)?;
        let Some(newest) = get::<Option<i64>>(&row, 0)? else { return Ok(0) };
        self.tx
            .run(
                "DELETE FROM parts WHERE property_id = $1 AND (kind, id) IN
                     (SELECT kind, id FROM entities WHERE property_id = $1 AND deleted_at_ms < $2)",
                &[&self.tx.id(), &before_ms],
            )
            .await?;
        let gone = self
            .tx
            .run("DELETE FROM entities WHERE property_id = $1 AND deleted_at_ms < $2", &[&self.tx.id(), &before_ms])
            .await?;
        self.tx
            .run(
                "UPDATE properties SET feed_floor_seq = greatest(feed_floor_seq, $2) WHERE property_id = $1",
                &[&self.tx.id(), &newest],
            )
            .await?;
        self.announce().await?;
        self.commit().await?;
        Ok(gone)
    }
}

async fn reference_of(tx: &HotelTx<'_>) -> Result<String, StoreError> {
    let row = tx
        .one("SELECT reference FROM properties WHERE property_id = $1", &[&tx.id()])
        .await?
        .ok_or(StoreError::Fault)?;
    get(&row, 0)
}

/// Notes which parts belong to which entities.
pub(super) async fn put_parts(tx: &HotelTx<'_>, parts: &BTreeMap<&str, &EntityRef>) -> Result<(), StoreError> {
    if parts.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = parts.keys().copied().collect();
    let kinds: Vec<&str> = parts.values().map(|entity| entity.kind.as_str()).collect();
    let ids: Vec<&str> = parts.values().map(|entity| entity.id.as_str()).collect();
    tx.run(
        "INSERT INTO parts (property_id, part, kind, id) SELECT $1, * FROM unnest($2::text[], $3::text[], $4::text[])
         ON CONFLICT (property_id, part) DO UPDATE SET kind = excluded.kind, id = excluded.id",
        &[&tx.id(), &names, &kinds, &ids],
    )
    .await?;
    Ok(())
}

/// Whether a failed write says something about the whole store rather than about one event.
pub(super) fn concerns_all(error: &StoreError) -> bool {
    match error {
        StoreError::Server(error) => match error.code() {
            // What the event carries: values that do not fit, or that the tables or a trigger of theirs refuse.
            Some(code) => !["22", "23", "54", "P0"].iter().any(|class| code.code().starts_with(class)),
            // A value that cannot even be sent is the event's too; a broken connection is everybody's.
            None => !error.to_string().starts_with("error serializing"),
        },
        StoreError::Unreadable(_) => false,
        _ => true,
    }
}

/// Whether the same may work at once: the database gave up one of two that stood in each other's way.
pub(super) fn may_work_now(error: &StoreError) -> bool {
    matches!(error, StoreError::Server(error)
        if [SqlState::T_R_SERIALIZATION_FAILURE, SqlState::T_R_DEADLOCK_DETECTED].iter().any(|code| error.code() == Some(code)))
}
