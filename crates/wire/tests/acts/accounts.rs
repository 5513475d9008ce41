//! What the page says about acts on accounts and progress.

use concordat_terms::ActName;
use serde_json::json;

use super::{Entry, PERMIT, d};

type Parts =
    (&'static str, &'static str, &'static [(&'static str, &'static str)], serde_json::Value);

const ACCOUNT: (&str, &str) = ("account", "the account's clause");
const AMOUNT: (&str, &str) =
    ("amount", "the unit and a decimal above zero, with no more digits than the unit has");
const PROJECT: (&str, &str) = ("project", "may be left out: for which project");

/// The entries of this room's acts.
pub(super) fn entry(name: ActName) -> Option<Entry> {
    let (does, who, fields, example) = accounts(name).or_else(|| progress(name))?;
    Some(Entry { does, who, fields, example })
}

fn accounts(name: ActName) -> Option<Parts> {
    use ActName as N;
    Some(match name {
        N::AccountOpen => (
            "Opens an account: from here on it can be allocated and spent, up to the ceiling of its clause. What the clause gives as `opening` each holder has at once.",
            PERMIT,
            &[ACCOUNT, ("until", "may be left out: until when; then it closes by itself")],
            json!({ "account": "service/computing", "until": "2028-01-01T00:00:00Z" }),
        ),
        N::AccountAllocate => (
            "Allocates part of an account to a holder, who spends from it and from nothing else. Where the clause names a body, it decides.",
            PERMIT,
            &[
                ACCOUNT,
                ("to", "the holder: a `party`, and a `project` if it is for one"),
                AMOUNT,
                (
                    "report",
                    "may be left out where the account serves no objective: the index of the entry that reported on it",
                ),
            ],
            json!({
                "account": "service/computing",
                "to": { "party": "vendor", "project": "risk" },
                "amount": "gpu-hour 500", "report": 412,
            }),
        ),
        N::AccountTransfer => (
            "Hands what one holder was allocated to another, or to another project. Its holder signs, unless a body has decided it.",
            PERMIT,
            &[
                ACCOUNT,
                ("from", "the holder that hands it on"),
                ("to", "the holder that gets it"),
                AMOUNT,
                (
                    "into",
                    "may be left out: the account that it goes to, one of those that `transfers_to` of the clause names; it stays in this one, if it is absent",
                ),
            ],
            json!({
                "account": "service/computing",
                "from": { "party": "vendor", "project": "risk" }, "to": { "party": "vendor" },
                "amount": "gpu-hour 20", "into": "service/reserve",
            }),
        ),
        N::AccountSettle => (
            "Closes an account: what was allocated and not spent goes back, and nothing is spent until it is opened again.",
            PERMIT,
            &[ACCOUNT],
            json!({ "account": "service/computing" }),
        ),
        N::UsageReport => (
            "Under an `account`: reports metered use, which is spent by that. Under an `ip` clause: reports revenue, of which the licensee owes its royalty to the owners.",
            PERMIT,
            &[
                ("under", "the clause, an `account` or an `ip`"),
                AMOUNT,
                ("party", "may be left out: whose use it is; of who acts, if it is absent"),
                PROJECT,
                (
                    "version",
                    "may be left out, unless the clause parts `by_lineage`: the version that was used",
                ),
                (
                    "purpose",
                    "may be left out, unless the licence is for some purposes: what it was used for",
                ),
                ("country", "may be left out, unless the licence is for some countries: where"),
                ("reference", "digest of the record of this use, which counts once"),
            ],
            json!({
                "under": "service/computing", "amount": "gpu-hour 12.5", "party": "vendor",
                "project": "risk", "version": d("model"), "purpose": "cardiac-risk", "country": "BE",
                "reference": d("meter"),
            }),
        ),
        N::PaymentRecord => (
            "Records a payment: from an `account`, of what is owed under an `ip` or `liability` clause, or from somebody outside for a licence, which then is the owners' by their shares.",
            "a seat that a clause permits or empowers; who pays from an account signs, and who is paid what is owed",
            &[
                ("under", "the clause"),
                (
                    "from",
                    "may be left out: who paid; under an `account` who acts, under an `ip` somebody outside",
                ),
                (
                    "to",
                    "may be left out: who was paid; under an `account` somebody outside, else who acts",
                ),
                PROJECT,
                (
                    "version",
                    "may be left out, unless somebody outside pays under a clause that parts `by_lineage`: the version that earned it",
                ),
                AMOUNT,
                ("reference", "digest of the record of this payment, which counts once"),
            ],
            json!({
                "under": "ip-liability/pool", "from": "vendor", "to": "alder", "project": "risk",
                "version": d("model"), "amount": "EUR 1000.5", "reference": d("transfer"),
            }),
        ),
        _ => return None,
    })
}

fn progress(name: ActName) -> Option<Parts> {
    use ActName as N;
    Some(match name {
        N::ProjectMilestone => (
            "Reports that an open project has reached a milestone, once.",
            PERMIT,
            &[
                ("project", "the project"),
                ("milestone", "the milestone's name"),
                ("evidence", "digest of what shows it, a blob"),
            ],
            json!({ "project": "risk", "milestone": "first-model", "evidence": d("report") }),
        ),
        N::RoadmapAdopt => (
            "Adopts a roadmap in place of the one before.",
            PERMIT,
            &[
                ("roadmap", "digest of its text, a blob"),
                (
                    "milestones",
                    "may be left out: of each the `project`, the `milestone` and the day `by` which it is to be reached",
                ),
            ],
            json!({
                "roadmap": d("roadmap"),
                "milestones": [{ "project": "risk", "milestone": "first-model", "by": "2027-06-30" }],
            }),
        ),
        N::ObjectiveReport => (
            "Reports a figure on an objective.",
            PERMIT,
            &[
                ("objective", "the objective's clause"),
                ("value", "the figure, of the objective's metric"),
                ("evidence", "digest of what it was computed from, a blob"),
            ],
            json!({ "objective": "governance/better-risk-estimates", "value": "0.81", "evidence": d("report") }),
        ),
        _ => return None,
    })
}
