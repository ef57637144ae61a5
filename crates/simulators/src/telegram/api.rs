//! Dispatches calls, and the methods about the bot and its webhook.

use std::sync::Arc;

use serde_json::{Value, json};

use super::params::Params;
use super::{Bot, Outcome, Refusal};
use crate::core::{Api, Call, Core, Entry, Kind, Reply};

const ACTIONS: &[&str] = &[
    "typing",
    "upload_photo",
    "record_video",
    "upload_video",
    "record_voice",
    "upload_voice",
    "upload_document",
    "choose_sticker",
    "find_location",
    "record_video_note",
    "upload_video_note",
];

impl Api for Bot {
    fn core(&self) -> &Core {
        &self.core
    }

    fn sends(&self, call: &Call) -> bool {
        let method = call.path.rsplit('/').next().unwrap_or_default().to_lowercase();
        method.starts_with("send") && method != "sendchataction"
    }

    async fn answer(self: Arc<Self>, call: Call) -> Reply {
        let segments = call.segments();
        let (is_file, rest) = match segments.as_slice() {
            ["file", rest @ ..] => (true, rest),
            rest => (false, rest),
        };
        let Some((token, rest)) = rest.split_first() else {
            return Refusal::new(404, "Not Found").reply();
        };
        let token = token.strip_prefix("bot").map(|token| token.replace("%3A", ":"));
        match token {
            Some(token) if token == self.options.token => {}
            Some(token) if token.contains(':') => return Refusal::new(401, "Unauthorized").reply(),
            _ => return Refusal::new(404, "Not Found").reply(),
        }
        if is_file {
            return self.download(&rest.join("/"));
        }
        let [method] = rest else {
            return Refusal::new(404, "Not Found").reply();
        };
        let params = Params::of(&call).await;
        match self.run(method, &params) {
            Ok(result) => Reply::ok(&json!({"ok": true, "result": result})),
            Err(refusal) => refusal.reply(),
        }
    }
}

impl Bot {
    pub(super) fn run(&self, method: &str, params: &Params) -> Outcome {
        match method.to_lowercase().as_str() {
            "getme" => Ok(self.get_me()),
            "setwebhook" => self.set_webhook(params),
            "deletewebhook" => Ok(self.delete_webhook(params)),
            "getwebhookinfo" => Ok(self.webhook_info()),
            "getupdates" => self.get_updates(params),
            "sendmessage" => self.send_message(params),
            "sendmessagedraft" => self.send_draft(params),
            "sendphoto" => self.send_file("photo", params),
            "senddocument" => self.send_file("document", params),
            "sendvoice" => self.send_file("voice", params),
            "sendaudio" => self.send_file("audio", params),
            "sendvideo" => self.send_file("video", params),
            "sendlocation" => self.send_location(params),
            "sendchataction" => self.send_action(params),
            "editmessagetext" => self.edit_text(params),
            "editmessagereplymarkup" => self.edit_markup(params),
            "deletemessage" => self.delete_message(params),
            "answercallbackquery" => self.answer_callback(params),
            "setmessagereaction" => self.set_reaction(params),
            "getfile" => self.get_file(params),
            "setmycommands" | "deletemycommands" | "setchatmenubutton" | "logout" | "close" => {
                Ok(true.into())
            }
            _ => Err(Refusal::new(404, "Not Found")),
        }
    }

    fn get_me(&self) -> Value {
        let mut me = self.me();
        for right in [
            "can_join_groups",
            "can_read_all_group_messages",
            "supports_inline_queries",
            "can_connect_to_business",
            "has_main_web_app",
        ] {
            me[right] = (right == "can_join_groups").into();
        }
        me
    }

