//! Server-sent events out of arbitrary pieces of bytes, with limits.
//!
//! Follows the WHATWG rules for lines, comments, `event` and `data`; `id` and `retry` are ignored.
//! It is not a client: bytes come from elsewhere, and nothing reconnects.

use std::collections::VecDeque;

use crate::error::ChatError;
use crate::limits::Limits;

/// One event. `name` is empty for an unnamed one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct SseEvent {
    pub(crate) name: String,
    pub(crate) data: String,
}

pub(crate) struct SseDecoder {
    limits: Limits,
    received: usize,
    line: Vec<u8>,
    after_return: bool,
    event: SseEvent,
    has_data: bool,
    ready: VecDeque<SseEvent>,
}

impl SseDecoder {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            limits,
            received: 0,
            line: Vec::new(),
            after_return: false,
            event: SseEvent::default(),
            has_data: false,
            ready: VecDeque::new(),
        }
    }

    /// The next complete event of what was pushed.
    pub(crate) fn next(&mut self) -> Option<SseEvent> {
        self.ready.pop_front()
    }

    /// Takes the next bytes off the wire.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Result<(), ChatError> {
        self.received += bytes.len();
        if self.received > self.limits.max_answer {
            return Err(ChatError::invalid(format!(
                "more than {} bytes",
                self.limits.max_answer
            )));
        }
        let mut rest = bytes;
        while let Some(end) = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
            // "\r\n" is one end of line, even when it arrives in two pieces.
            let continues = self.after_return && end == 0 && rest[0] == b'\n' && self.line.is_empty();
            self.after_return = rest[end] == b'\r';
            if !continues {
                self.append(&rest[..end])?;
                self.end_line()?;
            }
            rest = &rest[end + 1..];
        }
        if !rest.is_empty() {
            self.after_return = false;
        }
        self.append(rest)
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), ChatError> {
        if self.line.len() + bytes.len() + self.event.data.len() > self.limits.max_line {
            return Err(ChatError::invalid(format!(
                "a line of more than {} bytes",
                self.limits.max_line
            )));
        }
        self.line.extend_from_slice(bytes);
        Ok(())
    }

    fn end_line(&mut self) -> Result<(), ChatError> {
        let line = std::mem::take(&mut self.line);
        if line.is_empty() {
            let event = std::mem::take(&mut self.event);
            if std::mem::take(&mut self.has_data) {
                self.ready.push_back(event);
            }
            return Ok(());
        }
        let line = str::from_utf8(&line).map_err(|_| ChatError::invalid("text that is not UTF-8"))?;
        let line = line.strip_prefix('\u{feff}').unwrap_or(line);
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => self.event.name = value.to_owned(),
            "data" => {
                if std::mem::replace(&mut self.has_data, true) {
                    self.event.data.push('\n');
                }
                self.event.data.push_str(value);
            }
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = "\u{feff}: a comment\nevent: ping\r\ndata: {\"a\": 1}\r\n\r\n\
        data:no space\ndata:  two spaces\n\nid: 7\nretry: 10\n\n\
        data: päckchen 包裹 🎁\r\revent: empty\ndata\n\nevent: no data\n\ndata: last\n\ndata: never ended";

    fn decode<'a>(pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<(String, String)> {
        let mut decoder = SseDecoder::new(Limits::default());
        let mut events = Vec::new();
        for piece in pieces {
            decoder.push(piece).expect("within the limits");
            events.extend(std::iter::from_fn(|| decoder.next()).map(|event| (event.name, event.data)));
        }
        events
    }

    #[test]
    fn events_are_read_by_the_rules() {
        let expected = [
            ("ping", "{\"a\": 1}"),
            ("", "no space\n two spaces"),
            ("", "päckchen 包裹 🎁"),
            ("empty", ""),
            ("", "last"),
        ];
        let expected = expected.map(|(name, data)| (name.to_owned(), data.to_owned()));
        assert_eq!(decode([BODY.as_bytes()]), expected);
    }

    #[test]
    fn cutting_the_stream_anywhere_never_changes_its_events() {
        let whole = decode([BODY.as_bytes()]);
        assert_eq!(decode(BODY.as_bytes().chunks(1)), whole);
        let mut seed = 7_u32;
        for _ in 0..2_000 {
            let mut pieces = Vec::new();
            let mut rest = BODY.as_bytes();
            while !rest.is_empty() {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let (piece, after) = rest.split_at((seed >> 24) as usize % 30 % (rest.len() + 1));
                pieces.push(piece);
                rest = after;
            }
            assert_eq!(decode(pieces), whole);
        }
    }

    #[test]
    fn limits_hold_for_a_line_an_event_and_the_whole() {
        let limits = Limits {
            max_line: 100,
            max_answer: 1_000,
            ..Limits::default()
        };
        let long_line = "x".repeat(101);
        let long_event = "data: ten bytes\n".repeat(12);
        let long_stream = "data: short\n\n".repeat(80);
        for body in [long_line, long_event, long_stream] {
            let mut decoder = SseDecoder::new(limits);
            let results: Vec<bool> = body
                .as_bytes()
                .chunks(7)
                .map(|piece| decoder.push(piece).is_ok())
                .collect();
            assert!(results[0] && !results[results.len() - 1], "{body}");
        }
    }
}
