//! Who could do what nobody is assigned to.
//!
//! For every open task without an attendant the person is proposed who fits best: whoever is at work in that room
//! already, else the attendant of the section with the fewest credits left, where half an hour more elsewhere weighs as
//! much as leaving the section. Looking is the inspectors'. The answer depends on nothing but the hotel as it stands, and
//! each proposal says why; it decides nothing.
//!
//! Each proposal counts for the next, so that the whole list can be accepted.

use crate::ladder::{Circumstances, standing};
use crate::{PropertyBook, Role, RoomId, Staff, StaffId, Task, TaskId, TaskKind, TaskStatus, Unit};
use std::collections::{BTreeMap, BTreeSet};

/// What leaving one's section weighs, in credits: half an hour.
const OTHER_SECTION: u32 = 6;

/// Why somebody is proposed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// They are at work in this room.
    InTheRoom,
    /// It is their section, or they have other rooms there today.
    Section,
    /// Nobody of the section has fewer credits left than they have.
    FewestCredits,
}

impl Why {
    /// The word as it stands on the wire.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InTheRoom => "in_the_room",
            Self::Section => "section",
            Self::FewestCredits => "fewest_credits",
        }
    }
}

/// A proposal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    /// The room.
    pub room: RoomId,
    /// The task that nobody is assigned to.
    pub task: TaskId,
    /// Who is proposed.
    pub to: StaffId,
    /// Why.
    pub why: Why,
    /// Credits that this person has left without it, the proposals before counted in.
    pub credits_left: u32,
    /// Its weight.
    pub credits: u16,
}

