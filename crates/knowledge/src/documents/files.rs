//! Files that are to be read: taken in, replaced, tried again.

use access::plans;
use documents::{Format, LARGEST_FILE, Unreadable};
use kernel::error::{Error, Kind, conflict, invalid, not_found};
use kernel::ids::DocumentId;
use kernel::{Result, TenantProof, TenantTx};

use super::reading::ReadDocument;
use super::{Document, store};
use crate::{Context, embedding};

/// A file as it was sent.
pub struct NewFile<'a> {
    pub name: &'a str,
    pub mime_type: &'static str,
    pub bytes: &'a [u8],
}

const LONGEST_NAME: usize = 300;

impl<'a> NewFile<'a> {
    /// # Errors
    /// A file that is too large, or of a type that nobody reads, is refused at once.
    pub fn check(name: &'a str, bytes: &'a [u8]) -> Result<Self> {
        let name = name.rsplit(['/', '\\']).next().unwrap_or_default().trim();
        if name.is_empty() || name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
            return Err(invalid(
                "bad_filename",
                "Name the file: `?filename=prices.pdf`, at most 300 characters.",
            ));
        }
        if bytes.len() > LARGEST_FILE {
            return Err(Error::new(
                Kind::TooLarge,
                "file_too_large",
                Unreadable::TooLarge.to_string(),
            ));
        }
        let format =
            Format::of(bytes, name).map_err(|reason| invalid("unreadable_file", reason.to_string()))?;
        Ok(Self {
            name,
            mime_type: format.mime_type(),
            bytes,
        })
    }

    /// The name without its ending, until the file has told its own.
    pub fn title(&self) -> &str {
        match self.name.rsplit_once('.') {
            Some((stem, ending)) if !stem.is_empty() && ending.len() <= 8 => stem,
            _ => self.name,
        }
    }

    pub fn size(&self) -> i64 {
        i64::try_from(self.bytes.len()).unwrap_or(i64::MAX)
    }
}

pub async fn add(ctx: &Context, proof: &impl TenantProof, file: &NewFile<'_>) -> Result<Document> {
    let mut tx = ctx.db.tenant(proof).await?;
    embedding::store::lock(&mut tx).await?;
    check_room(ctx, &mut tx, file.size(), None).await?;
    if let Some(title) = store::find_same_file(&mut tx, file).await? {
        return Err(conflict(
            "file_known",
            format!(
                "“{title}” is this very file. It would only be found twice; delete that one first if it shall be added anew."
            ),
        ));
    }
    let id = store::insert_file(&mut tx, file).await?;
    ReadDocument::enqueue(&mut tx, id, 1).await?;
    conclude(tx, id).await
}

pub async fn replace(
    ctx: &Context,
    proof: &impl TenantProof,
    id: DocumentId,
    file: &NewFile<'_>,
) -> Result<Document> {
    let mut tx = ctx.db.tenant(proof).await?;
    embedding::store::lock(&mut tx).await?;
    check_room(ctx, &mut tx, file.size(), Some(id)).await?;
    store::require_own(&mut tx, id).await?;
    let revision = store::replace_file(&mut tx, id, file).await?;
    ReadDocument::enqueue(&mut tx, id, revision.ok_or_else(|| not_found("document"))?).await?;
    conclude(tx, id).await
}

/// Reads a file once more that could not be read.
pub async fn retry(ctx: &Context, proof: &impl TenantProof, id: DocumentId) -> Result<Document> {
    let mut tx = ctx.db.tenant(proof).await?;
    embedding::store::lock(&mut tx).await?;
    store::get(&mut tx, id).await?;
    let revision = store::wait_again(&mut tx, id).await?;
    let revision = revision.ok_or_else(|| {
        conflict(
            "not_failed",
            "Only a file that could not be read can be tried again. Send another file instead.",
        )
    })?;
    ReadDocument::enqueue(&mut tx, id, revision).await?;
    conclude(tx, id).await
}

async fn conclude(mut tx: TenantTx, id: DocumentId) -> Result<Document> {
    let document = store::get(&mut tx, id).await?;
    tx.commit().await?;
    Ok(document)
}

/// Whether so many bytes may come, perhaps in place of a document.
pub async fn check_room(
    ctx: &Context,
    tx: &mut TenantTx,
    size: i64,
    in_place_of: Option<DocumentId>,
) -> Result<()> {
    let taken = store::sum_sizes(tx, in_place_of).await?;
    if taken.saturating_add(size) > ctx.file_quota {
        let most = ctx.file_quota / (1024 * 1024);
        return Err(conflict(
            "no_room_for_files",
            format!(
                "The documents of this workspace take the {most} MB that they may. Delete some that are not needed."
            ),
        ));
    }
    let freed = match in_place_of {
        Some(_) => store::sum_sizes(tx, None).await? - taken,
        None => 0,
    };
    plans::check_storage(tx, size, freed).await
}
