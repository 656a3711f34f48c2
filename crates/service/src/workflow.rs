//! The one place where the service meets housekeeping: it hands events to the hotel's rules.
//!
//! Everything else here knows entities, paths and outcomes only, so that a second workflow comes in beside this one.

use crate::misfit::misfit;
use crate::store::{SignIn, SnapshotRows, StaffPin, WireRow};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use turndown_domain::{
    Action, ConflictClass, Context, Decision, JudgeContext, Judgement, PLACE, PropertyBook, ROOM, Refusal, RefusalCode,
    RoomId, TaskId, Unit, front_office, role, suggest,
};
use turndown_protocol::{ActorId, EntityRef, Event, EventId, Fields, InstallId, Pass, ProposedPerson};

/// The kind of entity that an event about the desk itself names (sign-in, repair). It has no row.
pub const DESK: &str = "desk";

/// A task that changed its status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Move {
    /// Which task.
    pub task: String,
    /// From; absent when the task is new.
    pub from: Option<String>,
    /// To; absent when the task is gone.
    pub to: Option<String>,
}

/// Whether only the service itself records such an event: under an install of its own, or of what the PMS reported.
#[must_use]
pub fn is_the_services_own(event: &Event) -> bool {
    event.workflow == front_office::FRONT_OFFICE || is_the_service(&event.install_id)
}

/// Whether an install is a service's own, for which no desk speaks.
#[must_use]
pub fn is_the_service(install: &InstallId) -> bool {
    install.as_str().starts_with(SERVICE)
}

/// What the name of a service's own install begins with.
pub const SERVICE: &str = "service:";

/// Whether a person's decision about a conflict is recorded by this event, rather than an action in the house.
#[must_use]
pub fn is_resolution(event: &Event) -> bool {
    matches!(event.action.as_str(), "resolve" | "discard")
}

/// The event that an `undo` names.
#[must_use]
pub fn undo_target(event: &Event) -> Option<EventId> {
    if event.action != "undo" {
        return None;
    }
    event.args.get("event").and_then(|id| id.as_str()).and_then(|id| EventId::parse(id).ok())
}

/// The hotel in which an event is judged.
#[derive(Debug, Clone, Copy)]
pub struct House<'a> {
    /// Its settings, people and bookings.
    pub book: &'a PropertyBook,
    /// Who may sign in, where its people do so by PIN.
    pub passes: Option<&'a BTreeSet<String>>,
}

/// Judges an event on the fields of its entity. `current` is absent where there is no such entity.
#[must_use]
pub fn judge(
    current: Option<&Fields>,
    event: &Event,
    House { book, passes }: House<'_>,
    undo_of: Option<&Event>,
    settled: &[Event],
) -> Judgement {
    if event.entity.kind == DESK {
        return Judgement::Apply { changes: BTreeMap::new() };
    }
    if let (front_office::FRONT_OFFICE, Some(current)) = (event.workflow.as_str(), current) {
        return front_office::judge(current, event);
    }
    if let Some(passes) = passes
        && let Err(refusal) = role::judge(event, undo_of, book, passes)
    {
        return Judgement::Rejected(refusal);
    }
    if event.workflow != turndown_domain::WORKFLOW {
        return rejected(
            RefusalCode::ActionUnknown,
            format!("This service does not know the workflow \"{}\".", event.workflow),
        );
    }
    let nothing = Fields::new();
    let current = match (current, event.entity.kind.as_str()) {
        (Some(fields), _) => fields,
        // A place comes into being with its first task; rooms are given by the hotel.
        (None, PLACE) => &nothing,
        // What was refused because there is no such room has to be laid to rest all the same.
        (None, _) if event.action == "discard" => &nothing,
        (None, ROOM) => {
            return rejected(RefusalCode::TaskNotFound, format!("The hotel has no room {}.", event.entity.id));
        }
        (None, kind) => {
            return rejected(RefusalCode::ActionUnknown, format!("This service does not know the kind \"{kind}\"."));
        }
    };
    let context = JudgeContext { book, undo_of };
    if is_resolution(event) {
        turndown_domain::judge_resolution(current, event, settled, &context)
    } else {
        turndown_domain::judge(current, event, &context)
    }
}

fn rejected(code: RefusalCode, message: String) -> Judgement {
    Judgement::Rejected(Refusal::verbatim(code, message))
}

/// The passes of a hotel's people: of those with a PIN who work there.
#[must_use]
pub fn passes(sign_in: &SignIn) -> Vec<Pass> {
    let pass = |pin: &StaffPin| {
        let person = sign_in.book.staff.iter().find(|person| person.id.0 == pin.staff_id.as_str())?;
        let role = serde_json::to_value(person.role).ok()?;
        Some(Pass {
            staff_id: pin.staff_id.clone(),
            role: role.as_str()?.to_owned(),
            verifier: pin.verifier.clone(),
            temporary: pin.temporary,
        })
    };
    sign_in.pins.iter().filter_map(pass).collect()
}

/// The class of a conflict as it stands in answers.
#[must_use]
pub fn class_name(class: ConflictClass) -> &'static str {
    class.as_str()
}

/// The task moves among changes about to be made.
#[must_use]
pub fn moves(before: &Fields, changes: &BTreeMap<String, serde_json::Value>) -> Vec<Move> {
    changes
        .iter()
        .filter_map(|(path, new)| {
            let task = path.strip_prefix("task/")?.strip_suffix("/status")?;
            let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
            Some(Move { task: task.to_owned(), from: text(before.get(path)), to: text(new) })
        })
        .collect()
}

