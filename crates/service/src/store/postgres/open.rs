//! Reaching the database, and refusing one that would not do: that is not ours or not up to date, not durable, or does
//! not keep hotels apart.
//!
//! Row-level security is of use only where nobody who serves can go round it. So the service looks before it serves, and
//! each new connection is told what it needs: where our tables are, and how long anything may take.

use super::rows::{get, get_u64};
use super::tls;
use crate::startup::Refusal;
use crate::store::{StoreError, error_text};
use deadpool_postgres::{
    Client, Hook, HookError, Manager, ManagerConfig, Pool, PoolError, RecyclingMethod, Runtime, Transaction,
};
use std::time::Duration;
use tokio_postgres::config::Host;
use tokio_postgres::error::SqlState;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client as Plain, Config, Connection, IsolationLevel, Row, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;
use turndown_protocol::PropertyId;

pub(super) mod migrations {
    refinery::embed_migrations!("../../migrations/service/postgres");
}

/// Where our tables are.
pub(super) const SCHEMA: &str = "turndown";
/// Connections that one process opens at once, beside the one that listens and the one that looks.
const CONNECTIONS_MAX: usize = 16;
/// How long a request waits for one of them.
const WAIT: Duration = Duration::from_secs(2);
/// How long making one may take.
const CONNECT: Duration = Duration::from_secs(5);

/// What each connection begins with. A statement, a lock and a transaction that does nothing end by themselves, so that
/// none holds up a hotel for ever; what was committed is on the disk before it is answered.
const SESSION: &str = "
    SET search_path = turndown, pg_temp;
    SET statement_timeout = '20s';
    SET lock_timeout = '10s';
    SET idle_in_transaction_session_timeout = '30s';
    SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off';
";

/// What a connection runs over where it is encrypted.
type Encrypted = <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream;

/// A PostgreSQL server, and as whom we speak to which of its databases.
#[derive(Clone)]
pub struct Server {
    config: Box<Config>,
    tls: MakeRustlsConnect,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Server").field(&self.name()).finish()
    }
}

impl Server {
    /// Reads an address: `postgres://user:password@host:port/database`, or the words of a connection string, with
    /// `sslmode` (`require`, `disable`) and `sslrootcert` (a file) as `psql` has them. The way is encrypted wherever it
    /// leaves this computer.
    ///
    /// # Errors
    /// When it is none, or names a file that has no certificates.
    pub fn parse(address: &str) -> Result<Self, Refusal> {
        // The address may hold a password, so that no message repeats it.
        let unreadable = |error: &(dyn std::error::Error + 'static)| {
            Refusal::Input(format!(
                "The address of the PostgreSQL server cannot be read: {}. It is postgres://user:password@host:port/database.",
                error_text(error)
            ))
        };
        let (address, root) = tls::root_of(address);
        let mut config: Config = address.parse().map_err(|error: tokio_postgres::Error| unreadable(&error))?;
        config
            .application_name("turndown-service")
            .connect_timeout(CONNECT)
            // A server that went away without a word is noticed within half a minute.
            .keepalives_idle(Duration::from_secs(15))
            .keepalives_interval(Duration::from_secs(5))
            .keepalives_retries(3)
            .tcp_user_timeout(Duration::from_secs(30));
        tls::settle(&mut config);
        let tls = tls::connector(&config, root.as_deref())?;
        Ok(Self { config: Box::new(config), tls })
    }

    /// The server, database and role, without the password.
    #[must_use]
    pub fn name(&self) -> String {
        let host = match self.config.get_hosts().first() {
            Some(Host::Tcp(name)) => name.clone(),
            #[cfg(unix)]
            Some(Host::Unix(path)) => path.display().to_string(),
            _ => "localhost".to_owned(),
        };
        let user = self.config.get_user().unwrap_or("?");
        format!("{} on {host} as {user}", self.config.get_dbname().unwrap_or(user))
    }

    /// A connection beside those of the pool.
    pub(super) async fn connect(&self) -> Result<(Plain, Connection<Socket, Encrypted>), tokio_postgres::Error> {
        self.config.connect(self.tls.clone()).await
    }

