//! A hotel and its day from bookings: what the sample and generated files must come to, and what is refused.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "what a test needs and does not get ends it")]

use chrono::{Days, NaiveDate};
use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::Path;
use turndown_domain::{
    Booking, Cleanliness, InspectionPolicy, Occupancy, Role, RoomId, SellabilityKind, StaffId, Stay, TaskKind,
    TaskStatus, Unit,
};
use turndown_protocol::{ActorId, PropertyId};
use turndown_service::import::{
    BookingRow, BookingStatus, COLUMNS, DAYS_AHEAD, DEFAULT_SEED, ImportCode, ImportError, ImportedHotel, NAMED_MAX,
    make_hotel, read_bookings,
};

const CITY: &str = "City Hotel";
const SAMPLE_DATES: [&str; 5] = ["2016-08-14", "2016-08-20", "2016-09-07", "2016-09-09", "2016-09-24"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().and_then(Path::parent).expect("crates/service lies in the workspace")
}

fn sample() -> Vec<BookingRow> {
    let file = std::fs::File::open(root().join("data/sample/city-hotel-2016.csv.gz")).expect("the sample is there");
    read_bookings(file, "city-hotel-2016.csv.gz").unwrap_or_else(|error| panic!("{error}"))
}

fn day(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}

fn units(hotel: &ImportedHotel) -> BTreeMap<RoomId, Unit> {
    hotel
        .units
        .iter()
        .map(|(entity, fields)| (RoomId(entity.id.clone()), Unit::from_fields(fields).expect("a unit")))
        .collect()
}

fn departs(booking: &Booking) -> NaiveDate {
    day(&booking.arrives_on) + Days::new(booking.nights.into())
}

/// No room has two guests in one night, and nobody comes into a room that is used by day.
fn no_room_is_given_out_twice<'a>(bookings: impl Iterator<Item = &'a Booking>) -> Result<(), String> {
    let mut nights: BTreeMap<(&RoomId, NaiveDate), &str> = BTreeMap::new();
    for booking in bookings {
        for night in 0..u64::from(booking.nights.max(1)) {
            let date = day(&booking.arrives_on) + Days::new(night);
            if let Some(other) = nights.insert((&booking.room, date), &booking.id) {
                return Err(format!("room {} has {other} and {} on {date}", booking.room.0, booking.id));
            }
        }
    }
    Ok(())
}

/// What the lines themselves say about a day: guests who leave, stay, come.
fn said_by_the_bookings(rows: &[BookingRow], hotel: &str, date: NaiveDate) -> (usize, usize, usize) {
    let stays = || rows.iter().filter(|row| row.hotel == hotel && row.status == BookingStatus::CheckOut);
    let end = |row: &BookingRow| row.arrives + Days::new(row.nights.into());
    (
        stays().filter(|row| row.nights > 0 && end(row) == date).count(),
        stays().filter(|row| row.arrives < date && date < end(row)).count(),
        stays().filter(|row| row.arrives == date).count(),
    )
}

