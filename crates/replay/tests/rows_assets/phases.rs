//! From collection to deletion.

use concordat_agreement::Label;
use concordat_partnership::act::{DatasetRegister, DatasetWithdraw, Handed, Plan, Step};
use concordat_partnership::{Act, Phase};

use crate::common::{HOSPITALS, Story, digest};
use crate::law::{a, delete, derive, hand, label, ready, rows};

fn phase(story: &Story, name: &str) -> Phase {
    story.state().phase(&digest(name)).unwrap()
}

#[test]
fn row_95_each_phase_has_its_ways_out_and_no_other() {
    let mut story = ready("", "", "");
    assert_eq!(phase(&story, "alder first"), Phase::Collected);
    let model = story.train();
    assert_eq!(phase(&story, "model"), Phase::Made);
    story.release(model);
    assert_eq!(phase(&story, "model"), Phase::Released);

    let withdraw = DatasetWithdraw { asset: a("heart-rows"), version: rows("alder") };
    story.admit("alder", "data-holder", Act::DatasetWithdraw(withdraw));
    assert_eq!(phase(&story, "alder first"), Phase::Withdrawn);
    let make = derive("findings", "f", &[rows("alder")], Step::Transform, |_| {});
    story.refuse("alder", "data-holder", make, "asset-phase", "");
    let act = label(rows("alder"), Label::Restricted);
    story.refuse("alder", "data-holder", act, "asset-phase", "");
    story.admit("alder", "data-holder", delete("heart-rows", &[rows("alder")]));
    assert_eq!(phase(&story, "alder first"), Phase::Deleted);
    let act = delete("heart-rows", &[rows("alder")]);
    story.refuse("alder", "data-holder", act, "not-the-holder", "");
    let act = hand(rows("alder"), "birch", Handed::Copy, None, None);
    story.refuse("alder", "data-holder", act, "asset-phase", "");
}

const SYNTHETIC: &str = r#"
```clause
id = "synthetic-rows"
asset = "Synthetic Rows"
kind = "dataset"
holder = "data-holder"
label = "public"
purposes = ["cardiac-risk"]
derived_owner = ["data-holder"]
anonymisation = "rows about nobody"
person = "person"
rows_per_person = 1
columns = [
  { name = "person", kind = "text" },
  { name = "age", kind = "number", min = 0, max = 120 },
]
```

```clause
id = "synthetic-budget"
privacy = "synthetic-rows"
epsilon = "1"
delta = "0.0001"
adjacency = "add-remove"
```

```clause
id = "train-on-synthetic-rows"
permit = "run.propose"
by = "trainer"
on = ["synthetic-rows", "risk-model"]
```

```clause
id = "join-on-synthetic-rows"
permit = "run.join"
by = "data-holder"
on = ["synthetic-rows", "risk-model"]
```
"#;

#[test]
fn row_53_a_pilot_on_synthetic_rows_comes_first() {
    let mut story = crate::law::agreed("pilot = \"synthetic-rows\"", "", SYNTHETIC);
    for hospital in HOSPITALS {
        story.register(hospital, "first", 2);
        let listed = DatasetRegister {
            asset: a("synthetic-rows"),
            version: digest(&format!("{hospital} synthetic")),
            place: a("ward"),
            rows_band: 100,
            purposes: [a("cardiac-risk")].into(),
        };
        story.admit(hospital, "data-holder", Act::DatasetRegister(listed));
        let code =
            concordat_partnership::act::CodeApproval::of(digest("code"), a("synthetic-rows"));
        story.admit(hospital, "data-holder", Act::CodeApprove(code));
    }
    let Act::ProjectCharter(mut charter) = Story::charter() else { panic!() };
    charter.assets.insert(a("synthetic-rows"));
    story.admit("vendor", "trainer", Act::ProjectCharter(charter));
    let open = concordat_partnership::act::OneProject { project: a("risk") };
    story.decide("open-risk", Act::ProjectOpen(open));

    let clause = "data-use/heart-rows";
    let real = story.proposal("real", |_| {});
    story.refuse("vendor", "trainer", real.clone(), "pilot-first", clause);
    let make = derive("findings", "f", &[rows("alder")], Step::Transform, |_| {});
    story.refuse("alder", "data-holder", make, "pilot-first", clause);

    let synthetic = |plan: &mut Plan| {
        plan.asset = a("synthetic-rows");
        for (party, version) in &mut plan.datasets {
            *version = digest(&format!("{party} synthetic"));
        }
    };
    let pilot = story.proposal("first", synthetic);
    story.admit("vendor", "trainer", pilot);
    for hospital in ["alder", "birch", "cypress"] {
        let approve = Act::RunApprove(crate::common::one_run("first"));
        story.admit(hospital, "data-holder", approve);
    }
    story.admit("vendor", "trainer", Act::RunOpen(crate::common::one_run("first")));
    for hospital in HOSPITALS {
        story.admit(hospital, "data-holder", story.join("first", crate::common::cost()));
    }
    story.refuse("vendor", "trainer", real.clone(), "pilot-first", clause);
    let seats = ["alder", "birch", "dogwood"].map(|h| (h, "data-holder"));
    let entry = story.sign(&seats, &crate::common::result("model"));
    assert!(story.step(entry).is_admitted());
    let real = story.proposal("real", |_| {});
    story.admit("vendor", "trainer", real);
}

const DRIFT: &str = r#"
```clause
id = "drift"
signal = "drift of the rows"
by = "test-lab"
unit = "distance"
window = "P7D"
above = "0.2"
opens = "review-drift"
```

```clause
id = "measure"
permit = "signal.batch"
by = "test-lab"
```

```clause
id = "review-drift"
duty = "review whether the model still fits the rows"
owner = "trainer"
to = "data-holder"
on = "risk-model"
due = { after = "signal: drift", period = "P21D" }
discharged_by = "asset.derive"
```
"#;

#[test]
fn row_94_drift_above_the_threshold_opens_a_review() {
    let mut story = ready("", "", DRIFT);
    let model = story.train();
    story.tick("2027-02-01T08:00:00Z");
    let batch = |from: &str, value: &str| {
        Act::SignalBatch(concordat_partnership::act::SignalBatch {
            signal: a("data-use/drift"),
            from: a(from),
            values: vec![a(value)],
            digest: digest("values"),
        })
    };
    story.admit("lab", "test-lab", batch("2027-01-10T08:00:00Z", "0.1"));
    assert_eq!(story.state().duties().count(), 0);
    story.admit("lab", "test-lab", batch("2027-01-17T08:00:00Z", "0.3"));
    let status = |story: &Story| story.state().duties().next().unwrap().1.status.as_str();
    assert_eq!(status(&story), "active");
    // The model is made anew, and the lineage says from what.
    let act = derive("risk-model", "next", &[model], Step::Transform, |_| {});
    story.admit("vendor", "trainer", act);
    assert_eq!(status(&story), "discharged");
}

const PORTABLE: &str = r#"
```clause
id = "portability-drill"
duty = "hand over what is needed to run the model elsewhere"
owner = "trainer"
to = "data-holder"
on = "risk-model"
due = { after = "release.promote", period = "P30D" }
discharged_by = "asset.transfer"
```
"#;

#[test]
fn row_45_a_portability_drill_is_owed_and_done_by_handing_over() {
    let mut story = ready("", "", PORTABLE);
    let model = story.train();
    story.release(model);
    let status = |story: &Story| story.state().duties().next().unwrap().1.status.as_str();
    assert_eq!(status(&story), "active");
    story.admit("vendor", "trainer", hand(model, "lab", Handed::Copy, None, None));
    assert_eq!(status(&story), "discharged");
}
