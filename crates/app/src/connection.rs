//! Which service this desk belongs to: one small file beside the database, readable by its owner only.
//!
//! The desk's key is not in it, but in the operating system's keyring ([`crate::keys`]), unless an administrator chose
//! otherwise.

use crate::files::sync_folder;
use crate::keys;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use turndown_offline::CarryHotel;
use turndown_sync::check::{self, Whose};
use turndown_sync::{Cause, SyncConfig, Token};

const FILE: &str = "connection.json";

/// A desk's connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct Connection {
    /// The service's address.
    pub address: String,
    /// Where the desk's key is.
    pub key: KeptKey,
    /// What the hotel's passes call this desk ([`check::device`]), so that they are read without its key.
    pub device: String,
    /// The hotel.
    pub property_id: String,
    /// Its name, for the time before the first load.
    pub property_name: String,
    /// The store that was enrolled at; another one behind the same address is refused.
    pub store_id: String,
    /// The key that the hotel's passes are signed with, once some have come. Kept apart from them, so that whoever
    /// changes the one has not changed the other.
    pub signing_key: Option<String>,
}

/// Where a desk's key is kept.
#[derive(Clone, PartialEq, Eq)]
pub enum KeptKey {
    /// In the keyring, under this name.
    Keyring(String),
    /// In the connection's file.
    File(String),
}

/// A connection as it stands in its file. Earlier versions wrote `token` and no `device`.
#[derive(Serialize, Deserialize)]
struct Written {
    address: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    device: Option<String>,
    property_id: String,
    property_name: String,
    store_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    signing_key: Option<String>,
}

impl TryFrom<Written> for Connection {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        let (key, device) = match (written.token, written.key_name, written.device) {
            (Some(token), None, _) => {
                let device = check::device(&token);
                (KeptKey::File(token), device)
            }
            (None, Some(name), Some(device)) => (KeptKey::Keyring(name), device),
            _ => return Err("a connection has one key"),
        };
        let Written { address, property_id, property_name, store_id, signing_key, .. } = written;
        Ok(Self { address, key, device, property_id, property_name, store_id, signing_key })
    }
}

impl From<Connection> for Written {
    fn from(connection: Connection) -> Self {
        let Connection { address, key, device, property_id, property_name, store_id, signing_key } = connection;
        let (token, key_name, device) = match key {
            KeptKey::File(token) => (Some(token), None, None),
            KeptKey::Keyring(name) => (None, Some(name), Some(device)),
        };
        Self { address, token, key_name, device, property_id, property_name, store_id, signing_key }
    }
}

// The key is a secret: it is left out wherever somebody prints this.
impl std::fmt::Debug for KeptKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Keyring(_) => "Keyring",
            Self::File(_) => "File",
        })
    }
}

impl Connection {
    /// What the link needs of it.
    pub fn for_link(&self) -> SyncConfig {
        SyncConfig {
            address: self.address.clone(),
            token: self.token(),
            property_id: self.property_id.clone(),
            store_id: self.store_id.clone(),
        }
    }

    fn token(&self) -> Token {
        match &self.key {
            KeptKey::File(key) => key.clone().into(),
            KeptKey::Keyring(name) => {
                let (name, device) = (name.clone(), self.device.clone());
                Token::kept(move || {
                    let key = keys::fetch(&name)?;
                    if check::device(&key) == device {
                        return Ok(key);
                    }
                    tracing::error!("the keyring holds another key under this desk's name");
                    Err(Cause::KeyMissing)
                })
            }
        }
    }

    /// For which desk the hotel's passes have to be.
    pub fn whose(&self) -> Whose<'_> {
        Whose { store_id: &self.store_id, property_id: &self.property_id, device: &self.device }
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
    sync_folder(folder)
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
            key: KeptKey::File("secret".into()),
            device: check::device("secret"),
            property_id: "city-hotel".into(),
            property_name: "City Hotel".into(),
            store_id: "s1".into(),
            signing_key: None,
        };
        let in_the_keyring = Connection { key: KeptKey::Keyring("desk-1".into()), ..connection.clone() };
        for connection in [in_the_keyring, connection] {
            save(folder.path(), &connection).expect("writes");
            assert_eq!(load(folder.path()).expect("reads"), Some(connection));
        }
        #[cfg(unix)]
        {
            let mode = fs::metadata(path(folder.path())).expect("there").permissions();
            assert_eq!(std::os::unix::fs::PermissionsExt::mode(&mode) & 0o777, 0o600);
        }
    }

    #[test]
    fn i1_a_connection_of_an_earlier_version_is_read_and_nothing_prints_its_key() {
        let folder = tempfile::tempdir().expect("a folder");
        let earlier = r#"{"address":"a","token":"secret","property_id":"p","property_name":"P","store_id":"s"}"#;
        fs::write(path(folder.path()), earlier).expect("writes");
        let connection = load(folder.path()).expect("reads").expect("there");
        assert_eq!(connection.key, KeptKey::File("secret".into()));
        assert_eq!(connection.device, check::device("secret"));
        let printed = format!("{connection:?} {:?}", connection.for_link());
        assert!(!printed.contains("secret"), "{printed}");
    }
}
