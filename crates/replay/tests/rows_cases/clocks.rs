//! Clocks of cases: that they say when they near, which of them stand still, and which bind nobody.

use concordat_partnership::act::{CaseClose, HoldPlace, Tick};
use concordat_partnership::{Act, ClockStatus, Effect, Verdict};

use crate::common::{Story, digest};
use crate::office::{GDPR, a, agreed, at, breach, close};

const HOUSE: &str = r#"
id = "house"
version = "2027.1"
title = "House rules (example)"
jurisdiction = "EU"
places = []
as_of = "2027-01-01"

[[row]]
id = "HOUSE-tell"
title = "Tell the partners"
status = "proposed"
confirmed = "G"
source = "example"
applies_if = { incidents = ["outage"] }
owner = ["operator"]
to = "controller"
audience = "partner"
trigger = "aware"
clock = { n = 48, unit = "h" }
evidence = ["notice"]

[[row]]
id = "HOUSE-statute"
title = "Tell the authority"
status = "law"
confirmed = "G"
source = "example"
applies_if = { incidents = ["outage"] }
owner = ["operator"]
to = "outside: authority"
audience = "authority"
trigger = "aware"
clock = { n = 48, unit = "h" }
evidence = ["notice"]

[[row]]
id = "HOUSE-advice"
title = "Share what was learnt"
status = "guidance"
confirmed = "G"
source = "example"
applies_if = { incidents = ["outage"] }
owner = ["operator"]
to = "outside: the public"
audience = "public"
trigger = "aware"
clock = { n = 24, unit = "h" }
evidence = ["doc"]
"#;

impl Story {
    /// What time brings until a moment.
    fn until(&mut self, moment: &str) -> Vec<Effect> {
        self.now = at(moment);
        let act = Act::Tick(Tick { time: self.now });
        match self.act("sequencer", "sequencer", act) {
            Verdict::Admitted { effects, .. } => effects,
            Verdict::Refused { refusal, .. } => panic!("{}", refusal.problem()),
        }
    }
}

/// The office, whose parties agreed to tell each other as the house rules propose.
fn house() -> Story {
    let mut story = Story::in_force();
    let mut texts = agreed();
    let was = "id = \"tell-each-other\"\n";
    assert!(texts[2].contains(was));
    texts[2] = texts[2].replace(was, &format!("{was}laws = [\"HOUSE-tell\"]\n"));
    story.amend(&texts);
    story.adopt(HOUSE);
    story.tick("2027-06-04T15:00:00Z");
    story
}

fn stands(story: &Story, row: &str) -> (ClockStatus, String) {
    let case = story.case("outage");
    let clock = case.clocks.iter().find(|clock| clock.row.as_str() == row).unwrap();
    (clock.status, clock.due.unwrap().to_string())
}

#[test]
fn row_108_whoever_owes_a_report_is_told_when_three_quarters_of_its_time_are_over() {
    let mut story = Story::under(&[GDPR]);
    story.tick("2027-06-04T15:00:00Z");
    let act = breach(&story, "breach", &["personal-data-breach"]);
    story.admit("alder", "data-holder", Act::CaseOpen(act));
    let clock = story.case("breach").clock(2).unwrap();
    assert_eq!(
        (clock.row.as_str(), clock.remind),
        ("GDPR-33(1)", Some(at("2027-06-06T21:00:00Z")))
    );
    let nears = Effect::ClockNears(a("breach"), 2);
    assert!(!story.until("2027-06-06T20:59:59Z").contains(&nears));
    let told = story.until("2027-06-06T21:00:00Z");
    assert_eq!(told.iter().filter(|effect| **effect == nears).count(), 1);
    assert!(!story.until("2027-06-07T14:00:00Z").contains(&nears), "once");
    let late = Effect::ClockStands(a("breach"), 2, ClockStatus::Late);
    assert!(story.until("2027-06-07T15:00:00Z").contains(&late));
}

#[test]
fn row_108_nobody_is_reminded_of_what_is_answered() {
    let mut story = Story::under(&[GDPR]);
    story.tick("2027-06-04T15:00:00Z");
    let act = breach(&story, "breach", &["personal-data-breach"]);
    story.admit("alder", "data-holder", Act::CaseOpen(act));
    story.answer_all("breach");
    let told = story.until("2027-06-09T15:00:00Z");
    assert!(!told.iter().any(|effect| matches!(effect, Effect::ClockNears(..))), "{told:?}");
}

