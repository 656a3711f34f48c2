//! `sabotage`: runs each deliberately broken version of the product through pieces of the other campaigns until one
//! catches it; the last line is a JSON object.
//!
//! A version is a process of its own, because what is broken is chosen once a process. A version that panics or hangs
//! is caught too, and the line says so. In the end the sound program, of the same build, goes through every piece that
//! caught something: a piece that fails for it as well has caught nothing.

use clap::Parser;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::panic::catch_unwind;
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use turndown_sabotage::{Version, choose};
use turndown_sim::crash::{at_random, one_command};
use turndown_sim::world::{Plan, play};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Breaks the product on purpose, once for each version, and demands that the campaigns notice.
#[derive(Debug, Parser)]
#[command(name = "sabotage")]
struct Args {
    /// Only these versions, by name.
    versions: Vec<String>,
    /// Histories that a version may take before it counts as not caught.
    #[arg(long, default_value_t = 100)]
    histories: usize,
    /// Versions at once.
    #[arg(long, default_value_t = 2)]
    jobs: usize,
    /// Seconds after which a piece that has not ended counts as a hang.
    #[arg(long, default_value_t = 180)]
    patience: u64,
    /// One of several processes.
    #[arg(long, hide = true)]
    worker: bool,
    /// Which pieces the worker plays; all where none is named.
    #[arg(long, hide = true)]
    piece: Vec<usize>,
}

/// Commands of the crash campaign that are cut at every point here.
const COMMANDS: [&str; 5] = ["start", "retry", "take_rejection", "discard_acknowledged", "take_page"];
/// Random power cuts in a piece.
const CUTS: u64 = 100;
/// Seeds whose histories are known to be clean in the sound program.
const SEEDS: std::ops::RangeInclusive<u64> = 1..=200;

/// What a version is put through, cheapest first.
#[derive(Debug, Clone, Copy)]
enum Piece {
    EveryPoint(&'static str),
    AtRandom,
    History(u64),
}

impl Piece {
    fn all(histories: usize) -> Vec<Self> {
        let histories = SEEDS.map(Piece::History).take(histories);
        COMMANDS.map(Piece::EveryPoint).into_iter().chain([Piece::AtRandom]).chain(histories).collect()
    }

    /// What it finds.
    fn play(self) -> Vec<String> {
        let cut =
            |cuts: Result<turndown_sim::crash::Cuts, String>| cuts.map_or_else(|error| vec![error], |c| c.failures);
        match self {
            Self::EveryPoint(command) => cut(one_command(command, 0)),
            Self::AtRandom => cut(at_random(0, CUTS)),
            Self::History(seed) => play(&Plan::draw(seed, None)).failures,
        }
    }

    fn name(self, place: usize) -> String {
        match self {
            Self::EveryPoint(command) => format!("crash, {command} cut at every point"),
            Self::AtRandom => "crash, cuts at random".into(),
            Self::History(seed) => format!("sim, history {} (seed {seed})", place - COMMANDS.len()),
        }
    }
}

/// What a worker says of a piece.
#[derive(Debug, Serialize, Deserialize)]
struct Said {
    piece: usize,
    failure: Option<String>,
}

fn main() -> ExitCode {
    let args = Args::parse();
    let mut versions = vec![];
    for name in &args.versions {
        let Some(version) = Version::ALL.iter().find(|version| version.name() == name) else {
            let known: Vec<&str> = Version::ALL.iter().map(|version| version.name()).collect();
            eprintln!("There is no version {name}. There are: {}.", known.join(", "));
            return ExitCode::from(2);
        };
        versions.push(*version);
    }
    if args.worker {
        return work(&args, versions.first().copied());
    }
    if versions.is_empty() {
        versions = Version::ALL.to_vec();
    }
    campaign(&args, &versions)
}

/// Plays piece after piece until one finds something.
fn work(args: &Args, version: Option<Version>) -> ExitCode {
    if let Some(version) = version
        && choose(version).is_err()
    {
        return ExitCode::FAILURE;
    }
    let mut out = std::io::stdout();
    for (piece, what) in Piece::all(args.histories).into_iter().enumerate() {
        if !args.piece.is_empty() && !args.piece.contains(&piece) {
            continue;
        }
        let found = catch_unwind(|| what.play()).unwrap_or_else(|_| vec!["it panicked".into()]);
        let said = Said { piece, failure: found.into_iter().next() };
        let Ok(line) = serde_json::to_string(&said) else { return ExitCode::FAILURE };
        if writeln!(out, "{line}").and_then(|()| out.flush()).is_err() {
            return ExitCode::FAILURE;
        }
        // The sound program is asked about every piece.
        if said.failure.is_some() && version.is_some() {
            break;
        }
    }
    ExitCode::SUCCESS
}

/// A worker, and what it says.
struct Worker {
    child: Child,
    said: Receiver<Said>,
}

impl Worker {
    fn start(args: &Args, version: Option<Version>, pieces: &[usize]) -> std::io::Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["--worker", "--histories", &args.histories.to_string()])
            .args(version.map(Version::name))
            .args(pieces.iter().flat_map(|piece| ["--piece".to_owned(), piece.to_string()]))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let (send, said) = channel();
        if let Some(lines) = child.stdout.take() {
            std::thread::spawn(move || {
                for line in BufReader::new(lines).lines().map_while(Result::ok) {
                    if serde_json::from_str(&line).is_ok_and(|said| send.send(said).is_err()) {
                        return;
                    }
                }
            });
        }
        Ok(Self { child, said })
    }

    /// Listens until something is found, or everything was played.
    fn until_found(&mut self, pieces: usize, patience: Duration) -> Option<(usize, String)> {
        let mut next = 0;
        let found = loop {
            match self.said.recv_timeout(patience) {
                Ok(Said { piece, failure: Some(failure) }) => break Some((piece, failure)),
                Ok(Said { piece, failure: None }) => next = piece + 1,
                Err(RecvTimeoutError::Timeout) => break Some((next, "it hangs".into())),
                Err(RecvTimeoutError::Disconnected) => {
                    break (next < pieces).then(|| (next, "the whole program fell over".into()));
                }
            }
        };
        let _ = self.child.kill();
        let _ = self.child.wait();
        found
    }
}

