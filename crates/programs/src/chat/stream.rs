//! A reply in pieces: server-sent events as OpenAI's clients read them.
//!
//! What was sent cannot be taken back in this format. Pieces are sent once they are backed, as to a visitor; should the
//! reply turn out to be another after all (the model broke off, or cited nothing), it follows as a paragraph of its own.

use std::convert::Infallible;
use std::time::Duration;

use answering::api::answer_of;
use answering::pipeline::Delta;
use axum::response::sse::{Event as Sse, KeepAlive};
use axum::response::{IntoResponse, Response};
use conversations::outbound::BotReply;
use futures::Stream;
use kernel::{Result, error};
use serde_json::{Value, json};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinHandle;

use super::refusal::Refusal;
use super::{Heading, Usage, extension};

/// A proxy hangs up on a stream that is silent for long.
const SIGN_OF_LIFE: Duration = Duration::from_secs(15);

pub fn respond(
    heading: Heading,
    pieces: UnboundedReceiver<Delta>,
    work: JoinHandle<Result<BotReply>>,
    include_usage: bool,
) -> Response {
    let keep_alive = KeepAlive::new().interval(SIGN_OF_LIFE);
    let sse = axum::response::sse::Sse::new(events(heading, pieces, work, include_usage));
    ([("x-accel-buffering", "no")], sse.keep_alive(keep_alive)).into_response()
}

fn events(
    heading: Heading,
    mut pieces: UnboundedReceiver<Delta>,
    work: JoinHandle<Result<BotReply>>,
    include_usage: bool,
) -> impl Stream<Item = Result<Sse, Infallible>> {
    let say = |value: &Value| Ok(Sse::default().data(value.to_string()));
    let chunk = move |delta: Value, finish_reason: Option<&str>| {
        let choice = json!({"index": 0, "delta": delta, "logprobs": null, "finish_reason": finish_reason});
        let mut chunk = heading.chunk(json!([choice]));
        if include_usage {
            chunk["usage"] = Value::Null;
        }
        chunk
    };
    async_stream::stream! {
        yield say(&chunk(json!({"role": "assistant", "content": "", "refusal": null}), None));
        let mut sent = Sent::default();
        while let Some(delta) = pieces.recv().await {
            if let Some(text) = sent.take(delta) {
                yield say(&chunk(json!({"content": text}), None));
            }
        }
        let reply = match work.await {
            Ok(Ok(reply)) => reply,
            Ok(Err(error)) => {
                yield say(&Refusal::from(error).body());
                return;
            }
            Err(cause) => {
                yield say(&Refusal::from(error::internal(cause)).body());
                return;
            }
        };
        let usage = Usage::of(&reply);
        let answer = answer_of(reply);
        if let Some(text) = sent.rest(&answer.text) {
            yield say(&chunk(json!({"content": text}), None));
        }
        let mut last = chunk(json!({}), Some("stop"));
        last["rapport"] = extension(&answer);
        yield say(&last);
        if include_usage {
            let mut spent = last;
            spent["choices"] = json!([]);
            spent["usage"] = json!(usage);
            if let Some(fields) = spent.as_object_mut() {
                fields.remove("rapport");
            }
            yield say(&spent);
        }
        yield Ok(Sse::default().data("[DONE]"));
    }
}

impl Heading {
    fn chunk(&self, choices: Value) -> Value {
        json!({
            "id": self.id,
            "object": "chat.completion.chunk",
            "created": self.created,
            "model": self.model,
            "choices": choices,
        })
    }
}

/// What the client has been sent of a text that may still become another.
#[derive(Default)]
struct Sent {
    text: String,
    /// What was sent is void: the rest waits for the whole.
    is_void: bool,
}

impl Sent {
    /// The piece to send now, if there is one.
    fn take(&mut self, delta: Delta) -> Option<String> {
        self.is_void |= delta.replace && !self.text.is_empty();
        if self.is_void || delta.text.is_empty() {
            return None;
        }
        self.text.push_str(&delta.text);
        Some(delta.text)
    }

    /// What is missing of the whole.
    fn rest(&self, whole: &str) -> Option<String> {
        if let Some(rest) = whole.strip_prefix(self.text.as_str()) {
            return Some(rest.to_owned()).filter(|rest| !rest.is_empty());
        }
        // white space at the end does not make it another text
        if self.text.trim_end() == whole.trim_end() {
            return None;
        }
        Some(format!("\n\n{whole}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(deltas: &[(&str, bool)], whole: &str) -> String {
        let mut sent = Sent::default();
        let mut told = String::new();
        for (text, replace) in deltas {
            let delta = Delta {
                text: (*text).into(),
                replace: *replace,
            };
            told.extend(sent.take(delta));
        }
        told.extend(sent.rest(whole));
        told
    }

    #[test]
    fn the_pieces_are_the_whole() {
        assert_eq!(told(&[], "Yes."), "Yes.");
        assert_eq!(told(&[("Yes.", true)], "Yes."), "Yes.");
        assert_eq!(
            told(&[("Yes, ", true), ("we do. ", false)], "Yes, we do."),
            "Yes, we do. "
        );
        assert_eq!(told(&[("Yes, ", true)], "Yes, we do."), "Yes, we do.");
    }

    #[test]
    fn what_was_withdrawn_is_followed_by_what_counts() {
        let deltas = [("Perhaps. ", true), ("No.", true), ("More", false)];
        assert_eq!(told(&deltas, "No."), "Perhaps. \n\nNo.");
    }
}
