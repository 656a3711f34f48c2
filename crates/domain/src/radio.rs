//! One line of what comes over the radio, understood: `412 vc`, `501-510 od`, `rush 618`, `418 start a7`,
//! `418 fail mirror streaks`.
//!
//! In an outage the lead's desk is where a whole house's news is typed in, about one line for every room in the peak
//! hour. A line says rooms and what is the case with them, in either order; several lines stand behind each other with
//! `;`. What it means is answered before anything is recorded: [`understand`] gives the actions of every room, or says
//! what it did not understand and what could be meant. Whether an action may be done is decided where all actions are.
//!
//! Deliberately absent: guessing. A word that could be two things, a name that two people have, a room with two open
//! tasks of the same sort: each is answered with a question.

use crate::decide::turns_direction;
use crate::{
    Action, Cleanliness, InspectionResult, Occupancy, Priority, Role, RoomId, Sellability, SellabilityKind,
    ServiceFlag, Staff, StaffId, Task, TaskId, TaskKind, TaskStatus, Unit, Verdict, day,
};
use std::cmp::Ordering;
use thiserror::Error;
use turndown_phrase::{Phrase, phrase};

/// One entry speaks of so many rooms at most: more is a slip of the fingers.
pub const ROOMS_MAX: usize = 300;
/// The longest line, in characters.
pub const LINE_CHARS_MAX: usize = 500;
/// So many completions are offered at most.
const COMPLETIONS_MAX: usize = 8;
/// A word may be cut short to so many letters, where only one begins with them.
const SHORT_FORM_MIN: usize = 3;

/// What was not understood.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{message}")]
pub struct Misheard {
    /// Stable.
    pub code: &'static str,
    /// What it is, and what to type instead, in one or two plain sentences.
    pub message: Phrase,
}

impl Misheard {
    fn new(code: &'static str, message: Phrase) -> Self {
        Self { code, message }
    }
}

/// What one room is said to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// The room.
    pub room: RoomId,
    /// Its number.
    pub number: String,
    /// What that means, in the order in which it is recorded; or what is unclear about this room.
    pub actions: Result<Vec<Action>, Misheard>,
}

/// The house as a line is understood in it.
pub struct House<'a> {
    /// Every room's id and number, in any order.
    pub rooms: &'a [(RoomId, String)],
    /// Everybody in the house.
    pub staff: &'a [Staff],
    /// A room with its tasks.
    pub unit: &'a dyn Fn(&RoomId) -> Option<Unit>,
    /// Makes the id of a task that is added.
    pub new_task: &'a dyn Fn() -> TaskId,
}

/// Understands a line.
///
/// # Errors
/// What no room could be found for. What is unclear about one room stands beside that room, and the others go on.
pub fn understand(line: &str, house: &House<'_>) -> Result<Vec<Heard>, Misheard> {
    if line.chars().count() > LINE_CHARS_MAX {
        let message = phrase!("That line is too long. Type at most {most} characters at once.", most = LINE_CHARS_MAX);
        return Err(Misheard::new("RADIO_TOO_LONG", message));
    }
    let entries: Vec<&str> = line.split([';', '؛']).filter(|entry| !entry.trim().is_empty()).collect();
    if entries.is_empty() {
        return Err(Misheard::new("RADIO_EMPTY", phrase!("Type a room and what is the case, for example \"412 vc\".")));
    }
    let mut heard = Vec::new();
    for entry in entries {
        let (rooms, said) = read(entry, house)?;
        heard.extend(rooms.into_iter().map(|(room, number)| {
            let actions = match (house.unit)(&room) {
                Some(unit) => said.in_room(&unit, house),
                None => Err(no_such_room(&number)),
            };
            Heard { room, number, actions }
        }));
        if heard.len() > ROOMS_MAX {
            let message = phrase!("That is more than {most} rooms at once. Say fewer.", most = ROOMS_MAX);
            return Err(Misheard::new("RADIO_TOO_MANY_ROOMS", message));
        }
    }
    Ok(heard)
}

