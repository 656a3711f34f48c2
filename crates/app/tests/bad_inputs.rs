//! Bad inputs to a desk: what the screens ask of it in the form in which the shell passes it on, its folder and files at
//! start-up, and files of other desks. Each has a stable code and a sentence, nothing is recorded by it, and the desk
//! goes on. `docs/bad-inputs.md` says what is tried.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod house;
#[path = "../../service/tests/plain_words/mod.rs"]
mod plain_words;

use house::{Computer, hotel, start, until};
use plain_words::{Tally, flaw, sentence_flaw};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tempfile::TempDir;
use turndown_app::App;
use turndown_app::dto::{CommandError, LinkMode, Phase, RadioEcho};
use turndown_domain::pin;
use turndown_phrase::Phrase;
use turndown_protocol::{ActorId, Pass, Passes, PropertyId, SignedPasses};

const TOKEN: &str = "td_0123456789abcdef";
const LEAS: &str = "481516";

/// What the shell says by itself of a request that no command has; the screens show such an answer under this code
/// (`ui/src/platform/platform.ts`).
const NOT_READ: &str = "SCREEN_FAULT";

fn open(folder: &Path) -> App {
    start(folder, &Computer::at("2016-03-25T10:00:00Z"))
}

/// Opens it again once everybody has let go of it.
async fn open_again(folder: &Path) -> App {
    let opened = std::cell::RefCell::new(None);
    until("it opens again", || {
        let app = open(folder);
        let trouble = app.app_state().unwrap().trouble;
        *opened.borrow_mut() = Some(app);
        trouble.is_none_or(|trouble| trouble.code != "ALREADY_RUNNING")
    })
    .await;
    opened.into_inner().unwrap()
}

/// A desk of a small hotel, with nobody at the other end of its link.
fn connected(folder: &Path) {
    hotel(folder, &Computer::at("2016-03-25T10:00:00Z"));
    std::fs::write(folder.join("connection.json"), connection().to_string()).unwrap();
}

fn connection() -> Value {
    let signing_key = hex::encode(key().verifying_key().to_bytes());
    json!({
        "address": "http://127.0.0.1:1", "token": TOKEN, "property_id": "h", "property_name": "Kabul House",
        "store_id": "s1", "signing_key": signing_key,
    })
}

fn key() -> ed25519_dalek::SigningKey {
    ed25519_dalek::SigningKey::from_bytes(&[9; 32])
}

/// A request as the shell reads it: its parts by name, each of its own type.
fn part<T: DeserializeOwned>(args: &Value, name: &str) -> Result<T, CommandError> {
    serde_json::from_value(args[name].clone()).map_err(|_| CommandError {
        code: NOT_READ.into(),
        message: Phrase::verbatim("The screen asked for something that cannot be read."),
        next_step: Phrase::verbatim("Do it again."),
        reference: String::new(),
    })
}

/// Calls a command by its name, as a screen does.
async fn call(app: &App, command: &str, args: &Value) -> Result<(), CommandError> {
    let text = |name: &str| part::<String>(args, name);
    match command {
        "act" => app.act(part(args, "request")?).map(drop),
        "resolve" => app.resolve(part(args, "request")?).map(drop),
        "send_to_look" => app.send_to_look(part(args, "request")?).map(drop),
        "board" => app.board(part(args, "since")?).map(drop),
        "sync_center" => {
            let open: Vec<String> = part(args, "open")?;
            app.sync_center(part(args, "filter")?, &open, part(args, "offset")?, part(args, "limit")?).map(drop)
        }
        "choose_person" => app.choose_person(&text("staffId")?),
        "sign_in" => app.sign_in(&text("staffId")?, &text("pin")?),
        "change_pin" => app.change_pin(&text("pin")?, &text("newPin")?).await,
        "put_on_hold" => app.put_on_hold(&text("intentId")?, &text("roomId")?, &text("reason")?),
        "let_go" => app.let_go(&text("intentId")?, &text("roomId")?),
        "begin_emergency" => app.begin_emergency(&text("intentId")?, &text("reason")?),
        "begin_day" => app.begin_day(&text("day")?),
        "retry_event" => app.retry_event(&text("eventId")?),
        "discard_event" => app.discard_event(&text("eventId")?, &text("reason")?),
        "discard_carried" => app.discard_carried(&text("eventId")?, &text("reason")?),
        "conflict" => app.conflict(&text("entityKind")?, &text("entityId")?).map(drop),
        "set_link" => app.set_link(part::<LinkMode>(args, "mode")?),
        "find_hotel" => app.find_hotel(&text("address")?, &text("code")?).await.map(drop),
        "connect_hotel" => app.connect_hotel(&text("address")?, &text("code")?).await,
        "open_sample_hotel" => app.open_sample_hotel().await,
        "export_waiting" => app.export_waiting(part::<Option<String>>(args, "place")?.as_deref()).map(drop),
        "import_waiting" => app.import_waiting(&text("path")?).map(drop),
        "carry_places" => app.carry_places().map(drop),
        "radio" => app.radio(&text("line")?).map(drop),
        command => panic!("{command} is no command of these tables"),
    }
}

/// What is wrong with what a person reads. A rule of the house says what to do in its sentence already.
fn error_flaw(error: &CommandError, given: &[&str]) -> Option<String> {
    let secret = [TOKEN, LEAS];
    let (message, next_step) = (error.message.to_string(), error.next_step.to_string());
    sentence_flaw(&message, given, &secret)
        .or_else(|| (!next_step.is_empty()).then(|| sentence_flaw(&next_step, given, &secret)).flatten())
        .map(|flaw| format!("{flaw}: {message} {next_step}"))
}

/// A command with its arguments, and the code that it has to be refused with.
type Row = (String, &'static str, Value, &'static str);

fn row(name: impl Into<String>, command: &'static str, args: Value, code: &'static str) -> Row {
    (name.into(), command, args, code)
}

async fn try_all(tally: &mut Tally, app: &App, rows: Vec<Row>) {
    for (name, command, args, code) in rows {
        tally.row(&name, format!("{command} {args}"));
        match call(app, command, &args).await {
            Ok(()) => tally.amiss(&name, format!("it was done, instead of {code}")),
            Err(error) => {
                tally.same(&name, &error.code.as_str(), &code);
                if let Some(flaw) = error_flaw(&error, &[]) {
                    tally.amiss(&name, flaw);
                }
            }
        }
    }
}

/// How many actions were recorded at a desk: what is refused adds none.
fn recorded(app: &App) -> u64 {
    app.app_state().unwrap().sync.ledger.recorded
}

fn act_on(room: &str, intent: &str, action: &Value) -> Value {
    json!({ "request": { "intentId": intent, "roomId": room, "action": action, "since": null } })
}

fn act(action: &Value) -> Value {
    act_on("101", "i-bad", action)
}

fn action(name: &str, args: &Value) -> Value {
    json!({ "action": name, "args": args })
}

