//! What the PMS reports, on a small house: the cases in which other systems lose or overwrite a room's state, and any
//! order of arrival.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "what cannot go on here has failed, and says where")]

use chrono::{TimeZone, Utc};
use proptest::prelude::*;
use std::collections::BTreeMap;
use turndown_domain::front_office::{BOOKING_CHANGED, BookingState, Report, Stood, Told, rooms};
use turndown_domain::{
    Action, Booking, Cleanliness, Context, JudgeContext, Judgement, Occupancy, Property, PropertyBook, RefusalCode,
    Room, RoomId, Sellability, SellabilityKind, Staff, StaffId, Stay, TaskKind, TaskStatus, Unit, day, decide,
    front_office, judge,
};
use turndown_protocol::{ActorId, EVENT_SCHEMA, EntityRef, Event, EventId, Fields, InstallId, Mode, ZERO_HASH};

const YESTERDAY: &str = "2016-03-24";
const TODAY: &str = "2016-03-25";

fn booking(id: &str, room: &str, arrives_on: &str, nights: u16) -> Booking {
    Booking {
        id: id.into(),
        room: RoomId(room.into()),
        arrives_on: arrives_on.into(),
        nights,
        persons: 2,
        ..Booking::default()
    }
}

/// A hotel that takes reports as a store does: the newest version of each subject counts.
#[derive(Clone)]
struct House {
    book: PropertyBook,
    rooms: BTreeMap<RoomId, Fields>,
    stood: BTreeMap<String, (u64, Option<Stood>)>,
}

impl House {
    /// Rooms 1 to 4, on a morning on which these bookings have their guests in the house or due.
    fn with(bookings: Vec<Booking>) -> Self {
        let staff = Staff { id: StaffId("maria".into()), role: turndown_domain::Role::Attendant, ..Staff::default() };
        let property = Property { id: "h".into(), service_day: TODAY.into(), ..Property::default() };
        let book = PropertyBook { property, staff: vec![staff], bookings };
        let evening = |number: u32| {
            let id = RoomId(number.to_string());
            let mut unit = Unit { room: Room { number: id.0.clone(), turn: 7, ..Room::default() }, ..Unit::default() };
            unit.room.cleanliness = Cleanliness::Inspected;
            if let Some(stay) = book.bookings.iter().find(|stay| stay.room == id && stay.arrives_on.as_str() < TODAY) {
                unit.room.fo_occupancy = Occupancy::Occupied;
                unit.room.guest =
                    Some(turndown_domain::Guest { booking_id: stay.id.clone(), persons: 2, ..Default::default() });
            }
            (id, unit)
        };
        let evening: Vec<_> = (1..=4).map(evening).collect();
        let morning = day::make_day(&book, &evening, TODAY).unwrap();
        let in_house = |stay: &&Booking| stay.arrives_on.as_str() < TODAY;
        let stood = book.bookings.iter().filter(in_house).map(|stay| {
            let stood = Stood { state: BookingState::InHouse, room: stay.room.clone() };
            (format!("booking/{}", stay.id), (0, Some(stood)))
        });
        let stood = stood.collect();
        Self { rooms: morning.into_iter().map(|(id, unit)| (id, unit.to_fields())).collect(), book, stood }
    }

