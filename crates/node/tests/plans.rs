//! What a node refuses, by its own replica and its own rows.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod common;

use common::story::{self, HOSPITALS, Story};
use common::{SALT, open_run, partnership, party, recipe, table, wish};
use concordat_learn::Recipe;
use concordat_node::plan::{CODE, Ready, Spend, Task, Wish, calibrated, check, still_allowed};
use concordat_partnership::Act;
use concordat_partnership::act::{CodeApproval, DatasetWithdraw, OneProject, RunPropose};
use concordat_replay::{NoBasis, RoundBasis};
use concordat_secagg::VerifyingKey;
use concordat_secagg::three::Role;
use concordat_terms::{Digest, PartyId, Problem, jcs};

fn at(story: &Story, hospital: &str, recipe: &[u8]) -> Result<Ready, Problem> {
    let run = "first".parse().unwrap();
    check(story.state(), &party(hospital), &run, recipe, &table(hospital), &SALT)
}

#[test]
fn a_plan_that_fits_is_ready_at_every_participant_with_the_same_task() {
    let mut story = partnership(&HOSPITALS);
    let recipe = open_run(&mut story, "first", |_| {});
    let tasks: Vec<Task> = HOSPITALS.iter().map(|h| at(&story, h, &recipe).unwrap().task).collect();
    for task in &tasks {
        assert_eq!(task.variance, tasks[0].variance);
        let session = |task: &Task| task.basis.session(0, 0, Digest::of(b"model")).unwrap().id();
        assert_eq!(session(task), session(&tasks[0]));
    }
    // S = 2^18 · 1.0009765625 + 4 ring units; the variance is σ²S²/2, rounded up.
    assert_eq!(tasks[0].sensitivity.ring_units(), 262_404);
    let exact = (tasks[0].plan.noise.to_f64() * 262_404.0).powi(2) / 2.0;
    assert!((tasks[0].variance as f64 / exact - 1.0).abs() < 1e-9);
}

#[test]
fn a_recipe_that_says_other_than_its_plan_is_refused() {
    let mut story = partnership(&HOSPITALS);
    let bytes = open_run(&mut story, "first", |plan| plan.clip = "0.5".parse().unwrap());
    let problem = at(&story, "alder", &bytes).unwrap_err();
    assert_eq!(problem.code, "recipe-differs");
    assert!(problem.what.contains("`clip`"), "{problem}");
    assert_eq!(at(&story, "alder", b"{}").unwrap_err().code, "other-recipe");
}

#[test]
fn a_recipe_beyond_the_agreed_columns_bounds_or_levels_is_refused() {
    let story = partnership(&HOSPITALS);
    let text = String::from_utf8(jcs::to_bytes(&recipe()).unwrap()).unwrap();
    let bends = [
        ("\"column\":\"age\"", "\"column\":\"name\"", "`name` is not declared"),
        ("\"max\":\"80\"", "\"max\":\"121\"", "`age` is scaled beyond"),
        ("\"column\":\"sex\"", "\"column\":\"slope\"", "`slope` is not declared as 0 or 1"),
        ("[\"1\",\"2\",\"3\",\"4\"]", "[\"1\",\"2\",\"3\"]", "`cp` has declared levels"),
        ("\"person\":\"person\"", "\"person\":\"thal\"", "`thal` is not the one"),
        ("\"rows_per_person\":1", "\"rows_per_person\":2", "more rows of a person"),
        ("\"column\":\"num\"", "\"column\":\"weight\"", "`weight` is not declared"),
    ];
    for (from, to, why) in bends {
        let bent = text.replace(from, to);
        assert_ne!(bent, text, "{from}");
        let recipe = jcs::from_bytes(bent.as_bytes()).unwrap();
        let (plan, bytes) = calibrated(story.state().agreement(), &wish(), &recipe).unwrap();
        let run = "first".parse().unwrap();
        let problem = Task::derive(story.state(), &run, &plan, &bytes).unwrap_err();
        assert_eq!(problem.code, "recipe-beyond-schema");
        assert!(problem.what.contains(why), "{problem}");
    }
}

#[test]
fn a_run_that_the_own_replica_refused_does_not_exist_for_the_node() {
    let mut story = partnership(&HOSPITALS);
    let (mut plan, bytes) = calibrated(story.state().agreement(), &wish(), &recipe()).unwrap();
    plan.purpose = "insurance-pricing".parse().unwrap();
    let propose = Act::RunPropose(RunPropose { run: "first".parse().unwrap(), plan });
    assert!(!story.act("vendor", "trainer", propose).is_admitted());
    assert_eq!(at(&story, "alder", &bytes).unwrap_err().code, "unknown-run");

    // A run that is only proposed is not opened by anybody's word either.
    let (plan, bytes) = calibrated(story.state().agreement(), &wish(), &recipe()).unwrap();
    let propose = Act::RunPropose(RunPropose { run: "first".parse().unwrap(), plan });
    story.admit("vendor", "trainer", propose);
    assert_eq!(at(&story, "alder", &bytes).unwrap_err().code, "run-not-open");
}