#[test]
fn a_silence_of_the_log_stops_what_is_a_contract_and_nothing_that_is_law() {
    let mut story = house();
    let act = breach(&story, "outage", &["outage"]);
    story.admit("alder", "data-holder", Act::CaseOpen(act));
    let binding = |story: &Story, row: &str| {
        let case = story.case("outage");
        let clock = case.clocks.iter().find(|clock| clock.row.as_str() == row).unwrap();
        (format!("{:?}", clock.binding), clock.tollable)
    };
    assert_eq!(binding(&story, "HOUSE-tell"), ("Contract".to_owned(), true));
    assert_eq!(binding(&story, "HOUSE-statute"), ("Law".to_owned(), false));

    // For a day and a half nobody could act: longer than the parties agreed.
    let told = story.until("2027-06-06T03:00:00Z");
    let moved = told.iter().filter(|effect| matches!(effect, Effect::ClockMoved(..))).count();
    assert_eq!(moved, 1, "{told:?}");
    assert_eq!(stands(&story, "HOUSE-tell"), (ClockStatus::Running, "2027-06-08T03:00:00Z".into()));
    let law = "2027-06-06T15:00:00Z".to_owned();
    assert_eq!(stands(&story, "HOUSE-statute"), (ClockStatus::Running, law.clone()));
    story.tick("2027-06-06T15:00:00Z");
    assert_eq!(stands(&story, "HOUSE-statute"), (ClockStatus::Late, law));
    story.tick("2027-06-07T10:00:00Z");
    story.tick("2027-06-08T02:59:59Z");
    assert_eq!(stands(&story, "HOUSE-tell").0, ClockStatus::Running);
    story.tick("2027-06-08T03:00:00Z");
    assert_eq!(stands(&story, "HOUSE-tell").0, ClockStatus::Late);
}

#[test]
fn what_is_guidance_has_a_clock_that_binds_nobody() {
    let mut story = house();
    let act = breach(&story, "outage", &["outage"]);
    story.admit("alder", "data-holder", Act::CaseOpen(act));
    let told = story.until("2027-06-05T10:00:00Z");
    assert!(told.iter().any(|effect| matches!(effect, Effect::ClockNears(..))), "{told:?}");
    story.tick("2027-06-05T20:00:00Z");
    // Its time is over, and nobody is late.
    assert_eq!(stands(&story, "HOUSE-advice").0, ClockStatus::Running);
    let owed = story.case("outage").owed_clocks();
    assert_eq!(story.case("outage").open_clocks().len(), owed.len() + 1);
    for clock in owed {
        let not_owed = concordat_partnership::act::Report::NotOwed(digest("reasons"));
        story.admit("vendor", "trainer", crate::office::report("outage", clock, not_owed));
    }
    let (review, redress) = (Some(digest("review")), Some(digest("redress")));
    let done = CaseClose { review, redress, ..close("outage") };
    story.admit("alder", "data-holder", Act::CaseClose(done));
}

#[test]
fn row_49_a_hold_on_one_version_lets_another_go() {
    let mut story = Story::in_force();
    let mut texts = agreed();
    texts[2].push_str(
        "\n```clause\nid = \"attest-deletion\"\npermit = \"deletion.attest\"\n\
         by = \"data-holder\"\n```\n",
    );
    story.amend(&texts);
    story.register("alder", "first", 2);
    story.register("birch", "first", 2);
    let version = |party: &str| digest(&format!("{party} first"));
    let hold = HoldPlace {
        asset: Some(a("heart-rows")),
        version: Some(version("alder")),
        papers: [].into(),
        case: None,
        ground: digest("court order"),
    };
    story.admit("alder", "data-holder", Act::HoldPlace(hold));
    let delete = |versions: &[concordat_terms::Digest]| {
        Act::DeletionAttest(concordat_partnership::act::DeletionAttest {
            asset: a("heart-rows"),
            versions: versions.iter().copied().collect(),
            residuals: None,
            evidence: digest("certificate"),
        })
    };
    story.refuse("alder", "data-holder", delete(&[version("alder")]), "held", "");
    story.refuse("alder", "data-holder", delete(&[]), "held", "");
    story.admit("birch", "data-holder", delete(&[version("birch")]));
}
