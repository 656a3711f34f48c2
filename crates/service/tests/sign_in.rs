//! Who may sign in at a hotel's desks, what the service signs of it, and what becomes of work whose author may not.
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "what a test needs and does not get ends it")]

mod common;

use common::{DAY, Desk, PROPERTY, Service, house, room_name, task_of};
use ed25519_dalek::{Signature, VerifyingKey};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use turndown_domain::{Action, Cleanliness, InspectionResult, Role, Sellability, Staff, StaffId, TaskId, Verdict, pin};
use turndown_protocol::{ActorId, Authority, Change, EventResult, Outcome, Passes, SealedEvent, SignedPasses, codes};
use turndown_service::store::{SignInChange, StaffPin};

const LEAS: &str = "481516";

fn person(id: &str) -> ActorId {
    ActorId::parse(id).unwrap()
}

fn pin_of(id: &str, pin: &str) -> StaffPin {
    let verifier = pin::seal(pin, [7; pin::SALT_BYTES]).unwrap();
    StaffPin { staff_id: person(id), verifier, temporary: true }
}

/// A hotel with a manager, in which everybody has a PIN.
async fn hotel() -> Service {
    let mut service = Service::open().await;
    service.stop().await;
    let mut day = house(PROPERTY, 30);
    let staff = |id: &str, role| Staff { id: StaffId(id.into()), name: id.into(), role, section: None };
    day.book.staff.extend([staff("max", Role::Manager), staff("fay", Role::FrontDesk), staff("ida", Role::Inspector)]);
    day.book.staff.push(staff("aud", Role::Auditor));
    service.import_day(&day, true);
    service.start().await;
    let pins = ["ana", "max", "fay", "ida", "aud"].map(|id| pin_of(id, "235711")).into_iter();
    let pins = pins.chain([pin_of("lea", LEAS)]).collect();
    service.kept.change_sign_in(&service.env, &SignInChange::Give(pins)).await;
    service
}

async fn by_pin() -> Service {
    let service = hotel().await;
    service.kept.change_sign_in(&service.env, &SignInChange::LockMinutes(Some(10))).await;
    service
}

/// The passes, once their signature has been looked at.
fn open(service: &Service, signed: &SignedPasses) -> Passes {
    let bytes = |text: &str| hex::decode(text).unwrap();
    let key: [u8; 32] = bytes(&service.capabilities.signing_key).try_into().unwrap();
    let signature: [u8; 64] = bytes(&signed.signature).try_into().unwrap();
    let text = SignedPasses::signed_text(&signed.passes);
    let key = VerifyingKey::from_bytes(&key).unwrap();
    key.verify_strict(text.as_bytes(), &Signature::from_bytes(&signature)).expect("the service signed it");
    serde_json::from_str(&signed.passes).unwrap()
}

async fn passes(service: &Service) -> Passes {
    open(service, &service.get(&service.path("passes")).await.json())
}

fn opens(passes: &Passes, id: &str, typed: &str) -> bool {
    let pass = passes.people.iter().find(|pass| pass.staff_id.as_str() == id).expect("they have a pass");
    pin::opens(typed, &pass.verifier)
}

/// Outcome, and the code where it was refused.
fn said(result: &EventResult) -> (Outcome, Option<&str>) {
    (result.outcome, result.problem.as_ref().map(|problem| problem.code.as_str()))
}

#[tokio::test]
async fn a_hotel_whose_people_say_their_name_has_passes_that_say_so_and_judges_no_role() {
    let service = hotel().await;
    assert_eq!(passes(&service).await.lock_minutes, None);
    let mut desk = Desk::of(&service).await;
    let done = desk.record_with("101", &set_out(), |event| event.actor_id = person("ana"));
    assert_eq!(said(&service.send_one(&desk, &done).await), (Outcome::Applied, None));
    let unknown = desk.record_with("102", &set_out(), |event| event.actor_id = person("gone"));
    assert_eq!(said(&service.send_one(&desk, &unknown).await), (Outcome::Applied, None));
}

fn set_out() -> Action {
    Action::SetRoomStatus { cleanliness: Cleanliness::Pickup }
}

