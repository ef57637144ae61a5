//! Two pairs that ask the same become one: the merged one is switched off, and its question goes on as another
//! phrasing of the one that stays. Restoring it undoes all of that.

pub mod api;
mod store;

use kernel::error::{conflict, invalid};
use kernel::ids::QaPairId;
use kernel::{Result, TenantTx};
use serde::{Deserialize, Serialize};

use super::QaPair;

/// What the pair that stays said before and after a merge, kept with the one that went.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Merge {
    into: QaPairId,
    before: Said,
    after: Said,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Said {
    question: String,
    answer: String,
}

impl Said {
    fn of(pair: &QaPair) -> Self {
        Self {
            question: pair.question.clone(),
            answer: pair.answer.clone(),
        }
    }
}

fn check(pair: &QaPair, into: &QaPair) -> Result<()> {
    if pair.id == into.id {
        return Err(invalid("merge_with_itself", "Choose another pair to merge with."));
    }
    if pair.merged_into.is_some() {
        return Err(conflict(
            "already_merged",
            "This pair has been merged already. Restore it first.",
        ));
    }
    if !into.is_active {
        return Err(conflict(
            "merge_target_inactive",
            "The pair to merge into is off. Turn it on first, or merge the other way round.",
        ));
    }
    Ok(())
}

/// The merge that a pair went by. None: it was not merged.
async fn find_merge(tx: &mut TenantTx, id: QaPairId) -> Result<Option<Merge>> {
    store::find_merge(tx, id).await
}
