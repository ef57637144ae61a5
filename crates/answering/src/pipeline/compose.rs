//! The text of the answer: composed by the tenant's language model from what was found, or the approved text of
//! the best match, word for word. Both are first class.

use conversations::messages::{AnswerMode, Source};
use futures::StreamExt;
use kernel::{Result, TenantProof};
use knowledge::passages;
use knowledge::retrieval::Candidate;
use llm::{ChatError, ChatEvent, ChatMessage, ChatModel, ChatRequest, FinishReason, ToolCall, Usage};
use serde_json::json;

use super::explain::{ModelCall, SentPrompt};
use super::ground::{self, Grounding, Instructions};
use super::prompt::{self, NO_ANSWER};
use super::trace::Trace;
use super::{Composed, Delta, Material, Sink, Turn};
use crate::Context;
use crate::model::{self, TenantModel};
use crate::tools;
use crate::tools::calls::Evidence;

/// None: on reading, the model found that the knowledge does not hold the answer.
pub(super) async fn compose(
    ctx: &Context,
    proof: &impl TenantProof,
    turn: &Turn,
    material: &Material,
    trace: &mut Trace,
    sink: &Sink,
) -> Result<Option<Composed>> {
    let found = ctx.models.find(&ctx.db, proof, &turn.options).await;
    let outcome = match found {
        Ok(Some(model)) => with_model(ctx, proof, turn, material, &model, trace, sink).await?,
        Ok(None) => return Ok(approved_text(material, trace, sink)),
        Err(error) => {
            tracing::warn!(%error, "the model cannot be used; the approved text is given");
            Outcome::Fallback("not_usable")
        }
    };
    match outcome {
        Outcome::Composed(composed) => Ok(Some(composed)),
        Outcome::NotInPassages => Ok(None),
        Outcome::Fallback(reason) => {
            trace.note("fallback", json!(reason));
            Ok(approved_text(material, trace, sink))
        }
    }
}

/// An entry's own text as people read it.
pub(super) fn approved(candidate: &Candidate) -> String {
    ground::visible(&passages::read_out(&candidate.text))
}

fn approved_text(material: &Material, trace: &mut Trace, sink: &Sink) -> Option<Composed> {
    let best = material.found.candidates.first()?;
    let text = approved(best);
    let _ = sink.send(Delta {
        text: text.clone(),
        replace: true,
    });
    trace.step("compose");
    Some(Composed {
        text,
        mode: AnswerMode::ApprovedText,
        used: vec![best.clone()],
        found: Vec::new(),
        is_by_tool: false,
    })
}

/// So many of the sentences that were left out are kept with the answer.
const UNBACKED_KEPT: usize = 5;

