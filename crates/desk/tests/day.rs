//! The day roll at a desk: the second day of an outage has its work, the service takes of it what it has not done itself,
//! and nothing of yesterday is lost over the night.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "what cannot go on here has failed, and says where")]

use chrono::{DateTime, NaiveDate, TimeZone, Utc};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tempfile::TempDir;
use turndown_desk::Desk;
use turndown_domain::{
    Action, BEGIN_DAY, Booking, Cleanliness, Guest, JudgeContext, Judgement, Occupancy, Property, PropertyBook,
    RefusalCode, Role, Room, RoomId, Staff, StaffId, Stay, TaskId, TaskStatus, Unit, day::make_day, judge,
};
use turndown_offline::{Environment, Line, OutboxRow, OutboxState, Period, RowFilter, Telling};
use turndown_protocol::{ActorId, EntityRef, EntityRow, Event, EventId, EventResult, Fields, Outcome, Reference};

const TODAY: &str = "2016-03-25";
const TOMORROW: &str = "2016-03-26";

struct Still(AtomicU64);

impl Environment for Still {
    fn now(&self) -> DateTime<Utc> {
        Utc.with_ymd_and_hms(2016, 3, 25, 10, 0, 0).unwrap()
    }
    fn random(&self) -> u128 {
        u128::from(self.0.fetch_add(1, Ordering::Relaxed)) + 1
    }
}

fn tomorrow() -> NaiveDate {
    TOMORROW.parse().unwrap()
}

fn book() -> PropertyBook {
    let person = |id: &str, role| Staff { id: StaffId(id.into()), name: id.into(), role, section: Some("A".into()) };
    let stay = |room: &str, arrives_on: &str, nights| Booking {
        id: format!("b{room}"),
        room: RoomId(room.into()),
        arrives_on: arrives_on.into(),
        nights,
        persons: 2,
        ..Booking::default()
    };
    PropertyBook {
        property: Property { id: "h".into(), service_day: TODAY.into(), ..Property::default() },
        staff: vec![person("maria", Role::Lead), person("ana", Role::Attendant), person("ben", Role::Attendant)],
        // 101 stays, 102 leaves tomorrow, 103 is empty and somebody comes tomorrow, 104 is empty and nobody comes.
        bookings: vec![stay("101", "2016-03-23", 6), stay("102", "2016-03-24", 2), stay("103", TOMORROW, 2)],
    }
}

/// The house on its first day, made by the same rules.
fn house() -> BTreeMap<String, Fields> {
    let room = |id: &str, guest: Option<&str>| {
        let mut room = Room { number: id.into(), section: "A".into(), turn: 1, ..Room::default() };
        room.cleanliness = Cleanliness::Inspected;
        if let Some(departs_on) = guest {
            let booking_id = format!("b{id}");
            room.guest = Some(Guest { booking_id, persons: 2, departs_on: departs_on.into(), ..Guest::default() });
            (room.fo_occupancy, room.stay) = (Occupancy::Occupied, Stay::Stayover);
        }
        (RoomId(id.into()), Unit { room, ..Unit::default() })
    };
    let rooms = [room("101", Some("2016-03-29")), room("102", Some(TOMORROW)), room("103", None), room("104", None)];
    make_day(&book(), &rooms, TODAY).unwrap().into_iter().map(|(id, unit)| (id.0, unit.to_fields())).collect()
}

struct Ours {
    _folder: TempDir,
    desk: Desk,
    ids: AtomicU64,
}

fn open(folder: &Path, seed: u64) -> Desk {
    Desk::open(folder, Arc::new(Still(AtomicU64::new(seed)))).unwrap().0
}

fn row(id: &str, version: u64, fields: Fields) -> EntityRow {
    EntityRow {
        entity: EntityRef::new("room", id),
        version,
        deleted: false,
        fields,
        provenance: BTreeMap::new(),
        contested: None,
    }
}

fn desk(seed: u64) -> Ours {
    let folder = tempfile::tempdir().unwrap();
    let desk = open(folder.path(), seed);
    let rows = house().into_iter().zip(1..).map(|((id, fields), version)| row(&id, version, fields)).collect();
    let reference = Reference { version: 1, document: serde_json::to_value(book()).unwrap() };
    desk.engine().take_snapshot(reference, rows, "c4", 4, |_| {}).unwrap();
    Ours { _folder: folder, desk, ids: AtomicU64::new(seed) }
}

impl Ours {
    fn act(&self, room: &str, action: Action) -> Result<Event, RefusalCode> {
        let id = EventId::parse(format!("e{}", self.ids.fetch_add(1, Ordering::Relaxed))).unwrap();
        match self.desk.act(id, ActorId::parse("maria").unwrap(), room, action) {
            Ok(recorded) => Ok(recorded.sealed.event.clone()),
            Err(turndown_desk::ActError::Refused(refusal)) => Err(refusal.code),
            Err(error) => panic!("{error}"),
        }
    }

