//! Why an action is not possible, each with a stable code and a plain sentence.

use serde::{Deserialize, Serialize};
use std::fmt;

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// A stable code for every refusal. Screens translate by it; tests name it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum RefusalCode { $($(#[$doc])* $name,)* }

        impl RefusalCode {
            /// Every code there is.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The code as it stands in answers and logs.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

codes! {
    /// The room has no such task.
    TaskNotFound = "TASK_NOT_FOUND",
    /// A task of that id is there already.
    TaskExists = "TASK_EXISTS",
    /// It is in progress already.
    TaskAlreadyStarted = "TASK_ALREADY_STARTED",
    /// It was not started yet.
    TaskNotStarted = "TASK_NOT_STARTED",
    /// It is paused already.
    TaskAlreadyPaused = "TASK_ALREADY_PAUSED",
    /// It is not paused.
    TaskNotPaused = "TASK_NOT_PAUSED",
    /// It is completed already.
    TaskAlreadyCompleted = "TASK_ALREADY_COMPLETED",
    /// It is not completed yet.
    TaskNotCompleted = "TASK_NOT_COMPLETED",
    /// It was inspected already.
    TaskAlreadyInspected = "TASK_ALREADY_INSPECTED",
    /// It was cancelled.
    TaskCancelled = "TASK_CANCELLED",
    /// The day that the task belongs to has an open task that does not fit this status.
    RoomTasksOpen = "ROOM_TASKS_OPEN",
    /// Somebody is working in the room.
    RoomTaskInProgress = "ROOM_TASK_IN_PROGRESS",
    /// The guest must not be disturbed.
    RoomDoNotDisturb = "ROOM_DO_NOT_DISTURB",
    /// The room is out of order.
    RoomOutOfOrder = "ROOM_OUT_OF_ORDER",
    /// The front office has the room as vacant.
    RoomVacant = "ROOM_VACANT",
    /// The front office has the room as occupied.
    RoomOccupied = "ROOM_OCCUPIED",
    /// Somebody means to give the room out.
    RoomClaimed = "ROOM_CLAIMED",
    /// Nobody is due in the room today.
    NobodyDue = "NOBODY_DUE",
    /// The action would change nothing.
    NothingToChange = "NOTHING_TO_CHANGE",
    /// The action needs a reason.
    ReasonRequired = "REASON_REQUIRED",
    /// A time of day is none.
    TimeUnreadable = "TIME_UNREADABLE",
    /// A text is over its limit.
    TextTooLong = "TEXT_TOO_LONG",
    /// A text has characters that cannot be shown.
    TextUnreadable = "TEXT_UNREADABLE",
    /// Nobody of that id works here.
    StaffUnknown = "STAFF_UNKNOWN",
    /// Something recorded later stands on the action.
    UndoStoodUpon = "UNDO_STOOD_UPON",
    /// The action cannot be undone, or is not known here.
    UndoUnknown = "UNDO_UNKNOWN",
    /// No such action, or its arguments are not understood.
    ActionUnknown = "ACTION_UNKNOWN",
    /// The changes are not what the action does.
    ChangesDoNotFit = "CHANGES_DO_NOT_FIT_ACTION",
    /// The result would not be a state a room can be in.
    IllegalState = "ILLEGAL_STATE",
}

impl fmt::Display for RefusalCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for RefusalCode {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for RefusalCode {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        Self::ALL
            .iter()
            .copied()
            .find(|code| code.as_str() == text)
            .ok_or_else(|| serde::de::Error::custom(format!("unknown refusal code {text}")))
    }
}

/// Why an action was refused: the code for machines, the sentence for the person at the desk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// The stable code.
    pub code: RefusalCode,
    /// What is wrong and what to do, in one or two plain sentences.
    pub message: String,
}

impl Refusal {
    /// A refusal.
    #[must_use]
    pub fn new(code: RefusalCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}
