//! Bad inputs to the service's program: what stands on its command line, and files that are not what they should be. Each
//! ends in an exit code of its own kind with a sentence, and leaves what was there as it was.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "what a test needs and does not get ends it")]

mod common;
mod plain_words;

use common::house;
use flate2::Compression;
use flate2::write::GzEncoder;
use plain_words::{Tally, flaw};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;
use turndown_service::env::SystemEnvironment;
use turndown_service::import::COLUMNS;
use turndown_service::store::sqlite::{self, Admin, Files};

const GOOD: &str = "City Hotel,0,6,2015-07-01,2,1,0,0,HB,PRT,Offline TA/TO,0,A,A,0,Transient,0,0,Check-Out,2015-07-03";

/// The program, deaf to what the machine's environment says. What should have been refused and serves instead is ended
/// after a while by the system.
fn run(args: &[&str]) -> Output {
    let mut command = Command::new("timeout");
    command.args(["20", env!("CARGO_BIN_EXE_turndown-service")]).args(args).stdin(Stdio::null());
    let variables = ["DB", "POSTGRES", "POSTGRES_OWNER", "TOKEN", "SIGNING_KEY", "LOG_FORMAT", "NATS_CREDENTIALS"];
    for name in variables {
        command.env_remove(format!("TURNDOWN_{name}"));
    }
    command.env_remove("OTEL_EXPORTER_OTLP_ENDPOINT").env("RUST_LOG", "off").output().unwrap()
}

/// A call, the exit code it has to end with, and what its sentence has to name.
type Call<'a> = (String, Vec<&'a str>, i32, &'a str);

fn call<'a>(name: impl Into<String>, args: &[&'a str], code: i32, names: &'a str) -> Call<'a> {
    (name.into(), args.to_vec(), code, names)
}

/// The arguments of a service on a store, with more.
fn serving<'a>(db: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["serve", "--listen", "127.0.0.1:0", "--db", db], more].concat()
}

fn try_all(tally: &mut Tally, calls: Vec<Call<'_>>, secret: &[&str]) {
    for (name, args, code, names) in calls {
        // Of a file it is what is in it that counts.
        let content: Vec<u8> = args.iter().filter_map(|arg| std::fs::read(arg).ok()).flatten().collect();
        tally.row(&name, [args.join("\0").as_bytes(), &content].concat());
        let output = run(&args);
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        tally.same(&name, &output.status.code(), &Some(code));
        if !said.contains(names) {
            tally.amiss(&name, format!("{names:?} is not said: {said}"));
        }
        // What ends a sentence here may be a code, or a command that helps.
        if let Some(flaw) = flaw(&said, &args, secret) {
            tally.amiss(&name, format!("{flaw}: {said}"));
        }
    }
}

/// A store of a small house, at rest.
fn store(folder: &Path) -> PathBuf {
    let db = folder.join("service.db");
    let files = Files::new(db.clone());
    let opened = sqlite::open(&files, &SystemEnvironment, false).unwrap();
    Admin::alone(files, opened.conn).import(&SystemEnvironment, &house("grand", 3), false).unwrap();
    db
}

