//! What was done while the desk was without its service, and what came of it: for the screen, for paper, and as a table
//! that other programs open.

use crate::app::{Answer, App, about};
use crate::cells;
use crate::dto::{CameTo, CommandError, Exported, OutageSummary, Report, ReportPeriod, ReportRow, ReportSums};
use crate::files::write_whole;
use crate::views::outbox::{Link, Waiting};
use crate::views::{self, Names};
use crate::{errors, record, words};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use turndown_desk::Desk;
use turndown_domain::{InspectionPolicy, Unit};
use turndown_offline::{Line, Outage, Period, Telling, desk_name, rfc3339};
use turndown_phrase::{Phrase, phrase};
use turndown_protocol::EntityRef;

/// Where a table goes.
const EXPORTS: &str = "exports";
/// The longest page, and as much of a table as is read at a time.
const PAGE_MAX: u32 = 500;
/// Outages that are offered for choosing.
const OUTAGES_SHOWN: u32 = 100;
/// Excel reads names as they are only with this in front.
const UTF8_MARK: &[u8] = "\u{feff}".as_bytes();

/// The first line of the table.
const HEAD: [&str; 18] = [
    "Number at this desk",
    "Done at (hotel's time)",
    "Done at (UTC)",
    "Done offline",
    "Room",
    "What was done",
    "Done by",
    "What came of it",
    "Accepted at (hotel's time)",
    "Accepted at (UTC)",
    "Number at the service",
    "Still open because",
    "Code",
    "What was decided",
    "Decided by",
    "Decided at (hotel's time)",
    "Decided at (UTC)",
    "Action's id",
];

/// A period and the outage that it is, if it is one.
struct Chosen {
    period: Period,
    outage: Option<Outage>,
}

impl App {
    /// A page of the report about a period: everything done in it, by whom, when, and what came of it.
    ///
    /// # Errors
    /// When there is no such outage, a time cannot be read, or the database refuses.
    pub fn report(
        &self,
        period: &ReportPeriod,
        came_to: Option<CameTo>,
        open: &[String],
        offset: u32,
        limit: u32,
    ) -> Answer<Report> {
        let desk = self.desk()?;
        let engine = desk.engine();
        let revision = engine.revision();
        let Chosen { period, outage } = self.chosen(&desk, period)?;
        let book = self.check(desk.book())?;
        let names = Names::of(book.as_deref());
        let sums = views::report::sums(&self.check(engine.period_sums(period))?);
        let days = self.check(desk.days_begun())?;
        let telling = Telling { together: &days, open };
        let stored = came_to.map(views::report::stored);
        let (found, [actions, lines]) =
            self.check(engine.period_lines(period, stored, telling, offset, limit.min(PAGE_MAX)))?;
        let status = self.sync_status(&desk)?;
        let link = Link::of(&status);
        let mut units = BTreeMap::new();
        let rows = found
            .into_iter()
            .map(|Line { row, gathered }| {
                let mut shown = self.report_row(&desk, &row, &names, link, &mut units)?;
                // What one of its rooms waits for is told of that room.
                if gathered.is_some() && shown.came_to == CameTo::Waiting {
                    let waiting = Waiting { link, ..Waiting::default() };
                    let (code, why, _) = views::outbox::why_waiting(&waiting, &names);
                    (shown.code, shown.why) = (code, Some(why));
                }
                shown.began = gathered.map(|gathered| views::outbox::began(gathered, &row.sealed.event));
                Ok(shown)
            })
            .collect::<Answer<Vec<ReportRow>>>()?;
        let total = came_to.map_or(sums.recorded, |came_to| count_of(&sums, came_to));
        Ok(Report {
            revision,
            hotel: book.as_deref().map(|book| book.property.name.clone()).unwrap_or_default(),
            desk: desk_name(engine.install_id().as_str()),
            made_at: rfc3339(self.now()),
            outage: outage.as_ref().map(views::report::outage),
            outages: self.check(engine.outages(OUTAGES_SHOWN))?.iter().map(views::report::outage).collect(),
            people: if limit > 0 && offset == 0 {
                views::report::people(&self.check(engine.period_actors(period))?, &names)
            } else {
                vec![]
            },
            total: total - (actions as u64).min(total) + lines as u64,
            sums,
            rows,
        })
    }

