//! Changing a task as if from another workplace, so that anybody can make a conflict.
//!
//! It asks the running service for its snapshot and sends single actions with keys.

use super::client::{Reach, Service};
use crate::env::Environment;
use crate::startup::Refusal;
use clap::{Args, ValueEnum};
use serde_json::{Value, json};
use turndown_domain::{PropertyBook, Role, TaskStatus, Unit};
use turndown_protocol::{EntityRow, EventId, SingleAction, SingleActionAnswer, Snapshot};

/// Arguments of `act`.
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("which").required(true).args(["room", "task", "random"])))]
pub(super) struct Act {
    #[command(flatten)]
    reach: Reach,
    /// The room whose open task is meant.
    #[arg(long)]
    room: Option<String>,
    /// The task itself, by its id.
    #[arg(long)]
    task: Option<String>,
    /// As many open tasks, chosen at random.
    #[arg(long)]
    random: Option<usize>,
    /// Chooses the same tasks again.
    #[arg(long)]
    seed: Option<u64>,
    /// Who does it; the first lead of the house where nobody is named.
    #[arg(long)]
    actor: Option<String>,
    /// Why, for cancel and for a failed or skipped inspection.
    #[arg(long)]
    reason: Option<String>,
    /// To whom, for reassign; another attendant where nobody is named.
    #[arg(long)]
    to: Option<String>,
    /// What. Left out with --random: a mix of complete, reassign and cancel.
    #[arg(value_enum)]
    what: Option<What>,
}

/// What another workplace may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    /// Begin the work.
    Start,
    /// Interrupt it.
    Pause,
    /// Go on with it.
    Resume,
    /// Finish it; begins or resumes it first where need be.
    Complete,
    /// Give it to somebody else.
    Reassign,
    /// Call it off, with a reason.
    Cancel,
    /// Pass it.
    Pass,
    /// Send it back, with a reason.
    Fail,
    /// Ask for it now.
    Rush,
}

impl What {
    fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Complete => "complete",
            Self::Reassign => "reassign",
            Self::Cancel => "cancel",
            Self::Pass | Self::Fail => "inspect",
            Self::Rush => "set_priority",
        }
    }
}

/// One task that something is done to.
struct Chosen {
    room: String,
    task: String,
    status: TaskStatus,
    assignee: Option<String>,
}

pub(super) async fn run(env: &dyn Environment, args: Act) -> Result<(), Refusal> {
    let service = args.reach.connect(env, "act", std::time::Duration::ZERO).await?;
    let snapshot: Snapshot = service.get("snapshot").await?;
    let book: PropertyBook = serde_json::from_value(snapshot.reference.document).map_err(|error| {
        Refusal::Act(format!("The service's hotel cannot be read: {error}. Update turndown-service."))
    })?;
    let seed = args.seed.unwrap_or_else(|| {
        let mut bytes = [0; 8];
        env.fill_random(&mut bytes);
        u64::from_le_bytes(bytes)
    });
    let mut dice = Dice(seed);
    let actor = args.actor.clone().unwrap_or_else(|| {
        let lead = book.staff.iter().find(|person| person.role == Role::Lead).or(book.staff.first());
        lead.map_or_else(|| "system:act".to_owned(), |person| person.id.0.clone())
    });

    let chosen = choose(&args, &snapshot.rows, &mut dice)?;
    for task in &chosen {
        let what = match (args.what, args.random) {
            (Some(what), _) => what,
            (None, Some(_)) => [What::Complete, What::Reassign, What::Cancel][dice.below(3)],
            (None, None) => {
                return Err(Refusal::Input(
                    "Say what to do: start, pause, resume, complete, reassign, cancel, pass, fail or rush.".into(),
                ));
            }
        };
        for (name, sent) in steps(&args, what, task, &book, &mut dice)? {
            let answer = do_one(&service, env, &task.task, name, &actor, sent).await?;
            super::say(&format!("Room {}: {name} by {actor}, number {}, task {}.", task.room, answer.seq, task.task))?;
        }
    }
    if args.random.is_some() {
        super::say(&format!("Done to {} tasks; --seed {seed} chooses alike.", chosen.len()))?;
    }
    Ok(())
}