    pub(super) fn refuse(&self, error: &tokio_postgres::Error) -> Refusal {
        Refusal::Server { server: self.name(), reason: error_text(error) }
    }
}

/// The connections of one process.
#[derive(Clone)]
pub(super) struct Database {
    requests: Pool,
    /// One for whoever asks whether the server works: how many others ask is no answer to that.
    look: Pool,
}

impl Database {
    /// Reaches the database and looks whether it would do.
    pub(super) async fn open(server: &Server) -> Result<Self, Refusal> {
        let pool =
            |size| pool(server, size).map_err(|error| Refusal::Input(format!("No connections can be made: {error}.")));
        let database = Self { requests: pool(CONNECTIONS_MAX)?, look: pool(1)? };
        let client = database.requests.get().await.map_err(|error| {
            let reason = match &error {
                PoolError::Backend(error) | PoolError::PostCreateHook(HookError::Backend(error)) => error_text(error),
                error => error.to_string(),
            };
            Refusal::Server { server: server.name(), reason }
        })?;
        check(&client, server).await?;
        Ok(database)
    }

    /// One of the connections.
    pub(super) async fn client(&self) -> Result<Client, StoreError> {
        Self::one_of(&self.requests).await
    }

    /// The connection for whoever asks whether the server works.
    pub(super) async fn look(&self) -> Result<Client, StoreError> {
        Self::one_of(&self.look).await
    }

    async fn one_of(pool: &Pool) -> Result<Client, StoreError> {
        pool.get().await.map_err(|error| match error {
            PoolError::Backend(error) | PoolError::PostCreateHook(HookError::Backend(error)) => {
                StoreError::Server(error)
            }
            PoolError::Closed => StoreError::Stopping,
            PoolError::Timeout(_) => StoreError::Busy,
            error @ (PoolError::NoRuntimeSpecified | PoolError::PostCreateHook(_)) => {
                tracing::error!(%error, "no connection to the database");
                StoreError::Busy
            }
        })
    }

    pub(super) fn close(&self) {
        self.requests.close();
        self.look.close();
    }
}

fn pool(server: &Server, size: usize) -> Result<Pool, deadpool_postgres::BuildError> {
    // Asked whether it lives before it is given: one that the server has just ended would fail its next request.
    let config = ManagerConfig { recycling_method: RecyclingMethod::Verified };
    let manager = Manager::from_config(Config::clone(&server.config), server.tls.clone(), config);
    Pool::builder(manager)
        .max_size(size)
        .wait_timeout(Some(WAIT))
        .create_timeout(Some(CONNECT))
        .recycle_timeout(Some(CONNECT))
        .runtime(Runtime::Tokio1)
        .post_create(Hook::async_fn(|client, _| {
            Box::pin(async move {
                client.batch_execute(SESSION).await.map_err(HookError::Backend)?;
                let row = client.query_one("SELECT pg_is_in_recovery()", &[]).await.map_err(HookError::Backend)?;
                // What a standby shows may be older than what was answered already.
                if row.try_get(0).map_err(HookError::Backend)? {
                    return Err(HookError::message("the server is a standby, and cannot take anything"));
                }
                Ok(())
            })
        }))
        .build()
}

/// A transaction in which one hotel is all there is.
pub(super) struct HotelTx<'c> {
    tx: Transaction<'c>,
    id: PropertyId,
}

impl<'c> HotelTx<'c> {
    /// One that sees the hotel as it is at one instant, and changes nothing.
    pub(super) async fn read(client: &'c mut Client, id: &PropertyId) -> Result<Self, StoreError> {
        let tx =
            client.build_transaction().isolation_level(IsolationLevel::RepeatableRead).read_only(true).start().await?;
        Self::enter(tx, id).await
    }

    /// One that may change the hotel. It sees what others have committed before each of its statements.
    pub(super) async fn write(client: &'c mut Client, id: &PropertyId) -> Result<Self, StoreError> {
        Self::enter(client.transaction().await?, id).await
    }

