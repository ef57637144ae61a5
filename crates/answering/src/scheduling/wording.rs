//! What the bot says about meetings, in French for French and in English for every other language.

use chrono::{DateTime, Utc};
use conversations::meetings::times;
use conversations::settings::hours::Tz;
use knowledge::language::Language;

/// In which language, and in which place.
#[derive(Debug, Clone, Copy)]
pub struct Voice {
    pub language: Language,
    pub zone: Tz,
}

impl Voice {
    fn is_french(self) -> bool {
        self.language == Language::FRENCH
    }

    fn pick<'a>(self, english: &'a str, french: &'a str) -> &'a str {
        if self.is_french() { french } else { english }
    }

    fn say(self, english: String, french: String) -> String {
        if self.is_french() { french } else { english }
    }

    /// `Tuesday 24 November, 10:00 (CET)`.
    pub fn time(self, at: DateTime<Utc>) -> String {
        times::long(at, self.zone, self.is_french())
    }

    /// What stands on the buttons. An hour that comes twice on the night on which clocks go back is told with its zone.
    pub fn chips(self, offered: &[DateTime<Utc>]) -> Vec<String> {
        let short: Vec<String> = offered
            .iter()
            .map(|at| times::short(*at, self.zone, self.is_french()))
            .collect();
        let label = |(at, label): (&DateTime<Utc>, &String)| {
            let is_twice = short.iter().filter(|other| *other == label).count() > 1;
            let zone = at.with_timezone(&self.zone);
            if is_twice {
                format!("{label} {}", zone.format("%Z"))
            } else {
                label.clone()
            }
        };
        offered.iter().zip(&short).map(label).collect()
    }

    /// The times, numbered, and how to answer.
    pub fn list(self, times: &[DateTime<Utc>]) -> String {
        let lines = times.iter().enumerate();
        let lines: Vec<String> = lines
            .map(|(index, at)| format!("{}. {}", index + 1, self.time(*at)))
            .collect();
        let how = self.pick(
            "Answer with a number, or name another day and time, such as “Tuesday at 10”.",
            "Répondez par un numéro, ou indiquez un autre jour et une autre heure, par exemple « mardi 10h ».",
        );
        format!("{}\n\n{how}", lines.join("\n"))
    }