/// Requests that do not have the form of an action.
fn unreadable_actions(task: &str) -> Vec<Row> {
    let good = act(&action("start", &json!({ "task": task })));
    let mut rows = vec![];
    let mut spoil = |pointer: &str, wrong: &[Value]| {
        let (parent, member) = pointer.rsplit_once('/').unwrap();
        let mut without = good.clone();
        without.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(member).unwrap();
        rows.push(row(format!("without {pointer}"), "act", without, NOT_READ));
        for value in wrong {
            let mut request = good.clone();
            *request.pointer_mut(pointer).unwrap() = value.clone();
            rows.push(row(format!("{pointer} is {value}"), "act", request, NOT_READ));
        }
    };
    spoil("/request", &[json!(null), json!([]), json!("start"), json!(7)]);
    spoil("/request/intentId", &[json!(null), json!(7), json!(["i"])]);
    spoil("/request/roomId", &[json!(null), json!(101), json!({ "id": "101" })]);
    let actions = [json!(null), json!("start"), json!(["start"]), json!({})];
    spoil("/request/action", &actions);
    spoil(
        "/request/action/action",
        &[json!(null), json!("fly"), json!("START"), json!(""), json!("st\u{0}art"), json!(1)],
    );
    spoil(
        "/request/action/args",
        &[
            json!(null),
            json!([]),
            json!("x"),
            json!({}),
            json!({ "task": null }),
            json!({ "task": 1 }),
            json!({ "task": task, "fast": true }),
        ],
    );
    let mut since = |value: Value| {
        let mut request = good.clone();
        request["request"]["since"] = value;
        rows.push(row(format!("since is {}", request["request"]["since"]), "act", request, NOT_READ));
    };
    [json!(-1), json!(0.5), json!("1"), json!(1e30)].into_iter().for_each(&mut since);
    for (name, args) in [
        ("reassign", json!({ "task": task, "to": 7 })),
        ("inspect", json!({ "task": task })),
        ("inspect", json!({ "task": task, "verdict": "pass" })),
        ("inspect", json!({ "task": task, "verdict": { "result": "splendid" } })),
        ("inspect", json!({ "task": task, "verdict": { "result": "pass", "stars": 5 } })),
        ("add_task", json!({ "task": "n", "kind": "paint", "credits": 1, "priority": "high" })),
        ("add_task", json!({ "task": "n", "kind": "check", "credits": -1, "priority": "high" })),
        ("add_task", json!({ "task": "n", "kind": "check", "credits": 65_536, "priority": "high" })),
        ("add_task", json!({ "task": "n", "kind": "check", "credits": 0.5, "priority": "high" })),
        ("add_task", json!({ "task": "n", "kind": "check", "credits": 1, "priority": "now" })),
        ("cancel_task", json!({ "task": task, "reason": 7 })),
        ("set_priority", json!({ "task": task, "priority": "high", "rush": "yes" })),
        ("set_room_status", json!({ "cleanliness": "spotless" })),
        ("set_room_status", json!({})),
        ("see_occupancy", json!({ "occupancy": "half" })),
        ("set_flag", json!({ "flag": "party", "on": true })),
        ("set_flag", json!({ "flag": "refused", "on": 1 })),
        ("note", json!({ "text": ["x"] })),
        ("note", json!({ "text": "x", "colour": "red" })),
        ("set_sellability", json!({ "sellability": "closed" })),
        ("departed", json!({ "guest": "X" })),
        ("claim", json!({ "guest": 7 })),
        ("queue_guest", json!({ "promised": 1500 })),
        ("undo", json!({ "event": null })),
    ] {
        rows.push(row(format!("{name} with {args}"), "act", act(&action(name, &args)), NOT_READ));
    }
    rows
}

/// Actions that are understood and cannot be done.
fn refused_actions(task: &str) -> Vec<Row> {
    let mut rows = vec![];
    let start = action("start", &json!({ "task": task }));
    for (name, intent) in [
        ("an id of nothing", String::new()),
        ("an id of a space", " ".into()),
        ("an id with a way out", "../i".into()),
        ("an id with a zero", "i\u{0}".into()),
        ("an id with a line's end", "i\n".into()),
        ("an id turned round", "\u{202e}i".into()),
        ("an id of 65 letters", "i".repeat(65)),
        ("an id in other letters", "ид".into()),
    ] {
        rows.push(row(name, "act", act_on("101", &intent, &start), "ID_UNREADABLE"));
    }
    for (name, room) in [
        ("a room that is not there", "999".to_owned()),
        ("a room without a name", String::new()),
        ("a room of a space", " ".into()),
        ("a room with a space behind it", "101 ".into()),
        ("a room with a zero in its name", "101\u{0}".into()),
        ("a room turned round", "\u{202e}101".into()),
        ("a room with a way out", "../101".into()),
        ("a room in other digits", "١٠١".into()),
        ("a room of 10,000 letters", "1".repeat(10_000)),
        ("a room in a database's words", "101' OR '1'='1".into()),
    ] {
        rows.push(row(name, "act", act_on(&room, "i-bad", &start), "ROOM_UNKNOWN"));
    }
    let (long, longer) = ("r".repeat(201), "n".repeat(1_001));
    let unshown = "TEXT_UNREADABLE";
    for (name, args, code) in [
        ("start", json!({ "task": "" }), "TASK_NOT_FOUND"),
        ("start", json!({ "task": "t-999" }), "TASK_NOT_FOUND"),
        ("start", json!({ "task": "../x" }), "TASK_NOT_FOUND"),
        ("start", json!({ "task": "t\u{0}" }), "TASK_NOT_FOUND"),
        ("start", json!({ "task": "\u{202e}t" }), "TASK_NOT_FOUND"),
        ("pause", json!({ "task": task }), "TASK_NOT_STARTED"),
        ("resume", json!({ "task": task }), "TASK_NOT_STARTED"),
        ("complete", json!({ "task": task }), "TASK_NOT_STARTED"),
        ("inspect", json!({ "task": task, "verdict": { "result": "pass" } }), "TASK_NOT_COMPLETED"),
        ("reassign", json!({ "task": task, "to": "nobody" }), "STAFF_UNKNOWN"),
        ("reassign", json!({ "task": task, "to": "" }), "STAFF_UNKNOWN"),
        ("reassign", json!({ "task": task, "to": "LEA" }), "STAFF_UNKNOWN"),
        ("reassign", json!({ "task": task }), "NOTHING_TO_CHANGE"),
        ("cancel_task", json!({ "task": task, "reason": "" }), "REASON_REQUIRED"),
        ("cancel_task", json!({ "task": task, "reason": " \t\n" }), "REASON_REQUIRED"),
        ("cancel_task", json!({ "task": task, "reason": "\u{3000}" }), "REASON_REQUIRED"),
        ("cancel_task", json!({ "task": task, "reason": long }), "TEXT_TOO_LONG"),
        ("cancel_task", json!({ "task": task, "reason": "gone\u{0}" }), unshown),
        ("cancel_task", json!({ "task": task, "reason": "gone\u{8}" }), unshown),
        ("cancel_task", json!({ "task": task, "reason": "\u{202e}enog" }), unshown),
        ("note", json!({ "text": longer }), "TEXT_TOO_LONG"),
        ("note", json!({ "text": "x\u{0}" }), unshown),
        ("note", json!({ "text": "\u{1b}[31mx" }), unshown),
        ("note", json!({ "text": "x\ry" }), unshown),
        ("note", json!({ "text": "\u{2066}x" }), unshown),
        ("note", json!({ "text": "x\u{85}y" }), unshown),
        ("note", json!({ "text": "" }), "NOTHING_TO_CHANGE"),
        ("note", json!({ "text": "   " }), "NOTHING_TO_CHANGE"),
        ("add_task", json!({ "task": task, "kind": "check", "credits": 1, "priority": "high" }), "TASK_EXISTS"),
        (
            "add_task",
            json!({ "task": "n1", "kind": "check", "credits": 1, "priority": "high", "assignee": "nobody" }),
            "STAFF_UNKNOWN",
        ),
        (
            "add_task",
            json!({ "task": "n2", "kind": "check", "credits": 1, "priority": "high", "note": "n\u{0}" }),
            unshown,
        ),
        ("add_task", json!({ "task": "", "kind": "check", "credits": 1, "priority": "high" }), "ACTION_UNKNOWN"),
        ("add_task", json!({ "task": "n/3", "kind": "check", "credits": 1, "priority": "high" }), "ACTION_UNKNOWN"),
        ("add_task", json!({ "task": "n\u{0}4", "kind": "check", "credits": 1, "priority": "high" }), "ACTION_UNKNOWN"),
        ("set_priority", json!({ "task": task, "priority": "normal", "rush": false }), "NOTHING_TO_CHANGE"),
        ("set_flag", json!({ "flag": "refused", "on": false }), "NOTHING_TO_CHANGE"),
        ("arrived", json!({}), "ROOM_OCCUPIED"),
        ("queue_guest", json!({}), "NOBODY_DUE"),
        ("leave_queue", json!({}), "NOTHING_TO_CHANGE"),
        ("release", json!({}), "NOTHING_TO_CHANGE"),
        ("claim", json!({}), "ROOM_OCCUPIED"),
        (
            "set_sellability",
            json!({ "sellability": { "kind": "out_of_order", "deducts_inventory": true, "assignable": false } }),
            "REASON_REQUIRED",
        ),
        ("undo", json!({ "event": "" }), "UNDO_UNKNOWN"),
        ("undo", json!({ "event": "../x" }), "UNDO_UNKNOWN"),
        ("undo", json!({ "event": "unknown" }), "UNDO_UNKNOWN"),
        ("begin_day", json!({ "room": "999", "day": "2016-03-26" }), "ACTION_UNKNOWN"),
        ("begin_day", json!({ "room": "101", "day": "9999-99-99" }), "ACTION_UNKNOWN"),
    ] {
        let shown: String = args.to_string().chars().take(70).collect();
        // Each has an id of its own: the same id would be the same action, done once.
        let request = act_on("101", &format!("i-{}", rows.len()), &action(name, &args));
        rows.push(row(format!("{name} with {shown}"), "act", request, code));
    }
    rows
}

