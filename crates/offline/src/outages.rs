//! When this desk was without its service, kept for the report afterwards.
//!
//! An outage is a stretch of the desk's own record: what was done in it is known by number, so that no clock that was set
//! meanwhile can put an action into it or out of it. Its times are for people.
//!
//! Whoever knows the link says when one begins and ends. One that is open when the desk is closed or killed is open when it
//! starts again, and ends when the service next answers.

use crate::engine::{Engine, Sort};
use crate::{EngineError, Sql, UnitOfWork, rfc3339};
use chrono::{DateTime, Utc};
use rusqlite::Row;

/// A break that is shorter, and in which nobody did anything, is forgotten.
const WORTH_KEEPING_S: i64 = 60;
/// Outages that are kept, the newest.
const KEPT: i64 = 500;

/// When this desk was without its service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outage {
    /// Its name.
    pub id: u64,
    /// When the desk noticed it (RFC 3339, this desk's clock).
    pub began_at: String,
    /// The last number recorded before it.
    pub after_seq: u64,
    /// The reason's code, as it was first known.
    pub code: String,
    /// When the service answered again; absent while it lasts.
    pub ended_at: Option<String>,
    /// The last number recorded in it: the newest of all while it lasts.
    pub until_seq: u64,
}

/// What waits for the link and for nothing else. What a restored service is offered again was sent long ago, and what
/// somebody holds back would wait with any link.
const BY_THE_LINK: &str = "o.state = 'pending' AND o.lane_rank >= 0
    AND (o.entity_kind, o.entity_id) NOT IN (SELECT entity_kind, entity_id FROM on_hold)";

const OUTAGE: &str = "SELECT id, began_at, after_seq, code, ended_at,
        coalesce(until_seq, (SELECT max(local_seq) FROM audit_local), after_seq) FROM outages";

fn outage(row: &Row<'_>) -> rusqlite::Result<Outage> {
    Ok(Outage {
        id: row.get(0)?,
        began_at: row.get(1)?,
        after_seq: row.get(2)?,
        code: row.get(3)?,
        ended_at: row.get(4)?,
        until_seq: row.get(5)?,
    })
}

impl Engine {
    /// The service does not answer any more, or nothing may be sent. An outage that is open goes on, and one whose work
    /// was being sent when the link broke again is still the same. `paused` where somebody had paused the sending: what
    /// waits then says nothing about when the service went.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn outage_begins(&self, code: &str, paused: bool) -> Result<(), EngineError> {
        let code = code.to_owned();
        self.write_behind(move |work| work.outage_begins(&code, paused))
    }

    /// The service answers again.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn outage_ends(&self) -> Result<(), EngineError> {
        // Asked at every start: most of them have none to end, and a unit of work costs a write.
        match self.outages(1)?.first() {
            Some(last) if last.ended_at.is_none() => self.write_behind(|work| work.outage_ends()),
            _ => Ok(()),
        }
    }

    /// The newest outages, the newest first.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn outages(&self, most: u32) -> Result<Vec<Outage>, EngineError> {
        self.read(|mut connection| connection.all(&format!("{OUTAGE} ORDER BY id DESC LIMIT ?1"), [most], outage))
    }

    /// One outage.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn outage(&self, id: u64) -> Result<Option<Outage>, EngineError> {
        self.read(|mut connection| connection.first(&format!("{OUTAGE} WHERE id = ?1"), [id], outage))
    }
}

impl UnitOfWork<'_> {
    fn last_outage(&mut self) -> Result<Option<Outage>, EngineError> {
        self.first(&format!("{OUTAGE} ORDER BY id DESC LIMIT 1"), [], outage)
    }

    fn outage_begins(&mut self, code: &str, paused: bool) -> Result<(), EngineError> {
        let last = self.last_outage()?;
        if let Some(last) = &last
            && (last.ended_at.is_none() || self.is_still_sent(last)?)
        {
            self.execute("UPDATE outages SET ended_at = NULL, until_seq = NULL WHERE id = ?1", [last.id])?;
        } else {
            // A desk notices that the service is gone by what it cannot send: that belongs to the outage too.
            let before = last.map_or(0, |last| last.until_seq);
            let sent: Option<u64> = self.first(
                &format!(
                    "SELECT a.local_seq FROM audit_local a LEFT JOIN outbox o ON o.local_seq = a.local_seq
                     WHERE a.local_seq > ?1 AND (?2 OR coalesce(NOT ({BY_THE_LINK}), 1)) ORDER BY a.local_seq DESC LIMIT 1"
                ),
                (before, paused),
                |row| row.get(0),
            )?;
            let began_at = rfc3339(self.now());
            self.execute(
                "INSERT INTO outages (began_at, after_seq, code) VALUES (?1, ?2, ?3)",
                (began_at, sent.unwrap_or(before), code),
            )?;
            self.execute("DELETE FROM outages WHERE id <= (SELECT max(id) FROM outages) - ?1", [KEPT])?;
        }
        self.touch(Sort::Outbox);
        Ok(())
    }

    /// Whether some of an outage's work still waits to be sent, and nothing that was done since has been.
    fn is_still_sent(&mut self, last: &Outage) -> Result<bool, EngineError> {
        let waits = self.first(
            &format!("SELECT 1 FROM outbox o WHERE local_seq > ?1 AND local_seq <= ?2 AND {BY_THE_LINK} LIMIT 1"),
            [last.after_seq, last.until_seq],
            |_| Ok(()),
        )?;
        let since = self.first(
            &format!("SELECT 1 FROM outbox o WHERE local_seq > ?1 AND NOT ({BY_THE_LINK}) LIMIT 1"),
            [last.until_seq],
            |_| Ok(()),
        )?;
        Ok(waits.is_some() && since.is_none())
    }

    fn outage_ends(&mut self) -> Result<(), EngineError> {
        let Some(last) = self.last_outage()?.filter(|last| last.ended_at.is_none()) else { return Ok(()) };
        let lasted = last.began_at.parse::<DateTime<Utc>>().map_or(i64::MAX, |at| (self.now() - at).num_seconds());
        if last.until_seq == last.after_seq && (0..WORTH_KEEPING_S).contains(&lasted) {
            self.execute("DELETE FROM outages WHERE id = ?1", [last.id])?;
        } else {
            let ended_at = rfc3339(self.now());
            self.execute(
                "UPDATE outages SET ended_at = ?2, until_seq = ?3 WHERE id = ?1",
                (last.id, ended_at, last.until_seq),
            )?;
        }
        self.touch(Sort::Outbox);
        Ok(())
    }
}
