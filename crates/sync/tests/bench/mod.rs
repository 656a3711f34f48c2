//! A desk, a service and the wire between them, for tests over real sockets. The service keeps counters, knows the
//! protocol, and can be told to answer wrongly. The desk's workflow keeps counters too: the link needs nothing else.
#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::expect_used, clippy::unwrap_used, reason = "what a test needs and does not get ends it")]

pub mod counters;
pub mod house;
pub mod relay;

use chrono::{DateTime, TimeDelta, Utc};
use counters::Counters;
use house::House;
use relay::Relay;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;
use turndown_offline::{Engine, Environment, Ledger, OpenConfig, OpenError, SystemEnvironment};
use turndown_sync::backoff::Pace;
use turndown_sync::{Deadlines, LinkState, Status, Sync, SyncConfig, Timing};

mod migrations {
    refinery::embed_migrations!("../../migrations/desk");
}

/// A wait for a condition gives up after this; it is no measure of anything.
const PATIENCE: Duration = Duration::from_secs(90);

/// The machine's clock and randomness, with a clock that a test can set and a fault that it can arm.
pub struct TestEnvironment {
    ahead_s: AtomicI64,
    /// The next random number panics.
    pub panics: AtomicBool,
}

impl TestEnvironment {
    pub fn move_clock(&self, by_s: i64) {
        self.ahead_s.fetch_add(by_s, Ordering::SeqCst);
    }
}

impl Environment for TestEnvironment {
    fn now(&self) -> DateTime<Utc> {
        SystemEnvironment.now() + TimeDelta::seconds(self.ahead_s.load(Ordering::SeqCst))
    }
    fn random(&self) -> u128 {
        assert!(!self.panics.swap(false, Ordering::SeqCst), "a fault that the test armed");
        SystemEnvironment.random()
    }
}

/// Quick enough for a test, in the same proportions as production.
pub fn hurried() -> Timing {
    let ms = Duration::from_millis;
    Timing {
        pace: Pace {
            retries: [ms(0), ms(20), ms(40), ms(60), ms(80)],
            poll_first: ms(20),
            poll_most: ms(60),
            look_again: ms(80),
            tick: ms(200),
            pull_patience: ms(100),
            snapshot_patience: ms(200),
            ..Pace::default()
        },
        deadlines: Deadlines::default(),
    }
}

/// The same with deadlines short enough to wait for.
pub fn impatient() -> Timing {
    let ms = Duration::from_millis;
    Timing {
        deadlines: Deadlines {
            connect: ms(500),
            head: ms(500),
            idle: ms(500),
            total: ms(2_000),
            snapshot: ms(5_000),
            stream_silence: ms(700),
        },
        ..hurried()
    }
}

pub struct Desk {
    pub engine: Engine,
    pub environment: Arc<TestEnvironment>,
    folder: TempDir,
}

impl Desk {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let environment = Arc::new(TestEnvironment { ahead_s: AtomicI64::new(0), panics: AtomicBool::new(false) });
        let engine = open(folder.path().to_owned(), &environment);
        Self { engine, environment, folder }
    }

    /// Closes the desk and opens it again, as after a restart.
    pub fn reopened(self) -> Self {
        self.reopened_after(|_| {})
    }

    /// The same, with somebody at its files in between.
    pub fn reopened_after(self, between: impl FnOnce(&std::path::Path)) -> Self {
        let Self { engine, environment, folder } = self;
        engine.close();
        drop(engine);
        between(folder.path());
        // What a dropped call still held goes a moment later.
        let engine = loop {
            match try_open(folder.path().to_owned(), &environment) {
                Ok(engine) => break engine,
                Err(OpenError::InUse) => std::thread::yield_now(),
                Err(error) => panic!("the desk opens: {error}"),
            }
        };
        Self { engine, environment, folder }
    }

    pub fn add(&self, counter: u32, by: i64) {
        counters::add(&self.engine, counter, by);
    }

    pub fn value(&self, counter: u32) -> i64 {
        counters::value(&self.engine, counter)
    }

    pub fn ledger(&self) -> Ledger {
        let ledger = self.engine.ledger().expect("the ledger can be read");
        assert!(ledger.is_balanced(), "{ledger:?}");
        if ledger != self.engine.ledger_from_rows().expect("the rows can be counted") {
            // Something was committed between the two looks; where nothing was, they are the same.
            let revision = self.engine.revision();
            let (counted, from_rows) = (self.engine.ledger(), self.engine.ledger_from_rows());
            if self.engine.revision() == revision {
                assert_eq!(counted.expect("read"), from_rows.expect("read"));
            }
        }
        ledger
    }
}

fn open(folder: PathBuf, environment: &Arc<TestEnvironment>) -> Engine {
    try_open(folder, environment).expect("the desk opens")
}

fn try_open(folder: PathBuf, environment: &Arc<TestEnvironment>) -> Result<Engine, OpenError> {
    let config = OpenConfig::new(folder, migrations::migrations::runner());
    let environment: Arc<dyn Environment> = Arc::clone(environment) as Arc<dyn Environment>;
    Engine::open(&config, Arc::new(Counters), environment).map(|(engine, _)| engine)
}

/// Desk, service, and a wire that can be cut.
pub struct Bench {
    pub desk: Desk,
    pub house: Arc<House>,
    pub relay: Relay,
    pub sync: Sync,
}

impl Bench {
    pub async fn start(timing: Timing) -> Self {
        Self::start_with(Desk::new(), House::start().await, timing).await
    }

    pub async fn start_with(desk: Desk, house: Arc<House>, timing: Timing) -> Self {
        let relay = Relay::start(house.address()).await;
        let sync = Sync::start_with(desk.engine.clone(), config(&relay), timing);
        Self { desk, house, relay, sync }
    }

    pub fn status(&self) -> Status {
        self.sync.status().borrow().clone()
    }

    pub fn code(&self) -> Option<&'static str> {
        self.status().reason.map(|reason| reason.code)
    }

    /// Waits for something to be so, and says what was when it never was.
    pub async fn until(&self, what: &str, mut so: impl FnMut(&Self) -> bool) {
        let began = tokio::time::Instant::now();
        while !so(self) {
            if began.elapsed() > PATIENCE {
                panic!("never: {what}. {:?} {:?} {:?}", self.status(), self.desk.ledger(), self.house.log());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    pub async fn until_online(&self) {
        self.until("online", |bench| bench.status().state == LinkState::Online).await;
    }

    /// Waits until nothing waits.
    pub async fn until_drained(&self) {
        self.until("nothing waits", |bench| bench.desk.ledger().waiting == 0).await;
    }

    /// Waits until desk and service show the same, and checks that everything had its effect once and in order.
    pub async fn until_agreed(&self) {
        self.until_drained().await;
        self.until("both sides show the same", |bench| {
            bench.house.values().iter().all(|(counter, value)| bench.desk.value(*counter) == *value)
        })
        .await;
        self.house.check_order();
    }

    pub async fn stop(&self) {
        self.sync.stop().await;
    }
}

pub fn config(relay: &Relay) -> SyncConfig {
    SyncConfig {
        address: relay.url(),
        token: house::TOKEN.to_owned().into(),
        property_id: house::PROPERTY.into(),
        store_id: house::STORE.into(),
    }
}

/// A lock in a test: a panic elsewhere has failed the test already.
pub fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
