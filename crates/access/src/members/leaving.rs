//! What ends with a membership or with a higher role: the invitations and the keys that somebody could come back with.

use kernel::ids::UserId;
use kernel::{Result, TenantTx};
use serde_json::json;

use super::subject;
use crate::audit::{self, Action};
use crate::{Role, api_keys, invitations};

/// After a removal: the API keys that this person made, and the open invitations by them or by such a key.
pub async fn revoke_all_of(tx: &mut TenantTx, actor: &str, user: UserId) -> Result<()> {
    invitations::withdraw(tx, actor, &[subject(user)], &Role::ALL).await?;
    revoke_keys(tx, actor, user, Vec::new()).await
}

/// After a change of role: the open invitations and the API keys that this person could not make any more.
pub async fn revoke_beyond(tx: &mut TenantTx, actor: &str, user: UserId, role: Role) -> Result<()> {
    let beyond: Vec<Role> = Role::ALL
        .into_iter()
        .filter(|given| !role.may_give(*given))
        .collect();
    invitations::withdraw(tx, actor, &[subject(user)], &beyond).await?;
    let kept = role.permissions().map(|permission| permission.scope().to_owned());
    revoke_keys(tx, actor, user, kept.collect()).await
}

/// The keys that may do more than these scopes say, with the invitations made by them.
async fn revoke_keys(tx: &mut TenantTx, actor: &str, user: UserId, scopes: Vec<String>) -> Result<()> {
    let mut inviters = Vec::new();
    for (id, name) in api_keys::store::revoke_beyond(tx, user, &scopes).await? {
        let key = format!("api_key:{id}");
        audit::record(tx, actor, Action::ApiKeyRevoked, &key, json!({"name": name})).await?;
        inviters.push(key);
    }
    invitations::withdraw(tx, actor, &inviters, &Role::ALL).await
}
