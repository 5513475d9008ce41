//! Disputes and requests: stages that move by themselves, and who decides at each.

use std::collections::BTreeMap;

use concordat_partnership::act::{
    CaseClose, CaseMatter, CaseOpen, CaseReply, CaseRuling, CaseStage, Determination,
    DisputeMatter, RecordsMatter,
};
use concordat_partnership::{Act, CaseStatus};

use crate::common::{Story, digest};
use crate::office::{a, at, close, open};

fn dispute(case: &str) -> CaseOpen {
    let matter = CaseMatter::Dispute(DisputeMatter { clause: None });
    CaseOpen { against: [a("vendor")].into(), ..open(case, matter) }
}

fn stage(story: &Story, case: &str) -> String {
    story.case(case).at_stage().unwrap().stage.to_string()
}

#[test]
fn row_81_a_dispute_goes_from_negotiation_to_mediation_to_arbitration_by_itself() {
    let mut story = Story::office();
    story.tick("2027-03-01T09:00:00Z");
    story.admit("alder", "data-holder", Act::CaseOpen(dispute("sums")));
    let view = story.state().case_view(&a("sums")).unwrap();
    assert_eq!((view.decider, view.moves_on), (Some("council"), Some(at("2027-03-31T09:00:00Z"))));

    // Thirty days of talk, and nobody does anything.
    story.tick("2027-03-31T08:59:59Z");
    assert_eq!(stage(&story, "sums"), "negotiation");
    story.tick("2027-04-01T00:00:00Z");
    assert_eq!(stage(&story, "sums"), "mediation");
    // It moved at its own moment, whenever the tick came; ten days later is a Saturday in Brussels.
    assert_eq!(story.case("sums").stage_since, at("2027-03-31T09:00:00Z"));
    let view = story.state().case_view(&a("sums")).unwrap();
    assert_eq!((view.decider, view.moves_on), (Some("test-lab"), Some(at("2027-04-12T22:00:00Z"))));
    story.tick("2027-12-01T00:00:00Z");
    assert_eq!(stage(&story, "sums"), "arbitration");
    assert_eq!(story.state().case_view(&a("sums")).unwrap().moves_on, None);

    // Who decides at the stage ends it, and nobody else.
    let end = || Act::CaseClose(close("sums"));
    story.refuse("lab", "test-lab", end(), "not-the-decider", "");
    story.refuse("alder", "data-holder", end(), "not-the-decider", "");
    // Nobody decides what it is party to, whichever seat it fills.
    story.refuse("alder", "council-member", end(), "not-the-decider", "");
    story.admit("birch", "council-member", end());
    assert_eq!(story.case("sums").status, CaseStatus::Closed);
}

#[test]
fn row_81_two_stages_pass_in_one_silence() {
    let mut story = Story::office();
    story.tick("2027-03-01T09:00:00Z");
    story.admit("alder", "data-holder", Act::CaseOpen(dispute("sums")));
    story.tick("2027-12-01T00:00:00Z");
    assert_eq!(stage(&story, "sums"), "arbitration");
    assert_eq!(story.case("sums").stage_since, at("2027-04-12T22:00:00Z"));
}

#[test]
fn row_81_a_body_decides_by_its_motion_and_the_parties_together_at_any_stage() {
    let mut story = Story::office();
    for case in ["first", "second", "third"] {
        story.admit("alder", "data-holder", Act::CaseOpen(dispute(case)));
    }
    story.refuse("alder", "data-holder", Act::CaseClose(close("first")), "not-the-decider", "");
    story.decide("settle", Act::CaseClose(close("first")));
    let settle = Act::CaseClose(close("second"));
    let both = [("alder", "data-holder"), ("vendor", "trainer")];
    assert!(story.act_all(&both, &settle).is_admitted());

    // Who is in a talk that has failed goes on alone, upwards only; a stranger does not.
    let to = |name: &str| Act::CaseStage(CaseStage { case: a("third"), to: a(name) });
    story.refuse("birch", "data-holder", to("mediation"), "not-the-decider", "");
    story.admit("vendor", "trainer", to("mediation"));
    story.refuse("vendor", "trainer", to("negotiation"), "no-such-stage", "");
    story.admit("lab", "test-lab", to("arbitration"));
    assert_eq!(stage(&story, "third"), "arbitration");
}

