//! Which of several processes feeds a sink: the one whose connection holds the sink's lock. The server lets it go with
//! the connection, however that ended, and another process takes it.

use super::open::Server;
use crate::store::{Lead, StoreError};
use tokio_postgres::Client;
use tokio_util::task::AbortOnDropHandle;

/// The lock of a sink, held.
#[derive(Debug)]
pub(super) struct Held {
    client: Client,
    _connection: AbortOnDropHandle<()>,
}

/// Takes the lock of a sink, unless another process has it.
pub(super) async fn lead(server: &Server, sink: &str) -> Result<Option<Held>, StoreError> {
    let (client, connection) = server.connect().await?;
    // How it ended says nothing that its end does not.
    let connection = AbortOnDropHandle::new(tokio::spawn(async move { drop(connection.await) }));
    let held = Held { client, _connection: connection };
    let row = held
        .client
        .query_one("SELECT pg_try_advisory_lock(hashtextextended('turndown sink ' || $1, 0))", &[&sink])
        .await?;
    Ok(row.try_get::<_, bool>(0)?.then_some(held))
}

impl Lead for Held {
    fn holds(&self) -> bool {
        !self.client.is_closed()
    }
}
