//! What was recorded in a stretch of this desk's record, with what came of each: for the report after an outage.
//!
//! The sums can fail as the ledger's can: `recorded` counts the audit trail, the others what the outbox says became of it.

use crate::lanes::EVENT;
use crate::outbox::event_id;
use crate::together::{Page, Stretch, listed};
use crate::{Engine, EngineError, Line, Outage, OutboxState, Sql, Telling, rfc3339};
use chrono::{DateTime, Utc};
use rusqlite::{Connection, Row};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::ops::RangeInclusive;
use turndown_protocol::{Change, EntityRef, EventId, SealedEvent};

/// A stretch of the record.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Period {
    /// The last number before it.
    pub after_seq: u64,
    /// The last number in it; up to the newest without.
    pub until_seq: Option<u64>,
    /// Only what was recorded from this time on, by this desk's clock.
    pub from: Option<DateTime<Utc>>,
    /// Only what was recorded before this time.
    pub to: Option<DateTime<Utc>>,
}

impl From<&Outage> for Period {
    fn from(outage: &Outage) -> Self {
        Self { after_seq: outage.after_seq, until_seq: Some(outage.until_seq), from: None, to: None }
    }
}

/// What an action came to, as far as it has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CameTo {
    /// The service has it as it was.
    Taken,
    /// The service has it beside what others had changed.
    Merged,
    /// A later decision stands for it.
    Decided,
    /// A named person gave it up.
    GivenUp,
    /// It is on its way.
    Waiting,
    /// A person has to look.
    Attention,
}

impl CameTo {
    const ALL: [(Self, &'static str); 6] = [
        (Self::Taken, "taken"),
        (Self::Merged, "merged"),
        (Self::Decided, "decided"),
        (Self::GivenUp, "given up"),
        (Self::Waiting, "waiting"),
        (Self::Attention, "attention"),
    ];

    fn name(self) -> &'static str {
        Self::ALL.iter().find(|(came_to, _)| *came_to == self).map_or("", |(_, name)| name)
    }

    fn parse(text: &str) -> Result<Self, EngineError> {
        let known = Self::ALL.iter().find(|(_, name)| *name == text).map(|(came_to, _)| *came_to);
        known.ok_or_else(|| EngineError::stored("what an action came to", text.to_owned()))
    }
}

/// How many actions came to what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PeriodSums {
    /// Entries of the audit trail.
    pub recorded: u64,
    /// The service has them as they were.
    pub taken: u64,
    /// The service has them beside what others had changed.
    pub merged: u64,
    /// A later decision stands for them.
    pub decided: u64,
    /// Given up by a named person.
    pub given_up: u64,
    /// On their way.
    pub waiting: u64,
    /// A person has to look.
    pub attention: u64,
}

impl PeriodSums {
    /// Whether the sum is right.
    #[must_use]
    pub fn is_balanced(&self) -> bool {
        self.recorded == self.taken + self.merged + self.decided + self.given_up + self.waiting + self.attention
    }

    fn add(&mut self, came_to: CameTo, count: u64) {
        *match came_to {
            CameTo::Taken => &mut self.taken,
            CameTo::Merged => &mut self.merged,
            CameTo::Decided => &mut self.decided,
            CameTo::GivenUp => &mut self.given_up,
            CameTo::Waiting => &mut self.waiting,
            CameTo::Attention => &mut self.attention,
        } += count;
    }
}

/// One action of a period.
#[derive(Debug, Clone, PartialEq)]
pub struct PeriodRow {
    /// The action.
    pub sealed: SealedEvent,
    /// What it came to.
    pub came_to: CameTo,
    /// Where it stands; absent where it was done with so long ago that only the record still has it.
    pub state: Option<OutboxState>,
    /// The last answer's code.
    pub last_code: Option<String>,
    /// The last answer in words.
    pub last_message: Option<String>,
    /// The later action that decides it, whether or not the service has that.
    pub decision: Option<SealedEvent>,
    /// Its sequence number on the service.
    pub seq: Option<u64>,
    /// When the service's answer came.
    pub acknowledged_at: Option<String>,
}

