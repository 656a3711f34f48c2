//! What has to hold when everything is healed, from what both sides hold and not from anybody's counters.

use super::agreement;
use super::desk::DeskHost;
use super::service::Service;
use std::collections::{BTreeMap, BTreeSet};
use turndown_offline::Sql;
use turndown_protocol::{AuditEntry, EventId, Outcome, SealedEvent, ZERO_HASH};

/// What is wrong, in words, by sort.
#[derive(Debug, Default)]
pub struct Faults {
    /// Saved and not there.
    pub lost: Vec<String>,
    /// There twice, or there although it was said not to be.
    pub doubled: Vec<String>,
    /// Not done although nothing speaks against it.
    pub stuck: Vec<String>,
    /// The trails differ, or an author, or an order.
    pub audit: Vec<String>,
    /// Saved actions that the service holds.
    pub held: BTreeSet<EventId>,
}

/// The desk's whole trail.
fn trail(desk: &DeskHost) -> Result<Vec<SealedEvent>, String> {
    let engine = desk.desk().ok_or("the desk is not open")?.engine();
    let bytes = engine
        .read(|mut connection| {
            connection.all("SELECT bytes FROM audit_local ORDER BY local_seq", [], |row| row.get::<_, String>(0))
        })
        .map_err(|error| format!("{error:?}"))?;
    bytes.into_iter().map(|bytes| SealedEvent::from_bytes(bytes).map_err(|error| error.to_string())).collect()
}

/// What a desk says that it took up from another branch of its own trail (D2): their places were taken, so that they
/// stand behind what was its end, and go on from nothing there. Only a desk whose files were put back has any.
fn strays(desk: &DeskHost) -> Result<BTreeSet<String>, String> {
    if !desk.has_branches {
        return Ok(BTreeSet::new());
    }
    let engine = desk.desk().ok_or("the desk is not open")?.engine();
    let events = engine
        .read(|mut connection| {
            connection.all(
                "SELECT event_id FROM audit_local JOIN sync_state AS fact ON fact.key = 'stray_entries' JOIN json_each(fact.value) AS stretch
                 WHERE local_seq BETWEEN stretch.value ->> 0 AND stretch.value ->> 1",
                [],
                |row| row.get::<_, String>(0),
            )
        })
        .map_err(|error| format!("{error:?}"))?;
    Ok(events.into_iter().collect())
}

/// How many rows a desk has let go because no backup reaches back to them.
#[must_use]
pub fn let_go(desk: &DeskHost) -> u64 {
    let count = "SELECT count(*) FROM audit_local WHERE local_seq NOT IN (SELECT local_seq FROM outbox)";
    let rows = desk.desk().and_then(|desk| {
        desk.engine().read(|mut connection| connection.first(count, [], |row| row.get::<_, u64>(0))).ok()
    });
    rows.flatten().unwrap_or(0)
}

/// What people gave up.
fn discarded(desk: &DeskHost) -> Result<BTreeSet<String>, String> {
    let engine = desk.desk().ok_or("the desk is not open")?.engine();
    let events = engine.read(|mut connection| {
        connection.all(
            "SELECT event_id FROM outbox WHERE state = 'discarded'
             UNION ALL SELECT a.event_id FROM long_ago l JOIN audit_local a USING (local_seq) WHERE l.came_to = 'discarded'",
            [],
            |row| row.get::<_, String>(0),
        )
    });
    Ok(events.map_err(|error| format!("{error:?}"))?.into_iter().collect())
}

