//! Rooms that a person holds back: they are worked on as ever, and nothing of it is sent until they are let go.

use crate::actions::lift;
use crate::{ActError, Desk};
use turndown_domain::{ROOM, reason_needed};
use turndown_offline::Recorded;
use turndown_phrase::phrase;
use turndown_protocol::{ActorId, EntityRef, EventId};

impl Desk {
    /// Holds a room back from now on, by name and with a reason.
    ///
    /// # Errors
    /// When there is no fit reason, no such room or it is on hold already, or the database refused; nothing was saved
    /// then.
    pub fn put_on_hold(
        &self,
        event_id: EventId,
        actor: ActorId,
        room: &str,
        reason: &str,
    ) -> Result<Recorded, ActError> {
        let reason = reason_needed(Some(reason), phrase!("Say why you hold it back."))?;
        self.engine().put_on_hold(event_id, actor, EntityRef::new(ROOM, room), reason).map_err(lift)
    }

    /// Lets a room go, by name: what waits of it is sent.
    ///
    /// # Errors
    /// When it is not on hold, or the database refused; nothing was saved then.
    pub fn let_go(&self, event_id: EventId, actor: ActorId, room: &str) -> Result<Recorded, ActError> {
        self.engine().let_go(event_id, actor, EntityRef::new(ROOM, room)).map_err(lift)
    }
}
