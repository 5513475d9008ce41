//! Modules: proposed, signed, in force, stopped; what was ruled about them.

use std::collections::{BTreeMap, BTreeSet};

use concordat_terms::{CaseId, ClauseRef, Digest, ModuleId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::cases::CaseRuling;
use crate::duties::{DutyId, Ruling};
use crate::rulings::VerdictRuling;

/// `module.propose`, `module.withdraw`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OneModule {
    /// The digest of the module file's exact bytes.
    pub module: Digest,
}

/// `module.sign`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModuleSign {
    /// The digest of the module file's exact bytes.
    pub module: Digest,
    /// The other modules of the set: this one is to enter with all of them or not at all. Fewer
    /// than [`concordat_agreement::limits::MODULES_MAX`], and not this one again. While a log begins, the
    /// other modules that its genesis names.
    pub with: BTreeSet<Digest>,
    /// The digest of the rendered document, a blob: the whole agreement as it would be with the
    /// modules that are to enter together.
    pub document: Digest,
    /// From when on the signature counts no more; `None`: it counts until it is taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

impl ModuleSign {
    /// A signature under one of the modules of a set, for as long as it is not taken back.
    pub fn of(module: Digest, set: &BTreeSet<Digest>, document: Digest) -> Self {
        let with = set.iter().copied().filter(|other| *other != module).collect();
        Self { module, with, document, until: None }
    }
}

/// `module.enter`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModuleEnter {
    /// The modules that enter together; each replaces an older version of itself.
    pub modules: BTreeSet<Digest>,
}

/// `module.suspend`, `module.resume`, `module.terminate`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NamedModule {
    /// The module's name in the agreement in force.
    pub module: ModuleId,
}

/// `determination.enter`: what a court, a tribunal or all affected signatories decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Determination {
    /// The ruling's text, a blob.
    pub ruling: Digest,
    /// Clauses that it finds invalid. Each falls with its dependants, and what was to take its
    /// place speaks from then on.
    pub invalid: BTreeSet<ClauseRef>,
    /// What it says of duties.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub duties: BTreeMap<DutyId, Ruling>,
    /// Clauses that say nothing until this is lifted.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub stayed: BTreeSet<ClauseRef>,
    /// Stayed clauses that speak again.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub lifted: BTreeSet<ClauseRef>,
    /// What it says of verdicts, by the index of their entry.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub verdicts: BTreeMap<u64, VerdictRuling>,
    /// What it says of cases.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub cases: BTreeMap<CaseId, CaseRuling>,
}

impl Determination {
    /// A ruling that says nothing yet.
    pub fn of(ruling: Digest) -> Self {
        let (invalid, duties, stayed, lifted, verdicts) = Default::default();
        let cases = BTreeMap::new();
        Self { ruling, invalid, duties, stayed, lifted, verdicts, cases }
    }
}
