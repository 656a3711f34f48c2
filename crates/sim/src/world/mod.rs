//! A world from one seed: desks, the service, the network between them, their disks and clocks, and the people; for
//! some days, with everything going wrong that the seed asks for. Then everything is healed, and nothing may be lost,
//! doubled or stuck.
//!
//! One thread and virtual time: the real engine, link and service run on tokio's paused clock, which jumps to the next
//! thing that is due. A history is the same, to the byte, each time its seed is played.

mod agreement;
mod ballast;
mod check;
mod desk;
mod history;
mod hotel;
mod machine;
mod network;
mod service;
mod side;
mod tally;

pub use ballast::{LARGE, enlarge};
pub use desk::{DeskHost, Saved, Tried};
pub use history::{Plan, play};
pub use hotel::{Hotel, PROPERTY};
pub use machine::{DeskMachine, Machine, ServiceMachine};
pub use network::{Net, Weather};
pub use service::{Front, Service};
pub use side::Side;
pub use tally::{Kinds, Tally};
