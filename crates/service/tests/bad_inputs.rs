//! Bad inputs over HTTP: what strangers, careless clients and broken desks send. Each has a stable code and a sentence;
//! none ends in a fault of the service, and what was recorded before stays. `docs/bad-inputs.md` says what is tried.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "what a test needs and does not get ends it")]

mod common;
mod plain_words;

use common::{Answer, Desk, Service};
use flate2::Compression;
use flate2::write::GzEncoder;
use plain_words::{Tally, sentence_flaw};
use reqwest::Method;
use serde_json::{Value, json};
use std::io::Write;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use turndown_domain::pin;
use turndown_protocol::{ActorId, EventsResponse, Outcome, Problem, ReportOutcome, ReportsAnswer, SealedEvent, codes};
use turndown_service::store::{SignInChange, StaffPin};

const LEAS_PIN: &str = "481516";
const BAD: (u16, &str) = (400, codes::BAD_REQUEST);
const NO_TOKEN: (u16, &str) = (401, codes::UNAUTHENTICATED);
const NO_ROUTE: (u16, &str) = (404, codes::NOT_FOUND);
const NO_METHOD: (u16, &str) = (405, codes::METHOD_NOT_ALLOWED);
const LARGE: (u16, &str) = (413, codes::TOO_LARGE);
const MEDIA: (u16, &str) = (415, codes::UNSUPPORTED_MEDIA_TYPE);

