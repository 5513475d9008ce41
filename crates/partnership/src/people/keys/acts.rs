//! What the acts about keys carry.

use concordat_terms::{Digest, KeyId, MemberId, PartyId, Timestamp};
use serde::{Deserialize, Serialize};

/// What a key is for. A key has one use for as long as it is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeyUse {
    /// It signs acts and messages of rounds (Ed25519, 64 hexadecimal digits).
    #[default]
    Acts,
    /// It cosigns checkpoints: a verifier key of C2SP signed-note of type 0x04 or 0x06, or Ed25519
    /// as 64 hexadecimal digits, under the name `<origin>/<party>`.
    Cosigning,
    /// It signs what leaves the partnership in formats of others (P-256, 66 hexadecimal digits: the
    /// point in SEC1's compressed form).
    Exports,
}

impl KeyUse {
    /// What a key of this use does, as a phrase.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Acts => "signs acts",
            Self::Cosigning => "cosigns checkpoints",
            Self::Exports => "signs exports",
        }
    }

    fn is_acts(&self) -> bool {
        *self == Self::Acts
    }
}

/// `key.register`: the new key shows that it is there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyRegister {
    /// The public key, as its use writes it.
    pub key: String,
    /// What it is for.
    #[serde(default, rename = "for", skip_serializing_if = "KeyUse::is_acts")]
    pub used: KeyUse,
    /// Whose it is, where it is a member's and signs under mandates alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<MemberId>,
    /// The digest of the key that is to come after it: SHA-256 of its 32 bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Digest>,
    /// Its signature over what `replay::key_proof` says, in hexadecimal, where it signs no acts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<String>,
}

/// `key.rotate`: the new key shows that it is there, and is whose the old one was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyRotate {
    /// The key that ends.
    pub old: KeyId,
    /// The public key that takes its place, as their use writes it.
    pub key: String,
    /// Until when the old key signs beside it; it ends at once, if this is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// The digest of the key that is to come after the new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Digest>,
    /// As in `key.register`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proof: Option<String>,
}

impl KeyRotate {
    /// This key at once in the place of that one.
    pub fn of(old: KeyId, key: String) -> Self {
        Self { old, key, until: None, next: None, proof: None }
    }
}

/// `key.revoke`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyRevoke {
    /// The key that ends.
    pub key: KeyId,
}

/// `key.compromise`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyCompromise {
    /// The key that ends, or that has ended already.
    pub key: KeyId,
    /// The first entry that others may have signed with it.
    pub since: u64,
}

/// `key.bind`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyBind {
    /// A key of the party itself.
    pub key: KeyId,
    /// The member whose it is from here on.
    pub member: MemberId,
}

/// `key.commit`: from here on the key is replaced by that one and by no other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyCommit {
    /// A key that signs acts.
    pub key: KeyId,
    /// The digest of the key that is to come after it: SHA-256 of its 32 bytes.
    pub next: Digest,
}

/// `key.recover`: signed by the new key, with the consent that the instrument asks for.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyRecover {
    /// The party that has lost its key, or whose key others have.
    pub party: PartyId,
    /// The key by which it is known.
    pub old: KeyId,
    /// The public key that takes its place (Ed25519, hexadecimal).
    pub key: String,
    /// The first entry that others may have signed with the old one, if they have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<u64>,
    /// The digest of the key that is to come after the new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<Digest>,
}
