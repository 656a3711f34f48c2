//! How people show who they are at this desk, and when it locks.
//!
//! The hotel's service says whether a name is enough or a PIN is asked for, and signs what PINs are held against
//! ([`Passes`]); a desk keeps that and needs no service to let somebody in. Nothing here ever keeps work from being
//! recorded: on a pass that has run out, or where the desk has lost its passes, people go on working, and what they
//! record says so, so that the service holds it for somebody with a pass.

use crate::app::{Answer, App};
use crate::connection::Connection;
use crate::dto::{self, Person};
use crate::{errors, views};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use tokio::time::Instant;
use turndown_desk::DeskAction;
use turndown_domain::pin::{self, Weak};
use turndown_domain::{PropertyBook, Role, role};
use turndown_offline::Sort;
use turndown_phrase::{Phrase, phrase};
use turndown_protocol::{ActorId, Authority, ChangePin, EventId, Pass, Passes, SignedPasses};
use turndown_sync::{LinkState, check};

/// The fact that names who is working.
const PERSON: &str = "person";
/// The fact that holds the passes as the service signed them.
const PASSES: &str = "passes";
/// The fact that holds how often each person's PIN was tried in vain.
const TRIES: &str = "pin_tries";
/// Tries before one has to wait.
const FREE_TRIES: u32 = 5;
/// How long one waits before the sixth try, and each after it; the last one holds for all that follow.
const WAITS: [Duration; 4] =
    [Duration::from_secs(30), Duration::from_secs(60), Duration::from_secs(5 * 60), Duration::from_secs(15 * 60)];
/// After so many, only a new PIN or a manager opens. A manager's own PIN goes on waiting instead: a hotel without its
/// service would have nobody left to open anything.
const TRIES_MAX: u32 = 10;
/// How often a desk that is connected asks for its passes anew: by then it has heard that somebody left.
const ASK_EVERY: Duration = Duration::from_secs(10 * 60);
/// How soon it asks again where the asking failed; twice as long after each further failure, up to the time above.
const ASK_AGAIN: Duration = Duration::from_secs(30);
/// How often a desk looks whether it was left alone.
const LOOK_EVERY: Duration = Duration::from_secs(5);
/// How long before it locks by itself a desk says so.
const WARN_BEFORE: Duration = Duration::from_secs(30);

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
    /// Whether somebody has said who they are since the desk started.
    said: bool,
    /// When somebody last touched the desk, by the time that a computer is awake and by its clock: one that slept has
    /// been left alone too.
    touched: (Instant, DateTime<Utc>),
    /// When each person's PIN was last tried in vain. Before this program's start nothing is known: they wait anew.
    tried: BTreeMap<String, Instant>,
    began: Instant,
    /// When the service last sent passes to this run of the program.
    fetched: Option<Instant>,
}

impl Door {
    pub(crate) fn new(now: DateTime<Utc>) -> Self {
        let began = Instant::now();
        Self {
            by: By::Name,
            locked: false,
            said: false,
            touched: (began, now),
            tried: BTreeMap::new(),
            began,
            fetched: None,
        }
    }

    /// How long until the desk locks by itself; none where it does not.
    fn left(&self, now: DateTime<Utc>) -> Option<Duration> {
        let By::Pin(passes) = &self.by else { return None };
        let limit = Duration::from_secs(60 * u64::from(passes.lock_minutes.unwrap_or_default()));
        let (awake, at) = self.touched;
        let alone = awake.elapsed().max((now - at).to_std().unwrap_or_default());
        Some(limit.saturating_sub(alone))
    }

    fn is_locked(&self, now: DateTime<Utc>) -> bool {
        self.locked || self.left(now).is_some_and(|left| left.is_zero())
    }

