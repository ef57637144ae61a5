//! One face for all vendors.

use super::{SimulateArgs, Vendor};
use crate::core::{File, Hooks, Record, Sent};
use crate::{crisp, instagram, messaging, messenger, n8n, telegram, tidio, whatsapp};

/// A vendor that is up, with one customer.
pub enum Line {
    Whatsapp(whatsapp::Simulator, whatsapp::Customer),
    Messaging(messaging::Simulator, messaging::Customer),
    Telegram(telegram::Simulator, telegram::Customer),
    Crisp(crisp::Simulator, crisp::Customer),
    Tidio(tidio::Simulator, tidio::Customer),
    N8n(n8n::Simulator),
}

impl Line {
    pub async fn start(args: &SimulateArgs) -> std::io::Result<Self> {
        match args.vendor {
            Vendor::Whatsapp => Self::whatsapp(args).await,
            Vendor::Messenger => Self::messaging(args, messenger::options(), "7000000000000001").await,
            Vendor::Instagram => Self::messaging(args, instagram::options(), "8000000000000001").await,
            Vendor::Telegram => Self::telegram(args).await,
            Vendor::Crisp => Self::crisp(args).await,
            Vendor::Tidio => Self::tidio(args).await,
            Vendor::N8n => {
                let options = n8n::Options {
                    port: args.port,
                    ..n8n::Options::default()
                };
                Ok(Self::N8n(n8n::Simulator::start(options).await?))
            }
        }
    }

    async fn whatsapp(args: &SimulateArgs) -> std::io::Result<Self> {
        let usual = whatsapp::Options::default();
        let vendor = whatsapp::Simulator::start(whatsapp::Options {
            port: args.port,
            webhook_url: args.webhook_url.clone(),
            app_secret: args.secret.clone().unwrap_or(usual.app_secret),
            verify_token: args.verify_token.clone().unwrap_or(usual.verify_token),
            ..whatsapp::Options::default()
        });
        let vendor = vendor.await?;
        let customer = vendor.customer(args.from.as_deref().unwrap_or("5511900000001"), &args.name);
        Ok(Self::Whatsapp(vendor, customer))
    }

    async fn messaging(args: &SimulateArgs, usual: messaging::Options, from: &str) -> std::io::Result<Self> {
        let vendor = messaging::Simulator::start(messaging::Options {
            port: args.port,
            webhook_url: args.webhook_url.clone(),
            app_secret: args.secret.clone().unwrap_or(usual.app_secret),
            verify_token: args.verify_token.clone().unwrap_or(usual.verify_token),
            ..usual
        });
        let vendor = vendor.await?;
        let customer = vendor.customer(args.from.as_deref().unwrap_or(from), &args.name);
        Ok(Self::Messaging(vendor, customer))
    }

    async fn telegram(args: &SimulateArgs) -> std::io::Result<Self> {
        let usual = telegram::Options::default();
        let vendor = telegram::Simulator::start(telegram::Options {
            port: args.port,
            webhook_url: args.webhook_url.clone(),
            secret_token: args.secret.clone().unwrap_or_else(|| usual.secret_token.clone()),
            ..usual
        });
        let vendor = vendor.await?;
        let from = args.from.as_deref().and_then(|from| from.parse().ok());
        let customer = vendor.customer(from.unwrap_or(400_000_001), &args.name);
        Ok(Self::Telegram(vendor, customer))
    }

    async fn crisp(args: &SimulateArgs) -> std::io::Result<Self> {
        let usual = crisp::Options::default();
        let vendor = crisp::Simulator::start(crisp::Options {
            port: args.port,
            webhook_url: args.webhook_url.clone(),
            hook_secret: args.secret.clone().unwrap_or_else(|| usual.hook_secret.clone()),
            ..usual
        });
        let vendor = vendor.await?;
        let session = "session_aaaaaaaa-0000-4000-8000-000000000001";
        let customer = vendor.customer(args.from.as_deref().unwrap_or(session), &args.name);
        Ok(Self::Crisp(vendor, customer))
    }

    async fn tidio(args: &SimulateArgs) -> std::io::Result<Self> {
        let usual = tidio::Options::default();
        let vendor = tidio::Simulator::start(tidio::Options {
            port: args.port,
            webhook_url: args.webhook_url.clone(),
            webhook_secrets: args
                .secret
                .clone()
                .map_or_else(|| usual.webhook_secrets.clone(), |secret| vec![secret]),
            ..usual
        });
        let vendor = vendor.await?;
        let customer = vendor.customer(args.from.as_deref().unwrap_or("ana@example.com"), &args.name);
        Ok(Self::Tidio(vendor, customer))
    }