enum Outcome {
    Composed(Composed),
    NotInPassages,
    /// Why the approved text is given instead.
    Fallback(&'static str),
}

async fn with_model(
    ctx: &Context,
    proof: &impl TenantProof,
    turn: &Turn,
    material: &Material,
    model: &TenantModel,
    trace: &mut Trace,
    sink: &Sink,
) -> Result<Outcome> {
    let today = ctx.db.clock.now().date_naive();
    let offered = tools::calls::offer(ctx, proof, turn, material.language).await?;
    let (mut request, mut shown) = prompt::build(turn, material, today);
    let passages = shown.len();
    if let Some(offered) = &offered {
        request.system.push_str(tools::calls::RULES);
        request.tools.clone_from(&offered.specs);
    }
    trace.note(
        "prompt",
        json!({"system": request.system, "passages": passages, "sha256": digest_of(&request)}),
    );
    let instructions = Instructions::new(&prompt::instructions(turn, material, today));
    let mut evidence: Vec<Evidence> = Vec::new();
    let (text, grounding) = loop {
        let mut grounding = Grounding::new(&shown, material.language);
        let mut shower = Shower::new(sink, &instructions);
        let asked = request.clone();
        let called = call(ctx, proof, model, asked, passages, trace, &mut |piece| {
            shower.show(&mut grounding, piece);
        })
        .await?;
        let text = match called.result {
            Ok(text) => text,
            Err(error) => {
                tracing::warn!(%error, "the model failed; the approved text is given");
                return Ok(without_model(evidence, sink, error.fallback_reason()));
            }
        };
        let Some(offered) = offered.as_ref().filter(|_| !called.tool_calls.is_empty()) else {
            break (text, grounding);
        };
        let rounds = request.messages.iter().filter(|message| is_call(message)).count();
        if rounds == tools::calls::MOST_ROUNDS {
            return Ok(without_model(evidence, sink, "tool_loop"));
        }
        let mut results = Vec::new();
        for (place, asked) in called.tool_calls.iter().enumerate() {
            if place >= tools::calls::MOST_CALLS {
                results.push(result(
                    asked,
                    &json!({"error": {"code": "too_many_calls", "message": "Call fewer tools at once."}}),
                ));
                continue;
            }
            let ran = tools::calls::run(ctx, proof, turn, offered, asked, &mut trace.effects).await?;
            if let Some(text) = ran.says {
                trace.step("tools");
                return Ok(Outcome::Composed(said(
                    text,
                    AnswerMode::Action,
                    Vec::new(),
                    sink,
                )));
            }
            let mut content = ran.content;
            if let Some(found) = ran.evidence {
                shown.push(found.candidate(material.language));
                content["cite"] = json!(format!("[{}]", shown.len()));
                evidence.push(found);
            }
            results.push(result(asked, &content));
        }
        trace.step("tools");
        request.messages.push(ChatMessage::Assistant {
            text,
            tool_calls: called.tool_calls,
        });
        request.messages.extend(results);
    };
    if refuses(&text) {
        trace.note("model_said", json!("no_answer"));
        return Ok(match evidence.is_empty() {
            true => Outcome::NotInPassages,
            false => without_model(evidence, sink, "no_answer"),
        });
    }
    let grounded = grounding.finish();
    trace.step("ground");
    if !grounded.unbacked.is_empty() {
        let first = grounded.unbacked.iter().take(UNBACKED_KEPT).collect::<Vec<_>>();
        trace.note("unbacked", json!(first));
    }
    if instructions.are_repeated_in(&grounded.whole) {
        return Ok(without_model(evidence, sink, "leak"));
    }
    if grounded.text.is_empty() {
        let reason = if grounded.unbacked.is_empty() {
            "empty"
        } else {
            "unbacked"
        };
        return Ok(without_model(evidence, sink, reason));
    }
    if grounded.cited.is_empty() {
        // it speaks without resting on a passage: the approved text is certain to
        return Ok(without_model(evidence, sink, "no_citation"));
    }
    let (from_passages, from_tools): (Vec<usize>, Vec<usize>) =
        grounded.cited.iter().partition(|number| **number < passages);
    let found = from_tools
        .iter()
        .filter_map(|number| evidence.get(number - passages))
        .map(|one| one.source.clone())
        .collect();
    let used = from_passages
        .iter()
        .filter_map(|number| shown.get(*number).cloned())
        .collect();
    Ok(Outcome::Composed(Composed {
        text: grounded.text,
        mode: AnswerMode::Model,
        used,
        found,
        is_by_tool: !from_tools.is_empty(),
    }))
}

/// What a tool has found is said in fixed words; without any, the approved text is.
fn without_model(evidence: Vec<Evidence>, sink: &Sink, reason: &'static str) -> Outcome {
    if evidence.is_empty() {
        return Outcome::Fallback(reason);
    }
    let (texts, sources): (Vec<String>, Vec<Source>) =
        evidence.into_iter().map(|one| (one.text, one.source)).unzip();
    Outcome::Composed(said(texts.join("\n\n"), AnswerMode::Order, sources, sink))
}

/// What is said because of a tool, in fixed words.
fn said(text: String, mode: AnswerMode, found: Vec<Source>, sink: &Sink) -> Composed {
    let _ = sink.send(Delta {
        text: text.clone(),
        replace: true,
    });
    Composed {
        text,
        mode,
        used: Vec::new(),
        found,
        is_by_tool: true,
    }
}

fn is_call(message: &ChatMessage) -> bool {
    matches!(message, ChatMessage::Assistant { tool_calls, .. } if !tool_calls.is_empty())
}

fn result(call: &ToolCall, content: &serde_json::Value) -> ChatMessage {
    ChatMessage::ToolResult {
        call_id: call.id.clone(),
        name: call.name.clone(),
        content: content.to_string(),
    }
}

/// For a question that the knowledge does not hold: what a tool of the model's finds, or does. None: nothing.
pub(super) async fn by_tool(
    ctx: &Context,
    proof: &impl TenantProof,
    turn: &Turn,
    material: &Material,
    trace: &mut Trace,
    sink: &Sink,
) -> Result<Option<Composed>> {
    let offered = tools::calls::offer(ctx, proof, turn, material.language).await?;
    let has_order_tool = offered.is_some_and(|offered| offered.has_order_tool());
    let Ok(Some(model)) = ctx.models.find(&ctx.db, proof, &turn.options).await else {
        return Ok(None);
    };
    if !has_order_tool {
        return Ok(None);
    }
    // what it says without a tool is not shown
    let (unseen, _) = tokio::sync::mpsc::unbounded_channel();
    let outcome = with_model(ctx, proof, turn, material, &model, trace, &unseen).await?;
    match outcome {
        Outcome::Composed(composed) if composed.is_by_tool => Ok(Some(said_again(composed, sink))),
        _ => Ok(None),
    }
}

fn said_again(composed: Composed, sink: &Sink) -> Composed {
    let _ = sink.send(Delta {
        text: composed.text.clone(),
        replace: true,
    });
    composed
}

/// Tells whether two answers were asked for in the same words.
fn digest_of(request: &ChatRequest) -> String {
    super::trace::digest(&format!("{}\n{:?}", request.system, request.messages))
}

/// Calls the model within the budget: reserved before, booked after.
pub(super) async fn call(
    ctx: &Context,
    proof: &impl TenantProof,
    model: &TenantModel,
    request: ChatRequest,
    passages: usize,
    trace: &mut Trace,
    on_piece: &mut (dyn FnMut(&str) + Send),
) -> Result<Heard> {
    trace.note("model", json!(model.name()));
    trace.sends(|| SentPrompt::of(&request, passages));
    let Some(hold) = model::reserve(&ctx.db, proof, model, &request).await? else {
        return Ok(Heard {
            result: Err(ChatError::BudgetSpent),
            tool_calls: Vec::new(),
            usage: Usage::default(),
            first_token_ms: None,
        });
    };
    trace.step("reserve");
    let heard = listen(model, request, on_piece).await;
    // booked before anything else can fail: money that is spent is spent
    if let Err(error) = model::settle(&ctx.db, proof, model, hold, heard.usage).await {
        // the reservation stays, which is on the safe side; a good answer is not thrown away for it
        error.log();
    }
    trace.step("compose");
    if let Some(ms) = heard.first_token_ms {
        trace.note("first_token_ms", json!(ms));
    }
    trace.spend(model.name(), heard.usage);
    trace.called(|| ModelCall {
        credential_id: model.credential.id,
        model: model.name().to_owned(),
        input_tokens: heard.usage.input_tokens,
        output_tokens: heard.usage.output_tokens,
        cost: model.known_cost(heard.usage),
        first_token_ms: heard.first_token_ms,
    });
    Ok(heard)
}

/// Whether the model says that the passages do not hold the answer; some add a reason although they should not.
pub(super) fn refuses(text: &str) -> bool {
    opening(text).starts_with(NO_ANSWER)
}

/// The text without what some models put before the refusal.
fn opening(text: &str) -> &str {
    text.trim_start_matches(|c: char| {
        c.is_whitespace() || matches!(c, '*' | '"' | '`' | '\u{200b}'..='\u{200f}' | '\u{feff}')
    })
}

/// Answers have some 3,000 bytes; a model that goes on and on is not listened to.
const LONGEST_ANSWER: usize = 32 * 1024;

/// What came of a call.
pub(super) struct Heard {
    pub result: Result<String, ChatError>,
    /// What it asks for; only where tools were offered.
    pub tool_calls: Vec<ToolCall>,
    pub usage: Usage,
    first_token_ms: Option<f64>,
}

/// Hands on the model's words as they come.
async fn listen(model: &TenantModel, request: ChatRequest, on_piece: &mut (dyn FnMut(&str) + Send)) -> Heard {
    let started = std::time::Instant::now();
    let mut text = String::new();
    let mut first_token_ms = None;
    let mut tool_calls = Vec::new();
    let asked = u32::try_from(model::bytes_read(&request) / 4).unwrap_or(u32::MAX);
    let mut stream = model.remote.stream(request);
    // what a call that broke has cost: nothing if it never began to answer
    let estimate = |text: &str| Usage {
        input_tokens: if text.is_empty() { 0 } else { asked },
        output_tokens: u32::try_from(text.len() / 4).unwrap_or(u32::MAX),
    };
    let (result, usage) = loop {
        match stream.next().await {
            Some(Ok(ChatEvent::Text(piece))) => {
                first_token_ms.get_or_insert_with(|| started.elapsed().as_secs_f64() * 1000.0);
                text.push_str(&piece);
                if text.len() > LONGEST_ANSWER {
                    break (
                        Err(ChatError::InvalidResponse("the answer has no end".into())),
                        estimate(&text),
                    );
                }
                on_piece(&piece);
            }
            Some(Ok(ChatEvent::ToolCall(call))) => tool_calls.push(call),
            Some(Ok(ChatEvent::Finished { reason, usage })) => break (whole(reason, text), usage),
            Some(Err(ChatError::Cut { usage })) => break (Err(ChatError::Cut { usage }), usage),
            Some(Err(error)) => break (Err(error), estimate(&text)),
            None => {
                let usage = estimate(&text);
                break (Err(ChatError::Cut { usage }), usage);
            }
        }
    };
    Heard {
        result,
        tool_calls,
        usage,
        first_token_ms,
    }
}

/// An answer that was withheld, or that ran into the limit in the middle of a sentence, is none.
fn whole(reason: FinishReason, text: String) -> Result<String, ChatError> {
    match reason {
        FinishReason::Filtered => Err(ChatError::InvalidResponse(
            "the provider withheld the answer".into(),
        )),
        FinishReason::Length => Err(ChatError::InvalidResponse(
            "the answer did not fit its limit".into(),
        )),
        FinishReason::Stop | FinishReason::ToolCalls => Ok(text),
    }
}

/// Shows the visitor what may be read of an answer that is still being written.
struct Shower<'a> {
    sink: &'a Sink,
    instructions: &'a Instructions,
    /// The beginning of what was written, in which a refusal stands.
    written: String,
    /// The end of what was shown.
    shown: String,
    /// It has begun to repeat its instructions: the rest is not shown.
    is_telling: bool,
}

