//! Plays one hotel day over real HTTP and real files, without a window.
//!
//! The desk works a morning online, then six simulated hours without the network, while other workplaces change the
//! same rooms. It is killed in the middle with an action on its way. Then the network comes back, one answer is lost
//! after the service has committed, conflicts are decided, and the two sides are compared: what was acknowledged to
//! people, kept here in this process, against what the service holds. The last line is one JSON object.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "what fails here has to end the demo with its message, as in the harness"
)]

mod day;
mod elsewhere;
mod expect;

use chrono::{DateTime, TimeDelta, Utc};
use clap::Parser;
use day::{Plan, Step, View};
use elsewhere::Elsewhere;
use expect::Expectation;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;
use turndown_app::dto::{OutboxFilter, Side};
use turndown_domain::{Role, StaffId};
use turndown_gates::{Desk, Fault, Hotel, Relay, Service, check, roles};

/// How long the network is away, in simulated seconds.
const OUTAGE_S: u32 = 6 * 60 * 60;
/// Actions that the sample dates have at least; elsewhere three a task.
const ACTIONS_A_TASK: usize = 3;

#[derive(Debug, Parser)]
#[command(name = "demo", about = "Plays one hotel day with an outage, and proves that nothing was lost or doubled")]
struct Arguments {
    /// The bookings; the project's own sample where none is named.
    #[arg(long)]
    data: Option<PathBuf>,
    /// The hotel's name in the file.
    #[arg(long)]
    hotel: Option<String>,
    /// The day.
    #[arg(long)]
    date: Option<String>,
    /// Everything that chance decides is made from this.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn main() -> ExitCode {
    roles::play().unwrap_or_else(|| Demo::play(&Arguments::parse()))
}

/// What was acknowledged to the people at the desk; outside of the desk's process, so that killing it cannot touch it.
#[derive(Default)]
struct Acknowledged {
    /// Event ids, in order.
    events: Vec<String>,
    /// Actions on rooms, by name.
    actions: BTreeMap<&'static str, usize>,
}

struct Demo {
    desk: Desk,
    relay: Relay,
    service: Service,
    elsewhere: Elsewhere,
    expectation: Expectation,
    view: View,
    plan: Plan,
    acknowledged: Acknowledged,
    clock: DateTime<Utc>,
    seconds_an_action: TimeDelta,
    lead: String,
    inspectors: Vec<String>,
    working: String,
}

fn say(text: &str) {
    println!("{text}");
}

impl Demo {
    fn play(arguments: &Arguments) -> ExitCode {
        let sample = Hotel::sample();
        let hotel = Hotel {
            file: arguments.data.clone().unwrap_or(sample.file),
            name: arguments.hotel.clone().unwrap_or(sample.name),
            date: arguments.date.clone().unwrap_or(sample.date),
            seed: sample.seed,
        };
        say(&format!("{} on {}. Seed {} (--seed repeats it).", hotel.name, hotel.date, arguments.seed));
        let began = Instant::now();
        let mut demo = Self::morning(&hotel, arguments.seed);
        let tasks = demo.view.tiles().count();
        let rooms = demo.expectation_rooms();
        say(&format!("  {rooms} rooms, {tasks} tasks, {} attendants.", demo.attendants().len()));
        let changes_elsewhere = demo.outage(tasks);
        let recorded_offline: usize = demo.acknowledged.actions.values().sum();
        let flush_seconds = demo.reconnect();
        let conflicts = demo.decide();
        demo.sum_up(&hotel, rooms, tasks, recorded_offline, changes_elsewhere, conflicts, flush_seconds, began)
    }