/// What was done to one entity in a period.
#[derive(Debug, Clone, PartialEq)]
pub struct PeriodEntity {
    /// Which.
    pub entity: EntityRef,
    /// What its actions came to.
    pub sums: PeriodSums,
    /// Whether a conflict is open.
    pub conflict: bool,
    /// The first action that failed and that nobody has decided.
    pub failed: Option<EventId>,
    /// The newest action.
    pub last: EventId,
    /// By path, what it was before the first change of the period and what the last one made of it. What was given up is
    /// left out.
    pub changes: BTreeMap<String, Change>,
}

/// Where an action stands, from its row, its receipt and what it waits behind.
const CAME_TO: &str = "CASE
        WHEN o.state IS NULL THEN coalesce(
            (SELECT CASE l.came_to WHEN 'settled' THEN 'decided' WHEN 'discarded' THEN 'given up' ELSE 'merged' END
             FROM long_ago l WHERE l.local_seq = a.local_seq), 'taken')
        WHEN o.state = 'synced' THEN iif(r.outcome = 'merged', 'merged', 'taken')
        WHEN o.state = 'settled' THEN 'decided'
        WHEN o.state = 'discarded' THEN 'given up'
        WHEN o.state IN ('failed', 'conflict') THEN 'attention'
        WHEN o.state = 'held' AND coalesce(h.state IN ('failed', 'conflict'), 0) THEN 'attention'
        ELSE 'waiting' END";
const FROM: &str = "FROM audit_local a LEFT JOIN outbox o ON o.local_seq = a.local_seq
    LEFT JOIN receipts r ON o.state = 'synced' AND r.event_id = a.event_id
    LEFT JOIN outbox h ON o.state = 'held' AND h.event_id = o.held_by";
const WITHIN: &str = "a.local_seq > ?1 AND a.local_seq <= ?2
    AND (?3 IS NULL OR a.bytes ->> '$.recorded_at' >= ?3) AND (?4 IS NULL OR a.bytes ->> '$.recorded_at' < ?4)";

impl Period {
    fn bounds(self) -> (u64, u64, Option<String>, Option<String>) {
        // SQLite's integers have a sign. Times are compared as they are written: all in one form, in UTC.
        let until = self.until_seq.unwrap_or(i64::MAX.unsigned_abs());
        (self.after_seq, until, self.from.map(rfc3339), self.to.map(rfc3339))
    }

    fn read(
        self,
        mut connection: &Connection,
        came_to: Option<CameTo>,
        limit: u64,
        offset: u64,
    ) -> Result<Vec<RawRow>, EngineError> {
        let (after, until, from, to) = self.bounds();
        connection.all(
            &format!(
                "SELECT {COLUMNS}, {CAME_TO} {FROM} {DECIDED}
                 WHERE {WITHIN} AND (?5 IS NULL OR {CAME_TO} = ?5) ORDER BY a.local_seq LIMIT ?6 OFFSET ?7"
            ),
            (after, until, from, to, came_to.map(CameTo::name), limit, offset),
            raw,
        )
    }

    /// How many there are, up to so many.
    fn count(self, mut connection: &Connection, came_to: Option<CameTo>, most: u64) -> Result<u64, EngineError> {
        let (after, until, from, to) = self.bounds();
        let query = format!(
            "SELECT count(*) FROM (SELECT 1 {FROM} WHERE {WITHIN} AND (?5 IS NULL OR {CAME_TO} = ?5) LIMIT ?6)"
        );
        let bounds = (after, until, from, to, came_to.map(CameTo::name), most);
        Ok(connection.first(&query, bounds, |row| row.get(0))?.unwrap_or(0))
    }

    /// What was recorded in one go in this period, as it is told.
    fn stretch(
        self,
        mut connection: &Connection,
        numbers: &RangeInclusive<u64>,
        came_to: Option<CameTo>,
        open: &[String],
    ) -> Result<Stretch, EngineError> {
        let (after, until, from, to) = self.bounds();
        let (after, until) = (after.max(numbers.start() - 1), until.min(*numbers.end()));
        if after >= until {
            return Ok(Stretch::default());
        }
        let entries = connection.all(
            &format!("SELECT a.local_seq, {CAME_TO} {FROM} WHERE {WITHIN} ORDER BY a.local_seq"),
            (after, until, from, to),
            |row| Ok((row.get(0)?, row.get::<_, String>(1)?)),
        )?;
        let mut told = Vec::with_capacity(entries.len());
        for (seq, end) in entries {
            let end = CameTo::parse(&end)?;
            if came_to.is_none_or(|only| only == end) {
                // What somebody decided about one of them, or has to, is told of that one.
                let is_shared = matches!(end, CameTo::Taken | CameTo::Merged | CameTo::Waiting);
                told.push((seq, is_shared.then(|| end.name())));
            }
        }
        Ok(Stretch::of(*numbers.start(), &told, open))
    }
}

