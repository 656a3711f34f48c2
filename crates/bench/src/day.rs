//! What the beginning of a service day takes at a desk that is alone: every room comes over, and the writer has nothing
//! else to do meanwhile.

use crate::figures::Figures;
use crate::house;
use std::path::Path;
use std::time::Instant;
use turndown_domain::{Booking, RoomId};
use turndown_offline::Hands;

/// The whole house sleeps in, and so every room has work. Beside it, as many actions recorded five hundred at a time.
pub fn begins(folder: &Path, figures: &mut Figures, rooms: usize) {
    let desk = house::open_desk(folder.join("day"), Hands::Callers, true);
    let (mut book, entities) = house::hotel(rooms);
    book.bookings = (0..rooms)
        .map(|index| Booking {
            id: format!("b{index}"),
            room: RoomId(house::room_name(index)),
            arrives_on: "2016-03-24".into(),
            nights: 7,
            persons: 2,
            ..Booking::default()
        })
        .collect();
    house::move_in_with(&desk, &book, entities);
    let began = Instant::now();
    let day = desk.begin_day("2016-03-26".parse().expect("a date")).expect("it is saved").expect("it begins");
    let took = began.elapsed().as_secs_f64();
    assert_eq!(day.rooms, rooms as u64, "every room has work");

    let beside = house::open_desk(folder.join("beside"), Hands::Callers, true);
    house::move_in_alone(&beside, rooms);
    let began = Instant::now();
    house::record_many(&beside, &(0..rooms), 0, rooms);
    let baseline = began.elapsed().as_secs_f64();
    figures.shown("day_begins_s", took, &format!("seconds until a day has begun in {rooms} rooms, saved twice"));
    figures.at_most("day_begins_ratio", took / baseline, 3.0, "times as long as recording as many actions in bulk");
}
