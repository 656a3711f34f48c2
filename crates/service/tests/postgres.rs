//! What holds for the store on PostgreSQL alone: hotels kept apart by the database, several processes on one of them, a
//! server that kills what it runs. It needs one: `scripts/with-postgres.sh cargo nextest run -p turndown-service`.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "what a test needs and does not get ends it")]

mod common;

use common::{Answer, DAY, Desk, Kept, OWNER, PROPERTY, SERVICE, Service, house, outcomes, room_name, status_path};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::Ordering;
use std::time::Duration;
use tempfile::TempDir;
use turndown_protocol::{Capabilities, ChangesPage, EntityRow, Outcome, SingleActionAnswer};
use turndown_service::Config;
use turndown_service::env::SystemEnvironment;
use turndown_service::server::Place;
use turndown_service::sinks::SinkConfig;
use turndown_service::startup::Refusal;
use turndown_service::store::postgres::{self, Admin, Server};

const HOTELS: [&str; 3] = ["grand", "plaza", "astoria"];

/// Three hotels, each with a device, a code, work that a desk sent, and a single action with its kept answer.
async fn three_hotels() -> Service {
    let mut service = Service::open().await;
    for hotel in &HOTELS[1..] {
        service.import(hotel, 3, false);
    }
    for hotel in HOTELS {
        service.token = service.enroll(hotel);
        let path = |rest: &str| format!("/v1/properties/{hotel}/{rest}");
        let act = service
            .request(reqwest::Method::POST, &path("housekeeping/tasks/t-101/start"))
            .header("X-Idempotency-Key", "k-1")
            .json(&json!({ "actor_id": "ana", "args": {} }));
        assert_eq!(Answer::of(act).await.status, 200);
        let admin = service.kept.admin().await;
        admin.make_code(&*service.env, Some(hotel)).await.unwrap();
    }
    service
        .kept
        .execute("INSERT INTO sinks (sink, property_id, audit_seq) SELECT 'file', property_id, 0 FROM properties");
    service
        .kept
        .execute("INSERT INTO reports (property_id, subject, version, hash) SELECT property_id, 'room/101', 1, '' FROM properties");
    service
        .kept
        .execute("INSERT INTO settled (property_id, event_id, by_event_n) SELECT property_id, 'e', n FROM events");
    service.kept.execute(
        "INSERT INTO pins (property_id, staff_id, verifier, temporary, changed_at_ms)
         SELECT property_id, 'ana', '', false, 0 FROM properties",
    );
    service
}

