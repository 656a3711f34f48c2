//! Room on the disk: a desk that is about to run out of it says so before it has to refuse, and refuses before a commit
//! fails half way through a shift.

use crate::EngineError;
use crate::engine::{Engine, Shared, Sort, lock};

/// Below this the desk warns.
const LOW: u64 = 200 << 20;
/// Below this no new action can be promised.
const NONE: u64 = 50 << 20;

/// How much room there is for new actions.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Space {
    /// Enough.
    #[default]
    Enough,
    /// Less than 200 MB.
    Low {
        /// Bytes that are free.
        free: u64,
    },
    /// Less than 50 MB: new actions are refused with `DISK_FULL` until there is more. What waits is still sent.
    None {
        /// Bytes that are free.
        free: u64,
    },
}

impl Engine {
    /// Looks how much room there is. Views hear of a change as [`Sort::Status`].
    pub fn look_at_space(&self) -> Space {
        let shared = self.shared();
        let before = self.space();
        let now = shared.look_at_space();
        if std::mem::discriminant(&before) != std::mem::discriminant(&now) {
            tracing::info!(?before, ?now, "the room on the disk");
            self.announce(Sort::Status);
        }
        now
    }

    /// What the last look found.
    #[must_use]
    pub fn space(&self) -> Space {
        *lock(&self.shared().space)
    }
}

impl Shared {
    fn look_at_space(&self) -> Space {
        let space = match self.disk.free_bytes(self.folder()) {
            Ok(free) if free < NONE => Space::None { free },
            Ok(free) if free < LOW => Space::Low { free },
            Ok(_) => Space::Enough,
            Err(error) => {
                // Not knowing is no reason to refuse work: a commit that finds no room says so itself.
                tracing::warn!(%error, "the disk does not say how much room there is");
                Space::Enough
            }
        };
        *lock(&self.space) = space;
        space
    }

    /// Refuses a new action where there is no room for it. Looks again first, so that it is lifted at once.
    pub(crate) fn has_space(&self) -> Result<(), EngineError> {
        let known = *lock(&self.space);
        match known {
            Space::None { .. } if matches!(self.look_at_space(), Space::None { .. }) => Err(EngineError::NoSpace),
            _ => Ok(()),
        }
    }
}
