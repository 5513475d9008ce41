//! What a partnership goes through, told with the heart agreement.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use common::{HOSPITALS, Story, cost, digest, execute, one_run, seal, vote};
use concordat_partnership::Act;
use concordat_partnership::act::{
    AbortReason, DatasetWithdraw, Decision, DigestRecord, EvidenceSubmit, MotionPropose, Release,
    RunAbort, RunClose, Tick, Vote,
};
use concordat_terms::{Cost, Digest, ORDERS};

fn result(story_model: &str) -> Act {
    Act::RunClose(RunClose {
        run: "first".parse().unwrap(),
        model: digest(story_model),
        rounds: 100,
        attempts: 101,
        transcript: digest("transcript"),
        roster: HOSPITALS.iter().map(|h| h.parse().unwrap()).collect(),
    })
}

fn test_result(accuracy: &str) -> Act {
    Act::EvidenceSubmit(EvidenceSubmit {
        subject: digest("model"),
        method: "pooled-holdout-accuracy".to_owned(),
        results: [("accuracy".to_owned(), accuracy.parse().unwrap())].into(),
        cases: 254,
        report: digest("report"),
    })
}

/// A trained model: four joined, three signed.
fn trained() -> Story {
    let mut story = Story::ready();
    story.run("first");
    for hospital in HOSPITALS {
        story.admit(hospital, "data-holder", story.join("first", cost()));
    }
    let seats = ["alder", "birch", "dogwood"].map(|h| (h, "data-holder"));
    let entry = story.sign(&seats, &result("model"));
    assert!(story.step(entry).is_admitted());
    story
}

#[test]
fn a_model_goes_from_signature_to_release() {
    let mut story = trained();
    let model = digest("model");
    story.admit("lab", "test-lab", test_result("0.79"));
    story.admit("vendor", "trainer", Act::ReleasePropose(Release { model }));
    story.decide("release-it", Decision::ReleasePromote(model));
    assert_eq!(story.state().models()[&model].status.as_str(), "released");
}

#[test]
fn a_release_waits_for_the_lab_and_for_the_council() {
    let mut story = trained();
    let model = digest("model");
    let promote = || Act::ReleasePromote(Release { model });
    story.admit("vendor", "trainer", Act::ReleasePropose(Release { model }));

    // The council's decision alone is not enough, and one member alone is not the council.
    let gate = "release/tested-and-decided";
    story.refuse("alder", "council-member", promote(), "needs-motion", gate);
    story.propose("release-it", Decision::ReleasePromote(model));
    for hospital in HOSPITALS {
        story.admit(hospital, "council-member", vote("release-it", Vote::For));
    }
    story.refuse("alder", "council-member", execute("release-it"), "needs-evidence", gate);

    // A result below the agreed level does not open the gate; the vendor cannot file one itself.
    story.admit("lab", "test-lab", test_result("0.69"));
    story.refuse("alder", "council-member", execute("release-it"), "evidence-below", gate);
    story.refuse("vendor", "test-lab", test_result("0.99"), "not-your-seat", "");

    // A good one does; after ninety days it no longer would.
    story.admit("lab", "test-lab", test_result("0.79"));
    story.tick("2027-04-02T08:00:00Z");
    story.propose("release-late", Decision::ReleasePromote(model));
    for hospital in HOSPITALS {
        story.admit(hospital, "council-member", vote("release-late", Vote::For));
    }
    story.refuse("alder", "council-member", execute("release-late"), "evidence-too-old", gate);
    story.admit("lab", "test-lab", test_result("0.79"));
    story.admit("alder", "council-member", execute("release-late"));
}

#[test]
fn nothing_is_permitted_before_the_agreement_is_in_force() {
    let mut story = Story::founded();
    let proposal = story.proposal("first", |_| {});
    story.refuse("vendor", "trainer", proposal, "not-your-seat", "");
}

#[test]
fn a_protocol_step_before_the_data_contract_names_the_missing_module() {
    let mut story = Story::with_modules(&["parties", "governance"]);
    let data_use = digest(&common::texts()["data-use"]);
    let module = || concordat_partnership::act::OneModule { module: data_use };
    story.admit("vendor", "signatory", Act::ModulePropose(module()));
    story.admit("alder", "signatory", Act::ModuleSign(module()));

    let proposal = story.proposal("early", |_| {});
    let verdict = story.act("vendor", "trainer", proposal);
    let refusal = verdict.refusal().unwrap();
    assert_eq!(refusal.code(), "module-not-in-force");
    assert_eq!(refusal.clause().unwrap().to_string(), "data-use/train-on-heart-rows");
    let problem = refusal.problem();
    assert!(problem.what.contains("module `data-use`"), "{problem}");
    assert!(problem.hint.contains("`birch`") && !problem.hint.contains("`alder`"), "{problem}");
}