async fn tables_of_hotels(client: &tokio_postgres::Client) -> Vec<String> {
    let rows = client
        .query(
            "SELECT table_name::text FROM information_schema.columns
             WHERE table_schema = 'turndown' AND column_name = 'property_id' ORDER BY 1",
            &[],
        )
        .await
        .unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn hotels_are_kept_apart_by_the_database_itself_also_from_the_owner() {
    let service = three_hotels().await;
    let anybody = service.kept.client("postgres").await;
    let tables = tables_of_hotels(&anybody).await;
    assert_eq!(tables.len(), 13, "{tables:?}");
    for table in &tables {
        let sql = format!("SELECT count(DISTINCT property_id) FROM {table}");
        let hotels: i64 = anybody.query_one(&sql, &[]).await.unwrap().get(0);
        assert_eq!(hotels, 3, "{table} has rows of each, or what follows proves nothing");
    }
    for role in [SERVICE, OWNER] {
        let mut client = service.kept.client(role).await;
        for table in &tables {
            let sql = format!("SELECT count(*) FROM {table}");
            let seen: i64 = client.query_one(&sql, &[]).await.unwrap().get(0);
            assert_eq!(seen, 0, "{role} sees {table} although no hotel is named");
        }
        for hotel in HOTELS {
            for table in &tables {
                let tx = client.transaction().await.unwrap();
                tx.execute("SELECT set_config('app.property', $1, true)", &[&hotel]).await.unwrap();
                let sql = format!("SELECT count(*), count(*) FILTER (WHERE property_id <> $1) FROM {table}");
                let row = tx.query_one(&sql, &[&hotel]).await.unwrap();
                assert!(row.get::<_, i64>(0) > 0, "{hotel} sees its own {table}");
                assert_eq!(row.get::<_, i64>(1), 0, "{hotel} sees {table} of another");
                // What it writes is its own, too.
                let other = HOTELS.iter().find(|other| **other != hotel).unwrap();
                let sql = format!("UPDATE {table} SET property_id = $1");
                let error = tx.execute(&sql, &[other]).await.unwrap_err();
                let code = error.code().map(|code| code.code().to_owned());
                assert_eq!(code.as_deref(), Some("42501"), "{role} gives away {table}: {error:?}");
            }
        }
        // A transaction's hotel ends with it.
        let left: Option<String> =
            client.query_one("SELECT nullif(current_setting('app.property', true), '')", &[]).await.unwrap().get(0);
        assert_eq!(left, None);
    }
    // Whoever holds a token sees the one row that it opens; whoever holds nothing sees none.
    let client = service.kept.client(SERVICE).await;
    let hash: Vec<u8> =
        anybody.query_one("SELECT token_hash FROM devices WHERE property_id = 'plaza'", &[]).await.unwrap().get(0);
    let row = client.query_one("SELECT * FROM device_of($1, 0)", &[&hash]).await.unwrap();
    assert_eq!((row.get(0), row.get(1)), ("plaza", "Grand Hotel"));
    assert!(client.query_opt("SELECT * FROM device_of($1, 0)", &[&vec![0_u8; 32]]).await.unwrap().is_none());
    let others: i64 = client.query_one("SELECT count(*) FROM devices", &[]).await.unwrap().get(0);
    assert_eq!(others, 0);
}

#[tokio::test]
async fn a_desk_of_one_hotel_reaches_nothing_of_another_over_the_wire() {
    let mut service = three_hotels().await;
    // The last token is the third hotel's.
    for hotel in HOTELS {
        let answer = service.get(&format!("/v1/properties/{hotel}/snapshot")).await;
        assert_eq!(answer.status.as_u16(), if hotel == HOTELS[2] { 200 } else { 403 }, "{hotel}");
    }
    let audit = service.get("/v1/properties/astoria/audit").await.json::<Value>();
    assert_eq!(audit["entries"].as_array().unwrap().len(), 1);
    assert_eq!(audit["entries"][0]["seq"], 5, "each hotel counts by itself: a document, three rooms, one change");
    // What more is done at another one is not told here.
    let plazas = service.enroll("plaza");
    let own = std::mem::replace(&mut service.token, plazas);
    let path = "/v1/properties/plaza/housekeeping/tasks/t-102/start";
    let act = service.request(reqwest::Method::POST, path).header("X-Idempotency-Key", "k-2");
    assert_eq!(Answer::of(act.json(&json!({ "actor_id": "ana", "args": {} }))).await.status, 200);
    let head_of = async |service: &Service| service.get("/v1/capabilities").await.json::<Capabilities>().head_seq;
    assert_eq!(head_of(&service).await, Some(6));
    service.token = own;
    assert_eq!(head_of(&service).await, Some(5));
}

/// A service as a role, on a server of a test; it has to refuse.
async fn refusal(kept: &Kept, server: Server) -> Refusal {
    let Place::Server { signing_key, .. } = kept.place() else { panic!("it is on a server") };
    let place = Place::Server { server, signing_key };
    let env = std::sync::Arc::new(SystemEnvironment);
    match turndown_service::start(Config::at(place, "127.0.0.1:0"), env).await {
        Ok(_) => panic!("it serves"),
        Err(refusal) => refusal,
    }
}

#[tokio::test]
async fn p12_the_service_does_not_serve_where_the_database_does_not_keep_hotels_apart() {
    let folder = TempDir::new().unwrap();
    let kept = Kept::new(&folder);
    // Roles are the whole server's, and other tests run beside this one.
    let role = kept.name().replacen("t_", "r_", 1);
    kept.execute(&format!("CREATE ROLE {role} LOGIN"));
    postgres::migrate(&kept.server(OWNER), &role, &SystemEnvironment).await.unwrap();
    let env = std::sync::Arc::new(SystemEnvironment);
    let serves = async || {
        let Place::Server { signing_key, .. } = kept.place() else { panic!("it is on a server") };
        let place = Place::Server { server: kept.server(&role), signing_key };
        turndown_service::start(Config::at(place, "127.0.0.1:0"), env.clone()).await.expect("it serves").stop().await;
    };
    serves().await;
    let broken = [
        (
            "ALTER TABLE events DISABLE ROW LEVEL SECURITY",
            "ALTER TABLE events ENABLE ROW LEVEL SECURITY",
            "off on the table events",
        ),
        (
            "ALTER TABLE entities NO FORCE ROW LEVEL SECURITY",
            "ALTER TABLE entities FORCE ROW LEVEL SECURITY",
            "not forced on the table entities",
        ),
        (
            "ALTER POLICY one_hotel ON audit RENAME TO another",
            "ALTER POLICY another ON audit RENAME TO one_hotel",
            "audit has lost its policy",
        ),
        (
            "ALTER POLICY one_hotel ON requests USING (true)",
            "ALTER POLICY one_hotel ON requests USING (property_id = nullif(current_setting('app.property', true), ''))",
            "requests has lost its policy one_hotel, or has it in another form",
        ),
        (
            "ALTER POLICY one_hotel ON requests WITH CHECK (true)",
            "ALTER POLICY one_hotel ON requests WITH CHECK (property_id = nullif(current_setting('app.property', true), ''))",
            "requests has lost its policy one_hotel, or has it in another form",
        ),
        (
            "CREATE POLICY open ON entities USING (true)",
            "DROP POLICY open ON entities",
            "policies that are not ours (open)",
        ),
        ("CREATE TABLE extras (property_id text)", "DROP TABLE extras", "off on the table extras"),
        ("ALTER TABLE sinks OWNER TO {role}", "ALTER TABLE sinks OWNER TO turndown_owner", "owns the table sinks"),
        ("ALTER ROLE {role} BYPASSRLS", "ALTER ROLE {role} NOBYPASSRLS", "BYPASSRLS"),
        ("ALTER ROLE {role} SUPERUSER", "ALTER ROLE {role} NOSUPERUSER", "is a superuser"),
        ("GRANT turndown_owner TO {role}", "REVOKE turndown_owner FROM {role}", "may act as its owner"),
        ("GRANT TRUNCATE ON events TO {role}", "REVOKE TRUNCATE ON events FROM {role}", "may empty the table events"),
        (
            "GRANT UPDATE (hash) ON audit TO {role}",
            "REVOKE UPDATE (hash) ON audit FROM {role}",
            "may change the table audit",
        ),
    ];
    for (change, back, says) in broken {
        kept.execute(&change.replace("{role}", &role));
        let refusal = refusal(&kept, kept.server(&role)).await;
        assert!(matches!(refusal, Refusal::HotelsNotApart(..)) && refusal.exit_code() == 15, "{change}: {refusal:?}");
        assert!(refusal.to_string().contains(says), "{change}: {refusal}");
        kept.execute(&back.replace("{role}", &role));
        if change.starts_with("ALTER TABLE sinks") {
            postgres::migrate(&kept.server(OWNER), &role, &SystemEnvironment).await.unwrap();
        }
        serves().await;
    }
    for who in [OWNER, "postgres"] {
        let refusal = refusal(&kept, kept.server(who)).await;
        assert_eq!(refusal.exit_code(), 15, "{who}: {refusal}");
    }
    kept.execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}"));
}

