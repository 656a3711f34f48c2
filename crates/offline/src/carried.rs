//! Work of another desk that was brought here by hand, in a file: kept apart from this desk's own, and sent in the other
//! desk's stead until the service has it.
//!
//! A carried event keeps its install, number and bytes. It is in no outbox and no record of this desk; that it was
//! brought is an event of this desk. Whichever desk sends it first, the service takes it once and answers the other with
//! the first outcome, so nothing here has to know what its maker does meanwhile.
//!
//! Own work goes first. Within the maker's lane of an entity the order is the maker's; what the service does not take
//! stops that lane and no other, and is asked again whenever the service's row of that entity changes: a decision, made
//! at whichever desk, always changes it.
//!
//! The file itself is kept in `carried/`, durably, before its events are called carried: the second copy of what is
//! recorded nowhere else on this desk. Where the database has gone back to a backup, the next start brings it again.
//!
//! Deliberately absent: the carried events' effect on this desk's rooms. They come back with the next pull, as any other
//! desk's work does, once they are true.

use crate::carry_file::CarryWriter;
use crate::engine::{Engine, Sort};
use crate::outbox::{as_recorded, event_id};
use crate::record::{Draft, Intent};
use crate::{
    CarryFile, CarryHead, CarryHotel, CarryRefusal, EngineError, OutboxItem, OutboxRow, OutboxState, RecordError, Sql,
    UnitOfWork, rfc3339,
};
use rusqlite::Connection;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::Arc;
use turndown_protocol::{ActorId, EntityRef, EventId, InstallId, SealedEvent};

/// The folder beside the database.
const FOLDER: &str = "carried";
/// Rows that change in one unit of work, where all of them do.
const ROWS_A_UNIT: u64 = 500;
/// To be sent.
const TO_SEND: &str = "(state = 'pending' OR again = 1)";
/// Not answered as taken.
const OPEN: &str = "state IN ('pending', 'failed', 'conflict', 'held')";
/// What a person holds back is not sent from elsewhere either.
const NOT_ON_HOLD: &str = "(o.entity_kind, o.entity_id) NOT IN (SELECT entity_kind, entity_id FROM on_hold)";

/// What a file brought.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Brought {
    /// The maker's name.
    pub desk: String,
    /// Events in the file.
    pub events: u64,
    /// Of those, new here: they are sent from now on.
    pub brought: u64,
    /// Of those, recorded at this very desk, which sends them itself.
    pub own: u64,
}

/// Another desk's work that is sent from here.
#[derive(Debug, Clone, PartialEq)]
pub struct CarriedDesk {
    /// The install that wrote the newest file.
    pub maker: InstallId,
    /// What people call it.
    pub name: String,
    /// Who wrote the newest file, by name.
    pub exported_by: String,
    /// When, by that desk's clock.
    pub exported_at: String,
    /// Who brought it here.
    pub carried_by: String,
    /// When.
    pub carried_at: String,
    /// Events brought, over all files.
    pub brought: u64,
    /// On their way.
    pub waiting: u64,
    /// Somebody has to look.
    pub attention: u64,
    /// What the service does not have yet: what needs a look first, then as it will be sent.
    pub rows: Vec<OutboxRow>,
}

impl CarriedDesk {
    /// What the service has.
    #[must_use]
    pub fn arrived(&self) -> u64 {
        self.brought.saturating_sub(self.waiting + self.attention)
    }
}

/// Who brings a file, and under which event.
#[derive(Debug, Clone)]
pub struct Carrier {
    /// The event that says so in this desk's record.
    pub event_id: EventId,
    /// Who.
    pub actor: ActorId,
}