    fn locks_soon(&self, now: DateTime<Utc>) -> bool {
        !self.is_locked(now) && self.left(now).is_some_and(|left| left <= WARN_BEFORE)
    }
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
        let now = self.now();
        self.door(|door| door.is_locked(now))
    }

    /// Takes up what is kept when the desk starts: it is locked then, where people sign in by PIN. Passes that cannot be
    /// read are as good as lost until the service sends them again; nobody is forgotten for a disk that failed once.
    pub(crate) fn take_up_passes(&self, connection: Option<&Connection>) {
        let by = self.kept_passes(connection).unwrap_or(By::Lost);
        let locked = matches!(by, By::Pin(_));
        self.door(|door| (door.by, door.locked) = (by, locked));
    }

    fn kept_passes(&self, connection: Option<&Connection>) -> Answer<By> {
        let key = connection.and_then(|connection| connection.signing_key.as_deref());
        let kept = self.check(self.whatever_is_locked()?.engine().fact(PASSES))?;
        // Neither the one nor the other: no service has said yet how people sign in here.
        if key.is_none() && kept.is_none() {
            return Ok(By::Name);
        }
        let signed = kept.and_then(|kept| serde_json::from_str::<SignedPasses>(&kept).ok());
        let passes = signed
            .as_ref()
            .zip(connection.zip(key))
            .and_then(|(signed, (connection, key))| check::passes_for(signed, key, connection.whose()));
        let Some(passes) = passes else {
            // That no PIN was asked for is believed without proof: whoever can write that can also take all of it away.
            let unproven = signed.and_then(|signed| serde_json::from_str::<Passes>(&signed.passes).ok());
            if unproven.is_some_and(|passes| passes.lock_minutes.is_none()) {
                return Ok(By::Name);
            }
            tracing::warn!("the passes of this desk are gone or are not what the service signed");
            return Ok(By::Lost);
        };
        Ok(of(passes))
    }

    /// Asks for the passes as long as the link lives: when the service is reached, and every few minutes.
    pub(crate) fn ask_for_passes(&self) {
        let app = Arc::downgrade(&self.0);
        let Some(mut status) = self.linked().map(|linked| linked.sync.status()) else { return };
        tokio::spawn(async move {
            let mut again = ASK_AGAIN;
            loop {
                if status.wait_for(|status| status.state == LinkState::Online).await.is_err() {
                    return;
                }
                let Some(inner) = app.upgrade() else { return };
                let asked = App(inner).fetch_passes().await;
                let pause = if asked.is_ok() { ASK_EVERY } else { again };
                again = if asked.is_ok() { ASK_AGAIN } else { (again * 2).min(ASK_EVERY) };
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
        self.take_passes(signed, key).await
    }

    /// Keeps passes on disk, which takes a thread that may wait.
    async fn take_passes(&self, signed: SignedPasses, signing_key: String) -> Result<(), ()> {
        let app = self.clone();
        tokio::task::spawn_blocking(move || app.keep_passes(&signed, signing_key)).await.map_err(drop)?
    }

    /// Keeps passes that the service has just sent, where they are for this desk and none that came later are kept.
    fn keep_passes(&self, signed: &SignedPasses, signing_key: String) -> Result<(), ()> {
        let _nobody_signs_in_meanwhile = self.0.trying.lock().unwrap_or_else(PoisonError::into_inner);
        let linked = self.linked().ok_or(())?;
        let Some(passes) = check::passes_for(signed, &signing_key, linked.connection.whose()) else {
            tracing::warn!("the service sent passes that are not signed for this desk");
            return Err(());
        };
        let before = self.by();
        if let By::Pin(before) = &before
            && time(&before.issued_at) > time(&passes.issued_at)
        {
            // An answer that took longer than the one behind it.
            return Ok(());
        }
        let desk = self.whatever_is_locked().map_err(drop)?;
        let gone = |error: &dyn std::fmt::Display| tracing::warn!(%error, "the passes could not be kept");
        let text = serde_json::to_string(signed).map_err(|error| gone(&error))?;
        let mut facts = vec![(PASSES, Some(text))];
        facts.extend(self.forgiven(&passes).map_err(drop)?.map(|tries| (TRIES, tries)));
        // The key first: passes without it open nothing.
        self.keep_signing_key(signing_key);
        desk.engine().set_facts(facts).map_err(|error| gone(&error))?;
        let by = of(passes);
        let changed = match (&before, &by) {
            (By::Name, By::Name) => false,
            (By::Pin(before), By::Pin(now)) => before.people != now.people || before.lock_minutes != now.lock_minutes,
            _ => true,
        };
        let working = self.person_id().map_err(drop)?;
        self.door(|door| {
            door.locked = match (&before, &by) {
                // Whoever is working goes on while they have a pass.
                (By::Pin(_), By::Pin(now)) => door.locked || working.is_none_or(|id| pass(now, &id).is_none()),
                // Where a name was enough until now, people show who they are.
                (_, By::Pin(_)) => true,
                _ => false,
            };
            door.by = by;
            door.fetched = Some(Instant::now());
        });
        if changed {
            desk.engine().announce(Sort::Reference);
        }
        Ok(())
    }

    /// Keeps the service's key where it was not known, or is another one by now.
    fn keep_signing_key(&self, key: String) {
        let kept = self.change_connection(|connection| {
            if connection.signing_key.as_ref() == Some(&key) {
                return false;
            }
            if connection.signing_key.is_some() {
                tracing::warn!("the service signs with another key than before");
            }
            connection.signing_key = Some(key);
            true
        });
        if let Err(error) = kept {
            errors::logged("connection", &error);
        }
    }

    /// The tries without those of people who have another PIN now; none where nothing changes.
    fn forgiven(&self, now: &Passes) -> Answer<Option<Option<String>>> {
        let By::Pin(before) = self.by() else { return Ok(None) };
        let mut tries = self.tries()?;
        let count = tries.len();
        tries.retain(|id, _| verifier(&before, id) == verifier(now, id));
        Ok((tries.len() != count).then(|| tries_text(&tries)))
    }

    fn tries(&self) -> Answer<BTreeMap<String, u32>> {
        let kept = self.check(self.whatever_is_locked()?.engine().fact(TRIES))?;
        Ok(kept.and_then(|kept| serde_json::from_str(&kept).ok()).unwrap_or_default())
    }

    // --- who is working --------------------------------------------------------------------------------------

    fn person_id(&self) -> Answer<Option<String>> {
        let desk = self.whatever_is_locked()?;
        // Where the passes are lost nobody is working who has not said so since: whoever was has not shown who they are.
        if self.door(|door| matches!(door.by, By::Lost) && !door.said) {
            return Ok(None);
        }
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
    pub(crate) fn refuse_unless_may(&self, action: &str, args: &Value) -> Answer<()> {
        let (Some(role), Some(who)) = (self.role()?, self.person_id()?) else { return Ok(()) };
        let undone = match args.get("event").and_then(Value::as_str).and_then(|id| EventId::parse(id).ok()) {
            Some(id) => self.check(self.whatever_is_locked()?.engine().recorded(&id))?.map(|sealed| sealed.event),
            None => None,
        };
        if role::duty(&who, action, args, undone.as_ref()).is_none_or(|duty| role::may(role, duty)) {
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
                // A clock that was set back is not believed further back than what the service wrote, and one that runs
                // ahead not at all while the service itself goes on sending passes.
                let just_sent = self.door(|door| door.fetched.is_some_and(|at| at.elapsed() < 2 * ASK_EVERY));
                let now = time(&passes.issued_at).max(Some(self.now()));
                (!just_sent && now > time(&passes.holds_until)).then_some(Authority::ExpiredPass)
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
        let now = self.now();
        Ok(dto::SignIn {
            by_pin: true,
            lock_minutes: passes.lock_minutes,
            temporary: id.and_then(|id| pass(&passes, &id).map(|pass| pass.temporary)).unwrap_or_default(),
            lacks,
            may_not: self.role()?.map(|role| role::may_not(role).map(str::to_owned).collect()).unwrap_or_default(),
            locks_soon: self.door(|door| door.locks_soon(now)),
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
        let is_manager = pass.role == json!(Role::Manager);
        let mut tries = self.tries()?;
        let before = tries.get(id).copied().unwrap_or_default();
        self.refuse_too_many(id, before, is_manager)?;
        tries.insert(id.to_owned(), before + 1);
        // Noted in memory first: a second try at the same moment waits even while the disk takes its time.
        self.door(|door| door.tried.insert(id.to_owned(), Instant::now()));
        self.check(desk.engine().set_facts(vec![(TRIES, tries_text(&tries))]))?;
        if !pin::opens(&pin::plain(typed), &pass.verifier) {
            return Err(self.wrong_pin(before + 1, is_manager));
        }
        // It is theirs: what may still be refused, on a full disk say, is no wrong try.
        tries.remove(id);
        // A manager who is here vouches for those who mistyped.
        if is_manager {
            tries.clear();
        }
        self.check(desk.engine().set_facts(vec![(TRIES, tries_text(&tries))]))?;
        let was_working = self.person_id()?.as_deref() == Some(id);
        match self.begin_work(id, json!({ "by": "pin", "pass_of": passes.issued_at })) {
            // Whoever was working sees what waits and why, where nothing more can be recorded.
            Err(error) if was_working => tracing::warn!(code = error.code, "a desk was opened without a record of it"),
            begun => begun?,
        }
        let now = (Instant::now(), self.now());
        self.door(|door| {
            door.locked = false;
            door.touched = now;
            door.tried.retain(|id, _| tries.contains_key(id));
        });
        desk.engine().announce(Sort::Reference);
        Ok(())
    }

    fn refuse_too_many(&self, id: &str, before: u32, is_manager: bool) -> Answer<()> {
        if before >= TRIES_MAX && !is_manager {
            return Err(self.error(
                "PIN_LOCKED",
                phrase!("This PIN was mistyped too often and is locked at this desk."),
                phrase!("A manager who signs in here opens it, or the hotel's IT gives a new one."),
            ));
        }
        let Some(over) = before.checked_sub(FREE_TRIES) else { return Ok(()) };
        let wait = WAITS[(over as usize).min(WAITS.len() - 1)];
        let since = self.door(|door| door.tried.get(id).copied().unwrap_or(door.began).elapsed());
        let left = wait.saturating_sub(since);
        if left.is_zero() {
            return Ok(());
        }
        let (tries, seconds) = (u64::from(before), left.as_secs() + 1);
        let message = match seconds.div_ceil(60) {
            0..2 => phrase!(
                "This PIN was mistyped {tries} times. The next try is in {seconds, plural, one {# second} other {# seconds}}.",
                tries,
                seconds
            ),
            minutes => phrase!(
                "This PIN was mistyped {tries} times. The next try is in {minutes, plural, one {# minute} other {# minutes}}.",
                tries,
                minutes
            ),
        };
        Err(self.error("PIN_WAIT", message, phrase!("Wait. A manager who signs in here ends the waiting.")))
    }

    fn wrong_pin(&self, tries: u32, is_manager: bool) -> dto::CommandError {
        let message = phrase!("That is not the PIN.");
        let next_step = match FREE_TRIES.checked_sub(tries).filter(|left| *left > 0) {
            Some(left) => phrase!(
                "Type it again. {left, plural, one {One more try} other {# more tries}} before you have to wait.",
                left = u64::from(left)
            ),
            None if tries >= TRIES_MAX && !is_manager => {
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
        self.door(|door| door.said = true);
        desk.engine().announce(Sort::Reference);
        Ok(())
    }

    /// Nobody is working from now on, and a PIN opens the desk where one is asked for. What waits is still sent.
    ///
    /// # Errors
    /// When the desk is locked or the database refused.
    pub fn sign_out(&self) -> Answer<()> {
        let desk = self.desk()?;
        if let Some(actor) = self.person_id()?.and_then(|id| ActorId::parse(id).ok()) {
            self.acted(desk.note_desk(self.new_event_id(), actor, DeskAction::SignOut, json!({})))?;
        }
        self.check(desk.engine().set_facts(vec![(PERSON, None)]))?;
        self.door(|door| door.locked = matches!(door.by, By::Pin(_)));
        desk.engine().announce(Sort::Reference);
        Ok(())
    }

    // --- the lock --------------------------------------------------------------------------------------------

    /// Locks the desk, where people sign in by PIN. Work goes on being sent.
    ///
    /// # Errors
    /// When the database cannot be used.
    pub fn lock(&self) -> Answer<()> {
        let desk = self.whatever_is_locked()?;
        self.door(|door| door.locked |= matches!(door.by, By::Pin(_)));
        desk.engine().announce(Sort::Reference);
        Ok(())
    }

    /// Somebody touches the desk. Where it was left alone for too long, that comes too late.
    pub fn still_here(&self) {
        let now = self.now();
        let warned = self.door(|door| {
            let warned = door.locks_soon(now);
            if !door.is_locked(now) {
                door.touched = (Instant::now(), now);
            }
            warned
        });
        if warned && let Ok(desk) = self.whatever_is_locked() {
            desk.engine().announce(Sort::Reference);
        }
    }

    /// Tells the screens when the desk is about to lock by itself, and when it has.
    pub(crate) fn lock_when_left(&self) {
        let app = Arc::downgrade(&self.0);
        tokio::spawn(async move {
            let mut told = (false, false);
            loop {
                tokio::time::sleep(LOOK_EVERY).await;
                let Some(inner) = app.upgrade() else { return };
                let app = App(inner);
                let now = app.now();
                let seen = app.door(|door| {
                    door.locked = door.is_locked(now);
                    (door.locked, door.locks_soon(now))
                });
                if seen != told
                    && let Ok(desk) = app.whatever_is_locked()
                {
                    desk.engine().announce(Sort::Reference);
                }
                told = seen;
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
        let kept = match self.linked().and_then(|linked| linked.connection.signing_key) {
            Some(key) => self.take_passes(signed, key).await,
            None => Err(()),
        };
        if kept.is_err() {
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

fn time(text: &str) -> Option<DateTime<Utc>> {
    text.parse().ok()
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