    /// What came of the last outage, room by room.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn outage_summary(&self) -> Answer<OutageSummary> {
        let desk = self.desk()?;
        let engine = desk.engine();
        let revision = engine.revision();
        let Chosen { period, outage } = self.chosen(&desk, &ReportPeriod::Last)?;
        let book = self.check(desk.book())?;
        let names = Names::of(book.as_deref());
        let policy = book.as_deref().map_or_else(InspectionPolicy::default, |book| book.property.inspection);
        let mut rooms = vec![];
        for outcome in self.check(engine.period_entities(period))? {
            let room = self.check(desk.room(&outcome.entity.id))?;
            let last = self.check(engine.row(&outcome.last))?;
            let unit = room.as_ref().map(|room| &room.unit);
            let last = last.map(|row| words::summary(&row.sealed.event, unit, &names));
            rooms.push(views::report::room(&outcome, room.as_ref(), last, policy));
        }
        Ok(OutageSummary {
            revision,
            outage: outage.as_ref().map(views::report::outage),
            sums: views::report::sums(&self.check(engine.period_sums(period))?),
            rooms,
        })
    }

    /// Writes the whole report as a table to the desk's folder for exports, and beside it the record that proves it, of
    /// the same name. Each whole or not at all.
    ///
    /// # Errors
    /// As [`App::report`], and when the file cannot be written.
    pub fn export_report(&self, period: &ReportPeriod) -> Answer<Exported> {
        let desk = self.desk()?;
        let Chosen { period, outage } = self.chosen(&desk, period)?;
        let book = self.check(desk.book())?;
        let names = Names::of(book.as_deref());
        let status = self.sync_status(&desk)?;
        let link = Link::of(&status);
        let zone = book.as_deref().and_then(|book| book.property.time_zone.parse().ok()).unwrap_or(Tz::UTC);
        let began = outage.map(|outage| outage.began_at).or_else(|| period.from.map(rfc3339));
        let name = format!("turndown-report-{}", began.unwrap_or_else(|| rfc3339(self.now())).replace(':', "-"));
        let mut events = 0;
        let mut stretch: Option<(u64, u64)> = None;
        let mut write = |out: &mut dyn Write| -> Result<(), Unwritten> {
            out.write_all(UTF8_MARK)?;
            let mut table = csv::Writer::from_writer(out);
            table.write_record(HEAD)?;
            let mut units = BTreeMap::new();
            let mut left = period;
            loop {
                let page = self.check(desk.engine().period_rows(left, None, 0, PAGE_MAX))?;
                let Some(last) = page.last() else { break };
                left.after_seq = last.sealed.event.local_seq;
                for row in &page {
                    let seq = row.sealed.event.local_seq;
                    stretch = Some((stretch.map_or(seq, |(first, _)| first), seq));
                    table.write_record(line(&self.report_row(&desk, row, &names, link, &mut units)?, zone))?;
                    events += 1;
                }
            }
            table.flush()?;
            Ok(())
        };
        let folder = self.folder().join(EXPORTS);
        let path = self.exported(write_whole(&folder, &name, ".csv", |out| write(out)))?;
        if let Some(stretch) = stretch {
            // A second table of a name gets a number, and its record goes with it.
            let name = path.file_stem().map_or(name, |stem| stem.to_string_lossy().into_owned());
            let record = |out: &mut BufWriter<File>| record::write(self, &desk, book.as_deref(), period, stretch, out);
            self.exported(write_whole(&folder, &name, record::ENDS, record))?;
        }
        Ok(Exported { path: path.display().to_string(), events })
    }

    fn exported(&self, written: Result<PathBuf, Unwritten>) -> Answer<PathBuf> {
        written.map_err(|unwritten| match unwritten {
            Unwritten::Refused(error) => error,
            Unwritten::Disk(error) => {
                errors::logged("report", &error);
                self.error(
                    "EXPORT_FAILED",
                    phrase!("The file could not be written."),
                    phrase!("Free some space or ask for write access, then export again."),
                )
            }
        })
    }

    fn report_row(
        &self,
        desk: &Desk,
        row: &turndown_offline::PeriodRow,
        names: &Names,
        link: Link<'_>,
        units: &mut BTreeMap<EntityRef, Option<Unit>>,
    ) -> Answer<ReportRow> {
        let event = &row.sealed.event;
        let entity = about(event);
        self.unit(desk, &entity, units)?;
        let mut shown = views::report::row(row, units.get(&entity).and_then(Option::as_ref), names);
        // The Sync Center's own answer to why it is not sent.
        if shown.came_to == CameTo::Waiting
            && let Some(row) = self.check(desk.engine().row(&event.event_id))?
        {
            let waiting = Waiting { fate: self.waits(desk.engine(), &row)?, behind: None, link };
            let (code, why, _) = views::outbox::why_waiting(&waiting, names);
            (shown.code, shown.why) = (code.or(shown.code), Some(why));
        }
        Ok(shown)
    }

    fn chosen(&self, desk: &Desk, period: &ReportPeriod) -> Answer<Chosen> {
        let of = |outage: Outage| Chosen { period: Period::from(&outage), outage: Some(outage) };
        match period {
            ReportPeriod::Last => {
                let outages = self.check(desk.engine().outages(OUTAGES_SHOWN))?;
                // One in which nobody has done anything, over or not, hides none in which somebody did.
                let told = |outage: &&Outage| outage.until_seq > outage.after_seq;
                let last = outages.iter().find(told).or(outages.first()).cloned();
                let nothing = Chosen { period: Period { until_seq: Some(0), ..Period::default() }, outage: None };
                Ok(last.map_or(nothing, of))
            }
            ReportPeriod::Outage { id } => self.check(desk.engine().outage(*id))?.map(of).ok_or_else(|| {
                self.error(
                    "OUTAGE_UNKNOWN",
                    phrase!("That outage is not known any more."),
                    phrase!("Choose another, or a period of time."),
                )
            }),
            ReportPeriod::Time { from, to } => {
                let period = Period { from: Some(self.time(from)?), to: Some(self.time(to)?), ..Period::default() };
                Ok(Chosen { period, outage: None })
            }
        }
    }

    fn time(&self, text: &str) -> Answer<DateTime<Utc>> {
        text.parse().map_err(|_| {
            self.error(
                "TIME_UNREADABLE",
                phrase!("The screen sent a time that cannot be read."),
                phrase!("Choose the period again."),
            )
        })
    }
}

