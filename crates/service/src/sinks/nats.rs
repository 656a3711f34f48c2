//! Domain events as messages of a JetStream stream.
//!
//! Each hotel has its own subjects. A message carries its event's id, by which the stream drops what comes again within
//! an hour of its first time. They are published one after the other, each after the stream has said that it has the one before, so that a
//! hotel's are in the trail's order.
//!
//! The stream is never the record. A server that loses its power forgets what it had not synced, a disk rots, somebody
//! deletes a stream: so what the stream has is counted again and again, and where the count is not what it should be, the
//! ids that it has are compared with the trail, and what is missing is published anew. What a limit of the stream let go
//! from its beginning is not missed.

use super::cloud_event::{CloudEvent, cloud_events};
use super::{ENTRIES, SinkError};
use crate::http::App;
use crate::startup::Refusal;
use async_nats::header::{NATS_EXPECTED_STREAM, NATS_MESSAGE_ID};
use async_nats::jetstream::consumer::pull::OrderedConfig;
use async_nats::jetstream::context::{ContextBuilder, GetStreamErrorKind, PublishErrorKind};
use async_nats::jetstream::stream::{Config, DiscardPolicy, LastRawMessageErrorKind, StorageType};
use async_nats::jetstream::{Context, ErrorCode};
use async_nats::{ConnectOptions, Event, HeaderMap, ServerAddr};
use futures_util::StreamExt;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::time::Instant;
use turndown_protocol::PropertyId;

/// How long the server may take to answer.
const ANSWER: Duration = Duration::from_secs(5);
/// For how long a stream that we make knows an id again.
const KNOWN_AGAIN: Duration = Duration::from_secs(60 * 60);
/// The header that has the event's id, so that it is read without the event (the CloudEvents binding's name for it).
const EVENT_ID: &str = "ce-id";
/// Before a hotel's id and a type of event, in every subject.
const SUBJECTS: &str = "turndown.events";

/// Where the stream is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NatsConfig {
    /// One server, or several of a cluster with commas between them.
    pub servers: String,
    /// The stream's name; made where it is missing.
    pub stream: String,
    /// A file of credentials, as `nsc` writes it.
    pub credentials: Option<PathBuf>,
    /// How long the stream may have lost something without anybody looking.
    pub look: Duration,
}

impl NatsConfig {
    /// The stream of that name on those servers.
    #[must_use]
    pub fn new(servers: String, stream: String) -> Self {
        Self { servers, stream, credentials: None, look: Duration::from_secs(60) }
    }
}

/// The stream, and what it should have.
#[derive(Debug)]
pub(super) struct Stream {
    config: NatsConfig,
    servers: Vec<ServerAddr>,
    context: Option<Context>,
    /// The connection broke since the last look.
    broke: Arc<AtomicBool>,
    looked: Option<Instant>,
    /// A limit lets go what is oldest.
    lets_go: bool,
    /// How many messages of each hotel it has, as far as that was seen since the start.
    counts: BTreeMap<PropertyId, u64>,
    /// The ids of those that it has although nothing says that they were delivered: a crash came between the two.
    ahead: BTreeSet<String>,
}

impl Stream {
    pub(super) fn new(config: NatsConfig) -> Result<Self, Refusal> {
        let servers = config.servers.split(',').map(|server| server.trim().parse()).collect::<Result<_, _>>();
        let servers = servers.map_err(|_| {
            Refusal::Input("The address of the NATS server cannot be read. It is nats://host:4222.".into())
        })?;
        let named = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if config.stream.is_empty() || !config.stream.chars().all(named) {
            return Err(Refusal::Input(format!(
                "{} is not a stream's name. It has letters, digits, - and _.",
                config.stream
            )));
        }
        let broke = Arc::new(AtomicBool::new(false));
        Ok(Self {
            config,
            servers,
            context: None,
            broke,
            looked: None,
            lets_go: false,
            counts: BTreeMap::new(),
            ahead: BTreeSet::new(),
        })
    }

    /// Publishes them one after the other.
    pub(super) async fn give(&mut self, property: &PropertyId, events: &[CloudEvent]) -> Result<(), SinkError> {
        for event in events {
            if self.ahead.remove(&event.id) {
                continue;
            }
            self.publish(property, event, Some(&event.id)).await?;
            // Also one that the stream says it has had: either it came in although its acknowledgement was lost, and was
            // not counted then, or it was deleted since, and the count that is wrong now shows it.
            if let Some(count) = self.counts.get_mut(property) {
                *count += 1;
            }
        }
        Ok(())
    }

    /// When to look for what it lost although nothing happened.
    pub(super) fn look(&self) -> Duration {
        self.config.look
    }

