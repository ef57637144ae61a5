//! What the business may call.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::{Inbox, Person, Platform, State, check};
use crate::core::{Api, Call, Core, Entry, Kind, Receipts, Reply};
use crate::meta::{self, GraphError};

const FIELDS: &[&str] = &[
    "messages",
    "messaging_postbacks",
    "message_echoes",
    "message_deliveries",
    "message_reads",
    "messaging_seen",
    "message_reactions",
    "message_edits",
    "message_edit",
    "messaging_referrals",
    "messaging_referral",
    "messaging_optins",
    "messaging_handovers",
    "messaging_handover",
    "standby",
    "messaging_policy_enforcement",
    "comments",
    "live_comments",
    "mentions",
];

impl Api for Inbox {
    fn core(&self) -> &Core {
        &self.core
    }

    fn sends(&self, call: &Call) -> bool {
        call.path.ends_with("/messages") && call.json().is_none_or(|body| body["sender_action"].is_null())
    }

    async fn answer(self: Arc<Self>, call: Call) -> Reply {
        meta::reply(self.dispatch(&call).await)
    }
}

impl Inbox {
    async fn dispatch(self: &Arc<Self>, call: &Call) -> Result<Reply, GraphError> {
        let path = meta::path(call)?;
        match (call.method.as_str(), path.as_slice()) {
            ("GET", ["debug_token"]) => return self.app.debug_token(call, &self.core.clock),
            ("POST", [app, "subscriptions"]) if *app == self.app.id => {
                let object = self.options.platform.object();
                return self.app.subscribe(&self.core, call, object).await;
            }
            ("GET", ["cdn", key]) => return Ok(self.serve_file(key)),
            _ => self.app.authorise(call, &self.core.clock)?,
        }
        let is_us = |id: &str| id == "me" || id == self.options.business_id;
        match (call.method.as_str(), path.as_slice()) {
            ("POST", [id, "messages"]) if is_us(id) => self.send(call).await,
            (_, [id, "subscribed_apps"]) if is_us(id) => self.subscribed_apps(call),
            ("POST", [id, action]) if is_us(id) && action.ends_with("_thread_control") => {
                self.thread_control(call, action)
            }
            ("GET", [id, "thread_owner"]) if is_us(id) => self.thread_owner(call),
            ("GET", ["refresh_access_token"]) if self.is_instagram() => {
                self.app.renew_token(call, &self.core.clock)
            }
            ("GET", [id]) if is_us(id) => Ok(Reply::ok(&self.business())),
            ("GET", [id]) => self.profile(id),
            (_, [id, "messages" | "subscribed_apps"]) => Err(GraphError::unknown_object(id)),
            _ => Err(GraphError::unknown_path(&call.path)),
        }
    }

    fn business(&self) -> Value {
        let id = &self.options.business_id;
        if self.is_instagram() {
            return json!({"id": id, "user_id": id, "username": "simulated_shop", "name": "Simulated Shop", "account_type": "BUSINESS"});
        }
        json!({"id": id, "name": "Simulated Shop", "category": "Shopping & retail"})
    }

    fn profile(&self, id: &str) -> Result<Reply, GraphError> {
        let state = self.state.lock();
        let person = state
            .people
            .get(id)
            .ok_or_else(|| GraphError::unknown_object(id))?;
        let picture = format!("{}/cdn/picture-{id}", self.base);
        let (first, last) = person.name.split_once(' ').unwrap_or((&person.name, ""));
        Ok(Reply::ok(&match self.options.platform {
            Platform::Messenger => {
                json!({"id": id, "first_name": first, "last_name": last, "profile_pic": picture})
            }
            Platform::Instagram => {
                let username = person.name.to_lowercase().replace(' ', "_");
                json!({"id": id, "name": person.name, "username": username, "profile_pic": picture})
            }
        }))
    }

    fn serve_file(&self, key: &str) -> Reply {
        if key.starts_with("picture-") {
            return Reply::new(200, "image/png", meta::placeholder_image());
        }
        let state = self.state.lock();
        let alive = state
            .files
            .get(key)
            .filter(|(_, expires_at)| *expires_at > self.core.clock.now());
        alive.map_or_else(
            || Reply::new(403, "text/plain", "URL signature expired"),
            |(file, _)| file.reply(),
        )
    }

