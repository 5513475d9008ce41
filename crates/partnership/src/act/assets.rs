//! Places, datasets, models from elsewhere and code.

use std::collections::BTreeSet;

use concordat_terms::{AssetId, Country, Digest, PlaceId, PurposeId, RunId, Timestamp};
use serde::{Deserialize, Serialize};

/// `place.register`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlaceRegister {
    /// The place's name.
    pub place: PlaceId,
    /// Its isolation class: 1 shared, 2 dedicated and beside the data, 3 attested enclave; 0 for an
    /// interim place, an interface with access control (API + IAM) and no isolation.
    pub class: u8,
    /// ISO 3166 code of the country whose law governs it.
    pub jurisdiction: Country,
}

/// `dataset.register`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatasetRegister {
    /// Which dataset of the agreement this is a version of.
    pub asset: AssetId,
    /// A salted commitment to the version's rows.
    pub version: Digest,
    /// Where the rows stay.
    pub place: PlaceId,
    /// How many rows, rounded down to a multiple of fifty.
    pub rows_band: u32,
    /// The uses this holder permits.
    pub purposes: BTreeSet<PurposeId>,
}

/// `dataset.withdraw`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DatasetWithdraw {
    /// The dataset.
    pub asset: AssetId,
    /// The version that is no longer to be used.
    pub version: Digest,
}

/// `asset.import`: these exact weights are a version of that model. They need not be shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AssetImport {
    /// Which model of the agreement this is a version of.
    pub asset: AssetId,
    /// The digest of the weights.
    pub version: Digest,
    /// What it is to be tested and released for.
    pub purpose: PurposeId,
    /// The licence it comes under (SPDX); that of its clause, if this is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licence: Option<String>,
    /// The country it comes from, where it comes from abroad: what is listed for export control does
    /// so with the evidence that its clause asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Country>,
}

/// `code.approve`, `code.revoke`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeApproval {
    /// The digest of the code.
    pub code: Digest,
    /// Beside which dataset.
    pub asset: AssetId,
    /// Approved for these runs alone; for any, if this is empty. A revocation names none.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub runs: BTreeSet<RunId>,
    /// Approved until then, a moment ahead; until it is revoked, if this is absent. A revocation
    /// names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// What the approval of an external trainer binds besides: then `until` is there, and `runs`
    /// names none. A revocation has none, and takes back all approvals of that code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trainer: Option<TrainerApproval>,
}

/// What the approval of an external trainer binds, besides its code and the dataset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainerApproval {
    /// The digest of what it runs in.
    pub environment: Digest,
    /// SHA-256 of the plan as canonical JSON: of this very plan.
    pub plan: Digest,
    /// For how many runs under that plan, at least one.
    pub runs: u32,
}

impl CodeApproval {
    /// Of some code beside a dataset, for any run and for as long as nobody revokes it.
    pub fn of(code: Digest, asset: AssetId) -> Self {
        Self { code, asset, runs: BTreeSet::new(), until: None, trainer: None }
    }
}
