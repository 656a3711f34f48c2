//! Repair of a damaged or missing database: set aside, read what can be read, build a new one, put it in place.
//!
//! A crash at any point leaves something that the next start repairs again, with nothing lost:
//!
//! 1. Every file is copied to `quarantine/<time>/`, with a manifest of sizes and SHA-256, and synced. Nothing that has
//!    its manifest is ever deleted; what has none was not finished, and goes before the next attempt. A start that
//!    finds exactly these files set aside already does not do it again.
//! 2. What the damaged database still proves is read from a copy of it, and whatever the second copy lacks of it is
//!    put there, durably. From here on the second copy alone has everything, and start-up takes it up from there.
//! 3. The new database is built as `desk.db.new`, from the newest good backup or empty, checked and synced.
//! 4. The mark `desk.swap` says that it is whole. Only then do the damaged files go, and it takes their place. A start
//!    that finds the mark finishes the exchange first.

use crate::backup;
use crate::chain::{self, Entries, Kept, Known};
use crate::check::{DAMAGED, damage_of, unsound};
use crate::disk::{Disk, in_stretches};
use crate::on_hold;
use crate::open::{FILE, OpenConfig, REPAIR_UNTOLD, RepairReport, prepare};
use crate::restored::{REPAIRED, RESTORING};
use crate::salvage::{PAGE_BYTES_MAX, Salvaged, salvage, scan};
use crate::second_copy;
use crate::state;
use crate::{EngineError, Environment, OpenError, Sql, rfc3339};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};
use turndown_protocol::{AuditHead, Continues, InstallId, SealedEvent};

const QUARANTINE: &str = "quarantine";
const MANIFEST: &str = "manifest.json";
/// Until it is whole.
const MANIFEST_PART: &str = "manifest.json.new";
/// Where copies of the damaged files are looked into: SQLite changes what it opens.
const LOOK: &str = "look";
const NEW: &str = "desk.db.new";
const SWAP: &str = "desk.swap";
const SIDES: [&str; 3] = ["-wal", "-shm", "-journal"];

/// What was set aside, in `manifest.json`.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Manifest {
    files: Vec<Listed>,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Listed {
    name: String,
    bytes: u64,
    sha256: String,
}

fn failed(what: &'static str) -> impl Fn(io::Error) -> OpenError + Copy {
    move |source| OpenError::Io { what, source }
}

/// Repairs: afterwards the folder holds a sound database, perhaps behind its second copy.
pub(crate) fn repair(config: &OpenConfig, environment: &dyn Environment) -> Result<(), OpenError> {
    let disk = config.disk.as_ref();
    let folder = config.folder.as_path();
    // What an attempt that came to nothing made is in nobody's way, and takes no room from this one.
    for own in [folder.join(NEW), folder.join(LOOK).join(FILE)] {
        clear(disk, &own).map_err(failed("what an earlier repair left could not be removed"))?;
    }
    let set_aside = put_aside(disk, folder, environment)?;
    let (base, Gathered { in_copies, salvaged }) = gather_behind_a_backup(config, environment)?;

    let copies = folder.join(second_copy::FOLDER);
    let only_here = salvaged.entries.iter().filter(|(key, _)| !in_copies.contains_key(key));
    second_copy::write_apart(disk, &copies, environment, only_here.map(|((seq, _), kept)| (*seq, kept)))
        .map_err(failed("what was read from the damaged database could not be kept"))?;
    disk.sync_folder(folder).map_err(failed("the desk's folder could not be synced"))?;

    let report = RepairReport {
        at: rfc3339(environment.now()),
        set_aside: Some(set_aside),
        from_database: salvaged.known + salvaged.entries.len() as u64,
        unreadable: salvaged.unreadable,
        from_copy: in_copies.keys().filter(|key| !salvaged.entries.contains_key(*key)).count() as u64,
        ..RepairReport::default()
    };
    let first =
        in_copies.iter().chain(&salvaged.entries).min_by_key(|(key, _)| *key).map(|((seq, _), kept)| (*seq, kept));
    build(config, environment, base, first, &salvaged, report)?;
    let marked = failed("the new database could not be put in place");
    disk.create(&folder.join(SWAP), b"desk.db.new is whole\n").map_err(marked)?;
    disk.sync_folder(folder).map_err(marked)?;
    finish_swap(disk, folder)
}

