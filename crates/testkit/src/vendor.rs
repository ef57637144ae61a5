//! One face for the simulated vendors, for what all of them have to do the same way.

use serde_json::{Value, json};
use simulators::{
    Entry, Faults, File, Hooks, Record, Sent, crisp, instagram, messaging, messenger, program, telegram,
    tidio, whatsapp,
};

use crate::channel::{Channel, LONGEST_WAIT};

/// A vendor that is up.
pub enum Vendor {
    Whatsapp(whatsapp::Simulator),
    Messenger(messaging::Simulator),
    Instagram(messaging::Simulator),
    Telegram(telegram::Simulator),
    Crisp(crisp::Simulator),
    Tidio(tidio::Simulator),
    Program(program::Simulator),
}

/// Somebody who writes there.
#[derive(Clone)]
pub enum Person {
    Whatsapp(whatsapp::Customer),
    Messaging(messaging::Customer),
    Telegram(telegram::Customer),
    Crisp(crisp::Customer),
    Tidio(tidio::Customer),
    Program(program::Customer),
}

impl Vendor {
    pub const KINDS: [&str; 7] = [
        "whatsapp",
        "messenger",
        "instagram",
        "telegram",
        "crisp",
        "tidio",
        "api",
    ];

    /// With everything as it is usual.
    pub async fn start(kind: &str) -> Self {
        let started = match kind {
            "whatsapp" => whatsapp::Simulator::start(Default::default())
                .await
                .map(Self::Whatsapp),
            "messenger" => messaging::Simulator::start(messenger::options())
                .await
                .map(Self::Messenger),
            "instagram" => messaging::Simulator::start(instagram::options())
                .await
                .map(Self::Instagram),
            "telegram" => telegram::Simulator::start(Default::default())
                .await
                .map(Self::Telegram),
            "crisp" => crisp::Simulator::start(Default::default()).await.map(Self::Crisp),
            "tidio" => tidio::Simulator::start(Default::default()).await.map(Self::Tidio),
            "api" => program::Simulator::start(Default::default())
                .await
                .map(Self::Program),
            other => panic!("there is no vendor {other}"),
        };
        started.expect("a free port")
    }

