//! What the command line does to a store: import, enrolment, a new epoch, and walking both audit chains.

use super::open::{self, Files};
use super::rows::{self, get_u64};
use crate::env::Environment;
use crate::startup::Refusal;
use crate::store::stored::{fields_json, to_i64};
use crate::store::verify::{DeskChain, Misfit, OwnChain};
use crate::store::{AuditReport, CODE_MINUTES, Hash, Import, SEQ_LOST_MAX, SignIn, SignInChange, StoreError, TokenFor};
use crate::token;
use crate::workflow;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior};
use std::collections::BTreeSet;
use turndown_protocol::{EntityRef, EventId, Fields};

/// The command line's hand on a store.
#[derive(Debug)]
pub struct Admin {
    files: Files,
    conn: Connection,
}

impl Admin {
    /// A hand on an existing store, beside a running service.
    ///
    /// # Errors
    /// When there is no such store or it is not ours.
    pub fn beside(files: Files) -> Result<Self, Refusal> {
        let conn = open::open_beside(&files)?;
        Ok(Self { files, conn })
    }

    /// A hand on a store that this process has to itself.
    #[must_use]
    pub fn alone(files: Files, conn: Connection) -> Self {
        Self { files, conn }
    }

    pub(super) fn files(&self) -> &Files {
        &self.files
    }

    pub(super) fn conn(&self) -> &Connection {
        &self.conn
    }

    fn refuse(&self) -> impl Fn(rusqlite::Error) -> Refusal + use<> {
        let path = self.files.db.clone();
        move |error| Refusal::from_database(&path, error)
    }

    /// The property of that id, or the only one where none is named.
    ///
    /// # Errors
    /// When there is none, or more than one and none was named.
    pub fn property(&self, id: Option<&str>) -> Result<(i64, TokenFor), Refusal> {
        let refuse = self.refuse();
        let mut statement =
            self.conn.prepare("SELECT n, property_id, name FROM properties ORDER BY n").map_err(&refuse)?;
        let all = statement
            .query_map([], |row| {
                Ok((row.get::<_, i64>(0)?, TokenFor { property_id: row.get(1)?, property_name: row.get(2)? }))
            })
            .and_then(Iterator::collect::<rusqlite::Result<Vec<_>>>)
            .map_err(&refuse)?;
        let have = if all.is_empty() {
            "none yet".to_owned()
        } else {
            all.iter().map(|(_, property)| property.property_id.as_str()).collect::<Vec<_>>().join(", ")
        };
        match id {
            Some(id) => all.into_iter().find(|(_, property)| property.property_id == id),
            None if all.len() == 1 => all.into_iter().next(),
            None => None,
        }
        .ok_or_else(|| Refusal::NoProperty(id.unwrap_or("named with --property").to_owned(), have))
    }

    /// Makes a long token for a device. Only its hash is kept.
    ///
    /// # Errors
    /// When there is no such property or the store cannot be written.
    pub fn make_token(
        &mut self,
        env: &dyn Environment,
        property: Option<&str>,
        device: &str,
        lives_ms: Option<i64>,
    ) -> Result<(String, TokenFor), Refusal> {
        let refuse = self.refuse();
        let (n, property) = self.property(property)?;
        let token = token::new_token(env);
        let tx = self.conn.transaction_with_behavior(TransactionBehavior::Immediate).map_err(&refuse)?;
        tx.execute("DELETE FROM devices WHERE expires_at_ms <= ?1", [env.now_ms()]).map_err(&refuse)?;
        tx.execute(
            "INSERT INTO devices (token_hash, property_n, name, expires_at_ms) VALUES (?1, ?2, ?3, ?4)",
            (&token::hash(&token)[..], n, device, lives_ms.map(|ms| env.now_ms() + ms)),
        )
        .map_err(&refuse)?;
        tx.commit().map_err(&refuse)?;
        Ok((token, property))
    }

