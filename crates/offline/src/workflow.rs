//! What a workflow brings to the engine. Housekeeping is the first.

use crate::{EngineError, UnitOfWork};
use turndown_protocol::{EntityRef, Event, Fields, Reference};

/// Where the newest edit of this desk on an entity stands, worst first when several are open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LocalState {
    /// Nothing of this desk is outstanding.
    Server,
    /// Saved here, not acknowledged yet.
    Waiting,
    /// Refused or given up; a person has to look.
    Failed,
    /// In conflict; a person has to look.
    Conflict,
}

impl LocalState {
    /// The state as the workflow's tables keep it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Waiting => "waiting",
            Self::Failed => "failed",
            Self::Conflict => "conflict",
        }
    }

    /// Reads it back.
    #[must_use]
    pub fn from_str_or_server(text: &str) -> Self {
        match text {
            "waiting" => Self::Waiting,
            "failed" => Self::Failed,
            "conflict" => Self::Conflict,
            _ => Self::Server,
        }
    }
}

/// What the engine knows of an entity besides its fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EntityState {
    /// Where this desk's newest edit stands.
    pub local: LocalState,
    /// Somebody's edit of it is in conflict, here or elsewhere.
    pub contested: bool,
}

/// A workflow keeps its own tables, in the engine's transactions.
pub trait Workflow: Send + Sync + 'static {
    /// Whether this workflow keeps rows for entities of that kind.
    fn keeps(&self, kind: &str) -> bool;

    /// The entity as this desk sees it; `None` when there is no such entity.
    ///
    /// # Errors
    /// When the tables refuse or hold something unreadable.
    fn read(&self, work: &mut UnitOfWork<'_>, entity: &EntityRef) -> Result<Option<Fields>, EngineError>;

    /// Makes the workflow's rows say what the fields say, at the unit of work's revision.
    ///
    /// # Errors
    /// When the tables refuse.
    fn write(
        &self,
        work: &mut UnitOfWork<'_>,
        entity: &EntityRef,
        fields: &Fields,
        state: EntityState,
    ) -> Result<(), EngineError>;

    /// The entity is gone.
    ///
    /// # Errors
    /// When the tables refuse.
    fn remove(&self, work: &mut UnitOfWork<'_>, entity: &EntityRef) -> Result<(), EngineError>;

    /// Takes a new reference document (settings, people, bookings).
    ///
    /// # Errors
    /// When it cannot be read or the tables refuse.
    fn take_reference(&self, work: &mut UnitOfWork<'_>, reference: &Reference) -> Result<(), EngineError>;

    /// Whether a path only says when something was done, so that it never makes a conflict.
    fn is_stamp(&self, path: &str) -> bool;

    /// Told of every event after it is sealed, still inside the transaction. For telemetry and derived tables.
    ///
    /// # Errors
    /// When the tables refuse.
    fn recorded(&self, work: &mut UnitOfWork<'_>, event: &Event) -> Result<(), EngineError> {
        let _ = (work, event);
        Ok(())
    }
}
