//! Updates of the Bot API in our words.

use serde_json::Value;

use crate::from_seconds;
use crate::inbound::{Event, Location, Media, MediaKind, Message, Person};
use crate::{lenient, phone};

/// Begins the id of a pressed button, which is no message: what follows is for `answerCallbackQuery`.
pub(super) const PRESSED: &str = "pressed:";

/// Updates that we do not ask for, and that have no person who waits for an answer.
const NOT_OURS: [&str; 20] = [
    "channel_post",
    "edited_channel_post",
    "business_connection",
    "business_message",
    "edited_business_message",
    "deleted_business_messages",
    "message_reaction_count",
    "inline_query",
    "chosen_inline_result",
    "shipping_query",
    "pre_checkout_query",
    "purchased_paid_media",
    "poll",
    "poll_answer",
    "chat_member",
    "chat_join_request",
    "chat_boost",
    "removed_chat_boost",
    "managed_bot",
    "guest_message",
];

/// Things that a person sends and that we cannot show.
const NOT_SHOWN: [&str; 8] = [
    "poll",
    "dice",
    "story",
    "game",
    "invoice",
    "paid_media",
    "checklist",
    "passport_data",
];

/// What says who, where and when, not what.
const FRAME: [&str; 22] = [
    "message_id",
    "message_thread_id",
    "date",
    "edit_date",
    "chat",
    "from",
    "sender_chat",
    "via_bot",
    "reply_to_message",
    "external_reply",
    "quote",
    "forward_origin",
    "is_topic_message",
    "is_automatic_forward",
    "has_protected_content",
    "has_media_spoiler",
    "media_group_id",
    "entities",
    "caption_entities",
    "link_preview_options",
    "reply_markup",
    "effect_id",
];

/// Notes of the chat itself.
const SERVICE: [&str; 12] = [
    "pinned_message",
    "message_auto_delete_timer_changed",
    "chat_background_set",
    "write_access_allowed",
    "users_shared",
    "chat_shared",
    "connected_website",
    "proximity_alert_triggered",
    "boost_added",
    "successful_payment",
    "refunded_payment",
    "gift",
];

/// The one part of an update that says what happened.
pub(super) fn content(update: &Value) -> Option<(&str, &Value)> {
    let mut parts = update.as_object()?.iter();
    let (name, content) = parts.find(|(name, _)| *name != "update_id")?;
    Some((name, content))
}

pub(super) fn update(body: &str) -> Result<Event, String> {
    let update = lenient::value(body.as_bytes()).map_err(|error| error.to_string())?;
    if update.get("update_id").and_then(Value::as_i64).is_none() {
        return Err("the update has no number".into());
    }
    let (name, content) = content(&update).ok_or("the update is empty")?;
    if NOT_OURS.contains(&name) {
        let why = "an update that is not needed";
        return Ok(Event::Ignored { why });
    }
    if !matches!(
        name,
        "message" | "edited_message" | "callback_query" | "my_chat_member" | "message_reaction"
    ) {
        let what = format!("update `{name}`");
        return Ok(Event::Unknown { what });
    }
    let chat = content.get("chat").or_else(|| content.pointer("/message/chat"));
    if chat.is_some_and(|chat| chat["type"] != "private") {
        let why = "only private chats are answered";
        return Ok(Event::Ignored { why });
    }
    match name {
        "message" => message(content),
        "edited_message" => edited(content),
        "callback_query" => pressed(content),
        "my_chat_member" => member(content),
        _ => reaction(content),
    }
}

fn thread(content: &Value) -> Result<String, String> {
    lenient::id(content, "/chat/id").ok_or_else(|| "the chat has no id".into())
}

/// Message ids count per chat.
fn message_id(thread: &str, content: &Value) -> Result<String, String> {
    let id = lenient::id(content, "/message_id").ok_or("the message has no id")?;
    Ok(format!("{thread}:{id}"))
}

