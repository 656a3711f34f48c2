//! One file as the machine knows it: the bytes that a reader sees, the bytes that are durable, and what was done in
//! between, in order.

use std::collections::{BTreeMap, BTreeSet};

use fastrand::Rng;

use super::{
    content::{Content, PAGE, Page, pages_of},
    faults::FileClass,
};

/// Writes of this size and above reach the disk page by page, so that hardly anything is kept of pages that hold hardly
/// anything.
const PAGE_BY_PAGE: usize = 4 << 20;

/// What happens to one unsynced operation when the power goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Kept,
    Lost,
    /// Some sectors of this size are there and some are not. `whole` says that a sector in which the write began or
    /// ended keeps its other bytes; otherwise they are rubbish too.
    Torn {
        sector: usize,
        whole: bool,
    },
}

#[derive(Debug, Clone, Copy)]
enum What {
    /// The bytes stand in the node's log.
    Write {
        offset: u64,
        start: usize,
        /// So many stand there; behind them come zeros.
        kept: usize,
        length: usize,
    },
    Truncate(u64),
}

#[derive(Debug, Clone, Copy)]
struct Op {
    /// Its place among everything that was done on this disk.
    order: u64,
    what: What,
}

/// SQLite's lock on a file: any number of readers and at most one connection above them.
#[derive(Debug, Default)]
pub(super) struct FileLock {
    pub(super) shared: u32,
    /// The handle that holds more than a shared lock, and which.
    pub(super) top: Option<(u64, i32)>,
}

/// A file, whatever names it has.
#[derive(Debug, Default)]
pub(super) struct Node {
    now: Content,
    /// Pages as they are durably, kept from when they were first touched since the last sync. Pages behind the
    /// durable end are not kept: there is nothing to put back.
    before: BTreeMap<usize, Page>,
    /// Pages that a failed sync left in memory only, and that a later sync will not write.
    stranded: BTreeSet<usize>,
    durable_length: u64,
    ops: Vec<Op>,
    /// The bytes of the operations, one after another.
    log: Vec<u8>,
    pub(super) class: FileClass,
    /// Handles that have it open.
    pub(super) holders: u32,
    pub(super) lock: FileLock,
    /// Held by [`turndown_offline::Disk::lock`].
    pub(super) locked: bool,
}

impl Node {
    /// An empty file, of which nothing is durable but that it is empty.
    pub(super) fn empty(class: FileClass) -> Self {
        Self { class, ..Self::default() }
    }

    /// A file whose bytes are durable.
    pub(super) fn at_rest(class: FileClass, now: Content) -> Self {
        Self { durable_length: now.length(), now, class, ..Self::default() }
    }

    pub(super) fn now(&self) -> &Content {
        &self.now
    }

    fn remember(&mut self, page: usize) {
        if page * PAGE < self.durable_length as usize && !self.before.contains_key(&page) {
            self.before.insert(page, self.now.page(page));
        }
    }

    pub(super) fn write(&mut self, order: u64, offset: u64, bytes: &[u8]) {
        for page in pages_of(offset, bytes.len()) {
            self.remember(page);
            self.stranded.remove(&page);
        }
        self.now.write(offset, bytes);
        if bytes.len() < PAGE_BY_PAGE {
            self.note(order, offset, bytes);
            return;
        }
        let mut at = 0;
        while at < bytes.len() {
            let next = bytes.len().min((offset as usize + at) / PAGE * PAGE + PAGE - offset as usize);
            self.note(order, offset + at as u64, &bytes[at..next]);
            at = next;
        }
    }

    fn note(&mut self, order: u64, offset: u64, bytes: &[u8]) {
        let kept = without_zeros(bytes).len();
        let what = What::Write { offset, start: self.log.len(), kept, length: bytes.len() };
        self.log.extend_from_slice(&bytes[..kept]);
        self.ops.push(Op { order, what });
    }

    pub(super) fn truncate(&mut self, order: u64, length: u64) {
        if length < self.now.length() {
            for page in length as usize / PAGE..(self.now.length() as usize).div_ceil(PAGE) {
                self.remember(page);
            }
        }
        self.now.set_length(length);
        self.ops.push(Op { order, what: What::Truncate(length) });
    }

