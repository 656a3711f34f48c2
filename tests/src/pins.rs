//! The PINs that services gave to the people of their hotels: who plays a person has to type theirs.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Has every hotel ask for PINs.
const BY_PIN: &str = "TURNDOWN_BY_PIN";

/// Whether every hotel asks for PINs.
#[must_use]
pub fn are_asked_for_everywhere() -> bool {
    std::env::var_os(BY_PIN).is_some()
}

static PINS: Mutex<BTreeMap<String, String>> = Mutex::new(BTreeMap::new());

/// Notes what somebody's PIN is.
pub fn note(person: String, pin: String) {
    PINS.lock().unwrap_or_else(PoisonError::into_inner).insert(person, pin);
}

/// Somebody's PIN.
#[must_use]
pub fn of(person: &str) -> Option<String> {
    PINS.lock().unwrap_or_else(PoisonError::into_inner).get(person).cloned()
}
