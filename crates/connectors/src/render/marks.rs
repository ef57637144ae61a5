//! The marks within a line, by the patterns of `web/shared/markdown.ts`, with the same bounds.

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Mark<'a> {
    Code(&'a str),
    Bold(&'a str),
    Italic(&'a str),
    Link { label: &'a str, url: &'a str },
}

/// The mark with which the text begins, and how many bytes it takes. `before`: the character in front of it.
pub(super) fn mark_at(text: &str, before: Option<char>) -> Option<(Mark<'_>, usize)> {
    match text.chars().next()? {
        '`' => {
            let inner = between(&text[1..], "`", &['`', '\n'])?;
            Some((Mark::Code(inner), inner.len() + 2))
        }
        '*' if text.starts_with("**") => {
            let inner = between(&text[2..], "**", &['*', '\n'])?;
            Some((Mark::Bold(inner), inner.len() + 4))
        }
        '*' => {
            let inner = between(&text[1..], "*", &['*', '\n']).filter(begins_with_text)?;
            Some((Mark::Italic(inner), inner.len() + 2))
        }
        '_' if !before.is_some_and(is_word) => underscored(text),
        '!' => link(&text[1..]).map(|(mark, taken)| (mark, taken + 1)),
        '[' => link(text),
        'h' if !before.is_some_and(char::is_alphanumeric) => bare_url(text),
        _ => None,
    }
}

fn underscored(text: &str) -> Option<(Mark<'_>, usize)> {
    let inner = between(&text[1..], "_", &['_', '\n']).filter(begins_with_text)?;
    let taken = inner.len() + 2;
    let is_closed = !text[taken..].chars().next().is_some_and(is_word);
    is_closed.then_some((Mark::Italic(inner), taken))
}

fn link(text: &str) -> Option<(Mark<'_>, usize)> {
    let label = between(text.strip_prefix('[')?, "](", &['[', ']', '\n'])?;
    let at = label.len() + 3;
    let url = between(&text[at..], ")", &['(', ')', ' ', '\t', '\n'])?;
    let is_fine = is_safe(url) && !label.trim().is_empty();
    is_fine.then(|| (Mark::Link { label, url }, at + url.len() + 1))
}

fn bare_url(text: &str) -> Option<(Mark<'_>, usize)> {
    let scheme = ["https://", "http://"]
        .into_iter()
        .find(|scheme| text.starts_with(scheme))?;
    let ends = |letter: char| letter.is_whitespace() || "<>\"'`()[]*".contains(letter);
    let url = text
        .split(ends)
        .next()?
        .trim_end_matches(['.', ',', ';', ':', '!', '?']);
    (url.len() > scheme.len()).then_some((Mark::Link { label: url, url }, url.len()))
}

/// The addresses that a link may have; anything else is shown as it was written.
fn is_safe(url: &str) -> bool {
    let lower = url.to_ascii_lowercase();
    let has_scheme = ["http://", "https://", "mailto:", "tel:"]
        .iter()
        .any(|scheme| lower.len() > scheme.len() && lower.starts_with(scheme));
    has_scheme && !url.contains(|letter: char| letter.is_whitespace() || letter == '\\')
}

/// What stands before the closing mark, if it is something and none of the letters that it must not hold.
fn between<'a>(text: &'a str, closing: &str, not: &[char]) -> Option<&'a str> {
    let end = text.find(not).filter(|end| (1..=LONGEST).contains(end))?;
    text[end..].starts_with(closing).then(|| &text[..end])
}

/// In bytes; the widget counts 400 and 600 characters.
const LONGEST: usize = 2400;

fn begins_with_text(inner: &&str) -> bool {
    !inner.starts_with(char::is_whitespace)
}

fn is_word(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_'
}
