//! SQLite's view of the simulated disks: one VFS for all of them; a path's first part says which disk.
//!
//! It behaves as SQLite's own on Unix does, to the order of its calls, because what is proved here is meant for that:
//! a new journal or log syncs its folder with its first sync, an empty file counts as absent where SQLite looks for a
//! journal, and a removed or renamed file stays with whoever has it open. The index over the write-ahead log is memory
//! that lives as long as somebody uses it and the machine runs.
//!
//! SQLite removes a file by its name, without saying for whom. A connection with a rollback journal must therefore be
//! dropped before its machine is switched on again, or it may remove the next one's journal; with a write-ahead log it
//! removes nothing once it is dead.
//!
//! Deliberately absent: memory-mapped files (the desk has them off), extensions that are loaded, and time that passes
//! by itself.
#![allow(unsafe_code, reason = "SQLite reaches its VFS through C")]

use std::{
    cell::Cell,
    ffi::{CStr, c_char, c_int, c_void},
    fmt,
    sync::{
        Arc, Mutex, Once, PoisonError,
        atomic::{AtomicI64, AtomicU64, Ordering, fence},
    },
    time::Duration,
};

use fastrand::Rng;
use rusqlite::ffi;

use crate::disk::{Done, Open, Refusal, State, locked, resolve};

/// The name under which SQLite knows the VFS.
pub const NAME: &str = "turndown-sim";
const C_NAME: &CStr = c"turndown-sim";

/// Milliseconds since 1970 that SQLite's own clock shows. Nothing of ours asks it.
static CLOCK: AtomicI64 = AtomicI64::new(1_704_067_200_000);

/// Milliseconds from SQLite's day zero (noon, 24 November 4714 BC) to 1970.
const JULIAN_1970: i64 = 210_866_760_000_000;

thread_local! {
    /// What SQLite's temporary names and seeds are drawn from on this thread.
    static CHANCE: Cell<Rng> = const { Cell::new(Rng::with_seed(0)) };
}

/// Sets the clock that SQLite's date functions see, in milliseconds since 1970.
pub fn set_time(unix_ms: i64) {
    CLOCK.store(unix_ms, Ordering::Relaxed);
}

/// Makes what SQLite draws by itself (a log's salts, `random()`) come from a seed. SQLite has one generator for the
/// whole process, so that two runs write the same bytes only if each has a process to itself or the first one is over.
pub fn seed_sqlite(seed: u64) {
    register();
    CHANCE.set(Rng::with_seed(seed));
    // SQLite takes 0 for "no seed".
    let seed = ((seed ^ (seed >> 32)) as u32).max(1);
    let none: *mut ffi::sqlite3 = std::ptr::null_mut();
    // SAFETY: the operation takes an int and a connection that may be null, and only sets the generator.
    unsafe { ffi::sqlite3_test_control(ffi::SQLITE_TESTCTRL_PRNG_SEED, seed as c_int, none) };
}

/// Tells SQLite about the VFS, once per process. Making a disk does it.
pub fn register() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // Nobody asks SQLite how much memory it has, and counting it takes a lock at every allocation. Too late, and
        // harmless, where a connection was opened before.
        // SAFETY: this setting takes an int.
        unsafe { ffi::sqlite3_config(ffi::SQLITE_CONFIG_MEMSTATUS, 0 as c_int) };
        let vfs = Box::leak(Box::new(ffi::sqlite3_vfs {
            iVersion: 2,
            szOsFile: size_of::<SimFile>() as c_int,
            mxPathname: 1024,
            pNext: std::ptr::null_mut(),
            zName: C_NAME.as_ptr(),
            pAppData: std::ptr::null_mut(),
            xOpen: Some(open),
            xDelete: Some(delete),
            xAccess: Some(access),
            xFullPathname: Some(full_pathname),
            xDlOpen: None,
            xDlError: None,
            xDlSym: None,
            xDlClose: None,
            xRandomness: Some(randomness),
            xSleep: Some(sleep),
            xCurrentTime: Some(current_time),
            xGetLastError: Some(get_last_error),
            xCurrentTimeInt64: Some(current_time_int64),
            xSetSystemCall: None,
            xGetSystemCall: None,
            xNextSystemCall: None,
        }));
        // SAFETY: the structure is complete and lives for ever.
        let answer = unsafe { ffi::sqlite3_vfs_register(vfs, 0) };
        assert_eq!(answer, ffi::SQLITE_OK, "SQLite took no VFS");
    });
}

