//! What begins a log and moves it on.

use std::collections::{BTreeMap, BTreeSet};

use concordat_terms::{Digest, PartyId, Timestamp};
use serde::{Deserialize, Serialize};

/// `genesis`: the founders, their keys, the rules, and who must cosign.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Genesis {
    /// The log's name on its checkpoints: a host-like text without spaces or `+`.
    pub origin: String,
    /// Which rules the fold follows: the digest of an edition.
    pub rules: Digest,
    /// When the log starts.
    pub time: Timestamp,
    /// The public key that orders: it signs ticks and checkpoints (Ed25519, hexadecimal).
    pub sequencer: String,
    /// The founders.
    pub parties: BTreeMap<PartyId, Founder>,
    /// Who must cosign a checkpoint before it counts.
    pub policy: WitnessPolicy,
    /// Digests of the first modules: until all of them are in force no other enters. Naming none
    /// leaves the first modules to their signers.
    pub modules: BTreeSet<Digest>,
}

/// One founder's keys.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Founder {
    /// Signs its acts (Ed25519, hexadecimal).
    pub key: String,
    /// Cosigns checkpoints: Ed25519 in hexadecimal, under the name `<origin>/<party>`; or under a
    /// name of its own, a verifier key of C2SP signed-note of type 0x04.
    pub witness: String,
    /// Cosigns them beside it: a verifier key of type 0x06 (ML-DSA-44).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub witness_pq: Option<String>,
}

impl Founder {
    /// A founder with these two keys.
    pub fn of(key: String, witness: String) -> Self {
        Self { key, witness, witness_pq: None }
    }
}

/// Any `quorum` of `witnesses`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WitnessPolicy {
    /// The cosigning parties.
    pub witnesses: BTreeSet<PartyId>,
    /// How many of them make a checkpoint count.
    pub quorum: u32,
}

/// `tick`: the sequencer's time before a batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tick {
    /// The time from here on.
    pub time: Timestamp,
}

/// `digest.record`: the rolling digest before the entry at `index`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DigestRecord {
    /// The index of this very entry.
    pub index: u64,
    /// The rolling digest over all entries before it.
    pub rolling: Digest,
}
