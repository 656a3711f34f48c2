//! The outbox, read: what is to be sent, and rows for people to look at.

use crate::together::{Page, Stretch, listed};
use crate::{Engine, EngineError, Line, Sql, Telling, UnitOfWork};
use rusqlite::{Connection, OptionalExtension, Row};
use std::collections::BTreeSet;
use std::ops::RangeInclusive;
use turndown_protocol::{EntityRef, EventId, SealedEvent};
use turndown_sabotage::{self as sabotage, Version};

/// Where an event stands. `syncing` is not here: see [`Engine::in_flight`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum OutboxState {
    /// Waits to be sent.
    Pending,
    /// The service has it.
    Synced,
    /// Refused, or given up after tries.
    Failed,
    /// Somebody else changed the same thing.
    Conflict,
    /// Waits for an earlier event of the same entity.
    Held,
    /// Settled by a later event.
    Settled,
    /// Given up by a named person.
    Discarded,
}

impl OutboxState {
    /// The state as it stands in the table.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Synced => "synced",
            Self::Failed => "failed",
            Self::Conflict => "conflict",
            Self::Held => "held",
            Self::Settled => "settled",
            Self::Discarded => "discarded",
        }
    }

    /// Reads it back.
    ///
    /// # Errors
    /// When the table holds something else, which its CHECK forbids.
    pub fn parse(text: &str) -> Result<Self, EngineError> {
        [Self::Pending, Self::Synced, Self::Failed, Self::Conflict, Self::Held, Self::Settled, Self::Discarded]
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or_else(|| EngineError::stored(STATE, text.to_owned()))
    }

    /// Whether the event's effect is part of what this desk shows as its own, beyond the service's row.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::Pending | Self::Failed | Self::Conflict | Self::Held)
    }
}

/// What an event is called whose bytes do not have their hash.
pub(crate) const NOT_AS_RECORDED: &str = "event, as it was recorded";
/// What an error says that met a name of an event that is none.
pub(crate) const EVENT_ID: &str = "event id";
/// What an error says that met a state that is none.
pub(crate) const STATE: &str = "outbox state";

/// The bytes of an event, once they are known to be those that were recorded: a bit that was read wrongly must not
/// become the event at the service (A8).
pub(crate) fn as_recorded(bytes: String, hash: &str) -> Result<String, EngineError> {
    if SealedEvent::hash_of(bytes.as_bytes()) == hash {
        return Ok(bytes);
    }
    Err(EngineError::stored(NOT_AS_RECORDED, "its bytes do not have their hash"))
}

/// Something to send.
#[derive(Debug, Clone, PartialEq)]
pub struct OutboxItem {
    /// Which event.
    pub event_id: EventId,
    /// Its place in this desk's record.
    pub local_seq: u64,
    /// Its lane.
    pub entity: EntityRef,
    /// Its frozen bytes.
    pub bytes: String,
}

/// Which rows to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowFilter {
    /// All.
    All,
    /// On their way: pending, and held behind those.
    Waiting,
    /// Failed, conflict, and held behind those.
    Attention,
    /// Synced and settled.
    Acknowledged,
    /// Discarded.
    Discarded,
}

/// An outbox row with its event.
#[derive(Debug, Clone, PartialEq)]
pub struct OutboxRow {
    /// The event.
    pub sealed: SealedEvent,
    /// Where it stands.
    pub state: OutboxState,
    /// Tries that counted.
    pub attempts: u32,
    /// The last answer's code.
    pub last_code: Option<String>,
    /// The last answer in words.
    pub last_message: Option<String>,
    /// For held: what has to move first.
    pub held_by: Option<EventId>,
    /// Where that stands.
    pub held_by_state: Option<OutboxState>,
    /// For settled and discarded: by what.
    pub settled_by: Option<EventId>,
    /// Its sequence number on the service.
    pub seq: Option<u64>,
    /// When the service's answer came.
    pub acknowledged_at: Option<String>,
}

const FROM: &str = "FROM outbox o LEFT JOIN outbox h ON o.state = 'held' AND h.event_id = o.held_by";
const ROW: &str = "SELECT a.bytes, o.state, o.attempts, o.last_code, o.last_message, o.held_by, h.state, o.settled_by,
        o.seq, o.acknowledged_at, o.local_seq
    FROM outbox o JOIN audit_local a ON a.local_seq = o.local_seq
    LEFT JOIN outbox h ON o.state = 'held' AND h.event_id = o.held_by";

