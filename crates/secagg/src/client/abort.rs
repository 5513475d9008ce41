//! Why a client leaves an attempt.

use concordat_terms::PartyId;

use crate::{BadVector, Step};

/// Why a client leaves the attempt: what the server showed it cannot be right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Abort {
    /// The client, or someone it was shown, is not in the roster.
    #[error("`{party}` is not in the roster")]
    NotInRoster {
        /// Who.
        party: PartyId,
    },
    /// The ledger key is not the one in the roster.
    #[error("this is not the ledger key of `{party}` in the roster")]
    NotMyKey {
        /// The client.
        party: PartyId,
    },
    /// The client's own message is missing or was replaced.
    #[error("the server's answer to {step} leaves out or alters what `{party}` sent")]
    LeftOut {
        /// The client.
        party: PartyId,
        /// The round answered.
        step: Step,
    },
    /// A signature does not hold in this session.
    #[error("the {step} signature of `{party}` does not hold in this session")]
    BadSignature {
        /// Whose.
        party: PartyId,
        /// The round.
        step: Step,
    },
    /// A key of small order, spelled in another way, or used twice.
    #[error("`{party}` advertises a weak key or one that another key equals")]
    BadKey {
        /// Whose.
        party: PartyId,
    },
    /// Somebody is listed who was not there in the round before.
    #[error("the list after {step} names `{party}`, who was not there before")]
    Stranger {
        /// Who.
        party: PartyId,
        /// The round answered.
        step: Step,
    },
    /// Too few are left.
    #[error("{have} clients or signatures after {step} are fewer than {need}")]
    TooFew {
        /// The round answered.
        step: Step,
        /// How many there are.
        have: usize,
        /// m, or t for signatures.
        need: usize,
    },
    /// The client's own vector cannot be masked.
    #[error(transparent)]
    Vector(#[from] BadVector),
}