    /// Takes a report; what it was called in each room that it changed.
    fn tell(&mut self, version: u64, report: &Report) -> Result<Vec<&'static str>, RefusalCode> {
        let known = self.stood.get(&report.subject()).cloned();
        if known.as_ref().is_some_and(|(newest, _)| version <= *newest) {
            return Ok(vec![]);
        }
        let stood = known.and_then(|(_, stood)| stood);
        let before = self.book.clone();
        let mut after = before.clone();
        if let Some(bookings) = report.bookings(&before) {
            after.bookings = bookings;
        }
        let told = Told { report, stood: stood.as_ref(), before: &before, after: &after };
        let mut done = vec![];
        for room in rooms(report, stood.as_ref(), &before) {
            let kept = self.kept(report, &room);
            let fields = self.rooms.get(&room).unwrap();
            let effect = front_office::decide(fields, &room, &kept, &told).map_err(|refusal| refusal.code)?;
            let event = event(&room, fields, effect.action, effect.changes);
            let Judgement::Apply { changes } = front_office::judge(fields, &event) else { panic!("its own effect") };
            if !changes.is_empty() {
                done.push(effect.action);
            }
            let fields = self.rooms.get_mut(&room).unwrap();
            changes.into_iter().for_each(|(path, value)| fields.set(path, value));
        }
        self.book = after;
        let now = match report {
            Report::Booking { booking, state } => Some(Stood { state: *state, room: booking.room.clone() }),
            Report::Room { .. } => None,
        };
        self.stood.insert(report.subject(), (version, now));
        Ok(done)
    }

    fn kept(&self, report: &Report, room: &RoomId) -> BTreeMap<String, Stood> {
        let guest = self.unit(&room.0).room.guest.map(|guest| guest.booking_id);
        let others = self.stood.iter().filter(|(subject, _)| **subject != report.subject());
        let kept = others.filter_map(|(subject, (_, stood))| Some((subject.strip_prefix("booking/")?, stood.clone()?)));
        let concerns = |(id, stood): &(&str, Stood)| stood.room == *room || guest.as_deref() == Some(*id);
        kept.filter(concerns).map(|(id, stood)| (id.to_owned(), stood)).collect()
    }

    fn booking(&mut self, version: u64, booking: &Booking, state: BookingState) -> Vec<&'static str> {
        self.tell(version, &Report::Booking { booking: booking.clone(), state }).unwrap()
    }

    fn unit(&self, room: &str) -> Unit {
        Unit::from_fields(&self.rooms[&RoomId(room.into())]).unwrap()
    }

    /// The room in a few words: occupancy, guest, who is due, cleanliness, turn.
    fn says(&self, room: &str) -> String {
        let room = self.unit(room).room;
        let guest = room.guest.map(|guest| guest.booking_id).unwrap_or_default();
        let due = room.arrival.map(|due| due.booking_id).unwrap_or_default();
        format!("{:?} {guest} {due} {:?} {:?} {}", room.fo_occupancy, room.stay, room.cleanliness, room.turn)
    }

    /// Its tasks, in a few words.
    fn tasks(&self, room: &str) -> Vec<String> {
        let tasks = self.unit(room).tasks;
        tasks.values().map(|task| format!("{:?} {:?}", task.kind, task.status)).collect()
    }

    fn does(&mut self, room: &str, action: &Action) -> Event {
        let id = RoomId(room.into());
        let actor = ActorId::parse("maria").unwrap();
        let now = Utc.with_ymd_and_hms(2016, 3, 25, 10, 0, 0).unwrap();
        let fields = self.rooms.get_mut(&id).unwrap();
        let context = Context { now, service_day: TODAY, actor: &actor, book: &self.book, undo_of: None };
        let decision = decide(fields, action, &context).unwrap();
        let mut event = event(&id, fields, action.name(), decision.changes.clone());
        (event.args, event.relies_on) = (action.args(), decision.relies_on);
        decision.changes.into_iter().for_each(|(path, change)| fields.set(path, change.new));
        event
    }

    /// Cleans a room by its first open task of that kind.
    fn clean(&mut self, room: &str, kind: TaskKind) {
        let unit = self.unit(room);
        let (task, _) = unit.tasks.iter().find(|(_, task)| task.kind == kind && task.is_open()).unwrap();
        self.does(room, &Action::Start { task: task.clone() });
        self.does(room, &Action::Complete { task: task.clone() });
    }
}

fn event(room: &RoomId, fields: &Fields, action: &str, changes: BTreeMap<String, turndown_protocol::Change>) -> Event {
    Event {
        schema: EVENT_SCHEMA,
        event_id: EventId::generate(1, 7),
        install_id: InstallId::generate(1, 8),
        local_seq: 1,
        prev_hash: ZERO_HASH.into(),
        actor_id: ActorId::parse("maria").unwrap(),
        workflow: turndown_domain::WORKFLOW.into(),
        entity: EntityRef::new("room", room.0.as_str()),
        turn: fields.get("room/turn").as_u64().map(|turn| u32::try_from(turn).unwrap()),
        service_day: Some(TODAY.into()),
        action: action.into(),
        args: serde_json::json!({}),
        changes,
        relies_on: BTreeMap::new(),
        base_version: 1,
        prev_event_id: None,
        depends_on: vec![],
        settles: vec![],
        recorded_at: "2016-03-25T10:00:00.000Z".into(),
        mode: Mode::Offline,
        data_age_s: None,
        authority: None,
    }
}

use BookingState::{Cancelled, Departed, Expected, InHouse};

#[test]
fn a_check_in_opens_a_turn_and_a_check_out_leaves_a_dirty_room_with_its_work() {
    let guest = booking("a", "1", TODAY, 2);
    let mut house = House::with(vec![guest.clone()]);
    assert_eq!(house.says("1"), "Vacant  a Arrival Inspected 7");
    assert_eq!(house.booking(1, &guest, InHouse), ["checked_in"]);
    assert_eq!(house.says("1"), "Occupied a  Arrived Inspected 8");
    assert_eq!(house.tasks("1"), Vec::<String>::new());
    assert_eq!(house.booking(2, &guest, Departed), ["checked_out"]);
    assert_eq!(house.says("1"), "Vacant   Departed Dirty 8");
    assert_eq!(house.tasks("1"), ["Departure Ready"], "who left the same day leaves a room to clean");
}

