//! The day roll: every desk makes the next service day by itself, so that the second day of an outage has its work.
//!
//! A desk does not wait for the service to do it, nor the service for a desk: each brings its own rooms over by the same
//! rules. What begins here is recorded like any action, room by room, and the service takes of it what it has not done
//! itself ([`turndown_domain::BEGIN_DAY`]).

use crate::actions::{Refused, refused};
use crate::housekeeping::BEGAN;
use crate::{ActError, Desk};
use chrono::NaiveDate;
use serde_json::json;
use std::ops::RangeInclusive;
use turndown_domain::{ROOM, RefusalCode, RoomId, Unit, day};
use turndown_offline::{EngineError, Intent, RecordError, Sql, UnitOfWork};
use turndown_protocol::{ActorId, EntityRef, EventId};

/// A service day that began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Began {
    /// The day (ISO date).
    pub day: String,
    /// In how many rooms something came of it.
    pub rooms: u64,
}

/// The fact that has the numbers that each day's beginning has in the record, the newest day last.
const BEGUN: &str = "days_begun";
/// Days that are remembered: what was recorded before is told room by room.
const BEGUN_MAX: usize = 400;

impl Desk {
    /// The numbers that days which this desk began have in its record, the oldest first: they are told in one line.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn days_begun(&self) -> Result<Vec<RangeInclusive<u64>>, EngineError> {
        let known: Vec<(u64, u64)> = read_begun(self.engine().fact(BEGUN)?.as_deref());
        Ok(known.into_iter().map(|(first, last)| first..=last).collect())
    }

    /// Begins a service day, in one unit of work. Answers nothing where the house is in that day or beyond: somebody, or
    /// the service, began it meanwhile.
    ///
    /// # Errors
    /// When the hotel has not come yet or the database refused; nothing was saved then.
    pub fn begin_day(&self, day: NaiveDate) -> Result<Option<Began>, ActError> {
        let desk = self.clone();
        self.engine().write(move |work| desk.begin(work, day)).map_err(|error| refused(error, ""))
    }

    fn begin(&self, work: &mut UnitOfWork<'_>, day: NaiveDate) -> Result<Option<Began>, RecordError<Refused>> {
        let unfit = || RecordError::Refused(Refused::NotLoaded);
        let book = self.housekeeping.book(work)?.ok_or_else(unfit)?;
        let day = day.to_string();
        // ISO dates order as text.
        if book.property.service_day >= day {
            return Ok(None);
        }
        let ids =
            work.all("SELECT id FROM rooms_local WHERE kind = ?1 AND deleted = 0 ORDER BY id", [ROOM], |row| {
                row.get::<_, String>(0)
            })?;
        let mut rooms = Vec::with_capacity(ids.len());
        for id in ids {
            let shown = work.read_shown(&EntityRef::new(ROOM, id.as_str()))?;
            // A room with a value that this build does not know is left to the service.
            if let Some(Ok(unit)) = shown.map(|fields| Unit::from_fields(&fields)) {
                rooms.push((RoomId(id), unit));
            }
        }
        let begins = match day::begin(&book, &rooms, &day) {
            Ok(begins) => begins,
            Err(error) => {
                tracing::error!(%error, "the bookings cannot be read; the day begins without their work");
                vec![]
            }
        };
        // From here on everything that is recorded is of the new day.
        work.set_fact(BEGAN, Some(&day))?;
        let actor = ActorId::parse("system:desk").map_err(|_| unfit())?;
        let mut numbers = Vec::with_capacity(begins.len());
        for (room, action) in begins {
            let now = u64::try_from(work.now().timestamp_millis()).unwrap_or_default();
            let event_id = EventId::generate(now, work.environment().random());
            let entity = EntityRef::new(ROOM, room.0);
            let (desk, own, author) = (self.clone(), entity.clone(), actor.clone());
            let decide = Box::new(move |work: &mut UnitOfWork<'_>, seen| {
                desk.decide_on(work, &own, &author, seen, &action, None)
            });
            match work.record(Intent { event_id, actor: actor.clone(), entity, decide }) {
                Ok(recorded) => numbers.push(recorded.sealed.event.local_seq),
                // A room in which nothing is different today.
                Err(RecordError::Refused(Refused::Rule(rule))) if rule.code == RefusalCode::NothingToChange => {}
                Err(error) => return Err(error),
            }
        }
        if let (Some(first), Some(last)) = (numbers.first(), numbers.last()) {
            let mut begun = read_begun(work.fact(BEGUN)?.as_deref());
            begun.push((*first, *last));
            let kept = json!(begun[begun.len().saturating_sub(BEGUN_MAX)..]);
            work.set_fact(BEGUN, Some(&kept.to_string()))?;
        }
        let rooms = numbers.len() as u64;
        tracing::info!(day, rooms, "a service day began");
        Ok(Some(Began { day, rooms }))
    }
}

fn read_begun(fact: Option<&str>) -> Vec<(u64, u64)> {
    fact.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}
