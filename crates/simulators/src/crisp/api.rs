//! What the plugin may call.

use std::sync::Arc;

use base64::Engine;
use serde_json::{Value, json};

use super::{Website, check, failure, new_fingerprint, success};
use crate::core::{Api, Call, Core, Entry, Kind, Receipts, Reply, random_uuid};

type Answer = Result<Reply, Reply>;

impl Api for Website {
    fn core(&self) -> &Core {
        &self.core
    }

    fn sends(&self, call: &Call) -> bool {
        call.method == "POST" && call.path.ends_with("/message")
    }

    async fn answer(self: Arc<Self>, call: Call) -> Reply {
        self.dispatch(&call).await.unwrap_or_else(|refusal| refusal)
    }
}

impl Website {
    async fn dispatch(self: &Arc<Self>, call: &Call) -> Answer {
        let path = call.segments();
        if let ["files", key] = path.as_slice() {
            return Ok(self.serve_file(key));
        }
        self.authorise(call)?;
        let ["v1", "website", website, rest @ ..] = path.as_slice() else {
            return Err(failure(404, "route_not_found", &call.path));
        };
        if *website != self.options.website_id {
            return Err(failure(
                403,
                "not_subscribed",
                "The plugin is not installed on this website",
            ));
        }
        match (call.method.as_str(), rest) {
            ("GET", []) => Ok(success(200, "resolved", &self.described())),
            ("GET", ["operators", "list"]) => Ok(success(200, "listed", &json!([]))),
            ("GET", ["conversations", _]) => Ok(success(200, "listed", &self.listed())),
            ("POST", ["conversation"]) => Ok(self.create()),
            (_, ["conversation", session, rest @ ..]) => {
                if !self.state.lock().conversations.contains_key(*session) {
                    return Err(failure(404, "session_not_found", "There is no such conversation"));
                }
                self.conversation(call, session, rest).await
            }
            _ => Err(failure(404, "route_not_found", &call.path)),
        }
    }

    fn authorise(&self, call: &Call) -> Result<(), Reply> {
        let pair = format!("{}:{}", self.options.identifier, self.options.key);
        let right = base64::engine::general_purpose::STANDARD.encode(pair);
        let given = call
            .header("authorization")
            .and_then(|header| header.strip_prefix("Basic "));
        if given != Some(right.as_str()) {
            return Err(failure(401, "invalid_session", "The token is not valid"));
        }
        if call.header("x-crisp-tier") != Some(self.options.tier.as_str()) {
            return Err(failure(403, "not_allowed", "The token is not one of this tier"));
        }
        if call.header("user-agent").is_none() {
            return Err(failure(400, "invalid_request", "A User-Agent is required"));
        }
        Ok(())
    }

    fn described(&self) -> Value {
        json!({"website_id": self.options.website_id, "name": "Simulated Shop", "domain": "shop.example", "logo": null})
    }

    fn listed(&self) -> Value {
        let state = self.state.lock();
        let sessions = state.conversations.iter();
        let listed =
            sessions.map(|(id, one)| json!({"session_id": id, "state": one.state, "meta": one.meta}));
        listed.collect::<Vec<_>>().into()
    }

    fn create(&self) -> Reply {
        let session_id = format!("session_{}", random_uuid());
        self.state.lock().conversation(&session_id);
        success(201, "added", &json!({"session_id": session_id}))
    }

    fn serve_file(&self, key: &str) -> Reply {
        let state = self.state.lock();
        let file = state.files.get(key);
        file.map_or_else(|| Reply::new(404, "text/plain", "Not Found"), |file| file.reply())
    }

    async fn conversation(self: &Arc<Self>, call: &Call, session: &str, rest: &[&str]) -> Answer {
        let body = call.json().unwrap_or_default();
        match (call.method.as_str(), rest) {
            ("POST", ["message"]) => self.send(session, body).await,
            ("PATCH", ["message", fingerprint]) => self.edit(session, fingerprint, &body),
            ("GET", ["messages"]) => Ok(self.history(call, session)),
            ("PATCH", ["compose"]) => self.compose(session, body),
            ("PATCH", ["read" | "delivered" | "unread"]) => self.mark(session, rest[0], body),
            ("GET", []) => {
                let state = self.state.lock();
                let one = &state.conversations[session];
                let meta = json!({"session_id": session, "state": one.state, "meta": one.meta, "is_blocked": one.is_blocked});
                Ok(success(200, "resolved", &meta))
            }
            ("GET", ["state" | "meta" | "routing"]) => Ok(self.read(session, rest[0])),
            ("PATCH", ["state" | "meta" | "routing" | "block"]) => self.change(session, rest[0], &body),
            _ => Err(failure(404, "route_not_found", &call.path)),
        }
    }

