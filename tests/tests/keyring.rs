//! The desk's key in the keyring of a person's session, a real one: kept there and nowhere else, and whatever becomes of
//! it, nothing that is recorded is lost.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use serde_json::Value;
use std::path::Path;
use turndown_app::dto::Tile;
use turndown_gates::journey::start;
use turndown_gates::keyring::Keyring;
use turndown_gates::{Desk, Journey, Relay, Service};

/// A desk in a session with a keyring, which has not been connected.
fn unconnected(keyring: &Keyring) -> Journey {
    let service = Service::small();
    let relay = Relay::to(service.address());
    let mut desk = Desk::stopped();
    keyring.restart(&mut desk);
    Journey { desk, relay, service }
}

fn connected(keyring: &Keyring) -> Journey {
    let mut journey = unconnected(keyring);
    journey.desk.move_in(&journey.relay.url(), &journey.service.code());
    journey.desk.wait_drained();
    journey
}

fn connection(desk: &Desk) -> Value {
    let text = std::fs::read_to_string(desk.folder().join("connection.json")).expect("the connection");
    serde_json::from_str(&text).expect("JSON")
}

/// What the keyring calls the desk's key.
fn key_name(desk: &Desk) -> String {
    connection(desk)["key_name"].as_str().expect("a name").to_owned()
}

/// The files below a folder in which a text stands.
fn files_with(folder: &Path, text: &str) -> Vec<String> {
    let mut found = vec![];
    for entry in std::fs::read_dir(folder).expect("the folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files_with(&path, text));
        } else if std::fs::read(&path).expect("a file").windows(text.len()).any(|bytes| bytes == text.as_bytes()) {
            found.push(path.display().to_string());
        }
    }
    found
}

/// Starts this tile's task.
fn begin(journey: &mut Journey, tile: &Tile) {
    journey.desk.act(&tile.room_id.0, start(&tile.task_id)).expect("recorded");
}

/// Waits until all is sent; somebody presses *Sync now* meanwhile, and does not wait until the desk asks by itself.
fn all_arrives(journey: &mut Journey) {
    journey.desk.wait_for("everything is sent", |desk| {
        desk.sync_now();
        desk.sync().ledger.waiting == 0
    });
    journey.all_is_well();
}

#[test]
fn t6_a_desks_key_is_in_the_keyring_and_in_no_file() {
    let keyring = Keyring::start();
    let mut journey = connected(&keyring);
    let tiles = journey.workable();
    let (folder, name) = (journey.desk.folder().to_owned(), key_name(&journey.desk));
    let key = keyring.holds(&name).expect("the keyring holds it");
    assert!(key.len() >= 32, "a key and not a word");
    assert_eq!(files_with(&folder, &key), Vec::<String>::new());
    assert!(!journey.desk.whole_log().contains(&key), "the log");
    assert!(files_with(&folder, &name).iter().all(|file| file.ends_with("connection.json")), "its name is no secret");

    // Over a restart and a kill it is had again.
    begin(&mut journey, &tiles[0]);
    journey.desk.stop();
    keyring.restart(&mut journey.desk);
    begin(&mut journey, &tiles[1]);
    journey.desk.kill();
    keyring.restart(&mut journey.desk);
    journey.all_is_well();
    // Connected anew it has another key, and the keyring keeps none that nobody needs.
    journey.desk.connect(&journey.relay.url(), &journey.service.code()).expect("connects");
    let now = key_name(&journey.desk);
    assert_ne!(now, name);
    assert_ne!(keyring.holds(&now).expect("held"), key);
    journey.desk.wait_for("the key from before is forgotten", |_| keyring.holds(&name).is_none());
    begin(&mut journey, &tiles[2]);
    journey.all_is_well();
}

#[test]
fn t6_a_desk_is_not_connected_where_no_keyring_keeps_its_key_and_the_code_is_not_used_up() {
    let mut keyring = Keyring::start();
    let mut journey = unconnected(&keyring);
    let (address, code) = (journey.relay.url(), journey.service.code());
    keyring.take_away();
    let gone = journey.desk.connect(&address, &code).expect_err("there is no keyring");
    keyring.bring_back(false);
    let locked = journey.desk.connect(&address, &code).expect_err("nobody unlocks it");
    for refused in [gone, locked] {
        assert_eq!(refused.code, "KEYRING_UNAVAILABLE");
        assert!(refused.next_step.to_string().contains("the code is still good"), "{refused}");
    }
    assert!(!journey.desk.folder().join("connection.json").exists(), "it is not put into a file instead");
    keyring.bring_back(true);
    journey.desk.move_in(&address, &code);
    let tiles = journey.workable();
    begin(&mut journey, &tiles[0]);
    journey.all_is_well();
}

#[test]
fn t6_a_desk_without_its_key_records_and_sends_once_it_has_one() {
    let mut keyring = Keyring::start();
    let mut journey = connected(&keyring);
    let tiles = journey.workable();
    // A computer that starts: the desk is there before the keyring is, and then nobody has typed its password yet.
    journey.desk.stop();
    keyring.take_away();
    keyring.restart(&mut journey.desk);
    journey.desk.wait_reason("KEYRING_UNAVAILABLE");
    begin(&mut journey, &tiles[0]);
    keyring.bring_back(false);
    journey.desk.sync_now();
    journey.desk.wait_reason("KEYRING_UNAVAILABLE");
    begin(&mut journey, &tiles[1]);
    assert_eq!(journey.desk.sync().ledger.waiting, 2);
    keyring.bring_back(true);
    all_arrives(&mut journey);

    // A folder on another computer: the keyring there knows nothing of it.
    journey.desk.stop();
    keyring.forget(&key_name(&journey.desk));
    keyring.restart(&mut journey.desk);
    journey.desk.wait_reason("KEY_MISSING");
    begin(&mut journey, &tiles[2]);
    journey.desk.connect(&journey.relay.url(), &journey.service.code()).expect("a new code");
    all_arrives(&mut journey);
}

#[test]
fn i1_a_key_that_an_earlier_version_kept_in_a_file_moves_into_the_keyring() {
    let mut keyring = Keyring::start();
    // The desk of an earlier version keeps it in the file, as one without a keyring does.
    let mut journey = Journey::small();
    let tiles = journey.workable();
    let key = connection(&journey.desk)["token"].as_str().expect("a key").to_owned();
    let notice = |journey: &mut Journey| journey.desk.state().notice.map(|notice| notice.code);

    // Where it cannot be moved the desk works and sends, and says so.
    journey.desk.stop();
    keyring.take_away();
    keyring.restart(&mut journey.desk);
    journey.desk.wait_for("it is said", |desk| desk.state().notice.is_some_and(|notice| notice.code == "KEY_IN_FILE"));
    begin(&mut journey, &tiles[0]);
    journey.all_is_well();
    assert_eq!(connection(&journey.desk)["token"], key.as_str());

    journey.desk.stop();
    keyring.bring_back(true);
    keyring.restart(&mut journey.desk);
    journey.desk.wait_for("it has moved", |desk| connection(desk).get("token").is_none());
    assert_eq!(notice(&mut journey), None);
    assert_eq!(keyring.holds(&key_name(&journey.desk)), Some(key.clone()));
    assert_eq!(files_with(journey.desk.folder(), &key), Vec::<String>::new());
    begin(&mut journey, &tiles[1]);
    journey.all_is_well();
    journey.desk.stop();
    keyring.restart(&mut journey.desk);
    begin(&mut journey, &tiles[2]);
    journey.all_is_well();
}