/// What the damaged database and its second copy hold beyond the backup that is begun from.
struct Gathered {
    in_copies: Entries,
    salvaged: Salvaged,
}

/// The newest backup that is whole and of the same history as everything else, with what there is beyond it. A desk's
/// whole record takes a lot of memory, and the backup has nearly all of it.
fn gather_behind_a_backup(
    config: &OpenConfig,
    environment: &dyn Environment,
) -> Result<(Option<Base>, Gathered), OpenError> {
    let backups =
        backup::list(config.disk.as_ref(), &config.folder).map_err(failed("the backups could not be read"))?;
    let as_made = made_by(&config.migrations)?;
    for candidate in backups.into_iter().rev() {
        let Some(base) = whole(config, environment, &as_made, candidate.name)? else { continue };
        let gathered = gather(config, &|seq, sealed| base.has(seq, sealed))?;
        if base.is_of(&gathered) {
            return Ok((Some(base), gathered));
        }
        tracing::warn!(base.name, "the backup is of another branch of this desk's history");
    }
    Ok((None, gather(config, &|_, _| false)?))
}

fn gather(config: &OpenConfig, known: Known<'_>) -> Result<Gathered, OpenError> {
    let disk = config.disk.as_ref();
    let mut salvaged = look_into(config, known)?;
    let copies = config.folder.join(second_copy::FOLDER);
    let unreadable = failed("the second copy could not be read");
    let files = second_copy::files(disk, &copies).map_err(unreadable)?;
    let in_copies = second_copy::collect(disk, &copies, files, known).map_err(unreadable)?;
    salvaged.numbered_as_in(&in_copies);
    Ok(Gathered { in_copies, salvaged })
}

/// A backup that a new database begins from.
struct Base {
    name: String,
    head: AuditHead,
    /// Which entries it has: the first half of each hash, in order. As long as they are only compared, the backup itself
    /// takes no room beside the copies of the damaged files.
    entries: Vec<[u8; 16]>,
}

/// The first half of a hash.
fn half(hash: &str) -> Option<[u8; 16]> {
    hex::decode(hash).ok()?.get(..16)?.try_into().ok()
}

impl Base {
    /// Whether it has an entry, whatever its number: one that stands elsewhere under another number has one that rotted,
    /// or was taken up from a branch. What has the number of its head is looked at in any case.
    fn has(&self, seq: u64, sealed: &SealedEvent) -> bool {
        seq != self.head.local_seq && half(&sealed.hash).is_some_and(|half| self.entries.binary_search(&half).is_ok())
    }

    /// Whether its head is in the record, or beyond all that is known of it.
    fn is_of(&self, gathered: &Gathered) -> bool {
        let head = self.head.local_seq;
        let at_head = |entries: &Entries| -> Vec<String> {
            entries.range((head, String::new())..(head + 1, String::new())).map(|((_, hash), _)| hash.clone()).collect()
        };
        let hashes = [at_head(&gathered.in_copies), at_head(&gathered.salvaged.entries)].concat();
        hashes.is_empty() || hashes.contains(&self.head.hash)
    }
}