/// Everything that must hold of any imported day.
fn check_day(rows: &[BookingRow], name: &str, date: NaiveDate, hotel: &ImportedHotel) -> Result<(), String> {
    let say = |ok: bool, what: &dyn Fn() -> String| if ok { Ok(()) } else { Err(format!("{date}: {}", what())) };
    let (summary, units) = (&hotel.summary, units(hotel));
    let today = date.to_string();
    no_room_is_given_out_twice(hotel.book.bookings.iter())?;

    let (leave, stay, come) = said_by_the_bookings(rows, name, date);
    say(summary.departures + summary.turnovers == leave, &|| format!("{leave} leave: {summary:?}"))?;
    say(summary.stayovers == stay, &|| format!("{stay} stay: {summary:?}"))?;
    say(summary.arrivals == come, &|| format!("{come} come: {summary:?}"))?;
    say(summary.occupied == leave + stay, &|| format!("{summary:?}"))?;
    let left: BTreeSet<&RoomId> = hotel
        .book
        .bookings
        .iter()
        .filter(|booking| booking.nights > 0 && departs(booking) == date)
        .map(|booking| &booking.room)
        .collect();
    let taken = hotel.book.bookings.iter().filter(|booking| booking.arrives_on == today);
    let turnovers = taken.filter(|booking| left.contains(&booking.room)).count();
    say(summary.turnovers == turnovers, &|| format!("{turnovers} turnovers: {summary:?}"))?;

    let staff: BTreeMap<&StaffId, Role> = hotel.book.staff.iter().map(|person| (&person.id, person.role)).collect();
    say(staff.len() == hotel.book.staff.len(), &|| "two people have one id".into())?;
    let names: BTreeSet<&str> = hotel.book.staff.iter().map(|person| person.name.as_str()).collect();
    say(names.len() == staff.len(), &|| "two people have one name".into())?;
    for (id, unit) in &units {
        let room = &unit.room;
        let say = |ok: bool, what: &str| say(ok, &|| format!("room {}: {what}: {unit:?}", id.0));
        turndown_domain::check(&unit.to_fields()).map_err(|error| format!("{date}: room {}: {error}", id.0))?;
        let occupied = room.fo_occupancy == Occupancy::Occupied;
        say(room.number == id.0 && PropertyId::parse(id.0.clone()).is_ok(), "its id is its number")?;
        say(occupied == room.guest.is_some(), "a guest is in it or it is vacant")?;
        say(!occupied || room.cleanliness == Cleanliness::Dirty, "used overnight, it is dirty")?;
        say(occupied || (room.dnd_since.is_none() && !room.make_up), "only a guest asks for anything")?;
        say(!occupied || room.turn > 0, "a guest has a turn")?;
        say(room.sellability.kind == SellabilityKind::InService || !occupied, "nobody sleeps in a room out of use")?;
        let stay = match (occupied, room.guest.as_ref().is_some_and(|guest| guest.departs_on == today), &room.arrival) {
            (true, true, Some(_)) => Stay::Turnover,
            (true, true, None) => Stay::DueOut,
            (true, false, None) => Stay::Stayover,
            (false, _, Some(due)) if due.nights == 0 => Stay::DayUse,
            (false, _, Some(_)) => Stay::Arrival,
            (false, _, None) => Stay::NotReserved,
            (true, false, Some(_)) => return Err(format!("{date}: somebody comes to {} and nobody leaves", id.0)),
        };
        say(room.stay == stay, "its stay is what guest and arrival say")?;
        let kinds: Vec<TaskKind> = unit.tasks.values().map(|task| task.kind).collect();
        let expected = match stay {
            Stay::Turnover => Some(TaskKind::Turnover),
            Stay::DueOut => Some(TaskKind::Departure),
            Stay::Stayover => Some(TaskKind::Stayover),
            _ => None,
        };
        say(expected.is_none_or(|kind| kinds.contains(&kind)), "who stays or leaves is cleaned for")?;
        for (task_id, task) in &unit.tasks {
            let fits = task.status == TaskStatus::Ready
                && task.service_day == today
                && task.turn == room.turn
                && (1..=27).contains(&task.credits)
                && PropertyId::parse(task_id.0.clone()).is_ok()
                && task_id.0.starts_with(&format!("{}:{}:", hotel.book.property.id, id.0));
            say(fits, &format!("{task_id:?} is ready for today"))?;
            let role = task.assignee.as_ref().and_then(|person| staff.get(person)).copied();
            let looks = matches!(task.kind, TaskKind::Check | TaskKind::Inspection);
            let wanted = if looks { Role::Inspector } else { Role::Attendant };
            say(role == Some(wanted), &format!("{task_id:?} is somebody's who does such work"))?;
        }
    }
    say(
        summary.rooms == units.len() && summary.tasks == units.values().map(|unit| unit.tasks.len()).sum::<usize>(),
        &|| format!("counts: {summary:?}"),
    )
}

#[test]
fn every_day_of_the_sample_is_what_its_bookings_say() {
    let rows = sample();
    let every_third = (0..24).map(|n| day("2016-08-06") + Days::new(3 * n));
    for date in every_third.chain(SAMPLE_DATES.map(day)) {
        let hotel = make_hotel(&rows, CITY, date, DEFAULT_SEED).unwrap_or_else(|error| panic!("{error}"));
        check_day(&rows, CITY, date, &hotel).unwrap_or_else(|error| panic!("{error}"));
    }
}

