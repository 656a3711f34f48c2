//! The downtime pack: what a hotel needs on paper when the desk itself is gone. One page that prints, with the room rack,
//! who comes and goes, a sheet for each section, and what must not be forgotten; each part says as of when it is.
//!
//! What stands on the page is put together first, as sentences and data; then it is written, in the words that somebody
//! has given for the sentences. A cell is made of short ones beside each other, so that a house of thousands of rooms
//! has a few hundred different ones, and nothing in one has to agree with another.

use super::board::{Clock, tiles};
use super::front_desk::safe_to_give;
use super::{Names, time};
use crate::dto::CannotWork;
use crate::voice::Words;
use crate::words;
use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use std::collections::{BTreeMap, BTreeSet};
use turndown_desk::RoomRow;
use turndown_domain::{
    Arrival, Cleanliness, InspectionPolicy, Occupancy, Room, SellabilityKind, ServiceFlag, Stay, TaskKind, TaskStatus,
};
use turndown_phrase::{Arg, Phrase, phrase};

/// What the pack is made from.
pub struct Pack<'a> {
    /// The hotel's name.
    pub hotel: &'a str,
    /// What people call this desk.
    pub desk: &'a str,
    /// When it is made.
    pub at: DateTime<Utc>,
    /// When the desk last knew itself at the service's head.
    pub known_at: Option<DateTime<Utc>>,
    /// The desk's newest entry: of two packs, the higher one is newer, whatever a clock says.
    pub local_seq: u64,
    /// Actions that the service does not have yet.
    pub waiting: u64,
    /// The service day and the hotel's zone.
    pub clock: Clock<'a>,
    /// Which rooms need an inspection.
    pub policy: InspectionPolicy,
    /// What is known is too old to call a room safe.
    pub stale: bool,
    /// Every room, in corridor order.
    pub rooms: &'a [RoomRow],
    /// People's names.
    pub names: &'a Names,
}

/// What stands on the page, in no language yet.
pub struct Paper {
    hotel: String,
    zone: Tz,
    title: Phrase,
    day: Phrase,
    as_of: Phrase,
    stamp: Vec<Phrase>,
    nothing: Phrase,
    parts: Vec<Part>,
}

/// A list with its heading.
struct Part {
    id: String,
    title: Phrase,
    /// The title with how many lines there are.
    counted: Phrase,
    head: Vec<Phrase>,
    /// Columns at the end of each line that are filled in with a pen.
    by_hand: Vec<Phrase>,
    lines: Vec<Vec<Cell>>,
}

enum Cell {
    /// A room's number, as it is on the door.
    Number(String),
    Pieces(Vec<Piece>),
    /// What is asked first, and then what there is to it.
    Answer(Phrase, Vec<Phrase>),
}

enum Piece {
    Said(Phrase),
    /// Names, notes: in no language of ours.
    Data(String),
}

impl Part {
    fn new<const N: usize>(id: &str, title: Phrase, head: [Phrase; N], lines: Vec<[Cell; N]>) -> Self {
        let counted = phrase!("{part} ({count})", part = &title, count = lines.len());
        let lines = lines.into_iter().map(Vec::from).collect();
        Self { id: id.to_owned(), title, counted, head: head.into(), by_hand: vec![], lines }
    }

    fn by_hand(mut self, columns: impl Into<Vec<Phrase>>) -> Self {
        self.by_hand = columns.into();
        self
    }
}

impl From<Phrase> for Cell {
    fn from(phrase: Phrase) -> Self {
        Self::Pieces(vec![Piece::Said(phrase)])
    }
}

impl From<Option<Phrase>> for Cell {
    fn from(phrase: Option<Phrase>) -> Self {
        said(phrase)
    }
}

fn said(phrases: impl IntoIterator<Item = Phrase>) -> Cell {
    Cell::Pieces(phrases.into_iter().map(Piece::Said).collect())
}

fn data(text: &str) -> Cell {
    Cell::Pieces(Vec::from_iter((!text.is_empty()).then(|| Piece::Data(text.to_owned()))))
}

fn number(room: &Room) -> Cell {
    Cell::Number(room.number.clone())
}

