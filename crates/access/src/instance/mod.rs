//! The people who run the installation. They belong to no tenant as operators: theirs is the console, which shows names,
//! plans, figures and health of all tenants, and no content of any. To see that they need a tenant's consent: see
//! [`visits`](crate::visits).
//!
//! An operator signs in like everybody and must have a second factor. [`guard`] stands before all routes below
//! `/api/v1/instance` and answers 404 to everybody else; handlers take an [`InstanceOperator`] as an argument.

pub mod log;
mod store;

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::Response;
use chrono::{DateTime, Utc};
use kernel::error::{forbidden, invalid, not_found};
use kernel::ids::UserId;
use kernel::{Database, Result, secrets};
use serde::Serialize;
use serde_json::json;

use crate::member::{bearer, refuse_cross_site};
use crate::{Context, sessions};
use log::{Action, Actor};

pub use store::{is_operator, list};

/// Somebody who runs the installation, signed in with a second factor. Made only here.
#[derive(Debug, Clone)]
pub struct InstanceOperator {
    pub user_id: UserId,
    pub name: String,
    pub(crate) token_hash: [u8; 32],
}

/// An operator as the list shows them.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct OperatorAccount {
    pub user_id: UserId,
    pub name: String,
    pub email: String,
    /// Without it the console does not open.
    pub has_second_factor: bool,
    pub created_at: DateTime<Utc>,
}

impl InstanceOperator {
    /// As the log names them.
    pub fn actor(&self) -> Actor {
        Actor::Person {
            id: self.user_id,
            name: self.name.clone(),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for InstanceOperator {
    type Rejection = kernel::Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self> {
        parts.extensions.get().cloned().ok_or_else(nothing_here)
    }
}

/// Middleware of the console: nobody but operators learns that it is there.
pub async fn guard(State(ctx): State<Context>, mut request: Request, next: Next) -> Result<Response> {
    let headers = request.headers();
    let token = match bearer(headers) {
        Some(_) => None,
        None => sessions::cookie(headers),
    };
    let token_hash = secrets::sha256(token.unwrap_or_default().as_bytes());
    let found = store::find_signed_in(&ctx.db, &token_hash, ctx.db.clock.now()).await?;
    let found = found.ok_or_else(nothing_here)?;
    refuse_cross_site(request.method(), headers)?;
    if !found.has_second_factor {
        return Err(forbidden(
            "second_factor_missing",
            "Operators sign in with a second factor. Set it up in your profile first.",
        ));
    }
    request.extensions_mut().insert(InstanceOperator {
        user_id: found.user_id,
        name: found.name,
        token_hash,
    });
    Ok(next.run(request).await)
}

fn nothing_here() -> kernel::Error {
    not_found("page")
}

/// Makes somebody who has an account an operator.
///
/// # Errors
/// 422 `unknown_user`.
pub async fn add(db: &Database, actor: &Actor, email: &str) -> Result<OperatorAccount> {
    let account = find(db, email).await?;
    if store::insert(db, account.user_id, &actor.to_string()).await? {
        let details = json!({"email": account.email});
        log_change(db, actor, Action::OperatorAdded, &account, details).await?;
    }
    Ok(account)
}

/// Ends it; the account stays. Their open pages of the console end with the next request.
///
/// # Errors
/// 422 `unknown_user`, `not_an_operator`.
pub async fn remove(db: &Database, actor: &Actor, email: &str) -> Result<()> {
    let account = find(db, email).await?;
    if !store::delete(db, account.user_id).await? {
        return Err(invalid(
            "not_an_operator",
            format!("{email} is not an operator. `rapport operator list` shows them."),
        ));
    }
    let details = json!({"email": account.email});
    log_change(db, actor, Action::OperatorRemoved, &account, details).await
}

async fn find(db: &Database, email: &str) -> Result<OperatorAccount> {
    let found = store::find_account(db, email.trim()).await?;
    found.ok_or_else(|| {
        invalid(
            "unknown_user",
            format!("There is no account {email}. `rapport user create` makes one."),
        )
    })
}

async fn log_change(
    db: &Database,
    actor: &Actor,
    action: Action,
    account: &OperatorAccount,
    details: serde_json::Value,
) -> Result<()> {
    let mut connection = db.platform().acquire().await?;
    let subject = format!("user:{}", account.user_id);
    log::record(&mut connection, db.clock.now(), actor, action, &subject, details).await
}
