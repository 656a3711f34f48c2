//! Where this computer keeps the desk's key: in the operating system's keyring, or, where an administrator has chosen so,
//! in a file. A keyring may ask somebody for its password and answer when they have typed it, so none of this is for a
//! thread that others wait for.

use crate::app::{Answer, App};
use crate::connection::KeptKey;
use crate::dto::{CommandError, StartNotice};
use crate::errors;
use keyring_core::{CredentialStore, Error};
use std::sync::Arc;
use std::thread;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::timeout;
use turndown_phrase::{Phrase, phrase};
use turndown_sync::Cause;

/// What the keyring calls all that is Turndown's.
const SERVICE: &str = "Turndown";
/// How long somebody may take to unlock their keyring while a desk is being connected.
const UNLOCKED_WITHIN: Duration = Duration::from_secs(60);

/// Where a desk keeps its key.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Keys {
    /// In the keyring. Where there is none, a desk is not connected to a hotel.
    #[default]
    Keyring,
    /// In the file that names the hotel, for its owner alone: for a computer without a keyring. Whoever has the disk has
    /// the key.
    File,
}

impl App {
    fn keys(&self) -> (Keys, u128) {
        (self.0.config.keys, self.0.config.environment.random())
    }

    /// Makes sure that a key can be kept, before one is asked for: a code is good for one key.
    ///
    /// # Errors
    /// The keyring is locked or does not answer, or does not give back what it was given.
    pub(crate) async fn try_out_keys(&self) -> Answer<()> {
        let (keys, random) = self.keys();
        if keys == Keys::File {
            return Ok(());
        }
        let tried = beside(move || forget(&keep(name("trial", random), &format!("{random:032x}"))?)).await;
        tried.map_err(|_| {
            self.no_keyring(phrase!(
                "Unlock it, then connect again: the code is still good. If this computer has none, ask your IT."
            ))
        })
    }

    /// Keeps a key.
    ///
    /// # Errors
    /// As [`App::try_out_keys`].
    pub(crate) async fn keep_key(&self, key: String) -> Answer<KeptKey> {
        let (keys, random) = self.keys();
        if keys == Keys::File {
            return Ok(KeptKey::File(key));
        }
        let kept = beside(move || keep(name("desk", random), &key)).await;
        kept.map(KeptKey::Keyring).map_err(|_| {
            self.no_keyring(phrase!("Unlock it, then connect again with a new code: this one is used up."))
        })
    }

    fn no_keyring(&self, next_step: Phrase) -> CommandError {
        let message =
            phrase!("This computer's keyring, which is to keep this desk's key, is locked or does not answer.");
        self.error(Cause::KeyringShut.code(), message, next_step)
    }

    /// Moves a key that an earlier version kept in a file, where it is to be in the keyring. The desk goes on meanwhile,
    /// and also where it cannot be moved: then it says so at each start.
    pub(crate) fn move_key_into_the_keyring(&self) {
        let (Keys::Keyring, random) = self.keys() else { return };
        let Some(KeptKey::File(key)) = self.linked().map(|linked| linked.connection.key) else { return };
        let app = self.clone();
        tokio::spawn(async move {
            let mover = app.clone();
            if beside(move || mover.moved(&key, random)).await.is_err() && app.key_is_in_a_file() {
                app.set_connection_notice(Some(StartNotice {
                    code: "KEY_IN_FILE".into(),
                    message: phrase!("This desk's key lies in a file, because it could not be put into this computer's keyring."),
                    next_step: phrase!("Go on working. Have your IT look after the keyring; the key moves there when Turndown starts again."),
                }));
            }
        });
    }

    fn key_is_in_a_file(&self) -> bool {
        self.linked().is_some_and(|linked| matches!(linked.connection.key, KeptKey::File(_)))
    }

    /// Puts a key into the keyring, and its name where it stood.
    fn moved(&self, key: &str, random: u128) -> Result<(), Cause> {
        let name = keep(name("desk", random), key)?;
        let written = self.change_connection(|connection| {
            let is_still_there = matches!(&connection.key, KeptKey::File(there) if there == key);
            if is_still_there {
                connection.key = KeptKey::Keyring(name.clone());
            }
            is_still_there
        });
        // Where it could not be written, or another key has come meanwhile, nobody will ask for this one.
        if !written.map_err(|error| errors::logged("connection", &error)).unwrap_or_default() {
            return forget(&name).and(Err(Cause::KeyringShut));
        }
        tracing::info!("the desk's key is in the keyring now");
        // Somebody may have typed the keyring's password long after it was said that the key could not be moved.
        self.set_connection_notice(None);
        Ok(())
    }
}

