//! Whose tests count: methods, labs and plans that a gate asks for, replies, and what is taken back.

use concordat_agreement::Label;
use concordat_partnership::act::{
    Accreditation, EvidenceReply, EvidenceSubmit, EvidenceWithdraw, LabAccredit, LabClass,
    LabSuspend, MethodRegister, PlanRegister, Release, TestRecord, Vote,
};
use concordat_partnership::{Act, Effect, Verdict};
use concordat_terms::Timestamp;

use crate::common::{HOSPITALS, Story, cost, digest, execute, result, vote};
use crate::promises::promising_but;

pub const GATE: &str = "release/tested-and-decided";
const METHOD: &str = "pooled-holdout-accuracy";

/// Who may do what about tests. What the council adopts takes its motion.
const RIGHTS: &[(&str, &str)] = &[
    ("method.register", "council-member"),
    ("lab.accredit", "council-member"),
    ("lab.suspend", "council-member"),
    ("plan.register", "test-lab"),
    ("evidence.reply", "test-lab\", \"trainer"),
    ("evidence.withdraw", "test-lab\", \"trainer"),
    ("recognition.adopt", "council-member"),
    ("recognition.revoke", "council-member"),
    ("evidence.submit", "trainer"),
];

/// A model that is trained and proposed, where the gate before its release asks this of the test.
pub fn asking(asks: &str) -> Story {
    asking_of("test-lab", asks)
}

/// The same, of a test by this seat.
fn asking_of(seat: &str, asks: &str) -> Story {
    let permits = RIGHTS.iter().map(|(act, seat)| {
        let id = act.replace('.', "-");
        format!("id = \"may-{id}\"\npermit = \"{act}\"\nby = [\"{seat}\"]")
    });
    let decided = ["method.register", "recognition.adopt"].map(|act| {
        let id = act.replace('.', "-");
        format!("id = \"decide-{id}\"\ngate = \"{act}\"\nmotion = \"council\"")
    });
    let clauses: Vec<String> = permits.chain(decided).collect();
    let clauses: Vec<&str> = clauses.iter().map(String::as_str).collect();
    let mut story = promising_but(&clauses, |texts| {
        let release = texts.get_mut("release").unwrap();
        let last = "at_least = \"0.7\" }";
        assert!(release.contains(last));
        *release = release.replace(last, &format!("at_least = \"0.7\", {asks} }}"));
        *release =
            release.replace("by = \"test-lab\", max_age", &format!("by = \"{seat}\", max_age"));
    });
    story.run("first");
    for hospital in HOSPITALS {
        story.admit(hospital, "data-holder", story.join("first", cost()));
    }
    let seats = ["alder", "birch", "dogwood"].map(|h| (h, "data-holder"));
    let entry = story.sign(&seats, &result("model"));
    assert!(story.step(entry).is_admitted());
    story.tick("2027-01-11T08:00:00Z");
    story.admit("vendor", "trainer", Act::ReleasePropose(Release { model: digest("model") }));
    story.propose("release-it", Act::ReleasePromote(Release { model: digest("model") }));
    for hospital in HOSPITALS {
        story.admit(hospital, "council-member", vote("release-it", Vote::For));
    }
    story
}

pub fn at(moment: &str) -> Timestamp {
    moment.parse().unwrap()
}

/// How a test was made that ended now.
pub fn record(story: &Story) -> TestRecord {
    TestRecord {
        tested: story.now,
        version: None,
        deviated: false,
        plan: None,
        valid_until: None,
        elsewhere: None,
        techniques: [].into(),
        label: None,
    }
}

/// A test of the model with this accuracy, on a hundred cases.
pub fn tested(value: &str, record: Option<TestRecord>) -> Act {
    Act::EvidenceSubmit(EvidenceSubmit {
        subject: digest("model"),
        method: METHOD.parse().unwrap(),
        results: [("accuracy".parse().unwrap(), value.parse().unwrap())].into(),
        cases: 100.try_into().unwrap(),
        report: digest("report"),
        record: record.map(Box::new),
    })
}

/// The lab files a test, which is admitted; the entry that did.
pub fn file(story: &mut Story, record: Option<TestRecord>) -> u64 {
    let entry = story.state().index();
    story.admit("lab", "test-lab", tested("0.8", record));
    entry
}

/// The decision to release the model is carried out, and refused.
pub fn closed(story: &mut Story, code: &str) {
    story.refuse("alder", "council-member", execute("release-it"), code, GATE);
}

/// The same, and admitted.
pub fn opens(story: &mut Story) {
    story.admit("alder", "council-member", execute("release-it"));
    assert_eq!(story.state().models()[&digest("model")].status.as_str(), "released");
}

