//! What happened to one room, by whichever desk: one line for each thing done, with all that became of it.

use super::outbox::{self, Link, Waiting, title};
use super::{Names, desk, here};
use crate::dto::{OutboxState, Story, StoryLine, StoryStep, StoryTask};
use crate::words;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use turndown_domain::{Action, TaskId, Unit};
use turndown_offline::{OutboxRow, Waits};
use turndown_phrase::{Phrase, phrase};
use turndown_protocol::{EntityRef, Event, EventId, InstallId, Mode, Outcome, StoryEntry};

/// What this desk has of an entity, and what the service told of it.
pub struct Sources<'a> {
    /// Which entity.
    pub entity: &'a EntityRef,
    /// How the desk sees it.
    pub unit: Option<&'a Unit>,
    /// This desk.
    pub own: &'a InstallId,
    /// This desk's events of it.
    pub rows: &'a [OutboxRow],
    /// What those wait for that wait.
    pub waits: &'a BTreeMap<EventId, Waits>,
    /// Why nothing is sent now, if nothing is.
    pub link: Link<'a>,
    /// The events by which somebody gave some of the desk's up, by their ids.
    pub given_up: &'a BTreeMap<EventId, Event>,
    /// The service's, the newest first.
    pub told: &'a [StoryEntry],
}

/// The story, the newest first.
pub fn story(sources: &Sources<'_>, names: &Names) -> Story {
    let told: BTreeMap<&EventId, &StoryEntry> =
        sources.told.iter().map(|entry| (&entry.event.event_id, entry)).collect();
    let mut lines: Vec<(u64, u64, StoryLine)> = vec![];
    for row in sources.rows {
        let event = &row.sealed.event;
        let at_service = told.get(&event.event_id);
        let place = at_service.map_or_else(|| if row.state.is_open() { u64::MAX } else { 0 }, |entry| place(entry));
        lines.push((place, event.local_seq, line(sources, names, event, Some(row), at_service.copied())));
    }
    let own: Vec<&EventId> = sources.rows.iter().map(|row| &row.sealed.event.event_id).collect();
    for entry in sources.told.iter().filter(|entry| !own.contains(&&entry.event.event_id)) {
        lines.push((place(entry), 0, line(sources, names, &entry.event, None, Some(entry))));
    }
    // No clock decides what comes first: the service's own numbers do, and this desk's for what it does not have.
    lines.sort_by_key(|(place, local_seq, _)| std::cmp::Reverse((*place, *local_seq)));
    let lines: Vec<StoryLine> = lines.into_iter().map(|(_, _, line)| line).collect();
    let mut tasks: Vec<StoryTask> = vec![];
    for id in lines.iter().flat_map(|line| line.tasks.clone()) {
        if !tasks.iter().any(|task| task.id == id) {
            let kind = sources.unit.and_then(|unit| unit.tasks.get(&TaskId(id.clone()))).map(|task| task.kind);
            tasks.push(StoryTask { name: kind.map_or_else(|| phrase!("task"), words::kind), id });
        }
    }
    Story { title: title(sources.entity, sources.unit), lines, tasks, alone: None, on_hold: None }
}

fn place(entry: &StoryEntry) -> u64 {
    entry.outcomes.first().map_or(0, |outcome| outcome.audit_seq)
}

