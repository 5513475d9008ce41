//! The proxy that the environment names, as curl and others read it: `https_proxy` or `HTTPS_PROXY`, then
//! `all_proxy` or `ALL_PROXY`; `no_proxy` or `NO_PROXY` says for which hosts there is none.
//!
//! A proxy that cannot be understood is an error: whoever names one does not mean to go out without it.
//! Its address may have a name and a password in it, and so it is in no error and in no `Debug`.

use std::fmt;
use std::net::IpAddr;
use std::num::NonZeroU16;

use concordat_terms::Problem;

use crate::problems::problem;

/// Where a client gets out, if not directly.
#[derive(Clone)]
pub struct Proxy {
    /// The variable that names it.
    variable: &'static str,
    /// `http://host:port`, with the name and the password.
    inner: ureq::Proxy,
}

impl Proxy {
    /// The proxy for a host, by the environment.
    ///
    /// # Errors
    /// `bad-proxy`: what a variable names is no proxy that can be used.
    pub fn of_environment(host: &str) -> Result<Option<Self>, Problem> {
        // What is no text is no address: told, and not gone around.
        Self::by(host, &|name| {
            std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
        })
    }

    fn by(host: &str, read: &dyn Fn(&str) -> Option<String>) -> Result<Option<Self>, Problem> {
        let set = |name: &'static str| read(name).filter(|value| !value.trim().is_empty());
        let named = ["https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];
        let named = named.into_iter().find_map(|name| Some((name, set(name)?)));
        let Some((variable, value)) = named else { return Ok(None) };
        let except = set("no_proxy").or_else(|| set("NO_PROXY")).unwrap_or_default();
        if is_local(host) || is_excepted(host, &except) {
            return Ok(None);
        }
        Self::parsed(variable, value.trim()).map(Some).ok_or_else(|| {
            problem(
                "bad-proxy",
                format!("`{variable}` is not the address of a proxy that can be used"),
                "write `http://host:port` or `http://NAME:PASSWORD@host:port`, both percent-encoded",
            )
        })
    }

    fn parsed(variable: &'static str, value: &str) -> Option<Self> {
        let whole =
            if value.contains("://") { value.to_owned() } else { format!("http://{value}") };
        let (scheme, rest) = whole.split_once("://")?;
        let authority = rest.strip_suffix('/').unwrap_or(rest);
        let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
        let named = host.rsplit_once(']').map_or(host, |(_, after)| after).rsplit_once(':');
        let port = named.is_none_or(|(_, port)| port.parse::<NonZeroU16>().is_ok());
        let plain = |c: char| c.is_ascii_graphic() && !"/?#\\".contains(c);
        let fits = ["http", "https"].contains(&scheme.to_ascii_lowercase().as_str())
            && authority.chars().all(plain)
            && port
            && !host.is_empty()
            && !host.starts_with(':');
        let inner = fits.then(|| ureq::Proxy::new(&format!("{scheme}://{authority}")).ok())??;
        Some(Self { variable, inner })
    }

    /// The variable that names it.
    pub fn variable(&self) -> &'static str {
        self.variable
    }

    /// Its host.
    pub fn host(&self) -> &str {
        self.inner.host()
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.inner.port()
    }

    /// Whether it is spoken to over TLS.
    pub fn is_tls(&self) -> bool {
        self.inner.protocol() == ureq::ProxyProtocol::Https
    }

    /// The name and the password for it.
    pub(crate) fn credentials(&self) -> Option<(&str, &str)> {
        let (name, password) = (self.inner.username(), self.inner.password());
        (name.is_some() || password.is_some())
            .then(|| (name.unwrap_or_default(), password.unwrap_or_default()))
    }

    pub(super) fn inner(&self) -> ureq::Proxy {
        self.inner.clone()
    }
}

/// Where it is, and no more: the rest is a secret.
impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxy({}:{} by {})", self.host(), self.port(), self.variable)
    }
}

