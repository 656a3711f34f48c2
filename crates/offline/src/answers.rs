//! Taking the service's answers: each moves its event, and only its own lane.

use crate::carried::CarriedRow;
use crate::engine::{Engine, Sort};
use crate::lanes::Effect;
use crate::outbox::event_id;
use crate::{EngineError, OutboxState, SERVICE_RESTORED, Sql, UnitOfWork, rfc3339};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::Arc;
use turndown_protocol::{EntityRef, EventId, EventResult, Outcome, Problem, SealedEvent, ServiceHead, Theirs};
use turndown_sabotage::{self as sabotage, Version};

/// How many answers one unit of work takes where nobody records meanwhile. It ends early for whoever does, after the
/// run that it is at; what is left to wait for is its commit (DESIGN section 8: the writer is held at most 2 ms).
const ANSWERS_A_UNIT: usize = 100;
/// How many answers are taken together, where they only say that events of one entity were applied as they were.
const ANSWERS_A_RUN: usize = 16;
/// Tries of an event that may pass later, before a person is asked (DESIGN section 6, class transient).
const TRANSIENT_TRIES_MAX: u32 = 3;

/// What a set of answers came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Taken {
    /// Events the service has.
    pub ok: u32,
    /// Events that need a person.
    pub errors: u32,
    /// Of those, conflicts.
    pub conflicts: u32,
    /// Events to be sent again later.
    pub again: Vec<EventId>,
    /// The service reads only older events: nothing more is sent until either side is upgraded.
    pub upgrade_required: bool,
}

impl Taken {
    fn add(&mut self, other: Self) {
        self.ok += other.ok;
        self.errors += other.errors;
        self.conflicts += other.conflicts;
        self.again.extend(other.again);
        self.upgrade_required |= other.upgrade_required;
    }
}

impl Engine {
    /// Takes the answers of one complete, checked response, and where the service's record stood then, if it said so.
    /// Answers to events that are not waiting here change nothing.
    ///
    /// # Errors
    /// When the database refuses. Answers taken before that stay taken; the others are asked again, which is harmless.
    pub fn take_results(
        &self,
        store_id: &str,
        epoch: &str,
        head: Option<ServiceHead>,
        results: Vec<EventResult>,
    ) -> Result<Taken, EngineError> {
        let (mut all, mut from) = (Taken::default(), 0);
        let results: Arc<[EventResult]> = results.into();
        while from < results.len() {
            let to = results.len().min(from + ANSWERS_A_UNIT);
            let (store_id, epoch, results) = (store_id.to_owned(), epoch.to_owned(), Arc::clone(&results));
            let head = head.clone();
            let (taken, count) = self.write_behind(move |work| {
                if let Some(head) = &head {
                    work.see_head(head)?;
                }
                work.take_answers(&store_id, &epoch, &results[from..to])
            })?;
            all.add(taken);
            from += count;
        }
        Ok(all)
    }

