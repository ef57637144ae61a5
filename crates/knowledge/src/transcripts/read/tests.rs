//! Every format as somebody exports it, and what is none.

use super::*;

fn said(bytes: &str, format: Format) -> Vec<(String, Option<Side>, String)> {
    let transcript = read(bytes.as_bytes(), None).expect("a transcript");
    assert_eq!(transcript.format, format, "{bytes}");
    assert_eq!(transcript.problems, Vec::new());
    let messages = transcript.chats.into_iter().flat_map(|chat| chat.messages);
    messages
        .map(|said| (said.speaker, said.side, said.text))
        .collect()
}

fn expect(bytes: &str, format: Format, expected: &[(&str, Option<Side>, &str)]) {
    let expected: Vec<_> = expected
        .iter()
        .map(|(name, side, text)| ((*name).to_owned(), *side, (*text).to_owned()))
        .collect();
    assert_eq!(said(bytes, format), expected, "{bytes}");
}

const CUSTOMER: Option<Side> = Some(Side::Customer);
const BUSINESS: Option<Side> = Some(Side::Business);
const BOT: Option<Side> = Some(Side::Bot);

#[test]
fn whatsapp_of_android_and_ios() {
    let android = "12/31/23, 9:14 PM - Messages and calls are end-to-end encrypted. Tap to learn more.\n\
        12/31/23, 9:15\u{202f}PM - Marie Dupont: Hello\nDo you ship to Belgium?\n\
        12/31/23, 9:16 PM - Oak & Ash: <Media omitted>\n12/31/23, 9:16 PM - Anna added Tom\n\
        12/31/23, 9:17 PM - Oak & Ash: Yes: in 5 days\n\nNote: by van\n";
    expect(
        android,
        Format::Whatsapp,
        &[
            ("Marie Dupont", None, "Hello\nDo you ship to Belgium?"),
            ("Oak & Ash", None, "Yes: in 5 days\n\nNote: by van"),
        ],
    );
    let ios = "\u{200e}[31/12/2023, 21:15:03] Oak & Ash: \u{200e}Messages and calls are end-to-end encrypted.\n\
        [31/12/2023, 21:15:04] \u{200e}~Marie: Livrez-vous en Belgique ?\n\u{200e}[31/12/2023, 21:15:05] ~Marie: \u{200e}image omitted\n\
        [31/12/2023 à 21:16] Oak & Ash: Oui, en cinq jours.\r\n";
    expect(
        ios,
        Format::Whatsapp,
        &[
            ("~Marie", None, "Livrez-vous en Belgique ?"),
            ("Oak & Ash", None, "Oui, en cinq jours."),
        ],
    );
    let german = "31.12.23, 21:15 - Marie: Hi\n31.12.23, 21:16 - Laden: Guten Tag, was gibt es?\n";
    expect(
        german,
        Format::Whatsapp,
        &[("Marie", None, "Hi"), ("Laden", None, "Guten Tag, was gibt es?")],
    );
}

#[test]
fn plain_text_with_and_without_times() {
    let plain = "Marie: Do you ship?\nSee https://shop.example/a: that one\nAnna: Yes.\nNote: by van\n\nMarie: Thanks\nAnna: Bye\n";
    expect(
        plain,
        Format::Text,
        &[
            (
                "Marie",
                None,
                "Do you ship?\nSee https://shop.example/a: that one",
            ),
            ("Anna", None, "Yes.\nNote: by van"),
            ("Marie", None, "Thanks"),
            ("Anna", None, "Bye"),
        ],
    );
    let timed =
        "[10:02] Customer: Do you ship?\n10:03 Agent: Yes, we do.\n(2024-01-05 10:04:11) Customer : Merci\n";
    expect(
        timed,
        Format::Text,
        &[
            ("Customer", CUSTOMER, "Do you ship?"),
            ("Agent", BUSINESS, "Yes, we do."),
            ("Customer", CUSTOMER, "Merci"),
        ],
    );
    let two = read("Marie: a b\nAnna: c\n---\nLuc: d\nAnna: e\n".as_bytes(), None).expect("text");
    assert_eq!(two.chats.len(), 2);
    let lost = read(
        "Some heading\nMarie: a\nAnna: b\nMarie: c\nAnna: d\n".as_bytes(),
        Some(Format::Text),
    )
    .expect("text");
    assert_eq!((lost.problems.len(), lost.problems[0].line), (1, 1));
}

#[test]
fn tables_by_the_names_of_their_columns() {
    let table = "Conversation ID;Sender Type;Message;Created At\nb;agent;Yes;2024-01-01 10:01\nb;visitor;\"Do you\nship?\";2024-01-01 10:00\nc;system;joined;2024-01-01 10:00\n";
    expect(
        table,
        Format::Csv,
        &[("visitor", CUSTOMER, "Do you\nship?"), ("agent", BUSINESS, "Yes")],
    );
    let names = "discussion,auteur,texte\n1,Marie,Livrez-vous ?\n1,Anna,Oui\n";
    expect(
        names,
        Format::Csv,
        &[("Marie", None, "Livrez-vous ?"), ("Anna", None, "Oui")],
    );
    let error = |text: &str| {
        read(text.as_bytes(), Some(Format::Csv))
            .expect_err("no columns")
            .code
    };
    assert_eq!(error("a,b\n1,2\n"), "columns_missing");
}

