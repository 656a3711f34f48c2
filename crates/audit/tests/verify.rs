//! A trail is proven by its file alone, and whatever is changed in the file is named.

#![allow(clippy::expect_used, reason = "what a test needs and does not get ends it")]

use ed25519_dalek::{Signer, SigningKey};
use proptest::prelude::*;
use std::collections::BTreeSet;
use turndown_audit::file::{Begin, End, LINE_BYTES_MAX, Line, Place, SignedDesk, Whose, Writer};
use turndown_audit::{Bad, HeadOf, Kind, Verdict, compare, text_to_sign, verify};
use turndown_protocol::{
    ActorId, AuditEntry, EVENT_SCHEMA, EntityRef, Event, EventId, InstallId, Mode, Outcome, PropertyId, SealedEvent,
    ZERO_HASH,
};

const STORE: &str = "store-1";

fn key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

fn public(key: &SigningKey) -> String {
    hex::encode(key.verifying_key().to_bytes())
}

fn property() -> PropertyId {
    PropertyId::parse("city").expect("an id")
}

fn install(name: &str) -> InstallId {
    InstallId::parse(name).expect("an id")
}

fn zero() -> Place {
    Place { seq: 0, hash: ZERO_HASH.into() }
}

/// A desk's chain of so many events.
fn chain(desk: &str, count: u64) -> Vec<SealedEvent> {
    let mut before = ZERO_HASH.to_owned();
    (1..=count)
        .map(|seq| {
            let event = Event {
                schema: EVENT_SCHEMA,
                event_id: EventId::parse(format!("{desk}-{seq}")).expect("an id"),
                install_id: install(desk),
                local_seq: seq,
                prev_hash: before.clone(),
                actor_id: ActorId::parse("lead-01").expect("an id"),
                workflow: "housekeeping".into(),
                entity: EntityRef { kind: "room".into(), id: (100 + seq % 7).to_string() },
                turn: Some(1),
                service_day: None,
                action: "start".into(),
                args: serde_json::Value::Null,
                changes: [].into(),
                relies_on: [].into(),
                base_version: 0,
                prev_event_id: None,
                depends_on: vec![],
                settles: vec![],
                recorded_at: "2016-09-09T08:00:00.000Z".into(),
                mode: Mode::Offline,
                data_age_s: None,
                authority: None,
            };
            let sealed = SealedEvent::seal(event).expect("an event");
            before.clone_from(&sealed.hash);
            sealed
        })
        .collect()
}

/// The service's entries about these events, in this order.
fn entries(events: &[&SealedEvent]) -> Vec<AuditEntry> {
    let mut before = ZERO_HASH.to_owned();
    (1..)
        .zip(events)
        .map(|(audit_seq, sealed)| {
            let event = &sealed.event;
            let mut entry = AuditEntry {
                audit_seq,
                prev_hash: before.clone(),
                hash: String::new(),
                install_id: event.install_id.clone(),
                local_seq: event.local_seq,
                event_id: event.event_id.clone(),
                event_hash: sealed.hash.clone(),
                actor_id: event.actor_id.to_string(),
                action: event.action.clone(),
                entity: event.entity.clone(),
                outcome: Outcome::Applied,
                seq: Some(audit_seq),
                code: None,
                recorded_at: event.recorded_at.clone(),
                received_at: "2016-09-09T09:00:00.000Z".into(),
                originated_offline: true,
            };
            entry.hash = entry.expected_hash().expect("a hash");
            before.clone_from(&entry.hash);
            entry
        })
        .collect()
}

fn begin(whose: Whose, after: Place, key: &SigningKey) -> Begin {
    Begin {
        format: 1,
        whose,
        store_id: STORE.into(),
        property_id: property(),
        property_name: "City Hotel".into(),
        signing_key: public(key),
        made_at: "2016-09-10T00:00:00.000Z".into(),
        whole: after.seq == 0,
        from: (after.seq > 0).then(|| "2016-09-09T00:00:00.000Z".into()),
        to: None,
        after,
    }
}

