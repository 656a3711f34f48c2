//! What happened, as CloudEvents.

use crate::store::Happened;
use crate::workflow;
use serde::Serialize;
use serde_json::{Value, json};
use turndown_protocol::PropertyId;

/// A task changed its status.
pub const STATUS_CHANGED: &str = "melmastoon.housekeeping.task.status.changed.v1";
/// An entry was added to the audit trail.
pub const AUDIT_RECORDED: &str = "melmastoon.audit.recorded.v1";

/// A CloudEvent, version 1.0.
#[derive(Debug, Clone, Serialize)]
pub(super) struct CloudEvent {
    specversion: &'static str,
    pub(super) id: String,
    source: String,
    #[serde(rename = "type")]
    pub(super) kind: &'static str,
    subject: String,
    time: String,
    datacontenttype: &'static str,
    sequence: String,
    data: Value,
}

/// The events of one entry: its task moves, then the entry itself.
pub(super) fn cloud_events(store_id: &str, property: &PropertyId, happened: Happened) -> Vec<CloudEvent> {
    let Happened { entry, moves } = happened;
    let event = |part: String, kind: &'static str, data: Value| CloudEvent {
        specversion: "1.0",
        // A store that was restored from a backup gives a place out a second time, for another entry: its hash tells
        // them apart, and is the same whenever the entry is told again.
        id: format!("{store_id}/{property}/{}-{}/{part}", entry.audit_seq, entry.hash.get(..16).unwrap_or_default()),
        source: format!("urn:turndown:store:{store_id}:property:{property}"),
        kind,
        subject: entry.entity.to_string(),
        time: entry.received_at.clone(),
        datacontenttype: "application/json",
        sequence: format!("{:020}", entry.audit_seq),
        data,
    };
    let mut events: Vec<CloudEvent> = moves
        .iter()
        .map(|moved| {
            let data = json!({
                "property": property,
                "task": moved.task,
                "room": workflow::room_of(&entry.entity),
                "from": moved.from,
                "to": moved.to,
                "action": entry.action,
                "actor": entry.actor_id,
                "install": entry.install_id,
                "originated_offline": entry.originated_offline,
                "event_id": entry.event_id,
                "seq": entry.seq,
                "recorded_at": entry.recorded_at,
                "received_at": entry.received_at,
            });
            event(format!("task/{}", moved.task), STATUS_CHANGED, data)
        })
        .collect();
    // An audit entry is plain data with text keys, which JSON can always hold.
    events.push(event("audit".into(), AUDIT_RECORDED, serde_json::to_value(&entry).unwrap_or_default()));
    events
}