/// Puts a new database that is whole in the place of the damaged one, if a repair got that far.
pub(crate) fn finish_swap(disk: &dyn Disk, folder: &Path) -> Result<(), OpenError> {
    let not_swapped = failed("the new database could not be put in place");
    let mark = folder.join(SWAP);
    if !disk.exists(&mark).map_err(not_swapped)? {
        return Ok(());
    }
    if disk.exists(&folder.join(NEW)).map_err(not_swapped)? {
        // The log of the old file must be gone for good before the new file has its name, or it would be read into it.
        for side in SIDES {
            disk.remove(&folder.join(format!("{FILE}{side}"))).map_err(not_swapped)?;
        }
        disk.sync_folder(folder).map_err(not_swapped)?;
        disk.rename(&folder.join(NEW), &folder.join(FILE)).map_err(not_swapped)?;
        disk.remove(&folder.join(DAMAGED)).map_err(not_swapped)?;
        disk.sync_folder(folder).map_err(not_swapped)?;
    }
    disk.remove(&mark).map_err(not_swapped)?;
    disk.sync_folder(folder).map_err(not_swapped)
}

/// Copies everything that may be evidence into a folder of its own. Returns the folder.
fn put_aside(disk: &dyn Disk, folder: &Path, environment: &dyn Environment) -> Result<PathBuf, OpenError> {
    let mut names: Vec<String> = vec![FILE.to_owned()];
    names.extend(SIDES.iter().map(|side| format!("{FILE}{side}")));
    let copies = second_copy::files(disk, &folder.join(second_copy::FOLDER))
        .map_err(failed("the second copy could not be read"))?;
    names.extend(copies.into_iter().map(|file| format!("{}/{}", second_copy::FOLDER, file.name)));
    copy_aside(disk, folder, &names, environment)
}

/// Moves the second copy into quarantine: it is of another branch of this desk's history than the database.
pub(crate) fn put_copies_aside(
    disk: &dyn Disk,
    folder: &Path,
    environment: &dyn Environment,
) -> Result<PathBuf, OpenError> {
    let not_aside = failed("the second copy could not be put aside");
    let copies = folder.join(second_copy::FOLDER);
    let files = second_copy::files(disk, &copies).map_err(not_aside)?;
    let names: Vec<String> = files.iter().map(|file| format!("{}/{}", second_copy::FOLDER, file.name)).collect();
    let target = copy_aside(disk, folder, &names, environment)?;
    for file in files {
        disk.remove(&copies.join(file.name)).map_err(not_aside)?;
    }
    disk.sync_folder(&copies).map_err(not_aside)?;
    Ok(target)
}

fn copy_aside(
    disk: &dyn Disk,
    folder: &Path,
    names: &[String],
    environment: &dyn Environment,
) -> Result<PathBuf, OpenError> {
    let not_copied = failed("a damaged file could not be copied");
    let mut manifest = Manifest::default();
    for name in names {
        let path = folder.join(name);
        if disk.exists(&path).map_err(not_copied)? {
            let mut sha256 = Sha256::new();
            let bytes = in_stretches(disk, &path, 0, |stretch| sha256.update(stretch)).map_err(not_copied)?;
            manifest.files.push(Listed { name: name.clone(), bytes, sha256: hex::encode(sha256.finalize()) });
        }
    }
    let quarantine = folder.join(QUARANTINE);
    // What an attempt that failed or was killed copied is still where it was copied from, and takes room from this one.
    // An empty folder may stay of it; this attempt uses that.
    let mut unfinished = None;
    for name in disk.names(&quarantine).map_err(not_copied)? {
        let before = quarantine.join(&name);
        let text = disk.read(&before.join(MANIFEST));
        if text.is_ok_and(|text| serde_json::from_slice::<Manifest>(&text).is_ok_and(|before| before == manifest)) {
            // The start that wrote it may have been stopped before the manifest's name was durable.
            disk.sync_folder(&before).map_err(not_copied)?;
            return Ok(before);
        }
        if is_unfinished(disk, &before) {
            clear_unfinished(disk, &before).map_err(not_copied)?;
            unfinished = Some(before);
        }
    }
    let needed: u64 = manifest.files.iter().map(|file| file.bytes).sum();
    // A disk that cannot say how much room it has may still have enough.
    if disk.free_bytes(folder).is_ok_and(|free| free < needed) {
        return Err(EngineError::NoSpace.into());
    }
    let target = match unfinished {
        Some(target) => target,
        None => {
            let name = rfc3339(environment.now()).replace(':', "-");
            let mut target = quarantine.join(&name);
            let mut again = 1;
            while disk.exists(&target).map_err(not_copied)? {
                again += 1;
                target = quarantine.join(format!("{name}-{again}"));
            }
            target
        }
    };
    let copied = copy_into(disk, folder, &target, &manifest);
    if copied.is_err()
        && is_unfinished(disk, &target)
        && let Err(error) = clear_unfinished(disk, &target)
    {
        tracing::warn!(%error, "what was copied of the damaged files takes room until the next start");
    }
    copied.map(|()| target)
}

