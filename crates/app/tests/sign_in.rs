//! Who gets in at a desk that has no service, who waits before its door, and what is said of work without a pass.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod house;

use ed25519_dalek::{Signer, SigningKey};
use house::{Computer, hotel, until};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use turndown_app::dto::{ActRequest, OutboxFilter, Phase};
use turndown_app::{App, AppConfig};
use turndown_desk::Desk;
use turndown_domain::{Action, PropertyBook, Role, RoomId, Staff, StaffId, pin};
use turndown_protocol::{ActorId, Authority, Pass, Passes, PropertyId, SignedPasses};

const TOKEN: &str = "td_token";
const LEAS: &str = "481516";
const MAXS: &str = "235711";
const ANAS: &str = "906090";
const WRONG: &str = "111222";

/// A desk of a hotel that asks for PINs, as its last talk with the service left it.
struct House {
    folder: TempDir,
    computer: Arc<Computer>,
}

fn passes() -> Passes {
    let pass = |id: &str, role: &str, typed: &str| Pass {
        staff_id: ActorId::parse(id).unwrap(),
        role: role.into(),
        verifier: pin::seal(typed, [3; pin::SALT_BYTES]).unwrap(),
        temporary: id == "lea",
    };
    Passes {
        store_id: "s1".into(),
        property_id: PropertyId::parse("h").unwrap(),
        device: hex::encode(Sha256::digest(TOKEN.as_bytes())),
        issued_at: "2016-03-25T09:00:00.000Z".into(),
        holds_until: "2016-04-08T09:00:00.000Z".into(),
        lock_minutes: Some(10),
        people: vec![pass("lea", "lead", LEAS), pass("max", "manager", MAXS), pass("ana", "attendant", ANAS)],
    }
}

fn key() -> SigningKey {
    SigningKey::from_bytes(&[9; 32])
}

fn signed(passes: &Passes) -> SignedPasses {
    let passes = serde_json::to_string(passes).unwrap();
    let signature = hex::encode(key().sign(SignedPasses::signed_text(&passes).as_bytes()).to_bytes());
    SignedPasses { passes, signature }
}

impl House {
    fn new() -> Self {
        Self::with(&signed(&passes()))
    }

    fn with(signed: &SignedPasses) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let computer = Computer::at("2016-03-25T10:00:00Z");
        hotel(folder.path(), &computer);
        let signing_key = hex::encode(key().verifying_key().to_bytes());
        // Nothing listens there: this desk has no service.
        let connection = json!({
            "address": "http://127.0.0.1:1", "token": TOKEN, "property_id": "h", "property_name": "Kabul House",
            "store_id": "s1", "signing_key": signing_key,
        });
        std::fs::write(folder.path().join("connection.json"), connection.to_string()).unwrap();
        let (desk, _) = Desk::open(folder.path(), Arc::clone(&computer) as _).unwrap();
        let kept = json!({ "passes": signed.passes, "signature": signed.signature, "signing_key": signing_key });
        desk.engine().set_facts(vec![("passes", Some(kept.to_string()))]).unwrap();
        add_staff(&desk);
        desk.engine().close();
        Self { folder, computer }
    }

    fn open(&self) -> App {
        App::start(AppConfig {
            folder: self.folder.path().to_owned(),
            sample: None,
            version: "test",
            environment: Arc::clone(&self.computer) as _,
        })
    }

    /// Closes the desk and opens it once everybody has let go of it.
    async fn again(&self, app: App) -> App {
        app.stop().await;
        drop(app);
        let opened = std::cell::RefCell::new(None);
        until("it opens again", || {
            let app = self.open();
            let is_open = phase(&app) != Phase::Trouble;
            *opened.borrow_mut() = Some(app);
            is_open
        })
        .await;
        opened.into_inner().unwrap()
    }

    fn fact(&self, key: &str) -> Option<Value> {
        let database = rusqlite::Connection::open(self.folder.path().join("desk.db")).unwrap();
        let found =
            database.query_row("SELECT value FROM sync_state WHERE key = ?1", [key], |row| row.get::<_, String>(0));
        found.ok().map(|text| serde_json::from_str(&text).unwrap())
    }
}

