//! From question to reply, step by step: understand → retrieve → judge → compose → ground → decide.
//!
//! [`answer`] stores nothing; [`crate::turns`] does. Every step leaves its choice and time in the trace.

mod chips;
mod compose;
pub mod draft;
mod explain;
mod gaps;
mod ground;
mod prompt;
mod retrieve;
pub mod search;
mod trace;

use std::collections::HashMap;
use std::sync::Arc;

use automation::keywords::ActionType;
use conversations::inbound::Utterance;
use conversations::leads::capture::Step;
use conversations::meetings::scheduler::dialogue;
use conversations::messages::{Action, AnswerMode, SenderType, Source, SourceKind};
use conversations::outbound::BotReply;
use kernel::ids::{CredentialId, MessageId, PassageId, QaPairId};
use kernel::{Result, TenantProof};
use knowledge::language::{self, Language};
use knowledge::retrieval::{Candidate, EntryKind};
use knowledge::snapshot::Snapshot;
use llm::{ChatError, ChatRequest};
use serde_json::json;
use tokio::sync::mpsc;
use uuid::Uuid;

use crate::agents::Chosen;
use crate::intent::{self, Intent};
use crate::model::TenantModel;
use crate::tools::{self, Door, Effects};
use crate::wording::{Phrase, say};
use crate::{BotSettings, Context};
use retrieve::Found;
use trace::Trace;

pub use explain::{Explanation, ModelCall, ScoredCandidate, SentPrompt};
pub use trace::AnswerTrace;

/// Everything that a reply is made from.
#[derive(Debug, Clone)]
pub struct Turn {
    /// What was said, oldest first; it ends with the visitor's messages that wait for a reply.
    pub recent: Vec<Utterance>,
    /// The conversation's language as far as known.
    pub language: Option<String>,
    pub knowledge_revision: i64,
    pub settings: Arc<BotSettings>,
    pub options: Options,
    /// Keeps everything that led to the reply, for the playground.
    pub is_explained: bool,
    /// Vectors of questions that were embedded together beforehand.
    pub known_vectors: Arc<HashMap<String, Vec<f32>>>,
    /// Which of the channel's agents speaks; none: the channel's own prompt counts.
    pub agent: Option<Arc<Chosen>>,
    /// Where it comes from, if tools may be used.
    pub door: Option<Door>,
}

/// What a channel or a request may change about the model.
#[derive(Debug, Clone)]
pub struct Options {
    pub source: ModelSource,
    /// Another model of the same provider than the credential's own.
    pub model: Option<String>,
    pub temperature: f64,
}

/// Which of the tenant's credentials composes the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ModelSource {
    Default,
    Credential(CredentialId),
    /// None: the approved text is given.
    Nothing,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            source: ModelSource::Default,
            model: None,
            temperature: 0.3,
        }
    }
}

/// A piece of the reply while it is being made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delta {
    pub text: String,
    /// What was sent before is void.
    pub replace: bool,
}

/// Where pieces of the reply go while it is made.
pub type Sink = mpsc::UnboundedSender<Delta>;

/// A reply with what only its maker needs to know.
#[derive(Debug, Clone)]
pub struct Reply {
    pub reply: BotReply,
    /// The gaps to note with it: a question each.
    pub gaps: Vec<GapHint>,
    /// More messages may make it clearer: worth waiting for.
    pub is_unsure: bool,
    /// For a turn that is explained.
    pub explanation: Option<Explanation>,
    /// What it means for leads.
    pub lead: Option<Step>,
    /// What tools do when it is stored.
    pub effects: Effects,
    /// What it does to a meeting.
    pub meeting: Option<dialogue::Step>,
}

impl Reply {
    pub fn hands_over(&self) -> bool {
        self.reply
            .actions
            .iter()
            .any(|action| matches!(action, Action::HandOff { .. }))
    }

