//! Domain events as batches sent to an address.

use super::SinkError;
use super::cloud_event::CloudEvent;
use crate::startup::Refusal;
use reqwest::header::CONTENT_TYPE;
use std::time::Duration;

/// How long it may take to answer.
const TIMEOUT: Duration = Duration::from_secs(20);

/// An address that takes batches of events.
#[derive(Debug)]
pub(super) struct Webhook {
    client: reqwest::Client,
    url: reqwest::Url,
}

impl Webhook {
    pub(super) fn new(address: &str) -> Result<Self, Refusal> {
        let url = reqwest::Url::parse(address).ok().filter(|url| matches!(url.scheme(), "http" | "https")).ok_or_else(
            || Refusal::Input(format!("{address} is not an address. Name another with --events-webhook.")),
        )?;
        let client = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| Refusal::Input(format!("The webhook cannot be used: {error}.")))?;
        Ok(Self { client, url })
    }

    /// Sends them in one request.
    pub(super) async fn give(&self, events: &[CloudEvent]) -> Result<(), SinkError> {
        let answer = self
            .client
            .post(self.url.clone())
            .header(CONTENT_TYPE, "application/cloudevents-batch+json")
            .body(serde_json::to_vec(events)?)
            .send()
            .await?;
        if answer.status().is_success() { Ok(()) } else { Err(SinkError::Answer(answer.status().as_u16())) }
    }
}