/// Has the keyring forget a key that nobody needs any more. Nothing waits for it: a key that stays opens nothing that its
/// desk may not open anyway.
pub(crate) fn forget_behind(key: &KeptKey) {
    if let KeptKey::Keyring(name) = key.clone() {
        tokio::spawn(beside(move || forget(&name)));
    }
}

/// Does something with the keyring on a thread of its own, and waits for as long as somebody may take to type its
/// password. The runtime's own threads would have to end before it does.
async fn beside<T: Send + 'static>(work: impl FnOnce() -> Result<T, Cause> + Send + 'static) -> Result<T, Cause> {
    let (tell, told) = oneshot::channel();
    let begun = thread::Builder::new().name("keyring".into()).spawn(move || tell.send(work()));
    if let Err(error) = begun {
        tracing::warn!(%error, "no thread for the keyring");
    }
    let answered = timeout(UNLOCKED_WITHIN, told).await;
    answered.ok().and_then(Result::ok).unwrap_or(Err(Cause::KeyringShut))
}

/// Two desks of one person, and two connections of one desk, have each their own.
fn name(of: &str, random: u128) -> String {
    format!("{of}-{random:032x}")
}

fn keep(name: String, key: &str) -> Result<String, Cause> {
    entry(&name)?.set_password(key).map_err(|error| shut(&error))?;
    if fetch(&name).is_ok_and(|kept| kept == key) {
        return Ok(name);
    }
    tracing::error!("the keyring does not give back what it was given");
    forget(&name).and(Err(Cause::KeyringShut))
}

/// The key of this name.
///
/// # Errors
/// The keyring is locked or does not answer, or knows no such name.
pub(crate) fn fetch(name: &str) -> Result<String, Cause> {
    entry(name)?.get_password().map_err(|error| match error {
        Error::NoEntry => Cause::KeyMissing,
        error => shut(&error),
    })
}

/// Has the keyring forget a name. One that it does not know is forgotten already.
///
/// # Errors
/// The keyring is locked or does not answer.
pub(crate) fn forget(name: &str) -> Result<(), Cause> {
    match entry(name)?.delete_credential() {
        Ok(()) | Err(Error::NoEntry) => Ok(()),
        Err(error) => Err(shut(&error)),
    }
}

fn entry(name: &str) -> Result<keyring_core::Entry, Cause> {
    // Anew each time: a keyring may come up after the desk did.
    let entry = store().and_then(|store| store.build(SERVICE, name, Some(&MODIFIERS.into())));
    entry.map_err(|error| shut(&error))
}

/// What somebody reads who looks through their keyring.
#[cfg(all(unix, not(target_os = "macos")))]
const MODIFIERS: [(&str, &str); 1] = [("label", "Turndown: the key of this desk")];
/// It does not follow the person to another computer.
#[cfg(windows)]
const MODIFIERS: [(&str, &str); 1] = [("persistence", "Local")];
#[cfg(target_os = "macos")]
const MODIFIERS: [(&str, &str); 0] = [];

#[cfg(target_os = "macos")]
fn store() -> keyring_core::Result<Arc<CredentialStore>> {
    apple_native_keyring_store::keychain::Store::new().map(|store| store as _)
}

#[cfg(windows)]
fn store() -> keyring_core::Result<Arc<CredentialStore>> {
    windows_native_keyring_store::Store::new().map(|store| store as _)
}

#[cfg(all(unix, not(target_os = "macos")))]
fn store() -> keyring_core::Result<Arc<CredentialStore>> {
    zbus_secret_service_keyring_store::Store::new().map(|store| store as _)
}

fn shut(error: &Error) -> Cause {
    // What a keyring says of itself names no key; what it holds is printed nowhere.
    let why = match error {
        Error::PlatformFailure(why) | Error::NoStorageAccess(why) => why.to_string(),
        Error::BadEncoding(_) | Error::BadDataFormat(..) => "it holds something else".into(),
        Error::Ambiguous(_) => "it holds several keys of one name".into(),
        other => other.to_string(),
    };
    tracing::warn!(%why, "the keyring could not be used");
    Cause::KeyringShut
}
