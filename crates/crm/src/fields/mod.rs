//! Fields of the workspace's own on clients, deals and products, and what their values may be.

pub mod api;
pub mod store;

use chrono::{DateTime, NaiveDate, Utc};
use kernel::error::{Error, invalid};
use kernel::ids::CustomFieldId;
use kernel::{Result, TenantTx};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::words;

/// What has the field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[schema(as = CustomFieldEntity)]
pub enum Entity {
    Client,
    Deal,
    Product,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
#[schema(as = CustomFieldType)]
pub enum FieldType {
    Text,
    Number,
    Date,
    Boolean,
    Choice,
    Url,
}

#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct CustomField {
    pub id: CustomFieldId,
    pub entity: Entity,
    /// Under which its values stand in `custom_fields`.
    pub key: String,
    pub label: String,
    pub field_type: FieldType,
    /// Of type `choice`: what can be chosen.
    pub choices: Vec<String>,
    pub position: i32,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// Refuses values that their fields cannot have, and keys that no field has. What stood there before is not asked again:
/// its field may have changed since.
///
/// # Errors
/// 422 `bad_custom_field` with the field's label.
pub async fn check(
    tx: &mut TenantTx,
    entity: Entity,
    values: &mut Map<String, Value>,
    known: &Map<String, Value>,
) -> Result<()> {
    if values.iter().all(|(key, value)| known.get(key) == Some(value)) {
        return Ok(());
    }
    let fields = store::list(tx, Some(entity)).await?;
    check_against(&fields, values, known)
}

/// The same against fields that were read before.
///
/// # Errors
/// The same.
pub fn check_against(
    fields: &[CustomField],
    values: &mut Map<String, Value>,
    known: &Map<String, Value>,
) -> Result<()> {
    let changed = values
        .iter_mut()
        .filter(|(key, value)| known.get(*key) != Some(&**value));
    for (key, value) in changed {
        let field = fields.iter().find(|field| field.key == *key);
        let field = field.ok_or_else(|| bad(key, "there is no field of this key"))?;
        *value = field.read(value)?;
    }
    Ok(())
}

fn bad(label: &str, why: &str) -> Error {
    let label: String = label.chars().take(60).collect();
    invalid("bad_custom_field", format!("{label}: {why}."))
}

impl CustomField {
    /// The value in the form in which it is kept. Texts are understood too, as files hold nothing else.
    ///
    /// # Errors
    /// 422 `bad_custom_field`.
    pub fn read(&self, value: &Value) -> Result<Value> {
        let text = match value {
            Value::String(text) => text.trim().to_owned(),
            Value::Number(number) => number.to_string(),
            Value::Bool(yes) => yes.to_string(),
            _ => return Err(bad(&self.label, "this is no single value")),
        };
        words::check_signs(&text)?;
        if text.chars().count() > 2_000 {
            return Err(bad(&self.label, "a value has at most 2,000 characters"));
        }
        match self.field_type {
            FieldType::Text => Ok(text.into()),
            FieldType::Number => {
                let number: Option<serde_json::Number> = text.replace(',', ".").parse().ok();
                let number = number.ok_or_else(|| bad(&self.label, "this is not a number"))?;
                Ok(Value::Number(number))
            }
            FieldType::Date => {
                let date: Result<NaiveDate, _> = text.parse();
                let date = date.map_err(|_| bad(&self.label, "a date is written like 2026-01-31"))?;
                Ok(date.to_string().into())
            }
            FieldType::Boolean => match text.to_lowercase().as_str() {
                "true" | "yes" | "oui" | "1" => Ok(true.into()),
                "false" | "no" | "non" | "0" => Ok(false.into()),
                _ => Err(bad(&self.label, "this is neither true nor false")),
            },
            FieldType::Choice if self.choices.contains(&text) => Ok(text.into()),
            FieldType::Choice => Err(bad(&self.label, "this is none of the choices")),
            FieldType::Url if text.starts_with("https://") || text.starts_with("http://") => Ok(text.into()),
            FieldType::Url => Err(bad(&self.label, "an address begins with https://")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn field(field_type: FieldType) -> CustomField {
        CustomField {
            id: CustomFieldId::new(),
            entity: Entity::Client,
            key: "k".into(),
            label: "K".into(),
            field_type,
            choices: vec!["a".into()],
            position: 0,
            created_at: DateTime::UNIX_EPOCH,
            updated_at: DateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn a_value_has_its_fields_type() {
        for (kind, value, kept) in [
            (FieldType::Text, json!(" x "), Some(json!("x"))),
            (FieldType::Number, json!("1,5"), Some(json!(1.5))),
            (FieldType::Number, json!(3), Some(json!(3))),
            (FieldType::Number, json!("NaN"), None),
            (FieldType::Date, json!("2026-02-30"), None),
            (FieldType::Date, json!("2026-02-28"), Some(json!("2026-02-28"))),
            (FieldType::Boolean, json!("Oui"), Some(json!(true))),
            (FieldType::Choice, json!("b"), None),
            (FieldType::Url, json!("javascript:alert(1)"), None),
            (FieldType::Text, json!(["x"]), None),
        ] {
            assert_eq!(field(kind).read(&value).ok(), kept, "{kind:?} {value}");
        }
    }
}