    /// A transaction that is the hotel's already.
    pub(super) fn of(tx: Transaction<'c>, id: PropertyId) -> Self {
        Self { tx, id }
    }

    /// Makes a transaction a hotel's until it ends, or another hotel's from here on.
    pub(super) async fn enter(tx: Transaction<'c>, id: &PropertyId) -> Result<Self, StoreError> {
        let tx = Self::of(tx, id.clone());
        tx.one("SELECT set_config('app.property', $1, true)", &[&id.as_str()]).await?;
        Ok(tx)
    }

    /// The transaction, to go on to another hotel with.
    pub(super) fn leave(self) -> Transaction<'c> {
        self.tx
    }

    /// The hotel.
    pub(super) fn id(&self) -> &str {
        self.id.as_str()
    }

    pub(super) async fn all(&self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, StoreError> {
        let statement = self.tx.prepare_cached(sql).await?;
        Ok(self.tx.query(&statement, params).await?)
    }

    pub(super) async fn one(&self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<Option<Row>, StoreError> {
        let statement = self.tx.prepare_cached(sql).await?;
        Ok(self.tx.query_opt(&statement, params).await?)
    }

    pub(super) async fn run(&self, sql: &str, params: &[&(dyn ToSql + Sync)]) -> Result<u64, StoreError> {
        let statement = self.tx.prepare_cached(sql).await?;
        Ok(self.tx.execute(&statement, params).await?)
    }

    pub(super) async fn commit(self) -> Result<(), StoreError> {
        Ok(self.tx.commit().await?)
    }
}

/// The hotels that there are, in the order in which they came.
pub(super) async fn hotels(client: &Client) -> Result<Vec<PropertyId>, StoreError> {
    let statement = client.prepare_cached("SELECT id FROM hotels ORDER BY n").await?;
    let rows = client.query(&statement, &[]).await?;
    rows.iter().map(|row| PropertyId::parse(get::<&str>(row, 0)?).map_err(|_| StoreError::Fault)).collect()
}

/// Looks whether the database would do: its schema, its durability, and the walls between hotels.
async fn check(client: &Client, server: &Server) -> Result<(), Refusal> {
    let refuse = |error: StoreError| Refusal::Server { server: server.name(), reason: error_text(&error) };
    check_schema(client, server).await?;
    check_durable(client).await.map_err(refuse)??;
    check_walls(client).await.map_err(refuse)?.map_err(|what| Refusal::HotelsNotApart(server.name(), what))
}

async fn check_schema(client: &Client, server: &Server) -> Result<(), Refusal> {
    let found = client.query_one("SELECT max(version) FROM refinery_schema_history", &[]).await;
    let found: Option<i32> = match found {
        Ok(row) => row.try_get(0).map_err(|error| server.refuse(&error))?,
        Err(error)
            if error.code().is_some_and(|code| {
                *code == SqlState::UNDEFINED_TABLE || *code == SqlState::INSUFFICIENT_PRIVILEGE
            }) =>
        {
            None
        }
        Err(error) => return Err(server.refuse(&error)),
    };
    let found = i64::from(found.unwrap_or(0));
    let known = migrations::migrations::runner().get_migrations().iter().map(|m| i64::from(m.version())).max();
    let known = known.unwrap_or(0);
    match found.cmp(&known) {
        std::cmp::Ordering::Less => Err(Refusal::NotMigrated(server.name())),
        std::cmp::Ordering::Equal => Ok(()),
        std::cmp::Ordering::Greater => Err(Refusal::NewerServer { server: server.name(), found, known }),
    }
}

async fn check_durable(client: &Client) -> Result<Result<(), Refusal>, StoreError> {
    for (name, wanted) in [("fsync", "on"), ("full_page_writes", "on"), ("server_encoding", "UTF8")] {
        let row = client.query_one("SELECT current_setting($1)", &[&name]).await?;
        let found: &str = get(&row, 0)?;
        if found != wanted {
            return Ok(Err(Refusal::ServerSetting(format!("{name} = {wanted} (it is {found})"))));
        }
    }
    Ok(Ok(()))
}

/// Whether the walls between hotels stand; what is wrong where they do not.
pub(super) async fn check_walls(client: &Client) -> Result<Result<(), String>, StoreError> {
    let row = client
        .query_one(
            "SELECT rolname::text, rolsuper, rolbypassrls, session_user = current_user FROM pg_roles
             WHERE rolname = current_user",
            &[],
        )
        .await?;
    let role: String = get(&row, 0)?;
    if get(&row, 1)? {
        return Ok(Err(format!("the role {role} is a superuser, for whom there are no walls")));
    }
    if get(&row, 2)? {
        return Ok(Err(format!("the role {role} may go round row-level security (BYPASSRLS)")));
    }
    if !get::<bool>(&row, 3)? {
        return Ok(Err(format!("the role {role} was taken on by another one, which may take it off again")));
    }
    let tables = client
        .query(
            "SELECT c.relname::text, pg_has_role(c.relowner, 'MEMBER'),
                    EXISTS (SELECT FROM pg_attribute a
                            WHERE a.attrelid = c.oid AND a.attname = 'property_id' AND NOT a.attisdropped),
                    c.relrowsecurity, c.relforcerowsecurity,
                    has_table_privilege(c.oid, 'TRUNCATE'),
                    c.relname = 'audit'
                        AND (has_table_privilege(c.oid, 'DELETE') OR has_any_column_privilege(c.oid, 'UPDATE')),
                    (SELECT count(*) FROM pg_policy p
                     WHERE p.polrelid = c.oid AND p.polname = 'one_hotel' AND p.polcmd = '*' AND p.polpermissive
                       AND p.polroles = '{0}'
                       AND pg_get_expr(p.polqual, p.polrelid) ~ '^\\(property_id = NULLIF\\(current_setting\\(''app\\.property'''
                       AND pg_get_expr(p.polwithcheck, p.polrelid) = pg_get_expr(p.polqual, p.polrelid)),
                    (SELECT string_agg(p.polname::text, ', ') FROM pg_policy p
                     WHERE p.polrelid = c.oid AND p.polpermissive AND p.polname <> 'one_hotel'
                       AND NOT (p.polname = 'by_secret' AND p.polcmd = 'r'
                                AND c.relname IN ('devices', 'enroll_codes')
                                AND pg_get_expr(p.polqual, p.polrelid)
                                    ~ '_hash = decode\\(current_setting\\(''app\\.secret'''))
             FROM pg_class c
             WHERE c.relnamespace = 'turndown'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'm')
             ORDER BY c.relname",
            &[],
        )
        .await?;
    let mut walled = vec![];
    for row in &tables {
        let table: String = get(row, 0)?;
        let wrong = if get(row, 1)? {
            format!("the role {role} owns the table {table}, or may act as its owner")
        } else if get(row, 5)? {
            format!("the role {role} may empty the table {table} (TRUNCATE), which no policy holds")
        } else if get(row, 6)? {
            format!("the role {role} may change the table {table}, which is only ever added to")
        } else if !get::<bool>(row, 2)? {
            continue;
        } else if !get::<bool>(row, 3)? {
            format!("row-level security is off on the table {table}")
        } else if !get::<bool>(row, 4)? {
            format!("row-level security is not forced on the table {table}")
        } else if get_u64(row, 7)? != 1 {
            format!("the table {table} has lost its policy one_hotel, or has it in another form")
        } else if let Some(others) = get::<Option<String>>(row, 8)? {
            format!("the table {table} has policies that are not ours ({others})")
        } else {
            walled.push(table);
            continue;
        };
        return Ok(Err(wrong));
    }
    if walled.is_empty() {
        return Ok(Err(format!("the schema {SCHEMA} has no tables of hotels")));
    }
    // What is written about the walls was read; now whether they hold: nobody has named a hotel here.
    for table in walled {
        let row = client.query_one(&format!("SELECT EXISTS (SELECT FROM {table})"), &[]).await?;
        if get(&row, 0)? {
            return Ok(Err(format!("the table {table} shows rows although no hotel is named")));
        }
    }
    Ok(Ok(()))
}
