//! Why the desk is not connected: a stable code, one plain sentence, one next step. What waits is always safe, and the
//! words say so where a person could doubt it.

use turndown_protocol::Problem;

/// A reason that a person can read and a machine can act on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// Stable.
    pub code: &'static str,
    /// What is wrong, in one plain sentence.
    pub message: String,
    /// What to do next, in one plain sentence.
    pub next_step: String,
}

/// The causes that the link knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    /// The connection was refused, or there is no route.
    Unreachable,
    /// The address has no entry in the name service.
    NameUnknown,
    /// No answer within the deadline.
    Silent,
    /// The connection broke in the middle.
    Broken,
    /// The service's certificate is not accepted.
    Certificate,
    /// Something answered that is not the service: a portal's sign-in page, a proxy, another program.
    NotTheService,
    /// The answer has the right form but not the right content.
    AnswerUnfit,
    /// The service does not take this desk's token.
    TokenRefused,
    /// The token is for another hotel, or may not do this.
    WrongProperty,
    /// Another service answers at this address.
    WrongStore,
    /// The service was restored and goes on in a new epoch.
    WrongEpoch,
    /// Either side is too old for the other.
    UpgradeRequired,
    /// The service answers with an error.
    ServiceTrouble,
    /// The service asks to come again later.
    Overloaded,
    /// Someone chose to work offline.
    PlannedOffline,
    /// The sample hotel's plug is pulled.
    Unplugged,
    /// Someone paused the sending.
    SendingPaused,
    /// The service knows more of this desk than the desk itself, which goes on under a new install id.
    InstallForked,
    /// The cursor is too old: a snapshot is taken.
    CursorGone,
    /// The request as a whole was refused.
    RequestRefused,
    /// One event or batch is over the service's limit.
    TooLarge,
    /// The service answers, and does not take some events yet.
    NotYet,
    /// The service's record of this desk has two entries in one place.
    AuditFork,
    /// This program failed; it starts its link again.
    Fault,
}

impl Cause {
    /// Every cause, for tables.
    pub const ALL: [Self; 24] = [
        Self::Unreachable,
        Self::NameUnknown,
        Self::Silent,
        Self::Broken,
        Self::Certificate,
        Self::NotTheService,
        Self::AnswerUnfit,
        Self::TokenRefused,
        Self::WrongProperty,
        Self::WrongStore,
        Self::WrongEpoch,
        Self::UpgradeRequired,
        Self::ServiceTrouble,
        Self::Overloaded,
        Self::PlannedOffline,
        Self::Unplugged,
        Self::SendingPaused,
        Self::InstallForked,
        Self::CursorGone,
        Self::RequestRefused,
        Self::TooLarge,
        Self::NotYet,
        Self::AuditFork,
        Self::Fault,
    ];

