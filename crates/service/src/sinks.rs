//! Telling others what happened, as CloudEvents.
//!
//! The audit trail is the outbox: an entry is written in the transaction of its effect, and each sink follows the
//! trail by number. What a sink was given is noted after it has it, so a crash between the two gives it once more,
//! under the same id: at least once, in the trail's order, and whoever receives drops ids it has seen.
//!
//! Deliberately absent: a sink that is down never holds up a desk. Its mark simply stays where it is.

use crate::http::App;
use crate::startup::Refusal;
use crate::store::{Happened, StoreError};
use crate::workflow;
use serde::Serialize;
use serde_json::{Value, json};
use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use turndown_protocol::PropertyId;

/// Entries handed over at once.
const ENTRIES: u32 = 200;
/// Waits between tries of a sink that does not take anything.
const RETRY: [Duration; 4] =
    [Duration::from_secs(1), Duration::from_secs(5), Duration::from_secs(15), Duration::from_secs(60)];
/// How long a webhook may take to answer.
const WEBHOOK_TIMEOUT: Duration = Duration::from_secs(20);

/// A task changed its status.
pub const STATUS_CHANGED: &str = "melmastoon.housekeeping.task.status.changed.v1";
/// An entry was added to the audit trail.
pub const AUDIT_RECORDED: &str = "melmastoon.audit.recorded.v1";

/// Where domain events go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SinkConfig {
    /// Lines of JSON, appended to a file.
    File(PathBuf),
    /// A batch of CloudEvents, sent to an address.
    Webhook(String),
}

/// A sink that is ready.
#[derive(Debug)]
pub struct Sink {
    name: String,
    way: Way,
}

#[derive(Debug)]
enum Way {
    File(File),
    Webhook { client: reqwest::Client, url: reqwest::Url },
}

