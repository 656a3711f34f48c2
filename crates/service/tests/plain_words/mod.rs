//! What every refusal owes to whoever reads it, wherever it comes from: a sentence, and nothing of the machine's inside.
//! The tables of bad inputs of all crates ask this of each of their rows.

#![allow(dead_code, reason = "each table uses its part of this")]
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "what a test needs and does not get ends it")]

use std::collections::BTreeSet;

/// What says nothing, or says what is nobody's business: emptiness, the language the program is written in, its source,
/// what it asks its database, and where it keeps things. All in small letters, as the text is looked at.
const NEVER: [&str; 34] = [
    "something went wrong",
    "unexpected error",
    "unknown error",
    "internal error",
    "panicked",
    "backtrace",
    "unwrap",
    "deserialize",
    ".rs:",
    "::",
    "some(",
    "none)",
    "err(",
    "utf8error",
    "struct ",
    "newtype",
    "tuple variant",
    "internally tagged",
    "adjacently tagged",
    "select ",
    "insert into",
    "delete from",
    "no such table",
    "sqlite_",
    "sqlstate",
    "constraint",
    "/tmp",
    "/home",
    "/root",
    "/proc",
    "/var",
    "td_",
    "$argon2",
    "bearer td",
];

/// The longest that a refusal may be: what is wrong and the next step, and not the input once more.
const CHARS_MAX: usize = 700;

/// What is wrong with a refusal as a person reads it. `given` is what the caller said themselves and may hear again (the
/// path of a file); `secret` must not be said in any case.
pub fn flaw(text: &str, given: &[&str], secret: &[&str]) -> Option<String> {
    if let Some(told) = secret.iter().find(|secret| !secret.is_empty() && text.contains(**secret)) {
        return Some(format!("it tells the secret {told:?}"));
    }
    let own = given.iter().fold(text.to_owned(), |text, given| text.replace(given, ""));
    let small = own.to_lowercase();
    let built_in = env!("CARGO_MANIFEST_DIR").to_lowercase();
    if let Some(word) = NEVER.iter().chain([&built_in.as_str()]).find(|word| small.contains(**word)) {
        return Some(format!("it says {word:?}"));
    }
    if own.trim().is_empty() {
        return Some("it says nothing".into());
    }
    if own.chars().count() > CHARS_MAX {
        return Some(format!("it has {} characters", own.chars().count()));
    }
    own.chars()
        .find(|c| (c.is_control() && *c != '\n') || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}'))
        .map(|c| format!("it has the character {c:?}"))
}

/// The same of what has to be sentences, of which the first may begin with the name of a member.
pub fn sentence_flaw(text: &str, given: &[&str], secret: &[&str]) -> Option<String> {
    match flaw(text, given, secret) {
        None if !text.ends_with(['.', '?', '!']) => Some("it does not end as a sentence does".into()),
        flaw => flaw,
    }
}

/// What a table comes to. Every row is looked at before the test ends, so that one run shows all that is amiss.
#[derive(Debug, Default)]
pub struct Tally {
    part: String,
    counted: usize,
    names: BTreeSet<String>,
    inputs: BTreeSet<Vec<u8>>,
    amiss: Vec<String>,
}

impl Tally {
    /// The rows that follow are of this part of the table. Says how many the part before had.
    pub fn part(&mut self, part: &str) {
        let before = std::mem::replace(&mut self.part, part.to_owned());
        if !before.is_empty() {
            eprintln!("{:4} bad inputs: {before}", self.names.len() - self.counted);
        }
        self.counted = self.names.len();
    }

    /// Counts a row. No name and no input comes twice: two rows that are alike would be one.
    pub fn row(&mut self, name: &str, input: impl AsRef<[u8]>) {
        if !self.names.insert(format!("{}: {name}", self.part)) {
            self.amiss.push(format!("{name}: the name is there twice"));
        }
        if !self.inputs.insert(input.as_ref().to_vec()) {
            self.amiss.push(format!("{name}: the input is there twice"));
        }
    }

    /// Notes what is amiss with a row.
    pub fn amiss(&mut self, name: &str, what: impl std::fmt::Display) {
        self.amiss.push(format!("{name}: {what}"));
    }

    /// Compares what a row came to with what it should.
    pub fn same<T: PartialEq + std::fmt::Debug>(&mut self, name: &str, found: &T, expected: &T) {
        if found != expected {
            self.amiss(name, format!("{found:?} instead of {expected:?}"));
        }
    }

    /// Ends the table: says how many rows it has, and fails where one is amiss.
    pub fn end(mut self, table: &str) {
        self.part("");
        eprintln!("{:4} bad inputs in all: {table}", self.names.len());
        assert!(self.amiss.is_empty(), "{table}: {} amiss:\n{}", self.amiss.len(), self.amiss.join("\n"));
    }
}
