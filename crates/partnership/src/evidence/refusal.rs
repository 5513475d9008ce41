//! Why a result does not count at a gate, or an act about testing changes nothing.

use concordat_evidence::recognition::{LabClass, Lacking};
use concordat_terms::{ClauseRef, Digest, MethodId, PartyId, RecognitionId, SeatId, Timestamp};

use crate::refusal::refusals;

refusals! {
    /// A refusal that is about tests.
    EvidenceRefusal {
        // What gates ask.
        "method-not-registered" MethodNotRegistered { clause: ClauseRef, method: MethodId, why: &'static str } by clause
            told { "clause `{clause}` wants a registered version of the method `{method}`, and {why}" }
            then { format!("register the version (`method.register`), or have the test by `{method}` repeated by one that is") },
        "lab-not-accredited" LabNotAccredited { clause: ClauseRef, lab: PartyId, method: MethodId, why: &'static str } by clause
            told { "clause `{clause}` wants an accredited lab, and `{lab}` was none for `{method}` when the test ended: {why}" }
            then { "have an accredited lab test, or have this one accredited first (`lab.accredit`)" },
        "lab-not-independent" LabNotIndependent { clause: ClauseRef, lab: PartyId, is: LabClass, needs: LabClass } by clause
            told { "clause `{clause}` wants a lab that is at least {needs} to the maker, and `{lab}` is {is}" }
            then { "have a lab test that stands further apart" },
        "needs-plan" NeedsPlan { clause: ClauseRef, method: MethodId, why: String } by clause
            told { "clause `{clause}` wants a test by `{method}` as it was planned, and {why}" }
            then { "register the plan first (`plan.register`), then test and name it" },
        "reply-pending" ReplyPending { clause: ClauseRef, evidence: u64, until: Timestamp } by clause
            told { "the result of entry {evidence} may be replied to until {until}, and clause `{clause}` waits for that" }
            then { "wait for the reply (`evidence.reply`), or until the time is over" },
        "evidence-expired" EvidenceExpired { clause: ClauseRef, method: MethodId, until: Timestamp } by clause
            told { "the result by `{method}` that clause `{clause}` wants was valid until {until}" }
            then { format!("have the test by `{method}` repeated") },
        "not-recognised" NotRecognised { clause: ClauseRef, evidence: u64, lacks: Vec<Lacking> } by clause
            told { "the result of entry {evidence} from elsewhere does not count at clause `{clause}`: {}", lacking(lacks) }
            then { "have the test made here, or agree on a rule that recognises it (`recognition.adopt`)" },
        "needs-top-up" NeedsTopUp { clause: ClauseRef, evidence: u64, by: SeatId, methods: Vec<MethodId> } by clause
            told { "the result of entry {evidence} from elsewhere counts at clause `{clause}` once `{by}` has tested by {} besides", methods_of(methods) }
            then { format!("ask seat `{by}` for these tests (`evidence.submit`)") },

        // What is filed.
        "not-tested-yet" NotTestedYet { tested: Timestamp, now: Timestamp }
            told { "the test ends at {tested}, and it is {now}" }
            then { "file the result once the test has ended" },
        "lab-suspended" LabSuspended { lab: PartyId, from: Timestamp, index: u64 }
            told { "`{lab}` is suspended as a lab for tests from {from} on, by entry {index}" }
            then { "have another lab test, or have the lab accredited anew (`lab.accredit`)" },
        "unknown-plan" UnknownPlan { plan: Digest }
            told { "no plan `{plan}` is registered" }
            then { "register the plan before the test (`plan.register`)" },
        "plan-after-test" PlanAfterTest { plan: Digest, registered: Timestamp, tested: Timestamp }
            told { "plan `{plan}` was registered at {registered}, and the test ended at {tested}" }
            then { "file the result without the plan, or test anew under it" },
        "not-of-plan" NotOfPlan { plan: Digest, what: &'static str }
            told { "plan `{plan}` is for another {what}" }
            then { "name the plan of this very test, or none" },

        // What is registered, accredited and adopted.
        "bad-accreditation" BadAccreditation { lab: PartyId, what: &'static str }
            told { "this is no accreditation of `{lab}`: {what}" }
            then { "name 1 to 1,000 methods, and a time that begins before it ends" },
        "unknown-lab" UnknownLab { lab: PartyId }
            told { "`{lab}` has no accreditation that could be suspended" }
            then { "name a lab that is accredited (`lab.accredit`) and not suspended" },
        "version-differs" VersionDiffers { method: MethodId, version: String }
            told { "version `{version}` of the method `{method}` is registered with another text or family" }
            then { "register another version" },
        "bad-plan" BadPlan { plan: Digest }
            told { "plan `{plan}` names no metric, or more than 1,000" }
            then { "name what will be measured" },
        "bad-rule" BadRule { recognition: RecognitionId, what: &'static str }
            told { "rule `{recognition}` cannot be adopted: {what}" }
            then { "mend the rule and adopt that" },
        "unknown-recognition" UnknownRecognition { recognition: RecognitionId }
            told { "no rule `{recognition}` was adopted" }
            then { "name a rule that was adopted (`recognition.adopt`)" },
        "recognition-revoked" RecognitionRevoked { recognition: RecognitionId, since: Timestamp }
            told { "rule `{recognition}` was revoked at {since}" }
            then { "nothing: it counts no more" },

        // What becomes of results.
        "unknown-evidence" UnknownEvidence { evidence: u64 }
            told { "entry {evidence} filed no result" }
            then { "name the index of the entry that filed it (`evidence.submit`)" },
        "evidence-withdrawn" EvidenceWithdrawn { evidence: u64, at: Timestamp }
            told { "the result of entry {evidence} was taken back at {at}" }
            then { "nothing: no gate stands on it any more" },
        "not-your-evidence" NotYourEvidence { evidence: u64, by: PartyId }
            told { "the result of entry {evidence} was filed by `{by}`" }
            then { format!("ask `{by}` to take it back, or reply to it (`evidence.reply`)") },
        "own-evidence" OwnEvidence { evidence: u64, by: PartyId }
            told { "`{by}` filed the result of entry {evidence} itself" }
            then { "file a better result, or take this one back (`evidence.withdraw`)" },
        "already-replied" AlreadyReplied { evidence: u64, by: PartyId }
            told { "`{by}` has replied to the result of entry {evidence}" }
            then { "nothing: the first reply stands" },
    }
}

/// The fields of a report for which it does not count.
fn lacking(fields: &[Lacking]) -> String {
    if fields.is_empty() {
        return "no rule speaks of it".to_owned();
    }
    let names: Vec<String> = fields.iter().map(|field| format!("`{field}`")).collect();
    format!("its {} fails", names.join(", "))
}

fn methods_of(methods: &[MethodId]) -> String {
    let names: Vec<String> = methods.iter().map(|method| format!("`{method}`")).collect();
    names.join(", ")
}
