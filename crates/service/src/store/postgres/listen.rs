//! Hearing of every process's commits.
//!
//! Each commit says so on a channel of the database, and one connection of each process listens there. Whoever follows
//! that hotel's feed here is woken by it, whichever process wrote. While that connection is broken nothing is heard; so
//! once it stands again everybody is woken once, and looks.

use super::open::{Database, HotelTx, Server, hotels};
use super::rows::get;
use crate::store::{Heart, StoreError, error_text};
use deadpool_postgres::Transaction;
use std::future::poll_fn;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_postgres::AsyncMessage;
use tokio_util::sync::CancellationToken;
use turndown_protocol::PropertyId;

/// Where whoever listens hears of a commit.
const CHANNEL: &str = "turndown";
/// Waits between tries of a server that does not answer.
const AGAIN: [Duration; 4] =
    [Duration::from_millis(100), Duration::from_millis(500), Duration::from_secs(2), Duration::from_secs(5)];

/// What a commit says: at which hotel it was, unless it concerns all, and the sequence number of that hotel's newest
/// change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Notice {
    pub(super) hotel: Option<PropertyId>,
    pub(super) head_seq: u64,
}

impl Notice {
    /// Is heard by every process once the transaction is committed.
    pub(super) async fn give(&self, tx: &HotelTx<'_>) -> Result<(), StoreError> {
        tx.one("SELECT pg_notify($1, $2)", &[&CHANNEL, &self.payload()]).await?;
        Ok(())
    }

    /// The same from a transaction that is no hotel's.
    pub(super) async fn give_in(&self, tx: &Transaction<'_>) -> Result<(), StoreError> {
        tx.execute("SELECT pg_notify($1, $2)", &[&CHANNEL, &self.payload()]).await?;
        Ok(())
    }

    fn payload(&self) -> String {
        let hotel = self.hotel.as_ref().map_or("", PropertyId::as_str);
        format!("{} {hotel}", self.head_seq)
    }

    /// What cannot be read, as from a service of another version, may concern anybody.
    fn read(payload: &str) -> Self {
        let (head_seq, hotel) = payload.split_once(' ').unwrap_or((payload, ""));
        Self { hotel: PropertyId::parse(hotel).ok(), head_seq: head_seq.parse().unwrap_or(0) }
    }
}

/// Listens until the store stops.
pub(super) async fn listen(server: Server, database: Database, heart: Heart, stopping: CancellationToken) {
    let mut failures = 0;
    loop {
        let mut stood = false;
        let ended = tokio::select! {
            biased;
            () = stopping.cancelled() => return,
            ended = follow(&server, &database, &heart, &mut stood) => ended,
        };
        if stood {
            failures = 0;
        }
        if let Err(error) = ended {
            tracing::warn!(error = error_text(&error), "commits of other processes are not heard; trying again");
        }
        let wait = AGAIN[failures.min(AGAIN.len() - 1)];
        failures += 1;
        tokio::select! {
            biased;
            () = stopping.cancelled() => return,
            () = tokio::time::sleep(wait) => {}
        }
    }
}

/// Listens on one connection for as long as it stands.
async fn follow(server: &Server, database: &Database, heart: &Heart, stood: &mut bool) -> Result<(), StoreError> {
    let (client, mut connection) = server.connect().await?;
    let (told, mut heard) = mpsc::unbounded_channel();
    let driver = async move {
        while let Some(message) = poll_fn(|context| connection.poll_message(context)).await {
            match message {
                Ok(AsyncMessage::Notification(notice)) => {
                    // Nobody hears it any more once the store stops.
                    let _ = told.send(Notice::read(notice.payload()));
                }
                Ok(_) => {}
                Err(error) => return Err(StoreError::Server(error)),
            }
        }
        Ok(())
    };
    let follower = async move {
        client.batch_execute(&format!("LISTEN {CHANNEL}")).await?;
        let mut newest = newest(database).await?;
        *stood = true;
        heart.beat_all(newest);
        while let Some(Notice { hotel, head_seq }) = heard.recv().await {
            newest = newest.max(head_seq);
            match hotel {
                Some(hotel) => heart.beat(&hotel, newest),
                None => heart.beat_all(newest),
            }
        }
        // The connection lives as long as its client does.
        drop(client);
        Ok(())
    };
    tokio::select! {
        ended = driver => ended,
        ended = follower => ended,
    }
}

/// The highest sequence number of any hotel.
async fn newest(database: &Database) -> Result<u64, StoreError> {
    let mut client = database.client().await?;
    let mut newest = 0;
    for property in hotels(&client).await? {
        let tx = HotelTx::read(&mut client, &property).await?;
        let row = tx.one("SELECT head_seq FROM properties WHERE property_id = $1", &[&tx.id()]).await?;
        newest = newest.max(row.map(|row| get::<i64>(&row, 0)).transpose()?.unwrap_or(0).unsigned_abs());
    }
    Ok(newest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_is_read_as_it_was_given_and_one_of_another_version_concerns_all() {
        let hotel = PropertyId::parse("prop_city").unwrap();
        for notice in [Notice { hotel: Some(hotel), head_seq: 12 }, Notice { hotel: None, head_seq: u64::MAX }] {
            assert_eq!(Notice::read(&notice.payload()), notice);
        }
        assert_eq!(Notice::read("12"), Notice { hotel: None, head_seq: 12 });
        assert_eq!(Notice::read("7 not a hotel!"), Notice { hotel: None, head_seq: 7 });
        assert_eq!(Notice::read(""), Notice { hotel: None, head_seq: 0 });
    }
}