    pub fn kind(&self) -> &'static str {
        match self {
            Self::Whatsapp(_) => "whatsapp",
            Self::Messenger(_) => "messenger",
            Self::Instagram(_) => "instagram",
            Self::Telegram(_) => "telegram",
            Self::Crisp(_) => "crisp",
            Self::Tidio(_) => "tidio",
            Self::Program(_) => "api",
        }
    }

    /// What is filled in to connect it.
    pub fn values(&self) -> Value {
        match self {
            Self::Whatsapp(vendor) => {
                let options = vendor.options();
                json!({
                    "phone_number_id": options.phone_number_id, "waba_id": options.waba_id, "app_id": options.app_id,
                    "access_token": options.access_token, "app_secret": options.app_secret, "api_url": vendor.base(),
                })
            }
            Self::Messenger(vendor) => meta_values(vendor, "page_id"),
            Self::Instagram(vendor) => meta_values(vendor, "ig_id"),
            Self::Telegram(vendor) => {
                json!({"bot_token": vendor.options().token, "api_url": vendor.base()})
            }
            Self::Crisp(vendor) => {
                let options = vendor.options();
                json!({
                    "website_id": options.website_id, "hook_kind": options.tier, "signing_secret": options.hook_secret,
                    "identifier": options.identifier, "key": options.key, "tier": options.tier,
                    "api_url": format!("{}/v1", vendor.base()),
                })
            }
            Self::Tidio(vendor) => {
                let options = vendor.options();
                json!({
                    "project_public_key": options.project_public_key, "client_id": options.client_id,
                    "client_secret": options.client_secret, "webhook_secret": options.webhook_secrets[0],
                    "api_url": vendor.base(),
                })
            }
            Self::Program(vendor) => {
                json!({"secret": vendor.secret(), "callback_url": vendor.callback_url()})
            }
        }
    }

    /// The name of the field that holds what proves that the vendor calls; none where we make it.
    pub fn secret_field(&self) -> Option<&'static str> {
        match self {
            Self::Whatsapp(_) | Self::Messenger(_) | Self::Instagram(_) => Some("app_secret"),
            Self::Telegram(_) => None,
            Self::Crisp(_) => Some("signing_secret"),
            Self::Tidio(_) => Some("webhook_secret"),
            Self::Program(_) => Some("secret"),
        }
    }

    /// The test button tells it where to send events. Elsewhere a person pastes the address.
    pub fn learns_address(&self) -> bool {
        matches!(self, Self::Telegram(_))
    }

    /// Events go to this channel from now on.
    pub fn point_at(&self, channel: &Channel) {
        self.hooks().set_url(Some(channel.webhook_url.clone()));
        if let Self::Telegram(vendor) = self {
            vendor.set_secret(&channel.verify_token);
        }
    }

    /// Signs with another secret from now on.
    pub fn set_secret(&self, secret: &str) {
        match self {
            Self::Whatsapp(vendor) => vendor.set_app_secret(secret),
            Self::Messenger(vendor) | Self::Instagram(vendor) => vendor.set_app_secret(secret),
            Self::Telegram(vendor) => vendor.set_secret(secret),
            Self::Crisp(vendor) => vendor.set_hook_secret(secret),
            Self::Tidio(vendor) => vendor.set_webhook_secrets(&[secret]),
            Self::Program(vendor) => vendor.set_secret(secret),
        }
    }

    pub fn record(&self) -> &Record {
        match self {
            Self::Whatsapp(vendor) => vendor.record(),
            Self::Messenger(vendor) | Self::Instagram(vendor) => vendor.record(),
            Self::Telegram(vendor) => vendor.record(),
            Self::Crisp(vendor) => vendor.record(),
            Self::Tidio(vendor) => vendor.record(),
            Self::Program(vendor) => vendor.record(),
        }
    }

    /// What people were sent, once it is so much.
    ///
    /// # Panics
    /// With what is there, when it does not come to that.
    pub async fn said(&self, count: usize) -> Vec<Entry> {
        let said = tokio::time::timeout(LONGEST_WAIT, self.record().wait_for(count)).await;
        said.unwrap_or_else(|_| {
            panic!(
                "{count} messages, after {LONGEST_WAIT:?}: {:#?}",
                self.record().messages()
            )
        })
    }

    pub fn hooks(&self) -> &Hooks {
        match self {
            Self::Whatsapp(vendor) => vendor.hooks(),
            Self::Messenger(vendor) | Self::Instagram(vendor) => vendor.hooks(),
            Self::Telegram(vendor) => vendor.hooks(),
            Self::Crisp(vendor) => vendor.hooks(),
            Self::Tidio(vendor) => vendor.hooks(),
            Self::Program(vendor) => vendor.hooks(),
        }
    }

    pub fn faults(&self) -> &Faults {
        match self {
            Self::Whatsapp(vendor) => vendor.faults(),
            Self::Messenger(vendor) | Self::Instagram(vendor) => vendor.faults(),
            Self::Telegram(vendor) => vendor.faults(),
            Self::Crisp(vendor) => vendor.faults(),
            Self::Tidio(vendor) => vendor.faults(),
            Self::Program(vendor) => vendor.faults(),
        }
    }

    /// The next sends are too many.
    pub fn rate_limit(&self, times: usize) {
        match self {
            Self::Whatsapp(vendor) => vendor.rate_limit(times),
            Self::Messenger(vendor) | Self::Instagram(vendor) => vendor.rate_limit(times),
            Self::Telegram(vendor) => vendor.rate_limit(times, 1),
            Self::Crisp(vendor) => vendor.rate_limit(times),
            Self::Tidio(vendor) => vendor.rate_limit(times),
            Self::Program(_) => {
                let reply = simulators::Reply::json(429, &json!({}));
                self.faults().next(times, &simulators::Fault::Refuse(reply));
            }
        }
    }

    /// The same number is the same person.
    pub fn person(&self, number: u32) -> Person {
        let name = format!("Ana {number}");
        match self {
            Self::Whatsapp(vendor) => Person::Whatsapp(vendor.customer(&format!("32470{number:06}"), &name)),
            Self::Messenger(vendor) | Self::Instagram(vendor) => {
                Person::Messaging(vendor.customer(&format!("7{number:015}"), &name))
            }
            Self::Telegram(vendor) => {
                Person::Telegram(vendor.customer(400_000_000 + i64::from(number), &name))
            }
            Self::Crisp(vendor) => {
                let session = format!("session_aaaaaaaa-0000-4000-8000-{number:012}");
                Person::Crisp(vendor.customer(&session, &name))
            }
            Self::Tidio(vendor) => Person::Tidio(vendor.customer(&format!("ana{number}@example.com"), &name)),
            Self::Program(vendor) => Person::Program(vendor.customer(&format!("ana-{number}"), &name)),
        }
    }

    /// A person of the business answers in the vendor's own inbox, where it has one.
    pub async fn staff_says(&self, to: &Person, text: &str) -> Option<Sent> {
        match (self, to) {
            (Self::Whatsapp(vendor), Person::Whatsapp(to)) => {
                Some(vendor.business_says(to.phone(), text).await)
            }
            (Self::Messenger(vendor) | Self::Instagram(vendor), Person::Messaging(to)) => {
                Some(vendor.business_says(to.id(), text).await)
            }
            (Self::Crisp(vendor), Person::Crisp(to)) => {
                Some(vendor.operator_says(to.session_id(), text).await)
            }
            (Self::Tidio(vendor), Person::Tidio(to)) => Some(
                vendor
                    .operator_replies(to.ticket().expect("a ticket"), text)
                    .await,
            ),
            _ => None,
        }
    }
}

