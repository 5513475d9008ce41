//! The sides of a partnership.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Which side of the partnership a party stands on. Votes are counted per side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// Governments, agencies, public hospitals.
    Public,
    /// Companies.
    Private,
    /// Labs, auditors, observers: heard, not counted.
    Independent,
}

impl Side {
    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Private => "private",
            Self::Independent => "independent",
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
