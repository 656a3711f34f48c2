//! The judging of a batch, in memory.
//!
//! One event's way: it is known already (`duplicate`, `key_reuse`), or settled by another (`settled`), or its lane is
//! shut in this batch (`blocked`), or what it builds on is not here (`missing_predecessor`) or was not taken
//! (`blocked`), or the hotel's rules judge it (`applied`, `merged`, `conflict`, `rejected`). Each readable event
//! leaves a record and an entry in the audit trail.
//!
//! Deliberately absent: I/O and clocks. [`needs`] says what to load, [`decide`] turns it into a [`Plan`], and whoever
//! stores it writes the plan in one transaction or not at all.

use super::{Body, Detail, Entity, Hash, Incoming};
use crate::workflow::{self, Move};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use turndown_domain::{Judgement, PropertyBook};
use turndown_protocol::{
    AuditForm, Contested, EntityRef, Event, EventId, EventResult, InstallId, Mode, Outcome, Problem, codes,
};
use turndown_sabotage::{self as sabotage, Version};

/// What has to be loaded to judge a batch.
#[derive(Debug, Default)]
pub struct Needs {
    /// Standing of these events.
    pub standings: BTreeSet<EventId>,
    /// The events themselves.
    pub bodies: BTreeSet<EventId>,
    /// Which installs these installs continue.
    pub settlers: BTreeSet<InstallId>,
    /// These entities.
    pub entities: BTreeSet<EntityRef>,
}

/// An event the store holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Known {
    /// Its number in the store.
    pub n: u64,
    /// The hash of its bytes.
    pub hash: Hash,
    /// What became of it.
    pub outcome: Outcome,
    /// The sequence number its effect got.
    pub seq: Option<u64>,
    /// What else was stored about it.
    pub detail: Option<Detail>,
}

/// What was loaded, and what it becomes while the batch is judged.
#[derive(Debug)]
pub struct Loaded {
    /// The newest change.
    pub head_seq: u64,
    /// The number that the next stored event gets.
    pub next_event_n: u64,
    /// The last entry of the property's audit trail.
    pub audit_seq: u64,
    /// Its hash.
    pub audit_hash: Hash,
    /// The hotel.
    pub book: Arc<PropertyBook>,
    /// Who may sign in, where the hotel's people do so by PIN.
    pub passes: Option<BTreeSet<String>>,
    /// Events the store holds, of those needed.
    pub known: BTreeMap<EventId, Known>,
    /// Which of those needed are settled, known or not.
    pub settled: BTreeSet<EventId>,
    /// Which events are needed themselves.
    pub bodies_wanted: BTreeSet<EventId>,
    /// Those of them that the store holds.
    pub bodies: BTreeMap<EventId, Event>,
    /// Install by install, of those that settle something: all that it was before.
    pub was_before: BTreeMap<InstallId, BTreeSet<InstallId>>,
    /// Entities that exist, of those needed.
    pub entities: BTreeMap<EntityRef, Entity>,
}

/// Lanes shut in this request: entity to the event that shut it.
#[derive(Debug, Clone, Default)]
pub struct Lanes(BTreeMap<EntityRef, EventId>);

impl Lanes {
    /// Shuts a lane, unless it is shut already.
    pub fn shut(&mut self, entity: Option<&EntityRef>, by: &EventId) {
        if let Some(entity) = entity
            && !self.0.contains_key(entity)
        {
            self.0.insert(entity.clone(), by.clone());
        }
    }
}

/// One event's answer, before rows are put beside it.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// What became of it.
    pub outcome: Outcome,
    /// For a duplicate: the first outcome.
    pub original: Option<Outcome>,
    /// The sequence number of its effect.
    pub seq: Option<u64>,
    /// Class and paths of a conflict, or the problem.
    pub detail: Option<Detail>,
    /// Whether the entity's row goes with the answer.
    pub with_row: bool,
}

/// An event to be stored.
#[derive(Debug)]
pub struct NewEvent {
    /// Its place in the batch.
    pub index: usize,
    /// Its number.
    pub n: u64,
    /// What became of it.
    pub outcome: Outcome,
    /// The sequence number of its effect.
    pub seq: Option<u64>,
    /// What else is stored about it.
    pub detail: Option<Detail>,
}

