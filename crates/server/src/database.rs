//! Opens the database: the bundled PostgreSQL as a child, or the one that `DATABASE_URL` names.

use std::str::FromStr;

use embedded_postgres::{Cluster, OWNER_ROLE, Progress};
use kernel::db::PoolSize;
use kernel::error::{Result, internal, invalid};
use kernel::{Clock, Database, migrate};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, PgConnection, PgPool};

use crate::config::Config;
use crate::{master_key, runtime};

/// An open database and, if it is the bundled one, the cluster that must be stopped at the end.
pub struct Opened {
    pub db: Database,
    pub cluster: Option<Cluster>,
    options: PgConnectOptions,
}

/// Whether this process runs the server or only a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    Serve,
    Command,
}

/// How much of a migration that was done already is done again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Redo {
    /// Nothing, if this very version was the last to migrate: a command beside a running server leaves its tables alone.
    WhatChanged,
    /// All, to mend what somebody has spoiled by hand. Locks every table for a moment.
    Everything,
}

/// Starts or joins the database and brings it to this binary's schema.
pub async fn open(config: &Config, purpose: Purpose, progress: impl Fn(&str)) -> Result<Opened> {
    let opened = connect(config, purpose, &progress).await?;
    progress("checking the schema");
    match opened.prepare(config).await {
        Ok(()) => Ok(opened),
        Err(error) => {
            opened.close().await;
            Err(error)
        }
    }
}

/// Starts or joins the database and changes nothing in it.
pub async fn connect(config: &Config, purpose: Purpose, progress: impl Fn(&str)) -> Result<Opened> {
    let (cluster, options) = match &config.database_url {
        Some(url) => {
            let options = PgConnectOptions::from_str(url).map_err(|error| {
                invalid(
                    "bad_database_url",
                    format!("DATABASE_URL cannot be read: {error}."),
                )
            })?;
            (None, options)
        }
        None => {
            let cluster = start_cluster(config, purpose, &progress).await?;
            let options = PgConnectOptions::from_str(&cluster.url(OWNER_ROLE)).map_err(internal)?;
            (Some(cluster), options)
        }
    };
    let size = PoolSize {
        app: config.database_connections,
        ..PoolSize::default()
    };
    // The bundled server lets each role log in by itself, so not even `set role` leads from one to the other.
    let app = match &cluster {
        Some(_) => kernel::db::Login::EachRole(options.clone()),
        None => kernel::db::Login::TakeRole(options.clone()),
    };
    let db = match purpose {
        Purpose::Serve => Database::for_requests(app, size, Clock::system()),
        Purpose::Command => Database::new(app, size, Clock::system()),
    };
    Ok(Opened { db, cluster, options })
}

async fn start_cluster(config: &Config, purpose: Purpose, progress: &impl Fn(&str)) -> Result<Cluster> {
    let settings = embedded_postgres::Config::new(&config.data_dir, runtime::postgres_binaries(config)?);
    let settings = if purpose == Purpose::Serve {
        settings.must_own()
    } else {
        settings
    };
    let tell = |step: Progress| {
        progress(match step {
            Progress::WaitingForOwner => "waiting for another process to release the database",
            Progress::Unpacking => "unpacking PostgreSQL",
            Progress::Initialising => "creating the database",
            Progress::Starting => "starting PostgreSQL",
            Progress::Ready => "PostgreSQL is ready",
        });
    };
    Cluster::open(settings, tell)
        .await
        .map_err(|error| invalid("postgres_failed", error.to_string()))
}

impl Opened {
    /// Whoever has another database's key changes nothing in this one.
    async fn prepare(&self, config: &Config) -> Result<()> {
        master_key::check(config, &mut self.owner().await?).await?;
        self.migrate(Redo::WhatChanged).await
    }

    async fn owner(&self) -> Result<PgConnection> {
        PgConnection::connect_with(&self.options)
            .await
            .map_err(unreachable)
    }

    /// As the owner: the only moment at which that role is used.
    pub async fn migrate(&self, redo: Redo) -> Result<()> {
        let mut owner = self.owner().await?;
        if redo == Redo::Everything || !migrate::is_current(&mut owner).await? {
            migrate::migrate(&mut owner).await?;
        }
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .connect_with(self.options.clone())
            .await?;
        queue::migrate(&pool).await.map_err(internal)?;
        queue::grant(&mut owner, "rapport_app").await.map_err(internal)?;
        pool.close().await;
        owner.close().await?;
        Ok(())
    }

    /// A pool for the job runner, as the application's role.
    pub fn job_pool(&self) -> PgPool {
        let options = self.options.clone();
        let options = match &self.cluster {
            Some(_) => options.username("rapport_app"),
            None => options.options([("role", "rapport_app")]),
        };
        // a job that is done and forgotten as such by a crash runs again, as every job may: nothing waits for the disk
        let options = options.options([("synchronous_commit", "off")]);
        // ten listen all the time; a look after dead workers holds one while it asks for another
        PgPoolOptions::new()
            .max_connections(20)
            .connect_lazy_with(options)
    }

    /// The connection string for `rapport psql`.
    pub fn url(&self, config: &Config) -> String {
        match (&self.cluster, &config.database_url) {
            (Some(cluster), _) => cluster.url(OWNER_ROLE),
            (None, url) => url.clone().unwrap_or_default(),
        }
    }

    pub async fn close(self) {
        self.db.close().await;
        if let Some(cluster) = self.cluster {
            cluster.stop().await;
        }
    }
}

fn unreachable(error: sqlx::Error) -> kernel::Error {
    kernel::error::unavailable(format!("The database does not answer: {error}."))
}