/// How the last word of a line could go on: rooms, words or names.
#[must_use]
pub fn completions(line: &str, house: &House<'_>) -> Vec<String> {
    let entry = line.rsplit([';', '؛']).next().unwrap_or_default();
    let (before, begun) = match entry.rfind(char::is_whitespace) {
        Some(at) => (tokens(&entry[..at]), fold(&entry[at..])),
        None => (vec![], fold(entry)),
    };
    if begun.is_empty() {
        return vec![];
    }
    let has_room = before.iter().any(|token| is_room(token, house));
    let verb = before.iter().find_map(|token| word(token).ok());
    let mut found: Vec<String> = match verb {
        Some(Word::Do(Verb::Start | Verb::Assign)) if has_room => {
            house.staff.iter().filter(|person| fold(&person.name).starts_with(&begun)).map(|p| p.name.clone()).collect()
        }
        Some(Word::Do(Verb::Add)) if has_room => {
            KINDS.iter().filter(|(name, _)| name.starts_with(&begun)).map(|(name, _)| (*name).to_owned()).collect()
        }
        Some(_) if has_room => vec![],
        verb => {
            let words = WORDS.iter().map(|(word, _)| *word).filter(|word| verb.is_none() && word.starts_with(&begun));
            let mut rooms: Vec<&str> = house.rooms.iter().map(|(_, number)| number.as_str()).collect();
            rooms.retain(|number| fold(number).starts_with(&begun));
            rooms.sort_by(|a, b| natural(a, b));
            words.map(str::to_owned).chain(rooms.into_iter().map(str::to_owned)).collect()
        }
    };
    found.dedup();
    found.truncate(COMPLETIONS_MAX);
    found
}

/// What can be said besides a room's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verb {
    Start,
    Pause,
    Resume,
    Complete,
    Assign,
    Pass,
    Fail,
    Skip,
    Rush,
    Note,
    OutOfOrder,
    OutOfService,
    Back,
    Left,
    Came,
    Claim,
    Release,
    Queue,
    Add,
    Cancel,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    /// What the room is, and whether somebody was seen in it.
    Is(Option<Cleanliness>, Option<Occupancy>),
    Flag(ServiceFlag),
    Do(Verb),
    /// Not so any more: `dnd off`.
    Off,
}

/// The trade's words and its shorthand. Longer forms first, because they are what is offered.
const WORDS: &[(&str, Word)] = &[
    ("vd", Word::Is(Some(Cleanliness::Dirty), Some(Occupancy::Vacant))),
    ("vp", Word::Is(Some(Cleanliness::Pickup), Some(Occupancy::Vacant))),
    ("vc", Word::Is(Some(Cleanliness::Clean), Some(Occupancy::Vacant))),
    ("vi", Word::Is(Some(Cleanliness::Inspected), Some(Occupancy::Vacant))),
    ("od", Word::Is(Some(Cleanliness::Dirty), Some(Occupancy::Occupied))),
    ("op", Word::Is(Some(Cleanliness::Pickup), Some(Occupancy::Occupied))),
    ("oc", Word::Is(Some(Cleanliness::Clean), Some(Occupancy::Occupied))),
    ("oi", Word::Is(Some(Cleanliness::Inspected), Some(Occupancy::Occupied))),
    ("dirty", Word::Is(Some(Cleanliness::Dirty), None)),
    ("di", Word::Is(Some(Cleanliness::Dirty), None)),
    ("pickup", Word::Is(Some(Cleanliness::Pickup), None)),
    ("pu", Word::Is(Some(Cleanliness::Pickup), None)),
    ("clean", Word::Is(Some(Cleanliness::Clean), None)),
    ("cl", Word::Is(Some(Cleanliness::Clean), None)),
    ("inspected", Word::Is(Some(Cleanliness::Inspected), None)),
    ("ip", Word::Is(Some(Cleanliness::Inspected), None)),
    ("vacant", Word::Is(None, Some(Occupancy::Vacant))),
    ("vac", Word::Is(None, Some(Occupancy::Vacant))),
    ("occupied", Word::Is(None, Some(Occupancy::Occupied))),
    ("occ", Word::Is(None, Some(Occupancy::Occupied))),
    ("dnd", Word::Flag(ServiceFlag::DoNotDisturb)),
    ("mur", Word::Flag(ServiceFlag::MakeUpRoom)),
    ("nsr", Word::Flag(ServiceFlag::NoService)),
    ("refused", Word::Flag(ServiceFlag::Refused)),
    ("lock", Word::Flag(ServiceFlag::DoubleLock)),
    ("start", Word::Do(Verb::Start)),
    ("pause", Word::Do(Verb::Pause)),
    ("stop", Word::Do(Verb::Pause)),
    ("resume", Word::Do(Verb::Resume)),
    ("complete", Word::Do(Verb::Complete)),
    ("done", Word::Do(Verb::Complete)),
    ("finish", Word::Do(Verb::Complete)),
    ("assign", Word::Do(Verb::Assign)),
    ("pass", Word::Do(Verb::Pass)),
    ("fail", Word::Do(Verb::Fail)),
    ("skip", Word::Do(Verb::Skip)),
    ("rush", Word::Do(Verb::Rush)),
    ("note", Word::Do(Verb::Note)),
    ("ooo", Word::Do(Verb::OutOfOrder)),
    ("oos", Word::Do(Verb::OutOfService)),
    ("back", Word::Do(Verb::Back)),
    ("left", Word::Do(Verb::Left)),
    ("departed", Word::Do(Verb::Left)),
    ("co", Word::Do(Verb::Left)),
    ("came", Word::Do(Verb::Came)),
    ("arrived", Word::Do(Verb::Came)),
    ("ci", Word::Do(Verb::Came)),
    ("claim", Word::Do(Verb::Claim)),
    ("release", Word::Do(Verb::Release)),
    ("queue", Word::Do(Verb::Queue)),
    ("add", Word::Do(Verb::Add)),
    ("cancel", Word::Do(Verb::Cancel)),
    ("off", Word::Off),
    ("clear", Word::Off),
];

