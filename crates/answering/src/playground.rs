//! HTTP: ask as a visitor would, with other settings if wanted, and see everything that led to the answer.

use std::sync::Arc;

use access::member::Actor;
use access::{Member, Permission, credentials};
use axum::extract::State;
use conversations::messages::Answer;
use kernel::error::{Problem, invalid, not_found};
use kernel::extract::Json;
use kernel::ids::{ChannelId, CredentialId};
use kernel::{Result, TenantProof};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::api::{Said, answer_of, check_question, recent};
use crate::bots::{self, Bot, Which};
use crate::pipeline::{
    self, AnswerTrace, Explanation, ModelCall, ModelSource, ScoredCandidate, SentPrompt, Turn,
};
use crate::{BotSettings, Context, agents, quota, store};

pub fn routes() -> OpenApiRouter<Context> {
    OpenApiRouter::new().routes(routes!(ask_playground))
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct PlaygroundQuestion {
    question: String,
    /// Oldest first, at most 40 lines.
    #[serde(default)]
    history: Vec<Said>,
    /// Whose bot is asked; the first channel's unless given.
    channel_id: Option<ChannelId>,
    #[serde(default)]
    overrides: Overrides,
}

/// Settings to try instead of the channel's.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[schema(as = PlaygroundOverrides)]
struct Overrides {
    /// 0.5 to 0.95.
    threshold: Option<f64>,
    /// 0 to 1.
    temperature: Option<f64>,
    /// The id of a model credential, or `none` for the approved text.
    credential_id: Option<String>,
    personality_prompt: Option<String>,
    /// 1 to 5.
    max_suggestion_chips: Option<u8>,
}

/// An answer with everything that led to it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct PlaygroundAnswer {
    answer: Answer,
    trace: AnswerTrace,
    /// The best entries with every score, best first.
    candidates: Vec<ScoredCandidate>,
    /// What the model was sent; null where none was asked.
    prompt: Option<SentPrompt>,
    call: Option<ModelCall>,
    /// Why the approved text was given although there is a model.
    fallback: Option<String>,
    /// From question to answer.
    total_ms: f64,
}

const LONGEST_HISTORY: usize = 40;

/// Ask as a visitor would and see retrieval, scores, prompt, time and cost. Nothing is stored but what the model costs.
#[utoipa::path(post, path = "/playground", operation_id = "ask_playground", tag = "answers", request_body = PlaygroundQuestion,
    responses((status = 200, body = PlaygroundAnswer), (status = 404, body = Problem), (status = 422, body = Problem)))]
async fn ask_playground(
    State(ctx): State<Context>,
    member: Member,
    Json(input): Json<PlaygroundQuestion>,
) -> Result<Json<PlaygroundAnswer>> {
    member.require(Permission::AskQuestions)?;
    // goes on if the caller leaves: a model call that has begun is also paid and booked
    let work = tokio::spawn(async move {
        let is_program = matches!(member.actor(), Actor::ApiKey { .. });
        let played = answer(&ctx, &member, is_program, input).await?;
        let mut tx = ctx.db.tenant(&member).await?;
        store::count_test_question(&mut tx).await?;
        tx.commit().await?;
        Ok::<_, kernel::Error>(played)
    });
    Ok(Json(work.await.map_err(kernel::error::internal)??))
}

async fn answer(
    ctx: &Context,
    proof: &impl TenantProof,
    is_program: bool,
    input: PlaygroundQuestion,
) -> Result<PlaygroundAnswer> {
    let question = check_question(&input.question)?;
    if input.history.len() > LONGEST_HISTORY {
        return Err(invalid("bad_history", "`history` holds at most 40 lines."));
    }
    let mut tx = ctx.db.tenant_read(proof).await?;
    let which = input.channel_id.map_or(Which::First, Which::Channel);
    let bot = bots::get(&mut tx, which).await?;
    let bot = input.overrides.apply(&mut tx, bot).await?;
    let revision = knowledge::embedding::store::get(&mut tx).await?.revision;
    drop(tx);
    let turn = Turn {
        recent: recent(&input.history, question),
        language: None,
        knowledge_revision: revision,
        settings: bot.settings.clone(),
        options: bot.options.clone(),
        is_explained: true,
        known_vectors: Arc::default(),
        agent: None,
        door: None,
    };
    // nobody watches: the pieces are dropped
    let (sink, _) = mpsc::unbounded_channel();
    let turn = agents::route(ctx, proof, &bot, None, &turn)
        .await?
        .unwrap_or(turn);
    // people try; what a program asks is answered to somebody
    let made = match is_program {
        true => quota::answer(ctx, proof, &turn, &sink).await?,
        false => pipeline::answer(ctx, proof, &turn, &sink).await?,
    };
    let trace: AnswerTrace = serde_json::from_value(made.reply.trace.clone())?;
    let Explanation {
        candidates,
        prompt,
        call,
    } = made.explanation.unwrap_or_default();
    Ok(PlaygroundAnswer {
        answer: answer_of(made.reply),
        candidates,
        prompt,
        call,
        fallback: trace.notes["fallback"].as_str().map(str::to_owned),
        total_ms: trace.steps.iter().map(|step| step.ms).sum(),
        trace,
    })
}

impl Overrides {
    async fn apply(self, tx: &mut kernel::TenantTx, bot: Bot) -> Result<Bot> {
        let mut settings = BotSettings::clone(&bot.settings);
        let mut options = bot.options;
        let mut agents = bot.agents.to_vec();
        // what is tried counts, whoever of the channel speaks
        for agent in &mut agents {
            agent.ai_temperature = agent.ai_temperature.filter(|_| self.temperature.is_none());
            agent.ai_model = agent.ai_model.take().filter(|_| self.credential_id.is_none());
        }
        settings.confidence_threshold = self.threshold.unwrap_or(settings.confidence_threshold);
        settings.max_suggestion_chips = self.max_suggestion_chips.unwrap_or(settings.max_suggestion_chips);
        if let Some(prompt) = self.personality_prompt {
            settings.personality_prompt = prompt;
            agents.clear();
        }
        settings.check()?;
        if let Some(temperature) = self.temperature {
            if !(0.0..=1.0).contains(&temperature) {
                return Err(invalid("bad_temperature", "`temperature` lies between 0 and 1."));
            }
            options.temperature = temperature;
        }
        match self.credential_id.as_deref() {
            None => {}
            Some("none") => options.source = ModelSource::Nothing,
            Some(id) => {
                options.source = ModelSource::Credential(find_credential(tx, id).await?);
                options.model = None;
            }
        }
        Ok(Bot {
            settings: Arc::new(settings),
            options,
            agents: agents.into(),
            ..bot
        })
    }
}

async fn find_credential(tx: &mut kernel::TenantTx, id: &str) -> Result<CredentialId> {
    let id: Option<CredentialId> = id.parse().ok();
    let found = match id {
        Some(id) => credentials::store::find(tx, id).await?,
        None => None,
    };
    let (credential, _) = found.ok_or_else(|| not_found("credential"))?;
    if !credential.is_active {
        return Err(invalid(
            "credential_inactive",
            "This model is switched off. Choose another one.",
        ));
    }
    Ok(credential.id)
}
