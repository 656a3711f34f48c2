//! How the app ends: closing the last window, `quit`, a signal (desktops send SIGTERM at logout) and Ctrl-C in a
//! terminal all take the same way. What is running gets a moment to finish, then the process goes.
//!
//! Nothing depends on that moment: what the screen called saved is on disk already, and a process that is killed loses
//! nothing. It only saves the next start some looking.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    time::Duration,
};

use tauri::{AppHandle, Runtime};

/// How long the end may take before the process goes regardless.
const DRAIN_MAX: Duration = Duration::from_secs(2);

const RUNNING: u8 = 0;
const DRAINING: u8 = 1;
const DRAINED: u8 = 2;

/// Where the app is on its way out.
#[derive(Debug, Default, Clone)]
pub struct Lifecycle(Arc<AtomicU8>);

/// What to do about a wish to exit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Stay, and begin to drain.
    Drain,
    /// Stay: draining has begun.
    Wait,
    /// Go.
    Go,
}

impl Lifecycle {
    /// Something wants the app to end. Only the first wish begins the draining; no later one cuts it short.
    pub fn exit_wanted(&self) -> Exit {
        match self.0.compare_exchange(RUNNING, DRAINING, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => Exit::Drain,
            Err(DRAINING) => Exit::Wait,
            Err(_) => Exit::Go,
        }
    }

    /// Runs `work` for as long as it may take; afterwards every wish to exit is granted.
    pub async fn drain(&self, work: impl Future<Output = ()>) {
        if tokio::time::timeout(DRAIN_MAX, work).await.is_err() {
            tracing::warn!(after = ?DRAIN_MAX, "not everything finished before the exit; nothing recorded is lost");
        }
        self.0.store(DRAINED, Ordering::Release);
    }
}

/// Turns the signals that ask a process to end into an orderly exit. Without this a SIGTERM ends the process unheard.
pub async fn exit_on_signal<R: Runtime>(app: AppHandle<R>) {
    let signal = wait_for_signal().await;
    match signal {
        Ok(name) => {
            tracing::info!(signal = name, "asked to end");
            app.exit(0);
        }
        Err(error) => tracing::warn!(%error, "signals cannot be heard; one will end the app at once"),
    }
}

#[cfg(unix)]
async fn wait_for_signal() -> std::io::Result<&'static str> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    Ok(tokio::select! {
        _ = terminate.recv() => "SIGTERM",
        _ = interrupt.recv() => "SIGINT",
        _ = hang_up.recv() => "SIGHUP",
    })
}

#[cfg(not(unix))]
async fn wait_for_signal() -> std::io::Result<&'static str> {
    tokio::signal::ctrl_c().await.map(|()| "Ctrl-C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_first_wish_drains_the_next_wait_and_then_it_goes() {
        let lifecycle = Lifecycle::default();
        assert_eq!(lifecycle.exit_wanted(), Exit::Drain);
        assert_eq!(lifecycle.exit_wanted(), Exit::Wait, "a second signal must not cut the first one's work short");
        let mut worked = false;
        lifecycle.drain(async { worked = true }).await;
        assert!(worked);
        assert_eq!(lifecycle.exit_wanted(), Exit::Go);
    }

    #[tokio::test(start_paused = true)]
    async fn what_never_finishes_does_not_keep_the_app() {
        let lifecycle = Lifecycle::default();
        assert_eq!(lifecycle.exit_wanted(), Exit::Drain);
        lifecycle.drain(std::future::pending()).await;
        assert_eq!(lifecycle.exit_wanted(), Exit::Go);
    }
}
