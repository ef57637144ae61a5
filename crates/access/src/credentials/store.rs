//! All SQL for model credentials.

use kernel::ids::CredentialId;
use kernel::{Result, TenantTx};

use super::{Credential, Provider};

/// A row with its sealed key.
struct Row {
    id: CredentialId,
    provider: Provider,
    model: String,
    base_url: Option<String>,
    encrypted_key: String,
    key_last4: String,
    label: Option<String>,
    is_default: bool,
    is_active: bool,
    input_price: Option<f64>,
    output_price: Option<f64>,
}

impl Row {
    fn split(self) -> (Credential, String) {
        let credential = Credential {
            id: self.id,
            provider: self.provider,
            model: self.model,
            base_url: self.base_url,
            key_last4: self.key_last4,
            label: self.label,
            is_default: self.is_default,
            is_active: self.is_active,
            input_price: self.input_price,
            output_price: self.output_price,
        };
        (credential, self.encrypted_key)
    }
}

/// Writes a credential; a default one takes the place of the present default.
pub async fn insert(tx: &mut TenantTx, credential: &Credential, sealed: &str) -> Result<()> {
    if credential.is_default {
        clear_default(tx).await?;
    }
    let tenant = tx.tenant_id();
    sqlx::query!(
        "insert into llm_credentials
            (tenant_id, id, provider, model, base_url, encrypted_key, key_last4, label, is_default, input_price, output_price)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::float8::numeric, $11::float8::numeric)",
        tenant.0,
        credential.id.0,
        credential.provider.as_str(),
        credential.model,
        credential.base_url,
        sealed,
        credential.key_last4,
        credential.label,
        credential.is_default,
        credential.input_price,
        credential.output_price,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn list(tx: &mut TenantTx) -> Result<Vec<Credential>> {
    let rows = sqlx::query_as!(
        Row,
        r#"select id as "id: CredentialId", provider as "provider: Provider", model, base_url, encrypted_key, key_last4, label,
            is_default, is_active, input_price::float8 as input_price, output_price::float8 as output_price
        from llm_credentials
        order by created_at, id"#,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(rows.into_iter().map(|row| row.split().0).collect())
}

pub async fn find(tx: &mut TenantTx, id: CredentialId) -> Result<Option<(Credential, String)>> {
    let row = sqlx::query_as!(
        Row,
        r#"select id as "id: CredentialId", provider as "provider: Provider", model, base_url, encrypted_key, key_last4, label,
            is_default, is_active, input_price::float8 as input_price, output_price::float8 as output_price
        from llm_credentials
        where id = $1"#,
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(Row::split))
}

pub async fn find_default(tx: &mut TenantTx) -> Result<Option<(Credential, String)>> {
    let row = sqlx::query_as!(
        Row,
        r#"select id as "id: CredentialId", provider as "provider: Provider", model, base_url, encrypted_key, key_last4, label,
            is_default, is_active, input_price::float8 as input_price, output_price::float8 as output_price
        from llm_credentials
        where is_default and is_active"#,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(row.map(Row::split))
}

/// Writes what can be changed: model, label, default, active, prices.
pub async fn update(tx: &mut TenantTx, credential: &Credential) -> Result<()> {
    if credential.is_default {
        clear_default(tx).await?;
    }
    sqlx::query!(
        "update llm_credentials
        set model = $2, label = $3, is_default = $4, is_active = $5,
            input_price = $6::float8::numeric, output_price = $7::float8::numeric
        where id = $1",
        credential.id.0,
        credential.model,
        credential.label,
        credential.is_default,
        credential.is_active,
        credential.input_price,
        credential.output_price,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// Gives its label, else its model, if there was such a credential.
pub async fn delete(tx: &mut TenantTx, id: CredentialId) -> Result<Option<String>> {
    let name = sqlx::query_scalar!(
        r#"delete from llm_credentials where id = $1 returning coalesce(label, model) as "name!""#,
        id.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(name)
}

async fn clear_default(tx: &mut TenantTx) -> Result<()> {
    sqlx::query!("update llm_credentials set is_default = false where is_default")
        .execute(&mut **tx)
        .await?;
    Ok(())
}
