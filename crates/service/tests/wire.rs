//! The routes as strangers and careless clients use them: who may ask, what a body may be, single actions, enrolment.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "what a test needs and does not get ends it")]

mod common;

use common::{Answer, Desk, PROPERTY, Service, outcomes, patiently, status_path, task_of};
use reqwest::Method;
use serde_json::{Value, json};
use std::io::Write;
use std::sync::atomic::Ordering;
use tempfile::TempDir;
use turndown_domain::{Action, StaffId, TaskId};
use turndown_protocol::{Capabilities, EnrollCode, Enrolled, Outcome, SingleActionAnswer, codes};
use turndown_service::env::text_of;
use turndown_service::sinks::SinkConfig;

const ROUTES: [(&str, &str); 8] = [
    ("POST", "/v1/installs/desk-1/handshake"),
    ("GET", "/v1/properties/{p}/snapshot"),
    ("GET", "/v1/properties/{p}/changes?cursor=00"),
    ("GET", "/v1/properties/{p}/changes/stream?cursor=00"),
    ("POST", "/v1/properties/{p}/events"),
    ("POST", "/v1/properties/{p}/housekeeping/tasks/t-101/start"),
    ("GET", "/v1/properties/{p}/audit"),
    ("GET", "/v1/capabilities"),
];

#[tokio::test]
async fn only_a_known_device_gets_in_and_only_to_its_own_property() {
    let mut service = Service::open().await;
    service.stop().await;
    service.import("other", 2, false);
    service.start().await;
    let stranger = service.enroll("other");
    let short_lived = service.kept.token(&service.env, PROPERTY, Some(1_000));
    service.env.0.fetch_add(1_001, Ordering::Relaxed);

    for (method, path) in ROUTES {
        let path = path.replace("{p}", PROPERTY);
        let ask = |header: Option<String>| {
            let request = service
                .client
                .request(Method::from_bytes(method.as_bytes()).unwrap(), format!("{}{path}", service.url));
            Answer::of(match header {
                Some(header) => request.header("authorization", header),
                None => request,
            })
        };
        for header in [
            "Bearer nonsense".to_owned(),
            format!("Bearer {}x", service.token),
            format!("Bearer {short_lived}"),
            format!("Basic {}", service.token),
            service.token.clone(),
            "Bearer".to_owned(),
        ] {
            let answer = ask(Some(header.clone())).await;
            assert_eq!(answer.code(), (401, codes::UNAUTHENTICATED.into()), "{path} {header}");
            assert_eq!(answer.headers["www-authenticate"], "Bearer");
        }
        if path.contains("/properties/") {
            assert_eq!(ask(None).await.code(), (401, codes::UNAUTHENTICATED.into()), "{path}");
            let answer = ask(Some(format!("Bearer {stranger}"))).await;
            assert_eq!(answer.code(), (403, codes::FORBIDDEN.into()), "{path}");
        }
    }
    // Capabilities answer everybody; a token adds whose property it is.
    let open: Capabilities = Answer::of(service.client.get(format!("{}/v1/capabilities", service.url))).await.json();
    // How much is done at a hotel is nobody else's business either.
    assert_eq!((open.property_id, open.head_seq, &open.store_id), (None, None, &service.capabilities.store_id));
    assert!(service.capabilities.head_seq.is_some());
    assert_eq!(service.capabilities.property_name.as_deref(), Some("Grand Hotel"));
    // The token is kept as a hash only.
    assert!(!service.kept.holds(&service.token));
    assert!(service.kept.holds("Desk 1"));
}

