//! The text of messages that helpdesks keep as HTML.

use super::cut_bytes;

/// Of a message that is cut to a part of this anyway.
const LONGEST: usize = 64 * 1024;

/// Tags gone, lines kept, the usual entities read.
pub fn to_text(html: &str) -> String {
    if !html.contains(['<', '&']) {
        return html.to_owned();
    }
    let html = cut_bytes(html, LONGEST);
    let mut text = String::with_capacity(html.len());
    // behind the last mark that ends a tag there is none to look for
    let (mut rest, tail) = html.split_at(html.rfind('>').map_or(0, |end| end + 1));
    while let Some(at) = rest.find('<') {
        text.push_str(rest.get(..at).unwrap_or_default());
        rest = rest.get(at..).unwrap_or_default();
        let is_tag = rest.get(1..).is_some_and(|inside| {
            inside.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!'))
        });
        match is_tag.then(|| rest.find('>')).flatten() {
            Some(end) => {
                if breaks(rest.get(1..end).unwrap_or_default()) && !text.ends_with('\n') {
                    text.push('\n');
                }
                rest = rest.get(end + 1..).unwrap_or_default();
            }
            None => {
                text.push('<');
                rest = rest.get(1..).unwrap_or_default();
            }
        }
    }
    text.push_str(rest);
    text.push_str(tail);
    entities(&text).trim().to_owned()
}

fn breaks(tag: &str) -> bool {
    let name: String = tag
        .chars()
        .skip_while(|c| *c == '/')
        .take_while(char::is_ascii_alphanumeric)
        .collect();
    matches!(
        name.to_ascii_lowercase().as_str(),
        "br" | "p" | "div" | "li" | "tr" | "h1" | "h2" | "h3" | "ul" | "ol" | "blockquote"
    )
}

fn entities(text: &str) -> String {
    let mut read = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        read.push_str(rest.get(..at).unwrap_or_default());
        rest = rest.get(at..).unwrap_or_default();
        let end = rest
            .char_indices()
            .take(12)
            .find(|(_, c)| *c == ';')
            .map(|(end, _)| end);
        match end.and_then(|end| Some((entity(rest.get(1..end)?)?, end))) {
            Some((c, end)) => {
                read.push(c);
                rest = rest.get(end + 1..).unwrap_or_default();
            }
            None => {
                read.push('&');
                rest = rest.get(1..).unwrap_or_default();
            }
        }
    }
    read.push_str(rest);
    read
}

fn entity(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        "nbsp" => Some(' '),
        "eacute" => Some('é'),
        "egrave" => Some('è'),
        "agrave" => Some('à'),
        "euro" => Some('€'),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code).filter(|c| !c.is_control() || *c == '\n')
        }
    }
}
