//! Why a determination, or a request for correction, changes nothing.

use concordat_terms::{ClauseRef, PartyId};

use crate::refusal::refusals;

refusals! {
    /// A refusal of a determination, or of a request for correction.
    RulingRefusal {
        "no-corrections" NoCorrections
            told { "no instrument of the agreement in force says within what time a correction may be asked for" }
            then { "agree on `correction_within` in the instrument, or take it to whom the agreement names" },
        "correction-too-late" CorrectionTooLate { verdict: u64, clause: ClauseRef } by clause
            told { "the time that clause `{clause}` gives to ask for a correction of the verdict on entry {verdict} is over, or there is no such entry" }
            then { "take it to whom the agreement names, and have the ruling entered (`determination.enter`)" },
        "correction-state" CorrectionState { verdict: u64, is: &'static str }
            told { "the correction of the verdict on entry {verdict} was asked for or determined, and is {is}" }
            then { "wait for the determination, or keep to it" },
        "not-affected" NotAffected { verdict: u64, party: PartyId }
            told { "the verdict on entry {verdict} does not affect `{party}`" }
            then { "leave it to the parties that the entry is about" },
        "nothing-to-rule" NothingToRule { verdict: u64 }
            told { "nobody asked for a correction of the verdict on entry {verdict}, and it was not stayed" }
            then { "let it be: it stands" },
        "refusal-stands" RefusalStands { verdict: u64, code: String }
            told { "entry {verdict} was refused as `{code}`, and that refusal is not set aside" }
            then { "bring the act again as the refusal asks; amend the agreement if that is wrong" },
        "cannot-be-undone" CannotBeUndone { verdict: u64 }
            told { "what entry {verdict} did cannot be undone by a compensating change" }
            then { "do what the ruling says by acts of its own, and rule on clauses and duties" },
        "not-stayed" NotStayed { clause: ClauseRef }
            told { "clause `{clause}` is not stayed" }
            then { "leave it out of `lifted`" },
    }
}