#[tokio::test]
async fn t6_passes_are_signed_for_one_desk_alone_and_for_two_weeks() {
    let service = by_pin().await;
    let signed: SignedPasses = service.get(&service.path("passes")).await.json();
    let passes = open(&service, &signed);
    assert_eq!(passes.device, hex::encode(Sha256::digest(service.token.as_bytes())));
    assert_eq!((passes.store_id, passes.property_id.as_str()), (service.capabilities.store_id.clone(), PROPERTY));
    assert_eq!(passes.lock_minutes, Some(10));
    let time = |text: &str| chrono::DateTime::parse_from_rfc3339(text).unwrap();
    assert_eq!((time(&passes.holds_until) - time(&passes.issued_at)).num_days(), 14);
    let roles: Vec<_> = passes.people.iter().map(|pass| (pass.staff_id.as_str(), pass.role.as_str())).collect();
    assert_eq!(
        roles,
        [
            ("ana", "attendant"),
            ("aud", "auditor"),
            ("fay", "front_desk"),
            ("ida", "inspector"),
            ("lea", "lead"),
            ("max", "manager")
        ],
        "whoever has no PIN has no pass"
    );
    let other = service.enroll(PROPERTY);
    let request = service.client.get(format!("{}{}", service.url, service.path("passes"))).bearer_auth(&other);
    let theirs: SignedPasses = common::Answer::of(request).await.json();
    assert_ne!(open(&service, &theirs).device, passes.device);
    // One letter of them changed is no pass any more.
    let forged = signed.passes.replace("attendant", "managerrr");
    let bytes = |text: &str| hex::decode(text).unwrap();
    let key: [u8; 32] = bytes(&service.capabilities.signing_key).try_into().unwrap();
    let signature: [u8; 64] = bytes(&signed.signature).try_into().unwrap();
    let verified = VerifyingKey::from_bytes(&key)
        .unwrap()
        .verify_strict(SignedPasses::signed_text(&forged).as_bytes(), &Signature::from_bytes(&signature));
    assert!(verified.is_err());
}

#[tokio::test]
async fn a_person_changes_their_pin_with_the_one_they_have_and_every_desk_hears_of_it() {
    let service = by_pin().await;
    let change = |staff: &str, pin: &str, new: &str| json!({ "staff_id": staff, "pin": pin, "new_pin": new });
    let path = service.path("pin");
    for (body, expected) in [
        (change("lea", "000001", "314159"), (403, codes::PIN_WRONG)),
        (change("bo", LEAS, "314159"), (403, codes::PIN_WRONG)),
        (change("nobody", LEAS, "314159"), (403, codes::PIN_WRONG)),
        (change("lea", LEAS, "31415"), (422, codes::PIN_WEAK)),
        (change("lea", LEAS, "123456"), (422, codes::PIN_WEAK)),
        (change("lea", LEAS, "31415a"), (422, codes::PIN_WEAK)),
        (change("lea", LEAS, "3141592653589"), (422, codes::PIN_WEAK)),
        (change("lea", LEAS, LEAS), (422, codes::PIN_WEAK)),
        (json!({ "staff_id": "lea", "pin": LEAS }), (400, codes::BAD_REQUEST)),
        (json!({ "staff_id": "lea", "pin": LEAS, "new_pin": "314159", "role": "manager" }), (400, codes::BAD_REQUEST)),
    ] {
        let answer = service.post(&path, &body).await;
        assert_eq!(answer.code(), (expected.0, expected.1.to_owned()), "{body}");
        assert!(opens(&passes(&service).await, "lea", LEAS), "{body}");
    }
    let answer: SignedPasses = service.post(&path, &change("lea", "٤٨١٥١٦", "۳۱۴ ۱۵۹")).await.json();
    for now in [open(&service, &answer), passes(&service).await] {
        assert!(opens(&now, "lea", "314159") && !opens(&now, "lea", LEAS));
        let pass = now.people.iter().find(|pass| pass.staff_id.as_str() == "lea").unwrap();
        assert!(!pass.temporary, "it is their own");
        assert!(opens(&now, "ana", "235711"));
    }
    // The answer was lost on its way: who asks again hears that it is done, and who guesses hears nothing.
    let repeated = service.post(&path, &change("lea", LEAS, "314159")).await;
    assert!(opens(&open(&service, &repeated.json()), "lea", "314159"));
    let guessed = service.post(&path, &change("lea", LEAS, "271828")).await;
    assert_eq!(guessed.code(), (403, codes::PIN_WRONG.to_owned()));
}