#[test]
fn a_run_for_another_purpose_is_refused_by_the_clause_that_forbids_it() {
    let mut story = Story::ready();
    let insurance = |s: &Story| {
        s.proposal("premiums", |plan| plan.purpose = "insurance-pricing".parse().unwrap())
    };
    let proposal = insurance(&story);
    story.refuse("vendor", "trainer", proposal, "forbidden", "data-use/no-insurance-runs");

    // Asked why, the fold says everything that stands in the way, in order.
    let header = story.header(&[("vendor", "trainer")]);
    let act = insurance(&story);
    let signed = concordat_partnership::act::Signed { id: digest("x"), header: Some(header), act };
    let codes: Vec<&str> =
        story.replica.why(&signed).unwrap().iter().map(|refusal| refusal.code()).collect();
    let expected = [
        "forbidden",
        "not-permitted",
        "outside-charter",
        "purpose-not-allowed",
        "purpose-not-allowed",
        "purpose-not-allowed",
        "purpose-not-allowed",
        "purpose-not-allowed",
        "purpose-not-allowed",
    ];
    assert_eq!(codes, expected);
}

#[test]
fn a_withdrawn_version_stops_the_next_run_and_the_opening_of_a_proposed_one() {
    let mut story = Story::ready();
    story.admit("vendor", "trainer", story.proposal("first", |_| {}));
    for hospital in ["alder", "birch", "cypress"] {
        story.admit(hospital, "data-holder", Act::RunApprove(one_run("first")));
    }
    let withdraw =
        DatasetWithdraw { asset: "heart-rows".parse().unwrap(), version: digest("birch first") };
    story.admit("birch", "data-holder", Act::DatasetWithdraw(withdraw));

    story.refuse("vendor", "trainer", Act::RunOpen(one_run("first")), "dataset-withdrawn", "");
    let second = story.proposal("second", |_| {});
    story.refuse("vendor", "trainer", second, "dataset-withdrawn", "");

    // A newer version of birch's makes the plan possible again.
    story.admit("birch", "data-holder", story.dataset("birch", "second"));
    let third = story.proposal("third", |plan| {
        plan.datasets.insert("birch".parse().unwrap(), digest("birch second"));
    });
    story.admit("vendor", "trainer", third);
}

#[test]
fn a_run_opens_only_with_three_approvals_by_different_hospitals() {
    let mut story = Story::ready();
    story.admit("vendor", "trainer", story.proposal("first", |_| {}));
    let gate = "protocol/three-approvals";
    let open = || Act::RunOpen(one_run("first"));
    let approve = || Act::RunApprove(one_run("first"));
    story.admit("alder", "data-holder", approve());
    story.admit("alder", "data-holder", approve());
    story.admit("birch", "data-holder", approve());
    story.refuse("vendor", "trainer", open(), "needs-approvals", gate);
    story.refuse("lab", "data-holder", approve(), "not-your-seat", "");
    story.admit("dogwood", "data-holder", approve());
    story.admit("vendor", "trainer", open());
}

#[test]
fn the_council_decides_only_with_both_sides() {
    let mut story = Story::in_force();
    for hospital in HOSPITALS {
        story.register(hospital, "first", 2);
    }
    let charter = concordat_partnership::act::ProjectCharter {
        project: "risk".parse().unwrap(),
        charter: digest("charter"),
        objective: "governance/better-risk-estimates".parse().unwrap(),
        assets: ["heart-rows".parse().unwrap()].into(),
        purposes: ["cardiac-risk".parse().unwrap()].into(),
    };
    story.admit("vendor", "trainer", Act::ProjectCharter(charter));
    story.propose("open-risk", Decision::ProjectOpen("risk".parse().unwrap()));

    // Both public hospitals, and the lab, which is heard and not counted.
    for party in ["alder", "birch", "lab"] {
        story.admit(party, "council-member", vote("open-risk", Vote::For));
    }
    let refused = "motion-not-succeeded";
    let body = "governance/council";
    story.refuse("alder", "council-member", execute("open-risk"), refused, body);

    // One private hospital is a quorum of its side, but its colleague could still outvote it.
    story.admit("cypress", "council-member", vote("open-risk", Vote::For));
    story.refuse("alder", "council-member", execute("open-risk"), refused, body);
    let twice = vote("open-risk", Vote::For);
    story.refuse("cypress", "council-member", twice, "already-voted", "");

    // When voting ends the silent colleague no longer counts. Late votes are refused.
    story.tick("2027-01-15T08:00:00Z");
    let late = vote("open-risk", Vote::Against);
    story.refuse("dogwood", "council-member", late, "voting-ended", body);
    story.admit("alder", "council-member", execute("open-risk"));
    story.refuse("alder", "council-member", execute("open-risk"), "motion-state", "");
}