#[test]
fn code_that_the_steward_has_not_approved_or_that_is_not_here_does_not_run() {
    let mut story = partnership(&["alder", "birch", "cypress"]);
    let bytes = open_run(&mut story, "first", |_| {});
    assert!(at(&story, "alder", &bytes).is_ok());
    assert_eq!(at(&story, "dogwood", &bytes).unwrap_err().code, "code-not-approved");

    // Taken back while the run is open: nothing more is sent.
    let code = CodeApproval::of(CODE, "heart-rows".parse().unwrap());
    story.admit("alder", "data-holder", Act::CodeRevoke(code));
    let run = "first".parse().unwrap();
    let refused = still_allowed(story.state(), &party("alder"), &run).unwrap_err();
    assert_eq!(refused.code, "code-not-approved");

    let mut story = partnership(&HOSPITALS);
    let bytes = open_run(&mut story, "first", |plan| plan.code = Digest::of(b"other code"));
    assert_eq!(at(&story, "alder", &bytes).unwrap_err().code, "code-unknown");
}

#[test]
fn rows_that_changed_since_they_were_listed_are_not_trained_on() {
    let mut story = partnership(&HOSPITALS);
    let bytes = open_run(&mut story, "first", |_| {});
    let run = "first".parse().unwrap();
    let mut rows = table("alder");
    let last = rows.len() - 2;
    rows[last] = if rows[last] == b'0' { b'1' } else { b'0' };
    let state = story.state();
    let changed = check(state, &party("alder"), &run, &bytes, &rows, &SALT).unwrap_err();
    assert_eq!(changed.code, "rows-changed");
    let salted = check(state, &party("alder"), &run, &bytes, &table("alder"), &[0; 32]);
    assert_eq!(salted.unwrap_err().code, "rows-changed");

    let version = concordat_data::commitment(&SALT, &table("alder"));
    let withdraw = DatasetWithdraw { asset: "heart-rows".parse().unwrap(), version };
    story.admit("alder", "data-holder", Act::DatasetWithdraw(withdraw));
    assert_eq!(at(&story, "alder", &bytes).unwrap_err().code, "dataset-withdrawn");
    assert!(at(&story, "birch", &bytes).is_ok());
}

#[test]
fn under_an_agreement_with_three_aggregators_a_plan_says_who_they_are_by_their_sides() {
    let story = partnership(&HOSPITALS);
    let masks = "aggregation = \"pairwise-masks\"";
    let three =
        "aggregation = \"three-aggregators\"\naggregators = [\"alder\", \"cypress\", \"lab\"]";
    let heart = [
        ("parties.md", include_str!("../../../examples/heart/parties.md")),
        ("governance.md", include_str!("../../../examples/heart/governance.md")),
        ("data-use.md", include_str!("../../../examples/heart/data-use.md")),
        ("protocol.md", include_str!("../../../examples/heart/protocol.md")),
        ("release.md", include_str!("../../../examples/heart/release.md")),
    ];
    let modules = heart.map(|(name, text)| {
        concordat_agreement::read(name, text.replacen(masks, three, 1).as_bytes()).unwrap()
    });
    let (agreement, _) = concordat_agreement::assemble(modules).unwrap();
    let (plan, bytes) = calibrated(&agreement, &wish(), &recipe()).unwrap();
    // The price is the same: who adds the contributions up says nothing about the noise.
    let before = calibrated(story.state().agreement(), &wish(), &recipe()).unwrap();
    assert_eq!((&plan, &bytes), (&before.0, &before.1));

    let run = "first".parse().unwrap();
    let on = |key: &dyn Fn(&PartyId) -> Option<VerifyingKey>| {
        let in_force = (Digest::of(b"log"), Digest::of(b"now"));
        RoundBasis::on(&agreement, in_force, key, &run, &plan)
    };
    let of_name = |party: &PartyId| {
        let key = story::key(party.as_str()).public();
        VerifyingKey::from_bytes(key.as_bytes()).ok()
    };
    let basis = on(&of_name).unwrap();
    let roles = ["alder", "cypress", "lab", "birch"].map(|name| basis.way.role_of(&party(name)));
    assert_eq!(roles, [Some(Role::Public), Some(Role::Private), Some(Role::Neutral), None]);
    let model = Digest::of(b"model");
    let of_attempt = |attempt| basis.three(0, attempt, model).unwrap().unwrap().id();
    assert_ne!(of_attempt(0), of_attempt(1));
    let task = Task::on(&agreement, || Ok(basis.clone()), &plan, &bytes).unwrap();
    assert_eq!(task.basis.way, basis.way);

    // Another log with the same texts, keys and run, and another purpose for the same rows: nobody
    // there has a session in common, so that no transcript of the one proves a sum of the other.
    let other_log = RoundBasis { log: Digest::of(b"another genesis"), ..basis.clone() };
    let purpose = "another-purpose".parse().unwrap();
    let other_plan = concordat_partnership::act::Plan { purpose, ..plan.clone() };
    let in_force = (Digest::of(b"log"), Digest::of(b"now"));
    let other_plan = RoundBasis::on(&agreement, in_force, of_name, &run, &other_plan).unwrap();
    let own = basis.session(0, 0, model).unwrap().id();
    assert_ne!(other_log.session(0, 0, model).unwrap().id(), own);
    assert_ne!(other_plan.session(0, 0, model).unwrap().id(), own);

    // One of them has no key in the log: nobody sums in another way instead.
    let without = on(&|party| of_name(party).filter(|_| party.as_str() != "lab"));
    assert!(matches!(without, Err(NoBasis::NoLedgerKey(who)) if who == party("lab")));
    let birch = party("birch");
    let shared = on(&|party| of_name(if party.as_str() == "lab" { &birch } else { party }));
    assert!(matches!(shared, Err(NoBasis::Aggregators(_))));
}

