//! Tenants, accounts, conversations and what came of them.

use chrono::{DateTime, TimeDelta};
use serde_json::{Value, json};

use super::super::super::mapping::{Business, NewChannel, Out, Scope, channel_kind, times};
use super::super::super::row::{Row, as_text};

pub fn tenant(scope: &mut Scope, row: &mut Row, out: &mut Out) -> Result<(), String> {
    let mut settings = row.object("settings").unwrap_or_default();
    let zone = settings
        .get("timezone")
        .and_then(as_text)
        .filter(|zone| scope.time_zones.contains(zone));
    let business = Business {
        name: row.text("name").unwrap_or_default(),
        slug: row.text("slug"),
        email: row.text("contact_email"),
        website_url: row.text("website_url"),
        time_zone: zone.clone(),
        is_active: true,
        ..Business::default()
    };
    scope.begin(out, row, &business);
    if scope.is_into {
        return Ok(());
    }
    if zone.is_some() {
        settings.remove("timezone");
    }
    let hours = settings
        .get("business_hours")
        .and_then(as_text)
        .and_then(|text| hours(&text));
    let email = settings.get("escalation_email").and_then(as_text);
    if hours.is_some() || email.is_some() {
        out.put_over(
            "inbox_settings",
            json!({"business_hours": hours, "escalation_email": email}),
        );
        settings.remove("escalation_email");
    }
    // what was understood of the hours stands here beside what was written
    if !settings.is_empty() {
        row.left.insert("settings".to_owned(), Value::Object(settings));
    }
    Ok(())
}

/// `9-18` from Monday to Friday, as the inbox has it.
fn hours(text: &str) -> Option<Value> {
    let (from, to) = text.split_once('-')?;
    let clock = |text: &str| {
        let (hour, minute) = text
            .trim()
            .trim_end_matches('h')
            .split_once(':')
            .unwrap_or((text.trim().trim_end_matches('h'), "0"));
        let (hour, minute) = (hour.parse::<u8>().ok()?, minute.parse::<u8>().ok()?);
        (hour <= 24 && minute < 60).then(|| format!("{hour:02}:{minute:02}"))
    };
    let (from, to) = (clock(from)?, clock(to)?);
    let open = json!([[from, to]]);
    (from < to).then(
        || json!({"monday": open, "tuesday": open, "wednesday": open, "thursday": open, "friday": open}),
    )
}

/// A topic of a day, as it was found there. Its number says nothing here: topics of other days with it are others.
pub fn topic(scope: &mut Scope, row: &mut Row, out: &mut Out) -> Result<(), String> {
    let created_at = times(row).0;
    let date = row.date("date").ok_or("nobody knows which day it was")?;
    let number = row.whole("topic_id").ok_or("it has no number")?;
    let samples = row.json("sample_messages");
    let samples = samples.as_array().into_iter().flatten().filter_map(as_text);
    let known = samples.filter(|id| id.parse::<uuid::Uuid>().is_ok());
    let messages: Vec<_> = known
        .map(|id| scope.id("conversation_messages", &id, ""))
        .collect();
    let (label, count) = (row.short("topic_label", 255), row.whole("message_count"));
    let share = row.decimal("percentage");
    out.put_shared(
        "topics_daily",
        json!({
            "id": scope.id("topics_daily", &row.id, ""), "date": date, "topic_id": number, "topic_label": label,
            "keywords": row.texts("keywords"), "message_count": count.unwrap_or_default(), "percentage": share,
            "sample_messages": messages, "is_imported": true, "created_at": created_at,
        }),
    );
    Ok(())
}

/// A chat model that was tuned there. Which key may call it nobody knows here, so it serves only once somebody says so.
pub fn model(scope: &mut Scope, row: &mut Row, out: &mut Out) -> Result<(), String> {
    let (created_at, updated_at) = times(row);
    let states = ["training", "ready", "deprecated", "failed", "cancelled"];
    let status = match row.choice("status", &states).unwrap_or("training") {
        "training" => {
            row.keep("status", "it was being trained there: nobody follows that here");
            "cancelled"
        }
        status => status,
    };
    // several models may have had a version of this name
    let mut version = row.text("version").unwrap_or_else(|| "–".to_owned());
    let first = scope.fact("model version", &version).clone();
    if first.is_null() && !scope.is_into {
        scope.remember("model version", &version, json!(row.id));
    } else if first != row.id.as_str() {
        version = format!("{version} ({})", row.id);
    }
    out.put(
        "model_versions",
        json!({
            "id": scope.id("model_versions", &row.id, ""), "kind": "chat", "origin": "registered",
            "model_name": row.short("model_name", 200).ok_or("it has no name")?,
            "base_model": row.text("base_model").unwrap_or_default(), "training_dataset_id": row.text("training_dataset_id"),
            "version": version, "status": status, "metrics": row.object("metrics").unwrap_or_default(), "created_at": created_at,
            "updated_at": updated_at,
        }),
    );
    Ok(())
}

