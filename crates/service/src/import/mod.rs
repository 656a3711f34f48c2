//! A hotel and its day from a bookings file.
//!
//! [`read_bookings`] takes any file of the published form, plain or gzip, and answers with every booking or with the
//! lines that are wrong. [`make_hotel`] then gives out rooms once, over every stay of the hotel, so that no room has
//! two guests in one night and no guest moves; and makes the service day by the rules that desks use at the day roll.
//! Nothing is written anywhere: whoever calls stores the whole answer or none of it.
//!
//! Bookings say nothing about floors, room numbers, arrival times, VIPs or staff. These come from a seed
//! (`docs/sample-data.md` lists them); the same bookings with the same seed make the same hotel, whatever the order of
//! their lines.
//!
//! Deliberately absent: cancelled bookings and guests who never came take no room, though a real house would have kept
//! one for them until the night.

mod allocate;
mod derive;
mod error;
mod house;
mod make;
mod names;
mod read;
mod reports;

pub use error::{ImportCode, ImportError, NAMED_MAX, RowError};
pub use make::{DAYS_AHEAD, DEFAULT_SEED, ImportedHotel, Summary, TIME_ZONE, make_hotel};
pub use read::{BookingRow, BookingStatus, COLUMNS, NIGHTS_MAX, read_bookings};
pub use reports::{Made, day_reports};
