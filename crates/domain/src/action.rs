//! What people do, and which fields each action touches.

use crate::{Cleanliness, InspectionResult, Occupancy, Priority, RoomId, Sellability, StaffId, TaskId, TaskKind};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A service flag of a room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ServiceFlag {
    /// Do not disturb; its start is kept.
    DoNotDisturb,
    /// The guest asks for service.
    MakeUpRoom,
    /// No service due today, by agreement.
    NoService,
    /// The guest sent the attendant away.
    Refused,
    /// Locked from inside.
    DoubleLock,
}

/// What an inspector says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    /// Pass, fail or skip.
    pub result: InspectionResult,
    /// Why; needed for fail and skip.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ts", ts(optional))]
    pub reason: Option<String>,
}

/// One thing a person does to a room and its tasks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(tag = "action", content = "args", rename_all = "snake_case", deny_unknown_fields)]
pub enum Action {
    /// Work begins.
    Start {
        /// On which task.
        task: TaskId,
    },
    /// Work is interrupted.
    Pause {
        /// On which task.
        task: TaskId,
    },
    /// Work goes on.
    Resume {
        /// On which task.
        task: TaskId,
    },
    /// The work is done.
    Complete {
        /// Which task.
        task: TaskId,
    },
    /// Somebody else, or nobody, does it.
    Reassign {
        /// Which task.
        task: TaskId,
        /// Who; absent for nobody.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "ts", ts(optional))]
        to: Option<StaffId>,
    },
    /// An inspector looked.
    Inspect {
        /// At which task's work.
        task: TaskId,
        /// What was found.
        verdict: Verdict,
    },
    /// More work.
    AddTask {
        /// The new task's id, made by the desk.
        task: TaskId,
        /// What sort of work.
        kind: TaskKind,
        /// Its weight.
        credits: u16,
        /// How soon.
        priority: Priority,
        /// Who does it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "ts", ts(optional))]
        assignee: Option<StaffId>,
        /// What the attendant should know.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "ts", ts(optional))]
        note: Option<String>,
    },
    /// Will not be done.
    CancelTask {
        /// Which task.
        task: TaskId,
        /// Why.
        reason: String,
    },
    /// Sooner or later.
    SetPriority {
        /// Which task.
        task: TaskId,
        /// How soon.
        priority: Priority,
        /// The front desk or the lead asks for it now.
        rush: bool,
    },
    /// The room is said to be dirty, pickup, clean or inspected. Settles the open task where it fits.
    SetRoomStatus {
        /// What it is.
        cleanliness: Cleanliness,
    },
    /// Somebody looked whether the room is occupied.
    SeeOccupancy {
        /// What they saw.
        occupancy: Occupancy,
    },
    /// A service flag is set or cleared.
    SetFlag {
        /// Which flag.
        flag: ServiceFlag,
        /// Set or cleared.
        on: bool,
    },
    /// What people should know about the room; absent to clear it.
    Note {
        /// The whole note.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "ts", ts(optional))]
        text: Option<String>,
    },
    /// Out of order, out of service, and back.
    SetSellability {
        /// What it is now.
        sellability: Sellability,
    },
    /// The guest left, as told.
    Departed {},
    /// Today's guest came, as told. Opens a provisional turn that the PMS's check-in adopts.
    Arrived {},
    /// The front desk means to give the room out: nobody else may meanwhile.
    Claim {
        /// For whom, as the front desk calls them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "ts", ts(optional))]
        guest: Option<String>,
    },
    /// The claim on the room is given up.
    Release {},
    /// The guest who is due stands at the front desk and waits. Said again, it changes the time they were told.
    QueueGuest {
        /// The time that the guest was told (`HH:MM`, local).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        #[cfg_attr(feature = "ts", ts(optional))]
        promised: Option<String>,
    },
    /// The guest waits no more.
    LeaveQueue {},
    /// A service day begins: the room comes over the night, and the day's work in it is there. Nobody does this; every
    /// desk and the service do it by the same rules, and where one was first the others change nothing.
    BeginDay {
        /// Which room: the day's tasks have their ids from it.
        room: RoomId,
        /// Which day (ISO date).
        day: String,
        /// Who does what the day brings, where somebody was found for it.
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        who: BTreeMap<TaskKind, StaffId>,
        /// The round of thorough cleans comes by.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        deep_clean: bool,
    },
    /// Restores what was before the named event, while nothing later stands on it.
    Undo {
        /// The event's id.
        event: String,
    },
}

