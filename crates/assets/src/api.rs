//! HTTP for members: upload a file.

use access::{Member, Permission, audit};
use axum::extract::{DefaultBodyLimit, State};
use axum::http::StatusCode;
use kernel::Result;
use kernel::error::Problem;
use kernel::extract::{Bytes, Json, Query};
use serde::Deserialize;
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::{Asset, Context, LARGEST_BODY, Purpose, Upload, keep};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(create_asset))
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct About {
    /// What the uploader calls it.
    filename: Option<String>,
    /// `attachment` unless given. Avatars and icons need the permission to manage channels.
    #[param(inline)]
    purpose: Option<Purpose>,
}

/// Upload a file, as the body of the request. What it is, is found in its bytes. Use it within a day: send it with a
/// reply (`attachment_id`), or set its `url` as avatar or icon of a widget.
#[utoipa::path(post, path = "/assets", operation_id = "create_asset", tag = "assets", params(About),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 201, body = Asset), (status = 409, body = Problem), (status = 413, body = Problem), (status = 422, body = Problem)))]
async fn create_asset(
    State(ctx): State<Context>,
    member: Member,
    Query(about): Query<About>,
    Bytes(bytes): Bytes,
) -> Result<(StatusCode, Json<Asset>)> {
    let purpose = about.purpose.unwrap_or(Purpose::Attachment);
    member.require(match purpose {
        Purpose::Attachment => Permission::ReplyToVisitors,
        Purpose::Avatar | Purpose::Icon => Permission::ManageChannels,
    })?;
    let actor = member.actor().to_string();
    let upload = Upload {
        purpose,
        file_name: about.filename.as_deref().unwrap_or_default(),
        bytes: &bytes,
        created_by: &actor,
    };
    let asset = keep(&ctx, &member, &upload).await?;
    if purpose.is_public() {
        let mut tx = ctx.db.tenant(&member).await?;
        let details = json!({"purpose": purpose.as_str(), "name": asset.name});
        audit::record(
            &mut tx,
            &actor,
            audit::Action::AssetUploaded,
            &format!("asset:{}", asset.id),
            details,
        )
        .await?;
        tx.commit().await?;
    }
    Ok((StatusCode::CREATED, Json(asset)))
}
