//! HTTP for one's own second factor: set up, prove, turn off. Being asked for it happens in `sessions::api`.

use axum::extract::State;
use axum::http::StatusCode;
use kernel::Result;
use kernel::error::{Problem, conflict, invalid};
use kernel::extract::Json;
use kernel::secrets;
use serde::{Deserialize, Serialize};
use serde_json::json;
use url::form_urlencoded;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::qr::{QrPath, draw};
use super::{RECOVERY_CODES, accept_code, context, new_recovery_code, open, plain, store, totp};
use crate::audit::Action;
use crate::profile::api::check_own_password;
use crate::profile::{self, record_everywhere};
use crate::{Context, Member, sessions};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(begin_two_factor, remove_two_factor))
        .routes(routes!(confirm_two_factor))
}

/// What the authenticator app needs. Shown until the first code proves it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct TwoFactorSetup {
    secret_base32: String,
    otpauth_url: String,
    qr: QrPath,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct TwoFactorCode {
    /// Six digits of the authenticator app.
    code: String,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct RecoveryCodes {
    /// Each signs in once in place of a code. Shown this once.
    recovery_codes: Vec<String>,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct PasswordAgain {
    password: String,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct TwoFactorRemoval {
    password: String,
    /// Six digits of the authenticator app, or a recovery code. Needed once the factor has been proven.
    code: Option<String>,
}

/// Set up a second factor. Nothing is asked for until a code has proven it.
#[utoipa::path(post, path = "/profile/two-factor", operation_id = "begin_two_factor", tag = "profile",
    request_body = PasswordAgain,
    responses((status = 200, body = TwoFactorSetup), (status = 409, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem)))]
async fn begin_two_factor(
    State(ctx): State<Context>,
    member: Member,
    Json(input): Json<PasswordAgain>,
) -> Result<Json<TwoFactorSetup>> {
    let person = member.person()?;
    let user = person.user_id;
    check_own_password(&ctx, &person, &input.password).await?;
    let account = profile::store::get(&ctx.db, user).await?;
    let secret_base32 = totp::base32(&totp::new_secret());
    let sealed = ctx.master_key.seal(&context(user), &secret_base32)?;
    if !store::begin(&ctx.db, user, &sealed).await? {
        return Err(is_on());
    }
    let otpauth_url = format!(
        "otpauth://totp/Rapport:{}?secret={secret_base32}&issuer=Rapport",
        form_urlencoded::byte_serialize(account.email.as_bytes()).collect::<String>()
    );
    let qr = draw(&otpauth_url)?;
    Ok(Json(TwoFactorSetup {
        secret_base32,
        otpauth_url,
        qr,
    }))
}

/// Prove the second factor with a code. From then on signing in asks for one. All other sessions of this person end.
#[utoipa::path(post, path = "/profile/two-factor/confirm", operation_id = "confirm_two_factor", tag = "profile",
    request_body = TwoFactorCode,
    responses((status = 200, body = RecoveryCodes), (status = 409, body = Problem), (status = 422, body = Problem), (status = 429, body = Problem)))]
async fn confirm_two_factor(
    State(ctx): State<Context>,
    member: Member,
    Json(input): Json<TwoFactorCode>,
) -> Result<Json<RecoveryCodes>> {
    let person = member.person()?;
    let user = person.user_id;
    let now = ctx.db.clock.now();
    let stored = store::find(&ctx.db, user).await?;
    let stored = stored.ok_or_else(|| {
        conflict(
            "two_factor_not_set_up",
            "Begin with setting the second factor up.",
        )
    })?;
    if stored.is_confirmed {
        return Err(is_on());
    }
    ctx.own_check_limit.check(user, now)?;
    let secret = open(&ctx, user, &stored.sealed_secret)?;
    let step = totp::step_of(&secret, &plain(&input.code), now).ok_or_else(|| {
        invalid(
            "two_factor_wrong",
            "The code is not right. Type the six digits that the app shows now, and check the phone's clock.",
        )
    })?;
    let recovery_codes: Vec<String> = (0..RECOVERY_CODES).map(|_| new_recovery_code()).collect();
    let hash = |code: &String| secrets::sha256(plain(code).as_bytes()).to_vec();
    let hashes: Vec<Vec<u8>> = recovery_codes.iter().map(hash).collect();
    if !store::confirm(&ctx.db, user, &stored.sealed_secret, step, &hashes, now).await? {
        return Err(is_on());
    }
    // they were opened without it
    sessions::end_all_others(&ctx.db, user, person.token_hash).await?;
    record_everywhere(&ctx.db, &member, Action::TwoFactorEnabled, &json!({})).await?;
    Ok(Json(RecoveryCodes { recovery_codes }))
}

/// Turn the second factor off.
#[utoipa::path(delete, path = "/profile/two-factor", operation_id = "remove_two_factor", tag = "profile",
    request_body = TwoFactorRemoval,
    responses((status = 204), (status = 422, body = Problem), (status = 429, body = Problem)))]
async fn remove_two_factor(
    State(ctx): State<Context>,
    member: Member,
    Json(input): Json<TwoFactorRemoval>,
) -> Result<StatusCode> {
    let person = member.person()?;
    check_own_password(&ctx, &person, &input.password).await?;
    let stored = store::find(&ctx.db, person.user_id).await?;
    if stored.is_some_and(|stored| stored.is_confirmed) {
        let code = input.code.as_deref().unwrap_or_default();
        if !accept_code(&ctx, person.user_id, code).await? {
            return Err(invalid(
                "two_factor_wrong",
                "This needs a code of the authenticator app that was not used yet, or a recovery code.",
            ));
        }
    }
    if store::clear(&ctx.db, person.user_id).await? {
        record_everywhere(&ctx.db, &member, Action::TwoFactorDisabled, &json!({})).await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

fn is_on() -> kernel::Error {
    conflict(
        "two_factor_is_on",
        "A second factor is set up already. Turn it off first.",
    )
}
