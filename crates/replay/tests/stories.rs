//! What a partnership goes through, told with the heart agreement.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod common;

use std::collections::BTreeSet;

use common::{HOSPITALS, Story, cost, digest, execute, one_run, result, texts, vote};
use concordat_partnership::act::{
    AbortReason, DatasetWithdraw, EvidenceSubmit, MotionPropose, OneProject, OneRun, Plan,
    ProjectCharter, Release, RunAbort, Signed, Vote,
};
use concordat_partnership::{Act, MotionStatus, Refusal};
use concordat_terms::{Cost, ROUNDS_MOST};

fn test_result(accuracy: &str) -> Act {
    Act::EvidenceSubmit(EvidenceSubmit {
        subject: digest("model"),
        method: "pooled-holdout-accuracy".parse().unwrap(),
        results: [("accuracy".parse().unwrap(), accuracy.parse().unwrap())].into(),
        cases: 254.try_into().unwrap(),
        report: digest("report"),
        record: None,
    })
}

#[test]
fn a_model_goes_from_signature_to_release() {
    let mut story = Story::trained();
    let model = digest("model");
    story.admit("lab", "test-lab", test_result("0.79"));
    story.admit("vendor", "trainer", Act::ReleasePropose(Release { model }));
    story.decide("release-it", Act::ReleasePromote(Release { model }));
    assert_eq!(story.state().models()[&model].status.as_str(), "released");
}