    fn unit(&self, room: &str) -> Unit {
        self.desk.room(room).unwrap().unwrap().unit
    }

    fn events(&self) -> Vec<Event> {
        let items = self.desk.engine().next_to_send(1_000, usize::MAX, &BTreeSet::new()).unwrap();
        items.into_iter().map(|item| serde_json::from_str(&item.bytes).unwrap()).collect()
    }
}

fn task(room: &str, kind: &str, day: &str) -> TaskId {
    TaskId(format!("h:{room}:{kind}:{day}"))
}

/// The service, as far as it judges: what becomes of its rows.
fn judged(rows: &mut BTreeMap<String, Fields>, book: &PropertyBook, events: &[Event]) -> Vec<Judgement> {
    let mut all = vec![];
    for event in events {
        let row = rows.get_mut(&event.entity.id).unwrap();
        let judgement = judge(row, event, &JudgeContext { book, undo_of: None });
        if let Judgement::Apply { changes } = &judgement {
            changes.iter().for_each(|(path, value)| row.set(path.clone(), value.clone()));
        }
        all.push(judgement);
    }
    all
}

#[test]
fn h1_the_second_day_of_an_outage_has_its_work() {
    let ours = desk(1);
    ours.act("101", Action::Start { task: task("101", "stayover", TODAY) }).unwrap();
    ours.act("101", Action::Complete { task: task("101", "stayover", TODAY) }).unwrap();
    let began = ours.desk.begin_day(tomorrow()).unwrap().expect("a day");
    assert_eq!((began.day.as_str(), began.rooms), (TOMORROW, 3), "in 104 nothing is different");
    assert_eq!(ours.desk.book().unwrap().unwrap().property.service_day, TOMORROW);

    // The guest who stays slept in a room that was clean, somebody leaves, and somebody comes.
    let stays = ours.unit("101");
    assert_eq!((stays.room.cleanliness, stays.room.stay), (Cleanliness::Dirty, Stay::Stayover));
    assert_eq!(stays.tasks[&task("101", "stayover", TODAY)].status, TaskStatus::Completed, "yesterday's is done");
    assert_eq!(stays.tasks[&task("101", "stayover", TOMORROW)].status, TaskStatus::Ready);
    assert!(ours.unit("102").tasks.contains_key(&task("102", "departure", TOMORROW)));
    assert!(ours.unit("103").room.arrival.is_some());
    // Work goes on in the new day, and it begins once.
    let started = ours.act("101", Action::Start { task: task("101", "stayover", TOMORROW) }).unwrap();
    assert_eq!(started.service_day.as_deref(), Some(TOMORROW));
    assert_eq!(ours.desk.begin_day(tomorrow()).unwrap(), None);
    let ledger = ours.desk.engine().ledger().unwrap();
    assert!(ledger.is_balanced() && ledger.recorded == 6, "{ledger:?}");
}

#[test]
fn h1_the_service_takes_a_day_that_began_at_a_desk_and_what_was_done_in_it() {
    for service_rolled in [false, true] {
        let ours = desk(1);
        ours.act("101", Action::Start { task: task("101", "stayover", TODAY) }).unwrap();
        ours.act("101", Action::Complete { task: task("101", "stayover", TODAY) }).unwrap();
        ours.desk.begin_day(tomorrow()).unwrap().expect("a day");
        ours.act("101", Action::Start { task: task("101", "stayover", TOMORROW) }).unwrap();
        ours.act("102", Action::Departed {}).unwrap();
        ours.act("102", Action::Start { task: task("102", "departure", TOMORROW) }).unwrap();
        let (mut rows, mut book) = (house(), book());
        if service_rolled {
            let rooms: Vec<_> =
                rows.iter().map(|(id, fields)| (RoomId(id.clone()), Unit::from_fields(fields).unwrap())).collect();
            book.property.service_day = TOMORROW.into();
            let made = make_day(&book, &rooms, TOMORROW).unwrap();
            rows = made.into_iter().map(|(id, unit)| (id.0, unit.to_fields())).collect();
        }
        let judgements = judged(&mut rows, &book, &ours.events());
        assert!(
            judgements.iter().all(|judgement| matches!(judgement, Judgement::Apply { .. })),
            "the night made 101 dirty on both sides, so nobody is asked: {judgements:#?}"
        );
        for room in ["101", "102", "103"] {
            assert_eq!(Unit::from_fields(&rows[room]).unwrap(), ours.unit(room), "{room}, {service_rolled}");
        }
    }
}

