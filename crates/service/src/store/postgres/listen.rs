//! Hearing of every process's commits.
//!
//! Each commit says so on a channel of the database, and one connection of each process listens there. Whoever follows
//! the feed here is woken by it, whichever process wrote. While that connection is broken nothing is heard; so once it
//! stands again everybody is woken once, and looks.

use super::open::{Database, HotelTx, Server, hotels};
use super::rows::get;
use super::write::CHANNEL;
use crate::store::{Heart, StoreError, error_text};
use std::future::poll_fn;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_postgres::{AsyncMessage, NoTls};
use tokio_util::sync::CancellationToken;

/// Waits between tries of a server that does not answer.
const AGAIN: [Duration; 4] =
    [Duration::from_millis(100), Duration::from_millis(500), Duration::from_secs(2), Duration::from_secs(5)];

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
    let (client, mut connection) = server.config().connect(NoTls).await?;
    let (told, mut heard) = mpsc::unbounded_channel();
    let driver = async move {
        while let Some(message) = poll_fn(|context| connection.poll_message(context)).await {
            match message {
                Ok(AsyncMessage::Notification(notice)) => {
                    // Nobody hears it any more once the store stops.
                    let _ = told.send(notice.payload().parse::<u64>().unwrap_or(0));
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
        heart.beat(newest);
        while let Some(head_seq) = heard.recv().await {
            newest = newest.max(head_seq);
            heart.beat(newest);
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
