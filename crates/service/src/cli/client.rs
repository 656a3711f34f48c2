//! The command line as a client of a running service: an ordinary one. Only its token comes from beside, out of the
//! database, and holds for ten minutes more than the call
//! means to take.

use crate::env::Environment;
use crate::startup::Refusal;
use crate::store::postgres::{self, Server};
use crate::store::sqlite::{Admin, Files, Lock};
use clap::Args;
use reqwest::Url;
use std::path::PathBuf;
use std::time::Duration;
use turndown_protocol::{Capabilities, Problem};

/// How long the token of one call holds, beside what the call itself means to take.
const TOKEN_LIVES: Duration = Duration::from_secs(10 * 60);

/// Which service, and how to get in.
#[derive(Debug, Args)]
pub(super) struct Reach {
    /// The database of the running service; its address and a token are taken from there.
    #[arg(long, env = "TURNDOWN_DB")]
    db: Option<PathBuf>,
    /// The database on a PostgreSQL server; a token is taken from there. The address has to be given.
    #[arg(long, env = "TURNDOWN_POSTGRES", hide_env_values = true, value_name = "ADDRESS", conflicts_with = "db")]
    postgres: Option<String>,
    /// The service's address, where it is not the one that the database knows.
    #[arg(long)]
    url: Option<String>,
    /// A device token, where there is no database at hand.
    #[arg(long, env = "TURNDOWN_TOKEN")]
    token: Option<String>,
    /// The property; may be left out where there is one.
    #[arg(long)]
    property: Option<String>,
}

impl Reach {
    /// Reaches the service, as a device of that name, for as long as the call means to take.
    pub(super) async fn connect(&self, env: &dyn Environment, name: &str, takes: Duration) -> Result<Service, Refusal> {
        let lives_ms = i64::try_from((TOKEN_LIVES + takes).as_millis()).unwrap_or(i64::MAX);
        let files = self.db.clone().map(Files::new);
        let property = self.property.as_deref();
        let token = match (&self.token, &files, &self.postgres) {
            (Some(token), ..) => token.clone(),
            (None, Some(files), _) => Admin::beside(files.clone())?.make_token(env, property, name, Some(lives_ms))?.0,
            (None, None, Some(address)) => {
                let admin = postgres::Admin::beside(Server::parse(address)?).await?;
                admin.make_token(env, property, name, Some(lives_ms)).await?.0
            }
            (None, None, None) => {
                return Err(Refusal::Input(
                    "Name the database with --db or --postgres, or give --url and --token.".into(),
                ));
            }
        };
        let url = self.url.clone();
        let url = url.or_else(|| files.as_ref().and_then(Lock::address)).ok_or_else(|| {
            Refusal::Act(
                "No service runs on that database. Start it with `turndown-service serve`, or give its address with --url."
                    .into(),
            )
        })?;
        let base = Url::parse(&url).map_err(|_| Refusal::Input(format!("{url} is not an address.")))?;
        let client = reqwest::Client::builder()
            .timeout(std::time::Duration::from_secs(30))
            .build()
            .map_err(|error| Refusal::Act(format!("No connection can be made: {error}.")))?;
        let mut service = Service { client, base, token, property: String::new() };
        let capabilities: Capabilities = service.get_at(&["v1", "capabilities"]).await?;
        service.property = capabilities
            .property_id
            .map(|id| id.to_string())
            .ok_or_else(|| Refusal::Act("The service does not say which hotel the token is for.".into()))?;
        Ok(service)
    }
}

/// A running service.
pub(super) struct Service {
    pub(super) client: reqwest::Client,
    base: Url,
    token: String,
    pub(super) property: String,
}

impl Service {
    pub(super) fn url(&self, path: &[&str]) -> Result<Url, Refusal> {
        let mut url = self.base.clone();
        url.path_segments_mut()
            .map_err(|()| Refusal::Input(format!("{} is not an address.", self.base)))?
            .pop_if_empty()
            .extend(path);
        Ok(url)
    }

    pub(super) async fn get<T: serde::de::DeserializeOwned>(&self, what: &str) -> Result<T, Refusal> {
        self.get_at(&["v1", "properties", &self.property, what]).await
    }

    async fn get_at<T: serde::de::DeserializeOwned>(&self, path: &[&str]) -> Result<T, Refusal> {
        self.read(self.client.get(self.url(path)?)).await
    }

    pub(super) async fn read<T: serde::de::DeserializeOwned>(
        &self,
        request: reqwest::RequestBuilder,
    ) -> Result<T, Refusal> {
        let unreachable = |error: reqwest::Error| {
            Refusal::Act(format!("The service at {} does not answer: {}.", self.base, error.without_url()))
        };
        let answer = request.bearer_auth(&self.token).send().await.map_err(unreachable)?;
        let status = answer.status();
        let bytes = answer.bytes().await.map_err(unreachable)?;
        if status.is_success() {
            return serde_json::from_slice(&bytes)
                .map_err(|_| Refusal::Act(format!("What answers at {} is not a property service.", self.base)));
        }
        Err(match serde_json::from_slice::<Problem>(&bytes) {
            Ok(problem) => Refusal::Act(format!("The service refused: {} ({})", problem.title, problem.code)),
            Err(_) => {
                Refusal::Act(format!("What answers at {} is not a property service (status {status}).", self.base))
            }
        })
    }
}
