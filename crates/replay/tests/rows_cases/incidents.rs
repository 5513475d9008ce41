//! Incidents and drills: one clock a regime, reports, what is held, and how they end.

use std::collections::BTreeSet;

use concordat_partnership::act::{
    CaseClose, CaseFact, CaseMatter, CaseOpen, CaseReply, DrillEnd, DrillStart, HoldLift,
    HoldPlace, Release, Report,
};
use concordat_partnership::{Act, ClockStatus, DutyStatus, Effect};
use concordat_terms::Digest;

use crate::common::{Story, digest, result};
use crate::office::{
    AI_ACT, GDPR, NIS2, a, at, breach, close, complete, fact, facts, incident, open, report,
};

#[test]
fn row_108_an_incident_opens_one_clock_a_regime_with_owner_and_addressee_the_first_shown_first() {
    let mut story = Story::under(&[GDPR, NIS2]);
    story.tick("2027-06-04T15:00:00Z");
    let kinds = ["personal-data-breach", "significant-cyber-incident"];
    let act = breach(&story, "breach", &kinds);
    story.admit("alder", "data-holder", Act::CaseOpen(act));
    let hospitals = "alder birch cypress dogwood";
    assert_eq!(
        story.clocks("breach"),
        [
            "GDPR-33(2) by vendor, no day: running".to_owned(),
            "NIS2-23(4)(a) by vendor, 2027-06-05T15:00:00Z: running".to_owned(),
            format!("GDPR-33(1) by {hospitals}, 2027-06-07T15:00:00Z: running"),
            "NIS2-23(4)(b) by vendor, 2027-06-07T15:00:00Z: running".to_owned(),
        ]
    );
    let view = story.state().case_view(&a("breach")).unwrap();
    assert_eq!(view.first, Some(at("2027-06-05T15:00:00Z")));
    assert_eq!(view.each[2].clock.to.as_deref(), Some("supervisory authority"));
    assert!(view.each[2].clock.outside && view.each[0].clock.to.as_deref() == Some("controller"));
    assert!(serde_json::to_string(&view).is_ok());

    // Twenty-four hours later the early warning is late, by itself and once, whatever the ticks.
    story.tick("2027-06-05T14:59:59Z");
    assert_eq!(story.case("breach").clocks[1].status, ClockStatus::Running);
    story.tick("2027-06-05T18:00:00Z");
    assert_eq!(story.case("breach").clocks[1].status, ClockStatus::Late);

    // Nobody answers another's clock, and none that is not there.
    story.refuse("alder", "data-holder", complete("breach", 2), "not-the-clocks-owner", "");
    story.refuse("vendor", "trainer", complete("breach", 9), "unknown-clock", "");
}

#[test]
fn row_108_nis2_has_three_clocks_the_third_from_the_notification() {
    let mut story = Story::under(&[NIS2]);
    story.tick("2027-06-04T15:00:00Z");
    let act = breach(&story, "intrusion", &["significant-cyber-incident"]);
    story.admit("vendor", "trainer", Act::CaseOpen(act));
    assert_eq!(story.case("intrusion").clocks.len(), 2);
    story.admit("vendor", "trainer", facts("intrusion", &["suspected", "cross-border"]));
    story.admit("vendor", "trainer", complete("intrusion", 1));

    // The notification is made in time, at first in part; the final report is due a month later.
    story.tick("2027-06-07T14:00:00Z");
    story.admit("vendor", "trainer", facts("intrusion", &["severity", "indicators"]));
    story.admit("vendor", "trainer", complete("intrusion", 2));
    let clocks = story.clocks("intrusion");
    assert_eq!(clocks.len(), 3, "{clocks:?}");
    assert!(clocks[2].starts_with("NIS2-23(4)(d) by vendor, 2027-07-07T"), "{clocks:?}");
    let told = |status| matches!(status, ClockStatus::Closed { late: false, .. });
    assert!(story.case("intrusion").clocks[..2].iter().all(|clock| told(clock.status)));
}

