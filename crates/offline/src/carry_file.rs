//! The file in which what waits at one desk is carried to another by hand.
//!
//! JSON lines, so that a person can read it and any tool can check it: a head that says whose it is, then one event's
//! canonical bytes a line, in the order in which the desk would send them, then the SHA-256 of all that stands before:
//!
//! ```text
//! {"format":"turndown-carry","version":1,"install_id":"...","events":40, ...}
//! {"action":"start","actor_id":"..." ...}
//! {"sha256":"..."}
//! ```
//!
//! A file is taken whole or not at all. Its events are also held against each other: where two neighbours of the maker's
//! chain are both in it, the later one names the hash of the earlier.
//!
//! Deliberately absent: a signature. The sum finds what a bad stick or an editor did to a file; whoever wants to forge
//! one could as well send events with the token of the desk that takes it. The service judges them all the same.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use thiserror::Error;
use turndown_phrase::{Phrase, phrase};
use turndown_protocol::{EVENT_SCHEMA, EntityRef, Event, EventId, InstallId, SealedEvent};

const FORMAT: &str = "turndown-carry";
const VERSION: u32 = 1;
/// The longest file that is read: some 300,000 actions.
pub const CARRY_BYTES_MAX: u64 = 256 << 20;
/// The longest line. No request could carry a longer event; what is longer than the service takes, and shorter than
/// this, is taken and fails by itself, so that one long note does not keep forty actions from being carried.
const LINE_BYTES_MAX: usize = 1 << 20;

/// The first line: whose work it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CarryHead {
    /// Always the same.
    format: String,
    /// The file's form.
    version: u32,
    /// The hotel that it was done in.
    pub property_id: String,
    /// Its name.
    pub property_name: String,
    /// The store that it is for.
    pub store_id: String,
    /// The desk that wrote the file. Events of an install that it continues may be among them.
    pub install_id: InstallId,
    /// What people call that desk.
    pub desk: String,
    /// Who wrote it, by name.
    pub by: String,
    /// When, by that desk's clock.
    pub at: String,
    /// The end of that desk's record then.
    pub local_seq: u64,
    /// How many events are in the file.
    pub events: u64,
}

/// The hotel that a file has to be of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CarryHotel {
    /// Its id.
    pub property_id: String,
    /// The store that this desk sends to.
    pub store_id: String,
}

#[derive(Serialize, Deserialize)]
struct Sum {
    sha256: String,
}

/// Why a file is not taken. Nothing of it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum CarryRefusal {
    /// It has another form.
    NotOurs,
    /// A later version wrote it.
    Newer,
    /// Its end is missing.
    Cut,
    /// It is not as it was written.
    Changed,
    /// It is of another hotel, or for another service.
    OtherHotel,
    /// This very desk wrote it.
    Own,
    /// It is longer than a desk writes.
    TooLarge,
}

impl std::fmt::Display for CarryRefusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(&self.message(), f)
    }
}

impl CarryRefusal {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotOurs => "CARRY_FILE_NOT_OURS",
            Self::Newer => "CARRY_FILE_NEWER",
            Self::Cut => "CARRY_FILE_CUT",
            Self::Changed => "CARRY_FILE_CHANGED",
            Self::OtherHotel => "CARRY_FILE_OTHER_HOTEL",
            Self::Own => "CARRY_FILE_OWN",
            Self::TooLarge => "CARRY_FILE_TOO_LARGE",
        }
    }

    /// What is wrong, for a person.
    #[must_use]
    pub fn message(&self) -> Phrase {
        match self {
            Self::NotOurs => phrase!("This is not a file of actions that a desk has exported."),
            Self::Newer => phrase!("This file was written by a newer Turndown than this one."),
            Self::Cut => phrase!("This file is not whole: its end is missing."),
            Self::Changed => phrase!("This file is not as the desk wrote it."),
            Self::OtherHotel => phrase!("This file is of another hotel, or of a desk of another service."),
            Self::Own => phrase!("Everything in this file was recorded at this very desk, which sends it itself."),
            Self::TooLarge => phrase!("This file is larger than a desk can take at once."),
        }
    }

    /// What the person can do next.
    #[must_use]
    pub fn next_step(&self) -> Phrase {
        match self {
            Self::NotOurs => {
                phrase!("Choose the file that \"Export what waits\" made; its name begins with \"turndown-waiting\".")
            }
            Self::Newer => phrase!("Install the newest Turndown on this computer, then import the file again."),
            Self::Cut | Self::Changed => {
                phrase!(
                    "Copy the file again from the desk that wrote it, or export it there once more. Keep this one \
                     for your support."
                )
            }
            Self::OtherHotel => phrase!("Import it at a desk of the hotel that it comes from."),
            Self::Own => phrase!("There is nothing to do here. Import it at another desk of the hotel."),
            Self::TooLarge => {
                phrase!("Keep the file, and ask your support: it can be sent from a copy of that desk's folder.")
            }
        }
    }
}

/// Writes a file as its lines come.
pub(crate) struct CarryWriter<W> {
    out: W,
    sum: Sha256,
}

impl<W: io::Write> CarryWriter<W> {
    pub(crate) fn begin(out: W, head: &CarryHead) -> io::Result<Self> {
        let mut writer = Self { out, sum: Sha256::new() };
        writer.line(&serde_json::to_string(head)?)?;
        Ok(writer)
    }

    pub(crate) fn line(&mut self, line: &str) -> io::Result<()> {
        for bytes in [line.as_bytes(), b"\n"] {
            self.sum.update(bytes);
            self.out.write_all(bytes)?;
        }
        Ok(())
    }

