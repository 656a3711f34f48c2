//! The page of hard cases says which tests prove what. Here it is held to that, and so are rules that only the sources
//! themselves can break.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// How many cases each letter has.
const CASES: [(char, u32); 13] = [
    ('A', 8),
    ('B', 17),
    ('C', 8),
    ('D', 7),
    ('E', 6),
    ('F', 6),
    ('G', 9),
    ('H', 10),
    ('I', 5),
    ('J', 5),
    ('K', 5),
    ('L', 4),
    ('N', 9),
];
/// Those that are others' to prove; the page says whose.
const OTHERS: [&str; 3] = ["N5", "N6", "N8"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

fn sources(folder: &Path, ends: &[&str], into: &mut Vec<(PathBuf, String)>) {
    for entry in fs::read_dir(folder).expect("a folder of the workspace") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() {
            if !["target", "node_modules", "dist"].contains(&name) {
                sources(&path, ends, into);
            }
        } else if ends.iter().any(|end| name.ends_with(end)) {
            into.push((path.clone(), fs::read_to_string(&path).expect("text")));
        }
    }
}

fn rust_sources() -> Vec<(PathBuf, String)> {
    let mut found = vec![];
    for folder in ["crates", "tests", "src-tauri"] {
        sources(&root().join(folder), &[".rs"], &mut found);
    }
    found
}

/// Names of functions in text, and of tests that a macro makes (`name: ...`).
fn names(text: &str) -> BTreeSet<&str> {
    let mut found = BTreeSet::new();
    for line in text.lines() {
        let line = line.trim_start();
        let rest = line.strip_prefix("async ").unwrap_or(line);
        if let Some(rest) = rest.strip_prefix("fn ") {
            found.extend(rest.split(['(', '<']).next());
        } else if let Some((name, _)) = line.split_once(':')
            && name.contains('_')
            && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        {
            found.insert(name);
        }
    }
    found
}

/// Code to its row's tests.
fn page(text: &str) -> BTreeMap<String, Vec<String>> {
    let mut rows = BTreeMap::new();
    for line in text.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [code, _, tests, _] = cells.as_slice() else { panic!("not four cells: {line}") };
        if *code == "Code" {
            continue;
        }
        let tests = tests.split('`').skip(1).step_by(2).map(str::to_owned).collect();
        assert!(rows.insert((*code).to_owned(), tests).is_none(), "{code} is there twice");
    }
    rows
}

/// What is wrong with the page, if anything.
fn faults(page_text: &str, known: &BTreeSet<String>) -> Vec<String> {
    let rows = page(page_text);
    let mut faults = vec![];
    for (letter, count) in CASES {
        for number in 1..=count {
            let code = format!("{letter}{number}");
            if OTHERS.contains(&code.as_str()) {
                continue;
            }
            let Some(tests) = rows.get(&code).filter(|tests| !tests.is_empty()) else {
                faults.push(format!("{code} has no test"));
                continue;
            };
            faults.extend(tests.iter().filter(|test| !known.contains(*test)).map(|test| format!("{code}: no {test}")));
            // At least one is named after the case itself, or says in its name that it stands for another one too.
            let own = format!("{}_", code.to_lowercase());
            let shared = ["h18_", "h6_"];
            let named = |test: &String| {
                test.starts_with(&own)
                    || test.contains(&format!("_{own}"))
                    || shared.iter().any(|s| test.starts_with(s))
            };
            if !tests.iter().any(named) {
                faults.push(format!("{code}: no test carries its name"));
            }
        }
    }
    let expected: u32 = CASES.iter().map(|(_, count)| count).sum();
    let expected = expected as usize - OTHERS.len();
    if rows.len() != expected {
        faults.push(format!("{} rows, {expected} cases", rows.len()));
    }
    faults
}

#[test]
fn every_hard_case_has_a_test_and_every_test_named_on_the_page_is_there() {
    let sources = rust_sources();
    let known: BTreeSet<String> = sources.iter().flat_map(|(_, text)| names(text)).map(str::to_owned).collect();
    let text = fs::read_to_string(root().join("docs/hard-cases.md")).expect("the page");
    assert_eq!(faults(&text, &known), Vec::<String>::new());
    // The look notices what it is there for.
    let gone = text.replace("`a1_the_same_gesture_twice_records_once`", "`a1_of_yesterday`");
    assert_eq!(faults(&gone, &known), ["A1: no a1_of_yesterday"]);
    let without: String = text.lines().filter(|line| !line.starts_with("| J4 ")).collect::<Vec<_>>().join("\n");
    assert!(faults(&without, &known).contains(&"J4 has no test".to_owned()));
}

/// Tests that a page of docs/ names and that are not there.
fn unknown_tests(text: &str, known: &BTreeSet<String>) -> Vec<String> {
    let is_test = |word: &&str| {
        word.matches('_').count() >= 3
            && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    };
    let named = text.split('`').skip(1).step_by(2).filter(is_test);
    named.filter(|test| !known.contains(*test)).map(str::to_owned).collect()
}

#[test]
fn every_threat_has_its_line_and_every_test_named_there_is_there() {
    let known: BTreeSet<String> = rust_sources().iter().flat_map(|(_, text)| names(text)).map(str::to_owned).collect();
    let text = fs::read_to_string(root().join("docs/threat-model.md")).expect("the page");
    assert_eq!(unknown_tests(&text, &known), Vec::<String>::new());
    for number in 1..=16 {
        let line = text.lines().find(|line| line.starts_with(&format!("| T{number} |"))).expect("a line");
        assert_eq!(line.matches(" | ").count(), 4, "{line}");
    }
    let gone = text.replace("`only_the_app_itself_can_be_navigated_to`", "`nobody_looks_at_this_one`");
    assert_eq!(unknown_tests(&gone, &known), ["nobody_looks_at_this_one"]);
}

#[test]
fn e3_no_statement_orders_or_pages_by_an_event_id() {
    let mut found = rust_sources();
    sources(&root().join("migrations"), &[".sql"], &mut found);
    // Ids are opaque: in an order they would say something about time that nobody may rely on.
    let orders = |text: &str| {
        let text = text.to_lowercase();
        text.split("order by").skip(1).any(|rest| {
            let clause: String = rest.chars().take_while(|c| !matches!(c, ';' | '"' | ')')).take(120).collect();
            let clause = clause.split("limit").next().unwrap_or_default();
            clause
                .split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '.'))
                .any(|word| word == "event_id" || word.ends_with(".event_id"))
        }) || text.contains("event_id >")
            || text.contains("event_id <") && !text.contains("event_id <>")
    };
    assert!(orders("SELECT 1 FROM outbox ORDER BY event_id LIMIT 1") && orders("a ORDER BY seq, o.event_id;"));
    assert!(!orders("SELECT event_id FROM outbox ORDER BY local_seq LIMIT 1"));
    let own = Path::new(file!()).file_name().expect("a name");
    for (path, text) in found.iter().filter(|(path, _)| path.file_name() != Some(own)) {
        assert!(!orders(text), "{} orders by an event's id", path.display());
    }
}
