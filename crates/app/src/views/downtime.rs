//! The downtime pack: what a hotel needs on paper when the desk itself is gone. One page that prints, with the room rack,
//! who comes and goes, a sheet for each section, and what must not be forgotten; each part says as of when it is.

use super::Names;
use super::board::{Clock, tiles};
use super::front_desk::safe_to_give;
use crate::words;
use chrono::{DateTime, TimeDelta, Utc};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use std::collections::BTreeMap;
use turndown_desk::RoomRow;
use turndown_domain::{Arrival, Cleanliness, InspectionPolicy, Occupancy, Room, SellabilityKind, Stay, TaskStatus};

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

const STYLE: &str = "
body{font:10pt/1.35 system-ui,sans-serif;color:#000;background:#fff;margin:1.2cm}
h1{font-size:16pt;margin:0}h2{font-size:13pt;margin:0 0 4pt}
.stamp{margin:2pt 0 10pt}.part{break-before:page;padding-top:8pt}.part:first-of-type{break-before:auto}
table{border-collapse:collapse;width:100%}th,td{border:1px solid #777;padding:2pt 4pt;text-align:start;vertical-align:top}
th{background:#eee}thead{display:table-header-group}tr{break-inside:avoid}
.n{font-weight:700;font-size:12pt;white-space:nowrap}.box{width:1.6cm}.none{color:#333}
nav{margin:0 0 8pt}nav a{margin-inline-end:10pt}@media print{nav{display:none}}
";

/// The whole page.
pub fn page(pack: &Pack<'_>) -> String {
    let rooms = pack.rooms;
    let waits: Vec<&RoomRow> = rooms.iter().filter(|row| row.unit.room.waiting().is_some()).collect();
    let mut arrivals: Vec<&RoomRow> = rooms.iter().filter(|row| row.unit.room.arrival.is_some()).collect();
    arrivals.sort_by_key(|row| eta(&row.unit.room).unwrap_or("99:99").to_owned());
    let leaves = |room: &Room| {
        room.fo_occupancy == Occupancy::Occupied && matches!(room.stay, Stay::DueOut | Stay::Turnover | Stay::DayUse)
    };
    let mut departures: Vec<&RoomRow> = rooms.iter().filter(|row| leaves(&row.unit.room)).collect();
    departures.sort_by_key(|row| etd(&row.unit.room).unwrap_or("99:99").to_owned());
    let undisturbed: Vec<&RoomRow> = rooms.iter().filter(|row| row.unit.room.dnd_since.is_some()).collect();
    let odd: Vec<&RoomRow> = rooms.iter().filter(|row| row.unit.room.is_discrepant() || row.contested).collect();
    let out: Vec<&RoomRow> =
        rooms.iter().filter(|row| row.unit.room.sellability.kind != SellabilityKind::InService).collect();
    let sheets = sheets(pack);
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                title { "Downtime pack · " (pack.hotel) " · " (pack.clock.service_day) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { "Downtime pack · " (pack.hotel) }
                (stamp(pack))
                nav {
                    a href="#rack" { "Room rack" } a href="#waiting" { "Guests waiting" } a href="#arrivals" { "Arrivals" }
                    a href="#departures" { "Departures" } a href="#dnd" { "Do not disturb" }
                    a href="#odd" { "Discrepancies" } a href="#out" { "Out of use" }
                    @for section in sheets.keys() { a href={ "#section-" (section) } { "Section " (section) } }
                }
                (part(pack, "rack", "Room rack", rooms.len(), rack(pack)))
                (part(pack, "waiting", "Guests waiting", waits.len(), waiting(pack, &waits)))
                (part(pack, "arrivals", "Arrivals still to come", arrivals.len(), arriving(pack, &arrivals)))
                (part(pack, "departures", "Departures still in the house", departures.len(), departing(&departures)))
                (part(pack, "dnd", "Do not disturb", undisturbed.len(), not_disturbed(pack, &undisturbed)))
                (part(pack, "odd", "Discrepancies and conflicts", odd.len(), discrepancies(&odd)))
                (part(pack, "out", "Out of order and out of service", out.len(), out_of_use(&out)))
                @for (section, tasks) in &sheets {
                    (part(pack, &format!("section-{section}"), &format!("Section {section}"), tasks.len(), sheet(tasks)))
                }
            }
        }
    };
    markup.into_string()
}

/// The head of the room rack as a table for other programs.
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
        let (safe, why) = answer(pack, row);
        [
            room.number.clone(),
            room.floor.clone(),
            room.section.clone(),
            room.room_type.clone(),
            safe.into(),
            why,
            cleanliness(room.cleanliness).into(),
            front_desk(room),
            words::snake(&room.stay),
            room.arrival.as_ref().map(coming).unwrap_or_default(),
            etd(room).unwrap_or_default().to_owned(),
            claim(pack, room),
            room.note.clone().unwrap_or_default(),
        ]
    })
}

