//! The dependency graph as one page: every domain gets its context from explicit arguments.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use answering::model::Models;
use answering::turns::Turns;
use channels::connections::Connections;
use channels::delivery::pace::Pace;
use channels::endpoint::Endpoints;
use channels::widget::limits::WidgetLimits;
use connectors::Http;
use conversations::live::Streams;
use documents::Reader;
use kernel::Database;
use kernel::error::{Result, invalid};
use kernel::files::Files;
use kernel::limits::{Places, Shares};
use kernel::outbound::{AllowList, Outbound};
use kernel::secrets::MasterKey;
use knowledge::embedding::Embedders;
use knowledge::snapshot::Snapshots;
use knowledge::vector_index::LargeBases;
use knowledge::websites::fetch::Crawler;
use llm::embedder::Embedder;

use crate::config::Config;
use crate::database::{self, Opened, Purpose};
use crate::{master_key, runtime};

/// All domains, ready to be served.
#[derive(Clone)]
pub struct Domains {
    pub access: access::Context,
    pub assets: assets::Context,
    /// Workspaces that somebody takes along: not what people upload, and gone after a week.
    pub exports: Files,
    pub conversations: conversations::Context,
    pub knowledge: knowledge::Context,
    pub answering: answering::Context,
    pub channels: channels::Context,
    pub automation: automation::Context,
    pub notifications: notifications::Context,
    pub crm: crm::Context,
    pub insights: insights::Context,
    pub programs: programs::Context,
}

/// Opens the database and builds the domains.
pub async fn open(config: &Config, purpose: Purpose, tell: impl Fn(&str)) -> Result<(Opened, Box<Domains>)> {
    let opened = database::open(config, purpose, &tell).await?;
    tell("loading the embedding model");
    match build(config, &opened.db).await {
        Ok(domains) => Ok((opened, domains)),
        Err(error) => {
            opened.close().await;
            Err(error)
        }
    }
}

/// Boxed: it is large, and travels through every command.
pub async fn build(config: &Config, db: &Database) -> Result<Box<Domains>> {
    let master_key = master_key::unlock(config, db).await?;
    let allow: AllowList = config
        .outbound_allow
        .parse()
        .map_err(|error| invalid("bad_outbound_allow", format!("RAPPORT_OUTBOUND_ALLOW: {error}.")))?;
    let outbound = Outbound::new(allow)?;
    let local = runtime::load_embedder(config).await;
    assemble(config, db, master_key, outbound, local).map(Box::new)
}

/// The same without reading anything from disk: enough to describe the routes.
pub fn describe(db: &Database) -> Result<Domains> {
    assemble(
        &Config::default(),
        db,
        MasterKey::random(),
        Outbound::new(AllowList::default())?,
        None,
    )
}

fn assemble(
    config: &Config,
    db: &Database,
    master_key: MasterKey,
    outbound: Outbound,
    local: Option<Arc<dyn Embedder>>,
) -> Result<Domains> {
    let access = access::Context::new(db.clone(), master_key.clone(), outbound.clone());
    let assets = assets::Context {
        db: db.clone(),
        master_key: master_key.clone(),
        files: Files::new(config.data_dir.join("assets")),
        quota: config.files_per_tenant_mb * 1024 * 1024,
    };
    let conversations = conversations::Context {
        db: db.clone(),
        streams: Streams::default(),
        master_key: master_key.clone(),
        public_url: config.public_url.clone(),
    };
    let large = LargeBases::new(db, config.knowledge_in_memory_per_tenant, config.qdrant()?)?;
    let knowledge = knowledge::Context {
        db: db.clone(),
        embedders: Embedders::new(local, outbound.clone(), master_key.clone()),
        snapshots: Snapshots::new(config.knowledge_in_memory, large.clone()),
        large,
        reader: Reader::new(own_program()),
        crawler: crawler(config, outbound.clone()),
        file_quota: i64::try_from(config.files_per_tenant_mb * 1024 * 1024).unwrap_or(i64::MAX),
    };
    let automation = automation::Context::new(db.clone(), master_key.clone(), outbound.clone());
    let notifications = notifications::Context::new(
        db.clone(),
        master_key.clone(),
        outbound.clone(),
        config.smtp.server()?,
        config.public_url.as_deref(),
    );
    let answering = answering::Context {
        db: db.clone(),
        knowledge: knowledge.clone(),
        notifications: notifications.clone(),
        models: Models::new(outbound.clone(), master_key.clone(), config.model.limits()),
        turns: Turns::default(),
        outbound: outbound.clone(),
        master_key: master_key.clone(),
        public_url: config.public_url.clone(),
    };
    let channels = channels::Context {
        db: db.clone(),
        master_key,
        answering: answering.clone(),
        assets: assets.clone(),
        endpoints: Endpoints::default(),
        limits: WidgetLimits::new(config.limits),
        connections: Connections::default(),
        http: Http::new(outbound),
        pace: Pace::default(),
        inbound_shares: Shares::new(channels::intake::work::SHARE_OF_A_TENANT),
        typing_limit: channels::typing_limit(),
        courtesies: Places::new(channels::MOST_COURTESIES),
        public_url: config.public_url.clone(),
    };
    let crm = crm::Context { db: db.clone() };
    let insights = insights::Context {
        db: db.clone(),
        answering: answering.clone(),
        notifications: notifications.clone(),
    };
    let programs = programs::Context::new(
        db.clone(),
        access.clone(),
        answering.clone(),
        config.public_url.clone(),
    );
    Ok(Domains {
        access,
        assets,
        exports: Files::new(config.data_dir.join("exports")),
        conversations,
        knowledge,
        answering,
        channels,
        automation,
        notifications,
        crm,
        insights,
        programs,
    })
}

fn crawler(config: &Config, outbound: Outbound) -> Crawler {
    let settings = config.crawl;
    Crawler::new(
        outbound,
        Duration::from_millis(settings.interval_ms),
        Duration::from_millis(settings.page_ms),
        Duration::from_secs(settings.run_minutes * 60),
        config.public_url.as_deref(),
    )
}

/// The file that this process runs, also after an upgrade has put another in its place.
fn own_program() -> PathBuf {
    let running = Path::new("/proc/self/exe");
    match running.exists() {
        true => running.to_owned(),
        false => std::env::current_exe().unwrap_or_else(|_| "rapport".into()),
    }
}

/// Writes a file that only its owner can read; leaves one that exists as it is.
pub fn write_secret(path: &Path, text: &str) -> std::io::Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    match std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
    {
        Ok(mut file) => file.write_all(text.as_bytes()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}
