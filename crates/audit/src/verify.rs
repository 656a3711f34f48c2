//! Proves one file by itself.

use crate::file::{Begin, End, FORMAT, LINE_BYTES_MAX, Line, Place, SignedDesk, Whose};
use crate::signed::{HeadOf, is_signed, text_to_sign};
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt;
use std::io::{self, BufRead, Read};
use turndown_protocol::{ActorId, AuditEntry, EntityRef, EventId, InstallId};

/// The highest number that an entry can have: what keeps trails counts no further.
const NUMBER_MAX: u64 = i64::MAX.unsigned_abs();

/// What is wrong with an entry, or with the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It is not in the form of such a file.
    Unreadable,
    /// An entry is not there.
    Missing,
    /// It does not follow the entry before it.
    NotNext,
    /// It is not as it was written.
    Altered,
    /// What it says of the event is not what the event says.
    OtherEvent,
    /// The end of the trail is not there.
    Cut,
    /// A signature is not good.
    NotSigned,
    /// Two files that should have the same do not.
    Differs,
}

impl Kind {
    /// A stable name, for programs.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Unreadable => "AUDIT_UNREADABLE",
            Self::Missing => "AUDIT_ENTRY_MISSING",
            Self::NotNext => "AUDIT_CHAIN_BROKEN",
            Self::Altered => "AUDIT_ENTRY_ALTERED",
            Self::OtherEvent => "AUDIT_EVENT_OTHER",
            Self::Cut => "AUDIT_END_MISSING",
            Self::NotSigned => "AUDIT_NOT_SIGNED",
            Self::Differs => "AUDIT_DIFFERS",
        }
    }
}

/// The first thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bad {
    /// Where: `entry 812`, `desk D7 entry 40`, `the first line`.
    pub place: String,
    /// What kind of wrong.
    pub kind: Kind,
    /// What is wrong, as a clause.
    pub what: String,
}

impl Bad {
    pub(crate) fn new(place: impl Into<String>, kind: Kind, what: impl Into<String>) -> Self {
        Self { place: place.into(), kind, what: what.into() }
    }
}

impl fmt::Display for Bad {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {} ({})", self.place, self.what, self.kind.code())
    }
}

/// How far a file is proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proven {
    /// The last entry that is as it was written and stands on all before it.
    pub up_to: Place,
    /// When it was taken, or done.
    pub at: Option<String>,
}

/// The link of an event to the one before it at its desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) hash: [u8; 32],
    pub(crate) before: [u8; 32],
}

/// What a file has: as much of it as comparing needs, 64 bytes an event and its number.
#[derive(Debug)]
pub struct Trail {
    /// Its first line.
    pub begin: Begin,
    /// How many entries it has.
    pub entries: u64,
    /// How many events of which desks.
    pub(crate) desks: BTreeMap<InstallId, BTreeMap<u64, Vec<Link>>>,
    /// What the service signed.
    pub(crate) signed: Vec<SignedDesk>,
}

impl Trail {
    /// How many desks the trail speaks of.
    #[must_use]
    pub fn desks(&self) -> usize {
        self.desks.len()
    }
}

/// What came out.
#[derive(Debug)]
pub struct Verdict {
    /// The trail as far as it could be read; absent where not even the first line could.
    pub trail: Option<Trail>,
    /// How far it is proven.
    pub proven: Proven,
    /// The first thing that is wrong; absent where all is as it was written.
    pub bad: Option<Bad>,
}

/// What an event says of itself, as far as a trail is concerned.
#[derive(Deserialize)]
struct Own {
    event_id: EventId,
    install_id: InstallId,
    local_seq: u64,
    prev_hash: String,
    actor_id: ActorId,
    action: String,
    entity: EntityRef,
    recorded_at: String,
}

