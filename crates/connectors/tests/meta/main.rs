//! WhatsApp, Messenger and Instagram: what their recorded calls say, and what they are asked.

mod events;
mod pages;
#[path = "../recorder/mod.rs"]
mod recorder;
#[allow(dead_code)]
#[path = "../samples/mod.rs"]
mod samples;
mod whatsapp_account;
mod whatsapp_reference;
mod whatsapp_sending;
