//! Why the desk is not connected: a stable code, one plain sentence, one next step. What waits is always safe, and the
//! words say so where a person could doubt it.

use turndown_phrase::{Phrase, phrase};
use turndown_protocol::Problem;

/// A reason that a person can read and a machine can act on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// Stable.
    pub code: &'static str,
    /// What is wrong, in one plain sentence.
    pub message: Phrase,
    /// What to do next, in one plain sentence.
    pub next_step: Phrase,
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
    /// This computer's keyring, which keeps the desk's token, is locked or does not answer.
    KeyringShut,
    /// The keyring does not have the desk's token.
    KeyMissing,
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
    pub const ALL: [Self; 26] = [
        Self::Unreachable,
        Self::NameUnknown,
        Self::Silent,
        Self::Broken,
        Self::Certificate,
        Self::NotTheService,
        Self::AnswerUnfit,
        Self::KeyringShut,
        Self::KeyMissing,
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
        Reason { code, message, next_step }
    }

    fn words(self) -> (&'static str, Phrase, Phrase) {
        let wait = || phrase!("Go on working. Everything is saved here and is sent as soon as the service answers.");
        match self {
            Self::Unreachable => ("SERVICE_UNREACHABLE", phrase!("The hotel's service cannot be reached."), wait()),
            Self::NameUnknown => (
                "ADDRESS_UNKNOWN",
                phrase!("The network does not know the address of the hotel's service."),
                phrase!("Go on working. If other computers are online, have the service's address checked."),
            ),
            Self::Silent => ("SERVICE_SILENT", phrase!("The hotel's service does not answer in time."), wait()),
            Self::Broken => ("CONNECTION_BROKEN", phrase!("The connection to the hotel's service breaks off."), wait()),
            Self::Certificate => (
                "CERTIFICATE_REFUSED",
                phrase!("The certificate of the hotel's service is not accepted, so nothing is sent."),
                phrase!("Go on working. Check this computer's date, then ask your IT about the service's certificate."),
            ),
            Self::NotTheService => (
                "NOT_THE_SERVICE",
                phrase!("Something else answers at the service's address, a network's sign-in page perhaps."),
                phrase!(
                    "Sign in to the network in a browser, or have the service's address checked. What waits is safe."
                ),
            ),
            Self::AnswerUnfit => (
                "ANSWER_UNFIT",
                phrase!("The service's answer is not complete or not for this desk, so it does not count."),
                phrase!("Go on working; the desk asks again. If it stays like that, tell your IT."),
            ),
            Self::KeyringShut => (
                "KEYRING_UNAVAILABLE",
                phrase!("This computer's keyring is locked or does not answer, so nothing is sent."),
                phrase!("Go on working; everything is kept. Unlock the keyring, or tell your IT."),
            ),
            Self::KeyMissing => (
                "KEY_MISSING",
                phrase!("This computer's keyring does not have this desk's key, so nothing is sent."),
                phrase!("Go on working; everything is kept. Ask your IT for a new code and connect this desk again."),
            ),
            Self::TokenRefused => (
                "TOKEN_REFUSED",
                phrase!("The hotel's service does not accept this desk's key any more."),
                phrase!("Go on working; everything is kept. Ask your IT for a new code and connect this desk again."),
            ),
            Self::WrongProperty => (
                "WRONG_PROPERTY",
                phrase!("This desk's key is not for this hotel, so nothing is sent."),
                phrase!("Go on working; everything is kept. Ask your IT for a code of this hotel and connect again."),
            ),
            Self::WrongStore => (
                "WRONG_STORE",
                phrase!("Another service answers at the address of this hotel's service, so nothing is sent."),
                phrase!("Go on working; everything is kept. Ask your IT which service belongs to this hotel."),
            ),
            Self::WrongEpoch => (
                "WRONG_EPOCH",
                phrase!("The hotel's service was restored from a backup."),
                phrase!("Go on working; the desk gives the service again what it lost."),
            ),
            Self::UpgradeRequired => (
                "UPGRADE_REQUIRED",
                phrase!("This desk and the hotel's service are of versions that do not understand each other."),
                phrase!(
                    "Go on working; everything is kept. Install the newest Turndown on this computer, or tell your IT."
                ),
            ),
            Self::ServiceTrouble => (
                "SERVICE_TROUBLE",
                phrase!("The hotel's service has a fault of its own."),
                phrase!("Go on working; the desk tries again by itself. If it stays like that, tell your IT."),
            ),
            Self::Overloaded => (
                "SERVICE_BUSY",
                phrase!("The hotel's service is busy and asks this desk to wait."),
                phrase!("Go on working; the desk tries again by itself."),
            ),
            Self::PlannedOffline => (
                "PLANNED_OFFLINE",
                phrase!("This desk works offline because somebody chose to."),
                phrase!("Switch \"Work offline\" off when the connection may be used again."),
            ),
            Self::Unplugged => (
                "UNPLUGGED",
                phrase!("The plug is pulled."),
                phrase!("Go on working, then plug in again and see everything arrive."),
            ),
            Self::SendingPaused => (
                "SENDING_PAUSED",
                phrase!("Somebody paused the sending; what others do still comes in."),
                phrase!("Have the sending go on in the Sync Center when it may."),
            ),
            Self::InstallForked => (
                "INSTALL_FORKED",
                phrase!(
                    "This desk's data is a copy, or older than it was, so it goes on under a new number of its own."
                ),
                phrase!("Go on working; everything is sent. Ask your IT whether this computer was restored or copied."),
            ),
            Self::CursorGone => (
                "CURSOR_GONE",
                phrase!("This desk was away for so long that it takes the hotel's data anew."),
                phrase!("Nothing needs doing. What waits is kept and sent."),
            ),
            Self::RequestRefused => (
                "REQUEST_REFUSED",
                phrase!("The hotel's service refuses what this desk sends."),
                phrase!("Go on working; everything is kept. Tell your IT."),
            ),
            Self::TooLarge => (
                "TOO_LARGE",
                phrase!("The action is larger than the service takes."),
                phrase!("Export it from the Sync Center and record it again with a shorter note."),
            ),
            Self::NotYet => (
                "NOT_TAKEN_YET",
                phrase!("The hotel's service does not take some of the actions yet."),
                phrase!("The desk tries again by itself. The Sync Center says why for each of them."),
            ),
            Self::AuditFork => (
                "AUDIT_FORK",
                phrase!("The service's record of this desk does not continue the desk's own."),
                phrase!("Go on working; nothing is lost. Ask your IT whether this computer was restored or copied."),
            ),
            Self::Fault => (
                "LINK_FAULT",
                phrase!("The desk's connection had a fault and starts again."),
                phrase!("Go on working; everything is kept. If it stays like that, send the log to your support."),
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
            self.message = phrase!("{message} It says: {words}", message = self.message, words = plain);
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
            let (message, next_step) = (reason.message.to_string(), reason.next_step.to_string());
            assert!(message.ends_with('.') && next_step.ends_with('.'), "{reason:?}");
            assert!(reason.code.bytes().all(|b| b.is_ascii_uppercase() || b == b'_'), "{reason:?}");
        }
    }

    #[test]
    fn what_a_service_says_cannot_break_a_screen() {
        let problem = Problem::new(403, "X", format!("a\u{1b}[31m\n{}", "b".repeat(1_000)));
        let reason = Cause::WrongProperty.reason().said(Some(&problem));
        let message = reason.message.to_string();
        assert!(!message.contains('\n') && !message.contains('\u{1b}'), "{reason:?}");
        assert!(message.len() < 400, "{}", message.len());
    }
}
