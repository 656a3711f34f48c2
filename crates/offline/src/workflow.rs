//! What a workflow brings to the engine. Housekeeping is the first.

use crate::{EngineError, Sql, UnitOfWork};
use turndown_phrase::Phrase;
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

/// A look into the database for a workflow that is asked something while it is read.
pub trait Look {
    /// The one text that a statement without parameters answers with, if it answers.
    ///
    /// # Errors
    /// When SQLite refuses.
    fn text(&mut self, sql: &str) -> Result<Option<String>, EngineError>;
}

impl<S: Sql> Look for S {
    fn text(&mut self, sql: &str) -> Result<Option<String>, EngineError> {
        Ok(self.first(sql, [], |row| row.get::<_, Option<String>>(0))?.flatten())
    }
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

    /// Says where the entity's newest edit stands now, at the unit of work's revision; nothing else of it has changed.
    /// Answers whether there is such an entity.
    ///
    /// # Errors
    /// When the tables refuse.
    fn mark(&self, work: &mut UnitOfWork<'_>, entity: &EntityRef, local: LocalState) -> Result<bool, EngineError>;

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

    /// Whether an event belongs to a time that is over on the service's row. What it writes of that time
    /// ([`Workflow::is_passing`]) never merges by itself then: a person is asked.
    ///
    /// # Errors
    /// When the tables refuse.
    fn has_passed(&self, look: &mut dyn Look, theirs: &Fields, event: &Event) -> Result<bool, EngineError> {
        let _ = (look, theirs, event);
        Ok(false)
    }

    /// Whether an open event has nothing to add to a row, because what it does happened there by itself.
    fn is_there_already(&self, row: &Fields, event: &Event) -> bool {
        let _ = (row, event);
        false
    }

    /// Whether a path speaks of a time that passes, such as one guest's use of a room.
    fn is_passing(&self, path: &str) -> bool {
        let _ = path;
        false
    }

    /// Whether an entity can be in this state at all. The service holds every row to the same rule.
    ///
    /// # Errors
    /// What does not go together, in words for a person.
    fn goes_together(&self, fields: &Fields) -> Result<(), Phrase> {
        let _ = fields;
        Ok(())
    }

    /// Told of every event after it is sealed, still inside the transaction. For telemetry and derived tables.
    ///
    /// # Errors
    /// When the tables refuse.
    fn recorded(&self, work: &mut UnitOfWork<'_>, event: &Event) -> Result<(), EngineError> {
        let _ = (work, event);
        Ok(())
    }
}
