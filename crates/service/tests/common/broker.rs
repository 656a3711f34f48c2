//! A NATS server of a test's own, on a port of its own, with its data in a folder of its own.

use super::patiently;
use async_nats::jetstream::{self, Context, stream};
use futures_util::StreamExt;
use serde_json::Value;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

pub const STREAM: &str = "TURNDOWN";

/// The server, or the place where it will be.
pub struct Broker {
    folder: TempDir,
    port: u16,
    options: Vec<String>,
    child: Option<Child>,
}

impl Broker {
    /// A port on which nothing answers yet.
    pub fn absent() -> Self {
        Self::with(&[])
    }

    /// The same for a server that is started with more than it needs.
    pub fn with(options: &[&str]) -> Self {
        // Given out by the system and let go, so that the address is known before the server is there.
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let options = options.iter().map(|option| (*option).to_owned()).collect();
        Self { folder: TempDir::new().unwrap(), port, options, child: None }
    }

    pub async fn start() -> Self {
        let mut broker = Self::absent();
        broker.up().await;
        broker
    }

    pub fn address(&self) -> String {
        format!("nats://127.0.0.1:{}", self.port)
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Starts it, with what it kept.
    pub async fn up(&mut self) {
        let log = std::fs::File::options().create(true).append(true).open(self.folder.path().join("log")).unwrap();
        let child = Command::new("nats-server")
            .args(["--jetstream", "--addr", "127.0.0.1", "--port", &self.port.to_string(), "--store_dir"])
            .arg(self.data())
            .args(&self.options)
            .stdout(Stdio::null())
            .stderr(log)
            .spawn();
        let Ok(child) = child else {
            panic!("This test needs a NATS server. Run: scripts/setup.sh database");
        };
        self.child = Some(child);
        let up = async {
            while tokio::net::TcpStream::connect(("127.0.0.1", self.port)).await.is_err() {
                let ended = self.child.as_mut().unwrap().try_wait().unwrap();
                let log = || std::fs::read_to_string(self.folder.path().join("log")).unwrap();
                assert!(ended.is_none(), "the NATS server does not run: {}", log());
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        patiently("an answer of the NATS server", up).await;
    }

    /// Ends it at once, as a crash does.
    pub fn down(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }

    pub async fn context(&self) -> Context {
        let options = async_nats::ConnectOptions::new();
        jetstream::new(options.connect(self.address()).await.expect("the NATS server answers"))
    }

    pub async fn stream(&self) -> stream::Stream {
        let context = self.context().await;
        let made = async {
            loop {
                match context.get_stream(STREAM).await {
                    Ok(stream) => return stream,
                    Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
                }
            }
        };
        patiently("the stream", made).await
    }

    /// A stream as somebody else might have made it.
    pub async fn make(&self, change: impl FnOnce(&mut stream::Config)) {
        let mut config = stream::Config {
            name: STREAM.to_owned(),
            subjects: vec!["turndown.events.>".to_owned()],
            ..stream::Config::default()
        };
        change(&mut config);
        self.context().await.create_stream(config).await.unwrap();
    }

    /// All that the stream has, once it has so much: the subject and the event of each message, in the stream's order.
    pub async fn messages(&self, at_least: usize) -> Vec<(String, Value)> {
        let full = async {
            loop {
                let mut stream = self.stream().await;
                let count = stream.info().await.unwrap().state.messages;
                if count >= at_least as u64 {
                    return (stream, usize::try_from(count).unwrap());
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let (stream, count) = patiently(&format!("{at_least} messages"), full).await;
        let all = jetstream::consumer::pull::OrderedConfig::default();
        let messages = stream.create_consumer(all).await.unwrap().messages().await.unwrap();
        let read = messages.take(count).map(|message| {
            let message = message.unwrap();
            (message.subject.to_string(), serde_json::from_slice(&message.payload).unwrap())
        });
        patiently("all that the stream says it has", read.collect()).await
    }

    /// Takes the end off every file of the stream that holds messages, as a power cut does to what was not synced.
    pub fn cut_messages(&self) {
        let folder = self.data().join("jetstream/$G/streams").join(STREAM).join("msgs");
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|kind| kind == "blk") {
                let file = std::fs::File::options().write(true).open(&path).unwrap();
                file.set_len(file.metadata().unwrap().len() / 2).unwrap();
            } else {
                std::fs::remove_file(&path).unwrap();
            }
        }
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        self.down();
    }
}
