//! Crash campaigns on the desk alone: every command cut at every change it makes to the disk, in every way a power cut
//! can leave it; and cut after cut at random, for as long as one likes.
//!
//! After each: the desk opens, what it called saved is there, what it did not is whole or absent, the chain and the
//! ledger are right, and the rows shown are the service's rows with the open events applied.

use crate::disk::{Aim, CrashModel, DiskImage, Fault, IoKinds, SimDisk};
use crate::world::{DeskMachine, Hotel, Machine};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use fastrand::Rng;
use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use turndown_desk::{ActError, Desk, DeskAction, migrations};
use turndown_domain::{
    Action, Cleanliness, InspectionResult, Occupancy, Priority, Sellability, SellabilityKind, ServiceFlag, StaffId,
    TaskId, TaskKind, Verdict,
};
use turndown_offline::{
    Carrier, CarryFile, CarryHotel, Disk, EngineError, Hands, LOG_PAGES, OpenConfig, OutboxState, Pick, RecordError,
    Settlement, Sql, StartReport, SystemEnvironment,
};
use turndown_protocol::{
    ActorId, EntityRef, EntityRow, EventId, EventResult, Fields, Outcome, Problem, Reference, SealedEvent, Theirs,
    ZERO_HASH,
};

const DAY: &str = "2016-03-25";

/// The rooms of the scene, each in a state that some command needs.
const READY: &str = "101";
const IN_PROGRESS: &str = "102";
const PAUSED: &str = "103";
const COMPLETED: &str = "104";
const CONTESTED: &str = "105";
const FAILED: &str = "106";
const PLAIN: &str = "107";

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_458_892_800, 0).unwrap_or_default()
}

fn id(name: &str) -> EventId {
    // Names of the campaign's own, all of letters and digits.
    EventId::parse(name).unwrap_or_else(|_| EventId::generate(0, 0))
}

fn lead() -> ActorId {
    ActorId::parse("lead-1").unwrap_or_else(|_| ActorId::generate(0, 0))
}

fn inspector() -> ActorId {
    ActorId::parse("inspector-1").unwrap_or_else(|_| ActorId::generate(0, 0))
}

/// Pages of a log that few actions fill.
const SHORT_LOG: u32 = 8;

/// How long the log becomes: with an odd seed it is written into the database after nearly every action.
fn log_of(seed: u64) -> u32 {
    if seed % 2 == 1 { SHORT_LOG } else { LOG_PAGES }
}

/// Opens the desk on a disk.
///
/// # Errors
/// Why it does not open.
fn open(disk: &SimDisk, seed: u64) -> Result<(Desk, StartReport), String> {
    open_with(disk, seed, LOG_PAGES)
}

fn open_with(disk: &SimDisk, seed: u64, log_pages: u32) -> Result<(Desk, StartReport), String> {
    let config = OpenConfig {
        folder: disk.root().join("desk"),
        migrations: migrations(),
        disk: Arc::new(disk.clone()) as Arc<dyn Disk>,
        hands: Hands::Callers,
        second_copy: true,
        log_pages,
    };
    let machine = Arc::new(DeskMachine(Machine::still(now(), seed)));
    Desk::open_with(&config, machine).map_err(|error| format!("{error:?}"))
}

fn task(room: &str) -> TaskId {
    TaskId(format!("t{room}"))
}

fn result(event: &EventId, outcome: Outcome) -> EventResult {
    EventResult { event_id: event.clone(), outcome, original: None, seq: None, row: None, theirs: None, problem: None }
}

/// A desk in the middle of its day, as an image of its disk.
pub struct Scene {
    image: DiskImage,
    /// What was called saved when the image was made.
    saved: Vec<EventId>,
    rows: BTreeMap<String, EntityRow>,
    reference: Reference,
    /// What another desk of the house has exported.
    exported: Vec<u8>,
    /// How long the desk's log becomes.
    log_pages: u32,
}

