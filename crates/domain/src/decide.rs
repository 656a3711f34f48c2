//! What an action does to a room and its tasks, or why it cannot be done.
//!
//! The rule is written once, here: take the unit as it is, make the unit as it would be, and answer with the fields
//! that differ. The desk calls it on what it shows; the service calls it again on what the desk saw (see
//! [`crate::judge`]), so neither trusts the other's arithmetic.

use crate::{
    Action, BEGIN_DAY, Claim, Cleanliness, Guest, Inspection, InspectionResult, Occupancy, PropertyBook, Refusal,
    RefusalCode, Room, Sellability, SellabilityKind, ServiceFlag, StaffId, Stay, Task, TaskId, TaskKind, TaskSource,
    TaskStatus, Unit, Verdict, Waiting, day, footprint, is_stamp, is_turn_bound,
};
use chrono::{DateTime, NaiveTime, Utc};
use serde_json::Value;
use std::collections::BTreeMap;
use turndown_phrase::{Phrase, phrase};
use turndown_protocol::{ActorId, Change, Event, Fields};

/// The longest reason, in characters.
pub const REASON_CHARS_MAX: usize = 200;
/// The longest note, in characters.
pub const NOTE_CHARS_MAX: usize = 1_000;
/// The largest weight of one task, in credits.
const CREDITS_MAX: u16 = 999;

/// What an action is decided with besides the unit.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// When it is done. Written into stamps, never compared.
    pub now: DateTime<Utc>,
    /// The service day that the desk works on (ISO date).
    pub service_day: &'a str,
    /// Who does it. Written into claims, never compared.
    pub actor: &'a ActorId,
    /// The hotel and its people.
    pub book: &'a PropertyBook,
    /// For `undo`: the event that it names.
    pub undo_of: Option<&'a Event>,
}

/// What an action does.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Decision {
    /// Fields that change, with what they were.
    pub changes: BTreeMap<String, Change>,
    /// Fields that it relies on without changing them, with what they are.
    pub relies_on: BTreeMap<String, Value>,
}

/// Decides an action on a unit given as fields.
///
/// # Errors
/// A [`Refusal`] with a stable code and a sentence for the person, when the action is not possible.
pub fn decide(fields: &Fields, action: &Action, context: &Context<'_>) -> Result<Decision, Refusal> {
    let before = Unit::from_fields(fields).map_err(|error| {
        Refusal::new(
            RefusalCode::IllegalState,
            phrase!("This room cannot be read: {error}.", error = error.to_string()),
        )
    })?;
    if let Action::Undo { .. } = action {
        return decide_undo(fields, context);
    }
    let mut after = before.clone();
    perform(&mut after, action, context)?;

    let changes = changes(fields, &before, &after);
    // That a day began in a room where it brings nothing need not be told.
    let only_the_day = matches!(action, Action::BeginDay { .. }) && changes.keys().all(|path| is_stamp(path));
    if changes.is_empty() || only_the_day {
        return Err(Refusal::new(
            RefusalCode::NothingToChange,
            phrase!("It is like that already. Nothing was changed."),
        ));
    }
    // A field the action would have written but found right already is relied upon: "complete" on a clean room
    // must not pass unseen over a service that has it dirty again.
    let footprint = footprint(action);
    // What is said of the whole room was looked up in all its cleaning tasks, however many there are.
    let swept: Vec<String> = match action {
        Action::SetRoomStatus { .. } | Action::SetSellability { .. } => before
            .tasks
            .iter()
            .filter(|(_, task)| task.kind.cleans())
            .map(|(id, _)| format!("task/{}/status", id.0))
            .collect(),
        _ => vec![],
    };
    let relies_on = footprint
        .relies_on
        .iter()
        .chain(&swept)
        .chain(footprint.writes.iter().filter(|path| !path.ends_with('*') && !is_stamp(path)))
        .filter(|path| !changes.contains_key(*path))
        .map(|path| (path.clone(), fields.get(path).clone()))
        .collect();
    Ok(Decision { changes, relies_on })
}

/// What differs between a unit as `fields` have it and as it would be.
pub(crate) fn changes(fields: &Fields, before: &Unit, after: &Unit) -> BTreeMap<String, Change> {
    let with_base = |(path, new): (String, Value)| {
        let base = fields.get(&path).clone();
        (path, Change { base, new })
    };
    before.changed_in(after).into_iter().map(with_base).collect()
}

