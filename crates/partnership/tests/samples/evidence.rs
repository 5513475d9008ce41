//! Samples of what is refused about methods, labs, plans, results and recognition.

use concordat_evidence::recognition::{LabClass, Lacking};
use concordat_partnership::EvidenceRefusal;

use crate::{a, digest, refusals};

refusals! {
    EvidenceRefusal;
    "Tests": {
        MethodNotRegistered { clause: a("release/tested-and-decided"), method: a("pooled-holdout-accuracy"), why: "the result names no version" }
            "A gate with `registered` counts tests by a version of the method that was registered when the test ended and not retired, and from which the lab did not deviate.";
        LabNotAccredited { clause: a("release/tested-and-decided"), lab: a("lab"), method: a("pooled-holdout-accuracy"), why: "the method is outside its scope" }
            "A gate with `accredited` or `lab` counts tests of labs that were accredited for the method when the test ended. What was tested before a suspension begins counts.";
        LabNotIndependent { clause: a("release/tested-and-decided"), lab: a("lab"), is: LabClass::FirstParty, needs: LabClass::Independent }
            "A lab is what its accreditation says; to what it made itself, or what somebody made who is under one control with it, it is `first-party`.";
        NeedsPlan { clause: a("release/tested-and-decided"), method: a("pooled-holdout-accuracy"), why: "the result names no plan".into() }
            "A gate with `planned` counts the metrics that a plan announced before the test, on as many cases at least.";
        ReplyPending { clause: a("release/tested-and-decided"), evidence: 77, until: a("2027-03-11T08:00:00Z") }
            "A gate with `reply` waits so long for whoever the result is about.";
        EvidenceExpired { clause: a("release/tested-and-decided"), method: a("pooled-holdout-accuracy"), until: a("2027-03-11T08:00:00Z") }
            "A lab may say until when it stands by a result.";
        NotRecognised { clause: a("release/tested-and-decided"), evidence: 77, lacks: vec![Lacking::LabCountry, Lacking::Tested] }
            "A result from elsewhere counts at a gate with `recognised` by a `recognise` clause of its method or by a rule that was adopted for that country. The fields are those of the report that the most favourable of them does not accept.";
        NeedsTopUp { clause: a("release/tested-and-decided"), evidence: 77, by: a("test-lab"), methods: vec![a("language-check")] }
            "A rule of recognition may ask for tests here besides.";
        NotTestedYet { tested: a("2027-03-11T08:00:00Z"), now: a("2027-03-10T08:00:00Z") }
            "A result says when the test ended.";
        LabSuspended { lab: a("lab"), from: a("2027-03-11T08:00:00Z"), index: 77 }
            "A suspended lab files no tests that ended after its suspension begins.";
        UnknownPlan { plan: digest("plan") }
            "A result names a plan that is in the log.";
        PlanAfterTest { plan: digest("plan"), registered: a("2027-03-11T08:00:00Z"), tested: a("2027-03-10T08:00:00Z") }
            "A plan that was made when the test had ended is none.";
        NotOfPlan { plan: digest("plan"), what: "method" }
            "A plan is for one lab and one method, and for one subject where it names it.";
        BadAccreditation { lab: a("lab"), what: "it ends before it begins" }
            "An accreditation is for methods and a time.";
        UnknownLab { lab: a("vendor") }
            "Only a lab that is accredited, and not suspended, is suspended.";
        VersionDiffers { method: a("pooled-holdout-accuracy"), version: "1.2".into() }
            "What a version of a method says stays; only its end is moved.";
        BadPlan { plan: digest("plan") }
            "A plan says what will be measured.";
        BadRule { recognition: a("uk-results"), what: "no result is young enough for it" }
            "A rule can recognise something.";
        UnknownRecognition { recognition: a("uk-results") }
            "Only what was adopted is revoked.";
        RecognitionRevoked { recognition: a("uk-results"), since: a("2027-03-11T08:00:00Z") }
            "A rule is revoked once, and its name is not used again.";
        UnknownEvidence { evidence: 77 }
            "A result is named by the entry that filed it.";
        EvidenceWithdrawn { evidence: 77, at: a("2027-03-11T08:00:00Z") }
            "What was taken back is not replied to and not taken back again.";
        NotYourEvidence { evidence: 77, by: a("lab") }
            "Only who filed a result takes it back.";
        OwnEvidence { evidence: 77, by: a("lab") }
            "A reply is somebody else's.";
        AlreadyReplied { evidence: 77, by: a("vendor") }
            "A party replies to a result once.";
    }
}