/// Puts together what stands on the page.
pub fn paper(pack: &Pack<'_>) -> Paper {
    let rooms: Vec<&RoomRow> = pack.rooms.iter().collect();
    let those = |which: &dyn Fn(&RoomRow) -> bool| rooms.iter().copied().filter(|row| which(row)).collect::<Vec<_>>();
    let mut arrivals = those(&|row| row.unit.room.arrival.is_some());
    arrivals.sort_by_key(|row| eta(&row.unit.room).unwrap_or("99:99").to_owned());
    let mut departures = those(&|row| {
        let room = &row.unit.room;
        room.fo_occupancy == Occupancy::Occupied && matches!(room.stay, Stay::DueOut | Stay::Turnover | Stay::DayUse)
    });
    departures.sort_by_key(|row| etd(&row.unit.room).unwrap_or("99:99").to_owned());
    let mut parts = vec![
        rack(pack, &rooms),
        waiting(&those(&|row| row.unit.room.waiting().is_some())),
        arriving(pack, &arrivals),
        departing(&departures),
        not_disturbed(pack, &those(&|row| row.unit.room.dnd_since.is_some())),
        discrepancies(&those(&|row| row.unit.room.is_discrepant() || row.contested)),
        out_of_use(&those(&|row| row.unit.room.sellability.kind != SellabilityKind::InService)),
    ];
    parts.extend(sheets(pack));
    Paper {
        hotel: pack.hotel.to_owned(),
        zone: pack.clock.zone,
        title: phrase!("Downtime pack"),
        day: phrase!("Service day {day}", day = Arg::day(pack.clock.service_day)),
        as_of: phrase!("As of {time}", time = moment(pack.at)),
        stamp: stamp(pack),
        nothing: phrase!("None."),
        parts,
    }
}

fn stamp(pack: &Pack<'_>) -> Vec<Phrase> {
    let waits = phrase!(
        "{count, plural, one {# action of this desk has not reached the service yet.} other {# actions of this desk have \
         not reached the service yet.}}",
        count = pack.waiting
    );
    vec![
        phrase!("Written by {desk}, entry {number}.", desk = pack.desk, number = pack.local_seq),
        match pack.known_at {
            Some(at) => phrase!("What others did is in it up to {time}.", time = moment(at)),
            None => phrase!("What others did is in it up to a time that nobody here knows."),
        },
    ]
    .into_iter()
    .chain((pack.waiting > 0).then_some(waits))
    .collect()
}

fn rack(pack: &Pack<'_>, rows: &[&RoomRow]) -> Part {
    let head = [
        phrase!("Room"),
        phrase!("Room type"),
        phrase!("Give it out?"),
        phrase!("Housekeeping"),
        phrase!("Front desk"),
        phrase!("Arrival"),
        phrase!("Claimed"),
        phrase!("Note"),
    ];
    let line = |row: &&RoomRow| {
        let room = &row.unit.room;
        let stands = [Some(occupancy(room.fo_occupancy)), Some(stay(room.stay)), etd(room).map(clock)];
        [
            number(room),
            data(&room.room_type),
            answer(pack, row),
            cleanliness(room.cleanliness).into(),
            said(stands.into_iter().flatten()),
            said(room.arrival.iter().flat_map(coming)),
            claim(pack, room),
            data(room.note.as_deref().unwrap_or_default()),
        ]
    };
    Part::new("rack", phrase!("Room rack"), head, rows.iter().map(line).collect())
}

fn waiting(rows: &[&RoomRow]) -> Part {
    let head = [phrase!("Room"), phrase!("Since"), phrase!("Time told"), phrase!("Guest"), phrase!("Status")];
    let line = |row: &&RoomRow| {
        let room = &row.unit.room;
        let waiting = room.waiting();
        [
            number(room),
            waiting.map(|waiting| at(waiting.since)).into(),
            waiting.and_then(|waiting| waiting.promised.as_deref()).map_or_else(nothing, |told| clock(told).into()),
            said(room.arrival.iter().flat_map(coming)),
            said([cleanliness(room.cleanliness), occupancy(room.fo_occupancy)]),
        ]
    };
    Part::new("waiting", phrase!("Guests waiting"), head, rows.iter().map(line).collect())
}

fn arriving(pack: &Pack<'_>, rows: &[&RoomRow]) -> Part {
    let head = [
        phrase!("Time"),
        phrase!("Room"),
        phrase!("Room type"),
        phrase!("Guest"),
        phrase!("Give it out?"),
        phrase!("Housekeeping"),
    ];
    let line = |row: &&RoomRow| {
        let room = &row.unit.room;
        [
            eta(room).map_or_else(nothing, |time| clock(time).into()),
            number(room),
            data(&room.room_type),
            said(room.arrival.iter().flat_map(party)),
            answer(pack, row),
            cleanliness(room.cleanliness).into(),
        ]
    };
    let title = phrase!("Arrivals still to come");
    Part::new("arrivals", title, head, rows.iter().map(line).collect()).by_hand([phrase!("Key given")])
}

