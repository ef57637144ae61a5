//! A model behind HTTP: tries, limits, the circuit and the terminal marker, for every provider alike.

use std::sync::Arc;
use std::time::Duration;

use async_stream::stream;
use futures::StreamExt;
use futures::stream::BoxStream;
use reqwest::Response;
use tokio::time::{Instant, timeout_at};

use crate::breaker::Breaker;
use crate::chat::{ChatEvent, ChatModel, ChatRequest, FinishReason, Usage};
use crate::error::{ChatError, Wait, shorten};
use crate::http::{self, ApiKey, HttpRequest};
use crate::limits::{Limits, RetryPolicy};
use crate::providers::{ModelConfig, Piece, Reader, Wire};
use crate::retry::Tries;
use crate::sse::SseDecoder;

/// How often a refused request is sent in a milder form.
const ADAPTATIONS: u32 = 3;

/// How long a finished answer may take to close.
const DRAIN: Duration = Duration::from_millis(200);

/// A provider's model. Clones share the connection pool.
#[derive(Clone)]
pub struct RemoteModel {
    name: String,
    caller: Arc<Caller>,
}

struct Caller {
    wire: Arc<dyn Wire>,
    key: ApiKey,
    client: reqwest::Client,
    breaker: Breaker,
    limits: Limits,
    retry: RetryPolicy,
}

impl RemoteModel {
    /// `client` decides what may be called, how long a connection may take and follows no redirects;
    /// `breaker` is the circuit of this tenant at this provider.
    pub fn new(config: ModelConfig, client: reqwest::Client, breaker: Breaker) -> Self {
        let name = format!("{}/{}", config.provider.as_str(), config.model);
        let key = config.api_key.clone();
        let (limits, retry) = (Limits::default(), RetryPolicy::default());
        Self {
            name,
            caller: Arc::new(Caller {
                wire: config.wire(),
                key,
                client,
                breaker,
                limits,
                retry,
            }),
        }
    }

    /// The same model with other bounds.
    pub fn with_limits(self, limits: Limits, retry: RetryPolicy) -> Self {
        let Caller {
            wire,
            key,
            client,
            breaker,
            ..
        } = &*self.caller;
        let (wire, key, client, breaker) = (Arc::clone(wire), key.clone(), client.clone(), breaker.clone());
        Self {
            name: self.name,
            caller: Arc::new(Caller {
                wire,
                key,
                client,
                breaker,
                limits,
                retry,
            }),
        }
    }
}

impl ChatModel for RemoteModel {
    fn name(&self) -> &str {
        &self.name
    }

    fn stream(&self, request: ChatRequest) -> BoxStream<'static, Result<ChatEvent, ChatError>> {
        let caller = Arc::clone(&self.caller);
        let events = stream! {
            let end = Instant::now() + caller.limits.total;
            let mut tries = Tries::new(caller.retry);
            loop {
                let mut passed_on = false;
                let mut events = Arc::clone(&caller).attempt(&request, end);
                let error = loop {
                    match events.next().await {
                        Some(Ok(event)) => {
                            passed_on = true;
                            yield Ok(event);
                        }
                        Some(Err(error)) => break error,
                        None => return,
                    }
                };
                match tries.next_after(&error) {
                    Some(next) if !passed_on && next < end => tokio::time::sleep_until(next).await,
                    _ => {
                        yield Err(error);
                        return;
                    }
                }
                tracing::debug!(reason = error.fallback_reason(), "trying the model provider again");
            }
        };
        events.boxed()
    }
}

