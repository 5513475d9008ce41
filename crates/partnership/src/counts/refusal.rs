//! Why a count changes nothing.

use concordat_terms::PartyId;

use crate::refusal::refusals;

refusals! {
    /// A refusal of a count of acts that were turned away.
    CountRefusal {
        "counts-nothing" CountsNothing { party: PartyId }
            told { "it says that nothing of `{party}` was turned away" }
            then { "count what was turned away, and nothing else" },
        "count-interval" CountInterval { party: PartyId, why: &'static str }
            told { "what was turned away of `{party}` is not counted over this time: {why}" }
            then { "count it once, over a time on one day that is over" },
    }
}