/// Other commands: ids, reasons, addresses and codes that are none.
fn other_commands() -> Vec<Row> {
    let mut rows = vec![];
    let bad_ids = ["", " ", "a/b", "a\u{0}", "a\nb", "\u{202e}a", "ид"];
    for id in bad_ids {
        rows.push(row(format!("trying {id:?} again"), "retry_event", json!({ "eventId": id }), "ID_UNREADABLE"));
        rows.push(row(
            format!("giving {id:?} up"),
            "discard_event",
            json!({ "eventId": id, "reason": "why" }),
            "ID_UNREADABLE",
        ));
        rows.push(row(
            format!("giving the carried {id:?} up"),
            "discard_carried",
            json!({ "eventId": id, "reason": "why" }),
            "ID_UNREADABLE",
        ));
        rows.push(row(
            format!("holding back as {id:?}"),
            "put_on_hold",
            json!({ "intentId": id, "roomId": "101", "reason": "why" }),
            "ID_UNREADABLE",
        ));
    }
    rows.push(row(
        "trying again what nobody knows",
        "retry_event",
        json!({ "eventId": "unknown" }),
        "NOTHING_TO_RETRY",
    ));
    rows.push(row(
        "giving up what nobody knows",
        "discard_event",
        json!({ "eventId": "unknown", "reason": "why" }),
        "NOTHING_TO_DISCARD",
    ));
    rows.push(row(
        "giving up what nobody carries",
        "discard_carried",
        json!({ "eventId": "unknown", "reason": "why" }),
        "NOTHING_TO_DISCARD",
    ));
    let reasons = [
        ("", "REASON_REQUIRED"),
        ("  ", "REASON_REQUIRED"),
        ("\n", "REASON_REQUIRED"),
        ("x\u{0}", "TEXT_UNREADABLE"),
        ("\u{202e}x", "TEXT_UNREADABLE"),
    ];
    for (reason, code) in reasons {
        rows.push(row(
            format!("holding back because of {reason:?}"),
            "put_on_hold",
            json!({ "intentId": "h", "roomId": "101", "reason": reason }),
            code,
        ));
        rows.push(row(
            format!("giving up because of {reason:?}"),
            "discard_event",
            json!({ "eventId": "unknown", "reason": reason }),
            code,
        ));
    }
    rows.push(row(
        "holding back for 201 letters",
        "put_on_hold",
        json!({ "intentId": "h", "roomId": "101", "reason": "r".repeat(201) }),
        "TEXT_TOO_LONG",
    ));
    for room in ["999", "", "../101", "101\u{0}"] {
        rows.push(row(
            format!("holding {room:?} back"),
            "put_on_hold",
            json!({ "intentId": "h", "roomId": room, "reason": "why" }),
            "ROOM_UNKNOWN",
        ));
        rows.push(row(
            format!("letting {room:?} go"),
            "let_go",
            json!({ "intentId": "g", "roomId": room }),
            "ROOM_UNKNOWN",
        ));
    }
    rows.push(row(
        "letting go what is not held back",
        "let_go",
        json!({ "intentId": "g", "roomId": "101" }),
        "NOT_ON_HOLD",
    ));
    rows.push(row(
        "going on in an emergency that is none",
        "begin_emergency",
        json!({ "intentId": "e", "reason": "why" }),
        "MANAGER_NEEDED",
    ));
    for (kind, id) in [("room", "101"), ("room", "999"), ("", ""), ("car", "1"), ("room", "1\u{0}")] {
        rows.push(row(
            format!("the conflict of {kind:?} {id:?}"),
            "conflict",
            json!({ "entityKind": kind, "entityId": id }),
            "CONFLICT_GONE",
        ));
    }
    let decision = |entity: &str, version: Value, choices: Value| json!({ "request": { "intentId": "r", "entityKind": "room", "entityId": entity, "version": version, "settles": [], "choices": choices } });
    let choice = |side: Value, path: &str| json!([{ "path": path, "side": side, "text": "x" }]);
    rows.extend([
        row("a decision about nothing", "resolve", decision("101", json!(1), json!([])), "CONFLICT_GONE"),
        row("a decision about no room", "resolve", decision("999", json!(1), json!([])), "CONFLICT_GONE"),
        row("a decision about a version to come", "resolve", decision("101", json!(u64::MAX), json!([])), "CONFLICT_GONE"),
        row("a decision about a version below none", "resolve", decision("101", json!(-1), json!([])), NOT_READ),
        row("a decision about half a version", "resolve", decision("101", json!(1.5), json!([])), NOT_READ),
        row("a decision without choices", "resolve", decision("101", json!(1), json!(null)), NOT_READ),
        row("a decision for a third side", "resolve", decision("101", json!(1), choice(json!("nobody"), "room/note")), NOT_READ),
        row("a decision for no side", "resolve", decision("101", json!(1), choice(json!(null), "room/note")), NOT_READ),
        row("a decision that writes what nobody may", "resolve", decision("101", json!(1), choice(json!("edited"), "room/number")), "CHOICE_UNREADABLE"),
        row("a decision about a field that is none", "resolve", decision("101", json!(1), choice(json!("edited"), "../x")), "CHOICE_UNREADABLE"),
        row("a look at nothing", "send_to_look", json!({ "request": { "intentId": "l", "entityKind": "room", "entityId": "101", "version": 1, "settles": [] } }), "CONFLICT_GONE"),
        row("a look that settles what is no id", "send_to_look", json!({ "request": { "intentId": "l", "entityKind": "room", "entityId": "101", "version": 1, "settles": ["a b"] } }), "ID_UNREADABLE"),
        row("a look without an id", "send_to_look", json!({ "request": { "intentId": "", "entityKind": "room", "entityId": "101", "version": 1, "settles": [] } }), "ID_UNREADABLE"),
        row("a page of a filter that is none", "sync_center", json!({ "filter": "red", "open": [], "offset": 0, "limit": 10 }), NOT_READ),
        row("a page that begins before the first", "sync_center", json!({ "filter": "all", "open": [], "offset": -1, "limit": 10 }), NOT_READ),
        row("a page of half a row", "sync_center", json!({ "filter": "all", "open": [], "offset": 0, "limit": 0.5 }), NOT_READ),
        row("a page beyond its form", "sync_center", json!({ "filter": "all", "open": [], "offset": 4_294_967_296_u64, "limit": 10 }), NOT_READ),
        row("a board since a word", "board", json!({ "since": "yesterday" }), NOT_READ),
        row("a board since before the first", "board", json!({ "since": -1 }), NOT_READ),
        row("a link that is none", "set_link", json!({ "mode": "sideways" }), NOT_READ),
        row("a link that is null", "set_link", json!({ "mode": null }), NOT_READ),
        row("a day long after", "begin_day", json!({ "day": "2017-01-01" }), "DAY_NOT_DUE"),
        row("a day in words", "begin_day", json!({ "day": "tomorrow" }), "DAY_NOT_DUE"),
        row("a day in ten thousand years", "begin_day", json!({ "day": "9999-12-31" }), "DAY_NOT_DUE"),
        row("a day that is null", "begin_day", json!({ "day": null }), NOT_READ),
        row("somebody who does not work here", "choose_person", json!({ "staffId": "nobody" }), "STAFF_UNKNOWN"),
        row("somebody without a name", "choose_person", json!({ "staffId": "" }), "STAFF_UNKNOWN"),
        row("somebody in capital letters", "choose_person", json!({ "staffId": "LEA" }), "STAFF_UNKNOWN"),
        row("somebody with a zero in their name", "choose_person", json!({ "staffId": "lea\u{0}" }), "STAFF_UNKNOWN"),
        row("somebody who is a number", "choose_person", json!({ "staffId": 1 }), NOT_READ),
        row("a PIN that is a number", "sign_in", json!({ "staffId": "lea", "pin": 481_516 }), NOT_READ),
        row("a sample hotel where there is none", "open_sample_hotel", json!({}), "NO_SAMPLE"),
        row("a file for a drive that is not there", "export_waiting", json!({ "place": "/media/nobody/stick" }), "PLACE_GONE"),
        row("a file for the system's own folder", "export_waiting", json!({ "place": "/etc" }), "PLACE_GONE"),
        row("a file for no place", "export_waiting", json!({ "place": "" }), "PLACE_GONE"),
        row("a file for a way out", "export_waiting", json!({ "place": "../.." }), "PLACE_GONE"),
    ]);
    for (name, address, code) in [
        ("an empty address", "", "ADDRESS_EMPTY"),
        ("an address of spaces", " \t ", "ADDRESS_EMPTY"),
        ("an address of slashes", "///", "ADDRESS_EMPTY"),
        ("an address of a scheme alone", "https://", "ADDRESS_UNFIT"),
        ("an address with a space in it", "hotel example", "ADDRESS_UNFIT"),
        ("an address with a zero in it", "hotel\u{0}.example", "ADDRESS_UNFIT"),
        ("an address of another kind", "ftp://hotel.example", "ADDRESS_UNFIT"),
        ("an address of a file", "file:///etc/passwd", "ADDRESS_UNFIT"),
        ("an address with a name and a password", "https://lea:hunter22@hotel.example", "ADDRESS_UNFIT"),
        ("an address with a question", "https://hotel.example/?x=1", "ADDRESS_UNFIT"),
        ("an address with a place in the page", "https://hotel.example/#x", "ADDRESS_UNFIT"),
        ("an address at port 0", "https://hotel.example:0", "ADDRESS_UNFIT"),
        ("an address at port 70000", "https://hotel.example:70000", "ADDRESS_UNFIT"),
        ("an address at a port below none", "https://hotel.example:-1", "ADDRESS_UNFIT"),
        ("an address in brackets", "https://[::zz]", "ADDRESS_UNFIT"),
        ("an address that is not encrypted", "http://hotel.example", "ADDRESS_NOT_SECURE"),
        ("a far machine that is not encrypted", "http://8.8.8.8:80", "ADDRESS_NOT_SECURE"),
        ("a machine where nobody listens", "http://127.0.0.1:1", "SERVICE_UNREACHABLE"),
    ] {
        rows.push(row(
            format!("looking for {name}"),
            "find_hotel",
            json!({ "address": address, "code": "K7QD2M9X" }),
            code,
        ));
        rows.push(row(
            format!("connecting to {name}"),
            "connect_hotel",
            json!({ "address": address, "code": "K7QD2M9X" }),
            code,
        ));
    }
    for code in ["", "  ", "---", "K7QD/2M9X", "K7QD%002M9X", "К7QD2M9X", "K7QD\u{0}"] {
        rows.push(row(
            format!("the code {code:?}"),
            "find_hotel",
            json!({ "address": "http://127.0.0.1:1", "code": code }),
            "CODE_UNKNOWN",
        ));
    }
    rows.push(row(
        "a code of 65 letters",
        "find_hotel",
        json!({ "address": "http://127.0.0.1:1", "code": "K".repeat(65) }),
        "CODE_UNKNOWN",
    ));
    for (name, new) in [
        ("a new PIN of nothing", ""),
        ("a new PIN of spaces", "      "),
        ("a new PIN of five digits", "31415"),
        ("a new PIN of thirteen digits", "3141592653589"),
        ("a new PIN with a letter", "31415a"),
        ("a new PIN with a sign", "31-415"),
        ("a new PIN with a zero that is none", "314159\u{0}"),
        ("a new PIN that counts up", "345678"),
        ("a new PIN of two digits again and again", "909090"),
        ("a new PIN that is the old one", LEAS),
    ] {
        rows.push(row(name, "change_pin", json!({ "pin": LEAS, "newPin": new }), "PIN_WEAK"));
    }
    rows.push(row(
        "a new PIN with nobody to tell",
        "change_pin",
        json!({ "pin": LEAS, "newPin": "314159" }),
        "NO_HOTEL",
    ));
    rows
}

