//! The service as a process of its own, on a folder of its own.

use crate::api::Api;
use crate::child::Owned;
use crate::{eventually_or, roles};
use serde_json::Value;
use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use tempfile::TempDir;

/// Which day of which hotel.
#[derive(Debug, Clone)]
pub struct Hotel {
    /// The bookings.
    pub file: PathBuf,
    /// The hotel's name in the file.
    pub name: String,
    /// The day (ISO date).
    pub date: String,
    /// What bookings lack is made from this.
    pub seed: u64,
}

impl Hotel {
    /// The sample hotel on one of its days.
    #[must_use]
    pub fn sample() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the tests have a folder of their own");
        Self {
            file: root.join("data/sample/city-hotel-2016.csv.gz"),
            name: "City Hotel".into(),
            date: "2016-08-20".into(),
            seed: 1,
        }
    }

    /// A small house of twelve rooms, for journeys that need no more: eight guests stay, four leave, two come.
    #[must_use]
    pub fn small(folder: &Path) -> Self {
        let mut lines = vec![
            "hotel,is_canceled,lead_time,arrival_date,nights,adults,children,babies,meal,country,market_segment,\
             is_repeated_guest,reserved_room_type,assigned_room_type,days_in_waiting_list,customer_type,\
             total_of_special_requests,required_car_parking_spaces,reservation_status,reservation_status_date"
                .to_owned(),
        ];
        let mut stay = |arrives: &str, nights: u32, leaves: &str| {
            lines.push(format!(
                "Small House,0,10,{arrives},{nights},2,0,0,BB,PRT,Direct,0,A,A,0,Transient,0,0,Check-Out,{leaves}"
            ));
        };
        for _ in 0..8 {
            stay("2016-08-19", 5, "2016-08-24");
        }
        for _ in 0..4 {
            stay("2016-08-18", 2, "2016-08-20");
        }
        for _ in 0..2 {
            stay("2016-08-20", 3, "2016-08-23");
        }
        let file = folder.join("small-house.csv");
        fs::write(&file, lines.join("\n") + "\n").expect("the bookings are written");
        Self { file, name: "Small House".into(), date: "2016-08-20".into(), seed: 1 }
    }
}

/// Where the service keeps everything.
#[derive(Debug, Clone)]
enum Store {
    /// In a file in its folder.
    File,
    /// In a database of its own on a server, named as `psql` names one, without role and database.
    Server { server: String, database: String },
}

/// Names a PostgreSQL server (`scripts/with-postgres.sh` starts one and says where) on which services keep everything.
/// Without it they keep it in files.
const ON_POSTGRES: &str = "TURNDOWN_ON_POSTGRES";

impl Store {
    /// A new one, with tables and no hotel.
    fn make() -> Self {
        let Ok(server) = std::env::var(ON_POSTGRES) else { return Self::File };
        let database = format!("gate_{:016x}", fastrand::u64(..));
        let mut psql = Command::new("psql");
        psql.args(["--quiet", "--no-psqlrc", "--set=ON_ERROR_STOP=1", "--command"]);
        psql.arg(format!("CREATE DATABASE {database} OWNER turndown_owner"));
        psql.arg(format!("{server} user=postgres dbname=postgres"));
        said(psql.output().expect("psql is there"), "CREATE DATABASE");
        let store = Self::Server { server, database };
        let mut migrate = roles::command("service");
        migrate.args(["migrate", "--postgres", &store.address("turndown_owner")]);
        said(migrate.output().expect("it runs"), "migrate");
        store
    }

    fn address(&self, role: &str) -> String {
        let Self::Server { server, database } = self else { panic!("a file is on no server") };
        format!("{server} user={role} dbname={database}")
    }
}

/// A service with one imported day.
pub struct Service {
    folder: TempDir,
    store: Store,
    hotel: Hotel,
    address: String,
    running: Option<Owned>,
    starts: u32,
    token: Option<String>,
}

impl Service {
    /// Imports the day and starts the service on a free port.
    ///
    /// # Panics
    /// When the import or the start is refused, with what it said.
    #[must_use]
    pub fn start(hotel: &Hotel) -> Self {
        let mut service = Self::import(hotel, free_loopback());
        service.restart();
        service
    }

    /// A service with the small house.
    #[must_use]
    pub fn small() -> Self {
        let beside = tempfile::tempdir().expect("a folder");
        Self::start(&Hotel::small(beside.path()))
    }

    /// Imports the day into a new store. The service will listen on this address.
    ///
    /// # Panics
    /// When the import is refused, with what it said.
    #[must_use]
    pub fn import(hotel: &Hotel, address: String) -> Self {
        let folder = tempfile::Builder::new().prefix("turndown-service-").tempdir().expect("a folder");
        let store = Store::make();
        let service = Self { folder, store, hotel: hotel.clone(), address, running: None, starts: 0, token: None };
        let mut import = roles::command("service");
        import.arg("import").args(service.place()).arg("--file").arg(&hotel.file);
        import.args(["--hotel", &hotel.name, "--date", &hotel.date, "--seed", &hotel.seed.to_string()]);
        said(import.output().expect("the import runs"), "import");
        if crate::pins::are_asked_for_everywhere() {
            service.ask_for_pins();
        }
        service
    }

