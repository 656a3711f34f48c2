//! A conflict, field by field, in hotel words.

use super::outbox::title;
use super::{Names, desk, here};
use crate::dto::{Authorship, ConflictField, ConflictHead, ConflictView, Side, Situation, Suggestion};
use crate::words;
use chrono::DateTime;
use serde_json::Value;
use turndown_domain::{NOTE_CHARS_MAX, Occupancy, TaskId, Unit, is_turn_bound};
use turndown_offline::{Conflict, Pick, SERVICE_RESTORED};
use turndown_phrase::{Phrase, phrase};
use turndown_protocol::{Fields, InstallId};

/// One line in a list.
pub fn head(conflict: &Conflict, names: &Names) -> ConflictHead {
    let story = Story::of(conflict, names);
    ConflictHead {
        entity_kind: conflict.entity.kind.clone(),
        entity_id: conflict.entity.id.clone(),
        title: story.number.clone(),
        summary: story.told(),
        since: conflict.since.clone(),
        fields: u32::try_from(conflict.contested.len()).unwrap_or(u32::MAX),
        given_twice: story.situation == Situation::GivenTwice,
    }
}

/// The whole conflict.
pub fn view(conflict: &Conflict, own: &InstallId, names: &Names) -> ConflictView {
    let story = Story::of(conflict, names);
    let field = |path: &String| story.field(path, own);
    let unit = story.unit.as_ref();
    ConflictView {
        entity_kind: conflict.entity.kind.clone(),
        entity_id: conflict.entity.id.clone(),
        title: story.number.clone(),
        situation: story.situation,
        summary: story.told(),
        version: conflict.theirs.version,
        fields: conflict.contested.iter().map(field).collect(),
        merged: conflict.merged.iter().map(field).collect(),
        settles: conflict.events.iter().map(|sealed| sealed.event.event_id.to_string()).collect(),
        my_actions: conflict.events.iter().map(|sealed| words::summary(&sealed.event, unit, names)).collect(),
        can_look: !conflict.theirs.deleted,
    }
}

/// What whoever is sent to look has to know: what both sides say, and who.
pub fn to_look_at(view: &ConflictView) -> String {
    let by = |by: &Option<Authorship>| by.as_ref().map(|by| format!(" ({})", by.actor)).unwrap_or_default();
    let sides = view.fields.iter().map(|field| {
        let (mine, theirs) = (by(&field.mine_by), by(&field.theirs_by));
        format!("{}: {}{mine} here, {}{theirs} elsewhere.", field.label, field.mine, field.theirs)
    });
    let note = std::iter::once("Look which is so.".to_owned()).chain(sides).collect::<Vec<_>>().join(" ");
    note.chars().take(NOTE_CHARS_MAX).collect()
}

/// Whether a person may write the field's text anew.
pub fn is_editable(path: &str) -> bool {
    path.ends_with("/note")
}

/// What happened between this desk and the service, as far as it can be told from both sides' values.
struct Story<'a> {
    conflict: &'a Conflict,
    names: &'a Names,
    unit: Option<Unit>,
    number: String,
    situation: Situation,
    /// The field that tells it.
    telling: Option<&'a str>,
}

impl<'a> Story<'a> {
    fn of(conflict: &'a Conflict, names: &'a Names) -> Self {
        let unit = Unit::from_fields(&conflict.mine).ok();
        let number = title(&conflict.entity, unit.as_ref());
        let (situation, telling) = situation(conflict);
        Self { conflict, names, unit, number, situation, telling }
    }