#[tokio::test]
async fn every_bad_command_has_its_own_code_and_records_nothing() {
    let folder = tempfile::tempdir().unwrap();
    hotel(folder.path(), &Computer::at("2016-03-25T10:00:00Z"));
    let app = open(folder.path());
    app.choose_person("lea").unwrap();
    let good = |intent: &str, text: &str| act_on("101", intent, &action("note", &json!({ "text": text })));
    call(&app, "act", &good("i-good", "Two pillows")).await.unwrap();
    call(&app, "act", &act_on("101", "i-clear", &action("note", &json!({})))).await.unwrap();
    let task = app.board(None).unwrap().tiles[0].task_id.0.clone();
    let before = recorded(&app);
    let mut tally = Tally::default();
    tally.part("actions that cannot be read");
    try_all(&mut tally, &app, unreadable_actions(&task)).await;
    tally.part("actions that are refused");
    try_all(&mut tally, &app, refused_actions(&task)).await;
    tally.part("other commands");
    try_all(&mut tally, &app, other_commands()).await;
    tally.end("commands");
    assert_eq!(recorded(&app), before, "nothing of all this was recorded");
    // What was done once is not done again under the same id, and a good action goes through.
    call(&app, "act", &good("i-good", "Two pillows")).await.unwrap();
    assert_eq!(recorded(&app), before);
    call(&app, "act", &good("i-next", "A cot")).await.unwrap();
    assert_eq!(recorded(&app), before + 1);
    app.stop().await;
}

