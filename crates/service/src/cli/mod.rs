//! The command line: serve, import, enrol, act as another workplace, and the operator's tools.

mod act;
mod client;
mod front_office;
mod sign_in;

use crate::env::{Environment, SystemEnvironment};
use crate::http::Limits;
use crate::import;
use crate::server::{self, Config, Place};
use crate::sinks::{NatsConfig, SinkConfig};
use crate::startup::Refusal;
use crate::store::postgres::{self, Server};
use crate::store::sqlite::{self, Admin, BackupError, Files};
use crate::store::{CODE_MINUTES, ExportError, Import, StoreError, Wanted};
use crate::traces::Traces;
use chrono::NaiveDate;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tracing_subscriber::filter::{FilterExt, filter_fn};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};
use turndown_protocol::PropertyId;

/// The highest number that a store may be told to count on above: half of what a database can count is left.
const ABOVE_MAX: u64 = 1 << 62;

/// The property service of Turndown.
#[derive(Debug, Parser)]
#[command(name = "turndown-service", version, about)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the desks of the hotels in a database.
    Serve(Serve),
    /// Put a hotel's day into a database, made from a file of bookings.
    Import(ImportArgs),
    /// Let a desk in: a short code to type, or a long token.
    Enroll(Enroll),
    /// How people say who they are: by name, or by name and PIN.
    SignIn(sign_in::SignInArgs),
    /// Give a person a first PIN or a new one, or take it away.
    Pin(sign_in::PinArgs),
    /// Change a task as if from another workplace.
    Act(act::Act),
    /// What the hotel's own system reports of its guests and rooms.
    #[command(subcommand)]
    FrontOffice(front_office::FrontOffice),
    /// Copy a database beside the running service: whole, checked, with its signing key.
    Backup(BackupArgs),
    /// After restoring a backup: give the store a new epoch, so that desks send again what it lost.
    RotateEpoch(RotateEpoch),
    /// The audit trail.
    #[command(subcommand)]
    Audit(Audit),
    /// Make the tables on a PostgreSQL server, or bring them up to date, as their owner.
    Migrate(Migrate),
}

/// Which database: a file, or one on a server.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Db {
    /// The database's file.
    #[arg(long, env = "TURNDOWN_DB")]
    db: Option<PathBuf>,
    /// The database on a PostgreSQL server: postgres://user:password@host:port/database. Others on the machine can read
    /// a command line, so that a password is better given in the environment.
    #[arg(long, env = "TURNDOWN_POSTGRES", hide_env_values = true, value_name = "ADDRESS")]
    postgres: Option<String>,
}

/// The one of the two that was given.
enum Which {
    File(Files),
    Server(Server),
}

impl Db {
    fn which(&self) -> Result<Which, Refusal> {
        match (&self.db, &self.postgres) {
            (Some(db), None) => Ok(Which::File(Files::new(db.clone()))),
            (None, Some(address)) => Server::parse(address).map(Which::Server),
            _ => Err(Refusal::Input("Name the database, with --db or with --postgres.".into())),
        }
    }
}

