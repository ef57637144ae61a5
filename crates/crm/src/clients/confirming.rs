//! An address that a visitor has typed, and that somebody of the team knows to be right.

use access::audit::{self, Action};
use access::{Member, Permission};
use axum::extract::State;
use kernel::error::{Problem, conflict, invalid};
use kernel::extract::{Json, Path};
use kernel::ids::ClientId;
use kernel::{Event, Result};
use serde::Deserialize;
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Client, is_merged, store};
use crate::Context;

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new().routes(routes!(confirm_client))
}

/// What is right, as it was read: nothing is confirmed that has become another address meanwhile.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct ClientConfirmation {
    email: Option<String>,
    phone: Option<String>,
}

/// Confirm that an address or number which a visitor has typed is the client's. From then on orders and meetings find the
/// client by it.
#[utoipa::path(post, path = "/crm/clients/{id}/confirm", operation_id = "confirm_client", tag = "clients",
    params(("id" = ClientId, Path)), request_body = ClientConfirmation,
    responses((status = 200, body = Client), (status = 404, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn confirm_client(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<ClientId>,
    Json(input): Json<ClientConfirmation>,
) -> Result<Json<Client>> {
    member.require(Permission::EditCrm)?;
    if input.email.is_none() && input.phone.is_none() {
        return Err(invalid(
            "nothing_to_confirm",
            "Say what is right: `email`, `phone`, or both.",
        ));
    }
    let mut tx = ctx.db.tenant(&member).await?;
    let client = store::lock(&mut tx, id).await?;
    if client.merged_into.is_some() {
        return Err(is_merged());
    }
    let has = |known: Option<&String>, read: Option<&String>| {
        read.is_none_or(|read| known.is_some_and(|known| known.trim().eq_ignore_ascii_case(read.trim())))
    };
    if !has(client.row.email.as_ref(), input.email.as_ref())
        || !has(client.row.phone.as_ref(), input.phone.as_ref())
    {
        return Err(conflict(
            "address_changed",
            "The client has another address by now. Look at it again before you confirm it.",
        ));
    }
    let (email, phone) = (input.email.is_some(), input.phone.is_some());
    store::confirm(&mut tx, id, email, phone).await?;
    let news = [
        ("email", email && !client.is_email_proven),
        ("phone", phone && !client.is_phone_proven),
    ];
    for (field, _) in news.into_iter().filter(|(_, is_new)| *is_new) {
        let subject = format!("client:{id}");
        // the address itself would outlive whoever is erased
        let details = json!({"field": field});
        audit::record_by(
            &mut tx,
            &member,
            Action::ClientAddressConfirmed,
            &subject,
            details,
        )
        .await?;
    }
    tx.emit(Event::ClientChanged { client_id: Some(id) });
    let client = store::get(&mut tx, id).await?;
    tx.commit().await?;
    Ok(Json(client))
}