#[tokio::test]
async fn every_radio_line_that_means_nothing_is_told_so_and_records_nothing() {
    let folder = tempfile::tempdir().unwrap();
    hotel(folder.path(), &Computer::at("2016-03-25T10:00:00Z"));
    let app = open(folder.path());
    app.choose_person("lea").unwrap();
    let before = recorded(&app);
    let mut tally = Tally::default();
    tally.part("radio lines");
    for (line, code) in [
        ("", "RADIO_EMPTY"),
        ("   ", "RADIO_EMPTY"),
        (";;;", "RADIO_EMPTY"),
        ("\u{0}", "RADIO_UNKNOWN_WORD"),
        ("hello", "RADIO_UNKNOWN_WORD"),
        ("vc", "RADIO_NO_ROOM"),
        ("101", "RADIO_NO_WORD"),
        ("101 ", "RADIO_NO_WORD"),
        ("101,", "RADIO_NO_WORD"),
        ("999 vc", "RADIO_NO_SUCH_ROOM"),
        ("0 vc", "RADIO_NO_SUCH_ROOM"),
        ("99999999999999999999 vc", "RADIO_NO_SUCH_ROOM"),
        ("200-300 vc", "RADIO_NO_SUCH_ROOM"),
        ("300-200 vc", "RADIO_NO_SUCH_ROOM"),
        ("101 fly", "RADIO_UNKNOWN_WORD"),
        ("101 \u{202e}cv", "RADIO_UNKNOWN_WORD"),
        ("101 <script>", "RADIO_UNKNOWN_WORD"),
        ("101 '; DROP TABLE outbox", "RADIO_UNKNOWN_WORD"),
        ("101 assign zorro", "RADIO_NO_SUCH_PERSON"),
        ("101 cancel", "RADIO_NO_REASON"),
        ("101 ooo", "RADIO_NO_REASON"),
    ] {
        let name = format!("the line {line:?}");
        tally.row(&name, line);
        let RadioEcho { rooms, problem, .. } = app.radio(line).unwrap();
        let problem = problem.or_else(|| rooms.into_iter().find_map(|room| room.problem));
        tally.same(&name, &problem.as_ref().map(|problem| problem.code.as_str()), &Some(code));
        if let Some(flaw) = problem.and_then(|problem| sentence_flaw(&problem.message.to_string(), &[], &[])) {
            tally.amiss(&name, flaw);
        }
    }
    let long = "101 vc ".repeat(1_000);
    tally.row("a line of 7,000 letters", &long);
    tally.same(
        "a line of 7,000 letters",
        &app.radio(&long).unwrap().problem.map(|problem| problem.code),
        &Some("RADIO_TOO_LONG".to_owned()),
    );
    tally.end("radio");
    assert_eq!(recorded(&app), before);
    assert_eq!(app.radio("101 dirty").unwrap().problem, None, "a good line is understood");
    app.stop().await;
}

/// A desk of people with PINs.
fn by_pin(folder: &Path) {
    connected(folder);
    let verifier = pin::seal(LEAS, [3; pin::SALT_BYTES]).unwrap();
    let lea = Pass { staff_id: ActorId::parse("lea").unwrap(), role: "lead".into(), verifier, temporary: false };
    let passes = Passes {
        store_id: "s1".into(),
        property_id: PropertyId::parse("h").unwrap(),
        device: hex::encode(Sha256::digest(TOKEN.as_bytes())),
        issued_at: "2016-03-25T09:00:00.000Z".into(),
        holds_until: "2016-04-08T09:00:00.000Z".into(),
        lock_minutes: Some(10),
        people: vec![lea],
    };
    let passes = serde_json::to_string(&passes).unwrap();
    let signature = ed25519_dalek::Signer::sign(&key(), SignedPasses::signed_text(&passes).as_bytes());
    let kept = json!({
        "passes": passes, "signature": hex::encode(signature.to_bytes()), "signing_key": connection()["signing_key"],
    });
    let (desk, _) = turndown_desk::Desk::open(folder, Computer::at("2016-03-25T10:00:00Z") as Arc<_>).unwrap();
    desk.engine().set_facts(vec![("passes", Some(kept.to_string()))]).unwrap();
    desk.engine().close();
}