fn method(version: &str, document: &str, until: Option<&str>) -> Act {
    Act::MethodRegister(MethodRegister {
        method: METHOD.parse().unwrap(),
        version: version.parse().unwrap(),
        document: digest(document),
        family: "accuracy".parse().unwrap(),
        until: until.map(at),
    })
}

pub fn accreditation(methods: &[&str], from: &str, until: &str) -> Accreditation {
    Accreditation {
        standard: "ISO/IEC 17025".parse().unwrap(),
        certificate: digest("certificate"),
        methods: methods.iter().map(|method| method.parse().unwrap()).collect(),
        from: at(from),
        until: at(until),
    }
}

fn accredit(lab: &str, methods: &[&str], from: &str) -> Act {
    Act::LabAccredit(LabAccredit {
        lab: lab.parse().unwrap(),
        class: LabClass::Independent,
        accreditation: accreditation(methods, from, "2029-01-01T00:00:00Z"),
    })
}

fn suspend(lab: &str, from: Option<&str>) -> Act {
    let (lab, from) = (lab.parse().unwrap(), from.map(at));
    Act::LabSuspend(LabSuspend { lab, from, reason: digest("reason") })
}

#[test]
fn row_98_a_method_counts_in_the_version_that_the_council_adopted_by_vote() {
    let mut story = asking("registered = true");
    let version = |story: &Story, version: &str| {
        let version = Some(version.parse().unwrap());
        TestRecord { version, ..record(story) }
    };
    // A test by a method without a version, or by one that nobody adopted.
    file(&mut story, None);
    closed(&mut story, "method-not-registered");
    let early = version(&story, "1.2");
    file(&mut story, Some(early.clone()));
    closed(&mut story, "method-not-registered");

    // No member adopts a method alone.
    let adopt = method("1.2", "text", None);
    let needs = "promises/decide-method-register";
    story.refuse("alder", "council-member", adopt.clone(), "needs-motion", needs);
    story.tick("2027-01-11T09:00:00Z");
    story.decide("adopt-it", adopt);
    let (_, versions) = story.state().methods().next().unwrap();
    let own = &versions[0];
    assert_eq!((own.version.as_str(), own.document), ("1.2", digest("text")));
    assert_eq!(own.body.as_ref().unwrap().as_str(), "council");

    // What was tested before it was adopted does not count, nor does what deviated from it.
    closed(&mut story, "method-not-registered");
    story.tick("2027-01-11T10:00:00Z");
    let deviated = TestRecord { deviated: true, ..version(&story, "1.2") };
    file(&mut story, Some(deviated));
    closed(&mut story, "method-not-registered");
    let good = version(&story, "1.2");
    file(&mut story, Some(good));
    opens(&mut story);

    // A version is what it was.
    let other = method("1.2", "another text", None);
    let put = concordat_partnership::act::MotionPropose::of(
        "other".parse().unwrap(),
        "council".parse().unwrap(),
        other,
    );
    story.refuse("alder", "council-member", Act::MotionPropose(put), "version-differs", "");
}

#[test]
fn row_98_a_retired_version_counts_for_tests_that_ended_before() {
    let mut story = asking("registered = true");
    story.decide("adopt-it", method("1.2", "text", None));
    story.tick("2027-01-11T10:00:00Z");
    let now = TestRecord { version: Some("1.2".parse().unwrap()), ..record(&story) };
    story.decide("retire-it", method("1.2", "text", Some("2027-01-11T11:00:00Z")));
    story.tick("2027-01-11T12:00:00Z");
    let late = TestRecord { tested: story.now, ..now.clone() };
    file(&mut story, Some(late));
    closed(&mut story, "method-not-registered");
    file(&mut story, Some(now));
    opens(&mut story);
}

#[test]
fn row_100_a_lab_counts_for_what_it_was_accredited_for_when_it_tested() {
    let mut story = asking("accredited = true");
    file(&mut story, None);
    closed(&mut story, "lab-not-accredited");
    // For another method, and from tomorrow on.
    story.admit(
        "alder",
        "council-member",
        accredit("lab", &["bias-audit"], "2027-01-01T00:00:00Z"),
    );
    closed(&mut story, "lab-not-accredited");
    story.admit("alder", "council-member", accredit("lab", &[METHOD], "2027-01-12T00:00:00Z"));
    closed(&mut story, "lab-not-accredited");
    story.admit("alder", "council-member", accredit("lab", &[METHOD], "2027-01-01T00:00:00Z"));
    opens(&mut story);
    assert_eq!(story.state().labs().count(), 3);

    // Nobody is accredited for nothing, or for no time; only parties are.
    for methods in [&[][..], &[METHOD][..]] {
        let never = accreditation(methods, "2029-01-01T00:00:00Z", "2029-01-01T00:00:00Z");
        let lab = "lab".parse().unwrap();
        let class = LabClass::Independent;
        let act = Act::LabAccredit(LabAccredit { lab, class, accreditation: never });
        story.refuse("alder", "council-member", act, "bad-accreditation", "");
    }
    let nobody = accredit("nobody", &[METHOD], "2027-01-01T00:00:00Z");
    story.refuse("alder", "council-member", nobody, "unknown-party", "");
}

