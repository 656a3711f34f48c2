//! A hotel on the real service, and real desks that record in it and send to it.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;
use turndown_desk::{Desk, migrations};
use turndown_domain::{
    Action, Context, InspectionPolicy, Property, PropertyBook, Role, Room, Staff, StaffId, Task, TaskId, TaskKind,
    Unit, WORKFLOW, decide,
};
use turndown_offline::{Draft, EngineError, Hands, Intent, OpenConfig, RecordError, SystemEnvironment};
use turndown_protocol::{ActorId, EntityRef, EntityRow, EventId, Fields, Reference};
use turndown_service::env::SystemEnvironment as ServiceEnvironment;
use turndown_service::store::Import;
use turndown_service::store::sqlite::{self, Admin, Files};
use turndown_service::{Config, Running};
use turndown_sync::{Sync, SyncConfig};

const PROPERTY: &str = "grand";
const DAY: &str = "2016-03-25";
/// What desk and service do to an unthinkable wait: it ends the benchmark, and measures nothing.
const DEADLINE: Duration = Duration::from_secs(300);
/// Actions that are recorded in one unit of work where only the backlog matters, not how it came about.
const ACTIONS_A_UNIT: usize = 500;

/// A room's name.
pub fn room_name(index: usize) -> String {
    format!("{}", 101 + index)
}

fn task_of(room: &str) -> TaskId {
    TaskId(format!("t-{room}"))
}

/// A hotel: each room with a stayover clean and fresh linen.
pub fn hotel(rooms: usize) -> (PropertyBook, Vec<(EntityRef, Fields)>) {
    hotel_named(PROPERTY, rooms)
}

/// The same under another name.
pub fn hotel_named(property: &str, rooms: usize) -> (PropertyBook, Vec<(EntityRef, Fields)>) {
    let person = |id: &str, role| Staff { id: StaffId(id.into()), name: id.to_uppercase(), role, section: None };
    let property = Property {
        id: property.into(),
        name: "Grand Hotel".into(),
        time_zone: "Europe/Lisbon".into(),
        service_day: DAY.into(),
        inspection: InspectionPolicy::Departures,
        sample: false,
    };
    let staff = vec![person("lea", Role::Lead), person("ana", Role::Attendant)];
    let entities = (0..rooms).map(|index| {
        let number = room_name(index);
        let room = Room { number: number.clone(), floor: "1".into(), turn: 7, ..Room::default() };
        let task = |kind| Task {
            kind,
            credits: 3,
            turn: 7,
            service_day: DAY.into(),
            assignee: Some(StaffId("ana".into())),
            ..Task::default()
        };
        let tasks =
            [(task_of(&number), task(TaskKind::Stayover)), (TaskId(format!("l-{number}")), task(TaskKind::Linen))];
        (EntityRef::new("room", number), Unit { room, tasks: tasks.into() }.to_fields())
    });
    (PropertyBook { property, staff, bookings: vec![] }, entities.collect())
}

/// The n-th action of a day in which these rooms take turns: each is begun, paused, gone on with, and written about.
pub fn action(rooms: &Range<usize>, n: usize) -> (String, Action) {
    let (room, round) = (room_name(rooms.start + n % rooms.len()), n / rooms.len());
    let task = task_of(&room);
    let action = match round % 3 {
        _ if round == 0 => Action::Start { task },
        0 => Action::Note { text: Some(format!("Round {round}: extra towels, second bed made up")) },
        1 => Action::Pause { task },
        _ => Action::Resume { task },
    };
    (room, action)
}

/// A new name for an event.
pub fn event_id() -> EventId {
    EventId::generate(1_458_900_000_000, fastrand::u128(..))
}

/// Who does everything here.
pub fn actor() -> ActorId {
    ActorId::parse("lea").expect("an id")
}

/// Opens a desk in a folder of its own.
pub fn open_desk(folder: PathBuf, hands: Hands, second_copy: bool) -> Desk {
    let config = OpenConfig { hands, second_copy, ..OpenConfig::new(folder, migrations()) };
    Desk::open_with(&config, Arc::new(SystemEnvironment)).expect("the desk opens").0
}

/// Gives a desk the hotel without a service.
pub fn move_in_alone(desk: &Desk, rooms: usize) {
    let (book, entities) = hotel(rooms);
    move_in_with(desk, &book, entities);
}

/// The same with a book of one's own.
pub fn move_in_with(desk: &Desk, book: &PropertyBook, entities: Vec<(EntityRef, Fields)>) {
    let rows = entities.into_iter().zip(1..).map(|((entity, fields), version)| EntityRow {
        entity,
        version,
        deleted: false,
        fields,
        provenance: Default::default(),
        contested: None,
    });
    let reference = Reference { version: 1, document: serde_json::to_value(book).expect("plain data") };
    desk.engine().take_snapshot(reference, rows.collect(), "c", 1_000_000, |_| {}).expect("it is taken");
}

