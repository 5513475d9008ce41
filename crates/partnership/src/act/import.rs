//! What was made elsewhere and is brought in.

use concordat_terms::{AssetId, Digest, PurposeId};
use serde::{Deserialize, Serialize};

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
}