fn line(
    sources: &Sources<'_>,
    names: &Names,
    event: &Event,
    row: Option<&OutboxRow>,
    told: Option<&StoryEntry>,
) -> StoryLine {
    let own = row.is_some() || event.install_id == *sources.own;
    let mut steps = decided(sources, names, event, own);
    if own {
        steps.push(StoryStep { what: phrase!("Saved at this desk"), at: Some(event.recorded_at.clone()) });
    }
    for outcome in told.iter().flat_map(|entry| &entry.outcomes) {
        let became = became(outcome.outcome);
        let what = match outcome.code.as_deref() {
            Some(code) => phrase!("{became} ({code})", became, code),
            None => became,
        };
        steps.push(StoryStep { what, at: Some(outcome.received_at.clone()) });
    }
    let given_up = row.and_then(|row| sources.given_up.get(row.settled_by.as_ref()?));
    let shown = row.map(|row| {
        let fate = sources.waits.get(&event.event_id).cloned();
        outbox::row(row, sources.unit, names, Waiting { fate, behind: None, link: sources.link }, given_up)
    });
    let state = shown.as_ref().map(|shown| shown.state);
    if let Some(shown) = shown
        && !matches!(shown.state, OutboxState::Synced)
        && let Some(why) = shown.why
    {
        steps.push(StoryStep { what: why, at: None });
    } else if state == Some(OutboxState::Synced)
        && let Some(at) = row.filter(|_| told.is_none()).and_then(|row| row.acknowledged_at.clone())
    {
        steps.push(StoryStep { what: phrase!("Taken by the service"), at: Some(at) });
    }
    // What a desk settled is told by itself; of another desk's the service's last word counts.
    let last = told.and_then(|entry| entry.outcomes.last()).map(|outcome| outcome.outcome).filter(|_| row.is_none());
    StoryLine {
        event_id: event.event_id.to_string(),
        what: words::summary(event, sources.unit, names),
        actor: names.person(event.actor_id.as_str()),
        desk: if own {
            here()
        } else if event.actor_id.as_str().starts_with("system:") {
            phrase!("the service")
        } else {
            desk(event.install_id.as_str(), sources.own)
        },
        done_at: event.recorded_at.clone(),
        offline: event.mode == Mode::Offline,
        tasks: tasks_of(sources, event).into_iter().collect(),
        steps,
        attention: matches!(state, Some(OutboxState::Failed | OutboxState::Conflict)) && given_up.is_none()
            || last == Some(Outcome::Conflict),
        came_to_nothing: given_up.is_some()
            || state == Some(OutboxState::Discarded)
            || matches!(last, Some(Outcome::Rejected | Outcome::TooLarge | Outcome::KeyReuse)),
        waiting: matches!(state, Some(OutboxState::Pending | OutboxState::Syncing | OutboxState::Held)),
    }
}

/// What a decision came to, field by field: what stands, and whose it was.
fn decided(sources: &Sources<'_>, names: &Names, event: &Event, own: bool) -> Vec<StoryStep> {
    let choices = event.args["choices"].as_object().filter(|_| event.action == "resolve");
    let mut steps = vec![];
    for (path, choice) in choices.into_iter().flatten() {
        // Where the other side stands, and where somebody wrote what stood there already, the decision only rests on it.
        let stands = event.changes.get(path).map(|change| &change.new).or_else(|| event.relies_on.get(path));
        let field = words::field(path, sources.unit);
        let value = words::value(path, stands.unwrap_or(&Value::Null), names);
        let what = match choice.as_str() {
            Some("mine") if own => phrase!("{field}: {value}, as it was done here", field, value),
            Some("mine") => phrase!("{field}: {value}, as it was done there", field, value),
            Some("theirs") => phrase!("{field}: {value}, as the service had it", field, value),
            _ => phrase!("{field}: {value}, written anew", field, value),
        };
        steps.push(StoryStep { what, at: None });
    }
    steps
}

/// The tasks that an event is about: those it names and writes, and those of what it settles.
fn tasks_of(sources: &Sources<'_>, event: &Event) -> BTreeSet<String> {
    let task_of = |path: &String| path.strip_prefix("task/")?.split('/').next().map(str::to_owned);
    let named = Action::from_event(&event.action, &event.args).ok().and_then(|action| action.task().cloned());
    let mut tasks: BTreeSet<String> = named.map(|task| task.0).into_iter().collect();
    tasks.extend(event.changes.keys().filter_map(task_of));
    if event.settles.is_empty() {
        return tasks;
    }
    // A decision also rests on the fields in which it took the other side.
    tasks.extend(event.relies_on.keys().filter_map(task_of));
    let own = sources.rows.iter().map(|row| &row.sealed.event);
    let known = own.chain(sources.told.iter().map(|entry| &entry.event));
    // What is settled was recorded before what settles it, so this ends.
    for settled in known.filter(|known| event.settles.contains(&known.event_id) && known.settles.is_empty()) {
        tasks.extend(tasks_of(sources, settled));
    }
    tasks
}

/// What the service said of an event.
fn became(outcome: Outcome) -> Phrase {
    match outcome {
        Outcome::Applied => phrase!("Taken by the service"),
        Outcome::Merged => phrase!("Merged with a change made elsewhere"),
        Outcome::Duplicate => phrase!("Came twice, and counted once"),
        Outcome::Conflict => phrase!("In conflict: a person decides"),
        Outcome::Settled => phrase!("Settled by a decision"),
        Outcome::Rejected => phrase!("Not taken"),
        Outcome::Blocked => phrase!("Waited for an earlier action of the room"),
        Outcome::MissingPredecessor => phrase!("Came before what it stands on"),
        Outcome::KeyReuse => phrase!("Not taken: its id was used for something else"),
        Outcome::TooLarge => phrase!("Not taken: too large"),
        Outcome::RetryLater => phrase!("To be asked again later"),
        Outcome::UpgradeRequired => phrase!("Waited for an update"),
    }
}