/// The name of the action by which a service day begins in a room.
pub const BEGIN_DAY: &str = "begin_day";

/// The member of an event's arguments that says that its action was tried again.
pub const AGAIN: &str = "again";

/// A failed action that was tried again: the event keeps author, turn and day of the work; this says the rest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Again {
    /// Who pressed the button.
    pub by: String,
    /// When the work was done (RFC 3339): its stamps are of that time.
    pub done_at: String,
}

impl Action {
    /// The action's stable name, as events carry it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Start { .. } => "start",
            Self::Pause { .. } => "pause",
            Self::Resume { .. } => "resume",
            Self::Complete { .. } => "complete",
            Self::Reassign { .. } => "reassign",
            Self::Inspect { .. } => "inspect",
            Self::AddTask { .. } => "add_task",
            Self::CancelTask { .. } => "cancel_task",
            Self::SetPriority { .. } => "set_priority",
            Self::SetRoomStatus { .. } => "set_room_status",
            Self::SeeOccupancy { .. } => "see_occupancy",
            Self::SetFlag { .. } => "set_flag",
            Self::Note { .. } => "note",
            Self::SetSellability { .. } => "set_sellability",
            Self::Departed {} => "departed",
            Self::Arrived {} => "arrived",
            Self::Claim { .. } => "claim",
            Self::Release {} => "release",
            Self::QueueGuest { .. } => "queue_guest",
            Self::LeaveQueue {} => "leave_queue",
            Self::BeginDay { .. } => BEGIN_DAY,
            Self::Undo { .. } => "undo",
        }
    }

    /// The action's arguments, as events carry them.
    #[must_use]
    pub fn args(&self) -> serde_json::Value {
        // An action is plain data with text keys, which JSON can always hold.
        serde_json::to_value(self)
            .ok()
            .and_then(|mut value| value.get_mut("args").map(serde_json::Value::take))
            .unwrap_or_default()
    }

    /// Reads an action from an event's name and arguments.
    ///
    /// # Errors
    /// When there is no such action or its arguments are not understood.
    pub fn from_event(name: &str, args: &serde_json::Value) -> Result<Self, serde_json::Error> {
        let mut args = args.clone();
        if let Some(members) = args.as_object_mut() {
            members.remove(AGAIN);
        }
        serde_json::from_value(serde_json::json!({ "action": name, "args": args }))
    }

    /// Whose try and of when an event's action is, where it was tried again.
    #[must_use]
    pub fn again(args: &serde_json::Value) -> Option<Again> {
        serde_json::from_value(args.get(AGAIN)?.clone()).ok()
    }

    /// The task the action is about, if it is about one.
    #[must_use]
    pub fn task(&self) -> Option<&TaskId> {
        match self {
            Self::Start { task }
            | Self::Pause { task }
            | Self::Resume { task }
            | Self::Complete { task }
            | Self::Reassign { task, .. }
            | Self::Inspect { task, .. }
            | Self::AddTask { task, .. }
            | Self::CancelTask { task, .. }
            | Self::SetPriority { task, .. } => Some(task),
            _ => None,
        }
    }
}

/// The fields an action may write and the fields it relies on without writing (its guard). A path that ends in
/// `/*` stands for everything below it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Footprint {
    /// What it may write.
    pub writes: Vec<String>,
    /// What it relies on.
    pub relies_on: Vec<String>,
}

impl Footprint {
    /// Whether a path is among those written.
    #[must_use]
    pub fn may_write(&self, path: &str) -> bool {
        self.writes.iter().any(|w| w == path || w.strip_suffix('*').is_some_and(|prefix| path.starts_with(prefix)))
    }
}