#[derive(Clone)]
struct RawRow {
    bytes: String,
    state: String,
    attempts: u32,
    last_code: Option<String>,
    last_message: Option<String>,
    held_by: Option<String>,
    held_by_state: Option<String>,
    settled_by: Option<String>,
    seq: Option<u64>,
    acknowledged_at: Option<String>,
}

fn raw(row: &Row<'_>) -> rusqlite::Result<RawRow> {
    Ok(RawRow {
        bytes: row.get(0)?,
        state: row.get(1)?,
        attempts: row.get(2)?,
        last_code: row.get(3)?,
        last_message: row.get(4)?,
        held_by: row.get(5)?,
        held_by_state: row.get(6)?,
        settled_by: row.get(7)?,
        seq: row.get(8)?,
        acknowledged_at: row.get(9)?,
    })
}

pub(crate) fn event_id(text: &str) -> Result<EventId, EngineError> {
    EventId::parse(text).map_err(|error| EngineError::stored(EVENT_ID, error))
}

impl RawRow {
    fn read(self) -> Result<OutboxRow, EngineError> {
        Ok(OutboxRow {
            sealed: SealedEvent::from_bytes(self.bytes)?,
            state: OutboxState::parse(&self.state)?,
            attempts: self.attempts,
            last_code: self.last_code,
            last_message: self.last_message,
            held_by: self.held_by.as_deref().map(event_id).transpose()?,
            held_by_state: self.held_by_state.as_deref().map(OutboxState::parse).transpose()?,
            settled_by: self.settled_by.as_deref().map(event_id).transpose()?,
            seq: self.seq,
            acknowledged_at: self.acknowledged_at,
        })
    }
}

impl UnitOfWork<'_> {
    /// Where an event of this desk stands.
    ///
    /// # Errors
    /// When SQLite refuses or something stored cannot be read.
    pub fn outbox_state(&mut self, id: &EventId) -> Result<Option<OutboxState>, EngineError> {
        let state: Option<String> =
            self.first("SELECT state FROM outbox WHERE event_id = ?1", [id.as_str()], |row| row.get(0))?;
        state.as_deref().map(OutboxState::parse).transpose()
    }
}

/// Rows that are shown one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Group {
    Attention,
    Pending,
    Held,
    Acknowledged,
    Discarded,
    Done,
}