    fn theirs(&self, path: &str) -> &'a Value {
        self.conflict.theirs.fields.get(path)
    }

    /// Who gave the telling field the value that it has at the service.
    fn whose(&self) -> Option<Phrase> {
        let by = |path: &str| self.conflict.theirs.provenance.get(path);
        let by = self.telling.and_then(by).or_else(|| self.conflict.contested.iter().find_map(|path| by(path)));
        by.map(|by| self.names.person(&by.actor_id))
    }

    /// What this desk did last to the telling field, or first of all.
    fn done(&self) -> Option<Phrase> {
        let mut own = self.conflict.events.iter().filter(|sealed| sealed.event.settles.is_empty());
        let telling = self.telling.and_then(|path| {
            own.clone()
                .rfind(|sealed| sealed.event.changes.contains_key(path) || sealed.event.relies_on.contains_key(path))
        });
        let sealed = telling.or_else(|| own.next())?;
        Some(words::summary(&sealed.event, self.unit.as_ref(), self.names))
    }

    /// The work that the telling field is about.
    fn work(&self) -> Phrase {
        let id = self.telling.and_then(|path| path.strip_prefix("task/")?.split('/').next());
        let task = id.and_then(|id| self.unit.as_ref()?.tasks.get(&TaskId(id.to_owned())));
        task.map_or_else(|| phrase!("work"), |task| words::kind(task.kind))
    }

    /// Whether what tells the story was done at the other side after all of this desk's own, by both desks' clocks. It
    /// makes words and no decision.
    fn came_later(&self) -> bool {
        let time = |text: &str| DateTime::parse_from_rfc3339(text).ok();
        let theirs = self.telling.and_then(|path| self.conflict.theirs.provenance.get(path));
        let theirs = theirs.and_then(|by| time(&by.recorded_at));
        let mine = self.conflict.events.iter().filter_map(|sealed| time(&sealed.event.recorded_at)).max();
        theirs.zip(mine).is_some_and(|(theirs, mine)| theirs > mine)
    }

    /// Whether the front desk could give the room out, whichever side stands, were it only ready.
    fn is_free(&self) -> bool {
        let is_free = |unit: &Unit| unit.room.fo_occupancy != Occupancy::Occupied && unit.room.sellability.assignable;
        let theirs = Unit::from_fields(&self.conflict.theirs.fields);
        self.unit.as_ref().is_some_and(is_free) && theirs.is_ok_and(|unit| is_free(&unit))
    }

    /// Whether the work that a field is about was done at this desk.
    fn is_done_here(&self, path: &str) -> bool {
        let status = path.rsplit_once('/').map(|(task, _)| self.conflict.mine.get(&format!("{task}/status")));
        matches!(status.and_then(Value::as_str), Some("completed" | "inspected"))
    }

    /// A reason that stands beside the telling field.
    fn reason(&self) -> Option<&str> {
        match (self.situation, self.telling) {
            (Situation::CancelledElsewhere, Some(path)) => {
                let path = path.replace("/status", "/cancelled_because");
                self.theirs(&path).as_str()
            }
            (Situation::OutOfOrder, Some(path)) => self.theirs(path).get("reason").and_then(Value::as_str),
            _ => None,
        }
    }

    /// What happened, and behind it what the other side gave as its reason and what this desk had done.
    fn told(&self) -> Phrase {
        let (happened, ends_with_what_was_done) = self.happened();
        let told = match self.reason() {
            Some(reason) => words::then(Some(happened), phrase!("Reason given there: {reason}.", reason)),
            None => happened,
        };
        match self.done().filter(|_| ends_with_what_was_done) {
            Some(done) => words::then(Some(told), phrase!("Done here: {done}.", done)),
            None => told,
        }
    }

    fn happened(&self) -> (Phrase, bool) {
        let number = &self.number;
        let who = self.whose().unwrap_or_else(|| phrase!("Somebody"));
        let work = self.work();
        let happened = match self.situation {
            Situation::GivenTwice => phrase!(
                "Room {number} was given to two guests: {who} gave it out elsewhere, and this desk did too. Before \
                 anybody gets a key, ask the other desk which guest has it.",
                number,
                who
            ),
            Situation::Restored => {
                return (
                    phrase!(
                        "The hotel's service was restored from a backup. What this desk did in room {number} before \
                         does not fit what the service has now.",
                        number
                    ),
                    false,
                );
            }
            Situation::PreviousTurn => {
                return (
                    phrase!(
                        "What was done here belongs to the guest who had room {number} before, or to an earlier day. \
                         It would change the room as it is now.",
                        number
                    ),
                    false,
                );
            }
            Situation::Removed => {
                return (
                    phrase!(
                        "Room {number} was removed elsewhere. What was done here can only stay in the record.",
                        number
                    ),
                    false,
                );
            }
            Situation::CancelledElsewhere => phrase!(
                "{who} cancelled the {work} of room {number} elsewhere, while it went on here.",
                who,
                work,
                number
            ),
            Situation::CancelledHere => {
                let value = self.telling.map(|path| words::value(path, self.theirs(path), self.names));
                return (
                    phrase!(
                        "The {work} of room {number} was cancelled here, while it went on elsewhere: {who}, {value}.",
                        work,
                        number,
                        who,
                        value = value.unwrap_or_else(|| Phrase::verbatim(""))
                    ),
                    false,
                );
            }
            Situation::InspectedElsewhere if self.came_later() => {
                phrase!("{who} inspected room {number} elsewhere after what was done here.", who, number)
            }
            Situation::InspectedElsewhere => {
                phrase!("{who} inspected room {number} elsewhere before this was recorded here.", who, number)
            }
            Situation::OutOfOrder => {
                let kind = self.telling.and_then(|path| self.theirs(path)["kind"].as_str());
                if kind == Some("out_of_service") {
                    phrase!(
                        "{who} put room {number} out of service elsewhere, while work in it went on here.",
                        who,
                        number
                    )
                } else {
                    phrase!(
                        "{who} put room {number} out of order elsewhere, while work in it went on here.",
                        who,
                        number
                    )
                }
            }
            Situation::Reassigned => {
                let to = self.telling.map(|path| words::value(path, self.theirs(path), self.names));
                phrase!(
                    "{who} gave the {work} of room {number} to {to} elsewhere, while it went on here.",
                    who,
                    work,
                    number,
                    to = to.unwrap_or_else(|| phrase!("nobody"))
                )
            }
            Situation::Fields => {
                phrase!("{who} changed room {number} elsewhere while this desk recorded something else.", who, number)
            }
        };
        (happened, true)
    }

    fn field(&self, path: &String, own: &InstallId) -> ConflictField {
        let (conflict, names) = (self.conflict, self.names);
        let (before, mine, theirs) = (conflict.before.get(path), conflict.mine.get(path), self.theirs(path));
        let choice = conflict.choices.get(path);
        let mine_by =
            conflict.events.iter().rev().find(|sealed| sealed.event.changes.contains_key(path)).map(|sealed| {
                Authorship {
                    actor: names.person(sealed.event.actor_id.as_str()),
                    desk: here(),
                    done_at: sealed.event.recorded_at.clone(),
                    received_at: None,
                }
            });
        let theirs_by = conflict.theirs.provenance.get(path).map(|by| Authorship {
            actor: names.person(&by.actor_id),
            desk: desk(&by.install_id, own),
            done_at: by.recorded_at.clone(),
            received_at: Some(by.received_at.clone()),
        });
        ConflictField {
            path: path.clone(),
            label: words::field(path, self.unit.as_ref()),
            before: words::value(path, before, names),
            mine: words::value(path, mine, names),
            theirs: words::value(path, theirs, names),
            mine_by,
            theirs_by,
            if_mine: words::consequence(path, mine, &self.number, self.is_free()),
            if_theirs: words::consequence(path, theirs, &self.number, self.is_free()),
            editable: is_editable(path),
            chosen: choice.map(|choice| match choice.pick {
                Pick::Mine => Side::Mine,
                Pick::Theirs => Side::Theirs,
                Pick::Edited(_) => Side::Edited,
            }),
            edited: choice.and_then(|choice| match &choice.pick {
                Pick::Edited(text) => Some(text.as_str().unwrap_or_default().to_owned()),
                Pick::Mine | Pick::Theirs => None,
            }),
            changed_again: choice.is_some_and(|choice| &choice.theirs != theirs),
            suggestion: self.suggestion(path, mine),
        }
    }

    fn suggestion(&self, path: &str, mine: &Value) -> Option<Suggestion> {
        let of_the_work = path.ends_with("/status") || path == "room/cleanliness";
        let done = matches!(mine.as_str(), Some("completed" | "inspected" | "clean"));
        let (side, reason) = match self.situation {
            Situation::PreviousTurn if is_turn_bound(path) => {
                (Side::Theirs, phrase!("What was done here was for the guest before."))
            }
            Situation::InspectedElsewhere if of_the_work && self.came_later() => {
                (Side::Theirs, phrase!("The room was inspected after what was done here."))
            }
            Situation::OutOfOrder if path == "room/sellability" && !is_assignable(self.theirs(path)) => {
                (Side::Theirs, phrase!("A room that somebody put out of order should not be given out."))
            }
            Situation::CancelledElsewhere | Situation::Reassigned if of_the_work && done => {
                (Side::Mine, phrase!("The work was done."))
            }
            Situation::CancelledElsewhere if of_the_work => (Side::Theirs, phrase!("It was cancelled, with a reason.")),
            Situation::Reassigned if path.ends_with("/assignee") && self.is_done_here(path) => {
                (Side::Mine, phrase!("The work was done."))
            }
            Situation::Removed => (Side::Theirs, phrase!("The room is gone.")),
            _ => return None,
        };
        Some(Suggestion { side, reason })
    }
}

