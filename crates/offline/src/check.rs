//! The full look, behind an open desk: is every page sound, does the whole chain verify, does the second copy have
//! everything. Opening looks at the newest entries only, so that the board is there at once; this looks at the rest.
//!
//! Damage that is found does not stop the desk. It is marked in the folder, and the next start repairs. What the second
//! copy has lost is written to it anew at once.

use crate::backup;
use crate::chain;
use crate::disk::Disk;
use crate::engine::{Engine, Hands, Shared};
use crate::row_proof;
use crate::second_copy;
use crate::state;
use crate::{EngineError, Sql};
use rusqlite::Connection;
use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

/// In the desk's folder: the next start is to repair, whatever it sees itself.
pub(crate) const DAMAGED: &str = "desk.damaged";
/// What the engine says of its own rows where it cannot read them. What a workflow cannot read may be of a newer version.
const OWN: [&str; 7] = [
    crate::outbox::NOT_AS_RECORDED,
    crate::outbox::EVENT_ID,
    crate::outbox::STATE,
    crate::lanes::MIRRORED_ROW,
    crate::lanes::EVENT,
    crate::conflicts::CONFLICT,
    state::FACT,
];
/// Entries verified in one read.
const ENTRIES_A_STRETCH: u64 = 20_000;

/// What the full look found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Checked {
    /// What is wrong with the database, in SQLite's words or the chain's. The next start repairs it.
    pub damage: Vec<String>,
    /// Entries of the record that were verified.
    pub verified: u64,
    /// Entries that the second copy had lost and has again.
    pub copied_anew: u64,
}

/// Has the next look at a folder repair, whatever it sees itself.
pub(crate) fn mark(disk: &dyn Disk, folder: &Path, damage: &str) -> io::Result<()> {
    tracing::error!(damage, "the database is damaged; whoever opens it next repairs it");
    disk.create(&folder.join(DAMAGED), damage.as_bytes())?;
    disk.sync_folder(folder)
}

impl Shared {
    /// Has the next start repair.
    pub(crate) fn mark_damaged(&self, damage: &str) -> Result<(), EngineError> {
        self.damaged.store(true, Ordering::Relaxed);
        mark(self.disk.as_ref(), self.folder(), damage).map_err(|error| EngineError::stored("mark of damage", error))
    }

    /// The same of an error of the engine's own, where it opens its database anew.
    pub(crate) fn mark_if_damage(&self, error: &EngineError) {
        if error.is_damage() {
            self.mark_or_warn(error);
        }
    }

    fn mark_or_warn(&self, error: &EngineError) {
        if let Err(error) = self.mark_damaged(&error.detail()) {
            tracing::warn!(%error, "the damage could not be marked");
        }
    }

    fn is_marked_damaged(&self) -> Result<bool, EngineError> {
        let marked = self.disk.exists(&self.folder().join(DAMAGED));
        marked.map_err(|error| EngineError::stored("mark of damage", error))
    }

    /// The same where SQLite met a damaged page on the way, which a start need not meet again.
    pub(crate) fn mark_if_corrupt(&self, error: &EngineError) {
        let unreadable = matches!(error, EngineError::Stored { what, .. } if OWN.contains(what));
        // The statements are right, so it is a value in the database that is not (JSON that is none).
        let unfit = matches!(
            error,
            EngineError::Sqlite(error)
                if error.sqlite_error().is_some_and(|e| e.extended_code == rusqlite::ffi::SQLITE_ERROR)
        );
        if unreadable || unfit || error.code() == "DATABASE_CORRUPT" {
            self.mark_or_warn(error);
        }
    }
}

/// What SQLite says is wrong with a database's pages and indexes, and what it does not ask: an index for some rows alone
/// whose page the disk did not write still has the rows that have left it, and answers with them.
pub(crate) fn unsound(mut connection: &Connection) -> Result<Vec<String>, EngineError> {
    let lines = connection.all("PRAGMA integrity_check(20)", [], |row| row.get::<_, String>(0))?;
    let mut found: Vec<String> = lines.into_iter().filter(|line| line != "ok").collect();
    let partial = connection.all(
        "SELECT t.name, i.name, s.sql FROM pragma_table_list t JOIN pragma_index_list(t.name) i ON i.partial
            JOIN sqlite_schema s ON s.type = 'index' AND s.name = i.name
         WHERE t.schema = 'main' ORDER BY i.name",
        [],
        |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?)),
    )?;
    for (table, index, sql) in partial {
        let Some((_, rows)) = sql.split_once("WHERE") else { continue };
        // SQLite takes an index that is for these rows at its word and does not look at the rows themselves.
        let mut count = |by: &str| {
            let sql = format!("SELECT count(*) FROM {table} {by} WHERE {rows}");
            connection.first(&sql, [], |row| row.get::<_, u64>(0)).map(Option::unwrap_or_default)
        };
        // That every row has its entry was looked at with the pages.
        if count(&format!("INDEXED BY {index}"))? != count("NOT INDEXED")? {
            found.push(format!("{index} has entries of rows that it is not for"));
        }
    }
    Ok(found)
}

