//! HTTP for a client's timeline.

use access::{Member, Permission};
use axum::extract::State;
use kernel::Result;
use kernel::error::Problem;
use kernel::extract::{Json, Path, Query};
use kernel::ids::ClientId;
use kernel::page::{Page, PageQuery, Position};
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Event, Kind, store};
use crate::Context;
use crate::clients::{self, list};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new().routes(routes!(get_client_timeline))
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct ClientTimelineQuery {
    /// One or several, with commas: `conversation`, `activity`, `note`, `deal`, `deal_stage`, `order`, `merge`, `confirmation`.
    kind: Option<String>,
    cursor: Option<String>,
    /// 1 to 200, 50 unless given.
    limit: Option<i64>,
}

/// Read what happened with a client, the newest first. What was said in conversations is shown to who may read those.
#[utoipa::path(get, path = "/crm/clients/{id}/timeline", operation_id = "get_client_timeline", tag = "clients",
    params(("id" = ClientId, Path), ClientTimelineQuery),
    responses((status = 200, body = Page<Event>), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn get_client_timeline(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<ClientId>,
    Query(query): Query<ClientTimelineQuery>,
) -> Result<Json<Page<Event>>> {
    member.require(Permission::ReadCrm)?;
    let kinds = list::among::<Kind>(query.kind, "kind")?;
    let page = PageQuery {
        cursor: query.cursor,
        limit: query.limit,
    };
    let (after, limit) = (page.after()?, page.limit());
    let with_words = member.may(Permission::ReadConversations);
    let mut tx = ctx.db.tenant_read(&member).await?;
    clients::store::get(&mut tx, id).await?;
    let now = clients::store::now_part_of(&mut tx, id).await?;
    let events = store::list(&mut tx, now, &kinds, with_words, after, limit + 1).await?;
    Ok(Json(Page::cut(events, limit, |event| Position {
        at: event.at,
        id: event.id,
    })))
}
