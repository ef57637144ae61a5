//! Leads: people who might buy, with what they left to be reached by.
//!
//! The bot asks for it ([`capture`]), a form on the business's page sends it, a colleague or a program writes it down.
//! What a lead becomes is not decided here: turning one into a client belongs to the `crm` crate.

pub mod api;
pub mod capture;
pub mod store;

use chrono::{DateTime, Utc};
use kernel::error::{Result, invalid};
use kernel::ids::{ChannelId, ClientId, ContactId, ConversationId, DealId, LeadId, UserId};
use serde::{Deserialize, Serialize};

/// How far the team is with a lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = LeadStatus)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Status {
    New,
    Contacted,
    Qualified,
    /// It has become a client.
    Converted,
    Lost,
}

impl Status {
    pub const ALL: [Self; 5] = [
        Self::New,
        Self::Contacted,
        Self::Qualified,
        Self::Converted,
        Self::Lost,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Contacted => "contacted",
            Self::Qualified => "qualified",
            Self::Converted => "converted",
            Self::Lost => "lost",
        }
    }
}

/// Where a lead comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, sqlx::Type, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = LeadSource)]
#[sqlx(type_name = "text", rename_all = "snake_case")]
pub enum Source {
    /// The bot asked for it, or the visitor told it.
    Bot,
    /// A form on the business's own page.
    Form,
    Agent,
    Api,
}

impl Source {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Bot => "bot",
            Self::Form => "form",
            Self::Agent => "agent",
            Self::Api => "api",
        }
    }
}

/// How somebody can be reached. What is not known is left out where it is stored, and null where it is shown.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
#[schema(as = LeadContact)]
pub struct ContactInfo {
    pub name: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub company: Option<String>,
}

impl ContactInfo {
    /// Trimmed, and nothing where nothing was written.
    ///
    /// # Errors
    /// 422 for what is too long, or no address.
    pub fn checked(self) -> Result<Self> {
        let email = short(self.email, "email")?;
        if email.as_deref().is_some_and(|email| !is_email(email)) {
            return Err(invalid(
                "bad_email",
                "This does not look like an e-mail address. Check it, please.",
            ));
        }
        let phone = short(self.phone, "phone")?;
        let digits = |phone: &str| phone.chars().filter(char::is_ascii_digit).count();
        if phone
            .as_deref()
            .is_some_and(|phone| !(5..=17).contains(&digits(phone)))
        {
            return Err(invalid(
                "bad_phone",
                "This does not look like a phone number. Check it, please.",
            ));
        }
        Ok(Self {
            name: short(self.name, "name")?,
            company: short(self.company, "company")?,
            email,
            phone,
        })
    }

    /// Whether there is a name or a way to reach somebody.
    pub fn says_something(&self) -> bool {
        self.name.is_some() || self.is_reachable()
    }

    pub fn is_reachable(&self) -> bool {
        self.email.is_some() || self.phone.is_some()
    }

    /// What is missing here is taken from `other`.
    #[must_use]
    pub fn or(self, other: &Self) -> Self {
        Self {
            name: self.name.or_else(|| other.name.clone()),
            email: self.email.or_else(|| other.email.clone()),
            phone: self.phone.or_else(|| other.phone.clone()),
            company: self.company.or_else(|| other.company.clone()),
        }
    }

    /// As it is stored: without what is not known.
    pub fn stored(&self) -> serde_json::Value {
        let fields = [
            ("name", &self.name),
            ("email", &self.email),
            ("phone", &self.phone),
            ("company", &self.company),
        ];
        let known = fields
            .into_iter()
            .filter_map(|(key, value)| Some((key.to_owned(), value.clone()?.into())));
        serde_json::Value::Object(known.collect())
    }
}

fn short(text: Option<String>, name: &str) -> Result<Option<String>> {
    let text = text
        .map(|text| text.trim().to_owned())
        .filter(|text| !text.is_empty());
    let is_bad = |text: &String| text.chars().count() > 200 || text.chars().any(char::is_control);
    if text.as_ref().is_some_and(is_bad) {
        let detail = format!("`{name}` has at most 200 characters, on one line.");
        return Err(invalid("bad_contact_info", detail));
    }
    Ok(text)
}

/// Whether a text has the form of an e-mail address. It may still not exist.
pub fn is_email(text: &str) -> bool {
    let is_plain = text.len() <= 254 && !text.contains(|c: char| c.is_whitespace() || c.is_control());
    let Some((name, host)) = text.split_once('@') else {
        return false;
    };
    let labels_fit = host.split('.').all(|label| {
        !label.is_empty() && !label.starts_with('-') && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    });
    is_plain && !name.is_empty() && host.contains('.') && labels_fit
}

/// What somebody read before they gave their address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = LeadConsent)]
pub struct Consent {
    pub given_at: DateTime<Utc>,
    pub text: String,
}

/// A lead as the team sees it.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Lead {
    pub id: LeadId,
    pub conversation_id: Option<ConversationId>,
    pub contact_id: Option<ContactId>,
    pub channel_id: Option<ChannelId>,
    pub channel_name: Option<String>,
    /// `price`, `quote`, `meeting`, `purchase`, or what a program says.
    pub intent: String,
    pub contact_info: ContactInfo,
    pub status: Status,
    pub source: Source,
    pub consent: Option<Consent>,
    pub note: String,
    pub assigned_to: Option<UserId>,
    pub assignee_name: Option<String>,
    /// What it became.
    pub client_id: Option<ClientId>,
    pub deal_id: Option<DealId>,
    pub converted_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// # Errors
/// 422 unless it has 1 to 50 characters on one line.
pub fn check_intent(text: &str) -> Result<&str> {
    let text = text.trim();
    let fits = (1..=50).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    if fits {
        return Ok(text);
    }
    Err(invalid(
        "bad_intent",
        "`intent` has 1 to 50 characters, such as `price` or `quote`.",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_told_from_what_only_looks_like_one() {
        for good in ["mia@example.com", "jean.dupont+a@ma-boutique.fr", "a@b.co.uk"] {
            assert!(is_email(good), "{good}");
        }
        for bad in [
            "mia",
            "mia@",
            "@example.com",
            "mia@example",
            "a b@c.de",
            "a@b..c",
            "a@-b.c",
            "a@b.c@d.e",
        ] {
            assert!(!is_email(bad), "{bad}");
        }
    }

    #[test]
    fn what_is_not_known_is_not_stored() {
        let given = ContactInfo {
            email: Some(" mia@example.com ".into()),
            name: Some("  ".into()),
            ..ContactInfo::default()
        };
        let checked = given.checked().unwrap();
        assert_eq!(checked.stored(), serde_json::json!({"email": "mia@example.com"}));
        assert!(
            ContactInfo {
                phone: Some("12".into()),
                ..ContactInfo::default()
            }
            .checked()
            .is_err()
        );
    }
}
