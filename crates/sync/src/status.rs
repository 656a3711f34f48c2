//! What the pill and the Sync Center show of the link.

use crate::machine::{LinkMode, LinkState};
use crate::reason::Reason;
use std::time::Duration;
use tokio::time::Instant;

/// The link as it is now.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Status {
    /// What the person told the link.
    pub mode: LinkMode,
    /// Whether a person paused the sending.
    pub paused: bool,
    /// What the service answers.
    pub state: LinkState,
    /// Why it is not online.
    pub reason: Option<Reason>,
    /// Since when the state is what it is (RFC 3339, this desk's clock; shown only).
    pub since: Option<String>,
    /// Why something does not move although the service answers.
    pub slow: Option<Reason>,
    /// Something that a person should know and that stops nothing: the service was restored, or its record of this
    /// desk has a fault.
    pub notice: Option<Reason>,
    /// Whether a flush is running.
    pub flushing: bool,
    /// Events of the running flush that are answered.
    pub flush_done: u32,
    /// Events the running flush began with, and those that came since.
    pub flush_total: u32,
    /// The last flush that ended.
    pub last_flush: Option<LastFlush>,
    /// How long until the service is asked again, when this was published.
    pub next_try: Option<Duration>,
    /// When that is.
    pub next_try_at: Option<Instant>,
    /// When the desk last knew itself at the service's head (RFC 3339, this desk's clock).
    pub known_at: Option<String>,
    /// A snapshot is being taken: rows so far, and in all once known.
    pub loading: Option<(u32, Option<u32>)>,
    /// How far the service's clock is ahead of this desk's, in seconds. Shown only.
    pub clock_ahead_s: Option<i64>,
}

/// A flush that ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastFlush {
    /// When it began (RFC 3339).
    pub started_at: String,
    /// When it ended.
    pub ended_at: String,
    /// Events taken.
    pub ok_count: u32,
    /// Events that need a person.
    pub error_count: u32,
    /// Of those, conflicts.
    pub conflict_count: u32,
    /// `OUTBOX_PARTIAL_FAILURE`, `STATUS_CONFLICT_ON_FLUSH`, or absent.
    pub code: Option<&'static str>,
}

/// The code of a flush that left something for a person.
pub(crate) fn flush_code(errors: u32, conflicts: u32) -> Option<&'static str> {
    match (errors.saturating_sub(conflicts), conflicts) {
        (0, 0) => None,
        (0, _) => Some("STATUS_CONFLICT_ON_FLUSH"),
        _ => Some("OUTBOX_PARTIAL_FAILURE"),
    }
}
