//! The command line as a person uses it: real processes, real files, and what they say when something is wrong.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "what a test needs and does not get ends it")]

mod common;

use common::{Answer, house};
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use tempfile::TempDir;
use turndown_protocol::{AuditPage, Outcome, Snapshot};
use turndown_service::env::SystemEnvironment;
use turndown_service::store::sqlite::{self, Admin, Files};

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_turndown-service"));
    command.env_remove("TURNDOWN_DB").env_remove("TURNDOWN_TOKEN").env_remove("RUST_LOG");
    command
}

fn run(args: &[&str]) -> Output {
    program().args(args).output().unwrap()
}

fn text(output: &[u8]) -> String {
    String::from_utf8(output.to_vec()).unwrap()
}

fn ok(args: &[&str]) -> String {
    let output = run(args);
    assert!(output.status.success(), "{args:?}: {}", text(&output.stderr));
    text(&output.stdout)
}

/// A service in a process of its own.
struct Process {
    child: Child,
    url: String,
}

impl Process {
    fn serve(db: &Path, more: &[&str]) -> Self {
        let mut child = program()
            .args(["serve", "--listen", "127.0.0.1:0", "--db"])
            .arg(db)
            .args(more)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let url = line.trim().rsplit(' ').next().unwrap().to_owned();
        assert!(url.starts_with("http://127.0.0.1:"), "{line:?}");
        Self { child, url }
    }

