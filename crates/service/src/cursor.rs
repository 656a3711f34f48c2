//! Where a reader of the change feed stands: which store, which epoch, which sequence number. Opaque to readers, so
//! that none of them computes with it; not secret.

use crate::store::Identity;

/// Why a cursor cannot be gone on from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CursorFault {
    /// It is not a cursor of this service at all.
    Unreadable,
    /// It is of another store or epoch: what it counts is not what this store counts.
    Gone,
}

/// The cursor that stands at a sequence number.
#[must_use]
pub fn write(store_id: &str, epoch: &str, seq: u64) -> String {
    hex::encode(format!("1.{store_id}.{epoch}.{seq}"))
}

/// The sequence number that a cursor stands at.
///
/// # Errors
/// When it is no cursor, or one of another store or epoch.
pub fn read(identity: &Identity, cursor: &str) -> Result<u64, CursorFault> {
    let bytes = hex::decode(cursor).map_err(|_| CursorFault::Unreadable)?;
    let text = String::from_utf8(bytes).map_err(|_| CursorFault::Unreadable)?;
    let parts: Vec<&str> = text.split('.').collect();
    let ["1", store, epoch, seq] = parts[..] else { return Err(CursorFault::Unreadable) };
    let seq = seq.parse().map_err(|_| CursorFault::Unreadable)?;
    if store == identity.store_id && epoch == identity.epoch { Ok(seq) } else { Err(CursorFault::Gone) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn g4_a_cursor_of_another_generation_is_refused_and_not_read() {
        let identity =
            |store: &str, epoch: &str| Identity { store_id: store.into(), epoch: epoch.into(), run: String::new() };
        let here = identity("store_1", "epoch_1");
        let cursor = write("store_1", "epoch_1", 42);
        assert_eq!(read(&here, &cursor), Ok(42));
        assert_eq!(read(&identity("store_2", "epoch_1"), &cursor), Err(CursorFault::Gone));
        assert_eq!(read(&identity("store_1", "epoch_2"), &cursor), Err(CursorFault::Gone));
        for not_one in ["", "42", "zz", &hex::encode("1.store_1.epoch_1"), &hex::encode("2.store_1.epoch_1.42")] {
            assert_eq!(read(&here, not_one), Err(CursorFault::Unreadable), "{not_one:?}");
        }
    }
}
