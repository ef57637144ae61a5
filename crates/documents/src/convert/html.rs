//! HTML: the text of the page without menus, scripts and forms.

use encoding_rs::Encoding;
use htmd::HtmlToMarkdown;

use super::text;
use crate::{Reading, Unreadable};

const SKIPPED: [&str; 13] = [
    "head", "script", "style", "noscript", "template", "svg", "nav", "footer", "form", "button", "iframe",
    "object", "img",
];

pub fn convert(bytes: &[u8]) -> Result<Reading, Unreadable> {
    let html = text::decode_as(bytes, said_encoding(bytes));
    let converter = HtmlToMarkdown::builder().skip_tags(SKIPPED.to_vec()).build();
    let markdown = converter.convert(&html).map_err(|_| Unreadable::Damaged)?;
    Ok(Reading::whole(title(&html), markdown))
}

/// The `charset` that the first kilobyte names.
pub fn said_encoding(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(1024)]).to_ascii_lowercase();
    let (_, after) = head.split_once("charset=")?;
    let label: String = after
        .trim_start_matches(['"', '\''])
        .chars()
        .take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | ':'))
        .collect();
    Encoding::for_label(label.as_bytes())
}

fn title(html: &str) -> Option<String> {
    // ASCII lower case keeps every byte where it is
    let lower = html.to_ascii_lowercase();
    let open = lower.find("<title")?;
    let start = open + lower[open..].find('>')? + 1;
    let end = start + lower[start..].find("</title")?;
    let text = htmd::convert(&html[start..end]).ok()?;
    let words: Vec<&str> = text.split_whitespace().collect();
    Some(words.join(" "))
}
