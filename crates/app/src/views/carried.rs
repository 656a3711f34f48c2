//! Another desk's work in plain words.

use super::{
    Names, outbox,
    outbox::{Link, Waiting},
};
use crate::dto::{CarriedDesk, OutboxRow, OutboxState};
use std::collections::BTreeMap;
use turndown_domain::Unit;
use turndown_offline::{OnHold, Waits};
use turndown_phrase::phrase;
use turndown_protocol::{EntityRef, EventId};

/// A row of another desk's work: as at its own desk, but for what can be done about it here.
pub fn row(
    row: &turndown_offline::OutboxRow,
    desk: &str,
    unit: Option<&Unit>,
    names: &Names,
    in_flight: &BTreeMap<EventId, EntityRef>,
    on_hold: &[OnHold],
    link: Link<'_>,
) -> OutboxRow {
    let fate = waits(row, in_flight, on_hold);
    let mut shown = outbox::row(row, unit, names, Waiting { fate, behind: None, link }, None);
    shown.can_retry = false;
    shown.undo = None;
    if shown.entity_kind == "desk" {
        desk.clone_into(&mut shown.title);
    }
    match shown.state {
        OutboxState::Conflict => {
            shown.next_step = Some(phrase!(
                "Decide it at its own desk if that runs again, or give it up here: then what the service has stands."
            ));
        }
        OutboxState::Failed => {
            shown.next_step = Some(phrase!("\"Sync now\" asks again. If it cannot pass, give it up here."));
        }
        OutboxState::Held if row.held_by.is_none() => {
            shown.why = outbox::last_said(row.last_code.as_deref(), row.last_message.as_deref());
            shown.next_step = Some(phrase!("It is asked again by itself when more of {desk}'s work arrives.", desk));
        }
        _ => {}
    }
    shown
}

/// What a carried action waits for, from its row: it stands in no lane of this desk.
fn waits(
    row: &turndown_offline::OutboxRow,
    in_flight: &BTreeMap<EventId, EntityRef>,
    on_hold: &[OnHold],
) -> Option<Waits> {
    use turndown_offline::OutboxState as Stored;
    let hold = on_hold.iter().find(|hold| hold.entity == row.sealed.event.entity);
    match (row.state, &row.held_by, row.last_code.as_ref().zip(row.last_message.as_ref())) {
        (Stored::Pending, ..) if in_flight.contains_key(&row.sealed.event.event_id) => Some(Waits::OnItsWay),
        (Stored::Pending, ..) if hold.is_some() => hold.cloned().map(Waits::OnHold),
        (Stored::Pending, _, Some((code, message))) => {
            Some(Waits::AskedAgain { code: code.clone(), message: message.clone() })
        }
        (Stored::Held, Some(behind), _) => Some(Waits::BehindStopped(behind.clone())),
        (Stored::Pending | Stored::Held, ..) => Some(Waits::Link),
        _ => None,
    }
}

/// One desk's carried work.
pub fn desk(carried: &turndown_offline::CarriedDesk, rows: Vec<OutboxRow>, names: &Names) -> CarriedDesk {
    CarriedDesk {
        maker: carried.maker.to_string(),
        desk: carried.name.clone(),
        exported_by: carried.exported_by.clone(),
        exported_at: carried.exported_at.clone(),
        carried_by: names.name(&carried.carried_by),
        carried_at: carried.carried_at.clone(),
        total: carried.brought,
        arrived: carried.arrived(),
        waiting: carried.waiting,
        attention: carried.attention,
        rows,
    }
}