#[derive(Debug, Args)]
struct Serve {
    #[command(flatten)]
    db: Db,
    /// Where to listen; port 0 takes a free one.
    #[arg(long, default_value = "127.0.0.1:8787")]
    listen: String,
    /// Append domain events to this file, one CloudEvent a line.
    #[arg(long)]
    events_file: Option<PathBuf>,
    /// Send domain events to this address, as batches of CloudEvents.
    #[arg(long)]
    events_webhook: Option<String>,
    /// Publish domain events on this NATS server, or on several of a cluster with commas between them.
    #[arg(long, value_name = "ADDRESS")]
    events_nats: Option<String>,
    /// The JetStream stream that they go to; made where it is missing.
    #[arg(long, value_name = "NAME", default_value = "TURNDOWN", requires = "events_nats")]
    nats_stream: String,
    /// The file of credentials for the NATS server.
    #[arg(long, value_name = "FILE", env = "TURNDOWN_NATS_CREDENTIALS", requires = "events_nats")]
    nats_credentials: Option<PathBuf>,
    /// Write the address into this file once the service is ready.
    #[arg(long)]
    ready_file: Option<PathBuf>,
    /// The highest number of bytes of one batch, decompressed.
    #[arg(long, default_value_t = Limits::default().max_batch_bytes)]
    max_batch_bytes: u64,
    /// How long desks keep acknowledged events, in days. At least as long as your backups go back.
    #[arg(long, default_value_t = Limits::default().backup_horizon_days, value_parser = clap::value_parser!(u32).range(1..=3650))]
    backup_horizon_days: u32,
    /// How many requests one device may make in a second, in the long run.
    #[arg(long, default_value_t = Limits::default().requests_per_second)]
    requests_per_second: std::num::NonZeroU32,
    /// How what is logged is written.
    #[arg(long, value_enum, default_value_t = LogFormat::Text, env = "TURNDOWN_LOG_FORMAT")]
    log_format: LogFormat,
    /// Send traces to this OpenTelemetry collector, over OTLP and HTTP.
    #[arg(long, env = "OTEL_EXPORTER_OTLP_ENDPOINT", value_name = "ADDRESS")]
    traces: Option<String>,
    /// Make a new signing key although the database has one; desks then see another signature.
    #[arg(long)]
    new_signing_key: bool,
    /// With --postgres: the file of the secret signing key, the same for all services of one database. The first makes
    /// it.
    #[arg(long, env = "TURNDOWN_SIGNING_KEY", value_name = "FILE")]
    signing_key: Option<PathBuf>,
}

/// A hotel's day, made from a file of bookings.
#[derive(Debug, Args)]
struct HotelArgs {
    /// The bookings: CSV, plain or gzip.
    #[arg(long)]
    file: PathBuf,
    /// Which hotel of the file.
    #[arg(long)]
    hotel: String,
    /// Which day.
    #[arg(long)]
    date: NaiveDate,
    /// What bookings lack (floors, people, times) is made from this number.
    #[arg(long, default_value_t = import::DEFAULT_SEED)]
    seed: u64,
    /// The property's id, where it should not be the hotel's name.
    #[arg(long, value_parser = property_id)]
    property: Option<PropertyId>,
}

#[derive(Debug, Args)]
struct ImportArgs {
    #[command(flatten)]
    db: Db,
    #[command(flatten)]
    hotel: HotelArgs,
    /// Mark it as the sample hotel that ships with the product.
    #[arg(long)]
    sample: bool,
    /// Put this day in the place of the one that the database has.
    #[arg(long)]
    replace: bool,
}

#[derive(Debug, Args)]
struct Enroll {
    #[command(flatten)]
    db: Db,
    /// For which property; may be left out where there is one.
    #[arg(long)]
    property: Option<String>,
    /// What people call the desk. A code's desk names itself.
    #[arg(long, default_value = "Desk")]
    name: String,
    /// Print a long token at once instead of a code.
    #[arg(long)]
    token: bool,
}

#[derive(Debug, Args)]
struct BackupArgs {
    /// The database's file.
    #[arg(long, env = "TURNDOWN_DB")]
    db: PathBuf,
    /// Where to. A copy of that name is replaced once the new one is whole.
    #[arg(long)]
    out: PathBuf,
}

#[derive(Debug, Args)]
struct RotateEpoch {
    #[command(flatten)]
    db: Db,
    /// Go on counting above this number, where the highest one ever given out is known.
    #[arg(long, value_parser = clap::value_parser!(u64).range(..=ABOVE_MAX))]
    above: Option<u64>,
}

#[derive(Debug, Args)]
struct Migrate {
    /// The database, as the role that owns the tables. Services use another one.
    #[arg(long, env = "TURNDOWN_POSTGRES_OWNER", hide_env_values = true, value_name = "ADDRESS")]
    postgres: String,
    /// The role as which services come. It has to be there already; it gets what it needs.
    #[arg(long, default_value = "turndown_service")]
    service_role: String,
}

