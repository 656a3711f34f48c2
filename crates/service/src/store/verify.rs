//! Walking the audit chains from their beginnings: what was changed, taken out, put in or moved is named by its place.
//!
//! Deliberately absent: I/O. The store brings the entries one after the other, in their order, and is told the first
//! that does not fit.

use super::Hash;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use turndown_protocol::{ActorId, AuditEntry, EventId};

/// The first thing that is wrong in an audit trail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditFault {
    /// Which property.
    pub property_id: String,
    /// Where: `service entry 7`, `desk <install> entry 12`.
    pub place: String,
    /// What.
    pub what: String,
}

/// What walking the chains found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditReport {
    /// Entries of the service's own chains.
    pub entries: u64,
    /// Entries of desks' chains that link without a gap.
    pub links: u64,
    /// Desks seen.
    pub installs: u64,
    /// The first fault, if any.
    pub fault: Option<AuditFault>,
}

/// A place that does not fit, and what is wrong there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Misfit {
    pub(super) place: String,
    pub(super) what: String,
}

impl Misfit {
    /// The fault that it is in a property's trail.
    pub(super) fn of(self, property_id: impl Into<String>) -> AuditFault {
        AuditFault { property_id: property_id.into(), place: self.place, what: self.what }
    }
}

/// The service's own chain of one property, as far as it was walked.
#[derive(Debug)]
pub(super) struct OwnChain {
    at: u64,
    hash: String,
}

impl OwnChain {
    pub(super) fn new() -> Self {
        Self { at: 0, hash: hex::encode([0; 32]) }
    }

    /// The last entry that fits.
    pub(super) fn at(&self) -> u64 {
        self.at
    }

    /// The next entry, or the one behind it where it is missing.
    pub(super) fn entry(&mut self, entry: &AuditEntry) -> Result<(), Misfit> {
        if entry.audit_seq != self.at + 1 {
            return Err(Self::misfit(self.at + 1, "the entry is missing"));
        }
        if entry.prev_hash != self.hash {
            return Err(Self::misfit(entry.audit_seq, "it does not follow the entry before it"));
        }
        if entry.expected_hash().ok().as_ref() != Some(&entry.hash) {
            return Err(Self::misfit(entry.audit_seq, "it is not as it was written"));
        }
        self.at = entry.audit_seq;
        self.hash.clone_from(&entry.hash);
        Ok(())
    }

    /// The next entries cannot be read.
    pub(super) fn unreadable(&self) -> Misfit {
        Self::misfit(self.at + 1, "an entry or its event cannot be read")
    }

    /// There are no more entries; the store says where the trail ends.
    pub(super) fn end(self, head_seq: u64, head_hash: &Hash) -> Result<(), Misfit> {
        if self.at == head_seq && self.hash == hex::encode(head_hash) {
            return Ok(());
        }
        Err(Self::misfit(self.at + 1, "the end of the trail is missing"))
    }

    fn misfit(seq: u64, what: &str) -> Misfit {
        Misfit { place: format!("service entry {seq}"), what: what.to_owned() }
    }
}

/// A desk's chain, as far as it was walked. A copied desk's chain has branches: all that go on from the last place are
/// followed, and one of them has to lead to the entry that was signed.
#[derive(Debug)]
pub(super) struct DeskChain {
    install: String,
    closed: (u64, String),
    fork: Option<u64>,
    at: u64,
    ends: BTreeSet<String>,
    next: BTreeSet<String>,
    links: u64,
}

impl DeskChain {
    /// A chain that begins behind an entry and was signed up to another.
    pub(super) fn new(install: String, begins: (u64, Hash), closed: (u64, Hash), fork: Option<u64>) -> Self {
        Self {
            install,
            closed: (closed.0, hex::encode(closed.1)),
            fork,
            at: begins.0,
            ends: BTreeSet::from([hex::encode(begins.1)]),
            next: BTreeSet::new(),
            links: 0,
        }
    }

    /// The next event that is stored, by its place.
    pub(super) fn event(&mut self, local_seq: u64, hash: &Hash, bytes: &str, event_id: &str) -> Result<(), Misfit> {
        #[derive(Deserialize)]
        struct Link {
            prev_hash: String,
            local_seq: u64,
            event_id: EventId,
            #[serde(rename = "actor_id")]
            _actor_id: ActorId,
        }
        if Hash::from(Sha256::digest(bytes.as_bytes())) != *hash {
            return Err(self.misfit(local_seq, "its bytes are not as the desk made them"));
        }
        let Ok(link) = serde_json::from_str::<Link>(bytes) else {
            return Err(self.misfit(local_seq, "its bytes cannot be read"));
        };
        if link.local_seq != local_seq || link.event_id.as_str() != event_id {
            return Err(self.misfit(local_seq, "its bytes are of another entry"));
        }
        if local_seq > self.at + 1 && !self.next.is_empty() {
            self.go_on()?;
        }
        if local_seq == self.at + 1 && self.ends.contains(&link.prev_hash) {
            self.next.insert(hex::encode(hash));
            self.links += 1;
        } else if local_seq <= self.closed.0 && self.fork.is_none_or(|fork| local_seq < fork) {
            return Err(self.misfit(local_seq, "it does not follow the entry before it"));
        }
        Ok(())
    }

    /// There are no more events. Answers how many link without a gap.
    pub(super) fn end(mut self) -> Result<u64, Misfit> {
        if !self.next.is_empty() {
            self.go_on()?;
        }
        if self.at < self.closed.0 {
            return Err(self.misfit(self.at + 1, "the entry is missing"));
        }
        Ok(self.links)
    }

    fn go_on(&mut self) -> Result<(), Misfit> {
        self.at += 1;
        self.ends = std::mem::take(&mut self.next);
        if self.at != self.closed.0 || self.ends.contains(&self.closed.1) {
            return Ok(());
        }
        Err(self.misfit(self.at, "it is not the entry that was signed"))
    }

    fn misfit(&self, seq: u64, what: &str) -> Misfit {
        Misfit { place: format!("desk {} entry {seq}", self.install), what: what.to_owned() }
    }
}