/// Reads a file to its end, or to the first thing that is wrong.
///
/// `key` is the service's key (Ed25519, hex) as whoever verifies knows it from elsewhere; without it the file's own is
/// believed, and what is proven is that the file is of one piece.
///
/// # Errors
/// When the file cannot be read from its disk; what it says is never an error.
pub fn verify(from: impl BufRead, key: Option<&str>) -> io::Result<Verdict> {
    let mut reading = Reading::default();
    let bad = reading.read(from, key)?.err();
    let Reading { trail, at, taken_at } = reading;
    let up_to = at.unwrap_or_else(|| Place { seq: 0, hash: turndown_protocol::ZERO_HASH.to_owned() });
    Ok(Verdict { trail, proven: Proven { up_to, at: taken_at }, bad })
}

#[derive(Default)]
struct Reading {
    trail: Option<Trail>,
    at: Option<Place>,
    taken_at: Option<String>,
}

impl Reading {
    fn read(&mut self, mut from: impl BufRead, key: Option<&str>) -> io::Result<Result<(), Bad>> {
        let mut text = String::new();
        if let Err(bad) = next_line(&mut from, &mut text, "the first line")? {
            return Ok(Err(bad));
        }
        if let Err(bad) = self.begin(&text, key) {
            return Ok(Err(bad));
        }
        loop {
            let place = self.next_place();
            let bad = match next_line(&mut from, &mut text, &place)? {
                Ok(false) => Err(Bad::new(place, Kind::Cut, "the file ends without its last line")),
                Ok(true) => match self.line(&text, &place) {
                    Ok(None) => continue,
                    Ok(Some(end)) => {
                        let rest = next_line(&mut from, &mut text, "behind the last line")?;
                        self.end(end, !matches!(rest, Ok(false)))
                    }
                    Err(bad) => Err(bad),
                },
                Err(bad) => Err(bad),
            };
            return Ok(bad);
        }
    }

    fn next_place(&self) -> String {
        format!("entry {}", self.at.as_ref().map_or(1, |at| at.seq + 1))
    }

    fn begin(&mut self, text: &str, key: Option<&str>) -> Result<(), Bad> {
        let bad = |kind, what: String| Bad::new("the first line", kind, what);
        // Its number first: a later form may say everything else in another way.
        #[derive(Deserialize)]
        struct Form {
            format: u32,
        }
        let unfit = |_| bad(Kind::Unreadable, "it is not the beginning of an exported audit trail".into());
        let Form { format } = serde_json::from_str(text).map_err(unfit)?;
        if format > FORMAT {
            let what = format!("the file has form {format}, and this program reads up to {FORMAT}; use a newer one");
            return Err(bad(Kind::Unreadable, what));
        }
        let begin: Begin = serde_json::from_str(text).map_err(unfit)?;
        if key.is_some_and(|key| !key.eq_ignore_ascii_case(&begin.signing_key)) {
            let what = format!("the file names the key {}, which is not the one that you gave", begin.signing_key);
            return Err(bad(Kind::NotSigned, what));
        }
        if begin.whole && begin.after.seq != 0 {
            return Err(bad(
                Kind::Cut,
                format!("the file is called whole, and begins behind entry {}", begin.after.seq),
            ));
        }
        // Entries are counted on from there.
        if begin.after.seq > NUMBER_MAX {
            return Err(bad(Kind::Unreadable, format!("no entry has the number {}", begin.after.seq)));
        }
        self.at = Some(begin.after.clone());
        self.trail = Some(Trail { begin, entries: 0, desks: BTreeMap::new(), signed: vec![] });
        Ok(())
    }