    fn set_webhook(&self, params: &Params) -> Outcome {
        let url = params.text("url").unwrap_or_default();
        if url.is_empty() {
            return Ok(self.delete_webhook(params));
        }
        let parsed = url::Url::parse(&url);
        let parsed = parsed.map_err(|_| Refusal::bad("bad webhook: invalid webhook URL specified"))?;
        if self.options.is_official {
            check_address(&parsed)?;
        }
        let secret = params.text("secret_token").unwrap_or_default();
        if secret.len() > 256 {
            return Err(Refusal::bad("secret token is too long"));
        }
        let is_allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if !secret.chars().all(is_allowed) {
            return Err(Refusal::bad("secret token contains unallowed characters"));
        }
        let connections = params.integer("max_connections").unwrap_or(40);
        if !(1..=100).contains(&connections) {
            return Err(Refusal::bad("bad webhook: wrong max_connections specified"));
        }
        let mut state = self.state.lock();
        state.max_connections = connections;
        if let Value::Array(kinds) = params.object("allowed_updates") {
            state.allowed = Some(
                kinds
                    .iter()
                    .filter_map(Value::as_str)
                    .map(str::to_owned)
                    .collect(),
            );
        }
        if params.text("drop_pending_updates").as_deref() == Some("true") {
            state.pending.clear();
        }
        *self.secret.lock() = secret;
        self.core.hooks.set_url(Some(url));
        Ok(true.into())
    }

    fn delete_webhook(&self, params: &Params) -> Value {
        if params.text("drop_pending_updates").as_deref() == Some("true") {
            self.state.lock().pending.clear();
        }
        self.core.hooks.set_url(None);
        true.into()
    }

    fn webhook_info(&self) -> Value {
        let state = self.state.lock();
        let posts = self.core.hooks.posts();
        let waiting: Vec<_> = posts.iter().filter(|post| !post.is_received()).collect();
        let mut info = json!({
            "url": self.core.hooks.url().unwrap_or_default(), "has_custom_certificate": false,
            "pending_update_count": state.pending.len() + waiting.len(), "max_connections": state.max_connections,
        });
        if let Some(allowed) = &state.allowed {
            info["allowed_updates"] = allowed.clone().into();
        }
        if let Some(last) = waiting.last() {
            info["last_error_date"] = self.core.clock.seconds().into();
            info["last_error_message"] = match last.status {
                Some(status) => format!("Wrong response from the webhook: {status}").into(),
                None => "Connection refused".into(),
            };
        }
        info
    }

    fn get_updates(&self, params: &Params) -> Outcome {
        if self.core.hooks.url().is_some() {
            let text = "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first";
            return Err(Refusal::new(409, text));
        }
        let mut state = self.state.lock();
        if let Some(offset) = params.integer("offset") {
            state
                .pending
                .retain(|update| update["update_id"].as_i64() >= Some(offset));
        }
        Ok(state.pending.clone().into())
    }

    fn send_action(&self, params: &Params) -> Outcome {
        let chat = self.chat(params)?;
        let action = params.text("action").unwrap_or_default();
        if !ACTIONS.contains(&action.as_str()) {
            return Err(Refusal::bad("wrong parameter action in request"));
        }
        let entry = Entry::new(Kind::Typing, &action, &chat.id.to_string(), &action, params.all());
        self.core.record.add(entry);
        Ok(true.into())
    }

    fn answer_callback(&self, params: &Params) -> Outcome {
        let id = params.text("callback_query_id").unwrap_or_default();
        let text = params.text("text").unwrap_or_default();
        if text.chars().count() > 200 {
            return Err(Refusal::bad("MESSAGE_TOO_LONG"));
        }
        if !self.state.lock().callbacks.remove(&id) {
            let description = "query is too old and response timeout expired or query ID is invalid";
            return Err(Refusal::bad(description));
        }
        self.core
            .record
            .add(Entry::new(Kind::Other, &id, "", &text, params.all()));
        Ok(true.into())
    }
}

fn check_address(url: &url::Url) -> Result<(), Refusal> {
    if url.scheme() != "https" {
        return Err(Refusal::bad(
            "bad webhook: An HTTPS URL must be provided for webhook",
        ));
    }
    match url.port_or_known_default() {
        Some(443 | 80 | 88 | 8443) => Ok(()),
        _ => Err(Refusal::bad(
            "bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443",
        )),
    }
}