    fn subscribed_apps(&self, call: &Call) -> Result<Reply, GraphError> {
        let mut state = self.state.lock();
        match call.method.as_str() {
            "POST" => {
                let arguments = meta::arguments(call);
                let fields: BTreeSet<String> = match &arguments["subscribed_fields"] {
                    Value::Array(fields) => fields
                        .iter()
                        .filter_map(Value::as_str)
                        .map(str::to_owned)
                        .collect(),
                    Value::String(fields) => fields.split(',').map(|field| field.trim().to_owned()).collect(),
                    _ => {
                        return Err(GraphError::parameter(
                            "The parameter subscribed_fields is required.",
                        ));
                    }
                };
                if let Some(unknown) = fields.iter().find(|field| !FIELDS.contains(&field.as_str())) {
                    let message = format!(
                        "Param subscribed_fields must be one of {{{}}} - got \"{unknown}\".",
                        FIELDS.join(", ")
                    );
                    return Err(GraphError::parameter(&message));
                }
                state.fields = Some(fields);
                Ok(meta::success())
            }
            "DELETE" => {
                state.fields = Some(BTreeSet::new());
                Ok(meta::success())
            }
            _ => {
                let fields = state.fields.iter().filter(|fields| !fields.is_empty());
                let apps = fields.map(|fields| {
                    json!({"id": self.app.id, "name": "Simulated", "link": "https://www.facebook.com/", "subscribed_fields": fields})
                });
                Ok(Reply::ok(&json!({"data": apps.collect::<Vec<_>>()})))
            }
        }
    }

    fn thread_control(&self, call: &Call, action: &str) -> Result<Reply, GraphError> {
        let body = meta::arguments(call);
        let id = body["recipient"]["id"].as_str().unwrap_or_default();
        let mut state = self.state.lock();
        let person = state.people.get_mut(id).ok_or_else(|| self.no_such_person())?;
        match action {
            "pass_thread_control" => {
                let target = &body["target_app_id"];
                let target = target
                    .as_str()
                    .map(str::to_owned)
                    .or_else(|| Some(target.as_u64()?.to_string()));
                let required = || GraphError::parameter("The parameter target_app_id is required.");
                person.owner = Some(target.ok_or_else(required)?);
            }
            "take_thread_control" => person.owner = None,
            "release_thread_control" => person.owner = Some(self.options.platform.inbox_app().into()),
            "request_thread_control" => {}
            _ => return Err(GraphError::unknown_path(&call.path)),
        }
        drop(state);
        self.core
            .record
            .add(Entry::new(Kind::Other, action, id, action, body.clone()));
        Ok(meta::success())
    }

    fn thread_owner(&self, call: &Call) -> Result<Reply, GraphError> {
        let state = self.state.lock();
        let id = call.query("recipient").unwrap_or_default();
        let person = state.people.get(id).ok_or_else(|| self.no_such_person())?;
        let owner = person.owner.as_ref().unwrap_or(&self.app.id);
        Ok(Reply::ok(&json!({"data": [{"thread_owner": {"app_id": owner}}]})))
    }

    async fn send(self: &Arc<Self>, call: &Call) -> Result<Reply, GraphError> {
        let body = body(call).await?;
        let person = self.recipient(&body)?;
        if let Some(action) = body["sender_action"].as_str() {
            return self.act(&person, action, &body);
        }
        let (entry, answer) = self.accept(body, &person)?;
        match self.state.lock().receipts {
            Receipts::Off => return Ok(answer),
            Receipts::Automatic => {
                tokio::spawn(self.clone().tell_by_itself(entry));
                return Ok(answer);
            }
            Receipts::BeforeAnswer => {}
        }
        self.clone().tell_by_itself(entry).await;
        Ok(answer)
    }

    fn recipient(&self, body: &Value) -> Result<Person, GraphError> {
        let state = self.state.lock();
        let recipient = &body["recipient"];
        let comment = recipient["comment_id"].as_str().or(recipient["post_id"].as_str());
        if let Some(comment) = comment {
            let unknown = || {
                GraphError::new(
                    400,
                    10_900,
                    "(#10900) Activity has been replied to already, or is gone.",
                )
            };
            let author = state.comments.get(comment).ok_or_else(unknown)?;
            let mut person = state
                .people
                .get(author)
                .cloned()
                .ok_or_else(|| self.no_such_person())?;
            person.last_wrote_at = Some(self.core.clock.now());
            return Ok(person);
        }
        let Some(id) = recipient["id"].as_str() else {
            return Err(GraphError::parameter("The parameter recipient is required"));
        };
        let person = state
            .people
            .get(id)
            .filter(|person| person.last_wrote_at.is_some());
        let person = person.cloned().ok_or_else(|| self.no_such_person())?;
        if person.has_blocked {
            let message = "(#551) This person isn't available right now.";
            return Err(GraphError::new(400, 551, message).with_subcode(1_545_041));
        }
        Ok(person)
    }