#[tokio::test]
async fn whoever_guesses_a_pin_over_the_wire_waits_and_nobody_else_does() {
    let service = by_pin().await;
    let guess = |staff: &str, pin: &str| json!({ "staff_id": staff, "pin": pin, "new_pin": "314159" });
    let path = service.path("pin");
    for n in 0..10 {
        let answer = service.post(&path, &guess("lea", &format!("90000{n}"))).await;
        assert_eq!(answer.code(), (403, codes::PIN_WRONG.to_owned()), "{n}");
    }
    let answer = service.post(&path, &guess("lea", LEAS)).await;
    assert_eq!(answer.code(), (429, codes::TOO_MANY_REQUESTS.to_owned()), "the right one waits too");
    let wait: u32 = answer.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=900).contains(&wait), "{wait}");
    assert!(service.post(&path, &guess("ana", "235711")).await.status.is_success());
}

#[tokio::test]
async fn t3_what_a_role_does_not_include_waits_for_somebody_whose_does() {
    let service = by_pin().await;
    let mut desk = Desk::of(&service).await;
    let as_person = |desk: &mut Desk, who: &str, room: &str, action: &Action| {
        desk.record_with(room, action, |event| event.actor_id = person(who))
    };
    let start = |room: &str| Action::Start { task: TaskId(task_of(room)) };
    let note = Action::Note { text: Some("towels".into()) };
    let reassign = |room: &str| Action::Reassign { task: TaskId(task_of(room)), to: None };
    let out = Action::SetSellability { sellability: out_of_service() };
    let may_not = (Outcome::Rejected, Some("ROLE_MAY_NOT"));
    let may = (Outcome::Applied, None);
    let mut room = 0;
    for (who, what, expected) in [
        ("ana", "start", may),
        ("ana", "note", may),
        ("ana", "reassign", may_not),
        ("ana", "out", may_not),
        ("fay", "note", may),
        ("fay", "reassign", may),
        ("fay", "start", may_not),
        ("fay", "out", may),
        ("ida", "start", may),
        ("ida", "reassign", may),
        ("ida", "out", may_not),
        ("aud", "note", may_not),
        ("aud", "start", may_not),
        ("lea", "out", may),
        ("max", "out", may),
        ("bo", "start", (Outcome::Rejected, Some("PASS_MISSING"))),
        ("gone", "start", (Outcome::Rejected, Some("PASS_MISSING"))),
    ] {
        let name = room_name(room);
        room += 1;
        let action = match what {
            "start" => start(&name),
            "note" => note.clone(),
            "reassign" => reassign(&name),
            _ => out.clone(),
        };
        let event = as_person(&mut desk, who, &name, &action);
        assert_eq!(said(&service.send_one(&desk, &event).await), expected, "{who}: {what}");
    }
    // Tried again by somebody whose role includes it: still the author's work, and the record names both.
    let name = room_name(room);
    let refused = as_person(&mut desk, "ana", &name, &out);
    assert_eq!(said(&service.send_one(&desk, &refused).await), may_not);
    for (by, expected) in
        [("ida", may_not), ("aud", may_not), ("gone", (Outcome::Rejected, Some("PASS_MISSING"))), ("max", may)]
    {
        let again = again(&mut desk, &refused, by);
        assert_eq!(said(&service.send_one(&desk, &again).await), expected, "{by}");
    }
    let entry = service.audit().await.pop().unwrap();
    assert_eq!((entry.actor_id.as_str(), entry.outcome), ("ana", Outcome::Applied));
}

#[tokio::test]
async fn t3_no_other_word_and_no_undo_is_a_way_round_a_role() {
    let service = by_pin().await;
    let mut desk = Desk::of(&service).await;
    let (may, may_not) = ((Outcome::Applied, None), (Outcome::Rejected, Some("ROLE_MAY_NOT")));
    for (who, room, cleanliness, expected) in [
        ("ana", "101", Cleanliness::Clean, may),
        ("ana", "102", Cleanliness::Inspected, may_not),
        ("ida", "103", Cleanliness::Inspected, may),
    ] {
        let action = Action::SetRoomStatus { cleanliness };
        let event = desk.record_with(room, &action, |event| event.actor_id = person(who));
        assert_eq!(said(&service.send_one(&desk, &event).await), expected, "{who}: {cleanliness:?}");
    }
    let out = Action::SetSellability { sellability: out_of_service() };
    let closed = desk.record_with("104", &out, |event| event.actor_id = person("lea"));
    assert_eq!(said(&service.send_one(&desk, &closed).await), may);
    let refused = taken_back(&mut desk, &closed, "ana");
    assert_eq!(said(&service.send_one(&desk, &refused).await), may_not);
    // The front desk may. It has not fetched the row since, so that this is put together with what is there.
    let again = again(&mut desk, &refused, "fay");
    assert_eq!(said(&service.send_one(&desk, &again).await), (Outcome::Merged, None));
}