impl Group {
    fn which(self) -> &'static str {
        match self {
            Self::Attention => {
                "o.state IN ('failed', 'conflict', 'held')
                    AND (o.state <> 'held' OR coalesce(h.state IN ('failed', 'conflict'), 0))"
            }
            Self::Pending => "o.state = 'pending'",
            Self::Held => {
                "o.state IN ('failed', 'conflict', 'held')
                    AND o.state = 'held' AND NOT coalesce(h.state IN ('failed', 'conflict'), 0)"
            }
            Self::Acknowledged => "o.state IN ('synced', 'settled')",
            Self::Discarded => "o.state = 'discarded'",
            Self::Done => "o.state IN ('synced', 'settled', 'discarded')",
        }
    }

    fn order(self) -> &'static str {
        match self {
            Self::Pending => "o.lane_rank, o.local_seq",
            Self::Attention | Self::Held => "o.local_seq",
            Self::Acknowledged | Self::Discarded | Self::Done => "o.local_seq DESC",
        }
    }

    /// Rows between two numbers of the record. What goes before its turn stands before all of them.
    fn within(self) -> &'static str {
        match self {
            Self::Pending => "(o.lane_rank, o.local_seq) > (?1, ?2) AND (o.lane_rank, o.local_seq) < (?3, ?4)",
            _ => "o.local_seq > ?2 AND o.local_seq < ?4",
        }
    }

    /// Whether rows of it that were recorded in one go are told together. What needs a look stands by itself.
    fn is_told_together(self) -> bool {
        matches!(self, Self::Pending | Self::Acknowledged | Self::Done)
    }

    fn is_newest_first(self) -> bool {
        matches!(self, Self::Acknowledged | Self::Discarded | Self::Done)
    }

    /// The rows of a stretch that are in this group, as they are told.
    fn stretch(
        self,
        mut connection: &Connection,
        numbers: &RangeInclusive<u64>,
        open: &[String],
        on_hold: &BTreeSet<EntityRef>,
    ) -> Result<Stretch, EngineError> {
        let in_turn = if self == Self::Pending { "o.lane_rank = 2" } else { "1" };
        let query = format!(
            "SELECT o.local_seq, o.state, o.entity_kind, o.entity_id FROM outbox o
             WHERE {} AND {in_turn} AND o.local_seq BETWEEN ?1 AND ?2 ORDER BY {}",
            self.which(),
            self.order()
        );
        let entries = connection.all(&query, [numbers.start(), numbers.end()], |row| {
            let end = match row.get_ref(1)?.as_str()? {
                // What somebody decided about one of them, or holds back, is told of that one.
                "synced" => Some("synced"),
                "pending" if on_hold.is_empty() => Some("pending"),
                "pending" => {
                    let entity = EntityRef::new(row.get::<_, String>(2)?, row.get::<_, String>(3)?);
                    (!on_hold.contains(&entity)).then_some("pending")
                }
                _ => None,
            };
            Ok((row.get(0)?, end))
        })?;
        Ok(Stretch::of(*numbers.start(), &entries, open))
    }

    /// Takes what a page shows of this group. Answers how many lines the group has in all.
    fn take(
        self,
        mut connection: &Connection,
        worst: &[EntityRef],
        telling: Telling<'_>,
        page: &mut Page<RawRow>,
    ) -> Result<u64, EngineError> {
        let rows = self.count(&mut connection)?;
        let mut stretches = Vec::new();
        if self.is_told_together() && rows > 1 && !telling.together.is_empty() {
            let on_hold = crate::on_hold::lanes(connection)?;
            for numbers in telling.together {
                let stretch = self.stretch(connection, numbers, telling.open, &on_hold)?;
                if !stretch.is_plain() {
                    stretches.push((numbers, stretch));
                }
            }
        }
        let entries: u64 = stretches.iter().map(|(_, stretch)| stretch.entries as u64).sum();
        let lines: u64 = stretches.iter().map(|(_, stretch)| stretch.lines.len() as u64).sum();
        let total = rows.saturating_sub(entries) + lines;
        if page.skip >= total {
            page.skip -= total;
            return Ok(total);
        }
        if self.is_newest_first() {
            stretches.reverse();
        }
        let which = if stretches.is_empty() {
            self.which().to_owned()
        } else {
            format!("{} AND {}", self.which(), self.within())
        };
        let names: Vec<String> = worst.iter().map(|entity| format!("{}/{}", entity.kind, entity.id)).collect();
        let names = serde_json::to_string(&names).map_err(|error| EngineError::stored("entity", error))?;
        // Without them the rows are in an index's order, and no more are read than are shown.
        let order = if self == Self::Attention && !worst.is_empty() {
            format!("o.entity_kind || '/' || o.entity_id IN (SELECT value FROM json_each(?5)) DESC, {}", self.order())
        } else {
            self.order().to_owned()
        };
        let between = |page: &mut Page<RawRow>, after: (i64, u64), before: (i64, u64)| {
            let count = |most: u64| {
                let query = format!("SELECT count(*) FROM (SELECT 1 {FROM} WHERE {which} LIMIT ?5)");
                let bounds = (after.0, after.1, before.0, before.1, most);
                Ok::<u64, EngineError>((&*connection).first(&query, bounds, |row| row.get(0))?.unwrap_or(0))
            };
            let read = |limit: u64, offset: u64| {
                let bounds = (after.0, after.1, before.0, before.1, &names, limit, offset);
                (&*connection).all(&format!("{ROW} WHERE {which} ORDER BY {order} LIMIT ?6 OFFSET ?7"), bounds, raw)
            };
            page.take_between(count, read)
        };
        let (first, last) = ((i64::MIN, 0), (i64::MAX, i64::MAX.unsigned_abs()));
        let in_turn = |seq: u64| (2, seq);
        let mut edge = if self.is_newest_first() { last } else { first };
        for (numbers, stretch) in &stretches {
            let (start, end) = (in_turn(*numbers.start()), in_turn(*numbers.end()));
            if self.is_newest_first() {
                between(page, end, edge)?;
                edge = start;
            } else {
                between(page, edge, start)?;
                edge = end;
            }
            page.take_stretch(stretch, |numbers| {
                let query = format!("{ROW} WHERE o.local_seq IN (SELECT value FROM json_each(?1))");
                (&*connection).all(&query, [listed(numbers)], |row| Ok((row.get(10)?, raw(row)?)))
            })?;
        }
        if self.is_newest_first() {
            between(page, first, edge)?
        } else {
            between(page, edge, last)?
        }
        Ok(total)
    }

    fn count<S: Sql>(self, sql: &mut S) -> Result<u64, EngineError> {
        let query = match self {
            Self::Attention | Self::Held => format!("SELECT count(*) {FROM} WHERE {}", self.which()),
            // The rows keep these counts themselves.
            _ => format!("SELECT coalesce(sum(n), 0) FROM outbox_counts o WHERE {}", self.which()),
        };
        Ok(sql.first(&query, [], |row| row.get(0))?.unwrap_or(0))
    }
}