/// Proposes somebody for every open task of today that nobody is assigned to, in the order of the board. Where nobody of
/// the right sort works today, there is no proposal.
#[must_use]
pub fn suggest(book: &PropertyBook, rooms: &[(RoomId, Unit)]) -> Vec<Suggestion> {
    let day = book.property.service_day.as_str();
    let mut left: BTreeMap<&StaffId, u32> = book.staff.iter().map(|person| (&person.id, 0)).collect();
    let mut sections: BTreeMap<&StaffId, BTreeSet<&str>> = BTreeMap::new();
    for person in &book.staff {
        sections.entry(&person.id).or_default().extend(person.section.as_deref());
    }
    let mut wanted: Vec<(u32, &RoomId, &TaskId, &Unit, &Task)> = Vec::new();
    for (room, unit) in rooms {
        for (id, task) in unit.tasks.iter().filter(|(_, task)| task.service_day == day) {
            match &task.assignee {
                Some(person) => {
                    if let Some(left) = left.get_mut(person).filter(|_| task.is_open()) {
                        *left += u32::from(task.credits);
                    }
                    if let Some(theirs) = sections.get_mut(person) {
                        theirs.insert(&unit.room.section);
                    }
                }
                None if task.is_open() => {
                    let rank = standing(&unit.room, task, Circumstances::default()).rank;
                    wanted.push((rank, room, id, unit, task));
                }
                None => {}
            }
        }
    }
    wanted.sort_by(|a, b| (a.0, a.1, a.2).cmp(&(b.0, b.1, b.2)));
    let mut suggestions = Vec::with_capacity(wanted.len());
    for (_, room, id, unit, task) in wanted {
        let looks = matches!(task.kind, TaskKind::Check | TaskKind::Inspection);
        let role = if looks { Role::Inspector } else { Role::Attendant };
        let at_work = |person: &Staff| {
            let theirs = |task: &&Task| task.assignee.as_ref() == Some(&person.id);
            unit.tasks.values().filter(theirs).any(|task| task.status == TaskStatus::InProgress)
        };
        let of_section = |person: &Staff| {
            !unit.room.section.is_empty()
                && sections.get(&person.id).is_some_and(|theirs| theirs.contains(unit.room.section.as_str()))
        };
        let credits_left = |person: &Staff| left.get(&person.id).copied().unwrap_or_default();
        let weight = |person: &&Staff| {
            let away = if of_section(person) { 0 } else { OTHER_SECTION };
            (!at_work(person), credits_left(person) + away, person.id.clone())
        };
        let Some(person) = book.staff.iter().filter(|person| person.role == role).min_by_key(weight) else { continue };
        let why = match () {
            () if at_work(person) => Why::InTheRoom,
            () if of_section(person) => Why::Section,
            () => Why::FewestCredits,
        };
        suggestions.push(Suggestion {
            room: room.clone(),
            task: id.clone(),
            to: person.id.clone(),
            why,
            credits_left: credits_left(person),
            credits: task.credits,
        });
        if let Some(left) = left.get_mut(&person.id) {
            *left += u32::from(task.credits);
        }
    }
    suggestions
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Property, Room};

    const DAY: &str = "2016-03-25";

    fn person(id: &str, role: Role, section: Option<&str>) -> Staff {
        Staff { id: StaffId(id.into()), name: id.into(), role, section: section.map(str::to_owned) }
    }

    fn room(number: &str, section: &str, tasks: &[(&str, TaskKind, TaskStatus, Option<&str>, u16)]) -> (RoomId, Unit) {
        let room = Room { number: number.into(), section: section.into(), ..Room::default() };
        let tasks = tasks.iter().map(|(id, kind, status, who, credits)| {
            let assignee = who.map(|who| StaffId(who.into()));
            let task = Task {
                kind: *kind,
                status: *status,
                assignee,
                credits: *credits,
                service_day: DAY.into(),
                ..Task::default()
            };
            (TaskId(format!("{number}-{id}")), task)
        });
        (RoomId(number.into()), Unit { room, tasks: tasks.collect() })
    }

    fn proposed(staff: Vec<Staff>, rooms: &[(RoomId, Unit)]) -> Vec<String> {
        let property = Property { service_day: DAY.into(), ..Property::default() };
        let book = PropertyBook { property, staff, bookings: vec![] };
        let told =
            |each: Suggestion| format!("{} {} {} {}", each.task.0, each.to.0, each.why.as_str(), each.credits_left);
        suggest(&book, rooms).into_iter().map(told).collect()
    }

    #[test]
    fn whoever_is_in_the_room_then_the_section_then_the_fewest_credits() {
        use TaskKind::{Check, Departure, Linen, Stayover};
        use TaskStatus::{Cancelled, Completed, InProgress, Ready};
        let staff = || {
            vec![
                person("ana", Role::Attendant, Some("1")),
                person("ben", Role::Attendant, Some("2")),
                person("cleo", Role::Attendant, None),
                person("ines", Role::Inspector, None),
                person("lea", Role::Lead, Some("1")),
            ]
        };
        let rooms = [
            room("101", "1", &[("a", Departure, Ready, Some("ana"), 6), ("b", Departure, Ready, None, 6)]),
            room("102", "1", &[("a", Departure, Ready, None, 6)]),
            room("201", "2", &[("a", Stayover, InProgress, Some("cleo"), 4), ("b", Linen, Ready, None, 2)]),
            room("202", "2", &[("a", Check, Ready, None, 1)]),
            room("203", "2", &[("a", Departure, Completed, None, 6), ("b", Departure, Cancelled, None, 6)]),
        ];
        assert_eq!(
            proposed(staff(), &rooms),
            [
                // Ana has six left already, and ben would have to leave his section for as much: whose name comes first.
                "101-b ana section 6",
                "102-a ben fewest_credits 0",
                "201-b cleo in_the_room 4",
                "202-a ines fewest_credits 0",
            ]
        );
        let mut turned = rooms.clone();
        turned.reverse();
        let mut staff_turned = staff();
        staff_turned.reverse();
        assert_eq!(proposed(staff_turned, &turned), proposed(staff(), &rooms), "no order of lists matters");
        assert!(proposed(vec![person("lea", Role::Lead, None)], &rooms).is_empty(), "nobody cleans today");
    }

    #[test]
    fn what_is_proposed_is_spread_over_everybody_of_the_section() {
        let staff = vec![person("ana", Role::Attendant, Some("1")), person("ben", Role::Attendant, Some("1"))];
        let rooms: Vec<_> = (0..6)
            .map(|n| room(&format!("10{n}"), "1", &[("a", TaskKind::Stayover, TaskStatus::Ready, None, 4)]))
            .collect();
        let to: Vec<String> =
            proposed(staff, &rooms).iter().map(|line| line.split(' ').nth(1).unwrap().into()).collect();
        assert_eq!(to, ["ana", "ben", "ana", "ben", "ana", "ben"]);
    }
}
