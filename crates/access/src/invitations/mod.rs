//! Invitations: a link that makes its first user a member. The token stands in the link only, the database knows its
//! SHA-256; it is good for seven days and for one person.

pub mod api;
mod public;
mod store;

use chrono::{DateTime, TimeDelta, Utc};
use kernel::error::gone;
use kernel::ids::{ApiKeyId, InvitationId, TenantId, UserId};
use kernel::{Result, TenantProof, TenantTx, secrets};
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use crate::audit::{self, Action};
use crate::users::check_email;
use crate::{Permission, Role, api_keys, members};

/// So long a link is good.
const LIFETIME: TimeDelta = TimeDelta::days(7);
const PREFIX: &str = "inv_";

/// An open invitation, without its token.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Invitation {
    pub id: InvitationId,
    /// Whom it is for; null: whoever has the link.
    pub email: Option<String>,
    pub role: Role,
    pub inviter_name: String,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

/// Where a token leads: the proof with which the invited person is let in.
#[derive(Debug)]
pub struct FoundInvitation {
    id: InvitationId,
    tenant_id: TenantId,
    is_tenant_active: bool,
}

impl TenantProof for FoundInvitation {
    fn tenant_id(&self) -> TenantId {
        self.tenant_id
    }
}

/// What became of an invitation.
#[derive(Debug)]
struct Fate {
    email: Option<String>,
    role: Role,
    inviter_name: String,
    /// `user:<id>`, `api_key:<id>` or `operator:<id>`.
    invited_by: String,
    expires_at: DateTime<Utc>,
    accepted_at: Option<DateTime<Utc>>,
    revoked_at: Option<DateTime<Utc>>,
}

impl Fate {
    /// # Errors
    /// 410 with what happened to it.
    fn check_open(&self, now: DateTime<Utc>) -> Result<()> {
        if self.accepted_at.is_some() {
            return Err(used());
        }
        if self.revoked_at.is_some() {
            return Err(gone(
                "invitation_revoked",
                "This invitation was withdrawn. Ask whoever invited you for a new one.",
            ));
        }
        if self.expires_at <= now {
            return Err(gone(
                "invitation_expired",
                "This invitation has expired. Ask whoever invited you for a new one.",
            ));
        }
        Ok(())
    }
}

/// Withdraws the open invitations of these inviters that are for one of these roles.
pub async fn withdraw(tx: &mut TenantTx, actor: &str, inviters: &[String], roles: &[Role]) -> Result<()> {
    let now = tx.now();
    let roles: Vec<String> = roles.iter().map(|role| role.as_str().to_owned()).collect();
    for (id, role, email) in store::revoke_of(tx, inviters, &roles, now).await? {
        let details = json!({"role": role, "email": email});
        audit::record(tx, actor, Action::InvitationRevoked, &api::subject(id), details).await?;
    }
    Ok(())
}

/// Whether who invited could still do it today.
async fn is_inviter_entitled(tx: &mut TenantTx, fate: &Fate, now: DateTime<Utc>) -> Result<bool> {
    let inviter = fate.invited_by.split_once(':');
    let Some((kind, Ok(id))) = inviter.map(|(kind, id)| (kind, id.parse::<Uuid>())) else {
        return Ok(false);
    };
    match kind {
        "user" => {
            let role = members::store::find_role(tx, UserId(id)).await?;
            Ok(role.is_some_and(|role| role.may_give(fate.role)))
        }
        "api_key" => {
            let scopes = api_keys::store::find_scopes(tx, ApiKeyId(id), now).await?;
            let may = |scopes: Vec<String>| {
                let needed = [Permission::ManageMembers].iter().chain(fate.role.permissions());
                needed
                    .into_iter()
                    .all(|permission| scopes.iter().any(|scope| scope == permission.scope()))
            };
            Ok(fate.role != Role::Owner && scopes.is_some_and(may))
        }
        // makes the first owner, and no second one
        "operator" => Ok(!members::store::has_owner(tx).await?),
        _ => Ok(false),
    }
}

/// Makes the link for the first owner of a tenant that an operator makes, and gives its path.
pub async fn create_by_operator(
    tx: &mut TenantTx,
    operator: UserId,
    operator_name: &str,
    email: Option<&str>,
) -> Result<String> {
    let email = email.map(check_email).transpose()?;
    let now = tx.now();
    let invitation = Invitation {
        id: InvitationId::new(),
        email: email.map(str::to_owned),
        role: Role::Owner,
        inviter_name: operator_name.to_owned(),
        created_at: now,
        expires_at: now + LIFETIME,
    };
    let token = secrets::random_token(PREFIX);
    let hash = secrets::sha256(token.as_bytes());
    store::insert(tx, &invitation, &format!("operator:{operator}"), &hash).await?;
    let details = json!({"role": invitation.role, "email": invitation.email});
    let subject = api::subject(invitation.id);
    audit::record(tx, audit::OPERATOR, Action::InvitationCreated, &subject, details).await?;
    Ok(format!("/app/join/{token}"))
}

fn used() -> kernel::Error {
    gone(
        "invitation_used",
        "This invitation was used already. If it was you, sign in; otherwise ask for a new one.",
    )
}