/// Undo is a new event that restores the base values of the one it names, while every field still is as that left it.
fn decide_undo(fields: &Fields, context: &Context<'_>) -> Result<Decision, Refusal> {
    let Some(original) = context.undo_of else {
        return Err(Refusal::new(
            RefusalCode::UndoUnknown,
            phrase!("That action is not known here, so it cannot be undone."),
        ));
    };
    if original.action == "resolve" {
        return undo_decision(fields, original);
    }
    // What opens a turn or gives up an action has been seen by others; it is answered by the opposite action instead.
    if original.changes.is_empty() || matches!(original.action.as_str(), "discard" | "arrived" | BEGIN_DAY) {
        return Err(Refusal::new(
            RefusalCode::UndoUnknown,
            phrase!("That action cannot be undone. Record the opposite action instead."),
        ));
    }
    // What was done to the room for one guest is not taken back from the next one, however alike the values are.
    let of_the_turn = original.changes.keys().any(|path| is_turn_bound(path));
    let turn = fields.get("room/turn");
    let turn_moved = of_the_turn && original.turn.is_some_and(|then| turn.as_u64().unwrap_or(0) != u64::from(then));
    if turn_moved || original.changes.iter().any(|(path, change)| fields.get(path) != &change.new) {
        return Err(Refusal::new(
            RefusalCode::UndoStoodUpon,
            phrase!(
                "Something newer stands on that action, so it cannot be undone any more. Record the opposite action \
                 instead."
            ),
        ));
    }
    let changes = original
        .changes
        .iter()
        .map(|(path, change)| (path.clone(), Change { base: change.new.clone(), new: change.base.clone() }))
        .collect();
    let relies_on = match of_the_turn && !original.changes.contains_key("room/turn") {
        true => BTreeMap::from([("room/turn".to_owned(), turn.clone())]),
        false => BTreeMap::new(),
    };
    Ok(Decision { changes, relies_on })
}

/// The fields in which a decision took the other side, with what its desk had there (promise H10).
#[must_use]
pub fn set_aside(decision: &Event) -> BTreeMap<String, Value> {
    let aside = decision.args.get("set_aside").and_then(Value::as_object);
    aside.map(|aside| aside.iter().map(|(path, mine)| (path.clone(), mine.clone())).collect()).unwrap_or_default()
}

/// Whether undoing a decision would still bring something back (promise H10).
#[must_use]
pub fn can_bring_back(unit: &Unit, decision: &Event) -> bool {
    undo_decision(&unit.to_fields(), decision).is_ok()
}

/// Undoing a decision brings back what it set aside, while the fields still are as they were taken.
fn undo_decision(fields: &Fields, decision: &Event) -> Result<Decision, Refusal> {
    let aside = set_aside(decision);
    if aside.is_empty() {
        let message = phrase!("That decision kept everything of this desk, so there is nothing to bring back.");
        return Err(Refusal::new(RefusalCode::UndoUnknown, message));
    }
    let of_the_turn = aside.keys().any(|path| is_turn_bound(path));
    let turn = fields.get("room/turn");
    let turn_moved = of_the_turn && decision.turn.is_some_and(|then| turn.as_u64().unwrap_or(0) != u64::from(then));
    let moved = |path: &String| decision.relies_on.get(path).is_some_and(|taken| fields.get(path) != taken);
    if turn_moved || aside.keys().any(moved) {
        return Err(Refusal::new(
            RefusalCode::UndoStoodUpon,
            phrase!(
                "Something newer stands on that decision, so it cannot be undone any more. Record what is so instead."
            ),
        ));
    }
    let mut after = fields.clone();
    let mut changes = BTreeMap::new();
    for (path, mine) in aside {
        let base = fields.get(&path).clone();
        if base != mine {
            after.set(path.clone(), mine.clone());
            changes.insert(path, Change { base, new: mine });
        }
    }
    if changes.keys().all(|path| is_stamp(path)) {
        return Err(Refusal::new(
            RefusalCode::NothingToChange,
            phrase!("It is like that already. Nothing was changed."),
        ));
    }
    crate::judge::check(&after)?;
    let relies_on = match of_the_turn && !changes.contains_key("room/turn") {
        true => BTreeMap::from([("room/turn".to_owned(), turn.clone())]),
        false => BTreeMap::new(),
    };
    Ok(Decision { changes, relies_on })
}

