//! HTML: the text of the page without menus, scripts and forms, and without what it hides.

use encoding_rs::Encoding;
use htmd::HtmlToMarkdown;

use super::{hidden, text};
use crate::{Reading, Unreadable};

const SKIPPED: [&str; 13] = [
    "head", "script", "style", "noscript", "template", "svg", "nav", "footer", "form", "button", "iframe",
    "object", "img",
];

pub fn convert(bytes: &[u8]) -> Result<Reading, Unreadable> {
    let html = without_declarations(text::decode_as(bytes, said_encoding(bytes)));
    if is_too_deep(&html) {
        return Err(Unreadable::Damaged);
    }
    let converter = HtmlToMarkdown::builder().skip_tags(SKIPPED.to_vec()).build();
    let tree = converter.html_to_tree(&html).map_err(|_| Unreadable::Damaged)?;
    hidden::remove(&tree);
    Ok(Reading::whole(title(&html), converter.tree_to_markdown(&tree)))
}

/// No page has so many elements within each other; reading such a heap takes minutes.
const DEEPEST: usize = 3_000;

/// Counts elements that have to be closed: paragraphs, items and cells end by themselves.
fn is_too_deep(html: &str) -> bool {
    const CLOSED: [&str; 16] = [
        "div",
        "span",
        "b",
        "i",
        "em",
        "strong",
        "font",
        "section",
        "article",
        "blockquote",
        "table",
        "ul",
        "ol",
        "a",
        "center",
        "u",
    ];
    let mut depth = 0_usize;
    for after in html.split('<').skip(1) {
        let (is_end, name) = after
            .strip_prefix('/')
            .map_or((false, after), |name| (true, name));
        let length = name.bytes().take_while(u8::is_ascii_alphanumeric).count();
        let name = name[..length].to_ascii_lowercase();
        if CLOSED.contains(&name.as_str()) {
            depth = if is_end {
                depth.saturating_sub(1)
            } else {
                depth + 1
            };
        }
        if depth > DEEPEST {
            return true;
        }
    }
    false
}

/// HTML knows no declarations in its first line: a browser ends that line at the first `>` and shows the rest as text.
/// XHTML does, and nobody needs what is declared there.
fn without_declarations(html: String) -> String {
    let lower = html.to_ascii_lowercase();
    let Some(start) = lower.find("<!doctype") else {
        return html;
    };
    let opens = lower[start..].find(['[', '>']).map(|at| start + at);
    let Some(open) = opens.filter(|at| lower[*at..].starts_with('[')) else {
        return html;
    };
    let ends = lower[open..]
        .find(']')
        .and_then(|at| Some(open + at + lower[open + at..].find('>')? + 1));
    let Some(end) = ends else {
        return html;
    };
    let mut text = format!("{}{}", &html[..start], &html[end..]);
    for name in html[open..end]
        .split("<!ENTITY")
        .skip(1)
        .filter_map(|after| after.split_whitespace().next())
    {
        text = text.replace(&format!("&{name};"), "");
    }
    text
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
