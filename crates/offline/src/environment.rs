//! The clock and the randomness, from outside, so that a test can set both and a failing run can be replayed.

use chrono::{DateTime, SecondsFormat, Utc};

/// What the engine takes from the world besides its store.
pub trait Environment: Send + Sync + 'static {
    /// The wall clock. Written down and shown; no decision depends on it.
    fn now(&self) -> DateTime<Utc>;
    /// 128 random bits, for ids.
    fn random(&self) -> u128;
}

/// The machine's own clock and randomness.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemEnvironment;

impl Environment for SystemEnvironment {
    #[expect(clippy::disallowed_methods, reason = "this is the one place where the machine's clock comes in")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }

    fn random(&self) -> u128 {
        let mut bytes = [0; 16];
        // Without randomness ids could repeat, and a repeated id is work lost. Every supported system has it.
        if let Err(error) = getrandom::fill(&mut bytes) {
            tracing::error!(%error, "the system gives no random numbers");
            std::process::abort();
        }
        u128::from_le_bytes(bytes)
    }
}

/// A time as it stands in events and rows: RFC 3339, UTC, milliseconds.
#[must_use]
pub fn rfc3339(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// Milliseconds since 1970 for ids; a clock before that counts as 1970, for ids are opaque anyway.
#[must_use]
pub fn now_ms(environment: &dyn Environment) -> u64 {
    // A ULID has room for 48 bits of time; a clock beyond the year 10889 must not stop the desk either.
    u64::try_from(environment.now().timestamp_millis()).unwrap_or(0) & 0xFFFF_FFFF_FFFF
}
