//! Outbox rows in plain words.

use super::Names;
use crate::dto::{CommandError, DayBegan, OutboxRow, OutboxState, RowUndo, SyncStatus};
use crate::words;
use turndown_domain::{Action, Unit, can_bring_back};
use turndown_offline::{Gathered, Waits};
use turndown_phrase::{Phrase, phrase};
use turndown_protocol::{EntityRef, Event, codes};

/// Why a row is not sent: what the engine says it waits for, and the words that go with it.
#[derive(Default)]
pub struct Waiting<'a> {
    /// What it waits for, if it waits.
    pub fate: Option<Waits>,
    /// The earlier action that it waits for, in words.
    pub behind: Option<Phrase>,
    /// Why nothing is sent now, or what slows the sending down.
    pub link: Link<'a>,
}

/// Why nothing is sent now, or what slows the sending down; neither where all is well.
#[derive(Clone, Copy, Default)]
pub struct Link<'a> {
    /// In words.
    pub why: Option<&'a CommandError>,
    /// Whether nothing at all is sent.
    pub is_cut: bool,
}

impl<'a> Link<'a> {
    /// As the status says it.
    pub fn of(status: &'a SyncStatus) -> Self {
        let why = status.reason.as_ref().or(status.slow.as_ref());
        Self { why, is_cut: status.reason.is_some() || status.paused }
    }
}

/// Whether somebody did the action of the earlier event once more: it is told as the same work of the same time.
pub fn does_again(later: &Event, earlier: &Event) -> bool {
    let Some(again) = Action::again(&later.args) else { return false };
    let done_at = Action::again(&earlier.args).map_or_else(|| earlier.recorded_at.clone(), |again| again.done_at);
    let same = |event: &Event| Action::from_event(&event.action, &event.args).ok();
    later.local_seq > earlier.local_seq
        && (&later.entity, &later.actor_id, again.done_at) == (&earlier.entity, &earlier.actor_id, done_at)
        && same(later).is_some_and(|action| Some(action) == same(earlier))
}

/// A row of the Sync Center. `given_up` is the event by which somebody gave it up, even if the service has not heard of
/// it.
pub fn row(
    row: &turndown_offline::OutboxRow,
    unit: Option<&Unit>,
    names: &Names,
    waiting: Waiting<'_>,
    given_up: Option<&Event>,
) -> OutboxRow {
    use turndown_offline::OutboxState as Stored;
    let event = &row.sealed.event;
    let state = match row.state {
        Stored::Pending if waiting.fate == Some(Waits::OnItsWay) => OutboxState::Syncing,
        Stored::Pending => OutboxState::Pending,
        Stored::Synced => OutboxState::Synced,
        Stored::Failed => OutboxState::Failed,
        Stored::Conflict => OutboxState::Conflict,
        Stored::Held => OutboxState::Held,
        Stored::Settled => OutboxState::Settled,
        Stored::Discarded => OutboxState::Discarded,
    };
    let can_retry = state == OutboxState::Failed;
    let undo = match state {
        _ if given_up.is_some() => Some(RowUndo::DoAgain),
        OutboxState::Pending | OutboxState::Synced if unit.is_some_and(|unit| can_bring_back(unit, event)) => {
            Some(RowUndo::BringBack)
        }
        _ => None,
    };
    let said = || last_said(row.last_code.as_deref(), row.last_message.as_deref());
    let (code, why, next_step) = match state {
        _ if given_up.is_some() => (None, given_up.map(|discard| who_gave_up(discard, names)), None),
        OutboxState::Pending | OutboxState::Syncing | OutboxState::Held => {
            let (code, why, next_step) = why_waiting(&waiting, names);
            (code.or_else(|| row.last_code.clone()), Some(why), next_step)
        }
        OutboxState::Failed => (
            row.last_code.clone(),
            Some(said().unwrap_or_else(|| phrase!("The service did not take it."))),
            Some(what_to_do(row.last_code.as_deref().unwrap_or_default())),
        ),
        OutboxState::Conflict => (
            row.last_code.clone(),
            Some(said().unwrap_or_else(|| phrase!("Somebody else changed the same thing."))),
            Some(phrase!("Decide which side stands.")),
        ),
        OutboxState::Settled => (row.last_code.clone(), Some(phrase!("A later decision settled it.")), None),
        OutboxState::Synced | OutboxState::Discarded => (row.last_code.clone(), None, None),
    };
    OutboxRow {
        event_id: event.event_id.to_string(),
        local_seq: event.local_seq,
        state,
        entity_kind: event.entity.kind.clone(),
        entity_id: event.entity.id.clone(),
        title: title(&event.entity, unit),
        action: event.action.clone(),
        summary: words::summary(event, unit, names),
        actor: names.person(event.actor_id.as_str()),
        recorded_at: event.recorded_at.clone(),
        offline: event.mode == turndown_protocol::Mode::Offline,
        attempts: row.attempts,
        code,
        why,
        next_step,
        waits_for: waiting.behind,
        can_retry,
        undo,
        acknowledged_at: row.acknowledged_at.clone(),
        seq: row.seq,
        began: None,
    }
}

