//! A desk's machine: the real engine, rules and link on a simulated disk, and the person in front of it.

use super::ballast;
use super::hotel::PROPERTY;
use super::machine::{DeskMachine, Machine};
use super::network::Net;
use crate::disk::{CrashModel, DiskImage, SimDisk};
use fastrand::Rng;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::time::Instant;
use turndown_desk::{ActError, Desk, migrations};
use turndown_domain::{
    Action, Cleanliness, InspectionResult, Occupancy, Priority, Sellability, SellabilityKind, ServiceFlag, StaffId,
    TaskId, TaskKind, TaskStatus, Verdict,
};
use turndown_offline::{
    Disk, EngineError, Hands, OpenConfig, OutboxState, Pick, RowFilter, Settlement, SettlementRefusal, Sql, now_ms,
};
use turndown_protocol::{ActorId, EventId};
use turndown_service::http::Limits;
use turndown_sync::{Sync, SyncConfig, Timing, Token};

/// What a person was told is saved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    /// The action.
    pub event: EventId,
    /// Who did it.
    pub actor: String,
    /// In which room.
    pub room: String,
}

struct Open {
    desk: Desk,
    sync: Sync,
    since: Instant,
}

/// A copy of a desk's whole disk, and what its people had been told when it was made.
struct Kept {
    image: DiskImage,
    saved: usize,
}

/// What came of a person's try to do something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tried {
    /// It is saved.
    Saved,
    /// The hotel's rules do not allow it, or there was nothing to do.
    Refused,
    /// What the desk knows is too old to work on.
    Stale,
    /// The desk said that it is not saved.
    Unsaved,
    /// The machine died meanwhile: nobody was told anything.
    Unknown,
    /// The desk is not running.
    Closed,
}

/// A desk's machine.
pub struct DeskHost {
    /// Its clock.
    pub machine: Arc<Machine>,
    /// Its disk.
    pub disk: SimDisk,
    /// Its way to the service.
    pub net: Net,
    config: SyncConfig,
    timing: Timing,
    log_pages: u32,
    open: Option<Open>,
    /// Who is signed in.
    pub person: String,
    /// What people were told is saved.
    pub saved: Vec<Saved>,
    /// What people were told is not saved.
    pub unsaved: Vec<EventId>,
    /// What waited for another room's action when somebody came to decide.
    pub held_elsewhere: BTreeSet<String>,
    /// What was given up and done after all: once is enough.
    redone: BTreeSet<EventId>,
    kept: Option<Kept>,
    /// Its database or its second copy was put back by itself to what it was before: what it held and the other does
    /// not may be another branch of its trail (D2).
    pub has_branches: bool,
    /// The program has been brought up to date.
    is_updated: bool,
}

impl DeskHost {
    /// A machine with nothing on it.
    #[must_use]
    pub fn new(
        machine: Arc<Machine>,
        disk: SimDisk,
        net: Net,
        token: Token,
        store_id: String,
        timing: Timing,
        log_pages: u32,
    ) -> Self {
        let config =
            SyncConfig { address: "http://service.invalid".into(), token, property_id: PROPERTY.into(), store_id };
        Self {
            machine,
            disk,
            net,
            config,
            timing,
            log_pages,
            open: None,
            person: "lead-1".into(),
            saved: vec![],
            unsaved: vec![],
            held_elsewhere: BTreeSet::new(),
            redone: BTreeSet::new(),
            kept: None,
            has_branches: false,
            is_updated: false,
        }
    }

    /// Keeps a copy of the whole disk, as an operator's backup of the machine does.
    pub fn keep_image(&mut self) {
        self.kept = Some(Kept { image: self.disk.image(), saved: self.saved.len() });
    }

    /// Somebody puts the kept copy of the whole disk back (D1). What was saved since is gone from here by their act;
    /// what of it reached the service stays there. Answers whether there was a copy. The desk must be closed.
    pub fn put_back(&mut self) -> bool {
        let Some(kept) = &self.kept else { return false };
        self.disk.restore_image(&kept.image);
        self.disk.disarm();
        self.saved.truncate(kept.saved);
        true
    }

