//! Ids are opaque names: no code orders by them and none reads a time out of them.

use serde::{Deserialize, Deserializer, Serialize};
use std::fmt;
use thiserror::Error;

/// The longest id accepted anywhere, in bytes.
const ID_BYTES_MAX: usize = 64;

/// Why a text is not an id.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum IdError {
    /// Nothing was given.
    #[error("an id cannot be empty")]
    Empty,
    /// Longer than 64 bytes.
    #[error("an id has at most 64 characters")]
    TooLong,
    /// Letters, digits and `-_.:` only, so that an id is safe in a path, a log and a header.
    #[error("an id has only letters, digits and - _ . :")]
    Character,
}

fn check(text: &str) -> Result<(), IdError> {
    if text.is_empty() {
        return Err(IdError::Empty);
    }
    if text.len() > ID_BYTES_MAX {
        return Err(IdError::TooLong);
    }
    if text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.:".contains(&b)) {
        Ok(())
    } else {
        Err(IdError::Character)
    }
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Reads an id from text.
            ///
            /// # Errors
            /// When the text is empty, longer than 64 bytes, or has a character outside `A-Z a-z 0-9 - _ . :`.
            pub fn parse(text: impl Into<String>) -> Result<Self, IdError> {
                let text = text.into();
                check(&text)?;
                Ok(Self(text))
            }

            /// A new id from 128 bits of randomness and the milliseconds of a clock. The time only makes ids
            /// readable side by side; nothing depends on it.
            #[must_use]
            pub fn generate(unix_ms: u64, random: u128) -> Self {
                Self(ulid::Ulid::from_parts(unix_ms, random).to_string())
            }

            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                Self::parse(text)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(de: D) -> Result<Self, D::Error> {
                let text = String::deserialize(de)?;
                Self::parse(text).map_err(serde::de::Error::custom)
            }
        }
    };
}

id!(
    /// One recorded action, for ever. Also its `X-Idempotency-Key`.
    EventId
);
id!(
    /// One installation of the desk: one database on one machine. A restored or cloned database goes on under a new one.
    InstallId
);
id!(
    /// A person (or `system:<name>` for the desk and the service themselves).
    ActorId
);
id!(
    /// One hotel.
    PropertyId
);
id!(
    /// One request that carries events; the answer repeats it.
    BatchId
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_refuse_what_could_hurt_a_path_or_a_log() {
        for (text, expected) in [
            ("", Err(IdError::Empty)),
            ("../etc", Err(IdError::Character)),
            ("a b", Err(IdError::Character)),
            ("a\nb", Err(IdError::Character)),
            ("ü", Err(IdError::Character)),
            ("room-412", Ok(())),
            ("system:desk", Ok(())),
        ] {
            assert_eq!(EventId::parse(text).map(|_| ()), expected, "{text:?}");
        }
        assert_eq!(EventId::parse("x".repeat(65)), Err(IdError::TooLong));
    }
}