/// Why a sink did not take something.
#[derive(Debug, thiserror::Error)]
enum SinkError {
    #[error("the file cannot be written")]
    File(#[from] std::io::Error),
    #[error("the address does not answer")]
    Webhook(#[from] reqwest::Error),
    #[error("the address answered {0}")]
    Answer(u16),
    #[error("the trail cannot be read")]
    Store(#[from] StoreError),
    #[error("an event cannot be written as JSON")]
    Json(#[from] serde_json::Error),
}

/// Opens a sink.
///
/// # Errors
/// When the file cannot be written or the address is none.
pub fn open(config: SinkConfig) -> Result<Sink, Refusal> {
    match config {
        SinkConfig::File(path) => {
            let file = open_file(&path).map_err(|error| {
                Refusal::Input(format!(
                    "{} cannot be written: {error}. Name another with --events-file.",
                    path.display()
                ))
            })?;
            Ok(Sink { name: format!("file:{}", path.display()), way: Way::File(file) })
        }
        SinkConfig::Webhook(address) => {
            let url =
                reqwest::Url::parse(&address).ok().filter(|url| matches!(url.scheme(), "http" | "https")).ok_or_else(
                    || Refusal::Input(format!("{address} is not an address. Name another with --events-webhook.")),
                )?;
            let client = reqwest::Client::builder()
                .timeout(WEBHOOK_TIMEOUT)
                .redirect(reqwest::redirect::Policy::none())
                .build()
                .map_err(|error| Refusal::Input(format!("The webhook cannot be used: {error}.")))?;
            Ok(Sink { name: format!("webhook:{address}"), way: Way::Webhook { client, url } })
        }
    }
}

/// Opens the file at its end. A last line without its end was cut off by a crash; it is taken away, since its event
/// comes again.
fn open_file(path: &Path) -> std::io::Result<File> {
    let mut file = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(path)?;
    let mut end = file.seek(SeekFrom::End(0))?;
    let mut byte = [0];
    while end > 0 {
        file.seek(SeekFrom::Start(end - 1))?;
        file.read_exact(&mut byte)?;
        if byte[0] == b'\n' {
            break;
        }
        end -= 1;
    }
    file.set_len(end)?;
    file.seek(SeekFrom::Start(end))?;
    Ok(file)
}

/// Follows the trail until the service stops.
pub async fn run(app: Arc<App>, mut sink: Sink) {
    let mut pulse = app.store.pulse();
    let mut failures = 0;
    loop {
        pulse.catch_up();
        let wait = match deliver_all(&app, &mut sink).await {
            Ok(()) => {
                failures = 0;
                None
            }
            Err(SinkError::Store(StoreError::Stopping)) => break,
            Err(error) => {
                let wait = RETRY[failures.min(RETRY.len() - 1)];
                failures += 1;
                tracing::warn!(error = %error, sink = sink.name, failures, wait_s = wait.as_secs(), "domain events wait");
                Some(wait)
            }
        };
        tokio::select! {
            biased;
            () = app.stopping.cancelled() => break,
            () = async { if let Some(wait) = wait { tokio::time::sleep(wait).await } else { std::future::pending().await } } => {}
            changed = pulse.changed(), if wait.is_none() => if !changed { break },
        }
    }
}

async fn deliver_all(app: &App, sink: &mut Sink) -> Result<(), SinkError> {
    for property in app.store.properties().await? {
        loop {
            let happened = app.store.undelivered(&sink.name, property.clone(), ENTRIES).await?;
            let Some(last) = happened.last().map(|happened| happened.entry.audit_seq) else { break };
            let events: Vec<CloudEvent> = happened
                .into_iter()
                .flat_map(|happened| cloud_events(app.store.store_id(), &property, happened))
                .collect();
            sink.give(&events).await?;
            app.metrics.domain_events.inc_by(events.len() as u64);
            app.store.delivered(&sink.name, property.clone(), last).await?;
            if app.stopping.is_cancelled() {
                return Ok(());
            }
        }
    }
    Ok(())
}

impl Sink {
    async fn give(&mut self, events: &[CloudEvent]) -> Result<(), SinkError> {
        match &mut self.way {
            Way::File(file) => {
                let mut lines = Vec::new();
                for event in events {
                    serde_json::to_writer(&mut lines, event)?;
                    lines.push(b'\n');
                }
                let start = file.stream_position()?;
                let written = file.write_all(&lines).and_then(|()| file.sync_data());
                if let Err(error) = written {
                    // Half a line must not stay in front of its own repetition.
                    file.set_len(start)?;
                    file.seek(SeekFrom::Start(start))?;
                    return Err(error.into());
                }
                Ok(())
            }
            Way::Webhook { client, url } => {
                let answer = client
                    .post(url.clone())
                    .header(reqwest::header::CONTENT_TYPE, "application/cloudevents-batch+json")
                    .body(serde_json::to_vec(events)?)
                    .send()
                    .await?;
                if answer.status().is_success() { Ok(()) } else { Err(SinkError::Answer(answer.status().as_u16())) }
            }
        }
    }
}

/// A CloudEvent, version 1.0.
#[derive(Debug, Clone, Serialize)]
struct CloudEvent {
    specversion: &'static str,
    id: String,
    source: String,
    #[serde(rename = "type")]
    kind: &'static str,
    subject: String,
    time: String,
    datacontenttype: &'static str,
    sequence: String,
    data: Value,
}

/// The events of one entry: its task moves, then the entry itself.
fn cloud_events(store_id: &str, property: &PropertyId, happened: Happened) -> Vec<CloudEvent> {
    let Happened { entry, moves } = happened;
    let event = |part: String, kind: &'static str, data: Value| CloudEvent {
        specversion: "1.0",
        // A store that was restored from a backup gives a place out a second time, for another entry: its hash tells
        // them apart, and is the same whenever the entry is told again.
        id: format!("{store_id}/{property}/{}-{}/{part}", entry.audit_seq, entry.hash.get(..16).unwrap_or_default()),
        source: format!("urn:turndown:store:{store_id}:property:{property}"),
        kind,
        subject: entry.entity.to_string(),
        time: entry.received_at.clone(),
        datacontenttype: "application/json",
        sequence: format!("{:020}", entry.audit_seq),
        data,
    };
    let mut events: Vec<CloudEvent> = moves
        .iter()
        .map(|moved| {
            let data = json!({
                "property": property,
                "task": moved.task,
                "room": workflow::room_of(&entry.entity),
                "from": moved.from,
                "to": moved.to,
                "action": entry.action,
                "actor": entry.actor_id,
                "install": entry.install_id,
                "originated_offline": entry.originated_offline,
                "event_id": entry.event_id,
                "seq": entry.seq,
                "recorded_at": entry.recorded_at,
                "received_at": entry.received_at,
            });
            event(format!("task/{}", moved.task), STATUS_CHANGED, data)
        })
        .collect();
    // An audit entry is plain data with text keys, which JSON can always hold.
    events.push(event("audit".into(), AUDIT_RECORDED, serde_json::to_value(&entry).unwrap_or_default()));
    events
}
