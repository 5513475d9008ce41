//! External trainers in whole runs: programs in their real sandbox, over a room in memory. Those that
//! mean harm are stopped; the run goes on; their steward alone is told why.
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
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use common::script::{calm, train};
use common::story::{HOSPITALS, Story, texts};
use common::{SALT, partnership_of, party, recipe as heart, table, wish};
use concordat_learn::{Method, Mode, NoiseShare, Recipe, Training, Updates};
use concordat_node::plan::{Ready, Spend, Wish, calibrated, check, check_with};
use concordat_node::train::{Noise, OutsideAnyPartnership};
use concordat_node::trainers::{
    Files, Kept, Outside, Report, contribution, dummy, embed, rehearse,
};
use concordat_partnership::Act;
use concordat_partnership::act::{CodeApproval, Plan, RunPropose, TrainerApproval};
use concordat_sandbox::Walls;
use concordat_terms::{Digest, PartyId};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;
use tempfile::TempDir;

/// The partnership whose account lets trainers take part by these modes.
fn story(modes: &str) -> Story {
    let mut texts = texts();
    let protocol = texts["protocol"]
        .replace("epsilon = \"1\"", &format!("epsilon = \"40\"\ntrainers = [{modes}]"))
        .replace("[1](#heart-budget.epsilon)", "[40](#heart-budget.epsilon)");
    assert_ne!(protocol, texts["protocol"]);
    texts.insert("protocol", protocol);
    partnership_of(Story::entered(texts.into_values()), &HOSPITALS)
}

fn recipe(code: &Files, command: &[&str]) -> Recipe {
    let text = include_str!("../../../examples/trainers/scikit-learn/recipe.json");
    let mut recipe: Recipe = serde_json::from_str(text).unwrap();
    let trainer = recipe.trainer.as_mut().unwrap();
    trainer.command = command.iter().map(|word| (*word).to_owned()).collect();
    trainer.code = code.digest();
    trainer.limits.seconds = 3;
    (recipe.rounds, recipe.average_last) = (1, 1);
    recipe
}

/// An update that moves everything by 0.01, and the metric 0.75.
fn honest(recipe: &Recipe) -> Vec<u8> {
    moved(recipe, 0.01)
}

fn moved(recipe: &Recipe, by: f32) -> Vec<u8> {
    let inputs = recipe.network().unwrap().inputs();
    let header = format!(
        "{{\"layer.0.bias\":{{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}},\
         \"layer.0.weight\":{{\"dtype\":\"F32\",\"shape\":[{inputs},1],\"data_offsets\":[4,{}]}},\
         \"metrics\":{{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[{},{}]}}}}",
        4 + inputs * 4,
        4 + inputs * 4,
        8 + inputs * 4,
    );
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.as_bytes());
    bytes.extend((0..=inputs).flat_map(|_| by.to_le_bytes()));
    bytes.extend(0.75_f32.to_le_bytes());
    bytes
}

fn files(texts: &[(&str, &[u8])]) -> Files {
    Files(texts.iter().map(|(name, bytes)| ((*name).to_owned(), bytes.to_vec())).collect())
}

/// A trainer in a folder, as a node would keep it.
fn outside(dir: &Path, code: &Files) -> Outside {
    let kept = Kept {
        code: dir.join("code"),
        environment: dir.join("environment"),
        reports: dir.join("reports"),
    };
    for (name, bytes) in &code.0 {
        fs::create_dir_all(&kept.code).unwrap();
        fs::write(kept.code.join(name), bytes).unwrap();
    }
    fs::create_dir_all(dir.join("work")).unwrap();
    let walls = Walls::find().unwrap_or_else(|why| panic!("{why}: {}", why.hint()));
    Outside { walls, kept, work: dir.join("work"), run: "first".parse().unwrap() }
}

