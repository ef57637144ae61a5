//! How the fake provider answers a call.

use std::time::Duration;

use serde_json::Value;
use tokio::sync::watch;

/// One answer: what is said, and how it goes wrong. Errors and odd bodies apply to all formats.
#[derive(Debug, Clone)]
pub struct Reply {
    pub(super) text: String,
    pub(super) tool_call: Option<(String, Value)>,
    pub(super) chunk: usize,
    pub(super) delay: Duration,
    pub(super) status: u16,
    pub(super) retry_after: Option<String>,
    pub(super) error_code: String,
    pub(super) content_type: Option<String>,
    pub(super) raw: Option<Vec<u8>>,
    pub(super) usage: bool,
    pub(super) ending: Ending,
    /// One byte of the body a beat.
    pub(super) dribble: Option<Duration>,
    /// Vectors wait until it is open.
    pub(super) gate: Option<watch::Receiver<bool>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    Marker,
    /// Closes cleanly, but before the terminal marker.
    Cut,
    /// Sends nothing and never ends.
    HangBefore,
    /// Sends the first piece of text and never ends.
    HangAfter,
}

impl Reply {
    /// Says this, in pieces of a few characters without delay, with usage and terminal marker.
    pub fn text(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            tool_call: None,
            chunk: 6,
            delay: Duration::ZERO,
            status: 200,
            retry_after: None,
            error_code: String::new(),
            content_type: None,
            raw: None,
            usage: true,
            ending: Ending::Marker,
            dribble: None,
            gate: None,
        }
    }

    /// Fails with this HTTP status and an error in the provider's own shape.
    pub fn status(status: u16) -> Self {
        Self {
            status,
            ..Self::text("")
        }
    }

    /// Calls a tool after what is said.
    pub fn tool_call(name: impl Into<String>, arguments: Value) -> Self {
        Self {
            tool_call: Some((name.into(), arguments)),
            ..Self::text("")
        }
    }

    /// Sends exactly these bytes as the body, whatever the format.
    pub fn raw(content_type: impl Into<String>, body: impl Into<Vec<u8>>) -> Self {
        Self {
            content_type: Some(content_type.into()),
            raw: Some(body.into()),
            ..Self::text("")
        }
    }

    /// An event whose data is not JSON.
    pub fn invalid_json() -> Self {
        Self::raw("text/event-stream", "data: {\"choices\": [oops\n\n")
    }

    /// A page where a stream should be.
    pub fn wrong_content_type() -> Self {
        Self::raw("text/html", "<html>Sign in to the guest network</html>")
    }

    /// One line of this many bytes.
    pub fn huge_line(bytes: usize) -> Self {
        let mut body = b"data: ".to_vec();
        body.resize(bytes, b'x');
        Self::raw("text/event-stream", body)
    }

    /// A success that holds an error.
    pub fn error_under_200(code: &str) -> Self {
        let body = serde_json::json!({"error": {"message": "it did not work", "type": code, "code": code}});
        Self::raw("application/json", body.to_string())
    }

    /// The same body under another HTTP status.
    pub fn with_status(self, status: u16) -> Self {
        Self { status, ..self }
    }

    /// Characters of one piece of text.
    pub fn chunk(self, characters: usize) -> Self {
        Self {
            chunk: characters.max(1),
            ..self
        }
    }

    /// Wait before every piece.
    pub fn delay(self, delay: Duration) -> Self {
        Self { delay, ..self }
    }

    pub fn retry_after(self, seconds: impl ToString) -> Self {
        Self {
            retry_after: Some(seconds.to_string()),
            ..self
        }
    }

    /// The code within the error, such as `insufficient_quota`.
    pub fn error_code(self, code: impl Into<String>) -> Self {
        Self {
            error_code: code.into(),
            ..self
        }
    }

    pub fn without_usage(self) -> Self {
        Self { usage: false, ..self }
    }

    /// Ends before the terminal marker.
    pub fn cut(self) -> Self {
        Self {
            ending: Ending::Cut,
            ..self
        }
    }

    /// Accepts the call, sends headers and then nothing.
    pub fn hang_before_first_token(self) -> Self {
        Self {
            ending: Ending::HangBefore,
            ..self
        }
    }

    /// Sends the first piece and then nothing.
    pub fn hang_after_first_token(self) -> Self {
        Self {
            ending: Ending::HangAfter,
            ..self
        }
    }

    /// Sends the body one byte a beat.
    pub fn dribble(self, beat: Duration) -> Self {
        Self {
            dribble: Some(beat),
            ..self
        }
    }

    /// Answers when the gate is open, and not before.
    pub fn behind(self, gate: watch::Receiver<bool>) -> Self {
        Self {
            gate: Some(gate),
            ..self
        }
    }
}
