//! Conflicts: one per entity, three sides, and decisions that are events.

use crate::engine::Engine;
use crate::record::{Draft, Intent, Recorded};
use crate::{EngineError, RecordError, Sql, UnitOfWork, Workflow, now_ms};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use thiserror::Error;
use turndown_phrase::{Phrase, phrase};
use turndown_protocol::{ActorId, Change, EntityRef, EntityRow, EventId, Fields, SealedEvent};

/// An open conflict with its three sides.
#[derive(Debug, Clone, PartialEq)]
pub struct Conflict {
    /// Whose.
    pub entity: EntityRef,
    /// Since when (this desk's clock, RFC 3339).
    pub since: String,
    /// What sort, in the workflow's words.
    pub class: String,
    /// Paths that touch: each wants a choice.
    pub contested: Vec<String>,
    /// Paths that this desk wrote and that merge by themselves, with their values Before.
    pub merged: Vec<String>,
    /// Paths that this desk's events name and that want no choice. A decision holds while they are as Theirs has them.
    pub guards: Vec<String>,
    /// Paths that this desk wrote and that only say when something was done, where Theirs says otherwise.
    pub stamps: Vec<String>,
    /// Before: what this desk last had from the service when it acted.
    pub before: Fields,
    /// Mine: the service's row with this desk's open events applied.
    pub mine: Fields,
    /// Theirs: the service's row now.
    pub theirs: EntityRow,
    /// This desk's open events, oldest first. A decision settles exactly these.
    pub events: Vec<SealedEvent>,
    /// Choices of a decision that met a newer row.
    pub choices: BTreeMap<String, Choice>,
}

/// What a person chose for a field.
#[derive(Debug, Clone, PartialEq)]
pub enum Pick {
    /// This desk's value.
    Mine,
    /// The service's value.
    Theirs,
    /// A value of their own.
    Edited(Value),
}

impl Pick {
    /// As a decision's arguments name it.
    fn name(&self) -> &'static str {
        match self {
            Self::Mine => "mine",
            Self::Theirs => "theirs",
            Self::Edited(_) => "edited",
        }
    }
}

/// A choice with what was seen when it was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "StoredChoice", into = "StoredChoice")]
pub struct Choice {
    /// What was chosen.
    pub pick: Pick,
    /// Theirs as it was seen.
    pub theirs: Value,
}

/// A choice as it stands in the table.
#[derive(Serialize, Deserialize)]
struct StoredChoice {
    mine: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    edited: Option<Edited>,
    theirs: Value,
}

/// Apart from its value, so that a field which was emptied is told from one that was not edited.
#[derive(Serialize, Deserialize)]
struct Edited {
    to: Value,
}

impl From<StoredChoice> for Choice {
    fn from(stored: StoredChoice) -> Self {
        let pick = match stored.edited {
            Some(Edited { to }) => Pick::Edited(to),
            None if stored.mine => Pick::Mine,
            None => Pick::Theirs,
        };
        Self { pick, theirs: stored.theirs }
    }
}

impl From<Choice> for StoredChoice {
    fn from(choice: Choice) -> Self {
        let mine = choice.pick == Pick::Mine;
        let edited = match choice.pick {
            Pick::Edited(to) => Some(Edited { to }),
            Pick::Mine | Pick::Theirs => None,
        };
        Self { mine, edited, theirs: choice.theirs }
    }
}

/// What a person decided.
#[derive(Debug, Clone, PartialEq)]
pub struct Settlement {
    /// Made where the person decided.
    pub event_id: EventId,
    /// Who.
    pub actor: ActorId,
    /// Whose conflict.
    pub entity: EntityRef,
    /// The version of Theirs that was on screen.
    pub version: u64,
    /// The events that were on screen.
    pub settles: Vec<EventId>,
    /// What stands in each path: a choice for every one that touches, and for those that merge by themselves where the
    /// person chose otherwise.
    pub picks: BTreeMap<String, Pick>,
    /// The workflow's name, turn and service day for the event.
    pub draft: Draft,
}

/// Why a decision cannot be taken as it is.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SettlementRefusal {
    /// There is no such conflict any more.
    Gone,
    /// The other side changed since it was shown.
    Moved,
    /// This desk recorded more since it was shown.
    Joined,
    /// The entity is gone, so that nothing of this desk can be kept in it.
    Removed,
    /// What was chosen for the fields does not go together. The workflow's words.
    DoesNotFit(Phrase),
    /// A field has no choice.
    Incomplete(usize),
}

