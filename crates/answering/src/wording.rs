//! What the bot says in its own words, in the visitor's language. Everything else it says comes from the tenant.

use knowledge::language::Language;

/// A sentence of the bot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phrase {
    Greeting,
    Thanks,
    Goodbye,
    /// The knowledge does not hold it; a person is offered.
    NotKnown,
    /// The same where no person can be offered.
    NotKnownAlone,
    /// The same with a booking link.
    NotKnownBooking,
    HandedOver,
    Booking,
    /// Nothing at all is known yet: a new installation.
    NothingLearned,
    /// A file came without a word.
    FileOnly,
    /// The visitor has called the bot back.
    Back,
}

/// The sentence in French for French, in English for every other language.
pub fn say(phrase: Phrase, language: Language) -> &'static str {
    if language == Language::FRENCH {
        french(phrase)
    } else {
        english(phrase)
    }
}

/// The line in the thread when a visitor presses the button for a person, with their reason if they gave one.
pub fn handed_over(language: Option<&str>, reason: Option<&str>) -> String {
    let language = language.map_or(Language::UNKNOWN, Language::from_code);
    let line = say(Phrase::HandedOver, language);
    match reason {
        Some(reason) => format!("{line} (“{}”)", reason.chars().take(300).collect::<String>()),
        None => line.to_owned(),
    }
}

fn english(phrase: Phrase) -> &'static str {
    match phrase {
        Phrase::Greeting => "Hello! What would you like to know?",
        Phrase::Thanks => "You are welcome. Is there anything else you would like to know?",
        Phrase::Goodbye => "Goodbye, and thank you for writing.",
        Phrase::NotKnown => {
            "I do not have a reliable answer to that, and I would rather not guess. I have noted your question. \
             Would you like to talk to a person?"
        }
        Phrase::NotKnownAlone => {
            "I do not have a reliable answer to that, and I would rather not guess. I have noted your question for the team."
        }
        Phrase::NotKnownBooking => {
            "I do not have a reliable answer to that, and I would rather not guess. I have noted your question. \
             You can talk to a person, or book a time that suits you."
        }
        Phrase::HandedOver => "I have told the team. A person will answer you here.",
        Phrase::Booking => "You can choose a time that suits you here.",
        Phrase::NothingLearned => {
            "I have not been taught anything yet, so I cannot answer. I have noted your question for the team."
        }
        Phrase::FileOnly => {
            "Thank you, the file has arrived. I cannot look into files myself: tell me in words what it is about, or ask for a person."
        }
        Phrase::Back => "I am back. What would you like to know?",
    }
}

fn french(phrase: Phrase) -> &'static str {
    match phrase {
        Phrase::Greeting => "Bonjour ! Que souhaitez-vous savoir ?",
        Phrase::Thanks => "Avec plaisir. Souhaitez-vous savoir autre chose ?",
        Phrase::Goodbye => "Au revoir, et merci de nous avoir écrit.",
        Phrase::NotKnown => {
            "Je n’ai pas de réponse fiable à cette question et je préfère ne pas deviner. Je l’ai notée. \
             Souhaitez-vous parler à une personne ?"
        }
        Phrase::NotKnownAlone => {
            "Je n’ai pas de réponse fiable à cette question et je préfère ne pas deviner. Je l’ai notée pour l’équipe."
        }
        Phrase::NotKnownBooking => {
            "Je n’ai pas de réponse fiable à cette question et je préfère ne pas deviner. Je l’ai notée. \
             Vous pouvez parler à une personne ou réserver un moment qui vous convient."
        }
        Phrase::HandedOver => "J’ai prévenu l’équipe. Une personne vous répondra ici.",
        Phrase::Booking => "Vous pouvez choisir ici le moment qui vous convient.",
        Phrase::NothingLearned => {
            "On ne m’a encore rien appris, je ne peux donc pas répondre. J’ai noté votre question pour l’équipe."
        }
        Phrase::FileOnly => {
            "Merci, le fichier est bien arrivé. Je ne peux pas le lire moi-même : dites-moi en quelques mots de quoi il s’agit, ou demandez une personne."
        }
        Phrase::Back => "Je suis de retour. Que souhaitez-vous savoir ?",
    }
}