fn departing(rows: &[&RoomRow]) -> Part {
    let head = [phrase!("Time"), phrase!("Room"), phrase!("Persons"), phrase!("Arrival")];
    let line = |row: &&RoomRow| {
        let room = &row.unit.room;
        let guest = room.guest.iter();
        let persons = guest.flat_map(|guest| [Some(count(guest.persons)), guest.vip.then(vip)].into_iter().flatten());
        [
            etd(room).map_or_else(nothing, |time| clock(time).into()),
            number(room),
            said(persons),
            room.arrival.as_ref().map_or_else(nothing, |due| said(coming(due))),
        ]
    };
    let title = phrase!("Departures still in the house");
    Part::new("departures", title, head, rows.iter().map(line).collect()).by_hand([phrase!("Guest left")])
}

fn not_disturbed(pack: &Pack<'_>, rows: &[&RoomRow]) -> Part {
    let head = [phrase!("Room"), phrase!("Since"), phrase!("How long"), phrase!("Front desk")];
    let line = |row: &&RoomRow| {
        let room = &row.unit.room;
        [
            number(room),
            room.dnd_since.map(at).into(),
            room.dnd_since.map(|since| hours(pack.at - since)).into(),
            occupancy(room.fo_occupancy).into(),
        ]
    };
    Part::new("dnd", phrase!("Do not disturb"), head, rows.iter().map(line).collect())
        .by_hand([phrase!("Tried at"), phrase!("Tried at")])
}

fn discrepancies(rows: &[&RoomRow]) -> Part {
    let head = [phrase!("Room"), phrase!("Front desk"), phrase!("Housekeeping saw"), phrase!("Conflict")];
    let line = |row: &&RoomRow| {
        let room = &row.unit.room;
        [
            number(room),
            occupancy(room.fo_occupancy).into(),
            room.hk_occupancy.map(occupancy).into(),
            row.contested.then(|| phrase!("Another desk disagrees")).into(),
        ]
    };
    Part::new("odd", phrase!("Discrepancies and conflicts"), head, rows.iter().map(line).collect())
}

fn out_of_use(rows: &[&RoomRow]) -> Part {
    let head = [phrase!("Room"), phrase!("Status"), phrase!("Give it out?"), phrase!("Why")];
    let line = |row: &&RoomRow| {
        let room = &row.unit.room;
        [
            number(room),
            sellability(room.sellability.kind).into(),
            yes_or_no(room.sellability.assignable).into(),
            data(room.sellability.reason.as_deref().unwrap_or_default()),
        ]
    };
    Part::new("out", phrase!("Out of order or service"), head, rows.iter().map(line).collect())
}

/// What is still to be done, by section, in the order of the board.
fn sheets(pack: &Pack<'_>) -> impl Iterator<Item = Part> {
    let mut sheets: BTreeMap<&str, Vec<(u32, [Cell; 6])>> = BTreeMap::new();
    for row in pack.rooms {
        let room = &row.unit.room;
        for tile in tiles(row, false, false, pack.clock) {
            if matches!(tile.status, TaskStatus::Inspected) {
                continue;
            }
            let marks = [
                tile.rush.then(|| phrase!("rush")),
                tile.waiting.as_ref().map(|_| phrase!("guest waits")),
                tile.cannot_work.map(cannot_work),
                eta(room).map(|eta| phrase!("arrival {eta}", eta = Arg::clock(eta))),
            ];
            let note = tile.note.filter(|note| !note.is_empty()).map(Piece::Data);
            let marks = marks.into_iter().flatten().map(Piece::Said).chain(note);
            let line = [
                number(room),
                kind(tile.kind).into(),
                tile.assignee.map_or_else(|| phrase!("nobody").into(), |person| data(&pack.names.name(&person.0))),
                said([occupancy(room.fo_occupancy), status(tile.status)]),
                count(tile.credits).into(),
                Cell::Pieces(marks.collect()),
            ];
            sheets.entry(&room.section).or_default().push((tile.standing.rank, line));
        }
    }
    sheets.into_iter().map(|(section, mut lines)| {
        lines.sort_by_key(|(rank, _)| *rank);
        let head = [
            phrase!("Room"),
            phrase!("Work"),
            phrase!("Attendant"),
            phrase!("Status"),
            phrase!("Credits"),
            phrase!("Note"),
        ];
        let lines = lines.into_iter().map(|(_, line)| line).collect();
        Part::new(&format!("section-{section}"), phrase!("Section {section}", section), head, lines).by_hand([
            phrase!("Begun"),
            phrase!("Done"),
            phrase!("Inspected"),
        ])
    })
}

