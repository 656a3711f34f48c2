//! What the command line does to a store on PostgreSQL: the schema, a hotel's day, enrolment, a new epoch, and walking the
//! audit chains.

use super::listen::Notice;
use super::open::{Database, HotelTx, SCHEMA, Server, hotels, migrations};
use super::rows::{self, get, get_hash, get_some_u64, get_u64};
use super::write::{epoch_and_run, put_parts};
use crate::env::Environment;
use crate::startup::Refusal;
use crate::store::stored::{fields_json, to_i64};
use crate::store::verify::{DeskChain, Misfit, OwnChain};
use crate::store::{
    AuditReport, CODE_MINUTES, Import, SEQ_LOST_MAX, SignIn, SignInChange, StoreError, TokenFor, error_text,
};
use crate::token;
use crate::workflow;
use deadpool_postgres::Client;
use std::collections::BTreeMap;
use turndown_protocol::{EntityRef, EventId, PropertyId};

/// Entries that are walked at once.
pub(super) const PAGE: u32 = 2_000;

/// What the service's role is given, table by table. It may add to the record and never change or empty it; an event's
/// outcome alone is judged anew.
const GRANTS: [(&str, &str); 19] = [
    ("USAGE", "SCHEMA turndown"),
    ("SELECT", "refinery_schema_history"),
    ("SELECT, UPDATE (epoch, signing_key)", "meta"),
    ("SELECT, INSERT", "hotels"),
    ("SELECT, INSERT, UPDATE", "properties"),
    ("SELECT, INSERT, UPDATE, DELETE", "entities"),
    ("SELECT, INSERT, UPDATE, DELETE", "parts"),
    ("SELECT, INSERT, UPDATE", "installs"),
    ("SELECT, INSERT, UPDATE (outcome, seq, detail)", "events"),
    ("SELECT, INSERT", "settled"),
    ("SELECT, INSERT", "audit"),
    ("SELECT, INSERT, UPDATE", "sinks"),
    ("SELECT, INSERT", "requests"),
    ("SELECT, INSERT, UPDATE, DELETE", "reports"),
    ("SELECT, INSERT, UPDATE, DELETE", "pins"),
    ("SELECT, INSERT, DELETE", "devices"),
    ("SELECT, INSERT, DELETE", "enroll_codes"),
    ("EXECUTE", "FUNCTION device_of(bytea, bigint)"),
    ("EXECUTE", "FUNCTION hotel_of_code(bytea, bigint)"),
];

/// Makes the schema, or brings it up to date, as its owner, and gives the service's role what it needs.
///
/// # Errors
/// A [`Refusal`] that says what to do.
pub async fn migrate(owner: &Server, service_role: &str, env: &dyn Environment) -> Result<(), Refusal> {
    let refuse = |error: tokio_postgres::Error| owner.refuse(&error);
    let (mut client, connection) = owner.connect().await.map_err(refuse)?;
    // It ends with the client, and what broke it is told by the statement that fails.
    tokio::spawn(async move { drop(connection.await) });
    let role = client
        .query_opt(
            "SELECT rolsuper OR rolbypassrls OR pg_has_role(oid, (SELECT oid FROM pg_roles WHERE rolname = current_user), 'MEMBER')
             FROM pg_roles WHERE rolname = $1",
            &[&service_role],
        )
        .await
        .map_err(refuse)?;
    match role.map(|row| row.try_get::<_, bool>(0)).transpose().map_err(refuse)? {
        None => {
            return Err(Refusal::Input(format!(
                "There is no role {service_role} on the server. Make it (CREATE ROLE {service_role} LOGIN PASSWORD '...'), or name another with --service-role."
            )));
        }
        Some(true) => {
            return Err(Refusal::HotelsNotApart(
                owner.name(),
                format!(
                    "the role {service_role} is a superuser, may go round row-level security, or may act as the owner of the tables"
                ),
            ));
        }
        Some(false) => {}
    }
    client
        .batch_execute(&format!("CREATE SCHEMA IF NOT EXISTS {SCHEMA}; SET search_path = {SCHEMA}, pg_temp"))
        .await
        .map_err(refuse)?;
    migrations::migrations::runner()
        .run_async(&mut client)
        .await
        .map_err(|error| Refusal::Server { server: owner.name(), reason: error_text(&error) })?;
    let name = |prefix: &str| format!("{prefix}_{}", EventId::generate(env.now_ms().unsigned_abs(), env.random_u128()));
    client
        .execute(
            "INSERT INTO meta (store_id, epoch) VALUES ($1, $2) ON CONFLICT DO NOTHING",
            &[&name("store"), &name("epoch")],
        )
        .await
        .map_err(refuse)?;
    let quoted = client.query_one("SELECT quote_ident($1)", &[&service_role]).await.map_err(refuse)?;
    let quoted: String = quoted.try_get(0).map_err(refuse)?;
    let grants: String = GRANTS.iter().map(|(what, on)| format!("GRANT {what} ON {on} TO {quoted};")).collect();
    client.batch_execute(&grants).await.map_err(refuse)
}

