//! What bookings lack, drawn from a seed.
//!
//! Each draw is the first eight bytes of SHA-256 over the seed, a topic and a key (a booking's id, a room's number).
//! It depends on these alone: not on the order of lines, and not on what else is drawn.

use sha2::{Digest, Sha256};

/// Draws from one seed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seed(pub u64);

impl Seed {
    /// A number that is any other as likely.
    pub fn draw(self, topic: &str, key: &str) -> u64 {
        let mut hash = Sha256::new();
        hash.update(b"turndown import 1\0");
        hash.update(self.0.to_be_bytes());
        // The length keeps (`a`, `bc`) and (`ab`, `c`) apart.
        hash.update((topic.len() as u64).to_be_bytes());
        hash.update(topic.as_bytes());
        hash.update(key.as_bytes());
        let digest = hash.finalize();
        digest.iter().take(8).fold(0, |number, &byte| number << 8 | u64::from(byte))
    }

    /// A number from 0 to `end`, without `end`; 0 when `end` is 0.
    pub fn below(self, end: u64, topic: &str, key: &str) -> u64 {
        // The upper half of the product is even to one part in 2^64 / end.
        let product = u128::from(self.draw(topic, key)) * u128::from(end);
        u64::try_from(product >> 64).unwrap_or(0)
    }

    /// Whether something happens that happens so many times in a hundred.
    pub fn chance(self, percent: u64, topic: &str, key: &str) -> bool {
        self.below(100, topic, key) < percent
    }

    /// One of the hours, each as likely as its weight, at a quarter of it: `HH:MM`.
    pub fn time(self, hours: &[(u8, u64)], topic: &str, key: &str) -> String {
        let sum = hours.iter().map(|(_, weight)| weight).sum();
        let mut left = self.below(sum, topic, key);
        let mut hour = 0;
        for &(candidate, weight) in hours {
            hour = candidate;
            if left < weight {
                break;
            }
            left -= weight;
        }
        let quarter = self.below(4, topic, &format!("{key}\0minutes"));
        format!("{hour:02}:{:02}", quarter * 15)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draw_is_the_same_for_ever() {
        // Imported hotels must look the same after an update: this number may never change.
        assert_eq!(Seed(1).draw("eta", "b1"), 7_789_045_105_055_049_739);
        assert_ne!(Seed(1).draw("ab", "c"), Seed(1).draw("a", "bc"));
    }

    #[test]
    fn draws_fill_their_range_evenly() {
        let mut counts = [0_u32; 10];
        for key in 0..10_000 {
            let drawn = Seed(7).below(10, "even", &key.to_string());
            counts[usize::try_from(drawn).unwrap()] += 1;
        }
        assert!(counts.iter().all(|count| (850..1150).contains(count)), "{counts:?}");
        assert_eq!(Seed(7).below(0, "none", ""), 0);
    }

    #[test]
    fn times_are_times() {
        for key in 0..200 {
            let time = Seed(3).time(&[(9, 1), (23, 4)], "t", &key.to_string());
            let minutes = time.strip_prefix("09:").or_else(|| time.strip_prefix("23:")).unwrap();
            assert!(["00", "15", "30", "45"].contains(&minutes), "{time}");
        }
    }
}
