//! What the dashboard shows of the plain interface.

use std::sync::LazyLock;

use crate::form::{About, Field, FieldKind, Form, Text, always};
use crate::inbound::MediaKind;
use crate::outbound::{Capabilities, ChoiceRules, Limit, Markup, MediaRule, Unit};

pub(super) static ABOUT: LazyLock<About> = LazyLock::new(|| About {
    name: "HTTP API",
    summary: Text {
        en: "Your own program passes messages on and is sent the replies: for an app, an intranet, or a service that is not in this list.",
        fr: "Votre propre programme transmet les messages et reçoit les réponses : pour une application, un intranet, ou un service absent de cette liste.",
    },
    form: Form {
        steps: always(steps()),
        fields: fields(),
        account_field: None,
        has_verify_token: false,
        subscribes_itself: false,
    },
    capabilities: capabilities(),
});

fn steps() -> Vec<Text> {
    vec![
        Text {
            en: "Make a secret: whsec_ followed by the base64 of 32 random bytes, as from: echo whsec_$(openssl rand -base64 32)",
            fr: "Créez un secret : whsec_ suivi du base64 de 32 octets aléatoires, comme avec : echo whsec_$(openssl rand -base64 32)",
        },
        Text {
            en: "Send each message as POST to {{webhook_url}}, signed after Standard Webhooks: {\"id\": \"…\", \"from\": {\"id\": \"…\", \"name\": \"…\"}, \"text\": \"…\"}. Optional: email, phone and language in from; attachments with url, name and mime_type; reply_to; sent_at; thread, if it is not from.id.",
            fr: "Envoyez chaque message en POST à {{webhook_url}}, signé selon Standard Webhooks : {\"id\": \"…\", \"from\": {\"id\": \"…\", \"name\": \"…\"}, \"text\": \"…\"}. Facultatifs : email, phone et language dans from ; attachments avec url, name et mime_type ; reply_to ; sent_at ; thread, si ce n’est pas from.id.",
        },
        Text {
            en: "Replies come as POST to your address, signed with the same secret. Check the signature, answer 2xx, and drop a webhook-id that you have seen: a call without an answer is made again.",
            fr: "Les réponses arrivent en POST à votre adresse, signées avec le même secret. Vérifiez la signature, répondez 2xx et ignorez un webhook-id déjà vu : un appel sans réponse est refait.",
        },
        Text {
            en: "If you know what became of a reply, tell it: {\"status\": \"delivered\", \"message_id\": \"…\", \"thread\": \"…\"}, with delivered, read or failed; for failed also code and reason.",
            fr: "Si vous savez ce qu’est devenue une réponse, dites-le : {\"status\": \"delivered\", \"message_id\": \"…\", \"thread\": \"…\"}, avec delivered, read ou failed ; pour failed aussi code et reason.",
        },
    ]
}

fn fields() -> Vec<Field> {
    vec![
        Field {
            key: "secret",
            label: Text {
                en: "Signing secret",
                fr: "Secret de signature",
            },
            help: Text {
                en: "whsec_ and the base64 of 24 to 64 random bytes; it signs both directions.",
                fr: "whsec_ et le base64 de 24 à 64 octets aléatoires ; il signe les deux sens.",
            },
            kind: FieldKind::Secret,
            is_required: true,
            is_advanced: false,
            default: None,
        },
        Field {
            key: "callback_url",
            label: Text {
                en: "Address for replies",
                fr: "Adresse pour les réponses",
            },
            help: Text {
                en: "Your program’s address; it is called with POST.",
                fr: "L’adresse de votre programme ; elle est appelée en POST.",
            },
            kind: FieldKind::Url,
            is_required: true,
            is_advanced: false,
            default: None,
        },
    ]
}

fn capabilities() -> Capabilities {
    let all = |kind| MediaRule {
        kind,
        mime_types: &["*"],
        most_bytes: 50 * 1024 * 1024,
    };
    Capabilities {
        text_limit: Limit {
            most: 10_000,
            unit: Unit::Characters,
        },
        markup: Markup::Markdown,
        choices: Some(ChoiceRules {
            most: 20,
            label_limit: 200,
            text_limit: None,
            list_most: 0,
            list_label_limit: 0,
        }),
        media: vec![
            all(MediaKind::Image),
            all(MediaKind::Audio),
            all(MediaKind::Video),
            all(MediaKind::File),
        ],
        takes_files_by_link: true,
        caption_limit: Some(10_000),
        reply_window_hours: None,
        has_templates: false,
        has_typing: false,
        has_read_marks: false,
        has_receipts: true,
        has_reactions: false,
        can_start: true,
        per_second: 50,
        per_second_and_thread: 10.0,
    }
}