pub fn account(scope: &mut Scope, row: &mut Row, out: &mut Out) -> Result<(), String> {
    let platform = row.text("platform").unwrap_or_default();
    let kind = channel_kind(&platform).unwrap_or("api");
    if platform != kind {
        row.keep_silently("platform");
    }
    let name = row.text("account_username");
    let channel = NewChannel {
        source_id: row.id.clone(),
        kind,
        name: name.clone().unwrap_or_else(|| platform.clone()),
        settings: json!({}),
        platform_id: row.text("account_id"),
        account_name: name,
        token_expires_at: row.time("token_expires_at"),
        ..NewChannel::default()
    };
    let id = scope.add_channel(out, row, channel)?;
    // of several accounts of one platform nobody knows whose a conversation was: the first stands for it
    if scope.fact("door", kind).is_null() {
        scope.remember("door", kind, json!(id));
    }
    Ok(())
}

pub fn conversation(scope: &mut Scope, row: &mut Row, out: &mut Out) -> Result<(), String> {
    let platform = row.text("channel").unwrap_or_else(|| "widget".to_owned());
    let kind = channel_kind(&platform).unwrap_or("api");
    if platform != kind {
        row.keep_silently("channel");
    }
    let known = scope.fact("door", kind).as_str().and_then(|id| id.parse().ok());
    let channel = match known {
        Some(id) => id,
        None => door(scope, row, out, kind)?,
    };
    let (created_at, updated_at) = times(row);
    let metadata = row.object("metadata").unwrap_or_default();
    let text = |names: &[&str]| names.iter().find_map(|name| as_text(metadata.get(*name)?));
    let language = text(&["language", "lang"]).filter(|code| code.len() == 2);
    let status = row
        .choice("status", &["open", "resolved", "escalated"])
        .unwrap_or("open");
    let last_at = row.time("last_message_at").unwrap_or_else(|| updated_at.clone());
    let (contact, id) = (
        scope.id("conversations", &row.id, "contact"),
        scope.id("conversations", &row.id, ""),
    );
    let person = row.text("user_id").unwrap_or_else(|| row.id.clone());
    let is_vendor = kind != "widget";
    out.put(
        "contacts",
        json!({
            "id": contact, "name": text(&["user_name", "name", "username"]), "email": text(&["email", "user_email"]),
            "phone": text(&["phone", "user_phone"]), "language": &language, "last_interaction_at": &last_at,
            "created_at": &created_at, "updated_at": updated_at,
        }),
    );
    if is_vendor {
        out.put_shared(
            "contact_identities",
            json!({
                "id": scope.id("conversations", &row.id, "identity"), "contact_id": contact, "kind": "platform",
                "value": format!("{channel}/{person}"), "channel_id": channel, "is_verified": true,
            }),
        );
    }
    scope.remember(
        "conversation",
        &row.id,
        json!({"is_vendor": is_vendor, "status": status}),
    );
    out.put(
        "conversations",
        json!({
            "id": id, "contact_id": contact, "channel_id": channel, "session_id": &person, "thread": is_vendor.then_some(&person),
            "status": status, "ai_paused": status == "escalated", "language": language,
            "escalated_at": (status == "escalated").then_some(&last_at), "resolved_at": (status == "resolved").then_some(&last_at),
            "metadata": &metadata, "created_at": created_at,
        }),
    );
    let tags = metadata
        .get("tags")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    scope.label(out, id, tags.filter_map(as_text));
    Ok(())
}

/// A channel for conversations whose account is not there.
fn door(scope: &mut Scope, row: &mut Row, out: &mut Out, kind: &'static str) -> Result<uuid::Uuid, String> {
    let name = if kind == "widget" { "Web site" } else { kind };
    let channel = NewChannel {
        source_id: format!("door/{kind}"),
        kind,
        name: name.to_owned(),
        settings: json!({}),
        ..NewChannel::default()
    };
    let mut made = Out::default();
    let id = scope.add_channel(&mut made, row, channel)?;
    for target in made.targets {
        out.put_shared(target.table, Value::Object(target.values));
    }
    scope.remember("door", kind, json!(id));
    Ok(id)
}

