//! How the service takes an event: it compares values, field by field.
//!
//! A field the event writes is free when the service's value equals the event's base or its new value; a field it
//! relies on is free when the service's value equals the base. Anything else touches, and a person decides. What the
//! event does not name merges. Before that the service makes sure that the changes are what the action does to the
//! row as the desk saw it, so that a desk cannot write what its action does not.

use crate::{
    Action, BEGIN_DAY, Context, PropertyBook, Refusal, RefusalCode, SellabilityKind, TaskStatus, Unit, UnitError,
    decide, footprint, note_text, set_aside,
};
use chrono::{DateTime, Days, NaiveDate, Utc};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use turndown_phrase::{Phrase, phrase};
use turndown_protocol::{Change, Event, Fields};

/// What an event is judged with besides the row.
#[derive(Debug, Clone, Copy)]
pub struct JudgeContext<'a> {
    /// The hotel; its service day is the present one.
    pub book: &'a PropertyBook,
    /// For `undo`: the event that it names, when the service has it.
    pub undo_of: Option<&'a Event>,
}

/// How far a room was brought.
const DAY: &str = "room/day";

/// Whether a row was brought already to the day that an event begins: then nothing of the event is to be seen in it.
#[must_use]
pub fn begins_nothing(current: &Fields, event: &Event) -> bool {
    let day = event.args.get("day").and_then(Value::as_str).filter(|_| event.action == BEGIN_DAY);
    // ISO dates order as text.
    day.is_some_and(|day| current.get(DAY).as_str().is_some_and(|there| there >= day))
}

/// What sort of conflict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ConflictClass {
    /// A field it writes or relies on has another value now.
    Fields,
    /// It belongs to a guest who left or a day that passed, and would change the present state of the room.
    PreviousTurn,
}

impl ConflictClass {
    /// The class as it stands in answers.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Fields => "fields",
            Self::PreviousTurn => "previous_turn",
        }
    }
}

/// What becomes of an event.
#[derive(Debug, Clone, PartialEq)]
pub enum Judgement {
    /// These values are written. Fields that are right already are left out.
    Apply {
        /// New values by path.
        changes: BTreeMap<String, Value>,
    },
    /// Nothing is written; these paths touch.
    Conflict {
        /// What sort.
        class: ConflictClass,
        /// Which paths.
        paths: Vec<String>,
    },
    /// Nothing is written, for good.
    Rejected(Refusal),
}

/// Fields that only say when something was done, or how far a room came. They never make a conflict: where the other side
/// has its own, that stays.
#[must_use]
pub fn is_stamp(path: &str) -> bool {
    path == DAY || ["/started_at", "/completed_at", "/hk_seen_at"].iter().any(|end| path.ends_with(end))
}

/// Fields of the room that speak of the guest who has it or of its state for that guest. What is true of the room
/// itself, whoever has it (a note, a fault), outlives a turn.
#[must_use]
pub fn is_turn_bound(path: &str) -> bool {
    path.starts_with("room/") && !matches!(path, "room/note" | "room/sellability")
}

/// Fields of a room that no action writes: the hotel gives them.
fn is_given(path: &str) -> bool {
    let given = ["room/number", "room/floor", "room/section", "room/room_type"];
    given.contains(&path) || !(path.starts_with("room/") || path.starts_with("task/"))
}

