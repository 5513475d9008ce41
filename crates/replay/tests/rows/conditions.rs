//! What must happen before modules take effect, or ends them.

use concordat_partnership::Act;
use concordat_partnership::act::ConditionWaive;

use crate::common::{Story, digest};
use crate::promises::{all_hospitals, done, owed, promising, stands, was_owed};

const ETHICS: &str = r#"
id = "ethics-first"
condition = "the laboratory has filed the opinion of an ethics committee"
kind = "precedent"
modules = ["data-use"]
met_by = "duty.discharge"
by = "test-lab"
waivable_by = ["data-holder"]
long_stop = "2027-03-31"
"#;

const OPINION: &str = r#"
id = "opinion"
duty = "file the opinion of an ethics committee"
owner = "test-lab"
to = ["data-holder"]
due = { after = "in-force", period = "P60D" }
discharged_by = "duty.discharge"
"#;

const FUNDING_ENDS: &str = r#"
id = "funding-ends"
condition = "the laboratory is told that the grant was withdrawn"
kind = "subsequent"
modules = ["data-use"]
met_by = "notice.serve"
by = "operator"
"#;

fn waive(name: &str) -> Act {
    Act::ConditionWaive(ConditionWaive { condition: name.parse().unwrap() })
}

fn stands_so(story: &Story, name: &str) -> &'static str {
    let mut all = story.state().conditions();
    all.find(|(clause, _)| clause.to_string() == name).unwrap().1.as_str()
}

/// With what `data-use` permits waiting, no rows are listed; a project needs none.
fn waiting() -> Story {
    let mut texts = crate::common::texts();
    texts.insert("rights", crate::promises::rights());
    let clauses = [ETHICS, OPINION, FUNDING_ENDS];
    texts.insert("promises", crate::promises::module("promises", "", &clauses));
    let mut story = Story::founded_on([].into());
    let modules = story.put_as_one(texts.into_values(), &crate::common::EVERYBODY);
    let enter = concordat_partnership::act::ModuleEnter { modules };
    story.admit("alder", "signatory", Act::ModuleEnter(enter));
    story
}

fn list(story: &mut Story) -> Option<&'static str> {
    let place = concordat_partnership::act::PlaceRegister {
        place: "ward".parse().unwrap(),
        class: 2,
        jurisdiction: "CH".parse().unwrap(),
    };
    story.act("alder", "data-holder", Act::PlaceRegister(place));
    let act = story.dataset("alder", "first");
    story.act("alder", "data-holder", act).refusal().map(|refusal| refusal.code())
}

#[test]
fn a_module_waits_for_its_condition_and_speaks_when_that_is_met() {
    let mut story = waiting();
    assert_eq!(list(&mut story), Some("clause-silent"));
    story.admit("lab", "test-lab", done(owed(&story, "promises/opinion", "lab")));
    assert_eq!(stands_so(&story, "promises/ethics-first"), "met");
    assert_eq!(list(&mut story), None);
    let verdict = all_hospitals(&mut story, &waive("promises/ethics-first"));
    assert_eq!(verdict.refusal().unwrap().code(), "condition-state");
}

#[test]
fn a_condition_is_waived_by_all_whom_it_names() {
    let mut story = waiting();
    let name = "promises/ethics-first";
    story.refuse("alder", "data-holder", waive(name), "not-theirs-to-waive", name);
    story.refuse("alder", "data-holder", waive("promises/opinion"), "unknown-condition", "");
    let nobodys = "promises/funding-ends";
    story.refuse("alder", "data-holder", waive(nobodys), "not-theirs-to-waive", nobodys);
    assert!(all_hospitals(&mut story, &waive(name)).is_admitted());
    assert_eq!(list(&mut story), None);
}

#[test]
fn after_its_last_day_a_condition_can_no_longer_be_met_and_what_waited_ends() {
    let mut story = waiting();
    story.tick("2027-03-31T23:59:59Z");
    assert_eq!(stands_so(&story, "promises/ethics-first"), "open");
    story.tick("2027-04-01T00:00:00Z");
    assert_eq!(stands_so(&story, "promises/ethics-first"), "lapsed");
    let standing = story.state().standing(&"data-use".parse().unwrap()).unwrap();
    assert_eq!(standing.as_str(), "ended");
    story.admit("lab", "test-lab", done(owed(&story, "promises/opinion", "lab")));
    assert_eq!(list(&mut story), Some("clause-silent"));
}

#[test]
fn a_subsequent_condition_ends_its_modules_when_it_is_met() {
    let mut story = promising(&[FUNDING_ENDS]);
    let notice = concordat_partnership::act::NoticeServe {
        to: "lab".parse().unwrap(),
        duty: None,
        clause: Some("promises/funding-ends".parse().unwrap()),
        channel: None,
        text: digest("the grant was withdrawn"),
    };
    let unknown = concordat_partnership::act::NoticeServe {
        clause: Some("promises/nothing".parse().unwrap()),
        ..notice.clone()
    };
    story.refuse("vendor", "operator", Act::NoticeServe(unknown), "unknown-clause", "");
    story.admit("vendor", "operator", Act::NoticeServe(notice));
    let standing = story.state().standing(&"data-use".parse().unwrap()).unwrap();
    assert_eq!(standing.as_str(), "ended");
}

#[test]
fn clocks_of_a_module_that_waits_start_when_it_need_wait_no_more() {
    let waits = ETHICS.replace("[\"data-use\"]", "[\"later\"]");
    let mut texts = crate::common::texts();
    texts.insert("rights", crate::promises::rights());
    texts.insert("promises", crate::promises::module("promises", "", &[&waits, OPINION]));
    let report = OPINION.replace("opinion\"", "count\"").replace("P60D", "P7D");
    texts.insert("later", crate::promises::module("later", "", &[&report]));
    let mut story = Story::begun(texts.into_values());
    assert_eq!(was_owed(&story, "later/count", "lab"), 0);
    story.tick("2027-02-01T08:00:00Z");
    story.admit("lab", "test-lab", done(owed(&story, "promises/opinion", "lab")));
    assert_eq!(crate::promises::due(&story, "later/count", "lab"), "2027-02-08T08:00:00Z");
    assert_eq!(stands(&story, "later/count", "lab"), "active");
}