type Do = fn(&Desk, &Scene) -> Result<Option<EventId>, ActError>;
type Deed = (&'static str, Do);

fn act(desk: &Desk, room: &str, action: Action) -> Result<Option<EventId>, ActError> {
    let event = id("cut");
    desk.act(event.clone(), lead(), room, action).map(|_| Some(event))
}

fn acknowledge_all(desk: &Desk) -> Result<(), ActError> {
    let items = desk.engine().next_to_send(50, usize::MAX, &std::collections::BTreeSet::new())?;
    let results = items
        .iter()
        .zip(100..)
        .map(|(item, seq)| EventResult { seq: Some(seq), ..result(&item.event_id, Outcome::Applied) });
    desk.engine().take_results("store", "epoch", None, results.collect())?;
    Ok(())
}

/// What a desk can be told to do. Those that record something answer with its id.
const COMMANDS: &[Deed] = &[
    ("start", |desk, _| act(desk, READY, Action::Start { task: task(READY) })),
    ("pause", |desk, _| act(desk, IN_PROGRESS, Action::Pause { task: task(IN_PROGRESS) })),
    ("resume", |desk, _| act(desk, PAUSED, Action::Resume { task: task(PAUSED) })),
    ("complete", |desk, _| act(desk, IN_PROGRESS, Action::Complete { task: task(IN_PROGRESS) })),
    ("reassign", |desk, _| {
        act(desk, READY, Action::Reassign { task: task(READY), to: Some(StaffId("attendant-2".into())) })
    }),
    ("inspect", |desk, _| {
        let verdict = Verdict { result: InspectionResult::Fail, reason: Some("hair in the basin".into()) };
        act(desk, COMPLETED, Action::Inspect { task: task(COMPLETED), verdict })
    }),
    ("add_task", |desk, _| {
        let action = Action::AddTask {
            task: TaskId("extra".into()),
            kind: TaskKind::Linen,
            credits: 5,
            priority: Priority::High,
            assignee: None,
            note: Some("two sets".into()),
        };
        act(desk, PLAIN, action)
    }),
    ("cancel_task", |desk, _| act(desk, READY, Action::CancelTask { task: task(READY), reason: "guest stays".into() })),
    ("set_priority", |desk, _| {
        act(desk, READY, Action::SetPriority { task: task(READY), priority: Priority::Urgent, rush: true })
    }),
    ("set_room_status", |desk, _| act(desk, PLAIN, Action::SetRoomStatus { cleanliness: Cleanliness::Pickup })),
    ("see_occupancy", |desk, _| act(desk, PLAIN, Action::SeeOccupancy { occupancy: Occupancy::Occupied })),
    ("set_flag", |desk, _| act(desk, PLAIN, Action::SetFlag { flag: ServiceFlag::DoubleLock, on: true })),
    ("note", |desk, _| act(desk, PLAIN, Action::Note { text: Some("lamp broken".into()) })),
    ("set_sellability", |desk, _| {
        let sellability = Sellability {
            kind: SellabilityKind::OutOfOrder,
            deducts_inventory: true,
            assignable: false,
            reason: Some("pipe".into()),
        };
        act(desk, PLAIN, Action::SetSellability { sellability })
    }),
    ("undo", |desk, scene| {
        let last = scene.saved.last().map(ToString::to_string).unwrap_or_default();
        act(desk, PLAIN, Action::Undo { event: last })
    }),
    ("sign_in", |desk, _| {
        desk.note_desk(id("cut"), lead(), DeskAction::SignIn, serde_json::json!({})).map(|_| Some(id("cut")))
    }),
    ("begin_day", |desk, _| {
        let next = DAY.parse::<NaiveDate>().unwrap_or_default() + TimeDelta::days(1);
        desk.begin_day(next)?;
        // It was called begun: what it recorded last has to be there.
        let newest = desk.engine().read(|mut connection| {
            connection.first("SELECT event_id FROM audit_local ORDER BY local_seq DESC LIMIT 1", [], |row| {
                row.get::<_, String>(0)
            })
        })?;
        Ok(newest.and_then(|newest| EventId::parse(newest).ok()))
    }),
    ("begin_emergency", |desk, _| {
        let long_ago = turndown_offline::rfc3339(now() - TimeDelta::hours(30));
        desk.engine().set_facts(vec![(turndown_offline::KNOWN_AT, Some(long_ago))])?;
        let manager = ActorId::parse("manager-1").unwrap_or_else(|_| lead());
        desk.begin_emergency(id("cut"), manager, "the line is cut").map(|_| Some(id("cut")))
    }),
    ("resolve", |desk, _| {
        let Some(conflict) = desk.engine().conflict(&EntityRef::new("room", CONTESTED))? else { return Ok(None) };
        let settlement = Settlement {
            event_id: id("cut"),
            actor: lead(),
            entity: conflict.entity.clone(),
            version: conflict.theirs.version,
            settles: conflict.events.iter().map(|sealed| sealed.event.event_id.clone()).collect(),
            picks: conflict.contested.iter().map(|path| (path.clone(), Pick::Mine)).collect(),
            draft: turndown_offline::Draft::default(),
        };
        desk.resolve(settlement).map(|_| Some(id("cut")))
    }),
    ("retry", |desk, _| desk.retry(&id("failed"), id("cut"), inspector()).map(|()| Some(id("cut")))),
    ("discard", |desk, _| desk.discard(&id("failed"), id("cut"), lead(), "not needed").map(|_| Some(id("cut")))),
    ("take_acknowledgements", |desk, _| acknowledge_all(desk).map(|()| None)),
    ("discard_acknowledged", |desk, _| {
        desk.discard(&id("failed"), id("cut"), lead(), "not needed")?;
        // Whatever becomes of the answers, the action was called saved.
        let _ = acknowledge_all(desk);
        Ok(Some(id("cut")))
    }),
    ("take_conflict", |desk, scene| {
        let items = desk.engine().next_to_send(50, usize::MAX, &std::collections::BTreeSet::new())?;
        let Some(item) = items.first() else { return Ok(None) };
        let mut row = scene.rows[&item.entity.id].clone();
        row.version += 50;
        row.fields.set(format!("task/{}/assignee", task(&item.entity.id).0), serde_json::json!("attendant-3"));
        let theirs =
            Theirs { row, paths: vec![format!("task/{}/assignee", task(&item.entity.id).0)], class: "fields".into() };
        let answer = EventResult { theirs: Some(theirs), ..result(&item.event_id, Outcome::Conflict) };
        desk.engine().take_results("store", "epoch", None, vec![answer])?;
        Ok(None)
    }),
    ("take_rejection", |desk, _| {
        let items = desk.engine().next_to_send(50, usize::MAX, &std::collections::BTreeSet::new())?;
        let Some(item) = items.first() else { return Ok(None) };
        let problem = Problem::new(422, "STAFF_UNKNOWN", "That person is not on the list.");
        let answer = EventResult { problem: Some(problem), ..result(&item.event_id, Outcome::Rejected) };
        desk.engine().take_results("store", "epoch", None, vec![answer])?;
        Ok(None)
    }),
    ("take_page", |desk, scene| {
        let rows = scene.rows.values().cloned().map(|mut row| {
            row.version += 1_000;
            row.fields.set("room/note", serde_json::json!("from elsewhere"));
            row
        });
        desk.engine().take_rows(rows.collect(), Some(scene.reference.clone()), "c1000")?;
        Ok(None)
    }),
    ("take_snapshot", |desk, scene| {
        let rows = scene.rows.values().cloned().collect();
        desk.engine().take_snapshot(scene.reference.clone(), rows, "c2000", 2_000, |_| {})?;
        Ok(None)
    }),
    ("begin_epoch", |desk, _| {
        desk.engine().begin_epoch("store", "epoch-2")?;
        Ok(None)
    }),
    ("carry", |desk, scene| {
        let unfit = |refusal| EngineError::stored("file of the scene", refusal);
        let file = CarryFile::read(scene.exported.clone(), &carry_hotel()).map_err(unfit)?;
        let carried = desk.engine().carry(file, Carrier { event_id: id("cut"), actor: lead() });
        match carried {
            Ok(_) => Ok(Some(id("cut"))),
            Err(RecordError::Engine(error)) => Err(error.into()),
            Err(RecordError::Refused(refusal)) => Err(unfit(refusal).into()),
        }
    }),
];

fn carry_hotel() -> CarryHotel {
    CarryHotel { property_id: "hotel".into(), store_id: "store".into() }
}

/// What another desk of the house has waiting, as it exports it.
fn exported(rows: &BTreeMap<String, EntityRow>, reference: &Reference) -> Result<Vec<u8>, String> {
    let disk = SimDisk::new("maker", 2);
    let (desk, _) = open(&disk, 2)?;
    let fill = || -> Result<Vec<u8>, ActError> {
        desk.engine().take_snapshot(reference.clone(), rows.values().cloned().collect(), "c9", 9, |_| {})?;
        for (name, room) in [("made-1", READY), ("made-2", PLAIN), ("made-3", READY)] {
            desk.act(id(name), lead(), room, Action::Note { text: Some(name.into()) })?;
        }
        let mut file = vec![];
        let written = desk.engine().write_waiting(carry_hotel(), "Hotel".into(), "Lea".into(), &mut file)?;
        written.map_err(|error| EngineError::stored("file of the scene", error))?;
        Ok(file)
    };
    fill().map_err(|error| format!("{error:?}"))
}

/// The hotel of the scene: its rooms as the service has them, and its reference document.
fn house(seed: u64) -> Result<(BTreeMap<String, EntityRow>, Reference), String> {
    let mut rng = Rng::with_seed(seed);
    let day: NaiveDate = DAY.parse().map_err(|_| "no day")?;
    let mut hotel = Hotel::make(&mut rng, 8, day, 3);
    hotel.book.property.service_day = DAY.into();
    let mut rows = BTreeMap::new();
    for (version, (id, unit)) in (1..).zip(&hotel.rooms) {
        let mut unit = unit.clone();
        unit.room.cleanliness = Cleanliness::Dirty;
        unit.room.turn = 1;
        unit.tasks.insert(
            task(&id.0),
            turndown_domain::Task {
                credits: 30,
                turn: 1,
                service_day: DAY.into(),
                assignee: Some(StaffId("attendant-1".into())),
                ..turndown_domain::Task::default()
            },
        );
        let row = EntityRow {
            entity: EntityRef::new("room", id.0.clone()),
            version,
            deleted: false,
            fields: unit.to_fields(),
            provenance: BTreeMap::new(),
            contested: None,
        };
        rows.insert(id.0.clone(), row);
    }
    let document = serde_json::to_value(&hotel.book).map_err(|error| error.to_string())?;
    Ok((rows, Reference { version: 9, document }))
}

impl Scene {
    /// Makes the scene.
    ///
    /// # Errors
    /// When it cannot be made, which is a fault of the campaign.
    pub fn make(seed: u64) -> Result<Self, String> {
        let (rows, reference) = house(seed)?;
        let disk = SimDisk::new(&format!("scene-{seed}"), seed);
        let exported = exported(&rows, &reference)?;
        let mut scene = Self { image: disk.image(), saved: vec![], rows, reference, exported, log_pages: LOG_PAGES };
        let (desk, _) = open(&disk, seed)?;
        scene.fill(&desk).map_err(|error| format!("{error:?}"))?;
        desk.engine().close();
        drop(desk);
        disk.settle();
        scene.image = disk.image();
        Ok(scene)
    }

    fn fill(&mut self, desk: &Desk) -> Result<(), ActError> {
        let engine = desk.engine();
        engine.take_snapshot(self.reference.clone(), self.rows.values().cloned().collect(), "c9", 9, |_| {})?;
        let mut record = |name: &str, room: &str, action: Action| -> Result<EventId, ActError> {
            let event = id(name);
            desk.act(event.clone(), lead(), room, action)?;
            self.saved.push(event.clone());
            Ok(event)
        };
        let done = record("done", COMPLETED, Action::Start { task: task(COMPLETED) })?;
        engine.take_results(
            "store",
            "epoch",
            None,
            vec![EventResult { seq: Some(20), ..result(&done, Outcome::Applied) }],
        )?;
        record("completed", COMPLETED, Action::Complete { task: task(COMPLETED) })?;
        record("progress", IN_PROGRESS, Action::Start { task: task(IN_PROGRESS) })?;
        record("paused-1", PAUSED, Action::Start { task: task(PAUSED) })?;
        record("paused-2", PAUSED, Action::Pause { task: task(PAUSED) })?;
        let contested = record("contested", CONTESTED, Action::Start { task: task(CONTESTED) })?;
        let failed = record("failed", FAILED, Action::Start { task: task(FAILED) })?;
        record("behind", FAILED, Action::Complete { task: task(FAILED) })?;
        let path = format!("task/{}/assignee", task(CONTESTED).0);
        let mut row = self.rows[CONTESTED].clone();
        row.version = 30;
        row.fields.set(path.clone(), serde_json::json!("attendant-3"));
        let theirs = Theirs { row, paths: vec![path], class: "fields".into() };
        engine.take_results(
            "store",
            "epoch",
            None,
            vec![
                EventResult { theirs: Some(theirs), ..result(&contested, Outcome::Conflict) },
                result(&failed, Outcome::Rejected),
            ],
        )?;
        let mut record = |name: &str, room: &str, action: Action| -> Result<(), ActError> {
            let event = id(name);
            desk.act(event.clone(), lead(), room, action)?;
            self.saved.push(event);
            Ok(())
        };
        record("noted", PLAIN, Action::Note { text: Some("pet in room".into()) })
    }
}

/// What a campaign came to.
#[derive(Debug, Default, Clone, serde::Serialize, serde::Deserialize)]
pub struct Cuts {
    /// Power cuts.
    pub cuts: u64,
    /// Commands that were cut at every change to the disk, each with every seed.
    pub commands: u64,
    /// Places at which they were cut, over all commands; each seed has the same.
    pub points: u64,
    /// Actions called saved.
    pub saved: u64,
    /// Of those, gone afterwards.
    pub lost: u64,
    /// Actions there in part.
    pub half: u64,
    /// Chains, ledgers or pictures that were wrong, and desks that did not open.
    pub broken: u64,
    /// Cuts, by crash model.
    pub models: BTreeMap<String, u64>,
    /// What went wrong.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<String>,
}

impl Cuts {
    /// Whether everything held.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.lost + self.half + self.broken == 0 && self.failures.is_empty()
    }

    /// Adds another.
    pub fn add(&mut self, other: Self) {
        self.cuts += other.cuts;
        self.commands = self.commands.max(other.commands);
        self.points = self.points.max(other.points);
        self.saved += other.saved;
        self.lost += other.lost;
        self.half += other.half;
        self.broken += other.broken;
        for (model, cuts) in other.models {
            *self.models.entry(model).or_default() += cuts;
        }
        self.failures.extend(other.failures);
    }

    fn judge(&mut self, what: &str, account: Result<Account, String>) {
        match account {
            Err(error) => {
                self.broken += 1;
                self.failures.push(format!("{what}: {error}"));
            }
            Ok(Account { lost, half, wrong }) => {
                self.lost += lost.len() as u64;
                self.half += half.len() as u64;
                self.broken += wrong.len() as u64;
                for fault in lost.into_iter().chain(half).chain(wrong) {
                    self.failures.push(format!("{what}: {fault}"));
                }
            }
        }
    }

    /// An honest disk never leaves a damaged database, nor one that is behind its second copy: WAL and FULL promise that.
    fn judge_start(&mut self, what: &str, report: &StartReport) {
        if let Some(repair) = &report.repair {
            self.broken += 1;
            let damaged = if repair.set_aside.is_some() { "damaged" } else { "behind its second copy" };
            self.failures.push(format!("{what}: the database was found {damaged}"));
        }
    }

    fn cut(&mut self, model: CrashModel) {
        self.cuts += 1;
        *self.models.entry(model.name().to_owned()).or_default() += 1;
    }
}

