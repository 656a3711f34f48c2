//! Starting, serving, and stopping without losing what was begun.
//!
//! Connections are few and patient ones are cut: the header has to come in time, a body too, and there is a limit on
//! how many are open. On a stop no new connection is taken, streams end, requests under way are answered, the writer
//! finishes its queue, and the lock goes last.

use crate::env::Environment;
use crate::http::rates::{Rates, limit};
use crate::http::{self, App, Limits};
use crate::metrics::Metrics;
use crate::sinks::{self, SinkConfig};
use crate::startup::Refusal;
use crate::store::postgres::{PostgresStore, Server};
use crate::store::sqlite::{self, Files, Hands, Lock, SqliteStore};
use crate::store::{Storage, StoreError};
use ed25519_dalek::SigningKey;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How long a request's header may take.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// The most bytes of a request's header.
const HEADER_BYTES_MAX: usize = 32 * 1024;
/// Connections open at once; further ones wait to be accepted.
const CONNECTIONS_MAX: usize = 1_000;
/// How often it is forgotten who asked how often.
const RATES_EVERY: Duration = Duration::from_secs(60);
/// How long requests under way may take once the service stops.
const STOP_TIMEOUT: Duration = Duration::from_secs(20);
/// How often the clock is looked at for a day that is due.
const CLOCK_EVERY: Duration = Duration::from_secs(5);
/// How often tombstones that everybody has seen are dropped.
const TIDY_EVERY: Duration = Duration::from_secs(6 * 60 * 60);

/// Where a service keeps everything.
#[derive(Debug, Clone)]
pub enum Place {
    /// In one file, which this process has to itself.
    File(PathBuf),
    /// On a server, beside other processes.
    Server {
        /// Where, and as whom.
        server: Server,
        /// The file of the secret signing key: the same for all processes of one database.
        signing_key: PathBuf,
    },
}

/// What a service is started with.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where everything is kept.
    pub place: Place,
    /// Where to listen; port 0 takes a free one.
    pub listen: String,
    /// What a request may carry.
    pub limits: Limits,
    /// Where domain events go.
    pub sinks: Vec<SinkConfig>,
    /// Make a new signing key although the store has one.
    pub new_signing_key: bool,
}

impl Config {
    /// A service on a database file with everything else as usual.
    #[must_use]
    pub fn new(db: impl Into<PathBuf>, listen: impl Into<String>) -> Self {
        Self::at(Place::File(db.into()), listen)
    }

    /// A service with everything as usual.
    #[must_use]
    pub fn at(place: Place, listen: impl Into<String>) -> Self {
        Self { place, listen: listen.into(), limits: Limits::default(), sinks: vec![], new_signing_key: false }
    }
}

/// A service that runs.
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    stopping: CancellationToken,
    serving: JoinHandle<()>,
    tasks: Vec<JoinHandle<()>>,
    store: Arc<dyn Storage>,
    lock: Option<Lock>,
}

impl std::fmt::Debug for Running {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Running").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Running {
    /// The address as a URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Stops: no new connections, what runs is finished, the database is closed.
    pub async fn stop(self) {
        self.stopping.cancel();
        // A task that failed has logged why; stopping goes on.
        let _ = self.serving.await;
        for task in self.tasks {
            let _ = task.await;
        }
        self.store.close().await;
        drop(self.lock);
        tracing::info!("stopped");
    }
}

/// A store that is open, with what belongs to it.
struct Opened {
    store: Arc<dyn Storage>,
    signing_key: SigningKey,
    /// Of a file: the right to write it.
    lock: Option<Lock>,
}

async fn open(config: &Config, env: &dyn Environment) -> Result<Opened, Refusal> {
    match &config.place {
        Place::File(db) => {
            let files = Files::new(db.clone());
            let opened = sqlite::open(&files, env, config.new_signing_key)?;
            let fault = |error: StoreError| match error {
                StoreError::Database(source) => Refusal::from_database(&files.db, source),
                other => Refusal::Input(format!("{} cannot be used: {other}.", files.db.display())),
            };
            let store = SqliteStore::start(files.clone(), opened.conn, opened.identity, Hands::Own).map_err(fault)?;
            Ok(Opened { store: Arc::new(store), signing_key: opened.signing_key, lock: Some(opened.lock) })
        }
        Place::Server { server, signing_key } => {
            let store = PostgresStore::start(server.clone()).await?;
            let signing_key = store.signing_key(signing_key, env, config.new_signing_key).await?;
            Ok(Opened { store: Arc::new(store), signing_key, lock: None })
        }
    }
}

