//! What has happened, one event after the other: each rule that it sets off fires once, in the transaction that marks the
//! event as looked at. What is cut off is done again from the start; what is repeated finds its firing there.

use conversations::inbox;
use kernel::error::Kind;
use kernel::ids::{FiringId, RuleId};
use kernel::{Result, TenantProof, TenantTx};

use super::actions::{self, Outcome, RuleAction};
use super::decide::{Verdict, decide_beside};
use super::{Rule, RuleEvent, store};
use crate::Context;
use crate::firings::{self, Status};

/// Looks at the oldest event that an active rule asked for. False: there is none.
pub async fn next(ctx: &Context, proof: &impl TenantProof) -> Result<bool> {
    let mut tx = ctx.db.tenant(proof).await?;
    let Some(event) = store::take_pending(&mut tx).await? else {
        return Ok(false);
    };
    let rules = store::list_active(&mut tx, event.event).await?;
    let (set_off, event) = decide_beside(rules, event).await?;
    for (rule, verdict) in set_off {
        fire(&mut tx, &rule, &event, verdict).await?;
    }
    store::settle(&mut tx, event.id).await?;
    tx.emit(crate::changed());
    tx.commit().await?;
    Ok(true)
}

async fn fire(tx: &mut TenantTx, rule: &Rule, event: &RuleEvent, verdict: Verdict) -> Result<()> {
    let firing = FiringId::new();
    let status = match verdict {
        Verdict::Fires => Status::Done,
        Verdict::IsLoop => Status::SkippedLoop,
    };
    if !firings::store::insert(tx, firing, rule.id, event.id, status).await? || status != Status::Done {
        return Ok(());
    }
    let chain: Vec<RuleId> = event.chain.iter().copied().chain([rule.id]).collect();
    store::begin_acting(tx, firing, &chain).await?;
    let is_taken_over = actions::is_taken_over(tx, event).await?;
    let mut is_stopped = false;
    let mut outcomes = Vec::with_capacity(rule.draft.actions.len());
    for (place, action) in rule.draft.actions.iter().enumerate() {
        inbox::store::begin_part(tx).await?;
        let done = match action {
            RuleAction::Reply { .. } if is_taken_over => Err(actions::taken_over()),
            _ => actions::perform(tx, rule, event, firing, place).await,
        };
        let error = match done {
            Ok(()) => None,
            Err(error) if actions::STOPS.contains(&error.code) => {
                is_stopped = true;
                Some(error.problem().detail)
            }
            // the event comes again
            Err(error) if matches!(error.kind, Kind::Unavailable) => return Err(error),
            Err(error) => {
                error.log();
                Some(error.problem().detail)
            }
        };
        inbox::store::end_part(tx, error.is_none()).await?;
        outcomes.push(Outcome {
            kind: action.kind(),
            error,
        });
    }
    store::end_acting(tx).await?;
    let has_failed = outcomes.iter().any(|outcome| outcome.error.is_some());
    let status = match (is_stopped, has_failed) {
        (true, _) => Status::Stopped,
        (_, true) => Status::Failed,
        _ => Status::Done,
    };
    firings::store::conclude(tx, firing, status, &outcomes).await
}
