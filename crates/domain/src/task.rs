//! A unit of work in a room.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A task's id: derived from property, room, kind and day for the day's own tasks, random for added ones.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(transparent)]
pub struct TaskId(pub String);

/// A staff member's id.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(transparent)]
pub struct StaffId(pub String);

/// What sort of work.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum TaskKind {
    /// The full clean after a guest left.
    #[default]
    Departure,
    /// Service for a guest who stays.
    Stayover,
    /// The full clean between two guests of one day.
    Turnover,
    /// Fresh linen.
    Linen,
    /// A touch-up.
    Pickup,
    /// The evening service.
    Turndown,
    /// Somebody looks; nothing is cleaned.
    Check,
    /// An inspection on its own.
    Inspection,
    /// The thorough one.
    DeepClean,
}

impl TaskKind {
    /// Whether completing it makes the room clean.
    #[must_use]
    pub fn cleans(self) -> bool {
        matches!(self, Self::Departure | Self::Stayover | Self::Turnover | Self::Pickup | Self::DeepClean)
    }
}

/// Where a task stands: `ready → in_progress ⇄ paused → completed → inspected`; `cancelled` ends it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum TaskStatus {
    /// Waits to be started.
    #[default]
    Ready,
    /// Somebody is at it.
    InProgress,
    /// Interrupted.
    Paused,
    /// Done; may still be inspected.
    Completed,
    /// Passed, or skipped with a reason.
    Inspected,
    /// Will not be done.
    Cancelled,
}

/// How soon.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// When there is time.
    Low,
    /// As usual.
    #[default]
    Normal,
    /// Before the usual ones.
    High,
    /// A guest is waiting.
    Urgent,
}

/// Where a task came from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum TaskSource {
    /// The day's plan.
    #[default]
    Day,
    /// A person.
    Manual,
}

/// What an inspector found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum InspectionResult {
    /// Fit for a guest.
    Pass,
    /// Back to the attendant.
    Fail,
    /// Not looked at, for a reason.
    Skip,
}

/// The last inspection of a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
pub struct Inspection {
    /// What was found.
    pub result: InspectionResult,
    /// Why, for fail and skip.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "ts", ts(optional))]
    pub reason: Option<String>,
}

/// A task. Each member is one field, `task/<id>/<member>`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Task {
    /// What sort of work.
    pub kind: TaskKind,
    /// Where it stands.
    pub status: TaskStatus,
    /// Who does it; absent while nobody is assigned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assignee: Option<StaffId>,
    /// Its weight, in the house's credits.
    pub credits: u16,
    /// How soon.
    pub priority: Priority,
    /// The front desk or the lead asks for it now.
    #[serde(skip_serializing_if = "is_false")]
    pub rush: bool,
    /// The turn it belongs to: the clean after a departure belongs to the guest who left.
    pub turn: u32,
    /// The service day (ISO date).
    pub service_day: String,
    /// The day's plan, or a person.
    pub source: TaskSource,
    /// When it was last started or resumed. A stamp: shown, never compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_at: Option<DateTime<Utc>>,
    /// When it was completed. A stamp.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<DateTime<Utc>>,
    /// The last inspection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inspection: Option<Inspection>,
    /// How often it came back from inspection.
    #[serde(skip_serializing_if = "is_zero")]
    pub rework: u16,
    /// Why it was cancelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cancelled_because: Option<String>,
    /// What the attendant should know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_false(value: &bool) -> bool {
    !value
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(value: &u16) -> bool {
    *value == 0
}

impl Task {
    /// Whether work on it can still happen: not completed, inspected or cancelled.
    #[must_use]
    pub fn is_open(&self) -> bool {
        matches!(self.status, TaskStatus::Ready | TaskStatus::InProgress | TaskStatus::Paused)
    }
}
