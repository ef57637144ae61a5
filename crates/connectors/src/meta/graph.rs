//! Calls to the Graph API: address, version, token and the proof of the app secret; answers and errors.

use chrono::{DateTime, Utc};
use kernel::Reason;
use serde_json::{Value, json};
use url::form_urlencoded::{Serializer, byte_serialize};

use super::errors::{self, GraphError};
use super::json::Json;
use super::{API_VERSION, signature};
use crate::form::{Account, CheckError, Permission};
use crate::http::{Answer, Call, Http};
use crate::inbound::Fetched;

/// The account's way to the API.
#[derive(Clone, Copy)]
pub struct Graph<'a> {
    pub account: &'a Account,
    base: &'a str,
    can_prove: bool,
}

/// What a token is worth.
#[derive(Debug, Default)]
pub struct Token {
    pub expires_at: Option<DateTime<Utc>>,
    pub scopes: Vec<String>,
}

impl<'a> Graph<'a> {
    pub fn new(account: &'a Account) -> Self {
        Self::with_base(account, "https://graph.facebook.com", true)
    }

    /// For another host than usual. `can_prove`: it knows `appsecret_proof`.
    pub fn with_base(account: &'a Account, default_url: &'static str, can_prove: bool) -> Self {
        Self {
            account,
            base: account.base("api_url", default_url),
            can_prove: can_prove && account.value("appsecret_proof") != "no",
        }
    }

    pub fn token(&self) -> &'a str {
        self.account.value("access_token")
    }

    /// The address of `parts`, one below the other, with this query.
    fn url(&self, parts: &[&str], query: &[(&str, &str)], token: &str) -> String {
        let encoded = |part: &&str| byte_serialize(part.as_bytes()).collect::<String>();
        let path = parts.iter().map(encoded).collect::<Vec<_>>().join("/");
        let version = self.account.value_or("api_version", API_VERSION);
        let mut pairs = Serializer::new(String::new());
        pairs.extend_pairs(query);
        let secret = self.account.value("app_secret");
        if self.can_prove && !secret.is_empty() {
            pairs.append_pair("appsecret_proof", &signature::proof(secret, token));
        }
        let query = pairs.finish();
        let mark = if query.is_empty() { "" } else { "?" };
        format!("{}/{version}/{path}{mark}{query}", self.base)
    }

    pub fn get<'c>(&self, parts: &[&str], query: &[(&str, &str)]) -> Call<'c> {
        Call::get(self.url(parts, query, self.token())).bearer(self.token())
    }

    pub fn post<'c>(&self, parts: &[&str], query: &[(&str, &str)]) -> Call<'c> {
        Call::post(self.url(parts, query, self.token())).bearer(self.token())
    }

    pub fn delete<'c>(&self, parts: &[&str]) -> Call<'c> {
        Call::delete(self.url(parts, &[], self.token())).bearer(self.token())
    }

    /// Asks for a new token in exchange for this one, which goes along in the address: Meta documents no other way, and
    /// no version of it.
    pub fn refresh_call<'c>(&self) -> Call<'c> {
        let mut query = Serializer::new(String::new());
        query.extend_pairs([("grant_type", "ig_refresh_token"), ("access_token", self.token())]);
        Call::get(format!("{}/refresh_access_token?{}", self.base, query.finish()))
    }

    /// Makes a call that says nothing to anybody.
    ///
    /// # Errors
    /// There was no answer, or it is a refusal: told without any secret.
    pub async fn ask(&self, http: &Http, call: Call<'_>) -> Result<Value, CheckError> {
        let answer = http.call(call).await?;
        self.told(&answer)
    }

    fn told(&self, answer: &Answer) -> Result<Value, CheckError> {
        let body = answer.json();
        if let Some(error) = GraphError::of(&body) {
            return Err(errors::check_error(&error, self.account));
        }
        match answer.status {
            200..300 if body.is_object() => Ok(body),
            500.. | 408 | 429 => Err(CheckError::passing(
                Reason::new("meta_later", "Meta answered {status}: ask again later.")
                    .with("status", answer.status),
            )),
            _ => Err(CheckError::lasting(
                Reason::new(
                    "meta_not_graph",
                    "What answered ({status}) is not the Graph API: check the API address.",
                )
                .with("status", answer.status),
            )),
        }
    }

    /// What Meta tells of the token. None: it does not, which is no reason for alarm.
    ///
    /// # Errors
    /// It is not valid any more.
    pub async fn debug_token(&self, http: &Http) -> Result<Option<Token>, CheckError> {
        let (id, secret) = (self.account.value("app_id"), self.account.value("app_secret"));
        let asking = if id.is_empty() {
            self.token().to_owned()
        } else {
            format!("{id}|{secret}")
        };
        let url = self.url(&["debug_token"], &[("input_token", self.token())], &asking);
        let Ok(body) = self.ask(http, Call::get(url).bearer(&asking)).await else {
            return Ok(None);
        };
        let data = Json(&body).at("/data");
        if data.at("/is_valid").0 == &Value::Bool(false) {
            return Err(CheckError::broken(Reason::new(
                "meta_token_over",
                "The access token is no longer valid. Make a new one and enter it.",
            )));
        }
        let times = ["/expires_at", "/data_access_expires_at"].map(|path| data.integer(path));
        let soonest = times.into_iter().flatten().filter(|seconds| *seconds > 0).min();
        Ok(Some(Token {
            expires_at: soonest.and_then(crate::from_seconds),
            scopes: data.list("/scopes").filter_map(|scope| scope.text("")).collect(),
        }))
    }

    /// Subscribes the app to this object's events.
    ///
    /// # Errors
    /// See [`Graph::ask`].
    pub async fn subscribe(&self, http: &Http, node: &str, fields: &str) -> Result<(), CheckError> {
        let call = self.post(&[node, "subscribed_apps"], &[("subscribed_fields", fields)]);
        self.ask(http, call.json(json!({}))).await.map(drop)
    }

    /// Fetches a file from where Meta keeps it. The token goes along only to Meta's own hosts.
    ///
    /// # Errors
    /// It is gone, too large or, with a token, elsewhere.
    pub async fn fetch(
        &self,
        http: &Http,
        url: &str,
        with_token: bool,
        largest: usize,
    ) -> Result<Fetched, CheckError> {
        let call = Call::get(url).largest_answer(largest);
        let call = match with_token {
            true if self.is_metas(url) => call.bearer(self.token()),
            true => {
                return Err(CheckError::lasting(Reason::new(
                    "file_elsewhere",
                    "The file is kept at an address that is not the vendor's.",
                )));
            }
            false => call,
        };
        let answer = http.call(call).await?;
        match answer.status {
            200..300 => Ok(Fetched {
                bytes: answer.body,
                file_name: None,
            }),
            408 | 429 | 500.. => Err(CheckError::passing(
                Reason::new("file_status", "The file's address answers with status {status}.")
                    .with("status", answer.status),
            )),
            status => Err(CheckError::lasting(
                Reason::new(
                    FILE_GONE,
                    "The vendor no longer has the file ({status}): such links run out.",
                )
                .with("status", status),
            )),
        }
    }

    fn is_metas(&self, url: &str) -> bool {
        const HOSTS: [&str; 4] = ["fbsbx.com", "fbcdn.net", "facebook.com", "whatsapp.net"];
        let (Ok(url), base) = (url::Url::parse(url), url::Url::parse(self.base)) else {
            return false;
        };
        if base.is_ok_and(|base| base.origin() == url.origin()) {
            return true;
        }
        let host = url.host_str().unwrap_or_default();
        let is_below = |known: &str| {
            host.strip_suffix(known)
                .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        url.scheme() == "https" && url.port().is_none() && HOSTS.into_iter().any(is_below)
    }
}