/// So much of the beginning and of the end is looked at, in bytes.
const LOOKED_AT: usize = 2_000;

impl<'a> Shower<'a> {
    fn new(sink: &'a Sink, instructions: &'a Instructions) -> Self {
        Self {
            sink,
            instructions,
            written: String::new(),
            shown: String::new(),
            is_telling: false,
        }
    }

    fn show(&mut self, grounding: &mut Grounding, piece: &str) {
        if self.written.len() < LOOKED_AT {
            self.written.push_str(piece);
        }
        let text = grounding.push(piece);
        if text.is_empty() || refuses(&self.written) {
            return;
        }
        let replace = self.shown.is_empty();
        let end = self.shown.len().saturating_sub(LOOKED_AT);
        self.shown.drain(..self.shown.ceil_char_boundary(end));
        self.shown.push_str(&text);
        self.is_telling |= self.instructions.are_repeated_in(&self.shown);
        if !self.is_telling {
            let _ = self.sink.send(Delta { text, replace });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::mpsc;

    fn streamed(pieces: &[&str]) -> String {
        let (sink, mut received) = mpsc::unbounded_channel();
        let instructions = Instructions::new("Be kind.");
        let mut shower = Shower::new(&sink, &instructions);
        let mut grounding = Grounding::new(&[], knowledge::language::Language::ENGLISH);
        pieces.iter().for_each(|piece| shower.show(&mut grounding, piece));
        drop(shower);
        drop(sink);
        let mut text = String::new();
        while let Ok(delta) = received.try_recv() {
            text.push_str(&delta.text);
        }
        text
    }

    #[test]
    fn the_refusal_is_never_seen() {
        assert_eq!(streamed(&["NO", "_ANS", "WER"]), "");
        assert_eq!(streamed(&["**NO_", "ANSWER**. Is", " that so? ", "Yes."]), "");
        assert_eq!(streamed(&["Is th", "at so? ", "And this"]), "Is that so? ");
    }
}
