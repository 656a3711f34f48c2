//! What the screens can ask for.
//!
//! [`App`] is one running desk: its database, its link to the service, and who is working. Each IPC command is one
//! method of it, so that a test, a headless desk and the window go the same way. `views` turns what the desk keeps
//! into what a screen shows, in hotel words; it decides nothing.
//!
//! Deliberately absent: Tauri, SQL, HTTP, and rules.

mod app;
mod carry;
mod cells;
mod connection;
mod day;
mod downtime;
pub mod dto;
mod errors;
mod files;
mod guide;
mod keys;
mod listener;
mod notices;
mod outages;
mod radio;
mod record;
mod report;
mod sign_in;
mod views;
mod voice;
mod words;

pub use app::{App, AppConfig, SampleHotel};
pub use keys::Keys;
pub use listener::Listener;
pub use turndown_offline::{Environment, SystemEnvironment};
