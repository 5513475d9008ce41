//! Queries over HTTP: four hospitals' nodes, a coordinator, real rows, masks, noise and log.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "tests"
)]

mod common;

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, channel};

use common::story::{HOSPITALS, key, one_run};
use common::world::{At, PARTIES, Told, World, until};
use common::{table, wish};
use concordat_agreement::RunKind;
use concordat_data::Table;
use concordat_learn::query::{Finding, Query, Released};
use concordat_learn::{Model, Recipe};
use concordat_node::home::Home;
use concordat_node::plan::{Spend, Wish, asked};
use concordat_node::work::Event;
use concordat_partnership::act::{
    AbortReason, EvidenceSubmit, MotionExecute, MotionPropose, MotionVote, Release, RunAbort,
    RunPropose, Vote,
};
use concordat_partnership::{Act, RunStatus};
use concordat_terms::{Digest, PartyId};
use serde_json::{Value, json};

/// By sex, of the persons whom no training saw: what the model says, and what was found.
fn audit(model: Digest, recipe: &Recipe) -> Query {
    let by = json!({"group": "sex", "label": "num", "positive": "1 to 4", "score": "score"});
    let split = serde_json::to_value(&recipe.split).unwrap();
    let mut among = json!({"who": "tested"});
    among.as_object_mut().unwrap().extend(split.as_object().unwrap().clone());
    query(json!({
        "person": "person", "rows_per_person": 1, "scale_bits": 10, "model": model,
        "among": among,
        "parts": [{"kind": "histogram", "name": "audit", "axes": [
            {"kind": "levels", "column": "sex", "levels": ["0", "1"]},
            {"kind": "bins", "column": "num", "edges": ["0", "1", "4"]},
            {"kind": "bins", "column": "score", "edges": ["0", "0.5", "1"]},
        ]}],
        "readings": [{"kind": "fairness", "of": "audit", "by": by, "threshold": "0.5"}],
    }))
}

fn ages(edges: &[&str]) -> Query {
    query(json!({
        "person": "person", "rows_per_person": 1, "scale_bits": 10,
        "parts": [{"kind": "histogram", "name": "ages", "axes": [
            {"kind": "bins", "column": "age", "edges": edges},
            {"kind": "levels", "column": "sex", "levels": ["0", "1"]},
        ]}],
        "readings": [{"kind": "profile", "of": "ages"}],
    }))
}

fn query(value: Value) -> Query {
    serde_json::from_value(value).unwrap()
}

/// Proposes a query and opens it.
fn ask(world: &mut World, run: &str, query: &Query, spend: Spend) {
    ask_for(world, run, query, spend, "cardiac-risk");
}

fn ask_for(world: &mut World, run: &str, query: &Query, spend: Spend, purpose: &str) {
    let desk = world.desks.get_mut("vendor").unwrap();
    desk.catch_up().unwrap();
    let state = desk.state();
    let listed = state.datasets().keys().map(|(_, party, version)| (party.clone(), *version));
    let datasets: BTreeMap<PartyId, Digest> = listed.collect();
    let (kind, purpose) = (RunKind::Query, purpose.parse().unwrap());
    let (model, retries) = (None, Some(0));
    let wish = Wish { kind, purpose, model, retries, datasets, spend, ..wish() };
    let (plan, _, bytes) = asked(state.agreement(), &wish, query).unwrap();
    desk.client().put_blob(&bytes, &key("vendor")).unwrap();
    let propose = RunPropose { run: run.parse().unwrap(), plan };
    world.does("vendor", "trainer", Act::RunPropose(propose));
    for name in ["alder", "birch", "cypress"] {
        world.does(name, "data-holder", Act::RunApprove(one_run(run)));
    }
    world.does("vendor", "trainer", Act::RunOpen(one_run(run)));
}

/// Waits until four nodes are done with a run: what each said of it last.
fn settled(events: &Receiver<Told>, run: &str) -> BTreeMap<&'static str, Event> {
    let about = |event: &Event| match event {
        Event::Closed { run, .. } => Some(run.clone()),
        // It only waits a little longer than it likes.
        Event::Refused { problem, .. } if problem.code == "not-covered-yet" => None,
        Event::Refused { run, .. } => run.clone(),
        _ => None,
    };
    let mut last = BTreeMap::new();
    while last.len() < 4 {
        let seen = until(events, |(_, event)| about(event).is_some_and(|of| of.as_str() == run));
        let (name, event) = seen.into_iter().next_back().unwrap();
        if HOSPITALS.contains(&name) {
            last.insert(name, event);
        }
    }
    last
}

