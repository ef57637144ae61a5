//! The platform of chat widgets: clients with their widgets, and what was asked and answered in them.
//!
//! A client becomes a tenant, a widget a channel whose workflow goes on answering once it is switched on. What one visitor
//! said in one widget is one conversation.

use serde_json::{Value, json};

use super::super::mapping::Belongs::{By, Itself, Through};
use super::super::mapping::Goes::{Both, Kept, To};
use super::super::mapping::{Business, Goes, NewChannel, Out, Scope, Source, Table, times};
use super::super::row::{Row, as_text};
use super::s3::widget_settings;

const OTHER: Goes = Kept("not in the specification");
const COUNTED: &str = "analytics_daily, the same name; a day whose chats are here is counted here";
const THROUGH_WIDGET: super::super::mapping::Belongs = Through {
    column: "widget_id",
    table: "widgets",
    key: "id",
    by: "client_id",
};

pub const SOURCE: Source = Source {
    kind: "s0",
    tables: &[
        Table {
            schema: "public",
            name: "clients",
            key: "id",
            belongs: Itself,
            order: &["created_at", "id"],
            columns: &[
                ("id", To("tenants.tenant_id")),
                ("name", To("tenants.name, slug")),
                ("contact_email", To("tenants.email")),
                ("company_name", Kept("a tenant has one name")),
                ("created_at", Both("tenants.created_at")),
                ("updated_at", Both("tenants.updated_at")),
            ],
            others: OTHER,
            map: client,
        },
        Table {
            schema: "public",
            name: "widgets",
            key: "id",
            belongs: By("client_id"),
            order: &["created_at", "id"],
            columns: &[
                ("id", To("channels.id")),
                ("client_id", To("channels.tenant_id")),
                ("name", To("channels.name")),
                ("config", To("channels.settings; what has no place there is kept")),
                ("webhook_url", To("channels.brain_url, brain")),
                ("widget_secret", To("channels.encrypted_secret, sealed")),
                ("is_active", Kept("a channel arrives switched off")),
                ("is_demo", Kept("whether it was for trying")),
                ("expires_at", Kept("when it was to end")),
                ("created_at", To("channels.created_at")),
                ("updated_at", Both("channels.updated_at")),
            ],
            others: OTHER,
            map: widget,
        },
        Table {
            schema: "public",
            name: "chat_logs",
            key: "id",
            belongs: THROUGH_WIDGET,
            order: &["created_at", "id"],
            columns: &[
                ("id", To("messages.id")),
                ("widget_id", To("conversations.channel_id")),
                ("user_id", Both("conversations.session_id, contacts.id")),
                ("message", To("messages.text_content")),
                ("response", To("messages.text_content, answers.id")),
                ("confidence", To("answers.confidence")),
                ("feedback", To("answers.feedback")),
                ("created_at", To("messages.sent_at")),
            ],
            others: OTHER,
            map: log,
        },
        Table {
            schema: "public",
            name: "analytics",
            key: "id",
            belongs: THROUGH_WIDGET,
            order: &["date", "id"],
            columns: &[
                ("id", To("analytics_daily.id")),
                ("widget_id", To("analytics_daily.channel_id")),
                ("date", Both("analytics_daily.date")),
                ("num_chats", Both(COUNTED)),
                ("avg_confidence", Both(COUNTED)),
                ("positive_feedback", Both(COUNTED)),
                ("negative_feedback", Both(COUNTED)),
                ("most_common_questions", Both(COUNTED)),
                ("created_at", Both("analytics_daily.created_at")),
            ],
            others: OTHER,
            map: day,
        },
        Table {
            schema: "public",
            name: "webhook_errors",
            key: "id",
            belongs: THROUGH_WIDGET,
            order: &["occurred_at", "id"],
            columns: &[
                ("id", To("webhook_errors.id")),
                ("widget_id", To("webhook_errors.channel_id")),
                ("error_type", To("webhook_errors.error_type")),
                ("error_message", To("webhook_errors.reason")),
                ("occurred_at", To("webhook_errors.occurred_at")),
            ],
            others: OTHER,
            map: error,
        },
    ],
    not_read: &[],
};

fn client(scope: &mut Scope, row: &mut Row, out: &mut Out) -> Result<(), String> {
    let business = Business {
        name: row
            .text("name")
            .or_else(|| row.text("company_name"))
            .unwrap_or_default(),
        email: row.text("contact_email"),
        is_active: true,
        ..Business::default()
    };
    scope.begin(out, row, &business);
    Ok(())
}

fn widget(scope: &mut Scope, row: &mut Row, out: &mut Out) -> Result<(), String> {
    let config = row.object("config").unwrap_or_default();
    let (settings, left) = widget_settings(&config);
    if !left.is_empty() {
        row.left.insert("config".to_owned(), Value::Object(left));
        row.notes
            .push("config: some of it has no place here, or does not fit".to_owned());
    }
    let url = row.text("webhook_url");
    let is_web = |url: &String| url.starts_with("https://") || url.starts_with("http://");
    if url.as_ref().is_some_and(|url| !is_web(url)) {
        row.keep("webhook_url", "this is no address of a workflow");
    }
    let channel = NewChannel {
        source_id: row.id.clone(),
        kind: "widget",
        name: row.short("name", 90).unwrap_or_default(),
        settings,
        brain_url: url.filter(is_web),
        secret: row.text("widget_secret"),
        ..NewChannel::default()
    };
    scope.add_channel(out, row, channel)?;
    Ok(())
}