#[test]
fn row_109_a_report_is_drafted_from_the_template_and_what_is_missing_is_listed() {
    let mut story = Story::under(&[GDPR]);
    story.tick("2027-06-04T15:00:00Z");
    let act = breach(&story, "breach", &["personal-data-breach"]);
    story.admit("alder", "data-holder", Act::CaseOpen(act));
    let notify = 2;
    assert_eq!(story.case("breach").clock(notify).unwrap().row.as_str(), "GDPR-33(1)");

    // At first nothing is known, and not even a first report is one.
    let initial = || report("breach", notify, Report::Initial(digest("first report")));
    story.refuse("alder", "data-holder", initial(), "facts-missing", "");
    story.admit("alder", "data-holder", facts("breach", &["nature", "contact"]));
    let draft = story.state().report_draft(&a("breach"), notify).unwrap();
    let missing: Vec<&str> = draft
        .facts
        .iter()
        .filter(|(_, _, blob)| blob.is_none())
        .map(|(f, ..)| f.as_str())
        .collect();
    assert_eq!(missing, ["people", "records", "consequences", "measures", "late-why"]);
    assert!(draft.text.contains("**missing**") && draft.to == Some("supervisory authority"));

    // The regime takes facts in phases: in time at first, whole later.
    let told = story.effects("alder", "data-holder", initial());
    let to = "supervisory authority".to_owned();
    assert!(told.contains(&Effect::Tell(a("breach"), notify, to, digest("first report"))));
    story.refuse("alder", "data-holder", initial(), "clock-state", "");
    story.tick("2027-06-30T15:00:00Z");
    story.refuse("alder", "data-holder", complete("breach", notify), "facts-missing", "");
    let rest = ["people", "records", "consequences", "measures", "late-why"];
    story.admit("alder", "data-holder", facts("breach", &rest));
    story.admit("alder", "data-holder", complete("breach", notify));
    let clock = story.case("breach").clock(notify).unwrap();
    assert!(matches!(clock.status, ClockStatus::Closed { late: false, .. }));
    assert_eq!(clock.filed.len(), 2);

    // Telling the controller takes no first report.
    let first = report("breach", 1, Report::Initial(digest("first report")));
    story.refuse("vendor", "trainer", first, "not-at-first", "");
}

/// A trained model that was proposed for release, under the AI Act in force for its class.
fn served() -> Story {
    let mut story = Story::office();
    for hospital in crate::common::HOSPITALS {
        story.register(hospital, "first", 2);
    }
    story.open_project();
    story.run("first");
    for hospital in crate::common::HOSPITALS {
        story.admit(hospital, "data-holder", story.join("first", crate::common::cost()));
    }
    let seats = ["alder", "birch", "dogwood"].map(|h| (h, "data-holder"));
    let entry = story.sign(&seats, &result("model"));
    assert!(story.step(entry).is_admitted());
    story.adopt(AI_ACT);
    story.tick("2027-12-03T10:00:00Z");
    story
}

#[test]
fn row_108_of_the_reports_under_article_73_only_the_shortest_is_owed_and_the_model_is_held() {
    let mut story = served();
    let model: Digest = digest("model");
    let act = CaseOpen { models: [model].into(), ..breach(&story, "harm", &["serious-incident"]) };
    story.admit("alder", "data-holder", Act::CaseOpen(act));
    assert_eq!(
        story.clocks("harm"),
        [
            "AIA-73(6) by vendor, no day: running",
            "AIA-73(2) by vendor, 2027-12-20T23:00:00Z: running",
        ]
    );
    // Somebody died: the shorter period takes the place of the longer one.
    story.tick("2027-12-04T10:00:00Z");
    let died = CaseFact { kinds: [a("death")].into(), ..fact("harm") };
    story.admit("alder", "data-holder", Act::CaseFact(died));
    assert_eq!(
        story.clocks("harm")[1..],
        [
            "AIA-73(2) by vendor, 2027-12-20T23:00:00Z: superseded".to_owned(),
            "AIA-73(4) by vendor, 2027-12-14T23:00:00Z: running".to_owned(),
        ]
    );

    // The model is left as it is: it is not even released, and only who was told lets go of it.
    assert_eq!(story.state().held(&a("risk-model"), Some(&model)), Some(1));
    let release = Act::ReleasePromote(Release { model });
    let why = story.try_decide("release", release).refusal().unwrap().code();
    assert_eq!(why, "held");
    let lift = || Act::HoldLift(HoldLift { hold: 1, ground: digest("ground") });
    story.refuse("alder", "data-holder", lift(), "hold-stands", "");
    story.admit(
        "vendor",
        "trainer",
        facts("harm", &["system", "provider", "what-happened", "aware-when"]),
    );
    let first = |clock| report("harm", clock, Report::Initial(digest("first report")));
    story.admit("vendor", "trainer", first(3));
    story.admit("vendor", "trainer", complete("harm", 1));
    story.admit("alder", "data-holder", lift());
    assert_eq!(story.state().held(&a("risk-model"), None), None);
    story.refuse("alder", "data-holder", lift(), "unknown-hold", "");
}