/// The command line's hand on a store.
pub struct Admin {
    server: Server,
    database: Database,
}

impl std::fmt::Debug for Admin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Admin").field("server", &self.server.name()).finish_non_exhaustive()
    }
}

impl Admin {
    /// A hand on an existing store, beside running services.
    ///
    /// # Errors
    /// When it cannot be reached or would not do.
    pub async fn beside(server: Server) -> Result<Self, Refusal> {
        let database = Database::open(&server).await?;
        Ok(Self { server, database })
    }

    fn refuse(&self) -> impl Fn(StoreError) -> Refusal + use<> {
        let server = self.server.name();
        move |error| Refusal::Server { server: server.clone(), reason: error_text(&error) }
    }

    pub(super) async fn client(&self) -> Result<Client, Refusal> {
        self.database.client().await.map_err(self.refuse())
    }

    /// The property of that id, or the only one where none is named.
    ///
    /// # Errors
    /// When there is none, or more than one and none was named.
    pub async fn property(&self, id: Option<&str>) -> Result<(PropertyId, TokenFor), Refusal> {
        let mut client = self.client().await?;
        let all = hotels(&client).await.map_err(self.refuse())?;
        let have = if all.is_empty() {
            "none yet".to_owned()
        } else {
            all.iter().map(PropertyId::as_str).collect::<Vec<_>>().join(", ")
        };
        let found = match id {
            Some(id) => all.into_iter().find(|property| property.as_str() == id),
            None if all.len() == 1 => all.into_iter().next(),
            None => None,
        };
        let property =
            found.ok_or_else(|| Refusal::NoProperty(id.unwrap_or("named with --property").to_owned(), have))?;
        let name = async {
            let tx = HotelTx::read(&mut client, &property).await?;
            let row = tx.one("SELECT name FROM properties WHERE property_id = $1", &[&tx.id()]).await?;
            get(&row.ok_or(StoreError::Fault)?, 0)
        };
        let property_name = name.await.map_err(self.refuse())?;
        let named = TokenFor { property_id: property.to_string(), property_name };
        Ok((property, named))
    }

    /// Makes a long token for a device. Only its hash is kept.
    ///
    /// # Errors
    /// When there is no such property or the store cannot be written.
    pub async fn make_token(
        &self,
        env: &dyn Environment,
        property: Option<&str>,
        device: &str,
        lives_ms: Option<i64>,
    ) -> Result<(String, TokenFor), Refusal> {
        let (id, property) = self.property(property).await?;
        let token = token::new_token(env);
        let mut client = self.client().await?;
        let now_ms = env.now_ms();
        let write = async {
            let tx = HotelTx::write(&mut client, &id).await?;
            tx.run("DELETE FROM devices WHERE property_id = $1 AND expires_at_ms <= $2", &[&tx.id(), &now_ms]).await?;
            tx.run(
                "INSERT INTO devices (property_id, token_hash, name, expires_at_ms) VALUES ($1, $2, $3, $4)",
                &[&tx.id(), &&token::hash(&token)[..], &device, &lives_ms.map(|ms| now_ms + ms)],
            )
            .await?;
            tx.commit().await
        };
        write.await.map_err(self.refuse())?;
        Ok((token, property))
    }