fn approve(story: &mut Story, plan: &Plan, runs: u32) {
    let trainer = plan.trainer.as_ref().unwrap();
    for hospital in HOSPITALS {
        let (environment, plan) = (trainer.environment, plan.digest());
        let approval = CodeApproval {
            until: Some(story.now.plus("P1D".parse().unwrap())),
            trainer: Some(TrainerApproval { environment, plan, runs }),
            ..CodeApproval::of(trainer.code, "heart-rows".parse().unwrap())
        };
        story.admit(hospital, "data-holder", Act::CodeApprove(approval));
    }
}

fn open(story: &mut Story, plan: Plan) {
    let run = "first".parse().unwrap();
    story.admit("vendor", "trainer", Act::RunPropose(RunPropose { run, plan }));
    for hospital in ["alder", "birch", "cypress"] {
        story.admit(hospital, "data-holder", Act::RunApprove(common::story::one_run("first")));
    }
    story.admit("vendor", "trainer", Act::RunOpen(common::story::one_run("first")));
}

/// Everybody ready for a run whose trainer is the same honest program, but for one hospital.
fn world(dir: &TempDir, evil: &str) -> BTreeMap<PartyId, Ready> {
    let update = honest(&recipe(&Files::default(), &["sh"]));
    let good =
        files(&[("train.sh", b"cp /code/update /out/update.safetensors"), ("update", &update)]);
    let recipe = recipe(&good, &["sh", "/code/train.sh"]);
    let mut story = story("\"update-dp\"");
    let wish = Wish { spend: Spend::Epsilon("30".parse().unwrap()), ..wish() };
    let (plan, bytes) = calibrated(story.state().agreement(), &wish, &recipe).unwrap();
    approve(&mut story, &plan, 1);
    open(&mut story, plan);
    let run = "first".parse().unwrap();
    let ready = |hospital: &&str| {
        let own = dir.path().join(hospital);
        let nan = moved(&recipe, f32::NAN);
        let bad = files(&[("train.sh", evil.as_bytes()), ("update", &update), ("nan", &nan)]);
        let code = if *hospital == "dogwood" { &bad } else { &good };
        let ready = check(story.state(), &party(hospital), &run, &bytes, &table(hospital), &SALT);
        (party(hospital), Ready { outside: Some(outside(&own, code)), ..ready.unwrap() })
    };
    HOSPITALS.iter().map(ready).collect()
}

#[test]
fn programs_that_mean_harm_are_stopped_and_the_run_goes_on_without_a_word_to_others() {
    for (evil, told) in [
        (
            "python3 -c 'import socket; socket.create_connection((\"192.0.2.1\", 443), 1)'",
            "code 1|in its time",
        ),
        ("cat /root/.ssh/id_ed25519 /etc/shadow", "code 1"),
        ("bomb() { bomb | bomb & }; bomb; sleep 60", "processes|in its time|code"),
        ("cp /code/nan /out/update.safetensors", "not finite"),
        ("echo junk > /out/update.safetensors", "not safetensors"),
        ("head -c 100000000 /dev/zero > /out/update.safetensors", "wrote more"),
        ("while :; do :; done", "in its time"),
        ("ln -s /in/rows.safetensors /out/update.safetensors", "no plain file"),
        ("echo changed > /in/rows.safetensors || exit 3", "code"),
        ("exit 0", "was not written"),
    ] {
        let dir = TempDir::new().unwrap();
        let ready = world(&dir, evil);
        let seen = train(&ready, &calm());
        // Three of four moved the model by 0.01; the fourth sent zeros.
        for (party, seen) in &seen {
            let outcome = seen.outcome.as_ref().unwrap_or_else(|e| panic!("{party}: {}", e.what));
            assert_eq!(outcome.roster.len(), 4, "{evil}");
            for weight in outcome.model.weights() {
                assert!((weight - 0.0075).abs() < 1e-4, "{evil}: {weight}");
            }
        }
        let reports = |hospital: &str| Report::all(&dir.path().join(hospital).join("reports"));
        for report in reports("dogwood") {
            let why = report.why.unwrap_or_else(|| panic!("{evil} was not stopped"));
            assert!(told.split('|').any(|told| why.contains(told)), "{evil}: {why}");
        }
        assert_eq!(reports("dogwood").len(), 1, "one a round");
        // Nobody else is told anything, and nothing is left behind.
        assert!(reports("alder").iter().all(|report| report.why.is_none()));
        let left = fs::read_dir(dir.path().join("dogwood/work")).unwrap().count();
        assert_eq!(left, 0, "{evil}");
    }
}

