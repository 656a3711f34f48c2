//! Who gets in at a desk that has no service, who waits before its door, and what is said of work without a pass.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod house;

use ed25519_dalek::{Signer, SigningKey};
use house::{Computer, hotel, start, until};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use turndown_app::App;
use turndown_app::dto::{ActRequest, LinkMode, OutboxFilter, Phase};
use turndown_desk::Desk;
use turndown_domain::{
    Action, Cleanliness, PropertyBook, Role, RoomId, Sellability, SellabilityKind, Staff, StaffId, pin,
};
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
        desk.engine().set_facts(vec![("passes", Some(serde_json::to_string(signed).unwrap()))]).unwrap();
        add_staff(&desk);
        desk.engine().close();
        Self { folder, computer }
    }

    fn open(&self) -> App {
        start(self.folder.path(), &self.computer)
    }

    /// Closes the desk and opens it once everybody has let go of it.
    async fn again(&self, app: App) -> App {
        app.stop().await;
        drop(app);
        self.reopen().await
    }

    /// Opens the desk once everybody has let go of it.
    async fn reopen(&self) -> App {
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
        assert_eq!(code(note(&app, "n0")), "DESK_LOCKED");
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
    all_is_refused(&app, "a locked desk").await;
    assert_eq!(code(app.choose_person("lea")), "PIN_REQUIRED");
    assert_eq!(code(app.sign_in("lea", WRONG)), "PIN_WRONG");
    assert_eq!(phase(&app), Phase::Locked);
    app.sign_in("ana", ANAS).unwrap();
    let state = app.app_state().unwrap();
    assert_eq!((state.phase, state.person.unwrap().id.0.as_str()), (Phase::Ready, "ana"));
    note(&app, "n3").unwrap();
    assert_eq!(last(house.folder.path()).actor_id.as_str(), "ana");
    // Where nobody is working the door is no wider open.
    app.sign_out().unwrap();
    assert_eq!(phase(&app), Phase::ChoosePerson);
    all_is_refused(&app, "a desk that nobody works at").await;
    let app = house.again(app).await;
    assert_eq!(phase(&app), Phase::ChoosePerson);
    all_is_refused(&app, "a desk that starts with nobody").await;
    app.stop().await;
}

#[tokio::test(start_paused = true)]
async fn t1_a_locked_desk_says_that_it_is_an_emergency_and_not_who_said_what_of_it() {
    let house = House::new();
    let app = house.open();
    house.computer.set("2016-03-26T20:00:00Z");
    app.sign_in("max", MAXS).unwrap();
    app.begin_emergency("01M85DGES84Q8VAG3HX3HEDB9J", "the line to the house is cut").unwrap();
    let told = || app.app_state().unwrap().staleness.emergency.expect("it goes on with old data");
    assert_eq!((told().name.as_str(), told().reason.as_str()), ("MAX", "the line to the house is cut"));
    app.lock().unwrap();
    assert_eq!((told().name.as_str(), told().reason.as_str()), ("", ""));
    app.stop().await;
}