fn signed_desk(desk: &str, head: &SealedEvent, key: &SigningKey) -> SignedDesk {
    let head = Place { seq: head.event.local_seq, hash: head.hash.clone() };
    let text = text_to_sign(HeadOf::Desk(&install(desk)), STORE, head.seq, &head.hash);
    SignedDesk {
        install_id: install(desk),
        begins: zero(),
        head,
        signing_key: public(key),
        signature: hex::encode(key.sign(text.as_bytes()).to_bytes()),
    }
}

/// The service's file about these events from behind an entry on, with what it signed for.
fn service_file(events: &[&SealedEvent], from: usize, desks: Vec<SignedDesk>, key: &SigningKey) -> Vec<u8> {
    let all = entries(events);
    let after = from.checked_sub(1).map_or_else(zero, |last| Place { seq: from as u64, hash: all[last].hash.clone() });
    let mut writer = Writer::begin(vec![], &begin(Whose::Service, after, key)).expect("a file");
    for (entry, event) in all.into_iter().zip(events).skip(from) {
        writer.entry(entry, event.bytes.clone()).expect("an entry");
    }
    let text = text_to_sign(HeadOf::Record(&property()), STORE, writer.head().seq, &writer.head().hash);
    let signature = hex::encode(key.sign(text.as_bytes()).to_bytes());
    writer.end(Some(signature), desks).expect("a file")
}

fn desk_file(desk: &str, events: &[SealedEvent], signed: Vec<SignedDesk>, key: &SigningKey) -> Vec<u8> {
    let mut writer =
        Writer::begin(vec![], &begin(Whose::Desk { install_id: install(desk) }, zero(), key)).expect("a file");
    for sealed in events {
        writer.event(sealed.event.local_seq, sealed.bytes.clone(), sealed.hash.clone()).expect("an entry");
    }
    writer.end(None, signed).expect("a file")
}

fn read(file: &[u8]) -> Verdict {
    verify(file, None).expect("memory can be read")
}

fn bad(file: &[u8]) -> Bad {
    read(file).bad.expect("something is wrong")
}

fn is_good(file: &[u8]) {
    let verdict = read(file);
    assert_eq!(verdict.bad, None);
}

/// Two desks whose events reached the service in turns, and what it signed for.
fn two_desks() -> (Vec<SealedEvent>, Vec<SealedEvent>) {
    (chain("desk-a", 6), chain("desk-b", 4))
}

fn in_turns<'a>(a: &'a [SealedEvent], b: &'a [SealedEvent]) -> Vec<&'a SealedEvent> {
    // The second before the first of its desk: rooms do not wait for each other.
    vec![&a[1], &b[0], &a[0], &a[2], &b[1], &a[3], &b[2], &a[4], &a[5], &b[3]]
}

#[test]
fn k1_a_trail_is_proven_by_its_file_alone() {
    let (a, b) = two_desks();
    let events = in_turns(&a, &b);
    let signed = vec![signed_desk("desk-a", &a[5], &key()), signed_desk("desk-b", &b[3], &key())];
    let whole = service_file(&events, 0, signed.clone(), &key());
    let verdict = read(&whole);
    assert_eq!(verdict.bad, None);
    assert_eq!(verdict.proven.up_to.seq, 10);
    assert_eq!(verdict.trail.map(|trail| (trail.entries, trail.desks())), Some((10, 2)));
    // A part of it too, an empty one, and a desk's.
    is_good(&service_file(&events, 4, signed, &key()));
    is_good(&service_file(&[], 0, vec![], &key()));
    is_good(&desk_file("desk-a", &a, vec![signed_desk("desk-a", &a[3], &key())], &key()));
    // With the right key, and not with another one.
    assert_eq!(verify(&*whole, Some(&public(&key()))).expect("memory").bad, None);
    let other = public(&SigningKey::from_bytes(&[8; 32]));
    let refused = verify(&*whole, Some(&other)).expect("memory").bad.expect("another key");
    assert_eq!(refused.kind, Kind::NotSigned);
}

