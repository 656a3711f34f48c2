//! Hotel words for actions, fields and values. The screens' own texts are translated there; these come from data.

use crate::views::Names;
use serde_json::Value;
use turndown_domain::{Action, InspectionResult, Priority, ServiceFlag, TaskKind, Unit};
use turndown_protocol::Event;

/// A task's kind as it stands inside a sentence.
pub fn kind(kind: TaskKind) -> &'static str {
    match kind {
        TaskKind::Departure => "departure clean",
        TaskKind::Stayover => "stayover service",
        TaskKind::Turnover => "turnover clean",
        TaskKind::Linen => "linen change",
        TaskKind::Pickup => "touch-up",
        TaskKind::Turndown => "turndown",
        TaskKind::Check => "check",
        TaskKind::Inspection => "inspection",
        TaskKind::DeepClean => "deep clean",
    }
}

fn flag(flag: ServiceFlag) -> &'static str {
    match flag {
        ServiceFlag::DoNotDisturb => "do not disturb",
        ServiceFlag::MakeUpRoom => "make up room",
        ServiceFlag::NoService => "no service",
        ServiceFlag::Refused => "service refused",
        ServiceFlag::DoubleLock => "double lock",
    }
}

fn task_kind(action: &Action, unit: Option<&Unit>) -> &'static str {
    action.task().and_then(|id| unit.and_then(|unit| unit.tasks.get(id))).map_or("task", |task| kind(task.kind))
}

/// What an event did, in one plain clause.
pub fn summary(event: &Event, unit: Option<&Unit>, names: &Names) -> String {
    match (event.workflow.as_str(), event.action.as_str()) {
        ("desk", "sign_in") => return "Began to work at this desk".into(),
        ("desk", "sign_out") => return "Stopped working at this desk".into(),
        ("desk", "emergency_operation") => {
            let reason = event.args["reason"].as_str().unwrap_or_default();
            return format!("Went on with old data for up to 12 hours: {reason}");
        }
        ("desk", "continued") => return "This desk went on under a new number: it was restored or copied".into(),
        ("desk", "service_restored") => return "The service was restored; what it lost was sent again".into(),
        ("desk", "put_on_hold") => {
            let reason = event.args["reason"].as_str().unwrap_or_default();
            return format!("Put room {} on hold: {reason}", held_room(event, unit));
        }
        ("desk", "let_go") => return format!("Let room {} go on", held_room(event, unit)),
        ("desk", "carried") => {
            let count = event.args["events"].as_u64().unwrap_or_default();
            let desk = event.args["desk"].as_str().unwrap_or_default();
            return format!("Took over {count} actions of {desk} from a file, to send them from here");
        }
        ("desk", "repair" | "recovered") => return "This desk's data was recovered after damage".into(),
        (_, "resolve") if event.actor_id.as_str() == "system:desk" => return "Both sides had done the same".into(),
        (_, "resolve") => return "Decided a conflict".into(),
        (_, "discard") => {
            let reason = event.args["reason"].as_str().unwrap_or_default();
            return format!("Gave up an action: {reason}");
        }
        _ => {}
    }
    match Action::from_event(&event.action, &event.args) {
        Ok(action @ Action::SetPriority { rush, priority, .. }) => {
            let is_rush = event.changes.keys().any(|path| path.ends_with("/rush"));
            set_priority(task_kind(&action, unit), is_rush.then_some(rush), priority)
        }
        Ok(action) => done(&action, unit, names),
        Err(_) => event.action.clone(),
    }
}

/// The action says rush and priority; what was done is what changed.
fn set_priority(what: &str, rush: Option<bool>, priority: Priority) -> String {
    match rush {
        Some(true) => format!("Asked for the {what} now"),
        Some(false) => format!("Took back the rush of the {what}"),
        None => format!("Set the {what} to {}", snake(&priority)),
    }
}