fn copy_into(disk: &dyn Disk, folder: &Path, target: &Path, manifest: &Manifest) -> Result<(), OpenError> {
    let not_copied = failed("a damaged file could not be copied");
    let inner = target.join(second_copy::FOLDER);
    disk.make_folder(&inner).map_err(failed("the folder for damaged files could not be made"))?;
    for Listed { name, .. } in &manifest.files {
        disk.copy(&folder.join(name), &target.join(name)).map_err(not_copied)?;
    }
    let text = serde_json::to_vec_pretty(manifest).map_err(|error| EngineError::stored("manifest", error))?;
    for place in [inner.as_path(), target, &folder.join(QUARANTINE), folder] {
        disk.sync_folder(place).map_err(not_copied)?;
    }
    // The manifest comes last, and whole: a folder without one was not finished.
    disk.create(&target.join(MANIFEST_PART), &text).map_err(not_copied)?;
    disk.rename(&target.join(MANIFEST_PART), &target.join(MANIFEST)).map_err(not_copied)?;
    disk.sync_folder(target).map_err(not_copied)
}

/// Whether a folder in quarantine is one of ours that did not come as far as its manifest.
fn is_unfinished(disk: &dyn Disk, target: &Path) -> bool {
    let there = |name| disk.exists(&target.join(name));
    matches!((there(second_copy::FOLDER), there(MANIFEST)), (Ok(true), Ok(false)))
}

/// Lets go of the copies in such a folder. A file that is not named like ours stays.
fn clear_unfinished(disk: &dyn Disk, target: &Path) -> io::Result<()> {
    clear(disk, &target.join(FILE))?;
    disk.remove(&target.join(MANIFEST_PART))?;
    let inner = target.join(second_copy::FOLDER);
    for file in second_copy::files(disk, &inner)? {
        disk.remove(&inner.join(file.name))?;
    }
    Ok(())
}

/// Reads the damaged database twice, with its log and without: a log that belongs to another copy, or is torn, hides
/// what the file itself has, and the other way round.
fn look_into(config: &OpenConfig, known: Known<'_>) -> Result<Salvaged, OpenError> {
    let disk = config.disk.as_ref();
    let look = config.folder.join(LOOK);
    let not_copied = failed("the damaged database could not be copied to be looked into");
    let file = config.folder.join(FILE);
    let log = config.folder.join(format!("{FILE}-wal"));
    disk.make_folder(&look).map_err(not_copied)?;
    let mut found = Salvaged::default();
    for with_log in [true, false] {
        clear(disk, &look.join(FILE)).map_err(not_copied)?;
        if disk.exists(&file).map_err(not_copied)? {
            disk.copy(&file, &look.join(FILE)).map_err(not_copied)?;
        }
        if with_log {
            if !disk.exists(&log).map_err(not_copied)? {
                continue;
            }
            if !disk.exists(&look.join(FILE)).map_err(not_copied)?
                || disk.length(&look.join(FILE)).map_err(not_copied)? == 0
            {
                // SQLite throws away the log of an empty file; behind one page of nothing it reads it.
                disk.create(&look.join(FILE), &[0; 4096]).map_err(not_copied)?;
            }
            disk.copy(&log, &look.join(format!("{FILE}-wal"))).map_err(not_copied)?;
        }
        if disk.exists(&look.join(FILE)).map_err(not_copied)? {
            found.add(salvage(&look.join(FILE), disk.vfs(), known));
        }
        clear(disk, &look.join(FILE)).map_err(not_copied)?;
    }
    let nothing = found.entries.is_empty() && found.known == 0;
    if (found.unreadable > 0 || nothing) && disk.exists(&file).map_err(not_copied)? {
        let before = found.entries.len() as u64;
        in_stretches(disk, &file, PAGE_BYTES_MAX, |stretch| scan(stretch, &mut found.entries, known))
            .map_err(not_copied)?;
        found.unreadable = found.unreadable.saturating_sub(found.entries.len() as u64 - before);
    }
    Ok(found)
}

