//! What a government may do with data and software that it paid for, in part or in whole.
//!
//! The words are those of the DFARS (48 CFR 252.227-7013, -7014, -7018), as secondary sources tell
//! them. Numbers and titles of clauses moved with the overhaul of the FAR, and are data of modules,
//! not of this code. FAR 52.227-14 and -20, the civil analogues, are left out: sources disagree.

use std::fmt;

use concordat_terms::Period;
use serde::{Deserialize, Serialize};

/// A category of data rights. Confirmed from secondary sources only (S).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DataRights {
    /// Use and disclose for any purpose, and let others: made with government money alone, or
    /// delivered without a marking.
    Unlimited,
    /// Any purpose of the government, its other contractors included; no commercial one: mixed
    /// funding.
    GovernmentPurpose,
    /// Technical data inside the government: private money alone.
    Limited,
    /// Software inside the government: private money alone.
    Restricted,
    /// As agreed, and not less than limited or restricted rights.
    SpeciallyNegotiated,
    /// Of a small business award, while it is protected.
    SmallBusiness,
}

impl DataRights {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Unlimited,
        Self::GovernmentPurpose,
        Self::Limited,
        Self::Restricted,
        Self::SpeciallyNegotiated,
        Self::SmallBusiness,
    ];

    /// Its short name in contracts.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Unlimited => "UR",
            Self::GovernmentPurpose => "GPR",
            Self::Limited => "LR",
            Self::Restricted => "RR",
            Self::SpeciallyNegotiated => "SNLR",
            Self::SmallBusiness => "SBIR",
        }
    }

    /// How long it lasts before another takes its place, if nothing else was negotiated.
    pub const fn lasts(self) -> Option<Period> {
        let years = match self {
            Self::GovernmentPurpose => 5,
            Self::SmallBusiness => 20,
            _ => return None,
        };
        Some(Period { months: years * 12, days: 0, seconds: 0 })
    }

    /// What it becomes then.
    pub const fn becomes(self) -> Option<Self> {
        match self {
            Self::GovernmentPurpose => Some(Self::Unlimited),
            Self::SmallBusiness => Some(Self::GovernmentPurpose),
            _ => None,
        }
    }

    /// What a delivery without a marking is.
    pub const UNMARKED: Self = Self::Unlimited;
}

impl fmt::Display for DataRights {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rights_that_end_become_others() {
        for rights in DataRights::ALL {
            assert_eq!(rights.lasts().is_some(), rights.becomes().is_some(), "{rights}");
        }
        assert_eq!(DataRights::GovernmentPurpose.lasts().unwrap().to_string(), "P5Y");
    }
}
