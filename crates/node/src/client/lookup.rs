//! Where a coordinator is.

use std::net::{IpAddr, SocketAddr};

use ureq::Error;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

/// Looks names up, each time on a thread of its own, so that no call waits for longer than it may; an
/// address in digits is where it says.
#[derive(Debug, Default)]
pub(super) struct Lookup(DefaultResolver);

impl Resolver for Lookup {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, Error> {
        let Some(address) = in_digits(uri) else { return self.0.resolve(uri, config, timeout) };
        let mut found = self.empty();
        found.push(address);
        Ok(found)
    }
}

fn in_digits(uri: &Uri) -> Option<SocketAddr> {
    let host = uri.host()?;
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    Some(SocketAddr::new(host.parse::<IpAddr>().ok()?, uri.port_u16()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_address_in_digits_is_not_looked_up() {
        let of = |uri: &str| in_digits(&uri.parse().unwrap());
        assert_eq!(of("https://127.0.0.1:7443/v1/acts"), "127.0.0.1:7443".parse().ok());
        assert_eq!(of("https://[::1]:1/"), "[::1]:1".parse().ok());
        for named in ["https://localhost:1/", "https://127.0.0.1/", "https://1.example:1/"] {
            assert_eq!(of(named), None, "{named}");
        }
    }
}