fn log(scope: &mut Scope, row: &mut Row, out: &mut Out) -> Result<(), String> {
    let widget = row.text("widget_id").ok_or("it belongs to no widget")?;
    let at = times(row).0;
    // nobody knows whose the nameless ones are: each stands alone
    let person = row.text("user_id").unwrap_or_else(|| row.id.clone());
    let visitor = format!("{widget}/{person}");
    let (contact, conversation) = (
        scope.id("chat_logs", &visitor, "contact"),
        scope.id("chat_logs", &visitor, ""),
    );
    out.put_shared(
        "contacts",
        json!({"id": contact, "last_interaction_at": &at, "created_at": &at}),
    );
    out.put_shared(
        "conversations",
        json!({
            "id": conversation, "contact_id": contact, "channel_id": scope.id("channels", &widget, ""), "session_id": person,
            "status": "resolved", "resolved_at": &at, "created_at": &at,
        }),
    );
    let question = row.value("message").as_str().unwrap_or_default().to_owned();
    let reply = row.value("response").as_str().unwrap_or_default().to_owned();
    let (asked, answered) = (
        scope.id("chat_logs", &row.id, "question"),
        scope.id("chat_logs", &row.id, "answer"),
    );
    for (id, sender, text) in [(asked, "user", &question), (answered, "ai", &reply)] {
        out.put(
            "messages",
            json!({
                "id": id, "conversation_id": conversation, "seq": 0, "sender_type": sender, "text_content": text, "sent_at": &at,
                "created_at": &at,
            }),
        );
        out.say(conversation, text);
    }
    let confidence = row.decimal("confidence");
    if confidence.is_some_and(|confidence| !(0.0..=1.0).contains(&confidence)) {
        row.keep("confidence", "it lies between 0 and 1 here");
    }
    let feedback = feedback(row);
    let feedback_at = feedback.map(|_| &at);
    out.put(
        "answers",
        json!({
            "id": answered, "conversation_id": conversation, "question_message_id": asked, "question_text": question,
            "mode": "webhook", "confidence": confidence.unwrap_or(0.0).clamp(0.0, 1.0), "feedback": feedback,
            "feedback_at": feedback_at, "created_at": &at,
        }),
    );
    Ok(())
}

/// A thumb, however it was written down.
fn feedback(row: &mut Row) -> Option<&'static str> {
    let text = row.text("feedback")?;
    let plain = text.trim().to_lowercase().replace([' ', '-'], "_");
    let thumb = match plain.as_str() {
        "up" | "thumbs_up" | "thumb_up" | "positive" | "good" | "like" | "helpful" | "yes" | "1" | "true"
        | "👍" => Some("up"),
        "down" | "thumbs_down" | "thumb_down" | "negative" | "bad" | "dislike" | "not_helpful" | "no"
        | "-1" | "_1" | "0" | "false" | "👎" => Some("down"),
        _ => None,
    };
    if thumb != Some(text.as_str()) {
        row.keep_silently("feedback");
    }
    thumb
}

/// As it was counted there. Where the day's chats are here they have been counted, or will be: that goes before.
fn day(scope: &mut Scope, row: &mut Row, out: &mut Out) -> Result<(), String> {
    let widget = row.text("widget_id").ok_or("it belongs to no widget")?;
    let created_at = times(row).0;
    let date = row.date("date").ok_or("nobody knows which day it was")?;
    let mut count = |column: &str| {
        row.whole(column)
            .unwrap_or_default()
            .clamp(0, i64::from(i32::MAX))
    };
    let (chats, helpful, unhelpful) = (
        count("num_chats"),
        count("positive_feedback"),
        count("negative_feedback"),
    );
    let confidence = row.decimal("avg_confidence");
    out.put_shared(
        "analytics_daily",
        json!({
            "id": scope.id("analytics", &row.id, ""), "channel_id": scope.id("channels", &widget, ""), "date": date,
            "num_chats": chats, "avg_confidence": confidence, "positive_feedback": helpful, "negative_feedback": unhelpful,
            "most_common_questions": questions(&row.json("most_common_questions")), "is_imported": true, "created_at": created_at,
        }),
    );
    Ok(())
}

/// `[{"question", "count"}]`, however they were listed; nobody may have counted them.
fn questions(listed: &Value) -> Value {
    let first = |item: &Value, names: &[&str]| names.iter().find_map(|name| item.get(*name).cloned());
    let items = listed.as_array().into_iter().flatten().filter_map(|item| {
        let named = first(item, &["question", "topic", "text", "message"]);
        let question = as_text(named.as_ref().unwrap_or(item))?;
        let count = first(item, &["count", "num", "times", "frequency"]).unwrap_or_default();
        Some(json!({"question": question, "count": count.as_i64()}))
    });
    Value::Array(items.collect())
}

fn error(scope: &mut Scope, row: &mut Row, out: &mut Out) -> Result<(), String> {
    let widget = row.text("widget_id").ok_or("it belongs to no widget")?;
    let at = row.time("occurred_at").ok_or("nobody knows when it happened")?;
    let written = row.text("error_type").unwrap_or_default();
    let kind = match written.to_lowercase().as_str() {
        "timeout" | "timed_out" => "timeout",
        "unreachable" | "connection" | "network" | "dns" => "connection",
        "no_answer" | "empty" => "no_answer",
        _ => "status",
    };
    if written != kind {
        row.keep_silently("error_type");
    }
    out.put(
        "webhook_errors",
        json!({
            "id": scope.id("webhook_errors", &row.id, ""), "channel_id": scope.id("channels", &widget, ""), "error_type": kind,
            "reason": row.text("error_message").unwrap_or(written), "occurred_at": &at, "created_at": &at,
        }),
    );
    Ok(())
}
