//! The tests of the store on SQLite once more, on PostgreSQL: the very same, compiled under another name, which is how
//! `common` knows. They need a server: `scripts/with-postgres.sh cargo nextest run -p turndown-service`.

#![allow(clippy::duplicate_mod, reason = "each file brings its own `common`, here as where it stands alone")]
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "what a test needs and does not get ends it")]

#[path = "bad_inputs.rs"]
mod bad_inputs;
#[path = "cases.rs"]
mod cases;
#[path = "day.rs"]
mod day;
#[path = "events.rs"]
mod events;
#[path = "export.rs"]
mod export;
#[path = "feed.rs"]
mod feed;
#[path = "front_office.rs"]
mod front_office;
#[path = "isolation.rs"]
mod isolation;
#[path = "nats.rs"]
mod nats;
#[path = "sign_in.rs"]
mod sign_in;
#[path = "traces.rs"]
mod traces;
#[path = "wire.rs"]
mod wire;
