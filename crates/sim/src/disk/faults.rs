//! What can go wrong with a disk while it is used: the kinds of operation, the faults that can hit them, and the two
//! ways to arm a fault: at the n-th operation, or by chance.

/// A set of [`IoKind`]s.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IoKinds(u16);

impl IoKinds {
    /// Every kind.
    pub const ALL: Self = Self(u16::MAX);
    /// The kinds that change what is on the disk or what of it is durable: the points at which a crash makes a
    /// difference.
    pub const CHANGES: Self = Self::of(&[
        IoKind::Open,
        IoKind::Write,
        IoKind::Sync,
        IoKind::Truncate,
        IoKind::Delete,
        IoKind::Rename,
        IoKind::MakeFolder,
        IoKind::SyncFolder,
    ]);

    /// These kinds.
    #[must_use]
    pub const fn of(kinds: &[IoKind]) -> Self {
        let (mut bits, mut at) = (0, 0);
        while at < kinds.len() {
            bits |= 1 << kinds[at] as u16;
            at += 1;
        }
        Self(bits)
    }

    /// Those in both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether the kind is among them.
    #[must_use]
    pub const fn has(self, kind: IoKind) -> bool {
        self.0 & (1 << kind as u16) != 0
    }
}

/// One operation on a disk, as a test counts them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u16)]
pub enum IoKind {
    /// A file is opened, and made if it is not there.
    Open,
    /// Bytes are read.
    Read,
    /// Bytes are written.
    Write,
    /// A file's bytes are made durable.
    Sync,
    /// A file is given a length.
    Truncate,
    /// A name is removed.
    Delete,
    /// A file gets another name.
    Rename,
    /// A folder is made.
    MakeFolder,
    /// The names in a folder are made durable.
    SyncFolder,
    /// A question: is there a file, how long is it, what is in a folder, how much is free.
    Look,
}

impl IoKind {
    /// Every kind, in the order in which [`crate::disk::SimDisk::io_counts`] lists them.
    pub const ALL: [Self; 10] = [
        Self::Open,
        Self::Read,
        Self::Write,
        Self::Sync,
        Self::Truncate,
        Self::Delete,
        Self::Rename,
        Self::MakeFolder,
        Self::SyncFolder,
        Self::Look,
    ];

    const fn eio_name(self) -> &'static str {
        match self {
            Self::Open => "eio_open",
            Self::Read => "eio_read",
            Self::Write => "eio_write",
            Self::Sync | Self::SyncFolder => "eio_fsync",
            Self::Truncate => "eio_truncate",
            Self::Delete => "eio_delete",
            Self::Rename => "eio_rename",
            Self::MakeFolder => "eio_make_folder",
            Self::Look => "eio_look",
        }
    }
}

/// What a file is for, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum FileClass {
    /// `*.db` outside the backups.
    Database,
    /// A write-ahead log, `*-wal`, outside the backups.
    Wal,
    /// A file in `copies/`: what is kept a second time.
    Receipts,
    /// A file with "backup" in its path.
    Backup,
    /// Any other.
    #[default]
    Other,
}

impl FileClass {
    /// The class of the file of that path.
    #[must_use]
    pub fn of(path: &str) -> Self {
        if path.contains("backup") {
            Self::Backup
        } else if path.contains("copies/") {
            Self::Receipts
        } else if path.ends_with("-wal") {
            Self::Wal
        } else if path.ends_with(".db") {
            Self::Database
        } else {
            Self::Other
        }
    }

    pub(super) const fn bit_flip_name(self) -> &'static str {
        match self {
            Self::Database => "bit_flip_db",
            Self::Wal => "bit_flip_wal",
            Self::Receipts => "bit_flip_receipts",
            Self::Backup => "bit_flip_backup",
            Self::Other => "bit_flip_other",
        }
    }
}

/// What can go wrong with one operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// The power goes before the operation is done. What of the unsynced is left, [`crate::disk::SimDisk::power_cut`]
    /// then says.
    PowerOff,
    /// The process is killed before the operation is done.
    Kill,
    /// Any operation fails with an input/output error, and is not done.
    Eio,
    /// The same for an open.
    EioOpen,
    /// The same for a read.
    EioRead,
    /// The same for a write.
    EioWrite,
    /// The same for a sync of a file or folder; what was to be synced still waits.
    EioFsync,
    /// The same for a truncation.
    EioTruncate,
    /// The same for a removal.
    EioDelete,
    /// A read gets half of what is there.
    ShortRead,
    /// A write gets half of it down, then the disk is full.
    ShortWrite,
    /// The disk is full for this one operation.
    Enospc,
    /// The disk is full from now on, until [`crate::disk::SimDisk::set_capacity`] says otherwise.
    DiskFull,
    /// The disk cannot be written from now on, until [`crate::disk::SimDisk::set_read_only`] says otherwise.
    Erofs,
    /// Somebody else (a virus scanner) has the file, and it cannot be opened.
    Eacces,
    /// A write is said done, and is there in some of its sectors only.
    TornWrite,
    /// A write is said done, and is not there.
    DroppedWrite,
    /// A write is said done, and is in another place of the file.
    MisdirectedWrite,
    /// A read gets one wrong bit, which is right on the disk.
    BitFlipOnRead,
    /// A read meets one bit that has turned over on the disk, for good.
    BitRot,
    /// A sync fails and takes what was to be written with it; the next one succeeds. Readers go on seeing it until
    /// the power goes.
    FsyncLosesPages,
    /// A sync is said done, and nothing is durable.
    LyingFsync,
}

