//! `hardship`: the real programs on a real disk and real sockets, and everything that a test can do to them there. A
//! headless desk and the service are killed with `kill -9` in the middle of what they do; `strace` makes their disk
//! answer with EIO and ENOSPC; a disk is full; a relay between them loses, cuts, doubles and delays. After every house
//! everything is healed, and both sides have to hold the same, once and in order. The last line is a JSON object.
//!
//! What falls between two instructions is the machine's business, so a seed repeats what is done and not when it hits.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "what fails here has to fail the house that it happens in, with its message"
)]

use clap::Parser;
use fastrand::Rng;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use turndown_app::dto::{Phase, Tile};
use turndown_domain::{Action, Role};
use turndown_gates::journey::{complete, start, workable};
use turndown_gates::roles::{on_a_small_disk, with_disk_errors};
use turndown_gates::{DEADLINE, Desk, Fault, Journey, Relay, Service, check, eventually, intent};

/// Kills and starves the real programs.
#[derive(Debug, Parser)]
#[command(name = "hardship")]
struct Args {
    /// Processes to kill.
    #[arg(long, default_value_t = 200)]
    kills: u64,
    /// The first house's seed.
    #[arg(long, default_value_t = 1)]
    from: u64,
    /// Houses at a time.
    #[arg(long, default_value_t = 2)]
    jobs: u64,
}

/// Kills in one house, before it is healed and looked at.
const KILLS_A_HOUSE: u64 = 25;
/// One house in so many has a disk that fills up.
const SMALL_DISKS: u64 = 8;

/// What was done and what came of it.
#[derive(Debug, Default)]
struct Account {
    saved: u64,
    refused: u64,
    kinds: BTreeMap<String, u64>,
}

impl Account {
    fn count(&mut self, kind: &str) {
        *self.kinds.entry(kind.to_owned()).or_default() += 1;
    }

    fn add(&mut self, other: Self) {
        self.saved += other.saved;
        self.refused += other.refused;
        for (kind, times) in other.kinds {
            *self.kinds.entry(kind).or_default() += times;
        }
    }
}