/// What an action does, in one plain clause.
pub fn done(action: &Action, unit: Option<&Unit>, names: &Names) -> String {
    let what = task_kind(action, unit);
    let because = |reason: Option<&String>| reason.map(|reason| format!(": {reason}")).unwrap_or_default();
    match action {
        Action::Start { .. } => format!("Started the {what}"),
        Action::Pause { .. } => format!("Paused the {what}"),
        Action::Resume { .. } => format!("Resumed the {what}"),
        Action::Complete { .. } => format!("Completed the {what}"),
        Action::Reassign { to: Some(person), .. } => format!("Gave the {what} to {}", names.person(&person.0)),
        Action::Reassign { to: None, .. } => format!("Took the {what} from its attendant"),
        Action::Inspect { verdict, .. } => match verdict.result {
            InspectionResult::Pass => format!("Passed the {what}"),
            InspectionResult::Fail => format!("Failed the {what}{}", because(verdict.reason.as_ref())),
            InspectionResult::Skip => format!("Skipped the inspection{}", because(verdict.reason.as_ref())),
        },
        Action::AddTask { kind: added, note, .. } => format!("Added a {}{}", kind(*added), because(note.as_ref())),
        Action::CancelTask { reason, .. } => format!("Cancelled the {what}: {reason}"),
        Action::SetPriority { rush: true, .. } => format!("Asked for the {what} now"),
        Action::SetPriority { priority, .. } => format!("Set the {what} to {}", snake(priority)),
        Action::SetRoomStatus { cleanliness } => format!("Set the room to {}", snake(cleanliness)),
        Action::SeeOccupancy { occupancy } => format!("Saw the room {}", snake(occupancy)),
        Action::SetFlag { flag: which, on: true } => format!("Set {}", flag(*which)),
        Action::SetFlag { flag: which, on: false } => format!("Cleared {}", flag(*which)),
        Action::Note { text: Some(text) } => format!("Wrote a note: {text}"),
        Action::Note { text: None } => "Cleared the note".into(),
        Action::SetSellability { sellability } => {
            format!("Set the room {}{}", snake(&sellability.kind), because(sellability.reason.as_ref()))
        }
        Action::Departed {} => "Recorded the departure".into(),
        Action::Arrived {} => "Recorded the arrival".into(),
        Action::Claim { guest: Some(guest) } => format!("Claimed the room for {guest}"),
        Action::Claim { guest: None } => "Claimed the room".into(),
        Action::Release {} => "Released the room".into(),
        Action::QueueGuest { promised: Some(time) } => format!("Put the guest on the queue, told {time}"),
        Action::QueueGuest { promised: None } => "Put the guest on the queue".into(),
        Action::LeaveQueue {} => "Took the guest from the queue".into(),
        Action::BeginDay { day, .. } => format!("Began {day}"),
        Action::Undo { .. } => "Undid an action".into(),
    }
}

/// The room that an entry about a hold is about.
fn held_room<'a>(event: &'a Event, unit: Option<&'a Unit>) -> &'a str {
    let id = || event.args["id"].as_str().unwrap_or_default();
    unit.map_or_else(id, |unit| unit.room.number.as_str())
}

/// A closed set's word with spaces: `out_of_order` → `out of order`.
pub fn snake(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|v| v.as_str().map(|text| text.replace('_', " "))).unwrap_or_default()
}

/// The same for a word that is written `likeThis`.
pub fn spaced(value: &impl serde::Serialize) -> String {
    let word = snake(value);
    let mut spaced = String::with_capacity(word.len() + 4);
    for letter in word.chars() {
        if letter.is_ascii_uppercase() {
            spaced.push(' ');
        }
        spaced.push(letter.to_ascii_lowercase());
    }
    spaced
}

/// A field in hotel words. For a task's field the task's kind goes in front, because a room may have several.
pub fn field(path: &str, unit: Option<&Unit>) -> String {
    let member = path.rsplit('/').next().unwrap_or(path);
    let label = match member {
        "status" => "Status",
        "assignee" => "Assigned to",
        "priority" => "Priority",
        "rush" => "Asked for now",
        "credits" => "Credits",
        "inspection" => "Inspection",
        "rework" => "Times sent back",
        "cancelled_because" => "Reason for cancelling",
        "note" => "Note",
        "cleanliness" => "Room",
        "fo_occupancy" => "Front desk",
        "hk_occupancy" => "Housekeeping saw",
        "sellability" => "In service",
        "dnd_since" => "Do not disturb since",
        "make_up" => "Make up room",
        "no_service" => "No service",
        "refused" => "Service refused",
        "double_lock" => "Double lock",
        "stay" => "Stay",
        "turn" => "Guest turn",
        "guest" => "Guest",
        "arrival" => "Arrival",
        "claim" => "Claimed by",
        "waiting" => "Guest waits",
        _ => member,
    };
    let task = path
        .strip_prefix("task/")
        .and_then(|rest| rest.split_once('/'))
        .and_then(|(id, _)| unit?.tasks.get(&turndown_domain::TaskId(id.to_owned())));
    match task {
        Some(task) => {
            let mut name = kind(task.kind).to_owned();
            if let Some(first) = name.get_mut(0..1) {
                first.make_ascii_uppercase();
            }
            format!("{name}: {}", label.to_lowercase())
        }
        None => label.to_owned(),
    }
}

