//! Files in the data folder, one folder a tenant. What they mean stands in the database, not here: a file without a
//! row is rubbish, whose owner sweeps it away.

use std::io::ErrorKind;
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use tokio::fs;
use tokio::io::AsyncWriteExt as _;
use uuid::Uuid;

use crate::Result;
use crate::error::internal;
use crate::ids::TenantId;

/// The folder with the files of all tenants. Names are UUIDs, so that no name leads out of it.
#[derive(Debug, Clone)]
pub struct Files {
    root: PathBuf,
}

/// A file as the folder lists it.
#[derive(Debug, Clone, Copy)]
pub struct Listed {
    pub name: Uuid,
    pub written_at: DateTime<Utc>,
}

impl Files {
    pub fn new(root: PathBuf) -> Self {
        Self { root }
    }

    fn folder(&self, tenant: TenantId) -> PathBuf {
        self.root.join(tenant.to_string())
    }

    /// Where a file of this name lies, whether or not it is there.
    pub fn path(&self, tenant: TenantId, name: Uuid) -> PathBuf {
        self.folder(tenant).join(name.to_string())
    }

    /// Writes a file as a whole or not at all: it has its name only when it is on the disk.
    pub async fn write(&self, tenant: TenantId, name: Uuid, bytes: &[u8]) -> Result<()> {
        let folder = self.folder(tenant);
        fs::create_dir_all(&folder).await.map_err(internal)?;
        let unfinished = folder.join(format!("{name}.part"));
        let written = async {
            let mut file = fs::File::create(&unfinished).await?;
            file.write_all(bytes).await?;
            file.sync_all().await?;
            fs::rename(&unfinished, folder.join(name.to_string())).await
        };
        if let Err(error) = written.await {
            let _ = fs::remove_file(&unfinished).await;
            return Err(internal(error));
        }
        Ok(())
    }

    /// None if there is no such file.
    pub async fn read(&self, tenant: TenantId, name: Uuid) -> Result<Option<Vec<u8>>> {
        match fs::read(self.folder(tenant).join(name.to_string())).await {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(internal(error)),
        }
    }

    /// Removing what is not there is no error.
    pub async fn remove(&self, tenant: TenantId, name: Uuid) -> Result<()> {
        match fs::remove_file(self.folder(tenant).join(name.to_string())).await {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(internal(error)),
            _ => Ok(()),
        }
    }

    pub async fn list(&self, tenant: TenantId) -> Result<Vec<Listed>> {
        let mut listed = Vec::new();
        let mut entries = match fs::read_dir(self.folder(tenant)).await {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(listed),
            Err(error) => return Err(internal(error)),
        };
        while let Some(entry) = entries.next_entry().await.map_err(internal)? {
            let name = entry.file_name().to_str().and_then(|name| name.parse().ok());
            let written = entry.metadata().await.and_then(|meta| meta.modified());
            if let (Some(name), Ok(written)) = (name, written) {
                let written_at = DateTime::from(written);
                listed.push(Listed { name, written_at });
            }
        }
        Ok(listed)
    }

    /// The tenants that have a folder.
    pub async fn list_tenants(&self) -> Result<Vec<TenantId>> {
        let mut tenants = Vec::new();
        let mut entries = match fs::read_dir(&self.root).await {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(tenants),
            Err(error) => return Err(internal(error)),
        };
        while let Some(entry) = entries.next_entry().await.map_err(internal)? {
            let name = entry.file_name();
            tenants.extend(name.to_str().and_then(|name| name.parse::<TenantId>().ok()));
        }
        Ok(tenants)
    }

    /// All files of a tenant that is no more.
    pub async fn remove_tenant(&self, tenant: TenantId) -> Result<()> {
        match fs::remove_dir_all(self.folder(tenant)).await {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(internal(error)),
            _ => Ok(()),
        }
    }
}
