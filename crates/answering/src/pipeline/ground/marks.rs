//! What a model writes beside words: citation marks, links, tags and hidden characters.

use std::collections::HashSet;
use std::ops::Range;

/// Removes `[1]`, `[1, 2]` and `[1][2]`, together with the space before them, and notes the numbers.
pub fn strip_citations(text: &str, count: usize, cited: &mut Vec<usize>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('[') {
        let (before, from) = rest.split_at(start);
        let citation = from
            .find(']')
            .and_then(|end| from.get(1..end))
            .and_then(|inside| numbers(inside, count).map(|n| (n, inside.len() + 2)));
        // `[1](https://…)` is a link whose text is a number
        let citation =
            citation.filter(|(_, length)| !from.get(*length..).is_some_and(|after| after.starts_with('(')));
        match citation {
            Some((numbers, length)) => {
                out.push_str(before.trim_end_matches(' '));
                for number in numbers {
                    if !cited.contains(&number) {
                        cited.push(number);
                    }
                }
                rest = from.get(length..).unwrap_or_default();
            }
            None => {
                out.push_str(before);
                out.push('[');
                rest = from.get(1..).unwrap_or_default();
            }
        }
    }
    out.push_str(rest);
    out
}

/// Whether what stands between brackets are numbers of passages.
pub fn is_citation(inside: &str) -> bool {
    numbers(inside, usize::MAX).is_some()
}

fn numbers(inside: &str, count: usize) -> Option<Vec<usize>> {
    let parts: Option<Vec<usize>> = inside
        .split([',', ';'])
        .map(|part| part.trim().parse::<usize>().ok())
        .collect();
    parts.filter(|parts| !parts.is_empty()).map(|parts| {
        parts
            .into_iter()
            .filter(|n| (1..=count).contains(n))
            .map(|n| n - 1)
            .collect()
    })
}

/// A link whose address no passage holds loses its address; the words stay.
pub fn keep_known_links(text: &str, known: &HashSet<String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("](") {
        let (before, from) = rest.split_at(start);
        let Some(end) = from.find(')') else { break };
        let address = from.get(2..end).unwrap_or_default();
        if known.contains(address) {
            out.push_str(before);
            out.push_str(from.get(..=end).unwrap_or_default());
        } else {
            match before.rfind('[') {
                Some(open) => {
                    out.push_str(before.get(..open).unwrap_or_default());
                    out.push_str(before.get(open + 1..).unwrap_or_default());
                }
                None => out.push_str(before),
            }
        }
        rest = from.get(end + 1..).unwrap_or_default();
    }
    out.push_str(rest);
    without_bare_addresses(&out, known)
}

fn without_bare_addresses(text: &str, known: &HashSet<String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut kept_to = 0;
    for place in address_places(text) {
        let address = text.get(place.clone()).unwrap_or_default();
        if !known.contains(address) {
            out.push_str(text.get(kept_to..place.start).unwrap_or_default());
            kept_to = place.end;
        }
    }
    out.push_str(text.get(kept_to..).unwrap_or_default());
    out
}

/// All web addresses in a text.
pub fn addresses(text: &str) -> Vec<String> {
    let places = address_places(text).into_iter();
    places
        .filter_map(|place| text.get(place).map(str::to_owned))
        .collect()
}

/// Where web addresses stand, from first to last. Schemes may be written in capitals; one with nothing behind it is no
/// address.
fn address_places(text: &str) -> Vec<Range<usize>> {
    let lower = text.to_ascii_lowercase();
    let mut places: Vec<Range<usize>> = Vec::new();
    let mut from = 0;
    while let Some(start) = find_from(&lower, "http", from) {
        let rest = lower.get(start..).unwrap_or_default();
        from = start + "http".len();
        let Some(scheme) = ["https://", "http://"]
            .into_iter()
            .find(|scheme| rest.starts_with(scheme))
        else {
            continue;
        };
        let end = rest
            .find(|c: char| c.is_whitespace() || matches!(c, ')' | ']' | '>' | '"' | '<' | '“' | '”'))
            .unwrap_or(rest.len());
        let address = rest
            .get(..end)
            .unwrap_or_default()
            .trim_end_matches(['.', ',', ';', ':', '!', '?']);
        if address.len() > scheme.len() {
            from = start + address.len();
            places.push(start..from);
        }
    }
    places
}