/// A look for what to send next.
#[derive(Debug, Default)]
struct Pick {
    events_max: usize,
    bytes_max: usize,
    items: Vec<OutboxItem>,
    /// The same, by number.
    has: BTreeSet<u64>,
    bytes: usize,
    /// Index entries looked at, and lanes: what the look cost.
    looked: usize,
}

/// Events of one lane that go together where others wait too: a room's row is written once for all of them, on both
/// sides, and other lanes are left for the requests beside this one.
const RUN: usize = 16;
/// Entries that may be passed over on the way, for each event that is wanted, before lanes are looked for by name.
const PASSED_OVER_MAX: usize = 8;

impl Pick {
    /// The lanes with the oldest events first, of each a run. Where busy lanes fill the front of the queue, the other
    /// lanes are found by their heads instead, so that a long queue of busy lanes costs no more than a short one.
    fn take(&mut self, connection: &Connection, leave_out: &BTreeSet<EntityRef>) -> Result<(), EngineError> {
        let passed_over_max = PASSED_OVER_MAX * self.events_max + 256;
        let mut queue = connection.prepare_cached(
            "SELECT lane_rank, local_seq, entity_kind, entity_id FROM outbox WHERE state = 'pending'
             ORDER BY lane_rank, local_seq",
        )?;
        let mut rows = queue.query([])?;
        let mut passed_over = 0;
        while let Some(row) = rows.next()? {
            self.looked += 1;
            if self.has.contains(&row.get(1)?) {
                continue;
            }
            let entity = EntityRef::new(row.get::<_, String>(2)?, row.get::<_, String>(3)?);
            if leave_out.contains(&entity) {
                passed_over += 1;
                if passed_over > passed_over_max {
                    break;
                }
            } else if !self.run(connection, &entity, (row.get(0)?, row.get(1)?), RUN)? {
                return Ok(());
            }
        }
        drop(rows);
        if passed_over <= passed_over_max {
            return Ok(());
        }
        let mut next_lane = connection.prepare_cached(
            "SELECT entity_kind, entity_id FROM outbox
             WHERE state IN ('pending', 'failed', 'conflict', 'held') AND (entity_kind, entity_id) > (?1, ?2)
             ORDER BY entity_kind, entity_id LIMIT 1",
        )?;
        let (mut kind, mut id) = (String::new(), String::new());
        loop {
            let found = next_lane.query_row([&kind, &id], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
            let Some(lane) = found else { return Ok(()) };
            (kind, id) = lane;
            self.looked += 1;
            let entity = EntityRef::new(kind.clone(), id.clone());
            if !leave_out.contains(&entity) && !self.run(connection, &entity, (i64::MIN, 0), usize::MAX)? {
                return Ok(());
            }
        }
    }

    /// Takes events of one lane from a place on. Answers whether there is room for more.
    fn run(
        &mut self,
        connection: &Connection,
        entity: &EntityRef,
        (lane_rank, local_seq): (i64, u64),
        most: usize,
    ) -> Result<bool, EngineError> {
        let mut lane = connection.prepare_cached(
            "SELECT o.local_seq, a.event_id, a.bytes, a.hash
             FROM outbox o INDEXED BY outbox_lane CROSS JOIN audit_local a ON a.local_seq = o.local_seq
             WHERE o.entity_kind = ?1 AND o.entity_id = ?2 AND o.state = 'pending'
                AND o.state IN ('pending', 'failed', 'conflict', 'held') AND (o.lane_rank, o.local_seq) >= (?3, ?4)
             ORDER BY o.lane_rank, o.local_seq",
        )?;
        let mut rows = lane.query((&entity.kind, &entity.id, lane_rank, local_seq))?;
        let mut taken = 0;
        while taken < most
            && let Some(row) = rows.next()?
        {
            self.looked += 1;
            let local_seq = row.get(0)?;
            if self.has.contains(&local_seq) {
                continue;
            }
            let mut bytes = as_recorded(row.get(2)?, row.get_ref(3)?.as_str().unwrap_or_default())?;
            if sabotage::on(Version::BytesMadeAtSend) {
                bytes = bytes.replace(r#""mode":"offline""#, r#""mode":"online""#);
            }
            if sabotage::on(Version::AuthorAtFlush) {
                let last = "SELECT json_set(?1, '$.actor_id', bytes ->> '$.actor_id') FROM audit_local
                    ORDER BY local_seq DESC LIMIT 1";
                bytes = connection.query_row(last, [&bytes], |row| row.get(0))?;
            }
            // One event may be over the limit alone: the service says so, and it alone is parked (B10).
            if !self.items.is_empty() && self.bytes + bytes.len() > self.bytes_max {
                return Ok(false);
            }
            self.bytes += bytes.len();
            self.has.insert(local_seq);
            let event_id = event_id(&row.get::<_, String>(1)?)?;
            self.items.push(OutboxItem { event_id, local_seq, entity: entity.clone(), bytes });
            if self.items.len() >= self.events_max {
                return Ok(false);
            }
            taken += 1;
        }
        Ok(true)
    }
}

/// An event of this desk, by id.
pub(crate) fn recorded(sql: &mut impl Sql, id: &EventId) -> Result<Option<SealedEvent>, EngineError> {
    let bytes: Option<String> =
        sql.first("SELECT bytes FROM audit_local WHERE event_id = ?1", [id.as_str()], |row| row.get(0))?;
    Ok(bytes.map(SealedEvent::from_bytes).transpose()?)
}

impl Engine {
    /// The next events to send, oldest first and in lane order, leaving out lanes that are on their way and those
    /// that a person holds back. What this desk
    /// carries for others comes behind all that is its own.
    ///
    /// # Errors
    /// When SQLite refuses or something stored cannot be read.
    pub fn next_to_send(
        &self,
        events_max: usize,
        bytes_max: usize,
        leave_out: &BTreeSet<EntityRef>,
    ) -> Result<Vec<OutboxItem>, EngineError> {
        self.read(|connection| {
            let mut pick = Pick { events_max, bytes_max, ..Pick::default() };
            let mut held_back = crate::on_hold::lanes(connection)?;
            let leave_out = if held_back.is_empty() {
                leave_out
            } else {
                held_back.extend(leave_out.iter().cloned());
                &held_back
            };
            pick.take(connection, leave_out)?;
            crate::carried::pick(connection, events_max, bytes_max, leave_out, &mut pick.items)?;
            if sabotage::on(Version::NewestFirst) {
                pick.items.reverse();
            }
            if sabotage::on(Version::OrderedByClock) {
                pick.items.sort_by(|one, other| one.event_id.cmp(&other.event_id));
            }
            Ok(pick.items)
        })
    }

    /// One event with where it stands.
    ///
    /// # Errors
    /// When SQLite refuses or something stored cannot be read.
    pub fn row(&self, id: &EventId) -> Result<Option<OutboxRow>, EngineError> {
        self.read(|mut connection| {
            connection.first(&format!("{ROW} WHERE o.event_id = ?1"), [id.as_str()], raw)?.map(RawRow::read).transpose()
        })
    }

    /// An event that this desk recorded, whatever became of it since.
    ///
    /// # Errors
    /// When SQLite refuses or the bytes cannot be read.
    pub fn recorded(&self, id: &EventId) -> Result<Option<SealedEvent>, EngineError> {
        self.read(|mut connection| recorded(&mut connection, id))
    }

    /// The newest events of one entity, oldest first, at most so many.
    ///
    /// # Errors
    /// When SQLite refuses or something stored cannot be read.
    pub fn rows_of(&self, entity: &EntityRef, most: u32) -> Result<Vec<OutboxRow>, EngineError> {
        let mut rows = self.read(|mut connection| {
            connection.all(
                &format!("{ROW} WHERE o.entity_kind = ?1 AND o.entity_id = ?2 ORDER BY o.local_seq DESC LIMIT ?3"),
                (&entity.kind, &entity.id, most),
                raw,
            )
        })?;
        rows.reverse();
        rows.into_iter().map(RawRow::read).collect()
    }

    /// Rows for people: what needs a look first, then as they will be sent, then the newest acknowledged.
    /// Also answers how many there are in all.
    ///
    /// # Errors
    /// When SQLite refuses or something stored cannot be read.
    pub fn rows(&self, filter: RowFilter, offset: u32, limit: u32) -> Result<(Vec<OutboxRow>, u32), EngineError> {
        let (lines, total) = self.lines(filter, &[], Telling::default(), offset, limit)?;
        Ok((lines.into_iter().map(|line| line.row).collect(), total))
    }

    /// The same in lines, of which one may tell of several rows. Of what needs a look, `worst` stands first.
    ///
    /// # Errors
    /// When SQLite refuses or something stored cannot be read.
    pub fn lines(
        &self,
        filter: RowFilter,
        worst: &[EntityRef],
        telling: Telling<'_>,
        offset: u32,
        limit: u32,
    ) -> Result<(Vec<Line<OutboxRow>>, u32), EngineError> {
        // Each group is in one index's order, so that a page costs what it shows and not what there is.
        let groups: &[Group] = match filter {
            RowFilter::All => &[Group::Attention, Group::Pending, Group::Held, Group::Done],
            RowFilter::Waiting => &[Group::Pending, Group::Held],
            RowFilter::Attention => &[Group::Attention],
            RowFilter::Acknowledged => &[Group::Acknowledged],
            RowFilter::Discarded => &[Group::Discarded],
        };
        let (lines, total) = self.read(|connection| {
            let (mut page, mut total) = (Page::new(offset, limit), 0_u64);
            for group in groups {
                total += group.take(connection, worst, telling, &mut page)?;
            }
            Ok((page.lines, total))
        })?;
        let read = |line: Line<RawRow>| -> Result<_, EngineError> {
            Ok(Line { row: line.row.read()?, gathered: line.gathered })
        };
        let lines = lines.into_iter().map(read).collect::<Result<_, EngineError>>()?;
        Ok((lines, u32::try_from(total).unwrap_or(u32::MAX)))
    }

    /// When the oldest event that still waits was recorded.
    ///
    /// # Errors
    /// When SQLite refuses or something stored cannot be read.
    pub fn oldest_waiting(&self) -> Result<Option<String>, EngineError> {
        self.read(|mut connection| {
            let bytes: Option<String> = connection.first(
                "SELECT a.bytes FROM audit_local a WHERE a.local_seq = (SELECT min(seq) FROM (
                    SELECT min(local_seq) AS seq FROM outbox WHERE state = 'pending' AND lane_rank = 0
                    UNION ALL SELECT min(local_seq) FROM outbox WHERE state = 'pending' AND lane_rank = 1
                    UNION ALL SELECT min(local_seq) FROM outbox WHERE state = 'pending' AND lane_rank = 2
                    UNION ALL SELECT min(local_seq) FROM outbox WHERE state = 'pending' AND lane_rank < 0))",
                [],
                |row| row.get(0),
            )?;
            Ok(bytes.map(SealedEvent::from_bytes).transpose()?.map(|sealed| sealed.event.recorded_at))
        })
    }

