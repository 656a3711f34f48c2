//! A machine's clock and chance: virtual time, a clock that may be wrong, ids from a seed.

use chrono::{DateTime, Duration, Utc};
use fastrand::Rng;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::time::Instant;

/// A machine of the world. Desks and the service take their time and their ids from it.
#[derive(Debug)]
pub struct Machine {
    /// Virtual time counts from here; absent on a machine whose time stands still.
    began: Option<Instant>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// What the clock showed when the world began.
    epoch: DateTime<Utc>,
    rng: Rng,
}

impl Machine {
    /// A machine whose clock shows that time now.
    #[must_use]
    pub fn new(now: DateTime<Utc>, seed: u64) -> Arc<Self> {
        let state = Mutex::new(State { epoch: now, rng: Rng::with_seed(seed) });
        Arc::new(Self { began: Some(Instant::now()), state })
    }

    /// A machine outside a world's virtual time: its clock stands still.
    #[must_use]
    pub fn still(now: DateTime<Utc>, seed: u64) -> Arc<Self> {
        Arc::new(Self { began: None, state: Mutex::new(State { epoch: now, rng: Rng::with_seed(seed) }) })
    }

    fn elapsed(&self) -> Duration {
        self.began.map_or(Duration::zero(), |began| Duration::from_std(began.elapsed()).unwrap_or(Duration::MAX))
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What its clock shows.
    #[must_use]
    pub fn clock(&self) -> DateTime<Utc> {
        let elapsed = self.elapsed();
        let epoch = self.state().epoch;
        epoch.checked_add_signed(elapsed).unwrap_or(epoch)
    }

    /// Sets the clock to something else. Time goes on as before.
    pub fn set_clock(&self, now: DateTime<Utc>) {
        let elapsed = self.elapsed();
        self.state().epoch = now.checked_sub_signed(elapsed).unwrap_or(now);
    }

    /// 128 bits of chance.
    #[must_use]
    pub fn chance(&self) -> u128 {
        self.state().rng.u128(..)
    }
}

/// The engine's view of a machine.
#[derive(Debug, Clone)]
pub struct DeskMachine(pub Arc<Machine>);

impl turndown_offline::Environment for DeskMachine {
    fn now(&self) -> DateTime<Utc> {
        self.0.clock()
    }

    fn random(&self) -> u128 {
        self.0.chance()
    }
}

/// The service's view of a machine.
#[derive(Debug, Clone)]
pub struct ServiceMachine(pub Arc<Machine>);

impl turndown_service::env::Environment for ServiceMachine {
    fn now_ms(&self) -> i64 {
        self.0.clock().timestamp_millis()
    }

    fn fill_random(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(16) {
            chunk.copy_from_slice(&self.0.chance().to_le_bytes()[..chunk.len()]);
        }
    }
}