    pub(super) fn sync(&mut self) {
        let stranded = &self.stranded;
        self.before.retain(|page, _| stranded.contains(page));
        self.durable_length = self.now.length();
        self.forget_ops();
    }

    fn forget_ops(&mut self) {
        self.ops.clear();
        self.log.clear();
        // One large transaction must not leave its size behind for good.
        self.log.shrink_to(1 << 20);
    }

    /// The sync that fails and takes the dirty pages with it: readers go on seeing them, the disk never will, and the
    /// next sync says that all is well.
    pub(super) fn strand(&mut self) {
        for op in &self.ops {
            if let What::Write { offset, length, .. } = op.what {
                for page in pages_of(offset, length) {
                    self.before.entry(page).or_default();
                    self.stranded.insert(page);
                }
            }
        }
        self.sync();
        let end = (self.durable_length as usize).div_ceil(PAGE);
        self.before.retain(|page, _| *page < end);
        self.stranded.retain(|page| *page < end);
    }

    /// The places, among everything done on this disk, of what is not durable yet.
    pub(super) fn unsynced(&self) -> impl Iterator<Item = u64> {
        self.ops.iter().map(|op| op.order)
    }

    /// What is left after a power cut: what was durable, and of the rest what `fate` says.
    pub(super) fn power_cut(&mut self, rng: &mut Rng, mut fate: impl FnMut(&mut Rng, u64) -> Fate) {
        for (page, old) in std::mem::take(&mut self.before) {
            self.now.put_page(page, old);
        }
        self.now.set_length(self.durable_length);
        for op in std::mem::take(&mut self.ops) {
            match (op.what, fate(rng, op.order)) {
                (_, Fate::Lost) => {}
                (What::Write { offset, start, kept, length }, fate) => {
                    let mut bytes = self.log[start..start + kept].to_vec();
                    bytes.resize(length, 0);
                    if let Fate::Torn { sector, whole } = fate {
                        tear(&mut self.now, rng, offset, &bytes, sector, whole);
                    } else {
                        self.now.write(offset, &bytes);
                    }
                }
                // A length is one number: it is there or it is not.
                (What::Truncate(length), Fate::Kept | Fate::Torn { .. }) => self.now.set_length(length),
            }
        }
        self.stranded.clear();
        self.durable_length = self.now.length();
        self.forget_ops();
        self.holders = 0;
        self.release_locks();
    }

    pub(super) fn release_locks(&mut self) {
        self.lock = FileLock::default();
        self.locked = false;
    }

    /// Changes bytes behind everybody's back: at once and durably.
    pub(super) fn change_at_rest(&mut self, offset: u64, bytes: &[u8]) {
        self.now.write(offset, bytes);
        for page in pages_of(offset, bytes.len()) {
            if let Some(old) = self.before.get_mut(&page) {
                let mut changed = Content::default();
                changed.put_page(0, std::mem::take(old));
                changed.set_length(PAGE as u64);
                let start = (page * PAGE) as u64;
                let (from, to) = (offset.max(start), (offset + bytes.len() as u64).min(start + PAGE as u64));
                changed.write(from - start, &bytes[(from - offset) as usize..(to - offset) as usize]);
                *old = changed.page(0);
            }
        }
    }

    /// Cuts the file behind everybody's back: at once and durably, with all that was not synced.
    pub(super) fn cut_at_rest(&mut self, length: u64) {
        self.now.set_length(length.min(self.now.length()));
        self.before.clear();
        self.stranded.clear();
        self.durable_length = self.now.length();
        self.forget_ops();
    }
}

/// What stands before the zeros at the end.
fn without_zeros(mut bytes: &[u8]) -> &[u8] {
    while let Some(before) = bytes.strip_suffix(&[0; 128]) {
        bytes = before;
    }
    &bytes[..bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1)]
}

