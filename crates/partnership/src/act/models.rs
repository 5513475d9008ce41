//! Evidence about models, and their release.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use concordat_terms::{Decimal, Digest, MethodId, MetricId};
use serde::{Deserialize, Serialize};

use crate::evidence::TestRecord;

/// `evidence.submit`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvidenceSubmit {
    /// The digest of what was tested.
    pub subject: Digest,
    /// The method's name.
    pub method: MethodId,
    /// Metrics and their values.
    pub results: BTreeMap<MetricId, Decimal>,
    /// On how many cases; a test on none is no test.
    pub cases: NonZeroU32,
    /// The full report, a blob.
    pub report: Digest,
    /// How it was tested, where a gate may ask.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<Box<TestRecord>>,
}

/// `release.propose`, `release.promote`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// The model's digest.
    pub model: Digest,
}
