//! The radio line: what it would record, before anything is recorded.

use crate::app::{Answer, App};
use crate::dto::{RadioEcho, RadioProblem, RadioRoom};
use crate::views::Names;
use crate::words;
use turndown_desk::Desk;
use turndown_domain::radio::{self, Heard, House, Misheard};
use turndown_domain::{Context, PropertyBook, RefusalCode, RoomId, TaskId, Unit, decide};
use turndown_protocol::ActorId;

impl App {
    /// Understands a line of the radio entry: the actions of every room, with what the rules say to each, and how the
    /// last word could go on. Nothing is recorded.
    ///
    /// # Errors
    /// When nobody is working here or the database refuses. What is not understood is part of the answer.
    pub fn radio(&self, line: &str) -> Answer<RadioEcho> {
        let desk = self.desk()?;
        let actor = self.actor()?;
        let book = self.check(desk.book())?.unwrap_or_default();
        let rooms = self.check(desk.room_numbers())?;
        // A room that cannot be read is no room for this line; the board says what is wrong with it.
        let unit = |id: &RoomId| desk.room(&id.0).ok().flatten().map(|row| row.unit);
        let new_task = || TaskId(self.new_event_id().to_string());
        let house = House { rooms: &rooms, staff: &book.staff, unit: &unit, new_task: &new_task };
        let completions = radio::completions(line, &house);
        Ok(match radio::understand(line, &house) {
            Ok(heard) => {
                let rooms = heard.into_iter().map(|heard| self.echo(&desk, &book, &actor, heard)).collect();
                RadioEcho { rooms, problem: None, completions }
            }
            Err(misheard) => RadioEcho { rooms: vec![], problem: Some(problem(misheard)), completions },
        })
    }

    /// What one room's actions would do. What is so already is left out.
    fn echo(&self, desk: &Desk, book: &PropertyBook, actor: &ActorId, heard: Heard) -> RadioRoom {
        let names = Names::of(Some(book));
        let mut echo =
            RadioRoom { room_id: heard.room, number: heard.number, actions: vec![], says: vec![], problem: None };
        let actions = match heard.actions {
            Ok(actions) => actions,
            Err(misheard) => return RadioRoom { problem: Some(problem(misheard)), ..echo },
        };
        let Ok(Some(row)) = desk.room(&echo.room_id.0) else { return echo };
        let mut fields = row.unit.to_fields();
        let service_day = book.property.service_day.as_str();
        let context = Context { now: self.now(), service_day, actor, book, undo_of: None };
        for action in actions {
            match decide(&fields, &action, &context) {
                Ok(decision) => {
                    for (path, change) in decision.changes {
                        fields.set(path, change.new);
                    }
                    echo.says.push(words::done(&action, Unit::from_fields(&fields).ok().as_ref(), &names));
                    echo.actions.push(action);
                }
                Err(refusal) if refusal.code == RefusalCode::NothingToChange => {}
                Err(refusal) => {
                    let (code, message) = (refusal.code.as_str().to_owned(), refusal.message);
                    echo.problem = Some(RadioProblem { code, message });
                    break;
                }
            }
        }
        echo
    }
}

fn problem(misheard: Misheard) -> RadioProblem {
    RadioProblem { code: misheard.code.into(), message: misheard.message }
}
