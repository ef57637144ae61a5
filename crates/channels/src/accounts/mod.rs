//! Channel accounts: what members set up.

pub mod api;
pub mod draft;
pub mod store;

use access::{audit, plans};
use answering::prompts;
use chrono::{DateTime, Utc};
use kernel::error::invalid;
use kernel::ids::ChannelId;
use kernel::secrets::{self, MasterKey};
use kernel::{Result, TenantTx};
use serde::Serialize;
use serde_json::json;

use crate::settings::WidgetSettings;

/// A channel as members see it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Channel {
    pub id: ChannelId,
    pub kind: String,
    pub name: String,
    /// Public: it stands in the script tag.
    pub channel_key: String,
    pub settings: WidgetSettings,
    /// Web sites that may show the widget, such as `https://shop.example`. Empty: any.
    pub allowed_origins: Vec<String>,
    pub is_active: bool,
    /// False: no automatic answers here.
    pub is_bot_active: bool,
    /// A model other than the default credential's.
    pub ai_model: Option<String>,
    pub ai_temperature: f64,
    pub created_at: DateTime<Utc>,
    /// What the designer works on, as a whole: `settings` with the draft's changes. Null: there is no draft.
    pub draft: Option<WidgetSettings>,
    /// Raised whenever what visitors get changes. A draft is changed and published with the one it was begun on.
    pub revision: i64,
    pub published_at: Option<DateTime<Utc>>,
    /// The name of whoever published last.
    pub published_by: Option<String>,
    /// When a page with the widget was first opened. Null: not yet.
    pub first_session_at: Option<DateTime<Utc>>,
    /// The web site of that page.
    pub first_session_origin: Option<String>,
}

/// Makes a widget in the transaction's tenant. The second value is the secret for identity tokens, shown once.
pub async fn create_widget(
    tx: &mut TenantTx,
    master_key: &MasterKey,
    actor: &str,
    name: &str,
    settings: &WidgetSettings,
    allowed_origins: &[String],
) -> Result<(Channel, String)> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 100 {
        return Err(invalid("bad_name", "Please give a name of 1 to 100 characters."));
    }
    let origins = allowed_origins
        .iter()
        .map(|origin| check_origin(origin))
        .collect::<Result<Vec<_>>>()?;
    prompts::require(tx, settings.bot.agent_prompt_id).await?;
    plans::check_channel(tx).await?;
    let id = ChannelId::new();
    let secret = secrets::random_token("ws_");
    let sealed = master_key.seal(&store::secret_context(tx.tenant_id(), id), &secret)?;
    let key = secrets::random_name("ch_");
    store::insert(tx, id, name, &key, settings, &origins, &sealed).await?;
    audit::record(
        tx,
        actor,
        audit::Action::ChannelCreated,
        &format!("channel:{id}"),
        json!({"kind": "widget"}),
    )
    .await?;
    Ok((store::get(tx, id).await?, secret))
}

/// Gives the channel a new secret for identity tokens and returns it; tokens signed with the old one are refused from
/// the commit on.
pub async fn renew_secret(
    tx: &mut TenantTx,
    master_key: &MasterKey,
    actor: &str,
    id: ChannelId,
) -> Result<String> {
    let secret = secrets::random_token("ws_");
    let sealed = master_key.seal(&store::secret_context(tx.tenant_id(), id), &secret)?;
    store::set_secret(tx, id, &sealed).await?;
    audit::record(
        tx,
        actor,
        audit::Action::ChannelSecretRenewed,
        &format!("channel:{id}"),
        json!({}),
    )
    .await?;
    Ok(secret)
}

/// `https://shop.example`, as browsers send it: scheme and host, no path.
pub fn check_origin(origin: &str) -> Result<String> {
    let trimmed = origin.trim().trim_end_matches('/').to_lowercase();
    let rest = trimmed
        .strip_prefix("https://")
        .or_else(|| trimmed.strip_prefix("http://"));
    match rest {
        Some(host) if !host.is_empty() && !host.contains(['/', '?', '#', '@', ' ', '*', '%']) => Ok(trimmed),
        _ => Err(invalid(
            "bad_origin",
            format!("`{origin}` is not an origin such as https://shop.example (no path)."),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::check_origin;

    #[test]
    fn an_origin_is_scheme_and_host_only() {
        assert_eq!(
            check_origin("https://Shop.Example/").unwrap(),
            "https://shop.example"
        );
        assert_eq!(
            check_origin("http://localhost:3000").unwrap(),
            "http://localhost:3000"
        );
        for bad in [
            "shop.example",
            "https://",
            "https://a/b",
            "https://*.a",
            "https://%2a.a",
            "ftp://a",
            "https://u@a",
        ] {
            assert!(check_origin(bad).is_err(), "{bad}");
        }
    }
}