#[test]
fn an_early_departure_brings_the_full_clean_in_the_place_of_the_service() {
    let stays = booking("a", "1", "2016-03-22", 9);
    let mut house = House::with(vec![stays.clone()]);
    assert_eq!(house.tasks("1"), ["Linen Ready", "Stayover Ready"]);
    house.booking(1, &stays, Departed);
    assert_eq!(house.tasks("1"), ["Departure Ready", "Linen Cancelled", "Stayover Cancelled"]);
    let unit = house.unit("1");
    let task = |kind| unit.tasks.values().find(|task| task.kind == kind).unwrap();
    assert_eq!(task(TaskKind::Departure).assignee, Some(StaffId("maria".into())), "the same attendant");
    assert_eq!(task(TaskKind::Stayover).cancelled_because.as_deref(), Some(BOOKING_CHANGED));
    let rolled = day::make_day(&house.book, &[(RoomId("1".into()), unit)], "2016-03-26").unwrap();
    let tomorrow = rolled[0].1.tasks.values().filter(|task| task.service_day == "2016-03-26").count();
    assert_eq!(tomorrow, 1, "the room that was left dirty, and no service for a guest who has gone");
}

#[test]
fn a_longer_stay_is_served_and_a_shorter_one_is_cleaned_for_the_next() {
    let leaves = booking("a", "1", YESTERDAY, 1);
    let mut house = House::with(vec![leaves.clone()]);
    assert_eq!(
        (house.says("1").as_str(), house.tasks("1")),
        ("Occupied a  DueOut Dirty 7", vec!["Departure Ready".to_owned()])
    );
    house.booking(1, &Booking { nights: 3, ..leaves.clone() }, InHouse);
    assert_eq!(house.says("1"), "Occupied a  Stayover Dirty 7");
    assert_eq!(house.tasks("1"), ["Departure Cancelled", "Stayover Ready"]);
    house.booking(2, &leaves, InHouse);
    assert_eq!(house.says("1"), "Occupied a  DueOut Dirty 7");
    assert_eq!(house.tasks("1"), ["Departure Ready", "Stayover Cancelled"], "taken up again, and not made twice");
}

#[test]
fn a_service_that_was_done_today_is_not_brought_again_by_a_booking_that_goes_back_and_forth() {
    let stays = booking("a", "1", YESTERDAY, 3);
    let mut house = House::with(vec![stays.clone()]);
    house.clean("1", TaskKind::Stayover);
    assert_eq!(house.tasks("1"), ["Stayover Completed"]);
    house.booking(1, &Booking { nights: 1, ..stays.clone() }, InHouse);
    assert_eq!(house.tasks("1"), ["Departure Ready", "Stayover Completed"]);
    house.booking(2, &stays, InHouse);
    assert_eq!(house.tasks("1"), ["Departure Cancelled", "Stayover Completed"]);
}

#[test]
fn a_late_check_out_does_not_make_a_room_dirty_that_was_cleaned_since() {
    let left = booking("a", "1", YESTERDAY, 1);
    let mut house = House::with(vec![left.clone(), booking("b", "1", TODAY, 1)]);
    house.does("1", &Action::Departed {});
    house.clean("1", TaskKind::Turnover);
    assert_eq!(house.booking(1, &left, Departed), Vec::<&str>::new());
    assert_eq!(house.says("1"), "Vacant  b Arrival Clean 7");
    // The next guest has come before the PMS tells of it.
    let next = booking("b", "1", TODAY, 1);
    house.booking(1, &next, InHouse);
    house.booking(2, &left, Departed);
    assert_eq!(house.says("1"), "Occupied b  Arrived Clean 8");
}

#[test]
fn a_full_clean_that_was_done_before_the_check_out_was_keyed_stays_done() {
    let left = booking("a", "1", YESTERDAY, 1);
    let mut house = House::with(vec![left.clone()]);
    house.clean("1", TaskKind::Departure);
    house.booking(1, &left, Departed);
    assert_eq!(house.says("1"), "Vacant   Departed Clean 7");
    assert_eq!(house.tasks("1"), ["Departure Completed"]);
    // A service for somebody who stayed is not the clean after they left.
    let stayed = booking("c", "2", YESTERDAY, 5);
    let mut house = House::with(vec![stayed.clone()]);
    house.clean("2", TaskKind::Stayover);
    house.booking(1, &stayed, Departed);
    assert_eq!(house.says("2"), "Vacant   Departed Dirty 7");
    assert_eq!(house.tasks("2"), ["Departure Ready", "Stayover Completed"]);
}

#[test]
fn a_check_in_that_comes_before_the_check_out_of_the_guest_before_opens_its_own_turn() {
    let (left, comes) = (booking("a", "1", YESTERDAY, 1), booking("b", "1", TODAY, 1));
    let mut house = House::with(vec![left.clone(), comes.clone()]);
    house.booking(1, &comes, InHouse);
    assert_eq!(house.says("1"), "Occupied b  Arrived Dirty 8");
    assert_eq!(house.booking(1, &left, Departed), Vec::<&str>::new());
    assert_eq!(house.says("1"), "Occupied b  Arrived Dirty 8");
}

