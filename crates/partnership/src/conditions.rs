//! Conditions: what must happen before modules take effect, or ends them.

mod acts;
mod life;
mod refusal;

use concordat_terms::{ClauseRef, Timestamp};
use rpds::RedBlackTreeMapSync;
use serde::{Deserialize, Serialize};

pub(crate) use acts::Change;
pub use acts::ConditionWaive;
pub use refusal::ConditionRefusal;

use crate::state::State;

/// Where a condition stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ConditionStatus {
    /// It can be met.
    Open,
    /// It was met.
    Met {
        /// When.
        at: Timestamp,
        /// By which entry.
        index: u64,
    },
    /// It was waived.
    Waived {
        /// When.
        at: Timestamp,
        /// By which entry.
        index: u64,
    },
    /// Its last day is over.
    Lapsed(Timestamp),
}

impl ConditionStatus {
    /// The status as a word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Met { .. } => "met",
            Self::Waived { .. } => "waived",
            Self::Lapsed(_) => "lapsed",
        }
    }
}

/// Every condition that was ever in force.
pub(crate) type Conditions = RedBlackTreeMapSync<ClauseRef, ConditionStatus>;

impl State {
    /// Where each condition stands.
    pub fn conditions(&self) -> impl Iterator<Item = (&ClauseRef, &ConditionStatus)> {
        self.conditions.iter()
    }
}
