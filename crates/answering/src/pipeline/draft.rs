//! What a person could say: written by the model from the knowledge and the conversation, or the best approved text.
//! Only a proposal: nothing is stored, and nobody but the member who asked sees it.

use conversations::messages::Source;
use kernel::{Result, TenantProof};
use serde::Serialize;

use super::ground::{Grounding, Instructions};
use super::trace::Trace;
use super::{Material, Turn, compose, prompt, retrieve, sources, understand_language};
use crate::Context;
use crate::intent::{self, Intent};
use crate::model::TenantModel;

/// A proposal with what it rests on.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Draft {
    /// Markdown-lite; empty when there is nothing to propose.
    pub text: String,
    /// Sentences of it that the model wrote without the knowledge backing them: to be read with care.
    pub unbacked: Vec<String>,
    /// The text without these.
    #[serde(skip)]
    pub backed: String,
    /// The calibrated probability that the best entry answers the question.
    pub confidence: f64,
    pub sources: Vec<Source>,
    pub origin: DraftOrigin,
    /// Why there is no text, in a sentence.
    pub note: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DraftOrigin {
    Model,
    ApprovedText,
    Nothing,
}

impl Draft {
    pub fn nothing(confidence: f64, note: &str) -> Self {
        Self {
            text: String::new(),
            unbacked: Vec::new(),
            backed: String::new(),
            confidence,
            sources: Vec::new(),
            origin: DraftOrigin::Nothing,
            note: Some(note.to_owned()),
        }
    }
}

/// A person looks at it before anybody else does, so a little less is needed than for an answer by the bot: this share
/// of its threshold.
const LEAST_SHARE: f64 = 0.85;

/// Proposes what to say to the visitor's last messages.
pub async fn draft(ctx: &Context, proof: &impl TenantProof, turn: &Turn) -> Result<Draft> {
    let mut trace = Trace::start(false);
    let question = turn.question();
    let snapshot = ctx
        .knowledge
        .snapshots
        .get(&ctx.db, proof, turn.knowledge_revision)
        .await?;
    let language = understand_language(&question, turn);
    if matches!(
        intent::detect(&question),
        Intent::Greeting | Intent::Thanks | Intent::Goodbye
    ) {
        return Ok(Draft::nothing(
            0.0,
            "The visitor has not asked anything that knowledge could answer.",
        ));
    }
    let found = retrieve::retrieve(ctx, proof, &snapshot, turn, &question, language, &mut trace).await?;
    let material = Material {
        snapshot: found.snapshot.clone(),
        found,
        question,
        language,
        wants_booking: false,
    };
    if material.found.candidates.is_empty() {
        return Ok(Draft::nothing(0.0, "The knowledge holds nothing about this."));
    }
    if let Some(draft) = by_model(ctx, proof, turn, &material, &mut trace).await? {
        return Ok(draft);
    }
    Ok(approved_text(turn, &material))
}

/// None: there is no model, or what it wrote cannot be used.
async fn by_model(
    ctx: &Context,
    proof: &impl TenantProof,
    turn: &Turn,
    material: &Material,
    trace: &mut Trace,
) -> Result<Option<Draft>> {
    let model: TenantModel = match ctx.models.find(&ctx.db, proof, &turn.options).await {
        Ok(Some(model)) => model,
        Ok(None) => return Ok(None),
        Err(error) => {
            tracing::warn!(%error, "the model cannot be used; the approved text is proposed");
            return Ok(None);
        }
    };
    let today = ctx.db.clock.now().date_naive();
    let (request, shown) = prompt::build_draft(turn, material, today);
    let mut grounding = Grounding::new(&shown, material.language);
    let heard = compose::call(ctx, proof, &model, request, shown.len(), trace, &mut |piece| {
        grounding.push(piece);
    })
    .await?;
    let text = match heard.result {
        Ok(text) => text,
        Err(error) => {
            tracing::warn!(%error, "the model failed; the approved text is proposed");
            return Ok(None);
        }
    };
    let confidence = material.found.confidence();
    if compose::refuses(&text) {
        let note = "The model read the knowledge and did not find the answer in it.";
        return Ok(Some(Draft::nothing(confidence, note)));
    }
    let grounded = grounding.finish();
    let instructions = prompt::draft_instructions(turn, material, today);
    if grounded.whole.is_empty() || Instructions::new(&instructions).are_repeated_in(&grounded.whole) {
        return Ok(None);
    }
    let cited: Vec<_> = grounded
        .cited
        .iter()
        .filter_map(|number| shown.get(*number).cloned())
        .collect();
    Ok(Some(Draft {
        text: grounded.whole,
        backed: grounded.text,
        unbacked: grounded.unbacked.into_iter().map(|one| one.sentence).collect(),
        confidence,
        sources: sources(&material.snapshot, &cited),
        origin: DraftOrigin::Model,
        note: None,
    }))
}

fn approved_text(turn: &Turn, material: &Material) -> Draft {
    let least = turn.settings.confidence_threshold * LEAST_SHARE;
    let confidence = material.found.confidence();
    match material.found.candidates.first() {
        Some(best) if confidence >= least => {
            let text = compose::approved(best);
            Draft {
                backed: text.clone(),
                text,
                unbacked: Vec::new(),
                confidence,
                sources: sources(&material.snapshot, std::slice::from_ref(best)),
                origin: DraftOrigin::ApprovedText,
                note: None,
            }
        }
        _ => Draft::nothing(confidence, "The knowledge holds nothing that comes near enough."),
    }
}