#[test]
fn h1_two_desks_that_cannot_reach_each_other_begin_the_same_day() {
    let (one, two) = (desk(1), desk(1_000));
    one.desk.begin_day(tomorrow()).unwrap().expect("a day");
    two.desk.begin_day(tomorrow()).unwrap().expect("a day");
    one.act("101", Action::Start { task: task("101", "stayover", TOMORROW) }).unwrap();
    two.act("102", Action::Note { text: Some("lamp".into()) }).unwrap();
    let (mut rows, book) = (house(), book());
    for ours in [&one, &two] {
        let judgements = judged(&mut rows, &book, &ours.events());
        assert!(judgements.iter().all(|judgement| matches!(judgement, Judgement::Apply { .. })), "{judgements:#?}");
    }
    let unit = |room: &str| Unit::from_fields(&rows[room]).unwrap();
    let stayover = &unit("101").tasks[&task("101", "stayover", TOMORROW)];
    assert_eq!(
        stayover.status,
        TaskStatus::InProgress,
        "the second desk's day does not take back the first one's work"
    );
    assert_eq!(unit("102").room.note.as_deref(), Some("lamp"));
    assert_eq!(unit("103"), two.unit("103"));
}

#[test]
fn h1_a_day_that_began_elsewhere_too_hides_nothing_that_was_done_in_it() {
    let ours = desk(1);
    ours.desk.begin_day(tomorrow()).unwrap().expect("a day");
    let mut theirs = ours.unit("101");
    let stayover = theirs.tasks.get_mut(&task("101", "stayover", TOMORROW)).unwrap();
    (stayover.status, theirs.room.cleanliness) = (TaskStatus::Completed, Cleanliness::Clean);
    let theirs = row("101", 9, theirs.to_fields());
    ours.desk.engine().take_rows(vec![theirs.clone()], None, "c9").unwrap();
    // Ours still waits to be sent.
    let shown = ours.unit("101");
    assert_eq!(shown.room.cleanliness, Cleanliness::Clean);
    assert_eq!(shown.tasks[&task("101", "stayover", TOMORROW)].status, TaskStatus::Completed);
    let rows = ours.desk.engine().rows(RowFilter::All, 0, 100).unwrap().0;
    let ours_of_101 = rows.iter().find(|row| row.sealed.event.entity.id == "101").unwrap();
    assert_eq!((ours_of_101.state, ours_of_101.sealed.event.action.as_str()), (OutboxState::Pending, BEGIN_DAY));
    let answer = EventResult {
        event_id: ours_of_101.sealed.event.event_id.clone(),
        outcome: Outcome::Merged,
        original: None,
        seq: Some(10),
        row: Some(EntityRow { version: 10, ..theirs }),
        theirs: None,
        problem: None,
    };
    ours.desk.engine().take_results("store", "epoch", None, vec![answer]).unwrap();
    assert_eq!(ours.unit("101"), shown);
}

#[test]
fn h1_a_day_that_began_is_still_there_after_a_restart_and_after_the_services_old_word() {
    let ours = desk(1);
    ours.desk.begin_day(tomorrow()).unwrap().expect("a day");
    let Ours { _folder: folder, desk, .. } = ours;
    desk.engine().close();
    drop(desk);
    let desk = open(folder.path(), 500);
    assert_eq!(desk.book().unwrap().unwrap().property.service_day, TOMORROW);
    // The service comes back and is still on its old day; later it is ahead.
    for (version, day, there) in [(2, TODAY, TOMORROW), (3, "2016-03-28", "2016-03-28")] {
        let mut book = book();
        book.property.service_day = day.into();
        let reference = Reference { version, document: serde_json::to_value(book).unwrap() };
        desk.engine().take_rows(vec![], Some(reference), format!("c{version}").as_str()).unwrap();
        assert_eq!(desk.book().unwrap().unwrap().property.service_day, there);
    }
}

#[test]
fn nobody_begins_a_day_in_one_room() {
    let ours = desk(1);
    let one =
        Action::BeginDay { room: RoomId("101".into()), day: TOMORROW.into(), who: BTreeMap::new(), deep_clean: false };
    assert_eq!(ours.act("101", one), Err(RefusalCode::ActionUnknown));
}

/// An answer of the service to one of this desk's actions.
fn answer(ours: &Ours, event: &Event, outcome: Outcome, seq: Option<u64>) {
    let result = EventResult {
        event_id: event.event_id.clone(),
        outcome,
        original: None,
        seq,
        row: None,
        theirs: None,
        problem: None,
    };
    ours.desk.engine().take_results("store", "epoch", None, vec![result]).unwrap();
}

fn note(text: &str) -> Action {
    Action::Note { text: Some(text.into()) }
}