#[test]
fn a_check_out_that_comes_before_its_check_in_ends_the_stay_and_the_late_one_does_nothing() {
    let guest = booking("a", "1", TODAY, 0);
    let mut house = House::with(vec![guest.clone()]);
    assert_eq!(house.booking(2, &guest, Departed), ["checked_out"]);
    assert_eq!(house.says("1"), "Vacant   Departed Dirty 8");
    assert_eq!(house.booking(1, &guest, InHouse), Vec::<&str>::new());
    assert_eq!(house.says("1"), "Vacant   Departed Dirty 8");
    assert_eq!(house.tasks("1"), ["Departure Ready"]);
}

#[test]
fn a_room_that_was_made_ready_is_dirty_after_a_guest_of_whom_only_the_check_out_came() {
    let (left, day_use) = (booking("a", "1", YESTERDAY, 1), booking("d", "1", TODAY, 0));
    let mut house = House::with(vec![left.clone(), day_use.clone()]);
    house.booking(1, &left, Departed);
    house.clean("1", TaskKind::Turnover);
    assert_eq!(house.says("1"), "Vacant  d DayUse Clean 7");
    house.booking(2, &day_use, Departed);
    assert_eq!(house.says("1"), "Vacant   Departed Dirty 8");
    assert!(house.tasks("1").iter().any(|task| task.ends_with("Ready")), "{:?}", house.tasks("1"));
}

#[test]
fn a_guest_who_moves_leaves_what_was_begun_and_a_full_clean_behind() {
    let stays = booking("a", "1", YESTERDAY, 5);
    let mut house = House::with(vec![stays.clone()]);
    let stayover = house.unit("1").tasks.keys().next().unwrap().clone();
    house.does("1", &Action::Start { task: stayover });
    let moved = Booking { room: RoomId("3".into()), ..stays.clone() };
    assert_eq!(house.booking(1, &moved, InHouse), ["moved_out", "moved_in"]);
    assert_eq!(house.says("1"), "Vacant   Departed Dirty 7");
    assert_eq!(house.tasks("1"), ["Departure Ready", "Stayover InProgress"]);
    assert_eq!(house.says("3"), "Occupied a  Stayover Inspected 8");
    assert_eq!(house.tasks("3"), Vec::<String>::new(), "they moved into a room that was ready");
    house.booking(2, &moved, Departed);
    assert_eq!(
        (house.unit("3").room.fo_occupancy, house.unit("1").room.fo_occupancy),
        (Occupancy::Vacant, Occupancy::Vacant)
    );
}

#[test]
fn of_two_bookings_that_share_a_room_one_may_leave() {
    let (one, two) = (booking("a", "1", YESTERDAY, 4), booking("b", "1", TODAY, 3));
    let mut house = House::with(vec![one.clone()]);
    house.booking(1, &two, InHouse);
    assert_eq!(house.says("1"), "Occupied a  Stayover Dirty 7", "the same turn: nobody left");
    house.booking(1, &one, Departed);
    assert_eq!(house.unit("1").room.fo_occupancy, Occupancy::Occupied);
    assert_eq!(house.unit("1").room.guest.unwrap().booking_id, "b");
    house.booking(2, &two, Departed);
    assert_eq!(house.unit("1").room.fo_occupancy, Occupancy::Vacant);
}

#[test]
fn a_check_out_that_never_came_keeps_nobody_in_the_room_of_the_next_guests() {
    let (forgotten, next) = (booking("a", "1", "2016-03-20", 2), booking("b", "1", TODAY, 1));
    let mut house = House::with(vec![forgotten]);
    assert_eq!(house.unit("1").room.guest.unwrap().booking_id, "a");
    house.booking(1, &next, InHouse);
    assert_eq!(house.says("1"), "Occupied b  Arrived Dirty 8");
    house.booking(2, &next, Departed);
    assert_eq!(house.says("1"), "Vacant   Departed Dirty 8");
}

#[test]
fn what_a_desk_recorded_as_told_is_confirmed_and_not_done_twice() {
    let guest = booking("a", "1", TODAY, 2);
    let mut house = House::with(vec![guest.clone()]);
    house.does("1", &Action::Arrived {});
    assert!(house.unit("1").room.turn_provisional);
    house.booking(1, &guest, InHouse);
    assert_eq!(house.says("1"), "Occupied a  Arrived Inspected 8");
    assert!(!house.unit("1").room.turn_provisional);
    assert_eq!(house.unit("1").room.guest.unwrap().departs_on, "2016-03-27");
}