fn perform(unit: &mut Unit, action: &Action, context: &Context<'_>) -> Result<(), Refusal> {
    match action {
        Action::Start { task } => start(unit, task, context),
        Action::Pause { task } => pause(unit, task),
        Action::Resume { task } => resume(unit, task, context),
        Action::Complete { task } => complete(unit, task, context),
        Action::Reassign { task, to } => reassign(unit, task, to.as_ref(), context),
        Action::Inspect { task, verdict } => inspect(unit, task, verdict, context),
        Action::AddTask { .. } => add_task(unit, action, context),
        Action::CancelTask { task, reason } => cancel(unit, task, reason),
        Action::SetPriority { task, priority, rush } => {
            let task = open_task(unit, task)?;
            (task.priority, task.rush) = (*priority, *rush);
            Ok(())
        }
        Action::SetRoomStatus { cleanliness } => set_room_status(unit, *cleanliness, context),
        Action::SeeOccupancy { occupancy } => {
            unit.room.hk_occupancy = Some(*occupancy);
            unit.room.hk_seen_at = Some(context.now);
            Ok(())
        }
        Action::SetFlag { flag, on } => set_flag(&mut unit.room, *flag, *on, context),
        Action::Note { text } => {
            unit.room.note = text.as_deref().map(note_text).transpose()?.flatten();
            Ok(())
        }
        Action::SetSellability { sellability } => set_sellability(unit, sellability),
        Action::Departed {} => departed(&mut unit.room),
        Action::Arrived {} => arrived(&mut unit.room),
        Action::Claim { guest } => claim(&mut unit.room, guest.as_deref(), context),
        Action::Release {} => {
            unit.room.claim = None;
            Ok(())
        }
        Action::QueueGuest { promised } => queue_guest(&mut unit.room, promised.as_deref(), context),
        Action::LeaveQueue {} => {
            unit.room.waiting = None;
            Ok(())
        }
        Action::BeginDay { room, day, who, deep_clean } => {
            let given = day::Given { who, deep_clean: *deep_clean };
            day::bring_over(unit, room, context.book, day, &given).map_err(|error| {
                Refusal::new(
                    RefusalCode::IllegalState,
                    phrase!("The day cannot be made: {error}.", error = error.to_string()),
                )
            })
        }
        // Undo is decided from the event it names, before a unit is read.
        Action::Undo { .. } => Err(Refusal::new(RefusalCode::UndoUnknown, phrase!("That action is not known here."))),
    }
}

/// Whether a character turns the direction of what stands around it.
pub(crate) fn turns_direction(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Takes a text as a person wrote it: trimmed, within its limit, and free of characters that cannot be shown or that
/// would turn the direction of what stands around it. Empty is nothing.
fn readable(text: &str, chars_max: usize) -> Result<Option<String>, Refusal> {
    let text = text.trim();
    if text.chars().count() > chars_max {
        return Err(Refusal::new(
            RefusalCode::TextTooLong,
            phrase!("That text is too long. Shorten it to {most} characters.", most = chars_max),
        ));
    }
    if text.chars().any(|c| (c.is_control() && c != '\n') || turns_direction(c)) {
        return Err(Refusal::new(
            RefusalCode::TextUnreadable,
            phrase!("That text has characters that cannot be shown. Type it again without them."),
        ));
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

/// Takes a note as a person wrote it; nothing where it is empty.
///
/// # Errors
/// When it is too long or cannot be shown.
pub fn note_text(text: &str) -> Result<Option<String>, Refusal> {
    readable(text, NOTE_CHARS_MAX)
}

/// Takes a reason as a person wrote it. `asked` is what is said where there is none.
///
/// # Errors
/// When there is none, or it is too long or cannot be shown.
pub fn reason_needed(text: Option<&str>, asked: Phrase) -> Result<String, Refusal> {
    readable(text.unwrap_or_default(), REASON_CHARS_MAX)?
        .ok_or_else(|| Refusal::new(RefusalCode::ReasonRequired, asked))
}

fn task_mut<'a>(unit: &'a mut Unit, id: &TaskId) -> Result<&'a mut Task, Refusal> {
    let number = unit.room.number.clone();
    unit.tasks.get_mut(id).ok_or_else(|| {
        Refusal::new(
            RefusalCode::TaskNotFound,
            phrase!("Room {number} has no such task any more. Look at the board again.", number),
        )
    })
}

/// A task on which work can still happen.
fn open_task<'a>(unit: &'a mut Unit, id: &TaskId) -> Result<&'a mut Task, Refusal> {
    let task = task_mut(unit, id)?;
    match closed(task.status) {
        Some(refusal) => Err(refusal),
        None => Ok(task),
    }
}