#[tokio::test]
async fn a_body_that_is_not_what_the_route_takes_is_refused_by_name_and_nothing_is_kept() {
    let service = Service::open().await;
    let mut desk = Desk::of(&service).await;
    let event = desk.start("101");
    let good = service.batch(&desk, &[&event]);
    let gzip = |bytes: &[u8]| {
        let mut gzip = flate2::write::GzEncoder::new(vec![], flate2::Compression::best());
        gzip.write_all(bytes).unwrap();
        gzip.finish().unwrap()
    };
    let many = {
        let one = format!(r#"{},"#, event.bytes).repeat(501);
        good.replace(&event.bytes, one.trim_end_matches(','))
    };
    let bomb = gzip(&vec![b' '; 16 * 1024 * 1024]);
    assert!(bomb.len() < 100_000, "{}", bomb.len());
    let mut cut = gzip(good.as_bytes());
    cut.truncate(cut.len() / 2);
    let with_bom = [b"\xEF\xBB\xBF", good.as_bytes()].concat();
    let big = format!("{good}{}", " ".repeat(1024 * 1024));
    let mut invalid = good.clone().into_bytes();
    let at = good.find("lea").unwrap();
    invalid[at] = 0xff;
    let deep = good.replace(&event.bytes, &format!("{}1{}", "[".repeat(200), "]".repeat(200)));
    let json = "application/json";

    let bad = codes::BAD_REQUEST;
    type Case<'a> = (&'a str, &'a str, Option<&'a str>, Vec<u8>, (u16, &'a str));
    let cases: Vec<Case<'_>> = vec![
        ("empty", json, None, vec![], (400, bad)),
        ("not JSON", json, None, b"<html>Sign in</html>".to_vec(), (400, bad)),
        ("an array", json, None, b"[]".to_vec(), (400, bad)),
        ("null", json, None, b"null".to_vec(), (400, bad)),
        ("missing members", json, None, b"{}".to_vec(), (400, bad)),
        ("a byte order mark", json, None, with_bom, (400, bad)),
        ("trailing bytes", json, None, format!("{good}x").into(), (400, bad)),
        ("two documents", json, None, format!("{good}{good}").into(), (400, bad)),
        ("cut off", json, None, good.as_bytes()[..good.len() - 2].to_vec(), (400, bad)),
        ("invalid UTF-8", json, None, invalid, (400, bad)),
        ("raw bytes", json, None, vec![0xff, 0xfe, b'{'], (400, bad)),
        ("a member twice", json, None, good.replacen("{", "{\"epoch\":\"x\",", 1).into(), (400, bad)),
        ("an id that could hurt a path", json, None, good.replace("\"b-1\"", "\"../b\"").into(), (400, bad)),
        ("depth 200", json, None, deep.into(), (400, bad)),
        ("wrong content type", "text/plain", None, good.clone().into(), (415, codes::UNSUPPORTED_MEDIA_TYPE)),
        ("a form", "application/x-www-form-urlencoded", None, b"a=b".to_vec(), (415, codes::UNSUPPORTED_MEDIA_TYPE)),
        ("unknown encoding", json, Some("br"), good.clone().into(), (415, codes::UNSUPPORTED_MEDIA_TYPE)),
        ("gzip that is none", json, Some("gzip"), good.clone().into(), (400, bad)),
        ("gzip cut off", json, Some("gzip"), cut, (400, bad)),
        ("a gzip bomb", json, Some("gzip"), bomb, (413, codes::TOO_LARGE)),
        ("over a mebibyte", json, None, big.into(), (413, codes::TOO_LARGE)),
        ("501 events", json, Some("gzip"), gzip(many.as_bytes()), (413, codes::TOO_LARGE)),
    ];
    for (what, content_type, encoding, body, (status, code)) in cases {
        let mut request =
            service.request(Method::POST, &service.path("events")).header("content-type", content_type).body(body);
        if let Some(encoding) = encoding {
            request = request.header("content-encoding", encoding);
        }
        let answer = Answer::of(request).await;
        assert_eq!(answer.code(), (status, code.to_owned()), "{what}: {}", String::from_utf8_lossy(&answer.body));
        let problem = answer.problem();
        assert!(!problem.title.is_empty() && problem.kind.starts_with("urn:turndown:problem:"), "{what}");
    }
    // What is wrong with one event is that event's answer, not the batch's.
    let surrogate = good.replace("\"lea\"", "\"\\ud800\"");
    let response: turndown_protocol::EventsResponse = service.send_raw(&surrogate).await.json();
    assert_eq!(response.results[0].outcome, turndown_protocol::Outcome::Rejected);
    assert_eq!(service.audit().await.len(), 0, "nothing was kept");
    assert_eq!(service.send_raw(&good).await.status, 200, "and the service still works");
}

#[tokio::test]
async fn unknown_routes_and_verbs_and_ids_are_problems_too() {
    let service = Service::open().await;
    for (method, path, expected) in [
        (Method::GET, "/nothing", (404, codes::NOT_FOUND)),
        (Method::GET, "/v2/capabilities", (404, codes::NOT_FOUND)),
        (Method::DELETE, "/v1/capabilities", (405, codes::METHOD_NOT_ALLOWED)),
        (Method::GET, "/v1/properties/grand/events", (405, codes::METHOD_NOT_ALLOWED)),
        (Method::GET, "/v1/properties/grand/changes", (400, codes::BAD_REQUEST)),
        (Method::GET, "/v1/properties/grand/changes?cursor=42", (400, codes::BAD_REQUEST)),
        (Method::GET, "/v1/properties/grand/changes?cursor=00&limit=x", (400, codes::BAD_REQUEST)),
        (Method::GET, "/v1/properties/grand/changes?curser=00", (400, codes::BAD_REQUEST)),
        (Method::GET, "/v1/properties/grand/changes/stream", (400, codes::BAD_REQUEST)),
        (Method::GET, "/v1/properties/grand/audit?after=-1", (400, codes::BAD_REQUEST)),
        (Method::GET, "/v1/properties/grand/audit?install=%2F..%2F", (400, codes::BAD_REQUEST)),
        (Method::GET, "/v1/properties/grand/audit?limit=0", (400, codes::BAD_REQUEST)),
        (Method::GET, "/v1/properties/..%2Fother/snapshot", (403, codes::FORBIDDEN)),
        (Method::GET, "/v1/properties/grand%00/snapshot", (403, codes::FORBIDDEN)),
        (Method::POST, "/v1/installs/a%20b/handshake", (400, codes::BAD_REQUEST)),
    ] {
        let answer = Answer::of(service.request(method.clone(), path)).await;
        assert_eq!(answer.code(), (expected.0, expected.1.to_owned()), "{method} {path}");
    }
}

async fn act(service: &Service, task: &str, action: &str, key: &str, args: Value) -> Answer {
    let path = service.path(&format!("housekeeping/tasks/{task}/{action}"));
    let request = service.request(Method::POST, &path).header("x-idempotency-key", key);
    Answer::of(request.json(&json!({ "actor_id": "bo", "args": args }))).await
}

#[tokio::test]
async fn a_single_action_is_done_once_and_its_answer_is_replayed() {
    let mut service = Service::open().await;
    let first = act(&service, "t-101", "start", "k-1", json!({})).await;
    let done: SingleActionAnswer = first.json();
    assert_eq!(done.row.fields.get(&status_path("101")), "in_progress");
    assert_eq!(done.row, service.room("101").await);
    assert_eq!(first.headers["etag"], format!("\"{}\"", done.row.version));
    assert!(!first.headers.contains_key("idempotency-replayed"));

    service.restart().await;
    let again = act(&service, "t-101", "start", "k-1", json!({})).await;
    assert_eq!(again.headers["idempotency-replayed"], "true");
    assert_eq!(
        (again.status, &again.body, &again.headers["etag"]),
        (first.status, &first.body, &first.headers["etag"])
    );
    assert_eq!(service.audit().await.len(), 1);

    // The same key for anything else is refused, whatever differs.
    for (task, action, args) in
        [("t-102", "start", json!({})), ("t-101", "complete", json!({})), ("t-101", "start", json!({ "x": 1 }))]
    {
        let answer = act(&service, task, action, "k-1", args).await;
        assert_eq!(answer.code(), (409, codes::KEY_REUSE.into()), "{task} {action}");
    }
    // Others see it as an ordinary event, with its author and a chain of its own.
    let entry = &service.audit().await[0];
    assert_eq!((entry.actor_id.as_str(), entry.action.as_str(), entry.local_seq), ("bo", "start", 1));
    assert!(!entry.originated_offline);
    act(&service, "t-101", "complete", "k-2", json!({})).await;
    service.stop().await;
    assert_eq!(service.kept.verify().links, 2);
}

#[tokio::test]
async fn a_move_that_the_state_forbids_names_the_present_state_and_is_replayed_alike() {
    let service = Service::open().await;
    let refused = act(&service, "t-101", "complete", "k-1", json!({})).await;
    let problem = refused.problem();
    assert_eq!((problem.status, problem.code.as_str()), (409, codes::INVALID_TRANSITION));
    assert_eq!(problem.current_state, Some(json!("ready")));
    assert_eq!(problem.detail.as_deref(), Some("TASK_NOT_STARTED"));
    act(&service, "t-101", "start", "k-2", json!({})).await.json::<SingleActionAnswer>();
    let again = act(&service, "t-101", "complete", "k-1", json!({})).await;
    assert_eq!((again.problem(), &again.headers["idempotency-replayed"]), (problem, &"true".parse().unwrap()));
    act(&service, "t-101", "complete", "k-3", json!({})).await.json::<SingleActionAnswer>();

    for (task, action, args, expected) in [
        ("t-999", "start", json!({}), (404, codes::NOT_FOUND)),
        ("t-101", "fly", json!({}), (422, "ACTION_UNKNOWN")),
        ("t-101", "note", json!({}), (422, "ACTION_UNKNOWN")),
        ("t-101", "start", json!([1]), (422, "ACTION_UNKNOWN")),
        ("t-102", "cancel", json!({ "reason": "  " }), (422, "REASON_REQUIRED")),
        ("t-102", "reassign", json!({ "to": "nobody" }), (422, "STAFF_UNKNOWN")),
        ("t-102", "start", json!({ "task": "t-103" }), (200, "")),
        ("t-101", "inspect", json!({ "verdict": { "result": "pass" } }), (200, "")),
        ("t-103", "cancel", json!({ "reason": "guest stays" }), (200, "")),
        ("t-103", "start", json!({}), (409, codes::INVALID_TRANSITION)),
    ] {
        let key = format!("{task}-{action}-{args}").replace(' ', "");
        let answer = act(&service, task, action, &key, args.clone()).await;
        if expected.0 == 200 {
            assert_eq!(answer.status, 200, "{task} {action} {args}: {}", String::from_utf8_lossy(&answer.body));
        } else {
            assert_eq!(answer.code(), (expected.0, expected.1.to_owned()), "{task} {action} {args}");
        }
    }
    assert_eq!(service.room("103").await.fields.get(&status_path("103")), "cancelled");
}

#[tokio::test]
async fn a_key_is_required_and_may_stand_in_either_header_or_in_the_body() {
    let service = Service::open().await;
    let path = |room: &str| service.path(&format!("housekeeping/tasks/{}/start", task_of(room)));
    let post = |room: &str| service.request(Method::POST, &path(room));
    let body = json!({ "actor_id": "bo" });
    let missing = Answer::of(post("101").json(&body)).await;
    assert_eq!(missing.code(), (400, codes::KEY_MISSING.into()));
    for (what, request) in [
        ("empty", post("101").header("x-idempotency-key", "").json(&body)),
        ("overlong", post("101").header("x-idempotency-key", "k".repeat(129)).json(&body)),
        ("with a space", post("101").header("x-idempotency-key", "a b").json(&body)),
        ("two that differ", post("101").header("x-idempotency-key", "a").header("idempotency-key", "b").json(&body)),
        ("no actor", post("101").header("x-idempotency-key", "a").json(&json!({ "actor_id": "" }))),
    ] {
        assert_eq!(Answer::of(request).await.code(), (400, codes::BAD_REQUEST.into()), "{what}");
    }
    for (room, request) in [
        ("101", post("101").header("x-idempotency-key", "a-1").json(&body)),
        ("102", post("102").header("idempotency-key", "\"a-2\"").json(&body)),
        ("103", post("103").json(&json!({ "actor_id": "bo", "_idempotencyKey": "a-3" }))),
        ("104", post("104").header("x-idempotency-key", "a-4").header("idempotency-key", "a-4").json(&body)),
    ] {
        assert_eq!(Answer::of(request).await.status, 200, "{room}");
    }
    // The key is the key, wherever it stood.
    let again = Answer::of(post("102").header("x-idempotency-key", "a-2").json(&body)).await;
    assert_eq!(again.headers["idempotency-replayed"], "true");
}

#[tokio::test]
async fn if_match_lets_an_action_through_only_on_the_version_that_was_seen() {
    let service = Service::open().await;
    let version = service.room("101").await.version;
    let post = |key: &str, tag: String| {
        let path = service.path("housekeeping/tasks/t-101/start");
        let request = service.request(Method::POST, &path).header("x-idempotency-key", key).header("if-match", tag);
        Answer::of(request.json(&json!({ "actor_id": "bo" })))
    };
    for tag in [format!("\"{}\"", version + 1), format!("W/\"{version}\"")] {
        assert_eq!(post("k", tag.clone()).await.code(), (412, codes::VERSION_MISMATCH.into()), "{tag}");
    }
    assert_eq!(post("k", "nonsense".into()).await.code(), (400, codes::BAD_REQUEST.into()));
    // The refusals did not use the key up.
    let done = post("k", format!("\"1\", \"{version}\"")).await;
    assert_eq!(done.status, 200, "{}", String::from_utf8_lossy(&done.body));
    assert_eq!(post("k2", "*".into()).await.code(), (409, codes::INVALID_TRANSITION.into()));
}

#[tokio::test]
async fn a_desks_own_edit_and_a_single_action_meet_like_any_two() {
    let service = Service::open().await;
    let mut desk = Desk::of(&service).await;
    act(&service, "t-101", "reassign", "k-1", json!({ "to": "bo" })).await.json::<SingleActionAnswer>();
    let event = desk.start("101");
    let result = service.send_one(&desk, &event).await;
    let theirs = result.theirs.expect("a conflict");
    assert_eq!(theirs.row.provenance["task/t-101/assignee"].actor_id, "bo");
    let added = desk.record(
        "102",
        &Action::AddTask {
            task: TaskId("extra-1".into()),
            kind: turndown_domain::TaskKind::Check,
            credits: 1,
            priority: turndown_domain::Priority::High,
            assignee: Some(StaffId("ana".into())),
            note: None,
        },
    );
    assert_eq!(service.send_one(&desk, &added).await.outcome, turndown_protocol::Outcome::Applied);
    // A task that a desk added can be named by others at once.
    let answer = act(&service, "extra-1", "start", "k-2", json!({})).await;
    assert_eq!(answer.json::<SingleActionAnswer>().row.entity.id, "102");
}

#[tokio::test]
async fn a_code_shows_the_hotel_and_lets_one_desk_in_once() {
    let service = Service::open().await;
    let code = service.kept.code(&service.env);
    let plain = reqwest::Client::new();
    let show = |code: &str| Answer::of(plain.get(format!("{}/v1/enroll/{code}", service.url)));
    let use_up = |code: &str, name: &str| {
        Answer::of(plain.post(format!("{}/v1/enroll", service.url)).json(&json!({ "code": code, "device_name": name })))
    };
    assert_eq!(show(&code.to_lowercase()).await.json::<EnrollCode>().property_name, "Grand Hotel");
    assert_eq!(use_up(&code, " ").await.code(), (400, codes::BAD_REQUEST.into()));
    let enrolled: Enrolled = use_up(&code.replace('-', ""), "Housekeeping office").await.json();
    assert_eq!((enrolled.property_id.as_str(), &enrolled.store_id), (PROPERTY, &service.capabilities.store_id));
    let mine =
        Answer::of(plain.get(format!("{}{}", service.url, service.path("snapshot"))).bearer_auth(&enrolled.token));
    assert_eq!(mine.await.status, 200);

    let unknown = (404, codes::ENROLL_CODE_UNKNOWN.to_owned());
    assert_eq!(use_up(&code, "Second").await.code(), unknown, "single use");
    assert_eq!(show(&code).await.code(), unknown);
    let late = service.kept.code(&service.env);
    service.env.0.fetch_add(15 * 60 * 1_000, Ordering::Relaxed);
    assert_eq!(use_up(&late, "Late").await.code(), unknown, "fifteen minutes");

    // Guessing ends soon, for guesses that look like codes and others.
    let (mut answers, mut refused) = (0, None);
    while answers < 100 && refused.is_none() {
        let answer = show("0000-0000").await;
        answers += 1;
        if answer.code().0 == 429 {
            refused = Some(answer);
        }
    }
    let refused = refused.expect("guessing is slowed");
    assert_eq!(refused.code().1, codes::TOO_MANY_REQUESTS);
    assert!(refused.headers.contains_key("retry-after"));
    assert_eq!(use_up("0000-0000", "x").await.code().0, 429);
}

#[tokio::test]
async fn every_route_is_described() {
    let service = Service::open().await;
    let document: Value = service.get("/openapi.json").await.json();
    let paths = document["paths"].as_object().unwrap();
    for (path, method) in [
        ("/v1/capabilities", "get"),
        ("/v1/installs/{install}/handshake", "post"),
        ("/v1/properties/{property}/snapshot", "get"),
        ("/v1/properties/{property}/changes", "get"),
        ("/v1/properties/{property}/changes/stream", "get"),
        ("/v1/properties/{property}/events", "post"),
        ("/v1/properties/{property}/housekeeping/tasks/{task}/{action}", "post"),
        ("/v1/properties/{property}/audit", "get"),
        ("/v1/properties/{property}/entities/{kind}/{id}/story", "get"),
        ("/v1/properties/{property}/suggestions", "get"),
        ("/v1/properties/{property}/front-office/reports", "post"),
        ("/v1/properties/{property}/passes", "get"),
        ("/v1/properties/{property}/pin", "post"),
        ("/v1/enroll", "post"),
        ("/v1/enroll/{code}", "get"),
        ("/healthz", "get"),
        ("/readyz", "get"),
        ("/metrics", "get"),
        ("/openapi.json", "get"),
    ] {
        assert!(paths.get(path).and_then(|path| path.get(method)).is_some(), "{method} {path}");
    }
    assert_eq!(paths.len(), 19, "a new route is described and stands in this list");
    for schema in ["EventsRequest", "EventsResponse", "Event", "EntityRow", "Problem", "Capabilities", "ChangesPage"] {
        assert!(document["components"]["schemas"].get(schema).is_some(), "{schema}");
    }
    // The guide speaks of each of them too.
    let guide = include_str!("../../../docs/protocol.md");
    for path in paths.keys() {
        assert!(guide.contains(path.as_str()), "docs/protocol.md does not speak of {path}");
    }
    for path in ["/healthz", "/readyz"] {
        assert_eq!(service.get(path).await.status, 200);
    }
    let metrics = String::from_utf8(service.get("/metrics").await.body).unwrap();
    assert!(metrics.contains("turndown_requests_total{route=\"/openapi.json\",status=\"200\"} 1"), "{metrics}");
    assert!(metrics.trim_end().ends_with("# EOF"));
}

#[tokio::test]
async fn operators_see_how_old_work_was_when_it_came_and_how_late_others_heard_of_it() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("events.jsonl");
    let service = Service::open_with(common::ROOMS, move |config| {
        config.sinks = vec![SinkConfig::File(file.clone())];
    })
    .await;
    let counts = async |name: &str| {
        let text = String::from_utf8(service.get("/metrics").await.body).unwrap();
        let prefix = format!("turndown_{name}_seconds_bucket{{le=\"");
        let of = |line: &str| {
            let (bound, count) = line.strip_prefix(&prefix)?.split_once("\"} ")?;
            Some((bound.parse().unwrap_or(f64::INFINITY), count.parse().unwrap()))
        };
        text.lines().filter_map(of).collect::<Vec<(f64, u64)>>()
    };
    let within = |counts: &[(f64, u64)], bound: f64| counts.iter().find(|(le, _)| *le >= bound).unwrap().1;
    let mut desk = Desk::of(&service).await;
    let now = service.env.0.load(Ordering::Relaxed).cast_signed();
    let hours_ago = |hours: i64| text_of(now - hours * 3_600_000);
    let note = Action::Note { text: Some("two pillows".into()) };
    let old = desk.record_with("101", &note, |event| event.recorded_at = hours_ago(8));
    let new = desk.record_with("102", &note, |event| event.recorded_at = hours_ago(0));
    let to_come = desk.record_with("103", &note, |event| event.recorded_at = hours_ago(-3));
    let taken = service.send(&desk, &[&old, &new, &to_come]).await;
    assert_eq!(outcomes(&taken), [Outcome::Applied; 3], "{taken:?}");
    assert_eq!(service.send_one(&desk, &old).await.outcome, Outcome::Duplicate);
    let ages = counts("event_age").await;
    assert_eq!([1.0, 3_600.0, 40_000.0, f64::INFINITY].map(|bound| within(&ages, bound)), [2, 2, 3, 3], "{ages:?}");
    let told = async { while within(&counts("sink_delay").await, f64::INFINITY) < 3 {} };
    patiently("the sink's delay", told).await;
}

