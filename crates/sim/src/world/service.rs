//! The property service's machine: the real service on a simulated disk, without sockets.

use super::hotel::{Hotel, PROPERTY};
use super::machine::{Machine, ServiceMachine};
use crate::disk::{CrashModel, DiskImage, SimDisk};
use axum::Router;
use chrono::NaiveDate;
use ed25519_dalek::SigningKey;
use fastrand::Rng;
use std::sync::{Arc, Mutex, PoisonError};
use tokio_util::sync::CancellationToken;
use turndown_domain::{RoomId, Unit};
use turndown_offline::Disk;
use turndown_protocol::{AuditEntry, EntityRef, Fields, PropertyId, SealedEvent};
use turndown_service::http::{App, Limits, router};
use turndown_service::metrics::Metrics;
use turndown_service::store::sqlite::{Admin, Files, Hands, SqliteStore, open_beside, open_with_key};
use turndown_service::store::{Import, Storage};

/// What the network reaches of the service: nothing while it is down.
#[derive(Clone)]
pub struct Front {
    open: Arc<Mutex<Option<(Router, CancellationToken)>>>,
    disk: SimDisk,
}

impl Front {
    pub(super) fn open(&self) -> Option<(Router, CancellationToken)> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn is_alive(&self) -> bool {
        self.disk.is_on()
    }

    fn set(&self, open: Option<(Router, CancellationToken)>) {
        *self.open.lock().unwrap_or_else(PoisonError::into_inner) = open;
    }
}

struct Running {
    store: Arc<SqliteStore>,
    gone: CancellationToken,
}

/// The service's machine.
pub struct Service {
    /// Its clock.
    pub machine: Arc<Machine>,
    /// Its disk.
    pub disk: SimDisk,
    /// What the network reaches.
    pub front: Front,
    key: SigningKey,
    limits: Limits,
    running: Option<Running>,
    /// The newest sequence number that it had given when its machine died.
    given: u64,
    /// Its disk failed in this life: what it had given may rest on an error that nobody was told of.
    pub doubted: bool,
    /// What it had forgotten after a power cut, in words.
    pub forgotten: Vec<String>,
    /// The newest sequence number before each day roll.
    pub rolls: Vec<u64>,
    /// The hotel, as the last day was made.
    pub hotel: Hotel,
}

impl Service {
    /// A machine with the hotel's first day, not running yet.
    ///
    /// # Errors
    /// When the store cannot be made, which is a fault of the simulator.
    pub fn new(
        machine: Arc<Machine>,
        disk: SimDisk,
        hotel: Hotel,
        day: NaiveDate,
        limits: Limits,
    ) -> Result<Self, String> {
        let mut key = [0; 32];
        key[..16].copy_from_slice(&machine.chance().to_le_bytes());
        let mut service = Self {
            machine,
            front: Front { open: Arc::default(), disk: disk.clone() },
            disk,
            key: SigningKey::from_bytes(&key),
            limits,
            running: None,
            given: 0,
            doubted: false,
            forgotten: vec![],
            rolls: vec![],
            hotel,
        };
        let folder = service.disk.root().join("service");
        service.disk.make_folder(&folder).map_err(|error| error.to_string())?;
        service.disk.sync_folder(&service.disk.root()).map_err(|error| error.to_string())?;
        service.import(day, false)?;
        Ok(service)
    }

    fn files(&self) -> Files {
        Files { db: self.disk.root().join("service").join("service.db"), vfs: self.disk.vfs().map(str::to_owned) }
    }

    fn environment(&self) -> ServiceMachine {
        ServiceMachine(Arc::clone(&self.machine))
    }

    /// Puts a day in. The service must not be running.
    fn import(&mut self, day: NaiveDate, replace: bool) -> Result<(), String> {
        let environment = self.environment();
        let (conn, _) = open_with_key(&self.files(), &environment, &self.key).map_err(|error| error.to_string())?;
        let entities = self.hotel.roll(day);
        let import = Import { book: self.hotel.book.clone(), entities };
        let mut admin = Admin::alone(self.files(), conn);
        admin.import(&environment, &import, replace).map_err(|error| error.to_string())?;
        Ok(())
    }

    /// A token for a device.
    ///
    /// # Errors
    /// When the store cannot be written, which is a fault of the simulator.
    pub fn token(&self, device: &str) -> Result<String, String> {
        let environment = self.environment();
        let mut admin = Admin::beside(self.files()).map_err(|error| error.to_string())?;
        let (token, _) = admin.make_token(&environment, None, device, None).map_err(|error| error.to_string())?;
        Ok(token)
    }

    /// Who the store is.
    #[must_use]
    pub fn store_id(&self) -> Option<String> {
        self.running.as_ref().map(|running| running.store.identity().store_id.clone())
    }

