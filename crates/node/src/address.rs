//! Where a coordinator is: `https://host:port`, and nothing else that an address can carry.

use concordat_terms::Problem;

use crate::problems::problem;

/// The address without a slash at its end.
///
/// # Errors
/// A [`Problem`] `bad-address`: another scheme, a name before the host, a path, a query, or no port
/// from 1 to 65,535 where there is a colon.
pub fn checked(text: &str) -> Result<String, Problem> {
    let base = text.strip_suffix('/').unwrap_or(text);
    if base.strip_prefix("https://").is_some_and(is_authority) {
        return Ok(base.to_owned());
    }
    Err(problem(
        "bad-address",
        format!("`{}` is not an address of a coordinator", text.escape_debug()),
        "write `https://host:port`",
    ))
}

/// The host, without brackets, and the port of an address.
///
/// # Errors
/// As [`checked`].
pub fn parts(text: &str) -> Result<(String, u16), Problem> {
    let base = checked(text)?;
    let authority = base.strip_prefix("https://").unwrap_or_default();
    let (host, port) = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, rest)) => (host, rest.strip_prefix(':')),
        None => {
            authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port)))
        }
    };
    Ok((host.to_owned(), port.and_then(|port| port.parse().ok()).unwrap_or(443)))
}

fn is_authority(text: &str) -> bool {
    let (host, rest) = match text.strip_prefix('[').and_then(|text| text.split_once(']')) {
        Some((host, rest)) if host.parse::<std::net::Ipv6Addr>().is_ok() => (host, rest),
        Some(_) => return false,
        None => text.split_at(text.find(':').unwrap_or(text.len())),
    };
    let named = |c: char| c.is_ascii_alphanumeric() || ".-:".contains(c);
    let port = |rest: &str| {
        rest.strip_prefix(':').is_some_and(|port| {
            port.bytes().all(|b| b.is_ascii_digit())
                && port.parse() != Ok(0_u16)
                && port.parse::<u16>().is_ok()
        })
    };
    !host.is_empty() && host.chars().all(named) && (rest.is_empty() || port(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_coordinator_is_a_host_and_a_port() {
        for good in ["https://127.0.0.1:7443", "https://log.example", "https://[::1]:1/"] {
            assert_eq!(checked(good).unwrap(), good.trim_end_matches('/'));
        }
        let at = |text: &str| parts(text).unwrap();
        assert_eq!(at("https://127.0.0.1:7443/"), ("127.0.0.1".to_owned(), 7443));
        assert_eq!(at("https://log.example"), ("log.example".to_owned(), 443));
        assert_eq!(at("https://[::1]:1/"), ("::1".to_owned(), 1));
        for bad in [
            "http://127.0.0.1:1",
            "https://",
            "https://:7443",
            "https://user@evil:7551/x y",
            "https://host/path",
            "https://host?query",
            "https://host:0",
            "https://host:99999",
            "https://host:+80",
            "https://[::1",
            "https://[host]:1",
            "https://host:1\nin force: everything",
            "https://host\u{202e}:1",
        ] {
            assert_eq!(checked(bad).unwrap_err().code, "bad-address", "{bad}");
        }
    }
}