/// A value in hotel words.
pub fn value(path: &str, value: &Value, names: &Names) -> String {
    let member = path.rsplit('/').next().unwrap_or(path);
    match (member, value) {
        ("assignee", Value::Null) => "nobody".into(),
        ("assignee", Value::String(id)) => names.person(id),
        ("status", Value::String(word)) if word == "ready" => "waiting to be started".into(),
        ("sellability", Value::Object(_)) => {
            let word = value.get("kind").and_then(Value::as_str).unwrap_or_default().replace('_', " ");
            match value.get("reason").and_then(Value::as_str) {
                Some(reason) => format!("{word}: {reason}"),
                None => word,
            }
        }
        ("inspection", Value::Object(_)) => {
            let word = match value.get("result").and_then(Value::as_str) {
                Some("pass") => "passed",
                Some("fail") => "failed",
                _ => "skipped",
            };
            match value.get("reason").and_then(Value::as_str) {
                Some(reason) => format!("{word}: {reason}"),
                None => word.to_owned(),
            }
        }
        ("guest" | "arrival", Value::Object(_)) => {
            let persons = value.get("persons").and_then(Value::as_u64).unwrap_or(0);
            format!("a party of {persons}")
        }
        ("claim", Value::Object(_)) => {
            let by = names.person(value.get("by").and_then(Value::as_str).unwrap_or_default());
            match value.get("guest").and_then(Value::as_str) {
                Some(guest) => format!("{by}, for {guest}"),
                None => by,
            }
        }
        ("claim", Value::Null) => "nobody".into(),
        ("waiting", Value::Object(_)) => match value.get("promised").and_then(Value::as_str) {
            Some(time) => format!("yes, told {time}"),
            None => "yes".into(),
        },
        ("waiting", Value::Null) => "no".into(),
        ("note" | "cancelled_because", Value::String(text)) => text.clone(),
        (_, Value::Null) => "—".into(),
        (_, Value::Bool(true)) => "yes".into(),
        (_, Value::Bool(false)) => "no".into(),
        (_, Value::String(text)) => text.replace('_', " "),
        (_, other) => other.to_string(),
    }
}

/// What follows from a value of a field standing, in hotel words; empty where the value says it all. Only of a room that
/// is free it is said that the front desk may give it out.
pub fn consequence(path: &str, value: &Value, number: &str, is_free: bool) -> String {
    let member = path.rsplit('/').next().unwrap_or(path);
    match (member, value.as_str()) {
        ("status", Some("ready")) => "The task is to do again.".into(),
        ("status", Some("in_progress")) => "The task counts as being worked on.".into(),
        ("status", Some("paused")) => "The task counts as interrupted.".into(),
        ("status", Some("completed")) => "The task counts as done; an inspector may look at it.".into(),
        ("status", Some("inspected")) => format!("Room {number} counts as inspected."),
        ("status", Some("cancelled")) => "The task stays cancelled; nobody will do it.".into(),
        ("cleanliness", Some("dirty" | "pickup")) => format!("The front desk will not give out room {number}."),
        ("cleanliness", Some("clean")) if is_free => {
            format!("The front desk may give out room {number} where no inspection is needed.")
        }
        ("cleanliness", Some("inspected")) if is_free => format!("The front desk may give out room {number}."),
        ("cleanliness", Some(word @ ("clean" | "inspected"))) => format!("Room {number} counts as {word}."),
        ("assignee", Some(_)) => "The task stands on that person's sheet.".into(),
        ("assignee", None) => "The task stands on nobody's sheet.".into(),
        ("claim", _) if value.is_object() => format!("Room {number} goes to this guest, and to nobody else."),
        ("claim", _) => format!("Room {number} is free to be given out, where nothing else stands against it."),
        ("sellability", _) => match value.get("assignable").and_then(Value::as_bool) {
            Some(false) => format!("The front desk will not give out room {number}."),
            _ => format!("The front desk may give out room {number} when it is ready."),
        },
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_follows_says_that_a_room_may_be_given_out_only_where_it_is_free() {
        for (word, is_free, expected) in [
            ("dirty", false, "The front desk will not give out room 304."),
            ("clean", true, "The front desk may give out room 304 where no inspection is needed."),
            ("clean", false, "Room 304 counts as clean."),
            ("inspected", true, "The front desk may give out room 304."),
            ("inspected", false, "Room 304 counts as inspected."),
        ] {
            assert_eq!(consequence("room/cleanliness", &json!(word), "304", is_free), expected);
        }
    }

    #[test]
    fn taking_back_a_rush_is_no_new_priority() {
        for (rush, expected) in [
            (Some(true), "Asked for the linen change now"),
            (Some(false), "Took back the rush of the linen change"),
            (None, "Set the linen change to high"),
        ] {
            assert_eq!(set_priority("linen change", rush, Priority::High), expected);
        }
    }

    #[test]
    fn values_and_fields_are_said_in_hotel_words() {
        let names = Names::default();
        for (path, given, expected) in [
            ("task/t/status", json!("ready"), "waiting to be started"),
            ("task/t/status", json!("in_progress"), "in progress"),
            ("task/t/assignee", Value::Null, "nobody"),
            ("room/sellability", json!({"kind": "out_of_order", "reason": "leak"}), "out of order: leak"),
            ("task/t/inspection", json!({"result": "fail", "reason": "mirror"}), "failed: mirror"),
            ("room/make_up", json!(true), "yes"),
            ("room/claim", json!({"by": "anna", "turn": 3, "guest": "Smith"}), "anna, for Smith"),
            ("room/waiting", json!({"promised": "14:30"}), "yes, told 14:30"),
        ] {
            assert_eq!(value(path, &given, &names), expected, "{path}");
        }
        assert_eq!(field("room/cleanliness", None), "Room");
    }
}
