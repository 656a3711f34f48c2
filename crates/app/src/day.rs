//! The day roll: by the hotel's clock the next service day begins at this desk by itself. Where more than one day has
//! passed, somebody is asked, because the clock may be wrong.

use crate::app::{Answer, App};
use crate::dto::LinkState;
use chrono::{DateTime, NaiveDateTime, Utc};
use std::sync::Arc;
use std::time::Duration;
use turndown_desk::Desk;
use turndown_domain::day::{DAY_BEGINS_AT, Due, due};
use turndown_domain::{Property, PropertyBook};
use turndown_offline::Sort;
use turndown_phrase::phrase;

/// How often the clock is looked at.
pub(crate) const LOOKS_EVERY: Duration = Duration::from_secs(5);
/// Desks that reach the service begin one after the other, in as many minutes: what the first one makes comes to the
/// others with the service's rows, and they have nothing left to do.
const SPREAD_MIN: u32 = 10;

fn local(property: &Property, now: DateTime<Utc>) -> NaiveDateTime {
    let zone = property.time_zone.parse().unwrap_or(chrono_tz::Tz::UTC);
    now.with_timezone(&zone).naive_local()
}

/// Which day is due. The sample hotel lives in its own time.
fn due_in(book: &PropertyBook, now: DateTime<Utc>) -> Option<Due> {
    let property = &book.property;
    if property.sample { None } else { due(&property.service_day, local(property, now)) }
}

/// Which minute of the spread is a desk's, by its name.
fn minute_of(install: &str) -> u32 {
    install.bytes().fold(0, |sum: u32, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte))) % SPREAD_MIN
}

/// Whether a day that is due begins now. A desk that does not know yet whether it reaches the service waits until it does.
fn begins_now(link: LinkState, local: NaiveDateTime, minute: u32) -> bool {
    let today = local.date().and_hms_opt(DAY_BEGINS_AT, 0, 0);
    let since = today.map_or(i64::MAX, |begins| (local - begins).num_minutes());
    match link {
        LinkState::Offline | LinkState::Stopped => true,
        LinkState::Starting => false,
        // In the small hours of the next calendar day it is long due.
        LinkState::Online => since < 0 || since >= i64::from(minute),
    }
}

impl App {
    /// The day that somebody is asked about (ISO date).
    pub(crate) fn day_to_begin(&self, book: Option<&PropertyBook>) -> Option<String> {
        match book.and_then(|book| due_in(book, self.now()))? {
            Due::Asks(day) => Some(day.to_string()),
            Due::Next(_) => None,
        }
    }

    /// Begins the day that somebody was asked about, as it stood on their screen (ISO date). A day that has begun
    /// meanwhile has begun.
    ///
    /// # Errors
    /// When nobody is working, the clock says another day by now, or the database refused; nothing was saved then.
    pub fn begin_day(&self, day: &str) -> Answer<()> {
        let desk = self.desk()?;
        self.actor()?;
        let Some(book) = self.check(desk.book())? else { return Ok(()) };
        match due_in(&book, self.now()) {
            Some(Due::Asks(due) | Due::Next(due)) if due.to_string() == day => {
                self.acted(desk.begin_day(due))?;
                desk.engine().announce(Sort::Reference);
                Ok(())
            }
            _ if book.property.service_day.as_str() >= day => Ok(()),
            _ => Err(self.error(
                "DAY_NOT_DUE",
                phrase!("By this computer's clock another day is due now."),
                phrase!("See to the clock of this computer, then look again."),
            )),
        }
    }

    /// Looks at the clock for as long as the desk is open.
    pub(crate) fn watch_the_day(&self) {
        let app = Arc::downgrade(&self.0);
        tokio::spawn(async move {
            let mut looks = tokio::time::interval(LOOKS_EVERY);
            looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            let mut asked = None;
            loop {
                looks.tick().await;
                // Nothing here keeps the database open when everybody else has let go of it.
                let Some(inner) = app.upgrade() else { return };
                let app = Self(inner);
                let Ok(desk) = app.whatever_is_locked() else { return };
                let Ok(now_asked) = tokio::task::spawn_blocking(move || app.look_at_the_day(&desk, asked)).await else {
                    return;
                };
                asked = now_asked;
            }
        });
    }

    /// Begins the day that is due. Answers which day somebody is asked about.
    fn look_at_the_day(&self, desk: &Desk, asked: Option<Due>) -> Option<Due> {
        let book = desk.book().ok().flatten()?;
        let due = due_in(&book, self.now());
        match due {
            Some(Due::Next(day)) => {
                // A desk that no hotel's address is known to is alone.
                let link = match self.linked() {
                    Some(_) => self.sync_status(desk).ok()?.state,
                    None => LinkState::Offline,
                };
                let minute = minute_of(desk.engine().install_id().as_str());
                if begins_now(link, local(&book.property, self.now()), minute) {
                    match desk.begin_day(day) {
                        Ok(_) => desk.engine().announce(Sort::Reference),
                        // It is tried again at the next look.
                        Err(error) => tracing::warn!(%error, "the day could not begin"),
                    }
                }
                None
            }
            asks => {
                if asks != asked {
                    desk.engine().announce(Sort::Reference);
                }
                asks
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn h1_a_desk_without_its_service_begins_the_day_at_once_and_others_one_after_the_other() {
        for (link, local, minute, now) in [
            (LinkState::Offline, "2016-03-26T03:00:00", 9, true),
            (LinkState::Stopped, "2016-03-26T03:00:00", 9, true),
            (LinkState::Starting, "2016-03-26T07:00:00", 0, false),
            (LinkState::Online, "2016-03-26T03:00:00", 0, true),
            (LinkState::Online, "2016-03-26T03:08:59", 9, false),
            (LinkState::Online, "2016-03-26T03:09:00", 9, true),
            (LinkState::Online, "2016-03-26T23:00:00", 9, true),
            (LinkState::Online, "2016-03-27T01:00:00", 9, true),
        ] {
            assert_eq!(begins_now(link, local.parse().unwrap(), minute), now, "{link:?} {local} {minute}");
        }
        assert!((0..100).all(|n| minute_of(&format!("desk-{n}")) < SPREAD_MIN));
    }

    #[test]
    fn the_hotels_own_clock_counts_and_the_sample_lives_in_its_own_time() {
        let mut book = PropertyBook::default();
        (book.property.service_day, book.property.time_zone) = ("2016-03-25".into(), "Asia/Kabul".into());
        // 03:00 in Kabul is 22:30 UTC of the day before.
        let at = |text: &str| text.parse().unwrap();
        assert_eq!(due_in(&book, at("2016-03-25T22:29:00Z")), None);
        assert_eq!(due_in(&book, at("2016-03-25T22:30:00Z")), Some(Due::Next("2016-03-26".parse().unwrap())));
        book.property.sample = true;
        assert_eq!(due_in(&book, at("2016-03-25T22:30:00Z")), None);
    }
}
