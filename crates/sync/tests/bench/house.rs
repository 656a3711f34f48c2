//! A small service that knows the protocol, keeps counters, and answers wrongly when it is told to.

use super::counters::{KIND, VALUE};
use super::lock;
use async_stream::stream;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::sse::{Event as Message, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use ed25519_dalek::{Signer, SigningKey};
use flate2::read::GzDecoder;
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::convert::Infallible;
use std::io::Read;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::watch;
use turndown_protocol::{
    AuditClosed, AuditHead, Capabilities, ChangesPage, Enroll, EntityRef, EntityRow, EventId, EventResult,
    EventsRequest, EventsResponse, Fields, Handshake, HandshakeAnswer, Outcome, Problem, PropertyId, Reference,
    SealedEvent, ServiceHead, Snapshot, Theirs, ZERO_HASH, codes,
};

pub const TOKEN: &str = "the-desks-own-token";
pub const PROPERTY: &str = "p1";
pub const STORE: &str = "store-1";

/// A route, as tests speak of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Route {
    Capabilities,
    Handshake,
    Snapshot,
    Changes,
    Stream,
    Events,
    Enroll,
}

/// A wrong answer.
#[derive(Debug, Clone)]
pub enum Wrong {
    /// A status and a problem in our form.
    Problem(u16, &'static str),
    /// A status, headers and a body of anybody's.
    Raw(u16, Vec<(&'static str, &'static str)>, &'static str),
    /// The work is done and the answer ends half-way.
    DoneThenCut,
    /// The work is done and the connection breaks.
    DoneThenGone,
    /// Nothing comes, ever.
    Hang,
    /// The answer leaves out its last event.
    Omit,
    /// The answer's member has another value.
    Say(&'static str, &'static str),
    /// Only requests with more events than this fail, as a whole.
    TooMany(usize),
}

/// What the service keeps.
#[derive(Default)]
pub struct Store {
    pub store_id: String,
    pub epoch: String,
    pub seq: u64,
    pub rows: BTreeMap<EntityRef, EntityRow>,
    /// Each event's first outcome, sequence number and hash.
    pub events: BTreeMap<EventId, (Outcome, u64, String)>,
    /// Effects in order.
    pub effects: Vec<SealedEvent>,
    /// The hash of each event that was answered for good, in order.
    pub trail: Vec<String>,
    /// Of each install, the highest entry.
    pub highest: BTreeMap<String, AuditHead>,
    /// The feed begins here; cursors before it are gone.
    pub begins: u64,
    pub token: String,
    pub max_events: u32,
    pub max_bytes: u64,
    pub max_event_bytes: u64,
    pub schemas: Vec<u32>,
    standing: BTreeMap<Route, Wrong>,
    once: BTreeMap<Route, VecDeque<Wrong>>,
    log: Vec<(Route, u16)>,
    /// How often another took over; streams end with the one that they came from.
    copies: u32,
    /// Sizes of batches as they came.
    pub batches: Vec<usize>,
    /// Events that came although their effect was there.
    pub repeats: u32,
    pub running: usize,
    pub most_at_once: usize,
    pub gzipped: u32,
    /// Requests that carried a token.
    pub tokens_seen: u32,
    /// The hotel that the token is for.
    pub property: String,
    pub delay: Duration,
}

/// A copy of what the service kept at one time.
pub struct Backup {
    seq: u64,
    rows: BTreeMap<EntityRef, EntityRow>,
    events: BTreeMap<EventId, (Outcome, u64, String)>,
    effects: Vec<SealedEvent>,
    trail: Vec<String>,
    highest: BTreeMap<String, AuditHead>,
}

pub struct House {
    store: Mutex<Store>,
    address: SocketAddr,
    changed: watch::Sender<u64>,
    key: SigningKey,
}

impl House {
    pub async fn start() -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let house = Arc::new(Self {
            store: Mutex::new(Store {
                store_id: STORE.into(),
                epoch: "epoch-1".into(),
                token: TOKEN.into(),
                property: PROPERTY.into(),
                max_events: 500,
                max_bytes: 1_000_000,
                max_event_bytes: 100_000,
                schemas: vec![1, 2, 3],
                ..Store::default()
            }),
            address: listener.local_addr().expect("an address"),
            changed: watch::Sender::new(0),
            key: SigningKey::from_bytes(&[7; 32]),
        });
        let app = Router::new()
            .route("/v1/capabilities", get(capabilities))
            .route("/v1/installs/{install}/handshake", post(handshake))
            .route("/v1/properties/{property}/snapshot", get(snapshot))
            .route("/v1/properties/{property}/changes", get(changes))
            .route("/v1/properties/{property}/changes/stream", get(changes_stream))
            .route("/v1/properties/{property}/events", post(events))
            .route("/v1/enroll/{code}", get(enroll_code))
            .route("/v1/enroll", post(enroll))
            .with_state(Arc::clone(&house));
        tokio::spawn(async move { axum::serve(listener, app).await.expect("it serves") });
        house
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn with<T>(&self, look: impl FnOnce(&mut Store) -> T) -> T {
        look(&mut lock(&self.store))
    }

    /// Answers a route wrongly until told otherwise.
    pub fn stand(&self, route: Route, wrong: Wrong) {
        self.with(|store| store.standing.insert(route, wrong));
    }

    /// Answers a route wrongly, once for each.
    pub fn once(&self, route: Route, wrong: impl IntoIterator<Item = Wrong>) {
        self.with(|store| store.once.entry(route).or_default().extend(wrong));
    }

    /// Answers rightly from now on.
    pub fn behave(&self) {
        self.with(|store| {
            store.standing.clear();
            store.once.clear();
        });
    }

    /// Requests as they came, with what was answered.
    pub fn log(&self) -> Vec<(Route, u16)> {
        self.with(|store| store.log.iter().rev().take(30).rev().copied().collect())
    }

    pub fn count(&self, route: Route) -> usize {
        self.with(|store| store.log.iter().filter(|(at, _)| *at == route).count())
    }

    pub fn values(&self) -> BTreeMap<u32, i64> {
        self.with(|store| {
            let number = |row: &EntityRow| row.fields.get(VALUE).as_i64().unwrap_or(0);
            store.rows.iter().map(|(entity, row)| (entity.id.parse().expect("a number"), number(row))).collect()
        })
    }

    /// Another desk, or the hotel's own system, sets a counter.
    pub fn set(&self, counter: u32, value: i64) {
        self.with(|store| {
            store.seq += 1;
            let seq = store.seq;
            let row = store.row(&EntityRef::new(KIND, counter.to_string()));
            row.fields.set(VALUE, json!(value));
            row.version = seq;
        });
        self.tell();
    }

    /// A copy of this service takes over at its address, with what the backup has and numbers that go on above it.
    /// Only its streams break.
    pub fn take_over(&self, backup: Backup, seq_ahead: u64) {
        self.with(|store| {
            store.restore(backup);
            store.seq += seq_ahead;
            store.copies += 1;
        });
        self.tell();
    }

    fn tell(&self) {
        let seq = self.with(|store| store.seq);
        self.changed.send_replace(seq);
    }

    /// Every effect happened once, and per lane in the order in which it was recorded.
    pub fn check_order(&self) {
        self.with(|store| {
            let mut last: BTreeMap<(String, EntityRef), u64> = BTreeMap::new();
            let mut seen: BTreeSet<&EventId> = BTreeSet::new();
            for sealed in &store.effects {
                let event = &sealed.event;
                assert!(seen.insert(&event.event_id), "{} had its effect twice", event.event_id);
                let lane = (event.install_id.to_string(), event.entity.clone());
                let before = last.insert(lane, event.local_seq).unwrap_or(0);
                assert!(before < event.local_seq, "{} overtook another in its lane", event.event_id);
            }
        });
    }

    fn wrong(&self, route: Route) -> Option<Wrong> {
        self.with(|store| {
            let once = store.once.get_mut(&route).and_then(VecDeque::pop_front);
            once.or_else(|| store.standing.get(&route).cloned())
        })
    }

    fn note(&self, route: Route, response: Response) -> Response {
        let status = response.status().as_u16();
        self.with(|store| store.log.push((route, status)));
        response
    }

    /// What stands before every route: who may ask, and wrong answers that need no work.
    async fn before(
        &self,
        route: Route,
        headers: &HeaderMap,
        property: Option<&str>,
    ) -> Result<Option<Wrong>, Response> {
        let delay = self.with(|store| store.delay);
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        let wrong = self.wrong(route);
        match &wrong {
            Some(Wrong::Problem(status, code)) => {
                return Err(self.note(route, refuse(*status, code)));
            }
            Some(Wrong::Raw(status, fields, body)) => {
                let mut response = Response::new(Body::from(*body));
                *response.status_mut() = StatusCode::from_u16(*status).expect("a status");
                for (name, value) in fields {
                    response.headers_mut().insert(*name, value.parse().expect("a value"));
                }
                return Err(self.note(route, response));
            }
            Some(Wrong::Hang) => std::future::pending().await,
            _ => {}
        }
        let expected = self.with(|store| format!("Bearer {}", store.token));
        let token = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        if token.is_some() {
            self.with(|store| store.tokens_seen += 1);
        }
        if token != Some(expected.as_str()) && !(route == Route::Capabilities && token.is_none()) {
            return Err(self.note(route, refuse(401, codes::UNAUTHENTICATED)));
        }
        if property.is_some_and(|property| property != PROPERTY) {
            return Err(self.note(route, refuse(403, codes::FORBIDDEN)));
        }
        Ok(wrong)
    }

    /// The answer, spoilt on the way where it is to be.
    fn answer(&self, route: Route, wrong: Option<&Wrong>, message: &impl Serialize) -> Response {
        let mut value = serde_json::to_value(message).expect("JSON");
        match wrong {
            Some(Wrong::Omit) => {
                value["results"].as_array_mut().expect("results").pop();
            }
            Some(Wrong::Say(member, said)) => value[*member] = json!(said),
            _ => {}
        }
        let text = value.to_string();
        let response = Response::builder().header(header::CONTENT_TYPE, "application/json");
        let response = match wrong {
            Some(Wrong::DoneThenCut) => {
                let half = text[..text.len() / 2].to_owned();
                let body = Body::from_stream(stream! {
                    yield Ok::<_, std::io::Error>(Bytes::from(half));
                    yield Err(std::io::Error::other("cut"));
                });
                response.header(header::CONTENT_LENGTH, text.len()).body(body)
            }
            Some(Wrong::DoneThenGone) => {
                let body = Body::from_stream(stream! {
                    yield Err::<Bytes, _>(std::io::Error::other("gone"));
                });
                response.body(body)
            }
            _ => response.body(Body::from(text)),
        };
        self.note(route, response.expect("a response"))
    }

    fn closed(&self, store: &Store, install: &str) -> AuditClosed {
        let zero = AuditHead { local_seq: 0, hash: ZERO_HASH.into() };
        let head = store.highest.get(install).cloned().unwrap_or(zero);
        let text = format!("turndown-audit-head\n{}\n{install}\n{}\n{}", store.store_id, head.local_seq, head.hash);
        AuditClosed { head, signature: hex::encode(self.key.sign(text.as_bytes()).to_bytes()) }
    }
}

impl Store {
    /// What a route answered so far.
    pub fn log_of(&self, route: Route) -> Vec<u16> {
        self.log.iter().filter(|(at, _)| *at == route).map(|(_, status)| *status).collect()
    }

    fn row(&mut self, entity: &EntityRef) -> &mut EntityRow {
        self.rows.entry(entity.clone()).or_insert_with(|| EntityRow {
            entity: entity.clone(),
            version: 0,
            deleted: false,
            fields: Fields::new(),
            provenance: BTreeMap::new(),
            contested: None,
        })
    }

    fn cursor(&self, seq: u64) -> String {
        format!("{}+{seq}&?", self.epoch)
    }

    fn page(&self, from: &str) -> Option<ChangesPage> {
        let after: u64 = from.strip_prefix(&format!("{}+", self.epoch))?.strip_suffix("&?")?.parse().ok()?;
        if after < self.begins || after > self.seq {
            return None;
        }
        let mut rows: Vec<EntityRow> = self.rows.values().filter(|row| row.version > after).cloned().collect();
        rows.sort_by_key(|row| row.version);
        let more = rows.len() > 20;
        rows.truncate(20);
        let next = if more { rows.last().map_or(after, |row| row.version) } else { self.seq };
        Some(ChangesPage {
            store_id: self.store_id.clone(),
            epoch: self.epoch.clone(),
            server_time: "2016-03-25T10:00:00.000Z".into(),
            from: from.to_owned(),
            next: self.cursor(next),
            more,
            head_seq: self.seq,
            head: Some(self.head()),
            rows,
            reference: None,
        })
    }

    fn take(&mut self, sealed: &SealedEvent) -> EventResult {
        let event = &sealed.event;
        let mut result = EventResult {
            event_id: event.event_id.clone(),
            outcome: Outcome::Applied,
            original: None,
            seq: None,
            row: None,
            theirs: None,
            problem: None,
        };
        let entity = event.entity.clone();
        if let Some((outcome, seq, hash)) = self.events.get(&event.event_id).cloned() {
            assert_eq!(hash, sealed.hash, "the same id came with other bytes");
            self.repeats += 1;
            result.outcome = Outcome::Duplicate;
            result.original = Some(outcome);
            result.seq = (outcome == Outcome::Applied).then_some(seq);
            if outcome == Outcome::Conflict {
                let row = self.row(&entity).clone();
                result.theirs = Some(Theirs { row, paths: vec![VALUE.into()], class: "fields".into() });
            }
            return result;
        }
        if event.prev_event_id.iter().chain(&event.depends_on).any(|earlier| !self.events.contains_key(earlier)) {
            result.outcome = Outcome::MissingPredecessor;
            result.problem = Some(Problem::new(409, codes::MISSING_PREDECESSOR, "The one before is not here."));
            return result;
        }
        if entity.kind != KIND {
            self.seq += 1;
            result.seq = Some(self.seq);
            self.keep(sealed, self.seq);
            return result;
        }
        let row = self.row(&entity);
        let touches = event.changes.iter().any(|(path, change)| {
            let theirs = row.fields.get(path);
            *theirs != change.base && *theirs != change.new
        });
        if touches {
            result.outcome = Outcome::Conflict;
            result.theirs = Some(Theirs { row: row.clone(), paths: vec![VALUE.into()], class: "fields".into() });
            self.events.insert(event.event_id.clone(), (Outcome::Conflict, 0, sealed.hash.clone()));
            self.trail.push(sealed.hash.clone());
            return result;
        }
        self.seq += 1;
        let seq = self.seq;
        let row = self.row(&entity);
        event.apply_to(&mut row.fields);
        row.version = seq;
        result.seq = Some(seq);
        self.keep(sealed, seq);
        result
    }

    fn keep(&mut self, sealed: &SealedEvent, seq: u64) {
        let event = &sealed.event;
        self.events.insert(event.event_id.clone(), (Outcome::Applied, seq, sealed.hash.clone()));
        self.effects.push(sealed.clone());
        self.trail.push(sealed.hash.clone());
        let head = AuditHead { local_seq: event.local_seq, hash: sealed.hash.clone() };
        let highest = self.highest.entry(event.install_id.to_string()).or_insert_with(|| head.clone());
        if highest.local_seq < head.local_seq {
            *highest = head;
        }
    }

    /// A copy took over, and answered others `entries` times since.
    pub fn goes_on_behind(&mut self, backup: Backup, entries: usize) {
        self.restore(backup);
        self.copies += 1;
        self.seq += entries as u64;
        self.trail.extend((0..entries).map(|n| format!("another desk's {n}")));
    }

    /// Where its record stands.
    fn head(&self) -> ServiceHead {
        ServiceHead {
            epoch: self.epoch.clone(),
            run: format!("run {}", self.copies),
            seq: self.seq,
            audit_seq: self.trail.len() as u64,
            audit_hash: self.trail.last().cloned().unwrap_or_default(),
        }
    }

    /// Whether its record still has a head that it said.
    pub fn holds(&self, head: &ServiceHead) -> bool {
        let entry = head.audit_seq.checked_sub(1).map(|at| self.trail.get(usize::try_from(at).expect("a place")));
        head.seq <= self.seq && entry.is_none_or(|entry| entry == Some(&head.audit_hash))
    }

    /// Up to where every entry of an install is here, from where its chain begins.
    fn holds_until(&self, install: &str, begins: u64) -> u64 {
        let here: BTreeSet<u64> = self
            .effects
            .iter()
            .filter(|sealed| sealed.event.install_id.as_str() == install)
            .map(|sealed| sealed.event.local_seq)
            .collect();
        (begins + 1..).take_while(|seq| here.contains(seq)).last().unwrap_or(begins)
    }

    /// What a backup of the service holds.
    pub fn backup(&self) -> Backup {
        Backup {
            seq: self.seq,
            rows: self.rows.clone(),
            events: self.events.clone(),
            effects: self.effects.clone(),
            trail: self.trail.clone(),
            highest: self.highest.clone(),
        }
    }

    /// Puts a backup in place of what is there.
    pub fn restore(&mut self, backup: Backup) {
        self.seq = backup.seq;
        self.rows = backup.rows;
        self.events = backup.events;
        self.effects = backup.effects;
        self.trail = backup.trail;
        self.highest = backup.highest;
    }
}

fn refuse(status: u16, code: &str) -> Response {
    let problem = Problem::new(status, code, "Said by the service.");
    let status = StatusCode::from_u16(status).expect("a status");
    let body = serde_json::to_string(&problem).expect("JSON");
    (status, [(header::CONTENT_TYPE, "application/problem+json")], body).into_response()
}

type App = State<Arc<House>>;

async fn capabilities(State(house): App, headers: HeaderMap) -> Response {
    let wrong = match house.before(Route::Capabilities, &headers, None).await {
        Ok(wrong) => wrong,
        Err(response) => return response,
    };
    let answer = house.with(|store| Capabilities {
        store_id: store.store_id.clone(),
        epoch: store.epoch.clone(),
        server_time: "2016-03-25T10:00:00.000Z".into(),
        max_events: store.max_events,
        max_batch_bytes: store.max_bytes,
        max_event_bytes: store.max_event_bytes,
        backup_horizon_days: 14,
        schemas: store.schemas.clone(),
        head_seq: Some(store.seq),
        property_id: PropertyId::parse(store.property.as_str()).ok(),
        property_name: Some("The House of Counters".into()),
        signing_key: hex::encode(house.key.verifying_key().to_bytes()),
    });
    house.answer(Route::Capabilities, wrong.as_ref(), &answer)
}

fn plain(house: &House, headers: &HeaderMap, body: &Bytes) -> Vec<u8> {
    if headers.get(header::CONTENT_ENCODING).is_some_and(|value| value == "gzip") {
        house.with(|store| store.gzipped += 1);
        let mut plain = vec![];
        GzDecoder::new(body.as_ref()).read_to_end(&mut plain).expect("gzip");
        return plain;
    }
    body.to_vec()
}

async fn handshake(State(house): App, Path(install): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    let wrong = match house.before(Route::Handshake, &headers, None).await {
        Ok(wrong) => wrong,
        Err(response) => return response,
    };
    let said: Handshake = serde_json::from_slice(&plain(&house, &headers, &body)).expect("a handshake");
    let answer = house.with(|store| HandshakeAnswer {
        store_id: store.store_id.clone(),
        epoch: store.epoch.clone(),
        highest_local_seq: store.highest.get(&install).map_or(0, |head| head.local_seq),
        highest_hash: store.highest.get(&install).map(|head| head.hash.clone()),
        head: Some(store.head()),
        holds_seen: said.seen.as_ref().is_none_or(|head| store.holds(head)),
        holds_until: store.holds_until(&install, said.continues.as_ref().map_or(0, |before| before.head.local_seq)),
        audit_closed: house.closed(store, &install),
        audit_problem: None,
    });
    house.answer(Route::Handshake, wrong.as_ref(), &answer)
}

async fn snapshot(State(house): App, Path(property): Path<String>, headers: HeaderMap) -> Response {
    let wrong = match house.before(Route::Snapshot, &headers, Some(&property)).await {
        Ok(wrong) => wrong,
        Err(response) => return response,
    };
    let answer = house.with(|store| Snapshot {
        store_id: store.store_id.clone(),
        epoch: store.epoch.clone(),
        server_time: "2016-03-25T10:00:00.000Z".into(),
        reference: Reference { version: 1, document: json!({"name": "The House of Counters"}) },
        rows: store.rows.values().cloned().collect(),
        cursor: store.cursor(store.seq),
        head_seq: store.seq,
        head: Some(store.head()),
    });
    house.answer(Route::Snapshot, wrong.as_ref(), &answer)
}

async fn changes(
    State(house): App,
    Path(property): Path<String>,
    Query(query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let wrong = match house.before(Route::Changes, &headers, Some(&property)).await {
        Ok(wrong) => wrong,
        Err(response) => return response,
    };
    match house.with(|store| store.page(&query["cursor"])) {
        Some(page) => house.answer(Route::Changes, wrong.as_ref(), &page),
        None => house.note(Route::Changes, refuse(410, codes::CURSOR_GONE)),
    }
}

async fn changes_stream(
    State(house): App,
    Path(property): Path<String>,
    Query(query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
) -> Response {
    let wrong = match house.before(Route::Stream, &headers, Some(&property)).await {
        Ok(wrong) => wrong,
        Err(response) => return response,
    };
    let mut from = query["cursor"].clone();
    if house.with(|store| store.page(&from)).is_none() {
        return house.note(Route::Stream, refuse(410, codes::CURSOR_GONE));
    }
    // A stream that opens and never says anything.
    let mute = wrong.is_some();
    let keeper = Arc::clone(&house);
    let mut changed = house.changed.subscribe();
    let copy = house.with(|store| store.copies);
    let messages = stream! {
        if mute {
            std::future::pending::<()>().await;
        }
        loop {
            changed.mark_unchanged();
            if keeper.with(|store| store.copies) != copy {
                break;
            }
            let Some(page) = keeper.with(|store| store.page(&from)) else { break };
            from.clone_from(&page.next);
            let more = page.more;
            yield Ok::<_, Infallible>(Message::default().event("changes").data(json!(page).to_string()));
            if !more && changed.changed().await.is_err() {
                break;
            }
        }
    };
    house.note(Route::Stream, Sse::new(messages).into_response())
}

async fn events(State(house): App, Path(property): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    house.with(|store| {
        store.running += 1;
        store.most_at_once = store.most_at_once.max(store.running);
    });
    let _running = Running(&house);
    take_events(&house, &property, &headers, &body).await
}

/// A batch that is being taken. It ends with its answer, and with its connection.
struct Running<'a>(&'a House);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.with(|store| store.running -= 1);
        self.0.tell();
    }
}

async fn take_events(house: &House, property: &str, headers: &HeaderMap, body: &Bytes) -> Response {
    let wrong = match house.before(Route::Events, headers, Some(property)).await {
        Ok(wrong) => wrong,
        Err(response) => return response,
    };
    let bytes = plain(house, headers, body);
    let request: EventsRequest = serde_json::from_slice(&bytes).expect("a batch");
    assert_eq!(headers["x-idempotency-key"], request.batch_id.as_str());
    let (store_id, epoch, most, most_bytes) =
        house.with(|s| (s.store_id.clone(), s.epoch.clone(), s.max_events as usize, s.max_bytes));
    if request.store_id != store_id {
        return house.note(Route::Events, refuse(409, codes::WRONG_STORE));
    }
    if request.epoch != epoch {
        return house.note(Route::Events, refuse(409, codes::WRONG_EPOCH));
    }
    let sealed: Vec<SealedEvent> =
        request.events.iter().map(|raw| SealedEvent::from_bytes(raw.get()).expect("an event")).collect();
    house.with(|store| store.batches.push(sealed.len()));
    let too_many = matches!(wrong, Some(Wrong::TooMany(most)) if sealed.len() > most);
    if sealed.len() > most || bytes.len() as u64 > most_bytes || too_many {
        return house.note(Route::Events, refuse(413, codes::TOO_LARGE));
    }
    if sealed.iter().any(|sealed| sealed.event.args["poison"] == Value::Bool(true)) {
        return house.note(Route::Events, refuse(500, codes::STORAGE));
    }
    let answer = house.with(|store| EventsResponse {
        batch_id: request.batch_id,
        store_id,
        epoch,
        results: sealed.iter().map(|sealed| store.take(sealed)).collect(),
        head_seq: store.seq,
        server_time: "2016-03-25T10:00:00.000Z".into(),
        audit_closed: house.closed(store, request.install_id.as_str()),
        head: Some(store.head()),
    });
    house.answer(Route::Events, wrong.as_ref(), &answer)
}

async fn enroll_code(State(house): App, Path(code): Path<String>) -> Response {
    if let Some(Wrong::Raw(status, _, body)) = house.wrong(Route::Enroll) {
        let status = StatusCode::from_u16(status).expect("a status");
        return house.note(Route::Enroll, (status, [(header::CONTENT_TYPE, "text/html")], body).into_response());
    }
    if code != "ABCD1234" {
        return house.note(Route::Enroll, refuse(404, codes::ENROLL_CODE_UNKNOWN));
    }
    house.answer(Route::Enroll, None, &json!({"property_name": "The House of Counters"}))
}

async fn enroll(State(house): App, body: Bytes) -> Response {
    let asked: Enroll = serde_json::from_slice(&body).expect("an enrolment");
    if asked.code != "ABCD1234" {
        return house.note(Route::Enroll, refuse(404, codes::ENROLL_CODE_UNKNOWN));
    }
    let answer = json!({
        "token": TOKEN, "property_id": PROPERTY, "property_name": "The House of Counters", "store_id": STORE
    });
    house.answer(Route::Enroll, None, &answer)
}
