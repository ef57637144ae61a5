//! What connecting a WhatsApp number takes and gives.

use crate::form::{About, Field, Form, Text, always};
use crate::inbound::MediaKind;
use crate::meta::{advanced, required, secret, text};
use crate::outbound::{Capabilities, ChoiceRules, Limit, Markup, MediaRule, Unit};

const MEGABYTE: u64 = 1024 * 1024;

pub fn about() -> About {
    About {
        name: "WhatsApp",
        summary: text(
            "Answer people who write to your WhatsApp Business number.",
            "Répondez aux personnes qui écrivent à votre numéro WhatsApp Business.",
        ),
        form: Form {
            steps: always(steps()),
            fields: fields(),
            account_field: Some("phone_number_id"),
            has_verify_token: true,
            subscribes_itself: true,
        },
        capabilities: capabilities(),
    }
}

fn steps() -> Vec<Text> {
    vec![
        text(
            "At developers.facebook.com, create an app of type Business, or open yours, and add the product WhatsApp.",
            "Sur developers.facebook.com, créez une application de type Business, ou ouvrez la vôtre, et ajoutez le produit WhatsApp.",
        ),
        text(
            "In WhatsApp → API setup, choose your number and copy the phone number ID and the WhatsApp Business account ID.",
            "Dans WhatsApp → Configuration de l'API, choisissez votre numéro et copiez l'identifiant du numéro et celui du \
             compte WhatsApp Business.",
        ),
        text(
            "In business.facebook.com → Settings → System users, give a system user the app and the WhatsApp account, and \
             generate a token that never expires (permissions whatsapp_business_messaging and \
             whatsapp_business_management). The token of API setup runs out after a day.",
            "Dans business.facebook.com → Paramètres → Utilisateurs système, donnez à un utilisateur système l'application et \
             le compte WhatsApp, puis générez un jeton sans expiration (autorisations whatsapp_business_messaging et \
             whatsapp_business_management). Celui de la configuration de l'API expire en un jour.",
        ),
        text(
            "In App settings → Basic, copy the app secret. Without it no message is accepted.",
            "Dans Paramètres → Général, copiez la clé secrète de l'application. Sans elle, aucun message n'est accepté.",
        ),
        text(
            "In WhatsApp → Configuration, enter the callback URL {{webhook_url}} and the verify token {{verify_token}}, and \
             choose the field messages (with smb_message_echoes if the number is also used in the app).",
            "Dans WhatsApp → Configuration, saisissez l'URL de rappel {{webhook_url}} et le jeton de vérification \
             {{verify_token}}, puis choisissez le champ messages (et smb_message_echoes si le numéro sert aussi dans l'application).",
        ),
        text(
            "Switch the app to live mode. Testing the channel here tells WhatsApp to send this number's messages to this address.",
            "Passez l'application en mode production. Tester le canal ici indique à WhatsApp d'envoyer à cette adresse les messages du numéro.",
        ),
    ]
}

fn fields() -> Vec<Field> {
    let mut fields = vec![
        required(
            "phone_number_id",
            text("Phone number ID", "Identifiant du numéro de téléphone"),
            text(
                "WhatsApp → API setup. It is not the phone number itself.",
                "WhatsApp → Configuration de l'API. Ce n'est pas le numéro lui-même.",
            ),
        ),
        required(
            "waba_id",
            text(
                "WhatsApp Business account ID",
                "Identifiant du compte WhatsApp Business",
            ),
            text(
                "WhatsApp → API setup, below the phone number ID.",
                "WhatsApp → Configuration de l'API, sous l'identifiant du numéro.",
            ),
        ),
        secret(
            "access_token",
            text("Access token", "Jeton d'accès"),
            text(
                "Of a system user, so that it does not run out.",
                "D'un utilisateur système, afin qu'il n'expire pas.",
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
    ];
    fields.extend(advanced(Some("https://graph.facebook.com")));
    fields
}

fn capabilities() -> Capabilities {
    Capabilities {
        text_limit: Limit {
            most: 4096,
            unit: Unit::Characters,
        },
        markup: Markup::WhatsApp,
        choices: Some(ChoiceRules {
            most: 3,
            label_limit: 20,
            text_limit: Some(1024),
            list_most: 10,
            list_label_limit: 24,
        }),
        media: media(),
        takes_files_by_link: false,
        caption_limit: Some(1024),
        reply_window_hours: Some(24),
        has_templates: true,
        has_typing: true,
        has_read_marks: true,
        has_receipts: true,
        has_reactions: true,
        can_start: true,
        per_second: 80,
        // one in six seconds; up to 45 at once are borrowed against later
        per_second_and_thread: 1.0 / 6.0,
    }
}

fn media() -> Vec<MediaRule> {
    let rule = |kind, mime_types, most_bytes| MediaRule {
        kind,
        mime_types,
        most_bytes,
    };
    vec![
        rule(MediaKind::Image, &["image/jpeg", "image/png"], 5 * MEGABYTE),
        rule(MediaKind::Audio, AUDIO, 16 * MEGABYTE),
        rule(MediaKind::Video, &["video/mp4", "video/3gpp"], 16 * MEGABYTE),
        rule(MediaKind::Sticker, &["image/webp"], 500 * 1024),
        rule(MediaKind::File, DOCUMENTS, 100 * MEGABYTE),
    ]
}

const AUDIO: &[&str] = &["audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"];
const DOCUMENTS: &[&str] = &[
    "text/plain",
    "application/pdf",
    "application/msword",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.ms-excel",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.ms-powerpoint",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
];