/// The answer that four nodes closed a run with: every party of the log reads the same.
fn answer(world: &mut World, events: &Receiver<Told>, run: &str) -> Released {
    let ended = settled(events, run);
    let closed = ended.values().map(|event| match event {
        Event::Closed { model, .. } => *model,
        other => panic!("{other:?}"),
    });
    let digests: Vec<Digest> = closed.collect();
    assert!(digests.iter().all(|digest| *digest == digests[0]), "{digests:?}");
    for name in PARTIES {
        let bytes = world.blob(name, &digests[0]);
        assert_eq!(Digest::of(&bytes), digests[0], "{name}");
    }
    let desk = world.desks.get_mut("lab").unwrap();
    desk.catch_up().unwrap();
    let status = &desk.state().runs()[&run.parse().unwrap()].status;
    assert!(matches!(status, RunStatus::Closed(close) if close.model == digests[0]), "{status:?}");
    Released::from_bytes(&desk.blob(&digests[0]).unwrap()).unwrap()
}

/// The sum is that of all rows, but for its noise: no cell is off by more than six deviations, which one
/// in a billion is, and not all are exact.
fn is_noised_truth(world: &World, released: &Released, model: Option<&Model>) {
    let asset = "heart-rows".parse().unwrap();
    let asset = world.desks["lab"].state().agreement().asset(&asset).unwrap().terms;
    let mut truth = vec![0_i64; released.sum.len()];
    for hospital in HOSPITALS {
        let rows = Table::read(&table(hospital), asset).unwrap();
        let own = rows.vector(&released.query, hospital, model).unwrap().into_values();
        truth.iter_mut().zip(own.iter()).for_each(|(sum, own)| *sum += own);
    }
    let deviation = released.noise().deviation();
    let off: Vec<f64> =
        released.sum.iter().zip(&truth).map(|(sum, truth)| (sum - truth) as f64).collect();
    assert!(off.iter().all(|off| off.abs() < 6.0 * deviation), "{off:?}, σ = {deviation}");
    assert!(off.iter().any(|off| *off != 0.0));
}

/// The lab tests the model, and the council releases it.
fn release(world: &mut World, model: Digest) {
    let tested = EvidenceSubmit {
        subject: model,
        method: "pooled-holdout-accuracy".parse().unwrap(),
        results: [("accuracy".parse().unwrap(), "0.79".parse().unwrap())].into(),
        cases: 254.try_into().unwrap(),
        report: Digest::of(b"report"),
        record: None,
    };
    world.does("lab", "test-lab", Act::EvidenceSubmit(tested));
    world.does("vendor", "trainer", Act::ReleasePropose(Release { model }));
    let motion: concordat_terms::MotionId = "release-it".parse().unwrap();
    let decision = Act::ReleasePromote(Release { model });
    let propose = MotionPropose::of(motion.clone(), "council".parse().unwrap(), decision);
    world.does("alder", "council-member", Act::MotionPropose(propose));
    for name in HOSPITALS {
        let vote = MotionVote { motion: motion.clone(), vote: Vote::For };
        world.does(name, "council-member", Act::MotionVote(vote));
    }
    world.does("alder", "council-member", Act::MotionExecute(MotionExecute { motion }));
}

fn refused_with(ended: BTreeMap<&'static str, Event>, code: &str) -> Vec<String> {
    let told = ended.into_iter().map(|(name, event)| match event {
        Event::Refused { problem, .. } if problem.code == code => problem.to_string(),
        other => panic!("{name}: {other:?}"),
    });
    told.collect()
}