    /// Has the hotel ask for PINs from now on, and notes what everybody's is.
    ///
    /// # Panics
    /// When it is refused, with what it said.
    pub fn ask_for_pins(&self) {
        let mut give = roles::command("service");
        give.arg("pin").args(self.place()).arg("--everybody");
        let given = said(give.output().expect("it runs"), "pin");
        let pins = given.lines().filter_map(|line| {
            let (pin, rest) = line.split_once("  ")?;
            Some((rest.split_once("  ")?.0.to_owned(), pin.to_owned()))
        });
        pins.for_each(|(person, pin)| crate::pins::note(person, pin));
        let mut ask = roles::command("service");
        ask.arg("sign-in").args(self.place()).args(["--by", "pin"]);
        said(ask.output().expect("it runs"), "sign-in");
    }

    /// Takes a person's PIN away.
    ///
    /// # Panics
    /// When it is refused, with what it said.
    pub fn take_pin_away(&self, person: &str) {
        let mut take = roles::command("service");
        take.arg("pin").args(self.place()).args(["--take-away", "--staff", person]);
        said(take.output().expect("it runs"), "pin");
    }

    /// Where it keeps everything, as its commands take it.
    fn place(&self) -> [OsString; 2] {
        match &self.store {
            Store::File => ["--db".into(), self.db().into()],
            Store::Server { .. } => ["--postgres".into(), self.store.address("turndown_service").into()],
        }
    }

    /// The same with the key that signs, for those who need it.
    fn place_and_key(&self) -> Vec<OsString> {
        let mut place = self.place().to_vec();
        if matches!(self.store, Store::Server { .. }) {
            place.extend(["--signing-key".into(), self.folder.path().join("signing.key").into()]);
        }
        place
    }

    /// The database's file, where it is one.
    fn db(&self) -> PathBuf {
        self.folder.path().join("service.db")
    }

    /// Writes the audit trail of its hotel into a file beside its others, with its own tool, and answers where.
    ///
    /// # Panics
    /// When it is refused, with what it said.
    #[must_use]
    pub fn export_audit(&self, name: &str) -> PathBuf {
        let out = self.folder.path().join(name);
        let mut command = roles::command("service");
        command.args(["audit", "export"]).args(self.place_and_key()).arg("--out").arg(&out);
        said(command.output().expect("it runs"), "audit export");
        out
    }

    /// Its day.
    #[must_use]
    pub fn hotel(&self) -> &Hotel {
        &self.hotel
    }

    /// `host:port`; the same after every restart.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Its base address.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Starts it, or starts it again on the same files and the same address.
    ///
    /// # Panics
    /// When it does not become ready, with its log.
    pub fn restart(&mut self) {
        assert!(self.try_restart(), "the service ended at once: {}", self.log());
    }

    /// The same; answers false where it ends before it is ready.
    ///
    /// # Panics
    /// When it becomes neither ready nor ended, with its log.
    pub fn try_restart(&mut self) -> bool {
        self.try_restart_through(roles::command("service"))
    }

    /// As [`Service::try_restart`], through a command that ends in the program and its role.
    ///
    /// # Panics
    /// When it becomes neither ready nor ended, with its log.
    pub fn try_restart_through(&mut self, mut serve: Command) -> bool {
        self.running = None;
        self.starts += 1;
        let ready = self.folder.path().join(format!("ready-{}", self.starts));
        let log = File::create(self.folder.path().join(format!("log-{}", self.starts))).expect("a log");
        serve.args(["serve", "--listen", &self.address]).args(self.place_and_key());
        serve.arg("--events-file").arg(self.events_file()).arg("--ready-file").arg(&ready);
        serve.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let mut child = Owned::spawn(&mut serve);
        let url = eventually_or(
            || format!("the service is ready; it said: {}", self.log()),
            || if child.has_ended() { Some(None) } else { fs::read_to_string(&ready).ok().map(Some) },
        );
        let Some(url) = url else { return false };
        self.address = url.trim().trim_start_matches("http://").trim_end_matches('/').to_owned();
        self.running = Some(child);
        true
    }

    /// Stops it as an operator would.
    pub fn stop(&mut self) {
        if let Some(mut running) = self.running.take() {
            running.terminate();
        }
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        if let Some(mut running) = self.running.take() {
            running.kill();
        }
    }

