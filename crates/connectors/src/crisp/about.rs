//! What the dashboard shows of Crisp.

use std::sync::LazyLock;

use crate::form::{About, Choice, Chosen, Field, FieldKind, Form, Step, Text};
use crate::inbound::MediaKind;
use crate::outbound::{Capabilities, ChoiceRules, Limit, Markup, MediaRule, Unit};

pub(super) static ABOUT: LazyLock<About> = LazyLock::new(|| About {
    name: "Crisp",
    summary: Text {
        en: "The bot answers in your Crisp inbox and is silent where one of your people replies there.",
        fr: "Le bot répond dans votre boîte Crisp et se tait dès qu’un de vos collègues y répond.",
    },
    form: Form {
        steps: steps(),
        fields: fields(),
        account_field: Some("website_id"),
        has_verify_token: true,
        subscribes_itself: false,
    },
    capabilities: capabilities(),
});

/// Step `text` for those whose hook is of this kind.
fn with_hook(value: &'static str, text: Text) -> Step {
    let field = "hook_kind";
    Step {
        text,
        only_with: Some(Chosen { field, value }),
    }
}

fn steps() -> Vec<Step> {
    vec![
        Text {
            en: "In Crisp, open Settings, Workspace settings, Setup & integrations, and copy the website ID.",
            fr: "Dans Crisp, ouvrez Paramètres, Paramètres de l’espace, Configuration et intégrations, et copiez l’identifiant du site.",
        }
        .into(),
        Text {
            en: "Under Advanced configuration create an API token for the website; or, at marketplace.crisp.chat, a plugin with a token. Copy its identifier and key.",
            fr: "Sous Configuration avancée, créez un jeton d’API pour le site ; ou, sur marketplace.crisp.chat, un plugin avec un jeton. Copiez son identifiant et sa clé.",
        }
        .into(),
        with_hook(
            "website",
            Text {
                en: "Add a web hook with the address {{webhook_url}}?key={{verify_token}}. Crisp does not sign these calls: the key in the address is what proves them, so keep it to yourself.",
                fr: "Ajoutez un web hook à l’adresse {{webhook_url}}?key={{verify_token}}. Crisp ne signe pas ces appels : c’est la clé dans l’adresse qui les prouve, gardez-la pour vous.",
            },
        ),
        with_hook(
            "plugin",
            Text {
                en: "Give {{webhook_url}} as the address of the plugin’s hook, and copy the signing secret that Crisp shows.",
                fr: "Donnez {{webhook_url}} comme adresse du web hook du plugin, et copiez le secret de signature que Crisp affiche.",
            },
        ),
        Text {
            en: "Choose the events message:send, message:received, message:updated, message:removed, session:set_state and session:set_routing; with message:acknowledge:delivered and message:acknowledge:read:received you also see what was delivered and read.",
            fr: "Choisissez les événements message:send, message:received, message:updated, message:removed, session:set_state et session:set_routing ; avec message:acknowledge:delivered et message:acknowledge:read:received vous voyez aussi ce qui a été remis et lu.",
        }
        .into(),
    ]
}

fn fields() -> Vec<Field> {
    vec![
        field(
            "website_id",
            "Website ID",
            "Identifiant du site",
            "Letters and digits with dashes, from Crisp’s settings.",
            "Des lettres et chiffres avec des tirets, dans les paramètres de Crisp.",
        ),
        Field {
            kind: FieldKind::Choice { options: &HOOKS },
            default: Some("website"),
            ..field(
                "hook_kind",
                "Kind of hook",
                "Sorte de web hook",
                "Whose hook calls here.",
                "De qui vient le web hook.",
            )
        },
        Field {
            kind: FieldKind::Secret,
            is_required: false,
            ..field(
                "signing_secret",
                "Signing secret",
                "Secret de signature",
                "Of a plugin’s hook. A website’s hook has none.",
                "Celui du web hook d’un plugin. Celui d’un site n’en a pas.",
            )
        },
        field(
            "identifier",
            "API identifier",
            "Identifiant d’API",
            "The first half of the token.",
            "La première moitié du jeton.",
        ),
        Field {
            kind: FieldKind::Secret,
            ..field(
                "key",
                "API key",
                "Clé d’API",
                "The second half of the token.",
                "La seconde moitié du jeton.",
            )
        },
        Field {
            kind: FieldKind::Choice { options: &TIERS },
            default: Some("website"),
            ..field(
                "tier",
                "Kind of token",
                "Sorte de jeton",
                "A website’s token may make 10,000 calls a day, a plugin’s 5,000 unless Crisp grants more.",
                "Le jeton d’un site permet 10 000 appels par jour, celui d’un plugin 5 000, sauf accord de Crisp.",
            )
        },
        Field {
            kind: FieldKind::Url,
            is_required: false,
            is_advanced: true,
            default: Some("https://api.crisp.chat/v1"),
            ..field(
                "api_url",
                "API address",
                "Adresse de l’API",
                "Where Crisp’s API is.",
                "Où se trouve l’API de Crisp.",
            )
        },
    ]
}

const fn field(
    key: &'static str,
    en: &'static str,
    fr: &'static str,
    help_en: &'static str,
    help_fr: &'static str,
) -> Field {
    Field {
        key,
        label: Text { en, fr },
        help: Text {
            en: help_en,
            fr: help_fr,
        },
        kind: FieldKind::Text,
        is_required: true,
        is_advanced: false,
        default: None,
    }
}

static HOOKS: [Choice; 2] = [
    choice("website", "A website’s", "D’un site"),
    choice("plugin", "A plugin’s (signed)", "D’un plugin (signé)"),
];
static TIERS: [Choice; 2] = [
    choice("website", "A website’s", "D’un site"),
    choice("plugin", "A plugin’s", "D’un plugin"),
];

const fn choice(value: &'static str, en: &'static str, fr: &'static str) -> Choice {
    Choice {
        value,
        label: Text { en, fr },
    }
}

/// Crisp documents no limits of length or number; these are what its widget shows well.
fn capabilities() -> Capabilities {
    let files = |kind, mime_types| MediaRule {
        kind,
        mime_types,
        most_bytes: 25 * 1024 * 1024,
    };
    Capabilities {
        text_limit: Limit {
            most: 4000,
            unit: Unit::Characters,
        },
        markup: Markup::Markdown,
        choices: Some(ChoiceRules {
            most: 10,
            label_limit: 60,
            text_limit: None,
            list_most: 0,
            list_label_limit: 0,
        }),
        media: vec![
            files(MediaKind::Image, &["image/*"]),
            files(MediaKind::Audio, &["audio/*"]),
            files(MediaKind::Video, &["video/*"]),
            files(MediaKind::File, &["*"]),
        ],
        takes_files_by_link: true,
        caption_limit: None,
        reply_window_hours: None,
        has_templates: false,
        has_typing: true,
        has_read_marks: true,
        has_receipts: true,
        has_reactions: false,
        can_start: false,
        per_second: 5,
        per_second_and_thread: 2.0,
    }
}
