//! The desk's token: what shows the service who asks, and where it is had from.

use crate::classify::{Class, Failure};
use crate::reason::Cause;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout};

/// How long a request waits for whoever keeps the token. Shorter than a person takes to unlock a keyring: a later
/// request finds what they did, and until then the desk says what it waits for.
const PATIENCE: Duration = Duration::from_secs(4);
/// A refusal that came at once holds for all who ask about then.
const FRESH: Duration = Duration::from_secs(1);
/// Where somebody was asked for a keyring's password and did not type it, they are left alone for so long.
const ASK_AGAIN: Duration = Duration::from_secs(5 * 60);

/// A desk's token. It is a secret: nothing prints it.
#[derive(Clone)]
pub struct Token(Source);

#[derive(Clone)]
enum Source {
    Known(Arc<str>),
    Kept(Arc<Kept>),
}

struct Kept {
    fetch: Box<dyn Fn() -> Result<String, Cause> + Send + Sync>,
    /// What was fetched, or is being: whoever asks meanwhile waits for the same.
    fetching: Mutex<Option<Fetching>>,
}

#[derive(Clone)]
struct Fetching {
    began: Instant,
    /// What came of it, and when somebody first heard.
    answer: Shared<BoxFuture<'static, (Fetched, Instant)>>,
}

type Fetched = Result<Arc<str>, Cause>;

impl Fetching {
    /// Whether whoever asks now has it fetched once more.
    fn is_over(&self) -> bool {
        match self.answer.clone().now_or_never() {
            None => asks_anew(Came::NotYet, self.began.elapsed()),
            Some((Ok(_), _)) => false,
            Some((Err(_), heard)) if heard < self.began + PATIENCE => asks_anew(Came::RefusedAtOnce, heard.elapsed()),
            Some((Err(_), heard)) => asks_anew(Came::RefusedLater, heard.elapsed()),
        }
    }
}

/// What came of asking whoever keeps the token, where it was not had.
#[derive(Debug, Clone, Copy)]
enum Came {
    /// Nothing, since it was asked. A keyring that was started anew may never answer what the one before it was asked.
    NotYet,
    /// A refusal, before anybody can have been asked for a password.
    RefusedAtOnce,
    /// A refusal by somebody who was asked for one.
    RefusedLater,
}

fn asks_anew(came: Came, since: Duration) -> bool {
    since
        >= match came {
            Came::RefusedAtOnce => FRESH,
            Came::NotYet | Came::RefusedLater => ASK_AGAIN,
        }
}

impl From<String> for Token {
    fn from(token: String) -> Self {
        Self(Source::Known(token.into()))
    }
}

impl Token {
    /// A token that somebody else keeps, the operating system for example. It is fetched before the first request, on a
    /// thread that may wait for as long as it takes, and held in memory from then on. Where it cannot be had, the desk
    /// says why and asks again as it does for a service that cannot be reached.
    pub fn kept(fetch: impl Fn() -> Result<String, Cause> + Send + Sync + 'static) -> Self {
        Self(Source::Kept(Arc::new(Kept { fetch: Box::new(fetch), fetching: Mutex::default() })))
    }

    pub(crate) async fn get(&self) -> Result<Arc<str>, Failure> {
        match &self.0 {
            Source::Known(token) => Ok(Arc::clone(token)),
            Source::Kept(kept) => kept.get().await.map_err(|cause| Failure::new(Class::SignIn, cause)),
        }
    }
}

impl Kept {
    async fn get(self: &Arc<Self>) -> Fetched {
        let answer = {
            let mut slot = self.fetching.lock().unwrap_or_else(PoisonError::into_inner);
            if slot.as_ref().is_some_and(Fetching::is_over) {
                *slot = None;
            }
            slot.get_or_insert_with(|| self.begin()).answer.clone()
        };
        timeout(PATIENCE, answer).await.map_or(Err(Cause::KeyringShut), |(fetched, _)| fetched)
    }

    fn begin(self: &Arc<Self>) -> Fetching {
        let (tell, told) = oneshot::channel();
        let kept = Arc::clone(self);
        // A thread of its own and not one of the runtime's, which could not end before a keyring has answered.
        let fetch = move || tell.send((kept.fetch)().map(Arc::from));
        if let Err(error) = thread::Builder::new().name("keyring".into()).spawn(fetch) {
            tracing::warn!(%error, "no thread for the keyring");
        }
        let answer = told.map(|told| (told.unwrap_or(Err(Cause::KeyringShut)), Instant::now())).boxed().shared();
        Fetching { began: Instant::now(), answer }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::future::join_all;
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::sync::mpsc;

    #[tokio::test]
    async fn f1_a_token_is_fetched_once_for_all_who_ask_and_again_only_where_it_was_not_had() {
        let asked = Arc::new(AtomicU32::new(0));
        let (answer, answers) = mpsc::channel();
        let answers = Mutex::new(answers);
        let token = Token::kept({
            let asked = Arc::clone(&asked);
            move || {
                asked.fetch_add(1, Ordering::Relaxed);
                answers.lock().unwrap().recv().unwrap()
            }
        });
        let ask = |count: usize| join_all((0..count).map(|_| token.get()));
        answer.send(Err(Cause::KeyMissing)).unwrap();
        for refused in ask(5).await {
            let failure = refused.unwrap_err();
            assert_eq!((failure.class, failure.cause), (Class::SignIn, Cause::KeyMissing));
        }
        assert_eq!(asked.load(Ordering::Relaxed), 1);
        answer.send(Ok("secret".into())).unwrap();
        while token.get().await.is_err() {
            tokio::task::yield_now().await;
        }
        for _ in 0..2 {
            assert!(ask(5).await.into_iter().all(|token| &*token.unwrap() == "secret"));
        }
        assert_eq!(asked.load(Ordering::Relaxed), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn f1_a_keyring_that_nobody_unlocks_is_told_and_asked_once_and_found_when_somebody_does() {
        let asked = Arc::new(AtomicU32::new(0));
        let (unlock, unlocked) = mpsc::channel();
        let unlocked = Mutex::new(unlocked);
        let token = Token::kept({
            let asked = Arc::clone(&asked);
            move || {
                asked.fetch_add(1, Ordering::Relaxed);
                unlocked.lock().unwrap().recv().unwrap()
            }
        });
        for _ in 0..3 {
            let failure = token.get().await.unwrap_err();
            assert_eq!((failure.class, failure.cause), (Class::SignIn, Cause::KeyringShut));
        }
        unlock.send(Ok("secret".into())).unwrap();
        // Real time: the answer comes from a thread that the paused clock knows nothing of.
        tokio::time::resume();
        assert_eq!(&*token.get().await.unwrap(), "secret");
        assert_eq!(asked.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn f1_somebody_who_sent_the_keyrings_question_away_is_left_alone_for_a_while() {
        let (at_once, a_minute, long) = (Duration::ZERO, Duration::from_secs(60), ASK_AGAIN);
        let table = [
            (Came::RefusedAtOnce, at_once, false),
            (Came::RefusedAtOnce, FRESH, true),
            (Came::RefusedLater, a_minute, false),
            (Came::RefusedLater, long, true),
            (Came::NotYet, a_minute, false),
            (Came::NotYet, long, true),
        ];
        for (came, since, anew) in table {
            assert_eq!(asks_anew(came, since), anew, "{came:?} {since:?}");
        }
    }
}
