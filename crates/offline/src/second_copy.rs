//! The second copy: every recorded action once more, in a file that only grows, synced before anybody hears "saved".
//!
//! The files are `copies/<yyyy-mm>.<n>.copy`. The month is the desk's clock when the file was begun and means nothing
//! else; `n` counts up for ever, so that a clock that jumps cannot change which file is the newest. Inside, the order
//! is that of `local_seq`. One entry is
//!
//! ```text
//! magic (4) | version u16 | local_seq u64 | length u32 | SHA-256 of the bytes (32) | the event's bytes | check (16)
//! ```
//!
//! in little-endian numbers; `length` counts hash and bytes, and the check is the first half of a SHA-256 over all that
//! stands before it. An entry that was torn or has rotted fails its check, and reading goes on at the next magic that
//! begins an entry whose check is right: damage costs the entries that it falls on and no others.
//!
//! Deliberately absent: answers, rows, facts. What the service knows can be asked of it; what a person did here cannot.

use crate::chain::{Entries, Kept, Known};
use crate::disk::{AppendFile, Disk};
use crate::{EngineError, Environment};
use chrono::Datelike;
use rusqlite::Connection;
use sha2::{Digest, Sha256};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use turndown_protocol::SealedEvent;
use turndown_sabotage::{self as sabotage, Version};

/// The folder beside the database.
pub(crate) const FOLDER: &str = "copies";
/// Its first byte can stand in no JSON text, so that an event's bytes never look like the beginning of an entry.
const MAGIC: [u8; 4] = [0xF1, b'T', b'D', b'C'];
const VERSION: u16 = 1;
const HEAD: usize = MAGIC.len() + 2 + 8 + 4;
const HASH: usize = 32;
const CHECK: usize = 16;
/// A file that has grown beyond this is followed by another: what is read at once stays small, and what the service
/// has long acknowledged can go file by file.
const FILE_BYTES_MAX: u64 = 64 << 20;
/// How much of a file's end is read to learn its newest entry.
const TAIL_BYTES: u64 = 64 << 10;
/// How much is read from the database at once to catch up.
const CATCH_UP_BYTES: usize = 4 << 20;
/// Says up to which number entries have been let go.
const LET_GO: &str = "let-go";
/// Failures in a row after which the file is left as it is and another begun.
const FAILURES_A_FILE: u32 = 3;

/// Whether every recorded action is kept twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecondCopy {
    /// Switched off by whoever set this desk up.
    Off,
    /// It is.
    On,
    /// The copy could not be written. What is recorded is in the database; each record tries again.
    Failing {
        /// Since when, by the desk's clock.
        since: String,
        /// How often in a row.
        failures: u32,
        /// What the disk said.
        reason: String,
    },
}

/// What a copy holds beside entries whose check is right.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    /// Stretches that are no entries, in front of a good one: damage.
    pub(crate) damaged: u64,
    /// The bytes behind the last good entry: a write that a power cut tore, or damage at the end.
    pub(crate) torn: bool,
}

/// Reads entries from bytes that begin anywhere, and gives each away as it comes: a file of them would take eight times
/// its size in memory.
pub(crate) fn scan(bytes: &[u8], mut take: impl FnMut(u64, SealedEvent)) -> Scan {
    let mut found = Scan::default();
    let (mut at, mut lost) = (0, false);
    while at < bytes.len() {
        if let Some((seq, sealed, length)) = entry(&bytes[at..]) {
            found.damaged += u64::from(lost);
            lost = false;
            take(seq, sealed);
            at += length;
        } else {
            lost = true;
            let next = bytes[at + 1..].windows(MAGIC.len()).position(|window| window == MAGIC);
            at = next.map_or(bytes.len(), |distance| at + 1 + distance);
        }
    }
    found.torn = lost;
    found
}

fn entry(bytes: &[u8]) -> Option<(u64, SealedEvent, usize)> {
    let head = bytes.get(..HEAD)?;
    if head[..4] != MAGIC || head[4..6] != VERSION.to_le_bytes() {
        return None;
    }
    let seq = u64::from_le_bytes(head[6..14].try_into().ok()?);
    let length = u32::from_le_bytes(head[14..18].try_into().ok()?) as usize;
    let check_at = HEAD.checked_add(length)?;
    let whole = check_at.checked_add(CHECK)?;
    if length < HASH || bytes.len() < whole || Sha256::digest(&bytes[..check_at])[..CHECK] != bytes[check_at..whole] {
        return None;
    }
    let text = std::str::from_utf8(&bytes[HEAD + HASH..check_at]).ok()?;
    let sealed = SealedEvent::from_bytes(text).ok()?;
    let sound = hex::encode(&bytes[HEAD..HEAD + HASH]) == sealed.hash;
    sound.then_some((seq, sealed, whole))
}

