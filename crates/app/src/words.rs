//! Hotel words for what the desk knows: what was done, fields, values, and what follows from them. Each is a phrase, which
//! the screens say in the person's language. A task's kind stands in them as one word, so that a language whose verbs
//! and articles follow its gender can set it apart.

use crate::views::Names;
use serde::de::DeserializeOwned;
use serde_json::Value;
use turndown_domain::{
    Action, Cleanliness, InspectionResult, Occupancy, Priority, RefusalCode, Sellability, SellabilityKind, ServiceFlag,
    Stay, TaskKind, TaskStatus, Unit, front_office,
};
use turndown_phrase::{Arg, Phrase, phrase};
use turndown_protocol::{Event, codes};
use turndown_sync::Cause;

/// A task's kind as it stands inside a sentence.
pub fn kind(kind: TaskKind) -> Phrase {
    match kind {
        TaskKind::Departure => phrase!("departure clean"),
        TaskKind::Stayover => phrase!("stayover service"),
        TaskKind::Turnover => phrase!("turnover clean"),
        TaskKind::Linen => phrase!("linen change"),
        TaskKind::Pickup => phrase!("touch-up"),
        TaskKind::Turndown => phrase!("turndown"),
        TaskKind::Check => phrase!("check"),
        TaskKind::Inspection => phrase!("inspection"),
        TaskKind::DeepClean => phrase!("deep clean"),
    }
}

/// What stands on the door, or what the guest said of it.
pub fn flag(flag: ServiceFlag) -> Phrase {
    match flag {
        ServiceFlag::DoNotDisturb => phrase!("do not disturb"),
        ServiceFlag::MakeUpRoom => phrase!("make up room"),
        ServiceFlag::NoService => phrase!("no service"),
        ServiceFlag::Refused => phrase!("service refused"),
        ServiceFlag::DoubleLock => phrase!("double lock"),
    }
}

/// Where a task stands.
pub fn status(status: TaskStatus) -> Phrase {
    match status {
        TaskStatus::Ready => phrase!("waiting to be started"),
        TaskStatus::InProgress => phrase!("in progress"),
        TaskStatus::Paused => phrase!("paused"),
        TaskStatus::Completed => phrase!("completed"),
        TaskStatus::Inspected => phrase!("inspected"),
        TaskStatus::Cancelled => phrase!("cancelled"),
    }
}

fn priority(priority: Priority) -> Phrase {
    match priority {
        Priority::Low => phrase!("low"),
        Priority::Normal => phrase!("normal"),
        Priority::High => phrase!("high"),
        Priority::Urgent => phrase!("urgent"),
    }
}

fn cleanliness(cleanliness: Cleanliness) -> Phrase {
    match cleanliness {
        Cleanliness::Dirty => phrase!("dirty"),
        Cleanliness::Pickup => phrase!("pickup"),
        Cleanliness::Clean => phrase!("clean"),
        Cleanliness::Inspected => phrase!("inspected"),
    }
}

fn occupancy(occupancy: Occupancy) -> Phrase {
    match occupancy {
        Occupancy::Vacant => phrase!("vacant"),
        Occupancy::Occupied => phrase!("occupied"),
    }
}

/// Whether a room is in service.
pub fn sellability(kind: SellabilityKind) -> Phrase {
    match kind {
        SellabilityKind::InService => phrase!("in service"),
        SellabilityKind::OutOfService => phrase!("out of service"),
        SellabilityKind::OutOfOrder => phrase!("out of order"),
    }
}

fn stay(stay: Stay) -> Phrase {
    match stay {
        Stay::NotReserved => phrase!("not reserved"),
        Stay::Arrival => phrase!("arrival"),
        Stay::Arrived => phrase!("arrived"),
        Stay::Stayover => phrase!("stayover"),
        Stay::DueOut => phrase!("due out"),
        Stay::Departed => phrase!("departed"),
        Stay::Turnover => phrase!("due out, then arrival"),
        Stay::DayUse => phrase!("day use"),
    }
}

fn task_kind(action: &Action, unit: Option<&Unit>) -> Phrase {
    let task = action.task().and_then(|id| unit.and_then(|unit| unit.tasks.get(id)));
    task.map_or_else(|| phrase!("task"), |task| kind(task.kind))
}