/// The parts of an entity that callers may name by themselves: `task/<id>` for each task.
#[must_use]
pub fn part_of(path: &str) -> Option<&str> {
    let rest = path.strip_prefix("task/")?;
    let id = rest.split('/').next()?;
    (rest.len() > id.len()).then(|| &path[.."task/".len() + id.len()])
}

/// What the single-action route was asked to do.
#[derive(Debug)]
pub struct Asked {
    action: Action,
    task: TaskId,
}

impl Asked {
    /// Reads the action from the route's last segment and the body's `args`.
    ///
    /// # Errors
    /// When there is no such action on a task or its arguments are not understood.
    pub fn read(task: &str, action: &str, args: &serde_json::Value) -> Result<Self, Refusal> {
        let name = if action == "cancel" { "cancel_task" } else { action };
        let refusal = |detail: String| Refusal::verbatim(RefusalCode::ActionUnknown, detail);
        let mut args = match args {
            serde_json::Value::Null => serde_json::Map::new(),
            serde_json::Value::Object(members) => members.clone(),
            _ => return Err(refusal("The member \"args\" has to be an object.".into())),
        };
        args.insert("task".into(), task.into());
        let action = Action::from_event(name, &args.into())
            .map_err(|error| refusal(format!("The action is not understood: {}.", misfit(&error))))?;
        let task = TaskId(task.to_owned());
        if action.task() == Some(&task) {
            Ok(Self { action, task })
        } else {
            Err(refusal(format!("\"{}\" is not done to a task.", action.name())))
        }
    }

    /// The action's name as events carry it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.action.name()
    }

    /// The action's arguments as events carry them.
    #[must_use]
    pub fn args(&self) -> serde_json::Value {
        self.action.args()
    }

    /// The turn that the room is in.
    #[must_use]
    pub fn turn(fields: &Fields) -> Option<u32> {
        fields.get("room/turn").as_u64().and_then(|turn| u32::try_from(turn).ok())
    }

    /// The service day that a room is in: one that began at a desk is ahead of the hotel's document.
    #[must_use]
    pub fn day<'a>(fields: &'a Fields, book: &'a PropertyBook) -> &'a str {
        let present = book.property.service_day.as_str();
        // ISO dates order as text.
        fields.get("room/day").as_str().map_or(present, |there| there.max(present))
    }

    /// The present state of the task.
    #[must_use]
    pub fn current_state(&self, fields: &Fields) -> serde_json::Value {
        fields.get(&format!("task/{}/status", self.task.0)).clone()
    }

    /// Decides the action as a desk would.
    ///
    /// # Errors
    /// The hotel's refusal.
    pub fn decide(
        &self,
        fields: &Fields,
        book: &PropertyBook,
        actor: &ActorId,
        now_ms: i64,
    ) -> Result<Decision, Refusal> {
        let context = Context {
            now: chrono::DateTime::from_timestamp_millis(now_ms).unwrap_or_default(),
            service_day: Self::day(fields, book),
            actor,
            book,
            undo_of: None,
        };
        turndown_domain::decide(fields, &self.action, &context)
    }
}

/// Who could do what nobody is assigned to. A room that this build cannot read has no proposal.
///
/// # Errors
/// When the hotel's document cannot be read.
pub fn suggestions(found: &SnapshotRows) -> Result<Vec<ProposedPerson>, serde_json::Error> {
    let mut book: PropertyBook = serde_json::from_str(found.reference.document.get())?;
    let readable = |row: &WireRow| {
        let fields: Fields = serde_json::from_str(row.fields.get()).ok()?;
        Some((RoomId(row.entity.id.clone()), Unit::from_fields(&fields).ok()?))
    };
    let rooms: Vec<_> = found.rows.iter().filter(|row| row.entity.kind == ROOM).filter_map(readable).collect();
    // One that began at a desk is ahead of the document.
    if let Some(day) = rooms.iter().filter_map(|(_, unit)| unit.room.day.as_ref()).max()
        && *day > book.property.service_day
    {
        book.property.service_day.clone_from(day);
    }
    let proposed = |each: suggest::Suggestion| ProposedPerson {
        entity: EntityRef::new(ROOM, each.room.0),
        task: each.task.0,
        to: each.to.0,
        why: each.why.as_str().into(),
        credits_left: each.credits_left,
        credits: each.credits,
    };
    Ok(suggest::suggest(&book, &rooms).into_iter().map(proposed).collect())
}

/// The HTTP status for a refusal: what the state forbids is 409, what the request says wrongly is 422.
#[must_use]
pub fn refusal_status(code: RefusalCode) -> u16 {
    match code {
        RefusalCode::TaskNotFound => 404,
        RefusalCode::RoleMayNot | RefusalCode::PassMissing | RefusalCode::PassExpired => 403,
        RefusalCode::ReasonRequired
        | RefusalCode::TimeUnreadable
        | RefusalCode::TextTooLong
        | RefusalCode::TextUnreadable
        | RefusalCode::StaffUnknown
        | RefusalCode::ActionUnknown
        | RefusalCode::ChangesDoNotFit
        | RefusalCode::UndoUnknown => 422,
        _ => 409,
    }
}

/// The room that an event is about, for domain events.
#[must_use]
pub fn room_of(entity: &EntityRef) -> &str {
    &entity.id
}
