//! The text of the answer: composed by the tenant's language model from what was found, or the approved text of
//! the best match, word for word. Both are first class.

use conversations::messages::AnswerMode;
use futures::StreamExt;
use kernel::{Result, TenantProof};
use llm::{ChatError, ChatEvent, ChatModel, ChatRequest, FinishReason, Usage};
use serde_json::json;

use super::explain::{ModelCall, SentPrompt};
use super::ground::{self, ground};
use super::prompt::{self, NO_ANSWER};
use super::trace::Trace;
use super::{Composed, Delta, Material, Sink, Turn};
use crate::Context;
use crate::model::{self, TenantModel};

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

fn approved_text(material: &Material, trace: &mut Trace, sink: &Sink) -> Option<Composed> {
    let best = material.found.candidates.first()?;
    let text = best.text.to_string();
    let _ = sink.send(Delta {
        text: text.clone(),
        replace: true,
    });
    trace.step("compose");
    Some(Composed {
        text,
        mode: AnswerMode::ApprovedText,
        used: vec![best.clone()],
        model: None,
        input_tokens: 0,
        output_tokens: 0,
    })
}

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
    let (request, shown) = prompt::build(turn, material, today);
    trace.note(
        "prompt",
        json!({"system": request.system, "passages": shown.len(), "sha256": digest_of(&request)}),
    );
    let instructions = prompt::instructions(turn, material, today);
    let called = call(ctx, proof, model, request, shown.len(), trace, sink).await?;
    let usage = called.usage;
    let text = match called.result {
        Ok(text) => text,
        Err(error) => {
            tracing::warn!(%error, "the model failed; the approved text is given");
            return Ok(Outcome::Fallback(error.fallback_reason()));
        }
    };
    if refuses(&text) {
        trace.note("model_said", json!("no_answer"));
        return Ok(Outcome::NotInPassages);
    }
    let grounded = ground(&text, &shown);
    trace.step("ground");
    if ground::repeats(&grounded.text, &instructions) {
        return Ok(Outcome::Fallback("leak"));
    }
    if grounded.text.is_empty() {
        return Ok(Outcome::Fallback("empty"));
    }
    if grounded.cited.is_empty() {
        // it speaks without resting on a passage: the approved text is certain to
        return Ok(Outcome::Fallback("no_citation"));
    }
    let used = grounded
        .cited
        .iter()
        .filter_map(|number| shown.get(*number).cloned())
        .collect();
    Ok(Outcome::Composed(Composed {
        text: grounded.text,
        mode: AnswerMode::Model,
        used,
        model: Some(model.name().to_owned()),
        input_tokens: usage.input_tokens.into(),
        output_tokens: usage.output_tokens.into(),
    }))
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
    sink: &Sink,
) -> Result<Heard> {
    trace.note("model", json!(model.name()));
    trace.sends(|| SentPrompt::of(&request, passages));
    let Some(hold) = model::reserve(&ctx.db, proof, model, &request).await? else {
        return Ok(Heard {
            result: Err(ChatError::BudgetSpent),
            usage: Usage::default(),
            first_token_ms: None,
        });
    };
    trace.step("reserve");
    let heard = listen(model, request, sink).await;
    // booked before anything else can fail: money that is spent is spent
    if let Err(error) = model::settle(&ctx.db, proof, model, hold, heard.usage).await {
        // the reservation stays, which is on the safe side; a good answer is not thrown away for it
        error.log();
    }
    trace.step("compose");
    if let Some(ms) = heard.first_token_ms {
        trace.note("first_token_ms", json!(ms));
    }
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

/// What came of a call.
pub(super) struct Heard {
    pub result: Result<String, ChatError>,
    pub usage: Usage,
    first_token_ms: Option<f64>,
}

/// Streams the model's words on, except while they may still become NO_ANSWER, and without citation marks.
async fn listen(model: &TenantModel, request: ChatRequest, sink: &Sink) -> Heard {
    let started = std::time::Instant::now();
    let mut shower = Shower {
        sink,
        text: String::new(),
        shown: 0,
        is_first: true,
    };
    let mut first_token_ms = None;
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
                shower.push(&piece);
            }
            // no tool is offered
            Some(Ok(ChatEvent::ToolCall(_))) => {}
            Some(Ok(ChatEvent::Finished { reason, usage })) => break (whole(reason, shower.text), usage),
            Some(Err(ChatError::Cut { usage })) => break (Err(ChatError::Cut { usage }), usage),
            Some(Err(error)) => break (Err(error), estimate(&shower.text)),
            None => {
                let usage = estimate(&shower.text);
                break (Err(ChatError::Cut { usage }), usage);
            }
        }
    };
    Heard {
        result,
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

/// Decides which part of the growing text can be shown already.
struct Shower<'a> {
    sink: &'a Sink,
    text: String,
    /// Bytes of `text` that have been considered.
    shown: usize,
    is_first: bool,
}

