//! Duties that come round, when their clause says another rhythm from some day on.

use crate::common::Story;
use crate::promises::{done, due, module, owed, promising, stands, was_owed};

const NAME: &str = "promises/report";

fn report(every: &str) -> String {
    format!(
        "id = \"report\"\nduty = \"report on the use\"\nowner = \"trainer\"\n\
         to = [\"data-holder\"]\n\
         due = {{ after = \"in-force\", period = \"{every}\", every = \"{every}\" }}\n\
         discharged_by = \"duty.discharge\"\n"
    )
}

fn amended(story: &mut Story, every: &str) {
    story.amend(&[module("promises", "", &[&report(every)])]);
}

fn reported(story: &mut Story) {
    let duty = owed(story, NAME, "vendor");
    story.admit("vendor", "trainer", done(duty));
}

#[test]
fn a_yearly_report_that_is_to_be_monthly_is_owed_from_the_next_month_on() {
    let mut story = promising(&[&report("P1Y")]);
    assert_eq!(due(&story, NAME, "vendor"), "2028-01-01T08:00:00Z");
    story.tick("2027-01-20T08:00:00Z");
    reported(&mut story);
    story.tick("2027-03-15T08:00:00Z");
    amended(&mut story, "P1M");
    // The months that are over are not owed; this one is.
    assert_eq!(was_owed(&story, NAME, "vendor"), 2);
    assert_eq!(due(&story, NAME, "vendor"), "2027-04-01T08:00:00Z");
    reported(&mut story);
    story.tick("2027-04-01T08:00:00Z");
    assert_eq!(was_owed(&story, NAME, "vendor"), 3);
    assert_eq!(due(&story, NAME, "vendor"), "2027-05-01T08:00:00Z");
    // Another amendment that leaves it as it is changes nothing.
    let text = crate::common::texts()["release"].replace("cardiac-risk model", "model of risk");
    story.amend(&[text]);
    assert_eq!(was_owed(&story, NAME, "vendor"), 3);
    // Nor does one that comes when this month's is done already.
    reported(&mut story);
    let text =
        crate::common::texts()["data-use"].replace("Data Holder keeps", "Data Holder still keeps");
    story.amend(&[text]);
    assert_eq!(was_owed(&story, NAME, "vendor"), 3);
    story.tick("2027-05-01T08:00:00Z");
    assert_eq!(was_owed(&story, NAME, "vendor"), 4);
}

#[test]
fn what_is_not_due_yet_becomes_due_with_the_new_rhythm_and_not_late() {
    let mut story = promising(&[&report("P1Y")]);
    story.tick("2027-03-15T08:00:00Z");
    amended(&mut story, "P1M");
    assert_eq!(stands(&story, NAME, "vendor"), "active");
    assert_eq!(due(&story, NAME, "vendor"), "2027-04-01T08:00:00Z");
    assert_eq!(was_owed(&story, NAME, "vendor"), 1);
}

#[test]
fn a_monthly_report_that_is_to_be_yearly_is_owed_for_this_year_and_not_in_four() {
    let mut story = promising(&[&report("P1M")]);
    story.tick("2027-04-15T08:00:00Z");
    assert_eq!(was_owed(&story, NAME, "vendor"), 4);
    amended(&mut story, "P1Y");
    assert_eq!(due(&story, NAME, "vendor"), "2028-01-01T08:00:00Z");
    assert_eq!(was_owed(&story, NAME, "vendor"), 4);
    story.tick("2028-01-01T08:00:00Z");
    assert_eq!(due(&story, NAME, "vendor"), "2029-01-01T08:00:00Z");
    assert_eq!(was_owed(&story, NAME, "vendor"), 5);
}
