//! How many events go in one request, and how one bad event is found among many. Pure.

use crate::backoff::Pace;
use std::collections::BTreeSet;
use std::time::Duration;
use turndown_protocol::{EntityRef, EventId};

/// Events in the first request of a link.
const START: u32 = 50;
/// A link so bad that even these do not pass is not helped by fewer.
const LEAST: u32 = 10;

/// The size of the next batch: grows while the link is good, shrinks when it is not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    now: u32,
    most: u32,
}

impl Default for Size {
    fn default() -> Self {
        Self { now: START, most: START }
    }
}

impl Size {
    /// Events in the next batch, at least one.
    #[must_use]
    pub fn events(&self) -> usize {
        usize::try_from(self.now.min(self.most).max(1)).unwrap_or(1)
    }

    /// The service says how many it takes.
    pub fn limit(&mut self, most: u32) {
        self.most = most.max(1);
    }

    /// A batch was answered. Only a full one says something about larger ones.
    pub fn answered(&mut self, full: bool, took: Duration, pace: &Pace) {
        if took > pace.slow {
            self.failed();
        } else if full && took <= pace.quick {
            self.now = self.now.saturating_mul(2).min(self.most);
        }
    }

    /// A batch was not answered.
    pub fn failed(&mut self) {
        self.now = (self.now / 2).max(LEAST.min(self.most));
    }
}

/// Lanes whose events are sent apart from all others, because a batch with them failed as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Which lanes.
    pub lanes: BTreeSet<EntityRef>,
    /// How many of their events at once.
    pub events_max: usize,
}

impl Group {
    /// One event alone.
    #[must_use]
    pub fn alone(lane: EntityRef) -> Self {
        Self { lanes: BTreeSet::from([lane]), events_max: 1 }
    }

    /// Halves a batch that failed as a whole. Lanes stay whole as long as there are several, so that the halves can be
    /// sent in any order; within one lane the first half goes alone and the rest stays in the outbox behind it.
    ///
    /// Empty when one event stands alone.
    #[must_use]
    pub fn halves(sent: &[(EventId, EntityRef)]) -> Vec<Self> {
        if sent.len() < 2 {
            return vec![];
        }
        let lanes: BTreeSet<&EntityRef> = sent.iter().map(|(_, lane)| lane).collect();
        if lanes.len() == 1 {
            let lanes = lanes.into_iter().cloned().collect();
            return vec![Self { lanes, events_max: sent.len() / 2 }];
        }
        let half = lanes.len() / 2;
        let lanes: Vec<&EntityRef> = lanes.into_iter().collect();
        [&lanes[..half], &lanes[half..]]
            .into_iter()
            .map(|part| {
                let lanes: BTreeSet<EntityRef> = part.iter().map(|lane| (*lane).clone()).collect();
                let events_max = sent.iter().filter(|(_, lane)| lanes.contains(lane)).count();
                Self { lanes, events_max }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(n: usize, lane: &str) -> (EventId, EntityRef) {
        (EventId::parse(format!("e{n}")).expect("a valid id"), EntityRef::new("room", lane))
    }

    #[test]
    fn b11_a_batch_grows_while_the_link_is_good_and_never_over_what_the_service_takes() {
        let pace = Pace::default();
        let quick = Duration::from_millis(100);
        let mut size = Size::default();
        assert_eq!(size.events(), 50);
        size.limit(500);
        size.answered(false, quick, &pace);
        assert_eq!(size.events(), 50, "a batch that was not full says nothing");
        size.answered(true, pace.slow, &pace);
        assert_eq!(size.events(), 50, "nor does one that was neither quick nor slow");
        let mut seen = vec![];
        for _ in 0..6 {
            size.answered(true, quick, &pace);
            seen.push(size.events());
        }
        assert_eq!(seen, [100, 200, 400, 500, 500, 500]);
        size.answered(true, Duration::from_secs(11), &pace);
        assert_eq!(size.events(), 250);
        for _ in 0..10 {
            size.failed();
        }
        assert_eq!(size.events(), 10);
        size.limit(3);
        assert_eq!(size.events(), 3);
        size.limit(0);
        assert_eq!(size.events(), 1);
    }

    #[test]
    fn c2_halving_reaches_every_single_event_and_keeps_lanes_whole() {
        for (events, lanes) in [(1, 1), (2, 1), (2, 2), (7, 1), (50, 50), (50, 7), (51, 3)] {
            let sent: Vec<_> = (0..events).map(|n| event(n, &format!("{}", n % lanes))).collect();
            let mut open = vec![sent.clone()];
            let mut steps = 0;
            let mut alone = BTreeSet::new();
            while let Some(batch) = open.pop() {
                steps += 1;
                assert!(steps < 500, "{events} {lanes}");
                let halves = Group::halves(&batch);
                if halves.is_empty() {
                    alone.extend(batch.iter().map(|(id, _)| id.clone()));
                    continue;
                }
                let mut rest = batch.clone();
                for group in halves {
                    let (own, other): (Vec<_>, Vec<_>) =
                        rest.into_iter().partition(|(_, lane)| group.lanes.contains(lane));
                    assert!(group.events_max < batch.len(), "every half is smaller");
                    // What the group does not take is taken again later, behind it.
                    let (now, later) = own.split_at(group.events_max);
                    open.push(now.to_vec());
                    if !later.is_empty() {
                        open.push(later.to_vec());
                    }
                    rest = other;
                }
                assert!(rest.is_empty(), "no lane is left out");
            }
            assert_eq!(alone.len(), events, "{events} {lanes}");
        }
    }
}
