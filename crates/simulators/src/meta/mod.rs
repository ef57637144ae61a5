//! What WhatsApp, Messenger and Instagram share: the Graph API's paths, tokens and errors, signed payloads, and the
//! challenge by which a webhook is verified.

mod error;

use axum::body::Bytes;
use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::core::{Call, Clock, Core, Reply, hmac_sha256, random};

pub use error::GraphError;

/// The versions that are still answered.
const VERSIONS: std::ops::RangeInclusive<u32> = 21..=26;

/// An app at Meta, with the token of one of its businesses.
pub struct App {
    pub id: String,
    pub secret: Mutex<String>,
    pub verify_token: String,
    pub needs_proof: bool,
    pub scopes: Vec<&'static str>,
    state: Mutex<TokenState>,
}

#[derive(Default)]
struct TokenState {
    is_revoked: bool,
    refuses_renewal: bool,
    /// The newest last; those before it count until they run out.
    tokens: Vec<Token>,
}

struct Token {
    text: String,
    /// Unix seconds; 0 is long ago.
    made_at: i64,
    /// Unix seconds; 0 is never.
    expires_at: i64,
}

impl Token {
    fn is_expired(&self, clock: &Clock) -> bool {
        self.expires_at != 0 && clock.seconds() >= self.expires_at
    }
}

const DAY: i64 = 24 * 3600;
/// So long a token is valid that was made by [`App::renew_token`].
const LONG_LIVED: i64 = 60 * DAY;

impl App {
    pub fn new(id: &str, secret: &str, token: &str, verify_token: &str) -> Self {
        Self {
            id: id.into(),
            secret: Mutex::new(secret.into()),
            verify_token: verify_token.into(),
            needs_proof: false,
            scopes: Vec::new(),
            state: Mutex::new(TokenState {
                tokens: vec![Token {
                    text: token.into(),
                    made_at: 0,
                    expires_at: 0,
                }],
                ..TokenState::default()
            }),
        }
    }

    /// The newest.
    pub fn token(&self) -> String {
        let state = self.state.lock();
        state
            .tokens
            .last()
            .map(|token| token.text.clone())
            .unwrap_or_default()
    }

    pub fn revoke_token(&self) {
        self.state.lock().is_revoked = true;
    }

    pub fn set_token_expiry(&self, unix_seconds: i64) {
        if let Some(token) = self.state.lock().tokens.last_mut() {
            token.expires_at = unix_seconds;
        }
    }

    pub fn refuse_renewal(&self, refuses: bool) {
        self.state.lock().refuses_renewal = refuses;
    }

    /// `GET /refresh_access_token`: another token in exchange for one that is at least a day old.
    pub fn renew_token(&self, call: &Call, clock: &Clock) -> Result<Reply, GraphError> {
        let required = |name: &str| GraphError::parameter(&format!("The parameter {name} is required."));
        if call.query("grant_type") != Some("ig_refresh_token") {
            return Err(required("grant_type"));
        }
        let given = call
            .query("access_token")
            .ok_or_else(|| required("access_token"))?;
        let mut state = self.state.lock();
        if state.refuses_renewal {
            return Err(GraphError::new(500, 2, "Service temporarily unavailable"));
        }
        let made_at = state.tokens.iter().find(|token| token.text == given);
        let made_at = made_at.ok_or_else(GraphError::bad_token)?.made_at;
        if clock.seconds() - made_at < DAY {
            return Err(GraphError::parameter(
                "The access token is not old enough to be refreshed",
            ));
        }
        let token = Token {
            text: format!("{given}x"),
            made_at: clock.seconds(),
            expires_at: clock.seconds() + LONG_LIVED,
        };
        let answer = json!({"access_token": token.text, "token_type": "bearer", "expires_in": LONG_LIVED});
        state.tokens.push(token);
        Ok(Reply::ok(&answer))
    }

    fn is_valid(&self, text: &str, clock: &Clock) -> bool {
        let state = self.state.lock();
        let token = state.tokens.iter().find(|token| token.text == text);
        !state.is_revoked && token.is_some_and(|token| !token.is_expired(clock))
    }

    fn app_token(&self) -> String {
        format!("{}|{}", self.id, self.secret.lock())
    }

    /// The call has the business's token, and a proof if there must be one.
    pub fn authorise(&self, call: &Call, clock: &Clock) -> Result<(), GraphError> {
        let given = token_of(call).ok_or_else(GraphError::no_token)?;
        let state = self.state.lock();
        let token = state.tokens.iter().find(|token| token.text == given);
        let token = token.ok_or_else(GraphError::bad_token)?;
        if state.is_revoked {
            return Err(GraphError::revoked_token());
        }
        if token.is_expired(clock) {
            return Err(GraphError::expired_token());
        }
        drop(state);
        self.check_proof(call, &given)
    }

    fn check_proof(&self, call: &Call, token: &str) -> Result<(), GraphError> {
        let right = hmac_sha256(self.secret.lock().as_bytes(), token.as_bytes());
        let form = call.json().unwrap_or_default();
        match call.query("appsecret_proof").or(form["appsecret_proof"].as_str()) {
            Some(given) if given == right => Ok(()),
            Some(_) => Err(GraphError::parameter(
                "Invalid appsecret_proof provided in the API argument",
            )),
            None if self.needs_proof => Err(GraphError::parameter(
                "API calls from the server require an appsecret_proof argument",
            )),
            None => Ok(()),
        }
    }

