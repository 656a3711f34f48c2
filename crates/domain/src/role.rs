//! What a person's role lets them do, where the hotel wants proof of who somebody is.
//!
//! The same table is asked at the desk, before anything is recorded, and at the service, which believes no desk. What it
//! does not name is not allowed. A hotel whose people only choose their name has no proof of anybody's role, and is not
//! held by this.

use crate::{Action, PropertyBook, Refusal, RefusalCode, Role};
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
    /// Taking back what was done while nothing stands on it.
    Undo,
    /// Deciding a conflict.
    Decide,
    /// Giving a recorded action up for good.
    GiveUp,
}

/// Which duty an action of an event is; none for what nobody does by themselves (a day's beginning, a desk's own notes)
/// and for what is not known.
#[must_use]
pub fn duty(action: &str) -> Option<Duty> {
    Some(match action {
        "start" | "pause" | "resume" | "complete" | "set_room_status" => Duty::Clean,
        "see_occupancy" | "set_flag" | "note" => Duty::Tell,
        "reassign" | "add_task" | "cancel_task" | "set_priority" => Duty::Plan,
        "inspect" => Duty::Inspect,
        "set_sellability" => Duty::Sell,
        "departed" | "arrived" | "claim" | "release" | "queue_guest" | "leave_queue" => Duty::Guests,
        "undo" => Duty::Undo,
        "resolve" => Duty::Decide,
        "discard" => Duty::GiveUp,
        _ => return None,
    })
}

/// Whether a role has a duty.
#[must_use]
pub fn may(role: Role, duty: Duty) -> bool {
    use Duty::{Clean, Decide, GiveUp, Guests, Inspect, Plan, Sell, Tell, Undo};
    match role {
        // Whoever runs the board runs the house while the front desk is on the telephone.
        Role::Lead | Role::Manager => true,
        Role::Inspector => matches!(duty, Clean | Tell | Plan | Inspect | Undo | Decide),
        // The front desk asks for work, and at night it alone is there when water comes through the ceiling. It does not
        // say that a room is clean.
        Role::FrontDesk => matches!(duty, Tell | Plan | Sell | Guests | Undo | Decide),
        Role::Attendant => matches!(duty, Clean | Tell | Undo),
        Role::Auditor => {
            // Listed, so that a new duty is decided on here too.
            !matches!(duty, Clean | Tell | Plan | Inspect | Sell | Guests | Undo | Decide | GiveUp)
        }
    }
}

/// Whether whoever did something, or tried it again, may. `passes` are the ids of those who may sign in.
///
/// # Errors
/// Why not. What was recorded is kept, and somebody who may can try it again.
pub fn judge(event: &Event, book: &PropertyBook, passes: &BTreeSet<String>) -> Result<(), Refusal> {
    let Some(duty) = duty(&event.action) else { return Ok(()) };
    // A desk lays to rest by itself what it and the service did alike.
    if duty == Duty::Decide && event.actor_id.as_str().starts_with(SYSTEM) {
        return Ok(());
    }
    let refuse = |code: RefusalCode| Err(Refusal::new(code, code.sentence()));
    let again = Action::again(&event.args);
    let who = again.as_ref().map_or(event.actor_id.as_str(), |again| again.by.as_str());
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

/// Every action that roles tell apart, by its name.
pub const ACTIONS: [&str; 22] = [
    "start",
    "pause",
    "resume",
    "complete",
    "set_room_status",
    "see_occupancy",
    "set_flag",
    "note",
    "reassign",
    "add_task",
    "cancel_task",
    "set_priority",
    "inspect",
    "set_sellability",
    "departed",
    "arrived",
    "claim",
    "release",
    "queue_guest",
    "leave_queue",
    "resolve",
    "discard",
];

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
            (Duty::Undo, true, true, true, true, true, false),
            (Duty::Decide, true, true, true, true, false, false),
            (Duty::GiveUp, true, true, false, false, false, false),
        ] {
            assert_eq!(told(duty), [lead, manager, inspector, front_desk, attendant, auditor], "{duty:?}");
        }
        assert!(ACTIONS.iter().all(|action| duty(action).is_some()));
        assert_eq!((duty("undo"), duty(BEGIN_DAY), duty("sign_in")), (Some(Duty::Undo), None, None));
    }

    #[test]
    fn t3_no_action_of_a_room_or_task_is_forgotten_by_the_table() {
        // Whatever an event may be called that `Action` reads: each has a duty, or nobody does it by themselves.
        let error =
            Action::from_event("no such action", &serde_json::Value::Null).expect_err("there is none").to_string();
        let names: Vec<&str> = error.split('`').skip(3).step_by(2).collect();
        assert!(names.len() > 20, "{error}");
        let forgotten: Vec<_> = names.into_iter().filter(|name| duty(name).is_none() && *name != BEGIN_DAY).collect();
        assert_eq!(forgotten, Vec::<&str>::new());
    }
}
