//! Keeps a composed answer on the ground: citations become sources, invented links and invisible characters go, and
//! an answer that cites nothing is not used.

use knowledge::retrieval::Candidate;
use std::collections::HashSet;
use std::ops::Range;

/// A composed text after checking.
#[derive(Debug, PartialEq)]
pub struct Grounded {
    /// Without the citation marks.
    pub text: String,
    /// Numbers of the cited passages, counted from 0, in order of first citation.
    pub cited: Vec<usize>,
}

/// Checks a finished text against the passages that the model was shown.
pub fn ground(text: &str, shown: &[Candidate]) -> Grounded {
    let mut cited = Vec::new();
    let text = strip_citations(text, shown.len(), &mut cited);
    let text = keep_known_links(&text, shown);
    Grounded {
        text: visible(&text).trim().to_owned(),
        cited,
    }
}

/// A piece of a text that still streams, without web addresses and hidden characters: the finished answer brings the
/// checked addresses.
pub fn without_addresses(piece: &str) -> String {
    visible(&without_bare_addresses(piece, &HashSet::new()))
}

/// A text that says so many characters of the instructions in a row repeats them.
const REPEATED: usize = 80;

/// Whether the text gives away the instructions that the model got, however it was talked into it.
pub fn repeats(text: &str, instructions: &str) -> bool {
    let plain = |text: &str| -> Vec<char> {
        let letters = text.chars().filter(|c| c.is_alphanumeric());
        letters.flat_map(char::to_lowercase).collect()
    };
    let (text, instructions) = (plain(text), plain(instructions));
    let secret: HashSet<&[char]> = instructions.windows(REPEATED).collect();
    text.windows(REPEATED).any(|piece| secret.contains(piece))
}

/// Removes `[1]`, `[1, 2]` and `[1][2]`, together with the space before them, and notes the numbers.
fn strip_citations(text: &str, count: usize, cited: &mut Vec<usize>) -> String {
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
fn keep_known_links(text: &str, shown: &[Candidate]) -> String {
    let known: HashSet<String> = shown
        .iter()
        .flat_map(|candidate| addresses(&candidate.text))
        .collect();
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
    without_bare_addresses(&out, &known)
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
fn addresses(text: &str) -> Vec<String> {
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

fn visible(text: &str) -> String {
    text.chars().filter(|c| is_visible(*c)).collect()
}

/// Zero-width characters, direction overrides and tag characters hide text from people.
fn is_visible(c: char) -> bool {
    !matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
        && (!c.is_control() || matches!(c, '\n' | '\t'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use knowledge::language::Language;
    use knowledge::retrieval::EntryKind;
    use uuid::Uuid;

    fn shown(texts: &[&str]) -> Vec<Candidate> {
        let candidate = |text: &&str| Candidate {
            id: Uuid::nil(),
            kind: EntryKind::QaPair,
            title: "t".into(),
            text: (*text).into(),
            group: Uuid::nil(),
            language: Language::ENGLISH,
            score: 0.0,
            probability: 0.9,
            features: knowledge::retrieval::Features::default(),
        };
        texts.iter().map(candidate).collect()
    }

    #[test]
    fn citations_become_numbers_and_leave_the_text() {
        let shown = shown(&["a", "b", "c"]);
        let grounded = ground(
            "Yes, we ship [2]. It costs €12 [1, 2]. See [our page](x) [9].",
            &shown,
        );
        assert_eq!(grounded.text, "Yes, we ship. It costs €12. See our page.");
        assert_eq!(grounded.cited, [1, 0]);
    }

    #[test]
    fn only_addresses_from_the_passages_survive() {
        let shown = shown(&["See [orders](https://shop.example/orders)."]);
        let grounded = ground(
            "Go to [orders](https://shop.example/orders) or [here](https://evil.example/x) or https://evil.example/y now [1]",
            &shown,
        );
        assert_eq!(
            grounded.text,
            "Go to [orders](https://shop.example/orders) or here or  now"
        );
    }

    #[test]
    fn an_unknown_address_takes_nothing_of_a_known_one_with_it() {
        let shown = shown(&["See https://shop.example/manual/zorbl."]);
        for (said, kept) in [
            (
                "See https://shop.example/manual/zorbl or https://shop.example now [1].",
                "See https://shop.example/manual/zorbl or  now.",
            ),
            ("Begins with https:// always.", "Begins with https:// always."),
            ("Go HTTPS://EVIL.example/x.", "Go ."),
        ] {
            assert_eq!(ground(said, &shown).text, kept);
        }
    }

    #[test]
    fn hidden_characters_are_dropped() {
        assert_eq!(ground("a\u{200b}b\u{202e}c\u{e0041}d\u{7}", &[]).text, "abcd");
    }
}