#[test]
fn row_100_what_was_tested_before_a_suspension_counts() {
    let mut story = asking("accredited = true");
    story.admit("alder", "council-member", accredit("lab", &[METHOD], "2027-01-01T00:00:00Z"));
    story.refuse("alder", "council-member", suspend("vendor", None), "unknown-lab", "");
    let before = record(&story);
    story.tick("2027-01-11T10:00:00Z");
    story.admit("birch", "council-member", suspend("lab", None));
    story.refuse("birch", "council-member", suspend("lab", None), "unknown-lab", "");

    // It files nothing that it tested since; what it tested before it may.
    story.refuse("lab", "test-lab", tested("0.8", None), "lab-suspended", "");
    file(&mut story, Some(before));
    opens(&mut story);
}

#[test]
fn row_100_a_suspension_from_an_earlier_day_takes_the_tests_since() {
    let mut story = asking("accredited = true");
    story.admit("alder", "council-member", accredit("lab", &[METHOD], "2027-01-01T00:00:00Z"));
    file(&mut story, None);
    story.tick("2027-01-11T10:00:00Z");
    story.admit("birch", "council-member", suspend("lab", Some("2027-01-11T00:00:00Z")));
    closed(&mut story, "lab-not-accredited");
    // Accredited anew, it tests again.
    story.admit("alder", "council-member", accredit("lab", &[METHOD], "2027-01-11T09:00:00Z"));
    closed(&mut story, "lab-not-accredited");
    file(&mut story, None);
    opens(&mut story);
}

#[test]
fn row_88_nobody_is_independent_of_what_it_made_itself() {
    let mut story = asking("lab = \"independent\"");
    story.admit("alder", "council-member", accredit("lab", &[METHOD], "2027-01-01T00:00:00Z"));
    file(&mut story, None);
    opens(&mut story);

    // The vendor holds the model. Whatever its accreditation says, to this one it is the maker.
    let mut story = asking_of("trainer", "lab = \"independent\"");
    story.admit("alder", "council-member", accredit("vendor", &[METHOD], "2027-01-01T00:00:00Z"));
    story.admit("vendor", "trainer", tested("0.8", None));
    closed(&mut story, "lab-not-independent");

    // Nor does it help to have followed the maker, or to be followed by it.
    let mut story = asking("lab = \"independent\"");
    story.admit("alder", "council-member", accredit("lab", &[METHOD], "2027-01-01T00:00:00Z"));
    file(&mut story, None);
    story.followed("lab", "birch");
    closed(&mut story, "lab-not-independent");
}

#[test]
fn row_98_results_are_held_against_the_plan_that_was_registered_before() {
    let mut story = asking("planned = true");
    let plan = |name: &str, method: &str, metrics: &[&str], cases: u32| {
        Act::PlanRegister(PlanRegister {
            plan: digest(name),
            method: method.parse().unwrap(),
            metrics: metrics.iter().map(|metric| metric.parse().unwrap()).collect(),
            cases: cases.try_into().unwrap(),
            subject: None,
        })
    };
    let under = |story: &Story, name: &str| {
        tested("0.8", Some(TestRecord { plan: Some(digest(name)), ..record(story) }))
    };
    file(&mut story, None);
    closed(&mut story, "needs-plan");
    let act = under(&story, "plan");
    story.refuse("lab", "test-lab", act, "unknown-plan", "");

    // A plan says what will be measured, once.
    story.refuse("lab", "test-lab", plan("plan", METHOD, &[], 100), "bad-plan", "");
    story.admit("lab", "test-lab", plan("plan", METHOD, &["accuracy"], 100));
    story.refuse("lab", "test-lab", plan("plan", METHOD, &["accuracy"], 50), "name-taken", "");

    // A plan that came with the result is none.
    let act = under(&story, "plan");
    story.refuse("lab", "test-lab", act, "plan-after-test", "");
    for (name, method, metrics, cases) in [
        ("of another method", "bias-audit", &["accuracy"], 100),
        ("of other figures", METHOD, &["recall"], 100),
        ("of more cases", METHOD, &["accuracy"], 101),
    ] {
        story.admit("lab", "test-lab", plan(name, method, metrics, cases));
    }
    story.tick("2027-01-11T10:00:00Z");
    let act = under(&story, "of another method");
    story.refuse("lab", "test-lab", act, "not-of-plan", "");
    for name in ["of other figures", "of more cases"] {
        let act = under(&story, name);
        story.admit("lab", "test-lab", act);
        closed(&mut story, "needs-plan");
    }
    // What the plan did not announce is marked as such for whoever reads the result.
    let reader = "alder".parse().unwrap();
    let outside: usize =
        story.state().results_for(&reader).map(|result| result.outside_plan.len()).sum();
    assert_eq!(outside, 1);

    // The vendor cannot use the lab's plan.
    let act = under(&story, "plan");
    story.refuse("vendor", "trainer", act.clone(), "not-of-plan", "");
    story.admit("lab", "test-lab", act);
    opens(&mut story);
}