/// Two sentences, one behind the other.
pub fn then(before: Option<Phrase>, next: Phrase) -> Phrase {
    match before {
        Some(before) => phrase!("{before} {next}", before, next),
        None => next,
    }
}

/// What was done or is so, with the reason that somebody gave, if they gave one.
fn because(what: Phrase, reason: Option<&str>) -> Phrase {
    match reason {
        Some(reason) => phrase!("{what}: {reason}", what, reason),
        None => what,
    }
}

/// What an event did, in one plain clause.
pub fn summary(event: &Event, unit: Option<&Unit>, names: &Names) -> Phrase {
    let reason = || event.args["reason"].as_str().unwrap_or_default();
    match (event.workflow.as_str(), event.action.as_str()) {
        ("desk", "sign_in") => return phrase!("Began to work at this desk"),
        ("desk", "sign_out") => return phrase!("Stopped working at this desk"),
        ("desk", "emergency_operation") => {
            return phrase!("Went on with old data for up to 12 hours: {reason}", reason = reason());
        }
        ("desk", "continued") => {
            return phrase!("This desk went on under a new number: it was restored or copied");
        }
        ("desk", "service_restored") => return phrase!("The service was restored; what it lost was sent again"),
        ("desk", "put_on_hold") => {
            return phrase!("Put room {number} on hold: {reason}", number = held_room(event, unit), reason = reason());
        }
        ("desk", "let_go") => return phrase!("Let room {number} go on", number = held_room(event, unit)),
        ("desk", "carried") => {
            return phrase!(
                "{count, plural, one {Took over # action of {desk} from a file, to send it from here} other {Took \
                 over # actions of {desk} from a file, to send them from here}}",
                count = event.args["events"].as_u64().unwrap_or_default(),
                desk = event.args["desk"].as_str().unwrap_or_default(),
            );
        }
        ("desk", "repair" | "recovered") => return phrase!("This desk's data was recovered after damage"),
        (front_office::FRONT_OFFICE, _) => return reported(event),
        (_, "resolve") if event.actor_id.as_str() == "system:desk" => return phrase!("Both sides had done the same"),
        (_, "resolve") => return phrase!("Decided a conflict"),
        (_, "discard") => return phrase!("Gave up an action: {reason}", reason = reason()),
        _ => {}
    }
    match Action::from_event(&event.action, &event.args) {
        Ok(action @ Action::SetPriority { rush, priority, .. }) => {
            let is_rush = event.changes.keys().any(|path| path.ends_with("/rush"));
            set_priority(task_kind(&action, unit), is_rush.then_some(rush), priority)
        }
        Ok(action) => done(&action, unit, names),
        Err(_) => Phrase::verbatim(&event.action),
    }
}

/// What the hotel's own system reported of a room.
fn reported(event: &Event) -> Phrase {
    match event.action.as_str() {
        "checked_in" => phrase!("The guest checked in"),
        "checked_out" => phrase!("The guest checked out"),
        "moved_in" => phrase!("The guest moved in from another room"),
        "moved_out" => phrase!("The guest moved to another room"),
        "booking_changed" => phrase!("The booking changed"),
        "sellability_reported" => match serde_json::from_value::<Sellability>(event.args["sellability"].clone()) {
            Ok(to) => because(phrase!("Set the room {state}", state = sellability(to.kind)), to.reason.as_deref()),
            Err(_) => phrase!("Reported whether the room may be sold"),
        },
        action => Phrase::verbatim(action),
    }
}

/// The action says rush and priority; what was done is what changed.
fn set_priority(task: Phrase, rush: Option<bool>, to: Priority) -> Phrase {
    match rush {
        Some(true) => phrase!("Asked for the {task} now", task),
        Some(false) => phrase!("Took back the rush of the {task}", task),
        None => phrase!("Set the {task} to {priority}", task, priority = priority(to)),
    }
}

