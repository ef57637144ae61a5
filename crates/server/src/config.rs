//! Settings: documented defaults, then `rapport.toml` in the data folder, then `RAPPORT_*` in the environment, then
//! the command line. None is required.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use channels::widget::limits::LimitSettings;
use figment::Figment;
use figment::providers::{Env, Format, Serialized, Toml};
use kernel::error::{Result, invalid};
use knowledge::vector_index::QdrantServer;
use notifications::smtp;
use serde::{Deserialize, Serialize};

/// Everything an operator can set. Nested keys take two underscores in the environment:
/// `RAPPORT_LIMITS__MESSAGES_PER_VISITOR_MINUTE=20`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct Config {
    /// Holds the database, the master key and files. /var/lib/rapport for root, else the user's data folder.
    pub data_dir: PathBuf,
    /// Where to listen: `127.0.0.1:8080`. Port 0 picks a free one.
    pub listen: SocketAddr,
    /// What this process does, where several share one database: `all`, `web` or `worker`. Also `--role`.
    pub role: Role,
    /// A PostgreSQL (15 or newer, pgvector 0.7 or newer) to use instead of the bundled one. Also read from
    /// `DATABASE_URL`.
    pub database_url: Option<String>,
    /// An installed PostgreSQL to start instead of the bundled one: the folder that holds `bin/postgres`.
    pub postgres_dir: Option<PathBuf>,
    /// Where the bundled PostgreSQL and the embedding model lie. Found beside the program unless given.
    pub runtime_dir: Option<PathBuf>,
    /// The address under which browsers reach this server: `https://chat.example.com`.
    pub public_url: Option<String>,
    /// 64 hexadecimal digits; otherwise kept in `master.key` in the data folder.
    #[serde(skip_serializing)]
    pub master_key: Option<String>,
    /// Reverse proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// Destinations beyond the public internet that may be called: `127.0.0.1:11434,10.1.0.0/16`; and further ports of
    /// public addresses: `*:8443`.
    pub outbound_allow: String,
    /// Connections to the database.
    pub database_connections: u32,
    /// Knowledge kept in memory, in entries over all tenants; an entry takes about 2 kB.
    pub knowledge_in_memory: usize,
    /// Passages of one tenant kept in memory. A larger base is judged by a sample and searched through `vector_index`.
    pub knowledge_in_memory_per_tenant: usize,
    /// Where large bases are indexed: `pgvector`, which is the database itself, or `qdrant`.
    pub vector_index: VectorIndexKind,
    /// The Qdrant server: `http://127.0.0.1:6333`.
    pub qdrant_url: Option<String>,
    /// Sent to it as `api-key`.
    #[serde(skip_serializing)]
    pub qdrant_api_key: Option<String>,
    /// What its collections are called. The length of the vectors follows: `rapport-384`.
    pub qdrant_collection: String,
    /// Room for the uploaded files of one tenant, in megabytes.
    pub files_per_tenant_mb: u64,
    /// Seconds between two test events that go through the queue; the alarm is raised when none arrives for twice as long.
    pub canary_seconds: u64,
    pub limits: LimitSettings,
    pub model: ModelSettings,
    pub crawl: CrawlSettings,
    pub smtp: SmtpSettings,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Answers requests and does the work behind them
    All,
    /// Answers requests; another process does the work
    Web,
    /// Does the work; of requests it answers only those for its health
    Worker,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VectorIndexKind {
    Pgvector,
    Qdrant,
}

/// How long a language model may take, in milliseconds. Beyond that the visitor gets the approved text.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(default)]
pub struct ModelSettings {
    /// From the request to the first piece of the answer, for each try.
    pub first_token_ms: u64,
    /// Within any such span the answer must go on.
    pub idle_ms: u64,
    /// All tries and the waits between them.
    pub total_ms: u64,
}

impl Default for ModelSettings {
    fn default() -> Self {
        Self {
            first_token_ms: 20_000,
            idle_ms: 15_000,
            total_ms: 90_000,
        }
    }
}

impl ModelSettings {
    pub fn limits(&self) -> llm::Limits {
        llm::Limits {
            first_token: Duration::from_millis(self.first_token_ms),
            idle: Duration::from_millis(self.idle_ms),
            total: Duration::from_millis(self.total_ms),
            ..llm::Limits::default()
        }
    }
}

/// The mail server for every workspace that has none of its own. Without a host no mail is sent.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
pub struct SmtpSettings {
    /// `smtp.example.com`. Any address will do, on whatever port.
    pub host: Option<String>,
    /// 587 unless set.
    pub port: u16,
    /// `starttls`, `tls` or `none`.
    pub tls: smtp::Tls,
    pub username: Option<String>,
    #[serde(skip_serializing)]
    pub password: Option<String>,
    /// In whose name: `Rapport <rapport@example.com>`.
    pub from: Option<String>,
}