impl std::fmt::Display for SettlementRefusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(&self.message(), f)
    }
}

impl SettlementRefusal {
    /// What is wrong, for a person.
    #[must_use]
    pub fn message(&self) -> Phrase {
        match self {
            Self::Gone => phrase!("This was decided already. There is nothing left to decide."),
            Self::Moved => phrase!(
                "The other side changed again while you decided. Look at the changed rows once more; your other \
                 choices are kept."
            ),
            Self::Joined => phrase!(
                "Something was recorded for this room while you decided. Look at it once more; your choices are kept."
            ),
            Self::Removed => {
                phrase!("It was removed elsewhere, so nothing can be kept in it. Take the other side for every field.")
            }
            Self::DoesNotFit(why) => {
                phrase!("{why} Choose the fields that belong together from the same side.", why)
            }
            Self::Incomplete(count) => phrase!(
                "{count, plural, one {# field still wants a choice.} other {# fields still want a choice.}}",
                count = *count
            ),
        }
    }

    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Gone => "CONFLICT_GONE",
            Self::Moved => "CONFLICT_MOVED",
            Self::Joined => "CONFLICT_JOINED",
            Self::Removed => "CONFLICT_REMOVED",
            Self::DoesNotFit(_) => "CONFLICT_DOES_NOT_FIT",
            Self::Incomplete(_) => "CONFLICT_INCOMPLETE",
        }
    }
}

impl Engine {
    /// The open conflicts: entity, since when, how many paths touch.
    ///
    /// # Errors
    /// When SQLite refuses or something stored cannot be read.
    pub fn conflicts(&self) -> Result<Vec<Conflict>, EngineError> {
        let entities = self.read(|mut connection| {
            let open =
                format!("SELECT c.entity_kind, c.entity_id FROM conflicts c WHERE {UNDECIDED} ORDER BY since, 2");
            connection.all(&open, [], |row| Ok(EntityRef::new(row.get::<_, String>(0)?, row.get::<_, String>(1)?)))
        })?;
        let mut conflicts = Vec::with_capacity(entities.len());
        for entity in entities {
            conflicts.extend(self.conflict(&entity)?);
        }
        Ok(conflicts)
    }

    /// How many conflicts are open.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn conflict_count(&self) -> Result<u32, EngineError> {
        self.read(|mut connection| {
            Ok(connection
                .first(&format!("SELECT count(*) FROM conflicts c WHERE {UNDECIDED}"), [], |row| row.get(0))?
                .unwrap_or(0))
        })
    }

    /// One conflict with its three sides, if it is open.
    ///
    /// # Errors
    /// When SQLite refuses or something stored cannot be read.
    pub fn conflict(&self, entity: &EntityRef) -> Result<Option<Conflict>, EngineError> {
        let workflow = self.shared().workflow.as_ref();
        self.read(|mut connection| read_conflict(&mut connection, entity, workflow))
    }

    /// Records a person's decision. It goes to the head of its lane and settles exactly what was on screen.
    ///
    /// # Errors
    /// When the conflict is not as it was on screen, or the database refused. Nothing was saved then.
    pub fn settle(&self, settlement: Settlement) -> Result<Recorded, RecordError<SettlementRefusal>> {
        self.write(move |work| work.record_settlement(settlement))
    }
}

/// What an error says that met an open conflict that cannot be read.
pub(crate) const CONFLICT: &str = "conflict";

/// A conflict wants a person while one of its events is in that state. Once a decision is recorded, its events wait
/// behind it; the row stays until the decision has arrived, because it may meet a newer Theirs.
const UNDECIDED: &str = "EXISTS (SELECT 1 FROM outbox o WHERE o.entity_kind = c.entity_kind
    AND o.entity_id = c.entity_id AND o.state = 'conflict')";