    pub(crate) fn end(mut self) -> io::Result<()> {
        let sum = Sum { sha256: hex::encode(self.sum.finalize()) };
        writeln!(self.out, "{}", serde_json::to_string(&sum)?)?;
        self.out.flush()
    }
}

/// One event of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CarriedEvent {
    pub(crate) event_id: EventId,
    pub(crate) entity: EntityRef,
    pub(crate) hash: String,
    /// Where its bytes stand in the file.
    at: Range<usize>,
}

/// A file that is whole and sound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CarryFile {
    /// Whose.
    pub head: CarryHead,
    /// The sum at its end, which is also its name.
    pub hash: String,
    pub(crate) text: String,
    pub(crate) events: Vec<CarriedEvent>,
}

impl CarryHead {
    /// The head of a file of this form that a desk writes now.
    #[must_use]
    pub(crate) fn new(hotel: CarryHotel, property_name: String, install_id: InstallId, by: String, at: String) -> Self {
        let desk = desk_name(install_id.as_str());
        let CarryHotel { property_id, store_id } = hotel;
        let (format, version) = (FORMAT.to_owned(), VERSION);
        Self {
            format,
            version,
            property_id,
            property_name,
            store_id,
            install_id,
            desk,
            by,
            at,
            local_seq: 0,
            events: 0,
        }
    }

    /// Reads a head from the beginning of a file, for a list of files. It says nothing about the rest.
    ///
    /// # Errors
    /// When it is not the head of such a file, or of a newer one.
    pub fn read(beginning: &[u8]) -> Result<Self, CarryRefusal> {
        #[derive(Deserialize)]
        struct Form {
            format: String,
            version: u32,
        }
        let line = beginning.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let form: Form = serde_json::from_slice(line).map_err(|_| CarryRefusal::NotOurs)?;
        if form.format != FORMAT {
            return Err(CarryRefusal::NotOurs);
        }
        if form.version > VERSION {
            return Err(CarryRefusal::Newer);
        }
        serde_json::from_slice(line).map_err(|_| CarryRefusal::NotOurs)
    }
}

/// What people call a desk, on every screen, on paper and on the service's list: by the end of its id. The beginning is
/// the time at which it was made, the same for all desks that a hotel sets up in a quarter of an hour.
#[must_use]
pub fn desk_name(install_id: &str) -> String {
    let from = install_id.char_indices().rev().nth(3).map_or(0, |(at, _)| at);
    format!("Desk {}", &install_id[from..])
}

impl CarryFile {
    /// Reads a file of this hotel.
    ///
    /// # Errors
    /// Why it is not taken.
    pub fn read(bytes: Vec<u8>, hotel: &CarryHotel) -> Result<Self, CarryRefusal> {
        if bytes.len() as u64 > CARRY_BYTES_MAX {
            return Err(CarryRefusal::TooLarge);
        }
        let head = CarryHead::read(&bytes)?;
        let text = String::from_utf8(bytes).map_err(|_| CarryRefusal::Changed)?;
        let body = text.strip_suffix('\n').ok_or(CarryRefusal::Cut)?;
        let last = body.rfind('\n').map_or(0, |at| at + 1);
        let sum: Sum = serde_json::from_str(&body[last..]).map_err(|_| CarryRefusal::Cut)?;
        if sum.sha256 != hex::encode(Sha256::digest(&text.as_bytes()[..last])) {
            return Err(CarryRefusal::Changed);
        }
        let mut at = text.find('\n').map_or(0, |end| end + 1);
        let (mut events, mut chain) = (Vec::new(), BTreeMap::new());
        let mut ids = std::collections::BTreeSet::new();
        for line in text[at.min(last)..last].split_terminator('\n') {
            if line.len() > LINE_BYTES_MAX {
                return Err(CarryRefusal::TooLarge);
            }
            let event = event_of(line)?;
            let hash = SealedEvent::hash_of(line.as_bytes());
            let place = (event.prev_hash, hash.clone());
            if chain.insert(event.local_seq, place).is_some() || !ids.insert(event.event_id.clone()) {
                return Err(CarryRefusal::Changed);
            }
            events.push(CarriedEvent { event_id: event.event_id, entity: event.entity, hash, at: at..at + line.len() });
            at += line.len() + 1;
        }
        let linked = chain
            .iter()
            .zip(chain.iter().skip(1))
            .all(|((seq, (_, hash)), (next, (prev, _)))| *next != seq + 1 || prev == hash);
        if !linked || head.events != events.len() as u64 {
            return Err(CarryRefusal::Changed);
        }
        if head.property_id != hotel.property_id || head.store_id != hotel.store_id {
            return Err(CarryRefusal::OtherHotel);
        }
        Ok(Self { head, hash: sum.sha256, text, events })
    }

    /// The bytes of one of its events.
    pub(crate) fn bytes_of(&self, event: &CarriedEvent) -> &str {
        &self.text[event.at.clone()]
    }
}

/// An event that this desk can read. One of a later schema is left to a desk that can.
fn event_of(line: &str) -> Result<Event, CarryRefusal> {
    #[derive(Deserialize)]
    struct Schema {
        schema: u32,
    }
    let Schema { schema } = serde_json::from_str(line).map_err(|_| CarryRefusal::Changed)?;
    if schema > EVENT_SCHEMA {
        return Err(CarryRefusal::Newer);
    }
    serde_json::from_str(line).map_err(|_| CarryRefusal::Changed)
}
