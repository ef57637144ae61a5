//! A draft of new knowledge: tried on questions that visitors have asked, then put in force as a whole.

pub mod api;
mod gaps;
mod store;

pub(crate) use store::{count_labels, list_past_questions};

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Instant;

use access::audit::{self, Action};
use access::{Member, Permission};
use chrono::{DateTime, Utc};
use kernel::error::conflict;
use kernel::ids::{BacktestId, ConversationId, GapId, VersionId};
use kernel::{Error, Result, TenantProof, TenantTx};
use knowledge::snapshot::Snapshot;
use knowledge::versions::{self, Change, PairState, Subject, Version, applying};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::evaluation::Outcome;
use crate::evaluation::replay::{Question, Replay};
use crate::evaluation::verdict::{Evidence, Knowing, Verdict};
use crate::{Context, prompts};

/// How a draft did on past questions.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Backtest {
    pub id: BacktestId,
    pub draft_id: VersionId,
    pub fixed: i32,
    pub broken: i32,
    pub changed: i32,
    pub unchanged: i32,
    /// The open gaps that it answers: publishing closes them, beside those that the draft is meant for.
    pub closes_gaps: i32,
    pub milliseconds: i32,
    /// False: the draft or the knowledge has changed since, so it says nothing about them.
    pub is_current: bool,
    pub created_at: DateTime<Utc>,
}

/// A question whose answer is not the same with the draft.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = BacktestDifference)]
pub struct Difference {
    pub question: String,
    /// How often it was asked, in these words.
    pub times_asked: i64,
    pub last_asked_at: Option<DateTime<Utc>>,
    /// Where it was asked last.
    pub conversation_id: Option<ConversationId>,
    pub verdict: Verdict,
    /// Who says what is right; null: nobody, so only "answered or not" is judged.
    pub evidence: Option<Evidence>,
    pub before: Outcome,
    pub after: Outcome,
}

/// How a tenant's Q&A pairs and prompts may change, a channel's own included; documents, web sites and texts always change directly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum PublishRule {
    /// Directly, and by drafts whether they were tried or not.
    Free,
    /// Only by drafts that were tried and broke nothing; an administrator may publish all the same.
    Tested,
}

/// A question that was asked, with what people think of its answer.
pub struct PastQuestion {
    pub question: Question,
    pub times_asked: i64,
    pub last_asked_at: Option<DateTime<Utc>>,
    pub conversation_id: Option<ConversationId>,
    /// What is known of it counts for the confidence too.
    pub is_label: bool,
    pub knowing: Knowing,
}

impl PastQuestion {
    fn never_asked(text: String) -> Self {
        Self {
            question: Question {
                text,
                channel_id: None,
            },
            times_asked: 0,
            last_asked_at: None,
            conversation_id: None,
            is_label: true,
            knowing: Knowing::default(),
        }
    }
}

/// The newest different questions that are asked again.
pub const MOST_QUESTIONS: i64 = 1_000;
/// The newest open gaps that are asked too.
const MOST_GAPS: i64 = 500;
/// The changed pairs' own questions that are asked.
const MOST_OWN: usize = 500;
/// So many differences are kept, the broken ones first.
const MOST_DIFFERENCES: usize = 500;

