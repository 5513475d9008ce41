//! Why an act about a condition changes nothing.

use concordat_terms::{ClauseRef, PartyId};

use crate::refusal::{list, refusals};

refusals! {
    /// A refusal of an act about conditions.
    ConditionRefusal {
        "unknown-condition" UnknownCondition { condition: ClauseRef }
            told { "the agreement in force has no condition `{condition}`" }
            then { "name a `condition` clause of the agreement in force" },
        "condition-state" State { condition: ClauseRef, is: &'static str } by condition
            told { "condition `{condition}` is {is}, and nothing waits for it" }
            then { "let it be" },
        "not-theirs-to-waive" NotTheirsToWaive { condition: ClauseRef, missing: Vec<PartyId> } by condition
            told { "condition `{condition}` is for those to waive whom it names, and {} did not sign", list(missing) }
            then { "have all of them sign" },
    }
}
