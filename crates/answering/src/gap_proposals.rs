//! What the answer to questions that were asked in vain could be: what people wrote to those who asked, what documents
//! say about it, and what the model makes of the knowledge. Only proposals: nothing is stored.

use std::sync::Arc;

use access::{Member, Permission};
use axum::extract::State;
use chrono::DateTime;
use conversations::inbound::Utterance;
use conversations::messages::{SenderType, Source, SourceKind};
use kernel::error::Problem;
use kernel::extract::{Json, Path};
use kernel::ids::{ConversationId, GapId, MessageId};
use kernel::{Result, TenantProof};
use knowledge::embedding;
use knowledge::gaps::Gap;
use knowledge::gaps::clusters::{self, HumanAnswer};
use knowledge::passages;
use knowledge::retrieval::{EntryKind, Query, cosine};
use knowledge::snapshot::Snapshot;
use knowledge::vector_index::search::enlarge;
use serde::Serialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::Context;
use crate::bots::{self, Bot, Which};
use crate::pipeline::Turn;
use crate::pipeline::draft::{Draft, DraftOrigin, draft};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new().routes(routes!(propose_gap_answers))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProposalOrigin {
    /// Somebody of the business wrote it to a visitor.
    Person,
    /// It stands in a document or on a page.
    Document,
    /// The model wrote it from the knowledge.
    Model,
}

/// What the answer could be. To be read before it is published.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Proposal {
    origin: ProposalOrigin,
    /// Markdown-lite.
    answer: String,
    /// How often people have written it, or nearly so; 1 where nobody has.
    times: usize,
    /// Where people wrote it, the newest five.
    conversations: Vec<ConversationId>,
    sources: Vec<Source>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Proposals {
    items: Vec<Proposal>,
    /// The question that was looked for: the most asked wording.
    question: String,
}

/// Propose answers to a cluster of gaps: from what people wrote, from documents, by the model. Nothing is stored.
#[utoipa::path(post, path = "/gap-clusters/{id}/proposals", operation_id = "propose_gap_answers", tag = "gaps",
    params(("id" = GapId, Path, description = "Any gap of the cluster.")),
    responses((status = 200, body = Proposals), (status = 404, body = Problem)))]
async fn propose_gap_answers(
    State(ctx): State<Context>,
    member: Member,
    Path(id): Path<GapId>,
) -> Result<Json<Proposals>> {
    member.require(Permission::EditKnowledge)?;
    // goes on if the caller leaves: a model call that has begun is also paid and booked
    let work = tokio::spawn(async move { propose(&ctx, &member, id).await });
    Ok(Json(work.await.map_err(kernel::error::internal)??))
}

/// The newest answers of people that are compared.
const MOST_HUMAN_ANSWERS: i64 = 40;

async fn propose(ctx: &Context, member: &Member, id: GapId) -> Result<Proposals> {
    let mut tx = ctx.db.tenant_read(member).await?;
    let gaps = clusters::list_gaps(&mut tx, id).await?;
    let written = match member.require(Permission::ReadConversations) {
        Ok(()) => clusters::list_human_answers(&mut tx, &gaps, MOST_HUMAN_ANSWERS).await?,
        Err(_) => Vec::new(),
    };
    let bot = bots::get(&mut tx, Which::First).await?;
    let revision = knowledge::embedding::store::get(&mut tx).await?.revision;
    drop(tx);
    let asked = match gaps.into_iter().next() {
        Some(gap) => gap,
        None => return Err(kernel::error::not_found("gap")),
    };
    let snapshot = ctx.knowledge.snapshots.get(&ctx.db, member, revision).await?;
    let mut items = by_people(ctx, member, &snapshot, written).await;
    items.extend(by_model(ctx, member, &asked, bot, revision).await?);
    items.extend(from_documents(ctx, member, &snapshot, &asked.question).await?);
    Ok(Proposals {
        items,
        question: asked.question,
    })
}

/// Answers whose cosine reaches this say the same.
const SAME_ANSWER: f32 = 0.8;
const MOST_BY_PEOPLE: usize = 3;
const MOST_CONVERSATIONS: usize = 5;

/// What was written most often first; of several wordings the newest.
async fn by_people(
    ctx: &Context,
    proof: &impl TenantProof,
    snapshot: &Snapshot,
    written: Vec<HumanAnswer>,
) -> Vec<Proposal> {
    let texts = written.iter().map(|one| one.answer.clone()).collect();
    let vectors = embedding::embed(&ctx.knowledge, proof.tenant_id(), &snapshot.embedder, texts).await;
    let mut alike: Vec<(Option<Vec<f32>>, Proposal)> = Vec::new();
    for (one, vector) in written.into_iter().zip(vectors) {
        let is_same = |(known, proposal): &&mut (Option<Vec<f32>>, Proposal)| {
            let both = known.as_deref().zip(vector.as_deref());
            let near = both.and_then(|(a, b)| cosine(a, b));
            proposal.answer == one.answer || near.is_some_and(|near| near >= SAME_ANSWER)
        };
        match alike.iter_mut().find(is_same) {
            // asked twice before it was answered, it was still answered once
            Some((_, proposal)) if proposal.conversations.contains(&one.conversation_id) => {}
            Some((_, proposal)) => {
                proposal.times += 1;
                proposal.conversations.push(one.conversation_id);
            }
            None => alike.push((
                vector,
                Proposal {
                    origin: ProposalOrigin::Person,
                    answer: one.answer,
                    times: 1,
                    conversations: vec![one.conversation_id],
                    sources: Vec::new(),
                },
            )),
        }
    }
    let mut proposals: Vec<Proposal> = alike.into_iter().map(|(_, proposal)| proposal).collect();
    proposals.sort_by_key(|proposal| std::cmp::Reverse(proposal.times));
    proposals.truncate(MOST_BY_PEOPLE);
    for proposal in &mut proposals {
        proposal.conversations.truncate(MOST_CONVERSATIONS);
    }
    proposals
}