    /// Makes a short code that a desk can change for a token, once, within [`CODE_MINUTES`].
    ///
    /// # Errors
    /// When there is no such property or the store cannot be written.
    pub fn make_code(&mut self, env: &dyn Environment, property: Option<&str>) -> Result<(String, TokenFor), Refusal> {
        let refuse = self.refuse();
        let (n, property) = self.property(property)?;
        let code = token::new_code(env);
        let Some(hash) = token::code_hash(&code) else {
            return Err(Refusal::Input("No code could be made. Try again.".into()));
        };
        let tx = self.conn.transaction_with_behavior(TransactionBehavior::Immediate).map_err(&refuse)?;
        tx.execute(
            "INSERT INTO enroll_codes (code_hash, property_n, expires_at_ms) VALUES (?1, ?2, ?3)",
            (&hash[..], n, env.now_ms() + CODE_MINUTES * 60_000),
        )
        .map_err(&refuse)?;
        tx.commit().map_err(&refuse)?;
        Ok((code, property))
    }

    /// How people of a hotel sign in.
    ///
    /// # Errors
    /// When there is no such property or the store cannot be read.
    pub fn sign_in(&self, property: Option<&str>) -> Result<SignIn, Refusal> {
        let (_, property) = self.property(property)?;
        rows::sign_in(&self.conn, &property.property_id).map_err(|error| match error {
            StoreError::Database(error) => self.refuse()(error),
            error => Refusal::Input(format!("How people sign in cannot be read: {error}.")),
        })
    }

    /// Changes how people of a hotel sign in.
    ///
    /// # Errors
    /// When there is no such property or the store cannot be written.
    pub fn change_sign_in(
        &mut self,
        env: &dyn Environment,
        property: Option<&str>,
        change: &SignInChange,
    ) -> Result<(), Refusal> {
        let refuse = self.refuse();
        let (n, _) = self.property(property)?;
        let mut write = || -> rusqlite::Result<()> {
            let tx = self.conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
            match change {
                SignInChange::LockMinutes(minutes) => {
                    tx.execute("UPDATE properties SET lock_minutes = ?2 WHERE n = ?1", (n, minutes))?;
                }
                SignInChange::Give(pins) => {
                    for pin in pins {
                        tx.execute(
                            "INSERT INTO pins (property_n, staff_id, verifier, temporary, changed_at_ms)
                             VALUES (?1, ?2, ?3, ?4, ?5)
                             ON CONFLICT DO UPDATE SET verifier = excluded.verifier,
                                 temporary = excluded.temporary, changed_at_ms = excluded.changed_at_ms",
                            (n, pin.staff_id.as_str(), &pin.verifier, pin.temporary, env.now_ms()),
                        )?;
                    }
                }
                SignInChange::TakeAway(staff_id) => {
                    tx.execute("DELETE FROM pins WHERE property_n = ?1 AND staff_id = ?2", (n, staff_id.as_str()))?;
                }
            }
            tx.commit()
        };
        write().map_err(refuse)
    }

