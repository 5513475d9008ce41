//! A registered key: whose it is, what it is for, and what became of it.

use concordat_terms::{Digest, KeyId, MemberId, PartyId};
use serde::{Deserialize, Serialize};

use super::{KeyEnd, KeyUse, Retiring};

/// A registered key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyHolder {
    /// The party; none for the sequencer.
    pub party: Option<PartyId>,
    /// The public key, as its use writes it.
    pub public: String,
    /// What it is for.
    pub used: KeyUse,
    /// Whether it is ML-DSA-44, and not Ed25519 or P-256.
    pub pq: bool,
    /// Whose it is, where it is no key of the party itself.
    pub member: Option<MemberId>,
    /// By the entry at this index.
    pub since: u64,
    /// The key of its party by which it came, where it came by one.
    pub by: Option<KeyId>,
    /// The digest of the key that is to come after it, where one was committed to.
    pub next: Option<Digest>,
    /// What took its place and until when it signs all the same.
    pub retiring: Option<Retiring>,
    /// How it ended, if it did.
    pub ended: Option<KeyEnd>,
    /// Since which entry others may have had it.
    pub doubt: Option<u64>,
}

impl KeyHolder {
    /// A key that signs acts.
    pub(crate) fn of(party: Option<PartyId>, public: String) -> Self {
        let (used, pq, since) = (KeyUse::Acts, false, 0);
        let (member, by, next, retiring, ended, doubt) = Default::default();
        Self { party, public, used, pq, member, since, by, next, retiring, ended, doubt }
    }

    /// Whether acts can be signed with it now.
    pub fn signs(&self) -> bool {
        self.used == KeyUse::Acts && self.ended.is_none()
    }
}

/// The id of a public key: the first 32 hexadecimal digits of its SHA-256.
///
/// `None` if `public` is not hexadecimal.
pub fn key_id(public: &str) -> Option<KeyId> {
    let bytes: Vec<u8> = decode_hex(public)?;
    Digest::of(&bytes).to_string().get(..32)?.parse().ok()
}

pub(super) fn decode_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text.chars().map(|c| Some(c.to_digit(16)? as u8)).collect();
    let digits = digits?;
    if digits.len() % 2 != 0 || text.bytes().any(|b| b.is_ascii_uppercase()) {
        return None;
    }
    let (pairs, _) = digits.as_chunks::<2>();
    Some(pairs.iter().map(|[high, low]| high * 16 + low).collect())
}