/// What is wrong with a database in itself: its pages, what stands in them, and what of it does not agree. A backup that
/// is begun from has to pass the same, or the next look would find it again.
pub(crate) fn damage_of(mut connection: &Connection) -> Result<Vec<String>, EngineError> {
    let mut found = unsound(connection)?;
    if let Err(error @ EngineError::Stored { .. }) = state::refuse_rotted(connection) {
        found.push(error.detail());
    }
    let unproven = row_proof::count_unproven(connection)?;
    found.extend(
        unproven.into_iter().map(|(table, rows)| format!("{rows} rows of {table} are not as they were written")),
    );
    let mut count =
        |sql: &str| -> Result<u64, EngineError> { Ok(connection.first(sql, [], |row| row.get(0))?.unwrap_or(0)) };
    let astray = count(
        "SELECT count(*) FROM outbox o JOIN outbox h ON h.event_id = o.held_by
         WHERE o.state = 'held' AND (o.entity_kind, o.entity_id) <> (h.entity_kind, h.entity_id)",
    )?;
    if astray > 0 {
        found.push(format!("{astray} actions wait for another entity's"));
    }
    let lost = count(
        "SELECT count(*) FROM outbox o WHERE NOT EXISTS
            (SELECT 1 FROM audit_local a WHERE a.local_seq = o.local_seq AND a.event_id = o.event_id)",
    )?;
    if lost > 0 {
        found.push(format!("{lost} outbox rows have no entry in the record"));
    }
    // A state that has no count keeps none, whatever comes to it.
    let miscounted = count(
        "WITH every (state) AS
            (VALUES ('pending'), ('synced'), ('failed'), ('conflict'), ('held'), ('settled'), ('discarded')),
            there (state, n) AS (SELECT state, count(*) FROM outbox NOT INDEXED GROUP BY 1)
         SELECT count(*) FROM every FULL JOIN outbox_counts c USING (state) FULL JOIN there USING (state)
         WHERE c.n IS NOT coalesce(there.n, 0)",
    )?;
    if miscounted > 0 {
        found.push(format!("{miscounted} counts are not those of the outbox's rows"));
    }
    Ok(found)
}

impl Engine {
    /// Reads the whole database and its second copy. Slow; run it behind an open desk.
    ///
    /// # Errors
    /// When SQLite or the disk refuses to look. That is not damage.
    pub fn check(&self) -> Result<Checked, EngineError> {
        // What the writer found stands until a start has repaired it, however sound the rest looks: a file that lost its
        // end agrees with itself.
        if self.shared().is_marked_damaged()? {
            return Ok(Checked { damage: vec!["an earlier look found damage".into()], ..Checked::default() });
        }
        let mut checked = Checked { damage: self.pages()?, ..Checked::default() };
        if checked.damage.is_empty() {
            match self.verify_record() {
                Ok(verified) => checked.verified = verified,
                Err(error @ EngineError::Stored { .. }) => checked.damage.push(error.detail()),
                Err(error) => return Err(error),
            }
        }
        if checked.damage.is_empty() && !(self.ledger_from_rows()?.is_balanced() && self.ledger()?.is_balanced()) {
            // An entry without its outbox row would never be sent and never be missed.
            checked.damage.push("the outbox and the record do not agree".into());
        }
        if checked.damage.is_empty() && !self.read(crate::on_hold::are_as_recorded)? {
            checked.damage.push("what is on hold is not what the record says".into());
        }
        if checked.damage.is_empty() {
            checked.copied_anew = self.copy()?;
        } else {
            self.shared().mark_damaged(&checked.damage.join("\n"))?;
        }
        Ok(checked)
    }

    fn pages(&self) -> Result<Vec<String>, EngineError> {
        match self.read(damage_of) {
            Err(error) if error.is_damage() => Ok(vec![error.detail()]),
            found => found,
        }
    }