/// The footprint of an action. `undo` has none of its own: it has that of the event it names.
#[must_use]
pub fn footprint(action: &Action) -> Footprint {
    let task_path = |member: &str| action.task().map(|id| format!("task/{}/{member}", id.0)).unwrap_or_default();
    let paths = |members: &[&str]| -> Vec<String> {
        members
            .iter()
            .map(|member| if member.contains('/') { (*member).to_owned() } else { task_path(member) })
            .collect()
    };
    let (writes, relies_on): (&[&str], &[&str]) = match action {
        // Work in the room relies on who does it, whose room it is now, and whether it may be worked at all.
        Action::Start { .. } => {
            (&["status", "started_at"], &["assignee", "room/turn", "room/sellability", "room/dnd_since"])
        }
        Action::Pause { .. } => (&["status"], &["assignee"]),
        Action::Resume { .. } => (&["status", "started_at"], &["assignee", "room/turn", "room/sellability"]),
        Action::Complete { .. } => {
            (&["status", "completed_at", "room/cleanliness"], &["assignee", "room/turn", "room/sellability"])
        }
        Action::Reassign { .. } => (&["assignee"], &["status"]),
        Action::Inspect { .. } => (
            &["status", "inspection", "rework", "completed_at", "room/cleanliness"],
            &["room/turn", "room/sellability"],
        ),
        Action::AddTask { .. } => (&["*"], &["room/turn"]),
        Action::CancelTask { .. } => (&["status", "cancelled_because"], &["assignee"]),
        Action::SetPriority { .. } => (&["priority", "rush"], &["status"]),
        Action::SetRoomStatus { .. } => (&["room/cleanliness", "task/*"], &["room/turn", "room/sellability"]),
        Action::SeeOccupancy { .. } => (&["room/hk_occupancy", "room/hk_seen_at"], &["room/turn"]),
        Action::SetFlag { flag, .. } => match flag {
            ServiceFlag::DoNotDisturb => (&["room/dnd_since", "room/make_up"], &["room/turn", "room/fo_occupancy"]),
            ServiceFlag::MakeUpRoom => (&["room/make_up", "room/dnd_since"], &["room/turn", "room/fo_occupancy"]),
            ServiceFlag::NoService => (&["room/no_service"], &["room/turn"]),
            ServiceFlag::Refused => (&["room/refused"], &["room/turn"]),
            ServiceFlag::DoubleLock => (&["room/double_lock"], &["room/turn"]),
        },
        Action::Note { .. } => (&["room/note"], &[]),
        Action::SetSellability { .. } => (&["room/sellability"], &[]),
        Action::Departed {} => (
            &[
                "room/fo_occupancy",
                "room/stay",
                "room/cleanliness",
                "room/guest",
                "room/hk_occupancy",
                "room/hk_seen_at",
                "room/dnd_since",
                "room/make_up",
                "room/no_service",
                "room/refused",
                "room/double_lock",
            ],
            // Who comes next decides what the room is once its guest left.
            &["room/turn", "room/arrival"],
        ),
        Action::Arrived {} => (
            &[
                "room/fo_occupancy",
                "room/stay",
                "room/guest",
                "room/arrival",
                "room/hk_occupancy",
                "room/hk_seen_at",
                "room/turn",
                "room/turn_provisional",
            ],
            // Whom another desk gives the room to, that desk has to be asked.
            &["room/sellability", "room/cleanliness", "room/claim"],
        ),
        Action::Claim { .. } => (&["room/claim"], &["room/turn", "room/fo_occupancy", "room/sellability"]),
        Action::Release {} => (&["room/claim"], &[]),
        Action::QueueGuest { .. } => (&["room/waiting"], &["room/turn", "room/arrival"]),
        Action::LeaveQueue {} => (&["room/waiting"], &[]),
        Action::BeginDay { .. } => (&["room/*", "task/*"], &[]),
        Action::Undo { .. } => (&[], &[]),
    };
    Footprint { writes: paths(writes), relies_on: paths(relies_on) }
}
