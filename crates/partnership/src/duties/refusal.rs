//! Why an act about a duty or a notice changes nothing.

use concordat_terms::{ActName, ClauseRef, PartyId};

use super::DutyId;
use crate::refusal::{list, refusals};

refusals! {
    /// A refusal of an act about duties and notices.
    DutyRefusal {
        "unknown-duty" UnknownDuty { duty: DutyId }
            told { "nobody owes `{duty}` under the agreement in force" }
            then { "name a duty as `concordat duties` lists it" },
        "duty-state" State { duty: DutyId, is: &'static str, needs: String }
            told { "duty `{duty}` is {is}, and must be {needs}" }
            then { format!("act while the duty is {needs}") },
        "not-the-owner" NotTheOwner { duty: DutyId, party: PartyId, owner: PartyId }
            told { "duty `{duty}` is owed by `{owner}`, and not by `{party}`" }
            then { format!("ask `{owner}`") },
        "not-an-addressee" NotAnAddressee { duty: DutyId, missing: Vec<PartyId>, clause: ClauseRef } by clause
            told { "duty `{duty}` is for those to let go to whom it is owed, and {} did not sign", list(missing) }
            then { format!("have all to whom `{clause}` owes it sign, or the body that may decide it") },
        "discharged-otherwise" DischargedOtherwise { duty: DutyId, by: ActName, clause: ClauseRef } by clause
            told { "clause `{clause}` has duty `{duty}` discharged by `{by}`" }
            then { format!("do `{by}`") },
        "figures-missing" FiguresMissing { duty: DutyId, missing: String, clause: ClauseRef } by clause
            told { "clause `{clause}` has duty `{duty}` report {missing}, and the act does not" }
            then { format!("add {missing} to `figures`") },
        "statutory-clock" StatutoryClock { duty: DutyId, clause: ClauseRef } by clause
            told { "the clock of duty `{duty}` is a statute's, which clause `{clause}` repeats" }
            then { "have the authority's order entered: a determination (`stayed`), or `duty.toll` by a party that does not owe it" },
        "own-order" OwnOrder { duty: DutyId, clause: ClauseRef } by clause
            told { "who owes what clause `{clause}` says does not enter an authority's order about duty `{duty}`" }
            then { "have it entered by a determination (`stayed`), or by a party that does not owe it" },
        "force-majeure-spent" ForceMajeureSpent { duty: DutyId, clause: ClauseRef } by clause
            told { "force majeure has stopped the clock of duty `{duty}` for as long as clause `{clause}` has it" }
            then { "ask those to whom it is owed for more time (`duty.extend`)" },
        "no-outage" NoOutage { duty: DutyId }
            told { "the log was never silent for longer than agreed while the clock of duty `{duty}` ran" }
            then { "claim another ground" },
        "unknown-party" UnknownParty { party: PartyId }
            told { "the agreement in force has no party `{party}`" }
            then { "name a party of the agreement in force" },
        "wrong-channel" WrongChannel { channel: &'static str, agreed: String, clause: ClauseRef } by clause
            told { "notice was given by `{channel}`, and clause `{clause}` has it given by {agreed}" }
            then { format!("give notice by {agreed}") },
        "ruling-does-nothing" RulingDoesNothing { duty: DutyId, is: &'static str }
            told { "nothing is ruled about duty `{duty}`, which is {is}" }
            then { "rule on duties that are owed or were discharged" },
        "unknown-notice" UnknownNotice { index: u64, party: PartyId }
            told { "entry {index} serves no notice to `{party}` that waits for an answer" }
            then { "name the entry that served the notice" },
    }
}
