//! The way out of every mail to a member: a signed link, a page with one button, and no sign-in. Opening the link changes
//! nothing, because mail programs open links by themselves.

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderValue, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use kernel::error::not_found;
use kernel::ids::{TenantId, UserId};
use kernel::secrets::{decode, encode, equal, sign};
use kernel::{Result, TenantProof};
use uuid::Uuid;

use crate::choices::{Pace, Report, api as own, store};
use crate::{Context, wording};

const CSP: &str = "default-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// A member, as a link that we signed names them. Made only here.
struct Signed {
    tenant: TenantId,
    user: UserId,
}

impl TenantProof for Signed {
    fn tenant_id(&self) -> TenantId {
        self.tenant
    }

    fn actor(&self) -> Option<String> {
        Some(format!("user:{}", self.user))
    }
}

pub fn routes(ctx: Context) -> Router {
    Router::new()
        .route("/mail/unsubscribe/{token}", get(show).post(unsubscribe))
        .with_state(ctx)
}

/// The link for a mail to this member; none if the server does not know its own address.
pub fn url(ctx: &Context, tenant: TenantId, user: UserId) -> Option<String> {
    let base = ctx.public_url.as_ref()?;
    let mut bytes = [tenant.0.as_bytes().as_slice(), user.0.as_bytes()].concat();
    let signature = signature(ctx, &bytes);
    bytes.extend(signature);
    Some(format!("{base}/mail/unsubscribe/{}", encode(&bytes)))
}

fn signature(ctx: &Context, bytes: &[u8]) -> [u8; 32] {
    sign(&ctx.master_key.derive("unsubscribe"), bytes)
}

fn read(ctx: &Context, token: &str) -> Option<Signed> {
    let bytes = decode(token)?;
    let (named, signed) = bytes.split_at_checked(32)?;
    if !equal(&signature(ctx, named), signed) {
        return None;
    }
    Some(Signed {
        tenant: TenantId(Uuid::from_slice(&named[..16]).ok()?),
        user: UserId(Uuid::from_slice(&named[16..]).ok()?),
    })
}

async fn show(State(ctx): State<Context>, Path(token): Path<String>) -> Result<Response> {
    let signed = read(&ctx, &token).ok_or_else(|| not_found("page"))?;
    let mut tx = ctx.db.tenant_read(&signed).await?;
    own::find(&mut tx, signed.user).await?;
    let tenant = access::tenants::store::get(&mut tx).await?;
    Ok(page(&wording::unsubscribe_page(&tenant.language, &tenant.name)))
}

async fn unsubscribe(State(ctx): State<Context>, Path(token): Path<String>) -> Result<Response> {
    let signed = read(&ctx, &token).ok_or_else(|| not_found("page"))?;
    let mut tx = ctx.db.tenant(&signed).await?;
    let mut choices = own::find(&mut tx, signed.user).await?;
    choices.pace = Pace::Never;
    choices.report = Some(Report::Never);
    store::set(&mut tx, signed.user, &choices).await?;
    let tenant = access::tenants::store::get(&mut tx).await?;
    tx.commit().await?;
    Ok(page(&wording::unsubscribed_page(&tenant.language, &tenant.name)))
}

fn page(html: &str) -> Response {
    let mut response = Html(html.to_owned()).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CSP));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}