    /// Publishes one, under the id that it is to be known again by, if any.
    async fn publish(
        &mut self,
        property: &PropertyId,
        event: &CloudEvent,
        again: Option<&str>,
    ) -> Result<(), SinkError> {
        let context = self.context().await?;
        let mut headers = HeaderMap::new();
        headers.insert(EVENT_ID, event.id.as_str());
        if let Some(id) = again {
            headers.insert(NATS_MESSAGE_ID, id);
        }
        headers.insert(NATS_EXPECTED_STREAM, self.config.stream.as_str());
        headers.insert("Content-Type", "application/cloudevents+json");
        let subject = format!("{}.{}", subjects_of(property), event.kind);
        let published = async {
            let sent = context.publish_with_headers(subject, headers, serde_json::to_vec(event)?.into()).await;
            let sent = sent.map_err(|error| match error.kind() {
                PublishErrorKind::MaxPayloadExceeded => SinkError::Refused(Box::new(error)),
                _ => failed("take an event")(error),
            })?;
            sent.await.map_err(|error| match error.kind() {
                // The server has answered, and it was no.
                PublishErrorKind::Other => SinkError::Refused(Box::new(error)),
                _ => failed("say that it has an event")(error),
            })?;
            Ok(())
        };
        let published = published.await;
        if published.is_err() {
            // The stream may be gone.
            self.looked = None;
        }
        published
    }

    /// Counts what the stream has, when it is time to. Whether any hotel has to be compared.
    pub(super) async fn has_to_look(&mut self) -> Result<bool, SinkError> {
        let broke = self.broke.swap(false, Ordering::AcqRel);
        if !broke && self.looked.is_some_and(|at| at.elapsed() < self.config.look) {
            return Ok(false);
        }
        self.looked = None;
        let made = self.make_where_missing().await?;
        let mut counts: BTreeMap<String, u64> = BTreeMap::new();
        if !made {
            let stream = self.context().await?.get_stream_no_info(&self.config.stream).await;
            let stream = stream.map_err(failed("find the stream"))?;
            let mut subjects = stream
                .info_with_subjects(format!("{SUBJECTS}.>"))
                .await
                .map_err(failed("count what the stream has"))?;
            while let Some(found) = subjects.next().await {
                let (subject, count) = found.map_err(failed("count what the stream has"))?;
                if let Some(hotel) = hotel_of(&subject) {
                    *counts.entry(hotel.to_owned()).or_default() += count as u64;
                }
            }
        }
        let first = self.counts.is_empty();
        let known = self.counts.len();
        self.counts.retain(|property, count| counts.get(&token(property)).copied().unwrap_or(0) == *count);
        let differ = known - self.counts.len();
        if differ > 0 {
            tracing::warn!(
                stream = self.config.stream,
                hotels = differ,
                "the stream has not what it was given; it is compared with the trail"
            );
        }
        self.looked = Some(Instant::now());
        Ok(first || differ > 0)
    }

    /// Publishes anew what the stream lacks of a hotel's trail up to a mark, unless it was counted. Answers how many.
    pub(super) async fn restore(&mut self, app: &App, property: &PropertyId, mark: u64) -> Result<u64, SinkError> {
        if self.counts.contains_key(property) {
            return Ok(0);
        }
        let (has, count) = self.ids(property).await?;
        let from = if self.lets_go { has.iter().filter_map(|id| place_of(id)).min() } else { None };
        let mut after = from.map_or(0, |from| from.saturating_sub(1));
        let mut restored = 0;
        while after < mark {
            let happened = app.store.happened(property.clone(), after, ENTRIES).await?;
            let Some(last) = happened.last().map(|happened| happened.entry.audit_seq) else { break };
            for each in happened.into_iter().take_while(|each| each.entry.audit_seq <= mark) {
                for event in cloud_events(app.store.store_id(), property, each) {
                    if !has.contains(&event.id) {
                        // Not to be known again: a stream remembers the ids of messages that were deleted, and would
                        // refuse them.
                        self.publish(property, &event, None).await?;
                        restored += 1;
                    }
                }
            }
            after = last;
        }
        if restored > 0 {
            tracing::warn!(stream = self.config.stream, %property, events = restored, "the stream had lost events; they are published anew");
        }
        self.counts.insert(property.clone(), count + restored);
        self.ahead.extend(has.into_iter().filter(|id| place_of(id).is_some_and(|place| place > mark)));
        Ok(restored)
    }

    /// The ids of the events that the stream has of a hotel, and in how many messages.
    async fn ids(&mut self, property: &PropertyId) -> Result<(BTreeSet<String>, u64), SinkError> {
        const WHAT: &str = "say what the stream has";
        let stream = self.context().await?.get_stream_no_info(&self.config.stream).await.map_err(failed(WHAT))?;
        let subjects = format!("{}.>", subjects_of(property));
        let (mut ids, mut count) = (BTreeSet::new(), 0);
        // Up to the last message that there is now.
        let last = match stream.get_last_raw_message_by_subject(&subjects).await {
            Ok(message) => message.sequence,
            Err(error) if error.kind() == LastRawMessageErrorKind::NoMessageFound => return Ok((ids, count)),
            Err(error) => return Err(failed(WHAT)(error)),
        };
        let all = OrderedConfig { filter_subject: subjects, headers_only: true, ..OrderedConfig::default() };
        let consumer = stream.create_consumer(all).await.map_err(failed(WHAT))?;
        let mut messages = consumer.messages().await.map_err(failed(WHAT))?;
        loop {
            let next = tokio::time::timeout(ANSWER, messages.next()).await.map_err(failed(WHAT))?;
            let Some(message) = next else { return Ok((ids, count)) };
            let message = message.map_err(failed(WHAT))?;
            let id = message.headers.as_ref().and_then(|headers| headers.get(EVENT_ID));
            ids.extend(id.map(|id| id.as_str().to_owned()));
            count += 1;
            let place = message.info().map_err(|reason| SinkError::Nats { what: WHAT, reason })?.stream_sequence;
            if place >= last {
                return Ok((ids, count));
            }
        }
    }