/// Asks the questions again, of what serves now and of the draft.
pub async fn backtest(ctx: &Context, proof: &impl TenantProof, draft: VersionId) -> Result<Backtest> {
    let started = Instant::now();
    let mut tx = ctx.db.tenant_read(proof).await?;
    let version = versions::store::get(&mut tx, draft).await?;
    version.require_draft()?;
    let changes = versions::store::list_changes(&mut tx, draft).await?;
    let mut asked = list_past_questions(&mut tx, MOST_QUESTIONS).await?;
    let open = gaps::OpenGaps::new(store::list_open_gaps(&mut tx, MOST_GAPS).await?);
    asked.extend(open.questions_beside(&asked));
    let own = questions_of(&changes, &asked)?;
    asked.extend(own);
    let revision = knowledge::embedding::store::get(&mut tx).await?.revision;
    drop(tx);
    let current = ctx.knowledge.snapshots.get(&ctx.db, proof, revision).await?;
    let changed = beside(ctx, proof, current.clone(), &changes).await?;
    let questions = asked.iter().map(|asked| asked.question.clone()).collect();
    let replay = Replay::prepare(ctx, proof, &current, questions).await?;
    let before = replay.run(ctx, proof, &current).await?;
    let after = replay.run(ctx, proof, &changed).await?;
    let mut differences: Vec<Difference> = asked
        .into_iter()
        .zip(before.into_iter().zip(after))
        .map(|(asked, (before, after))| difference(asked, before, after))
        .collect();
    let count = |verdict| {
        differences
            .iter()
            .filter(|difference| difference.verdict == verdict)
            .count()
    };
    let counts = [
        Verdict::Fixed,
        Verdict::Broken,
        Verdict::Changed,
        Verdict::Unchanged,
    ]
    .map(count);
    let left: Vec<GapId> = changes
        .iter()
        .flat_map(|change| change.leaves_gaps.clone())
        .collect();
    let fixed_gaps = open.fixed_by(&differences, &left);
    differences.retain(|difference| difference.verdict != Verdict::Unchanged);
    differences.sort_by_key(|difference| {
        (
            order(difference.verdict),
            std::cmp::Reverse(difference.times_asked),
        )
    });
    differences.truncate(MOST_DIFFERENCES);
    let mut tx = ctx.db.tenant(proof).await?;
    store::insert_backtest(
        &mut tx,
        &version,
        current.revision,
        counts,
        started.elapsed(),
        &differences,
        &fixed_gaps,
    )
    .await?;
    let backtest = store::get_latest_backtest(&mut tx, draft).await?;
    versions::tell(&mut tx);
    tx.commit().await?;
    Ok(backtest)
}

/// What the changed pairs are asked by, as far as nobody has asked it: who changes an answer sees it beside the old one.
fn questions_of(changes: &[Change], asked: &[PastQuestion]) -> Result<Vec<PastQuestion>> {
    let mut known: HashSet<String> = asked.iter().map(|one| one.question.text.to_lowercase()).collect();
    let mut questions = Vec::new();
    for change in changes.iter().filter(|change| change.subject == Subject::QaPair) {
        let Some(state) = change.after.clone() else {
            continue;
        };
        let state: PairState = serde_json::from_value(state)?;
        let wordings = std::iter::once(state.question).chain(state.phrasings);
        let new = wordings.filter(|text| state.is_active && known.insert(text.to_lowercase()));
        questions.extend(new.map(PastQuestion::never_asked));
    }
    questions.truncate(MOST_OWN);
    Ok(questions)
}

/// What would serve with the draft, built away from the threads that answer.
async fn beside(
    ctx: &Context,
    proof: &impl TenantProof,
    current: Arc<Snapshot>,
    changes: &[Change],
) -> Result<Arc<Snapshot>> {
    let prepared = applying::prepare(&ctx.knowledge, proof, changes).await?;
    let built = tokio::task::spawn_blocking(move || Arc::new(prepared.beside(&current)));
    built.await.map_err(kernel::error::internal)
}

fn difference(asked: PastQuestion, before: Outcome, after: Outcome) -> Difference {
    Difference {
        verdict: asked.knowing.judge(&before, &after),
        evidence: asked.knowing.evidence(),
        question: asked.question.text,
        times_asked: asked.times_asked,
        last_asked_at: asked.last_asked_at,
        conversation_id: asked.conversation_id,
        before,
        after,
    }
}

fn order(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Broken => 0,
        Verdict::Changed => 1,
        Verdict::Fixed => 2,
        Verdict::Unchanged => 3,
    }
}

/// What may be passed over in publishing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Despite {
    /// That it was not tried, or breaks answers.
    pub regressions: bool,
    /// That others have changed the same things meanwhile: theirs is undone.
    pub others: bool,
}

/// A version that was published just now, and what that did to the gap queue.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Published {
    #[serde(flatten)]
    pub version: Version,
    /// What the draft was meant to answer, and what its backtest found it to answer.
    pub closed_gaps: Vec<GapId>,
    /// What the versions had closed that it takes back, and nothing newer answers.
    pub reopened_gaps: Vec<GapId>,
}

