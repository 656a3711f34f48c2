//! The audit trail of a hotel, or of some of its days, as a file that proves itself (`turndown-audit`): what both stores
//! make of what they read.
//!
//! Deliberately absent: SQL. A store reads the trail at one instant and hands it over, entry by entry.

use super::{StoreError, public_hex};
use crate::env::Environment;
use crate::startup::Refusal;
use chrono::{DateTime, NaiveDate, SecondsFormat, TimeZone, Utc};
use chrono_tz::Tz;
use ed25519_dalek::{Signer, SigningKey};
use std::io::Write;
use turndown_audit::file::{Begin, FORMAT, Place, SignedDesk, Whose, Writer};
use turndown_audit::{HeadOf, text_to_sign};
use turndown_domain::PropertyBook;
use turndown_protocol::{AuditEntry, InstallId, PropertyId};

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

/// The first moment of the first day of a period, and the first one after its last, as the store writes times.
///
/// An entry belongs to the days in which the service took it. Where its clock was put back between two of them, what
/// lies between the first and the last entry of these days is in the file too, because a trail has no holes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Period {
    pub(super) from: String,
    pub(super) to: String,
}

impl Period {
    /// Days of the calendar of a hotel.
    pub(super) fn of(reference: &str, (first, last): (NaiveDate, NaiveDate)) -> Result<Self, ExportError> {
        let book: PropertyBook = serde_json::from_str(reference).map_err(StoreError::from)?;
        let zone: Tz = book.property.time_zone.parse().unwrap_or(Tz::UTC);
        let begins = |day: Option<NaiveDate>| {
            let midnight = day.and_then(|day| day.and_hms_opt(0, 0, 0))?;
            // Where the clocks are put forward at midnight, the day begins an hour later.
            let at = zone.from_local_datetime(&midnight).earliest();
            let at = at.or_else(|| zone.from_local_datetime(&(midnight + chrono::TimeDelta::hours(1))).earliest())?;
            Some(rfc3339(at.to_utc()))
        };
        match (begins(Some(first)), begins(last.succ_opt())) {
            (Some(from), Some(to)) => Ok(Self { from, to }),
            _ => Err(Refusal::Input(format!("{first} to {last} are not days of the calendar.")).into()),
        }
    }
}

/// The number before the first entry of a period, and that of its last; the same where there is none. `first` is the
/// number of the first entry that came in it or later, `last` that of the last one before its end.
pub(super) fn stretch(first: Option<u64>, last: Option<u64>) -> (u64, u64) {
    let last = last.unwrap_or(0);
    (first.map_or(last, |first| (first - 1).min(last)), last)
}

/// A desk's chain as far as it is here without a gap: where it begins, and how far that is.
pub(super) type DeskHeads = (InstallId, Place, Place);

/// What a file begins with.
pub(super) struct Head {
    pub(super) store_id: String,
    pub(super) property_id: PropertyId,
    pub(super) property_name: String,
    pub(super) period: Option<Period>,
    /// The entry before the first.
    pub(super) after: Place,
}

/// A file that is being written.
pub(super) struct Export<'k, W: Write> {
    writer: Writer<W>,
    key: &'k SigningKey,
    head: Head,
    entries: u64,
}

impl<'k, W: Write> Export<'k, W> {
    pub(super) fn begin(out: W, env: &dyn Environment, key: &'k SigningKey, head: Head) -> Result<Self, ExportError> {
        let period = head.period.as_ref();
        let begin = Begin {
            format: FORMAT,
            whose: Whose::Service,
            store_id: head.store_id.clone(),
            property_id: head.property_id.clone(),
            property_name: head.property_name.clone(),
            signing_key: public_hex(key),
            made_at: rfc3339(DateTime::from_timestamp_millis(env.now_ms()).unwrap_or_default()),
            whole: period.is_none(),
            from: period.map(|period| period.from.clone()),
            to: period.map(|period| period.to.clone()),
            after: head.after.clone(),
        };
        Ok(Self { writer: Writer::begin(out, &begin)?, key, head, entries: 0 })
    }

    pub(super) fn entry(&mut self, entry: AuditEntry, event: String) -> Result<(), ExportError> {
        self.writer.entry(entry, event)?;
        self.entries += 1;
        Ok(())
    }

    pub(super) fn end(self, desks: Vec<DeskHeads>) -> Result<Exported, ExportError> {
        let (key, store_id) = (self.key, self.head.store_id);
        let up_to = self.writer.head().seq;
        let signature = sign(key, HeadOf::Record(&self.head.property_id), &store_id, self.writer.head());
        let signed = |(install_id, begins, head): DeskHeads| {
            let signature = sign(key, HeadOf::Desk(&install_id), &store_id, &head);
            SignedDesk { install_id, begins, head, signing_key: public_hex(key), signature }
        };
        self.writer.end(Some(signature), desks.into_iter().map(signed).collect())?;
        Ok(Exported { property_name: self.head.property_name, entries: self.entries, up_to })
    }
}

fn sign(key: &SigningKey, of: HeadOf<'_>, store_id: &str, place: &Place) -> String {
    hex::encode(key.sign(text_to_sign(of, store_id, place.seq, &place.hash).as_bytes()).to_bytes())
}

/// As every time that the store keeps is written, so that times can be compared as text.
fn rfc3339(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}