    pub fn other_times(self) -> &'static str {
        if self.is_french() {
            "Autres créneaux"
        } else {
            "Other times"
        }
    }

    /// What comes before the times.
    pub fn opening(self, opening: &Opening) -> String {
        let zone = self.zone.name();
        match opening {
            Opening::Fresh => self.say(
                format!("These times are free for a meeting (time zone: {zone}):"),
                format!("Ces créneaux sont libres pour un rendez-vous (fuseau horaire : {zone}) :"),
            ),
            Opening::Aside => self.say(
                format!("You can also book a meeting. These times are free (time zone: {zone}):"),
                format!("Vous pouvez aussi prendre rendez-vous. Ces créneaux sont libres (fuseau horaire : {zone}) :"),
            ),
            Opening::Further => self.say(
                format!("These are free, too (time zone: {zone}):"),
                format!("Ceux-ci sont libres également (fuseau horaire : {zone}) :"),
            ),
            Opening::Moving(from) => {
                let from = self.time(*from);
                self.say(
                    format!("Your meeting is on {from}. To which time shall I move it (time zone: {zone})?"),
                    format!("Votre rendez-vous est prévu {from}. À quel moment le déplacer (fuseau horaire : {zone}) ?"),
                )
            }
            Opening::Taken(at) => {
                let at = self.time(*at);
                self.say(
                    format!("{at} is not free any more, I am sorry. These times are (time zone: {zone}):"),
                    format!("Désolé, le créneau {at} n’est plus libre. Ceux-ci le sont (fuseau horaire : {zone}) :"),
                )
            }
            Opening::NotFree => self.say(
                format!("I have nothing free then. These are the nearest times (time zone: {zone}):"),
                format!("Je n’ai rien de libre à ce moment-là. Voici les créneaux les plus proches (fuseau horaire : {zone}) :"),
            ),
        }
    }

    pub fn nothing_free(self) -> &'static str {
        if self.is_french() {
            "Aucun créneau n’est libre pour le moment. Souhaitez-vous parler à une personne ?"
        } else {
            "No time is free at the moment. Would you like to talk to a person?"
        }
    }

    pub fn has_enough(self) -> &'static str {
        if self.is_french() {
            "Vous avez déjà plusieurs rendez-vous à venir. Écrivez « déplacer mon rendez-vous » ou « annuler mon rendez-vous » pour en changer un."
        } else {
            "You already have several meetings ahead. Write “move my meeting” or “cancel my meeting” to change one."
        }
    }

    pub fn ask_email(self, at: DateTime<Utc>, consent: &str) -> String {
        let at = self.time(at);
        let mut text = self.say(
            format!("{at}: at which e-mail address can we reach you for this meeting?"),
            format!("{at} : à quelle adresse e-mail pouvons-nous vous joindre pour ce rendez-vous ?"),
        );
        if !consent.trim().is_empty() {
            text.push(' ');
            text.push_str(consent.trim());
        }
        text
    }

    pub fn booked(self, at: DateTime<Utc>, email: &str) -> String {
        let at = self.time(at);
        self.say(
            format!("Your meeting is booked: {at}. I have noted {email}. If it does not suit you any more, write “move my meeting” or “cancel my meeting”."),
            format!("Votre rendez-vous est réservé : {at}. J’ai noté {email}. S’il ne vous convient plus, écrivez « déplacer mon rendez-vous » ou « annuler mon rendez-vous »."),
        )
    }

    pub fn moved(self, at: DateTime<Utc>) -> String {
        let at = self.time(at);
        self.say(
            format!("Your meeting is now on {at}."),
            format!("Votre rendez-vous est déplacé : {at}."),
        )
    }

    pub fn ask_whether(self, at: DateTime<Utc>) -> String {
        let at = self.time(at);
        self.say(
            format!("Cancel your meeting on {at}? Yes / No"),
            format!("Annuler votre rendez-vous du {at} ? Oui / Non"),
        )
    }

    pub fn yes_and_no(self) -> Vec<String> {
        let [yes, no] = if self.is_french() {
            ["Oui", "Non"]
        } else {
            ["Yes", "No"]
        };
        vec![yes.to_owned(), no.to_owned()]
    }

    pub fn kept(self, at: DateTime<Utc>) -> String {
        let at = self.time(at);
        self.say(
            format!("Your meeting on {at} stays as it is."),
            format!("Votre rendez-vous du {at} est maintenu."),
        )
    }

    pub fn cancelled(self, at: DateTime<Utc>, next: Option<DateTime<Utc>>) -> String {
        let mut text = self.say(
            format!("Your meeting on {} is cancelled.", self.time(at)),
            format!("Votre rendez-vous du {} est annulé.", self.time(at)),
        );
        if let Some(next) = next {
            text.push(' ');
            text.push_str(&self.say(
                format!("You still have one on {}.", self.time(next)),
                format!("Il vous en reste un : {}.", self.time(next)),
            ));
        }
        text
    }

    /// Why it was cancelled, as the team reads it.
    pub fn reason(self) -> &'static str {
        if self.is_french() {
            "Annulé par le visiteur dans le chat"
        } else {
            "Cancelled by the visitor in the chat"
        }
    }

    pub fn none_ahead(self) -> &'static str {
        if self.is_french() {
            "Je ne vois aucun rendez-vous à venir pour vous."
        } else {
            "I do not see a meeting of yours ahead."
        }
    }

    pub fn booked_elsewhere(self, at: DateTime<Utc>) -> String {
        let at = self.time(at);
        self.say(
            format!("Your meeting on {at} was booked through a booking page. Use the link in its confirmation to change it."),
            format!("Votre rendez-vous du {at} a été pris sur une page de réservation. Utilisez le lien de sa confirmation pour le modifier."),
        )
    }

    pub fn stopped(self) -> &'static str {
        if self.is_french() {
            "Pas de problème, rien n’a été réservé. Souhaitez-vous savoir autre chose ?"
        } else {
            "No problem, nothing was booked. Is there anything else you would like to know?"
        }
    }

    pub fn title(self) -> &'static str {
        if self.is_french() {
            "Rendez-vous"
        } else {
            "Meeting"
        }
    }

    /// What one may want to say to a meeting that is booked.
    pub fn changes(self) -> Vec<String> {
        let [move_it, cancel_it] = if self.is_french() {
            ["Déplacer mon rendez-vous", "Annuler mon rendez-vous"]
        } else {
            ["Move my meeting", "Cancel my meeting"]
        };
        vec![move_it.to_owned(), cancel_it.to_owned()]
    }
}

/// Why times are offered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opening {
    Fresh,
    /// Beside an answer that was not known.
    Aside,
    Further,
    Moving(DateTime<Utc>),
    /// Somebody else was faster.
    Taken(DateTime<Utc>),
    NotFree,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_that_comes_twice_has_two_names() {
        let voice = Voice {
            language: Language::FRENCH,
            zone: Tz::Europe__Paris,
        };
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        let night = [at("2026-10-25T00:30:00Z"), at("2026-10-25T01:30:00Z")];
        assert_eq!(
            voice.chips(&night),
            ["dim. 25 oct., 02:30 CEST", "dim. 25 oct., 02:30 CET"]
        );
        assert_eq!(voice.time(night[0]), "dimanche 25 octobre, 02:30 (CEST)");
    }
}
