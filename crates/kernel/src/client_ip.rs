//! Which address a request really comes from.
//!
//! `X-Forwarded-For` is believed only when the connection comes from a configured proxy, and then only its
//! right-most entry that is not itself a proxy: everything further left was written by the client.

use std::net::{IpAddr, Ipv6Addr};

use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;

use crate::error::{Error, internal};

/// The client's address, put into the request by the server. IPv6 counts by /64, since one customer has a whole one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientIp(pub IpAddr);

impl ClientIp {
    pub fn new(peer: IpAddr, headers: &HeaderMap, trusted_proxies: &[IpAddr]) -> Self {
        let mut client = peer.to_canonical();
        let forwarded: Vec<&str> = headers
            .get_all("x-forwarded-for")
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|v| v.split(','))
            .collect();
        for entry in forwarded.iter().rev() {
            if !trusted_proxies.contains(&client) {
                break;
            }
            match entry.trim().parse::<IpAddr>() {
                Ok(ip) => client = ip.to_canonical(),
                Err(_) => break,
            }
        }
        Self(client)
    }

    /// The key for rate limits.
    pub fn network(self) -> IpAddr {
        match self.0 {
            IpAddr::V4(_) => self.0,
            IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from(u128::from(ip) & !u128::from(u64::MAX))),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for ClientIp {
    type Rejection = Error;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Error> {
        parts
            .extensions
            .get()
            .copied()
            .ok_or_else(|| internal("the client's address was not set on the request"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(peer: &str, forwarded: Option<&str>, proxies: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        if let Some(value) = forwarded {
            headers.insert("x-forwarded-for", value.parse().unwrap());
        }
        let proxies: Vec<IpAddr> = proxies.iter().map(|p| p.parse().unwrap()).collect();
        ClientIp::new(peer.parse().unwrap(), &headers, &proxies)
            .0
            .to_string()
    }

    #[test]
    fn only_a_configured_proxy_is_believed() {
        assert_eq!(seen("203.0.113.5", Some("1.2.3.4"), &[]), "203.0.113.5");
        assert_eq!(seen("10.0.0.1", Some("1.2.3.4"), &["10.0.0.1"]), "1.2.3.4");
        assert_eq!(
            seen("10.0.0.1", Some("6.6.6.6, 1.2.3.4"), &["10.0.0.1"]),
            "1.2.3.4"
        );
        assert_eq!(
            seen("10.0.0.1", Some("1.2.3.4, 10.0.0.2"), &["10.0.0.1", "10.0.0.2"]),
            "1.2.3.4"
        );
        assert_eq!(seen("10.0.0.1", Some("nonsense"), &["10.0.0.1"]), "10.0.0.1");
    }

    #[test]
    fn one_ipv6_network_is_one_client() {
        let network = |ip: &str| ClientIp(ip.parse().unwrap()).network();
        assert_eq!(network("2001:470:1:2::1"), network("2001:470:1:2:ffff::9"));
        assert_ne!(network("2001:470:1:2::1"), network("2001:470:1:3::1"));
    }
}
