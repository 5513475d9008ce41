//! Why a message does not count, and why an attempt ends without a sum.

use std::collections::BTreeSet;

use concordat_terms::PartyId;

use crate::{Ring, Step};

/// Why one message does not count; the round goes on without it.
///
/// In [`Rejected::NotInRound`], [`Rejected::WrongStep`], [`Rejected::Duplicate`],
/// [`Rejected::Shape`] and [`Rejected::BadSignature`] the sender is only claimed: somebody else
/// may have written the message. In all others `from` signed it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    /// The sender is not in the roster, or did not get through the round before.
    #[error("`{from}` does not take part in {step}")]
    NotInRound {
        /// The claimed sender.
        from: PartyId,
        /// The round.
        step: Step,
    },
    /// The message belongs to another round: it is late, or early.
    #[error("`{from}` sent {sent}, and the round is {step}")]
    WrongStep {
        /// The claimed sender.
        from: PartyId,
        /// What was sent.
        sent: Step,
        /// The current round.
        step: Step,
    },
    /// A message of this sender already counts.
    #[error("`{from}` already answered in {step}")]
    Duplicate {
        /// The claimed sender.
        from: PartyId,
        /// The round.
        step: Step,
    },
    /// The signature does not hold for this content in this session.
    #[error("the {step} signature of `{from}` does not hold in this session")]
    BadSignature {
        /// The claimed sender.
        from: PartyId,
        /// The round.
        step: Step,
    },
    /// A key of small order, spelled in another way, or already taken.
    #[error("`{from}` advertises a weak key or one that another key equals")]
    BadKey {
        /// The sender.
        from: PartyId,
    },
    /// Shares are dealt to other clients than those of U1.
    #[error("`{from}` deals shares to others than the advertised clients")]
    WrongHolders {
        /// The sender.
        from: PartyId,
    },
    /// The vector has another ring or length.
    #[error("`{from}` uploads {len} elements of {} bits, not {need_len} of {}", .ring.bits(), .need_ring.bits())]
    Shape {
        /// The claimed sender.
        from: PartyId,
        /// Its ring.
        ring: Ring,
        /// Its length.
        len: usize,
        /// The ring agreed.
        need_ring: Ring,
        /// D.
        need_len: usize,
    },
    /// The words that arrived are not the vector that was signed, or not all of it.
    #[error("the words that arrived from `{from}` are not those it signed")]
    OtherVector {
        /// The sender.
        from: PartyId,
    },
    /// The vector is masked for other clients or keys than those of U2.
    #[error("`{from}` masks for other clients or keys than those that shared")]
    OtherPeers {
        /// The sender.
        from: PartyId,
    },
    /// The list signed is not U3.
    #[error("`{from}` signs another list than the survivors")]
    OtherSurvivors {
        /// The sender.
        from: PartyId,
    },
    /// A revealed share is of the wrong kind, or not the one that was dealt.
    #[error("`{from}` reveals a share of `{dealer}` that is not the one asked for")]
    BadShare {
        /// The sender.
        from: PartyId,
        /// Whose secret.
        dealer: PartyId,
    },
}

/// The attempt is over, without a sum: too few clients are left.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{have} clients got through {step}, and {need} are needed: {} did not", names(.missing))]
pub struct BelowThreshold {
    /// The round.
    pub step: Step,
    /// Clients that answered well.
    pub have: usize,
    /// m up to MaskedInput, t afterwards.
    pub need: usize,
    /// Who was in the round and did not.
    pub missing: BTreeSet<PartyId>,
}

/// Why no sum came out of the last round.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unopened {
    /// Too few clients revealed.
    #[error(transparent)]
    BelowThreshold(#[from] BelowThreshold),
    /// A dealer's shares, each as it named and signed it, do not combine to what it committed to;
    /// or more clients than can collude say that its shares did not open.
    #[error("the shares of `{dealer}` do not open what it committed to")]
    BadDealer {
        /// Who is to blame.
        dealer: PartyId,
    },
    /// Fewer than t shares of a dealer were revealed, and no more clients kept theirs back than
    /// can collude: either the dealer dealt badly or they lie.
    #[error(
        "too few shares of `{dealer}` were revealed: {} kept theirs back", names(.by)
    )]
    Withheld {
        /// Whose shares.
        dealer: PartyId,
        /// Who revealed others' shares and not this one's.
        by: BTreeSet<PartyId>,
    },
}

impl Unopened {
    /// Who kept it from a sum, as far as anybody can tell: where shares were kept back, both sides.
    pub fn named(&self) -> BTreeSet<PartyId> {
        match self {
            Self::BelowThreshold(below) => below.missing.clone(),
            Self::BadDealer { dealer } => [dealer.clone()].into(),
            Self::Withheld { dealer, by } => by.iter().chain([dealer]).cloned().collect(),
        }
    }
}

fn names(of: &BTreeSet<PartyId>) -> String {
    of.iter().map(|party| format!("`{party}`")).collect::<Vec<_>>().join(", ")
}
