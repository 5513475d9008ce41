//! Why a sum is not proved.

use concordat_terms::PartyId;

use crate::Step;

/// Why a transcript does not prove its sum.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// Somebody appears in a list without belonging there.
    #[error("`{party}` appears in {step} without having been there before")]
    Stranger {
        /// Who.
        party: PartyId,
        /// The round.
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
    /// A key is weak, spelled in another way, or appears twice.
    #[error("`{party}` advertises a weak key or one that another key equals")]
    BadKey {
        /// Whose.
        party: PartyId,
    },
    /// Too few survivors, or signatures under their list.
    #[error("{have} are left after {step}, and {need} are needed")]
    TooFew {
        /// The round.
        step: Step,
        /// How many.
        have: usize,
        /// m, or t for signatures.
        need: usize,
    },
    /// An upload has another shape, or was masked for other clients.
    #[error("the upload of `{party}` has another shape or other peers")]
    OtherUpload {
        /// Whose.
        party: PartyId,
    },
    /// A secret is missing, superfluous, or not the one committed to.
    #[error("the opened secret of `{party}` is not the one it committed to")]
    OtherSecret {
        /// Whose.
        party: PartyId,
    },
    /// The published sum is not the sum of the messages.
    #[error(
        "the published sum differs from the messages' sum at {count} elements, first at {first}"
    )]
    OtherSum {
        /// How many elements differ.
        count: usize,
        /// The first of them.
        first: usize,
    },
    /// Words or chunk digests do not fit the upload that was signed, or are missing.
    #[error("the words shown of `{party}` are not of the vector it signed")]
    OtherChunk {
        /// Whose.
        party: PartyId,
    },
}

impl Mismatch {
    /// The same, of a sum whose elements begin `by` places further on.
    pub(crate) fn moved(self, by: usize) -> Self {
        match self {
            Self::OtherSum { count, first } => Self::OtherSum { count, first: first + by },
            other => other,
        }
    }
}
