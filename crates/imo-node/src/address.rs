//! Which addresses a node asks for a stranger's trace. A claim may name any, so a node that asked
//! them all could be sent to what only it can reach.

use std::io;
use std::net::{IpAddr, SocketAddr};

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Ranges of IPv4 that are not public hosts (IANA's special-purpose registry, and multicast): the
/// first address and the length of the prefix.
const NOT_PUBLIC_V4: [([u8; 4], u32); 15] = [
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    ([169, 254, 0, 0], 16),
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 88, 99, 0], 24),
    ([192, 168, 0, 0], 16),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    ([224, 0, 0, 0], 4),
    ([240, 0, 0, 0], 4),
];
/// Public IPv6 addresses begin with these three bits, `2000::/3`.
const PUBLIC_V6: u128 = 1;
/// Ranges inside that are not public hosts: Teredo and its neighbours, documentation, 6to4.
const NOT_PUBLIC_V6: [(u128, u32); 4] = [
    (0x2001_0000 << 96, 23),
    (0x2001_0db8 << 96, 32),
    (0x2002_0000 << 96, 16),
    (0x3fff_0000 << 96, 20),
];
/// Chain id of development nodes, where traces may be served on this computer.
const DEVELOPMENT_CHAIN: u64 = 31_337;
/// Ports below belong to other services, except for that of HTTPS.
const FIRST_PORT: u16 = 1024;
const HTTPS: u16 = 443;

/// Whether others ask an address for a trace. Only on a development chain may it be on their own
/// computer.
pub fn may_be_asked(uri: &str, chain_id: u64) -> bool {
    server(uri, is_development(chain_id)).is_some()
}

/// Whether this is the id of development chains.
pub(crate) const fn is_development(chain_id: u64) -> bool {
    chain_id == DEVELOPMENT_CHAIN
}

/// The address of a trace server, if it may be asked. With `anywhere`, for development chains, it
/// may be on this computer and need no encryption.
pub(crate) fn server(uri: &str, anywhere: bool) -> Option<Url> {
    let url: Url = uri.parse().ok()?;
    let is_plain = url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    let host = url.host_str()?;
    // A literal address is dialled without being resolved.
    let literal: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
    let is_public = url.scheme() == "https"
        && url.port_or_known_default().is_some_and(|it| it == HTTPS || it >= FIRST_PORT)
        && literal.is_none_or(is_public);
    let may_be_asked = is_public || (anywhere && matches!(url.scheme(), "http" | "https"));
    (is_plain && may_be_asked).then_some(url)
}

/// Whether an address is a public host's.
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(it) => {
            let shares = |(first, prefix): &([u8; 4], u32)| {
                (u32::from_be_bytes(*first) ^ u32::from(it)) >> (32 - prefix) == 0
            };
            !NOT_PUBLIC_V4.iter().any(shares)
        }
        IpAddr::V6(it) => {
            let bits = u128::from(it);
            let shares = |(first, prefix): &(u128, u32)| (first ^ bits) >> (128 - prefix) == 0;
            bits >> 125 == PUBLIC_V6 && !NOT_PUBLIC_V6.iter().any(shares)
        }
    }
}

/// Resolves names to public addresses alone, so that what was checked is what is dialled.
#[derive(Debug)]
pub(crate) struct PublicNames;

impl Resolve for PublicNames {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let public: Vec<SocketAddr> = found.filter(|it| is_public(it.ip())).collect();
            if public.is_empty() {
                return Err(io::Error::other("no public address").into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_servers_are_asked() {
        let refused = [
            "http://traces.example.org",
            "https://127.0.0.1:8443/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://10.1.2.3",
            "https://172.31.255.255",
            "https://192.168.0.1",
            "https://169.254.169.254/latest",
            "https://100.100.100.200",
            "https://0.0.0.0",
            "https://224.0.0.1",
            "https://255.255.255.255",
            "https://[::1]",
            "https://[::]",
            "https://[::ffff:127.0.0.1]",
            "https://[::ffff:8.8.8.8]",
            "https://[64:ff9b::7f00:1]",
            "https://[fe80::1]",
            "https://[fd00::1]",
            "https://[ff02::1]",
            "https://[2002:7f00:1::]",
            "https://[2001::1]",
            "https://traces.example.org:22",
            "https://user@traces.example.org",
            "https://:word@traces.example.org",
            "https://traces.example.org/?url=http://internal",
            "https://traces.example.org/#x",
            "file:///etc/passwd",
            "ftp://traces.example.org",
            "",
        ];
        for uri in refused {
            assert_eq!(server(uri, false), None, "{uri}");
        }
        for uri in [
            "https://traces.example.org",
            "https://traces.example.org:7641/imo/",
            "https://8.8.8.8",
            "https://172.32.0.1:443",
            "https://[2606:4700::1111]:8443",
        ] {
            assert!(server(uri, false).is_some(), "{uri}");
        }
    }

    #[test]
    fn on_a_development_chain_servers_may_be_here() {
        assert!(server("http://127.0.0.1:7641", true).is_some());
        for uri in ["http://127.0.0.1/?q", "http://me@127.0.0.1", "file:///etc/passwd"] {
            assert_eq!(server(uri, true), None, "{uri}");
        }
    }

    #[tokio::test]
    async fn a_name_that_leads_here_is_not_resolved() {
        let name = "localhost".parse().expect("a name");
        assert!(PublicNames.resolve(name).await.is_err());
    }
}
