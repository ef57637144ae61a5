//! HTTP for clients: find, make, change, delete.

use access::audit::{self, Action};
use access::{Member, Permission};
use axum::extract::State;
use axum::http::StatusCode;
use kernel::error::{Kind, Problem, not_found};
use kernel::extract::{Json, Path, Query};
use kernel::ids::{ClientId, ContactId};
use kernel::page::Page;
use kernel::{Error, Event, Result, TenantTx};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::{PartialSchema, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::list::{self, ClientFilter, Filter, Place, Sort};
use super::{Client, ClientPatch, ClientRow, Fields, exists, no_name, store};
use crate::{Context, creation};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(list_clients, create_client))
        .routes(routes!(count_clients))
        .routes(routes!(get_client, update_client, delete_client))
        .routes(routes!(get_client_of_contact, create_client_of_contact))
}

/// How a list of clients comes.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// `name`, `company_name`, `email`, `client_type`, `lifecycle_stage`, `lead_quality`, `assigned_to`, `source`, `lead_score`,
    /// `total_orders`, `total_revenue`, `average_order_value`, `first_contact_date`, `last_contact_date`,
    /// `next_follow_up_date`, `created_at`, `updated_at`; greatest first with a `-` before it. `-last_contact_date` unless
    /// given. Clients without a value come last.
    sort: Option<String>,
    cursor: Option<String>,
    /// 1 to 200, 50 unless given.
    limit: Option<i64>,
}

/// List clients.
#[utoipa::path(get, path = "/crm/clients", operation_id = "list_clients", tag = "clients", params(ClientFilter, ListQuery),
    responses((status = 200, body = Page<ClientRow>), (status = 422, body = Problem)))]
async fn list_clients(
    State(ctx): State<Context>,
    member: Member,
    Query(pairs): Query<Vec<(String, String)>>,
    Query(query): Query<ListQuery>,
) -> Result<Json<Page<ClientRow>>> {
    member.require(Permission::ReadCrm)?;
    let filter = Filter::of_query(pairs, &member)?;
    let sort = Sort::parse(query.sort.as_deref())?;
    let limit = query.limit.unwrap_or(50).clamp(1, 200);
    let after = query.cursor.as_deref().map(|text| Place::decode(text, sort));
    let after = after.transpose()?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    let mut items = list::store::list(&mut tx, &filter, sort, after.as_ref(), limit + 1).await?;
    let wanted = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = items.len() > wanted;
    items.truncate(wanted);
    let last = items.last().filter(|_| has_more);
    let next_cursor = last.map(|last| Place::of(last, sort).encode()).transpose()?;
    Ok(Json(Page { items, next_cursor }))
}

/// How many clients a filter finds.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ClientCount {
    count: i64,
    /// There are more; counting ended at 10,000.
    is_capped: bool,
}

const MOST_COUNTED: i64 = 10_000;

/// Count clients.
#[utoipa::path(get, path = "/crm/clients/count", operation_id = "count_clients", tag = "clients", params(ClientFilter),
    responses((status = 200, body = ClientCount), (status = 422, body = Problem)))]
async fn count_clients(
    State(ctx): State<Context>,
    member: Member,
    Query(pairs): Query<Vec<(String, String)>>,
) -> Result<Json<ClientCount>> {
    member.require(Permission::ReadCrm)?;
    let filter = Filter::of_query(pairs, &member)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    let found = list::store::count(&mut tx, &filter, MOST_COUNTED + 1).await?;
    Ok(Json(ClientCount {
        count: found.min(MOST_COUNTED),
        is_capped: found > MOST_COUNTED,
    }))
}

/// A client. It needs a name, a company, an e-mail address or a phone number.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct NewClientOnce {
    /// Who the client is in the inbox.
    contact_id: Option<ContactId>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct NewClient {
    #[serde(flatten)]
    once: NewClientOnce,
    #[serde(flatten)]
    fields: ClientPatch,
}

impl PartialSchema for NewClient {
    fn schema() -> RefOr<Schema> {
        creation::schema_of::<ClientPatch, NewClientOnce>()
    }
}

impl ToSchema for NewClient {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        ClientPatch::schemas(schemas);
        NewClientOnce::schemas(schemas);
    }
}

/// Create a client.
#[utoipa::path(post, path = "/crm/clients", operation_id = "create_client", tag = "clients", request_body = NewClient,
    responses((status = 201, body = Client), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn create_client(
    State(ctx): State<Context>,
    member: Member,
    Json(input): Json<NewClient>,
) -> Result<(StatusCode, Json<Client>)> {
    member.require(Permission::EditCrm)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let mut fields = input.fields.apply(Fields::unknown(tx.now()))?;
    if fields.is_nobody() {
        return Err(no_name());
    }
    fields.settle(&mut tx, &serde_json::Map::new()).await?;
    if let Some(contact) = input.once.contact_id
        && !store::has_contact(&mut tx, contact).await?
    {
        return Err(kernel::error::invalid(
            "no_such_contact",
            "There is no such contact.",
        ));
    }
    let customer = fields.ecommerce_customer_id.as_deref();
    if let Some(other) = store::find_other(&mut tx, input.once.contact_id, customer).await? {
        return Err(exists(Some(other)));
    }
    let id = store::insert(&mut tx, input.once.contact_id, &fields).await?;
    let client = store::get(&mut tx, id).await?;
    tell(&mut tx, &member, Action::ClientCreated, id, &client).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(client)))
}