    /// Another machine with a copy of this one's disk (D2), on a network of its own. The desk must be closed.
    #[must_use]
    pub fn clone_on(&self, name: &str, net: Net, seed: u64) -> Self {
        let mut other = Self::new(
            Machine::new(self.machine.clock(), seed),
            self.disk.clone_as(name, seed),
            net,
            self.config.token.clone(),
            self.config.store_id.clone(),
            self.timing,
            self.log_pages,
        );
        other.saved.clone_from(&self.saved);
        other.unsaved.clone_from(&self.unsaved);
        other.has_branches = self.has_branches;
        other.is_updated = self.is_updated;
        other
    }

    /// The next start is of a newer program, which brings the database up to date (I1).
    pub fn update(&mut self) {
        self.is_updated = true;
    }

    /// Whether the newer program is there already.
    #[must_use]
    pub fn is_updated(&self) -> bool {
        self.is_updated
    }

    /// Whether the program runs.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Whether it runs on a machine that lost its power meanwhile.
    #[must_use]
    pub fn has_died(&self) -> bool {
        self.open.is_some() && !self.disk.is_on()
    }

    /// The desk, while it is open.
    #[must_use]
    pub fn desk(&self) -> Option<&Desk> {
        self.open.as_ref().map(|open| &open.desk)
    }

    /// Switches the machine on and opens the desk.
    ///
    /// # Errors
    /// Why it does not open, as its code.
    pub fn start(&mut self) -> Result<(), String> {
        self.disk.power_on();
        let config = OpenConfig {
            folder: self.disk.root().join("desk"),
            migrations: if self.is_updated { newer_migrations() } else { migrations() },
            disk: Arc::new(self.disk.clone()) as Arc<dyn Disk>,
            hands: Hands::Callers,
            second_copy: true,
            log_pages: self.log_pages,
        };
        let environment = Arc::new(DeskMachine(Arc::clone(&self.machine)));
        let opened = Desk::open_with(&config, environment);
        let (desk, report) = opened.map_err(|error| {
            tracing::debug!(?error, "a desk does not open");
            error.code().to_owned()
        })?;
        tracing::debug!(disk = self.disk.name(), ?report, ledger = ?desk.engine().ledger(), "a desk opens");
        let sync = Sync::start_on(Arc::new(self.net.clone()), desk.engine().clone(), self.config.clone(), self.timing);
        self.open = Some(Open { desk, sync, since: Instant::now() });
        Ok(())
    }

    /// The full look that runs behind every start, and what it leads to where it finds damage: the desk is closed and
    /// opened again, and repairs.
    ///
    /// # Errors
    /// Why it does not open again, as its code.
    pub async fn look_through(&mut self) -> Result<bool, String> {
        let Some(open) = &self.open else { return Ok(false) };
        let sound = open.desk.engine().check().is_ok_and(|found| found.damage.is_empty());
        if !sound {
            self.close().await;
            self.start()?;
        }
        Ok(!sound)
    }

    /// Whether its screen says that its database is damaged.
    #[must_use]
    pub fn says_damaged(&self) -> bool {
        self.open.as_ref().is_some_and(|open| open.desk.engine().is_damaged())
    }

    fn database(&self) -> PathBuf {
        self.disk.root().join("desk/desk.db")
    }

    /// The desk is set up, and its database is over 1 GB from the beginning.
    ///
    /// # Errors
    /// Why it is not, in words.
    pub async fn begin_large(&mut self) -> Result<(), String> {
        self.start()?;
        self.close().await;
        ballast::enlarge(&self.disk, &self.database()).map_err(|error| error.to_string())
    }

    /// Whether its database is over 1 GB.
    #[must_use]
    pub fn is_large(&self) -> bool {
        self.disk.length_of(&self.database()).is_some_and(|length| length > ballast::LARGE)
    }

    /// The program takes a backup, if one is due. Answers whether it did.
    ///
    /// # Errors
    /// Why there is none, as its code.
    pub fn back_up(&self) -> Result<bool, String> {
        let Some(open) = &self.open else { return Ok(false) };
        let taken = open.desk.engine().back_up_if_due(open.since.elapsed());
        taken.map(|backup| backup.is_some()).map_err(|error| {
            tracing::debug!(?error, "no backup was taken");
            error.code().to_owned()
        })
    }