/// Records many actions, from the n-th on: as [`Desk::act`] does, but many in one unit of work.
pub fn record_many(desk: &Desk, rooms: &Range<usize>, from: usize, count: usize) {
    let book = desk.book().expect("it is read").expect("the hotel is loaded");
    let all: Vec<usize> = (from..from + count).collect();
    for some in all.chunks(ACTIONS_A_UNIT) {
        let (some, book, rooms) = (some.to_vec(), Arc::clone(&book), rooms.clone());
        let recorded: Result<(), EngineError> = desk.engine().write(move |work| {
            for n in some {
                let (room, action) = action(&rooms, n);
                let book = Arc::clone(&book);
                let entity = EntityRef::new("room", room);
                let intent = Intent {
                    event_id: event_id(),
                    actor: actor(),
                    entity,
                    decide: Box::new(move |work, seen| {
                        let fields = seen.ok_or(RecordError::Refused("there is no such room"))?;
                        let context =
                            Context { now: work.now(), service_day: DAY, actor: &actor(), book: &book, undo_of: None };
                        let decision = decide(&fields, &action, &context)
                            .map_err(|_| RecordError::Refused("the hotel's rules refuse it"))?;
                        Ok(Draft {
                            workflow: WORKFLOW.into(),
                            turn: Some(7),
                            service_day: Some(DAY.into()),
                            action: action.name().into(),
                            args: action.args(),
                            changes: decision.changes,
                            relies_on: decision.relies_on,
                            ..Draft::default()
                        })
                    }),
                };
                work.record(intent).expect("it is recorded");
            }
            Ok(())
        });
        recorded.expect("it is recorded");
    }
}

/// The property service with one hotel, serving on loopback.
pub struct House {
    folder: PathBuf,
    /// Its own threads, as if it were a process of its own.
    runtime: Runtime,
    running: Option<Running>,
    /// Where it listens.
    pub url: String,
    pub token: String,
    store_id: String,
}

impl House {
    /// Makes the hotel and starts its service.
    pub fn open(folder: &Path, rooms: usize) -> Self {
        std::fs::create_dir_all(folder).expect("a folder");
        let files = Files::new(folder.join("service.db"));
        let opened = sqlite::open(&files, &ServiceEnvironment, false).expect("the store opens");
        let store_id = opened.identity.store_id.clone();
        let (book, entities) = hotel(rooms);
        let mut admin = Admin::alone(files.clone(), opened.conn);
        admin.import(&ServiceEnvironment, &Import { book, entities }, false).expect("it is imported");
        let (token, _) = admin.make_token(&ServiceEnvironment, Some(PROPERTY), "Desk", None).expect("a token");
        drop((admin, opened.lock));
        let runtime = Runtime::new().expect("threads");
        let config = Config::new(files.db, "127.0.0.1:0");
        let running =
            runtime.block_on(turndown_service::start(config, Arc::new(ServiceEnvironment))).expect("it starts");
        let url = running.url();
        Self { folder: folder.to_owned(), runtime, running: Some(running), url, token, store_id }
    }

    /// How a desk reaches it, at its own address or through something between.
    pub fn link(&self, address: &str) -> SyncConfig {
        SyncConfig {
            address: address.to_owned(),
            token: self.token.clone().into(),
            property_id: PROPERTY.to_owned(),
            store_id: self.store_id.clone(),
        }
    }

    /// A desk that has loaded the hotel and is not connected.
    pub async fn desk(&self, name: &str) -> Desk {
        let desk = open_desk(self.folder.join(name), Hands::Own, true);
        let link = Sync::start(desk.engine().clone(), self.link(&self.url));
        wait(&link, || desk.engine().fact("cursor").expect("it is read").is_some()).await;
        link.stop().await;
        desk
    }

    /// Looks through both audit chains of a service that is stopped. Answers how many entries of desks it holds, and how
    /// long that took.
    pub fn verify(folder: &Path) -> (u64, Duration) {
        let admin = Admin::beside(Files::new(folder.join("service.db"))).expect("the store is there");
        let began = Instant::now();
        let report = admin.verify_audit().expect("it is read");
        let took = began.elapsed();
        assert_eq!(report.fault, None, "the service's record is whole");
        (report.links, took)
    }

    /// Stops the service and looks through both of its audit chains. Answers how many entries of desks it holds.
    pub fn close(mut self) -> u64 {
        if let Some(running) = self.running.take() {
            self.runtime.block_on(running.stop());
        }
        Self::verify(&self.folder).0
    }
}

/// Waits until something is so, looking whenever the link says something.
pub async fn wait(link: &Sync, mut so: impl FnMut() -> bool) {
    let mut status = link.status();
    let until = Instant::now() + DEADLINE;
    while !so() {
        assert!(Instant::now() < until, "not within {DEADLINE:?}: {:?}", *status.borrow());
        // Not every change is told at once; a look in between costs next to nothing.
        let _ = tokio::time::timeout(Duration::from_millis(5), status.changed()).await;
    }
}

/// Sends everything that waits, and answers how long that took.
pub async fn flush(desk: &Desk, config: SyncConfig) -> Duration {
    let began = Instant::now();
    let link = Sync::start(desk.engine().clone(), config);
    wait(&link, || {
        let ledger = desk.engine().ledger().expect("it is read");
        assert!(ledger.is_balanced(), "{ledger:?}");
        ledger.waiting == 0
    })
    .await;
    let took = began.elapsed();
    let ledger = desk.engine().ledger().expect("it is read");
    assert_eq!((ledger.attention, ledger.discarded), (0, 0), "all of it was taken");
    link.stop().await;
    took
}
