//! What the bot says about orders and about what waits for a person, in English and French. No model has a hand in it.

use chrono::NaiveDate;
use conversations::meetings::times;
use crm::orders::theirs::VisitorOrder;
use crm::orders::{OrderItem, Status};
use knowledge::language::Language;

use super::Tool;

/// So many lines of an order are read out.
const MOST_LINES: usize = 10;

fn pick(language: Language, english: &str, french: &str) -> String {
    let text = if language == Language::FRENCH {
        french
    } else {
        english
    };
    text.to_owned()
}

/// How an order stands, what is in it, and where the parcel is.
pub fn order(order: &VisitorOrder, language: Language) -> String {
    let mut text = vec![standing(order, language)];
    for item in order.items.iter().take(MOST_LINES) {
        text.push(format!("- {}", line(item)));
    }
    let more = order.items.len().saturating_sub(MOST_LINES);
    if more > 0 {
        text.push(match language == Language::FRENCH {
            true => format!("- et {more} autres lignes"),
            false => format!("- and {more} more lines"),
        });
    }
    let total = order.total.to_string();
    text.push(match language == Language::FRENCH {
        true => format!("\nTotal : {} {}.", total.replace('.', ","), order.currency),
        false => format!("\nTotal: {total} {}.", order.currency),
    });
    if let Some(number) = &order.tracking_number {
        let number = words(number);
        text.push(match language == Language::FRENCH {
            true => format!("Numéro de suivi : {number}."),
            false => format!("Tracking number: {number}."),
        });
    }
    if let Some(url) = order.tracking_url.as_deref().filter(|url| is_plain(url)) {
        let label = pick(language, "Follow the parcel", "Suivre le colis");
        text.push(format!("[{label}]({url})"));
    }
    text.join("\n")
}

fn standing(order: &VisitorOrder, language: Language) -> String {
    let french = language == Language::FRENCH;
    let (number, on) = (words(&order.number), times::date(order.ordered_on, french));
    let at = |day: Option<NaiveDate>| match day {
        None => String::new(),
        Some(day) if french => format!(" le {}", times::date(day, french)),
        Some(day) => format!(" on {}", times::date(day, french)),
    };
    let status = match (order.status, french) {
        (Status::Pending, false) => "we have received it, and it is not being prepared yet".to_owned(),
        (Status::Pending, true) => {
            "nous l’avons bien reçue, sa préparation n’a pas encore commencé".to_owned()
        }
        (Status::Processing, false) => "it is being prepared".to_owned(),
        (Status::Processing, true) => "elle est en préparation".to_owned(),
        (Status::Shipped, false) => format!("it was sent{}", at(order.shipped_on)),
        (Status::Shipped, true) => format!("elle a été expédiée{}", at(order.shipped_on)),
        (Status::Delivered, false) => format!("it was delivered{}", at(order.delivered_on)),
        (Status::Delivered, true) => format!("elle a été livrée{}", at(order.delivered_on)),
        (Status::Cancelled, false) => "it was cancelled".to_owned(),
        (Status::Cancelled, true) => "elle a été annulée".to_owned(),
        (Status::Refunded, false) => "it was refunded".to_owned(),
        (Status::Refunded, true) => "elle a été remboursée".to_owned(),
    };
    match french {
        true => format!("Votre commande **{number}** du {on} : {status}."),
        false => format!("Your order **{number}** of {on}: {status}."),
    }
}

fn line(item: &OrderItem) -> String {
    format!("{} × {}", item.quantity, words(&item.name))
}

/// Other programs' words in a line of ours: no mark-up, no second line.
fn words(text: &str) -> String {
    let plain = text.chars().map(|c| match c {
        '*' | '_' | '[' | ']' | '`' | '<' | '>' | '\\' => ' ',
        c if c.is_control() => ' ',
        c => c,
    });
    let plain: String = plain.collect();
    let short: String = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    short.chars().take(120).collect()
}

