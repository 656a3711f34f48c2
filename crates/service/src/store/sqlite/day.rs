//! The day roll of the service: at the hotel's hour each room comes over the night by the rules that desks use, whether or
//! not a desk has said so. What a desk began already is left alone.

use super::rows::{self, to_i64};
use super::writer::Writer;
use crate::store::StoreError;
use crate::workflow;
use chrono::{DateTime, NaiveDate};
use rusqlite::TransactionBehavior;
use turndown_domain::day::{self, Due, due};
use turndown_domain::{Context, PropertyBook, ROOM, RoomId, Unit, decide};
use turndown_protocol::{ActorId, EntityRef, Fields, PropertyId};

/// Begins the next day of every property where the clock says so. Answers which.
pub(super) fn begin_days(writer: &mut Writer, now_ms: i64) -> Result<Vec<(PropertyId, String)>, StoreError> {
    let properties: Vec<String> = {
        let mut statement = writer.conn.prepare("SELECT property_id FROM properties ORDER BY n")?;
        statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?
    };
    let mut began = vec![];
    for property in properties {
        let Ok(property) = PropertyId::parse(property) else { continue };
        let book = writer.book(&property)?;
        let Some(day) = next_day(&book, now_ms) else { continue };
        match begin(writer, &property, &book, day) {
            Ok(()) => began.push((property, day.to_string())),
            // One hotel's day holds up no other's.
            Err(error) => tracing::error!(%error, %property, %day, "the day could not begin; it is tried again"),
        }
    }
    Ok(began)
}

/// The day that begins by itself. Where more than one has passed nobody asks here: an operator imports the day.
fn next_day(book: &PropertyBook, now_ms: i64) -> Option<NaiveDate> {
    let zone = book.property.time_zone.parse().unwrap_or(chrono_tz::Tz::UTC);
    let local = DateTime::from_timestamp_millis(now_ms)?.with_timezone(&zone).naive_local();
    match due(&book.property.service_day, local)? {
        Due::Next(day) if !book.property.sample => Some(day),
        _ => None,
    }
}

fn begin(writer: &mut Writer, property: &PropertyId, book: &PropertyBook, day: NaiveDate) -> Result<(), StoreError> {
    let property_n = writer.property_n(property)?;
    let mut seq = writer.head_seq();
    let mut book = book.clone();
    book.property.service_day = day.to_string();
    let tx = writer.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let ids: Vec<String> = {
        let mut statement = tx.prepare_cached(
            "SELECT id FROM entities WHERE property_n = ?1 AND kind = ?2 AND deleted_at_ms IS NULL ORDER BY id",
        )?;
        statement.query_map((property_n, ROOM), |row| row.get(0))?.collect::<Result<_, _>>()?
    };
    let mut rooms: Vec<(RoomId, Unit)> = vec![];
    for id in ids {
        let row = rows::entity(&tx, property_n, &EntityRef::new(ROOM, id.as_str()))?;
        // A room that this build cannot read stays as it is.
        if let Some(Ok(unit)) = row.map(|row| Unit::from_fields(&row.fields)) {
            rooms.push((RoomId(id), unit));
        }
    }
    let begins = day::begin(&book, &rooms, &day.to_string()).unwrap_or_else(|error| {
        tracing::error!(%error, %property, "the bookings cannot be read; the day begins without their work");
        vec![]
    });
    let reference: String =
        tx.query_row("SELECT reference FROM properties WHERE n = ?1", [property_n], |row| row.get(0))?;
    // Members that this build does not know stay.
    let mut reference: serde_json::Value = serde_json::from_str(&reference)?;
    reference["property"]["service_day"] = day.to_string().into();
    seq += 1;
    tx.execute(
        "UPDATE properties SET reference_version = ?2, reference = ?3 WHERE n = ?1",
        (property_n, to_i64(seq), reference.to_string()),
    )?;
    let actor = ActorId::parse("system:service").map_err(|_| StoreError::Fault)?;
    let service_day = day.to_string();
    for (room, action) in begins {
        let name = EntityRef::new(ROOM, room.0);
        let Some(mut row) = rows::entity(&tx, property_n, &name)? else { continue };
        let context =
            Context { now: DateTime::default(), service_day: &service_day, actor: &actor, book: &book, undo_of: None };
        // Where nothing is different today, nothing is told.
        let Ok(decision) = decide(&row.fields, &action, &context) else { continue };
        seq += 1;
        for (path, change) in decision.changes {
            if let Some(part) = workflow::part_of(&path) {
                tx.prepare_cached("INSERT OR REPLACE INTO parts (property_n, part, entity_n) VALUES (?1, ?2, ?3)")?
                    .execute((property_n, part, row.n))?;
            }
            // No event changed it last.
            row.provenance.remove(&path);
            row.fields.set(path, change.new);
        }
        save(&tx, row.n, seq, &row.fields, &row.provenance)?;
    }
    tx.execute("UPDATE meta SET head_seq = ?1", [to_i64(seq)])?;
    tx.commit()?;
    writer.reload()
}

fn save(
    conn: &rusqlite::Connection,
    n: i64,
    seq: u64,
    fields: &Fields,
    provenance: &std::collections::BTreeMap<String, u64>,
) -> Result<(), StoreError> {
    conn.prepare_cached(
        "UPDATE entities SET version = ?2, fields_version = ?2, fields = ?3, provenance = ?4 WHERE n = ?1",
    )?
    .execute((n, to_i64(seq), serde_json::to_string(fields)?, serde_json::to_string(provenance)?))?;
    Ok(())
}
