//! The webhook of the workflow.

use std::sync::Arc;

use base64::Engine;
use serde_json::{Value, json};

use super::{Answer, Auth, Workflow};
use crate::core::{Api, Call, Core, Entry, Kind, Reply};

impl Api for Workflow {
    fn core(&self) -> &Core {
        &self.core
    }

    fn sends(&self, call: &Call) -> bool {
        call.method == "POST"
    }

    async fn answer(self: Arc<Self>, call: Call) -> Reply {
        let path = call.segments();
        match path.as_slice() {
            ["webhook", workflow] | ["webhook", workflow, "chat"] if *workflow == self.options.workflow => {}
            _ => return not_registered(&call),
        }
        if *self.answer.lock() == Answer::Inactive {
            return not_registered(&call);
        }
        if !self.is_authorised(&call) {
            return Reply::new(403, "text/plain", "Authorization data is wrong!")
                .with("www-authenticate", "Basic realm=\"Webhook\"");
        }
        if call.method == "GET" && path.len() == 3 {
            return Reply::new(200, "text/html", "<!doctype html><title>Chat</title>");
        }
        let Some(body) = call.json().filter(Value::is_object) else {
            return Reply::json(
                422,
                &json!({"code": 422, "message": "Failed to parse request body"}),
            );
        };
        if body["action"] == "loadPreviousSession" {
            return Reply::ok(&json!({"data": []}));
        }
        self.clone().take(&call, body)
    }
}

impl Workflow {
    fn is_authorised(&self, call: &Call) -> bool {
        match &self.options.auth {
            Auth::None => true,
            Auth::Header { name, value } => call.header(name) == Some(value.as_str()),
            Auth::Basic { user, password } => {
                let right = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
                call.header("authorization") == Some(format!("Basic {right}").as_str())
            }
        }
    }

    fn take(self: Arc<Self>, call: &Call, body: Value) -> Reply {
        let said = body["chatInput"].as_str().unwrap_or_default().to_owned();
        let session = body["sessionId"].as_str().unwrap_or_default().to_owned();
        let id = self.core.next_id().to_string();
        let mut entry = Entry::new(Kind::Message, &id, &session, &said, body.clone());
        entry.correlation = call.header(&self.options.message_id_header).map(str::to_owned);
        let headers = call.headers.iter();
        let headers =
            headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap_or_default().to_owned()));
        self.headers.lock().push(headers.collect());
        self.core.record.add(entry);
        let answer = self.answer.lock().clone();
        self.reply(answer, &said, &body)
    }

    fn reply(self: Arc<Self>, answer: Answer, said: &str, body: &Value) -> Reply {
        let fill = |text: &str| text.replace("{}", said);
        match answer {
            Answer::Output(text) => Reply::ok(&json!({"output": fill(&text)})),
            Answer::Under(key, text) => Reply::ok(&json!({key: fill(&text)})),
            Answer::List(text) => Reply::ok(&json!([{"output": fill(&text)}, {"output": "another entry"}])),
            Answer::Stream(pieces) => {
                let items = pieces.iter().map(|piece| self.line("item", Some(&fill(piece))));
                self.stream(items.collect(), self.line("end", None))
            }
            Answer::BrokenStream(piece, error) => self.stream(
                vec![self.line("item", Some(&fill(&piece)))],
                self.line("error", Some(&error)),
            ),
            Answer::Text(text) => Reply::new(200, "text/plain", fill(&text)),
            Answer::Json(json) => Reply::ok(&json),
            Answer::Started(late) => {
                if let (Some(text), Some(url)) = (late, body["metadata"]["replyUrl"].as_str()) {
                    let (text, url) = (fill(&text), url.to_owned());
                    tokio::spawn(async move { self.answer_late(&url, &text).await });
                }
                Reply::ok(&json!({"message": "Workflow was started"}))
            }
            Answer::Nothing => Reply::new(200, "application/json; charset=utf-8", ""),
            Answer::WorkflowError => Reply::json(500, &json!({"message": "Error in workflow"})),
            Answer::HtmlNotFound | Answer::Inactive => Reply::new(
                404,
                "text/html",
                "<html><body><h1>404 Not Found</h1></body></html>",
            ),
        }
    }

    fn line(&self, kind: &str, content: Option<&str>) -> String {
        let metadata = json!({
            "nodeId": "n1", "nodeName": "AI Agent", "timestamp": self.core.clock.milliseconds(), "runIndex": 0,
            "itemIndex": 0,
        });
        let mut line = json!({"type": kind, "metadata": metadata});
        if let Some(content) = content {
            line["content"] = content.into();
        }
        format!("{line}\n")
    }

    fn stream(&self, items: Vec<String>, end: String) -> Reply {
        let body = self.line("begin", None) + &items.concat() + &end;
        Reply::new(200, "application/json; charset=utf-8", body).with("cache-control", "no-cache")
    }
}

fn not_registered(call: &Call) -> Reply {
    let path = call.path.trim_start_matches("/webhook/");
    let message = format!(
        "The requested webhook \"{} {path}\" is not registered.",
        call.method
    );
    let hint = "The workflow must be active for a production URL to run successfully.";
    Reply::json(404, &json!({"code": 404, "message": message, "hint": hint}))
}