/// What can be added.
const KINDS: &[(&str, TaskKind)] = &[
    ("check", TaskKind::Check),
    ("linen", TaskKind::Linen),
    ("pickup", TaskKind::Pickup),
    ("turndown", TaskKind::Turndown),
    ("stayover", TaskKind::Stayover),
    ("departure", TaskKind::Departure),
    ("inspection", TaskKind::Inspection),
    ("deep", TaskKind::DeepClean),
];

/// One entry without its rooms.
struct Said {
    word: Word,
    off: bool,
    /// What stands behind, as it was typed.
    rest: String,
}

fn read(entry: &str, house: &House<'_>) -> Result<(Vec<(RoomId, String)>, Said), Misheard> {
    let entry = entry.trim();
    let mut rooms = Vec::new();
    let mut said: Option<Word> = None;
    let mut off = false;
    let mut rest: &str = entry;
    // Rooms and the word stand in front, in either order; the rest is a name or a text, and is kept as it was typed.
    loop {
        rest = rest.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, ',' | '،'));
        let end = rest.find(|c: char| c.is_whitespace() || matches!(c, ',' | '،')).unwrap_or(rest.len());
        let token = fold(rest[..end].trim_end_matches(':'));
        if token.is_empty() {
            break;
        }
        let takes_rooms = said.is_none() || rooms.is_empty();
        if takes_rooms && is_room(&token, house) {
            rooms.extend(rooms_of(&token, house)?);
        } else if said == Some(Word::Off) || said.is_none() {
            let understood = word(&token)?;
            off |= understood == Word::Off || said == Some(Word::Off);
            said = Some(understood);
        } else if word(&token) == Ok(Word::Off) && !takes_text(said) {
            off = true;
        } else {
            break;
        }
        rest = &rest[end..];
        // The rooms are complete with the first word behind them.
        if !rooms.is_empty() && said.is_some_and(|word| word != Word::Off) && takes_text(said) {
            break;
        }
    }
    let Some(word) = said.filter(|word| *word != Word::Off) else {
        let message = phrase!("Say what is the case with the room: for example vc, od, dnd, rush, start or done.");
        return Err(Misheard::new("RADIO_NO_WORD", message));
    };
    if rooms.is_empty() {
        return Err(Misheard::new(
            "RADIO_NO_ROOM",
            phrase!("Say which room: for example 412, or 501-510 for several."),
        ));
    }
    let mut seen = std::collections::BTreeSet::new();
    rooms.retain(|(id, _): &(RoomId, String)| seen.insert(id.clone()));
    Ok((rooms, Said { word, off, rest: rest.trim().trim_start_matches([',', ':']).trim().to_owned() }))
}

/// Whether what stands behind the word is a text or a name rather than more words.
fn takes_text(said: Option<Word>) -> bool {
    matches!(
        said,
        Some(Word::Do(
            Verb::Start
                | Verb::Assign
                | Verb::Pass
                | Verb::Fail
                | Verb::Skip
                | Verb::Note
                | Verb::OutOfOrder
                | Verb::OutOfService
                | Verb::Claim
                | Verb::Add
                | Verb::Cancel
        ))
    )
}

/// Lower case, with the digits of Arabic and Persian keyboards as those of the doors.
pub(crate) fn fold(text: &str) -> String {
    let digit = |c: char| match c {
        '٠'..='٩' => char::from_digit(c as u32 - '٠' as u32, 10),
        '۰'..='۹' => char::from_digit(c as u32 - '۰' as u32, 10),
        _ => None,
    };
    text.trim().chars().map(|c| digit(c).unwrap_or(c)).collect::<String>().to_lowercase()
}