fn is_assignable(sellability: &Value) -> bool {
    sellability.get("assignable").and_then(Value::as_bool).unwrap_or(true)
}

/// Whether a field tells of a situation: its path, Mine and Theirs.
type Holds<'a> = &'a dyn Fn(&str, &Value, &Value) -> bool;

/// What happened, and the field that tells it. Where several things did, the one that weighs most for the room.
fn situation(conflict: &Conflict) -> (Situation, Option<&str>) {
    if conflict.theirs.deleted {
        return (Situation::Removed, None);
    }
    if let Some(path) = given_twice(conflict) {
        return (Situation::GivenTwice, Some(path));
    }
    if conflict.class == SERVICE_RESTORED {
        return (Situation::Restored, None);
    }
    if conflict.class == "previous_turn" {
        return (Situation::PreviousTurn, None);
    }
    let find = |holds: Holds<'_>| {
        let paths = conflict.contested.iter().map(String::as_str);
        paths.into_iter().find(|path| holds(path, conflict.mine.get(path), conflict.theirs.fields.get(path)))
    };
    let status = |path: &str| path.starts_with("task/") && path.ends_with("/status");
    let is = |value: &Value, word: &str| value.as_str() == Some(word);
    let out = |value: &Value| value.get("kind").and_then(Value::as_str).is_some_and(|kind| kind != "in_service");
    let told: [(Situation, Holds<'_>); 5] = [
        (Situation::OutOfOrder, &|path, mine, theirs| path == "room/sellability" && out(theirs) && !out(mine)),
        (Situation::CancelledElsewhere, &|path, _, theirs| status(path) && is(theirs, "cancelled")),
        (Situation::CancelledHere, &|path, mine, _| status(path) && is(mine, "cancelled")),
        (Situation::InspectedElsewhere, &|path, _, theirs| {
            (status(path) || path == "room/cleanliness") && is(theirs, "inspected")
        }),
        (Situation::Reassigned, &|path, _, theirs| path.ends_with("/assignee") && !theirs.is_null()),
    ];
    told.iter()
        .find_map(|(situation, holds)| find(*holds).map(|path| (*situation, Some(path))))
        .unwrap_or((Situation::Fields, None))
}