fn add_staff(desk: &Desk) {
    let mut book = PropertyBook::clone(&desk.book().unwrap().unwrap());
    let person = |id: &str, role| Staff { id: StaffId(id.into()), name: id.to_uppercase(), role, section: None };
    book.staff.extend([person("max", Role::Manager), person("ana", Role::Attendant)]);
    let reference = turndown_protocol::Reference { version: 2, document: serde_json::to_value(book).unwrap() };
    desk.engine().take_rows(vec![], Some(reference), "c2").unwrap();
}

fn phase(app: &App) -> Phase {
    app.app_state().unwrap().phase
}

fn code<T: std::fmt::Debug>(answer: Result<T, turndown_app::dto::CommandError>) -> String {
    answer.expect_err("it is refused").code
}

fn note(app: &App, intent: &str) -> Result<(), turndown_app::dto::CommandError> {
    let action = Action::Note { text: Some(intent.into()) };
    let request = ActRequest { intent_id: intent.into(), room_id: RoomId("101".into()), action, since: None };
    app.act(request).map(drop)
}

/// What was recorded last at this desk.
fn last(folder: &Path) -> turndown_protocol::Event {
    let database = rusqlite::Connection::open(folder.join("desk.db")).unwrap();
    let bytes: String = database
        .query_row("SELECT bytes FROM audit_local ORDER BY local_seq DESC LIMIT 1", [], |row| row.get(0))
        .unwrap();
    serde_json::from_str(&bytes).unwrap()
}

#[tokio::test(start_paused = true)]
async fn t2_a_desk_without_its_service_lets_people_in_by_their_pin_and_by_nothing_else() {
    let house = House::new();
    let app = house.open();
    assert_eq!(phase(&app), Phase::ChoosePerson);
    assert!(app.app_state().unwrap().sign_in.by_pin);
    assert_eq!(code(app.choose_person("lea")), "PIN_REQUIRED");
    for (id, typed, expected) in [
        ("lea", WRONG, "PIN_WRONG"),
        ("lea", "", "PIN_WRONG"),
        ("lea", MAXS, "PIN_WRONG"),
        ("nobody", LEAS, "PASS_MISSING"),
    ] {
        assert_eq!(code(app.sign_in(id, typed)), expected, "{id} with {typed:?}");
        assert_eq!(code(note(&app, "n0")), "NOBODY_WORKING");
    }
    app.sign_in("lea", "٤٨١ ٥١٦").unwrap();
    assert_eq!(phase(&app), Phase::Ready);
    let entry = last(house.folder.path());
    assert_eq!((entry.action.as_str(), entry.actor_id.as_str(), &entry.args["by"]), ("sign_in", "lea", &json!("pin")));
    assert!(app.app_state().unwrap().sign_in.temporary, "somebody else made it");
    note(&app, "n1").unwrap();
    assert_eq!(last(house.folder.path()).authority, None);
    assert!(!serde_json::to_string(&app.app_state().unwrap()).unwrap().contains("argon2"), "no page sees a verifier");
    app.stop().await;
}

#[tokio::test(start_paused = true)]
async fn t1_a_locked_desk_shows_nothing_does_nothing_and_opens_for_whoever_has_a_pin() {
    let house = House::new();
    let app = house.open();
    app.sign_in("lea", LEAS).unwrap();
    note(&app, "n1").unwrap();
    app.lock().unwrap();
    assert_eq!(phase(&app), Phase::Locked);
    let locked = "DESK_LOCKED";
    assert_eq!(code(app.board(None)), locked);
    assert_eq!(code(app.front_desk(None)), locked);
    assert_eq!(code(app.sync_center(OutboxFilter::All, &[], 0, 10)), locked);
    assert_eq!(code(app.radio("101 vc")), locked);
    assert_eq!(code(note(&app, "n2")), locked);
    assert_eq!(code(app.choose_person("lea")), "PIN_REQUIRED");
    assert_eq!(code(app.sign_in("lea", WRONG)), "PIN_WRONG");
    assert_eq!(phase(&app), Phase::Locked);
    app.sign_in("ana", ANAS).unwrap();
    let state = app.app_state().unwrap();
    assert_eq!((state.phase, state.person.unwrap().id.0.as_str()), (Phase::Ready, "ana"));
    note(&app, "n3").unwrap();
    assert_eq!(last(house.folder.path()).actor_id.as_str(), "ana");
    app.stop().await;
}

