//! What was done while the desk was without its service, and what came of it.

use super::DayBegan;
use serde::{Deserialize, Serialize};
use ts_rs::TS;
use turndown_phrase::Phrase;

dto! {
    /// When this desk was without its service.
    #[derive(Eq)]
    pub struct Outage {
        /// Names it in `ReportPeriod`.
        #[ts(type = "number")]
        pub id: u64,
        /// When the desk noticed it.
        pub began_at: String,
        /// When the service answered again; absent while it lasts.
        pub ended_at: Option<String>,
        /// Why, as it was first known: a reason's code.
        pub code: String,
        /// Somebody chose it.
        pub planned: bool,
        /// Actions recorded in it.
        #[ts(type = "number")]
        pub actions: u64,
    }

    /// What a report is about.
    #[derive(Eq)]
    #[serde(tag = "kind")]
    pub enum ReportPeriod {
        /// The last outage.
        Last,
        /// This one.
        Outage {
            /// Which.
            #[ts(type = "number")]
            id: u64,
        },
        /// What was recorded between two times.
        Time {
            /// From this time on.
            from: String,
            /// Before this time.
            to: String,
        },
    }

    /// What an action came to, as far as it has come.
    #[derive(Copy, Eq, PartialOrd, Ord)]
    pub enum CameTo {
        /// The service has it as it was.
        Taken,
        /// The service has it beside what others had changed.
        Merged,
        /// A later decision stands for it.
        Decided,
        /// A named person gave it up.
        GivenUp,
        /// It is on its way.
        Waiting,
        /// A person has to look.
        Attention,
    }

    /// How many actions came to what. `recorded` counts the record, the others what became of it, so the sum can fail.
    #[derive(Copy, Eq, Default)]
    pub struct ReportSums {
        /// Everything recorded in the period.
        #[ts(type = "number")]
        pub recorded: u64,
        /// The service has them as they were.
        #[ts(type = "number")]
        pub taken: u64,
        /// The service has them beside what others had changed.
        #[ts(type = "number")]
        pub merged: u64,
        /// A later decision stands for them.
        #[ts(type = "number")]
        pub decided: u64,
        /// Given up by a named person.
        #[ts(type = "number")]
        pub given_up: u64,
        /// On their way.
        #[ts(type = "number")]
        pub waiting: u64,
        /// A person has to look.
        #[ts(type = "number")]
        pub attention: u64,
        /// Whether the sum is right.
        pub balanced: bool,
    }

    /// Who did how much.
    #[derive(Eq)]
    pub struct ReportPerson {
        /// Their name.
        pub name: Phrase,
        /// Actions of theirs.
        #[ts(type = "number")]
        pub actions: u64,
    }

    /// What was decided about an action.
    #[derive(Eq)]
    pub struct ReportDecision {
        /// In words.
        pub what: Phrase,
        /// By whom.
        pub actor: Phrase,
        /// When.
        pub at: String,
    }

    /// One action of a report.
    #[derive(Eq)]
    pub struct ReportRow {
        /// The event.
        pub event_id: String,
        /// Its place in this desk's record.
        #[ts(type = "number")]
        pub local_seq: u64,
        /// Kind of entity (`room`, `place`, `desk`).
        pub entity_kind: String,
        /// Its id.
        pub entity_id: String,
        /// The room's number, or what else names it; empty for this desk itself.
        pub title: String,
        /// What was done, in plain words.
        pub summary: Phrase,
        /// Who did it.
        pub actor: Phrase,
        /// When.
        pub recorded_at: String,
        /// Whether it was done offline.
        pub offline: bool,
        /// What it came to.
        pub came_to: CameTo,
        /// A conflict about it is open.
        pub conflict: bool,
        /// When the service took it.
        pub accepted_at: Option<String>,
        /// Its sequence number there.
        #[ts(type = "number | null")]
        pub seq: Option<u64>,
        /// The last answer's code.
        pub code: Option<String>,
        /// The last answer in words, where it is still open.
        pub why: Option<Phrase>,
        /// What was decided about it.
        pub decision: Option<ReportDecision>,
        /// The day that the line tells of, where it is not about this room alone.
        pub began: Option<DayBegan>,
    }

    /// A page of a report with its head.
    pub struct Report {
        /// The revision this was read at.
        #[ts(type = "number")]
        pub revision: u64,
        /// The hotel's name.
        pub hotel: String,
        /// The desk's name.
        pub desk: String,
        /// When this was read.
        pub made_at: String,
        /// The outage that it is about, if it is about one.
        pub outage: Option<Outage>,
        /// The outages that are known, the newest first.
        pub outages: Vec<Outage>,
        /// What everything done in the period came to.
        pub sums: ReportSums,
        /// Who did it, the most first; with the first page only.
        pub people: Vec<ReportPerson>,
        /// Lines in the order in which what they tell of was done.
        pub rows: Vec<ReportRow>,
        /// Lines in all under this filter.
        #[ts(type = "number")]
        pub total: u64,
    }

    /// What changed for the front desk.
    #[derive(Copy, Eq, PartialOrd, Ord)]
    pub enum RoomEffect {
        /// It can be given out now.
        Ready,
        /// It could be given out before.
        NotReady,
        /// A conflict about it is open, here or elsewhere.
        Contested,
        /// The guest left.
        Departed,
        /// The guest came.
        Arrived,
        /// Out of order or out of service.
        OutOfUse,
        /// Back in service.
        BackInService,
        /// Do not disturb.
        DoNotDisturb,
        /// Do not disturb was taken away.
        DoNotDisturbGone,
        /// Service was refused, or is not wanted.
        Refused,
        /// Locked from inside.
        DoubleLock,
        /// Asked for now.
        Rush,
        /// Front desk and housekeeping saw different things.
        Discrepancy,
    }

    /// What came of everything that was done in one room.
    pub struct RoomOutcome {
        /// Kind of entity (`room`, `place`, `desk`).
        pub entity_kind: String,
        /// Its id.
        pub entity_id: String,
        /// The room's number, or what else names it; empty for this desk itself.
        pub title: String,
        /// What changed for the front desk.
        pub effects: Vec<RoomEffect>,
        /// What its actions came to.
        pub sums: ReportSums,
        /// A conflict waits for a decision here.
        pub conflict: bool,
        /// An action failed and waits for a person.
        pub failed: bool,
        /// The newest action, in words.
        pub last: Option<Phrase>,
    }

    /// What came of the last outage, room by room.
    pub struct OutageSummary {
        /// The revision this was read at.
        #[ts(type = "number")]
        pub revision: u64,
        /// Which; absent where this desk has never been without its service.
        pub outage: Option<Outage>,
        /// What everything came to.
        pub sums: ReportSums,
        /// Each room once.
        pub rooms: Vec<RoomOutcome>,
    }
}