    /// The service with the imported day, the desk, and a few actions while everything works.
    fn morning(hotel: &Hotel, seed: u64) -> Self {
        let mut service = Service::start(hotel);
        let relay = Relay::to(service.address());
        let clock: DateTime<Utc> = format!("{}T08:00:00Z", hotel.date).parse().expect("the day is a date");
        let mut desk = Desk::start_at(clock);
        desk.move_in(&relay.url(), &service.code());
        let staff = desk.state().staff;
        let of = |role: Role| -> Vec<StaffId> {
            staff.iter().filter(|person| person.role == role).map(|person| person.id.clone()).collect()
        };
        let (attendants, inspectors) = (of(Role::Attendant), of(Role::Inspector));
        let lead = desk.person(Role::Lead);
        let mut api = service.api();
        let mut office = Desk::start_at(clock);
        office.connect(&service.url(), &service.code()).unwrap_or_else(|error| panic!("{error}"));
        office.wait_for("the first load", |desk| !desk.state().staff.is_empty());
        office.choose(of(Role::FrontDesk).first().map_or(lead.as_str(), |person| &person.0));
        let actor = of(Role::Manager).first().map_or_else(|| lead.clone(), |person| person.0.clone());
        let expectation = Expectation::from(api.snapshot());
        let inspectors: Vec<String> = inspectors.into_iter().map(|person| person.0).collect();
        let mut demo = Self {
            desk,
            relay,
            expectation,
            elsewhere: Elsewhere::new(seed, api, office, attendants.clone(), actor),
            service,
            view: View::default(),
            plan: Plan::new(seed, attendants),
            acknowledged: Acknowledged::default(),
            clock,
            seconds_an_action: TimeDelta::seconds(30),
            working: lead.clone(),
            inspectors: if inspectors.is_empty() { vec![lead.clone()] } else { inspectors },
            lead,
        };
        demo.look();
        for _ in 0..6 {
            if let Some(step) = demo.plan.lead(&demo.view, 0.0) {
                demo.record(&step);
            }
        }
        demo.desk.wait_drained();
        say(&format!(
            "08:00  Online: {} actions recorded and sent.",
            demo.acknowledged.actions.values().sum::<usize>()
        ));
        demo.acknowledged.actions.clear();
        // From here on, what this desk does and what others do can differ.
        demo.expectation = Expectation::from(demo.elsewhere.api().snapshot());
        demo
    }

    fn attendants(&mut self) -> Vec<StaffId> {
        let staff = self.desk.state().staff;
        staff.into_iter().filter(|person| person.role == Role::Attendant).map(|person| person.id).collect()
    }

    fn expectation_rooms(&mut self) -> usize {
        self.desk.front_desk().rooms.len()
    }

    fn look(&mut self) {
        let delta = self.desk.board_since(self.view.since());
        self.view.take(delta);
    }

    fn choose(&mut self, person: &str) {
        if self.working != person {
            self.desk.choose(person);
            person.clone_into(&mut self.working);
        }
    }

    fn tick(&mut self) {
        self.clock += self.seconds_an_action;
        self.desk.set_clock(self.clock);
    }

    fn record(&mut self, step: &Step) {
        self.tick();
        let intent = turndown_gates::intent();
        let acted = self
            .desk
            .act_as(&intent, &step.room, step.action.clone())
            .unwrap_or_else(|error| panic!("room {}, {:?}: {error}", step.room, step.action));
        self.heard(acted.event_id, step);
    }

    /// The person saw it saved. From here on it must not be lost.
    fn heard(&mut self, event: String, step: &Step) {
        self.acknowledged.events.push(event);
        *self.acknowledged.actions.entry(step.action.name()).or_default() += 1;
        self.expectation.acknowledged_here(&step.room, &step.action, self.clock);
        self.look();
    }

    fn recorded(&self) -> usize {
        self.acknowledged.actions.values().sum()
    }