#[test]
fn a_release_waits_for_the_lab_and_for_the_council() {
    let mut story = Story::trained();
    let model = digest("model");
    let promote = || Act::ReleasePromote(Release { model });
    story.admit("vendor", "trainer", Act::ReleasePropose(Release { model }));

    // The council's decision alone is not enough, and one member alone is not the council.
    let gate = "release/tested-and-decided";
    story.refuse("alder", "council-member", promote(), "needs-motion", gate);
    story.propose("release-it", Act::ReleasePromote(Release { model }));
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
    story.propose("release-late", Act::ReleasePromote(Release { model }));
    for hospital in HOSPITALS {
        story.admit(hospital, "council-member", vote("release-late", Vote::For));
    }
    story.refuse("alder", "council-member", execute("release-late"), "evidence-too-old", gate);
    story.admit("lab", "test-lab", test_result("0.79"));
    story.admit("alder", "council-member", execute("release-late"));
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
    let signed = Signed { id: digest("x"), header: Some(header), act };
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
    let charter = ProjectCharter {
        project: "risk".parse().unwrap(),
        charter: digest("charter"),
        objective: "governance/better-risk-estimates".parse().unwrap(),
        assets: ["heart-rows".parse().unwrap()].into(),
        purposes: ["cardiac-risk".parse().unwrap()].into(),
    };
    story.admit("vendor", "trainer", Act::ProjectCharter(charter));
    story.propose("open-risk", Act::ProjectOpen(OneProject { project: "risk".parse().unwrap() }));

    // Both public hospitals; the lab is heard and has no vote.
    for party in ["alder", "birch"] {
        story.admit(party, "council-member", vote("open-risk", Vote::For));
    }
    let refused = "motion-not-succeeded";
    let body = "governance/council";
    story.refuse("lab", "council-member", vote("open-risk", Vote::For), "no-vote", body);
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
fn a_motion_is_about_something_that_is_there_when_it_is_put() {
    let mut story = Story::ready();
    for (decision, code) in [
        (Act::ReleasePromote(Release { model: digest("a model nobody trained") }), "unknown-model"),
        (Act::RunOpen(OneRun { run: "a-run-to-come".parse().unwrap() }), "unknown-run"),
        (
            Act::ProjectOpen(OneProject { project: "a-project-to-come".parse().unwrap() }),
            "unknown-project",
        ),
    ] {
        let body = "council".parse().unwrap();
        let motion = MotionPropose::of("blank-cheque".parse().unwrap(), body, decision);
        story.refuse("alder", "council-member", Act::MotionPropose(motion), code, "");
    }
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
    let reason = AbortReason::Withdrawn;
    let abort = RunAbort { run: "first".parse().unwrap(), reason, named: BTreeSet::new() };
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
fn who_takes_part_opens_no_run_at_a_place_of_another_that_is_of_too_low_a_class() {
    let mut story = Story::in_force();
    for hospital in HOSPITALS {
        story.register(hospital, "first", if hospital == "dogwood" { 1 } else { 2 });
    }
    story.open_project();
    let (old, by) =
        (&texts()["protocol"], "permit = \"run.open\"\nby = [\"trainer\", \"operator\"]");
    assert!(old.contains(by));
    let asks = "permit = \"run.open\"\nby = [\"data-holder\"]\nwhen = \"place.class >= 2\"";
    story.amend(&[old.replace(by, asks)]);
    story.admit("vendor", "trainer", story.proposal("first", |_| {}));
    for hospital in ["alder", "birch", "cypress"] {
        story.admit(hospital, "data-holder", Act::RunApprove(one_run("first")));
    }
    let open = Act::RunOpen(one_run("first"));
    story.refuse("alder", "data-holder", open, "not-permitted", "protocol/open-run");
}

#[test]
fn who_has_not_approved_yet_is_named() {
    let mut story = Story::ready();
    story.admit("vendor", "trainer", story.proposal("first", |_| {}));
    for hospital in ["alder", "cypress"] {
        story.admit(hospital, "data-holder", Act::RunApprove(one_run("first")));
    }
    let verdict = story.act("vendor", "trainer", Act::RunOpen(one_run("first")));
    let Some(Refusal::NeedsApprovals { have, need, open, .. }) = verdict.refusal() else {
        panic!("{verdict:?}")
    };
    let open: Vec<&str> = open.iter().map(|party| party.as_str()).collect();
    assert_eq!((*have, *need, open), (2, 3, vec!["birch", "dogwood"]));
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
    let edits: [fn(&mut Plan); 4] = [
        |plan| plan.clip = "1.01".parse().unwrap(),
        |plan| plan.noise = "16.1".parse().unwrap(),
        |plan| plan.retries = 3,
        |plan| plan.dimension = 100_001,
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
fn what_no_clause_bounds_is_bounded_by_the_rules_and_no_clause_is_blamed() {
    let mut story = Story::ready();
    let edits: [fn(&mut Plan); 3] = [
        |plan| plan.sampling_rate = "1.01".parse().unwrap(),
        |plan| plan.sampling_rate = "0".parse().unwrap(),
        |plan| plan.rounds = 0,
    ];
    for edit in edits {
        let verdict = story.act("vendor", "trainer", story.proposal("first", edit));
        let refusal = verdict.refusal().unwrap();
        assert_eq!((refusal.code(), refusal.clause()), ("beyond-rules", None));
    }
    // Whether a clause permits it or not: the heart agreement does not.
    let header = story.header(&[("vendor", "trainer")]);
    let act = story.proposal("first", |plan| plan.rounds = ROUNDS_MOST + 1);
    let signed = Signed { id: digest("x"), header: Some(header), act };
    let why = story.replica.why(&signed).unwrap();
    assert!(why.iter().any(|refusal| refusal.code() == "beyond-rules"), "{why:?}");
}

#[test]
fn a_plan_that_the_accountant_cannot_charge_is_refused_when_it_is_proposed() {
    let mut story = Story::ready();
    let proposal = story.proposal("first", |plan| plan.noise = "0.05".parse().unwrap());
    let verdict = story.act("vendor", "trainer", proposal);
    let refusal = verdict.refusal().unwrap();
    assert_eq!((refusal.code(), refusal.clause()), ("beyond-rules", None));
    let said = refusal.to_string();
    assert!(said.ends_with("noise multiplier `0.05` is outside 0.1 to 1000000"), "{said}");
}

#[test]
fn the_sequencer_ends_a_run_that_nobody_can_finish_and_takes_none_back() {
    let mut story = Story::ready();
    let abort = |reason| {
        let named = ["alder".parse().unwrap()].into();
        Act::RunAbort(RunAbort { run: "first".parse().unwrap(), reason, named })
    };
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
fn once_a_project_has_ended_its_open_run_is_neither_joined_nor_closed() {
    let mut story = Story::ready();
    story.run("first");
    for hospital in ["alder", "birch", "cypress"] {
        story.admit(hospital, "data-holder", story.join("first", cost()));
    }
    story.decide("end-risk", Act::ProjectEnd(OneProject { project: "risk".parse().unwrap() }));
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
fn a_decision_that_nobody_carries_out_lapses_one_voting_period_after_voting_ended() {
    let mut story = Story::ready();
    story.propose("end-risk", Act::ProjectEnd(OneProject { project: "risk".parse().unwrap() }));
    for hospital in HOSPITALS {
        story.admit(hospital, "council-member", vote("end-risk", Vote::For));
    }
    let motion = &story.state().motions()[&"end-risk".parse().unwrap()];
    let (ends, lapses) = (motion.open_until, motion.lapses_at);
    assert!(story.now < ends && ends < lapses);
    let outcome =
        |story: &Story| story.state().motions().get(&"end-risk".parse().unwrap()).unwrap().status;
    assert_eq!(outcome(&story), MotionStatus::Succeeded);
    story.tick(&lapses.to_string());
    assert_eq!(outcome(&story), MotionStatus::Expired);
    let body = "governance/council";
    story.refuse("alder", "council-member", execute("end-risk"), "motion-lapsed", body);
}