/// Removes a database of our own making with everything beside it.
fn clear(disk: &dyn Disk, path: &Path) -> io::Result<()> {
    disk.remove(path)?;
    for side in SIDES {
        let mut name = path.as_os_str().to_owned();
        name.push(side);
        disk.remove(Path::new(&name))?;
    }
    Ok(())
}

/// Builds the new database under its temporary name, checked and durable. The record itself is not put into it here:
/// start-up takes it from the second copy, which has all of it by now.
fn build(
    config: &OpenConfig,
    environment: &dyn Environment,
    base: Option<Base>,
    first: Option<(u64, &Kept)>,
    salvaged: &Salvaged,
    mut report: RepairReport,
) -> Result<(), OpenError> {
    let disk = config.disk.as_ref();
    let path = config.folder.join(NEW);
    let not_built = failed("the new database could not be built");
    clear(disk, &path).map_err(not_built)?;
    if let Some(base) = base {
        disk.copy(&config.folder.join(backup::FOLDER).join(&base.name), &path).map_err(not_built)?;
        report.backup = Some(base.name);
    }
    let (mut connection, _) = prepare(&path, config, environment)?;
    let transaction = connection.transaction()?;
    for fact in state::HOLDS_BACK {
        report.sends_again |= transaction.execute("DELETE FROM sync_state WHERE key = ?1", [fact])? > 0;
    }
    // Behind a backup start-up takes up every change of install with the entries, from whom the backup says. A new
    // database begins as the install of its first entry.
    if report.backup.is_none()
        && let Some((first, entry)) = first
    {
        let install_id = &entry.read()?.event.install_id;
        state::put(&transaction, "install_id", install_id.as_str())?;
        if let Some(before) = salvaged.continues.as_deref().and_then(|text| went_on_from(text, install_id, first)) {
            let text = serde_json::to_string(&before).map_err(|error| EngineError::stored("install", error))?;
            state::put(&transaction, "continues", &text)?;
        }
    }
    if report.backup.is_none() {
        // Behind a backup's rows the receipts of later events would hide what those events did until the service sends
        // its rows. Without any rows there is nothing to hide.
        let store = salvaged.store();
        if let Some(store) = store {
            // With it the desk still notices that another service answers at the old address.
            state::put(&transaction, "store_id", store)?;
        }
        // What else a receipt says rotted with the name of the service.
        for receipt in salvaged.receipts.iter().filter(|receipt| Some(receipt.store_id.as_str()) == store) {
            transaction.execute(
                "INSERT INTO receipts (event_id, outcome, seq, store_id, epoch, received_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (event_id) DO NOTHING",
                (
                    &receipt.event_id,
                    &receipt.outcome,
                    receipt.seq,
                    &receipt.store_id,
                    &receipt.epoch,
                    &receipt.received_at,
                ),
            )?;
        }
    }
    on_hold::make_anew(&transaction)?;
    // A receipt that was found, or that a backup holds, may be of before the service lost its event and the desk learned
    // of it. What the service says it holds decides.
    state::put(&transaction, RESTORING, REPAIRED)?;
    state::put(&transaction, REPAIR_UNTOLD, &report.to_json()?)?;
    transaction.commit()?;
    finish_file(connection)?;
    for side in SIDES {
        disk.remove(&config.folder.join(format!("{NEW}{side}"))).map_err(not_built)?;
    }
    disk.sync_folder(&config.folder).map_err(not_built)
}