/// The memory that the connections to one database share while the machine runs, in regions that never move. Atomic
/// numbers only because SQLite's connections write to it without asking us.
#[derive(Default)]
pub(crate) struct SharedMemory {
    regions: Mutex<Vec<Box<[AtomicU64]>>>,
}

impl SharedMemory {
    /// The region of that number; nothing where it is not there yet and is not to be made.
    fn region(&self, number: usize, bytes: usize, make: bool) -> Option<*mut c_void> {
        let mut regions = self.regions.lock().unwrap_or_else(PoisonError::into_inner);
        while make && regions.len() <= number {
            regions.push((0..bytes.div_ceil(8)).map(|_| AtomicU64::new(0)).collect());
        }
        regions.get(number).map(|region| region.as_ptr().cast_mut().cast())
    }
}

impl fmt::Debug for SharedMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SharedMemory")
    }
}

/// What SQLite allocates for a file: its own head, and our handle.
#[repr(C)]
struct SimFile {
    base: ffi::sqlite3_file,
    handle: *mut Handle,
}

/// One file that one connection has open.
struct Handle {
    state: Arc<Mutex<State>>,
    open: Open,
    /// Where it was opened; nothing for a temporary file.
    path: Option<String>,
    read_only: bool,
    delete_on_close: bool,
    /// A journal or log that was just made: its first sync makes the folder's names durable too.
    sync_folder: bool,
    persist_wal: bool,
    /// SQLite's lock level, 0 to 4.
    lock: c_int,
    shared_memory: Option<Arc<SharedMemory>>,
    /// Locks on the shared memory, a bit per slot.
    shm_shared: u8,
    shm_alone: u8,
}

static METHODS: ffi::sqlite3_io_methods = ffi::sqlite3_io_methods {
    iVersion: 2,
    xClose: Some(close),
    xRead: Some(read),
    xWrite: Some(write),
    xTruncate: Some(truncate),
    xSync: Some(sync),
    xFileSize: Some(file_size),
    xLock: Some(lock),
    xUnlock: Some(unlock),
    xCheckReservedLock: Some(check_reserved_lock),
    xFileControl: Some(file_control),
    xSectorSize: Some(sector_size),
    xDeviceCharacteristics: Some(device_characteristics),
    xShmMap: Some(shm_map),
    xShmLock: Some(shm_lock),
    xShmBarrier: Some(shm_barrier),
    xShmUnmap: Some(shm_unmap),
    xFetch: None,
    xUnfetch: None,
};

/// SQLite's code for a refusal, where `otherwise` is that of an input/output error in this operation.
fn code(refusal: Refusal, otherwise: c_int) -> c_int {
    match refusal {
        Refusal::Full => ffi::SQLITE_FULL,
        Refusal::Busy => ffi::SQLITE_BUSY,
        Refusal::Off | Refusal::Eio | Refusal::ReadOnly | Refusal::Denied | Refusal::NotFound | Refusal::WrongKind => {
            otherwise
        }
    }
}

fn answer(done: Done, otherwise: c_int) -> c_int {
    done.map_or_else(|refusal| code(refusal, otherwise), |()| ffi::SQLITE_OK)
}

/// # Safety
/// `file` is one that [`open`] opened and [`close`] has not closed; SQLite promises both, and that it calls nothing
/// else for the same file meanwhile.
unsafe fn handle<'a>(file: *mut ffi::sqlite3_file) -> &'a mut Handle {
    // SAFETY: `open` put a living handle there.
    unsafe { &mut *(*file.cast::<SimFile>()).handle }
}

