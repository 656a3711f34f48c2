//! Where time and chance come from, so that a test can set both.

use chrono::{DateTime, SecondsFormat, Utc};

/// Clock and randomness of a running service. The clock is shown and written down; no order, merge or acknowledgement
/// depends on it. Only the life of enrolment codes and of tombstones is measured by it.
pub trait Environment: Send + Sync + 'static {
    /// Milliseconds since 1970, UTC.
    fn now_ms(&self) -> i64;

    /// Fills the bytes with randomness fit for keys and tokens.
    fn fill_random(&self, bytes: &mut [u8]);

    /// The present time as RFC 3339 with milliseconds, UTC.
    fn now_text(&self) -> String {
        text_of(self.now_ms())
    }

    /// 128 random bits for an id.
    fn random_u128(&self) -> u128 {
        let mut bytes = [0; 16];
        self.fill_random(&mut bytes);
        u128::from_le_bytes(bytes)
    }
}

/// A time in milliseconds since 1970 as RFC 3339 with milliseconds, UTC.
#[must_use]
pub fn text_of(ms: i64) -> String {
    DateTime::<Utc>::from_timestamp_millis(ms).unwrap_or_default().to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// How long ago a time was (RFC 3339), in seconds; none where it is none. What is still to come was just now.
#[must_use]
pub fn age_of(text: &str, now_ms: i64) -> Option<f64> {
    let then = DateTime::parse_from_rfc3339(text).ok()?;
    let now = DateTime::<Utc>::from_timestamp_millis(now_ms)?;
    Some((now - then.to_utc()).as_seconds_f64().max(0.0))
}

/// The operating system's clock and randomness.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemEnvironment;

impl Environment for SystemEnvironment {
    #[expect(clippy::disallowed_methods, reason = "this is the Environment that everything else takes its time from")]
    fn now_ms(&self) -> i64 {
        Utc::now().timestamp_millis()
    }

    #[expect(clippy::expect_used, reason = "a machine without randomness must not hand out keys; nothing can go on")]
    fn fill_random(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the operating system gives randomness");
    }
}