    /// A service day begins here, if it has not begun already. Answers whether it did; nothing where the desk is not open
    /// or could not save it.
    #[must_use]
    pub fn begin_day(&self, day: chrono::NaiveDate) -> Option<bool> {
        let began = self.open.as_ref()?.desk.begin_day(day);
        began.map(|began| began.is_some()).map_err(|error| tracing::debug!(?error, "the day did not begin")).ok()
    }

    /// It runs on for so many days in which nobody does anything.
    pub fn run_on(&self, days: u32) {
        let Some(open) = &self.open else { return };
        let (engine, horizon) = (open.desk.engine(), Limits::default().backup_horizon_days);
        for _ in 0..days * 24 {
            let pruned = engine.ran_an_hour().and_then(|is_full| if is_full { engine.prune(horizon) } else { Ok(0) });
            if let Err(error) = pruned {
                tracing::debug!(?error, "old rows are not let go");
                return;
            }
        }
    }

    /// It dies: the power goes, or (with [`CrashModel::KeepAll`]) it is killed.
    pub fn crash(&mut self, model: CrashModel, rng: &mut Rng) {
        self.disk.power_cut(model, rng);
        self.disk.disarm();
        self.open = None;
    }

    /// It is closed in good order.
    pub async fn close(&mut self) {
        if let Some(open) = self.open.take() {
            open.sync.stop().await;
            open.desk.engine().close();
        }
    }

    fn actor(&self) -> Option<ActorId> {
        ActorId::parse(self.person.clone()).ok()
    }

    fn event_id(&self) -> EventId {
        let environment = DeskMachine(Arc::clone(&self.machine));
        EventId::generate(now_ms(&environment), self.machine.chance())
    }

    /// Somebody does something to some room.
    pub fn act(&mut self, rng: &mut Rng, rooms: usize) -> Tried {
        let Some(open) = &self.open else { return Tried::Closed };
        let room = format!("{}", 101 + rng.usize(..rooms));
        let Ok(Some(row)) = open.desk.room(&room) else {
            return if self.disk.is_on() { Tried::Refused } else { Tried::Unknown };
        };
        let tasks: Vec<(TaskId, TaskStatus)> =
            row.unit.tasks.iter().map(|(id, task)| (id.clone(), task.status)).collect();
        let Some(action) = choose(rng, &tasks, self.saved.last()) else { return Tried::Refused };
        let Some(actor) = self.actor() else { return Tried::Refused };
        let event = self.event_id();
        let done = open.desk.act(event.clone(), actor.clone(), &room, action.clone());
        // A person who heard nothing presses the button again: the same gesture, once (A1).
        if done.is_ok() && rng.u8(..20) == 0 {
            let again = open.desk.act(event.clone(), actor, &room, action);
            if self.disk.is_on() && again.is_err_and(|error| !matches!(error, ActError::Engine(_))) {
                // It was done, and now they hear that it cannot be.
                self.unsaved.push(event.clone());
            }
        }
        self.note(event, &room, done.map(|_| ()))
    }

    fn note(&mut self, event: EventId, room: &str, done: Result<(), ActError>) -> Tried {
        if !self.disk.is_on() {
            return Tried::Unknown;
        }
        tracing::debug!(%event, ?done, "a person acted");
        match done {
            Ok(()) => {
                self.saved.push(Saved { event, actor: self.person.clone(), room: room.to_owned() });
                Tried::Saved
            }
            // The desk said that it does not know.
            Err(ActError::Engine(EngineError::Unsure(_))) => Tried::Unknown,
            Err(ActError::Engine(_)) => {
                self.unsaved.push(event);
                Tried::Unsaved
            }
            Err(ActError::Stale) => Tried::Stale,
            Err(_) => Tried::Refused,
        }
    }

    /// Whether a manager can go on with old data.
    #[must_use]
    pub fn may_go_on(&self) -> bool {
        let Some(open) = &self.open else { return false };
        open.desk.staleness().is_ok_and(|staleness| staleness.may_go_on(self.machine.clock()))
    }

    /// A manager goes on with old data, or somebody who cannot tries to.
    pub fn go_on(&mut self, rng: &mut Rng) -> Tried {
        if rng.u8(..5) != 0 {
            self.person = "manager-1".into();
        }
        let (Some(open), Some(actor)) = (&self.open, self.actor()) else { return Tried::Closed };
        let event = self.event_id();
        let done = open.desk.begin_emergency(event.clone(), actor, "the line is cut");
        self.note(event, "the desk itself", done.map(|_| ()))
    }

