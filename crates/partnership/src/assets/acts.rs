//! What acts about assets carry.

use std::collections::{BTreeMap, BTreeSet};

use concordat_agreement::{Label, Profile, UpdateClass};
use concordat_terms::{AssetId, Decimal, Digest, PartyId, PlaceId, PurposeId};
use serde::{Deserialize, Serialize};

/// `asset.derive`: says what a version was made from, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AssetDerive {
    /// Which asset of the agreement it is a version of.
    pub asset: AssetId,
    /// Its digest.
    pub version: Digest,
    /// What it was made from; who made it holds all of them.
    pub from: BTreeSet<Digest>,
    /// How.
    pub step: Step,
    /// Where it was made and is, a place of who made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<PlaceId>,
    /// What it may be used for; all that its sources have in common, if this is empty.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub purposes: BTreeSet<PurposeId>,
    /// What each source contributes, as fractions that sum to 1; the same, if this is empty.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub contributions: BTreeMap<Digest, Decimal>,
    /// The licence it is passed on under (SPDX); that of its clause, if this is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licence: Option<String>,
}

/// How a version is made from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// Several became one.
    Combine,
    /// One became another: cleaned, cut, converted, tuned.
    Transform,
    /// Names became pseudonyms, and the seat that keeps the key signed for it.
    Pseudonymise,
    /// Figures about so many persons each, at least.
    Aggregate {
        /// How many.
        persons: u32,
    },
    /// Rows that are about nobody.
    Synthesise,
}

impl Step {
    /// The step as a word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Combine => "combine",
            Self::Transform => "transform",
            Self::Pseudonymise => "pseudonymise",
            Self::Aggregate { .. } => "aggregate",
            Self::Synthesise => "synthesise",
        }
    }
}

/// `asset.label`: labels a version anew; lower only as a body decides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AssetLabel {
    /// The version.
    pub version: Digest,
    /// How confidential it is from here on.
    pub label: Label,
    /// The reasons, a blob.
    pub reasons: Digest,
}

/// `asset.declare-background`: a party declares a version as what it had before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AssetDeclareBackground {
    /// Which asset of the agreement it is a version of.
    pub asset: AssetId,
    /// Its digest, whether or not it was listed or brought in already.
    pub version: Digest,
    /// The terms on which others use it, a blob.
    pub terms: Digest,
}

/// `asset.transfer`: hands a copy of a version, or a share in it, to another party.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AssetTransfer {
    /// The version.
    pub version: Digest,
    /// To whom.
    pub to: PartyId,
    /// What of it.
    pub what: Handed,
    /// On which terms, a blob.
    pub terms: Digest,
    /// At which place of the receiver a copy will be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<PlaceId>,
    /// How a copy is protected on its way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub profile: Option<Profile>,
}

/// What is handed over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Handed {
    /// A copy; who owns the version stays the same.
    Copy,
    /// A share in it, a fraction of 1; who holds it stays the same.
    Share(Decimal),
    /// A licence; who owns and who holds it stays the same.
    Licence(Box<super::Licence>),
}

/// `consent.withdraw`: people no longer consent to the use of a slice of a dataset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsentWithdraw {
    /// The dataset.
    pub asset: AssetId,
    /// A salted commitment to the persons' keys.
    pub slice: Digest,
    /// The versions of one's own that have rows of theirs.
    pub versions: BTreeSet<Digest>,
}

/// `deletion.attest`: a party deleted what it held of an asset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeletionAttest {
    /// The asset.
    pub asset: AssetId,
    /// The versions of which it holds no copy any more; none, if only copies for runs were deleted.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub versions: BTreeSet<Digest>,
    /// What remains for a time, in backups for instance, a blob.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub residuals: Option<Digest>,
    /// What shows it, a blob.
    pub evidence: Digest,
}

/// `erasure.record`: a slice to whose use nobody consents any more was erased.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErasureRecord {
    /// The dataset.
    pub asset: AssetId,
    /// The slice.
    pub slice: Digest,
    /// The models that were made with it and stay as they are.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub residuals: BTreeSet<Digest>,
    /// What shows it, a blob.
    pub evidence: Digest,
}

/// `code.register`: these exact bytes are a version of that code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeRegister {
    /// Which code of the agreement it is a version of.
    pub asset: AssetId,
    /// The digest of the code.
    pub version: Digest,
    /// The digest of the environment that it runs in.
    pub environment: Digest,
    /// The licence it comes under (SPDX); that of its clause, if this is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licence: Option<String>,
}

/// `place.attest`: files the appraisal of a place's machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlaceAttest {
    /// The place, one's own.
    pub place: PlaceId,
    /// What was appraised and found, a blob.
    pub appraisal: Digest,
}

/// `update.declare`: a version of a model is an update of the one that is released.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UpdateDeclare {
    /// The version that is released.
    pub from: Digest,
    /// The version that is to take its place.
    pub to: Digest,
    /// How much changes.
    pub class: UpdateClass,
    /// What was measured of the change, a blob.
    pub change: Digest,
}
