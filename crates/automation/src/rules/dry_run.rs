//! What a rule would have done: the very decision that is taken when something happens, over what has happened.

use chrono::{DateTime, Utc};
use kernel::ids::RuleId;
use kernel::{Result, TenantTx};
use serde::{Deserialize, Serialize};

use super::actions::RuleAction;
use super::decide::{Verdict, decide};
use super::{EventKind, Rule, RuleDraft, RuleEvent, store};

const MOST_EVENTS: i64 = 10_000;
const SHOWN: usize = 50;

/// A rule to try.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[schema(as = RuleTrial)]
pub struct Trial {
    pub rule: RuleDraft,
    /// The rule that it takes the place of; none: it comes behind all others.
    #[serde(default)]
    pub rule_id: Option<RuleId>,
    /// From then on; what is known goes back 90 days.
    #[serde(default)]
    pub since: Option<DateTime<Utc>>,
    /// The newest so many events, 10,000 at most and unless given.
    #[serde(default)]
    pub limit: Option<i64>,
}

/// What it would have done.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = RuleTrialResult)]
pub struct TrialResult {
    /// How many events were looked at.
    pub events: usize,
    /// In how many of them the rule would have fired.
    pub matched: usize,
    /// In how many it would have been cut off, because its own action led there.
    pub loops: usize,
    /// The newest 50 in which it would have fired.
    pub sample: Vec<TrialEvent>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = RuleTrialEvent)]
pub struct TrialEvent {
    pub event: RuleEvent,
    pub would_do: Vec<RuleAction>,
}

/// Stores nothing. Other active rules are asked too: one in front may keep the event to itself. Of `no_reply` it is who
/// waits now that counts, for until there is a rule nobody writes down how long somebody waits.
pub async fn run(tx: &mut TenantTx, trial: Trial) -> Result<TrialResult> {
    let limit = trial.limit.unwrap_or(MOST_EVENTS).clamp(1, MOST_EVENTS);
    let event = trial.rule.event;
    let events = match (event, trial.rule.after_minutes) {
        (EventKind::NoReply, Some(minutes)) => store::list_waiting(tx, minutes, limit).await?,
        _ => store::list_past(tx, event, trial.since, limit).await?,
    };
    let (id, rules) = with_trial(store::list_active(tx, event).await?, trial, tx.now());
    let mut result = TrialResult {
        events: events.len(),
        matched: 0,
        loops: 0,
        sample: Vec::new(),
    };
    for event in events {
        let verdicts = decide(&rules, &event);
        match verdicts.iter().find(|(rule, _)| rule.id == id) {
            Some((_, Verdict::IsLoop)) => result.loops += 1,
            Some((rule, Verdict::Fires)) => {
                result.matched += 1;
                if result.sample.len() < SHOWN {
                    let would_do = rule.draft.actions.clone();
                    result.sample.push(TrialEvent { event, would_do });
                }
            }
            None => {}
        }
    }
    Ok(result)
}

/// The active rules with the one on trial in its place, and its id.
fn with_trial(mut rules: Vec<Rule>, trial: Trial, now: DateTime<Utc>) -> (RuleId, Vec<Rule>) {
    if let Some(rule) = rules.iter_mut().find(|rule| Some(rule.id) == trial.rule_id) {
        rule.draft = trial.rule;
        return (rule.id, rules);
    }
    let id = trial.rule_id.unwrap_or_else(RuleId::new);
    rules.push(Rule {
        id,
        draft: trial.rule,
        position: i32::MAX,
        created_by: None,
        created_at: now,
        fired_count: 0,
        last_fired_at: None,
    });
    (id, rules)
}
