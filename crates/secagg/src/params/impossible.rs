//! Why parameters cannot be used, and what to change.

use super::{CLIENTS_MOST, DIMENSION_MOST};

/// Why parameters cannot be used: one variant per broken condition.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Impossible {
    /// N < 3.
    #[error(
        "{clients} clients are too few: in a sum of two each client subtracts its own part and reads the other's"
    )]
    TooFewClients {
        /// N.
        clients: u32,
    },
    /// N > 100.
    #[error("{clients} clients are more than the {CLIENTS_MOST} of a complete graph")]
    TooManyClients {
        /// N.
        clients: u32,
    },
    /// d > N.
    #[error("{dropouts} of {clients} clients cannot drop out")]
    AllMayDrop {
        /// N.
        clients: u32,
        /// d.
        dropouts: u32,
    },
    /// c ≥ 2t − N.
    #[error(
        "with threshold {threshold} of {clients}, {colluders} colluders and the server can have two survivor lists signed and open both secrets of a client"
    )]
    TwoLists {
        /// N.
        clients: u32,
        /// t.
        threshold: u32,
        /// c.
        colluders: u32,
    },
    /// t > m.
    #[error("threshold {threshold} cannot be met by the {remaining} clients that must stay")]
    CannotOpen {
        /// t.
        threshold: u32,
        /// m.
        remaining: u32,
    },
    /// m < c + 2.
    #[error(
        "a sum of {remaining} clients, {colluders} of which may collude, can lay bare a single one"
    )]
    HonestMinority {
        /// m.
        remaining: u32,
        /// c.
        colluders: u32,
    },
    /// b is neither 32 nor 64.
    #[error("a ring of {bits} bits does not exist here")]
    UnknownRing {
        /// b.
        bits: u32,
    },
    /// D is 0 or above [`DIMENSION_MOST`].
    #[error("a vector of {dimension} elements cannot be aggregated")]
    Dimension {
        /// D.
        dimension: u32,
    },
    /// The sum may leave the ring.
    #[error("the sum can reach {} and wraps in {bits} bits, at {limit}", match .most { Some(most) => most.to_string(), None => "more than 2^128".to_owned() })]
    WouldWrap {
        /// b.
        bits: u32,
        /// The largest absolute sum, noise included; nothing when it exceeds 128 bits.
        most: Option<u128>,
        /// 2^(b−1).
        limit: u128,
    },
}

impl Impossible {
    /// Stable name: problem `type`, docs anchor, what tests assert on.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooFewClients { .. } => "aggregation-too-few-clients",
            Self::TooManyClients { .. } => "aggregation-too-many-clients",
            Self::AllMayDrop { .. } => "aggregation-all-may-drop",
            Self::TwoLists { .. } => "aggregation-two-lists",
            Self::CannotOpen { .. } => "aggregation-cannot-open",
            Self::HonestMinority { .. } => "aggregation-honest-minority",
            Self::UnknownRing { .. } => "aggregation-unknown-ring",
            Self::Dimension { .. } => "aggregation-dimension",
            Self::WouldWrap { .. } => "aggregation-would-wrap",
        }
    }

    /// What to change, in the imperative.
    pub fn remedy(&self) -> String {
        match self {
            Self::TooFewClients { .. } => "let at least 3 parties fill the seat".to_owned(),
            Self::TooManyClients { .. } => {
                format!("let at most {CLIENTS_MOST} parties fill the seat, or aggregate in groups")
            }
            Self::AllMayDrop { clients, .. } => {
                format!("allow fewer dropouts than the {clients} clients")
            }
            Self::TwoLists { clients, colluders, .. } => {
                let least = (u64::from(*clients) + u64::from(*colluders)) / 2 + 1;
                format!("raise the threshold to at least {least}, or assume fewer colluders")
            }
            Self::CannotOpen { threshold, remaining } => format!(
                "lower the threshold to {remaining}, or allow fewer dropouts; with 3 clients a threshold of 3 tolerates none (asked: {threshold})"
            ),
            Self::HonestMinority { colluders, .. } => format!(
                "allow fewer dropouts, so that at least {} clients stay",
                u64::from(*colluders) + 2
            ),
            Self::UnknownRing { .. } => "set the ring to 32 or 64 bits".to_owned(),
            Self::Dimension { .. } => format!("use 1 to {DIMENSION_MOST} elements"),
            Self::WouldWrap { bits: 32, .. } => {
                "set the ring to 64 bits, or lower the quantiser's scale or the units per round"
                    .to_owned()
            }
            Self::WouldWrap { .. } => {
                "lower the quantiser's scale, the noise or the units per round".to_owned()
            }
        }
    }
}