/// Why a table or a record was not written.
pub(crate) enum Unwritten {
    Disk(io::Error),
    Refused(CommandError),
}

impl From<io::Error> for Unwritten {
    fn from(error: io::Error) -> Self {
        Self::Disk(error)
    }
}

impl From<csv::Error> for Unwritten {
    fn from(error: csv::Error) -> Self {
        Self::Disk(error.into())
    }
}

impl From<CommandError> for Unwritten {
    fn from(error: CommandError) -> Self {
        Self::Refused(error)
    }
}

fn count_of(sums: &ReportSums, came_to: CameTo) -> u64 {
    match came_to {
        CameTo::Taken => sums.taken,
        CameTo::Merged => sums.merged,
        CameTo::Decided => sums.decided,
        CameTo::GivenUp => sums.given_up,
        CameTo::Waiting => sums.waiting,
        CameTo::Attention => sums.attention,
    }
}

/// A line of the table.
fn line(row: &ReportRow, zone: Tz) -> [String; HEAD.len()] {
    let local = |at: &str| when(at, |at| at.with_timezone(&zone).format("%Y-%m-%d %H:%M:%S %:z").to_string());
    let utc = |at: &str| when(at, |at| at.format("%Y-%m-%d %H:%M:%SZ").to_string());
    let accepted = row.accepted_at.as_deref();
    let decision = row.decision.as_ref();
    let text = |text: Option<&str>| cells::plain(text.unwrap_or_default());
    let said = |said: Option<&Phrase>| cells::plain(&said.map(Phrase::to_string).unwrap_or_default());
    [
        row.local_seq.to_string(),
        local(&row.recorded_at),
        utc(&row.recorded_at),
        if row.offline { "yes" } else { "no" }.into(),
        if row.entity_kind == "desk" { "This desk".into() } else { cells::plain(&row.title) },
        cells::plain(&row.summary.to_string()),
        cells::plain(&row.actor.to_string()),
        outcome(row).into(),
        accepted.map(local).unwrap_or_default(),
        accepted.map(utc).unwrap_or_default(),
        row.seq.map(|seq| seq.to_string()).unwrap_or_default(),
        said(row.why.as_ref()),
        text(row.code.as_deref()),
        said(decision.map(|decision| &decision.what)),
        said(decision.map(|decision| &decision.actor)),
        decision.map(|decision| local(&decision.at)).unwrap_or_default(),
        decision.map(|decision| utc(&decision.at)).unwrap_or_default(),
        cells::plain(&row.event_id),
    ]
}