fn tokens(text: &str) -> Vec<String> {
    text.split(|c: char| c.is_whitespace() || matches!(c, ',' | '،'))
        .map(fold)
        .filter(|token| !token.is_empty())
        .collect()
}

/// A word, or the one word that begins with these letters.
fn word(token: &str) -> Result<Word, Misheard> {
    if let Some((_, word)) = WORDS.iter().find(|(name, _)| *name == token) {
        return Ok(*word);
    }
    let begin: Vec<&(&str, Word)> = WORDS.iter().filter(|(name, _)| name.starts_with(token)).collect();
    let one_meaning = begin.windows(2).all(|pair| pair[0].1 == pair[1].1);
    if let (Some((_, word)), true) = (begin.first(), one_meaning && token.chars().count() >= SHORT_FORM_MIN) {
        return Ok(*word);
    }
    let near: Vec<&str> = if begin.is_empty() {
        // One letter wrong, missing, too many, or two that changed places.
        let is_slip = |name: &&str| name.len() > 2 && strsim::osa_distance(token, name) == 1;
        WORDS.iter().map(|(name, _)| *name).filter(is_slip).collect()
    } else {
        begin.iter().map(|(name, _)| *name).collect()
    };
    let hint = match near.as_slice() {
        [] => phrase!("Type for example vc, od, dnd, rush, start, done, pass or fail."),
        near => {
            let near = near.iter().take(4).copied().collect::<Vec<_>>().join(", ");
            phrase!("Did you mean {near}?", near)
        }
    };
    // What cannot be shown, or would turn the sentence round, is left out of what is said back.
    let token: String = token.chars().filter(|c| !c.is_control() && !turns_direction(*c)).collect();
    Err(Misheard::new("RADIO_UNKNOWN_WORD", phrase!("\"{token}\" is not understood. {hint}", token, hint)))
}

/// A room's number begins with a digit in most houses; where it does not, it is one that the house has.
fn is_room(token: &str, house: &House<'_>) -> bool {
    token.starts_with(|c: char| c.is_ascii_digit()) || house.rooms.iter().any(|(_, number)| fold(number) == token)
}

fn rooms_of(token: &str, house: &House<'_>) -> Result<Vec<(RoomId, String)>, Misheard> {
    if let Some(room) = house.rooms.iter().find(|(_, number)| fold(number) == *token) {
        return Ok(vec![room.clone()]);
    }
    let Some((from, to)) = token.split_once(['-', '–', '—']).filter(|(from, to)| !from.is_empty() && !to.is_empty())
    else {
        return Err(no_such_room(token));
    };
    let within = |number: &str| natural(from, number) != Ordering::Greater && natural(number, to) != Ordering::Greater;
    let mut rooms: Vec<(RoomId, String)> =
        house.rooms.iter().filter(|(_, number)| within(&fold(number))).cloned().collect();
    rooms.sort_by(|(_, a), (_, b)| natural(a, b));
    match rooms.len() {
        0 => {
            Err(Misheard::new("RADIO_NO_SUCH_ROOM", phrase!("This house has no rooms from {from} to {to}.", from, to)))
        }
        many if many > ROOMS_MAX => Err(Misheard::new(
            "RADIO_TOO_MANY_ROOMS",
            phrase!("{from} to {to} are {many} rooms. Say fewer.", from, to, many),
        )),
        _ => Ok(rooms),
    }
}

fn no_such_room(number: &str) -> Misheard {
    Misheard::new("RADIO_NO_SUCH_ROOM", phrase!("This house has no room {number}.", number))
}

/// The order of the corridor: runs of digits as numbers, so that 12A stands between 9 and 101.
#[must_use]
pub fn natural(a: &str, b: &str) -> Ordering {
    let key = |text: &str| {
        let mut parts: Vec<(u64, String)> = vec![];
        let mut rest = text;
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            let letters = rest[digits..].find(|c: char| c.is_ascii_digit()).map_or(rest.len(), |at| digits + at);
            parts.push((rest[..digits].parse().unwrap_or(u64::MAX), rest[digits..letters].to_owned()));
            rest = &rest[letters..];
        }
        parts
    };
    key(a).cmp(&key(b))
}

impl Said {
    /// What it means for one room.
    fn in_room(&self, unit: &Unit, house: &House<'_>) -> Result<Vec<Action>, Misheard> {
        match self.word {
            Word::Is(cleanliness, occupancy) => {
                // Seen first: what is in the room stands whether or not its state may be set.
                let seen = occupancy.map(|occupancy| Action::SeeOccupancy { occupancy });
                let state = cleanliness.map(|cleanliness| Action::SetRoomStatus { cleanliness });
                Ok(seen.into_iter().chain(state).collect())
            }
            Word::Flag(flag) => Ok(vec![Action::SetFlag { flag, on: !self.off }]),
            Word::Do(verb) => self.done(verb, unit, house),
            Word::Off => Ok(vec![]),
        }
    }

