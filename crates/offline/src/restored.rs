//! A service that was restored from a backup, or failed over to a copy that lacks its last commits, is given what it
//! lost: events that it had acknowledged go back to pending, with the same bytes and under the same ids, and are judged
//! by value. What it still has it answers as duplicates.
//!
//! They go in the order in which this desk heard that the service took them (a lane has one batch on its way at a time,
//! so within a room that is the service's order; sequence numbers start lower again after a restore), decisions before what they settle, and before
//! anything that it never saw. That order is kept as a negative `lane_rank`, which also tells them from first sendings.
//! A decision about one of them goes before the rest of them ([`RANK_BEFORE_AGAIN`]), which may stand on it.
//!
//! Deliberately absent: a look at what the service has, event by event. It says up to where it needs nothing again; all
//! behind that is offered, because offering twice does no harm.

use crate::engine::Engine;
use crate::lanes::EVENT;
use crate::outbox::event_id;
use crate::record::{Draft, Intent, Recorded};
use crate::{EngineError, RecordError, Sql, UnitOfWork, now_ms};
use serde_json::json;
use std::collections::BTreeMap;
use turndown_protocol::{ActorId, AuditHead, Continues, EntityRef, EventId, InstallId, ServiceHead};
use turndown_sabotage::{self as sabotage, Version};

/// The class of a conflict that an event makes which the service had taken before it was restored.
pub const SERVICE_RESTORED: &str = "service_restored";
/// The code on events that are offered again.
const AGAIN_CODE: &str = "SERVICE_RESTORED";
const AGAIN_MESSAGE: &str = "The hotel's service may not have this any more. It is sent again.";
/// Rows that go back to pending in one unit of work.
const ROWS_A_UNIT: usize = 60;
/// Lanes whose view is made anew in one unit of work.
const LANES_A_UNIT: usize = 8;
/// Set while events are being put back, so that a desk that stops on the way takes it up again; and by a repair, whose
/// receipts may be older than what this desk learned since, see [`REPAIRED`].
pub(crate) const RESTORING: &str = "restoring";
/// What a repair sets it to: the service has lost nothing, as far as the desk knows. But what the desk calls taken may be
/// of before the service was restored and judged it anew, so that all of it is offered, whatever the service holds.
pub(crate) const REPAIRED: &str = "repaired";
/// The newest head of the service's record that this desk heard of in the present epoch.
const HEAD_SEEN: &str = "head_seen";
/// The desk's own entity kind: events about the desk itself.
pub(crate) const DESK: &str = "desk";

/// Ranks of events that are offered again start here; each has room for what it settles.
const AGAIN_RANK: i64 = -4_611_686_018_427_387_904;
/// The rank of a decision about an event that was offered again. What it settles comes right behind it. Whatever stood
/// before that event in its lane has been answered, and what stands behind it may wait for the decision.
pub(crate) const RANK_BEFORE_AGAIN: i64 = AGAIN_RANK - 2;

/// Acknowledged, or answered for good: what the service would have to know.
const ANSWERED: &str = "(state IN ('synced', 'settled', 'discarded') OR answered = 1)";

/// Where an event stands in its lane.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Place {
    event_id: String,
    rank: i64,
    /// The decision that stands for it.
    settled_by: Option<String>,
    /// What it decides about.
    settles: Vec<String>,
}

