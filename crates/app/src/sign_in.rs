//! How people show who they are at this desk, and when it locks.
//!
//! The hotel's service says whether a name is enough or a PIN is asked for, and signs what PINs are held against
//! ([`Passes`]); a desk keeps that and needs no service to let somebody in. Nothing here ever keeps work from being
//! recorded: on a pass that has run out, or where the desk has lost its passes, people go on working, and what they
//! record says so, so that the service holds it for somebody with a pass.

use crate::app::{Answer, App};
use crate::connection::{self, Connection};
use crate::dto::{self, Person};
use crate::{errors, views};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use tokio::time::Instant;
use turndown_desk::DeskAction;
use turndown_domain::pin::{self, Weak};
use turndown_domain::{PropertyBook, Role, role};
use turndown_offline::Sort;
use turndown_phrase::{Phrase, phrase};
use turndown_protocol::{ActorId, Authority, ChangePin, Pass, Passes, SignedPasses};
use turndown_sync::{LinkState, check};

/// The fact that names who is working.
const PERSON: &str = "person";
/// The fact that holds the passes as the service signed them.
const PASSES: &str = "passes";
/// The fact that holds how often each person's PIN was tried in vain.
const TRIES: &str = "pin_tries";
/// Tries before one has to wait.
const FREE_TRIES: u32 = 5;
/// How long one waits before the sixth try, and each after it.
const WAITS: [Duration; 4] =
    [Duration::from_secs(30), Duration::from_secs(60), Duration::from_secs(5 * 60), Duration::from_secs(15 * 60)];
/// After so many, only a new PIN or a manager opens.
const TRIES_MAX: u32 = FREE_TRIES + WAITS.len() as u32 + 1;
/// How often a desk that is connected asks for its passes anew: by then it has heard that somebody left.
const ASK_EVERY: Duration = Duration::from_secs(10 * 60);
/// How soon it asks again where the asking failed.
const ASK_AGAIN: Duration = Duration::from_secs(30);
/// How often a desk looks whether it was left alone.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// What people have to show.
#[derive(Debug, Default, Clone)]
pub(crate) enum By {
    /// Their name.
    #[default]
    Name,
    /// Their name and a PIN.
    Pin(Arc<Passes>),
    /// A PIN was asked for, and the passes are gone or are not what the service signed.
    Lost,
}

/// The desk's door.
#[derive(Debug)]
pub(crate) struct Door {
    by: By,
    locked: bool,
    /// When somebody last touched the desk, by the time that a computer is awake and by its clock: one that slept has
    /// been left alone too.
    touched: (Instant, DateTime<Utc>),
    /// When each person's PIN was last tried in vain. Before this program's start nothing is known: they wait anew.
    tried: BTreeMap<String, Instant>,
    began: Instant,
}

impl Door {
    pub(crate) fn new(now: DateTime<Utc>) -> Self {
        let began = Instant::now();
        Self { by: By::Name, locked: false, touched: (began, now), tried: BTreeMap::new(), began }
    }
}

/// The passes as they are kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    #[serde(flatten)]
    signed: SignedPasses,
    signing_key: String,
}

