//! Tokens and enrolment codes. The store keeps SHA-256 of them only: both carry enough randomness (256 bits; 40 bits
//! for fifteen minutes behind limited tries) that a slow hash would add nothing.

use crate::env::Environment;
use crate::store::Hash;
use sha2::{Digest, Sha256};

/// Letters and digits that nobody mixes up when a code is read out: no I, L, O, U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Characters in a code.
const CODE_CHARS: usize = 8;

/// A new device token, 256 random bits.
#[must_use]
pub fn new_token(env: &dyn Environment) -> String {
    let mut secret = [0; 32];
    env.fill_random(&mut secret);
    format!("td_{}", hex::encode(secret))
}

/// What is kept of a token.
#[must_use]
pub fn hash(token: &str) -> Hash {
    Sha256::digest(token.as_bytes()).into()
}

/// A new enrolment code, as it is read out: `K7QD-2M9X`.
#[must_use]
pub fn new_code(env: &dyn Environment) -> String {
    let mut random = [0; CODE_CHARS];
    env.fill_random(&mut random);
    let mut code: String = random.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect();
    code.insert(CODE_CHARS / 2, '-');
    code
}

/// What is kept of a code. Case, spaces and dashes do not matter, and letters that look like digits are read as those.
/// `None` for what cannot be a code.
#[must_use]
pub fn code_hash(code: &str) -> Option<Hash> {
    let plain: String = code
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .map(|c| match c.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            c => c,
        })
        .collect();
    let known = plain.len() == CODE_CHARS && plain.bytes().all(|b| ALPHABET.contains(&b));
    known.then(|| hash(&plain))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::env::SystemEnvironment;

    #[test]
    fn a_code_is_the_same_however_it_is_typed() {
        let code = new_code(&SystemEnvironment);
        assert_eq!(code.len(), 9, "{code}");
        let typed = format!(" {} ", code.to_lowercase().replace('-', " "));
        assert_eq!(code_hash(&typed), code_hash(&code));
        assert!(code_hash(&code).is_some());
        assert_eq!(code_hash("OIL0-1234"), code_hash("0110-1234"));
        for wrong in ["", "ABC", "ABCD-EFGHJ", "ABCD-EFG!", "ÄBCD-EFGH"] {
            assert_eq!(code_hash(wrong), None, "{wrong:?}");
        }
    }
}