/// What is done to the lines of a good file, and what is said of it then.
#[test]
fn k1_whatever_is_changed_in_a_trail_is_named_at_its_place() {
    type Change = fn(&mut Vec<String>);
    let table: &[(&str, Change, &str, Kind)] = &[
        ("an entry is taken out", |lines| drop(lines.remove(4)), "entry 4", Kind::Missing),
        ("two change places", |lines| lines.swap(3, 4), "entry 3", Kind::Missing),
        ("one is doubled", |lines| lines.insert(4, lines[3].clone()), "entry 4", Kind::NotNext),
        ("its outcome", |lines| lines[4] = lines[4].replace("applied", "rejected"), "entry 4", Kind::Altered),
        ("its author", |lines| lines[4] = lines[4].replace("lead-01", "lead-02"), "entry 4", Kind::Altered),
        (
            "the author of the entry alone",
            |lines| lines[4] = lines[4].replacen("\"actor_id\":\"lead-01\"", "\"actor_id\":\"lead-02\"", 1),
            "entry 4",
            Kind::OtherEvent,
        ),
        ("its time", |lines| lines[4] = lines[4].replace("T09:00", "T09:30"), "entry 4", Kind::Altered),
        (
            "the event",
            |lines| lines[4] = lines[4].replace("\\\"turn\\\":1", "\\\"turn\\\":2"),
            "entry 4",
            Kind::Altered,
        ),
        ("the last entry", |lines| drop(lines.remove(10)), "the last line", Kind::Cut),
        ("the last line", |lines| drop(lines.pop()), "entry 11", Kind::Cut),
        ("something behind it", |lines| lines.push("{}".into()), "the last line", Kind::Unreadable),
        ("the first line", |lines| lines[0] = "{}".into(), "the first line", Kind::Unreadable),
        ("a later form", |lines| lines[0] = "{\"format\":2}".into(), "the first line", Kind::Unreadable),
        (
            "a part that is called whole",
            |lines| lines[0] = lines[0].replace("{\"seq\":0,", "{\"seq\":4,"),
            "the first line",
            Kind::Cut,
        ),
        ("no line", Vec::clear, "the first line", Kind::Unreadable),
        ("another store", |lines| lines[0] = lines[0].replace(STORE, "store-2"), "the last line", Kind::NotSigned),
        (
            "another hotel",
            |lines| lines[0] = lines[0].replace("\"city\"", "\"town\""),
            "the last line",
            Kind::NotSigned,
        ),
        ("no JSON", |lines| lines[4] = "entry".into(), "entry 4", Kind::Unreadable),
        (
            "a desk's line",
            |lines| lines[4] = "{\"event\":{\"event\":\"{}\",\"hash\":\"\"}}".into(),
            "entry 4",
            Kind::Unreadable,
        ),
    ];
    let (a, b) = two_desks();
    let good = service_file(&in_turns(&a, &b), 0, vec![], &key());
    let good: Vec<String> = String::from_utf8(good).expect("text").lines().map(str::to_owned).collect();
    for (what, change, place, kind) in table {
        let mut lines = good.clone();
        change(&mut lines);
        let file: String = lines.iter().map(|line| format!("{line}\n")).collect();
        assert_ne!(lines, good, "{what}: nothing was changed");
        let found = bad(file.as_bytes());
        assert_eq!((found.place.as_str(), found.kind), (*place, *kind), "{what}: {found}");
    }
    // Made anew with a hash of its own, the entry is sound by itself; the one behind it does not stand on it.
    let Line::Entry { mut entry, event } = serde_json::from_str(&good[4]).expect("an entry") else {
        panic!("an entry")
    };
    entry.outcome = Outcome::Rejected;
    entry.hash = entry.expected_hash().expect("a hash");
    let mut lines = good.clone();
    lines[4] = serde_json::to_string(&Line::Entry { entry, event }).expect("JSON");
    let file: String = lines.iter().map(|line| format!("{line}\n")).collect();
    let found = bad(file.as_bytes());
    assert_eq!((found.place.as_str(), found.kind), ("entry 5", Kind::NotNext), "{found}");
    // A later form may mean something else by every word of it.
    lines = good.clone();
    lines[0] = lines[0].replace("\"format\":1", "\"format\":2");
    let found = bad(lines.join("\n").as_bytes());
    assert_eq!((found.place.as_str(), found.kind), ("the first line", Kind::Unreadable), "{found}");
    assert!(found.what.contains("use a newer one"), "{found}");
    // Nobody's memory is filled by a line without an end.
    let endless = format!("{}\n{}", good[0], " ".repeat(LINE_BYTES_MAX + 2));
    let found = bad(endless.as_bytes());
    assert_eq!((found.place.as_str(), found.kind), ("entry 1", Kind::Unreadable), "{found}");
    // What is proven ends before it.
    let cut: String = good[..6].iter().map(|line| format!("{line}\n")).collect();
    assert_eq!(read(cut.as_bytes()).proven.up_to.seq, 5);
    let middle = &good.join("\n")[..good[0].len() + good[1].len() + 30];
    assert_eq!(bad(middle.as_bytes()).kind, Kind::Cut);
}

