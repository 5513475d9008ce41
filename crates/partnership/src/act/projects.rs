//! Projects under the agreement.

use std::collections::BTreeSet;

use concordat_terms::{AssetId, ClauseRef, Digest, ProjectId, PurposeId};
use serde::{Deserialize, Serialize};

/// `project.charter`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProjectCharter {
    /// The project's name.
    pub project: ProjectId,
    /// The charter's text, a blob.
    pub charter: Digest,
    /// The objective it serves.
    pub objective: ClauseRef,
    /// The assets it may use.
    pub assets: BTreeSet<AssetId>,
    /// The purposes it may pursue.
    pub purposes: BTreeSet<PurposeId>,
}

/// `project.open`, `project.end`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OneProject {
    /// The project.
    pub project: ProjectId,
}
