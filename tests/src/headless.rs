//! The desk without its window: the same `App` that the screens ask, asked through lines of JSON.
//!
//! Each line on standard input is `{"id": n, "ask": "<command>", ...}`; each line on standard output answers one,
//! `{"id": n, "ok": ...}` or `{"id": n, "error": {code, message, ...}}`, in order. When the input ends without `stop`,
//! the process ends as if it had been killed.

use chrono::{DateTime, Utc};
use clap::Parser;
use serde::Deserialize;
use serde_json::{Value, json};
use std::fs::File;
use std::io::{BufRead, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use turndown_app::dto::{
    ActRequest, CameTo, CommandError, LinkMode, LookRequest, OutboxFilter, ReportPeriod, ResolveRequest,
};
use turndown_app::{App, AppConfig, Keys};
use turndown_offline::{Environment, Sql, SystemEnvironment};
use turndown_protocol::{EntityRef, SealedEvent};

/// How a headless desk is started.
#[derive(Debug, Parser)]
pub struct Arguments {
    /// The desk's folder.
    #[arg(long)]
    folder: PathBuf,
    /// Its key goes into the keyring of the session that it is started in, and not into a file.
    #[arg(long)]
    keyring: bool,
    /// The time its clock shows from the start; the machine's own without.
    #[arg(long)]
    clock: Option<DateTime<Utc>>,
}

/// A clock that stands where it is put; the machine's own until then.
struct SetClock(AtomicI64);

impl SetClock {
    const OWN: i64 = i64::MIN;
}

impl Environment for SetClock {
    fn now(&self) -> DateTime<Utc> {
        let set = Some(self.0.load(Ordering::SeqCst)).filter(|at| *at != Self::OWN);
        set.and_then(DateTime::from_timestamp_millis).unwrap_or_else(|| SystemEnvironment.now())
    }

    fn random(&self) -> u128 {
        SystemEnvironment.random()
    }
}

#[derive(Debug, Deserialize)]
#[serde(tag = "ask", rename_all = "snake_case")]
enum Ask {
    AppState,
    Board {
        since: Option<u64>,
    },
    FrontDesk {
        since: Option<u64>,
    },
    SyncCenter {
        filter: OutboxFilter,
        #[serde(default)]
        open: Vec<String>,
        offset: u32,
        limit: u32,
    },
    Act {
        request: ActRequest,
    },
    BeginDay {
        day: String,
    },
    BeginEmergency {
        intent: String,
        reason: String,
    },
    Conflict {
        kind: String,
        entity: String,
    },
    Story {
        kind: String,
        entity: String,
    },
    Resolve {
        request: ResolveRequest,
    },
    SendToLook {
        request: LookRequest,
    },
    RetryEvent {
        event: String,
    },
    DiscardEvent {
        event: String,
        reason: String,
    },
    RetryFailed,
    SyncNow,
    SetLink {
        mode: LinkMode,
    },
    PauseSending {
        paused: bool,
    },
    PutOnHold {
        intent: String,
        room: String,
        reason: String,
    },
    LetGo {
        intent: String,
        room: String,
    },
    Radio {
        line: String,
    },
    Suggestions,
    WriteDowntimePack,
    DowntimePack,
    Connect {
        address: String,
        code: String,
    },
    FindHotel {
        address: String,
        code: String,
    },
    ChoosePerson {
        person: String,
    },
    SignIn {
        person: String,
        pin: String,
    },
    Lock,
    SignOut,
    RefreshSnapshot,
    ExportWaiting,
    ImportWaiting {
        path: String,
    },
    CarryPlaces,
    DiscardCarried {
        event: String,
        reason: String,
    },
    Report {
        period: ReportPeriod,
        came_to: Option<CameTo>,
        offset: u32,
        limit: u32,
    },
    OutageSummary,
    ExportReport {
        period: ReportPeriod,
    },
    SetClock {
        now: DateTime<Utc>,
    },
    /// What is no screen's business, for looking at afterwards.
    Trail,
    Fields {
        room: String,
    },
    Install,
    Flight,
    FillDisk,
    FreeDisk,
    Stop,
}

#[derive(Debug, Deserialize)]
struct Line {
    id: u64,
    #[serde(flatten)]
    ask: Ask,
}

/// Runs the desk until it is told to stop.
#[must_use]
pub fn main(arguments: Arguments) -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_default_env()
                .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info")),
        )
        .with_ansi(false)
        .with_writer(std::io::stderr)
        .init();
    let runtime = tokio::runtime::Runtime::new().expect("threads for the desk");
    let clock = Arc::new(SetClock(AtomicI64::new(arguments.clock.map_or(SetClock::OWN, |at| at.timestamp_millis()))));
    let within = runtime.enter();
    let app = App::start(AppConfig {
        folder: arguments.folder.clone(),
        keys: if arguments.keyring { Keys::Keyring } else { Keys::File },
        sample: None,
        version: env!("CARGO_PKG_VERSION"),
        environment: clock.clone(),
    });
    drop(within);
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let Ok(line) = line else { break };
        let Line { id, ask } = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{line}: {error}"));
        let stops = matches!(ask, Ask::Stop);
        let answer = match runtime.block_on(answer(&app, &clock, &arguments.folder, ask)) {
            Ok(value) => json!({ "id": id, "ok": value }),
            Err(error) => json!({ "id": id, "error": error }),
        };
        if writeln!(out, "{answer}").and_then(|()| out.flush()).is_err() {
            break;
        }
        if stops {
            return ExitCode::SUCCESS;
        }
    }
    // Whoever drove this desk is gone. It closes nothing, as when the power goes.
    std::process::exit(9);
}