#[tokio::test]
async fn every_wrong_pin_and_every_command_of_a_locked_desk_is_refused_by_its_code() {
    let folder = tempfile::tempdir().unwrap();
    by_pin(folder.path());
    let app = open(folder.path());
    let mut tally = Tally::default();
    tally.part("PINs");
    let typed = |typed: &str| json!({ "staffId": "lea", "pin": typed });
    let mut rows = vec![
        row("a name without a PIN", "choose_person", json!({ "staffId": "lea" }), "PIN_REQUIRED"),
        row("somebody who is not there", "sign_in", json!({ "staffId": "nobody", "pin": LEAS }), "PASS_MISSING"),
        row("somebody without a name", "sign_in", json!({ "staffId": "", "pin": LEAS }), "PASS_MISSING"),
        row(
            "somebody with a zero in their name",
            "sign_in",
            json!({ "staffId": "lea\u{0}", "pin": LEAS }),
            "PASS_MISSING",
        ),
        row("a PIN of nothing", "sign_in", typed(""), "PIN_WRONG"),
        row("another PIN", "sign_in", typed("271828"), "PIN_WRONG"),
        row("a PIN with one digit too many", "sign_in", typed("4815161"), "PIN_WRONG"),
        row("a PIN with a zero that is none", "sign_in", typed("481516\u{0}"), "PIN_WRONG"),
        row("a PIN of a megabyte", "sign_in", typed(&"4".repeat(1 << 20)), "PIN_WRONG"),
        row("a sixth PIN, the right one", "sign_in", typed(LEAS), "PIN_WAIT"),
    ];
    for (command, args) in [
        ("act", act(&action("note", &json!({ "text": "x" })))),
        ("board", json!({ "since": null })),
        ("sync_center", json!({ "filter": "all", "open": [], "offset": 0, "limit": 10 })),
        ("radio", json!({ "line": "101 vc" })),
        ("export_waiting", json!({ "place": null })),
        ("import_waiting", json!({ "path": "x" })),
        ("carry_places", json!({})),
        ("put_on_hold", json!({ "intentId": "h", "roomId": "101", "reason": "why" })),
        ("retry_event", json!({ "eventId": "e" })),
        ("discard_event", json!({ "eventId": "e", "reason": "why" })),
        ("conflict", json!({ "entityKind": "room", "entityId": "101" })),
        ("set_link", json!({ "mode": "workOffline" })),
        ("change_pin", json!({ "pin": LEAS, "newPin": "314159" })),
        ("begin_day", json!({ "day": "2016-03-26" })),
    ] {
        rows.push(row(format!("{command} at a locked desk"), command, args, "DESK_LOCKED"));
    }
    try_all(&mut tally, &app, rows).await;
    tally.end("PINs");
    assert_eq!(recorded(&app), 0, "nothing was recorded");
    app.stop().await;
}

#[tokio::test]
async fn a_desk_without_a_hotel_says_so_whatever_is_asked_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let app = open(folder.path());
    let mut tally = Tally::default();
    tally.part("a desk without a hotel");
    let nobody = "NOBODY_WORKING";
    let rows = vec![
        row("an action", "act", act(&action("note", &json!({ "text": "x" }))), nobody),
        row("a person", "choose_person", json!({ "staffId": "lea" }), "STAFF_UNKNOWN"),
        row("a PIN", "sign_in", json!({ "staffId": "lea", "pin": LEAS }), "STAFF_UNKNOWN"),
        row("a radio line", "radio", json!({ "line": "101 vc" }), nobody),
        row("a room held back", "put_on_hold", json!({ "intentId": "h", "roomId": "101", "reason": "why" }), nobody),
        row("something tried again", "retry_event", json!({ "eventId": "e" }), nobody),
        row("a file written", "export_waiting", json!({ "place": null }), "NO_HOTEL"),
        row("a file read", "import_waiting", json!({ "path": "x" }), nobody),
        row("a conflict", "conflict", json!({ "entityKind": "room", "entityId": "101" }), "CONFLICT_GONE"),
    ];
    try_all(&mut tally, &app, rows).await;
    tally.end("a desk without a hotel");
    app.stop().await;
}

/// A file that this desk can carry, as another desk of the hotel writes it.
async fn another_desks_file() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    connected(folder.path());
    let app = open(folder.path());
    app.choose_person("lea").unwrap();
    for (intent, text) in [("m1", "Two pillows"), ("m2", "A cot"), ("m3", "Late out")] {
        call(&app, "act", &act_on("101", intent, &action("note", &json!({ "text": text })))).await.unwrap();
    }
    let file = std::fs::read(app.export_waiting(None).unwrap().path).unwrap();
    app.stop().await;
    file
}

/// The lines of a file as they are after somebody was at them, with a sum that is right again.
fn summed(lines: &[String]) -> Vec<u8> {
    let body: String = lines.iter().map(|line| format!("{line}\n")).collect();
    format!("{body}{{\"sha256\":\"{}\"}}\n", hex::encode(Sha256::digest(body.as_bytes()))).into_bytes()
}

fn bad_carry_files(good: &[u8]) -> Vec<(String, Vec<u8>, &'static str)> {
    let (not_ours, newer, cut, changed) =
        ("CARRY_FILE_NOT_OURS", "CARRY_FILE_NEWER", "CARRY_FILE_CUT", "CARRY_FILE_CHANGED");
    let text = String::from_utf8(good.to_vec()).unwrap();
    let all: Vec<String> = text.lines().map(str::to_owned).collect();
    let lines = all[..all.len() - 1].to_vec();
    let with = |edit: &dyn Fn(&mut Vec<String>)| {
        let mut lines = lines.clone();
        edit(&mut lines);
        summed(&lines)
    };
    let head = |from: &str, to: &str| {
        assert!(lines[0].contains(from), "{from} stands in {}", lines[0]);
        with(&|lines| lines[0] = lines[0].replacen(from, to, 1))
    };
    let event = |from: &str, to: &str| {
        let at = lines.iter().position(|line| line.contains("A cot")).unwrap();
        assert!(lines[at].contains(from), "{from} stands in {}", lines[at]);
        with(&|lines| lines[at] = lines[at].replacen(from, to, 1))
    };
    let mut turned = good.to_vec();
    let middle = turned.len() / 2;
    turned[middle] ^= 1;
    let mut no_text = good.to_vec();
    no_text[middle] = 0xff;
    let rows: Vec<(&str, Vec<u8>, &str)> = vec![
        ("no byte", vec![], not_ours),
        ("one line's end", b"\n".to_vec(), not_ours),
        ("a shopping list", b"eggs\nmilk\n".to_vec(), not_ours),
        ("a picture", b"\x89PNG\r\n\x1a\n".to_vec(), not_ours),
        ("an object with nothing in it", b"{}\n".to_vec(), not_ours),
        ("a list", b"[]\n".to_vec(), not_ours),
        ("a mark of the byte order before it", [b"\xef\xbb\xbf", good].concat(), not_ours),
        ("an empty line before it", [b"\n", good].concat(), not_ours),
        ("text in UTF-16", text.encode_utf16().flat_map(u16::to_le_bytes).collect(), not_ours),
        ("another format", head("turndown-carry", "turndown-audit"), not_ours),
        ("a head that is a text", with(&|lines| lines[0] = "\"turndown-carry\"".into()), not_ours),
        ("a version that is a word", head("\"version\":1", "\"version\":\"one\""), not_ours),
        ("a version below none", head("\"version\":1", "\"version\":-1"), not_ours),
        ("a version to come", head("\"version\":1", "\"version\":2"), newer),
        ("a head without a hotel", head("\"property_id\"", "\"property\""), not_ours),
        ("a desk whose name is a way out", head("\"install_id\":\"", "\"install_id\":\"../"), not_ours),
        ("a number of events that is none", head("\"events\":", "\"events\":-"), not_ours),
        ("the head alone", format!("{}\n", lines[0]).into_bytes(), cut),
        ("cut within a line", good[..good.len() / 2].to_vec(), cut),
        ("cut behind a line", format!("{}\n", lines.join("\n")).into_bytes(), cut),
        ("without its last byte", good[..good.len() - 1].to_vec(), cut),
        ("a sum cut short", good[..good.len() - 20].to_vec(), cut),
        ("a sum that is a word", format!("{}\n{{\"sha256\":\"sum\"}}\n", lines.join("\n")).into_bytes(), changed),
        ("a sum under another name", format!("{}\n{{\"md5\":\"0\"}}\n", lines.join("\n")).into_bytes(), cut),
        ("something behind its end", [good, b"more\n"].concat(), cut),
        ("an empty line behind its end", [good, b"\n"].concat(), cut),
        ("one bit turned", turned, changed),
        ("a byte that no text has", no_text, changed),
        ("line ends of another system", text.replace('\n', "\r\n").into_bytes(), changed),
        ("an event changed by hand", text.replacen("A cot", "A bed", 1).into_bytes(), changed),
        ("an event changed, and the sum made right", event("A cot", "A bed"), changed),
        ("an event taken out", with(&|lines| drop(lines.remove(2))), changed),
        ("an event twice", with(&|lines| lines.push(lines[2].clone())), changed),
        ("an event that is none", with(&|lines| lines[2] = "{}".into()), changed),
        ("an event that is no JSON", with(&|lines| lines[2] = "note".into()), changed),
        ("an event of a version to come", event("\"schema\":3", "\"schema\":9"), newer),
        ("an event of a version that is a word", event("\"schema\":3", "\"schema\":\"3\""), changed),
        ("an event without a maker", event("\"install_id\"", "\"install\""), changed),
        ("an event at place minus one", event("\"local_seq\":", "\"local_seq\":-"), changed),
        ("an empty line among the events", with(&|lines| lines.insert(2, String::new())), changed),
        ("more events than it says", head("\"events\":4", "\"events\":3"), changed),
        ("fewer events than it says", head("\"events\":4", "\"events\":5"), changed),
        ("another hotel's", head("\"property_id\":\"h\"", "\"property_id\":\"g\""), "CARRY_FILE_OTHER_HOTEL"),
        ("another store's", head("\"store_id\":\"s1\"", "\"store_id\":\"s2\""), "CARRY_FILE_OTHER_HOTEL"),
        ("a line of a mebibyte", with(&|lines| lines[2].push_str(&" ".repeat(1 << 20))), "CARRY_FILE_TOO_LARGE"),
    ];
    rows.into_iter().map(|(name, bytes, code)| (name.to_owned(), bytes, code)).collect()
}

