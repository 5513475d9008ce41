//! The risk register, and the regimes that were adopted.

use std::collections::BTreeSet;

use concordat_partnership::act::{CaseOpen, RegimeAdopt, RiskAppetite, RiskClose, RiskRating};
use concordat_partnership::{Act, Effect};
use concordat_replay::Halt;

use crate::common::{Story, digest};
use crate::office::{GDPR, a, breach};

fn risk(likelihood: u8, impact: u8) -> RiskRating {
    RiskRating {
        risk: a("drift"),
        owner: a("trainer"),
        likelihood,
        impact,
        controls: [a("governance/accuracy-holds")].into(),
        evidence: [digest("report")].into(),
        description: digest("description"),
    }
}

#[test]
fn row_112_a_risk_is_rated_linked_to_controls_and_held_against_what_a_body_accepts() {
    let mut story = Story::office();
    story.admit("vendor", "trainer", Act::RiskOpen(risk(3, 4)));
    story.refuse("vendor", "trainer", Act::RiskOpen(risk(3, 4)), "name-taken", "");

    // How much is accepted no party says alone.
    let appetite = |most| Act::RiskAppetite(RiskAppetite { most });
    story.refuse("alder", "data-holder", appetite(10), "needs-body", "");
    story.decide("appetite", appetite(10));
    assert_eq!(story.state().risk_appetite(), Some(10));
    let above = |story: &Story| story.state().risks_above_appetite().count();
    assert_eq!(above(&story), 1);

    // Work on it, and it is rated anew; the register keeps its course.
    story.admit("vendor", "trainer", Act::RiskUpdate(risk(2, 4)));
    assert_eq!(above(&story), 0);
    let effects = story.effects("vendor", "trainer", Act::RiskUpdate(risk(5, 5)));
    assert!(effects.contains(&Effect::RiskAbove(a("drift"))));
    let (_, line) = story.state().risks().next().unwrap();
    let course: Vec<u8> = line.course.iter().map(|(_, score)| *score).collect();
    assert_eq!(course, [12, 8, 25]);
    assert!(line.rating.controls.contains(&a("governance/accuracy-holds")));

    let end = || Act::RiskClose(RiskClose { risk: a("drift"), evidence: digest("retired") });
    story.admit("vendor", "trainer", end());
    assert_eq!(above(&story), 0);
    story.refuse("vendor", "trainer", end(), "unknown-risk", "");
    story.refuse("vendor", "trainer", Act::RiskUpdate(risk(1, 1)), "unknown-risk", "");
}

#[test]
fn a_rating_is_of_one_to_five_and_names_what_is_there() {
    let mut story = Story::office();
    for (likelihood, impact) in [(0, 1), (1, 0), (6, 1), (1, 6)] {
        let act = Act::RiskOpen(risk(likelihood, impact));
        story.refuse("vendor", "trainer", act, "bad-rating", "");
    }
    let control = RiskRating { controls: [a("governance/nothing")].into(), ..risk(1, 1) };
    story.refuse("vendor", "trainer", Act::RiskOpen(control), "unknown-clause", "");
    let owner = RiskRating { owner: a("nobody"), ..risk(1, 1) };
    story.refuse("vendor", "trainer", Act::RiskOpen(owner), "not-your-seat", "");
    let verdict = story.try_decide("appetite", Act::RiskAppetite(RiskAppetite { most: 26 }));
    assert_eq!(verdict.refusal().unwrap().code(), "bad-rating");
}

#[test]
fn row_122_a_new_version_of_a_regime_opens_a_duty_to_look_at_it() {
    let mut story = Story::under(&[GDPR]);
    let owed = |story: &Story| {
        let duties = story.state().duties();
        duties.filter(|(id, _)| id.clause == a("governance/look-at-the-law")).count()
    };
    let before = owed(&story);
    let newer = GDPR.replace("version = \"2026.11\"", "version = \"2027.01\"");
    story.adopt(&newer);
    assert_eq!(owed(&story), before + 4);
    let adopted = &story.state().regimes()[&a("eu-gdpr")];
    assert_eq!((adopted.version.as_str(), adopted.digest), ("2027.01", digest(&newer)));

    let again = Act::RegimeAdopt(RegimeAdopt { pack: digest(&newer) });
    story.refuse("alder", "data-holder", again, "regime-adopted", "");
}

#[test]
fn a_pack_is_read_at_the_entrance_and_a_body_adopts_it_as_well() {
    let mut story = Story::office();
    let pack = story.replica.supply(b"this is no pack".to_vec());
    let act = Act::RegimeAdopt(RegimeAdopt { pack });
    story.refuse("alder", "data-holder", act, "regime-unreadable", "");

    // What nobody has is waited for.
    let missing = digest(GDPR);
    let act = Act::RegimeAdopt(RegimeAdopt { pack: missing });
    let entry = story.sign(&[("alder", "data-holder")], &act);
    let halt = story.replica.step(&entry).unwrap_err();
    assert!(matches!(halt, Halt::MissingBlob { blob, .. } if blob == missing));
    story.replica.supply(GDPR.as_bytes().to_vec());
    story.decide("adopt", act);
    assert!(story.state().regimes().contains_key(&a("eu-gdpr")));
    let act = breach(&story, "breach", &["personal-data-breach"]);
    story.admit("alder", "data-holder", Act::CaseOpen(CaseOpen { on: BTreeSet::new(), ..act }));
    assert_eq!(story.case("breach").clocks.len(), 2);
}
