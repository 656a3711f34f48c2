//! Where the service under test keeps everything: a file, or a database of its own on a PostgreSQL server.
//!
//! `tests/on_postgres.rs` has the same tests as the other files here, compiled a second time; what a test does to the
//! store from outside goes through here, so that it need not know which of the two it is.

use super::{PROPERTY, SetClock};
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use tokio_postgres::NoTls;
use turndown_service::env::{Environment, SystemEnvironment};
use turndown_service::server::Place;
use turndown_service::store::postgres::{self, Server};
use turndown_service::store::sqlite::{self, Admin, Files};
use turndown_service::store::{AuditReport, Import, SignInChange};

/// Whether this program has the tests of the store on PostgreSQL.
pub const ON_POSTGRES: bool =
    matches!(env!("CARGO_CRATE_NAME").as_bytes(), b"on_postgres" | b"postgres" | b"postgres_faults");

/// The roles that `scripts/with-postgres.sh` makes.
pub const OWNER: &str = "turndown_owner";
pub const SERVICE: &str = "turndown_service";

/// A database of its own for one test.
#[derive(Debug, Clone)]
pub enum Kept {
    File(Files),
    Server { server: String, name: String, key: PathBuf },
}

/// Waits for something from a test that is not async, or is and must not go on meanwhile.
pub fn wait<T: Send>(job: impl Future<Output = T> + Send) -> T {
    std::thread::scope(|scope| {
        let waiting =
            scope.spawn(|| tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(job));
        waiting.join().unwrap()
    })
}

fn random(prefix: &str) -> String {
    format!("{prefix}_{:032x}", SystemEnvironment.random_u128())
}

impl Kept {
    /// A store with nothing in it.
    pub fn new(folder: &TempDir) -> Self {
        if !ON_POSTGRES {
            return Self::File(Files::new(folder.path().join("service.db")));
        }
        let Ok(server) = std::env::var("TURNDOWN_TEST_POSTGRES") else {
            panic!(
                "This test needs a PostgreSQL of its own. Run: scripts/with-postgres.sh cargo nextest run -p turndown-service"
            );
        };
        Self::on(server, folder)
    }

    /// The same on a server that is named as `psql` names one, without role and database.
    pub fn on(server: String, folder: &TempDir) -> Self {
        let kept = Self::Server { server, name: random("t"), key: folder.path().join("signing-key") };
        let name = kept.name();
        kept.on_server(&format!("CREATE DATABASE {name} OWNER {OWNER}"));
        wait(async { postgres::migrate(&kept.server(OWNER), SERVICE, &SystemEnvironment).await.expect("it migrates") });
        kept
    }

    pub fn place(&self) -> Place {
        match self {
            Self::File(files) => Place::File(files.db.clone()),
            Self::Server { key, .. } => Place::Server { server: self.server(SERVICE), signing_key: key.clone() },
        }
    }

    pub fn name(&self) -> &str {
        match self {
            Self::File(_) => panic!("a file has no name on a server"),
            Self::Server { name, .. } => name,
        }
    }

    /// How a role reaches the database.
    pub fn address(&self, role: &str) -> String {
        match self {
            Self::File(_) => panic!("a file is on no server"),
            Self::Server { server, name, .. } => format!("{server} user={role} dbname={name}"),
        }
    }

    pub fn server(&self, role: &str) -> Server {
        Server::parse(&self.address(role)).expect("an address")
    }

    /// A connection as a role; whoever lets go of it closes it.
    pub async fn client(&self, role: &str) -> tokio_postgres::Client {
        let (client, connection) = tokio_postgres::connect(&self.address(role), NoTls).await.expect("it connects");
        tokio::spawn(async move { drop(connection.await) });
        client.batch_execute("SET search_path = turndown").await.unwrap();
        client
    }

    fn on_server(&self, sql: &str) {
        let Self::Server { server, .. } = self else { panic!("a file is on no server") };
        wait(async {
            let address = format!("{server} user=postgres dbname=postgres");
            let (client, connection) = tokio_postgres::connect(&address, NoTls).await.expect("it connects");
            tokio::spawn(async move { drop(connection.await) });
            client.batch_execute(sql).await.expect("the server does it");
        });
    }

    /// Only while no service runs.
    pub fn import(&self, env: &SetClock, day: &Import, replace: bool) {
        match self {
            Self::File(files) => {
                let opened = sqlite::open(files, env, false).expect("the store opens");
                Admin::alone(files.clone(), opened.conn).import(env, day, replace).expect("imports");
                drop(opened.lock);
            }
            Self::Server { .. } => {
                wait(async { self.admin().await.import(env, day, replace).await.expect("imports") });
            }
        }
    }

    pub async fn admin(&self) -> postgres::Admin {
        postgres::Admin::beside(self.server(SERVICE)).await.expect("the store would do")
    }

    pub fn token(&self, env: &SetClock, property: &str, lives_ms: Option<i64>) -> String {
        match self {
            Self::File(files) => {
                let mut admin = Admin::beside(files.clone()).expect("the store is there");
                admin.make_token(env, Some(property), "Desk 1", lives_ms).expect("enrols").0
            }
            Self::Server { .. } => wait(async {
                self.admin().await.make_token(env, Some(property), "Desk 1", lives_ms).await.expect("enrols").0
            }),
        }
    }

    pub fn code(&self, env: &SetClock) -> String {
        match self {
            Self::File(files) => Admin::beside(files.clone()).unwrap().make_code(env, None).unwrap().0,
            Self::Server { .. } => wait(async { self.admin().await.make_code(env, None).await.unwrap().0 }),
        }
    }