#[test]
fn a_desk_that_tells_of_it_later_than_the_pms_makes_no_conflict_and_undoes_no_work() {
    let (left, comes) = (booking("a", "1", YESTERDAY, 1), booking("b", "2", TODAY, 1));
    let mut house = House::with(vec![left.clone(), comes.clone()]);
    // The desk is offline and sees neither of them reported.
    let mut desk = house.clone();
    let (departed, arrived) = (desk.does("1", &Action::Departed {}), desk.does("2", &Action::Arrived {}));
    house.booking(1, &left, Departed);
    house.clean("1", TaskKind::Departure);
    house.booking(1, &comes, InHouse);
    let context = JudgeContext { book: &house.book, undo_of: None };
    for (room, event) in [("1", departed), ("2", arrived)] {
        let judged = judge(&house.rooms[&RoomId(room.into())], &event, &context);
        assert_eq!(judged, Judgement::Apply { changes: BTreeMap::new() }, "{room}");
    }
}

#[test]
fn a_room_that_a_desk_gave_to_another_guest_is_not_given_out_a_second_time_unseen() {
    let (told, reported) = (booking("a", "1", TODAY, 1), booking("b", "1", TODAY, 1));
    let mut house = House::with(vec![told]);
    house.does("1", &Action::Arrived {});
    let refused = house.tell(1, &Report::Booking { booking: reported.clone(), state: InHouse });
    assert_eq!(refused, Err(RefusalCode::RoomOccupied));
    assert_eq!(house.unit("1").room.guest.unwrap().booking_id, "a");
    house.does("1", &Action::Departed {});
    assert_eq!(house.booking(1, &reported, InHouse), ["checked_in"], "the same report, once a person has looked");
}

#[test]
fn a_guest_whom_a_desk_recorded_stays_in_the_room_whatever_else_of_the_booking_changes() {
    let due = booking("a", "1", TODAY, 2);
    let mut house = House::with(vec![due.clone()]);
    house.does("1", &Action::Arrived {});
    house.booking(1, &Booking { eta: Some("18:00".into()), ..due.clone() }, Expected);
    assert_eq!(house.says("1"), "Occupied a  Arrived Inspected 8");
    for (state, room) in [(Cancelled, "1"), (Expected, "2")] {
        let elsewhere = Booking { room: RoomId(room.into()), ..due.clone() };
        let told = house.tell(2, &Report::Booking { booking: elsewhere, state });
        assert_eq!(told, Err(RefusalCode::RoomOccupied), "{state:?} in {room}");
    }
    house.booking(2, &due, InHouse);
    assert_eq!(house.says("1"), "Occupied a  Arrived Inspected 8", "and no second turn");
}

#[test]
fn a_clean_of_yesterday_says_nothing_about_a_room_that_was_slept_in_since() {
    let leaves = booking("a", "1", YESTERDAY, 1);
    let mut house = House::with(vec![leaves.clone()]);
    house.clean("1", TaskKind::Departure);
    house.booking(1, &Booking { nights: 2, ..leaves.clone() }, InHouse);
    house.book.property.service_day = "2016-03-26".into();
    let tomorrow = day::make_day(&house.book, &[(RoomId("1".into()), house.unit("1"))], "2016-03-26").unwrap();
    house.rooms.insert(RoomId("1".into()), tomorrow[0].1.to_fields());
    house.booking(2, &Booking { nights: 2, ..leaves }, Departed);
    assert_eq!(house.says("1"), "Vacant   Departed Dirty 7");
    assert!(house.tasks("1").contains(&"Departure Ready".to_owned()), "{:?}", house.tasks("1"));
}

#[test]
fn two_bookings_that_change_rooms_with_each_other_are_each_due_where_they_are() {
    let (x, y) = (booking("x", "1", TODAY, 2), booking("y", "2", TODAY, 2));
    let mut house = House::with(vec![x.clone(), y.clone()]);
    house.booking(1, &Booking { room: RoomId("2".into()), ..x }, Expected);
    house.booking(1, &Booking { room: RoomId("1".into()), ..y }, Expected);
    assert_eq!(
        (house.says("1").as_str(), house.says("2").as_str()),
        ("Vacant  y Arrival Inspected 7", "Vacant  x Arrival Inspected 7")
    );
}

#[test]
fn after_a_guest_for_the_day_the_one_for_the_night_is_due_in_the_same_room() {
    let (day_use, night) = (booking("d", "1", TODAY, 0), booking("n", "1", TODAY, 2));
    let mut house = House::with(vec![night.clone()]);
    house.booking(1, &day_use, Expected);
    house.booking(2, &day_use, InHouse);
    assert_eq!(house.says("1"), "Occupied d n Arrived Inspected 8");
    house.booking(3, &day_use, Departed);
    assert_eq!(house.says("1"), "Vacant  n Arrival Dirty 8");
    assert_eq!(house.tasks("1"), ["Turnover Ready"]);
    house.booking(1, &night, Expected);
    house.booking(2, &night, Cancelled);
    assert_eq!(house.says("1"), "Vacant   NotReserved Dirty 8");
}

