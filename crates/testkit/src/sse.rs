//! Reading server-sent events.

use std::time::Duration;

use serde_json::Value;

/// The longest that a test waits for an event.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// One event. Comments (keep-alive) are not events.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SseEvent {
    pub name: String,
    pub id: Option<String>,
    pub data: String,
}

impl SseEvent {
    /// The data as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.data).unwrap_or_else(|error| panic!("{error}: {}", self.data))
    }

    fn parse(block: &str) -> Option<Self> {
        let mut event = Self::default();
        let mut data: Vec<&str> = Vec::new();
        for line in block.lines() {
            let (field, value) = line.split_once(':').unwrap_or((line, ""));
            let value = value.strip_prefix(' ').unwrap_or(value);
            match field {
                "event" => value.clone_into(&mut event.name),
                "id" => event.id = Some(value.to_owned()),
                "data" => data.push(value),
                _ => {}
            }
        }
        event.data = data.join("\n");
        (!data.is_empty() || !event.name.is_empty()).then_some(event)
    }
}

/// An open stream. Dropping it closes the connection.
pub struct EventStream {
    response: reqwest::Response,
    unread: Vec<u8>,
}

impl EventStream {
    pub(crate) fn new(response: reqwest::Response) -> Self {
        Self {
            response,
            unread: Vec::new(),
        }
    }

    /// The next event; none at the end of the stream, however it came.
    ///
    /// # Panics
    /// When nothing happens for a minute.
    pub async fn next(&mut self) -> Option<SseEvent> {
        let next = tokio::time::timeout(LONGEST_WAIT, self.read());
        next.await
            .unwrap_or_else(|_| panic!("no event within {LONGEST_WAIT:?}"))
    }

    /// The next event of this name; others are passed over.
    ///
    /// # Panics
    /// When the stream ends before.
    pub async fn next_named(&mut self, name: &str) -> SseEvent {
        self.find(|event| event.name == name).await
    }

    /// The next event that fits.
    pub async fn find(&mut self, fits: impl Fn(&SseEvent) -> bool) -> SseEvent {
        loop {
            let event = self.next().await.expect("the stream goes on");
            if fits(&event) {
                return event;
            }
        }
    }

    /// Everything until the stream ends.
    pub async fn rest(&mut self) -> Vec<SseEvent> {
        let mut events = Vec::new();
        while let Some(event) = self.next().await {
            events.push(event);
        }
        events
    }

    async fn read(&mut self) -> Option<SseEvent> {
        loop {
            while let Some(end) = self.unread.windows(2).position(|pair| pair == b"\n\n") {
                let block: Vec<u8> = self.unread.drain(..end + 2).collect();
                if let Some(event) = SseEvent::parse(&String::from_utf8_lossy(&block)) {
                    return Some(event);
                }
            }
            let chunk = self.response.chunk().await.ok().flatten()?;
            self.unread.extend_from_slice(&chunk);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::SseEvent;

    #[test]
    fn an_event_is_read_with_its_name_id_and_lines() {
        let event = SseEvent::parse("event: message\nid: 7\ndata: {\"a\":\ndata: 1}\n\n").unwrap();
        assert_eq!((event.name.as_str(), event.id.as_deref()), ("message", Some("7")));
        assert_eq!(event.json()["a"], 1);
        assert_eq!(SseEvent::parse(": still here\n\n"), None);
    }
}
