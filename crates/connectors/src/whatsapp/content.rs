//! What a message of WhatsApp holds, by its type.

use crate::inbound::{Location, Media, MediaKind};
use crate::meta::attachments::in_words;
use crate::meta::json::Json;

/// A message's content in our words.
#[derive(Debug, Default)]
pub struct Content {
    pub text: String,
    pub media: Vec<Media>,
    pub choice: Option<String>,
    pub location: Option<Location>,
}

/// None: the type is not known.
pub fn read(message: Json<'_>) -> Option<Content> {
    let kind = message.word("/type");
    let body = message.at(&format!("/{kind}"));
    Some(match kind.as_str() {
        "text" => said(body.word("/body")),
        "image" => file(MediaKind::Image, body),
        "video" => file(MediaKind::Video, body),
        "audio" | "voice" => file(MediaKind::Audio, body),
        "document" => file(MediaKind::File, body),
        "sticker" => file(MediaKind::Sticker, body),
        "location" => location(body),
        "contacts" => said(body.list("").map(card).collect::<Vec<_>>().join("\n")),
        "interactive" => interactive(body),
        "button" => Content {
            choice: body.text("/payload"),
            ..said(body.text("/text").unwrap_or_else(|| body.word("/payload")))
        },
        "order" => said(order(body)),
        _ => return None,
    })
}

fn said(text: String) -> Content {
    Content {
        text,
        ..Content::default()
    }
}

fn file(kind: MediaKind, body: Json<'_>) -> Content {
    let media = body.text("/id").map(|source| Media {
        kind,
        source,
        mime_type: body.text("/mime_type"),
        file_name: body.text("/filename"),
        size: body.integer("/file_size").and_then(|size| size.try_into().ok()),
    });
    Content {
        media: media.into_iter().collect(),
        ..said(body.word("/caption"))
    }
}

fn location(body: Json<'_>) -> Content {
    let (Some(latitude), Some(longitude)) = (body.float("/latitude"), body.float("/longitude")) else {
        return said(body.text("/name").unwrap_or_else(|| body.word("/address")));
    };
    let location = Location {
        latitude,
        longitude,
        name: body.text("/name"),
        address: body.text("/address"),
    };
    Content {
        location: Some(location.clone()),
        ..said(in_words(&location))
    }
}

/// A visiting card as one line.
fn card(contact: Json<'_>) -> String {
    let name = contact
        .text("/name/formatted_name")
        .or_else(|| contact.text("/name/first_name"));
    let phones = contact
        .list("/phones")
        .filter_map(|phone| phone.text("/phone").or_else(|| phone.text("/wa_id")));
    let emails = contact.list("/emails").filter_map(|email| email.text("/email"));
    let company = contact.text("/org/company");
    let words: Vec<String> = name
        .into_iter()
        .chain(company)
        .chain(phones)
        .chain(emails)
        .collect();
    format!("👤 {}", words.join(" · "))
}

fn interactive(body: Json<'_>) -> Content {
    let kind = body.word("/type");
    let reply = body.at(&format!("/{kind}"));
    match kind.as_str() {
        "button_reply" | "list_reply" => Content {
            choice: reply.text("/id"),
            ..said(reply.text("/title").unwrap_or_else(|| reply.word("/id")))
        },
        "nfm_reply" => {
            let words = [reply.text("/body"), reply.text("/response_json")];
            said(words.into_iter().flatten().collect::<Vec<_>>().join("\n"))
        }
        "call_permission_reply" => said(format!("📞 {}", reply.word("/response"))),
        _ => said(reply.text("/title").unwrap_or_else(|| reply.word("/body"))),
    }
}

fn order(body: Json<'_>) -> String {
    let line = |item: Json<'_>| {
        let price = [item.text("/item_price"), item.text("/currency")];
        let price = price.into_iter().flatten().collect::<Vec<_>>().join(" ");
        format!(
            "{} × {} {price}",
            item.word("/quantity"),
            item.word("/product_retailer_id")
        )
        .trim_end()
        .to_owned()
    };
    let lines = body.list("/product_items").map(line);
    let words: Vec<String> = body.text("/text").into_iter().chain(lines).collect();
    format!("🛒 {}", words.join("\n"))
}