const COLUMNS: &str = "a.local_seq, a.bytes, o.state, o.last_code, o.last_message, d.bytes, o.seq, o.acknowledged_at";
/// The later action that decides it as well.
const DECIDED: &str = "LEFT JOIN audit_local d ON d.event_id = o.settled_by";

#[derive(Clone)]
struct RawRow {
    bytes: String,
    came_to: String,
    state: Option<String>,
    last_code: Option<String>,
    last_message: Option<String>,
    decision: Option<String>,
    seq: Option<u64>,
    acknowledged_at: Option<String>,
}

fn raw(row: &Row<'_>) -> rusqlite::Result<RawRow> {
    Ok(RawRow {
        bytes: row.get(1)?,
        state: row.get(2)?,
        last_code: row.get(3)?,
        last_message: row.get(4)?,
        decision: row.get(5)?,
        seq: row.get(6)?,
        acknowledged_at: row.get(7)?,
        came_to: row.get(8)?,
    })
}

impl RawRow {
    fn read(self) -> Result<PeriodRow, EngineError> {
        Ok(PeriodRow {
            sealed: SealedEvent::from_bytes(self.bytes)?,
            came_to: CameTo::parse(&self.came_to)?,
            state: self.state.as_deref().map(OutboxState::parse).transpose()?,
            last_code: self.last_code,
            last_message: self.last_message,
            decision: self.decision.map(SealedEvent::from_bytes).transpose()?,
            seq: self.seq,
            acknowledged_at: self.acknowledged_at,
        })
    }
}

/// What an event changes, and nothing else of it.
#[derive(Deserialize)]
struct Changes {
    #[serde(default)]
    changes: BTreeMap<String, Change>,
}

impl Engine {
    /// How many actions of a period came to what.
    ///
    /// # Errors
    /// When SQLite refuses or something stored cannot be read.
    pub fn period_sums(&self, period: Period) -> Result<PeriodSums, EngineError> {
        let (recorded, counts, gone) = self.read(|mut connection| {
            let recorded = format!("SELECT count(*) FROM audit_local a WHERE {WITHIN}");
            let recorded: Option<u64> = connection.first(&recorded, period.bounds(), |row| row.get(0))?;
            let counts = connection.all(
                &format!("SELECT {CAME_TO}, o.local_seq IS NULL, count(*) {FROM} WHERE {WITHIN} GROUP BY 1, 2"),
                period.bounds(),
                |row| Ok((row.get::<_, String>(0)?, row.get::<_, bool>(1)?, row.get::<_, u64>(2)?)),
            )?;
            Ok((recorded.unwrap_or(0), counts, crate::ledger::let_go(&mut connection)?))
        })?;
        let mut sums = PeriodSums { recorded, ..PeriodSums::default() };
        for (came_to, is_gone, count) in counts {
            // Rows that were let go had been acknowledged, and the ledger knows how many they are. Any other that is
            // missing is missing from the sum.
            sums.add(CameTo::parse(&came_to)?, if is_gone { count.min(gone) } else { count });
        }
        Ok(sums)
    }

    /// The actions of a period in the order in which they were done, or those of them that came to one thing.
    ///
    /// # Errors
    /// When SQLite refuses or something stored cannot be read.
    pub fn period_rows(
        &self,
        period: Period,
        came_to: Option<CameTo>,
        offset: u32,
        limit: u32,
    ) -> Result<Vec<PeriodRow>, EngineError> {
        let rows = self.read(|connection| period.read(connection, came_to, limit.into(), offset.into()))?;
        rows.into_iter().map(RawRow::read).collect()
    }

