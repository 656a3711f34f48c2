//! What people at the desk do next, decided by what the board says.

use fastrand::Rng;
use std::collections::{BTreeMap, BTreeSet};
use turndown_app::dto::{BoardDelta, CannotWork, Column, Tile};
use turndown_domain::{
    Action, InspectionResult, Occupancy, Priority, ServiceFlag, StaffId, TaskId, TaskKind, TaskStatus, Verdict,
};

/// The board as a view holds it: everything once, then only what changed.
#[derive(Default)]
pub struct View {
    revision: Option<u64>,
    tiles: BTreeMap<String, Vec<Tile>>,
}

impl View {
    /// The revision to ask since.
    pub fn since(&self) -> Option<u64> {
        self.revision
    }

    /// Takes what changed.
    pub fn take(&mut self, delta: BoardDelta) {
        if delta.full {
            self.tiles.clear();
        }
        for room in &delta.rooms {
            self.tiles.remove(&room.0);
        }
        for tile in delta.tiles {
            self.tiles.entry(tile.room_id.0.clone()).or_default().push(tile);
        }
        self.revision = Some(delta.revision);
    }

    /// Every tile, room by room.
    pub fn tiles(&self) -> impl Iterator<Item = &Tile> {
        self.tiles.values().flatten()
    }

    fn room(&self, room: &str) -> &[Tile] {
        self.tiles.get(room).map_or(&[], Vec::as_slice)
    }
}

/// Something to record.
#[derive(Debug, Clone)]
pub struct Step {
    /// In which room.
    pub room: String,
    /// What.
    pub action: Action,
}

/// The people who work the day and what they have in mind.
pub struct Plan {
    rng: Rng,
    attendants: Vec<StaffId>,
    /// Tasks that were interrupted already: once each.
    paused: BTreeSet<TaskId>,
    /// Tasks whose attendant was changed already: once each.
    moved: BTreeSet<TaskId>,
    /// Tasks that failed an inspection already: once each.
    failed: BTreeSet<TaskId>,
    /// Rooms where a flag was cleared or left for good.
    asked: BTreeSet<String>,
    /// Rooms into which today's guest came.
    arrived: BTreeSet<String>,
    /// Tasks whose priority was changed already: once each.
    urged: BTreeSet<TaskId>,
}

impl Plan {
    pub fn new(seed: u64, attendants: Vec<StaffId>) -> Self {
        Self {
            rng: Rng::with_seed(seed),
            attendants,
            paused: BTreeSet::new(),
            moved: BTreeSet::new(),
            failed: BTreeSet::new(),
            asked: BTreeSet::new(),
            arrived: BTreeSet::new(),
            urged: BTreeSet::new(),
        }
    }

    fn chance(&mut self, in_a_hundred: u32) -> bool {
        self.rng.u32(..100) < in_a_hundred
    }

    fn other_attendant(&mut self, than: Option<&StaffId>) -> Option<StaffId> {
        let others: Vec<&StaffId> = self.attendants.iter().filter(|person| Some(*person) != than).collect();
        (!others.is_empty()).then(|| others[self.rng.usize(..others.len())].clone())
    }

    /// What the lead does next; `part` of the outage is over (0 to 1).
    pub fn lead(&mut self, view: &View, part: f64) -> Option<Step> {
        // A few attendants come back to the radio at a time; each is asked for what they are at.
        let mut people = self.attendants.clone();
        self.rng.shuffle(&mut people);
        if self.chance(8)
            && let Some(step) = self.change_hands(view)
        {
            return Some(step);
        }
        if part > 0.4
            && self.chance(20)
            && let Some(step) = self.ask_again(view)
        {
            return Some(step);
        }
        if self.chance(3)
            && let Some(step) = self.arrival(view)
        {
            return Some(step);
        }
        for person in &people {
            if let Some(step) = self.work_of(view, person) {
                return Some(step);
            }
        }
        self.give_out(view).or_else(|| self.ask_again(view)).or_else(|| self.change_hands(view))
    }

    fn work_of(&mut self, view: &View, person: &StaffId) -> Option<Step> {
        let own: Vec<&Tile> = view.tiles().filter(|tile| tile.assignee.as_ref() == Some(person)).collect();
        if let Some(tile) = own.iter().find(|tile| tile.status == TaskStatus::InProgress) {
            if !self.paused.contains(&tile.task_id) && self.chance(22) {
                self.paused.insert(tile.task_id.clone());
                return step(tile, Action::Pause { task: tile.task_id.clone() });
            }
            return step(tile, Action::Complete { task: tile.task_id.clone() });
        }
        if let Some(tile) = own.iter().find(|tile| tile.status == TaskStatus::Paused) {
            return step(tile, Action::Resume { task: tile.task_id.clone() });
        }
        let next = own
            .iter()
            .filter(|tile| tile.column == Column::Dirty && tile.cannot_work.is_none())
            .min_by(|a, b| (a.standing.rank, &a.number, &a.task_id).cmp(&(b.standing.rank, &b.number, &b.task_id)))?;
        if matches!(next.kind, TaskKind::Departure | TaskKind::Turnover)
            && next.occupancy == Occupancy::Occupied
            && !self.arrived.contains(&next.room_id.0)
        {
            return step(next, Action::Departed {});
        }
        step(next, Action::Start { task: next.task_id.clone() })
    }

