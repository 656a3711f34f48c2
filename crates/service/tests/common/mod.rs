//! A small house, a service on it, and desks that record and send as the real ones do.

#![allow(dead_code, reason = "each test file uses its part of this")]
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "what a test needs and does not get ends it")]

mod broker;
pub mod cluster;
mod kept;

#[allow(unused_imports, reason = "each test file uses its part of this")]
pub use broker::Broker;
#[allow(unused_imports, reason = "each test file uses its part of this")]
pub use kept::{Kept, ON_POSTGRES, OWNER, SERVICE};

use chrono::{DateTime, TimeZone, Utc};
use reqwest::StatusCode;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tempfile::TempDir;
use turndown_domain::{
    Action, Context, InspectionPolicy, Property, PropertyBook, Role, Room, Staff, StaffId, Task, TaskId, TaskKind, Unit,
};
use turndown_protocol::{
    ActorId, AuditEntry, AuditHead, AuditPage, BatchId, Capabilities, ChangesPage, EVENT_SCHEMA, EntityRef, EntityRow,
    Event, EventId, EventResult, EventsRequest, EventsResponse, Fields, HandshakeAnswer, InstallId, Mode, Outcome,
    Problem, SealedEvent, ServiceHead, Snapshot, ZERO_HASH,
};
use turndown_service::env::{Environment, SystemEnvironment};
use turndown_service::store::Import;
use turndown_service::{Config, Running};

pub const PROPERTY: &str = "grand";
pub const DAY: &str = "2016-03-25";
/// Rooms of the small house: `101` to `110`, each with one departure clean.
pub const ROOMS: usize = 10;

/// Waits for what has to come, on however slow a machine. What does not come fails the test instead of holding it up.
pub async fn patiently<T>(what: &str, waiting: impl Future<Output = T>) -> T {
    tokio::time::timeout(std::time::Duration::from_secs(60), waiting)
        .await
        .unwrap_or_else(|_| panic!("a minute passed without {what}"))
}

/// A clock that tests set, and real randomness.
#[derive(Debug)]
pub struct SetClock(pub AtomicU64);

impl Environment for SetClock {
    fn now_ms(&self) -> i64 {
        i64::try_from(self.0.load(Ordering::Relaxed)).unwrap()
    }
    fn fill_random(&self, bytes: &mut [u8]) {
        SystemEnvironment.fill_random(bytes);
    }
}

pub fn noon() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2016, 3, 25, 12, 0, 0).unwrap()
}

pub fn room_name(index: usize) -> String {
    format!("{}", 101 + index)
}

pub fn task_of(room: &str) -> String {
    format!("t-{room}")
}

pub fn book(property: &str) -> PropertyBook {
    let person = |id: &str, role| Staff { id: StaffId(id.into()), name: id.to_uppercase(), role, section: None };
    PropertyBook {
        property: Property {
            id: property.into(),
            name: "Grand Hotel".into(),
            time_zone: "Europe/Lisbon".into(),
            service_day: DAY.into(),
            inspection: InspectionPolicy::Departures,
            sample: false,
        },
        staff: vec![person("lea", Role::Lead), person("ana", Role::Attendant), person("bo", Role::Attendant)],
        bookings: vec![],
    }
}

pub fn house(property: &str, rooms: usize) -> Import {
    let entities = (0..rooms)
        .map(|index| {
            let number = room_name(index);
            let mut unit = Unit {
                room: Room { number: number.clone(), floor: "1".into(), turn: 7, ..Room::default() },
                ..Unit::default()
            };
            let task = Task {
                kind: TaskKind::Departure,
                credits: 3,
                turn: 7,
                service_day: DAY.into(),
                assignee: Some(StaffId("ana".into())),
                ..Task::default()
            };
            unit.tasks.insert(TaskId(task_of(&number)), task);
            (EntityRef::new("room", number), unit.to_fields())
        })
        .collect();
    Import { book: book(property), entities }
}

/// A service on a folder of its own.
pub struct Service {
    pub folder: TempDir,
    pub kept: Kept,
    pub env: Arc<SetClock>,
    pub running: Option<Running>,
    pub url: String,
    pub token: String,
    pub client: reqwest::Client,
    pub capabilities: Capabilities,
    configure: Arc<dyn Fn(&mut Config)>,
}

impl Service {
    pub async fn open() -> Self {
        Self::open_with(ROOMS, |_| {}).await
    }

