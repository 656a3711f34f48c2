//! What the flusher asks of the engine beside the queue: the end of the chain, lanes by name, and
//! the change of a service's epoch.

use crate::outbox::{as_recorded, event_id};
use crate::{Engine, EngineError, OutboxItem, Sql};
use std::collections::BTreeSet;
use turndown_protocol::{AuditHead, EntityRef, ZERO_HASH};

/// An entry of the chain as it stands in the database. Nothing of it has been looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditLine {
    /// Its number.
    pub local_seq: u64,
    /// SHA-256 of its bytes (hex).
    pub hash: String,
    /// The event, as it was sealed.
    pub bytes: String,
}

impl Engine {
    /// The end of this desk's audit chain.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn audit_head(&self) -> Result<AuditHead, EngineError> {
        self.read(|mut connection| {
            let head = connection.first(
                "SELECT local_seq, hash FROM audit_local ORDER BY local_seq DESC LIMIT 1",
                [],
                |row| Ok(AuditHead { local_seq: row.get(0)?, hash: row.get(1)? }),
            )?;
            Ok(head.unwrap_or_else(|| AuditHead { local_seq: 0, hash: ZERO_HASH.into() }))
        })
    }

    /// The hash of one entry of the chain; `None` where there is no such entry.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn audit_hash(&self, local_seq: u64) -> Result<Option<String>, EngineError> {
        self.read(|mut connection| {
            connection.first("SELECT hash FROM audit_local WHERE local_seq = ?1", [local_seq], |row| row.get(0))
        })
    }

    /// Entries of the chain behind a number, in order.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn audit_entries(&self, after_seq: u64, limit: u32) -> Result<Vec<AuditLine>, EngineError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT local_seq, hash, bytes FROM audit_local WHERE local_seq > ?1
                 ORDER BY local_seq LIMIT ?2",
            )?;
            let lines = statement.query_map((after_seq, limit), |row| {
                Ok(AuditLine { local_seq: row.get(0)?, hash: row.get(1)?, bytes: row.get(2)? })
            })?;
            Ok(lines.collect::<rusqlite::Result<_>>()?)
        })
    }

    /// The next events of some lanes and of no others, in lane order: the flusher looks this way for the one event
    /// that makes a whole batch fail.
    ///
    /// # Errors
    /// When SQLite refuses or something stored cannot be read.
    pub fn next_in_lanes(
        &self,
        lanes: &BTreeSet<EntityRef>,
        events_max: usize,
        bytes_max: usize,
    ) -> Result<Vec<OutboxItem>, EngineError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT o.event_id, o.local_seq, a.bytes, a.hash
                 FROM outbox o JOIN audit_local a ON a.local_seq = o.local_seq
                 WHERE o.entity_kind = ?1 AND o.entity_id = ?2 AND o.state = 'pending'
                 ORDER BY o.lane_rank, o.local_seq",
            )?;
            let (mut items, mut bytes_sum) = (Vec::new(), 0);
            let held_back = crate::on_hold::lanes(connection)?;
            'lanes: for lane in lanes.difference(&held_back) {
                let mut rows = statement.query([&lane.kind, &lane.id])?;
                while let Some(row) = rows.next()? {
                    let bytes = as_recorded(row.get(2)?, &row.get::<_, String>(3)?)?;
                    if items.len() == events_max || (!items.is_empty() && bytes_sum + bytes.len() > bytes_max) {
                        break 'lanes;
                    }
                    bytes_sum += bytes.len();
                    let event_id = event_id(&row.get::<_, String>(0)?)?;
                    items.push(OutboxItem { event_id, local_seq: row.get(1)?, entity: lane.clone(), bytes });
                }
                if items.last().is_none_or(|item| item.entity != *lane) {
                    crate::carried::pick_in_lane(connection, lane, events_max, bytes_max, &mut items)?;
                }
            }
            Ok(items)
        })
    }

    /// The service answers in an epoch that this desk has not met: what the desk knows of its rows may be newer than
    /// what the service has now. The cursor is forgotten, and the versions with it, so that the next snapshot counts.
    /// The outbox is not touched.
    ///
    /// # Errors
    /// When the database refuses; nothing changed then.
    pub fn begin_epoch(&self, store_id: &str, epoch: &str) -> Result<(), EngineError> {
        let (store_id, epoch) = (store_id.to_owned(), epoch.to_owned());
        self.write_behind(move |work| {
            work.set_fact("store_id", Some(&store_id))?;
            work.set_fact("epoch", Some(&epoch))?;
            work.set_fact("cursor", None)?;
            work.forget_epoch()?;
            work.execute("UPDATE mirror SET version = 0, row = json_set(row, '$.version', 0)", [])?;
            Ok(())
        })
    }
}