#[derive(Debug, Subcommand)]
enum Audit {
    /// Walk the service's chain and every desk's chain, and name the first bad entry.
    Verify(Db),
    /// Write a hotel's trail, or that of some days, into a file that `turndown-audit verify` proves.
    Export(Export),
}

#[derive(Debug, Args)]
struct Export {
    #[command(flatten)]
    db: Db,
    /// With --postgres: the file of the secret signing key of its services.
    #[arg(long, env = "TURNDOWN_SIGNING_KEY", value_name = "FILE")]
    signing_key: Option<PathBuf>,
    /// Which property; may be left out where there is one.
    #[arg(long)]
    property: Option<String>,
    /// The first day, by the hotel's calendar; everything without.
    #[arg(long, requires = "to")]
    from: Option<NaiveDate>,
    /// The last day.
    #[arg(long, requires = "from")]
    to: Option<NaiveDate>,
    /// Where to. A file of that name is replaced once the new one is whole.
    #[arg(long)]
    out: PathBuf,
}

/// Runs a command.
///
/// # Errors
/// A [`Refusal`] with its exit code.
pub fn run(cli: Cli) -> Result<(), Refusal> {
    let env = SystemEnvironment;
    match cli.command {
        Command::Serve(args) => serve(args),
        Command::Import(args) => import_day(&env, &args),
        Command::Enroll(args) => enroll(&env, &args),
        Command::SignIn(args) => sign_in::sign_in(&env, &args),
        Command::Pin(args) => sign_in::pin(&env, &args),
        Command::Act(args) => runtime()?.block_on(act::run(&env, args)),
        Command::FrontOffice(front_office::FrontOffice::Send(args)) => {
            runtime()?.block_on(front_office::send(&env, &args))
        }
        Command::FrontOffice(front_office::FrontOffice::Make(args)) => front_office::make(&args),
        Command::Backup(args) => backup(&args),
        Command::RotateEpoch(args) => {
            let (epoch, head) = match args.db.which()? {
                Which::File(files) => {
                    if !files.db.exists() {
                        return Err(Refusal::Missing(files.db.display().to_string()));
                    }
                    let opened = sqlite::open(&files, &env, false)?;
                    let rotated = Admin::alone(files, opened.conn).rotate_epoch(&env, args.above)?;
                    drop(opened.lock);
                    rotated
                }
                Which::Server(server) => on_server(server, async |admin| admin.rotate_epoch(&env, args.above).await)?,
            };
            say(&format!("New epoch {epoch}; counting goes on above {head}."))
        }
        Command::Audit(Audit::Verify(db)) => verify(&db),
        Command::Audit(Audit::Export(args)) => export(&env, &args),
        Command::Migrate(args) => {
            let owner = Server::parse(&args.postgres)?;
            runtime()?.block_on(postgres::migrate(&owner, &args.service_role, &env))?;
            say(&format!("The tables are up to date, and {} may use them.", args.service_role))
        }
    }
}

/// Does something to a store on a server.
fn on_server<T>(server: Server, job: impl AsyncFnOnce(postgres::Admin) -> Result<T, Refusal>) -> Result<T, Refusal> {
    runtime()?.block_on(async { job(postgres::Admin::beside(server).await?).await })
}

fn runtime() -> Result<tokio::runtime::Runtime, Refusal> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Refusal::Input(format!("The service cannot start its threads: {error}.")))
}

/// Prints a line for people and scripts; a closed pipe is their wish to read no more.
fn say(line: &str) -> Result<(), Refusal> {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
    Ok(())
}

/// How what is logged is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LogFormat {
    /// A line for people.
    Text,
    /// A JSON object a line, for programs.
    Json,
}

/// Lines on the standard error output, and spans for the collector.
fn log(format: LogFormat, traces: Option<&Traces>) {
    let wanted = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,refinery_core=warn"));
    let lines = tracing_subscriber::fmt::layer()
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
        .with_writer(std::io::stderr);
    let lines = match format {
        LogFormat::Text => lines.boxed(),
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
    };
    let lines = lines.with_filter(wanted.and(filter_fn(|of| of.is_event())));
    tracing_subscriber::registry().with(lines).with(traces.map(Traces::layer)).init();
}