/// What an action does, in one plain clause.
pub fn done(action: &Action, unit: Option<&Unit>, names: &Names) -> Phrase {
    let task = task_kind(action, unit);
    match action {
        Action::Start { .. } => phrase!("Started the {task}", task),
        Action::Pause { .. } => phrase!("Paused the {task}", task),
        Action::Resume { .. } => phrase!("Resumed the {task}", task),
        Action::Complete { .. } => phrase!("Completed the {task}", task),
        Action::Reassign { to: Some(person), .. } => {
            phrase!("Gave the {task} to {person}", task, person = names.person(&person.0))
        }
        Action::Reassign { to: None, .. } => phrase!("Took the {task} from its attendant", task),
        Action::Inspect { verdict, .. } => {
            let what = match verdict.result {
                InspectionResult::Pass => return phrase!("Passed the {task}", task),
                InspectionResult::Fail => phrase!("Failed the {task}", task),
                InspectionResult::Skip => phrase!("Skipped the inspection"),
            };
            because(what, verdict.reason.as_deref())
        }
        Action::AddTask { kind: added, note, .. } => {
            because(phrase!("Added a task ({task})", task = kind(*added)), note.as_deref())
        }
        Action::CancelTask { reason, .. } => because(phrase!("Cancelled the {task}", task), Some(reason.as_str())),
        Action::SetPriority { rush: true, .. } => phrase!("Asked for the {task} now", task),
        Action::SetPriority { priority: to, .. } => set_priority(task, None, *to),
        Action::SetRoomStatus { cleanliness: to } => phrase!("Set the room to {status}", status = cleanliness(*to)),
        Action::SeeOccupancy { occupancy: seen } => phrase!("Saw the room {occupancy}", occupancy = occupancy(*seen)),
        Action::SetFlag { flag: which, on: true } => phrase!("Set {flag}", flag = flag(*which)),
        Action::SetFlag { flag: which, on: false } => phrase!("Cleared {flag}", flag = flag(*which)),
        Action::Note { text: Some(text) } => phrase!("Wrote a note: {text}", text),
        Action::Note { text: None } => phrase!("Cleared the note"),
        Action::SetSellability { sellability: to } => {
            because(phrase!("Set the room {state}", state = sellability(to.kind)), to.reason.as_deref())
        }
        Action::Departed {} => phrase!("Recorded the departure"),
        Action::Arrived {} => phrase!("Recorded the arrival"),
        Action::Claim { guest: Some(guest) } => phrase!("Claimed the room for {guest}", guest),
        Action::Claim { guest: None } => phrase!("Claimed the room"),
        Action::Release {} => phrase!("Released the room"),
        Action::QueueGuest { promised: Some(time) } => {
            phrase!("Put the guest on the queue, told {time}", time = Arg::clock(time))
        }
        Action::QueueGuest { promised: None } => phrase!("Put the guest on the queue"),
        Action::LeaveQueue {} => phrase!("Took the guest from the queue"),
        Action::BeginDay { day, .. } => phrase!("Began {day}", day = Arg::day(day)),
        Action::Undo { .. } => phrase!("Undid an action"),
    }
}