/// An undo, as a desk makes it.
fn taken_back(desk: &mut Desk, done: &SealedEvent, by: &str) -> SealedEvent {
    let before = &done.event;
    let mut event = desk.event(before.entity.clone(), "undo", json!({ "event": before.event_id }));
    event.actor_id = person(by);
    let back = |change: &Change| Change { base: change.new.clone(), new: change.base.clone() };
    event.changes = before.changes.iter().map(|(path, change)| (path.clone(), back(change))).collect();
    desk.seal(event)
}

fn out_of_service() -> Sellability {
    serde_json::from_value(json!({
        "kind": "out_of_service", "deducts_inventory": false, "assignable": true, "reason": "Lamp"
    }))
    .unwrap()
}

/// The same work again, as a desk makes it when somebody presses the button.
fn again(desk: &mut Desk, failed: &SealedEvent, by: &str) -> SealedEvent {
    let before = &failed.event;
    let mut args = before.args.clone();
    args["again"] = json!({ "by": by, "done_at": before.recorded_at });
    let mut event = desk.event(before.entity.clone(), &before.action, args);
    event.actor_id = before.actor_id.clone();
    event.changes = before.changes.clone();
    event.relies_on = before.relies_on.clone();
    event.settles = vec![before.event_id.clone()];
    event.prev_event_id = None;
    desk.seal(event)
}

#[tokio::test]
async fn t3_what_was_done_on_a_pass_that_ran_out_or_without_one_waits_for_somebody_who_has_one() {
    let service = by_pin().await;
    let mut desk = Desk::of(&service).await;
    for (room, authority, code) in
        [("101", Authority::ExpiredPass, "PASS_EXPIRED"), ("102", Authority::NoPass, "PASS_MISSING")]
    {
        let event = desk.record_with(room, &set_out(), |event| event.authority = Some(authority));
        assert_eq!(said(&service.send_one(&desk, &event).await), (Outcome::Rejected, Some(code)));
        let again = again(&mut desk, &event, "lea");
        assert_eq!(said(&service.send_one(&desk, &again).await), (Outcome::Applied, None), "{code}");
    }
    // Whose PIN was taken away has no pass from then on, wherever their work comes from.
    service.kept.change_sign_in(&service.env, &SignInChange::TakeAway(person("lea"))).await;
    assert!(passes(&service).await.people.iter().all(|pass| pass.staff_id.as_str() != "lea"));
    let event = desk.record("103", &set_out());
    assert_eq!(said(&service.send_one(&desk, &event).await), (Outcome::Rejected, Some("PASS_MISSING")));
}

#[tokio::test]
async fn t3_the_route_of_single_actions_asks_for_a_pass_and_a_role_too() {
    let service = by_pin().await;
    let ask = |task: String, action: &'static str, who: &'static str| {
        let path = service.path(&format!("housekeeping/tasks/{task}/{action}"));
        let key = format!("{action}-{who}-{task}");
        let request = service.request(reqwest::Method::POST, &path).header("X-Idempotency-Key", key);
        common::Answer::of(request.json(&json!({ "actor_id": who, "args": args_of(action) })))
    };
    for (room, action, who, expected) in [
        ("101", "start", "fay", Some((403, "ROLE_MAY_NOT"))),
        ("101", "start", "gone", Some((403, "PASS_MISSING"))),
        ("101", "start", "ana", None),
        ("101", "complete", "ana", None),
        ("101", "inspect", "ana", Some((403, "ROLE_MAY_NOT"))),
        ("101", "inspect", "ida", None),
    ] {
        let answer = ask(task_of(room), action, who).await;
        match expected {
            Some((status, code)) => assert_eq!(answer.code(), (status, code.to_owned()), "{who}: {action}"),
            None => assert!(answer.status.is_success(), "{who}: {action}"),
        }
    }
}

fn args_of(action: &str) -> Value {
    match action {
        "inspect" => json!({ "verdict": Verdict { result: InspectionResult::Pass, reason: None } }),
        _ => json!({}),
    }
}

#[tokio::test]
async fn what_the_hotels_own_system_reports_needs_no_pass() {
    let service = by_pin().await;
    let sent = json!({ "reports": [{
        "version": 1, "of": "booking", "state": "expected",
        "booking": { "id": "b1", "room": "101", "arrives_on": DAY, "nights": 2, "persons": 2 },
    }] });
    let answer: Value = service.post(&service.path("front-office/reports"), &sent).await.json();
    assert_eq!(answer["results"][0]["outcome"], "taken", "{answer}");
}
