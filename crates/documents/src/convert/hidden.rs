//! What a page holds that no reader sees: it may not be learned, because whoever can hide words in a page could make
//! the bot say them. Attributes and inline styles are looked at; style sheets are not evaluated.

use std::rc::Rc;

use markup5ever_rcdom::{Node, NodeData};

/// What is moved at least so many pixels out of the page does not show.
const OFF_SCREEN: f32 = -999.0;

/// Takes hidden elements out of the tree. The body itself stays: some pages hide it until their scripts run.
pub fn remove(root: &Rc<Node>) {
    let mut waiting = vec![(root.clone(), false)];
    while let Some((node, is_tiny)) = waiting.pop() {
        let mut children = node.children.borrow_mut();
        children.retain(|child| match &child.data {
            NodeData::Text { .. } => !is_tiny,
            _ => is_root(child) || !is_hidden(child),
        });
        let below = children
            .iter()
            .map(|child| (child.clone(), has_no_size(child).unwrap_or(is_tiny)));
        waiting.extend(below);
    }
}

/// The text without characters that take no room: they split words for those who search, and carry words of their own.
pub fn visible(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    for letter in text.chars() {
        let stays = match letter {
            // between letters of some scripts, and in emoji, they say something
            '\u{200c}' | '\u{200d}' => kept.chars().next_back().is_some_and(|before| !before.is_ascii()),
            '\u{ad}'
            | '\u{180e}'
            | '\u{200b}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{e0000}'..='\u{e0fff}' => false,
            _ => true,
        };
        if stays {
            kept.push(letter);
        }
    }
    kept
}

fn is_root(node: &Node) -> bool {
    matches!(&node.data, NodeData::Element { name, .. } if matches!(&*name.local, "html" | "body"))
}

fn is_hidden(node: &Node) -> bool {
    let hides = |value: String| !value.trim().eq_ignore_ascii_case("until-found");
    raw(node, "hidden").is_some_and(hides)
        || raw(node, "aria-hidden").is_some_and(|value| value.trim().eq_ignore_ascii_case("true"))
        || hides_by_style(&style(node))
}

fn hides_by_style(style: &[(String, String)]) -> bool {
    let is_placed = style
        .iter()
        .any(|(name, value)| name == "position" && matches!(value.as_str(), "absolute" | "fixed"));
    style.iter().any(|(name, value)| match name.as_str() {
        "display" => value == "none",
        "visibility" => matches!(value.as_str(), "hidden" | "collapse"),
        "text-indent" => pixels(value) <= OFF_SCREEN,
        "left" | "top" | "right" | "bottom" => is_placed && pixels(value) <= OFF_SCREEN,
        _ => false,
    })
}

/// None: it says nothing of its letters, so they are as large as those around it.
fn has_no_size(node: &Node) -> Option<bool> {
    let style = style(node);
    let (_, size) = style.iter().rfind(|(name, _)| name == "font-size")?;
    Some(number(size).is_some_and(|(size, _)| size == 0.0))
}

/// The inline style: names and values in lower case.
fn style(node: &Node) -> Vec<(String, String)> {
    let style = raw(node, "style").unwrap_or_default().to_ascii_lowercase();
    style
        .split(';')
        .filter_map(|rule| rule.split_once(':'))
        .map(|(name, value)| {
            let value = value.split('!').next().unwrap_or_default();
            (name.trim().to_owned(), value.trim().to_owned())
        })
        .collect()
}

/// Zero for what depends on the room around it.
fn pixels(value: &str) -> f32 {
    match number(value) {
        Some((count, "px" | "")) => count,
        Some((count, "em" | "rem")) => count * 16.0,
        Some((count, "pt")) => count * 4.0 / 3.0,
        _ => 0.0,
    }
}

/// `-9999px` → -9999 and `px`.
fn number(value: &str) -> Option<(f32, &str)> {
    let end = value
        .find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '-' | '+')))
        .unwrap_or(value.len());
    let (count, unit) = value.split_at(end);
    Some((count.parse().ok()?, unit))
}

/// Also when it is empty.
fn raw(node: &Node, wanted: &str) -> Option<String> {
    let NodeData::Element { attrs, .. } = &node.data else {
        return None;
    };
    let attrs = attrs.borrow();
    let found = attrs.iter().find(|attribute| &*attribute.name.local == wanted)?;
    Some(found.value.to_string())
}
