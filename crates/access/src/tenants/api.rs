//! HTTP for the workspace itself: its name, language, time zone and addresses.

use axum::extract::State;
use kernel::error::{Problem, invalid};
use kernel::extract::{Json, present};
use kernel::ids::TenantId;
use kernel::{Result, TenantTx};
use serde::{Deserialize, Serialize};
use url::Url;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::store;
use crate::audit::{self, Action};
use crate::users::{check_email, check_name};
use crate::{Context, Member, Permission};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new().routes(routes!(get_workspace, update_workspace))
}

/// What a business says about itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct WorkspaceSettings {
    pub id: TenantId,
    pub name: String,
    /// Part of every address in the dashboard; it stays.
    pub slug: String,
    /// Where the business is written to.
    pub email: Option<String>,
    pub website_url: Option<String>,
    /// Two letters: what the bot speaks unless the visitor speaks something else.
    pub language: String,
    /// A name of the time zone database: `Europe/Brussels`.
    pub time_zone: String,
    /// The privacy policy that the chat links to.
    pub privacy_url: Option<String>,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct WorkspacePatch {
    name: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    email: Option<Option<String>>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    website_url: Option<Option<String>>,
    language: Option<String>,
    time_zone: Option<String>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    privacy_url: Option<Option<String>>,
}

/// Read the workspace's settings.
#[utoipa::path(get, path = "/workspace", operation_id = "get_workspace", tag = "workspace",
    responses((status = 200, body = WorkspaceSettings)))]
async fn get_workspace(State(ctx): State<Context>, member: Member) -> Result<Json<WorkspaceSettings>> {
    member.require(Permission::ReadConversations)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    Ok(Json(store::get_settings(&mut tx).await?))
}

/// Change the workspace's settings.
#[utoipa::path(patch, path = "/workspace", operation_id = "update_workspace", tag = "workspace", request_body = WorkspacePatch,
    responses((status = 200, body = WorkspaceSettings), (status = 422, body = Problem)))]
async fn update_workspace(
    State(ctx): State<Context>,
    member: Member,
    Json(patch): Json<WorkspacePatch>,
) -> Result<Json<WorkspaceSettings>> {
    member.require(Permission::ManageWorkspace)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let before = store::get_settings(&mut tx).await?;
    let after = check(&mut tx, &before, patch).await?;
    if after != before {
        store::update_settings(&mut tx, &after).await?;
        let subject = format!("tenant:{}", after.id);
        let details = audit::changes(&before, &after)?;
        audit::record_by(&mut tx, &member, Action::WorkspaceChanged, &subject, details).await?;
    }
    tx.commit().await?;
    Ok(Json(after))
}

async fn check(
    tx: &mut TenantTx,
    before: &WorkspaceSettings,
    patch: WorkspacePatch,
) -> Result<WorkspaceSettings> {
    let mut after = before.clone();
    if let Some(name) = &patch.name {
        check_name(name)?.clone_into(&mut after.name);
    }
    if let Some(email) = patch.email {
        after.email = filled(email);
        after.email.as_deref().map(check_email).transpose()?;
    }
    if let Some(url) = patch.website_url {
        after.website_url = check_url(filled(url), "bad_website_url")?;
    }
    if let Some(url) = patch.privacy_url {
        after.privacy_url = check_url(filled(url), "bad_privacy_url")?;
    }
    if let Some(language) = patch.language {
        if language.len() != 2 || !language.bytes().all(|byte| byte.is_ascii_lowercase()) {
            return Err(invalid("bad_language", "A language is two letters, such as en."));
        }
        after.language = language;
    }
    if let Some(time_zone) = patch.time_zone {
        if time_zone != before.time_zone && !store::is_time_zone(tx, &time_zone).await? {
            return Err(invalid(
                "bad_time_zone",
                "There is no such time zone. Use a name such as Europe/Brussels.",
            ));
        }
        after.time_zone = time_zone;
    }
    Ok(after)
}

/// An empty text is none.
fn filled(text: Option<String>) -> Option<String> {
    let text = text?.trim().to_owned();
    (!text.is_empty()).then_some(text)
}

/// It becomes a link, so it must be one that is safe to follow.
fn check_url(url: Option<String>, code: &'static str) -> Result<Option<String>> {
    let is_web = |text: &String| {
        text.len() <= 500
            && Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "https" | "http") && url.has_host())
    };
    if url.as_ref().is_none_or(is_web) {
        return Ok(url);
    }
    Err(invalid(
        code,
        "Please give the whole address, such as https://www.example.com/privacy.",
    ))
}

#[cfg(test)]
mod tests {
    use super::check_url;

    #[test]
    fn only_addresses_of_the_web_are_linked() {
        for (url, is_fine) in [
            ("https://shop.example/privacy", true),
            ("http://shop.example", true),
            ("shop.example", false),
            ("javascript:alert(1)", false),
            ("data:text/html,x", false),
            ("https://", false),
        ] {
            assert_eq!(check_url(Some(url.into()), "bad_url").is_ok(), is_fine, "{url}");
        }
        assert_eq!(check_url(None, "bad_url").unwrap(), None);
    }
}