fn read_conflict<S: Sql>(
    sql: &mut S,
    entity: &EntityRef,
    workflow: &dyn Workflow,
) -> Result<Option<Conflict>, EngineError> {
    let row = sql.first(
        &format!(
            "SELECT since, class, paths, theirs, choices FROM conflicts c
             WHERE entity_kind = ?1 AND entity_id = ?2 AND {UNDECIDED}"
        ),
        [&entity.kind, &entity.id],
        |row| {
            Ok((
                row.get::<_, String>(0)?,
                row.get::<_, String>(1)?,
                row.get::<_, String>(2)?,
                row.get::<_, String>(3)?,
                row.get::<_, String>(4)?,
            ))
        },
    )?;
    let Some((since, class, paths, theirs, choices)) = row else { return Ok(None) };
    let stored = |error: serde_json::Error| EngineError::stored(CONFLICT, error);
    let theirs: EntityRow = serde_json::from_str(&theirs).map_err(stored)?;
    let named: BTreeSet<String> = serde_json::from_str(&paths).map_err(stored)?;
    let choices: BTreeMap<String, Choice> = serde_json::from_str(&choices).map_err(stored)?;
    let events = sql
        .all(
            "SELECT a.bytes FROM outbox o JOIN audit_local a ON a.local_seq = o.local_seq
             WHERE o.entity_kind = ?1 AND o.entity_id = ?2 AND o.state IN ('pending', 'failed', 'conflict', 'held')
             ORDER BY o.local_seq",
            [&entity.kind, &entity.id],
            |row| row.get::<_, String>(0),
        )?
        .into_iter()
        .map(SealedEvent::from_bytes)
        .collect::<Result<Vec<_>, _>>()?;
    let events = in_order_of_effect(events);

    // Before is the base of the first event that names a path: what this desk had from the service when it began.
    let mut before = Fields::new();
    let mut mine = theirs.fields.clone();
    let mut known: BTreeSet<&str> = BTreeSet::new();
    // What an event wrote of a time that is over, and what it relied on of that time.
    let (mut outlived, mut bygone): (BTreeSet<&str>, BTreeSet<&str>) = (BTreeSet::new(), BTreeSet::new());
    for sealed in &events {
        let written = sealed.event.changes.iter().map(|(path, change)| (path, &change.base));
        // A decision that met a newer row, and an action tried again, are about the fields of what they settle; there
        // their bases are an older Theirs, not Before. What they alone speak of counts as in any other event.
        let settles = !sealed.event.settles.is_empty();
        let named_here = sealed.event.relies_on.iter().chain(written);
        let own: BTreeMap<&String, &Value> =
            named_here.filter(|(path, _)| !settles || !known.contains(path.as_str())).collect();
        let passed = workflow.has_passed(sql, &theirs.fields, &sealed.event)?;
        if passed {
            let of_that_time = sealed.event.changes.keys().filter(|path| own.contains_key(path));
            outlived.extend(of_that_time.map(String::as_str).filter(|path| workflow.is_passing(path)));
        }
        for (path, base) in own {
            if known.insert(path) {
                before.set(path.clone(), base.clone());
            }
            if sealed.event.changes.contains_key(path) {
                continue;
            }
            // What was relied upon is Mine as it was seen: keeping it means putting it back. What belonged to a time
            // that is over is not put back.
            if passed && workflow.is_passing(path) && !named.contains(path) {
                bygone.insert(path);
            } else {
                mine.set(path.clone(), base.clone());
            }
        }
        sealed.event.apply_to(&mut mine);
    }
    let paths: BTreeSet<String> =
        known.iter().map(|path| (*path).to_owned()).filter(|path| !workflow.is_stamp(path)).collect();
    let written: BTreeSet<&String> = events.iter().flat_map(|sealed| sealed.event.changes.keys()).collect();
    // The service names what touches in the event that it judged. The events behind it were not judged yet, and a
    // decision settles them too: what they rely on is looked at here.
    let touches = |path: &String| {
        let now = theirs.fields.get(path);
        now != mine.get(path)
            && (theirs.deleted || named.contains(path) || now != before.get(path) || outlived.contains(path.as_str()))
    };
    let contested: Vec<String> = paths
        .iter()
        .filter(|path| {
            let asks = written.contains(path) || !(theirs.deleted || bygone.contains(path.as_str()));
            asks && touches(path)
        })
        .cloned()
        .collect();
    let merged: Vec<String> = paths
        .iter()
        .filter(|path| written.contains(path) && !contested.contains(path) && mine.get(path) != theirs.fields.get(path))
        .cloned()
        .collect();
    let stamps = known
        .iter()
        .map(|path| (*path).to_owned())
        .filter(|path| workflow.is_stamp(path) && written.contains(path) && mine.get(path) != theirs.fields.get(path))
        .collect();
    let guards = paths.iter().filter(|path| !contested.contains(path) && !merged.contains(path)).cloned().collect();
    Ok(Some(Conflict {
        entity: entity.clone(),
        since,
        class,
        contested,
        merged,
        guards,
        stamps,
        before,
        mine,
        theirs,
        events,
        choices,
    }))
}