/// Every command, cut before each change that it makes to the disk, in every model.
///
/// # Errors
/// When the scene cannot be made, which is a fault of the campaign.
pub fn every_point(seed: u64) -> Result<Cuts, String> {
    let mut cuts = Cuts { commands: COMMANDS.len() as u64 + 2, ..Cuts::default() };
    let scene = Scene { log_pages: log_of(seed), ..Scene::make(1)? };
    let mut rng = Rng::with_seed(seed);
    for deed in COMMANDS {
        cuts.points += every_point_of(&scene, deed, seed, &mut rng, &mut cuts)?;
    }
    // Opening and closing are cut as well.
    let all = points_of_opening(&scene)?;
    cuts.points += all;
    for point in 1..=all + 1 {
        for model in CrashModel::ALL {
            let what = format!("open and close cut at {point} of {all} ({model:?}, seed {seed})");
            one(&scene, None, point, model, &mut rng, &what, &mut cuts);
        }
    }
    Ok(cuts)
}

/// One command alone, cut before each change that it makes to the disk, in every model.
///
/// # Errors
/// When there is no such command or the scene cannot be made, which is a fault of the campaign.
pub fn one_command(name: &str, seed: u64) -> Result<Cuts, String> {
    let deed =
        COMMANDS.iter().find(|(known, _)| *known == name).ok_or_else(|| format!("there is no command {name}"))?;
    let mut cuts = Cuts { commands: 1, ..Cuts::default() };
    let scene = Scene { log_pages: log_of(seed), ..Scene::make(1)? };
    cuts.points = every_point_of(&scene, deed, seed, &mut Rng::with_seed(seed), &mut cuts)?;
    Ok(cuts)
}

