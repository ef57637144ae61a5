//! Members: who works in a workspace, with which role, and the rules of changing that.
//!
//! Owners are made, changed and removed by owners only, so nobody can raise themselves; and there is always one.

pub mod api;
mod leaving;
pub mod store;

use chrono::{DateTime, Utc};
use kernel::error::{conflict, forbidden, not_found};
use kernel::ids::UserId;
use kernel::{Result, TenantTx};
use serde::Serialize;
use serde_json::json;

use crate::audit::{Action, record_by};
use crate::{Member, Role};

pub use leaving::revoke_all_of;
pub use store::touch;

/// A colleague, as those who manage members see them.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Colleague {
    pub user_id: UserId,
    pub name: String,
    pub email: String,
    pub role: Role,
    pub created_at: DateTime<Utc>,
    /// To the minute; null if they have not been here yet.
    pub last_seen_at: Option<DateTime<Utc>>,
    /// Whether signing in asks them for a second factor.
    pub has_two_factor: bool,
}

/// Gives a member another role.
pub async fn change_role(tx: &mut TenantTx, member: &Member, user: UserId, role: Role) -> Result<()> {
    let present = check_rights(tx, member, user, Some(role)).await?;
    if present.role == role {
        return Ok(());
    }
    store::set_role(tx, user, role).await?;
    leaving::revoke_beyond(tx, &member.actor().to_string(), user, role).await?;
    let details = json!({"name": present.name, "from": present.role, "to": role});
    record_by(tx, member, Action::MemberRoleChanged, &subject(user), details).await
}

/// Ends a membership, with the keys and open invitations that came of it. Open sessions find out with their next
/// request; end them anyway, so that none comes back to life.
pub async fn remove(tx: &mut TenantTx, member: &Member, user: UserId) -> Result<()> {
    let present = check_rights(tx, member, user, None).await?;
    store::delete(tx, user).await?;
    leaving::revoke_all_of(tx, &member.actor().to_string(), user).await?;
    let details = json!({"name": present.name, "email": present.email, "role": present.role});
    record_by(tx, member, Action::MemberRemoved, &subject(user), details).await
}

/// Whether `member` may give that role at all: nobody hands out more than they may do themselves.
pub fn check_may_make(member: &Member, role: Role) -> Result<()> {
    if role == Role::Owner && !member.is_owner() {
        return Err(owners_only());
    }
    for permission in role.permissions() {
        member.require(*permission)?;
    }
    Ok(())
}

/// The membership as it stands, locked together with all owners: two owners cannot remove each other at once.
async fn check_rights(
    tx: &mut TenantTx,
    member: &Member,
    user: UserId,
    wanted: Option<Role>,
) -> Result<store::Present> {
    let owners = store::lock_owners(tx).await?;
    let present = store::lock(tx, user).await?.ok_or_else(|| not_found("member"))?;
    // who may not give a role may not take it away either
    for role in [Some(present.role), wanted].into_iter().flatten() {
        check_may_make(member, role)?;
    }
    if present.role == Role::Owner && wanted != Some(Role::Owner) && owners.len() < 2 {
        return Err(conflict(
            "last_owner",
            "A workspace needs an owner. Make somebody else an owner first.",
        ));
    }
    Ok(present)
}

fn owners_only() -> kernel::Error {
    forbidden(
        "owners_only",
        "Only an owner can make somebody an owner, or change or remove one. Ask an owner.",
    )
}

pub fn subject(user: UserId) -> String {
    format!("user:{user}")
}