    async fn send(self: &Arc<Self>, session: &str, mut body: Value) -> Answer {
        let (text, buttons) = check::message(&body).map_err(|why| failure(400, "invalid_data", &why))?;
        if self.state.lock().conversations[session].is_blocked {
            return Err(failure(403, "session_blocked", "The visitor is blocked"));
        }
        let chosen = body["fingerprint"].as_u64();
        let fingerprint = chosen.unwrap_or_else(new_fingerprint);
        let mut entry = Entry::new(
            Kind::Message,
            &fingerprint.to_string(),
            session,
            &text,
            body.clone(),
        );
        entry.correlation = chosen.map(|fingerprint| fingerprint.to_string());
        entry.buttons = buttons;
        body["fingerprint"] = fingerprint.into();
        let receipts = {
            let mut state = self.state.lock();
            state.conversation(session).messages.push(body.clone());
            state.receipts
        };
        self.core.record.add(entry);
        match receipts {
            Receipts::Off => {}
            Receipts::Automatic => {
                tokio::spawn(self.clone().tell_sent(session.to_owned(), body));
            }
            Receipts::BeforeAnswer => self.clone().tell_sent(session.to_owned(), body).await,
        }
        Ok(success(202, "dispatched", &json!({"fingerprint": fingerprint})))
    }

    fn edit(&self, session: &str, fingerprint: &str, body: &Value) -> Answer {
        let number = fingerprint.parse::<u64>().ok();
        if body["content"].is_null() {
            return Err(failure(400, "invalid_data", "content is required"));
        }
        let mut state = self.state.lock();
        let messages = &mut state.conversation(session).messages;
        let is_it = |message: &&mut Value| message["fingerprint"].as_u64() == number;
        let Some(message) = messages.iter_mut().find(is_it) else {
            return Err(failure(404, "message_not_found", "There is no such message"));
        };
        message["content"] = body["content"].clone();
        drop(state);
        self.core
            .record
            .add(Entry::new(Kind::Other, fingerprint, session, "", body.clone()));
        Ok(success(200, "updated", &json!({})))
    }

    fn history(&self, call: &Call, session: &str) -> Reply {
        let before = call
            .query("timestamp_before")
            .and_then(|time| time.parse::<i64>().ok());
        let is_earlier =
            |message: &&Value| before.is_none_or(|before| message["timestamp"].as_i64() < Some(before));
        let state = self.state.lock();
        let messages: Vec<_> = state.conversations[session]
            .messages
            .iter()
            .filter(is_earlier)
            .collect();
        success(200, "listed", &json!(messages))
    }

    fn compose(&self, session: &str, body: Value) -> Answer {
        check::sender(&body).map_err(|why| failure(400, "invalid_data", &why))?;
        let kind = body["type"].as_str().unwrap_or_default();
        if !matches!(kind, "start" | "stop") {
            return Err(failure(400, "invalid_data", "type must be start or stop"));
        }
        let entry = Entry::new(Kind::Typing, kind, session, kind, body.clone());
        self.core.record.add(entry);
        Ok(success(200, "updated", &json!({})))
    }

    fn mark(&self, session: &str, what: &str, body: Value) -> Answer {
        check::sender(&body).map_err(|why| failure(400, "invalid_data", &why))?;
        let fingerprints = body["fingerprints"].as_array();
        if what != "unread" && !fingerprints.is_some_and(|all| all.iter().all(Value::is_u64)) {
            return Err(failure(
                400,
                "invalid_data",
                "fingerprints must be a list of numbers",
            ));
        }
        self.core
            .record
            .add(Entry::new(Kind::Read, what, session, what, body));
        Ok(success(202, "dispatched", &json!({})))
    }

    fn read(&self, session: &str, what: &str) -> Reply {
        let state = self.state.lock();
        let one = &state.conversations[session];
        let data = match what {
            "state" => json!({"state": one.state}),
            "meta" => one.meta.clone(),
            _ => one.routing.clone(),
        };
        success(200, "resolved", &data)
    }

    fn change(&self, session: &str, what: &str, body: &Value) -> Answer {
        let mut state = self.state.lock();
        let one = state.conversation(session);
        let refuse = |why: &str| Err(failure(400, "invalid_data", why));
        match what {
            "state" => match body["state"].as_str() {
                Some(state @ ("pending" | "unresolved" | "resolved")) => one.state = state.into(),
                _ => return refuse("state must be pending, unresolved or resolved"),
            },
            "block" => match body["blocked"].as_bool() {
                Some(is_blocked) => one.is_blocked = is_blocked,
                None => return refuse("blocked must be true or false"),
            },
            "routing" => one.routing = json!({"assigned": body["assigned"]}),
            _ => {
                for (field, value) in body.as_object().into_iter().flatten() {
                    if !check::META.contains(&field.as_str()) {
                        return refuse(&format!("{field} is not known"));
                    }
                    one.meta[field] = value.clone();
                }
            }
        }
        drop(state);
        self.core
            .record
            .add(Entry::new(Kind::Other, what, session, what, body.clone()));
        Ok(success(200, "updated", &json!({})))
    }
}