fn message(content: &Value) -> Result<Event, String> {
    let thread = thread(content)?;
    let mut message = Message {
        id: message_id(&thread, content)?,
        from: person(content.get("from").ok_or("the message has no sender")?)?,
        text: said(content),
        media: media(content).into_iter().collect(),
        reply_to: content
            .get("reply_to_message")
            .and_then(|quoted| message_id(&thread, quoted).ok()),
        sent_at: content.get("date").and_then(Value::as_i64).and_then(from_seconds),
        is_automatic: is_bot(content),
        thread,
        ..Message::default()
    };
    start(&mut message);
    location(&mut message, content);
    contact(&mut message, content);
    if let Some(button) = lenient::text(content, "/web_app_data/button_text") {
        message.choice = lenient::text(content, "/web_app_data/data");
        message.text = button;
    }
    if message.text.is_empty() && message.media.is_empty() && message.location.is_none() {
        return Ok(empty(message, content));
    }
    Ok(Event::Message(Box::new(message)))
}

fn said(content: &Value) -> String {
    let places = ["/text", "/caption", "/sticker/emoji"];
    let text = places.iter().find_map(|place| lenient::text(content, place));
    text.unwrap_or_default()
}

fn is_bot(content: &Value) -> bool {
    content.pointer("/from/is_bot").and_then(Value::as_bool) == Some(true)
}

/// A message of which we can show nothing.
fn empty(mut message: Message, content: &Value) -> Event {
    let keys = content.as_object().into_iter().flat_map(|keys| keys.keys());
    let mut keys = keys.filter(|key| !FRAME.contains(&key.as_str()));
    let Some(key) = keys.next() else {
        let why = "an empty message";
        return Event::Ignored { why };
    };
    if NOT_SHOWN.contains(&key.as_str()) {
        message.is_unsupported = true;
        return Event::Message(Box::new(message));
    }
    if SERVICE.contains(&key.as_str()) {
        let why = "a note of the chat";
        return Event::Ignored { why };
    }
    let what = format!("message with `{key}`");
    Event::Unknown { what }
}

fn person(from: &Value) -> Result<Person, String> {
    let names = ["/first_name", "/last_name"].map(|place| lenient::text(from, place));
    let name = names.into_iter().flatten().collect::<Vec<_>>().join(" ");
    Ok(Person {
        id: lenient::id(from, "/id").ok_or("the sender has no id")?,
        name: Some(name).filter(|name| !name.is_empty()),
        username: lenient::text(from, "/username"),
        language: lenient::text(from, "/language_code").and_then(|code| lenient::language(&code)),
        ..Person::default()
    })
}

/// `/start summer`: how the person came.
fn start(message: &mut Message) {
    if let Some(payload) = message.text.strip_prefix("/start ") {
        message.referral = Some(payload.trim().to_owned());
        message.text = "/start".to_owned();
    }
}

fn location(message: &mut Message, content: &Value) {
    let place = content
        .pointer("/venue/location")
        .or_else(|| content.get("location"));
    let number = |key: &str| place.and_then(|place| place.get(key)).and_then(Value::as_f64);
    let (Some(latitude), Some(longitude)) = (number("latitude"), number("longitude")) else {
        return;
    };
    let (name, address) = (
        lenient::text(content, "/venue/title"),
        lenient::text(content, "/venue/address"),
    );
    let named: Vec<String> = [name.clone(), address.clone()].into_iter().flatten().collect();
    message.text = match named.join(", ").as_str() {
        "" => format!("📍 {latitude}, {longitude}"),
        named => format!("📍 {named}"),
    };
    message.location = Some(Location {
        latitude,
        longitude,
        name,
        address,
    });
}

/// A visiting card. Telegram knows whose number it is: the person's own one is theirs.
fn contact(message: &mut Message, content: &Value) {
    let Some(number) = lenient::text(content, "/contact/phone_number") else {
        return;
    };
    let names = ["/contact/first_name", "/contact/last_name"].map(|place| lenient::text(content, place));
    let name = names.into_iter().flatten().collect::<Vec<_>>().join(" ");
    message.text = format!("👤 {name} {number}");
    let whose = lenient::id(content, "/contact/user_id");
    if whose.as_deref() == Some(message.from.id.as_str()) {
        let marked = format!("+{}", number.trim_start_matches('+'));
        message.from.phone = phone::canonical(&marked);
        message.from.is_verified = message.from.phone.is_some();
    }
}

