//! Clocks: calendars, working days, hours, and that nothing but time moves them.

use crate::promises::{due, promising, stands};

fn clause(due: &str) -> String {
    format!(
        "id = \"report\"\nduty = \"report\"\nowner = \"trainer\"\nto = [\"data-holder\"]\n\
         due = {due}\ndischarged_by = \"duty.discharge\""
    )
}

/// When a duty is due that starts on Friday, 1 January 2027, 08:00 UTC.
fn due_by(terms: &str) -> String {
    let story = promising(&[&clause(terms)]);
    due(&story, "promises/report", "vendor")
}

#[test]
fn a_period_in_days_rolls_to_a_working_day_and_one_in_hours_never_does() {
    // Without a calendar a day is a day of 24 hours.
    assert_eq!(due_by(r#"{ after = "in-force", period = "P9D" }"#), "2027-01-10T08:00:00Z");
    // The ninth day after 1 January is Sunday, the tenth: it ends with Monday, in Brussels.
    let days = r#"{ after = "in-force", period = "P9D", calendar = "BE" }"#;
    assert_eq!(due_by(days), "2027-01-11T23:00:00Z");
    let hours = r#"{ after = "in-force", period = "PT216H", calendar = "BE" }"#;
    assert_eq!(due_by(hours), "2027-01-10T08:00:00Z");
}

#[test]
fn ten_working_days_are_longer_than_ten_days() {
    let days = r#"{ after = "in-force", period = "P10D", calendar = "BE" }"#;
    assert_eq!(due_by(days), "2027-01-11T23:00:00Z");
    let working = r#"{ after = "in-force", period = "P10D", calendar = "BE", days = "working" }"#;
    // 4 to 8 and 11 to 15 January.
    assert_eq!(due_by(working), "2027-01-15T23:00:00Z");
}

#[test]
fn a_day_in_the_text_is_over_with_that_day_or_with_the_next_that_is_worked() {
    assert_eq!(due_by(r#"{ on = "2027-05-01" }"#), "2027-05-02T00:00:00Z");
    // Saturday, 1 May: with the Monday after it. Summer time has begun.
    assert_eq!(due_by(r#"{ on = "2027-05-01", calendar = "BE" }"#), "2027-05-03T22:00:00Z");
}

#[test]
fn a_country_that_the_rules_have_no_calendar_of_is_counted_without_one() {
    let days = r#"{ after = "in-force", period = "P9D", calendar = "SI" }"#;
    assert_eq!(due_by(days), "2027-01-10T08:00:00Z");
}

#[test]
fn a_duty_is_late_in_the_moment_after_its_last_and_the_log_knows_when_that_is() {
    let days = r#"{ after = "in-force", period = "P9D", calendar = "BE" }"#;
    let mut story = promising(&[&clause(days)]);
    let next = story.state().next_deadline().unwrap();
    assert_eq!(next.to_string(), "2027-01-11T23:00:00Z");
    story.tick("2027-01-11T22:59:59Z");
    assert_eq!(stands(&story, "promises/report", "vendor"), "active");
    story.tick(&next.to_string());
    assert_eq!(stands(&story, "promises/report", "vendor"), "late");
    assert_eq!(story.state().next_deadline(), None);
}
