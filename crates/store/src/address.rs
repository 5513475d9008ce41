//! Where a database is, and with which password: the second never reaches a log.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

/// How long to wait for a server that does not answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// A database of Postgres: `postgres://user:password@host:port/name`, and on another machine behind it
/// `?sslmode=verify-full&sslrootcert=FILE`. `require` is the same: a server that nobody vouches for is
/// given no password.
///
/// Shows itself without the password, and reads back as nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    config: Config,
    /// The file of the authorities (PEM) whose certificate the server has, where the way is encrypted.
    authority: Option<PathBuf>,
}

/// Why a text is not an [`Address`]; never has a piece of the text in it, which may be a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadAddress {
    /// It cannot be read.
    #[error("it is not `postgres://user:password@host:port/name`")]
    Unreadable,
    /// It names no host or no database.
    #[error("it names no {0}")]
    Lacks(&'static str),
    /// The password would cross a network that anybody can read.
    #[error(
        "its host is another machine: `sslmode=verify-full` encrypts the way, and `sslmode=disable` says that \
         it is safe"
    )]
    Open,
    /// Nothing says whose certificate the server has.
    #[error(
        "`sslmode` asks for TLS, and `sslrootcert` names no file of the authority's certificate"
    )]
    Unvouched,
}

impl FromStr for Address {
    type Err = BadAddress;

    fn from_str(text: &str) -> Result<Self, BadAddress> {
        if !(text.starts_with("postgres://") || text.starts_with("postgresql://")) {
            return Err(BadAddress::Unreadable);
        }
        let (plain, mode, authority) = ours(text)?;
        let mut config: Config = plain.parse().map_err(|_| BadAddress::Unreadable)?;
        if config.get_hosts().is_empty() {
            return Err(BadAddress::Lacks("host"));
        }
        if config.get_dbname().is_none_or(str::is_empty) {
            return Err(BadAddress::Lacks("database"));
        }
        if config.get_user().is_none() {
            return Err(BadAddress::Lacks("user"));
        }
        let away = !config.get_hostaddrs().iter().all(std::net::IpAddr::is_loopback)
            || !config.get_hosts().iter().all(is_here);
        let authority = match mode {
            Mode::Encrypted if config.get_hosts().iter().all(is_named) => {
                Some(authority.ok_or(BadAddress::Unvouched)?)
            }
            // A certificate is for a name: a socket has none.
            Mode::Encrypted => return Err(BadAddress::Lacks("host")),
            Mode::Unsaid if away => return Err(BadAddress::Open),
            Mode::Unsaid | Mode::Plain => None,
        };
        config.ssl_mode(if authority.is_some() { SslMode::Require } else { SslMode::Disable });
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(PATIENCE);
        }
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(PATIENCE);
        }
        if config.get_application_name().is_none() {
            config.application_name("concordat");
        }
        Ok(Self { config, authority })
    }
}

impl Address {
    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    /// The file of the authorities whose certificate the server has, where the way is encrypted.
    pub(crate) fn authority(&self) -> Option<&Path> {
        self.authority.as_deref()
    }

    /// Whether a password is in it: its file is then as secret as a key's.
    pub fn has_password(&self) -> bool {
        self.config.get_password().is_some()
    }
}

/// What an address says of the way to the server.
enum Mode {
    Unsaid,
    Plain,
    Encrypted,
}

/// What in an address is for us and not for the driver, which knows no authorities: the rest of it, how the
/// way is to be, and the authorities' file.
fn ours(text: &str) -> Result<(String, Mode, Option<PathBuf>), BadAddress> {
    // The last one: a password may have one, too.
    let Some((before, query)) = text.rsplit_once('?') else {
        return Ok((text.to_owned(), Mode::Unsaid, None));
    };
    let (mut mode, mut authority, mut rest) = (Mode::Unsaid, None, Vec::new());
    for pair in query.split('&') {
        match pair.split_once('=') {
            Some(("sslmode", said)) => {
                mode = match said {
                    "disable" => Mode::Plain,
                    "prefer" => Mode::Unsaid,
                    "require" | "verify-full" => Mode::Encrypted,
                    _ => return Err(BadAddress::Unreadable),
                }
            }
            Some(("sslrootcert", file)) => {
                authority = Some(decoded(file).ok_or(BadAddress::Unreadable)?.into());
            }
            _ => rest.push(pair),
        }
    }
    let rest =
        if rest.is_empty() { before.to_owned() } else { format!("{before}?{}", rest.join("&")) };
    Ok((rest, mode, authority))
}

