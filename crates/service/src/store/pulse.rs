//! Says after each commit that there was one, and at which hotel.
//!
//! Whoever follows one hotel is woken by its commits alone: a service of five hundred hotels would otherwise have every
//! stream look at the database at each of them.
//!
//! Deliberately not a watch channel: that tells those who wait in an order of chance, and the simulator, in which many
//! desks follow one service, could not play a history twice. Here they are told in the order in which they came.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;
use turndown_protocol::PropertyId;

#[derive(Debug, Default)]
struct State {
    head_seq: AtomicU64,
    stopped: AtomicBool,
    all: Line,
    hotels: Mutex<Hotels>,
}

/// Held while a commit is counted, so that whoever has heard of it finds whose it was.
#[derive(Debug, Default)]
struct Hotels {
    lines: BTreeMap<PropertyId, Arc<Line>>,
    /// By the number that it has among all: the newest commit of each hotel, and the newest that any may have had.
    newest: BTreeMap<PropertyId, u64>,
    newest_of_any: u64,
}

/// What those who follow the same are told on.
#[derive(Debug, Default)]
struct Line {
    commits: AtomicU64,
    told: Notify,
}

impl Line {
    /// Counts a commit and tells of it. Answers its number.
    fn tell(&self) -> u64 {
        let before = self.commits.fetch_add(1, Ordering::AcqRel);
        self.told.notify_waiters();
        before + 1
    }
}

impl State {
    fn hotels(&self) -> MutexGuard<'_, Hotels> {
        self.hotels.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whoever commits holds it. When it is dropped, nobody waits any more.
#[derive(Debug)]
pub struct Heart(Arc<State>);

/// Follows the commits of a store, or of one hotel in it. Each copy knows by itself what it has heard of.
#[derive(Debug, Clone)]
pub struct Pulse {
    state: Arc<State>,
    /// Of one hotel; of all where there is none.
    hotel: Option<Arc<Line>>,
    /// Up to which commit [`Pulse::changed`] has told.
    heard: u64,
    /// Up to which commit [`Pulse::take_hotels`] has.
    taken: u64,
}

/// A heart, and a pulse of all hotels that has heard of nothing.
#[must_use]
pub fn heart() -> (Heart, Pulse) {
    let state = Arc::new(State::default());
    (Heart(Arc::clone(&state)), Pulse { state, hotel: None, heard: 0, taken: 0 })
}

impl Heart {
    /// There was a commit at a hotel; this is the sequence number of the newest change.
    pub fn beat(&self, property: &PropertyId, head_seq: u64) {
        self.0.head_seq.store(head_seq, Ordering::Release);
        let mut hotels = self.0.hotels();
        let n = self.0.all.tell();
        hotels.newest.insert(property.clone(), n);
        if let Some(line) = hotels.lines.get(property) {
            line.tell();
        }
    }

    /// There may have been commits at any hotel.
    pub fn beat_all(&self, head_seq: u64) {
        self.0.head_seq.store(head_seq, Ordering::Release);
        let mut hotels = self.0.hotels();
        hotels.newest_of_any = self.0.all.tell();
        for line in hotels.lines.values() {
            line.tell();
        }
    }
}

impl Drop for Heart {
    fn drop(&mut self) {
        self.0.stopped.store(true, Ordering::Release);
        self.0.all.told.notify_waiters();
        for line in self.0.hotels().lines.values() {
            line.told.notify_waiters();
        }
    }
}

impl Pulse {
    /// The same for one hotel, as one that has heard of nothing.
    #[must_use]
    pub fn of(&self, property: &PropertyId) -> Self {
        let line = Arc::clone(self.state.hotels().lines.entry(property.clone()).or_default());
        Self { state: Arc::clone(&self.state), hotel: Some(line), heard: 0, taken: 0 }
    }

    /// The sequence number of the newest change at any hotel.
    #[must_use]
    pub fn head_seq(&self) -> u64 {
        self.state.head_seq.load(Ordering::Acquire)
    }

    fn line(&self) -> &Line {
        self.hotel.as_deref().unwrap_or(&self.state.all)
    }

    /// Takes every commit until now as heard of.
    pub fn catch_up(&mut self) {
        self.heard = self.line().commits.load(Ordering::Acquire);
    }

    /// Takes every commit until now as heard of, and answers at which hotels there were any since this was asked last; none
    /// where it may have been any. Only of a pulse of all hotels.
    pub fn take_hotels(&mut self) -> Option<Vec<PropertyId>> {
        let hotels = self.state.hotels();
        self.heard = self.state.all.commits.load(Ordering::Acquire);
        let taken = std::mem::replace(&mut self.taken, self.heard);
        if hotels.newest_of_any > taken {
            return None;
        }
        Some(hotels.newest.iter().filter(|(_, n)| **n > taken).map(|(hotel, _)| hotel.clone()).collect())
    }

    /// Waits for a commit that was not heard of, and hears of it. False once none can come.
    pub async fn changed(&mut self) -> bool {
        let (state, hotel) = (Arc::clone(&self.state), self.hotel.clone());
        let line = hotel.as_deref().unwrap_or(&state.all);
        loop {
            let mut told = pin!(line.told.notified());
            // From here on nothing is missed.
            told.as_mut().enable();
            let commits = line.commits.load(Ordering::Acquire);
            if commits != self.heard {
                self.heard = commits;
                return true;
            }
            if state.stopped.load(Ordering::Acquire) {
                return false;
            }
            told.await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hotel(name: &str) -> PropertyId {
        PropertyId::parse(format!("prop_{name}")).unwrap()
    }

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
            heart.beat(&hotel("a"), 7);
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
        heart.beat(&hotel("a"), 1);
        heart.beat(&hotel("b"), 2);
        assert!(pulse.changed().await);
        heart.beat(&hotel("a"), 3);
        pulse.catch_up();
        drop(heart);
        assert!(!pulse.changed().await, "all of it was heard of");
    }

    #[tokio::test]
    async fn whoever_follows_a_hotel_is_woken_by_its_commits_alone() {
        let (heart, pulse) = heart();
        let (mut all, mut a, mut b) = (pulse.clone(), pulse.of(&hotel("a")), pulse.of(&hotel("b")));
        heart.beat(&hotel("a"), 5);
        assert!(all.changed().await);
        assert!(a.changed().await);
        tokio::select! {
            biased;
            _ = b.changed() => panic!("the other hotel was woken"),
            () = tokio::task::yield_now() => {}
        }
        let mut sink = pulse.clone();
        assert_eq!(sink.take_hotels(), Some(vec![hotel("a")]));
        assert_eq!(sink.take_hotels(), Some(vec![]));
        // After a time in which nothing was heard nobody knows whose commits there were.
        heart.beat_all(5);
        heart.beat(&hotel("b"), 6);
        assert_eq!(sink.take_hotels(), None);
        heart.beat(&hotel("b"), 7);
        assert!(sink.changed().await, "whoever was woken still finds whose commit it was");
        assert_eq!(sink.take_hotels(), Some(vec![hotel("b")]));
        assert!(all.changed().await && a.changed().await && b.changed().await);
        drop(heart);
        assert!(!all.changed().await && !a.changed().await && !b.changed().await);
    }
}
