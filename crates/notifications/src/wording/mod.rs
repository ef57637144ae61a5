//! What mails say, in English and French: plain text, nothing else. Other people's words are cut to length and marked as
//! theirs; no subject holds any.

pub mod meetings;
pub mod plans;

use access::tenants::Tenant;
use chrono::{DateTime, Utc};
use conversations::escalations::Reason;
use conversations::settings::hours::find_zone;

use crate::notices::Kind;
use crate::smtp::line;

/// A quote is cut here.
const LONGEST_QUOTE: usize = 500;

/// One thing to tell.
pub struct Item {
    pub kind: Kind,
    pub contact: Option<String>,
    pub channel: String,
    /// Of a note.
    pub author: Option<String>,
    pub quotes: Vec<String>,
    pub reason: Option<Reason>,
    pub hours: Option<Hours>,
    pub link: Option<String>,
}

/// Whether somebody should be there now.
pub struct Hours {
    pub is_open: bool,
    pub next_opening: Option<DateTime<Utc>>,
    pub zone: String,
}

fn is_french(language: &str) -> bool {
    language.starts_with("fr")
}

fn pick(language: &str, english: &str, french: &str) -> String {
    if is_french(language) { french } else { english }.to_owned()
}

/// Subject and text of a single notice.
pub fn notice(tenant: &Tenant, item: &Item, way_out: Option<&str>) -> (String, String) {
    let language = tenant.language.as_str();
    let what = match item.kind {
        Kind::Message => pick(
            language,
            "A visitor is waiting for an answer",
            "Un visiteur attend une réponse",
        ),
        Kind::Escalation => pick(
            language,
            "A visitor needs a person",
            "Un visiteur a besoin de quelqu’un",
        ),
        Kind::Mention => pick(
            language,
            "You were mentioned in a note",
            "Vous êtes mentionné dans une note",
        ),
    };
    let subject = format!("{what} – {}", line(&tenant.name));
    let body = format!("{}\n{}", entry(language, item), footer(tenant, way_out));
    (subject, body)
}

/// Subject and text of a digest; `all` counts those that are not shown too.
pub fn digest(tenant: &Tenant, items: &[Item], all: usize, way_out: Option<&str>) -> (String, String) {
    let language = tenant.language.as_str();
    let name = line(&tenant.name);
    let subject = match (is_french(language), all) {
        (false, 1) => format!("1 conversation is open – {name}"),
        (false, _) => format!("{all} things are open – {name}"),
        (true, 1) => format!("1 conversation est ouverte – {name}"),
        (true, _) => format!("{all} points sont ouverts – {name}"),
    };
    let entries: Vec<String> = items.iter().map(|item| entry(language, item)).collect();
    let mut body = entries.join("\n----------------------------------------\n\n");
    if all > items.len() {
        let rest = all - items.len();
        body.push_str(&pick(
            language,
            &format!("\n… and {rest} more.\n"),
            &format!("\n… et {rest} autres.\n"),
        ));
    }
    (subject, format!("{body}\n{}", footer(tenant, way_out)))
}

fn entry(language: &str, item: &Item) -> String {
    let nobody = pick(language, "A visitor", "Un visiteur");
    let who = item.contact.as_deref().map(line).filter(|name| !name.is_empty());
    let who: String = who.unwrap_or(nobody).chars().take(120).collect();
    let channel = line(&item.channel);
    let mut text = match item.kind {
        Kind::Message => pick(
            language,
            &format!("{who} wrote on {channel} and nobody has answered yet:"),
            &format!("{who} a écrit sur {channel} et personne n’a encore répondu :"),
        ),
        Kind::Escalation => pick(
            language,
            &format!(
                "{who} on {channel} needs a person ({}).",
                reason(language, item.reason)
            ),
            &format!(
                "{who}, sur {channel}, a besoin de quelqu’un ({}).",
                reason(language, item.reason)
            ),
        ),
        Kind::Mention => mention(language, item, &who),
    };
    text.push_str("\n\n");
    if let Some(hours) = &item.hours {
        text.push_str(&opening(language, hours));
        text.push_str("\n\n");
    }
    for quote in &item.quotes {
        text.push_str(&quoted(quote));
        text.push('\n');
    }
    if let Some(link) = &item.link {
        text.push_str(link);
        text.push('\n');
    }
    text
}

fn mention(language: &str, item: &Item, who: &str) -> String {
    let author = item.author.as_deref().map(line).unwrap_or_default();
    pick(
        language,
        &format!("{author} mentioned you in a note on the conversation with {who}:"),
        &format!("{author} vous a mentionné dans une note sur la conversation avec {who} :"),
    )
}