#[test]
fn no_guest_moves_and_no_room_has_two_guests_in_the_whole_file() {
    let rows = sample();
    let mut all: BTreeMap<String, Booking> = BTreeMap::new();
    for weeks_back in 0..=8 {
        let date = day("2016-10-10") - Days::new(7 * weeks_back);
        let hotel = make_hotel(&rows, CITY, date, 7).unwrap_or_else(|error| panic!("{error}"));
        for booking in hotel.book.bookings {
            // The same booking, seen from every day: the same room, the same guests, the same times.
            assert_eq!(all.entry(booking.id.clone()).or_insert_with(|| booking.clone()), &booking);
        }
    }
    let from = day("2016-08-15");
    let stayed =
        |row: &&BookingRow| row.status == BookingStatus::CheckOut && row.arrives + Days::new(row.nights.into()) >= from;
    assert_eq!(all.len(), rows.iter().filter(stayed).count(), "every stay has a room");
    no_room_is_given_out_twice(all.values()).unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn the_same_seed_makes_the_same_hotel_whatever_the_order_of_the_lines() {
    let mut rows = sample();
    let date = day("2016-08-20");
    let first = make_hotel(&rows, CITY, date, 42).expect("a hotel");
    rows.reverse();
    rows.rotate_left(1234);
    for (line, row) in (2..).zip(&mut rows) {
        row.line = line;
    }
    assert_eq!(make_hotel(&rows, CITY, date, 42).expect("a hotel"), first);
    let other = make_hotel(&rows, CITY, date, 43).expect("a hotel");
    assert_ne!(other.units, first.units, "another seed is another house");
    assert_eq!(
        (other.summary.rooms, other.summary.stayovers),
        (first.summary.rooms, first.summary.stayovers),
        "but the bookings are the same"
    );
}

#[test]
fn a_sample_date_has_work_for_a_whole_team_and_the_docs_say_how_much() {
    let rows = sample();
    let docs = std::fs::read_to_string(root().join("docs/sample-data.md")).expect("the page is there");
    for date in SAMPLE_DATES {
        let hotel = make_hotel(&rows, CITY, day(date), DEFAULT_SEED).expect("a hotel");
        let s = &hotel.summary;
        assert_eq!(s.occupied, 226, "the fullest nights");
        // Three recorded actions a task, and rooms with do not disturb left alone, still come to more than 700.
        assert!(3 * (s.tasks - 2 * s.do_not_disturb) >= 700, "{s:?}");
        let row = format!(
            "| {date} | {} | {} | {} | {} | {} | {} | {} | {} |",
            s.rooms, s.occupied, s.departures, s.stayovers, s.turnovers, s.tasks, s.attendants, s.credits
        );
        assert!(docs.contains(&row), "docs/sample-data.md should have the line\n{row}");

        let mut loads: BTreeMap<StaffId, (u32, BTreeSet<RoomId>)> = BTreeMap::new();
        let units = units(&hotel);
        for (id, unit) in &units {
            for task in unit.tasks.values() {
                let (credits, rooms) = loads.entry(task.assignee.clone().expect("assigned")).or_default();
                *credits += u32::from(task.credits);
                rooms.insert(id.clone());
            }
        }
        loads.retain(|id, _| hotel.book.staff.iter().any(|p| &p.id == id && p.role == Role::Attendant));
        assert_eq!(loads.len(), s.attendants, "nobody is idle");
        let credits = || loads.values().map(|(credits, _)| *credits);
        assert!(credits().max().unwrap() - credits().min().unwrap() <= 6, "{loads:?}");
        assert!(loads.values().all(|(_, rooms)| (10..=18).contains(&rooms.len())), "{loads:?}");

        // Most people work where they are at home.
        let home: BTreeMap<_, _> = hotel.book.staff.iter().map(|p| (p.id.clone(), p.section.clone())).collect();
        let at_home = loads
            .iter()
            .flat_map(|(id, (_, rooms))| rooms.iter().map(move |room| (id, room)))
            .filter(|(id, room)| home[id].as_deref() == Some(units[room].room.section.as_str()))
            .count();
        assert!(at_home * 2 > s.occupied, "{at_home} of {}", s.occupied);
    }
}

#[test]
fn a_day_reaches_far_enough_for_the_longest_outage() {
    let hotel = make_hotel(&sample(), CITY, day("2016-09-24"), DEFAULT_SEED).expect("a hotel");
    let last = hotel.book.bookings.iter().map(|booking| day(&booking.arrives_on)).max().expect("bookings");
    assert_eq!(last, day("2016-09-24") + Days::new(DAYS_AHEAD));
    assert!(last >= day("2016-09-24") + Days::new(10));
    assert!(hotel.book.bookings.iter().all(|booking| departs(booking) >= day("2016-09-24")));
    assert_eq!(hotel.book.property.inspection, InspectionPolicy::Departures);
}

#[test]
fn the_day_after_by_the_rules_of_the_desk_is_the_day_after_by_import() {
    // The desk rolls from the rooms as recorded. When all that the bookings say was recorded, it comes to the same
    // cleans as an import of the next day.
    let rows = sample();
    let (today, tomorrow) =
        (make_hotel(&rows, CITY, day("2016-08-20"), 1), make_hotel(&rows, CITY, day("2016-08-21"), 1));
    let (today, tomorrow) = (today.expect("a hotel"), tomorrow.expect("a hotel"));
    let mut rooms: Vec<(RoomId, Unit)> = units(&today).into_iter().collect();
    for (_, unit) in &mut rooms {
        if unit.room.guest.as_ref().is_some_and(|guest| guest.departs_on == "2016-08-20") {
            unit.room.guest = None;
            unit.room.fo_occupancy = Occupancy::Vacant;
        }
        unit.room.cleanliness = Cleanliness::Inspected;
        if let Some(due) = unit.room.arrival.take().filter(|due| due.nights > 0) {
            unit.room.fo_occupancy = Occupancy::Occupied;
            unit.room.turn += 1;
            unit.room.guest = Some(turndown_domain::Guest { booking_id: due.booking_id, ..Default::default() });
        }
    }
    let cleans = |units: &BTreeMap<RoomId, Unit>| -> BTreeSet<(String, u32)> {
        units
            .values()
            .flat_map(|unit| &unit.tasks)
            .filter(|(_, task)| task.service_day == "2016-08-21")
            .filter(|(_, task)| matches!(task.kind, TaskKind::Turnover | TaskKind::Stayover | TaskKind::Linen))
            .map(|(id, task)| (id.0.clone(), task.turn))
            .collect()
    };
    let rolled = turndown_domain::day::make_day(&today.book, &rooms, "2016-08-21").expect("a day");
    assert_eq!(cleans(&rolled.into_iter().collect()), cleans(&units(&tomorrow)));
}

// ---------------------------------------------------------------------------------------------------------------
// Files

const GOOD: &str = "City Hotel,0,6,2015-07-01,2,1,0,0,HB,PRT,Offline TA/TO,0,A,A,0,Transient,0,0,Check-Out,2015-07-03";

fn file(lines: &[&str]) -> Vec<u8> {
    let mut text = COLUMNS.join(",");
    for line in lines {
        text.push('\n');
        text.push_str(line);
    }
    text.push('\n');
    text.into_bytes()
}

/// The good line with one cell changed.
fn with(column: &str, value: &str) -> String {
    let at = COLUMNS.iter().position(|known| *known == column).expect("a column");
    let mut cells: Vec<&str> = GOOD.split(',').collect();
    cells[at] = value;
    cells.join(",")
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).expect("in memory");
    encoder.finish().expect("in memory")
}