impl Engine {
    /// Writes what waits here, and what needs a look, for another desk to carry. Answers how many events.
    ///
    /// # Errors
    /// When the database refuses; inside, when the file cannot be written.
    pub fn write_waiting(
        &self,
        hotel: CarryHotel,
        property_name: String,
        by: String,
        out: impl io::Write,
    ) -> Result<io::Result<u64>, EngineError> {
        let at = rfc3339(self.environment().now());
        let mut head = CarryHead::new(hotel, property_name, self.install_id(), by, at);
        // One transaction, so that the head counts what follows it.
        self.read(|connection| {
            let end = "SELECT coalesce(max(local_seq), 0) FROM audit_local";
            head.local_seq = connection.query_row(end, [], |row| row.get(0))?;
            let count = format!("SELECT count(*) FROM outbox o WHERE o.{OPEN} AND {NOT_ON_HOLD}");
            head.events = connection.query_row(&count, [], |row| row.get(0))?;
            let mut waiting = connection.prepare(&format!(
                "SELECT a.bytes, a.hash FROM outbox o JOIN audit_local a ON a.local_seq = o.local_seq
                 WHERE o.{OPEN} AND {NOT_ON_HOLD} ORDER BY o.lane_rank, o.local_seq"
            ))?;
            let mut rows = waiting.query([])?;
            let mut writer = match CarryWriter::begin(out, &head) {
                Ok(writer) => writer,
                Err(error) => return Ok(Err(error)),
            };
            while let Some(row) = rows.next()? {
                let bytes = as_recorded(row.get(0)?, row.get_ref(1)?.as_str().unwrap_or_default())?;
                if let Err(error) = writer.line(&bytes) {
                    return Ok(Err(error));
                }
            }
            Ok(writer.end().map(|()| head.events))
        })
    }

    /// Takes another desk's file: all of it or nothing, in one unit of work with the event that says so. The same file
    /// again, and events that are here already, change nothing.
    ///
    /// # Errors
    /// That everything in it is this desk's own, or that the database or the disk refused; nothing was taken then.
    pub fn carry(&self, file: CarryFile, carrier: Carrier) -> Result<Brought, RecordError<CarryRefusal>> {
        let shared = self.shared();
        shared.has_space()?;
        let folder = shared.folder().join(FOLDER);
        let path = folder.join(format!("{}.jsonl", file.hash));
        let disk = Arc::clone(&shared.disk);
        let kept = |error| EngineError::stored("carried file", error);
        let there = disk.exists(&path).map_err(kept)?;
        if !there {
            disk.make_folder(&folder).map_err(kept)?;
            disk.create(&path, file.text.as_bytes()).map_err(kept)?;
            disk.sync_folder(&folder).map_err(kept)?;
            disk.sync_folder(shared.folder()).map_err(kept)?;
        }
        let taken = self.write(move |work| work.carry(&file, carrier));
        // Where it is not known whether it was saved, the next start finds out.
        let nothing_came = match &taken {
            Ok(brought) => brought.brought == 0,
            Err(RecordError::Engine(EngineError::Unsure(_))) => false,
            Err(_) => true,
        };
        if nothing_came
            && !there
            && let Err(error) = disk.remove(&path)
        {
            tracing::warn!(%error, "a file that was not needed stays in the folder");
        }
        taken
    }

    /// Brings again what the database has lost of files that were brought before: it was put back to a backup. Answers how
    /// many events came back.
    ///
    /// # Errors
    /// When the database or the disk refuses.
    pub fn carry_again(&self, hotel: &CarryHotel) -> Result<u64, EngineError> {
        let shared = self.shared();
        let folder = shared.folder().join(FOLDER);
        let kept = |error| EngineError::stored("carried file", error);
        let mut back = 0;
        for name in shared.disk.names(&folder).map_err(kept)? {
            let Some(hash) = name.strip_suffix(".jsonl") else { continue };
            let known = self.read(|mut connection| {
                connection.first("SELECT 1 FROM carried_from WHERE hash = ?1", [hash], |_| Ok(()))
            })?;
            if known.is_some() {
                continue;
            }
            let path = folder.join(&name);
            let bytes = shared.disk.read(&path).map_err(kept)?;
            let Ok(file) = CarryFile::read(bytes, hotel) else {
                // The power went while it was being kept, before anybody heard that it was. What the person has is whole.
                tracing::warn!(name, "a carried file that is not whole is left alone");
                continue;
            };
            let environment = self.environment();
            let event_id = EventId::generate(crate::now_ms(environment.as_ref()), environment.random());
            let actor = ActorId::parse("system:desk").map_err(|error| EngineError::stored("actor", error))?;
            match self.carry(file, Carrier { event_id, actor }) {
                Ok(brought) => back += brought.brought,
                Err(RecordError::Refused(refusal)) => tracing::info!(%refusal, name, "a carried file is not needed"),
                Err(RecordError::Engine(error)) => return Err(error),
            }
        }
        Ok(back)
    }

