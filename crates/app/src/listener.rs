//! Telling a window that something changed: the first change at once, later ones gathered for one frame.

use crate::dto::{ChangeKind, Notice};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};
use turndown_offline::Sort;

/// One frame at 60 Hz.
const FRAME: Duration = Duration::from_millis(16);

/// A window's ear. Each call of [`Listener::next`] answers with one notice.
pub struct Listener {
    notices: watch::Receiver<turndown_offline::Notice>,
    heard: Option<BTreeMap<Sort, u64>>,
    quiet_until: Instant,
}

impl Listener {
    pub(crate) fn new(notices: watch::Receiver<turndown_offline::Notice>) -> Self {
        Self { notices, heard: None, quiet_until: Instant::now() }
    }

    /// The next notice: at once the first time, then whenever something changed; `None` when the app ends.
    pub async fn next(&mut self) -> Option<Notice> {
        if self.heard.is_some() {
            self.notices.changed().await.ok()?;
            // Whatever changes while the frame lasts is in the same notice.
            sleep_until(self.quiet_until).await;
        }
        self.quiet_until = Instant::now() + FRAME;
        let newest = self.notices.borrow_and_update().clone();
        let kinds = match &self.heard {
            None => vec![ChangeKind::Rooms, ChangeKind::Outbox, ChangeKind::Status, ChangeKind::Session],
            Some(heard) => newest
                .changed
                .iter()
                .filter(|(sort, at)| heard.get(sort) != Some(at))
                .map(|(sort, _)| match sort {
                    Sort::Entities => ChangeKind::Rooms,
                    Sort::Outbox => ChangeKind::Outbox,
                    Sort::Status => ChangeKind::Status,
                    Sort::Reference => ChangeKind::Session,
                })
                .collect(),
        };
        self.heard = Some(newest.changed);
        Some(Notice { revision: newest.revision, kinds })
    }
}
