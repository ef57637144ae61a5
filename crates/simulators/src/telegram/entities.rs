//! Formatted text as Telegram reads it, and refuses it: HTML and MarkdownV2.

use serde_json::{Value, json};

type Parsed = Result<(String, Vec<Value>), String>;

const TAGS: &[(&str, &str)] = &[
    ("b", "bold"),
    ("strong", "bold"),
    ("i", "italic"),
    ("em", "italic"),
    ("u", "underline"),
    ("ins", "underline"),
    ("s", "strikethrough"),
    ("strike", "strikethrough"),
    ("del", "strikethrough"),
    ("span", "spoiler"),
    ("tg-spoiler", "spoiler"),
    ("a", "text_link"),
    ("tg-emoji", "custom_emoji"),
    ("code", "code"),
    ("pre", "pre"),
    ("blockquote", "blockquote"),
];

/// What is written so far. Places are counted in UTF-16.
#[derive(Default)]
struct Text {
    text: String,
    entities: Vec<Value>,
}

impl Text {
    fn place(&self) -> usize {
        self.text.encode_utf16().count()
    }

    fn add(&mut self, kind: &str, from: usize, url: Option<&str>) {
        let length = self.place() - from;
        if length == 0 {
            return;
        }
        let mut entity = json!({"type": kind, "offset": from, "length": length});
        if let Some(url) = url {
            entity["url"] = url.into();
        }
        self.entities.push(entity);
    }

    fn finish(mut self) -> (String, Vec<Value>) {
        self.entities.sort_by_key(|entity| entity["offset"].as_u64());
        (self.text, self.entities)
    }
}

pub fn html(source: &str) -> Parsed {
    let mut written = Text::default();
    let mut open: Vec<(String, usize, Option<String>)> = Vec::new();
    let mut rest = source;
    while let Some(next) = rest.chars().next() {
        let offset = source.len() - rest.len();
        match next {
            '<' => {
                let Some(end) = rest.find('>') else {
                    return Err(format!("Unclosed start tag at byte offset {offset}"));
                };
                let tag = &rest[1..end];
                rest = &rest[end + 1..];
                match tag.strip_prefix('/') {
                    Some(name) => close(&mut written, &mut open, name.trim(), offset)?,
                    None => open.push(start(tag, offset, written.place())?),
                }
            }
            '&' => {
                let (character, length) = reference(rest).unwrap_or(('&', 1));
                written.text.push(character);
                rest = &rest[length..];
            }
            _ => {
                written.text.push(next);
                rest = &rest[next.len_utf8()..];
            }
        }
    }
    match open.last() {
        Some((name, ..)) => Err(format!(
            "Can't find end tag corresponding to start tag \"{name}\""
        )),
        None => Ok(written.finish()),
    }
}

fn start(tag: &str, offset: usize, place: usize) -> Result<(String, usize, Option<String>), String> {
    let name = tag.split_whitespace().next().unwrap_or_default().to_lowercase();
    let is_spoiler = tag.contains("tg-spoiler");
    if !TAGS.iter().any(|(known, _)| *known == name) || (name == "span" && !is_spoiler) {
        return Err(format!(
            "Unsupported start tag \"{name}\" at byte offset {offset}"
        ));
    }
    let url = tag
        .split_once("href=")
        .map(|(_, url)| url.trim_matches(['"', '\'']).to_owned());
    Ok((name, place, url))
}

fn close(
    written: &mut Text,
    open: &mut Vec<(String, usize, Option<String>)>,
    name: &str,
    offset: usize,
) -> Result<(), String> {
    let Some((opened, from, url)) = open.pop() else {
        return Err(format!("Unexpected end tag at byte offset {offset}"));
    };
    if !name.is_empty() && !opened.eq_ignore_ascii_case(name) {
        return Err(format!(
            "Unmatched end tag at byte offset {offset}, expected \"</{opened}>\", found \"</{name}>\""
        ));
    }
    let kind = TAGS.iter().find(|(known, _)| *known == opened);
    written.add(kind.map_or("", |(_, kind)| kind), from, url.as_deref());
    Ok(())
}

