//! HTTP for one's own profile and password.

use axum::extract::State;
use axum::http::StatusCode;
use kernel::Result;
use kernel::error::{Problem, invalid};
use kernel::extract::{Json, present};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{Density, Language, Notifications, Preferences, Theme, record_everywhere, store};
use crate::audit::Action;
use crate::member::Person;
use crate::sessions::{self, list_workspaces};
use crate::users::{self, check_name, check_password};
use crate::{Context, Member};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(get_profile, update_profile))
        .routes(routes!(change_password))
}

/// One's own account.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Profile {
    pub name: String,
    pub email: String,
    /// Whether signing in asks for a second factor.
    pub has_two_factor: bool,
    #[serde(flatten)]
    pub preferences: Preferences,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct ProfilePatch {
    name: Option<String>,
    /// Null: the browser's.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Language>)]
    language: Option<Option<Language>>,
    theme: Option<Theme>,
    density: Option<Density>,
    single_keys: Option<bool>,
    notifications: Option<NotificationsPatch>,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct NotificationsPatch {
    sound: Option<bool>,
    browser: Option<bool>,
    only_mine: Option<bool>,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct PasswordChange {
    current_password: String,
    /// 10 to 200 characters.
    new_password: String,
}

/// Read one's own profile.
#[utoipa::path(get, path = "/profile", operation_id = "get_profile", tag = "profile",
    responses((status = 200, body = Profile), (status = 403, body = Problem)))]
async fn get_profile(State(ctx): State<Context>, member: Member) -> Result<Json<Profile>> {
    let person = member.person()?;
    Ok(Json(profile(store::get(&ctx.db, person.user_id).await?)))
}

pub fn profile(account: store::Account) -> Profile {
    Profile {
        name: account.name,
        email: account.email,
        has_two_factor: account.has_two_factor,
        preferences: account.preferences,
    }
}

/// Change one's own name and preferences.
#[utoipa::path(patch, path = "/profile", operation_id = "update_profile", tag = "profile", request_body = ProfilePatch,
    responses((status = 200, body = Profile), (status = 422, body = Problem)))]
async fn update_profile(
    State(ctx): State<Context>,
    member: Member,
    Json(patch): Json<ProfilePatch>,
) -> Result<Json<Profile>> {
    let person = member.person()?;
    let mut account = store::get(&ctx.db, person.user_id).await?;
    let name = check_name(patch.name.as_deref().unwrap_or(&account.name))?.to_owned();
    let preferences = merged(&account.preferences, &patch);
    store::update(&ctx.db, person.user_id, &name, &preferences).await?;
    if name != account.name {
        for workspace in list_workspaces(&ctx.db, person.user_id).await? {
            let mut tx = ctx.db.tenant(&workspace).await?;
            store::rename_member(&mut tx, person.user_id, &name).await?;
            tx.commit().await?;
        }
    }
    account.name = name;
    account.preferences = preferences;
    Ok(Json(profile(account)))
}

fn merged(present: &Preferences, patch: &ProfilePatch) -> Preferences {
    let told = present.notifications;
    let notifications = match &patch.notifications {
        Some(patch) => Notifications {
            sound: patch.sound.unwrap_or(told.sound),
            browser: patch.browser.unwrap_or(told.browser),
            only_mine: patch.only_mine.unwrap_or(told.only_mine),
        },
        None => told,
    };
    Preferences {
        language: patch.language.unwrap_or(present.language),
        theme: patch.theme.unwrap_or(present.theme),
        density: patch.density.unwrap_or(present.density),
        single_keys: patch.single_keys.unwrap_or(present.single_keys),
        notifications,
    }
}

/// Change one's own password. All other sessions of this person end.
#[utoipa::path(post, path = "/profile/password", operation_id = "change_password", tag = "profile", request_body = PasswordChange,
    responses((status = 204), (status = 422, body = Problem), (status = 429, body = Problem)))]
async fn change_password(
    State(ctx): State<Context>,
    member: Member,
    Json(input): Json<PasswordChange>,
) -> Result<StatusCode> {
    let person = member.person()?;
    check_own_password(&ctx, &person, &input.current_password).await?;
    check_password(&input.new_password)?;
    let hash = users::hash_password(&input.new_password).await?;
    users::store::set_password_hash(&ctx.db, person.user_id, &hash).await?;
    sessions::end_all_others(&ctx.db, person.user_id, person.token_hash).await?;
    record_everywhere(&ctx.db, &member, Action::PasswordChanged, &json!({})).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Asks for the password again before the account itself changes. Guesses have their own count, which
/// nobody at the door can use up.
///
/// # Errors
/// 422 when it is wrong: the session stands, so it is not 401.
pub async fn check_own_password(ctx: &Context, person: &Person<'_>, password: &str) -> Result<()> {
    let account = store::get(&ctx.db, person.user_id).await?;
    ctx.own_check_limit.check(person.user_id, ctx.db.clock.now())?;
    let is_short_enough = password.len() <= 1000;
    if is_short_enough && users::verify_password(password, Some(account.password_hash)).await? {
        return Ok(());
    }
    Err(invalid("wrong_password", "The current password is not right."))
}
