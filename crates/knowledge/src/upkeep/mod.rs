//! Work that the knowledge asks for by itself: pairs that contradict each other or a document, that visitors find wrong, that name a
//! day gone by, and that nobody ever needs.
//!
//! Each is a hint for a person, never a change. What somebody has looked at and dismissed stays away until the pair
//! changes.

pub mod api;
mod contradictions;
mod dates;
mod documents;
mod numbers;
mod store;

pub(crate) use documents::{Said, find as find_in_documents};

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Duration, NaiveDate, Utc};
use kernel::ids::{ConversationId, GapId, MessageId, PassageId, QaPairId};
use kernel::{Result, TenantProof, TenantTx};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::Context;
use crate::qa_pairs::{QaPair, list};
use crate::snapshot::Snapshot;
use contradictions::Because;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = UpkeepKind)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Kind {
    Contradiction,
    AgainstDocument,
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

/// A pair whose answer names a number, where a document or page names another one.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct AgainstDocument {
    pub pair: QaPair,
    /// What the document says.
    pub sentence: String,
    pub passage_id: PassageId,
    /// Of the document or page, with its page number.
    pub title: String,
    /// Null: a file.
    pub url: Option<String>,
    /// Whether it is a page of a web site that Rapport reads.
    pub is_website_page: bool,
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
    pub against_documents: Vec<AgainstDocument>,
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
            let (older, since) = (now - Duration::days(30), now - Duration::days(90));
            store::list_unused(&mut tx, older, since, MOST as i64).await?
        }
    };
    let disliked = store::list_disliked(&mut tx, MOST as i64).await?;
    let texts = store::list_texts(&mut tx).await?;
    let vanished_pages = store::count_vanished_pages(&mut tx).await?;
    let dismissed = store::list_dismissed_contradictions(&mut tx).await?;
    drop(tx);
    let snapshot = ctx.snapshots.get(&ctx.db, proof, revision).await?;
    let today = now.date_naive();
    let compared = tokio::task::spawn_blocking(move || Compared::new(&snapshot, texts, today, &dismissed));
    let compared = compared.await.map_err(kernel::error::internal)?;
    let mut tx = ctx.db.tenant_read(proof).await?;
    let passages: Vec<_> = compared.said_otherwise.iter().map(|said| said.passage).collect();
    let sources = store::list_sources(&mut tx, &passages).await?;
    let put_aside = store::list_dismissed_against_documents(&mut tx).await?;
    let ids: Vec<_> = disliked.iter().map(|one| one.0).collect();
    let mut questions = store::list_disliked_questions(&mut tx, &ids, MOST_QUESTIONS).await?;
    let wanted = unused.iter().copied().chain(ids).chain(compared.pairs());
    let pairs = Pairs::load(&mut tx, wanted, now - list::USED_WITHIN).await?;
    let disliked = disliked.into_iter().filter_map(|(id, thumbs_up, thumbs_down)| {
        Some(Disliked {
            pair: pairs.get(id)?,
            thumbs_up,
            thumbs_down,
            questions: questions.remove(&id).unwrap_or_default(),
        })
    });
    Ok(Upkeep {
        disliked: disliked.collect(),
        contradictions: pairs.contradictions(compared.contradictions),
        against_documents: pairs.against_documents(compared.said_otherwise, sources, &put_aside),
        outdated: pairs.outdated(compared.outdated),
        unused: unused.into_iter().filter_map(|id| pairs.get(id)).collect(),
        answers,
        vanished_pages,
        is_complete: compared.is_complete,
    })
}

/// What can be told from the texts alone.
struct Compared {
    contradictions: Vec<contradictions::Found>,
    said_otherwise: Vec<Said>,
    outdated: Vec<(QaPairId, NaiveDate)>,
    is_complete: bool,
}

impl Compared {
    fn new(
        snapshot: &Snapshot,
        texts: Vec<(QaPairId, String)>,
        today: NaiveDate,
        dismissed: &HashSet<(QaPairId, QaPairId)>,
    ) -> Self {
        let mut outdated: Vec<(QaPairId, NaiveDate)> = texts
            .into_iter()
            .filter_map(|(id, text)| Some((id, dates::last_named(&text, today)?)))
            .filter(|(_, named)| *named < today && *named > today - OLDEST_DATE)
            .collect();
        outdated.truncate(MOST);
        let near = snapshot.near_pairs();
        let mut contradictions = contradictions::find(&near.pairs, &snapshot.index, dismissed);
        contradictions.truncate(MOST);
        Self {
            contradictions,
            said_otherwise: snapshot.said_otherwise().to_vec(),
            outdated,
            is_complete: near.is_complete,
        }
    }

    fn pairs(&self) -> impl Iterator<Item = QaPairId> {
        let contradictions = self.contradictions.iter().flat_map(|one| [one.pair, one.other]);
        let against = self.said_otherwise.iter().map(|said| said.pair);
        contradictions
            .chain(against)
            .chain(self.outdated.iter().map(|one| one.0))
    }
}

struct Pairs(HashMap<QaPairId, QaPair>);

impl Pairs {
    async fn load(
        tx: &mut TenantTx,
        ids: impl Iterator<Item = QaPairId>,
        since: DateTime<Utc>,
    ) -> Result<Self> {
        let ids: Vec<_> = ids.map(|id| id.0).collect();
        let pairs = list::store::list_by_ids(tx, &ids, since).await?;
        Ok(Self(pairs.into_iter().map(|pair| (pair.id, pair)).collect()))
    }

    fn get(&self, id: QaPairId) -> Option<QaPair> {
        self.0.get(&id).cloned()
    }

    fn contradictions(&self, found: Vec<contradictions::Found>) -> Vec<Contradiction> {
        let shown = found.into_iter().filter_map(|one| {
            Some(Contradiction {
                pair: self.get(one.pair)?,
                other: self.get(one.other)?,
                similarity: one.similarity.into(),
                because: one.because,
            })
        });
        shown.collect()
    }

    /// One of each pair. What was put aside comes back with the next reading of the document.
    fn against_documents(
        &self,
        said: Vec<Said>,
        mut sources: HashMap<Uuid, store::Source>,
        put_aside: &HashMap<QaPairId, DateTime<Utc>>,
    ) -> Vec<AgainstDocument> {
        let mut told = HashSet::new();
        let shown = said.into_iter().filter_map(|said| {
            let source = sources.remove(&said.passage)?;
            let is_put_aside = put_aside
                .get(&said.pair)
                .is_some_and(|when| *when >= source.created_at);
            let pair = self.get(said.pair).filter(|_| !is_put_aside)?;
            told.insert(said.pair).then_some(AgainstDocument {
                pair,
                sentence: said.sentence,
                passage_id: said.passage.into(),
                title: source.title,
                url: source.url,
                is_website_page: source.is_website_page,
            })
        });
        shown.take(MOST).collect()
    }

    fn outdated(&self, outdated: Vec<(QaPairId, NaiveDate)>) -> Vec<Outdated> {
        let shown = outdated.into_iter().filter_map(|(id, named)| {
            Some(Outdated {
                pair: self.get(id)?,
                named,
            })
        });
        shown.collect()
    }
}
