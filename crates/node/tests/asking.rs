//! What a node refuses of a query, by its own replica and its own rows.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod common;

use common::story::{self, HOSPITALS, Story};
use common::{SALT, partnership, partnership_of, party, table, wish};
use concordat_agreement::RunKind;
use concordat_learn::query::{Neighbours, Query};
use concordat_node::plan::{Asked, ReadyQuery, Spend, Wish, asked, check_query};
use concordat_partnership::Act;
use concordat_partnership::act::{Plan, RunClose, RunPropose};
use concordat_terms::{Digest, Problem};
use serde_json::{Value, json};

fn ages() -> Value {
    json!({
        "person": "person", "rows_per_person": 1, "scale_bits": 10,
        "parts": [{"kind": "histogram", "name": "ages", "axes": [
            {"kind": "bins", "column": "age", "edges": ["0", "45", "55", "65", "120"]},
        ]}],
        "readings": [{"kind": "profile", "of": "ages"}],
    })
}

fn query(value: Value) -> Query {
    serde_json::from_value(value).unwrap()
}

fn wished(spend: &str) -> Wish {
    let spend = Spend::Epsilon(spend.parse().unwrap());
    Wish { kind: RunKind::Query, model: None, retries: Some(0), spend, ..wish() }
}

fn planned(story: &Story, query: &Query) -> (Plan, Query, Vec<u8>) {
    asked(story.state().agreement(), &wished("0.3"), query).unwrap()
}

/// What a node says of a query's plan.
fn derived(story: &Story, query: &Query) -> Result<Asked, Problem> {
    let (plan, _, bytes) = planned(story, query);
    Asked::derive(story.state(), &"ages".parse().unwrap(), &plan, &bytes)
}

fn opened(story: &mut Story, plan: Plan) {
    let propose = Act::RunPropose(RunPropose { run: "ages".parse().unwrap(), plan });
    story.admit("vendor", "trainer", propose);
    for hospital in ["alder", "birch", "cypress"] {
        story.admit(hospital, "data-holder", Act::RunApprove(story::one_run("ages")));
    }
    story.admit("vendor", "trainer", Act::RunOpen(story::one_run("ages")));
}

fn at(story: &Story, hospital: &str, bytes: &[u8]) -> Result<ReadyQuery, Problem> {
    let (run, rows) = ("ages".parse().unwrap(), table(hospital));
    check_query(story.state(), &party(hospital), &run, bytes, None, (&rows, &SALT))
}

#[test]
fn a_query_s_plan_states_what_one_person_moves_and_every_node_proves_it() {
    let mut story = partnership(&HOSPITALS);
    let mut two = ages();
    let mut sexes = two["parts"][0].clone();
    sexes["name"] = json!("sexes");
    sexes["axes"] = json!([{"kind": "levels", "column": "sex", "levels": ["0", "1"]}]);
    two["parts"].as_array_mut().unwrap().push(sexes);
    let (plan, query, bytes) = planned(&story, &query(two));
    // Two histograms: √2 of a row, in units of 2^18, with as many bits as `clip_most` leaves room for.
    let stated = plan.clip.to_f64() * f64::from(1 << 18);
    let own = query.sensitivity(Neighbours::AddRemove) as f64;
    assert!((stated - own).abs() < 2.0 && stated >= own, "{stated} {own}");
    assert_eq!(own, (f64::from(1 << query.scale_bits) * 2_f64.sqrt()).ceil());
    assert_eq!((plan.rounds, plan.retries, plan.dimension), (1, 0, 6 + 4));

    opened(&mut story, plan);
    for hospital in HOSPITALS {
        let ready = at(&story, hospital, &bytes).unwrap();
        let counts = ready.vector.clone().into_values();
        let rows = i64::try_from(table(hospital).iter().filter(|b| **b == b'\n').count()).unwrap();
        let unit = 1 << query.scale_bits;
        // Every row is once in each histogram.
        assert_eq!(counts.iter().sum::<i64>(), 2 * (rows - 1) * unit, "{hospital}");
        // Half of σ²S², rounded up: the noise is split in two.
        let exact = (ready.asked.plan.noise.to_f64() * stated).powi(2) / 2.0;
        assert!((ready.asked.variance as f64 / exact - 1.0).abs() < 1e-4);
    }
    assert_eq!(at(&story, "alder", b"{}").unwrap_err().code, "other-recipe");
    let other = check_query(
        story.state(),
        &party("alder"),
        &"ages".parse().unwrap(),
        &bytes,
        None,
        (&table("birch"), &SALT),
    );
    assert_eq!(other.unwrap_err().code, "rows-changed");
}

