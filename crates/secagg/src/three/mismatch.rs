//! Why three shares are no sum.

use concordat_terms::PartyId;

use super::{BadOffer, Role, Step, TooFew};

/// Why a proof and three shares do not give a sum.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// An offer that cannot be right.
    #[error(transparent)]
    Offer(#[from] BadOffer),
    /// A contribution that its party did not sign, or that was made for other aggregators' keys.
    #[error("the contribution of `{party}` is not signed by it, or for other keys")]
    OtherContribution {
        /// Whose.
        party: PartyId,
    },
    /// Too few contributors.
    #[error(transparent)]
    TooFew(#[from] TooFew),
    /// An aggregator did not sign this, in this session.
    #[error("the {step} signature of the {role} aggregator does not hold in this session")]
    BadSignature {
        /// Whose.
        role: Role,
        /// The step.
        step: Step,
    },
    /// A share of the sum over another roster.
    #[error("the {role} aggregator's share is over another roster")]
    OtherRoster {
        /// Whose.
        role: Role,
    },
    /// The words of a share are missing, or not those that its aggregator signed.
    #[error("the words of the {role} aggregator's share are not those it signed")]
    OtherShare {
        /// Whose.
        role: Role,
    },
    /// The shares add up to more than their contributors may add: a contributor uploaded what no
    /// honest one does, which nobody can see in its words, or an aggregator's share is wrong.
    #[error(
        "{count} elements of the sum, first {first}, are beyond what {contributors} contributors may add up to: what one of them uploaded is out of range, or a share of an aggregator is wrong"
    )]
    OutOfRange {
        /// How many elements.
        count: usize,
        /// The first of them.
        first: usize,
        /// How many contributors the roster has.
        contributors: usize,
    },
}
