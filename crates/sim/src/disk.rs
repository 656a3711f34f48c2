//! A machine's disk, in memory and from a seed.
//!
//! A file is what its readers see now, what of it is durable, and the list of what was done in between; the names in a
//! folder are the same for themselves. A power cut keeps what is durable and, of the rest, what the [`CrashModel`]
//! says. A killed process loses nothing that it wrote, because the machine goes on. Files that were open before either
//! are dead for good: dropping an engine long afterwards does no harm.
//!
//! Two disks with the same seed that are asked the same do the same, to the byte. For what SQLite makes up by itself,
//! call [`crate::vfs::seed_sqlite`] first.
//!
//! Deliberately absent: time (an operation takes none), folders that are renamed or removed, and links.

mod content;
mod crash;
mod faults;
mod files;
mod node;
mod state;

use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};

use fastrand::Rng;
use sha2::{Digest, Sha256};

use self::content::Content;
pub(crate) use self::state::{Done, Open, Refusal, State};
pub use self::{
    crash::CrashModel,
    faults::{Aim, Fault, FaultPlan, FileClass, IoKind, IoKinds},
    state::DiskImage,
};
use crate::vfs;

/// The disks of this process, by name.
static DISKS: Mutex<BTreeMap<String, Weak<Mutex<State>>>> = Mutex::new(BTreeMap::new());

fn disks() -> MutexGuard<'static, BTreeMap<String, Weak<Mutex<State>>>> {
    DISKS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The disk that a path names, and the path on it: `/desk/data/desk.db` is `data/desk.db` on the disk `desk`.
pub(crate) fn resolve(path: &str) -> Option<(Arc<Mutex<State>>, String)> {
    let (disk, path) = split(path)?;
    Some((disks().get(&disk)?.upgrade()?, path))
}

/// Windows' separators are taken too: what joins paths there uses them.
fn split(path: &str) -> Option<(String, String)> {
    let path = path.replace('\\', "/");
    let mut parts = path.split('/').filter(|part| !part.is_empty() && *part != ".");
    let disk = parts.next()?.to_owned();
    Some((disk, parts.collect::<Vec<_>>().join("/")))
}

pub(crate) fn locked(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A file's bytes, as a copy of it would have them.
#[derive(Debug, Clone)]
pub struct FileImage(Content);

/// A handle on one machine's disk. Clones are the same disk; it is gone with the last of them and the last open file.
#[derive(Clone)]
pub struct SimDisk {
    name: Arc<str>,
    state: Arc<Mutex<State>>,
}

impl fmt::Debug for SimDisk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SimDisk").field(&self.name).finish()
    }
}

impl SimDisk {
    /// An empty disk in a running machine. Where a disk of that name lives already, this one's name gets a number
    /// behind it; who wants the same paths in every run names disks after their seed.
    ///
    /// Whether a synced file brings its name along ([`Self::set_names_with_fsync`]) is drawn from the seed.
    #[must_use]
    pub fn new(name: &str, seed: u64) -> Self {
        vfs::register();
        let state = Arc::new(Mutex::new(State::new(seed)));
        let mut disks = disks();
        disks.retain(|_, disk| disk.strong_count() > 0);
        let mut free = name.to_owned();
        for number in 2.. {
            if !disks.contains_key(&free) {
                break;
            }
            free = format!("{name}~{number}");
        }
        disks.insert(free.clone(), Arc::downgrade(&state));
        Self { name: free.into(), state }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        locked(&self.state)
    }

    /// The disk's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The folder that holds everything on this disk, for the engine and for SQLite alike.
    #[must_use]
    pub fn root(&self) -> PathBuf {
        PathBuf::from(format!("/{}", self.name))
    }

    /// A path below [`Self::root`] (or a relative one) as the disk keeps it.
    fn inside(&self, path: &Path) -> Done<String> {
        let path = path.to_str().ok_or(Refusal::NotFound)?;
        if !path.starts_with(['/', '\\']) {
            return Ok(split(&format!("/{}/{path}", self.name)).map_or_else(String::new, |(_, path)| path));
        }
        match split(path) {
            Some((disk, path)) if *disk == *self.name => Ok(path),
            _ => Err(Refusal::NotFound),
        }
    }

