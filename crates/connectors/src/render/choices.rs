//! Suggestions into buttons.

use unicode_segmentation::UnicodeSegmentation as _;

use crate::outbound::{Choice, ChoiceRules};

/// As many as the vendor takes, with labels that it takes and that differ; the whole text stays the value.
pub(super) fn cut(rules: &ChoiceRules, texts: &[String]) -> Vec<Choice> {
    let mut seen: Vec<String> = Vec::new();
    for text in texts {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if !text.is_empty() && !seen.contains(&text) {
            seen.push(text);
        }
    }
    let is_too_long = |text: &String| text.chars().count() > rules.label_limit;
    let is_list = rules.list_most > rules.most && (seen.len() > rules.most || seen.iter().any(is_too_long));
    let (most, limit) = if is_list {
        (rules.list_most, rules.list_label_limit)
    } else {
        (rules.most, rules.label_limit)
    };
    let mut choices: Vec<Choice> = Vec::new();
    for value in seen.into_iter().take(most) {
        let label = unlike(&choices, shorten(&value, limit), limit);
        choices.push(Choice { label, value });
    }
    choices
}

/// At most so many characters, with an ellipsis in place of what is left out.
pub(super) fn shorten(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept = within(text, most.saturating_sub(1));
    format!("{}…", kept.trim_end())
}

fn within(text: &str, most: usize) -> &str {
    let mut left = most;
    let fits = |(_, grapheme): &(usize, &str)| {
        let size = grapheme.chars().count();
        let is_room = size <= left;
        left = left.saturating_sub(size);
        is_room
    };
    let end = text.grapheme_indices(true).take_while(fits).last();
    end.map_or("", |(at, grapheme)| &text[..at + grapheme.len()])
}

/// Two cut labels may have become the same one, which vendors refuse.
fn unlike(choices: &[Choice], label: String, limit: usize) -> String {
    let is_taken = |label: &str| choices.iter().any(|choice| choice.label == label);
    let numbered = |number: usize| format!("{} {number}", shorten(&label, limit.saturating_sub(3)));
    if !is_taken(&label) {
        return label;
    }
    let free = (2..100).map(numbered).find(|label| !is_taken(label));
    free.unwrap_or(label)
}