async fn do_one(
    service: &Service,
    env: &dyn Environment,
    task: &str,
    action: &str,
    actor: &str,
    args: Value,
) -> Result<SingleActionAnswer, Refusal> {
    let url = service.url(&["v1", "properties", &service.property, "housekeeping", "tasks", task, action])?;
    let key = EventId::generate(env.now_ms().unsigned_abs(), env.random_u128());
    let body = SingleAction { actor_id: actor.to_owned(), args, idempotency_key: None };
    service.read(service.client.post(url).header("X-Idempotency-Key", key.as_str()).json(&body)).await
}

fn choose(args: &Act, rows: &[EntityRow], dice: &mut Dice) -> Result<Vec<Chosen>, Refusal> {
    let wanted = |status: TaskStatus| match args.what {
        Some(What::Pass | What::Fail) => status == TaskStatus::Completed,
        Some(What::Pause) => status == TaskStatus::InProgress,
        Some(What::Resume) => status == TaskStatus::Paused,
        Some(What::Start) => status == TaskStatus::Ready,
        _ => matches!(status, TaskStatus::Ready | TaskStatus::InProgress | TaskStatus::Paused),
    };
    let mut fitting = vec![];
    for row in rows {
        let unit =
            Unit::from_fields(&row.fields).map_err(|error| Refusal::Act(format!("A room cannot be read: {error}.")))?;
        if args.room.as_ref().is_some_and(|room| *room != unit.room.number && *room != row.entity.id) {
            continue;
        }
        for (id, task) in unit.tasks {
            let named = args.task.as_ref().is_some_and(|task| *task == id.0);
            if named || (args.task.is_none() && wanted(task.status)) {
                fitting.push(Chosen {
                    room: unit.room.number.clone(),
                    task: id.0,
                    status: task.status,
                    assignee: task.assignee.map(|id| id.0),
                });
            }
        }
    }
    if fitting.is_empty() {
        let place = args.room.as_ref().map_or_else(|| "The hotel".to_owned(), |room| format!("Room {room}"));
        return Err(Refusal::Act(format!("{place} has no task that this can be done to.")));
    }
    let count = args.random.unwrap_or(1).min(fitting.len());
    let mut chosen = vec![];
    for _ in 0..count {
        let at = if args.random.is_some() { dice.below(fitting.len()) } else { 0 };
        chosen.push(fitting.swap_remove(at));
    }
    Ok(chosen)
}

/// What has to be sent for one thing to be done: finishing work that nobody began begins it first.
fn steps(
    args: &Act,
    what: What,
    task: &Chosen,
    book: &PropertyBook,
    dice: &mut Dice,
) -> Result<Vec<(&'static str, Value)>, Refusal> {
    let reason = || args.reason.clone().unwrap_or_else(|| "asked for by another workplace".to_owned());
    let sent = match what {
        What::Cancel => json!({ "reason": reason() }),
        What::Reassign => {
            let others: Vec<&str> = book
                .staff
                .iter()
                .filter(|person| person.role == Role::Attendant && Some(&person.id.0) != task.assignee.as_ref())
                .map(|person| person.id.0.as_str())
                .collect();
            let to = match &args.to {
                Some(to) => to.as_str(),
                None if others.is_empty() => return Err(Refusal::Act("Nobody else works in this house.".into())),
                None => others[dice.below(others.len())],
            };
            json!({ "to": to })
        }
        What::Pass => json!({ "verdict": { "result": "pass" } }),
        What::Fail => json!({ "verdict": { "result": "fail", "reason": reason() } }),
        What::Rush => json!({ "priority": "urgent", "rush": true }),
        What::Start | What::Pause | What::Resume | What::Complete => json!({}),
    };
    let mut steps = vec![];
    if what == What::Complete {
        match task.status {
            TaskStatus::Ready => steps.push(("start", json!({}))),
            TaskStatus::Paused => steps.push(("resume", json!({}))),
            _ => {}
        }
    }
    steps.push((what.name(), sent));
    Ok(steps)
}

/// Small repeatable chance (SplitMix64): which tasks are picked matters to nobody but has to be the same again.
struct Dice(u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^= z >> 31;
        usize::try_from(z % limit.max(1) as u64).unwrap_or(0)
    }
}
