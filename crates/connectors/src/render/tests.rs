use super::*;
use crate::outbound::{ChoiceRules, Markup, Unit};

pub(super) fn vendor(markup: Markup, most: usize, unit: Unit) -> Capabilities {
    Capabilities {
        text_limit: Limit { most, unit },
        markup,
        choices: None,
        media: Vec::new(),
        takes_files_by_link: false,
        caption_limit: None,
        reply_window_hours: None,
        has_templates: false,
        has_typing: false,
        has_read_marks: false,
        has_receipts: false,
        has_reactions: false,
        can_start: false,
        per_second: 1,
        per_second_and_thread: 1.0,
    }
}

pub(super) fn say(capabilities: &Capabilities, text: &str) -> Vec<String> {
    let reply = Reply {
        text,
        choices: &[],
        media: None,
    };
    let text = |part| match part {
        Part::Text { text, .. } => text,
        other => panic!("{other:?} is no text"),
    };
    parts(capabilities, &reply).into_iter().map(text).collect()
}

pub(super) const MARKUPS: [Markup; 4] = [
    Markup::Plain,
    Markup::WhatsApp,
    Markup::TelegramHtml,
    Markup::Markdown,
];

#[test]
fn each_mark_becomes_what_the_vendor_shows() {
    let cases = [
        ("**a b** c", ["a b c", "*a b* c", "<b>a b</b> c", "**a b** c"]),
        ("*a* _b_", ["a b", "_a_ _b_", "<i>a</i> <i>b</i>", "*a* *b*"]),
        (
            "**a _b_**",
            ["a b", "*a* *_b_*", "<b>a</b> <b><i>b</i></b>", "**a** ***b***"],
        ),
        (
            "run `a  <b`.",
            [
                "run a  <b.",
                "run `a  <b`.",
                "run <code>a  &lt;b</code>.",
                "run `a  <b`.",
            ],
        ),
        (
            "See [our page](https://a.example/?b=1&c).",
            [
                "See our page (https://a.example/?b=1&c).",
                "See our page (https://a.example/?b=1&c).",
                "See <a href=\"https://a.example/?b=1&amp;c\">our page</a>.",
                "See [our page](https://a.example/?b=1&c).",
            ],
        ),
        (
            "[https://a.example](https://a.example)",
            [
                "https://a.example",
                "https://a.example",
                "<a href=\"https://a.example\">https://a.example</a>",
                "https://a.example",
            ],
        ),
        (
            "[mail](mailto:a@b.example)",
            [
                "mail (a@b.example)",
                "mail (a@b.example)",
                "mail (a@b.example)",
                "[mail](mailto:a@b.example)",
            ],
        ),
        (
            "# Hours\nMon",
            ["Hours\nMon", "*Hours*\nMon", "<b>Hours</b>\nMon", "# Hours\nMon"],
        ),
        (
            "- a\n* b\n\n3. c",
            [
                "• a\n• b\n\n3. c",
                "- a\n- b\n\n3. c",
                "• a\n• b\n\n3. c",
                "- a\n- b\n\n3. c",
            ],
        ),
        (
            "x\n```js\n a\n\n**b**\n```\ny",
            [
                "x\n a\n\n**b**\ny",
                "x\n``` a\n\n**b**```\ny",
                "x\n<pre> a\n\n**b**</pre>\ny",
                "x\n```\n a\n\n**b**\n```\ny",
            ],
        ),
    ];
    for (text, expected) in cases {
        for (markup, expected) in MARKUPS.into_iter().zip(expected) {
            let (most, unit) = (1000, Unit::Characters);
            let limit = Limit { most, unit };
            let said = Measure { markup, limit }.write(&markdown::words(text, markup));
            assert_eq!(said, expected, "{text} for {markup:?}");
        }
        let said = say(&vendor(Markup::Markdown, 1000, Unit::Characters), text);
        assert_eq!(said, [text]);
    }
}

#[test]
fn what_only_looks_like_a_mark_stays() {
    for text in [
        "snake_case_name",
        "2 * 3 * 4",
        "a [b] (c)",
        "**",
        "*",
        "`",
        "[x](javascript:alert(1))",
        "https://",
        "#tag",
        "5.5 kg",
        "10\u{a0}€",
    ] {
        assert_eq!(say(&vendor(Markup::Plain, 100, Unit::Characters), text), [text]);
    }
    let html = say(
        &vendor(Markup::TelegramHtml, 100, Unit::Utf16),
        "a < b & <script>\"x\"",
    );
    assert_eq!(html, ["a &lt; b &amp; &lt;script&gt;&quot;x&quot;"]);
}