/// Judges an ordinary action.
#[must_use]
pub fn judge(current: &Fields, event: &Event, context: &JudgeContext<'_>) -> Judgement {
    if event.action == BEGIN_DAY {
        return begin_day(current, event, context);
    }
    let unseen = match fits_action(current, event, context) {
        Ok(unseen) => unseen,
        Err(refusal) => return Judgement::Rejected(refusal),
    };
    if is_known_already(current, event) {
        return Judgement::Apply { changes: BTreeMap::new() };
    }
    let passed = has_passed(current, event, &context.book.property.service_day);
    // Of what is history, only cleanliness can still be news.
    let day = context.book.property.service_day.as_str();
    let slept_in = was_slept_in_since(current, event);
    let history = |path: &str| (path != "room/cleanliness" || slept_in) && is_history(current, event, day, path);
    let touching: Vec<String> = event
        .changes
        .iter()
        .filter(|(path, _)| !is_stamp(path) && !history(path))
        .filter(|(path, change)| {
            let now = current.get(path);
            let free = now == &change.new || (now == &change.base && !(passed && is_turn_bound(path)));
            !free
        })
        .map(|(path, _)| path)
        // What a passed event relied on in the room belonged to the guest who left; only its own task still counts.
        .chain(
            event
                .relies_on
                .iter()
                .filter(|(path, base)| !(passed && is_turn_bound(path)) && current.get(path) != *base)
                .map(|(path, _)| path),
        )
        .cloned()
        .chain(unseen.iter().cloned())
        // What it wrote without looking at all of the room is what a person can choose about.
        .chain(
            event
                .changes
                .iter()
                .filter(|(path, change)| !unseen.is_empty() && !is_stamp(path) && current.get(path) != &change.new)
                .map(|(path, _)| path.clone()),
        )
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    if !touching.is_empty() {
        let class = if passed && touching.iter().any(|path| is_turn_bound(path)) {
            ConflictClass::PreviousTurn
        } else {
            ConflictClass::Fields
        };
        return Judgement::Conflict { class, paths: touching };
    }
    apply(current, event.changes.iter().filter(|(path, _)| !history(path)))
}

/// Whether the coming or going that an event tells of is known here already: the PMS or another desk said so of the same
/// guest, and what has been done in the room since then stands.
fn is_known_already(current: &Fields, event: &Event) -> bool {
    let occupied = current.get("room/fo_occupancy").as_str() == Some("occupied");
    match event.action.as_str() {
        "departed" => !occupied && event.turn.map(u64::from) == current.get("room/turn").as_u64(),
        "arrived" => {
            let booking = |guest: &Value| guest["booking_id"].as_str().unwrap_or_default().to_owned();
            let came = event.changes.get("room/guest").map(|change| booking(&change.new)).unwrap_or_default();
            occupied && !came.is_empty() && came == booking(current.get("room/guest"))
        }
        _ => false,
    }
}

/// How far ahead of the present service day a desk may say that one begins: its clock may be wrong.
const DAYS_AHEAD_MAX: u64 = 60;

/// A day begins in a room by the rules, and nobody decided anything: the row that is here comes over the night with the
/// bookings that are known here, whatever the desk saw. Where it has come over already, nothing is left to do.
fn begin_day(current: &Fields, event: &Event, context: &JudgeContext<'_>) -> Judgement {
    let unfit = |detail: &str| Judgement::Rejected(Refusal::verbatim(RefusalCode::ChangesDoNotFit, detail));
    let Ok(action @ Action::BeginDay { .. }) = Action::from_event(&event.action, &event.args) else {
        return unfit("What begins with the day is not understood.");
    };
    let Action::BeginDay { room, day, .. } = &action else { return unfit("It is no day that begins.") };
    if room.0 != event.entity.id {
        return unfit("A day begins in the room that it names.");
    }
    let present = context.book.property.service_day.as_str();
    // As everything else writes it: dates are ordered as text.
    let Some(date) = day.parse::<NaiveDate>().ok().filter(|date| date.to_string() == *day) else {
        return unfit("That is no day of the calendar.");
    };
    if let Ok(present) = present.parse::<NaiveDate>()
        && date > present + Days::new(DAYS_AHEAD_MAX)
    {
        return unfit("That day is too far ahead. See to the clock of the computer that recorded it.");
    }
    // A row of an older version does not say how far it came; the house has.
    let older = current.get(DAY).is_null() && present >= day.as_str();
    let now = DateTime::<Utc>::default();
    let context = Context { now, service_day: day, actor: &event.actor_id, book: context.book, undo_of: None };
    let decided = if older { None } else { decide(current, &action, &context).ok() };
    let changes = decided.map(|decision| decision.changes).unwrap_or_default();
    Judgement::Apply { changes: changes.into_iter().map(|(path, change)| (path, change.new)).collect() }
}