impl Person {
    pub async fn says(&self, text: &str) -> Sent {
        match self {
            Self::Whatsapp(person) => person.says(text).await,
            Self::Messaging(person) => person.says(text).await,
            Self::Telegram(person) => person.says(text).await,
            Self::Crisp(person) => person.says(text).await,
            Self::Tidio(person) => person.says(text).await,
            Self::Program(person) => person.says(text).await,
        }
    }

    /// None where the vendor passes no files on.
    pub async fn sends_file(&self, file: File, caption: Option<&str>) -> Option<Sent> {
        Some(match self {
            Self::Whatsapp(person) => person.sends_file(file, caption).await,
            Self::Messaging(person) => person.sends_file(file, caption).await,
            Self::Telegram(person) => person.sends_file(file, caption).await,
            Self::Crisp(person) => person.sends_file(file, caption).await,
            Self::Program(person) => person.sends_file(file, caption).await,
            Self::Tidio(_) => return None,
        })
    }

    /// What stands in the vendor's record as the recipient; none for a ticket that is not open yet.
    pub fn address(&self) -> Option<String> {
        match self {
            Self::Whatsapp(person) => Some(person.phone().to_owned()),
            Self::Messaging(person) => Some(person.id().to_owned()),
            Self::Telegram(person) => Some(person.id().to_string()),
            Self::Crisp(person) => Some(person.session_id().to_owned()),
            Self::Tidio(person) => person.ticket().map(|ticket| ticket.to_string()),
            Self::Program(person) => Some(person.id().to_owned()),
        }
    }
}

fn meta_values(vendor: &messaging::Simulator, id: &str) -> Value {
    let options = vendor.options();
    json!({
        id: options.business_id, "app_id": options.app_id, "access_token": options.access_token,
        "app_secret": options.app_secret, "api_url": vendor.base(),
    })
}
