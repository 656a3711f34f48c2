//! `bench`: what the engine takes, beside its baselines in the same run on the same disk.
//!
//! Nothing fails on a figure: each is printed beside the bar that DESIGN sets for it, in plain words, and the last line
//! is one JSON object. What does fail is a backlog that does not arrive whole.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "what cannot go on here has failed, and says where")]

mod audit;
mod backlog;
mod day;
mod figures;
mod flush;
mod house;
mod load;
mod record;
mod repair;
mod times;
mod weak_link;

use clap::{Parser, Subcommand};
use figures::Figures;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;
use turndown_sync::SyncConfig;
use weak_link::WeakLink;

/// Measures the engine, beside its baselines.
#[derive(Debug, Parser)]
#[command(name = "bench")]
struct Args {
    /// A few of everything, to see that it runs; its figures say nothing.
    #[arg(long)]
    short: bool,
    /// Only these parts.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Where to make the databases: on a disk, not in memory. They are removed again.
    #[arg(long, default_value = ".")]
    folder: PathBuf,
    #[command(subcommand)]
    role: Option<Role>,
}

#[derive(Debug, Subcommand)]
enum Role {
    /// The desk whose memory is measured.
    #[command(hide = true)]
    Send { desk: PathBuf, address: String, token: String, property_id: String, store_id: String },
    /// The desk whose repair is measured.
    #[command(hide = true)]
    Repair { desk: PathBuf, entries: u64 },
    /// A chain's desks on three services that share one PostgreSQL: `scripts/load.sh` runs it beside a server of its own.
    Load(load::Load),
}

fn main() -> ExitCode {
    let args = Args::parse();
    match args.role {
        Some(Role::Send { desk, address, token, property_id, store_id }) => {
            backlog::send(&desk, SyncConfig { address, token: token.into(), property_id, store_id });
        }
        Some(Role::Repair { desk, entries }) => repair::open(&desk, entries),
        Some(Role::Load(load)) => return if load::run(&load) { ExitCode::SUCCESS } else { ExitCode::FAILURE },
        None => {
            std::fs::create_dir_all(&args.folder).expect("a folder");
            let figures = run(&args);
            figures.print();
            println!("{}", figures.json());
        }
    }
    ExitCode::SUCCESS
}

fn run(args: &Args) -> Figures {
    let mut figures = Figures::default();
    let size = |whole: usize, short: usize| if args.short { short } else { whole };
    let mut part = |name: &str, measure: &dyn Fn(&Path, &mut Figures)| {
        if args.only.is_empty() || args.only.iter().any(|only| only == name) {
            let folder = tempfile::tempdir_in(&args.folder).expect("a folder");
            println!("\n{name} (load {})", load());
            measure(folder.path(), &mut figures);
        }
    };
    part("record", &|folder, figures| record::one_action(folder, figures, size(4_000, 60)));
    part("flushing", &|folder, figures| record::while_flushing(folder, figures, size(10_000, 400), size(10, 1)));
    part("flush", &|folder, figures| flush::on_loopback(folder, figures, size(50_000, 400), size(5, 1)));
    part("backlog", &|folder, figures| backlog::memory(folder, figures, size(100_000, 400)));
    part("audit", &|folder, figures| audit::verification(folder, figures, size(1_000_000, 1_000)));
    part("long", &|folder, figures| audit::long_backlog(folder, figures, size(400_000, 1_000)));
    part("day", &|folder, figures| day::begins(folder, figures, size(5_000, 50)));
    part("repair", &|folder, figures| repair::long_record(folder, figures, size(400_000, 1_000)));
    let rate = if args.short { 64 } else { 1 };
    let link =
        WeakLink { round_trip: Duration::from_millis(200) / rate, loss_percent: 2.0, bits_per_s: 256_000 * rate };
    part("weak-link", &|folder, figures| {
        flush::over_a_weak_link(folder, figures, link, size(2_300, 100), size(20, 2));
    });
    figures
}

/// How busy the machine is with everything: a figure taken beside other work says less.
fn load() -> String {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split_whitespace().next().unwrap_or("unknown").to_owned()
}