fn every_point_of(
    scene: &Scene,
    (name, command): &Deed,
    seed: u64,
    rng: &mut Rng,
    cuts: &mut Cuts,
) -> Result<u64, String> {
    let all = points_of(scene, *command)?;
    // One beyond the last: the command is done, somebody was told, and then the power goes.
    for point in 1..=all + 1 {
        for model in CrashModel::ALL {
            let what = format!("{name} cut at {point} of {all} ({model:?}, seed {seed})");
            one(scene, Some(*command), point, model, rng, &what, cuts);
        }
    }
    for fault in [Fault::EioWrite, Fault::EioFsync, Fault::FsyncLosesPages, Fault::Enospc] {
        for model in [CrashModel::KeepAll, CrashModel::DropAll] {
            let what = |point| format!("{name} with {fault:?} at {point} ({model:?}, seed {seed})");
            // Each operation that the fault can hit, until there is none left.
            let _ = (1..).find(|point| !failing(scene, *command, *point, fault, model, rng, &what(*point), cuts));
        }
    }
    Ok(all)
}

/// A command on a disk that fails once; then the power goes. What it called saved is there, and what it called not saved
/// is not. Answers whether the fault hit anything.
#[expect(clippy::too_many_arguments, reason = "what fails where, and who hears of it")]
fn failing(
    scene: &Scene,
    command: Do,
    point: u64,
    fault: Fault,
    model: CrashModel,
    rng: &mut Rng,
    what: &str,
    cuts: &mut Cuts,
) -> bool {
    let seed = rng.u64(..);
    let disk = stage(scene, seed);
    let Ok((desk, _)) = open_with(&disk, seed, scene.log_pages) else { return false };
    disk.arm(Aim::any(fault).of(IoKinds::CHANGES), point);
    let done = command(&desk, scene);
    let hit = !disk.take_counts().is_empty();
    disk.disarm();
    disk.power_cut(model, rng);
    drop(desk);
    disk.power_on();
    cuts.cut(model);
    let refused = matches!(&done, Err(ActError::Engine(error)) if !matches!(error, EngineError::Unsure(_)));
    let told = done.ok().flatten();
    cuts.saved += u64::from(told.is_some());
    match open(&disk, seed) {
        Err(error) => {
            cuts.broken += 1;
            cuts.failures.push(format!("{what}: it does not open: {error}"));
        }
        Ok((desk, _)) => {
            let saved: Vec<EventId> = scene.saved.iter().cloned().chain(told).collect();
            // A disk that lied may have put the database behind its second copy; a start takes up both.
            let back = carried_is_back(&desk);
            if !matches!(back, Ok(true)) {
                cuts.lost += 1;
                cuts.failures.push(format!("{what}: what a carried file brought is gone: {back:?}"));
            }
            cuts.judge(what, faults(&desk, &saved));
            if refused && !matches!(desk.engine().row(&id("cut")), Ok(None)) {
                cuts.broken += 1;
                cuts.failures.push(format!("{what}: it was said not to be saved, and is there"));
            }
        }
    }
    hit
}