/// Judges what a person decided about a conflict. The event's bases are Theirs as it was on their screen; a field
/// that moved again since is answered `conflict`, and they are asked about that field again.
///
/// `settled` holds those of the events named in `settles` that the service has; a desk may send the others later.
#[must_use]
pub fn judge_resolution(current: &Fields, event: &Event, settled: &[Event], context: &JudgeContext<'_>) -> Judgement {
    if event.settles.is_empty() {
        return Judgement::Rejected(Refusal::verbatim(
            RefusalCode::ChangesDoNotFit,
            "A decision has to name the actions that it settles.",
        ));
    }
    if event.action == "discard" && !event.changes.is_empty() {
        return Judgement::Rejected(Refusal::verbatim(
            RefusalCode::ChangesDoNotFit,
            "Discarding an action changes nothing.",
        ));
    }
    let may_write =
        |path: &str| settled.iter().any(|event| event.changes.contains_key(path) || event.relies_on.contains_key(path));
    // What is not known here yet can at most have done what some action does.
    let all_known = settled.len() == event.settles.len();
    if event.changes.keys().any(|path| !may_write(path) && (all_known || is_given(path))) {
        return Judgement::Rejected(Refusal::verbatim(
            RefusalCode::ChangesDoNotFit,
            "A decision can only write the fields that it is about.",
        ));
    }
    // What it says that it set aside is what those actions had, or undoing it could write anything.
    let had = |path: &String, mine: &Value| {
        settled.iter().any(|event| {
            event.changes.get(path).is_some_and(|change| change.new == *mine)
                || event.relies_on.get(path).is_some_and(|base| base == mine)
        })
    };
    if set_aside(event).iter().any(|(path, mine)| !had(path, mine) && (all_known || is_given(path))) {
        return Judgement::Rejected(Refusal::verbatim(
            RefusalCode::ChangesDoNotFit,
            "A decision can only set aside what the actions that it is about had done.",
        ));
    }
    // A text that somebody wrote anew is held to what any note is held to.
    for change in event.changes.iter().filter(|(path, _)| path.ends_with("/note")).map(|(_, change)| change) {
        let Some(text) = change.new.as_str() else { continue };
        match note_text(text) {
            Ok(Some(read)) if read == text => {}
            Ok(_) => {
                return Judgement::Rejected(Refusal::verbatim(
                    RefusalCode::TextUnreadable,
                    "That text begins or ends with nothing. Type it again without that.",
                ));
            }
            Err(refusal) => return Judgement::Rejected(refusal),
        }
    }
    let moved: Vec<String> = event
        .changes
        .iter()
        .filter(|(path, change)| {
            let now = current.get(path);
            now != &change.base && now != &change.new
        })
        .map(|(path, _)| path.clone())
        // Fields where Theirs was taken are named too: taking a value means the value that was seen.
        .chain(event.relies_on.iter().filter(|(path, base)| current.get(path) != *base).map(|(path, _)| path.clone()))
        .filter(|path| !is_stamp(path))
        .collect();
    if !moved.is_empty() {
        return Judgement::Conflict { class: ConflictClass::Fields, paths: moved };
    }
    let _ = context;
    apply(current, event.changes.iter())
}

/// Whether the event's turn is over on a row, or its day on the present service day (ISO date). How far the row was brought
/// decides nothing here: a desk with a wrong clock may have brought it there, and the work of others stays of its day.
#[must_use]
pub fn has_passed(current: &Fields, event: &Event, service_day: &str) -> bool {
    // ISO dates order as text.
    let day_passed = event.service_day.as_deref().is_some_and(|day| day < service_day);
    turn_is_over(current, event) || day_passed
}

