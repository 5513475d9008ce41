//! What the page says about each act; the rooms have those of theirs.

use concordat_terms::{ActName, Digest, ORDERS};
use serde_json::{Value, json};

use super::{accounts, assets, cases, duties, evidence, people, powers};

/// What the page says about one act.
pub(super) struct Entry {
    pub(super) does: &'static str,
    pub(super) who: &'static str,
    pub(super) fields: &'static [(&'static str, &'static str)],
    pub(super) example: Value,
}

pub(super) const SIGNATORY: &str = "any party, for the seat `signatory`";
pub(super) const PERMIT: &str = "a seat that a clause permits or empowers";
pub(super) const SEQUENCER: &str = "the sequencer alone";

pub(super) fn d(text: &str) -> String {
    Digest::of(text.as_bytes()).to_string()
}

/// One arm an act: an act without an entry does not compile.
pub(super) fn entry(name: ActName) -> Entry {
    use ActName as N;
    let (does, who, fields, example): (_, _, &[_], _) = match name {
        N::Genesis => (
            "Starts the log. Its id names the log from then on.",
            "every founder and the sequencer together; it has no header",
            &[
                (
                    "origin",
                    "the log's name on its checkpoints: 1 to 128 visible ASCII characters, no `+`",
                ),
                ("rules", "digest of the edition of the fold's rules"),
                ("time", "when the log starts"),
                ("sequencer", "public key that signs ticks and checkpoints"),
                (
                    "parties",
                    "the founders: each its `key` for acts, its `witness` key and, if it has one, its `witness_pq` key, as in `party.accede`; none is named twice",
                ),
                (
                    "policy",
                    "which founders witness, and how many of them make a checkpoint count (more than half)",
                ),
                ("modules", "digests of the first modules"),
            ],
            json!({
                "origin": "heart.example/log", "rules": d("rules"), "time": "2027-01-01T08:00:00Z",
                "sequencer": d("sequencer"),
                "parties": {
                    "alder": { "key": d("alder"), "witness": d("alder witness") },
                    "birch": { "key": d("birch"), "witness": d("birch witness") },
                },
                "policy": { "witnesses": ["alder", "birch"], "quorum": 2 },
                "modules": [d("data-use")],
            }),
        ),
        N::Tick => (
            "Moves the log's time on. It never runs backwards.",
            SEQUENCER,
            &[("time", "the time from here on, whole seconds UTC")],
            json!({ "time": "2027-01-01T09:00:00Z" }),
        ),
        N::DigestRecord => (
            "Records the rolling digest over all verdicts, so that two replicas see where they part. Of any 256 entries in a row, one is such a record.",
            SEQUENCER,
            &[
                ("index", "the index of this very entry"),
                ("rolling", "the rolling digest over all entries before it"),
            ],
            json!({ "index": 1000, "rolling": d("rolling") }),
        ),
        N::RefusalCount => (
            "Tells how many different acts of a party were turned away, and not logged, because too many of its acts had been refused. Of one party and time there is one count. Nothing follows from it.",
            SEQUENCER,
            &[
                ("party", "whose acts they were"),
                ("from", "when the first was turned away, by the log's time"),
                ("until", "when the last was, on the same day (UTC)"),
                ("turned_away", "how many"),
                (
                    "acts",
                    "Merkle root (RFC 9162) over their ids, 32 bytes each, in the order in which they came",
                ),
            ],
            json!({
                "party": "alder", "from": "2027-01-01T09:00:00Z", "until": "2027-01-01T10:00:00Z",
                "turned_away": 212, "acts": d("acts"),
            }),
        ),
        N::ModulePropose => (
            "Puts a module's text before its signers. The text is a blob that every replica must hold.",
            SIGNATORY,
            &[("module", "SHA-256 of the module file's exact bytes")],
            json!({ "module": d("data-use") }),
        ),
        N::ModuleSign => (
            "Signs a module's exact bytes, and the document in which they were read. Who means another set or time, read them in another document, or signs more strongly, signs again.",
            SIGNATORY,
            &[
                ("module", "SHA-256 of the module file's exact bytes"),
                (
                    "with",
                    "digests of the other modules with which it is to enter, all or none: at most 99; while a log begins, the others that its genesis names",
                ),
                (
                    "document",
                    "SHA-256 of the page that `concordat render` makes of the agreement as it would be, a blob",
                ),
                ("until", "may be left out: from when on the signature counts no more"),
            ],
            json!({
                "module": d("data-use"),
                "with": [d("protocol")],
                "document": d("document"),
                "until": "2027-03-01T00:00:00Z",
            }),
        ),
        N::ModuleWithdraw => (
            "Takes one's own signature under a module back. Once the module has entered into force it stays.",
            SIGNATORY,
            &[("module", "SHA-256 of the module file's exact bytes")],
            json!({ "module": d("data-use") }),
        ),
        N::ModuleEnter => (
            "Brings modules into force together: signed, newer than what they replace, consistent, their parameters proved possible.",
            SIGNATORY,
            &[(
                "modules",
                "digests of the modules that enter; each replaces an older version of itself",
            )],
            json!({ "modules": [d("protocol"), d("data-use")] }),
        ),
        N::ModuleSuspend => (
            "Suspends a module: it permits and empowers nothing until it is resumed. What it forbids or gates stays.",
            PERMIT,
            &[("module", "the module's name")],
            json!({ "module": "data-use" }),
        ),
        N::ModuleResume => (
            "Resumes a suspended module.",
            PERMIT,
            &[("module", "the module's name")],
            json!({ "module": "data-use" }),
        ),
        N::ModuleTerminate => (
            "Ends a module for good: of its permits and powers only those that survive go on. What it forbids or gates stays.",
            PERMIT,
            &[("module", "the module's name")],
            json!({ "module": "data-use" }),
        ),
        N::DeterminationEnter => (
            "Brings a ruling into the log. The clauses that it finds invalid fall with their dependants; what was to take their place speaks. What a verdict did is undone by a compensating change; what was refused wrongly may be brought once more.",
            "a seat that a clause permits or empowers, or all whom it affects together",
            &[
                ("ruling", "digest of the ruling's text, a blob"),
                ("invalid", "the clauses that it finds invalid, as `module/clause`"),
                (
                    "duties",
                    "may be left out: what it says of duties, by their names: `stands`, `owed`, `not-owed`, `breached` or `stayed`",
                ),
                ("stayed", "may be left out: clauses that say nothing until that is lifted"),
                ("lifted", "may be left out: stayed clauses that speak again"),
                (
                    "verdicts",
                    "may be left out: what it says of verdicts, by the index of their entries: `stands`, `stayed` or `set-aside`",
                ),
            ],
            json!({
                "ruling": d("ruling"), "invalid": ["data-use/train-on-heart-rows"],
                "duties": { "release/report:vendor:12": "owed" }, "stayed": ["release/file-evidence"],
                "lifted": ["data-use/list-dataset"], "verdicts": { "77": "set-aside" },
            }),
        ),
        N::PlaceRegister => (
            "Declares where a party runs things.",
            PERMIT,
            &[
                ("place", "the place's name, once per party"),
                (
                    "class",
                    "isolation class, 0 to 255; by convention 1 shared, 2 dedicated and beside the data, 3 attested enclave",
                ),
                ("jurisdiction", "ISO 3166 code of the country whose law governs it"),
            ],
            json!({ "place": "ward", "class": 2, "jurisdiction": "CH" }),
        ),
        N::DatasetRegister => (
            "Lists a version of a dataset in the catalogue. The rows stay where they are.",
            PERMIT,
            &[
                ("asset", "which dataset of the agreement this is a version of"),
                ("version", "salted commitment to the rows"),
                ("place", "where the rows stay: a place of the same party"),
                ("rows_band", "how many rows, rounded down to a multiple of fifty"),
                ("purposes", "the uses this holder permits, among those of the asset's clause"),
            ],
            json!({ "asset": "heart-rows", "version": d("rows"), "place": "ward", "rows_band": 300, "purposes": ["cardiac-risk"] }),
        ),
        N::DatasetWithdraw => (
            "Takes a dataset version out of use, for good. A party withdraws its own versions only.",
            PERMIT,
            &[("asset", "the dataset"), ("version", "the version, listed by the acting party")],
            json!({ "asset": "heart-rows", "version": d("rows") }),
        ),
        N::AssetImport => (
            "Brings in a version of a model that was made elsewhere, so that it can be tested and released. The weights stay where they are.",
            PERMIT,
            &[
                (
                    "asset",
                    "which model of the agreement this is a version of; not one that is made here (`ground = \"foreground\"`)",
                ),
                ("version", "digest of the weights, brought in once"),
                (
                    "purpose",
                    "what it is to be tested and released for, a purpose of the asset's clause",
                ),
                (
                    "licence",
                    "may be left out: the licence it comes under (SPDX); that of its clause, if it is absent",
                ),
            ],
            json!({ "asset": "base-model", "version": d("weights"), "purpose": "cardiac-risk", "licence": "Apache-2.0" }),
        ),
        N::CodeApprove => (
            "Allows code to run beside the acting party's own rows.",
            PERMIT,
            &[
                ("code", "digest of the code"),
                (
                    "asset",
                    "beside which dataset; `runs` and `until` limit it; of an external trainer `trainer` binds its `environment` and the digest of the `plan`, for a number of `runs`, and `until` is there",
                ),
            ],
            json!({ "code": d("code"), "asset": "heart-rows" }),
        ),
        N::CodeRevoke => (
            "Takes an approval of code back.",
            PERMIT,
            &[("code", "digest of the code"), ("asset", "beside which dataset")],
            json!({ "code": d("code"), "asset": "heart-rows" }),
        ),
        N::ProjectCharter => (
            "Puts a project's charter before its body.",
            PERMIT,
            &[
                ("project", "the project's name"),
                ("charter", "digest of the charter's text, a blob"),
                ("objective", "the objective clause it serves, as `module/clause`"),
                ("assets", "all it may use and make"),
                ("purposes", "all it may pursue"),
            ],
            json!({ "project": "risk", "charter": d("charter"), "objective": "governance/better-risk-estimates", "assets": ["heart-rows", "risk-model"], "purposes": ["cardiac-risk"] }),
        ),
        N::ProjectOpen => (
            "Opens a chartered project.",
            PERMIT,
            &[("project", "the project")],
            json!({ "project": "risk" }),
        ),
        N::ProjectEnd => (
            "Ends an open project. No run of it is proposed or opened afterwards.",
            PERMIT,
            &[("project", "the project")],
            json!({ "project": "risk" }),
        ),
        N::MotionPropose => (
            "Puts a question to a body. Votes are taken for as long as the body's clause says.",
            PERMIT,
            &[
                ("motion", "the motion's name"),
                ("body", "who decides"),
                (
                    "decision",
                    "what is then done: an act that a body can decide, by its name and with its fields",
                ),
                ("fast", "may be left out: `true`, if it is to be decided in a hurry"),
                ("text", "may be left out: digest of the question at length, a blob"),
                (
                    "alternatives",
                    "may be left out: other motions on the same question, of which one is carried out at most",
                ),
                (
                    "because",
                    "may be left out: what it is put because of, each an `entry` by its index, a `signal` by its clause or a `duty`",
                ),
                ("evidence", "may be left out: digests of what speaks for or against it, blobs"),
                (
                    "procedure",
                    "may be left out, unless the body's clause asks for it: the version of the rules of procedure",
                ),
            ],
            json!({
                "motion": "open-risk", "body": "council", "decision": { "project.open": { "project": "risk" } },
                "fast": true, "text": d("question"), "alternatives": ["end-risk"],
                "because": [{ "entry": 12 }, { "signal": "service/drift" }],
                "evidence": [d("opinion")], "procedure": d("procedure"),
            }),
        ),
        N::MotionRecuse => (
            "A member declares a conflict of interest and stands aside: it counts neither for the quorum nor as a vote. A vote that it cast is gone.",
            PERMIT,
            &[("motion", "the motion"), ("conflict", "digest of what it declares, a blob")],
            json!({ "motion": "open-risk", "conflict": d("conflict") }),
        ),
        N::MotionDelegate => (
            "Hands one's vote in a body to another member of one's side, wherever one does not vote oneself; or takes it back.",
            PERMIT,
            &[
                ("body", "the body"),
                ("to", "may be left out: to whom; left out, to nobody any more"),
            ],
            json!({ "body": "council", "to": "birch" }),
        ),
        N::MotionVeto => (
            "Stops a motion for good. The body's clause says which seats may, on what and until when.",
            PERMIT,
            &[("motion", "the motion"), ("reasons", "digest of the reasons, a blob")],
            json!({ "motion": "open-risk", "reasons": d("reasons") }),
        ),
        N::MotionWithdraw => (
            "Takes a motion back. Who put it may, until it is defeated or carried out.",
            PERMIT,
            &[("motion", "the motion")],
            json!({ "motion": "open-risk" }),
        ),
        N::SeatFill => (
            "Names who sits in a seat for the party that acts. Where a side nominates who votes, more than half of its members sign.",
            PERMIT,
            &[
                ("seat", "the seat, one that the agreement gives to the party"),
                ("member", "who sits there"),
            ],
            json!({ "seat": "council-member", "member": "m-17" }),
        ),
        N::SeatVacate => (
            "Says that nobody sits in a seat for a party any more: that party itself, or a body by its motion.",
            PERMIT,
            &[("seat", "the seat"), ("party", "the party")],
            json!({ "seat": "council-member", "party": "birch" }),
        ),
        N::MeetingCall => (
            "Calls a meeting of a body. At its time what is due after it begins (`after = \"meeting: …\"`).",
            PERMIT,
            &[
                ("meeting", "the meeting's name"),
                ("body", "the body"),
                ("at", "when"),
                ("agenda", "digest of the agenda, a blob"),
            ],
            json!({ "meeting": "spring", "body": "council", "at": "2027-03-01T09:00:00Z", "agenda": d("agenda") }),
        ),
        N::MeetingMinute => (
            "Files the minutes of a meeting that was held, once.",
            PERMIT,
            &[
                ("meeting", "the meeting"),
                ("present", "the members who were there"),
                ("minutes", "digest of the minutes, a blob"),
                ("published", "may be left out: digest of what of them is published, a blob"),
            ],
            json!({ "meeting": "spring", "present": ["alder", "cypress"], "minutes": d("minutes"), "published": d("published") }),
        ),
        N::MotionVote => (
            "One member's vote. The first vote stands.",
            PERMIT,
            &[("motion", "the motion"), ("vote", "`for`, `against` or `abstain`")],
            json!({ "motion": "open-risk", "vote": "for" }),
        ),
        N::MotionExecute => (
            "Carries out a motion that has succeeded; what was decided is judged again at that moment.",
            PERMIT,
            &[("motion", "the motion")],
            json!({ "motion": "open-risk" }),
        ),
        N::RunPropose => (
            "Proposes a joint computation with everything a node needs in order to refuse it.",
            PERMIT,
            &[
                ("run", "the run's name"),
                (
                    "plan",
                    "project, kind, purpose, dataset, each participant's version of it, resulting model asset (none of a query), digests of recipe and code; T `rounds`, R `retries`, q `sampling_rate`, σ `noise`, C `clip`, D `dimension`; K `local_steps` at full noise, each charged, left out where noise is split; `trainer`, a program of somebody else, with `mode` and the digests of its `code` and `environment`, left out where there is none",
                ),
            ],
            json!({ "run": "first", "plan": {
                "project": "risk", "kind": "train", "purpose": "cardiac-risk", "asset": "heart-rows",
                "datasets": { "alder": d("alder rows"), "birch": d("birch rows"), "cypress": d("cypress rows"), "dogwood": d("dogwood rows") },
                "model": "risk-model", "recipe": d("recipe"), "code": d("code"),
                "rounds": 100, "retries": 2, "sampling_rate": "0.2", "noise": "7.26", "clip": "1", "dimension": 14,
            } }),
        ),
        N::RunApprove => (
            "One seat's approval of a proposed run.",
            PERMIT,
            &[("run", "the run")],
            json!({ "run": "first" }),
        ),
        N::RunOpen => (
            "Opens a proposed run, if everything it was checked for at its proposal still holds.",
            PERMIT,
            &[("run", "the run")],
            json!({ "run": "first" }),
        ),
        N::RunJoin => (
            "Joins an open run and reserves the cost of all its rounds and retries, before anything leaves the node.",
            PERMIT,
            &[
                ("run", "the run"),
                (
                    "cost",
                    "micro-nats of Rényi differential privacy at each of the 156 orders of the rules, each below 2^53",
                ),
            ],
            json!({ "run": "first", "cost": vec![10_000; ORDERS] }),
        ),
        N::RunClose => (
            "Closes an open run with its result.",
            "a seat that a clause permits or empowers, with the signatures of at least t participants that joined",
            &[
                ("run", "the run"),
                ("model", "digest of the resulting model, a blob"),
                ("rounds", "how many rounds gave a sum: all of the plan"),
                (
                    "attempts",
                    "how many attempts were charged: `rounds` to rounds and retries of the plan",
                ),
                ("transcript", "digest over the rounds' transcripts"),
                ("roster", "who contributed to the last round"),
            ],
            json!({ "run": "first", "model": d("model"), "rounds": 100, "attempts": 101, "transcript": d("transcript"), "roster": ["alder", "birch", "cypress"] }),
        ),
        N::RunAbort => (
            "Ends a proposed or open run without a result. What was reserved stays spent.",
            "a seat that a clause permits or empowers, or the sequencer",
            &[
                ("run", "the run"),
                (
                    "reason",
                    "`too-few-participants`, `retries-spent`, `coordinator-restarted`, `models-differ`, `result-not-signed`, `agreement-changed`, `project-ended`, `plan-unusable` or `withdrawn`",
                ),
                (
                    "named",
                    "may be left out: who was away, or said what cannot be, when the last attempt ended, aggregators or participants; or who did not sign the result, or holds another model than most do; the word of whoever aborts, from which nothing follows",
                ),
            ],
            json!({ "run": "first", "reason": "retries-spent", "named": ["lab"] }),
        ),
        N::EvidenceSubmit => (
            "Files a test result about a model that a run gave or that was brought in.",
            PERMIT,
            &[
                ("subject", "digest of what was tested"),
                ("method", "the method's name"),
                ("results", "metrics and their values, decimals as text"),
                ("cases", "on how many cases"),
                ("report", "digest of the full report, a blob"),
                (
                    "record",
                    "may be left out: when the test ended (`tested`), and where there is such a thing the `version` of the method, whether the lab `deviated` from it, the `plan` that was registered before, until when the lab stands by it (`valid_until`), the lab `elsewhere` that tested under another agreement, the `techniques` that were tried, and the report's `label`",
                ),
            ],
            json!({
                "subject": d("model"), "method": "pooled-holdout-accuracy", "results": { "accuracy": "0.79" },
                "cases": 254, "report": d("report"),
                "record": {
                    "tested": "2027-01-20T08:00:00Z", "version": "1.2", "deviated": true, "plan": d("plan"),
                    "valid_until": "2028-01-20T08:00:00Z",
                    "elsewhere": {
                        "lab": "lab-abroad", "country": "GB", "class": "independent",
                        "accreditations": [{
                            "standard": "ISO/IEC 17025", "certificate": d("certificate"),
                            "methods": ["pooled-holdout-accuracy"],
                            "from": "2026-01-01T00:00:00Z", "until": "2028-01-01T00:00:00Z",
                        }],
                    },
                    "techniques": ["owasp:llm01"], "label": "internal",
                },
            }),
        ),
        N::ReleasePropose => (
            "Proposes a model for release that a run gave or that was brought in.",
            PERMIT,
            &[("model", "the model's digest")],
            json!({ "model": d("model") }),
        ),
        N::ReleasePromote => (
            "Releases a model that was proposed for release.",
            PERMIT,
            &[("model", "the model's digest")],
            json!({ "model": d("model") }),
        ),
        other => {
            let room = people::entry(other).or_else(|| duties::entry(other));
            let room = room.or_else(|| cases::entry(other));
            let room = room.or_else(|| accounts::entry(other));
            let room = room.or_else(|| powers::entry(other));
            let room = room.or_else(|| assets::entry(other));
            let room = room.or_else(|| evidence::entry(other));
            return room.unwrap_or_else(|| unreachable!("{other}"));
        }
    };
    Entry { does, who, fields, example }
}
