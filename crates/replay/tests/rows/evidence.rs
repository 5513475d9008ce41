//! Tests before a release: what the gate asks for, how long that counts, and what is owed then.

use concordat_partnership::Act;
use concordat_partnership::act::{EvidenceSubmit, Release, Vote};
use concordat_terms::Digest;

use crate::common::{HOSPITALS, Story, cost, digest, execute, result, vote};
use crate::promises::{promising_but, stands, was_owed};

/// Where the gate of the heart agreement ends its list of evidence.
const LAST: &str = "metric = \"accuracy\", at_least = \"0.7\" },\n";
const GATE: &str = "release/tested-and-decided";

/// The council's members may file reviews.
const MAY_REVIEW: &str = r#"
id = "may-review"
permit = "evidence.submit"
by = "council-member"
"#;

/// A model that is trained and proposed, where the gate before its release asks for this besides.
fn proposed(besides: &str, clauses: &[&str]) -> Story {
    let mut story = promising_but(&[&[MAY_REVIEW], clauses].concat(), |texts| {
        let release = texts.get_mut("release").unwrap();
        // With two tests in the list, no value of it has a name that the prose could link.
        for (from, to) in [
            (LAST, format!("{LAST}{besides}")),
            ("[ninety days](#tested-and-decided.evidence.max_age)", "some time".to_owned()),
            ("[0.7](#tested-and-decided.evidence.at_least)", "what is agreed".to_owned()),
        ] {
            assert!(release.contains(from), "{from}");
            *release = release.replace(from, &to);
        }
    });
    story.run("first");
    for hospital in HOSPITALS {
        story.admit(hospital, "data-holder", story.join("first", cost()));
    }
    let seats = ["alder", "birch", "dogwood"].map(|h| (h, "data-holder"));
    let entry = story.sign(&seats, &result("model"));
    assert!(story.step(entry).is_admitted());
    story.admit("vendor", "trainer", Act::ReleasePropose(Release { model: digest("model") }));
    story
}

/// The council has decided to release the model; nobody has carried that out.
fn decided(story: &mut Story, motion: &str) {
    story.propose(motion, Act::ReleasePromote(Release { model: digest("model") }));
    for hospital in HOSPITALS {
        story.admit(hospital, "council-member", vote(motion, Vote::For));
    }
}

fn filed(subject: Digest, method: &str, metric: &str, value: &str) -> Act {
    Act::EvidenceSubmit(EvidenceSubmit {
        subject,
        method: method.parse().unwrap(),
        results: [(metric.parse().unwrap(), value.parse().unwrap())].into(),
        cases: 100.try_into().unwrap(),
        report: digest("report"),
        record: None,
    })
}

fn tested(story: &mut Story, value: &str) {
    let act = filed(digest("model"), "pooled-holdout-accuracy", "accuracy", value);
    story.admit("lab", "test-lab", act);
}

fn released(story: &mut Story, motion: &str) {
    story.admit("alder", "council-member", execute(motion));
    assert_eq!(story.state().models()[&digest("model")].status.as_str(), "released");
}

#[test]
fn row_75_no_release_without_the_review_of_the_design() {
    let review = "  { method = \"design-review\", by = \"council-member\", max_age = \"P1Y\" },\n";
    let mut story = proposed(review, &[]);
    tested(&mut story, "0.8");
    decided(&mut story, "release-it");
    let again = execute("release-it");
    story.refuse("alder", "council-member", again, "needs-evidence", GATE);
    // Who has the lab's seat does not review the design.
    let act = filed(digest("model"), "design-review", "open-findings", "0");
    story.admit("lab", "test-lab", act.clone());
    let again = execute("release-it");
    story.refuse("alder", "council-member", again, "needs-evidence", GATE);
    story.admit("birch", "council-member", act);
    released(&mut story, "release-it");
}

