//! What the gates and the demo are built from: the real service and the real desk as processes of their own, the
//! network between them in a hand that can cut it, and a look at what both sides hold afterwards.
//!
//! Nothing here stands in for the product. [`Service`] runs the service's own command line on a folder of its own;
//! [`Desk`] runs the app without its window, so that it can be killed for real and started again on the same files;
//! [`Relay`] sits between them and carries, loses, doubles or delays what it is told to. Both programs are roles of the
//! binary `demo` (see [`roles`]), so that a gate always runs the code it was compiled with.
//!
//! Deliberately absent: fixed sleeps (see [`eventually`]) and anything that looks into a process other than through
//! what a screen or a caller could ask for. What is proved at the end is read from the two databases.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "what fails here has to fail the gate that uses it, with its message and its line"
)]

pub mod api;
pub mod check;
mod child;
pub mod desk;
pub mod headless;
pub mod journey;
pub mod keyring;
pub mod pins;
pub mod relay;
pub mod roles;
pub mod service;

pub use api::Api;
pub use desk::{Desk, Refused};
pub use journey::Journey;
pub use relay::{Fault, Relay};
pub use service::{Hotel, Service};

use std::sync::LazyLock;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// Where the harness's own network work runs.
pub(crate) static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("threads for the harness")
});

/// How long anything may take before a gate gives up on it. Generous: it is there so that a gate ends, not to measure.
pub const DEADLINE: Duration = Duration::from_secs(150);

/// Looks again and again until there is something to see, and fails with `what` when there never is.
///
/// # Panics
/// After [`DEADLINE`].
pub fn eventually<T>(what: &str, look: impl FnMut() -> Option<T>) -> T {
    eventually_or(|| what.to_owned(), look)
}

/// As [`eventually`], with the story told only when it fails.
///
/// # Panics
/// After [`DEADLINE`].
pub fn eventually_or<T>(story: impl FnOnce() -> String, mut look: impl FnMut() -> Option<T>) -> T {
    let until = Instant::now() + DEADLINE;
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(Instant::now() < until, "not within {} s: {}", DEADLINE.as_secs(), story());
        between_two_looks();
    }
}

#[expect(clippy::disallowed_methods, reason = "the pause between two looks at a condition; nothing waits for it alone")]
fn between_two_looks() {
    std::thread::sleep(Duration::from_millis(10));
}

/// A seed for a run: `TURNDOWN_SEED` to repeat one, else a new one. Printed, so that it can be repeated.
#[must_use]
pub fn seed(of: &str) -> u64 {
    let seed =
        std::env::var("TURNDOWN_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or_else(|| fastrand::u64(..));
    println!("{of}: TURNDOWN_SEED={seed} repeats this run");
    seed
}

/// A new id for an intent, as a screen makes one.
#[must_use]
pub fn intent() -> String {
    turndown_protocol::EventId::generate(1_500_000_000_000, fastrand::u128(..)).to_string()
}
