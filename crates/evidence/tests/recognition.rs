//! A result from one lab, under the rules of another country.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use std::collections::BTreeSet;

use concordat_evidence::recognition::{
    Accreditation, Lab, LabClass, Lacking, Measured, Method, Recognition, Record, Rule, Subject,
    recognise, recognised,
};
use concordat_terms::{Digest, MethodId, Timestamp};

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn methods(words: &[&str]) -> BTreeSet<MethodId> {
    words.iter().map(|word| word.parse().unwrap()).collect()
}

/// An accredited British lab tested a model in July.
fn record() -> Record {
    let accreditation = Accreditation {
        standard: "ISO/IEC 17025".into(),
        body: "an accreditation body".into(),
        certificate: "0001".into(),
        scope: methods(&["triage-safety"]),
        from: at("2026-01-01T00:00:00Z"),
        until: at("2028-01-01T00:00:00Z"),
    };
    Record {
        lab: Lab {
            party: "lab".parse().unwrap(),
            country: "GB".parse().unwrap(),
            class: LabClass::Independent,
            accreditations: vec![accreditation],
        },
        report: Digest::of(b"report"),
        tested: at("2026-07-01T12:00:00Z"),
        method: Method {
            id: "triage-safety".parse().unwrap(),
            family: "clinical-safety".parse().unwrap(),
            version: "1.2".into(),
            digest: Digest::of(b"method"),
            deviated: false,
        },
        subject: Subject::Asset {
            digest: Digest::of(b"model"),
            configuration: Digest::of(b"configuration"),
        },
        plan: Some((Digest::of(b"plan"), at("2026-06-01T12:00:00Z"))),
        results: vec![Measured {
            metric: "sensitivity".parse().unwrap(),
            value: "0.97".parse().unwrap(),
            unit: "1".into(),
            n: 400,
            uncertainty: None,
        }],
        conformity: None,
        valid_until: None,
        voided: false,
        raw: BTreeSet::from([Digest::of(b"raw")]),
    }
}

fn rule() -> Rule {
    Rule {
        from: BTreeSet::from(["GB".parse().unwrap(), "BE".parse().unwrap()]),
        to: "EU".parse().unwrap(),
        family: "clinical-safety".parse().unwrap(),
        lab: LabClass::Independent,
        accredited: BTreeSet::from(["ISO/IEC 17025".to_owned()]),
        max_age: "P1Y".parse().unwrap(),
        extra_tests: BTreeSet::new(),
    }
}

#[test]
fn a_result_counts_elsewhere_or_is_refused_for_fields_that_are_named() {
    let now = at("2026-11-21T12:00:00Z");
    assert_eq!(recognise(&rule(), &record(), now), Recognition::Accepted);

    type Spoil = fn(&mut Record, &mut Rule);
    let spoilt: [(Spoil, Lacking); 10] = [
        (|record, _| record.method.family = "red-team".parse().unwrap(), Lacking::MethodFamily),
        (|record, _| record.method.deviated = true, Lacking::MethodDeviations),
        (|record, _| record.lab.country = "US".parse().unwrap(), Lacking::LabCountry),
        (|record, _| record.lab.class = LabClass::FirstParty, Lacking::LabClass),
        (|record, _| record.lab.accreditations[0].scope.clear(), Lacking::LabAccreditation),
        (|_, rule| rule.max_age = "P1M".parse().unwrap(), Lacking::Tested),
        (|record, _| record.valid_until = Some(at("2026-11-21T12:00:00Z")), Lacking::ValidUntil),
        (|record, _| record.voided = true, Lacking::Voided),
        (|record, _| record.plan = Some((Digest::of(b"plan"), record.tested)), Lacking::Plan),
        (|record, _| record.results.clear(), Lacking::Results),
    ];
    for (spoil, lacking) in spoilt {
        let (mut record, mut rule) = (record(), rule());
        spoil(&mut record, &mut rule);
        assert_eq!(recognise(&rule, &record, now), Recognition::Refused(vec![lacking]));
    }
    // The accreditation counts at the time of the test, not today's.
    let mut ended = record();
    ended.lab.accreditations[0].until = at("2026-07-01T12:00:00Z");
    let told = recognise(&rule(), &ended, now);
    assert_eq!(told, Recognition::Refused(vec![Lacking::LabAccreditation]));
    // A test from the future counts nowhere.
    let told = recognise(&rule(), &record(), at("2026-06-30T12:00:00Z"));
    assert_eq!(told, Recognition::Refused(vec![Lacking::Tested]));
}

#[test]
fn a_rule_can_ask_for_a_test_besides_and_the_most_favourable_rule_is_taken() {
    let now = at("2026-11-21T12:00:00Z");
    let besides = Rule { extra_tests: methods(&["language-check"]), ..rule() };
    let strict = Rule { from: BTreeSet::from(["US".parse().unwrap()]), ..rule() };
    let top_up = Recognition::WithTopUp(methods(&["language-check"]));
    assert_eq!(recognise(&besides, &record(), now), top_up);
    assert_eq!(recognised([&strict, &besides], &record(), now), Some((&besides, top_up)));
    let plain = rule();
    let told = recognised([&besides, &plain], &record(), now);
    assert_eq!(told, Some((&plain, Recognition::Accepted)));
    assert_eq!(recognised([], &record(), now), None);
}