/// The ranks of a lane's events, which come in the order of their numbers, such that each can be taken in its turn:
///
/// - what settles nothing and is not settled comes in the order in which it was recorded, as it was taken at first;
/// - a decision comes before all that was recorded behind what it settles;
/// - what a decision settles comes right behind it.
///
/// A rank that fits stays as it is, and none becomes higher but that of something settled.
fn arranged(lane: &[Place]) -> Vec<i64> {
    let mut ranks: Vec<i64> = lane.iter().map(|place| place.rank).collect();
    let number: BTreeMap<&str, usize> =
        lane.iter().enumerate().map(|(n, place)| (place.event_id.as_str(), n)).collect();
    let ordinary = |n: &usize| lane[*n].settled_by.is_none() && lane[*n].settles.is_empty();
    let mut least = i64::MAX;
    for n in (0..lane.len()).rev().filter(ordinary) {
        least = least.min(ranks[n]);
        ranks[n] = least;
    }
    for (n, place) in lane.iter().enumerate().filter(|(_, place)| place.settled_by.is_none()) {
        let Some(first) = place.settles.iter().filter_map(|id| number.get(id.as_str())).min() else { continue };
        let behind = (first + 1..lane.len()).filter(ordinary).map(|n| ranks[n]).min().unwrap_or(i64::MAX);
        // What it settles has its place between the two.
        ranks[n] = ranks[n].min(behind.saturating_sub(2));
    }
    for n in 0..lane.len() {
        let mut decision = n;
        // A decision may have been decided about in turn; there are never more steps than events.
        for _ in 0..lane.len() {
            match lane[decision].settled_by.as_ref().and_then(|by| number.get(by.as_str())) {
                Some(by) => decision = *by,
                None => break,
            }
        }
        if decision != n {
            ranks[n] = ranks[decision].saturating_add(1);
        }
    }
    ranks
}

/// What is none (an earlier version of Turndown kept a number here) shows nothing.
fn head_of(fact: Option<String>) -> Option<ServiceHead> {
    serde_json::from_str(&fact?).ok()
}

impl Engine {
    /// The newest head of the service's record that this desk heard of in an epoch.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn service_head(&self, epoch: &str) -> Result<Option<ServiceHead>, EngineError> {
        Ok(head_of(self.fact(HEAD_SEEN)?).filter(|head| head.epoch == epoch))
    }

    /// Whether putting events back began and did not end, or has to begin because the database was repaired.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn is_restoring(&self) -> Result<bool, EngineError> {
        Ok(self.fact(RESTORING)?.is_some())
    }

    /// The service lost something, or this desk's receipts cannot be relied on since a repair: puts back to pending what
    /// the service may not have any more, then begins its epoch. Nothing may be sent meanwhile. `holds_until` is what it says it holds of this install. Answers how many events are
    /// offered again.
    ///
    /// # Errors
    /// When the database refuses. What was put back stays so, and the next call goes on from there.
    pub fn offer_again(&self, store_id: &str, epoch: &str, holds_until: u64) -> Result<u64, EngineError> {
        let after_repair = self.fact(RESTORING)?.is_some_and(|why| why == REPAIRED);
        if !after_repair {
            self.set_facts(vec![(RESTORING, Some(epoch.to_owned()))])?;
        }
        let holds_until = if after_repair { 0 } else { holds_until };
        let begins = self.continues()?.map_or(0, |before| before.head.local_seq);
        // What an earlier install of this desk made is beyond what the service speaks of: all of it is offered. What came
        // to something else than to be taken came to it in another epoch, and the service may have taken it in this one.
        let which = format!("{ANSWERED} AND (local_seq > ?2 OR local_seq <= ?3 OR state <> 'synced')");
        let (mut after, mut offered) = (0_u64, 0_u64);
        loop {
            let rows: Vec<u64> = self.read(|mut connection| {
                connection.all(
                    &format!(
                        "SELECT local_seq FROM outbox WHERE local_seq > ?1 AND {which} ORDER BY local_seq LIMIT {ROWS_A_UNIT}"
                    ),
                    [after, holds_until, begins],
                    |row| row.get(0),
                )
            })?;
            let rows = if sabotage::on(Version::AcknowledgedNotKept) { vec![] } else { rows };
            let Some(last) = rows.last().copied() else { break };
            after = last;
            offered += rows.len() as u64;
            self.write_behind(move |work| rows.iter().try_for_each(|seq| work.put_back(*seq)))?;
        }
        // What is carried for other desks too; its own makers may be gone.
        offered += self.offer_carried_again()?;
        let mut lanes: Vec<EntityRef> = self.read(|mut connection| {
            connection.all(
                "SELECT DISTINCT entity_kind, entity_id FROM outbox
                 WHERE state IN ('pending', 'failed', 'conflict', 'held') AND last_code = ?1",
                [AGAIN_CODE],
                |row| Ok(EntityRef::new(row.get::<_, String>(0)?, row.get::<_, String>(1)?)),
            )
        })?;
        while !lanes.is_empty() {
            let later = lanes.split_off(lanes.len().min(LANES_A_UNIT));
            let now = std::mem::replace(&mut lanes, later);
            self.write_behind(move |work| now.iter().try_for_each(|lane| work.reopen_lane(lane)))?;
        }
        if offered > 0 && !after_repair {
            let (epoch, now) = (epoch.to_owned(), self.environment());
            let event_id = EventId::generate(now_ms(now.as_ref()), now.random());
            self.write_behind(move |work| {
                work.note_of_desk(event_id, "service_restored", json!({ "epoch": epoch, "offered_again": offered }))
            })?;
        }
        self.begin_epoch(store_id, epoch)?;
        Ok(offered)
    }

    /// The install that this one goes on from, where there is one.
    ///
    /// # Errors
    /// When SQLite refuses or what is stored cannot be read.
    pub fn continues(&self) -> Result<Option<Continues>, EngineError> {
        self.fact("continues")?
            .map(|text| serde_json::from_str(&text).map_err(|error| EngineError::stored("earlier install", error)))
            .transpose()
    }

    /// This desk is a copy, or older than what the service knows of it: it goes on under a new install id. The chain
    /// goes on behind its present end; what was made under the old id and not acknowledged is still sent as it is.
    ///
    /// # Errors
    /// When the database refuses. The desk is who it was then.
    pub fn continue_as(&self, new: InstallId) -> Result<(), EngineError> {
        let now = self.environment();
        let event_id = EventId::generate(now_ms(now.as_ref()), now.random());
        self.write(move |work| work.continue_as(new, event_id))
    }
}

