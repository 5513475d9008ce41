//! Samples of what is refused about releases and places that are taken out of service.

use concordat_partnership::RecallRefusal;

use crate::{a, digest, refusals};

refusals! {
    RecallRefusal;
    "Taking out of service": {
        NothingBefore { model: digest("model") }
            "A rollback goes back to the last model of the same asset that was released before and was not taken back itself.";
        PlaceSuspended { place: a("ward"), party: a("birch"), index: 77 }
            "Nothing new is registered or run at a place that is suspended, and it is suspended once.";
        PlaceInUse { place: a("ward"), party: a("birch") }
            "Only a suspended place is resumed.";
    }
}