#[test]
fn row_110_a_drill_runs_the_same_clocks_and_tells_nobody_outside() {
    let mut story = Story::under(&[GDPR, NIS2]);
    story.tick("2027-06-04T15:00:00Z");
    let real = breach(&story, "real", &["personal-data-breach"]);
    story.admit("alder", "data-holder", Act::CaseOpen(real));
    let drill = DrillStart {
        case: a("spring"),
        incident: incident(&["personal-data-breach"], "2027-06-04T15:00:00Z"),
        on: [a("risk-model")].into(),
        scenario: digest("scenario"),
    };
    story.admit("alder", "data-holder", Act::DrillStart(drill));
    assert_eq!(story.clocks("spring"), story.clocks("real"));

    // While a clock runs there is something to practise.
    let end = || Act::DrillEnd(DrillEnd { case: a("spring"), findings: digest("findings") });
    story.refuse("alder", "data-holder", end(), "clocks-open", "");
    story.refuse("alder", "data-holder", Act::CaseClose(close("spring")), "case-state", "");
    let all = ["nature", "people", "records", "contact", "consequences", "measures", "late-why"];
    story.admit("alder", "data-holder", facts("spring", &all));
    let effects = story.effects("alder", "data-holder", complete("spring", 2));
    assert!(!effects.iter().any(|effect| matches!(effect, Effect::Tell(..))));
    // Nor does a duty hear of it that waits for reports.
    let heard = |story: &Story| {
        let mut owed = story.state().duties();
        owed.any(|(id, _)| id.clause == a("governance/tell-each-other"))
    };
    assert!(!heard(&story));

    // The drill ends, which the duty to practise waits for.
    let practised = |story: &Story| {
        let mut owed = story.state().duties();
        let own = owed.find(|(id, _)| {
            id.clause == a("governance/drill-yearly") && id.owner.as_str() == "alder"
        });
        matches!(own.unwrap().1.status, DutyStatus::Discharged { .. })
    };
    assert!(!practised(&story));
    story.admit("alder", "data-holder", end());
    assert!(practised(&story));
    story.refuse("alder", "data-holder", end(), "case-state", "");

    // What really happened is told.
    story.admit("alder", "data-holder", facts("real", &all));
    let effects = story.effects("alder", "data-holder", complete("real", 2));
    assert!(effects.iter().any(|effect| matches!(effect, Effect::Tell(..))));
    assert!(heard(&story));
}

#[test]
fn row_113_an_incident_closes_with_a_review_and_a_decision_on_redress_and_not_before() {
    let mut story = Story::under(&[GDPR]);
    let act = breach(&story, "breach", &["personal-data-breach"]);
    story.admit("alder", "data-holder", Act::CaseOpen(act));
    let done = CaseClose {
        review: Some(digest("review")),
        redress: Some(digest("redress")),
        ..close("breach")
    };
    story.refuse("alder", "data-holder", Act::CaseClose(done.clone()), "clocks-open", "");
    story.answer_all("breach");
    let hasty = CaseClose { review: None, ..done.clone() };
    story.refuse("alder", "data-holder", Act::CaseClose(hasty), "review-missing", "");
    let careless = CaseClose { redress: None, ..done.clone() };
    story.refuse("alder", "data-holder", Act::CaseClose(careless), "redress-missing", "");
    let other = CaseClose { settlement: Some(digest("settlement")), ..done.clone() };
    story.refuse("alder", "data-holder", Act::CaseClose(other), "other-kind", "");
    story.admit("alder", "data-holder", Act::CaseClose(done.clone()));
    assert_eq!(story.case("breach").closed.as_ref().unwrap().review, Some(digest("review")));
    story.refuse("alder", "data-holder", Act::CaseClose(done), "case-state", "");
}

#[test]
fn row_114_a_vendor_sees_what_is_recorded_against_it_and_replies_without_anybodys_leave() {
    let mut story = Story::office();
    let act = CaseOpen { against: [a("vendor")].into(), ..breach(&story, "outage", &["outage"]) };
    story.admit("alder", "data-holder", Act::CaseOpen(act));
    let opened = story.case("outage").index;
    let more = CaseFact {
        evidence: [digest("log")].into(),
        against: [a("vendor"), a("lab")].into(),
        ..fact("outage")
    };
    story.admit("alder", "data-holder", Act::CaseFact(more));

    let against = story.state().recorded_against(&a("vendor"));
    let entries: Vec<u64> = against.iter().map(|recorded| recorded.entry).collect();
    assert_eq!(entries, [opened, opened + 1]);
    // No clause permits it, and none has to.
    let reply =
        |entry| Act::CaseReply(CaseReply { case: a("outage"), entry, reply: digest("our side") });
    story.admit("vendor", "signatory", reply(opened));
    story.admit("lab", "signatory", reply(opened + 1));
    story.refuse("lab", "signatory", reply(opened), "not-recorded-against", "");
    story.refuse("birch", "signatory", reply(opened), "not-recorded-against", "");
    let against = story.state().recorded_against(&a("vendor"));
    assert_eq!(against[0].replies[0].reply, digest("our side"));
    assert_eq!(against[0].replies[0].by, a("vendor"));

    // The record stays fair when the case is over.
    let done = CaseClose {
        review: Some(digest("review")),
        redress: Some(digest("redress")),
        ..close("outage")
    };
    story.admit("alder", "data-holder", Act::CaseClose(done));
    story.admit("vendor", "signatory", reply(opened + 1));
    assert_eq!(story.state().replies_to(&a("outage"), opened + 1).len(), 2);
}