/// Programs go by the codes, and people look them up.
#[test]
fn every_kind_of_fault_has_a_code_of_its_own_and_the_manual_explains_it() {
    use Kind::{Altered, Cut, Differs, Missing, NotNext, NotSigned, OtherEvent, Unreadable};
    let manual = include_str!("../../../docs/audit.md");
    let kinds = [Unreadable, Missing, NotNext, Altered, OtherEvent, Cut, NotSigned, Differs];
    let codes: BTreeSet<&str> = kinds.into_iter().map(Kind::code).collect();
    assert_eq!(codes.len(), kinds.len());
    for code in codes {
        assert!(manual.contains(&format!("| `{code}` | ")), "{code}");
    }
}

/// Whoever holds the database can make every hash anew. What was signed before remains.
#[test]
fn k3_a_chain_that_was_written_anew_is_found_by_what_the_service_signed_to_a_desk() {
    let (a, b) = two_desks();
    let signed = signed_desk("desk-a", &a[5], &key());
    let desk = read(&desk_file("desk-a", &a, vec![signed.clone()], &key())).trail.expect("a trail");
    let trail = |events: &[&SealedEvent]| read(&service_file(events, 0, vec![], &key())).trail.expect("a trail");

    assert_eq!(compare(&trail(&in_turns(&a, &b)), &desk), Ok(()));
    // One of the desk's events is left out, and all that is the service's is made anew and signed anew.
    let without: Vec<&SealedEvent> =
        in_turns(&a, &b).into_iter().filter(|sealed| sealed.event.local_seq != 5).collect();
    let found = compare(&trail(&without), &desk).expect_err("an entry is missing");
    assert_eq!((found.place.as_str(), found.kind), ("desk desk-a entry 5", Kind::Missing));
    // The end of it.
    let short: Vec<&SealedEvent> = in_turns(&a, &b).into_iter().take(5).collect();
    let found = compare(&trail(&short), &desk).expect_err("the end is missing");
    assert_eq!((found.place.as_str(), found.kind), ("desk desk-a entry 4", Kind::Missing));
    // Another chain in its place.
    let mut forged = chain("desk-a", 6);
    for (n, sealed) in forged.iter_mut().enumerate() {
        let mut event = sealed.event.clone();
        event.action = "complete".into();
        event.prev_hash = a.get(n.wrapping_sub(1)).map_or_else(|| ZERO_HASH.into(), |before| before.hash.clone());
        *sealed = SealedEvent::seal(event).expect("an event");
    }
    let found = compare(&trail(&forged.iter().take(1).collect::<Vec<_>>()), &desk).expect_err("another entry");
    assert_eq!((found.place.as_str(), found.kind), ("desk desk-a entry 1", Kind::Differs));
    // A desk's file of another hotel proves nothing here.
    let mut elsewhere = desk;
    elsewhere.begin.property_id = PropertyId::parse("town").expect("an id");
    assert_eq!(compare(&trail(&in_turns(&a, &b)), &elsewhere).expect_err("another hotel").kind, Kind::Differs);
}

