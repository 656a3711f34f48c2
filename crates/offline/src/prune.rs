//! Letting go of what nobody can ask for any more: outbox rows and receipts that were acknowledged longer ago than the
//! service's backups reach back. The audit trail keeps every event; pruned rows leave a count in the ledger.
//!
//! "Longer ago" is counted in days of this desk's own uptime, never by a clock: a clock that jumps ten years must not
//! throw away what a restored service will ask for tomorrow. A desk that runs eight hours a day keeps three times as
//! long, which costs disk and loses nothing.

use crate::engine::lock;
use crate::ledger::{SEALED_ACKNOWLEDGED, SEALED_DISCARDED};
use crate::{Engine, EngineError, Sql, UnitOfWork};
use turndown_protocol::Mode;

/// Hours of uptime of this desk, over all its starts.
const UPTIME_HOURS: &str = "uptime_hours";
/// Rows let go in one unit of work.
const ROWS_A_UNIT: usize = 60;

impl Engine {
    /// The desk ran for one more hour. Answers whether a day of uptime is full: then it is time to [`Engine::prune`].
    ///
    /// # Errors
    /// When the database refuses.
    pub fn ran_an_hour(&self) -> Result<bool, EngineError> {
        self.write_behind(|work| {
            let hours = work.uptime_hours()? + 1;
            work.set_fact(UPTIME_HOURS, Some(&hours.to_string()))?;
            Ok(hours % 24 == 0)
        })
    }

    /// Lets go of rows that were acknowledged more than so many full days of uptime ago, while the service is there to say
    /// that it still has them. Answers how many rows went.
    ///
    /// # Errors
    /// When the database refuses. What went before that is sealed.
    pub fn prune(&self, horizon_days: u32) -> Result<u64, EngineError> {
        let hours = self.fact(UPTIME_HOURS)?.and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
        let today = hours / 24;
        // What a decision settled was taken with the decision and has no day of its own: it counts from here on.
        self.write_behind(move |work| {
            work.execute(
                "UPDATE outbox SET acknowledged_day = ?1
                 WHERE state IN ('synced', 'settled', 'discarded') AND acknowledged_day IS NULL",
                [today],
            )
        })?;
        // A service that was restored while it could not be heard may have lost any of it.
        if *lock(&self.shared().mode) != Mode::Online || self.is_restoring()? {
            return Ok(0);
        }
        let Some(before) = today.checked_sub(u64::from(horizon_days)) else { return Ok(0) };
        let (mut after, mut pruned) = (0_u64, 0_u64);
        loop {
            let rows: Vec<(u64, String)> = self.read(|mut connection| {
                connection.all(
                    &format!(
                        "SELECT local_seq, event_id FROM outbox
                         WHERE local_seq > ?1 AND state IN ('synced', 'settled', 'discarded')
                            AND acknowledged_day < ?2
                         ORDER BY local_seq LIMIT {ROWS_A_UNIT}"
                    ),
                    (after, before),
                    |row| Ok((row.get(0)?, row.get(1)?)),
                )
            })?;
            let Some((last, _)) = rows.last() else { break };
            after = *last;
            pruned += self.write_behind(move |work| work.let_go(&rows))?;
        }
        Ok(pruned + self.prune_carried(before)?)
    }
}

impl UnitOfWork<'_> {
    fn uptime_hours(&mut self) -> Result<u64, EngineError> {
        Ok(self.fact(UPTIME_HOURS)?.and_then(|text| text.parse().ok()).unwrap_or(0))
    }

    /// The day of uptime, for rows that are acknowledged now.
    pub(crate) fn uptime_day(&mut self) -> Result<u64, EngineError> {
        Ok(self.uptime_hours()? / 24)
    }

    fn let_go(&mut self, rows: &[(u64, String)]) -> Result<u64, EngineError> {
        let (mut acknowledged, mut discarded) = (0_u64, 0_u64);
        for (local_seq, event_id) in rows {
            // What did not end as it was done stays known, for reports on that time.
            self.execute(
                "INSERT INTO long_ago (local_seq, came_to)
                 SELECT o.local_seq, iif(o.state = 'synced', r.outcome, o.state)
                 FROM outbox o LEFT JOIN receipts r ON r.event_id = o.event_id
                 WHERE o.local_seq = ?1 AND (o.state IN ('settled', 'discarded') OR o.state = 'synced' AND r.outcome = 'merged')
                 ON CONFLICT (local_seq) DO NOTHING",
                [local_seq],
            )?;
            // A row that a restored service asked for meanwhile stays.
            let state: Option<String> = self.first(
                "DELETE FROM outbox WHERE local_seq = ?1 AND state IN ('synced', 'settled', 'discarded') RETURNING state",
                [local_seq],
                |row| row.get(0),
            )?;
            match state.as_deref() {
                None => continue,
                Some("discarded") => discarded += 1,
                Some(_) => acknowledged += 1,
            }
            self.execute("DELETE FROM receipts WHERE event_id = ?1", [event_id])?;
        }
        for (fact, more) in [(SEALED_ACKNOWLEDGED, acknowledged), (SEALED_DISCARDED, discarded)] {
            let before: u64 = self.fact(fact)?.and_then(|text| text.parse().ok()).unwrap_or(0);
            self.set_fact(fact, Some(&(before + more).to_string()))?;
        }
        self.touch(crate::Sort::Outbox);
        Ok(acknowledged + discarded)
    }
}
