//! What a campaign counts.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

/// How often each kind of fault happened. Shared by everything in a world.
#[derive(Debug, Clone, Default)]
pub struct Kinds(Arc<Mutex<BTreeMap<String, u64>>>);

impl Kinds {
    /// One more.
    pub fn count(&self, kind: &str) {
        self.add(kind, 1);
    }

    /// Several more.
    pub fn add(&self, kind: &str, times: u64) {
        let mut kinds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = kinds.get_mut(kind) {
            *count += times;
        } else {
            kinds.insert(kind.to_owned(), times);
        }
    }

    /// All of them.
    #[must_use]
    pub fn all(&self) -> BTreeMap<String, u64> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// What histories came to.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Tally {
    /// Days that a desk worked, over all desks.
    pub desk_days: u64,
    /// Histories.
    pub histories: u64,
    /// Actions that a desk called saved.
    pub recorded: u64,
    /// Of those, what the services hold in the end.
    pub acknowledged: u64,
    /// Actions that the hotel's rules refused.
    pub refused: u64,
    /// Actions that a desk said were not saved.
    pub unsaved: u64,
    /// Conflicts that people decided.
    pub conflicts: u64,
    /// Failed actions that people tried again or gave up.
    pub handled: u64,
    /// Power cuts and kills of desks.
    pub desk_cuts: u64,
    /// Power cuts and kills of services.
    pub server_cuts: u64,
    /// Faults of the network.
    pub network_faults: u64,
    /// Everything that went wrong, by kind.
    pub kinds: BTreeMap<String, u64>,
    /// What came of it that people notice, by kind: desks that would not open, repairs.
    #[serde(default)]
    pub consequences: BTreeMap<String, u64>,
    /// Actions called saved that one side does not have.
    pub lost: u64,
    /// Actions with more than one effect, or said not saved and there all the same.
    pub doubled: u64,
    /// Actions that do not move although everything is healed.
    pub stuck: u64,
    /// Entries in which the two sides' audit trails differ, wrong authors and wrong order included.
    pub audit_mismatch: u64,
    /// The longest that a queue took to drain after everything was healed, in simulated seconds.
    pub max_drain_s: u64,
    /// Histories that were not clean: one of those four, or there was no account to be made, of a desk that stayed closed.
    #[serde(default)]
    pub failed: u64,
    /// What went wrong, with its seed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<String>,
}

impl Tally {
    /// Adds another.
    pub fn add(&mut self, other: Self) {
        self.desk_days += other.desk_days;
        self.histories += other.histories;
        self.recorded += other.recorded;
        self.acknowledged += other.acknowledged;
        self.refused += other.refused;
        self.unsaved += other.unsaved;
        self.conflicts += other.conflicts;
        self.handled += other.handled;
        self.desk_cuts += other.desk_cuts;
        self.server_cuts += other.server_cuts;
        self.network_faults += other.network_faults;
        for (kind, times) in other.kinds {
            *self.kinds.entry(kind).or_default() += times;
        }
        for (kind, times) in other.consequences {
            *self.consequences.entry(kind).or_default() += times;
        }
        self.lost += other.lost;
        self.doubled += other.doubled;
        self.stuck += other.stuck;
        self.audit_mismatch += other.audit_mismatch;
        self.max_drain_s = self.max_drain_s.max(other.max_drain_s);
        self.failed += other.failed;
        self.failures.extend(other.failures);
    }

    /// Whether everything held.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.lost + self.doubled + self.stuck + self.audit_mismatch == 0 && self.failures.is_empty()
    }
}