/// Compares everything.
///
/// # Errors
/// When one side cannot be read.
pub async fn check(service: &Service, desks: &[DeskHost]) -> Result<Faults, String> {
    let mut faults = Faults::default();
    let entries = service.audit().await?;
    let events = service.events()?;
    let mut by_event: BTreeMap<&EventId, Vec<&AuditEntry>> = BTreeMap::new();
    for entry in &entries {
        by_event.entry(&entry.event_id).or_default().push(entry);
    }
    for (event, entries) in &by_event {
        let effects = entries.iter().filter(|entry| matches!(entry.outcome, Outcome::Applied | Outcome::Merged));
        if effects.count() > 1 {
            faults.doubled.push(format!("{event} has more than one effect"));
        }
    }
    if let Some(fault) = service.audit_fault()? {
        for sealed in &events {
            let event = &sealed.event;
            tracing::debug!(
                install = %event.install_id, seq = event.local_seq, prev = event.prev_hash, hash = sealed.hash, event.action,
                "an event of a service whose chains are not sound"
            );
        }
        faults.audit.push(format!("the service's chains: {fault}"));
    }
    faults.lost.extend(service.forgotten.iter().cloned());
    for (number, desk) in desks.iter().enumerate() {
        let own = trail(desk)?;
        let by_id: BTreeMap<&EventId, &SealedEvent> =
            own.iter().map(|sealed| (&sealed.event.event_id, sealed)).collect();
        // What a named person gave up may never have come through (too large, or poison); the desk says so for good.
        let given_up = discarded(desk)?;
        for saved in &desk.saved {
            match by_id.get(&saved.event) {
                None => faults.lost.push(format!("desk {number}: {} is not in its trail", saved.event)),
                Some(sealed) if sealed.event.actor_id.as_str() != saved.actor => {
                    faults.audit.push(format!("desk {number}: {} has another author", saved.event));
                }
                Some(_) => {}
            }
            if by_event.contains_key(&saved.event) {
                faults.held.insert(saved.event.clone());
            } else if !given_up.contains(saved.event.as_str()) {
                faults.lost.push(format!("desk {number}: {} ({}) is not at the service", saved.event, saved.room));
            }
        }
        for event in &desk.unsaved {
            if by_id.contains_key(event) || by_event.contains_key(event) {
                faults.doubled.push(format!("desk {number}: {event} was said not to be saved, and is there"));
            }
        }
        let strays = strays(desk)?;
        chain(number, own.iter().filter(|sealed| !strays.contains(sealed.event.event_id.as_str())), &mut faults);
        for sealed in &own {
            let Some(held) = by_event.get(&sealed.event.event_id) else {
                if given_up.contains(sealed.event.event_id.as_str()) {
                    continue;
                }
                faults.lost.push(format!(
                    "desk {number}: entry {} ({}) is not at the service",
                    sealed.event.local_seq, sealed.event.action
                ));
                continue;
            };
            for entry in held {
                let same = entry.local_seq == sealed.event.local_seq
                    && entry.event_hash == sealed.hash
                    && entry.actor_id == sealed.event.actor_id.as_str()
                    && entry.install_id == sealed.event.install_id;
                if !same {
                    faults.audit.push(format!("desk {number}: {} differs at the service", sealed.event.event_id));
                }
            }
        }
        rows(number, desk, &mut faults)?;
        agreement::outcomes(number, desk, (&own, &events), &by_event, &mut faults)?;
        faults.stuck.extend(desk.held_elsewhere.iter().map(|held| format!("desk {number}: room {held}")));
        // Effects of what settles nothing came in the order in which they were recorded, room by room.
        let mut effects: Vec<(u64, &SealedEvent)> = own
            .iter()
            .filter(|sealed| sealed.event.settles.is_empty())
            .filter_map(|sealed| {
                by_event.get(&sealed.event.event_id)?.iter().find_map(|entry| entry.seq).map(|seq| (seq, sealed))
            })
            .collect();
        effects.sort_by_key(|(seq, _)| *seq);
        let mut last_in_room: BTreeMap<(String, String), u64> = BTreeMap::new();
        for (_, sealed) in effects {
            let key = (sealed.event.install_id.to_string(), sealed.event.entity.id.clone());
            let before = last_in_room.insert(key, sealed.event.local_seq);
            if before.is_some_and(|before| before > sealed.event.local_seq) {
                faults.audit.push(format!(
                    "desk {number}: room {}: entry {} had its effect after a later one",
                    sealed.event.entity.id, sealed.event.local_seq
                ));
            }
        }
    }
    agreement::overwritten(service, &events, &entries, &mut faults);
    // What is stuck already has said so.
    if faults.stuck.is_empty() {
        agreement::pictures(service, desks, &mut faults).await?;
    }
    Ok(faults)
}

/// The chain is whole, per install.
fn chain<'a>(number: usize, own: impl Iterator<Item = &'a SealedEvent>, faults: &mut Faults) {
    let mut before: BTreeMap<&str, (u64, &str)> = BTreeMap::new();
    for sealed in own {
        let install = sealed.event.install_id.as_str();
        let fits = match before.get(install) {
            Some((seq, hash)) => sealed.event.local_seq == seq + 1 && sealed.event.prev_hash == *hash,
            None => {
                before.is_empty() && sealed.event.local_seq == 1 && sealed.event.prev_hash == ZERO_HASH
                    || !before.is_empty()
            }
        };
        if !fits {
            let (seq, install, before) = (sealed.event.local_seq, &sealed.event.install_id, before.get(install));
            faults.audit.push(format!(
                "desk {number}: entry {seq} of {install} ({}, {}) does not link: {} behind {before:?}",
                sealed.event.action, sealed.event.event_id, sealed.event.prev_hash
            ));
        }
        before.insert(install, (sealed.event.local_seq, &sealed.hash));
    }
}

/// Every row is done, the ledger balances, and outbox and trail name the same events.
fn rows(number: usize, desk: &DeskHost, faults: &mut Faults) -> Result<(), String> {
    let engine = desk.desk().ok_or("the desk is not open")?.engine();
    let ledger = engine.ledger().map_err(|error| format!("{error:?}"))?;
    if !ledger.is_balanced() {
        faults.audit.push(format!("desk {number}: the ledger does not balance: {ledger:?}"));
    }
    let open: Vec<(String, String, Option<String>)> = engine
        .read(|mut connection| {
            connection.all(
                "SELECT o.event_id, o.state, coalesce(o.last_message, o.last_code) FROM outbox o
                 WHERE o.state NOT IN ('synced', 'settled', 'discarded') ORDER BY o.local_seq",
                [],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
            )
        })
        .map_err(|error| format!("{error:?}"))?;
    let named: BTreeSet<&String> = open.iter().map(|(event, ..)| event).collect();
    for (event, state, code) in &open {
        faults.stuck.push(format!("desk {number}: {event} is {state} ({})", code.as_deref().unwrap_or("no code")));
    }
    debug_assert_eq!(named.len(), open.len());
    if !open.is_empty() {
        tell_lanes(number, desk)?;
    }
    Ok(())
}

/// Whoever replays a history with stuck rows sees their whole lanes.
fn tell_lanes(number: usize, desk: &DeskHost) -> Result<(), String> {
    let engine = desk.desk().ok_or("the desk is not open")?.engine();
    let rows: Vec<(String, String)> = engine
        .read(|mut connection| {
            connection.all(
                "SELECT json_array(o.local_seq, o.state, o.answered, o.lane_rank, o.held_by, o.settled_by, o.last_message), a.bytes
                 FROM outbox o JOIN audit_local a USING (local_seq)
                 WHERE o.entity_id IN (SELECT entity_id FROM outbox WHERE state NOT IN ('synced', 'settled', 'discarded'))
                 ORDER BY o.entity_id, o.local_seq",
                [],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
        })
        .map_err(|error| format!("{error:?}"))?;
    for (row, bytes) in rows {
        tracing::debug!(number, row, bytes, "a row of a lane with open rows");
    }
    Ok(())
}
