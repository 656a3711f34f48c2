//! What a power cut leaves of what was not synced.

use fastrand::Rng;

use super::node::Fate;

/// Which of the unsynced operations are on the disk when the power is back. What was synced is there in every model.
///
/// Two writes to the same bytes never change places: a disk's cache holds one newest version of a block. Everything
/// else that is called reordering is [`CrashModel::Subset`]: the later one there, the earlier one not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CrashModel {
    /// None: the disk holds what was synced and nothing else.
    DropAll,
    /// All: the cut came after the cache had been written out.
    KeepAll,
    /// All up to one, none behind it, over all files and folders of the disk.
    Prefix,
    /// Any, each by itself.
    Subset,
    /// Any, each by itself, and of some writes only some 512-byte sectors.
    Torn512,
    /// Any, each by itself, and of some writes only some 4096-byte sectors.
    Torn4096,
}

impl CrashModel {
    /// Every model.
    pub const ALL: [Self; 6] =
        [Self::DropAll, Self::KeepAll, Self::Prefix, Self::Subset, Self::Torn512, Self::Torn4096];

    /// The name under which it is counted.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::DropAll => "power_cut_drop_all",
            Self::KeepAll => "power_cut_keep_all",
            Self::Prefix => "power_cut_prefix",
            Self::Subset => "power_cut_subset",
            Self::Torn512 => "power_cut_torn_512",
            Self::Torn4096 => "power_cut_torn_4096",
        }
    }

    /// One of them.
    #[must_use]
    pub fn any(rng: &mut Rng) -> Self {
        Self::ALL[rng.usize(..Self::ALL.len())]
    }
}

/// A model with what it drew for one power cut.
pub(super) struct Cut {
    model: CrashModel,
    /// The first that is not kept under [`CrashModel::Prefix`].
    end: u64,
    whole: bool,
}

impl Cut {
    /// `unsynced` are the places of everything that is not durable, in any order. `whole` says that a write leaves
    /// the bytes beside it alone, whatever happens.
    pub(super) fn new(model: CrashModel, mut unsynced: Vec<u64>, whole: bool, rng: &mut Rng) -> Self {
        unsynced.sort_unstable();
        let kept = rng.usize(..=unsynced.len());
        Self { model, end: unsynced.get(kept).copied().unwrap_or(u64::MAX), whole }
    }

    pub(super) fn fate(&self, rng: &mut Rng, order: u64) -> Fate {
        let by_itself = |rng: &mut Rng, sector| match rng.u8(..8) {
            0..3 => Fate::Kept,
            3..6 => Fate::Lost,
            _ => Fate::Torn { sector, whole: self.whole },
        };
        match self.model {
            CrashModel::DropAll => Fate::Lost,
            CrashModel::KeepAll => Fate::Kept,
            CrashModel::Prefix if order < self.end => Fate::Kept,
            CrashModel::Prefix => Fate::Lost,
            CrashModel::Subset if rng.bool() => Fate::Kept,
            CrashModel::Subset => Fate::Lost,
            CrashModel::Torn512 => by_itself(rng, 512),
            CrashModel::Torn4096 => by_itself(rng, 4096),
        }
    }
}