    pub fn offers_booking(&self) -> bool {
        self.reply
            .actions
            .iter()
            .any(|action| matches!(action, Action::OfferBooking { .. }))
    }
}

#[derive(Debug, Clone)]
pub struct GapHint {
    pub question: String,
    /// The message that it ends in; none: the last one.
    pub message_id: Option<MessageId>,
    /// What came nearest, and its cosine.
    pub best_match_id: Option<QaPairId>,
    pub similarity: Option<f64>,
}

/// A gap's question is cut here: the index that finds repeats takes no more.
const LONGEST_GAP: usize = 500;

impl Turn {
    /// The visitor's waiting messages as one question.
    pub fn question(&self) -> String {
        let texts = self.waiting().iter().map(|utterance| utterance.text.trim());
        texts
            .filter(|text| !text.is_empty())
            .collect::<Vec<_>>()
            .join("\n")
    }

    /// The messages that wait for a reply.
    pub(crate) fn waiting(&self) -> &[Utterance] {
        self.recent.get(self.waiting_from()..).unwrap_or_default()
    }

    pub(crate) fn waiting_mut(&mut self) -> &mut [Utterance] {
        let from = self.waiting_from();
        self.recent.get_mut(from..).unwrap_or_default()
    }

    /// The number of the last message that was not the visitor's.
    pub(crate) fn last_said_seq(&self) -> Option<i64> {
        self.history().last().map(|utterance| utterance.seq)
    }

    /// What the visitor asked before that, oldest first.
    fn earlier_questions(&self) -> Vec<&str> {
        self.history()
            .iter()
            .filter(|utterance| utterance.sender_type == SenderType::User)
            .map(|utterance| utterance.text.as_str())
            .collect()
    }

    fn history(&self) -> &[Utterance] {
        self.recent.get(..self.waiting_from()).unwrap_or_default()
    }

    fn waiting_from(&self) -> usize {
        self.recent
            .iter()
            .rposition(|utterance| utterance.sender_type != SenderType::User)
            .map_or(0, |last| last + 1)
    }
}

/// Makes the reply to a turn. Pieces go to `sink` as soon as they are backed; one that says `replace` takes the place of all
/// that went before.
pub async fn answer(ctx: &Context, proof: &impl TenantProof, turn: &Turn, sink: &Sink) -> Result<Reply> {
    let trace = Trace::start(turn.is_explained);
    let snapshots = &ctx.knowledge.snapshots;
    let snapshot = snapshots.get(&ctx.db, proof, turn.knowledge_revision).await?;
    let mut made = answer_from(ctx, proof, snapshot, turn, trace, sink).await?;
    for action in &made.effects.actions {
        if !made.reply.actions.contains(action) {
            made.reply.actions.push(action.clone());
        }
        made.reply.escalation_offered = true;
    }
    made.lead = made.effects.lead.clone();
    Ok(made)
}

/// What a keyword of the visitor's makes the bot say: a text of the tenant's, or a sentence of its own.
pub fn from_keyword(turn: &Turn, action: ActionType, text: Option<String>, question: String) -> Reply {
    let trace = Trace::start(false);
    let language = understand_language(&question, turn);
    if action == ActionType::Escalate {
        let mut made = hand_over(language, turn, question, trace);
        made.reply.text = text.unwrap_or(made.reply.text);
        return made;
    }
    let text = text.unwrap_or_else(|| say(Phrase::Back, language).to_owned());
    reply(turn, AnswerMode::Action, text, language, question, None, trace)
}

/// What a workflow in the bot's place has said. Nobody knows how sure it is.
pub fn from_workflow(turn: &Turn, mode: AnswerMode, text: String, question: String, took_ms: i64) -> Reply {
    let mut trace = Trace::start(false);
    trace.note("workflow", json!({"took_ms": took_ms}));
    let language = understand_language(&question, turn);
    let mut made = reply(turn, mode, text, language, question, None, trace);
    made.reply.confidence = 0.0;
    made
}

