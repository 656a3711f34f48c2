//! Refusals as answers.

use crate::store::{StoreError, error_text};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use turndown_protocol::{Problem, codes};

/// A request that was not done: an RFC 9457 problem, and when to come again where that helps.
#[derive(Debug)]
pub struct Refused {
    problem: Box<Problem>,
    retry_after_s: Option<u32>,
}

impl Refused {
    pub(super) fn retry_after(mut self, seconds: u32) -> Self {
        self.retry_after_s = Some(seconds);
        self
    }

    /// A commit whose answer was lost may stand, so nothing is said of what was done.
    fn storage(code: &'static str, title: &'static str) -> Self {
        Problem::new(503, code, title)
            .with_detail(
                "Keep what you have and send the same again: nothing is done twice. The service's log has the reason.",
            )
            .into()
    }

    pub(super) fn bad_request(detail: impl Into<String>) -> Self {
        Problem::new(400, codes::BAD_REQUEST, "The request is not what this route takes.").with_detail(detail).into()
    }
}

const CANNOT: &str = "The service cannot read or write its store now.";

impl From<Problem> for Refused {
    fn from(problem: Problem) -> Self {
        Self { problem: Box::new(problem), retry_after_s: None }
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Stopping => {
                Self::from(Problem::new(503, codes::STOPPING, "The service is stopping. Try again in a moment."))
                    .retry_after(2)
            }
            error @ (StoreError::Database(_) | StoreError::Server(_)) => {
                tracing::error!(error = error_text(&error), "the store failed");
                if error.is_full() {
                    return Self::storage(codes::STORAGE_FULL, "The service's disk is full.").retry_after(30);
                }
                Self::storage(codes::STORAGE, CANNOT).retry_after(5)
            }
            StoreError::Busy => {
                tracing::warn!("no connection to the database server was free");
                Self::storage(codes::STORAGE, CANNOT).retry_after(2)
            }
            StoreError::Unreadable(source) => {
                tracing::error!(error = %source, "a stored record cannot be read");
                Problem::new(500, codes::STORAGE, "A stored record cannot be read. The service's log has the reason.")
                    .into()
            }
            StoreError::Lost => Problem::new(409, codes::WRONG_EPOCH, "The service lost what it had acknowledged.")
                .with_detail("Nothing was taken. Ask for capabilities again, then send again what the service lost.")
                .into(),
            StoreError::Fault => {
                tracing::error!("a fault in the service");
                Problem::new(500, codes::STORAGE, "The service failed on this request. Its log has the reason.").into()
            }
        }
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let text = serde_json::to_string(&self.problem).unwrap_or_default();
        let mut response = (status, [(header::CONTENT_TYPE, "application/problem+json")], text).into_response();
        if let Some(seconds) = self.retry_after_s {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