    pub async fn open_with(rooms: usize, configure: impl Fn(&mut Config) + 'static) -> Self {
        Self::open_on(Kept::new, rooms, configure).await
    }

    pub async fn open_on(
        keep: impl FnOnce(&TempDir) -> Kept,
        rooms: usize,
        configure: impl Fn(&mut Config) + 'static,
    ) -> Self {
        let folder = TempDir::new().unwrap();
        let env = Arc::new(SetClock(AtomicU64::new(u64::try_from(noon().timestamp_millis()).unwrap())));
        let mut service = Self {
            kept: keep(&folder),
            folder,
            env,
            running: None,
            url: String::new(),
            token: String::new(),
            client: reqwest::Client::new(),
            capabilities: Capabilities {
                store_id: String::new(),
                epoch: String::new(),
                server_time: String::new(),
                max_events: 0,
                max_batch_bytes: 0,
                max_event_bytes: 0,
                backup_horizon_days: 0,
                schemas: vec![],
                head_seq: None,
                property_id: None,
                property_name: None,
                signing_key: String::new(),
            },
            configure: Arc::new(configure),
        };
        service.import(PROPERTY, rooms, false);
        service.start().await;
        service.token = service.enroll(PROPERTY);
        service.capabilities = service.get("/v1/capabilities").await.json();
        service
    }

    /// Another process of the same service on the same store.
    pub async fn beside(&self) -> Self {
        let mut other = Self {
            folder: TempDir::new().unwrap(),
            kept: self.kept.clone(),
            env: Arc::clone(&self.env),
            running: None,
            url: String::new(),
            token: self.token.clone(),
            client: reqwest::Client::new(),
            capabilities: self.capabilities.clone(),
            configure: Arc::clone(&self.configure),
        };
        other.start().await;
        other
    }

    /// Only while no service runs.
    pub fn import(&self, property: &str, rooms: usize, replace: bool) {
        self.import_day(&house(property, rooms), replace);
    }

    pub fn import_day(&self, day: &Import, replace: bool) {
        self.kept.import(&self.env, day, replace);
    }

    pub fn enroll(&self, property: &str) -> String {
        self.kept.token(&self.env, property, None)
    }

    pub async fn start(&mut self) {
        let mut config = Config::at(self.kept.place(), "127.0.0.1:0");
        (self.configure)(&mut config);
        let running =
            turndown_service::start(config, Arc::clone(&self.env) as Arc<dyn Environment>).await.expect("starts");
        self.url = running.url();
        self.running = Some(running);
    }

    pub async fn stop(&mut self) {
        // Idle connections of the client would otherwise be waited for.
        self.client = reqwest::Client::new();
        self.running.take().expect("it runs").stop().await;
    }

    pub async fn restart(&mut self) {
        self.stop().await;
        self.start().await;
    }

