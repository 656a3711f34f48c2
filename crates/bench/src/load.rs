//! `bench load`: a chain's desks on several service processes that share one PostgreSQL, behind a balancer.
//!
//! Everything is real: the desks are the product's engine and link, each with its database on the disk; the services are
//! the program that ships, each a process of its own; the balancer has the settings of `deploy/haproxy.cfg`. Desks and
//! services share this machine's processors, so that the figures are those of both together.
//!
//! What is asked of it: every event that a desk recorded is acknowledged, is in the service's trail once, and the trail is
//! whole. No figure of time fails it.

mod desks;
mod services;
mod trail;

use crate::figures::Figures;
use clap::Args;
use desks::Desks;
use services::{Counted, Services};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;
use trail::Account;
use turndown_service::env::SystemEnvironment;
use turndown_service::store::Import;
use turndown_service::store::postgres::{Admin, Server};

/// So long nothing was acknowledged: it ends the run, and measures nothing.
const STUCK: Duration = Duration::from_secs(300);
/// Rooms of each hotel; its desks share them out.
const ROOMS: usize = 250;

/// What a load is made of.
#[derive(Debug, Args)]
pub struct Load {
    /// The database, as the role of the services. Its tables are there, and no hotel.
    #[arg(long, env = "TURNDOWN_POSTGRES", hide_env_values = true)]
    postgres: String,
    /// The service's program.
    #[arg(long)]
    service: PathBuf,
    /// The balancer's settings.
    #[arg(long, default_value = "deploy/haproxy.cfg")]
    balancer: PathBuf,
    /// How many hotels share the desks.
    #[arg(long, default_value_t = 40)]
    hotels: usize,
    /// How many desks there are.
    #[arg(long, default_value_t = 200)]
    desks: usize,
    /// How many events wait at each of them.
    #[arg(long, default_value_t = 2_000)]
    events: usize,
    /// How many events an hour there are in the steady state, at all desks together.
    #[arg(long, default_value_t = 40_000)]
    events_an_hour: u32,
    /// How long the steady state goes on, in seconds.
    #[arg(long, default_value_t = 300)]
    steady_s: u64,
    /// Where to make the desks' databases: on a disk, not in memory. They are removed again.
    #[arg(long, default_value = ".")]
    folder: PathBuf,
}

/// A part of the run: what arrived, how long it took, and what the services counted meanwhile.
struct Part {
    acknowledged: usize,
    took: Duration,
    counted: Counted,
    account: Account,
}

/// Runs all three parts, prints what they came to, and answers whether everything arrived once.
pub fn run(load: &Load) -> bool {
    std::fs::create_dir_all(&load.folder).expect("a folder");
    let folder = tempfile::tempdir_in(&load.folder).expect("a folder");
    let runtime = Runtime::new().expect("threads");
    runtime.block_on(in_parts(load, folder.path()))
}

async fn in_parts(load: &Load, folder: &Path) -> bool {
    let hotels = make_hotels(load).await;
    let mut services = Services::start(load, folder).await;
    println!("{} hotels of {ROOMS} rooms, three services behind {}", hotels.len(), services.url);
    let mut desks = Desks::open(load, folder, &hotels, &services.url).await;

    let storm = waiting_at_once(load, &mut desks, &mut services, &hotels, false).await;
    let (steady, waits) = steady(load, &mut desks, &mut services, &hotels).await;
    let killed = waiting_at_once(load, &mut desks, &mut services, &hotels, true).await;
    services.stop().await;

    let mut figures = Figures::default();
    let sum = load.desks * load.events;
    storm.tell(&mut figures, ["acknowledged", "lost", "doubled", "seconds", "p99_ms", "rejected_with_retry_after"]);
    figures.shown("events_per_s", per_second(&storm), "events acknowledged a second");
    figures.at_most("steady_p99_ms", steady.counted.batch_ms(99.0), 50.0, "steady: a batch on the service, p99, ms");
    figures.shown("steady_acknowledged", number(steady.acknowledged), "steady: events acknowledged");
    figures.shown("steady_lost", number(steady.account.lost), "steady: acknowledged and not in the trail");
    figures.shown("steady_doubled", number(steady.account.doubled), "steady: in the trail more than once");
    figures.shown("steady_saved_to_acknowledged_p99_ms", waits.ms(99.0), "steady: saved to acknowledged, p99, ms");
    let names = [
        "killed_acknowledged",
        "killed_lost",
        "killed_doubled",
        "killed_seconds",
        "killed_p99_ms",
        "killed_rejected_with_retry_after",
    ];
    killed.tell(&mut figures, names);
    figures.print();
    println!("{}", figures.json());
    let whole = |part: &Part| part.account.lost == 0 && part.account.doubled == 0;
    [&storm, &steady, &killed].into_iter().all(whole) && storm.acknowledged == sum && killed.acknowledged == sum
}

