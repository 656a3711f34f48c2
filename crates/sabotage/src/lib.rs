//! Deliberately broken versions of the product. A campaign that finds nothing proves something only if it would have
//! found what it looks for; so each guard below can be taken away, and `make sabotage` demands that the campaigns
//! notice every time.
//!
//! Where a guard stands in the product it asks [`on`]. Without the feature `armed`, which nothing that ships enables,
//! the answer is a constant `false` and the question costs nothing. With it, one process is one version, chosen once by
//! the campaign program before anything else runs.

macro_rules! versions {
    ($($(#[$doc:meta])* $version:ident = $name:literal, $breaks:literal;)*) => {
        /// A broken version. The comment says which promise falls (DESIGN, section 2), or which hard case.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Version {
            $($(#[$doc])* $version,)*
        }

        impl Version {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$version,)*];

            /// The name on the command line.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$version => $name,)* }
            }

            /// What is broken, in plain words.
            #[must_use]
            pub const fn breaks(self) -> &'static str {
                match self { $(Self::$version => $breaks,)* }
            }
        }
    };
}

versions! {
    // What a desk calls saved.

    /// Promise 1: a power cut takes the newest commits with it.
    SynchronousNormal = "synchronous-normal", "the desk's commits are not synced (synchronous = NORMAL)";
    /// Promise 1: a power cut takes what had left the log and was not in the database yet.
    LogNotSynced = "log-not-synced", "the log begins anew before what it had is on disk (synchronous = OFF beside the writer)";
    /// Promise 1: whoever presses the button hears "saved" although the disk refused.
    SavedWithoutCommit = "saved-without-commit", "the desk says saved whatever its commit came to";
    /// A6: what the disk refused to sync may be there all the same, and is called not saved.
    DoubtIsDenied = "doubt-is-denied", "a commit that failed is called not saved, without a look";
    /// Promise 1: a power cut after the first start takes the desk's whole folder (A2).
    FolderNotSynced = "folder-not-synced", "the name of the desk's folder is not made durable";
    /// Promise 2: a power cut between the two leaves half an action.
    SplitTransaction = "split-transaction", "record and outbox are two transactions";
    /// Promise 1: one damaged file of the two costs work.
    NoSecondCopy = "no-second-copy", "the second copy is not written";
    /// Promise 1: a second copy that a power cut takes is none.
    CopyNotSynced = "copy-not-synced", "the second copy is written and not synced";
    /// Promise 1: a second copy that nobody looks at is none.
    CopyNotRead = "copy-not-read", "a start does not compare the second copy";
    /// Promise 10: an entry stands on one that was never committed.
    HeadNotRolledBack = "head-not-rolled-back", "the end of the record in memory stays where a failed action put it";
    /// A1: the same gesture twice is an error the second time.
    GestureNotLookedUp = "gesture-not-looked-up", "the desk does not look whether it has an action already";

    // What is sent.

    /// Promise 3: the order of a room is lost.
    NewestFirst = "newest-first", "a batch begins with its newest action";
    /// Promise 8: a clock that jumps back turns the order of a room round.
    OrderedByClock = "ordered-by-clock", "actions are sent in the order of their ids, which carry the clock";
    /// A8: the bytes of an event change after it was made.
    BytesMadeAtSend = "bytes-made-at-send", "an event is written anew, as online, when it is sent";
    /// Promise 9: the author is whoever acted last when it is sent (F1).
    AuthorAtFlush = "author-at-flush", "the author is taken when an event is sent";
    /// Promise 9: what is tried again becomes another person's work (F3).
    AuthorOfRetry = "author-of-retry", "what is tried again belongs to whoever tries";
    /// Promise 4: after one failure nothing is sent until somebody starts the desk again (B12).
    TimerNotRearmed = "timer-not-rearmed", "a send that failed arms no timer";
    /// Promise 4: one stranger's 403 stops the link (B12).
    StoppedForGood = "stopped-for-good", "a link that was refused does not ask again";
    /// Promise 4: one absurd header stops the link (B16).
    RetryAfterUnclamped = "retry-after-unclamped", "Retry-After is believed without a limit";

    // What an answer means.

    /// Promise 3: a captive portal acknowledges work (B6).
    AnyAnswerCounts = "any-answer-counts", "any 200 acknowledges the whole batch";
    /// Promise 3: an answer that leaves an event out acknowledges it (B7).
    UnnamedCounts = "unnamed-counts", "an event that an answer leaves out counts as taken";
    /// Promise 3: what the service refuses is gone, and nobody was asked (B5).
    RefusedIsDropped = "refused-is-dropped", "an action that the service refuses is thrown away";
    /// Promise 6: the other side wins without a word.
    TheirsWins = "theirs-wins", "a conflict takes the other side without asking";
    /// Promise 4: what waited behind a decision waits for ever (C1).
    HeldForGood = "held-for-good", "what is held is not released when its conflict is settled";
    /// Promise 5: one bad action blocks all rooms.
    BlocksAllRooms = "blocks-all-rooms", "an action that cannot move holds every room";

    // What the service says of itself and its rows.

    /// D3: a desk goes on against a service that forgot what it acknowledged.
    EpochNotNoticed = "epoch-not-noticed", "a restored service is met as if nothing were";
    /// D3: nothing is left to give back to a restored service.
    AcknowledgedNotKept = "acknowledged-not-kept", "what was acknowledged is not offered to a restored service";
    /// G1: a crash between the two loses a page.
    CursorBeforePage = "cursor-before-page", "the cursor moves before its page is taken";

    // The service.

    /// Promise 3: a request that comes twice has two effects.
    NoIdempotency = "no-idempotency", "the service does not look an event's id up";
    /// Promise 3: a request that comes late has two effects (B4).
    KeyForgotten = "key-forgotten", "the service forgets an event's id after a day";
    /// Promise 3: the service says taken, and a power cut makes it untrue.
    ServiceNotSynced = "service-not-synced", "the service's commits are not synced (synchronous = OFF)";
    /// Promise 3: the service says taken whatever its commit came to.
    AnsweredWithoutCommit = "answered-without-commit", "the service answers whatever its commit came to";
    /// Promise 2, at the service: an event without its effect.
    ServiceSplit = "service-split", "the service's record and its rows are two transactions";
    /// Promise 6: the last writer wins.
    LastWriterWins = "last-writer-wins", "the service applies without comparing";
    /// D3: a service that lost its newest part goes on as if nothing were missing.
    LossNotNoticed = "loss-not-noticed", "the service does not look at the heads of its record that desks show";
    /// Promise 10: a settled event is taken once more by itself.
    SettledForgotten = "settled-forgotten", "the service does not keep what a decision settled";
}

/// Whether this process is that broken version.
#[cfg(not(feature = "armed"))]
#[inline(always)]
#[must_use]
pub const fn on(_version: Version) -> bool {
    false
}

#[cfg(feature = "armed")]
static CHOSEN: std::sync::OnceLock<Version> = std::sync::OnceLock::new();

/// Whether this process is that broken version.
#[cfg(feature = "armed")]
#[must_use]
pub fn on(version: Version) -> bool {
    CHOSEN.get() == Some(&version)
}

/// Makes this process that version, for good. A process that chooses none is sound.
///
/// # Errors
/// The version that was chosen before.
#[cfg(feature = "armed")]
pub fn choose(version: Version) -> Result<(), Version> {
    CHOSEN.set(version)
}