#[test]
fn a_failure_looks_like_any_other_contribution_and_takes_as_long() {
    let dir = TempDir::new().unwrap();
    let ready = world(&dir, "exit 7");
    let (own, other) = (&ready[&party("dogwood")], &ready[&party("alder")]);
    let mut rng = ChaCha20Rng::seed_from_u64(5);
    let failed = contribution(&own.task, None, Noise::Exact, &mut rng).unwrap();
    // Zeros and the whole noise: as far from nothing as the noise is.
    let deviation = (own.task.variance as f64).sqrt();
    let values = failed.vector.to_signed();
    let mean = values.iter().map(|v| (*v as f64).abs()).sum::<f64>() / values.len() as f64;
    assert!(mean > deviation / 20.0 && mean < deviation * 5.0, "{mean} of {deviation}");
    let quiet = Noise::Off(OutsideAnyPartnership::declare());
    let zeros = contribution(&own.task, None, quiet, &mut rng).unwrap();
    assert!(zeros.vector.to_signed().iter().all(|value| *value == 0));

    let (task, training) = (&own.task, Training::begin(&own.task.recipe));
    for ready in [own, other] {
        let started = Instant::now();
        let outside = ready.outside.as_ref().unwrap();
        let update = outside.update(&task.plan, &task.recipe, &training, &ready.units);
        assert_eq!(update.is_none(), ready.party == party("dogwood"));
        // Both are over long before; nobody sees that.
        assert!(started.elapsed() >= Duration::from_secs(5), "{}", ready.party);
    }
}

#[test]
fn a_round_s_noise_is_for_twice_the_clip() {
    let dir = TempDir::new().unwrap();
    let ready = world(&dir, "exit 0");
    let task = &ready[&party("alder")].task;
    let plain =
        concordat_dp::Sensitivity::new(task.plan.clip, task.basis.scale_bits, task.plan.dimension);
    assert_eq!(task.sensitivity, plain.unwrap().doubled().unwrap());
    let full = concordat_dp::node_variance(task.plan.noise, task.sensitivity, 1).unwrap();
    assert_eq!(task.variance, full, "each node adds all of it");
    assert!(task.trained.epsilon <= "30".parse().unwrap());
}

#[test]
fn a_plan_whose_noise_would_hide_everything_is_refused() {
    let story = story("\"update-dp\"");
    let mut recipe = recipe(&Files::default(), &["sh"]);
    // All of the heart features: fifteen numbers instead of four.
    recipe.features = heart().features;
    let wish = Wish { spend: Spend::Epsilon("5".parse().unwrap()), ..wish() };
    let refused = calibrated(story.state().agreement(), &wish, &recipe);
    assert_eq!(refused.unwrap_err().code, "noise-above-signal");

    // Whoever proposes it all the same meets nodes that refuse it themselves.
    recipe.features.truncate(2);
    let wish = Wish { spend: Spend::Epsilon("30".parse().unwrap()), ..wish };
    let (mut plan, bytes) = calibrated(story.state().agreement(), &wish, &recipe).unwrap();
    plan.noise = "2".parse().unwrap();
    let run = "first".parse().unwrap();
    let refused = concordat_node::plan::Task::derive(story.state(), &run, &plan, &bytes);
    assert_eq!(refused.unwrap_err().code, "noise-above-signal");
}

