//! HTTP for the log of mails.

use access::{Member, Permission};
use axum::extract::State;
use kernel::Result;
use kernel::extract::Json;
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Email, store};
use crate::Context;

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new().routes(routes!(list_emails))
}

/// So many the log shows.
const SHOWN: i64 = 100;

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct EmailList {
    items: Vec<Email>,
}

/// List the last 100 mails, newest first: to whom, and what became of them.
#[utoipa::path(get, path = "/emails", operation_id = "list_emails", tag = "email", responses((status = 200, body = EmailList)))]
async fn list_emails(State(ctx): State<Context>, member: Member) -> Result<Json<EmailList>> {
    member.require(Permission::ManageWorkspace)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    let items = store::list(&mut tx, SHOWN).await?;
    Ok(Json(EmailList { items }))
}
