//! Trouble with one of the two files that hold a desk's work: the database, or the second copy beside it. The engine
//! promises that one damaged file of the two loses nothing, so in a world it is always the same one that is bad.

use crate::disk::{Aim, Fault, FileClass, FileImage, SimDisk};
use fastrand::Rng;
use std::path::PathBuf;

/// How the files of a side become what they were some time before.
const PUT_BACK: &str = "put_back_older";

/// What was done to the files of a side.
#[derive(Debug)]
pub struct Damage {
    /// Under which it is counted.
    pub kind: String,
    /// They are what they were some time before.
    pub puts_back: bool,
}

/// Which of the two is bad in a world.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The database, with its log.
    Database,
    /// The second copy.
    Copy,
}

impl Side {
    /// One of them, or neither.
    #[must_use]
    pub fn any(rng: &mut Rng) -> Option<Self> {
        [None, Some(Self::Database), Some(Self::Copy)][rng.usize(..3)]
    }

    fn holds(self, class: FileClass) -> bool {
        match self {
            Self::Database => matches!(class, FileClass::Database | FileClass::Wal),
            Self::Copy => class == FileClass::Receipts,
        }
    }

    fn class(self, rng: &mut Rng) -> FileClass {
        match self {
            Self::Database if rng.bool() => FileClass::Database,
            Self::Database => FileClass::Wal,
            Self::Copy => FileClass::Receipts,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Database => "database",
            Self::Copy => "copy",
        }
    }

    /// A disk that says that it did what it did not do, or that lets go of what it had.
    #[must_use]
    pub fn lie(self, rng: &mut Rng) -> (Aim, u64) {
        const LIES: [Fault; 7] = [
            Fault::TornWrite,
            Fault::DroppedWrite,
            Fault::MisdirectedWrite,
            Fault::LyingFsync,
            Fault::FsyncLosesPages,
            Fault::BitRot,
            Fault::BitFlipOnRead,
        ];
        let fault = LIES[rng.usize(..LIES.len())];
        (Aim::any(fault).on(self.class(rng)), rng.u64(1..30))
    }

    /// An error of the disk that it tells of.
    #[must_use]
    pub fn trouble(self, rng: &mut Rng) -> (Aim, u64) {
        const TROUBLE: [Fault; 9] = [
            Fault::EioRead,
            Fault::EioWrite,
            Fault::EioFsync,
            Fault::EioTruncate,
            Fault::EioOpen,
            Fault::ShortRead,
            Fault::ShortWrite,
            Fault::Enospc,
            Fault::Eacces,
        ];
        let fault = TROUBLE[rng.usize(..TROUBLE.len())];
        (Aim::any(fault).on(self.class(rng)), rng.u64(1..60))
    }

    /// The files of that side, as they lie on the disk.
    fn files(self, disk: &SimDisk) -> Vec<PathBuf> {
        // What was set aside is evidence, which nothing rests on.
        let of_side = |path: &PathBuf| {
            path.to_str().is_some_and(|path| !path.contains("quarantine") && self.holds(FileClass::of(path)))
        };
        disk.paths().into_iter().filter(of_side).collect()
    }

    /// Copies them, to be put back some day.
    #[must_use]
    pub fn keep(self, disk: &SimDisk) -> Vec<(PathBuf, FileImage)> {
        self.files(disk).into_iter().filter_map(|path| Some((path.clone(), disk.keep_file(&path)?))).collect()
    }

    /// Damages them while the desk is closed, and says how. `older` is what they were some time before.
    pub fn damage(self, disk: &SimDisk, older: &[(PathBuf, FileImage)], rng: &mut Rng) -> Option<Damage> {
        let files = self.files(disk);
        if files.is_empty() {
            return None;
        }
        let one = &files[rng.usize(..files.len())];
        let how = match rng.u8(..5) {
            0 => {
                for _ in 0..rng.u8(1..5) {
                    disk.flip_bit(one);
                }
                "bits_flipped"
            }
            1 => {
                let length = disk.length_of(one).unwrap_or(0);
                disk.cut_file(one, rng.u64(..=length));
                "cut_short"
            }
            2 => {
                disk.delete_file(one);
                "file_gone"
            }
            3 => {
                // The folder lost its entries: all files of this side are gone at once.
                for path in &files {
                    disk.lose_name(path);
                }
                "names_lost"
            }
            _ if older.is_empty() => return None,
            _ => {
                for path in &files {
                    disk.delete_file(path);
                }
                for (path, image) in older {
                    disk.put_file(path, image);
                }
                PUT_BACK
            }
        };
        Some(Damage { kind: format!("{}_{how}", self.name()), puts_back: how == PUT_BACK })
    }
}
