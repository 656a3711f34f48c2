//! What a file with a hotel's audit trail is made of.

use super::admin::Admin;
use super::open::signing_key;
use super::rows::{self, get_u64};
use crate::env::Environment;
use crate::store::export::{DeskHeads, Export, ExportError, Exported, Head, Period, Wanted, stretch};
use crate::store::stored::to_i64;
use crate::store::{Hash, StoreError};
use rusqlite::{Connection, OptionalExtension};
use std::io::Write;
use turndown_audit::file::Place;
use turndown_protocol::{InstallId, PropertyId};

/// Entries read at a time.
const PAGE: u32 = 2_000;

impl Admin {
    /// Writes a hotel's trail as the store has it at one instant, beside a running service.
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
        let store_id: String = conn.query_row("SELECT store_id FROM meta", [], |row| row.get(0))?;
        let reference: String =
            conn.query_row("SELECT reference FROM properties WHERE n = ?1", [n], |row| row.get(0))?;
        let period = wanted.days.map(|days| Period::of(&reference, days)).transpose()?;
        let (after, last) = stretch_of(conn, n, period.as_ref())?;
        let head = Head {
            store_id,
            property_id: PropertyId::parse(&*property.property_id).map_err(|_| StoreError::Fault)?,
            property_name: property.property_name,
            period,
            after: Place { seq: after, hash: hash_of_entry(conn, n, after)? },
        };
        let mut export = Export::begin(out, env, &key, head)?;
        let mut bytes = conn.prepare(
            "SELECT e.bytes FROM audit a JOIN events e ON e.n = a.event_n WHERE a.property_n = ?1 AND a.audit_seq = ?2",
        )?;
        let mut at = after;
        while at < last {
            let page = rows::audit(conn, n, at, None, PAGE)?;
            let Some((end, _)) = page.last() else { break };
            at = end.audit_seq;
            for (entry, _) in page.into_iter().filter(|(entry, _)| entry.audit_seq <= last) {
                let event: String = bytes.query_row((n, to_i64(entry.audit_seq)), |row| row.get(0))?;
                export.entry(entry, event)?;
            }
        }
        export.end(desks(conn, n)?)
    }
}

fn stretch_of(conn: &Connection, property_n: i64, period: Option<&Period>) -> Result<(u64, u64), ExportError> {
    let number = |sql: &str, at: &str| -> rusqlite::Result<Option<u64>> {
        conn.query_row(sql, (property_n, at), |row| Ok(row.get::<_, Option<i64>>(0)?.map(i64::unsigned_abs)))
    };
    let Some(Period { from, to }) = period else {
        let last =
            conn.query_row("SELECT audit_seq FROM properties WHERE n = ?1", [property_n], |row| get_u64(row, 0))?;
        return Ok((0, last));
    };
    let first = number("SELECT MIN(audit_seq) FROM audit WHERE property_n = ?1 AND received_at >= ?2", from)?;
    let last = number("SELECT MAX(audit_seq) FROM audit WHERE property_n = ?1 AND received_at < ?2", to)?;
    Ok(stretch(first, last))
}

fn hash_of_entry(conn: &Connection, property_n: i64, seq: u64) -> Result<String, ExportError> {
    let sql = "SELECT hash FROM audit WHERE property_n = ?1 AND audit_seq = ?2";
    let hash: Option<Hash> = conn.query_row(sql, (property_n, to_i64(seq)), |row| row.get(0)).optional()?;
    Ok(hex::encode(hash.unwrap_or_default()))
}

fn desks(conn: &Connection, property_n: i64) -> Result<Vec<DeskHeads>, ExportError> {
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