    /// Puts a property into the store, all or nothing. With `replace`, what is no longer there leaves a tombstone and
    /// everything else gets a new version; events and audit stay.
    ///
    /// # Errors
    /// When the property is there already and `replace` is not set, or the store cannot be written.
    pub fn import(&mut self, env: &dyn Environment, import: &Import, replace: bool) -> Result<u64, Refusal> {
        let refuse = self.refuse();
        let id = &import.book.property.id;
        let unreadable = |error: serde_json::Error| Refusal::Input(format!("The day cannot be written: {error}."));
        let reference = serde_json::to_string(&import.book).map_err(unreadable)?;
        let tx = self.conn.transaction_with_behavior(TransactionBehavior::Immediate).map_err(&refuse)?;
        let there: Option<i64> = tx
            .query_row("SELECT n FROM properties WHERE property_id = ?1", [id], |row| row.get(0))
            .optional()
            .map_err(&refuse)?;
        if there.is_some() && !replace {
            return Err(Refusal::PropertyExists(id.clone()));
        }
        let (mut seq, _) = rows::feed(&tx).map_err(&refuse)?;
        let written = (|| -> rusqlite::Result<u64> {
            seq += 1;
            let n = match there {
                Some(n) => {
                    tx.execute(
                        "UPDATE properties SET name = ?2, reference_version = ?3, reference = ?4 WHERE n = ?1",
                        (n, &import.book.property.name, to_i64(seq), &reference),
                    )?;
                    n
                }
                None => {
                    tx.execute(
                        "INSERT INTO properties (property_id, name, reference_version, reference) VALUES (?1, ?2, ?3, ?4)",
                        (id, &import.book.property.name, to_i64(seq), &reference),
                    )?;
                    tx.last_insert_rowid()
                }
            };
            let mut gone: BTreeSet<EntityRef> = {
                let mut statement =
                    tx.prepare("SELECT kind, id FROM entities WHERE property_n = ?1 AND deleted_at_ms IS NULL")?;
                statement
                    .query_map([n], |row| Ok(EntityRef { kind: row.get(0)?, id: row.get(1)? }))?
                    .collect::<rusqlite::Result<_>>()?
            };
            tx.execute("DELETE FROM parts WHERE property_n = ?1", [n])?;
            // The day that is put in its place does not know what was reported into the one before.
            tx.execute("DELETE FROM reports WHERE property_n = ?1", [n])?;
            for (entity, fields) in &import.entities {
                seq += 1;
                gone.remove(entity);
                put_entity(&tx, n, entity, fields, seq)?;
            }
            for entity in gone {
                seq += 1;
                tx.execute(
                    "UPDATE entities SET version = ?4, fields_version = ?4, fields = '{}', provenance = '{}',
                            deleted_at_ms = ?5
                     WHERE property_n = ?1 AND kind = ?2 AND id = ?3",
                    (n, &entity.kind, &entity.id, to_i64(seq), env.now_ms()),
                )?;
            }
            tx.execute("UPDATE meta SET head_seq = ?1", [to_i64(seq)])?;
            Ok(seq)
        })()
        .map_err(&refuse)?;
        tx.commit().map_err(&refuse)?;
        Ok(written)
    }