    /// Whether it runs.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.running.is_some()
    }

    /// Starts it.
    ///
    /// # Errors
    /// When its disk does not let it; somebody tries again later.
    pub fn start(&mut self) -> Result<(), String> {
        self.disk.power_on();
        let environment = self.environment();
        let (conn, identity) =
            open_with_key(&self.files(), &environment, &self.key).map_err(|error| error.to_string())?;
        let store =
            SqliteStore::start(self.files(), conn, identity, Hands::Callers).map_err(|error| format!("{error:?}"))?;
        let store = Arc::new(store);
        let head = head(&store);
        if head < self.given && !self.doubted {
            self.forgotten.push(format!("the service had given number {} and begins again at {head}", self.given));
        }
        (self.given, self.doubted) = (0, false);
        let gone = CancellationToken::new();
        let app = App {
            store: Arc::clone(&store) as Arc<dyn Storage>,
            env: Arc::new(environment),
            signing_key: self.key.clone(),
            limits: self.limits,
            metrics: Metrics::default(),
            stopping: gone.clone(),
            tries: Default::default(),
            pin_tries: Default::default(),
        };
        let (router, _) = router(Arc::new(app));
        self.front.set(Some((router, gone.clone())));
        self.running = Some(Running { store, gone });
        Ok(())
    }

    /// It dies: the power goes, or (with [`CrashModel::KeepAll`]) it is killed.
    pub fn crash(&mut self, model: CrashModel, rng: &mut Rng) {
        self.front.set(None);
        self.given = self.running.as_ref().map_or(0, |running| head(&running.store));
        self.disk.power_cut(model, rng);
        if let Some(running) = self.running.take() {
            running.gone.cancel();
        }
        self.disk.disarm();
    }

    /// It is stopped in good order.
    pub async fn stop(&mut self) {
        self.front.set(None);
        if let Some(running) = self.running.take() {
            running.gone.cancel();
            running.store.close().await;
        }
    }

    /// An older backup is put back. Whoever does it gives the store a new epoch, as the playbook says, or forgets to.
    ///
    /// # Errors
    /// When the backup cannot be opened, which is a fault of the simulator.
    pub fn restore(&mut self, backup: &DiskImage, by_the_book: bool) -> Result<(), String> {
        self.front.set(None);
        if let Some(running) = self.running.take() {
            running.gone.cancel();
        }
        self.given = 0;
        self.disk.power_on();
        self.disk.restore_image(backup);
        self.disk.disarm();
        if by_the_book {
            let environment = self.environment();
            let mut admin = Admin::beside(self.files()).map_err(|error| error.to_string())?;
            admin.rotate_epoch(&environment, None).map_err(|error| error.to_string())?;
        }
        self.start()
    }

    /// The next service day: the day before it is closed, and the next one made from the rooms as they stand.
    ///
    /// # Errors
    /// When the disk does not let it.
    pub async fn roll(&mut self, day: NaiveDate) -> Result<(), String> {
        let Some(running) = &self.running else { return Err("it does not run".into()) };
        let rows = rows(&running.store).await?;
        self.rolls.push(head(&running.store));
        let mut rooms = vec![];
        for (entity, fields) in rows {
            rooms.push((RoomId(entity.id), Unit::from_fields(&fields).map_err(|error| error.to_string())?));
        }
        self.stop().await;
        self.hotel.rooms = rooms;
        self.import(day, true)?;
        self.start()
    }

    /// The whole audit trail.
    ///
    /// # Errors
    /// When it cannot be read.
    pub async fn audit(&self) -> Result<Vec<AuditEntry>, String> {
        let Some(running) = &self.running else { return Err("the service does not run".into()) };
        let property = PropertyId::parse(PROPERTY).map_err(|error| error.to_string())?;
        let mut all: Vec<AuditEntry> = vec![];
        loop {
            let after = all.last().map_or(0, |entry| entry.audit_seq);
            let page =
                running.store.audit(property.clone(), after, None, 1_000).await.map_err(|error| error.to_string())?;
            if page.is_empty() {
                return Ok(all);
            }
            all.extend(page);
        }
    }

    /// Every event that it keeps, as it came.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn events(&self) -> Result<Vec<SealedEvent>, String> {
        let connection = open_beside(&self.files()).map_err(|error| error.to_string())?;
        let read = |error: rusqlite::Error| error.to_string();
        let mut statement = connection.prepare("SELECT bytes FROM events ORDER BY n").map_err(read)?;
        let rows = statement.query_map([], |row| row.get::<_, String>(0)).map_err(read)?;
        rows.map(|bytes| SealedEvent::from_bytes(bytes.map_err(read)?).map_err(|error| error.to_string())).collect()
    }

    /// The rooms as the service has them.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn rooms(&self) -> Result<Vec<(EntityRef, Fields)>, String> {
        match &self.running {
            Some(running) => rows(&running.store).await,
            None => Err("the service does not run".into()),
        }
    }

    /// Walks all chains from their beginnings; answers the first fault.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn audit_fault(&self) -> Result<Option<String>, String> {
        let admin = Admin::beside(self.files()).map_err(|error| error.to_string())?;
        let report = admin.verify_audit().map_err(|error| error.to_string())?;
        Ok(report.fault.map(|fault| format!("{}: {}", fault.place, fault.what)))
    }
}

/// The newest change that a running service has told of.
fn head(store: &SqliteStore) -> u64 {
    store.pulse().head_seq()
}

async fn rows(store: &SqliteStore) -> Result<Vec<(EntityRef, Fields)>, String> {
    let property = PropertyId::parse(PROPERTY).map_err(|error| error.to_string())?;
    let snapshot = store.snapshot(property).await.map_err(|error| error.to_string())?;
    snapshot
        .rows
        .into_iter()
        .filter(|row| row.entity.kind == turndown_domain::ROOM)
        .map(|row| Ok((row.entity, serde_json::from_str(row.fields.get()).map_err(|error| error.to_string())?)))
        .collect()
}
