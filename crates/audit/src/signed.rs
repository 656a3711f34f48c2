//! What is signed of a trail, and whether it is.

use ed25519_dalek::{Signature, VerifyingKey};
use turndown_protocol::{InstallId, PropertyId};

/// Whose head is signed. The kinds begin differently, so that no signature is good for another one's head.
#[derive(Debug, Clone, Copy)]
pub enum HeadOf<'a> {
    /// The service's own record of a hotel: signed where an export ends.
    Record(&'a PropertyId),
    /// A desk's chain, as far as the service holds it without a gap: what a desk hears with every answer.
    Desk(&'a InstallId),
}

/// The text that is signed: `<what>\n<store>\n<whose>\n<number>\n<hash>`.
#[must_use]
pub fn text_to_sign(of: HeadOf<'_>, store_id: &str, seq: u64, hash: &str) -> String {
    let (what, whose) = match of {
        HeadOf::Record(property) => ("turndown-audit-record", property.as_str()),
        HeadOf::Desk(install) => ("turndown-audit-head", install.as_str()),
    };
    format!("{what}\n{store_id}\n{whose}\n{seq}\n{hash}")
}

/// Whether this key (Ed25519, hex) signed the text. Anything that is no key or no signature did not, nor did one that is
/// written in another way than it is: a file has one form.
#[must_use]
pub fn is_signed(text: &str, key: &str, signature: &str) -> bool {
    let good = || {
        let key: [u8; 32] = hex::decode(key).ok()?.try_into().ok()?;
        let signature: [u8; 64] =
            hex::decode(signature).ok().filter(|bytes| hex::encode(bytes) == signature)?.try_into().ok()?;
        let key = VerifyingKey::from_bytes(&key).ok()?;
        Some(key.verify_strict(text.as_bytes(), &Signature::from_bytes(&signature)).is_ok())
    };
    good().unwrap_or(false)
}
