//! Telling each page that something changed. A page subscribes once; it is told the present revision at once and every
//! later one, gathered by `turndown_app::Listener`. What changed it asks for itself.
//!
//! A channel and not an event, because an event that is sent before the page listens is lost. A page that is loaded
//! again subscribes again, and its old subscription ends.

use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use tauri::{
    async_runtime::{JoinHandle, spawn},
    ipc::Channel,
};
use turndown_app::{
    App,
    dto::{ChangeKind, Notice},
};

/// The subscriptions that run, by the window's label.
#[derive(Default)]
pub struct Feed(Mutex<BTreeMap<String, JoinHandle<()>>>);

impl Feed {
    /// Tells `page`, which stands in the window `label`, of every change from now on.
    pub fn subscribe(&self, label: &str, app: &App, page: Channel<Notice>) {
        let listener = app.listen();
        let task = spawn(async move {
            let Some(mut listener) = listener else {
                // The database cannot be used, so nothing will change; the page still waits for its first message.
                let kinds = vec![ChangeKind::Rooms, ChangeKind::Outbox, ChangeKind::Status, ChangeKind::Session];
                let _ = page.send(Notice { revision: 0, kinds });
                return;
            };
            while let Some(notice) = listener.next().await {
                if page.send(notice).is_err() {
                    return;
                }
            }
        });
        self.replace(label, Some(task));
    }

    /// The window is gone.
    pub fn forget(&self, label: &str) {
        self.replace(label, None);
    }

    fn replace(&self, label: &str, task: Option<JoinHandle<()>>) {
        // A thread that panicked here left the map whole: each change is one call.
        let mut tasks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = match task {
            Some(task) => tasks.insert(label.to_owned(), task),
            None => tasks.remove(label),
        };
        if let Some(before) = before {
            before.abort();
        }
    }
}
