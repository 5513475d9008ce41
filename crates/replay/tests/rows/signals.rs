//! What is measured, what a threshold opens, and what is warranted.

use concordat_partnership::Act;
use concordat_partnership::act::{AssetImport, EvidenceSubmit};

use crate::common::{Story, digest};
use crate::promises::{done, due, measured, owed, promising, stands, was_owed};

const UPTIME: &str = r#"
id = "uptime"
signal = "the share of the month in which the service answered"
by = "operator"
unit = "fraction"
window = "P1D"
below = 0.99
opens = "mend"
"#;

const MEND: &str = r#"
id = "mend"
duty = "say why the service failed and what is done about it"
owner = "operator"
to = ["data-holder"]
due = { after = "signal: uptime", period = "P5D" }
discharged_by = "duty.discharge"
else = "credit"
"#;

const CREDIT: &str = r#"
id = "credit"
duty = "credit the share of the fee that the table of service levels says"
owner = "operator"
to = ["data-holder"]
due = { after = "late: mend", period = "P30D" }
discharged_by = "duty.discharge"
"#;

fn values(from: &str, values: &[&str]) -> Act {
    measured("promises/uptime", from, values)
}

#[test]
fn row_009_a_signal_that_drifts_opens_a_duty_on_the_named_watcher() {
    let drift = r#"
id = "drift"
signal = "distance between the scores of this month and those at release"
by = "operator"
unit = "fraction"
window = "P1D"
above = 0.1
opens = "look-into-drift"
"#;
    let watch = r#"
id = "look-into-drift"
duty = "find out why the model drifts and propose what to do"
owner = "test-lab"
to = ["council-member"]
due = { after = "signal: drift", period = "P10D" }
discharged_by = "duty.discharge"
"#;
    let mut story = promising(&[drift, watch]);
    story.tick("2027-01-03T00:00:00Z");
    let drift = |from, value| measured("promises/drift", from, &[value]);
    story.admit("vendor", "operator", drift("2027-01-01T00:00:00Z", "0.1"));
    assert_eq!(was_owed(&story, "promises/look-into-drift", "lab"), 0, "at it is not above it");
    story.admit("vendor", "operator", drift("2027-01-02T00:00:00Z", "0.11"));
    assert_eq!(due(&story, "promises/look-into-drift", "lab"), "2027-01-13T00:00:00Z");
}

#[test]
fn row_030_a_service_level_below_its_target_opens_the_remedy() {
    let mut story = promising(&[UPTIME, MEND, CREDIT]);
    story.tick("2027-01-05T00:00:00Z");
    story.admit("vendor", "operator", values("2027-01-01T00:00:00Z", &["1", "0.995"]));
    assert_eq!(was_owed(&story, "promises/mend", "vendor"), 0);
    story.admit("vendor", "operator", values("2027-01-03T00:00:00Z", &["0.98"]));
    assert_eq!(stands(&story, "promises/mend", "vendor"), "active");
    // While that is open, another bad day opens nothing.
    story.admit("vendor", "operator", values("2027-01-04T00:00:00Z", &["0.9"]));
    assert_eq!(was_owed(&story, "promises/mend", "vendor"), 1);
    story.admit("vendor", "operator", done(owed(&story, "promises/mend", "vendor")));
    story.tick("2027-01-06T00:00:00Z");
    story.admit("vendor", "operator", values("2027-01-05T00:00:00Z", &["0.9"]));
    assert_eq!(was_owed(&story, "promises/mend", "vendor"), 2);
    let (_, measured) = story.state().signals().next().unwrap();
    assert_eq!((measured.values, measured.crossed, measured.across), (5, 3, true));
}

#[test]
fn row_105_an_outage_that_is_not_made_good_opens_the_credit() {
    let mut story = promising(&[UPTIME, MEND, CREDIT]);
    story.tick("2027-01-04T00:00:00Z");
    story.admit("vendor", "operator", values("2027-01-03T00:00:00Z", &["0.5"]));
    assert_eq!(was_owed(&story, "promises/credit", "vendor"), 0);
    story.tick("2027-01-09T00:00:00Z");
    assert_eq!(due(&story, "promises/credit", "vendor"), "2027-02-08T00:00:00Z");
}