#[tokio::test]
async fn the_tables_are_made_by_their_owner_for_a_role_that_owns_nothing_and_only_when_asked() {
    let folder = TempDir::new().unwrap();
    let kept = Kept::new(&folder);
    // Again is nothing new.
    let id = |kept: &Kept| {
        let kept = kept.clone();
        async move {
            kept.client("postgres").await.query_one("SELECT store_id FROM meta", &[]).await.unwrap().get::<_, String>(0)
        }
    };
    let before = id(&kept).await;
    postgres::migrate(&kept.server(OWNER), SERVICE, &SystemEnvironment).await.unwrap();
    assert_eq!(id(&kept).await, before);
    for role in ["nobody_here", "postgres", OWNER] {
        let refusal = postgres::migrate(&kept.server(OWNER), role, &SystemEnvironment).await.unwrap_err();
        assert!(refusal.to_string().contains(role), "{refusal}");
    }
    kept.execute("INSERT INTO refinery_schema_history VALUES (99, 'later', '2030-01-01T00:00:00Z', '1')");
    assert_eq!(refusal(&kept, kept.server(SERVICE)).await.exit_code(), 4);
    kept.execute("DROP SCHEMA turndown CASCADE");
    let refusal = refusal(&kept, kept.server(SERVICE)).await;
    assert_eq!(refusal.exit_code(), 7);
    assert!(refusal.to_string().contains("turndown-service migrate"), "{refusal}");
}

#[tokio::test]
async fn what_comes_to_two_processes_at_once_is_done_once() {
    let one = Service::open().await;
    let two = one.beside().await;
    assert_eq!(one.capabilities.signing_key, two.get("/v1/capabilities").await.json::<Value>()["signing_key"]);
    let mut desk = Desk::of(&one).await;
    let mut recorded = 0;
    for round in 0..8 {
        let events = [desk.note("101", &format!("note {round}")), desk.note("102", &format!("note {round}"))];
        let all: Vec<_> = events.iter().collect();
        let (here, there) = tokio::join!(one.send(&desk, &all), two.send(&desk, &all));
        for (a, b) in here.results.iter().zip(&there.results) {
            let both = BTreeSet::from([format!("{:?}", a.outcome), format!("{:?}", b.outcome)]);
            assert_eq!(both, BTreeSet::from(["Applied".to_owned(), "Duplicate".to_owned()]), "round {round}");
            assert_eq!(a.seq, b.seq, "the same answer");
        }
        recorded += events.len();
    }
    assert_eq!(one.audit().await.len(), recorded);
    assert_eq!(two.audit().await.len(), recorded);
    // A single action too.
    let path = one.path("housekeeping/tasks/t-103/start");
    let act = |service: &Service| {
        let request = service
            .request(reqwest::Method::POST, &path)
            .header("X-Idempotency-Key", "k-1")
            .json(&json!({ "actor_id": "ana", "args": {} }));
        Answer::of(request)
    };
    let (here, there) = tokio::join!(act(&one), act(&two));
    let replayed = [&here, &there].iter().filter(|answer| answer.headers.contains_key("idempotency-replayed")).count();
    assert_eq!(replayed, 1);
    assert_eq!(here.json::<SingleActionAnswer>(), there.json::<SingleActionAnswer>());
    assert_eq!(one.kept.verify().fault, None);
}

