//! Outbox rows in plain words.

use super::Names;
use crate::dto::{OutboxRow, OutboxState, RowUndo};
use crate::words;
use std::collections::BTreeMap;
use turndown_domain::{Unit, set_aside};
use turndown_protocol::{EntityRef, EventId};

/// A row of the Sync Center. `waiting_reason` says why nothing is sent now, if nothing is; `given_up` whether somebody gave
/// it up, even if the service has not heard of it.
pub fn row(
    row: &turndown_offline::OutboxRow,
    unit: Option<&Unit>,
    names: &Names,
    in_flight: &BTreeMap<EventId, EntityRef>,
    waiting_reason: Option<&str>,
    given_up: bool,
) -> OutboxRow {
    use turndown_offline::OutboxState as Stored;
    let event = &row.sealed.event;
    let sending = in_flight.contains_key(&event.event_id);
    let state = match row.state {
        Stored::Pending if sending => OutboxState::Syncing,
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
        _ if given_up => Some(RowUndo::DoAgain),
        OutboxState::Pending | OutboxState::Synced if !set_aside(event).is_empty() => Some(RowUndo::BringBack),
        _ => None,
    };
    let (why, next_step) = match state {
        OutboxState::Pending => (
            Some(
                row.last_message
                    .clone()
                    .or_else(|| waiting_reason.map(str::to_owned))
                    .unwrap_or_else(|| "It is next to be sent.".into()),
            ),
            None,
        ),
        OutboxState::Syncing => (Some("It is on its way.".into()), None),
        OutboxState::Failed => (
            Some(row.last_message.clone().unwrap_or_else(|| "The service did not take it.".into())),
            Some("Retry, when the reason has passed.".into()),
        ),
        OutboxState::Conflict => (
            Some(row.last_message.clone().unwrap_or_else(|| "Somebody else changed the same thing.".into())),
            Some("Decide which side stands.".into()),
        ),
        OutboxState::Held => (Some("It waits for an earlier action of the same room.".into()), None),
        OutboxState::Settled => (Some("A later decision settled it.".into()), None),
        OutboxState::Synced | OutboxState::Discarded => (None, None),
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
        code: row.last_code.clone(),
        why,
        next_step,
        waits_for: row.held_by_state.and_then(|behind| match behind {
            Stored::Conflict => Some("a decision about this room".into()),
            Stored::Failed => Some("an action of this room that failed".into()),
            Stored::Pending => Some("a decision that is on its way".into()),
            _ => None,
        }),
        can_retry,
        undo,
        acknowledged_at: row.acknowledged_at.clone(),
        seq: row.seq,
    }
}

/// What a row is about.
pub fn title(entity: &EntityRef, unit: Option<&Unit>) -> String {
    match (entity.kind.as_str(), unit) {
        ("desk", _) => "This desk".into(),
        (_, Some(unit)) if !unit.room.number.is_empty() => unit.room.number.clone(),
        _ => entity.id.clone(),
    }
}
