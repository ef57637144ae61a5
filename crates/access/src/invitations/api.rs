//! HTTP for invitations: making, listing and withdrawing them. What the invited person calls is in `public`.

use axum::extract::State;
use axum::http::StatusCode;
use kernel::error::{Problem, invalid, not_found};
use kernel::extract::{Json, Path};
use kernel::ids::InvitationId;
use kernel::{Result, secrets};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Invitation, LIFETIME, PREFIX, public, store};
use crate::audit::{Action, record_by};
use crate::members::check_may_make;
use crate::users::check_email;
use crate::{Context, Member, Permission, Role, plans};

/// More open invitations than a business has colleagues are a mistake.
const MOST_OPEN: usize = 200;

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(list_invitations, create_invitation))
        .routes(routes!(revoke_invitation))
        .merge(public::routes())
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct InvitationList {
    items: Vec<Invitation>,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct NewInvitation {
    /// Whom it is for. Left out, whoever has the link can join.
    email: Option<String>,
    role: Role,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct CreatedInvitation {
    #[serde(flatten)]
    invitation: Invitation,
    /// The link's path on this server, `/app/join/<token>`, shown this once.
    url: String,
}

/// List open invitations.
#[utoipa::path(get, path = "/invitations", operation_id = "list_invitations", tag = "members",
    responses((status = 200, body = InvitationList)))]
async fn list_invitations(State(ctx): State<Context>, member: Member) -> Result<Json<InvitationList>> {
    member.require(Permission::ManageMembers)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    Ok(Json(InvitationList {
        items: store::list_open(&mut tx, ctx.db.clock.now()).await?,
    }))
}

/// Invite somebody by a link. It is shown once and is good for seven days and one person.
#[utoipa::path(post, path = "/invitations", operation_id = "create_invitation", tag = "members", request_body = NewInvitation,
    responses((status = 201, body = CreatedInvitation), (status = 403, body = Problem), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn create_invitation(
    State(ctx): State<Context>,
    member: Member,
    Json(input): Json<NewInvitation>,
) -> Result<(StatusCode, Json<CreatedInvitation>)> {
    member.require(Permission::ManageMembers)?;
    check_may_make(&member, input.role)?;
    let email = input
        .email
        .as_deref()
        .map(str::trim)
        .filter(|text| !text.is_empty());
    let email = email.map(check_email).transpose()?;
    let now = ctx.db.clock.now();
    let invitation = Invitation {
        id: InvitationId::new(),
        email: email.map(str::to_owned),
        role: input.role,
        inviter_name: member.display_name().unwrap_or("Rapport").to_owned(),
        created_at: now,
        expires_at: now + LIFETIME,
    };
    let token = secrets::random_token(PREFIX);
    let mut tx = ctx.db.tenant(&member).await?;
    if store::list_open(&mut tx, now).await?.len() >= MOST_OPEN {
        return Err(invalid(
            "too_many_invitations",
            "There are 200 open invitations already. Withdraw those that are not needed.",
        ));
    }
    plans::check_seat(&mut tx).await?;
    let hash = secrets::sha256(token.as_bytes());
    store::insert(&mut tx, &invitation, &member.actor().to_string(), &hash).await?;
    let details = json!({"role": invitation.role, "email": invitation.email});
    record_by(
        &mut tx,
        &member,
        Action::InvitationCreated,
        &subject(invitation.id),
        details,
    )
    .await?;
    tx.commit().await?;
    let url = format!("/app/join/{token}");
    Ok((StatusCode::CREATED, Json(CreatedInvitation { invitation, url })))
}

/// Withdraw an invitation. Its link stops working at once.
#[utoipa::path(delete, path = "/invitations/{id}", operation_id = "revoke_invitation", tag = "members",
    params(("id" = InvitationId, Path)), responses((status = 204), (status = 404, body = Problem)))]
async fn revoke_invitation(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<InvitationId>,
) -> Result<StatusCode> {
    member.require(Permission::ManageMembers)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let revoked = store::revoke(&mut tx, id, ctx.db.clock.now()).await?;
    let (role, email) = revoked.ok_or_else(|| not_found("invitation"))?;
    let details = json!({"role": role, "email": email});
    record_by(&mut tx, &member, Action::InvitationRevoked, &subject(id), details).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

pub fn subject(id: InvitationId) -> String {
    format!("invitation:{id}")
}