async fn tell(
    tx: &mut TenantTx,
    member: &Member,
    action: Action,
    id: ClientId,
    client: &Client,
) -> Result<()> {
    let name = client.row.name.as_ref().or(client.row.company_name.as_ref());
    // who is deleted is not named for ever
    let details = match action {
        Action::ClientDeleted => json!({}),
        _ => json!({"name": name}),
    };
    audit::record_by(tx, member, action, &format!("client:{id}"), details).await?;
    tx.emit(Event::ClientChanged { client_id: Some(id) });
    Ok(())
}

/// Open a client. One that became part of another names that one in `merged_into`.
#[utoipa::path(get, path = "/crm/clients/{id}", operation_id = "get_client", tag = "clients", params(("id" = ClientId, Path)),
    responses((status = 200, body = Client), (status = 404, body = Problem)))]
async fn get_client(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<ClientId>,
) -> Result<Json<Client>> {
    member.require(Permission::ReadCrm)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    Ok(Json(store::get(&mut tx, id).await?))
}

/// Change a client.
#[utoipa::path(patch, path = "/crm/clients/{id}", operation_id = "update_client", tag = "clients",
    params(("id" = ClientId, Path)), request_body = ClientPatch,
    responses((status = 200, body = Client), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn update_client(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<ClientId>,
    Json(patch): Json<ClientPatch>,
) -> Result<Json<Client>> {
    member.require(Permission::EditCrm)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let client = store::lock(&mut tx, id).await?;
    if client.merged_into.is_some() {
        return Err(super::is_merged());
    }
    let known = Fields::from(&client);
    let custom_fields = known.custom_fields.clone();
    let mut fields = patch.apply(known)?;
    if fields.is_nobody() && client.row.contact_id.is_none() {
        return Err(no_name());
    }
    fields.settle(&mut tx, &custom_fields).await?;
    store::update(&mut tx, id, &fields).await?;
    let client = store::get(&mut tx, id).await?;
    tx.emit(Event::ClientChanged { client_id: Some(id) });
    tx.commit().await?;
    Ok(Json(client))
}

/// Delete a client with its deals, orders, activities and notes. This cannot be undone.
#[utoipa::path(delete, path = "/crm/clients/{id}", operation_id = "delete_client", tag = "clients",
    params(("id" = ClientId, Path)), responses((status = 204), (status = 404, body = Problem)))]
async fn delete_client(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<ClientId>,
) -> Result<StatusCode> {
    member.require(Permission::EditCrm)?;
    let mut tx = ctx.db.tenant(&member).await?;
    store::lock_to_delete(&mut tx, &[id.0]).await?;
    let client = store::get(&mut tx, id).await?;
    store::delete(&mut tx, &[id.0]).await?;
    tell(&mut tx, &member, Action::ClientDeleted, id, &client).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

fn no_client() -> Error {
    Error::new(Kind::NotFound, "no_client", "This contact is no client yet.")
}

/// Open the client that a contact is.
#[utoipa::path(get, path = "/crm/contacts/{id}/client", operation_id = "get_client_of_contact", tag = "clients",
    params(("id" = ContactId, Path)), responses((status = 200, body = Client), (status = 404, body = Problem)))]
async fn get_client_of_contact(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<ContactId>,
) -> Result<Json<Client>> {
    member.require(Permission::ReadCrm)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    if !store::has_contact(&mut tx, id).await? {
        return Err(not_found("contact"));
    }
    let client = store::find_of_contact(&mut tx, id).await?;
    let client = client.ok_or_else(no_client)?;
    Ok(Json(store::get(&mut tx, client).await?))
}

/// Make a contact a client, or open the client that they are.
#[utoipa::path(post, path = "/crm/contacts/{id}/client", operation_id = "create_client_of_contact", tag = "clients",
    params(("id" = ContactId, Path)), responses((status = 201, body = Client), (status = 404, body = Problem)))]
async fn create_client_of_contact(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<ContactId>,
) -> Result<(StatusCode, Json<Client>)> {
    member.require(Permission::EditCrm)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let known = store::find_of_contact(&mut tx, id).await?;
    let client = store::create_of_contact(&mut tx, id).await?;
    let made = store::get(&mut tx, client).await?;
    if known.is_none() {
        tell(&mut tx, &member, Action::ClientCreated, client, &made).await?;
    }
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(made)))
}