    /// Work that nobody has is given to somebody.
    fn give_out(&mut self, view: &View) -> Option<Step> {
        let tile = view
            .tiles()
            .find(|tile| tile.assignee.is_none() && tile.column == Column::Dirty && tile.cannot_work.is_none())?;
        let to = self.other_attendant(None);
        step(tile, Action::Reassign { task: tile.task_id.clone(), to })
    }

    fn change_hands(&mut self, view: &View) -> Option<Step> {
        let open: Vec<&Tile> = view
            .tiles()
            .filter(|tile| {
                matches!(tile.column, Column::Dirty | Column::InProgress) && !self.moved.contains(&tile.task_id)
            })
            .collect();
        let tile = *open.get(self.rng.usize(..open.len().max(1)))?;
        self.moved.insert(tile.task_id.clone());
        let to = self.other_attendant(tile.assignee.as_ref())?;
        step(tile, Action::Reassign { task: tile.task_id.clone(), to: Some(to) })
    }

    /// Guests go out, and the room can be worked after all; some flags stay for the day.
    fn ask_again(&mut self, view: &View) -> Option<Step> {
        let shut = view.tiles().find(|tile| {
            tile.cannot_work.is_some_and(|why| why != CannotWork::OutOfOrder) && !self.asked.contains(&tile.room_id.0)
        })?;
        self.asked.insert(shut.room_id.0.clone());
        if self.chance(30) {
            return step(shut, Action::SeeOccupancy { occupancy: Occupancy::Occupied });
        }
        let flag = match shut.cannot_work? {
            CannotWork::DoNotDisturb => ServiceFlag::DoNotDisturb,
            CannotWork::Refused => ServiceFlag::Refused,
            CannotWork::NoService => ServiceFlag::NoService,
            CannotWork::DoubleLock | CannotWork::OutOfOrder => ServiceFlag::DoubleLock,
        };
        step(shut, Action::SetFlag { flag, on: false })
    }

    /// Today's guest comes into a room that is ready, as the front desk tells.
    fn arrival(&mut self, view: &View) -> Option<Step> {
        let ready = view.tiles().find(|tile| {
            tile.arrival.is_some()
                && tile.occupancy == Occupancy::Vacant
                && tile.sellability.assignable
                && view.room(&tile.room_id.0).iter().all(|tile| tile.status == TaskStatus::Inspected)
        })?;
        self.arrived.insert(ready.room_id.0.clone());
        step(ready, Action::Arrived {})
    }

    /// What an inspector says of the next completed room.
    pub fn inspector(&mut self, view: &View) -> Option<Step> {
        let tile =
            view.tiles().filter(|tile| tile.column == Column::Clean && tile.cannot_work.is_none()).find(|tile| {
                tile.sellability.kind != turndown_domain::SellabilityKind::OutOfOrder || !tile.kind.cleans()
            })?;
        let verdict = if !self.failed.contains(&tile.task_id) && self.chance(6) {
            self.failed.insert(tile.task_id.clone());
            Verdict { result: InspectionResult::Fail, reason: Some("hair in the bath".into()) }
        } else if self.chance(7) {
            Verdict { result: InspectionResult::Skip, reason: Some("guest waiting at the desk".into()) }
        } else {
            Verdict { result: InspectionResult::Pass, reason: None }
        };
        step(tile, Action::Inspect { task: tile.task_id.clone(), verdict })
    }

    /// How many rooms wait for an inspector.
    pub fn to_inspect(view: &View) -> usize {
        view.tiles().filter(|tile| tile.column == Column::Clean).count()
    }

    /// A quiet day still has its small changes: whose room it is, how soon, what to know.
    pub fn small_change(&mut self, view: &View) -> Option<Step> {
        if let Some(step) = self.change_hands(view) {
            return Some(step);
        }
        let open = view.tiles().find(|tile| {
            matches!(tile.column, Column::Dirty | Column::InProgress) && !self.urged.contains(&tile.task_id)
        });
        if let Some(tile) = open {
            self.urged.insert(tile.task_id.clone());
            let priority = if tile.priority == Priority::High { Priority::Normal } else { Priority::High };
            return step(tile, Action::SetPriority { task: tile.task_id.clone(), priority, rush: false });
        }
        let tiles: Vec<&Tile> = view.tiles().collect();
        let tile = *tiles.get(self.rng.usize(..tiles.len().max(1)))?;
        step(tile, Action::Note { text: Some(format!("Towels on request {}", self.rng.u32(100..100_000))) })
    }
}

#[expect(clippy::unnecessary_wraps, reason = "every caller answers with an option")]
fn step(tile: &Tile, action: Action) -> Option<Step> {
    Some(Step { room: tile.room_id.0.clone(), action })
}