    /// As [`Self::inside`], where nothing can be done about a path that is not on this disk.
    fn there(&self, path: &Path) -> Option<String> {
        self.inside(path).ok()
    }

    // Power

    /// The power goes, and what is left of the unsynced is drawn from `rng`. Every call fails until
    /// [`Self::power_on`]; files that were open stay dead.
    pub fn power_cut(&self, model: CrashModel, rng: &mut Rng) {
        self.state().power_cut(model, rng);
    }

    /// The power goes. What is left of the unsynced is open until [`Self::power_cut`] decides it; switched on without
    /// that, everything is there.
    pub fn power_off(&self) {
        self.state().power_off();
    }

    /// The power is back.
    pub fn power_on(&self) {
        self.state().on = true;
    }

    /// Whether the machine runs: false after a power cut, also one that a [`Fault::PowerOff`] made.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.state().on
    }

    /// The process dies and the machine goes on: everything written is still there, locks are free, open files dead.
    pub fn process_kill(&self) {
        self.state().process_kill();
    }

    /// Makes everything durable, names included, as on a machine that is left alone for a while.
    pub fn settle(&self) {
        self.state().settle();
    }

    // Faults

    /// The `n`-th operation from now that the fault can hit (1 is the next) meets it.
    pub fn fail_at(&self, n: u64, fault: Fault) {
        self.arm(Aim::any(fault), n);
    }

    /// The same, of the operations that are aimed at.
    pub fn arm(&self, aim: Aim, n: u64) {
        self.state().arm(aim, n);
    }

    /// Takes back what [`Self::fail_at`] and [`Self::arm`] set and what has not happened.
    pub fn disarm(&self) {
        self.state().disarm();
    }

    /// Faults by chance from now on, drawn from the disk's own seed.
    pub fn set_plan(&self, plan: FaultPlan) {
        self.state().plan = plan;
    }

    /// Operations so far.
    #[must_use]
    pub fn io_count(&self) -> u64 {
        self.io_count_of(IoKinds::ALL)
    }

    /// Operations of these kinds so far.
    #[must_use]
    pub fn io_count_of(&self, kinds: IoKinds) -> u64 {
        self.state().io_count(kinds)
    }

    /// Operations so far, by kind.
    #[must_use]
    pub fn io_counts(&self) -> BTreeMap<IoKind, u64> {
        let state = self.state();
        IoKind::ALL.into_iter().map(|kind| (kind, state.io_count(IoKinds::of(&[kind])))).collect()
    }

    /// How often each kind of fault happened since this was last asked, by its stable name.
    #[must_use]
    pub fn take_counts(&self) -> BTreeMap<&'static str, u64> {
        self.state().take_counts()
    }

    /// Whether it gave wrong bytes as good ones, or kept what it was given in another way than it said, since the counts
    /// were taken.
    #[must_use]
    pub fn has_lied(&self) -> bool {
        const LIES: [&str; 6] =
            ["bit_rot", "torn_write", "dropped_write", "misdirected_write", "lying_fsync", "fsync_loses_pages"];
        self.state().counted().any(|name| name.starts_with("bit_flip") || LIES.contains(&name))
    }

    /// How many bytes the disk holds, in whole pages; nothing for more than anybody needs. Less than is used is a
    /// full disk.
    pub fn set_capacity(&self, bytes: Option<u64>) {
        self.state().capacity = bytes;
    }

    /// Bytes in use.
    #[must_use]
    pub fn used_bytes(&self) -> u64 {
        self.state().used()
    }

    /// Whether writing is refused, as after the system mounted the disk read-only.
    pub fn set_read_only(&self, read_only: bool) {
        self.state().read_only = read_only;
    }

    /// Whether a write that the power cuts short leaves the bytes beside it alone, and SQLite is told so. True unless
    /// set.
    pub fn set_powersafe_overwrite(&self, safe: bool) {
        self.state().powersafe_overwrite = safe;
    }

    /// Whether syncing a file makes its name (and those of the folders above it) durable too, as ext4 does and POSIX
    /// does not ask for.
    pub fn set_names_with_fsync(&self, with: bool) {
        self.state().names_with_fsync = with;
    }

    // Behind everybody's back

    /// A file's bytes as a reader sees them, without an operation.
    #[must_use]
    pub fn peek(&self, path: &Path) -> Option<Vec<u8>> {
        let path = self.there(path)?;
        self.state().content(&path).map(Content::to_vec)
    }

    /// How long a file is, without an operation.
    #[must_use]
    pub fn length_of(&self, path: &Path) -> Option<u64> {
        let path = self.there(path)?;
        self.state().content(&path).map(Content::length)
    }

    /// A file as it is now, to be put back with [`Self::put_file`], without an operation. Cheap, however large it is:
    /// pages are shared.
    #[must_use]
    pub fn keep_file(&self, path: &Path) -> Option<FileImage> {
        let path = self.there(path)?;
        self.state().content(&path).cloned().map(FileImage)
    }

    /// Every file on the disk.
    #[must_use]
    pub fn paths(&self) -> Vec<PathBuf> {
        self.state().paths().into_iter().map(|path| self.root().join(path)).collect()
    }

    /// Turns over one bit of a file on the disk, and says in which byte; nothing where there is none.
    pub fn flip_bit(&self, path: &Path) -> Option<u64> {
        let path = self.there(path)?;
        self.state().flip_bit(&path)
    }

    /// Cuts a file to a length, if it is there.
    pub fn cut_file(&self, path: &Path, length: u64) -> bool {
        let Some(path) = self.there(path) else { return false };
        let mut state = self.state();
        let cut = state.cut_at_rest(&path, length);
        if cut {
            state.count(if FileClass::of(&path) == FileClass::Wal { "truncated_wal" } else { "truncated_file" });
        }
        cut
    }

    /// Puts a file in place of one (a log of another copy, a database from elsewhere), or beside those there are. Who
    /// has the old one open keeps it.
    pub fn replace_file(&self, path: &Path, bytes: &[u8]) {
        self.put_file(path, &FileImage(Content::of(bytes)));
    }

    /// The same with a file that was kept.
    pub fn put_file(&self, path: &Path, image: &FileImage) {
        let Some(path) = self.there(path) else { return };
        let mut state = self.state();
        state.replace(&path, image.0.clone());
        state.count(if FileClass::of(&path) == FileClass::Wal { "stale_wal" } else { "file_replaced" });
    }

    /// Deletes a file, if it is there, under those who have it open: they keep it, and nobody else finds it.
    pub fn delete_file(&self, path: &Path) -> bool {
        self.lose(path, "file_deleted")
    }

    /// Loses a directory entry, as a damaged folder does.
    pub fn lose_name(&self, path: &Path) -> bool {
        self.lose(path, "name_lost")
    }

    fn lose(&self, path: &Path, counted: &'static str) -> bool {
        let Some(path) = self.there(path) else { return false };
        let mut state = self.state();
        let lost = state.lose(&path);
        if lost {
            state.count(counted);
        }
        lost
    }

    /// The disk as it is now, as if it were copied in an instant. Cheap: pages are shared until one side writes.
    #[must_use]
    pub fn image(&self) -> DiskImage {
        self.state().image()
    }

    /// An old image in place of what is there, all of it durable. Files that were open are dead.
    pub fn restore_image(&self, image: &DiskImage) {
        let mut state = self.state();
        state.restore(image.clone());
        state.count("backup_restored");
    }

    /// Another machine with a copy of this disk.
    #[must_use]
    pub fn clone_as(&self, name: &str, seed: u64) -> Self {
        let image = {
            let mut state = self.state();
            let how = if state.is_held() { "disk_cloned_while_open" } else { "disk_cloned" };
            state.count(how);
            state.image()
        };
        let other = Self::new(name, seed);
        other.state().restore(image);
        other
    }

    /// SHA-256 over every name and byte that a reader sees, in hexadecimal.
    #[must_use]
    pub fn digest(&self) -> String {
        let state = self.state();
        let mut hash = Sha256::new();
        for path in state.paths() {
            let bytes = state.content(&path).map(Content::to_vec).unwrap_or_default();
            hash.update((path.len() as u64).to_le_bytes());
            hash.update(path.as_bytes());
            hash.update((bytes.len() as u64).to_le_bytes());
            hash.update(&bytes);
        }
        hex::encode(hash.finalize())
    }
}
