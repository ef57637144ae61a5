//! Requests to the server, and what came back.

use std::sync::{Arc, RwLock};
use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, COOKIE, HeaderMap};
use reqwest::{Method, RequestBuilder};
use serde_json::Value;

use crate::sse::EventStream;

/// An answer that takes longer is a defect.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// The server hangs up on whoever is idle for ten seconds: a request must not meet that.
const LONGEST_IDLE: Duration = Duration::from_secs(5);

/// One way to call the server: with a key, as a signed-in browser, or as nobody. Clones share connections and
/// follow the server to a new address.
#[derive(Clone)]
pub struct Api {
    client: reqwest::Client,
    base: Arc<RwLock<String>>,
    credential: Option<Credential>,
}

#[derive(Clone)]
enum Credential {
    Bearer(String),
    Cookie(String),
}

impl Api {
    pub(crate) fn new() -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .no_proxy()
            .pool_idle_timeout(LONGEST_IDLE)
            .redirect(reqwest::redirect::Policy::none());
        Self {
            client: client.build().expect("a client"),
            base: Arc::default(),
            credential: None,
        }
    }

    /// The address of the server.
    pub fn base(&self) -> String {
        self.base.read().expect("no thread panicked").clone()
    }

    pub(crate) fn move_to(&self, base: &str) {
        base.clone_into(&mut self.base.write().expect("no thread panicked"));
    }

    /// With an API key or a visitor token.
    pub fn with_bearer(&self, token: &str) -> Self {
        Self {
            credential: Some(Credential::Bearer(token.into())),
            ..self.clone()
        }
    }

    /// As a browser with this cookie (`name=value`), on a page of the server itself.
    pub fn with_cookie(&self, cookie: &str) -> Self {
        Self {
            credential: Some(Credential::Cookie(cookie.into())),
            ..self.clone()
        }
    }

    /// As nobody.
    pub fn without_credential(&self) -> Self {
        Self {
            credential: None,
            ..self.clone()
        }
    }

    pub fn get(&self, path: &str) -> Call {
        self.call(Method::GET, path)
    }

    pub fn post(&self, path: &str) -> Call {
        self.call(Method::POST, path)
    }

    pub fn patch(&self, path: &str) -> Call {
        self.call(Method::PATCH, path)
    }

    pub fn delete(&self, path: &str) -> Call {
        self.call(Method::DELETE, path)
    }

    pub fn call(&self, method: Method, path: &str) -> Call {
        let request = self.client.request(method, format!("{}{path}", self.base()));
        Call(match &self.credential {
            Some(Credential::Bearer(token)) => request.header(AUTHORIZATION, format!("Bearer {token}")),
            Some(Credential::Cookie(cookie)) => request
                .header(COOKIE, cookie)
                .header("sec-fetch-site", "same-origin"),
            None => request,
        })
    }

    /// Signs in and gives the way to call as that browser.
    pub async fn sign_in(&self, email: &str, password: &str) -> Self {
        let body = serde_json::json!({"email": email, "password": password});
        let answer = self
            .without_credential()
            .post("/api/v1/session")
            .json(&body)
            .send()
            .await;
        answer.expect(200);
        self.with_cookie(&answer.cookie().expect("a session cookie"))
    }
}

/// A request that is being built.
pub struct Call(RequestBuilder);

impl Call {
    pub fn header(self, name: &str, value: &str) -> Self {
        Self(self.0.header(name, value))
    }

    pub fn json(self, body: &Value) -> Self {
        Self(self.0.json(body))
    }

    pub fn body(self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self(self.0.header(CONTENT_TYPE, content_type).body(body.into()))
    }

    /// Sends the request and reads the whole answer.
    ///
    /// # Panics
    /// When the connection fails or nothing comes for a minute.
    pub async fn send(self) -> Answer {
        self.try_send().await.expect("an answer of the server")
    }

    /// The same for a server that may be away.
    pub async fn try_send(self) -> Result<Answer, reqwest::Error> {
        let response = self.0.timeout(LONGEST_WAIT).send().await?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.bytes().await?.to_vec();
        Ok(Answer {
            status,
            headers,
            body,
        })
    }

    /// Sends the request and gives the body of an answer with this status.
    pub async fn expect(self, status: u16) -> Value {
        self.send().await.expect(status)
    }

    /// Opens a stream of events.
    ///
    /// # Panics
    /// With the answer, when it is not a stream.
    pub async fn stream(self) -> EventStream {
        self.try_stream()
            .await
            .unwrap_or_else(|answer| panic!("no event stream: {answer}"))
    }

    /// The same for a server that may be away. The error is what came instead.
    pub async fn try_stream(self) -> Result<EventStream, String> {
        let request = self.0.header(ACCEPT, "text/event-stream").send();
        let response = match tokio::time::timeout(LONGEST_WAIT, request).await {
            Ok(response) => response.map_err(|error| error.to_string())?,
            Err(_) => return Err(format!("nothing within {LONGEST_WAIT:?}")),
        };
        let kind = response
            .headers()
            .get(CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok());
        if kind != Some("text/event-stream") {
            return Err(format!("{} {:?}", response.status(), response.text().await));
        }
        Ok(EventStream::new(response))
    }
}

/// A whole answer.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON; null where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The body of an answer with this status.
    ///
    /// # Panics
    /// With the whole answer, when it has another one.
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        self.json()
    }

    /// Checks that this is an error as RFC 9457 wants it, and gives its body.
    pub fn problem(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.status, status, "{}", self.text());
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json"),
            "{}",
            self.text()
        );
        let body = self.json();
        assert_eq!(body["status"], status, "{body}");
        assert_eq!(body["code"], code, "{body}");
        for key in ["type", "title", "detail"] {
            assert!(
                body[key].as_str().is_some_and(|text| !text.is_empty()),
                "no {key}: {body}"
            );
        }
        body
    }

    /// `name=value` of the cookie that the answer sets.
    pub fn cookie(&self) -> Option<String> {
        Some(self.header("set-cookie")?.split(';').next()?.to_owned())
    }
}