#[test]
fn json_lines_and_lists() {
    let lines = r#"{"conversation_id": 1, "role": "user", "text": "Do you ship?"}
{"conversation_id": 2, "role": "user", "text": "Open?"}
{"conversation_id": 1, "role": "agent", "name": "Anna", "text": "Yes"}
{"conversation_id": 1, "role": "note", "text": "secret"}"#;
    expect(
        lines,
        Format::Jsonl,
        &[
            ("user", CUSTOMER, "Do you ship?"),
            ("Anna", BUSINESS, "Yes"),
            ("user", CUSTOMER, "Open?"),
        ],
    );
    let whole = r#"[{"id": "x", "messages": [{"role": "user", "content": "A?"}, {"role": "assistant", "content": "B"}, {"role": "bot", "content": "C"}]}]"#;
    expect(
        whole,
        Format::Jsonl,
        &[
            ("user", CUSTOMER, "A?"),
            ("assistant", BUSINESS, "B"),
            ("bot", BOT, "C"),
        ],
    );
    let broken = read(b"{\"role\": \"user\", \"text\": \"A?\"}\n{nonsense\n", None).expect("one line");
    assert_eq!(broken.problems[0].line, 2);
}

#[test]
fn exports_of_helpdesks() {
    let crisp = r#"{"session_id": "session_1", "messages": [
        {"type": "text", "from": "user", "content": "Do you ship?", "timestamp": 1700000000100, "fingerprint": 1, "user": {"nickname": "Marie"}},
        {"type": "note", "from": "operator", "content": "secret", "timestamp": 1700000000200, "fingerprint": 2},
        {"type": "text", "from": "operator", "automated": true, "content": "I am a bot", "timestamp": 1700000000300, "fingerprint": 3},
        {"type": "text", "from": "operator", "content": "Yes", "timestamp": 1700000000400, "fingerprint": 4, "user": {"nickname": "Anna"}}]}"#;
    expect(
        crisp,
        Format::Crisp,
        &[
            ("Marie", CUSTOMER, "Do you ship?"),
            ("operator", BOT, "I am a bot"),
            ("Anna", BUSINESS, "Yes"),
        ],
    );
    let tidio = r#"{"contact_id": "7c", "messages": [
        {"message_id": "2", "created_at": "2026-01-01T00:01:00Z", "author_type": "operator", "content": "Yes"},
        {"message_id": "1", "created_at": "2026-01-01T00:00:00Z", "author_type": "contact", "content": "Do you ship?"}]}"#;
    expect(
        tidio,
        Format::Tidio,
        &[
            ("contact", CUSTOMER, "Do you ship?"),
            ("operator", BUSINESS, "Yes"),
        ],
    );
    let intercom = r#"{"type": "conversation", "id": "9", "created_at": 1, "source": {"body": "<p>Do you ship?</p>", "author": {"type": "lead", "name": "Marie"}},
        "conversation_parts": {"conversation_parts": [
            {"part_type": "note", "body": "<p>secret</p>", "created_at": 2, "author": {"type": "admin", "name": "Tom"}},
            {"part_type": "assignment", "body": null, "created_at": 2, "author": {"type": "admin", "name": "Tom"}},
            {"part_type": "comment", "body": "<p>Yes,&nbsp;in <b>5</b> days.<br>By van &amp; bike</p>", "created_at": 3, "author": {"type": "admin", "name": "Anna"}}]}}"#;
    expect(
        intercom,
        Format::Intercom,
        &[
            ("Marie", CUSTOMER, "Do you ship?"),
            ("Anna", BUSINESS, "Yes, in 5 days.\nBy van & bike"),
        ],
    );
    let zendesk = r#"{"tickets": [{"id": 5, "requester_id": 11, "description": "Do you ship?", "comments": [
        {"author_id": 11, "plain_body": "Do you ship?", "public": true, "created_at": "2026-01-01T00:00:00Z"},
        {"author_id": 12, "body": "secret", "public": false, "created_at": "2026-01-01T00:01:00Z"},
        {"author_id": 12, "body": "Yes", "public": true, "created_at": "2026-01-01T00:02:00Z"}]}]}"#;
    expect(
        zendesk,
        Format::Zendesk,
        &[("11", CUSTOMER, "Do you ship?"), ("12", BUSINESS, "Yes")],
    );
}

#[test]
fn what_is_no_chat_says_why() {
    let code = |bytes: &[u8]| read(bytes, None).expect_err("no transcript").code;
    assert_eq!(code(b"  \n"), "transcript_empty");
    assert_eq!(code(b"PK\x03\x04\0\0"), "not_text");
    assert_eq!(
        code("A story of a table, told at length.\nAnd its end.\n".as_bytes()),
        "unknown_format"
    );
    assert_eq!(code("x".repeat(5 * 1024 * 1024).as_bytes()), "line_too_long");
    assert_eq!(code(&vec![b'a'; LARGEST + 1]), "transcript_too_large");
    assert_eq!(code("[".repeat(100_000).as_bytes()), "unknown_format");
    assert_eq!(code("A: b\n".repeat(50_001).as_bytes()), "transcript_too_long");
    assert_eq!(
        code("{\"a\":1}\n".repeat(400_000).as_bytes()),
        "transcript_too_long"
    );
    let utf16: Vec<u8> = [0xff, 0xfe]
        .into_iter()
        .chain("A: b\nB: c\nA: d\nB: e".encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    assert_eq!(read(&utf16, None).expect("UTF-16").chats[0].messages.len(), 4);
}