    /// What to copy into Rapport, each with its name.
    pub fn credentials(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Whatsapp(vendor, _) => {
                let options = vendor.options();
                vec![
                    ("API address", vendor.base()),
                    ("Access token", options.access_token.clone()),
                    ("App ID", options.app_id.clone()),
                    ("App secret", options.app_secret.clone()),
                    ("WhatsApp Business account ID", options.waba_id.clone()),
                    ("Phone number ID", options.phone_number_id.clone()),
                ]
            }
            Self::Messaging(vendor, _) => {
                let options = vendor.options();
                vec![
                    ("API address", vendor.base()),
                    ("Access token", options.access_token.clone()),
                    ("App ID", options.app_id.clone()),
                    ("App secret", options.app_secret.clone()),
                    ("Page or account ID", options.business_id.clone()),
                ]
            }
            Self::Telegram(vendor, _) => vec![
                ("Bot API server", vendor.base()),
                ("Bot token", vendor.options().token.clone()),
            ],
            Self::Crisp(vendor, _) => {
                let options = vendor.options();
                vec![
                    ("API address", format!("{}/v1", vendor.base())),
                    ("API identifier", options.identifier.clone()),
                    ("API key", options.key.clone()),
                    ("Kind of hook", "A plugin's".into()),
                    ("Kind of token", "A plugin's".into()),
                    ("Signing secret", options.hook_secret.clone()),
                    ("Website ID", options.website_id.clone()),
                ]
            }
            Self::Tidio(vendor, _) => {
                let options = vendor.options();
                vec![
                    ("API address", vendor.base()),
                    ("Client id", options.client_id.clone()),
                    ("Client secret", options.client_secret.clone()),
                    ("Project public key", options.project_public_key.clone()),
                    ("Webhook secret", options.webhook_secrets[0].clone()),
                ]
            }
            Self::N8n(vendor) => vec![("Webhook address", vendor.chat_url())],
        }
    }

    pub fn port(&self) -> u16 {
        match self {
            Self::Whatsapp(vendor, _) => vendor.address().port(),
            Self::Messaging(vendor, _) => vendor.address().port(),
            Self::Telegram(vendor, _) => vendor.address().port(),
            Self::Crisp(vendor, _) => vendor.address().port(),
            Self::Tidio(vendor, _) => vendor.address().port(),
            Self::N8n(vendor) => vendor.address().port(),
        }
    }

    pub fn record(&self) -> &Record {
        match self {
            Self::Whatsapp(vendor, _) => vendor.record(),
            Self::Messaging(vendor, _) => vendor.record(),
            Self::Telegram(vendor, _) => vendor.record(),
            Self::Crisp(vendor, _) => vendor.record(),
            Self::Tidio(vendor, _) => vendor.record(),
            Self::N8n(vendor) => vendor.record(),
        }
    }

    pub fn hooks(&self) -> &Hooks {
        match self {
            Self::Whatsapp(vendor, _) => vendor.hooks(),
            Self::Messaging(vendor, _) => vendor.hooks(),
            Self::Telegram(vendor, _) => vendor.hooks(),
            Self::Crisp(vendor, _) => vendor.hooks(),
            Self::Tidio(vendor, _) => vendor.hooks(),
            Self::N8n(vendor) => vendor.hooks(),
        }
    }

    /// Asks for the challenge, where the vendor does and somebody has said with which token. What came of it.
    pub async fn verify(&self, token: Option<&str>) -> Result<&'static str, String> {
        match (self, token) {
            (Self::Whatsapp(..) | Self::Messaging(..), None) => {
                return Ok("ready, though unverified: that takes the verify token that Set-up shows");
            }
            (Self::Whatsapp(vendor, _), Some(token)) => vendor.verify_webhook_with(token).await?,
            (Self::Messaging(vendor, _), Some(token)) => vendor.verify_webhook_with(token).await?,
            _ => {}
        }
        Ok("ready")
    }

    /// At n8n the words are not a customer's: they are what the workflow answers from now on.
    pub async fn says(&self, text: &str) -> Sent {
        match self {
            Self::Whatsapp(_, customer) => customer.says(text).await,
            Self::Messaging(_, customer) => customer.says(text).await,
            Self::Telegram(_, customer) => customer.says(text).await,
            Self::Crisp(_, customer) => customer.says(text).await,
            Self::Tidio(_, customer) => customer.says(text).await,
            Self::N8n(vendor) => {
                vendor.set_answer(n8n::Answer::Output(text.to_owned()));
                Sent {
                    status: Some(200),
                    ..Sent::default()
                }
            }
        }
    }

    /// None where this vendor has no such thing.
    pub async fn sends_file(&self, file: File) -> Option<Sent> {
        Some(match self {
            Self::Whatsapp(_, customer) => customer.sends_file(file, None).await,
            Self::Messaging(_, customer) => customer.sends_file(file, None).await,
            Self::Telegram(_, customer) => customer.sends_file(file, None).await,
            Self::Crisp(_, customer) => customer.sends_file(file, None).await,
            Self::Tidio(..) | Self::N8n(_) => return None,
        })
    }

    pub async fn shares_location(&self, latitude: f64, longitude: f64) -> Option<Sent> {
        Some(match self {
            Self::Whatsapp(_, customer) => customer.shares_location(latitude, longitude, None).await,
            Self::Messaging(_, customer) => customer.shares_location(latitude, longitude, None).await,
            Self::Telegram(_, customer) => customer.shares_location(latitude, longitude, None).await,
            Self::Crisp(..) | Self::Tidio(..) | Self::N8n(_) => return None,
        })
    }

    /// A button that is there: see [`Line::has_button`].
    pub async fn presses(&self, which: &str) -> Option<Sent> {
        Some(match self {
            Self::Whatsapp(_, customer) => customer.presses(which).await,
            Self::Messaging(_, customer) => customer.presses(which).await,
            Self::Telegram(_, customer) => customer.presses(which).await,
            Self::Crisp(_, customer) => customer.presses(which).await,
            Self::Tidio(..) | Self::N8n(_) => return None,
        })
    }

    pub fn has_button(&self, which: &str) -> bool {
        let who = match self {
            Self::Whatsapp(_, customer) => customer.phone().to_owned(),
            Self::Messaging(_, customer) => customer.id().to_owned(),
            Self::Telegram(_, customer) => customer.id().to_string(),
            Self::Crisp(_, customer) => customer.session_id().to_owned(),
            Self::Tidio(..) | Self::N8n(_) => return false,
        };
        let button = self.record().button(&who, which);
        button.is_some_and(|(_, button)| !button.opens_page)
    }

    pub async fn reacts(&self, message: &str, emoji: &str) -> Option<Sent> {
        Some(match self {
            Self::Whatsapp(_, customer) => customer.reacts(message, emoji).await,
            Self::Messaging(_, customer) => customer.reacts(message, emoji).await,
            Self::Telegram(_, customer) => customer.reacts(message, emoji).await,
            Self::Crisp(..) | Self::Tidio(..) | Self::N8n(_) => return None,
        })
    }

    pub async fn edits(&self, message: &str, text: &str) -> Option<Sent> {
        Some(match self {
            Self::Whatsapp(_, customer) => customer.edits(message, text).await,
            Self::Messaging(_, customer) => customer.edits(message, text).await,
            Self::Telegram(_, customer) => customer.edits(message, text).await,
            Self::Crisp(_, customer) => customer.edits(message, text).await,
            Self::Tidio(..) | Self::N8n(_) => return None,
        })
    }

    pub async fn deletes(&self, message: &str) -> Option<Sent> {
        Some(match self {
            Self::Whatsapp(_, customer) => customer.deletes(message).await,
            Self::Messaging(_, customer) => customer.deletes(message).await,
            Self::Crisp(_, customer) => customer.deletes(message).await,
            Self::Telegram(..) | Self::Tidio(..) | Self::N8n(_) => return None,
        })
    }

    /// From now on, or no more.
    pub async fn blocks(&self, is_blocked: bool) -> Option<Sent> {
        match (self, is_blocked) {
            (Self::Whatsapp(_, customer), true) => customer.blocks(),
            (Self::Whatsapp(_, customer), false) => customer.unblocks(),
            (Self::Messaging(_, customer), true) => customer.blocks(),
            (Self::Messaging(_, customer), false) => customer.unblocks(),
            (Self::Telegram(_, customer), true) => return Some(customer.blocks().await),
            (Self::Telegram(_, customer), false) => return Some(customer.unblocks().await),
            _ => return None,
        }
        Some(Sent::default())
    }

    /// A person of the business answers in the vendor's own inbox.
    pub async fn human_says(&self, text: &str) -> Option<Sent> {
        Some(match self {
            Self::Whatsapp(vendor, customer) => vendor.business_says(customer.phone(), text).await,
            Self::Messaging(vendor, customer) => vendor.business_says(customer.id(), text).await,
            Self::Crisp(vendor, customer) => vendor.operator_says(customer.session_id(), text).await,
            Self::Tidio(vendor, customer) => vendor.operator_replies(customer.ticket()?, text).await,
            Self::Telegram(..) | Self::N8n(_) => return None,
        })
    }
}