    fn done(&self, verb: Verb, unit: &Unit, house: &House<'_>) -> Result<Vec<Action>, Misheard> {
        let text = || Some(self.rest.clone()).filter(|text| !text.is_empty());
        let out = |kind, deducts_inventory| {
            let reason = Some(self.reason(phrase!("Say why the room is taken out, behind the word."))?);
            let sellability = Sellability { kind, deducts_inventory, assignable: false, reason };
            Ok(vec![Action::SetSellability { sellability }])
        };
        match verb {
            Verb::Start => {
                let who = text().map(|who| person(&who, house)).transpose()?;
                let (task, found) = one_task(unit, phrase!("to start"), |task| {
                    matches!(task.status, TaskStatus::Ready | TaskStatus::Paused)
                })?;
                let given = who.filter(|who| found.assignee.as_ref() != Some(who));
                let given = given.map(|to| Action::Reassign { task: task.clone(), to: Some(to) });
                let begin = match found.status {
                    TaskStatus::Paused => Action::Resume { task },
                    _ => Action::Start { task },
                };
                Ok(given.into_iter().chain([begin]).collect())
            }
            Verb::Pause => {
                Ok(vec![Action::Pause { task: in_work(unit, TaskStatus::InProgress, phrase!("in progress"))? }])
            }
            Verb::Resume => Ok(vec![Action::Resume { task: in_work(unit, TaskStatus::Paused, phrase!("paused"))? }]),
            Verb::Complete => {
                let running = one_task(unit, phrase!("in progress"), |t| {
                    matches!(t.status, TaskStatus::InProgress | TaskStatus::Paused)
                });
                if let Ok((task, _)) = running {
                    return Ok(vec![Action::Complete { task }]);
                }
                // Over the radio only the end is told: the work had begun.
                let (task, found) = one_task(unit, phrase!("to complete"), Task::is_open)?;
                Ok(match found.kind.cleans() {
                    true => vec![Action::SetRoomStatus { cleanliness: Cleanliness::Clean }],
                    false => vec![Action::Start { task: task.clone() }, Action::Complete { task }],
                })
            }
            Verb::Assign => {
                let nobody = matches!(fold(&self.rest).as_str(), "" | "nobody" | "off");
                let to = if nobody { None } else { Some(person(&self.rest, house)?) };
                let given = unit.tasks.iter().filter(|(_, task)| task.is_open() && task.assignee != to);
                let given: Vec<Action> =
                    given.map(|(task, _)| Action::Reassign { task: task.clone(), to: to.clone() }).collect();
                if given.is_empty() && !unit.tasks.values().any(Task::is_open) {
                    return Err(no_task(unit, phrase!("to assign")));
                }
                Ok(given)
            }
            Verb::Pass => self.inspected(unit, InspectionResult::Pass, text()),
            Verb::Fail => {
                let reason = self.reason(phrase!("Say why it failed, behind the word."))?;
                self.inspected(unit, InspectionResult::Fail, Some(reason))
            }
            Verb::Skip => {
                let reason = self.reason(phrase!("Say why the inspection is skipped, behind the word."))?;
                self.inspected(unit, InspectionResult::Skip, Some(reason))
            }
            Verb::Rush => {
                let (task, found) = one_task(unit, phrase!("to hurry"), Task::is_open)?;
                Ok(vec![Action::SetPriority { task, priority: found.priority, rush: !self.off }])
            }
            Verb::Note => Ok(vec![Action::Note { text: text() }]),
            Verb::OutOfOrder => out(SellabilityKind::OutOfOrder, true),
            Verb::OutOfService => out(SellabilityKind::OutOfService, false),
            Verb::Back => Ok(vec![Action::SetSellability { sellability: Sellability::default() }]),
            Verb::Left => Ok(vec![Action::Departed {}]),
            Verb::Came => Ok(vec![Action::Arrived {}]),
            Verb::Claim if self.off || fold(&self.rest) == "off" => Ok(vec![Action::Release {}]),
            Verb::Claim => Ok(vec![Action::Claim { guest: text() }]),
            Verb::Release => Ok(vec![Action::Release {}]),
            Verb::Queue if self.off => Ok(vec![Action::LeaveQueue {}]),
            Verb::Queue => Ok(vec![Action::QueueGuest { promised: text().map(|time| fold(&time)) }]),
            Verb::Add => {
                let said = fold(&self.rest);
                let (kind_said, who) = said.split_once(char::is_whitespace).unwrap_or((&said, ""));
                let Some((_, kind)) = KINDS.iter().find(|(name, _)| *name == kind_said) else {
                    let kinds = KINDS.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
                    return Err(Misheard::new("RADIO_WHICH_WORK", phrase!("Say which work: {kinds}.", kinds)));
                };
                let who = who.trim().trim_start_matches("clean").trim();
                let assignee = if who.is_empty() { None } else { Some(person(who, house)?) };
                Ok(vec![Action::AddTask {
                    task: (house.new_task)(),
                    kind: *kind,
                    credits: day::credits(*kind, &unit.room.room_type),
                    priority: Priority::Normal,
                    assignee,
                    note: None,
                }])
            }
            Verb::Cancel => {
                let reason = self.reason(phrase!("Say why it is cancelled, behind the word."))?;
                let (task, _) = one_task(unit, phrase!("to cancel"), Task::is_open)?;
                Ok(vec![Action::CancelTask { task, reason }])
            }
        }
    }

