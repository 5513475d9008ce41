//! What the page says about acts on cases, drills, holds, risks and regimes.

use concordat_terms::ActName;
use serde_json::{Value, json};

use super::{Entry, PERMIT, d};

type Parts = (&'static str, &'static str, &'static [(&'static str, &'static str)], Value);

const CASE: (&str, &str) = ("case", "the case");
const RATING: &[(&str, &str)] = &[
    ("risk", "the risk's name"),
    ("owner", "the seat that watches it"),
    ("likelihood", "how likely it is, from 1 to 5"),
    ("impact", "how bad it would be, from 1 to 5"),
    ("controls", "may be left out: the clauses that keep it small"),
    ("evidence", "may be left out: blobs on which the rating rests"),
    ("description", "digest of what it is, a blob"),
];

/// The entries of this room's acts.
pub(super) fn entry(name: ActName) -> Option<Entry> {
    let (does, who, fields, example) =
        open(name).or_else(|| go_on(name)).or_else(|| beside(name))?;
    Some(Entry { does, who, fields, example })
}

fn rating() -> Value {
    json!({
        "risk": "drift", "owner": "trainer", "likelihood": 3, "impact": 4,
        "controls": ["release/drift"], "evidence": [d("report")], "description": d("risk"),
    })
}

fn open(name: ActName) -> Option<Parts> {
    use ActName as N;
    Some(match name {
        N::CaseOpen => (
            "Opens a case. An `incident` starts one clock for each row of the adopted regimes that it falls under, of a group the shortest alone; a `dispute` begins at the first stage of its ladder; a `claim` names a clause on liability; a `records-request` names whom it consults; an `exit` lists every asset at every holder, of one party or of all.",
            PERMIT,
            &[
                ("case", "the case's name"),
                (
                    "matter",
                    "one of `incident` (`kinds`, `places`, `measures`, `aware_at`), `dispute` (`clause`), `claim` (`liability`, and `sum` once it is known: `capped`, `carved_out` by head), `records-request` (`kinds`, `received_at`, `consult`), `exit` (`party`; the whole partnership, if it is absent)",
                ),
                ("on", "may be left out: the assets concerned"),
                ("models", "may be left out: digests of the models concerned"),
                ("against", "may be left out: the parties against which it is recorded"),
                ("account", "digest of what happened, at length, a blob"),
            ],
            json!({
                "case": "breach",
                "matter": { "incident": {
                    "kinds": ["personal-data-breach"], "places": ["BE"],
                    "measures": { "people": 120 }, "aware_at": "2027-06-04T15:00:00Z",
                } },
                "on": ["heart-rows"], "models": [d("model")], "against": ["vendor"],
                "account": d("account"),
            }),
        ),
        N::DrillStart => (
            "Starts a drill: the clocks of an incident run, no duty hears of its reports, nothing is held, and nobody outside is told.",
            PERMIT,
            &[
                ("case", "the drill's name, among those of cases"),
                ("incident", "what is played: `kinds`, `places`, `measures`, `aware_at`"),
                ("on", "may be left out: the assets concerned"),
                ("scenario", "digest of the scenario, a blob"),
            ],
            json!({
                "case": "spring-drill",
                "incident": {
                    "kinds": ["personal-data-breach"], "places": ["BE"],
                    "measures": { "people": 120 }, "aware_at": "2027-06-04T15:00:00Z",
                },
                "on": ["heart-rows"], "scenario": d("scenario"),
            }),
        ),
        N::DrillEnd => (
            "Ends a drill, once every clock of it was answered or is late.",
            PERMIT,
            &[("case", "the drill"), ("findings", "digest of what it showed, a blob")],
            json!({ "case": "spring-drill", "findings": d("findings") }),
        ),
        _ => return None,
    })
}

fn go_on(name: ActName) -> Option<Parts> {
    use ActName as N;
    Some(match name {
        N::CaseFact => (
            "Files what became known in a case: facts that reports tell, other evidence, further kinds and measures of an incident (whose clocks then start), or what became of an asset in an exit (`handed-over` in an open format, `deleted`, which its holder signs, or `kept` under a clause).",
            PERMIT,
            &[
                CASE,
                ("facts", "may be left out: facts by their name in the packs, each a blob"),
                ("evidence", "may be left out: other blobs"),
                ("kinds", "may be left out: further kinds of incident"),
                (
                    "measures",
                    "may be left out: what is known of how many people, records and so on",
                ),
                ("against", "may be left out: the parties against which it is recorded"),
                ("fate", "may be left out: the `asset`, its `holder`, and its `fate`"),
            ],
            json!({
                "case": "breach", "facts": { "what-happened": d("account") },
                "evidence": [d("log")], "kinds": ["high-risk-personal-data-breach"],
                "measures": { "people": 700 }, "against": ["vendor"],
                "fate": {
                    "asset": "heart-rows", "holder": "alder",
                    "fate": { "handed-over": { "to": "birch", "format": "csv", "bundle": d("rows") } },
                },
            }),
        ),
        N::CaseReply => (
            "Replies to what is recorded against oneself, or to what one is consulted about; of a closed case too.",
            "a party against which it is recorded, or that is consulted; no clause permits or forbids it",
            &[
                CASE,
                ("entry", "the entry that it answers"),
                ("reply", "digest of the reply, a blob"),
            ],
            json!({ "case": "breach", "entry": 412, "reply": d("reply") }),
        ),
        N::CaseStage => (
            "Moves a case to a later stage of its ladder before its time.",
            PERMIT,
            &[CASE, ("to", "the stage, a later one")],
            json!({ "case": "late-sums", "to": "mediation" }),
        ),
        N::CaseReport => (
            "Answers a clock of a case: with a first report where the regime takes one (`initial`), with the whole one (`complete`), or with reasons why nothing is owed (`not-owed`). What comes after the row's duty starts with the first of them that reports.",
            "a party that has the role which the clock's row names, for a seat that a clause permits or empowers",
            &[
                CASE,
                ("clock", "the clock's number in the case; the first is 1"),
                (
                    "report",
                    "`initial`, `complete` or `not-owed`, with the digest of its text, a blob",
                ),
            ],
            json!({ "case": "breach", "clock": 1, "report": { "complete": d("report") } }),
        ),
        N::CaseClose => (
            "Closes a case: no clock of it is open, and what its kind asks for is there. A dispute and a claim are closed by who decides at their stage, or by all parties to them; a claim that goes through no stages by a body's motion, or with nothing awarded by who brought it.",
            PERMIT,
            &[
                CASE,
                ("outcome", "digest of the decision, a blob"),
                ("review", "may be left out: of an incident, digest of the review, a blob"),
                (
                    "redress",
                    "may be left out: of an incident, digest of the decision on redress, a blob",
                ),
                (
                    "award",
                    "may be left out: of a claim, what is awarded before the cap: `capped`, and `carved_out` by head of the clause's `uncapped`",
                ),
                (
                    "release",
                    "may be left out: of a records request, digest of the bundle that is released, a blob",
                ),
                (
                    "exempt",
                    "may be left out: of a records request, passages kept back, each by its exemption",
                ),
                (
                    "settlement",
                    "may be left out: of an exit, digest of the settlement of accounts, a blob",
                ),
            ],
            json!({
                "case": "late-sums", "outcome": d("decision"), "review": d("review"),
                "redress": d("redress"),
                "award": {
                    "capped": "EUR 70000", "carved_out": [{ "head": 1, "amount": "EUR 5000" }],
                },
                "release": d("bundle"), "exempt": { d("passage"): "FOI-43(2)" },
                "settlement": d("settlement"),
            }),
        ),
        _ => return None,
    })
}

fn beside(name: ActName) -> Option<Parts> {
    use ActName as N;
    Some(match name {
        N::HoldPlace => (
            "Keeps an asset, or one version of it, as it is: nothing deletes, alters, transfers or promotes it until the hold is lifted. Papers are not erased meanwhile.",
            PERMIT,
            &[
                ("asset", "may be left out where `papers` are named: the asset"),
                ("version", "may be left out: one version of it"),
                (
                    "papers",
                    "may be left out: texts and commitments that statements name, by their digests",
                ),
                ("case", "may be left out: the case that it is evidence in; the hold ends with it"),
                ("ground", "digest of the ground, a blob"),
            ],
            json!({
                "asset": "risk-model", "version": d("model"), "papers": [d("name")],
                "case": "breach", "ground": d("ground"),
            }),
        ),
        N::HoldLift => (
            "Lifts a hold. One that a regime placed stands until its addressee was told.",
            PERMIT,
            &[("hold", "the hold's number"), ("ground", "digest of the ground, a blob")],
            json!({ "hold": 1, "ground": d("ground") }),
        ),
        N::RiskOpen => ("Opens a line of the risk register.", PERMIT, RATING, rating()),
        N::RiskUpdate => ("Rates an open risk anew.", PERMIT, RATING, rating()),
        N::RiskAppetite => (
            "Says how high risks may be rated. A body does it, by its motion.",
            PERMIT,
            &[("most", "the highest product of likelihood and impact, from 1 to 25")],
            json!({ "most": 12 }),
        ),
        N::RiskClose => (
            "Closes a line of the risk register.",
            PERMIT,
            &[("risk", "the risk"), ("evidence", "digest of why it is none any more, a blob")],
            json!({ "risk": "drift", "evidence": d("report") }),
        ),
        N::RegimeAdopt => (
            "Adopts a pack of a regime's duties, in the place of an earlier version: incidents start its clocks from then on.",
            PERMIT,
            &[("pack", "digest of the pack's text, a blob")],
            json!({ "pack": d("eu-gdpr") }),
        ),
        _ => return None,
    })
}