/// Puts a draft in force, all of it at once.
pub async fn publish(
    ctx: &Context,
    member: &Member,
    draft: VersionId,
    despite: Despite,
) -> Result<Published> {
    let mut tx = ctx.db.tenant_read(member).await?;
    let version = versions::store::get(&mut tx, draft).await?;
    let changes = versions::store::list_changes(&mut tx, draft).await?;
    let revision = knowledge::embedding::store::get(&mut tx).await?.revision;
    drop(tx);
    let prepared = applying::prepare(&ctx.knowledge, member, &changes).await?;
    let taken_back = match version.undoes.or(version.restores) {
        Some(_) => {
            let current = ctx.knowledge.snapshots.get(&ctx.db, member, revision).await?;
            let after = beside(ctx, member, current, &changes).await?;
            Some(gaps::ask_again(ctx, member, &version, after).await?)
        }
        None => None,
    };
    let mut tx = ctx.db.tenant(member).await?;
    knowledge::embedding::store::lock(&mut tx).await?;
    let version = versions::store::get(&mut tx, draft).await?;
    version.require_draft()?;
    let now = versions::store::list_changes(&mut tx, draft).await?;
    if !is_same(&changes, &now) {
        return Err(conflict(
            "draft_changed",
            "The draft was changed at this moment. Look at it again, then publish.",
        ));
    }
    if now.is_empty() {
        return Err(conflict(
            "draft_empty",
            "There is nothing in this draft yet. Add a change first.",
        ));
    }
    if !despite.others && now.iter().any(|change| change.is_outdated) {
        return Err(versions::outdated());
    }
    check_rule(&mut tx, draft, &now, despite).await?;
    let fixed = store::list_fixed_gaps(&mut tx, draft).await?;
    versions::store::publish(&mut tx, draft).await?;
    // with what stands there at this moment, nobody comes in between
    let now = versions::store::list_changes(&mut tx, draft).await?;
    check_rights(member, &now)?;
    note_removals(&mut tx, member, &now).await?;
    prepared.write(&mut tx, &now).await?;
    prompts::apply(&mut tx, &now).await?;
    let reopened_gaps = match &taken_back {
        Some(taken) => gaps::reopen(&mut tx, member, draft, taken).await?,
        None => Vec::new(),
    };
    let closed_gaps = gaps::close(&mut tx, &now, &fixed).await?;
    tx.commit().await?;
    Ok(Published {
        version: versions::store::get(&mut ctx.db.tenant_read(member).await?, draft).await?,
        closed_gaps,
        reopened_gaps,
    })
}

/// A draft lets nobody do what they may not do by hand.
fn check_rights(member: &Member, changes: &[Change]) -> Result<()> {
    if changes.iter().any(|change| change.subject.is_prompt()) {
        member.require(Permission::ManageChannels)?;
    }
    if changes.iter().any(Change::removes_active_pair) && member.require(Permission::ManageWorkspace).is_err()
    {
        return Err(conflict(
            "qa_pair_active",
            "This draft deletes a pair that still answers visitors. Turn it off instead, or have an administrator publish the draft.",
        ));
    }
    Ok(())
}

fn is_same(one: &[Change], other: &[Change]) -> bool {
    let states = |changes: &[Change]| {
        let states = changes
            .iter()
            .map(|change| (change.subject_id, change.after.clone()));
        states.collect::<Vec<_>>()
    };
    states(one) == states(other)
}

/// A pair that a draft removes stands in the audit log like one that was deleted by hand.
async fn note_removals(tx: &mut TenantTx, member: &Member, changes: &[Change]) -> Result<()> {
    for change in changes.iter().filter(|change| change.removes_pair()) {
        let question = change.before.as_ref().map(|before| &before["question"]);
        let subject = format!("qa_pair:{}", change.subject_id);
        let details = json!({"question": question});
        audit::record_by(tx, member, Action::QaPairDeleted, &subject, details).await?;
    }
    Ok(())
}

async fn check_rule(tx: &mut TenantTx, draft: VersionId, changes: &[Change], despite: Despite) -> Result<()> {
    if despite.regressions || store::get_rule(tx).await? == PublishRule::Free {
        return Ok(());
    }
    if changes.iter().any(|change| change.subject.is_prompt()) {
        return Err(conflict(
            "prompt_untried",
            "A backtest asks no model, so the prompt in this draft cannot be tried. Take the prompt out of the draft, or have an administrator publish it all the same.",
        ));
    }
    match store::find_latest_backtest(tx, draft).await? {
        Some(backtest) if !backtest.is_current => Err(untested(
            "The draft or the knowledge has changed since it was tried.",
        )),
        Some(backtest) if backtest.broken > 0 => Err(conflict(
            "draft_breaks_answers",
            format!(
                "With this draft {} questions that are answered well now would not be any more. Mend it, or have an administrator publish it all the same.",
                backtest.broken
            ),
        )),
        Some(_) => Ok(()),
        None => Err(untested("The draft has not been tried.")),
    }
}

fn untested(why: &str) -> Error {
    conflict(
        "draft_untested",
        format!(
            "{why} Here a draft is published only after it was tried on past questions: run the backtest."
        ),
    )
}
