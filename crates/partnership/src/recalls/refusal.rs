//! Why an act about what is taken out of service changes nothing.

use concordat_terms::{Digest, PartyId, PlaceId};

use crate::refusal::refusals;

refusals! {
    /// A refusal of an act about releases and places that are taken out of service.
    RecallRefusal {
        "nothing-before" NothingBefore { model: Digest }
            told { "no release of the same asset came before model `{model}` and stands" }
            then { "take it out of service with nothing in its place (`release.retire`)" },
        "place-suspended" PlaceSuspended { place: PlaceId, party: PartyId, index: u64 }
            told { "place `{place}` of `{party}` is suspended since entry {index}" }
            then { "work at another place, or have the suspension lifted (`place.resume`)" },
        "place-in-use" PlaceInUse { place: PlaceId, party: PartyId }
            told { "place `{place}` of `{party}` is not suspended" }
            then { "let it be" },
    }
}