fn write_entry(into: &mut Vec<u8>, local_seq: u64, hash: &str, bytes: &str) -> io::Result<()> {
    let begin = into.len();
    let hash = hex::decode(hash).ok().filter(|hash| hash.len() == HASH);
    let hash = hash.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "an event's hash cannot be read"))?;
    let length = u32::try_from(HASH + bytes.len()).map_err(|_| io::Error::from(io::ErrorKind::FileTooLarge))?;
    into.extend_from_slice(&MAGIC);
    into.extend_from_slice(&VERSION.to_le_bytes());
    into.extend_from_slice(&local_seq.to_le_bytes());
    into.extend_from_slice(&length.to_le_bytes());
    into.extend_from_slice(&hash);
    into.extend_from_slice(bytes.as_bytes());
    let check = Sha256::digest(&into[begin..]);
    into.extend_from_slice(&check[..CHECK]);
    Ok(())
}

/// One file of the second copy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct CopyFile {
    pub(crate) n: u64,
    pub(crate) name: String,
}

/// The files, oldest first. What has another name is not ours and is left alone.
pub(crate) fn files(disk: &dyn Disk, folder: &Path) -> io::Result<Vec<CopyFile>> {
    let mut files: Vec<CopyFile> = disk
        .names(folder)?
        .into_iter()
        .filter_map(|name| {
            let n = name.strip_suffix(".copy")?.rsplit('.').next()?.parse().ok()?;
            Some(CopyFile { n, name })
        })
        .collect();
    files.sort();
    Ok(files)
}

/// What is known of a file from its end.
#[derive(Debug, Clone)]
pub(crate) struct Tail {
    pub(crate) file: CopyFile,
    /// Its length in bytes.
    pub(crate) length: u64,
    /// Its newest entry; `None` where it has none.
    pub(crate) newest: Option<(u64, String)>,
    /// It ends with something that is no entry.
    pub(crate) torn: bool,
}

/// Looks at the end of every file.
pub(crate) fn tails(disk: &dyn Disk, folder: &Path) -> io::Result<Vec<Tail>> {
    let tail = |file: CopyFile| {
        let path = folder.join(&file.name);
        let length = disk.length(&path)?;
        let (mut newest, mut torn) =
            newest_in(&disk.read_from(&path, length.saturating_sub(TAIL_BYTES), TAIL_BYTES)?);
        if newest.is_none() && length > TAIL_BYTES {
            (newest, torn) = newest_in(&disk.read(&path)?);
        }
        Ok(Tail { file, length, newest, torn })
    };
    files(disk, folder)?.into_iter().map(tail).collect()
}

/// The newest entry, and whether something that is none stands behind the last.
fn newest_in(bytes: &[u8]) -> (Option<(u64, String)>, bool) {
    let mut newest: Option<(u64, String)> = None;
    let found = scan(bytes, |seq, sealed| {
        if newest.as_ref().is_none_or(|(before, _)| *before <= seq) {
            newest = Some((seq, sealed.hash));
        }
    });
    (newest, found.torn)
}

/// Everything in some files that is not known yet, by number and hash. The first of equals counts; an event that two
/// files hold is one event.
pub(crate) fn collect(
    disk: &dyn Disk,
    folder: &Path,
    files: impl IntoIterator<Item = CopyFile>,
    known: Known<'_>,
) -> io::Result<Entries> {
    let mut all = Entries::new();
    for file in files {
        scan(&disk.read(&folder.join(&file.name))?, |seq, sealed| {
            if !known(seq, &sealed) {
                all.entry((seq, sealed.hash.clone())).or_insert_with(|| sealed.into());
            }
        });
    }
    Ok(all)
}

/// Puts events into a new file of their own, durable with its name when this returns.
pub(crate) fn write_apart<'e>(
    disk: &dyn Disk,
    folder: &Path,
    environment: &dyn Environment,
    entries: impl IntoIterator<Item = (u64, &'e Kept)>,
) -> io::Result<()> {
    let mut entries = entries.into_iter().peekable();
    if entries.peek().is_none() {
        return Ok(());
    }
    while entries.peek().is_some() {
        let mut bytes = vec![];
        for (seq, kept) in entries.by_ref() {
            write_entry(&mut bytes, seq, &kept.hash, &kept.bytes)?;
            if bytes.len() as u64 >= FILE_BYTES_MAX {
                break;
            }
        }
        disk.make_folder(folder)?;
        let n = files(disk, folder)?.last().map_or(1, |file| file.n + 1);
        disk.create(&folder.join(file_name(environment, n)), &bytes)?;
    }
    disk.sync_folder(folder)
}

