//! What commands have in common: progress, the open database, and who is meant by `--tenant`.

use std::io::IsTerminal;
use std::time::Duration;

use access::tenants::{self, Operator};
use indicatif::{ProgressBar, ProgressStyle};
use kernel::error::{Result, invalid};

use super::Global;
use crate::database::{Opened, Purpose};
use crate::wiring::{self, Domains};

/// A line that tells what is being done. Silent with `--json` or without a terminal.
pub struct Progress(Option<ProgressBar>);

impl Progress {
    pub fn new(global: &Global) -> Self {
        if global.json || !std::io::stderr().is_terminal() {
            return Self(None);
        }
        let bar = ProgressBar::new_spinner().with_style(ProgressStyle::default_spinner());
        bar.enable_steady_tick(Duration::from_millis(100));
        Self(Some(bar))
    }

    pub fn tell(&self, step: &str) {
        if let Some(bar) = &self.0 {
            bar.set_message(step.to_owned());
        }
    }

    pub fn done(&self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

/// The database and all domains, for one command.
pub struct Session {
    pub opened: Opened,
    pub domains: Box<Domains>,
}

impl Session {
    pub async fn open(global: &Global) -> Result<Self> {
        let config = global.config(None)?;
        let progress = Progress::new(global);
        let (opened, domains) = wiring::open(&config, Purpose::Command, |step| progress.tell(step)).await?;
        progress.done();
        Ok(Self { opened, domains })
    }

    /// The same of an installation that is there: a forgotten `--data-dir` makes no new one.
    pub async fn open_existing(global: &Global) -> Result<Self> {
        let config = global.config(None)?;
        if config.database_url.is_none() && !config.data_dir.join("cluster").is_dir() {
            return Err(invalid(
                "no_installation",
                format!(
                    "There is no installation in {}. Name its folder with --data-dir or RAPPORT_DATA_DIR, or begin one with \
                     `rapport serve`.",
                    config.data_dir.display()
                ),
            ));
        }
        Self::open(global).await
    }

    /// Runs a piece of work and closes the database whatever comes of it.
    pub async fn run<T>(self, work: impl AsyncFnOnce(&Self) -> Result<T>) -> Result<T> {
        let outcome = work(&self).await;
        self.opened.close().await;
        outcome
    }

    /// The named tenant, or the only one.
    pub async fn tenant(&self, slug: Option<&str>) -> Result<Operator> {
        let db = &self.opened.db;
        let slugs = tenants::store::list_slugs(db).await?;
        let slug = match (slug, slugs.as_slice()) {
            (Some(slug), _) => slug.to_owned(),
            (None, [only]) => only.clone(),
            (None, []) => {
                return Err(invalid(
                    "no_tenant",
                    "There is no tenant yet. Make one with `rapport tenant create NAME`.",
                ));
            }
            (None, many) => {
                let detail = format!(
                    "There are several tenants. Say which one with --tenant: {}.",
                    many.join(", ")
                );
                return Err(invalid("tenant_missing", detail));
            }
        };
        let found = Operator::find(db, &slug).await?;
        found.ok_or_else(|| {
            invalid(
                "unknown_tenant",
                format!("There is no tenant `{slug}`. `rapport tenant list` shows them."),
            )
        })
    }
}