#[test]
fn noise_is_calibrated_to_the_agreement_and_no_further() {
    let story = partnership(&HOSPITALS);
    let text = include_str!("../../../examples/heart/recipe.json");
    let heart = serde_json::from_str(text).unwrap();
    let (plan, _) = calibrated(story.state().agreement(), &wish(), &heart).unwrap();
    assert_eq!(plan.noise.to_string(), "7.26");
    let mut long = recipe();
    (long.rounds, long.average_last) = (1000, 1);
    let refused = calibrated(story.state().agreement(), &wish(), &long).unwrap_err();
    assert_eq!(refused.code, "too-much-noise");
}

#[test]
fn what_no_party_could_join_is_not_even_proposed_and_the_clause_is_named() {
    let story = partnership(&HOSPITALS);
    let agreement = story.state().agreement();
    let told = |wish: Wish, recipe: Recipe| {
        let problem = calibrated(agreement, &wish, &recipe).unwrap_err();
        (problem.code.clone(), problem.what)
    };
    let number = |text: &str| text.parse().unwrap();
    let budget = "clause `protocol/heart-budget` allows";
    let sums = "clause `protocol/masked-sums` allows at most";

    let (code, what) = told(Wish { spend: Spend::Epsilon(number("3")), ..wish() }, recipe());
    assert_eq!(code, "plan-beyond-terms");
    assert_eq!(what, format!("the plan's `epsilon` is 3, and {budget} at most 1"));
    // The same ε, asked for by its noise.
    let (code, what) = told(Wish { spend: Spend::Noise(number("0.5")), ..wish() }, recipe());
    assert!(code == "plan-beyond-terms" && what.contains("the ε of 1 that clause"), "{what}");
    for noise in ["0", "-1", "17"] {
        let (code, what) = told(Wish { spend: Spend::Noise(number(noise)), ..wish() }, recipe());
        assert_eq!(code, "plan-beyond-terms");
        assert_eq!(what, format!("the plan's `noise` is {noise}, and {sums} 16"));
    }
    let (_, what) = told(Wish { retries: Some(3), ..wish() }, recipe());
    assert_eq!(what, format!("the plan's `retries` is 3, and {sums} 2"));
    let (code, what) = told(wish(), Recipe { clip: number("1.5"), ..recipe() });
    assert_eq!(code, "recipe-beyond-terms");
    assert_eq!(what, format!("the recipe's `clip` is 1.5, and {sums} 1"));
}

#[test]
fn where_neighbours_replace_a_person_noise_doubles_and_sampling_does_not_help() {
    let agreement = |adjacency: &str| {
        let modules = common::story::texts().into_iter().map(|(name, text)| {
            let text = text.replace("\"add-remove\"", &format!("\"{adjacency}\""));
            concordat_agreement::read(&format!("{name}.md"), text.as_bytes()).unwrap()
        });
        concordat_agreement::assemble(modules).unwrap().0
    };
    let (one, two) = (agreement("add-remove"), agreement("replace"));
    let mut recipe = recipe();
    recipe.sampling_rate = "0.2".parse().unwrap();
    let (mut plan, _) = calibrated(&one, &wish(), &recipe).unwrap();
    let moved = |agreement| concordat_replay::plan_sensitivity(agreement, &plan).unwrap();
    assert_eq!(moved(&two).ring_units(), 2 * moved(&one).ring_units());

    let cost = |agreement: &_, plan: &_| concordat_replay::plan_cost(agreement, plan).unwrap();
    let replaced = cost(&two, &plan);
    assert!(replaced.covers(&cost(&one, &plan)) && replaced != cost(&one, &plan));
    plan.sampling_rate = "1".parse().unwrap();
    assert_eq!(cost(&two, &plan), replaced);
    assert_eq!(cost(&one, &plan), replaced);
    // The proposer's noise is calibrated to the same.
    let (calm, _) = calibrated(&two, &wish(), &recipe).unwrap();
    assert!(calm.noise > calibrated(&one, &wish(), &recipe).unwrap().0.noise);
}

#[test]
fn a_run_under_a_project_that_is_over_is_not_trained() {
    let mut story = partnership(&HOSPITALS);
    let recipe = open_run(&mut story, "first", |_| {});
    assert!(at(&story, "alder", &recipe).is_ok());
    story.decide("end-risk", Act::ProjectEnd(OneProject { project: "risk".parse().unwrap() }));
    assert_eq!(at(&story, "alder", &recipe).unwrap_err().code, "project-not-open");
}