#[test]
fn nothing_runs_that_its_steward_has_not_approved() {
    let mut story = story("\"update-dp\"");
    let recipe = recipe(&Files::default(), &["sh"]);
    let wish = Wish { spend: Spend::Epsilon("30".parse().unwrap()), ..wish() };
    let (plan, bytes) = calibrated(story.state().agreement(), &wish, &recipe).unwrap();
    open(&mut story, plan.clone());
    let run = "first".parse().unwrap();
    let rows = table("alder");
    let check = |story: &Story| check(story.state(), &party("alder"), &run, &bytes, &rows, &SALT);
    assert_eq!(check(&story).unwrap_err().code, "trainer-not-approved");
    approve(&mut story, &plan, 1);
    assert!(check(&story).is_ok());
    let revoke = CodeApproval::of(recipe.trainer.unwrap().code, "heart-rows".parse().unwrap());
    story.admit("alder", "data-holder", Act::CodeRevoke(revoke));
    assert_eq!(check(&story).unwrap_err().code, "trainer-not-approved");
}

#[test]
fn modes_that_protect_less_say_so_and_add_no_noise() {
    for (mode, words, epsilon) in [
        (Mode::AssertedDp, "\"asserted-dp\"", "30"),
        (Mode::SecaggOnly, "\"secagg-only\"", "999999999999999999"),
    ] {
        let mut story = story(words);
        let mut recipe = recipe(&Files::default(), &["sh"]);
        recipe.trainer.as_mut().unwrap().mode = mode;
        recipe.noise = NoiseShare::None;
        let wish = Wish { spend: Spend::Epsilon("30".parse().unwrap()), ..wish() };
        let (plan, bytes) = calibrated(story.state().agreement(), &wish, &recipe).unwrap();
        approve(&mut story, &plan, 1);
        open(&mut story, plan);
        let run = "first".parse().unwrap();
        let ready = check(story.state(), &party("alder"), &run, &bytes, &table("alder"), &SALT);
        let task = ready.unwrap().task;
        assert_eq!(task.variance, 0);
        let told = task.trained.epsilon;
        assert!(told.to_f64() <= epsilon.parse::<f64>().unwrap(), "{told}");
        assert!(mode == Mode::AssertedDp || told.to_string() == epsilon);
        let mut rng = ChaCha20Rng::seed_from_u64(5);
        let sent = contribution(&task, None, Noise::Exact, &mut rng).unwrap();
        assert!(sent.vector.to_signed().iter().all(|value| *value == 0));
    }
}