    /// Other desks' work that was brought here, the newest file first, each with its first open rows.
    ///
    /// # Errors
    /// When SQLite refuses or something stored cannot be read.
    pub fn carried(&self, rows_max: u32) -> Result<Vec<CarriedDesk>, EngineError> {
        self.read(|mut connection| {
            let desks = connection.all(
                "SELECT maker, name, exported_by, exported_at, carried_by, carried_at,
                    (SELECT sum(brought) FROM carried_from m WHERE m.maker = f.maker),
                    (SELECT count(*) FROM carried c WHERE c.maker = f.maker AND c.state IN ('pending', 'held')),
                    (SELECT count(*) FROM carried c WHERE c.maker = f.maker AND c.state IN ('failed', 'conflict'))
                 FROM carried_from f
                 WHERE (local_seq, hash) = (SELECT local_seq, hash FROM carried_from n WHERE n.maker = f.maker
                                            ORDER BY local_seq DESC, hash DESC LIMIT 1)
                 ORDER BY carried_at DESC, maker",
                [],
                |row| {
                    let desk = CarriedDesk {
                        maker: InstallId::generate(0, 0),
                        name: row.get(1)?,
                        exported_by: row.get(2)?,
                        exported_at: row.get(3)?,
                        carried_by: row.get(4)?,
                        carried_at: row.get(5)?,
                        brought: row.get(6)?,
                        waiting: row.get(7)?,
                        attention: row.get(8)?,
                        rows: vec![],
                    };
                    Ok((row.get::<_, String>(0)?, desk))
                },
            )?;
            let mut carried = Vec::with_capacity(desks.len());
            for (maker, desk) in desks {
                let rows = rows_of(connection, &maker, rows_max)?;
                let maker = InstallId::parse(maker).map_err(|error| EngineError::stored("install id", error))?;
                carried.push(CarriedDesk { maker, rows, ..desk });
            }
            Ok(carried)
        })
    }

    /// One carried event with where it stands.
    ///
    /// # Errors
    /// When SQLite refuses or something stored cannot be read.
    pub fn carried_row(&self, id: &EventId) -> Result<Option<OutboxRow>, EngineError> {
        self.read(|connection| Ok(read_rows(connection, "c.event_id = ?1 LIMIT ?2", id.as_str(), 1)?.pop()))
    }

