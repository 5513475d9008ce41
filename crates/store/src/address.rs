//! Where a database is, and with which password: the second never reaches a log.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};

/// How long to wait for a server that does not answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// A database of Postgres: `postgres://user:password@host:port/name`.
///
/// Shows itself without the password, and reads back as nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Address(Config);

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
    #[error("its host is another machine, and `sslmode=disable` does not say that the way is safe")]
    Open,
}

impl FromStr for Address {
    type Err = BadAddress;

    fn from_str(text: &str) -> Result<Self, BadAddress> {
        if !(text.starts_with("postgres://") || text.starts_with("postgresql://")) {
            return Err(BadAddress::Unreadable);
        }
        let mut config: Config = text.parse().map_err(|_| BadAddress::Unreadable)?;
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
        if away && config.get_ssl_mode() != SslMode::Disable {
            return Err(BadAddress::Open);
        }
        config.ssl_mode(SslMode::Disable);
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(PATIENCE);
        }
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(PATIENCE);
        }
        if config.get_application_name().is_none() {
            config.application_name("concordat");
        }
        Ok(Self(config))
    }
}

impl Address {
    pub(crate) fn config(&self) -> &Config {
        &self.0
    }

    /// Whether a password is in it: its file is then as secret as a key's.
    pub fn has_password(&self) -> bool {
        self.0.get_password().is_some()
    }
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
        write!(f, "postgres://{}@", self.0.get_user().unwrap_or_default())?;
        for (nth, host) in self.0.get_hosts().iter().enumerate() {
            let comma = if nth == 0 { "" } else { "," };
            let port = self.0.get_ports().get(nth).or(self.0.get_ports().first());
            match host {
                Host::Tcp(name) => write!(f, "{comma}{name}:{}", port.unwrap_or(&5432))?,
                #[cfg(unix)]
                Host::Unix(folder) => write!(f, "{comma}{}", folder.display())?,
            }
        }
        write!(f, "/{}", self.0.get_dbname().unwrap_or_default())
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
            let asked = format!("{text}?sslmode=require").parse::<Address>();
            assert_eq!(asked, Err(BadAddress::Open));
        }
        for here in ["localhost", "127.0.0.1", "[::1]"] {
            assert!(format!("postgres://u:p@{here}/heart").parse::<Address>().is_ok(), "{here}");
        }
    }
}