fn answer(pack: &Pack<'_>, row: &RoomRow) -> Cell {
    let safe = safe_to_give(row, pack.policy, pack.stale);
    Cell::Answer(yes_or_no(safe.safe), safe.reasons.iter().map(|code| why_not(code)).collect())
}

fn yes_or_no(yes: bool) -> Phrase {
    if yes { phrase!("Yes") } else { phrase!("No") }
}

/// Why a room is not given out, as the front desk's screen says it.
fn why_not(code: &str) -> Phrase {
    match code {
        "dirty" => phrase!("Not clean yet"),
        "not_inspected" => phrase!("Waits for inspection"),
        "occupied" => phrase!("Occupied"),
        "claimed" => phrase!("Claimed"),
        "not_assignable" => phrase!("Not to be assigned"),
        "conflict" => phrase!("A conflict is open"),
        "contested" => phrase!("Another desk disagrees"),
        "check_open" => phrase!("Somebody was sent to look"),
        "discrepancy" => phrase!("Discrepancy"),
        "work_in_progress" => phrase!("Somebody is working in it"),
        "unsent_failure" => phrase!("A change was not accepted"),
        "unreadable" => phrase!("Update this desk to read it"),
        "stale" => phrase!("Knowledge is too old"),
        other => Phrase::verbatim(other),
    }
}

fn cannot_work(why: CannotWork) -> Phrase {
    match why {
        CannotWork::DoNotDisturb => words::flag(ServiceFlag::DoNotDisturb),
        CannotWork::OutOfOrder => words::sellability(SellabilityKind::OutOfOrder),
        CannotWork::Refused => words::flag(ServiceFlag::Refused),
        CannotWork::NoService => words::flag(ServiceFlag::NoService),
        CannotWork::DoubleLock => words::flag(ServiceFlag::DoubleLock),
    }
}

// What stands on the tiles is called on paper as it is called there, and not as inside a sentence.

fn kind(kind: TaskKind) -> Phrase {
    match kind {
        TaskKind::Departure => phrase!("Departure clean"),
        TaskKind::Stayover => phrase!("Stayover"),
        TaskKind::Turnover => phrase!("Turnover"),
        TaskKind::Linen => phrase!("Linen change"),
        TaskKind::Pickup => phrase!("Pickup"),
        TaskKind::Turndown => phrase!("Turndown"),
        TaskKind::Check => phrase!("Check"),
        TaskKind::Inspection => phrase!("Inspection"),
        TaskKind::DeepClean => phrase!("Deep clean"),
    }
}

fn status(status: TaskStatus) -> Phrase {
    match status {
        TaskStatus::Ready => phrase!("Dirty"),
        TaskStatus::InProgress => phrase!("In progress"),
        TaskStatus::Paused => phrase!("Paused"),
        TaskStatus::Completed => phrase!("Clean"),
        TaskStatus::Inspected => phrase!("Inspected"),
        TaskStatus::Cancelled => phrase!("Cancelled"),
    }
}

fn occupancy(occupancy: Occupancy) -> Phrase {
    match occupancy {
        Occupancy::Vacant => phrase!("Vacant"),
        Occupancy::Occupied => phrase!("Occupied"),
    }
}

fn stay(stay: Stay) -> Phrase {
    match stay {
        Stay::NotReserved => phrase!("Not reserved"),
        Stay::Arrival => phrase!("Arrival"),
        Stay::Arrived => phrase!("Arrived"),
        Stay::Stayover => phrase!("Stayover"),
        Stay::DueOut => phrase!("Due out"),
        Stay::Departed => phrase!("Departed"),
        Stay::Turnover => phrase!("Due out, then arrival"),
        Stay::DayUse => phrase!("Day use"),
    }
}

fn sellability(kind: SellabilityKind) -> Phrase {
    match kind {
        SellabilityKind::InService => phrase!("In service"),
        SellabilityKind::OutOfService => phrase!("Out of service"),
        SellabilityKind::OutOfOrder => phrase!("Out of order"),
    }
}

fn cleanliness(cleanliness: Cleanliness) -> Phrase {
    match cleanliness {
        Cleanliness::Dirty => phrase!("Dirty"),
        Cleanliness::Pickup => phrase!("Pickup"),
        Cleanliness::Clean => phrase!("Clean"),
        Cleanliness::Inspected => phrase!("Inspected"),
    }
}

fn claim(pack: &Pack<'_>, room: &Room) -> Cell {
    let Some(claim) = room.claim() else { return said([]) };
    let by = phrase!("by {name}", name = pack.names.name(&claim.by.0));
    Cell::Pieces(claim.guest.clone().map(Piece::Data).into_iter().chain([Piece::Said(by)]).collect())
}

