//! What connecting a Facebook page takes and gives.

use crate::form::{About, Choice, Field, Form, Text, always};
use crate::inbound::MediaKind;
use crate::meta::{advanced, choice, outgoing, required, secret, text};
use crate::outbound::{Capabilities, ChoiceRules, Limit, Markup, MediaRule, Unit};

const MEGABYTE: u64 = 1024 * 1024;

pub fn about() -> About {
    About {
        name: "Messenger",
        summary: text(
            "Answer people who write to your Facebook page.",
            "Répondez aux personnes qui écrivent à votre page Facebook.",
        ),
        form: Form {
            steps: always(steps()),
            fields: fields(),
            account_field: Some("page_id"),
            has_verify_token: true,
            subscribes_itself: false,
        },
        capabilities: capabilities(),
    }
}

fn steps() -> Vec<Text> {
    vec![
        text(
            "At developers.facebook.com, create an app of type Business, or open yours, and add the product Messenger.",
            "Sur developers.facebook.com, créez une application de type Business, ou ouvrez la vôtre, et ajoutez le produit Messenger.",
        ),
        text(
            "In Messenger → API settings, connect your page and generate its access token (permissions pages_messaging and \
             pages_manage_metadata). Copy the token and the page's id.",
            "Dans Messenger → Paramètres de l'API, connectez votre page et générez son jeton d'accès (autorisations \
             pages_messaging et pages_manage_metadata). Copiez le jeton et l'identifiant de la page.",
        ),
        text(
            "In App settings → Basic, copy the app secret. Without it no message is accepted.",
            "Dans Paramètres → Général, copiez la clé secrète de l'application. Sans elle, aucun message n'est accepté.",
        ),
        text(
            "In Messenger → Webhooks, enter the callback URL {{webhook_url}} and the verify token {{verify_token}}, and \
             choose the fields messages, messaging_postbacks, message_echoes, message_deliveries, message_reads, \
             message_reactions, message_edits, messaging_handovers and standby.",
            "Dans Messenger → Webhooks, saisissez l'URL de rappel {{webhook_url}} et le jeton de vérification \
             {{verify_token}}, puis choisissez les champs messages, messaging_postbacks, message_echoes, \
             message_deliveries, message_reads, message_reactions, message_edits, messaging_handovers et standby.",
        ),
        text(
            "Switch the app to live mode. Until Meta has reviewed it, it hears only people with a role in the app.",
            "Passez l'application en mode production. Avant l'examen de Meta, elle n'entend que les personnes qui y ont un rôle.",
        ),
    ]
}

fn fields() -> Vec<Field> {
    let mut fields = vec![
        required(
            "page_id",
            text("Page ID", "Identifiant de la page"),
            text(
                "Facebook page → About → Page transparency.",
                "Page Facebook → À propos → Transparence de la page.",
            ),
        ),
        secret(
            "access_token",
            text("Page access token", "Jeton d'accès de la page"),
            text(
                "Messenger → API settings → Generate. Use the page's token, not your own.",
                "Messenger → Paramètres de l'API → Générer. Le jeton de la page, pas le vôtre.",
            ),
        ),
        secret(
            "app_secret",
            text("App secret", "Clé secrète de l'application"),
            text(
                "App settings → Basic. Proves that messages come from Meta.",
                "Paramètres → Général. Prouve que les messages viennent de Meta.",
            ),
        ),
        human_agent(),
    ];
    fields.extend(advanced(Some("https://graph.facebook.com")));
    fields
}

const NO_YES: &[Choice] = &[
    Choice {
        value: "no",
        label: text("No", "Non"),
    },
    Choice {
        value: "yes",
        label: text("Yes, approved by Meta", "Oui, approuvé par Meta"),
    },
];

/// Instagram has it too.
pub fn human_agent() -> Field {
    Field {
        is_advanced: true,
        ..choice(
            "human_agent",
            text("Feature Human Agent", "Fonction Human Agent"),
            text(
                "Lets people of your team, never the bot, answer up to seven days after a message. Meta must have approved \
                 it for the app.",
                "Permet aux membres de l'équipe, jamais au bot, de répondre jusqu'à sept jours après un message. Meta doit \
                 l'avoir approuvée pour l'application.",
            ),
            NO_YES,
            "no",
        )
    }
}

fn capabilities() -> Capabilities {
    let rule = |kind, mime_types| MediaRule {
        kind,
        mime_types,
        most_bytes: 25 * MEGABYTE,
    };
    Capabilities {
        // "under 2000 characters"
        text_limit: Limit {
            most: 1999,
            unit: Unit::Characters,
        },
        markup: Markup::Plain,
        choices: Some(quick_replies()),
        media: vec![
            rule(MediaKind::Image, &["image/*"]),
            rule(MediaKind::Audio, &["audio/*"]),
            rule(MediaKind::Video, &["video/*"]),
            rule(MediaKind::File, &["*"]),
        ],
        takes_files_by_link: false,
        caption_limit: None,
        reply_window_hours: Some(24),
        has_templates: false,
        has_typing: true,
        has_read_marks: true,
        has_receipts: true,
        has_reactions: true,
        can_start: false,
        // 300 are allowed; above 40 for long, Meta counts the page as one of high volume
        per_second: 40,
        per_second_and_thread: 5.0,
    }
}

/// The same on Instagram.
pub fn quick_replies() -> ChoiceRules {
    ChoiceRules {
        most: outgoing::CHOICES,
        label_limit: outgoing::TITLE,
        text_limit: None,
        list_most: 0,
        list_label_limit: 0,
    }
}
