//! Another desk's work in plain words.

use super::{Names, outbox};
use crate::dto::{CarriedDesk, OutboxRow, OutboxState};
use std::collections::BTreeMap;
use turndown_domain::Unit;
use turndown_protocol::{EntityRef, EventId};

/// A row of another desk's work: as at its own desk, but for what can be done about it here.
pub fn row(
    row: &turndown_offline::OutboxRow,
    desk: &str,
    unit: Option<&Unit>,
    names: &Names,
    in_flight: &BTreeMap<EventId, EntityRef>,
    waiting_reason: Option<&str>,
) -> OutboxRow {
    let mut shown = outbox::row(row, unit, names, in_flight, waiting_reason, false);
    shown.can_retry = false;
    shown.undo = None;
    if shown.entity_kind == "desk" {
        desk.clone_into(&mut shown.title);
    }
    match shown.state {
        OutboxState::Conflict => {
            shown.next_step = Some(
                "Decide it at its own desk if that runs again, or give it up here: then what the service has stands."
                    .into(),
            );
        }
        OutboxState::Failed => {
            shown.next_step = Some("\"Sync now\" asks again. If it cannot pass, give it up here.".into());
        }
        OutboxState::Held if row.held_by.is_none() => {
            shown.why.clone_from(&row.last_message);
            shown.next_step = Some(format!("It is asked again by itself when more of {desk}'s work arrives."));
        }
        _ => {}
    }
    shown
}

/// One desk's carried work.
pub fn desk(carried: &turndown_offline::CarriedDesk, rows: Vec<OutboxRow>, names: &Names) -> CarriedDesk {
    CarriedDesk {
        maker: carried.maker.to_string(),
        desk: carried.name.clone(),
        exported_by: carried.exported_by.clone(),
        exported_at: carried.exported_at.clone(),
        carried_by: names.person(&carried.carried_by),
        carried_at: carried.carried_at.clone(),
        total: carried.brought,
        arrived: carried.arrived(),
        waiting: carried.waiting,
        attention: carried.attention,
        rows,
    }
}