fn is_plain(url: &str) -> bool {
    url.starts_with("http")
        && !url.contains(|c: char| c.is_whitespace() || c.is_control() || "()[]<>\"".contains(c))
}

/// None of the visitor's orders has the number; without one, they have none.
pub fn not_theirs(number: Option<&str>, offers_person: bool, language: Language) -> String {
    let text = match number {
        Some(number) if language == Language::FRENCH => {
            format!("Aucune de vos commandes ne porte le numéro {}.", words(number))
        }
        Some(number) => format!("None of your orders has the number {}.", words(number)),
        None => pick(
            language,
            "I do not find an order of yours.",
            "Je ne trouve pas de commande à votre nom.",
        ),
    };
    with_person(text, offers_person, language)
}

fn with_person(text: String, offers_person: bool, language: Language) -> String {
    if !offers_person {
        return text;
    }
    let offer = pick(
        language,
        "Would you like to talk to a person?",
        "Souhaitez-vous parler à une personne ?",
    );
    format!("{text} {offer}")
}

/// The same whether or not there is such an order.
pub fn not_verified(offers_code: bool, language: Language) -> String {
    match offers_code {
        true => pick(
            language,
            "I only speak about an order with whoever it belongs to. Please sign in on our web site and ask again here, or write “code”: if we \
             know an order with this number, I will send a code to the e-mail address it was placed with.",
            "Je ne parle d’une commande qu’avec la personne à qui elle appartient. Connectez-vous sur notre site et posez à nouveau la question \
             ici, ou écrivez « code » : si nous connaissons une commande avec ce numéro, j’enverrai un code à l’adresse e-mail de la commande.",
        ),
        false => pick(
            language,
            "I only speak about an order with whoever it belongs to. Please sign in on our web site and ask again here, or ask for a person.",
            "Je ne parle d’une commande qu’avec la personne à qui elle appartient. Connectez-vous sur notre site et posez à nouveau la question \
             ici, ou demandez une personne.",
        ),
    }
}

/// The suggestion that asks for a code.
pub fn code_chip(language: Language) -> String {
    pick(language, "Send me a code", "Envoyez-moi un code")
}

/// The same whether or not there is such an order.
pub fn code_on_its_way(language: Language) -> String {
    pick(
        language,
        "If we know an order with this number, a code is on its way to the e-mail address it was placed with. Please write the six digits here \
         within ten minutes.",
        "Si nous connaissons une commande avec ce numéro, un code est en route vers l’adresse e-mail de la commande. Écrivez ici ses six chiffres \
         dans les dix minutes.",
    )
}

pub fn too_many_codes(language: Language) -> String {
    pick(
        language,
        "Too many codes were asked for. Please try again in an hour, sign in on our web site, or ask for a person.",
        "Trop de codes ont été demandés. Réessayez dans une heure, connectez-vous sur notre site ou demandez une personne.",
    )
}

pub fn wrong_code(left: i32, language: Language) -> String {
    let french = language == Language::FRENCH;
    match left {
        ..=0 => code_over(language),
        1 if french => "Ce n’est pas le bon code. Il vous reste un essai.".to_owned(),
        1 => "This is not the right code. You have one more try.".to_owned(),
        _ if french => format!("Ce n’est pas le bon code. Il vous reste {left} essais."),
        _ => format!("This is not the right code. You have {left} more tries."),
    }
}

pub fn code_over(language: Language) -> String {
    pick(
        language,
        "This code is not good any more. Write “code” for a new one, or ask for a person.",
        "Ce code n’est plus valable. Écrivez « code » pour en recevoir un autre, ou demandez une personne.",
    )
}

/// The visitor's code was right, and their order has gone meanwhile.
pub fn code_right(language: Language) -> String {
    pick(
        language,
        "Thank you, the code is right.",
        "Merci, le code est exact.",
    )
}

