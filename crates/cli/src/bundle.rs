//! What a bundle is made of: a part of the record for somebody who is no party, to be checked
//! offline.
//!
//! ```text
//! bundle.json              what this is, for whom, and the digest of every file
//! checkpoint               signed by the log and cosigned by a quorum
//! entries/<index>.dsse     an entry that is shown whole: its exact bytes
//! records/<index>.json     what a fold says of it, with the statement where only parts are shown
//! proofs/<index>.proof     its place in the log (C2SP tlog-proof)
//! proofs/from-<size>       that the log goes on from so many entries (the body of a C2SP add-checkpoint)
//! attestations/<key>.dsse  who replayed the log and found these records
//! blobs/<digest>           texts that shown acts name
//! papers/…, report.html    for people; made of the rest
//! README.txt               how to check all this, also with other tools
//! ```

mod attest;
mod closed;
mod load;
mod make;
mod papers;
mod records;
mod strike;
mod tar;
mod view;

use std::collections::BTreeMap;
use std::fmt;

use concordat_partnership::Audience;
use concordat_partnership::act::Signed;
use concordat_terms::{ActName, Digest, KeyId, PartyId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::archive::act_in;

pub use attest::{NotAttested, attest, attested};
pub use load::load_bundle;
pub use make::{Asked, Entries, Source, ended, make};
pub use papers::papers;
pub use records::{Line, Records, leaf, statement_of};
pub use tar::{NotATar, pack, unpack};
pub use view::{Row, View};

/// Name of the file that says what the bundle is.
pub const INDEX: &str = "bundle.json";
/// Below which whole entries lie.
pub const ENTRIES: &str = "entries/";
/// Below which records lie.
pub const RECORDS: &str = "records/";
/// Below which proofs lie.
pub const PROOFS: &str = "proofs/";
/// Below which attestations lie; those may be added later.
pub const ATTESTATIONS: &str = "attestations/";
/// Name of the page for people.
pub const REPORT: &str = "report.html";
/// What the text for people says; fixed, as that of an archive.
pub const README_TEXT: &str = include_str!("bundle/README.txt");
/// The format that this program writes and reads.
pub const FORMAT: u32 = 1;

/// For whom a bundle is, as a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "kebab-case")]
pub enum For {
    /// Who audits.
    Auditor,
    /// An authority.
    Regulator,
    /// A court.
    Court,
    /// Everybody.
    Public,
}

impl For {
    /// Who that is to the fold: named by `reader`, or seen by the party `by`.
    ///
    /// # Errors
    /// An auditor's name that is no party's: the text.
    pub fn audience(self, reader: Option<&str>, by: Option<&PartyId>) -> Result<Audience, String> {
        let party = || match reader.map(str::parse::<PartyId>) {
            Some(Err(_)) => Err(reader.unwrap_or_default().to_owned()),
            Some(Ok(party)) => Ok(Some(party)),
            None => Ok(None),
        };
        Ok(match self {
            Self::Auditor => Audience::Auditor(party()?),
            Self::Regulator => Audience::Regulator(reader.map(str::to_owned)),
            Self::Court => Audience::Court(by.cloned()),
            Self::Public => Audience::Public,
        })
    }
}

impl fmt::Display for For {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auditor => "an auditor",
            Self::Regulator => "a regulator",
            Self::Court => "a court",
            Self::Public => "the public",
        })
    }
}

/// How much of an entry is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// Its exact bytes: the signatures are checked.
    Whole,
    /// Parts of its statement, the others as digests: on the word of who attests the record.
    Part,
    /// Its digest alone.
    Withheld,
}

/// An entry that a bundle speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// Its index in the log.
    pub index: u64,
    /// How much is shown.
    pub form: Form,
    /// Whether it was asked for; else it is here to check what was.
    pub asked: bool,
    /// Its hash in the log: H(0x00 ‖ entry).
    pub leaf: Digest,
}

/// A key that signed something here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyOf {
    /// Whose, as the records have it; none: the sequencer's.
    pub party: Option<PartyId>,
    /// The public key (Ed25519, hexadecimal).
    pub public: String,
}

/// `bundle.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Index {
    /// [`FORMAT`].
    pub format: u32,
    /// For whom.
    #[serde(rename = "for")]
    pub audience: For,
    /// Who that is, where it was named.
    pub reader: Option<String>,
    /// Who made it; none: somebody with an archive.
    pub by: Option<PartyId>,
    /// The genesis id.
    pub log: Digest,
    /// The log's name.
    pub origin: String,
    /// How many entries the checkpoint stands for.
    pub size: u64,
    /// Their Merkle root.
    pub root: Digest,
    /// The root over the records of all of them.
    pub records: Digest,
    /// The log's time at that size.
    pub at: Option<Timestamp>,
    /// The sizes from which a proof leads here, ascending.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub from: Vec<Beginning>,
    /// The entries that are spoken of, ascending.
    pub entries: Vec<Item>,
    /// The keys that signed whole entries or attest.
    pub keys: BTreeMap<KeyId, KeyOf>,
    /// The parties' own keys that had ended by then, and by which entry: all of them, as whoever attests
    /// this has found by replaying the log.
    pub ended: BTreeMap<KeyId, u64>,
    /// The digest of every file but this one and the attestations.
    pub files: BTreeMap<String, Digest>,
}

/// A size of the log from which a proof leads to the checkpoint, for a reader who has seen the log then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Beginning {
    /// How many entries it had.
    pub size: u64,
    /// Their Merkle root.
    pub root: Digest,
}

/// A record and its path in the tree over all records.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Placed {
    /// From the record's sibling up.
    pub path: Vec<Digest>,
    /// The record, as [`concordat_tlog::Node`] writes it.
    pub record: serde_json::Value,
}

/// The name of a file about an entry.
pub fn file(below: &str, index: u64) -> String {
    let end = match below {
        ENTRIES => "dsse",
        RECORDS => "json",
        _ => "proof",
    };
    format!("{below}{index}.{end}")
}

/// The name of the file with the proof from a size.
pub fn proof_from(size: u64) -> String {
    format!("{PROOFS}from-{size}")
}

/// Which act an entry is, if it is one.
pub fn act_of(entry: &[u8]) -> Option<ActName> {
    signed_in(entry).map(|signed| signed.act.name())
}

/// The act in an entry, with its header.
pub fn signed_in(entry: &[u8]) -> Option<Signed> {
    act_in(entry)
}
