//! An export that somebody has asked for in the dashboard: written by a job, kept for a week.

use std::time::Duration;

use access::tenants::Operator;
use chrono::TimeDelta;
use kernel::db::JobTenant;
use kernel::error::internal;
use kernel::files::Files;
use kernel::{Result, TenantProof as _};
use queue::Job;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use uuid::Uuid;

use super::requests::store::{self, Finished};
use crate::wiring::Domains;

/// So long the file is there.
const KEPT_FOR: TimeDelta = TimeDelta::days(7);

#[derive(Debug, Serialize, Deserialize)]
pub struct ExportWorkspace {
    pub tenant: JobTenant,
    pub export: Uuid,
}

impl Job for ExportWorkspace {
    const NAME: &'static str = "export_workspace";
    const MAX_ATTEMPTS: u16 = 3;
}

/// The handler. A run that was cut off begins anew.
pub async fn export_workspace(domains: &Domains, job: &ExportWorkspace) -> Result<()> {
    let (db, files) = (&domains.access.db, &domains.exports);
    let mut tx = db.tenant(&job.tenant).await?;
    let is_wanted = store::begin(&mut tx, job.export).await?;
    tx.commit().await?;
    if !is_wanted {
        return Ok(());
    }
    let tenant = job.tenant.tenant_id();
    files.remove(tenant, job.export).await?;
    let path = files.path(tenant, job.export);
    if let Some(folder) = path.parent() {
        tokio::fs::create_dir_all(folder).await.map_err(internal)?;
    }
    let (told, heard) = watch::channel((0, 0));
    let writing = super::export(db, &domains.assets.files, &job.tenant, &path, move |done, all| {
        let _ = told.send((done, all));
    });
    let (written, ()) = tokio::join!(writing, note(domains, job, heard));
    let manifest = written?;
    let size = tokio::fs::metadata(&path).await.map_err(internal)?.len();
    let mut tx = db.tenant(&job.tenant).await?;
    let finished = Finished {
        size: i64::try_from(size).unwrap_or(i64::MAX),
        digest: &manifest.digest,
        at: tx.now(),
        expires_at: tx.now() + KEPT_FOR,
    };
    store::finish(&mut tx, job.export, &finished).await?;
    tx.commit().await
}

/// How far it is, at most once a second.
async fn note(domains: &Domains, job: &ExportWorkspace, mut heard: watch::Receiver<(usize, usize)>) {
    while heard.changed().await.is_ok() {
        let (done, all) = *heard.borrow_and_update();
        let noted = async {
            let mut tx = domains.access.db.tenant(&job.tenant).await?;
            store::note(&mut tx, job.export, done, all).await?;
            tx.commit().await
        };
        if let Err(error) = noted.await {
            error.log();
        }
        if done < all {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    }
}

/// Whoever waits for it is told that it will not come.
pub async fn give_up_export(domains: &Domains, job: &ExportWorkspace) -> Result<()> {
    let mut tx = domains.access.db.tenant(&job.tenant).await?;
    let now = tx.now();
    store::fail(&mut tx, job.export, now).await?;
    tx.commit().await
}

/// Removes files whose time is over, or that nobody knows any more.
pub async fn sweep(domains: &Domains) -> Result<()> {
    let files = &domains.exports;
    let with_folder = files.list_tenants().await?;
    let existing = assets::store::list_existing_tenants(&domains.access.db, &with_folder).await?;
    for gone in with_folder.iter().filter(|tenant| !existing.contains(tenant)) {
        files.remove_tenant(*gone).await?;
    }
    for operator in Operator::for_all(&domains.access.db).await? {
        if existing.contains(&operator.tenant_id())
            && let Err(error) = sweep_tenant(domains, files, &operator).await
        {
            error.log();
        }
    }
    Ok(())
}

async fn sweep_tenant(domains: &Domains, files: &Files, operator: &Operator) -> Result<()> {
    // the files before the row: one that is written meanwhile is not among them
    let listed = files.list(operator.tenant_id()).await?;
    let mut tx = domains.access.db.tenant(operator).await?;
    let now = tx.now();
    store::forget_expired(&mut tx, now).await?;
    let known = store::find(&mut tx).await?.map(|export| export.id);
    tx.commit().await?;
    for file in listed {
        if known != Some(file.name) {
            files.remove(operator.tenant_id(), file.name).await?;
        }
    }
    Ok(())
}