fn reason(language: &str, reason: Option<Reason>) -> String {
    match reason {
        Some(Reason::VisitorAsked) => pick(language, "they asked for one", "il ou elle l’a demandé"),
        Some(Reason::LowConfidence) => pick(
            language,
            "the bot does not know the answer",
            "le robot ne connaît pas la réponse",
        ),
        Some(Reason::Approval) => pick(
            language,
            "the bot wants to do something that a person has to approve",
            "le robot souhaite faire quelque chose qu’une personne doit approuver",
        ),
        Some(Reason::BotLimit) => pick(
            language,
            "the bot has reached its limit",
            "le robot a atteint sa limite",
        ),
        Some(Reason::Agent) | None => {
            pick(language, "a colleague handed over", "un collègue a passé la main")
        }
    }
}

fn opening(language: &str, hours: &Hours) -> String {
    if hours.is_open {
        return pick(
            language,
            "You are open now: the visitor expects an answer.",
            "Vous êtes ouverts en ce moment : le visiteur attend une réponse.",
        );
    }
    let closed = pick(
        language,
        "This is outside your business hours.",
        "C’est en dehors de vos heures d’ouverture.",
    );
    let (Some(at), Some(zone)) = (hours.next_opening, find_zone(&hours.zone)) else {
        return closed;
    };
    let at = at.with_timezone(&zone);
    let next = pick(
        language,
        &format!("You open again on {}.", at.format("%Y-%m-%d at %H:%M")),
        &format!("Vous rouvrez le {}.", at.format("%d/%m/%Y à %H:%M")),
    );
    format!("{closed} {next}")
}

/// `> ` before each line, no control characters, cut to length.
fn quoted(text: &str) -> String {
    let is_cut = text.chars().count() > LONGEST_QUOTE;
    let short: String = text.chars().take(LONGEST_QUOTE).collect();
    let mut lines: Vec<String> = short
        .lines()
        .map(|part| format!("> {}", line(part)))
        .take(20)
        .collect();
    if is_cut && let Some(last) = lines.last_mut() {
        last.push('…');
    }
    lines.push(String::new());
    lines.join("\n")
}

fn footer(tenant: &Tenant, way_out: Option<&str>) -> String {
    let (language, name) = (tenant.language.as_str(), line(&tenant.name));
    let Some(url) = way_out else {
        return pick(
            language,
            &format!("--\nSent by Rapport for {name}. What you are told is chosen in your profile.\n"),
            &format!(
                "--\nEnvoyé par Rapport pour {name}. Ce qui vous est envoyé se choisit dans votre profil.\n"
            ),
        );
    };
    pick(
        language,
        &format!("--\nSent by Rapport for {name}. No more of these mails: {url}\n"),
        &format!("--\nEnvoyé par Rapport pour {name}. Ne plus recevoir ces messages : {url}\n"),
    )
}

/// Subject and text: a webhook was switched off. Its address is cut before what may be a secret in it.
pub fn switched_off(
    tenant: &Tenant,
    url: &str,
    is_gone: bool,
    link: Option<&str>,
    way_out: Option<&str>,
) -> (String, String) {
    let language = tenant.language.as_str();
    let what = pick(
        language,
        "A webhook was switched off",
        "Un webhook a été désactivé",
    );
    let host = line(host(url));
    let why = match is_gone {
        true => pick(
            language,
            "It answered 410: nobody lives there any more.",
            "Il a répondu 410 : il n’y a plus personne à cette adresse.",
        ),
        false => pick(
            language,
            "Nothing could be delivered there for five days.",
            "Rien n’a pu y être livré pendant cinq jours.",
        ),
    };
    let rest = pick(
        language,
        "Nothing is sent to it until somebody switches it on again; what it has missed can be sent then.",
        "Plus rien ne lui est envoyé tant que personne ne le réactive ; ce qui a manqué pourra alors être renvoyé.",
    );
    let subject = format!("{what} – {}", line(&tenant.name));
    let link = link.map_or_else(String::new, |link| format!("{link}\n"));
    let body = format!(
        "{what}: {host}\n\n{why} {rest}\n\n{link}\n{}",
        footer(tenant, way_out)
    );
    (subject, body)
}

/// The figures of a period, a line each.
pub fn report(
    tenant: &Tenant,
    period: &str,
    lines: &[String],
    link: Option<&str>,
    way_out: Option<&str>,
) -> (String, String) {
    let language = tenant.language.as_str();
    let what = pick(language, "Your figures", "Vos chiffres");
    let against = pick(
        language,
        "In brackets the change against the period before.",
        "Entre parenthèses, l’évolution par rapport à la période précédente.",
    );
    let subject = format!("{what}, {period} – {}", line(&tenant.name));
    let link = link.map_or_else(String::new, |link| format!("{link}\n"));
    let body = format!(
        "{what}, {period}\n\n{}\n\n{against}\n\n{link}\n{}",
        lines.join("\n"),
        footer(tenant, way_out)
    );
    (subject, body)
}

/// `example.com` of `https://example.com/hooks/secret`.
fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    authority.rsplit('@').next().unwrap_or_default()
}

