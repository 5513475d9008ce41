//! What the page says about acts on duties, notices, signals, conditions and audits.

use concordat_terms::ActName;
use serde_json::json;

use super::{Entry, PERMIT, d};

const DUTY: (&str, &str) = (
    "duty",
    "the occurrence: the clause, who owes it and the index of the entry that started its clock, divided by colons",
);
const ID: &str = "data-use/delete-copies:vendor:412";

/// The entries of these acts.
pub(super) fn entry(name: ActName) -> Option<Entry> {
    let (does, who, fields, example) = duties(name).or_else(|| others(name))?;
    Some(Entry { does, who, fields, example })
}

type Parts =
    (&'static str, &'static str, &'static [(&'static str, &'static str)], serde_json::Value);

fn duties(name: ActName) -> Option<Parts> {
    use ActName as N;
    Some(match name {
        N::DutyDischarge => (
            "Files that a duty was done, with the evidence.",
            PERMIT,
            &[
                DUTY,
                ("evidence", "the digest of what shows it, a blob"),
                ("figures", "may be left out: the figures that the clause has reported, by metric"),
            ],
            json!({ "duty": ID, "evidence": d("certificate"), "figures": { "copies": "3" } }),
        ),
        N::DutyToll => (
            "Says that the clock of a duty stands still, and why.",
            PERMIT,
            &[
                DUTY,
                (
                    "ground",
                    "`force-majeure` or `unavailable`, by who owes it; `authority`, by a party that does not owe it",
                ),
                ("evidence", "the digest of what shows it, a blob"),
            ],
            json!({ "duty": ID, "ground": "force-majeure", "evidence": d("storm") }),
        ),
        N::DutyResume => {
            ("Lets the clock of a duty go on.", PERMIT, &[DUTY], json!({ "duty": ID }))
        }
        N::DutyExtend => (
            "Gives more time for a duty. No due date is written: it is computed anew.",
            PERMIT,
            &[DUTY, ("by", "how much more, a period")],
            json!({ "duty": ID, "by": "P10D" }),
        ),
        N::DutyWaive => {
            ("Waives a duty: nobody owes it any more.", PERMIT, &[DUTY], json!({ "duty": ID }))
        }
        N::DutyDispute => (
            "Disputes a duty, or, of the one to whom it is owed, that it was discharged or that its clock stands still.",
            PERMIT,
            &[DUTY, ("reasons", "the digest of the reasons, a blob")],
            json!({ "duty": ID, "reasons": d("reasons") }),
        ),
        _ => return None,
    })
}

fn others(name: ActName) -> Option<Parts> {
    use ActName as N;
    Some(match name {
        N::NoticeServe => (
            "Gives notice to a party; of a duty that is late it starts the time to cure it.",
            PERMIT,
            &[
                ("to", "the party"),
                ("duty", "may be left out: the duty that it is about"),
                ("clause", "may be left out: the clause that it is about"),
                (
                    "channel",
                    "may be left out: how it was given, `log`, `email`, `post` or `portal`; in this log, if it is absent",
                ),
                ("text", "the digest of its text, a blob"),
            ],
            json!({ "to": "vendor", "duty": ID, "clause": "data-use/delete-copies", "channel": "post", "text": d("notice") }),
        ),
        N::NoticeAcknowledge => (
            "Says that a notice was received.",
            PERMIT,
            &[("notice", "the index of the entry that served it")],
            json!({ "notice": 412 }),
        ),
        N::SignalBatch => (
            "Files measured values, one for each window from a moment on.",
            PERMIT,
            &[
                ("signal", "the clause of the signal"),
                ("from", "when the first window began: where the last batch ended"),
                ("values", "the values, exact decimals, in the order of their windows"),
                ("digest", "the digest of what was measured, a blob"),
            ],
            json!({ "signal": "service/availability", "from": "2030-01-01T00:00:00Z", "values": ["0.998", "0.97"], "digest": d("series") }),
        ),
        N::ConditionWaive => (
            "Waives a condition for which modules wait.",
            PERMIT,
            &[("condition", "its clause")],
            json!({ "condition": "instrument/fees-provided" }),
        ),
        N::AuditRequest => (
            "Asks a party for an audit. The duties that start with it are that party's alone.",
            PERMIT,
            &[
                ("of", "the party that is audited"),
                ("scope", "the digest of what is audited, a blob"),
            ],
            json!({ "of": "vendor", "scope": d("scope") }),
        ),
        N::AuditAnswer => (
            "What the party that is audited gives, or that it refuses: then its duty to answer is breached at once.",
            PERMIT,
            &[
                ("request", "the index of the entry that asked"),
                (
                    "reply",
                    "`given` or `refused`, with the digest of what is given or of the reasons",
                ),
            ],
            json!({ "request": 412, "reply": { "given": d("answer") } }),
        ),
        N::AuditFinding => (
            "What the auditor found.",
            PERMIT,
            &[
                ("request", "the index of the entry that asked"),
                ("finding", "the digest of the finding, a blob"),
            ],
            json!({ "request": 412, "finding": d("finding") }),
        ),
        _ => return None,
    })
}