#[test]
fn a_dispute_is_against_somebody_and_takes_a_ladder() {
    let mut story = Story::office();
    let nobody = CaseOpen { against: [a("alder")].into(), ..dispute("x") };
    story.refuse("alder", "data-holder", Act::CaseOpen(nobody), "nobody-against", "");
    let clause = Some(a("governance/nothing"));
    let matter = CaseMatter::Dispute(DisputeMatter { clause });
    let other = CaseOpen { matter, ..dispute("x") };
    story.refuse("alder", "data-holder", Act::CaseOpen(other), "unknown-clause", "");

    // Without a ladder nobody would decide it.
    let mut story = Story::in_force();
    let mut texts = crate::office::agreed();
    for text in &mut texts {
        *text = text.replace("cases = [\"dispute\"]", "cases = [\"claim\"]");
    }
    story.amend(&texts);
    story.refuse("alder", "data-holder", Act::CaseOpen(dispute("x")), "no-ladder", "");
}

#[test]
fn a_request_for_records_consults_whom_it_concerns_and_keeps_back_passage_by_passage() {
    let mut story = Story::office();
    story.tick("2027-03-01T09:00:00Z");
    let request = |case: &str| {
        open(
            case,
            CaseMatter::RecordsRequest(RecordsMatter {
                kinds: [].into(),
                received_at: at("2027-02-28T09:00:00Z"),
                consult: [a("vendor")].into(),
            }),
        )
    };
    story.admit("alder", "data-holder", Act::CaseOpen(request("papers")));
    let done = CaseClose {
        release: Some(digest("bundle")),
        exempt: BTreeMap::from([(digest("passage"), a("FOI-43(2)"))]),
        ..close("papers")
    };
    story.refuse("alder", "data-holder", Act::CaseClose(done.clone()), "consultation-open", "");
    let entry = story.case("papers").index;
    let reply = |case: &str| {
        Act::CaseReply(CaseReply { case: a(case), entry, reply: digest("ours is confidential") })
    };
    story.refuse("birch", "signatory", reply("papers"), "not-recorded-against", "");
    story.refuse("vendor", "signatory", reply("nothing"), "unknown-case", "");
    story.admit("vendor", "signatory", reply("papers"));
    let empty = CaseClose { release: None, ..done.clone() };
    story.refuse("alder", "data-holder", Act::CaseClose(empty), "release-missing", "");
    story.admit("alder", "data-holder", Act::CaseClose(done));
    let closed = story.case("papers").closed.clone().unwrap();
    assert_eq!(closed.release, Some(digest("bundle")));
    assert_eq!(closed.exempt[&digest("passage")].as_str(), "FOI-43(2)");

    // Who says nothing is not waited for longer than the first stage.
    story.admit("alder", "data-holder", Act::CaseOpen(request("more-papers")));
    story.tick("2027-03-12T09:00:00Z");
    let done = CaseClose { release: Some(digest("bundle")), ..close("more-papers") };
    story.admit("alder", "data-holder", Act::CaseClose(done));
}

#[test]
fn a_determination_has_the_stages_of_a_dispute_stand_still_and_go_on() {
    let mut story = Story::office();
    story.tick("2027-03-01T09:00:00Z");
    story.admit("alder", "data-holder", Act::CaseOpen(dispute("sums")));
    let ruled = |ruling: CaseRuling| {
        let cases = [(a("sums"), ruling)].into();
        Act::DeterminationEnter(Determination { cases, ..Determination::of(digest("ruling")) })
    };
    let both = [("alder", "signatory"), ("vendor", "signatory")];
    story.tick("2027-03-11T09:00:00Z");
    assert!(story.act_all(&both, &ruled(CaseRuling::Stayed)).is_admitted());
    assert_eq!(story.state().case_view(&a("sums")).unwrap().moves_on, None);
    story.tick("2027-06-11T09:00:00Z");
    assert_eq!(stage(&story, "sums"), "negotiation");
    assert!(story.act_all(&both, &ruled(CaseRuling::Resumed)).is_admitted());
    // Twenty days were left, and are left.
    let on = story.state().case_view(&a("sums")).unwrap().moves_on;
    assert_eq!(on, Some(at("2027-07-01T09:00:00Z")));
    let again = story.act_all(&both, &ruled(CaseRuling::Resumed));
    assert_eq!(again.refusal().map(|refusal| refusal.code()), Some("case-state"));
    story.tick("2027-07-01T09:00:00Z");
    assert_eq!(stage(&story, "sums"), "mediation");
}
