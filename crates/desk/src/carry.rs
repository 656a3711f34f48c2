//! Another desk's work that is sent from this one.

use crate::actions::{Refused, refused};
use crate::{ActError, Desk};
use turndown_domain::{WORKFLOW, reason_needed};
use turndown_offline::{CarryHotel, Decide, Draft, EngineError, Intent, RecordError, Recorded};
use turndown_phrase::phrase;
use turndown_protocol::{ActorId, EventId};

impl Desk {
    /// The hotel that a file has to be of to be carried here, once this desk has met its service and loaded its rooms.
    ///
    /// # Errors
    /// When the database refuses or what is stored cannot be read.
    pub fn carry_hotel(&self) -> Result<Option<CarryHotel>, EngineError> {
        let (book, store_id) = (self.book()?, self.engine().fact("store_id")?);
        Ok(book.zip(store_id).map(|(book, store_id)| CarryHotel { property_id: book.property.id.clone(), store_id }))
    }

    /// Gives up another desk's action that the service did not take, by name and with a reason, together with what its
    /// desk did behind it: what the service has stands. The actions stay in the record, as their authors', and this
    /// decision as this person's. If their own desk comes back, it hears that they are settled.
    ///
    /// # Errors
    /// When there is no fit reason, the action is not one that needs a look, or the database refused; nothing was saved
    /// then.
    pub fn discard_carried(
        &self,
        carried: &EventId,
        event_id: EventId,
        actor: ActorId,
        reason: &str,
    ) -> Result<Recorded, ActError> {
        let reason = reason_needed(Some(reason), phrase!("Say why you give it up."))?;
        let row = self.engine().carried_row(carried)?.ok_or(ActError::NothingToDiscard)?;
        let (desk, old) = (self.clone(), row.sealed.event);
        let entity = old.entity.clone();
        let decide: Decide<Refused> = Box::new(move |work, _| {
            let settles = work.carried_lane(&old.event_id)?;
            if settles.is_empty() {
                return Err(RecordError::Refused(Refused::NothingToDiscard));
            }
            let book = desk.housekeeping.book(work)?;
            Ok(Draft {
                workflow: WORKFLOW.into(),
                turn: old.turn,
                service_day: book.map(|book| book.property.service_day.clone()).or(old.service_day),
                action: "discard".into(),
                args: serde_json::json!({ "reason": reason }),
                settles,
                ..Draft::default()
            })
        });
        self.engine().record(Intent { event_id, actor, entity, decide }).map_err(|error| refused(error, ""))
    }
}