#[test]
fn a_plan_that_says_other_than_its_query_is_refused() {
    let story = partnership(&HOSPITALS);
    let (plan, _, bytes) = planned(&story, &query(ages()));
    let run = "ages".parse().unwrap();
    type Bend = fn(&mut Plan);
    let bends: [(&str, Bend); 4] = [
        ("clip", |plan| plan.clip = "0.5".parse().unwrap()),
        ("rounds", |plan| plan.rounds = 2),
        ("dimension", |plan| plan.dimension = 7),
        ("sampling_rate", |plan| plan.sampling_rate = "0.5".parse().unwrap()),
    ];
    for (field, bend) in bends {
        let mut bent = plan.clone();
        bend(&mut bent);
        let problem = Asked::derive(story.state(), &run, &bent, &bytes).unwrap_err();
        assert_eq!(problem.code, "query-differs");
        assert!(problem.what.contains(&format!("`{field}`")), "{problem}");
    }
}

#[test]
fn a_query_beyond_the_agreed_columns_levels_or_bounds_is_refused() {
    let story = partnership(&HOSPITALS);
    let axis = |axis: Value| {
        let mut bent = ages();
        bent["parts"][0]["axes"] = json!([axis]);
        bent
    };
    let bins = |column: &str, edges: [&str; 2]| {
        axis(json!({"kind": "bins", "column": column, "edges": edges}))
    };
    let levels = |column: &str, level: &str| {
        axis(json!({"kind": "levels", "column": column, "levels": [level]}))
    };
    let mut twice = ages();
    twice["rows_per_person"] = json!(2);
    let mut told = ages();
    told["parts"][0]["name"] = json!("Ages of Mr X");
    told["readings"][0]["of"] = json!("Ages of Mr X");
    let moments = json!({
        "person": "person", "rows_per_person": 1, "scale_bits": 10,
        "parts": [{"kind": "moments", "name": "body", "degree": 1, "columns": [
            {"column": "age", "min": "-1", "max": "120"},
        ]}],
        "readings": [{"kind": "moments", "of": "body"}],
    });
    for (bent, why) in [
        (bins("weight", ["0", "1"]), "`weight` is not declared"),
        (bins("age", ["0", "121"]), "`age` is asked beyond its declared bounds"),
        (bins("cp", ["0", "4"]), "`cp` is asked beyond its declared bounds"),
        (bins("score", ["0", "1"]), "`score` is not declared"),
        (levels("sex", "2"), "`sex` is asked for levels that are not declared"),
        (levels("age", "50"), "`age` is asked for levels that are not declared"),
        (moments, "`age` is asked beyond its declared bounds"),
        (twice, "counts more rows of a person"),
        (told, "is no name"),
    ] {
        let problem = derived(&story, &query(bent)).unwrap_err();
        assert_eq!(problem.code, "query-beyond-schema");
        assert!(problem.what.contains(why), "{problem}");
    }
    assert!(derived(&story, &query(bins("cp", ["1", "4"]))).is_ok());
}

#[test]
fn single_holders_figures_are_told_only_where_a_clause_says_so() {
    let mut by_holder = ages();
    by_holder["parts"][0]["axes"] =
        json!([{"kind": "holders", "parties": ["alder", "birch", "cypress", "dogwood"]}]);
    let story = partnership(&HOSPITALS);
    let problem = derived(&story, &query(by_holder.clone())).unwrap_err();
    assert_eq!(problem.code, "query-by-holder");
    assert!(problem.what.contains("protocol/heart-budget"), "{problem}");

    let mut texts = story::texts();
    let protocol = texts.get_mut("protocol").unwrap();
    *protocol = protocol.replace("queries = { ", "queries = { by_holder = true, ");
    let story = partnership_of(Story::entered(texts.into_values()), &HOSPITALS);
    assert!(derived(&story, &query(by_holder.clone())).is_ok());
    by_holder["parts"][0]["axes"][0]["parties"] = json!(["alder", "vendor"]);
    let problem = derived(&story, &query(by_holder)).unwrap_err();
    assert_eq!(problem.code, "query-beyond-schema", "{problem}");
}

