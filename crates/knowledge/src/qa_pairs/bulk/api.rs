//! HTTP: change many Q&A pairs.

use std::collections::HashMap;

use access::{Member, Permission, audit};
use axum::extract::State;
use kernel::error::{Error, Problem, invalid};
use kernel::extract::Json;
use kernel::ids::QaPairId;
use kernel::{Result, TenantTx};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::store::{self, Before};
use super::{BulkChange, Change, MOST_PAIRS};
use crate::Context;
use crate::embedding;
use crate::qa_pairs::store as pairs;

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new().routes(routes!(change_qa_pairs))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[schema(as = QaPairBulkChanges)]
struct BulkChanges {
    /// Done one after the other, all or none. At most 500, which name at most 20,000 pairs in all.
    changes: Vec<BulkChange>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = QaPairBulkChanged)]
struct BulkChanged {
    /// How many pairs are different now.
    changed: usize,
    /// Sent as `changes`, this undoes it.
    undo: Vec<Inverse>,
}

/// Pairs with what they were before.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(as = QaPairBulkInverse)]
struct Inverse {
    ids: Vec<QaPairId>,
    change: Change,
}

const MOST_CHANGES: usize = 500;

/// Change many Q&A pairs at once: category, language, active or not.
#[utoipa::path(post, path = "/qa-pairs/bulk", operation_id = "change_qa_pairs", tag = "qa-pairs", request_body = BulkChanges,
    responses((status = 200, body = BulkChanged), (status = 422, body = Problem)))]
async fn change_qa_pairs(
    State(ctx): State<Context>,
    member: Member,
    Json(input): Json<BulkChanges>,
) -> Result<Json<BulkChanged>> {
    member.require(Permission::EditKnowledge)?;
    if input.changes.len() > MOST_CHANGES {
        return Err(invalid("bad_change", "At most 500 changes can be sent at once."));
    }
    input.changes.iter().try_for_each(BulkChange::check)?;
    let mut tx = ctx.db.tenant(&member).await?;
    let mut room = MOST_PAIRS;
    for bulk in &input.changes {
        let count = store::count(&mut tx, bulk, room).await?;
        room = room.checked_sub(count).ok_or_else(too_many_pairs)?;
    }
    embedding::store::lock(&mut tx).await?;
    let (mut changed, mut undo) = (0, Vec::new());
    // counted again: a change can bring more pairs into the filter of one behind it
    let mut room = MOST_PAIRS;
    for bulk in &input.changes {
        let meant = store::list(&mut tx, bulk).await?;
        room = room.checked_sub(meant.len()).ok_or_else(too_many_pairs)?;
        changed += change(&mut tx, &bulk.change, meant, &mut undo).await?;
    }
    // what was changed last is undone first
    undo.reverse();
    if changed > 0 {
        let what: Vec<&Change> = input.changes.iter().map(|bulk| &bulk.change).take(20).collect();
        let details = json!({"changed": changed, "changes": what});
        audit::record_by(
            &mut tx,
            &member,
            audit::Action::QaPairsChanged,
            "qa_pairs",
            details,
        )
        .await?;
    }
    tx.commit().await?;
    Ok(Json(BulkChanged { changed, undo }))
}

fn too_many_pairs() -> Error {
    invalid(
        "too_many_pairs",
        "These changes name more than 20,000 pairs in all, counting a pair once for each change. Send them in parts.",
    )
}

async fn change(
    tx: &mut TenantTx,
    change: &Change,
    mut before: Vec<Before>,
    undo: &mut Vec<Inverse>,
) -> Result<usize> {
    before.retain(|pair| differs(pair, change));
    let ids: Vec<Uuid> = before.iter().map(|pair| pair.id).collect();
    store::change(tx, &ids, change).await?;
    if change.is_active == Some(true) {
        pairs::take_back_phrasings(tx, &ids).await?;
    }
    let mut groups: HashMap<Change, Vec<QaPairId>> = HashMap::new();
    for pair in before {
        let was = Change {
            category: change.category.is_some().then_some(pair.category),
            language: change
                .language
                .is_some()
                .then(|| pair.language.unwrap_or_default()),
            is_active: change.is_active.map(|_| pair.is_active),
        };
        groups.entry(was).or_default().push(QaPairId(pair.id));
    }
    undo.extend(groups.into_iter().map(|(change, ids)| Inverse { ids, change }));
    Ok(ids.len())
}

fn differs(pair: &Before, change: &Change) -> bool {
    let category = change.category.as_deref().map(str::trim);
    category.is_some_and(|category| category != pair.category)
        || change
            .language
            .as_ref()
            .is_some_and(|language| *language != pair.language.clone().unwrap_or_default())
        || change
            .is_active
            .is_some_and(|is_active| is_active != pair.is_active)
}