/// The events of a lane in the order in which they have their effect here: an action that is tried again stands where the
/// first try stood, before what was recorded behind that.
fn in_order_of_effect(events: Vec<SealedEvent>) -> Vec<SealedEvent> {
    let mut places: BTreeMap<EventId, u64> = BTreeMap::new();
    // What an event settles was recorded before it.
    let mut placed: Vec<(u64, SealedEvent)> = events
        .into_iter()
        .map(|sealed| {
            let settled = sealed.event.settles.iter().filter_map(|id| places.get(id)).max();
            let place = settled.copied().unwrap_or(sealed.event.local_seq);
            places.insert(sealed.event.event_id.clone(), place);
            (place, sealed)
        })
        .collect();
    placed.sort_by_key(|(place, sealed)| (*place, sealed.event.local_seq));
    placed.into_iter().map(|(_, sealed)| sealed).collect()
}

impl UnitOfWork<'_> {
    /// One conflict with its three sides, if it is open.
    ///
    /// # Errors
    /// As [`Engine::conflict`].
    pub fn conflict(&mut self, entity: &EntityRef) -> Result<Option<Conflict>, EngineError> {
        let workflow = std::sync::Arc::clone(&self.shared.workflow);
        read_conflict(self, entity, workflow.as_ref())
    }

    /// Records a person's decision inside a unit of work that does more.
    ///
    /// # Errors
    /// As [`Engine::settle`].
    pub fn record_settlement(&mut self, settlement: Settlement) -> Result<Recorded, RecordError<SettlementRefusal>> {
        // The same decision again (a double click, a caller that never heard): it is on disk.
        if let Some(sealed) = self.recorded_event(&settlement.event_id)? {
            return Ok(Recorded { sealed, revision: self.revision(), repeated: true });
        }
        let refuse = |refusal| Err(RecordError::Refused(refusal));
        let Some(conflict) = self.conflict(&settlement.entity)? else { return refuse(SettlementRefusal::Gone) };
        let shown: BTreeSet<&EventId> = settlement.settles.iter().collect();
        if conflict.theirs.version != settlement.version {
            return refuse(SettlementRefusal::Moved);
        }
        if conflict.events.iter().any(|sealed| !shown.contains(&sealed.event.event_id)) {
            return refuse(SettlementRefusal::Joined);
        }
        let open = conflict.contested.iter().filter(|path| !settlement.picks.contains_key(*path)).count();
        if open > 0 {
            return refuse(SettlementRefusal::Incomplete(open));
        }
        if conflict.theirs.deleted && settlement.picks.values().any(|pick| *pick != Pick::Theirs) {
            return refuse(SettlementRefusal::Removed);
        }
        let choices: BTreeMap<&String, Choice> = conflict
            .contested
            .iter()
            .chain(&conflict.merged)
            .filter_map(|path| {
                let pick = settlement.picks.get(path)?.clone();
                Some((path, Choice { pick, theirs: conflict.theirs.fields.get(path).clone() }))
            })
            .collect();
        let kept = serde_json::to_string(&choices).map_err(|error| EngineError::stored("choices", error))?;
        self.execute(
            "UPDATE conflicts SET choices = ?3 WHERE entity_kind = ?1 AND entity_id = ?2",
            (&settlement.entity.kind, &settlement.entity.id, kept),
        )?;
        let draft = decision(&conflict, &settlement.picks, settlement.draft);
        // Said here, where the person can choose otherwise, and not by the service when they have gone.
        let mut after = conflict.theirs.fields.clone();
        for (path, change) in &draft.changes {
            after.set(path.clone(), change.new.clone());
        }
        if !draft.changes.is_empty()
            && let Err(message) = self.shared.workflow.goes_together(&after)
        {
            return refuse(SettlementRefusal::DoesNotFit(message));
        }
        self.record(Intent {
            event_id: settlement.event_id,
            actor: settlement.actor,
            entity: settlement.entity,
            decide: Box::new(move |_, _| Ok(draft)),
        })
    }

    /// Both sides came to the same end: nobody needs to decide, but the settling is an event all the same, and shown.
    pub(crate) fn settle_if_same(&mut self, entity: &EntityRef) -> Result<(), EngineError> {
        let Some(conflict) = self.conflict(entity)? else { return Ok(()) };
        let nothing_differs = conflict.contested.is_empty() && conflict.merged.is_empty();
        let Some(first) = conflict.events.first().filter(|_| nothing_differs) else { return Ok(()) };
        let event_id = EventId::generate(now_ms(self.environment()), self.environment().random());
        self.note_merge(entity, &first.event.event_id, "same")?;
        let draft = Draft {
            workflow: first.event.workflow.clone(),
            turn: first.event.turn,
            service_day: first.event.service_day.clone(),
            ..Draft::default()
        };
        let draft = decision(&conflict, &BTreeMap::new(), draft);
        let actor = ActorId::parse("system:desk").map_err(|error| EngineError::stored("actor", error))?;
        let recorded: Result<Recorded, RecordError<SettlementRefusal>> =
            self.record(Intent { event_id, actor, entity: entity.clone(), decide: Box::new(move |_, _| Ok(draft)) });
        match recorded {
            Ok(_) => Ok(()),
            Err(RecordError::Engine(error)) => Err(error),
            Err(RecordError::Refused(refusal)) => Err(EngineError::Workflow(refusal.to_string())),
        }
    }
}