fn stage(scene: &Scene, seed: u64) -> SimDisk {
    let disk = SimDisk::new("crash", seed);
    disk.restore_image(&scene.image);
    let _ = disk.take_counts();
    disk
}

/// How many changes to the disk a start and the end after it make.
fn points_of_opening(scene: &Scene) -> Result<u64, String> {
    let disk = stage(scene, 7);
    let before = disk.io_count_of(IoKinds::CHANGES);
    let (desk, _) = open_with(&disk, 7, scene.log_pages)?;
    desk.engine().close();
    Ok(disk.io_count_of(IoKinds::CHANGES) - before)
}

/// How many changes to the disk a command makes.
fn points_of(scene: &Scene, command: Do) -> Result<u64, String> {
    let disk = stage(scene, 7);
    let (desk, _) = open_with(&disk, 7, scene.log_pages)?;
    let before = disk.io_count_of(IoKinds::CHANGES);
    command(&desk, scene).map_err(|error| format!("a command of the scene fails by itself: {error:?}"))?;
    Ok(disk.io_count_of(IoKinds::CHANGES) - before)
}

fn one(scene: &Scene, command: Option<Do>, point: u64, model: CrashModel, rng: &mut Rng, what: &str, cuts: &mut Cuts) {
    let seed = rng.u64(..);
    let disk = stage(scene, seed);
    let aim = Aim::any(Fault::PowerOff).of(IoKinds::CHANGES);
    let mut told = None;
    if command.is_none() {
        disk.arm(aim, point);
    }
    match open_with(&disk, seed, scene.log_pages) {
        Ok((desk, _)) => {
            if let Some(command) = command {
                disk.arm(aim, point);
                let done = command(&desk, scene);
                // Nobody is told anything by a machine that has no power.
                told = done.ok().flatten().filter(|_| disk.is_on());
            } else {
                desk.engine().close();
            }
            disk.power_cut(model, rng);
        }
        Err(error) if disk.is_on() => {
            cuts.broken += 1;
            cuts.failures.push(format!("{what}: it did not open before: {error}"));
            return;
        }
        Err(_) => disk.power_cut(model, rng),
    }
    disk.disarm();
    disk.power_on();
    cuts.cut(model);
    let mut saved = scene.saved.clone();
    cuts.saved += u64::from(told.is_some());
    let left = told.is_some().then(|| disk.image());
    saved.extend(told);
    verify(&disk, seed, &saved, what, cuts);
    if let Some(left) = left {
        disk.restore_image(&left);
        verify_copy(&disk, seed, &saved, what, cuts);
    }
}