#[test]
fn a_decision_is_judged_again_when_it_is_carried_out() {
    let mut story = trained();
    let nobody_trained_this = digest("another model");
    let motion = MotionPropose {
        motion: "release-other".parse().unwrap(),
        body: "council".parse().unwrap(),
        decision: Decision::ReleasePromote(nobody_trained_this),
    };
    story.admit("alder", "council-member", Act::MotionPropose(motion));
    for hospital in HOSPITALS {
        story.admit(hospital, "council-member", vote("release-other", Vote::For));
    }
    let verdict = story.act("alder", "council-member", execute("release-other"));
    assert!(!verdict.is_admitted());
}

#[test]
fn joining_reserves_the_whole_cost_and_the_account_never_refills() {
    let mut story = Story::ready();
    story.run("first");

    // Less than the accountant's figure is refused; so is a place of too low a class.
    let cheap = story.join("first", Cost::zero());
    story.refuse("alder", "data-holder", cheap, "cost-understated", "");
    story.admit("alder", "data-holder", story.join("first", cost()));

    // The run is given up: what was reserved stays spent, and a second run does not fit.
    let abort = RunAbort { run: "first".parse().unwrap(), reason: AbortReason::Withdrawn };
    story.admit("vendor", "trainer", Act::RunAbort(abort));
    story.run("second");
    let again = story.join("second", cost());
    let clause = "protocol/heart-budget";
    story.refuse("alder", "data-holder", again, "budget-exceeded", clause);
    story.admit("birch", "data-holder", story.join("second", cost()));
}

#[test]
fn a_place_of_too_low_a_class_cannot_take_part() {
    let mut story = Story::in_force();
    for hospital in HOSPITALS {
        story.register(hospital, "first", if hospital == "dogwood" { 1 } else { 2 });
    }
    story.open_project();
    story.run("first");
    let join = story.join("first", cost());
    story.refuse("dogwood", "data-holder", join, "not-permitted", "protocol/join-run");
}

#[test]
fn a_result_needs_t_participants_who_joined() {
    let mut story = Story::ready();
    story.run("first");
    for hospital in ["alder", "birch", "cypress"] {
        story.admit(hospital, "data-holder", story.join("first", cost()));
    }
    // Dogwood never joined: its signature and its place in the roster do not count.
    let seats = ["alder", "birch", "dogwood"].map(|h| (h, "data-holder"));
    let entry = story.sign(&seats, &result("model"));
    let verdict = story.step(entry);
    assert_eq!(verdict.refusal().unwrap().code(), "too-few-signers");
}

#[test]
fn a_plan_must_keep_within_the_terms_that_were_proved() {
    let mut story = Story::ready();
    let clause = "protocol/masked-sums";
    let edits: [fn(&mut concordat_partnership::act::Plan); 6] = [
        |plan| plan.clip = "1.01".parse().unwrap(),
        |plan| plan.noise = "16.1".parse().unwrap(),
        |plan| plan.retries = 3,
        |plan| plan.dimension = 100_001,
        |plan| plan.sampling_rate = "1.01".parse().unwrap(),
        |plan| plan.rounds = 0,
    ];
    for edit in edits {
        let proposal = story.proposal("first", edit);
        story.refuse("vendor", "trainer", proposal, "beyond-terms", clause);
    }
    // Leaving a hospital out is an incomplete plan too.
    let alone = story.proposal("first", |plan| {
        plan.datasets.remove(&"birch".parse().unwrap());
    });
    story.refuse("vendor", "trainer", alone, "beyond-terms", clause);
}

