//! Cuts a reply to a vendor's measure: long texts at sentences, Markdown into what the vendor shows, suggestions into
//! buttons.
//!
//! [`markdown`] takes the text apart into words with their style, [`split`] fills the pieces, [`write`] puts the
//! vendor's marks around what shares a style: so a piece is complete by itself wherever it was cut.

mod choices;
mod markdown;
mod marks;
#[cfg(test)]
mod properties;
mod split;
#[cfg(test)]
mod tests;
mod write;

use markdown::{Glue, Strength, Word};
use write::Measure;

use crate::inbound::MediaKind;
use crate::outbound::{Capabilities, Limit, Markup, MediaRule, Part};

/// What is to be said.
#[derive(Debug, Clone, Copy)]
pub struct Reply<'a> {
    /// Markdown-lite, as the widget shows it.
    pub text: &'a str,
    /// Suggestions for what the person could say next.
    pub choices: &'a [String],
    pub media: Option<Media<'a>>,
}

/// A stored file.
#[derive(Debug, Clone, Copy)]
pub struct Media<'a> {
    pub asset_id: &'a str,
    pub file_name: &'a str,
    pub mime_type: &'a str,
    pub size: u64,
    /// Where it can be fetched from outside; empty if the server does not know its public address.
    pub link: &'a str,
}

/// The pieces in which a vendor of these abilities is sent the reply, in order; the same reply gives the same pieces.
/// Nothing is left out: what does not fit goes into the next piece, a file that the vendor does not take becomes a link.
pub fn parts(capabilities: &Capabilities, reply: &Reply<'_>) -> Vec<Part> {
    let measure = Measure {
        markup: capabilities.markup,
        limit: capabilities.text_limit,
    };
    let words = markdown::words(reply.text, measure.markup);
    let Some(media) = &reply.media else {
        return texts(capabilities, measure, reply, words);
    };
    let Some(kind) = kind_for(&capabilities.media, media) else {
        return texts(capabilities, measure, reply, with_link(words, media));
    };
    let caption = caption(capabilities, measure, reply, kind, &words);
    let has_caption = caption.is_some();
    let mut parts = vec![Part::Media {
        kind,
        asset_id: media.asset_id.to_owned(),
        file_name: media.file_name.to_owned(),
        mime_type: media.mime_type.to_owned(),
        caption,
    }];
    if !has_caption {
        parts.extend(texts(capabilities, measure, reply, words));
    }
    parts
}

fn texts(capabilities: &Capabilities, measure: Measure, reply: &Reply<'_>, words: Vec<Word>) -> Vec<Part> {
    let rules = capabilities.choices;
    let mut choices = rules.map_or_else(Vec::new, |rules| choices::cut(&rules, reply.choices));
    let last_limit = rules
        .filter(|_| !choices.is_empty())
        .and_then(|rules| rules.text_limit);
    let texts = match as_it_stands(measure, reply, last_limit) {
        Some(text) => vec![text],
        None => split::texts(measure, words, last_limit),
    };
    let last = texts.len().saturating_sub(1);
    let part = |(index, text)| Part::Text {
        text,
        choices: if index == last {
            std::mem::take(&mut choices)
        } else {
            Vec::new()
        },
    };
    texts.into_iter().enumerate().map(part).collect()
}

/// Markdown that needs no cutting is sent as it was written.
fn as_it_stands(measure: Measure, reply: &Reply<'_>, last_limit: Option<usize>) -> Option<String> {
    let text = reply.text.trim();
    let most = last_limit.unwrap_or(usize::MAX).min(measure.limit.most);
    let is_whole = measure.markup == Markup::Markdown && reply.media.is_none() && !text.is_empty();
    (is_whole && measure.count(text) <= most).then(|| text.to_owned())
}

/// As what the vendor takes the file: a picture that is too large for one may still go as a file.
fn kind_for(rules: &[MediaRule], media: &Media<'_>) -> Option<MediaKind> {
    let own = MediaKind::of(media.mime_type);
    let takes = |kind: MediaKind| {
        let fits = |rule: &MediaRule| {
            rule.kind == kind && media.size <= rule.most_bytes && is_listed(rule.mime_types, media.mime_type)
        };
        rules.iter().any(fits)
    };
    [own, MediaKind::File].into_iter().find(|kind| takes(*kind))
}

fn is_listed(patterns: &[&str], mime_type: &str) -> bool {
    // `audio/ogg; codecs=opus`
    let bare = mime_type.split(';').next().unwrap_or_default().trim();
    patterns.iter().any(|pattern| match pattern.strip_suffix('*') {
        Some(start) => bare.starts_with(start),
        None => bare.eq_ignore_ascii_case(pattern),
    })
}

/// The whole text, if it fits under the file. Recordings have no caption everywhere, and buttons need a text.
fn caption(
    capabilities: &Capabilities,
    measure: Measure,
    reply: &Reply<'_>,
    kind: MediaKind,
    words: &[Word],
) -> Option<String> {
    let most = capabilities.caption_limit?;
    let has_buttons = capabilities.choices.is_some() && !reply.choices.is_empty();
    if words.is_empty() || has_buttons || matches!(kind, MediaKind::Audio | MediaKind::Sticker) {
        return None;
    }
    let limit = Limit {
        most,
        ..measure.limit
    };
    let measure = Measure { limit, ..measure };
    measure.fits(words).then(|| measure.write(words))
}

/// With a line of its own that says where the file is, or at least what it is called.
fn with_link(mut words: Vec<Word>, media: &Media<'_>) -> Vec<Word> {
    let name = match media.file_name {
        "" => media.mime_type,
        name => name,
    };
    let line = match media.link {
        "" => format!("📎 {name}"),
        link => format!("{name}: {link}"),
    };
    let mut link = markdown::plain_words(&line);
    if let Some(first) = link.first_mut().filter(|_| !words.is_empty()) {
        first.glue = Glue::Lines(2);
        first.strength = Strength::Paragraph;
    }
    words.extend(link);
    words
}
