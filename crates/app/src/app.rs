//! One running desk and the commands the screens have.

use crate::connection::{self, Connection};
use crate::dto::{
    ActRequest, Acted, AppState, BoardDelta, CommandError, ConflictView, FieldChoice, FlushSummary, FoundHotel,
    FrontDeskDelta, Hotel, Ledger, LinkMode, LinkState, Loading, LookRequest, MergedNote, OutboxFilter, Person, Phase,
    Recorded, ResolveRequest, Retried, RoomOnHold, Side, Staleness, StartNotice, Story, Suggestions, SyncCenter,
    SyncStatus,
};
use crate::keys::Keys;
use crate::listener::Listener;
use crate::sign_in::{self, Door};
use crate::views::outbox::{Link, Waiting};
use crate::views::{self, Names};
use crate::voice::Speech;
use crate::{dto, errors, guide, keys, notices};
use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use turndown_desk::{Desk, RoomRow};
use turndown_domain::{PropertyBook, Role, RoomId, Unit, note_text};
use turndown_offline::{
    CarryHotel, Engine, EngineError, Environment, Fate, Pick, RowFilter, Settlement, Sort, Sql, StartReport, Telling,
    Waits, desk_name, held_entity, now_ms,
};
use turndown_phrase::{Phrase, phrase};
use turndown_protocol::{ActorId, EntityRef, Event, EventId, StoryPage};
use turndown_sync::{Enrolled, Sync, check};

/// From this many waiting actions on, the desk points to the playbook.
const BACKLOG_WARNING: u64 = 100;
/// How often the disk is looked at and the backups' age.
const KEEP_EVERY: Duration = Duration::from_secs(60);
/// How often old files of the second copy may go.
const COPIES_EVERY: Duration = Duration::from_secs(60 * 60);
/// After so long without a backup a person is told.
const BACKUP_WARNING: Duration = Duration::from_secs(24 * 60 * 60);
/// How often a desk that is not closed looks through everything that it keeps.
const LOOK_EVERY: Duration = Duration::from_secs(24 * 60 * 60);
/// The longest page of the Sync Center.
const PAGE_MAX: u32 = 500;
/// As much of a room's story as is shown: months of an ordinary room.
const STORY_MAX: u32 = 500;

/// Where the sample hotel is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SampleHotel {
    /// The address of its service.
    pub address: String,
    /// The file that holds the code for enrolling a desk.
    pub code_file: PathBuf,
}

/// How to run a desk.
#[derive(Clone)]
pub struct AppConfig {
    /// The desk's folder.
    pub folder: PathBuf,
    /// Where its key is kept.
    pub keys: Keys,
    /// The sample hotel, where there is one.
    pub sample: Option<SampleHotel>,
    /// The build's version.
    pub version: &'static str,
    /// The clock and the randomness.
    pub environment: Arc<dyn Environment>,
}

/// One running desk. Cheap to clone. Needs a tokio runtime around it.
#[derive(Clone)]
pub struct App(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) config: AppConfig,
    /// The open database; or why there is none.
    desk: Result<Desk, CommandError>,
    link: Mutex<Option<Linked>>,
    /// Held while the desk is being connected.
    connecting: tokio::sync::Mutex<()>,
    /// Held while what is known of the connection is changed and written.
    connection_file: Mutex<()>,
    notice: Mutex<Option<StartNotice>>,
    backup_warning: Mutex<Option<StartNotice>>,
    /// What is amiss with the file that says which hotel this is.
    connection_notice: Mutex<Option<StartNotice>>,
    /// As of when the downtime pack is, or why it could not be written.
    pack: Mutex<Option<Result<DateTime<Utc>, Phrase>>>,
    /// Held while the pack is written.
    pub(crate) pack_writer: tokio::sync::Mutex<()>,
    /// What the windows' pages say for it.
    pub(crate) speech: watch::Sender<Speech>,
    /// By what the rooms were judged last that changes no row, and from which revision on.
    judged_by: Mutex<Option<(JudgedBy, u64)>>,
    /// Who may come in, and whether it is locked.
    pub(crate) door: Mutex<Door>,
    /// Held while somebody's PIN is looked at: one at a time, each counted before the next.
    pub(crate) trying: Mutex<()>,
}

/// What time alone changes, for every room at once.
#[derive(PartialEq, Eq)]
struct JudgedBy {
    /// What is known is too old to call a room safe to give out.
    stale: bool,
    /// The service day: what was done on an earlier one is over.
    day: String,
}

#[derive(Clone)]
pub(crate) struct Linked {
    pub(crate) connection: Connection,
    pub(crate) sync: Arc<Sync>,
}

pub(crate) type Answer<T> = Result<T, CommandError>;

impl App {
    /// Opens the desk and its link. Never fails: what is wrong becomes the phase `trouble`, with its reason.
    #[must_use]
    pub fn start(config: AppConfig) -> Self {
        let reference = reference(config.environment.as_ref());
        let opened = Desk::open(&config.folder, Arc::clone(&config.environment));
        let (desk, report) = match opened {
            Ok((desk, report)) => (Ok(desk), report),
            Err(error) => (Err(errors::from_open(&error, reference.clone())), StartReport::default()),
        };
        let place = || turndown_offline::doubtful_place(&config.folder).as_ref().map(notices::place);
        let notice = report.repair.as_ref().map(notices::after_repair).or_else(place);
        let door = Mutex::new(Door::new(config.environment.now()));
        let app = Self(Arc::new(Inner {
            config,
            desk,
            link: Mutex::new(None),
            connecting: tokio::sync::Mutex::default(),
            connection_file: Mutex::default(),
            notice: Mutex::new(notice),
            backup_warning: Mutex::new(None),
            connection_notice: Mutex::new(None),
            pack: Mutex::new(None),
            pack_writer: tokio::sync::Mutex::default(),
            speech: watch::Sender::default(),
            judged_by: Mutex::default(),
            door,
            trying: Mutex::default(),
        }));
        if let Ok(desk) = app.whatever_is_locked() {
            Self::check_behind(desk.clone(), report.unclean);
            app.keep();
            app.write_packs();
            app.watch_the_day();
            app.lock_when_left();
            let kept = connection::load(&app.0.config.folder);
            app.take_up_passes(kept.as_ref().ok().and_then(Option::as_ref));
            match kept {
                Ok(Some(connection)) => {
                    app.link(&desk, connection);
                    app.move_key_into_the_keyring();
                }
                // A desk that has never had a hotel has no such file either.
                Ok(None) if !matches!(desk.book(), Ok(Some(_))) => {}
                unread => {
                    let gone = || std::io::Error::from(std::io::ErrorKind::NotFound);
                    errors::logged(&reference, &unread.err().unwrap_or_else(gone));
                    app.set_connection_notice(Some(StartNotice {
                        code: "CONNECTION_UNREADABLE".into(),
                        message: phrase!("The file that says which hotel this desk belongs to is gone or cannot be read, so nothing is sent."),
                        next_step: phrase!("Go on working; everything is kept. Ask your IT for a new code and connect this desk again."),
                    }));
                }
            }
        }
        app
    }

