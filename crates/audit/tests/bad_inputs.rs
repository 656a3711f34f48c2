//! Bad inputs to the program that proves trails: files that are none, cut, changed, or of another form. Each is named by
//! its code, with an exit code, and never ends in a panic. What a changed trail comes to entry by entry stands in
//! `verify.rs`; `docs/bad-inputs.md` says what is tried.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "what a test needs and does not get ends it")]

#[path = "../../service/tests/plain_words/mod.rs"]
mod plain_words;

use ed25519_dalek::{Signer, SigningKey};
use plain_words::{Tally, flaw};
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Output};
use turndown_audit::file::{Begin, Place, SignedDesk, Whose, Writer};
use turndown_audit::{HeadOf, text_to_sign};
use turndown_protocol::{AuditEntry, InstallId, PropertyId, SealedEvent, ZERO_HASH};

fn key() -> SigningKey {
    SigningKey::from_bytes(&[7; 32])
}

fn signed(of: HeadOf<'_>, head: &Place) -> String {
    hex::encode(key().sign(text_to_sign(of, "store-1", head.seq, &head.hash).as_bytes()).to_bytes())
}

fn zero() -> Place {
    Place { seq: 0, hash: ZERO_HASH.into() }
}

fn install() -> InstallId {
    InstallId::parse("desk-a").unwrap()
}

/// Three events of a desk.
fn events() -> Vec<SealedEvent> {
    let mut before = ZERO_HASH.to_owned();
    let event = |seq: u64| {
        let event = json!({
            "schema": 3, "event_id": format!("e-{seq}"), "install_id": "desk-a", "local_seq": seq, "prev_hash": before,
            "actor_id": "lea", "workflow": "housekeeping", "entity": { "kind": "room", "id": "101" }, "action": "note",
            "args": { "text": "Two pillows" }, "base_version": 0, "recorded_at": "2016-09-09T08:00:00.000Z",
            "mode": "offline",
        });
        let sealed = SealedEvent::seal(serde_json::from_value(event).unwrap()).unwrap();
        before.clone_from(&sealed.hash);
        sealed
    };
    (1..=3).map(event).collect()
}

fn begin(whose: Whose) -> Begin {
    Begin {
        format: 1,
        whose,
        store_id: "store-1".into(),
        property_id: PropertyId::parse("city").unwrap(),
        property_name: "City Hotel".into(),
        signing_key: hex::encode(key().verifying_key().to_bytes()),
        made_at: "2016-09-10T00:00:00.000Z".into(),
        whole: true,
        from: None,
        to: None,
        after: zero(),
    }
}

/// What the service signed of the desk's chain.
fn of_desk() -> SignedDesk {
    let last = events().pop().unwrap();
    let head = Place { seq: 3, hash: last.hash };
    let signature = signed(HeadOf::Desk(&install()), &head);
    let signing_key = hex::encode(key().verifying_key().to_bytes());
    SignedDesk { install_id: install(), begins: zero(), head, signing_key, signature }
}

/// The lines of a service's trail, without the ends of lines.
fn services() -> Vec<String> {
    let mut writer = Writer::begin(vec![], &begin(Whose::Service)).unwrap();
    let mut before = ZERO_HASH.to_owned();
    for sealed in events() {
        let event = &sealed.event;
        let entry = json!({
            "audit_seq": event.local_seq, "prev_hash": before, "hash": "", "install_id": "desk-a",
            "local_seq": event.local_seq, "event_id": event.event_id, "event_hash": sealed.hash, "actor_id": "lea",
            "action": "note", "entity": event.entity, "outcome": "applied", "seq": 1, "recorded_at": event.recorded_at,
            "received_at": "2016-09-09T09:00:00.000Z", "originated_offline": true,
        });
        let mut entry: AuditEntry = serde_json::from_value(entry).unwrap();
        entry.hash = entry.expected_hash().unwrap();
        before.clone_from(&entry.hash);
        writer.entry(entry, sealed.bytes).unwrap();
    }
    let signature = signed(HeadOf::Record(&PropertyId::parse("city").unwrap()), writer.head());
    lines(writer.end(Some(signature), vec![of_desk()]).unwrap())
}

/// The lines of the desk's own.
fn desks() -> Vec<String> {
    let mut writer = Writer::begin(vec![], &begin(Whose::Desk { install_id: install() })).unwrap();
    for sealed in events() {
        writer.event(sealed.event.local_seq, sealed.bytes, sealed.hash).unwrap();
    }
    lines(writer.end(None, vec![of_desk()]).unwrap())
}