fn closed(status: TaskStatus) -> Option<Refusal> {
    let (code, message) = match status {
        TaskStatus::Ready | TaskStatus::InProgress | TaskStatus::Paused => return None,
        TaskStatus::Completed => (RefusalCode::TaskAlreadyCompleted, phrase!("This task is already completed.")),
        TaskStatus::Inspected => (RefusalCode::TaskAlreadyInspected, phrase!("This task is already inspected.")),
        TaskStatus::Cancelled => (RefusalCode::TaskCancelled, phrase!("This task was cancelled.")),
    };
    Some(Refusal::new(code, message))
}

/// Whether anybody may work in the room now.
fn workable(room: &Room, kind: TaskKind) -> Result<(), Refusal> {
    // An out-of-order room is cleaned deeply and looked at before it comes back; nothing else happens in it.
    if room.sellability.kind == SellabilityKind::OutOfOrder && !matches!(kind, TaskKind::DeepClean | TaskKind::Check) {
        return Err(Refusal::new(
            RefusalCode::RoomOutOfOrder,
            phrase!("Room {number} is out of order. Bring it back into service first.", number = &room.number),
        ));
    }
    Ok(())
}

fn start(unit: &mut Unit, id: &TaskId, context: &Context<'_>) -> Result<(), Refusal> {
    let room = unit.room.clone();
    let task = open_task(unit, id)?;
    match task.status {
        TaskStatus::InProgress => {
            return Err(Refusal::new(RefusalCode::TaskAlreadyStarted, phrase!("This task is already in progress.")));
        }
        TaskStatus::Paused => {
            return Err(Refusal::new(
                RefusalCode::TaskAlreadyStarted,
                phrase!("This task is paused. Resume it instead."),
            ));
        }
        _ => {}
    }
    workable(&room, task.kind)?;
    if room.dnd_since.is_some() {
        return Err(Refusal::new(
            RefusalCode::RoomDoNotDisturb,
            phrase!(
                "Room {number} must not be disturbed. Clear the flag first, when the guest agrees.",
                number = &room.number
            ),
        ));
    }
    task.status = TaskStatus::InProgress;
    task.started_at = Some(context.now);
    Ok(())
}

fn pause(unit: &mut Unit, id: &TaskId) -> Result<(), Refusal> {
    let task = open_task(unit, id)?;
    match task.status {
        TaskStatus::Paused => {
            return Err(Refusal::new(RefusalCode::TaskAlreadyPaused, phrase!("This task is already paused.")));
        }
        TaskStatus::Ready => {
            return Err(Refusal::new(
                RefusalCode::TaskNotStarted,
                phrase!("This task was not started yet. Start it first."),
            ));
        }
        _ => task.status = TaskStatus::Paused,
    }
    Ok(())
}

fn resume(unit: &mut Unit, id: &TaskId, context: &Context<'_>) -> Result<(), Refusal> {
    let room = unit.room.clone();
    let task = open_task(unit, id)?;
    match task.status {
        TaskStatus::Ready => {
            return Err(Refusal::new(
                RefusalCode::TaskNotStarted,
                phrase!("This task was not started yet. Start it first."),
            ));
        }
        TaskStatus::InProgress => {
            return Err(Refusal::new(RefusalCode::TaskNotPaused, phrase!("This task is not paused.")));
        }
        _ => {}
    }
    workable(&room, task.kind)?;
    task.status = TaskStatus::InProgress;
    task.started_at = Some(context.now);
    Ok(())
}