#[test]
fn a_check_out_that_was_a_mistake_leaves_the_room_with_its_work() {
    let stays = booking("a", "1", "2016-03-22", 9);
    let mut house = House::with(vec![stays.clone()]);
    house.booking(1, &stays, Departed);
    house.booking(2, &stays, InHouse);
    assert_eq!(house.unit("1").room.fo_occupancy, Occupancy::Occupied);
    let open = house.tasks("1").iter().filter(|task| task.ends_with("Ready")).count();
    assert!(open > 0, "an occupied, dirty room has somebody's work: {:?}", house.tasks("1"));
}

#[test]
fn a_check_in_into_a_dirty_room_keeps_its_clean() {
    let left = booking("a", "1", YESTERDAY, 1);
    let mut house = House::with(vec![left.clone()]);
    house.booking(1, &left, Departed);
    house.booking(1, &booking("b", "1", TODAY, 1), InHouse);
    assert_eq!(house.says("1"), "Occupied b  Arrived Dirty 8");
    assert!(house.tasks("1").iter().any(|task| task.ends_with("Ready")), "{:?}", house.tasks("1"));
}

#[test]
fn a_room_that_was_cleaned_between_two_guests_is_clean_whichever_of_them_is_reported_first() {
    let (left, comes) = (booking("a", "1", YESTERDAY, 1), booking("b", "1", TODAY, 1));
    let mut house = House::with(vec![left.clone(), comes.clone()]);
    house.clean("1", TaskKind::Turnover);
    let mut other_way = house.clone();
    house.booking(1, &comes, InHouse);
    house.booking(1, &left, Departed);
    other_way.booking(1, &left, Departed);
    other_way.booking(1, &comes, InHouse);
    assert_eq!(
        (house.says("1"), other_way.says("1")),
        ("Occupied b  Arrived Clean 8".into(), "Occupied b  Arrived Clean 8".into())
    );
}

#[test]
fn a_room_that_somebody_called_dirty_after_its_clean_is_dirty_for_whoever_is_reported() {
    let (left, comes) = (booking("a", "1", YESTERDAY, 1), booking("b", "1", TODAY, 1));
    let mut house = House::with(vec![left.clone(), comes.clone()]);
    house.clean("1", TaskKind::Turnover);
    house.does("1", &Action::SetRoomStatus { cleanliness: Cleanliness::Dirty });
    let mut other_way = house.clone();
    house.booking(1, &left, Departed);
    assert_eq!(house.says("1"), "Vacant  b Arrival Dirty 7");
    house.booking(1, &comes, InHouse);
    other_way.booking(1, &comes, InHouse);
    assert_eq!(
        (house.says("1"), other_way.says("1")),
        ("Occupied b  Arrived Dirty 8".into(), "Occupied b  Arrived Dirty 8".into())
    );
}

#[test]
fn only_the_first_report_of_a_guest_in_a_room_is_a_check_in() {
    let (a, b) = (booking("a", "1", YESTERDAY, 4), booking("b", "1", TODAY, 1));
    let mut house = House::with(vec![a.clone()]);
    house.booking(1, &b, InHouse);
    house.booking(1, &Booking { nights: 1, ..a.clone() }, InHouse);
    let before = house.says("1");
    house.booking(2, &Booking { etd: Some("12:00".into()), ..b }, InHouse);
    house.booking(2, &Booking { nights: 1, etd: Some("10:00".into()), ..a }, InHouse);
    assert_eq!(house.says("1"), before, "other details, and no other guest or turn");

    let left = booking("c", "2", YESTERDAY, 1);
    let mut house = House::with(vec![left.clone()]);
    house.does("2", &Action::Departed {});
    house.clean("2", TaskKind::Departure);
    house.booking(1, &Booking { etd: Some("12:00".into()), ..left.clone() }, InHouse);
    house.booking(2, &left, Departed);
    assert_eq!(house.says("2"), "Vacant   Departed Clean 7", "whom a desk saw leave has left");
}

#[test]
fn of_two_who_share_a_room_the_one_who_stays_is_served() {
    let (a, b) = (booking("a", "1", YESTERDAY, 4), booking("b", "1", YESTERDAY, 5));
    let mut house = House::with(vec![a.clone(), b]);
    assert_eq!(house.tasks("1"), ["Stayover Ready"]);
    house.booking(1, &a, Departed);
    assert_eq!(house.unit("1").room.guest.unwrap().booking_id, "b");
    assert_eq!(house.tasks("1"), ["Stayover Ready"]);
}

