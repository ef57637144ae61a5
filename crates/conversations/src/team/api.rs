//! HTTP for the team: who is there, and one's own availability.

use access::{Member, Permission};
use axum::extract::State;
use axum::http::StatusCode;
use kernel::error::{Error, Problem, forbidden};
use kernel::extract::Json;
use kernel::ids::UserId;
use kernel::{Event, Result, WorkspaceList};
use serde::{Deserialize, Serialize};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Availability, Colleague, store};
use crate::{Context, assignment};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(list_team))
        .routes(routes!(set_availability))
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Team {
    items: Vec<Colleague>,
}

#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
struct OwnAvailability {
    availability: Availability,
}

/// The person behind the request.
///
/// # Errors
/// 403 for a program.
pub fn person(member: &Member) -> Result<UserId> {
    member.user_id().ok_or_else(not_a_person)
}

fn not_a_person() -> Error {
    forbidden(
        "not_a_person",
        "This is for people who are signed in, not for API keys.",
    )
}

/// List colleagues, with who is there and how much each has to do.
#[utoipa::path(get, path = "/team", operation_id = "list_team", tag = "inbox", responses((status = 200, body = Team)))]
async fn list_team(State(ctx): State<Context>, member: Member) -> Result<Json<Team>> {
    member.require(Permission::ReadConversations)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    let items = store::list(&mut tx).await?;
    Ok(Json(Team { items }))
}

/// Say that one is there or away. Whoever is away gets nothing by rule.
#[utoipa::path(put, path = "/availability", operation_id = "set_availability", tag = "inbox", request_body = OwnAvailability,
    responses((status = 200, body = OwnAvailability), (status = 403, body = Problem)))]
async fn set_availability(
    State(ctx): State<Context>,
    member: Member,
    Json(input): Json<OwnAvailability>,
) -> Result<(StatusCode, Json<OwnAvailability>)> {
    member.require(Permission::ReplyToVisitors)?;
    let user = person(&member)?;
    let mut tx = ctx.db.tenant(&member).await?;
    store::set_availability(&mut tx, user, input.availability).await?;
    tx.emit(Event::WorkspaceChanged {
        what: WorkspaceList::Members,
    });
    if input.availability == Availability::Available {
        assignment::give_out(&mut tx).await?;
    }
    tx.commit().await?;
    Ok((StatusCode::OK, Json(input)))
}
