//! Recording what people do.

use crate::Desk;
use std::sync::Arc;
use thiserror::Error;
use turndown_domain::{
    AGAIN, Action, Again, Context, Decision, Priority, ROOM, Refusal, RefusalCode, TaskId, TaskKind, WORKFLOW, decide,
    is_history, is_stamp, reason_needed,
};
use turndown_offline::{
    Decide, Draft, EngineError, HoldRefusal, Intent, OutboxState, Pick, RecordError, Recorded, Settlement,
    SettlementRefusal, UnitError, UnitOfWork,
};
use turndown_phrase::phrase;
use turndown_protocol::{ActorId, EntityRef, Event, EventId, Fields};
use turndown_sabotage::{self as sabotage, Version};

/// The entity kind of the desk itself.
pub(crate) const DESK: &str = "desk";

/// Why something was not recorded.
#[derive(Debug, Error)]
pub enum ActError {
    /// The hotel's rules refuse it.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// A decision does not fit what is open.
    #[error(transparent)]
    Settlement(#[from] SettlementRefusal),
    /// The hotel's rooms have not come yet.
    #[error("the hotel is not loaded yet")]
    NotLoaded,
    /// There is no such room.
    #[error("there is no room {0} here")]
    NoRoom(String),
    /// There is no such event, or it is not one that can be tried again.
    #[error("there is nothing to try again")]
    NothingToRetry,
    /// There is no such event, or it has not failed.
    #[error("there is nothing to give up")]
    NothingToDiscard,
    /// What the desk knows is too old to work on.
    #[error("what this desk knows is too old to work on")]
    Stale,
    /// Somebody who does not answer for the day wants to go on with old data.
    #[error("only a manager can go on with old data")]
    NotAManager,
    /// Nothing is blocked, or the emergency operation runs for long enough.
    #[error("there is no reason to go on with old data")]
    NothingToGoOnFrom,
    /// A room cannot be held back or let go.
    #[error(transparent)]
    Hold(#[from] HoldRefusal),
    /// The database refused.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

impl UnitError for ActError {
    fn engine(&self) -> Option<&EngineError> {
        match self {
            Self::Engine(error) => Some(error),
            _ => None,
        }
    }
}

pub(crate) fn lift<R: Into<ActError>>(error: RecordError<R>) -> ActError {
    match error {
        RecordError::Refused(refusal) => refusal.into(),
        RecordError::Engine(error) => ActError::Engine(error),
    }
}

/// What the desk records of itself. It is part of the same chain as everything else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeskAction {
    /// Somebody began to work here.
    SignIn,
    /// Somebody stopped.
    SignOut,
}

impl DeskAction {
    fn name(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::SignOut => "sign_out",
        }
    }
}

/// Why the engine's record did not go through, in this crate's words; kept apart so that the closure can be `Send`.
pub(crate) enum Refused {
    Rule(Refusal),
    NotLoaded,
    NoRoom,
    NothingToDiscard,
    Stale,
    NotAManager,
    NothingToGoOnFrom,
    Settlement(SettlementRefusal),
}

impl Refused {
    fn into_error(self, room: &str) -> ActError {
        match self {
            Self::Rule(refusal) => ActError::Refused(refusal),
            Self::NotLoaded => ActError::NotLoaded,
            Self::NoRoom => ActError::NoRoom(room.to_owned()),
            Self::NothingToDiscard => ActError::NothingToDiscard,
            Self::Stale => ActError::Stale,
            Self::NotAManager => ActError::NotAManager,
            Self::NothingToGoOnFrom => ActError::NothingToGoOnFrom,
            Self::Settlement(refusal) => ActError::Settlement(refusal),
        }
    }
}

pub(crate) fn refused(error: RecordError<Refused>, room: &str) -> ActError {
    match error {
        RecordError::Refused(refused) => refused.into_error(room),
        RecordError::Engine(error) => ActError::Engine(error),
    }
}

impl Desk {
    /// Records what somebody did to a room. When this returns `Ok`, it is on disk.
    ///
    /// # Errors
    /// The rules' refusal, that what the desk knows is too old, or that the database refused; nothing was saved then.
    pub fn act(&self, event_id: EventId, actor: ActorId, room: &str, action: Action) -> Result<Recorded, ActError> {
        if matches!(action, Action::BeginDay { .. }) {
            let message = phrase!("A day begins in the whole house at once. Nobody begins it in one room.");
            return Err(Refusal::new(RefusalCode::ActionUnknown, message).into());
        }
        let (desk, author) = (self.clone(), actor.clone());
        let entity = EntityRef::new(ROOM, room);
        let own = entity.clone();
        let decide: Decide<Refused> = Box::new(move |work, seen| {
            desk.housekeeping.fresh_enough(work)?;
            desk.decide_on(work, &own, &author, seen, &action, None)
        });
        let intent = Intent { event_id, actor, entity, decide };
        let recorded = self.engine().record(intent).map_err(|error| refused(error, room))?;
        tell(&recorded);
        Ok(recorded)
    }

