//! `docs/reference/refusals.md`, written from a sample of every refusal: `UPDATE_GOLDEN=1`
//! rewrites it.
#![allow(clippy::unwrap_used, missing_docs, unreachable_pub, reason = "tests")]
#![expect(clippy::disallowed_methods, reason = "the page is read and rewritten")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;

use concordat_agreement::{Level, Silence};
use concordat_partnership::{Refusal, Standing};
use concordat_terms::{ActName, Digest};

mod samples;

type Group = (&'static str, Vec<(Refusal, &'static str)>);

/// One list for samples and for an exhaustive match: a refusal without a sample does not compile.
/// What a room refuses stands in a list of the room's own, under `samples/`.
macro_rules! refusals {
    ($of:ident $(rooms $($room:ident)*)?; $($title:literal: {
        $($variant:ident { $($field:ident: $value:expr),* } $meaning:literal;)*
    })*) => {
        pub fn own_samples() -> Vec<$crate::Group> {
            vec![$((
                $title,
                vec![$(($of::$variant { $($field: $value),* }.into(), $meaning)),*],
            )),*]
        }

        #[expect(dead_code, reason = "compiling is the test")]
        fn every_variant_has_a_sample(refusal: &$of) {
            match refusal {
                $($($of::$room(_) => {})*)?
                $($($of::$variant { .. } => {})*)*
            }
        }
    };
}

pub(crate) use refusals;

fn samples() -> Vec<Group> {
    [own_samples(), samples::samples()].concat()
}

/// Names and the like from their text.
pub fn a<T: std::str::FromStr>(text: &str) -> T {
    text.parse().ok().unwrap()
}

pub fn digest(text: &str) -> Digest {
    Digest::of(text.as_bytes())
}

pub fn parties(names: &[&str]) -> Vec<concordat_terms::PartyId> {
    names.iter().map(|name| a(name)).collect()
}

