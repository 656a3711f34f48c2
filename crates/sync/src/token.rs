//! The desk's token: what shows the service who asks, and where it is had from.

use crate::classify::{Class, Failure};
use crate::reason::Cause;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::timeout;

/// How long a request waits for whoever keeps the token. Shorter than a person takes to unlock a keyring: a later
/// request finds what they did, and until then the desk says what it waits for.
const PATIENCE: Duration = Duration::from_secs(4);

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

type Fetching = Shared<BoxFuture<'static, Result<Arc<str>, Cause>>>;

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
    async fn get(self: &Arc<Self>) -> Result<Arc<str>, Cause> {
        let fetching = self.fetching().get_or_insert_with(|| self.begin()).clone();
        let fetched = timeout(PATIENCE, fetching.clone()).await.unwrap_or(Err(Cause::KeyringShut));
        if fetched.is_err() && fetching.peek().is_some() {
            // The next request asks anew, unless one has begun to.
            self.fetching().take_if(|now| now.ptr_eq(&fetching));
        }
        fetched
    }

    fn begin(self: &Arc<Self>) -> Fetching {
        let (tell, told) = oneshot::channel();
        let kept = Arc::clone(self);
        // A thread of its own and not one of the runtime's, which could not end before a keyring has answered.
        let begun =
            thread::Builder::new().name("keyring".into()).spawn(move || tell.send((kept.fetch)().map(Arc::from)));
        if let Err(error) = begun {
            tracing::warn!(%error, "no thread for the keyring");
        }
        told.map(|told| told.unwrap_or(Err(Cause::KeyringShut))).boxed().shared()
    }

    fn fetching(&self) -> std::sync::MutexGuard<'_, Option<Fetching>> {
        self.fetching.lock().unwrap_or_else(PoisonError::into_inner)
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
}
