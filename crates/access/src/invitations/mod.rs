//! Invitations: a link that makes its first user a member. The token stands in the link only, the database knows its
//! SHA-256; it is good for seven days and for one person.

pub mod api;
mod public;
mod store;

use chrono::{DateTime, TimeDelta, Utc};
use kernel::error::gone;
use kernel::ids::{InvitationId, TenantId};
use kernel::{Result, TenantProof};
use serde::Serialize;

use crate::Role;

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

fn used() -> kernel::Error {
    gone(
        "invitation_used",
        "This invitation was used already. If it was you, sign in; otherwise ask for a new one.",
    )
}
