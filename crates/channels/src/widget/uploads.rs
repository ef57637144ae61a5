//! A visitor sends a file: it is checked and kept first, and sent with a message after that.

use assets::{Asset, Purpose, Upload};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use conversations::inbound;
use kernel::client_ip::ClientIp;
use kernel::error::{Problem, forbidden};
use kernel::extract::{Bytes, Json, Path, Query};
use kernel::{Result, TenantProof};
use serde::Deserialize;

use super::api::enter;
use super::token::Visitor;
use crate::Context;
use crate::endpoint::ChannelEndpoint;

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct About {
    /// What the visitor calls it.
    filename: Option<String>,
}

/// Upload a file, as the body of the request. Send it within a day with a message (`attachment_id`).
#[utoipa::path(post, path = "/{channel_key}/uploads", operation_id = "upload_widget_file", tag = "widget",
    params(("channel_key" = String, Path), About),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses((status = 201, body = Asset), (status = 403, body = Problem), (status = 413, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem)))]
pub async fn upload_widget_file(
    State(ctx): State<Context>,
    Path(key): Path<String>,
    client: ClientIp,
    headers: HeaderMap,
    Query(about): Query<About>,
    Bytes(bytes): Bytes,
) -> Result<(StatusCode, Json<Asset>)> {
    let (endpoint, visitor) = enter(&ctx, &key, &headers).await?;
    let name = about.filename.as_deref().unwrap_or_default();
    let asset = keep(&ctx, &endpoint, &visitor, client, name, &bytes).await?;
    Ok((StatusCode::CREATED, Json(asset)))
}

/// Checks what a visitor may send, and keeps the file.
pub(super) async fn keep(
    ctx: &Context,
    endpoint: &ChannelEndpoint,
    visitor: &Visitor,
    client: ClientIp,
    file_name: &str,
    bytes: &[u8],
) -> Result<Asset> {
    if !endpoint.settings.uploads_enabled {
        return Err(forbidden(
            "uploads_disabled",
            "Files cannot be sent here. Say it in words.",
        ));
    }
    ctx.limits
        .check_upload(endpoint.tenant_id(), client, visitor, ctx.db.clock.now())?;
    let mut tx = ctx.db.tenant_read(endpoint).await?;
    inbound::refuse_blocked(&mut tx, visitor.contact_id).await?;
    drop(tx);
    let upload = Upload {
        purpose: Purpose::Attachment,
        file_name,
        bytes,
        created_by: &inbound::visitor(visitor.contact_id),
    };
    assets::keep(&ctx.assets, endpoint, &upload).await
}
