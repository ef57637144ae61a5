//! All SQL for labels.

use kernel::error::{Error, OnConstraint, conflict, invalid};
use kernel::ids::{ConversationId, LabelId};
use kernel::{Result, TenantTx};

use super::{Color, Label};

pub async fn list(tx: &mut TenantTx) -> Result<Vec<Label>> {
    let labels = sqlx::query_as!(
        Label,
        r#"select id as "id: LabelId", name, color as "color: Color" from labels
        where tenant_id = current_tenant_id()
        order by lower(name), id"#
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(labels)
}

fn name_taken() -> Error {
    conflict(
        "label_taken",
        "There is a label of this name already. Choose another name.",
    )
}

pub async fn insert(tx: &mut TenantTx, label: &Label) -> Result<()> {
    let tenant = tx.tenant_id();
    sqlx::query!(
        "insert into labels (tenant_id, id, name, color) values ($1, $2, $3, $4)",
        tenant.0,
        label.id.0,
        label.name,
        label.color.as_str(),
    )
    .execute(&mut **tx)
    .await
    .on_constraint("labels_name_key", name_taken)?;
    Ok(())
}

pub async fn update(
    tx: &mut TenantTx,
    id: LabelId,
    name: Option<&str>,
    color: Option<Color>,
) -> Result<Option<Label>> {
    let label = sqlx::query_as!(
        Label,
        r#"update labels set name = coalesce($2, name), color = coalesce($3, color)
        where tenant_id = current_tenant_id() and id = $1
        returning id as "id: LabelId", name, color as "color: Color""#,
        id.0,
        name,
        color.map(Color::as_str),
    )
    .fetch_optional(&mut **tx)
    .await
    .on_constraint("labels_name_key", name_taken)?;
    Ok(label)
}

/// Gives the name that it had, if there was such a label.
pub async fn delete(tx: &mut TenantTx, id: LabelId) -> Result<Option<String>> {
    let name = sqlx::query_scalar!(
        "delete from labels where tenant_id = current_tenant_id() and id = $1 returning name",
        id.0
    )
    .fetch_optional(&mut **tx)
    .await?;
    Ok(name)
}

/// The labels of a conversation, by name.
pub async fn list_of(tx: &mut TenantTx, conversation: ConversationId) -> Result<Vec<Label>> {
    let labels = sqlx::query_as!(
        Label,
        r#"select l.id as "id: LabelId", l.name, l.color as "color: Color"
        from conversation_labels cl
        join labels l on l.tenant_id = cl.tenant_id and l.id = cl.label_id
        where cl.tenant_id = current_tenant_id() and cl.conversation_id = $1
        order by lower(l.name), l.id"#,
        conversation.0,
    )
    .fetch_all(&mut **tx)
    .await?;
    Ok(labels)
}

pub async fn attach(tx: &mut TenantTx, conversation: ConversationId, labels: &[LabelId]) -> Result<()> {
    let (tenant, ids) = (tx.tenant_id(), uuids(labels));
    sqlx::query!(
        "insert into conversation_labels (tenant_id, conversation_id, label_id)
        select $1, $2, label from unnest($3::uuid[]) as label
        on conflict do nothing",
        tenant.0,
        conversation.0,
        &ids,
    )
    .execute(&mut **tx)
    .await
    .on_constraint("conversation_labels_tenant_id_label_id_fkey", || {
        invalid(
            "no_such_label",
            "One of these labels does not exist any more. Read the labels again.",
        )
    })?;
    Ok(())
}

pub async fn detach(tx: &mut TenantTx, conversation: ConversationId, labels: &[LabelId]) -> Result<()> {
    let ids = uuids(labels);
    sqlx::query!(
        "delete from conversation_labels
        where tenant_id = current_tenant_id() and conversation_id = $1 and label_id = any($2)",
        conversation.0,
        &ids,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

fn uuids(labels: &[LabelId]) -> Vec<uuid::Uuid> {
    labels.iter().map(|label| label.0).collect()
}
