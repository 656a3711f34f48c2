//! Who may sign in at a desk of a hotel, and with what, as the service signs it.

use crate::{ActorId, PropertyId};
use serde::{Deserialize, Serialize};

/// What the signed text of passes begins with, so that nothing else the service signs can be taken for them.
const PREFIX: &str = "turndown-passes\n";

/// One person's right to sign in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Pass {
    /// Who.
    pub staff_id: ActorId,
    /// Their role, in the workflow's own word.
    pub role: String,
    /// What their PIN is held against: Argon2id, in the PHC form.
    pub verifier: String,
    /// The PIN was made by somebody else and is to be changed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub temporary: bool,
}

/// How people sign in at one desk of a hotel. What the service says last counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Passes {
    /// Which store says so.
    pub store_id: String,
    /// Of which hotel.
    pub property_id: PropertyId,
    /// For which desk: SHA-256 of its token, hex. Another desk's passes open nothing.
    pub device: String,
    /// When it was said (RFC 3339, the service's clock).
    pub issued_at: String,
    /// Until when it holds (RFC 3339). What is done on an older one is recorded, and waits for a manager.
    pub holds_until: String,
    /// After how many minutes without a touch a desk locks; absent where people say their name and need no PIN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lock_minutes: Option<u32>,
    /// Who may sign in by PIN, by id.
    pub people: Vec<Pass>,
}

/// `GET /v1/properties/{p}/passes`: the passes as text, and the service's signature under that very text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SignedPasses {
    /// [`Passes`] as JSON, byte for byte as it was signed.
    pub passes: String,
    /// Ed25519 over [`SignedPasses::signed_text`], hex; the key is `signing_key` of the capabilities.
    pub signature: String,
}

impl SignedPasses {
    /// What is signed for the text of passes.
    #[must_use]
    pub fn signed_text(passes: &str) -> String {
        format!("{PREFIX}{passes}")
    }
}

/// `POST /v1/properties/{p}/pin`: a person changes their own PIN. The answer is [`SignedPasses`] with the new one.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ChangePin {
    /// Whose.
    pub staff_id: ActorId,
    /// The one they have.
    pub pin: String,
    /// The one they want.
    pub new_pin: String,
}

// PINs are left out wherever somebody prints this.
impl std::fmt::Debug for ChangePin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ChangePin").field("staff_id", &self.staff_id).finish_non_exhaustive()
    }
}
