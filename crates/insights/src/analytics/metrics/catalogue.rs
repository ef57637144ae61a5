//! All metrics, by the pages on which they stand.

use super::Better::{Down, Up};
use super::Items::{Answers, Conversations, Deals, Gaps};
use super::{Better, Items, Metric, Unit, Words};

/// What it is called and what it is: English, French.
type Texts = [(&'static str, &'static str); 2];

const fn metric(
    name: &'static str,
    (page, unit): (&'static str, Unit),
    better: Option<Better>,
    items: Option<Items>,
    unknown: Option<&'static str>,
    texts: Texts,
) -> Metric {
    let [(title_en, title_fr), (en, fr)] = texts;
    Metric {
        name,
        page,
        unit,
        better,
        items,
        unknown,
        title: Words {
            en: title_en,
            fr: title_fr,
        },
        definition: Words { en, fr },
    }
}

#[rustfmt::skip]
pub const METRICS: &[Metric] = &[
    metric("conversations", ("overview", Unit::Count), None, Some(Conversations), None, [
        ("Conversations", "Conversations"),
        ("Conversations that began in the period; one that is opened again is still the same one.",
         "Conversations commencées pendant la période ; une conversation rouverte reste la même."),
    ]),
    metric("automation_rate", ("overview", Unit::Percent), Some(Up), Some(Conversations), Some("no_conversations"), [
        ("Automation rate", "Taux d’automatisation"),
        ("Of all conversations, those that the bot solved alone: it answered, it knew the answer to what was asked last, and no person was called or wrote. Involvement times resolution.",
         "Part de toutes les conversations que le bot a résolues seul : il a répondu, il connaissait la réponse à la dernière question et personne n’a été appelé ni n’a écrit. Implication fois résolution."),
    ]),
    metric("first_reply", ("overview", Unit::Seconds), Some(Down), Some(Conversations), Some("no_replies"), [
        ("First reply", "Première réponse"),
        ("Half of the conversations got their first reply, of the bot or of a person, within this time after the visitor's first message.",
         "La moitié des conversations ont reçu leur première réponse, du bot ou d’une personne, dans ce délai après le premier message du visiteur."),
    ]),
    metric("satisfaction", ("overview", Unit::Percent), Some(Up), Some(Conversations), Some("nobody_rated"), [
        ("Satisfaction", "Satisfaction"),
        ("Of the conversations that visitors rated, those with 4 or 5 out of 5.",
         "Part des conversations notées par les visiteurs qui ont reçu 4 ou 5 sur 5."),
    ]),
    metric("involvement_rate", ("ai", Unit::Percent), None, Some(Conversations), Some("no_conversations"), [
        ("Involvement rate", "Taux d’implication"),
        ("Of all conversations, those in which the bot wrote at least once.",
         "Part de toutes les conversations dans lesquelles le bot a écrit au moins une fois."),
    ]),
    metric("answer_rate", ("ai", Unit::Percent), Some(Up), Some(Answers), Some("no_answers"), [
        ("Answer rate", "Taux de réponse"),
        ("Of the questions that reached the bot, those that it knew an answer to; greetings and actions do not count.",
         "Part des questions parvenues au bot dont il connaissait la réponse ; salutations et actions ne comptent pas."),
    ]),
    metric("resolution_rate", ("ai", Unit::Percent), Some(Up), Some(Conversations), Some("bot_did_not_reply"), [
        ("Resolution rate", "Taux de résolution"),
        ("Of the conversations in which the bot wrote, those that it solved alone.",
         "Part des conversations dans lesquelles le bot a écrit qu’il a résolues seul."),
    ]),
    metric("hand_over_rate", ("ai", Unit::Percent), Some(Down), Some(Conversations), Some("bot_did_not_reply"), [
        ("Hand-over rate", "Taux de transfert"),
        ("Of the conversations in which the bot wrote, those that were handed over to people, for whatever reason.",
         "Part des conversations dans lesquelles le bot a écrit qui ont été transférées à des personnes, quelle qu’en soit la raison."),
    ]),
    metric("durable_resolution_rate", ("ai", Unit::Percent), Some(Up), Some(Conversations), Some("too_early"), [
        ("Durable resolution", "Résolution durable"),
        ("Of the conversations that were resolved at least seven days ago, those that stayed resolved for seven days.",
         "Part des conversations résolues il y a au moins sept jours qui le sont restées pendant sept jours."),
    ]),
    metric("confidence", ("ai", Unit::Score), Some(Up), Some(Answers), Some("no_answers"), [
        ("Confidence", "Confiance"),
        ("The mean of how sure the bot was of its answers, from 0 to 1, those included that it then declined to give.",
         "Moyenne de la certitude du bot quant à ses réponses, de 0 à 1, y compris celles qu’il a préféré ne pas donner."),
    ]),
    metric("helpful_rate", ("ai", Unit::Percent), Some(Up), Some(Answers), Some("nobody_rated"), [
        ("Helpful answers", "Réponses utiles"),
        ("Of the answers that visitors rated with a thumb, those with a thumb up.",
         "Part des réponses notées d’un pouce par les visiteurs qui ont reçu un pouce levé."),
    ]),
    metric("open_gaps", ("overview", Unit::Count), Some(Down), Some(Gaps), None, [
        ("Open gaps", "Lacunes ouvertes"),
        ("Questions that the knowledge does not answer and nobody had closed by the end of the period, each once however it is worded.",
         "Questions auxquelles les connaissances ne répondent pas et que personne n’avait closes à la fin de la période, chacune une fois quelle que soit sa formulation."),
    ]),
    metric("gaps_opened", ("gaps", Unit::Count), None, Some(Gaps), None, [
        ("Gaps opened", "Lacunes apparues"),
        ("Questions without an answer that were asked first in the period, each once however often and in which words.",
         "Questions sans réponse posées pour la première fois pendant la période, chacune une fois quels que soient le nombre de demandes et la formulation."),
    ]),
    metric("gaps_closed", ("gaps", Unit::Count), Some(Up), Some(Gaps), None, [
        ("Gaps closed", "Lacunes closes"),
        ("Questions of which the last wording was answered or dismissed in the period and none has been opened again.",
         "Questions dont la dernière formulation a été résolue ou écartée pendant la période et dont aucune n’a été rouverte."),
    ]),
    metric("answers_with_source", ("knowledge", Unit::Count), Some(Up), Some(Answers), None, [
        ("Answers with a source", "Réponses sourcées"),
        ("Answers of the period that name at least one entry of the knowledge as their source.",
         "Réponses de la période qui citent au moins une entrée des connaissances comme source."),
    ]),
    metric("answers_without_source", ("knowledge", Unit::Percent), Some(Down), Some(Answers), Some("no_answers"), [
        ("Answers without a source", "Réponses sans source"),
        ("Of the answers to questions in the period, those that name no source.",
         "Part des réponses aux questions de la période qui ne citent aucune source."),
    ]),
    metric("answers_from_entry", ("knowledge", Unit::Count), None, Some(Answers), None, [
        ("Answers from an entry", "Réponses tirées d’une entrée"),
        ("Answers of the period that were made from this Q&A pair, document or page.",
         "Réponses de la période tirées de cette question-réponse, de ce document ou de cette page."),
    ]),
    metric("entries_used", ("knowledge", Unit::Count), Some(Up), None, None, [
        ("Entries used", "Entrées utilisées"),
        ("Q&A pairs, documents and pages that at least one answer of the period was made from.",
         "Questions-réponses, documents et pages dont au moins une réponse de la période est tirée."),
    ]),
    metric("entries_unused", ("knowledge", Unit::Count), Some(Down), None, None, [
        ("Entries never used", "Entrées jamais utilisées"),
        ("Q&A pairs in use, documents and pages that no answer of the period was made from.",
         "Questions-réponses actives, documents et pages dont aucune réponse de la période n’est tirée."),
    ]),
    metric("handled", ("team", Unit::Count), None, Some(Conversations), None, [
        ("Handled", "Traitées"),
        ("Conversations of the period in which a member of the team replied.",
         "Conversations de la période dans lesquelles un membre de l’équipe a répondu."),
    ]),
    metric("open_now", ("team", Unit::Count), Some(Down), Some(Conversations), None, [
        ("Open now", "Ouvertes actuellement"),
        ("Conversations that people have to look after at this moment: handed over, assigned or waiting, and not resolved.",
         "Conversations dont des personnes doivent s’occuper en ce moment : transférées, attribuées ou en attente, et non résolues."),
    ]),
    metric("person_first_reply", ("team", Unit::Seconds), Some(Down), Some(Conversations), Some("no_person_replied"), [
        ("First reply of people", "Première réponse humaine"),
        ("Half of the conversations got a person's first reply within this time after the hand-over, or after the first message where there was none.",
         "La moitié des conversations ont reçu la première réponse d’une personne dans ce délai après le transfert, ou après le premier message s’il n’y en a pas eu."),
    ]),
    metric("person_first_reply_p90", ("team", Unit::Seconds), Some(Down), Some(Conversations), Some("no_person_replied"), [
        ("First reply of people, slowest tenth", "Première réponse humaine, dixième le plus lent"),
        ("Nine out of ten conversations got a person's first reply within this time after the hand-over, or after the first message where there was none.",
         "Neuf conversations sur dix ont reçu la première réponse d’une personne dans ce délai après le transfert, ou après le premier message s’il n’y en a pas eu."),
    ]),
    metric("person_resolution_time", ("team", Unit::Seconds), Some(Down), Some(Conversations), Some("nobody_resolved"), [
        ("Time to resolve", "Temps de résolution"),
        ("Half of the conversations in which a person wrote were resolved for the first time within this time after they began.",
         "La moitié des conversations dans lesquelles une personne a écrit ont été résolues une première fois dans ce délai après leur début."),
    ]),
    metric("person_resolution_time_p90", ("team", Unit::Seconds), Some(Down), Some(Conversations), Some("nobody_resolved"), [
        ("Time to resolve, slowest tenth", "Temps de résolution, dixième le plus lent"),
        ("Nine out of ten conversations in which a person wrote were resolved for the first time within this time after they began.",
         "Neuf conversations sur dix dans lesquelles une personne a écrit ont été résolues une première fois dans ce délai après leur début."),
    ]),
    metric("bot_first_reply", ("team", Unit::Seconds), Some(Down), Some(Conversations), Some("bot_did_not_reply"), [
        ("First reply of the bot", "Première réponse du bot"),
        ("Half of the conversations got the bot's first reply within this time after the first message.",
         "La moitié des conversations ont reçu la première réponse du bot dans ce délai après le premier message."),
    ]),
    metric("bot_first_reply_p90", ("team", Unit::Seconds), Some(Down), Some(Conversations), Some("bot_did_not_reply"), [
        ("First reply of the bot, slowest tenth", "Première réponse du bot, dixième le plus lent"),
        ("Nine out of ten conversations got the bot's first reply within this time after the first message.",
         "Neuf conversations sur dix ont reçu la première réponse du bot dans ce délai après le premier message."),
    ]),
    metric("bot_resolution_time", ("team", Unit::Seconds), Some(Down), Some(Conversations), Some("bot_did_not_reply"), [
        ("Time the bot takes", "Temps du bot"),
        ("Half of the conversations that the bot solved alone took it this time from the first message to what it said last.",
         "La moitié des conversations que le bot a résolues seul lui ont pris ce temps, du premier message à sa dernière réponse."),
    ]),
    metric("reopened_rate", ("team", Unit::Percent), Some(Down), Some(Conversations), Some("nobody_resolved"), [
        ("Opened again", "Rouvertes"),
        ("Of the conversations that were resolved, those that were opened again later.",
         "Part des conversations résolues qui ont été rouvertes plus tard."),
    ]),
    metric("languages", ("channels", Unit::Count), None, None, None, [
        ("Languages", "Langues"),
        ("Languages that were recognised in conversations of the period.",
         "Langues reconnues dans les conversations de la période."),
    ]),
    metric("deals_opened", ("sales", Unit::Count), Some(Up), Some(Deals), None, [
        ("Deals opened", "Affaires ouvertes"),
        ("Deals that were made in the period, whatever became of them.",
         "Affaires créées pendant la période, quelle qu’en soit l’issue."),
    ]),
    metric("deals_won", ("sales", Unit::Count), Some(Up), Some(Deals), None, [
        ("Deals won", "Affaires gagnées"),
        ("Deals that were closed as won on a day of the period.",
         "Affaires closes et gagnées un jour de la période."),
    ]),
    metric("deals_lost", ("sales", Unit::Count), Some(Down), Some(Deals), None, [
        ("Deals lost", "Affaires perdues"),
        ("Deals that were closed as lost on a day of the period.",
         "Affaires closes et perdues un jour de la période."),
    ]),
    metric("win_rate", ("sales", Unit::Percent), Some(Up), Some(Deals), Some("no_deals_closed"), [
        ("Win rate", "Taux de réussite"),
        ("Of the deals that were closed in the period, those that were won.",
         "Part des affaires closes pendant la période qui ont été gagnées."),
    ]),
    metric("deal_cycle", ("sales", Unit::Days), Some(Down), Some(Deals), Some("no_deals_won"), [
        ("Time to win", "Durée jusqu’au gain"),
        ("Half of the deals that were won in the period took at most so many days from the day on which they were made.",
         "La moitié des affaires gagnées pendant la période ont pris au plus ce nombre de jours depuis leur création."),
    ]),
    metric("orders", ("sales", Unit::Count), Some(Up), None, None, [
        ("Orders", "Commandes"),
        ("Orders of the period that were neither cancelled nor refunded.",
         "Commandes de la période ni annulées ni remboursées."),
    ]),
    metric("open_value", ("sales", Unit::Money), Some(Up), Some(Deals), None, [
        ("Open deals", "Affaires en cours"),
        ("The value of all deals that are open now, in one currency; currencies are never added.",
         "Valeur de toutes les affaires en cours actuellement, dans une seule devise ; les devises ne s’additionnent jamais."),
    ]),
    metric("weighted_value", ("sales", Unit::Money), Some(Up), Some(Deals), None, [
        ("Open deals, weighted", "Affaires en cours, pondérées"),
        ("The value of all deals that are open now, each times its probability, in one currency.",
         "Valeur de toutes les affaires en cours actuellement, chacune multipliée par sa probabilité, dans une seule devise."),
    ]),
    metric("won_value", ("sales", Unit::Money), Some(Up), Some(Deals), None, [
        ("Value won", "Valeur gagnée"),
        ("The value of the deals that were won in the period, in one currency.",
         "Valeur des affaires gagnées pendant la période, dans une seule devise."),
    ]),
    metric("revenue", ("sales", Unit::Money), Some(Up), None, None, [
        ("Revenue", "Chiffre d’affaires"),
        ("The total of the orders of the period that were neither cancelled nor refunded, in one currency.",
         "Total des commandes de la période ni annulées ni remboursées, dans une seule devise."),
    ]),
    metric("model_calls", ("usage", Unit::Count), None, None, None, [
        ("Model calls", "Appels au modèle"),
        ("Calls to a language model in the period, whatever became of them; days are those of UTC.",
         "Appels à un modèle de langage pendant la période, quelle qu’en soit l’issue ; les jours sont ceux d’UTC."),
    ]),
    metric("input_tokens", ("usage", Unit::Tokens), None, None, None, [
        ("Tokens read", "Jetons lus"),
        ("Tokens that models read in the period, as their providers counted them.",
         "Jetons lus par les modèles pendant la période, selon le décompte de leurs fournisseurs."),
    ]),
    metric("output_tokens", ("usage", Unit::Tokens), None, None, None, [
        ("Tokens written", "Jetons écrits"),
        ("Tokens that models wrote in the period, as their providers counted them.",
         "Jetons écrits par les modèles pendant la période, selon le décompte de leurs fournisseurs."),
    ]),
    metric("cost", ("usage", Unit::Money), Some(Down), None, Some("no_prices"), [
        ("Cost", "Coût"),
        ("What the models cost in the period by the prices that were set at the time, in one currency; not known where a call had no price.",
         "Ce que les modèles ont coûté pendant la période, aux prix alors indiqués, dans une seule devise ; inconnu si un appel n’avait pas de prix."),
    ]),
    metric("cost_per_resolved", ("usage", Unit::Money), Some(Down), None, Some("no_prices"), [
        ("Cost per resolved conversation", "Coût par conversation résolue"),
        ("The cost of the period by the number of conversations that began in it and that the bot solved alone.",
         "Coût de la période divisé par le nombre de conversations commencées que le bot a résolues seul."),
    ]),
    metric("answer_time", ("usage", Unit::Seconds), Some(Down), Some(Answers), Some("no_answers"), [
        ("Answer time", "Temps de réponse"),
        ("Half of the bot's replies in the period came within this time after the message that they answer.",
         "La moitié des réponses du bot pendant la période sont venues dans ce délai après le message auquel elles répondent."),
    ]),
    metric("answer_time_p95", ("usage", Unit::Seconds), Some(Down), Some(Answers), Some("no_answers"), [
        ("Answer time, slowest twentieth", "Temps de réponse, vingtième le plus lent"),
        ("95 out of 100 replies of the bot in the period came within this time after the message that they answer.",
         "95 réponses du bot sur 100 pendant la période sont venues dans ce délai après le message auquel elles répondent."),
    ]),
];
