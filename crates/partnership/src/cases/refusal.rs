//! Why an act about a case, a hold, a risk or a regime changes nothing.

use concordat_evidence::name::{Fact, PackId};
use concordat_terms::{AssetId, CaseId, ClauseId, ClauseRef, Digest, PartyId, RiskId, Timestamp};

use crate::refusal::{list, refusals};

refusals! {
    /// A refusal of an act about cases, drills, holds, risks and regimes.
    CaseRefusal {
        // Opening.
        "aware-ahead" AwareAhead { at: Timestamp, now: Timestamp }
            told { "the parties would have become aware of it at {at}, and it is {now}" }
            then { "name when the first of you became aware of it" },
        "no-kind" NoKind
            told { "the incident is of no kind" }
            then { "name at least one kind, in the words of the packs (`docs/reference/regimes.md`)" },
        "nobody-against" NobodyAgainst { case: CaseId }
            told { "case `{case}` is against nobody but who opens it" }
            then { "name the parties that it is against" },
        "no-ladder" NoLadder { kind: String }
            told { "no clause says who decides about cases of the kind `{kind}`" }
            then { format!("agree on a clause `ladder` with `cases = [\"{kind}\"]`") },
        "no-liability" NoLiability { clause: ClauseRef }
            told { "`{clause}` is no clause on liability of the agreement in force" }
            then { "name a clause of the kind `liability` as `module/clause`" },
        "other-currency" OtherCurrency { clause: ClauseRef, named: String, cap: String } by clause
            told { "the amount is in {named}, and the cap of clause `{clause}` is {cap}" }
            then { "state all amounts in the currency of the cap" },
        "unknown-head" UnknownHead { head: u32, heads: u32, clause: ClauseRef } by clause
            told { "clause `{clause}` carves out {heads} heads, and the amount names number {head}" }
            then { "number the heads as `uncapped` lists them, from 1" },
        "exit-running" ExitRunning { case: CaseId }
            told { "this exit runs already as case `{case}`" }
            then { "go on with that case" },

        // What is open.
        "unknown-case" UnknownCase { case: CaseId }
            told { "there is no case `{case}`" }
            then { "open it first (`case.open`)" },
        "case-state" CaseState { case: CaseId, is: &'static str, needs: &'static str }
            told { "case `{case}` is {is}, and must be {needs}" }
            then { format!("name a case that is {needs}") },
        "other-kind" OtherKind { case: CaseId, is: &'static str, what: &'static str }
            told { "case `{case}` is of the kind `{is}`, which has no {what}" }
            then { format!("leave {what} out") },
        "nothing-filed" NothingFiled { case: CaseId }
            told { "nothing is filed in case `{case}`" }
            then { "name a fact, evidence, a kind, a measure or a fate" },
        "not-recorded-against" NotRecordedAgainst { case: CaseId, entry: u64, party: PartyId }
            told { "entry {entry} of case `{case}` records nothing against `{party}`, and nobody asks it there" }
            then { "name the entry that opened the case, or filed the fact" },
        "no-such-stage" NoSuchStage { case: CaseId, to: ClauseId, at: String }
            told { "case `{case}` is at {at}, and no later stage is called `{to}`" }
            then { "name a later stage of its ladder" },
        "not-the-decider" NotTheDecider { case: CaseId, at: String, decider: String }
            told { "case `{case}` is at {at}, where `{decider}` decides" }
            then { format!("leave it to `{decider}`, or have all parties to the case sign") },

        "parties-silent" PartiesSilent { case: CaseId, silent: Vec<PartyId> }
            told { "claim `{case}` goes through no stages, and {}", not_agreed(silent) }
            then { "have all parties to the claim sign, or have a body decide it (`motion.propose`)" },

        // Clocks.
        "unknown-clock" UnknownClock { case: CaseId, clock: u32, clocks: u32 }
            told { "case `{case}` has {clocks} clocks, and no number {clock}" }
            then { "number the clocks as `concordat cases` lists them, from 1" },
        "clock-state" ClockState { case: CaseId, clock: u32, is: &'static str }
            told { "clock {clock} of case `{case}` is {is}" }
            then { "report to a clock that waits for it" },
        "not-the-clocks-owner" NotTheClocksOwner { case: CaseId, clock: u32, owners: Vec<PartyId> }
            told { "clock {clock} of case `{case}` is for {} to answer", list(owners) }
            then { format!("leave it to {}", list(owners)) },
        "not-at-first" NotAtFirst { case: CaseId, clock: u32, row: String }
            told { "`{row}` takes no first report that is not complete" }
            then { "file the whole report" },
        "facts-missing" FactsMissing { case: CaseId, clock: u32, missing: Vec<Fact> }
            told { "the report on clock {clock} of case `{case}` has to tell {}", words(missing) }
            then { "file these facts first (`case.fact`), or a first report where the regime takes one" },
        "clocks-open" ClocksOpen { case: CaseId, clocks: Vec<u32> }
            told { "clocks of case `{case}` are open: {}", numbers(clocks) }
            then { "answer them first (`case.report`)" },

        // Closing.
        "review-missing" ReviewMissing { case: CaseId }
            told { "incident `{case}` was not reviewed" }
            then { "name the `review` of what happened and what was learned" },
        "redress-missing" RedressMissing { case: CaseId }
            told { "nothing was decided about redress for incident `{case}`" }
            then { "name the decision on `redress`, also where there is none" },
        "consultation-open" ConsultationOpen { case: CaseId, parties: Vec<PartyId> }
            told { "{} were consulted about `{case}` and have not replied", list(parties) }
            then { "wait for their replies (`case.reply`), or for the end of the first stage" },
        "release-missing" ReleaseMissing { case: CaseId }
            told { "records request `{case}` ends without a release" }
            then { "name the `release`: the bundle, with what is exempt left out" },
        "fate-missing" FateMissing { case: CaseId, asset: AssetId, holder: PartyId, more: u32 }
            told { "nothing is known of what became of `{asset}` at `{holder}`, and of {more} others" }
            then { "file the fate of each asset at each holder (`case.fact`)" },
        "not-listed" NotListed { case: CaseId, asset: AssetId, holder: PartyId }
            told { "exit `{case}` does not list `{asset}` at `{holder}`" }
            then { "name an asset and its holder as the case lists them" },
        "holder-differs" NotTheHolder { asset: AssetId, holder: PartyId }
            told { "`{holder}` itself says that it has deleted `{asset}`, and has not signed" }
            then { format!("have `{holder}` file it") },
        "deletion-not-attested" NotAttested { asset: AssetId, holder: PartyId }
            told { "`{holder}` has not attested by this that it deleted all that it holds of `{asset}`" }
            then { format!("have `{holder}` attest it for every version that it holds (`deletion.attest`), and file that evidence") },
        "exit-unsettled" Unsettled { case: CaseId, account: ClauseRef, party: Option<PartyId> }
            told { "exit `{case}` settles accounts, and `{account}` {}", left(party.as_ref()) }
            then { match party { Some(_) => "record the payments first (`payment.record`)", None => "close it first (`account.settle`)" } },
        "settlement-missing" SettlementMissing { case: CaseId }
            told { "exit `{case}` ends without a settlement of accounts" }
            then { "name the `settlement`" },
        "duties-open" DutiesOpen { case: CaseId, duty: String }
            told { "something is still owed: `{duty}`" }
            then { "have every duty done, waived or ended first (`concordat duties`)" },
        "cases-open" CasesOpen { case: CaseId, other: CaseId }
            told { "case `{other}` is still open" }
            then { "close it first" },
        "not-left" NotLeft { case: CaseId, party: PartyId }
            told { "`{party}` has not left yet" }
            then { "have it leave first (`party.withdraw`)" },

        // Holds.
        "held" Held { asset: AssetId, hold: u64 }
            told { "`{asset}` is kept as evidence, under hold {hold}" }
            then { "leave it as it is until the hold is lifted (`hold.lift`)" },
        "holds-nothing" HoldsNothing
            told { "it names neither an asset nor papers, or a version of no asset" }
            then { "name what is to be kept" },
        "unknown-hold" UnknownHold { hold: u64 }
            told { "there is no hold {hold} that stands" }
            then { "name a hold as `concordat cases` lists them" },
        "hold-stands" HoldStands { hold: u64, case: CaseId, clock: u32 }
            told { "hold {hold} stands until clock {clock} of case `{case}` is answered" }
            then { "inform the authority first (`case.report`)" },

        // Risks.
        "unknown-risk" UnknownRisk { risk: RiskId }
            told { "there is no open risk `{risk}`" }
            then { "open it first (`risk.open`)" },
        "bad-rating" BadRating { value: u8, most: u8 }
            told { "{value} is no rating from 1 to {most}" }
            then { "rate from 1, the lowest" },
        "needs-body" NeedsBody
            told { "how high risks may be is for a body to say" }
            then { "put a motion to a body and execute it (`motion.propose`)" },

        // Regimes.
        "regime-unreadable" RegimeUnreadable { pack: Digest, count: usize, first: String }
            told { "`{pack}` is no pack of a regime: {first} (findings: {count})" }
            then { "adopt a text that `concordat` reads as a pack" },
        "regime-adopted" RegimeAdopted { pack: PackId, version: String }
            told { "`{pack}` {version} is adopted already" }
            then { "adopt another version" },
    }
}

fn left(party: Option<&PartyId>) -> String {
    party.map_or("is open".to_owned(), |party| format!("has something owed by or to `{party}`"))
}

fn words(facts: &[Fact]) -> String {
    let names: Vec<String> = facts.iter().map(|fact| format!("`{fact}`")).collect();
    names.join(", ")
}

fn numbers(clocks: &[u32]) -> String {
    let names: Vec<String> = clocks.iter().map(ToString::to_string).collect();
    names.join(", ")
}

/// Who has not agreed to how a claim ends.
fn not_agreed(silent: &[PartyId]) -> String {
    match silent {
        [] => "nobody stands on its other side who could agree".to_owned(),
        silent => format!("{} did not sign how it ends", list(silent)),
    }
}