fn works(db: &Path) {
    for args in [&["enroll", "--token", "--property", "grand", "--db"][..], &["audit", "verify", "--db"]] {
        let output = run(&[args, &[db.to_str().unwrap()]].concat());
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(vec![], Compression::best());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

/// A bookings file of these lines.
fn bookings(lines: &[&str]) -> Vec<u8> {
    [&[COLUMNS.join(",").as_str()], lines].concat().join("\n").into_bytes()
}

/// Two bookings, the second with another text in one cell.
fn with(column: &str, text: &str) -> Vec<u8> {
    let at = COLUMNS.iter().position(|known| *known == column).unwrap();
    let mut cells: Vec<&str> = GOOD.split(',').collect();
    cells[at] = text;
    bookings(&[GOOD, &cells.join(",")])
}

fn bad_bookings() -> Vec<(String, Vec<u8>, &'static str)> {
    let row = |name: &str, bytes: Vec<u8>, code| (name.to_owned(), bytes, code);
    let good = bookings(&[GOOD]);
    let text = String::from_utf8(good.clone()).unwrap();
    let parted_by = |sign: &str| text.replace(',', sign).into_bytes();
    let mixed = [good.as_slice(), b"\n", &[0xe9], &GOOD.as_bytes()[4..]].concat();
    let mut damaged = gzip(&bookings(&vec![GOOD; 500]));
    let sum = damaged.len() - 5;
    damaged[sum] ^= 0xff;
    let mut rows = vec![
        row("no byte", vec![], "FILE_EMPTY"),
        row("one line's end", b"\n".to_vec(), "FILE_EMPTY"),
        row("a mark of the byte order alone", b"\xef\xbb\xbf".to_vec(), "FILE_EMPTY"),
        row("the names of the columns alone", bookings(&[]), "FILE_HAS_NO_BOOKINGS"),
        row(
            "the names of the columns and empty lines",
            [&bookings(&[]), &b"\n\n\n"[..]].concat(),
            "FILE_HAS_NO_BOOKINGS",
        ),
        row("the first numbers", (0..9).collect(), "FILE_NOT_CSV"),
        row("a picture", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec(), "FILE_NOT_CSV"),
        row("a photograph", b"\xff\xd8\xff\xe0\0\x10JFIF".to_vec(), "FILE_NOT_CSV"),
        row("a document", b"%PDF-1.7\n".to_vec(), "FILE_NOT_CSV"),
        row("a spreadsheet", b"PK\x03\x04\x14\0\x06\0".to_vec(), "FILE_NOT_CSV"),
        row("an old spreadsheet", b"\xd0\xcf\x11\xe0\xa1\xb1".to_vec(), "FILE_NOT_CSV"),
        row("a database", b"SQLite format 3\0".to_vec(), "FILE_NOT_CSV"),
        row("a page", b"<!doctype html><title>Sign in</title>".to_vec(), "FILE_NOT_CSV"),
        row("XML", b"<?xml version=\"1.0\"?><bookings/>".to_vec(), "FILE_NOT_CSV"),
        row("JSON", b"[{\"hotel\":\"City Hotel\"}]".to_vec(), "FILE_NOT_CSV"),
        row("a program", b"\x7fELF\x02\x01\x01\0\0\0\0\0".to_vec(), "FILE_NOT_CSV"),
        row("a shopping list", b"eggs\nmilk\n".to_vec(), "FILE_NOT_CSV"),
        row("parted by semicolons", parted_by(";"), "FILE_NOT_CSV"),
        row("parted by tabs", parted_by("\t"), "FILE_NOT_CSV"),
        row("parted by bars", parted_by("|"), "FILE_NOT_CSV"),
        row("text in UTF-16", text.encode_utf16().flat_map(u16::to_le_bytes).collect(), "FILE_NOT_UTF8"),
        row("a column's name in another encoding", [b"caf\xe9,", good.as_slice()].concat(), "FILE_NOT_UTF8"),
        row("two encodings in one file", mixed, "CELL_NOT_UTF8"),
        row("packed and cut off", gzip(&good)[..30].to_vec(), "FILE_TRUNCATED"),
        row("packed, with a wrong sum", damaged, "FILE_DAMAGED"),
        row(
            "packed, with something behind it",
            [gzip(&good).as_slice(), b"something behind it"].concat(),
            "FILE_DAMAGED",
        ),
        row("packed twice", gzip(&gzip(&good)), "FILE_NOT_CSV"),
        row("a column twice", text.replacen("hotel,", "hotel,hotel,", 1).into_bytes(), "COLUMN_TWICE"),
        row("a cell too few", bookings(&[GOOD, GOOD.trim_end_matches(",2015-07-03")]), "ROW_CELL_COUNT"),
        row("a cell too many", bookings(&[&format!("{GOOD},")]), "ROW_CELL_COUNT"),
        row("a quotation mark left open", bookings(&[&GOOD.replace("City", "\"City"), GOOD]), "ROW_CELL_COUNT"),
        row("a remark in the middle", bookings(&[GOOD, "# July"]), "ROW_CELL_COUNT"),
        row("a sum at the end", bookings(&[GOOD, "Total,1"]), "ROW_CELL_COUNT"),
    ];
    for (name, column, text, code) in [
        ("a hotel without a name", "hotel", "", "CELL_EMPTY"),
        ("a hotel of 81 letters", "hotel", &*"h".repeat(81), "CELL_UNREADABLE"),
        ("a hotel with an escape in its name", "hotel", "\u{1b}[31mCity", "CELL_UNREADABLE"),
        ("a hotel with a zero in its name", "hotel", "City\0Hotel", "FILE_NOT_CSV"),
        ("a formula for a number of nights", "nights", "=1+1", "NUMBER_FORM"),
        ("a command for a number of nights", "nights", "@SUM(A1)", "NUMBER_FORM"),
        ("nights with an exponent", "nights", "2e0", "NUMBER_FORM"),
        ("nights with a point for thousands", "nights", "1.000", "NUMBER_FORM"),
        ("nights in other digits", "nights", "２", "NUMBER_FORM"),
        ("no number of nights", "nights", "NaN", "NUMBER_FORM"),
        ("nights without end", "nights", "inf", "NUMBER_FORM"),
        ("fewer nights than none", "nights", "-3", "NIGHTS_NEGATIVE"),
        ("a year and a day", "nights", "367", "NIGHTS_TOO_MANY"),
        ("nights beyond every number", "nights", "18446744073709551617", "NIGHTS_TOO_MANY"),
        ("half a guest", "adults", "0.5", "NUMBER_FORM"),
        ("guests below none", "adults", "-1", "GUESTS_OUT_OF_RANGE"),
        ("a thousand children", "children", "1000", "GUESTS_OUT_OF_RANGE"),
        ("babies in words", "babies", "one", "NUMBER_FORM"),
        ("a day as it is written elsewhere", "arrival_date", "07/01/2015", "DATE_FORM"),
        ("a day with a time", "arrival_date", "2015-07-01T00:00", "DATE_FORM"),
        ("a day as a number", "arrival_date", "42186", "DATE_FORM"),
        ("a formula for a day", "arrival_date", "=TODAY()", "DATE_FORM"),
        ("a day of no month", "arrival_date", "2015-13-01", "DATE_NOT_IN_CALENDAR"),
        ("the 31st of June", "arrival_date", "2015-06-31", "DATE_NOT_IN_CALENDAR"),
        ("the year zero", "arrival_date", "0000-01-01", "DATE_OUT_OF_RANGE"),
        ("the year 9999", "reservation_status_date", "9999-01-01", "DATE_OUT_OF_RANGE"),
        ("cancelled by a yes", "is_canceled", "yes", "NUMBER_FORM"),
        ("a status in small letters", "reservation_status", "check-out", "STATUS_UNKNOWN"),
        ("a status that contradicts", "reservation_status", "No-Show", "STATUS_CONTRADICTS"),
        ("no type of room", "assigned_room_type", " ", "CELL_EMPTY"),
    ] {
        rows.push(row(name, with(column, text), code));
    }
    for column in COLUMNS {
        let renamed = text.replacen(column, "x_other", 1).into_bytes();
        rows.push(row(&format!("without the column {column}"), renamed, "COLUMN_MISSING"));
    }
    rows
}

#[test]
fn every_bad_bookings_file_has_its_own_code_and_nothing_of_it_is_imported() {
    let folder = TempDir::new().unwrap();
    let db = store(folder.path());
    let before = std::fs::read(&db).unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let mut tally = Tally::default();
    tally.part("bookings files");
    for (index, (name, bytes, code)) in bad_bookings().into_iter().enumerate() {
        let file = at(&format!("bookings-{index}.csv"));
        std::fs::write(&file, bytes).unwrap();
        let args =
            ["import", "--db", &db.to_string_lossy(), "--file", &file, "--hotel", "City Hotel", "--date", "2015-07-02"];
        try_all(&mut tally, vec![call(name, &args, 2, &format!("[{code}]"))], &[]);
    }
    let good = at("good.csv");
    std::fs::write(&good, bookings(&[GOOD])).unwrap();
    let missing = at("missing.csv");
    let this = folder.path().to_str().unwrap();
    let db_at = db.to_str().unwrap();
    let import = |file, hotel, date| ["import", "--db", db_at, "--file", file, "--hotel", hotel, "--date", date];
    let calls = vec![
        call("a file that is not there", &import(&missing, "City Hotel", "2015-07-02"), 2, "cannot be opened"),
        call("a folder", &import(this, "City Hotel", "2015-07-02"), 2, "FILE_UNREADABLE"),
        call("a device with nothing in it", &import("/dev/null", "City Hotel", "2015-07-02"), 2, "FILE_EMPTY"),
        call("no file", &import("", "City Hotel", "2015-07-02"), 2, "--file"),
        call("another hotel", &import(&good, "Resort Hotel", "2015-07-02"), 2, "HOTEL_UNKNOWN"),
        call("no hotel", &import(&good, "", "2015-07-02"), 2, "HOTEL_UNKNOWN"),
        call("a day long after", &import(&good, "City Hotel", "2025-07-02"), 2, "DATE_OUTSIDE_FILE"),
        call("a day that is none", &import(&good, "City Hotel", "2015-02-31"), 2, "--date"),
        call("a day in words", &import(&good, "City Hotel", "tomorrow"), 2, "--date"),
        call("a day of the year zero", &import(&good, "City Hotel", "0000-00-00"), 2, "--date"),
        call("a day beyond the calendar", &import(&good, "City Hotel", "999999-01-01"), 2, "--date"),
    ];
    try_all(&mut tally, calls, &[]);
    assert_eq!(std::fs::read(&db).unwrap(), before, "the store was not touched");
    let more = |option, value| [&import(&good, "City Hotel", "2015-07-02")[..], &[option, value]].concat();
    let calls = vec![
        call("a seed below zero", &more("--seed", "-1"), 2, "-1"),
        call("a seed in words", &more("--seed", "seven"), 2, "--seed"),
        call("a seed beyond every number", &more("--seed", "18446744073709551616"), 2, "--seed"),
        call("a property without an id", &more("--property", ""), 2, "--property"),
        call("a property with a way out", &more("--property", "../x"), 2, "--property"),
        call("a property with a space", &more("--property", "city hotel"), 2, "--property"),
        call("a property of 29 letters", &more("--property", "ppppppppppppppppppppppppppppp"), 2, "--property"),
        call("a property that is there", &more("--property", "grand"), 10, "Nothing was imported"),
        call("an option that is none", &more("--fly", "high"), 2, "--fly"),
    ];
    try_all(&mut tally, calls, &[]);
    tally.end("bookings files");
    assert!(run(&more("--property", "city")).status.success(), "a good file goes in");
    works(&db);
}

#[test]
fn every_bad_database_file_has_its_own_exit_code_and_is_left_as_it_is() {
    let folder = TempDir::new().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let made = store(folder.path());
    let good = std::fs::read(&made).unwrap();
    let key = std::fs::read(Files::new(made.clone()).key()).unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = at(name);
        std::fs::write(&path, bytes).unwrap();
        std::fs::write(Files::new(PathBuf::from(&path)).key(), &key).unwrap();
        path
    };
    let sql = |name: &str, from: &[u8], sql: &str| {
        let path = write(name, from);
        rusqlite::Connection::open(&path).unwrap().execute_batch(sql).unwrap();
        path
    };
    let mut broken = good.clone();
    broken[100..4_000].fill(0xaa);
    let future = "INSERT INTO refinery_schema_history (version, name, applied_on, checksum) VALUES (99, 'x', '', '0')";
    let files = [
        ("text", write("text.db", &b"a shopping list, long enough to be a page of something ".repeat(100)), 3),
        ("a picture", write("picture.db", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"), 3),
        ("a head and nothing behind it", write("head.db", &good[..16]), 3),
        ("another program's", sql("foreign.db", b"", "CREATE TABLE recipes (name TEXT)"), 3),
        ("written by a newer version", sql("newer.db", &good, future), 4),
        ("broken in its first page", write("broken.db", &broken), 1),
        (
            "a folder",
            {
                std::fs::create_dir(at("folder.db")).unwrap();
                at("folder.db")
            },
            5,
        ),
    ];
    let out = at("out.file");
    let mut tally = Tally::default();
    for (what, file, code) in &files {
        tally.part(&format!("database: {what}"));
        let before = std::fs::read(file).ok();
        let serve = ["serve", "--listen", "127.0.0.1:0", "--db", file];
        let calls = vec![
            call("serve", &serve, *code, file),
            call("enroll", &["enroll", "--db", file], *code, file),
            call("a PIN", &["pin", "--everybody", "--db", file], *code, file),
            call("sign-in", &["sign-in", "--by", "name", "--db", file], *code, file),
            call("audit verify", &["audit", "verify", "--db", file], *code, file),
            call("audit export", &["audit", "export", "--db", file, "--out", &out], *code, file),
            call("backup", &["backup", "--db", file, "--out", &out], *code, file),
            call("rotate-epoch", &["rotate-epoch", "--db", file], *code, file),
        ];
        try_all(&mut tally, calls, &[]);
        tally.same(what, &(std::fs::read(file).ok() == before), &true);
    }
    let (none, below) = (at("none.db"), at("text.db/x.db"));
    tally.part("no database");
    let mut calls = vec![
        call("serve below a file", &["serve", "--listen", "127.0.0.1:0", "--db", &below], 5, "cannot be made"),
        call(
            "serve in a place of the system's",
            &["serve", "--listen", "127.0.0.1:0", "--db", "/sys/kernel/x.db"],
            5,
            "cannot be written",
        ),
    ];
    for file in [none.as_str(), below.as_str()] {
        for args in [
            &["enroll"][..],
            &["pin", "--everybody"],
            &["audit", "verify"],
            &["rotate-epoch"],
            &["backup", "--out", &out],
        ] {
            calls.push(call(
                format!("{} {file}", args[0]),
                &[args, &["--db", file]].concat(),
                7,
                "There is no database",
            ));
        }
    }
    try_all(&mut tally, calls, &[]);
    tally.end("database files");
    assert!(!Path::new(&out).exists() && !Path::new(&none).exists(), "nothing was written");
    works(&made);
}

#[test]
fn every_bad_call_has_its_own_exit_code_and_changes_nothing() {
    let folder = TempDir::new().unwrap();
    let made = store(folder.path());
    let before = std::fs::read(&made).unwrap();
    let db = made.to_str().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let out = at("out");
    let key = Files::new(made.clone()).key().to_str().unwrap().to_owned();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let serve = |more| serving(db, more);
    let mut tally = Tally::default();
    tally.part("arguments of serve");
    let mut calls = vec![
        call("a command that is none", &["fly"], 2, "fly"),
        call("serve without a database", &["serve"], 2, "--db"),
        call("serve with two databases", &serve(&["--postgres", "postgres://x"]), 2, "--postgres"),
        call("an address that is taken", &["serve", "--db", db, "--listen", &taken], 11, "Cannot listen"),
        call("a key beside a file", &serve(&["--signing-key", "k"]), 2, "--signing-key"),
        call("a stream without a server", &serve(&["--nats-stream", "X"]), 2, "--events-nats"),
        call("credentials without a server", &serve(&["--nats-credentials", "f"]), 2, "--events-nats"),
        call("an option without its value", &serve(&["--ready-file"]), 2, "--ready-file"),
        call("an option twice", &serve(&["--log-format", "text", "--log-format", "json"]), 2, "--log-format"),
    ];
    for (option, values, code) in [
        (
            "--listen",
            &["", "nowhere", "127.0.0.1", ":", "127.0.0.1:70000", "127.0.0.1:-1", "999.0.0.1:1", "http://127.0.0.1:1"]
                [..],
            11,
        ),
        ("--max-batch-bytes", &["-1", "many", "1.5", "18446744073709551616", ""], 2),
        ("--backup-horizon-days", &["0", "-1", "3651", "month", "4294967297"], 2),
        ("--requests-per-second", &["0", "-1", "4294967296", "fast"], 2),
        ("--log-format", &["xml", ""], 2),
        ("--events-webhook", &["", "nowhere", "http//x", "://"], 2),
        ("--traces", &["nowhere", "://", "ftp:"], 2),
        ("--ready-file", &["/nowhere/ready", "/"], 2),
        ("--events-file", &["/nowhere/events", "/"], 2),
    ] {
        for value in values {
            let args = match option {
                "--listen" => vec!["serve", "--db", db, option, value],
                _ => [&serve(&[])[..], &[option, value]].concat(),
            };
            calls.push(call(format!("{option} {value:?}"), &args, code, if code == 11 { "Cannot listen" } else { "" }));
        }
    }
    try_all(&mut tally, calls, &[]);

    tally.part("arguments of the other commands");
    let calls = vec![
        call("a property that is not there", &["enroll", "--db", db, "--property", "ritz"], 10, "It has: grand"),
        call("a property without a name", &["enroll", "--db", db, "--property", ""], 10, "It has: grand"),
        call("a property with a way out", &["enroll", "--db", db, "--property", "../grand"], 10, "It has: grand"),
        call("a PIN for nobody", &["pin", "--db", db], 2, "--staff"),
        call("a PIN for a stranger", &["pin", "--db", db, "--staff", "nobody"], 2, "Nobody here is nobody"),
        call("a PIN for an empty name", &["pin", "--db", db, "--staff", ""], 2, "There are:"),
        call(
            "a PIN taken from somebody without one",
            &["pin", "--db", db, "--staff", "lea", "--take-away"],
            2,
            "has no PIN",
        ),
        call("all PINs taken away", &["pin", "--db", db, "--everybody", "--take-away"], 2, "cannot be used with"),
        call(
            "a PIN in a hotel that is not there",
            &["pin", "--db", db, "--everybody", "--property", "ritz"],
            10,
            "It has: grand",
        ),
        call("PINs where no manager has one", &["sign-in", "--db", db, "--by", "pin"], 2, "No manager has a PIN yet"),
        call("signing in by face", &["sign-in", "--db", db, "--by", "face"], 2, "face"),
        call("signing in by nothing", &["sign-in", "--db", db], 2, "--by"),
        call(
            "a lock after no minute",
            &["sign-in", "--db", db, "--by", "name", "--lock-after", "0"],
            2,
            "--lock-after",
        ),
        call(
            "a lock after 16 minutes",
            &["sign-in", "--db", db, "--by", "name", "--lock-after", "16"],
            2,
            "--lock-after",
        ),
        call("a lock after less than none", &["sign-in", "--db", db, "--by", "name", "--lock-after", "-5"], 2, "-5"),
        call("counting on above a word", &["rotate-epoch", "--db", db, "--above", "all"], 2, "--above"),
        call("counting on above less than none", &["rotate-epoch", "--db", db, "--above", "-1"], 2, "-1"),
        call(
            "counting on above every number",
            &["rotate-epoch", "--db", db, "--above", "18446744073709551615"],
            2,
            "--above",
        ),
        call(
            "counting on above what a database counts",
            &["rotate-epoch", "--db", db, "--above", "9223372036854775807"],
            2,
            "--above",
        ),
        call(
            "an export that ends before it begins",
            &["audit", "export", "--db", db, "--out", &out, "--from", "2016-03-02", "--to", "2016-03-01"],
            2,
            "is after",
        ),
        call(
            "an export without an end",
            &["audit", "export", "--db", db, "--out", &out, "--from", "2016-03-02"],
            2,
            "--to",
        ),
        call(
            "an export from a day that is none",
            &["audit", "export", "--db", db, "--out", &out, "--from", "2016-02-31", "--to", "2016-03-01"],
            2,
            "--from",
        ),
        call(
            "an export of a hotel that is not there",
            &["audit", "export", "--db", db, "--out", &out, "--property", "ritz"],
            10,
            "It has: grand",
        ),
        call("an export to nowhere", &["audit", "export", "--db", db, "--out", "/nowhere/x"], 2, "--out"),
        call("an export onto a folder", &["audit", "export", "--db", db, "--out", "/"], 2, "--out"),
        call("a backup to nowhere", &["backup", "--db", db, "--out", "/nowhere/x"], 2, "--out"),
        call("a backup onto itself", &["backup", "--db", db, "--out", db], 2, "is the store itself"),
        call("a backup onto its key", &["backup", "--db", db, "--out", &key], 2, "is the store itself"),
        call("an export onto the store", &["audit", "export", "--db", db, "--out", db], 2, "is the store itself"),
        call("domain events into the store", &serve(&["--events-file", db]), 2, "is the store itself"),
        call("the address into the store's key", &serve(&["--ready-file", &key]), 2, "is the store itself"),
        call(
            "a server that is no address",
            &["migrate", "--postgres", "nonsense"],
            2,
            "The address of the PostgreSQL server",
        ),
        call(
            "a server in another manner",
            &["audit", "verify", "--postgres", "mysql://u:hunter22@h/db"],
            2,
            "The address of the PostgreSQL server",
        ),
        call(
            "a server with a port that is none",
            &["audit", "verify", "--postgres", "postgres://u:hunter22@h:99999/db"],
            2,
            "The address of the PostgreSQL server",
        ),
        call(
            "a server that does not listen",
            &["audit", "verify", "--postgres", "postgres://u:hunter22@127.0.0.1:1/db?sslmode=disable"],
            14,
            "cannot be used",
        ),
        call(
            "serving from a server without a key",
            &["serve", "--postgres", "postgres://u:hunter22@127.0.0.1:1/db"],
            2,
            "--signing-key",
        ),
        call("acting on nothing", &["act", "--db", db, "start"], 2, "--room"),
        call(
            "acting on two things",
            &["act", "--db", db, "--room", "101", "--random", "1", "start"],
            2,
            "cannot be used with",
        ),
        call("an act that is none", &["act", "--db", db, "--room", "101", "fly"], 2, "fly"),
        call("fewer acts than none", &["act", "--db", db, "--random", "-1"], 2, "-1"),
        call("acting where nothing runs", &["act", "--db", db, "--room", "101", "start"], 13, "No service runs"),
        call(
            "acting at what is no address",
            &["act", "--url", "nowhere", "--token", "secret-token", "--room", "101", "start"],
            2,
            "is not an address",
        ),
        call(
            "acting at an address for letters",
            &["act", "--url", "mailto:x", "--token", "secret-token", "--room", "101", "start"],
            2,
            "is not an address",
        ),
        call(
            "acting where nobody listens",
            &["act", "--url", "http://127.0.0.1:1", "--token", "secret-token", "--room", "101", "start"],
            13,
            "does not answer",
        ),
        call("acting without a token", &["act", "--url", "http://127.0.0.1:1", "--room", "101", "start"], 2, "--token"),
    ];
    try_all(&mut tally, calls, &["hunter22", "secret-token"]);

    tally.part("files of reports");
    let reports: [(&str, &[u8], &str); 12] = [
        ("text", b"room 101 is ready\n", "line 1"),
        ("a table", b"version,of\n1,room\n", "line 1"),
        ("a mark of the byte order", b"\xef\xbb\xbf{\"version\":1}\n", "line 1"),
        ("a list in one line", b"[{\"version\":1}]\n", "line 1"),
        ("an object over several lines", b"{\n\"version\":1}\n", "line 1"),
        ("a report without a version, below a good one", b"{\"version\":1}\n{\"of\":\"room\"}\n", "line 2"),
        ("a version below zero", b"{\"version\":-1}\n", "line 1"),
        ("a version that is a text", b"{\"version\":\"1\"}\n", "line 1"),
        ("a time that is none", b"{\"version\":1,\"at\":\"noon\"}\n", "line 1"),
        ("a byte that no text has", b"{\"version\":1,\"of\":\"\xff\"}\n", "cannot be read"),
        ("cut off", b"{\"version\":1}\n{\"versi", "line 2"),
        ("a zero at its end", b"{\"version\":1}\n\0\n", "line 2"),
    ];
    for (index, (name, bytes, names)) in reports.into_iter().enumerate() {
        let file = at(&format!("reports-{index}"));
        std::fs::write(&file, bytes).unwrap();
        try_all(&mut tally, vec![call(name, &["front-office", "send", "--db", db, "--file", &file], 2, names)], &[]);
    }
    let good = at("reports");
    std::fs::write(&good, "{\"version\":1}\n").unwrap();
    let speed = |value| ["front-office", "send", "--db", db, "--file", &good, "--speed", value];
    let calls = vec![
        call(
            "a file that is not there",
            &["front-office", "send", "--db", db, "--file", "/nowhere/reports"],
            2,
            "cannot be read",
        ),
        call("a folder", &["front-office", "send", "--db", db, "--file", "/"], 2, "cannot be read"),
        call("no speed", &speed("0"), 2, "--speed"),
        call("a speed in words", &speed("fast"), 2, "--speed"),
        call("a speed that is no number", &speed("NaN"), 2, "--speed"),
        call("a speed without end", &speed("inf"), 2, "--speed"),
        call("where nothing runs", &["front-office", "send", "--db", db, "--file", &good], 13, "No service runs"),
    ];
    try_all(&mut tally, calls, &[]);
    tally.end("calls");
    // Whoever asked for a token has got one, and a look at the record leaves no trace: nothing else was written.
    assert!(!Path::new(&out).exists());
    let begins = |bytes: &[u8]| bytes[..16].to_vec();
    assert_eq!(begins(&std::fs::read(&made).unwrap()), begins(&before));
    works(&made);
}