/// Whether what an event wrote to a path speaks of a turn or day that is over: it is kept in the record and never
/// becomes the room's present state. That somebody came or left holds over midnight, while the turn is the same, and
/// is asked about. That a guest was promised the room is always asked about: another may have it by now.
#[must_use]
pub fn is_history(current: &Fields, event: &Event, service_day: &str, path: &str) -> bool {
    let came_or_left = !turn_is_over(current, event) && event.changes.contains_key("room/fo_occupancy");
    let promised = event.changes.get("room/claim").is_some_and(|change| !change.new.is_null());
    is_turn_bound(path) && has_passed(current, event, service_day) && !came_or_left && !promised
}

/// Whether a night has passed over a room with somebody in it since the event, with nothing else between: the room is
/// dirty in the morning however clean it was left, so that its cleanliness is no news any more.
fn was_slept_in_since(current: &Fields, event: &Event) -> bool {
    let brought_to = current.get(DAY).as_str();
    let night = event.service_day.as_deref().zip(brought_to).is_some_and(|(day, brought_to)| day < brought_to);
    night && !turn_is_over(current, event) && current.get("room/fo_occupancy").as_str() == Some("occupied")
}

fn turn_is_over(current: &Fields, event: &Event) -> bool {
    let turn_now = current.get("room/turn").as_u64().unwrap_or(0);
    // An arrival opens the next turn itself: its own effect is no reason to call it late.
    let opens_turn = event.changes.contains_key("room/turn");
    !opens_turn && event.turn.is_some_and(|turn| u64::from(turn) < turn_now)
}

/// Makes sure that the changes are what the action does to the row as the desk saw it. Answers with what the desk did
/// not see and would have made a difference: the status of tasks that it did not have (what is said of a whole room
/// was said without looking at them), and fields that the action writes and that were already so on the desk.
fn fits_action(current: &Fields, event: &Event, context: &JudgeContext<'_>) -> Result<Vec<String>, Refusal> {
    let action = Action::from_event(&event.action, &event.args).map_err(|_| {
        Refusal::verbatim(RefusalCode::ActionUnknown, format!("The action \"{}\" is not understood.", event.action))
    })?;
    if !matches!(action, Action::Undo { .. }) {
        let footprint = footprint(&action);
        if let Some(path) = event.changes.keys().find(|path| !footprint.may_write(path)) {
            return Err(Refusal::verbatim(
                RefusalCode::ChangesDoNotFit,
                format!("\"{}\" does not write {path}.", action.name()),
            ));
        }
    }
    if let Some(other) = context.undo_of.filter(|other| other.entity != event.entity) {
        let message = format!("That action was done to {}, so it cannot be undone here.", other.entity);
        return Err(Refusal::verbatim(RefusalCode::UndoUnknown, message));
    }
    // The row as the desk saw it: the present row with every base put back. Mostly it is the present row.
    let bases = event.changes.iter().map(|(path, change)| (path, &change.base)).chain(&event.relies_on);
    let mut seen = Cow::Borrowed(current);
    for (path, base) in bases {
        if current.get(path) != base {
            seen.to_mut().set(path.clone(), base.clone());
        }
    }
    let done_at = Action::again(&event.args).map_or_else(|| event.recorded_at.clone(), |again| again.done_at);
    let now: DateTime<Utc> = done_at.parse().map_err(|_| {
        Refusal::verbatim(RefusalCode::ChangesDoNotFit, "The time at which the action was recorded cannot be read.")
    })?;
    let today = context.book.property.service_day.as_str();
    let service_day = event.service_day.as_deref().unwrap_or(today);
    let context = Context { now, service_day, actor: &event.actor_id, book: context.book, undo_of: context.undo_of };
    let named = |path: &str| event.changes.contains_key(path) || event.relies_on.contains_key(path);
    let mut unseen: Vec<String> = vec![];
    if matches!(action, Action::SetRoomStatus { .. } | Action::SetSellability { .. }) {
        let tasks = |path: &&str| path.starts_with("task/") && path.ends_with("/status");
        unseen =
            current.iter().map(|(path, _)| path).filter(tasks).filter(|path| !named(path)).map(str::to_owned).collect();
        for (path, _) in current.iter() {
            let of = |status: &String| status.strip_suffix("status").is_some_and(|task| path.starts_with(task));
            if unseen.iter().any(of) {
                seen.to_mut().set(path.to_owned(), Value::Null);
            }
        }
    }
    let decision = decide(&seen, &action, &context)?;
    let same =
        event.changes.iter().all(|(path, change)| decision.changes.get(path).is_some_and(|d| d.new == change.new));
    // What was history already when it was tried again is left out.
    let accounted = |path: &String| event.changes.contains_key(path) || is_history(current, event, today, path);
    // A time that the action takes away was not there on the desk. One that it sets is always named.
    let taken_away = |path: &String| is_stamp(path) && decision.changes.get(path).is_some_and(|d| d.new.is_null());
    let accounted = |path: &String| accounted(path) || taken_away(path);
    let otherwise: Vec<String> = decision.changes.keys().filter(|path| !accounted(path)).cloned().collect();
    if !same || otherwise.iter().any(|path| is_stamp(path)) {
        return Err(Refusal::verbatim(
            RefusalCode::ChangesDoNotFit,
            format!("The changes are not what \"{}\" does. Update the desk.", action.name()),
        ));
    }
    // A field that the action sets and the event does not name had that value on the desk. Here somebody gave it
    // another one meanwhile, and a person is asked.
    if !otherwise.is_empty() {
        return Ok(otherwise);
    }
    if unseen.is_empty() {
        return Ok(unseen);
    }
    let mut whole = seen.into_owned();
    for (path, value) in current.iter().filter(|(path, _)| !named(path)) {
        whole.set(path.to_owned(), value.clone());
    }
    let no_difference = decide(&whole, &action, &context).is_ok_and(|all| all.changes.keys().all(accounted));
    Ok(if no_difference { vec![] } else { unseen })
}

