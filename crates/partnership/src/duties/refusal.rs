//! Why an act about a duty or a notice changes nothing.

use concordat_terms::{ActName, ClauseRef, PartyId};

use super::DutyId;
use crate::room::{Parties, refusals};

refusals! {
    /// A refusal of an act about duties and notices.
    DutyRefusal {
        UnknownDuty { duty: DutyId }
            "unknown-duty": "nobody owes `{duty}` under the agreement in force",
            "name a duty as `concordat duties` lists it";
        State { duty: DutyId, is: &'static str, needs: String }
            "duty-state": "duty `{duty}` is {is}, and must be {needs}",
            "act while the duty is {needs}";
        NotTheOwner { duty: DutyId, party: PartyId, owner: PartyId }
            "not-the-owner": "duty `{duty}` is owed by `{owner}`, and not by `{party}`",
            "ask `{owner}`";
        NotAnAddressee { duty: DutyId, missing: Parties, clause: ClauseRef } [clause]
            "not-an-addressee": "to whom duty `{duty}` is owed has not signed: {missing}",
            "have all to whom clause `{clause}` owes it sign, or the body that may decide it";
        DischargedOtherwise { duty: DutyId, by: ActName, clause: ClauseRef } [clause]
            "discharged-otherwise": "clause `{clause}` has duty `{duty}` discharged by `{by}`",
            "do `{by}`";
        StatutoryClock { duty: DutyId, clause: ClauseRef } [clause]
            "statutory-clock": "the clock of duty `{duty}` is a statute's, which clause `{clause}` repeats",
            "have the authority order it (ground `authority`)";
        NoOutage { duty: DutyId }
            "no-outage": "the log was never silent for longer than agreed while the clock of duty `{duty}` ran",
            "claim another ground";
        UnknownParty { party: PartyId }
            "unknown-party": "the agreement in force has no party `{party}`",
            "name a party of the agreement in force";
        UnknownNotice { index: u64, party: PartyId }
            "unknown-notice": "entry {index} serves no notice to `{party}` that waits for an answer",
            "name the entry that served the notice";
    }
}