#[test]
fn values_are_filed_once_by_whom_they_are_measured_by() {
    let mut story = promising(&[UPTIME, MEND, CREDIT]);
    story.tick("2027-01-04T00:00:00Z");
    let day = "2027-01-02T00:00:00Z";
    story.refuse("lab", "test-lab", values(day, &["1"]), "not-your-seat", "");
    let clause = "promises/uptime";
    story.refuse("vendor", "operator", values(day, &[]), "bad-batch", clause);
    story.refuse("vendor", "operator", values(day, &["1", "1", "1"]), "bad-batch", clause);
    story.admit("vendor", "operator", values(day, &["1", "1"]));
    let again = values("2027-01-03T00:00:00Z", &["1"]);
    story.refuse("vendor", "operator", again, "bad-batch", clause);
    // And no bad day is left out.
    story.tick("2027-01-06T00:00:00Z");
    let later = values("2027-01-05T00:00:00Z", &["1"]);
    story.refuse("vendor", "operator", later, "bad-batch", clause);
    story.admit("vendor", "operator", values("2027-01-04T00:00:00Z", &["1", "1"]));
    let other = measured("promises/mend", day, &["1"]);
    story.refuse("vendor", "operator", other, "unknown-signal", "");
}

#[test]
fn row_104_a_warranty_tied_to_a_test_is_breached_by_its_result() {
    let warranty = r#"
id = "accurate"
warranty = "the model is as accurate as it was sold"
by = "trainer"
to = ["data-holder"]
on = ["risk-model"]
method = "pooled-holdout-accuracy"
metric = "accuracy"
at_least = 0.8
remedy = "retrain"
"#;
    let retrain = r#"
id = "retrain"
duty = "train the model anew at its own cost"
owner = "trainer"
to = ["data-holder"]
due = { after = "breach: accurate", period = "P60D" }
discharged_by = "duty.discharge"
"#;
    let mut story = promising(&[warranty, retrain]);
    story.run("first");
    for hospital in crate::common::HOSPITALS {
        story.admit(hospital, "data-holder", story.join("first", crate::common::cost()));
    }
    let seats = ["alder", "birch", "dogwood"].map(|h| (h, "data-holder"));
    let entry = story.sign(&seats, &crate::common::result("model"));
    assert!(story.step(entry).is_admitted());
    story.admit("lab", "test-lab", tested("model", "0.81"));
    assert_eq!(story.state().broken_warranties().count(), 0);
    story.admit("lab", "test-lab", tested("model", "0.79"));
    assert_eq!(story.state().broken_warranties().count(), 1);
    assert_eq!(stands(&story, "promises/retrain", "vendor"), "active");
    story.admit("lab", "test-lab", tested("model", "0.8"));
    assert_eq!(story.state().broken_warranties().count(), 0);
}

#[test]
fn row_104_a_good_result_of_one_model_does_not_mend_what_another_showed_to_be_broken() {
    let promised = r#"
id = "accurate"
warranty = "the models are as accurate as they were sold"
by = "trainer"
to = ["data-holder"]
method = "pooled-holdout-accuracy"
metric = "accuracy"
at_least = 0.8
measured_by = "uptime"
"#;
    let mut story = with_two_models(&[UPTIME, MEND, CREDIT, promised]);
    let holds = |story: &Story| story.state().broken_warranties().count() == 0;
    let mut test = |model: &str, accuracy: &str| {
        story.admit("lab", "test-lab", tested(model, accuracy));
        holds(&story)
    };
    assert!(!test("one", "0.7"));
    assert!(!test("other", "0.9"), "the one is as bad as it was");
    assert!(!test("other", "0.6"));
    assert!(!test("one", "0.8"));
    assert!(test("other", "0.8"));

    // A good value mends no test's result, nor a good result a bad value.
    assert!(!test("one", "0.7"));
    story.admit("vendor", "operator", values("2027-01-02T00:00:00Z", &["0.9", "1"]));
    assert!(!holds(&story));
    story.admit("vendor", "operator", values("2027-01-04T00:00:00Z", &["0.9"]));
    story.admit("lab", "test-lab", tested("one", "0.8"));
    assert!(!holds(&story));
    story.admit("vendor", "operator", values("2027-01-05T00:00:00Z", &["1"]));
    assert!(holds(&story));
}

fn tested(model: &str, accuracy: &str) -> Act {
    Act::EvidenceSubmit(EvidenceSubmit {
        subject: digest(model),
        method: "pooled-holdout-accuracy".parse().unwrap(),
        results: [("accuracy".parse().unwrap(), accuracy.parse().unwrap())].into(),
        cases: std::num::NonZeroU32::new(100).unwrap(),
        report: digest("report"),
        record: None,
    })
}