/// The same disk without its database: of the two files one is enough for whatever was called saved.
fn verify_copy(disk: &SimDisk, seed: u64, saved: &[EventId], what: &str, cuts: &mut Cuts) {
    let folder = disk.root().join("desk");
    for file in ["desk.db", "desk.db-wal", "desk.db-shm"] {
        disk.delete_file(&folder.join(file));
    }
    let found = open(disk, seed).map(|(desk, _)| {
        let missing = |event: &&EventId| !matches!(desk.engine().row(event), Ok(Some(_)));
        let mut gone: Vec<String> = saved.iter().filter(missing).map(ToString::to_string).collect();
        if !carried_is_back(&desk).unwrap_or(false) {
            gone.push("what a carried file brought".into());
        }
        desk.engine().close();
        gone
    });
    match found {
        Err(error) => {
            cuts.broken += 1;
            cuts.failures.push(format!("{what}: it does not open without its database: {error}"));
        }
        Ok(gone) => {
            cuts.lost += gone.len() as u64;
            for event in gone {
                cuts.failures.push(format!("{what}: {event} was called saved and is not in the second copy"));
            }
        }
    }
}

/// What was called carried comes back from the file that was kept.
fn carried_is_back(desk: &Desk) -> Result<bool, EngineError> {
    desk.engine().carry_again(&carry_hotel())?;
    desk.engine().read(|mut connection| {
        let back = connection.first(
            "SELECT (SELECT count(*) FROM carried) >= (SELECT coalesce(max(bytes ->> '$.args.events'), 0)
                FROM audit_local WHERE bytes ->> '$.action' = 'carried')",
            [],
            |row| row.get(0),
        )?;
        Ok(back.unwrap_or(false))
    })
}

/// Opens the desk and holds it against what it had called saved.
fn verify(disk: &SimDisk, seed: u64, saved: &[EventId], what: &str, cuts: &mut Cuts) -> Option<Desk> {
    let (desk, report) = match open(disk, seed) {
        Ok(opened) => opened,
        Err(error) => {
            cuts.broken += 1;
            cuts.failures.push(format!("{what}: it does not open: {error}"));
            return None;
        }
    };
    cuts.judge(what, faults(&desk, saved));
    cuts.judge_start(what, &report);
    Some(desk)
}

struct Account {
    lost: Vec<String>,
    half: Vec<String>,
    wrong: Vec<String>,
}