#[test]
fn a_booking_is_due_in_the_room_that_it_has_now() {
    let due = booking("a", "1", TODAY, 2);
    let mut house = House::with(vec![due.clone()]);
    let elsewhere = Booking { room: RoomId("2".into()), ..due.clone() };
    house.booking(1, &elsewhere, Expected);
    assert_eq!(
        (house.says("1").as_str(), house.says("2").as_str()),
        ("Vacant   NotReserved Inspected 7", "Vacant  a Arrival Inspected 7")
    );
    house.booking(2, &Booking { arrives_on: "2016-03-26".into(), ..elsewhere.clone() }, Expected);
    assert_eq!(house.says("2"), "Vacant   NotReserved Inspected 7");
    assert_eq!(house.book.bookings[0].arrives_on, "2016-03-26");
    house.booking(3, &elsewhere, Expected);
    house.booking(4, &elsewhere, Cancelled);
    assert_eq!(house.says("2"), "Vacant   NotReserved Inspected 7");
    assert_eq!(house.book.bookings, []);
}

#[test]
fn a_check_in_that_is_taken_back_leaves_the_room_empty_and_the_guest_due() {
    let due = booking("a", "1", TODAY, 2);
    let mut house = House::with(vec![due.clone()]);
    house.booking(1, &due, InHouse);
    house.booking(2, &due, Expected);
    assert_eq!(house.says("1"), "Vacant  a Arrival Dirty 8");
    assert_eq!(house.tasks("1"), ["Turnover Ready"]);
}

#[test]
fn a_room_out_of_order_is_taken_over_with_its_reason_and_whoever_works_there_stops() {
    let mut house = House::with(vec![booking("a", "1", YESTERDAY, 1)]);
    let task = house.unit("1").tasks.keys().next().unwrap().clone();
    house.does("1", &Action::Start { task });
    let out = |kind, reason: Option<&str>| Report::Room {
        room: RoomId("1".into()),
        sellability: Sellability {
            kind,
            deducts_inventory: true,
            assignable: false,
            reason: reason.map(str::to_owned),
        },
    };
    assert_eq!(house.tell(5, &out(SellabilityKind::OutOfOrder, Some("Burst pipe"))), Ok(vec!["sellability_reported"]));
    assert_eq!(house.unit("1").room.sellability.reason.as_deref(), Some("Burst pipe"));
    assert_eq!(house.tasks("1"), ["Departure Paused"]);
    assert_eq!(house.tell(4, &out(SellabilityKind::InService, None)), Ok(vec![]), "an older version");
    assert_eq!(house.tell(6, &out(SellabilityKind::OutOfService, None)), Ok(vec!["sellability_reported"]));
    assert_eq!(house.unit("1").room.sellability.reason.as_deref(), Some("Burst pipe"), "what was said stays");
    assert_eq!(house.tell(7, &out(SellabilityKind::InService, None)), Ok(vec!["sellability_reported"]));
    assert_eq!(house.unit("1").room.sellability, Sellability::default());
}

#[test]
fn a_report_that_cannot_be_so_is_named() {
    let fine = booking("a", "1", TODAY, 1);
    let of = |booking: Booking, state| Report::Booking { booking, state }.fault();
    assert_eq!(of(fine.clone(), InHouse), None);
    for (what, booking) in [
        ("id", Booking { id: String::new(), ..fine.clone() }),
        ("id", Booking { id: "a b".into(), ..fine.clone() }),
        ("arrives_on", Booking { arrives_on: "25.03.2016".into(), ..fine.clone() }),
        // Dates are compared as they are written.
        ("arrives_on", Booking { arrives_on: "2016-3-25".into(), ..fine.clone() }),
        ("arrives_on", Booking { arrives_on: " 2016-03-25".into(), ..fine.clone() }),
        ("nights", Booking { nights: 5_000, ..fine.clone() }),
        ("HH:MM", Booking { eta: Some("3pm".into()), ..fine.clone() }),
        ("room", Booking { room: RoomId("1\0".into()), ..fine.clone() }),
        ("room", Booking { room: RoomId(String::new()), ..fine }),
    ] {
        let fault = of(booking, InHouse).unwrap_or_default();
        assert!(fault.contains(what), "{what}: {fault}");
    }
}

/// What a PMS tells in a day of four rooms: stays that come, move, change and go, each report with its version.
fn told_in_a_day() -> Vec<(u64, Report)> {
    let (a, b, c) = (booking("a", "1", YESTERDAY, 1), booking("b", "1", TODAY, 2), booking("c", "2", YESTERDAY, 4));
    let c_moved = Booking { room: RoomId("3".into()), ..c.clone() };
    let d = booking("d", "2", TODAY, 1);
    let e = booking("e", "4", TODAY, 1);
    let of = |booking: &Booking, state| Report::Booking { booking: booking.clone(), state };
    vec![
        (1, of(&a, Departed)),
        (1, of(&b, Expected)),
        (2, of(&b, InHouse)),
        (1, of(&Booking { nights: 5, ..c.clone() }, InHouse)),
        (2, of(&c_moved, InHouse)),
        (1, of(&d, Expected)),
        (2, of(&d, InHouse)),
        (1, of(&e, Expected)),
        (2, of(&e, InHouse)),
        (3, of(&e, Departed)),
    ]
}