    /// Makes a short code that a desk can change for a token, once, within [`CODE_MINUTES`].
    ///
    /// # Errors
    /// When there is no such property or the store cannot be written.
    pub async fn make_code(
        &self,
        env: &dyn Environment,
        property: Option<&str>,
    ) -> Result<(String, TokenFor), Refusal> {
        let (id, property) = self.property(property).await?;
        let code = token::new_code(env);
        let Some(hash) = token::code_hash(&code) else {
            return Err(Refusal::Input("No code could be made. Try again.".into()));
        };
        let mut client = self.client().await?;
        let until = env.now_ms() + CODE_MINUTES * 60_000;
        let write = async {
            let tx = HotelTx::write(&mut client, &id).await?;
            tx.run(
                "INSERT INTO enroll_codes (property_id, code_hash, expires_at_ms) VALUES ($1, $2, $3)",
                &[&tx.id(), &&hash[..], &until],
            )
            .await?;
            tx.commit().await
        };
        write.await.map_err(self.refuse())?;
        Ok((code, property))
    }

    /// How people of a hotel sign in.
    ///
    /// # Errors
    /// When there is no such property or the store cannot be read.
    pub async fn sign_in(&self, property: Option<&str>) -> Result<SignIn, Refusal> {
        let (id, _) = self.property(property).await?;
        let mut client = self.client().await?;
        let read = async { rows::sign_in(&HotelTx::read(&mut client, &id).await?).await };
        read.await.map_err(self.refuse())
    }

    /// Changes how people of a hotel sign in.
    ///
    /// # Errors
    /// When there is no such property or the store cannot be written.
    pub async fn change_sign_in(
        &self,
        env: &dyn Environment,
        property: Option<&str>,
        change: &SignInChange,
    ) -> Result<(), Refusal> {
        let (id, _) = self.property(property).await?;
        let mut client = self.client().await?;
        let now_ms = env.now_ms();
        let write = async {
            let tx = HotelTx::write(&mut client, &id).await?;
            match change {
                SignInChange::LockMinutes(minutes) => {
                    let minutes = minutes.map(|minutes| i32::try_from(minutes).unwrap_or(i32::MAX));
                    tx.run("UPDATE properties SET lock_minutes = $2 WHERE property_id = $1", &[&tx.id(), &minutes])
                        .await?;
                }
                SignInChange::Give(pins) => {
                    for pin in pins {
                        tx.run(
                            "INSERT INTO pins (property_id, staff_id, verifier, temporary, changed_at_ms)
                             VALUES ($1, $2, $3, $4, $5)
                             ON CONFLICT (property_id, staff_id) DO UPDATE SET verifier = excluded.verifier,
                                 temporary = excluded.temporary, changed_at_ms = excluded.changed_at_ms",
                            &[&tx.id(), &pin.staff_id.as_str(), &pin.verifier, &pin.temporary, &now_ms],
                        )
                        .await?;
                    }
                }
                SignInChange::TakeAway(staff_id) => {
                    tx.run(
                        "DELETE FROM pins WHERE property_id = $1 AND staff_id = $2",
                        &[&tx.id(), &staff_id.as_str()],
                    )
                    .await?;
                }
            }
            tx.commit().await
        };
        write.await.map_err(self.refuse())
    }

