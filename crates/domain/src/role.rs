//! What a person's role lets them do, where the hotel wants proof of who somebody is.
//!
//! The same table is asked at the desk, before anything is recorded, and at the service, which believes no desk. What it
//! does not name is not allowed. A hotel whose people only choose their name has no proof of anybody's role, and is not
//! held by this.

use crate::{Action, Cleanliness, PropertyBook, Refusal, RefusalCode, Role};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use turndown_protocol::{Authority, Event};

/// What is done to a room, a task or a conflict, as far as roles tell it apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Duty {
    /// Working in the room, and saying how it is.
    Clean,
    /// Saying what holds for the room: notes, service flags, who was seen in it.
    Tell,
    /// Deciding what is done, by whom and when.
    Plan,
    /// Passing rooms.
    Inspect,
    /// Taking rooms out of sale and giving them back.
    Sell,
    /// Guests: claims, the queue, arrivals and departures as told.
    Guests,
    /// Deciding a conflict.
    Decide,
    /// Giving a recorded action up for good.
    GiveUp,
}

/// The actions that roles tell apart. What nobody does by themselves (a day's beginning, a desk's own notes) is not here.
const DUTIES: [(&str, Duty); 22] = [
    ("start", Duty::Clean),
    ("pause", Duty::Clean),
    ("resume", Duty::Clean),
    ("complete", Duty::Clean),
    (SET_ROOM_STATUS, Duty::Clean),
    ("see_occupancy", Duty::Tell),
    ("set_flag", Duty::Tell),
    ("note", Duty::Tell),
    ("reassign", Duty::Plan),
    ("add_task", Duty::Plan),
    ("cancel_task", Duty::Plan),
    ("set_priority", Duty::Plan),
    ("inspect", Duty::Inspect),
    ("set_sellability", Duty::Sell),
    ("departed", Duty::Guests),
    ("arrived", Duty::Guests),
    ("claim", Duty::Guests),
    ("release", Duty::Guests),
    ("queue_guest", Duty::Guests),
    ("leave_queue", Duty::Guests),
    ("resolve", Duty::Decide),
    ("discard", Duty::GiveUp),
];
const SET_ROOM_STATUS: &str = "set_room_status";
const UNDO: &str = "undo";

/// Which duty an action is for `who`; none for what nobody does by themselves and for what is not known. `undone` is what
/// an undo takes back: that is the same duty, or a manager could be contradicted by whoever stands at the desk.
#[must_use]
pub fn duty(who: &str, action: &str, args: &Value, undone: Option<&Event>) -> Option<Duty> {
    match (action, undone) {
        // What was taken back is done again by whoever took it back, or by those who may give up anybody's work.
        (UNDO, Some(original)) if original.action == UNDO => {
            (original.actor_id.as_str() != who).then_some(Duty::GiveUp)
        }
        (UNDO, Some(original)) => duty(who, &original.action, &original.args, None),
        // "412 inspected" passes the room.
        (SET_ROOM_STATUS, _) if args.get("cleanliness") == Some(&json!(Cleanliness::Inspected)) => Some(Duty::Inspect),
        _ => duty_by_name(action),
    }
}

fn duty_by_name(action: &str) -> Option<Duty> {
    DUTIES.iter().find(|(name, _)| *name == action).map(|(_, duty)| *duty)
}

/// The names of the actions that a role does not include.
pub fn may_not(role: Role) -> impl Iterator<Item = &'static str> {
    DUTIES.iter().filter(move |(_, duty)| !may(role, *duty)).map(|(name, _)| *name)
}

/// Whether a role has a duty.
#[must_use]
pub fn may(role: Role, duty: Duty) -> bool {
    use Duty::{Clean, Decide, GiveUp, Guests, Inspect, Plan, Sell, Tell};
    match role {
        // Whoever runs the board runs the house while the front desk is on the telephone.
        Role::Lead | Role::Manager => true,
        Role::Inspector => matches!(duty, Clean | Tell | Plan | Inspect | Decide),
        // The front desk asks for work, and at night it alone is there when water comes through the ceiling. It does not
        // say that a room is clean.
        Role::FrontDesk => matches!(duty, Tell | Plan | Sell | Guests | Decide),
        Role::Attendant => matches!(duty, Clean | Tell),
        Role::Auditor => {
            // Listed, so that a new duty is decided on here too.
            !matches!(duty, Clean | Tell | Plan | Inspect | Sell | Guests | Decide | GiveUp)
        }
    }
}

