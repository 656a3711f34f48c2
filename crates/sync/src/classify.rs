//! What an outcome means for what waits (DESIGN section 6, the table of retry classes). Pure.
//!
//! The class says what happens next; the [`Cause`] says why, for the person. The two are kept apart because a 403 stops
//! the sending whoever sent it, but only the service's own 403 speaks of the hotel.

use crate::reason::{Cause, Reason};
use std::time::Duration;
use turndown_protocol::{Problem, codes};
use turndown_sabotage::{self as sabotage, Version};

/// What happens next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Nothing left this desk. Wait for the network, and look again on a timer.
    Offline,
    /// The request may have had its effect. The same bytes again, for as long as it takes.
    Unknown,
    /// The service asks to come later.
    Overload,
    /// The token is not taken. Wait with the reason; recording goes on.
    SignIn,
    /// The service does not want this from this desk. Sending stops with the reason; recording goes on.
    Refused,
    /// The request failed as a whole and blames no event: halve it until one event stands alone.
    WholeBatch,
    /// Either side is too old. Hold until one is upgraded.
    Version,
    /// The cursor is of no use any more: a snapshot is taken.
    Gone,
    /// This desk could not keep the answer (a full disk, a fault). The same again later.
    Desk,
}

/// A request that did not get the answer it wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What happens next.
    pub class: Class,
    /// Why.
    pub cause: Cause,
    /// Why, in words.
    pub reason: Reason,
    /// When the service asks to be asked again.
    pub retry_after: Option<Duration>,
}

impl Failure {
    /// A failure in its plain words.
    #[must_use]
    pub fn new(class: Class, cause: Cause) -> Self {
        Self { class, cause, reason: cause.reason(), retry_after: None }
    }

    /// An answer that is not the answer to what was asked: it never counts, whatever it says.
    #[must_use]
    pub fn unknown(cause: Cause) -> Self {
        Self::new(Class::Unknown, cause)
    }
}

/// How a request failed before there was a whole answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// The name could not be found.
    Name,
    /// No connection came about: refused, no route, no connection in time.
    Connect,
    /// The certificate or the handshake of TLS failed.
    Tls,
    /// The connection stood and nothing came in time.
    Silence,
    /// The connection broke, or the body ended early.
    Broken,
}

/// Classes a failure of the transport.
#[must_use]
pub fn transport(transport: Transport) -> Failure {
    match transport {
        Transport::Name => Failure::new(Class::Offline, Cause::NameUnknown),
        Transport::Connect => Failure::new(Class::Offline, Cause::Unreachable),
        Transport::Tls => Failure::new(Class::Offline, Cause::Certificate),
        Transport::Silence => Failure::new(Class::Unknown, Cause::Silent),
        Transport::Broken => Failure::new(Class::Unknown, Cause::Broken),
    }
}

/// The head of an answer, and its problem when it carries one.
#[derive(Debug, Clone, Copy, Default)]
pub struct Head<'a> {
    /// The HTTP status.
    pub status: u16,
    /// `Content-Type` as it came.
    pub content_type: Option<&'a str>,
    /// `Retry-After`, read.
    pub retry_after: Option<Duration>,
    /// The body as a problem (RFC 9457), when it is one.
    pub problem: Option<&'a Problem>,
}

/// Whether a media type is that of a JSON answer.
#[must_use]
pub fn is_json(content_type: Option<&str>) -> bool {
    let essence = content_type.unwrap_or_default().split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/json")
}