/// An entry of the audit trail to be written.
#[derive(Debug)]
pub struct NewAudit {
    /// Its place.
    pub audit_seq: u64,
    /// The event it speaks of.
    pub event_n: u64,
    /// What became of it.
    pub outcome: Outcome,
    /// The sequence number of its effect.
    pub seq: Option<u64>,
    /// The code, where it was not taken.
    pub code: Option<String>,
    /// The entry's hash.
    pub hash: Hash,
    /// Task moves.
    pub moves: Vec<Move>,
}

/// What has to be written, all or none.
#[derive(Debug, Default)]
pub struct Plan {
    /// One answer an event, in order.
    pub verdicts: Vec<Verdict>,
    /// Events not held yet.
    pub new_events: Vec<NewEvent>,
    /// Events held with an outcome that was not final: their new one.
    pub rejudged: Vec<NewEvent>,
    /// Entries of the audit trail.
    pub audit: Vec<NewAudit>,
    /// Entities that changed.
    pub touched: BTreeSet<EntityRef>,
    /// Parts that came into being, with their entity.
    pub parts: Vec<(String, EntityRef)>,
    /// Events now settled, with the number of the event that settled them.
    pub settled: Vec<(EventId, u64)>,
}

/// Says what to load for a batch.
#[must_use]
pub fn needs(events: &[Incoming]) -> Needs {
    let mut needs = Needs::default();
    for incoming in events {
        needs.standings.insert(incoming.event_id.clone());
        let Body::Event(event) = &incoming.body else { continue };
        needs.standings.extend(event.prev_event_id.iter().cloned());
        needs.standings.extend(event.depends_on.iter().cloned());
        needs.standings.extend(event.settles.iter().cloned());
        if !event.settles.is_empty() {
            needs.bodies.extend(event.settles.iter().cloned());
            needs.settlers.insert(event.install_id.clone());
        }
        needs.bodies.extend(workflow::undo_target(event));
        if event.entity.kind != workflow::DESK && !needs.entities.contains(&event.entity) {
            needs.entities.insert(event.entity.clone());
        }
    }
    needs
}

/// Judges the events in order. `loaded` becomes what the store will be once the plan is written.
#[must_use]
pub fn decide(events: &[Incoming], received_at: &str, loaded: &mut Loaded, lanes: &mut Lanes) -> Plan {
    let mut plan = Plan::default();
    // A decision goes before what it settles, and is judged by it all the same.
    for incoming in events {
        if let Body::Event(event) = &incoming.body
            && loaded.bodies_wanted.contains(&incoming.event_id)
        {
            loaded.bodies.entry(incoming.event_id.clone()).or_insert_with(|| (**event).clone());
        }
    }
    for (index, incoming) in events.iter().enumerate() {
        let verdict = take_one(index, incoming, received_at, loaded, lanes, &mut plan);
        let effective = verdict.original.unwrap_or(verdict.outcome);
        let through = is_taken(effective) || loaded.settled.contains(&incoming.event_id);
        if !through {
            lanes.shut(incoming.entity.as_ref(), &incoming.event_id);
        }
        plan.verdicts.push(verdict);
    }
    plan
}

/// The answer to an event that could not be written although others were.
#[must_use]
pub fn not_kept(event_id: &EventId) -> EventResult {
    let problem = Problem::new(500, codes::STORAGE, "The service could not keep this action.")
        .with_detail("It will be tried again. The service's log has the reason.");
    EventResult {
        event_id: event_id.clone(),
        outcome: Outcome::RetryLater,
        original: None,
        seq: None,
        row: None,
        theirs: None,
        problem: Some(problem),
    }
}

fn is_taken(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Applied | Outcome::Merged | Outcome::Settled)
}

