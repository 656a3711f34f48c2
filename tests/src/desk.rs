//! A desk as a process of its own: driven as a screen drives it, killed as nobody should, started again on its files.

use crate::child::Owned;
use crate::{DEADLINE, eventually_or, roles};
use chrono::{DateTime, Utc};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;
use tempfile::TempDir;
use turndown_app::dto::{
    ActRequest, Acted, AppState, BoardDelta, Brought, CameTo, CarriedDesk, CommandError, ConflictField, ConflictView,
    DowntimePack, Exported, FieldChoice, FrontDeskDelta, LinkMode, LinkState, LookRequest, OutageSummary, OutboxFilter,
    OutboxRow, Phase, RadioEcho, Report, ReportPeriod, ResolveRequest, Side, Story, Suggestions, SyncCenter,
    SyncStatus, Tile,
};
use turndown_domain::{Action, RoomId};
use turndown_protocol::{Event, Fields};

/// What the desk refused, and why.
pub type Refused = CommandError;

/// An entry of the desk's own audit trail.
#[derive(Debug, Clone, PartialEq, serde::Deserialize)]
pub struct Entry {
    /// The hash of the event's bytes.
    pub hash: String,
    /// The event.
    pub event: Event,
}

/// A desk.
pub struct Desk {
    /// Kept so that the files live as long as the desk; absent where they are somebody else's.
    _home: Option<TempDir>,
    folder: PathBuf,
    log: PathBuf,
    clock: Option<DateTime<Utc>>,
    running: Option<Running>,
}

struct Running {
    child: Owned,
    input: ChildStdin,
    answers: Receiver<Value>,
    next: u64,
    /// The newest request that was answered.
    heard: u64,
}

impl Desk {
    /// A new desk on a folder of its own, running. Its clock is the machine's.
    #[must_use]
    pub fn start() -> Self {
        let mut desk = Self::stopped();
        desk.restart();
        desk
    }

    /// A new desk whose clock stands at this time until it is set again.
    #[must_use]
    pub fn start_at(clock: DateTime<Utc>) -> Self {
        let mut desk = Self::stopped();
        desk.clock = Some(clock);
        desk.restart();
        desk
    }

    /// A new desk that does not run yet.
    #[must_use]
    pub fn stopped() -> Self {
        let home = tempfile::Builder::new().prefix("turndown-desk-").tempdir().expect("a folder");
        let folder = home.path().join("desk");
        let log = home.path().join("log");
        Self { _home: Some(home), folder, log, clock: None, running: None }
    }

    /// A desk on a folder that is there already. It does not run yet.
    #[must_use]
    pub fn stopped_on(folder: &Path) -> Self {
        let log = folder.with_extension(format!("log-{}", fastrand::u32(..)));
        Self { _home: None, folder: folder.to_owned(), log, clock: None, running: None }
    }

    /// Its folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Starts it, or starts it again on the same files.
    pub fn restart(&mut self) {
        self.restart_through(roles::command("desk"));
    }

