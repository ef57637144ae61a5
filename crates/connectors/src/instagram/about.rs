//! What connecting an Instagram account takes and gives.

use crate::form::{About, Choice, Field, Form, Text, always};
use crate::inbound::MediaKind;
use crate::messenger::{human_agent, quick_replies};
use crate::meta::{advanced, choice, optional, required, secret, text};
use crate::outbound::{Capabilities, Limit, Markup, MediaRule, Unit};

const MEGABYTE: u64 = 1024 * 1024;

pub fn about() -> About {
    About {
        name: "Instagram",
        summary: text(
            "Answer direct messages to your professional Instagram account.",
            "Répondez aux messages privés de votre compte Instagram professionnel.",
        ),
        form: Form {
            steps: always(steps()),
            fields: fields(),
            account_field: Some("ig_id"),
            has_verify_token: true,
            subscribes_itself: false,
        },
        capabilities: capabilities(),
    }
}

fn steps() -> Vec<Text> {
    vec![
        text(
            "In the Instagram app, make the account a professional one and allow access to messages: Settings → Messages → \
             Connected tools.",
            "Dans l'application Instagram, passez le compte en professionnel et autorisez l'accès aux messages : Paramètres → \
             Messages → Outils connectés.",
        ),
        text(
            "At developers.facebook.com, open your app and choose the way: Instagram with Instagram login, or Messenger with \
             the Facebook page that the account is linked to.",
            "Sur developers.facebook.com, ouvrez votre application et choisissez la voie : Instagram avec connexion Instagram, \
             ou Messenger avec la page Facebook liée au compte.",
        ),
        text(
            "Generate the access token there. Instagram login: permissions instagram_business_basic and \
             instagram_business_manage_messages. Page: instagram_basic, instagram_manage_messages and pages_manage_metadata.",
            "Générez-y le jeton d'accès. Connexion Instagram : autorisations instagram_business_basic et \
             instagram_business_manage_messages. Page : instagram_basic, instagram_manage_messages et pages_manage_metadata.",
        ),
        text(
            "Copy the secret: with Instagram login the Instagram app secret of that product, with the page the app secret of \
             App settings → Basic.",
            "Copiez la clé secrète : avec la connexion Instagram celle de l'application Instagram, avec la page celle de \
             Paramètres → Général.",
        ),
        text(
            "Under Webhooks, enter the callback URL {{webhook_url}} and the verify token {{verify_token}}, and choose the fields \
             messages, messaging_postbacks, messaging_seen, message_reactions and message_edit.",
            "Sous Webhooks, saisissez l'URL de rappel {{webhook_url}} et le jeton de vérification {{verify_token}}, puis \
             choisissez les champs messages, messaging_postbacks, messaging_seen, message_reactions et message_edit.",
        ),
        text(
            "Switch the app to live mode. Until Meta has granted Advanced Access, it hears only people with a role in the app.",
            "Passez l'application en mode production. Avant l'accès avancé de Meta, elle n'entend que les personnes qui y ont un rôle.",
        ),
    ]
}

const ROUTES: &[Choice] = &[
    Choice {
        value: "instagram",
        label: text("Instagram login", "Connexion Instagram"),
    },
    Choice {
        value: "page",
        label: text("Linked Facebook page", "Page Facebook liée"),
    },
];

fn fields() -> Vec<Field> {
    let mut fields = vec![
        choice(
            "route",
            text("Way of access", "Voie d'accès"),
            text("Where the token was made.", "Là où le jeton a été créé."),
            ROUTES,
            "instagram",
        ),
        required(
            "ig_id",
            text("Instagram account ID", "Identifiant du compte Instagram"),
            text(
                "The long number (1784…) that the app dashboard shows beside the account.",
                "Le long nombre (1784…) affiché à côté du compte dans le tableau de bord de l'application.",
            ),
        ),
        secret(
            "access_token",
            text("Access token", "Jeton d'accès"),
            text(
                "Of the account (Instagram login: it is renewed by itself before its 60 days are over) or of the linked page.",
                "Du compte (connexion Instagram : renouvelé automatiquement avant la fin de ses 60 jours) ou de la page liée.",
            ),
        ),
        secret(
            "app_secret",
            text("App secret", "Clé secrète de l'application"),
            text(
                "With Instagram login it is not the one of App settings → Basic.",
                "Avec la connexion Instagram, ce n'est pas celle de Paramètres → Général.",
            ),
        ),
        page_id(),
        human_agent(),
    ];
    fields.extend(advanced(None));
    fields
}

fn page_id() -> Field {
    Field {
        is_advanced: false,
        ..optional(required(
            "page_id",
            text("Page ID", "Identifiant de la page"),
            text(
                "Only with a linked page: its id, so that it can be subscribed to messages.",
                "Seulement avec une page liée : son identifiant, pour l'abonner aux messages.",
            ),
        ))
    }
}

fn capabilities() -> Capabilities {
    let rule = |kind, mime_types, megabytes| MediaRule {
        kind,
        mime_types,
        most_bytes: megabytes * MEGABYTE,
    };
    Capabilities {
        text_limit: Limit {
            most: 1000,
            unit: Unit::Bytes,
        },
        markup: Markup::Plain,
        choices: Some(quick_replies()),
        media: vec![
            rule(MediaKind::Image, &["image/png", "image/jpeg"], 8),
            rule(MediaKind::Audio, AUDIO, 25),
            rule(MediaKind::Video, VIDEO, 25),
        ],
        takes_files_by_link: true,
        caption_limit: None,
        reply_window_hours: Some(24),
        has_templates: false,
        has_typing: true,
        has_read_marks: true,
        // what was read is told, what was delivered is not
        has_receipts: true,
        has_reactions: true,
        can_start: false,
        // 300 in the newer documentation, 100 in the older
        per_second: 100,
        per_second_and_thread: 5.0,
    }
}

const AUDIO: &[&str] = &[
    "audio/aac",
    "audio/mp4",
    "audio/x-m4a",
    "audio/m4a",
    "audio/wav",
    "audio/x-wav",
];
const VIDEO: &[&str] = &[
    "video/mp4",
    "video/ogg",
    "video/x-msvideo",
    "video/quicktime",
    "video/webm",
];