#[test]
fn an_act_is_judged_once_in_its_own_log_and_its_own_time() {
    let mut story = Story::in_force();
    let act = Act::PlaceRegister(concordat_partnership::act::PlaceRegister {
        place: "ward".parse().unwrap(),
        class: 2,
        jurisdiction: "US".to_owned(),
    });
    let entry = story.sign(&[("alder", "data-holder")], &act);

    // A copy whose signature was spoiled is refused and burns nothing.
    let text = String::from_utf8(entry.clone()).unwrap();
    let at = text.find("\"sig\":\"").unwrap() + 8;
    let mut spoiled = entry.clone();
    spoiled[at] = if spoiled[at] == b'A' { b'B' } else { b'A' };
    assert_eq!(story.step(spoiled).refusal().unwrap().code(), "bad-signature");
    assert!(story.step(entry.clone()).is_admitted());
    assert_eq!(story.step(entry).refusal().unwrap().code(), "replayed");

    // Another log's act, a state that never was, and an act whose time has gone.
    let mut header = story.header(&[("birch", "data-holder")]);
    header.log = digest("another log");
    let payload = concordat_wire::act::encode(Some(&header), &act).unwrap();
    assert_eq!(story.step(seal(&payload, &["birch"])).refusal().unwrap().code(), "wrong-log");
    let mut header = story.header(&[("birch", "data-holder")]);
    header.seen.root = digest("another history");
    let payload = concordat_wire::act::encode(Some(&header), &act).unwrap();
    assert_eq!(story.step(seal(&payload, &["birch"])).refusal().unwrap().code(), "foreign-seen");
    let late = story.sign(&[("birch", "data-holder")], &act);
    story.tick("2027-01-02T08:00:00Z");
    assert_eq!(story.step(late).refusal().unwrap().code(), "expired");
}

#[test]
fn somebody_elses_key_does_not_sign_for_a_seat() {
    let mut story = Story::in_force();
    let act = story.dataset("alder", "first");
    let header = story.header(&[("alder", "data-holder")]);
    let payload = concordat_wire::act::encode(Some(&header), &act).unwrap();
    let entry = seal(&payload, &["birch"]);
    assert_eq!(story.step(entry).refusal().unwrap().code(), "signers-differ");
}

#[test]
fn time_is_the_sequencers_and_never_runs_backwards() {
    let mut story = Story::founded();
    let back = Tick { time: "2026-12-31T08:00:00Z".parse().unwrap() };
    story.refuse("sequencer", "sequencer", Act::Tick(back), "time-runs-backwards", "");
    let tick = Act::Tick(Tick { time: "2027-01-01T09:00:00Z".parse().unwrap() });
    let verdict = story.act("alder", "signatory", tick);
    assert_eq!(verdict.refusal().unwrap().code(), "not-the-sequencer");
}

#[test]
fn a_coordinator_whose_fold_differs_is_caught_at_its_next_digest() {
    let mut story = Story::in_force();
    let index = story.replica.size();
    let honest = DigestRecord { index, rolling: story.state().rolling() };
    story.admit("sequencer", "sequencer", Act::DigestRecord(honest));
    let index = story.replica.size();
    let other = DigestRecord { index, rolling: digest("another fold") };
    story.refuse("sequencer", "sequencer", Act::DigestRecord(other), "digest-differs", "");
}

#[test]
fn every_byte_string_has_a_verdict() {
    let mut story = Story::in_force();
    let index = story.replica.size();
    for bytes in [&b""[..], b"{}", b"\xff\xfe", b"null", &[b'['; 70_000]] {
        assert_eq!(story.step(bytes.to_vec()).refusal().unwrap().code(), "malformed");
    }
    assert_eq!(story.replica.size(), index + 5);
}

#[test]
fn two_replicas_of_one_log_agree_on_everything() {
    let story = trained();
    let mut other = concordat_replay::Replica::new();
    for text in common::texts().into_values() {
        other.supply(text.into_bytes());
    }
    for entry in &story.entries {
        other.step(entry).unwrap();
    }
    assert_eq!(other.state(), story.state());
    assert_eq!(other.root(), story.replica.root());
    assert_eq!(other.root_at(3), story.replica.root_at(3));
}

#[test]
fn a_replica_waits_for_a_text_it_does_not_hold_and_changes_nothing() {
    let story = Story::in_force();
    let mut other = concordat_replay::Replica::new();
    other.step(&story.entries[0]).unwrap();
    let before = other.state().clone();
    let halt = other.step(&story.entries[1]).unwrap_err();
    assert!(matches!(halt, concordat_replay::Halt::MissingBlob { index: 1, .. }), "{halt}");
    assert_eq!(other.state(), &before);
    assert_eq!(other.size(), 1);
}