impl UnitOfWork<'_> {
    fn put_back(&mut self, local_seq: u64) -> Result<(), EngineError> {
        self.execute(
            "DELETE FROM receipts WHERE event_id = (SELECT event_id FROM outbox WHERE local_seq = ?1)",
            [local_seq],
        )?;
        // What was settled goes right behind what settled it, as the service took it then; although a store before that
        // one may have taken it by itself.
        self.execute(
            &format!(
                "UPDATE outbox SET
                    lane_rank = CASE
                        WHEN state NOT IN ('synced', 'settled', 'discarded') THEN coalesce(
                            (SELECT d.lane_rank + 1 FROM outbox d WHERE d.event_id = outbox.settled_by), lane_rank)
                        WHEN state = 'synced' OR settled_by IS NULL THEN {AGAIN_RANK} + 2 * coalesce(taken_order, 0)
                        ELSE {AGAIN_RANK} + 1 + 2 * coalesce(
                            (SELECT d.taken_order FROM outbox d WHERE d.event_id = outbox.settled_by),
                            (SELECT dd.taken_order FROM outbox d JOIN outbox dd ON dd.event_id = d.settled_by
                             WHERE d.event_id = outbox.settled_by),
                            0)
                        END,
                    state = 'pending', answered = 0, attempts = 0, held_by = NULL, acknowledged_at = NULL,
                    acknowledged_day = NULL, last_code = ?2, last_message = ?3
                 WHERE local_seq = ?1 AND {ANSWERED}"
            ),
            (local_seq, AGAIN_CODE, AGAIN_MESSAGE),
        )?;
        self.touch(crate::Sort::Outbox);
        Ok(())
    }

    /// A conflict that the service forgot is none until it says so again.
    fn reopen_lane(&mut self, entity: &EntityRef) -> Result<(), EngineError> {
        self.arrange_again(entity)?;
        self.forget_conflict(entity)?;
        self.release_lane(entity)?;
        self.refresh(entity)
    }

    /// Puts a lane in the order in which it can be taken, whatever became of the order in which it was: a repair loses it
    /// for what only the second copy had, and what was never sent has none.
    fn arrange_again(&mut self, entity: &EntityRef) -> Result<(), EngineError> {
        let lane: Vec<(u64, Place, String)> = self.all(
            "SELECT o.local_seq, o.event_id, o.lane_rank, o.settled_by, coalesce(a.bytes ->> '$.settles', '[]')
             FROM outbox o JOIN audit_local a USING (local_seq)
             WHERE o.entity_kind = ?1 AND o.entity_id = ?2 AND o.state IN ('pending', 'failed', 'conflict', 'held')
             ORDER BY o.local_seq",
            [&entity.kind, &entity.id],
            |row| {
                let place =
                    Place { event_id: row.get(1)?, rank: row.get(2)?, settled_by: row.get(3)?, settles: Vec::new() };
                Ok((row.get(0)?, place, row.get(4)?))
            },
        )?;
        let mut places = Vec::with_capacity(lane.len());
        let mut numbers = Vec::with_capacity(lane.len());
        for (local_seq, place, settles) in lane {
            let settles = serde_json::from_str(&settles).map_err(|error| EngineError::stored(EVENT, error))?;
            places.push(Place { settles, ..place });
            numbers.push(local_seq);
        }
        let ranks = arranged(&places);
        for ((local_seq, place), rank) in numbers.iter().zip(&places).zip(ranks) {
            if rank != place.rank {
                self.execute("UPDATE outbox SET lane_rank = ?2 WHERE local_seq = ?1", (*local_seq, rank))?;
            }
        }
        Ok(())
    }

    /// Keeps the newest head that was heard of: answers may come in another order than the service gave them.
    pub(crate) fn see_head(&mut self, head: &ServiceHead) -> Result<(), EngineError> {
        let seen = head_of(self.fact(HEAD_SEEN)?).filter(|seen| seen.epoch == head.epoch).unwrap_or_default();
        let mut newest = if head.audit_seq >= seen.audit_seq { head.clone() } else { seen.clone() };
        newest.seq = head.seq.max(seen.seq);
        if newest == seen {
            return Ok(());
        }
        let text = serde_json::to_string(&newest).map_err(|error| EngineError::stored("service head", error))?;
        self.set_fact(HEAD_SEEN, Some(&text))
    }

    /// What is forgotten where an epoch begins.
    pub(crate) fn forget_epoch(&mut self) -> Result<(), EngineError> {
        self.set_fact(RESTORING, None)?;
        self.set_fact(HEAD_SEEN, None)
    }

    /// Whether the event was acknowledged once and is offered again.
    pub(crate) fn is_offered_again(&mut self, id: &EventId) -> Result<bool, EngineError> {
        let rank: Option<i64> =
            self.first("SELECT lane_rank FROM outbox WHERE event_id = ?1", [id.as_str()], |row| row.get(0))?;
        Ok(rank.is_some_and(|rank| (AGAIN_RANK..0).contains(&rank)))
    }

    /// The rank of a decision that settles these: the head of the lane.
    pub(crate) fn rank_of_decision(&mut self, settles: &[EventId]) -> Result<i64, EngineError> {
        for settled in settles {
            let rank: Option<i64> =
                self.first("SELECT lane_rank FROM outbox WHERE event_id = ?1", [settled.as_str()], |row| row.get(0))?;
            if rank.is_some_and(|rank| rank < 0) {
                return Ok(RANK_BEFORE_AGAIN);
            }
        }
        Ok(0)
    }

    /// Records something that the desk itself did.
    pub(crate) fn note_of_desk(
        &mut self,
        event_id: EventId,
        action: &str,
        args: serde_json::Value,
    ) -> Result<(), EngineError> {
        let draft = Draft { workflow: DESK.into(), action: action.into(), args, ..Draft::default() };
        let actor = ActorId::parse("system:desk").map_err(|error| EngineError::stored("actor", error))?;
        let entity = EntityRef::new(DESK, self.state.install_id.as_str());
        let recorded: Result<Recorded, RecordError<EngineError>> =
            self.record(Intent { event_id, actor, entity, decide: Box::new(move |_, _| Ok(draft)) });
        match recorded {
            Ok(_) => Ok(()),
            Err(RecordError::Engine(error) | RecordError::Refused(error)) => Err(error),
        }
    }

    /// Goes on under a new install id. See [`Engine::continue_as`].
    ///
    /// # Errors
    /// When the database refuses.
    pub fn continue_as(&mut self, new: InstallId, event_id: EventId) -> Result<(), EngineError> {
        let Continues { install_id: old, head: AuditHead { local_seq, .. }, .. } = self.become_install(new)?;
        self.note_of_desk(event_id, "continued", json!({ "continues": old, "local_seq": local_seq }))
    }

    /// From here on this desk is another install. Answers which one it was, and where that one ended.
    pub(crate) fn become_install(&mut self, new: InstallId) -> Result<Continues, EngineError> {
        let old = std::mem::replace(&mut self.state.install_id, new);
        let new = self.state.install_id.clone();
        self.set_fact("install_id", Some(new.as_str()))?;
        let earlier = self.fact("continues")?;
        let earlier = earlier.map(|text| serde_json::from_str(&text)).transpose();
        let continues = earlier.map_err(|error| EngineError::stored("earlier install", error))?;
        let before = Continues { install_id: old, head: self.state.head.clone(), continues }.shortened();
        let text = serde_json::to_string(&before).map_err(|error| EngineError::stored("earlier install", error))?;
        self.set_fact("continues", Some(&text))?;
        Ok(before)
    }

    /// The event that settled another one, where the desk knows it.
    pub(crate) fn settled_by(&mut self, id: &EventId) -> Result<Option<EventId>, EngineError> {
        let by: Option<Option<String>> =
            self.first("SELECT settled_by FROM outbox WHERE event_id = ?1", [id.as_str()], |row| row.get(0))?;
        by.flatten().as_deref().map(event_id).transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `name rank`, `name rank <decision` where it is settled, `name rank >a,b` where it settles.
    fn place(text: &str) -> Place {
        let mut words = text.split(' ');
        let mut place = Place {
            event_id: words.next().expect("a name").into(),
            rank: words.next().expect("a rank").parse().expect("a number"),
            ..Place::default()
        };
        for word in words {
            match word.split_at(1) {
                ("<", by) => place.settled_by = Some(by.into()),
                (_, settles) => place.settles = settles.split(',').map(str::to_owned).collect(),
            }
        }
        place
    }

    #[test]
    fn d3_a_lane_that_is_offered_again_comes_in_an_order_in_which_it_can_be_taken() {
        for (what, lane, expected) in [
            ("as it was taken", &["a -90", "b -80", "c -70", "d 2"][..], "a b c d"),
            ("a decision went before what it settles", &["x -69 <d", "b -60", "d -70 >x"], "d x b"),
            ("what was never sent stays behind its decision", &["a -90", "x -101 <d", "d -80 >x", "b -70"], "a d x b"),
            ("a repair lost the place of an event", &["a -90", "b -10", "c -70", "d -60"], "a b c d"),
            ("and has it still to send", &["a -90", "b 2", "c -70"], "a b c"),
            ("a repair lost the place of a decision", &["a -90", "x -9 <d", "b -70", "d -10 >x"], "a d x b"),
            ("a decision about a decision", &["x -90 <d", "d -80 <e", "b -70", "e -60 >x,d"], "e x d b"),
            ("what settles is held elsewhere", &["x -90 <gone", "b -80"], "x b"),
            ("what is settled is held elsewhere", &["b -80", "d -90 >gone"], "d b"),
            ("a decision that was never sent", &["x -80 <d", "b -70", "d -106 >x"], "d x b"),
            ("two that settle each other", &["x -80 <y", "y -70 <x"], "x y"),
        ] {
            let lane: Vec<Place> = lane.iter().map(|text| place(text)).collect();
            let mut order: Vec<(i64, usize)> = arranged(&lane).into_iter().zip(0..).collect();
            order.sort_unstable();
            let order: Vec<&str> = order.iter().map(|(_, n)| lane[*n].event_id.as_str()).collect();
            assert_eq!(order.join(" "), expected, "{what}");
        }
    }
}
