//! The outbox, read: what is to be sent, and rows for people to look at.

use crate::{Engine, EngineError, Sql, UnitOfWork};
use rusqlite::Row;
use std::collections::BTreeSet;
use turndown_protocol::{EntityRef, EventId, SealedEvent};

/// Where an event stands. `syncing` is not here: see [`Engine::in_flight`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum OutboxState {
    /// Waits to be sent.
    Pending,
    /// The service has it.
    Synced,
    /// Refused, or given up after tries.
    Failed,
    /// Somebody else changed the same thing.
    Conflict,
    /// Waits for an earlier event of the same entity.
    Held,
    /// Settled by a later event.
    Settled,
    /// Given up by a named person.
    Discarded,
}

impl OutboxState {
    /// The state as it stands in the table.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Synced => "synced",
            Self::Failed => "failed",
            Self::Conflict => "conflict",
            Self::Held => "held",
            Self::Settled => "settled",
            Self::Discarded => "discarded",
        }
    }

    /// Reads it back.
    ///
    /// # Errors
    /// When the table holds something else, which its CHECK forbids.
    pub fn parse(text: &str) -> Result<Self, EngineError> {
        [Self::Pending, Self::Synced, Self::Failed, Self::Conflict, Self::Held, Self::Settled, Self::Discarded]
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or_else(|| EngineError::stored("outbox state", text.to_owned()))
    }

    /// Whether the event's effect is part of what this desk shows as its own, beyond the service's row.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::Pending | Self::Failed | Self::Conflict | Self::Held)
    }
}

/// Something to send.
#[derive(Debug, Clone, PartialEq)]
pub struct OutboxItem {
    /// Which event.
    pub event_id: EventId,
    /// Its place in this desk's record.
    pub local_seq: u64,
    /// Its lane.
    pub entity: EntityRef,
    /// Its frozen bytes.
    pub bytes: String,
}

/// Which rows to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowFilter {
    /// All.
    All,
    /// On their way: pending, and held behind those.
    Waiting,
    /// Failed, conflict, and held behind those.
    Attention,
    /// Synced and settled.
    Acknowledged,
    /// Discarded.
    Discarded,
}

/// An outbox row with its event.
#[derive(Debug, Clone, PartialEq)]
pub struct OutboxRow {
    /// The event.
    pub sealed: SealedEvent,
    /// Where it stands.
    pub state: OutboxState,
    /// Tries that counted.
    pub attempts: u32,
    /// The last answer's code.
    pub last_code: Option<String>,
    /// The last answer in words.
    pub last_message: Option<String>,
    /// For held: what has to move first.
    pub held_by: Option<EventId>,
    /// Where that stands.
    pub held_by_state: Option<OutboxState>,
    /// For settled and discarded: by what.
    pub settled_by: Option<EventId>,
    /// Its sequence number on the service.
    pub seq: Option<u64>,
    /// When the service's answer came.
    pub acknowledged_at: Option<String>,
}

const ROW: &str = "SELECT a.bytes, o.state, o.attempts, o.last_code, o.last_message, o.held_by, h.state, o.settled_by,
        o.seq, o.acknowledged_at
    FROM outbox o JOIN audit_local a ON a.local_seq = o.local_seq
    LEFT JOIN outbox h ON o.state = 'held' AND h.event_id = o.held_by";

struct RawRow {
    bytes: String,
    state: String,
    attempts: u32,
    last_code: Option<String>,
    last_message: Option<String>,
    held_by: Option<String>,
    held_by_state: Option<String>,
    settled_by: Option<String>,
    seq: Option<u64>,
    acknowledged_at: Option<String>,
}

fn raw(row: &Row<'_>) -> rusqlite::Result<RawRow> {
    Ok(RawRow {
        bytes: row.get(0)?,
        state: row.get(1)?,
        attempts: row.get(2)?,
        last_code: row.get(3)?,
        last_message: row.get(4)?,
        held_by: row.get(5)?,
        held_by_state: row.get(6)?,
        settled_by: row.get(7)?,
        seq: row.get(8)?,
        acknowledged_at: row.get(9)?,
    })
}

pub(crate) fn event_id(text: &str) -> Result<EventId, EngineError> {
    EventId::parse(text).map_err(|error| EngineError::stored("event id", error))
}

impl RawRow {
    fn read(self) -> Result<OutboxRow, EngineError> {
        Ok(OutboxRow {
            sealed: SealedEvent::from_bytes(self.bytes)?,
            state: OutboxState::parse(&self.state)?,
            attempts: self.attempts,
            last_code: self.last_code,
            last_message: self.last_message,
            held_by: self.held_by.as_deref().map(event_id).transpose()?,
            held_by_state: self.held_by_state.as_deref().map(OutboxState::parse).transpose()?,
            settled_by: self.settled_by.as_deref().map(event_id).transpose()?,
            seq: self.seq,
            acknowledged_at: self.acknowledged_at,
        })
    }
}

impl UnitOfWork<'_> {
    /// Where an event of this desk stands.
    ///
    /// # Errors
    /// When SQLite refuses or something stored cannot be read.
    pub fn outbox_state(&mut self, id: &EventId) -> Result<Option<OutboxState>, EngineError> {
        let state: Option<String> =
            self.first("SELECT state FROM outbox WHERE event_id = ?1", [id.as_str()], |row| row.get(0))?;
        state.as_deref().map(OutboxState::parse).transpose()
    }
}

