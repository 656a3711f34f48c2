//! The desks: the product's engine and link, each with a database of its own on the disk.

use super::{Load, ROOMS};
use crate::house;
use crate::times::Times;
use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use turndown_desk::Desk;
use turndown_offline::Hands;
use turndown_service::env::SystemEnvironment;
use turndown_service::store::postgres::{Admin, Server};
use turndown_sync::{LinkState, Sync, SyncConfig};

/// Desks that come in, or record, at once: more would only wait for the processors.
const AT_ONCE: usize = 8;

/// One desk of a hotel.
struct Place {
    desk: Desk,
    config: SyncConfig,
    token: String,
    /// The rooms that nobody else of the hotel touches: what is measured is no conflicts.
    rooms: Range<usize>,
    recorded: usize,
    link: Option<Arc<Sync>>,
}

/// All desks.
pub struct Desks {
    places: Vec<Place>,
    /// How many events were acknowledged when they were last held against the trail.
    pub accounted: usize,
}

impl Desks {
    /// Lets each desk in with a code, as a person does, and loads its hotel.
    pub async fn open(load: &Load, folder: &Path, hotels: &[String], url: &str) -> Self {
        let admin = Admin::beside(Server::parse(&load.postgres).expect("an address")).await.expect("it would do");
        let share = ROOMS / load.desks.div_ceil(hotels.len());
        assert!(share > 0, "more desks in a hotel than it has rooms");
        let mut places = vec![];
        for n in 0..load.desks {
            let (hotel, place) = (&hotels[n % hotels.len()], n / hotels.len());
            let (code, _) = admin.make_code(&SystemEnvironment, Some(hotel)).await.expect("a code");
            let enrolled = turndown_sync::enroll(url, &code, &format!("Desk {n}")).await.expect("it is let in");
            let config = SyncConfig {
                address: enrolled.address,
                token: enrolled.token.clone().into(),
                property_id: enrolled.property_id,
                store_id: enrolled.store_id,
            };
            let desk = house::open_desk(folder.join(format!("desk-{n}")), Hands::Own, true);
            let rooms = place * share..(place + 1) * share;
            places.push(Place { desk, config, token: enrolled.token, rooms, recorded: 0, link: None });
        }
        let mut loading = JoinSet::new();
        for place in &places {
            if loading.len() == AT_ONCE {
                loading.join_next().await.expect("one is there").expect("it loads");
            }
            let (desk, config) = (place.desk.clone(), place.config.clone());
            loading.spawn(async move {
                let link = Sync::start(desk.engine().clone(), config);
                house::wait(&link, || desk.engine().fact("cursor").expect("it is read").is_some()).await;
                link.stop().await;
            });
        }
        loading.join_all().await;
        Self { places, accounted: 0 }
    }

    /// So many events at each desk, while no link is there.
    pub async fn record_each(&mut self, events: usize) {
        let mut recording = JoinSet::new();
        for place in &mut self.places {
            if recording.len() == AT_ONCE {
                recording.join_next().await.expect("one is there").expect("it records");
            }
            let (desk, rooms, from) = (place.desk.clone(), place.rooms.clone(), place.recorded);
            recording.spawn_blocking(move || house::record_many(&desk, &rooms, from, events));
            place.recorded += events;
        }
        recording.join_all().await;
    }

    /// The network is there, for all at the same moment.
    pub fn connect(&mut self) {
        for place in &mut self.places {
            place.link = Some(Arc::new(Sync::start(place.desk.engine().clone(), place.config.clone())));
        }
    }

    /// The network is gone.
    pub async fn disconnect(&mut self) {
        let links = self.places.iter_mut().filter_map(|place| place.link.take());
        let stopping: JoinSet<()> = links.map(|link| async move { link.stop().await }).collect();
        stopping.join_all().await;
    }

    /// How many events wait, at all desks together. What somebody would have to decide is no part of a load.
    pub async fn waiting(&self) -> usize {
        let engines: Vec<_> = self.places.iter().map(|place| place.desk.engine().clone()).collect();
        let counting = tokio::task::spawn_blocking(move || {
            let count = |engine: &turndown_offline::Engine| {
                let ledger = engine.ledger().expect("it is read");
                assert!(ledger.is_balanced() && ledger.attention == 0 && ledger.discarded == 0, "{ledger:?}");
                ledger.waiting
            };
            engines.iter().map(count).sum::<u64>()
        });
        usize::try_from(counting.await.expect("it ends")).expect("a count")
    }

    /// Waits until every desk is connected and has nothing to send or take.
    pub async fn are_calm(&self) {
        for place in &self.places {
            let link = place.link.as_ref().expect("it is connected");
            let status = link.status();
            house::wait(link, || status.borrow().state == LinkState::Online).await;
        }
    }

    /// Somebody records something at one desk after the other. Answers how long each event took from "saved" to its
    /// acknowledgement.
    pub async fn record_in_turn(&mut self, every: Duration, so_long: Duration) -> Times {
        let mut times = Times::default();
        let mut waits = JoinSet::new();
        let mut beat = tokio::time::interval(every);
        let until = Instant::now() + so_long;
        let count = self.places.len();
        for turn in 0.. {
            beat.tick().await;
            if Instant::now() >= until {
                break;
            }
            let place = &mut self.places[turn % count];
            let (room, action) = house::action(&place.rooms, place.recorded);
            place.recorded += 1;
            let (desk, link) = (place.desk.clone(), Arc::clone(place.link.as_ref().expect("it is connected")));
            waits.spawn(async move {
                let recording = desk.clone();
                let recorded = tokio::task::spawn_blocking(move || {
                    recording.act(house::event_id(), house::actor(), &room, action).expect("it is recorded");
                    Instant::now()
                });
                let saved = recorded.await.expect("it ends");
                house::wait(&link, || desk.engine().ledger().expect("it is read").waiting == 0).await;
                saved.elapsed()
            });
        }
        for took in waits.join_all().await {
            times.push(took);
        }
        times
    }

    /// The token of a desk of a hotel.
    pub fn token_of(&self, hotel: &str) -> &str {
        let place = self.places.iter().find(|place| place.config.property_id == hotel);
        &place.expect("each hotel has a desk").token
    }

    /// What the desks of a hotel know to be acknowledged.
    pub fn acknowledged(&self, hotel: &str) -> BTreeSet<String> {
        let of_hotel = self.places.iter().filter(|place| place.config.property_id == hotel);
        let read = |place: &Place| {
            let ids = place.desk.engine().read(|connection| {
                let mut statement = connection.prepare_cached("SELECT event_id FROM outbox WHERE state = 'synced'")?;
                let ids = statement.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
                Ok(ids)
            });
            ids.expect("it is read")
        };
        of_hotel.flat_map(read).collect()
    }
}