#[test]
fn an_unknown_rules_digest_stops_a_replica_and_says_so() {
    let mut genesis = common::genesis();
    genesis.rules = Digest::of(b"rules of the future");
    let payload = concordat_wire::act::encode(None, &Act::Genesis(genesis)).unwrap();
    let names = ["alder", "birch", "cypress", "dogwood", "vendor", "lab", "sequencer"];
    let mut replica = concordat_replay::Replica::new();
    let halt = replica.step(&seal(&payload, &names)).unwrap_err();
    assert!(matches!(halt, concordat_replay::Halt::UnknownRules { index: 0, .. }), "{halt}");
}

#[test]
fn a_cost_has_as_many_orders_as_the_rules_list() {
    let listed = include_str!("../../../rules/1/orders.txt");
    assert_eq!(listed.lines().count(), ORDERS);
    let orders: Vec<String> =
        concordat_dp::orders().map(|order| order.alpha().to_string()).collect();
    let listed: Vec<String> =
        listed.lines().map(|l| l.parse::<f64>().unwrap().to_string()).collect();
    assert_eq!(orders, listed);
}

#[test]
fn a_plan_that_the_accountant_cannot_charge_is_refused_when_it_is_proposed() {
    let mut story = Story::ready();
    let proposal = story.proposal("first", |plan| plan.noise = "0.05".parse().unwrap());
    story.refuse("vendor", "trainer", proposal, "beyond-terms", "protocol/masked-sums");
}

#[test]
fn the_sequencer_brings_no_module_into_force() {
    let mut story = Story::in_force();
    let modules = [digest(&common::texts()["release"])].into();
    let enter = Act::ModuleEnter(concordat_partnership::act::ModuleEnter { modules });
    story.refuse("sequencer", "sequencer", enter, "not-your-seat", "");
}

#[test]
fn why_says_that_a_signer_saw_another_history() {
    let mut story = Story::ready();
    let act = story.proposal("first", |_| {});
    let mut header = story.header(&[("vendor", "trainer")]);
    header.seen.root = digest("another history");
    let signed = concordat_partnership::act::Signed { id: digest("x"), header: Some(header), act };
    let why = story.replica.why(&signed).unwrap();
    assert_eq!(why.iter().map(|r| r.code()).collect::<Vec<_>>(), ["foreign-seen"]);
}

#[test]
fn where_persons_may_be_replaced_sampling_does_not_lower_the_cost() {
    let mut story = Story::founded_on([].into());
    let mut modules = std::collections::BTreeSet::new();
    for (name, text) in common::texts() {
        let text = if name == "protocol" {
            text.replace("\"add-remove\"", "\"replace\"")
                .replace("ring_bits = 32", "ring_bits = 64")
        } else {
            text
        };
        let module = story.replica.supply(text.into_bytes());
        let one = || concordat_partnership::act::OneModule { module };
        story.admit("vendor", "signatory", Act::ModulePropose(one()));
        for party in HOSPITALS.iter().chain(&["vendor", "lab"]) {
            story.admit(party, "signatory", Act::ModuleSign(one()));
        }
        modules.insert(module);
    }
    let enter = concordat_partnership::act::ModuleEnter { modules };
    story.admit("alder", "signatory", Act::ModuleEnter(enter));
    for hospital in HOSPITALS {
        story.register(hospital, "first", 2);
    }
    story.open_project();
    story.run("first");
    let sampled = story.join("first", cost());
    story.refuse("alder", "data-holder", sampled, "cost-understated", "");
}

#[test]
fn one_party_cannot_rewrite_the_agreement_by_naming_itself_its_only_signer() {
    use concordat_partnership::act::{ModuleEnter, OneModule};
    let mut story = Story::in_force();
    let mine = common::texts()["data-use"]
        .replace("version = \"1.0.0\"", "version = \"1.1.0\"")
        .replace("signers = [\"all\"]", "signers = [\"vendor\"]")
        .replace("run.rounds <= 100", "run.rounds <= 100000");
    let module = story.replica.supply(mine.into_bytes());
    story.admit("vendor", "signatory", Act::ModulePropose(OneModule { module }));
    story.admit("vendor", "signatory", Act::ModuleSign(OneModule { module }));
    let enter = || Act::ModuleEnter(ModuleEnter { modules: [module].into() });
    story.refuse("vendor", "signatory", enter(), "unsigned-module", "");

    // With everybody's signature the same text enters.
    for party in HOSPITALS.iter().chain(&["lab"]) {
        story.admit(party, "signatory", Act::ModuleSign(OneModule { module }));
    }
    story.admit("vendor", "signatory", enter());
}

