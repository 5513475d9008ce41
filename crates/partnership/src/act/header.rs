//! What every act carries besides its payload.

use concordat_agreement::Level;
use concordat_terms::{Digest, KeyId, ModuleId, SeatId, Timestamp};
use serde::{Deserialize, Serialize};

use super::Act;

/// Under which key, and for which seat, an act is signed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signer {
    /// The seat.
    pub seat: SeatId,
    /// The key.
    pub key: KeyId,
}

/// What every act but genesis carries besides its payload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// The log it is for: the id of its genesis.
    pub log: Digest,
    /// Who signs, at least one; the first is the one who acts.
    pub signers: Vec<Signer>,
    /// 16 random bytes in hexadecimal, so that the same act can be done twice on purpose.
    pub nonce: String,
    /// A checkpoint the signer had verified.
    pub seen: Seen,
    /// From this time on the act is refused.
    pub expires_at: Timestamp,
    /// A signature that was made elsewhere, for a level that a ledger key does not reach.
    pub attached: Option<Attached>,
}

impl Header {
    /// The level of the act's signatures: that of what is attached, or a ledger key's.
    pub fn level(&self) -> Level {
        self.attached.as_ref().map_or(Level::Simple, |attached| attached.level)
    }
}

/// A signature that was made elsewhere: a PAdES PDF, a scan of ink on paper. Who acts answers for
/// the level that it states; everybody can look at both files.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attached {
    /// The level it reaches, above `simple`.
    pub level: Level,
    /// The digest of the signed file, a blob.
    pub signed: Digest,
    /// The digest of the report on its validation, a blob.
    pub report: Digest,
}

impl Attached {
    /// Whether its level is above that of a ledger key, which needs nothing attached.
    pub fn is_needed(&self) -> bool {
        self.level > Level::Simple
    }
}

/// A state of the log that somebody saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seen {
    /// How many entries it had.
    pub size: u64,
    /// Its Merkle root.
    pub root: Digest,
}

/// An act with its header and id, its bytes well-formed and its signatures good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// SHA-256 of the payload.
    pub id: Digest,
    /// Who, when, for which log. Genesis has none.
    pub header: Option<Header>,
    /// What.
    pub act: Act,
}

/// Which module a digest in the text stands for, for messages.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Version {
    /// The module.
    pub module: ModuleId,
    /// Its exact bytes.
    pub digest: Digest,
}
