//! What tells a party's requests from a stranger's before anything of them is read: a pass.
//!
//! A coordinator has room for so many connections and bodies at a time. What strangers can hold of
//! it is never what a party needs: whoever shows a pass is counted by its party, and everybody else
//! by an IP address, in rooms of their own. A pass lets nobody say, read or change anything; it goes
//! to the coordinator alone, over TLS, and counts for some minutes.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use concordat_partnership::key_id;
use concordat_terms::{Digest, KeyId, Timestamp};
use concordat_tlog::{PublicKey, SigningKey};

/// The header that carries a [`Pass`].
pub const PASS_HEADER: &str = "concordat-pass";

/// How many seconds after the coordinator's clock a pass may count at most.
pub const PASS_SECONDS_MOST: u32 = 900;

/// That whoever holds a ledger key vouches for a request until then. As text:
/// `<key id> <until> <Ed25519 signature in standard base64>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pass {
    /// Whose signature it is.
    pub key: KeyId,
    /// Until when it counts.
    pub until: Timestamp,
    signature: [u8; 64],
}

/// Why a text is no pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not `<key id> <until> <signature>`")]
pub struct NotAPass;

impl Pass {
    /// A pass for the log of this genesis; none where the key has no id, as every key has one.
    pub fn seal(log: Digest, until: Timestamp, key: &SigningKey) -> Option<Self> {
        let signature = key.sign(&message(log, until));
        Some(Self { key: key_id(&key.public().to_string())?, until, signature })
    }

    /// Whether this key signed it, for the log of this genesis.
    pub fn holds(&self, log: Digest, public: &PublicKey) -> bool {
        public.verify(&message(log, self.until), &self.signature).is_ok()
    }
}

/// What is signed: `concordat-pass/v1`, the log's name and until when it counts, each with a newline.
fn message(log: Digest, until: Timestamp) -> Vec<u8> {
    format!("concordat-pass/v1\n{log}\n{until}\n").into_bytes()
}

impl fmt::Display for Pass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.key, self.until, STANDARD.encode(self.signature))
    }
}

impl FromStr for Pass {
    type Err = NotAPass;

    fn from_str(text: &str) -> Result<Self, NotAPass> {
        let parts: Vec<_> = text.split(' ').collect();
        let [key, until, signature] = parts.as_slice() else { return Err(NotAPass) };
        Ok(Self {
            key: key.parse().map_err(|_| NotAPass)?,
            until: until.parse().map_err(|_| NotAPass)?,
            signature: STANDARD
                .decode(signature)
                .ok()
                .and_then(|bytes| bytes.try_into().ok())
                .ok_or(NotAPass)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pass_counts_for_its_log_its_time_and_its_key() {
        let (log, other) = (Digest::of(b"log"), Digest::of(b"other"));
        let [own, foreign] = [[1; 32], [2; 32]].map(|seed| SigningKey::from_seed(&seed));
        let until: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
        let pass = Pass::seal(log, until, &own).unwrap();
        let read: Pass = pass.to_string().parse().unwrap();
        assert_eq!(read, pass);
        assert!(read.holds(log, &own.public()));
        assert!(!read.holds(other, &own.public()) && !read.holds(log, &foreign.public()));
        let later = Pass { until: "2026-03-01T12:00:01Z".parse().unwrap(), ..pass };
        assert!(!later.holds(log, &own.public()));
        for bad in ["", "a b c", "  ", &format!("{read} x"), &read.to_string().replace(' ', "")] {
            assert_eq!(bad.parse::<Pass>(), Err(NotAPass), "{bad}");
        }
    }
}