    /// Six hours without the network.
    fn outage(&mut self, tasks: usize) -> usize {
        self.relay.cut();
        let reason = self.desk.wait_not_online();
        self.clock += TimeDelta::minutes(5);
        say(&format!("{}  The network is gone ({reason}). The desk goes on.", self.time()));
        let goal = tasks * ACTIONS_A_TASK;
        // More are usually needed than the goal says; the pace leaves room, and the clock is set to the end then.
        let expected = u32::try_from(goal * 5 / 4).unwrap_or(u32::MAX).max(1);
        self.seconds_an_action = TimeDelta::milliseconds(i64::from(OUTAGE_S) * 1000 / i64::from(expected));
        let until = self.clock + TimeDelta::seconds(i64::from(OUTAGE_S));
        let began = Instant::now();
        let (mut killed, mut rounds, mut shown) = (false, 0, 0);
        loop {
            let part = self.recorded() as f64 / goal as f64;
            let next = if self.recorded() % 37 < 12 && Plan::to_inspect(&self.view) > 4 {
                self.inspect(&mut rounds)
            } else {
                None
            };
            let next = match next {
                Some(step) => Some(step),
                None => match self.plan.lead(&self.view, part) {
                    Some(step) => {
                        let lead = self.lead.clone();
                        self.choose(&lead);
                        Some(step)
                    }
                    None => self.inspect(&mut rounds),
                },
            };
            let next = next.or_else(|| (self.recorded() < goal).then(|| self.plan.small_change(&self.view)).flatten());
            let Some(step) = next else { break };
            if !killed && part > 0.5 {
                killed = true;
                self.kill_while_recording(&step);
            } else {
                self.record(&step);
            }
            if self.recorded().is_multiple_of(24) {
                self.elsewhere.change_one(&self.service, &self.view, &mut self.expectation);
            }
            if self.recorded() / 200 > shown {
                shown = self.recorded() / 200;
                let waiting = self.desk.sync().ledger.waiting;
                say(&format!("{}  {} actions recorded, {waiting} waiting.", self.time(), self.recorded()));
            }
        }
        if self.clock < until {
            self.clock = until;
            self.desk.set_clock(until);
        }
        let each = began.elapsed().as_secs_f64() * 1000.0 / self.recorded().max(1) as f64;
        say(&format!(
            "{}  Six hours later: {} actions recorded here ({}), {} changes elsewhere; {each:.1} ms an action with its look at the board.",
            self.time(),
            self.recorded(),
            self.acknowledged
                .actions
                .iter()
                .map(|(name, count)| format!("{count} {name}"))
                .collect::<Vec<_>>()
                .join(", "),
            self.elsewhere.done
        ));
        // The view that only heard of changes is the view that asks for everything.
        let mut held: Vec<_> = self.view.tiles().cloned().collect();
        let mut all = self.desk.board();
        held.sort_by(|a, b| a.task_id.cmp(&b.task_id));
        all.sort_by(|a, b| a.task_id.cmp(&b.task_id));
        assert_eq!(held, all, "the board that was kept up to date is the whole board");
        self.elsewhere.done
    }

    fn inspect(&mut self, rounds: &mut usize) -> Option<Step> {
        let step = self.plan.inspector(&self.view)?;
        if !self.inspectors.contains(&self.working) {
            *rounds += 1;
            let inspector = self.inspectors[*rounds % self.inspectors.len()].clone();
            self.choose(&inspector);
        }
        Some(step)
    }

    fn time(&self) -> String {
        self.clock.format("%H:%M").to_string()
    }

    /// `kill -9` with an action on its way: it was recorded or it was not, and asking again records it once.
    fn kill_while_recording(&mut self, step: &Step) {
        self.tick();
        let intent = turndown_gates::intent();
        self.desk.begin_act(&intent, &step.room, step.action.clone());
        self.desk.kill();
        check::database_agrees(self.desk.folder());
        self.desk.restart();
        let held: BTreeSet<String> =
            self.desk.trail().into_iter().map(|entry| entry.event.event_id.to_string()).collect();
        let missing = self.acknowledged.events.iter().filter(|event| !held.contains(*event)).count();
        assert_eq!(missing, 0, "acknowledged actions are missing after the kill");
        let was_saved = held.contains(&intent);
        // A new run counts its own revisions; the view begins anew.
        self.view = View::default();
        let acted = self
            .desk
            .act_as(&intent, &step.room, step.action.clone())
            .unwrap_or_else(|error| panic!("the same action again: {error}"));
        assert_eq!(acted.event_id, intent);
        self.heard(acted.event_id, step);
        check::rows_are_mirror_and_lane(self.desk.folder());
        say(&format!(
            "{}  kill -9 with an action on its way; started again: {} acknowledged actions are all there, and the one on its way {}.",
            self.time(),
            self.acknowledged.events.len() - 1,
            if was_saved {
                "had been saved; asking again did not double it"
            } else {
                "had not been saved; the screen asked again"
            }
        ));
    }