    /// How many carried events are to be sent.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn carried_waiting(&self) -> Result<u64, EngineError> {
        self.read(|mut connection| {
            let count =
                connection.first(&format!("SELECT count(*) FROM carried WHERE {TO_SEND}"), [], |row| row.get(0))?;
            Ok(count.unwrap_or(0))
        })
    }

    /// How many carried events need a person.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn carried_attention(&self) -> Result<u32, EngineError> {
        self.read(|mut connection| {
            let count = format!("SELECT count(*) FROM carried WHERE state IN ('failed', 'conflict') AND {OPEN}");
            Ok(connection.first(&count, [], |row| row.get(0))?.unwrap_or(0))
        })
    }

    /// A person asks: everything carried that the service did not take is sent once more.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn ask_carried_again(&self) -> Result<(), EngineError> {
        let stopped = self.read(|mut connection| {
            connection
                .first("SELECT 1 FROM carried WHERE state IN ('failed', 'conflict', 'held') LIMIT 1", [], |_| Ok(()))
        })?;
        if stopped.is_none() {
            return Ok(());
        }
        self.write_behind(|work| {
            work.execute(
                "UPDATE carried SET again = 1, attempts = 0, blamed = 0
                 WHERE state IN ('failed', 'conflict') OR (state = 'held' AND held_by IS NULL)",
                [],
            )?;
            work.touch(Sort::Outbox);
            Ok(())
        })
    }

    /// The service was restored: what it had taken of the carried events is sent again, in the same order.
    pub(crate) fn offer_carried_again(&self) -> Result<u64, EngineError> {
        let (mut after, mut offered) = (-1_i64, 0);
        loop {
            let last: Option<i64> = self.read(|mut connection| {
                connection
                    .first(
                        "SELECT max(place) FROM (SELECT place FROM carried WHERE place > ?1 ORDER BY place LIMIT ?2)",
                        (after, ROWS_A_UNIT),
                        |row| row.get(0),
                    )
                    .map(Option::flatten)
            })?;
            let Some(last) = last else { return Ok(offered) };
            let from = std::mem::replace(&mut after, last);
            offered += self.write_behind(move |work| {
                let rows = work.execute(
                    "UPDATE carried SET state = 'pending', again = 0, held_by = NULL, attempts = 0, blamed = 0, answered = 0,
                        last_code = NULL, last_message = NULL, seq = NULL, epoch = NULL, acknowledged_at = NULL,
                        acknowledged_day = NULL
                     WHERE place > ?1 AND place <= ?2 AND state <> 'pending'",
                    (from, last),
                )?;
                work.touch(Sort::Outbox);
                Ok::<_, EngineError>(rows as u64)
            })?;
        }
    }

    /// Lets go of what was acknowledged before a day of uptime, and of files of which nothing is left. Answers how many
    /// events went.
    pub(crate) fn prune_carried(&self, before: u64) -> Result<u64, EngineError> {
        let mut pruned = 0;
        loop {
            let gone = self.write_behind(move |work| {
                work.execute(
                    "DELETE FROM carried WHERE event_id IN (SELECT event_id FROM carried
                        WHERE state = 'synced' AND coalesce(acknowledged_day, 0) < ?1 LIMIT ?2)",
                    (before, ROWS_A_UNIT),
                )
            })?;
            pruned += gone as u64;
            if gone == 0 {
                break;
            }
        }
        let done: Vec<String> = self.read(|mut connection| {
            connection.all(
                "SELECT hash FROM carried_from f WHERE NOT EXISTS (SELECT 1 FROM carried c WHERE c.maker = f.maker)",
                [],
                |row| row.get(0),
            )
        })?;
        for hash in done {
            // The file first: one without its row would be brought again.
            let shared = self.shared();
            let path = shared.folder().join(FOLDER).join(format!("{hash}.jsonl"));
            shared.disk.remove(&path).map_err(|error| EngineError::stored("carried file", error))?;
            self.write_behind(move |work| work.execute("DELETE FROM carried_from WHERE hash = ?1", [&hash]))?;
        }
        Ok(pruned)
    }
}

const ROW: &str =
    "SELECT c.bytes, c.state, c.attempts, c.last_code, c.last_message, c.held_by, h.state, c.seq, c.acknowledged_at
    FROM carried c LEFT JOIN carried h ON h.event_id = c.held_by";

fn read_rows(connection: &Connection, which: &str, of: &str, most: u32) -> Result<Vec<OutboxRow>, EngineError> {
    let mut statement = connection.prepare_cached(&format!("{ROW} WHERE {which}"))?;
    let mut rows = statement.query((of, most))?;
    let mut found = vec![];
    while let Some(row) = rows.next()? {
        let (held_by, held_by_state) = (row.get::<_, Option<String>>(5)?, row.get::<_, Option<String>>(6)?);
        found.push(OutboxRow {
            sealed: SealedEvent::from_bytes(row.get::<_, String>(0)?)?,
            state: OutboxState::parse(&row.get::<_, String>(1)?)?,
            attempts: row.get(2)?,
            last_code: row.get(3)?,
            last_message: row.get(4)?,
            held_by: held_by.as_deref().map(event_id).transpose()?,
            held_by_state: held_by_state.as_deref().map(OutboxState::parse).transpose()?,
            settled_by: None,
            seq: row.get(7)?,
            acknowledged_at: row.get(8)?,
        });
    }
    Ok(found)
}