#[test]
fn the_sequencer_ends_a_run_that_nobody_can_finish_and_takes_none_back() {
    let mut story = Story::ready();
    let abort = |reason| Act::RunAbort(RunAbort { run: "first".parse().unwrap(), reason });
    story.admit("vendor", "trainer", story.proposal("first", |_| {}));
    let reason = AbortReason::RetriesSpent;
    story.refuse("sequencer", "sequencer", abort(reason), "run-state", "");
    for hospital in ["alder", "birch", "cypress"] {
        story.admit(hospital, "data-holder", Act::RunApprove(one_run("first")));
    }
    story.admit("vendor", "trainer", Act::RunOpen(one_run("first")));
    story.refuse("sequencer", "sequencer", abort(AbortReason::Withdrawn), "run-state", "");
    story.admit("sequencer", "sequencer", abort(reason));
}

#[test]
fn a_witness_key_that_signs_anything_founds_no_log() {
    let mut genesis = common::genesis();
    let lab = genesis.parties.get_mut(&"lab".parse().unwrap()).unwrap();
    // The identity point: `verify` without strictness accepts a signature by it over anything.
    lab.witness = format!("01{}", "00".repeat(31));
    let payload = concordat_wire::act::encode(None, &Act::Genesis(genesis)).unwrap();
    let names = ["alder", "birch", "cypress", "dogwood", "vendor", "lab", "sequencer"];
    let mut replica = concordat_replay::Replica::new();
    let verdict = replica.step(&seal(&payload, &names)).unwrap();
    assert_eq!(verdict.refusal().unwrap().code(), "bad-genesis");
}

/// Everybody signs amendments of modules of the heart agreement, which then enter together.
fn amend(story: &mut Story, amended: &[String]) {
    use concordat_partnership::act::{ModuleEnter, OneModule};
    let mut modules = std::collections::BTreeSet::new();
    for text in amended {
        let text = text.replace("version = \"1.0.0\"", "version = \"1.1.0\"");
        let module = story.replica.supply(text.into_bytes());
        story.admit("vendor", "signatory", Act::ModulePropose(OneModule { module }));
        for party in HOSPITALS.iter().chain(&["vendor", "lab"]) {
            story.admit(party, "signatory", Act::ModuleSign(OneModule { module }));
        }
        modules.insert(module);
    }
    story.admit("vendor", "signatory", Act::ModuleEnter(ModuleEnter { modules }));
}

#[test]
fn nobody_joins_or_closes_a_run_under_another_agreement_than_was_approved() {
    let mut story = Story::ready();
    story.run("first");
    for hospital in ["alder", "birch", "cypress"] {
        story.admit(hospital, "data-holder", story.join("first", cost()));
    }
    story.admit("vendor", "trainer", story.proposal("second", |_| {}));
    amend(&mut story, &[common::texts()["release"].clone()]);

    let changed = "agreement-changed";
    let join = story.join("first", cost());
    story.refuse("dogwood", "data-holder", join, changed, "");
    let seats = ["alder", "birch", "cypress"].map(|h| (h, "data-holder"));
    let close = story.sign(&seats, &result("model"));
    assert_eq!(story.step(close).refusal().unwrap().code(), changed);
    story.refuse("alder", "data-holder", Act::RunApprove(one_run("second")), changed, "");

    // What is left is to give it up.
    let abort = RunAbort { run: "first".parse().unwrap(), reason: AbortReason::Withdrawn };
    story.admit("vendor", "trainer", Act::RunAbort(abort));
}

#[test]
fn once_a_project_has_ended_its_open_run_is_neither_joined_nor_closed() {
    let mut story = Story::ready();
    story.run("first");
    for hospital in ["alder", "birch", "cypress"] {
        story.admit(hospital, "data-holder", story.join("first", cost()));
    }
    story.decide("end-risk", Decision::ProjectEnd("risk".parse().unwrap()));
    let join = story.join("first", cost());
    story.refuse("dogwood", "data-holder", join, "project-state", "");
    let seats = ["alder", "birch", "cypress"].map(|h| (h, "data-holder"));
    let close = story.sign(&seats, &result("model"));
    assert_eq!(story.step(close).refusal().unwrap().code(), "project-state");
}

#[test]
fn once_a_hospital_withdraws_its_rows_nobody_else_joins_the_open_run() {
    let mut story = Story::ready();
    story.run("first");
    let withdraw =
        DatasetWithdraw { asset: "heart-rows".parse().unwrap(), version: digest("birch first") };
    story.admit("birch", "data-holder", Act::DatasetWithdraw(withdraw));
    let join = story.join("first", cost());
    story.refuse("alder", "data-holder", join, "dataset-withdrawn", "");
}

