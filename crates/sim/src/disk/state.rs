//! One machine's disk: its names and files, its power, and every operation on it. SQLite's view and the engine's both
//! end here.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use fastrand::Rng;

use super::{
    content::{Content, PAGE},
    crash::{CrashModel, Cut},
    faults::{Aim, Fault, FaultPlan, FileClass, IoKind, IoKinds},
    node::{Fate, Node},
};
use crate::vfs::SharedMemory;

/// Why an operation was not done, or not wholly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The machine is off, or was since the file was opened.
    Off,
    Eio,
    Full,
    ReadOnly,
    Denied,
    NotFound,
    /// A folder where a file was asked for, or the other way round.
    WrongKind,
    Busy,
}

pub(crate) type Done<T = ()> = Result<T, Refusal>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Entry {
    File(u64),
    Folder,
}

#[derive(Debug, Clone)]
enum Change {
    Link(String, Entry),
    Unlink(String),
    Move { from: String, to: String, entry: Entry },
}

/// Something done to the names of a folder that is not durable yet.
#[derive(Debug, Clone)]
struct NameOp {
    order: u64,
    folder: String,
    change: Change,
}

impl NameOp {
    fn apply(self, names: &mut BTreeMap<String, Entry>) {
        match self.change {
            Change::Link(path, entry) => {
                names.insert(path, entry);
            }
            Change::Unlink(path) => {
                names.remove(&path);
            }
            Change::Move { from, to, entry } => {
                if names.get(&from) == Some(&entry) {
                    names.remove(&from);
                }
                names.insert(to, entry);
            }
        }
    }

    fn entry(&self) -> Option<Entry> {
        match &self.change {
            Change::Link(_, entry) | Change::Move { entry, .. } => Some(*entry),
            Change::Unlink(_) => None,
        }
    }
}

/// An open file. It is dead once the machine was off or the process killed since.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Open {
    pub(crate) file: u64,
    pub(crate) handle: u64,
    pub(crate) made: bool,
    generation: u64,
}

/// SQLite's index over a write-ahead log: memory that its connections share while the machine runs.
struct Shared {
    memory: Arc<SharedMemory>,
    users: u32,
    /// For each of SQLite's locks, how many share it; -1 for one that has it alone.
    slots: [i32; 8],
}

/// A whole disk, as a copy of it would be.
#[derive(Debug, Clone, Default)]
pub struct DiskImage {
    names: BTreeMap<String, Entry>,
    files: BTreeMap<u64, (FileClass, Content)>,
}

pub(crate) struct State {
    names: BTreeMap<String, Entry>,
    durable_names: BTreeMap<String, Entry>,
    name_ops: Vec<NameOp>,
    files: BTreeMap<u64, Node>,
    shared: BTreeMap<u64, Shared>,
    /// The last number given to a file, a handle or an operation.
    last: u64,
    generation: u64,
    pub(super) on: bool,
    pub(super) rng: Rng,
    armed: Vec<(Aim, u64)>,
    pub(super) plan: FaultPlan,
    io: [u64; IoKind::ALL.len()],
    counts: BTreeMap<&'static str, u64>,
    pub(super) capacity: Option<u64>,
    pub(super) read_only: bool,
    pub(super) powersafe_overwrite: bool,
    pub(super) names_with_fsync: bool,
}

pub(super) fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

impl State {
    pub(crate) fn new(seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        Self {
            names: BTreeMap::new(),
            durable_names: BTreeMap::new(),
            name_ops: Vec::new(),
            files: BTreeMap::new(),
            shared: BTreeMap::new(),
            last: 0,
            generation: 0,
            on: true,
            names_with_fsync: rng.bool(),
            rng,
            armed: Vec::new(),
            plan: FaultPlan::none(),
            io: [0; IoKind::ALL.len()],
            counts: BTreeMap::new(),
            capacity: None,
            read_only: false,
            powersafe_overwrite: true,
        }
    }

    fn next(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    // Faults

    pub(super) fn count(&mut self, name: &'static str) {
        *self.counts.entry(name).or_default() += 1;
    }

    pub(super) fn counted(&self) -> impl Iterator<Item = &'static str> {
        self.counts.keys().copied()
    }

