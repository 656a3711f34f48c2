//! The form of the file: JSON, a line each, in UTF-8. [`Begin`], then any number of [`Line`]s, then [`End`].
//!
//! A reader that meets a `format` above its own refuses the file. Lines are written in one way only, and a line with
//! anything else in it is none: what a trail does not prove has no place beside what it does.

use serde::{Deserialize, Serialize};
use std::io::{self, Write};
use turndown_protocol::{AuditEntry, InstallId, PropertyId};

/// The form that this build writes and reads.
pub const FORMAT: u32 = 1;

/// The longest line that is read, in bytes. An event has at most 256 KiB, and twice that once it is quoted.
pub const LINE_BYTES_MAX: usize = 4 << 20;

/// Whose trail a file has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum Whose {
    /// The service's record of a hotel: what became of every event, in the order in which it was taken.
    Service,
    /// A desk's own record: everything that was done at it, in the order in which it was done. A desk that went on under
    /// another name after a restore has what was done before under the earlier one.
    Desk {
        /// Which desk, by its present name.
        install_id: InstallId,
    },
}

/// A place in a trail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The entry's number; 0 before the first.
    pub seq: u64,
    /// Its hash; [`turndown_protocol::ZERO_HASH`] before the first.
    pub hash: String,
}

/// The first line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Begin {
    /// See [`FORMAT`].
    pub format: u32,
    /// Whose trail it is.
    #[serde(flatten)]
    pub whose: Whose,
    /// The store that the trail is kept in, or sent to.
    pub store_id: String,
    /// The hotel.
    pub property_id: PropertyId,
    /// Its name.
    pub property_name: String,
    /// The service's Ed25519 key (hex), as whoever wrote the file knows it.
    pub signing_key: String,
    /// When the file was made (RFC 3339).
    pub made_at: String,
    /// Whether it is the whole trail, as it stood when the file was made; else a part of it.
    pub whole: bool,
    /// Of a part: the first moment that was asked for (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// Of a part: the first moment that was not asked for any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    /// The entry before the first one of the file.
    pub after: Place,
}

/// A line between the first and the last.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    /// The service's: its entry, and the event that it speaks of, byte by byte as its desk made it.
    Entry {
        /// What became of the event.
        entry: Box<AuditEntry>,
        /// The event.
        event: String,
    },
    /// A desk's: the event, byte by byte.
    Event {
        /// The event.
        event: String,
        /// SHA-256 of its bytes (hex).
        hash: String,
    },
    /// The last line.
    End(End),
}

/// A head of a desk's chain that the service signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedDesk {
    /// Whose chain.
    pub install_id: InstallId,
    /// Where that chain begins: an install that goes on from another one has nothing before it.
    pub begins: Place,
    /// Up to here the service had every entry when it signed.
    pub head: Place,
    /// The key that signed (Ed25519, hex).
    pub signing_key: String,
    /// See [`crate::text_to_sign`].
    pub signature: String,
}

/// The last line: a file without it was cut.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct End {
    /// How many lines stand between the first and this one.
    pub lines: u64,
    /// The file's last entry, or where it begins if it has none.
    pub head: Place,
    /// The service's signature under that head; absent in a desk's file, which has what the service signed in `desks`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
    /// Heads of desks' chains as the service signed them.
    pub desks: Vec<SignedDesk>,
}

/// Writes a file, line by line.
#[derive(Debug)]
pub struct Writer<W> {
    out: W,
    lines: u64,
    head: Place,
}

impl<W: Write> Writer<W> {
    /// Begins a file.
    ///
    /// # Errors
    /// What the file's place answers.
    pub fn begin(mut out: W, begin: &Begin) -> io::Result<Self> {
        line(&mut out, begin)?;
        Ok(Self { out, lines: 0, head: begin.after.clone() })
    }

    /// Writes an entry of the service's, with its event's bytes.
    ///
    /// # Errors
    /// As [`Writer::begin`].
    pub fn entry(&mut self, entry: AuditEntry, event: String) -> io::Result<()> {
        let head = Place { seq: entry.audit_seq, hash: entry.hash.clone() };
        self.line(&Line::Entry { entry: Box::new(entry), event }, head)
    }

    /// Writes an entry of a desk's.
    ///
    /// # Errors
    /// As [`Writer::begin`].
    pub fn event(&mut self, seq: u64, event: String, hash: String) -> io::Result<()> {
        let head = Place { seq, hash: hash.clone() };
        self.line(&Line::Event { event, hash }, head)
    }

    fn line(&mut self, what: &Line, head: Place) -> io::Result<()> {
        line(&mut self.out, what)?;
        (self.lines, self.head) = (self.lines + 1, head);
        Ok(())
    }

    /// Where the file has come to: what is to be signed.
    #[must_use]
    pub fn head(&self) -> &Place {
        &self.head
    }

    /// Writes the last line, and answers what was written to.
    ///
    /// # Errors
    /// As [`Writer::begin`].
    pub fn end(mut self, signature: Option<String>, desks: Vec<SignedDesk>) -> io::Result<W> {
        line(&mut self.out, &Line::End(End { lines: self.lines, head: self.head, signature, desks }))?;
        self.out.flush()?;
        Ok(self.out)
    }
}

fn line(out: &mut impl Write, what: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, what)?;
    out.write_all(b"\n")
}
