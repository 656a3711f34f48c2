//! Which service this desk belongs to: one small file beside the database, readable by its owner only.
//!
//! The token moves to the operating system's keyring with real sign-in; until then the file's mode guards it.

use serde::{Deserialize, Serialize};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use turndown_offline::CarryHotel;
use turndown_sync::SyncConfig;

const FILE: &str = "connection.json";

/// A desk's connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// The service's address.
    pub address: String,
    /// The desk's token.
    pub token: String,
    /// The hotel.
    pub property_id: String,
    /// Its name, for the time before the first load.
    pub property_name: String,
    /// The store that was enrolled at; another one behind the same address is refused.
    pub store_id: String,
    /// The key that the hotel's passes are signed with, once some have come. Kept apart from them, so that whoever
    /// changes the one has not changed the other.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signing_key: Option<String>,
}

impl Connection {
    /// What the link needs of it.
    pub fn for_link(&self) -> SyncConfig {
        SyncConfig {
            address: self.address.clone(),
            token: self.token.clone(),
            property_id: self.property_id.clone(),
            store_id: self.store_id.clone(),
        }
    }

    /// The hotel that a file has to be of to be carried here.
    pub fn carry_hotel(&self) -> CarryHotel {
        CarryHotel { property_id: self.property_id.clone(), store_id: self.store_id.clone() }
    }
}

fn path(folder: &Path) -> PathBuf {
    folder.join(FILE)
}

/// Reads the connection, if there is one.
///
/// # Errors
/// When the file is there and cannot be read.
pub fn load(folder: &Path) -> std::io::Result<Option<Connection>> {
    match fs::read(path(folder)) {
        Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Writes the connection: whole or not at all.
///
/// # Errors
/// When the folder cannot be written.
pub fn save(folder: &Path, connection: &Connection) -> std::io::Result<()> {
    let unfinished = folder.join(format!("{FILE}.new"));
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&unfinished)?;
    file.write_all(&serde_json::to_vec_pretty(connection)?)?;
    file.sync_all()?;
    fs::rename(&unfinished, path(folder))?;
    fs::File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_comes_back_as_it_was_and_only_its_owner_may_read_it() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(load(folder.path()).expect("reads"), None);
        let connection = Connection {
            address: "http://127.0.0.1:8787".into(),
            token: "secret".into(),
            property_id: "city-hotel".into(),
            property_name: "City Hotel".into(),
            store_id: "s1".into(),
            signing_key: None,
        };
        save(folder.path(), &connection).expect("writes");
        assert_eq!(load(folder.path()).expect("reads"), Some(connection));
        #[cfg(unix)]
        {
            let mode = fs::metadata(path(folder.path())).expect("there").permissions();
            assert_eq!(std::os::unix::fs::PermissionsExt::mode(&mode) & 0o777, 0o600);
        }
    }
}