    /// Puts a property into the store, all or nothing. With `replace`, what is no longer there leaves a tombstone and
    /// everything else gets a new version; events and audit stay. Services may run meanwhile, and hear of it.
    ///
    /// # Errors
    /// When the property is there already and `replace` is not set, or the store cannot be written.
    pub async fn import(&self, env: &dyn Environment, import: &Import, replace: bool) -> Result<u64, Refusal> {
        let id = PropertyId::parse(import.book.property.id.clone())
            .map_err(|error| Refusal::Input(format!("The property's id does not do: {error}.")))?;
        let unreadable = |error: serde_json::Error| Refusal::Input(format!("The day cannot be written: {error}."));
        let reference = serde_json::to_string(&import.book).map_err(unreadable)?;
        let mut client = self.client().await?;
        let write = async {
            let tx = HotelTx::write(&mut client, &id).await?;
            let there = tx
                .one("SELECT head_seq, epoch FROM properties WHERE property_id = $1 FOR NO KEY UPDATE", &[&tx.id()])
                .await?;
            if there.is_some() && !replace {
                return Ok(None);
            }
            // Asked after the lock is held, as whoever writes does.
            let (epoch, _) = epoch_and_run(&tx).await?;
            let mut seq = match &there {
                Some(row) if get::<&str>(row, 1)? == epoch => get_u64(row, 0)?,
                Some(row) => get_u64(row, 0)?.saturating_add(SEQ_LOST_MAX),
                None => {
                    tx.run("INSERT INTO hotels (id) VALUES ($1) ON CONFLICT DO NOTHING", &[&tx.id()]).await?;
                    0
                }
            };
            seq += 1;
            let reference_version = seq;
            tx.run(
                "INSERT INTO properties (property_id, name, epoch, head_seq, reference_version, reference)
                 VALUES ($1, $2, $5, $3, $3, $4)
                 ON CONFLICT (property_id) DO UPDATE SET
                     name = excluded.name, epoch = excluded.epoch, head_seq = excluded.head_seq,
                     reference_version = excluded.reference_version, reference = excluded.reference",
                &[&tx.id(), &import.book.property.name, &to_i64(reference_version), &reference, &epoch],
            )
            .await?;
            tx.run("DELETE FROM parts WHERE property_id = $1", &[&tx.id()]).await?;
            // The day that is put in its place does not know what was reported into the one before.
            tx.run("DELETE FROM reports WHERE property_id = $1", &[&tx.id()]).await?;
            put_entities(&tx, import, &mut seq).await?;
            let gone = tx
                .all(
                    "SELECT kind, id FROM entities
                     WHERE property_id = $1 AND deleted_at_ms IS NULL AND version < $2 ORDER BY kind, id",
                    &[&tx.id(), &to_i64(reference_version)],
                )
                .await?;
            for row in gone {
                seq += 1;
                tx.run(
                    "UPDATE entities SET version = $4, fields_version = $4, fields = '{}', provenance = '{}',
                            deleted_at_ms = $5
                     WHERE property_id = $1 AND kind = $2 AND id = $3",
                    &[&tx.id(), &get::<&str>(&row, 0)?, &get::<&str>(&row, 1)?, &to_i64(seq), &env.now_ms()],
                )
                .await?;
            }
            tx.run("UPDATE properties SET head_seq = $2 WHERE property_id = $1", &[&tx.id(), &to_i64(seq)]).await?;
            Notice { hotel: Some(id.clone()), head_seq: seq }.give(&tx).await?;
            tx.commit().await?;
            Ok(Some(seq))
        };
        write.await.map_err(self.refuse())?.ok_or_else(|| Refusal::PropertyExists(id.to_string()))
    }

    /// Gives the store a new epoch after it was restored from a backup, and lets every hotel go on counting above any
    /// number that the lost part can have given out.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub async fn rotate_epoch(&self, env: &dyn Environment, above: Option<u64>) -> Result<(String, u64), Refusal> {
        let epoch = format!("epoch_{}", EventId::generate(env.now_ms().unsigned_abs(), env.random_u128()));
        let mut client = self.client().await?;
        let write = async {
            let all = hotels(&client).await?;
            let mut highest = above.unwrap_or(0);
            // The hotels before the epoch, as whoever writes to one: nobody then waits for somebody who waits for him.
            let mut at = client.transaction().await?;
            for property in &all {
                let tx = HotelTx::enter(at, property).await?;
                let row = tx
                    .one("SELECT head_seq FROM properties WHERE property_id = $1 FOR NO KEY UPDATE", &[&tx.id()])
                    .await?
                    .ok_or(StoreError::Fault)?;
                let head = get_u64(&row, 0)?;
                let head = above.unwrap_or(head + SEQ_LOST_MAX).max(head + 1);
                highest = highest.max(head);
                tx.run(
                    "UPDATE properties SET epoch = $2, head_seq = $3 WHERE property_id = $1",
                    &[&tx.id(), &epoch, &to_i64(head)],
                )
                .await?;
                at = tx.leave();
            }
            at.execute("UPDATE meta SET epoch = $1", &[&epoch]).await?;
            Notice { hotel: None, head_seq: highest }.give_in(&at).await?;
            at.commit().await?;
            Ok::<_, StoreError>(highest)
        };
        let highest = write.await.map_err(self.refuse())?;
        Ok((epoch, highest))
    }

    /// Walks the service's chain and every desk's chain of every hotel from their beginnings.
    ///
    /// # Errors
    /// When the store cannot be read at all. What reads but does not fit is in the report.
    pub async fn verify_audit(&self) -> Result<AuditReport, StoreError> {
        let mut report = AuditReport::default();
        let mut client = self.database.client().await?;
        for property in hotels(&client).await? {
            // One instant of the hotel: a service that takes events meanwhile would make ends differ from heads.
            let tx = HotelTx::read(&mut client, &property).await?;
            let fits = match verify_own(&tx, &mut report).await? {
                Ok(()) => verify_desks(&tx, &mut report).await?,
                misfit => misfit,
            };
            if let Err(misfit) = fits {
                report.fault = Some(misfit.of(property.as_str()));
                break;
            }
        }
        Ok(report)
    }
}