/// What is said when the workflow did not answer and the built-in bot must not: a person is asked.
pub fn without_workflow(turn: &Turn, question: String) -> Reply {
    let mut trace = Trace::start(false);
    trace.note("workflow", json!({"failed": true}));
    let language = understand_language(&question, turn);
    hand_over(language, turn, question, trace)
}

/// A reply that rests on no knowledge.
pub(crate) fn in_own_words(turn: &Turn, mode: AnswerMode, text: String) -> Reply {
    let question = turn.question();
    let language = understand_language(&question, turn);
    reply(turn, mode, text, language, question, None, Trace::start(false))
}

/// The language in which the turn is answered.
pub(crate) fn language_of(turn: &Turn) -> Language {
    understand_language(&turn.question(), turn)
}

/// The same from other knowledge than what serves: to see what it would say.
pub async fn try_answer(
    ctx: &Context,
    proof: &impl TenantProof,
    snapshot: Arc<Snapshot>,
    turn: &Turn,
) -> Result<Reply> {
    // nobody watches: the pieces are dropped
    let (sink, _) = mpsc::unbounded_channel();
    let trace = Trace::start(turn.is_explained);
    answer_from(ctx, proof, snapshot, turn, trace, &sink).await
}

/// One call of the model outside of a conversation, within its limits and the budget.
pub async fn ask_model(
    ctx: &Context,
    proof: &impl TenantProof,
    model: &TenantModel,
    request: ChatRequest,
) -> Result<std::result::Result<String, ChatError>> {
    let mut trace = Trace::start(false);
    let heard = compose::call(ctx, proof, model, request, 0, &mut trace, &mut |_| {}).await?;
    Ok(heard.result)
}

async fn answer_from(
    ctx: &Context,
    proof: &impl TenantProof,
    snapshot: Arc<Snapshot>,
    turn: &Turn,
    mut trace: Trace,
    sink: &Sink,
) -> Result<Reply> {
    let question = turn.question();
    trace.step("knowledge");
    let language = understand_language(&question, turn);
    if question.is_empty() {
        return Ok(file_only(language, turn, trace));
    }
    let intent = intent::detect(&question);
    trace.note("intent", json!(format!("{intent:?}").to_lowercase()));
    trace.step("understand");
    match intent {
        Intent::Greeting | Intent::Thanks | Intent::Goodbye => {
            return Ok(small_talk(intent, language, &snapshot, turn, question, trace));
        }
        Intent::Person if turn.settings.escalation_enabled => {
            return Ok(hand_over(language, turn, question, trace));
        }
        _ => {}
    }
    let found = retrieve::retrieve(ctx, proof, &snapshot, turn, &question, language, &mut trace).await?;
    let material = Material {
        snapshot: found.snapshot.clone(),
        found,
        question,
        language,
        wants_booking: intent == Intent::Booking,
    };
    if material.found.confidence() < turn.settings.confidence_threshold {
        if turn.door.is_some()
            && tools::speaks_of_orders(&material.question)
            && let Some(composed) = compose::by_tool(ctx, proof, turn, &material, &mut trace, sink).await?
        {
            return Ok(decide(&material, turn, composed, trace));
        }
        return decline(ctx, proof, &snapshot, turn, &material, trace).await;
    }
    let composed = compose::compose(ctx, proof, turn, &material, &mut trace, sink).await?;
    match composed {
        Some(composed) => Ok(decide(&material, turn, composed, trace)),
        None => decline(ctx, proof, &snapshot, turn, &material, trace).await,
    }
}

/// What was found for a question, and what was understood of it.
struct Material {
    snapshot: Arc<Snapshot>,
    found: Found,
    question: String,
    language: Language,
    wants_booking: bool,
}

/// An answer's text before the last decisions.
struct Composed {
    text: String,
    mode: AnswerMode,
    /// The entries that the text rests on.
    used: Vec<Candidate>,
    /// And what tools have found.
    found: Vec<Source>,
    /// A tool has made it what it is.
    is_by_tool: bool,
}