    /// A person asks to try a failed event again as it is. Only what the service has given no final answer to can be
    /// sent again; everything else needs a new event.
    ///
    /// Returns whether it will be sent.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn send_again(&self, id: &EventId) -> Result<bool, EngineError> {
        let id = id.clone();
        self.write(move |work| {
            let entity = work.first(
                "SELECT entity_kind, entity_id FROM outbox WHERE event_id = ?1 AND state = 'failed' AND answered = 0",
                [id.as_str()],
                |row| Ok(EntityRef::new(row.get::<_, String>(0)?, row.get::<_, String>(1)?)),
            )?;
            let Some(entity) = entity else { return Ok(false) };
            work.execute(
                "UPDATE outbox SET state = 'pending', attempts = 0, blamed = 0, last_code = NULL, last_message = NULL WHERE event_id = ?1",
                [id.as_str()],
            )?;
            work.release_lane(&entity)?;
            work.mark(&entity)?;
            Ok(true)
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used, reason = "what a test needs and does not get ends it")]

    use super::*;

    /// A queue as the migrations make it: `count` events over so many rooms, one after the other.
    fn queue(count: u64, rooms: u64) -> Connection {
        let connection = Connection::open_in_memory().expect("a database");
        for migration in [
            include_str!("../../../migrations/desk/V1__engine.sql"),
            include_str!("../../../migrations/desk/V4__after_a_restore.sql"),
            include_str!("../../../migrations/desk/V5__counted_and_sent_by_index.sql"),
            include_str!("../../../migrations/desk/V6__blamed_events.sql"),
            include_str!("../../../migrations/desk/V7__order_of_acknowledgements.sql"),
            include_str!("../../../migrations/desk/V8__what_cannot_move_by_lane.sql"),
        ] {
            connection.execute_batch(migration).expect("it migrates");
        }
        let hash = SealedEvent::hash_of(b"bytes of an event");
        connection
            .execute_batch(&format!(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})
                 INSERT INTO audit_local SELECT i, 'e' || i, '', '{hash}', 'bytes of an event' FROM n;
                 INSERT INTO outbox (local_seq, event_id, entity_kind, entity_id, state)
                 SELECT local_seq, event_id, 'room', 'r' || (local_seq % {rooms}), 'pending' FROM audit_local;"
            ))
            .expect("it fills");
        connection
    }

    fn pick(connection: &Connection, events_max: usize, busy: &BTreeSet<EntityRef>) -> Pick {
        let mut pick = Pick { events_max, bytes_max: 1 << 20, ..Pick::default() };
        pick.take(connection, busy).expect("it picks");
        pick
    }

    fn rooms(numbers: impl Iterator<Item = u64>) -> BTreeSet<EntityRef> {
        numbers.map(|n| EntityRef::new("room", format!("r{n}"))).collect()
    }

    #[test]
    fn c6_a_look_into_a_backlog_of_100_000_costs_what_it_takes_and_not_what_waits() {
        let connection = queue(100_000, 500);
        let nothing_busy = pick(&connection, 500, &BTreeSet::new());
        assert_eq!(nothing_busy.items.len(), 500);
        assert!(nothing_busy.looked < 600, "{}", nothing_busy.looked);
        for (run, first) in nothing_busy.items.chunks(RUN).zip(1..) {
            assert_eq!(run[0].local_seq, first, "the lanes with the oldest events first");
            assert!(run.windows(2).all(|pair| pair[1].local_seq == pair[0].local_seq + 500), "in lane order");
        }
        // Every room but one is on its way: that one is found, in its own order.
        let one_free = pick(&connection, 500, &rooms(0..499));
        assert_eq!(one_free.items.len(), 200);
        assert!(one_free.items.windows(2).all(|pair| pair[0].local_seq < pair[1].local_seq));
        assert!(one_free.items.iter().all(|item| item.entity.id == "r499"));
        assert!(one_free.looked < 6_000, "{}", one_free.looked);
        let all_busy = pick(&connection, 500, &rooms(0..500));
        assert!(all_busy.items.is_empty() && all_busy.looked < 6_000, "{}", all_busy.looked);
    }

    #[test]
    fn a8_bytes_that_are_not_as_they_were_recorded_are_not_picked() {
        let connection = queue(3, 3);
        connection
            .execute_batch(
                "DROP TRIGGER audit_local_is_append_only_update;
                 UPDATE audit_local SET bytes = 'bytes of an evenu' WHERE local_seq = 2;",
            )
            .expect("one bit turns over");
        let refused = Pick { events_max: 9, bytes_max: 1 << 20, ..Pick::default() }.take(&connection, &BTreeSet::new());
        assert!(matches!(refused, Err(EngineError::Stored { what: NOT_AS_RECORDED, .. })), "{refused:?}");
    }

    #[test]
    fn c6_a_few_busy_rooms_with_long_queues_do_not_hide_the_others() {
        let connection = queue(100_000, 12);
        let free = pick(&connection, 50, &rooms(0..11));
        assert_eq!(free.items.len(), 50);
        assert!(free.items.windows(2).all(|pair| pair[0].local_seq < pair[1].local_seq));
        let none = pick(&connection, 50, &rooms(0..12));
        assert!(none.items.is_empty() && none.looked < 1_000, "{}", none.looked);
    }
}