fn lines(file: Vec<u8>) -> Vec<String> {
    String::from_utf8(file).unwrap().lines().map(str::to_owned).collect()
}

fn file(lines: &[String]) -> Vec<u8> {
    lines.iter().map(|line| format!("{line}\n")).collect::<String>().into_bytes()
}

fn run(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_turndown-audit")).args(args).output().unwrap()
}

const UNREADABLE: &str = "AUDIT_UNREADABLE";
const ALTERED: &str = "AUDIT_ENTRY_ALTERED";
const BROKEN: &str = "AUDIT_CHAIN_BROKEN";
const MISSING: &str = "AUDIT_ENTRY_MISSING";
const CUT: &str = "AUDIT_END_MISSING";
const NOT_SIGNED: &str = "AUDIT_NOT_SIGNED";

/// A row: a name, the file, and the code that it has to come to.
type Row = (String, Vec<u8>, &'static str);

/// A trail with one member of one line set to something else, whoever's it is.
fn set(trail: &[String], line: usize, pointer: &str, value: &Value) -> Vec<u8> {
    let mut all = trail.to_vec();
    // The others stay as they are, byte for byte, so that nothing but this value is wrong.
    let (_, member) = pointer.rsplit_once('/').unwrap();
    let document: Value = serde_json::from_str(&all[line]).unwrap();
    let now = match document.pointer(pointer).expect("it is there") {
        Value::Object(place) => format!("{{\"seq\":{},\"hash\":{}}}", place["seq"], place["hash"]),
        Value::Array(_) => {
            all[line].split_once("[").map(|(_, rest)| format!("[{}]", &rest[..rest.find(']').unwrap()])).unwrap()
        }
        value => value.to_string(),
    };
    let before = format!("\"{member}\":{now}");
    assert!(all[line].contains(&before), "{before} stands in {}", all[line]);
    all[line] = all[line].replacen(&before, &format!("\"{member}\":{value}"), 1);
    file(&all)
}

fn whole_files() -> Vec<Row> {
    let good = file(&services());
    let text = String::from_utf8(good.clone()).unwrap();
    let row = |name: &str, bytes: Vec<u8>, code| (name.to_owned(), bytes, code);
    let mut no_text = good.clone();
    no_text[good.len() / 2] = 0xff;
    vec![
        row("no byte", vec![], UNREADABLE),
        row("one line's end", b"\n".to_vec(), UNREADABLE),
        row("a shopping list", b"eggs\nmilk\n".to_vec(), UNREADABLE),
        row("a picture", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\n".to_vec(), UNREADABLE),
        row("a database", b"SQLite format 3\0\n".to_vec(), UNREADABLE),
        row("a page", b"<!doctype html>\n".to_vec(), UNREADABLE),
        row("zeros, as a power cut leaves them", vec![0; 4_096], CUT),
        row("a packed file", b"\x1f\x8b\x08\0\n".to_vec(), UNREADABLE),
        row("a list", b"[]\n".to_vec(), UNREADABLE),
        row("null", b"null\n".to_vec(), UNREADABLE),
        row("lists in lists", [&b"[".repeat(100_000)[..], b"\n"].concat(), UNREADABLE),
        row("a mark of the byte order", [b"\xef\xbb\xbf", good.as_slice()].concat(), UNREADABLE),
        row("text in UTF-16", text.encode_utf16().flat_map(u16::to_le_bytes).collect(), UNREADABLE),
        row("line ends of another system", text.replace('\n', "\r\n").into_bytes(), UNREADABLE),
        row("an empty line before it", [b"\n", good.as_slice()].concat(), UNREADABLE),
        row("an empty line behind it", [good.as_slice(), b"\n"].concat(), UNREADABLE),
        row("a second trail behind it", [good.as_slice(), &good].concat(), UNREADABLE),
        row("a byte that no text has", no_text, UNREADABLE),
        row("a beginning without an end of its line", services()[0].clone().into_bytes(), CUT),
        row("a beginning and nothing else", file(&services()[..1]), CUT),
        row("cut behind an entry", file(&services()[..3]), CUT),
        row("cut within an entry", good[..good.len() / 2].to_vec(), CUT),
        row("without its last byte", good[..good.len() - 1].to_vec(), CUT),
        row("a first line of five mebibytes", [&b" ".repeat(5 << 20)[..], b"\n"].concat(), UNREADABLE),
    ]
}

fn first_lines(trail: &[String], whose: &str) -> Vec<Row> {
    let mut rows = vec![];
    for (member, wrong) in [
        ("format", vec![json!(null), json!("1"), json!(-1), json!(1.5), json!(2), json!(4_294_967_296_u64)]),
        ("store_id", vec![json!(null), json!(1)]),
        ("property_id", vec![json!(null), json!(""), json!("../x"), json!("a\u{0}")]),
        ("property_name", vec![json!(null), json!(1)]),
        ("made_at", vec![json!(null), json!(0)]),
        ("whole", vec![json!(null), json!("yes"), json!(1)]),
        ("after", vec![json!(null), json!(0), json!({}), json!({ "seq": -1, "hash": "" })]),
        ("signing_key", vec![json!(null), json!(7)]),
    ] {
        for value in wrong {
            let name = format!("{whose}: {member} is {value}");
            rows.push((name, set(trail, 0, &format!("/{member}"), &value), UNREADABLE));
        }
    }
    rows
}

fn changed_lines() -> Vec<Row> {
    let (services, desks) = (services(), desks());
    let row = |name: &str, bytes: Vec<u8>, code| (name.to_owned(), bytes, code);
    let edit = |trail: &[String], edit: &dyn Fn(&mut Vec<String>)| {
        let mut all = trail.to_vec();
        edit(&mut all);
        file(&all)
    };
    let end = |pointer: &str, value: Value| set(&services, 4, pointer, &value);
    let entry = |pointer: &str, value: Value| set(&services, 2, pointer, &value);
    let of_whom = |to: &str| edit(&services, &|lines| lines[0] = lines[0].replacen("\"of\":\"service\"", to, 1));
    let partial = |seq: Value| {
        edit(&services, &|lines| {
            lines[0] = lines[0].replacen("\"whole\":true", "\"whole\":false", 1);
            lines[0] = lines[0].replacen("\"seq\":0", &format!("\"seq\":{seq}"), 1);
        })
    };
    let mut rows = vec![
        row("a trail of nobody", of_whom("\"of\":\"hotel\""), UNREADABLE),
        row("a desk's trail without a desk", of_whom("\"of\":\"desk\""), UNREADABLE),
        row("a desk whose name is a way out", of_whom("\"of\":\"desk\",\"install_id\":\"../a\""), UNREADABLE),
        row(
            "a desk's trail with a service's entries",
            of_whom("\"of\":\"desk\",\"install_id\":\"desk-a\""),
            UNREADABLE,
        ),
        row(
            "a service's trail with a desk's entries",
            edit(&services, &|lines| lines[1].clone_from(&desks[1])),
            UNREADABLE,
        ),
        row("a part that begins at the highest number there is", partial(json!(u64::MAX)), UNREADABLE),
        row("a part that begins behind its entries", partial(json!(7)), BROKEN),
        row(
            "a whole that begins behind an entry",
            edit(&services, &|lines| lines[0] = lines[0].replacen("\"seq\":0", "\"seq\":1", 1)),
            CUT,
        ),
        row("another name of a hotel's key", set(&services, 0, "/signing_key", &json!("0".repeat(64))), NOT_SIGNED),
        row("a key that is no hex", set(&services, 0, "/signing_key", &json!("key")), NOT_SIGNED),
        row("a key that is empty", set(&services, 0, "/signing_key", &json!("")), NOT_SIGNED),
        row("another store", set(&services, 0, "/store_id", &json!("store-2")), NOT_SIGNED),
        row("another hotel", set(&services, 0, "/property_id", &json!("town")), NOT_SIGNED),
        row("a desk's trail of another store", set(&desks, 0, "/store_id", &json!("store-2")), NOT_SIGNED),
        row("the first entry taken out", edit(&services, &|lines| drop(lines.remove(1))), MISSING),
        row("the last entry taken out", edit(&services, &|lines| drop(lines.remove(3))), CUT),
        row("all entries taken out", edit(&services, &|lines| drop(lines.drain(1..4))), CUT),
        row("two entries in each other's place", edit(&services, &|lines| lines.swap(1, 2)), MISSING),
        row("an entry twice", edit(&services, &|lines| lines.insert(2, lines[1].clone())), BROKEN),
        row("an empty line among them", edit(&services, &|lines| lines.insert(2, String::new())), UNREADABLE),
        row("an entry with a space", edit(&services, &|lines| lines[2].push(' ')), UNREADABLE),
        row(
            "an entry with something besides",
            edit(&services, &|lines| lines[2] = lines[2].replacen('{', "{\"note\":1,", 1)),
            UNREADABLE,
        ),
        row("an entry without its event", edit(&services, &|lines| lines[2] = "{\"entry\":{}}".into()), UNREADABLE),
        row("an end in the middle", edit(&services, &|lines| lines.insert(2, lines[4].clone())), UNREADABLE),
        row("two ends", edit(&services, &|lines| lines.push(lines[4].clone())), UNREADABLE),
        row("an end of no kind", edit(&services, &|lines| lines[4] = "{\"end\":{}}".into()), UNREADABLE),
        row("the end of the desk's", edit(&services, &|lines| lines[4].clone_from(&desks[4])), CUT),
        row(
            "a desk's event changed",
            edit(&desks, &|lines| lines[2] = lines[2].replacen("pillows", "towels", 1)),
            ALTERED,
        ),
        row("a desk's event taken out", edit(&desks, &|lines| drop(lines.remove(2))), MISSING),
        row("a desk's events in another order", edit(&desks, &|lines| lines.swap(2, 3)), MISSING),
        row("a desk's end taken off", edit(&desks, &|lines| drop(lines.pop())), CUT),
        row("a desk's hash that is another one", set(&desks, 2, "/event/hash", &json!("0".repeat(64))), ALTERED),
        row("a desk's hash that is none", set(&desks, 2, "/event/hash", &json!("hash")), ALTERED),
        row("a desk's event that is none", set(&desks, 2, "/event/event", &json!("{}")), ALTERED),
    ];
    for (member, wrong, code) in [
        ("outcome", vec![json!("splendid"), json!(null)], UNREADABLE),
        ("audit_seq", vec![json!(-1), json!("2"), json!(1e30)], UNREADABLE),
        ("audit_seq", vec![json!(0), json!(u64::MAX)], ALTERED),
        ("hash", vec![json!("0".repeat(64)), json!(""), json!("hash")], ALTERED),
        ("prev_hash", vec![json!(ZERO_HASH), json!("")], ALTERED),
        ("event_hash", vec![json!(ZERO_HASH), json!("hash")], ALTERED),
        ("code", vec![json!("NOT_DONE")], ALTERED),
        ("seq", vec![json!(99), json!(u64::MAX)], ALTERED),
        ("received_at", vec![json!("yesterday"), json!("")], ALTERED),
        ("originated_offline", vec![json!(false)], ALTERED),
        ("actor_id", vec![json!("bo")], "AUDIT_EVENT_OTHER"),
        ("action", vec![json!("start")], "AUDIT_EVENT_OTHER"),
        ("recorded_at", vec![json!("2016-09-09T08:00:01.000Z")], "AUDIT_EVENT_OTHER"),
        ("local_seq", vec![json!(9), json!(0)], "AUDIT_EVENT_OTHER"),
        ("event_id", vec![json!("e-9")], "AUDIT_EVENT_OTHER"),
        ("install_id", vec![json!("desk-b")], "AUDIT_EVENT_OTHER"),
        ("event_id", vec![json!("a b"), json!("")], UNREADABLE),
    ] {
        for value in wrong {
            rows.push((
                format!("an entry's {member} is {value}"),
                entry(&format!("/entry/entry/{member}"), value),
                code,
            ));
        }
    }
    for (pointer, wrong, code) in [
        ("/end/lines", vec![json!(0), json!(4), json!(u64::MAX)], CUT),
        ("/end/lines", vec![json!(-1), json!("3"), json!(null)], UNREADABLE),
        ("/end/signature", vec![json!(""), json!("0".repeat(128)), json!("signature")], NOT_SIGNED),
        ("/end/signature", vec![json!(7)], UNREADABLE),
        ("/end/desks", vec![json!(null), json!({}), json!([7])], UNREADABLE),
        ("/end/desks/0/signature", vec![json!(""), json!("0".repeat(128))], NOT_SIGNED),
        ("/end/desks/0/install_id", vec![json!("desk-b")], NOT_SIGNED),
    ] {
        for value in wrong {
            rows.push((format!("{pointer} is {value}"), end(pointer, value), code));
        }
    }
    let earlier =
        edit(&services, &|lines| lines[4] = lines[4].replacen("\"head\":{\"seq\":3", "\"head\":{\"seq\":2", 1));
    rows.push(row("an end that speaks of an earlier entry", earlier, CUT));
    // What a signed head says of its beginning is not signed with it.
    let far = |seq: u64| {
        edit(&services, &|lines| {
            lines[4] = lines[4].replacen("\"begins\":{\"seq\":0", &format!("\"begins\":{{\"seq\":{seq}"), 1);
        })
    };
    rows.push(row("a signed chain that begins at the highest number there is", far(u64::MAX), UNREADABLE));
    rows.push(row("a signed chain that begins behind its head", far(4), UNREADABLE));
    rows
}

/// What is wrong with what the program says: the sentences, and the object behind them.
fn said_flaw(output: &Output, given: &[&str]) -> Option<String> {
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let sentences: String = text.lines().filter(|line| !line.starts_with('{')).collect();
    flaw(&sentences, given, &[]).map(|flaw| format!("{flaw}: {sentences}"))
}

fn first_bad(output: &Output) -> Option<String> {
    let last = String::from_utf8_lossy(&output.stdout).lines().last()?.to_owned();
    let told: Value = serde_json::from_str(&last).ok()?;
    told["first_bad"]["code"].as_str().map(str::to_owned)
}

#[test]
fn every_bad_trail_is_named_by_its_code_and_a_good_one_beside_it_is_still_proven() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let good = at("good.jsonl");
    std::fs::write(&good, file(&services())).unwrap();
    let mut tally = Tally::default();
    let parts = [
        ("files", whole_files()),
        ("first lines of the service's", first_lines(&services(), "service")),
        ("first lines of a desk's", first_lines(&desks(), "desk")),
        ("changed lines", changed_lines()),
    ];
    for (part, rows) in parts {
        tally.part(part);
        for (index, (name, bytes, code)) in rows.into_iter().enumerate() {
            tally.row(&name, &bytes);
            let path = at(&format!("{}-{index}.jsonl", part.replace(' ', "-")));
            std::fs::write(&path, &bytes).unwrap();
            let output = run(&["verify", &good, &path]);
            tally.same(&name, &output.status.code(), &Some(1));
            tally.same(&name, &first_bad(&output).as_deref(), &Some(code));
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            tally.same(
                &name,
                &text.contains("good.jsonl: the service's whole trail of City Hotel is as it was written"),
                &true,
            );
            if let Some(flaw) = said_flaw(&output, &[&good, &path]) {
                tally.amiss(&name, flaw);
            }
            assert_eq!(std::fs::read(&path).unwrap(), bytes, "{name}: the file is as it was");
        }
    }
    tally.end("trails");
    let desk = at("desk.jsonl");
    std::fs::write(&desk, file(&desks())).unwrap();
    assert!(run(&["verify", &good, &desk]).status.success(), "good files are proven");
}

#[test]
fn every_bad_call_ends_with_its_exit_code_and_a_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (good, town, missing) = (at("good.jsonl"), at("town.jsonl"), at("missing.jsonl"));
    std::fs::write(&good, file(&services())).unwrap();
    // The desk's, of a hotel that the service's is not of.
    std::fs::write(&town, set(&desks(), 0, "/property_id", &json!("town"))).unwrap();
    let this = folder.path().to_str().unwrap();
    let other_key = hex::encode(SigningKey::from_bytes(&[8; 32]).verifying_key().to_bytes());
    let with_key = |key: &str| vec!["verify".to_owned(), good.clone(), "--key".into(), key.to_owned()];
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let rows: Vec<(&str, Vec<String>, i32, Option<&str>)> = vec![
        ("no file", words(&["verify"]), 2, None),
        ("a command that is none", words(&["prove", &good]), 2, None),
        ("an option that is none", words(&["verify", &good, "--fast"]), 2, None),
        ("a key without a key", words(&["verify", &good, "--key"]), 2, None),
        ("a file that is not there", words(&["verify", &missing]), 2, None),
        ("a file that is not there, behind a good one", words(&["verify", &good, &missing]), 2, None),
        ("a folder", words(&["verify", this]), 2, None),
        ("a name of nothing", words(&["verify", ""]), 2, None),
        ("a name of 10,000 letters", words(&["verify", &"f".repeat(10_000)]), 2, None),
        ("a file below a file", words(&["verify", &format!("{good}/x")]), 2, None),
        ("another key", with_key(&other_key), 1, Some(NOT_SIGNED)),
        ("a key that is none", with_key("key"), 1, Some(NOT_SIGNED)),
        ("an empty key", with_key(""), 1, Some(NOT_SIGNED)),
        ("a key of a thousand digits", with_key(&"0".repeat(1_000)), 1, Some(NOT_SIGNED)),
        ("trails of two hotels", words(&["verify", &good, &town]), 1, Some("AUDIT_DIFFERS")),
    ];
    let mut tally = Tally::default();
    tally.part("calls");
    for (name, args, exit, code) in rows {
        tally.row(name, args.join("\0"));
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let output = run(&args);
        tally.same(name, &output.status.code(), &Some(exit));
        tally.same(name, &first_bad(&output).as_deref(), &code);
        if let Some(flaw) = said_flaw(&output, &args) {
            tally.amiss(name, flaw);
        }
    }
    tally.end("calls");
    assert!(Path::new(&good).exists() && run(&["verify", &good]).status.success(), "a good call proves");
}
