//! Files that came with a message: fetched from the vendor through the guarded client, checked like any upload, kept.

use assets::{Purpose, Upload};
use connectors::inbound::{Media, MediaKind};
use conversations::inbound::visitor;
use kernel::Result;
use kernel::error::{Kind, conflict};
use kernel::ids::{AssetId, ContactId};

use crate::Context;
use crate::connections::Connection;

/// What became of a file.
pub enum Kept {
    Stored {
        asset: AssetId,
        content_type: &'static str,
    },
    /// It is not here; the agent is told why.
    Missing(String),
}

/// So many attempts are made for a file before the message is kept without it.
const MOST_ATTEMPTS: i32 = 4;

/// Fetches a file and keeps it. A failure that may pass is an error, so that the event is tried again after so many
/// attempts; but the words that came with it do not wait for long.
pub async fn keep(
    ctx: &Context,
    connection: &Connection,
    contact: ContactId,
    media: &Media,
    attempts: i32,
) -> Result<Kept> {
    if media
        .size
        .is_some_and(|size| size > assets::LARGEST_ATTACHMENT as u64)
    {
        return Ok(Kept::Missing("It is larger than 10 MB.".into()));
    }
    let connector = connection.connector;
    let fetched = match connector
        .fetch(&ctx.http, &connection.account, media, assets::LARGEST_ATTACHMENT)
        .await
    {
        Ok(fetched) => fetched,
        Err(error) if error.is_passing && attempts + 1 < MOST_ATTEMPTS => {
            return Err(not_fetched(&error.reason.text));
        }
        Err(error) => return Ok(Kept::Missing(error.reason.text)),
    };
    let name = media.file_name.as_deref().or(fetched.file_name.as_deref());
    let by = visitor(contact);
    let upload = Upload {
        purpose: Purpose::Attachment,
        file_name: name.unwrap_or(default_name(media.kind)),
        bytes: &fetched.bytes,
        created_by: &by,
    };
    match assets::keep(&ctx.assets, connection, &upload).await {
        Ok(asset) => Ok(Kept::Stored {
            asset: asset.id,
            content_type: content_type(&asset.mime_type),
        }),
        Err(error) if matches!(error.kind, Kind::Unavailable | Kind::Internal) => Err(error),
        Err(error) => Ok(Kept::Missing(error.detail)),
    }
}

/// Not of the kind `Unavailable`: that is the database's, for which no attempt is counted.
fn not_fetched(reason: &str) -> kernel::Error {
    conflict(
        "file_not_fetched",
        format!("A file could not be fetched: {reason}"),
    )
}

fn default_name(kind: MediaKind) -> &'static str {
    match kind {
        MediaKind::Image => "image",
        MediaKind::Audio => "recording",
        MediaKind::Video => "video",
        MediaKind::File => "file",
        MediaKind::Sticker => "sticker",
    }
}

/// By what the bytes are, whatever the vendor calls it.
fn content_type(mime_type: &str) -> &'static str {
    match mime_type.split('/').next() {
        Some("image") => "image",
        Some("audio") => "audio",
        Some("video") => "video",
        _ => "file",
    }
}
