//! How long to wait before asking again. Pure: failures, a service's hint and a random number go in, a duration comes out.

use chrono::{DateTime, Utc};
use std::time::Duration;
use turndown_sabotage::{self as sabotage, Version};

/// The shortest wait that a service can ask for.
pub const RETRY_AFTER_MIN: Duration = Duration::from_secs(1);
/// The longest.
pub const RETRY_AFTER_MAX: Duration = Duration::from_secs(15 * 60);

/// The delays of the link. Production uses [`Pace::default`]; a test may be in more of a hurry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Before the first, second ... retry of something that failed; the last one stands for all later ones.
    pub retries: [Duration; 5],
    /// Before the service is asked for the first time after it could not be reached.
    pub poll_first: Duration,
    /// Between later questions, at most.
    pub poll_most: Duration,
    /// Between looks while sending is stopped for a reason that a person has to remove.
    pub look_again: Duration,
    /// Between looks at the outbox when nothing else wakes the flusher.
    pub tick: Duration,
    /// Before a service that has no stream of changes is asked for one again.
    pub stream_again: Duration,
    /// How long a pull waits for a running flush, which goes first on the link.
    pub pull_patience: Duration,
    /// How long a snapshot waits for a running flush.
    pub snapshot_patience: Duration,
    /// How long a batch may take for the next one to be larger.
    pub quick: Duration,
    /// How long a batch may take for the next one not to be smaller.
    pub slow: Duration,
    /// An hour of the desk's uptime, by which what may be let go is counted.
    pub uptime_hour: Duration,
}

impl Default for Pace {
    fn default() -> Self {
        let s = Duration::from_secs;
        Self {
            retries: [s(0), s(5), s(15), s(45), s(120)],
            poll_first: s(2),
            poll_most: s(15),
            look_again: s(60),
            tick: s(30),
            stream_again: s(15 * 60),
            pull_patience: s(15),
            snapshot_patience: s(60),
            quick: s(2),
            slow: s(10),
            uptime_hour: s(3_600),
        }
    }
}

impl Pace {
    /// The wait before the retry that follows a number of failures in a row, with full jitter: anywhere between nothing
    /// and the whole delay, so that a thousand desks that failed together do not come back together.
    ///
    /// `dice` is a random number from 0 up to 1.
    #[must_use]
    pub fn retry(&self, failures: u32, dice: f64) -> Duration {
        let index = usize::try_from(failures.saturating_sub(1)).unwrap_or(usize::MAX).min(self.retries.len() - 1);
        self.retries[index].mul_f64(dice.clamp(0.0, 1.0))
    }

    /// The wait before the service is asked again whether it is there. Doubles up to the longest, and varies by half.
    ///
    /// `dice` is a random number from 0 up to 1.
    #[must_use]
    pub fn poll(&self, failures: u32, dice: f64) -> Duration {
        let doubled = self.poll_first.saturating_mul(1 << failures.saturating_sub(1).min(16));
        varied(doubled.min(self.poll_most), dice)
    }

    /// The wait between looks while sending is stopped, varied by half.
    ///
    /// `dice` is a random number from 0 up to 1.
    #[must_use]
    pub fn look(&self, dice: f64) -> Duration {
        let look_again =
            if sabotage::on(Version::StoppedForGood) { Duration::from_secs(1 << 30) } else { self.look_again };
        varied(look_again, dice)
    }

    /// The wait before a service without a stream is asked for one again, varied by half.
    ///
    /// `dice` is a random number from 0 up to 1.
    #[must_use]
    pub fn stream(&self, dice: f64) -> Duration {
        varied(self.stream_again, dice)
    }
}

/// From half of a wait to the whole of it.
fn varied(wait: Duration, dice: f64) -> Duration {
    wait.mul_f64(0.5 + dice.clamp(0.0, 1.0) / 2.0)
}

