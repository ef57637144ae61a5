//! What holds for every text.

use super::tests::{MARKUPS, say, vendor};
use super::*;
use crate::outbound::Unit;

/// Texts out of all that may stand in one, the same ones each time.
fn texts() -> impl Iterator<Item = String> {
    const BITS: [&str; 24] = [
        "word",
        "Straße",
        "**bold words**",
        "*it*",
        "_under line_",
        "`code x`",
        "[link text](https://a.example/p?q=1&r=2)",
        "https://b.example/long/path",
        "end. ",
        "Next! ",
        "\n",
        "\n\n",
        "\n- ",
        "\n2. ",
        "\n# Head\n",
        "日本語。",
        "👨‍👩‍👧‍👦",
        "a<b>&c",
        "\n```\n x = 1;\n\n y\n```\n",
        " ",
        " ",
        " ",
        "Donaudampfschifffahrtsgesellschaftskapitän",
        "10\u{a0}km",
    ];
    let mut state = 7_u64;
    let mut next = move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize
    };
    (0..90).map(move |length| (0..length).map(|_| BITS[next() % BITS.len()]).collect())
}

fn letters(text: &str) -> String {
    text.chars().filter(|letter| letter.is_alphanumeric()).collect()
}

/// Without tags; panics if they do not close in turn.
fn parsed(html: &str) -> String {
    let (mut open, mut text, mut rest) = (Vec::new(), String::new(), html);
    while let Some(at) = rest.find('<') {
        text.push_str(&rest[..at]);
        let end = rest[at..].find('>').expect("a tag ends") + at;
        let tag = &rest[at + 1..end];
        match tag.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name), "{html}"),
            None => open.push(tag.split(' ').next().unwrap_or_default()),
        }
        rest = &rest[end + 1..];
    }
    assert!(open.is_empty(), "{html}");
    text.push_str(rest);
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&amp;", "&")
}

#[test]
fn every_piece_is_within_the_limit_and_no_letter_is_lost() {
    for text in texts() {
        let whole = letters(&say(&vendor(Markup::Plain, usize::MAX, Unit::Bytes), &text).concat());
        for (most, unit) in [
            (40, Unit::Bytes),
            (33, Unit::Utf16),
            (60, Unit::Characters),
            (300, Unit::Bytes),
        ] {
            let plain = say(&vendor(Markup::Plain, most, unit), &text);
            assert_eq!(letters(&plain.concat()), whole, "{text}");
            for markup in MARKUPS {
                for piece in say(&vendor(markup, most, unit), &text) {
                    let shown = if markup == Markup::TelegramHtml {
                        parsed(&piece)
                    } else {
                        piece
                    };
                    let limit = Limit { most, unit };
                    assert!(
                        (1..=most).contains(&Measure { markup, limit }.count(&shown)),
                        "{shown}"
                    );
                }
            }
        }
    }
}

#[test]
fn the_letters_of_a_telegram_text_are_those_of_the_words() {
    for text in texts() {
        let html = say(&vendor(Markup::TelegramHtml, 50, Unit::Utf16), &text);
        let said: String = html.iter().map(|piece| letters(&parsed(piece))).collect();
        let markdown = say(&vendor(Markup::TelegramHtml, usize::MAX, Unit::Utf16), &text);
        let whole: String = markdown.iter().map(|piece| letters(&parsed(piece))).collect();
        assert!(is_within(&whole, &said), "{text}");
    }
}

/// Each letter of the first in the second, in order: a link that is cut gains its address.
fn is_within(few: &str, many: &str) -> bool {
    let mut many = many.chars();
    few.chars().all(|letter| many.any(|other| other == letter))
}
