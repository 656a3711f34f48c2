//! Housekeeping on the offline engine.
//!
//! [`Desk`] is the open database of one desk. [`Desk::act`] decides an action by the hotel's rules and has the engine
//! record it; [`Desk::rooms`] answers what the board and the front desk show. The tables `rooms_local`, `tasks_local`
//! and `staff_local` are a picture: everything in them can be made again from what the engine keeps.
//!
//! Deliberately absent: the network, screens, and any rule of its own — rules are in `turndown-domain`.

mod actions;
mod carry;
mod day;
mod housekeeping;
mod on_hold;
mod rooms;
mod staleness;

pub use actions::{ActError, DeskAction};
pub use day::Began;
pub use housekeeping::Housekeeping;
pub use rooms::{RoomRow, Rooms};
pub use staleness::{EMERGENCY, Emergency, STALE_LIMIT, Staleness, Standing};

use std::path::Path;
use std::sync::Arc;
use turndown_domain::PropertyBook;
use turndown_offline::{Engine, EngineError, Environment, OpenConfig, OpenError, StartReport};

mod embedded {
    refinery::embed_migrations!("../../migrations/desk");
}

/// The migrations of a desk's database: the engine's and housekeeping's, in one sequence.
#[must_use]
pub fn migrations() -> refinery::Runner {
    embedded::migrations::runner()
}

/// The open database of one desk. Cheap to clone.
#[derive(Clone)]
pub struct Desk {
    engine: Engine,
    housekeeping: Arc<Housekeeping>,
}

impl Desk {
    /// Opens the desk's database in a folder, making it when there is none.
    ///
    /// # Errors
    /// See [`OpenError`]; the files are then as they were.
    pub fn open(folder: &Path, environment: Arc<dyn Environment>) -> Result<(Self, StartReport), OpenError> {
        Self::open_with(&OpenConfig::new(folder.to_owned(), migrations()), environment)
    }

    /// The same on another disk or on the caller's thread.
    ///
    /// # Errors
    /// As [`Desk::open`].
    pub fn open_with(config: &OpenConfig, environment: Arc<dyn Environment>) -> Result<(Self, StartReport), OpenError> {
        let housekeeping = Arc::new(Housekeeping::default());
        let (engine, report) = Engine::open(config, Arc::clone(&housekeeping) as _, environment)?;
        let desk = Self { engine, housekeeping };
        if let Some(repair) = &report.repair {
            // The rooms come back with the next snapshot; what was recorded shows at once on what is known.
            tracing::warn!(?repair, "the desk's data was repaired");
        }
        Ok((desk, report))
    }

    /// The engine below.
    #[must_use]
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The hotel's settings, people and bookings, once a snapshot has come.
    ///
    /// # Errors
    /// When the database refuses or the document cannot be read.
    pub fn book(&self) -> Result<Option<Arc<PropertyBook>>, EngineError> {
        self.engine.read(|mut connection| self.housekeeping.book(&mut connection))
    }
}