#[tokio::test]
async fn g1_whoever_follows_one_process_misses_nothing_that_two_write_at_once() {
    let one = Service::open().await;
    let two = one.beside().await;
    let first = one.snapshot().await;
    let mut mirror: BTreeMap<String, EntityRow> =
        first.rows.into_iter().map(|row| (row.entity.id.clone(), row)).collect();
    let (mut a, mut b) = (Desk::of(&one).await, Desk::of(&one).await);
    let writing = async {
        for round in 0..25 {
            let (mine, theirs) = (round % 5, 5 + round % 5);
            let (mine, theirs) =
                (a.note(&room_name(mine), &format!("a {round}")), b.note(&room_name(theirs), &format!("b {round}")));
            let (here, there) = tokio::join!(one.send_one(&a, &mine), two.send_one(&b, &theirs));
            assert_eq!((here.outcome, there.outcome), (Outcome::Applied, Outcome::Applied));
        }
    };
    // Follows for as long as it is written, by small pages.
    let done = std::cell::Cell::new(false);
    let reading = async {
        let mut cursor = first.cursor;
        let mut seen = first.head_seq;
        loop {
            let last = done.get();
            let page: ChangesPage = two.get(&two.path(&format!("changes?cursor={cursor}&limit=3"))).await.json();
            for row in page.rows {
                assert!(row.version > seen, "in commit order");
                seen = row.version;
                mirror.insert(row.entity.id.clone(), row);
            }
            cursor = page.next;
            if last && !page.more {
                return;
            }
        }
    };
    tokio::join!(
        async {
            writing.await;
            done.set(true);
        },
        reading
    );
    let now: BTreeMap<String, EntityRow> =
        one.snapshot().await.rows.into_iter().map(|row| (row.entity.id.clone(), row)).collect();
    assert_eq!(mirror, now, "what was followed is what there is");
}

/// Reads a live stream until it tells something.
async fn until_told(stream: &mut reqwest::Response, what: &str) {
    let mut text = String::new();
    let reading = async {
        while !text.contains(what) {
            let bytes = stream.chunk().await.unwrap().expect("the stream goes on");
            text.push_str(&String::from_utf8_lossy(&bytes));
        }
    };
    common::patiently(what, reading).await;
}

#[tokio::test]
async fn a_live_stream_hears_of_what_another_process_wrote_also_after_its_listening_broke() {
    let one = Service::open().await;
    let two = one.beside().await;
    let cursor = two.snapshot().await.cursor;
    let request = two.request(reqwest::Method::GET, &two.path(&format!("changes/stream?cursor={cursor}")));
    let mut stream = request.send().await.unwrap();
    let mut desk = Desk::of(&one).await;
    for note in ["first", "second"] {
        let event = desk.note("101", note);
        one.send(&desk, &[&event]).await;
        until_told(&mut stream, note).await;
    }
    // All connections that listen are cut, and what is told before they stand again is not heard by anybody.
    one.kept.execute(
        "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
         WHERE datname = current_database() AND query LIKE 'LISTEN%'",
    );
    let event = desk.note("101", "third");
    one.send(&desk, &[&event]).await;
    until_told(&mut stream, "third").await;
    let event = desk.note("101", "fourth");
    one.send(&desk, &[&event]).await;
    until_told(&mut stream, "fourth").await;
}

#[tokio::test]
async fn a_hotel_that_is_held_up_holds_up_no_other() {
    let mut service = Service::open_with(24, |_| {}).await;
    service.import("plaza", 2, false);
    let own = std::mem::take(&mut service.token);
    service.token = service.enroll("plaza");
    let mut holder = service.kept.client("postgres").await;
    let tx = holder.transaction().await.unwrap();
    tx.execute("SELECT 1 FROM properties WHERE property_id = 'grand' FOR NO KEY UPDATE", &[]).await.unwrap();
    // A desk can be let in meanwhile, and read.
    service.enroll("grand");
    let theirs = std::mem::replace(&mut service.token, own);
    service.snapshot().await;
    let act = |hotel: &str, room: usize, token: &str| {
        let room = room_name(room);
        let url = format!("{}/v1/properties/{hotel}/housekeeping/tasks/t-{room}/start", service.url);
        let request = service.client.post(url).bearer_auth(token).header("X-Idempotency-Key", room);
        Answer::of(request.json(&json!({ "actor_id": "ana", "args": {} })))
    };
    let looking = service.kept.client("postgres").await;
    let other = async {
        let sql = "SELECT count(*) FROM pg_stat_activity
                   WHERE datname = current_database() AND wait_event_type = 'Lock'";
        while looking.query_one(sql, &[]).await.unwrap().get::<_, i64>(0) == 0 {
            tokio::task::yield_now().await;
        }
        act("plaza", 0, &theirs).await
    };
    // More than a process has connections.
    let held_up = futures_util::future::join_all((0..24).map(|room| act("grand", room, &service.token)));
    tokio::pin!(held_up);
    tokio::select! {
        biased;
        answer = other => assert_eq!(answer.status, 200),
        _ = &mut held_up => panic!("it is answered first"),
    }
    // What waits ends by itself, and says that it may be tried again.
    for answer in held_up.await {
        assert_eq!(answer.status, 503);
        assert!(answer.headers.contains_key("retry-after"));
    }
    tx.rollback().await.unwrap();
    for room in 0..24 {
        assert_eq!(act("grand", room, &service.token).await.status, 200, "{room}");
    }
    assert_eq!(service.audit().await.len(), 24, "each once");
}