/// Reads a `Retry-After`: seconds or an HTTP date, clamped to 1 s to 15 min. `None` when it is neither.
///
/// A date is held against the `Date` that came with it, which is the same clock; `now` stands in where there is none.
#[must_use]
pub fn retry_after(value: &str, date: Option<&str>, now: DateTime<Utc>) -> Option<Duration> {
    let value = value.trim();
    let digits = value.strip_prefix(['-', '+']).unwrap_or(value);
    if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) {
        // More seconds than fit are the longest wait; fewer than none are the shortest.
        let seconds = if value.starts_with('-') { 0 } else { digits.parse::<u64>().unwrap_or(u64::MAX) };
        let most = if sabotage::on(Version::RetryAfterUnclamped) { 1 << 30 } else { RETRY_AFTER_MAX.as_secs() };
        return Some(Duration::from_secs(seconds.min(most)).max(RETRY_AFTER_MIN));
    }
    let at = httpdate::parse_http_date(value).ok()?;
    let from = date.and_then(|date| httpdate::parse_http_date(date).ok()).unwrap_or_else(|| now.into());
    Some(at.duration_since(from).unwrap_or_default().clamp(RETRY_AFTER_MIN, RETRY_AFTER_MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: fn(u64) -> Duration = Duration::from_secs;

    #[test]
    fn b16_retry_after_is_clamped_in_every_form() {
        let now: DateTime<Utc> = "2016-03-25T10:00:00Z".parse().expect("a time");
        let date = "Fri, 25 Mar 2016 10:00:00 GMT";
        for (value, date, expected) in [
            ("120", None, Some(S(120))),
            (" 7 ", None, Some(S(7))),
            ("0", None, Some(S(1))),
            ("-5", None, Some(S(1))),
            ("901", None, Some(S(900))),
            ("99999999999999999999999999", None, Some(S(900))),
            ("-99999999999999999999999999", None, Some(S(1))),
            ("Fri, 25 Mar 2016 10:02:00 GMT", None, Some(S(120))),
            ("Fri, 25 Mar 2016 10:02:00 GMT", Some(date), Some(S(120))),
            // The service's clock is years ahead of this one: its own Date says what it means.
            ("Sat, 25 Mar 2034 10:02:00 GMT", Some("Sat, 25 Mar 2034 10:00:00 GMT"), Some(S(120))),
            ("Fri, 25 Mar 2016 09:00:00 GMT", None, Some(S(1))),
            ("Sat, 25 Mar 2034 10:02:00 GMT", None, Some(S(900))),
            ("Fri, 25 Mar 2016 10:02:00 GMT", Some("yesterday"), Some(S(120))),
            ("soon", None, None),
            ("", None, None),
            ("-", None, None),
            ("1e3", None, None),
            ("1.5", None, None),
        ] {
            assert_eq!(retry_after(value, date, now), expected, "{value:?} {date:?}");
        }
    }

    #[test]
    fn b16_delays_are_0_5_15_45_120_with_full_jitter() {
        let pace = Pace::default();
        for (failures, whole) in [(0, 0), (1, 0), (2, 5), (3, 15), (4, 45), (5, 120), (6, 120), (u32::MAX, 120)] {
            assert_eq!(pace.retry(failures, 0.0), S(0), "{failures}");
            assert_eq!(pace.retry(failures, 1.0), S(whole), "{failures}");
            assert_eq!(pace.retry(failures, 0.5), S(whole) / 2, "{failures}");
        }
    }

    #[test]
    fn the_service_is_looked_for_every_2_to_15_seconds_for_ever() {
        let pace = Pace::default();
        for (failures, most) in [(0, 2), (1, 2), (2, 4), (3, 8), (4, 15), (1_000, 15), (u32::MAX, 15)] {
            assert_eq!(pace.poll(failures, 1.0), S(most), "{failures}");
            assert_eq!(pace.poll(failures, 0.0), S(most) / 2, "{failures}");
        }
    }

    #[test]
    fn b12_a_stopped_link_looks_again_every_minute_and_asks_for_a_stream_every_quarter_of_an_hour() {
        let pace = Pace::default();
        for (wait, whole) in [(Pace::look as fn(&Pace, f64) -> Duration, S(60)), (Pace::stream, S(15 * 60))] {
            assert_eq!([0.0, 0.5, 1.0].map(|dice| wait(&pace, dice)), [whole / 2, whole * 3 / 4, whole]);
        }
    }
}