#[test]
fn what_no_account_limits_is_refused_and_the_refusal_names_the_dataset() {
    let mut story = Story::ready();
    let text = &common::texts()["protocol"];
    let clause = text.find("```clause\nid = \"heart-budget\"").unwrap();
    let (before, rest) = text.split_at(clause);
    let (_, after) = rest.split_once("\n```\n").unwrap();
    // The check of an agreement asks for an account where training is permitted, and there alone.
    let queries = common::texts()["data-use"]
        .replace("kinds = [\"train\"]\nby = \"trainer\"", "kinds = [\"query\"]\nby = \"trainer\"");
    amend(&mut story, &[format!("{before}{after}"), queries]);

    let query = concordat_agreement::RunKind::Query;
    let proposal = story.proposal("first", |plan| plan.kind = query);
    story.refuse("vendor", "trainer", proposal, "no-privacy-account", "");
}

#[test]
fn only_an_act_in_whose_way_nothing_else_stands_waits_for_its_text() {
    use concordat_partnership::act::OneModule;
    let mut story = Story::in_force();
    let size = story.replica.size();
    let act = || Act::ModulePropose(OneModule { module: digest("a text that nobody has") });
    let mut refused = |header: concordat_partnership::act::Header, by: &str, code: &str| {
        let payload = concordat_wire::act::encode(Some(&header), &act()).unwrap();
        assert_eq!(story.step(seal(&payload, &[by])).refusal().unwrap().code(), code);
    };
    let founded = Story::in_force;
    let mut header = founded().header(&[("alder", "signatory")]);
    header.log = digest("another log");
    refused(header, "alder", "wrong-log");
    let mut header = founded().header(&[("alder", "signatory")]);
    header.seen.root = digest("another history");
    refused(header, "alder", "foreign-seen");
    let mut header = founded().header(&[("alder", "signatory")]);
    header.expires_at = founded().now;
    refused(header, "alder", "expired");
    refused(founded().header(&[("alder", "trainer")]), "alder", "not-your-seat");
    refused(founded().header(&[("sequencer", "sequencer")]), "sequencer", "not-your-seat");
    assert_eq!(story.replica.size(), size + 5);

    let entry = story.sign(&[("alder", "signatory")], &act());
    let halt = story.replica.step(&entry).unwrap_err();
    assert!(matches!(halt, concordat_replay::Halt::MissingBlob { .. }), "{halt}");
}

#[test]
fn copies_that_anybody_can_send_are_held_against_nobody() {
    let mut story = Story::in_force();
    let alder = "alder".parse().unwrap();
    let act = story.dataset("alder", "first");
    let entry = story.sign(&[("alder", "data-holder")], &act);
    assert_eq!(story.step(entry.clone()).refusal().unwrap().code(), "unknown-place");
    assert_eq!(story.state().refusals_of(&alder), 1);

    // The same bytes by whoever read the log, at once and after their expiry.
    assert_eq!(story.step(entry.clone()).refusal().unwrap().code(), "replayed");
    story.tick("2027-01-02T08:00:00Z");
    assert_eq!(story.step(entry).refusal().unwrap().code(), "expired");
    // What alder signed for another partnership, twice.
    let mut header = story.header(&[("alder", "data-holder")]);
    header.log = digest("another log");
    let foreign = seal(&concordat_wire::act::encode(Some(&header), &act).unwrap(), &["alder"]);
    for _ in 0..2 {
        assert_eq!(story.step(foreign.clone()).refusal().unwrap().code(), "wrong-log");
    }
    // A copy of an act that had seen another history.
    let mut header = story.header(&[("alder", "data-holder")]);
    header.seen.root = digest("another history");
    let seen = seal(&concordat_wire::act::encode(Some(&header), &act).unwrap(), &["alder"]);
    assert_eq!(story.step(seen.clone()).refusal().unwrap().code(), "foreign-seen");
    assert_eq!(story.step(seen).refusal().unwrap().code(), "replayed");
    assert_eq!(story.state().refusals_of(&alder), 2);
}