fn complete(unit: &mut Unit, id: &TaskId, context: &Context<'_>) -> Result<(), Refusal> {
    let room = unit.room.clone();
    let task = open_task(unit, id)?;
    if task.status == TaskStatus::Ready {
        return Err(Refusal::new(
            RefusalCode::TaskNotStarted,
            phrase!("This task was not started yet. Start it first."),
        ));
    }
    workable(&room, task.kind)?;
    task.status = TaskStatus::Completed;
    task.completed_at = Some(context.now);
    if task.kind.cleans() {
        unit.room.cleanliness = Cleanliness::Clean;
    }
    Ok(())
}

fn reassign(unit: &mut Unit, id: &TaskId, to: Option<&StaffId>, context: &Context<'_>) -> Result<(), Refusal> {
    if let Some(person) = to {
        known_staff(person, context)?;
    }
    open_task(unit, id)?.assignee = to.cloned();
    Ok(())
}

fn known_staff(person: &StaffId, context: &Context<'_>) -> Result<(), Refusal> {
    if context.book.has_staff(person) {
        return Ok(());
    }
    Err(Refusal::new(
        RefusalCode::StaffUnknown,
        phrase!("That person is not on today's staff list. Choose somebody else."),
    ))
}

fn inspect(unit: &mut Unit, id: &TaskId, verdict: &Verdict, context: &Context<'_>) -> Result<(), Refusal> {
    let room = unit.room.clone();
    let task = task_mut(unit, id)?;
    match task.status {
        TaskStatus::Completed => {}
        TaskStatus::Inspected => {
            return Err(Refusal::new(RefusalCode::TaskAlreadyInspected, phrase!("This task is already inspected.")));
        }
        TaskStatus::Cancelled => {
            return Err(Refusal::new(RefusalCode::TaskCancelled, phrase!("This task was cancelled.")));
        }
        _ => {
            return Err(Refusal::new(
                RefusalCode::TaskNotCompleted,
                phrase!("This task is not completed yet. Complete it before it is inspected."),
            ));
        }
    }
    workable(&room, task.kind)?;
    let reason = match verdict.result {
        InspectionResult::Pass => readable(verdict.reason.as_deref().unwrap_or_default(), REASON_CHARS_MAX)?,
        InspectionResult::Fail => {
            Some(reason_needed(verdict.reason.as_deref(), phrase!("Say why you fail the room."))?)
        }
        InspectionResult::Skip => {
            Some(reason_needed(verdict.reason.as_deref(), phrase!("Say why you skip the inspection."))?)
        }
    };
    task.inspection = Some(Inspection { result: verdict.result, reason });
    let cleans = task.kind.cleans();
    if verdict.result == InspectionResult::Fail {
        task.status = TaskStatus::Ready;
        task.rework = task.rework.saturating_add(1);
        task.completed_at = None;
        if cleans {
            unit.room.cleanliness = Cleanliness::Dirty;
        }
    } else {
        task.status = TaskStatus::Inspected;
        if cleans {
            unit.room.cleanliness = Cleanliness::Inspected;
        }
    }
    let _ = context;
    Ok(())
}

fn add_task(unit: &mut Unit, action: &Action, context: &Context<'_>) -> Result<(), Refusal> {
    let Action::AddTask { task: id, kind, credits, priority, assignee, note } = action else {
        return Err(Refusal::new(RefusalCode::ActionUnknown, phrase!("There is no such action.")));
    };
    if unit.tasks.contains_key(id) {
        return Err(Refusal::new(RefusalCode::TaskExists, phrase!("That task is there already.")));
    }
    if id.0.is_empty() || id.0.len() > 64 || id.0.contains(|c: char| c == '/' || c.is_control()) {
        return Err(Refusal::new(RefusalCode::ActionUnknown, phrase!("That task's id cannot be used.")));
    }
    if *credits > CREDITS_MAX {
        return Err(Refusal::new(
            RefusalCode::TextTooLong,
            phrase!("A task has at most {most} credits.", most = CREDITS_MAX),
        ));
    }
    if let Some(person) = assignee {
        known_staff(person, context)?;
    }
    let note = note.as_deref().map(note_text).transpose()?.flatten();
    unit.tasks.insert(
        id.clone(),
        Task {
            kind: *kind,
            credits: *credits,
            priority: *priority,
            assignee: assignee.clone(),
            note,
            turn: unit.room.turn,
            service_day: context.service_day.to_owned(),
            source: TaskSource::Manual,
            ..Task::default()
        },
    );
    Ok(())
}

