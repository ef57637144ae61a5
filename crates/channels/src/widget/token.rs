//! Visitor tokens: who a browser is, signed by the server. Nothing in them is secret; nothing in them can be changed.

use chrono::{DateTime, TimeDelta, Utc};
use kernel::error::{Result, unauthenticated};
use kernel::ids::{ChannelId, ContactId, ConversationId, TenantId};
use kernel::secrets::{self, MasterKey};
use serde::{Deserialize, Serialize};

/// What a token says. Field names are short because the token travels with every request.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Visitor {
    #[serde(rename = "t")]
    pub tenant_id: TenantId,
    #[serde(rename = "h")]
    pub channel_id: ChannelId,
    #[serde(rename = "p")]
    pub contact_id: ContactId,
    #[serde(rename = "n")]
    pub conversation_id: ConversationId,
    /// The business has vouched for the person.
    #[serde(rename = "v")]
    pub is_verified: bool,
    /// Whether the conversation existed when the token was made.
    #[serde(rename = "b")]
    pub has_begun: bool,
    /// The browser's language and the page on which the session began, for the first message.
    #[serde(rename = "l", default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    #[serde(rename = "u", default, skip_serializing_if = "Option::is_none")]
    pub page_url: Option<String>,
    #[serde(rename = "e")]
    pub expires_at: i64,
}

/// A token lives so long; opening the widget renews it.
const LIFETIME: TimeDelta = TimeDelta::days(30);
/// One that the business has vouched for lives shorter: its customer may sign out of the shop.
const VERIFIED_LIFETIME: TimeDelta = TimeDelta::hours(24);
const PREFIX: &str = "v1.";

impl Visitor {
    pub fn new(
        tenant_id: TenantId,
        channel_id: ChannelId,
        contact_id: ContactId,
        conversation_id: ConversationId,
        now: DateTime<Utc>,
    ) -> Self {
        let expires_at = (now + LIFETIME).timestamp();
        Self {
            tenant_id,
            channel_id,
            contact_id,
            conversation_id,
            is_verified: false,
            has_begun: false,
            language: None,
            page_url: None,
            expires_at,
        }
    }

    /// The same visitor, vouched for by the business just now.
    pub fn verified(self, now: DateTime<Utc>) -> Self {
        Self {
            is_verified: true,
            expires_at: (now + VERIFIED_LIFETIME).timestamp(),
            ..self
        }
    }

    /// The signed token.
    pub fn seal(&self, master_key: &MasterKey) -> Result<String> {
        let claims = secrets::encode(&serde_json::to_vec(self)?);
        let signature = secrets::encode(&signature(master_key, &claims));
        Ok(format!("{PREFIX}{claims}.{signature}"))
    }

    /// Reads a token.
    ///
    /// # Errors
    /// 401 for a token that was not made here, was changed, or has expired.
    pub fn open(token: &str, master_key: &MasterKey, now: DateTime<Utc>) -> Result<Self> {
        Self::parse(token, master_key, now)
            .ok_or_else(|| unauthenticated("The visitor token is not valid any more. Start a session again."))
    }

    fn parse(token: &str, master_key: &MasterKey, now: DateTime<Utc>) -> Option<Self> {
        let (claims, given) = token.strip_prefix(PREFIX)?.split_once('.')?;
        if !secrets::equal(&secrets::decode(given)?, &signature(master_key, claims)) {
            return None;
        }
        let visitor: Self = serde_json::from_slice(&secrets::decode(claims)?).ok()?;
        (visitor.expires_at > now.timestamp()).then_some(visitor)
    }
}

fn signature(master_key: &MasterKey, claims: &str) -> [u8; 32] {
    secrets::sign(&master_key.derive("visitor-token"), claims.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visitor(now: DateTime<Utc>) -> Visitor {
        Visitor::new(
            TenantId::new(),
            ChannelId::new(),
            ContactId::new(),
            ConversationId::new(),
            now,
        )
    }

    #[test]
    fn a_token_says_what_was_signed_until_it_expires() {
        let (key, now) = (MasterKey::random(), DateTime::UNIX_EPOCH);
        let visitor = visitor(now);
        let token = visitor.seal(&key).unwrap();
        assert_eq!(Visitor::open(&token, &key, now).unwrap(), visitor);
        assert!(Visitor::open(&token, &key, now + TimeDelta::days(31)).is_err());
        assert!(Visitor::open(&token, &MasterKey::random(), now).is_err());
    }

    #[test]
    fn what_the_business_vouched_for_ends_after_a_day() {
        let (key, now) = (MasterKey::random(), DateTime::UNIX_EPOCH);
        let token = visitor(now).verified(now).seal(&key).unwrap();
        assert!(
            Visitor::open(&token, &key, now + TimeDelta::hours(23))
                .unwrap()
                .is_verified
        );
        assert!(Visitor::open(&token, &key, now + TimeDelta::hours(25)).is_err());
    }

    #[test]
    fn any_changed_character_makes_a_token_worthless() {
        let (key, now) = (MasterKey::random(), DateTime::UNIX_EPOCH);
        let token = visitor(now).seal(&key).unwrap();
        for position in 0..token.len() {
            let mut changed = token.clone().into_bytes();
            changed[position] = if changed[position] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            // the last character of base64 without padding carries unused bits
            if position != token.len() - 1 {
                assert!(Visitor::open(&changed, &key, now).is_err(), "position {position}");
            }
        }
        for nonsense in ["", "v1.", "v1..", "v1.a.b", "v2.x.y", "....", "é"] {
            assert!(Visitor::open(nonsense, &key, now).is_err());
        }
    }
}