/// The question's own language, else the conversation's.
fn understand_language(question: &str, turn: &Turn) -> Language {
    let known = turn
        .language
        .as_deref()
        .map_or(Language::UNKNOWN, Language::from_code);
    let earlier = || {
        turn.earlier_questions()
            .last()
            .map_or(Language::UNKNOWN, |text| language::detect(text))
    };
    language::detect(question).or(earlier()).or(known)
}

/// A reply with nothing but its text: the one place where replies are made.
fn reply(
    turn: &Turn,
    mode: AnswerMode,
    text: String,
    language: Language,
    question: String,
    material: Option<&Material>,
    mut trace: Trace,
) -> Reply {
    trace.step("decide");
    let agent = turn.agent.as_ref().map(|chosen| {
        let Chosen { agent, because, .. } = chosen.as_ref();
        let note = json!({"agent_id": agent.agent_id, "name": agent.name, "because": because});
        trace.note("agent", note);
        agent.clone()
    });
    let explanation = trace.explain(material);
    let effects = std::mem::take(&mut trace.effects);
    if !effects.calls.is_empty() {
        let calls: Vec<_> = effects.calls.iter().map(tools::NewCall::told).collect();
        trace.note("tools", json!(calls));
    }
    let (model, usage) = trace.spent().cloned().unzip();
    let usage = usage.unwrap_or_default();
    let reply = BotReply {
        text,
        question_text: question,
        mode,
        confidence: material.map_or(1.0, |material| material.found.confidence()),
        gap_detected: false,
        escalation_offered: false,
        suggestion_chips: Vec::new(),
        matched_qa_ids: Vec::new(),
        matched_passage_ids: Vec::new(),
        knowledge_revision: material.map(|material| material.snapshot.revision),
        sources: Vec::new(),
        actions: Vec::new(),
        language: code(language),
        model,
        input_tokens: usage.input_tokens.into(),
        output_tokens: usage.output_tokens.into(),
        trace: trace.finish(material, turn, mode),
        sender_name: Some(turn.settings.display_name.clone()),
        agent,
    };
    Reply {
        reply,
        gaps: Vec::new(),
        is_unsure: false,
        explanation,
        lead: None,
        effects,
        meeting: None,
    }
}

fn decide(material: &Material, turn: &Turn, composed: Composed, trace: Trace) -> Reply {
    let settings = &turn.settings;
    let used: Vec<_> = composed.used.iter().map(|candidate| candidate.group).collect();
    let actions = booking_action(material.wants_booking, settings);
    let question = material.found.reading.clone();
    let mut made = reply(
        turn,
        composed.mode,
        composed.text,
        material.language,
        question,
        Some(material),
        trace,
    );
    made.reply = BotReply {
        escalation_offered: !actions.is_empty(),
        suggestion_chips: chips::related(material, &used, settings.max_suggestion_chips.into()),
        matched_qa_ids: ids_of(EntryKind::QaPair, &composed.used).map(QaPairId).collect(),
        matched_passage_ids: ids_of(EntryKind::Passage, &composed.used)
            .map(PassageId)
            .collect(),
        sources: [sources(&material.snapshot, &composed.used), composed.found].concat(),
        actions,
        ..made.reply
    };
    made
}

