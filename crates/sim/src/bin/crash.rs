//! `crash`: cuts the power of a desk, everywhere and at random; the last line is a JSON object.

use clap::Parser;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;
use turndown_sim::crash::{Cuts, at_random, be_a_victim, every_point, kill_for_real};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Cuts the power of a desk at every change of every command, and then at random.
#[derive(Debug, Parser)]
#[command(name = "crash")]
struct Args {
    /// Seeds for every point and model.
    #[arg(long, default_value_t = 1)]
    seeds: u64,
    /// Random cuts.
    #[arg(long, default_value_t = 2_000)]
    cuts: u64,
    /// Real processes to kill on the machine's own disk.
    #[arg(long, default_value_t = 20)]
    kills: u64,
    /// Processes.
    #[arg(long, default_value_t = 2)]
    jobs: u64,
    /// The first seed.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// One of several processes.
    #[arg(long, hide = true)]
    worker: Option<u64>,
    /// One to be killed; the number of its first action.
    #[arg(long, hide = true)]
    victim: Option<u64>,
    /// Where the victim works.
    #[arg(long, hide = true)]
    folder: Option<PathBuf>,
}

/// Cuts of one seed of the random campaign.
const ROUNDS: u64 = 500;

fn main() -> ExitCode {
    let args = Args::parse();
    if let (Some(from), Some(folder)) = (args.victim, &args.folder) {
        return match be_a_victim(folder, from) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{error}");
                ExitCode::FAILURE
            }
        };
    }
    match args.worker {
        Some(worker) => work(&args, worker),
        None => campaign(&args),
    }
}

fn say(cuts: Result<Cuts, String>) -> bool {
    let cuts = cuts.unwrap_or_else(|error| Cuts { broken: 1, failures: vec![error], ..Cuts::default() });
    let Ok(line) = serde_json::to_string(&cuts) else { return false };
    let mut out = std::io::stdout();
    writeln!(out, "{line}").and_then(|()| out.flush()).is_ok()
}

fn work(args: &Args, worker: u64) -> ExitCode {
    for seed in (args.from..args.from + args.seeds).filter(|seed| seed % args.jobs == worker) {
        if !say(every_point(seed)) {
            return ExitCode::SUCCESS;
        }
    }
    for part in (0..args.cuts.div_ceil(ROUNDS)).filter(|part| part % args.jobs == worker) {
        if !say(at_random(args.from + part, ROUNDS.min(args.cuts - part * ROUNDS))) {
            return ExitCode::SUCCESS;
        }
    }
    let kills = args.kills / args.jobs + u64::from(worker < args.kills % args.jobs);
    if kills > 0 {
        let killed = std::env::current_exe()
            .map_err(|error| error.to_string())
            .and_then(|program| kill_for_real(&program, kills, args.from + worker));
        say(killed);
    }
    ExitCode::SUCCESS
}

fn campaign(args: &Args) -> ExitCode {
    let began = Instant::now();
    let Ok(program) = std::env::current_exe() else { return ExitCode::FAILURE };
    let (send, receive) = std::sync::mpsc::channel::<Cuts>();
    let mut children = vec![];
    for worker in 0..args.jobs {
        let told = [
            ("--worker", worker),
            ("--jobs", args.jobs),
            ("--seeds", args.seeds),
            ("--cuts", args.cuts),
            ("--kills", args.kills),
            ("--from", args.from),
        ];
        let told = told.into_iter().flat_map(|(name, value)| [name.to_owned(), value.to_string()]);
        let Ok(mut child) = Command::new(&program).args(told).stdout(Stdio::piped()).spawn() else {
            return ExitCode::FAILURE;
        };
        let Some(lines) = child.stdout.take() else { return ExitCode::FAILURE };
        let send = send.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(lines).lines().map_while(Result::ok) {
                let cuts = serde_json::from_str(&line).unwrap_or_else(|error| Cuts {
                    failures: vec![format!("a line of a worker cannot be read: {error}")],
                    ..Cuts::default()
                });
                if send.send(cuts).is_err() {
                    return;
                }
            }
        });
        children.push(child);
    }
    drop(send);
    let mut all = Cuts::default();
    let mut told = Instant::now();
    while let Ok(cuts) = receive.recv() {
        for failure in cuts.failures.iter().take(5) {
            println!("{failure}");
        }
        all.add(cuts);
        if told.elapsed().as_secs() >= 5 {
            told = Instant::now();
            println!(
                "{:>5} s  {} power cuts, {} actions saved; lost {}, half {}, broken {}",
                began.elapsed().as_secs(),
                all.cuts,
                all.saved,
                all.lost,
                all.half,
                all.broken
            );
        }
    }
    let mut ended_well = true;
    for mut child in children {
        ended_well &= child.wait().is_ok_and(|status| status.success());
    }
    println!("{} power cuts in {} s", all.cuts, began.elapsed().as_secs());
    let clean = all.is_clean() && ended_well;
    all.failures.clear();
    println!("{}", serde_json::json!(all));
    if clean { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
