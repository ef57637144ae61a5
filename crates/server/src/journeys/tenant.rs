//! A new tenant: the business, its first widget, and what its maker needs to go on.

use access::tenants::{self, NewTenant, Tenant};
use access::users::NewUser;
use access::{Permission, Role, api_keys, audit};
use channels::WidgetSettings;
use channels::accounts::{self, Channel};
use kernel::error::{Result, invalid};
use kernel::{TenantTx, secrets};
use serde_json::json;

use crate::wiring::Domains;

/// A tenant with its widget, not yet committed.
pub struct Made {
    pub tx: TenantTx,
    pub tenant: Tenant,
    pub channel: Channel,
}

/// Begins a tenant in a transaction of its own. `slug` is made from the name unless given.
pub async fn begin(
    domains: &Domains,
    name: &str,
    slug: Option<&str>,
    email: Option<&str>,
    language: &str,
    settings: WidgetSettings,
) -> Result<Made> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 120 {
        return Err(invalid(
            "bad_name",
            "Please give the business a name of 1 to 120 characters.",
        ));
    }
    let slug = match slug {
        Some(slug) if tenants::slug_of(slug) == slug => slug.to_owned(),
        Some(slug) => {
            return Err(invalid(
                "bad_slug",
                format!("`{slug}` is not a short name: use small letters, digits and hyphens."),
            ));
        }
        None => free_slug(domains, name).await?,
    };
    let mut tx = domains.access.db.tenant(&NewTenant::reserve()).await?;
    let tenant = tenants::store::insert(&mut tx, name, &slug, email, language).await?;
    audit::record(
        &mut tx,
        "system",
        audit::Action::TenantCreated,
        &format!("tenant:{}", tenant.id),
        json!({}),
    )
    .await?;
    let settings = with_name(settings, name);
    let (channel, _) = accounts::create_widget(
        &mut tx,
        &domains.channels.master_key,
        "system",
        "Web site",
        &settings,
        &[],
    )
    .await?;
    Ok(Made { tx, tenant, channel })
}

/// The bot goes by the business's name unless it has one of its own.
fn with_name(mut settings: WidgetSettings, name: &str) -> WidgetSettings {
    if settings.bot.display_name == WidgetSettings::default().bot.display_name {
        settings.bot.display_name = name.chars().take(60).collect();
    }
    settings
}

async fn free_slug(domains: &Domains, name: &str) -> Result<String> {
    let wanted = tenants::slug_of(name);
    let wanted = if wanted.is_empty() {
        secrets::random_name("t-")
    } else {
        wanted
    };
    if tenants::store::is_slug_free(&domains.access.db, &wanted).await? {
        return Ok(wanted);
    }
    Ok(format!(
        "{wanted}-{}",
        secrets::random_name("").chars().take(5).collect::<String>()
    ))
}

impl Made {
    /// Adds the owner.
    pub async fn with_owner(&mut self, user: &NewUser) -> Result<()> {
        access::users::store::insert_with_membership(&mut self.tx, user, Role::Owner).await
    }

    /// Adds an API key that may do everything, and gives it.
    pub async fn with_api_key(&mut self, name: &str) -> Result<String> {
        let scopes: Vec<String> = Permission::ALL
            .iter()
            .map(|permission| permission.scope().to_owned())
            .collect();
        let (_, key) = api_keys::create(&mut self.tx, name, &scopes, None, None).await?;
        Ok(key)
    }
}

/// Looks for a stored secret that the master key does not open; names the first one found.
pub async fn find_shut_secret(domains: &Domains) -> Result<Option<String>> {
    for operator in tenants::Operator::for_all_active(&domains.access.db).await? {
        let mut tx = domains.access.db.tenant_read(&operator).await?;
        let accounts = accounts::store::list(&mut tx).await?;
        drop(tx);
        for channel in accounts {
            let endpoint = channels::endpoint::read(&domains.access.db, &operator, channel.id).await?;
            if endpoint.is_some_and(|endpoint| endpoint.secret(&domains.channels.master_key).is_err()) {
                return Ok(Some(format!("the secret of channel {}", channel.name)));
            }
        }
    }
    Ok(None)
}
