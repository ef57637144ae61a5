//! What the business may call.

use std::sync::Arc;

use chrono::TimeDelta;
use serde_json::{Value, json};

use super::check::{self, Shown};
use super::{Account, Person, State, templates};
use crate::core::{Api, Call, Core, Entry, Kind, Receipts, Reply};
use crate::meta::{self, GraphError};

impl Api for Account {
    fn core(&self) -> &Core {
        &self.core
    }

    fn sends(&self, call: &Call) -> bool {
        call.path.ends_with("/messages") && call.json().is_none_or(|body| body["status"].is_null())
    }

    async fn answer(self: Arc<Self>, call: Call) -> Reply {
        meta::reply(self.dispatch(&call).await)
    }
}

impl Account {
    async fn dispatch(self: &Arc<Self>, call: &Call) -> Result<Reply, GraphError> {
        let path = meta::path(call)?;
        let (number, waba) = (
            self.options.phone_number_id.as_str(),
            self.options.waba_id.as_str(),
        );
        match (call.method.as_str(), path.as_slice()) {
            ("GET", ["debug_token"]) => return self.app.debug_token(call, &self.core.clock),
            ("POST", [app, "subscriptions"]) if *app == self.app.id => {
                let object = "whatsapp_business_account";
                return self.app.subscribe(&self.core, call, object).await;
            }
            ("GET", ["media", "download", link]) => return self.download(call, link),
            _ => self.app.authorise(call, &self.core.clock)?,
        }
        match (call.method.as_str(), path.as_slice()) {
            ("POST", [id, "messages"]) if *id == number => self.send(call).await,
            ("POST", [id, "media"]) if *id == number => self.upload(call).await,
            ("GET", [id]) if *id == number => Ok(Reply::ok(&self.number())),
            ("POST", [id]) if *id == number => self.configure(call).await,
            ("GET", [id]) if *id == waba => Ok(Reply::ok(
                &json!({"id": waba, "name": "Simulated", "timezone_id": "1"}),
            )),
            ("GET", [id, "phone_numbers"]) if *id == waba => Ok(Reply::ok(&json!({"data": [self.number()]}))),
            ("GET", [id, "message_templates"]) if *id == waba => {
                Ok(templates::list(&self.state.lock().templates, call))
            }
            (_, [id, "subscribed_apps"]) if *id == waba => self.subscribed_apps(call).await,
            ("GET", [id]) => self.describe_media(call, id),
            ("DELETE", [id]) => self.delete_media(id),
            (
                _,
                [
                    id,
                    "messages" | "media" | "subscribed_apps" | "message_templates" | "phone_numbers",
                ],
            ) => Err(GraphError::unknown_object(id)),
            _ => Err(GraphError::unknown_path(&call.path)),
        }
    }

    fn number(&self) -> Value {
        json!({
            "id": self.options.phone_number_id, "verified_name": "Simulated Shop",
            "display_phone_number": self.options.display_phone_number, "code_verification_status": "VERIFIED",
            "quality_rating": "GREEN", "platform_type": "CLOUD_API", "name_status": "APPROVED", "status": "CONNECTED",
            "throughput": {"level": "STANDARD"}, "messaging_limit_tier": "TIER_1K",
            "webhook_configuration": {"application": self.core.hooks.url()},
        })
    }

    /// The number's own callback.
    async fn configure(&self, call: &Call) -> Result<Reply, GraphError> {
        let hook = &meta::arguments(call)["webhook_configuration"];
        self.app
            .point_to(&self.core, &hook["override_callback_uri"], &hook["verify_token"])
            .await?;
        Ok(meta::success())
    }

    async fn subscribed_apps(&self, call: &Call) -> Result<Reply, GraphError> {
        match call.method.as_str() {
            "POST" => {
                let fields = meta::arguments(call);
                let url = &fields["override_callback_uri"];
                if !url.is_null() {
                    self.app
                        .point_to(&self.core, url, &fields["verify_token"])
                        .await?;
                }
                self.state.lock().subscribed = Some(url.clone());
                Ok(meta::success())
            }
            "DELETE" => {
                self.state.lock().subscribed = None;
                Ok(meta::success())
            }
            _ => {
                let subscribed = self.state.lock().subscribed.clone();
                let app = subscribed.map(|url| {
                    let data =
                        json!({"id": self.app.id, "name": "Simulated", "link": "https://www.facebook.com/"});
                    json!({"whatsapp_business_api_data": data, "override_callback_uri": url})
                });
                Ok(Reply::ok(&json!({"data": app.into_iter().collect::<Vec<_>>()})))
            }
        }
    }