async fn put_entities(tx: &HotelTx<'_>, import: &Import, seq: &mut u64) -> Result<(), StoreError> {
    for page in import.entities.chunks(1_000) {
        let kinds: Vec<&str> = page.iter().map(|(entity, _)| entity.kind.as_str()).collect();
        let ids: Vec<&str> = page.iter().map(|(entity, _)| entity.id.as_str()).collect();
        let fields: Vec<String> = page.iter().map(|(_, fields)| fields_json(fields)).collect();
        let versions: Vec<i64> = page
            .iter()
            .map(|_| {
                *seq += 1;
                to_i64(*seq)
            })
            .collect();
        tx.run(
            "INSERT INTO entities (property_id, kind, id, version, fields_version, fields)
             SELECT $1, kind, id, version, version, fields
             FROM unnest($2::text[], $3::text[], $4::bigint[], $5::text[]) AS new (kind, id, version, fields)
             ON CONFLICT (property_id, kind, id) DO UPDATE SET
                 version = excluded.version, fields_version = excluded.fields_version, fields = excluded.fields,
                 provenance = '{}', deleted_at_ms = NULL",
            &[&tx.id(), &kinds, &ids, &versions, &fields],
        )
        .await?;
        let parts: BTreeMap<&str, &EntityRef> = page
            .iter()
            .flat_map(|(entity, fields)| {
                fields.iter().filter_map(move |(path, _)| Some((workflow::part_of(path)?, entity)))
            })
            .collect();
        put_parts(tx, &parts).await?;
    }
    Ok(())
}

async fn verify_own(tx: &HotelTx<'_>, report: &mut AuditReport) -> Result<Result<(), Misfit>, StoreError> {
    let row = tx
        .one("SELECT audit_seq, audit_hash FROM properties WHERE property_id = $1", &[&tx.id()])
        .await?
        .ok_or(StoreError::Fault)?;
    let mut chain = OwnChain::new();
    loop {
        let page = match rows::audit(tx, chain.at(), None, PAGE).await {
            Ok(page) => page,
            Err(StoreError::Unreadable(_)) => return Ok(Err(chain.unreadable())),
            Err(error) => return Err(error),
        };
        if page.is_empty() {
            return Ok(chain.end(get_u64(&row, 0)?, &get_hash(&row, 1)?));
        }
        for (entry, _) in page {
            if let Err(misfit) = chain.entry(&entry) {
                return Ok(Err(misfit));
            }
            report.entries += 1;
        }
    }
}

async fn verify_desks(tx: &HotelTx<'_>, report: &mut AuditReport) -> Result<Result<(), Misfit>, StoreError> {
    let installs = tx
        .all(
            "SELECT install_id, closed_seq, closed_hash, begins_seq, begins_hash, fork_seq FROM installs
             WHERE property_id = $1 ORDER BY install_id",
            &[&tx.id()],
        )
        .await?;
    for row in &installs {
        report.installs += 1;
        let install: &str = get(row, 0)?;
        let closed = (get_u64(row, 1)?, get_hash(row, 2)?);
        let begins = (get_u64(row, 3)?, get_hash(row, 4)?);
        let mut chain = DeskChain::new(install.to_owned(), begins, closed, get_some_u64(row, 5)?);
        let mut last = (-1, 0);
        loop {
            let page = tx
                .all(
                    "SELECT local_seq, hash, bytes, event_id, n FROM events
                     WHERE property_id = $1 AND install_id = $2 AND (local_seq, n) > ($3, $4)
                     ORDER BY local_seq, n LIMIT $5",
                    &[&tx.id(), &install, &last.0, &last.1, &i64::from(PAGE)],
                )
                .await?;
            let Some(end) = page.last() else { break };
            last = (get::<i64>(end, 0)?, get::<i64>(end, 4)?);
            for event in &page {
                if let Err(misfit) =
                    chain.event(get_u64(event, 0)?, &get_hash(event, 1)?, get(event, 2)?, get(event, 3)?)
                {
                    return Ok(Err(misfit));
                }
            }
        }
        match chain.end() {
            Ok(links) => report.links += links,
            Err(misfit) => return Ok(Err(misfit)),
        }
    }
    Ok(Ok(()))
}
