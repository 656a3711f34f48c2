//! What the desk's own keeping has to say to a person: what happened, in plain words, and what to do.

use crate::dto::StartNotice;
use crate::words::then;
use chrono::{DateTime, Utc};
use turndown_offline::{Backup, DoubtfulPlace, RepairReport, SecondCopy, Space};
use turndown_phrase::{Arg, Phrase, phrase};

/// After a repair: what was set aside and where, what came from which source, what is missing, what the service brings.
pub(crate) fn after_repair(report: &RepairReport) -> StartNotice {
    let damaged = match &report.set_aside {
        Some(folder) => phrase!(
            "The desk's database was damaged or gone. What was there is set aside in {folder}.",
            folder = folder.display().to_string()
        ),
        None => phrase!("The desk's database had lost its newest actions."),
    };
    let backup = report
        .backup
        .as_ref()
        .map(|backup| phrase!("The desk goes on from the backup {backup}.", backup = backup.to_string()));
    let recovered = match (report.taken_up, report.from_copy) {
        (0, _) => None,
        (count, 0) => Some(phrase!(
            "{count, plural, one {# recorded action was recovered from the damaged file.} other {# recorded actions \
             were recovered from the damaged file.}}",
            count
        )),
        (count, copy) if copy >= count => Some(phrase!(
            "{count, plural, one {# recorded action was recovered from the second copy.} other {# recorded actions \
             were recovered from the second copy.}}",
            count
        )),
        (count, copy) => Some(phrase!(
            "{count, plural, one {# recorded action was recovered, {copy} of them from the second copy alone.} other \
             {# recorded actions were recovered, {copy} of them from the second copy alone.}}",
            count,
            copy
        )),
    };
    let missing = report.missing.iter().map(stretch).reduce(|before, next| phrase!("{before}, {next}", before, next));
    let missing = missing.map(|numbers| {
        phrase!(
            "These numbers of the desk's record are in no file here any more: {numbers}. What the service has of \
             them is not lost.",
            numbers
        )
    });
    let sends_again = report
        .sends_again
        .then(|| phrase!("Sending had been paused there, or the desk told to work offline; it sends again now."));
    let strays = (report.strays > 0).then(|| {
        phrase!(
            "{count, plural, one {# action is of an older copy of this desk that went on by itself.} other {# \
             actions are of an older copy of this desk that went on by itself.}}",
            count = report.strays
        )
    });
    let sentences = [backup, recovered, missing, sends_again, strays].into_iter().flatten();
    let message = sentences.fold(damaged, |before, next| then(Some(before), next));
    let whole = report.missing.is_empty() && report.strays == 0;
    let next_step = if whole {
        phrase!(
            "Nothing is lost. Work on: what was recovered is sent again, the service knows what it has, and the \
             rooms come from it as soon as it answers."
        )
    } else {
        phrase!(
            "Work on: what was recovered is sent, and the rooms come from the service as soon as it answers. Compare \
             the rooms of that time with your paper, and give the folder above to your support."
        )
    };
    StartNotice {
        code: if report.set_aside.is_some() { "DATABASE_SET_ASIDE" } else { "RECOVERED_FROM_COPY" }.into(),
        message,
        next_step,
    }
}

/// Numbers that follow each other.
fn stretch(&(from, to): &(u64, u64)) -> Phrase {
    if from == to { phrase!("{from}", from) } else { phrase!("{from} to {to}", from, to) }
}

/// The look behind the open board found damage.
pub(crate) fn damage() -> StartNotice {
    StartNotice {
        code: "DATABASE_CORRUPT".into(),
        message: phrase!("The desk's database has damaged parts. What is recorded now is still saved, and kept twice."),
        next_step: phrase!(
            "Close Turndown and open it again soon: it sets the damaged file aside and goes on with everything that \
             was recorded."
        ),
    }
}

/// A warning that stands for as long as it is true.
pub(crate) fn second_copy(state: &SecondCopy) -> Option<StartNotice> {
    let SecondCopy::Failing { since, .. } = state else { return None };
    Some(StartNotice {
        code: "SECOND_COPY_OFF".into(),
        message: phrase!(
            "The second copy of what is recorded here cannot be written since {since}. Everything is saved in the \
             desk's database, but only there.",
            since = Arg::time(since)
        ),
        next_step: phrase!(
            "Work on. Look whether the disk is full or failing; the copy catches up by itself when it can be written \
             again."
        ),
    })
}

/// Little room, or too little, on the disk.
pub(crate) fn space(space: Space) -> Option<StartNotice> {
    let (code, message) = match space {
        Space::Enough => return None,
        Space::Low { free } => {
            ("DISK_LOW", phrase!("This computer's disk is almost full: {free} MB are left.", free = free >> 20))
        }
        Space::None { free } => (
            "DISK_FULL",
            phrase!(
                "This computer's disk is full: {free} MB are left, and no new action can be promised to be kept. \
                 What was recorded is safe and is still sent.",
                free = free >> 20
            ),
        ),
    };
    let next_step =
        phrase!("Free some space (empty the bin, remove old downloads) or ask your IT. Leave Turndown's folder alone.");
    Some(StartNotice { code: code.into(), message, next_step })
}

