//! A small hotel at a desk that nobody has told anything.

use chrono::{DateTime, Utc};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::time::Duration;
use turndown_app::{App, AppConfig, Environment, Keys};
use turndown_desk::Desk;
use turndown_domain::{
    Booking, Guest, Occupancy, Property, PropertyBook, Role, Room, RoomId, Staff, StaffId, Stay, Unit, day::make_day,
};
use turndown_protocol::{EntityRef, EntityRow, Reference};

/// A computer whose clock somebody sets.
pub struct Computer {
    at: AtomicI64,
    drawn: AtomicU64,
}

impl Computer {
    pub fn at(at: &str) -> Arc<Self> {
        let computer = Self { at: AtomicI64::new(0), drawn: AtomicU64::new(0) };
        computer.set(at);
        Arc::new(computer)
    }

    pub fn set(&self, at: &str) {
        self.at.store(at.parse::<DateTime<Utc>>().unwrap().timestamp_millis(), Ordering::Relaxed);
    }
}

impl Environment for Computer {
    fn now(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.at.load(Ordering::Relaxed)).unwrap()
    }
    fn random(&self) -> u128 {
        u128::from(self.drawn.fetch_add(1, Ordering::Relaxed)) + 1
    }
}

/// A test that hangs ends.
const HANGS: Duration = Duration::from_secs(120);

/// Lets everything else run until something is so. tokio's clock stands still meanwhile: it knows nothing of the desk's
/// own threads, and would run ahead of them.
#[allow(dead_code, reason = "not every test waits")]
pub async fn until(what: &str, is_so: impl Fn() -> bool) {
    let began = std::time::Instant::now();
    while !is_so() {
        assert!(began.elapsed() < HANGS, "{what}");
        tokio::task::yield_now().await;
    }
}

/// Starts a desk in a folder, on a computer.
#[allow(dead_code, reason = "not every test starts one by itself")]
pub fn start(folder: &Path, computer: &Arc<Computer>) -> App {
    let environment = Arc::clone(computer) as _;
    App::start(AppConfig { folder: folder.to_owned(), keys: Keys::File, sample: None, version: "test", environment })
}

/// A hotel in Kabul, half past four ahead, with one guest who stays.
pub fn hotel(folder: &Path, computer: &Arc<Computer>) {
    let lea = Staff { id: StaffId("lea".into()), name: "Lea".into(), role: Role::Lead, section: None };
    let property = Property {
        id: "h".into(),
        name: "Kabul House".into(),
        time_zone: "Asia/Kabul".into(),
        service_day: "2016-03-25".into(),
        ..Property::default()
    };
    let stay = Booking {
        id: "b1".into(),
        room: RoomId("101".into()),
        arrives_on: "2016-03-24".into(),
        nights: 20,
        persons: 1,
        ..Booking::default()
    };
    let book = PropertyBook { property, staff: vec![lea], bookings: vec![stay] };
    let mut unit = Unit { room: Room { number: "101".into(), turn: 1, ..Room::default() }, ..Unit::default() };
    (unit.room.fo_occupancy, unit.room.stay) = (Occupancy::Occupied, Stay::Stayover);
    unit.room.guest = Some(Guest { booking_id: "b1".into(), departs_on: "2016-04-13".into(), ..Guest::default() });
    let rooms = make_day(&book, &[(RoomId("101".into()), unit)], "2016-03-25").unwrap();
    let row = |(id, unit): (RoomId, Unit)| EntityRow {
        entity: EntityRef::new("room", id.0),
        version: 1,
        deleted: false,
        fields: unit.to_fields(),
        provenance: std::collections::BTreeMap::new(),
        contested: None,
    };
    let rows = rooms.into_iter().map(row).collect();
    let reference = Reference { version: 1, document: serde_json::to_value(book).unwrap() };
    let (desk, _) = Desk::open(folder, Arc::clone(computer) as _).unwrap();
    desk.engine().take_snapshot(reference, rows, "c1", 1, |_| {}).unwrap();
    desk.engine().close();
}
