//! HTTP for changes of many clients.

use access::audit::{self, Action};
use access::{Member, Permission};
use axum::extract::State;
use kernel::error::{Problem, invalid};
use kernel::extract::Json;
use kernel::ids::ClientId;
use kernel::{Event, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::{ClientsChange, store};
use crate::clients::list::{self, Filter};
use crate::{Context, tags, text, words};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new().routes(routes!(change_clients))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ClientsChangeRequest {
    /// Up to 1,000. A client that became part of another one stands for that one.
    ids: Option<Vec<ClientId>>,
    /// Instead of ids: names and values as in the query of `GET /crm/clients`; up to 10,000 clients.
    #[schema(value_type = Option<Object>)]
    filter: Option<Map<String, Value>>,
    /// Instead of both: everybody, up to 10,000. A filter that leaves nobody out is refused.
    #[serde(default)]
    all: bool,
    #[serde(default)]
    change: ClientsChange,
    /// Delete them instead, with their deals, orders, activities and notes.
    #[serde(default)]
    delete: bool,
    /// Only tell how many there are.
    #[serde(default)]
    dry_run: bool,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ClientsChanged {
    matched: i64,
    /// Of these: how many the change makes different, or deletes.
    changed: i64,
}

const MOST: i64 = 10_000;

/// Change or delete many clients: all of them or none.
#[utoipa::path(post, path = "/crm/clients/bulk", operation_id = "change_clients", tag = "clients",
    request_body = ClientsChangeRequest,
    responses((status = 200, body = ClientsChanged), (status = 422, body = Problem)))]
async fn change_clients(
    State(ctx): State<Context>,
    member: Member,
    Json(input): Json<ClientsChangeRequest>,
) -> Result<Json<ClientsChanged>> {
    member.require(Permission::EditCrm)?;
    let change = ClientsChange {
        add_tags: text::tags(input.change.add_tags)?,
        remove_tags: text::tags(input.change.remove_tags)?,
        ..input.change
    };
    words::time(change.next_follow_up_date.flatten())?;
    let mut tx = ctx.db.tenant(&member).await?;
    let ids = match (input.ids, input.filter, input.all) {
        (Some(ids), None, false) if ids.len() <= 1_000 => {
            let ids: Vec<Uuid> = ids.iter().map(|id| id.0).collect();
            store::follow(&mut tx, &ids).await?
        }
        (None, Some(filter), false) => {
            let filter = Filter::of_object(filter, &member)?;
            if filter.finds_everybody() {
                return Err(nobody_named());
            }
            list::store::list_ids(&mut tx, &filter, MOST + 1).await?
        }
        (None, None, true) => list::store::list_ids(&mut tx, &Filter::default(), MOST + 1).await?,
        _ => {
            return Err(invalid(
                "bad_selection",
                "Send up to 1,000 `ids`, or a `filter`, or `\"all\": true` for everybody.",
            ));
        }
    };
    let matched = i64::try_from(ids.len()).unwrap_or(i64::MAX);
    if matched > MOST {
        return Err(invalid(
            "too_many_clients",
            "These are more than 10,000 clients. Narrow the filter.",
        ));
    }
    let changed = if input.delete {
        if input.dry_run {
            matched
        } else {
            i64::try_from(store::delete(&mut tx, &ids).await?).unwrap_or(i64::MAX)
        }
    } else {
        if !input.dry_run {
            tags::store::ensure(&mut tx, &change.add_tags).await?;
        }
        store::change(&mut tx, &ids, &change, !input.dry_run).await?
    };
    if input.dry_run {
        return Ok(Json(ClientsChanged { matched, changed }));
    }
    let action = if input.delete {
        Action::ClientDeleted
    } else {
        Action::ClientsChanged
    };
    audit::record_by(&mut tx, &member, action, "clients", json!({"count": changed})).await?;
    tx.emit(Event::ClientChanged { client_id: None });
    tx.commit().await?;
    Ok(Json(ClientsChanged { matched, changed }))
}

fn nobody_named() -> kernel::Error {
    invalid(
        "empty_filter",
        "This filter leaves nobody out. Name the clients by `ids`, give a filter, or send `\"all\": true` instead of it.",
    )
}
