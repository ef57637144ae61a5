//! Work that the knowledge asks for by itself: pairs that contradict each other, that visitors find wrong, that name a
//! day gone by, and that nobody ever needs.
//!
//! Each is a hint for a person, never a change. What somebody has looked at and dismissed stays away until the pair
//! changes.

pub mod api;
mod contradictions;
mod dates;
mod store;

use chrono::{DateTime, Duration, NaiveDate, Utc};
use kernel::ids::{ConversationId, GapId, MessageId, QaPairId};
use kernel::{Result, TenantProof, TenantTx};
use serde::{Deserialize, Serialize};

use crate::Context;
use crate::qa_pairs::{QaPair, list};
use contradictions::Because;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = UpkeepKind)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Kind {
    Contradiction,
    Disliked,
    Outdated,
    Unused,
}

/// Two pairs that ask nearly the same and do not answer the same.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Contradiction {
    pub pair: QaPair,
    pub other: QaPair,
    /// Of the questions, 0 to 1.
    pub similarity: f64,
    pub because: Because,
}

/// A pair that visitors have found wrong since it was last changed.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Disliked {
    pub pair: QaPair,
    pub thumbs_up: i64,
    pub thumbs_down: i64,
    /// What those had asked who found it wrong, the newest five.
    pub questions: Vec<DislikedQuestion>,
}

/// Once that somebody found the answer wrong.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct DislikedQuestion {
    pub answer_id: MessageId,
    pub conversation_id: ConversationId,
    pub question: String,
    /// What they wrote about it.
    pub comment: Option<String>,
    pub asked_at: DateTime<Utc>,
    /// The question is in the gap queue.
    pub gap_id: Option<GapId>,
}

/// A pair that names a day that has gone by.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Outdated {
    pub pair: QaPair,
    /// The last day that it names.
    pub named: NaiveDate,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Upkeep {
    pub contradictions: Vec<Contradiction>,
    pub disliked: Vec<Disliked>,
    pub outdated: Vec<Outdated>,
    /// Older than 30 days, and in no answer of the last 90 days; empty while there were fewer than 100 answers.
    pub unused: Vec<QaPair>,
    /// The answers of the last 90 days.
    pub answers: i64,
    /// Pages of web sites that have vanished: nobody is answered from them any more.
    pub vanished_pages: i64,
    /// False: there are too many pairs to compare each with each; the newest 5,000 wordings were.
    pub is_complete: bool,
}

/// Of each kind so many are shown.
const MOST: usize = 50;
const MOST_QUESTIONS: i64 = 5;
/// A day further back is history: "since 1998".
const OLDEST_DATE: Duration = Duration::days(3 * 365);
const FEWEST_ANSWERS: i64 = 100;

pub async fn upkeep(ctx: &Context, proof: &impl TenantProof) -> Result<Upkeep> {
    let now = ctx.db.clock.now();
    let mut tx = ctx.db.tenant_read(proof).await?;
    let revision = crate::embedding::store::get(&mut tx).await?.revision;
    let answers = store::count_answers(&mut tx, now - Duration::days(90)).await?;
    let unused = match answers {
        0..FEWEST_ANSWERS => Vec::new(),
        _ => {
            store::list_unused(
                &mut tx,
                now - Duration::days(30),
                now - Duration::days(90),
                MOST as i64,
            )
            .await?
        }
    };
    let disliked = store::list_disliked(&mut tx, MOST as i64).await?;
    let texts = store::list_texts(&mut tx).await?;
    let vanished_pages = store::count_vanished_pages(&mut tx).await?;
    let dismissed = store::list_dismissed_contradictions(&mut tx).await?;
    drop(tx);
    let snapshot = ctx.snapshots.get(&ctx.db, proof, revision).await?;
    let today = now.date_naive();
    let compared = tokio::task::spawn_blocking(move || {
        let outdated: Vec<(QaPairId, NaiveDate)> = texts
            .into_iter()
            .filter_map(|(id, text)| Some((id, dates::last_named(&text, today)?)))
            .filter(|(_, named)| *named < today && *named > today - OLDEST_DATE)
            .collect();
        let near = snapshot.near_pairs();
        let found = contradictions::find(&near.pairs, &snapshot.index, &dismissed);
        (outdated, found, near.is_complete)
    });
    let (mut outdated, mut found, is_complete) = compared.await.map_err(kernel::error::internal)?;
    outdated.truncate(MOST);
    found.truncate(MOST);
    let mut tx = ctx.db.tenant_read(proof).await?;
    let ids: Vec<_> = disliked.iter().map(|one| one.0).collect();
    let mut questions = store::list_disliked_questions(&mut tx, &ids, MOST_QUESTIONS).await?;
    let pairs = Pairs::load(
        &mut tx,
        unused
            .iter()
            .copied()
            .chain(disliked.iter().map(|one| one.0))
            .chain(outdated.iter().map(|one| one.0))
            .chain(found.iter().flat_map(|one| [one.pair, one.other])),
        now - list::USED_WITHIN,
    )
    .await?;
    Ok(Upkeep {
        contradictions: found
            .into_iter()
            .filter_map(|one| {
                Some(Contradiction {
                    pair: pairs.get(one.pair)?,
                    other: pairs.get(one.other)?,
                    similarity: one.similarity.into(),
                    because: one.because,
                })
            })
            .collect(),
        disliked: disliked
            .into_iter()
            .filter_map(|(id, thumbs_up, thumbs_down)| {
                Some(Disliked {
                    pair: pairs.get(id)?,
                    thumbs_up,
                    thumbs_down,
                    questions: questions.remove(&id).unwrap_or_default(),
                })
            })
            .collect(),
        outdated: outdated
            .into_iter()
            .filter_map(|(id, named)| {
                Some(Outdated {
                    pair: pairs.get(id)?,
                    named,
                })
            })
            .collect(),
        unused: unused.into_iter().filter_map(|id| pairs.get(id)).collect(),
        answers,
        vanished_pages,
        is_complete,
    })
}

struct Pairs(std::collections::HashMap<QaPairId, QaPair>);

impl Pairs {
    async fn load(
        tx: &mut TenantTx,
        ids: impl Iterator<Item = QaPairId>,
        since: chrono::DateTime<chrono::Utc>,
    ) -> Result<Self> {
        let ids: Vec<_> = ids.map(|id| id.0).collect();
        let pairs = list::store::list_by_ids(tx, &ids, since).await?;
        Ok(Self(pairs.into_iter().map(|pair| (pair.id, pair)).collect()))
    }

    fn get(&self, id: QaPairId) -> Option<QaPair> {
        self.0.get(&id).cloned()
    }
}
