//! Many questions at once, each with the settings of the channel it was asked in.

use std::collections::HashMap;
use std::sync::Arc;

use conversations::inbound::Utterance;
use kernel::ids::ChannelId;
use kernel::{Result, TenantProof};
use knowledge::snapshot::Snapshot;

use super::Outcome;
use crate::api::recent;
use crate::bots::{self, Which};
use crate::pipeline::{self, ModelSource, Options, Turn};
use crate::{BotSettings, Context};

/// A question as it was understood: by itself, whatever was said before it.
#[derive(Debug, Clone)]
pub struct Question {
    pub text: String,
    /// Where it was asked; the first channel's bot answers otherwise.
    pub channel_id: Option<ChannelId>,
}

/// Everything that does not change between one replay of the questions and the next.
pub struct Replay {
    questions: Vec<Question>,
    settings: HashMap<Option<ChannelId>, Arc<BotSettings>>,
    vectors: Arc<HashMap<String, Vec<f32>>>,
}

/// So many questions are embedded at a time.
const BATCH: usize = 64;

impl Replay {
    /// Reads the bots and embeds the questions, once for every replay.
    pub async fn prepare(
        ctx: &Context,
        proof: &impl TenantProof,
        snapshot: &Snapshot,
        questions: Vec<Question>,
    ) -> Result<Self> {
        let mut settings = HashMap::new();
        let mut tx = ctx.db.tenant_read(proof).await?;
        for channel in questions.iter().map(|question| question.channel_id) {
            if settings.contains_key(&channel) {
                continue;
            }
            let which = channel.map_or(Which::First, Which::Channel);
            settings.insert(channel, bots::get(&mut tx, which).await?.settings);
        }
        drop(tx);
        let vectors = Arc::new(embed(ctx, proof, snapshot, &questions).await);
        Ok(Self {
            questions,
            settings,
            vectors,
        })
    }

    /// Lets every question be answered, however unsure: to see how sure.
    pub fn answering_all(mut self) -> Self {
        for settings in self.settings.values_mut() {
            Arc::make_mut(settings).confidence_threshold = 0.0;
        }
        self
    }

    /// What each question is told from this knowledge, in their order.
    pub async fn run(
        &self,
        ctx: &Context,
        proof: &impl TenantProof,
        snapshot: &Arc<Snapshot>,
    ) -> Result<Vec<Outcome>> {
        let mut outcomes = Vec::with_capacity(self.questions.len());
        for question in &self.questions {
            let turn = self.turn(question, snapshot.revision);
            let reply = pipeline::try_answer(ctx, proof, snapshot.clone(), &turn).await?;
            outcomes.push(Outcome::of(reply));
            // visitors of now come first
            tokio::task::yield_now().await;
        }
        Ok(outcomes)
    }

    fn turn(&self, question: &Question, revision: i64) -> Turn {
        let recent: Vec<Utterance> = recent(&[], &question.text);
        Turn {
            recent,
            language: None,
            knowledge_revision: revision,
            settings: self
                .settings
                .get(&question.channel_id)
                .cloned()
                .unwrap_or_default(),
            options: Options {
                source: ModelSource::Nothing,
                ..Options::default()
            },
            is_explained: false,
            known_vectors: self.vectors.clone(),
            agent: None,
            door: None,
        }
    }
}

/// None where this tenant's knowledge is searched by words alone, or the endpoint fails now.
async fn embed(
    ctx: &Context,
    proof: &impl TenantProof,
    snapshot: &Snapshot,
    questions: &[Question],
) -> HashMap<String, Vec<f32>> {
    let mut texts: Vec<String> = questions.iter().map(|question| question.text.clone()).collect();
    texts.sort_unstable();
    texts.dedup();
    let mut known = HashMap::new();
    for batch in texts.chunks(BATCH) {
        let vectors = knowledge::embedding::embed(
            &ctx.knowledge,
            proof.tenant_id(),
            &snapshot.embedder,
            batch.to_vec(),
        )
        .await;
        let found = batch.iter().cloned().zip(vectors);
        known.extend(found.filter_map(|(text, vector)| vector.map(|vector| (text, vector))));
    }
    known
}