    /// The network returns; one answer is lost after the service has committed. Answers the seconds until nothing waited.
    fn reconnect(&mut self) -> f64 {
        let waiting = self.desk.sync().ledger.waiting;
        // In the middle of a long flush; a short one has only its beginning.
        let faults: &[Fault] = if waiting > 100 { &[Fault::Pass, Fault::LoseAnswer] } else { &[Fault::LoseAnswer] };
        self.relay.next(faults);
        self.relay.restore();
        let began = Instant::now();
        self.desk.sync_now();
        self.desk.wait_drained();
        let seconds = began.elapsed().as_secs_f64();
        let seen = self.relay.seen();
        let lost = seen.iter().filter(|seen| seen.fault == Fault::LoseAnswer).count();
        assert!(lost == 1 || waiting == 0, "one answer was to be lost: {seen:?}");
        say(&format!(
            "{}  Connected again: {waiting} events sent in {seconds:.1} s, {} requests; one answer was lost after the commit and asked for again.",
            self.time(),
            seen.len()
        ));
        seconds
    }

    /// People decide every conflict: some keep theirs, some ours, some field by field.
    fn decide(&mut self) -> usize {
        let mut decided = 0;
        loop {
            let open = self.desk.sync_center(OutboxFilter::Attention).conflicts;
            if open.is_empty() {
                break;
            }
            for head in open {
                let view = self.desk.conflict(&head.entity_id).unwrap_or_else(|error| panic!("{error}"));
                let theirs = self.elsewhere.room(&head.entity_id);
                assert_eq!(theirs.version, view.version, "the conflict shows the service's row");
                let turn = decided % 3;
                let side = |path: &str| match turn {
                    0 => Side::Mine,
                    1 => Side::Theirs,
                    // Who does it as they have it; what was done as it was done here.
                    _ if path.ends_with("/assignee") => Side::Theirs,
                    _ => Side::Mine,
                };
                let choices = view.fields.iter().map(|field| (field.path.clone(), side(&field.path))).collect();
                if decided < 3 {
                    say(&format!("       Conflict in room {}: {}", view.title, view.summary));
                    for field in &view.fields {
                        say(&format!(
                            "         {}: before {}, here {}, elsewhere {}. Decided: {}.",
                            field.label,
                            field.before,
                            field.mine,
                            field.theirs,
                            if side(&field.path) == Side::Mine { "keep ours" } else { "take theirs" }
                        ));
                    }
                }
                let acted = self.desk.resolve(&view, side).unwrap_or_else(|error| panic!("{error}"));
                self.acknowledged.events.push(acted.event_id);
                self.expectation.decided(&head.entity_id, choices, theirs.fields);
                decided += 1;
            }
            self.desk.wait_drained();
        }
        say(&format!("{}  {decided} conflicts decided and sent.", self.time()));
        decided
    }