#[test]
fn an_act_is_remembered_until_it_has_expired_and_is_refused_for_that_from_then_on() {
    let mut story = Story::in_force();
    let place = concordat_partnership::act::PlaceRegister {
        place: "ward".parse().unwrap(),
        class: 2,
        jurisdiction: "US".to_owned(),
    };
    let entry = story.sign(&[("alder", "data-holder")], &Act::PlaceRegister(place));
    let envelope = concordat_tlog::Envelope::parse(&entry).unwrap();
    let signed = concordat_wire::act::decode(envelope.payload()).unwrap();
    assert!(story.step(entry.clone()).is_admitted());
    let index = story.replica.size() - 1;
    assert_eq!(story.state().judged(&signed), Some(index));
    story.tick("2027-01-02T07:59:59Z");
    assert_eq!(story.state().judged(&signed), Some(index));
    story.tick("2027-01-02T08:00:00Z");
    assert_eq!(story.state().judged(&signed), None);
    assert_eq!(story.step(entry).refusal().unwrap().code(), "expired");
}

#[test]
fn a_copy_of_a_tick_moves_nothing_however_old_it_is() {
    let mut story = Story::in_force();
    story.tick("2027-01-01T09:00:00Z");
    let entry = story.entries.last().unwrap().clone();
    assert_eq!(story.step(entry.clone()).refusal().unwrap().code(), "replayed");
    story.tick("2027-02-01T09:00:00Z");
    assert_eq!(story.step(entry).refusal().unwrap().code(), "time-runs-backwards");
}

#[test]
fn a_decision_that_nobody_carries_out_lapses_one_voting_period_after_voting_ended() {
    let mut story = Story::ready();
    story.propose("end-risk", Decision::ProjectEnd("risk".parse().unwrap()));
    for hospital in HOSPITALS {
        story.admit(hospital, "council-member", vote("end-risk", Vote::For));
    }
    let motion = &story.state().motions()[&"end-risk".parse().unwrap()];
    let (ends, lapses) = (motion.open_until, motion.lapses_at);
    assert!(story.now < ends && ends < lapses);
    story.tick(&lapses.to_string());
    let body = "governance/council";
    story.refuse("alder", "council-member", execute("end-risk"), "motion-lapsed", body);
}

#[test]
fn a_permit_names_the_seats_that_clauses_create_and_no_others() {
    use concordat_partnership::act::{ModuleEnter, OneModule};
    let mut story = Story::founded_on([].into());
    let by = "by = [\"trainer\", \"operator\"]";
    let protocol = &common::texts()["protocol"];
    for other in ["", "by = []"] {
        let module = story.replica.supply(protocol.replace(by, other).into_bytes());
        let propose = Act::ModulePropose(OneModule { module });
        story.refuse("vendor", "signatory", propose, "module-unreadable", "");
    }
    // Nor can a clause give the seats of the log itself to somebody, and a permit to those.
    for seat in ["signatory", "sequencer"] {
        let mut modules = std::collections::BTreeSet::new();
        for (name, text) in common::texts() {
            let clause = format!(
                "\n```clause\nid = \"{seat}\"\nseat = \"A seat\"\nfilled_by = \"vendor\"\n```\n"
            );
            let text = if name == "parties" { format!("{text}{clause}") } else { text };
            let module = story.replica.supply(text.into_bytes());
            if story.state().proposals().get(&module).is_none() {
                story.admit("vendor", "signatory", Act::ModulePropose(OneModule { module }));
            }
            modules.insert(module);
        }
        let enter = Act::ModuleEnter(ModuleEnter { modules });
        let verdict = story.act("vendor", "signatory", enter);
        let refusal = verdict.refusal().unwrap();
        assert_eq!(refusal.code(), "modules-inconsistent");
        assert!(refusal.to_string().contains(&format!("the seat `{seat}`")), "{refusal}");
    }
}

#[test]
fn until_the_modules_of_the_genesis_are_in_force_no_other_text_enters() {
    use concordat_partnership::act::{ModuleEnter, OneModule};
    let mut story = Story::with_modules(&["parties", "governance"]);
    let other = format!("{}\n", common::texts()["data-use"]);
    let module = story.replica.supply(other.into_bytes());
    story.admit("vendor", "signatory", Act::ModulePropose(OneModule { module }));
    for party in HOSPITALS.iter().chain(&["vendor", "lab"]) {
        story.admit(party, "signatory", Act::ModuleSign(OneModule { module }));
    }
    let enter = Act::ModuleEnter(ModuleEnter { modules: [module].into() });
    story.refuse("vendor", "signatory", enter, "not-a-founding-module", "");
    story.enter(&["data-use", "protocol", "release"]);
    assert_eq!(story.state().in_force().len(), 5);
}
