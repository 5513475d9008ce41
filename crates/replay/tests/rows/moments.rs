//! What counts where two things fall on one moment, or on one that is over.

use concordat_partnership::act::Ground;

use crate::common::Story;
use crate::promises::{
    acknowledge, dispute, due, duty, module, notice, owed, promising, resume, ruled, stands, toll,
    was_owed,
};
use concordat_partnership::act::Ruling;

const NAME: &str = "promises/work";

/// To be done until 31 January, 08:00.
const WORK: &str = r#"
id = "work"
duty = "deliver the model"
owner = "trainer"
to = ["data-holder"]
due = { after = "in-force", period = "P30D" }
discharged_by = "duty.discharge"
"#;

fn curable(days: &str) -> String {
    format!("{WORK}cure = \"{days}\"\n")
}

fn amended(story: &mut Story, clauses: &[&str]) {
    story.amend(&[module("promises", "", clauses)]);
}

#[test]
fn a_time_to_cure_that_has_begun_is_as_long_as_the_clause_said_then() {
    let mut story = promising(&[&curable("P5D")]);
    story.tick("2027-02-01T08:00:00Z");
    let served = story.state().index();
    story.admit("alder", "data-holder", notice(owed(&story, NAME, "vendor")));
    // Nothing says when notice counts as received later than it is served: that it is acknowledged
    // in the same moment, after the text has changed, begins nothing anew.
    amended(&mut story, &[&curable("P50D")]);
    story.admit("vendor", "trainer", acknowledge(served));
    story.tick("2027-02-06T08:00:00Z");
    assert_eq!(stands(&story, NAME, "vendor"), "breached");
}

#[test]
fn a_stay_that_comes_when_the_time_to_cure_is_over_gives_none_back() {
    let mut story = promising(&[&curable("P5D")]);
    let id = owed(&story, NAME, "vendor");
    let cure = |story: &Story| duty(story, NAME, "vendor").notice.unwrap().cure_until.to_string();
    story.tick("2027-02-01T08:00:00Z");
    story.admit("vendor", "trainer", dispute(id.clone()));
    story.admit("alder", "data-holder", notice(id.clone()));
    story.tick("2027-02-06T08:00:00Z");
    assert_eq!((stands(&story, NAME, "vendor"), cure(&story).as_str()), ("late", LAST));
    story.admit("lab", "test-lab", ruled(&id, Ruling::Stayed));
    story.tick("2027-02-16T08:00:00Z");
    assert_eq!(stands(&story, NAME, "vendor"), "tolled");
    story.admit("vendor", "trainer", resume(id));
    assert_eq!((stands(&story, NAME, "vendor"), cure(&story).as_str()), ("breached", LAST));
}

/// The end of five days after 1 February, 08:00.
const LAST: &str = "2027-02-06T08:00:00Z";

#[test]
fn what_was_to_be_done_on_a_day_that_is_over_is_not_owed_by_who_comes_later() {
    let on = |day: &str| {
        format!(
            "{}\n",
            WORK.replace("after = \"in-force\", period = \"P30D\"", &format!("on = \"{day}\""))
        )
    };
    let mut story = promising(&[&on("2027-06-30").replace("work", "other")]);
    story.tick("2027-03-01T08:00:00Z");
    for (day, times) in [("2027-02-28", 0), ("2027-03-01", 1)] {
        let mut story = story.clone();
        amended(&mut story, &[&on(day)]);
        assert_eq!(was_owed(&story, NAME, "vendor"), times, "{day}");
    }
}

#[test]
fn what_is_to_come_round_from_now_on_begins_anew_where_its_day_has_come() {
    let monthly = WORK.replace("P30D\"", "P30D\", every = \"P30D\"");
    for (moment, times, next) in [
        ("2027-01-31T07:59:59Z", 1, None),
        ("2027-01-31T08:00:00Z", 2, Some("2027-03-02T08:00:00Z")),
    ] {
        let mut story = promising(&[WORK]);
        let id = owed(&story, NAME, "vendor");
        story.tick("2027-01-11T08:00:00Z");
        story.admit("vendor", "trainer", toll(id, Ground::ForceMajeure));
        story.tick(moment);
        amended(&mut story, &[&monthly]);
        assert_eq!(was_owed(&story, NAME, "vendor"), times, "{moment}");
        if let Some(next) = next {
            assert_eq!(due(&story, NAME, "vendor"), next);
        }
    }
}