/// The field that tells that both sides gave the room to a guest since they last agreed: each claimed it or recorded an
/// arrival.
fn given_twice(conflict: &Conflict) -> Option<&str> {
    let gave = |side: &Fields, path: &str| {
        let value = side.get(path);
        !value.is_null() && value != conflict.before.get(path)
    };
    let given = |side: &Fields| gave(side, "room/claim") || gave(side, "room/turn");
    let mut contested = conflict.contested.iter().map(String::as_str);
    let telling = contested.find(|path| matches!(*path, "room/claim" | "room/guest"));
    telling.filter(|_| given(&conflict.mine) && given(&conflict.theirs.fields))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use serde_json::json;
    use std::collections::BTreeMap;
    use turndown_protocol::{EntityRef, EntityRow};

    fn conflict(class: &str, deleted: bool) -> Conflict {
        let mut fields = Fields::new();
        fields.set("room/number", json!("412"));
        let entity = EntityRef::new("room", "412");
        let (provenance, contested) = (BTreeMap::new(), None);
        Conflict {
            entity: entity.clone(),
            since: String::new(),
            class: class.into(),
            contested: vec!["room/cleanliness".into()],
            merged: vec![],
            guards: vec![],
            stamps: vec![],
            before: Fields::new(),
            mine: fields.clone(),
            theirs: EntityRow { entity, version: 1, deleted, fields, provenance, contested },
            events: vec![],
            choices: BTreeMap::new(),
        }
    }

    #[test]
    fn a_room_given_to_two_guests_is_told_before_anything_else() {
        let claim = |by: &str| json!({"by": by, "at": "2016-03-25T10:00:00Z", "turn": 4});
        for (mine, theirs, expected) in [
            (("room/claim", claim("anna")), ("room/claim", claim("ben")), true),
            (("room/turn", json!(5)), ("room/claim", claim("ben")), true),
            (("room/claim", claim("anna")), ("room/cleanliness", json!("dirty")), false),
        ] {
            let mut given = conflict("previous_turn", false);
            given.contested = vec!["room/claim".into()];
            given.before.set("room/turn", json!(4));
            for side in [&mut given.mine, &mut given.theirs.fields] {
                side.set("room/turn", json!(4));
            }
            given.mine.set(mine.0, mine.1);
            given.theirs.fields.set(theirs.0, theirs.1);
            let head = head(&given, &Names::default());
            assert_eq!(head.given_twice, expected, "{}", head.summary);
            assert_eq!(head.summary.to_string().contains("two guests"), expected, "{}", head.summary);
        }
    }

    #[test]
    fn h16_a_restored_service_a_guest_who_left_and_a_room_that_is_gone_have_their_own_sentences() {
        for (class, deleted, situation, words, suggested) in [
            (SERVICE_RESTORED, false, Situation::Restored, "restored from a backup", None),
            ("previous_turn", false, Situation::PreviousTurn, "the guest who had room 412 before", Some(Side::Theirs)),
            ("fields", true, Situation::Removed, "Room 412 was removed elsewhere", Some(Side::Theirs)),
            (SERVICE_RESTORED, true, Situation::Removed, "removed elsewhere", Some(Side::Theirs)),
        ] {
            let own = InstallId::parse("own").unwrap();
            let view = view(&conflict(class, deleted), &own, &Names::default());
            assert_eq!(view.situation, situation, "{class}");
            assert!(view.summary.to_string().contains(words), "{}", view.summary);
            assert_eq!(view.fields[0].suggestion.as_ref().map(|suggestion| suggestion.side), suggested, "{class}");
            assert_eq!(view.can_look, !deleted, "nobody is sent to a room that is gone");
        }
    }
}