#[test]
fn a_question_and_an_audit_are_answered_and_what_costs_or_tells_too_much_is_refused() {
    let mut world = World::founded();
    world.made_ready();
    let (tell, events) = channel();
    let nodes: Vec<At> = ["alder", "birch", "cypress", "dogwood", "lab"]
        .into_iter()
        .map(|name| At::start(&world.homes[name], name, tell.clone()))
        .collect();

    // How old whom is: the first thing that anybody learns of all rows together.
    let wide = ["0", "55", "120"];
    ask(&mut world, "ages", &ages(&wide), Spend::Noise("12".parse().unwrap()));
    let released = answer(&mut world, &events, "ages");
    assert_eq!(released.of.len(), 4);
    // σ·S/√2 of each of four nodes, where S is one row: 12·√2 rows.
    assert!((released.deviation() - 12.0 * 2_f64.sqrt()).abs() < 0.01, "{}", released.deviation());
    is_noised_truth(&world, &released, None);
    let Finding::Profile { axes } = &released.answer().findings[0] else { panic!() };
    let rows = axes[0].rows;
    // All sixteen cells together.
    assert!((rows.value - 920.0).abs() < 6.0 * 12.0 * 32_f64.sqrt(), "{rows:?}");

    // A model is trained and released; then it is asked whether it is as good for women as for men, by
    // those whom it was not trained on.
    world.open_run("first");
    let trained = settled(&events, "first");
    let Event::Closed { model, .. } = trained["alder"] else { panic!("{trained:?}") };
    release(&mut world, model);
    let bytes = world.blob("lab", &model);
    let asked_of = Model::from_bytes(&bytes).unwrap();
    let query = audit(model, asked_of.recipe());
    ask(&mut world, "audit", &query, Spend::Noise("8".parse().unwrap()));
    let released = answer(&mut world, &events, "audit");
    is_noised_truth(&world, &released, Some(&asked_of));
    let Finding::Fairness(found) = &released.answer().findings[0] else { panic!() };
    assert_eq!(found.groups.iter().map(|of| of.group.as_str()).collect::<Vec<_>>(), ["0", "1"]);
    let accuracy = found.overall.accuracy;
    assert!(accuracy.rows.low <= accuracy.value && accuracy.value <= accuracy.rows.high);

    // In forty bins of age, noise would be all there is: no node takes part, and nothing is charged.
    let spent = |world: &mut World| {
        let desk = world.desks.get_mut("lab").unwrap();
        desk.catch_up().unwrap();
        desk.state().accounts().clone()
    };
    let before = spent(&mut world);
    let many: Vec<String> = (0..=40).map(|edge| (edge * 3).to_string()).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    ask(&mut world, "fine", &ages(&many), Spend::Noise("16".parse().unwrap()));
    for told in refused_with(settled(&events, "fine"), "query-not-exact") {
        assert!(told.contains("fewer bins") && told.contains("spend ε"), "{told}");
    }

    // What would have to be more exact than the account has left is refused, with what would fit.
    ask(&mut world, "dear", &ages(&wide), Spend::Noise("4".parse().unwrap()));
    for told in refused_with(settled(&events, "dear"), "budget-exceeded") {
        assert!(told.contains("noise of at least"), "{told}");
    }
    assert_eq!(spent(&mut world), before);
    for run in ["fine", "dear"] {
        let (run, reason) = (run.parse().unwrap(), AbortReason::Withdrawn);
        let abort = RunAbort { run, reason, named: [].into() };
        world.does("vendor", "trainer", Act::RunAbort(abort));
    }
    nodes.into_iter().for_each(At::stop);
    world.stop();
}

