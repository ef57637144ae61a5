//! HTTP for custom fields.

use access::audit::{self, Action};
use access::{Member, Permission};
use axum::extract::State;
use axum::http::StatusCode;
use chrono::DateTime;
use kernel::error::{Problem, invalid, not_found};
use kernel::extract::{Json, Path, Query};
use kernel::ids::CustomFieldId;
use kernel::{Result, TenantTx};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{CustomField, Entity, FieldType, store};
use crate::{Context, text};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new()
        .routes(routes!(list_custom_fields, create_custom_field))
        .routes(routes!(update_custom_field, delete_custom_field))
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct CustomFieldList {
    items: Vec<CustomField>,
}

#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
struct CustomFieldQuery {
    #[param(inline)]
    entity: Option<Entity>,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct NewCustomField {
    entity: Entity,
    /// Small letters, digits and `_`; made of the label unless given. It never changes.
    key: Option<String>,
    label: String,
    field_type: FieldType,
    #[serde(default)]
    choices: Vec<String>,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct CustomFieldPatch {
    label: Option<String>,
    /// Values that are no longer among them stay where they are.
    choices: Option<Vec<String>>,
    position: Option<i32>,
}

/// `Date of birth` → `date_of_birth`.
fn key_of(label: &str) -> String {
    let words = label.split(|c: char| !c.is_alphanumeric());
    let plain = words.flat_map(conversations::search::words).map(|word| {
        let letters = word.chars().filter(char::is_ascii_alphanumeric);
        letters.collect::<String>()
    });
    let ordered: Vec<String> = plain.filter(|word| !word.is_empty()).collect();
    let key: String = ordered.join("_").chars().take(40).collect();
    if key.is_empty() {
        // no letter of it fits into a key
        let id = CustomFieldId::new().0.simple().to_string();
        format!("field_{}", id.chars().skip(20).collect::<String>())
    } else if key.starts_with(|c: char| c.is_ascii_lowercase()) {
        key
    } else {
        format!("field_{key}").chars().take(40).collect()
    }
}

fn check_choices(field_type: FieldType, choices: Vec<String>) -> Result<Vec<String>> {
    let mut kept: Vec<String> = Vec::new();
    for choice in choices {
        let choice = text::required(&choice, "choices", 100)?;
        if !kept.contains(&choice) {
            kept.push(choice);
        }
    }
    match (field_type, kept.len()) {
        (FieldType::Choice, 0) => Err(invalid("no_choices", "Name at least one choice.")),
        (FieldType::Choice, 101..) => Err(invalid("too_many_choices", "There can be 100 choices.")),
        (FieldType::Choice, _) => Ok(kept),
        _ => Ok(Vec::new()),
    }
}

async fn note(tx: &mut TenantTx, member: &Member, action: Action, field: &CustomField) -> Result<()> {
    let details = json!({"label": field.label, "entity": field.entity});
    audit::record_by(tx, member, action, &format!("field:{}", field.id), details).await
}

/// List custom fields.
#[utoipa::path(get, path = "/crm/fields", operation_id = "list_custom_fields", tag = "crm-settings",
    params(CustomFieldQuery), responses((status = 200, body = CustomFieldList)))]
async fn list_custom_fields(
    State(ctx): State<Context>,
    member: Member,
    Query(query): Query<CustomFieldQuery>,
) -> Result<Json<CustomFieldList>> {
    member.require(Permission::ReadCrm)?;
    let mut tx = ctx.db.tenant_read(&member).await?;
    let items = store::list(&mut tx, query.entity).await?;
    Ok(Json(CustomFieldList { items }))
}

/// Create a custom field.
#[utoipa::path(post, path = "/crm/fields", operation_id = "create_custom_field", tag = "crm-settings",
    request_body = NewCustomField,
    responses((status = 201, body = CustomField), (status = 409, body = Problem), (status = 422, body = Problem)))]