#[test]
fn k2_a_head_of_a_desk_that_the_service_signed_is_in_the_trail() {
    let (a, b) = two_desks();
    let events = in_turns(&a, &b);
    let signed = signed_desk("desk-a", &a[5], &key());
    let missing: Vec<&SealedEvent> =
        events.iter().copied().filter(|sealed| sealed.event.event_id.as_str() != "desk-a-3").collect();
    let found = bad(&service_file(&missing, 0, vec![signed.clone()], &key()));
    // Its neighbour stands on nothing that is there, which is a gap; the signature says that there is none.
    assert_eq!((found.place.as_str(), found.kind), ("desk desk-a entry 3", Kind::Missing));
    let forged = SignedDesk { signature: "00".repeat(64), ..signed.clone() };
    assert_eq!(bad(&service_file(&events, 0, vec![forged], &key())).kind, Kind::NotSigned);
    let other_key = SignedDesk { ..signed_desk("desk-a", &a[5], &SigningKey::from_bytes(&[8; 32])) };
    assert_eq!(bad(&service_file(&events, 0, vec![other_key], &key())).kind, Kind::NotSigned);
    let other_entry = signed_desk("desk-a", &chain("desk-c", 6)[5], &key());
    assert_eq!(bad(&service_file(&events, 0, vec![other_entry], &key())).kind, Kind::Differs);
}

#[test]
fn d2_a_copied_computers_two_chains_stand_each_on_its_own_entries() {
    let mut a = chain("desk-a", 3);
    let mut event = a[2].event.clone();
    event.event_id = EventId::parse("copy-3").expect("an id");
    a.push(SealedEvent::seal(event).expect("an event"));
    is_good(&service_file(&a.iter().collect::<Vec<_>>(), 0, vec![], &key()));
    // A chain that stands on neither.
    let mut event = a[2].event.clone();
    event.event_id = EventId::parse("nowhere-3").expect("an id");
    event.prev_hash = a[0].hash.clone();
    a.push(SealedEvent::seal(event).expect("an event"));
    let found = bad(&service_file(&a.iter().collect::<Vec<_>>(), 0, vec![], &key()));
    assert_eq!((found.place.as_str(), found.kind), ("desk desk-a entry 3", Kind::NotNext));
}

/// Every bit of every entry, and of what is said of its end. The first line has the hotel's name and the time of the
/// file, which nothing proves, and the last one where desks' chains begin.
#[test]
fn k1_a_flipped_bit_is_found() {
    let a = chain("desk-a", 2);
    let good = service_file(&a.iter().collect::<Vec<_>>(), 0, vec![], &key());
    let first = good.iter().position(|byte| *byte == b'\n').expect("a line");
    for at in first..good.len() {
        for bit in 0..8 {
            let mut file = good.clone();
            file[at] ^= 1 << bit;
            assert!(read(&file).bad.is_some(), "bit {bit} of byte {at}: {}", String::from_utf8_lossy(&file[first..]));
        }
    }
}

proptest! {
    /// Whatever bytes: an answer, and never a panic.
    #[test]
    fn whatever_a_file_has_is_answered(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        prop_assert!(read(&bytes).bad.is_some());
    }

    /// Lines of the right form with anything in them.
    #[test]
    fn whatever_stands_in_the_last_line_is_answered(lines in any::<u64>(), seq in any::<u64>(), hash in ".*") {
        let (a, _) = two_desks();
        let good = String::from_utf8(desk_file("desk-a", &a, vec![], &key())).expect("text");
        let mut all: Vec<&str> = good.lines().collect();
        all.pop();
        let end = Line::End(End { lines, head: Place { seq, hash }, signature: None, desks: vec![] });
        let file = format!("{}\n{}\n", all.join("\n"), serde_json::to_string(&end).expect("JSON"));
        prop_assert!(read(file.as_bytes()).bad.is_some());
    }
}