fn serve(args: Serve) -> Result<(), Refusal> {
    // An empty variable is one that is not set.
    let traces = args.traces.as_deref().filter(|address| !address.is_empty()).map(Traces::to).transpose()?;
    log(args.log_format, traces.as_ref());
    for (out, option) in [(&args.events_file, "--events-file"), (&args.ready_file, "--ready-file")] {
        out.as_ref().map_or(Ok(()), |out| is_apart(args.db.db.as_ref(), out, option))?;
    }
    let place = match (args.db.which()?, args.signing_key) {
        (Which::File(files), None) => Place::File(files.db),
        (Which::Server(server), Some(signing_key)) => Place::Server { server, signing_key },
        (Which::File(_), Some(_)) => {
            return Err(Refusal::Input(
                "--signing-key goes with --postgres; beside a file the key has its own place.".into(),
            ));
        }
        (Which::Server(_), None) => {
            return Err(Refusal::Input(
                "Name the file of the signing key with --signing-key: the same for all services of the database."
                    .into(),
            ));
        }
    };
    let mut config = Config::at(place, args.listen);
    config.limits.max_batch_bytes = args.max_batch_bytes;
    config.limits.backup_horizon_days = args.backup_horizon_days;
    config.limits.requests_per_second = args.requests_per_second;
    config.new_signing_key = args.new_signing_key;
    config.sinks.extend(args.events_file.map(SinkConfig::File));
    config.sinks.extend(args.events_webhook.map(SinkConfig::Webhook));
    config.sinks.extend(args.events_nats.map(|servers| {
        let stream = NatsConfig::new(servers, args.nats_stream);
        SinkConfig::Nats(NatsConfig { credentials: args.nats_credentials, ..stream })
    }));
    let served = runtime()?.block_on(async {
        let stop = stop_signal()?;
        let running = server::start(config, Arc::new(SystemEnvironment)).await?;
        let url = running.url();
        say(&format!("turndown-service listens on {url}"))?;
        if let Some(path) = &args.ready_file {
            write_ready(path, &url)?;
        }
        stop.await;
        running.stop().await;
        Ok(())
    });
    traces.into_iter().for_each(Traces::end);
    served
}

/// Written beside and moved into place, so that whoever waits for the file never reads half an address.
fn write_ready(path: &Path, url: &str) -> Result<(), Refusal> {
    let mut beside = path.to_path_buf().into_os_string();
    beside.push(".new");
    std::fs::write(&beside, url).and_then(|()| std::fs::rename(&beside, path)).map_err(|error| {
        Refusal::Input(format!("{} cannot be written: {error}. Name another with --ready-file.", path.display()))
    })
}

#[cfg(unix)]
fn stop_signal() -> Result<impl Future<Output = ()>, Refusal> {
    use tokio::signal::unix::{SignalKind, signal};
    let listen = |kind| signal(kind).map_err(|error| Refusal::Input(format!("Signals cannot be heard: {error}.")));
    let (mut term, mut int) = (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = term.recv() => {}
            _ = int.recv() => {}
        }
    })
}