#[tokio::test]
async fn a_service_with_more_to_do_than_connections_is_ready_all_the_same() {
    // One more than a process has connections, each hotel held up.
    let hotels: Vec<String> = (0..17).map(|n| format!("hotel-{n}")).collect();
    let service = Service::open().await;
    for hotel in &hotels {
        service.import(hotel, 1, false);
    }
    let tokens: Vec<String> = hotels.iter().map(|hotel| service.enroll(hotel)).collect();
    let mut holder = service.kept.client("postgres").await;
    let tx = holder.transaction().await.unwrap();
    tx.execute("SELECT 1 FROM properties FOR NO KEY UPDATE", &[]).await.unwrap();
    let act = |(hotel, token): (&String, &String)| {
        let url = format!("{}/v1/properties/{hotel}/housekeeping/tasks/t-101/start", service.url);
        let request = service.client.post(url).bearer_auth(token).header("X-Idempotency-Key", "k-1");
        Answer::of(request.json(&json!({ "actor_id": "ana", "args": {} })))
    };
    let looking = service.kept.client("postgres").await;
    let ready = async {
        let sql = "SELECT count(*) FROM pg_stat_activity
                   WHERE datname = current_database() AND wait_event_type = 'Lock'";
        while looking.query_one(sql, &[]).await.unwrap().get::<_, i64>(0) < 16 {
            tokio::task::yield_now().await;
        }
        service.get("/readyz").await
    };
    let held_up = futures_util::future::join_all(hotels.iter().zip(&tokens).map(act));
    tokio::pin!(held_up);
    tokio::select! {
        biased;
        answer = ready => assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body)),
        _ = &mut held_up => panic!("it is answered first"),
    }
    tx.rollback().await.unwrap();
    held_up.await;
}

#[tokio::test]
async fn p1_a_backend_killed_at_any_statement_of_a_write_leaves_all_of_it_or_nothing() {
    let service = Service::open().await;
    let mut desk = Desk::of(&service).await;
    service.kept.execute(
        "CREATE FUNCTION kill() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             PERFORM pg_terminate_backend(pg_backend_pid());
             RETURN NEW;
         END $$",
    );
    for (round, (table, when)) in [
        ("installs", "BEFORE INSERT"),
        ("events", "BEFORE INSERT"),
        ("events", "AFTER INSERT"),
        ("audit", "BEFORE INSERT"),
        ("audit", "AFTER INSERT"),
        ("entities", "BEFORE INSERT OR UPDATE"),
        ("entities", "AFTER INSERT OR UPDATE"),
        ("properties", "BEFORE UPDATE"),
        ("properties", "AFTER UPDATE"),
        ("installs", "BEFORE UPDATE"),
        ("installs", "AFTER UPDATE"),
        ("audit", "AT COMMIT"),
    ]
    .into_iter()
    .enumerate()
    {
        let note = format!("{table} {when}");
        // At the commit itself.
        let trigger = if when == "AT COMMIT" {
            format!("CREATE CONSTRAINT TRIGGER kill AFTER INSERT ON {table} DEFERRABLE INITIALLY DEFERRED")
        } else {
            format!("CREATE TRIGGER kill {when} ON {table}")
        };
        let event = desk.note("101", &note);
        let before = service.audit().await.len();
        assert_eq!(before, round);
        service.kept.execute(&format!("{trigger} FOR EACH ROW EXECUTE FUNCTION kill()"));
        let answer = service.send_raw(&service.batch(&desk, &[&event])).await;
        assert_eq!(answer.status, 503, "{note}");
        assert_eq!(service.audit().await.len(), before, "{note}: nothing of it");
        assert_ne!(service.room("101").await.fields.get("room/note"), note.as_str());
        service.kept.execute(&format!("DROP TRIGGER kill ON {table}"));
        assert_eq!(service.send_one(&desk, &event).await.outcome, Outcome::Applied, "{note}: all of it");
        assert_eq!(service.room("101").await.fields.get("room/note"), note.as_str());
    }
    assert_eq!(service.kept.verify().fault, None);
}