/// What the service answered, or what the link said of one action: the sentence of its code, and the words themselves
/// where the code is of a later version.
pub fn answered(code: &str, words: &str) -> Phrase {
    let of_code = match code {
        codes::KEY_REUSE => Some(phrase!("Its id was used for something else, so the service did not take it.")),
        codes::TOO_LARGE => Some(phrase!("The action is larger than the service takes.")),
        "REJECTED" => Some(phrase!("The service did not take this action.")),
        "RETRY_LATER" => Some(phrase!("The service asks to try later.")),
        "BLOCKED" => Some(phrase!("It waits for an earlier action of the same room.")),
        "MISSING_PREDECESSOR" => Some(phrase!("It waits for an action that is not here.")),
        "STATUS_CONFLICT_ON_FLUSH" => Some(phrase!("Somebody else changed the same thing meanwhile.")),
        "POISON" => Some(phrase!("The service failed on this action again and again, while others went through.")),
        _ => None,
    };
    let refused = || RefusalCode::ALL.iter().find(|known| known.as_str() == code).map(|known| known.sentence());
    let cut = || Cause::ALL.iter().find(|known| known.code() == code).map(|known| known.reason().message);
    match of_code.or_else(refused).or_else(cut) {
        Some(sentence) => sentence.as_said(words),
        None => Phrase::verbatim(words),
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

/// A field in hotel words. For a task's field the task's kind stands beside it, because a room may have several.
pub fn field(path: &str, unit: Option<&Unit>) -> Phrase {
    let member = path.rsplit('/').next().unwrap_or(path);
    let field = match member {
        "status" => phrase!("Status"),
        "assignee" => phrase!("Assigned to"),
        "priority" => phrase!("Priority"),
        "rush" => phrase!("Asked for now"),
        "credits" => phrase!("Credits"),
        "inspection" => phrase!("Inspection"),
        "rework" => phrase!("Times sent back"),
        "cancelled_because" => phrase!("Reason for cancelling"),
        "note" => phrase!("Note"),
        "cleanliness" => phrase!("Room"),
        "fo_occupancy" => phrase!("Front desk"),
        "hk_occupancy" => phrase!("Housekeeping saw"),
        "sellability" => phrase!("In service"),
        "dnd_since" => phrase!("Do not disturb since"),
        "make_up" => phrase!("Make up room"),
        "no_service" => phrase!("No service"),
        "refused" => phrase!("Service refused"),
        "double_lock" => phrase!("Double lock"),
        "stay" => phrase!("Stay"),
        "turn" => phrase!("Guest turn"),
        "guest" => phrase!("Guest"),
        "arrival" => phrase!("Arrival"),
        "claim" => phrase!("Claimed by"),
        "waiting" => phrase!("Guest waits"),
        _ => Phrase::verbatim(member),
    };
    let task = path
        .strip_prefix("task/")
        .and_then(|rest| rest.split_once('/'))
        .and_then(|(id, _)| unit?.tasks.get(&turndown_domain::TaskId(id.to_owned())));
    match task {
        Some(task) => phrase!("{field} ({task})", field, task = kind(task.kind)),
        None => field,
    }
}

/// A value in hotel words.
pub fn value(path: &str, value: &Value, names: &Names) -> Phrase {
    let member = path.rsplit('/').next().unwrap_or(path);
    match (member, value) {
        ("assignee" | "claim", Value::Null) => phrase!("nobody"),
        ("assignee", Value::String(id)) => names.person(id),
        ("status", Value::String(_)) => word(value, status),
        ("priority", Value::String(_)) => word(value, priority),
        ("cleanliness", Value::String(_)) => word(value, cleanliness),
        ("fo_occupancy" | "hk_occupancy", Value::String(_)) => word(value, occupancy),
        ("stay", Value::String(_)) => word(value, stay),
        ("dnd_since", Value::String(at)) => phrase!("{at}", at = Arg::time(at)),
        ("credits" | "rework" | "turn", Value::Number(number)) => {
            phrase!("{number}", number = number.as_u64().unwrap_or_default())
        }
        ("sellability", Value::Object(_)) => {
            because(word(&value["kind"], sellability), value.get("reason").and_then(Value::as_str))
        }
        ("inspection", Value::Object(_)) => {
            let result = match value.get("result").and_then(Value::as_str) {
                Some("pass") => phrase!("passed"),
                Some("fail") => phrase!("failed"),
                _ => phrase!("skipped"),
            };
            because(result, value.get("reason").and_then(Value::as_str))
        }
        ("guest" | "arrival", Value::Object(_)) => {
            let persons = value.get("persons").and_then(Value::as_u64).unwrap_or(0);
            phrase!("{persons, plural, one {a party of #} other {a party of #}}", persons)
        }
        ("claim", Value::Object(_)) => {
            let by = names.person(value.get("by").and_then(Value::as_str).unwrap_or_default());
            match value.get("guest").and_then(Value::as_str) {
                Some(guest) => phrase!("{by}, for {guest}", by, guest),
                None => by,
            }
        }
        ("waiting", Value::Object(_)) => match value.get("promised").and_then(Value::as_str) {
            Some(time) => phrase!("yes, told {time}", time = Arg::clock(time)),
            None => phrase!("yes"),
        },
        ("waiting", Value::Null) => phrase!("no"),
        ("note" | "cancelled_because", Value::String(text)) => Phrase::verbatim(text),
        (_, Value::Null) => Phrase::verbatim("—"),
        (_, Value::Bool(true)) => phrase!("yes"),
        (_, Value::Bool(false)) => phrase!("no"),
        (_, Value::String(text)) => Phrase::verbatim(text.replace('_', " ")),
        (_, other) => Phrase::verbatim(other.to_string()),
    }
}

/// A word of a closed set; one that this build does not know is shown as it is.
fn word<T: DeserializeOwned>(value: &Value, say: fn(T) -> Phrase) -> Phrase {
    let as_it_is = || Phrase::verbatim(value.as_str().unwrap_or_default().replace('_', " "));
    serde_json::from_value(value.clone()).map_or_else(|_| as_it_is(), say)
}

/// What follows from a value of a field standing, in hotel words; nothing where the value says it all. Only of a room that
/// is free it is said that the front desk may give it out.
pub fn consequence(path: &str, value: &Value, number: &str, is_free: bool) -> Option<Phrase> {
    let member = path.rsplit('/').next().unwrap_or(path);
    Some(match (member, value.as_str()) {
        ("status", Some("ready")) => phrase!("The task is to do again."),
        ("status", Some("in_progress")) => phrase!("The task counts as being worked on."),
        ("status", Some("paused")) => phrase!("The task counts as interrupted."),
        ("status", Some("completed")) => phrase!("The task counts as done; an inspector may look at it."),
        ("status", Some("inspected")) => phrase!("Room {number} counts as inspected.", number),
        ("status", Some("cancelled")) => phrase!("The task stays cancelled; nobody will do it."),
        ("cleanliness", Some("dirty" | "pickup")) => {
            phrase!("The front desk will not give out room {number}.", number)
        }
        ("cleanliness", Some("clean")) if is_free => {
            phrase!("The front desk may give out room {number} where no inspection is needed.", number)
        }
        ("cleanliness", Some("inspected")) if is_free => phrase!("The front desk may give out room {number}.", number),
        ("cleanliness", Some("clean")) => phrase!("Room {number} counts as clean.", number),
        ("cleanliness", Some("inspected")) => phrase!("Room {number} counts as inspected.", number),
        ("assignee", Some(_)) => phrase!("The task stands on that person's sheet."),
        ("assignee", None) => phrase!("The task stands on nobody's sheet."),
        ("claim", _) if value.is_object() => {
            phrase!("Room {number} goes to this guest, and to nobody else.", number)
        }
        ("claim", _) => {
            phrase!("Room {number} is free to be given out, where nothing else stands against it.", number)
        }
        ("sellability", _) => match value.get("assignable").and_then(Value::as_bool) {
            Some(false) => phrase!("The front desk will not give out room {number}.", number),
            _ => phrase!("The front desk may give out room {number} when it is ready.", number),
        },
        _ => return None,
    })
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
            let follows = consequence("room/cleanliness", &json!(word), "304", is_free);
            assert_eq!(follows.map(String::from).as_deref(), Some(expected));
        }
    }

    #[test]
    fn taking_back_a_rush_is_no_new_priority() {
        for (rush, expected) in [
            (Some(true), "Asked for the linen change now"),
            (Some(false), "Took back the rush of the linen change"),
            (None, "Set the linen change to high"),
        ] {
            assert_eq!(set_priority(kind(TaskKind::Linen), rush, Priority::High), expected);
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
        let task = turndown_domain::Task { kind: TaskKind::Linen, ..turndown_domain::Task::default() };
        let unit = Unit { tasks: [(turndown_domain::TaskId("t".into()), task)].into(), ..Unit::default() };
        assert_eq!(field("task/t/assignee", Some(&unit)), "Assigned to (linen change)");
    }

    #[test]
    fn what_the_service_answered_has_a_sentence_for_every_code_and_its_own_words_for_one_that_is_not_known() {
        for code in RefusalCode::ALL.iter().map(|code| code.as_str()).chain(Cause::ALL.iter().map(|cause| cause.code()))
        {
            assert!(answered(code, "").to_string().ends_with('.'), "{code}");
        }
        let exact = "Room 214 is out of order.";
        let known = answered("ROOM_OUT_OF_ORDER", exact);
        assert_eq!(known, exact);
        assert_ne!(known, Phrase::verbatim(exact), "another language says the code");
        assert_eq!(answered("OF_TOMORROW", exact), Phrase::verbatim(exact));
    }
}