fn campaign(args: &Args, versions: &[Version]) -> ExitCode {
    let began = Instant::now();
    let pieces = Piece::all(args.histories);
    let patience = Duration::from_secs(args.patience);
    let left = Mutex::new(versions.iter());
    let caught = Mutex::new((0_usize, BTreeSet::new()));
    std::thread::scope(|scope| {
        for _ in 0..args.jobs {
            scope.spawn(|| {
                loop {
                    let next = left.lock().unwrap_or_else(PoisonError::into_inner).next().copied();
                    let Some(version) = next else { return };
                    let found = match Worker::start(args, Some(version), &[]) {
                        Ok(mut worker) => worker.until_found(pieces.len(), patience),
                        Err(error) => {
                            eprintln!("a process cannot be started: {error}");
                            None
                        }
                    };
                    let (name, breaks) = (version.name(), version.breaks());
                    let mut caught = caught.lock().unwrap_or_else(PoisonError::into_inner);
                    match found.and_then(|(place, failure)| Some((place, *pieces.get(place)?, failure))) {
                        Some((place, piece, failure)) => {
                            caught.0 += 1;
                            caught.1.insert(place);
                            println!("{name}: {breaks}. Caught by {}: {failure}", piece.name(place));
                        }
                        None => println!("{name}: {breaks}. NOT CAUGHT in {} histories", args.histories),
                    }
                }
            });
        }
    });
    let (caught, by) = caught.into_inner().unwrap_or_else(PoisonError::into_inner);
    let sound = is_sound(args, &by.into_iter().collect::<Vec<_>>(), patience);
    println!("{} versions in {} s", versions.len(), began.elapsed().as_secs());
    println!("{}", serde_json::json!({ "versions": versions.len(), "caught": caught }));
    if sound && caught == versions.len() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Whether the sound program passes every piece that caught something.
fn is_sound(args: &Args, by: &[usize], patience: Duration) -> bool {
    let mut sound = true;
    let mut workers: Vec<Worker> = by
        .chunks(by.len().div_ceil(args.jobs).max(1))
        .filter_map(|some| Worker::start(args, None, some).ok())
        .collect();
    let mut played = 0;
    for worker in &mut workers {
        loop {
            match worker.said.recv_timeout(patience) {
                Ok(Said { failure: None, .. }) => played += 1,
                Ok(Said { failure: Some(failure), .. }) => {
                    println!("the sound program fails as well: {failure}");
                    sound = false;
                    played += 1;
                }
                Err(_) => break,
            }
        }
        let _ = worker.child.kill();
        let _ = worker.child.wait();
    }
    println!("The sound program passes the {played} pieces that caught something: {sound}");
    sound && played == by.len()
}