/// Whatever shows something of the hotel or does something.
async fn all_is_refused(app: &App, what: &str) {
    let (entry, reason) = ("01M85DGES84Q8VAG3HX3HEDB9J", "a reason that is long enough");
    let decision = json!({ "intentId": entry, "entityKind": "room", "entityId": "101", "version": 1, "settles": [],
        "choices": [] });
    let before = app.app_state().unwrap().revision;
    for (name, answered) in [
        ("board", app.board(None).map(drop)),
        ("front desk", app.front_desk(None).map(drop)),
        ("suggestions", app.suggestions().await.map(drop)),
        ("note", note(app, "n9")),
        ("radio", app.radio("101 vc").map(drop)),
        ("emergency", app.begin_emergency(entry, reason)),
        ("day", app.begin_day("2016-03-26")),
        ("sync center", app.sync_center(OutboxFilter::All, &[], 0, 10).map(drop)),
        ("story", app.story("room", "101").await.map(drop)),
        ("retry", app.retry_event(entry)),
        ("give up", app.discard_event(entry, reason)),
        ("retry all", app.retry_failed().map(drop)),
        ("link", app.set_link(LinkMode::WorkOffline)),
        ("hold", app.put_on_hold(entry, "101", reason)),
        ("let go", app.let_go(entry, "101")),
        ("conflict", app.conflict("room", "101").map(drop)),
        ("resolve", app.resolve(serde_json::from_value(decision.clone()).unwrap()).map(drop)),
        ("look", app.send_to_look(serde_json::from_value(decision.clone()).unwrap()).map(drop)),
        ("export", app.export_waiting(None).map(drop)),
        ("places", app.carry_places().map(drop)),
        ("import", app.import_waiting("/nowhere").map(drop)),
        ("give up for another", app.discard_carried(entry, reason)),
        ("summary", app.outage_summary().map(drop)),
        ("pack", app.downtime_pack().map(drop)),
        ("written pack", app.write_downtime_pack().await.map(drop)),
        ("PIN", app.change_pin(LEAS, "714290").await),
        ("connect", app.connect_hotel("http://127.0.0.1:1", "code").await),
        ("guide", app.dismiss_guide()),
        ("sign out", app.sign_out()),
    ] {
        assert_eq!(answered.expect_err(name).code, "DESK_LOCKED", "{what}: {name}");
    }
    assert_eq!(app.app_state().unwrap().revision, before, "{what}");
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
    assert!(!app.app_state().unwrap().sign_in.locks_soon);
    let mut listener = app.listen().unwrap();
    listener.next().await.expect("the first comes at once");
    tokio::time::sleep(Duration::from_secs(40)).await;
    assert!(app.app_state().unwrap().sign_in.locks_soon, "half a minute before it locks it says so");
    listener.next().await.expect("the screens hear of it");
    app.still_here();
    assert!(!app.app_state().unwrap().sign_in.locks_soon, "somebody came in time");
    tokio::time::sleep(Duration::from_secs(11 * 60)).await;
    assert_eq!(phase(&app), Phase::Locked);
    app.still_here();
    assert_eq!(phase(&app), Phase::Locked, "a touch is no PIN");
    // A computer that slept was left alone for longer than it was awake: it is locked before anybody has looked.
    app.sign_in("lea", LEAS).unwrap();
    house.computer.set("2016-03-25T10:30:00Z");
    assert_eq!((phase(&app), code(note(&app, "n1"))), (Phase::Locked, "DESK_LOCKED".to_owned()));
    app.still_here();
    assert_eq!(phase(&app), Phase::Locked, "whoever wakes it shows who they are");
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
    tokio::time::advance(Duration::from_secs(898)).await;
    assert_eq!(code(app.sign_in("lea", WRONG)), "PIN_WAIT", "the longest wait holds for all that follow");
    tokio::time::advance(Duration::from_secs(3)).await;
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

#[tokio::test(start_paused = true)]
async fn t2_a_managers_own_pin_is_waited_for_and_never_locked_for_good() {
    let house = House::new();
    let app = house.open();
    for n in 1..=14 {
        tokio::time::advance(Duration::from_secs(901)).await;
        assert_eq!(code(app.sign_in("max", WRONG)), "PIN_WRONG", "try {n}");
    }
    assert_eq!(code(app.sign_in("max", MAXS)), "PIN_WAIT");
    tokio::time::advance(Duration::from_secs(901)).await;
    app.sign_in("max", MAXS).unwrap();
    app.stop().await;
}

#[tokio::test(start_paused = true)]
async fn t2_a_right_pin_is_no_wrong_try_whatever_keeps_its_owner_out() {
    let mut passes = passes();
    // A pass that came before its person stands in the staff list.
    passes.people.push(Pass { staff_id: ActorId::parse("zoe").unwrap(), ..passes.people[0].clone() });
    let house = House::with(&signed(&passes));
    let app = house.open();
    assert_eq!(code(app.sign_in("zoe", WRONG)), "PIN_WRONG");
    assert_eq!(code(app.sign_in("zoe", LEAS)), "STAFF_UNKNOWN");
    assert_eq!(house.fact("pin_tries"), None);
    app.stop().await;
}

#[tokio::test(start_paused = true)]
async fn t1_where_nothing_can_be_recorded_any_more_whoever_was_working_still_comes_in() {
    let house = House::new();
    let app = house.open();
    app.sign_in("lea", LEAS).unwrap();
    app.lock().unwrap();
    // What a full disk does too: nothing is added to the record.
    let database = rusqlite::Connection::open(house.folder.path().join("desk.db")).unwrap();
    database
        .execute_batch("CREATE TRIGGER full BEFORE INSERT ON audit_local BEGIN SELECT RAISE(FAIL, 'full'); END")
        .unwrap();
    assert!(app.sign_in("ana", ANAS).is_err(), "nobody's work begins without a record of it");
    assert_eq!(phase(&app), Phase::Locked);
    app.sign_in("lea", LEAS).unwrap();
    assert_eq!(phase(&app), Phase::Ready);
    assert!(note(&app, "n1").is_err());
    app.export_waiting(None).unwrap();
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
async fn t3_no_other_word_and_no_undo_is_a_way_round_a_role() {
    let house = House::new();
    let app = house.open();
    let does = |intent: &str, action: Action| {
        let request = ActRequest { intent_id: intent.into(), room_id: RoomId("101".into()), action, since: None };
        app.act(request).map(|recorded| recorded.event_id)
    };
    app.sign_in("lea", LEAS).unwrap();
    let closed = Sellability {
        kind: SellabilityKind::OutOfService,
        deducts_inventory: false,
        assignable: false,
        reason: Some("a leak".into()),
    };
    let closed = does("i1", Action::SetSellability { sellability: closed }).unwrap();
    app.sign_in("ana", ANAS).unwrap();
    let before = last(house.folder.path());
    let passed = Action::SetRoomStatus { cleanliness: Cleanliness::Inspected };
    assert_eq!(does("i2", passed).expect_err("an inspection").code, "ROLE_MAY_NOT");
    let undo = |event: &str| Action::Undo { event: event.into() };
    assert_eq!(does("i3", undo(&closed)).expect_err("a lead's decision").code, "ROLE_MAY_NOT");
    assert_eq!(last(house.folder.path()), before);
    // One's own work is taken back, and done after all.
    let noted = does("i4", Action::Note { text: Some("a lamp".into()) }).unwrap();
    let undone = does("i5", undo(&noted)).unwrap();
    does("i6", undo(&undone)).unwrap();
    app.sign_in("lea", LEAS).unwrap();
    does("i7", undo(&closed)).unwrap();
    app.stop().await;
}

#[tokio::test(start_paused = true)]
async fn t3_a_pass_that_ran_out_or_is_gone_stops_nobody_and_is_said_of_what_is_recorded() {
    let house = House::with(&signed(&Passes { holds_until: "2016-03-25T20:00:00.000Z".into(), ..passes() }));
    let app = house.open();
    app.sign_in("lea", LEAS).unwrap();
    assert_eq!(app.app_state().unwrap().sign_in.lacks, None);
    house.computer.set("2016-03-25T20:00:01Z");
    app.sign_in("lea", LEAS).unwrap();
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

#[tokio::test(start_paused = true)]
async fn t3_a_desk_that_forgot_its_hotel_or_its_key_lets_nobody_in_as_if_no_pin_were_asked_for() {
    let connection = |house: &House| house.folder.path().join("connection.json");
    type Breaks = fn(&Path);
    let breaks: [(&str, Breaks); 3] = [
        ("the file is gone", |file| std::fs::remove_file(file).unwrap()),
        ("the file is torn", |file| std::fs::write(file, "{\"addr").unwrap()),
        ("the key is gone", |file| {
            let mut text: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
            text.as_object_mut().unwrap().remove("signing_key").unwrap();
            std::fs::write(file, text.to_string()).unwrap();
        }),
    ];
    for (what, breaks) in breaks {
        let house = House::new();
        let app = house.open();
        app.sign_in("max", MAXS).unwrap();
        app.stop().await;
        drop(app);
        let whole = std::fs::read(connection(&house)).unwrap();
        breaks(&connection(&house));
        let app = house.reopen().await;
        app.stop().await;
        drop(app);
        // A file that could not be read once, on a disk that fails now and then, has nobody forgotten.
        std::fs::write(connection(&house), whole).unwrap();
        let app = house.reopen().await;
        let state = app.app_state().unwrap();
        let person = state.person.map(|person| person.id.0);
        assert_eq!((state.phase, person.as_deref()), (Phase::Locked, Some("max")), "{what}");
        app.stop().await;
        drop(app);
        breaks(&connection(&house));
        let app = house.reopen().await;
        let state = app.app_state().unwrap();
        assert_eq!((state.phase, state.person), (Phase::ChoosePerson, None), "{what}: who it was has not shown it");
        assert!(state.sign_in.lacks.is_some(), "{what}");
        app.choose_person("ana").unwrap();
        note(&app, "n1").unwrap();
        assert_eq!(last(house.folder.path()).authority, Some(Authority::NoPass), "{what}");
        app.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_desk_that_lost_its_key_where_no_pin_is_asked_for_goes_on_with_whoever_was_working() {
    let house = House::with(&signed(&Passes { lock_minutes: None, ..passes() }));
    let app = house.open();
    app.choose_person("lea").unwrap();
    app.stop().await;
    drop(app);
    std::fs::remove_file(house.folder.path().join("connection.json")).unwrap();
    let app = house.reopen().await;
    note(&app, "n1").unwrap();
    let entry = last(house.folder.path());
    assert_eq!((entry.actor_id.as_str(), entry.authority), ("lea", None));
    app.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a1_what_was_recorded_is_not_called_unsaved_because_nobody_works_any_more_or_the_desk_is_locked() {
    let house = House::new();
    let app = house.open();
    let (saved, new) = ("n1", "n2");
    app.sign_in("ana", ANAS).unwrap();
    note(&app, saved).unwrap();
    app.lock().unwrap();
    note(&app, saved).unwrap();
    assert_eq!(code(note(&app, new)), "DESK_LOCKED");
    app.sign_in("ana", ANAS).unwrap();
    app.sign_out().unwrap();
    note(&app, saved).unwrap();
    assert_eq!(code(note(&app, new)), "DESK_LOCKED");
    app.stop().await;

    let house = House::with(&signed(&Passes { lock_minutes: None, ..passes() }));
    let app = house.open();
    app.choose_person("ana").unwrap();
    note(&app, saved).unwrap();
    app.sign_out().unwrap();
    note(&app, saved).unwrap();
    assert_eq!(code(note(&app, new)), "NOBODY_WORKING");
    app.stop().await;
}

#[tokio::test(start_paused = true)]
async fn t3_a_clock_that_was_set_back_makes_no_pass_younger_than_the_service_wrote_it() {
    let old = Passes {
        issued_at: "2016-03-25T09:00:00.000Z".into(),
        holds_until: "2016-03-25T08:00:00.000Z".into(),
        ..passes()
    };
    let house = House::with(&signed(&old));
    house.computer.set("2015-01-01T00:00:00Z");
    let app = house.open();
    app.sign_in("lea", LEAS).unwrap();
    note(&app, "n1").unwrap();
    assert_eq!(last(house.folder.path()).authority, Some(Authority::ExpiredPass));
    app.stop().await;
}

#[tokio::test]
async fn a_desk_of_a_hotel_that_asks_for_no_pin_does_not_lock() {
    let folder = tempfile::tempdir().unwrap();
    let computer = Computer::at("2016-03-25T10:00:00Z");
    hotel(folder.path(), &computer);
    let app = start(folder.path(), &computer);
    app.choose_person("lea").unwrap();
    app.lock().unwrap();
    assert_eq!(phase(&app), Phase::Ready);
    app.stop().await;
}