    /// Somebody holds a room back, or lets one go on that is held back.
    pub fn hold(&mut self, rng: &mut Rng, rooms: usize) -> Tried {
        let (Some(open), Some(actor)) = (&self.open, self.actor()) else { return Tried::Closed };
        let Ok(on_hold) = open.desk.engine().on_hold() else { return Tried::Refused };
        let event = self.event_id();
        let done = if on_hold.is_empty() || rng.u8(..3) == 0 {
            let room = format!("{}", 101 + rng.usize(..rooms));
            open.desk.put_on_hold(event.clone(), actor, &room, "the guest is asked first")
        } else {
            let room = &on_hold[rng.usize(..on_hold.len())].entity.id;
            open.desk.let_go(event.clone(), actor, room)
        };
        self.note(event, "the desk itself", done.map(|_| ()))
    }

    /// Somebody lets every room go on. Answers how many there were.
    pub fn let_all_go(&mut self) -> u64 {
        let (Some(open), Some(actor)) = (&self.open, self.actor()) else { return 0 };
        let (desk, on_hold) = (open.desk.clone(), open.desk.engine().on_hold().unwrap_or_default());
        let mut gone = 0;
        for room in &on_hold {
            let event = self.event_id();
            let done = desk.let_go(event.clone(), actor.clone(), &room.entity.id);
            gone += u64::from(self.note(event, "the desk itself", done.map(|_| ())) == Tried::Saved);
        }
        gone
    }

    /// Somebody pauses the sending, or has it go on.
    pub fn pause_sending(&self, paused: bool) {
        if let Some(open) = &self.open {
            open.sync.pause_sending(paused);
        }
    }

    /// Somebody decides one open conflict, by chance. Answers whether one was decided.
    pub fn resolve(&mut self, rng: &mut Rng) -> bool {
        let Some(open) = &self.open else { return false };
        let Ok(conflicts) = open.desk.engine().conflicts() else { return false };
        if conflicts.is_empty() {
            return false;
        }
        // A wrong bit in an index leads to another room's row; the full look finds that, and the next start repairs it.
        if !self.disk.has_lied() {
            self.held_elsewhere.extend(held_elsewhere(&open.desk));
        }
        let conflict = &conflicts[rng.usize(..conflicts.len())];
        let all_mine = rng.bool();
        let pick = |mine: bool| if mine { Pick::Mine } else { Pick::Theirs };
        let mut picks: BTreeMap<String, Pick> =
            conflict.contested.iter().map(|path| (path.clone(), pick(all_mine ^ (rng.u8(..4) == 0)))).collect();
        // Of a chance of their own, so that the history goes on as it would have.
        let mut seldom = Rng::with_seed(conflict.theirs.version.rotate_left(32) ^ conflict.contested.len() as u64);
        if seldom.u8(..3) == 0
            && let Some(pick) = picks.get_mut("room/note")
        {
            *pick = Pick::Edited(serde_json::json!("from both sides"));
        }
        if seldom.u8(..4) == 0 {
            picks.extend(conflict.merged.iter().map(|path| (path.clone(), Pick::Theirs)));
        }
        let look = seldom.u8(..8) == 0 && !conflict.theirs.deleted;
        let Some(actor) = self.actor() else { return false };
        let event_id = self.event_id();
        let settlement = Settlement {
            event_id: event_id.clone(),
            actor,
            entity: conflict.entity.clone(),
            version: conflict.theirs.version,
            settles: conflict.events.iter().map(|sealed| sealed.event.event_id.clone()).collect(),
            picks,
            draft: turndown_offline::Draft::default(),
        };
        let check = look.then(|| self.event_id());
        let mut done = match &check {
            None => open.desk.resolve(settlement.clone()).map(|_| ()),
            Some(check) => {
                open.desk.send_to_look(settlement.clone(), check.clone(), "Look which is so.".into()).map(|_| ())
            }
        };
        let mut looked = check;
        if matches!(done, Err(ActError::Settlement(SettlementRefusal::DoesNotFit(_)))) {
            // Told what does not go together, they take all that the service has.
            let every = conflict.contested.iter().chain(&conflict.merged);
            let picks = every.map(|path| (path.clone(), Pick::Theirs)).collect();
            done = open.desk.resolve(Settlement { picks, ..settlement }).map(|_| ());
            looked = None;
        }
        let room = conflict.entity.id.clone();
        let tried = self.note(event_id, &room, done);
        if let Some(check) = looked.filter(|_| tried == Tried::Saved) {
            // Both were told in one word.
            self.saved.push(Saved { event: check, actor: self.person.clone(), room });
        }
        tried == Tried::Saved
    }