/// Writes some of the sectors that `bytes` touch.
pub(super) fn tear(now: &mut Content, rng: &mut Rng, offset: u64, bytes: &[u8], sector: usize, whole: bool) {
    let (mut at, end) = (offset as usize, offset as usize + bytes.len());
    while at < end {
        let next = ((at / sector + 1) * sector).min(end);
        if rng.bool() {
            now.write(at as u64, &bytes[at - offset as usize..next - offset as usize]);
        } else if !whole {
            // This sector was being written when the power went, and the disk does not promise that a write leaves
            // the bytes beside it alone.
            let first = at / sector * sector;
            let rubbish: Vec<u8> = (first..(first + sector).min(now.length() as usize)).map(|_| rng.u8(..)).collect();
            now.write(first as u64, &rubbish);
        }
        at = next;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same file in the simplest way there is: whole copies.
    #[derive(Default)]
    struct Plain {
        now: Vec<u8>,
        durable: Vec<u8>,
        ops: Vec<(u64, u64, Option<Vec<u8>>)>,
    }

    fn apply(file: &mut Vec<u8>, offset: u64, bytes: Option<&[u8]>) {
        match bytes {
            Some(bytes) => {
                let end = offset as usize + bytes.len();
                file.resize(file.len().max(end), 0);
                file[offset as usize..end].copy_from_slice(bytes);
            }
            None => file.resize(offset as usize, 0),
        }
    }

    #[test]
    fn pages_and_undo_are_the_same_file_as_whole_copies() {
        for seed in 0..300 {
            let mut rng = Rng::with_seed(seed);
            let (mut node, mut plain) = (Node::empty(FileClass::Other), Plain::default());
            let mut kept_images = Vec::new();
            for order in 0..200 {
                match rng.u8(..20) {
                    0..12 => {
                        let offset = rng.u64(..=(plain.now.len() as u64 + 3000).min(40_000));
                        let length = if rng.bool() { PAGE } else { rng.usize(1..9000) };
                        let offset = if rng.bool() { offset / PAGE as u64 * PAGE as u64 } else { offset };
                        let mut bytes = vec![rng.u8(1..); length];
                        // Many a page holds a few bytes and zeros, or nothing.
                        if rng.bool() {
                            bytes[rng.usize(..length.min(12))..].fill(0);
                        }
                        node.write(order, offset, &bytes);
                        apply(&mut plain.now, offset, Some(&bytes));
                        plain.ops.push((order, offset, Some(bytes)));
                    }
                    12..15 => {
                        let length = rng.u64(..45_000);
                        node.truncate(order, length);
                        apply(&mut plain.now, length, None);
                        plain.ops.push((order, length, None));
                    }
                    15..17 => {
                        node.sync();
                        plain.durable.clone_from(&plain.now);
                        plain.ops.clear();
                    }
                    17 if !plain.durable.is_empty() && plain.durable.len() <= plain.now.len() => {
                        // Damage at rest is in both images, unless what is durable there was overwritten since.
                        node.sync();
                        plain.durable.clone_from(&plain.now);
                        plain.ops.clear();
                        let at = rng.u64(..plain.now.len() as u64);
                        node.write(order, at / PAGE as u64 * PAGE as u64, &[9]);
                        apply(&mut plain.now, at / PAGE as u64 * PAGE as u64, Some(&[9]));
                        plain.ops.push((order, at / PAGE as u64 * PAGE as u64, Some(vec![9])));
                        node.change_at_rest(at, &[77]);
                        plain.now[at as usize] = 77;
                        plain.durable[at as usize] = 77;
                    }
                    18 => kept_images.push((node.now().clone(), plain.now.clone())),
                    _ => {
                        let keep: Vec<u64> = plain.ops.iter().map(|op| op.0).filter(|_| rng.bool()).collect();
                        node.power_cut(
                            &mut rng,
                            |_, order| if keep.contains(&order) { Fate::Kept } else { Fate::Lost },
                        );
                        for (order, offset, bytes) in std::mem::take(&mut plain.ops) {
                            if keep.contains(&order) {
                                apply(&mut plain.durable, offset, bytes.as_deref());
                            }
                        }
                        plain.now.clone_from(&plain.durable);
                    }
                }
                assert!(node.now().to_vec() == plain.now, "seed {seed}, step {order}");
                let (at, mut part) = (rng.u64(..50_000), vec![0xEE; rng.usize(..9000)]);
                let there = node.now().read(at, &mut part);
                let expected = plain.now.get(at as usize..).unwrap_or_default();
                assert!(part[..there] == expected[..there] && there == expected.len().min(part.len()), "seed {seed}");
            }
            for (image, plain) in kept_images {
                assert!(image.to_vec() == plain, "seed {seed}: an image changed with its file");
            }
        }
    }
}