/// A request, and what it has to come to.
struct Row {
    name: String,
    method: Method,
    path: String,
    headers: Vec<(&'static str, Vec<u8>)>,
    body: Vec<u8>,
    expected: (u16, &'static str),
}

impl Row {
    fn new(name: impl Into<String>, method: Method, path: impl Into<String>, expected: (u16, &'static str)) -> Self {
        Self { name: name.into(), method, path: path.into(), headers: vec![], body: vec![], expected }
    }

    fn get(name: impl Into<String>, path: impl Into<String>, expected: (u16, &'static str)) -> Self {
        Self::new(name, Method::GET, path, expected)
    }

    /// A JSON body, as a client says that it is one.
    fn post(
        name: impl Into<String>,
        path: impl Into<String>,
        body: impl Into<Vec<u8>>,
        expected: (u16, &'static str),
    ) -> Self {
        let row = Self::new(name, Method::POST, path, expected).with("content-type", "application/json");
        Self { body: body.into(), ..row }
    }

    /// One more header; two of a name are sent as two.
    fn with(mut self, name: &'static str, value: impl Into<Vec<u8>>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// The same header with another value.
    fn instead(mut self, name: &'static str, value: impl Into<Vec<u8>>) -> Self {
        self.headers.retain(|(other, _)| *other != name);
        self.with(name, value)
    }

    fn input(&self) -> Vec<u8> {
        format!("{} {} {:?} ", self.method, self.path, self.headers)
            .into_bytes()
            .into_iter()
            .chain(self.body.clone())
            .collect()
    }

    /// Sends it, with the desk's token where the row brings none of its own.
    async fn send(&self, service: &Service) -> Answer {
        let mut request = service.client.request(self.method.clone(), format!("{}{}", service.url, self.path));
        if !self.headers.iter().any(|(name, _)| *name == "authorization") {
            request = request.bearer_auth(&service.token);
        }
        for (name, value) in &self.headers {
            request = request.header(*name, value.as_slice());
        }
        Answer::of(request.body(self.body.clone())).await
    }
}

/// What is wrong with a problem as the caller reads it.
fn problem_flaw(problem: &Problem, secret: &[&str]) -> Option<String> {
    let expected_kind = format!("urn:turndown:problem:{}", problem.code.to_lowercase().replace('_', "-"));
    if problem.kind != expected_kind {
        return Some(format!("its type is {}", problem.kind));
    }
    // Where the rule's own code stands in the place of a detail, it is no sentence.
    let is_code = |text: &str| text.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
    let detail = problem.detail.as_deref().filter(|detail| !is_code(detail));
    [Some(problem.title.as_str()), detail]
        .into_iter()
        .flatten()
        .find_map(|text| sentence_flaw(text, &[], secret).map(|flaw| format!("{flaw}: {text:?}")))
}

/// Sends every row and looks at every answer.
async fn ask(tally: &mut Tally, part: &str, service: &Service, rows: Vec<Row>, secret: &[&str]) {
    tally.part(part);
    for row in rows {
        tally.row(&row.name, row.input());
        let answer = row.send(service).await;
        let Some(problem) = read(&answer) else {
            tally.amiss(&row.name, format!("{}: {}", answer.status, String::from_utf8_lossy(&answer.body)));
            continue;
        };
        tally.same(&row.name, &(problem.status, problem.code.as_str()), &row.expected);
        if let Some(flaw) = problem_flaw(&problem, &[secret, &[service.token.as_str()]].concat()) {
            tally.amiss(&row.name, flaw);
        }
    }
}

/// The problem that an answer is.
fn read(answer: &Answer) -> Option<Problem> {
    let problem: Problem = serde_json::from_slice(&answer.body).ok()?;
    let typed = answer.headers.get("content-type").is_some_and(|value| value == "application/problem+json");
    (typed && problem.status == answer.status.as_u16()).then_some(problem)
}

/// A service with something recorded, and what was recorded.
async fn with_work() -> (Service, Desk, String) {
    let service = Service::open().await;
    let mut desk = Desk::of(&service).await;
    let kept = desk.note("110", "Two pillows");
    assert_eq!(service.send_one(&desk, &kept).await.outcome, Outcome::Applied);
    (service, desk, kept.event.event_id.to_string())
}

/// What was recorded is still there, the service takes work, its record proves itself, and it never failed.
async fn still_works(service: &mut Service, desk: &mut Desk, kept: &str) {
    assert_eq!(service.room("110").await.fields.get("room/note"), "Two pillows");
    let trail = service.audit().await;
    assert!(trail.first().is_some_and(|entry| entry.event_id.as_str() == kept), "the first entry is still the first");
    let good = desk.note("109", "A cot");
    assert_eq!(service.send_one(desk, &good).await.outcome, Outcome::Applied, "a good request goes through");
    let metrics = String::from_utf8(service.get("/metrics").await.body).unwrap();
    let failed: Vec<&str> = metrics.lines().filter(|line| line.contains("status=\"5")).collect();
    assert_eq!(failed, Vec::<&str>::new(), "no answer was a fault of the service");
    service.stop().await;
    assert_eq!(service.kept.verify().fault, None, "the record proves itself");
    service.start().await;
    assert_eq!(service.room("109").await.fields.get("room/note"), "A cot", "also after a start");
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(vec![], Compression::best());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

/// A good document with one member left out, and with wrong values in its place: what stands there, and the text.
fn spoiled(good: &Value, pointer: &str, wrong: &[Value]) -> Vec<(String, String)> {
    let (parent, member) = pointer.rsplit_once('/').expect("a pointer");
    let mut without = good.clone();
    without.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(member).expect("the member is there");
    let mut documents = vec![(format!("without {pointer}"), without.to_string())];
    for value in wrong {
        let mut document = good.clone();
        *document.pointer_mut(pointer).unwrap() = value.clone();
        documents.push((format!("{pointer} is {value}"), document.to_string()));
    }
    documents
}

fn callers(service: &Service, stranger: &str) -> Vec<Row> {
    let snapshot = service.path("snapshot");
    let token = &service.token;
    let who = |name: &str, header: Vec<u8>| Row::get(name, &snapshot, NO_TOKEN).with("authorization", header);
    let mut rows = vec![
        who("an empty header of who asks", vec![]),
        who("a scheme without a token", b"Bearer".to_vec()),
        who("a scheme and a space", b"Bearer ".to_vec()),
        who("a token without a scheme", token.clone().into()),
        who("another scheme", format!("Basic {token}").into()),
        who("a scheme run into its token", format!("Bearer{token}").into()),
        who("a token in quotes", format!("Bearer \"{token}\"").into()),
        who("a token cut short", format!("Bearer {}", &token[..token.len() - 1]).into()),
        who("a token with one letter too many", format!("Bearer {token}0").into()),
        who("a token in capital letters", format!("Bearer {}", token.to_uppercase()).into()),
        who("two tokens in one header", format!("Bearer {token}, Bearer {token}").into()),
        who("a token of 8,000 letters", format!("Bearer {}", "t".repeat(8_000)).into()),
        who("a token that is no text", b"Bearer \xff\xfe".to_vec()),
        who("a token with a line's end written out", format!("Bearer {token}%0d%0a").into()),
        who("a signed token of another making", b"Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJsZWEifQ.".to_vec()),
        who("a database's words for a token", b"Bearer ' OR 1=1 --".to_vec()),
    ];
    rows.push(
        Row::get("capabilities with a made-up token", "/v1/capabilities", NO_TOKEN)
            .with("authorization", "Bearer td_0"),
    );
    let forbidden = (403, codes::FORBIDDEN);
    for (name, property) in [
        ("another hotel", "other"),
        ("a hotel that is none", "nowhere"),
        ("the hotel in capital letters", "GRAND"),
        ("a hotel with a way out of its folder", "..%2Fother"),
        ("a hotel with a zero in its name", "grand%00"),
        ("a hotel with a line's end in its name", "grand%0D%0Ax:%20y"),
        ("a hotel of spaces", "%20%20"),
        ("a hotel with the direction turned", "%E2%80%AEdnarg"),
        ("a hotel of a thousand letters", &"g".repeat(1_000)),
    ] {
        rows.push(Row::get(name, format!("/v1/properties/{property}/snapshot"), forbidden));
    }
    rows.push(
        Row::get("the other hotel's desk here", &snapshot, forbidden)
            .with("authorization", format!("Bearer {stranger}")),
    );
    rows.push(Row::get("a hotel whose name is no text", "/v1/properties/%FF/snapshot", BAD));
    rows
}

fn routes(service: &Service) -> Vec<Row> {
    let mut rows = vec![];
    for (name, path) in [
        ("no route at all", "/"),
        ("a route that never was", "/nothing"),
        ("a version that is not there yet", "/v2/capabilities"),
        ("a route in capital letters", "/V1/CAPABILITIES"),
        ("a route with a slash too many", "/v1/capabilities/"),
        ("a route with two slashes", "//v1/capabilities"),
        ("a route of a page for people", "/index.html"),
        ("a route out of the folder", "/..%2f..%2fetc%2fpasswd"),
        ("a route with a zero in it", "/v1/%00"),
        ("a route that is no text", "/v1/%FF%FE"),
        ("a route with a line's end in it", "/v1/capabilities%0d%0aset-cookie:%20x"),
        ("a route of 8,000 letters", &format!("/{}", "r".repeat(8_000))),
        ("a hotel without a route", "/v1/properties/grand"),
        ("an entity without a story", "/v1/properties/grand/entities/room/101"),
        ("a code without a code", "/v1/enroll/"),
    ] {
        rows.push(Row::get(name, path, NO_ROUTE));
    }
    let (events, pin) = (service.path("events"), service.path("pin"));
    let act = service.path("housekeeping/tasks/t-101/start");
    let (enroll, passes) = ("/v1/enroll".to_owned(), service.path("passes"));
    let reports = service.path("front-office/reports");
    for path in [&events, &pin, &act, &enroll, &reports] {
        for method in [Method::GET, Method::PUT, Method::DELETE, Method::PATCH] {
            rows.push(Row::new(format!("{method} {path}"), method, path, NO_METHOD));
        }
    }
    for path in
        ["/v1/capabilities", &service.path("snapshot"), &service.path("changes"), &service.path("audit"), &passes]
    {
        for method in [Method::POST, Method::DELETE, Method::OPTIONS] {
            rows.push(Row::new(format!("{method} {path}"), method, path, NO_METHOD));
        }
    }
    let made_up = Method::from_bytes(b"BREW").unwrap();
    rows.push(Row::new("a method that nobody knows", made_up, "/v1/capabilities", NO_METHOD));
    rows
}

fn questions(service: &Service) -> Vec<Row> {
    let (changes, stream) = (service.path("changes"), service.path("changes/stream"));
    let (audit, story) = (service.path("audit"), service.path("entities/room/101/story"));
    let gone = (410, codes::CURSOR_GONE);
    let known = &service.capabilities;
    let cursor = |text: String| hex::encode(text);
    let here = |seq: &str| cursor(format!("1.{}.{}.{seq}", known.store_id, known.epoch));
    let good = here("0");
    let mut rows = vec![
        Row::get("changes since nothing", &changes, BAD),
        Row::get("the stream since nothing", &stream, BAD),
        Row::get("the stream since a message that is no cursor", &stream, BAD).with("last-event-id", "42"),
        Row::get(
            "the stream since a cursor of another store",
            format!("{stream}?cursor={}", cursor(format!("1.other.{}.0", known.epoch))),
            gone,
        ),
    ];
    for (name, cursor, expected) in [
        ("an empty cursor", String::new(), BAD),
        ("a cursor that is a number", "42".into(), BAD),
        ("a cursor that is no hex", "zz".into(), BAD),
        ("a cursor of an odd length", good[1..].to_owned(), BAD),
        ("a cursor cut short", good[..good.len() - 4].to_owned(), BAD),
        ("a cursor with a bit turned in its first part", good.replacen('3', "7", 1), BAD),
        ("a cursor that is no text inside", "fffefd".into(), BAD),
        ("a cursor of a later form", cursor(format!("2.{}.{}.0", known.store_id, known.epoch)), BAD),
        ("a cursor with a part too many", cursor(format!("1.{}.{}.0.0", known.store_id, known.epoch)), BAD),
        ("a cursor below zero", here("-1"), BAD),
        ("a cursor beyond every number", here("18446744073709551616"), BAD),
        ("a cursor of half a number", here("1.5"), BAD),
        ("a cursor of another store", cursor(format!("1.other.{}.0", known.epoch)), gone),
        ("a cursor of another epoch", cursor(format!("1.{}.other.0", known.store_id)), gone),
        ("a cursor with a zero in it", cursor(format!("1.{}.{}\0.0", known.store_id, known.epoch)), gone),
        ("a cursor of 8,000 letters", "ab".repeat(4_000), BAD),
    ] {
        rows.push(Row::get(name, format!("{changes}?cursor={cursor}"), expected));
    }
    for (name, asked) in [
        ("a limit of none", "limit=0".to_owned()),
        ("a limit below zero", "limit=-1".into()),
        ("a limit in words", "limit=many".into()),
        ("a limit that says nothing", "limit=".into()),
        ("a limit beyond its form", "limit=4294967296".into()),
        ("half a limit", "limit=1.5".into()),
        ("two limits", "limit=1&limit=2".into()),
        ("a question that nobody knows", "sort=up".into()),
    ] {
        rows.push(Row::get(format!("changes: {name}"), format!("{changes}?cursor={good}&{asked}"), BAD));
        rows.push(Row::get(format!("audit: {name}"), format!("{audit}?{asked}"), BAD));
        rows.push(Row::get(format!("story: {name}"), format!("{story}?{asked}"), BAD));
    }
    for (name, asked) in [
        ("after a number below zero", "after=-1"),
        ("after a word", "after=yesterday"),
        ("after a number beyond every number", "after=18446744073709551616"),
        ("of a desk with a way out", "install=%2F..%2F"),
        ("of a desk without a name", "install="),
        ("of a desk with a zero in its name", "install=a%00b"),
        ("of a desk whose name is no text", "install=%FF"),
    ] {
        rows.push(Row::get(format!("audit: {name}"), format!("{audit}?{asked}"), BAD));
    }
    for (name, asked) in [("before a word", "before=now"), ("before a number below zero", "before=-5")] {
        rows.push(Row::get(format!("story: {name}"), format!("{story}?{asked}"), BAD));
    }
    rows.push(Row::get("story: of a room whose name is no text", service.path("entities/room/%FF/story"), BAD));
    rows
}

fn bodies(service: &Service, good: &str, event: &SealedEvent) -> Vec<Row> {
    let events = service.path("events");
    let post = |name: &str, body: Vec<u8>, expected| Row::post(name, &events, body, expected);
    let utf16: Vec<u8> = good.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let at = good.find("lea").expect("the author stands in it");
    let broken_at = |bytes: &[u8]| [&good.as_bytes()[..at], bytes, &good.as_bytes()[at + 3..]].concat();
    let bomb = gzip(&vec![b' '; 16 * 1024 * 1024]);
    let packed = gzip(good.as_bytes());
    let mut damaged = packed.clone();
    let middle = damaged.len() / 2;
    damaged[middle] ^= 0xff;
    let mut wrong_sum = packed.clone();
    let sum = wrong_sum.len() - 6;
    wrong_sum[sum] ^= 1;
    let many = good.replace(&event.bytes, format!("{},", event.bytes).repeat(501).trim_end_matches(','));
    let nested = |open: &str, close: &str, depth: usize| {
        good.replace(&event.bytes, &format!("{}1{}", open.repeat(depth), close.repeat(depth))).into_bytes()
    };
    let zipped = |name: &str, body: Vec<u8>, expected| post(name, body, expected).with("content-encoding", "gzip");
    let typed = |name: &str, kind: &str| post(name, good.into(), MEDIA).instead("content-type", kind);
    let coded = |name: &str, coding: &str| post(name, good.into(), MEDIA).with("content-encoding", coding);
    vec![
        post("no body", vec![], BAD),
        post("a body of spaces", b" \n\t ".to_vec(), BAD),
        post("a page", b"<html>Sign in</html>".to_vec(), BAD),
        post("a list", b"[]".to_vec(), BAD),
        post("nothing, said", b"null".to_vec(), BAD),
        post("a yes", b"true".to_vec(), BAD),
        post("a number", b"7".to_vec(), BAD),
        post("a text", b"\"events\"".to_vec(), BAD),
        post("an object with nothing in it", b"{}".to_vec(), BAD),
        post("a body that was packed and does not say so", packed.clone(), BAD),
        post("a mark of the byte order", [b"\xef\xbb\xbf", good.as_bytes()].concat(), BAD),
        post("text in UTF-16", utf16, BAD),
        post("a letter behind the end", format!("{good}x").into(), BAD),
        post("a zero behind the end", format!("{good}\0").into(), BAD),
        post("two bodies in one", format!("{good}{good}").into(), BAD),
        post("cut off at the last bracket", good.as_bytes()[..good.len() - 1].to_vec(), BAD),
        post("cut off within a word", good.as_bytes()[..at].to_vec(), BAD),
        post("a byte that no text has", broken_at(&[0xff]), BAD),
        post("a letter in more bytes than it takes", broken_at(&[0xc0, 0xaf]), BAD),
        post("half a surrogate as bytes", broken_at(&[0xed, 0xa0, 0x80]), BAD),
        post("a zero within a text, as it is", broken_at(&[0]), BAD),
        post("a line's end within a text, as it is", broken_at(b"l\r\na"), BAD),
        post("single quotes", good.replace('"', "'").into(), BAD),
        post("a comma behind the last member", good.replacen("]}", "],}", 1).into(), BAD),
        post("a remark", good.replacen('{', "{/* a batch */", 1).into(), BAD),
        post("a member twice", good.replacen('{', "{\"epoch\":\"x\",", 1).into(), BAD),
        post("lists in lists, 200 deep", nested("[", "]", 200), BAD),
        post("lists in lists, 100,000 deep", nested("[", "]", 100_000), BAD),
        post("objects in objects, 50,000 deep", nested("{\"a\":", "}", 50_000), BAD),
        post("a mebibyte and one byte", format!("{good}{}", " ".repeat(1024 * 1024 + 1 - good.len())).into(), LARGE),
        post("a text of two mebibytes", good.replace("\"b-", &format!("\"{}", "b".repeat(2 << 20))).into(), LARGE),
        typed("a body of no kind", ""),
        typed("plain text", "text/plain"),
        typed("a form", "application/x-www-form-urlencoded"),
        typed("a form of parts", "multipart/form-data; boundary=x"),
        typed("XML", "application/xml"),
        typed("a kind like JSON", "application/jsonx"),
        typed("a kind that is a list", "application/json, text/plain"),
        typed("lines of JSON", "application/x-ndjson"),
        coded("packed by brotli", "br"),
        coded("packed by deflate", "deflate"),
        coded("packed twice", "gzip, gzip"),
        coded("packed by something made up", "shrink"),
        coded("packed by nothing said", ""),
        zipped("gzip that is none", good.into(), BAD),
        zipped("gzip with nothing in it", vec![], BAD),
        zipped("gzip of nothing", gzip(b""), BAD),
        zipped("gzip cut off", packed[..packed.len() / 2].to_vec(), BAD),
        zipped("gzip without its end", packed[..packed.len() - 8].to_vec(), BAD),
        zipped("gzip with a byte turned", damaged, BAD),
        zipped("gzip with a wrong sum", wrong_sum, BAD),
        zipped("gzip and something behind it", [packed.as_slice(), b"tail"].concat(), BAD),
        zipped("gzip in gzip", gzip(&packed), BAD),
        zipped("a small body that unpacks to 16 MiB", bomb, LARGE),
        zipped("501 events", gzip(many.as_bytes()), LARGE),
    ]
}

fn batches(service: &Service, good: &Value) -> Vec<Row> {
    let events = service.path("events");
    let id = [json!(null), json!(7), json!(""), json!("../b"), json!("a b"), json!("b\u{0}"), json!("x".repeat(65))];
    let place = [json!(null), json!("1"), json!(-1), json!(1.5), json!(18_446_744_073_709_551_615_u64)];
    let mut rows = vec![];
    let mut spoil = |pointer: &str, wrong: &[Value]| {
        for (name, body) in spoiled(good, pointer, wrong) {
            rows.push(Row::post(format!("batch: {}", short(&name)), &events, body, BAD));
        }
    };
    spoil("/batch_id", &id);
    spoil("/install_id", &id);
    spoil("/store_id", &[json!(null), json!(["x"])]);
    spoil("/epoch", &[json!(null), json!({})]);
    spoil("/audit_head", &[json!(null), json!("1"), json!([]), json!("long".repeat(100_000))]);
    spoil("/audit_head/local_seq", &place[..4]);
    spoil("/audit_head/hash", &[json!(null), json!(0)]);
    spoil("/events", &[json!(null), json!({}), json!("[]"), json!([null]), json!([7]), json!([{}]), json!([[]])]);
    spoil("/seen/epoch", &[json!(null), json!(1)]);
    spoil("/seen/run", &[json!(null), json!(1)]);
    spoil("/seen/seq", &place[..4]);
    spoil("/seen/audit_seq", &place[..4]);
    spoil("/seen/audit_hash", &[json!(null), json!(true)]);
    let mut said = |name: &str, pointer: &str, value: Value, expected| {
        let mut batch = good.clone();
        *batch.pointer_mut(pointer).unwrap() = value;
        rows.push(Row::post(name, &events, batch.to_string(), expected));
    };
    said("a batch for another store", "/store_id", json!("another"), (409, codes::WRONG_STORE));
    said("a batch for no store", "/store_id", json!(""), (409, codes::WRONG_STORE));
    said("a batch for a store with a zero in its name", "/store_id", json!("\u{0}"), (409, codes::WRONG_STORE));
    said("a batch of another epoch", "/epoch", json!("another"), (409, codes::WRONG_EPOCH));
    said("a batch of no epoch", "/epoch", json!(""), (409, codes::WRONG_EPOCH));
    said("a batch that saw another epoch", "/seen/epoch", json!("another"), (409, codes::WRONG_EPOCH));
    said("a batch in the service's own name", "/install_id", json!("service:x"), BAD);
    said("an event whose name is a way out", "/events/0/event_id", json!("../../x"), BAD);
    said("an event without a name", "/events/0/event_id", json!(null), BAD);
    said("an event whose name is a number", "/events/0/event_id", json!(1), BAD);
    said("an event of 65 letters", "/events/0/event_id", json!("e".repeat(65)), BAD);
    // JSON knows one way to write a number, and this is none of it.
    let huge = good.to_string().replace("\"local_seq\":1", "\"local_seq\":1e999");
    rows.push(Row::post("a number that no computer has", &events, huge, BAD));
    let not_one = good.to_string().replace("\"local_seq\":1", "\"local_seq\":NaN");
    rows.push(Row::post("not a number", &events, not_one, BAD));
    let zeros = good.to_string().replace("\"local_seq\":1", "\"local_seq\":0001");
    rows.push(Row::post("a number with zeros before it", &events, zeros, BAD));
    let hexadecimal = good.to_string().replace("\"local_seq\":1", "\"local_seq\":0x1");
    rows.push(Row::post("a number in hex", &events, hexadecimal, BAD));
    rows
}

/// A row's name with what is long in it cut.
fn short(name: &str) -> String {
    name.chars().take(60).collect()
}

fn handshakes() -> Vec<Row> {
    let path = "/v1/installs/desk-1/handshake";
    let head = json!({ "local_seq": 1, "hash": "0".repeat(64) });
    let good = json!({
        "audit_head": head,
        "seen": { "epoch": "e", "run": "r", "seq": 1, "audit_seq": 1, "audit_hash": "0" },
        "continues": { "install_id": "desk-0", "local_seq": 1, "hash": "0".repeat(64) },
    });
    let number = [json!(null), json!("1"), json!(-1), json!(0.5), json!([1])];
    let mut rows = vec![];
    let mut spoil = |pointer: &str, wrong: &[Value]| {
        for (name, body) in spoiled(&good, pointer, wrong) {
            rows.push(Row::post(format!("handshake: {}", short(&name)), path, body, BAD));
        }
    };
    spoil("/audit_head", &[json!(null), json!(1), json!("x")]);
    spoil("/audit_head/local_seq", &number);
    spoil("/audit_head/hash", &[json!(null), json!(0), json!({})]);
    spoil("/seen/epoch", &[json!(null), json!(2)]);
    spoil("/seen/seq", &number);
    spoil("/seen/audit_seq", &number[..3]);
    spoil("/continues/install_id", &[json!(null), json!(""), json!("a/b"), json!(3), json!("service:x")]);
    spoil("/continues/local_seq", &number[..3]);
    spoil("/continues/hash", &[json!(null), json!(0)]);
    for (name, at) in [
        ("a space in the desk's name", "/v1/installs/a%20b/handshake"),
        ("a way out in the desk's name", "/v1/installs/..%2F..%2Fx/handshake"),
        ("a zero in the desk's name", "/v1/installs/a%00/handshake"),
        ("a line's end in the desk's name", "/v1/installs/a%0d%0ab/handshake"),
        ("the direction turned in the desk's name", "/v1/installs/%E2%80%AEa/handshake"),
        ("a desk's name that is no text", "/v1/installs/%FF/handshake"),
        ("the service's own name", "/v1/installs/service:x/handshake"),
    ] {
        rows.push(Row::post(name, at, good.to_string(), BAD));
    }
    rows.push(Row::post(
        "a desk's name of 65 letters",
        format!("/v1/installs/{}/handshake", "d".repeat(65)),
        good.to_string(),
        BAD,
    ));
    let mut told = json!({ "install_id": "d", "local_seq": 1, "hash": "0" });
    for _ in 0..150 {
        told = json!({ "install_id": "d", "local_seq": 1, "hash": "0", "continues": told });
    }
    let copied = json!({ "audit_head": head, "continues": told }).to_string();
    rows.push(Row::post("a desk that was copied without end", path, copied, BAD));
    rows
}

fn single_actions(service: &Service) -> Vec<Row> {
    let at = |task: &str, action: &str| service.path(&format!("housekeeping/tasks/{task}/{action}"));
    let by_bo = json!({ "actor_id": "bo" }).to_string();
    let start = at("t-101", "start");
    let key = "x-idempotency-key";
    let missing = (400, codes::KEY_MISSING);
    let unknown = (422, "ACTION_UNKNOWN");
    let forbidden_now = (409, codes::INVALID_TRANSITION);
    let mut rows = vec![
        Row::post("no key", &start, by_bo.clone(), missing),
        Row::post(
            "a key that is null in the body",
            &start,
            json!({ "actor_id": "bo", "_idempotencyKey": null }).to_string(),
            missing,
        ),
        Row::post(
            "a key that is a number in the body",
            &start,
            json!({ "actor_id": "bo", "_idempotencyKey": 7 }).to_string(),
            BAD,
        ),
        Row::post("two keys that differ", &start, by_bo.clone(), BAD).with(key, "a").with("idempotency-key", "b"),
        Row::post("two keys in two headers of one name", &start, by_bo.clone(), BAD).with(key, "a").with(key, "b"),
        Row::post(
            "a key in a header and another in the body",
            &start,
            json!({ "actor_id": "bo", "_idempotencyKey": "b" }).to_string(),
            BAD,
        )
        .with(key, "a"),
    ];
    for (name, value) in [
        ("an empty key", vec![]),
        ("a key of quotes alone", b"\"\"".to_vec()),
        ("a key with a space", b"a b".to_vec()),
        ("a key of 129 letters", vec![b'k'; 129]),
        ("a key with an accent", "clé".into()),
        ("a key that is no text", vec![0xff, 0xfe]),
        ("a key with a tab", b"a\tb".to_vec()),
    ] {
        rows.push(Row::post(name, &start, by_bo.clone(), BAD).with(key, value));
    }
    for (name, tag, expected) in [
        ("a version without quotes", "12", BAD),
        ("a version that is a word", "\"new\"", BAD),
        ("a version below zero", "\"-1\"", BAD),
        ("a version that says nothing", "", BAD),
        ("a version with a quote left open", "\"12", BAD),
        ("a version beyond every number", "\"18446744073709551616\"", BAD),
        ("a version of long ago", "\"0\"", (412, codes::VERSION_MISMATCH)),
        ("a version that is not there yet", "\"9999999\"", (412, codes::VERSION_MISMATCH)),
        ("a weak version", "W/\"1\"", (412, codes::VERSION_MISMATCH)),
    ] {
        rows.push(Row::post(name, &start, by_bo.clone(), expected).with(key, "k-version").with("if-match", tag));
    }
    for (name, body) in [
        ("nobody does it", json!({})),
        ("null does it", json!({ "actor_id": null })),
        ("a number does it", json!({ "actor_id": 7 })),
        ("an empty name does it", json!({ "actor_id": "" })),
        ("spaces do it", json!({ "actor_id": "  " })),
        ("a name with a line's end does it", json!({ "actor_id": "bo\r\nx" })),
        ("a name with a zero does it", json!({ "actor_id": "bo\u{0}" })),
        ("a name turned round does it", json!({ "actor_id": "\u{202e}ob" })),
        ("a name of 65 letters does it", json!({ "actor_id": "b".repeat(65) })),
        ("a list does it", json!([])),
    ] {
        rows.push(Row::post(name, &start, body.to_string(), BAD).with(key, "k-who"));
    }
    for (name, task) in [
        ("a task that is not there", "t-999".to_owned()),
        ("a task with a way out", "..%2F..%2Fx".into()),
        ("a task with a zero in its name", "t-101%00".into()),
        ("a task with a line's end in its name", "t-101%0d%0a".into()),
        ("a task of spaces", "%20".into()),
        ("a task of 2,000 letters", "t".repeat(2_000)),
        ("a task in a database's words", "'%20OR%201=1%20--".into()),
    ] {
        rows.push(Row::post(name, at(&task, "start"), by_bo.clone(), NO_ROUTE).with(key, "k-task"));
    }
    rows.push(Row::post("a task whose name is no text", at("%FF", "start"), by_bo.clone(), BAD).with(key, "k-task"));
    let long = "x".repeat(201);
    for (at_action, args, expected) in [
        ("fly", json!({}), unknown),
        ("START", json!({}), unknown),
        ("note", json!({ "text": "x" }), unknown),
        ("undo", json!({ "event": "x" }), unknown),
        ("begin_day", json!({ "room": "101", "day": "2016-03-26" }), unknown),
        ("st%00art", json!({}), unknown),
        ("start", json!([1]), unknown),
        ("start", json!("now"), unknown),
        ("start", json!(7), unknown),
        ("start", json!({ "fast": true }), unknown),
        ("reassign", json!({ "to": 7 }), unknown),
        ("reassign", json!({ "to": ["bo"] }), unknown),
        ("reassign", json!({ "to": "nobody" }), (422, "STAFF_UNKNOWN")),
        ("reassign", json!({ "to": "" }), (422, "STAFF_UNKNOWN")),
        ("reassign", json!({ "to": "bo\u{0}" }), (422, "STAFF_UNKNOWN")),
        ("reassign", json!({ "to": "BO" }), (422, "STAFF_UNKNOWN")),
        ("reassign", json!({ "to": "ana" }), forbidden_now),
        ("inspect", json!({}), unknown),
        ("inspect", json!({ "verdict": "pass" }), unknown),
        ("inspect", json!({ "verdict": { "result": "maybe" } }), unknown),
        ("inspect", json!({ "verdict": { "result": "pass", "stars": 5 } }), unknown),
        ("inspect", json!({ "verdict": { "result": "pass" } }), forbidden_now),
        ("cancel", json!({}), unknown),
        ("cancel", json!({ "reason": null }), unknown),
        ("cancel", json!({ "reason": 7 }), unknown),
        ("cancel", json!({ "reason": "" }), (422, "REASON_REQUIRED")),
        ("cancel", json!({ "reason": " \t " }), (422, "REASON_REQUIRED")),
        ("cancel", json!({ "reason": "\u{2003}" }), (422, "REASON_REQUIRED")),
        ("cancel", json!({ "reason": long }), (422, "TEXT_TOO_LONG")),
        ("cancel", json!({ "reason": "gone\u{7}" }), (422, "TEXT_UNREADABLE")),
        ("cancel", json!({ "reason": "gone\u{0}" }), (422, "TEXT_UNREADABLE")),
        ("cancel", json!({ "reason": "\u{202e}enog" }), (422, "TEXT_UNREADABLE")),
        ("cancel", json!({ "reason": "gone\u{2066}!" }), (422, "TEXT_UNREADABLE")),
        ("set_priority", json!({}), unknown),
        ("set_priority", json!({ "priority": "soon", "rush": false }), unknown),
        ("set_priority", json!({ "priority": "high" }), unknown),
        ("set_priority", json!({ "priority": "high", "rush": "yes" }), unknown),
        ("set_priority", json!({ "priority": 3, "rush": true }), unknown),
        ("set_priority", json!({ "priority": "normal", "rush": false }), forbidden_now),
        ("pause", json!({}), forbidden_now),
        ("resume", json!({}), forbidden_now),
        ("complete", json!({}), forbidden_now),
    ] {
        let name = format!("{at_action} with {}", short(&args.to_string()));
        // Each has a key of its own, because what is refused is kept under it.
        let own = format!("k-{}", rows.len());
        let body = json!({ "actor_id": "bo", "args": args }).to_string();
        rows.push(Row::post(name, at("t-102", at_action), body, expected).with(key, own));
    }
    let surrogate = "{\"actor_id\":\"bo\",\"args\":{\"reason\":\"\\ud800\"}}";
    rows.push(Row::post("half a surrogate for a reason", at("t-102", "cancel"), surrogate, BAD).with(key, "k-half"));
    rows
}

/// Wrong codes are counted, so that few are tried here; the last rows hear that there were too many.
fn enrolment() -> Vec<Row> {
    let path = "/v1/enroll";
    let unknown = (404, codes::ENROLL_CODE_UNKNOWN);
    let mut rows = vec![];
    let good = json!({ "code": "K7QD-2M9X", "device_name": "Office" });
    for (pointer, wrong) in [
        ("/code", [json!(null), json!(77_777_777), json!(["K7QD-2M9X"])]),
        ("/device_name", [json!(null), json!(7), json!({})]),
    ] {
        for (name, body) in spoiled(&good, pointer, &wrong) {
            rows.push(Row::post(format!("enrolment: {name}"), path, body, BAD));
        }
    }
    for (name, device) in [
        ("a desk without a name", String::new()),
        ("a desk named by spaces", "  \t ".into()),
        ("a desk named by 101 letters", "d".repeat(101)),
        ("a desk with a bell in its name", "Office\u{7}".into()),
        ("a desk with a zero in its name", "Office\u{0}".into()),
        ("a desk with a line's end in its name", "Office\r\nx".into()),
        ("a desk with its name turned round", "\u{202e}eciffO".into()),
    ] {
        let body = json!({ "code": "K7QD-2M9X", "device_name": device });
        rows.push(Row::post(name, path, body.to_string(), BAD));
    }
    for (name, code) in [
        ("a code that was never given", "K7QD-2M9X"),
        ("a code of nothing", ""),
        ("a code cut short", "K7QD-2M9"),
        ("a code too long", "K7QD-2M9XX"),
        ("a code with a sign", "K7QD-2M9!"),
        ("a code with a zero in it", "K7QD-2M9\u{0}"),
        ("a code in other letters", "КÄQD-2M9X"),
    ] {
        let body = json!({ "code": code, "device_name": "Office" });
        rows.push(Row::post(name, path, body.to_string(), unknown));
    }
    for (name, code) in [
        ("looked at: a code that was never given", "0000-0001"),
        ("looked at: a code with a way out", "..%2F..%2F"),
        ("looked at: a code with a zero in it", "%00"),
        ("looked at: a code of 2,000 letters", &"0".repeat(2_000)),
    ] {
        rows.push(Row::get(name, format!("{path}/{code}"), unknown));
    }
    rows.push(Row::get("looked at: a code that is no text", format!("{path}/%FF"), unknown));
    rows
}

fn pins(service: &Service) -> Vec<Row> {
    let path = service.path("pin");
    let good = json!({ "staff_id": "lea", "pin": LEAS_PIN, "new_pin": "314159" });
    let mut rows = vec![];
    for (pointer, wrong) in [
        ("/staff_id", vec![json!(null), json!(7), json!(""), json!("a/b"), json!("l".repeat(65)), json!("lea\u{0}")]),
        ("/pin", vec![json!(null), json!(481_516), json!(["481516"])]),
        ("/new_pin", vec![json!(null), json!(314_159), json!({ "pin": "314159" })]),
    ] {
        for (name, body) in spoiled(&good, pointer, &wrong) {
            rows.push(Row::post(format!("PIN: {}", short(&name)), &path, body, BAD));
        }
    }
    let extra = json!({ "staff_id": "lea", "pin": LEAS_PIN, "new_pin": "314159", "role": "manager" });
    rows.push(Row::post("a PIN with a role besides", &path, extra.to_string(), BAD));
    for (name, new) in [
        ("a new PIN of nothing", ""),
        ("a new PIN of spaces", "      "),
        ("a new PIN of five digits", "31415"),
        ("a new PIN of thirteen digits", "3141592653589"),
        ("a new PIN with a letter", "31415a"),
        ("a new PIN with a zero that is none", "31415\u{0}"),
        ("a new PIN below zero", "-314159"),
        ("a new PIN of one digit again and again", "777777"),
        ("a new PIN of two digits again and again", "424242"),
        ("a new PIN that counts up", "234567"),
        ("a new PIN that counts down", "987654"),
        ("a new PIN that is the old one", LEAS_PIN),
        ("a new PIN that is the old one in other digits", "٤٨١٥١٦"),
        ("a new PIN of a thousand digits", &"31".repeat(500)),
    ] {
        let body = json!({ "staff_id": "lea", "pin": LEAS_PIN, "new_pin": new });
        rows.push(Row::post(name, &path, body.to_string(), (422, codes::PIN_WEAK)));
    }
    for (name, staff, pin) in [
        ("another PIN than theirs", "lea", "271828"),
        ("no PIN", "lea", ""),
        ("a PIN with a letter", "lea", "48151x"),
        ("somebody without a PIN", "bo", LEAS_PIN),
        ("somebody who is not there", "nobody", LEAS_PIN),
    ] {
        let body = json!({ "staff_id": staff, "pin": pin, "new_pin": "314159" });
        rows.push(Row::post(name, &path, body.to_string(), (403, codes::PIN_WRONG)));
    }
    rows
}

fn front_office(service: &Service) -> Vec<Row> {
    let path = service.path("front-office/reports");
    let post = |name: &str, body: Value, expected| Row::post(name, &path, body.to_string(), expected);
    let many: Vec<Value> = (0..501).map(|version| json!({ "version": version })).collect();
    let room = json!({ "version": 1, "of": "room", "room": "101" });
    let with_version = |version: Value| json!({ "reports": [{ "version": version, "of": "room", "room": "101" }] });
    vec![
        post("no reports", json!({}), BAD),
        post("reports that are null", json!({ "reports": null }), BAD),
        post("reports that are one", json!({ "reports": room }), BAD),
        post("a report that is a text", json!({ "reports": ["room 101"] }), BAD),
        post("a report that is null", json!({ "reports": [null] }), BAD),
        post("a report without a version", json!({ "reports": [{ "of": "room" }] }), BAD),
        post("a report whose version is null", with_version(json!(null)), BAD),
        post("a report whose version is a text", with_version(json!("1")), BAD),
        post("a report whose version is below zero", with_version(json!(-1)), BAD),
        post("a report of version one and a half", with_version(json!(1.5)), BAD),
        post("a report whose version is beyond every number", with_version(json!(1e30)), BAD),
        post("501 reports", json!({ "reports": many }), LARGE),
        Row::post("reports as lines", &path, format!("{room}\n{room}"), BAD),
        Row::post("reports as a table", &path, "version,of\n1,room", BAD),
    ]
}

#[tokio::test]
async fn every_bad_request_has_its_own_code_and_nothing_breaks() {
    let mut service = Service::open().await;
    service.stop().await;
    service.import("other", 2, false);
    service.start().await;
    let stranger = service.enroll("other");
    let mut desk = Desk::of(&service).await;
    let kept = desk.note("110", "Two pillows");
    assert_eq!(service.send_one(&desk, &kept).await.outcome, Outcome::Applied);
    let mut sender = Desk::of(&service).await;
    let event = sender.note("101", "A batch that is spoiled");
    let text = service.batch(&sender, &[&event]);
    let mut good: Value = serde_json::from_str(&text).unwrap();
    let head = service.snapshot().await.head;
    good["seen"] = serde_json::to_value(head).unwrap();

    let secret = [stranger.as_str()];
    let mut tally = Tally::default();
    ask(&mut tally, "who asks", &service, callers(&service, &stranger), &secret).await;
    ask(&mut tally, "routes and methods", &service, routes(&service), &[]).await;
    ask(&mut tally, "questions", &service, questions(&service), &[]).await;
    ask(&mut tally, "bodies", &service, bodies(&service, &text, &event), &[]).await;
    ask(&mut tally, "batches", &service, batches(&service, &good), &[]).await;
    ask(&mut tally, "handshakes", &service, handshakes(), &[]).await;
    ask(&mut tally, "single actions", &service, single_actions(&service), &[]).await;
    ask(&mut tally, "enrolment", &service, enrolment(), &["K7QD-2M9X", "77777777"]).await;
    ask(&mut tally, "front office", &service, front_office(&service), &[]).await;
    tally.end("requests");
    assert_eq!(service.audit().await.len(), 1, "nothing of all this was kept");
    assert_eq!(service.send_raw(&text).await.json::<EventsResponse>().results[0].outcome, Outcome::Applied);
    still_works(&mut service, &mut desk, kept.event.event_id.as_str()).await;
}

#[tokio::test]
async fn every_bad_pin_has_its_own_code_is_not_repeated_and_leaves_the_right_one_right() {
    let (mut service, mut desk, kept) = with_work().await;
    let verifier = pin::seal(LEAS_PIN, [7; pin::SALT_BYTES]).unwrap();
    let leas = StaffPin { staff_id: ActorId::parse("lea").unwrap(), verifier, temporary: false };
    service.kept.change_sign_in(&service.env, &SignInChange::Give(vec![leas])).await;
    let mut tally = Tally::default();
    ask(&mut tally, "PINs", &service, pins(&service), &[LEAS_PIN, "314159", "271828"]).await;
    tally.end("PINs");
    let change = json!({ "staff_id": "lea", "pin": LEAS_PIN, "new_pin": "314159" });
    assert_eq!(service.post(&service.path("pin"), &change).await.status, 200, "the right PIN is still right");
    still_works(&mut service, &mut desk, &kept).await;
}

/// What comes over the wire when no client library tidies it up first: an answer that has a code, or no answer at all
/// where what came was no request.
#[tokio::test]
async fn what_is_hardly_a_request_is_answered_with_a_code_or_hung_up_on() {
    let (mut service, mut desk, kept) = with_work().await;
    let token = service.token.clone();
    let get = |path: &str, more: &str| {
        format!("GET {path} HTTP/1.1\r\nhost: h\r\nconnection: close\r\nauthorization: Bearer {token}\r\n{more}\r\n")
            .into_bytes()
    };
    let post = |more: &str, body: &str| {
        format!(
            "POST /v1/enroll HTTP/1.1\r\nhost: h\r\nconnection: close\r\ncontent-type: application/json\r\n{more}\r\n{body}"
        )
        .into_bytes()
    };
    // Without a code there is an empty refusal, as the HTTP of it says.
    let rows: Vec<(&str, Vec<u8>, u16, Option<&str>)> = vec![
        ("a way out of the hotel", get("/v1/properties/grand/../other/snapshot", ""), 404, Some(codes::NOT_FOUND)),
        ("a way out of everything", get("/../../etc/passwd", ""), 404, Some(codes::NOT_FOUND)),
        ("a way out, written out", get("/v1/%2e%2e/%2e%2e/etc/passwd", ""), 404, Some(codes::NOT_FOUND)),
        ("a percent sign with nothing behind it", get("/v1/properties/%/snapshot", ""), 403, Some(codes::FORBIDDEN)),
        ("a percent sign with letters behind it", get("/v1/properties/%zz/snapshot", ""), 403, Some(codes::FORBIDDEN)),
        (
            "two headers of who asks",
            get("/v1/properties/grand/snapshot", "authorization: Bearer x\r\n"),
            401,
            Some(codes::UNAUTHENTICATED),
        ),
        ("a length that is longer than the body", post("content-length: 90\r\n", "{}"), 400, Some(codes::BAD_REQUEST)),
        ("a length that is shorter than the body", post("content-length: 1\r\n", "{}"), 400, Some(codes::BAD_REQUEST)),
        ("a length of a terabyte", post("content-length: 1099511627776\r\n", "{}"), 413, Some(codes::TOO_LARGE)),
        (
            "pieces that end in the middle",
            post("transfer-encoding: chunked\r\n", "5\r\n{\"co"),
            400,
            Some(codes::BAD_REQUEST),
        ),
        (
            "a piece whose length is a word",
            post("transfer-encoding: chunked\r\n", "many\r\n{}\r\n0\r\n\r\n"),
            400,
            Some(codes::BAD_REQUEST),
        ),
        ("a length below zero", post("content-length: -1\r\n", "{}"), 400, None),
        ("two lengths", post("content-length: 2\r\ncontent-length: 3\r\n", "{}"), 400, None),
        ("a length beyond every number", post("content-length: 99999999999999999999\r\n", "{}"), 400, None),
        ("a header with a zero in it", get("/healthz", "x: a\0b\r\n"), 400, None),
        ("a header without a name", get("/healthz", ": x\r\n"), 400, None),
        ("a header that goes on in the next line", get("/healthz", "x: a\r\n b\r\n"), 400, None),
        ("a header ended by CR alone", get("/healthz", "x: a\rset-cookie: b\r\n"), 400, None),
        ("a route with a zero in it, as it is", get("/v1/\0", ""), 400, None),
        ("a route with a space in it", get("/v1/capa bilities", ""), 400, None),
        ("a version of HTTP that is none", b"GET / HTTP/7.3\r\n\r\n".to_vec(), 400, None),
        ("the start of an encrypted connection", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(), 400, None),
        ("bytes", vec![0, 1, 2, 3, 0xff, b'\r', b'\n', b'\r', b'\n'], 400, None),
    ];
    let mut tally = Tally::default();
    for (name, bytes, status, code) in rows {
        tally.row(name, &bytes);
        let mut socket = tokio::net::TcpStream::connect(service.url.trim_start_matches("http://")).await.unwrap();
        socket.write_all(&bytes).await.unwrap();
        // Whoever hangs up before the answer gets none; what is not whole is only known as such once nothing follows.
        if !matches!(status, 401 | 403 | 404) {
            socket.shutdown().await.unwrap();
        }
        let mut answer = vec![];
        // A service that hangs up while something is still on its way is heard as an error; what it said came before.
        let _ = common::patiently(name, socket.read_to_end(&mut answer)).await;
        let answer = String::from_utf8_lossy(&answer);
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        let found = head.split(' ').nth(1).unwrap_or_default();
        let problem: Option<Problem> = serde_json::from_str(body).ok();
        tally.same(name, &found, &status.to_string().as_str());
        tally.same(name, &problem.as_ref().map(|problem| problem.code.as_str()), &code);
        if let Some(flaw) = problem.and_then(|problem| problem_flaw(&problem, &[&token])) {
            tally.amiss(name, flaw);
        }
        if head.to_lowercase().contains("set-cookie") || head.contains("panic") {
            tally.amiss(name, head);
        }
    }
    tally.end("hardly a request");
    still_works(&mut service, &mut desk, &kept).await;
}

/// How a row's event is made by a desk that has recorded nothing yet, as text.
type Make = Box<dyn Fn(&mut Desk) -> String>;

/// An event, and what has to become of it.
struct EventRow {
    name: String,
    make: Make,
    expected: (Outcome, &'static str),
}

fn event(
    name: impl Into<String>,
    make: impl Fn(&mut Desk) -> String + 'static,
    expected: (Outcome, &'static str),
) -> EventRow {
    EventRow { name: name.into(), make: Box::new(make), expected }
}

/// A good event with something in it changed.
fn edited(sealed: &SealedEvent, edit: impl Fn(&mut Value)) -> String {
    let mut value: Value = serde_json::from_str(&sealed.bytes).unwrap();
    edit(&mut value);
    value.to_string()
}

const UNREADABLE: (Outcome, &str) = (Outcome::Rejected, codes::BAD_REQUEST);
const UNFIT: (Outcome, &str) = (Outcome::Rejected, codes::NOT_THIS_ACTION);
const UNKNOWN_ACTION: (Outcome, &str) = (Outcome::Rejected, "ACTION_UNKNOWN");

/// Events whose form is broken: wrong types, missing members, numbers and names that none can be.
fn broken_events() -> Vec<EventRow> {
    let mut rows = vec![];
    let number = || [json!(null), json!("1"), json!(-1), json!(1.5), json!(1e30), json!([])];
    let text = || [json!(null), json!(1), json!(true), json!({})];
    let id = || {
        let long = json!("x".repeat(65));
        [json!(null), json!(1), json!(""), json!("a/b"), json!("a b"), json!("a\u{0}"), json!("\u{202e}a"), long]
    };
    let mut spoil = |member: &'static str, needed: bool, wrong: &[Value]| {
        if needed {
            let make = move |desk: &mut Desk| {
                edited(&desk.note("101", "x"), |event| drop(event.as_object_mut().unwrap().remove(member)))
            };
            rows.push(event(format!("without {member}"), make, UNREADABLE));
        }
        for value in wrong {
            let name = format!("{member} is {}", short(&value.to_string()));
            let value = value.clone();
            let make = move |desk: &mut Desk| edited(&desk.note("101", "x"), |event| event[member] = value.clone());
            rows.push(event(name, make, UNREADABLE));
        }
    };
    spoil("schema", true, &[json!(null), json!("3"), json!(-1), json!(2.5), json!([3])]);
    spoil("install_id", true, &[id().as_slice(), &[json!("service:x")]].concat());
    spoil("local_seq", true, &[number().as_slice(), &[json!(0), json!(u64::MAX), json!(1_u64 << 63)]].concat());
    spoil("prev_hash", true, &text());
    spoil("actor_id", true, &id());
    spoil("workflow", true, &[text().as_slice(), &[json!("front_office")]].concat());
    spoil(
        "entity",
        true,
        &[
            json!(null),
            json!("room/101"),
            json!([]),
            json!({}),
            json!({ "kind": "room" }),
            json!({ "kind": 1, "id": "101" }),
        ],
    );
    spoil("turn", false, &[json!("7"), json!(-1), json!(7.5), json!(4_294_967_296_u64)]);
    spoil("service_day", false, &[json!(20_160_325), json!(["2016-03-25"])]);
    spoil("action", true, &text());
    spoil(
        "changes",
        false,
        &[
            json!(null),
            json!([]),
            json!("x"),
            json!({ "room/note": 1 }),
            json!({ "room/note": { "base": null } }),
            json!({ "room/note": { "new": "x" } }),
        ],
    );
    spoil("relies_on", false, &[json!(null), json!([]), json!(7)]);
    spoil("base_version", true, &number());
    spoil("prev_event_id", false, &id()[1..]);
    spoil("depends_on", false, &[json!(null), json!("x"), json!([1]), json!([""]), json!(["a/b"])]);
    spoil("settles", false, &[json!(null), json!({}), json!([null]), json!(["a b"])]);
    spoil("recorded_at", true, &text());
    spoil("mode", true, &[json!(null), json!("asleep"), json!(1), json!("OFFLINE")]);
    spoil("data_age_s", false, &[json!(-1), json!("60"), json!(0.5)]);
    spoil("authority", false, &[json!("king"), json!(1)]);
    // What is not kept by every database is kept by none.
    spoil("entity", false, &[json!({ "kind": "room", "id": "1\u{0}01" }), json!({ "kind": "ro\u{0}om", "id": "101" })]);
    spoil("changes", false, &[json!({ "room/no\u{0}te": { "base": null, "new": 1 } })]);
    let raw = |name: &str, from: &'static str, to: &'static str, expected| {
        event(
            name,
            move |desk: &mut Desk| {
                let bytes = desk.note("101", "x").bytes;
                assert!(bytes.contains(from), "{from} stands in {bytes}");
                bytes.replacen(from, to, 1)
            },
            expected,
        )
    };
    rows.extend([
        raw("half a surrogate in the author's name", "\"lea\"", "\"\\ud800\"", UNREADABLE),
        raw("half a surrogate in a note", "\"text\":\"x\"", "\"text\":\"\\udc00\"", UNREADABLE),
        raw("a member twice", "\"action\":", "\"action\":\"start\",\"action\":", UNREADABLE),
        raw("a number in a note's place that no computer has", "\"text\":\"x\"", "\"text\":1e999", UNREADABLE),
        event(
            "lists in lists, 110 deep, in its arguments",
            |desk| {
                let nested = format!("\"text\":{}1{}", "[".repeat(110), "]".repeat(110));
                desk.note("101", "x").bytes.replacen("\"text\":\"x\"", &nested, 1)
            },
            UNKNOWN_ACTION,
        ),
        event(
            "older than any that is read",
            |desk| edited(&desk.note("101", "x"), |event| event["schema"] = json!(0)),
            (Outcome::Rejected, codes::UPGRADE_REQUIRED),
        ),
        event(
            "newer than any that is read",
            |desk| edited(&desk.note("101", "x"), |event| event["schema"] = json!(4)),
            (Outcome::UpgradeRequired, codes::UPGRADE_REQUIRED),
        ),
        event(
            "of a form beyond every number",
            |desk| edited(&desk.note("101", "x"), |event| event["schema"] = json!(u64::MAX)),
            (Outcome::UpgradeRequired, codes::UPGRADE_REQUIRED),
        ),
        event(
            "of 65 KiB",
            |desk| edited(&desk.note("101", "x"), |event| event["args"] = json!("x".repeat(65 * 1024))),
            (Outcome::TooLarge, codes::TOO_LARGE),
        ),
        event(
            "of 65 KiB in its author's name",
            |desk| edited(&desk.note("101", "x"), |event| event["actor_id"] = json!("x".repeat(65 * 1024))),
            (Outcome::TooLarge, codes::TOO_LARGE),
        ),
    ]);
    rows
}

fn note_as(desk: &mut Desk, text: &Value) -> String {
    edited(&desk.note("101", "x"), |event| {
        event["args"]["text"] = text.clone();
        event["changes"]["room/note"]["new"] = text.clone();
    })
}

/// Events that can be read and are of nothing that a house does.
fn refused_events() -> Vec<EventRow> {
    let set = |name: &str, pointer: &'static str, value: Value, expected| {
        event(
            name,
            move |desk: &mut Desk| {
                edited(&desk.note("101", "x"), |event| {
                    *event.pointer_mut(pointer).expect("it is there") = value.clone();
                })
            },
            expected,
        )
    };
    let add = |name: &str, member: &'static str, value: Value, expected| {
        event(
            name,
            move |desk: &mut Desk| edited(&desk.note("101", "x"), |event| event[member] = value.clone()),
            expected,
        )
    };
    let action = |name: &str, action: &'static str, args: Value, expected| {
        event(
            name,
            move |desk: &mut Desk| {
                edited(&desk.start("102"), |event| {
                    event["action"] = json!(action);
                    event["args"] = args.clone();
                })
            },
            expected,
        )
    };
    let note = |name: &str, text: Value, expected| event(name, move |desk: &mut Desk| note_as(desk, &text), expected);
    let missing = (Outcome::MissingPredecessor, codes::MISSING_PREDECESSOR);
    let too_long = (Outcome::Rejected, "TEXT_TOO_LONG");
    let unshowable = (Outcome::Rejected, "TEXT_UNREADABLE");
    let undo_unknown = (Outcome::Rejected, "UNDO_UNKNOWN");
    vec![
        set("of a room that the hotel has not", "/entity/id", json!("999"), (Outcome::Rejected, "TASK_NOT_FOUND")),
        set("of a room without a name", "/entity/id", json!(""), (Outcome::Rejected, "TASK_NOT_FOUND")),
        set("of a room with a way out", "/entity/id", json!("../101"), (Outcome::Rejected, "TASK_NOT_FOUND")),
        set(
            "of a room with a line's end in its name",
            "/entity/id",
            json!("101\r\n"),
            (Outcome::Rejected, "TASK_NOT_FOUND"),
        ),
        set("of a room turned round", "/entity/id", json!("\u{202e}101"), (Outcome::Rejected, "TASK_NOT_FOUND")),
        set(
            "of a room of 10,000 letters",
            "/entity/id",
            json!("1".repeat(10_000)),
            (Outcome::Rejected, "TASK_NOT_FOUND"),
        ),
        set("of a kind that is none", "/entity/kind", json!("car"), UNKNOWN_ACTION),
        set("of a kind without a name", "/entity/kind", json!(""), UNKNOWN_ACTION),
        set("of a kind of 10,000 letters", "/entity/kind", json!("k".repeat(10_000)), UNKNOWN_ACTION),
        set("of a workflow that is none", "/workflow", json!("laundry"), UNKNOWN_ACTION),
        set("of a workflow without a name", "/workflow", json!(""), UNKNOWN_ACTION),
        set("of a workflow with a zero in its name", "/workflow", json!("house\u{0}keeping"), UNKNOWN_ACTION),
        set("of a workflow of 10,000 letters", "/workflow", json!("w".repeat(10_000)), UNKNOWN_ACTION),
        set("of a workflow of the desk's on a room", "/workflow", json!("desk"), UNKNOWN_ACTION),
        set("an action that is none", "/action", json!("fly"), UNKNOWN_ACTION),
        set("an action without a name", "/action", json!(""), UNKNOWN_ACTION),
        set("an action with a zero in its name", "/action", json!("no\u{0}te"), UNKNOWN_ACTION),
        set("an action with a line's end in its name", "/action", json!("note\r\n"), UNKNOWN_ACTION),
        set("an action of 10,000 letters", "/action", json!("a".repeat(10_000)), UNKNOWN_ACTION),
        set("an action in capital letters", "/action", json!("NOTE"), UNKNOWN_ACTION),
        set("arguments that are a list", "/args", json!([]), UNKNOWN_ACTION),
        set("arguments that are a text", "/args", json!("x"), UNKNOWN_ACTION),
        set("arguments that are null", "/args", json!(null), UNKNOWN_ACTION),
        set("arguments with one too many", "/args", json!({ "text": "x", "colour": "red" }), UNKNOWN_ACTION),
        set("a note that is a number", "/args/text", json!(7), UNKNOWN_ACTION),
        set("a note that is a list", "/args/text", json!(["x"]), UNKNOWN_ACTION),
        note("a note that says nothing", json!(""), (Outcome::Rejected, "NOTHING_TO_CHANGE")),
        note("a note of spaces", json!("   "), (Outcome::Rejected, "NOTHING_TO_CHANGE")),
        note("a note of 1,001 letters", json!("n".repeat(1_001)), too_long),
        note("a note with a zero", json!("x\u{0}"), unshowable),
        note("a note with a bell", json!("x\u{7}"), unshowable),
        note("a note with an escape", json!("\u{1b}[31mx"), unshowable),
        note("a note with the direction turned", json!("\u{202e}x"), unshowable),
        note("a note with the direction kept apart", json!("\u{2067}x\u{2069}"), unshowable),
        note("a note with the end of a line of old", json!("x\ry"), unshowable),
        set("another note than its arguments say", "/changes/room~1note/new", json!("y"), UNFIT),
        set(
            "a change of what it does not write",
            "/changes",
            json!({ "room/cleanliness": { "base": "dirty", "new": "clean" } }),
            UNFIT,
        ),
        set(
            "a change of what the hotel gives",
            "/changes",
            json!({ "room/number": { "base": "101", "new": "1" } }),
            UNFIT,
        ),
        set("a change of no field", "/changes", json!({ "": { "base": null, "new": "x" } }), UNFIT),
        set(
            "a change of a field with a way out",
            "/changes",
            json!({ "../note": { "base": null, "new": "x" } }),
            UNFIT,
        ),
        add("behind an event that nobody knows", "prev_event_id", json!("unknown-1"), missing),
        add("that depends on an event that nobody knows", "depends_on", json!(["unknown-2"]), missing),
        event(
            "that stands behind itself",
            |desk| edited(&desk.note("101", "x"), |event| event["prev_event_id"] = event["event_id"].clone()),
            missing,
        ),
        event(
            "that depends on itself",
            |desk| edited(&desk.note("101", "x"), |event| event["depends_on"] = json!([event["event_id"]])),
            missing,
        ),
        action("an undo of an event that nobody knows", "undo", json!({ "event": "unknown-3" }), undo_unknown),
        action("an undo of what is no event's name", "undo", json!({ "event": "../x" }), undo_unknown),
        action("an undo of nothing", "undo", json!({}), UNKNOWN_ACTION),
        action("a start of no task", "start", json!({}), UNKNOWN_ACTION),
        action("a start of null", "start", json!({ "task": null }), UNKNOWN_ACTION),
        action("a start of a task that is not there", "start", json!({ "task": "t-999" }), UNFIT),
        action("a start of a task with a zero in its name", "start", json!({ "task": "t-102\u{0}" }), UNFIT),
        action("a start of another room's task", "start", json!({ "task": "t-103" }), UNFIT),
        action(
            "an inspection with a made-up result",
            "inspect",
            json!({ "task": "t-102", "verdict": { "result": "splendid" } }),
            UNKNOWN_ACTION,
        ),
        action(
            "an inspection of what was not completed",
            "inspect",
            json!({ "task": "t-102", "verdict": { "result": "pass" } }),
            UNFIT,
        ),
        action("a room that is spotless", "set_room_status", json!({ "cleanliness": "spotless" }), UNKNOWN_ACTION),
        action("a room that is half occupied", "see_occupancy", json!({ "occupancy": "half" }), UNKNOWN_ACTION),
        action("a flag that is none", "set_flag", json!({ "flag": "party", "on": true }), UNKNOWN_ACTION),
        action("a flag that is half set", "set_flag", json!({ "flag": "refused", "on": 0.5 }), UNKNOWN_ACTION),
        action(
            "credits below zero",
            "add_task",
            json!({ "task": "n", "kind": "check", "credits": -1, "priority": "high" }),
            UNKNOWN_ACTION,
        ),
        action(
            "credits beyond their form",
            "add_task",
            json!({ "task": "n", "kind": "check", "credits": 65_536, "priority": "high" }),
            UNKNOWN_ACTION,
        ),
        action(
            "work of no kind",
            "add_task",
            json!({ "task": "n", "kind": "paint", "credits": 1, "priority": "high" }),
            UNKNOWN_ACTION,
        ),
        action(
            "a room that is sold by halves",
            "set_sellability",
            json!({ "sellability": { "kind": "half" } }),
            UNKNOWN_ACTION,
        ),
        action("an arrival with something besides", "arrived", json!({ "guest": "X" }), UNKNOWN_ACTION),
        action("a day that begins in another room", "begin_day", json!({ "room": "103", "day": "2016-03-26" }), UNFIT),
        action("a day that is no day", "begin_day", json!({ "room": "102", "day": "tomorrow" }), UNFIT),
        action("a day in ten thousand years", "begin_day", json!({ "room": "102", "day": "9999-12-31" }), UNFIT),
        action("the 31st of February", "begin_day", json!({ "room": "102", "day": "2016-02-31" }), UNFIT),
        action("a day that begins without a day", "begin_day", json!({ "room": "102" }), UNFIT),
    ]
}

#[tokio::test]
async fn every_bad_event_is_answered_by_name_and_the_others_of_its_batch_go_through() {
    let (mut service, mut desk, kept) = with_work().await;
    let first = Desk::of(&service).await;
    let mut tally = Tally::default();
    let mut beside = 0;
    for (part, rows) in [("broken events", broken_events()), ("refused events", refused_events())] {
        tally.part(part);
        for EventRow { name, make, expected } in rows {
            let mut maker = Desk::new(first.book.clone(), first.rows.clone());
            let bytes = make(&mut maker);
            let id: Value =
                serde_json::from_str::<Value>(&bytes).map_or(json!(null), |event| event["event_id"].clone());
            // Ids differ from row to row by themselves; what is looked at is the rest.
            tally.row(
                &name,
                bytes.replace(id.as_str().unwrap_or("\0"), "its own").replace(maker.install.as_str(), "this desk"),
            );
            // A good one of another desk goes in the same batch, and has to arrive.
            beside += 1;
            let mut other = Desk::new(first.book.clone(), first.rows.clone());
            let mut good =
                other.event(turndown_protocol::EntityRef::new("desk", "d"), "sign_in", json!({ "n": beside }));
            good.workflow = "desk".into();
            let good = other.seal(good);
            let batch = service.batch(&maker, &[&good]).replacen(&good.bytes, &format!("{bytes},{}", good.bytes), 1);
            let answer = service.send_raw(&batch).await;
            if answer.status != 200 {
                tally.amiss(&name, format!("{}: {}", answer.status, String::from_utf8_lossy(&answer.body)));
                continue;
            }
            let results = answer.json::<EventsResponse>().results;
            let found = results[0].problem.as_ref().map_or("", |problem| problem.code.as_str());
            tally.same(&name, &(results[0].outcome, found), &expected);
            if let Some(flaw) = results[0].problem.as_ref().and_then(|problem| problem_flaw(problem, &[&service.token]))
            {
                tally.amiss(&name, flaw);
            }
            tally.same(&name, &results[1].outcome, &Outcome::Applied);
        }
    }
    tally.end("events");
    let moved = service.snapshot().await.rows.iter().filter(|row| row.entity.id != "110" && row.version > 14).count();
    assert_eq!(moved, 0, "no room was changed by any of them");
    still_works(&mut service, &mut desk, &kept).await;
}

/// What does not stand where it should in its desk's chain is taken, because work is never turned away for it, and the
/// chain says so: it is not closed beyond the flaw, and the desk hears of it in its next handshake.
#[tokio::test]
async fn every_break_in_a_chain_is_seen_and_costs_no_work() {
    let (mut service, mut desk, kept) = with_work().await;
    let first = Desk::of(&service).await;
    let mut tally = Tally::default();
    tally.part("chains");
    type Spoil = fn(&mut Value);
    let rows: [(&str, Spoil, bool); 8] = [
        ("the hash before it is another one", |event| event["prev_hash"] = json!("f".repeat(64)), true),
        ("the hash before it is none", |event| event["prev_hash"] = json!("nonsense"), true),
        ("the hash before it is empty", |event| event["prev_hash"] = json!(""), true),
        ("the hash before it has a letter too many", |event| event["prev_hash"] = json!("0".repeat(65)), true),
        ("a number is left out", |event| event["local_seq"] = json!(3), false),
        ("a million numbers are left out", |event| event["local_seq"] = json!(1_000_000), false),
        ("the highest number there can be", |event| event["local_seq"] = json!(i64::MAX), false),
        ("its number goes back", |event| event["local_seq"] = json!(1), true),
    ];
    for (name, spoil, forked) in rows {
        tally.row(name, name);
        let mut maker = Desk::new(first.book.clone(), first.rows.clone());
        let good = maker.note("108", name);
        let spoiled = edited(&maker.note("107", name), spoil);
        let sealed = SealedEvent::from_bytes(spoiled).unwrap();
        (maker.local_seq, maker.hash) = (sealed.event.local_seq, sealed.hash.clone());
        let taken = service.send(&maker, &[&good, &sealed]).await;
        let through = taken
            .results
            .iter()
            .all(|result| matches!(result.outcome, Outcome::Applied | Outcome::Merged | Outcome::Conflict));
        tally.same(name, &through, &true);
        // The first entry is as it should be; where a second one came for its place, neither may be counted on.
        tally.same(name, &(taken.audit_closed.head.local_seq <= 1), &true);
        let code = service.handshake(&maker, None).await.audit_problem.map(|problem| problem.code);
        tally.same(name, &code.as_deref(), &forked.then_some(codes::AUDIT_FORK));
    }
    tally.end("chains");
    still_works(&mut service, &mut desk, &kept).await;
}

/// Reports that are read and refused, one by one.
fn refused_reports() -> Vec<(String, Value, &'static str)> {
    let booking = json!({
        "version": 1, "of": "booking", "state": "in_house",
        "booking": { "id": "B-1", "room": "101", "arrives_on": "2016-03-25", "nights": 2, "persons": 2, "vip": false, "eta": "15:00", "etd": "11:00" },
    });
    let room = json!({
        "version": 1, "of": "room", "room": "102",
        "sellability": { "kind": "out_of_order", "deducts_inventory": true, "assignable": false, "reason": "Burst pipe" },
    });
    let mut rows = vec![];
    let mut spoil = |good: &Value, pointer: &str, wrong: &[Value], code: &'static str| {
        for value in wrong {
            let mut report = good.clone();
            *report.pointer_mut(pointer).expect("it is there") = value.clone();
            rows.push((
                format!("{pointer} of a {} is {}", good["of"].as_str().unwrap(), short(&value.to_string())),
                report,
                code,
            ));
        }
    };
    let bad = codes::BAD_REQUEST;
    spoil(&booking, "/of", &[json!(null), json!("guest"), json!(1), json!("Booking")], bad);
    spoil(&booking, "/version", &[json!(u64::MAX), json!(1_u64 << 63)], bad);
    spoil(&booking, "/state", &[json!(null), json!("asleep"), json!(1), json!("IN_HOUSE")], bad);
    spoil(&booking, "/booking", &[json!(null), json!("B-1"), json!([]), json!({})], bad);
    let ids = [
        json!(null),
        json!(881),
        json!(""),
        json!("B 1"),
        json!("B\u{0}"),
        json!("B\n1"),
        json!("Bé"),
        json!("B".repeat(65)),
    ];
    spoil(&booking, "/booking/id", &ids, bad);
    spoil(
        &booking,
        "/booking/room",
        &[json!(null), json!(101), json!(""), json!("1\u{0}01"), json!("101\n"), json!("1".repeat(65))],
        bad,
    );
    spoil(&booking, "/booking/room", &[json!("999"), json!("../101"), json!("101 ")], codes::NOT_FOUND);
    let days = [
        "",
        "today",
        "25.03.2016",
        "2016-3-25",
        "2016-03-25T00:00:00Z",
        "2016-02-30",
        "0000-00-00",
        "+12016-03-25",
        "２０１６-03-25",
    ]
    .map(|day| json!(day));
    spoil(&booking, "/booking/arrives_on", &[days.as_slice(), &[json!(null), json!(20_160_325)]].concat(), bad);
    spoil(&booking, "/booking/arrives_on", &[json!("9999-12-31"), json!("2016-05-25")], bad);
    spoil(
        &booking,
        "/booking/nights",
        &[json!(null), json!("2"), json!(-1), json!(1.5), json!(65_536), json!(3_651)],
        bad,
    );
    spoil(&booking, "/booking/persons", &[json!("two"), json!(-2), json!(2.5), json!(1e9)], bad);
    spoil(&booking, "/booking/vip", &[json!("yes"), json!(1)], bad);
    spoil(
        &booking,
        "/booking/eta",
        &[json!("3 pm"), json!("25:00"), json!("15:60"), json!("15:00:00"), json!(""), json!(15)],
        bad,
    );
    spoil(&booking, "/booking/etd", &[json!("noon"), json!("24:00"), json!("1:0")], bad);
    spoil(
        &room,
        "/room",
        &[json!(null), json!(102), json!(""), json!("1\u{7}2"), json!("1\u{0}2"), json!("2".repeat(65))],
        bad,
    );
    spoil(&room, "/room", &[json!("0"), json!("102 ")], codes::NOT_FOUND);
    spoil(&room, "/room", &[json!("\u{202e}102")], bad);
    spoil(&room, "/sellability", &[json!(null), json!("out_of_order"), json!({}), json!([])], bad);
    spoil(&room, "/sellability/kind", &[json!(null), json!("closed"), json!(0)], bad);
    spoil(&room, "/sellability/deducts_inventory", &[json!(null), json!("true")], bad);
    spoil(&room, "/sellability/assignable", &[json!(null), json!(1)], bad);
    spoil(
        &room,
        "/sellability/reason",
        &[json!(7), json!("r".repeat(201)), json!("r\u{0}"), json!("r\u{7}"), json!("\u{202e}r")],
        bad,
    );
    rows
}

#[tokio::test]
async fn every_bad_report_is_refused_by_itself_and_the_next_one_counts() {
    let (mut service, mut desk, kept) = with_work().await;
    let path = service.path("front-office/reports");
    let mut tally = Tally::default();
    tally.part("reports");
    for (version, (name, report, code)) in refused_reports().into_iter().enumerate() {
        tally.row(&name, report.to_string());
        // One that counts comes right behind it.
        let good = json!({
            "version": version, "of": "room", "room": "106",
            "sellability": { "kind": "in_service", "deducts_inventory": false, "assignable": true },
        });
        let answer = service.post(&path, &json!({ "reports": [report, good] })).await;
        if answer.status != 200 {
            tally.amiss(&name, format!("{}: {}", answer.status, String::from_utf8_lossy(&answer.body)));
            continue;
        }
        let results = answer.json::<ReportsAnswer>().results;
        let problem = results[0].problem.as_ref();
        tally.same(
            &name,
            &(results[0].outcome, problem.map(|problem| problem.code.as_str())),
            &(ReportOutcome::Refused, Some(code)),
        );
        if let Some(flaw) = problem.and_then(|problem| problem_flaw(problem, &[&service.token])) {
            tally.amiss(&name, flaw);
        }
        tally.same(&name, &results[1].outcome, &ReportOutcome::Taken);
    }
    tally.end("reports");
    for room in ["101", "102"] {
        assert!(service.room(room).await.version <= 14, "room {room} is as it was");
    }
    still_works(&mut service, &mut desk, &kept).await;
}