    pub(super) fn take_counts(&mut self) -> BTreeMap<&'static str, u64> {
        std::mem::take(&mut self.counts)
    }

    pub(super) fn io_count(&self, kinds: IoKinds) -> u64 {
        IoKind::ALL.into_iter().filter(|kind| kinds.has(*kind)).map(|kind| self.io[kind as usize]).sum()
    }

    pub(super) fn arm(&mut self, aim: Aim, n: u64) {
        self.armed.push((aim, n.max(1)));
    }

    pub(super) fn disarm(&mut self) {
        self.armed.clear();
    }

    /// The start of every operation: whether it can be done at all, and what goes wrong in it.
    fn begin(&mut self, kind: IoKind, class: FileClass) -> Done<Option<Fault>> {
        if !self.on {
            return Err(Refusal::Off);
        }
        self.io[kind as usize] += 1;
        let mut hit = None;
        if !self.armed.is_empty() {
            for (aim, left) in &mut self.armed {
                if aim.meets(kind, class) {
                    *left -= 1;
                    if *left == 0 {
                        hit = Some(aim.fault);
                    }
                }
            }
            self.armed.retain(|(_, left)| *left > 0);
        }
        if hit.is_none() {
            for (aim, chance) in &self.plan.chances {
                if aim.meets(kind, class) && self.rng.f64() < *chance {
                    hit = Some(aim.fault);
                    break;
                }
            }
        }
        let Some(fault) = hit else { return Ok(None) };
        if fault != Fault::BitRot {
            self.count(fault.name(kind));
        }
        match fault {
            Fault::PowerOff => {
                self.power_off();
                Err(Refusal::Off)
            }
            Fault::Kill => {
                self.end_process();
                Err(Refusal::Off)
            }
            Fault::Eio
            | Fault::EioOpen
            | Fault::EioRead
            | Fault::EioWrite
            | Fault::EioFsync
            | Fault::EioTruncate
            | Fault::EioDelete => Err(Refusal::Eio),
            Fault::Enospc => Err(Refusal::Full),
            Fault::DiskFull => {
                self.capacity = Some(self.used());
                Err(Refusal::Full)
            }
            Fault::Eacces => Err(Refusal::Denied),
            Fault::Erofs => {
                self.read_only = true;
                Ok(None)
            }
            _ => Ok(Some(fault)),
        }
    }

    fn begin_on(&mut self, kind: IoKind, open: Open) -> Done<Option<Fault>> {
        if open.generation != self.generation {
            return Err(Refusal::Off);
        }
        let class = self.files.get(&open.file).ok_or(Refusal::Off)?.class;
        self.begin(kind, class)
    }

    fn begin_at(&mut self, kind: IoKind, path: &str) -> Done<Option<Fault>> {
        self.begin(kind, FileClass::of(path))
    }

    fn may_write(&self) -> Done {
        if self.read_only { Err(Refusal::ReadOnly) } else { Ok(()) }
    }

    pub(super) fn used(&self) -> u64 {
        let named: BTreeSet<u64> = self.names.values().filter_map(|entry| entry.file()).collect();
        let taken = |(id, node): (&u64, &Node)| {
            if named.contains(id) || node.holders > 0 { node.now().taken() } else { 0 }
        };
        self.files.iter().map(taken).sum()
    }

    pub(super) fn free(&self) -> u64 {
        self.capacity.map_or(1 << 40, |capacity| capacity.saturating_sub(self.used()))
    }

    // Names

    fn record(&mut self, folder: &str, change: Change) {
        let order = self.next();
        self.name_ops.push(NameOp { order, folder: folder.to_owned(), change });
    }

    fn file(&self, path: &str) -> Option<u64> {
        self.names.get(path).and_then(|entry| entry.file())
    }

    fn is_folder(&self, path: &str) -> bool {
        path.is_empty() || self.names.get(path) == Some(&Entry::Folder)
    }

    /// Lets go of files that have no name, now or after any power cut, and that nobody has open.
    fn forget_unreachable(&mut self) {
        let mut reachable: BTreeSet<u64> = BTreeSet::new();
        for entry in self.names.values().chain(self.durable_names.values()).copied() {
            reachable.extend(entry.file());
        }
        reachable.extend(self.name_ops.iter().filter_map(|op| op.entry().and_then(Entry::file)));
        self.files.retain(|id, node| node.holders > 0 || reachable.contains(id));
    }

    pub(crate) fn make_folder(&mut self, path: &str) -> Done {
        for end in path.match_indices('/').map(|(at, _)| at).chain([path.len()]) {
            let folder = &path[..end];
            if self.is_folder(folder) {
                continue;
            }
            self.begin_at(IoKind::MakeFolder, folder)?;
            self.may_write()?;
            if self.names.contains_key(folder) {
                return Err(Refusal::WrongKind);
            }
            self.names.insert(folder.to_owned(), Entry::Folder);
            self.record(folder_of(folder), Change::Link(folder.to_owned(), Entry::Folder));
        }
        Ok(())
    }

    /// The length of a file, or nothing; a folder has none.
    pub(crate) fn look(&mut self, path: &str) -> Done<Option<u64>> {
        self.begin_at(IoKind::Look, path)?;
        Ok(match self.names.get(path) {
            Some(Entry::File(file)) => Some(self.files.get(file).map_or(0, |node| node.now().length())),
            Some(Entry::Folder) => Some(u64::MAX),
            None if path.is_empty() => Some(u64::MAX),
            None => None,
        })
    }

    pub(crate) fn list(&mut self, folder: &str) -> Done<Vec<String>> {
        self.begin_at(IoKind::Look, folder)?;
        if !self.is_folder(folder) {
            return Ok(vec![]);
        }
        let start = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let inside =
            self.names.range(start.clone()..).map(|(path, _)| path).take_while(|path| path.starts_with(&start));
        Ok(inside.map(|path| &path[start.len()..]).filter(|name| !name.contains('/')).map(str::to_owned).collect())
    }

    pub(crate) fn delete(&mut self, path: &str) -> Done {
        self.begin_at(IoKind::Delete, path)?;
        self.may_write()?;
        match self.names.get(path) {
            None => return Err(Refusal::NotFound),
            Some(Entry::Folder) => return Err(Refusal::WrongKind),
            Some(Entry::File(_)) => {}
        }
        self.names.remove(path);
        self.record(folder_of(path), Change::Unlink(path.to_owned()));
        Ok(())
    }

    pub(crate) fn rename(&mut self, from: &str, to: &str) -> Done {
        self.begin_at(IoKind::Rename, from)?;
        self.may_write()?;
        let file = self.file(from).ok_or(Refusal::NotFound)?;
        if !self.is_folder(folder_of(to)) {
            return Err(Refusal::NotFound);
        }
        if self.is_folder(to) {
            return Err(Refusal::WrongKind);
        }
        let entry = Entry::File(file);
        self.names.remove(from);
        self.names.insert(to.to_owned(), entry);
        if let Some(node) = self.files.get_mut(&file) {
            node.class = FileClass::of(to);
        }
        self.record(folder_of(to), Change::Move { from: from.to_owned(), to: to.to_owned(), entry });
        Ok(())
    }

    pub(crate) fn sync_folder(&mut self, folder: &str) -> Done {
        self.begin_at(IoKind::SyncFolder, folder)?;
        if !self.is_folder(folder) {
            return Err(Refusal::NotFound);
        }
        self.make_durable(|op| op.folder == folder);
        self.forget_unreachable();
        Ok(())
    }

    fn make_durable(&mut self, mut which: impl FnMut(&NameOp) -> bool) {
        for op in std::mem::take(&mut self.name_ops) {
            if which(&op) { op.apply(&mut self.durable_names) } else { self.name_ops.push(op) }
        }
    }

    // Files

    pub(crate) fn open(&mut self, path: &str, make: bool) -> Done<Open> {
        self.begin_at(IoKind::Open, path)?;
        let (file, made) = match self.names.get(path) {
            Some(Entry::File(file)) => (*file, false),
            Some(Entry::Folder) => return Err(Refusal::WrongKind),
            None if !make || !self.is_folder(folder_of(path)) => return Err(Refusal::NotFound),
            None => {
                self.may_write()?;
                let file = self.next();
                self.files.insert(file, Node::empty(FileClass::of(path)));
                self.names.insert(path.to_owned(), Entry::File(file));
                self.record(folder_of(path), Change::Link(path.to_owned(), Entry::File(file)));
                (file, true)
            }
        };
        if let Some(node) = self.files.get_mut(&file) {
            node.holders += 1;
        }
        Ok(Open { file, handle: self.next(), made, generation: self.generation })
    }

    /// A file without a name, gone when it is closed.
    pub(crate) fn open_nameless(&mut self) -> Open {
        let file = self.next();
        let mut node = Node::empty(FileClass::Other);
        node.holders = 1;
        self.files.insert(file, node);
        Open { file, handle: self.next(), made: true, generation: self.generation }
    }

    pub(crate) fn close(&mut self, open: Open) {
        if open.generation == self.generation
            && let Some(node) = self.files.get_mut(&open.file)
        {
            node.holders -= 1;
            if node.holders == 0 {
                self.forget_unreachable();
            }
        }
    }

    pub(crate) fn length(&mut self, open: Open) -> Done<u64> {
        self.begin_on(IoKind::Look, open)?;
        self.files.get(&open.file).map(|node| node.now().length()).ok_or(Refusal::Off)
    }

    /// Whether the file no longer has the name under which it was opened.
    pub(crate) fn has_moved(&self, open: Open, path: &str) -> bool {
        self.file(path) != Some(open.file)
    }

    pub(crate) fn read(&mut self, open: Open, offset: u64, into: &mut [u8]) -> Done<usize> {
        let fault = self.begin_on(IoKind::Read, open)?;
        let rng = &mut self.rng;
        let node = self.files.get_mut(&open.file).ok_or(Refusal::Off)?;
        let there = node.now().read(offset, into);
        match fault {
            Some(Fault::ShortRead) => return Ok(there / 2),
            Some(Fault::BitFlipOnRead) if there > 0 => into[rng.usize(..there)] ^= 1 << rng.u8(..8),
            Some(Fault::BitRot) if there > 0 => {
                let at = rng.usize(..there);
                into[at] ^= 1 << rng.u8(..8);
                node.change_at_rest(offset + at as u64, &[into[at]]);
                let name = node.class.bit_flip_name();
                self.count(name);
                self.count(Fault::BitRot.name(IoKind::Read));
            }
            _ => {}
        }
        Ok(there)
    }

    pub(crate) fn write(&mut self, open: Open, offset: u64, bytes: &[u8]) -> Done {
        let fault = self.begin_on(IoKind::Write, open)?;
        self.may_write()?;
        let order = self.next();
        let room = self.capacity.map(|_| self.free());
        let rng = &mut self.rng;
        let node = self.files.get_mut(&open.file).ok_or(Refusal::Off)?;
        let end = (offset + bytes.len() as u64).div_ceil(PAGE as u64) * PAGE as u64;
        if room.is_some_and(|room| end.saturating_sub(node.now().taken()) > room) {
            return Err(Refusal::Full);
        }
        match fault {
            Some(Fault::ShortWrite) => {
                node.write(order, offset, &bytes[..bytes.len() / 2]);
                return Err(Refusal::Full);
            }
            Some(Fault::DroppedWrite) => {}
            Some(Fault::TornWrite) => {
                let (first, last) = (offset / 512, (offset + bytes.len() as u64).saturating_sub(1) / 512);
                let missing = rng.u64(first..=last);
                for sector in first..=last {
                    let (from, to) =
                        ((sector * 512).max(offset), ((sector + 1) * 512).min(offset + bytes.len() as u64));
                    if sector != missing && rng.bool() {
                        node.write(order, from, &bytes[(from - offset) as usize..(to - offset) as usize]);
                    }
                }
            }
            Some(Fault::MisdirectedWrite) => {
                let page = PAGE as u64;
                let elsewhere = rng.u64(..=node.now().length() / page) * page + offset % page;
                node.write(order, if elsewhere == offset { offset + page } else { elsewhere }, bytes);
            }
            _ => node.write(order, offset, bytes),
        }
        Ok(())
    }

    pub(crate) fn append(&mut self, open: Open, bytes: &[u8]) -> Done {
        let end = self.files.get(&open.file).map_or(0, |node| node.now().length());
        self.write(open, end, bytes)
    }

    pub(crate) fn truncate(&mut self, open: Open, length: u64) -> Done {
        self.begin_on(IoKind::Truncate, open)?;
        self.may_write()?;
        let order = self.next();
        self.files.get_mut(&open.file).ok_or(Refusal::Off)?.truncate(order, length);
        Ok(())
    }

    pub(crate) fn sync(&mut self, open: Open) -> Done {
        let fault = self.begin_on(IoKind::Sync, open)?;
        let node = self.files.get_mut(&open.file).ok_or(Refusal::Off)?;
        match fault {
            Some(Fault::LyingFsync) => return Ok(()),
            Some(Fault::FsyncLosesPages) => {
                node.strand();
                return Err(Refusal::Eio);
            }
            _ => node.sync(),
        }
        if self.names_with_fsync && !self.name_ops.is_empty() {
            self.make_names_durable(open.file);
        }
        Ok(())
    }

    /// The names of a file, and of the folders that it is in. As in a journal, everything done to those folders before
    /// goes with them: an older removal must not come after a newer name.
    fn make_names_durable(&mut self, file: u64) {
        let entry = Entry::File(file);
        let paths: Vec<String> =
            self.names.iter().filter(|(_, named)| **named == entry).map(|(path, _)| path.clone()).collect();
        let above = |folder: &str| {
            folder.is_empty()
                || paths.iter().any(|path| path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/')))
        };
        let new = |op: &NameOp| match &op.change {
            Change::Link(path, Entry::Folder) => above(path),
            _ => op.entry() == Some(entry),
        };
        if self.name_ops.iter().any(new) {
            self.make_durable(|op| above(&op.folder));
        }
    }

    // Locks

    pub(crate) fn lock_whole(&mut self, path: &str) -> Done<Open> {
        let open = self.open(path, true)?;
        match self.files.get_mut(&open.file) {
            Some(node) if !node.locked => {
                node.locked = true;
                Ok(open)
            }
            _ => {
                self.close(open);
                Err(Refusal::Busy)
            }
        }
    }

    pub(crate) fn unlock_whole(&mut self, open: Open) {
        if open.generation == self.generation {
            if let Some(node) = self.files.get_mut(&open.file) {
                node.locked = false;
            }
            self.close(open);
        }
    }

    /// Raises a connection's lock from `has` to `wants` (SQLite's levels, 0 to 4); the level it has afterwards stands
    /// in `has`, also where it did not get what it wanted.
    pub(crate) fn lock(&mut self, open: Open, has: &mut i32, wants: i32) -> Done {
        if open.generation != self.generation || !self.on {
            return Err(Refusal::Off);
        }
        let Some(node) = self.files.get_mut(&open.file) else { return Err(Refusal::Off) };
        let lock = &mut node.lock;
        if *has >= wants {
            return Ok(());
        }
        let other = lock.top.filter(|(handle, _)| *handle != open.handle);
        if wants == 1 {
            if other.is_some_and(|(_, level)| level >= 3) {
                return Err(Refusal::Busy);
            }
            lock.shared += 1;
            *has = 1;
            return Ok(());
        }
        if other.is_some() {
            return Err(Refusal::Busy);
        }
        if wants == 4 && lock.shared > 1 {
            lock.top = Some((open.handle, 3));
            *has = 3;
            return Err(Refusal::Busy);
        }
        lock.top = Some((open.handle, wants));
        *has = wants;
        Ok(())
    }

    pub(crate) fn unlock(&mut self, open: Open, has: &mut i32, wants: i32) {
        if open.generation == self.generation
            && let Some(node) = self.files.get_mut(&open.file)
        {
            if *has > 1 && wants <= 1 {
                node.lock.top = None;
            }
            if *has >= 1 && wants == 0 {
                node.lock.shared -= 1;
            }
        }
        *has = wants.min(*has);
    }

    pub(crate) fn is_reserved(&self, open: Open) -> Done<bool> {
        if open.generation != self.generation || !self.on {
            return Err(Refusal::Off);
        }
        Ok(self.files.get(&open.file).is_some_and(|node| node.lock.top.is_some()))
    }

    pub(crate) fn is_read_only(&self) -> bool {
        self.read_only
    }

    pub(crate) fn is_powersafe(&self) -> bool {
        self.powersafe_overwrite
    }

    // The index over the write-ahead log

    pub(crate) fn shared_memory(&mut self, open: Open) -> Done<Arc<SharedMemory>> {
        if open.generation != self.generation || !self.on {
            return Err(Refusal::Off);
        }
        let shared = self.shared.entry(open.file).or_insert_with(|| Shared {
            memory: Arc::new(SharedMemory::default()),
            users: 0,
            slots: [0; 8],
        });
        shared.users += 1;
        Ok(Arc::clone(&shared.memory))
    }

    pub(crate) fn leave_shared_memory(&mut self, open: Open) {
        if open.generation == self.generation
            && let Some(shared) = self.shared.get_mut(&open.file)
        {
            shared.users -= 1;
            if shared.users == 0 {
                self.shared.remove(&open.file);
            }
        }
    }

    /// Takes or gives back some of SQLite's locks on the index. `shared` and `alone` are what this connection holds.
    pub(crate) fn lock_shared_memory(
        &mut self,
        open: Open,
        (shared, alone): (&mut u8, &mut u8),
        slots: std::ops::Range<usize>,
        take: bool,
        exclusive: bool,
    ) -> Done {
        if open.generation != self.generation || !self.on {
            return Err(Refusal::Off);
        }
        let table = &mut self.shared.get_mut(&open.file).ok_or(Refusal::Off)?.slots;
        let bit = |slot: usize| 1_u8 << slot;
        if !take {
            for slot in slots {
                if *alone & bit(slot) != 0 {
                    table[slot] = 0;
                } else if *shared & bit(slot) != 0 {
                    table[slot] -= 1;
                }
                *alone &= !bit(slot);
                *shared &= !bit(slot);
            }
            return Ok(());
        }
        let held = |slot: usize| if exclusive { *alone & bit(slot) != 0 } else { *shared & bit(slot) != 0 };
        let free = |slot: usize| held(slot) || if exclusive { table[slot] == 0 } else { table[slot] >= 0 };
        if !slots.clone().all(free) {
            return Err(Refusal::Busy);
        }
        for slot in slots {
            if exclusive {
                table[slot] = -1;
                *alone |= bit(slot);
            } else if *shared & bit(slot) == 0 {
                table[slot] += 1;
                *shared |= bit(slot);
            }
        }
        Ok(())
    }

    // Power

    /// Nobody who had a file open has it any more; what they wrote is still there.
    fn end_process(&mut self) {
        self.generation += 1;
        self.shared.clear();
        for node in self.files.values_mut() {
            node.holders = 0;
            node.release_locks();
        }
        self.forget_unreachable();
    }

    pub(super) fn process_kill(&mut self) {
        self.count("process_kill");
        self.end_process();
    }

    pub(super) fn power_off(&mut self) {
        self.on = false;
        self.end_process();
    }

    pub(super) fn power_cut(&mut self, model: CrashModel, rng: &mut Rng) {
        self.power_off();
        self.count(model.name());
        let mut unsynced: Vec<u64> = self.name_ops.iter().map(|op| op.order).collect();
        unsynced.extend(self.files.values().flat_map(Node::unsynced));
        let cut = Cut::new(model, unsynced, self.powersafe_overwrite, rng);
        for op in std::mem::take(&mut self.name_ops) {
            // A name is there or it is not.
            if cut.fate(rng, op.order) != Fate::Lost {
                op.apply(&mut self.durable_names);
            }
        }
        // What is in a folder that is gone is gone with it. Folders stand before what is in them.
        let mut names = BTreeMap::new();
        for (path, entry) in std::mem::take(&mut self.durable_names) {
            let folder = folder_of(&path);
            if folder.is_empty() || names.get(folder) == Some(&Entry::Folder) {
                names.insert(path, entry);
            }
        }
        self.names.clone_from(&names);
        self.durable_names = names;
        for node in self.files.values_mut() {
            node.power_cut(rng, |rng, order| cut.fate(rng, order));
        }
        self.forget_unreachable();
    }

    /// Makes everything durable, as on a machine that has been left alone for a while.
    pub(super) fn settle(&mut self) {
        self.make_durable(|_| true);
        for node in self.files.values_mut() {
            node.sync();
        }
        self.forget_unreachable();
    }

    // Behind everybody's back

    pub(super) fn content(&self, path: &str) -> Option<&Content> {
        self.file(path).and_then(|file| self.files.get(&file)).map(Node::now)
    }

    pub(super) fn paths(&self) -> Vec<String> {
        self.names.iter().filter(|(_, entry)| entry.file().is_some()).map(|(path, _)| path.clone()).collect()
    }

    /// Takes a name away at once and durably; who has the file open keeps it.
    pub(super) fn lose(&mut self, path: &str) -> bool {
        let Some(file) = self.file(path) else { return false };
        self.names.remove(path);
        self.durable_names.remove(path);
        self.name_ops.retain(|op| op.entry() != Some(Entry::File(file)));
        self.forget_unreachable();
        true
    }

    /// Puts another file in place of one, at once and durably; who has the old one open keeps that.
    pub(super) fn replace(&mut self, path: &str, content: Content) {
        self.lose(path);
        let mut folder = folder_of(path);
        while !folder.is_empty() {
            self.names.insert(folder.to_owned(), Entry::Folder);
            self.durable_names.insert(folder.to_owned(), Entry::Folder);
            folder = folder_of(folder);
        }
        let file = self.next();
        self.files.insert(file, Node::at_rest(FileClass::of(path), content));
        self.names.insert(path.to_owned(), Entry::File(file));
        self.durable_names.insert(path.to_owned(), Entry::File(file));
    }

    fn node_at(&mut self, path: &str) -> Option<&mut Node> {
        let file = self.file(path)?;
        self.files.get_mut(&file)
    }

    pub(super) fn cut_at_rest(&mut self, path: &str, length: u64) -> bool {
        self.node_at(path).map(|node| node.cut_at_rest(length)).is_some()
    }

    pub(super) fn flip_bit(&mut self, path: &str) -> Option<u64> {
        let file = self.file(path)?;
        let node = self.files.get_mut(&file)?;
        let (at, bit) = (node.now().somewhere(&mut self.rng)?, 1 << self.rng.u8(..8));
        let mut byte = [0];
        node.now().read(at, &mut byte);
        node.change_at_rest(at, &[byte[0] ^ bit]);
        let name = node.class.bit_flip_name();
        self.count(name);
        Some(at)
    }

    pub(super) fn is_held(&self) -> bool {
        self.files.values().any(|node| node.holders > 0)
    }

    pub(super) fn image(&self) -> DiskImage {
        let files = self.names.values().filter_map(|entry| entry.file()).filter_map(|id| {
            let node = self.files.get(&id)?;
            Some((id, (node.class, node.now().clone())))
        });
        DiskImage { names: self.names.clone(), files: files.collect() }
    }

    /// Puts a whole disk in place of this one. Nobody has anything open afterwards.
    pub(super) fn restore(&mut self, image: DiskImage) {
        self.end_process();
        self.name_ops.clear();
        self.durable_names.clone_from(&image.names);
        self.names = image.names;
        self.files =
            image.files.into_iter().map(|(id, (class, content))| (id, Node::at_rest(class, content))).collect();
        // Numbers of files from another disk must not be given again on this one.
        self.last = self.last.max(self.files.keys().next_back().copied().unwrap_or(0));
    }
}

impl Entry {
    fn file(self) -> Option<u64> {
        match self {
            Self::File(file) => Some(file),
            Self::Folder => None,
        }
    }
}