    /// Starts it through a command that ends in the program and its role (for example in a mount of its own).
    ///
    /// # Panics
    /// When it does not start.
    pub fn restart_through(&mut self, mut command: Command) {
        self.running = None;
        fs::create_dir_all(&self.folder).expect("the desk's folder");
        let log = File::options().create(true).append(true).open(&self.log).expect("a log");
        command.arg("--folder").arg(&self.folder);
        if let Some(clock) = self.clock {
            command.arg("--clock").arg(clock.to_rfc3339());
        }
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log);
        let mut child = Owned::spawn(&mut command);
        let input = child.process().stdin.take().expect("its input");
        let output = child.process().stdout.take().expect("its output");
        let (send, answers) = mpsc::channel();
        // Ends with the process, whose end closes the pipe.
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines() {
                // Half a line is what a killed desk leaves; nobody heard it.
                let Some(answer) = line.ok().and_then(|line| serde_json::from_str(&line).ok()) else { break };
                if send.send(answer).is_err() {
                    break;
                }
            }
        });
        self.running = Some(Running { child, input, answers, next: 1, heard: 0 });
    }

    /// `kill -9`, at once.
    pub fn kill(&mut self) {
        if let Some(mut running) = self.running.take() {
            running.child.kill();
        }
    }

    /// Closes it as a person does.
    pub fn stop(&mut self) {
        let _: Value = self.ask("stop", json!({})).expect("it stops");
        if let Some(mut running) = self.running.take() {
            let ended = running.child.process().wait().expect("it ends");
            assert!(ended.success(), "the desk ended with {ended}: {}", self.log());
        }
    }

    /// The last lines that it wrote to its log, over all its starts.
    #[must_use]
    pub fn log(&self) -> String {
        let text = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(40)..].join("\n")
    }

    /// The whole log.
    #[must_use]
    pub fn whole_log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    fn running(&mut self) -> &mut Running {
        self.running.as_mut().expect("the desk runs")
    }

    /// Asks without waiting for the answer. Answers the request's number; false where the desk is gone.
    pub fn send(&mut self, ask: &str, mut with: Value) -> Option<u64> {
        let running = self.running();
        let id = running.next;
        running.next += 1;
        with["ask"] = ask.into();
        with["id"] = id.into();
        writeln!(running.input, "{with}").and_then(|()| running.input.flush()).ok().map(|()| id)
    }

    /// The next answer that comes within a time, with its request's number.
    pub fn hear(&mut self, within: Duration) -> Option<(u64, Result<Value, Refused>)> {
        let running = self.running();
        let mut answer = running.answers.recv_timeout(within).ok()?;
        let id = answer["id"].as_u64().expect("an answer has a number");
        running.heard = id;
        let answer = match answer.get_mut("error") {
            Some(error) => Err(serde_json::from_value(error.take()).expect("an error's form")),
            None => Ok(answer["ok"].take()),
        };
        Some((id, answer))
    }

    /// Asks and waits for the answer.
    ///
    /// # Errors
    /// What the desk refused.
    ///
    /// # Panics
    /// When the desk is gone or says nothing.
    pub fn ask<T: DeserializeOwned>(&mut self, ask: &str, with: Value) -> Result<T, Refused> {
        match self.ask_once(ask, with.clone()) {
            // Where every hotel asks for PINs, whoever was working types theirs when the desk starts.
            Err(refused) if refused.code == "DESK_LOCKED" && crate::pins::are_asked_for_everywhere() => {
                let state: AppState = self.ask_once("app_state", json!({}))?;
                let person = state.person.expect("a locked desk is somebody's").id.0;
                let pin = crate::pins::of(&person).expect("they have a PIN");
                self.ask_once::<Value>("sign_in", json!({ "person": person, "pin": pin }))?;
                self.ask_once(ask, with)
            }
            answer => answer,
        }
    }

    fn ask_once<T: DeserializeOwned>(&mut self, ask: &str, with: Value) -> Result<T, Refused> {
        let id = self.send(ask, with).unwrap_or_else(|| panic!("the desk is gone: {}", self.log()));
        loop {
            let Some((heard, answer)) = self.hear(DEADLINE) else { panic!("no answer to {ask}: {}", self.log()) };
            if heard == id {
                return answer.map(|value| serde_json::from_value(value).expect("the answer's form"));
            }
        }
    }

    fn tell(&mut self, ask: &str, with: Value) {
        let _: Value = self.ask(ask, with).unwrap_or_else(|error| panic!("{ask}: {error}"));
    }

    // --- what a screen asks ------------------------------------------------------------------------------------

    /// The frame.
    pub fn state(&mut self) -> AppState {
        self.ask("app_state", json!({})).unwrap_or_else(|error| panic!("app_state: {error}"))
    }

    /// The pill.
    pub fn sync(&mut self) -> SyncStatus {
        self.state().sync
    }

    /// The whole board.
    pub fn board(&mut self) -> Vec<Tile> {
        let board: BoardDelta = self.ask("board", json!({ "since": null })).unwrap_or_else(|e| panic!("board: {e}"));
        board.tiles
    }

    /// What changed on the board.
    pub fn board_since(&mut self, since: Option<u64>) -> BoardDelta {
        self.ask("board", json!({ "since": since })).unwrap_or_else(|error| panic!("board: {error}"))
    }

    /// The front desk's rack.
    pub fn front_desk(&mut self) -> FrontDeskDelta {
        self.ask("front_desk", json!({ "since": null })).unwrap_or_else(|error| panic!("front_desk: {error}"))
    }

    /// Whom the service proposes for what nobody is assigned to.
    pub fn suggestions(&mut self) -> Suggestions {
        self.ask("suggestions", json!({})).unwrap_or_else(|error| panic!("suggestions: {error}"))
    }

    /// Writes the downtime pack and answers where its page is.
    ///
    /// # Errors
    /// Why it cannot be written.
    pub fn write_downtime_pack(&mut self) -> Result<PathBuf, Refused> {
        self.ask::<String>("write_downtime_pack", json!({})).map(PathBuf::from)
    }

    /// Where the downtime pack is, and as of when.
    pub fn downtime_pack(&mut self) -> DowntimePack {
        self.ask("downtime_pack", json!({})).unwrap_or_else(|error| panic!("downtime_pack: {error}"))
    }

    /// What a line of the radio entry means.
    pub fn radio(&mut self, line: &str) -> RadioEcho {
        self.ask("radio", json!({ "line": line })).unwrap_or_else(|error| panic!("radio: {error}"))
    }

    /// A tile by its task.
    ///
    /// # Panics
    /// When it is not on the board.
    pub fn tile(&mut self, task: &str) -> Tile {
        let found = self.board().into_iter().find(|tile| tile.task_id.0 == task);
        found.unwrap_or_else(|| panic!("task {task} is on the board"))
    }

    /// The Sync Center's first page under a filter.
    pub fn sync_center(&mut self, filter: OutboxFilter) -> SyncCenter {
        self.ask("sync_center", json!({ "filter": filter, "offset": 0, "limit": 500 }))
            .unwrap_or_else(|error| panic!("sync_center: {error}"))
    }

    /// All rows of the outbox under a filter.
    pub fn outbox(&mut self, filter: OutboxFilter) -> Vec<OutboxRow> {
        let mut rows: Vec<OutboxRow> = Vec::new();
        loop {
            let page: SyncCenter = self
                .ask("sync_center", json!({ "filter": filter, "offset": rows.len(), "limit": 500 }))
                .unwrap_or_else(|error| panic!("sync_center: {error}"));
            let done = page.rows.is_empty();
            rows.extend(page.rows);
            if done {
                return rows;
            }
        }
    }

    /// Records an action under an intent of its own.
    ///
    /// # Errors
    /// Why it is refused.
    pub fn act(&mut self, room: &str, action: Action) -> Result<Acted, Refused> {
        self.act_as(&crate::intent(), room, action)
    }

    /// Records an action under this intent.
    ///
    /// # Errors
    /// Why it is refused.
    pub fn act_as(&mut self, intent: &str, room: &str, action: Action) -> Result<Acted, Refused> {
        self.ask("act", act(intent, room, action))
    }

    /// Begins the day that somebody was asked about.
    ///
    /// # Errors
    /// Why it is refused.
    pub fn begin_day(&mut self, day: &str) -> Result<(), Refused> {
        self.ask("begin_day", json!({ "day": day }))
    }

    /// Goes on with old data.
    ///
    /// # Errors
    /// Why it is refused.
    pub fn begin_emergency(&mut self, reason: &str) -> Result<(), Refused> {
        self.ask("begin_emergency", json!({ "intent": crate::intent(), "reason": reason }))
    }

    /// Sends an action on its way without waiting for the answer.
    pub fn begin_act(&mut self, intent: &str, room: &str, action: Action) -> Option<u64> {
        self.send("act", act(intent, room, action))
    }

    /// The conflict about a room.
    ///
    /// # Errors
    /// When it is not open.
    pub fn conflict(&mut self, room: &str) -> Result<ConflictView, Refused> {
        self.ask("conflict", json!({ "kind": "room", "entity": room }))
    }

    /// What happened to a room.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn story(&mut self, room: &str) -> Result<Story, Refused> {
        self.ask("story", json!({ "kind": "room", "entity": room }))
    }

    /// Decides a conflict, each field by `side`.
    ///
    /// # Errors
    /// Why the decision is not taken.
    pub fn resolve(&mut self, view: &ConflictView, side: impl FnMut(&str) -> Side) -> Result<Acted, Refused> {
        self.resolve_as(&crate::intent(), view, side)
    }

    /// Decides under this intent.
    ///
    /// # Errors
    /// Why the decision is not taken.
    pub fn resolve_as(
        &mut self,
        intent: &str,
        view: &ConflictView,
        mut side: impl FnMut(&str) -> Side,
    ) -> Result<Acted, Refused> {
        let choice =
            |field: &ConflictField| FieldChoice { path: field.path.clone(), side: side(&field.path), text: None };
        let choices = view.fields.iter().map(choice).collect();
        self.decide(intent, view, choices)
    }

    /// Decides with these choices under this intent.
    ///
    /// # Errors
    /// Why the decision is not taken.
    pub fn decide(&mut self, intent: &str, view: &ConflictView, choices: Vec<FieldChoice>) -> Result<Acted, Refused> {
        let request = ResolveRequest {
            intent_id: intent.to_owned(),
            entity_kind: view.entity_kind.clone(),
            entity_id: view.entity_id.clone(),
            version: view.version,
            settles: view.settles.clone(),
            choices,
        };
        self.ask("resolve", json!({ "request": request }))
    }

    /// Sends somebody to look, under this intent.
    ///
    /// # Errors
    /// Why not.
    pub fn send_to_look(&mut self, intent: &str, view: &ConflictView) -> Result<Acted, Refused> {
        let request = LookRequest {
            intent_id: intent.to_owned(),
            entity_kind: view.entity_kind.clone(),
            entity_id: view.entity_id.clone(),
            version: view.version,
            settles: view.settles.clone(),
        };
        self.ask("send_to_look", json!({ "request": request }))
    }

    /// Tries a failed action again.
    ///
    /// # Errors
    /// Why not.
    pub fn retry(&mut self, event: &str) -> Result<(), Refused> {
        self.ask::<Value>("retry_event", json!({ "event": event })).map(|_| ())
    }

    /// Tries every failed action again. Answers how many were, and how many could not be.
    ///
    /// # Errors
    /// Why not.
    pub fn retry_failed(&mut self) -> Result<(u64, u64), Refused> {
        let answer = self.ask::<Value>("retry_failed", json!({}))?;
        let number = |name: &str| answer[name].as_u64().expect("a number");
        Ok((number("tried"), number("refused")))
    }

    /// Gives a failed action up.
    ///
    /// # Errors
    /// When it cannot be given up.
    pub fn discard(&mut self, event: &str, reason: &str) -> Result<(), Refused> {
        self.ask::<Value>("discard_event", json!({ "event": event, "reason": reason })).map(|_| ())
    }

    /// "Sync now".
    pub fn sync_now(&mut self) {
        self.tell("sync_now", json!({}));
    }

    /// Connected, planned offline, or unplugged.
    pub fn set_link(&mut self, mode: LinkMode) {
        self.tell("set_link", json!({ "mode": mode }));
    }

    /// Pauses the sending, or has it go on.
    pub fn pause_sending(&mut self, paused: bool) {
        self.tell("pause_sending", json!({ "paused": paused }));
    }

    /// Puts a room on hold.
    ///
    /// # Errors
    /// Why not.
    pub fn put_on_hold(&mut self, room: &str, reason: &str) -> Result<(), Refused> {
        self.ask::<Value>("put_on_hold", json!({ "intent": crate::intent(), "room": room, "reason": reason }))
            .map(|_| ())
    }

    /// Lets a room go.
    ///
    /// # Errors
    /// Why not.
    pub fn let_go(&mut self, room: &str) -> Result<(), Refused> {
        self.ask::<Value>("let_go", json!({ "intent": crate::intent(), "room": room })).map(|_| ())
    }

    /// Says who is working, with their PIN where the hotel asks for one.
    pub fn choose(&mut self, person: &str) {
        if self.state().sign_in.by_pin {
            let pin = crate::pins::of(person).expect("they have a PIN");
            self.sign_in(person, &pin).unwrap_or_else(|error| panic!("{person}: {error}"));
        } else {
            self.tell("choose_person", json!({ "person": person }));
        }
    }

    /// Lets somebody in by their PIN.
    ///
    /// # Errors
    /// Why not.
    pub fn sign_in(&mut self, person: &str, pin: &str) -> Result<(), Refused> {
        self.ask::<Value>("sign_in", json!({ "person": person, "pin": pin })).map(|_| ())
    }

    /// Locks the desk.
    pub fn lock(&mut self) {
        self.tell("lock", json!({}));
    }

    /// Sets the clock; it stands there until it is set again.
    pub fn set_clock(&mut self, now: DateTime<Utc>) {
        self.clock = Some(now);
        self.tell("set_clock", json!({ "now": now }));
    }

    /// Takes a fresh snapshot as soon as the service answers.
    pub fn refresh_snapshot(&mut self) {
        self.tell("refresh_snapshot", json!({}));
    }

    /// Exports what waits. Answers the file.
    ///
    /// # Errors
    /// Why not.
    pub fn export_waiting(&mut self) -> Result<PathBuf, Refused> {
        self.ask("export_waiting", json!({}))
    }

    /// Imports another desk's file.
    ///
    /// # Errors
    /// Why nothing of it was taken.
    pub fn import_waiting(&mut self, file: &Path) -> Result<Brought, Refused> {
        self.ask("import_waiting", json!({ "path": file }))
    }

    /// Gives up another desk's action.
    ///
    /// # Errors
    /// Why not.
    pub fn discard_carried(&mut self, event: &str, reason: &str) -> Result<(), Refused> {
        self.ask::<Value>("discard_carried", json!({ "event": event, "reason": reason })).map(|_| ())
    }

    /// The report about a period, its first page.
    ///
    /// # Errors
    /// When there is no such outage.
    pub fn report(&mut self, period: &ReportPeriod, came_to: Option<CameTo>) -> Result<Report, Refused> {
        self.ask("report", json!({ "period": period, "came_to": came_to, "offset": 0, "limit": 500 }))
    }

    /// What came of the last outage, room by room.
    pub fn outage_summary(&mut self) -> OutageSummary {
        self.ask("outage_summary", json!({})).unwrap_or_else(|error| panic!("outage_summary: {error}"))
    }

    /// Writes the report as a table.
    ///
    /// # Errors
    /// Why not.
    pub fn export_report(&mut self, period: &ReportPeriod) -> Result<Exported, Refused> {
        self.ask("export_report", json!({ "period": period }))
    }

    /// Other desks' work that is sent from here.
    pub fn carried(&mut self) -> Vec<CarriedDesk> {
        self.sync_center(OutboxFilter::Waiting).carried
    }

    /// Connects to a hotel.
    ///
    /// # Errors
    /// Why not.
    pub fn connect(&mut self, address: &str, code: &str) -> Result<(), Refused> {
        self.ask::<Value>("connect", json!({ "address": address, "code": code })).map(|_| ())
    }

    /// Connects, waits for the first load, and begins to work as the house's first lead.
    ///
    /// # Panics
    /// When any of it does not come about.
    pub fn move_in(&mut self, address: &str, code: &str) {
        self.connect(address, code).unwrap_or_else(|error| panic!("connecting: {error}"));
        self.wait_for("the first load", |desk| desk.state().phase == Phase::ChoosePerson);
        let lead = self.person(turndown_domain::Role::Lead);
        self.choose(&lead);
        assert_eq!(self.state().phase, Phase::Ready);
    }

    /// The first person of a role.
    ///
    /// # Panics
    /// When nobody has it.
    pub fn person(&mut self, role: turndown_domain::Role) -> String {
        let staff = self.state().staff;
        staff.into_iter().find(|person| person.role == role).map(|person| person.id.0).expect("somebody has the role")
    }

    // --- what is looked at afterwards --------------------------------------------------------------------------

    /// The desk's audit trail, oldest first.
    pub fn trail(&mut self) -> Vec<Entry> {
        self.ask("trail", json!({})).unwrap_or_else(|error| panic!("trail: {error}"))
    }

    /// A room's fields as this desk sees them; none where it does not know the room (yet).
    pub fn fields(&mut self, room: &str) -> Fields {
        let known: Option<Fields> =
            self.ask("fields", json!({ "room": room })).unwrap_or_else(|error| panic!("fields: {error}"));
        known.unwrap_or_default()
    }

    /// This installation's id.
    pub fn install(&mut self) -> String {
        self.ask("install", json!({})).unwrap_or_else(|error| panic!("install: {error}"))
    }

    /// Fills the disk that the folder is on.
    pub fn fill_disk(&mut self) {
        self.tell("fill_disk", json!({}));
    }

    /// Frees what [`Desk::fill_disk`] took.
    pub fn free_disk(&mut self) {
        self.tell("free_disk", json!({}));
    }

    // --- waiting -----------------------------------------------------------------------------------------------

    /// Waits for something to be so.
    pub fn wait_for(&mut self, what: &str, mut so: impl FnMut(&mut Self) -> bool) {
        let log = self.log.clone();
        let story = || {
            let text = fs::read_to_string(&log).unwrap_or_default();
            let lines: Vec<&str> = text.lines().collect();
            format!("{what}; the desk's log ends: {}", lines[lines.len().saturating_sub(40)..].join("\n"))
        };
        eventually_or(story, || so(self).then_some(()));
    }

    /// Waits until the service answers.
    pub fn wait_online(&mut self) {
        self.wait_for("online", |desk| desk.sync().state == LinkState::Online);
    }

    /// Waits until the desk knows that the service does not answer, or must not be sent to. Answers the reason's code.
    pub fn wait_not_online(&mut self) -> String {
        let mut code = String::new();
        self.wait_for("not online, with a reason", |desk| {
            let sync = desk.sync();
            let offline = matches!(sync.state, LinkState::Offline | LinkState::Stopped);
            sync.reason.filter(|_| offline).map(|reason| code = reason.code).is_some()
        });
        code
    }

    /// Waits until this reason is on screen.
    pub fn wait_reason(&mut self, code: &str) {
        self.wait_for(&format!("the reason {code}"), |desk| {
            desk.sync().reason.is_some_and(|reason| reason.code == code)
        });
    }

    /// Waits until nothing is on its way any more.
    pub fn wait_drained(&mut self) {
        self.wait_for("everything is sent", |desk| {
            let sync = desk.sync();
            assert!(sync.ledger.balanced, "the ledger balances at every instant: {:?}", sync.ledger);
            sync.ledger.waiting == 0
        });
    }

    /// Waits until this many conflicts want a person and nothing else is on its way.
    pub fn wait_conflicts(&mut self, count: u32) {
        self.wait_for(&format!("{count} conflicts"), |desk| {
            let sync = desk.sync();
            sync.conflicts == count && sync.ledger.waiting == 0
        });
    }
}

fn act(intent: &str, room: &str, action: Action) -> Value {
    json!({ "request": ActRequest { intent_id: intent.to_owned(), room_id: RoomId(room.to_owned()), action, since: None } })
}
