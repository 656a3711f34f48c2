//! The disk as the engine uses it.

use std::{
    io,
    path::Path,
    sync::{Arc, Mutex},
};

use turndown_offline::{AppendFile, Disk, DiskLock};

use super::{Open, Refusal, SimDisk, State, locked};
use crate::vfs;

/// So much of a file is copied at a time.
const STRETCH: u64 = 4 << 20;

impl From<Refusal> for io::Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Off => Self::other("the machine is off, or was since"),
            Refusal::Eio => Self::other("the disk answered with an input/output error"),
            Refusal::Full => io::ErrorKind::StorageFull.into(),
            Refusal::ReadOnly => io::ErrorKind::ReadOnlyFilesystem.into(),
            Refusal::Denied => io::ErrorKind::PermissionDenied.into(),
            Refusal::NotFound => io::ErrorKind::NotFound.into(),
            Refusal::WrongKind => io::ErrorKind::IsADirectory.into(),
            Refusal::Busy => io::ErrorKind::WouldBlock.into(),
        }
    }
}

/// A file that is open for appending, or only held.
struct Held {
    state: Arc<Mutex<State>>,
    open: Open,
}

impl Drop for Held {
    fn drop(&mut self) {
        locked(&self.state).close(self.open);
    }
}

impl AppendFile for Held {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        Ok(locked(&self.state).append(self.open, bytes)?)
    }

    fn sync(&mut self) -> io::Result<()> {
        Ok(locked(&self.state).sync(self.open)?)
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        Ok(locked(&self.state).truncate(self.open, length)?)
    }
}

/// A lock against every other process of the machine.
struct Locked {
    state: Arc<Mutex<State>>,
    open: Open,
}

impl Drop for Locked {
    fn drop(&mut self) {
        locked(&self.state).unlock_whole(self.open);
    }
}

impl SimDisk {
    fn open(&self, path: &Path, make: bool) -> io::Result<Held> {
        let path = self.inside(path)?;
        let open = self.state().open(&path, make)?;
        Ok(Held { state: Arc::clone(&self.state), open })
    }

    /// An empty file to write to, in place of any of that name.
    fn begin(&self, path: &Path) -> io::Result<Held> {
        let mut file = self.open(path, true)?;
        if !file.open.made {
            file.truncate(0)?;
        }
        Ok(file)
    }
}

impl Disk for SimDisk {
    fn vfs(&self) -> Option<&str> {
        Some(vfs::NAME)
    }

    fn make_folder(&self, folder: &Path) -> io::Result<()> {
        let folder = self.inside(folder)?;
        Ok(self.state().make_folder(&folder)?)
    }

    fn lock(&self, path: &Path) -> io::Result<DiskLock> {
        let path = self.inside(path)?;
        let open = self.state().lock_whole(&path)?;
        Ok(Box::new(Locked { state: Arc::clone(&self.state), open }))
    }

    fn exists(&self, path: &Path) -> io::Result<bool> {
        let path = self.inside(path)?;
        Ok(self.state().look(&path)?.is_some())
    }

    fn names(&self, folder: &Path) -> io::Result<Vec<String>> {
        let folder = self.inside(folder)?;
        Ok(self.state().list(&folder)?)
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.read_from(path, 0, u64::MAX)
    }

    fn length(&self, path: &Path) -> io::Result<u64> {
        let file = self.open(path, false)?;
        let mut state = self.state();
        let length = state.length(file.open)?;
        // What keeps a file from being read keeps its length from being asked.
        state.read(file.open, 0, &mut [])?;
        Ok(length)
    }

    fn read_from(&self, path: &Path, offset: u64, bytes_max: u64) -> io::Result<Vec<u8>> {
        let file = self.open(path, false)?;
        let mut state = self.state();
        let length = state.length(file.open)?;
        let mut bytes = vec![0; length.saturating_sub(offset).min(bytes_max) as usize];
        let there = state.read(file.open, offset, &mut bytes)?;
        drop(state);
        bytes.truncate(there);
        Ok(bytes)
    }

    fn create(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut file = self.begin(path)?;
        if !bytes.is_empty() {
            file.append(bytes)?;
        }
        file.sync()
    }

    fn append_to(&self, path: &Path) -> io::Result<Box<dyn AppendFile>> {
        Ok(Box::new(self.open(path, true)?))
    }

    fn copy(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut bytes = self.read_from(from, 0, STRETCH)?;
        let mut file = self.begin(to)?;
        let mut at = 0;
        while !bytes.is_empty() {
            file.append(&bytes)?;
            at += bytes.len() as u64;
            let is_whole = bytes.len() as u64 == STRETCH;
            bytes = if is_whole { self.read_from(from, at, STRETCH)? } else { vec![] };
        }
        file.sync()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let (from, to) = (self.inside(from)?, self.inside(to)?);
        Ok(self.state().rename(&from, &to)?)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let path = self.inside(path)?;
        match self.state().delete(&path) {
            Err(Refusal::NotFound) => Ok(()),
            done => Ok(done?),
        }
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        let folder = self.inside(folder)?;
        Ok(self.state().sync_folder(&folder)?)
    }

    fn free_bytes(&self, folder: &Path) -> io::Result<u64> {
        self.inside(folder)?;
        let mut state = self.state();
        state.look("")?;
        Ok(state.free())
    }
}