/// Who comes, and when.
fn coming(due: &Arrival) -> Vec<Phrase> {
    let time = due.eta.as_deref().map_or_else(|| phrase!("No time said"), clock);
    [time].into_iter().chain(party(due)).collect()
}

fn party(due: &Arrival) -> Vec<Phrase> {
    let stays = match due.nights {
        0 => phrase!("day use"),
        nights => phrase!("{nights, plural, one {# night} other {# nights}}", nights),
    };
    let persons = phrase!("{n, plural, one {# person} other {# persons}}", n = u32::from(due.persons));
    [Some(persons), due.vip.then(vip), Some(stays)].into_iter().flatten().collect()
}

fn vip() -> Phrase {
    phrase!("VIP")
}

fn eta(room: &Room) -> Option<&str> {
    room.arrival.as_ref()?.eta.as_deref()
}

fn etd(room: &Room) -> Option<&str> {
    room.guest.as_ref()?.departs_at.as_deref()
}

fn moment(at: DateTime<Utc>) -> Arg {
    Arg::time(time(at))
}

fn at(at: DateTime<Utc>) -> Phrase {
    phrase!("{time}", time = moment(at))
}

fn clock(time: &str) -> Phrase {
    phrase!("{time}", time = Arg::clock(time))
}

fn count(number: impl Into<u64>) -> Phrase {
    phrase!("{number}", number = number.into())
}

fn hours(length: TimeDelta) -> Phrase {
    let part = |length: i64| u64::try_from(length).unwrap_or(0);
    phrase!("{hours} h {minutes} min", hours = part(length.num_hours()), minutes = part(length.num_minutes() % 60))
}

fn nothing() -> Cell {
    data("–")
}

impl Cell {
    fn phrases(&self) -> Vec<&Phrase> {
        match self {
            Self::Number(_) => vec![],
            Self::Pieces(pieces) => pieces.iter().filter_map(Piece::phrase).collect(),
            Self::Answer(first, rest) => [first].into_iter().chain(rest).collect(),
        }
    }
}

impl Piece {
    fn phrase(&self) -> Option<&Phrase> {
        match self {
            Self::Said(phrase) => Some(phrase),
            Self::Data(_) => None,
        }
    }
}