/// The event that a decision is: its bases are Theirs as they were seen, so that the service can tell whether they
/// have moved since. Fields where Theirs was taken are named too, for the same reason.
fn decision(conflict: &Conflict, picks: &BTreeMap<String, Pick>, draft: Draft) -> Draft {
    let mut changes = BTreeMap::new();
    let mut relies_on = BTreeMap::new();
    // What this desk had in the fields where Theirs was taken: whoever undoes the decision brings it back.
    let mut set_aside = BTreeMap::new();
    for path in conflict.contested.iter().chain(&conflict.merged) {
        let (mine, theirs) = (conflict.mine.get(path).clone(), conflict.theirs.fields.get(path).clone());
        match picks.get(path) {
            Some(Pick::Mine) | None => {
                changes.insert(path.clone(), Change { base: theirs, new: mine });
            }
            Some(Pick::Edited(new)) if *new != theirs => {
                changes.insert(path.clone(), Change { base: theirs, new: new.clone() });
            }
            Some(Pick::Edited(_)) => {
                relies_on.insert(path.clone(), theirs);
            }
            Some(Pick::Theirs) => {
                if mine != theirs {
                    set_aside.insert(path.clone(), mine);
                }
                relies_on.insert(path.clone(), theirs);
            }
        }
    }
    // What only says when something was done goes with what was done, where that is kept, and is set aside with it.
    let part = |path: &str| path.rsplit_once('/').map_or_else(String::new, |(part, _)| part.to_owned());
    let kept: BTreeSet<String> = changes.keys().cloned().collect();
    let aside: BTreeSet<String> = set_aside.keys().cloned().collect();
    for written in conflict.events.iter().map(|sealed| &sealed.event.changes) {
        for stamp in conflict.stamps.iter().filter(|stamp| written.contains_key(*stamp)) {
            let goes_with =
                |paths: &BTreeSet<String>| written.keys().any(|path| paths.contains(path) && part(path) == part(stamp));
            let mine = conflict.mine.get(stamp).clone();
            if goes_with(&kept) {
                let theirs = conflict.theirs.fields.get(stamp).clone();
                changes.insert(stamp.clone(), Change { base: theirs, new: mine });
            } else if goes_with(&aside) {
                set_aside.insert(stamp.clone(), mine);
            }
        }
    }
    // The guards of the events that are settled with it hold for what it writes in their place.
    for path in &conflict.guards {
        relies_on.insert(path.clone(), conflict.theirs.fields.get(path).clone());
    }
    Draft {
        action: "resolve".into(),
        args: serde_json::json!({
            "version": conflict.theirs.version,
            "choices": picks.iter().map(|(path, pick)| (path, pick.name())).collect::<BTreeMap<_, _>>(),
            "set_aside": set_aside,
        }),
        changes,
        relies_on,
        settles: conflict.events.iter().map(|sealed| sealed.event.event_id.clone()).collect(),
        ..draft
    }
}
