//! The one way out: an HTTP client for every address that a tenant, a visitor or a document can influence.
//!
//! It refuses everything that is not a public address, checks what a name resolves to and connects to exactly
//! that, on the ports of the web alone, follows no redirect and ignores proxy variables. An operator may open single
//! destinations (`outbound_allow`: `127.0.0.1:11434`, `ollama.internal`, `10.1.0.0/16`) and further ports (`*:8443`).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use crate::error::{Error, Result, internal, invalid};

/// What an operator has opened beyond the public internet.
#[derive(Debug, Clone, Default)]
pub struct AllowList(Arc<Vec<Allowed>>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Allowed {
    Host {
        name: String,
        port: Option<u16>,
    },
    Network {
        address: IpAddr,
        prefix: u8,
        port: Option<u16>,
    },
    /// Of public addresses.
    Port(u16),
}

impl FromStr for AllowList {
    type Err = String;

    /// Entries separated by commas: `host`, `host:port`, `address`, `address:port`, `network/prefix`, `*:port`.
    fn from_str(text: &str) -> Result<Self, String> {
        let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        entries
            .map(parse_entry)
            .collect::<Result<Vec<_>, _>>()
            .map(|entries| Self(Arc::new(entries)))
    }
}

impl AllowList {
    fn allows_name(&self, host: &str, port: u16) -> bool {
        self.0.iter().any(|entry| match entry {
            Allowed::Host { name, port: only } => {
                name.eq_ignore_ascii_case(host) && only.is_none_or(|only| only == port)
            }
            _ => false,
        })
    }

    fn allows_port(&self, port: u16) -> bool {
        matches!(port, 80 | 443) || self.0.contains(&Allowed::Port(port))
    }

    /// Whether the name is listed, with whatever port.
    fn names(&self, host: &str) -> bool {
        let is_named =
            |entry: &Allowed| matches!(entry, Allowed::Host { name, .. } if name.eq_ignore_ascii_case(host));
        self.0.iter().any(is_named)
    }

    fn allows_every_port(&self, ip: IpAddr) -> bool {
        self.0.iter().any(|entry| match entry {
            Allowed::Network {
                address,
                prefix,
                port,
            } => port.is_none() && contains(*address, *prefix, ip),
            _ => false,
        })
    }

    fn allows_address(&self, ip: IpAddr, port: u16) -> bool {
        self.0.iter().any(|entry| match entry {
            Allowed::Network {
                address,
                prefix,
                port: only,
            } => contains(*address, *prefix, ip) && only.is_none_or(|only| only == port),
            _ => false,
        })
    }
}

/// The guarded client. Clones share connections.
#[derive(Clone)]
pub struct Outbound {
    client: reqwest::Client,
    allow: AllowList,
    lookup: Arc<Lookup>,
}

impl Outbound {
    /// # Errors
    /// When the TLS root certificates of the system cannot be read.
    pub fn new(allow: AllowList) -> Result<Self> {
        Self::with_lookup(allow, Arc::new(|name| Box::pin(look_up(name))))
    }

    fn with_lookup(allow: AllowList, lookup: Arc<Lookup>) -> Result<Self> {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_secs(5))
            .dns_resolver(Arc::new(GuardedResolver {
                allow: allow.clone(),
                lookup: lookup.clone(),
            }))
            .user_agent(concat!("Rapport/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(internal)?;
        Ok(Self {
            client,
            allow,
            lookup,
        })
    }

    /// The client itself, for code that has called [`Outbound::check`] on the URL it uses.
    pub fn client(&self) -> &reqwest::Client {
        &self.client
    }

    /// Whether the operator has named this destination: a public one is not among them.
    pub fn is_opened_by_operator(&self, url: &Url) -> bool {
        let (host, port) = (bare_host(url), url.port_or_known_default().unwrap_or(0));
        let ip = match url.host() {
            Some(Host::Ipv4(ip)) => Some(IpAddr::V4(ip)),
            Some(Host::Ipv6(ip)) => Some(IpAddr::V6(ip)),
            _ if is_localhost(&host) => Some(IpAddr::V4(Ipv4Addr::LOCALHOST)),
            _ => None,
        };
        self.allow.allows_name(&host, port) || ip.is_some_and(|ip| self.allow.allows_address(ip, port))
    }

    /// Refuses a URL that this installation must not call. Names are checked again when they are resolved.
    pub fn check(&self, url: &str) -> Result<Url> {
        let url = Url::parse(url).map_err(|_| {
            invalid(
                "bad_url",
                "This is not a complete URL, such as https://example.com/v1.",
            )
        })?;
        let port = url.port_or_known_default().unwrap_or(0);
        let host = bare_host(&url);
        if !matches!(url.scheme(), "http" | "https") || !url.username().is_empty() || url.password().is_some()
        {
            return Err(invalid(
                "bad_url",
                "Only http and https URLs without a user name are accepted.",
            ));
        }
        if self.allow.allows_name(&host, port) {
            return Ok(url);
        }
        if self.allow.names(&host) {
            return Err(refused(&host, port));
        }
        let ip = match url.host() {
            Some(Host::Ipv4(ip)) => Some(IpAddr::V4(ip)),
            Some(Host::Ipv6(ip)) => Some(IpAddr::V6(ip)),
            _ => None,
        };
        match ip {
            Some(ip) if self.allow.allows_address(ip, port) => Ok(url),
            Some(ip) if !is_public(ip) => Err(refused(&host, port)),
            None if is_localhost(&host) => {
                let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
                if self.allow.allows_address(loopback, port) {
                    Ok(url)
                } else {
                    Err(refused(&host, port))
                }
            }
            _ if !self.allow.allows_port(port) => Err(refused_port(&host, port)),
            _ => Ok(url),
        }
    }
}

fn bare_host(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    host.trim_start_matches('[').trim_end_matches(']').to_owned()
}

impl Outbound {
    /// Where a host leads that is spoken to in another protocol than the web's, on one of its `ports`: connect to one of
    /// these addresses and to no other. Everything that the name leads to has to be public or opened by the operator.
    ///
    /// # Errors
    /// An address that must not be called, or a name that cannot be resolved.
    pub async fn resolve_checked(&self, host: &str, port: u16, ports: &[u16]) -> Result<Vec<SocketAddr>> {
        let bare = host.trim_start_matches('[').trim_end_matches(']');
        let is_named = self.allow.allows_name(bare, port);
        if !is_named && self.allow.names(bare) {
            return Err(refused(bare, port));
        }
        let found = match bare.parse::<IpAddr>() {
            Ok(ip) => vec![ip],
            Err(_) => (self.lookup)(bare.to_owned())
                .await
                .map_err(|_| unknown_host(bare))?,
        };
        if found.is_empty() {
            return Err(unknown_host(bare));
        }
        let is_usual_port = ports.contains(&port) || self.allow.0.contains(&Allowed::Port(port));
        for ip in &found {
            if is_named || self.allow.allows_address(*ip, port) {
                continue;
            }
            if !is_public(*ip) {
                return Err(refused(bare, port));
            }
            if !is_usual_port {
                return Err(refused_other_port(bare, port, ports));
            }
        }
        Ok(found.into_iter().map(|ip| SocketAddr::new(ip, port)).collect())
    }
}

fn unknown_host(host: &str) -> Error {
    invalid(
        "unknown_host",
        format!("The name {host} leads nowhere. Check how it is written."),
    )
}

fn refused_other_port(host: &str, port: u16, ports: &[u16]) -> Error {
    let usual: Vec<String> = ports.iter().map(u16::to_string).collect();
    invalid(
        "address_not_allowed",
        format!(
            "Rapport does not call {host}:{port}. The ports for this are {}; the operator can open another one with \
             RAPPORT_OUTBOUND_ALLOW=*:{port}.",
            usual.join(", ")
        ),
    )
}

fn refused(host: &str, port: u16) -> Error {
    invalid(
        "address_not_allowed",
        format!(
            "Rapport does not call {host}:{port}, because it is not a public web address. If it is yours, the operator \
             can open it with RAPPORT_OUTBOUND_ALLOW={host}:{port}."
        ),
    )
}

fn refused_port(host: &str, port: u16) -> Error {
    invalid(
        "address_not_allowed",
        format!(
            "Rapport does not call {host}:{port}, because web addresses are called on the ports 80 and 443. The operator \
             can open this port with RAPPORT_OUTBOUND_ALLOW=*:{port}."
        ),
    )
}

type Lookup = dyn Fn(String) -> LookingUp + Send + Sync;
type LookingUp = Pin<Box<dyn Future<Output = std::io::Result<Vec<IpAddr>>> + Send>>;

async fn look_up(name: String) -> std::io::Result<Vec<IpAddr>> {
    let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
    Ok(found.map(|address| address.ip()).collect())
}

struct GuardedResolver {
    allow: AllowList,
    lookup: Arc<Lookup>,
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let (allow, host) = (self.allow.clone(), name.as_str().to_owned());
        let found = (self.lookup)(host.clone());
        Box::pin(async move {
            let found = found.await?;
            // The port is not known here. `check` has seen it for listed names and for localhost; any other name may
            // lead only to addresses that are open on every port.
            let is_checked = |ip: IpAddr| allow.names(&host) || (is_localhost(&host) && ip.is_loopback());
            let fine = |ip: IpAddr| is_public(ip) || is_checked(ip) || allow.allows_every_port(ip);
            // One private address among the answers is enough to refuse: a rebinding attack mixes them.
            if found.iter().copied().all(fine) {
                let addresses = found.into_iter().map(|ip| SocketAddr::new(ip, 0));
                Ok(Box::new(addresses) as Addrs)
            } else {
                Err("the name does not lead to a public address".into())
            }
        })
    }
}

fn is_localhost(host: &str) -> bool {
    let host = host.trim_end_matches('.');
    host.eq_ignore_ascii_case("localhost") || host.to_ascii_lowercase().ends_with(".localhost")
}

/// Whether an address belongs to the public internet: IPv4 outside the special blocks, IPv6 within 2000::/3
/// outside the special blocks and the ones that embed an IPv4 address.
pub fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => is_public_v4(ip),
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    const SPECIAL: [(Ipv4Addr, u8); 15] = [
        (Ipv4Addr::new(0, 0, 0, 0), 8),
        (Ipv4Addr::new(10, 0, 0, 0), 8),
        (Ipv4Addr::new(100, 64, 0, 0), 10),
        (Ipv4Addr::new(127, 0, 0, 0), 8),
        (Ipv4Addr::new(169, 254, 0, 0), 16),
        (Ipv4Addr::new(172, 16, 0, 0), 12),
        (Ipv4Addr::new(192, 0, 0, 0), 24),
        (Ipv4Addr::new(192, 0, 2, 0), 24),
        (Ipv4Addr::new(192, 88, 99, 0), 24),
        (Ipv4Addr::new(192, 168, 0, 0), 16),
        (Ipv4Addr::new(198, 18, 0, 0), 15),
        (Ipv4Addr::new(198, 51, 100, 0), 24),
        (Ipv4Addr::new(203, 0, 113, 0), 24),
        (Ipv4Addr::new(224, 0, 0, 0), 4),
        (Ipv4Addr::new(240, 0, 0, 0), 4),
    ];
    !SPECIAL
        .iter()
        .any(|(network, prefix)| contains(IpAddr::V4(*network), *prefix, IpAddr::V4(ip)))
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    const SPECIAL: [(Ipv6Addr, u8); 5] = [
        (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
        (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
        (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
        (Ipv6Addr::new(0x3ffe, 0, 0, 0, 0, 0, 0, 0), 16),
        (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
    ];
    let global = contains(
        IpAddr::V6(Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0)),
        3,
        IpAddr::V6(ip),
    );
    global
        && !SPECIAL
            .iter()
            .any(|(network, prefix)| contains(IpAddr::V6(*network), *prefix, IpAddr::V6(ip)))
}

fn contains(network: IpAddr, prefix: u8, ip: IpAddr) -> bool {
    match (network, ip) {
        (IpAddr::V4(network), IpAddr::V4(ip)) => {
            let shift = 32 - u32::from(prefix.min(32));
            u32::from(network).checked_shr(shift) == u32::from(ip).checked_shr(shift)
        }
        (IpAddr::V6(network), IpAddr::V6(ip)) => {
            let shift = 128 - u32::from(prefix.min(128));
            u128::from(network).checked_shr(shift) == u128::from(ip).checked_shr(shift)
        }
        _ => false,
    }
}

fn parse_entry(entry: &str) -> Result<Allowed, String> {
    if let Some((address, prefix)) = entry.split_once('/') {
        let address: IpAddr = address
            .parse()
            .map_err(|_| format!("`{entry}` is not a network such as 10.1.0.0/16"))?;
        let prefix: u8 = prefix
            .parse()
            .map_err(|_| format!("`{entry}` is not a network such as 10.1.0.0/16"))?;
        return Ok(Allowed::Network {
            address,
            prefix,
            port: None,
        });
    }
    if let Ok(address) = entry.parse::<SocketAddr>() {
        let prefix = if address.is_ipv4() { 32 } else { 128 };
        return Ok(Allowed::Network {
            address: address.ip(),
            prefix,
            port: Some(address.port()),
        });
    }
    if let Ok(address) = entry.parse::<IpAddr>() {
        let prefix = if address.is_ipv4() { 32 } else { 128 };
        return Ok(Allowed::Network {
            address,
            prefix,
            port: None,
        });
    }
    if let Some(port) = entry.strip_prefix("*:") {
        let port = port.parse().map_err(|_| format!("`{entry}` has no valid port"))?;
        return Ok(Allowed::Port(port));
    }
    match entry.rsplit_once(':') {
        Some((name, port)) => {
            let port = port.parse().map_err(|_| format!("`{entry}` has no valid port"))?;
            Ok(Allowed::Host {
                name: name.to_owned(),
                port: Some(port),
            })
        }
        None => Ok(Allowed::Host {
            name: entry.to_owned(),
            port: None,
        }),
    }
}

#[cfg(test)]
mod tests;