impl Engine {
    /// The next events to send, oldest first and in lane order, leaving out lanes that are on their way.
    ///
    /// # Errors
    /// When SQLite refuses or something stored cannot be read.
    pub fn next_to_send(
        &self,
        events_max: usize,
        bytes_max: usize,
        leave_out: &BTreeSet<EntityRef>,
    ) -> Result<Vec<OutboxItem>, EngineError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT o.event_id, o.local_seq, o.entity_kind, o.entity_id, a.bytes
                 FROM outbox o JOIN audit_local a ON a.local_seq = o.local_seq
                 WHERE o.state = 'pending' ORDER BY o.lane_rank, o.local_seq",
            )?;
            let mut rows = statement.query([])?;
            let (mut items, mut bytes_sum) = (Vec::new(), 0);
            while let Some(row) = rows.next()? {
                let entity = EntityRef::new(row.get::<_, String>(2)?, row.get::<_, String>(3)?);
                if leave_out.contains(&entity) {
                    continue;
                }
                let bytes: String = row.get(4)?;
                // One event may be over the limit alone: the service says so, and it alone is parked (B10).
                if !items.is_empty() && bytes_sum + bytes.len() > bytes_max {
                    break;
                }
                bytes_sum += bytes.len();
                let event_id = event_id(&row.get::<_, String>(0)?)?;
                items.push(OutboxItem { event_id, local_seq: row.get(1)?, entity, bytes });
                if items.len() == events_max {
                    break;
                }
            }
            Ok(items)
        })
    }

    /// One event with where it stands.
    ///
    /// # Errors
    /// When SQLite refuses or something stored cannot be read.
    pub fn row(&self, id: &EventId) -> Result<Option<OutboxRow>, EngineError> {
        self.read(|mut connection| {
            connection.first(&format!("{ROW} WHERE o.event_id = ?1"), [id.as_str()], raw)?.map(RawRow::read).transpose()
        })
    }

    /// Rows for people: what needs a look first, then as they will be sent, then the newest acknowledged.
    /// Also answers how many there are in all.
    ///
    /// # Errors
    /// When SQLite refuses or something stored cannot be read.
    pub fn rows(&self, filter: RowFilter, offset: u32, limit: u32) -> Result<(Vec<OutboxRow>, u32), EngineError> {
        let attention =
            "(o.state IN ('failed', 'conflict') OR (o.state = 'held' AND h.state IN ('failed', 'conflict')))";
        let which = match filter {
            RowFilter::All => "1".to_owned(),
            RowFilter::Waiting => {
                "(o.state = 'pending' OR (o.state = 'held' AND h.state NOT IN ('failed', 'conflict')))".to_owned()
            }
            RowFilter::Attention => attention.to_owned(),
            RowFilter::Acknowledged => "o.state IN ('synced', 'settled')".to_owned(),
            RowFilter::Discarded => "o.state = 'discarded'".to_owned(),
        };
        self.read(|mut connection| {
            let total = connection
                .first(
                    &format!(
                        "SELECT count(*) FROM outbox o
                         LEFT JOIN outbox h ON o.state = 'held' AND h.event_id = o.held_by WHERE {which}"
                    ),
                    [],
                    |row| row.get(0),
                )?
                .unwrap_or(0);
            let rows = connection
                .all(
                    &format!(
                        "{ROW} WHERE {which}
                         ORDER BY CASE WHEN {attention} THEN 0 WHEN o.state IN ('pending', 'held') THEN 1 ELSE 2 END,
                             CASE WHEN o.state IN ('synced', 'settled', 'discarded') THEN -o.local_seq ELSE o.local_seq END
                         LIMIT ?1 OFFSET ?2"
                    ),
                    [limit, offset],
                    raw,
                )?
                .into_iter()
                .map(RawRow::read)
                .collect::<Result<_, _>>()?;
            Ok((rows, total))
        })
    }

    /// When the oldest event that still waits was recorded.
    ///
    /// # Errors
    /// When SQLite refuses or something stored cannot be read.
    pub fn oldest_waiting(&self) -> Result<Option<String>, EngineError> {
        self.read(|mut connection| {
            let bytes: Option<String> = connection.first(
                "SELECT a.bytes FROM audit_local a WHERE a.local_seq =
                    (SELECT min(local_seq) FROM outbox WHERE state = 'pending')",
                [],
                |row| row.get(0),
            )?;
            Ok(bytes.map(SealedEvent::from_bytes).transpose()?.map(|sealed| sealed.event.recorded_at))
        })
    }

    /// A person asks to try a failed event again as it is. Only what the service has given no final answer to can be
    /// sent again; everything else needs a new event.
    ///
    /// Returns whether it will be sent.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn send_again(&self, id: &EventId) -> Result<bool, EngineError> {
        let id = id.clone();
        self.write(move |work| {
            let entity = work.first(
                "SELECT entity_kind, entity_id FROM outbox WHERE event_id = ?1 AND state = 'failed' AND answered = 0",
                [id.as_str()],
                |row| Ok(EntityRef::new(row.get::<_, String>(0)?, row.get::<_, String>(1)?)),
            )?;
            let Some(entity) = entity else { return Ok(false) };
            work.execute(
                "UPDATE outbox SET state = 'pending', attempts = 0, last_code = NULL, last_message = NULL WHERE event_id = ?1",
                [id.as_str()],
            )?;
            work.release_lane(&entity)?;
            work.mark(&entity)?;
            Ok(true)
        })
    }
}