fn media(content: &Value) -> Option<Media> {
    if let Some(photo) = content.get("photo").and_then(Value::as_array) {
        let length = |size: &Value, key: &str| size[key].as_u64().unwrap_or(0);
        let area = |size: &&Value| length(size, "width").saturating_mul(length(size, "height"));
        return file(photo.iter().max_by_key(area)?, MediaKind::Image, "image/jpeg");
    }
    // an animation comes with the same file as a document
    let kinds = [
        ("voice", MediaKind::Audio, "audio/ogg"),
        ("audio", MediaKind::Audio, "audio/mpeg"),
        ("animation", MediaKind::Video, "video/mp4"),
        ("video", MediaKind::Video, "video/mp4"),
        ("video_note", MediaKind::Video, "video/mp4"),
        ("sticker", MediaKind::Sticker, "image/webp"),
        ("document", MediaKind::File, "application/octet-stream"),
    ];
    let (key, kind, mime_type) = kinds.into_iter().find(|(key, ..)| content.get(key).is_some())?;
    let content = content.get(key)?;
    let mime_type = match kind {
        MediaKind::Sticker if content["is_video"] == true => "video/webm",
        MediaKind::Sticker if content["is_animated"] == true => "application/x-tgsticker",
        _ => mime_type,
    };
    file(content, kind, mime_type)
}

fn file(content: &Value, kind: MediaKind, mime_type: &str) -> Option<Media> {
    Some(Media {
        kind,
        source: lenient::text(content, "/file_id")?,
        mime_type: lenient::text(content, "/mime_type").or_else(|| Some(mime_type.to_owned())),
        file_name: lenient::text(content, "/file_name"),
        size: content.get("file_size").and_then(Value::as_u64),
    })
}

fn edited(content: &Value) -> Result<Event, String> {
    let text = lenient::text(content, "/text").or_else(|| lenient::text(content, "/caption"));
    let Some(text) = text else {
        let why = "a change without words";
        return Ok(Event::Ignored { why });
    };
    let thread = thread(content)?;
    Ok(Event::Edited {
        message_id: message_id(&thread, content)?,
        thread,
        text,
    })
}

fn pressed(content: &Value) -> Result<Event, String> {
    let from = person(content.get("from").ok_or("nobody pressed the button")?)?;
    let under = content.get("message");
    let thread = under.and_then(|under| thread(under).ok());
    let thread = thread.unwrap_or_else(|| from.id.clone());
    let Some(data) = lenient::text(content, "/data") else {
        let why = "a button of a game";
        return Ok(Event::Ignored { why });
    };
    let id = lenient::id(content, "/id").ok_or("the pressed button has no id")?;
    Ok(Event::Message(Box::new(Message {
        id: format!("{PRESSED}{id}"),
        text: label(under, &data),
        choice: Some(data),
        reply_to: under.and_then(|under| message_id(&thread, under).ok()),
        is_automatic: is_bot(content),
        thread,
        from,
        ..Message::default()
    })))
}

/// What stood on the button, unless it was cut and its value says the whole.
fn label(under: Option<&Value>, data: &str) -> String {
    let rows = under.and_then(|under| under.pointer("/reply_markup/inline_keyboard"));
    let rows = rows.and_then(Value::as_array).into_iter().flatten();
    let mut buttons = rows.filter_map(Value::as_array).flatten();
    let pressed = buttons.find(|button| button["callback_data"] == data);
    match pressed.and_then(|button| lenient::text(button, "/text")) {
        Some(label) if !label.contains('…') || data.starts_with('#') => label,
        _ => data.to_owned(),
    }
}

fn member(content: &Value) -> Result<Event, String> {
    let thread = thread(content)?;
    match lenient::text(content, "/new_chat_member/status").as_deref() {
        Some("kicked") => Ok(Event::Blocked {
            thread,
            is_blocked: true,
        }),
        Some("member") => Ok(Event::Blocked {
            thread,
            is_blocked: false,
        }),
        _ => Ok(Event::Ignored {
            why: "another state of the chat",
        }),
    }
}

fn reaction(content: &Value) -> Result<Event, String> {
    let thread = thread(content)?;
    Ok(Event::Reaction {
        message_id: message_id(&thread, content)?,
        emoji: lenient::text(content, "/new_reaction/0/emoji"),
        thread,
    })
}