/// A text without its `%2F` and the like.
fn decoded(text: &str) -> Option<String> {
    let mut parts = text.split('%');
    let mut bytes = parts.next()?.as_bytes().to_vec();
    for part in parts {
        let (digits, rest) = part.split_at_checked(2)?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(bytes).ok()
}

/// Whether a certificate can be for it.
fn is_named(host: &Host) -> bool {
    matches!(host, Host::Tcp(_))
}

fn is_here(host: &Host) -> bool {
    match host {
        Host::Tcp(name) => {
            let address: Option<std::net::IpAddr> = name.trim_matches(['[', ']']).parse().ok();
            name == "localhost" || address.is_some_and(|address| address.is_loopback())
        }
        #[cfg(unix)]
        Host::Unix(_) => true,
    }
}

impl fmt::Display for Address {
    /// Without the password: this goes into logs and errors.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "postgres://{}@", self.config.get_user().unwrap_or_default())?;
        for (nth, host) in self.config.get_hosts().iter().enumerate() {
            let comma = if nth == 0 { "" } else { "," };
            let port = self.config.get_ports().get(nth).or(self.config.get_ports().first());
            match host {
                Host::Tcp(name) => write!(f, "{comma}{name}:{}", port.unwrap_or(&5432))?,
                #[cfg(unix)]
                Host::Unix(folder) => write!(f, "{comma}{}", folder.display())?,
            }
        }
        write!(f, "/{}", self.config.get_dbname().unwrap_or_default())
    }
}

// Redacted, like the display: what is printed for a developer ends in a log.
impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "tr0ub4dor&3";

    #[test]
    fn a_password_is_read_and_never_shown() {
        let text = "postgres://ledger:tr0ub4dor%263@localhost:5433/heart";
        let address: Address = text.parse().unwrap();
        assert_eq!(address.config().get_password(), Some(SECRET.as_bytes()));
        assert!(address.has_password());
        assert_eq!(address.to_string(), "postgres://ledger@localhost:5433/heart");
        assert_eq!(format!("{address:?}"), "Address(postgres://ledger@localhost:5433/heart)");
        let socket: Address = "postgres://ledger@/heart?host=/run/postgresql".parse().unwrap();
        assert_eq!(socket.to_string(), "postgres://ledger@/run/postgresql/heart");
        assert!(!socket.has_password());
    }

    #[test]
    fn what_is_no_address_is_refused_without_repeating_it() {
        for (text, why) in [
            ("postgres://u:tr0ub4dor&3@localhost:many/heart", BadAddress::Unreadable),
            ("postgres://u:tr0ub4dor&3@localhost/heart?tr0ub4dor&3=1", BadAddress::Unreadable),
            ("tr0ub4dor&3", BadAddress::Unreadable),
            ("mysql://u:tr0ub4dor&3@localhost/heart", BadAddress::Unreadable),
            ("postgres://u:tr0ub4dor&3@/heart", BadAddress::Lacks("host")),
            ("postgres://u:tr0ub4dor&3@localhost", BadAddress::Lacks("database")),
            ("postgres://localhost/heart", BadAddress::Lacks("user")),
        ] {
            let refused = text.parse::<Address>().unwrap_err();
            assert_eq!(refused, why, "{text}");
            assert!(!format!("{refused} {refused:?}").contains(SECRET));
        }
    }

    #[test]
    fn a_password_does_not_cross_an_open_network_unless_somebody_says_that_it_is_safe() {
        for away in ["10.0.0.7", "db.example", "192.168.1.2"] {
            let text = format!("postgres://u:p@{away}/heart");
            assert_eq!(text.parse::<Address>(), Err(BadAddress::Open), "{away}");
            assert!(format!("{text}?sslmode=disable").parse::<Address>().is_ok(), "{away}");
            for mode in ["require", "verify-full"] {
                let asked = format!("{text}?sslmode={mode}");
                assert_eq!(asked.parse::<Address>(), Err(BadAddress::Unvouched), "{asked}");
                let vouched: Address =
                    format!("{asked}&sslrootcert=%2Fetc/ca.pem").parse().unwrap();
                assert_eq!(vouched.authority(), Some(Path::new("/etc/ca.pem")));
                assert_eq!(vouched.config().get_ssl_mode(), SslMode::Require);
            }
            let other = format!("{text}?sslmode=verify-ca&sslrootcert=ca.pem").parse::<Address>();
            assert_eq!(other, Err(BadAddress::Unreadable));
        }
        let socket = "postgres://u@/heart?host=/run/pg&sslmode=verify-full&sslrootcert=ca.pem";
        assert_eq!(socket.parse::<Address>(), Err(BadAddress::Lacks("host")));
        for here in ["localhost", "127.0.0.1", "[::1]"] {
            assert!(format!("postgres://u:p@{here}/heart").parse::<Address>().is_ok(), "{here}");
        }
    }
}