/// Below the bar: says so, notes the gaps, offers a person or a booking.
async fn decline(
    ctx: &Context,
    proof: &impl TenantProof,
    snapshot: &Arc<Snapshot>,
    turn: &Turn,
    material: &Material,
    trace: Trace,
) -> Result<Reply> {
    let settings = &turn.settings;
    let actions = booking_action(true, settings);
    let phrase = match (
        material.wants_booking && !actions.is_empty(),
        settings.escalation_enabled,
        actions.is_empty(),
    ) {
        (true, _, _) => Phrase::Booking,
        _ if material.snapshot.index.is_empty() => Phrase::NothingLearned,
        (false, false, _) => Phrase::NotKnownAlone,
        (false, true, true) => Phrase::NotKnown,
        (false, true, false) => Phrase::NotKnownBooking,
    };
    let is_gap = phrase != Phrase::Booking;
    let mode = if is_gap {
        AnswerMode::NoAnswer
    } else {
        AnswerMode::Action
    };
    let text = say(phrase, material.language).to_owned();
    let question = material.found.reading.clone();
    let mut made = reply(
        turn,
        mode,
        text,
        material.language,
        question,
        Some(material),
        trace,
    );
    made.reply = BotReply {
        gap_detected: is_gap,
        escalation_offered: settings.escalation_enabled,
        suggestion_chips: chips::nearest(material, settings.max_suggestion_chips.into()),
        actions,
        ..made.reply
    };
    if is_gap {
        made.gaps = gaps::gaps_of(ctx, proof, snapshot, turn, material).await?;
    }
    made.is_unsure = is_gap;
    Ok(made)
}

fn booking_action(wanted: bool, settings: &BotSettings) -> Vec<Action> {
    match &settings.booking_url {
        Some(url) if wanted && settings.escalation_enabled => vec![Action::OfferBooking { url: url.clone() }],
        _ => Vec::new(),
    }
}

fn small_talk(
    intent: Intent,
    language: Language,
    snapshot: &Snapshot,
    turn: &Turn,
    question: String,
    trace: Trace,
) -> Reply {
    let phrase = match intent {
        Intent::Thanks => Phrase::Thanks,
        Intent::Goodbye => Phrase::Goodbye,
        _ => Phrase::Greeting,
    };
    let text = say(phrase, language).to_owned();
    let mut made = reply(turn, AnswerMode::SmallTalk, text, language, question, None, trace);
    if intent == Intent::Greeting {
        made.reply.suggestion_chips =
            chips::openers(snapshot, language, turn.settings.max_suggestion_chips.into());
    }
    // "Hi" is often followed by the question.
    made.is_unsure = intent == Intent::Greeting;
    made
}

/// Files are for people: the bot says so, and waits a little for the words that may follow.
fn file_only(language: Language, turn: &Turn, trace: Trace) -> Reply {
    let text = say(Phrase::FileOnly, language).to_owned();
    let mut made = reply(
        turn,
        AnswerMode::Action,
        text,
        language,
        String::new(),
        None,
        trace,
    );
    made.reply.escalation_offered = turn.settings.escalation_enabled;
    made.is_unsure = true;
    made
}

fn hand_over(language: Language, turn: &Turn, question: String, trace: Trace) -> Reply {
    let text = say(Phrase::HandedOver, language).to_owned();
    let mut made = reply(turn, AnswerMode::Action, text, language, question, None, trace);
    made.reply.actions = vec![Action::HandOff {
        reason: "visitor_asked".into(),
    }];
    made.reply.escalation_offered = true;
    made
}

fn ids_of(kind: EntryKind, used: &[Candidate]) -> impl Iterator<Item = Uuid> {
    let used = used.iter().filter(move |candidate| candidate.kind == kind);
    used.map(|candidate| candidate.id)
}

fn sources(snapshot: &Snapshot, used: &[Candidate]) -> Vec<Source> {
    used.iter()
        .filter_map(|candidate| source(snapshot, candidate))
        .collect()
}

fn source(snapshot: &Snapshot, candidate: &Candidate) -> Option<Source> {
    let details = snapshot.details(candidate.id)?;
    let kind = match candidate.kind {
        EntryKind::QaPair => SourceKind::Qa,
        EntryKind::Passage => SourceKind::Passage,
    };
    Some(Source {
        kind,
        title: details.title.clone(),
        url: details.url.clone(),
    })
}

fn code(language: Language) -> Option<String> {
    (!language.is_unknown()).then(|| language.code().to_owned())
}
