//! The bytes of one file, in pages that copies share until one of them writes.

use std::sync::Arc;

use fastrand::Rng;

/// Bytes in a page of the store. Unrelated to SQLite's page size, though the usual one is the same.
pub(super) const PAGE: usize = 4096;

/// Above so many pages, a file is large, and most of its pages hold next to nothing.
const LARGE: usize = (64 << 20) / PAGE;

/// So many bytes of a page are kept by themselves where all behind them is zero. Enough for what stands in front of a
/// large value's page, and no more than a pointer takes.
const FIRST: usize = 7;

/// A page. Of most pages of a database that has grown large there is hardly anything to keep.
#[derive(Debug, Clone)]
pub(super) enum Page {
    /// These bytes, and zeros.
    First([u8; FIRST]),
    Whole(Arc<[u8; PAGE]>),
}

impl Default for Page {
    fn default() -> Self {
        Self::First([0; FIRST])
    }
}

impl Page {
    /// A whole page's bytes, if they are hardly any.
    fn short(bytes: &[u8]) -> Option<Self> {
        const REST: usize = PAGE - FIRST;
        // The end tells most pages at once: SQLite fills them from there.
        let (first, rest) = bytes.split_first_chunk::<FIRST>()?;
        let is_short = rest.len() == REST && rest.ends_with(&[0; 32]) && *rest == [0; REST];
        is_short.then_some(Self::First(*first))
    }

    fn read(&self, within: usize, into: &mut [u8]) {
        match self {
            Self::Whole(page) => into.copy_from_slice(&page[within..within + into.len()]),
            Self::First(first) => {
                into.fill(0);
                let kept = first.get(within..).unwrap_or_default();
                let there = kept.len().min(into.len());
                into[..there].copy_from_slice(&kept[..there]);
            }
        }
    }

    /// The page's bytes, to be changed.
    fn whole(&mut self) -> &mut [u8; PAGE] {
        if let Self::First(first) = *self {
            let mut page = [0; PAGE];
            page[..FIRST].copy_from_slice(&first);
            *self = Self::Whole(Arc::new(page));
        }
        match self {
            Self::Whole(page) => Arc::make_mut(page),
            Self::First(_) => unreachable!("it was made whole above"),
        }
    }

    fn write(&mut self, within: usize, new: &[u8]) {
        if let Some(short) = Self::short(new) {
            *self = short;
            return;
        }
        match self {
            // A whole page in place of one that somebody else still holds: what it held need not be copied first.
            Self::Whole(page) if new.len() == PAGE && Arc::strong_count(page) > 1 => {
                let mut fresh = [0; PAGE];
                fresh.copy_from_slice(new);
                *page = Arc::new(fresh);
            }
            _ => self.whole()[within..within + new.len()].copy_from_slice(new),
        }
    }
}

/// A file's bytes. What lies behind the end, within the last page, is zero, so that a file that grows shows no old
/// bytes.
#[derive(Debug, Clone, Default)]
pub(super) struct Content {
    pages: Vec<Page>,
    length: u64,
}

/// The pages that a range of bytes touches.
pub(super) fn pages_of(offset: u64, length: usize) -> std::ops::Range<usize> {
    if length == 0 {
        return 0..0;
    }
    let first = offset as usize / PAGE;
    first..(offset as usize + length).div_ceil(PAGE)
}

impl Content {
    pub(super) fn of(bytes: &[u8]) -> Self {
        let mut content = Self::default();
        content.write(0, bytes);
        content
    }

    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Bytes taken on the disk: whole pages, holes included.
    pub(super) fn taken(&self) -> u64 {
        (self.pages.len() * PAGE) as u64
    }

    /// Fills `into` from `offset` on, as far as the file goes, and says how far that was.
    pub(super) fn read(&self, offset: u64, into: &mut [u8]) -> usize {
        let there = self.length.saturating_sub(offset).min(into.len() as u64) as usize;
        let (mut at, mut done) = (offset as usize, 0);
        while done < there {
            let within = at % PAGE;
            let part = (PAGE - within).min(there - done);
            self.pages[at / PAGE].read(within, &mut into[done..done + part]);
            at += part;
            done += part;
        }
        there
    }

    /// A place in the file, of a large one where something stands. Nothing in an empty file.
    pub(super) fn somewhere(&self, rng: &mut Rng) -> Option<u64> {
        if self.pages.len() > LARGE {
            let full: Vec<usize> =
                (0..self.pages.len()).filter(|page| matches!(self.pages[*page], Page::Whole(_))).collect();
            let page = *full.get(rng.usize(..full.len().max(1)))?;
            let end = self.length - (page * PAGE) as u64;
            return Some((page * PAGE) as u64 + rng.u64(..end.min(PAGE as u64)));
        }
        (self.length > 0).then(|| rng.u64(..self.length))
    }

    pub(super) fn to_vec(&self) -> Vec<u8> {
        let mut bytes = vec![0; self.length as usize];
        self.read(0, &mut bytes);
        bytes
    }

    pub(super) fn write(&mut self, offset: u64, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        let end = offset + bytes.len() as u64;
        if end > self.length {
            self.set_length(end);
        }
        let (mut at, mut done) = (offset as usize, 0);
        while done < bytes.len() {
            let within = at % PAGE;
            let part = (PAGE - within).min(bytes.len() - done);
            self.pages[at / PAGE].write(within, &bytes[done..done + part]);
            at += part;
            done += part;
        }
    }

    pub(super) fn set_length(&mut self, length: u64) {
        self.pages.resize_with((length as usize).div_ceil(PAGE), Page::default);
        let within = length as usize % PAGE;
        if length < self.length
            && within != 0
            && let Some(page) = self.pages.last_mut()
        {
            page.whole()[within..].fill(0);
        }
        self.length = length;
    }

    pub(super) fn page(&self, number: usize) -> Page {
        self.pages.get(number).cloned().unwrap_or_default()
    }

    /// Puts a page back as it was. The length is set apart, afterwards.
    pub(super) fn put_page(&mut self, number: usize, page: Page) {
        if number >= self.pages.len() {
            self.pages.resize_with(number + 1, Page::default);
        }
        self.pages[number] = page;
    }
}