    /// Writes down how often one event alone made the service fail while others went through. It is not parked yet.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn blame(&self, id: &EventId, tries: u32, code: &str, message: &str) -> Result<(), EngineError> {
        let (id, code, message) = (id.clone(), code.to_owned(), message.to_owned());
        self.write_behind(move |work| {
            work.execute(
                "UPDATE outbox SET attempts = ?2, blamed = 1, last_code = ?3, last_message = ?4
                 WHERE event_id = ?1 AND state = 'pending'",
                (id.as_str(), tries, &code, &message),
            )?;
            work.execute(
                "UPDATE carried SET attempts = ?2, blamed = 1, last_code = ?3, last_message = ?4
                 WHERE event_id = ?1 AND (state = 'pending' OR again = 1)",
                (id.as_str(), tries, &code, &message),
            )?;
            work.touch(Sort::Outbox);
            Ok(())
        })
    }

    /// What [`Engine::blame`] wrote down of events that still wait.
    ///
    /// # Errors
    /// When SQLite refuses or something stored cannot be read.
    pub fn blamed(&self) -> Result<BTreeMap<EventId, u32>, EngineError> {
        self.read(|mut connection| {
            let mut blamed = crate::carried::blamed(connection)?;
            let own = connection.all(
                "SELECT event_id, attempts FROM outbox WHERE blamed = 1 AND state = 'pending'",
                [],
                |row| Ok((row.get::<_, String>(0)?, row.get::<_, u32>(1)?)),
            )?;
            for (id, tries) in own {
                blamed.insert(event_id(&id)?, tries);
            }
            Ok(blamed)
        })
    }

    /// Parks one event that cannot be sent as it is (too large, or poison): visible, with the reason. Its lane waits.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn park(&self, id: &EventId, code: &str, message: &str) -> Result<(), EngineError> {
        let (id, code, message) = (id.clone(), code.to_owned(), message.to_owned());
        self.write_behind(move |work| {
            if let Some(AnsweredRow { entity, state, .. }) = work.answered_row(&id)?
                && state == OutboxState::Pending
            {
                if work.close_if_settled(&id)? {
                    return work.refresh(&entity);
                }
                work.fail(&entity, &id, &code, &message, false)?;
                work.refresh(&entity)?;
            } else if let Some(row) = work.carried_event(&id)?
                && row.is_asked
            {
                work.carried_stopped(&id, &row, OutboxState::Failed, (&code, &message), false)?;
                work.touch(Sort::Outbox);
            }
            Ok(())
        })
    }
}

