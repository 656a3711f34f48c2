//! Reports of the front office from a file, and such a file made from a real day's bookings.
//!
//! A file has one report a line, as the route takes it, each with the time (`at`, RFC 3339) at which it was made.

use super::client::{Reach, Service};
use super::{HotelArgs, say};
use crate::env::Environment;
use crate::import;
use crate::misfit::misfit;
use crate::startup::Refusal;
use clap::{Args, Subcommand};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::PathBuf;
use std::time::Duration;
use tokio::time::Instant;
use turndown_domain::front_office::Report;
use turndown_protocol::{ReportOutcome, ReportSent, Reports, ReportsAnswer};

/// Reports sent in one request.
const AT_ONCE: usize = 200;

/// What to do with reports.
#[derive(Debug, Subcommand)]
pub(super) enum FrontOffice {
    /// Send reports from a file to a running service. Sending a file again is safe.
    Send(Send),
    /// Write the reports of a day, made from a file of bookings.
    Make(Make),
}

#[derive(Debug, Args)]
pub(super) struct Send {
    #[command(flatten)]
    reach: Reach,
    /// The reports, one JSON object a line.
    #[arg(long)]
    file: PathBuf,
    /// Keep the time between the reports, so many times as fast as it was. All at once where it is left out.
    #[arg(long, value_name = "TIMES", value_parser = faster)]
    speed: Option<f64>,
}

#[derive(Debug, Args)]
pub(super) struct Make {
    #[command(flatten)]
    hotel: HotelArgs,
    /// Where to.
    #[arg(long)]
    out: PathBuf,
}

fn faster(text: &str) -> Result<f64, String> {
    let speed: f64 = text.parse().map_err(|_| "it is a number".to_owned())?;
    if speed.is_finite() && speed > 0.0 { Ok(speed) } else { Err("it is above 0".to_owned()) }
}

/// One line of a file.
#[derive(Debug, Deserialize)]
struct Line {
    #[serde(default)]
    at: Option<chrono::DateTime<chrono::Utc>>,
    #[serde(flatten)]
    sent: ReportSent,
}

/// A line as it is made.
#[derive(Debug, Serialize)]
struct MadeLine<'a> {
    at: String,
    version: u64,
    #[serde(flatten)]
    report: &'a Report,
}

/// Writes the reports of a day.
pub(super) fn make(args: &Make) -> Result<(), Refusal> {
    let hotel = args.hotel.read()?;
    let made = import::day_reports(&hotel, args.hotel.seed);
    let name = args.out.display();
    let write = || -> std::io::Result<()> {
        let mut out = BufWriter::new(File::create(&args.out)?);
        for each in &made {
            let at = each.at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
            serde_json::to_writer(&mut out, &MadeLine { at, version: each.version(), report: &each.report })?;
            out.write_all(b"\n")?;
        }
        out.into_inner().map_err(std::io::IntoInnerError::into_error)?.sync_all()
    };
    write().map_err(|error| Refusal::Input(format!("{name} cannot be written: {error}. Name another with --out.")))?;
    say(&format!(
        "Wrote {} reports of {} on {} to {name}.",
        made.len(),
        hotel.book.property.name,
        hotel.book.property.service_day
    ))
}

/// Sends the reports of a file.
pub(super) async fn send(env: &dyn Environment, args: &Send) -> Result<(), Refusal> {
    let lines = read(&args.file)?;
    let first = lines.iter().find_map(|line| line.at);
    let wait = |line: &Line| {
        let (speed, passed) = args.speed.zip(line.at.zip(first).and_then(|(at, first)| (at - first).to_std().ok()))?;
        Duration::try_from_secs_f64(passed.as_secs_f64() / speed).ok()
    };
    let takes = lines.iter().filter_map(wait).max().unwrap_or_default();
    let service = args.reach.connect(env, "front office", takes).await?;
    let began = Instant::now();
    let due = |line: &Line| Some(began + wait(line)?);
    let (mut taken, mut known, mut refused) = (0, 0, 0);
    let mut rest = lines.as_slice();
    while let Some(first) = rest.first() {
        if let Some(due) = due(first) {
            tokio::time::sleep_until(due).await;
        }
        // What is due by now goes together.
        let now = Instant::now();
        let ready = rest.iter().take(AT_ONCE).take_while(|line| due(line).is_none_or(|due| due <= now)).count().max(1);
        let (batch, later) = rest.split_at(ready);
        rest = later;
        let reports = batch.iter().map(|line| line.sent.clone()).collect();
        for result in service.report(&Reports { reports }).await?.results {
            match result.outcome {
                ReportOutcome::Taken => taken += 1,
                ReportOutcome::Known => known += 1,
                ReportOutcome::Refused => {
                    refused += 1;
                    let problem = result.problem.map(|problem| format!("{} ({})", problem.title, problem.code));
                    let subject = result.subject.unwrap_or_else(|| "a report".to_owned());
                    say(&format!("Refused {subject}: {}", problem.unwrap_or_default()))?;
                }
            }
        }
    }
    let sum = format!("{taken} taken, {known} known already, {refused} refused.");
    match refused {
        0 => say(&format!("Sent {} reports: {sum}", lines.len())),
        _ => Err(Refusal::Act(format!("Sent {} reports: {sum} Those refused may be sent again.", lines.len()))),
    }
}

/// Reads the whole file before anything is sent.
fn read(path: &PathBuf) -> Result<Vec<Line>, Refusal> {
    let name = path.display();
    let unread = |error: &dyn std::fmt::Display| {
        Refusal::Input(format!("{name} cannot be read: {error}. Name another with --file."))
    };
    let file = File::open(path).map_err(|error| unread(&error))?;
    let mut lines = vec![];
    for (index, line) in BufReader::new(file).lines().enumerate() {
        let line = line.map_err(|error| unread(&error))?;
        if line.trim().is_empty() {
            continue;
        }
        let unfit =
            |error| Refusal::Input(format!("{name}, line {}: this is no report: {}.", index + 1, misfit(&error)));
        lines.push(serde_json::from_str(&line).map_err(unfit)?);
    }
    Ok(lines)
}

impl Service {
    async fn report(&self, reports: &Reports) -> Result<ReportsAnswer, Refusal> {
        let url = self.url(&["v1", "properties", &self.property, "front-office", "reports"])?;
        self.read(self.client.post(url).json(reports)).await
    }
}
