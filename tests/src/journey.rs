//! The usual beginning of a journey: a service with a day, a network, a desk that has moved in.

use crate::{Desk, Hotel, Relay, Service, check};
use turndown_app::dto::{OutboxFilter, Tile};
use turndown_domain::{Action, TaskId, TaskStatus};

/// A service, the network before it, and a desk behind that.
pub struct Journey {
    // In this order, so that the desk goes first and nobody logs into nothing.
    /// The desk.
    pub desk: Desk,
    /// The network.
    pub relay: Relay,
    /// The service.
    pub service: Service,
}

impl Journey {
    /// With the small house.
    #[must_use]
    pub fn small() -> Self {
        Self::with(Service::small())
    }

    /// With the sample hotel.
    #[must_use]
    pub fn sample() -> Self {
        Self::with(Service::start(&Hotel::sample()))
    }

    /// With this service.
    #[must_use]
    pub fn with(service: Service) -> Self {
        let relay = Relay::to(service.address());
        let mut desk = Desk::start();
        desk.move_in(&relay.url(), &service.code());
        desk.wait_online();
        desk.wait_drained();
        Self { desk, relay, service }
    }

    /// Cuts the network and waits until the desk knows.
    pub fn outage(&mut self) {
        self.relay.cut();
        self.desk.wait_not_online();
    }

    /// Tasks that can be started, in the board's order. Each in a room of its own.
    pub fn workable(&mut self) -> Vec<Tile> {
        workable(&mut self.desk)
    }

    /// Everything is sent; both sides hold the same, once and in order; the desk's files agree among themselves.
    pub fn all_is_well(&mut self) {
        self.desk.wait_drained();
        let ledger = self.desk.sync().ledger;
        let attention = self.desk.outbox(OutboxFilter::Attention);
        assert!(ledger.balanced && ledger.attention == 0 && attention.is_empty(), "{ledger:?}: {attention:#?}");
        let mut api = self.service.api();
        check::sent_once_and_in_order(&mut self.desk, &mut api);
        check::same_rooms(&mut self.desk, &mut api);
        check::database_agrees(self.desk.folder());
        check::rows_are_mirror_and_lane(self.desk.folder());
        self.service.verify_audit();
    }
}

/// Tasks that a desk's board says can be started, in its order. Each in a room of its own.
pub fn workable(desk: &mut Desk) -> Vec<Tile> {
    let mut tiles: Vec<Tile> = desk
        .board()
        .into_iter()
        .filter(|tile| tile.status == TaskStatus::Ready && tile.cannot_work.is_none() && tile.kind.cleans())
        .collect();
    tiles.sort_by(|a, b| (a.standing.rank, &a.number, &a.task_id).cmp(&(b.standing.rank, &b.number, &b.task_id)));
    let mut rooms = std::collections::BTreeSet::new();
    tiles.retain(|tile| rooms.insert(tile.room_id.clone()));
    tiles
}

/// Start, complete: the shortest useful work.
pub fn start(task: &TaskId) -> Action {
    Action::Start { task: task.clone() }
}

/// The work is done.
pub fn complete(task: &TaskId) -> Action {
    Action::Complete { task: task.clone() }
}

impl Journey {
    /// Another desk of the same house, straight at the service.
    pub fn another_desk(&mut self) -> Desk {
        let mut desk = Desk::start();
        desk.move_in(&self.service.url(), &self.service.code());
        desk.wait_drained();
        desk
    }
}
