//! What publishing does to the gap queue: it closes what the draft answers, and opens again what it takes the answer
//! from.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use access::Member;
use access::audit::{self, Action};
use kernel::ids::{GapId, QaPairId, VersionId};
use kernel::{Result, TenantProof, TenantTx};
use knowledge::gaps::rollback::{self, ClosedGap, NewerAnswer};
use knowledge::gaps::{self, clusters};
use knowledge::snapshot::Snapshot;
use knowledge::versions::{Change, Version};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::store::OpenGap;
use super::{Difference, PastQuestion};
use crate::Context;
use crate::evaluation::replay::{Question, Replay};
use crate::evaluation::verdict::{Knowing, Verdict};

/// An open gap that a draft answers, as its backtest found out.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct FixedGap {
    gap_id: GapId,
    /// None: it is answered by a document or page.
    qa_pair_id: Option<QaPairId>,
}

/// The open gaps by their question, ignoring case.
pub struct OpenGaps(HashMap<String, Vec<OpenGap>>);

impl OpenGaps {
    pub fn new(open: Vec<OpenGap>) -> Self {
        let mut gaps: HashMap<String, Vec<OpenGap>> = HashMap::new();
        for gap in open {
            gaps.entry(gap.question.to_lowercase()).or_default().push(gap);
        }
        Self(gaps)
    }

    /// Their questions, but for those that are asked anyway.
    pub fn questions_beside(&self, asked: &[PastQuestion]) -> Vec<PastQuestion> {
        let known: Vec<_> = asked
            .iter()
            .map(|asked| asked.question.text.to_lowercase())
            .collect();
        let others = self.0.iter().filter(|(question, _)| !known.contains(question));
        let mut others: Vec<_> = others.filter_map(|(_, gaps)| gaps.first()).collect();
        others.sort_by_key(|gap| (std::cmp::Reverse(gap.last_asked_at), gap.id.0));
        others.into_iter().map(OpenGap::as_question).collect()
    }

    /// But for those that are `left` open.
    pub fn fixed_by(&self, differences: &[Difference], left: &[GapId]) -> Vec<FixedGap> {
        let fixed = differences
            .iter()
            .filter(|one| one.verdict == Verdict::Fixed && one.after.is_answered);
        let fixed = fixed.flat_map(|one| {
            let gaps = self.0.get(&one.question.to_lowercase()).into_iter().flatten();
            gaps.map(|gap| FixedGap {
                gap_id: gap.id,
                qa_pair_id: one.after.matched_qa_ids.first().copied(),
            })
        });
        fixed.filter(|one| !left.contains(&one.gap_id)).collect()
    }
}

impl OpenGap {
    fn as_question(&self) -> PastQuestion {
        PastQuestion {
            question: Question {
                text: self.question.clone(),
                channel_id: self.channel_id,
            },
            times_asked: self.times_asked.into(),
            last_asked_at: Some(self.last_asked_at),
            conversation_id: self.conversation_id,
            is_label: true,
            knowing: Knowing::default(),
        }
    }
}

/// Closes what the changes are meant to answer, and what the backtest found them to answer.
pub async fn close(tx: &mut TenantTx, changes: &[Change], fixed: &[FixedGap]) -> Result<Vec<GapId>> {
    let mut closed = Vec::new();
    for change in changes.iter().filter(|change| change.after.is_some()) {
        let pair = Some(QaPairId(change.subject_id));
        let meant = &change.closes_gaps;
        closed.extend(clusters::close(tx, meant, gaps::Status::Resolved, pair).await?);
    }
    let mut by_pair: BTreeMap<_, Vec<GapId>> = BTreeMap::new();
    for one in fixed {
        let gaps = by_pair.entry(one.qa_pair_id.map(|pair| pair.0)).or_default();
        gaps.push(one.gap_id);
    }
    for (pair, found) in by_pair {
        let pair = pair.map(QaPairId);
        closed.extend(clusters::close(tx, &found, gaps::Status::Resolved, pair).await?);
    }
    Ok(closed)
}

/// What becomes of the gaps that the versions had closed which a draft takes back.
pub struct TakenBack {
    unanswered: Vec<GapId>,
    newer: Vec<NewerAnswer>,
}

/// Asks these gaps again of what serves after the draft is published.
pub async fn ask_again(
    ctx: &Context,
    proof: &impl TenantProof,
    version: &Version,
    after: Arc<Snapshot>,
) -> Result<TakenBack> {
    let mut tx = ctx.db.tenant_read(proof).await?;
    let closed = rollback::store::list_taken_back(&mut tx, version.id).await?;
    drop(tx);
    let questions = closed.iter().map(|gap| Question {
        text: gap.question.clone(),
        channel_id: gap.channel_id,
    });
    let replay = Replay::prepare(ctx, proof, &after, questions.collect()).await?;
    let outcomes = replay.run(ctx, proof, &after).await?;
    let answering = outcomes.into_iter().map(|outcome| match outcome.is_answered {
        true => outcome.matched_qa_ids,
        false => Vec::new(),
    });
    let answering: Vec<(ClosedGap, Vec<QaPairId>)> = closed.into_iter().zip(answering).collect();
    let pairs: Vec<QaPairId> = answering.iter().flat_map(|(_, pairs)| pairs.clone()).collect();
    let mut tx = ctx.db.tenant_read(proof).await?;
    let newest = rollback::store::list_newest_versions(&mut tx, &pairs, version.id).await?;
    let mut taken = TakenBack {
        unanswered: Vec::new(),
        newer: Vec::new(),
    };
    for (gap, pairs) in answering {
        let is_newer =
            |(pair, _, number): &&(QaPairId, VersionId, i32)| pairs.contains(pair) && *number > gap.closed_by;
        match newest.iter().find(is_newer) {
            Some((pair, version, _)) => taken.newer.push(NewerAnswer {
                gap_id: gap.id,
                pair: *pair,
                version: *version,
            }),
            None => taken.unanswered.push(gap.id),
        }
    }
    Ok(taken)
}

/// Opens what nothing answers any more.
pub async fn reopen(
    tx: &mut TenantTx,
    member: &Member,
    version: VersionId,
    taken: &TakenBack,
) -> Result<Vec<GapId>> {
    for newer in &taken.newer {
        rollback::store::keep_closed(tx, *newer).await?;
    }
    let reopened = rollback::reopen(tx, &taken.unanswered, version).await?;
    if !reopened.is_empty() {
        let details = json!({"gaps": reopened.len(), "gap_ids": reopened});
        let subject = format!("version:{version}");
        audit::record_by(tx, member, Action::GapsReopened, &subject, details).await?;
    }
    Ok(reopened)
}
