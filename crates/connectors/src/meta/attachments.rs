//! What Messenger and Instagram attach to a message: files, places, shared posts.

use super::json::Json;
use crate::inbound::{Location, Media, MediaKind};

/// The attachments of a message in our words.
#[derive(Debug, Default)]
pub struct Attached {
    pub media: Vec<Media>,
    /// What is no file: links, shared posts.
    pub lines: Vec<String>,
    pub location: Option<Location>,
    pub referral: Option<String>,
    pub is_unsupported: bool,
}

pub fn read(message: Json<'_>) -> Attached {
    let mut attached = Attached::default();
    for attachment in message.list("/attachments") {
        attached.add(attachment);
    }
    attached
}

impl Attached {
    fn add(&mut self, attachment: Json<'_>) {
        let kind = attachment.word("/type");
        let has_sticker = attachment.has("/payload/sticker_id") || attachment.has("/sticker_id");
        match kind.as_str() {
            "sticker" | "image" if has_sticker || kind == "sticker" => {
                self.file(MediaKind::Sticker, attachment);
            }
            "image" => self.file(MediaKind::Image, attachment),
            "audio" => self.file(MediaKind::Audio, attachment),
            "video" => self.file(MediaKind::Video, attachment),
            "file" => self.file(MediaKind::File, attachment),
            "location" => self.place(attachment),
            "story_mention" => {
                // what a story shows must not outlive it: only its address is kept
                let url = attachment.word("/payload/url");
                self.lines.push(
                    format!("Mentioned you in their story: {url}")
                        .trim_end()
                        .to_owned(),
                );
                self.referral = Some("Story mention".to_owned());
            }
            "unsupported_type" => self.is_unsupported = true,
            _ => self.link(attachment),
        }
    }

    fn file(&mut self, kind: MediaKind, attachment: Json<'_>) {
        let Some(source) = attachment
            .text("/payload/url")
            .or_else(|| attachment.text("/url"))
        else {
            self.is_unsupported = true;
            return;
        };
        self.media.push(Media {
            kind,
            source,
            mime_type: None,
            file_name: attachment
                .text("/payload/title")
                .or_else(|| attachment.text("/title")),
            size: None,
        });
    }

    fn place(&mut self, attachment: Json<'_>) {
        let coordinates = attachment.at("/payload/coordinates");
        let (Some(latitude), Some(longitude)) = (coordinates.float("/lat"), coordinates.float("/long"))
        else {
            return self.link(attachment);
        };
        let location = Location {
            latitude,
            longitude,
            name: attachment.text("/title"),
            address: None,
        };
        self.lines.push(in_words(&location));
        self.location = Some(location);
    }

    /// Shared posts, reels, link previews, templates, and what nobody knows yet.
    fn link(&mut self, attachment: Json<'_>) {
        let title = attachment
            .text("/payload/title")
            .or_else(|| attachment.text("/title"));
        let url = attachment
            .text("/payload/url")
            .or_else(|| attachment.text("/url"));
        let words: Vec<String> = title.into_iter().chain(url).collect();
        if words.is_empty() {
            self.is_unsupported = true;
        } else {
            self.lines.push(words.join(" "));
        }
    }
}

/// A place as a line of text.
pub fn in_words(location: &Location) -> String {
    let position = format!("{}, {}", location.latitude, location.longitude);
    let words = [location.name.as_deref(), location.address.as_deref()];
    let words: Vec<&str> = words.into_iter().flatten().collect();
    match words.is_empty() {
        true => format!("📍 {position}"),
        false => format!("📍 {} ({position})", words.join(", ")),
    }
}
