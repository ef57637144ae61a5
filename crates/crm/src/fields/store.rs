//! All SQL for custom fields.

use kernel::error::{OnConstraint, conflict};
use kernel::ids::CustomFieldId;
use kernel::{Result, TenantTx};

use super::{CustomField, Entity, FieldType};

pub async fn list(tx: &mut TenantTx, entity: Option<Entity>) -> Result<Vec<CustomField>> {
    let fields = sqlx::query_as!(
        CustomField,
        r#"select id as "id: CustomFieldId", entity as "entity: Entity", key, label, field_type as "field_type: FieldType",
            choices, position, created_at, updated_at
        from crm_custom_fields
        where tenant_id = current_tenant_id() and ($1::text is null or entity = $1)
        order by entity, position, id"#,
        entity as Option<Entity>,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(fields)
}

pub async fn find(tx: &mut TenantTx, id: CustomFieldId) -> Result<Option<CustomField>> {
    let field = sqlx::query_as!(
        CustomField,
        r#"select id as "id: CustomFieldId", entity as "entity: Entity", key, label, field_type as "field_type: FieldType",
            choices, position, created_at, updated_at
        from crm_custom_fields
        where tenant_id = current_tenant_id() and id = $1
        for update"#,
        id.0,
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(field)
}

/// At the end of its kind.
pub async fn insert(tx: &mut TenantTx, field: &CustomField) -> Result<()> {
    let tenant = tx.tenant_id();
    sqlx::query!(
        "insert into crm_custom_fields (tenant_id, id, entity, key, label, field_type, choices, position)
        values ($1, $2, $3, $4, $5, $6, $7, (select coalesce(max(position), 0) + 1 from crm_custom_fields
            where tenant_id = $1 and entity = $3))",
        tenant.0,
        field.id.0,
        field.entity as Entity,
        field.key,
        field.label,
        field.field_type as FieldType,
        &field.choices,
    )
    .execute(&mut **tx)
    .await
    .on_constraint("crm_custom_fields_entity_key", || {
        conflict(
            "key_taken",
            "There is a field of this key already. Choose another key.",
        )
    })?;
    Ok(())
}

pub async fn update(tx: &mut TenantTx, field: &CustomField) -> Result<()> {
    sqlx::query!(
        "update crm_custom_fields set label = $2, choices = $3, position = $4
        where tenant_id = current_tenant_id() and id = $1",
        field.id.0,
        field.label,
        &field.choices,
        field.position,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

/// With its values.
pub async fn delete(tx: &mut TenantTx, field: &CustomField) -> Result<()> {
    sqlx::query!(
        "delete from crm_custom_fields where tenant_id = current_tenant_id() and id = $1",
        field.id.0
    )
    .execute(&mut **tx)
    .await?;
    let key = &field.key;
    match field.entity {
        Entity::Client => sqlx::query!(
            "with found as (
                select id from crm_clients where tenant_id = current_tenant_id() and custom_fields ? $1
                order by id
                for no key update
            )
            update crm_clients c set custom_fields = c.custom_fields - $1
            from found
            where c.tenant_id = current_tenant_id() and c.id = found.id",
            key
        )
        .execute(&mut **tx),
        Entity::Deal => sqlx::query!(
            "with found as (
                select id from crm_deals where tenant_id = current_tenant_id() and custom_fields ? $1
                order by id
                for no key update
            )
            update crm_deals d set custom_fields = d.custom_fields - $1
            from found
            where d.tenant_id = current_tenant_id() and d.id = found.id",
            key
        )
        .execute(&mut **tx),
        Entity::Product => sqlx::query!(
            "with found as (
                select id from crm_products where tenant_id = current_tenant_id() and custom_fields ? $1
                order by id
                for no key update
            )
            update crm_products p set custom_fields = p.custom_fields - $1
            from found
            where p.tenant_id = current_tenant_id() and p.id = found.id",
            key
        )
        .execute(&mut **tx),
    }
    .await?;
    Ok(())
}
