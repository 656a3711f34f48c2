//! How old what the desk knows is, and what follows: above a day nothing is recorded on it, unless a manager goes on by
//! name and with a reason, for half a day at a time.
//!
//! Ages and these limits are by the wall clock, which may be wrong. A clock that was set back says nothing about the
//! age: that blocks nobody, and is said. A limit that was met once for what the desk knows stays met until it knows
//! something newer, and an emergency operation counts from the latest time that anything was recorded in it, so that
//! setting the clock back prolongs neither. Whatever the clock says, a manager can go on, and the service's answer ends
//! it all.

use crate::actions::{ActError, DESK, Refused, refused};
use crate::{Desk, Housekeeping};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use turndown_domain::{Role, reason_needed};
use turndown_offline::{Decide, Draft, EngineError, Intent, KNOWN_AT, RecordError, Recorded, Sql, UnitOfWork};
use turndown_phrase::phrase;
use turndown_protocol::{ActorId, EntityRef, EventId};

/// Above this age nothing is recorded on what the desk knows.
pub const STALE_LIMIT: TimeDelta = TimeDelta::hours(24);
/// From this age on the desk warns: 80 % of the limit.
pub const STALE_WARNING: TimeDelta = TimeDelta::minutes(24 * 60 / 10 * 8);
/// How long one decision of a manager holds.
pub const EMERGENCY: TimeDelta = TimeDelta::hours(12);
/// From so long before its end on it can be prolonged: the manager's working day may end before it does.
pub const EMERGENCY_ENDING: TimeDelta = TimeDelta::hours(4);
/// A clock may be set back by this much without meaning anything: it was put right, or somebody put summer time in by
/// hand.
const CLOCK_SLACK: TimeDelta = TimeDelta::hours(1);
/// The fact that holds the emergency operation.
const FACT: &str = "emergency";
/// The action of the event.
const ACTION: &str = "emergency_operation";

/// A manager's decision to go on with old data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Emergency {
    /// What the desk knew then, by its time: the decision ends when the desk knows something newer.
    known_at: DateTime<Utc>,
    /// The latest time at which anything was recorded in it.
    seen: DateTime<Utc>,
    /// Who.
    pub by: ActorId,
    /// Why.
    pub reason: String,
    /// Until when.
    pub until: DateTime<Utc>,
}

impl Emergency {
    /// Whether it runs at a time, by a clock that may have been set since.
    fn runs(&self, now: DateTime<Utc>) -> bool {
        now < self.until && now >= self.seen - CLOCK_SLACK
    }
}

/// What the age of what the desk knows means for working on it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Standing {
    /// It is fresh enough, or nothing is known yet.
    #[default]
    Fresh,
    /// It will be too old soon.
    Old,
    /// The clock stands before the time at which the desk knew it: nobody can tell the age.
    Untold,
    /// Nothing is recorded until it is refreshed or a manager goes on.
    Blocked,
    /// A manager went on.
    Emergency(Emergency),
}

/// How old what the desk knows is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Staleness {
    /// When the desk last knew itself at the service's head.
    pub known_at: Option<DateTime<Utc>>,
    /// How long ago that is, where it can be told.
    pub age: Option<TimeDelta>,
    /// What follows.
    pub standing: Standing,
}

impl Staleness {
    /// Decides. `last` is the newest emergency operation, of whatever was known then.
    #[must_use]
    pub fn judge(known_at: Option<DateTime<Utc>>, last: Option<Emergency>, now: DateTime<Utc>) -> Self {
        let Some(known) = known_at else { return Self::default() };
        let age = now - known;
        let age = (age >= -CLOCK_SLACK).then(|| age.max(TimeDelta::zero()));
        let standing = match (last.filter(|last| last.known_at == known), age) {
            (Some(last), _) if last.runs(now) => Standing::Emergency(last),
            (Some(_), _) => Standing::Blocked,
            (None, None) => Standing::Untold,
            (None, Some(age)) if age > STALE_LIMIT => Standing::Blocked,
            (None, Some(age)) if age > STALE_WARNING => Standing::Old,
            (None, Some(_)) => Standing::Fresh,
        };
        Self { known_at, age, standing }
    }

    /// Whether rooms can be called safe to give out on what the desk knows.
    #[must_use]
    pub fn is_safe(&self) -> bool {
        matches!(self.standing, Standing::Fresh | Standing::Old)
    }

    /// Whether a manager can go on, or go on for longer.
    #[must_use]
    pub fn may_go_on(&self, now: DateTime<Utc>) -> bool {
        match &self.standing {
            Standing::Blocked => true,
            Standing::Emergency(emergency) => now >= emergency.until - EMERGENCY_ENDING,
            Standing::Fresh | Standing::Old | Standing::Untold => false,
        }
    }

    fn read(sql: &mut impl Sql, now: DateTime<Utc>) -> Result<Self, EngineError> {
        let facts = sql.all("SELECT key, value FROM sync_state WHERE key IN (?1, ?2)", [KNOWN_AT, FACT], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
        })?;
        let fact = |key| facts.iter().find(|(known, _)| known == key).map(|(_, value)| value.as_str());
        // One that cannot be read counts as none: the desk is blocked by its age then, and a manager can go on.
        let last = fact(FACT).and_then(|text| serde_json::from_str(text).ok());
        Ok(Self::judge(fact(KNOWN_AT).and_then(|at| at.parse().ok()), last, now))
    }
}

fn keep(work: &mut UnitOfWork<'_>, emergency: &Emergency) -> Result<(), EngineError> {
    let text = serde_json::to_string(emergency).map_err(|error| EngineError::stored("emergency operation", error))?;
    work.set_fact(FACT, Some(&text))
}