    pub fn request(&self, method: reqwest::Method, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url)).bearer_auth(&self.token)
    }

    pub async fn get(&self, path: &str) -> Answer {
        Answer::of(self.request(reqwest::Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        Answer::of(self.request(reqwest::Method::POST, path).json(body)).await
    }

    pub fn path(&self, rest: &str) -> String {
        format!("/v1/properties/{PROPERTY}/{rest}")
    }

    pub async fn snapshot(&self) -> Snapshot {
        self.get(&self.path("snapshot")).await.json()
    }

    pub async fn room(&self, room: &str) -> EntityRow {
        let snapshot = self.snapshot().await;
        snapshot.rows.into_iter().find(|row| row.entity.id == room).expect("the room is there")
    }

    pub async fn changes(&self, cursor: &str) -> ChangesPage {
        self.get(&self.path(&format!("changes?cursor={cursor}"))).await.json()
    }

    pub async fn audit(&self) -> Vec<AuditEntry> {
        let mut entries = vec![];
        let mut after = 0;
        loop {
            let page: AuditPage = self.get(&self.path(&format!("audit?after={after}"))).await.json();
            entries.extend(page.entries);
            match page.next {
                Some(next) => after = next,
                None => return entries,
            }
        }
    }

    /// Sends events as they are, in one batch.
    pub async fn send(&self, desk: &Desk, events: &[&SealedEvent]) -> EventsResponse {
        let answer = self.send_raw(&self.batch(desk, events)).await;
        let response: EventsResponse = answer.json();
        let names: Vec<_> = response.results.iter().map(|result| &result.event_id).collect();
        assert_eq!(names, events.iter().map(|event| &event.event.event_id).collect::<Vec<_>>(), "one answer an event");
        response
    }

    pub async fn send_one(&self, desk: &Desk, event: &SealedEvent) -> EventResult {
        self.send(desk, &[event]).await.results.remove(0)
    }

    pub async fn send_raw(&self, batch: &str) -> Answer {
        let request = self
            .request(reqwest::Method::POST, &self.path("events"))
            .header("content-type", "application/json")
            .body(batch.to_owned());
        Answer::of(request).await
    }

    pub fn batch(&self, desk: &Desk, events: &[&SealedEvent]) -> String {
        let request = EventsRequest {
            batch_id: BatchId::parse(format!("b-{}", desk.local_seq)).unwrap(),
            install_id: desk.install.clone(),
            store_id: self.capabilities.store_id.clone(),
            epoch: self.capabilities.epoch.clone(),
            audit_head: desk.head(),
            seen: None,
            events: events
                .iter()
                .map(|event| serde_json::value::RawValue::from_string(event.bytes.clone()).unwrap())
                .collect(),
        };
        serde_json::to_string(&request).unwrap()
    }

    pub async fn handshake(&self, desk: &Desk, seen: Option<&ServiceHead>) -> HandshakeAnswer {
        let body = json!({ "audit_head": desk.head(), "seen": seen });
        self.post(&format!("/v1/installs/{}/handshake", desk.install), &body).await.json()
    }
}

/// An HTTP answer, read to its end.
pub struct Answer {
    pub status: StatusCode,
    pub headers: reqwest::header::HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub async fn of(request: reqwest::RequestBuilder) -> Self {
        let response = request.send().await.expect("the service answers");
        let (status, headers) = (response.status(), response.headers().clone());
        Self { status, headers, body: response.bytes().await.expect("the answer is whole").to_vec() }
    }

    pub fn json<T: DeserializeOwned>(&self) -> T {
        assert!(self.status.is_success(), "{}: {}", self.status, String::from_utf8_lossy(&self.body));
        serde_json::from_slice(&self.body).expect("a well-typed answer")
    }

    pub fn problem(&self) -> Problem {
        assert_eq!(
            self.headers.get("content-type").unwrap(),
            "application/problem+json",
            "{}",
            String::from_utf8_lossy(&self.body)
        );
        let problem: Problem = serde_json::from_slice(&self.body).expect("a problem");
        assert_eq!(problem.status, self.status.as_u16());
        problem
    }

    /// Status and code, as tables name them.
    pub fn code(&self) -> (u16, String) {
        let problem = self.problem();
        (problem.status, problem.code)
    }
}

static NEXT: AtomicU64 = AtomicU64::new(1);

fn unique() -> u128 {
    u128::from(NEXT.fetch_add(1, Ordering::Relaxed))
}

/// A desk that records: its own chain, and the rooms as it saw them.
pub struct Desk {
    pub install: InstallId,
    pub local_seq: u64,
    pub hash: String,
    pub rows: BTreeMap<EntityRef, (Fields, u64)>,
    pub last: BTreeMap<EntityRef, EventId>,
    pub book: PropertyBook,
}

impl Desk {
    pub async fn of(service: &Service) -> Self {
        let snapshot = service.snapshot().await;
        let book = serde_json::from_value(snapshot.reference.document).unwrap();
        let rows = snapshot.rows.into_iter().map(|row| (row.entity, (row.fields, row.version))).collect();
        Self::new(book, rows)
    }

    pub fn new(book: PropertyBook, rows: BTreeMap<EntityRef, (Fields, u64)>) -> Self {
        let install = InstallId::generate(1, unique());
        Self { install, local_seq: 0, hash: ZERO_HASH.into(), rows, last: BTreeMap::new(), book }
    }

    pub fn head(&self) -> AuditHead {
        AuditHead { local_seq: self.local_seq, hash: self.hash.clone() }
    }

    /// Decides an action on the room as this desk sees it, records it, and goes on from there.
    pub fn record(&mut self, room: &str, action: &Action) -> SealedEvent {
        self.record_with(room, action, |_| {})
    }

    pub fn record_with(&mut self, room: &str, action: &Action, change: impl FnOnce(&mut Event)) -> SealedEvent {
        let entity = EntityRef::new("room", room);
        let (fields, _) = &self.rows[&entity];
        let lea = ActorId::parse("lea").unwrap();
        let context = Context { now: noon(), service_day: DAY, actor: &lea, book: &self.book, undo_of: None };
        let decision = turndown_domain::decide(fields, action, &context).expect("the action is possible");
        let mut event = self.event(entity, action.name(), action.args());
        event.changes = decision.changes;
        event.relies_on = decision.relies_on;
        change(&mut event);
        self.seal(event)
    }

    /// An event of this desk with nothing in it yet.
    pub fn event(&self, entity: EntityRef, action: &str, args: Value) -> Event {
        let (turn, base_version) = match self.rows.get(&entity) {
            Some((fields, version)) => {
                (fields.get("room/turn").as_u64().map(|turn| u32::try_from(turn).unwrap()), *version)
            }
            None => (None, 0),
        };
        Event {
            schema: EVENT_SCHEMA,
            event_id: EventId::generate(2, unique()),
            install_id: self.install.clone(),
            local_seq: self.local_seq + 1,
            prev_hash: self.hash.clone(),
            actor_id: ActorId::parse("lea").unwrap(),
            workflow: turndown_domain::WORKFLOW.into(),
            prev_event_id: self.last.get(&entity).cloned(),
            entity,
            turn,
            service_day: Some(DAY.into()),
            action: action.into(),
            args,
            changes: BTreeMap::new(),
            relies_on: BTreeMap::new(),
            base_version,
            depends_on: vec![],
            settles: vec![],
            recorded_at: "2016-03-25T12:00:00.000Z".into(),
            mode: Mode::Offline,
            data_age_s: None,
            authority: None,
        }
    }

    pub fn seal(&mut self, event: Event) -> SealedEvent {
        if let Some((fields, _)) = self.rows.get_mut(&event.entity) {
            event.apply_to(fields);
        }
        self.last.insert(event.entity.clone(), event.event_id.clone());
        let sealed = SealedEvent::seal(event).unwrap();
        self.local_seq += 1;
        self.hash = sealed.hash.clone();
        sealed
    }

    pub fn start(&mut self, room: &str) -> SealedEvent {
        self.record(room, &Action::Start { task: TaskId(task_of(room)) })
    }

    pub fn complete(&mut self, room: &str) -> SealedEvent {
        self.record(room, &Action::Complete { task: TaskId(task_of(room)) })
    }

    pub fn pause(&mut self, room: &str) -> SealedEvent {
        self.record(room, &Action::Pause { task: TaskId(task_of(room)) })
    }

    pub fn cancel(&mut self, room: &str) -> SealedEvent {
        self.record(room, &Action::CancelTask { task: TaskId(task_of(room)), reason: "guest stays".into() })
    }

    pub fn note(&mut self, room: &str, text: &str) -> SealedEvent {
        self.record(room, &Action::Note { text: Some(text.into()) })
    }

    /// A person's decision: these values, over Theirs as it was on the screen, settling these events.
    pub fn resolve(&mut self, theirs: &EntityRow, fields: &[(&str, Value)], settles: &[&SealedEvent]) -> SealedEvent {
        self.rows.insert(theirs.entity.clone(), (theirs.fields.clone(), theirs.version));
        let mut event = self.event(theirs.entity.clone(), "resolve", Value::Null);
        event.prev_event_id = None;
        event.settles = settles.iter().map(|event| event.event.event_id.clone()).collect();
        event.changes = fields
            .iter()
            .map(|(path, new)| {
                let base = theirs.fields.get(path).clone();
                ((*path).to_owned(), turndown_protocol::Change { base, new: new.clone() })
            })
            .collect();
        self.seal(event)
    }

    pub fn discard(&mut self, theirs: &EntityRow, settles: &[&SealedEvent]) -> SealedEvent {
        self.rows.insert(theirs.entity.clone(), (theirs.fields.clone(), theirs.version));
        let mut event = self.event(theirs.entity.clone(), "discard", Value::Null);
        event.prev_event_id = None;
        event.settles = settles.iter().map(|event| event.event.event_id.clone()).collect();
        self.seal(event)
    }
}

pub fn outcomes(response: &EventsResponse) -> Vec<Outcome> {
    response.results.iter().map(|result| result.outcome).collect()
}

pub fn status_path(room: &str) -> String {
    format!("task/{}/status", task_of(room))
}
