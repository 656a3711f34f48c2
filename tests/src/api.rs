//! A caller of the service's routes that is no desk: another workplace, an auditor, somebody who sends things twice.

use crate::RUNTIME;
use reqwest::{Client, Method, RequestBuilder};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use turndown_protocol::{AuditEntry, AuditPage, Capabilities, EntityRow, Snapshot};

/// An answer as it came.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// `Idempotency-Replayed`.
    pub replayed: bool,
    /// The body.
    pub body: Value,
}

/// A caller with a token.
pub struct Api {
    client: Client,
    base: String,
    token: String,
    property: Option<String>,
}

impl Api {
    /// A caller of the service at an address.
    #[must_use]
    pub fn new(base: String, token: String) -> Self {
        Self { client: Client::new(), base, token, property: None }
    }

    fn send(&self, request: RequestBuilder) -> Answer {
        RUNTIME.block_on(async {
            let answer = request.bearer_auth(&self.token).send().await.expect("the service answers");
            let status = answer.status().as_u16();
            let replayed = answer.headers().get("idempotency-replayed").is_some_and(|value| value == "true");
            let body = answer.bytes().await.expect("a whole answer");
            Answer { status, replayed, body: serde_json::from_slice(&body).unwrap_or(Value::Null) }
        })
    }

    /// Asks for anything below the base address.
    #[must_use]
    pub fn get(&self, path: &str) -> Answer {
        self.send(self.client.get(format!("{}{path}", self.base)))
    }

    /// Sends anything.
    #[must_use]
    pub fn post(&self, path: &str, key: &str, body: &Value) -> Answer {
        let request = self.client.request(Method::POST, format!("{}{path}", self.base));
        self.send(request.header("X-Idempotency-Key", key).json(body))
    }

    fn typed<T: DeserializeOwned>(&self, path: &str) -> T {
        let answer = self.get(path);
        assert_eq!(answer.status, 200, "GET {path}: {}", answer.body);
        serde_json::from_value(answer.body).expect("the answer's form")
    }

    /// Who the service is.
    #[must_use]
    pub fn capabilities(&self) -> Capabilities {
        self.typed("/v1/capabilities")
    }

    /// The property that the token is for.
    pub fn property(&mut self) -> String {
        if self.property.is_none() {
            self.property = self.capabilities().property_id.map(|id| id.to_string());
        }
        self.property.clone().expect("the token is for a property")
    }

    /// Everything the service has.
    pub fn snapshot(&mut self) -> Snapshot {
        let property = self.property();
        self.typed(&format!("/v1/properties/{property}/snapshot"))
    }

    /// One room as the service has it.
    ///
    /// # Panics
    /// When there is no such room.
    pub fn room(&mut self, id: &str) -> EntityRow {
        self.snapshot().rows.into_iter().find(|row| row.entity.id == id).expect("the room is there")
    }

    /// The whole audit trail.
    pub fn audit(&mut self) -> Vec<AuditEntry> {
        let property = self.property();
        let (mut entries, mut after) = (Vec::new(), Some(0));
        while let Some(from) = after {
            let page: AuditPage = self.typed(&format!("/v1/properties/{property}/audit?after={from}"));
            entries.extend(page.entries);
            after = page.next;
        }
        entries
    }

    /// One action on a task, as a caller that keeps no chain sends it. The key is made anew.
    pub fn single(&mut self, task: &str, action: &str, actor: &str, args: &Value) -> Answer {
        let key = crate::intent();
        self.single_with_key(&key, task, action, actor, args)
    }

    /// The same with a key of the caller's choice.
    pub fn single_with_key(&mut self, key: &str, task: &str, action: &str, actor: &str, args: &Value) -> Answer {
        let property = self.property();
        self.post(
            &format!("/v1/properties/{property}/housekeeping/tasks/{task}/{action}"),
            key,
            &json!({ "actor_id": actor, "args": args }),
        )
    }

    /// One action on a task that has to be taken. Answers the room's row after it.
    ///
    /// # Panics
    /// When it is refused.
    pub fn done(&mut self, task: &str, action: &str, actor: &str, args: &Value) -> EntityRow {
        let answer = self.single(task, action, actor, args);
        assert_eq!(answer.status, 200, "{action} on {task}: {}", answer.body);
        serde_json::from_value(answer.body["row"].clone()).expect("the row after")
    }
}
