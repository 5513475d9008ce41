//! The `module` block.

use std::collections::BTreeMap;

use concordat_terms::{ModuleId, ProjectId};
use semver::{Version, VersionReq};

use crate::shape::{Decider, shape, words};

shape! {
    /// The `module` block.
    pub(crate) Header {
        /// Its name in the agreement.
        id: ModuleId,
        /// Its own version.
        version: Version,
        /// The modules it needs, and which versions of them fit.
        needs: BTreeMap<ModuleId, VersionReq>,
        /// Who signs it: parties, seats, or `all`.
        signers: Vec<Decider> = some,
        /// The least level of its signatures; `simple`, if absent.
        level: Option<Level>,
        /// The IANA time zone its dates are in.
        timezone: Option<String>,
        /// The project whose agreement it belongs to; the frame's, if absent.
        project: Option<ProjectId>,
    }
}

words! {
    /// How strong a signature is, in rising order; eIDAS Art. 3 for the middle two.
    Level {
        /// A key of the party in the log.
        Simple = "simple",
        /// Linked uniquely to the signatory and under its sole control.
        Advanced = "advanced",
        /// Made with a qualified certificate and device.
        Qualified = "qualified",
        /// Ink on paper.
        Handwritten = "handwritten",
    }
}
