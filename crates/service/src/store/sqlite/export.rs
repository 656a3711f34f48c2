//! The audit trail of a hotel, or of some of its days, as a file that proves itself (`turndown-audit`).

use super::admin::Admin;
use super::open::signing_key;
use super::rows::{self, get_u64};
use crate::env::Environment;
use crate::startup::Refusal;
use crate::store::stored::to_i64;
use crate::store::{Hash, StoreError, public_hex};
use chrono::{DateTime, NaiveDate, SecondsFormat, TimeZone, Utc};
use chrono_tz::Tz;
use ed25519_dalek::{Signer, SigningKey};
use rusqlite::{Connection, OptionalExtension};
use serde::Deserialize;
use std::io::Write;
use turndown_audit::file::{Begin, FORMAT, Place, SignedDesk, Whose, Writer};
use turndown_audit::{HeadOf, text_to_sign};
use turndown_protocol::{InstallId, PropertyId};

/// Entries read at a time.
const PAGE: u32 = 2_000;

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// The hotel's name.
    pub property_name: String,
    /// How many entries.
    pub entries: u64,
    /// The number of the last one, or of the one before the file's beginning.
    pub up_to: u64,
}

/// Whose trail, and of when.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Which hotel; may be left out where there is one.
    pub property: Option<&'a str>,
    /// First and last day, by the hotel's calendar; everything without.
    pub days: Option<(NaiveDate, NaiveDate)>,
}