async fn create_custom_field(
    State(ctx): State<Context>,
    member: Member,
    Json(input): Json<NewCustomField>,
) -> Result<(StatusCode, Json<CustomField>)> {
    member.require(Permission::ManageWorkspace)?;
    let label = text::required(&input.label, "label", 100)?;
    let key = input.key.unwrap_or_else(|| key_of(&label));
    let is_key = key.len() <= 40
        && key.starts_with(|c: char| c.is_ascii_lowercase())
        && key
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
    if !is_key {
        return Err(invalid(
            "bad_key",
            "A key has up to 40 small letters, digits and `_`, and begins with a letter.",
        ));
    }
    let field = CustomField {
        id: CustomFieldId::new(),
        entity: input.entity,
        key,
        label,
        field_type: input.field_type,
        choices: check_choices(input.field_type, input.choices)?,
        position: 0,
        created_at: DateTime::UNIX_EPOCH,
        updated_at: DateTime::UNIX_EPOCH,
    };
    let mut tx = ctx.db.tenant(&member).await?;
    if store::list(&mut tx, Some(input.entity)).await?.len() >= 100 {
        return Err(invalid("too_many_fields", "There can be 100 fields."));
    }
    store::insert(&mut tx, &field).await?;
    let field = store::find(&mut tx, field.id)
        .await?
        .ok_or_else(|| not_found("field"))?;
    note(&mut tx, &member, Action::CustomFieldCreated, &field).await?;
    tx.commit().await?;
    Ok((StatusCode::CREATED, Json(field)))
}

/// Change a custom field's label, choices or place.
#[utoipa::path(patch, path = "/crm/fields/{id}", operation_id = "update_custom_field", tag = "crm-settings",
    params(("id" = CustomFieldId, Path)), request_body = CustomFieldPatch,
    responses((status = 200, body = CustomField), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn update_custom_field(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<CustomFieldId>,
    Json(patch): Json<CustomFieldPatch>,
) -> Result<Json<CustomField>> {
    member.require(Permission::ManageWorkspace)?;
    let label = patch.label.map(|label| text::required(&label, "label", 100));
    let label = label.transpose()?;
    let mut tx = ctx.db.tenant(&member).await?;
    let mut field = store::find(&mut tx, id)
        .await?
        .ok_or_else(|| not_found("field"))?;
    field.label = label.unwrap_or(field.label);
    if let Some(choices) = patch.choices {
        field.choices = check_choices(field.field_type, choices)?;
    }
    field.position = patch.position.unwrap_or(field.position);
    store::update(&mut tx, &field).await?;
    let field = store::find(&mut tx, id)
        .await?
        .ok_or_else(|| not_found("field"))?;
    note(&mut tx, &member, Action::CustomFieldChanged, &field).await?;
    tx.commit().await?;
    Ok(Json(field))
}

/// Delete a custom field with all its values. This cannot be undone.
#[utoipa::path(delete, path = "/crm/fields/{id}", operation_id = "delete_custom_field", tag = "crm-settings",
    params(("id" = CustomFieldId, Path)), responses((status = 204), (status = 404, body = Problem)))]
async fn delete_custom_field(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<CustomFieldId>,
) -> Result<StatusCode> {
    member.require(Permission::ManageWorkspace)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let field = store::find(&mut tx, id)
        .await?
        .ok_or_else(|| not_found("field"))?;
    store::delete(&mut tx, &field).await?;
    note(&mut tx, &member, Action::CustomFieldDeleted, &field).await?;
    tx.commit().await?;
    Ok(StatusCode::NO_CONTENT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_of_the_label() {
        for (label, key) in [
            ("Date of birth", "date_of_birth"),
            ("Été 2026", "ete_2026"),
            ("1st", "field_1st"),
        ] {
            assert_eq!(key_of(label), key);
        }
        assert!(key_of("退货").starts_with("field_") && key_of("退货").len() == 18);
    }
}