/// Wide, because a line of the rack has eight columns, and the words of no language are the shortest.
const STYLE: &str = "
@page{size:landscape;margin:1cm}
body{font:10pt/1.35 system-ui,sans-serif;color:#000;background:#fff;margin:1cm}
h1{font-size:16pt;margin:0}h2{font-size:13pt;margin:0 0 4pt}
.stamp{margin:2pt 0 10pt}.part{break-before:page;padding-top:8pt}.part:first-of-type{break-before:auto}
table{border-collapse:collapse;width:100%}th,td{border:1px solid #777;padding:2pt 4pt;text-align:start;vertical-align:top}
th{background:#eee}thead{display:table-header-group}tr{break-inside:avoid}
span{display:inline-block}:lang(ar),:lang(fa),:lang(ps){line-height:1.5}
.n{font-weight:700;font-size:12pt;white-space:nowrap}.box{width:1.6cm}.none{color:#333}
nav{margin:0 0 8pt}nav a{display:inline-block;margin-inline-end:10pt}@media print{body{margin:0}nav{display:none}}
";

impl Paper {
    /// Every sentence that is on it, each once.
    pub fn phrases(&self) -> BTreeSet<Phrase> {
        let of = |part: &Part| {
            let under: Vec<&Phrase> = match part.lines.as_slice() {
                [] => vec![&self.nothing],
                lines => {
                    let heads = part.head.iter().chain(&part.by_hand);
                    heads.chain(lines.iter().flatten().flat_map(Cell::phrases)).collect()
                }
            };
            [&part.title, &part.counted].into_iter().chain(under).cloned().collect::<Vec<_>>()
        };
        let above = [&self.title, &self.day, &self.as_of].into_iter().chain(&self.stamp).cloned();
        above.chain(self.parts.iter().flat_map(of)).collect()
    }

    /// The whole page in these words.
    pub fn html(&self, words: &Words) -> String {
        Writer { paper: self, words }.page().into_string()
    }
}

/// Writes a page in the words that there are. What has none stands there in English, and says so.
struct Writer<'a> {
    paper: &'a Paper,
    words: &'a Words,
}

impl Writer<'_> {
    fn page(&self) -> Markup {
        let Paper { hotel, title, day, as_of, stamp, parts, .. } = self.paper;
        html! {
            (DOCTYPE)
            html lang=(self.words.lang()) dir=(self.words.dir()) {
                head {
                    meta charset="utf-8";
                    title { (self.text(title)) " · " (hotel) " · " (self.text(day)) }
                    style { (PreEscaped(STYLE)) }
                }
                body {
                    h1 { (self.said(title)) " · " bdi { (hotel) } }
                    p .stamp { (beside([html! { b { (self.said(as_of)) } }, self.said(day)])) }
                    p .stamp { @for sentence in stamp { span { (self.said(sentence)) } " " } }
                    nav { @for part in parts { a href={ "#" (part.id) } { (self.said(&part.title)) } " " } }
                    @for part in parts { (self.part(part)) }
                }
            }
        }
    }

    fn part(&self, part: &Part) -> Markup {
        html! {
            section .part id=(part.id) {
                h2 { (self.said(&part.counted)) }
                p .stamp { (self.said(&self.paper.as_of)) " · " bdi { (self.paper.hotel) } }
                @if part.lines.is_empty() { p .none { (self.said(&self.paper.nothing)) } } @else {
                    table {
                        thead { tr {
                            @for head in &part.head { th { (self.said(head)) } }
                            @for head in &part.by_hand { th .box { (self.said(head)) } }
                        } }
                        tbody { @for line in &part.lines { tr {
                            @for cell in line { (self.cell(cell)) }
                            @for _ in &part.by_hand { td .box {} }
                        } } }
                    }
                }
            }
        }
    }

    fn cell(&self, cell: &Cell) -> Markup {
        match cell {
            Cell::Number(number) => html! { td .n { bdi { (number) } } },
            Cell::Answer(first, rest) => {
                let first = html! { b { (self.said(first)) } };
                html! { td { (beside([first].into_iter().chain(rest.iter().map(|why| self.said(why))))) } }
            }
            Cell::Pieces(pieces) => html! { td { (beside(pieces.iter().map(|piece| self.piece(piece)))) } },
        }
    }

    fn piece(&self, piece: &Piece) -> Markup {
        match piece {
            Piece::Said(phrase) => self.said(phrase),
            Piece::Data(text) => html! { bdi { (text) } },
        }
    }

    fn said(&self, phrase: &Phrase) -> Markup {
        match self.words.of(phrase) {
            Some(words) => html! { (words) },
            None if self.words.lang() == "en" => html! { (self.english(phrase)) },
            None => html! { bdi lang="en" dir="ltr" { (self.english(phrase)) } },
        }
    }

    /// Where no element can stand.
    fn text(&self, phrase: &Phrase) -> String {
        self.words.of(phrase).map_or_else(|| self.english(phrase), str::to_owned)
    }

    fn english(&self, phrase: &Phrase) -> String {
        let local = |at: &str| match at.parse::<DateTime<Utc>>() {
            Ok(at) => at.with_timezone(&self.paper.zone).format("%Y-%m-%d %H:%M").to_string(),
            Err(_) => at.to_owned(),
        };
        phrase.clone().with_moments(&local).to_string()
    }
}

/// Short texts beside each other. Each is a box of its own: it is broken only where it does not fit into a line, and
/// what is in the next one cannot change places with it.
fn beside(texts: impl IntoIterator<Item = Markup>) -> Markup {
    let texts: Vec<Markup> = texts.into_iter().collect();
    let last = texts.len().saturating_sub(1);
    match texts.as_slice() {
        [only] => only.clone(),
        several => html! {
            @for (n, text) in several.iter().enumerate() { span { (text) @if n < last { "\u{a0}·" } } " " }
        },
    }
}

/// The head of the room rack as a table for other programs. They find a column by its head, and so it is in English in
/// every language, and so are the words of its cells.
pub const RACK_HEAD: [&str; 13] = [
    "Room",
    "Floor",
    "Section",
    "Type",
    "Give it out?",
    "Why not",
    "Housekeeping",
    "Front desk",
    "Stay",
    "Arrival",
    "Departure",
    "Claimed",
    "Note",
];

/// The room rack as lines of a table.
pub fn rack_lines<'a>(pack: &'a Pack<'a>) -> impl Iterator<Item = [String; RACK_HEAD.len()]> + 'a {
    pack.rooms.iter().map(move |row| {
        let room = &row.unit.room;
        let safe = safe_to_give(row, pack.policy, pack.stale);
        [
            room.number.clone(),
            room.floor.clone(),
            room.section.clone(),
            room.room_type.clone(),
            yes_or_no(safe.safe).into(),
            safe.reasons.join(", ").replace('_', " "),
            cleanliness(room.cleanliness).into(),
            words::snake(&room.fo_occupancy),
            words::snake(&room.stay),
            room.arrival.iter().flat_map(coming).map(String::from).collect::<Vec<_>>().join(", "),
            etd(room).unwrap_or_default().to_owned(),
            claimed(pack, room),
            room.note.clone().unwrap_or_default(),
        ]
    })
}

fn claimed(pack: &Pack<'_>, room: &Room) -> String {
    let Some(claim) = room.claim() else { return String::new() };
    let by = pack.names.name(&claim.by.0);
    claim.guest.as_ref().map_or_else(|| by.clone(), |guest| format!("{guest} (by {by})"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dto::{Direction, Voice};
    use chrono::TimeZone;
    use turndown_domain::{Claim, Guest, RoomId, StaffId, Task, TaskId, TaskKind, Unit};
    use turndown_offline::LocalState;

    fn row(room: Room, kind: Option<TaskKind>) -> RoomRow {
        let tasks = kind.map(|kind| (TaskId("t".into()), Task { kind, credits: 6, ..Task::default() }));
        let unit = Unit { room, tasks: tasks.into_iter().collect() };
        RoomRow { id: RoomId("r".into()), unit, local: LocalState::Server, contested: false, unreadable: false }
    }

    fn pack_of<'a>(rooms: &'a [RoomRow], names: &'a Names) -> Pack<'a> {
        let at = Utc.with_ymd_and_hms(2016, 3, 25, 22, 30, 0).unwrap();
        let clock = Clock { service_day: "2016-03-25", zone: Tz::Asia__Kabul };
        let known_at = Some(at - TimeDelta::hours(5));
        let policy = InspectionPolicy::Departures;
        Pack {
            hotel: "Hotel <b>",
            desk: "Desk 1",
            at,
            known_at,
            local_seq: 812,
            waiting: 7,
            clock,
            policy,
            stale: false,
            rooms,
            names,
        }
    }

    /// Something for every list, and an empty one.
    fn rooms() -> [RoomRow; 4] {
        let since = Utc.with_ymd_and_hms(2016, 3, 24, 20, 0, 0).unwrap();
        let guest = Some(Guest { persons: 2, departs_at: Some("11:00".into()), ..Guest::default() });
        let arrival =
            Some(Arrival { booking_id: "b".into(), eta: Some("14:30".into()), persons: 3, vip: true, nights: 2 });
        let waits = Some(turndown_domain::Waiting { booking_id: "b".into(), since, promised: Some("15:00".into()) });
        let numbered = |number: &str| Room { number: number.into(), section: "1A".into(), ..Room::default() };
        let mut out = numbered("104");
        out.sellability.kind = SellabilityKind::OutOfOrder;
        out.sellability.reason = Some("leak".into());
        out.claim = Some(Claim { by: StaffId("lea".into()), guest: Some("Smith".into()), ..Claim::default() });
        [
            row(Room { arrival, waiting: waits, ..numbered("101") }, Some(TaskKind::Turnover)),
            row(
                Room {
                    fo_occupancy: Occupancy::Occupied,
                    stay: Stay::DueOut,
                    guest,
                    dnd_since: Some(since),
                    ..numbered("102")
                },
                Some(TaskKind::Departure),
            ),
            row(Room { cleanliness: Cleanliness::Inspected, note: Some("<script>".into()), ..numbered("103") }, None),
            row(out, None),
        ]
    }

    fn pashto() -> Voice {
        Voice { lang: "ps".into(), dir: Direction::Rtl, digits: "arabext".into(), calendar: "solarHijri".into() }
    }

    /// The words that somebody gives for each sentence that they are asked for.
    fn words(paper: &Paper, say: impl Fn(&Phrase) -> Option<String>) -> Words {
        let said = paper.phrases().into_iter().filter_map(|phrase| say(&phrase).map(|words| (phrase, words)));
        Words::given(pashto(), said)
    }

    /// What somebody reads on the page, without what surrounds it.
    fn read(page: &str) -> String {
        let texts = page.split('<').filter_map(|part| part.split_once('>')).map(|(_, text)| text);
        texts.collect::<String>().replace('\u{a0}', " ")
    }

    /// What stands in the body outside of elements that hold data.
    fn outside_of_data(page: &str) -> String {
        let (_, body) = page.split_once("</style>").expect("a style");
        let texts = body.split('<').filter_map(|part| part.split_once('>')).filter(|(tag, _)| *tag != "bdi");
        texts.map(|(_, text)| text).collect()
    }

    #[test]
    fn the_pack_has_every_list_and_says_as_of_when_in_the_hotels_time() {
        let names = Names::default();
        let rooms = rooms();
        let pack = pack_of(&rooms, &names);
        let page = paper(&pack).html(&Words::default());
        assert!(page.contains(r#"<html lang="en" dir="ltr">"#) && page.contains("<b>As of 2016-03-26 03:00</b>"));
        let text = read(&page);
        for expected in [
            "As of 2016-03-26 03:00 · Service day 2016-03-25",
            "What others did is in it up to 2016-03-25 22:00",
            "7 actions of this desk have not reached the service yet",
            "Room rack (4)",
            "Guests waiting (1)",
            "Arrivals still to come (1)",
            "14:30 · 3 persons · VIP · 2 nights",
            "Departures still in the house (1)",
            "Do not disturb (1)",
            "26 h 30",
            "Section 1A (2)",
            "guest waits · arrival 14:30",
            "Smith · by lea",
            "Out of order or service (1)",
            "Discrepancies and conflicts (0)",
        ] {
            assert!(text.contains(expected), "{expected}\n{text}");
        }
        assert!(!page.contains("<script>") && page.contains("&lt;script&gt;") && page.contains("Hotel &lt;b&gt;"));
        let lines: Vec<_> = rack_lines(&pack).collect();
        assert_eq!(lines.iter().map(|line| line[4].as_str()).collect::<Vec<_>>(), ["No", "No", "Yes", "No"]);
        assert_eq!(lines[0][9], "14:30, 3 persons, VIP, 2 nights");
    }

    #[test]
    fn an_empty_house_and_one_that_nobody_knows_the_age_of_have_a_pack_too() {
        let names = Names::default();
        let pack = Pack { known_at: None, waiting: 0, ..pack_of(&[], &names) };
        let page = paper(&pack).html(&Words::default());
        assert!(page.contains("up to a time that nobody here knows") && page.contains("Room rack (0)"), "{page}");
    }

    #[test]
    fn h44_in_another_language_the_pack_is_mirrored_and_has_no_word_that_was_not_given_for_it() {
        let names = Names::default();
        let rooms = rooms();
        let paper = paper(&pack_of(&rooms, &names));
        let asked: Vec<Phrase> = paper.phrases().into_iter().collect();
        let place = |phrase: &Phrase| asked.binary_search(phrase).expect("it was asked for");
        let page = paper.html(&words(&paper, |phrase| Some(format!("⟦<{}>⟧", place(phrase)))));
        assert!(page.contains(r#"<html lang="ps" dir="rtl">"#) && !page.contains(r#"lang="en""#), "{page}");
        assert!(page.contains(" · Hotel &lt;b&gt; · ⟦"), "the title has the hotel's name");
        for (n, phrase) in asked.iter().enumerate() {
            assert!(page.contains(&format!("⟦&lt;{n}&gt;⟧")), "{phrase} is asked for, and stands nowhere");
        }
        let outside = outside_of_data(&page);
        let left: String = outside.split('⟦').map(|part| part.split_once('⟧').map_or(part, |(_, rest)| rest)).collect();
        assert!(!left.chars().any(char::is_alphanumeric), "{left}");
        // Whatever the language, the number is the one on the door, and nothing beside it reorders it.
        assert!(page.contains(r#"<td class="n"><bdi>101</bdi></td>"#));
    }

    #[test]
    fn a_sentence_without_words_stands_in_english_and_no_cell_is_empty_for_it() {
        let names = Names::default();
        let rooms = rooms();
        let paper = paper(&pack_of(&rooms, &names));
        let english = paper.html(&Words::default());
        let empty = |page: &str| page.matches("<td></td>").count();
        for missing in paper.phrases() {
            for gap in [None, Some(" ".to_owned())] {
                let say = |phrase: &Phrase| if *phrase == missing { gap.clone() } else { Some("⟦⟧".into()) };
                let page = paper.html(&words(&paper, say));
                assert!(page.contains(r#"<bdi lang="en" dir="ltr">"#), "{missing}");
                assert_eq!(empty(&page), empty(&english), "{missing}");
            }
        }
        let none = paper.html(&words(&paper, |_| None));
        assert_eq!(none, english, "a voice alone makes no page");
    }

    #[test]
    fn english_of_a_window_needs_no_mark_where_a_word_is_missing() {
        let names = Names::default();
        let rooms = rooms();
        let paper = paper(&pack_of(&rooms, &names));
        let voice = Voice { lang: "en".into(), dir: Direction::Ltr, ..pashto() };
        let page = paper.html(&Words::given(voice, [(phrase!("Room rack"), "Room rack".to_owned())]));
        assert_eq!(page, paper.html(&Words::default()));
    }
}
