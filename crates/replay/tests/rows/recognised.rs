//! Results from elsewhere: which of them count here, by which rule, and what that spares.

use concordat_partnership::Act;
use concordat_partnership::act::{
    Elsewhere, EvidenceSubmit, LabClass, MotionPropose, RecognitionAdopt, RecognitionRevoke, Rule,
    TestRecord,
};

use crate::common::{Story, digest, execute};
use crate::testing::{GATE, accreditation, asking, closed, file, opens, record, tested};

const METHOD: &str = "pooled-holdout-accuracy";

/// The vendor files what an accredited British lab found.
fn british(story: &mut Story, edit: impl FnOnce(&mut TestRecord)) -> u64 {
    let elsewhere = Elsewhere {
        lab: "lab-abroad".parse().unwrap(),
        country: "GB".parse().unwrap(),
        class: LabClass::Independent,
        accreditations: vec![accreditation(
            &[METHOD],
            "2026-01-01T00:00:00Z",
            "2028-01-01T00:00:00Z",
        )],
    };
    let mut own = TestRecord { elsewhere: Some(elsewhere), ..record(story) };
    edit(&mut own);
    let entry = story.state().index();
    story.admit("vendor", "trainer", tested("0.8", Some(own)));
    entry
}

fn adopt(name: &str, edit: impl FnOnce(&mut Rule)) -> Act {
    let mut rule = Rule {
        from: ["GB".parse().unwrap()].into(),
        to: "EU".parse().unwrap(),
        family: METHOD.parse().unwrap(),
        lab: LabClass::Independent,
        accredited: ["ISO/IEC 17025".to_owned()].into(),
        max_age: "P1Y".parse().unwrap(),
        extra_tests: [].into(),
    };
    edit(&mut rule);
    let (recognition, cost) = (name.parse().unwrap(), "EUR 12000".parse().ok());
    Act::RecognitionAdopt(RecognitionAdopt { recognition, rule, cost })
}

fn revoke(name: &str) -> Act {
    let (recognition, reason) = (name.parse().unwrap(), digest("reason"));
    Act::RecognitionRevoke(RecognitionRevoke { recognition, reason })
}

#[test]
fn row_96_a_result_from_elsewhere_counts_where_a_rule_recognises_it() {
    let mut story = asking("recognised = \"EU\"");
    closed(&mut story, "needs-evidence");
    british(&mut story, |_| {});
    // It does not count by itself, nor by a rule for another country.
    closed(&mut story, "not-recognised");
    let needs = "promises/decide-recognition-adopt";
    let rule = adopt("uk-results", |_| {});
    story.refuse("alder", "council-member", rule.clone(), "needs-motion", needs);
    story.decide("adopt-other", adopt("to-us", |rule| rule.to = "US".parse().unwrap()));
    closed(&mut story, "not-recognised");
    story.decide("adopt-it", rule);
    opens(&mut story);
}

#[test]
fn row_96_a_result_that_does_not_count_is_refused_for_fields_that_are_named() {
    let mut story = asking("recognised = \"EU\"");
    story.decide("adopt-it", adopt("uk-results", |_| {}));
    type Spoil = fn(&mut TestRecord);
    let spoilt: [(Spoil, &str); 4] = [
        (|own| own.elsewhere.as_mut().unwrap().country = "US".parse().unwrap(), "`lab-country`"),
        (|own| own.elsewhere.as_mut().unwrap().class = LabClass::FirstParty, "`lab-class`"),
        (|own| own.elsewhere.as_mut().unwrap().accreditations.clear(), "`lab-accreditation`"),
        (|own| own.deviated = true, "`method-deviations`"),
    ];
    for (spoil, named) in spoilt {
        british(&mut story, spoil);
        let verdict = story.act("alder", "council-member", execute("release-it"));
        let refusal = verdict.refusal().unwrap();
        assert_eq!(refusal.code(), "not-recognised");
        assert_eq!(refusal.clause().unwrap().to_string(), GATE);
        assert!(refusal.to_string().contains(&format!("its {named} fails")), "{refusal}");
    }
    // The threshold is the receiver's own, and its own lab's result goes first.
    british(&mut story, |_| {});
    story.admit("lab", "test-lab", tested("0.6", None));
    closed(&mut story, "evidence-below");
}

#[test]
fn row_96_a_rule_may_ask_for_a_test_here_besides() {
    let mut story = asking("recognised = \"EU\"");
    let besides = adopt("uk-results", |rule| {
        rule.extra_tests = ["language-check".parse().unwrap()].into();
    });
    story.decide("adopt-it", besides);
    british(&mut story, |_| {});
    closed(&mut story, "needs-top-up");
    let Act::EvidenceSubmit(own) = tested("0.8", None) else { panic!() };
    let checked = EvidenceSubmit { method: "language-check".parse().unwrap(), ..own };
    story.admit("lab", "test-lab", Act::EvidenceSubmit(checked));
    opens(&mut story);
}

#[test]
fn row_96_a_rule_that_was_revoked_recognises_nothing_more() {
    let mut story = asking("recognised = \"EU\"");
    story.decide("adopt-it", adopt("uk-results", |_| {}));
    british(&mut story, |_| {});
    let act = revoke("another");
    story.refuse("alder", "council-member", act, "unknown-recognition", "");
    story.admit("alder", "council-member", revoke("uk-results"));
    let act = revoke("uk-results");
    story.refuse("alder", "council-member", act, "recognition-revoked", "");
    closed(&mut story, "not-recognised");
    // Its name is not used again, and no rule is adopted that recognises nothing.
    let never = adopt("never", |rule| rule.max_age = "P0D".parse().unwrap());
    for (act, code) in [(adopt("uk-results", |_| {}), "name-taken"), (never, "bad-rule")] {
        let put = MotionPropose::of("put".parse().unwrap(), "council".parse().unwrap(), act);
        story.refuse("alder", "council-member", Act::MotionPropose(put), code, "");
    }
}

#[test]
fn row_99_tests_that_recognition_spared_are_counted_with_what_they_cost() {
    let mut story = asking("recognised = \"EU\"");
    story.decide("adopt-it", adopt("uk-results", |_| {}));
    let entry = british(&mut story, |_| {});
    assert_eq!(story.state().savings().tests, 0, "a result that no gate stood on spares nothing");
    opens(&mut story);
    let savings = story.state().savings();
    assert_eq!((savings.tests, savings.unpriced), (1, 0));
    assert_eq!(savings.cost["EUR"].to_string(), "12000");
    assert_eq!(savings.spared[&entry].by.to_string(), "uk-results");

    // A test of one's own spares none.
    let mut story = asking("recognised = \"EU\"");
    story.decide("adopt-it", adopt("uk-results", |_| {}));
    british(&mut story, |_| {});
    file(&mut story, None);
    opens(&mut story);
    assert_eq!(story.state().savings().tests, 0);
}
