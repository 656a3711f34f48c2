//! The bytes of one file, in pages that copies share until one of them writes.

use std::sync::Arc;

/// Bytes in a page of the store. Unrelated to SQLite's page size, though the usual one is the same.
pub(super) const PAGE: usize = 4096;

/// A page; nothing stands for zeros that were never written.
pub(super) type Page = Option<Arc<[u8; PAGE]>>;

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
            match &self.pages[at / PAGE] {
                Some(page) => into[done..done + part].copy_from_slice(&page[within..within + part]),
                None => into[done..done + part].fill(0),
            }
            at += part;
            done += part;
        }
        there
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
            let slot = &mut self.pages[at / PAGE];
            let new = &bytes[done..done + part];
            let ours = slot.as_mut().is_some_and(|page| Arc::get_mut(page).is_some());
            match slot {
                Some(page) if part < PAGE || ours => Arc::make_mut(page)[within..within + part].copy_from_slice(new),
                // A whole page in place of one that somebody else still holds: what it held need not be copied first.
                _ => {
                    let mut page = [0; PAGE];
                    page[within..within + part].copy_from_slice(new);
                    *slot = Some(Arc::new(page));
                }
            }
            at += part;
            done += part;
        }
    }

    pub(super) fn set_length(&mut self, length: u64) {
        self.pages.resize((length as usize).div_ceil(PAGE), None);
        let within = length as usize % PAGE;
        if length < self.length
            && within != 0
            && let Some(Some(page)) = self.pages.last_mut()
        {
            Arc::make_mut(page)[within..].fill(0);
        }
        self.length = length;
    }

    pub(super) fn page(&self, number: usize) -> Page {
        self.pages.get(number).cloned().flatten()
    }

    /// Puts a page back as it was. The length is set apart, afterwards.
    pub(super) fn put_page(&mut self, number: usize, page: Page) {
        if number >= self.pages.len() {
            self.pages.resize(number + 1, None);
        }
        self.pages[number] = page;
    }
}