    /// Somebody does what was given up after all. Answers whether there was something.
    fn do_after_all(&mut self) -> bool {
        let Some(open) = &self.open else { return false };
        let Ok((rows, _)) = open.desk.engine().rows(RowFilter::Discarded, 0, 50) else { return false };
        let seldom = |seq: u64| Rng::with_seed(seq).u8(..8) == 0;
        let again = |row: &&turndown_offline::OutboxRow| {
            let event = &row.sealed.event;
            seldom(event.local_seq) && !self.redone.contains(&event.event_id)
        };
        let Some(event) = rows.iter().find(again).map(|row| row.sealed.event.clone()) else { return false };
        let Some(actor) = self.actor() else { return false };
        let event_id = self.event_id();
        self.redone.insert(event.event_id.clone());
        let done = open.desk.retry(&event.event_id, event_id.clone(), actor);
        let tried = self.note(event_id, &event.entity.id, done);
        if let Some(saved) = self.saved.last_mut().filter(|_| tried == Tried::Saved) {
            saved.actor = event.actor_id.to_string();
        }
        tried == Tried::Saved
    }

    /// Somebody tries a failed action again, or gives it up, or does after all what was given up. Answers whether there
    /// was one.
    pub fn handle_failed(&mut self, rng: &mut Rng) -> bool {
        if self.do_after_all() {
            return true;
        }
        let Some(open) = &self.open else { return false };
        let Ok((rows, _)) = open.desk.engine().rows(RowFilter::Attention, 0, 50) else { return false };
        let failed: Vec<_> = rows.iter().filter(|row| row.state == OutboxState::Failed).collect();
        if failed.is_empty() {
            return false;
        }
        let event = failed[rng.usize(..failed.len())].sealed.event.clone();
        let Some(actor) = self.actor() else { return false };
        let event_id = self.event_id();
        let retry = rng.u8(..3) == 0;
        let done = if retry {
            open.desk.retry(&event.event_id, event_id.clone(), actor)
        } else {
            open.desk.discard(&event.event_id, event_id.clone(), actor, "not needed any more").map(|_| ())
        };
        let is_new = matches!(open.desk.engine().row(&event_id), Ok(Some(_)));
        if !is_new {
            // Trying again may send the same event again, without a new one.
            return done.is_ok();
        }
        let tried = self.note(event_id, &event.entity.id, done);
        if retry && let Some(saved) = self.saved.last_mut().filter(|_| tried == Tried::Saved) {
            // What is tried again stays the work of who did it.
            saved.actor = event.actor_id.to_string();
        }
        tried == Tried::Saved
    }

    /// Somebody presses "Sync now".
    pub fn sync_now(&self) {
        if let Some(open) = &self.open {
            open.sync.sync_now();
        }
    }

    /// Somebody switches the link.
    pub fn set_mode(&self, mode: turndown_sync::LinkMode) {
        if let Some(open) = &self.open {
            open.sync.set_mode(mode);
        }
    }

    /// Whether the service answers it.
    #[must_use]
    pub fn is_online(&self) -> bool {
        self.open.as_ref().is_some_and(|open| open.sync.status().borrow().state == turndown_sync::LinkState::Online)
    }

    /// Why it does not send, if it does not.
    #[must_use]
    pub fn reason(&self) -> String {
        self.open.as_ref().map_or_else(
            || "closed".into(),
            |open| {
                let status = open.sync.status().borrow().clone();
                format!(
                    "{:?} {:?} slow {:?}; {:?}; conflicts {:?}",
                    status.state,
                    status.reason.map(|reason| reason.code),
                    status.slow.map(|reason| reason.code),
                    open.desk.engine().ledger(),
                    open.desk.engine().conflicts().map(|all| {
                        all.iter().map(|one| (one.entity.id.clone(), one.contested.clone())).collect::<Vec<_>>()
                    })
                )
            },
        )
    }
}