#[test]
fn a_long_text_is_cut_at_the_best_place() {
    let cases = [
        ("One two.\n\nThree four.", 12, vec!["One two.", "Three four."]),
        (
            "One two. Three four. Five.",
            21,
            vec!["One two. Three four.", "Five."],
        ),
        ("Say it. one two three", 16, vec!["Say it. one two", "three"]),
        ("one two three", 8, vec!["one two", "three"]),
        (
            "Hi:\n- one two\n- three four",
            16,
            vec!["Hi:\n• one two", "• three four"],
        ),
        ("今日は。明日も。", 6, vec!["今日は。", "明日も。"]),
        ("abcdefghij", 4, vec!["abcd", "efgh", "ij"]),
        ("👩‍👩‍👧👩‍👩‍👧", 5, vec!["👩‍👩‍👧", "👩‍👩‍👧"]),
        ("e\u{301}e\u{301}", 3, vec!["e\u{301}", "e\u{301}"]),
        ("**one two**", 7, vec!["one two"]),
        (
            "say [a b](https://x.example) so",
            24,
            vec!["say", "a b (https://x.example)", "so"],
        ),
        ("use `a b c d` now", 8, vec!["use", "a b c d", "now"]),
    ];
    for (text, most, expected) in cases {
        let said = say(&vendor(Markup::Plain, most, Unit::Characters), text);
        assert_eq!(said, expected, "{text} at {most}");
    }
    let bold = say(&vendor(Markup::TelegramHtml, 7, Unit::Utf16), "**one two three**");
    assert_eq!(bold, ["<b>one two</b>", "<b>three</b>"]);
    let bold = say(
        &vendor(Markup::WhatsApp, 9, Unit::Characters),
        "**one two three**",
    );
    assert_eq!(bold, ["*one two*", "*three*"]);
}

const BUTTONS: ChoiceRules = ChoiceRules {
    most: 2,
    label_limit: 8,
    text_limit: Some(10),
    list_most: 3,
    list_label_limit: 12,
};

fn with_choices(rules: Option<ChoiceRules>, text: &str, choices: &[&str]) -> Vec<Part> {
    let mut vendor = vendor(Markup::Plain, 20, Unit::Characters);
    vendor.choices = rules;
    let choices: Vec<String> = choices.iter().map(|&text| text.to_owned()).collect();
    let reply = Reply {
        text,
        choices: &choices,
        media: None,
    };
    parts(&vendor, &reply)
}

#[test]
fn choices_stand_under_the_last_text_within_the_rules() {
    let labels = |parts: &[Part]| -> Vec<Vec<String>> {
        let one = |part: &Part| match part {
            Part::Text { choices, .. } => choices.iter().map(|choice| choice.label.clone()).collect(),
            _ => Vec::new(),
        };
        parts.iter().map(one).collect()
    };
    let few = with_choices(
        Some(BUTTONS),
        "One two three. Four five.",
        &["Yes", "What does it cost?"],
    );
    assert_eq!(labels(&few), [vec![], vec!["Yes", "What does i…"]]);
    let Part::Text { text, choices } = &few[1] else {
        panic!("{few:?}");
    };
    assert_eq!(text, "Four five.");
    assert_eq!(choices[1].value, "What does it cost?");
    let list = with_choices(Some(BUTTONS), "Hi", &["A", "B", "C", "D"]);
    assert_eq!(labels(&list), [["A", "B", "C"]]);
    let alike = with_choices(Some(BUTTONS), "Hi", &["Opening hours A", "Opening hours B", " "]);
    assert_eq!(labels(&alike), [["Opening hou…", "Opening… 2"]]);
    let no_list = ChoiceRules {
        list_most: 0,
        ..BUTTONS
    };
    let cut = with_choices(Some(no_list), "Hi", &["Yes", "What does it cost?", "No"]);
    assert_eq!(labels(&cut), [["Yes", "What do…"]]);
    assert_eq!(labels(&with_choices(None, "Hi", &["A"])), [Vec::<String>::new()]);
}

fn with_media(text: &str, size: u64, link: &str, choices: &[String]) -> Vec<Part> {
    let mut vendor = vendor(Markup::Plain, 100, Unit::Characters);
    vendor.caption_limit = Some(10);
    vendor.choices = Some(BUTTONS);
    let rule = |kind, mime_types, most_bytes| MediaRule {
        kind,
        mime_types,
        most_bytes,
    };
    vendor.media = vec![
        rule(MediaKind::Image, &["image/*"], 10),
        rule(MediaKind::File, &["*"], 20),
    ];
    let media = Media {
        asset_id: "asset_1",
        file_name: "a_b_c.png",
        mime_type: "image/png",
        size,
        link,
    };
    let reply = Reply {
        text,
        choices,
        media: Some(media),
    };
    parts(&vendor, &reply)
}

fn outline(parts: &[Part]) -> String {
    let one = |part: &Part| match part {
        Part::Text { text, choices } => format!("text {text:?} {}", choices.len()),
        Part::Media { kind, caption, .. } => format!("{kind:?} {caption:?}"),
        Part::Template(_) => "template".into(),
    };
    parts.iter().map(one).collect::<Vec<_>>().join(" | ")
}

#[test]
fn a_file_takes_its_text_along_or_becomes_a_link() {
    let choice = ["Yes".to_owned()];
    let cases = [
        ("Look", 10, &[][..], "Image Some(\"Look\")"),
        ("", 10, &[], "Image None"),
        (
            "Look at this one",
            10,
            &[],
            "Image None | text \"Look at this one\" 0",
        ),
        ("Look", 10, &choice, "Image None | text \"Look\" 1"),
        ("Look", 11, &[], "File Some(\"Look\")"),
        (
            "Look",
            21,
            &[],
            "text \"Look\\n\\na_b_c.png: https://x.example/f\" 0",
        ),
        ("", 21, &[], "text \"a_b_c.png: https://x.example/f\" 0"),
    ];
    for (text, size, choices, expected) in cases {
        assert_eq!(
            outline(&with_media(text, size, "https://x.example/f", choices)),
            expected
        );
    }
    assert_eq!(
        outline(&with_media("Look", 21, "", &[])),
        "text \"Look\\n\\n📎 a_b_c.png\" 0"
    );
}