#[test]
fn an_answer_that_noise_would_spoil_is_not_asked_for_and_a_poor_one_with_a_warning() {
    let story = partnership(&HOSPITALS);
    // 400 rows by their bands, and noise of nineteen rows or so in a cell.
    assert_eq!(derived(&story, &query(ages())).unwrap().warning, None);
    let and = |mut asked: Value, column: &str, levels: &[&str]| {
        let axis = json!({"kind": "levels", "column": column, "levels": levels});
        asked["parts"][0]["axes"].as_array_mut().unwrap().push(axis);
        asked
    };
    let by_sex = and(ages(), "sex", &["0", "1"]);
    let warning = derived(&story, &query(by_sex.clone())).unwrap().warning.unwrap();
    assert_eq!(warning.code, "query-barely-exact");
    let by_pain = and(by_sex, "cp", &["1", "2", "3", "4"]);
    let problem = derived(&story, &query(by_pain.clone())).unwrap_err();
    assert_eq!(problem.code, "query-not-exact");
    assert!(problem.what.contains("protocol/heart-budget` refuses above 0.25"), "{problem}");
    assert!(problem.hint.contains("spend ε ="), "{problem}");

    // An agreement that says nothing lets everything be asked.
    let mut texts = story::texts();
    let protocol = texts.get_mut("protocol").unwrap();
    *protocol =
        protocol.replace("queries = { warn_above = \"0.1\", refuse_above = \"0.25\" }\n", "");
    let story = partnership_of(Story::entered(texts.into_values()), &HOSPITALS);
    assert_eq!(derived(&story, &query(by_pain)).unwrap().warning, None);
}

#[test]
fn a_model_whose_scores_are_read_is_one_of_the_log_s() {
    let story = partnership(&HOSPITALS);
    let mut scored = ages();
    scored["model"] = json!(Digest::of(b"model"));
    scored["parts"][0]["axes"] =
        json!([{"kind": "bins", "column": "score", "edges": ["0", "0.5", "1"]}]);
    let problem = derived(&story, &query(scored)).unwrap_err();
    assert_eq!(problem.code, "model-unknown", "{problem}");
}

/// The fold judges the close of a query as that of a training: t participants signed one digest, and no
/// name of something else.
#[test]
fn the_fold_closes_a_query_with_one_digest_that_enough_signed() {
    let mut story = partnership(&HOSPITALS);
    let (plan, _, bytes) = planned(&story, &query(ages()));
    opened(&mut story, plan);
    let cost = at(&story, "alder", &bytes).unwrap().asked.cost;
    for hospital in HOSPITALS {
        let join = concordat_partnership::act::RunJoin {
            run: "ages".parse().unwrap(),
            cost: cost.clone(),
        };
        story.admit(hospital, "data-holder", Act::RunJoin(join));
    }
    let close = |model: Digest| {
        Act::RunClose(RunClose {
            run: "ages".parse().unwrap(),
            model,
            rounds: 1,
            attempts: 1,
            transcript: Digest::of(b"transcript"),
            roster: HOSPITALS.map(party).into(),
        })
    };
    let by = |names: &[&'static str]| -> Vec<(&'static str, &'static str)> {
        names.iter().map(|name| (*name, "data-holder")).collect()
    };
    let told = |story: &mut Story, names: &[&'static str], model: Digest| {
        let entry = story.sign(&by(names), &close(model));
        let verdict = story.step(entry);
        verdict.refusal().map(|refusal| refusal.code())
    };
    let answer = Digest::of(b"answer");
    // Whoever would have it closed with another answer finds nobody to sign it.
    assert_eq!(told(&mut story, &["alder"], Digest::of(b"other")), Some("too-few-signers"));
    let taken = concordat_data::commitment(&SALT, &table("birch"));
    assert_eq!(told(&mut story, &HOSPITALS[..3], taken), Some("name-taken"));
    assert_eq!(told(&mut story, &HOSPITALS[..3], answer), None);
    // It is closed, and gave no model.
    assert_eq!(told(&mut story, &HOSPITALS[..3], answer), Some("run-state"));
    assert!(story.state().models().is_empty());
}