/// Actions that wait for one of another room.
fn held_elsewhere(desk: &Desk) -> Vec<String> {
    let held = desk.engine().read(|mut connection| {
        connection.all(
            "SELECT o.entity_id || ' (' || o.event_id || ') waits for ' || h.entity_id || ' (' || h.event_id || ')' FROM outbox o JOIN outbox h ON h.event_id = o.held_by
             WHERE o.state = 'held' AND (o.entity_kind, o.entity_id) <> (h.entity_kind, h.entity_id)",
            [],
            |row| row.get(0),
        )
    });
    held.unwrap_or_default()
}

/// What a newer program brings: a step more, which goes through the whole outbox.
fn newer_migrations() -> refinery::Runner {
    let mut all = migrations().get_migrations().clone();
    let newer = refinery::Migration::unapplied(
        "V1000__newer_program",
        "CREATE INDEX newer_program ON outbox (event_id, state); UPDATE outbox SET state = state;",
    );
    all.extend(newer);
    refinery::Runner::new(&all)
}

/// What somebody does next to a room with these tasks.
fn choose(rng: &mut Rng, tasks: &[(TaskId, TaskStatus)], last: Option<&Saved>) -> Option<Action> {
    let staff = |rng: &mut Rng| StaffId(format!("attendant-{}", rng.u8(1..4)));
    let on_task = |rng: &mut Rng, task: TaskId, status: TaskStatus| match status {
        TaskStatus::Ready => match rng.u8(..12) {
            0..8 => Action::Start { task },
            8 => Action::Reassign { task, to: Some(staff(rng)) },
            9 => Action::SetPriority { task, priority: Priority::Urgent, rush: true },
            10 => Action::CancelTask { task, reason: "guest stays".into() },
            _ => Action::Reassign { task, to: None },
        },
        TaskStatus::InProgress => match rng.u8(..10) {
            0..7 => Action::Complete { task },
            7 | 8 => Action::Pause { task },
            _ => Action::Reassign { task, to: Some(staff(rng)) },
        },
        TaskStatus::Paused => Action::Resume { task },
        TaskStatus::Completed => {
            let (result, reason) = match rng.u8(..6) {
                0 => (InspectionResult::Fail, Some("hair in the basin".into())),
                1 => (InspectionResult::Skip, Some("no time".into())),
                _ => (InspectionResult::Pass, None),
            };
            Action::Inspect { task, verdict: Verdict { result, reason } }
        }
        TaskStatus::Inspected | TaskStatus::Cancelled => Action::Note { text: Some(format!("note {}", rng.u16(..))) },
    };
    if !tasks.is_empty() && rng.u8(..10) < 7 {
        let (task, status) = tasks[rng.usize(..tasks.len())].clone();
        return Some(on_task(rng, task, status));
    }
    Some(match rng.u8(..12) {
        0..3 => Action::Note { text: Some(format!("note {}", rng.u16(..))) },
        3 => Action::SetFlag { flag: ServiceFlag::DoNotDisturb, on: rng.bool() },
        4 => Action::SetFlag { flag: ServiceFlag::MakeUpRoom, on: rng.bool() },
        5 => Action::SeeOccupancy { occupancy: if rng.bool() { Occupancy::Occupied } else { Occupancy::Vacant } },
        6 => Action::SetRoomStatus { cleanliness: if rng.bool() { Cleanliness::Clean } else { Cleanliness::Dirty } },
        7 => Action::SetSellability {
            sellability: if rng.bool() {
                Sellability {
                    kind: SellabilityKind::OutOfOrder,
                    deducts_inventory: true,
                    assignable: false,
                    reason: Some("pipe".into()),
                }
            } else {
                Sellability::default()
            },
        },
        8 => Action::Departed {},
        9 => Action::Arrived {},
        10 => Action::AddTask {
            task: TaskId(format!("extra-{:x}", rng.u64(..))),
            kind: TaskKind::Linen,
            credits: 5,
            priority: Priority::Normal,
            assignee: Some(staff(rng)),
            note: None,
        },
        _ => Action::Undo { event: last?.event.to_string() },
    })
}