    /// Takes a line; answers the last one.
    fn line(&mut self, text: &str, place: &str) -> Result<Option<End>, Bad> {
        let unfit = |_| Bad::new(place, Kind::Unreadable, "the line is not an entry of an audit trail");
        let line: Line = serde_json::from_str(text).map_err(unfit)?;
        // A member that nothing proves has no place beside those that are proven.
        if serde_json::to_string(&line).ok().as_deref() != Some(text) {
            return Err(Bad::new(place, Kind::Unreadable, "the line is not written as an entry is"));
        }
        // Only after the first line, which sets both.
        let (Some(trail), Some(at)) = (self.trail.as_mut(), self.at.as_mut()) else { return Ok(None) };
        let (number, before, hash, taken_at, own, link) = match (line, &trail.begin.whose) {
            (Line::End(end), _) => return Ok(Some(end)),
            (Line::Entry { entry, event }, Whose::Service) => {
                let (own, link) = read_event(&event, &entry.event_hash, place)?;
                speaks_of(&entry, &own, place)?;
                if entry.expected_hash().ok().as_ref() != Some(&entry.hash) {
                    return Err(Bad::new(place, Kind::Altered, "the entry is not as it was written"));
                }
                (entry.audit_seq, entry.prev_hash, entry.hash, entry.received_at, own, link)
            }
            (Line::Event { event, hash }, Whose::Desk { .. }) => {
                let (own, link) = read_event(&event, &hash, place)?;
                (own.local_seq, own.prev_hash.clone(), hash, own.recorded_at.clone(), own, link)
            }
            _ => return Err(Bad::new(place, Kind::Unreadable, "it is an entry of another kind of trail")),
        };
        if number > at.seq + 1 {
            return Err(Bad::new(
                place,
                Kind::Missing,
                format!("it is missing; the next one that is there is {number}"),
            ));
        }
        if number != at.seq + 1 {
            return Err(Bad::new(place, Kind::NotNext, format!("entry {number} stands in its place")));
        }
        if before != at.hash {
            return Err(Bad::new(place, Kind::NotNext, "it does not follow the entry before it"));
        }
        // An event that was in conflict and is settled later has two entries.
        let links = trail.desks.entry(own.install_id).or_default().entry(own.local_seq).or_default();
        if !links.contains(&link) {
            links.push(link);
        }
        trail.entries += 1;
        *at = Place { seq: number, hash };
        self.taken_at = Some(taken_at);
        Ok(None)
    }

    fn end(&mut self, end: End, more: bool) -> Result<(), Bad> {
        let (Some(trail), Some(at)) = (self.trail.as_mut(), self.at.as_ref()) else { return Ok(()) };
        let last = |kind, what: String| Err(Bad::new("the last line", kind, what));
        if more {
            return last(Kind::Unreadable, "there is something behind it".into());
        }
        if end.lines != trail.entries || end.head != *at {
            let what =
                format!("it speaks of {} entries up to number {}, and the file has others", end.lines, end.head.seq);
            return last(Kind::Cut, what);
        }
        let Begin { store_id, property_id, signing_key, .. } = &trail.begin;
        if trail.begin.whose == Whose::Service {
            let text = text_to_sign(HeadOf::Record(property_id), store_id, at.seq, &at.hash);
            if !end.signature.as_deref().is_some_and(|signature| is_signed(&text, signing_key, signature)) {
                return last(Kind::NotSigned, "the service's signature under the end of the trail is not good".into());
            }
        }
        for desk in &end.desks {
            let SignedDesk { install_id, begins, head, signing_key: key, signature } = desk;
            let place = format!("desk {install_id} entry {}", head.seq);
            // What is signed is the head alone.
            if begins.seq > head.seq || head.seq > NUMBER_MAX {
                return Err(Bad::new(place, Kind::Unreadable, "it is said to begin where no chain does"));
            }
            let text = text_to_sign(HeadOf::Desk(install_id), store_id, head.seq, &head.hash);
            if key != signing_key || !is_signed(&text, key, signature) {
                return Err(Bad::new(place, Kind::NotSigned, "the service's signature under it is not good"));
            }
        }
        trail.signed = end.desks;
        chains(trail)
    }
}

/// Looks at the desks' own chains within a trail. The service takes what it gets in the order in which rooms allow it,
/// so this is seen at the end only.
fn chains(trail: &Trail) -> Result<(), Bad> {
    for (install, entries) in &trail.desks {
        for (seq, links) in entries {
            let Some(earlier) = seq.checked_sub(1).and_then(|seq| entries.get(&seq)) else { continue };
            // A computer that was copied has two chains under one name for a while; each stands on one of them.
            if links.iter().any(|link| earlier.iter().all(|earlier| earlier.hash != link.before)) {
                let what = "it does not follow the entry before it at its desk";
                return Err(Bad::new(format!("desk {install} entry {seq}"), Kind::NotNext, what));
            }
        }
    }
    for desk in &trail.signed {
        holds(trail, desk, "the service signed for")?;
    }
    Ok(())
}

