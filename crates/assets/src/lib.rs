//! Files that people upload: avatars and icons of the widget, attachments of messages.
//!
//! Start with [`keep`]: what is checked before a file is kept. [`serve`] gives it out again, [`sweep`] removes what
//! nothing needs any more. The bytes lie in the data folder ([`kernel::files`]), all else in the table `assets`.

pub mod address;
pub mod api;
mod images;
mod kinds;
pub mod serve;
pub mod store;
pub mod sweep;

use access::plans;
use kernel::error::{Error, Kind as ErrorKind, conflict};
use kernel::files::Files;
use kernel::ids::AssetId;
use kernel::secrets::{self, MasterKey};
use kernel::{Database, Result, TenantProof};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;

pub use kinds::Detected;

/// What this domain needs to work.
#[derive(Clone)]
pub struct Context {
    pub db: Database,
    pub master_key: MasterKey,
    pub files: Files,
    /// Bytes that all files of a tenant may take together.
    pub quota: u64,
}

/// Routes for members, below `/api/v1`.
pub fn routes(ctx: Context) -> OpenApiRouter {
    api::routes().with_state(ctx)
}

/// What a file is for: it decides what may be in it and who may see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = AssetPurpose)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Purpose {
    /// The face of the bot in the widget.
    Avatar,
    /// The picture on the round button.
    Icon,
    /// Part of a message.
    Attachment,
}

impl Purpose {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Avatar => "avatar",
            Self::Icon => "icon",
            Self::Attachment => "attachment",
        }
    }

    /// Anybody may see it: it stands on public pages.
    pub fn is_public(self) -> bool {
        self != Self::Attachment
    }
}

/// A stored file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Asset {
    pub id: AssetId,
    /// Where it can be fetched, without a host: it cannot be guessed, and whoever has it may fetch it.
    pub url: String,
    pub name: String,
    pub mime_type: String,
    /// In bytes.
    pub size: i64,
    /// Of images, in pixels.
    pub width: Option<i32>,
    pub height: Option<i32>,
}

impl Asset {
    pub fn is_image(&self) -> bool {
        self.mime_type.starts_with("image/")
    }
}

/// A file that somebody sends.
#[derive(Debug)]
pub struct Upload<'a> {
    pub purpose: Purpose,
    pub file_name: &'a str,
    pub bytes: &'a [u8],
    /// `user:<id>`, `api_key:<id>` or `visitor:<contact id>`: only they may send it on.
    pub created_by: &'a str,
}

/// An image takes no more, in bytes.
pub const LARGEST_IMAGE: usize = 2 * 1024 * 1024;
/// An attachment takes no more, in bytes.
pub const LARGEST_ATTACHMENT: usize = 10 * 1024 * 1024;
/// What a request may carry: somewhat more, so that a file that is a little too large is told so in words.
pub const LARGEST_BODY: usize = LARGEST_ATTACHMENT + 1024 * 1024;

/// Checks a file and keeps it. Nothing uses it yet: without use it is swept away after a day.
///
/// # Errors
/// 422 for a type that is not taken, 413 for a file that is too large, 409 when the tenant's room is used up.
pub async fn keep(ctx: &Context, proof: &impl TenantProof, upload: &Upload<'_>) -> Result<Asset> {
    check_size(upload)?;
    let detected = kinds::check(upload)?;
    let tenant = proof.tenant_id();
    let mut tx = ctx.db.tenant(proof).await?;
    let used = store::sum_sizes(&mut tx).await?;
    if used + upload.bytes.len() as u64 > ctx.quota {
        return Err(conflict(
            "storage_full",
            "The room for files is used up. Delete conversations with large files, or ask the operator for more.",
        ));
    }
    plans::check_storage(&mut tx, i64::try_from(upload.bytes.len()).unwrap_or(i64::MAX), 0).await?;
    let id = AssetId::new();
    let name = address::harmless_name(upload.file_name, detected.extension);
    let asset = Asset {
        id,
        url: String::new(),
        name,
        mime_type: detected.mime_type.to_owned(),
        size: i64::try_from(upload.bytes.len()).unwrap_or(i64::MAX),
        width: detected.pixels.map(|(width, _)| width),
        height: detected.pixels.map(|(_, height)| height),
    };
    let public_id = address::sign(&ctx.master_key, tenant, id);
    ctx.files.write(tenant, id.0, upload.bytes).await?;
    let row = store::NewAsset {
        asset: &asset,
        purpose: upload.purpose,
        sha256: secrets::sha256(upload.bytes),
        public_id: &public_id,
        created_by: upload.created_by,
    };
    store::insert(&mut tx, &row).await?;
    tx.commit().await?;
    Ok(Asset {
        url: address::url(&public_id, &asset.name),
        ..asset
    })
}

fn check_size(upload: &Upload<'_>) -> Result<()> {
    let (largest, words) = match upload.purpose {
        Purpose::Attachment => (LARGEST_ATTACHMENT, "An attachment has at most 10 MB."),
        _ => (LARGEST_IMAGE, "An image has at most 2 MB."),
    };
    if upload.bytes.len() > largest {
        return Err(Error::new(ErrorKind::TooLarge, "file_too_large", words));
    }
    Ok(())
}