fn faults(desk: &Desk, saved: &[EventId]) -> Result<Account, String> {
    let mut account = Account { lost: vec![], half: vec![], wrong: vec![] };
    let said = |error: turndown_offline::EngineError| format!("{error:?}");
    let (audit, outbox, astray, sound, mirror, open, shown) = desk
        .engine()
        .read(|mut connection| {
            let audit = connection
                .all("SELECT bytes FROM audit_local ORDER BY local_seq", [], |row| row.get::<_, String>(0))?;
            let outbox =
                connection.all("SELECT local_seq, event_id, state FROM outbox ORDER BY local_seq", [], |row| {
                    Ok((row.get::<_, u64>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?))
                })?;
            // Done for good without a decision, waiting for what is done or of another room, or past a page (that of
            // `take_page`) whose rows are not there.
            let astray = connection.all(
                "SELECT event_id || ' is ' || state || ', and nobody decided that' FROM outbox o
                 WHERE state IN ('settled', 'discarded') AND NOT EXISTS
                    (SELECT 1 FROM audit_local a, json_each(a.bytes, '$.settles') s WHERE s.value = o.event_id)
                 UNION ALL
                 SELECT o.event_id || ' waits for ' || h.event_id || ', which is ' || h.state || ' in ' || h.entity_id
                 FROM outbox o JOIN outbox h ON h.event_id = o.held_by
                 WHERE o.state = 'held' AND (h.state IN ('synced', 'settled', 'discarded')
                    OR (o.entity_kind, o.entity_id) <> (h.entity_kind, h.entity_id))
                 UNION ALL
                 SELECT 'the cursor stands behind a page that is not there' FROM sync_state
                 WHERE key = 'cursor' AND value = 'c1000' AND EXISTS (SELECT 1 FROM mirror WHERE version < 1000)
                 UNION ALL
                 SELECT 'a carried file is here in part, or in secret' FROM (SELECT
                    (SELECT count(*) FROM carried) AS here,
                    (SELECT coalesce(sum(brought), 0) FROM carried_from) AS brought,
                    (SELECT coalesce(sum(bytes ->> '$.args.events'), 0) FROM audit_local
                     WHERE bytes ->> '$.action' = 'carried') AS noted)
                 WHERE here <> brought OR here > noted OR (here = 0) <> (noted = 0)",
                [],
                |row| row.get::<_, String>(0),
            )?;
            let sound = connection.all("PRAGMA integrity_check", [], |row| row.get::<_, String>(0))?;
            let mirror = connection.all("SELECT entity_id, row FROM mirror", [], |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
            })?;
            let open = connection.all(
                "SELECT a.bytes FROM outbox o JOIN audit_local a USING (local_seq)
                 WHERE o.state IN ('pending', 'failed', 'conflict', 'held') AND o.settled_by IS NULL
                    AND o.entity_kind = 'room' ORDER BY o.entity_id, o.lane_rank, o.local_seq",
                [],
                |row| row.get::<_, String>(0),
            )?;
            let shown = connection.all("SELECT id, room FROM rooms_local WHERE deleted = 0", [], |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
            })?;
            Ok((audit, outbox, astray, sound, mirror, open, shown))
        })
        .map_err(said)?;
    account.wrong.extend(astray);
    if sound != ["ok"] {
        account.wrong.push(format!("integrity: {sound:?}"));
    }
    let (mut before, mut expected) = (ZERO_HASH.to_owned(), 1);
    let (mut held, mut authors) = (BTreeMap::new(), BTreeMap::new());
    for bytes in audit {
        let sealed = SealedEvent::from_bytes(bytes).map_err(|error| error.to_string())?;
        if sealed.event.local_seq != expected || sealed.event.prev_hash != before {
            account.wrong.push(format!("the chain breaks at {expected}"));
        }
        (before, expected) = (sealed.hash.clone(), expected + 1);
        // What is tried again stays the work of who did it; a decision is of who decides.
        let tries = |other: &EventId| authors.get(other).is_some_and(|author| *author != sealed.event.actor_id);
        let decides = matches!(sealed.event.action.as_str(), "resolve" | "discard");
        if !decides && sealed.event.settles.iter().any(tries) {
            account.wrong.push(format!("{} has another author than what it tries again", sealed.event.event_id));
        }
        authors.insert(sealed.event.event_id.clone(), sealed.event.actor_id.clone());
        held.insert(sealed.event.local_seq, sealed.event.event_id.to_string());
    }
    let queued: BTreeMap<u64, String> = outbox.iter().map(|(seq, event, _)| (*seq, event.clone())).collect();
    if held != queued {
        account.half.push("the record and the outbox name different actions".into());
    }
    for (_, event, state) in &outbox {
        if OutboxState::parse(state).is_err() {
            account.wrong.push(format!("{event} is {state}"));
        }
    }
    for event in saved {
        if !held.values().any(|id| id == event.as_str()) {
            account.lost.push(format!("{event} was called saved and is gone"));
        }
    }
    let ledger = desk.engine().ledger().map_err(said)?;
    if !ledger.is_balanced() {
        account.wrong.push(format!("the ledger does not balance: {ledger:?}"));
    }
    // What is shown is the service's row with the open events applied: an action shows if and only if it is recorded.
    let mut expected: BTreeMap<String, Fields> = BTreeMap::new();
    for (room, row) in mirror {
        let row: EntityRow = serde_json::from_str(&row).map_err(|error| error.to_string())?;
        expected.insert(room, row.fields);
    }
    for bytes in open {
        let sealed = SealedEvent::from_bytes(bytes).map_err(|error| error.to_string())?;
        sealed.event.apply_to(expected.entry(sealed.event.entity.id.clone()).or_default());
    }
    for (room, members) in shown {
        let members: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(&members).map_err(|error| error.to_string())?;
        let wanted = expected.get(&room).cloned().unwrap_or_default();
        for (member, value) in members {
            if wanted.get(&format!("room/{member}")) != &value {
                account.half.push(format!("room {room} shows {member} as {value}"));
            }
        }
    }
    Ok(account)
}

