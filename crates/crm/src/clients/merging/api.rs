//! HTTP for clients that are one: find them, merge them, take a merge back.

use access::audit::{self, Action};
use access::{Member, Permission};
use axum::extract::State;
use conversations::people::merges;
use kernel::error::{Problem, conflict, invalid, not_found};
use kernel::extract::{Json, Path, Query};
use kernel::ids::{ClientId, ClientMergeId, ContactId};
use kernel::page::{Page, PageQuery};
use kernel::{Event, Result, TenantTx, secrets};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::store::Proven;
use super::{ClientMerge, DuplicatePair, SimilarClient, store};
use crate::Context;
use crate::clients::{self, Client, list};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(merge_client))
        .routes(routes!(list_client_merges))
        .routes(routes!(unmerge_client))
        .routes(routes!(list_similar_clients))
        .routes(routes!(list_duplicate_clients))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ClientMerging {
    /// The client that becomes part of this one.
    merged_id: ClientId,
}

/// Say that two clients are one: deals, orders, activities and notes of the other one move here, and what is empty here is
/// filled. Their contacts become one, too, for which a key needs `conversations:write`; each visitor goes on reading only what
/// they began. It can be taken back.
#[utoipa::path(post, path = "/crm/clients/{id}/merge", operation_id = "merge_client", tag = "clients",
    params(("id" = ClientId, Path)), request_body = ClientMerging,
    responses((status = 200, body = Client), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn merge_client(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<ClientId>,
    Json(input): Json<ClientMerging>,
) -> Result<Json<Client>> {
    member.require(Permission::EditCrm)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let kept = clients::store::get(&mut tx, id).await?;
    let merged = clients::store::get(&mut tx, input.merged_id).await?;
    if id == input.merged_id {
        return Err(conflict("same_client", "This is the same client."));
    }
    if kept.merged_into.is_some() || merged.merged_into.is_some() {
        return Err(clients::is_merged());
    }
    match (kept.row.contact_id, merged.row.contact_id) {
        (Some(one), Some(other)) => {
            // what is said in the inbox comes together, too
            member.require(Permission::ReplyToVisitors)?;
            merges::merge(&mut tx, one, other, merges::Reason::Hand, Some(&member)).await?;
        }
        _ => {
            let by = member.display_name();
            let merge = store::merge(&mut tx, id, input.merged_id, by).await?;
            merge.ok_or_else(|| not_found("client"))?;
        }
    }
    let details = json!({"merged": input.merged_id});
    tell(&mut tx, &member, Action::ClientsMerged, id, details).await?;
    let client = clients::store::get(&mut tx, id).await?;
    tx.commit().await?;
    Ok(Json(client))
}

async fn tell(
    tx: &mut TenantTx,
    member: &Member,
    action: Action,
    id: ClientId,
    details: serde_json::Value,
) -> Result<()> {
    audit::record_by(tx, member, action, &format!("client:{id}"), details).await?;
    tx.emit(Event::ClientChanged { client_id: None });
    tx.emit(Event::DealChanged { deal_id: None });
    Ok(())
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ClientMergeList {
    items: Vec<ClientMerge>,
}

/// List the clients that became part of this one.
#[utoipa::path(get, path = "/crm/clients/{id}/merges", operation_id = "list_client_merges", tag = "clients",
    params(("id" = ClientId, Path)), responses((status = 200, body = ClientMergeList), (status = 404, body = Problem)))]
async fn list_client_merges(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<ClientId>,
) -> Result<Json<ClientMergeList>> {
    member.require(Permission::ReadCrm)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    clients::store::get(&mut tx, id).await?;
    let items = store::list(&mut tx, id).await?;
    Ok(Json(ClientMergeList { items }))
}

/// Take a merge back. The answer is the client that is there again.
#[utoipa::path(post, path = "/crm/clients/{id}/merges/{merge_id}/undo", operation_id = "unmerge_client", tag = "clients",
    params(("id" = ClientId, Path), ("merge_id" = ClientMergeId, Path)),
    responses((status = 200, body = Client), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn unmerge_client(
    State(ctx): State<Context>,
    member: Member,
    Path((id, merge)): Path<(ClientId, ClientMergeId)>,
) -> Result<Json<Client>> {
    member.require(Permission::EditCrm)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let found = store::find(&mut tx, id, merge).await?;
    let found = found.ok_or_else(|| not_found("merge"))?;
    let back = match found.contact_merge {
        Some((contact_merge, kept)) => {
            member.require(Permission::ReplyToVisitors)?;
            merges::undo(&mut tx, ContactId(kept), contact_merge).await?;
            found.merged_id
        }
        None => {
            let back = store::unmerge(&mut tx, merge).await?;
            back.ok_or_else(|| not_found("merge"))?
        }
    };
    let details = json!({"merged": back});
    tell(&mut tx, &member, Action::ClientsUnmerged, id, details).await?;
    let client = clients::store::get(&mut tx, back).await?;
    tx.commit().await?;
    Ok(Json(client))
}

/// Whether an address of this kind is proven for each of these.
fn are_proven(proven: &[Proven], clients: &[ClientId], reason: &str) -> bool {
    let is_proven = |id: &ClientId| proven.iter().any(|one| one.id == *id && one.by(reason));
    clients.iter().all(is_proven)
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct SimilarClientList {
    items: Vec<SimilarClient>,
}

/// List clients that may be the same: with the same e-mail address, number or name.
#[utoipa::path(get, path = "/crm/clients/{id}/similar", operation_id = "list_similar_clients", tag = "clients",
    params(("id" = ClientId, Path)), responses((status = 200, body = SimilarClientList), (status = 404, body = Problem)))]