/// Why there is no file.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The store cannot be used so.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The store cannot be read.
    #[error("the store cannot be read: {0}")]
    Store(#[from] StoreError),
    /// The file cannot be written.
    #[error("the file cannot be written: {0}")]
    File(#[from] std::io::Error),
}

impl From<rusqlite::Error> for ExportError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

impl Admin {
    /// Writes a hotel's trail as the store has it at one instant, beside a running service.
    ///
    /// An entry belongs to the days in which the service took it. Where its clock was put back between two of them, what
    /// lies between the first and the last entry of these days is in the file too, because a trail has no holes.
    ///
    /// # Errors
    /// When there is no such hotel, the signing key is not there, or something cannot be read or written.
    pub fn export_audit(
        &self,
        env: &dyn Environment,
        wanted: &Wanted<'_>,
        out: impl Write,
    ) -> Result<Exported, ExportError> {
        let key = signing_key(self.files(), self.conn())?;
        let (n, property) = self.property(wanted.property)?;
        let conn = self.conn();
        let _instant = conn.unchecked_transaction()?;
        let fault = |_| ExportError::Store(StoreError::Fault);
        let store_id: String = conn.query_row("SELECT store_id FROM meta", [], |row| row.get(0))?;
        let property_id = PropertyId::parse(&*property.property_id).map_err(fault)?;
        let period = wanted.days.map(|days| moments(conn, n, days)).transpose()?;
        let (after, last) = stretch(conn, n, period.as_ref())?;

        let begin = Begin {
            format: FORMAT,
            whose: Whose::Service,
            store_id: store_id.clone(),
            property_id: property_id.clone(),
            property_name: property.property_name.clone(),
            signing_key: public_hex(&key),
            made_at: rfc3339(DateTime::from_timestamp_millis(env.now_ms()).unwrap_or_default()),
            whole: period.is_none(),
            from: period.as_ref().map(|(from, _)| from.clone()),
            to: period.map(|(_, to)| to),
            after: Place { seq: after, hash: hash_of_entry(conn, n, after)? },
        };
        let mut writer = Writer::begin(out, &begin)?;
        let mut bytes = conn.prepare(
            "SELECT e.bytes FROM audit a JOIN events e ON e.n = a.event_n WHERE a.property_n = ?1 AND a.audit_seq = ?2",
        )?;
        let (mut at, mut entries) = (after, 0);
        while at < last {
            let page = rows::audit(conn, n, at, None, PAGE)?;
            let Some((end, _)) = page.last() else { break };
            let end = end.audit_seq;
            for (entry, _) in page.into_iter().filter(|(entry, _)| entry.audit_seq <= last) {
                let event: String = bytes.query_row((n, to_i64(entry.audit_seq)), |row| row.get(0))?;
                writer.entry(entry, event)?;
                entries += 1;
            }
            at = end;
        }
        let up_to = writer.head().seq;
        let signature = sign(&key, HeadOf::Record(&property_id), &store_id, writer.head());
        let desks = desks(conn, n)?
            .into_iter()
            .map(|(install_id, begins, head)| {
                let signature = sign(&key, HeadOf::Desk(&install_id), &store_id, &head);
                SignedDesk { install_id, begins, head, signing_key: public_hex(&key), signature }
            })
            .collect();
        writer.end(Some(signature), desks)?;
        Ok(Exported { property_name: property.property_name, entries, up_to })
    }
}

fn sign(key: &SigningKey, of: HeadOf<'_>, store_id: &str, place: &Place) -> String {
    hex::encode(key.sign(text_to_sign(of, store_id, place.seq, &place.hash).as_bytes()).to_bytes())
}

/// As every time that the store keeps is written, so that times can be compared as text.
fn rfc3339(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// The first moment of the first day, and the first one after the last day.
fn moments(
    conn: &Connection,
    property_n: i64,
    (first, last): (NaiveDate, NaiveDate),
) -> Result<(String, String), ExportError> {
    #[derive(Deserialize)]
    struct Book {
        property: Zone,
    }
    #[derive(Deserialize)]
    struct Zone {
        time_zone: String,
    }
    let book: String =
        conn.query_row("SELECT reference FROM properties WHERE n = ?1", [property_n], |row| row.get(0))?;
    let book: Book = serde_json::from_str(&book).map_err(StoreError::from)?;
    let zone: Tz = book.property.time_zone.parse().unwrap_or(Tz::UTC);
    let begins = |day: Option<NaiveDate>| {
        let midnight = day.and_then(|day| day.and_hms_opt(0, 0, 0))?;
        // Where the clocks are put forward at midnight, the day begins an hour later.
        let at = zone.from_local_datetime(&midnight).earliest();
        let at = at.or_else(|| zone.from_local_datetime(&(midnight + chrono::TimeDelta::hours(1))).earliest())?;
        Some(rfc3339(at.to_utc()))
    };
    match (begins(Some(first)), begins(last.succ_opt())) {
        (Some(from), Some(to)) => Ok((from, to)),
        _ => Err(Refusal::Input(format!("{first} to {last} are not days of the calendar.")).into()),
    }
}

/// The number before the first entry of a period, and that of its last; the same where there is none.
fn stretch(conn: &Connection, property_n: i64, period: Option<&(String, String)>) -> Result<(u64, u64), ExportError> {
    let number = |sql: &str, at: &str| -> rusqlite::Result<Option<u64>> {
        conn.query_row(sql, (property_n, at), |row| Ok(row.get::<_, Option<i64>>(0)?.map(i64::unsigned_abs)))
    };
    let before = |at: &str| number("SELECT MAX(audit_seq) FROM audit WHERE property_n = ?1 AND received_at < ?2", at);
    let Some((from, to)) = period else {
        let last =
            conn.query_row("SELECT audit_seq FROM properties WHERE n = ?1", [property_n], |row| get_u64(row, 0))?;
        return Ok((0, last));
    };
    let last = before(to)?.unwrap_or(0);
    let first = number("SELECT MIN(audit_seq) FROM audit WHERE property_n = ?1 AND received_at >= ?2", from)?;
    let after = first.map_or(last, |first| (first - 1).min(last));
    Ok((after, last))
}

fn hash_of_entry(conn: &Connection, property_n: i64, seq: u64) -> Result<String, ExportError> {
    let sql = "SELECT hash FROM audit WHERE property_n = ?1 AND audit_seq = ?2";
    let hash: Option<Hash> = conn.query_row(sql, (property_n, to_i64(seq)), |row| row.get(0)).optional()?;
    Ok(hex::encode(hash.unwrap_or_default()))
}

/// Every desk's chain, as far as it is here without a gap: where it begins, and how far that is.
fn desks(conn: &Connection, property_n: i64) -> Result<Vec<(InstallId, Place, Place)>, ExportError> {
    let mut statement = conn.prepare(
        "SELECT install_id, begins_seq, begins_hash, closed_seq, closed_hash FROM installs WHERE property_n = ?1
         ORDER BY install_id",
    )?;
    let mut found = statement.query([property_n])?;
    let mut desks = vec![];
    while let Some(row) = found.next()? {
        let place = |seq: usize| -> rusqlite::Result<Place> {
            Ok(Place { seq: get_u64(row, seq)?, hash: hex::encode(row.get::<_, Hash>(seq + 1)?) })
        };
        let install = InstallId::parse(row.get::<_, String>(0)?).map_err(|_| StoreError::Fault)?;
        desks.push((install, place(1)?, place(3)?));
    }
    Ok(desks)
}
