//! A database of over 1 GB that takes hardly any memory: a table of zeros, which SQLite reads, checks and copies like
//! any other. What is recorded afterwards lies behind it, beyond the page at 1 GiB that SQLite leaves out for its locks.

use crate::disk::SimDisk;
use crate::vfs;
use rusqlite::{Connection, OpenFlags};
use std::path::Path;

/// A database of more bytes is large.
pub const LARGE: u64 = 1 << 30;
/// Bytes in a row, and rows.
const ROW: u64 = 16 << 20;
const ROWS: u64 = LARGE / ROW + 1;

/// Makes a database large that nobody has open.
///
/// # Errors
/// What SQLite says.
pub fn enlarge(disk: &SimDisk, database: &Path) -> rusqlite::Result<()> {
    let connection = Connection::open_with_flags_and_vfs(database, OpenFlags::SQLITE_OPEN_READ_WRITE, vfs::NAME)?;
    // Without a log, in which every page would stand once more and be no page of zeros.
    let _: String = connection.query_row("PRAGMA journal_mode = DELETE", [], |row| row.get(0))?;
    connection.execute_batch("CREATE TABLE ballast (bytes BLOB NOT NULL)")?;
    for _ in 0..ROWS {
        connection.execute("INSERT INTO ballast (bytes) VALUES (zeroblob(?1))", [ROW])?;
    }
    connection.close().map_err(|(_, error)| error)?;
    disk.settle();
    Ok(())
}
