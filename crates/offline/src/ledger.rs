//! The sum that must always be right.

use crate::{Engine, EngineError, Sql};

/// recorded = acknowledged + waiting + needs attention + discarded. `recorded` counts the audit trail, the others
/// count outbox rows and the sealed counts of pruned ones, so that the sum can fail.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ledger {
    /// Everything ever recorded here.
    pub recorded: u64,
    /// Synced and settled.
    pub acknowledged: u64,
    /// Pending (on its way or not), and held behind those.
    pub waiting: u64,
    /// Failed, conflict, and held behind those.
    pub attention: u64,
    /// Given up by a named person.
    pub discarded: u64,
}

impl Ledger {
    /// Whether the sum is right.
    #[must_use]
    pub fn is_balanced(&self) -> bool {
        self.recorded == self.acknowledged + self.waiting + self.attention + self.discarded
    }
}

impl Engine {
    /// Counts the ledger from the rows.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn ledger(&self) -> Result<Ledger, EngineError> {
        self.read(|mut connection| {
            let mut ledger = Ledger {
                recorded: connection.first("SELECT count(*) FROM audit_local", [], |row| row.get(0))?.unwrap_or(0),
                ..Ledger::default()
            };
            let counts = connection.all(
                "SELECT o.state, h.state, count(*) FROM outbox o
                 LEFT JOIN outbox h ON o.state = 'held' AND h.event_id = o.held_by GROUP BY 1, 2",
                [],
                |row| Ok((row.get::<_, String>(0)?, row.get::<_, Option<String>>(1)?, row.get::<_, u64>(2)?)),
            )?;
            for (state, behind, count) in counts {
                match (state.as_str(), behind.as_deref()) {
                    ("synced" | "settled", _) => ledger.acknowledged += count,
                    ("failed" | "conflict", _) | ("held", Some("failed" | "conflict")) => ledger.attention += count,
                    ("discarded", _) => ledger.discarded += count,
                    _ => ledger.waiting += count,
                }
            }
            let sealed: Option<String> =
                connection.first("SELECT value FROM sync_state WHERE key = 'sealed_acknowledged'", [], |r| r.get(0))?;
            ledger.acknowledged += sealed.and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
            Ok(ledger)
        })
    }
}
