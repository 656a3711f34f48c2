//! What a file with a hotel's audit trail is made of.

use super::admin::{Admin, PAGE};
use super::open::HotelTx;
use super::rows::{self, get, get_hash, get_some_u64, get_u64};
use crate::env::Environment;
use crate::startup::Refusal;
use crate::store::export::{DeskHeads, Export, ExportError, Exported, Head, Period, Wanted, stretch};
use crate::store::signing::read_key;
use crate::store::stored::to_i64;
use crate::store::{StoreError, public_hex};
use std::io::Write;
use std::path::Path;
use turndown_audit::file::Place;
use turndown_protocol::InstallId;

impl Admin {
    /// Writes a hotel's trail as the store has it at one instant, beside running services. `key` is the file of the
    /// signing key that they share.
    ///
    /// # Errors
    /// When there is no such hotel, the signing key is not that of the database, or something cannot be read or written.
    pub async fn export_audit(
        &self,
        env: &dyn Environment,
        key: &Path,
        wanted: &Wanted<'_>,
        out: impl Write,
    ) -> Result<Exported, ExportError> {
        let (property_id, named) = self.property(wanted.property).await?;
        let mut client = self.client().await?;
        let tx = HotelTx::read(&mut client, &property_id).await?;
        let meta = tx.one("SELECT store_id, signing_key FROM meta", &[]).await?.ok_or(StoreError::Fault)?;
        let public: &str = get(&meta, 1)?;
        let key = read_key(key)
            .filter(|key| public_hex(key) == public)
            .ok_or_else(|| Refusal::SharedSigningKey(key.display().to_string()))?;
        let period = match wanted.days {
            Some(days) => {
                let sql = "SELECT reference FROM properties WHERE property_id = $1";
                let row = tx.one(sql, &[&tx.id()]).await?.ok_or(StoreError::Fault)?;
                Some(Period::of(get(&row, 0)?, days)?)
            }
            None => None,
        };
        let (after, last) = stretch_of(&tx, period.as_ref()).await?;
        let head = Head {
            store_id: get(&meta, 0)?,
            property_id: property_id.clone(),
            property_name: named.property_name,
            period,
            after: Place { seq: after, hash: hash_of_entry(&tx, after).await? },
        };
        let mut export = Export::begin(out, env, &key, head)?;
        let mut at = after;
        while at < last {
            let page = rows::audit(&tx, at, None, PAGE).await?;
            let Some((end, _)) = page.last() else { break };
            let (from, to) = (at, end.audit_seq.min(last));
            at = end.audit_seq;
            let bytes = tx
                .all(
                    "SELECT e.bytes FROM audit a JOIN events e ON e.property_id = a.property_id AND e.n = a.event_n
                     WHERE a.property_id = $1 AND a.audit_seq > $2 AND a.audit_seq <= $3 ORDER BY a.audit_seq",
                    &[&tx.id(), &to_i64(from), &to_i64(to)],
                )
                .await?;
            let entries = page.into_iter().filter(|(entry, _)| entry.audit_seq <= last);
            for ((entry, _), event) in entries.zip(&bytes) {
                export.entry(entry, get(event, 0)?)?;
            }
        }
        export.end(desks(&tx).await?)
    }
}

async fn stretch_of(tx: &HotelTx<'_>, period: Option<&Period>) -> Result<(u64, u64), StoreError> {
    let Some(Period { from, to }) = period else {
        let sql = "SELECT audit_seq FROM properties WHERE property_id = $1";
        let row = tx.one(sql, &[&tx.id()]).await?.ok_or(StoreError::Fault)?;
        return Ok((0, get_u64(&row, 0)?));
    };
    let row = tx
        .one(
            "SELECT (SELECT min(audit_seq) FROM audit WHERE property_id = $1 AND received_at >= $2),
                    (SELECT max(audit_seq) FROM audit WHERE property_id = $1 AND received_at < $3)",
            &[&tx.id(), from, to],
        )
        .await?
        .ok_or(StoreError::Fault)?;
    Ok(stretch(get_some_u64(&row, 0)?, get_some_u64(&row, 1)?))
}

async fn hash_of_entry(tx: &HotelTx<'_>, seq: u64) -> Result<String, StoreError> {
    let sql = "SELECT hash FROM audit WHERE property_id = $1 AND audit_seq = $2";
    let row = tx.one(sql, &[&tx.id(), &to_i64(seq)]).await?;
    Ok(hex::encode(row.map(|row| get_hash(&row, 0)).transpose()?.unwrap_or_default()))
}

async fn desks(tx: &HotelTx<'_>) -> Result<Vec<DeskHeads>, StoreError> {
    let found = tx
        .all(
            "SELECT install_id, begins_seq, begins_hash, closed_seq, closed_hash FROM installs
             WHERE property_id = $1 ORDER BY install_id",
            &[&tx.id()],
        )
        .await?;
    let desk = |row| {
        let place = |seq: usize| -> Result<Place, StoreError> {
            Ok(Place { seq: get_u64(row, seq)?, hash: hex::encode(get_hash(row, seq + 1)?) })
        };
        let install = InstallId::parse(get::<&str>(row, 0)?).map_err(|_| StoreError::Fault)?;
        Ok((install, place(1)?, place(3)?))
    };
    found.iter().map(desk).collect()
}
