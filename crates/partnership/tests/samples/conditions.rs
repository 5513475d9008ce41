//! Refusals of acts about conditions.

use concordat_partnership::ConditionRefusal;

use crate::{a, parties, refusals};

refusals! {
    ConditionRefusal;
    "Conditions": {
        UnknownCondition { condition: a("governance/ethics-first") }
            "No clause of the agreement in force is a condition of this name.";
        State { condition: a("governance/ethics-first"), is: "met" }
            "A condition that was met, waived or has lapsed is over.";
        NotTheirsToWaive { condition: a("governance/ethics-first"), missing: parties(&["birch"]) }
            "A condition is waived by all parties of the seats that its clause lets waive it, or by nobody.";
    }
}