fn stamp(pack: &Pack<'_>) -> Markup {
    html! {
        p .stamp {
            "Service day " (pack.clock.service_day) ". As of " b { (local(pack, pack.at)) } ", written by " (pack.desk)
            " (entry " (pack.local_seq) "). "
            @match pack.known_at {
                Some(at) => { "What others did is in it up to " (local(pack, at)) ". " }
                None => { "What others did is in it up to a time that nobody here knows. " }
            }
            @if pack.waiting > 0 { (pack.waiting) " actions of this desk have not reached the service yet." }
        }
    }
}

fn part(pack: &Pack<'_>, id: &str, title: &str, count: usize, table: Markup) -> Markup {
    html! {
        section .part id=(id) {
            h2 { (title) " (" (count) ")" }
            p .stamp { "As of " (local(pack, pack.at)) " · " (pack.hotel) }
            @if count == 0 { p .none { "None." } } @else { (table) }
        }
    }
}

fn rack(pack: &Pack<'_>) -> Markup {
    html! {
        table {
            thead { tr { th { "Room" } th { "Type" } th { "Give it out?" } th { "Housekeeping" } th { "Front desk" } th { "Arrival" } th { "Claimed" } th { "Note" } } }
            tbody {
                @for row in pack.rooms {
                    @let room = &row.unit.room;
                    @let (safe, why) = answer(pack, row);
                    tr {
                        td .n { bdi { (room.number) } } td { (room.room_type) }
                        td { b { (safe) } @if !why.is_empty() { " · " (why) } }
                        td { (cleanliness(room.cleanliness)) }
                        td { (front_desk(room)) " · " (words::snake(&room.stay)) @if let Some(time) = etd(room) { " " (time) } }
                        td { @if let Some(due) = &room.arrival { (coming(due)) } }
                        td { (claim(pack, room)) } td { (room.note.as_deref().unwrap_or_default()) }
                    }
                }
            }
        }
    }
}

fn waiting(pack: &Pack<'_>, rows: &[&RoomRow]) -> Markup {
    html! {
        table {
            thead { tr { th { "Room" } th { "Since" } th { "Told" } th { "Guest" } th { "Room is" } } }
            tbody {
                @for row in rows {
                    @let room = &row.unit.room;
                    tr {
                        td .n { bdi { (room.number) } }
                        @if let Some(waiting) = room.waiting() {
                            td { (local(pack, waiting.since)) } td { (waiting.promised.as_deref().unwrap_or("–")) }
                        }
                        td { @if let Some(due) = &room.arrival { (coming(due)) } }
                        td { (cleanliness(room.cleanliness)) ", " (front_desk(room)) }
                    }
                }
            }
        }
    }
}

fn arriving(pack: &Pack<'_>, rows: &[&RoomRow]) -> Markup {
    html! {
        table {
            thead { tr { th { "Time" } th { "Room" } th { "Type" } th { "Guest" } th { "Give it out?" } th { "Housekeeping" } th .box { "Key given" } } }
            tbody {
                @for row in rows {
                    @let room = &row.unit.room;
                    @let (safe, why) = answer(pack, row);
                    tr {
                        td { (eta(room).unwrap_or("–")) } td .n { bdi { (room.number) } } td { (room.room_type) }
                        td { @if let Some(due) = &room.arrival { (coming(due)) } }
                        td { b { (safe) } @if !why.is_empty() { " · " (why) } }
                        td { (cleanliness(room.cleanliness)) } td .box {}
                    }
                }
            }
        }
    }
}