pub fn test(language: &str, workspace: &str) -> (String, String) {
    let name = line(workspace);
    (
        pick(language, &format!("Test – {name}"), &format!("Essai – {name}")),
        pick(
            language,
            "This is the test mail that you asked for in the settings. If you read it, sending works.\n",
            "Ceci est le message d’essai que vous avez demandé dans les réglages. Si vous le lisez, l’envoi fonctionne.\n",
        ),
    )
}

pub fn confirmation(language: &str, workspace: &str, code: &str) -> (String, String) {
    let name = line(workspace);
    (
        pick(
            language,
            &format!("Your code for {name}"),
            &format!("Votre code pour {name}"),
        ),
        pick(
            language,
            &format!(
                "{name} wants to be told of escalations at this address. To allow that, type this code in the settings:\n\n    {code}\n\nIf you do not know of this, do nothing: no further mail comes.\n"
            ),
            &format!(
                "{name} souhaite être prévenu des escalades à cette adresse. Pour l’autoriser, saisissez ce code dans les réglages :\n\n    {code}\n\nSi cela ne vous dit rien, ne faites rien : aucun autre message ne viendra.\n"
            ),
        ),
    )
}

/// Who said something in a transcript.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaker {
    Visitor,
    Person,
    Bot,
}

pub fn transcript_subject(language: &str, workspace: &str) -> String {
    let name = line(workspace);
    pick(
        language,
        &format!("Your conversation with {name}"),
        &format!("Votre conversation avec {name}"),
    )
}

pub fn transcript_opening(language: &str, workspace: &str) -> String {
    let name = line(workspace);
    pick(
        language,
        &format!(
            "Here is what was said in your conversation with {name}. It was sent by a member of its team.\n"
        ),
        &format!(
            "Voici ce qui s’est dit dans votre conversation avec {name}. Envoyé par un membre de son équipe.\n"
        ),
    )
}

pub fn speaker(language: &str, speaker: Speaker) -> String {
    match speaker {
        Speaker::Visitor => pick(language, "You", "Vous"),
        Speaker::Person => pick(language, "Our team", "Notre équipe"),
        Speaker::Bot => pick(language, "Assistant", "Assistant"),
    }
}

pub fn file(language: &str, name: &str) -> String {
    let name = line(name);
    pick(
        language,
        &format!("[File: {name}]"),
        &format!("[Fichier : {name}]"),
    )
}

pub fn unsubscribe_page(language: &str, workspace: &str) -> String {
    let name = escaped(workspace);
    let (title, button) = (
        pick(language, "No more mails?", "Ne plus recevoir de messages ?"),
        pick(language, "Stop these mails", "Arrêter ces messages"),
    );
    let text = pick(
        language,
        &format!(
            "Rapport tells you by e-mail what happens in {name}. You can turn it on again in your profile."
        ),
        &format!(
            "Rapport vous prévient par e-mail de ce qui se passe dans {name}. Vous pouvez le réactiver dans votre profil."
        ),
    );
    html(
        language,
        &title,
        &format!("<p>{text}</p><form method=\"post\"><button>{button}</button></form>"),
    )
}

pub fn unsubscribed_page(language: &str, workspace: &str) -> String {
    let name = escaped(workspace);
    let title = pick(language, "Done", "C’est fait");
    let text = pick(
        language,
        &format!("You get no more mails about {name}. You can turn them on again in your profile."),
        &format!(
            "Vous ne recevrez plus de messages à propos de {name}. Vous pouvez les réactiver dans votre profil."
        ),
    );
    html(language, &title, &format!("<p>{text}</p>"))
}

fn html(language: &str, title: &str, body: &str) -> String {
    let code = if is_french(language) { "fr" } else { "en" };
    format!(
        "<!doctype html><html lang=\"{code}\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <meta name=\"robots\" content=\"noindex\"><title>{title}</title></head><body><main><h1>{title}</h1>{body}</main></body></html>"
    )
}

fn escaped(text: &str) -> String {
    line(text)
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_is_marked_cut_and_free_of_control_characters() {
        assert_eq!(quoted("Hello\u{1b}[31m\n.\nBye"), "> Hello [31m\n> .\n> Bye\n");
        let long = quoted(&"x".repeat(5000));
        assert!(long.chars().count() < 520 && long.contains('…'));
        assert!(quoted(&"a\n".repeat(200)).lines().count() <= 21);
    }

    #[test]
    fn an_address_is_cut_before_what_may_be_a_secret() {
        for (url, shown) in [
            ("https://example.com/hooks/s3cret", "example.com"),
            ("https://example.com:8443?key=s3cret", "example.com:8443"),
            ("https://user:s3cret@example.com", "example.com"),
        ] {
            assert_eq!(host(url), shown);
        }
    }

    #[test]
    fn a_page_shows_a_name_as_it_is() {
        let page = unsubscribe_page("en", "<script>alert(1)</script>\"'&");
        assert!(!page.contains("<script>"), "{page}");
    }
}
