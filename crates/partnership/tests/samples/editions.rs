//! Samples of what is refused about the log itself.

use concordat_partnership::EditionRefusal;
use concordat_terms::ActName;

use crate::{digest, parties, refusals};

refusals! {
    EditionRefusal;
    "Rules, witnesses and histories": {
        TakesEverybody { act: ActName::RulesAdopt, missing: parties(&["birch", "lab"]) }
            "What the whole log stands on is changed by the body that a gate before the act names, or by every party.";
        RulesInForce { rules: digest("rules") }
            "The rules are those by which this very act was judged.";
        AdoptedTooLate { from: 77, earliest: 90 }
            "Rules are adopted for entries to come: nothing is judged twice.";
        BadQuorum { quorum: 2, of: 5 }
            "Two quorums always have a witness in common, so that no two histories get one each.";
        QuorumTooLarge { quorum: 64, most: 63 }
            "A checkpoint has 64 signatures at most, and one of them is the log's: a quorum of more than 63 could never cosign one.";
        NoEquivocation { why: "they have the same root" }
            "A second history is proved by two checkpoints of this log, both signed by its key: of one size with different roots, or of different sizes with the root that the larger had at the smaller's size, another than the smaller's, and the proof of that.";
        EquivocationKnown { size: 412 }
            "The same two roots were reported before.";
    }
}