impl Caller {
    /// One try, judged by the circuit.
    fn attempt(
        self: Arc<Self>,
        request: &ChatRequest,
        end: Instant,
    ) -> BoxStream<'_, Result<ChatEvent, ChatError>> {
        let events = stream! {
            let permit = match self.breaker.enter() {
                Ok(permit) => permit,
                Err(open) => {
                    yield Err(open);
                    return;
                }
            };
            let mut answer = match self.open(request, end).await {
                Ok(answer) => answer,
                Err(error) => {
                    permit.failed(&error);
                    yield Err(error);
                    return;
                }
            };
            loop {
                match answer.next().await {
                    Ok(Some(event)) => {
                        if matches!(event, ChatEvent::Finished { .. }) {
                            permit.succeeded();
                        }
                        yield Ok(event);
                    }
                    Ok(None) => return,
                    Err(error) => {
                        permit.failed(&error);
                        yield Err(error);
                        return;
                    }
                }
            }
        };
        events.boxed()
    }

    /// Sends the request and checks that a stream of events comes back.
    async fn open<'a>(&self, request: &'a ChatRequest, end: Instant) -> Result<Answer<'a>, ChatError> {
        let first_token = Instant::now() + self.limits.first_token;
        let mut sent = self.wire.request(request)?;
        let response = within(first_token.min(end), self.send(&mut sent)).await;
        let response = response.ok_or(ChatError::Timeout(wait_for(end, Wait::FirstToken)))??;
        if !http::has_type(&response, "text/event-stream") {
            return Err(self.refuse_type(response, first_token.min(end)).await);
        }
        Ok(Answer {
            request,
            response,
            reader: self.wire.reader(),
            decoder: SseDecoder::new(self.limits),
            limits: self.limits,
            key: self.key.clone(),
            end,
            deadline: first_token,
            waiting_for: Wait::FirstToken,
            progress: 0,
            pieces: Vec::new().into_iter(),
            state: State::default(),
        })
    }

    /// Sends; a server that refuses a field by name gets the request again without it.
    async fn send(&self, request: &mut HttpRequest) -> Result<Response, ChatError> {
        for _ in 0..ADAPTATIONS {
            match http::post(&self.client, request, &self.key).await {
                Err(ChatError::Refused {
                    status: 400 | 422,
                    detail,
                }) if self.wire.adapt(&mut request.body, &detail) => {}
                result => return result,
            }
        }
        http::post(&self.client, request, &self.key).await
    }

    /// A success that is not a stream: an error in disguise, or something else altogether.
    async fn refuse_type(&self, response: Response, deadline: Instant) -> ChatError {
        let is_json = http::has_type(&response, "application/json");
        let body = within(deadline, http::read_some(response, 64 << 10))
            .await
            .unwrap_or_default();
        match serde_json::from_slice::<serde_json::Value>(&body) {
            Ok(body) if is_json && body.get("error").is_some() => http::classify_inline(&body, &self.key),
            _ => ChatError::invalid("it is not a stream of events"),
        }
    }
}

/// An answer that is being received.
struct Answer<'a> {
    request: &'a ChatRequest,
    response: Response,
    reader: Box<dyn Reader>,
    decoder: SseDecoder,
    limits: Limits,
    key: ApiKey,
    /// When the whole call is over.
    end: Instant,
    /// When the answer must have begun, or grown by `min_progress` bytes.
    deadline: Instant,
    waiting_for: Wait,
    progress: usize,
    pieces: std::vec::IntoIter<Piece>,
    state: State,
}

/// What is known of the answer as a whole.
#[derive(Default)]
struct State {
    input_tokens: Option<u32>,
    output_tokens: Option<u32>,
    output_bytes: usize,
    reason: Option<FinishReason>,
    is_over: bool,
}