    fn reason(&self, asked: Phrase) -> Result<String, Misheard> {
        if self.rest.is_empty() {
            return Err(Misheard::new("RADIO_NO_REASON", asked));
        }
        Ok(self.rest.clone())
    }

    fn inspected(
        &self,
        unit: &Unit,
        result: InspectionResult,
        reason: Option<String>,
    ) -> Result<Vec<Action>, Misheard> {
        let (task, _) = one_task(unit, phrase!("to inspect"), |task| task.status == TaskStatus::Completed)?;
        Ok(vec![Action::Inspect { task, verdict: Verdict { result, reason } }])
    }
}

fn in_work(unit: &Unit, status: TaskStatus, what: Phrase) -> Result<TaskId, Misheard> {
    one_task(unit, what, |task| task.status == status).map(|(id, _)| id)
}

/// The one task that is meant: of several, the only one that cleans.
fn one_task(unit: &Unit, what: Phrase, fits: impl Fn(&Task) -> bool) -> Result<(TaskId, &Task), Misheard> {
    let fitting: Vec<(&TaskId, &Task)> = unit.tasks.iter().filter(|(_, task)| fits(task)).collect();
    let cleaning: Vec<(&TaskId, &Task)> = fitting.iter().copied().filter(|(_, task)| task.kind.cleans()).collect();
    match (fitting.as_slice(), cleaning.as_slice()) {
        ([], _) => Err(no_task(unit, what)),
        ([(id, task)], _) | (_, [(id, task)]) => Ok(((*id).clone(), task)),
        (several, _) => {
            let message = phrase!(
                "Room {number} has {count} tasks {what}. Choose the one that is meant on the board.",
                number = &unit.room.number,
                count = several.len(),
                what
            );
            Err(Misheard::new("RADIO_SEVERAL_TASKS", message))
        }
    }
}

fn no_task(unit: &Unit, what: Phrase) -> Misheard {
    Misheard::new("RADIO_NO_TASK", phrase!("Room {number} has no task {what}.", number = &unit.room.number, what))
}

