//! Why an action is not possible, each with a stable code and a plain sentence.

use crate::decide::turns_direction;
use serde::{Deserialize, Serialize};
use std::fmt;
use turndown_phrase::{Phrase, phrase};

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
    /// The role of whoever did it does not let them.
    RoleMayNot = "ROLE_MAY_NOT",
    /// Whoever did it has no pass, or none any more.
    PassMissing = "PASS_MISSING",
    /// The pass of whoever did it had run out.
    PassExpired = "PASS_EXPIRED",
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

impl RefusalCode {
    /// What a code says by itself: for an answer of the service, which comes in English.
    #[must_use]
    pub fn sentence(self) -> Phrase {
        match self {
            Self::TaskNotFound => phrase!("The room has no such task any more."),
            Self::TaskExists => phrase!("That task is there already."),
            Self::TaskAlreadyStarted => phrase!("This task is already in progress."),
            Self::TaskNotStarted => phrase!("This task was not started yet. Start it first."),
            Self::TaskAlreadyPaused => phrase!("This task is already paused."),
            Self::TaskNotPaused => phrase!("This task is not paused."),
            Self::TaskAlreadyCompleted => phrase!("This task is already completed."),
            Self::TaskNotCompleted => phrase!("This task is not completed yet. Complete it before it is inspected."),
            Self::TaskAlreadyInspected => phrase!("This task is already inspected."),
            Self::TaskCancelled => phrase!("This task was cancelled."),
            Self::RoomTasksOpen => phrase!("The room has open tasks that do not fit this. Complete them one by one."),
            Self::RoomTaskInProgress => phrase!("Somebody is working in the room. Pause or complete the task first."),
            Self::RoomDoNotDisturb => phrase!("The guest must not be disturbed."),
            Self::RoomOutOfOrder => phrase!("The room is out of order. Bring it back into service first."),
            Self::RoomVacant => phrase!("The front desk has the room as vacant."),
            Self::RoomOccupied => phrase!("The front desk has the room as occupied."),
            Self::RoomClaimed => phrase!("Somebody means to give out the room already."),
            Self::NobodyDue => phrase!("Nobody is due in the room today."),
            Self::NothingToChange => phrase!("It is like that already. Nothing was changed."),
            Self::ReasonRequired => phrase!("A reason is needed."),
            Self::TimeUnreadable => {
                phrase!("That is no time of day. Write it as hours and minutes, for example 14:30.")
            }
            Self::TextTooLong => phrase!("That text is too long."),
            Self::TextUnreadable => {
                phrase!("That text has characters that cannot be shown. Type it again without them.")
            }
            Self::StaffUnknown => phrase!("That person is not on today's staff list. Choose somebody else."),
            Self::RoleMayNot => {
                phrase!("The role of whoever did this does not include it. Somebody whose role does can try it again.")
            }
            Self::PassMissing => phrase!("Whoever did this had no pass. Somebody who has one can try it again."),
            Self::PassExpired => {
                phrase!("The pass of whoever did this had run out. Somebody who is signed in now can try it again.")
            }
            Self::UndoStoodUpon => phrase!(
                "Something newer stands on that action, so it cannot be undone any more. Record the opposite action \
                 instead."
            ),
            Self::UndoUnknown => phrase!("That action cannot be undone. Record the opposite action instead."),
            Self::ActionUnknown => phrase!("The service does not know this action, or cannot read it."),
            Self::ChangesDoNotFit => phrase!("What was recorded is not what this action does."),
            Self::IllegalState => phrase!("A room cannot be in such a state."),
        }
    }
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
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// The stable code.
    pub code: RefusalCode,
    /// What is wrong and what to do, in one or two plain sentences.
    pub message: Phrase,
}

impl Refusal {
    /// A refusal.
    #[must_use]
    pub fn new(code: RefusalCode, message: Phrase) -> Self {
        Self { code, message }
    }

    /// A refusal that only the service makes, in its own words: no desk records such an event, and a screen shows what
    /// the code says. What the words repeat of the event may be long and have characters that cannot be shown; the
    /// refusal is kept as long as the event is.
    #[must_use]
    pub fn verbatim(code: RefusalCode, words: impl Into<String>) -> Self {
        const CHARS_MAX: usize = 400;
        let words: String = words.into();
        let shown = |c: char| if c.is_control() || turns_direction(c) { '\u{fffd}' } else { c };
        let mut cut: String = words.chars().take(CHARS_MAX).map(shown).collect();
        if words.chars().count() > CHARS_MAX {
            cut.push_str("...");
        }
        Self { code, message: Phrase::verbatim(cut) }
    }
}
