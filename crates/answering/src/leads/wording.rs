//! What the bot says about leads, in French for French and in English for every other language.

use conversations::leads::ContactInfo;
use knowledge::language::Language;

use crate::settings::LeadField;

/// The question for an address. Politely, with the way out, and with the business's own text on what it is used for.
pub fn ask(fields: &[LeadField], consent: &str, language: Language) -> String {
    let has = |field| fields.contains(&field);
    let is_french = language == Language::FRENCH;
    let reach = match (has(LeadField::Email), has(LeadField::Phone), is_french) {
        (true, true, false) => "your e-mail address or phone number",
        (true, false, false) => "your e-mail address",
        (false, _, false) => "your phone number",
        (true, true, true) => "votre adresse e-mail ou votre numéro de téléphone",
        (true, false, true) => "votre adresse e-mail",
        (false, _, true) => "votre numéro de téléphone",
    };
    let what = match (has(LeadField::Name), is_french) {
        (true, false) => format!("your name and {reach}"),
        (true, true) => format!("votre nom et {reach}"),
        (false, _) => reach.to_owned(),
    };
    let mut text = if is_french {
        format!(
            "Souhaitez-vous qu’une personne vous recontacte à ce sujet ? Écrivez ici {what}. Si vous préférez ne pas les donner, dites simplement non."
        )
    } else {
        format!(
            "Would you like a person to get back to you about this? Leave {what} here. If you would rather not, just say no."
        )
    };
    if !consent.trim().is_empty() {
        text.push(' ');
        text.push_str(consent.trim());
    }
    text
}

/// Thanks, with what was noted, so that a slip is seen.
pub fn noted(info: &ContactInfo, language: Language) -> String {
    let parts: Vec<&str> = [&info.name, &info.email, &info.phone]
        .into_iter()
        .filter_map(|part| part.as_deref())
        .collect();
    let what = parts.join(", ");
    if language == Language::FRENCH {
        format!("Merci, c’est noté : {what}. Une personne vous recontactera.")
    } else {
        format!("Thank you, I have noted {what}. A person will get back to you.")
    }
}

/// To somebody who wants to be got back to and is known already.
pub fn reachable(language: Language) -> &'static str {
    if language == Language::FRENCH {
        "C’est noté. Une personne vous recontactera."
    } else {
        "I have noted it. A person will get back to you."
    }
}

pub fn refused(language: Language) -> &'static str {
    if language == Language::FRENCH {
        "Pas de problème, je ne vous le redemanderai pas. Souhaitez-vous savoir autre chose ?"
    } else {
        "No problem, I will not ask again. Is there anything else you would like to know?"
    }
}
