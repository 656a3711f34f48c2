//! `sim`: plays histories and prints what they came to; the last line is a JSON object.

mod sittings;

use clap::Parser;
use serde_json::json;
use sittings::{Played, Sittings};
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, Stdio};
use std::time::{Duration, Instant};
use turndown_sim::world::{Plan, Tally, play};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Plays simulated days of desks, service, network, disks, clocks and people.
#[derive(Debug, Parser)]
#[command(name = "sim")]
struct Args {
    /// Stop after this many desk-days.
    #[arg(long)]
    days: Option<u64>,
    /// Stop after this many histories.
    #[arg(long)]
    histories: Option<u64>,
    /// Stop after this many seconds.
    #[arg(long)]
    seconds: Option<u64>,
    /// Play this one seed, and print what happens.
    #[arg(long)]
    seed: Option<u64>,
    /// With `--seed`: give its first desk a database of over 1 GB.
    #[arg(long, requires = "seed")]
    large: bool,
    /// The first seed of a campaign.
    #[arg(long, default_value_t = 1)]
    from: u64,
    /// Keep each history in this file, and go on behind those that it has.
    #[arg(long)]
    sittings: Option<PathBuf>,
    /// The campaign's first seed, for one of several processes.
    #[arg(long, default_value_t = 1, hide = true)]
    base: u64,
    /// Every which seed.
    #[arg(long, default_value_t = 1, hide = true)]
    step: u64,
    /// Processes to play in.
    #[arg(long, default_value_t = 2)]
    jobs: u64,
    /// One of several processes: a line of JSON for each history.
    #[arg(long, hide = true)]
    worker: bool,
}

fn main() -> ExitCode {
    let args = Args::parse();
    if let Some(seed) = args.seed {
        return one(seed, args.large);
    }
    if args.worker { work(&args) } else { campaign(&args) }
}

fn one(seed: u64, large: bool) -> ExitCode {
    // What the program says itself is asked for by RUST_LOG; a fault that the world made is no news here.
    let filter = tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "off".into());
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).without_time().init();
    let plan = Plan::draw(seed, None);
    let plan = if large { plan.made_large() } else { plan };
    eprintln!("{plan:?}");
    finish(&play(&plan))
}

/// Plays seed after seed until it is told to stop by a closed pipe.
fn work(args: &Args) -> ExitCode {
    let mut out = std::io::stdout();
    let seeds = args.from..args.histories.map_or(u64::MAX, |most| args.base + most);
    for seed in seeds.step_by(usize::try_from(args.step).unwrap_or(1)) {
        let tally = play(&Plan::draw(seed, None));
        let Ok(line) = serde_json::to_string(&Played { seed, tally }) else { return ExitCode::FAILURE };
        if writeln!(out, "{line}").and_then(|()| out.flush()).is_err() {
            return ExitCode::SUCCESS;
        }
    }
    ExitCode::SUCCESS
}

fn campaign(args: &Args) -> ExitCode {
    let endless = args.days.is_none() && args.histories.is_none();
    let seconds = args.seconds.or(if endless { Some(60) } else { None }).map(Duration::from_secs);
    let mut all = Tally::default();
    let mut next: Vec<u64> = (0..args.jobs).map(|job| args.from + job).collect();
    let mut sittings = None;
    if let Some(path) = &args.sittings {
        match Sittings::open(path, args.from, args.jobs) {
            Ok((file, before)) => {
                sittings = Some(file);
                for Played { seed, tally } in before {
                    // Each worker plays its own seeds one after the other.
                    for next in next.iter_mut().filter(|next| **next == seed) {
                        *next += args.jobs;
                    }
                    all.add(tally);
                }
            }
            Err(why) => {
                eprintln!("{why}");
                return ExitCode::FAILURE;
            }
        }
    }
    let began = Instant::now();
    let (send, receive) = std::sync::mpsc::channel::<Played>();
    let Ok(program) = std::env::current_exe() else { return ExitCode::FAILURE };
    let mut children = vec![];
    for next in next {
        let child = Command::new(&program)
            .args(["--worker", "--from", &next.to_string(), "--step", &args.jobs.to_string()])
            .args(["--base", &args.from.to_string()])
            .args(args.histories.iter().flat_map(|most| ["--histories".to_owned(), most.to_string()]))
            .stdout(Stdio::piped())
            .spawn();
        let Ok(mut child) = child else { return ExitCode::FAILURE };
        let Some(lines) = child.stdout.take() else { return ExitCode::FAILURE };
        let send = send.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(lines).lines().map_while(Result::ok) {
                match serde_json::from_str(&line) {
                    Ok(played) => {
                        if send.send(played).is_err() {
                            return;
                        }
                    }
                    Err(error) => eprintln!("a line of a worker cannot be read: {error}"),
                }
            }
        });
        children.push(child);
    }
    drop(send);
    let mut told = Instant::now();
    while let Ok(played) = receive.recv() {
        for failure in &played.tally.failures {
            println!("{failure}");
        }
        if let Some(Err(error)) = sittings.as_mut().map(|sittings| sittings.keep(&played)) {
            eprintln!("a history could not be kept: {error}");
            stop(children);
            return ExitCode::FAILURE;
        }
        all.add(played.tally);
        if told.elapsed() > Duration::from_secs(5) {
            told = Instant::now();
            println!(
                "{:>5} s  {} desk-days, {} histories, {} saved, {} cuts, {} network faults; lost {}, doubled {}, stuck {}, audit {}, failed histories {}",
                began.elapsed().as_secs(),
                all.desk_days,
                all.histories,
                all.recorded,
                all.desk_cuts + all.server_cuts,
                all.network_faults,
                all.lost,
                all.doubled,
                all.stuck,
                all.audit_mismatch,
                all.failed
            );
        }
        let enough = args.days.is_some_and(|days| all.desk_days >= days);
        if enough || seconds.is_some_and(|most| began.elapsed() >= most) {
            break;
        }
    }
    drop(receive);
    stop(children);
    println!(
        "{} histories, the last of them in {} s; a failing seed is played again by `make sim SEED=n`",
        all.histories,
        began.elapsed().as_secs()
    );
    finish(&all)
}

/// Workers are told by their closed pipes as well; this only ends the history that nobody will read.
fn stop(children: Vec<Child>) {
    for mut child in children {
        let _ = child.kill();
        let _ = child.wait();
    }
}

fn finish(tally: &Tally) -> ExitCode {
    for failure in &tally.failures {
        eprintln!("{failure}");
    }
    let mut line = json!(tally);
    if let Some(line) = line.as_object_mut() {
        line.remove("failures");
    }
    println!("{line}");
    if tally.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
