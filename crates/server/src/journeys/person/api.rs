//! HTTP for a person's file.

use access::Member;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use kernel::Result;
use kernel::error::Problem;
use kernel::extract::Path;
use kernel::ids::ContactId;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::download;
use crate::wiring::Domains;

pub fn routes(domains: Domains) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(export_contact))
        .with_state(domains)
}

/// Take along everything that is stored of a person: who they are, what was said, what they asked for, booked and bought,
/// and their files. A zip archive with `person.json` and `files/`. That somebody did so is in the audit log.
#[utoipa::path(get, path = "/contacts/{id}/export", operation_id = "export_contact", tag = "contacts",
    params(("id" = ContactId, Path)),
    responses((status = 200, body = Vec<u8>, content_type = "application/zip"), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn export_contact(
    State(domains): State<Domains>,
    member: Member,
    Path(id): Path<ContactId>,
) -> Result<Response> {
    let file = super::export(&domains, &member, id).await?;
    let headers = [
        (header::CONTENT_TYPE, "application/zip".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"person-{id}.zip\""),
        ),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    Ok((headers, download::body(file)).into_response())
}