/// Whether a trail has what the service signed for of a desk's chain.
pub(crate) fn holds(trail: &Trail, signed: &SignedDesk, who: &str) -> Result<(), Bad> {
    let SignedDesk { install_id, begins, head, .. } = signed;
    let nothing = BTreeMap::new();
    let entries = trail.desks.get(install_id).unwrap_or(&nothing);
    let is =
        |seq: u64, hash: &str| entries.get(&seq).map(|links| links.iter().any(|link| hex::encode(link.hash) == hash));
    let place = |seq: u64| format!("desk {install_id} entry {seq}");
    if head.seq > begins.seq && is(head.seq, &head.hash) == Some(false) {
        return Err(Bad::new(place(head.seq), Kind::Differs, format!("it is not the entry that {who}")));
    }
    // A part of a trail proves nothing about what is not in it.
    if trail.begin.whole {
        let mut expected = begins.seq + 1;
        for (&seq, _) in entries.range(expected..) {
            if seq != expected || expected > head.seq {
                break;
            }
            expected += 1;
        }
        if expected <= head.seq {
            return Err(Bad::new(place(expected), Kind::Missing, format!("{who} it, and it is not there")));
        }
    }
    Ok(())
}

/// The event's own words, once its bytes have the hash that they should have.
fn read_event(bytes: &str, hash: &str, place: &str) -> Result<(Own, Link), Bad> {
    let altered = || Bad::new(place, Kind::Altered, "the event's bytes are not as its desk made them");
    let found: [u8; 32] = Sha256::digest(bytes.as_bytes()).into();
    if hex::encode(found) != hash {
        return Err(altered());
    }
    let own: Own = serde_json::from_str(bytes)
        .map_err(|_| Bad::new(place, Kind::Unreadable, "the event's bytes are not an event"))?;
    let before = hex::decode(&own.prev_hash).ok().and_then(|hash| hash.try_into().ok()).ok_or_else(altered)?;
    Ok((own, Link { hash: found, before }))
}

/// Whether the service's entry says of the event what the event says of itself.
fn speaks_of(entry: &AuditEntry, own: &Own, place: &str) -> Result<(), Bad> {
    let same = entry.event_id == own.event_id
        && entry.install_id == own.install_id
        && entry.local_seq == own.local_seq
        && entry.actor_id == own.actor_id.as_str()
        && entry.action == own.action
        && entry.entity == own.entity
        && entry.recorded_at == own.recorded_at;
    if same {
        Ok(())
    } else {
        Err(Bad::new(place, Kind::OtherEvent, "it speaks of another event than the one beside it"))
    }
}

/// The next line, without its end; false at the end of the file.
fn next_line(from: &mut impl BufRead, text: &mut String, place: &str) -> io::Result<Result<bool, Bad>> {
    text.clear();
    let mut bytes = std::mem::take(text).into_bytes();
    from.by_ref().take(LINE_BYTES_MAX as u64 + 1).read_until(b'\n', &mut bytes)?;
    if bytes.is_empty() {
        return Ok(Ok(false));
    }
    if bytes.len() > LINE_BYTES_MAX {
        return Ok(Err(Bad::new(place, Kind::Unreadable, "the line is longer than any entry can be")));
    }
    if bytes.pop_if(|last| *last == b'\n').is_none() {
        return Ok(Err(Bad::new(place, Kind::Cut, "the file ends in the middle of a line")));
    }
    match String::from_utf8(bytes) {
        Ok(line) => {
            *text = line;
            Ok(Ok(true))
        }
        Err(_) => Ok(Err(Bad::new(place, Kind::Unreadable, "the line is not UTF-8"))),
    }
}
