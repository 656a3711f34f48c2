//! What became of an event, and if nothing yet, why: one true answer for every event of this desk, made from its row,
//! its lane and its receipt. Whoever recorded something can wait for it.

use crate::outbox::{OutboxRow, event_id};
use crate::{Engine, EngineError, OnHold, OutboxState, Sql};
use turndown_protocol::EventId;

/// What became of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It will be sent, and this is what it waits for.
    Waits(Waits),
    /// The service took it as it was.
    Applied {
        /// Its sequence number there.
        seq: Option<u64>,
    },
    /// The service took it beside what others had changed.
    Merged {
        /// Its sequence number there.
        seq: Option<u64>,
    },
    /// A later event decided it.
    Settled {
        /// Which.
        by: Option<EventId>,
    },
    /// A person gave it up.
    Discarded {
        /// By which event.
        by: Option<EventId>,
    },
    /// Somebody else changed the same thing: a person decides.
    Conflict {
        /// The service's code.
        code: String,
        /// The service's words.
        message: String,
    },
    /// The service does not take it, or it could not be sent: a person looks.
    Failed {
        /// The code.
        code: String,
        /// In words.
        message: String,
        /// The service answered for good: only a new event can try again.
        answered: bool,
    },
    /// It was acknowledged longer ago than the service's backups reach back; only the audit trail still has it.
    LongAcknowledged,
}

/// What an event that is not done waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Waits {
    /// Its answer: it is on its way.
    OnItsWay,
    /// An earlier event of the same entity, which is sent first.
    Behind(EventId),
    /// A person: an earlier event of the same entity needs one.
    BehindStopped(EventId),
    /// A decision about it that is not acknowledged yet.
    Decision(EventId),
    /// A person: the later event that would settle it failed itself.
    DecisionStopped(EventId),
    /// The service did not take it yet and said why; it is asked again.
    AskedAgain {
        /// The service's code.
        code: String,
        /// The service's words.
        message: String,
    },
    /// A person, who holds all of the entity back.
    OnHold(OnHold),
    /// Nothing but the link: whatever the link says is the reason.
    Link,
}

impl Engine {
    /// What became of an event; `None` when it is not of this desk.
    ///
    /// # Errors
    /// When SQLite refuses or something stored cannot be read.
    pub fn fate(&self, id: &EventId) -> Result<Option<Fate>, EngineError> {
        let Some(row) = self.row(id)? else {
            let known = self.read(|mut connection| {
                connection.first("SELECT 1 FROM audit_local WHERE event_id = ?1", [id.as_str()], |_| Ok(()))
            })?;
            return Ok(known.map(|()| Fate::LongAcknowledged));
        };
        self.fate_of(&row).map(Some)
    }

    /// What became of the event of a row.
    ///
    /// # Errors
    /// As [`Engine::fate`].
    pub fn fate_of(&self, row: &OutboxRow) -> Result<Fate, EngineError> {
        let id = &row.sealed.event.event_id;
        let said = || {
            let code = row.last_code.clone().unwrap_or_else(|| "NOT_SENT".into());
            (code, row.last_message.clone().unwrap_or_default())
        };
        Ok(match row.state {
            OutboxState::Synced => {
                let outcome: Option<String> = self.read(|mut connection| {
                    connection
                        .first("SELECT outcome FROM receipts WHERE event_id = ?1", [id.as_str()], |row| row.get(0))
                })?;
                if outcome.as_deref() == Some("merged") {
                    Fate::Merged { seq: row.seq }
                } else {
                    Fate::Applied { seq: row.seq }
                }
            }
            OutboxState::Settled => Fate::Settled { by: row.settled_by.clone() },
            OutboxState::Discarded => Fate::Discarded { by: row.settled_by.clone() },
            OutboxState::Conflict => {
                let (code, message) = said();
                Fate::Conflict { code, message }
            }
            OutboxState::Failed => {
                let (code, message) = said();
                let answered = self.read(|mut connection| {
                    connection.first("SELECT answered FROM outbox WHERE event_id = ?1", [id.as_str()], |row| row.get(0))
                })?;
                Fate::Failed { code, message, answered: answered.unwrap_or(false) }
            }
            OutboxState::Held => Fate::Waits(match (&row.held_by, row.held_by_state) {
                (Some(by), state) => {
                    let stopped = matches!(state, Some(OutboxState::Failed | OutboxState::Conflict));
                    match (row.settled_by.as_ref() == Some(by), stopped) {
                        (true, false) => Waits::Decision(by.clone()),
                        (true, true) => Waits::DecisionStopped(by.clone()),
                        (false, true) => Waits::BehindStopped(by.clone()),
                        (false, false) => Waits::Behind(by.clone()),
                    }
                }
                (None, _) => Waits::Link,
            }),
            OutboxState::Pending => Fate::Waits(self.why_pending(row)?),
        })
    }

    fn why_pending(&self, row: &OutboxRow) -> Result<Waits, EngineError> {
        let event = &row.sealed.event;
        if self.is_in_flight(&event.event_id) {
            return Ok(Waits::OnItsWay);
        }
        if let Some(hold) = self.hold_of(&event.entity)? {
            return Ok(Waits::OnHold(hold));
        }
        let ahead: Option<String> = self.read(|mut connection| {
            connection.first(
                "SELECT event_id FROM outbox WHERE entity_kind = ?1 AND entity_id = ?2
                    AND state IN ('pending', 'failed', 'conflict', 'held') AND state = 'pending'
                    AND (lane_rank, local_seq) < (SELECT m.lane_rank, m.local_seq FROM outbox m WHERE m.local_seq = ?3)
                 ORDER BY lane_rank DESC, local_seq DESC LIMIT 1",
                (&event.entity.kind, &event.entity.id, event.local_seq),
                |row| row.get(0),
            )
        })?;
        Ok(match (ahead, &row.last_code) {
            (Some(ahead), _) => Waits::Behind(event_id(&ahead)?),
            (None, Some(code)) => {
                Waits::AskedAgain { code: code.clone(), message: row.last_message.clone().unwrap_or_default() }
            }
            (None, None) => Waits::Link,
        })
    }
}