fn main() -> ExitCode {
    // The desk and the service are roles of a program that is built beside this one.
    let args = Args::parse();
    let began = Instant::now();
    let (killed, house) = (AtomicU64::new(0), AtomicU64::new(args.from));
    let whole: Mutex<(Account, Vec<String>, u64)> = Mutex::default();
    std::thread::scope(|scope| {
        for _ in 0..args.jobs.max(1) {
            scope.spawn(|| {
                while killed.fetch_add(KILLS_A_HOUSE, Ordering::Relaxed) < args.kills {
                    let seed = house.fetch_add(1, Ordering::Relaxed);
                    let mut account = Account::default();
                    let lived = catch_unwind(AssertUnwindSafe(|| live(seed, &mut account)));
                    let mut whole = whole.lock().expect("nobody fails while counting");
                    whole.0.add(account);
                    whole.2 += 1;
                    if let Err(why) = lived {
                        let why = why.downcast_ref::<String>().cloned().unwrap_or_else(|| "it failed".into());
                        println!("house {seed}: {why}");
                        whole.1.push(format!("house {seed}"));
                    }
                    let kills = whole.0.kinds.get("desk_killed").unwrap_or(&0)
                        + whole.0.kinds.get("service_killed").unwrap_or(&0);
                    println!(
                        "{:>5} s  {} houses, {kills} kills, {} saved, {} refused; {} failed",
                        began.elapsed().as_secs(),
                        whole.2,
                        whole.0.saved,
                        whole.0.refused,
                        whole.1.len()
                    );
                }
            });
        }
    });
    let (account, failed, houses) = whole.into_inner().expect("nobody fails while counting");
    for house in &failed {
        println!("{house} failed; `hardship --from N --kills 1` does the same to it again");
    }
    let of = |kind: &str| account.kinds.get(kind).copied().unwrap_or(0);
    let kills = of("desk_killed") + of("service_killed");
    println!(
        "{}",
        json!({ "houses": houses, "kills": kills, "saved": account.saved, "refused": account.refused,
            "kinds": account.kinds, "failed": failed.len() })
    );
    if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn live(seed: u64, account: &mut Account) {
    if seed.is_multiple_of(SMALL_DISKS) { full_disk(seed, account) } else { killed(seed, account) }
}

/// What this house's people did, as they know it.
#[derive(Default)]
struct Told {
    saved: BTreeSet<String>,
    /// The desk said that these were not saved.
    unsaved: BTreeSet<String>,
    /// Asked for, and never answered.
    unheard: Vec<(String, String, Action)>,
}

impl Told {
    fn hear(&mut self, intent: &str, answer: Result<(), String>, account: &mut Account) {
        match answer {
            Ok(()) => {
                account.saved += 1;
                self.saved.insert(intent.to_owned());
            }
            Err(code) => {
                account.refused += 1;
                account.count(&format!("refused_{}", code.to_lowercase()));
                if code != "SAVE_UNSURE" {
                    self.unsaved.insert(intent.to_owned());
                }
            }
        }
    }

    /// What was called saved is in the record, and nothing that was said not to be.
    fn holds(&self, desk: &mut Desk) {
        let held: BTreeSet<String> = desk.trail().into_iter().map(|entry| entry.event.event_id.to_string()).collect();
        let lost: Vec<&String> = self.saved.difference(&held).collect();
        assert!(lost.is_empty(), "called saved and gone: {lost:?}");
        let there: Vec<&String> = self.unsaved.intersection(&held).collect();
        assert!(there.is_empty(), "said not to be saved, and there: {there:?}");
    }
}

fn something(rng: &mut Rng, tile: &Tile) -> Action {
    let task = &tile.task_id;
    match rng.u8(..10) {
        0 => start(task),
        1 => complete(task),
        2 => Action::Pause { task: task.clone() },
        3 => Action::Resume { task: task.clone() },
        _ => Action::Note { text: Some(format!("note {}", rng.u32(..))) },
    }
}

/// A house whose programs are killed again and again, on a disk and a network that fail now and then.
fn killed(seed: u64, account: &mut Account) {
    let mut rng = Rng::with_seed(seed);
    let mut journey = Journey::small();
    let tiles = journey.workable();
    let mut told = Told::default();
    let mut kills = 0;
    while kills < KILLS_A_HOUSE {
        let sound = restart_desk(&mut rng, &mut journey.desk, account);
        let answers = network(&mut rng, &mut journey.relay, account);
        if sound && answers {
            works_on(&mut journey.desk, &mut journey.relay, account);
        }
        if sound {
            told.holds(&mut journey.desk);
            // The screen asks again for what it never heard about (A1).
            for (intent, room, action) in std::mem::take(&mut told.unheard) {
                let answer = journey.desk.act_as(&intent, &room, action);
                told.hear(&intent, answer.map(|_| ()).map_err(|error| error.code), account);
            }
        }
        burst(&mut rng, &mut journey.desk, &tiles, &mut told, account);
        if rng.u8(..4) != 0 {
            journey.desk.kill();
            account.count("desk_killed");
            kills += 1;
        }
        if rng.u8(..4) == 0 {
            journey.service.kill();
            account.count("service_killed");
            kills += 1;
            restart_service(&mut rng, &mut journey.service, account);
        }
    }
    journey.relay.calm();
    journey.relay.set_portal(false);
    journey.relay.restore();
    // On a sound disk from here on.
    restart_sound_service(&mut journey.service);
    restart_sound(&mut journey.desk);
    told.holds(&mut journey.desk);
    journey.desk.wait_drained();
    for _ in journey.relay.deliver_late_copies() {
        account.count("late_copy");
    }
    for seen in journey.relay.seen() {
        account.count(&format!("network_{:?}", seen.fault).to_lowercase());
    }
    journey.all_is_well();
}

/// Starts the desk, sometimes on a disk that fails. Answers whether it is sound.
fn restart_desk(rng: &mut Rng, desk: &mut Desk, account: &mut Account) -> bool {
    let failing = (rng.u8(..4) == 0).then(|| with_disk_errors("desk", rng)).flatten();
    let Some((command, kind)) = failing else {
        restart_sound(desk);
        return true;
    };
    account.count(&format!("desk_{kind}"));
    desk.kill();
    desk.restart_through(command);
    false
}

/// A desk under `strace` dies a moment after `strace` was killed; until then its folder is taken, and another says so.
fn restart_sound(desk: &mut Desk) {
    eventually("the desk that was killed is gone", || {
        desk.kill();
        desk.restart();
        let asked: Result<serde_json::Value, _> = desk.ask("install", json!({}));
        asked.map_or_else(|error| error.code != "ALREADY_RUNNING", |_| true).then_some(())
    });
}

fn restart_service(rng: &mut Rng, service: &mut Service, account: &mut Account) {
    if let Some((command, kind)) = (rng.u8(..4) == 0).then(|| with_disk_errors("service", rng)).flatten() {
        account.count(&format!("service_{kind}"));
        if service.try_restart_through(command) {
            return;
        }
        // It said that it cannot start, as it should; its operator starts it again.
        account.count("service_did_not_start");
    }
    restart_sound_service(service);
}

fn restart_sound_service(service: &mut Service) {
    eventually("the service that was killed is gone, and another starts", || service.try_restart().then_some(()));
}

/// A desk that was repaired before it had a backup takes its rooms from the service anew, and asks who works.
fn works_on(desk: &mut Desk, relay: &mut Relay, account: &mut Account) {
    if desk.state().phase == Phase::Loading {
        account.count("loaded_anew");
        desk.wait_for("its rooms are loaded", |desk| {
            // One of the faults cuts it in the middle.
            if relay.is_cut() {
                relay.restore();
            }
            desk.sync_now();
            desk.state().phase != Phase::Loading
        });
    }
    if desk.state().phase == Phase::ChoosePerson {
        let lead = desk.person(Role::Lead);
        desk.choose(&lead);
        account.count("asked_who_works");
    }
}

/// What the network does next. Answers whether the service is reached at all.
fn network(rng: &mut Rng, relay: &mut Relay, account: &mut Account) -> bool {
    let reached = match rng.u8(..8) {
        0 => {
            relay.cut();
            account.count("network_gone");
            false
        }
        1 => {
            relay.set_portal(true);
            account.count("network_all_portal");
            false
        }
        _ => {
            relay.set_portal(false);
            if relay.is_cut() {
                relay.restore();
            }
            true
        }
    };
    let faults = [
        Fault::LoseAnswer,
        Fault::CutAnswer,
        Fault::Twice,
        Fault::Keep,
        Fault::LoseRequest,
        Fault::CutNetwork,
        Fault::Portal,
        Fault::Busy,
        Fault::Pass,
    ];
    let next: Vec<Fault> = (0..rng.usize(..5)).map(|_| faults[rng.usize(..faults.len())]).collect();
    relay.next(&next);
    reached
}

/// Some actions without waiting for their answers, then those of some of them, so that the kill that follows falls
/// anywhere.
fn burst(rng: &mut Rng, desk: &mut Desk, tiles: &[Tile], told: &mut Told, account: &mut Account) {
    let mut begun: BTreeMap<u64, (String, String, Action)> = BTreeMap::new();
    for _ in 0..rng.u32(2..20) {
        let tile = &tiles[rng.usize(..tiles.len())];
        let (intent, action) = (intent(), something(rng, tile));
        if let Some(id) = desk.begin_act(&intent, &tile.room_id.0, action.clone()) {
            begun.insert(id, (intent, tile.room_id.0.clone(), action));
        }
    }
    let answers = rng.usize(..=begun.len());
    let mut hear = |desk: &mut Desk, begun: &mut BTreeMap<u64, (String, String, Action)>, within: Duration| {
        let Some((id, answer)) = desk.hear(within) else { return false };
        if let Some((intent, ..)) = begun.remove(&id) {
            told.hear(&intent, answer.map(|_| ()).map_err(|error| error.code), account);
        }
        true
    };
    for _ in 0..answers {
        if !hear(desk, &mut begun, DEADLINE) {
            break;
        }
    }
    hear(desk, &mut begun, Duration::from_micros(rng.u64(..3_000)));
    // Now and then the kill falls into the sending.
    if rng.bool() {
        desk.send("sync_now", json!({}));
        while hear(desk, &mut begun, Duration::from_micros(rng.u64(..150_000))) {}
    }
    told.unheard.extend(begun.into_values());
}

/// A house whose desk's disk is full several times: what it refuses is not there, and everything else flows.
fn full_disk(seed: u64, account: &mut Account) {
    let mut rng = Rng::with_seed(seed);
    let mut service = Service::small();
    let relay = Relay::to(service.address());
    let mut desk = Desk::stopped();
    let Some(command) = on_a_small_disk(&desk, 96) else {
        account.count("left_out_small_disk");
        return;
    };
    desk.restart_through(command);
    desk.move_in(&relay.url(), &service.code());
    desk.wait_drained();
    let tiles = workable(&mut desk);
    let mut told = Told::default();
    for _ in 0..rng.u32(2..5) {
        desk.fill_disk();
        account.count("disk_full");
        let mut refused = 0;
        while refused < 3 {
            let tile = &tiles[rng.usize(..tiles.len())];
            let action = Action::Note { text: Some("x".repeat(rng.usize(1..900))) };
            let id = intent();
            let answer = desk.act_as(&id, &tile.room_id.0, action).map(|_| ()).map_err(|error| error.code);
            refused += u32::from(answer.is_err());
            told.hear(&id, answer, account);
        }
        desk.free_disk();
        told.holds(&mut desk);
        burst(&mut rng, &mut desk, &tiles, &mut told, account);
        for (intent, room, action) in std::mem::take(&mut told.unheard) {
            let answer = desk.act_as(&intent, &room, action);
            told.hear(&intent, answer.map(|_| ()).map_err(|error| error.code), account);
        }
    }
    desk.wait_drained();
    told.holds(&mut desk);
    let mut api = service.api();
    check::sent_once_and_in_order(&mut desk, &mut api);
    check::same_rooms(&mut desk, &mut api);
}