fn utf16(text: &[u8], mark: bool) -> Vec<u8> {
    let mut bytes = if mark { vec![0xff, 0xfe] } else { Vec::new() };
    bytes.extend(String::from_utf8_lossy(text).encode_utf16().flat_map(u16::to_le_bytes));
    bytes
}

fn refused(bytes: &[u8]) -> ImportError {
    match read_bookings(bytes, "bookings.csv") {
        Ok(rows) => panic!("{} rows were read", rows.len()),
        Err(error) => error,
    }
}

#[test]
fn bad_input_is_named_by_line_and_reason() {
    use ImportCode as C;
    let two = |line: &str| file(&[GOOD, line]);
    let cell = |column: &str, value: &str| two(&with(column, value));
    let without =
        |column: &str| String::from_utf8(file(&[GOOD])).unwrap().replace(&format!("{column},"), "").into_bytes();
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x04\0".to_vec();
    let mut latin1 = cell("country", "@");
    let at = latin1.iter().position(|&byte| byte == b'@').unwrap();
    latin1[at] = 0xe9;
    let zipped = gzip(&sample_like(5000));
    let truncated = zipped[..zipped.len() * 2 / 3].to_vec();
    let mut headless = zipped.clone();
    headless.truncate(5);
    let mut damaged = zipped.clone();
    let middle = damaged.len() / 2;
    damaged[middle..middle + 40].fill(0xff);

    // What it is, the file, and the first flaw's code, line, column and some of its words.
    type Case = (&'static str, Vec<u8>, C, Option<u64>, Option<&'static str>, &'static str);
    let table: Vec<Case> = vec![
        ("no byte", vec![], C::FileEmpty, None, None, "empty"),
        ("blank lines", b"\n\n  \n".to_vec(), C::FileEmpty, None, None, "empty"),
        ("an empty gzip", gzip(b""), C::FileEmpty, None, None, "empty"),
        ("only column names", file(&[]), C::FileHasNoBookings, None, None, "no bookings"),
        ("a picture", png, C::FileNotCsv, None, None, "PNG picture"),
        ("a picture in gzip", gzip(b"\x89PNG\r\n\x1a\n"), C::FileNotCsv, None, None, "PNG picture"),
        ("a page", b"\n<!DOCTYPE html><html>".to_vec(), C::FileNotCsv, None, None, "web page"),
        ("a spreadsheet", b"PK\x03\x04\x14\0".to_vec(), C::FileNotCsv, None, None, "spreadsheet"),
        ("JSON", b"{\"bookings\": []}".to_vec(), C::FileNotCsv, None, None, "JSON"),
        ("bytes", vec![1, 2, 3, 0, 9, 9, 9, 9, 9, 9], C::FileNotCsv, None, None, "not text"),
        ("another table", b"name,age\nAna,3\n".to_vec(), C::FileNotCsv, Some(1), None, "column"),
        (
            "semicolons",
            String::from_utf8(file(&[GOOD])).unwrap().replace(',', ";").into_bytes(),
            C::FileNotCsv,
            Some(1),
            None,
            "semicolons",
        ),
        ("UTF-16", utf16(&file(&[GOOD]), true), C::FileNotUtf8, None, None, "UTF-16"),
        ("UTF-16 unmarked", utf16(&file(&[GOOD]), false), C::FileNotUtf8, None, None, "UTF-16"),
        ("Latin-1", latin1, C::CellNotUtf8, Some(3), Some("country"), "UTF-8"),
        ("half a gzip", truncated, C::FileTruncated, None, None, "end of the gzip file is missing"),
        ("a bit of a gzip", headless, C::FileTruncated, None, None, "end of the gzip file is missing"),
        ("a damaged gzip", damaged, C::FileDamaged, None, None, "damaged"),
        ("no nights", without("nights"), C::ColumnMissing, Some(1), Some("nights"), "column nights is missing"),
        ("no meal", without("meal"), C::ColumnMissing, Some(1), Some("meal"), "column meal is missing"),
        (
            "nights twice",
            [b"nights,".to_vec(), file(&[GOOD])].concat(),
            C::ColumnTwice,
            Some(1),
            Some("nights"),
            "twice",
        ),
        ("a cell too few", two("City Hotel,0,6"), C::RowCellCount, Some(3), None, "3 cells, and there are 20"),
        ("a cell too many", two(&format!("{GOOD},x")), C::RowCellCount, Some(3), None, "21 cells"),
        ("an open quote", file(&[&GOOD.replace("City", "\"City"), GOOD]), C::RowCellCount, Some(2), None, "left open"),
        (
            "31 February",
            cell("arrival_date", "2016-02-31"),
            C::DateNotInCalendar,
            Some(3),
            Some("arrival_date"),
            "no day \"2016-02-31\"",
        ),
        (
            "31 February, left",
            cell("reservation_status_date", "2016-02-31"),
            C::DateNotInCalendar,
            Some(3),
            Some("reservation_status_date"),
            "2016-02-31",
        ),
        (
            "29 February 2015",
            cell("arrival_date", "2015-02-29"),
            C::DateNotInCalendar,
            Some(3),
            Some("arrival_date"),
            "calendar",
        ),
        (
            "a date the other way",
            cell("arrival_date", "31/12/2016"),
            C::DateForm,
            Some(3),
            Some("arrival_date"),
            "YYYY-MM-DD",
        ),
        ("a short date", cell("arrival_date", "2016-2-3"), C::DateForm, Some(3), Some("arrival_date"), "YYYY-MM-DD"),
        ("no date", cell("arrival_date", ""), C::CellEmpty, Some(3), Some("arrival_date"), "empty"),
        ("the year 9999", cell("arrival_date", "9999-12-31"), C::DateOutOfRange, Some(3), Some("arrival_date"), "1990"),
        ("-1 nights", cell("nights", "-1"), C::NightsNegative, Some(3), Some("nights"), "\"-1\" nights"),
        ("many nights", cell("nights", "367"), C::NightsTooMany, Some(3), Some("nights"), "at most 366"),
        (
            "endless nights",
            cell("nights", "99999999999999999999999"),
            C::NightsTooMany,
            Some(3),
            Some("nights"),
            "at most 366",
        ),
        ("half a night", cell("nights", "1.5"), C::NumberForm, Some(3), Some("nights"), "whole number"),
        ("nights in words", cell("nights", "two"), C::NumberForm, Some(3), Some("nights"), "whole number"),
        ("open nights", cell("nights", ""), C::CellEmpty, Some(3), Some("nights"), "empty"),
        ("-2 adults", cell("adults", "-2"), C::GuestsOutOfRange, Some(3), Some("adults"), "between 0 and 999"),
        ("a crowd", cell("children", "70000"), C::GuestsOutOfRange, Some(3), Some("children"), "between 0 and 999"),
        (
            "another status",
            cell("reservation_status", "Maybe"),
            C::StatusUnknown,
            Some(3),
            Some("reservation_status"),
            "\"Maybe\"",
        ),
        (
            "stayed and cancelled",
            cell("is_canceled", "1"),
            C::StatusContradicts,
            Some(3),
            Some("reservation_status"),
            "cancelled",
        ),
        ("is_canceled 7", cell("is_canceled", "7"), C::NumberForm, Some(3), Some("is_canceled"), "0 or 1"),
        ("no hotel", cell("hotel", " "), C::CellEmpty, Some(3), Some("hotel"), "empty"),
        ("a long hotel", cell("hotel", &"x".repeat(81)), C::CellUnreadable, Some(3), Some("hotel"), "80"),
        (
            "a bell in the type",
            cell("assigned_room_type", "A\u{7}B"),
            C::CellUnreadable,
            Some(3),
            Some("assigned_room_type"),
            "characters",
        ),
    ];
    for (name, bytes, code, line, column, words) in table {
        let error = refused(&bytes);
        let first = &error.errors[0];
        assert_eq!((first.code, first.line, first.column), (code, line, column), "{name}: {error}");
        assert!(first.message.contains(words), "{name}: {error}");
        let shown = error.to_string();
        assert!(shown.starts_with("bookings.csv was not imported, and nothing was changed.\n"), "{name}: {shown}");
        assert!(shown.contains(code.as_str()) && !shown.contains('\u{7}'), "{name}: {shown}");
    }
}

#[test]
fn the_docs_name_every_reason() {
    let docs = std::fs::read_to_string(root().join("docs/sample-data.md")).expect("the page is there");
    let missing: Vec<_> = ImportCode::ALL.iter().filter(|code| !docs.contains(&format!("`{code}`"))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

/// A file of so many bookings that differ, so that packing leaves something to cut.
fn sample_like(lines: u32) -> Vec<u8> {
    let lines: Vec<String> =
        (0..lines).map(|n| with("country", &format!("{:x}", n.wrapping_mul(2_654_435_761)))).collect();
    file(&lines.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn every_flaw_of_a_line_is_named_and_the_flaws_beyond_twenty_are_counted() {
    let bad = with("nights", "-1").replace("2015-07-01", "2015-06-31");
    let error = refused(&file(&[GOOD, &bad]));
    let found: Vec<_> = error.errors.iter().map(|flaw| (flaw.line, flaw.column)).collect();
    assert_eq!(found, [(Some(3), Some("arrival_date")), (Some(3), Some("nights"))]);

    // Empty lines and quoted line ends count as an editor counts them.
    let spread = format!("\r\n{}\r\n\r\n\r\n{}\r\n{bad}\r\n", COLUMNS.join(","), with("meal", "\"B\r\nB\""));
    assert_eq!(refused(spread.as_bytes()).errors[0].line, Some(7));

    let error = refused(&file(&vec![bad.as_str(); 40]));
    assert_eq!((error.errors.len(), error.more), (NAMED_MAX, 80 - NAMED_MAX));
    assert!(error.to_string().ends_with("There are 60 more errors like these."), "{error}");
}

#[test]
fn a_file_that_cannot_be_read_to_its_end_is_refused_whole() {
    struct Broken(usize);
    impl std::io::Read for Broken {
        fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
            let bytes = file(&[GOOD]);
            let Some(rest) = bytes.get(self.0..).filter(|rest| !rest.is_empty()) else {
                return Err(std::io::Error::other("the disk went away"));
            };
            let count = rest.len().min(into.len());
            into[..count].copy_from_slice(&rest[..count]);
            self.0 += count;
            Ok(count)
        }
    }
    let error = read_bookings(Broken(0), "bookings.csv").expect_err("half a file");
    assert_eq!(error.errors[0].code, ImportCode::FileUnreadable);
    assert!(error.to_string().contains("the disk went away"));
}

#[test]
fn what_asks_for_another_hotel_or_another_time_is_told_what_there_is() {
    let rows = sample();
    let error = make_hotel(&rows, "Grand Hotel", day("2016-08-20"), 1).expect_err("no such hotel");
    assert_eq!(error.errors[0].code, ImportCode::HotelUnknown);
    assert!(error.to_string().contains("\"City Hotel\""), "{error}");

    let error = make_hotel(&rows, CITY, day("2019-01-01"), 1).expect_err("no such day");
    assert_eq!(error.errors[0].code, ImportCode::DateOutsideFile);
    assert!(
        error.to_string().contains("2019-01-01") && error.to_string().contains("from 2016-07-23 to 2016-11-18"),
        "{error}"
    );

    let canceled = with("is_canceled", "1").replace("Check-Out", "No-Show");
    let rows = read_bookings(file(&[&canceled]).as_slice(), "f").expect("one booking");
    let error = make_hotel(&rows, CITY, day("2015-07-01"), 1).expect_err("nobody stayed");
    assert_eq!(error.errors[0].code, ImportCode::HotelHasNoStays);

    let rows = read_bookings(file(&vec![GOOD; 20_001]).as_slice(), "f").expect("many guests on one day");
    let error = make_hotel(&rows, CITY, day("2015-07-01"), 1).expect_err("no such house");
    assert_eq!(error.errors[0].code, ImportCode::HotelTooLarge);

    let error = make_hotel(&[], CITY, day("2015-07-01"), 1).expect_err("nothing there");
    assert_eq!(error.errors[0].code, ImportCode::HotelUnknown);
}

#[test]
fn the_same_bookings_in_any_dress_are_the_same_bookings() {
    let plain = file(&[GOOD, &with("hotel", "\"Hôtel \"\"Zur Post\"\", Gasthof\"")]);
    let expected = read_bookings(plain.as_slice(), "f").expect("bookings");
    assert_eq!(expected[1].hotel, "Hôtel \"Zur Post\", Gasthof");
    let text = String::from_utf8(plain.clone()).unwrap();
    // The columns back to front, with one more that nobody knows.
    let turned: String = {
        let mut table = csv::ReaderBuilder::new().has_headers(false).from_reader(plain.as_slice());
        let mut writer = csv::WriterBuilder::new().quote_style(csv::QuoteStyle::Always).from_writer(Vec::new());
        for record in table.records().map(Result::unwrap) {
            writer.write_record(record.iter().rev().chain(["agent"])).unwrap();
        }
        String::from_utf8(writer.into_inner().unwrap()).unwrap()
    };
    let dresses: [(&str, Vec<u8>); 8] = [
        ("a byte order mark", [&b"\xef\xbb\xbf"[..], &plain].concat()),
        ("CR", text.replace('\n', "\r").into_bytes()),
        ("CRLF", text.replace('\n', "\r\n").into_bytes()),
        ("no last line end", text.trim_end().as_bytes().to_vec()),
        ("turned, quoted, one column more", turned.into_bytes()),
        ("gzip whatever the name", gzip(&plain)),
        ("gzip in two pieces", [gzip(&plain[..100]), gzip(&plain[100..])].concat()),
        ("capital letters", text.replacen("hotel,is_canceled", "Hotel, IS_CANCELED", 1).into_bytes()),
    ];
    for (name, bytes) in dresses {
        let read = read_bookings(bytes.as_slice(), "bookings.csv").unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(read, expected, "{name}");
    }
    let open = read_bookings(file(&[&with("children", "NA")]).as_slice(), "f").expect("as published");
    assert_eq!(open[0].children, 0);
}

#[test]
fn hotels_with_names_of_any_kind_get_ids_of_their_own() {
    let names = ["City Hotel", "city-hotel!", "Hôtel du Lac", "ホテル東京", "旅館", "A".repeat(80).leak(), "&&&", "7"];
    let mut seen = BTreeSet::new();
    for name in names {
        let rows = read_bookings(file(&[&with("hotel", name)]).as_slice(), "f").expect("a booking");
        let hotel = make_hotel(&rows, name, day("2015-07-02"), 1).unwrap_or_else(|error| panic!("{error}"));
        check_day(&rows, name, day("2015-07-02"), &hotel).unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(hotel.book.property.name, name);
        assert!(PropertyId::parse(hotel.book.property.id.clone()).is_ok());
        assert!(hotel.book.staff.iter().all(|person| ActorId::parse(person.id.0.clone()).is_ok()));
        assert!(seen.insert(hotel.book.property.id.clone()), "{name}: {}", hotel.book.property.id);
    }
}

/// One generated booking: day of arrival, nights, type, status, adults.
type Line = (u64, u16, usize, u8, u16);

fn generated(lines: &[Line]) -> Vec<u8> {
    let lines: Vec<String> = lines
        .iter()
        .map(|(arrival, nights, room_type, status, adults)| {
            let arrives = day("2016-02-20") + Days::new(*arrival);
            let leaves = arrives + Days::new((*nights).into());
            let (canceled, status) = [(0, "Check-Out"), (1, "Canceled"), (1, "No-Show")][usize::from(*status)];
            let room_type = ["A", "D", "Suite"][*room_type];
            format!("Inn,{canceled},0,{arrives},{nights},{adults},0,0,BB,PRT,Direct,0,A,{room_type},0,Transient,0,0,{status},{leaves}")
        })
        .collect();
    file(&lines.iter().map(String::as_str).collect::<Vec<_>>())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Any bookings, any day between them, any seed, any order of lines.
    #[test]
    fn any_bookings_make_a_day_that_is_what_they_say(
        mut lines in proptest::collection::vec((0_u64..40, 0_u16..12, 0_usize..3, 0_u8..3, 0_u16..4), 1..160),
        offset in 0_u64..45,
        seed in any::<u64>(),
        turn in 0_usize..160,
    ) {
        lines.push((0, 45, 0, 0, 1));
        let date = day("2016-02-20") + Days::new(offset);
        let rows = read_bookings(generated(&lines).as_slice(), "generated.csv").expect("a good file");
        let hotel = make_hotel(&rows, "Inn", date, seed).expect("a day");
        if let Err(error) = check_day(&rows, "Inn", date, &hotel) {
            return Err(TestCaseError::fail(error));
        }

        let mut turned = lines.clone();
        let by = turn % turned.len();
        turned.rotate_left(by);
        turned.reverse();
        let again = read_bookings(gzip(&generated(&turned)).as_slice(), "generated.csv").expect("a good file");
        prop_assert_eq!(make_hotel(&again, "Inn", date, seed).expect("a day"), hotel);
    }

    /// Bytes of any kind are refused in words or read; they never stop the import in its tracks.
    #[test]
    fn any_bytes_are_refused_in_words(mut bytes in proptest::collection::vec(any::<u8>(), 0..400), at in 0_usize..600) {
        prop_assert!(read_bookings(bytes.as_slice(), "f").is_err());
        let mut inside = file(&[GOOD, GOOD, GOOD]);
        let at = at.min(inside.len());
        bytes.truncate(8);
        inside.splice(at..at, bytes);
        if let Err(error) = read_bookings(inside.as_slice(), "f") {
            prop_assert!(!error.errors.is_empty() && !error.to_string().is_empty());
        }
    }
}