/// What a record becomes hangs on that record alone, and the node's own code trains on it.
#[test]
fn features_are_made_record_by_record_and_a_failing_one_is_zeros() {
    let dir = TempDir::new().unwrap();
    let script = "import json, struct, os\n\
         record = json.load(open('/in/record.json'))\n\
         assert list(record) == ['age', 'oldpeak'], record\n\
         assert not os.listdir('/out'), 'somebody was here'\n\
         open('/tmp/mark', 'x').close()\n\
         age = float(record['age'])\n\
         if age > 60: raise SystemExit(9)\n\
         values = struct.pack('<2f', age / 100, 7.0)\n\
         header = json.dumps({'features': {'dtype': 'F32', 'shape': [2], 'data_offsets': [0, 8]}})\n\
         with open('/out/features.safetensors', 'wb') as out:\n    \
         out.write(struct.pack('<Q', len(header)) + header.encode() + values)\n";
    let code = files(&[("features.py", script.as_bytes())]);
    let mut recipe = heart();
    let mut trainer = recipe_trainer(&code);
    trainer.command = ["python3", "/code/features.py"].map(str::to_owned).to_vec();
    trainer.columns = ["age", "oldpeak"].map(str::to_owned).to_vec();
    (trainer.mode, trainer.width, trainer.metrics) = (Mode::Features, 2, Vec::new());
    recipe.trainer = Some(trainer);
    let embedding = |place: u32| {
        let column = format!("embedding.{place}");
        serde_json::from_value(serde_json::json!({
            "kind": "scale", "column": column, "min": "-1", "max": "1", "to": "both-sides",
        }))
        .unwrap()
    };
    recipe.features = vec![embedding(0), embedding(1)];
    assert_eq!(recipe.check(), Ok(()));

    let mut story = story("\"features\"");
    let (plan, bytes) = calibrated(story.state().agreement(), &wish(), &recipe).unwrap();
    approve(&mut story, &plan, 1);
    open(&mut story, plan.clone());
    // The same account, noise and price as for any other columns.
    assert_eq!(plan.local_steps, None);
    let outside = outside(dir.path(), &code);
    let agreement = story.state().agreement();
    let asset = agreement.asset(&"heart-rows".parse().unwrap()).unwrap().terms;
    let made = dummy(asset, 12);
    let table_of = |text: &str| concordat_data::Table::read(text.as_bytes(), asset).unwrap();
    let all = embed(&outside, &plan, &recipe, &table_of(&made)).unwrap();
    assert!(all.failed > 0 && all.failed < 12, "{}", all.failed);
    assert!(all.rows.iter().any(|row| row == &["0", "0"]));
    assert!(all.rows.iter().all(|row| row[1] == "1.000000" || row[1] == "0"));
    let reports = Report::all(&outside.kept.reports);
    assert_eq!(reports[0].records, Some((all.failed, 12)));
    // One row taken out changes nobody else's numbers.
    let fewer: Vec<&str> =
        made.lines().enumerate().filter(|(n, _)| *n != 3).map(|(_, l)| l).collect();
    let fewer = embed(&outside, &plan, &recipe, &table_of(&fewer.join("\n"))).unwrap();
    let kept = all.rows.iter().enumerate().filter(|(nth, _)| *nth != 2).map(|(_, row)| row);
    assert!(kept.eq(&fewer.rows));

    // At a node: rows are those of the plan, with the columns that were made of them.
    let run = "first".parse().unwrap();
    let rows = table("cypress");
    let heart_rows = concordat_data::Table::read(&rows, asset).unwrap();
    let header: Vec<String> = all.header.clone();
    let embedded = concordat_node::trainers::Embedded {
        header,
        rows: vec![vec!["0.5".to_owned(), "1".to_owned()]; heart_rows.rows()],
        failed: 0,
        last: None,
    };
    let (state, own) = (story.state(), party("cypress"));
    let ready = check_with(state, &own, &run, &bytes, &rows, &SALT, Some(&embedded)).unwrap();
    assert_eq!(ready.units.inputs(), 2);
    assert!(ready.units.features().all(|row| row == [0.5, 1.0]));
    let without = check_with(state, &own, &run, &bytes, &rows, &SALT, None);
    assert!(without.is_err(), "there is no such column before it is made");
}

fn recipe_trainer(code: &Files) -> concordat_learn::Trainer {
    recipe(code, &["sh"]).trainer.unwrap()
}

#[test]
fn a_rehearsal_runs_on_rows_that_nobody_has() {
    let dir = TempDir::new().unwrap();
    let update = honest(&recipe(&Files::default(), &["sh"]));
    let script = b"test -s /in/rows.safetensors && test -s /in/model.safetensors && grep -q update-dp /in/plan.json && cp /code/update /out/update.safetensors";
    let code = files(&[("train.sh", script), ("update", &update)]);
    let recipe = recipe(&code, &["sh", "/code/train.sh"]);
    let story = story("\"update-dp\"");
    let wish = Wish { spend: Spend::Epsilon("30".parse().unwrap()), ..wish() };
    let (plan, _) = calibrated(story.state().agreement(), &wish, &recipe).unwrap();
    let agreement = story.state().agreement();
    let asset = agreement.asset(&"heart-rows".parse().unwrap()).unwrap().terms;
    let outside = outside(dir.path(), &code);
    let went = rehearse(&outside, asset, &plan, &recipe).unwrap();
    assert_eq!(went.why, None, "{:?}", went.said);
    let moved = (3.0_f64 * 0.01 * 0.01).sqrt();
    assert!((went.moved.unwrap() - moved).abs() < 1e-6);
    assert!(Report::all(&outside.kept.reports).is_empty(), "a rehearsal is no run");
    fs::write(outside.kept.code.join("train.sh"), "echo no luck; exit 4").unwrap();
    let went = rehearse(&outside, asset, &plan, &recipe).unwrap();
    assert_eq!(went.why.as_deref(), Some("it ended with code 4"));
    assert_eq!(went.said.as_deref(), Some("no luck\n"));
}