#[cfg(not(unix))]
fn stop_signal() -> Result<impl Future<Output = ()>, Refusal> {
    Ok(async {
        // Without a way to hear it the service runs until it is ended.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}

impl HotelArgs {
    fn read(&self) -> Result<import::ImportedHotel, Refusal> {
        let name = self.file.display().to_string();
        let input = |error: &dyn std::fmt::Display| Refusal::Input(error.to_string());
        let file = File::open(&self.file)
            .map_err(|error| Refusal::Input(format!("{name} cannot be opened: {error}. Name another with --file.")))?;
        let rows = import::read_bookings(file, &name).map_err(|error| input(&error))?;
        let mut hotel = import::make_hotel(&rows, &self.hotel, self.date, self.seed).map_err(|error| input(&error))?;
        if let Some(id) = &self.property {
            rename_property(&mut hotel, id);
        }
        Ok(hotel)
    }
}

fn import_day(env: &dyn Environment, args: &ImportArgs) -> Result<(), Refusal> {
    // Everything about the file is known to be right before the database is even opened.
    let mut hotel = args.hotel.read()?;
    hotel.book.property.sample = args.sample;

    let made = Import { book: hotel.book, entities: hotel.units };
    match args.db.which()? {
        Which::File(files) => {
            let opened = sqlite::open(&files, env, false)?;
            Admin::alone(files, opened.conn).import(env, &made, args.replace)?;
            drop(opened.lock);
        }
        Which::Server(server) => {
            on_server(server, async |admin| admin.import(env, &made, args.replace).await)?;
        }
    }
    let property = &made.book.property;
    say(&format!(
        "Imported {} as {}, {}: {} rooms, {} tasks, {} people, {} bookings.",
        property.name,
        property.id,
        property.service_day,
        made.entities.len(),
        made.entities.iter().map(|(_, fields)| tasks(fields)).sum::<usize>(),
        made.book.staff.len(),
        made.book.bookings.len(),
    ))
}

/// A property's id is part of its tasks' ids, and those have at most 64 characters.
fn property_id(text: &str) -> Result<PropertyId, String> {
    const LONGEST: usize = 28;
    let id = PropertyId::parse(text).map_err(|error| error.to_string())?;
    if text.len() > LONGEST { Err(format!("a property's id has at most {LONGEST} characters")) } else { Ok(id) }
}

/// Gives the property another id, and its tasks the ids that the day's rules make from it.
fn rename_property(hotel: &mut import::ImportedHotel, id: &PropertyId) {
    let old = format!("task/{}:", std::mem::replace(&mut hotel.book.property.id, id.to_string()));
    for (_, fields) in &mut hotel.units {
        *fields = fields
            .iter()
            .map(|(path, value)| match path.strip_prefix(&old) {
                Some(rest) => (format!("task/{id}:{rest}"), value.clone()),
                None => (path.to_owned(), value.clone()),
            })
            .collect();
    }
}

fn tasks(fields: &turndown_protocol::Fields) -> usize {
    fields.iter().filter(|(path, _)| path.starts_with("task/") && path.ends_with("/status")).count()
}

fn enroll(env: &dyn Environment, args: &Enroll) -> Result<(), Refusal> {
    let property = args.property.as_deref();
    let db = args.db.which()?;
    if args.token {
        let (token, _) = match db {
            Which::File(files) => Admin::beside(files)?.make_token(env, property, &args.name, None)?,
            Which::Server(server) => {
                on_server(server, async |admin| admin.make_token(env, property, &args.name, None).await)?
            }
        };
        return say(&token);
    }
    let (code, property) = match db {
        Which::File(files) => Admin::beside(files)?.make_code(env, property)?,
        Which::Server(server) => on_server(server, async |admin| admin.make_code(env, property).await)?,
    };
    say(&format!(
        "{code}\nType this code at the desk within {CODE_MINUTES} minutes. It connects to {}.",
        property.property_name
    ))
}

/// Refuses to write over the store or its key: what serves it would go on in a file that has no name any more.
fn is_apart(db: Option<&PathBuf>, out: &Path, option: &str) -> Result<(), Refusal> {
    let Some(db) = db else { return Ok(()) };
    // What is not there yet is no other file's name.
    let there = |path: &Path| std::fs::canonicalize(path).ok();
    let Some(out) = there(out) else { return Ok(()) };
    if [db.clone(), Files::new(db.clone()).key()].iter().any(|own| there(own).as_ref() == Some(&out)) {
        let name = out.display();
        return Err(Refusal::Input(format!(
            "{name} is the store itself. Nothing was written. Name another with {option}."
        )));
    }
    Ok(())
}

fn backup(args: &BackupArgs) -> Result<(), Refusal> {
    is_apart(Some(&args.db), &args.out, "--out")?;
    let name = args.out.display();
    let copied = Admin::beside(Files::new(args.db.clone()))?.backup(&args.out).map_err(|error| match error {
        BackupError::Refused(refusal) => refusal,
        BackupError::Store(StoreError::Database(source)) => Refusal::from_database(&args.db, source),
        BackupError::Store(error) => Refusal::AuditBroken(format!(
            "What was copied cannot be read: {error}. The copies from before are as they were; see to this store."
        )),
        BackupError::Damaged(what) => Refusal::AuditBroken(format!(
            "What was copied is damaged: {what}. The copies from before are as they were; see to this store."
        )),
        BackupError::File(error) => {
            Refusal::Input(format!("{name} cannot be written: {error}. Name another with --out."))
        }
    })?;
    say(&format!(
        "Copied up to change {} with {} entries of the audit trail, {} KB, to {name}; its signing key lies beside it.",
        copied.head_seq,
        copied.entries,
        copied.bytes.div_ceil(1024)
    ))
}

fn verify(db: &Db) -> Result<(), Refusal> {
    let unreadable = |error: StoreError| {
        Refusal::AuditBroken(format!(
            "The audit trail cannot be read: {error}. Restore a backup beside it and compare."
        ))
    };
    let report = match db.which()? {
        Which::File(files) => Admin::beside(files)?.verify_audit().map_err(unreadable)?,
        Which::Server(server) => on_server(server, async |admin| admin.verify_audit().await.map_err(unreadable))?,
    };
    match report.fault {
        None => say(&format!(
            "The audit trail is as it was written: {} entries, {} desks with {} linked entries.",
            report.entries, report.installs, report.links
        )),
        Some(fault) => Err(Refusal::AuditBroken(format!(
            "The audit trail of {} is broken at {}: {}. Keep this database, and compare it with a backup.",
            fault.property_id, fault.place, fault.what
        ))),
    }
}

fn export(env: &dyn Environment, args: &Export) -> Result<(), Refusal> {
    let days = args.from.zip(args.to);
    if let Some((from, to)) = days.filter(|(from, to)| from > to) {
        return Err(Refusal::Input(format!("{from} is after {to}. Give the first day with --from.")));
    }
    is_apart(args.db.db.as_ref(), &args.out, "--out")?;
    let wanted = Wanted { property: args.property.as_deref(), days };
    let store = args.db.which()?;
    let name = args.out.display();
    let unwritten =
        |error: &std::io::Error| Refusal::Input(format!("{name} cannot be written: {error}. Name another with --out."));
    // Beside it and moved into place, so that a file of this name is always a whole one.
    let mut beside = args.out.clone().into_os_string();
    beside.push(".new");
    let file = File::create(&beside).map_err(|error| unwritten(&error))?;
    let mut out = std::io::BufWriter::new(file);
    let read = match (store, &args.signing_key) {
        (Which::File(files), _) => {
            Admin::beside(files).map_err(ExportError::from).and_then(|admin| admin.export_audit(env, &wanted, &mut out))
        }
        (Which::Server(server), Some(key)) => runtime()?
            .block_on(async { postgres::Admin::beside(server).await?.export_audit(env, key, &wanted, &mut out).await }),
        (Which::Server(_), None) => {
            Err(Refusal::Input("Name the file of the services' signing key with --signing-key.".into()).into())
        }
    };
    let done = read.and_then(|exported| {
        let file = out.into_inner().map_err(std::io::IntoInnerError::into_error)?;
        file.sync_all()?;
        std::fs::rename(&beside, &args.out)?;
        Ok(exported)
    });
    let exported = done.map_err(|error| {
        // What is there is no trail; whether it could be removed changes nothing about that.
        let _ = std::fs::remove_file(&beside);
        match error {
            ExportError::Refused(refusal) => refusal,
            ExportError::File(error) => unwritten(&error),
            ExportError::Store(error) => Refusal::AuditBroken(format!(
                "The audit trail cannot be read: {error}. Restore a backup beside it and compare."
            )),
        }
    })?;
    say(&format!(
        "Wrote {} entries of {}, up to number {}, to {name}. Prove it with: turndown-audit verify {name}",
        exported.entries, exported.property_name, exported.up_to
    ))
}