pub fn message(scope: &mut Scope, row: &mut Row, out: &mut Out) -> Result<(), String> {
    let source = row
        .text("conversation_id")
        .ok_or("it belongs to no conversation")?;
    let conversation = scope.id("conversations", &source, "");
    let at = row.time("created_at").ok_or("nobody knows when it was sent")?;
    let sender = match row.choice("role", &["user", "assistant", "system", "agent"]) {
        Some("user") => "user",
        Some("assistant") => "ai",
        Some("agent") => "agent",
        _ => "system",
    };
    let text = row.value("content").as_str().unwrap_or_default().to_owned();
    let is_vendor = scope.fact("conversation", &source)["is_vendor"] == true;
    let id = scope.id("conversation_messages", &row.id, "");
    out.say(conversation, &text);
    out.put(
        "messages",
        json!({
            "id": id, "conversation_id": conversation, "seq": 0, "sender_type": sender, "text_content": &text,
            "was_sent_elsewhere": is_vendor && matches!(sender, "agent" | "ai"), "sent_at": &at, "created_at": &at,
        }),
    );
    let mut metadata = row.object("metadata").unwrap_or_default();
    if sender == "user" {
        scope.remember(
            "question",
            "",
            json!({"conversation": source, "id": id, "text": text}),
        );
    } else if sender == "ai" {
        let question = scope.fact("question", "").clone();
        let confidence = metadata
            .get("confidence")
            .and_then(Value::as_f64)
            .filter(|c| (0.0..=1.0).contains(c));
        if let (Some(confidence), true) = (confidence, question["conversation"] == source.as_str()) {
            metadata.remove("confidence");
            out.put(
                "answers",
                json!({
                    "id": id, "conversation_id": conversation, "question_message_id": question["id"],
                    "question_text": question["text"], "mode": "model", "confidence": confidence, "created_at": at,
                }),
            );
            // the next reply answers something else
            scope.remember("question", "", Value::Null);
        }
    }
    if !metadata.is_empty() {
        row.left.insert("metadata".to_owned(), Value::Object(metadata));
    }
    Ok(())
}

/// A conversation waits for people once: of several hand-overs that are open the first.
pub fn escalation(scope: &mut Scope, row: &mut Row, out: &mut Out) -> Result<(), String> {
    let source = row
        .text("conversation_id")
        .ok_or("it belongs to no conversation")?;
    let (created_at, updated_at) = times(row);
    let written = row.text("reason").unwrap_or_default();
    let reason = match written.to_lowercase().as_str() {
        "visitor_asked" | "human_requested" | "user_request" => "visitor_asked",
        "low_confidence" | "no_answer" => "low_confidence",
        _ => "agent",
    };
    if written != reason {
        row.keep_silently("reason");
    }
    let mut status = row
        .choice("status", &["pending", "in_progress", "resolved"])
        .unwrap_or("pending");
    let mut resolved_at = row.time("resolved_at");
    let open = scope.fact("open escalation", &source).clone();
    if status != "resolved" && !open.is_null() && open != row.id.as_str() {
        row.keep(
            "status",
            "the conversation waits for people already: this one is closed",
        );
        status = "resolved";
    } else if status != "resolved" {
        scope.remember("open escalation", &source, json!(row.id));
    }
    if status == "resolved" && resolved_at.is_none() {
        resolved_at = Some(updated_at.clone());
    }
    out.put(
        "escalations",
        json!({
            "id": scope.id("escalations", &row.id, ""), "conversation_id": scope.id("conversations", &source, ""), "reason": reason,
            "summary": row.text("summary").unwrap_or(written), "status": status, "resolved_at": resolved_at,
            "created_at": created_at, "updated_at": updated_at,
        }),
    );
    Ok(())
}

pub fn meeting(scope: &mut Scope, row: &mut Row, out: &mut Out) -> Result<(), String> {
    let (created_at, updated_at) = times(row);
    let begins = row.time("scheduled_at").ok_or("nobody knows when it is")?;
    let minutes = row.whole("duration_minutes").unwrap_or(30);
    if !(1..=1440).contains(&minutes) {
        row.keep("duration_minutes", "a meeting has 1 to 1,440 minutes");
    }
    let minutes = minutes.clamp(1, 1440);
    let ends = DateTime::parse_from_rfc3339(&begins).map_err(|error| error.to_string())?
        + TimeDelta::minutes(minutes);
    let states = ["scheduled", "rescheduled", "completed", "cancelled", "no_show"];
    let source = row.text("conversation_id");
    let conversation = scope.find_id("conversations", source.clone(), "");
    let contact = scope.find_id("conversations", source, "contact");
    let id = scope.id("meetings", &row.id, "");
    out.put(
        "meetings",
        json!({
            "id": id, "conversation_id": conversation, "contact_id": contact, "meeting_url": row.text("meeting_url"),
            "scheduled_at": begins, "ends_at": ends.to_rfc3339(), "duration_minutes": minutes,
            "status": row.choice("status", &states).unwrap_or("scheduled"), "source": "calcom",
            "cal_event_id": row.text("cal_event_id"), "ical_uid": format!("{id}@imported"), "created_at": created_at,
            "updated_at": updated_at,
        }),
    );
    Ok(())
}