    /// Hears of every change; `None` where the database cannot be used, because nothing changes then.
    #[must_use]
    pub fn listen(&self) -> Option<Listener> {
        self.whatever_is_locked().ok().map(|desk| Listener::new(desk.engine().notices()))
    }

    /// Ends the link and closes the database cleanly. Nothing depends on it: a killed desk loses nothing either.
    pub async fn stop(&self) {
        self.0.speech.send_modify(Speech::end);
        let linked = lock(&self.0.link).take();
        if let Some(linked) = linked {
            linked.sync.stop().await;
        }
        if let Ok(desk) = self.whatever_is_locked() {
            let closed = tokio::task::spawn_blocking(move || desk.engine().close()).await;
            if let Err(error) = closed {
                tracing::warn!(%error, "the database was not closed cleanly");
            }
        }
    }

    // --- the frame -------------------------------------------------------------------------------------------

    /// The whole frame around the views.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn app_state(&self) -> Answer<AppState> {
        let desk = match &self.0.desk {
            Ok(desk) => desk,
            Err(trouble) => return Ok(self.trouble_state(trouble.clone())),
        };
        let revision = desk.engine().revision();
        let book = self.check(desk.book())?;
        let linked = self.linked();
        let person = self.person(book.as_deref())?;
        let locked = self.is_locked();
        let phase = match (&linked, &book, &person) {
            (None, None, _) => Phase::Setup,
            (_, None, _) => Phase::Loading,
            (_, Some(_), None) => Phase::ChoosePerson,
            (_, Some(_), Some(_)) if locked => Phase::Locked,
            (_, Some(_), Some(_)) => Phase::Ready,
        };
        let sync = self.sync_status(desk)?;
        let guide = match &book {
            Some(book) if book.property.sample => {
                let plugged = sync.mode == LinkMode::Auto && sync.state == LinkState::Online;
                Some(self.check(guide::read(desk, plugged, sync.ledger.waiting))?)
            }
            _ => None,
        };
        let mut staleness = self.staleness(desk, book.as_deref())?;
        if locked {
            // That it is an emergency may be seen from the corridor; who said what of it may not.
            let untold = |now: dto::Emergency| dto::Emergency { name: String::new(), reason: String::new(), ..now };
            staleness.emergency = staleness.emergency.map(untold);
        }
        Ok(AppState {
            revision,
            phase,
            hotel: self.hotel(book.as_deref(), linked.as_ref()),
            desk: desk_name(desk.engine().install_id().as_str()),
            person,
            staff: book.as_deref().map(staff).unwrap_or_default(),
            sign_in: self.sign_in_state()?,
            staleness,
            day_to_begin: self.day_to_begin(book.as_deref()),
            loading: (phase == Phase::Loading).then(|| self.loading(linked.as_ref())),
            sync,
            trouble: None,
            notice: if locked { None } else { self.notice(desk) },
            guide,
            pack_wants: self.0.speech.borrow().wants().cloned(),
            version: self.0.config.version.to_owned(),
        })
    }

    fn trouble_state(&self, trouble: CommandError) -> AppState {
        AppState {
            revision: 0,
            phase: Phase::Trouble,
            hotel: None,
            desk: String::new(),
            person: None,
            staff: vec![],
            sign_in: dto::SignIn::default(),
            sync: SyncStatus {
                mode: LinkMode::Auto,
                paused: false,
                held_back: 0,
                carried_attention: 0,
                state: LinkState::Starting,
                reason: None,
                slow: None,
                notice: None,
                since: None,
                ledger: Ledger::default(),
                flushing: false,
                flush_done: 0,
                flush_total: 0,
                last_flush: None,
                oldest_waiting: None,
                backlog_warning: false,
                conflicts: 0,
                next_try_ms: None,
            },
            staleness: views::staleness(turndown_desk::Staleness::default(), false, &Names::default()),
            day_to_begin: None,
            loading: None,
            trouble: Some(trouble),
            notice: None,
            guide: None,
            pack_wants: None,
            version: self.0.config.version.to_owned(),
        }
    }

    fn hotel(&self, book: Option<&PropertyBook>, linked: Option<&Linked>) -> Option<Hotel> {
        let address = linked.map(|linked| linked.connection.address.clone()).unwrap_or_default();
        match (book, linked) {
            (Some(book), _) => Some(Hotel {
                id: book.property.id.clone(),
                name: book.property.name.clone(),
                time_zone: book.property.time_zone.clone(),
                service_day: book.property.service_day.clone(),
                inspection: book.property.inspection,
                sample: book.property.sample,
                address,
            }),
            (None, Some(linked)) => Some(Hotel {
                id: linked.connection.property_id.clone(),
                name: linked.connection.property_name.clone(),
                time_zone: "UTC".into(),
                service_day: String::new(),
                inspection: turndown_domain::InspectionPolicy::default(),
                sample: false,
                address,
            }),
            (None, None) => None,
        }
    }

    fn loading(&self, linked: Option<&Linked>) -> Loading {
        let progress = linked.and_then(|linked| linked.sync.status().borrow().loading);
        match progress {
            Some((done, total)) => Loading { step: phrase!("Loading the hotel's rooms"), done, total },
            None => Loading { step: phrase!("Asking the hotel's service"), done: 0, total: None },
        }
    }

    pub(crate) fn sync_status(&self, desk: &Desk) -> Answer<SyncStatus> {
        let engine = desk.engine();
        let ledger = self.check(engine.ledger())?;
        let conflicts = self.check(engine.conflict_count())?;
        let oldest_waiting = if ledger.waiting > 0 { self.check(engine.oldest_waiting())? } else { None };
        let status = self.linked().map(|linked| linked.sync.status().borrow().clone()).unwrap_or_default();
        let said = |reason: turndown_sync::Reason| {
            CommandError::new(reason.code, reason.message, reason.next_step, String::new())
        };
        // Without a hotel there is no link that could say why nothing is sent.
        let unlinked = lock(&self.0.connection_notice).clone().filter(|_| self.linked().is_none());
        let held_back = u32::try_from(self.check(engine.held_back())?).unwrap_or(u32::MAX);
        Ok(SyncStatus {
            mode: from_mode(status.mode),
            paused: status.paused,
            held_back,
            carried_attention: self.check(engine.carried_attention())?,
            state: match status.state {
                _ if unlinked.is_some() => LinkState::Stopped,
                turndown_sync::LinkState::Starting => LinkState::Starting,
                turndown_sync::LinkState::Online => LinkState::Online,
                turndown_sync::LinkState::Offline => LinkState::Offline,
                turndown_sync::LinkState::Stopped => LinkState::Stopped,
            },
            reason: match unlinked {
                Some(StartNotice { code, message, next_step }) => {
                    Some(CommandError { code, message, next_step, reference: String::new() })
                }
                None => status.reason.map(said),
            },
            slow: status.slow.map(said),
            notice: status.notice.map(said),
            since: status.since,
            ledger: Ledger {
                recorded: ledger.recorded,
                acknowledged: ledger.acknowledged,
                waiting: ledger.waiting,
                attention: ledger.attention,
                discarded: ledger.discarded,
                balanced: ledger.is_balanced(),
            },
            flushing: status.flushing,
            flush_done: status.flush_done,
            flush_total: status.flush_total,
            last_flush: status.last_flush.map(|flush| FlushSummary {
                started_at: flush.started_at,
                ended_at: flush.ended_at,
                ok_count: flush.ok_count,
                error_count: flush.error_count,
                conflict_count: flush.conflict_count,
                code: flush.code.map(str::to_owned),
            }),
            oldest_waiting,
            backlog_warning: ledger.waiting > BACKLOG_WARNING,
            conflicts,
            next_try_ms: status.next_try.map(|wait| u32::try_from(wait.as_millis()).unwrap_or(u32::MAX)),
        })
    }

    fn staleness(&self, desk: &Desk, book: Option<&PropertyBook>) -> Answer<Staleness> {
        let staleness = self.check(desk.staleness())?;
        let may_go_on = staleness.may_go_on(self.0.config.environment.now());
        Ok(views::staleness(staleness, may_go_on, &Names::of(book)))
    }

    /// A manager goes on with old data, by name and with a reason.
    ///
    /// # Errors
    /// When nothing asks for it, whoever is working is no manager, or there is no reason; nothing was saved then.
    pub fn begin_emergency(&self, intent_id: &str, reason: &str) -> Answer<()> {
        let desk = self.desk()?;
        let actor = self.actor()?;
        self.acted(desk.begin_emergency(self.event_id(intent_id)?, actor, reason))?;
        desk.engine().announce(Sort::Status);
        Ok(())
    }

    // --- the hotel and the person ----------------------------------------------------------------------------

    /// Opens the sample hotel.
    ///
    /// # Errors
    /// When there is none beside this desk, or its service does not answer.
    pub async fn open_sample_hotel(&self) -> Answer<()> {
        let Some(sample) = self.0.config.sample.clone() else {
            return Err(self.error(
                "NO_SAMPLE",
                phrase!("The sample hotel is not running beside this desk."),
                phrase!("Start Turndown with `make run`, or connect to your hotel."),
            ));
        };
        let code = std::fs::read_to_string(&sample.code_file).map_err(|error| {
            errors::logged("sample", &error);
            self.error(
                "NO_SAMPLE",
                phrase!("The sample hotel's code cannot be read."),
                phrase!("Start Turndown with `make run` again, or connect to your hotel."),
            )
        })?;
        self.connect_hotel(&sample.address, code.trim()).await
    }

    /// Says which hotel an address and a code lead to. Nothing is kept.
    ///
    /// # Errors
    /// When the service does not answer or does not know the code.
    pub async fn find_hotel(&self, address: &str, code: &str) -> Answer<FoundHotel> {
        let found = turndown_sync::find_hotel(address, code).await.map_err(|error| self.link_error(&error))?;
        Ok(FoundHotel { name: found.name, address: found.address })
    }

    /// Enrols this desk at a hotel and begins the first load.
    ///
    /// # Errors
    /// When the service does not answer or does not know the code, or the folder cannot be written.
    pub async fn connect_hotel(&self, address: &str, code: &str) -> Answer<()> {
        let desk = self.desk()?;
        // One at a time: the connection that is kept would name a key that another one has taken away.
        let _alone = self.0.connecting.lock().await;
        let name = desk_name(desk.engine().install_id().as_str());
        self.try_out_keys().await?;
        let enrolled = turndown_sync::enroll(address, code, &name).await.map_err(|error| self.link_error(&error))?;
        self.refuse_another_hotel(&desk, &enrolled)?;
        let connection = Connection {
            address: enrolled.address,
            device: check::device(&enrolled.token),
            key: self.keep_key(enrolled.token).await?,
            property_id: enrolled.property_id,
            property_name: enrolled.property_name,
            store_id: enrolled.store_id,
            signing_key: None,
        };
        let (app, open, key) = (self.clone(), desk.clone(), connection.key.clone());
        let connected = tokio::task::spawn_blocking(move || app.take_connection(&open, connection)).await;
        if !matches!(connected, Ok(Ok(()))) {
            keys::forget_behind(&key);
            return Err(self.error(
                "READ_ONLY_FOLDER",
                phrase!("The connection could not be saved in the desk's folder."),
                phrase!("Free some space or ask for write access, then connect again with a new code."),
            ));
        }
        // Before anybody can say who they are; where it fails, the link asks again.
        let _ = self.fetch_passes().await;
        desk.engine().announce(Sort::Reference);
        Ok(())
    }

    /// Keeps a new connection, and goes on with it. Whoever changes the connection next finds this one.
    fn take_connection(&self, desk: &Desk, connection: Connection) -> std::io::Result<()> {
        let _in_order = lock(&self.0.connection_file);
        let before = self.linked().map(|linked| linked.connection);
        // A desk that comes back to its hotel knows by which key that signs, and who is working goes on.
        let signing_key = before.as_ref().and_then(|before| before.signing_key.clone());
        let connection = Connection { signing_key, ..connection };
        connection::save(self.folder(), &connection).inspect_err(|error| errors::logged("connection", error))?;
        self.link(desk, connection);
        self.set_connection_notice(None);
        before.inspect(|before| keys::forget_behind(&before.key));
        Ok(())
    }

    /// What a desk has recorded and knows belongs to one hotel, and to one store of it.
    fn refuse_another_hotel(&self, desk: &Desk, enrolled: &Enrolled) -> Answer<()> {
        let own = match self.linked() {
            Some(linked) => Some((linked.connection.property_id, linked.connection.store_id)),
            // It lost the file that names both, and has met them.
            None => {
                let store = self.check(desk.engine().fact("store_id"))?;
                let book = self.check(desk.book())?;
                book.map(|book| (book.property.id.clone(), store.unwrap_or_else(|| enrolled.store_id.clone())))
            }
        };
        let theirs = (&enrolled.property_id, &enrolled.store_id);
        if own.as_ref().is_none_or(|(property, store)| (property, store) == theirs) {
            return Ok(());
        }
        Err(self.error(
            "OTHER_HOTEL",
            phrase!(
                "This code is of another hotel, or of another service than this desk's own. Nothing was changed here."
            ),
            phrase!("Ask your IT for a code of this desk's own hotel. What is recorded here is kept."),
        ))
    }

    fn link(&self, desk: &Desk, connection: Connection) {
        self.carry_again(desk.clone(), connection.carry_hotel());
        let sync = Sync::start(desk.engine().clone(), connection.for_link());
        crate::outages::watch(desk.engine().clone(), sync.status());
        *lock(&self.0.link) = Some(Linked { connection, sync: Arc::new(sync) });
        self.ask_for_passes();
    }

    // --- the views -------------------------------------------------------------------------------------------

    /// What changed on the board since a revision, or everything.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn board(&self, since: Option<u64>) -> Answer<BoardDelta> {
        let desk = self.desk()?;
        let book = self.check(desk.book())?;
        let stale = !self.check(desk.staleness())?.is_safe();
        let rooms = self.check(desk.rooms(self.unless_judged_anew(&desk, stale, book.as_deref(), since)))?;
        let sending = self.sending(&desk);
        let on_hold = self.check(desk.engine().on_hold())?;
        let on_hold: BTreeSet<&str> = on_hold.iter().map(|hold| hold.entity.id.as_str()).collect();
        let property = book.as_deref().map(|book| &book.property);
        let clock = views::board::Clock {
            service_day: property.map_or("", |property| &property.service_day),
            zone: property.and_then(|property| property.time_zone.parse().ok()).unwrap_or(chrono_tz::Tz::UTC),
        };
        let tile = |row: &RoomRow| {
            let id = row.id.0.as_str();
            views::board::tiles(row, sending.contains(id), on_hold.contains(id), clock)
        };
        let tiles = rooms.rooms.iter().flat_map(tile).collect();
        let changed = rooms.rooms.iter().map(|row| row.id.clone()).chain(rooms.removed).collect();
        Ok(BoardDelta { revision: rooms.revision, full: rooms.full, rooms: changed, tiles })
    }

    /// What changed at the front desk since a revision, or everything.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn front_desk(&self, since: Option<u64>) -> Answer<FrontDeskDelta> {
        let desk = self.desk()?;
        let book = self.check(desk.book())?;
        let stale = !self.check(desk.staleness())?.is_safe();
        let rooms = self.check(desk.rooms(self.unless_judged_anew(&desk, stale, book.as_deref(), since)))?;
        let sending = self.sending(&desk);
        let policy = book.as_deref().map(|book| book.property.inspection).unwrap_or_default();
        let names = Names::of(book.as_deref());
        let rack =
            |row: &RoomRow| views::front_desk::rack_room(row, sending.contains(&row.id.0), policy, stale, &names);
        Ok(FrontDeskDelta {
            revision: rooms.revision,
            full: rooms.full,
            rooms: rooms.rooms.iter().map(rack).collect(),
            removed: rooms.removed,
        })
    }

    /// As of which revision somebody knows the rooms, unless every room has to be judged anew: time alone makes what is
    /// known too old, or the day another, and changes no row.
    fn unless_judged_anew(
        &self,
        desk: &Desk,
        stale: bool,
        book: Option<&PropertyBook>,
        since: Option<u64>,
    ) -> Option<u64> {
        let day = book.map(|book| book.property.service_day.clone()).unwrap_or_default();
        let by = JudgedBy { stale, day };
        let mut known = lock(&self.0.judged_by);
        let from = match &*known {
            Some((before, from)) if *before == by => *from,
            Some(_) => {
                let from = desk.engine().revision() + 1;
                *known = Some((by, from));
                desk.engine().announce(Sort::Entities);
                from
            }
            // Nobody has read anything yet that was judged otherwise.
            None => {
                *known = Some((by, 0));
                0
            }
        };
        since.filter(|since| *since >= from)
    }

    fn sending(&self, desk: &Desk) -> BTreeSet<String> {
        desk.engine().in_flight().into_values().map(|entity| entity.id).collect()
    }

    /// Records what the person did. When this answers, it is on disk.
    ///
    /// # Errors
    /// Why it is not possible, with the next step; nothing was saved then.
    pub fn act(&self, request: ActRequest) -> Answer<Recorded> {
        let (desk, actor) = match self.who_may(&request) {
            Ok(may) => may,
            Err(refused) => return self.unless_recorded(&request.intent_id, refused),
        };
        let event_id = self.event_id(&request.intent_id)?;
        let recorded = self.acted(desk.act(event_id, actor, &request.room_id.0, request.action))?;
        // What is saved is not called anything else because it cannot be shown at once: the window asks again.
        let board = request.since.and_then(|since| self.board(Some(since)).ok());
        Ok(Recorded { event_id: recorded.sealed.event.event_id.to_string(), revision: recorded.revision, board })
    }

    /// The desk, and who acts, where their role includes it.
    fn who_may(&self, request: &ActRequest) -> Answer<(Desk, ActorId)> {
        let desk = self.desk()?;
        self.refuse_unless_may(request.action.name(), &request.action.args())?;
        Ok((desk, self.actor()?))
    }

    /// What was recorded and is asked for once more is recorded, also where nobody works any more or the desk has been
    /// locked since: nothing is called unsaved that is saved (A1).
    fn unless_recorded(&self, intent_id: &str, refused: CommandError) -> Answer<Recorded> {
        let Ok(event_id) = EventId::parse(intent_id) else { return Err(refused) };
        let desk = self.whatever_is_locked()?;
        match desk.engine().recorded(&event_id) {
            Ok(None) => Err(refused),
            Ok(Some(_)) => Ok(Recorded { event_id: intent_id.into(), revision: desk.engine().revision(), board: None }),
            Err(error) => self.check(Err(EngineError::Unsure(Box::new(error)))),
        }
    }

    // --- the Sync Center -------------------------------------------------------------------------------------

    /// A page of the outbox with its head.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn sync_center(&self, filter: OutboxFilter, open: &[String], offset: u32, limit: u32) -> Answer<SyncCenter> {
        let desk = self.desk()?;
        let engine = desk.engine();
        let revision = engine.revision();
        let filter = match filter {
            OutboxFilter::All => RowFilter::All,
            OutboxFilter::Waiting => RowFilter::Waiting,
            OutboxFilter::Attention => RowFilter::Attention,
            OutboxFilter::Acknowledged => RowFilter::Acknowledged,
            OutboxFilter::Discarded => RowFilter::Discarded,
        };
        let book = self.check(desk.book())?;
        let names = Names::of(book.as_deref());
        let conflicts = self.check(engine.conflicts())?;
        let heads = conflicts.iter().map(|conflict| views::conflict::head(conflict, &names));
        // A room that was given to two guests comes before everything else.
        let (mut heads, others): (Vec<_>, Vec<_>) = heads.partition(|head| head.given_twice);
        let worst: Vec<EntityRef> =
            heads.iter().map(|head| EntityRef::new(head.entity_kind.as_str(), head.entity_id.as_str())).collect();
        heads.extend(others);
        let days = self.check(desk.days_begun())?;
        let telling = Telling { together: &days, open };
        let (lines, total) = self.check(engine.lines(filter, &worst, telling, offset, limit.min(PAGE_MAX)))?;
        let (stored, gathered): (Vec<_>, Vec<_>) = lines.into_iter().map(|line| (line.row, line.gathered)).unzip();
        let status = self.sync_status(&desk)?;
        let link = Link::of(&status);
        let mut units: BTreeMap<EntityRef, Option<Unit>> = BTreeMap::new();
        for row in &stored {
            self.unit(&desk, &about(&row.sealed.event), &mut units)?;
        }
        let discards = self.discards(engine, &stored)?;
        let mut rows = Vec::with_capacity(stored.len());
        for (row, gathered) in stored.iter().zip(gathered) {
            let unit = units.get(&about(&row.sealed.event)).and_then(Option::as_ref);
            if let Some(gathered) = gathered {
                // What one of its rooms waits for is told of that room.
                let mut shown = views::outbox::row(row, unit, &names, Waiting { link, ..Waiting::default() }, None);
                shown.began = Some(views::outbox::began(gathered, &row.sealed.event));
                rows.push(shown);
                continue;
            }
            let given_up = row.settled_by.as_ref().and_then(|decision| discards.get(decision));
            let fate = self.waits(engine, row)?;
            let behind = match &fate {
                Some(
                    Waits::Behind(earlier)
                    | Waits::BehindStopped(earlier)
                    | Waits::Decision(earlier)
                    | Waits::DecisionStopped(earlier),
                ) => self
                    .check(engine.row(earlier))?
                    .map(|earlier| crate::words::summary(&earlier.sealed.event, unit, &names)),
                _ => None,
            };
            let mut shown = views::outbox::row(row, unit, &names, Waiting { fate, behind, link }, given_up);
            // Once is enough: what is done after all stands in a row of its own.
            let event = &row.sealed.event;
            if given_up.is_some()
                && self
                    .check(engine.rows_of(&event.entity, STORY_MAX))?
                    .iter()
                    .any(|later| views::outbox::does_again(&later.sealed.event, event))
            {
                shown.undo = None;
            }
            rows.push(shown);
        }
        let carried = self.carried(&desk, &names, link)?;
        let on_hold = self.on_hold(&desk, &names)?;
        Ok(SyncCenter {
            revision,
            status,
            rows,
            total,
            conflicts: heads,
            merged: self.merged(&desk, &names)?,
            carried,
            on_hold,
        })
    }

    /// What an action waits for, if it waits.
    pub(crate) fn waits(&self, engine: &Engine, row: &turndown_offline::OutboxRow) -> Answer<Option<Waits>> {
        use turndown_offline::OutboxState as Stored;
        if !matches!(row.state, Stored::Pending | Stored::Held) {
            return Ok(None);
        }
        Ok(match self.check(engine.fate_of(row))? {
            Fate::Waits(waits) => Some(waits),
            _ => None,
        })
    }

    fn on_hold(&self, desk: &Desk, names: &Names) -> Answer<Vec<RoomOnHold>> {
        let mut shown = Vec::new();
        for hold in self.check(desk.engine().on_hold())? {
            let unit = self.check(desk.room(&hold.entity.id))?.map(|row| row.unit);
            shown.push(RoomOnHold {
                title: views::outbox::title(&hold.entity, unit.as_ref()),
                room_id: RoomId(hold.entity.id),
                by: names.name(hold.by.as_str()),
                reason: hold.reason,
                since: hold.since,
                waiting: u32::try_from(hold.waiting).unwrap_or(u32::MAX),
            });
        }
        Ok(shown)
    }

    /// Holds a room back, by name and with a reason: nothing of it is sent until somebody lets it go.
    ///
    /// # Errors
    /// When there is no reason, no such room or it is on hold already, or the database refuses; nothing was saved then.
    pub fn put_on_hold(&self, intent_id: &str, room: &str, reason: &str) -> Answer<()> {
        let desk = self.desk()?;
        let actor = self.actor()?;
        self.acted(desk.put_on_hold(self.event_id(intent_id)?, actor, room, reason))?;
        Ok(())
    }

    /// Lets a room go.
    ///
    /// # Errors
    /// When it is not on hold, or the database refuses; nothing was saved then.
    pub fn let_go(&self, intent_id: &str, room: &str) -> Answer<()> {
        let desk = self.desk()?;
        let actor = self.actor()?;
        self.acted(desk.let_go(self.event_id(intent_id)?, actor, room))?;
        self.wake();
        Ok(())
    }

    /// Pauses the sending, or has it go on. What others do still comes in.
    pub fn pause_sending(&self, paused: bool) {
        // Nobody decides anything at a locked desk, and nothing waits for them.
        if let Some(linked) = self.linked() {
            linked.sync.pause_sending(paused && !self.is_locked());
        }
    }

    pub(crate) fn unit(
        &self,
        desk: &Desk,
        entity: &EntityRef,
        known: &mut BTreeMap<EntityRef, Option<Unit>>,
    ) -> Answer<()> {
        if !known.contains_key(entity) {
            let unit = self.check(desk.room(&entity.id))?.map(|row| row.unit);
            known.insert(entity.clone(), unit);
        }
        Ok(())
    }

    fn merged(&self, desk: &Desk, names: &Names) -> Answer<Vec<MergedNote>> {
        let notes = self.check(desk.engine().read(|mut connection| {
            connection.all("SELECT event_id, how, at FROM merges ORDER BY id DESC LIMIT 20", [], |row| {
                Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?))
            })
        }))?;
        let mut shown = Vec::with_capacity(notes.len());
        for (event, how, at) in notes {
            let Some(row) =
                EventId::parse(event).ok().map(|id| desk.engine().row(&id)).transpose().ok().flatten().flatten()
            else {
                continue;
            };
            let event = &row.sealed.event;
            let unit = self.check(desk.room(&event.entity.id))?.map(|row| row.unit);
            let what = crate::words::summary(event, unit.as_ref(), names);
            let summary = if how == "same" {
                phrase!("{what}: both sides had done the same", what)
            } else {
                phrase!("{what}: merged with a change made elsewhere", what)
            };
            let title = views::outbox::title(&event.entity, unit.as_ref());
            shown.push(MergedNote { title, summary, at });
        }
        Ok(shown)
    }

    /// What happened to one room: what this desk did, and where the service answers, what everybody did.
    ///
    /// # Errors
    /// When the database refuses. That the service does not answer is none: the story says so.
    pub async fn story(&self, kind: &str, id: &str) -> Answer<Story> {
        let desk = self.desk()?;
        let entity = EntityRef::new(kind, id);
        let told = match self.linked() {
            Some(linked) => linked.sync.story(&entity, STORY_MAX).await.map_err(|reason| self.link_error(&reason)),
            None => Err(self.error(
                "NOT_CONNECTED",
                phrase!("This desk belongs to no hotel."),
                phrase!("Connect it to your hotel."),
            )),
        };
        let app = self.clone();
        let read = move || app.told_story(&desk, &entity, told);
        tokio::task::spawn_blocking(read).await.unwrap_or_else(|error| {
            errors::logged("story", &error);
            Err(self.error("SCREEN_FAULT", phrase!("The story could not be read."), phrase!("Open it again.")))
        })
    }

    /// Whom the service proposes for what nobody is assigned to, as far as it still fits what this desk knows. Nothing
    /// where the service is away: then people assign by themselves.
    ///
    /// # Errors
    /// When the database refuses. That the service does not answer is none.
    pub async fn suggestions(&self) -> Answer<Suggestions> {
        let desk = self.desk()?;
        let Some(linked) = self.linked() else { return Ok(Suggestions::default()) };
        let proposed = match linked.sync.suggestions().await {
            Ok(page) => page.suggestions,
            Err(reason) => {
                let online = self.sync_status(&desk)?.state == LinkState::Online;
                let problem = online.then(|| self.link_error(&reason));
                return Ok(Suggestions { problem, ..Suggestions::default() });
            }
        };
        let app = self.clone();
        let fitting = move || {
            let names = Names::of(app.check(desk.book())?.as_deref());
            let mut list = Vec::new();
            for each in proposed {
                let Some(row) = app.check(desk.room(&each.entity.id))? else { continue };
                list.extend(views::board::suggestion(&row, each, &names));
            }
            Ok(Suggestions { list, problem: None })
        };
        tokio::task::spawn_blocking(fitting).await.unwrap_or_else(|error| {
            errors::logged("suggestions", &error);
            Err(self.error(
                "SCREEN_FAULT",
                phrase!("The suggestions could not be read."),
                phrase!("Assign by hand meanwhile."),
            ))
        })
    }

    /// The events by which somebody gave some of these up, by their ids.
    fn discards(&self, engine: &Engine, rows: &[turndown_offline::OutboxRow]) -> Answer<BTreeMap<EventId, Event>> {
        let mut discards = BTreeMap::new();
        for decision in rows.iter().filter_map(|row| row.settled_by.as_ref()).collect::<BTreeSet<_>>() {
            if let Some(row) = self.check(engine.row(decision))?.filter(|row| row.sealed.event.action == "discard") {
                discards.insert(decision.clone(), row.sealed.event);
            }
        }
        Ok(discards)
    }

    fn told_story(&self, desk: &Desk, entity: &EntityRef, told: Result<StoryPage, CommandError>) -> Answer<Story> {
        let engine = desk.engine();
        let (told, alone) = match told {
            Ok(page) => (page.entries, None),
            Err(error) => (vec![], Some(error)),
        };
        let book = self.check(desk.book())?;
        let status = self.sync_status(desk)?;
        let (unit, rows) =
            (self.check(desk.room(&entity.id))?.map(|row| row.unit), self.check(engine.rows_of(entity, STORY_MAX))?);
        let mut waits = BTreeMap::new();
        for row in &rows {
            if let Some(fate) = self.waits(engine, row)? {
                waits.insert(row.sealed.event.event_id.clone(), fate);
            }
        }
        let given_up = self.discards(engine, &rows)?;
        let sources = views::story::Sources {
            entity,
            unit: unit.as_ref(),
            own: &engine.install_id(),
            rows: &rows,
            waits: &waits,
            link: Link::of(&status),
            given_up: &given_up,
            told: &told,
        };
        let names = Names::of(book.as_deref());
        let on_hold = self.on_hold(desk, &names)?.into_iter().find(|hold| hold.room_id.0 == entity.id);
        Ok(Story { alone, on_hold, ..views::story::story(&sources, &names) })
    }

    /// Tries a failed action again.
    ///
    /// # Errors
    /// When there is nothing to try, or the rules refuse it now.
    pub fn retry_event(&self, event_id: &str) -> Answer<()> {
        let desk = self.desk()?;
        let actor = self.actor()?;
        let failed = self.event_id(event_id)?;
        if let Some(sealed) = self.check(desk.engine().recorded(&failed))? {
            self.refuse_unless_may(&sealed.event.action, &sealed.event.args)?;
        }
        self.acted(desk.retry(&failed, self.new_event_id(), actor))?;
        self.wake();
        Ok(())
    }

    /// Gives a failed action up, by name and with a reason. It stays in the record.
    ///
    /// # Errors
    /// When there is no reason, nothing to give up, or the database refuses.
    pub fn discard_event(&self, event_id: &str, reason: &str) -> Answer<()> {
        let desk = self.desk()?;
        self.refuse_unless_may("discard", &Value::Null)?;
        let actor = self.actor()?;
        let failed = self.event_id(event_id)?;
        self.acted(desk.discard(&failed, self.new_event_id(), actor, reason))?;
        self.wake();
        Ok(())
    }

    /// Tries every failed action again. What the rules refuse now stays where it is, and is counted.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn retry_failed(&self) -> Answer<Retried> {
        let desk = self.desk()?;
        let actor = self.actor()?;
        let mut answer = Retried { tried: 0, refused: 0 };
        // In one reading, however many there are: between two of them a row may leave its place to the next.
        let (rows, _) = self.check(desk.engine().rows(RowFilter::Attention, 0, u32::MAX))?;
        for row in rows.iter().filter(|row| row.state == turndown_offline::OutboxState::Failed) {
            let event = &row.sealed.event;
            let tried = self
                .refuse_unless_may(&event.action, &event.args)
                .and_then(|()| self.acted(desk.retry(&event.event_id, self.new_event_id(), actor.clone())));
            match tried {
                Ok(()) => answer.tried += 1,
                Err(error) => {
                    tracing::info!(code = error.code, "an action still cannot be tried again");
                    answer.refused += 1;
                }
            }
        }
        self.sync_now();
        Ok(answer)
    }

    /// Asks for a flush now, of what is carried for other desks too.
    pub fn sync_now(&self) {
        if let Ok(desk) = self.whatever_is_locked()
            && let Err(error) = desk.engine().ask_carried_again()
        {
            tracing::warn!(%error, "what is carried for other desks is asked again later");
        }
        self.wake();
    }

    /// Connected, working offline as planned, or (in the sample hotel) unplugged.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn set_link(&self, mode: LinkMode) -> Answer<()> {
        let desk = self.desk()?;
        if mode == LinkMode::Unplugged {
            self.check(desk.engine().set_facts(vec![(guide::UNPLUGGED, Some("1".into()))]))?;
        }
        if let Some(linked) = self.linked() {
            linked.sync.set_mode(match mode {
                LinkMode::Auto => turndown_sync::LinkMode::Auto,
                LinkMode::WorkOffline => turndown_sync::LinkMode::WorkOffline,
                LinkMode::Unplugged => turndown_sync::LinkMode::Unplugged,
            });
        }
        desk.engine().announce(Sort::Status);
        Ok(())
    }

    /// One conflict, field by field.
    ///
    /// # Errors
    /// When it is not open any more.
    pub fn conflict(&self, kind: &str, id: &str) -> Answer<ConflictView> {
        let desk = self.desk()?;
        let conflict = self.check(desk.engine().conflict(&EntityRef::new(kind, id)))?.ok_or_else(|| {
            self.error("CONFLICT_GONE", phrase!("This was decided already."), phrase!("Go back to the Sync Center."))
        })?;
        let book = self.check(desk.book())?;
        Ok(views::conflict::view(&conflict, &desk.engine().install_id(), &Names::of(book.as_deref())))
    }

    /// Records the person's decision about a conflict.
    ///
    /// # Errors
    /// When the conflict is not as it was on screen, or a field has no choice; nothing was saved then.
    pub fn resolve(&self, request: ResolveRequest) -> Answer<Acted> {
        let desk = self.desk()?;
        self.refuse_unless_may("resolve", &Value::Null)?;
        let mut picks = BTreeMap::new();
        for FieldChoice { path, side, text } in request.choices {
            let pick = match side {
                Side::Mine => Pick::Mine,
                Side::Theirs => Pick::Theirs,
                Side::Edited if views::conflict::is_editable(&path) => {
                    let text = note_text(text.as_deref().unwrap_or_default());
                    Pick::Edited(json!(self.acted(text.map_err(turndown_desk::ActError::Refused))?))
                }
                Side::Edited => {
                    return Err(self.error(
                        "CHOICE_UNREADABLE",
                        phrase!("That field cannot be written anew."),
                        phrase!("Choose one of its two sides."),
                    ));
                }
            };
            picks.insert(path, pick);
        }
        let entity = EntityRef::new(request.entity_kind, request.entity_id);
        let settlement = self.settlement(&request.intent_id, entity, request.version, &request.settles, picks)?;
        let recorded = self.acted(desk.resolve(settlement))?;
        Ok(Acted { event_id: recorded.sealed.event.event_id.to_string(), revision: recorded.revision })
    }

    /// Leaves the room as the service has it and sends somebody to look.
    ///
    /// # Errors
    /// When the conflict is not as it was on screen, or the rules refuse the check; nothing was saved then.
    pub fn send_to_look(&self, request: LookRequest) -> Answer<Acted> {
        let desk = self.desk()?;
        self.refuse_unless_may("resolve", &Value::Null)?;
        let entity = EntityRef::new(request.entity_kind, request.entity_id);
        let open = self.check(desk.engine().conflict(&entity))?;
        let book = self.check(desk.book())?;
        let note = open.map_or_else(String::new, |open| {
            let view = views::conflict::view(&open, &desk.engine().install_id(), &Names::of(book.as_deref()));
            views::conflict::to_look_at(&view)
        });
        let (intent, settles) = (&request.intent_id, &request.settles);
        let settlement = self.settlement(intent, entity, request.version, settles, BTreeMap::new())?;
        let recorded = self.acted(desk.send_to_look(settlement, self.new_event_id(), note))?;
        Ok(Acted { event_id: recorded.sealed.event.event_id.to_string(), revision: recorded.revision })
    }

    fn settlement(
        &self,
        intent_id: &str,
        entity: EntityRef,
        version: u64,
        settles: &[String],
        picks: BTreeMap<String, Pick>,
    ) -> Answer<Settlement> {
        Ok(Settlement {
            event_id: self.event_id(intent_id)?,
            actor: self.actor()?,
            entity,
            version,
            settles: settles.iter().map(|id| self.event_id(id)).collect::<Result<_, _>>()?,
            picks,
            draft: turndown_offline::Draft::default(),
        })
    }

    /// Takes a fresh snapshot as soon as the service answers.
    pub fn refresh_snapshot(&self) {
        if let Some(linked) = self.linked() {
            linked.sync.refresh_snapshot();
        }
    }

    /// Puts the guide away.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn dismiss_guide(&self) -> Answer<()> {
        let desk = self.desk()?;
        self.check(desk.engine().set_facts(vec![(guide::DISMISSED, Some("1".into()))]))?;
        desk.engine().announce(Sort::Reference);
        Ok(())
    }

    /// The person has read what start-up found.
    pub fn dismiss_notice(&self) {
        *lock(&self.0.notice) = None;
        if let Ok(desk) = self.whatever_is_locked() {
            if let Err(error) = desk.engine().repair_is_told() {
                tracing::warn!(%error, "the notice will be shown again at the next start");
            }
            desk.engine().announce(Sort::Reference);
        }
    }

    /// Keeps a screen's own telemetry event with the others.
    pub fn telemetry(&self, name: &str, fields: &Map<String, Value>) {
        // A page may only say what pages say: short, and under their own names.
        if name.len() <= 100 && name.starts_with("frontend.") {
            let fields = Value::Object(fields.clone()).to_string();
            tracing::info!(target: "telemetry", name, fields = &fields[..fields.floor_char_boundary(500)], "screen");
        }
    }

    // --- small things ----------------------------------------------------------------------------------------

    /// The open desk, for whoever is signed in.
    ///
    /// # Errors
    /// Why there is none, or that it is locked.
    pub fn desk(&self) -> Answer<Desk> {
        if self.is_locked() {
            let (message, next_step) = sign_in::is_locked_phrases();
            return Err(self.error("DESK_LOCKED", message, next_step));
        }
        self.whatever_is_locked()
    }

    /// The open desk for what goes on behind a locked door: the link, the papers, the clock, and the door itself.
    pub(crate) fn whatever_is_locked(&self) -> Answer<Desk> {
        self.0.desk.clone()
    }

    /// Changes what is known of the connection and keeps it, where there is something to change: answers whether. What
    /// cannot be kept is not changed.
    pub(crate) fn change_connection(&self, change: impl FnOnce(&mut Connection) -> bool) -> std::io::Result<bool> {
        let _in_order = lock(&self.0.connection_file);
        let Some(Linked { mut connection, .. }) = self.linked() else { return Ok(false) };
        if !change(&mut connection) {
            return Ok(false);
        }
        connection::save(self.folder(), &connection)?;
        if let Some(linked) = lock(&self.0.link).as_mut() {
            linked.connection = connection;
        }
        Ok(true)
    }

    pub(crate) fn linked(&self) -> Option<Linked> {
        lock(&self.0.link).clone()
    }

    /// The hotel and the store that this desk is connected to.
    pub(crate) fn linked_hotel(&self) -> Option<CarryHotel> {
        self.linked().map(|linked| linked.connection.carry_hotel())
    }

    pub(crate) fn pack_written(&self) -> Option<Result<DateTime<Utc>, Phrase>> {
        lock(&self.0.pack).clone()
    }

    pub(crate) fn set_pack_written(&self, written: Result<DateTime<Utc>, Phrase>) {
        *lock(&self.0.pack) = Some(written);
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.0.config.folder
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.0.config.environment.now()
    }

    pub(crate) fn wake(&self) {
        if let Some(linked) = self.linked() {
            linked.sync.sync_now();
        }
    }

    pub(crate) fn set_connection_notice(&self, notice: Option<StartNotice>) {
        *lock(&self.0.connection_notice) = notice;
        if let Ok(desk) = self.whatever_is_locked() {
            desk.engine().announce(Sort::Reference);
        }
    }

    /// The board opens at once; the full look happens behind it and says what it found.
    fn check_behind(desk: Desk, unclean: bool) {
        tokio::task::spawn_blocking(move || match desk.engine().check() {
            Ok(checked) if checked.damage.is_empty() => {
                tracing::info!(unclean, verified = checked.verified, checked.copied_anew, "the database is sound");
            }
            Ok(_) => desk.engine().announce(Sort::Reference),
            Err(error) => tracing::error!(?error, "the database could not be checked"),
        });
    }

    /// What start-up found, until it is read; then whatever stands for as long as it is true, the worst first.
    fn notice(&self, desk: &Desk) -> Option<StartNotice> {
        let read_once = lock(&self.0.notice).clone();
        read_once
            .or_else(|| desk.engine().is_damaged().then(notices::damage))
            .or_else(|| notices::space(desk.engine().space()))
            .or_else(|| notices::second_copy(&desk.engine().second_copy()))
            .or_else(|| lock(&self.0.connection_notice).clone())
            .or_else(|| lock(&self.0.backup_warning).clone())
    }

    /// Looks after the disk and the backups while the desk is open, on a clock that cannot be set.
    fn keep(&self) {
        let app = Arc::downgrade(&self.0);
        tokio::spawn(async move {
            let began = tokio::time::Instant::now();
            let mut taken = began;
            let mut looked_at_copies = began;
            let mut rounds = tokio::time::interval(KEEP_EVERY);
            rounds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            // The first comes at once, and the start has enough to do.
            rounds.tick().await;
            // The start has begun one.
            let mut looked = began;
            let mut doubted = false;
            let mut told_damage = false;
            loop {
                rounds.tick().await;
                // Nothing here keeps the database open when everybody else has let go of it.
                let Some(inner) = app.upgrade() else { return };
                let Ok(engine) = inner.desk.as_ref().map(|desk| desk.engine().clone()) else { return };
                let uptime = began.elapsed();
                let done = tokio::task::spawn_blocking(move || {
                    engine.look_at_space();
                    let balanced = engine.ledger().map_or(true, |ledger| ledger.is_balanced());
                    (engine.back_up_if_due(uptime), balanced, engine)
                });
                let Ok((backed_up, balanced, engine)) = done.await else { return };
                if engine.is_damaged() && !told_damage {
                    told_damage = true;
                    engine.announce(Sort::Reference);
                }
                // A wrong bit in a row's state can take it out of the sum, and what is wrong with a backup may be wrong
                // with the database: nothing else would ever ask for it.
                let doubt = !balanced || backed_up.as_ref().is_err_and(EngineError::is_damage);
                if (looked.elapsed() >= LOOK_EVERY || doubt && !doubted)
                    && let Ok(desk) = inner.desk.clone()
                {
                    looked = tokio::time::Instant::now();
                    doubted = doubt;
                    Self::check_behind(desk, false);
                }
                // Also while no backup can be taken: what goes may be the room that one needs.
                if looked_at_copies.elapsed() >= COPIES_EVERY {
                    looked_at_copies = tokio::time::Instant::now();
                    let engine = engine.clone();
                    let gone = tokio::task::spawn_blocking(move || engine.let_copies_go()).await;
                    tracing::debug!(?gone, "old files of the second copy");
                }
                match backed_up {
                    Ok(_) => {
                        taken = tokio::time::Instant::now();
                        *lock(&inner.backup_warning) = None;
                    }
                    Err(EngineError::Closed) => return,
                    Err(error) => {
                        tracing::warn!(%error, "no backup could be taken");
                        if taken.elapsed() > BACKUP_WARNING {
                            let newest = engine.newest_backup().ok().flatten();
                            let notice = notices::backup(newest.as_ref(), inner.config.environment.now());
                            *lock(&inner.backup_warning) = Some(notice);
                            engine.announce(Sort::Reference);
                        }
                    }
                }
            }
        });
    }

    pub(crate) fn event_id(&self, text: &str) -> Answer<EventId> {
        EventId::parse(text).map_err(|error| {
            self.error(
                "ID_UNREADABLE",
                phrase!("The screen sent an id that cannot be used: {error}.", error = error.to_string()),
                phrase!("Do it again."),
            )
        })
    }

    pub(crate) fn new_event_id(&self) -> EventId {
        let environment = self.0.config.environment.as_ref();
        EventId::generate(now_ms(environment), environment.random())
    }

    pub(crate) fn error(&self, code: &str, message: Phrase, next_step: Phrase) -> CommandError {
        CommandError::new(code, message, next_step, reference(self.0.config.environment.as_ref()))
    }

    pub(crate) fn link_error(&self, error: &turndown_sync::Reason) -> CommandError {
        self.error(error.code, error.message.clone(), error.next_step.clone())
    }

    pub(crate) fn check<T>(&self, result: Result<T, EngineError>) -> Answer<T> {
        result.map_err(|error| errors::from_engine(&error, reference(self.0.config.environment.as_ref())))
    }

    pub(crate) fn acted<T>(&self, result: Result<T, turndown_desk::ActError>) -> Answer<T> {
        result.map_err(|error| errors::from_act(&error, reference(self.0.config.environment.as_ref())))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Every critical section here only replaces or clones a whole value, so a panicked holder left a whole one.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The entity that an event is about: for a room on hold, that room.
pub(crate) fn about(event: &Event) -> EntityRef {
    held_entity(event).unwrap_or_else(|| event.entity.clone())
}

/// Eight characters that stand in the error and in the log.
fn reference(environment: &dyn Environment) -> String {
    format!("{:08X}", environment.random() & 0xFFFF_FFFF)
}

fn from_mode(mode: turndown_sync::LinkMode) -> LinkMode {
    match mode {
        turndown_sync::LinkMode::Auto => LinkMode::Auto,
        turndown_sync::LinkMode::WorkOffline => LinkMode::WorkOffline,
        turndown_sync::LinkMode::Unplugged => LinkMode::Unplugged,
    }
}

/// Those who work at a desk first, then the attendants; by name within each.
fn staff(book: &PropertyBook) -> Vec<Person> {
    let mut people: Vec<Person> = book.staff.iter().map(views::person).collect();
    let order = |role: Role| match role {
        Role::Lead => 0,
        Role::Inspector => 1,
        Role::FrontDesk => 2,
        Role::Manager => 3,
        Role::Auditor => 4,
        Role::Attendant => 5,
    };
    people.sort_by(|a, b| (order(a.role), &a.name, &a.id).cmp(&(order(b.role), &b.name, &b.id)));
    people
}