    /// What it wrote to its log since the last start.
    #[must_use]
    pub fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join(format!("log-{}", self.starts))).unwrap_or_default()
    }

    /// A code for a desk to enrol with.
    #[must_use]
    pub fn code(&self) -> String {
        let out = self.tool("enroll", &[]);
        out.lines().next().expect("a code").trim().to_owned()
    }

    /// A long token, as another workplace has one.
    #[must_use]
    pub fn token(&self) -> String {
        self.tool("enroll", &["--token", "--name", "Another workplace"]).trim().to_owned()
    }

    /// Changes a task as if from another workplace, with the service's own tool.
    ///
    /// # Panics
    /// When it is refused, with what it said.
    pub fn act(&self, arguments: &[&str]) -> String {
        match self.store {
            Store::File => self.tool("act", arguments),
            // Only a store in a file says by itself where its service is.
            Store::Server { .. } => self.tool("act", &[&["--url", &self.url()], arguments].concat()),
        }
    }

    /// Verifies the audit trail with the service's own tool.
    ///
    /// # Panics
    /// When it is not as it was written.
    pub fn verify_audit(&self) -> String {
        let mut command = roles::command("service");
        command.args(["audit", "verify"]).args(self.place());
        said(command.output().expect("it runs"), "audit verify")
    }

    fn tool(&self, name: &str, arguments: &[&str]) -> String {
        let mut command = roles::command("service");
        command.arg(name).args(arguments).args(self.place());
        said(command.output().expect("it runs"), name)
    }

    /// A caller of its routes, with a token of its own.
    pub fn api(&mut self) -> Api {
        if self.token.is_none() {
            self.token = Some(self.token());
        }
        Api::new(self.url(), self.token.clone().unwrap_or_default())
    }

    /// The hotel's book is changed behind everybody's back while the service is stopped, as a person leaves the house
    /// between two imports. Answers who was taken out, for [`Service::take_back`].
    ///
    /// # Panics
    /// When nobody of that id works there.
    pub fn let_go(&mut self, person: &str) -> Value {
        let mut gone = None;
        self.change_book(|book| {
            let staff = book["staff"].as_array_mut().expect("people");
            let at = staff.iter().position(|one| one["id"] == person).expect("the person works there");
            gone = Some(staff.remove(at));
        });
        gone.expect("the person went")
    }

    /// Somebody who was let go comes back.
    pub fn take_back(&mut self, person: Value) {
        self.change_book(|book| book["staff"].as_array_mut().expect("people").push(person));
    }

    fn change_book(&mut self, change: impl FnOnce(&mut Value)) {
        self.is_a_file();
        self.stop();
        let connection = rusqlite::Connection::open(self.db()).expect("the store");
        let text: String =
            connection.query_row("SELECT reference FROM properties", [], |row| row.get(0)).expect("the book");
        let mut book: Value = serde_json::from_str(&text).expect("JSON");
        change(&mut book);
        connection.execute("UPDATE properties SET reference = ?1", [book.to_string()]).expect("written");
        drop(connection);
        self.restart();
    }

    /// A copy of its database, taken while it is stopped for a moment.
    pub fn back_up(&mut self) -> Vec<(PathBuf, Vec<u8>)> {
        self.is_a_file();
        self.stop();
        let files = self.database_files().into_iter().filter(|file| file.exists());
        let backup = files.map(|file| (file.clone(), fs::read(&file).expect("a file of the store"))).collect();
        self.restart();
        backup
    }

    /// Puts a backup in the place of what it has, as an operator does, and with `rotate` says so to the desks. It does not
    /// run then.
    pub fn restore(&mut self, backup: &[(PathBuf, Vec<u8>)], rotate: bool) {
        self.stop();
        for file in self.database_files() {
            if file.exists() {
                fs::remove_file(file).expect("the old file goes");
            }
        }
        for (file, bytes) in backup {
            fs::write(file, bytes).expect("the backup comes");
        }
        if rotate {
            self.tool("rotate-epoch", &[]);
        }
    }

    /// A server is backed up, restored and changed with its own tools.
    fn is_a_file(&self) {
        assert!(matches!(self.store, Store::File), "this is done to a store in a file");
    }

    fn database_files(&self) -> Vec<PathBuf> {
        ["", "-wal", "-shm"].iter().map(|end| PathBuf::from(format!("{}{end}", self.db().display()))).collect()
    }

    fn events_file(&self) -> PathBuf {
        self.folder.path().join("events.jsonl")
    }

    /// The domain events it has sent to its file so far, whole lines only.
    #[must_use]
    pub fn domain_events(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.events_file()).unwrap_or_default();
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        whole.lines().map(|line| serde_json::from_str(line).expect("a line is a CloudEvent")).collect()
    }
}

fn said(output: Output, what: &str) -> String {
    assert!(
        output.status.success(),
        "{what} was refused ({}): {}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).expect("text")
}

/// A loopback address that nobody else uses, so that a port that was let go is free when it is wanted again.
pub(crate) fn free_loopback() -> String {
    if cfg!(target_os = "linux") {
        format!("127.{}.{}.{}:0", fastrand::u8(1..255), fastrand::u8(1..255), fastrand::u8(1..255))
    } else {
        "127.0.0.1:0".into()
    }
}
