//! The witnesses that the coordinator asks for cosignatures.

use std::path::PathBuf;

use axum::http::Uri;
use concordat_tlog::Vkey;
use concordat_tlog::vkey::Kind;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

/// `[witnesses.<name>]` in `concordat.toml`: where one witness is asked (C2SP tlog-witness).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WitnessAt {
    /// Its submission prefix, without a slash at its end: `https://`, or `http://` on this machine.
    #[serde(deserialize_with = "url")]
    pub url: String,
    /// The one certificate that is accepted of it (PEM), from the home folder; where none is named, any
    /// that a public authority vouches for.
    pub certificate: Option<PathBuf>,
    /// By which keys its lines are known, beside the one that the log names for a party. They count for
    /// nothing, and are served all the same.
    #[serde(default, deserialize_with = "keys")]
    pub keys: Vec<Vkey>,
}

fn url<'de, D: Deserializer<'de>>(value: D) -> Result<String, D::Error> {
    let text = String::deserialize(value)?;
    let base = text.trim_end_matches('/');
    let uri: Uri = base.parse().map_err(|e| D::Error::custom(format!("`url`: {e}")))?;
    let host = uri.authority().filter(|authority| !authority.as_str().contains('@'));
    let host = host.map(|authority| authority.host());
    let local = |host: &str| ["localhost", "127.0.0.1", "[::1]"].contains(&host);
    let fits = match (uri.scheme_str(), host) {
        (Some("https"), Some(_)) => true,
        // What a witness says is signed; who asks it would be told to everybody on the way.
        (Some("http"), Some(host)) => local(host),
        _ => false,
    };
    if fits && uri.query().is_none() {
        return Ok(base.to_owned());
    }
    Err(D::Error::custom("`url` is not `https://host:port`, or `http://` on this machine"))
}

/// The coordinator's own, over TLS.
pub(super) fn own_url<'de, D: Deserializer<'de>>(value: D) -> Result<Option<String>, D::Error> {
    let url = url(value)?;
    if url.starts_with("https://") && !url.contains(',') {
        return Ok(Some(url));
    }
    Err(D::Error::custom("`url` is not `https://host:port`"))
}

fn keys<'de, D: Deserializer<'de>>(value: D) -> Result<Vec<Vkey>, D::Error> {
    let keys = Vec::<Vkey>::deserialize(value)?;
    match keys.iter().find(|vkey| vkey.kind() == Kind::Log) {
        None => Ok(keys),
        Some(log) => Err(D::Error::custom(format!("`keys`: `{}` is a log's key", log.name()))),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use concordat_tlog::SigningKey;
    use concordat_tlog::vkey::Key;

    use crate::config::Settings;

    fn settings(url: &str, keys: &[String]) -> Result<Settings, String> {
        let text = format!(
            "listen = \"127.0.0.1:0\"\n[witnesses.alder]\nurl = \"{url}\"\nkeys = {keys:?}\n"
        );
        let parsed = Settings::parse(&text, Path::new("concordat.toml"));
        parsed.map_err(|problem| problem.to_string())
    }

    #[test]
    fn a_witness_is_asked_over_tls_or_on_this_machine() {
        for good in ["https://w.example", "https://w.example:1/w1/", "http://127.0.0.1:1"] {
            let read = settings(good, &[]).unwrap();
            assert_eq!(read.witnesses["alder"].url, good.trim_end_matches('/'));
        }
        for bad in ["http://w.example", "ftp://w", "w.example", "https://u@w", "https://w?q", ""] {
            let said = settings(bad, &[]).unwrap_err();
            assert!(said.contains("url") && said.lines().count() == 3, "{bad}: {said}");
        }
    }

    #[test]
    fn a_log_is_no_witness() {
        let key = SigningKey::from_seed(&[1; 32]).public();
        let vkey = |key| concordat_tlog::Vkey::new("w.example/w1", key).unwrap().to_string();
        assert_eq!(settings("https://w", &[vkey(Key::Witness(key))]).unwrap().witnesses.len(), 1);
        let said = settings("https://w", &[vkey(Key::Log(key))]).unwrap_err();
        assert!(said.contains("a log's key"), "{said}");
    }
}