    /// Also while a service runs, which may hold the hotel's row at the moment.
    pub async fn change_sign_in(&self, env: &SetClock, change: &SignInChange) {
        match self {
            Self::File(files) => {
                Admin::beside(files.clone()).unwrap().change_sign_in(env, Some(PROPERTY), change).expect("it changes");
            }
            Self::Server { .. } => {
                self.admin().await.change_sign_in(env, Some(PROPERTY), change).await.expect("it changes");
            }
        }
    }

    pub fn verify(&self) -> AuditReport {
        match self {
            Self::File(files) => Admin::beside(files.clone()).unwrap().verify_audit().unwrap(),
            Self::Server { .. } => wait(async { self.admin().await.verify_audit().await.unwrap() }),
        }
    }

    /// Only while no service runs.
    pub fn rotate_epoch(&self, env: &SetClock) -> (String, u64) {
        match self {
            Self::File(files) => {
                let opened = sqlite::open(files, env, false).unwrap();
                let rotated = Admin::alone(files.clone(), opened.conn).rotate_epoch(env, None).unwrap();
                drop(opened.lock);
                rotated
            }
            Self::Server { .. } => wait(async { self.admin().await.rotate_epoch(env, None).await.unwrap() }),
        }
    }

    /// Does something to the tables, as somebody whom nothing stops.
    pub fn execute(&self, sql: &str) {
        match self {
            Self::File(files) => {
                let connection = rusqlite::Connection::open(&files.db).unwrap();
                connection.busy_timeout(std::time::Duration::from_secs(5)).unwrap();
                connection.execute_batch(sql).unwrap();
            }
            Self::Server { .. } => {
                let sql = sql
                    .replace("zeroblob(32)", "decode(repeat('00', 32), 'hex')")
                    .replace("PRAGMA foreign_keys = OFF", "SET session_replication_role = replica")
                    .replace("property_n", "property_id");
                wait(async { self.client("postgres").await.batch_execute(&sql).await.expect("the server does it") });
            }
        }
    }

    /// Lets the database refuse the audit entry of one event: after its effect would have been written.
    pub fn poison(&self, event_id: &str) {
        self.execute(&match self {
            Self::File(_) => format!(
                "CREATE TRIGGER poison BEFORE INSERT ON audit
                 WHEN (SELECT event_id FROM events WHERE n = NEW.event_n) = '{event_id}'
                 BEGIN SELECT RAISE(ABORT, 'poison'); END"
            ),
            Self::Server { .. } => format!(
                "CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                     IF (SELECT event_id FROM turndown.events WHERE n = NEW.event_n) = '{event_id}' THEN
                         RAISE EXCEPTION 'poison';
                     END IF;
                     RETURN NEW;
                 END $$;
                 CREATE TRIGGER poison BEFORE INSERT ON audit FOR EACH ROW EXECUTE FUNCTION poison()"
            ),
        });
    }

    pub fn heal(&self) {
        self.execute(match self {
            Self::File(_) => "DROP TRIGGER poison",
            Self::Server { .. } => "DROP TRIGGER poison ON audit",
        });
    }

    /// A copy of everything, made while no service runs.
    pub fn backup(&self) -> Backup {
        match self {
            Self::File(files) => Backup::File(std::fs::read(&files.db).unwrap()),
            Self::Server { name, .. } => {
                let copy = random("b");
                self.alone();
                self.on_server(&format!("CREATE DATABASE {copy} TEMPLATE {name}"));
                Backup::Server(copy)
            }
        }
    }

    /// Puts a copy in the place of everything, while no service runs.
    pub fn put_back(&self, backup: &Backup) {
        match (self, backup) {
            (Self::File(files), Backup::File(bytes)) => {
                for suffix in ["-wal", "-shm"] {
                    let _ = std::fs::remove_file(format!("{}{suffix}", files.db.display()));
                }
                std::fs::write(&files.db, bytes).unwrap();
            }
            (Self::Server { name, .. }, Backup::Server(copy)) => {
                self.on_server(&format!("DROP DATABASE {name} WITH (FORCE)"));
                self.on_server(&format!("CREATE DATABASE {name} TEMPLATE {copy} OWNER {OWNER}"));
            }
            _ => panic!("a copy of another sort"),
        }
    }

    /// Ends connections that are about to end.
    fn alone(&self) {
        let name = self.name();
        self.on_server(&format!(
            "DO $$ BEGIN
                 PERFORM pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}';
             END $$"
        ));
    }

    /// Whether a text stands anywhere in the store.
    pub fn holds(&self, text: &str) -> bool {
        match self {
            Self::File(files) => {
                let holds = |path: &Path| {
                    let bytes = std::fs::read(path).unwrap_or_default();
                    bytes.windows(text.len()).any(|window| window == text.as_bytes())
                };
                holds(&files.db) || holds(Path::new(&format!("{}-wal", files.db.display())))
            }
            Self::Server { .. } => wait(async {
                let client = self.client("postgres").await;
                let tables = client
                    .query("SELECT tablename::text FROM pg_tables WHERE schemaname = 'turndown'", &[])
                    .await
                    .unwrap();
                for table in tables {
                    let table: String = table.get(0);
                    let sql = format!("SELECT EXISTS (SELECT FROM {table} t WHERE position($1 IN t::text) > 0)");
                    if client.query_one(&sql, &[&text]).await.unwrap().get(0) {
                        return true;
                    }
                }
                false
            }),
        }
    }
}

/// A copy of a store.
#[derive(Debug)]
pub enum Backup {
    File(Vec<u8>),
    Server(String),
}