    /// Whether the stream had to be made.
    async fn make_where_missing(&mut self) -> Result<bool, SinkError> {
        let context = self.context().await?;
        match context.get_stream(&self.config.stream).await {
            Ok(stream) => {
                let config = &stream.cached_info().config;
                self.lets_go = config.discard == DiscardPolicy::Old
                    && (config.max_bytes > 0 || config.max_messages > 0 || config.max_messages_per_subject > 0)
                    || !config.max_age.is_zero();
                if config.storage == StorageType::Memory || config.no_ack {
                    tracing::warn!(
                        stream = config.name,
                        "the stream is kept in memory, or says nothing of what it has: it loses events whenever its server stops"
                    );
                }
                return Ok(false);
            }
            Err(error) => match error.kind() {
                GetStreamErrorKind::JetStream(reason) if reason.error_code() == ErrorCode::STREAM_NOT_FOUND => {}
                _ => return Err(failed("find the stream")(error)),
            },
        }
        let config = Config {
            name: self.config.stream.clone(),
            description: Some("What happened in the hotels of a Turndown service".to_owned()),
            subjects: vec![format!("{SUBJECTS}.>")],
            // A full stream refuses, and the trail waits; it never drops what nobody has read.
            discard: DiscardPolicy::New,
            storage: StorageType::File,
            duplicate_window: KNOWN_AGAIN,
            deny_delete: true,
            ..Config::default()
        };
        context.create_stream(config).await.map_err(failed("make the stream"))?;
        tracing::info!(stream = self.config.stream, "the stream was missing, and is made");
        self.lets_go = false;
        Ok(true)
    }

    /// The connection; made where there is none yet. It comes again by itself when it breaks.
    async fn context(&mut self) -> Result<Context, SinkError> {
        if let Some(context) = &self.context {
            return Ok(context.clone());
        }
        let broke = Arc::clone(&self.broke);
        let mut options =
            ConnectOptions::new().name("turndown-service").connection_timeout(ANSWER).event_callback(move |event| {
                if matches!(event, Event::Disconnected) {
                    broke.store(true, Ordering::Release);
                }
                std::future::ready(())
            });
        if let Some(path) = &self.config.credentials {
            options = options.credentials_file(path).await.map_err(failed("take the credentials"))?;
        }
        let client = options.connect(&self.servers[..]).await.map_err(failed("answer"))?;
        if !client.is_server_compatible(2, 10, 0) {
            tracing::warn!(
                version = client.server_info().version,
                "this NATS server cannot sync every write: what it forgets when its power fails is published anew at the next look"
            );
        }
        let context = ContextBuilder::new().timeout(ANSWER).ack_timeout(ANSWER).build(client);
        self.context = Some(context.clone());
        Ok(context)
    }
}

fn failed<E: std::error::Error + Send + Sync + 'static>(what: &'static str) -> impl Fn(E) -> SinkError {
    move |reason| SinkError::Nats { what, reason: Box::new(reason) }
}

/// A hotel's id as one part of a subject, in which a point would be the end of the part.
fn token(property: &PropertyId) -> String {
    property.as_str().replace('.', "%2E")
}

fn subjects_of(property: &PropertyId) -> String {
    format!("{SUBJECTS}.{}", token(property))
}

fn hotel_of(subject: &str) -> Option<&str> {
    Some(subject.strip_prefix(SUBJECTS)?.strip_prefix('.')?.split_once('.')?.0)
}

/// The place in the trail of the entry that an event tells of.
fn place_of(id: &str) -> Option<u64> {
    id.split('/').nth(2)?.split_once('-')?.0.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::super::AUDIT_RECORDED;
    use super::*;

    #[test]
    fn a_hotels_subjects_are_its_own_whatever_its_id() {
        for id in ["prop_city", "hotel.of:many-parts", "..."] {
            let property = PropertyId::parse(id).unwrap();
            let subject = format!("{}.{AUDIT_RECORDED}", subjects_of(&property));
            assert_eq!(hotel_of(&subject), Some(token(&property).as_str()), "{subject}");
        }
        assert_eq!(hotel_of("another.subject"), None);
    }

    #[test]
    fn an_events_id_says_its_place() {
        assert_eq!(place_of("store_a/prop_b/12-00ff/task/t-1"), Some(12));
        assert_eq!(place_of("somebody's"), None);
    }
}
