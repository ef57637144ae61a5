//! What a person fills in to connect an account, and what is found out with it.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use kernel::Reason;
use serde::Serialize;

use crate::outbound::Capabilities;

/// A text of the dashboard in both its languages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Text {
    pub en: &'static str,
    pub fr: &'static str,
}

/// What the dashboard needs to know of a vendor.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = ConnectorAbout)]
pub struct About {
    /// The product's own name, such as `WhatsApp`.
    pub name: &'static str,
    /// One sentence: what connecting it gives.
    pub summary: Text,
    pub form: Form,
    pub capabilities: Capabilities,
}

#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = ConnectorForm)]
pub struct Form {
    /// What to do at the vendor's, in order. `{{webhook_url}}` and `{{verify_token}}` stand for what to paste there.
    pub steps: Vec<Step>,
    pub fields: Vec<Field>,
    /// The field with the vendor's id of the account, by which calls to the shared address find it. None: it is told by
    /// [`Checked::account_id`] when the account is connected.
    pub account_field: Option<&'static str>,
    /// The vendor asks for a token that proves that the webhook address is ours: we make one.
    pub has_verify_token: bool,
    /// We tell the vendor the webhook address ourselves.
    pub subscribes_itself: bool,
}

/// One thing to do at the vendor's.
#[derive(Debug, Clone, Copy, Serialize, utoipa::ToSchema)]
#[schema(as = ConnectorStep)]
pub struct Step {
    #[serde(flatten)]
    pub text: Text,
    /// It is to be done only with this choice. Null: always.
    pub only_with: Option<Chosen>,
}

/// A field, and what was chosen there.
#[derive(Debug, Clone, Copy, Serialize, utoipa::ToSchema)]
#[schema(as = ConnectorChosen)]
pub struct Chosen {
    pub field: &'static str,
    pub value: &'static str,
}

impl From<Text> for Step {
    fn from(text: Text) -> Self {
        Self {
            text,
            only_with: None,
        }
    }
}

/// Steps that are always to be done.
pub(crate) fn always(steps: Vec<Text>) -> Vec<Step> {
    steps.into_iter().map(Step::from).collect()
}

#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[schema(as = ConnectorField)]
pub struct Field {
    /// `access_token`.
    pub key: &'static str,
    pub label: Text,
    /// Where to find it.
    pub help: Text,
    pub kind: FieldKind,
    pub is_required: bool,
    /// Shown only on demand.
    pub is_advanced: bool,
    pub default: Option<&'static str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case", tag = "type")]
#[schema(as = ConnectorFieldKind)]
pub enum FieldKind {
    Text,
    /// Sealed when stored; shown as its last four characters.
    Secret,
    Url,
    Choice {
        options: &'static [Choice],
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = ConnectorChoice)]
pub struct Choice {
    pub value: &'static str,
    pub label: Text,
}

/// A connected account: what was filled in, opened for one piece of work. Its `Debug` names no value.
#[derive(Clone, Default)]
pub struct Account {
    /// The id of the account at the vendor's, once known.
    pub id: String,
    /// What the vendor shows to prove that it asks about our address.
    pub verify_token: String,
    /// Where the vendor sends events; empty where the server does not know its public address.
    pub webhook_url: String,
    /// By the keys of the form's fields.
    pub values: BTreeMap<String, String>,
}

impl std::fmt::Debug for Account {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Account")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

impl Account {
    /// What was filled in; empty if nothing was.
    pub fn value(&self, key: &str) -> &str {
        self.values.get(key).map_or("", |value| value.trim())
    }

    /// What was filled in, or this.
    pub fn value_or<'a>(&'a self, key: &str, default: &'a str) -> &'a str {
        match self.value(key) {
            "" => default,
            value => value,
        }
    }

    /// An address that was filled in, or this one; without a slash at its end.
    pub fn base<'a>(&'a self, key: &str, default: &'a str) -> &'a str {
        self.value_or(key, default).trim_end_matches('/')
    }
}

/// A token in place of one that would have run out.
#[derive(Clone)]
pub struct Renewed {
    /// By the keys of the form's fields: what is stored from now on.
    pub values: BTreeMap<String, String>,
    /// So long it is valid.
    pub valid_for: TimeDelta,
}

/// What the vendor says of the account.
#[derive(Debug, Clone, Default, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = ChannelCheck)]
pub struct Checked {
    /// How the vendor calls it: a phone number, a page's name, `@bot`.
    pub display_name: String,
    /// The vendor's id of the account, where the form does not ask for it.
    #[serde(skip)]
    pub account_id: Option<String>,
    pub token_expires_at: Option<DateTime<Utc>>,
    /// What it may do and what it may not.
    pub permissions: Vec<Permission>,
    /// What will not work and how to mend it.
    pub warnings: Vec<Reason>,
}

#[derive(Debug, Clone, PartialEq, Serialize, serde::Deserialize, utoipa::ToSchema)]
#[schema(as = ChannelPermission)]
pub struct Permission {
    pub name: String,
    pub is_granted: bool,
}

/// Why the vendor could not be asked, or what it answered.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckError {
    /// The credentials are wrong, revoked or run out: nothing works until somebody renews them.
    pub is_broken: bool,
    /// Asking again later may help.
    pub is_passing: bool,
    /// What the vendor said and what to do, without any secret.
    pub reason: Reason,
}

impl CheckError {
    pub fn broken(reason: impl Into<Reason>) -> Self {
        Self {
            is_broken: true,
            is_passing: false,
            reason: reason.into(),
        }
    }

    pub fn passing(reason: impl Into<Reason>) -> Self {
        Self {
            is_broken: false,
            is_passing: true,
            reason: reason.into(),
        }
    }

    pub fn lasting(reason: impl Into<Reason>) -> Self {
        Self {
            is_broken: false,
            is_passing: false,
            reason: reason.into(),
        }
    }

    /// It will not be smaller next time.
    pub fn too_large() -> Self {
        Self::lasting(Reason::new(
            "file_too_large",
            "The file is too large to be kept here.",
        ))
    }
}
