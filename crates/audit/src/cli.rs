//! The command line: files in, sentences and one JSON object out.

use crate::file::Whose;
use crate::{Bad, Trail, Verdict, compare, verify};
use clap::{Parser, Subcommand};
use std::fs::File;
use std::io::{BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Proves Turndown's audit trails.
#[derive(Debug, Parser)]
#[command(name = "turndown-audit", version, about)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Prove files, and hold the service's beside those of desks. Ends with 0 where everything is as it was written,
    /// with 1 where something is not, and with 2 where a file cannot be read.
    Verify {
        /// Exported trails: the service's, desks', or both.
        #[arg(required = true)]
        files: Vec<PathBuf>,
        /// The service's key (Ed25519, hex) as you know it from elsewhere, for example from `GET /v1/capabilities` on the
        /// day on which the hotel was set up. Without it, the files' own is believed.
        #[arg(long)]
        key: Option<String>,
    },
}

/// Proves what is asked for, and says so on standard output; the last line is a JSON object.
#[must_use]
pub fn run(Cli { command: Command::Verify { files, key } }: Cli) -> ExitCode {
    let mut trails = vec![];
    let mut first_bad: Option<(String, Bad)> = None;
    let mut told = vec![];
    for path in &files {
        let name = path.display().to_string();
        let verdict = match File::open(path).and_then(|file| verify(BufReader::new(file), key.as_deref())) {
            Ok(verdict) => verdict,
            Err(error) => {
                eprintln!("{name} cannot be read: {error}. Name another file.");
                return ExitCode::from(2);
            }
        };
        say(&words(path, &verdict));
        told.push(figures(&name, &verdict));
        if let (Some(bad), None) = (&verdict.bad, &first_bad) {
            first_bad = Some((name.clone(), bad.clone()));
        }
        trails.extend(verdict.trail.map(|trail| (name, trail)));
    }
    // What is not of one piece by itself is not held beside another.
    let mut compared = 0_u64;
    if first_bad.is_none() {
        let (services, desks): (Vec<_>, Vec<_>) =
            trails.iter().partition(|(_, trail)| trail.begin.whose == Whose::Service);
        for ((service, of_service), (desk, of_desk)) in
            services.iter().flat_map(|service| desks.iter().map(move |desk| (*service, *desk)))
        {
            compared += 1;
            match compare(of_service, of_desk) {
                Ok(()) => say(&format!("{service} has what {desk} has of it.")),
                Err(bad) => {
                    say(&format!("{service} and {desk} differ: {bad}. Keep both files as they are."));
                    first_bad.get_or_insert_with(|| (format!("{service}, {desk}"), bad));
                }
            }
        }
    }
    let bad = first_bad.as_ref().map(|(file, bad)| {
        serde_json::json!({ "file": file, "place": bad.place, "code": bad.kind.code(), "what": bad.what })
    });
    let told = serde_json::json!({ "ok": bad.is_none(), "files": told, "compared": compared, "first_bad": bad });
    say(&told.to_string());
    if first_bad.is_none() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// A closed pipe is somebody's wish to read no more.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

fn words(path: &Path, Verdict { trail, proven, bad }: &Verdict) -> String {
    let name = path.display();
    let whose = |trail: &Trail| {
        let part = if trail.begin.whole { "whole" } else { "partial" };
        match &trail.begin.whose {
            Whose::Service => format!("the service's {part} trail of {}", trail.begin.property_name),
            Whose::Desk { install_id } => {
                format!("the {part} trail of desk {install_id} of {}", trail.begin.property_name)
            }
        }
    };
    let until = proven.at.as_ref().map_or_else(String::new, |at| format!(" ({at})"));
    match (trail, bad) {
        (Some(trail), None) => format!(
            "{name}: {} is as it was written: {} entries, up to number {}{until}.",
            whose(trail),
            trail.entries,
            proven.up_to.seq
        ),
        (Some(trail), Some(bad)) => format!(
            "{name}: {} is broken at {bad}. Proven up to number {}{until}. Keep the file as it is.",
            whose(trail),
            proven.up_to.seq
        ),
        (None, bad) => format!("{name}: {}", bad.as_ref().map_or_else(String::new, ToString::to_string)),
    }
}

fn figures(name: &str, Verdict { trail, proven, bad }: &Verdict) -> serde_json::Value {
    serde_json::json!({
        "file": name,
        "ok": bad.is_none(),
        "entries": trail.as_ref().map_or(0, |trail| trail.entries),
        "desks": trail.as_ref().map_or(0, Trail::desks),
        "proven_up_to": proven.up_to.seq,
    })
}
