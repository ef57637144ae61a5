//! What a rule would have done: the very decision that is taken when something happens, over what has happened.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use kernel::error::internal;
use kernel::ids::RuleId;
use kernel::{Result, TenantTx};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use super::actions::RuleAction;
use super::decide::{Verdict, decide};
use super::{EventKind, Rule, RuleDraft, RuleEvent, store};

const MOST_EVENTS: i64 = 10_000;
/// So many are held in memory at a time.
const PAGE: i64 = 500;
const SHOWN: usize = 50;
/// After so long it ends with what it has seen.
const LONGEST: Duration = Duration::from_secs(10);
/// Trials at a time: patterns that take their time are not to take all of the machine.
pub static TURNS: Semaphore = Semaphore::const_new(2);

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
    /// Go on with events older than those of a trial before: its `next`.
    #[serde(default)]
    pub older_than: Option<i64>,
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
    /// Where older events begin (`older_than`); null: these were all.
    pub next: Option<i64>,
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
    let (event, since, minutes) = (trial.rule.event, trial.since, trial.rule.after_minutes);
    let mut before = trial.older_than;
    let (id, rules) = with_trial(tx, trial).await?;
    let trial = (Arc::new(rules), id, Instant::now() + LONGEST);
    let mut result = TrialResult {
        events: 0,
        matched: 0,
        loops: 0,
        sample: Vec::new(),
        next: None,
    };
    if let (EventKind::NoReply, Some(minutes)) = (event, minutes) {
        let waiting = store::list_waiting(tx, minutes, limit).await?;
        return Ok(result.count_beside(&trial, waiting).await?.0);
    }
    let mut left = limit;
    loop {
        let page = store::list_past(tx, event, since, before, left.min(PAGE)).await?;
        let is_last = page.len() < usize::try_from(left.min(PAGE)).unwrap_or(usize::MAX);
        left -= i64::try_from(page.len()).unwrap_or(left);
        let seen;
        (result, seen) = result.count_beside(&trial, page).await?;
        before = seen.or(before);
        if trial.2 <= Instant::now() {
            result.next = before;
            return Ok(result);
        }
        if is_last {
            return Ok(result);
        }
        if left == 0 {
            result.next = before;
            return Ok(result);
        }
    }
}

/// The rules, the one on trial, and when it ends.
type Asked = (Arc<Vec<Rule>>, RuleId, Instant);

impl TrialResult {
    /// Looks at these events on a thread of its own. Gives the place of the last that it came to as well.
    async fn count_beside(
        mut self,
        (rules, id, end): &Asked,
        events: Vec<RuleEvent>,
    ) -> Result<(Self, Option<i64>)> {
        let (rules, id, end) = (Arc::clone(rules), *id, *end);
        let look = move || {
            let mut seen = None;
            for event in events {
                seen = Some(event.seq);
                self.count(&rules, id, event);
                if end <= Instant::now() {
                    break;
                }
            }
            (self, seen)
        };
        tokio::task::spawn_blocking(look).await.map_err(internal)
    }

    fn count(&mut self, rules: &[Rule], id: RuleId, event: RuleEvent) {
        self.events += 1;
        let verdicts = decide(rules, &event);
        match verdicts.iter().find(|(rule, _)| rule.id == id) {
            Some((_, Verdict::IsLoop)) => self.loops += 1,
            Some((rule, Verdict::Fires)) => {
                self.matched += 1;
                if self.sample.len() < SHOWN {
                    let would_do = rule.draft.actions.clone();
                    self.sample.push(TrialEvent { event, would_do });
                }
            }
            None => {}
        }
    }
}

/// The active rules with the one on trial in its place, also where it is not active yet, and its id.
async fn with_trial(tx: &mut TenantTx, trial: Trial) -> Result<(RuleId, Vec<Rule>)> {
    let mut rules = store::list_active(tx, trial.rule.event).await?;
    if let Some(rule) = rules.iter_mut().find(|rule| Some(rule.id) == trial.rule_id) {
        rule.draft = trial.rule;
        return Ok((rule.id, rules));
    }
    let position = match trial.rule_id {
        Some(id) => store::find_position(tx, id).await?,
        None => None,
    };
    let id = trial.rule_id.unwrap_or_else(RuleId::new);
    rules.push(Rule {
        id,
        draft: trial.rule,
        position: position.unwrap_or(i32::MAX),
        created_by: None,
        created_at: tx.now(),
        fired_count: 0,
        last_fired_at: None,
    });
    rules.sort_by_key(|rule| (rule.position, rule.id));
    Ok((id, rules))
}
