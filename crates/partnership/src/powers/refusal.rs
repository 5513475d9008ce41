//! Why what is done by powers, or about them, changes nothing.

use concordat_terms::{BodyId, ClauseRef};

use crate::duties::DutyId;
use crate::refusal::refusals;

refusals! {
    /// A refusal of what is done by powers, or about them.
    PowerRefusal {
        "unknown-use" UnknownUse { used: u64 }
            told { "entry {used} used no power" }
            then { "name the entry by which the power was used" },
        "use-state" State { used: u64, is: &'static str }
            told { "what entry {used} did by a power is {is}" }
            then { "let it be: what lapsed can be done anew" },
        "ratified-elsewhere" RatifiedElsewhere { used: u64, body: BodyId, clause: ClauseRef } by clause
            told { "clause `{clause}` leaves it to the body `{body}` to ratify what entry {used} did" }
            then { format!("put a motion to `{body}` and execute it once it has succeeded") },
        "glass-broken" GlassBroken { duty: DutyId, clause: ClauseRef } by clause
            told { "clause `{clause}` broke glass before, and `{duty}`, the review of that, is not done" }
            then { format!("discharge `{duty}` first, or meet what the gates ask") },
    }
}
