//! What the desk keeps, as screens show it. Pure: rows in, words out.

pub mod board;
pub mod carried;
pub mod conflict;
pub mod downtime;
pub mod front_desk;
pub mod outbox;
pub mod report;
pub mod story;

use crate::dto::{Emergency, LocalState, Person, Staleness, WaitingShown};
use chrono::{DateTime, SecondsFormat, Utc};
use std::collections::BTreeMap;
use turndown_desk::{EMERGENCY, STALE_LIMIT, Standing};
use turndown_domain::{PropertyBook, Room, ServiceFlag, Staff};
use turndown_offline::desk_name;
use turndown_phrase::{Phrase, phrase};
use turndown_protocol::InstallId;

/// People's names by id.
#[derive(Debug, Clone, Default)]
pub struct Names(BTreeMap<String, String>);

impl Names {
    /// Of everybody in the house.
    pub fn of(book: Option<&PropertyBook>) -> Self {
        Self(book.map(|book| book.staff.iter().map(|p| (p.id.0.clone(), p.name.clone())).collect()).unwrap_or_default())
    }

    /// Who did something: a person by name, the desk itself, or the service.
    pub fn person(&self, id: &str) -> Phrase {
        match id.strip_prefix("system:") {
            Some("desk") => phrase!("This desk"),
            Some("pms") => phrase!("The hotel system"),
            Some(_) => phrase!("The service"),
            None => Phrase::verbatim(self.name(id)),
        }
    }

    /// The name of somebody who works in the house; the id where they are not known here.
    pub fn name(&self, id: &str) -> String {
        self.0.get(id).cloned().unwrap_or_else(|| id.to_owned())
    }
}

/// The desk that somebody sits at.
pub fn here() -> Phrase {
    phrase!("this desk")
}

/// Which desk something came from.
pub fn desk(install_id: &str, own: &InstallId) -> Phrase {
    if install_id == own.as_str() { here() } else { Phrase::verbatim(desk_name(install_id)) }
}

/// A person as screens show them.
pub fn person(staff: &Staff) -> Person {
    let initials = staff.name.split_whitespace().filter_map(|part| part.chars().next()).take(2).collect();
    Person {
        id: staff.id.clone(),
        name: staff.name.clone(),
        initials,
        role: staff.role,
        section: staff.section.clone(),
    }
}

/// How old the desk's knowledge is, as screens show it.
pub fn staleness(staleness: turndown_desk::Staleness, may_go_on: bool, names: &Names) -> Staleness {
    let seconds = |length: chrono::TimeDelta| u64::try_from(length.num_seconds()).unwrap_or(0);
    let (warn, clock_set_back) = (staleness.standing == Standing::Old, staleness.standing == Standing::Untold);
    Staleness {
        known_at: staleness.known_at.map(time),
        age_s: staleness.age.map(seconds),
        limit_s: seconds(STALE_LIMIT),
        warn,
        clock_set_back,
        blocked: staleness.standing == Standing::Blocked,
        emergency: match staleness.standing {
            Standing::Emergency(emergency) => Some(Emergency {
                name: names.name(emergency.by.as_str()),
                reason: emergency.reason,
                until: time(emergency.until),
            }),
            _ => None,
        },
        may_go_on,
        emergency_s: seconds(EMERGENCY),
    }
}

/// A time for a screen.
pub fn time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// A guest who waits, as screens show them.
pub fn waiting(waiting: &turndown_domain::Waiting) -> WaitingShown {
    WaitingShown { since: time(waiting.since), promised: waiting.promised.clone() }
}

/// The flags that are set.
pub fn flags(room: &Room) -> Vec<ServiceFlag> {
    [
        (room.dnd_since.is_some(), ServiceFlag::DoNotDisturb),
        (room.make_up, ServiceFlag::MakeUpRoom),
        (room.no_service, ServiceFlag::NoService),
        (room.refused, ServiceFlag::Refused),
        (room.double_lock, ServiceFlag::DoubleLock),
    ]
    .into_iter()
    .filter_map(|(on, flag)| on.then_some(flag))
    .collect()
}

/// Where the newest edit stands, as screens show it.
pub fn local_state(local: turndown_offline::LocalState, sending: bool) -> LocalState {
    match local {
        turndown_offline::LocalState::Server => LocalState::Server,
        turndown_offline::LocalState::Waiting if sending => LocalState::Sending,
        turndown_offline::LocalState::Waiting => LocalState::Waiting,
        turndown_offline::LocalState::Failed => LocalState::Failed,
        turndown_offline::LocalState::Conflict => LocalState::Conflict,
    }
}
