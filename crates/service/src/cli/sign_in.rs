//! How people of a hotel say who they are: by name, or by name and PIN.

use super::{Db, Which, on_server, say};
use crate::env::Environment;
use crate::startup::Refusal;
use crate::store::sqlite::Admin;
use crate::store::{SignIn, SignInChange, StaffPin};
use clap::{Args, ValueEnum};
use turndown_domain::pin;
use turndown_protocol::ActorId;

/// How people say who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum By {
    /// They choose their name; nobody has to prove it, and everybody may do everything.
    Name,
    /// They choose their name and type their PIN; roles are judged, and desks lock.
    Pin,
}

#[derive(Debug, Args)]
pub(super) struct SignInArgs {
    #[command(flatten)]
    db: Db,
    /// Which property; may be left out where there is one.
    #[arg(long)]
    property: Option<String>,
    /// How people say who they are from now on.
    #[arg(long, value_enum)]
    by: By,
    /// After how many minutes without a touch a desk locks.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=15), value_name = "MINUTES")]
    lock_after: u32,
}

#[derive(Debug, Args)]
pub(super) struct PinArgs {
    #[command(flatten)]
    db: Db,
    /// Which property; may be left out where there is one.
    #[arg(long)]
    property: Option<String>,
    #[command(flatten)]
    who: Who,
    /// Take the PIN away instead: this person signs in no more, and what they do from now on waits for a manager.
    #[arg(long, conflicts_with = "everybody")]
    take_away: bool,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Who {
    /// The person's id.
    #[arg(long, value_name = "ID")]
    staff: Option<String>,
    /// Everybody who has none yet.
    #[arg(long)]
    everybody: bool,
}

/// Reads how people of a hotel sign in.
fn read(db: &Db, property: Option<&str>) -> Result<SignIn, Refusal> {
    match db.which()? {
        Which::File(files) => Admin::beside(files)?.sign_in(property),
        Which::Server(server) => on_server(server, async |admin| admin.sign_in(property).await),
    }
}

fn change(env: &dyn Environment, db: &Db, property: Option<&str>, change: &SignInChange) -> Result<(), Refusal> {
    match db.which()? {
        Which::File(files) => Admin::beside(files)?.change_sign_in(env, property, change),
        Which::Server(server) => on_server(server, async |admin| admin.change_sign_in(env, property, change).await),
    }
}

fn is_managers(now: &SignIn, pin: &StaffPin) -> bool {
    let person = now.book.staff.iter().find(|person| person.id.0 == pin.staff_id.as_str());
    person.is_some_and(|person| person.role == turndown_domain::Role::Manager)
}

pub(super) fn sign_in(env: &dyn Environment, args: &SignInArgs) -> Result<(), Refusal> {
    let property = args.property.as_deref();
    if args.by == By::Name {
        change(env, &args.db, property, &SignInChange::LockMinutes(None))?;
        return say("People say their name from now on, and need no PIN.");
    }
    let now = read(&args.db, property)?;
    if !now.pins.iter().any(|pin| is_managers(&now, pin)) {
        return Err(Refusal::Input(
            "No manager has a PIN yet, so that nobody could decide what waits. Give PINs first, with: turndown-service pin --everybody"
                .into(),
        ));
    }
    change(env, &args.db, property, &SignInChange::LockMinutes(Some(args.lock_after)))?;
    say(&format!("People sign in by PIN from now on. A desk locks after {} minutes without a touch.", args.lock_after))
}

pub(super) fn pin(env: &dyn Environment, args: &PinArgs) -> Result<(), Refusal> {
    let property = args.property.as_deref();
    let now = read(&args.db, property)?;
    if let (Some(id), true) = (&args.who.staff, args.take_away) {
        let (theirs, others): (Vec<_>, Vec<_>) = now.pins.iter().partition(|pin| pin.staff_id.as_str() == id);
        let Some(pin) = theirs.first() else {
            return Err(Refusal::Input(format!("{id} has no PIN.")));
        };
        if now.lock_minutes.is_some() && !others.into_iter().any(|pin| is_managers(&now, pin)) {
            return Err(Refusal::Input(format!(
                "No manager would have a PIN without {id}, so that nobody could decide what waits. Give another manager one first, with: turndown-service pin --staff ID"
            )));
        }
        change(env, &args.db, property, &SignInChange::TakeAway(pin.staff_id.clone()))?;
        return say(&format!("{id} has no PIN any more. Desks hear of it when they next reach the service."));
    }
    let has = |id: &str| now.pins.iter().any(|pin| pin.staff_id.as_str() == id);
    let people: Vec<_> = match &args.who.staff {
        Some(id) => now.book.staff.iter().filter(|person| person.id.0 == *id).collect(),
        None => now.book.staff.iter().filter(|person| !has(&person.id.0)).collect(),
    };
    if people.is_empty() {
        return match &args.who.staff {
            Some(id) => {
                let all: Vec<&str> = now.book.staff.iter().map(|person| person.id.0.as_str()).collect();
                Err(Refusal::Input(format!("Nobody here is {id}. There are: {}.", all.join(", "))))
            }
            None => say("Everybody has a PIN."),
        };
    }
    let (mut pins, mut lines) = (vec![], vec![]);
    for person in people {
        let refuse = |what: &str| Refusal::Input(format!("No PIN can be made for {}: {what}.", person.id.0));
        let new = new_pin(env);
        let mut salt = [0; pin::SALT_BYTES];
        env.fill_random(&mut salt);
        let staff_id = ActorId::parse(person.id.0.clone()).map_err(|error| refuse(&error.to_string()))?;
        let verifier = pin::seal(&new, salt).ok_or_else(|| refuse("there is not enough memory"))?;
        pins.push(StaffPin { staff_id, verifier, temporary: true });
        lines.push(format!("{new}  {}  {}", person.id.0, person.name));
    }
    change(env, &args.db, property, &SignInChange::Give(pins))?;
    lines.iter().try_for_each(|line| say(line))?;
    say("These are shown this one time. Whoever signs in with one is asked for a PIN of their own.")
}

/// Six digits by chance that are not among those that everybody tries first.
fn new_pin(env: &dyn Environment) -> String {
    loop {
        let pin = format!("{:06}", env.random_u128() % 1_000_000);
        if pin::check(&pin).is_ok() {
            return pin;
        }
    }
}
