//! What a rule must hold before it is stored: fields that its event has, operators that fit them, values of their kind,
//! and labels, members and channels that are there.

use conversations::inbox::Status;
use conversations::search::words_in_order;
use kernel::error::{Error, invalid};
use kernel::ids::{ChannelId, LabelId, UserId};
use kernel::{Result, TenantTx};
use serde_json::Value;

use super::actions::RuleAction;
use super::conditions::{Condition, Conditions};
use super::fields::{self, Field, FieldKind, Op};
use super::{EventKind, RuleDraft};
use crate::{store, text};

const MOST_CONDITIONS: usize = 20;
const MOST_ACTIONS: usize = 10;
const LONGEST_TEXT: usize = 2_000;
/// A week.
const LONGEST_WAIT: i32 = 10_080;
/// A year.
const LONGEST_SNOOZE: u32 = 366 * 24 * 60;

/// The rule as it is stored.
pub async fn draft(tx: &mut TenantTx, mut draft: RuleDraft) -> Result<RuleDraft> {
    draft.name = draft.name.trim().to_owned();
    if !(1..=100).contains(&draft.name.chars().count()) {
        return Err(invalid("bad_name", "A rule's name has 1 to 100 characters."));
    }
    draft.after_minutes = minutes(draft.event, draft.after_minutes)?;
    conditions(tx, &fields::of(draft.event), &draft.conditions).await?;
    if draft.actions.is_empty() || draft.actions.len() > MOST_ACTIONS {
        return Err(invalid(
            "bad_actions",
            "A rule does 1 to 10 things. Add an action.",
        ));
    }
    for action in &draft.actions {
        check_action(tx, action).await?;
    }
    Ok(draft)
}

/// Conditions on what has these fields.
pub async fn conditions(tx: &mut TenantTx, fields: &[Field], conditions: &Conditions) -> Result<()> {
    let conditions = conditions.all.iter().chain(&conditions.any);
    if conditions.clone().count() > MOST_CONDITIONS {
        return Err(invalid(
            "too_many_conditions",
            "A rule has 20 conditions at most.",
        ));
    }
    for condition in conditions {
        check_condition(tx, fields, condition).await?;
    }
    Ok(())
}

fn minutes(event: EventKind, after: Option<i32>) -> Result<Option<i32>> {
    match (event, after) {
        (EventKind::NoReply, Some(minutes)) if (1..=LONGEST_WAIT).contains(&minutes) => Ok(after),
        (EventKind::NoReply, _) => Err(invalid(
            "bad_after_minutes",
            "Say after how many minutes without a reply (`after_minutes`), 1 to 10,080.",
        )),
        _ => Ok(None),
    }
}

async fn check_condition(tx: &mut TenantTx, fields: &[Field], condition: &Condition) -> Result<()> {
    let found = fields.iter().find(|field| field.name == condition.field);
    let Some(field) = found.copied() else {
        let known: Vec<_> = fields.iter().map(|field| field.name).collect();
        return Err(invalid(
            "unknown_field",
            format!(
                "There is no field `{}` to look at. There are: {}.",
                condition.field,
                known.join(", ")
            ),
        ));
    };
    if !field.kind.ops().contains(&condition.op) {
        return Err(invalid(
            "bad_operator",
            format!(
                "`{}` cannot be compared in this way. GET /automation/fields says how.",
                field.name
            ),
        ));
    }
    match condition.op {
        Op::IsSet | Op::IsNotSet => Ok(()),
        Op::Is | Op::IsNot if field.kind != FieldKind::Boolean => {
            let value = &condition.value;
            let values = value
                .as_array()
                .map_or(std::slice::from_ref(value), Vec::as_slice);
            if values.is_empty() {
                return Err(bad_value(field, "at least one value"));
            }
            for value in values {
                check_value(tx, field, condition.op, value).await?;
            }
            Ok(())
        }
        _ => check_value(tx, field, condition.op, &condition.value).await,
    }
}

async fn check_value(tx: &mut TenantTx, field: Field, op: Op, value: &Value) -> Result<()> {
    match field.kind {
        FieldKind::Text => {
            let text = value.as_str().filter(|text| !text.trim().is_empty());
            let text = text.ok_or_else(|| bad_value(field, "a text"))?;
            if text.chars().count() > LONGEST_TEXT {
                return Err(bad_value(field, "a text of 2,000 characters at most"));
            }
            if op == Op::Matches {
                text::pattern(text)?;
            }
            if op == Op::HasWords && words_in_order(text).is_empty() {
                return Err(bad_value(field, "words that have letters or digits"));
            }
            Ok(())
        }
        FieldKind::Number if value.is_number() => Ok(()),
        FieldKind::Number => Err(bad_value(field, "a number")),
        FieldKind::Boolean if value.is_boolean() => Ok(()),
        FieldKind::Boolean => Err(bad_value(field, "true or false")),
        FieldKind::Choice if value.as_str().is_some_and(|value| field.choices.contains(&value)) => Ok(()),
        FieldKind::Choice => Err(bad_value(field, &format!("one of {}", field.choices.join(", ")))),
        FieldKind::Channel => {
            let id: Option<ChannelId> = value.as_str().and_then(|id| id.parse().ok());
            store::require_channel(tx, id.ok_or_else(|| bad_value(field, "a channel's id"))?).await
        }
        FieldKind::Member => {
            let id: Option<UserId> = value.as_str().and_then(|id| id.parse().ok());
            store::require_assignee(tx, Some(id.ok_or_else(|| bad_value(field, "a member's id"))?)).await
        }
        FieldKind::Labels => {
            let id: Option<LabelId> = value.as_str().and_then(|id| id.parse().ok());
            store::require_label(tx, Some(id.ok_or_else(|| bad_value(field, "a label's id"))?)).await
        }
    }
}

fn bad_value(field: Field, wanted: &str) -> Error {
    invalid(
        "bad_value",
        format!("`{}` is compared with {wanted}.", field.name),
    )
}

async fn check_action(tx: &mut TenantTx, action: &RuleAction) -> Result<()> {
    match action {
        RuleAction::Label { label_id } => store::require_label(tx, Some(*label_id)).await,
        RuleAction::Assign { user_id } => store::require_assignee(tx, Some(*user_id)).await,
        RuleAction::Reply { text } | RuleAction::Note { text } => {
            if (1..=LONGEST_TEXT).contains(&text.trim().chars().count()) {
                return Ok(());
            }
            Err(invalid("bad_text", "What is said has 1 to 2,000 characters."))
        }
        RuleAction::SetStatus {
            status: Status::Escalated,
        } => Err(invalid(
            "bad_status",
            "A status is set to `open` or `resolved`. To give the conversation to people, use the action `escalate`.",
        )),
        RuleAction::Snooze { minutes } if !(1..=LONGEST_SNOOZE).contains(minutes) => Err(invalid(
            "bad_snooze",
            "A conversation is put off for at least a minute and at most a year.",
        )),
        RuleAction::Escalate
        | RuleAction::PauseAi
        | RuleAction::ResumeAi
        | RuleAction::SetStatus { .. }
        | RuleAction::Snooze { .. } => Ok(()),
    }
}