/// Up to this number, what was in the second copy has been let go: the service has had it for longer than it could be
/// restored from a backup.
pub(crate) fn let_go(disk: &dyn Disk, folder: &Path) -> io::Result<u64> {
    let path = folder.join(LET_GO);
    if !disk.exists(&path)? {
        return Ok(0);
    }
    let text = disk.read(&path)?;
    Ok(std::str::from_utf8(&text).ok().and_then(|text| text.trim().parse().ok()).unwrap_or(0))
}

/// Says that everything up to a number is let go, durably.
pub(crate) fn set_let_go(disk: &dyn Disk, folder: &Path, up_to: u64) -> io::Result<()> {
    let up_to = up_to.max(let_go(disk, folder)?);
    let part = folder.join(format!("{LET_GO}.new"));
    disk.create(&part, format!("{up_to}\n").as_bytes())?;
    disk.rename(&part, &folder.join(LET_GO))?;
    disk.sync_folder(folder)
}

fn file_name(environment: &dyn Environment, n: u64) -> String {
    let now = environment.now();
    format!("{:04}-{:02}.{n}.copy", now.year(), now.month())
}

/// A file that is being appended to.
struct Open {
    path: PathBuf,
    name: String,
    file: Box<dyn AppendFile>,
    /// So many bytes are known to be durable.
    good: u64,
    /// Something was written behind them that may be torn.
    unsure: bool,
}

/// Writes the second copy, on the writer's thread.
pub(crate) struct CopyWriter {
    disk: Arc<dyn Disk>,
    environment: Arc<dyn Environment>,
    folder: PathBuf,
    on: bool,
    open: Option<Open>,
    next_n: u64,
    /// Everything recorded up to this number is in a copy, durably.
    copied_to: u64,
    state: SecondCopy,
}

impl CopyWriter {
    /// Goes on behind what is there. A file whose end is not whole is left as it is, and another begun.
    pub(crate) fn new(
        disk: Arc<dyn Disk>,
        environment: Arc<dyn Environment>,
        folder: PathBuf,
        on: bool,
        tails: &[Tail],
        copied_to: u64,
    ) -> Self {
        let next_n = tails.last().map_or(1, |tail| tail.file.n + 1);
        let state = if on { SecondCopy::On } else { SecondCopy::Off };
        let mut writer = Self { disk, environment, folder, on, open: None, next_n, copied_to, state };
        if let (true, Some(last)) = (on, tails.last())
            && !last.torn
        {
            let path = writer.folder.join(&last.file.name);
            // A file that cannot be opened now is no reason not to open the desk: the first record begins another.
            if let Ok(file) = writer.disk.append_to(&path) {
                let name = last.file.name.clone();
                writer.open = Some(Open { path, name, file, good: last.length, unsure: false });
            }
        }
        writer
    }

    pub(crate) fn state(&self) -> &SecondCopy {
        &self.state
    }

    /// Appends what was just recorded, and before it whatever an earlier failure left out. Returns whether the state
    /// changed.
    ///
    /// A first failure is followed by a second try in another file, at once: for as long as the copy lacks an action, one
    /// damaged file is enough to lose it. While it fails, every unit of work tries again, whatever it is about.
    pub(crate) fn append(&mut self, recorded: &[SealedEvent], connection: Option<&Connection>) -> bool {
        let fails = matches!(self.state, SecondCopy::Failing { .. });
        if !self.on || sabotage::on(Version::NoSecondCopy) || (recorded.is_empty() && !fails) {
            return false;
        }
        let before = self.state.clone();
        let result = self.append_behind(recorded, connection).or_else(|error| {
            if fails {
                return Err(error);
            }
            tracing::warn!(%error, "the second copy was not written; it is tried again in another file");
            self.open = None;
            self.append_behind(recorded, connection)
        });
        match result {
            Ok(()) => self.state = SecondCopy::On,
            Err(error) => self.failed(&error),
        }
        before != self.state
    }

    fn append_behind(&mut self, recorded: &[SealedEvent], connection: Option<&Connection>) -> io::Result<()> {
        if let (Some(first), Some(last)) = (recorded.first(), recorded.last())
            && first.event.local_seq == self.copied_to + 1
        {
            self.append_events(recorded)?;
            self.copied_to = last.event.local_seq;
            return Ok(());
        }
        connection.ok_or_else(|| io::Error::other("the database is not open")).and_then(|c| self.catch_up(c))
    }

    /// Appends everything that the database has and no copy does.
    pub(crate) fn catch_up(&mut self, connection: &Connection) -> io::Result<()> {
        while self.on && !sabotage::on(Version::NoSecondCopy) {
            let chunk = read_behind(connection, self.copied_to).map_err(io::Error::other)?;
            let Some(last) = chunk.last().map(|(seq, ..)| *seq) else { break };
            let mut bytes = vec![];
            for (seq, hash, event) in &chunk {
                write_entry(&mut bytes, *seq, hash, event)?;
            }
            self.append_bytes(&bytes)?;
            self.copied_to = last;
        }
        Ok(())
    }

