//! Says after each commit that there was one.
//!
//! Deliberately not a watch channel: that tells those who wait in an order of chance, and the simulator, in which many
//! desks follow one service, could not play a history twice. Here they are told in the order in which they came.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use tokio::sync::Notify;

#[derive(Debug, Default)]
struct State {
    head_seq: AtomicU64,
    commits: AtomicU64,
    stopped: AtomicBool,
    told: Notify,
}

/// Whoever commits holds it. When it is dropped, nobody waits any more.
#[derive(Debug)]
pub struct Heart(Arc<State>);

/// Follows the commits of a store. Each copy knows by itself what it has heard of.
#[derive(Debug, Clone)]
pub struct Pulse {
    state: Arc<State>,
    heard: u64,
}

/// A heart, and a pulse that has heard of nothing.
#[must_use]
pub fn heart() -> (Heart, Pulse) {
    let state = Arc::new(State::default());
    (Heart(Arc::clone(&state)), Pulse { state, heard: 0 })
}

impl Heart {
    /// There was a commit; this is the sequence number of the newest change.
    pub fn beat(&self, head_seq: u64) {
        self.0.head_seq.store(head_seq, Ordering::Release);
        self.0.commits.fetch_add(1, Ordering::AcqRel);
        self.0.told.notify_waiters();
    }
}

impl Drop for Heart {
    fn drop(&mut self) {
        self.0.stopped.store(true, Ordering::Release);
        self.0.told.notify_waiters();
    }
}

impl Pulse {
    /// The sequence number of the newest change.
    #[must_use]
    pub fn head_seq(&self) -> u64 {
        self.state.head_seq.load(Ordering::Acquire)
    }

    /// Takes every commit until now as heard of.
    pub fn catch_up(&mut self) {
        self.heard = self.state.commits.load(Ordering::Acquire);
    }

    /// Waits for a commit that was not heard of, and hears of it. False once none can come.
    pub async fn changed(&mut self) -> bool {
        loop {
            let mut told = pin!(self.state.told.notified());
            // From here on nothing is missed.
            told.as_mut().enable();
            let commits = self.state.commits.load(Ordering::Acquire);
            if commits != self.heard {
                self.heard = commits;
                return true;
            }
            if self.state.stopped.load(Ordering::Acquire) {
                return false;
            }
            told.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    #[tokio::test]
    async fn whoever_waits_is_told_in_the_order_in_which_they_came() {
        let (heart, pulse) = heart();
        let order = Arc::new(Mutex::new(vec![]));
        let mut waiting = tokio::task::JoinSet::new();
        for n in 0..20 {
            let (mut pulse, order) = (pulse.clone(), Arc::clone(&order));
            waiting.spawn(async move {
                while pulse.changed().await {
                    order.lock().unwrap().push(n);
                }
            });
        }
        for _ in 0..3 {
            tokio::task::yield_now().await;
            heart.beat(7);
            tokio::task::yield_now().await;
        }
        assert_eq!(pulse.head_seq(), 7);
        drop(heart);
        waiting.join_all().await;
        let expected: Vec<i32> = (0..3).flat_map(|_| 0..20).collect();
        assert_eq!(*order.lock().unwrap(), expected);
    }

    #[tokio::test]
    async fn a_commit_between_two_looks_is_not_missed() {
        let (heart, mut pulse) = heart();
        heart.beat(1);
        heart.beat(2);
        assert!(pulse.changed().await);
        heart.beat(3);
        pulse.catch_up();
        drop(heart);
        assert!(!pulse.changed().await, "all of it was heard of");
    }
}