impl Fault {
    /// Every fault.
    pub const ALL: [Self; 22] = [
        Self::PowerOff,
        Self::Kill,
        Self::Eio,
        Self::EioOpen,
        Self::EioRead,
        Self::EioWrite,
        Self::EioFsync,
        Self::EioTruncate,
        Self::EioDelete,
        Self::ShortRead,
        Self::ShortWrite,
        Self::Enospc,
        Self::DiskFull,
        Self::Erofs,
        Self::Eacces,
        Self::TornWrite,
        Self::DroppedWrite,
        Self::MisdirectedWrite,
        Self::BitFlipOnRead,
        Self::BitRot,
        Self::FsyncLosesPages,
        Self::LyingFsync,
    ];

    /// The operations that it can hit. Others pass it by, and are not counted towards the n-th.
    #[must_use]
    pub const fn kinds(self) -> IoKinds {
        match self {
            Self::PowerOff | Self::Kill | Self::Eio => IoKinds::ALL,
            Self::EioOpen | Self::Eacces => IoKinds::of(&[IoKind::Open]),
            Self::EioRead | Self::ShortRead | Self::BitFlipOnRead | Self::BitRot => IoKinds::of(&[IoKind::Read]),
            Self::EioWrite | Self::ShortWrite | Self::TornWrite | Self::DroppedWrite | Self::MisdirectedWrite => {
                IoKinds::of(&[IoKind::Write])
            }
            Self::EioFsync => IoKinds::of(&[IoKind::Sync, IoKind::SyncFolder]),
            Self::EioTruncate => IoKinds::of(&[IoKind::Truncate]),
            Self::EioDelete => IoKinds::of(&[IoKind::Delete]),
            Self::Enospc | Self::DiskFull => IoKinds::of(&[IoKind::Write, IoKind::MakeFolder]),
            Self::Erofs => IoKinds::CHANGES,
            Self::FsyncLosesPages | Self::LyingFsync => IoKinds::of(&[IoKind::Sync]),
        }
    }

    /// The name under which it is counted when it hits an operation of that kind.
    #[must_use]
    pub const fn name(self, kind: IoKind) -> &'static str {
        match self {
            Self::PowerOff => "power_off",
            Self::Kill => "process_kill",
            Self::Eio
            | Self::EioOpen
            | Self::EioRead
            | Self::EioWrite
            | Self::EioFsync
            | Self::EioTruncate
            | Self::EioDelete => kind.eio_name(),
            Self::ShortRead => "short_read",
            Self::ShortWrite => "short_write",
            Self::Enospc => "enospc",
            Self::DiskFull => "disk_full",
            Self::Erofs => "erofs",
            Self::Eacces => "eacces",
            Self::TornWrite => "torn_write",
            Self::DroppedWrite => "dropped_write",
            Self::MisdirectedWrite => "misdirected_write",
            Self::BitFlipOnRead => "bit_flip_on_read",
            Self::BitRot => "bit_rot",
            Self::FsyncLosesPages => "fsync_loses_pages",
            Self::LyingFsync => "lying_fsync",
        }
    }
}

/// A fault, with the operations it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Aim {
    /// What goes wrong.
    pub fault: Fault,
    /// The operations it may hit.
    pub kinds: IoKinds,
    /// The files it may hit; nothing for all, folders included.
    pub class: Option<FileClass>,
}

impl Aim {
    /// The fault, at whatever it can hit.
    #[must_use]
    pub const fn any(fault: Fault) -> Self {
        Self { fault, kinds: fault.kinds(), class: None }
    }

    /// Only at these operations, of those that it can hit.
    #[must_use]
    pub const fn of(mut self, kinds: IoKinds) -> Self {
        self.kinds = self.kinds.and(kinds);
        self
    }

    /// Only at files of this class.
    #[must_use]
    pub const fn on(mut self, class: FileClass) -> Self {
        self.class = Some(class);
        self
    }

    pub(super) fn meets(&self, kind: IoKind, class: FileClass) -> bool {
        self.kinds.has(kind) && self.class.is_none_or(|only| only == class)
    }
}

/// Faults by chance: for each, how likely it is at each operation that it can hit.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FaultPlan {
    pub(super) chances: Vec<(Aim, f64)>,
}

impl FaultPlan {
    /// A disk that does what it says.
    #[must_use]
    pub const fn none() -> Self {
        Self { chances: Vec::new() }
    }

    /// With that fault, at this chance between 0 and 1 per operation.
    #[must_use]
    pub fn with(self, fault: Fault, chance: f64) -> Self {
        self.with_aim(Aim::any(fault), chance)
    }

    /// The same with a narrower aim.
    #[must_use]
    pub fn with_aim(mut self, aim: Aim, chance: f64) -> Self {
        self.chances.push((aim, chance));
        self
    }
}
