//! Shops with channels, and the vendors behind them. A vendor makes and signs its webhooks without sending them.

use std::net::SocketAddr;
use std::path::Path;

use testkit::{Channel, Server, Vendor};

use super::calls::Webhook;
use crate::processes::Cpu;
use crate::{Result, http};

const SHOPS: usize = 4;
const KINDS: [&str; 3] = ["whatsapp", "messenger", "telegram"];

/// Nobody listens there: what a vendor has made and signed is kept, and sent by the client that takes the times.
const NOWHERE: &str = "http://127.0.0.1:9/";

/// What people ask, with the approved text of the answer. One person asks each once.
const KNOWN: [(&str, &str); 6] = [
    (
        "Do you ship to Belgium?",
        "Yes, parcels to Belgium arrive within two working days.",
    ),
    (
        "What is your return policy?",
        "You may return unused goods within thirty days of delivery.",
    ),
    (
        "What are your opening hours?",
        "The shop is open from Tuesday to Saturday, ten to six.",
    ),
    (
        "Can I pay in instalments?",
        "Yes, orders above 300 euros can be paid in three parts.",
    ),
    (
        "How do I care for oiled oak?",
        "Wipe it with a damp cloth and oil it again once a year.",
    ),
    (
        "Do you sell gift vouchers?",
        "Gift vouchers from 25 euros are sold in the shop and online.",
    ),
];

pub struct Stage {
    pub server: Server,
    lines: Vec<(Vendor, Channel)>,
    /// The number of the next person who has never written.
    newcomer: u32,
}

impl Stage {
    pub async fn open(program: &Path) -> Self {
        let program = program.to_string_lossy();
        let server = Server::of(&program).with_public_address().start().await;
        let mut lines = Vec::new();
        for shop in 0..SHOPS {
            let tenant = server.tenant(&format!("Shop {shop}")).await;
            tenant.teach_all(&KNOWN).await;
            for kind in KINDS {
                let vendor = Vendor::start(kind).await;
                let channel = tenant.connect(&server, &vendor).await;
                vendor.hooks().set_url(Some(NOWHERE.into()));
                lines.push((vendor, channel));
            }
        }
        Self {
            server,
            lines,
            newcomer: 0,
        }
    }

    /// Where the server is, without what stands before it.
    pub fn address(&self) -> Result<SocketAddr> {
        http::loopback(&self.server.url())
    }

    pub fn cpu(&self) -> Cpu {
        let pid = u32::try_from(self.server.pid()).unwrap_or_default();
        let cluster = self.server.data_dir().join("cluster");
        Cpu::read(pid, &cluster.canonicalize().unwrap_or(cluster))
    }

    /// Webhooks of people who have never written before, in turn of all channels; each writes `each` times, and nobody
    /// twice before all others have.
    pub async fn write(&mut self, count: usize, each: usize) -> Vec<Webhook> {
        let of_a_line = count.div_ceil(self.lines.len());
        let people = u32::try_from(of_a_line.div_ceil(each)).unwrap_or(u32::MAX);
        let mut lines = Vec::new();
        for (vendor, channel) in &self.lines {
            let before = vendor.hooks().posts().len();
            for (question, _) in KNOWN.iter().take(each) {
                for person in 0..people {
                    vendor.person(self.newcomer + person).says(question).await;
                }
            }
            let written = vendor.hooks().posts().split_off(before);
            let webhooks = written.into_iter().map(|post| Webhook {
                path: channel.webhook_path.clone(),
                headers: post
                    .headers
                    .iter()
                    .map(|(name, value)| format!("{name}: {value}\r\n"))
                    .collect(),
                body: String::from_utf8_lossy(&post.bytes).into_owned(),
            });
            lines.push(webhooks.collect::<Vec<_>>().into_iter());
        }
        self.newcomer += people;
        let mut all = Vec::with_capacity(count);
        while all.len() < count {
            let turn: Vec<_> = lines.iter_mut().filter_map(Iterator::next).collect();
            if turn.is_empty() {
                break;
            }
            all.extend(turn);
        }
        all.truncate(count);
        all
    }

    /// What the vendors were sent for people to see.
    pub fn replies(&self) -> usize {
        let counts = self
            .lines
            .iter()
            .map(|(vendor, _)| vendor.record().messages().len());
        counts.sum()
    }

    /// Replies that reached somebody more than once.
    pub fn doubled(&self) -> usize {
        let counts = self
            .lines
            .iter()
            .map(|(vendor, _)| vendor.record().doubled().len());
        counts.sum()
    }
}
