//! `rapport doctor`: what is wrong and how to mend it.

use std::process::ExitCode;
use std::time::Duration;

use kernel::Result;
use serde::Serialize;
use serde_json::json;

use super::Global;
use crate::canary::{self, Passage};
use crate::config::{Config, VectorIndexKind};
use crate::database::{self, Opened, Purpose, Redo};
use crate::embedded::{WEB, find};
use crate::{runtime, wiring};

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Check {
    name: &'static str,
    state: State,
    /// What was found, and for a problem what to do.
    detail: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Ok,
    Warning,
    Problem,
}

pub async fn run(global: &Global) -> Result<ExitCode> {
    let config = global.config(None)?;
    let mut checks = vec![
        data_dir(&config),
        runtime_files(&config),
        model(&config),
        web_pages(),
        disk(&config),
        address(&config),
    ];
    match database::connect(&config, Purpose::Command, |_| {}).await {
        Ok(opened) => {
            checks.extend(database(&config, &opened).await);
            opened.close().await;
        }
        Err(error) => checks.push(problem("database", error.detail)),
    }
    let is_healthy = checks.iter().all(|check| check.state != State::Problem);
    if global.json {
        println!("{}", json!({"healthy": is_healthy, "checks": checks}));
    } else {
        for check in &checks {
            let mark = match check.state {
                State::Ok => "ok     ",
                State::Warning => "warning",
                State::Problem => "PROBLEM",
            };
            println!("{mark}  {:<10} {}", check.name, check.detail);
        }
    }
    Ok(if is_healthy {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn ok(name: &'static str, detail: impl Into<String>) -> Check {
    Check {
        name,
        state: State::Ok,
        detail: detail.into(),
    }
}

fn warning(name: &'static str, detail: impl Into<String>) -> Check {
    Check {
        name,
        state: State::Warning,
        detail: detail.into(),
    }
}

fn problem(name: &'static str, detail: impl Into<String>) -> Check {
    Check {
        name,
        state: State::Problem,
        detail: detail.into(),
    }
}

fn data_dir(config: &Config) -> Check {
    let probe = config.data_dir.join(".doctor");
    let written = std::fs::create_dir_all(&config.data_dir)
        .and_then(|()| std::fs::write(&probe, ""))
        .and_then(|()| std::fs::remove_file(&probe));
    match written {
        Ok(()) => ok("data", config.data_dir.display().to_string()),
        Err(error) => problem(
            "data",
            format!(
                "{} cannot be written: {error}. Choose another folder with --data-dir.",
                config.data_dir.display()
            ),
        ),
    }
}

fn runtime_files(config: &Config) -> Check {
    if config.database_url.is_some() {
        return ok(
            "postgres",
            "DATABASE_URL names the server; the bundled one is not needed",
        );
    }
    match runtime::postgres_binaries(config) {
        Ok(_) => ok("postgres", "the programs are here"),
        Err(error) => problem("postgres", error.detail),
    }
}

fn model(config: &Config) -> Check {
    match runtime::model_dir(config) {
        Some(dir) => ok("model", dir.display().to_string()),
        None => warning(
            "model",
            "The embedding model is not installed, so search goes by words alone. Run `make setup` in the source folder, or \
             name the folder that holds models/all-MiniLM-L6-v2 with --runtime-dir.",
        ),
    }
}

fn web_pages() -> Check {
    match (find(WEB, "widget.js"), find(WEB, "dashboard/index.html")) {
        (Some(_), Some(_)) => ok("web", "widget and dashboard are part of this build"),
        _ => warning(
            "web",
            "The web pages are not part of this build. Run `npm ci && npm run build` in web/, then build again.",
        ),
    }
}

/// PostgreSQL stops when its disk is full; a gigabyte is the reserve.
fn disk(config: &Config) -> Check {
    let folder = config.data_dir.ancestors().find(|folder| folder.exists());
    let free = folder.and_then(|folder| nix_free(folder).ok());
    match free {
        Some(free) if free < 1 << 30 => problem(
            "disk",
            format!(
                "Only {} MB are free. Make room before PostgreSQL has to stop.",
                free >> 20
            ),
        ),
        Some(free) => ok("disk", format!("{} GB free", free >> 30)),
        None => warning("disk", "The free space could not be read."),
    }
}

fn nix_free(folder: &std::path::Path) -> std::io::Result<u64> {
    let stat = nix::sys::statvfs::statvfs(folder)?;
    Ok(stat.blocks_available() * stat.fragment_size())
}

fn address(config: &Config) -> Check {
    let is_local = config.listen.ip().is_loopback();
    match &config.public_url {
        Some(url) if url.starts_with("https://") => ok("address", url.clone()),
        Some(url) => problem(
            "address",
            format!(
                "{url} is not https: browsers keep the session cookie only over https. Put a proxy with a certificate in front."
            ),
        ),
        None if is_local => ok("address", format!("{} (this machine only)", config.listen)),
        None => warning(
            "address",
            "Listening for other machines without RAPPORT_PUBLIC_URL. Put a proxy with a certificate in front and set it.",
        ),
    }
}

async fn database(config: &Config, opened: &Opened) -> Vec<Check> {
    let mut checks = Vec::new();
    match opened.migrate(Redo::WhatChanged).await {
        Ok(()) => checks.push(ok("schema", "up to date")),
        Err(error) => return vec![problem("schema", error.detail)],
    }
    match opened.db.ping().await {
        Ok(()) => checks.push(ok("database", "answers")),
        Err(error) => checks.push(problem("database", error.detail)),
    }
    checks.push(work(config, opened).await);
    match wiring::build(config, &opened.db).await {
        Ok(domains) => {
            checks.push(secrets(&domains).await);
            checks.extend(qdrant(config, &domains).await);
        }
        Err(error) => checks.push(problem("keys", error.detail)),
    }
    checks
}

/// Whether test events come through, if a server works here.
async fn work(config: &Config, opened: &Opened) -> Check {
    let every = Duration::from_secs(config.canary_seconds);
    let pool = opened.job_pool();
    let passage = canary::look(&pool, every).await;
    pool.close().await;
    match passage {
        Ok(Passage::NobodyWorks) => ok("work", "no server works on this database"),
        Ok(Passage::Arrived { seconds_ago }) => ok(
            "work",
            format!("a test event came through the queue {seconds_ago:.0} seconds ago"),
        ),
        Ok(Passage::Silent) => problem(
            "work",
            "A server runs, but no test event comes through the queue: visitors on messaging channels may get no answers. \
             Look at the server's log, and restart it if it says nothing.",
        ),
        Err(error) => problem("work", error.detail),
    }
}

/// Where large bases are indexed in a Qdrant server.
async fn qdrant(config: &Config, domains: &wiring::Domains) -> Option<Check> {
    let url = config.qdrant_url.as_deref().unwrap_or_default();
    if config.vector_index != VectorIndexKind::Qdrant {
        return None;
    }
    Some(match domains.knowledge.large.index.ping().await {
        Ok(()) => ok("qdrant", format!("{url} answers")),
        Err(error) => problem(
            "qdrant",
            format!(
                "{url} does not answer as it should: {error}. Look at RAPPORT_QDRANT_URL and RAPPORT_QDRANT_API_KEY. \
                 Meanwhile large bases are searched by words."
            ),
        ),
    })
}

/// A stored secret must open, or the master key is another installation's.
async fn secrets(domains: &wiring::Domains) -> Check {
    match crate::journeys::tenant::find_shut_secret(domains).await {
        Ok(None) => ok("keys", "stored secrets open with the master key"),
        Ok(Some(what)) => problem(
            "keys",
            format!(
                "{what} does not open: the master key was changed. Put the old one back (master.key or RAPPORT_MASTER_KEY)."
            ),
        ),
        Err(error) => problem("keys", error.detail),
    }
}
