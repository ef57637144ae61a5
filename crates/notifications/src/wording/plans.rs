//! What mails about a plan say.

use access::plans::{Level, Resource};
use access::tenants::Tenant;

use super::{footer, pick};
use crate::plans::News;
use crate::smtp::line;

/// Subject and text.
pub fn plan(tenant: &Tenant, news: &News, link: Option<&str>, way_out: Option<&str>) -> (String, String) {
    let language = tenant.language.as_str();
    let (what, text) = match news {
        News::RunsOut {
            resource,
            level,
            most,
        } => running_out(language, *resource, *level, *most),
        News::TrialEnds { at } => {
            let day = at.format("%Y-%m-%d");
            (
                pick(
                    language,
                    "Your trial ends soon",
                    "Votre période d’essai se termine bientôt",
                ),
                pick(
                    language,
                    &format!(
                        "It ends on {day}. The workspace is suspended then: visitors no longer find the chat, and nothing is lost. \
                         To go on, ask whoever runs this server for a plan."
                    ),
                    &format!(
                        "Elle se termine le {day}. L’espace sera alors suspendu : les visiteurs ne trouveront plus le chat, et rien \
                         ne sera perdu. Pour continuer, demandez un forfait à la personne qui gère ce serveur."
                    ),
                ),
            )
        }
    };
    let subject = format!("{what} – {}", line(&tenant.name));
    let link = link.map_or_else(String::new, |link| format!("{link}\n"));
    let body = format!("{what}\n\n{text}\n\n{link}\n{}", footer(tenant, way_out));
    (subject, body)
}

fn running_out(language: &str, resource: Resource, level: Level, most: i64) -> (String, String) {
    let name = match resource {
        Resource::Messages => pick(language, "Replies of the bot", "Réponses du bot"),
        Resource::Storage => pick(language, "Room for files", "Espace pour les fichiers"),
        Resource::AiSpend => pick(language, "Spending on AI models", "Dépenses en modèles d’IA"),
        Resource::Seats => pick(language, "Seats", "Places"),
        Resource::Channels => pick(language, "Channels", "Canaux"),
    };
    let how_far = match level {
        Level::Fine | Level::Near => pick(language, "80% used", "80 % utilisés"),
        Level::Grace => pick(language, "all used", "tout est utilisé"),
        Level::UsedUp => pick(language, "stopped", "arrêté"),
    };
    let limit = match resource {
        Resource::Messages => pick(
            language,
            &format!("Your plan has {most} a month."),
            &format!("Votre forfait en compte {most} par mois."),
        ),
        Resource::Storage => pick(
            language,
            &format!("Your plan has {most} MB."),
            &format!("Votre forfait compte {most} Mo."),
        ),
        Resource::AiSpend => pick(
            language,
            &format!("Your plan allows {most} a month, in the currency of the models’ prices."),
            &format!("Votre forfait permet {most} par mois, dans la monnaie des prix des modèles."),
        ),
        Resource::Seats | Resource::Channels => pick(
            language,
            &format!("Your plan has {most}."),
            &format!("Votre forfait en compte {most}."),
        ),
    };
    let then = then(language, resource, level);
    (format!("{name}: {how_far}"), format!("{limit} {then}"))
}

/// What happens when it is used up, or has happened.
fn then(language: &str, resource: Resource, level: Level) -> String {
    let what = match resource {
        Resource::Messages => pick(
            language,
            "the bot no longer answers by itself: it tells visitors that a person will, and hands them to your team",
            "le bot ne répond plus de lui-même : il annonce aux visiteurs qu’une personne répondra et les confie à votre équipe",
        ),
        Resource::Storage | Resource::Seats | Resource::Channels => pick(
            language,
            "nothing new can be added; all that is there stays",
            "rien de nouveau ne peut être ajouté ; tout ce qui est là reste",
        ),
        Resource::AiSpend => pick(
            language,
            "the bot answers with your approved texts, word for word, without a model",
            "le bot répond avec vos textes approuvés, mot pour mot, sans modèle",
        ),
    };
    match level {
        Level::Fine | Level::Near => pick(
            language,
            &format!("When it is used up, {what}."),
            &format!("Une fois épuisé, {what}."),
        ),
        Level::Grace => pick(
            language,
            &format!("It goes on for a little longer; then {what}."),
            &format!("Cela continue encore un peu ; ensuite, {what}."),
        ),
        Level::UsedUp => pick(
            language,
            &format!("For now {what}. A larger plan opens it again at once."),
            &format!("Pour l’instant, {what}. Un forfait plus grand rétablit tout aussitôt."),
        ),
    }
}
