//! Gives files out, so that whatever is in them does no harm: the browser does not guess a type, runs nothing in it,
//! and shows nothing but images in place.

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use kernel::Result;
use kernel::error::{internal, not_found};
use kernel::extract::Path;

use crate::store::Served;
use crate::{Context, address, store};

/// Public: the address itself is the permission.
pub fn routes(ctx: Context) -> Router {
    Router::new()
        .route("/assets/{public_id}/{name}", get(file))
        .with_state(ctx)
}

async fn file(State(ctx): State<Context>, Path((public_id, _)): Path<(String, String)>) -> Result<Response> {
    let found = address::open(&ctx.master_key, &public_id).ok_or_else(|| not_found("file"))?;
    let mut tx = ctx.db.tenant_read(&found).await?;
    let row = store::find_served(&mut tx, found.asset_id).await?;
    drop(tx);
    let served = row.ok_or_else(|| not_found("file"))?;
    let bytes = ctx
        .files
        .read(kernel::TenantProof::tenant_id(&found), found.asset_id.0)
        .await?;
    let bytes = bytes.ok_or_else(|| not_found("file"))?;
    let mut response = bytes.into_response();
    for (name, value) in headers(&served) {
        let value = HeaderValue::from_str(&value).map_err(internal)?;
        response.headers_mut().insert(name, value);
    }
    Ok(response)
}

fn headers(served: &Served) -> [(HeaderName, String); 7] {
    let is_image = served.mime_type.starts_with("image/");
    let disposition = if is_image { "inline" } else { "attachment" };
    // what stands on public pages may be kept by any cache; the rest by the visitor's browser alone, for a day
    let cache = if served.purpose.is_public() {
        "public, max-age=31536000, immutable"
    } else {
        "private, max-age=86400, immutable"
    };
    [
        (header::CONTENT_TYPE, served.mime_type.clone()),
        (
            header::CONTENT_DISPOSITION,
            format!("{disposition}; filename*=UTF-8''{}", percent(&served.file_name)),
        ),
        (header::CACHE_CONTROL, cache.into()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".into()),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; sandbox; frame-ancestors 'none'".into(),
        ),
        (header::REFERRER_POLICY, "no-referrer".into()),
        // the widget shows it on the customer's pages
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "cross-origin".into(),
        ),
    ]
}

/// RFC 5987.
fn percent(name: &str) -> String {
    let mut encoded = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_') {
            encoded.push(byte.into());
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}