    fn terminate(mut self) -> i32 {
        let done = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(done.success());
        self.child.wait().unwrap().code().expect("it ended by itself")
    }

    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Ended already where the test went well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn sample_store(folder: &TempDir) -> PathBuf {
    let db = folder.path().join("service.db");
    let files = Files::new(db.clone());
    let opened = sqlite::open(&files, &SystemEnvironment, false).unwrap();
    Admin::alone(files, opened.conn).import(&SystemEnvironment, &house("grand", 10), false).unwrap();
    db
}

async fn snapshot(url: &str, token: &str) -> Snapshot {
    Answer::of(reqwest::Client::new().get(format!("{url}/v1/properties/grand/snapshot")).bearer_auth(token))
        .await
        .json()
}

#[tokio::test]
async fn a_kill_keeps_what_was_answered_and_act_and_enroll_work_beside_the_service() {
    let folder = TempDir::new().unwrap();
    let db = sample_store(&folder);
    let at = db.to_str().unwrap();
    let ready = folder.path().join("ready");
    let service = Process::serve(&db, &["--ready-file", ready.to_str().unwrap()]);
    // The line comes first, the file right after it.
    while !ready.exists() {
        tokio::task::yield_now().await;
    }
    assert_eq!(std::fs::read_to_string(&ready).unwrap(), service.url);

    let token = ok(&["enroll", "--db", at, "--token", "--name", "Desk 1"]).trim().to_owned();
    let code = ok(&["enroll", "--db", at, "--property", "grand"]);
    assert!(code.contains("It connects to Grand Hotel."), "{code}");

    let said = ok(&["act", "--db", at, "--room", "101", "complete", "--actor", "bo"]);
    assert_eq!(said.lines().count(), 2, "begun and finished: {said}");
    ok(&["act", "--db", at, "--room", "102", "cancel", "--reason", "guest stays"]);
    ok(&["act", "--url", &service.url, "--token", &token, "--room", "103", "reassign", "--to", "bo"]);
    let said = ok(&["act", "--db", at, "--random", "4", "--seed", "7"]);
    assert!(said.contains("Done to 4 tasks"), "{said}");
    let refused = run(&["act", "--db", at, "--room", "102", "complete"]);
    assert_eq!((refused.status.code(), text(&refused.stderr).contains("Room 102 has no task")), (Some(13), true));
    let refused = run(&["act", "--url", &service.url, "--token", "wrong", "--room", "104", "start"]);
    assert_eq!(refused.status.code(), Some(13));
    assert!(text(&refused.stderr).contains("UNAUTHENTICATED"), "{}", text(&refused.stderr));

    let second = run(&["serve", "--db", at, "--listen", "127.0.0.1:0"]);
    assert_eq!(second.status.code(), Some(6));
    assert!(text(&second.stderr).contains(&format!("already runs on {at} at {}", service.url)));

    let before = snapshot(&service.url, &token).await;
    service.kill();
    let refused = run(&["act", "--db", at, "--room", "104", "start"]);
    assert_eq!(refused.status.code(), Some(13), "the service is gone");

    let service = Process::serve(&db, &[]);
    let after = snapshot(&service.url, &token).await;
    assert_eq!((before.rows, before.head_seq, before.epoch.clone()), (after.rows, after.head_seq, after.epoch));
    let page: AuditPage = Answer::of(
        reqwest::Client::new().get(format!("{}/v1/properties/grand/audit", service.url)).bearer_auth(&token),
    )
    .await
    .json();
    assert!(page.entries.iter().all(|entry| entry.outcome == Outcome::Applied));
    assert!(page.entries.iter().any(|entry| entry.actor_id == "bo" && entry.action == "complete"));
    assert!(ok(&["audit", "verify", "--db", at]).contains("as it was written"));
    assert_eq!(service.terminate(), 0, "a stop by signal is a clean end");

    assert_eq!(run(&["act", "--db", at, "--room", "104", "start"]).status.code(), Some(13));
    ok(&["rotate-epoch", "--db", at]);
    let service = Process::serve(&db, &[]);
    let restored = snapshot(&service.url, &token).await;
    assert_ne!(restored.epoch, before.epoch);
    assert!(restored.head_seq > before.head_seq);
}

#[test]
fn each_reason_not_to_start_has_its_own_sentence_and_exit_code() {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();

    std::fs::write(path("text.db"), "a shopping list, and long enough to be a page of something".repeat(40)).unwrap();
    let foreign = rusqlite::Connection::open(path("foreign.db")).unwrap();
    foreign.execute_batch("CREATE TABLE recipes (name TEXT)").unwrap();
    drop(foreign);
    let newer = sample_store(&folder);
    let conn = rusqlite::Connection::open(&newer).unwrap();
    conn.execute(
        "INSERT INTO refinery_schema_history (version, name, applied_on, checksum) VALUES (99, 'future', '', '0')",
        [],
    )
    .unwrap();
    drop(conn);
    let keyless_folder = TempDir::new().unwrap();
    let keyless = sample_store(&keyless_folder);
    std::fs::remove_file(Files::new(keyless.clone()).key()).unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken_at = taken.local_addr().unwrap().to_string();
    std::fs::write(path("file"), "").unwrap();

    let serve = |db: &str| vec!["serve".to_owned(), "--listen".into(), "127.0.0.1:0".into(), "--db".into(), db.into()];
    let cases: Vec<(&str, Vec<String>, i32, &str)> = vec![
        ("not a database", serve(&path("text.db")), 3, "is not a database"),
        ("another program's", serve(&path("foreign.db")), 3, "not a property service's"),
        ("newer", serve(newer.to_str().unwrap()), 4, "written by a newer version (schema 99"),
        // A folder that nobody can write in, not even root.
        ("read-only", serve("/sys/kernel/turndown.db"), 5, "cannot be written"),
        ("below a file", serve(&path("file/x.db")), 5, "cannot be made"),
        ("no key", serve(keyless.to_str().unwrap()), 8, "signing key"),
        (
            "address taken",
            vec!["serve".into(), "--listen".into(), taken_at, "--db".into(), path("new.db")],
            11,
            "Cannot listen",
        ),
        (
            "no address",
            vec!["serve".into(), "--listen".into(), "nowhere".into(), "--db".into(), path("new2.db")],
            11,
            "Cannot listen",
        ),
        ("enrol nowhere", vec!["enroll".into(), "--db".into(), path("none.db")], 7, "There is no database"),
        (
            "audit nowhere",
            vec!["audit".into(), "verify".into(), "--db".into(), path("none.db")],
            7,
            "There is no database",
        ),
        ("epoch nowhere", vec!["rotate-epoch".into(), "--db".into(), path("none.db")], 7, "There is no database"),
        (
            "no such property",
            vec!["enroll".into(), "--db".into(), keyless.to_str().unwrap().into(), "--property".into(), "ritz".into()],
            10,
            "It has: grand",
        ),
        (
            "port 70000",
            vec!["serve".into(), "--listen".into(), "127.0.0.1:70000".into(), "--db".into(), path("new3.db")],
            11,
            "Cannot listen",
        ),
        ("no command", vec![], 2, "Usage"),
        ("unknown flag", vec!["serve".into(), "--fly".into()], 2, "--fly"),
    ];
    for (what, args, code, sentence) in cases {
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let output = run(&args);
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{what}: {said}");
        assert!(said.contains(sentence), "{what}: {said}");
        assert!(!said.contains("panicked"), "{what}: {said}");
    }
    // What was refused was not touched.
    assert!(std::fs::read_to_string(path("text.db")).unwrap().starts_with("a shopping list"));
    // A lost key is replaced on request only.
    let service = Process::serve(&keyless, &["--new-signing-key"]);
    assert_eq!(service.terminate(), 0);
    #[cfg(unix)]
    {
        let mode = std::os::unix::fs::PermissionsExt::mode(
            &std::fs::metadata(Files::new(keyless).key()).unwrap().permissions(),
        );
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn an_import_is_whole_or_not_at_all_and_never_overwrites_unasked() {
    let folder = TempDir::new().unwrap();
    let db = folder.path().join("service.db");
    let at = db.to_str().unwrap();
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/sample/city-hotel-2016.csv.gz");
    let file = sample.to_str().unwrap();
    let import = |date: &str, file: &str, more: &[&str]| {
        let args = [&["import", "--db", at, "--file", file, "--hotel", "City Hotel", "--date", date], more].concat();
        run(&args)
    };
    let bad = folder.path().join("bad.csv");
    std::fs::write(&bad, "hotel,is_canceled\nCity Hotel,0\n").unwrap();
    for (what, output) in [
        ("missing file", import("2016-08-14", "nowhere.csv", &[])),
        ("missing columns", import("2016-08-14", bad.to_str().unwrap(), &[])),
        ("31 February", import("2016-02-31", file, &[])),
    ] {
        assert_eq!(output.status.code(), Some(2), "{what}: {}", text(&output.stderr));
        assert!(!db.exists(), "{what}: nothing is half imported");
    }
    let output = import("2016-08-14", file, &[]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(text(&output.stdout).contains("Imported City Hotel as city-hotel, 2016-08-14"), "{}", text(&output.stdout));
    let output = import("2016-08-20", file, &[]);
    assert_eq!(output.status.code(), Some(10), "{}", text(&output.stderr));
    assert!(import("2016-08-20", file, &["--replace"]).status.success());
    let output = import("2016-08-14", file, &["--property", "lisbon-1", "--sample"]);
    assert!(text(&output.stdout).contains("as lisbon-1"), "a second property beside it: {}", text(&output.stderr));
    let conn = rusqlite::Connection::open(&db).unwrap();
    let part: String =
        conn.query_row("SELECT min(part) FROM parts WHERE property_n = 2", [], |row| row.get(0)).unwrap();
    assert!(part.starts_with("task/lisbon-1:"), "{part}");
    drop(conn);
    assert_eq!(import("2016-08-14", file, &["--property", "a/b"]).status.code(), Some(2));
    let service = Process::serve(&db, &[]);
    let output = import("2016-08-14", file, &["--replace"]);
    assert_eq!(output.status.code(), Some(6), "not under a running service: {}", text(&output.stderr));
    drop(service);
}

/// A real hotel's day, its reports in a file.
fn real_day(folder: &Path) -> PathBuf {
    let out = folder.join("reports.jsonl");
    let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../data/sample/city-hotel-2016.csv.gz");
    let hotel = ["--hotel", "City Hotel", "--date", "2016-09-10", "--property", "city"];
    let made = program()
        .args(["front-office", "make", "--out", out.to_str().unwrap(), "--file", sample.to_str().unwrap()])
        .args(hotel)
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", text(&made.stderr));
    let imported = program()
        .args(["import", "--db", folder.join("service.db").to_str().unwrap(), "--file", sample.to_str().unwrap()])
        .args(hotel)
        .output()
        .unwrap();
    assert!(imported.status.success(), "{}", text(&imported.stderr));
    out
}

/// What the rooms come to at the end of the day: who is in them, and who is still due.
fn at_night(folder: &Path, reports: &Path, send: &[&[&str]]) -> Vec<(String, bool, String, String)> {
    let db = folder.join("service.db");
    let service = Process::serve(&db, &[]);
    let token = ok(&["enroll", "--db", db.to_str().unwrap(), "--token"]).trim().to_owned();
    for more in send {
        let said =
            ok(&[&["front-office", "send", "--db", db.to_str().unwrap(), "--file", reports.to_str().unwrap()], *more]
                .concat());
        assert!(said.contains(" 0 refused."), "{said}");
    }
    let said =
        ok(&["front-office", "send", "--url", &service.url, "--token", &token, "--file", reports.to_str().unwrap()]);
    assert!(said.contains(": 0 taken, "), "again, nothing is news: {said}");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let path = format!("{}/v1/properties/city/snapshot", service.url);
    let request = reqwest::Client::new().get(path).bearer_auth(&token);
    let snapshot: Snapshot = runtime.block_on(Answer::of(request)).json();
    assert!(ok(&["audit", "verify", "--db", db.to_str().unwrap()]).contains("as it was written"));
    let booking = |value: &serde_json::Value| value["booking_id"].as_str().unwrap_or_default().to_owned();
    let room = |row: turndown_protocol::EntityRow| {
        let occupied = row.fields.get("room/fo_occupancy").as_str() == Some("occupied");
        (row.entity.id, occupied, booking(row.fields.get("room/guest")), booking(row.fields.get("room/arrival")))
    };
    snapshot.rows.into_iter().map(room).collect()
}

#[test]
fn a_real_days_reports_end_alike_in_order_at_any_speed_and_scrambled_with_repeats() {
    let (one, two) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let reports = real_day(one.path());
    let lines: Vec<String> = std::fs::read_to_string(&reports).unwrap().lines().map(str::to_owned).collect();
    assert!(lines.len() > 100, "a real day: {}", lines.len());
    // A day of seventeen hours in less than a second.
    let in_order = at_night(one.path(), &reports, &[&["--speed", "100000"]]);
    assert!(in_order.iter().filter(|(_, occupied, ..)| *occupied).count() > 50);

    real_day(two.path());
    let scrambled = two.path().join("scrambled.jsonl");
    // Every third comes first and comes once more at the end; the others come backwards.
    let third: Vec<&String> = lines.iter().step_by(3).collect();
    let others: Vec<&String> = lines.iter().enumerate().filter(|(at, _)| at % 3 != 0).map(|(_, line)| line).collect();
    let order: Vec<&str> = third
        .iter()
        .chain(others.iter().rev().copied().collect::<Vec<_>>().iter())
        .chain(third.iter())
        .map(|line| line.as_str())
        .collect();
    std::fs::write(&scrambled, order.join("\n")).unwrap();
    assert_eq!(at_night(two.path(), &scrambled, &[&[]]), in_order);
}

#[test]
fn a_file_that_is_no_reports_is_refused_by_line_before_anything_is_sent() {
    let folder = TempDir::new().unwrap();
    let db = sample_store(&folder);
    let file = folder.path().join("reports.jsonl");
    std::fs::write(&file, "{\"version\":1,\"of\":\"room\"}\n\n{\"of\":\"room\"}\n").unwrap();
    let refused = run(&["front-office", "send", "--db", db.to_str().unwrap(), "--file", file.to_str().unwrap()]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused.stderr).contains("line 3"), "{}", text(&refused.stderr));
    let missing = run(&["front-office", "send", "--db", db.to_str().unwrap(), "--file", "/nowhere"]);
    assert_eq!(missing.status.code(), Some(2));
    let slow =
        run(&["front-office", "send", "--db", db.to_str().unwrap(), "--file", file.to_str().unwrap(), "--speed", "0"]);
    assert_eq!(slow.status.code(), Some(2));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_drill_a_copy_made_beside_the_service_is_put_back_and_goes_on_in_a_new_epoch() {
    let folder = TempDir::new().unwrap();
    let db = sample_store(&folder);
    let at = db.to_str().unwrap();
    let copy = folder.path().join("copy.db");
    let service = Process::serve(&db, &[]);
    let token = ok(&["enroll", "--db", at, "--token"]).trim().to_owned();
    ok(&["act", "--db", at, "--room", "101", "complete"]);
    // While the service takes events.
    let writing = std::thread::spawn({
        let at = at.to_owned();
        move || (0..5).for_each(|_| drop(ok(&["act", "--db", &at, "--random", "1", "reassign"])))
    });
    let said = ok(&["backup", "--db", at, "--out", copy.to_str().unwrap()]);
    assert!(said.contains("its signing key lies beside it"), "{said}");
    writing.join().unwrap();
    ok(&["backup", "--db", at, "--out", copy.to_str().unwrap()]);
    let copied = snapshot(&service.url, &token).await;
    ok(&["act", "--db", at, "--room", "102", "cancel", "--reason", "lost with the disk"]);
    service.kill();

    // The disk is gone; on a new one there is the copy alone.
    let fresh = TempDir::new().unwrap();
    let db = fresh.path().join("service.db");
    for suffix in ["", ".signing-key"] {
        let name = |path: &Path| format!("{}{suffix}", path.display());
        std::fs::copy(name(&copy), name(&db)).unwrap();
    }
    let at = db.to_str().unwrap();
    ok(&["rotate-epoch", "--db", at]);
    let service = Process::serve(&db, &[]);
    let restored = snapshot(&service.url, &token).await;
    assert_eq!(restored.rows, copied.rows, "all that was copied, and nothing of what came after");
    assert_ne!(restored.epoch, copied.epoch);
    assert!(restored.head_seq > copied.head_seq);
    assert!(ok(&["audit", "verify", "--db", at]).contains("as it was written"));
    ok(&["act", "--db", at, "--random", "1"]);
}

#[test]
fn a_copy_that_cannot_be_made_leaves_the_one_before_as_it_is() {
    let folder = TempDir::new().unwrap();
    let db = sample_store(&folder);
    let at = db.to_str().unwrap();
    let copy = folder.path().join("copy.db");
    let out = copy.to_str().unwrap();
    ok(&["backup", "--db", at, "--out", out]);
    let before = std::fs::read(&copy).unwrap();
    let conn = rusqlite::Connection::open(&db).unwrap();
    conn.execute_batch("UPDATE properties SET audit_seq = 7").unwrap();
    drop(conn);
    let damaged = run(&["backup", "--db", at, "--out", out]);
    assert_eq!(damaged.status.code(), Some(12), "{}", text(&damaged.stderr));
    assert_eq!(std::fs::read(&copy).unwrap(), before);
    let none = run(&["backup", "--db", "/nowhere/service.db", "--out", out]);
    assert_eq!(none.status.code(), Some(7));
    let nowhere = run(&["backup", "--db", at, "--out", "/nowhere/copy.db"]);
    assert_eq!(nowhere.status.code(), Some(2), "{}", text(&nowhere.stderr));
    std::fs::remove_file(Files::new(db.clone()).key()).unwrap();
    assert_eq!(run(&["backup", "--db", at, "--out", out]).status.code(), Some(8));
    let left: Vec<String> = std::fs::read_dir(folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| name.ends_with(".new"))
        .collect();
    assert_eq!(left, Vec::<String>::new());
}

#[test]
fn pins_are_given_once_shown_once_and_taken_away_and_asked_for_only_where_a_manager_has_one() {
    let folder = TempDir::new().unwrap();
    let db = folder.path().join("service.db");
    let db = db.to_str().unwrap();
    let data = concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/sample/city-hotel-2016.csv.gz");
    ok(&["import", "--db", db, "--file", data, "--hotel", "City Hotel", "--date", "2016-09-09"]);
    let refused = run(&["sign-in", "--db", db, "--by", "pin"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused.stderr).contains("No manager has a PIN yet"), "{}", text(&refused.stderr));
    let given = ok(&["pin", "--db", db, "--everybody"]);
    let lines: Vec<&str> = given.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_digit())).collect();
    assert!(lines.len() > 20, "{given}");
    let pins: std::collections::BTreeSet<&str> = lines.iter().map(|line| &line[..6]).collect();
    assert!(pins.len() > lines.len() - 3, "they are drawn by chance");
    assert!(pins.iter().all(|pin| pin.bytes().all(|b| b.is_ascii_digit())));
    assert_eq!(ok(&["pin", "--db", db, "--everybody"]).trim(), "Everybody has a PIN.");
    assert!(ok(&["sign-in", "--db", db, "--by", "pin", "--lock-after", "5"]).contains("after 5 minutes"));
    let id = lines[1].split("  ").nth(1).unwrap();
    let again = ok(&["pin", "--db", db, "--staff", id]);
    assert!(again.contains(id) && !again.contains(&lines[1][..6]), "another one");
    ok(&["pin", "--db", db, "--staff", id, "--take-away"]);
    for (args, says) in [
        (vec!["pin", "--db", db, "--staff", id, "--take-away"], "has no PIN"),
        (vec!["pin", "--db", db, "--staff", "nobody"], "Nobody here is nobody"),
        (vec!["pin", "--db", db], "--staff"),
        (vec!["pin", "--db", db, "--staff", id, "--everybody"], "cannot be used with"),
        (vec!["pin", "--db", db, "--everybody", "--take-away"], "cannot be used with"),
        (vec!["sign-in", "--db", db, "--by", "pin", "--lock-after", "16"], "16"),
        (vec!["sign-in", "--db", db, "--by", "face"], "face"),
    ] {
        let refused = run(&args);
        assert_eq!(refused.status.code(), Some(2), "{args:?}");
        assert!(text(&refused.stderr).contains(says), "{args:?}: {}", text(&refused.stderr));
    }
    let kept: Vec<_> = lines
        .iter()
        .map(|line| run(&["pin", "--db", db, "--staff", line.split("  ").nth(1).unwrap(), "--take-away"]))
        .filter(|taken| text(&taken.stderr).contains("nobody could decide"))
        .collect();
    assert_eq!(kept.len(), 1, "the only manager keeps theirs");
    assert_eq!(kept[0].status.code(), Some(2));
    assert!(ok(&["sign-in", "--db", db, "--by", "name"]).contains("need no PIN"));
    let bytes = std::fs::read(db).unwrap();
    let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds("$argon2id$"));
}
