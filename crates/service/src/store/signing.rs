//! The secret key that signs audit heads: it lies in a file, readable by its owner only, and never in the database.

use crate::env::Environment;
use crate::startup::Refusal;
use ed25519_dalek::SigningKey;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;

/// The public half, as capabilities show it.
#[must_use]
pub fn public_hex(key: &SigningKey) -> String {
    hex::encode(key.verifying_key().to_bytes())
}

/// Makes a key and its file.
pub(super) fn make_key(path: &Path, env: &dyn Environment) -> Result<SigningKey, Refusal> {
    let mut secret = [0; 32];
    env.fill_random(&mut secret);
    let write = || -> std::io::Result<()> {
        let mut options = OpenOptions::new();
        options.create(true).truncate(true).write(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path)?;
        file.write_all(hex::encode(secret).as_bytes())?;
        file.sync_all()?;
        // The name has to survive a power cut too, not only the bytes.
        if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            sync_folder(folder)?;
        }
        Ok(())
    };
    write().map_err(|error| Refusal::from_io(path, &error))?;
    Ok(SigningKey::from_bytes(&secret))
}

fn sync_folder(folder: &Path) -> std::io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// The key in a file, where there is one.
pub(super) fn read_key(path: &Path) -> Option<SigningKey> {
    let text = std::fs::read_to_string(path).ok()?;
    let secret: [u8; 32] = hex::decode(text.trim()).ok()?.try_into().ok()?;
    Some(SigningKey::from_bytes(&secret))
}