#[tokio::test]
async fn a_header_that_never_ends_and_one_that_is_too_long_are_cut() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let service = Service::open().await;
    let mut socket = tokio::net::TcpStream::connect(service.url.trim_start_matches("http://")).await.unwrap();
    socket.write_all(b"GET /healthz HTTP/1.1\r\n").await.unwrap();
    let line = format!("x: {}\r\n", "y".repeat(1_000));
    // The service hangs up long before a mebibyte of header; writing then fails or reading ends.
    for _ in 0..1_000 {
        if socket.write_all(line.as_bytes()).await.is_err() {
            break;
        }
    }
    let mut answer = vec![];
    let _ = socket.read_to_end(&mut answer).await;
    assert!(answer.is_empty() || answer.starts_with(b"HTTP/1.1 4"), "{}", String::from_utf8_lossy(&answer));
    assert_eq!(service.get("/healthz").await.status, 200);
}

#[tokio::test]
async fn a_device_that_asks_too_often_waits_and_the_others_do_not() {
    let mut service = Service::open_with(common::ROOMS, |config| {
        config.limits.requests_per_second = std::num::NonZeroU32::MIN;
    })
    .await;
    let path = service.path("changes?cursor=x");
    // As many at once as it may, and then some: far more than one machine answers in a second is not needed.
    let mut refused = None;
    for _ in 0..1_000 {
        let answer = service.get(&path).await;
        if answer.status == 429 {
            refused = Some(answer);
            break;
        }
    }
    let refused = refused.expect("asking without end is slowed");
    assert_eq!(refused.code().1, codes::TOO_MANY_REQUESTS);
    let wait: u32 = refused.headers.get("retry-after").unwrap().to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    let metrics = Answer::of(service.client.get(format!("{}/metrics", service.url))).await;
    assert!(String::from_utf8_lossy(&metrics.body).contains("turndown_requests_limited_total 1"));
    service.token = service.enroll(PROPERTY);
    assert_ne!(service.get(&path).await.status, 429, "another device of the same hotel");
    // Made-up tokens have no rate of their own, and whoever watches over the service is always answered.
    let mut statuses = vec![];
    for n in 0..1_000 {
        service.token = format!("td_{n}");
        statuses.push(service.get(&path).await.status.as_u16());
        if statuses.last() == Some(&429) {
            break;
        }
    }
    assert_eq!(statuses.pop(), Some(429));
    assert!(statuses.iter().all(|status| *status == 401), "{statuses:?}");
    for path in ["/healthz", "/readyz"] {
        assert_eq!(service.get(path).await.status, 200, "{path}");
    }
}