/// # Safety
/// `name` is null or a C string.
unsafe fn text<'a>(name: *const c_char) -> Option<&'a str> {
    if name.is_null() {
        return None;
    }
    // SAFETY: the caller's.
    unsafe { CStr::from_ptr(name) }.to_str().ok()
}

unsafe extern "C" fn open(
    _vfs: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    file: *mut ffi::sqlite3_file,
    flags: c_int,
    out_flags: *mut c_int,
) -> c_int {
    let has = |flag| flags & flag != 0;
    // SAFETY: `file` has room for a `SimFile`, as `szOsFile` asked. Without methods SQLite does not call `close`.
    unsafe { (*file).pMethods = std::ptr::null() };
    // SAFETY: SQLite hands over a C string, or null for a temporary file.
    let name = unsafe { text(name) };
    let mut read_only = has(ffi::SQLITE_OPEN_READONLY);
    let (state, open, path) = match name {
        None => {
            let mut state = State::new(0);
            let open = state.open_nameless();
            (Arc::new(Mutex::new(state)), open, None)
        }
        Some(name) => {
            let Some((state, path)) = resolve(name) else { return ffi::SQLITE_CANTOPEN };
            let mut disk = locked(&state);
            let mut opened = disk.open(&path, has(ffi::SQLITE_OPEN_CREATE));
            if opened.is_ok() && disk.is_read_only() && !read_only {
                read_only = true;
            }
            if let Ok(open) = opened
                && has(ffi::SQLITE_OPEN_EXCLUSIVE)
                && has(ffi::SQLITE_OPEN_CREATE)
                && !open.made
            {
                disk.close(open);
                opened = Err(Refusal::WrongKind);
            }
            drop(disk);
            match opened {
                Ok(open) => (state, open, Some(path)),
                Err(refusal) => return code(refusal, ffi::SQLITE_CANTOPEN),
            }
        }
    };
    let journal = ffi::SQLITE_OPEN_MAIN_JOURNAL | ffi::SQLITE_OPEN_SUPER_JOURNAL | ffi::SQLITE_OPEN_WAL;
    let handle = Handle {
        state,
        path,
        read_only,
        delete_on_close: has(ffi::SQLITE_OPEN_DELETEONCLOSE),
        // As SQLite itself does on Unix: for a log that is there already too, whose name may not be durable yet.
        sync_folder: has(ffi::SQLITE_OPEN_CREATE) && has(journal),
        open,
        persist_wal: false,
        lock: ffi::SQLITE_LOCK_NONE,
        shared_memory: None,
        shm_shared: 0,
        shm_alone: 0,
    };
    // SAFETY: as above; `out_flags` is null or points to an int.
    unsafe {
        (*file.cast::<SimFile>()).handle = Box::into_raw(Box::new(handle));
        (*file).pMethods = &raw const METHODS;
        if !out_flags.is_null() {
            *out_flags = if read_only {
                (flags & !(ffi::SQLITE_OPEN_READWRITE | ffi::SQLITE_OPEN_CREATE)) | ffi::SQLITE_OPEN_READONLY
            } else {
                flags
            };
        }
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn close(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: `open` made the box, and SQLite closes a file once.
    let mut handle = unsafe { Box::from_raw((*file.cast::<SimFile>()).handle) };
    // SAFETY: the file is SQLite's; without methods it is closed.
    unsafe { (*file).pMethods = std::ptr::null() };
    let mut state = locked(&handle.state);
    let mut level = handle.lock;
    state.unlock(handle.open, &mut level, ffi::SQLITE_LOCK_NONE);
    if handle.shared_memory.is_some() {
        state.leave_shared_memory(handle.open);
    }
    if handle.delete_on_close
        && let Some(path) = &handle.path
    {
        // As on Unix, a temporary file that cannot be removed stays, and nobody is told.
        let _ = state.delete(path);
    }
    state.close(handle.open);
    drop(state);
    handle.shared_memory = None;
    ffi::SQLITE_OK
}

unsafe extern "C" fn read(file: *mut ffi::sqlite3_file, into: *mut c_void, amount: c_int, offset: i64) -> c_int {
    // SAFETY: SQLite's, see `handle`; `into` has room for `amount` bytes.
    let (handle, into) = unsafe { (handle(file), std::slice::from_raw_parts_mut(into.cast::<u8>(), amount as usize)) };
    match locked(&handle.state).read(handle.open, offset as u64, into) {
        Ok(there) if there == into.len() => ffi::SQLITE_OK,
        Ok(there) => {
            into[there..].fill(0);
            ffi::SQLITE_IOERR_SHORT_READ
        }
        Err(refusal) => code(refusal, ffi::SQLITE_IOERR_READ),
    }
}

unsafe extern "C" fn write(file: *mut ffi::sqlite3_file, from: *const c_void, amount: c_int, offset: i64) -> c_int {
    // SAFETY: SQLite's, see `handle`; `from` holds `amount` bytes.
    let (handle, from) = unsafe { (handle(file), std::slice::from_raw_parts(from.cast::<u8>(), amount as usize)) };
    if handle.read_only {
        return ffi::SQLITE_READONLY;
    }
    answer(locked(&handle.state).write(handle.open, offset as u64, from), ffi::SQLITE_IOERR_WRITE)
}

unsafe extern "C" fn truncate(file: *mut ffi::sqlite3_file, size: i64) -> c_int {
    // SAFETY: SQLite's, see `handle`.
    let handle = unsafe { handle(file) };
    answer(locked(&handle.state).truncate(handle.open, size as u64), ffi::SQLITE_IOERR_TRUNCATE)
}

unsafe extern "C" fn sync(file: *mut ffi::sqlite3_file, _flags: c_int) -> c_int {
    // SAFETY: SQLite's, see `handle`.
    let handle = unsafe { handle(file) };
    let mut state = locked(&handle.state);
    if let Err(refusal) = state.sync(handle.open) {
        return code(refusal, ffi::SQLITE_IOERR_FSYNC);
    }
    if handle.sync_folder
        && let Some(path) = &handle.path
    {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        // As on Unix: a folder that cannot be opened is let pass, one whose sync fails is not.
        if let Err(refusal) = state.sync_folder(folder) {
            return code(refusal, ffi::SQLITE_IOERR_DIR_FSYNC);
        }
        handle.sync_folder = false;
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn file_size(file: *mut ffi::sqlite3_file, size: *mut i64) -> c_int {
    // SAFETY: SQLite's, see `handle`.
    let handle = unsafe { handle(file) };
    match locked(&handle.state).length(handle.open) {
        Ok(length) => {
            // SAFETY: SQLite hands over where it wants the length.
            unsafe { *size = length as i64 };
            ffi::SQLITE_OK
        }
        Err(refusal) => code(refusal, ffi::SQLITE_IOERR_FSTAT),
    }
}

unsafe extern "C" fn lock(file: *mut ffi::sqlite3_file, wants: c_int) -> c_int {
    // SAFETY: SQLite's, see `handle`.
    let handle = unsafe { handle(file) };
    let done = locked(&handle.state).lock(handle.open, &mut handle.lock, wants);
    answer(done, ffi::SQLITE_IOERR_LOCK)
}

unsafe extern "C" fn unlock(file: *mut ffi::sqlite3_file, wants: c_int) -> c_int {
    // SAFETY: SQLite's, see `handle`.
    let handle = unsafe { handle(file) };
    locked(&handle.state).unlock(handle.open, &mut handle.lock, wants);
    ffi::SQLITE_OK
}

unsafe extern "C" fn check_reserved_lock(file: *mut ffi::sqlite3_file, reserved: *mut c_int) -> c_int {
    // SAFETY: SQLite's, see `handle`.
    let handle = unsafe { handle(file) };
    match locked(&handle.state).is_reserved(handle.open) {
        Ok(is) => {
            // SAFETY: SQLite hands over where it wants the answer.
            unsafe { *reserved = c_int::from(is) };
            ffi::SQLITE_OK
        }
        Err(refusal) => code(refusal, ffi::SQLITE_IOERR_CHECKRESERVEDLOCK),
    }
}

unsafe extern "C" fn file_control(file: *mut ffi::sqlite3_file, operation: c_int, argument: *mut c_void) -> c_int {
    // SAFETY: SQLite's, see `handle`.
    let handle = unsafe { handle(file) };
    match operation {
        ffi::SQLITE_FCNTL_LOCKSTATE => {
            // SAFETY: the argument is an int for this operation.
            unsafe { *argument.cast::<c_int>() = handle.lock };
        }
        ffi::SQLITE_FCNTL_PERSIST_WAL => {
            // SAFETY: the argument is an int for this operation; a negative one asks.
            unsafe {
                let value = argument.cast::<c_int>();
                if *value >= 0 {
                    handle.persist_wal = *value != 0;
                } else {
                    *value = c_int::from(handle.persist_wal);
                }
            }
        }
        ffi::SQLITE_FCNTL_HAS_MOVED => {
            let path = handle.path.as_deref();
            let moved = path.is_some_and(|path| locked(&handle.state).has_moved(handle.open, path));
            // SAFETY: the argument is an int for this operation.
            unsafe { *argument.cast::<c_int>() = c_int::from(moved) };
        }
        ffi::SQLITE_FCNTL_SIZE_HINT => {}
        _ => return ffi::SQLITE_NOTFOUND,
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn sector_size(_file: *mut ffi::sqlite3_file) -> c_int {
    4096
}

unsafe extern "C" fn device_characteristics(file: *mut ffi::sqlite3_file) -> c_int {
    // SAFETY: SQLite's, see `handle`.
    let handle = unsafe { handle(file) };
    if locked(&handle.state).is_powersafe() { ffi::SQLITE_IOCAP_POWERSAFE_OVERWRITE } else { 0 }
}

unsafe extern "C" fn shm_map(
    file: *mut ffi::sqlite3_file,
    region: c_int,
    size: c_int,
    make: c_int,
    out: *mut *mut c_void,
) -> c_int {
    // SAFETY: SQLite's, see `handle`; it wants to find null there if there is no region.
    let handle = unsafe {
        *out = std::ptr::null_mut();
        handle(file)
    };
    let memory = match &handle.shared_memory {
        Some(memory) => memory,
        None => match locked(&handle.state).shared_memory(handle.open) {
            Ok(memory) => handle.shared_memory.insert(memory),
            Err(refusal) => return code(refusal, ffi::SQLITE_IOERR_SHMMAP),
        },
    };
    if let Some(found) = memory.region(region as usize, size as usize, make != 0) {
        // SAFETY: as above. The region lives as long as the handle holds the memory, which is until `shm_unmap`.
        unsafe { *out = found };
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn shm_lock(file: *mut ffi::sqlite3_file, offset: c_int, n: c_int, flags: c_int) -> c_int {
    // SAFETY: SQLite's, see `handle`.
    let handle = unsafe { handle(file) };
    let slots = offset as usize..(offset + n) as usize;
    let (take, exclusive) = (flags & ffi::SQLITE_SHM_LOCK != 0, flags & ffi::SQLITE_SHM_EXCLUSIVE != 0);
    let held = (&mut handle.shm_shared, &mut handle.shm_alone);
    let done = locked(&handle.state).lock_shared_memory(handle.open, held, slots, take, exclusive);
    answer(done, ffi::SQLITE_IOERR_SHMLOCK)
}

unsafe extern "C" fn shm_barrier(_file: *mut ffi::sqlite3_file) {
    fence(Ordering::SeqCst);
}

unsafe extern "C" fn shm_unmap(file: *mut ffi::sqlite3_file, _delete: c_int) -> c_int {
    // SAFETY: SQLite's, see `handle`. It uses no region after this.
    let handle = unsafe { handle(file) };
    if handle.shared_memory.take().is_some() {
        let mut state = locked(&handle.state);
        let held = (&mut handle.shm_shared, &mut handle.shm_alone);
        // A machine that is off has no locks to give back.
        let _ = state.lock_shared_memory(handle.open, held, 0..8, false, false);
        state.leave_shared_memory(handle.open);
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn delete(_vfs: *mut ffi::sqlite3_vfs, name: *const c_char, sync_folder: c_int) -> c_int {
    // SAFETY: SQLite hands over a C string.
    let Some((state, path)) = unsafe { text(name) }.and_then(resolve) else { return ffi::SQLITE_IOERR_DELETE_NOENT };
    let mut state = locked(&state);
    match state.delete(&path) {
        Err(Refusal::NotFound) => return ffi::SQLITE_IOERR_DELETE_NOENT,
        Err(refusal) => return code(refusal, ffi::SQLITE_IOERR_DELETE),
        Ok(()) => {}
    }
    if sync_folder & 1 != 0 {
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        return answer(state.sync_folder(folder), ffi::SQLITE_IOERR_DIR_FSYNC);
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn access(
    _vfs: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    flags: c_int,
    result: *mut c_int,
) -> c_int {
    // SAFETY: SQLite hands over a C string and an int for the answer.
    let (name, result) = unsafe { (text(name), &mut *result) };
    *result = 0;
    let Some((state, path)) = name.and_then(resolve) else { return ffi::SQLITE_OK };
    let mut state = locked(&state);
    match state.look(&path) {
        Ok(length) => {
            let writable = flags != ffi::SQLITE_ACCESS_READWRITE || !state.is_read_only();
            // An empty file is no journal, whoever asks.
            *result = c_int::from(length.is_some_and(|length| length > 0) && writable);
            ffi::SQLITE_OK
        }
        Err(refusal) => code(refusal, ffi::SQLITE_IOERR_ACCESS),
    }
}

unsafe extern "C" fn full_pathname(
    _vfs: *mut ffi::sqlite3_vfs,
    name: *const c_char,
    room: c_int,
    out: *mut c_char,
) -> c_int {
    // SAFETY: SQLite hands over a C string and room for one.
    unsafe {
        let name = CStr::from_ptr(name).to_bytes_with_nul();
        if name.len() > room as usize {
            return ffi::SQLITE_CANTOPEN;
        }
        std::ptr::copy_nonoverlapping(name.as_ptr().cast(), out, name.len());
    }
    ffi::SQLITE_OK
}

unsafe extern "C" fn randomness(_vfs: *mut ffi::sqlite3_vfs, amount: c_int, out: *mut c_char) -> c_int {
    let mut rng = CHANCE.replace(Rng::with_seed(0));
    // SAFETY: SQLite hands over room for `amount` bytes.
    rng.fill(unsafe { std::slice::from_raw_parts_mut(out.cast::<u8>(), amount as usize) });
    CHANCE.set(rng);
    amount
}

/// Gives other threads a moment, however long SQLite wanted to wait: in one thread nothing changes by waiting.
unsafe extern "C" fn sleep(_vfs: *mut ffi::sqlite3_vfs, microseconds: c_int) -> c_int {
    std::thread::park_timeout(Duration::from_micros(100));
    microseconds
}

unsafe extern "C" fn current_time(_vfs: *mut ffi::sqlite3_vfs, days: *mut f64) -> c_int {
    // SAFETY: SQLite hands over where it wants the time.
    unsafe { *days = (CLOCK.load(Ordering::Relaxed) + JULIAN_1970) as f64 / 86_400_000.0 };
    ffi::SQLITE_OK
}

unsafe extern "C" fn current_time_int64(_vfs: *mut ffi::sqlite3_vfs, ms: *mut i64) -> c_int {
    // SAFETY: SQLite hands over where it wants the time.
    unsafe { *ms = CLOCK.load(Ordering::Relaxed) + JULIAN_1970 };
    ffi::SQLITE_OK
}

unsafe extern "C" fn get_last_error(_vfs: *mut ffi::sqlite3_vfs, _room: c_int, _out: *mut c_char) -> c_int {
    0
}
