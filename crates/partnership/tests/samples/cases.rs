//! Samples of what is refused about cases, drills, holds, risks and regimes.

use concordat_partnership::CaseRefusal;

use crate::{a, digest, parties, refusals};

refusals! {
    CaseRefusal;
    "Cases": {
        AwareAhead { at: a("2027-02-01T08:00:00Z"), now: a("2027-01-01T08:00:00Z") }
            "Clocks start when the parties became aware, or a request was received; that lies behind them.";
        NoKind {}
            "What no pack has a word for starts no clock. An incident is opened under one kind at least; more can be filed later.";
        NobodyAgainst { case: a("late-sums") }
            "A dispute or claim is between who opens it and others.";
        NoLadder { kind: "dispute".to_owned() }
            "A dispute is decided stage by stage, by whom a `ladder` clause names. Without one nobody would decide it.";
        NoLiability { clause: a("governance/council") }
            "A claim is held against one clause on liability.";
        OtherCurrency { clause: a("risk/harm"), named: "USD 100".to_owned(), cap: "EUR 50000".to_owned() }
            "Nothing here knows a rate of exchange.";
        UnknownHead { head: 3, heads: 1, clause: a("risk/harm") }
            "An amount that no cap limits names what the clause carves out, by its place in `uncapped`.";
        ExitRunning { case: a("vendor-leaves") }
            "Of one exit there is one case.";
        UnknownCase { case: a("breach") }
            "Nobody has opened a case of that name.";
        CaseState { case: a("breach"), is: "closed", needs: "open" }
            "What is closed takes nothing more but replies; a drill is ended by `drill.end`, a case closed by `case.close`.";
        OtherKind { case: a("late-sums"), is: "dispute", what: "award" }
            "Each kind of case has its own: an incident kinds, measures, review and redress, a claim an award, a records request a release and exemptions, an exit fates and a settlement.";
        NothingFiled { case: a("breach") }
            "The act names nothing.";
        NotRecordedAgainst { case: a("breach"), entry: 12, party: a("birch") }
            "Whom something is recorded against replies to it, and who is consulted about records; nobody else.";
        NoSuchStage { case: a("late-sums"), to: a("negotiation"), at: "stage `mediation`".to_owned() }
            "A case goes up its ladder and never down, by the stages that its clause had when the case was opened.";
        NotTheDecider { case: a("late-sums"), at: "stage `mediation`".to_owned(), decider: "mediator".to_owned() }
            "At each stage one seat or body decides, a body by its motion. All parties to the case may end it together, and each may go on to the next stage.";
        PartiesSilent { case: a("late-sums"), silent: vec![a("vendor")] }
            "No ladder names who decides about such claims. Then a sum is awarded by the signatures of who brought the claim and whom it is against, or by a body's motion, and who brought it drops it; a party that has left has signed nothing, and who follows the other side agrees with nobody.";
    }
    "Clocks of cases": {
        UnknownClock { case: a("breach"), clock: 9, clocks: 3 }
            "Clocks are numbered in the order in which they started.";
        ClockState { case: a("breach"), clock: 1, is: "closed" }
            "What was answered, is not owed or was superseded takes no report; a first report is filed once.";
        NotTheClocksOwner { case: a("breach"), clock: 1, owners: parties(&["alder"]) }
            "A regime has a clock answered by whoever has the role that it names; the `roles` of seats say who that is.";
        NotAtFirst { case: a("breach"), clock: 1, row: "GDPR-34".to_owned() }
            "The regime takes the whole report and no part of it.";
        FactsMissing { case: a("breach"), clock: 1, missing: vec![a("what-happened")] }
            "The regime's template lists what a report tells, at first and in whole.";
        ClocksOpen { case: a("breach"), clocks: vec![1, 3] }
            "A case closes when every clock of it is answered; a drill ends when none runs any more.";
    }
    "Closing cases": {
        ReviewMissing { case: a("breach") }
            "An incident closes with a review of what happened and what was learned.";
        RedressMissing { case: a("breach") }
            "An incident closes with a decision on redress for those whom it harmed, be it that none is due.";
        ConsultationOpen { case: a("request-7"), parties: parties(&["vendor"]) }
            "Who is consulted about records replies, or lets the first stage of the ladder pass.";
        ReleaseMissing { case: a("request-7") }
            "A request ends with a release: the bundle, without the passages that are exempt.";
        FateMissing { case: a("the-end"), asset: a("heart-rows"), holder: a("alder"), more: 3 }
            "An exit says of every asset at every holder what became of it.";
        NotListed { case: a("the-end"), asset: a("heart-rows"), holder: a("vendor") }
            "The exit lists who holds what, as the agreement had it when the case was opened.";
        NotTheHolder { asset: a("heart-rows"), holder: a("alder") }
            "That something was deleted says who held it, and nobody for it.";
        NotAttested { asset: a("heart-rows"), holder: a("alder") }
            "That something is gone is shown by its holder's own `deletion.attest`, with the evidence that is filed, and by its holding no version any more.";
        Unsettled { case: a("the-end"), account: a("risk/harm"), party: Some(a("vendor")) }
            "A settlement settles: nothing is owed under any clause any more by or to who leaves, and at the end of all no account is open.";
        SettlementMissing { case: a("the-end") }
            "An exit ends with a settlement of accounts.";
        DutiesOpen { case: a("the-end"), duty: "exit/delete-copies:vendor:412".to_owned() }
            "Who leaves has done what it owes; at the end of the partnership nothing is owed by anybody.";
        CasesOpen { case: a("the-end"), other: a("breach") }
            "No exit leaves a case behind that is open: of a party that leaves, one against it or with a clock of its own.";
        NotLeft { case: a("vendor-leaves"), party: a("vendor") }
            "A partial exit closes once the party is gone; the rest goes on.";
    }
    "Evidence holds": {
        Held { asset: a("risk-model"), hold: 1 }
            "What is kept as evidence is not deleted, altered, transferred or put to use; the clocks of duties to delete stand still meanwhile.";
        HoldsNothing {}
            "A hold is on an asset, one version of it, or on papers: commitments and blobs that statements name.";
        UnknownHold { hold: 7 }
            "There is no hold of that number, or it was lifted.";
        HoldStands { hold: 1, case: a("harm"), clock: 2 }
            "A regime has the model left as it is until the authority was told (Regulation (EU) 2024/1689, Art. 73(6)).";
    }
    "Risks": {
        UnknownRisk { risk: a("drift") }
            "No open line of the register has that name.";
        BadRating { value: 9, most: 5 }
            "Likelihood and impact are rated from 1 to 5, the appetite from 1 to 25.";
        NeedsBody {}
            "How much risk is accepted no party says alone.";
    }
    "Regimes": {
        RegimeUnreadable { pack: digest("pack"), count: 1, first: "pack.toml:1:1: missing field `id`".to_owned() }
            "The text is not a pack: docs/reference/regimes.md has the format.";
        RegimeAdopted { pack: a("eu-gdpr"), version: "2026.11".to_owned() }
            "The same bytes are adopted once.";
    }
}