impl Part {
    fn tell(&self, figures: &mut Figures, [acknowledged, lost, doubled, seconds, p99, rejected]: [&'static str; 6]) {
        figures.shown(acknowledged, number(self.acknowledged), "events acknowledged");
        figures.at_most(lost, number(self.account.lost), 0.0, "acknowledged and not in the trail");
        figures.at_most(doubled, number(self.account.doubled), 0.0, "in the trail more than once");
        figures.shown(seconds, self.took.as_secs_f64(), "seconds from the first request to the last acknowledgement");
        figures.shown(p99, self.counted.batch_ms(99.0), "a batch on the service, p99, ms");
        figures.shown(rejected, number(self.counted.told_to_wait), "requests told to come again, with Retry-After");
    }
}

async fn make_hotels(load: &Load) -> Vec<String> {
    let server = Server::parse(&load.postgres).expect("an address");
    let admin = Admin::beside(server).await.expect("the database would do");
    let mut hotels = vec![];
    for n in 0..load.hotels {
        let name = format!("hotel-{n:03}");
        let (book, entities) = crate::house::hotel_named(&name, ROOMS);
        admin.import(&SystemEnvironment, &Import { book, entities }, false).await.expect("it is imported");
        hotels.push(name);
    }
    hotels
}

/// Every desk has been away and comes back at the same moment. With `kill` a service dies as soon as a quarter has arrived.
async fn waiting_at_once(
    load: &Load,
    desks: &mut Desks,
    services: &mut Services,
    hotels: &[String],
    kill: bool,
) -> Part {
    let what = if kill { ", and one service is killed in the middle" } else { "" };
    println!("\n{} desks with {} events each come back at once{what}", load.desks, load.events);
    let recording = Instant::now();
    desks.record_each(load.events).await;
    println!("  recorded in {:.0} s", recording.elapsed().as_secs_f64());
    let (mut counted, mut before) = (Counted::default(), services.counted().await);
    let began = Instant::now();
    desks.connect();
    let (all, mut killed, mut told) = (load.desks * load.events, false, Instant::now());
    let mut moved = (all, Instant::now());
    loop {
        let waiting = desks.waiting().await;
        if waiting < moved.0 {
            moved = (waiting, Instant::now());
        }
        assert!(moved.1.elapsed() < STUCK, "{waiting} events wait, and nothing was acknowledged for {STUCK:?}");
        if waiting == 0 && killed == kill {
            break;
        }
        if told.elapsed() > Duration::from_secs(10) {
            told = Instant::now();
            println!("{:>6.0} s  {} of {all} acknowledged", began.elapsed().as_secs_f64(), all - waiting);
        }
        if kill && !killed && waiting < all - all / 4 {
            // What it counted until now goes with it.
            counted.add(&services.counted().await.since(&before));
            services.kill_one();
            before = services.counted().await;
            killed = true;
            println!("{:>6.0} s  a service is killed", began.elapsed().as_secs_f64());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let took = began.elapsed();
    counted.add(&services.counted().await.since(&before));
    desks.disconnect().await;
    let account = trail::account(desks, hotels, &services.url).await;
    Part { acknowledged: account.acknowledged, took, counted, account }
}

/// Every desk is connected, and now and then somebody records something.
async fn steady(
    load: &Load,
    desks: &mut Desks,
    services: &mut Services,
    hotels: &[String],
) -> (Part, crate::times::Times) {
    println!("\n{} events an hour for {} s", load.events_an_hour, load.steady_s);
    desks.connect();
    desks.are_calm().await;
    let before = services.counted().await;
    let began = Instant::now();
    let every = Duration::from_secs(3600) / load.events_an_hour;
    let waits = desks.record_in_turn(every, Duration::from_secs(load.steady_s)).await;
    let took = began.elapsed();
    let counted = services.counted().await.since(&before);
    desks.disconnect().await;
    let account = trail::account(desks, hotels, &services.url).await;
    (Part { acknowledged: account.acknowledged, took, counted, account }, waits)
}

fn per_second(part: &Part) -> f64 {
    number(part.acknowledged) / part.took.as_secs_f64()
}

#[expect(clippy::cast_precision_loss, reason = "far fewer than a float can count")]
fn number(count: impl TryInto<u64>) -> f64 {
    count.try_into().unwrap_or(u64::MAX) as f64
}