    /// `GET /debug_token`, asked with the app's own token or the business's.
    pub fn debug_token(&self, call: &Call, clock: &Clock) -> Result<Reply, GraphError> {
        let asker = token_of(call).ok_or_else(GraphError::no_token)?;
        if asker != self.app_token() && asker != self.token() {
            return Err(GraphError::bad_token());
        }
        let Some(input) = call.query("input_token") else {
            return Err(GraphError::parameter("The parameter input_token is required."));
        };
        if input != self.token() {
            let error =
                json!({"code": 190, "message": "Invalid OAuth access token - Cannot parse access token"});
            return Ok(Reply::ok(
                &json!({"data": {"error": error, "is_valid": false, "scopes": []}}),
            ));
        }
        let expires_at = self
            .state
            .lock()
            .tokens
            .last()
            .map_or(0, |token| token.expires_at);
        Ok(Reply::ok(&json!({"data": {
            "app_id": self.id, "type": "SYSTEM_USER", "application": "Simulated", "is_valid": self.is_valid(input, clock),
            "data_access_expires_at": 0, "expires_at": expires_at, "scopes": self.scopes, "user_id": "122100000000000001",
        }})))
    }

    pub fn signature(&self, body: &[u8]) -> String {
        format!("sha256={}", hmac_sha256(self.secret.lock().as_bytes(), body))
    }

    /// Asks a webhook for the challenge, as is done before it gets any event.
    pub async fn verify(&self, core: &Core, url: &str, verify_token: &str) -> Result<(), GraphError> {
        let challenge = (random() % 1_000_000_000).to_string();
        let query = [
            ("hub.mode", "subscribe"),
            ("hub.verify_token", verify_token),
            ("hub.challenge", &challenge),
        ];
        let Ok(url) = url::Url::parse_with_params(url, query) else {
            return Err(GraphError::parameter("callback_url is not a valid address"));
        };
        let Ok(answer) = core.hooks.client().get(url).send().await else {
            return Err(GraphError::not_verified("the address could not be reached"));
        };
        let status = answer.status().as_u16();
        if status != 200 {
            return Err(GraphError::not_verified(&format!("HTTP Status Code = {status}")));
        }
        match answer.text().await {
            Ok(text) if text == challenge => Ok(()),
            _ => Err(GraphError::not_verified(
                "the response does not match the challenge",
            )),
        }
    }

    /// `POST /{app_id}/subscriptions`.
    pub async fn subscribe(&self, core: &Core, call: &Call, object: &str) -> Result<Reply, GraphError> {
        if token_of(call) != Some(self.app_token()) {
            return Err(GraphError::bad_token());
        }
        let fields = arguments(call);
        for required in ["object", "callback_url", "verify_token", "fields"] {
            if fields[required].is_null() {
                return Err(GraphError::parameter(&format!(
                    "The parameter {required} is required."
                )));
            }
        }
        if fields["object"] != object {
            return Err(GraphError::parameter(&format!(
                "Param object must be one of {{{object}}}"
            )));
        }
        self.point_to(core, &fields["callback_url"], &fields["verify_token"])
            .await?;
        Ok(success())
    }

    /// Verifies the address and posts there from now on.
    pub async fn point_to(&self, core: &Core, url: &Value, token: &Value) -> Result<(), GraphError> {
        let (url, token) = (
            url.as_str().unwrap_or_default(),
            token.as_str().unwrap_or_default(),
        );
        self.verify(core, url, token).await?;
        core.hooks.set_url(Some(url.to_owned()));
        Ok(())
    }
}

/// In the header, the query or the body.
fn token_of(call: &Call) -> Option<String> {
    let header = call.header("authorization");
    if let Some(token) = header.and_then(|header| header.strip_prefix("Bearer ")) {
        return Some(token.to_owned());
    }
    let form = arguments(call);
    form["access_token"].as_str().map(str::to_owned)
}

/// The query and the body, be it JSON or a form, as one object.
pub fn arguments(call: &Call) -> Value {
    let mut all = json!({});
    let form = url::form_urlencoded::parse(if call.json().is_some() { b"" } else { &call.body });
    let texts = form.into_owned().chain(call.query.clone());
    for (name, value) in texts {
        all[name] = value.into();
    }
    if let Some(Value::Object(body)) = call.json() {
        for (name, value) in body {
            all[name] = value;
        }
    }
    all
}

/// The path without its version.
pub fn path(call: &Call) -> Result<Vec<&str>, GraphError> {
    let mut segments = call.segments();
    let version = segments.first().and_then(|first| first.strip_prefix('v'));
    let Some((major, _)) = version.and_then(|version| version.split_once('.')) else {
        return Ok(segments);
    };
    match major.parse() {
        Ok(major) if VERSIONS.contains(&major) => {
            segments.remove(0);
            Ok(segments)
        }
        _ => Err(GraphError::unknown_path(&call.path)),
    }
}

pub fn success() -> Reply {
    Reply::ok(&json!({"success": true}))
}

/// What the call answered, or its error.
pub fn reply(result: Result<Reply, GraphError>) -> Reply {
    result.unwrap_or_else(|error| error.reply())
}

/// As Meta writes JSON: everything beyond ASCII is escaped, in the bytes that it signs.
pub fn bytes(payload: &Value) -> Vec<u8> {
    let mut escaped = String::new();
    for character in payload.to_string().chars() {
        if character.is_ascii() {
            escaped.push(character);
            continue;
        }
        for unit in character.encode_utf16(&mut [0; 2]) {
            escaped.push_str(&format!("\\u{unit:04x}"));
        }
    }
    escaped.into_bytes()
}

/// A file behind an address that has to be fetched before it expires.
pub fn placeholder_image() -> Bytes {
    use base64::Engine;
    const PIXEL: &str =
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
    base64::engine::general_purpose::STANDARD
        .decode(PIXEL)
        .expect("it is base64")
        .into()
}