    async fn send(self: &Arc<Self>, call: &Call) -> Result<Reply, GraphError> {
        let Some(body) = call.json().filter(Value::is_object) else {
            return Err(GraphError::parameter("Invalid parameter"));
        };
        if body["messaging_product"] != "whatsapp" {
            return Err(GraphError::parameter(
                "The parameter messaging_product is required.",
            ));
        }
        if !body["status"].is_null() {
            return self.mark_read(body);
        }
        let (entry, answer) = self.accept(body)?;
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

    fn mark_read(&self, body: Value) -> Result<Reply, GraphError> {
        let id = &body["message_id"].as_str().unwrap_or_default().to_owned();
        let sender = self.state.lock().inbound.get(id).cloned();
        let Some(sender) = sender.filter(|_| body["status"] == "read") else {
            return Err(GraphError::whatsapp(
                131_009,
                "Parameter value is not valid",
                "No such message",
            ));
        };
        match body["typing_indicator"]["type"].as_str() {
            None => {}
            Some("text") => {
                let typing = Entry::new(Kind::Typing, id, &sender, "", body.clone());
                self.core.record.add(typing);
            }
            Some(_) => {
                return Err(GraphError::parameter(
                    "Param typing_indicator['type'] must be text",
                ));
            }
        }
        self.core
            .record
            .add(Entry::new(Kind::Read, id, &sender, "", body));
        Ok(meta::success())
    }

    /// Checks and records a message, and makes the answer.
    fn accept(&self, body: Value) -> Result<(Entry, Reply), GraphError> {
        let mut state = self.state.lock();
        let person = self.recipient(&mut state, &body)?;
        let kind = body["type"].as_str().unwrap_or("text").to_owned();
        let Shown { text, buttons } = check::content(&state, &kind, &body)?;
        check_context(&state, &body)?;
        let correlation = correlation(&body)?;
        if kind != "template" && !self.options.window_fails_later && !self.is_window_open(&person) {
            let details = "Message failed to send because more than 24 hours have passed since the customer last replied to this number.";
            return Err(GraphError::whatsapp(131_047, "Re-engagement message", details));
        }
        let id = self.new_wamid();
        let answer = accepted(&body, &person, &id, &kind);
        let recipient = if person.phone.is_empty() {
            &person.user_id
        } else {
            &person.phone
        };
        let mut entry = Entry::new(Kind::Message, &id, recipient, &text, body);
        entry.correlation = correlation;
        entry.buttons = buttons;
        state.outbound.insert(id, entry.clone());
        drop(state);
        self.core.record.add(entry.clone());
        Ok((entry, answer))
    }

    fn recipient(&self, state: &mut State, body: &Value) -> Result<Person, GraphError> {
        if let Some(id) = body["recipient"].as_str() {
            let known = state.people.values().find(|person| person.user_id == id);
            let error = || GraphError::whatsapp(131_026, "Message undeliverable", "Unknown user id");
            return known.cloned().ok_or_else(error);
        }
        let Some(to) = body["to"].as_str().filter(|to| !to.is_empty()) else {
            return Err(GraphError::parameter("The parameter to is required."));
        };
        let digits: String = to.chars().filter(char::is_ascii_digit).collect();
        if digits.len() < 7 || to.chars().any(char::is_alphabetic) {
            let details = "to: not a phone number";
            return Err(GraphError::whatsapp(
                131_009,
                "Parameter value is not valid",
                details,
            ));
        }
        if digits == self.options.display_phone_number {
            let details = "Recipient must differ from the sender";
            return Err(GraphError::whatsapp(
                131_021,
                "Recipient cannot be sender",
                details,
            ));
        }
        let allowed = self.options.allowed_recipients.as_ref();
        if allowed.is_some_and(|allowed| !allowed.contains(&digits)) {
            let details = "Recipient phone number not in allowed list";
            return Err(GraphError::whatsapp(131_030, details, details));
        }
        let phone = same_in_brazil(state, &digits).unwrap_or(digits);
        Ok(state.person(&phone, "").clone())
    }

    pub(super) fn is_window_open(&self, person: &Person) -> bool {
        let now = self.core.clock.now();
        person
            .last_wrote_at
            .is_some_and(|wrote_at| now - wrote_at < TimeDelta::hours(24))
    }
}

/// The same person with, or without, the ninth digit that Brazil added to mobile numbers.
fn same_in_brazil(state: &State, digits: &str) -> Option<String> {
    if state.people.contains_key(digits) || !digits.starts_with("55") {
        return None;
    }
    let (area, number) = digits.split_at_checked(4)?;
    let other = match number.len() {
        8 => format!("{area}9{number}"),
        9 => format!("{area}{}", number.strip_prefix('9')?),
        _ => return None,
    };
    state.people.contains_key(&other).then_some(other)
}

fn check_context(state: &State, body: &Value) -> Result<(), GraphError> {
    match body["context"]["message_id"].as_str() {
        Some(id) if !state.inbound.contains_key(id) && !state.outbound.contains_key(id) => {
            let details = "context.message_id: no such message";
            Err(GraphError::whatsapp(
                131_009,
                "Parameter value is not valid",
                details,
            ))
        }
        _ => Ok(()),
    }
}

fn correlation(body: &Value) -> Result<Option<String>, GraphError> {
    match &body["biz_opaque_callback_data"] {
        Value::Null => Ok(None),
        Value::String(data) if data.chars().count() <= 512 => Ok(Some(data.clone())),
        _ => Err(GraphError::parameter(
            "Param biz_opaque_callback_data must be at most 512 characters long.",
        )),
    }
}

fn accepted(body: &Value, person: &Person, id: &str, kind: &str) -> Reply {
    let input = body["to"].as_str().or(body["recipient"].as_str());
    let mut contact = json!({"input": input, "wa_id": person.phone, "user_id": person.user_id});
    if person.hides_number {
        contact = json!({"input": input, "user_id": person.user_id});
    }
    let mut message = json!({"id": id});
    if kind == "template" {
        message["message_status"] = "accepted".into();
    }
    Reply::ok(&json!({"messaging_product": "whatsapp", "contacts": [contact], "messages": [message]}))
}