pub(crate) fn apply<'a>(current: &Fields, changes: impl Iterator<Item = (&'a String, &'a Change)>) -> Judgement {
    let changes: BTreeMap<String, Value> = changes
        .filter(|(path, change)| {
            let now = current.get(path);
            now != &change.new && (now == &change.base || !is_stamp(path))
        })
        .map(|(path, change)| (path.clone(), change.new.clone()))
        .collect();
    let stays = current.iter().filter(|(path, _)| !changes.contains_key(*path));
    let comes = changes.iter().filter(|(_, value)| !value.is_null()).map(|(path, value)| (path.as_str(), value));
    match check_unit(Unit::from_values(stays.chain(comes))) {
        Ok(()) => Judgement::Apply { changes },
        Err(refusal) => Judgement::Rejected(refusal),
    }
}

/// Whether a room can be in this state at all. Every row that either side keeps passes it.
///
/// # Errors
/// [`RefusalCode::IllegalState`] with what does not fit together.
pub fn check(fields: &Fields) -> Result<(), Refusal> {
    check_unit(Unit::from_fields(fields))
}

fn check_unit(unit: Result<Unit, UnitError>) -> Result<(), Refusal> {
    let illegal = |message: Phrase| Err(Refusal::new(RefusalCode::IllegalState, message));
    let unit = unit.map_err(|error| {
        Refusal::new(
            RefusalCode::IllegalState,
            phrase!("This room cannot be read: {error}.", error = error.to_string()),
        )
    })?;
    let room = &unit.room;
    if room.dnd_since.is_some() && room.make_up {
        return illegal(phrase!(
            "Room {number} cannot ask for service and not to be disturbed at once.",
            number = &room.number
        ));
    }
    if room.sellability.kind != SellabilityKind::InService && room.sellability.reason.is_none() {
        return illegal(phrase!("Room {number} is taken out without a reason.", number = &room.number));
    }
    for task in unit.tasks.values() {
        let fits = match task.status {
            TaskStatus::Inspected => task.inspection.is_some(),
            TaskStatus::Cancelled => task.cancelled_because.is_some(),
            _ => true,
        };
        if !fits {
            return illegal(phrase!(
                "A task of room {number} does not say why it was inspected or cancelled.",
                number = &room.number
            ));
        }
    }
    Ok(())
}