/// The code for a file that the vendor does not keep any more.
pub const FILE_GONE: &str = "file_gone";

/// These permissions, and whether the token has them; none where it is not known.
pub fn permissions(token: Option<&Token>, names: &[&str]) -> Vec<Permission> {
    let granted = |scopes: &[String], name: &str| Permission {
        name: name.to_owned(),
        is_granted: scopes.iter().any(|scope| scope == name),
    };
    match token {
        Some(Token { scopes, .. }) if !scopes.is_empty() => {
            names.iter().map(|name| granted(scopes, name)).collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_goes_to_metas_hosts_and_to_the_one_that_was_filled_in() {
        let mut account = Account::default();
        let is_metas = |account: &Account, url: &str| Graph::new(account).is_metas(url);
        assert!(is_metas(
            &account,
            "https://lookaside.fbsbx.com/whatsapp_business/?mid=1"
        ));
        assert!(is_metas(&account, "https://scontent.xx.fbcdn.net/a"));
        for elsewhere in [
            "https://evil-fbsbx.com/",
            "http://lookaside.fbsbx.com/",
            "https://lookaside.fbsbx.com:8443/",
            "https://fbsbx.com.example/",
            "https://lookaside.fbsbx.com@example.org/",
            "http://127.0.0.1:9000/",
            "no address",
        ] {
            assert!(!is_metas(&account, elsewhere), "{elsewhere}");
        }
        account
            .values
            .insert("api_url".into(), "http://127.0.0.1:9000".into());
        assert!(is_metas(&account, "http://127.0.0.1:9000/files/1"));
        assert!(!is_metas(&account, "http://127.0.0.1:9001/files/1"));
    }
}
