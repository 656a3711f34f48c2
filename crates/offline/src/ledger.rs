//! The sum that must always be right.

use crate::engine::lock;
use crate::state;
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

    fn add(&mut self, state: &str, behind: Option<&str>, count: u64) {
        match (state, behind) {
            ("synced" | "settled", _) => self.acknowledged += count,
            ("failed" | "conflict", _) | ("held", Some("failed" | "conflict")) => self.attention += count,
            ("discarded", _) => self.discarded += count,
            _ => self.waiting += count,
        }
    }
}

/// Held rows count with what holds them. They are found among those that cannot move, which have an index.
const HELD: &str = "SELECT o.state, h.state, count(*) FROM outbox o LEFT JOIN outbox h ON h.event_id = o.held_by
    WHERE o.state = 'held' AND o.state IN ('failed', 'conflict', 'held') GROUP BY 1, 2";
/// Facts with the counts of rows that were pruned.
pub(crate) const SEALED_ACKNOWLEDGED: &str = "sealed_acknowledged";
pub(crate) const SEALED_DISCARDED: &str = "sealed_discarded";

impl Engine {
    /// The ledger, from the counts that the rows keep of themselves and the new end of the audit trail: as quick with
    /// 400,000 rows as with ten.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn ledger(&self) -> Result<Ledger, EngineError> {
        let (until, counted) = *lock(&self.shared().audit_counted);
        let (ledger, newest) = self.read(|mut connection| {
            // The trail is only appended to, so what was counted once stays counted.
            let (new, newest) = connection
                .first("SELECT count(*), max(local_seq) FROM audit_local WHERE local_seq > ?1", [until], |row| {
                    Ok((row.get::<_, u64>(0)?, row.get::<_, Option<u64>>(1)?))
                })?
                .unwrap_or_default();
            let mut ledger = Ledger { recorded: counted + new, ..Ledger::default() };
            let counts = connection.all("SELECT state, n FROM outbox_counts WHERE state <> 'held'", [], |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, u64>(1)?))
            })?;
            for (state, count) in counts {
                ledger.add(&state, None, count);
            }
            add_held(&mut connection, &mut ledger)?;
            add_sealed(&mut connection, &mut ledger)?;
            Ok((ledger, newest))
        })?;
        if let Some(newest) = newest {
            let mut known = lock(&self.shared().audit_counted);
            if newest > known.0 {
                *known = (newest, ledger.recorded);
            }
        }
        Ok(ledger)
    }

    /// The ledger counted from every row, believing no count. Slow with many rows; for a check behind an open desk.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn ledger_from_rows(&self) -> Result<Ledger, EngineError> {
        self.read(|mut connection| {
            let mut ledger = Ledger {
                recorded: connection.first("SELECT count(*) FROM audit_local", [], |row| row.get(0))?.unwrap_or(0),
                ..Ledger::default()
            };
            let counts = connection.all(
                "SELECT state, count(*) FROM outbox NOT INDEXED WHERE state <> 'held' GROUP BY 1",
                [],
                |row| Ok((row.get::<_, String>(0)?, row.get::<_, u64>(1)?)),
            )?;
            for (state, count) in counts {
                ledger.add(&state, None, count);
            }
            add_held(&mut connection, &mut ledger)?;
            add_sealed(&mut connection, &mut ledger)?;
            Ok(ledger)
        })
    }
}

fn add_held<S: Sql>(sql: &mut S, ledger: &mut Ledger) -> Result<(), EngineError> {
    let held = sql
        .all(HELD, [], |row| Ok((row.get::<_, String>(0)?, row.get::<_, Option<String>>(1)?, row.get::<_, u64>(2)?)))?;
    for (state, behind, count) in held {
        ledger.add(&state, behind.as_deref(), count);
    }
    Ok(())
}

/// Rows that were pruned, over all the desk's life.
pub(crate) fn let_go<S: Sql>(sql: &mut S) -> Result<u64, EngineError> {
    let mut ledger = Ledger::default();
    add_sealed(sql, &mut ledger)?;
    Ok(ledger.acknowledged + ledger.discarded)
}

fn add_sealed<S: Sql>(sql: &mut S, ledger: &mut Ledger) -> Result<(), EngineError> {
    let mut sealed = |fact: &str| -> Result<u64, EngineError> {
        let text = state::read(sql, fact)?;
        Ok(text.and_then(|text| text.parse().ok()).unwrap_or(0))
    };
    ledger.acknowledged += sealed(SEALED_ACKNOWLEDGED)?;
    ledger.discarded += sealed(SEALED_DISCARDED)?;
    Ok(())
}