fn rows_of(connection: &Connection, maker: &str, most: u32) -> Result<Vec<OutboxRow>, EngineError> {
    let which = |states: &str| format!("c.maker = ?1 AND c.state IN ({states}) ORDER BY c.place LIMIT ?2");
    let mut rows = read_rows(connection, &which("'failed', 'conflict'"), maker, most)?;
    let left = most.saturating_sub(u32::try_from(rows.len()).unwrap_or(most));
    rows.extend(read_rows(connection, &which("'pending', 'held'"), maker, left)?);
    Ok(rows)
}

/// The next carried events, in their makers' order, beside what was picked of this desk's own.
pub(crate) fn pick(
    connection: &Connection,
    events_max: usize,
    bytes_max: usize,
    leave_out: &BTreeSet<EntityRef>,
    items: &mut Vec<OutboxItem>,
) -> Result<(), EngineError> {
    // An entity has one request on its way at a time, and its own events go first.
    let own: BTreeSet<EntityRef> = items.iter().map(|item| item.entity.clone()).collect();
    let mut bytes_sum: usize = items.iter().map(|item| item.bytes.len()).sum();
    let mut queue = connection.prepare_cached(&format!(
        "SELECT rowid, entity_kind, entity_id FROM carried INDEXED BY carried_to_send WHERE {TO_SEND} ORDER BY place"
    ))?;
    let mut rows = queue.query([])?;
    while items.len() < events_max
        && let Some(row) = rows.next()?
    {
        let entity = EntityRef::new(row.get::<_, String>(1)?, row.get::<_, String>(2)?);
        if leave_out.contains(&entity) || own.contains(&entity) {
            continue;
        }
        let item = item(connection, row.get(0)?, entity)?;
        if !items.is_empty() && bytes_sum + item.bytes.len() > bytes_max {
            break;
        }
        bytes_sum += item.bytes.len();
        items.push(item);
    }
    Ok(())
}

/// The next carried events of one entity.
pub(crate) fn pick_in_lane(
    connection: &Connection,
    lane: &EntityRef,
    events_max: usize,
    bytes_max: usize,
    items: &mut Vec<OutboxItem>,
) -> Result<(), EngineError> {
    let mut bytes_sum: usize = items.iter().map(|item| item.bytes.len()).sum();
    let mut queue = connection.prepare_cached(&format!(
        "SELECT rowid FROM carried WHERE entity_kind = ?1 AND entity_id = ?2 AND {TO_SEND} AND {OPEN}
         ORDER BY place"
    ))?;
    let mut rows = queue.query([&lane.kind, &lane.id])?;
    while items.len() < events_max
        && let Some(row) = rows.next()?
    {
        let item = item(connection, row.get(0)?, lane.clone())?;
        if !items.is_empty() && bytes_sum + item.bytes.len() > bytes_max {
            break;
        }
        bytes_sum += item.bytes.len();
        items.push(item);
    }
    Ok(())
}