impl Shower<'_> {
    fn push(&mut self, piece: &str) {
        self.text.push_str(piece);
        if refuses(&self.text) || NO_ANSWER.starts_with(opening(&self.text)) {
            return;
        }
        // an open bracket may become a citation or a link: wait for what follows it
        let rest = before_address(self.text.get(self.shown..).unwrap_or_default());
        let end = rest
            .rfind('[')
            .filter(|open| rest.len() - open < 200 && !is_closed(rest.get(*open..).unwrap_or_default()));
        let ready = rest
            .get(..end.unwrap_or(rest.len()))
            .unwrap_or_default()
            .trim_end();
        if ready.is_empty() {
            return;
        }
        self.shown += ready.len();
        let text = ground::without_addresses(&without_marks(ready));
        if !text.is_empty() {
            let _ = self.sink.send(Delta {
                text,
                replace: std::mem::take(&mut self.is_first),
            });
        }
    }
}

/// The text without a last word that is, or may become, an address: it must be seen whole to be left out.
fn before_address(text: &str) -> &str {
    let lower = text.to_ascii_lowercase();
    let word = lower
        .char_indices()
        .rev()
        .find(|(_, c)| c.is_whitespace())
        .map_or(0, |(at, c)| at + c.len_utf8());
    let last = lower.get(word..).unwrap_or_default();
    let address = last.find("http").or_else(|| {
        ["htt", "ht", "h"]
            .iter()
            .find_map(|start| last.strip_suffix(start).map(str::len))
    });
    address.map_or(text, |at| text.get(..word + at).unwrap_or_default())
}

/// Whether what follows an opening bracket is complete: `[1] `, `[text](address) `.
fn is_closed(from: &str) -> bool {
    match from.find(']') {
        Some(end) => match from.get(end + 1..).and_then(|after| after.chars().next()) {
            Some('(') => from.contains(')'),
            Some(_) => true,
            None => false,
        },
        None => false,
    }
}

/// The text while it streams: citation marks and link addresses are left out; the final answer brings the checked
/// links back.
fn without_marks(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find('[') {
        let (before, from) = rest.split_at(open);
        let Some(end) = from.find(']') else { break };
        let inside = from.get(1..end).unwrap_or_default();
        let after = from.get(end + 1..).unwrap_or_default();
        let is_citation = inside
            .chars()
            .all(|c| c.is_ascii_digit() || matches!(c, ',' | ' ' | ';'))
            && !after.starts_with('(');
        out.push_str(if is_citation {
            before.trim_end_matches(' ')
        } else {
            before
        });
        if !is_citation {
            out.push_str(inside);
        }
        rest = match after
            .strip_prefix('(')
            .and_then(|address| address.find(')').map(|close| (address, close)))
        {
            Some((address, close)) if !is_citation => address.get(close + 1..).unwrap_or_default(),
            _ => after,
        };
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::mpsc;

    fn streamed(pieces: &[&str]) -> String {
        let (sink, mut received) = mpsc::unbounded_channel();
        let mut shower = Shower {
            sink: &sink,
            text: String::new(),
            shown: 0,
            is_first: true,
        };
        pieces.iter().for_each(|piece| shower.push(piece));
        drop(sink);
        let mut text = String::new();
        while let Ok(delta) = received.try_recv() {
            text.push_str(&delta.text);
        }
        text
    }

    #[test]
    fn the_visitor_never_sees_marks_or_the_refusal() {
        assert_eq!(streamed(&["NO", "_ANS", "WER"]), "");
        assert_eq!(streamed(&["**NO_", "ANSWER** because"]), "");
        assert_eq!(
            streamed(&["No", ", we do", " not [", "1", "].", " Sorry."]),
            "No, we do not. Sorry."
        );
        assert_eq!(
            streamed(&["See [our ", "page](https://a", ".example) now"]),
            "See our page now"
        );
    }

    #[test]
    fn no_address_and_no_hidden_character_is_seen_while_the_text_streams() {
        assert_eq!(
            streamed(&["Pay at hTT", "ps://evil", ".example/é", "x\u{200b} now."]),
            "Pay at  now."
        );
        assert_eq!(streamed(&["你好", "，世界"]), "你好，世界");
    }
}