    /// Gives the store a new epoch after it was restored from a backup, and goes on counting above any number that
    /// the lost part can have given out.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn rotate_epoch(&mut self, env: &dyn Environment, above: Option<u64>) -> Result<(String, u64), Refusal> {
        let refuse = self.refuse();
        let tx = self.conn.transaction_with_behavior(TransactionBehavior::Immediate).map_err(&refuse)?;
        let (head, _) = rows::feed(&tx).map_err(&refuse)?;
        let head = above.unwrap_or(head + SEQ_LOST_MAX).max(head + 1);
        let epoch = format!("epoch_{}", EventId::generate(env.now_ms().unsigned_abs(), env.random_u128()));
        tx.execute("UPDATE meta SET epoch = ?1, head_seq = ?2", (&epoch, to_i64(head))).map_err(&refuse)?;
        tx.commit().map_err(&refuse)?;
        Ok((epoch, head))
    }

    /// Walks the service's chain and every desk's chain from their beginnings.
    ///
    /// # Errors
    /// When the store cannot be read at all. What reads but does not fit is in the report.
    pub fn verify_audit(&self) -> Result<AuditReport, StoreError> {
        let mut report = AuditReport::default();
        // One instant of the store: a service that takes events meanwhile would make ends differ from heads.
        let _instant = self.conn.unchecked_transaction()?;
        let properties: Vec<(i64, String, u64, Hash)> = {
            let mut statement =
                self.conn.prepare("SELECT n, property_id, audit_seq, audit_hash FROM properties ORDER BY n")?;
            statement
                .query_map([], |row| Ok((row.get(0)?, row.get(1)?, get_u64(row, 2)?, row.get(3)?)))?
                .collect::<rusqlite::Result<_>>()?
        };
        for (n, property_id, head_seq, head_hash) in properties {
            let fits = match self.verify_own(n, head_seq, &head_hash, &mut report)? {
                Ok(()) => self.verify_desks(n, &mut report)?,
                misfit => misfit,
            };
            if let Err(misfit) = fits {
                report.fault = Some(misfit.of(property_id));
                break;
            }
        }
        Ok(report)
    }

    fn verify_own(
        &self,
        property_n: i64,
        head_seq: u64,
        head_hash: &Hash,
        report: &mut AuditReport,
    ) -> Result<Result<(), Misfit>, StoreError> {
        let mut chain = OwnChain::new();
        loop {
            let page = match rows::audit(&self.conn, property_n, chain.at(), None, 2_000) {
                Ok(page) => page,
                Err(StoreError::Unreadable(_)) => return Ok(Err(chain.unreadable())),
                Err(error) => return Err(error),
            };
            if page.is_empty() {
                return Ok(chain.end(head_seq, head_hash));
            }
            for (entry, _) in page {
                if let Err(misfit) = chain.entry(&entry) {
                    return Ok(Err(misfit));
                }
                report.entries += 1;
            }
        }
    }

    fn verify_desks(&self, property_n: i64, report: &mut AuditReport) -> Result<Result<(), Misfit>, StoreError> {
        let installs: Vec<(i64, DeskChain)> = {
            let mut statement = self.conn.prepare(
                "SELECT n, install_id, closed_seq, closed_hash, begins_seq, begins_hash, fork_seq FROM installs
                 WHERE property_n = ?1 ORDER BY n",
            )?;
            statement
                .query_map([property_n], |row| {
                    let closed = (get_u64(row, 2)?, row.get(3)?);
                    let begins = (get_u64(row, 4)?, row.get(5)?);
                    let fork = row.get::<_, Option<i64>>(6)?.map(i64::unsigned_abs);
                    Ok((row.get(0)?, DeskChain::new(row.get(1)?, begins, closed, fork)))
                })?
                .collect::<rusqlite::Result<_>>()?
        };
        for (n, mut chain) in installs {
            report.installs += 1;
            let mut statement = self.conn.prepare_cached(
                "SELECT local_seq, hash, bytes, event_id FROM events WHERE install_n = ?1 ORDER BY local_seq, n",
            )?;
            let mut found = statement.query([n])?;
            while let Some(row) = found.next()? {
                let (bytes, event_id) = (row.get::<_, String>(2)?, row.get::<_, String>(3)?);
                if let Err(misfit) = chain.event(get_u64(row, 0)?, &row.get(1)?, &bytes, &event_id) {
                    return Ok(Err(misfit));
                }
            }
            match chain.end() {
                Ok(links) => report.links += links,
                Err(misfit) => return Ok(Err(misfit)),
            }
        }
        Ok(Ok(()))
    }
}

fn put_entity(
    conn: &Connection,
    property_n: i64,
    entity: &EntityRef,
    fields: &Fields,
    seq: u64,
) -> rusqlite::Result<()> {
    let n: i64 = conn
        .prepare_cached(
            "INSERT INTO entities (property_n, kind, id, version, fields_version, fields) VALUES (?1, ?2, ?3, ?4, ?4, ?5)
             ON CONFLICT (property_n, kind, id) DO UPDATE SET
                 version = excluded.version, fields_version = excluded.fields_version, fields = excluded.fields,
                 provenance = '{}', deleted_at_ms = NULL
             RETURNING n",
        )?
        .query_row((property_n, &entity.kind, &entity.id, to_i64(seq), fields_json(fields)), |row| row.get(0))?;
    let parts: BTreeSet<&str> = fields.iter().filter_map(|(path, _)| workflow::part_of(path)).collect();
    for part in parts {
        conn.prepare_cached("INSERT OR REPLACE INTO parts (property_n, part, entity_n) VALUES (?1, ?2, ?3)")?
            .execute((property_n, part, n))?;
    }
    Ok(())
}