    /// The same at start, where a failure is a warning like any other.
    pub(crate) fn catch_up_or_warn(&mut self, connection: &Connection) {
        if let Err(error) = self.catch_up(connection) {
            self.failed(&error);
        }
    }

    /// Forgets what was there: the files are gone.
    pub(crate) fn begin_anew(&mut self) {
        self.open = None;
        self.copied_to = 0;
    }

    /// Appends entries that the copies have lost, in a file of their own, so that the end of every file is its newest.
    pub(crate) fn append_anew(&mut self, connection: &Connection, lost: &[u64]) -> Result<u64, EngineError> {
        let mut bytes = vec![];
        let mut statement = connection.prepare_cached("SELECT hash, bytes FROM audit_local WHERE local_seq = ?1")?;
        let failed = |error| EngineError::stored("second copy", error);
        for seq in lost {
            let (hash, event): (String, String) = statement.query_row([seq], |row| Ok((row.get(0)?, row.get(1)?)))?;
            write_entry(&mut bytes, *seq, &hash, &event).map_err(failed)?;
        }
        self.open = None;
        self.append_bytes(&bytes).map_err(failed)?;
        self.open = None;
        Ok(lost.len() as u64)
    }

    fn failed(&mut self, error: &io::Error) {
        let (since, failures) = match &self.state {
            SecondCopy::Failing { since, failures, .. } => (since.clone(), failures + 1),
            _ => (crate::rfc3339(self.environment.now()), 1),
        };
        tracing::warn!(%error, failures, "the second copy could not be written; the database has what was recorded");
        self.state = SecondCopy::Failing { since, failures, reason: error.to_string() };
        // A place on the disk that does not take writes is left behind, if anything good is in front of it.
        if failures.is_multiple_of(FAILURES_A_FILE) && self.open.as_ref().is_some_and(|open| open.good > 0) {
            self.open = None;
        }
    }

    fn append_events(&mut self, events: &[SealedEvent]) -> io::Result<()> {
        let mut bytes = vec![];
        for sealed in events {
            write_entry(&mut bytes, sealed.event.local_seq, &sealed.hash, &sealed.bytes)?;
        }
        self.append_bytes(&bytes)
    }

    fn append_bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        let month = file_name(self.environment.as_ref(), 0);
        let month = month.split('.').next().unwrap_or_default();
        if self.open.as_ref().is_some_and(|open| open.good >= FILE_BYTES_MAX || !open.name.starts_with(month)) {
            self.open = None;
        }
        let open = match self.open.take() {
            Some(open) if open.unsure => {
                // What failed may be there in part, and what a failed sync said is not to be built upon: the file is
                // opened anew and cut to what an earlier sync has confirmed.
                let Open { path, name, good, .. } = open;
                let mut file = self.disk.append_to(&path)?;
                file.truncate(good)?;
                Open { path, name, file, good, unsure: false }
            }
            Some(open) => open,
            None => self.begin_file()?,
        };
        let open = self.open.insert(open);
        open.unsure = true;
        open.file.append(bytes)?;
        if !sabotage::on(Version::CopyNotSynced) {
            open.file.sync()?;
        }
        open.good += bytes.len() as u64;
        open.unsure = false;
        Ok(())
    }

    fn begin_file(&mut self) -> io::Result<Open> {
        let name = file_name(self.environment.as_ref(), self.next_n);
        let path = self.folder.join(&name);
        self.disk.make_folder(&self.folder)?;
        let file = self.disk.append_to(&path)?;
        // A number is used once, even where what follows fails.
        self.next_n += 1;
        self.disk.sync_folder(&self.folder)?;
        if let Some(above) = self.folder.parent() {
            self.disk.sync_folder(above)?;
        }
        let good = self.disk.length(&path)?;
        Ok(Open { path, name, file, good, unsure: false })
    }
}

/// The next entries behind a number, as the database has them.
fn read_behind(connection: &Connection, behind: u64) -> Result<Vec<(u64, String, String)>, EngineError> {
    let mut statement = connection
        .prepare_cached("SELECT local_seq, hash, bytes FROM audit_local WHERE local_seq > ?1 ORDER BY local_seq")?;
    let mut rows = statement.query([behind])?;
    let (mut chunk, mut size) = (vec![], 0);
    while let Some(row) = rows.next()? {
        let entry: (u64, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        size += entry.2.len();
        chunk.push(entry);
        if size >= CATCH_UP_BYTES {
            break;
        }
    }
    Ok(chunk)
}