    /// Records something about the desk itself.
    ///
    /// # Errors
    /// When the database refused; nothing was saved then.
    pub fn note_desk(
        &self,
        event_id: EventId,
        actor: ActorId,
        action: DeskAction,
        args: serde_json::Value,
    ) -> Result<Recorded, ActError> {
        let entity = EntityRef::new(DESK, self.engine().install_id().as_str());
        let decide: Decide<Refusal> = Box::new(move |_, _| {
            Ok(Draft { workflow: DESK.into(), action: action.name().into(), args, ..Draft::default() })
        });
        self.engine().record(Intent { event_id, actor, entity, decide }).map_err(lift)
    }

    /// Records a person's decision about a conflict.
    ///
    /// # Errors
    /// When the conflict is not as it was on screen, or the database refused; nothing was saved then.
    pub fn resolve(&self, settlement: Settlement) -> Result<Recorded, ActError> {
        let desk = self.clone();
        self.engine().write(move |work| desk.settle(work, settlement)).map_err(|error| refused(error, ""))
    }

    /// Nobody here can know which side is right: the room stays as the service has it, and somebody is sent to look.
    /// Decision and check are saved together. The room is not safe to give out until the check is answered.
    /// `check` is the event that adds it; `note` tells whoever goes what both sides say.
    ///
    /// # Errors
    /// As [`Desk::resolve`].
    pub fn send_to_look(&self, mut settlement: Settlement, check: EventId, note: String) -> Result<Recorded, ActError> {
        let desk = self.clone();
        let room = settlement.entity.id.clone();
        let unit = move |work: &mut UnitOfWork<'_>| {
            let Some(conflict) = work.conflict(&settlement.entity)? else { return desk.settle(work, settlement) };
            if conflict.theirs.deleted {
                return Err(RecordError::Refused(Refused::Settlement(SettlementRefusal::Removed)));
            }
            let paths = conflict.contested.iter().chain(&conflict.merged);
            settlement.picks = paths.map(|path| (path.clone(), Pick::Theirs)).collect();
            let (actor, entity) = (settlement.actor.clone(), settlement.entity.clone());
            let recorded = desk.settle(work, settlement)?;
            let action = Action::AddTask {
                task: TaskId(check.to_string()),
                kind: TaskKind::Check,
                credits: 0,
                priority: Priority::Urgent,
                assignee: None,
                note: Some(note),
            };
            let (own, author) = (entity.clone(), actor.clone());
            let decide: Decide<Refused> =
                Box::new(move |work, seen| desk.decide_on(work, &own, &author, seen, &action, None));
            work.record(Intent { event_id: check, actor, entity, decide })?;
            Ok(recorded)
        };
        self.engine().write(unit).map_err(|error| refused(error, &room))
    }

