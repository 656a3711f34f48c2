//! Where the desk's files are, from outside: the machine's own disk in the product, one that tears, forgets and fills
//! up in the simulator. SQLite reaches the same files through a VFS that the disk names.
//!
//! Nothing here is durable before the call that says so has returned: bytes by [`AppendFile::sync`], [`Disk::create`]
//! and [`Disk::copy`], names by [`Disk::sync_folder`].

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// Held as long as it lives.
pub type DiskLock = Box<dyn Send + Sync>;

/// The files of one desk.
pub trait Disk: Send + Sync + 'static {
    /// The name of the SQLite VFS that sees the same files; `None` for SQLite's own.
    fn vfs(&self) -> Option<&str>;

    /// Makes a folder and those above it. One that is there already is fine.
    ///
    /// # Errors
    /// What the disk answers.
    fn make_folder(&self, folder: &Path) -> io::Result<()>;

    /// Locks a file (made if it is not there) against every other process until the lock is dropped.
    ///
    /// # Errors
    /// [`ErrorKind::WouldBlock`] when somebody else holds it, otherwise what the disk answers.
    fn lock(&self, path: &Path) -> io::Result<DiskLock>;

    /// Whether there is a file or folder of that name.
    ///
    /// # Errors
    /// What the disk answers.
    fn exists(&self, path: &Path) -> io::Result<bool>;

    /// The names in a folder, sorted; none where there is no such folder.
    ///
    /// # Errors
    /// What the disk answers.
    fn names(&self, folder: &Path) -> io::Result<Vec<String>>;

    /// A whole file. Only for what is small: a database is read a part at a time.
    ///
    /// # Errors
    /// What the disk answers.
    fn read(&self, path: &Path) -> io::Result<Vec<u8>>;

    /// How many bytes a file has.
    ///
    /// # Errors
    /// What the disk answers.
    fn length(&self, path: &Path) -> io::Result<u64>;

    /// A part of a file: from `offset`, at most `bytes_max` bytes, fewer at its end.
    ///
    /// # Errors
    /// What the disk answers.
    fn read_from(&self, path: &Path, offset: u64, bytes_max: u64) -> io::Result<Vec<u8>>;

    /// A whole new file in place of any before, its bytes durable when this returns.
    ///
    /// # Errors
    /// What the disk answers; the file may then be there in part.
    fn create(&self, path: &Path, bytes: &[u8]) -> io::Result<()>;

    /// Opens a file for appending; made if it is not there.
    ///
    /// # Errors
    /// What the disk answers.
    fn append_to(&self, path: &Path) -> io::Result<Box<dyn AppendFile>>;

    /// Copies a file, its bytes durable when this returns.
    ///
    /// # Errors
    /// What the disk answers; the copy may then be there in part.
    fn copy(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Gives a file another name, in place of any of that name.
    ///
    /// # Errors
    /// What the disk answers.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file. One that is not there is fine.
    ///
    /// # Errors
    /// What the disk answers.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Makes the names in a folder durable.
    ///
    /// # Errors
    /// What the disk answers.
    fn sync_folder(&self, folder: &Path) -> io::Result<()>;

    /// Bytes that can still be written where this folder is.
    ///
    /// # Errors
    /// What the disk answers.
    fn free_bytes(&self, folder: &Path) -> io::Result<u64>;
}

/// How much of a large file is in memory at once.
const STRETCH: u64 = 4 << 20;

/// Hands a file over stretch by stretch, because a desk's database may be larger than the machine's memory. Behind each
/// stretch stand up to `beyond` bytes that the next one begins with, for whoever looks for something that may lie across
/// two. Answers how many bytes the file has.
pub(crate) fn in_stretches(disk: &dyn Disk, path: &Path, beyond: u64, mut take: impl FnMut(&[u8])) -> io::Result<u64> {
    let mut at = 0;
    loop {
        let bytes = disk.read_from(path, at, STRETCH + beyond)?;
        take(&bytes);
        if (bytes.len() as u64) < STRETCH + beyond {
            return Ok(at + bytes.len() as u64);
        }
        at += STRETCH;
    }
}

/// A file that only grows, or is cut back to what is known to be whole.
pub trait AppendFile: Send {
    /// Writes behind what is there.
    ///
    /// # Errors
    /// What the disk answers; a part may have been written.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Makes everything written durable.
    ///
    /// # Errors
    /// What the disk answers. What was written since the last sync may then be lost, even if a later sync succeeds.
    fn sync(&mut self) -> io::Result<()>;

    /// Cuts the file to a length.
    ///
    /// # Errors
    /// What the disk answers.
    fn truncate(&mut self, length: u64) -> io::Result<()>;
}

/// The machine's own disk.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemDisk;

impl Disk for SystemDisk {
    fn vfs(&self) -> Option<&str> {
        None
    }

    fn make_folder(&self, folder: &Path) -> io::Result<()> {
        std::fs::create_dir_all(folder)
    }

    fn lock(&self, path: &Path) -> io::Result<DiskLock> {
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(path)?;
        match file.try_lock() {
            Ok(()) => Ok(Box::new(file)),
            Err(TryLockError::WouldBlock) => Err(ErrorKind::WouldBlock.into()),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    fn exists(&self, path: &Path) -> io::Result<bool> {
        path.try_exists()
    }

    fn names(&self, folder: &Path) -> io::Result<Vec<String>> {
        let entries = match std::fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(vec![]),
            Err(error) => return Err(error),
        };
        let mut names = entries
            .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
            .collect::<io::Result<Vec<_>>>()?;
        names.sort();
        Ok(names)
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        std::fs::read(path)
    }

    fn length(&self, path: &Path) -> io::Result<u64> {
        Ok(std::fs::metadata(path)?.len())
    }

    fn read_from(&self, path: &Path, offset: u64, bytes_max: u64) -> io::Result<Vec<u8>> {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(offset))?;
        let mut bytes = vec![];
        file.take(bytes_max).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn create(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut file = File::create(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    }

    fn append_to(&self, path: &Path) -> io::Result<Box<dyn AppendFile>> {
        Ok(Box::new(OpenOptions::new().create(true).append(true).open(path)?))
    }

    fn copy(&self, from: &Path, to: &Path) -> io::Result<()> {
        std::fs::copy(from, to)?;
        // Opened for writing, because Windows refuses to sync what may only be read.
        OpenOptions::new().write(true).open(to)?.sync_all()
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        std::fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        match std::fs::remove_file(path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    #[cfg(unix)]
    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        File::open(folder)?.sync_all()
    }

    /// Windows makes names durable by itself, and has no way to ask for it.
    #[cfg(not(unix))]
    fn sync_folder(&self, _folder: &Path) -> io::Result<()> {
        Ok(())
    }

    fn free_bytes(&self, folder: &Path) -> io::Result<u64> {
        fs4::available_space(folder)
    }
}

impl AppendFile for File {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        self.set_len(length)
    }
}