fn find_from(text: &str, what: &str, from: usize) -> Option<usize> {
    text.get(from..)?.find(what).map(|at| from + at)
}

/// Without HTML: what is shown is text and light Markdown.
pub fn without_tags(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let begins_tag = |c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!');
        rest = match from.get(1..) {
            Some(inside) if inside.starts_with(begins_tag) => inside
                .find('>')
                .and_then(|end| inside.get(end + 1..))
                .unwrap_or_default(),
            inside => {
                out.push('<');
                inside.unwrap_or_default()
            }
        };
    }
    out.push_str(rest);
    out
}

/// Without characters that people cannot see, which hide other text. Joiners and marks of direction stay behind letters that
/// may need them, and so do the tags that make a flag.
pub fn visible(text: &str) -> String {
    let mut is_flag = false;
    let mut behind_ascii = true;
    let is_shown = |c: &char| {
        let is_tag = matches!(c, '\u{e0000}'..='\u{e007f}');
        is_flag = *c == '\u{1f3f4}' || (is_flag && is_tag);
        let is_hidden = is_blank(*c)
            || (is_tag && !is_flag)
            || (is_joiner(*c) && behind_ascii)
            || (c.is_control() && !matches!(c, '\n' | '\t'));
        if !is_hidden {
            behind_ascii = c.is_ascii();
        }
        !is_hidden
    };
    text.chars().filter(is_shown).collect()
}

/// Zero-width (non-)joiners, left-to-right and right-to-left marks, and what chooses between forms of a character.
fn is_joiner(c: char) -> bool {
    matches!(c, '\u{200c}'..='\u{200f}' | '\u{fe00}'..='\u{fe0f}')
}

/// Fillers, soft hyphens, invisible signs, overrides and isolates of direction.
fn is_blank(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}'
        | '\u{fff9}'..='\u{fffb}' | '\u{e0100}'..='\u{e01ef}')
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As it may be read, where one passage has been shown.
    fn cleaned(text: &str, passage: &str) -> String {
        let known = addresses(passage).into_iter().collect();
        visible(&keep_known_links(text, &known))
    }

    #[test]
    fn citations_become_numbers_and_leave_the_text() {
        let mut cited = Vec::new();
        let text = "Yes, we ship [2]. It costs €12 [1, 2]. See [our page](x) [9].";
        assert_eq!(
            strip_citations(text, 3, &mut cited),
            "Yes, we ship. It costs €12. See [our page](x)."
        );
        assert_eq!(cited, [1, 0]);
    }

    #[test]
    fn only_addresses_from_the_passages_survive() {
        assert_eq!(
            cleaned(
                "Go to [orders](https://shop.example/orders) or [here](https://evil.example/x) or https://evil.example/y now",
                "See [orders](https://shop.example/orders)."
            ),
            "Go to [orders](https://shop.example/orders) or here or  now"
        );
    }

    #[test]
    fn an_unknown_address_takes_nothing_of_a_known_one_with_it() {
        for (said, kept) in [
            (
                "See https://shop.example/manual/zorbl or https://shop.example now.",
                "See https://shop.example/manual/zorbl or  now.",
            ),
            ("Begins with https:// always.", "Begins with https:// always."),
            ("Go HTTPS://EVIL.example/x.", "Go ."),
        ] {
            assert_eq!(cleaned(said, "See https://shop.example/manual/zorbl."), kept);
        }
    }

    #[test]
    fn joiners_and_flags_stay_where_they_are_needed() {
        let text = "👩\u{200d}🍳 می\u{200c}خواهم 🏴\u{e0067}\u{e007f}";
        assert_eq!(visible(text), text);
        assert_eq!(visible("a\u{200b}b\u{e0041}c\u{202e}d 3\u{200d}0"), "abcd 30");
    }

    #[test]
    fn tags_are_dropped() {
        assert_eq!(
            without_tags("Open <b>now</b>, 3 < 5 <img src=x"),
            "Open now, 3 < 5 "
        );
    }

    #[test]
    fn hidden_characters_are_dropped() {
        assert_eq!(cleaned("a\u{200b}b\u{202e}c\u{e0041}d\u{7}", ""), "abcd");
    }
}