fn item(connection: &Connection, rowid: i64, entity: EntityRef) -> Result<OutboxItem, EngineError> {
    let (id, bytes, hash): (String, String, String) = connection
        .prepare_cached("SELECT event_id, bytes, hash FROM carried WHERE rowid = ?1")?
        .query_row([rowid], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    let bytes = as_recorded(bytes, &hash)?;
    let local_seq = SealedEvent::from_bytes(bytes.as_str())?.event.local_seq;
    Ok(OutboxItem { event_id: event_id(&id)?, local_seq, entity, bytes })
}

/// A carried event that is answered.
pub(crate) struct CarriedRow {
    pub(crate) maker: String,
    pub(crate) entity: EntityRef,
    pub(crate) place: i64,
    pub(crate) state: OutboxState,
    /// It waits for an answer.
    pub(crate) is_asked: bool,
    pub(crate) attempts: u32,
    pub(crate) last_code: Option<String>,
    bytes: String,
}

impl UnitOfWork<'_> {
    fn carry(&mut self, file: &CarryFile, carrier: Carrier) -> Result<Brought, RecordError<CarryRefusal>> {
        let events = file.events.len() as u64;
        let mut brought = Brought { desk: file.head.desk.clone(), events, ..Brought::default() };
        let maker = file.head.install_id.as_str();
        let (highest, newest): (i64, Option<u64>) = self
            .first(
                "SELECT (SELECT coalesce(max(place), 0) FROM carried),
                    (SELECT max(local_seq) FROM carried_from WHERE maker = ?1)",
                [maker],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )?
            .unwrap_or_default();
        // Of two files the one with the longer record says the order: a decision goes before what it settles, also
        // where that came with a file before.
        let says_order = newest.is_none_or(|newest| file.head.local_seq >= newest);
        for (n, event) in (1_i64..).zip(&file.events) {
            let id = event.event_id.as_str();
            let own: Option<String> =
                self.first("SELECT hash FROM audit_local WHERE event_id = ?1", [id], |row| row.get(0))?;
            let here: Option<String> = match own {
                Some(_) => None,
                None => self.first("SELECT hash FROM carried WHERE event_id = ?1", [id], |row| row.get(0))?,
            };
            if [&own, &here].into_iter().flatten().any(|hash| *hash != event.hash) {
                return Err(RecordError::Refused(CarryRefusal::Changed));
            }
            let place = highest + n;
            if own.is_some() {
                brought.own += 1;
            } else if here.is_some() {
                if says_order {
                    self.execute("UPDATE carried SET place = ?2 WHERE event_id = ?1", (id, place))?;
                }
            } else {
                brought.brought += 1;
                self.execute(
                    "INSERT INTO carried (event_id, maker, entity_kind, entity_id, bytes, hash, place)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                    (id, maker, &event.entity.kind, &event.entity.id, file.bytes_of(event), &event.hash, place),
                )?;
            }
        }
        if brought.own > 0 && brought.own == events {
            return Err(RecordError::Refused(CarryRefusal::Own));
        }
        if brought.brought == 0 {
            return Ok(brought);
        }
        let head = &file.head;
        let at = rfc3339(self.now());
        self.execute(
            "INSERT INTO carried_from
                (hash, maker, name, exported_by, exported_at, local_seq, brought, carried_by, carried_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            (
                &file.hash,
                maker,
                &head.desk,
                &head.by,
                &head.at,
                head.local_seq,
                brought.brought,
                carrier.actor.as_str(),
                at,
            ),
        )?;
        let args = json!({ "desk": head.desk, "maker": head.install_id, "file": file.hash, "events": brought.brought });
        let entity = EntityRef::new(crate::restored::DESK, self.state.install_id.as_str());
        let draft =
            Draft { workflow: crate::restored::DESK.into(), action: "carried".into(), args, ..Draft::default() };
        let Carrier { event_id, actor } = carrier;
        self.record(Intent { event_id, actor, entity, decide: Box::new(move |_, _| Ok(draft)) })?;
        self.touch(Sort::Outbox);
        Ok(brought)
    }

    /// A carried event, by id.
    pub(crate) fn carried_event(&mut self, id: &EventId) -> Result<Option<CarriedRow>, EngineError> {
        self.first(
            "SELECT maker, entity_kind, entity_id, place, state, iif(blamed, 0, attempts), last_code, bytes, again
             FROM carried WHERE event_id = ?1",
            [id.as_str()],
            |row| {
                let entity = EntityRef::new(row.get::<_, String>(1)?, row.get::<_, String>(2)?);
                let state = row.get::<_, String>(4)?;
                let again: bool = row.get(8)?;
                Ok((row.get(0)?, entity, row.get(3)?, (state, again), row.get(5)?, row.get(6)?, row.get(7)?))
            },
        )?
        .map(|(maker, entity, place, (state, again), attempts, last_code, bytes)| {
            let state = OutboxState::parse(&state)?;
            let is_asked = again || state == OutboxState::Pending;
            Ok(CarriedRow { maker, entity, place, state, is_asked, attempts, last_code, bytes })
        })
        .transpose()
    }

    /// The service has a carried event: what waited for it goes on.
    pub(crate) fn carried_arrived(
        &mut self,
        id: &EventId,
        row: &CarriedRow,
        seq: Option<u64>,
        epoch: &str,
        (at, day): (&str, u64),
    ) -> Result<(), EngineError> {
        self.execute(
            "UPDATE carried SET state = 'synced', again = 0, held_by = NULL, answered = 1, last_code = NULL, last_message = NULL,
                seq = ?2, epoch = ?3, acknowledged_at = ?4, acknowledged_day = ?5 WHERE event_id = ?1",
            (id.as_str(), seq, epoch, at, day),
        )?;
        // Also what waited for something of another entity of its maker, where nobody said which.
        self.execute(
            "UPDATE carried SET state = 'pending', held_by = NULL
             WHERE maker = ?1 AND state = 'held' AND (held_by = ?2 OR held_by IS NULL)",
            [&row.maker, id.as_str()],
        )?;
        for settled in &SealedEvent::from_bytes(row.bytes.as_str())?.event.settles {
            self.ask_carried(settled)?;
        }
        Ok(())
    }

    /// Something has settled a carried event: the service is asked what it came to.
    pub(crate) fn ask_carried(&mut self, id: &EventId) -> Result<(), EngineError> {
        let asked = self.execute(
            "UPDATE carried SET again = 1 WHERE event_id = ?1 AND again = 0 AND state IN ('failed', 'conflict', 'held')",
            [id.as_str()],
        )?;
        if asked > 0 {
            self.touch(Sort::Outbox);
        }
        Ok(())
    }

    /// The service did not take a carried event: it says so, and the rest of its maker's lane waits behind it.
    pub(crate) fn carried_stopped(
        &mut self,
        id: &EventId,
        row: &CarriedRow,
        state: OutboxState,
        (code, message): (&str, &str),
        answered: bool,
    ) -> Result<(), EngineError> {
        self.execute(
            "UPDATE carried SET state = ?2, again = 0, held_by = NULL, last_code = ?3, last_message = ?4, answered = ?5,
                attempts = attempts + ?6 WHERE event_id = ?1",
            (id.as_str(), state.as_str(), code, message, answered, u8::from(state == OutboxState::Failed)),
        )?;
        self.execute(
            &format!(
                "UPDATE carried SET state = 'held', held_by = ?1
                 WHERE entity_kind = ?2 AND entity_id = ?3 AND maker = ?4 AND place > ?5 AND state = 'pending' AND {OPEN}"
            ),
            (id.as_str(), &row.entity.kind, &row.entity.id, &row.maker, row.place),
        )?;
        Ok(())
    }

    /// The service's row of an entity has changed: what it refused of the carried events may come to something else now.
    pub(crate) fn ask_carried_about(&mut self, entity: &EntityRef) -> Result<(), EngineError> {
        let asked = self.execute(
            &format!(
                "UPDATE carried SET again = 1 WHERE entity_kind = ?1 AND entity_id = ?2 AND {OPEN} AND again = 0
                    AND (state = 'conflict' OR (state = 'failed' AND answered = 1)
                        OR (state = 'held' AND held_by IS NULL))"
            ),
            [&entity.kind, &entity.id],
        )?;
        if asked > 0 {
            self.touch(Sort::Outbox);
        }
        Ok(())
    }

    /// The events that a person gives up with a carried one: itself, and what waits behind it in its maker's lane.
    ///
    /// # Errors
    /// When SQLite refuses or something stored cannot be read.
    pub fn carried_lane(&mut self, id: &EventId) -> Result<Vec<EventId>, EngineError> {
        let stopped = self.carried_event(id)?;
        if !stopped.is_some_and(|row| matches!(row.state, OutboxState::Failed | OutboxState::Conflict)) {
            return Ok(vec![]);
        }
        let behind =
            self.all("SELECT event_id FROM carried WHERE held_by = ?1 ORDER BY place", [id.as_str()], |row| {
                row.get::<_, String>(0)
            })?;
        let behind = behind.iter().map(|id| event_id(id)).collect::<Result<Vec<_>, _>>()?;
        Ok(std::iter::once(id.clone()).chain(behind).collect())
    }
}

/// What [`Engine::blame`] wrote down of carried events that still wait.
pub(crate) fn blamed(mut connection: &Connection) -> Result<BTreeMap<EventId, u32>, EngineError> {
    connection
        .all(&format!("SELECT event_id, attempts FROM carried WHERE blamed = 1 AND {TO_SEND}"), [], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, u32>(1)?))
        })?
        .into_iter()
        .map(|(id, tries)| Ok((event_id(&id)?, tries)))
        .collect()
}