/// The folder lies where nothing promises that it stays as it was written.
pub(crate) fn place(doubt: &DoubtfulPlace) -> StartNotice {
    let message = match doubt {
        DoubtfulPlace::Network { kind } => phrase!(
            "The desk's folder lies on another computer ({kind}), where what is saved can be lost when the network \
             fails.",
            kind = *kind
        ),
        DoubtfulPlace::Synchronised { by } => phrase!(
            "The desk's folder lies in a folder that {by} copies to other computers. A copy of a desk's data that is \
             taken while the desk writes is damaged, and two desks would be one.",
            by = *by
        ),
    };
    StartNotice {
        code: "FOLDER_PLACE".into(),
        message,
        next_step: phrase!("Work on. Ask your IT to move the folder to this computer's own disk."),
    }
}

/// No backup could be taken for longer than a day of the desk's own time.
pub(crate) fn backup(newest: Option<&Backup>, now: DateTime<Utc>) -> StartNotice {
    let message = match newest.and_then(|backup| backup.at) {
        Some(at) => phrase!(
            "No new backup of the desk's data could be taken for a day; the newest is {hours, plural, one {# hour} \
             other {# hours}} old.",
            hours = (now - at).num_hours().max(0).unsigned_abs()
        ),
        None => phrase!("No backup of the desk's data could be taken yet."),
    };
    StartNotice {
        code: "BACKUP_OLD".into(),
        message,
        next_step: phrase!(
            "Work on: everything is saved, and kept twice. Look whether the disk is full; the next backup is tried \
             within the hour."
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> RepairReport {
        RepairReport { set_aside: Some("/hotel/quarantine/2016-03-25".into()), ..RepairReport::default() }
    }

    #[test]
    fn a_repair_says_what_was_set_aside_and_what_came_from_where() {
        let notice = after_repair(&RepairReport {
            backup: Some("000002.2016-03-25T09-00-00+0000.hourly.db".into()),
            taken_up: 20,
            from_copy: 5,
            ..report()
        });
        assert_eq!(notice.code, "DATABASE_SET_ASIDE");
        assert_eq!(
            notice.message,
            "The desk's database was damaged or gone. What was there is set aside in /hotel/quarantine/2016-03-25. The \
             desk goes on from the backup 000002.2016-03-25T09-00-00+0000.hourly.db. 20 recorded actions were recovered, \
             5 of them from the second copy alone."
        );
        assert!(notice.next_step.to_string().starts_with("Nothing is lost."));
    }

    #[test]
    fn what_is_missing_is_named_by_its_numbers_and_nobody_is_told_that_nothing_is_lost() {
        let notice = after_repair(&RepairReport { taken_up: 50, missing: vec![(7, 7), (12, 15)], ..report() });
        assert!(notice.message.to_string().contains("any more: 7, 12 to 15."), "{}", notice.message);
        assert!(!notice.next_step.to_string().contains("Nothing is lost"));
        let notice = after_repair(&RepairReport { taken_up: 50, strays: 1, ..report() });
        assert!(
            notice.message.to_string().ends_with("1 action is of an older copy of this desk that went on by itself.")
        );
        assert!(!notice.next_step.to_string().contains("Nothing is lost"));
    }

    #[test]
    fn a_pause_that_a_repair_ends_is_said() {
        let notice = after_repair(&RepairReport { sends_again: true, ..report() });
        assert!(
            notice.message.to_string().ends_with("told to work offline; it sends again now."),
            "{}",
            notice.message
        );
    }

    #[test]
    fn a_database_that_lost_its_end_names_no_folder() {
        let notice = after_repair(&RepairReport { taken_up: 1, from_copy: 1, ..RepairReport::default() });
        assert_eq!(notice.code, "RECOVERED_FROM_COPY");
        assert_eq!(
            notice.message,
            "The desk's database had lost its newest actions. 1 recorded action was recovered from the second copy."
        );
    }

    #[test]
    fn a_warning_stands_only_while_it_is_true() {
        assert!(second_copy(&SecondCopy::On).is_none());
        assert!(second_copy(&SecondCopy::Off).is_none());
        let failing = SecondCopy::Failing { since: "2016-03-25T10:00:00.000Z".into(), failures: 1, reason: "x".into() };
        assert_eq!(second_copy(&failing).map(|notice| notice.code), Some("SECOND_COPY_OFF".into()));
        assert!(space(Space::Enough).is_none());
        assert_eq!(space(Space::Low { free: 150 << 20 }).map(|notice| notice.code), Some("DISK_LOW".into()));
        assert!(space(Space::None { free: 7 << 20 }).is_some_and(|notice| notice.message.to_string().contains("7 MB")));
    }
}
