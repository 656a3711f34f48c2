//! A campaign of hours in several sittings: each history is written down when it has been played, and the next sitting
//! goes on behind it.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use turndown_sim::world::Tally;

/// One history, as a worker tells of it and as the file keeps it.
#[derive(Debug, Serialize, Deserialize)]
pub struct Played {
    /// Its seed.
    pub seed: u64,
    /// What it came to.
    pub tally: Tally,
}

/// What all sittings have in common. Another program, or seeds dealt out in another way, would make a sum that says
/// nothing.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Campaign {
    program_sha256: String,
    from: u64,
    jobs: u64,
}

/// The file of a campaign: what it is, then a line for each history.
#[derive(Debug)]
pub struct Sittings(File);

impl Sittings {
    /// Opens the file of a campaign, or begins it. Answers what has been played.
    ///
    /// # Errors
    /// With words for whoever asked, when the file cannot be read or written, or is of another campaign or program.
    pub fn open(path: &Path, from: u64, jobs: u64) -> Result<(Self, Vec<Played>), String> {
        let cannot = |error: std::io::Error| format!("{} cannot be used: {error}", path.display());
        let program = std::env::current_exe().and_then(std::fs::read).map_err(cannot)?;
        let campaign = Campaign { program_sha256: hex::encode(Sha256::digest(program)), from, jobs };
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path).map_err(cannot)?;
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(cannot)?;
        // A line that has no end was not finished when the last sitting ended: its history is played again.
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        let mut lines = text[..whole].lines();
        let Some(first) = lines.next() else {
            file.set_len(0).map_err(cannot)?;
            file.rewind().map_err(cannot)?;
            let mut sittings = Self(file);
            sittings.write(&campaign).map_err(cannot)?;
            return Ok((sittings, vec![]));
        };
        if serde_json::from_str::<Campaign>(first).ok().as_ref() != Some(&campaign) {
            return Err(format!(
                "{} is of another campaign, or of another build of this program. Begin a new file.",
                path.display()
            ));
        }
        let played: Result<Vec<Played>, _> = lines.map(serde_json::from_str).collect();
        let played = played.map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
        file.set_len(whole as u64).map_err(cannot)?;
        file.seek(SeekFrom::End(0)).map_err(cannot)?;
        Ok((Self(file), played))
    }

    /// Keeps one more.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn keep(&mut self, played: &Played) -> std::io::Result<()> {
        self.write(played)
    }

    fn write(&mut self, line: &impl Serialize) -> std::io::Result<()> {
        let mut text = serde_json::to_vec(line)?;
        text.push(b'\n');
        self.0.write_all(&text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn played(seed: u64) -> Played {
        Played { seed, tally: Tally { desk_days: seed, ..Tally::default() } }
    }

    fn seeds(played: &[Played]) -> Vec<u64> {
        played.iter().map(|played| played.seed).collect()
    }

    #[test]
    fn a_campaign_goes_on_behind_what_it_played_and_with_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("campaign");
        let (mut first, none) = Sittings::open(&path, 7, 2).unwrap();
        assert!(none.is_empty());
        first.keep(&played(7)).unwrap();
        first.keep(&played(8)).unwrap();
        // The machine stopped in the middle of a line.
        first.0.write_all(br#"{"seed":9,"tal"#).unwrap();
        drop(first);
        let (mut second, before) = Sittings::open(&path, 7, 2).unwrap();
        assert_eq!(seeds(&before), [7, 8]);
        second.keep(&played(9)).unwrap();
        assert_eq!(seeds(&Sittings::open(&path, 7, 2).unwrap().1), [7, 8, 9]);
        for (from, jobs) in [(6, 2), (7, 1)] {
            assert!(Sittings::open(&path, from, jobs).unwrap_err().contains("another campaign"));
        }
    }
}