/// Whom an install went on from that recorded this entry, by what the damaged database said of its newest install. The
/// entries that tell it themselves were let go.
fn went_on_from(text: &str, install_id: &InstallId, local_seq: u64) -> Option<Continues> {
    let mut told: Option<Continues> = serde_json::from_str(text).ok();
    while let Some(later) = told.take_if(|told| told.head.local_seq >= local_seq || told.install_id == *install_id) {
        told = later.continues.map(|before| *before);
    }
    told
}

/// A backup, if it is whole. It is looked into under the new database's name.
fn whole(
    config: &OpenConfig,
    environment: &dyn Environment,
    as_made: &BTreeSet<(String, Option<String>)>,
    name: String,
) -> Result<Option<Base>, OpenError> {
    let disk = config.disk.as_ref();
    let path = config.folder.join(NEW);
    let not_built = failed("the new database could not be built");
    clear(disk, &path).map_err(not_built)?;
    disk.copy(&config.folder.join(backup::FOLDER).join(&name), &path).map_err(not_built)?;
    let opened = prepare(&path, config, environment).and_then(|(connection, state)| {
        if !schema(&connection)?.is_superset(as_made) {
            return Err(EngineError::stored("backup", ROTTED_SCHEMA).into());
        }
        let damage = damage_of(&connection)?;
        if !damage.is_empty() {
            return Err(EngineError::stored("backup", damage.join("; ")).into());
        }
        chain::verify(&connection, 0)?;
        let hashes = (&connection).all("SELECT hash FROM audit_local", [], |row| row.get::<_, String>(0))?;
        let mut entries: Vec<[u8; 16]> = hashes.iter().filter_map(|hash| half(hash)).collect();
        entries.sort_unstable();
        Ok(Base { name: name.clone(), head: state.head, entries })
    });
    clear(disk, &path).map_err(not_built)?;
    match opened {
        Ok(base) => Ok(Some(base)),
        Err(OpenError::Engine(error)) if !error.is_damage() => Err(error.into()),
        Err(error) => {
            tracing::warn!(?error, name, "the backup is not whole");
            Ok(None)
        }
    }
}

/// What is said of a database whose tables are not those that its migrations make.
const ROTTED_SCHEMA: &str = "its tables are not as they were made";

/// Refuses a database whose tables are not those of this program, as every start does: it takes a few milliseconds.
pub(crate) fn refuse_other_tables(connection: &Connection, migrations: &refinery::Runner) -> Result<(), OpenError> {
    if schema(connection)?.is_superset(&made_by(migrations)?) {
        return Ok(());
    }
    Err(EngineError::stored("database", ROTTED_SCHEMA).into())
}

/// Tables, indexes and triggers with their text. A letter of it that rotted passes every check of SQLite.
fn schema(connection: &Connection) -> Result<BTreeSet<(String, Option<String>)>, rusqlite::Error> {
    let mut statement = connection.prepare("SELECT name, sql FROM sqlite_schema")?;
    statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

/// The same as it is in a new database.
fn made_by(migrations: &refinery::Runner) -> Result<BTreeSet<(String, Option<String>)>, OpenError> {
    let mut connection = Connection::open_in_memory()?;
    migrations.run(&mut connection).map_err(|error| OpenError::Migrate(Box::new(error)))?;
    Ok(schema(&connection)?)
}

/// Checks a database and leaves it as one whole file.
fn finish_file(connection: Connection) -> Result<(), OpenError> {
    let found = unsound(&connection)?;
    if !found.is_empty() {
        return Err(EngineError::stored("database", found.join("; ")).into());
    }
    let busy: i64 = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if busy != 0 {
        return Err(EngineError::stored("database", "its log could not be written back").into());
    }
    connection.close().map_err(|(_, error)| error.into())
}