#[test]
fn a_test_has_ended_and_its_lab_stands_by_it() {
    let mut story = asking("about = \"subject\"");
    let later = at("2027-01-12T08:00:00Z");
    let act = tested("0.8", Some(TestRecord { tested: later, ..record(&story) }));
    story.refuse("lab", "test-lab", act, "not-tested-yet", "");
    let until = TestRecord { valid_until: Some(at("2027-01-11T09:00:00Z")), ..record(&story) };
    file(&mut story, Some(until));
    story.tick("2027-01-11T09:00:00Z");
    closed(&mut story, "evidence-expired");
    file(&mut story, None);
    opens(&mut story);
}

#[test]
fn who_is_subject_to_a_result_may_reply_before_it_counts() {
    let mut story = asking("reply = \"P2D\"");
    let reply = |evidence| Act::EvidenceReply(EvidenceReply { evidence, reply: digest("reply") });
    story.refuse("vendor", "trainer", reply(0), "unknown-evidence", "");
    let entry = file(&mut story, None);
    closed(&mut story, "reply-pending");
    story.refuse("lab", "test-lab", reply(entry), "own-evidence", "");
    story.admit("vendor", "trainer", reply(entry));
    story.refuse("vendor", "trainer", reply(entry), "already-replied", "");
    opens(&mut story);
    // The reply is shown wherever the result is.
    let shown = story.state().results_for(&"birch".parse().unwrap()).last().unwrap();
    assert_eq!(shown.replies[0].by.as_str(), "vendor");
}

#[test]
fn a_right_to_reply_that_nobody_uses_ends() {
    let mut story = asking("reply = \"PT2H\"");
    file(&mut story, None);
    closed(&mut story, "reply-pending");
    story.tick("2027-01-11T10:00:00Z");
    opens(&mut story);
}

#[test]
fn row_101_a_result_that_is_taken_back_closes_the_gate_and_names_who_relied_on_it() {
    let mut story = asking("about = \"subject\"");
    let take =
        |evidence| Act::EvidenceWithdraw(EvidenceWithdraw { evidence, reason: digest("reason") });
    let first = file(&mut story, None);
    story.refuse("vendor", "trainer", take(first), "not-your-evidence", "");
    story.admit("lab", "test-lab", take(first));
    story.refuse("lab", "test-lab", take(first), "evidence-withdrawn", "");
    // What was taken back is as if it had not been filed.
    closed(&mut story, "needs-evidence");

    let second = file(&mut story, None);
    let released = story.state().index();
    opens(&mut story);
    let verdict = story.act("lab", "test-lab", take(second));
    let Verdict::Admitted { effects, .. } = verdict else { panic!("{verdict:?}") };
    assert_eq!(effects, [Effect::EvidenceWithdrawn(second, vec![released])]);
    let shown = story.state().results_for(&"alder".parse().unwrap()).last().unwrap();
    let relied = &shown.relied[0];
    assert_eq!(
        (relied.act.as_str(), relied.clause.to_string().as_str()),
        ("release.promote", GATE)
    );
    assert!(shown.taken_back.is_some());
}

#[test]
fn row_97_reports_are_found_by_technique_and_kept_as_confidential_as_they_are() {
    let mut story = asking("about = \"subject\"");
    let red = TestRecord {
        techniques: ["owasp:llm01".parse().unwrap()].into(),
        label: Some(Label::Restricted),
        ..record(&story)
    };
    file(&mut story, Some(red));
    file(&mut story, None);
    let tried = |story: &Story, reader: &str| {
        let all: Vec<_> = story.state().results_for(&reader.parse().unwrap()).collect();
        let tried =
            all.iter().filter(|own| own.techniques.iter().any(|t| t.as_str() == "owasp:llm01"));
        (all.len(), tried.count())
    };
    // Who tested, who signed the model and who holds it read it; cypress is none of them.
    for reader in ["lab", "alder", "vendor"] {
        assert_eq!(tried(&story, reader), (2, 1), "{reader}");
    }
    assert_eq!(tried(&story, "cypress"), (1, 0));
}