#[tokio::test(start_paused = true)]
async fn t1_a_desk_that_was_left_alone_locks_itself_and_one_that_was_closed_starts_locked() {
    let house = House::new();
    let app = house.open();
    app.sign_in("lea", LEAS).unwrap();
    tokio::time::sleep(Duration::from_secs(9 * 60)).await;
    assert_eq!(phase(&app), Phase::Ready);
    app.still_here();
    tokio::time::sleep(Duration::from_secs(9 * 60)).await;
    assert_eq!(phase(&app), Phase::Ready, "somebody was there");
    tokio::time::sleep(Duration::from_secs(2 * 60)).await;
    assert_eq!(phase(&app), Phase::Locked);
    // A computer that slept was left alone for longer than it was awake.
    app.sign_in("lea", LEAS).unwrap();
    house.computer.set("2016-03-25T10:30:00Z");
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(phase(&app), Phase::Locked);
    app.sign_in("lea", LEAS).unwrap();
    let app = house.again(app).await;
    assert_eq!(phase(&app), Phase::Locked);
    assert_eq!(app.app_state().unwrap().person.unwrap().id.0, "lea");
    app.stop().await;
}

#[tokio::test(start_paused = true)]
async fn t2_whoever_guesses_waits_longer_each_time_also_over_a_restart_and_then_needs_a_manager() {
    let house = House::new();
    let mut app = house.open();
    for n in 1..=5 {
        assert_eq!(code(app.sign_in("lea", WRONG)), "PIN_WRONG");
        assert_eq!(house.fact("pin_tries"), Some(json!({ "lea": n })), "on disk before the answer");
    }
    for (n, wait) in [(6, 30), (7, 60), (8, 300), (9, 900)] {
        assert_eq!(code(app.sign_in("lea", LEAS)), "PIN_WAIT", "not even the right one");
        tokio::time::advance(Duration::from_secs(wait - 2)).await;
        // Neither the clock nor a new start ends the waiting.
        house.computer.set("2030-01-01T00:00:00Z");
        assert_eq!(code(app.sign_in("lea", LEAS)), "PIN_WAIT");
        house.computer.set("2016-03-25T10:00:00Z");
        if n == 7 {
            app = house.again(app).await;
            assert_eq!(code(app.sign_in("lea", LEAS)), "PIN_WAIT");
            tokio::time::advance(Duration::from_secs(wait - 2)).await;
            assert_eq!(code(app.sign_in("lea", LEAS)), "PIN_WAIT");
        }
        tokio::time::advance(Duration::from_secs(3)).await;
        assert_eq!(code(app.sign_in("lea", WRONG)), "PIN_WRONG", "try {n}");
    }
    tokio::time::advance(Duration::from_secs(3600)).await;
    assert_eq!(code(app.sign_in("lea", WRONG)), "PIN_WRONG", "the tenth");
    tokio::time::advance(Duration::from_secs(24 * 3600)).await;
    assert_eq!(code(app.sign_in("lea", LEAS)), "PIN_LOCKED");
    // Others come in meanwhile; only a manager opens it.
    app.sign_in("ana", ANAS).unwrap();
    assert_eq!(code(app.sign_in("lea", LEAS)), "PIN_LOCKED");
    app.sign_in("max", MAXS).unwrap();
    app.sign_in("lea", LEAS).unwrap();
    assert_eq!(house.fact("pin_tries"), None);
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn t2_tries_at_the_same_moment_are_counted_each() {
    let house = House::new();
    let app = house.open();
    let tries: Vec<_> = (0..8)
        .map(|_| {
            let app = app.clone();
            tokio::task::spawn_blocking(move || code(app.sign_in("lea", WRONG)))
        })
        .collect();
    let mut answers = vec![];
    for each in tries {
        answers.push(each.await.unwrap());
    }
    answers.sort();
    assert_eq!(answers.iter().filter(|answer| *answer == "PIN_WRONG").count(), 5, "{answers:?}");
    assert_eq!(house.fact("pin_tries"), Some(json!({ "lea": 5 })));
    app.stop().await;
}

#[tokio::test(start_paused = true)]
async fn t3_a_role_that_does_not_include_an_action_records_nothing() {
    let house = House::new();
    let app = house.open();
    app.sign_in("ana", ANAS).unwrap();
    let before = last(house.folder.path());
    let claim = ActRequest {
        intent_id: "i1".into(),
        room_id: RoomId("101".into()),
        action: Action::Claim { guest: None },
        since: None,
    };
    assert_eq!(code(app.act(claim)), "ROLE_MAY_NOT");
    assert_eq!(last(house.folder.path()), before);
    let may_not = app.app_state().unwrap().sign_in.may_not;
    assert!(may_not.iter().any(|action| action == "claim") && !may_not.iter().any(|action| action == "start"));
    note(&app, "n1").unwrap();
    app.sign_in("lea", LEAS).unwrap();
    assert_eq!(app.app_state().unwrap().sign_in.may_not, Vec::<String>::new());
    app.stop().await;
}

#[tokio::test(start_paused = true)]
async fn t3_a_pass_that_ran_out_or_is_gone_stops_nobody_and_is_said_of_what_is_recorded() {
    let house = House::with(&signed(&Passes { holds_until: "2016-03-25T20:00:00.000Z".into(), ..passes() }));
    let app = house.open();
    app.sign_in("lea", LEAS).unwrap();
    assert_eq!(app.app_state().unwrap().sign_in.lacks, None);
    house.computer.set("2016-03-25T20:00:01Z");
    app.still_here();
    assert!(app.app_state().unwrap().sign_in.lacks.is_some());
    note(&app, "n1").unwrap();
    assert_eq!(last(house.folder.path()).authority, Some(Authority::ExpiredPass));
    app.sign_in("lea", LEAS).unwrap();
    app.stop().await;

    let mut forged = passes();
    let good = signed(&forged);
    forged.people[2].role = "manager".into();
    let mut other_desks = passes();
    other_desks.device = hex::encode(Sha256::digest(b"another token"));
    for (what, bad) in [
        (
            "a role that somebody changed",
            SignedPasses { passes: serde_json::to_string(&forged).unwrap(), ..good.clone() },
        ),
        ("another desk's", signed(&other_desks)),
        ("none", SignedPasses { passes: String::new(), signature: String::new() }),
    ] {
        let house = House::with(&bad);
        let app = house.open();
        let state = app.app_state().unwrap();
        assert!(!state.sign_in.by_pin && state.sign_in.lacks.is_some(), "{what}");
        app.choose_person("ana").unwrap();
        note(&app, "n1").unwrap();
        assert_eq!(last(house.folder.path()).authority, Some(Authority::NoPass), "{what}");
        app.stop().await;
    }
}

#[tokio::test]
async fn a_desk_of_a_hotel_that_asks_for_no_pin_does_not_lock() {
    let folder = tempfile::tempdir().unwrap();
    let computer = Computer::at("2016-03-25T10:00:00Z");
    hotel(folder.path(), &computer);
    let app = App::start(AppConfig {
        folder: folder.path().to_owned(),
        sample: None,
        version: "test",
        environment: Arc::clone(&computer) as _,
    });
    app.choose_person("lea").unwrap();
    app.lock().unwrap();
    assert_eq!(phase(&app), Phase::Ready);
    app.stop().await;
}