#[tokio::test]
async fn d6_a_loss_that_one_hotel_notices_lets_every_hotel_count_above_what_was_lost() {
    let mut service = three_hotels().await;
    service.token = service.enroll(PROPERTY);
    let mut desk = Desk::of(&service).await;
    service.stop().await;
    let backup = service.kept.backup();
    service.start().await;
    let lost = desk.note("102", "lost");
    let heard = service.send(&desk, &[&lost]).await.head.unwrap();
    service.stop().await;
    service.kept.put_back(&backup);
    service.start().await;
    let plaza = async |service: &Service| -> (String, u64) {
        let head = service.get("/v1/properties/plaza/snapshot").await.json::<Value>()["head"].clone();
        (head["epoch"].as_str().unwrap().to_owned(), head["seq"].as_u64().unwrap())
    };
    let own = std::mem::take(&mut service.token);
    service.token = service.enroll("plaza");
    let before = plaza(&service).await;
    let theirs = std::mem::replace(&mut service.token, own);
    let answer = service.handshake(&desk, Some(&heard)).await;
    assert!(!answer.holds_seen);
    assert_ne!(answer.epoch, heard.epoch);
    assert!(answer.head.unwrap().seq > heard.seq + 1_000_000);
    // The other hotel is in the new epoch at once, and its next change counts far above.
    service.token = theirs;
    assert_eq!(plaza(&service).await, (answer.epoch.clone(), before.1));
    let act = service
        .request(reqwest::Method::POST, "/v1/properties/plaza/housekeeping/tasks/t-102/start")
        .header("X-Idempotency-Key", "k-2")
        .json(&json!({ "actor_id": "ana", "args": {} }));
    let seq = Answer::of(act).await.json::<SingleActionAnswer>().seq;
    assert!(seq > before.1 + 1_000_000, "{seq}");
    assert_eq!(plaza(&service).await, (answer.epoch, seq));
}

#[tokio::test]
async fn a_day_that_is_due_begins_once_however_many_processes_look_at_the_clock() {
    let mut one = Service::open().await;
    one.stop().await;
    let at: chrono::DateTime<chrono::Utc> = "2016-03-26T03:00:00Z".parse().unwrap();
    one.env.0.store(u64::try_from(at.timestamp_millis()).unwrap(), Ordering::Relaxed);
    let stores = [
        turndown_service::store::postgres::PostgresStore::start(one.kept.server(SERVICE)).await.unwrap(),
        turndown_service::store::postgres::PostgresStore::start(one.kept.server(SERVICE)).await.unwrap(),
    ];
    use turndown_service::store::Storage;
    let now = at.timestamp_millis();
    let (here, there) = tokio::join!(stores[0].begin_days(now), stores[1].begin_days(now));
    let began: Vec<_> = here.unwrap().into_iter().chain(there.unwrap()).collect();
    assert_eq!(began.len(), 1, "{began:?}");
    assert!(began[0].1.as_str() > DAY);
    for store in &stores {
        store.close().await;
        assert!(store.properties().await.is_err(), "what is closed answers nothing");
    }
}