proptest! {
    #[test]
    fn in_whatever_order_and_however_often_reports_come_the_house_ends_up_the_same(
        order in Just(told_in_a_day()).prop_shuffle(),
        again in proptest::collection::vec(0..10_usize, 0..6),
    ) {
        let start = || House::with(vec![
            booking("a", "1", YESTERDAY, 1), booking("b", "1", TODAY, 2), booking("c", "2", YESTERDAY, 4),
            booking("d", "2", TODAY, 1), booking("e", "4", TODAY, 1),
        ]);
        let mut in_order = start();
        told_in_a_day().iter().for_each(|(version, report)| drop(in_order.tell(*version, report).unwrap()));
        let mut shuffled = start();
        for (version, report) in order.iter().chain(again.iter().map(|&at| &order[at])) {
            prop_assert!(shuffled.tell(*version, report).is_ok());
        }
        for room in ["1", "2", "3", "4"] {
            let who = |house: &House| {
                let room = house.unit(room).room;
                (room.fo_occupancy, room.guest.map(|guest| guest.booking_id), room.arrival.map(|due| due.booking_id))
            };
            prop_assert_eq!(who(&shuffled), who(&in_order), "room {}", room);
        }
        let sorted = |house: &House| { let mut all = house.book.bookings.clone(); all.sort_by(|a, b| a.id.cmp(&b.id)); all };
        prop_assert_eq!(sorted(&shuffled), sorted(&in_order));
        // Whoever left a room behind, there is work in it or it is clean.
        for room in ["1", "2", "3", "4"] {
            let unit = shuffled.unit(room);
            let empty_and_dirty = unit.room.fo_occupancy == Occupancy::Vacant && unit.room.cleanliness == Cleanliness::Dirty;
            let open = unit.tasks.values().any(|task| task.kind.cleans() && matches!(task.status, TaskStatus::Ready | TaskStatus::InProgress));
            prop_assert!(!empty_and_dirty || open, "room {}: {:?}", room, shuffled.tasks(room));
        }
    }
}

/// Any life of a booking: versions with any state in any room, of a guest who came yesterday or comes today.
fn any_life(id: usize) -> impl Strategy<Value = Vec<(u64, Report)>> {
    let step = (prop_oneof![Just(Expected), Just(InHouse), Just(InHouse), Just(Departed), Just(Cancelled)], 1..=4_u32);
    (any::<bool>(), 0..3_u16, proptest::collection::vec(step, 1..5)).prop_map(move |(yesterday, nights, steps)| {
        let (arrives_on, nights) = if yesterday { (YESTERDAY, nights + 1) } else { (TODAY, nights) };
        let report = |(state, room): (BookingState, u32)| Report::Booking {
            booking: booking(&format!("b{id}"), &room.to_string(), arrives_on, nights),
            state,
        };
        steps.into_iter().enumerate().map(|(version, step)| (version as u64 + 1, report(step))).collect()
    })
}

proptest! {
    #[test]
    fn a_room_is_occupied_exactly_where_the_newest_reports_have_a_guest_in_it(
        told in (any_life(0), any_life(1), any_life(2), any_life(3))
            .prop_map(|(a, b, c, d)| [a, b, c, d].concat())
            .prop_shuffle()
    ) {
        let mut house = House::with(vec![]);
        for (version, report) in &told {
            prop_assert!(house.tell(*version, report).is_ok());
        }
        for room in ["1", "2", "3", "4"] {
            let here = |stood: &Stood| stood.state == InHouse && stood.room.0 == room;
            let guests: Vec<&str> = house
                .stood
                .iter()
                .filter(|(_, (_, stood))| stood.as_ref().is_some_and(here))
                .filter_map(|(subject, _)| subject.strip_prefix("booking/"))
                .collect();
            let unit = house.unit(room);
            let occupied = unit.room.fo_occupancy == Occupancy::Occupied;
            prop_assert_eq!(occupied, !guests.is_empty(), "room {} with {:?}: {}", room, guests, house.says(room));
            if let Some(guest) = unit.room.guest {
                prop_assert!(guests.contains(&guest.booking_id.as_str()), "room {}: {}", room, guest.booking_id);
            }
            let open = unit.tasks.values().any(|task| task.kind.cleans() && task.is_open());
            let dirty_and_empty = !occupied && unit.room.cleanliness == Cleanliness::Dirty;
            prop_assert!(open || !dirty_and_empty, "room {}: {:?}", room, house.tasks(room));
        }
    }
}

#[test]
fn a_stay_is_a_word_of_the_trade_whatever_is_reported() {
    let mut house = House::with(vec![]);
    let day_use = booking("a", "1", TODAY, 0);
    house.booking(1, &day_use, Expected);
    assert_eq!(house.unit("1").room.stay, Stay::DayUse);
}