#[test]
fn row_76_no_release_without_an_audit_for_bias_that_is_recent_enough() {
    let audit = "  { method = \"bias-audit\", by = \"test-lab\", max_age = \"P30D\", \
                 metric = \"worst-group-accuracy\", at_least = \"0.6\" },\n";
    let mut story = proposed(audit, &[]);
    tested(&mut story, "0.8");
    let audited = |value| filed(digest("model"), "bias-audit", "worst-group-accuracy", value);
    story.admit("lab", "test-lab", audited("0.65"));
    story.tick("2027-02-01T08:00:00Z");
    decided(&mut story, "release-it");
    let again = execute("release-it");
    story.refuse("alder", "council-member", again, "evidence-too-old", GATE);
    story.admit("lab", "test-lab", audited("0.55"));
    let again = execute("release-it");
    story.refuse("alder", "council-member", again, "evidence-below", GATE);
    story.admit("lab", "test-lab", audited("0.61"));
    released(&mut story, "release-it");
}

#[test]
fn row_87_no_release_until_all_evidence_of_the_gate_is_there() {
    let mut story = proposed("", &[]);
    decided(&mut story, "release-it");
    let again = execute("release-it");
    story.refuse("alder", "council-member", again, "needs-evidence", GATE);
    // A test of something else, by another method or without the figure is none of it.
    for act in [
        filed(digest("alder first"), "pooled-holdout-accuracy", "accuracy", "0.9"),
        filed(digest("model"), "another-method", "accuracy", "0.9"),
        filed(digest("model"), "pooled-holdout-accuracy", "recall", "0.9"),
    ] {
        story.act("lab", "test-lab", act);
        let again = execute("release-it");
        story.refuse("alder", "council-member", again, "needs-evidence", GATE);
    }
    tested(&mut story, "0.69");
    let again = execute("release-it");
    story.refuse("alder", "council-member", again, "evidence-below", GATE);
    tested(&mut story, "0.7");
    released(&mut story, "release-it");
}

const AUDIT: &str = r#"
id = "audit-model"
duty = "audit how the model performs"
owner = "test-lab"
to = ["data-holder"]
on = ["risk-model"]
due = { after = "in-force", period = "P60D", every = "P6M" }
discharged_by = "evidence.submit"
"#;

#[test]
fn row_89_audits_come_round_and_are_done_by_evidence_about_the_model() {
    let mut story = proposed("", &[AUDIT]);
    let audit = "promises/audit-model";
    assert_eq!(stands(&story, audit, "lab"), "active");
    tested(&mut story, "0.8");
    assert_eq!(stands(&story, audit, "lab"), "discharged");
    let of_model = &story.state().evidence()[&digest("model")];
    assert_eq!(of_model.last().unwrap().by.as_str(), "lab");

    // It comes round every half year.
    story.tick("2027-09-30T08:00:00Z");
    assert_eq!((stands(&story, audit, "lab"), was_owed(&story, audit, "lab")), ("active", 3));
}

const AGAIN: &str = r#"
id = "test-again"
duty = "test the model again before its result is too old"
owner = "test-lab"
to = ["data-holder"]
on = ["risk-model"]
due = { after = "evidence.submit", period = "P80D" }
discharged_by = "evidence.submit"
"#;

#[test]
fn row_90_evidence_that_is_too_old_closes_the_gate_again_and_a_new_test_is_owed() {
    let mut story = proposed("", &[AGAIN]);
    tested(&mut story, "0.8");
    let again = "promises/test-again";
    assert_eq!(stands(&story, again, "lab"), "active");
    story.tick("2027-03-31T08:00:00Z");
    assert_eq!(stands(&story, again, "lab"), "late");
    story.tick("2027-04-02T08:00:00Z");
    decided(&mut story, "release-it");
    let late = execute("release-it");
    story.refuse("alder", "council-member", late, "evidence-too-old", GATE);
    tested(&mut story, "0.75");
    let all: Vec<&str> = story.state().duties().map(|(_, duty)| duty.status.as_str()).collect();
    assert_eq!(all, ["discharged", "active"], "the one is done, the next begins");
    released(&mut story, "release-it");
}