impl App {
    fn door<T>(&self, look: impl FnOnce(&mut Door) -> T) -> T {
        look(&mut self.0.door.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn by(&self) -> By {
        self.door(|door| door.by.clone())
    }

    /// Whether nobody may see or do anything before somebody has signed in.
    pub(crate) fn is_locked(&self) -> bool {
        self.door(|door| door.locked)
    }

    /// Takes up what is kept when the desk starts: it is locked then, where somebody was working by PIN.
    pub(crate) fn take_up_passes(&self, connection: &Connection) {
        let by = self.kept_passes(connection);
        let working = self.person_id().unwrap_or_default().is_some();
        let locked = working && matches!(by, By::Pin(_));
        self.door(|door| (door.by, door.locked) = (by, locked));
    }

    fn kept_passes(&self, connection: &Connection) -> By {
        let Some(key) = &connection.signing_key else { return By::Name };
        let kept = self.whatever_is_locked().ok().and_then(|desk| desk.engine().fact(PASSES).ok().flatten());
        let kept: Option<Kept> = kept.and_then(|kept| serde_json::from_str(&kept).ok());
        match kept.and_then(|kept| check::passes_for(&kept.signed, key, &connection.for_link())) {
            Some(passes) => of(passes),
            None => {
                tracing::warn!("the passes of this desk are gone or are not what the service signed");
                By::Lost
            }
        }
    }

    /// Asks for the passes as long as the link lives: when the service is reached, and every few minutes.
    pub(crate) fn ask_for_passes(&self) {
        let app = Arc::downgrade(&self.0);
        let Some(mut status) = self.linked().map(|linked| linked.sync.status()) else { return };
        tokio::spawn(async move {
            loop {
                if status.wait_for(|status| status.state == LinkState::Online).await.is_err() {
                    return;
                }
                let Some(inner) = app.upgrade() else { return };
                let pause = match App(inner).fetch_passes().await {
                    Ok(()) => ASK_EVERY,
                    Err(()) => ASK_AGAIN,
                };
                // A link that came back has new passes behind it.
                let away = async {
                    let left = status.wait_for(|status| status.state != LinkState::Online).await;
                    left.map(drop).is_err()
                };
                tokio::select! {
                    ended = away => if ended { return },
                    () = tokio::time::sleep(pause) => {}
                }
            }
        });
    }

    /// Asks for the passes once.
    pub(crate) async fn fetch_passes(&self) -> Result<(), ()> {
        let linked = self.linked().ok_or(())?;
        let (signed, key) = linked.sync.passes().await.map_err(|reason| {
            tracing::info!(code = reason.code, "the passes could not be had");
        })?;
        self.keep_passes(signed, key)
    }

    /// Keeps passes that the service has just sent, where they are for this desk.
    fn keep_passes(&self, signed: SignedPasses, signing_key: String) -> Result<(), ()> {
        let linked = self.linked().ok_or(())?;
        let Some(passes) = check::passes_for(&signed, &signing_key, &linked.connection.for_link()) else {
            tracing::warn!("the service sent passes that are not signed for this desk");
            return Err(());
        };
        let desk = self.whatever_is_locked().map_err(drop)?;
        let gone = |error: &dyn std::fmt::Display| tracing::warn!(%error, "the passes could not be kept");
        let text =
            serde_json::to_string(&Kept { signed, signing_key: signing_key.clone() }).map_err(|error| gone(&error))?;
        let forgiven = self.forgiven(&passes);
        let mut facts = vec![(PASSES, Some(text))];
        facts.extend(forgiven.map(|tries| (TRIES, tries)));
        desk.engine().set_facts(facts).map_err(|error| gone(&error))?;
        self.pin_key(signing_key);
        let before = self.by();
        let by = of(passes);
        let changed = match (&before, &by) {
            (By::Name, By::Name) => false,
            (By::Pin(before), By::Pin(now)) => before.people != now.people || before.lock_minutes != now.lock_minutes,
            _ => true,
        };
        // Where a name was enough until now, whoever is working shows who they are.
        let working = self.person_id().map_err(drop)?.is_some();
        self.door(|door| {
            door.locked = match (&before, &by) {
                (By::Name | By::Lost, By::Pin(_)) => working,
                (_, By::Pin(_)) => door.locked,
                _ => false,
            };
            door.by = by;
        });
        if changed {
            desk.engine().announce(Sort::Reference);
        }
        Ok(())
    }

    /// Keeps the service's key where it was not known, or is another one by now.
    fn pin_key(&self, key: String) {
        let Some(connection) = self.change_connection(|connection| {
            if connection.signing_key.as_ref() == Some(&key) {
                return false;
            }
            if connection.signing_key.is_some() {
                tracing::warn!("the service signs with another key than before");
            }
            connection.signing_key = Some(key);
            true
        }) else {
            return;
        };
        if let Err(error) = connection::save(self.folder(), &connection) {
            errors::logged("connection", &error);
        }
    }

    /// The tries without those of people who have another PIN now; none where nothing changes.
    fn forgiven(&self, now: &Passes) -> Option<Option<String>> {
        let By::Pin(before) = self.by() else { return None };
        let mut tries = self.tries();
        let count = tries.len();
        tries.retain(|id, _| verifier(&before, id) == verifier(now, id));
        (tries.len() != count).then(|| tries_text(&tries))
    }

    fn tries(&self) -> BTreeMap<String, u32> {
        let kept = self.whatever_is_locked().ok().and_then(|desk| desk.engine().fact(TRIES).ok().flatten());
        kept.and_then(|kept| serde_json::from_str(&kept).ok()).unwrap_or_default()
    }

    // --- who is working --------------------------------------------------------------------------------------

    fn person_id(&self) -> Answer<Option<String>> {
        let desk = self.whatever_is_locked()?;
        self.check(desk.engine().fact(PERSON))
    }

    /// Who is working.
    pub(crate) fn person(&self, book: Option<&PropertyBook>) -> Answer<Option<Person>> {
        let Some(id) = self.person_id()? else { return Ok(None) };
        Ok(book.and_then(|book| book.staff.iter().find(|person| person.id.0 == id)).map(views::person))
    }

    /// Who is working, for what is recorded now; it is stamped with what their authority lacks.
    pub(crate) fn actor(&self) -> Answer<ActorId> {
        let desk = self.desk()?;
        let id = self.person_id()?;
        let actor = id.and_then(|id| ActorId::parse(id).ok()).ok_or_else(|| {
            self.error(
                "NOBODY_WORKING",
                phrase!("Nobody has said who is working at this desk."),
                phrase!("Choose your name first."),
            )
        })?;
        desk.engine().set_authority(self.lacks());
        Ok(actor)
    }

    /// Refuses an action that the role of whoever is working does not include.
    pub(crate) fn refuse_unless_may(&self, action: &str) -> Answer<()> {
        let (Some(role), Some(duty)) = (self.role()?, role::duty(action)) else { return Ok(()) };
        if role::may(role, duty) {
            return Ok(());
        }
        Err(self.error(
            "ROLE_MAY_NOT",
            phrase!("Your role does not include this. Nothing was saved."),
            phrase!("Ask somebody whose role does."),
        ))
    }

    /// The role of whoever is working, by their pass; none where nobody has to show who they are.
    fn role(&self) -> Answer<Option<Role>> {
        let By::Pin(passes) = self.by() else { return Ok(None) };
        let Some(id) = self.person_id()? else { return Ok(None) };
        let pass = pass(&passes, &id);
        Ok(pass.and_then(|pass| serde_json::from_value(json!(pass.role)).ok()))
    }

    fn lacks(&self) -> Option<Authority> {
        match self.by() {
            By::Name => None,
            By::Lost => Some(Authority::NoPass),
            By::Pin(passes) => {
                let until = passes.holds_until.parse::<DateTime<Utc>>().ok();
                until.is_none_or(|until| until < self.now()).then_some(Authority::ExpiredPass)
            }
        }
    }

    /// How people say who they are, for the screens.
    pub(crate) fn sign_in_state(&self) -> Answer<dto::SignIn> {
        let lacks = self.lacks().map(|lacks| match lacks {
            Authority::ExpiredPass => phrase!(
                "This desk has not reached the service for so long that its passes have run out. What you do is saved, and waits for a manager once it is sent."
            ),
            Authority::NoPass => phrase!(
                "This desk has lost its passes, so nobody can show who they are. What you do is saved, and waits for a manager once it is sent. The passes come again when the service is reached."
            ),
        });
        let By::Pin(passes) = self.by() else { return Ok(dto::SignIn { lacks, ..dto::SignIn::default() }) };
        let id = self.person_id()?;
        let role = self.role()?;
        let may_not =
            |action: &&str| role.is_some_and(|role| role::duty(action).is_some_and(|duty| !role::may(role, duty)));
        Ok(dto::SignIn {
            by_pin: true,
            lock_minutes: passes.lock_minutes,
            temporary: id.and_then(|id| pass(&passes, &id).map(|pass| pass.temporary)).unwrap_or_default(),
            lacks,
            may_not: role::ACTIONS.iter().filter(|action| may_not(action)).map(|action| (*action).to_owned()).collect(),
        })
    }

    /// Says who is working from now on, where a name is enough. What was recorded before keeps its author.
    ///
    /// # Errors
    /// When nobody of that id works here, a PIN is asked for, or the database refused.
    pub fn choose_person(&self, id: &str) -> Answer<()> {
        match self.by() {
            By::Pin(_) => Err(self.error(
                "PIN_REQUIRED",
                phrase!("This hotel asks for a PIN."),
                phrase!("Choose your name, then type your PIN."),
            )),
            By::Name => self.begin_work(id, json!({})),
            By::Lost => self.begin_work(id, json!({ "by": "name" })),
        }
    }

    /// Lets somebody in by their PIN. A try is counted, on disk, before it is made.
    ///
    /// # Errors
    /// When it is not their PIN or there were too many tries; with the next step.
    pub fn sign_in(&self, id: &str, typed: &str) -> Answer<()> {
        let _one_at_a_time = self.0.trying.lock().unwrap_or_else(PoisonError::into_inner);
        let By::Pin(passes) = self.by() else { return self.choose_person(id) };
        let desk = self.whatever_is_locked()?;
        let Some(pass) = pass(&passes, id) else {
            return Err(self.error(
                "PASS_MISSING",
                phrase!("This person has no PIN here."),
                phrase!("The hotel's IT gives one. Until then somebody else signs in."),
            ));
        };
        let mut tries = self.tries();
        let before = tries.get(id).copied().unwrap_or_default();
        self.refuse_too_many(id, before)?;
        tries.insert(id.to_owned(), before + 1);
        // Noted in memory first: a second try at the same moment waits even while the disk takes its time.
        self.door(|door| door.tried.insert(id.to_owned(), Instant::now()));
        self.check(desk.engine().set_facts(vec![(TRIES, tries_text(&tries))]))?;
        if !pin::opens(&pin::plain(typed), &pass.verifier) {
            return Err(self.wrong_pin(before + 1));
        }
        self.begin_work(id, json!({ "by": "pin", "pass_of": passes.issued_at }))?;
        tries.remove(id);
        // A manager who is here vouches for those who mistyped.
        if pass.role == json!(Role::Manager) {
            tries.clear();
        }
        self.check(desk.engine().set_facts(vec![(TRIES, tries_text(&tries))]))?;
        let now = (Instant::now(), self.now());
        self.door(|door| {
            door.locked = false;
            door.touched = now;
            door.tried.retain(|id, _| tries.contains_key(id));
        });
        desk.engine().announce(Sort::Reference);
        Ok(())
    }

    fn refuse_too_many(&self, id: &str, before: u32) -> Answer<()> {
        if before >= TRIES_MAX {
            return Err(self.error(
                "PIN_LOCKED",
                phrase!("This PIN was mistyped too often and is locked at this desk."),
                phrase!("A manager who signs in here opens it, or the hotel's IT gives a new one."),
            ));
        }
        let Some(wait) = before.checked_sub(FREE_TRIES).and_then(|over| WAITS.get(over as usize)) else {
            return Ok(());
        };
        let since = self.door(|door| door.tried.get(id).copied().unwrap_or(door.began).elapsed());
        let left = wait.saturating_sub(since);
        if left.is_zero() {
            return Ok(());
        }
        Err(self.error(
            "PIN_WAIT",
            phrase!(
                "This PIN was mistyped {tries} times. The next try is in {seconds, plural, one {# second} other {# seconds}}.",
                tries = u64::from(before),
                seconds = left.as_secs() + 1
            ),
            phrase!("Wait. A manager who signs in here ends the waiting."),
        ))
    }

    fn wrong_pin(&self, tries: u32) -> dto::CommandError {
        let message = phrase!("That is not the PIN.");
        let next_step = match FREE_TRIES.checked_sub(tries).filter(|left| *left > 0) {
            Some(left) => phrase!(
                "Type it again. {left, plural, one {One more try} other {# more tries}} before you have to wait.",
                left = u64::from(left)
            ),
            None if tries >= TRIES_MAX => {
                phrase!("It is locked at this desk now. A manager who signs in here opens it.")
            }
            None => phrase!("Wait a moment before the next try, or ask a manager to sign in here."),
        };
        self.error("PIN_WRONG", message, next_step)
    }

    fn begin_work(&self, id: &str, how: serde_json::Value) -> Answer<()> {
        let desk = self.whatever_is_locked()?;
        let book = self.check(desk.book())?;
        let known = book.is_some_and(|book| book.staff.iter().any(|person| person.id.0 == id));
        let actor = ActorId::parse(id).ok().filter(|_| known).ok_or_else(|| {
            self.error(
                "STAFF_UNKNOWN",
                phrase!("That person is not on today's staff list."),
                phrase!("Choose a name from the list."),
            )
        })?;
        desk.engine().set_authority(self.lacks());
        self.acted(desk.note_desk(self.new_event_id(), actor, DeskAction::SignIn, how))?;
        self.check(desk.engine().set_facts(vec![(PERSON, Some(id.to_owned()))]))?;
        desk.engine().announce(Sort::Reference);
        Ok(())
    }

    /// Nobody is working from now on. What waits is still sent.
    ///
    /// # Errors
    /// When the database refused.
    pub fn sign_out(&self) -> Answer<()> {
        let desk = self.whatever_is_locked()?;
        if let Some(actor) = self.person_id()?.and_then(|id| ActorId::parse(id).ok()) {
            self.acted(desk.note_desk(self.new_event_id(), actor, DeskAction::SignOut, json!({})))?;
        }
        self.check(desk.engine().set_facts(vec![(PERSON, None)]))?;
        self.door(|door| door.locked = false);
        desk.engine().announce(Sort::Reference);
        Ok(())
    }

    // --- the lock --------------------------------------------------------------------------------------------

    /// Locks the desk, where people sign in by PIN and somebody is working. Work goes on being sent.
    ///
    /// # Errors
    /// When the database refuses.
    pub fn lock(&self) -> Answer<()> {
        if matches!(self.by(), By::Pin(_)) && self.person_id()?.is_some() {
            self.door(|door| door.locked = true);
            self.whatever_is_locked()?.engine().announce(Sort::Reference);
        }
        Ok(())
    }

    /// Somebody touches the desk.
    pub fn still_here(&self) {
        let now = (Instant::now(), self.now());
        self.door(|door| door.touched = now);
    }

    /// Locks the desk once it was left alone for long enough.
    pub(crate) fn lock_when_left(&self) {
        let app = Arc::downgrade(&self.0);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(LOOK_EVERY).await;
                let Some(inner) = app.upgrade() else { return };
                let app = App(inner);
                let now = app.now();
                let left = app.door(|door| {
                    let By::Pin(passes) = &door.by else { return false };
                    let limit = Duration::from_secs(60 * u64::from(passes.lock_minutes.unwrap_or_default()));
                    let (awake, at) = door.touched;
                    !door.locked && (awake.elapsed() >= limit || (now - at).to_std().is_ok_and(|gone| gone >= limit))
                });
                if left && let Err(error) = app.lock() {
                    tracing::warn!(%error, "the desk could not be locked");
                }
            }
        });
    }

    /// Changes the PIN of whoever is working. It holds at every desk of the hotel, so that the service has to be there.
    ///
    /// # Errors
    /// When the new PIN will not do, the old one is not theirs, or the service cannot be reached.
    pub async fn change_pin(&self, typed: &str, new: &str) -> Answer<()> {
        self.desk()?;
        let staff_id = self.actor()?;
        let (typed, new) = (pin::plain(typed), pin::plain(new));
        pin::check(&new).map_err(|weak| self.weak_pin(weak))?;
        if typed == new {
            return Err(self.error("PIN_WEAK", phrase!("That is the PIN you have."), phrase!("Choose another one.")));
        }
        let linked = self.linked().ok_or_else(|| {
            self.error(
                "NO_HOTEL",
                phrase!("This desk belongs to no hotel yet."),
                phrase!("Connect to your hotel first."),
            )
        })?;
        let change = ChangePin { staff_id, pin: typed, new_pin: new };
        let signed = linked.sync.change_pin(&change).await.map_err(|reason| self.link_error(&reason))?;
        let key = self.linked().and_then(|linked| linked.connection.signing_key);
        if key.is_none_or(|key| self.keep_passes(signed, key).is_err()) {
            // The PIN is the new one; the passes come again by themselves.
            tracing::warn!("the passes with the new PIN could not be kept yet");
        }
        Ok(())
    }

    fn weak_pin(&self, weak: Weak) -> dto::CommandError {
        let next_step = match weak {
            Weak::NotDigits => phrase!("Choose one of digits alone."),
            Weak::Short => phrase!("Choose one of at least {digits} digits.", digits = pin::DIGITS_MIN as u64),
            Weak::Long => phrase!("Choose one of at most {digits} digits.", digits = pin::DIGITS_MAX as u64),
            Weak::Obvious => phrase!("Choose one that is not among those that everybody tries first."),
        };
        self.error("PIN_WEAK", phrase!("That PIN will not do."), next_step)
    }
}

fn of(passes: Passes) -> By {
    if passes.lock_minutes.is_some() { By::Pin(Arc::new(passes)) } else { By::Name }
}

fn pass<'a>(passes: &'a Passes, id: &str) -> Option<&'a Pass> {
    passes.people.iter().find(|pass| pass.staff_id.as_str() == id)
}

fn verifier<'a>(passes: &'a Passes, id: &str) -> Option<&'a str> {
    pass(passes, id).map(|pass| pass.verifier.as_str())
}

fn tries_text(tries: &BTreeMap<String, u32>) -> Option<String> {
    // A map of counts is always JSON.
    (!tries.is_empty()).then(|| serde_json::to_string(tries).unwrap_or_default())
}

/// What is said where somebody asks something of a desk that is locked.
pub(crate) fn is_locked_phrases() -> (Phrase, Phrase) {
    (phrase!("This desk is locked."), phrase!("Type your PIN to go on."))
}