impl Answer<'_> {
    /// The next event, or `None` after [`ChatEvent::Finished`].
    async fn next(&mut self) -> Result<Option<ChatEvent>, ChatError> {
        if self.state.is_over {
            self.drain().await;
            return Ok(None);
        }
        loop {
            while let Some(piece) = self.pieces.next() {
                if let Some(event) = self.take(piece)? {
                    return Ok(Some(event));
                }
            }
            match self.decoder.next() {
                Some(event) => {
                    let mut pieces = Vec::new();
                    self.reader.read(&event, &mut pieces)?;
                    self.pieces = pieces.into_iter();
                }
                None => self.receive().await?,
            }
        }
    }

    /// Reads to the end of a finished answer, so that its connection can serve the next call.
    async fn drain(&mut self) {
        let deadline = Instant::now() + DRAIN;
        while let Some(Ok(Some(_))) = within(deadline, self.response.chunk()).await {}
    }

    async fn receive(&mut self) -> Result<(), ChatError> {
        let chunk = within(self.deadline.min(self.end), self.response.chunk()).await;
        match chunk {
            None => Err(ChatError::Timeout(wait_for(self.end, self.waiting_for))),
            Some(Ok(Some(bytes))) => self.decoder.push(&bytes),
            // Closed or broken, there was no terminal marker.
            Some(Ok(None) | Err(_)) => Err(ChatError::Cut { usage: self.spent() }),
        }
    }

    fn take(&mut self, piece: Piece) -> Result<Option<ChatEvent>, ChatError> {
        match piece {
            Piece::Text(text) => {
                self.note_progress(text.len());
                return Ok((!text.is_empty()).then_some(ChatEvent::Text(text)));
            }
            Piece::ToolCall(call) => {
                self.note_progress(call.name.len());
                // where tools are offered the caller checks each call, and tells the model what is wrong with it
                if self.request.tools.is_empty() {
                    return Err(ChatError::UnknownTool(shorten(&self.key.redact(&call.name))));
                }
                return Ok(Some(ChatEvent::ToolCall(call)));
            }
            Piece::Hidden(bytes) => self.note_progress(bytes),
            Piece::InputTokens(count) => self.state.input_tokens = Some(count),
            Piece::OutputTokens(count) => self.state.output_tokens = Some(count),
            Piece::Reason(reason) => self.state.reason = Some(reason),
            Piece::End => {
                self.state.is_over = true;
                let reason = self.state.reason.unwrap_or(FinishReason::Stop);
                return Ok(Some(ChatEvent::Finished {
                    reason,
                    usage: self.usage(),
                }));
            }
        }
        Ok(None)
    }

    /// Content arrived: the answer has begun, and may take another while once it has grown enough.
    fn note_progress(&mut self, bytes: usize) {
        if bytes == 0 {
            return;
        }
        self.state.output_bytes += bytes;
        self.progress += bytes;
        if self.waiting_for == Wait::FirstToken || self.progress >= self.limits.min_progress {
            self.waiting_for = Wait::Idle;
            self.progress = 0;
            self.deadline = Instant::now() + self.limits.idle;
        }
    }

    /// What a whole answer cost.
    fn usage(&self) -> Usage {
        let estimated = self.estimate();
        Usage {
            input_tokens: self.state.input_tokens.unwrap_or(estimated.input_tokens),
            output_tokens: self.state.output_tokens.unwrap_or(estimated.output_tokens),
        }
    }

    /// What a broken answer cost: the provider's count may date from before most of it.
    fn spent(&self) -> Usage {
        let (usage, estimated) = (self.usage(), self.estimate());
        Usage {
            output_tokens: usage.output_tokens.max(estimated.output_tokens),
            ..usage
        }
    }

    fn estimate(&self) -> Usage {
        let tokens = |characters: usize| u32::try_from(characters.div_ceil(4)).unwrap_or(u32::MAX);
        Usage {
            input_tokens: tokens(self.request.characters()),
            output_tokens: tokens(self.state.output_bytes),
        }
    }
}

/// The future's result, or `None` at the deadline.
async fn within<T>(deadline: Instant, future: impl Future<Output = T>) -> Option<T> {
    timeout_at(deadline, future).await.ok()
}

/// Which limit ran out first.
fn wait_for(end: Instant, otherwise: Wait) -> Wait {
    if Instant::now() >= end {
        Wait::Total
    } else {
        otherwise
    }
}