#[test]
fn row_104_a_warranty_tied_to_a_signal_is_breached_while_that_is_across() {
    let warranty = r#"
id = "available"
warranty = "the service is available"
by = "operator"
to = ["data-holder"]
measured_by = "uptime"
remedy = "stand-by"
"#;
    let remedy = r#"
id = "stand-by"
duty = "keep a second machine ready"
owner = "operator"
to = ["data-holder"]
due = { after = "breach: available", period = "P10D" }
discharged_by = "duty.discharge"
"#;
    let mut story: Story = promising(&[UPTIME, MEND, CREDIT, warranty, remedy]);
    let broken = |story: &Story| story.state().broken_warranties().count();
    let owed = |story: &Story| was_owed(story, "promises/stand-by", "vendor");
    story.tick("2027-01-09T00:00:00Z");
    // Three bad days are one breach, however they are filed.
    for day in ["2027-01-02", "2027-01-03", "2027-01-04"] {
        story.admit("vendor", "operator", values(&format!("{day}T00:00:00Z"), &["0.98"]));
        assert_eq!((broken(&story), owed(&story)), (1, 1));
    }
    story.admit("vendor", "operator", values("2027-01-05T00:00:00Z", &["1"]));
    assert_eq!((broken(&story), owed(&story)), (0, 1));
    // A good day and a bad one are another.
    story.admit("vendor", "operator", values("2027-01-06T00:00:00Z", &["0.98"]));
    story.admit("vendor", "operator", values("2027-01-07T00:00:00Z", &["1", "0.98"]));
    assert_eq!((broken(&story), owed(&story)), (1, 3));
}

#[test]
fn a_good_value_of_one_who_measures_does_not_mend_what_another_measures_as_bad() {
    let warranty = r#"
id = "available"
warranty = "the service is available"
by = "operator"
to = ["data-holder"]
measured_by = "uptime"
remedy = "stand-by"
"#;
    let remedy = r#"
id = "stand-by"
duty = "keep a second machine ready"
owner = "operator"
to = ["data-holder"]
due = { after = "breach: available", period = "P10D" }
discharged_by = "duty.discharge"
"#;
    let seen = UPTIME.replace("by = \"operator\"", "by = \"data-holder\"");
    let mut story: Story = promising(&[&seen, MEND, CREDIT, warranty, remedy]);
    story.tick("2027-01-09T00:00:00Z");
    let broken = |story: &Story| story.state().broken_warranties().count();
    let owed = |story: &Story| was_owed(story, "promises/stand-by", "vendor");
    story.admit("alder", "data-holder", values("2027-01-02T00:00:00Z", &["0.9"]));
    story.admit("birch", "data-holder", values("2027-01-02T00:00:00Z", &["1", "0.9", "1"]));
    assert_eq!((broken(&story), owed(&story)), (1, 1));
    story.admit("alder", "data-holder", values("2027-01-03T00:00:00Z", &["1"]));
    assert_eq!((broken(&story), owed(&story)), (0, 1));
}

/// These promises, and two models that the vendor has brought.
fn with_two_models(clauses: &[&str]) -> Story {
    let model = |id: &str| {
        format!(
            "id = \"{id}\"\nasset = \"A score\"\nkind = \"model\"\nholder = \"trainer\"\n\
             label = \"internal\"\npurposes = [\"cardiac-risk\"]\nground = \"background\"\n"
        )
    };
    let bring = "id = \"bring-in\"\npermit = \"asset.import\"\nby = \"trainer\"\n\
                 purposes = [\"cardiac-risk\"]\n";
    let (one, other) = (model("one"), model("other"));
    let more = [bring, one.as_str(), other.as_str()];
    let mut story = promising(&[clauses, &more].concat());
    story.tick("2027-01-09T00:00:00Z");
    for name in ["one", "other"] {
        let (asset, version) = (name.parse().unwrap(), digest(name));
        let purpose = "cardiac-risk".parse().unwrap();
        let import = AssetImport { asset, version, purpose, licence: None, from: None };
        story.admit("vendor", "trainer", Act::AssetImport(import));
    }
    story
}

#[test]
fn a_duty_on_one_model_is_not_discharged_by_a_test_of_another() {
    let duty = r#"
id = "test-the-one"
duty = "test the one"
owner = "test-lab"
to = ["data-holder"]
on = ["one"]
due = { after = "in-force", period = "P60D" }
discharged_by = "evidence.submit"
"#;
    let mut story = with_two_models(&[duty]);
    story.admit("lab", "test-lab", tested("other", "0.9"));
    assert_eq!(stands(&story, "promises/test-the-one", "lab"), "active");
    story.admit("lab", "test-lab", tested("one", "0.9"));
    assert_eq!(stands(&story, "promises/test-the-one", "lab"), "discharged");
}