fn take_one(
    index: usize,
    incoming: &Incoming,
    received_at: &str,
    loaded: &mut Loaded,
    lanes: &mut Lanes,
    plan: &mut Plan,
) -> Verdict {
    let known = loaded.known.get(&incoming.event_id);
    if let Some(known) = known {
        if known.hash != incoming.hash {
            let problem = Problem::new(409, codes::KEY_REUSE, "This id came before with other bytes.")
                .with_detail("Nothing was applied. An event never changes after it was made.");
            return Verdict::refused(Outcome::KeyReuse, problem);
        }
        // What was refused and decided since stays decided: whoever sends it again is not asked a second time.
        if known.outcome.is_final() && !is_taken(known.outcome) && loaded.settled.contains(&incoming.event_id) {
            return Verdict { original: Some(Outcome::Settled), ..Verdict::new(Outcome::Duplicate) };
        }
        if known.outcome.is_final() && !is_forgotten(incoming, received_at) {
            return Verdict {
                outcome: Outcome::Duplicate,
                original: Some(known.outcome),
                seq: known.seq,
                detail: known.detail.clone(),
                with_row: known.outcome == Outcome::Conflict,
            };
        }
    }
    let event = match &incoming.body {
        Body::Event(event) => event,
        // What a person gave up is done, although it cannot be kept. What a newer service could read is still waited for.
        Body::Unfit(outcome, _)
            if *outcome != Outcome::UpgradeRequired && loaded.settled.contains(&incoming.event_id) =>
        {
            return Verdict::new(Outcome::Settled);
        }
        Body::Unfit(outcome, problem) => return Verdict::refused(*outcome, problem.clone()),
    };
    let n = known.map_or(loaded.next_event_n, |known| known.n);
    let before = known.map(|known| known.outcome);

    let (verdict, moves) = judge_one(n, event, received_at, loaded, lanes, plan);

    let record = NewEvent { index, n, outcome: verdict.outcome, seq: verdict.seq, detail: verdict.detail.clone() };
    if before.is_none() {
        loaded.next_event_n += 1;
        plan.new_events.push(record);
    } else if before != Some(verdict.outcome) {
        plan.rejudged.push(record);
    }
    // An event that waits is asked about again and again; the trail says it once.
    if before != Some(verdict.outcome) {
        append_audit(n, incoming, event, &verdict, moves, received_at, loaded, plan);
    }
    loaded.known.insert(
        incoming.event_id.clone(),
        Known { n, hash: incoming.hash, outcome: verdict.outcome, seq: verdict.seq, detail: verdict.detail.clone() },
    );
    verdict
}

/// An id is known for good; in two broken versions it is not.
fn is_forgotten(incoming: &Incoming, received_at: &str) -> bool {
    let is_old = |event: &Event| event.recorded_at.get(..10) < received_at.get(..10);
    let old = matches!(&incoming.body, Body::Event(event) if is_old(event));
    sabotage::on(Version::NoIdempotency) || (old && sabotage::on(Version::KeyForgotten))
}

fn judge_one(
    n: u64,
    event: &Event,
    received_at: &str,
    loaded: &mut Loaded,
    lanes: &mut Lanes,
    plan: &mut Plan,
) -> (Verdict, Vec<Move>) {
    if loaded.settled.contains(&event.event_id) {
        return (Verdict::new(Outcome::Settled), vec![]);
    }
    if let Some(by) = lanes.0.get(&event.entity)
        && !event.settles.contains(by)
    {
        return (blocked(by), vec![]);
    }
    if let Some(verdict) = unready(event, loaded) {
        return (verdict, vec![]);
    }

    let settled_events: Vec<Event> = event.settles.iter().filter_map(|id| loaded.bodies.get(id)).cloned().collect();
    if let Some(problem) = may_not_settle(event, &settled_events, loaded) {
        return (Verdict::refused(Outcome::Rejected, problem), vec![]);
    }
    let undo_of = workflow::undo_target(event).and_then(|id| loaded.bodies.get(&id));
    let entity = loaded.entities.get(&event.entity);
    // A decision that writes nothing takes what is: an entity that is gone.
    let takes_what_is = workflow::is_resolution(event) && event.changes.is_empty();
    if entity.is_some_and(|entity| entity.deleted) && !takes_what_is {
        let paths = event.changes.keys().cloned().collect();
        return (contest(event, "deleted", paths, received_at, loaded, plan), vec![]);
    }

    let house = workflow::House { book: &loaded.book, passes: loaded.passes.as_ref() };
    match workflow::judge(entity.map(|entity| &entity.fields), event, house, undo_of, &settled_events) {
        Judgement::Apply { changes } => apply(n, event, changes, loaded, lanes, plan),
        Judgement::Conflict { .. } if sabotage::on(Version::LastWriterWins) => {
            let changes = event.changes.iter().map(|(path, change)| (path.clone(), change.new.clone())).collect();
            apply(n, event, changes, loaded, lanes, plan)
        }
        Judgement::Conflict { class, paths } => {
            (contest(event, workflow::class_name(class), paths, received_at, loaded, plan), vec![])
        }
        Judgement::Rejected(refusal) => {
            let status = workflow::refusal_status(refusal.code);
            let problem = Problem::new(status, refusal.code.as_str(), refusal.message);
            (Verdict::refused(Outcome::Rejected, problem), vec![])
        }
    }
}

