//! A person's PIN: what makes a good one, and how it is kept.
//!
//! What is kept is an Argon2id verifier with a salt of its own, in the PHC form that names its parameters. Six digits are
//! found within a day by whoever holds a verifier and has a computer to spare: a PIN keeps a colleague out, and the
//! encrypted disk keeps out the thief.

use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};

/// The fewest digits of a PIN.
pub const DIGITS_MIN: usize = 6;
/// The most digits of a PIN.
pub const DIGITS_MAX: usize = 12;
/// Bytes of a verifier's salt.
pub const SALT_BYTES: usize = 16;

/// Memory of one try in KiB and its rounds: a tenth of a second on an office PC.
const MEMORY_KIB: u32 = 64 * 1024;
const ROUNDS: u32 = 3;

/// Why a PIN will not do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weak {
    /// It is not digits alone.
    NotDigits,
    /// It has fewer than [`DIGITS_MIN`].
    Short,
    /// It has more than [`DIGITS_MAX`].
    Long,
    /// It is among those that everybody tries first.
    Obvious,
}

/// What was typed, as digits that every keyboard means: spaces go, Arabic and Persian digits become 0 to 9.
#[must_use]
pub fn plain(typed: &str) -> String {
    crate::radio::fold(typed).chars().filter(|c| !c.is_whitespace()).collect()
}

/// Whether a new PIN will do.
///
/// # Errors
/// Why not.
pub fn check(pin: &str) -> Result<(), Weak> {
    if !pin.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Weak::NotDigits);
    }
    match pin.len() {
        ..DIGITS_MIN => Err(Weak::Short),
        DIGITS_MIN..=DIGITS_MAX if is_obvious(pin.as_bytes()) => Err(Weak::Obvious),
        DIGITS_MIN..=DIGITS_MAX => Ok(()),
        _ => Err(Weak::Long),
    }
}

/// A block of one to three digits again and again (111111, 121212, 123123), or steps of one up or down (123456, 098765).
fn is_obvious(pin: &[u8]) -> bool {
    let repeats = |length: usize| pin.iter().zip(pin.iter().skip(length)).all(|(a, b)| a == b);
    let steps = |step: u8| pin.windows(2).all(|pair| matches!(pair, [a, b] if (a - b'0' + step) % 10 == b - b'0'));
    (1..=3).any(repeats) || steps(1) || steps(9)
}

fn slow() -> Argon2<'static> {
    // The parameters are within what Argon2 allows; its own defaults are weaker, and never weak.
    let params = Params::new(MEMORY_KIB, ROUNDS, 1, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// The verifier of a PIN; none where Argon2 cannot be computed. Takes about a tenth of a second and 64 MiB.
#[must_use]
pub fn seal(pin: &str, salt: [u8; SALT_BYTES]) -> Option<String> {
    slow().hash_password_with_salt(pin.as_bytes(), &salt).ok().map(|hash| hash.to_string())
}

/// Whether it is the PIN of a verifier. Takes as long as [`seal`]; what is no verifier is opened by nothing.
#[must_use]
pub fn opens(pin: &str, verifier: &str) -> bool {
    slow().verify_password(pin.as_bytes(), verifier).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_that_everybody_tries_first_is_refused_and_why() {
        for (pin, expected) in [
            ("481516", Ok(())),
            ("100000", Ok(())),
            ("481516234200", Ok(())),
            ("", Err(Weak::Short)),
            ("48151", Err(Weak::Short)),
            ("4815162342001", Err(Weak::Long)),
            ("48151a", Err(Weak::NotDigits)),
            ("48-516", Err(Weak::NotDigits)),
            ("000000", Err(Weak::Obvious)),
            ("121212", Err(Weak::Obvious)),
            ("417417", Err(Weak::Obvious)),
            ("1231231", Err(Weak::Obvious)),
            ("123456", Err(Weak::Obvious)),
            ("567890123", Err(Weak::Obvious)),
            ("210987", Err(Weak::Obvious)),
        ] {
            assert_eq!(check(pin), expected, "{pin}");
        }
    }

    #[test]
    fn a_pin_is_the_same_on_every_keyboard() {
        for typed in ["481516", " 481 516 ", "٤٨١٥١٦", "۴۸۱۵۱۶"] {
            assert_eq!(plain(typed), "481516", "{typed}");
        }
    }

    #[test]
    fn a_verifier_is_opened_by_its_pin_alone_and_two_of_one_pin_differ() {
        let verifier = seal("481516", [7; SALT_BYTES]).expect("Argon2 runs");
        assert!(verifier.starts_with("$argon2id$v=19$m=65536,t=3,p=1$"), "{verifier}");
        assert!(opens("481516", &verifier));
        assert!(!opens("481517", &verifier));
        assert!(!opens("481516", "no verifier"));
        assert!(!opens("", ""));
        assert_ne!(seal("481516", [8; SALT_BYTES]).expect("Argon2 runs"), verifier);
    }
}
