//! A copy of a store, made beside the running service.
//!
//! It is the store as it was at one instant, checked from its first page to its last and through both audit chains
//! before it gets its name, with the signing key beside it: what is put back has to be whole, and sign as before.

use super::admin::Admin;
use super::open::{Files, signing_key};
use super::rows;
use crate::startup::Refusal;
use crate::store::StoreError;
use rusqlite::{Connection, OpenFlags};
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// What was copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copied {
    /// The newest change in it.
    pub head_seq: u64,
    /// The entries of its audit trails.
    pub entries: u64,
    /// Its size in bytes.
    pub bytes: u64,
}

/// Why there is no copy.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The store cannot be used so.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The store cannot be read, or the copy is not sound.
    #[error("{0}")]
    Store(#[from] StoreError),
    /// The copy cannot be written.
    #[error("the copy cannot be written: {0}")]
    File(#[from] io::Error),
    /// What was copied is damaged.
    #[error("the copy is damaged: {0}")]
    Damaged(String),
}

impl From<rusqlite::Error> for BackupError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Store(error.into())
    }
}

impl Admin {
    /// Copies the store. A copy of that name is replaced once the new one is whole.
    ///
    /// # Errors
    /// When the store or its key cannot be read, the copy cannot be written, or what was copied is damaged. Nothing of
    /// that name has changed then.
    pub fn backup(&self, out: &Path) -> Result<Copied, BackupError> {
        let key = signing_key(self.files(), self.conn())?;
        let (to, part) = (Files::new(out.to_owned()), Files::new(beside(out)));
        remove(&part.db)?;
        drop(of_the_owner_alone(&part.db)?);
        let copied = copy(self.conn(), &part.db).and_then(|()| check(&part));
        let copied = match copied {
            Ok(copied) => copied,
            Err(error) => {
                // What is there is no copy; whether it could be removed changes nothing about that.
                let _ = remove(&part.db);
                return Err(error);
            }
        };
        // The key first: a copy without its key could not be put back.
        let secret = beside(&to.key());
        remove(&secret)?;
        write_secret(&secret, &hex::encode(key.to_bytes()))?;
        std::fs::rename(&secret, to.key())?;
        File::open(&part.db)?.sync_all()?;
        std::fs::rename(&part.db, out)?;
        if let Some(folder) = out.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            File::open(folder)?.sync_all()?;
        }
        Ok(copied)
    }
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.to_owned().into_os_string();
    name.push(".new");
    name.into()
}

fn remove(path: &Path) -> io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// A new file that nobody else may read: it has a hotel's day in it, or a secret.
fn of_the_owner_alone(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.create_new(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

fn write_secret(path: &Path, text: &str) -> io::Result<()> {
    let mut file = of_the_owner_alone(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn copy(from: &Connection, part: &Path) -> Result<(), BackupError> {
    let mut to = Connection::open_with_flags(part, OpenFlags::default())?;
    let _instant = from.unchecked_transaction()?;
    // The read that makes the instant.
    from.query_row("SELECT count(*) FROM meta", [], |_| Ok(()))?;
    // All pages at once: in several steps a writer beside it would make it begin again.
    rusqlite::backup::Backup::new(from, &mut to)?.step(-1)?;
    // One file, without a log beside it.
    let _: String = to.query_row("PRAGMA journal_mode = DELETE", [], |row| row.get(0))?;
    to.close().map_err(|(_, error)| error)?;
    Ok(())
}

fn check(part: &Files) -> Result<Copied, BackupError> {
    let conn = Connection::open_with_flags(&part.db, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let said: String = conn.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if said != "ok" {
        return Err(BackupError::Damaged(said));
    }
    let (head_seq, _) = rows::feed(&conn)?;
    let report = Admin::alone(part.clone(), conn).verify_audit()?;
    if let Some(fault) = report.fault {
        return Err(BackupError::Damaged(format!("{}, {}: {}", fault.property_id, fault.place, fault.what)));
    }
    Ok(Copied { head_seq, entries: report.entries, bytes: std::fs::metadata(&part.db)?.len() })
}
