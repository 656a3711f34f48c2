//! Taking up what the second copy has and the database has not.
//!
//! Every entry comes back with the bytes that it always had, and is sent again unless a receipt shows that the service
//! has it: ids make that harmless. A decision goes to the head of its lane with what it settles behind it, as when it
//! was recorded.

use crate::chain::{Kept, MISSING, STRAYS};
use crate::engine::{Engine, Sort};
use crate::open::{REPAIR_UNTOLD, RepairReport};
use crate::restored::{REPAIRED, RESTORING};
use crate::state::HOLDS_BACK;
use crate::{EngineError, Sql, UnitOfWork, now_ms};
use serde_json::json;
use std::collections::BTreeSet;
use turndown_protocol::{AuditHead, EntityRef, EventId, InstallId};

/// Entries in one unit of work: a start that is killed half way goes on from there at the next.
const ENTRIES_A_UNIT: usize = 500;

impl Engine {
    /// Takes entries up, in order, and keeps the report with them. With the last of them the repair is written into
    /// the record, and a desk whose record has a gap or a branch goes on under a new install id.
    pub(crate) fn take_up(
        &self,
        entries: Vec<(u64, Kept)>,
        [missing, strays]: [&[(u64, u64)]; 2],
        mut report: RepairReport,
    ) -> Result<RepairReport, EngineError> {
        // What an earlier start took up before it was stopped is shown with the rest.
        let whole = entries.len() <= ENTRIES_A_UNIT && report.taken_up == 0;
        let text = |list: &[(u64, u64)]| serde_json::to_string(list).map_err(|e| EngineError::stored("report", e));
        let lists = [(MISSING, text(missing)?), (STRAYS, text(strays)?)];
        if !entries.is_empty() {
            for fact in HOLDS_BACK {
                report.sends_again |= self.fact(fact)?.is_some();
            }
        }
        let mut rest = entries.into_iter().peekable();
        loop {
            let now: Vec<(u64, Kept)> = rest.by_ref().take(ENTRIES_A_UNIT).collect();
            report.taken_up += now.len() as u64;
            report.noted = rest.peek().is_none();
            let (lists, told, kept) = (lists.clone(), report.to_json()?, report.clone());
            let strays = strays.to_vec();
            self.write(move |work| {
                // Gaps and branches are said before anything is put behind one.
                for (fact, list) in &lists {
                    work.set_fact(fact, (list != "[]").then_some(list.as_str()))?;
                }
                work.set_fact(REPAIR_UNTOLD, Some(&told))?;
                if !now.is_empty() {
                    // A database that lacks entries is older than the desk's record, and so is what it says of the
                    // others' fate.
                    work.set_fact(RESTORING, Some(REPAIRED))?;
                    for fact in HOLDS_BACK {
                        work.set_fact(fact, None)?;
                    }
                }
                let touched = work.take_up(&now, &strays)?;
                if !kept.noted {
                    return Ok(());
                }
                // Each room is shown once, however much of it comes: nobody sees anything before the last unit.
                let touched = if whole { touched } else { work.entities_of_outbox()? };
                for entity in touched {
                    work.refresh(&entity)?;
                }
                work.note_repair(&kept)
            })?;
            if report.noted {
                return Ok(report);
            }
        }
    }
}

impl UnitOfWork<'_> {
    fn note_repair(&mut self, report: &RepairReport) -> Result<(), EngineError> {
        let id = |work: &Self| (now_ms(work.environment()), work.environment().random());
        if report.needs_new_install {
            let ((now, random), (at, more)) = (id(self), id(self));
            self.continue_as(InstallId::generate(now, random), EventId::generate(at, more))?;
        }
        // Where the files are is this machine's own affair.
        let args = json!({
            "taken_up": report.taken_up,
            "from_database": report.from_database,
            "from_copy": report.from_copy,
            "unreadable": report.unreadable,
            "backup": report.backup,
            "missing": report.missing,
            "strays": report.strays,
        });
        let (now, random) = id(self);
        self.note_of_desk(EventId::generate(now, random), "recovered", args)
    }

    /// Puts entries into the record and the outbox. Answers whose they are; nothing of them is shown yet.
    fn take_up(&mut self, entries: &[(u64, Kept)], strays: &[(u64, u64)]) -> Result<BTreeSet<EntityRef>, EngineError> {
        let mut entities = BTreeSet::new();
        for (seq, kept) in entries {
            let sealed = kept.read()?;
            let event = &sealed.event;
            // The desk had gone on under another id when it recorded this: that is who it is.
            if event.install_id != self.state.install_id && !strays.iter().any(|(from, to)| (*from..=*to).contains(seq))
            {
                self.become_install(event.install_id.clone())?;
            }
            self.execute(
                "INSERT INTO audit_local (local_seq, event_id, prev_hash, hash, bytes) VALUES (?1, ?2, ?3, ?4, ?5)",
                (seq, event.event_id.as_str(), &event.prev_hash, &sealed.hash, &sealed.bytes),
            )?;
            let receipt = self.first(
                "SELECT seq, received_at, outcome FROM receipts
                 WHERE event_id = ?1 AND outcome IN ('applied', 'merged', 'settled', 'duplicate')",
                [event.event_id.as_str()],
                |row| Ok((row.get::<_, Option<u64>>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?)),
            )?;
            let rank = if event.settles.is_empty() { 2 } else { 0 };
            let state = match &receipt {
                Some((_, _, outcome)) if outcome == "settled" => "settled",
                Some(_) => "synced",
                None => "pending",
            };
            let (answer, at) = receipt.map_or((None, None), |(answer, at, _)| (answer, Some(at)));
            self.execute(
                "INSERT INTO outbox
                    (local_seq, event_id, entity_kind, entity_id, state, lane_rank, answered, seq, acknowledged_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                (
                    seq,
                    event.event_id.as_str(),
                    &event.entity.kind,
                    &event.entity.id,
                    state,
                    rank,
                    u8::from(state != "pending"),
                    answer,
                    at,
                ),
            )?;
            for settled in &event.settles {
                // Taken once, says the database; but people decided about it later, so it had not stayed so.
                self.execute(
                    "UPDATE outbox SET state = 'pending', answered = 0, seq = NULL, acknowledged_at = NULL,
                        acknowledged_day = NULL WHERE event_id = ?1 AND state = 'synced'",
                    [settled.as_str()],
                )?;
            }
            self.put_behind(&event.event_id, rank, &event.settles)?;
            self.take_hold(event)?;
            entities.insert(event.entity.clone());
            self.state.head = AuditHead { local_seq: *seq, hash: sealed.hash.clone() };
        }
        self.touch(Sort::Outbox);
        Ok(entities)
    }

    fn entities_of_outbox(&mut self) -> Result<BTreeSet<EntityRef>, EngineError> {
        let all = self.all("SELECT DISTINCT entity_kind, entity_id FROM outbox", [], |row| {
            Ok(EntityRef::new(row.get::<_, String>(0)?, row.get::<_, String>(1)?))
        })?;
        Ok(all.into_iter().collect())
    }
}
