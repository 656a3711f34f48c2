//! Refusals, in the form of RFC 9457, with stable codes.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Codes both sides know. A code is stable; its sentence may improve.
pub mod codes {
    /// The same key came with other bytes. Nothing was applied.
    pub const KEY_REUSE: &str = "IDEMPOTENCY_FINGERPRINT_MISMATCH";
    /// The key is already answered; accepted by clients as success.
    pub const DUPLICATE: &str = "IDEMPOTENCY_DUPLICATE";
    /// A route that changes something was called without a key.
    pub const KEY_MISSING: &str = "IDEMPOTENCY_KEY_MISSING";
    /// The move is not allowed from the present state; carries `currentState`.
    pub const INVALID_TRANSITION: &str = "INVALID_STATE_TRANSITION";
    /// `If-Match` named another version.
    pub const VERSION_MISMATCH: &str = "VERSION_MISMATCH";
    /// No token, or one the service does not know.
    pub const UNAUTHENTICATED: &str = "UNAUTHENTICATED";
    /// The token is for another property, or may not do this.
    pub const FORBIDDEN: &str = "FORBIDDEN";
    /// The request names a store this service is not.
    pub const WRONG_STORE: &str = "WRONG_STORE";
    /// The request names an epoch that has passed: the service was restored.
    pub const WRONG_EPOCH: &str = "WRONG_EPOCH";
    /// The cursor is too old or of another epoch: take a new snapshot, keep the outbox.
    pub const CURSOR_GONE: &str = "CURSOR_GONE";
    /// The body is not what the route takes.
    pub const BAD_REQUEST: &str = "BAD_REQUEST";
    /// A body or an event is over the limit.
    pub const TOO_LARGE: &str = "TOO_LARGE";
    /// There is no such thing.
    pub const NOT_FOUND: &str = "NOT_FOUND";
    /// The service cannot write now.
    pub const STORAGE: &str = "STORAGE";
    /// The disk that the service writes to is full.
    pub const STORAGE_FULL: &str = "STORAGE_FULL";
    /// The event's form is newer than the service.
    pub const UPGRADE_REQUIRED: &str = "UPGRADE_REQUIRED";
    /// The event comes before one it builds on.
    pub const MISSING_PREDECESSOR: &str = "MISSING_PREDECESSOR";
    /// An earlier event of the same entity in this batch was not taken.
    pub const BLOCKED: &str = "BLOCKED";
    /// A field the event writes or relies on has another value now; a person decides.
    pub const CONFLICT: &str = "STATUS_CONFLICT_ON_FLUSH";
    /// The writer is not allowed to write these fields with this action.
    pub const NOT_THIS_ACTION: &str = "CHANGES_DO_NOT_FIT_ACTION";
    /// The audit chain of this install does not continue what the service holds.
    pub const AUDIT_FORK: &str = "AUDIT_FORK";
    /// The body's media type or encoding is not one the route reads.
    pub const UNSUPPORTED_MEDIA_TYPE: &str = "UNSUPPORTED_MEDIA_TYPE";
    /// The route does not take this method.
    pub const METHOD_NOT_ALLOWED: &str = "METHOD_NOT_ALLOWED";
    /// Too many tries; the answer says when to come again.
    pub const TOO_MANY_REQUESTS: &str = "TOO_MANY_REQUESTS";
    /// The enrolment code is not known, was used, or is over its time.
    pub const ENROLL_CODE_UNKNOWN: &str = "ENROLL_CODE_UNKNOWN";
    /// Not the person's PIN.
    pub const PIN_WRONG: &str = "PIN_WRONG";
    /// A new PIN will not do.
    pub const PIN_WEAK: &str = "PIN_WEAK";
    /// The service is stopping; try again in a moment.
    pub const STOPPING: &str = "STOPPING";
}

/// Why something was refused, after RFC 9457 (`application/problem+json`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// A URI that names the kind of problem: `urn:turndown:problem:<code>`.
    #[serde(rename = "type")]
    pub kind: String,
    /// One plain sentence.
    pub title: String,
    /// The HTTP status that goes with it.
    pub status: u16,
    /// The stable code that machines act on.
    pub code: String,
    /// More about this one case, and the next step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The present state, where a move was not allowed.
    #[serde(rename = "currentState", default, skip_serializing_if = "Option::is_none")]
    pub current_state: Option<Value>,
}

impl Problem {
    /// A problem with a code and its sentence.
    #[must_use]
    pub fn new(status: u16, code: &str, title: impl Into<String>) -> Self {
        Self {
            kind: format!("urn:turndown:problem:{}", code.to_ascii_lowercase().replace('_', "-")),
            title: title.into(),
            status,
            code: code.to_owned(),
            detail: None,
            current_state: None,
        }
    }

    /// The same with more about this case.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// The same with the present state.
    #[must_use]
    pub fn with_current_state(mut self, state: Value) -> Self {
        self.current_state = Some(state);
        self
    }
}