impl Housekeeping {
    /// Refuses what would be recorded on data that is too old, in the transaction that would record it.
    pub(crate) fn fresh_enough(&self, work: &mut UnitOfWork<'_>) -> Result<(), RecordError<Refused>> {
        let now = work.now();
        match Staleness::read(work, now)?.standing {
            Standing::Fresh | Standing::Old | Standing::Untold => Ok(()),
            Standing::Blocked => Err(RecordError::Refused(Refused::Stale)),
            Standing::Emergency(emergency) if now > emergency.seen => {
                Ok(keep(work, &Emergency { seen: now, ..emergency })?)
            }
            Standing::Emergency(_) => Ok(()),
        }
    }
}

impl Desk {
    /// How old what the desk knows is, and what follows.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn staleness(&self) -> Result<Staleness, EngineError> {
        let now = self.engine().environment().now();
        self.engine().read(|mut connection| Staleness::read(&mut connection, now))
    }

    /// A manager goes on with old data for [`EMERGENCY`] from now, by name and with a reason. It is recorded like
    /// everything else, and ends by itself as soon as the desk knows something newer.
    ///
    /// # Errors
    /// When nothing asks for it, the person is no manager of this hotel, there is no fit reason, or the database
    /// refused; nothing was saved then.
    pub fn begin_emergency(&self, event_id: EventId, actor: ActorId, reason: &str) -> Result<Recorded, ActError> {
        let reason = reason_needed(Some(reason), phrase!("Say why you go on."))?;
        let entity = EntityRef::new(DESK, self.engine().install_id().as_str());
        let (desk, by) = (self.clone(), actor.clone());
        let decide: Decide<Refused> = Box::new(move |work, _| {
            let refuse = |refused| Err(RecordError::Refused(refused));
            let book = desk.housekeeping.book(work)?;
            let manages = |id: &str| {
                let staff = book.as_ref().map(|book| book.staff.as_slice()).unwrap_or_default();
                staff.iter().any(|person| person.id.0 == id && person.role == Role::Manager)
            };
            if !manages(by.as_str()) {
                return refuse(Refused::NotAManager);
            }
            let now = work.now();
            let staleness = Staleness::read(work, now)?;
            let Some(known_at) = staleness.known_at.filter(|_| staleness.may_go_on(now)) else {
                return refuse(Refused::NothingToGoOnFrom);
            };
            let until = now + EMERGENCY;
            let args = json!({ "reason": reason, "until": turndown_offline::rfc3339(until) });
            keep(work, &Emergency { known_at, seen: now, by, reason, until })?;
            Ok(Draft { workflow: DESK.into(), action: ACTION.into(), args, ..Draft::default() })
        });
        self.engine().record(Intent { event_id, actor, entity, decide }).map_err(|error| refused(error, ""))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_458_900_000, 0).unwrap_or_default() + TimeDelta::hours(hours)
    }

    /// Known at hour 0; a manager went on at `from`, and the last thing was recorded at `seen`.
    fn emergency(from: i64, seen: i64) -> Emergency {
        Emergency {
            known_at: at(0),
            seen: at(seen),
            by: ActorId::generate(0, 1),
            reason: "storm".into(),
            until: at(from) + EMERGENCY,
        }
    }

    #[test]
    fn h11_the_age_decides_and_no_clock_blocks_for_ever_or_prolongs_in_silence() {
        let word = |standing: &Standing| match standing {
            Standing::Fresh => "fresh",
            Standing::Old => "old",
            Standing::Untold => "untold",
            Standing::Blocked => "blocked",
            Standing::Emergency(_) => "emergency",
        };
        let (none, ran, new) = (None, Some(emergency(26, 30)), Some(emergency(26, 26)));
        let other = ran.clone().map(|other| Emergency { known_at: at(-40), ..other });
        for (case, known, last, now, expected, age, may) in [
            ("nothing is known yet", None, &none, 5, "fresh", None, false),
            ("fresh", Some(0), &none, 19, "fresh", Some(19), false),
            ("a warning at 80 %", Some(0), &none, 20, "old", Some(20), false),
            ("just not yet", Some(0), &none, 24, "old", Some(24), false),
            ("too old", Some(0), &none, 25, "blocked", Some(25), true),
            ("a clock ten years ahead", Some(0), &none, 87_600, "blocked", Some(87_600), true),
            ("a clock set back a little", Some(0), &none, -1, "fresh", Some(0), false),
            ("a clock set back far", Some(0), &none, -2, "untold", None, false),
            ("a manager went on", Some(0), &new, 26, "emergency", Some(26), false),
            ("its last hours", Some(0), &ran, 34, "emergency", Some(34), true),
            ("it is over", Some(0), &ran, 38, "blocked", Some(38), true),
            ("a clock set back a little in it", Some(0), &ran, 29, "emergency", Some(29), false),
            ("a clock set back in it", Some(0), &ran, 28, "blocked", Some(28), true),
            ("a clock set back before it all", Some(0), &ran, -50, "blocked", None, true),
            ("a clock set back under the limit", Some(0), &ran, 3, "blocked", Some(3), true),
            ("a clock far ahead in it", Some(0), &ran, 900, "blocked", Some(900), true),
            ("something newer is known", Some(30), &ran, 31, "fresh", Some(1), false),
            ("of something else", Some(0), &other, 25, "blocked", Some(25), true),
        ] {
            let judged = Staleness::judge(known.map(at), last.clone(), at(now));
            assert_eq!(word(&judged.standing), expected, "{case}");
            assert_eq!(judged.age, age.map(TimeDelta::hours), "{case}");
            assert_eq!(judged.may_go_on(at(now)), may, "{case}");
            assert_eq!(judged.is_safe(), matches!(expected, "fresh" | "old"), "{case}");
        }
    }
}