    /// The stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.words().0
    }

    /// The cause in words.
    #[must_use]
    pub fn reason(self) -> Reason {
        let (code, message, next_step) = self.words();
        Reason { code, message: message.to_owned(), next_step: next_step.to_owned() }
    }

    fn words(self) -> (&'static str, &'static str, &'static str) {
        const WAIT: &str = "Go on working. Everything is saved here and is sent as soon as the service answers.";
        match self {
            Self::Unreachable => ("SERVICE_UNREACHABLE", "The hotel's service cannot be reached.", WAIT),
            Self::NameUnknown => (
                "ADDRESS_UNKNOWN",
                "The network does not know the address of the hotel's service.",
                "Go on working. If other computers are online, have the service's address checked.",
            ),
            Self::Silent => ("SERVICE_SILENT", "The hotel's service does not answer in time.", WAIT),
            Self::Broken => ("CONNECTION_BROKEN", "The connection to the hotel's service breaks off.", WAIT),
            Self::Certificate => (
                "CERTIFICATE_REFUSED",
                "The certificate of the hotel's service is not accepted, so nothing is sent.",
                "Go on working. Check this computer's date, then ask your IT about the service's certificate.",
            ),
            Self::NotTheService => (
                "NOT_THE_SERVICE",
                "Something else answers at the service's address, a network's sign-in page perhaps.",
                "Sign in to the network in a browser, or have the service's address checked. What waits is safe.",
            ),
            Self::AnswerUnfit => (
                "ANSWER_UNFIT",
                "The service's answer is not complete or not for this desk, so it does not count.",
                "Go on working; the desk asks again. If it stays like that, tell your IT.",
            ),
            Self::TokenRefused => (
                "TOKEN_REFUSED",
                "The hotel's service does not accept this desk's key any more.",
                "Go on working; everything is kept. Ask your IT for a new code and connect this desk again.",
            ),
            Self::WrongProperty => (
                "WRONG_PROPERTY",
                "This desk's key is not for this hotel, so nothing is sent.",
                "Go on working; everything is kept. Ask your IT for a code of this hotel and connect again.",
            ),
            Self::WrongStore => (
                "WRONG_STORE",
                "Another service answers at the address of this hotel's service, so nothing is sent.",
                "Go on working; everything is kept. Ask your IT which service belongs to this hotel.",
            ),
            Self::WrongEpoch => (
                "WRONG_EPOCH",
                "The hotel's service was restored from a backup.",
                "Go on working; the desk gives the service again what it lost.",
            ),
            Self::UpgradeRequired => (
                "UPGRADE_REQUIRED",
                "This desk and the hotel's service are of versions that do not understand each other.",
                "Go on working; everything is kept. Install the newest Turndown on this computer, or tell your IT.",
            ),
            Self::ServiceTrouble => (
                "SERVICE_TROUBLE",
                "The hotel's service has a fault of its own.",
                "Go on working; the desk tries again by itself. If it stays like that, tell your IT.",
            ),
            Self::Overloaded => (
                "SERVICE_BUSY",
                "The hotel's service is busy and asks this desk to wait.",
                "Go on working; the desk tries again by itself.",
            ),
            Self::PlannedOffline => (
                "PLANNED_OFFLINE",
                "This desk works offline because somebody chose to.",
                "Switch \"Work offline\" off when the connection may be used again.",
            ),
            Self::Unplugged => {
                ("UNPLUGGED", "The plug is pulled.", "Go on working, then plug in again and see everything arrive.")
            }
            Self::SendingPaused => (
                "SENDING_PAUSED",
                "Somebody paused the sending; what others do still comes in.",
                "Have the sending go on in the Sync Center when it may.",
            ),
            Self::InstallForked => (
                "INSTALL_FORKED",
                "This desk's data is a copy, or older than it was, so it goes on under a new number of its own.",
                "Go on working; everything is sent. Ask your IT whether this computer was restored or copied.",
            ),
            Self::CursorGone => (
                "CURSOR_GONE",
                "This desk was away for so long that it takes the hotel's data anew.",
                "Nothing needs doing. What waits is kept and sent.",
            ),
            Self::RequestRefused => (
                "REQUEST_REFUSED",
                "The hotel's service refuses what this desk sends.",
                "Go on working; everything is kept. Tell your IT.",
            ),
            Self::TooLarge => (
                "TOO_LARGE",
                "The action is larger than the service takes.",
                "Export it from the Sync Center and record it again with a shorter note.",
            ),
            Self::NotYet => (
                "NOT_TAKEN_YET",
                "The hotel's service does not take some of the actions yet.",
                "The desk tries again by itself. The Sync Center says why for each of them.",
            ),
            Self::AuditFork => (
                "AUDIT_FORK",
                "The service's record of this desk does not continue the desk's own.",
                "Go on working; nothing is lost. Ask your IT whether this computer was restored or copied.",
            ),
            Self::Fault => (
                "LINK_FAULT",
                "The desk's connection had a fault and starts again.",
                "Go on working; everything is kept. If it stays like that, send the log to your support.",
            ),
        }
    }
}

impl Reason {
    /// The reason with what the service itself says in its place, where it says something.
    #[must_use]
    pub fn said(mut self, problem: Option<&Problem>) -> Self {
        if let Some(problem) = problem
            && !problem.title.trim().is_empty()
        {
            // A service's sentence is shown, so it is kept short and free of control characters.
            let plain: String = problem.title.chars().filter(|c| !c.is_control()).take(200).collect();
            self.message = format!("{} It says: {plain}", self.message);
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_reason_has_its_own_code_a_sentence_and_a_next_step() {
        let codes: BTreeSet<&str> = Cause::ALL.iter().map(|cause| cause.code()).collect();
        assert_eq!(codes.len(), Cause::ALL.len());
        for cause in Cause::ALL {
            let reason = cause.reason();
            assert!(reason.message.ends_with('.') && reason.next_step.ends_with('.'), "{reason:?}");
            assert!(reason.code.bytes().all(|b| b.is_ascii_uppercase() || b == b'_'), "{reason:?}");
        }
    }

    #[test]
    fn what_a_service_says_cannot_break_a_screen() {
        let problem = Problem::new(403, "X", format!("a\u{1b}[31m\n{}", "b".repeat(1_000)));
        let reason = Cause::WrongProperty.reason().said(Some(&problem));
        assert!(!reason.message.contains('\n') && !reason.message.contains('\u{1b}'), "{reason:?}");
        assert!(reason.message.len() < 400, "{}", reason.message.len());
    }
}