/// Starts a service. It is ready when this returns.
///
/// # Errors
/// A [`Refusal`] that says what to do.
pub async fn start(config: Config, env: Arc<dyn Environment>) -> Result<Running, Refusal> {
    let opened = open(&config, &*env).await?;
    let listener = TcpListener::bind(&config.listen)
        .await
        .map_err(|error| Refusal::Listen { address: config.listen.clone(), reason: error.to_string() })?;
    let address = listener
        .local_addr()
        .map_err(|error| Refusal::Listen { address: config.listen.clone(), reason: error.to_string() })?;
    let store = opened.store;
    if let (Some(lock), Place::File(db)) = (&opened.lock, &config.place) {
        let refuse = |error| Refusal::from_io(&Files::new(db.clone()).lock(), &error);
        lock.say(&format!("http://{address}")).map_err(refuse)?;
    }

    let stopping = CancellationToken::new();
    let app = Arc::new(App {
        store: Arc::clone(&store),
        env: Arc::clone(&env),
        signing_key: opened.signing_key,
        limits: config.limits,
        metrics: Metrics::default(),
        stopping: stopping.clone(),
        tries: Default::default(),
        pin_tries: Default::default(),
    });
    let mut tasks = vec![tokio::spawn(tidy(Arc::clone(&app))), tokio::spawn(days(Arc::clone(&app)))];
    for sink in config.sinks {
        tasks.push(tokio::spawn(sinks::run(Arc::clone(&app), sinks::open(sink)?)));
    }
    let rates = Arc::new(Rates::new(Arc::clone(&app)));
    tasks.push(tokio::spawn(forget_rates(Arc::clone(&rates), stopping.clone())));
    let (router, _) = http::router(app);
    let router = router.layer(axum::middleware::from_fn_with_state(rates, limit));
    let serving = tokio::spawn(serve(listener, router, stopping.clone()));
    if let Ok(identity) = store.identity().await {
        tracing::info!(%address, store_id = identity.store_id, epoch = identity.epoch, "serving");
    }
    Ok(Running { address, stopping, serving, tasks, store, lock: opened.lock })
}

async fn serve(listener: TcpListener, router: axum::Router, stopping: CancellationToken) {
    let permits = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let graceful = GracefulShutdown::new();
    let mut http = hyper::server::conn::http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT).max_buf_size(HEADER_BYTES_MAX);
    loop {
        let accepted = tokio::select! {
            () = stopping.cancelled() => break,
            accepted = accept(&listener, &permits) => accepted,
        };
        let Some((stream, permit)) = accepted else { continue };
        // An answer is written at once; waiting to fill a packet only adds a round trip.
        let _ = stream.set_nodelay(true);
        let service = TowerToHyperService::new(router.clone());
        let connection = graceful.watch(http.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection ended");
            }
            drop(permit);
        });
    }
    drop(listener);
    if tokio::time::timeout(STOP_TIMEOUT, graceful.shutdown()).await.is_err() {
        tracing::warn!("some connections did not end in time");
    }
}

async fn accept(
    listener: &TcpListener,
    permits: &Arc<Semaphore>,
) -> Option<(tokio::net::TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let permit = Arc::clone(permits).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, _)) => Some((stream, permit)),
        Err(error) => {
            // Out of file descriptors, or a client that was gone again: the next one may work, but not in a hot loop.
            tracing::warn!(%error, "a connection could not be accepted");
            tokio::time::sleep(Duration::from_millis(50)).await;
            None
        }
    }
}

/// Keeps the memory of who asked how often small, whoever makes up tokens.
async fn forget_rates(rates: Arc<Rates>, stopping: CancellationToken) {
    loop {
        tokio::select! {
            () = stopping.cancelled() => break,
            () = tokio::time::sleep(RATES_EVERY) => rates.tidy(),
        }
    }
}

async fn tidy(app: Arc<App>) {
    loop {
        let horizon_ms = i64::from(app.limits.backup_horizon_days) * 24 * 60 * 60 * 1_000;
        match app.store.forget_tombstones(app.env.now_ms() - horizon_ms).await {
            Ok(0) => {}
            Ok(gone) => tracing::info!(gone, "old tombstones were dropped"),
            Err(error) => tracing::warn!(%error, "old tombstones could not be dropped"),
        }
        tokio::select! {
            () = app.stopping.cancelled() => break,
            () = tokio::time::sleep(TIDY_EVERY) => {}
        }
    }
}

/// Begins each service day at the hotel's own hour.
async fn days(app: Arc<App>) {
    loop {
        match app.store.begin_days(app.env.now_ms()).await {
            Ok(began) => began.iter().for_each(|(property, day)| tracing::info!(%property, day, "a service day began")),
            Err(error) => tracing::warn!(%error, "a service day that is due could not begin; it is tried again"),
        }
        tokio::select! {
            () = app.stopping.cancelled() => break,
            () = tokio::time::sleep(CLOCK_EVERY) => {}
        }
    }
}