    #[expect(clippy::too_many_arguments, reason = "the summary says all of these things")]
    fn sum_up(
        mut self,
        hotel: &Hotel,
        rooms: usize,
        tasks: usize,
        actions: usize,
        changes_elsewhere: usize,
        conflicts: usize,
        flush_seconds: f64,
        began: Instant,
    ) -> ExitCode {
        self.desk.wait_drained();
        let ledger = self.desk.sync().ledger;
        let failed: Vec<String> = self
            .desk
            .outbox(OutboxFilter::Attention)
            .into_iter()
            .map(|row| {
                format!(
                    "{} {}: {} {}",
                    row.title,
                    row.summary,
                    row.code.unwrap_or_default(),
                    row.why.map(|why| why.to_string()).unwrap_or_default()
                )
            })
            .collect();
        let merged = self.desk.sync_center(OutboxFilter::All).merged.len();

        // What was acknowledged to people here and at the front office, against the service's trail.
        let (install, own) = (self.desk.install(), self.desk.trail());
        let (office_install, office_own) = (self.elsewhere.office.install(), self.elsewhere.office.trail());
        let service = self.elsewhere.api().audit();
        let trails = check::trails(&install, &own, &service);
        let office = check::trails(&office_install, &office_own, &service);
        let held: BTreeSet<&str> = service.iter().map(|entry| entry.event_id.as_str()).collect();
        let lost_events: Vec<&String> =
            self.acknowledged.events.iter().filter(|event| !held.contains(event.as_str())).collect();
        let audit_match = [(&trails, &own), (&office, &office_own)]
            .iter()
            .all(|(trails, own)| trails.equal && trails.closed == own.len() as u64 && trails.missing.is_empty());
        // And the house as the service has it, against the house as it should be.
        let (missing, surplus) = self.expectation.compare(&self.elsewhere.api().snapshot());
        let lost = lost_events.len() + missing.len();
        let doubled = trails.doubled.len() + office.doubled.len() + surplus.len();
        check::same_rooms(&mut self.desk, self.elsewhere.api());
        check::database_agrees(self.desk.folder());
        let verified = self.service.verify_audit();

        say("");
        say(&format!("{} on {}: {rooms} rooms, {tasks} tasks", hotel.name, hotel.date));
        say(&format!("  recorded while offline    {actions} actions by {} people", 1 + self.inspectors.len()));
        say(&format!(
            "  changed elsewhere         {changes_elsewhere} tasks and rooms; {} rooms on both sides",
            self.expectation.on_both_sides()
        ));
        say(&format!("  merged by itself          {merged} shown in the Sync Center"));
        say(&format!("  conflicts                 {conflicts}, all decided by a person"));
        say(&format!(
            "  ledger                    {} recorded = {} acknowledged + {} waiting + {} attention + {} discarded",
            ledger.recorded, ledger.acknowledged, ledger.waiting, ledger.attention, ledger.discarded
        ));
        say(&format!(
            "  acknowledged to people    {} events; lost {lost}, doubled {doubled}",
            self.acknowledged.events.len()
        ));
        say(&format!(
            "  audit                     desk and service {} to entry {}",
            if audit_match { "agree" } else { "DIFFER" },
            trails.closed
        ));
        say(&format!("  {}", verified.trim()));
        say(&format!("  took {:.0} s", began.elapsed().as_secs_f64()));
        for event in lost_events.iter().take(20) {
            say(&format!("  LOST event {event}"));
        }
        for (name, wrongs) in [("LOST", &missing), ("NOT ASKED FOR", &surplus)] {
            for wrong in wrongs.iter().take(20) {
                say(&format!(
                    "  {name} room {}, {}: should be {}, is {}",
                    wrong.room, wrong.path, wrong.expected, wrong.found
                ));
            }
        }
        for event in trails.doubled.iter().chain(&office.doubled).take(20) {
            say(&format!("  DOUBLED event {event}"));
        }
        for row in failed.iter().take(20) {
            say(&format!("  NEEDS ATTENTION {row}"));
        }
        let well =
            lost == 0 && doubled == 0 && ledger.waiting == 0 && ledger.attention == 0 && ledger.balanced && audit_match;
        say(&if well {
            "Nothing was lost and nothing was doubled.".to_owned()
        } else {
            "THIS DAY DID NOT END WELL. The lines above say what is wrong.".to_owned()
        });
        let line = json!({
            "hotel": hotel.name, "date": hotel.date, "rooms": rooms, "tasks": tasks,
            "recorded": ledger.recorded, "acknowledged": ledger.acknowledged, "waiting": ledger.waiting,
            "attention": ledger.attention, "discarded": ledger.discarded, "lost": lost, "doubled": doubled,
            "conflicts": conflicts, "audit_match": audit_match,
            "flush_seconds": (flush_seconds * 1000.0).round() / 1000.0,
        });
        self.elsewhere.office.stop();
        self.desk.stop();
        self.service.stop();
        println!("{line}");
        if well { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}