/// Classes a whole answer by its head. `Ok` means: read the body; it still has to name what was asked (see
/// [`crate::check`]).
///
/// # Errors
/// The failure that the answer is.
pub fn head(head: Head<'_>) -> Result<(), Failure> {
    let failure = |class, cause: Cause| {
        Err(Failure { class, cause, reason: cause.reason().said(head.problem), retry_after: head.retry_after })
    };
    let code = head.problem.map(|problem| problem.code.as_str());
    // Who sends no problem in our form is not our service, whatever the status.
    let ours = |cause| if head.problem.is_some() { cause } else { Cause::NotTheService };
    match head.status {
        200..=299 if is_json(head.content_type) || sabotage::on(Version::AnyAnswerCounts) => Ok(()),
        // A captive portal's page, and a redirect to one.
        200..=399 | 407 | 511 => failure(Class::Unknown, Cause::NotTheService),
        400 => failure(Class::WholeBatch, Cause::RequestRefused),
        401 => failure(Class::SignIn, ours(Cause::TokenRefused)),
        403 if code == Some(codes::WRONG_STORE) => failure(Class::Refused, Cause::WrongStore),
        403 => failure(Class::Refused, ours(Cause::WrongProperty)),
        404 | 405 => failure(Class::Refused, ours(Cause::RequestRefused)),
        408 | 421 | 425 => failure(Class::Unknown, Cause::Silent),
        409 if code == Some(codes::WRONG_STORE) => failure(Class::Refused, Cause::WrongStore),
        409 if code == Some(codes::WRONG_EPOCH) => failure(Class::Refused, Cause::WrongEpoch),
        409 => failure(Class::Refused, ours(Cause::RequestRefused)),
        410 => failure(Class::Gone, Cause::CursorGone),
        413 if code == Some(codes::TOO_LARGE) => failure(Class::WholeBatch, Cause::TooLarge),
        413 => failure(Class::WholeBatch, Cause::ServiceTrouble),
        406 | 415 | 426 => failure(Class::Version, ours(Cause::UpgradeRequired)),
        429 | 502..=504 => failure(Class::Overload, Cause::Overloaded),
        500 | 501 | 505..=510 | 512..=599 => failure(Class::WholeBatch, Cause::ServiceTrouble),
        402..=499 => failure(Class::Refused, ours(Cause::RequestRefused)),
        _ => failure(Class::Unknown, Cause::NotTheService),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn classed(status: u16, content_type: Option<&str>, problem: Option<&Problem>) -> Option<(Class, Cause)> {
        head(Head { status, content_type, retry_after: None, problem }).err().map(|f| (f.class, f.cause))
    }

    #[test]
    fn the_table_of_retry_classes() {
        use {Cause as C, Class as K};
        const HTML: Option<&str> = Some("text/html; charset=utf-8");
        const JSON: Option<&str> = Some("application/json; charset=utf-8");
        let ours = |code| Some(Problem::new(400, code, "Said by the service."));
        for (status, content_type, code, expected) in [
            (200, JSON, None, None),
            (200, Some("Application/JSON"), None, None),
            (200, HTML, None, Some((K::Unknown, C::NotTheService))),
            (200, None, None, Some((K::Unknown, C::NotTheService))),
            (200, Some("application/jsonp"), None, Some((K::Unknown, C::NotTheService))),
            (204, None, None, Some((K::Unknown, C::NotTheService))),
            (302, HTML, None, Some((K::Unknown, C::NotTheService))),
            (100, None, None, Some((K::Unknown, C::NotTheService))),
            (400, JSON, Some("BAD_REQUEST"), Some((K::WholeBatch, C::RequestRefused))),
            (400, HTML, None, Some((K::WholeBatch, C::RequestRefused))),
            (401, JSON, Some("UNAUTHENTICATED"), Some((K::SignIn, C::TokenRefused))),
            (401, HTML, None, Some((K::SignIn, C::NotTheService))),
            (403, JSON, Some("FORBIDDEN"), Some((K::Refused, C::WrongProperty))),
            (403, HTML, None, Some((K::Refused, C::NotTheService))),
            (403, JSON, Some("WRONG_STORE"), Some((K::Refused, C::WrongStore))),
            (404, JSON, Some("NOT_FOUND"), Some((K::Refused, C::RequestRefused))),
            (404, HTML, None, Some((K::Refused, C::NotTheService))),
            (407, HTML, None, Some((K::Unknown, C::NotTheService))),
            (408, None, None, Some((K::Unknown, C::Silent))),
            (409, JSON, Some("WRONG_STORE"), Some((K::Refused, C::WrongStore))),
            (409, JSON, Some("WRONG_EPOCH"), Some((K::Refused, C::WrongEpoch))),
            (409, JSON, Some("ELSE"), Some((K::Refused, C::RequestRefused))),
            (410, JSON, Some("CURSOR_GONE"), Some((K::Gone, C::CursorGone))),
            (413, JSON, Some("TOO_LARGE"), Some((K::WholeBatch, C::TooLarge))),
            // A proxy's limit is not the service's: no event is to blame for it.
            (413, HTML, None, Some((K::WholeBatch, C::ServiceTrouble))),
            (413, JSON, Some("OTHER"), Some((K::WholeBatch, C::ServiceTrouble))),
            (415, JSON, Some("UNSUPPORTED_MEDIA_TYPE"), Some((K::Version, C::UpgradeRequired))),
            (418, None, None, Some((K::Refused, C::NotTheService))),
            (426, JSON, Some("UPGRADE_REQUIRED"), Some((K::Version, C::UpgradeRequired))),
            (429, JSON, None, Some((K::Overload, C::Overloaded))),
            (500, JSON, Some("STORAGE"), Some((K::WholeBatch, C::ServiceTrouble))),
            (500, HTML, None, Some((K::WholeBatch, C::ServiceTrouble))),
            (501, None, None, Some((K::WholeBatch, C::ServiceTrouble))),
            (502, HTML, None, Some((K::Overload, C::Overloaded))),
            (503, JSON, None, Some((K::Overload, C::Overloaded))),
            (504, None, None, Some((K::Overload, C::Overloaded))),
            (511, HTML, None, Some((K::Unknown, C::NotTheService))),
            (599, None, None, Some((K::WholeBatch, C::ServiceTrouble))),
            (799, JSON, None, Some((K::Unknown, C::NotTheService))),
        ] {
            let problem = code.and_then(ours);
            assert_eq!(classed(status, content_type, problem.as_ref()), expected, "{status} {content_type:?} {code:?}");
        }
    }

    #[test]
    fn no_status_at_all_is_left_without_a_class() {
        for status in 0..=999 {
            let answered = classed(status, Some("application/json"), None).is_none();
            assert_eq!(answered, (200..300).contains(&status), "{status}");
        }
    }

    #[test]
    fn what_never_left_the_desk_is_offline_and_what_might_have_is_unknown() {
        use {Cause as C, Class as K};
        for (kind, expected) in [
            (Transport::Name, (K::Offline, C::NameUnknown)),
            (Transport::Connect, (K::Offline, C::Unreachable)),
            (Transport::Tls, (K::Offline, C::Certificate)),
            (Transport::Silence, (K::Unknown, C::Silent)),
            (Transport::Broken, (K::Unknown, C::Broken)),
        ] {
            let failure = transport(kind);
            assert_eq!((failure.class, failure.cause), expected, "{kind:?}");
        }
    }
}