/// What is on this machine is never behind a proxy.
pub(super) fn is_local(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// Whether a list of exceptions has a host: itself, a domain that it is in, or `*`; commas or blanks
/// between, a dot or `*.` before a domain as others write it.
fn is_excepted(host: &str, except: &str) -> bool {
    let host = host.to_ascii_lowercase();
    except.split([',', ' ']).map(str::trim).filter(|entry| !entry.is_empty()).any(|entry| {
        let entry = entry.to_ascii_lowercase();
        if entry == "*" {
            return true;
        }
        if let (Ok(address), Some((net, bits))) = (host.parse::<IpAddr>(), entry.split_once('/')) {
            return is_within(address, net, bits);
        }
        let entry = entry.trim_start_matches("*.").trim_start_matches('.');
        let entry = entry.strip_prefix('[').and_then(|e| e.strip_suffix(']')).unwrap_or(entry);
        host == entry
            || (host.parse::<IpAddr>().is_err()
                && host.strip_suffix(entry).is_some_and(|before| before.ends_with('.')))
    })
}

/// Whether an address is in a network, `10.0.0.0/8`.
fn is_within(address: IpAddr, net: &str, bits: &str) -> bool {
    let wide = |address: IpAddr| match address {
        IpAddr::V4(address) => (u128::from(u32::from(address)) << 96, 32),
        IpAddr::V6(address) => (u128::from(address), 128),
    };
    let (Ok(net), Ok(bits)) = (net.parse::<IpAddr>(), bits.parse::<u32>()) else { return false };
    let ((address, width), (net, of)) = (wide(address), wide(net));
    let same = address ^ net;
    width == of && bits <= width && same.checked_shr(128 - bits).unwrap_or(0) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by(host: &str, set: &[(&str, &str)]) -> Result<Option<Proxy>, Problem> {
        let read = |name: &str| {
            set.iter().find(|(own, _)| *own == name).map(|(_, value)| (*value).to_owned())
        };
        Proxy::by(host, &read)
    }

    fn at(set: &[(&str, &str)]) -> Option<(String, u16)> {
        by("heart.example", set).unwrap().map(|proxy| (proxy.host().to_owned(), proxy.port()))
    }

    #[test]
    fn the_proxy_is_what_the_environment_names() {
        assert_eq!(at(&[]), None);
        assert_eq!(at(&[("HTTPS_PROXY", "")]), None);
        let proxy = |port| Some(("proxy.example".to_owned(), port));
        assert_eq!(at(&[("HTTPS_PROXY", "http://proxy.example:3128")]), proxy(3128));
        assert_eq!(at(&[("https_proxy", "proxy.example:8080/")]), proxy(8080));
        assert_eq!(at(&[("all_proxy", "https://proxy.example")]), proxy(443));
        // It is for plain HTTP, which nothing here speaks.
        assert_eq!(at(&[("HTTP_PROXY", "http://proxy.example:1")]), None);
        let both = [("HTTPS_PROXY", "http://other:1"), ("https_proxy", "http://proxy.example:2")];
        assert_eq!(at(&both), proxy(2));
    }

    #[test]
    fn hosts_are_excepted_as_others_except_them() {
        let proxied = |host: &str, except: &str| {
            by(host, &[("HTTPS_PROXY", "http://p:1"), ("NO_PROXY", except)]).unwrap().is_some()
        };
        assert!(proxied("heart.example", "") && proxied("heart.example", "other, part.example"));
        assert!(proxied("heart.example", "art.example") && proxied("10.1.2.3", "0.1.2.3"));
        for except in
            ["*", "heart.example", "example", ".example", "a b,*.example", "HEART.example"]
        {
            assert!(!proxied("heart.example", except), "{except}");
        }
        assert!(!proxied("10.1.2.3", "10.0.0.0/8") && !proxied("10.1.2.3", "10.1.2.3"));
        assert!(proxied("11.1.2.3", "10.0.0.0/8") && proxied("10.1.2.3", "10.0.0.0/99"));
        assert!(!proxied("fd00::1", "fd00::/8") && !proxied("10.1.2.3", "0.0.0.0/0"));
        // What is here is never behind one.
        for host in ["localhost", "127.0.0.1", "::1"] {
            assert!(!proxied(host, ""));
        }
    }

    #[test]
    fn a_proxy_that_cannot_be_used_is_said_and_not_gone_around() {
        let secret = "hunter2";
        for bad in [
            "socks5://alice:hunter2@proxy:1080",
            "http://alice:hunter2@",
            "http://alice:hunter2@:3128",
            "http://alice:hunter2@proxy:port",
            "http://alice:hunter2@proxy:0",
            "http://alice:hunter2@proxy:3128/path",
            "http://alice:hunter2@pro xy:3128",
            "ftp://alice:hunter2@proxy",
        ] {
            let refused = by("heart.example", &[("HTTPS_PROXY", bad)]).unwrap_err();
            assert_eq!(refused.code, "bad-proxy", "{bad}");
            assert!(!format!("{refused:?}").contains(secret), "{refused:?}");
        }
    }

    #[test]
    fn a_name_and_a_password_are_decoded_once_and_shown_to_nobody() {
        let set = [("HTTPS_PROXY", "http://al%40ice:hunt%3Aer2+@proxy.example:3128")];
        let proxy = by("heart.example", &set).unwrap().unwrap();
        assert_eq!(proxy.credentials(), Some(("al@ice", "hunt:er2+")));
        assert_eq!(format!("{proxy:?}"), "Proxy(proxy.example:3128 by HTTPS_PROXY)");
    }
}
