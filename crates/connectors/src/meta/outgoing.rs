//! What is said on Messenger and Instagram: the Send API.

use serde_json::{Value, json};

use super::errors::{outcome, page_verdict};
use super::graph::Graph;
use super::json::Json;
use crate::http::{Answer, CallError, FormPart, Http};
use crate::inbound::{MediaKind, Person};
use crate::outbound::{Because, Choice, Part, Piece, SendError, Sent, Signal};

/// How many quick replies there may be, and how long their titles and payloads.
pub const CHOICES: usize = 13;
pub const TITLE: usize = 20;
const PAYLOAD: usize = 1000;

/// Where an account's messages are posted, and what its vendor knows beyond text and links.
#[derive(Clone, Copy)]
pub struct Sender<'a> {
    pub graph: Graph<'a>,
    /// The page's or the account's id, or `me`.
    pub node: &'a str,
    /// Repeats our delivery's id in the echo.
    pub has_metadata: bool,
    /// Quotes the message that is answered.
    pub can_quote: bool,
    /// Takes a file's bytes where there is no address of it.
    pub can_upload: bool,
}

impl Sender<'_> {
    /// # Errors
    /// See [`crate::Connector::send`].
    pub async fn send(&self, http: &Http, piece: &Piece<'_>) -> Result<Sent, SendError> {
        let call = self.graph.post(&[self.node, "messages"], &[]);
        let answer = match piece.part {
            Part::Text { text, choices } => {
                let message = text_message(text, choices);
                http.call(call.json(self.body(piece, message))).await
            }
            Part::Media { kind, .. } if piece.link.starts_with("https://") || !self.can_upload => {
                let message = link_message(*kind, piece.link)?;
                http.call(call.json(self.body(piece, message))).await
            }
            Part::Media {
                kind,
                file_name,
                mime_type,
                ..
            } => self.upload(http, piece, (*kind, file_name, mime_type)).await,
            Part::Template(_) => return Err(rejected("template", "There are no templates here")),
        };
        let body = outcome(answer, self.graph.account, page_verdict)?;
        Ok(Sent {
            message_id: Json(&body).text("/message_id"),
        })
    }

    fn body(&self, piece: &Piece<'_>, mut message: Value) -> Value {
        if self.has_metadata {
            message["metadata"] = piece.delivery_id.into();
        }
        let mut body =
            json!({"recipient": {"id": piece.thread}, "messaging_type": "RESPONSE", "message": message});
        // a person has seven days to answer, where Meta has approved it for the app
        if piece.is_human && piece.is_outside_window && self.graph.account.value("human_agent") == "yes" {
            body["messaging_type"] = "MESSAGE_TAG".into();
            body["tag"] = "HUMAN_AGENT".into();
        }
        if let Some(mid) = piece.reply_to.filter(|_| self.can_quote) {
            body["reply_to"] = json!({"mid": mid});
        }
        body
    }

    /// The whole message as a form, the file in it.
    async fn upload(
        &self,
        http: &Http,
        piece: &Piece<'_>,
        (kind, file_name, mime_type): (MediaKind, &str, &str),
    ) -> Result<Answer, CallError> {
        let message = json!({"attachment": {"type": type_of(kind), "payload": {"is_reusable": false}}});
        let body = self.body(piece, message);
        let words = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let fields: Vec<(&String, String)> = body
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, value)| (name, words(value)))
            .collect();
        let mut parts: Vec<FormPart<'_>> = fields
            .iter()
            .map(|(name, value)| FormPart {
                name,
                file: None,
                bytes: value.as_bytes(),
            })
            .collect();
        parts.push(FormPart {
            name: "filedata",
            file: Some((file_name, mime_type)),
            bytes: piece.bytes,
        });
        let call = self.graph.post(&[self.node, "messages"], &[]);
        http.call(call.multipart(parts)).await
    }

    pub async fn signal(&self, http: &Http, signal: &Signal<'_>) {
        let (thread, action) = match signal {
            Signal::Typing { thread, .. } => (thread, "typing_on"),
            Signal::Read { thread, .. } => (thread, "mark_seen"),
        };
        let call = self.graph.post(&[self.node, "messages"], &[]);
        let body = json!({"recipient": {"id": thread}, "sender_action": action});
        let _ = http.call(call.json(body)).await;
    }

    /// How a person is called; none where Meta does not tell.
    pub async fn profile(&self, http: &Http, id: &str, fields: &str) -> Option<Person> {
        let call = self.graph.get(&[id], &[("fields", fields)]);
        let body = self.graph.ask(http, call).await.ok()?;
        let body = Json(&body);
        let names = ["/first_name", "/last_name"].map(|path| body.text(path));
        let both = names.into_iter().flatten().collect::<Vec<_>>().join(" ");
        Some(Person {
            id: id.to_owned(),
            name: body.text("/name").or(Some(both).filter(|name| !name.is_empty())),
            username: body.text("/username"),
            avatar_url: body.text("/profile_pic"),
            ..Person::default()
        })
    }
}

fn text_message(text: &str, choices: &[Choice]) -> Value {
    let quick_reply = |choice: &Choice| json!({"content_type": "text", "title": cut(&choice.label, TITLE), "payload": cut(&choice.value, PAYLOAD)});
    let mut message = json!({"text": text});
    if !choices.is_empty() {
        message["quick_replies"] = choices.iter().take(CHOICES).map(quick_reply).collect();
    }
    message
}

fn link_message(kind: MediaKind, link: &str) -> Result<Value, SendError> {
    if link.is_empty() {
        return Err(rejected(
            "no_address",
            "Files are fetched by Meta: the server must know its public address (https)",
        ));
    }
    Ok(json!({"attachment": {"type": type_of(kind), "payload": {"url": link}}}))
}

fn type_of(kind: MediaKind) -> &'static str {
    match kind {
        MediaKind::Image | MediaKind::Sticker => "image",
        MediaKind::Audio => "audio",
        MediaKind::Video => "video",
        MediaKind::File => "file",
    }
}

/// Not sent, and nothing that another try would change.
pub fn rejected(code: &str, reason: &str) -> SendError {
    SendError::Rejected {
        code: code.to_owned(),
        reason: reason.to_owned(),
        because: Because::Message,
    }
}

/// The first so many characters.
pub fn cut(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}
