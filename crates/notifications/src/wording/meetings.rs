//! What mails about meetings and activities say.

use access::tenants::Tenant;
use chrono::{DateTime, Utc};
use conversations::meetings::times;
use conversations::settings::hours::Tz;

use super::{is_french, pick};
use crate::smtp::line;

/// Why it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occasion {
    Invited,
    Changed,
    Cancelled,
    Reminded,
}

/// A meeting, as the one who reads the mail may know it.
pub struct Told<'a> {
    pub workspace: &'a str,
    pub language: &'a str,
    pub zone: Tz,
    pub title: &'a str,
    pub starts_at: DateTime<Utc>,
    pub ends_at: DateTime<Utc>,
    pub url: Option<&'a str>,
    /// The member's name.
    pub host: Option<&'a str>,
    /// Name and address, for the member.
    pub visitor: Option<(Option<&'a str>, Option<&'a str>)>,
    /// Into the dashboard, for the member.
    pub link: Option<String>,
}

/// Subject and text.
pub fn mail(told: &Told<'_>, occasion: Occasion) -> (String, String) {
    let (language, name) = (told.language, line(told.workspace));
    let at = times::long(told.starts_at, told.zone, is_french(language));
    let what = match occasion {
        Occasion::Invited => pick(
            language,
            &format!("Meeting: {at}"),
            &format!("Rendez-vous : {at}"),
        ),
        Occasion::Changed => pick(
            language,
            &format!("Meeting changed: {at}"),
            &format!("Rendez-vous modifié : {at}"),
        ),
        Occasion::Cancelled => pick(
            language,
            &format!("Meeting cancelled: {at}"),
            &format!("Rendez-vous annulé : {at}"),
        ),
        Occasion::Reminded => pick(
            language,
            &format!("Reminder: meeting on {at}"),
            &format!("Rappel : rendez-vous {at}"),
        ),
    };
    let subject = format!("{what} – {name}");
    let mut body = format!("{what}\n\n{}", details(told));
    if told.visitor.is_none() && occasion != Occasion::Cancelled {
        body.push_str(&pick(
            language,
            &format!("\nTo move or cancel it, write to {name} where you booked it.\n"),
            &format!("\nPour le déplacer ou l’annuler, écrivez à {name} là où vous l’avez pris.\n"),
        ));
    }
    if let Some(link) = &told.link {
        body.push_str(&format!("\n{link}\n"));
    }
    (subject, body)
}

/// The title, and whom it is with.
pub fn summary(told: &Told<'_>) -> String {
    let title = line(told.title);
    let visitor = told.visitor.map(|(name, email)| name.or(email).map(line));
    let with = match visitor {
        Some(visitor) => visitor,
        None => Some(line(told.workspace)),
    };
    match with.filter(|with| !with.is_empty()) {
        Some(with) => format!("{title} – {with}"),
        None => title,
    }
}

/// What there is to know, line by line.
pub fn details(told: &Told<'_>) -> String {
    let language = told.language;
    let minutes = (told.ends_at - told.starts_at).num_minutes();
    let mut lines = vec![
        line(told.title),
        times::long(told.starts_at, told.zone, is_french(language)),
        told.zone.name().to_owned(),
        format!("{minutes} min"),
    ];
    if let Some(host) = told.host {
        let host = line(host);
        lines.push(pick(
            language,
            &format!("With: {host}"),
            &format!("Avec : {host}"),
        ));
    }
    if let Some((name, email)) = told.visitor {
        let who: Vec<String> = [name, email].into_iter().flatten().map(line).collect();
        let who = who.join(", ");
        lines.push(pick(
            language,
            &format!("Visitor: {who}"),
            &format!("Visiteur : {who}"),
        ));
    }
    if let Some(url) = told.url {
        lines.push(line(url));
    }
    lines.push(String::new());
    lines.join("\n")
}

/// Subject and text of the reminder that a member has asked for.
pub fn activity(
    tenant: &Tenant,
    zone: Tz,
    subject: &str,
    due: Option<DateTime<Utc>>,
    client: Option<&str>,
    link: Option<&str>,
) -> (String, String) {
    let language = tenant.language.as_str();
    let what = pick(language, "Reminder of an activity", "Rappel d’une activité");
    let mut lines = vec![line(subject)];
    if let Some(client) = client {
        let client = line(client);
        lines.push(pick(
            language,
            &format!("Client: {client}"),
            &format!("Client : {client}"),
        ));
    }
    if let Some(due) = due {
        let due = times::long(due, zone, is_french(language));
        lines.push(pick(
            language,
            &format!("Due: {due}"),
            &format!("Échéance : {due}"),
        ));
    }
    if let Some(link) = link {
        lines.push(String::new());
        lines.push(link.to_owned());
    }
    let subject = format!("{what} – {}", line(&tenant.name));
    (subject, format!("{}\n", lines.join("\n")))
}