    fn settle(&self, work: &mut UnitOfWork<'_>, mut settlement: Settlement) -> Result<Recorded, RecordError<Refused>> {
        let Some(book) = self.housekeeping.book(work)? else { return Err(RecordError::Refused(Refused::NotLoaded)) };
        let theirs = work.conflict(&settlement.entity)?.map(|conflict| conflict.theirs.fields);
        settlement.draft = Draft {
            workflow: WORKFLOW.into(),
            turn: theirs.as_ref().map(turn_of),
            service_day: Some(book.property.service_day.clone()),
            ..Draft::default()
        };
        work.record_settlement(settlement).map_err(|error| match error {
            RecordError::Refused(refusal) => RecordError::Refused(Refused::Settlement(refusal)),
            RecordError::Engine(error) => RecordError::Engine(error),
        })
    }

    /// Tries a failed action again. What the service gave no final answer to is sent as it is; what it rejected stays
    /// rejected for good, so a new event is made, decided on the room as it is now, that settles the old one. What was
    /// given up is done once more, which undoes the giving up; that one is settled already.
    ///
    /// # Errors
    /// The rules' refusal, that there is nothing to try, or that the database refused.
    pub fn retry(&self, failed: &EventId, event_id: EventId, actor: ActorId) -> Result<(), ActError> {
        if self.engine().send_again(failed)? {
            return Ok(());
        }
        let row = self.engine().row(failed)?.ok_or(ActError::NothingToRetry)?;
        // Given up, whether or not the service has heard of it.
        let settled_by = row.settled_by.map(|decision| self.engine().row(&decision)).transpose()?.flatten();
        let given_up = settled_by.is_some_and(|decision| decision.sealed.event.action == "discard");
        if row.state != OutboxState::Failed && !given_up {
            return Err(ActError::NothingToRetry);
        }
        let event = row.sealed.event;
        if event.action == "discard" {
            // A giving-up that the service did not take, because of who gave it up, is given up by whoever tries again.
            let reason = event.args["reason"].as_str().unwrap_or_default();
            return self.discard(failed, event_id, actor, reason).map(drop);
        }
        let action = Action::from_event(&event.action, &event.args).map_err(|_| ActError::NothingToRetry)?;
        let (desk, old, room) = (self.clone(), event.clone(), event.entity.id.clone());
        // It is still its author's work, of the time and for the guest it was done; who tried it again stands beside it.
        let done_at = Action::again(&event.args).map_or_else(|| event.recorded_at.clone(), |again| again.done_at);
        let again = Again { by: actor.to_string(), done_at };
        let decide: Decide<Refused> = Box::new(move |work, seen| {
            // It is decided in its own place: on the room as it was before it, not on what was recorded behind it.
            let seen = if given_up { seen } else { seen.map(|_| work.fields_before(&old)).transpose()? };
            let mut draft = desk.decide_on(work, &old.entity, &old.actor_id, seen, &action, Some((&old, &again)))?;
            if given_up {
                draft.settles.clear();
            }
            Ok(draft)
        });
        let actor = if sabotage::on(Version::AuthorOfRetry) { actor } else { event.actor_id };
        let recorded = self.engine().record(Intent { event_id, actor, entity: event.entity, decide });
        recorded.map(|_| ()).map_err(|error| refused(error, &room))
    }

    /// Gives a failed action up, by name and with a reason. It stays in the record; what was recorded behind it is
    /// judged by itself.
    ///
    /// # Errors
    /// When there is no fit reason, the action is not a failed one, or the database refused; nothing was saved then.
    pub fn discard(
        &self,
        failed: &EventId,
        event_id: EventId,
        actor: ActorId,
        reason: &str,
    ) -> Result<Recorded, ActError> {
        let reason = reason_needed(Some(reason), phrase!("Say why you give it up."))?;
        let row = self.engine().row(failed)?.ok_or(ActError::NothingToDiscard)?;
        let desk = self.clone();
        let old = row.sealed.event;
        let entity = old.entity.clone();
        let decide: Decide<Refused> = Box::new(move |work, _| {
            if work.outbox_state(&old.event_id)? != Some(OutboxState::Failed) {
                return Err(RecordError::Refused(Refused::NothingToDiscard));
            }
            let book = desk.housekeeping.book(work)?;
            let settles = with_earlier_tries(&old);
            Ok(Draft {
                workflow: old.workflow,
                turn: old.turn,
                service_day: book.map(|book| book.property.service_day.clone()).or(old.service_day),
                action: "discard".into(),
                args: serde_json::json!({ "reason": reason }),
                settles,
                ..Draft::default()
            })
        });
        self.engine().record(Intent { event_id, actor, entity, decide }).map_err(|error| refused(error, ""))
    }