/// Subject and text of the mail. The subject holds no code: it is shown on locked screens.
pub fn code_mail(code: &str, workspace: &str, language: Language) -> (String, String) {
    let workspace = words(workspace);
    match language == Language::FRENCH {
        true => (
            format!("Votre code pour {workspace}"),
            format!(
                "Quelqu’un demande, dans la conversation avec {workspace}, où en est une commande passée avec cette adresse.\n\n\
                 Code : {code}\n\nIl est valable dix minutes. Si ce n’est pas vous, ne le donnez à personne : sans lui, rien n’est dit de la \
                 commande.\n"
            ),
        ),
        false => (
            format!("Your code for {workspace}"),
            format!(
                "Somebody asks, in the conversation with {workspace}, about an order that was placed with this address.\n\n\
                 Code: {code}\n\nIt is good for ten minutes. If this is not you, give it to nobody: without it nothing is said about the order.\n"
            ),
        ),
    }
}

/// A colleague has to approve it first.
pub fn asked_colleague(tool: Tool, number: Option<&str>, language: Language) -> String {
    let french = language == Language::FRENCH;
    match (tool, number) {
        (Tool::CancelOrder, Some(number)) if french => format!(
            "J’ai transmis votre demande d’annulation de la commande {}. Un collègue va la confirmer et vous répondra ici.",
            words(number)
        ),
        (Tool::CancelOrder, Some(number)) => format!(
            "I have passed on that you want to cancel order {}. A colleague will confirm it and tell you here.",
            words(number)
        ),
        _ => pick(
            language,
            "I have passed this on. A colleague will confirm it and tell you here.",
            "J’ai transmis votre demande. Un collègue va la confirmer et vous répondra ici.",
        ),
    }
}

pub fn asked_before(language: Language) -> String {
    pick(
        language,
        "I have passed this on already. A colleague will confirm it and tell you here.",
        "J’ai déjà transmis cette demande. Un collègue va la confirmer et vous répondra ici.",
    )
}

/// Why an order cannot be called off.
pub fn cannot_cancel(order: &VisitorOrder, offers_person: bool, language: Language) -> String {
    let reason = standing(order, language);
    if matches!(order.status, Status::Cancelled | Status::Refunded) {
        return reason;
    }
    let sorry = pick(
        language,
        "It cannot be cancelled any more.",
        "Elle ne peut plus être annulée.",
    );
    with_person(format!("{reason} {sorry}"), offers_person, language)
}

/// What the visitor hears when a colleague has approved.
pub fn approved(tool: Tool, number: Option<&str>, language: Language) -> String {
    let french = language == Language::FRENCH;
    match (tool, number) {
        (Tool::CancelOrder, Some(number)) if french => {
            format!("C’est confirmé : votre commande {} est annulée.", words(number))
        }
        (Tool::CancelOrder, Some(number)) => format!("Confirmed: your order {} is cancelled.", words(number)),
        (Tool::OfferBooking, _) => pick(
            language,
            "A colleague has confirmed: you can choose a time that suits you.",
            "Un collègue a confirmé : vous pouvez choisir un moment qui vous convient.",
        ),
        _ => pick(
            language,
            "A colleague has confirmed your request.",
            "Un collègue a confirmé votre demande.",
        ),
    }
}

pub fn refused(tool: Tool, number: Option<&str>, language: Language) -> String {
    let french = language == Language::FRENCH;
    match (tool, number) {
        (Tool::CancelOrder, Some(number)) if french => format!(
            "Un collègue a regardé : votre commande {} ne peut pas être annulée.",
            words(number)
        ),
        (Tool::CancelOrder, Some(number)) => format!(
            "A colleague has looked into it: your order {} cannot be cancelled.",
            words(number)
        ),
        _ => pick(
            language,
            "A colleague has looked into it: this is not possible.",
            "Un collègue a regardé : ce n’est pas possible.",
        ),
    }
}

/// What was left to be reached by is kept.
pub fn lead_noted(language: Language) -> String {
    pick(
        language,
        "Thank you, I have noted how you can be reached. The team will get back to you.",
        "Merci, j’ai noté comment vous joindre. L’équipe reviendra vers vous.",
    )
}