/// Settling takes an action out of the way for good. A desk does that to its own work; to another desk's, only a person
/// who decides does.
fn may_not_settle(event: &Event, settled: &[Event], loaded: &Loaded) -> Option<Problem> {
    if let Some(other) = settled.iter().find(|other| other.entity != event.entity) {
        let title = "Only actions on the same room can be settled together.";
        let detail = format!("{} is about {}.", other.event_id, other.entity);
        return Some(Problem::new(422, codes::NOT_THIS_ACTION, title).with_detail(detail));
    }
    if workflow::is_resolution(event) && !event.actor_id.as_str().starts_with("system:") {
        return None;
    }
    let before = loaded.was_before.get(&event.install_id);
    let own = |install: &InstallId| *install == event.install_id || before.is_some_and(|b| b.contains(install));
    let other = settled.iter().find(|other| !own(&other.install_id))?;
    let title = "Another desk's action is settled by a person's decision only.";
    Some(
        Problem::new(422, codes::NOT_THIS_ACTION, title).with_detail(format!("{} is not this desk's.", other.event_id)),
    )
}

/// What an event builds on has to be here and taken, or settled. What it settles itself does not hold it.
fn unready(event: &Event, loaded: &Loaded) -> Option<Verdict> {
    let builds_on = event.prev_event_id.iter().chain(&event.depends_on).filter(|id| !event.settles.contains(id));
    for id in builds_on {
        if loaded.settled.contains(id) {
            continue;
        }
        match loaded.known.get(id) {
            None => {
                let problem = Problem::new(409, codes::MISSING_PREDECESSOR, "An earlier action has not arrived yet.")
                    .with_detail(format!("Send {id} first."));
                return Some(Verdict::refused(Outcome::MissingPredecessor, problem));
            }
            Some(known) if is_taken(known.outcome) => {}
            Some(_) => return Some(blocked(id)),
        }
    }
    None
}

fn blocked(by: &EventId) -> Verdict {
    let problem = Problem::new(409, codes::BLOCKED, "An earlier action on the same room was not taken.")
        .with_detail(format!("Settle {by} first."));
    Verdict::refused(Outcome::Blocked, problem)
}

fn apply(
    n: u64,
    event: &Event,
    changes: BTreeMap<String, serde_json::Value>,
    loaded: &mut Loaded,
    lanes: &mut Lanes,
    plan: &mut Plan,
) -> (Verdict, Vec<Move>) {
    loaded.head_seq += 1;
    let seq = loaded.head_seq;
    let mut verdict = Verdict { seq: Some(seq), ..Verdict::new(Outcome::Applied) };
    let mut moves = vec![];

    let has_row = loaded.entities.contains_key(&event.entity) || !changes.is_empty();
    if event.entity.kind != workflow::DESK && has_row {
        let chain_seq =
            event.prev_event_id.as_ref().and_then(|id| loaded.known.get(id)).and_then(|known| known.seq).unwrap_or(0);
        let entity = loaded.entities.entry(event.entity.clone()).or_insert_with(|| Entity {
            n: 0,
            entity: event.entity.clone(),
            version: 0,
            fields_version: 0,
            fields: turndown_protocol::Fields::new(),
            provenance: BTreeMap::new(),
            contests: vec![],
            deleted: false,
        });
        // The version is a shortcut for "nothing moved since the desk looked": judged by values it fits either way.
        if event.base_version.max(chain_seq) < entity.fields_version {
            verdict.outcome = Outcome::Merged;
            verdict.with_row = true;
        }
        moves = workflow::moves(&entity.fields, &changes);
        if !changes.is_empty() {
            entity.fields_version = seq;
        }
        for (path, value) in changes {
            if let Some(part) = workflow::part_of(&path)
                && entity.fields.get(&path).is_null()
                && path.ends_with("/kind")
            {
                plan.parts.push((part.to_owned(), event.entity.clone()));
            }
            entity.provenance.insert(path.clone(), n);
            entity.fields.set(path, value);
        }
        // What was left out, because it is history or the service had its own, the desk has to see.
        if event.changes.iter().any(|(path, change)| entity.fields.get(path) != &change.new) {
            verdict.outcome = Outcome::Merged;
            verdict.with_row = true;
        }
        entity.version = seq;
        entity.contests.retain(|mark| !event.settles.contains(&mark.event_id));
        plan.touched.insert(event.entity.clone());
    }
    for id in &event.settles {
        if loaded.settled.insert(id.clone()) && !sabotage::on(Version::SettledForgotten) {
            plan.settled.push((id.clone(), n));
        }
    }
    if lanes.0.get(&event.entity).is_some_and(|by| event.settles.contains(by)) {
        lanes.0.remove(&event.entity);
    }
    (verdict, moves)
}

