//! Whether conditions hold for what has happened.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::EventKind;
use super::fields::{self, Field, FieldKind, Op};
use crate::text;

/// All of `all` hold and, if there are any, at least one of `any`. Without conditions every event counts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = RuleConditions)]
pub struct Conditions {
    #[serde(default)]
    #[schema(required = false)]
    pub all: Vec<Condition>,
    #[serde(default)]
    #[schema(required = false)]
    pub any: Vec<Condition>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = RuleCondition)]
pub struct Condition {
    /// As `GET /automation/fields` names them.
    pub field: String,
    pub op: Op,
    /// A text, a number, true or false, or an id, as the field wants it; several for `is` and `is_not`. None for `is_set`.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub value: Value,
}

impl Conditions {
    pub fn hold(&self, event: EventKind, facts: &Value) -> bool {
        let is_asked = !self.all.is_empty() || !self.any.is_empty();
        !is_asked || self.hold_among(&fields::of(event), facts)
    }

    /// The same for what has these fields.
    pub fn hold_among(&self, fields: &[Field], facts: &Value) -> bool {
        let holds = |condition: &Condition| condition.holds(fields, facts);
        self.all.iter().all(holds) && (self.any.is_empty() || self.any.iter().any(holds))
    }
}

impl Condition {
    fn holds(&self, fields: &[Field], facts: &Value) -> bool {
        let Some(field) = fields.iter().find(|field| field.name == self.field) else {
            return false;
        };
        let fact = &facts[self.field.as_str()];
        match self.op {
            Op::IsSet => is_set(fact),
            Op::IsNotSet => !is_set(fact),
            Op::Is => self.is(field.kind, fact),
            Op::IsNot => !self.is(field.kind, fact),
            Op::Contains => contains(fact, &self.value),
            Op::NotContains => !contains(fact, &self.value),
            Op::HasWords => has_words(fact, &self.value),
            Op::StartsWith => compare(fact, &self.value, |fact, value| fact.starts_with(value)),
            Op::Matches => self.matches(fact),
            Op::AtLeast => self.number_is(fact, |fact, value| fact >= value),
            Op::AtMost => self.number_is(fact, |fact, value| fact <= value),
            Op::Has => has(fact, &self.value),
            Op::HasNot => !has(fact, &self.value),
        }
    }

    fn is(&self, kind: FieldKind, fact: &Value) -> bool {
        let values = self
            .value
            .as_array()
            .map_or(std::slice::from_ref(&self.value), Vec::as_slice);
        let is_equal = |value: &Value| match kind {
            FieldKind::Text => match (fact.as_str(), value.as_str()) {
                (Some(fact), Some(value)) => text::fold(fact.trim()) == text::fold(value.trim()),
                _ => false,
            },
            FieldKind::Number => fact.as_f64().is_some() && fact.as_f64() == value.as_f64(),
            _ => fact == value,
        };
        values.iter().any(is_equal)
    }

    fn matches(&self, fact: &Value) -> bool {
        let (Some(fact), Some(value)) = (fact.as_str(), self.value.as_str()) else {
            return false;
        };
        text::matches(fact, value)
    }

    fn number_is(&self, fact: &Value, fits: impl Fn(f64, f64) -> bool) -> bool {
        match (fact.as_f64(), self.value.as_f64()) {
            (Some(fact), Some(value)) => fits(fact, value),
            _ => false,
        }
    }
}

fn is_set(fact: &Value) -> bool {
    match fact {
        Value::Null => false,
        Value::String(text) => !text.trim().is_empty(),
        Value::Array(all) => !all.is_empty(),
        _ => true,
    }
}

/// Of plain text.
fn compare(fact: &Value, value: &Value, fits: impl Fn(&str, &str) -> bool) -> bool {
    match (fact.as_str(), value.as_str()) {
        (Some(fact), Some(value)) => fits(&text::fold(fact), &text::fold(value)),
        _ => false,
    }
}

fn contains(fact: &Value, value: &Value) -> bool {
    compare(fact, value, |fact, value| fact.contains(value))
}

fn has_words(fact: &Value, value: &Value) -> bool {
    match (fact.as_str(), value.as_str()) {
        (Some(fact), Some(value)) => text::has_words(fact, value),
        _ => false,
    }
}

fn has(fact: &Value, value: &Value) -> bool {
    fact.as_array().is_some_and(|all| all.contains(value))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn holds(conditions: Value) -> bool {
        let facts = json!({"text": "Où est ma Commande ?", "seq": 3, "ai_paused": false, "labels": ["a"], "page_url": null,
            "channel_kind": "widget"});
        let conditions: Conditions = serde_json::from_value(conditions).unwrap();
        conditions.hold(EventKind::MessageCreated, &facts)
    }

    fn one(field: &str, op: &str, value: Value) -> bool {
        holds(json!({"all": [{"field": field, "op": op, "value": value}]}))
    }

    #[test]
    fn each_operator_compares_plainly() {
        assert!(one("text", "contains", json!("ou EST")));
        assert!(one("text", "not_contains", json!("refund")));
        assert!(
            one("text", "has_words", json!("ma commande")) && !one("text", "has_words", json!("ma comm"))
        );
        assert!(one("text", "starts_with", json!("où")));
        assert!(one("text", "matches", json!("comm?ande\\b")));
        assert!(one("text", "is", json!(["x", "OU EST MA COMMANDE ?"])));
        assert!(one("seq", "at_least", json!(3)) && !one("seq", "at_most", json!(2.5)));
        assert!(one("seq", "is", json!(3.0)));
        assert!(one("ai_paused", "is", json!(false)));
        assert!(one("labels", "has", json!("a")) && one("labels", "has_not", json!("b")));
        assert!(one("channel_kind", "is", json!(["telegram", "widget"])));
        assert!(!one("channel_kind", "is_not", json!(["telegram", "widget"])));
    }

    #[test]
    fn what_is_missing_is_not_equal_to_anything() {
        assert!(one("page_url", "is_not_set", json!(null)) && !one("page_url", "is_set", json!(null)));
        assert!(
            !one("page_url", "contains", json!("shop")) && one("page_url", "not_contains", json!("shop"))
        );
        assert!(one("page_url", "is_not", json!("shop")) && !one("unknown", "is_not", json!("shop")));
    }

    #[test]
    fn all_and_any_are_both_asked() {
        let (yes, no) = (
            json!({"field": "seq", "op": "is", "value": 3}),
            json!({"field": "seq", "op": "is", "value": 4}),
        );
        assert!(holds(json!({})));
        assert!(holds(json!({"all": [yes], "any": [no, yes]})));
        assert!(!holds(json!({"all": [yes], "any": [no]})));
        assert!(!holds(json!({"all": [yes, no], "any": [yes]})));
    }
}
