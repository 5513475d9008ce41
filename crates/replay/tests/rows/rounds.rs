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

#[test]
fn an_amendment_that_leaves_the_date_of_this_time_leaves_this_time() {
    let first = |period: &str, every: &str| {
        let (old, new) = ("period = \"P1M\"", format!("period = \"{period}\""));
        let text = report("P1M").replace(old, &new);
        text.replace("every = \"P1M\"", &format!("every = \"{every}\""))
    };
    // 1 February and 1 April; and by the new text 1 March and 1 April.
    let mut story = promising(&[&first("P1M", "P2M")]);
    story.tick("2027-02-15T08:00:00Z");
    assert_eq!(due(&story, NAME, "vendor"), "2027-04-01T08:00:00Z");
    story.amend(&[module("promises", "", &[&first("P2M", "P1M")])]);
    assert_eq!(due(&story, NAME, "vendor"), "2027-04-01T08:00:00Z");
    assert_eq!(was_owed(&story, NAME, "vendor"), 2);
    story.tick("2027-04-01T08:00:00Z");
    assert_eq!(due(&story, NAME, "vendor"), "2027-05-01T08:00:00Z");
    assert_eq!(was_owed(&story, NAME, "vendor"), 3);
}

#[test]
fn who_follows_a_party_reports_once_though_that_one_had_reported_and_it_had_not() {
    let yearly = |every: &str| {
        let of = report(every).replace("\"trainer\"", "\"data-holder\"");
        of.replace("to = [\"data-holder\"]", "to = [\"test-lab\"]")
            .replace("in-force", "project.open")
    };
    let mut story = promising(&[&yearly("P1Y")]);
    story.admit("alder", "data-holder", done(owed(&story, NAME, "alder")));
    story.tick("2027-02-15T08:00:00Z");
    story.amend(&[module("promises", "", &[&yearly("P1M")])]);
    let owed = |story: &Story| ["alder", "birch"].map(|party| was_owed(story, NAME, party));
    assert_eq!(owed(&story), [2, 1]);
    story.followed("alder", "birch");
    story.tick("2027-03-01T08:00:00Z");
    assert_eq!(owed(&story), [2, 2]);
    story.tick("2027-04-01T08:00:00Z");
    assert_eq!(owed(&story), [2, 3]);
}