/// Whether whoever did something, or tried it again, may. `undone` is what an undo takes back; `passes` are the ids of
/// those who may sign in.
///
/// # Errors
/// Why not. What was recorded is kept, and somebody who may can try it again.
pub fn judge(
    event: &Event,
    undone: Option<&Event>,
    book: &PropertyBook,
    passes: &BTreeSet<String>,
) -> Result<(), Refusal> {
    let again = Action::again(&event.args);
    let who = again.as_ref().map_or(event.actor_id.as_str(), |again| again.by.as_str());
    let Some(duty) = duty(who, &event.action, &event.args, undone) else { return Ok(()) };
    // A desk lays to rest by itself what it and the service did alike.
    if duty == Duty::Decide && event.actor_id.as_str().starts_with(SYSTEM) {
        return Ok(());
    }
    let refuse = |code: RefusalCode| Err(Refusal::new(code, code.sentence()));
    let person = book.staff.iter().find(|person| person.id.0 == who);
    match (person.filter(|_| passes.contains(who)), event.authority) {
        (None, _) | (_, Some(Authority::NoPass)) => refuse(RefusalCode::PassMissing),
        (_, Some(Authority::ExpiredPass)) => refuse(RefusalCode::PassExpired),
        (Some(person), None) if !may(person.role, duty) => refuse(RefusalCode::RoleMayNot),
        (Some(_), None) => Ok(()),
    }
}

/// What the id of an author begins with that is no person.
const SYSTEM: &str = "system:";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::BEGIN_DAY;

    const ROLES: [Role; 6] =
        [Role::Lead, Role::Manager, Role::Inspector, Role::FrontDesk, Role::Attendant, Role::Auditor];

    #[test]
    fn t3_every_action_is_somebodys_duty_and_every_role_is_told_which_are_its() {
        let told = |duty: Duty| ROLES.map(|role| may(role, duty));
        for (duty, lead, manager, inspector, front_desk, attendant, auditor) in [
            (Duty::Clean, true, true, true, false, true, false),
            (Duty::Tell, true, true, true, true, true, false),
            (Duty::Plan, true, true, true, true, false, false),
            (Duty::Inspect, true, true, true, false, false, false),
            (Duty::Sell, true, true, false, true, false, false),
            (Duty::Guests, true, true, false, true, false, false),
            (Duty::Decide, true, true, true, true, false, false),
            (Duty::GiveUp, true, true, false, false, false, false),
        ] {
            assert_eq!(told(duty), [lead, manager, inspector, front_desk, attendant, auditor], "{duty:?}");
        }
        assert_eq!(may_not(Role::Lead).count(), 0);
        assert_eq!(may_not(Role::Auditor).count(), DUTIES.len());
        assert_eq!((duty_by_name(BEGIN_DAY), duty_by_name("sign_in")), (None, None));
    }

    #[test]
    fn t3_a_room_is_passed_by_no_other_word_than_by_an_inspection() {
        for (cleanliness, needs) in [
            (Cleanliness::Dirty, Duty::Clean),
            (Cleanliness::Pickup, Duty::Clean),
            (Cleanliness::Clean, Duty::Clean),
            (Cleanliness::Inspected, Duty::Inspect),
        ] {
            let said = Action::SetRoomStatus { cleanliness };
            assert_eq!(duty("ana", said.name(), &said.args(), None), Some(needs), "{cleanliness:?}");
        }
    }

    #[test]
    fn t3_no_action_of_a_room_or_task_is_forgotten_by_the_table() {
        // Whatever an event may be called that `Action` reads: each has a duty, or nobody does it by themselves.
        let error =
            Action::from_event("no such action", &serde_json::Value::Null).expect_err("there is none").to_string();
        let names: Vec<&str> = error.split('`').skip(3).step_by(2).collect();
        assert!(names.len() > 20, "{error}");
        let forgotten: Vec<_> = names
            .into_iter()
            .filter(|name| duty_by_name(name).is_none() && ![BEGIN_DAY, UNDO].contains(name))
            .collect();
        assert_eq!(forgotten, Vec::<&str>::new());
    }
}
