//! What WhatsApp, Messenger and Instagram have in common: how calls are signed, the Graph API and its errors, and, for
//! the latter two, the frame in which messages come and go. Not a vendor by itself.

pub mod attachments;
pub mod errors;
pub mod frame;
pub mod graph;
pub mod json;
pub mod outgoing;
pub mod read;
pub mod signature;

use crate::form::{Choice, Field, FieldKind, Text};

/// The version that is called unless the account names another one.
pub const API_VERSION: &str = "v26.0";

/// A short form of content that has no id of its own: the same content again gives the same one.
pub(crate) fn digest(bytes: &[u8]) -> String {
    hex::encode(&kernel::secrets::sha256(bytes)[..16])
}

const fn field(key: &'static str, label: Text, help: Text, kind: FieldKind) -> Field {
    Field {
        key,
        label,
        help,
        kind,
        is_required: true,
        is_advanced: false,
        default: None,
    }
}

pub(crate) const fn required(key: &'static str, label: Text, help: Text) -> Field {
    field(key, label, help, FieldKind::Text)
}

pub(crate) const fn secret(key: &'static str, label: Text, help: Text) -> Field {
    field(key, label, help, FieldKind::Secret)
}

pub(crate) const fn optional(field: Field) -> Field {
    Field {
        is_required: false,
        is_advanced: true,
        ..field
    }
}

pub(crate) const fn choice(
    key: &'static str,
    label: Text,
    help: Text,
    options: &'static [Choice],
    default: &'static str,
) -> Field {
    Field {
        default: Some(default),
        is_required: false,
        ..field(key, label, help, FieldKind::Choice { options })
    }
}

pub(crate) const fn text(en: &'static str, fr: &'static str) -> Text {
    Text { en, fr }
}

/// Address and version of the Graph API, the app's id, and whether calls prove the app secret.
pub(crate) fn advanced(default_url: Option<&'static str>) -> Vec<Field> {
    let url = Field {
        default: default_url,
        ..optional(field(
            "api_url",
            text("API address", "Adresse de l'API"),
            text(
                "Leave it, unless calls go through a proxy or a simulator.",
                "À laisser, sauf si les appels passent par un mandataire ou un simulateur.",
            ),
            FieldKind::Url,
        ))
    };
    let version = Field {
        default: Some(API_VERSION),
        ..optional(required(
            "api_version",
            text("API version", "Version de l'API"),
            text(
                "Meta keeps each version for about two years.",
                "Meta maintient chaque version environ deux ans.",
            ),
        ))
    };
    vec![app_id(), url, version, proof()]
}

fn app_id() -> Field {
    optional(required(
        "app_id",
        text("App ID", "Identifiant de l'application"),
        text(
            "App dashboard → App settings → Basic. With it, the token's expiry is read reliably.",
            "Tableau de bord de l'application → Paramètres → Général. Permet de lire l'expiration du jeton à coup sûr.",
        ),
    ))
}

const PROOF: &[Choice] = &[
    Choice {
        value: "yes",
        label: text("With each call", "À chaque appel"),
    },
    Choice {
        value: "no",
        label: text("Never", "Jamais"),
    },
];

fn proof() -> Field {
    Field {
        is_advanced: true,
        ..choice(
            "appsecret_proof",
            text("Prove the app secret", "Prouver la clé secrète"),
            text(
                "Shows at once when token and app secret belong to different apps. Never: for a token that a partner's \
                 app has issued.",
                "Révèle aussitôt un jeton et une clé secrète d'applications différentes. Jamais : pour un jeton émis par \
                 l'application d'un partenaire.",
            ),
            PROOF,
            "yes",
        )
    }
}
