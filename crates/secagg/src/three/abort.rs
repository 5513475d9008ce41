//! Why an attempt is left, and why one message does not count.

use concordat_terms::PartyId;

use super::{Role, Step};
use crate::BadVector;

/// An offer that cannot be right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadOffer {
    /// The aggregator did not sign it, in this session.
    #[error("the key of the {role} aggregator is not signed by it in this session")]
    Signature {
        /// Whose.
        role: Role,
    },
    /// A key of small order, spelled in another way, or another aggregator's.
    #[error("the {role} aggregator offers a weak key or one that another key equals")]
    Key {
        /// Whose.
        role: Role,
    },
}

/// Fewer contributors than must stay: no sum is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{have} contributors at {step} are fewer than the {need} that must stay")]
pub struct TooFew {
    /// The step.
    pub step: Step,
    /// How many there are.
    pub have: usize,
    /// m.
    pub need: usize,
}

/// Why a contributor or an aggregator leaves the attempt; its secrets are gone then.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Abort {
    /// The contributor is not in the roster.
    #[error("`{party}` is not in the roster")]
    NotInRoster {
        /// Who.
        party: PartyId,
    },
    /// The ledger key is not the one of the session.
    #[error("this is not the ledger key of `{name}` in the session")]
    NotMyKey {
        /// The contributor, or the role of the aggregator.
        name: String,
    },
    /// An offer that cannot be right.
    #[error(transparent)]
    Offer(#[from] BadOffer),
    /// The contributor's own vector cannot be masked.
    #[error(transparent)]
    Vector(#[from] BadVector),
    /// What this aggregator said is missing or was replaced.
    #[error("what comes after {step} leaves out or alters what the {role} aggregator said")]
    LeftOut {
        /// Whose.
        role: Role,
        /// The step answered.
        step: Step,
    },
    /// An aggregator did not sign this, in this session: another list, roster or attempt.
    #[error("the {step} signature of the {role} aggregator does not hold for this")]
    BadSignature {
        /// Whose.
        role: Role,
        /// The step.
        step: Step,
    },
    /// Too few contributors.
    #[error(transparent)]
    TooFew(#[from] TooFew),
    /// Words that have to be taken off the sum are missing, or not those that were signed.
    #[error("the words of `{party}` are missing, or are not those it signed")]
    OtherVector {
        /// Whose.
        party: PartyId,
    },
    /// A contributor's key that no honest one has; checked when it arrived.
    #[error("`{party}` contributes under a weak key")]
    BadKey {
        /// Whose.
        party: PartyId,
    },
}

/// Why one contribution does not count; the aggregator goes on without it.
///
/// In [`Rejected::NotInRoster`], [`Rejected::Duplicate`] and [`Rejected::BadSignature`] the sender
/// is only claimed. In [`Rejected::NothingSigned`] and [`Rejected::OtherVector`] somebody else may
/// have sent the words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Rejected {
    /// The sender is not in the roster.
    #[error("`{from}` is not in the roster")]
    NotInRoster {
        /// The claimed sender.
        from: PartyId,
    },
    /// Words arrived of somebody who signed nothing yet.
    #[error("`{from}` has signed no contribution yet")]
    NothingSigned {
        /// Whose words.
        from: PartyId,
    },
    /// A contribution of this sender already counts.
    #[error("`{from}` already contributed")]
    Duplicate {
        /// The claimed sender.
        from: PartyId,
    },
    /// The signature does not hold for this content in this session.
    #[error("the signature of `{from}` does not hold in this session")]
    BadSignature {
        /// The claimed sender.
        from: PartyId,
    },
    /// The sender was shown other keys of the aggregators: one of them offered two.
    #[error("`{from}` was shown other keys of the aggregators than this one")]
    OtherOffers {
        /// The sender.
        from: PartyId,
    },
    /// A key of small order, or spelled in another way.
    #[error("`{from}` contributes under a weak key")]
    BadKey {
        /// The sender.
        from: PartyId,
    },
    /// The words that arrived are not the vector that was signed, or not all of it.
    #[error("the words that arrived of `{from}` are not those it signed")]
    OtherVector {
        /// Whose.
        from: PartyId,
    },
}