#[test]
fn updates_are_refused_where_their_recipe_and_their_plan_differ() {
    let story = story("\"update-dp\", \"secagg-only\"");
    let recipe = recipe(&Files::default(), &["sh"]);
    let wish = Wish { spend: Spend::Epsilon("30".parse().unwrap()), ..wish() };
    let (plan, bytes) = calibrated(story.state().agreement(), &wish, &recipe).unwrap();
    let mut bent = plan;
    bent.trainer.as_mut().unwrap().code = Digest::of(b"other code");
    let run = "first".parse().unwrap();
    let refused = concordat_node::plan::Task::derive(story.state(), &run, &bent, &bytes);
    assert_eq!(refused.unwrap_err().code, "recipe-differs");
    // Whoever divides by another number of participants is told so too.
    let mut other = recipe;
    other.method = Method::Updates(Updates { participants: 3, releases: 1 });
    let (plan, bytes) = calibrated(story.state().agreement(), &wish, &other).unwrap();
    let refused = concordat_node::plan::Task::derive(story.state(), &run, &plan, &bytes);
    assert_eq!(refused.unwrap_err().code, "recipe-differs");
}

/// The example with numpy, where a Python with it is: among other people's tools, which `cargo xtask
/// test` installs.
#[test]
fn the_example_with_numpy_learns_what_is_there_to_be_learned() {
    let Some(strangers) = std::env::var_os("CONCORDAT_STRANGERS") else {
        eprintln!("not run: `cargo xtask test` installs what it needs");
        return;
    };
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/trainers/numpy");
    let code = Files::read(&example.join("code")).unwrap();
    let mut recipe = recipe(&code, &["python3", "/code/train.py"]);
    recipe.trainer.as_mut().unwrap().limits.seconds = 60;
    let dir = TempDir::new().unwrap();
    let outside = outside(dir.path(), &code);
    fs::create_dir(&outside.kept.environment).unwrap();
    let venv = Path::new(&strangers).join("venv");
    // As if the node had made it: where its Python lies is on record beside it.
    let base = std::process::Command::new(venv.join("bin/python3"))
        .args(["-I", "-c", "import sys; print(sys.base_prefix)"])
        .output()
        .unwrap();
    let base = String::from_utf8(base.stdout).unwrap();
    let made = format!("{} {}\n", Digest::of(b"what was made"), base.trim());
    fs::write(outside.kept.environment.join("venv.made"), made).unwrap();
    std::os::unix::fs::symlink(venv, outside.kept.environment.join("venv")).unwrap();

    let story = story("\"update-dp\"");
    let wish = Wish { spend: Spend::Epsilon("30".parse().unwrap()), ..wish() };
    let (plan, _) = calibrated(story.state().agreement(), &wish, &recipe).unwrap();
    let agreement = story.state().agreement();
    let asset = agreement.asset(&"heart-rows".parse().unwrap()).unwrap().terms;
    let rows = concordat_data::Table::read(&table("alder"), asset).unwrap();
    let units = rows.units(&recipe).unwrap();
    let update = outside.tried_update(&plan, &recipe, &Training::begin(&recipe), &units);
    let update = update.unwrap_or_else(|failure| panic!("{}: {}", failure.why, failure.said));
    // ST depression and angina on exertion both speak for the disease.
    assert!(update.moved[0] > 0.0 && update.moved[1] > 0.0, "{:?}", *update.moved);
    assert!(update.metrics[0] > 0.6 && update.metrics[0] <= 1.0, "{:?}", *update.metrics);
}