impl Default for SmtpSettings {
    fn default() -> Self {
        Self {
            host: None,
            port: 587,
            tls: smtp::Tls::Starttls,
            username: None,
            password: None,
            from: None,
        }
    }
}

impl SmtpSettings {
    /// The mail server, if one is named.
    ///
    /// # Errors
    /// It is named, but not in whose name it sends.
    pub fn server(&self) -> Result<Option<smtp::Server>> {
        let text = |value: &Option<String>| value.clone().filter(|text| !text.trim().is_empty());
        let Some(host) = text(&self.host) else {
            return Ok(None);
        };
        let from = smtp::mailbox(self.from.as_deref().unwrap_or_default()).map_err(|_| {
            invalid(
                "bad_smtp_from",
                "RAPPORT_SMTP__HOST is set, but RAPPORT_SMTP__FROM does not say in whose name mails are sent, such as Rapport <rapport@example.com>.",
            )
        })?;
        Ok(Some(smtp::Server {
            host: host.trim().to_owned(),
            port: self.port,
            tls: self.tls,
            username: text(&self.username),
            password: text(&self.password),
            from,
            is_operators: true,
        }))
    }
}

/// How web sites are read.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(default)]
pub struct CrawlSettings {
    /// Between two requests to one host, in milliseconds. A site may ask for more.
    pub interval_ms: u64,
    /// For one page, from the first byte to the last, in milliseconds.
    pub page_ms: u64,
    /// For reading one site once, in minutes.
    pub run_minutes: u64,
    /// Sites that are read at a time.
    pub at_once: usize,
}

impl Default for CrawlSettings {
    fn default() -> Self {
        Self {
            interval_ms: 1_000,
            page_ms: 20_000,
            run_minutes: 15,
            at_once: 4,
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data_dir: embedded_postgres::default_data_dir(),
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            role: Role::All,
            database_url: None,
            postgres_dir: None,
            runtime_dir: None,
            public_url: None,
            master_key: None,
            trusted_proxies: Vec::new(),
            outbound_allow: String::new(),
            database_connections: 16,
            knowledge_in_memory: 200_000,
            knowledge_in_memory_per_tenant: 100_000,
            vector_index: VectorIndexKind::Pgvector,
            qdrant_url: None,
            qdrant_api_key: None,
            qdrant_collection: "rapport".into(),
            files_per_tenant_mb: 1024,
            canary_seconds: 60,
            limits: LimitSettings::default(),
            model: ModelSettings::default(),
            crawl: CrawlSettings::default(),
            smtp: SmtpSettings::default(),
        }
    }
}

/// What the command line may override.
#[derive(Debug, Default, Serialize)]
pub struct Overrides {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data_dir: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listen: Option<SocketAddr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub database_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub postgres_dir: Option<PathBuf>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub runtime_dir: Option<PathBuf>,
}

impl Config {
    /// The Qdrant server, where large bases are indexed in one.
    ///
    /// # Errors
    /// It is chosen, but not named.
    pub fn qdrant(&self) -> Result<Option<QdrantServer>> {
        if self.vector_index == VectorIndexKind::Pgvector {
            return Ok(None);
        }
        let Some(url) = self.qdrant_url.clone().filter(|url| !url.trim().is_empty()) else {
            return Err(invalid(
                "no_qdrant_url",
                "RAPPORT_VECTOR_INDEX is qdrant, but RAPPORT_QDRANT_URL does not say where the server is.",
            ));
        };
        Ok(Some(QdrantServer {
            url,
            api_key: self.qdrant_api_key.clone(),
            collection: self.qdrant_collection.clone(),
        }))
    }

    /// # Errors
    /// Names the setting that could not be read.
    pub fn load(overrides: &Overrides) -> Result<Self> {
        let base =
            Figment::from(Serialized::defaults(Self::default())).merge(Env::prefixed("RAPPORT_").split("__"));
        let data_dir = match &overrides.data_dir {
            Some(dir) => dir.clone(),
            None => base.extract_inner::<PathBuf>("data_dir").map_err(explain)?,
        };
        let figment = Figment::from(Serialized::defaults(Self::default()))
            .merge(Toml::file(data_dir.join("rapport.toml")))
            .merge(Env::raw().only(&["DATABASE_URL"]))
            .merge(Env::prefixed("RAPPORT_").split("__"))
            .merge(Serialized::defaults(overrides));
        let mut config: Self = figment.extract().map_err(explain)?;
        config.data_dir = absolute(&data_dir)?;
        config.database_url = config.database_url.filter(|url| !url.trim().is_empty());
        Ok(config)
    }
}

fn explain(error: figment::Error) -> kernel::Error {
    invalid(
        "bad_configuration",
        format!("The configuration cannot be read: {error}."),
    )
}

fn absolute(path: &Path) -> Result<PathBuf> {
    std::path::absolute(path).map_err(|error| invalid("bad_data_dir", format!("{}: {error}", path.display())))
}