#[tokio::test]
async fn every_bad_file_of_another_desk_is_refused_by_its_code_and_nothing_of_it_is_taken() {
    let good = another_desks_file().await;
    let folder = tempfile::tempdir().unwrap();
    connected(folder.path());
    let app = open(folder.path());
    app.choose_person("lea").unwrap();
    let before = recorded(&app);
    let mut tally = Tally::default();
    tally.part("files of other desks");
    let place = tempfile::tempdir().unwrap();
    let import = |path: &Path| json!({ "path": path.to_str().unwrap() });
    for (index, (name, bytes, code)) in bad_carry_files(&good).into_iter().enumerate() {
        let path = place.path().join(format!("file-{index}"));
        std::fs::write(&path, &bytes).unwrap();
        tally.row(&name, &bytes);
        let error = call(&app, "import_waiting", &import(&path)).await.expect_err(&name);
        tally.same(&name, &error.code.as_str(), &code);
        if let Some(flaw) = error_flaw(&error, &[]) {
            tally.amiss(&name, flaw);
        }
    }
    let unreadable = "CARRY_FILE_UNREADABLE";
    let rows = vec![
        row("a file that is not there", "import_waiting", json!({ "path": "/nowhere/file" }), unreadable),
        row("a folder", "import_waiting", import(place.path()), unreadable),
        row("no file", "import_waiting", json!({ "path": "" }), unreadable),
        row("quotation marks", "import_waiting", json!({ "path": "\"\"" }), unreadable),
        row("a device", "import_waiting", json!({ "path": "/dev/zero" }), unreadable),
        row("a name with a zero", "import_waiting", json!({ "path": "a\u{0}b" }), unreadable),
        row("a name of 10,000 letters", "import_waiting", json!({ "path": "f".repeat(10_000) }), unreadable),
        row("a number", "import_waiting", json!({ "path": 7 }), NOT_READ),
    ];
    try_all(&mut tally, &app, rows).await;
    let own = PathBuf::from(app.export_waiting(None).unwrap().path);
    try_all(&mut tally, &app, vec![row("this desk's own file", "import_waiting", import(&own), "CARRY_FILE_OWN")])
        .await;
    tally.end("files of other desks");
    assert_eq!(recorded(&app), before, "nothing was taken");
    let path = place.path().join("good");
    std::fs::write(&path, &good).unwrap();
    assert_eq!(app.import_waiting(path.to_str().unwrap()).unwrap().events, 4, "a good file is taken whole");
    app.stop().await;
}

/// What a start came to: where the desk stands, and the code of what a person reads about it.
fn started(app: &App) -> (Phase, Option<CommandError>) {
    let state = app.app_state().unwrap();
    let notice = state.notice.map(|notice| CommandError {
        code: notice.code,
        message: notice.message,
        next_step: notice.next_step,
        reference: String::new(),
    });
    (state.phase, state.trouble.or(notice))
}

/// How a desk's folder is spoiled.
type Spoil = Box<dyn Fn(&Path)>;

fn connection_files() -> Vec<(String, Vec<u8>)> {
    let good = connection();
    let mut files: Vec<(String, Vec<u8>)> = vec![
        ("no byte".into(), vec![]),
        ("a shopping list".into(), b"eggs and milk".to_vec()),
        ("a list".into(), b"[]".to_vec()),
        ("null".into(), b"null".to_vec()),
        ("an object with nothing in it".into(), b"{}".to_vec()),
        ("cut off".into(), good.to_string().as_bytes()[..40].to_vec()),
        ("a mark of the byte order".into(), [b"\xef\xbb\xbf", good.to_string().as_bytes()].concat()),
        ("text in UTF-16".into(), good.to_string().encode_utf16().flat_map(u16::to_le_bytes).collect()),
        ("a byte that no text has".into(), [b"{\"address\":\"", &[0xff][..], b"\"}"].concat()),
        ("zeros, as a power cut leaves them".into(), vec![0; 512]),
        ("something behind its end".into(), format!("{good}x").into_bytes()),
        ("a member twice".into(), good.to_string().replacen('{', "{\"token\":\"x\",", 1).into_bytes()),
        ("lists in lists".into(), "[".repeat(10_000).into_bytes()),
    ];
    for member in ["address", "token", "property_id", "property_name", "store_id"] {
        let mut without = good.clone();
        without.as_object_mut().unwrap().remove(member);
        files.push((format!("without {member}"), without.to_string().into_bytes()));
        for wrong in [json!(null), json!(7)] {
            let mut file = good.clone();
            file[member] = wrong.clone();
            files.push((format!("{member} is {wrong}"), file.to_string().into_bytes()));
        }
    }
    files
}