/// Who is meant: attendant 7 (`a7`), an id, or the beginning of a name that only one person has.
fn person(said: &str, house: &House<'_>) -> Result<StaffId, Misheard> {
    let said = fold(said);
    let number_of = |id: &str| id.rsplit(|c: char| !c.is_ascii_digit()).next().and_then(|n| n.parse::<u32>().ok());
    let by_number = said.strip_prefix('a').and_then(|n| n.parse::<u32>().ok());
    let fits = |person: &&Staff| match by_number {
        Some(number) => person.role == Role::Attendant && number_of(&person.id.0) == Some(number),
        None => {
            let name = fold(&person.name);
            fold(&person.id.0) == said
                || name.starts_with(&said)
                || name.split_whitespace().any(|part| part.starts_with(&said))
        }
    };
    let exact = house.staff.iter().filter(|person| fold(&person.name) == said || fold(&person.id.0) == said);
    let found: Vec<&Staff> = match exact.collect::<Vec<_>>() {
        one if one.len() == 1 => one,
        _ => house.staff.iter().filter(fits).collect(),
    };
    match found.as_slice() {
        [one] => Ok(one.id.clone()),
        [] => Err(Misheard::new("RADIO_NO_SUCH_PERSON", phrase!("Nobody here is called \"{said}\".", said))),
        several => {
            let names = several.iter().take(4).map(|person| person.name.as_str()).collect::<Vec<_>>().join(", ");
            Err(Misheard::new(
                "RADIO_WHICH_PERSON",
                phrase!("\"{said}\" could be {names}. Type more of the name.", said, names),
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Room;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn staff(id: &str, name: &str) -> Staff {
        Staff { id: StaffId(id.into()), name: name.into(), role: Role::Attendant, section: None }
    }

    fn unit(number: &str) -> Unit {
        let task = |kind, status| Task { kind, status, ..Task::default() };
        let status = match number {
            "418" => TaskStatus::Completed,
            "419" => TaskStatus::InProgress,
            "420" => TaskStatus::Paused,
            _ => TaskStatus::Ready,
        };
        let mut tasks = BTreeMap::from([(TaskId("clean".into()), task(TaskKind::Departure, status))]);
        if number == "412" {
            tasks.insert(TaskId("linen".into()), task(TaskKind::Linen, TaskStatus::Ready));
        }
        if number == "421" {
            tasks = BTreeMap::from([
                (TaskId("linen".into()), task(TaskKind::Linen, TaskStatus::Ready)),
                (TaskId("check".into()), task(TaskKind::Check, TaskStatus::Ready)),
            ]);
        }
        if number == "422" {
            tasks.clear();
        }
        Unit { room: Room { number: number.into(), room_type: "A".into(), ..Room::default() }, tasks }
    }

    /// What a line means, room by room, as a short text.
    fn meant(line: &str) -> String {
        let rooms: Vec<(RoomId, String)> = (501..=512)
            .chain([9, 412, 413, 418, 419, 420, 421, 422, 618])
            .map(|n| n.to_string())
            .chain(["12A".to_owned(), "PH1".to_owned()])
            .map(|number| (RoomId(format!("id-{number}")), number))
            .collect();
        let staff = [staff("att-07", "Maria Silva"), staff("att-08", "Mario Costa"), staff("att-12", "Ana Dias")];
        let house = House {
            rooms: &rooms,
            staff: &staff,
            unit: &|room| Some(unit(room.0.strip_prefix("id-")?)),
            new_task: &|| TaskId("new".into()),
        };
        let told = |heard: Heard| match heard.actions {
            Ok(actions) => {
                let actions: Vec<String> =
                    actions.iter().map(|action| format!("{}{}", action.name(), action.args())).collect();
                format!("{} {}", heard.number, actions.join(" "))
            }
            Err(misheard) => format!("{} {}", heard.number, misheard.code),
        };
        match understand(line, &house) {
            Ok(heard) => heard.into_iter().map(told).collect::<Vec<_>>().join("; "),
            Err(misheard) => misheard.code.to_owned(),
        }
        .replace('"', "")
    }

    #[test]
    fn what_is_called_over_the_radio_is_understood() {
        let seen_vacant = "see_occupancy{occupancy:vacant}";
        let clean = "set_room_status{cleanliness:clean}";
        for (line, expected) in [
            ("412 vc", format!("412 {seen_vacant} {clean}")),
            ("VC 412", format!("412 {seen_vacant} {clean}")),
            ("٤١٢ vc", format!("412 {seen_vacant} {clean}")),
            ("۴۱۲ VC", format!("412 {seen_vacant} {clean}")),
            (
                "501-503 od",
                ["501", "502", "503"]
                    .map(|n| format!("{n} see_occupancy{{occupancy:occupied}} set_room_status{{cleanliness:dirty}}"))
                    .join("; "),
            ),
            ("412, 413 dirty", "412 set_room_status{cleanliness:dirty}; 413 set_room_status{cleanliness:dirty}".into()),
            ("412 412 clean", format!("412 {clean}")),
            ("412 clean; 413 dirty", format!("412 {clean}; 413 set_room_status{{cleanliness:dirty}}")),
            ("412 vacant", format!("412 {seen_vacant}")),
            ("412 dnd", "412 set_flag{flag:do_not_disturb,on:true}".into()),
            ("412 dnd off", "412 set_flag{flag:do_not_disturb,on:false}".into()),
            ("clear dnd 412", "412 set_flag{flag:do_not_disturb,on:false}".into()),
            ("rush 618", "618 set_priority{priority:normal,rush:true,task:clean}".into()),
            ("618 rush off", "618 set_priority{priority:normal,rush:false,task:clean}".into()),
            ("412 start", "412 start{task:clean}".into()),
            ("412 start a7", "412 reassign{task:clean,to:att-07} start{task:clean}".into()),
            ("412 start maria", "412 reassign{task:clean,to:att-07} start{task:clean}".into()),
            ("412 start dias", "412 reassign{task:clean,to:att-12} start{task:clean}".into()),
            ("420 start", "420 resume{task:clean}".into()),
            ("419 pause", "419 pause{task:clean}".into()),
            ("420 res", "420 resume{task:clean}".into()),
            ("419 done", "419 complete{task:clean}".into()),
            ("618 done", format!("618 {clean}")),
            ("412 assign ana", "412 reassign{task:clean,to:att-12} reassign{task:linen,to:att-12}".into()),
            ("418 pass", "418 inspect{task:clean,verdict:{result:pass}}".into()),
            ("418 fail Mirror streaks", "418 inspect{task:clean,verdict:{reason:Mirror streaks,result:fail}}".into()),
            ("418 skip: no inspector", "418 inspect{task:clean,verdict:{reason:no inspector,result:skip}}".into()),
            ("412 note pet in room", "412 note{text:pet in room}".into()),
            ("412 note", "412 note{}".into()),
            ("12a left", "12A departed{}".into()),
            ("ph1 came", "PH1 arrived{}".into()),
            ("412 claim Smith, late", "412 claim{guest:Smith, late}".into()),
            ("412 release", "412 release{}".into()),
            ("queue 412 ١٤:٣٠", "412 queue_guest{promised:14:30}".into()),
            ("412 queue off", "412 leave_queue{}".into()),
            ("412 cancel guest stays", "412 cancel_task{reason:guest stays,task:clean}".into()),
            (
                "412 add linen ana",
                "412 add_task{assignee:att-12,credits:2,kind:linen,priority:normal,task:new}".into(),
            ),
            (
                "412 ooo leak",
                "412 set_sellability{sellability:{assignable:false,deducts_inventory:true,kind:out_of_order,reason:leak}}"
                    .into(),
            ),
            (
                "412 back",
                "412 set_sellability{sellability:{assignable:true,deducts_inventory:false,kind:in_service}}".into(),
            ),
        ] {
            assert_eq!(meant(line), expected, "{line}");
        }
    }

    #[test]
    fn what_is_not_understood_is_said_and_nothing_is_guessed() {
        for (line, code) in [
            ("", "RADIO_EMPTY"),
            ("  ; ", "RADIO_EMPTY"),
            ("412", "RADIO_NO_WORD"),
            ("412 off", "RADIO_NO_WORD"),
            ("vc", "RADIO_NO_ROOM"),
            ("999 vc", "RADIO_NO_SUCH_ROOM"),
            ("700-710 vc", "RADIO_NO_SUCH_ROOM"),
            ("412 xyzzy", "RADIO_UNKNOWN_WORD"),
            ("412 re", "RADIO_UNKNOWN_WORD"),
            ("412 start mari", "412 RADIO_WHICH_PERSON"),
            ("412 start zoe", "412 RADIO_NO_SUCH_PERSON"),
            ("418 fail", "418 RADIO_NO_REASON"),
            ("412 ooo", "412 RADIO_NO_REASON"),
            ("412 pass", "412 RADIO_NO_TASK"),
            ("421 start", "421 RADIO_SEVERAL_TASKS"),
            ("422 rush", "422 RADIO_NO_TASK"),
            ("412 add", "412 RADIO_WHICH_WORK"),
        ] {
            assert_eq!(meant(line), code, "{line}");
        }
        assert_eq!(meant(&"9".repeat(LINE_CHARS_MAX + 1)), "RADIO_TOO_LONG");
        let slip = word("strat").expect_err("no word");
        assert!(slip.to_string().contains("Did you mean start?"), "{slip}");
    }

    #[test]
    fn what_was_begun_is_completed_with_rooms_words_and_names() {
        let rooms =
            [(RoomId("1".into()), "501".into()), (RoomId("2".into()), "50".into()), (RoomId("3".into()), "7".into())];
        let staff = [staff("att-07", "Maria Silva")];
        let house = House { rooms: &rooms, staff: &staff, unit: &|_| None, new_task: &|| TaskId(String::new()) };
        for (line, expected) in [
            ("50", vec!["50", "501"]),
            ("501 sta", vec!["start"]),
            ("501 start m", vec!["Maria Silva"]),
            ("501 add che", vec!["check"]),
            ("rush 5", vec!["50", "501"]),
            ("7 vc; 50", vec!["50", "501"]),
            ("501 fail mir", vec![]),
            ("", vec![]),
        ] {
            assert_eq!(completions(line, &house), expected, "{line}");
        }
    }

    proptest! {
        /// Whatever is typed ends in actions or in a sentence, and never in a panic.
        #[test]
        fn any_line_is_answered(line in "[0-9٠-٩۰-۹a-zé؛;, –-]{0,40}|\\PC{0,40}") {
            let _ = meant(&line);
        }
    }
}