/// Cut after cut on one desk, at random places of whatever it does, for some rounds.
///
/// # Errors
/// When the scene cannot be made, which is a fault of the campaign.
pub fn at_random(seed: u64, rounds: u64) -> Result<Cuts, String> {
    let scene = Scene::make(1)?;
    let mut rng = Rng::with_seed(seed);
    let mut cuts = Cuts::default();
    let disk = stage(&scene, seed);
    let mut saved = scene.saved.clone();
    let mut next = 0_u64;
    for round in 0..rounds {
        // With a short log: far enough that it begins anew before the cut.
        let (log_pages, far) = [(SHORT_LOG, 160), (LOG_PAGES, 40)][rng.usize(..2)];
        let (desk, report) = match open_with(&disk, rng.u64(..), log_pages) {
            Ok(opened) => opened,
            Err(error) => {
                cuts.broken += 1;
                cuts.failures.push(format!("seed {seed}, round {round}: it does not open: {error}"));
                return Ok(cuts);
            }
        };
        cuts.judge_start(&format!("seed {seed}, before round {round}"), &report);
        disk.arm(Aim::any(Fault::PowerOff).of(IoKinds::CHANGES), rng.u64(1..far));
        while disk.is_on() {
            next += 1;
            let event = id(&format!("s{seed}-{next}"));
            let room = format!("{}", 101 + rng.usize(..8));
            let text = format!("note {next}");
            let done = desk.act(event.clone(), lead(), &room, Action::Note { text: Some(text) });
            if done.is_ok() && disk.is_on() {
                saved.push(event);
                cuts.saved += 1;
            }
            if rng.u8(..6) == 0 {
                let _ = COMMANDS
                    .iter()
                    .find(|(name, _)| *name == "take_acknowledgements")
                    .map(|(_, command)| command(&desk, &scene));
            }
        }
        let model = CrashModel::any(&mut rng);
        disk.power_cut(model, &mut rng);
        disk.disarm();
        drop(desk);
        disk.power_on();
        cuts.cut(model);
        // The whole account every so often, and what was saved last each time.
        let what = format!("seed {seed}, round {round}");
        if round % 16 == 15 || round + 1 == rounds {
            let left = disk.image();
            verify_copy(&disk, seed, &saved, &what, &mut cuts);
            disk.restore_image(&left);
            if let Some(desk) = verify(&disk, seed, &saved, &what, &mut cuts) {
                desk.engine().close();
            }
            // A desk's database grows with what it records; a fresh one keeps the campaign quick.
            if saved.len() > 400 {
                disk.restore_image(&scene.image);
                saved.clone_from(&scene.saved);
            }
        } else if let (Some(last), Ok((desk, report))) = (saved.last(), open(&disk, seed)) {
            cuts.judge_start(&what, &report);
            if !matches!(desk.engine().row(last), Ok(Some(_))) {
                cuts.lost += 1;
                cuts.failures.push(format!("{what}: {last} was called saved and is gone"));
            }
            drop(desk);
        }
        if !cuts.failures.is_empty() {
            return Ok(cuts);
        }
    }
    Ok(cuts)
}

/// What a process that is to be killed does: it opens the desk in a real folder, and records as fast as it can, saying
/// the name of each action once it is called saved. It ends when nobody listens any more.
///
/// # Errors
/// Why it does not open or record.
pub fn be_a_victim(folder: &Path, from: u64) -> Result<(), String> {
    let (desk, _) = Desk::open(folder, Arc::new(SystemEnvironment)).map_err(|error| format!("{error:?}"))?;
    if desk.book().map_err(|error| format!("{error:?}"))?.is_none() {
        let (rows, reference) = house(1)?;
        let loaded = desk.engine().take_snapshot(reference, rows.into_values().collect(), "c9", 9, |_| {});
        loaded.map_err(|error| format!("{error:?}"))?;
    }
    let mut out = std::io::stdout();
    for n in from.. {
        let event = id(&format!("k{n}"));
        let room = format!("{}", 101 + n % 8);
        let action = Action::Note { text: Some(format!("note {n}")) };
        desk.act(event.clone(), lead(), &room, action).map_err(|error| format!("{error:?}"))?;
        if writeln!(out, "{event}").and_then(|()| out.flush()).is_err() {
            return Ok(());
        }
    }
    Ok(())
}

/// Kills real processes on a real disk, in the middle of what they do, and holds what each leaves against what it had
/// called saved.
///
/// # Errors
/// When no process can be started or no folder made, which is a fault of the machine.
pub fn kill_for_real(program: &Path, kills: u64, seed: u64) -> Result<Cuts, String> {
    let said = |error: std::io::Error| error.to_string();
    let mut rng = Rng::with_seed(seed);
    let mut cuts = Cuts::default();
    let mut folder = tempfile::tempdir().map_err(said)?;
    let mut saved: Vec<EventId> = vec![];
    let mut next = 1;
    for round in 0..kills {
        if saved.len() > 2_000 {
            (folder, saved) = (tempfile::tempdir().map_err(said)?, vec![]);
        }
        let mut child = Command::new(program)
            .args(["--victim", &next.to_string(), "--folder"])
            .arg(folder.path())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(said)?;
        let lines = BufReader::new(child.stdout.take().ok_or("no output")?).lines();
        // Some die while they open, most somewhere in the middle of their work.
        let mut left = rng.u32(..40);
        for line in lines.map_while(Result::ok) {
            next += 1;
            cuts.saved += 1;
            saved.push(id(&line));
            if left == 0 {
                let _ = child.kill();
            }
            left = left.saturating_sub(1);
        }
        child.wait().map_err(said)?;
        // An action may be there that nobody was told of: its number is not used again.
        next += 1_000;
        cuts.cuts += 1;
        *cuts.models.entry("kill_9".to_owned()).or_default() += 1;
        let what = format!("kill {round} of seed {seed}");
        match Desk::open(folder.path(), Arc::new(SystemEnvironment)) {
            Err(error) => {
                cuts.broken += 1;
                cuts.failures.push(format!("{what}: it does not open: {error:?}"));
            }
            Ok((desk, _)) => {
                cuts.judge(&what, faults(&desk, &saved));
                desk.engine().close();
            }
        }
        if !cuts.failures.is_empty() {
            break;
        }
    }
    Ok(cuts)
}
