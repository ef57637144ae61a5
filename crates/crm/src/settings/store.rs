//! All SQL for settings of sales.

use kernel::ids::ChannelId;
use kernel::money::Currency;
use kernel::{Result, TenantTx};

use super::{ChannelRule, ClientRule, CrmSettings};

pub async fn get(tx: &mut TenantTx) -> Result<CrmSettings> {
    let currency = sqlx::query_scalar!(
        r#"select currency as "currency: Currency" from tenants where tenant_id = current_tenant_id()"#
    )
    .fetch_one(&mut **tx)
    .await?;
    let channels = sqlx::query_as!(
        ChannelRule,
        r#"select id as "id: ChannelId", name, kind, client_rule as "client_rule: ClientRule" from channels
        where tenant_id = current_tenant_id()
        order by lower(name), id"#
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(CrmSettings { currency, channels })
}

/// The figures of all clients follow by trigger.
pub async fn set_currency(tx: &mut TenantTx, currency: &Currency) -> Result<()> {
    sqlx::query!(
        "update tenants set currency = $1 where tenant_id = current_tenant_id() and currency <> $1",
        currency.as_str()
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// False: there is no such channel.
pub async fn set_rule(tx: &mut TenantTx, channel: ChannelId, rule: ClientRule) -> Result<bool> {
    let done = sqlx::query!(
        "update channels set client_rule = $2 where tenant_id = current_tenant_id() and id = $1",
        channel.0,
        rule as ClientRule,
    )
    .execute(&mut **tx)
    .await?;
    Ok(done.rows_affected() > 0)
}