    /// Verifies the whole record: numbers without a gap, bytes that have their hash, each entry on the one before.
    /// Answers how many entries there are.
    ///
    /// # Errors
    /// The first entry that does not verify, or that SQLite refuses.
    pub fn verify_record(&self) -> Result<u64, EngineError> {
        let head = self.audit_head()?.local_seq;
        let stretches = head.div_ceil(ENTRIES_A_STRETCH);
        let (next, verified) = (AtomicU64::new(0), AtomicU64::new(0));
        let work = || -> Result<(), EngineError> {
            loop {
                let n = next.fetch_add(1, Ordering::Relaxed);
                if n >= stretches {
                    return Ok(());
                }
                // Each begins with the last entry of the one before.
                let above = (n * ENTRIES_A_STRETCH).saturating_sub(1);
                let up_to = head.min((n + 1) * ENTRIES_A_STRETCH);
                let read = self.read(|connection| chain::verify_stretch(connection, above, up_to))?;
                verified.fetch_add(read, Ordering::Relaxed);
            }
        };
        // Two threads, where the caller's is not the only one that may be used.
        if self.hands() == Hands::Callers {
            work()?;
        } else {
            std::thread::scope(|scope| {
                let beside = scope.spawn(work);
                let own = work();
                own.and(beside.join().unwrap_or(Err(EngineError::Closed)))
            })?;
        }
        Ok(verified.into_inner())
    }

    /// Lets files of the second copy go whose events the outbox has let go: the service has had them for longer than it
    /// could be restored from a backup. What no backup of this desk has stays too, because a repair takes it from here.
    /// Answers how many went. The newest file stays, and whatever is behind one that stays.
    ///
    /// # Errors
    /// When SQLite or the disk refuses.
    pub fn let_copies_go(&self) -> Result<u64, EngineError> {
        let shared = self.shared();
        let (disk, folder) = (shared.disk.as_ref(), shared.folder().join(second_copy::FOLDER));
        let failed = |error| EngineError::stored("second copy", error);
        let tails = second_copy::tails(disk, &folder).map_err(failed)?;
        let Some((_, older)) = tails.split_last() else { return Ok(0) };
        let backups = backup::list(disk, shared.folder()).map_err(failed)?;
        let backed_up = backup::reach(disk, shared.folder(), &backups)?;
        let mut gone = 0;
        for tail in older {
            if let Some((newest, _)) = &tail.newest {
                let needed = self.read(|mut connection| {
                    connection
                        .first("SELECT EXISTS (SELECT 1 FROM outbox WHERE local_seq <= ?1)", [newest], |row| row.get(0))
                })?;
                if needed.unwrap_or(true) || *newest > backed_up {
                    break;
                }
                // Said before it is done, so that a missing file is never taken for a lost one.
                second_copy::set_let_go(disk, &folder, *newest).map_err(failed)?;
            }
            disk.remove(&folder.join(&tail.file.name)).map_err(failed)?;
            gone += 1;
        }
        if gone > 0 {
            disk.sync_folder(&folder).map_err(failed)?;
            tracing::info!(gone, "files of the second copy were let go");
        }
        Ok(gone)
    }

    /// Has the second copy everything? What it lost is appended to it.
    fn copy(&self) -> Result<u64, EngineError> {
        if matches!(self.second_copy(), crate::SecondCopy::Off) {
            return Ok(0);
        }
        let shared = self.shared();
        let folder = shared.path.with_file_name(second_copy::FOLDER);
        let unreadable = |error| EngineError::stored("second copy", error);
        let head = self.audit_head()?.local_seq;
        let let_go = second_copy::let_go(shared.disk.as_ref(), &folder).map_err(unreadable)?;
        let mut there: BTreeMap<u64, String> = BTreeMap::new();
        for file in second_copy::files(shared.disk.as_ref(), &folder).map_err(unreadable)? {
            let bytes = shared.disk.read(&folder.join(&file.name)).map_err(unreadable)?;
            second_copy::scan(&bytes, |seq, sealed| _ = there.insert(seq, sealed.hash));
        }
        let lost: Vec<u64> = self.read(|mut connection| {
            let all = connection.all(
                "SELECT local_seq, hash FROM audit_local WHERE local_seq > ?1 AND local_seq <= ?2 ORDER BY local_seq",
                [let_go, head],
                |row| Ok((row.get::<_, u64>(0)?, row.get::<_, String>(1)?)),
            )?;
            Ok(all.into_iter().filter(|(seq, hash)| there.get(seq) != Some(hash)).map(|(seq, _)| seq).collect())
        })?;
        if lost.is_empty() {
            return Ok(0);
        }
        tracing::warn!(entries = lost.len(), "the second copy had lost entries; they are written to it anew");
        self.copy_anew(lost)
    }
}