fn cancel(unit: &mut Unit, id: &TaskId, reason: &str) -> Result<(), Refusal> {
    let reason = reason_needed(Some(reason), phrase!("Say why you cancel the task."))?;
    let task = open_task(unit, id)?;
    task.status = TaskStatus::Cancelled;
    task.cancelled_because = Some(reason);
    Ok(())
}

/// "412 clean" on the radio means the clean is done: the one open cleaning task is settled with it. Where it does not
/// fit, the person is told why instead of being guessed at.
fn set_room_status(unit: &mut Unit, to: Cleanliness, context: &Context<'_>) -> Result<(), Refusal> {
    let number = unit.room.number.clone();
    let open: Vec<TaskId> =
        unit.tasks.iter().filter(|(_, task)| task.is_open() && task.kind.cleans()).map(|(id, _)| id.clone()).collect();
    match to {
        Cleanliness::Clean | Cleanliness::Inspected => {
            if open.len() > 1 {
                return Err(Refusal::new(
                    RefusalCode::RoomTasksOpen,
                    phrase!(
                        "Room {number} has {count} open cleaning tasks. Complete them one by one.",
                        number,
                        count = open.len()
                    ),
                ));
            }
            for id in open {
                let (room, task) = (unit.room.clone(), task_mut(unit, &id)?);
                workable(&room, task.kind)?;
                task.status = TaskStatus::Completed;
                task.completed_at = Some(context.now);
            }
            if to == Cleanliness::Inspected {
                let room = unit.room.clone();
                for task in unit
                    .tasks
                    .values_mut()
                    .filter(|task| task.status == TaskStatus::Completed && task.kind.cleans() && task.turn <= room.turn)
                {
                    task.status = TaskStatus::Inspected;
                    task.inspection = Some(Inspection { result: InspectionResult::Pass, reason: None });
                }
            }
        }
        Cleanliness::Dirty | Cleanliness::Pickup => {
            if unit.tasks.values().any(|task| task.kind.cleans() && task.status == TaskStatus::InProgress) {
                return Err(Refusal::new(
                    RefusalCode::RoomTaskInProgress,
                    phrase!("Somebody is working in room {number}. Pause or complete the task first.", number),
                ));
            }
        }
    }
    unit.room.cleanliness = to;
    Ok(())
}

fn set_flag(room: &mut Room, flag: ServiceFlag, on: bool, context: &Context<'_>) -> Result<(), Refusal> {
    // Do-not-disturb and make-up-room are a guest's wishes and shut each other out.
    if on
        && matches!(flag, ServiceFlag::DoNotDisturb | ServiceFlag::MakeUpRoom)
        && room.fo_occupancy == Occupancy::Vacant
    {
        return Err(Refusal::new(
            RefusalCode::RoomVacant,
            phrase!("The front desk has room {number} as vacant, so no guest can ask for that.", number = &room.number),
        ));
    }
    match flag {
        ServiceFlag::DoNotDisturb => {
            // The clock of a flag that is already set goes on: the welfare check counts from its first minute.
            room.dnd_since = if on { room.dnd_since.or(Some(context.now)) } else { None };
            if on {
                room.make_up = false;
            }
        }
        ServiceFlag::MakeUpRoom => {
            room.make_up = on;
            if on {
                room.dnd_since = None;
            }
        }
        ServiceFlag::NoService => room.no_service = on,
        ServiceFlag::Refused => room.refused = on,
        ServiceFlag::DoubleLock => room.double_lock = on,
    }
    Ok(())
}

fn set_sellability(unit: &mut Unit, to: &Sellability) -> Result<(), Refusal> {
    let reason = match to.kind {
        SellabilityKind::InService => None,
        _ => Some(reason_needed(to.reason.as_deref(), phrase!("Say why you take the room out."))?),
    };
    if to.kind == SellabilityKind::OutOfOrder
        && unit.tasks.values().any(|task| task.kind.cleans() && task.status == TaskStatus::InProgress)
    {
        return Err(Refusal::new(
            RefusalCode::RoomTaskInProgress,
            phrase!(
                "Somebody is working in room {number}. Pause or complete the task first.",
                number = &unit.room.number
            ),
        ));
    }
    unit.room.sellability = match to.kind {
        SellabilityKind::InService => Sellability::default(),
        _ => Sellability { reason, ..to.clone() },
    };
    Ok(())
}

