//! What desks and service have to agree on in the end, beside their trails: what became of each action, that nobody's
//! work was overwritten unseen, and what every room looks like.

use super::check::Faults;
use super::desk::DeskHost;
use super::service::Service;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tokio::time::{Instant, sleep};
use turndown_domain::{BEGIN_DAY, RoomId, Unit, is_stamp};
use turndown_offline::Sql;
use turndown_protocol::{AuditEntry, EventId, Outcome, SealedEvent};

/// How long a desk with nothing left to send may take to come to the service's rows.
const CATCH_UP: Duration = Duration::from_secs(3_600);

/// What a desk calls done was taken by the service, and what it calls settled or given up was decided by an event: its
/// own, or one of another machine with the same past.
pub(super) fn outcomes(
    number: usize,
    desk: &DeskHost,
    (own, events): (&[SealedEvent], &[SealedEvent]),
    by_event: &BTreeMap<&EventId, Vec<&AuditEntry>>,
    faults: &mut Faults,
) -> Result<(), String> {
    let engine = desk.desk().ok_or("the desk is not open")?.engine();
    let done: Vec<(String, String)> = engine
        .read(|mut connection| {
            connection.all(
                "SELECT event_id, state FROM outbox WHERE state IN ('synced', 'settled', 'discarded')",
                [],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
        })
        .map_err(|error| format!("{error:?}"))?;
    let taken: BTreeSet<&str> = by_event
        .iter()
        .filter(|(_, entries)| entries.iter().any(|e| matches!(e.outcome, Outcome::Applied | Outcome::Merged)))
        .map(|(event, _)| event.as_str())
        .collect();
    let decided: BTreeSet<&str> =
        own.iter().chain(events).flat_map(|sealed| &sealed.event.settles).map(EventId::as_str).collect();
    for (event, state) in &done {
        if state == "synced" && !taken.contains(event.as_str()) {
            faults.lost.push(format!("desk {number}: {event} is called done, and the service did not take it"));
        } else if state != "synced" && !decided.contains(event.as_str()) {
            faults.lost.push(format!("desk {number}: {event} is called {state}, and nobody decided that"));
        }
    }
    Ok(())
}

/// A field of which everything is known: it speaks of no guest and no day, so whatever an event wrote to it stays until
/// another event or the next service day.
fn lasts(path: &str) -> bool {
    let of_task = path.starts_with("task/") && (path.ends_with("/status") || path.ends_with("/assignee"));
    (of_task || matches!(path, "room/note" | "room/sellability")) && !is_stamp(path)
}

/// Nobody's work was overwritten unseen: an event that had an effect was based on what was there, or says the same.
pub(super) fn overwritten(service: &Service, events: &[SealedEvent], entries: &[AuditEntry], faults: &mut Faults) {
    let by_id: BTreeMap<&EventId, &SealedEvent> =
        events.iter().map(|sealed| (&sealed.event.event_id, sealed)).collect();
    let mut effects: Vec<(u64, &SealedEvent)> = entries
        .iter()
        .filter(|entry| matches!(entry.outcome, Outcome::Applied | Outcome::Merged))
        .filter_map(|entry| Some((entry.seq?, *by_id.get(&entry.event_id)?)))
        .collect();
    effects.sort_by_key(|(seq, _)| *seq);
    let mut now: BTreeMap<(&str, &str), (u64, &Value)> = BTreeMap::new();
    for (seq, sealed) in effects {
        let event = &sealed.event;
        // A day that begins gives way to whatever is there.
        if event.action == BEGIN_DAY {
            continue;
        }
        for (path, change) in event.changes.iter().filter(|(path, _)| lasts(path)) {
            let Some((since, there)) = now.insert((&event.entity.id, path), (seq, &change.new)) else { continue };
            // A new service day writes rows too.
            let rolled = service.rolls.iter().any(|roll| (since..seq).contains(roll));
            if !rolled && *there != change.base && *there != change.new {
                faults.lost.push(format!(
                    "room {}: {path} was {there} since {since}; {} overwrote it at {seq} and had seen {}",
                    event.entity.id, event.event_id, change.base
                ));
            }
        }
    }
}

/// Every desk comes to show what the service has, by itself.
pub(super) async fn pictures(service: &Service, desks: &[DeskHost], faults: &mut Faults) -> Result<(), String> {
    let began = Instant::now();
    loop {
        let differs = differences(service, desks).await?;
        if differs.is_empty() || began.elapsed() > CATCH_UP {
            faults.stuck.extend(differs);
            return Ok(());
        }
        sleep(Duration::from_secs(30)).await;
    }
}

async fn differences(service: &Service, desks: &[DeskHost]) -> Result<Vec<String>, String> {
    let mut rooms: BTreeMap<RoomId, Unit> = BTreeMap::new();
    for (entity, fields) in service.rooms().await? {
        rooms.insert(RoomId(entity.id), Unit::from_fields(&fields).map_err(|error| error.to_string())?);
    }
    let mut differs = vec![];
    for (number, desk) in desks.iter().enumerate() {
        let shown = desk.desk().ok_or("the desk is not open")?.rooms(None).map_err(|error| format!("{error:?}"))?;
        let shown: BTreeMap<&RoomId, &Unit> = shown.rooms.iter().map(|row| (&row.id, &row.unit)).collect();
        for (room, unit) in &rooms {
            if shown.get(room) != Some(&unit) {
                differs.push(format!("desk {number}: does not come to show room {} as the service has it", room.0));
            }
        }
    }
    Ok(differs)
}