    pub(crate) fn decide_on(
        &self,
        work: &mut UnitOfWork<'_>,
        entity: &EntityRef,
        actor: &ActorId,
        seen: Option<Fields>,
        action: &Action,
        again: Option<(&Event, &Again)>,
    ) -> Result<Draft, RecordError<Refused>> {
        let refuse = |refused| Err(RecordError::Refused(refused));
        let Some(book) = self.housekeeping.book(work)? else { return refuse(Refused::NotLoaded) };
        let Some(fields) = seen else { return refuse(Refused::NoRoom) };
        let undo_of: Option<Arc<Event>> = match action {
            Action::Undo { event } => match EventId::parse(event.as_str()) {
                // An action on another room is none that can be undone here.
                Ok(id) => work
                    .recorded_event(&id)?
                    .filter(|sealed| &sealed.event.entity == entity)
                    .map(|sealed| Arc::new(sealed.event)),
                // What is no id is no action that is known here.
                Err(_) => None,
            },
            _ => None,
        };
        let today = book.property.service_day.as_str();
        let done_at = again.and_then(|(_, again)| again.done_at.parse().ok());
        let service_day = again.and_then(|(old, _)| old.service_day.as_deref()).unwrap_or(today);
        let context = Context {
            now: done_at.unwrap_or_else(|| work.now()),
            service_day,
            actor,
            book: &book,
            undo_of: undo_of.as_deref(),
        };
        let Decision { mut changes, relies_on } = match decide(&fields, action, &context) {
            Ok(decision) => decision,
            Err(refusal) => return refuse(Refused::Rule(refusal)),
        };
        let mut args = action.args();
        if let Some((old, again)) = again {
            // What it would do to the room of the next guest, or of another day, is history.
            changes.retain(|path, _| !is_history(&fields, old, today, path));
            if changes.keys().all(|path| is_stamp(path)) {
                let message = phrase!(
                    "The guest or the day that it belongs to has passed, and nothing of it can still be \
                               recorded. Give it up, with the reason."
                );
                return refuse(Refused::Rule(Refusal::new(RefusalCode::NothingToChange, message)));
            }
            args[AGAIN] = serde_json::to_value(again).map_err(|error| EngineError::stored("retry", error))?;
        }
        // The turn is the one the desk saw: an arrival belongs to the turn before the one it opens. The rules have read
        // it; a room that never had a guest has none.
        let turn = turn_of(&fields);
        Ok(Draft {
            workflow: WORKFLOW.into(),
            turn: again.map_or(Some(turn), |(old, _)| old.turn),
            service_day: Some(service_day.to_owned()),
            action: action.name().into(),
            args,
            changes,
            relies_on,
            depends_on: vec![],
            settles: again.map(|(old, _)| with_earlier_tries(old)).unwrap_or_default(),
        })
    }
}

/// An action that failed, and what it was a further try of: a try that was refused has settled nothing at the service, and
/// what stands behind the first one would wait for ever.
fn with_earlier_tries(failed: &Event) -> Vec<EventId> {
    std::iter::once(&failed.event_id).chain(&failed.settles).cloned().collect()
}

fn turn_of(fields: &Fields) -> u32 {
    fields.get("room/turn").as_u64().and_then(|turn| u32::try_from(turn).ok()).unwrap_or_default()
}

fn tell(recorded: &Recorded) {
    if recorded.repeated {
        return;
    }
    let event = &recorded.sealed.event;
    tracing::info!(
        target: "telemetry",
        name = format!("frontend.housekeeping.task_{}", event.action),
        mode = ?event.mode,
        "recorded"
    );
}