#[test]
fn a_day_that_began_is_told_in_one_line_for_each_end_and_opens_to_its_rooms() {
    let ours = desk(1);
    ours.act("104", note("before")).unwrap();
    let rooms = ours.desk.begin_day(tomorrow()).unwrap().expect("a day").rooms;
    ours.act("104", note("after")).unwrap();
    ours.act("103", note("after")).unwrap();
    let began: Vec<Event> = ours.events().into_iter().filter(|event| event.action == BEGIN_DAY).collect();
    assert!(rooms > 2 && began.len() as u64 == rooms, "{rooms}");
    let engine = ours.desk.engine();
    let days = ours.desk.days_begun().unwrap();
    let number = |line: &Line<OutboxRow>| line.row.sealed.event.local_seq;

    let look = |expected: &[u64]| {
        let mut seen = vec![];
        for filter in [RowFilter::All, RowFilter::Waiting, RowFilter::Attention, RowFilter::Acknowledged] {
            let told = |open: &[String], offset, limit| {
                engine.lines(filter, &[], Telling { together: &days, open }, offset, limit).unwrap()
            };
            let (closed, total) = told(&[], 0, 100);
            assert_eq!(closed.len(), total as usize);
            let ids: Vec<String> =
                closed.iter().filter_map(|line| line.gathered.as_ref().map(|gathered| gathered.id.clone())).collect();
            let (rows, count) = engine.rows(filter, 0, 100).unwrap();
            let told_of: u64 = closed.iter().map(|line| line.gathered.as_ref().map_or(1, |all| all.count)).sum();
            assert_eq!(told_of, u64::from(count), "every action is told once");
            // Whatever is open, a page is that part of the whole.
            for open in [&ids[..0], &ids[..ids.len().min(1)], &ids[..]] {
                let (whole, total) = told(open, 0, 100);
                for (offset, limit) in (0..=total).flat_map(|offset| (1..=total).map(move |limit| (offset, limit))) {
                    let (page, same) = told(open, offset, limit);
                    let (from, to) = (offset as usize, (offset + limit).min(total) as usize);
                    assert_eq!((page.as_slice(), same), (&whole[from..to], total), "{filter:?} {offset} {limit}");
                }
            }
            let (open, _) = told(&ids, 0, 100);
            let singly: BTreeSet<u64> = open.iter().filter(|line| line.gathered.is_none()).map(number).collect();
            assert_eq!(singly, rows.iter().map(|row| row.sealed.event.local_seq).collect::<BTreeSet<u64>>());
            if filter == RowFilter::All {
                seen.extend(closed.iter().filter_map(|line| line.gathered.as_ref().map(|gathered| gathered.count)));
            }
        }
        let several: Vec<u64> = expected.iter().copied().filter(|count| *count > 1).collect();
        assert_eq!(seen, several);
    };
    look(&[rooms]);
    answer(&ours, &began[0], Outcome::Applied, Some(20));
    look(&[rooms - 1]);
    answer(&ours, &began[1], Outcome::Applied, Some(21));
    look(&[rooms - 2, 2]);
    // What failed stands by itself.
    answer(&ours, &began[2], Outcome::Rejected, None);
    look(&[rooms - 3, 2]);

    // The report tells the same in its own order.
    let whole = Period::default();
    let all = engine.period_rows(whole, None, 0, 100).unwrap();
    let told = |open: &[String], offset, limit| {
        engine.period_lines(whole, None, Telling { together: &days, open }, offset, limit).unwrap()
    };
    let (lines, [actions, in_lines]) = told(&[], 0, 100);
    assert_eq!(lines.len(), all.len() - actions + in_lines);
    let told_of: u64 = lines.iter().map(|line| line.gathered.as_ref().map_or(1, |gathered| gathered.count)).sum();
    assert_eq!(told_of, all.len() as u64);
    for offset in 0..lines.len() {
        for limit in 1..=lines.len() {
            let page = told(&[], offset as u32, limit as u32).0;
            assert_eq!(page, lines[offset..(offset + limit).min(lines.len())]);
        }
    }
}

#[test]
fn what_is_worst_of_what_needs_a_look_stands_first() {
    let ours = desk(1);
    for room in ["101", "103", "104"] {
        let event = ours.act(room, note("x")).unwrap();
        answer(&ours, &event, Outcome::Rejected, None);
    }
    let worst = [EntityRef::new("room", "103")];
    let (lines, _) = ours.desk.engine().lines(RowFilter::All, &worst, Telling::default(), 0, 100).unwrap();
    let rooms: Vec<&str> = lines.iter().map(|line| line.row.sealed.event.entity.id.as_str()).collect();
    assert_eq!(rooms, ["103", "101", "104"]);
}
