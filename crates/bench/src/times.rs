//! How long something took, many times.

use std::cell::RefCell;
use std::fmt;
use std::time::{Duration, Instant};

/// Durations, and what they come to.
#[derive(Debug, Default)]
pub struct Times(RefCell<Vec<Duration>>);

impl Times {
    /// Takes the time of one call.
    pub fn take<T>(&mut self, call: impl FnOnce() -> T) -> T {
        let began = Instant::now();
        let value = call();
        self.push(began.elapsed());
        value
    }

    /// Adds one.
    pub fn push(&mut self, took: Duration) {
        self.0.get_mut().push(took);
    }

    /// The time that so many per cent did not exceed.
    pub fn percentile(&self, percent: f64) -> Duration {
        let mut times = self.0.borrow_mut();
        times.sort_unstable();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "few")]
        let index = (times.len() as f64 * percent / 100.0) as usize;
        times.get(index.min(times.len().saturating_sub(1))).copied().unwrap_or_default()
    }

    /// A percentile in milliseconds.
    pub fn ms(&self, percent: f64) -> f64 {
        self.percentile(percent).as_secs_f64() * 1_000.0
    }

    /// A percentile in times of another's.
    pub fn ratio(&self, other: &Self, percent: f64) -> f64 {
        self.percentile(percent).as_secs_f64() / other.percentile(percent).as_secs_f64()
    }

    /// The mean in seconds.
    pub fn mean(&self) -> f64 {
        let times = self.0.borrow();
        #[expect(clippy::cast_precision_loss, reason = "few")]
        let count = times.len() as f64;
        times.iter().sum::<Duration>().as_secs_f64() / count
    }
}

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = self.0.borrow().len();
        write!(
            f,
            "p50 {:.3} ms  p99 {:.3} ms  worst {:.3} ms  of {count}",
            self.ms(50.0),
            self.ms(99.0),
            self.ms(100.0)
        )
    }
}