#[test]
fn row_101_a_bypass_is_refused_stays_in_the_log_and_can_be_recorded_against_who_tried() {
    let mut story = served();
    let release = Act::ReleasePromote(Release { model: digest("model") });
    let before = story.state().refusals_of(&a("vendor"));
    let verdict = story.act("vendor", "operator", release);
    assert!(!verdict.is_admitted());
    assert_eq!(story.state().refusals_of(&a("vendor")), before + 1);
    let act = CaseOpen {
        against: [a("vendor")].into(),
        ..breach(&story, "bypass", &["serious-incident"])
    };
    story.admit("alder", "data-holder", Act::CaseOpen(act));
    assert_eq!(story.state().recorded_against(&a("vendor")).len(), 1);
}

#[test]
fn what_makes_no_case_opens_none() {
    let mut story = Story::under(&[GDPR]);
    story.tick("2027-06-04T15:00:00Z");
    let ahead = CaseMatter::Incident(incident(&["personal-data-breach"], "2027-06-05T15:00:00Z"));
    story.refuse("alder", "data-holder", Act::CaseOpen(open("x", ahead)), "aware-ahead", "");
    let nothing = breach(&story, "x", &[]);
    story.refuse("alder", "data-holder", Act::CaseOpen(nothing), "no-kind", "");
    let act = breach(&story, "breach", &["personal-data-breach"]);
    story.admit("alder", "data-holder", Act::CaseOpen(act.clone()));
    story.refuse("alder", "data-holder", Act::CaseOpen(act.clone()), "name-taken", "");
    let model = CaseOpen { case: a("y"), models: [digest("model")].into(), ..act.clone() };
    story.refuse("alder", "data-holder", Act::CaseOpen(model), "unknown-model", "");
    let party = CaseOpen { case: a("y"), against: [a("nobody")].into(), ..act };
    story.refuse("alder", "data-holder", Act::CaseOpen(party), "unknown-party", "");
    story.refuse("alder", "data-holder", Act::CaseFact(fact("breach")), "nothing-filed", "");
    story.refuse("alder", "data-holder", facts("nothing", &["nature"]), "unknown-case", "");
    let end = Act::DrillEnd(DrillEnd { case: a("breach"), findings: digest("findings") });
    story.refuse("alder", "data-holder", end, "case-state", "");
}

#[test]
fn what_is_held_for_a_case_is_let_go_with_it() {
    let mut story = Story::office();
    let act = breach(&story, "leak", &["leak"]);
    story.admit("alder", "data-holder", Act::CaseOpen(act));
    let hold = |asset: &str, case: Option<&str>| {
        let (asset, papers, ground) = (Some(a(asset)), [].into(), digest("ground"));
        Act::HoldPlace(HoldPlace { asset, version: None, papers, case: case.map(a), ground })
    };
    story.refuse("alder", "data-holder", hold("lungs", None), "unknown-asset", "");
    story.refuse("alder", "data-holder", hold("heart-rows", Some("none")), "unknown-case", "");
    story.admit("alder", "data-holder", hold("heart-rows", Some("leak")));
    story.admit("alder", "data-holder", hold("heart-rows", None));
    assert_eq!(story.state().held(&a("heart-rows"), None), Some(1));
    let done = CaseClose {
        review: Some(digest("review")),
        redress: Some(digest("redress")),
        ..close("leak")
    };
    let effects = story.effects("alder", "data-holder", Act::CaseClose(done));
    assert!(effects.contains(&Effect::Unheld(1, Some(a("heart-rows")))));
    assert_eq!(story.state().held(&a("heart-rows"), None), Some(2));
    let standing: BTreeSet<u64> =
        story.state().holds().filter(|(_, hold)| hold.until.is_none()).map(|(n, _)| *n).collect();
    assert_eq!(standing, [2].into());
}