    /// The same in lines, of which one may tell of several actions. Also answers how many actions of the whole list are
    /// told in a line with others, or beside one, and in how many lines.
    ///
    /// # Errors
    /// When SQLite refuses or something stored cannot be read.
    pub fn period_lines(
        &self,
        period: Period,
        came_to: Option<CameTo>,
        telling: Telling<'_>,
        offset: u32,
        limit: u32,
    ) -> Result<(Vec<Line<PeriodRow>>, [usize; 2]), EngineError> {
        let (lines, told) = self.read(|connection| {
            let mut page = Page::new(offset, limit);
            let (mut rest, mut told) = (period, [0, 0]);
            for numbers in telling.together {
                let stretch = period.stretch(connection, numbers, came_to, telling.open)?;
                if stretch.is_plain() {
                    continue;
                }
                told = [told[0] + stretch.entries, told[1] + stretch.lines.len()];
                let before = Period { until_seq: Some(numbers.start() - 1), ..rest };
                page.take_between(
                    |most| before.count(connection, came_to, most),
                    |limit, offset| before.read(connection, came_to, limit, offset),
                )?;
                page.take_stretch(&stretch, |numbers| {
                    let query = format!(
                        "SELECT {COLUMNS}, {CAME_TO} {FROM} {DECIDED}
                         WHERE a.local_seq IN (SELECT value FROM json_each(?1))"
                    );
                    (&*connection).all(&query, [listed(numbers)], |row| Ok((row.get(0)?, raw(row)?)))
                })?;
                rest.after_seq = *numbers.end();
            }
            page.take_between(|_| Ok(0), |limit, offset| rest.read(connection, came_to, limit, offset))?;
            Ok((page.lines, told))
        })?;
        let read = |line: Line<RawRow>| -> Result<_, EngineError> {
            Ok(Line { row: line.row.read()?, gathered: line.gathered })
        };
        Ok((lines.into_iter().map(read).collect::<Result<_, EngineError>>()?, told))
    }

    /// Who recorded how much in a period, the most first.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn period_actors(&self, period: Period) -> Result<Vec<(String, u64)>, EngineError> {
        self.read(|mut connection| {
            connection.all(
                &format!(
                    "SELECT a.bytes ->> '$.actor_id', count(*) FROM audit_local a WHERE {WITHIN}
                     GROUP BY 1 ORDER BY 2 DESC, 1"
                ),
                period.bounds(),
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
        })
    }

    /// What was done to each entity in a period.
    ///
    /// # Errors
    /// When SQLite refuses or something stored cannot be read.
    pub fn period_entities(&self, period: Period) -> Result<Vec<PeriodEntity>, EngineError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT a.event_id, a.bytes ->> '$.entity.kind', a.bytes ->> '$.entity.id', {CAME_TO}, o.state, a.bytes
                 {FROM} WHERE {WITHIN} ORDER BY a.local_seq"
            ))?;
            let mut rows = statement.query(period.bounds())?;
            let mut entities: BTreeMap<EntityRef, PeriodEntity> = BTreeMap::new();
            while let Some(row) = rows.next()? {
                let id = event_id(&row.get::<_, String>(0)?)?;
                let entity = EntityRef::new(row.get::<_, String>(1)?, row.get::<_, String>(2)?);
                let came_to = CameTo::parse(&row.get::<_, String>(3)?)?;
                let state: Option<String> = row.get(4)?;
                let known = entities.entry(entity.clone()).or_insert_with(|| PeriodEntity {
                    entity,
                    sums: PeriodSums::default(),
                    conflict: false,
                    failed: None,
                    last: id.clone(),
                    changes: BTreeMap::new(),
                });
                known.sums.recorded += 1;
                known.sums.add(came_to, 1);
                known.conflict |= state.as_deref() == Some(OutboxState::Conflict.as_str());
                if state.as_deref() == Some(OutboxState::Failed.as_str()) && known.failed.is_none() {
                    known.failed = Some(id.clone());
                }
                known.last = id;
                if came_to == CameTo::GivenUp {
                    continue;
                }
                let text = row.get_ref(5)?.as_str().unwrap_or_default();
                let read: Changes = serde_json::from_str(text).map_err(|error| EngineError::stored(EVENT, error))?;
                for (path, change) in read.changes {
                    match known.changes.entry(path) {
                        Entry::Vacant(first) => {
                            first.insert(change);
                        }
                        Entry::Occupied(mut before) => before.get_mut().new = change.new,
                    }
                }
            }
            Ok(entities.into_values().collect())
        })
    }
}