refusals! {
    Refusal rooms Case People Body Duty Signal Condition Audit Account Privacy Progress Power Recall Ruling Edition Erasure Count Asset Testing Trainer;
    "Bytes, signatures and header": {
        Malformed { reason: "unexpected end of input at byte 0".to_owned() }
            "The bytes are not an envelope around a statement in canonical JSON, or the statement's fields do not fit the act it names. Nobody's count rises.";
        Unfit { reason: "no module enters".to_owned() }
            "A field holds what no act of its kind can say, whoever says it and whatever the agreement permits.";
        UnknownAct { predicate_type: "urn:concordat:act:run.invent:v0".to_owned() }
            "The statement's predicate type is not an act of the rules in force.";
        UnknownKey { key: "8c1f0d3a5b7e92460c8e1f3a5d7b9c04".to_owned() }
            "The statement names a signer whose key this log does not know. Before the genesis no key is known.";
        BadSignature { key: "8c1f0d3a5b7e92460c8e1f3a5d7b9c04".to_owned() }
            "A signature is not that key's over these bytes. The act does not count as judged, so a spoiled copy burns nobody's act.";
        SignersDiffer { named: "8c1f0d3a".to_owned(), found: "77ab52c0".to_owned() }
            "The envelope carries other signatures than the statement's `signers` name.";
        WrongLog { named: digest("another log"), this: digest("this log") }
            "The act was signed for another log. Nobody's count rises.";
        ForeignSeen { size: 41 }
            "The signer had seen a state that this log never had. Either the act is from a future of the log, or somebody was shown another history.";
        Expired { expires_at: a("2027-01-02T08:00:00Z"), now: a("2027-01-02T08:00:00Z") }
            "The log's time has reached the act's `expires_at`. Nobody's count rises.";
        ExpiresTooLate { expires_at: a("2027-03-01T08:00:00Z"), latest: a("2027-02-02T08:00:00Z") }
            "An act may stay valid for at most 31 days of the log's time, so that it cannot be kept back until it suits somebody.";
        Replayed { index: 17 }
            "An act is judged once, whether it was admitted or refused then. Once it has expired it is forgotten, and refused for that. Nobody's count rises: anybody can send a copy.";
        NotStarted {}
            "Something other than a genesis came first. This is what `why` says: in the log such an entry is `unknown-key`, since no key is known yet.";
        AlreadyStarted {}
            "A log has one genesis.";
        BadGenesis { reason: "a quorum of 2 out of 4 lets two histories stand".to_owned() }
            "The genesis has fewer than two founders, an origin that is no name, a key that is unusable or named twice, a witness that is no founder, or a quorum that two disjoint groups could meet.";
        NotTheSequencer { act: ActName::Tick }
            "A party signed a tick or a digest record.";
        TimeRunsBackwards { tick: a("2026-12-31T08:00:00Z"), now: a("2027-01-01T08:00:00Z") }
            "A tick names a time that is not after the last one: a copy of an old tick, say.";
        DigestDiffers { index: 1000 }
            "The sequencer's record of the rolling digest is not what this replica has: the two folded different verdicts.";
    }
    "Seats": {
        NotYourSeat { seat: a("data-holder"), party: a("lab"), filled_by: parties(&["alder", "birch"]) }
            "The agreement in force does not give this seat to the party. Every party fills `signatory`; only the sequencer fills `sequencer`.";
    }
    "Modules": {
        UnknownModule { module: digest("module") }
            "A module is signed or entered that nobody has put before its signers.";
        ModuleUnreadable { module: digest("module"), count: 2, first: "data-use.md:14:1: unknown field `purpuses`".to_owned() }
            "The proposed text is not a module.";
        AlreadyProposed { module: digest("module") }
            "The same bytes were proposed before.";
        AlreadySigned { module: a("data-use"), party: a("alder") }
            "A party signs a module's bytes once, unless it means another set, document or time, or signs more strongly.";
        UntilPassed { until: a("2027-01-01T08:00:00Z"), now: a("2027-01-02T08:00:00Z") }
            "A signature says until when it counts, and that time is over.";
        NotSigned { module: a("data-use"), party: a("alder") }
            "A party takes its own signature under a module back, and none is there.";
        AlreadyEntered { module: a("data-use") }
            "A signature is taken back before the module enters into force, not afterwards.";
        UnsignedModule { module: a("data-use"), missing: parties(&["birch", "vendor"]) }
            "A module enters into force only when all its signers have signed its exact bytes.";
        UnsignedByAffected { module: a("release"), party: a("lab"), because: "`release/file-evidence` concerns it".to_owned() }
            "An amendment takes the signature of everybody whom it concerns, whoever signs the module: words concern everybody, a field that changes concerns whom its clause does, unless an earlier clause left exactly that to somebody (docs/explanation/amendments.md).";
        DocumentsDiffer { module: a("data-use"), others: parties(&["dogwood"]) }
            "What is signed is the exact bytes of the modules and the document in which they were read. All who must sign read the same document; another release of the program may render the same texts differently.";
        SetsDiffer { module: a("data-use"), parties: parties(&["alder"]), signed: vec!["governance".to_owned()], enters: Vec::new() }
            "What is signed as one set enters as one: its modules enter together, or none of them. Every signature that counts names exactly the set that enters, while a log begins all modules that its genesis names (which may enter in steps).";
        SignatureTooWeak { module: a("instrument"), party: a("alder"), is: Level::Simple, needs: Level::Qualified }
            "A module says how strong the signatures under it must be. A ledger key signs at level `simple`; a stronger signature is made elsewhere and attached, with the report on its validation.";
        ActTooWeak { act: ActName::ReleasePromote, clause: a("release/by-hand"), is: Level::Simple, needs: Level::Handwritten }
            "A gate wants a stronger signature for this act than it has.";
        NoSuchModule { module: a("data-usage") }
            "A module is suspended, resumed or ended that is not there.";
        ModuleState { module: a("data-use"), is: Standing::Suspended, needs: &[Standing::InForce] }
            "A module in force can be suspended, a suspended one resumed, either ended; what has ended is over, and its text is not amended.";
        ClauseSilent { act: ActName::RunPropose, clause: a("data-use/train-on-heart-rows"), why: Silence::Suspended }
            "The clause that would permit the act stands in the text and does not speak: its module is suspended or has ended, or it was found invalid, or it waits to take the place of another.";
        UnknownClause { clause: a("data-use/train") }
            "A ruling speaks of a clause that is not there.";
        OlderVersion { module: a("data-use"), old: "1.2.0".to_owned(), new: "1.1.0".to_owned() }
            "An amendment needs a higher version than the text it replaces.";
        TwoVersions { module: a("data-use") }
            "Of two texts of one module only one can be in force; `module.enter` names it.";
        NotAFoundingModule { module: a("data-use"), waiting: 3 }
            "The genesis names the modules that the partnership begins with. Until all of them are in force, in one step or several, no other text enters.";
        ModulesInconsistent { count: 1, first: "protocol.md:31:6: there is no seat `data-holdr`".to_owned() }
            "The modules in force together with the entering ones do not fit each other.";
        PartyWithoutKey { party: a("elm") }
            "The agreement names a party that the genesis gave no key.";
        WitnessesDiffer { clause: a("protocol/four-of-five") }
            "The clause about witnesses names others, or another quorum, than the genesis.";
        PlaybookNotVoted { asset: a("playbook"), version: Digest::of(b"1.1.0"), clause: a("instrument/agreement") }
            "The instrument names a playbook from which the agreement is made, in a version that no body of this log has decided anything about, or that is no version of that asset.";
        NeighboursChanged { asset: a("heart-rows"), clause: a("protocol/heart-budget") }
            "An amendment changes the `adjacency` of a dataset on whose accounts runs were charged. They were priced between the old neighbours, and between the new ones the same releases may tell more.";
        ParametersImpossible { clause: a("protocol/masked-sums"), reason: "4 clients and a threshold of 2 let two lists be signed".to_owned() }
            "The clause's aggregation or privacy parameters cannot hold together: a sum could wrap, or open to too few.";
        ModuleNotInForce { act: ActName::RunPropose, module: a("data-use"), clause: a("protocol/law-before-runs"), missing: parties(&["birch"]) }
            "A gate orders this act after a module that is not in force, or the clause that would permit it is still before its signers.";
    }
    "Forbids and permits": {
        Forbidden { act: ActName::RunPropose, clause: a("data-use/no-insurance-runs") }
            "A clause forbids this, whatever others permit. A forbid strikes where it touches any part of an act.";
        NotPermitted { act: ActName::RunPropose, nearest: a("data-use/train-on-heart-rows"), lacks: "a purpose that it names (`cardiac-risk`)".to_owned() }
            "What is not permitted is refused. The clause named is the one that meets most of its demands.";
        NothingPermits { act: ActName::ReleasePromote }
            "No clause in force, and none before its signers, permits this act; or the agreement has no aggregation clause for a run.";
        ConditionFails { clause: a("protocol/join-run"), reason: "`place` is not known here".to_owned() }
            "A clause's `when` asks for something that this act does not have. An error refuses, for permits and forbids alike.";
    }
    "Decisions, approvals and evidence": {
        NeedsApprovals { clause: a("protocol/three-approvals"), seat: a("data-holder"), have: 1, need: 3, open: parties(&["birch", "cypress", "dogwood"]) }
            "A gate counts parties, not signatures: approving twice counts once.";
        NeedsMotion { clause: a("release/tested-and-decided"), act: ActName::ReleasePromote, body: a("council") }
            "The act takes effect only through `motion.execute` of that body.";
        NeedsEvidence { clause: a("release/tested-and-decided"), method: a("pooled-holdout-accuracy"), metric: None, by: a("test-lab") }
            "No result of the required kind is filed about this digest.";
        EvidenceTooOld { clause: a("release/tested-and-decided"), method: a("pooled-holdout-accuracy"), max_age: "P90D".to_owned() }
            "The latest result has reached the age that the clause allows.";
        EvidenceBelow { clause: a("release/tested-and-decided"), metric: a("accuracy"), value: a("0.71"), at_least: a("0.75") }
            "The latest result misses the agreed threshold.";
    }
    "Assets and places": {
        UnknownAsset { asset: a("lung-rows"), kind: "dataset" }
            "No clause declares an asset of this kind under this name.";
        UnknownPlace { place: a("ward"), party: a("alder") }
            "A dataset version names a place that its holder has not declared.";
        NameTaken { name: "first".to_owned() }
            "Names of places, projects, motions and runs, dataset versions, models and joins are given once.";
        UnknownDataset { asset: a("heart-rows"), party: a("birch"), version: digest("rows") }
            "A plan, a withdrawal or a join names a version that is not in the catalogue.";
        DatasetWithdrawn { asset: a("heart-rows"), party: a("birch"), version: digest("rows") }
            "The holder took the version out of use. Runs that are open go on until their nodes stop; no run is opened or joined on it.";
        PurposeNotAllowed { asset: a("heart-rows"), purpose: a("insurance-pricing"), by: "the asset's clause".to_owned(), clause: a("data-use/heart-rows") }
            "The asset's clause, or a holder's registration, does not list the purpose.";
    }
    "Projects": {
        UnknownProject { project: a("risk") }
            "No charter of that name was put before its body.";
        ProjectState { project: a("risk"), is: "chartered", needs: "open" }
            "A project is chartered, then open, then ended.";
        OutsideCharter { project: a("risk"), what: "purpose `insurance-pricing`".to_owned() }
            "A project can only narrow the agreement; its plans keep within its charter.";
        UnknownObjective { objective: a("governance/world-peace") }
            "A charter serves an objective that the agreement states.";
    }
    "Bodies": {
        UnknownBody { body: a("senate") }
            "No clause in force constitutes the body.";
        NotAMember { body: a("council"), party: a("vendor") }
            "The voter does not fill the seat whose parties vote in this body.";
        NoVote { body: a("council"), party: a("lab"), clause: a("governance/council") }
            "A body decides by the votes of its public and its private members. Who is seated in it and is neither is heard, and does not vote.";
        UnknownMotion { motion: a("open-risk") }
            "Nobody has put this motion.";
        MotionState { motion: a("open-risk"), is: "past its voting" }
            "The motion was carried out, or its time for votes is over.";
        VotingEnded { motion: a("open-risk"), ended: a("2027-01-15T08:00:00Z"), clause: a("governance/council") }
            "Votes are taken for the body's `open_for` after the motion was put, by the log's time.";
        MotionLapsed { motion: a("open-risk"), at: a("2027-01-29T08:00:00Z"), clause: a("governance/council") }
            "A decision is to be carried out within the body's `open_for` after voting ended, so that nobody keeps one back until it suits.";
        AlreadyVoted { motion: a("open-risk"), party: a("cypress") }
            "A vote cannot be changed.";
        MotionNotSucceeded { motion: a("open-risk"), tally: "public 2 for, 0 against, 0 abstained, 0 silent; private 1 for, 0 against, 0 abstained, 1 silent; undecided".to_owned(), clause: a("governance/council") }
            "Both sides must reach quorum and majority. A side is decided once its silent members cannot change it, or when voting ends.";
    }
    "Runs": {
        UnknownRun { run: a("first") }
            "Nobody has proposed this run.";
        RunState { run: a("first"), is: "closed", needs: "open" }
            "A run is proposed, then open, then closed or aborted.";
        AgreementChanged { run: a("first"), under: digest("the agreement"), now: digest("the amended one") }
            "A module entered into force after the run was proposed. A run is approved, opened, joined and closed under the agreement it was proposed under, so that nobody takes part under terms that nobody approved; rounds are bound to that agreement too. What was reserved stays spent.";
        NoPrivacyAccount { asset: a("heart-rows") }
            "No clause limits what runs on the dataset may spend, and what nothing limits is refused.";
        BeyondTerms { what: "retries", value: "3".to_owned(), allowed: "at most 2".to_owned(), clause: a("protocol/masked-sums") }
            "A plan, or a result, goes beyond the parameters that were proved when the agreement entered into force.";
        BeyondRules { reason: "it has 100001 rounds, and a run has 1 to 100000".to_owned() }
            "A plan goes beyond what no clause sets: rule 9 bounds its rounds and its sampling rate, and the accountant the noise that it can charge.";
        NotAParticipant { run: a("first"), party: a("vendor") }
            "The plan names no dataset version of this party, or a result's roster names a party that never joined.";
        CodeNotApproved { party: a("alder"), code: digest("code"), asset: a("heart-rows") }
            "The holder of the rows has not approved the plan's code beside them, or has taken that back.";
        CostUnderstated { run: a("first") }
            "The reservation is below what every replica's accountant computes for all rounds and retries of the plan, at one Rényi order or more.";
        TooFewSigners { run: a("first"), have: 2, need: 3 }
            "A result takes the signatures of t participants that joined.";
    }
    "Releases": {
        UnknownModel { model: digest("model") }
            "The digest is not that of a model which a closed run gave or an `asset.import` brought in.";
        ReleaseState { model: digest("model"), is: "trained", needs: "proposed for release" }
            "A model is trained or brought in, then proposed for release, then released.";
    }
}

