//! What the dashboard shows of Tidio.

use std::sync::LazyLock;

use crate::form::{About, Field, FieldKind, Form, Text, always};
use crate::outbound::{Capabilities, Limit, Markup, Unit};

pub(super) static ABOUT: LazyLock<About> = LazyLock::new(|| About {
    name: "Tidio",
    summary: Text {
        en: "The bot answers tickets, and live chats where one of your Flows asks it: Tidio lets no program write into a live chat by itself.",
        fr: "Le bot répond aux tickets, et aux chats où l’un de vos Flows l’interroge : Tidio ne laisse aucun programme écrire de lui-même dans un chat.",
    },
    form: Form {
        steps: always(steps()),
        fields: fields(),
        account_field: Some("project_public_key"),
        has_verify_token: true,
        subscribes_itself: false,
    },
    capabilities: capabilities(),
});

fn steps() -> Vec<Text> {
    vec![
        Text {
            en: "In Tidio, open Settings, Developer. Copy the project’s public key. Tidio’s API belongs to the plans Plus and above.",
            fr: "Dans Tidio, ouvrez Paramètres, Développeur. Copiez la clé publique du projet. L’API de Tidio fait partie des offres Plus et supérieures.",
        },
        Text {
            en: "Under OpenAPI, create a client and copy its id and its secret.",
            fr: "Sous OpenAPI, créez un client et copiez son identifiant et son secret.",
        },
        Text {
            en: "Tickets: under Webhooks add the address {{webhook_url}} with the topics ticket.contact_replied, ticket.operator_replied, ticket.operator_assigned, conversation.solved_by_operator and conversation.solved_automatically. Copy the webhook’s secret.",
            fr: "Tickets : sous Webhooks, ajoutez l’adresse {{webhook_url}} avec les sujets ticket.contact_replied, ticket.operator_replied, ticket.operator_assigned, conversation.solved_by_operator et conversation.solved_automatically. Copiez le secret du webhook.",
        },
        Text {
            en: "Live chat: in a Flow add the action “API call”: POST to {{webhook_url}}/flow, with the header Authorization: Bearer {{verify_token}} and the body {\"contact_id\": …, \"message\": …, \"email\": …, \"name\": …} filled with the Flow’s variables.",
            fr: "Chat : dans un Flow, ajoutez l’action « API call » : POST vers {{webhook_url}}/flow, avec l’en-tête Authorization: Bearer {{verify_token}} et le corps {\"contact_id\": …, \"message\": …, \"email\": …, \"name\": …} rempli avec les variables du Flow.",
        },
        Text {
            en: "The answer holds reply and handoff. Show reply to the visitor. It is empty if the bot was not ready within about 3.5 seconds, and then it cannot be sent later: let the Flow say something else. If handoff is true, pass the chat to a person.",
            fr: "La réponse contient reply et handoff. Affichez reply au visiteur. Il est vide si le bot n’était pas prêt en 3,5 secondes environ, et ne peut plus être envoyé ensuite : laissez le Flow dire autre chose. Si handoff est vrai, passez le chat à une personne.",
        },
    ]
}

fn fields() -> Vec<Field> {
    let secret = |field: Field| Field {
        kind: FieldKind::Secret,
        ..field
    };
    vec![
        field(
            "project_public_key",
            "Project public key",
            "Clé publique du projet",
            "From Settings, Developer.",
            "Dans Paramètres, Développeur.",
        ),
        field(
            "client_id",
            "Client id",
            "Identifiant du client",
            "It begins with ci_.",
            "Il commence par ci_.",
        ),
        secret(field(
            "client_secret",
            "Client secret",
            "Secret du client",
            "It begins with cs_.",
            "Il commence par cs_.",
        )),
        Field {
            is_required: false,
            ..secret(field(
                "webhook_secret",
                "Webhook secret",
                "Secret du webhook",
                "Shown once the webhook has been added, for which you need the address that Set-up shows: fill it in then. Until \
             it stands here, tickets are refused.",
                "Affiché une fois le webhook ajouté, avec l’adresse que montre « Configuration » : complétez-le alors. Tant qu’il manque, les \
             tickets sont refusés.",
            ))
        },
        Field {
            kind: FieldKind::Url,
            is_required: false,
            is_advanced: true,
            default: Some("https://api.tidio.com"),
            ..field(
                "api_url",
                "API address",
                "Adresse de l’API",
                "Where Tidio’s API is.",
                "Où se trouve l’API de Tidio.",
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

/// Calls are counted: 60 a minute with the plan Plus, 120 with Premium. No length of a reply is documented.
fn capabilities() -> Capabilities {
    Capabilities {
        text_limit: Limit {
            most: 4000,
            unit: Unit::Characters,
        },
        markup: Markup::Plain,
        choices: None,
        media: Vec::new(),
        takes_files_by_link: true,
        caption_limit: None,
        reply_window_hours: None,
        has_templates: false,
        has_typing: false,
        has_read_marks: false,
        has_receipts: false,
        has_reactions: false,
        can_start: false,
        per_second: 1,
        per_second_and_thread: 0.5,
    }
}