async fn by_model(
    ctx: &Context,
    proof: &impl TenantProof,
    asked: &Gap,
    bot: Bot,
    revision: i64,
) -> Result<Option<Proposal>> {
    let utterance = Utterance {
        message_id: MessageId::new(),
        seq: 1,
        sender_type: SenderType::User,
        text: asked.question.clone(),
        sent_at: DateTime::UNIX_EPOCH,
    };
    let turn = Turn {
        recent: vec![utterance],
        language: asked.language.clone(),
        knowledge_revision: revision,
        settings: bot.settings,
        options: bot.options,
        is_explained: false,
        known_vectors: Arc::default(),
        agent: None,
        door: None,
    };
    let Draft {
        backed,
        sources,
        origin,
        ..
    } = draft(ctx, proof, &turn).await?;
    // it is to become knowledge: what the knowledge does not back has no place in it
    let is_usable = origin == DraftOrigin::Model && !backed.is_empty() && !sources.is_empty();
    Ok(is_usable.then_some(Proposal {
        origin: ProposalOrigin::Model,
        answer: backed,
        times: 1,
        conversations: Vec::new(),
        sources,
    }))
}

const MOST_PASSAGES: usize = 3;
const MOST_FROM_DOCUMENTS: usize = 2;
/// A sentence that comes no nearer to the question than this does not speak of it.
const LEAST_NEAR: f32 = 0.4;
/// An excerpt grows around its best sentence up to so many characters.
const LONGEST_EXCERPT: usize = 400;

/// The sentences of the nearest passages that come nearest to the question.
async fn from_documents(
    ctx: &Context,
    proof: &impl TenantProof,
    snapshot: &Arc<Snapshot>,
    question: &str,
) -> Result<Vec<Proposal>> {
    let ctx = &ctx.knowledge;
    let tenant = proof.tenant_id();
    let asked = embedding::embed(ctx, tenant, &snapshot.embedder, vec![question.to_owned()]).await;
    let asked = asked.into_iter().next().flatten();
    let query = Query::new(question, asked.as_deref());
    let snapshot = enlarge(ctx, proof, snapshot, &query).await.snapshot;
    let found = snapshot
        .index
        .search_kind(EntryKind::Passage, &query, MOST_PASSAGES);
    let mut excerpts = Vec::new();
    for passage in found {
        let sentences = passages::sentences(&passages::read_out(&passage.text));
        let vectors = embedding::embed(ctx, tenant, &snapshot.embedder, sentences.clone()).await;
        let near: Vec<f32> = vectors
            .iter()
            .map(|vector| {
                vector
                    .as_deref()
                    .zip(asked.as_deref())
                    .and_then(|(a, b)| cosine(a, b))
                    .unwrap_or_default()
            })
            .collect();
        let best = (0..near.len()).max_by(|a, b| near[*a].total_cmp(&near[*b]));
        let Some(best) = best.filter(|best| near[*best] >= LEAST_NEAR) else {
            continue;
        };
        let Some(details) = snapshot.details(passage.id) else {
            continue;
        };
        let source = Source {
            kind: SourceKind::Passage,
            title: details.title.clone(),
            url: details.url.clone(),
        };
        excerpts.push((near[best], excerpt(&sentences, best), source));
    }
    excerpts.sort_by(|a, b| b.0.total_cmp(&a.0));
    excerpts.truncate(MOST_FROM_DOCUMENTS);
    let proposals = excerpts.into_iter().map(|(_, answer, source)| Proposal {
        origin: ProposalOrigin::Document,
        answer,
        times: 1,
        conversations: Vec::new(),
        sources: vec![source],
    });
    Ok(proposals.collect())
}

/// The sentence with what follows it, then with what stands before it, as far as there is room.
fn excerpt(sentences: &[String], best: usize) -> String {
    let (mut from, mut to) = (best, best);
    let mut length = sentences[best].chars().count();
    let mut fits = |sentence: &String| {
        length += sentence.chars().count() + 1;
        length <= LONGEST_EXCERPT
    };
    while to + 1 < sentences.len() && fits(&sentences[to + 1]) {
        to += 1;
    }
    while from > 0 && to + 1 == sentences.len() && fits(&sentences[from - 1]) {
        from -= 1;
    }
    sentences[from..=to].join(" ")
}
