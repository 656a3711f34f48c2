//! One place where what went wrong below becomes what a person reads: code, sentence, next step, reference.

use crate::dto::CommandError;
use turndown_desk::ActError;
use turndown_domain::note_text;
use turndown_offline::{EngineError, HoldRefusal, OpenError};
use turndown_phrase::{Phrase, phrase};

/// The longest name of a room, in characters.
const ROOM_CHARS_MAX: usize = 64;

impl CommandError {
    /// An error for a person. The reference is made here and logged with the cause, so that support can find one by
    /// the other.
    pub(crate) fn new(code: impl Into<String>, message: Phrase, next_step: Phrase, reference: String) -> Self {
        Self { code: code.into(), message, next_step, reference }
    }
}

impl std::fmt::Display for CommandError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} ({}, {})", self.message, self.next_step, self.code, self.reference)
    }
}

impl std::error::Error for CommandError {}

/// Writes the whole chain of causes to the log under a reference.
pub(crate) fn logged(reference: &str, error: &(dyn std::error::Error + 'static)) {
    let mut chain = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        chain = format!("{chain}: {cause}");
        next = cause.source();
    }
    tracing::warn!(reference, "{chain}");
}

pub(crate) fn from_engine(error: &EngineError, reference: String) -> CommandError {
    logged(&reference, error);
    CommandError::new(error.code(), error.message(), error.next_step(), reference)
}

pub(crate) fn from_open(error: &OpenError, reference: String) -> CommandError {
    logged(&reference, error);
    CommandError::new(error.code(), error.message(), error.next_step(), reference)
}

pub(crate) fn from_act(error: &ActError, reference: String) -> CommandError {
    match error {
        ActError::Refused(refusal) => {
            CommandError::new(refusal.code.as_str(), refusal.message.clone(), Phrase::verbatim(""), reference)
        }
        ActError::Settlement(refusal) => {
            CommandError::new(refusal.code(), refusal.message(), phrase!("Look at the conflict again."), reference)
        }
        ActError::NotLoaded => CommandError::new(
            "HOTEL_NOT_LOADED",
            phrase!("The hotel's rooms have not come yet."),
            phrase!("Wait for the first load, or look at the connection."),
            reference,
        ),
        ActError::NoRoom(room) => CommandError::new(
            "ROOM_UNKNOWN",
            // What no room is called is not said back: it may be long, or turn the sentence round.
            if note_text(room).is_ok() && room.chars().count() <= ROOM_CHARS_MAX {
                phrase!("There is no room {room} here.", room)
            } else {
                phrase!("There is no such room here.")
            },
            phrase!("Look at the board again; the room may have been taken out."),
            reference,
        ),
        ActError::NothingToRetry => CommandError::new(
            "NOTHING_TO_RETRY",
            phrase!("There is nothing to try again here."),
            phrase!("Look at the Sync Center again; it may have been settled meanwhile."),
            reference,
        ),
        ActError::NothingToDiscard => CommandError::new(
            "NOTHING_TO_DISCARD",
            phrase!("There is nothing to give up here."),
            phrase!("Look at the Sync Center again; it may have been settled meanwhile."),
            reference,
        ),
        ActError::Stale => CommandError::new(
            "OFFLINE_PRIMER_STALE",
            phrase!("What this desk knows is more than 24 hours old."),
            phrase!("Refresh it, or have a manager go on. What is recorded stays and will be sent."),
            reference,
        ),
        ActError::NotAManager => CommandError::new(
            "MANAGER_NEEDED",
            phrase!("Only a manager can go on with old data."),
            phrase!("Have a manager choose their name at this desk, and go on."),
            reference,
        ),
        ActError::NothingToGoOnFrom => CommandError::new(
            "EMERGENCY_NOT_NEEDED",
            phrase!("The board is open, and will be for some hours."),
            phrase!("Go on working. It can be prolonged when it is about to end."),
            reference,
        ),
        ActError::Hold(refusal) => {
            let (code, message) = match refusal {
                HoldRefusal::Unknown => ("ROOM_UNKNOWN", phrase!("There is no such room here.")),
                HoldRefusal::AlreadyOnHold => {
                    ("ALREADY_ON_HOLD", phrase!("Somebody has put this room on hold already."))
                }
                HoldRefusal::NotOnHold => ("NOT_ON_HOLD", phrase!("This room is not on hold.")),
            };
            CommandError::new(
                code,
                message,
                phrase!("Look at the Sync Center again; it says what is on hold."),
                reference,
            )
        }
        ActError::Engine(error) => from_engine(error, reference),
    }
}
