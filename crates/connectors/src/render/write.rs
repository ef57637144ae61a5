//! The vendor's marks around what shares a style, and how long that is in the vendor's unit.

use std::borrow::Cow;

use super::markdown::{Glue, Span, Style, Word};
use crate::outbound::{Limit, Markup, Unit};

#[derive(Debug, Clone, Copy)]
pub(super) struct Measure {
    pub markup: Markup,
    pub limit: Limit,
}

impl Measure {
    pub(super) fn fits(&self, words: &[Word]) -> bool {
        self.size(words) <= self.limit.most
    }

    /// As the vendor counts: Telegram leaves the marks out, the others read none or count them.
    fn size(&self, words: &[Word]) -> usize {
        match self.markup {
            Markup::TelegramHtml => lines(words)
                .iter()
                .map(|span| self.count(&shown(span, self.markup)))
                .sum(),
            _ => self.count(&self.write(words)),
        }
    }

    pub(super) fn count(&self, text: &str) -> usize {
        match self.limit.unit {
            Unit::Characters => text.chars().count(),
            Unit::Utf16 => text.encode_utf16().count(),
            Unit::Bytes => text.len(),
        }
    }

    pub(super) fn write(&self, words: &[Word]) -> String {
        let mut text = String::new();
        for span in lines(words) {
            text.push_str(&marked(&span, self.markup));
        }
        text
    }
}

/// The words with what stands between them, neighbours from the same marks run together.
fn lines(words: &[Word]) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    for (index, word) in words.iter().enumerate() {
        let glue = match word.glue {
            _ if index == 0 => Cow::Borrowed(""),
            Glue::Nothing => Cow::Borrowed(""),
            Glue::Space => Cow::Borrowed(" "),
            Glue::Lines(count) => Cow::Owned("\n".repeat(count)),
        };
        let first = word
            .spans
            .first()
            .map(|span| span.style.clone())
            .unwrap_or_default();
        let goes_on = spans.last().is_some_and(|last| last.style == first)
            && (first.is_block || !matches!(word.glue, Glue::Lines(_)));
        let style = if goes_on { first } else { Style::default() };
        push(&mut spans, &glue, &style);
        for span in &word.spans {
            push(&mut spans, &span.text, &span.style);
        }
    }
    spans
}

fn push(spans: &mut Vec<Span>, text: &str, style: &Style) {
    match spans.last_mut() {
        _ if text.is_empty() => {}
        Some(last) if last.style == *style => last.text.push_str(text),
        _ => spans.push(Span {
            text: text.to_owned(),
            style: style.clone(),
        }),
    }
}

/// The text of a span with the address of its link, where the vendor has no links behind words.
fn shown(span: &Span, markup: Markup) -> Cow<'_, str> {
    match &span.style.link {
        Some(url) if markup != Markup::Markdown && !is_link(url, markup) => written_out(&span.text, url),
        _ => Cow::Borrowed(&span.text),
    }
}

fn is_link(url: &str, markup: Markup) -> bool {
    match markup {
        // Telegram drops links of other kinds without a word
        Markup::TelegramHtml => url.starts_with("http"),
        Markup::Markdown => true,
        Markup::Plain | Markup::WhatsApp => false,
    }
}

/// `label (address)`, or the address alone if the label says nothing else.
pub(super) fn written_out<'a>(label: &'a str, url: &'a str) -> Cow<'a, str> {
    let bare = url.strip_prefix("mailto:").or_else(|| url.strip_prefix("tel:"));
    let bare = bare.unwrap_or(url);
    if label == bare || label == url {
        Cow::Borrowed(bare)
    } else {
        Cow::Owned(format!("{label} ({bare})"))
    }
}

fn marked(span: &Span, markup: Markup) -> String {
    let text = shown(span, markup);
    let style = &span.style;
    match markup {
        Markup::Plain => text.into_owned(),
        Markup::WhatsApp => whatsapp(&text, style),
        Markup::TelegramHtml => html(&text, style),
        Markup::Markdown => markdown(&text, style),
    }
}

fn whatsapp(text: &str, style: &Style) -> String {
    let mut text = text.to_owned();
    if style.is_block {
        return format!("```{text}```");
    }
    if style.is_code {
        return format!("`{text}`");
    }
    if style.link.is_some() {
        return text;
    }
    if style.is_italic {
        text = format!("_{text}_");
    }
    if style.is_bold {
        text = format!("*{text}*");
    }
    text
}

fn html(text: &str, style: &Style) -> String {
    let mut text = escaped(text);
    let mut wrap = |tag: &str| text = format!("<{tag}>{text}</{tag}>");
    match (style.is_block, style.is_code) {
        (true, _) => wrap("pre"),
        (false, true) => wrap("code"),
        // code takes no other style along
        (false, false) => {
            if style.is_italic {
                wrap("i");
            }
            if style.is_bold {
                wrap("b");
            }
        }
    }
    match &style.link {
        Some(url) if is_link(url, Markup::TelegramHtml) => {
            format!("<a href=\"{}\">{text}</a>", escaped(url))
        }
        _ => text,
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

fn markdown(text: &str, style: &Style) -> String {
    let mut text = text.to_owned();
    if style.is_block {
        return format!("```\n{text}\n```");
    }
    if style.is_code {
        text = format!("`{text}`");
    }
    if let Some(url) = style.link.as_deref().filter(|url| *url != text) {
        text = format!("[{text}]({url})");
    }
    if style.is_italic {
        text = format!("*{text}*");
    }
    if style.is_bold {
        text = format!("**{text}**");
    }
    text
}
