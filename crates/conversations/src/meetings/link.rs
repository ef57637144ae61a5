//! The address where a visitor books: with their name and e-mail filled in, and the conversation that it comes from.
//!
//! The conversation is signed: whoever edits the address cannot tie a booking to somebody else's conversation.

use kernel::ids::{ConversationId, TenantId};
use kernel::secrets::{self, MasterKey};
use url::Url;

/// What is known of the visitor.
#[derive(Debug, Clone, Copy, Default)]
pub struct Visitor<'a> {
    pub name: Option<&'a str>,
    pub email: Option<&'a str>,
}

/// Which vendor takes the booking; each has its own names for what is filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Vendor {
    Calcom,
    Calendly,
    Unknown,
}

/// The key under which Cal.com keeps the conversation.
pub const METADATA: &str = "conversation_id";

/// The address with what the vendor takes. One of an unknown vendor stays as it is. `is_calcom`: the workspace takes
/// bookings from Cal.com, which has no host of its own where it is self-hosted.
pub fn prefilled(address: &str, visitor: Visitor<'_>, token: &str, is_calcom: bool) -> String {
    let Ok(mut url) = Url::parse(address) else {
        return address.to_owned();
    };
    let token_key = match vendor(&url, is_calcom) {
        Vendor::Calcom => format!("metadata[{METADATA}]"),
        Vendor::Calendly => "utm_content".to_owned(),
        Vendor::Unknown => return address.to_owned(),
    };
    // what the business wrote into its address stays
    let known: Vec<String> = url.query_pairs().map(|(key, _)| key.into_owned()).collect();
    let fields = [
        ("name", visitor.name),
        ("email", visitor.email),
        (token_key.as_str(), Some(token)),
    ];
    for (key, value) in fields {
        if let Some(value) = value.filter(|_| !known.iter().any(|name| name == key)) {
            url.query_pairs_mut().append_pair(key, value);
        }
    }
    url.into()
}

fn vendor(url: &Url, is_calcom: bool) -> Vendor {
    let host = url.host_str().unwrap_or_default();
    let is_of = |domain: &str| host == domain || host.ends_with(&format!(".{domain}"));
    if is_of("calendly.com") {
        Vendor::Calendly
    } else if is_calcom || is_of("cal.com") || is_of("cal.eu") {
        Vendor::Calcom
    } else {
        Vendor::Unknown
    }
}

/// Names a conversation in an address that strangers see.
pub fn token(key: &MasterKey, tenant: TenantId, conversation: ConversationId) -> String {
    let signature = signature(key, tenant, &conversation.to_string());
    format!("{conversation}.{signature}")
}

/// The conversation that a token of this tenant names.
pub fn open(key: &MasterKey, tenant: TenantId, token: &str) -> Option<ConversationId> {
    let (conversation, given) = token.split_once('.')?;
    let right = signature(key, tenant, conversation);
    secrets::equal(given.as_bytes(), right.as_bytes())
        .then(|| conversation.parse().ok())
        .flatten()
}

/// Half of it is enough: a booking has no other use, and vendors cut long values.
fn signature(key: &MasterKey, tenant: TenantId, conversation: &str) -> String {
    let signed = secrets::sign(
        &key.derive("booking-link"),
        format!("{tenant}/{conversation}").as_bytes(),
    );
    secrets::encode(signed.get(..16).unwrap_or(&signed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_vendor_gets_its_own_names_and_others_are_left_alone() {
        let mia = Visitor {
            name: Some("Mia Brown"),
            email: Some("mia@example.com"),
        };
        assert_eq!(
            prefilled("https://cal.com/shop/15min?duration=15", mia, "t", false),
            "https://cal.com/shop/15min?duration=15&name=Mia+Brown&email=mia%40example.com&metadata%5Bconversation_id%5D=t"
        );
        assert_eq!(
            prefilled("https://book.shop.example/15min", Visitor::default(), "t", true),
            "https://book.shop.example/15min?metadata%5Bconversation_id%5D=t"
        );
        assert_eq!(
            prefilled("https://calendly.com/shop/intro?name=You", mia, "t", true),
            "https://calendly.com/shop/intro?name=You&email=mia%40example.com&utm_content=t"
        );
        for other in [
            "https://notcal.com/x",
            "https://cal.com.evil.example/x",
            "no address",
        ] {
            assert_eq!(prefilled(other, mia, "t", false), other);
        }
    }

    #[test]
    fn a_token_names_its_conversation_in_its_own_workspace_only() {
        let key = MasterKey::random();
        let (tenant, other) = (TenantId::new(), TenantId::new());
        let conversation = ConversationId::new();
        let token = token(&key, tenant, conversation);
        assert_eq!(open(&key, tenant, &token), Some(conversation));
        assert_eq!(open(&key, other, &token), None);
        assert_eq!(open(&MasterKey::random(), tenant, &token), None);
        let forged = token.replacen(&conversation.to_string(), &ConversationId::new().to_string(), 1);
        assert_eq!(open(&key, tenant, &forged), None);
        assert_eq!(open(&key, tenant, "x"), None);
    }
}