fn departing(rows: &[&RoomRow]) -> Markup {
    html! {
        table {
            thead { tr { th { "Time" } th { "Room" } th { "Persons" } th { "Then" } th .box { "Left" } } }
            tbody {
                @for row in rows {
                    @let room = &row.unit.room;
                    tr {
                        td { (etd(room).unwrap_or("–")) } td .n { bdi { (room.number) } }
                        td { @if let Some(guest) = &room.guest { (guest.persons) @if guest.vip { " · VIP" } } }
                        td { @match &room.arrival { Some(due) => { "arrival " (coming(due)) } None => { "–" } } }
                        td .box {}
                    }
                }
            }
        }
    }
}

fn not_disturbed(pack: &Pack<'_>, rows: &[&RoomRow]) -> Markup {
    html! {
        table {
            thead { tr { th { "Room" } th { "Since" } th { "For" } th { "Front desk" } th .box { "Tried at" } th .box { "Tried at" } } }
            tbody {
                @for row in rows {
                    @let room = &row.unit.room;
                    tr {
                        td .n { bdi { (room.number) } }
                        @if let Some(since) = room.dnd_since { td { (local(pack, since)) } td { (hours(pack.at - since)) } }
                        td { (front_desk(room)) } td .box {} td .box {}
                    }
                }
            }
        }
    }
}

fn discrepancies(rows: &[&RoomRow]) -> Markup {
    html! {
        table {
            thead { tr { th { "Room" } th { "Front desk" } th { "Housekeeping saw" } th { "Conflict" } } }
            tbody {
                @for row in rows {
                    @let room = &row.unit.room;
                    tr {
                        td .n { bdi { (room.number) } } td { (words::snake(&room.fo_occupancy)) }
                        td { (room.hk_occupancy.map(|seen| words::snake(&seen)).unwrap_or_default()) }
                        td { @if row.contested { "two desks disagree about this room" } }
                    }
                }
            }
        }
    }
}

fn out_of_use(rows: &[&RoomRow]) -> Markup {
    html! {
        table {
            thead { tr { th { "Room" } th { "Which" } th { "May be given out" } th { "Why" } } }
            tbody {
                @for row in rows {
                    @let out = &row.unit.room.sellability;
                    tr {
                        td .n { bdi { (row.unit.room.number) } } td { (words::snake(&out.kind)) }
                        td { @if out.assignable { "yes" } @else { "no" } } td { (out.reason.as_deref().unwrap_or_default()) }
                    }
                }
            }
        }
    }
}

/// One line of a section's sheet.
struct SheetLine {
    rank: u32,
    number: String,
    work: String,
    who: String,
    stands: String,
    credits: u16,
    marks: String,
}

/// What is still to be done, by section, in the order of the board.
fn sheets(pack: &Pack<'_>) -> BTreeMap<String, Vec<SheetLine>> {
    let mut sheets: BTreeMap<String, Vec<SheetLine>> = BTreeMap::new();
    for row in pack.rooms {
        let room = &row.unit.room;
        for tile in tiles(row, false, false, pack.clock) {
            if matches!(tile.status, TaskStatus::Inspected) {
                continue;
            }
            let marks = [
                tile.rush.then(|| "rush".to_owned()),
                tile.waiting.as_ref().map(|_| "guest waits".to_owned()),
                tile.cannot_work.map(|why| words::spaced(&why)),
                eta(room).map(|time| format!("arrival {time}")),
                tile.note.clone(),
            ];
            let occupancy = words::snake(&room.fo_occupancy);
            sheets.entry(room.section.clone()).or_default().push(SheetLine {
                rank: tile.standing.rank,
                number: room.number.clone(),
                work: words::kind(tile.kind).to_string(),
                who: tile.assignee.as_ref().map_or_else(|| "nobody".into(), |person| pack.names.name(&person.0)),
                stands: format!("{occupancy}, {}", words::snake(&tile.status)),
                credits: tile.credits,
                marks: marks.into_iter().flatten().collect::<Vec<_>>().join(" · "),
            });
        }
    }
    for lines in sheets.values_mut() {
        lines.sort_by_key(|line| line.rank);
    }
    sheets
}

fn sheet(lines: &[SheetLine]) -> Markup {
    html! {
        table {
            thead { tr { th { "Room" } th { "Work" } th { "Attendant" } th { "Stands" } th { "Credits" } th { "Know" } th .box { "Begun" } th .box { "Done" } th .box { "Inspected" } } }
            tbody {
                @for line in lines {
                    tr {
                        td .n { bdi { (line.number) } } td { (line.work) } td { bdi { (line.who) } } td { (line.stands) }
                        td { (line.credits) } td { (line.marks) } td .box {} td .box {} td .box {}
                    }
                }
            }
        }
    }
}

