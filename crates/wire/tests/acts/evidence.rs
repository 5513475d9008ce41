//! What the page says about the acts about methods, labs, plans, results and recognition.

use concordat_terms::ActName;
use serde_json::{Value, json};

use super::{Entry, PERMIT, d};

fn accreditation() -> Value {
    json!({
        "standard": "ISO/IEC 17025", "certificate": d("certificate"),
        "methods": ["pooled-holdout-accuracy"],
        "from": "2027-01-01T00:00:00Z", "until": "2029-01-01T00:00:00Z",
    })
}

pub(super) fn entry(name: ActName) -> Option<Entry> {
    use ActName as N;
    let (does, who, fields, example): (_, _, &[_], _) = match name {
        N::MethodRegister => (
            "Registers a version of a method of testing. The same version is registered again to say until when it counts.",
            PERMIT,
            &[
                ("method", "the method's name, as gates state it"),
                ("version", "its version: 1 to 64 printable ASCII characters"),
                ("document", "digest of its text or program, a blob"),
                ("family", "its family, of which rules of recognition speak"),
                (
                    "until",
                    "may be left out: tests that end from then on are not by a registered version",
                ),
            ],
            json!({
                "method": "pooled-holdout-accuracy", "version": "1.2", "document": d("method"),
                "family": "accuracy", "until": "2029-01-01T00:00:00Z",
            }),
        ),
        N::LabAccredit => (
            "Accredits a lab for methods and a time. A lab that was suspended counts again under it.",
            PERMIT,
            &[
                ("lab", "the lab, a party"),
                (
                    "class",
                    "who it is to those whose models it tests: `first-party`, `second-party` or `independent`",
                ),
                (
                    "accreditation",
                    "the `standard`, the `certificate` (a blob), the `methods`, 1 to 1,000, and the time `from` and `until` which it is valid",
                ),
            ],
            json!({ "lab": "lab", "class": "independent", "accreditation": accreditation() }),
        ),
        N::LabSuspend => (
            "Suspends a lab: of its tests those count that ended before. It is accredited anew to count again.",
            PERMIT,
            &[
                ("lab", "the lab"),
                ("from", "may be left out: from when on its tests do not count; from this act on"),
                ("reason", "digest of the reason, a blob"),
            ],
            json!({ "lab": "lab", "from": "2027-06-01T00:00:00Z", "reason": d("reason") }),
        ),
        N::PlanRegister => (
            "Registers what a lab will test, and how. A test under it ends later.",
            PERMIT,
            &[
                ("plan", "digest of the plan, a blob"),
                ("method", "by which method will be tested"),
                ("metrics", "what will be measured, 1 to 1,000 metrics"),
                ("cases", "on how many cases at least"),
                ("subject", "may be left out: digest of what will be tested"),
            ],
            json!({
                "plan": d("plan"), "method": "pooled-holdout-accuracy", "metrics": ["accuracy"],
                "cases": 200, "subject": d("model"),
            }),
        ),
        N::EvidenceReply => (
            "Replies to a test result. The reply is shown wherever the result is.",
            PERMIT,
            &[
                ("evidence", "index of the entry that filed the result"),
                ("reply", "digest of the reply, a blob"),
            ],
            json!({ "evidence": 77, "reply": d("reply") }),
        ),
        N::EvidenceWithdraw => (
            "Takes a test result back. No gate stands on it any more; who relied on it is named.",
            "who filed the result, for a seat that a clause permits or empowers",
            &[
                ("evidence", "index of the entry that filed the result"),
                ("reason", "digest of the reason, a blob"),
            ],
            json!({ "evidence": 77, "reason": d("reason") }),
        ),
        N::RecognitionAdopt => (
            "Adopts a rule under which results from elsewhere count here.",
            PERMIT,
            &[
                ("recognition", "the rule's name"),
                (
                    "rule",
                    "the countries `from` which labs count (none: all) and the one `to` which, the `family` of methods, the least independence of the `lab`, the standards of which it holds one (`accredited`; none: none is asked for), the `max_age` of the test, and `extra_tests` to be made here besides",
                ),
                ("cost", "may be left out: what such a test costs here"),
            ],
            json!({
                "recognition": "uk-results",
                "rule": {
                    "from": ["GB"], "to": "EU", "family": "accuracy", "lab": "independent",
                    "accredited": ["ISO/IEC 17025"], "max_age": "P1Y", "extra_tests": ["language-check"],
                },
                "cost": "EUR 12000",
            }),
        ),
        N::RecognitionRevoke => (
            "Ends a rule of recognition. What passed a gate before stays.",
            PERMIT,
            &[("recognition", "the rule's name"), ("reason", "digest of the reason, a blob")],
            json!({ "recognition": "uk-results", "reason": d("reason") }),
        ),
        _ => return None,
    };
    Some(Entry { does, who, fields, example })
}
