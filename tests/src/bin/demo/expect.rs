//! What the service should hold in the end, worked out from what was acknowledged to people: the desk's answers, the
//! other workplaces' answers, and the choices made. Neither the desk's database nor the service's trail is asked.

use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};
use turndown_app::dto::Side;
use turndown_domain::{Action, Context, PropertyBook, decide, is_stamp};
use turndown_protocol::{ActorId, Fields, Snapshot};

/// A decision about a room, with what was on the screen.
struct Decided {
    choices: BTreeMap<String, Side>,
    theirs: Fields,
}

/// The house as it should be.
pub struct Expectation {
    book: PropertyBook,
    /// Before the outage.
    before: BTreeMap<String, Fields>,
    /// With what was acknowledged at this desk.
    mine: BTreeMap<String, Fields>,
    /// Fields that this desk wrote, whatever they are now: there and back again is still its own doing.
    written: BTreeMap<String, BTreeSet<String>>,
    /// With what was acknowledged elsewhere.
    theirs: BTreeMap<String, Fields>,
    decided: BTreeMap<String, Decided>,
}

/// A field that is not as it should be.
#[derive(Debug, Clone, PartialEq)]
pub struct Wrong {
    pub room: String,
    pub path: String,
    pub expected: serde_json::Value,
    pub found: serde_json::Value,
}

impl Expectation {
    /// From what the service had when the outage began.
    pub fn from(snapshot: Snapshot) -> Self {
        let book = serde_json::from_value(snapshot.reference.document).expect("the hotel's book");
        let before: BTreeMap<String, Fields> =
            snapshot.rows.into_iter().filter(|row| !row.deleted).map(|row| (row.entity.id, row.fields)).collect();
        Self {
            book,
            mine: before.clone(),
            theirs: before.clone(),
            before,
            written: BTreeMap::new(),
            decided: BTreeMap::new(),
        }
    }

    /// The desk acknowledged this.
    ///
    /// # Panics
    /// When the rules say that it cannot have.
    pub fn acknowledged_here(&mut self, room: &str, action: &Action, now: DateTime<Utc>) {
        let fields = self.mine.get_mut(room).unwrap_or_else(|| panic!("room {room} is known"));
        let day = &self.book.property.service_day;
        let lead = ActorId::parse("lead").expect("an id");
        let context = Context { now, service_day: day, actor: &lead, book: &self.book, undo_of: None };
        let decision = decide(fields, action, &context)
            .unwrap_or_else(|refusal| panic!("the desk took {action:?} in room {room}: {}", refusal.message));
        let written = self.written.entry(room.to_owned()).or_default();
        for (path, change) in decision.changes {
            written.insert(path.clone());
            fields.set(path, change.new);
        }
    }

    /// Another workplace's change was acknowledged; this is the room after it.
    pub fn acknowledged_elsewhere(&mut self, room: &str, after: Fields) {
        self.theirs.insert(room.to_owned(), after);
    }

    /// A person decided about a room, with the service's row as it was on the screen.
    pub fn decided(&mut self, room: &str, choices: BTreeMap<String, Side>, theirs: Fields) {
        self.decided.insert(room.to_owned(), Decided { choices, theirs });
    }

    /// Rooms that were changed on both sides.
    pub fn on_both_sides(&self) -> usize {
        self.before
            .iter()
            .filter(|(room, before)| self.mine.get(*room) != Some(before) && self.theirs.get(*room) != Some(before))
            .count()
    }

    fn room(&self, room: &str) -> Fields {
        let side = |of: &BTreeMap<String, Fields>| of.get(room).cloned().unwrap_or_default();
        let (before, mine) = (side(&self.before), side(&self.mine));
        let (decided, written) = (self.decided.get(room), self.written.get(room));
        let theirs = decided.map_or_else(|| side(&self.theirs), |decided| decided.theirs.clone());
        let paths: BTreeSet<&str> =
            before.iter().chain(mine.iter()).chain(theirs.iter()).map(|(path, _)| path).collect();
        paths
            .into_iter()
            .map(|path| {
                let value = match decided.and_then(|decided| decided.choices.get(path)) {
                    Some(Side::Mine) => mine.get(path),
                    // Nobody writes anything anew here.
                    Some(Side::Theirs | Side::Edited) => theirs.get(path),
                    None if written.is_some_and(|written| written.contains(path)) => mine.get(path),
                    None => theirs.get(path),
                };
                (path.to_owned(), value.clone())
            })
            .collect()
    }

    /// Compares with what the service holds: fields that miss an acknowledged effect, and fields that have one that
    /// nobody asked for. Stamps say only when something was done and are left out.
    pub fn compare(&self, snapshot: &Snapshot) -> (Vec<Wrong>, Vec<Wrong>) {
        let found: BTreeMap<&str, &Fields> =
            snapshot.rows.iter().map(|row| (row.entity.id.as_str(), &row.fields)).collect();
        let (mut missing, mut surplus) = (vec![], vec![]);
        for room in self.before.keys() {
            let expected = self.room(room);
            let empty = Fields::new();
            let held = found.get(room.as_str()).copied().unwrap_or(&empty);
            let before = &self.before[room];
            let paths: BTreeSet<&str> = expected.iter().chain(held.iter()).map(|(path, _)| path).collect();
            for path in paths.into_iter().filter(|path| !is_stamp(path) && expected.get(path) != held.get(path)) {
                let wrong = Wrong {
                    room: room.clone(),
                    path: path.to_owned(),
                    expected: expected.get(path).clone(),
                    found: held.get(path).clone(),
                };
                if expected.get(path) == before.get(path) { surplus.push(wrong) } else { missing.push(wrong) }
            }
        }
        (missing, surplus)
    }
}