fn answer(pack: &Pack<'_>, row: &RoomRow) -> (&'static str, String) {
    let safe = safe_to_give(row, pack.policy, pack.stale);
    let why = safe.reasons.iter().map(|reason| reason.replace('_', " ")).collect::<Vec<_>>().join(", ");
    (if safe.safe { "Yes" } else { "No" }, why)
}

fn claim(pack: &Pack<'_>, room: &Room) -> String {
    let Some(claim) = room.claim() else { return String::new() };
    let by = pack.names.name(&claim.by.0);
    claim.guest.as_ref().map_or_else(|| by.clone(), |guest| format!("{guest} (by {by})"))
}

fn coming(due: &Arrival) -> String {
    let vip = if due.vip { ", VIP" } else { "" };
    let nights = if due.nights == 0 { "day use".to_owned() } else { format!("{} nights", due.nights) };
    let time = due.eta.as_deref().unwrap_or("no time said");
    format!("{time}, {} persons{vip}, {nights}", due.persons)
}

fn eta(room: &Room) -> Option<&str> {
    room.arrival.as_ref()?.eta.as_deref()
}

fn etd(room: &Room) -> Option<&str> {
    room.guest.as_ref()?.departs_at.as_deref()
}

fn front_desk(room: &Room) -> String {
    words::snake(&room.fo_occupancy)
}

fn cleanliness(cleanliness: Cleanliness) -> &'static str {
    match cleanliness {
        Cleanliness::Dirty => "Dirty",
        Cleanliness::Pickup => "Pickup",
        Cleanliness::Clean => "Clean",
        Cleanliness::Inspected => "Inspected",
    }
}

fn local(pack: &Pack<'_>, at: DateTime<Utc>) -> String {
    at.with_timezone(&pack.clock.zone).format("%Y-%m-%d %H:%M").to_string()
}

fn hours(length: TimeDelta) -> String {
    format!("{} h {:02}", length.num_hours(), length.num_minutes().rem_euclid(60))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeZone;
    use chrono_tz::Tz;
    use turndown_domain::{Guest, RoomId, Task, TaskId, TaskKind, Unit};
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

    #[test]
    fn the_pack_has_every_list_and_says_as_of_when_in_the_hotels_time() {
        let names = Names::default();
        let since = Utc.with_ymd_and_hms(2016, 3, 24, 20, 0, 0).unwrap();
        let guest = Some(Guest { persons: 2, departs_at: Some("11:00".into()), ..Guest::default() });
        let arrival =
            Some(Arrival { booking_id: "b".into(), eta: Some("14:30".into()), persons: 3, vip: true, nights: 2 });
        let waits = Some(turndown_domain::Waiting { booking_id: "b".into(), since, promised: Some("15:00".into()) });
        let numbered = |number: &str| Room { number: number.into(), section: "1A".into(), ..Room::default() };
        let rooms = [
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
        ];
        let pack = pack_of(&rooms, &names);
        let page = page(&pack);
        for expected in [
            "As of <b>2016-03-26 03:00</b>",
            "What others did is in it up to 2016-03-25 22:00",
            "7 actions of this desk have not reached the service yet",
            "Room rack (3)",
            "Guests waiting (1)",
            "Arrivals still to come (1)",
            "Departures still in the house (1)",
            "Do not disturb (1)",
            "26 h 30",
            "Section 1A (2)",
            "guest waits · arrival 14:30",
            "Discrepancies and conflicts (0)",
        ] {
            assert!(page.contains(expected), "{expected}\n{page}");
        }
        assert!(!page.contains("<script>") && page.contains("&lt;script&gt;") && page.contains("Hotel &lt;b&gt;"));
        let lines: Vec<_> = rack_lines(&pack).collect();
        assert_eq!(lines.iter().map(|line| line[4].as_str()).collect::<Vec<_>>(), ["No", "No", "Yes"]);
    }

    #[test]
    fn an_empty_house_and_one_that_nobody_knows_the_age_of_have_a_pack_too() {
        let names = Names::default();
        let page = page(&Pack { known_at: None, waiting: 0, ..pack_of(&[], &names) });
        assert!(page.contains("up to a time that nobody here knows") && page.contains("Room rack (0)"), "{page}");
    }
}
