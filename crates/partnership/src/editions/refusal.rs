//! Why an act about the log itself changes nothing.

use concordat_terms::{ActName, Digest, PartyId};

use crate::refusal::{list, refusals};

refusals! {
    /// A refusal of an act about the log itself.
    EditionRefusal {
        "takes-everybody" TakesEverybody { act: ActName, missing: Vec<PartyId> }
            told { "`{act}` takes the body that a gate names, or every party, and {} did not sign", list(missing) }
            then { format!("put a motion to the body that a gate before `{act}` names, or have everybody sign") },
        "rules-in-force" RulesInForce { rules: Digest }
            told { "the rules `{rules}` are in force" }
            then { "let it be" },
        "adopted-too-late" AdoptedTooLate { from: u64, earliest: u64 }
            told { "rules are adopted for entries to come, and entry {from} is before {earliest}" }
            then { format!("adopt them from entry {earliest} on or later, so that everybody can install them") },
        "bad-policy-quorum" BadQuorum { quorum: u64, of: u64 }
            told { "a quorum of {quorum} out of {of} lets two histories stand, or none" }
            then { "name a quorum of more than half of the witnesses" },
        "policy-quorum-too-large" QuorumTooLarge { quorum: u64, most: u64 }
            told { "a checkpoint has room for {most} cosignatures, and not for {quorum}" }
            then { format!("name so few witnesses that {most} of them are a quorum") },
        "no-equivocation" NoEquivocation { why: &'static str }
            told { "the two checkpoints prove no second history: {why}" }
            then { "report two checkpoints as the log signed them: of one size with different roots, or with the larger's other root between them" },
        "equivocation-known" EquivocationKnown { size: u64 }
            told { "these two histories at size {size} were reported before" }
            then { "let it be" },
    }
}