impl UnitOfWork<'_> {
    fn answered_row(&mut self, id: &EventId) -> Result<Option<AnsweredRow>, EngineError> {
        self.first(
            // Tries that made the service fail are no tries of an answer that says "later".
            "SELECT o.local_seq, o.entity_kind, o.entity_id, o.state, iif(o.blamed, 0, o.attempts), a.bytes
             FROM outbox o JOIN audit_local a ON a.local_seq = o.local_seq WHERE o.event_id = ?1",
            [id.as_str()],
            |row| {
                let entity = EntityRef::new(row.get::<_, String>(1)?, row.get::<_, String>(2)?);
                Ok((row.get(0)?, entity, row.get::<_, String>(3)?, row.get(4)?, row.get(5)?))
            },
        )?
        .map(|(local_seq, entity, state, attempts, bytes)| {
            Ok(AnsweredRow { local_seq, entity, state: OutboxState::parse(&state)?, attempts, bytes })
        })
        .transpose()
    }

    /// Takes answers until somebody wants to record. Says also how many: at least one.
    fn take_answers(
        &mut self,
        store_id: &str,
        epoch: &str,
        results: &[EventResult],
    ) -> Result<(Taken, usize), EngineError> {
        let (mut taken, mut count) = (Taken::default(), 0);
        let told = Told { store_id, epoch, at: &rfc3339(self.now()), day: self.uptime_day()? };
        while let Some(result) = results.get(count) {
            let run = self.plain_run(&results[count..])?;
            if run.is_empty() {
                self.take_alone(&told, result, &mut taken)?;
                count += 1;
            } else {
                self.acknowledge_run(&told, &run)?;
                taken.ok += u32::try_from(run.len()).unwrap_or(u32::MAX);
                count += run.len();
            }
            if self.shared.somebody_records() {
                break;
            }
        }
        self.touch(Sort::Outbox);
        Ok((taken, count))
    }

    /// The first answers as far as they only say that waiting events of one entity were applied as they were. They have
    /// nothing to do with what else is in its lane, so their rows can be read before the first is taken.
    fn plain_run<'a>(&mut self, results: &'a [EventResult]) -> Result<Vec<PlainAnswer<'a>>, EngineError> {
        let mut run: Vec<PlainAnswer<'a>> = vec![];
        for result in results.iter().take(ANSWERS_A_RUN) {
            let (Outcome::Applied, Some(seq), None) = (effective(result), result.seq, &result.row) else { break };
            let Some(row) = self.answered_row(&result.event_id)? else { break };
            // An answer that comes twice finds its event moved on.
            let goes_on =
                run.last().is_none_or(|last| last.row.entity == row.entity && last.row.local_seq < row.local_seq);
            if !goes_on || row.state != OutboxState::Pending || !Effect::of(&row.bytes)?.settles.is_empty() {
                break;
            }
            run.push(PlainAnswer { id: &result.event_id, seq, row });
        }
        Ok(run)
    }

    /// The mirrored row with the events' changes is the service's row now; it is made once for all of them.
    fn acknowledge_run(&mut self, told: &Told<'_>, run: &[PlainAnswer<'_>]) -> Result<(), EngineError> {
        let mut effects = vec![];
        for PlainAnswer { id, seq, row } in run {
            self.keep_receipt(told, row, id, Outcome::Applied, OutboxState::Synced, Some(*seq))?;
            effects.push((*seq, Effect::of(&row.bytes)?));
        }
        let Some(entity) = run.first().map(|answer| &answer.row.entity) else { return Ok(()) };
        effects.retain(|(_, effect)| !effect.is_nothing());
        if self.apply_to_mirror(entity, &effects)? {
            self.mark(entity)
        } else {
            // A pull has already brought the row of one of these changes, or a later one; the view hid it until now.
            self.refresh(entity)
        }
    }

    fn take_alone(&mut self, told: &Told<'_>, result: &EventResult, taken: &mut Taken) -> Result<(), EngineError> {
        let Some(row) = self.answered_row(&result.event_id)? else {
            let Some(row) = self.carried_event(&result.event_id)? else {
                tracing::warn!(event = %result.event_id, "the service answered for an event that is not of this desk");
                return Ok(());
            };
            return if row.is_asked { self.take_carried(told, &row, result, taken) } else { Ok(()) };
        };
        // A late copy of an answer finds its event moved on, and changes nothing.
        if row.state != OutboxState::Pending {
            return Ok(());
        }
        match self.take_answer(told, &row, result, taken)? {
            View::Same => self.mark(&row.entity),
            View::Moved => self.refresh(&row.entity),
        }
    }

    /// An answer for another desk's event that is carried here. It moves nothing but that event and its maker's lane: the
    /// rows come with the next pull.
    fn take_carried(
        &mut self,
        told: &Told<'_>,
        row: &CarriedRow,
        result: &EventResult,
        taken: &mut Taken,
    ) -> Result<(), EngineError> {
        let id = &result.event_id;
        let outcome = effective(result);
        let said = |code: &str, message: &str| words(result.problem.as_ref(), code, message);
        let (state, (code, message), answered) = match outcome {
            Outcome::Applied | Outcome::Merged | Outcome::Settled | Outcome::Duplicate => {
                taken.ok += 1;
                return self.carried_arrived(id, row, result.seq, told.epoch, (told.at, told.day));
            }
            Outcome::UpgradeRequired => {
                taken.upgrade_required = true;
                taken.again.push(id.clone());
                return Ok(());
            }
            Outcome::RetryLater if row.attempts + 1 < TRANSIENT_TRIES_MAX => {
                let (code, message) = said("RETRY_LATER", "The service asks to try later.");
                self.execute(
                    "UPDATE carried SET attempts = ?4, blamed = 0, last_code = ?2, last_message = ?3 WHERE event_id = ?1",
                    (id.as_str(), code, message, row.attempts + 1),
                )?;
                taken.again.push(id.clone());
                return Ok(());
            }
            // No timer asks again: what it waits for may be on a computer that never starts again, and this desk's own
            // work in the same room must not wait beside it.
            Outcome::Blocked => {
                (OutboxState::Held, said("BLOCKED", "It waits for an earlier action of the same room."), false)
            }
            Outcome::MissingPredecessor => {
                (OutboxState::Held, said("MISSING_PREDECESSOR", "It waits for an action that is not here."), false)
            }
            Outcome::Conflict => {
                let words = said("STATUS_CONFLICT_ON_FLUSH", "Somebody else changed the same thing meanwhile.");
                (OutboxState::Conflict, words, true)
            }
            Outcome::Rejected | Outcome::KeyReuse | Outcome::TooLarge | Outcome::RetryLater => {
                let answered = outcome == Outcome::Rejected || outcome == Outcome::KeyReuse;
                (OutboxState::Failed, said("REJECTED", "The service did not take this action."), answered)
            }
        };
        // What is only asked about once more is no news.
        if state != OutboxState::Held && row.last_code.as_deref() != Some(code.as_str()) {
            taken.errors += 1;
            taken.conflicts += u32::from(state == OutboxState::Conflict);
        }
        self.carried_stopped(id, row, state, (&code, &message), answered)
    }

    fn take_answer(
        &mut self,
        told: &Told<'_>,
        row: &AnsweredRow,
        result: &EventResult,
        taken: &mut Taken,
    ) -> Result<View, EngineError> {
        let (id, entity, attempts) = (&result.event_id, &row.entity, row.attempts);
        let outcome = effective(result);
        let refused = matches!(outcome, Outcome::Conflict | Outcome::Rejected | Outcome::KeyReuse | Outcome::TooLarge);
        if refused && self.close_if_settled(id)? {
            taken.ok += 1;
            return Ok(View::Moved);
        }
        match outcome {
            Outcome::Applied | Outcome::Merged | Outcome::Settled | Outcome::Duplicate => {
                taken.ok += 1;
                self.acknowledge(told, row, outcome, result)
            }
            Outcome::Conflict if sabotage::on(Version::TheirsWins) => {
                self.acknowledge(told, row, Outcome::Settled, result)
            }
            Outcome::Conflict => {
                taken.errors += 1;
                taken.conflicts += 1;
                self.take_conflict(entity, result)?;
                Ok(View::Moved)
            }
            Outcome::RetryLater if attempts + 1 < TRANSIENT_TRIES_MAX => {
                let (code, message) = words(result.problem.as_ref(), "RETRY_LATER", "The service asks to try later.");
                self.execute(
                    "UPDATE outbox SET attempts = ?4, blamed = 0, last_code = ?2, last_message = ?3 WHERE event_id = ?1",
                    (id.as_str(), code, message, attempts + 1),
                )?;
                taken.again.push(id.clone());
                Ok(View::Same)
            }
            Outcome::Blocked | Outcome::MissingPredecessor => {
                let (code, message) = words(
                    result.problem.as_ref(),
                    if outcome == Outcome::Blocked { "BLOCKED" } else { "MISSING_PREDECESSOR" },
                    "It waits for an earlier action of the same room.",
                );
                self.execute(
                    "UPDATE outbox SET last_code = ?2, last_message = ?3 WHERE event_id = ?1",
                    (id.as_str(), code, message),
                )?;
                taken.again.push(id.clone());
                Ok(View::Same)
            }
            Outcome::UpgradeRequired => {
                taken.upgrade_required = true;
                taken.again.push(id.clone());
                Ok(View::Same)
            }
            Outcome::Rejected | Outcome::KeyReuse | Outcome::TooLarge | Outcome::RetryLater => {
                taken.errors += 1;
                let (code, message) =
                    words(result.problem.as_ref(), "REJECTED", "The service did not take this action.");
                let final_answer = outcome == Outcome::Rejected || outcome == Outcome::KeyReuse;
                self.fail(entity, id, &code, &message, final_answer)?;
                Ok(View::Moved)
            }
        }
    }

    fn acknowledge(
        &mut self,
        told: &Told<'_>,
        row: &AnsweredRow,
        outcome: Outcome,
        result: &EventResult,
    ) -> Result<View, EngineError> {
        let id = &result.event_id;
        let state = match outcome {
            Outcome::Settled if self.was_discarded(id)? => OutboxState::Discarded,
            Outcome::Settled => OutboxState::Settled,
            _ => OutboxState::Synced,
        };
        self.keep_receipt(told, row, id, outcome, state, result.seq)?;
        // What another event stands for has no effect of its own any more, and the view may still show one.
        if state != OutboxState::Synced {
            self.settle_with(id, &row.entity)?;
            return Ok(View::Moved);
        }
        let effect = Effect::of(&row.bytes)?;
        let decides = !effect.settles.is_empty();
        let mut view = View::Same;
        if let Some(row) = &result.row {
            self.keep_mirrored(row)?;
            view = View::Moved;
        } else if let Some(seq) = result.seq
            && !effect.is_nothing()
            // Where a pull has already brought the row of this very change, or a later one, the view hid it until now.
            && !self.apply_to_mirror(&row.entity, std::slice::from_ref(&(seq, effect)))?
        {
            view = View::Moved;
        }
        if outcome == Outcome::Merged {
            self.note_merge(&row.entity, id, "merged")?;
        }
        if decides {
            self.settle(&SealedEvent::from_bytes(&*row.bytes)?)?;
            view = View::Moved;
        }
        Ok(view)
    }

    /// The event is the service's: the row says so, and the receipt by what and when.
    fn keep_receipt(
        &mut self,
        told: &Told<'_>,
        row: &AnsweredRow,
        id: &EventId,
        outcome: Outcome,
        state: OutboxState,
        seq: Option<u64>,
    ) -> Result<(), EngineError> {
        let order = self.next_acknowledgement();
        self.execute(
            "UPDATE outbox SET state = ?2, seq = ?3, acknowledged_at = ?4, held_by = NULL, answered = 1,
                last_code = NULL, last_message = NULL, acknowledged_day = ?5,
                taken_order = coalesce(taken_order, ?6) WHERE local_seq = ?1",
            (row.local_seq, state.as_str(), seq, told.at, told.day, order),
        )?;
        let name = serde_json::to_value(outcome).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default();
        self.execute(
            "INSERT INTO receipts (event_id, outcome, seq, store_id, epoch, received_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (event_id) DO UPDATE SET outcome = excluded.outcome, seq = excluded.seq,
                store_id = excluded.store_id, epoch = excluded.epoch, received_at = excluded.received_at",
            (id.as_str(), name, seq, told.store_id, told.epoch, told.at),
        )?;
        Ok(())
    }

    /// Whether what settled the event was a person giving it up.
    fn was_discarded(&mut self, id: &EventId) -> Result<bool, EngineError> {
        let Some(by) = self.settled_by(id)? else { return Ok(false) };
        Ok(self.recorded_event(&by)?.is_some_and(|sealed| sealed.event.action == "discard"))
    }

    /// A decision has arrived: what it settles is settled, the conflict is closed, and the lane goes on.
    fn settle(&mut self, decision: &SealedEvent) -> Result<(), EngineError> {
        let state = if decision.event.action == "discard" { OutboxState::Discarded } else { OutboxState::Settled };
        let entity = &decision.event.entity;
        let mut settles: Vec<String> = decision.event.settles.iter().map(|id| id.as_str().to_owned()).collect();
        while let Some(settled) = settles.pop() {
            // What the service never saw is still sent, so that its audit trail is whole; its answer settles it.
            self.execute(
                "UPDATE outbox SET state = ?2, held_by = NULL, settled_by = ?3
                 WHERE event_id = ?1 AND answered = 1 AND state IN ('held', 'failed', 'conflict', 'settled')",
                (&settled, state.as_str(), decision.event.event_id.as_str()),
            )?;
            // A try that was refused and tried again had settled an earlier one, which waits for no one else.
            settles.extend(self.all(
                "SELECT event_id FROM outbox WHERE entity_kind = ?1 AND entity_id = ?2 AND settled_by = ?3
                    AND answered = 1 AND state = 'held'",
                (&entity.kind, &entity.id, &settled),
                |row| row.get::<_, String>(0),
            )?);
        }
        // Of another desk's work only the service can say what it came to with this.
        for settled in &decision.event.settles {
            self.ask_carried(settled)?;
        }
        self.forget_conflict(entity)?;
        // The mark that every desk shows was this desk's; the feed will say so too.
        if let Some(mut row) = self.mirrored(entity)?
            && row.contested.as_ref().is_some_and(|mark| decision.event.settles.contains(&mark.event_id))
        {
            row.contested = None;
            self.keep_mirrored(&row)?;
        }
        self.release_lane(entity)
    }

    /// A decision was settled by one of another machine with the same past (D2): what waits for it here is settled too.
    fn settle_with(&mut self, decision: &EventId, entity: &EntityRef) -> Result<(), EngineError> {
        let waited = self.execute(
            "UPDATE outbox SET state = 'settled', held_by = NULL
             WHERE held_by = ?1 AND settled_by = ?1 AND answered = 1 AND state = 'held'",
            [decision.as_str()],
        )?;
        if waited > 0 {
            self.forget_conflict(entity)?;
            self.release_lane(entity)?;
        }
        Ok(())
    }

    /// The conflict of an entity is over, unless something is in conflict still: an old decision that is acknowledged
    /// once more says nothing of a conflict that came after it.
    pub(crate) fn forget_conflict(&mut self, entity: &EntityRef) -> Result<(), EngineError> {
        self.execute(
            "DELETE FROM conflicts WHERE entity_kind = ?1 AND entity_id = ?2 AND NOT EXISTS
                (SELECT 1 FROM outbox o WHERE o.entity_kind = ?1 AND o.entity_id = ?2 AND o.state = 'conflict')",
            [&entity.kind, &entity.id],
        )?;
        Ok(())
    }

    /// What an event that this desk settled is, once the decision about it has arrived: settled, or discarded.
    fn settled_as(&mut self, id: &EventId) -> Result<Option<OutboxState>, EngineError> {
        let mut id = id.as_str().to_owned();
        // A decision may have been settled by a later one. Each is recorded after what it settles, so this ends.
        while let Some((settler, state, bytes)) = self.first(
            "SELECT s.event_id, s.state, a.bytes FROM outbox o JOIN outbox s ON s.event_id = o.settled_by
             JOIN audit_local a ON a.local_seq = s.local_seq AND s.local_seq > o.local_seq WHERE o.event_id = ?1",
            [&id],
            |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?)),
        )? {
            if OutboxState::parse(&state)? == OutboxState::Synced {
                let discards = SealedEvent::from_bytes(bytes)?.event.action == "discard";
                return Ok(Some(if discards { OutboxState::Discarded } else { OutboxState::Settled }));
            }
            id = settler;
        }
        Ok(None)
    }

    /// Whatever the service says of an event by itself, a decision about it that has arrived stands: it is done.
    fn close_if_settled(&mut self, id: &EventId) -> Result<bool, EngineError> {
        let Some(state) = self.settled_as(id)? else { return Ok(false) };
        self.execute(
            "UPDATE outbox SET state = ?2, held_by = NULL, answered = 1 WHERE event_id = ?1",
            [id.as_str(), state.as_str()],
        )?;
        Ok(true)
    }

    pub(crate) fn fail(
        &mut self,
        entity: &EntityRef,
        id: &EventId,
        code: &str,
        message: &str,
        final_answer: bool,
    ) -> Result<(), EngineError> {
        // A decision that is refused asks again: the person sees the conflict it was about, with the reason.
        // Without the service's row (the database was repaired, and the snapshot is not here yet) there is nothing to
        // decide on; as a failed action it can be given up, and what it settled with it.
        let decides = self.recorded_event(id)?.is_some_and(|sealed| sealed.event.action == "resolve")
            && self.mirrored(entity)?.is_some();
        let mut state = if decides { OutboxState::Conflict } else { OutboxState::Failed };
        if sabotage::on(Version::RefusedIsDropped) {
            state = OutboxState::Discarded;
        }
        self.execute(
            "UPDATE outbox SET state = ?5, held_by = NULL, last_code = ?2, last_message = ?3, answered = ?4,
                attempts = attempts + 1 WHERE event_id = ?1",
            (id.as_str(), code, message, final_answer, state.as_str()),
        )?;
        if decides {
            self.keep_conflict_open(entity)?;
        }
        self.hold_lane(entity, id)
    }

    fn take_conflict(&mut self, entity: &EntityRef, result: &EventResult) -> Result<(), EngineError> {
        let id = &result.event_id;
        let (code, message) = words(
            result.problem.as_ref(),
            "STATUS_CONFLICT_ON_FLUSH",
            "Somebody else changed the same thing meanwhile.",
        );
        self.execute(
            "UPDATE outbox SET state = 'conflict', held_by = NULL, last_code = ?2, last_message = ?3, answered = 1
             WHERE event_id = ?1",
            (id.as_str(), code, message),
        )?;
        self.hold_lane(entity, id)?;
        if let Some(theirs) = &result.theirs {
            self.keep_mirrored(&theirs.row)?;
            if self.is_offered_again(id)? {
                self.open_conflict(entity, &Theirs { class: SERVICE_RESTORED.into(), ..theirs.clone() })?;
            } else {
                self.open_conflict(entity, theirs)?;
            }
            self.settle_if_same(entity)?;
        }
        Ok(())
    }

    /// A decision was refused, and the conflict that it was about may have been forgotten meanwhile (with the epoch of a
    /// service that was restored): it is open again, with the service's row as it was last known.
    fn keep_conflict_open(&mut self, entity: &EntityRef) -> Result<(), EngineError> {
        let Some(row) = self.mirrored(entity)? else { return Ok(()) };
        let known = self.first(
            "SELECT 1 FROM conflicts WHERE entity_kind = ?1 AND entity_id = ?2",
            [&entity.kind, &entity.id],
            |_| Ok(()),
        )?;
        if known.is_some() {
            return Ok(());
        }
        self.open_conflict(entity, &Theirs { row, paths: vec![], class: crate::SERVICE_RESTORED.into() })
    }

    fn open_conflict(&mut self, entity: &EntityRef, theirs: &Theirs) -> Result<(), EngineError> {
        let since = rfc3339(self.now());
        // A pull may have brought a newer row than the answer carries: that is Theirs now.
        let newest = self.mirrored(entity)?.unwrap_or_else(|| theirs.row.clone());
        let row = serde_json::to_string(&newest).map_err(|error| EngineError::stored("service row", error))?;
        self.execute(
            "INSERT INTO conflicts (entity_kind, entity_id, since, class, paths, theirs) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (entity_kind, entity_id) DO UPDATE SET
                class = excluded.class, paths = excluded.paths, theirs = excluded.theirs",
            (&entity.kind, &entity.id, since, &theirs.class, json!(theirs.paths).to_string(), row),
        )?;
        Ok(())
    }

    pub(crate) fn note_merge(&mut self, entity: &EntityRef, id: &EventId, how: &str) -> Result<(), EngineError> {
        let at = rfc3339(self.now());
        self.execute(
            "INSERT INTO merges (entity_kind, entity_id, event_id, how, at) VALUES (?1, ?2, ?3, ?4, ?5)",
            (&entity.kind, &entity.id, id.as_str(), how, at),
        )?;
        Ok(())
    }
}

/// An outbox row that is answered, with its event's bytes.
struct AnsweredRow {
    local_seq: u64,
    entity: EntityRef,
    state: OutboxState,
    attempts: u32,
    bytes: String,
}

/// An answer that only says that its event was applied as it was.
struct PlainAnswer<'a> {
    id: &'a EventId,
    seq: u64,
    row: AnsweredRow,
}

/// What is the same for all answers of a unit.
struct Told<'a> {
    store_id: &'a str,
    epoch: &'a str,
    at: &'a str,
    day: u64,
}

/// Whether an answer changed what the entity looks like here, or only where its events stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum View {
    Same,
    Moved,
}

/// What became of the event, also where it was known already.
fn effective(result: &EventResult) -> Outcome {
    match result.outcome {
        Outcome::Duplicate => result.original.unwrap_or(Outcome::Applied),
        outcome => outcome,
    }
}

fn words(problem: Option<&Problem>, code: &str, message: &str) -> (String, String) {
    problem.map_or_else(
        || (code.to_owned(), message.to_owned()),
        |problem| {
            let detail = problem.detail.as_deref().map(|detail| format!(" {detail}")).unwrap_or_default();
            (problem.code.clone(), format!("{}{detail}", problem.title))
        },
    )
}