/// One guest gets the room: a second claim is refused here, and two that were made apart are a conflict.
fn claim(room: &mut Room, guest: Option<&str>, context: &Context<'_>) -> Result<(), Refusal> {
    let number = &room.number;
    if let Some(claim) = room.claim() {
        let named = context.book.staff.iter().find(|person| person.id == claim.by);
        let by = named.map_or(claim.by.0.as_str(), |person| person.name.as_str());
        let message = phrase!(
            "{by} means to give out room {number} already. Release it first, or choose another room.",
            by,
            number
        );
        return Err(Refusal::new(RefusalCode::RoomClaimed, message));
    }
    if room.fo_occupancy == Occupancy::Occupied {
        let message = phrase!("The front desk has room {number} as occupied. Choose another room.", number);
        return Err(Refusal::new(RefusalCode::RoomOccupied, message));
    }
    assignable(room)?;
    room.claim = Some(Claim {
        by: StaffId(context.actor.to_string()),
        at: context.now,
        turn: room.turn,
        guest: readable(guest.unwrap_or_default(), REASON_CHARS_MAX)?,
    });
    Ok(())
}

fn assignable(room: &Room) -> Result<(), Refusal> {
    if room.sellability.assignable {
        return Ok(());
    }
    Err(Refusal::new(
        RefusalCode::RoomOutOfOrder,
        phrase!(
            "Room {number} may not be given out. Bring it back into service or choose another room.",
            number = &room.number
        ),
    ))
}

fn queue_guest(room: &mut Room, promised: Option<&str>, context: &Context<'_>) -> Result<(), Refusal> {
    let Some(due) = &room.arrival else {
        let message =
            phrase!("Nobody is due in room {number} today, so no guest can wait for it.", number = &room.number);
        return Err(Refusal::new(RefusalCode::NobodyDue, message));
    };
    if promised.is_some_and(|time| NaiveTime::parse_from_str(time, "%H:%M").is_err() || time.len() != 5) {
        let message = phrase!("That is no time of day. Write it as hours and minutes, for example 14:30.");
        return Err(Refusal::new(RefusalCode::TimeUnreadable, message));
    }
    let since = room.waiting().map_or(context.now, |waiting| waiting.since);
    room.waiting = Some(Waiting { booking_id: due.booking_id.clone(), since, promised: promised.map(str::to_owned) });
    Ok(())
}

pub(crate) fn departed(room: &mut Room) -> Result<(), Refusal> {
    if room.fo_occupancy == Occupancy::Vacant {
        return Err(Refusal::new(
            RefusalCode::RoomVacant,
            phrase!("The front desk has room {number} as vacant already.", number = &room.number),
        ));
    }
    room.fo_occupancy = Occupancy::Vacant;
    room.stay = if room.arrival.is_some() { Stay::Arrival } else { Stay::Departed };
    room.cleanliness = Cleanliness::Dirty;
    room.guest = None;
    // What housekeeping saw was about the guest who left.
    (room.hk_occupancy, room.hk_seen_at) = (None, None);
    room.dnd_since = None;
    (room.make_up, room.no_service, room.refused, room.double_lock) = (false, false, false, false);
    Ok(())
}

fn arrived(room: &mut Room) -> Result<(), Refusal> {
    if room.fo_occupancy == Occupancy::Occupied {
        return Err(Refusal::new(
            RefusalCode::RoomOccupied,
            phrase!("The front desk has room {number} as occupied. Record the departure first.", number = &room.number),
        ));
    }
    assignable(room)?;
    room.fo_occupancy = Occupancy::Occupied;
    room.stay = Stay::Arrived;
    room.turn = room.turn.saturating_add(1);
    room.turn_provisional = true;
    (room.hk_occupancy, room.hk_seen_at) = (None, None);
    room.guest = Some(match room.arrival.take() {
        Some(arrival) => {
            Guest { booking_id: arrival.booking_id, persons: arrival.persons, vip: arrival.vip, ..Guest::default() }
        }
        None => Guest::default(),
    });
    Ok(())
}