type Answer = Result<Value, CommandError>;

fn told<T: serde::Serialize>(answer: Result<T, CommandError>) -> Answer {
    answer.map(|value| serde_json::to_value(value).expect("what crosses to the screens is JSON"))
}

async fn answer(app: &App, clock: &SetClock, folder: &std::path::Path, ask: Ask) -> Answer {
    match ask {
        Ask::AppState => told(app.app_state()),
        Ask::Board { since } => told(app.board(since)),
        Ask::FrontDesk { since } => told(app.front_desk(since)),
        Ask::Radio { line } => told(app.radio(&line)),
        Ask::Suggestions => told(app.suggestions().await),
        Ask::WriteDowntimePack => told(app.write_downtime_pack().await.map(|page| page.display().to_string())),
        Ask::DowntimePack => told(app.downtime_pack()),
        Ask::SyncCenter { filter, open, offset, limit } => told(app.sync_center(filter, &open, offset, limit)),
        Ask::Act { request } => told(app.act(request)),
        Ask::Conflict { kind, entity } => told(app.conflict(&kind, &entity)),
        Ask::Story { kind, entity } => told(app.story(&kind, &entity).await),
        Ask::Resolve { request } => told(app.resolve(request)),
        Ask::SendToLook { request } => told(app.send_to_look(request)),
        Ask::RetryEvent { event } => told(app.retry_event(&event)),
        Ask::DiscardEvent { event, reason } => told(app.discard_event(&event, &reason)),
        Ask::BeginDay { day } => told(app.begin_day(&day)),
        Ask::BeginEmergency { intent, reason } => told(app.begin_emergency(&intent, &reason)),
        Ask::RetryFailed => told(app.retry_failed()),
        Ask::SyncNow => {
            app.sync_now();
            Ok(Value::Null)
        }
        Ask::SetLink { mode } => told(app.set_link(mode)),
        Ask::PauseSending { paused } => {
            app.pause_sending(paused);
            Ok(Value::Null)
        }
        Ask::PutOnHold { intent, room, reason } => told(app.put_on_hold(&intent, &room, &reason)),
        Ask::LetGo { intent, room } => told(app.let_go(&intent, &room)),
        Ask::Connect { address, code } => told(app.connect_hotel(&address, &code).await),
        Ask::FindHotel { address, code } => told(app.find_hotel(&address, &code).await),
        Ask::ChoosePerson { person } => told(app.choose_person(&person)),
        Ask::SignIn { person, pin } => told(app.sign_in(&person, &pin)),
        Ask::Lock => told(app.lock()),
        Ask::SignOut => told(app.sign_out()),
        Ask::RefreshSnapshot => {
            app.refresh_snapshot();
            Ok(Value::Null)
        }
        Ask::ExportWaiting => told(app.export_waiting(None).map(|file| file.path)),
        Ask::ImportWaiting { path } => told(app.import_waiting(&path)),
        Ask::CarryPlaces => told(app.carry_places()),
        Ask::DiscardCarried { event, reason } => told(app.discard_carried(&event, &reason)),
        Ask::Report { period, came_to, offset, limit } => told(app.report(&period, came_to, &[], offset, limit)),
        Ask::OutageSummary => told(app.outage_summary()),
        Ask::ExportReport { period } => told(app.export_report(&period)),
        Ask::SetClock { now } => {
            clock.0.store(now.timestamp_millis(), Ordering::SeqCst);
            Ok(Value::Null)
        }
        Ask::Trail => {
            let trail = app.desk()?.engine().read(|mut connection| {
                connection.all("SELECT bytes FROM audit_local ORDER BY local_seq", [], |row| row.get::<_, String>(0))
            });
            let events: Vec<Value> = trail
                .expect("the trail can be read")
                .into_iter()
                .map(|bytes| {
                    let sealed = SealedEvent::from_bytes(bytes).expect("an event");
                    json!({ "hash": sealed.hash, "event": sealed.event })
                })
                .collect();
            Ok(Value::Array(events))
        }
        Ask::Fields { room } => {
            let row = app.desk()?.room(&room).expect("the room can be read");
            Ok(row.map_or(Value::Null, |row| json!(row.unit.to_fields())))
        }
        Ask::Install => Ok(json!(app.desk()?.engine().install_id())),
        Ask::Flight => {
            let flight: Vec<EntityRef> = app.desk()?.engine().in_flight().into_values().collect();
            Ok(json!(flight))
        }
        Ask::FillDisk => {
            let mut ballast = File::create(folder.join("ballast")).expect("a ballast file");
            for size in [1 << 16, 1 << 12, 1] {
                while ballast.write_all(&vec![0; size]).is_ok() {}
            }
            Ok(Value::Null)
        }
        Ask::FreeDisk => {
            std::fs::remove_file(folder.join("ballast")).expect("the ballast goes");
            Ok(Value::Null)
        }
        Ask::Stop => {
            app.stop().await;
            Ok(Value::Null)
        }
    }
}