async fn list_similar_clients(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<ClientId>,
) -> Result<Json<SimilarClientList>> {
    member.require(Permission::ReadCrm)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    clients::store::get(&mut tx, id).await?;
    let found = store::list_similar(&mut tx, id).await?;
    let mut ids: Vec<Uuid> = found.iter().map(|(id, _)| id.0).collect();
    let rows = list::store::list_by_ids(&mut tx, &ids).await?;
    ids.push(id.0);
    let proven = store::list_proven(&mut tx, &ids).await?;
    let items = found.into_iter().filter_map(|(other, reasons)| {
        let client = rows.iter().find(|row| row.id == other)?.clone();
        Some(SimilarClient {
            is_verified: reasons
                .iter()
                .any(|reason| are_proven(&proven, &[id, other], reason)),
            reasons,
            client,
        })
    });
    Ok(Json(SimilarClientList {
        items: items.collect(),
    }))
}

/// Addresses come before numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum By {
    Email,
    Phone,
}

#[derive(Debug, Serialize, Deserialize)]
struct PairPlace {
    by: By,
    key: String,
}

/// List pairs of clients with the same e-mail address or number.
#[utoipa::path(get, path = "/crm/duplicates", operation_id = "list_duplicate_clients", tag = "clients", params(PageQuery),
    responses((status = 200, body = Page<DuplicatePair>), (status = 422, body = Problem)))]
async fn list_duplicate_clients(
    State(ctx): State<Context>,
    member: Member,
    Query(query): Query<PageQuery>,
) -> Result<Json<Page<DuplicatePair>>> {
    member.require(Permission::ReadCrm)?;
    let start = PairPlace {
        by: By::Email,
        key: String::new(),
    };
    let after = match &query.cursor {
        None => start,
        Some(text) => secrets::decode(text)
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .ok_or_else(|| {
                invalid(
                    "bad_cursor",
                    "The cursor is not one that this list gave. Start again without it.",
                )
            })?,
    };
    let limit = query.limit();
    let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut tx = ctx.db.tenant_read(&member).await?;
    let mut found = Vec::new();
    if after.by == By::Email {
        let pairs = store::list_same_email(&mut tx, &after.key, limit + 1).await?;
        found.extend(pairs.into_iter().map(|pair| (By::Email, pair)));
    }
    if found.len() <= wanted {
        let key = if after.by == By::Phone {
            after.key.as_str()
        } else {
            ""
        };
        let pairs = store::list_same_phone(&mut tx, key, limit + 1).await?;
        found.extend(pairs.into_iter().map(|pair| (By::Phone, pair)));
    }
    let has_more = found.len() > wanted;
    found.truncate(wanted);
    let next_cursor = match found.last().filter(|_| has_more) {
        None => None,
        Some((by, pair)) => {
            let place = PairPlace {
                by: *by,
                key: pair.key.clone(),
            };
            Some(secrets::encode(&serde_json::to_vec(&place)?))
        }
    };
    let ids: Vec<Uuid> = found.iter().flat_map(|(_, pair)| pair.ids.clone()).collect();
    let rows = list::store::list_by_ids(&mut tx, &ids).await?;
    let proven = store::list_proven(&mut tx, &ids).await?;
    let row = |id: Option<&Uuid>| rows.iter().find(|row| Some(&row.id.0) == id).cloned();
    let items = found.iter().filter_map(|(by, pair)| {
        let reason = if *by == By::Email { "email" } else { "phone" };
        let (a, b) = (row(pair.ids.first())?, row(pair.ids.get(1))?);
        Some(DuplicatePair {
            reason: reason.into(),
            is_verified: are_proven(&proven, &[a.id, b.id], reason),
            a,
            b,
        })
    });
    let items = items.collect();
    Ok(Json(Page { items, next_cursor }))
}