fn page() -> String {
    let mut page = "# Refusals\n\n\
        <!-- Written by crates/partnership/tests/reference.rs; UPDATE_GOLDEN=1 rewrites it. -->\n\n\
        A refused act stays in the log and changes nothing but the books: that it was judged, its party's count of\n\
        refusals, the rolling digest. Codes are stable. The verdict is the first that applies in the order\n\
        of the gates ([rules](../../rules/1/fold.md), 5); `why` gives all of them. Names and digests below are examples.\n"
        .to_owned();
    for (title, group) in samples() {
        let codes: Vec<String> =
            group.iter().map(|(r, _)| format!("[{0}](#{0})", r.code())).collect();
        write!(page, "\n**{title}**: {}\n", codes.join(", ")).unwrap();
    }
    for (_, group) in samples() {
        for (refusal, meaning) in group {
            let problem = refusal.problem();
            let cites = match refusal.clause() {
                Some(clause) => format!("Cites a clause, here `{clause}`."),
                None => "Cites no clause.".to_owned(),
            };
            write!(
                page,
                "\n## {}\n\n{meaning} {cites}\n\n```text\nerror: {}\nhint: {}\n```\n",
                problem.code, problem.what, problem.hint
            )
            .unwrap();
        }
    }
    page
}

#[test]
fn every_refusal_is_explained_under_its_code() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/refusals.md");
    let written = page();
    if std::env::var("UPDATE_GOLDEN").is_ok_and(|v| v == "1") {
        std::fs::write(&path, &written).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap_or_default(), written, "{}", path.display());
}

#[test]
fn codes_are_kebab_case_and_given_once() {
    let mut codes = BTreeSet::new();
    for (refusal, _) in samples().into_iter().flat_map(|(_, group)| group) {
        let code = refusal.code();
        assert!(code.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{code}");
        assert!(codes.insert(code), "`{code}` stands for two refusals");
    }
    assert_eq!(codes, Refusal::codes().into_iter().collect(), "`codes` lists every code");
}

#[test]
fn messages_and_remedies_are_phrases_and_not_sentences() {
    for (refusal, _) in samples().into_iter().flat_map(|(_, group)| group) {
        let problem = refusal.problem();
        for text in [&problem.what, &problem.hint] {
            let first = text.chars().next().unwrap();
            assert!(!first.is_uppercase() && !text.ends_with('.'), "{text}");
        }
    }
}