/// The day that a line tells of.
pub fn began(gathered: Gathered, event: &Event) -> DayBegan {
    let day = event.args["day"].as_str().unwrap_or_default().to_owned();
    DayBegan { id: gathered.id, day, rooms: gathered.count, open: gathered.open }
}

/// What a person does about an action that failed. The playbook says more of each code.
fn what_to_do(code: &str) -> Phrase {
    match code {
        // The same bytes meet the same answer.
        codes::TOO_LARGE => phrase!("Record it again with a shorter note, then give this one up."),
        codes::KEY_REUSE => phrase!("Do not retry. Export what waits, and tell your support."),
        "ROLE_MAY_NOT" | "PASS_MISSING" | "PASS_EXPIRED" => {
            phrase!("Somebody who may do this signs in and retries it. It stays the work of whoever did it.")
        }
        _ => phrase!("Retry, when the reason has passed."),
    }
}

/// What was answered last.
pub fn last_said(code: Option<&str>, message: Option<&str>) -> Option<Phrase> {
    message.map(|message| words::answered(code.unwrap_or_default(), message))
}

/// By whom it was given up, and why.
fn who_gave_up(discard: &Event, names: &Names) -> Phrase {
    let reason = full_stop(discard.args["reason"].as_str().unwrap_or_default());
    phrase!("{person} gave it up: {reason}", person = names.person(discard.actor_id.as_str()), reason)
}

/// The one true answer to "why is this not sent?": code, sentence, next step.
pub fn why_waiting(waiting: &Waiting<'_>, names: &Names) -> (Option<String>, Phrase, Option<Phrase>) {
    let plain = |why: Phrase| (None, why, None);
    match (&waiting.fate, waiting.link.why) {
        (Some(Waits::OnItsWay), _) => plain(phrase!("It is on its way.")),
        (Some(Waits::OnHold(hold)), _) => (
            Some("ROOM_ON_HOLD".into()),
            phrase!(
                "{person} put this room on hold: {reason}",
                person = names.person(hold.by.as_str()),
                reason = full_stop(&hold.reason)
            ),
            Some(phrase!("Let the room go when it may be sent.")),
        ),
        (Some(Waits::BehindStopped(_)), _) => (
            None,
            phrase!("It waits for an earlier action of the same room, which needs a look."),
            Some(phrase!("Settle that one; this one goes on by itself.")),
        ),
        (Some(Waits::DecisionStopped(_)), _) => (
            None,
            phrase!("It was tried again, and that try needs a look."),
            Some(phrase!("Settle that one; this one goes with it.")),
        ),
        (Some(Waits::Decision(_)), _) => plain(phrase!("It waits for the decision about it, which is not sent yet.")),
        // Nothing is asked again while nothing is sent.
        (Some(Waits::AskedAgain { code, message }), _) if !waiting.link.is_cut => {
            (Some(code.clone()), words::answered(code, message), Some(phrase!("It is asked again by itself.")))
        }
        // What the link says holds for the action in front as well.
        (Some(Waits::Behind(_) | Waits::Link | Waits::AskedAgain { .. }) | None, Some(link)) => {
            (Some(link.code.clone()), link.message.clone(), Some(link.next_step.clone()))
        }
        (Some(Waits::Behind(_)), None) => {
            plain(phrase!("It waits for an earlier action of the same room, which goes first."))
        }
        (Some(Waits::Link | Waits::AskedAgain { .. }) | None, None) => plain(phrase!("It is next to be sent.")),
    }
}

fn full_stop(sentence: &str) -> String {
    if sentence.ends_with(['.', '!', '?']) { sentence.to_owned() } else { format!("{sentence}.") }
}

/// What a row is about: a room by its number; nothing where it is this desk itself.
pub fn title(entity: &EntityRef, unit: Option<&Unit>) -> String {
    match (entity.kind.as_str(), unit) {
        ("desk", _) => String::new(),
        (_, Some(unit)) if !unit.room.number.is_empty() => unit.room.number.clone(),
        _ => entity.id.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn l4_nothing_is_said_to_be_asked_again_while_nothing_is_sent() {
        let why = CommandError {
            code: "SERVICE_UNREACHABLE".into(),
            message: Phrase::verbatim("The service is not there."),
            next_step: Phrase::verbatim("Go on working."),
            reference: String::new(),
        };
        let fate = || Some(Waits::AskedAgain { code: "RETRY_LATER".into(), message: "Later.".into() });
        for (link, expected) in [
            (Link::default(), "RETRY_LATER"),
            (Link { why: Some(&why), is_cut: false }, "RETRY_LATER"),
            (Link { why: Some(&why), is_cut: true }, "SERVICE_UNREACHABLE"),
        ] {
            let (code, ..) = why_waiting(&Waiting { fate: fate(), behind: None, link }, &Names::default());
            assert_eq!(code.as_deref(), Some(expected));
        }
    }
}