/// `&lt;` and the like, with its length.
fn reference(text: &str) -> Option<(char, usize)> {
    let end = text.find(';').filter(|end| *end <= 10)?;
    let name = &text[1..end];
    let character = match name {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)?
        }
    };
    Some((character, end + 1))
}

/// Longest first: what begins with a shorter one.
const MARKS: &[(&str, &str)] = &[
    ("||", "spoiler"),
    ("__", "underline"),
    ("*", "bold"),
    ("_", "italic"),
    ("~", "strikethrough"),
];

pub fn markdown(source: &str) -> Parsed {
    let mut written = Text::default();
    let mut open: Vec<(&str, usize)> = Vec::new();
    let mut rest = source;
    while let Some(next) = rest.chars().next() {
        let offset = source.len() - rest.len();
        if next == '\\' {
            let escaped = rest
                .chars()
                .nth(1)
                .filter(|c| c.is_ascii() && !c.is_ascii_control());
            written.text.push(escaped.unwrap_or('\\'));
            rest = &rest[1 + escaped.map_or(0, char::len_utf8)..];
            continue;
        }
        if next == '`' {
            rest = code(&mut written, rest, offset)?;
            continue;
        }
        if next == '[' {
            open.push(("[", written.place()));
            rest = &rest[1..];
            continue;
        }
        if next == ']' && open.last().is_some_and(|(mark, _)| *mark == "[") {
            rest = link(&mut written, &mut open, rest, offset)?;
            continue;
        }
        if next == '>' && (written.text.is_empty() || written.text.ends_with('\n')) {
            rest = &rest[1..];
            continue;
        }
        if let Some((mark, kind)) = MARKS.iter().find(|(mark, _)| rest.starts_with(mark)) {
            match open.last() {
                Some((opened, from)) if opened == mark => {
                    written.add(kind, *from, None);
                    open.pop();
                }
                _ => open.push((mark, written.place())),
            }
            rest = &rest[mark.len()..];
            continue;
        }
        if "[]()>#+-=|{}.!".contains(next) {
            return Err(format!(
                "Character '{next}' is reserved and must be escaped with the preceding '\\'"
            ));
        }
        written.text.push(next);
        rest = &rest[next.len_utf8()..];
    }
    match open.last() {
        Some((mark, place)) => Err(format!(
            "Can't find end of the entity \"{mark}\" starting at byte offset {place}"
        )),
        None => Ok(written.finish()),
    }
}

fn code<'a>(written: &mut Text, text: &'a str, offset: usize) -> Result<&'a str, String> {
    let (fence, kind) = if text.starts_with("```") {
        ("```", "pre")
    } else {
        ("`", "code")
    };
    let name = if kind == "pre" { "Pre" } else { "Code" };
    let from = written.place();
    let mut rest = &text[fence.len()..];
    if kind == "pre"
        && let Some((language, code)) = rest.split_once('\n')
        && language.chars().all(|c| c.is_alphanumeric())
    {
        rest = code;
    }
    while let Some(next) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix(fence) {
            written.add(kind, from, None);
            return Ok(after);
        }
        let is_escape = next == '\\' && rest[1..].starts_with(['`', '\\']);
        rest = &rest[if is_escape { 1 } else { 0 }..];
        let literal = rest.chars().next().unwrap_or(next);
        written.text.push(literal);
        rest = &rest[literal.len_utf8()..];
    }
    Err(format!("Can't find end of {name} entity at byte offset {offset}"))
}

fn link<'a>(
    written: &mut Text,
    open: &mut Vec<(&str, usize)>,
    text: &'a str,
    offset: usize,
) -> Result<&'a str, String> {
    let from = open.pop().map_or(0, |(_, from)| from);
    let Some(mut rest) = text.strip_prefix("](") else {
        return Ok(&text[1..]);
    };
    let mut url = String::new();
    while let Some(next) = rest.chars().next() {
        rest = &rest[next.len_utf8()..];
        match next {
            ')' => {
                written.add("text_link", from, Some(&url));
                return Ok(rest);
            }
            '\\' if rest.starts_with([')', '\\']) => {
                url.push_str(&rest[..1]);
                rest = &rest[1..];
            }
            _ => url.push(next),
        }
    }
    Err(format!("Can't find end of a URL at byte offset {offset}"))
}