    fn no_such_person(&self) -> GraphError {
        match self.options.platform {
            Platform::Messenger => GraphError::parameter("No matching user found").with_subcode(2_018_001),
            Platform::Instagram => GraphError::new(400, 100, "The requested user cannot be found.")
                .with_subcode(2_534_014)
                .with_kind("IGApiException"),
        }
    }

    /// Typing, reading, reacting.
    fn act(&self, person: &Person, action: &str, body: &Value) -> Result<Reply, GraphError> {
        if !body["message"].is_null() {
            return Err(GraphError::parameter(
                "Cannot send a message and a sender_action together.",
            ));
        }
        let kind = match action {
            "typing_on" | "typing_off" => Kind::Typing,
            "mark_seen" => Kind::Read,
            "react" | "unreact" => {
                let message = body["payload"]["message_id"].as_str().unwrap_or_default();
                if !self.state.lock().messages.contains(message) {
                    return Err(GraphError::parameter(
                        "Param payload[message_id] must be a message of this thread",
                    ));
                }
                Kind::Other
            }
            _ => {
                return Err(GraphError::parameter(&format!(
                    "Param sender_action must be one of {{TYPING_ON, TYPING_OFF, MARK_SEEN, REACT, UNREACT}} - got \"{action}\"."
                )));
            }
        };
        self.core
            .record
            .add(Entry::new(kind, action, &person.id, action, body.clone()));
        Ok(Reply::ok(&json!({"recipient_id": person.id})))
    }

    fn accept(&self, body: Value, person: &Person) -> Result<(Entry, Reply), GraphError> {
        let state = self.state.lock();
        let (text, buttons) = check::message(self.options.platform, &state.messages, &body)?;
        self.check_window(person, &body)?;
        if person.owner.is_some() && body["messaging_type"] != "MESSAGE_TAG" {
            let message = "(#10) Message failed to send because another app is controlling this thread now.";
            return Err(GraphError::new(400, 10, message).with_subcode(2_018_300));
        }
        drop(state);
        let id = self.new_mid();
        let mut entry = Entry::new(Kind::Message, &id, &person.id, &text, body);
        entry.correlation = entry.body["message"]["metadata"].as_str().map(str::to_owned);
        entry.buttons = buttons;
        let mut state = self.state.lock();
        remember(&mut state, &entry);
        drop(state);
        self.core.record.add(entry.clone());
        let answer = Reply::ok(&json!({"recipient_id": person.id, "message_id": id}));
        Ok((entry, answer))
    }

    fn check_window(&self, person: &Person, body: &Value) -> Result<(), GraphError> {
        let Some(wrote_at) = person.last_wrote_at else {
            return Err(self.no_such_person());
        };
        let allowed = match body["messaging_type"].as_str() {
            Some("MESSAGE_TAG") => TimeDelta::days(7),
            Some("UTILITY") => TimeDelta::days(36_500),
            _ => TimeDelta::hours(24),
        };
        if self.core.clock.now() - wrote_at < allowed {
            return Ok(());
        }
        let message = "This message is sent outside of allowed window.";
        Err(match self.options.platform {
            Platform::Messenger => {
                GraphError::new(400, 10, &format!("(#10) {message}")).with_subcode(2_018_278)
            }
            Platform::Instagram => GraphError::new(403, 10, message)
                .with_subcode(2_534_022)
                .with_kind("IGApiException"),
        })
    }
}

fn remember(state: &mut State, entry: &Entry) {
    state.messages.insert(entry.id.clone());
    state.outbound.insert(entry.id.clone(), entry.clone());
    if let Some(comment) = entry.body["recipient"]["comment_id"].as_str() {
        // a comment can be answered once
        state.comments.remove(comment);
    }
}

/// JSON, or a form with a file and JSON in its fields.
async fn body(call: &Call) -> Result<Value, GraphError> {
    if !call.has_content_type("multipart/form-data") {
        let body = call.json().filter(Value::is_object);
        return body.ok_or_else(|| GraphError::parameter("Invalid parameter"));
    }
    let mut body = json!({});
    for part in call.multipart().await {
        if part.name == "filedata" {
            body["filedata"] =
                json!({"bytes": part.bytes.len(), "type": part.content_type, "name": part.file_name});
            continue;
        }
        let text = part.text();
        body[&part.name] = serde_json::from_str(&text).unwrap_or(Value::String(text));
    }
    Ok(body)
}
