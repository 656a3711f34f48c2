//! The property service: what all desks of a hotel agree on.
//!
//! One event's way through it: a desk sends a batch ([`http`]), the store loads what the batch touches,
//! [`store::batch`] judges each event in memory by the same rules that the desk decided it with, everything is written in
//! one transaction (effects, events, audit entries, sequence numbers, marks), and only then is each event answered. The
//! change feed then tells every desk, and [`sinks`] tell everybody else.
//!
//! Deliberately absent: sign-in of people (a desk's own token is enough here; the author is in the event), TLS (a
//! proxy in front ends it).

pub mod cli;
pub mod cursor;
pub mod env;
pub mod http;
pub mod import;
pub mod metrics;
mod misfit;
pub mod server;
pub mod sinks;
pub mod startup;
pub mod store;
pub mod token;
pub mod traces;
pub mod workflow;

pub use server::{Config, Running, start};
