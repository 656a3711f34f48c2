//! What the store knows of an install's audit chain, and how that grows with what arrives.
//!
//! Deliberately absent: I/O. Whoever keeps chains looks up what is stored already and tells it here.

use super::{Hash, StoreError};
use std::collections::BTreeSet;
use turndown_protocol::{AuditHead, Continues, InstallId, codes};

/// How many links of a chain are closed in one batch, so that a gap that closes late does not hold everybody up.
pub(super) const LINKS_PER_BATCH: usize = 20_000;

/// What the store knows of an install's audit chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    /// The store's own number for the install; 0 while it has none, or where the store counts none.
    pub n: i64,
    /// The highest `local_seq` ever seen, gaps or not.
    pub highest_seq: u64,
    /// Its hash.
    pub highest_hash: Hash,
    /// Held and verified without a gap up to here.
    pub closed_seq: u64,
    /// Its hash.
    pub closed_hash: Hash,
    /// The highest head that the desk itself spoke of.
    pub announced_seq: u64,
    /// Its hash.
    pub announced_hash: Hash,
    /// Where it begins: an install that goes on from another one has nothing before that.
    pub begins_seq: u64,
    /// The hash of the entry before its first.
    pub begins_hash: Hash,
    /// The first place at which the chain had two different entries.
    pub fork_seq: Option<u64>,
}

impl Default for Chain {
    fn default() -> Self {
        let zero = [0; 32];
        Self {
            n: 0,
            highest_seq: 0,
            highest_hash: zero,
            closed_seq: 0,
            closed_hash: zero,
            announced_seq: 0,
            announced_hash: zero,
            begins_seq: 0,
            begins_hash: zero,
            fork_seq: None,
        }
    }
}

impl Chain {
    /// Marks the first place where the chain has two entries; rooms do not wait for each other, so that a later place
    /// may be seen before it. Work goes on: the events themselves stand on their own.
    pub(super) fn mark_fork(&mut self, install: &InstallId, local_seq: u64) {
        if self.fork_seq.is_none() {
            tracing::warn!(code = codes::AUDIT_FORK, install_id = %install, local_seq, "two entries for one place of an audit chain");
        }
        self.fork_seq = Some(self.fork_seq.map_or(local_seq, |first| first.min(local_seq)));
    }

    /// It goes on from another install's entry. Once anything of it is verified its beginning stays what it was.
    pub(super) fn begin_behind(&mut self, head: &AuditHead) {
        if self.closed_seq == 0 && head.local_seq > 0 {
            self.begins_seq = head.local_seq;
            self.begins_hash = hash_of_hex(&head.hash);
            self.closed_seq = self.begins_seq;
            self.closed_hash = self.begins_hash;
        }
    }

    /// The desk says where its chain ends.
    pub(super) fn announce(&mut self, install: &InstallId, head: &AuditHead) {
        let hash = hash_of_hex(&head.hash);
        if head.local_seq > self.announced_seq {
            self.announced_seq = head.local_seq;
            self.announced_hash = hash;
        } else if head.local_seq == self.announced_seq && head.local_seq > 0 && hash != self.announced_hash {
            self.mark_fork(install, head.local_seq);
        }
    }

    /// An entry arrives. A new one for a place that is taken already is a fork; places beyond the highest cannot be
    /// taken, so that `is_taken` is asked for those below alone.
    pub(super) fn arrived(
        &mut self,
        install: &InstallId,
        local_seq: u64,
        hash: Hash,
        is_taken: impl FnOnce() -> Result<bool, StoreError>,
    ) -> Result<(), StoreError> {
        if local_seq > self.highest_seq {
            self.highest_seq = local_seq;
            self.highest_hash = hash;
        } else if local_seq <= self.closed_seq || is_taken()? {
            self.mark_fork(install, local_seq);
        }
        Ok(())
    }

    /// The place of the link that could close next; none where the chain is closed as far as it goes.
    pub(super) fn next_link(&self) -> Option<u64> {
        (self.closed_seq < self.highest_seq).then(|| self.closed_seq + 1)
    }

    /// Goes one link along, given the entries of that place as pairs of the hash that each carries and its own. False
    /// where there is none, or none that carries the hash of the entry before.
    pub(super) fn close(&mut self, install: &InstallId, links: &[(Hash, Hash)]) -> bool {
        let Some(next) = self.next_link().filter(|_| !links.is_empty()) else { return false };
        match links.iter().find(|(prev, _)| *prev == self.closed_hash) {
            Some((_, hash)) => {
                self.closed_seq = next;
                self.closed_hash = *hash;
                true
            }
            None => {
                self.mark_fork(install, next);
                false
            }
        }
    }
}

/// A hash as the event wrote it. What is not one links to nothing, which the chain check then says.
pub(super) fn hash_of_hex(text: &str) -> Hash {
    let mut hash = [0xff; 32];
    if hex::decode_to_slice(text, &mut hash).is_err() {
        hash = [0xff; 32];
    }
    hash
}

/// What a desk says of itself and of the installs before it, as pairs of an install and what it goes on from: the desk's
/// own first. A restored store has heard of none of them.
pub(super) fn told<'a>(
    install: &'a InstallId,
    continues: Option<&'a Continues>,
) -> Vec<(&'a InstallId, &'a Continues)> {
    let Some(mut at) = continues else { return vec![] };
    let mut told = vec![(install, at)];
    let mut known = BTreeSet::from([install]);
    while let Some(before) = at.continues.as_deref()
        && known.insert(&at.install_id)
        // Nobody goes on from an install that came later: a desk that says so is wrong, and changes nothing here.
        && !known.contains(&before.install_id)
        && known.len() <= Continues::TOLD_MAX
    {
        told.push((&at.install_id, before));
        at = before;
    }
    told
}
