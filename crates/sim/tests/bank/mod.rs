//! A small bank on a simulated disk, with plain SQLite: what a transfer changes must be there wholly or not at all.

use std::path::PathBuf;

use rusqlite::{Connection, OpenFlags};
use turndown_offline::Disk;
use turndown_sim::{disk::SimDisk, vfs};

const ACCOUNTS: i64 = 8;
const START: i64 = 100;

/// How a bank's database is run.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    pub journal: &'static str,
    pub synchronous: &'static str,
    pub powersafe: bool,
}

pub const WAL_FULL: Setting = Setting { journal: "wal", synchronous: "full", powersafe: true };

pub fn folder(disk: &SimDisk) -> PathBuf {
    disk.root().join("desk")
}

pub fn database(disk: &SimDisk) -> PathBuf {
    folder(disk).join("bank.db")
}

pub fn connect(disk: &SimDisk, setting: Setting) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags_and_vfs(database(disk), flags, vfs::NAME)?;
    let journal: String =
        connection.query_row(&format!("PRAGMA journal_mode={}", setting.journal), [], |row| row.get(0))?;
    assert_eq!(journal, setting.journal);
    connection.execute_batch(&format!(
        "PRAGMA synchronous={}; PRAGMA temp_store=memory; PRAGMA wal_autocheckpoint=0;",
        setting.synchronous
    ))?;
    Ok(connection)
}

/// A bank with nothing but its accounts, on a machine that has been left alone for a while.
pub fn bank(disk: &SimDisk, setting: Setting) -> Connection {
    disk.set_powersafe_overwrite(setting.powersafe);
    disk.make_folder(&folder(disk)).unwrap();
    let connection = connect(disk, setting).unwrap();
    connection
        .execute_batch(
            "CREATE TABLE account (id INTEGER PRIMARY KEY, amount INTEGER NOT NULL);
             CREATE TABLE transfer (seq INTEGER PRIMARY KEY, note BLOB NOT NULL);",
        )
        .unwrap();
    for id in 0..ACCOUNTS {
        connection.execute("INSERT INTO account VALUES (?1, ?2)", [id, START]).unwrap();
    }
    disk.settle();
    connection
}

/// The `seq`-th transfer: two accounts change, and a note of several pages says so.
pub fn transfer(connection: &Connection, seq: i64) -> rusqlite::Result<()> {
    connection.execute_batch("BEGIN IMMEDIATE")?;
    let done = (|| {
        connection.execute("UPDATE account SET amount = amount - ?1 WHERE id = ?2", [seq, seq % ACCOUNTS])?;
        connection.execute("UPDATE account SET amount = amount + ?1 WHERE id = ?2", [seq, (seq * 3 + 1) % ACCOUNTS])?;
        connection.execute("INSERT INTO transfer VALUES (?1, ?2)", (seq, vec![seq as u8; 9_000]))?;
        connection.execute_batch("COMMIT")
    })();
    if done.is_err() && !connection.is_autocommit() {
        let _ = connection.execute_batch("ROLLBACK");
    }
    done
}

/// How many transfers the bank holds, after checking that each is there wholly.
pub fn holds(connection: &Connection) -> Result<i64, String> {
    let text = |error: rusqlite::Error| error.to_string();
    let check: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).map_err(text)?;
    if check != "ok" {
        return Err(format!("integrity_check: {check}"));
    }
    let notes: Vec<(i64, Vec<u8>)> = connection
        .prepare("SELECT seq, note FROM transfer ORDER BY seq")
        .and_then(|mut rows| rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect())
        .map_err(text)?;
    let amounts: Vec<i64> = connection
        .prepare("SELECT amount FROM account ORDER BY id")
        .and_then(|mut rows| rows.query_map([], |row| row.get(0))?.collect())
        .map_err(text)?;
    let mut expected = vec![START; ACCOUNTS as usize];
    for (at, (seq, note)) in notes.iter().enumerate() {
        if *seq != at as i64 + 1 || *note != vec![*seq as u8; 9_000] {
            return Err(format!("transfer {seq} stands at {at}, with {} bytes", note.len()));
        }
        expected[(seq % ACCOUNTS) as usize] -= seq;
        expected[((seq * 3 + 1) % ACCOUNTS) as usize] += seq;
    }
    if amounts != expected {
        return Err(format!("amounts {amounts:?} with {} transfers", notes.len()));
    }
    Ok(notes.len() as i64)
}

/// A morning at the bank: transfers, with a checkpoint that starts the log afresh and one that empties it. `committed`
/// counts what was answered.
pub fn morning(connection: &Connection, committed: &mut i64) -> rusqlite::Result<()> {
    for step in 0..7 {
        match step {
            2 => connection.query_row("PRAGMA wal_checkpoint(RESTART)", [], |_| Ok(()))?,
            5 => connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?,
            _ => {
                transfer(connection, *committed + 1)?;
                *committed += 1;
            }
        }
    }
    Ok(())
}