#[tokio::test]
async fn every_bad_connection_file_is_told_and_what_was_recorded_is_still_there() {
    let mut tally = Tally::default();
    tally.part("connection files");
    let folder = tempfile::tempdir().unwrap();
    connected(folder.path());
    let app = open(folder.path());
    app.choose_person("lea").unwrap();
    call(&app, "act", &act_on("101", "i1", &action("note", &json!({ "text": "Two pillows" })))).await.unwrap();
    app.stop().await;
    drop(app);
    for (name, bytes) in connection_files() {
        tally.row(&name, &bytes);
        std::fs::write(folder.path().join("connection.json"), &bytes).unwrap();
        let app = open_again(folder.path()).await;
        let (phase, said) = started(&app);
        tally.same(&name, &phase, &Phase::Ready);
        tally.same(&name, &said.as_ref().map(|said| said.code.as_str()), &Some("CONNECTION_UNREADABLE"));
        if let Some(flaw) = said.and_then(|said| error_flaw(&said, &[])) {
            tally.amiss(&name, flaw);
        }
        // The person who signed in is recorded as well.
        tally.same(&name, &recorded(&app), &2);
        app.stop().await;
    }
    tally.end("connection files");
    std::fs::write(folder.path().join("connection.json"), connection().to_string()).unwrap();
    let app = open_again(folder.path()).await;
    assert_eq!(started(&app).1, None, "with the right file everything is as it was");
    app.stop().await;
}

#[tokio::test]
async fn every_bad_folder_and_database_is_told_by_its_code_and_nothing_that_can_be_read_is_lost() {
    let spoil = |spoil: fn(&Path)| -> Spoil { Box::new(spoil) };
    let sql = |sql: &'static str| -> Spoil {
        Box::new(move |folder| rusqlite::Connection::open(folder.join("desk.db")).unwrap().execute_batch(sql).unwrap())
    };
    let database = |bytes: &'static [u8]| -> Spoil {
        Box::new(move |folder| std::fs::write(folder.join("desk.db"), bytes).unwrap())
    };
    let rows: Vec<(&str, Spoil, Phase, Option<&str>)> = vec![
        ("zero bytes for a database", database(b""), Phase::Loading, Some("DATABASE_SET_ASIDE")),
        (
            "text for a database",
            database(b"a shopping list, and nothing else"),
            Phase::Loading,
            Some("DATABASE_SET_ASIDE"),
        ),
        (
            "a picture for a database",
            database(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"),
            Phase::Loading,
            Some("DATABASE_SET_ASIDE"),
        ),
        ("a head and nothing behind it", database(b"SQLite format 3\0"), Phase::Loading, Some("DATABASE_SET_ASIDE")),
        (
            "no database",
            spoil(|folder| std::fs::remove_file(folder.join("desk.db")).unwrap()),
            Phase::Loading,
            Some("DATABASE_SET_ASIDE"),
        ),
        (
            "a folder for a database",
            spoil(|folder| {
                std::fs::remove_file(folder.join("desk.db")).unwrap();
                std::fs::create_dir(folder.join("desk.db")).unwrap();
            }),
            Phase::Trouble,
            Some("READ_ONLY"),
        ),
        (
            "a newer database",
            sql(
                "INSERT INTO refinery_schema_history (version, name, applied_on, checksum) VALUES (999, 'x', '2030-01-01T00:00:00Z', '1')",
            ),
            Phase::Trouble,
            Some("DATABASE_NEWER"),
        ),
        (
            "a log that is none",
            spoil(|folder| std::fs::write(folder.join("desk.db-wal"), b"not a log at all").unwrap()),
            Phase::ChoosePerson,
            None,
        ),
        (
            "half a database",
            spoil(|folder| {
                let file = std::fs::File::options().write(true).open(folder.join("desk.db")).unwrap();
                file.set_len(8_192).unwrap();
            }),
            Phase::Loading,
            Some("DATABASE_SET_ASIDE"),
        ),
        (
            "pages of noise in a database",
            spoil(|folder| {
                let mut bytes = std::fs::read(folder.join("desk.db")).unwrap();
                bytes[4_096..20_480].fill(0xaa);
                std::fs::write(folder.join("desk.db"), bytes).unwrap();
            }),
            Phase::Loading,
            Some("DATABASE_SET_ASIDE"),
        ),
        (
            "another program's database",
            spoil(|folder| {
                std::fs::remove_file(folder.join("desk.db")).unwrap();
                rusqlite::Connection::open(folder.join("desk.db"))
                    .unwrap()
                    .execute_batch("CREATE TABLE recipes (name TEXT)")
                    .unwrap();
            }),
            Phase::Loading,
            Some("RECOVERED_FROM_COPY"),
        ),
        (
            "a file for the second copy's folder",
            spoil(|folder| {
                let _ = std::fs::remove_dir_all(folder.join("copies"));
                std::fs::write(folder.join("copies"), b"x").unwrap();
            }),
            Phase::Trouble,
            Some("FILE_ERROR"),
        ),
        (
            "noise in the second copy",
            spoil(|folder| {
                for file in std::fs::read_dir(folder.join("copies")).unwrap() {
                    std::fs::write(file.unwrap().path(), b"noise\0noise").unwrap();
                }
            }),
            Phase::ChoosePerson,
            None,
        ),
        (
            "a file for the folder",
            spoil(|folder| {
                std::fs::remove_dir_all(folder).unwrap();
                std::fs::write(folder, b"x").unwrap();
            }),
            Phase::Trouble,
            Some("READ_ONLY_FOLDER"),
        ),
    ];
    let mut tally = Tally::default();
    tally.part("folders and databases");
    for (name, spoil, phase, code) in rows {
        tally.row(name, name);
        let outer = TempDir::new().unwrap();
        let folder = outer.path().join("desk");
        std::fs::create_dir(&folder).unwrap();
        connected(&folder);
        let app = open(&folder);
        app.choose_person("lea").unwrap();
        call(&app, "act", &act_on("101", "i1", &action("note", &json!({ "text": "Two pillows" })))).await.unwrap();
        app.stop().await;
        drop(app);
        spoil(&folder);
        let app = open_again(&folder).await;
        let (found, said) = started(&app);
        tally.same(name, &found, &phase);
        tally.same(name, &said.as_ref().map(|said| said.code.as_str()), &code);
        if let Some(flaw) = said.and_then(|said| error_flaw(&said, &[folder.to_str().unwrap()])) {
            tally.amiss(name, flaw);
        }
        if found != Phase::Trouble {
            // Two actions, and where something was mended, that it was.
            tally.same(name, &(2..=3).contains(&recorded(&app)), &true);
        }
        app.stop().await;
    }
    for (name, place, code) in [
        ("a folder of the system's", "/sys/kernel/turndown", "READ_ONLY_FOLDER"),
        ("a folder below a device", "/dev/null/turndown", "READ_ONLY_FOLDER"),
        ("a folder with a zero in its name", "/tmp/turn\0down", "READ_ONLY_FOLDER"),
    ] {
        tally.row(name, place);
        let app = open(Path::new(place));
        let (found, said) = started(&app);
        tally.same(name, &found, &Phase::Trouble);
        tally.same(name, &said.as_ref().map(|said| said.code.as_str()), &Some(code));
        if let Some(flaw) = said.and_then(|said| flaw(&said.to_string(), &[place], &[TOKEN])) {
            tally.amiss(name, flaw);
        }
    }
    tally.end("folders and databases");
}