#[test]
fn a_node_that_is_not_to_be_asked_stays_away_and_three_are_answered() {
    let mut world = World::founded();
    let path = world.homes["dogwood"].dir().join("concordat.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let bent = text.replace("join = true", "join = true\nonly = \"train\"");
    assert_ne!(bent, text);
    std::fs::write(&path, bent).unwrap();
    let home = Home::load(world.homes["dogwood"].dir()).unwrap();
    world.homes.insert("dogwood", home);
    world.made_ready();
    let (tell, events) = channel();
    let nodes: Vec<At> = ["alder", "birch", "cypress", "dogwood", "lab"]
        .into_iter()
        .map(|name| At::start(&world.homes[name], name, tell.clone()))
        .collect();
    ask(&mut world, "ages", &ages(&["0", "55", "120"]), Spend::Noise("12".parse().unwrap()));
    let mut ended = settled(&events, "ages");
    let Some(Event::Refused { problem, .. }) = ended.remove("dogwood") else { panic!("{ended:?}") };
    assert_eq!(problem.code, "kind-not-joined");
    let Event::Closed { model, .. } = ended["alder"] else { panic!("{ended:?}") };
    let bytes = world.blob("vendor", &model);
    let released = Released::from_bytes(&bytes).unwrap();
    assert_eq!(released.of, ["alder", "birch", "cypress"].map(common::party).into());
    // Three shares of noise are in the sum, and intervals say so: 12·√(3/2) rows.
    assert!(
        (released.deviation() - 12.0 * 1.5_f64.sqrt()).abs() < 0.01,
        "{}",
        released.deviation()
    );
    // Whoever stayed away was not charged.
    let desk = world.desks.get_mut("vendor").unwrap();
    desk.catch_up().unwrap();
    let charged: Vec<&str> =
        desk.state().accounts().keys().map(|(holder, _)| holder.as_str()).collect();
    assert_eq!(charged, ["alder", "birch", "cypress"]);
    nodes.into_iter().for_each(At::stop);
    world.stop();
}

#[test]
fn monitoring_has_a_part_of_its_own_each_year_and_looks_after_released_models() {
    let mut texts = common::story::texts();
    let now = concordat_node::now().year();
    let mut bend = |module: &str, from: &str, to: &str| {
        let text = texts.get_mut(module).unwrap();
        assert!(text.contains(from), "{from}");
        *text = text.replace(from, to);
    };
    let kept = format!(
        "monitoring = {{ purposes = [\"model-watch\"], epsilon = \"0.3\", from = {now}, until = {} }}\nqueries",
        now + 1
    );
    bend("protocol", "queries", &kept);
    bend(
        "data-use",
        "purposes = [\"cardiac-risk\"]",
        "purposes = [\"cardiac-risk\", \"model-watch\"]",
    );
    bend(
        "protocol",
        "purposes = [\"cardiac-risk\"]",
        "purposes = [\"cardiac-risk\", \"model-watch\"]",
    );
    bend(
        "data-use",
        "## The Heart Rows\n",
        "```clause\nid = \"model-watch\"\npurpose = \"to look after released models\"\n```\n\n## The Heart Rows\n",
    );
    let mut world = World::founded_on(texts, |_| {});
    world.purposes = vec!["cardiac-risk", "model-watch"];
    world.made_ready();
    let (tell, events) = channel();
    let nodes: Vec<At> = ["alder", "birch", "cypress", "dogwood", "lab"]
        .into_iter()
        .map(|name| At::start(&world.homes[name], name, tell.clone()))
        .collect();
    world.open_run("first");
    let trained = settled(&events, "first");
    let Event::Closed { model, .. } = trained["alder"] else { panic!("{trained:?}") };
    // Whether its scores are still those that it was released with.
    let query = query(json!({
        "person": "person", "rows_per_person": 1, "scale_bits": 10, "model": model,
        "parts": [{"kind": "histogram", "name": "scores", "axes": [
            {"kind": "bins", "column": "score", "edges": ["0", "0.5", "1"]},
        ]}],
        "readings": [
            {"kind": "drift", "of": "scores", "axis": "score", "reference": ["0.5", "0.5"]},
        ],
    }));

    // Nobody looks after a model that is not in use.
    let spend = Spend::Noise("16".parse().unwrap());
    ask_for(&mut world, "early", &query, spend, "model-watch");
    refused_with(settled(&events, "early"), "model-not-released");
    release(&mut world, model);
    ask_for(&mut world, "watch", &query, spend, "model-watch");
    let released = answer(&mut world, &events, "watch");
    assert_eq!(released.query.model, Some(model));
    let desk = &world.desks["lab"];
    for (account, charged) in desk.state().accounts() {
        let watched = charged.parts().any(|(_, purpose, _)| purpose.as_str() == "model-watch");
        assert!(watched, "{account:?}");
    }
    // The year's part is spent with it, whatever is left of the account.
    ask_for(&mut world, "again", &query, spend, "model-watch");
    for told in refused_with(settled(&events, "again"), "budget-exceeded") {
        assert!(told.contains("of which monitoring has a part"), "{told}");
    }
    nodes.into_iter().for_each(At::stop);
    world.stop();
}
