//! What the dashboard shows of Telegram.

use std::sync::LazyLock;

use crate::form::{About, Field, FieldKind, Form, Text, always};
use crate::inbound::MediaKind;
use crate::outbound::{Capabilities, ChoiceRules, Limit, Markup, MediaRule, Unit};

pub(super) static ABOUT: LazyLock<About> = LazyLock::new(|| About {
    name: "Telegram",
    summary: Text {
        en: "People write to your Telegram bot and are answered there.",
        fr: "Les gens écrivent à votre bot Telegram et y reçoivent leurs réponses.",
    },
    form: form(),
    capabilities: capabilities(),
});

fn form() -> Form {
    Form {
        steps: always(vec![
            Text {
                en: "In Telegram, open a chat with @BotFather and send /newbot. It asks for a name and a user name that ends in “bot”.",
                fr: "Dans Telegram, ouvrez une discussion avec @BotFather et envoyez /newbot. Il demande un nom et un nom d’utilisateur qui finit par « bot ».",
            },
            Text {
                en: "Copy the token that @BotFather gives you, and paste it below. If the bot exists already, send /token.",
                fr: "Copiez le jeton que @BotFather vous donne et collez-le ci-dessous. Si le bot existe déjà, envoyez /token.",
            },
            Text {
                en: "Save, and ask Telegram under Set-up: that tells it where to send messages; nothing else receives this bot’s messages from then on.",
                fr: "Enregistrez, puis interrogez Telegram sous « Configuration » : cela lui indique où envoyer les messages ; rien d’autre ne reçoit alors les messages de ce bot.",
            },
        ]),
        fields: vec![
            Field {
                key: "bot_token",
                label: Text {
                    en: "Bot token",
                    fr: "Jeton du bot",
                },
                help: Text {
                    en: "From @BotFather: digits, a colon, then letters.",
                    fr: "De @BotFather : des chiffres, deux-points, puis des lettres.",
                },
                kind: FieldKind::Secret,
                is_required: true,
                is_advanced: false,
                default: None,
            },
            Field {
                key: "api_url",
                label: Text {
                    en: "Bot API server",
                    fr: "Serveur de l’API Bot",
                },
                help: Text {
                    en: "Only if you run a Bot API server of your own.",
                    fr: "Seulement si vous exploitez votre propre serveur de l’API Bot.",
                },
                kind: FieldKind::Url,
                is_required: false,
                is_advanced: true,
                default: Some("https://api.telegram.org"),
            },
        ],
        account_field: None,
        // it comes back with each call, in a header
        has_verify_token: false,
        subscribes_itself: true,
    }
}

fn capabilities() -> Capabilities {
    const MB: u64 = 1024 * 1024;
    let rule = |kind, mime_types, megabytes: u64| MediaRule {
        kind,
        mime_types,
        most_bytes: megabytes * MB,
    };
    Capabilities {
        text_limit: Limit {
            most: 4096,
            unit: Unit::Utf16,
        },
        markup: Markup::TelegramHtml,
        choices: Some(ChoiceRules {
            most: 8,
            label_limit: 60,
            text_limit: None,
            list_most: 0,
            list_label_limit: 0,
        }),
        media: vec![
            rule(MediaKind::Image, &["image/jpeg", "image/png", "image/webp"], 10),
            rule(
                MediaKind::Audio,
                &["audio/ogg", "audio/mpeg", "audio/mp4", "audio/x-m4a"],
                50,
            ),
            rule(MediaKind::Video, &["video/mp4"], 50),
            rule(MediaKind::File, &["*"], 50),
        ],
        takes_files_by_link: false,
        caption_limit: Some(1024),
        reply_window_hours: None,
        has_templates: false,
        has_typing: true,
        has_read_marks: false,
        has_receipts: false,
        has_reactions: false,
        can_start: false,
        per_second: 30,
        per_second_and_thread: 1.0,
    }
}