fn run(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_turndown-service"))
        .args(args)
        .env_remove("TURNDOWN_DB")
        .env_remove("TURNDOWN_POSTGRES")
        .env_remove("TURNDOWN_TOKEN")
        .env_remove("RUST_LOG")
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[tokio::test]
async fn the_command_line_does_on_a_server_what_it_does_on_a_file() {
    let folder = TempDir::new().unwrap();
    let kept = Kept::new(&folder);
    let (owner, service) = (kept.address(OWNER), kept.address(SERVICE));
    let ok = |args: &[&str]| {
        let output = run(args);
        assert!(output.status.success(), "{args:?}: {}", text(&output.stderr));
        text(&output.stdout)
    };
    ok(&["migrate", "--postgres", &owner]);
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/sample/city-hotel-2016.csv.gz");
    let import = ["import", "--postgres", &service, "--file", sample, "--hotel", "City Hotel", "--date", "2016-09-09"];
    assert!(ok(&import).contains("City Hotel"));
    let again = run(&import);
    assert_eq!(again.status.code(), Some(10), "{}", text(&again.stderr));
    ok(&[&import[..], &["--replace"][..]].concat());
    let missing = run(&["serve", "--postgres", &service, "--listen", "127.0.0.1:0"]);
    assert_eq!(missing.status.code(), Some(2), "the key's file is not named");
    let key = folder.path().join("key");
    let ready = folder.path().join("address");
    let mut child = Command::new(env!("CARGO_BIN_EXE_turndown-service"))
        .args(["serve", "--listen", "127.0.0.1:0", "--postgres", &service, "--signing-key"])
        .arg(&key)
        .arg("--ready-file")
        .arg(&ready)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let url = loop {
        match std::fs::read_to_string(&ready) {
            Ok(url) => break url,
            Err(_) => assert_eq!(child.try_wait().unwrap(), None, "it serves"),
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    let token = ok(&["enroll", "--postgres", &service, "--token"]);
    let client = reqwest::Client::new();
    let capabilities: Value =
        Answer::of(client.get(format!("{url}/v1/capabilities")).bearer_auth(token.trim())).await.json();
    assert!(capabilities["property_id"].is_string());
    assert!(ok(&["enroll", "--postgres", &service]).contains("City Hotel"));
    assert!(ok(&["act", "--postgres", &service, "--url", &url, "--random", "3", "rush"]).contains("Done to 3 tasks"));
    assert!(ok(&["audit", "verify", "--postgres", &service]).contains("as it was written"));
    // One with another key does not serve, nor one as the owner. (The address is taken, so that neither ever would.)
    let taken = url.trim_start_matches("http://");
    let other = folder.path().join("other-key");
    let other = other.to_str().unwrap();
    let second = run(&["serve", "--postgres", &service, "--listen", taken, "--signing-key", other]);
    assert_eq!(second.status.code(), Some(8), "{}", text(&second.stderr));
    let as_owner = run(&["serve", "--postgres", &owner, "--listen", taken, "--signing-key", key.to_str().unwrap()]);
    assert_eq!(as_owner.status.code(), Some(15), "{}", text(&as_owner.stderr));
    let done = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(done.success());
    assert!(child.wait().unwrap().success());
    assert!(ok(&["rotate-epoch", "--postgres", &service]).contains("New epoch"));
    let nowhere = run(&["enroll", "--postgres", "host=127.0.0.1 port=1 user=x password=secret connect_timeout=2"]);
    assert_eq!(nowhere.status.code(), Some(14), "{}", text(&nowhere.stderr));
    assert!(!text(&nowhere.stderr).contains("secret"));
    assert_eq!(run(&["enroll", "--postgres", "nonsense"]).status.code(), Some(2));
    assert_eq!(run(&["enroll", "--postgres", &service, "--db", "x"]).status.code(), Some(2));
}

#[tokio::test]
async fn an_import_beside_running_services_reaches_their_live_streams() {
    let service = Service::open().await;
    let cursor = service.snapshot().await.cursor;
    let request = service.request(reqwest::Method::GET, &service.path(&format!("changes/stream?cursor={cursor}")));
    let mut stream = request.send().await.unwrap();
    let admin: Admin = service.kept.admin().await;
    admin.import(&*service.env, &house(PROPERTY, 12), true).await.unwrap();
    until_told(&mut stream, "\"112\"").await;
    let mut desk = Desk::of(&service).await;
    let event = desk.start("112");
    assert_eq!(outcomes(&service.send(&desk, &[&event]).await), [Outcome::Applied]);
    assert_eq!(service.room("112").await.fields.get(&status_path("112")), "in_progress");
}

#[tokio::test]
async fn the_signing_key_is_one_for_all_and_another_only_when_asked_for() {
    let folder = TempDir::new().unwrap();
    let kept = Kept::new(&folder);
    let store = turndown_service::store::postgres::PostgresStore::start(kept.server(SERVICE)).await.unwrap();
    let (path, elsewhere) = (folder.path().join("key"), folder.path().join("elsewhere"));
    let env = SystemEnvironment;
    let first = store.signing_key(&path, &env, false).await.unwrap();
    assert_eq!(store.signing_key(&path, &env, false).await.unwrap().to_bytes(), first.to_bytes());
    assert_eq!(store.signing_key(&elsewhere, &env, false).await.unwrap_err().exit_code(), 8);
    let second = store.signing_key(&path, &env, true).await.unwrap();
    assert_ne!(second.to_bytes(), first.to_bytes());
    assert_eq!(store.signing_key(&path, &env, false).await.unwrap().to_bytes(), second.to_bytes());
    turndown_service::store::Storage::close(&store).await;
}

#[tokio::test]
async fn services_that_start_for_the_first_time_at_once_share_the_key_that_one_of_them_makes() {
    let folder = TempDir::new().unwrap();
    let kept = Kept::new(&folder);
    let path = folder.path().join("key");
    let mut stores = vec![];
    for _ in 0..4 {
        stores.push(turndown_service::store::postgres::PostgresStore::start(kept.server(SERVICE)).await.unwrap());
    }
    // Somebody is at it, so that all of them come to the same point.
    let mut holder = kept.client("postgres").await;
    let at_it = holder.transaction().await.unwrap();
    at_it.execute("SELECT 1 FROM meta FOR UPDATE", &[]).await.unwrap();
    let starting =
        futures_util::future::join_all(stores.iter().map(|store| store.signing_key(&path, &SystemEnvironment, false)));
    tokio::pin!(starting);
    let looking = kept.client("postgres").await;
    let all_wait = async {
        let sql = "SELECT count(*) FROM pg_stat_activity
                   WHERE datname = current_database() AND wait_event_type = 'Lock'";
        while looking.query_one(sql, &[]).await.unwrap().get::<_, i64>(0) < 4 {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        () = all_wait => assert!(!path.exists(), "nobody makes a key while another may be making one"),
        _ = &mut starting => panic!("each waits for its turn"),
    }
    at_it.rollback().await.unwrap();
    let keys = starting.await;
    let in_file = hex::decode(std::fs::read_to_string(&path).unwrap()).unwrap();
    for key in keys {
        assert_eq!(key.expect("it serves").to_bytes()[..], in_file[..], "each has the one in the file");
    }
    for store in &stores {
        turndown_service::store::Storage::close(store).await;
    }
}

#[tokio::test]
async fn of_several_processes_one_feeds_a_sink_and_another_takes_over_when_it_is_gone() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("events.jsonl");
    let sink = file.clone();
    let mut one = Service::open_with(10, move |config| config.sinks = vec![SinkConfig::File(sink.clone())]).await;
    let two = one.beside().await;
    let mut desk = Desk::of(&one).await;
    let expect = async |count: usize| {
        let written = async {
            loop {
                let text = std::fs::read_to_string(&file).unwrap_or_default();
                let ids: Vec<Value> = text
                    .lines()
                    .filter_map(|line| Some(serde_json::from_str::<Value>(line).ok()?["id"].clone()))
                    .collect();
                assert!(ids.len() <= count, "no more than there were");
                if ids.len() == count && text.ends_with('\n') {
                    assert_eq!(ids.iter().map(ToString::to_string).collect::<BTreeSet<_>>().len(), count, "each once");
                    return;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        common::patiently(&format!("{count} events"), written).await;
    };
    for (n, room) in ["101", "102", "103", "104"].into_iter().enumerate() {
        let event = desk.start(room);
        let service = if n % 2 == 0 { &one } else { &two };
        assert_eq!(outcomes(&service.send(&desk, &[&event]).await), [Outcome::Applied]);
        expect(2 * (n + 1)).await;
    }
    // Whichever feeds it goes; what the other takes is told all the same.
    one.stop().await;
    let event = desk.start("105");
    assert_eq!(outcomes(&two.send(&desk, &[&event]).await), [Outcome::Applied]);
    expect(10).await;
    one.start().await;
    let event = desk.start("106");
    assert_eq!(outcomes(&one.send(&desk, &[&event]).await), [Outcome::Applied]);
    expect(12).await;
}

#[tokio::test]
async fn the_way_to_the_server_is_encrypted_and_its_certificate_checked() {
    let folder = TempDir::new().unwrap();
    let kept = Kept::new(&folder);
    let over_tcp = std::env::var("TURNDOWN_TEST_POSTGRES_TLS").expect("scripts/with-postgres.sh says it");
    let authority = std::env::var("TURNDOWN_TEST_POSTGRES_CA").expect("scripts/with-postgres.sh says it");
    let address = |more: &str| format!("{over_tcp} user={SERVICE} dbname={} {more}", kept.name());
    let Place::Server { signing_key, .. } = kept.place() else { panic!("it is on a server") };
    let server = Server::parse(&address(&format!("sslrootcert={authority}"))).unwrap();
    let place = Place::Server { server, signing_key };
    let env = std::sync::Arc::new(SystemEnvironment);
    let running = turndown_service::start(Config::at(place, "127.0.0.1:0"), env).await.expect("it serves");
    let ready = Answer::of(reqwest::Client::new().get(format!("{}/readyz", running.url()))).await;
    assert_eq!(ready.status, 200);
    let row = kept
        .client("postgres")
        .await
        .query_one(
            "SELECT count(*) FILTER (WHERE ssl), count(*) FILTER (WHERE NOT ssl)
             FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = $1 AND datname = $2",
            &[&SERVICE, &kept.name()],
        )
        .await
        .unwrap();
    let (encrypted, plain): (i64, i64) = (row.get(0), row.get(1));
    assert!(encrypted >= 2 && plain == 0, "the pool's and the one that listens: {encrypted} encrypted, {plain} not");
    running.stop().await;

    let other_name = address(&format!("sslrootcert={authority}")).replace("host=127.0.0.1", "host=localhost");
    for (what, address, says) in [
        ("an authority that nobody named", address(""), "certificate"),
        ("another name than the certificate's", other_name, "certificate"),
    ] {
        let said = refusal(&kept, Server::parse(&address).unwrap()).await.to_string();
        assert!(said.contains(says), "{what}: {said}");
    }
    let empty = folder.path().join("empty.pem");
    std::fs::write(&empty, "nothing").unwrap();
    for file in ["/nowhere.pem", empty.to_str().unwrap()] {
        let refused = Server::parse(&address(&format!("sslrootcert={file}"))).map(drop).expect_err(file);
        assert!(refused.to_string().contains(file), "{refused}");
    }
}
