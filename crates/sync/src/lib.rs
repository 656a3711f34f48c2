//! The link between a desk and its service: the flusher and the puller.
//!
//! What waits in the engine's outbox is sent in order per entity until the service has answered for it; what changed
//! on the service is pulled in commit order. Reachability is what the service answers, never what the operating system
//! believes. Read [`machine`] first: it decides everything and touches nothing. [`classify`], [`backoff`], [`batch`]
//! and [`check`] are the tables it stands on. The driver behind [`Sync`] carries the machine's actions out over HTTP.
//!
//! Deliberately absent: hotels (an event is an id, a lane and bytes), decisions about conflicts (the engine and people
//! make them), any clock but the driver's monotonic one, and a second copy of what waits: a batch is read from the
//! outbox each time it is sent.

mod address;
pub mod backoff;
pub mod batch;
mod calls;
pub mod check;
pub mod classify;
mod driver;
mod enroll;
pub mod machine;
mod network;
mod reason;
mod status;
mod token;
mod wire;

pub use address::normalise;
pub use calls::{SignedHead, SyncConfig};
pub use driver::{Sync, Timing};
pub use enroll::{Enrolled, Found, enroll, find_hotel};
pub use machine::{LinkMode, LinkState};
pub use network::{Network, Pieces};
pub use reason::{Cause, Reason};
pub use status::{LastFlush, Status};
pub use token::Token;
pub use wire::Deadlines;