/// A conflict applies nothing, but every desk has to see that the entity is not safe to rely on. The mark is a change
/// of the entity's version and of nothing that anybody's edit is compared with.
fn contest(
    event: &Event,
    class: &str,
    paths: Vec<String>,
    received_at: &str,
    loaded: &mut Loaded,
    plan: &mut Plan,
) -> Verdict {
    if let Some(entity) = loaded.entities.get_mut(&event.entity) {
        loaded.head_seq += 1;
        entity.version = loaded.head_seq;
        entity.contests.push(Contested {
            since: received_at.to_owned(),
            install_id: event.install_id.to_string(),
            actor_id: event.actor_id.to_string(),
            event_id: event.event_id.clone(),
            paths: paths.clone(),
        });
        plan.touched.insert(event.entity.clone());
    }
    let problem = Problem::new(409, codes::CONFLICT, "Somebody changed the same thing meanwhile.")
        .with_detail("Nothing was applied. Look at both sides and decide.");
    Verdict {
        detail: Some(Detail { problem: Some(problem), class: Some(class.to_owned()), paths }),
        with_row: true,
        ..Verdict::new(Outcome::Conflict)
    }
}

#[expect(clippy::too_many_arguments, reason = "it gathers what one entry says; a struct would only rename the list")]
fn append_audit(
    n: u64,
    incoming: &Incoming,
    event: &Event,
    verdict: &Verdict,
    moves: Vec<Move>,
    received_at: &str,
    loaded: &mut Loaded,
    plan: &mut Plan,
) {
    let audit_seq = loaded.audit_seq + 1;
    let code = verdict.detail.as_ref().and_then(|detail| detail.problem.as_ref()).map(|problem| problem.code.clone());
    let form = AuditForm {
        action: &event.action,
        actor_id: event.actor_id.as_str(),
        audit_seq,
        code: code.as_deref(),
        entity: &event.entity,
        event_hash: &hex::encode(incoming.hash),
        event_id: &event.event_id,
        install_id: &event.install_id,
        local_seq: event.local_seq,
        originated_offline: event.mode == Mode::Offline,
        outcome: verdict.outcome,
        prev_hash: &hex::encode(loaded.audit_hash),
        received_at,
        recorded_at: &event.recorded_at,
        seq: verdict.seq,
    };
    // Plain data with text keys is always JSON; if it ever were not, the trail would show it here.
    let hash = form.hash().unwrap_or_default();
    plan.audit.push(NewAudit { audit_seq, event_n: n, outcome: verdict.outcome, seq: verdict.seq, code, hash, moves });
    loaded.audit_seq = audit_seq;
    loaded.audit_hash = hash;
}

impl Verdict {
    fn new(outcome: Outcome) -> Self {
        Self { outcome, original: None, seq: None, detail: None, with_row: false }
    }

    /// An answer to an event that was not taken.
    #[must_use]
    pub fn refused(outcome: Outcome, problem: Problem) -> Self {
        Self { detail: Some(Detail { problem: Some(problem), ..Detail::default() }), ..Self::new(outcome) }
    }
}