/// What came of a row, in words.
fn outcome(row: &ReportRow) -> &'static str {
    match row.came_to {
        CameTo::Taken => "Taken by the service",
        CameTo::Merged => "Merged with a change made elsewhere",
        CameTo::Decided => "Settled by a decision",
        CameTo::GivenUp => "Given up",
        CameTo::Waiting => "Waits to be sent",
        CameTo::Attention if row.conflict => "In conflict: a person decides",
        CameTo::Attention => "Needs a look",
    }
}

/// A time in another form; as it is where it cannot be read.
fn when(at: &str, form: impl Fn(DateTime<Utc>) -> String) -> String {
    at.parse().map_or_else(|_| cells::plain(at), form)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dto::ReportDecision;

    fn row() -> ReportRow {
        ReportRow {
            event_id: "01ARZ3NDEKTSV4RRFFQ69G5FAV".into(),
            local_seq: 7,
            entity_kind: "room".into(),
            entity_id: "412".into(),
            title: "412".into(),
            summary: Phrase::verbatim("Wrote a note"),
            actor: Phrase::verbatim("=HYPERLINK(\"http://x\")"),
            recorded_at: "2016-03-27T00:30:00.000Z".into(),
            offline: true,
            came_to: CameTo::Attention,
            conflict: false,
            accepted_at: Some("2016-03-27T01:30:00.000Z".into()),
            seq: None,
            code: Some("REJECTED".into()),
            why: Some(Phrase::verbatim("-1; =2")),
            decision: Some(ReportDecision {
                what: Phrase::verbatim("Gave it up: +49"),
                actor: Phrase::verbatim("Rosa"),
                at: "yesterday".into(),
            }),
            began: None,
        }
    }

    #[test]
    fn a_line_has_a_cell_for_each_heading_times_in_both_forms_and_no_formula() {
        let line = line(&row(), "Europe/Lisbon".parse().expect("a zone"));
        // The clocks went forward that night: the two times have different offsets.
        assert_eq!(line[1..3], ["2016-03-27 00:30:00 +00:00", "2016-03-27 00:30:00Z"]);
        assert_eq!(line[8..10], ["2016-03-27 02:30:00 +01:00", "2016-03-27 01:30:00Z"]);
        assert_eq!(line[6], "'=HYPERLINK(\"http://x\")");
        assert_eq!(line[7], "Needs a look");
        assert_eq!(line[11], "'-1;' =2");
        assert_eq!(line[13], "Gave it up: +49");
        assert_eq!(line[15..17], ["yesterday", "yesterday"]);
    }

    #[test]
    fn what_came_of_an_action_is_told_by_one_word_for_each_end() {
        let told: std::collections::BTreeSet<&str> =
            [CameTo::Taken, CameTo::Merged, CameTo::Decided, CameTo::GivenUp, CameTo::Waiting, CameTo::Attention]
                .map(|came_to| outcome(&ReportRow { came_to, ..row() }))
                .into();
        assert_eq!(told.len(), 6);
        assert_eq!(outcome(&ReportRow { conflict: true, ..row() }), "In conflict: a person decides");
    }
}
