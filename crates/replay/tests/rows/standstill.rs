//! Several things that stop one clock: each is over by itself, and the clock runs while none stands.

use concordat_partnership::Act;
use concordat_partnership::act::{Determination, Ground, HoldLift, HoldPlace, NamedModule, Ruling};

use crate::common::{Story, digest};
use crate::promises::{allowing, due, owed, promising_but, resume, stands, toll, waive};

const NAME: &str = "promises/delete";

/// To be done until 31 January, 08:00.
const DELETE: &str = r#"
id = "delete"
duty = "delete every copy"
owner = "trainer"
to = ["data-holder"]
on = ["heart-rows"]
due = { after = "in-force", period = "P30D" }
discharged_by = "deletion.attest"
"#;

const LET_GO: &str = r#"
id = "let-go"
power = "duty.waive"
holder = "test-lab"
ratified_by = "council"
within = "P5D"
"#;

const RIGHTS: &[&str] = &[
    "duty.toll",
    "duty.resume",
    "determination.enter",
    "deletion.attest",
    "hold.place",
    "hold.lift",
    "module.suspend",
    "module.resume",
];

/// Force majeure stops a clock for ten days at most, and the lab can waive, for five days.
fn story() -> Story {
    promising_but(&[DELETE], |texts| {
        texts.insert("rights", allowing(RIGHTS, &[LET_GO]));
        let text = texts.get_mut("governance").unwrap();
        let here = "escalates_to = \"council\"\n```";
        assert!(text.contains(here));
        let with = "escalates_to = \"council\"\nforce_majeure_most = \"P10D\"\n```";
        *text = text.replacen(here, with, 1);
    })
}

fn force_majeure(story: &mut Story) {
    let id = owed(story, NAME, "vendor");
    story.admit("vendor", "trainer", toll(id, Ground::ForceMajeure));
}

fn ruled(story: &mut Story, ruling: Ruling) {
    let duties = [(owed(story, NAME, "vendor"), ruling)].into();
    let said = Determination { duties, ..Determination::of(digest("ruling")) };
    story.admit("lab", "test-lab", Act::DeterminationEnter(said));
}

fn hold(story: &mut Story) {
    let (asset, ground) = (Some("heart-rows".parse().unwrap()), digest("court order"));
    let hold = HoldPlace { asset, version: None, papers: [].into(), case: None, ground };
    story.admit("alder", "data-holder", Act::HoldPlace(hold));
}

fn lift(story: &mut Story, hold: u64) {
    let lift = HoldLift { hold, ground: digest("court order") };
    story.admit("alder", "data-holder", Act::HoldLift(lift));
}

fn promises() -> NamedModule {
    NamedModule { module: "promises".parse().unwrap() }
}

fn suspend(story: &mut Story) {
    story.admit("alder", "council-member", Act::ModuleSuspend(promises()));
}

fn go_on(story: &mut Story) {
    story.admit("alder", "council-member", Act::ModuleResume(promises()));
}

#[test]
fn nobody_is_late_with_deleting_what_is_held_whatever_else_stopped_the_clock() {
    let mut story = story();
    force_majeure(&mut story);
    story.tick("2027-01-05T08:00:00Z");
    hold(&mut story);
    // The ten days of force majeure are over; the hold is not.
    story.tick("2027-03-01T08:00:00Z");
    assert_eq!(stands(&story, NAME, "vendor"), "tolled");
    let id = owed(&story, NAME, "vendor");
    story.refuse("vendor", "trainer", resume(id), "duty-state", "");
    lift(&mut story, 1);
    assert_eq!(stands(&story, NAME, "vendor"), "active");
    // What stopped it twice at once counts once: 59 days.
    assert_eq!(due(&story, NAME, "vendor"), "2027-03-31T08:00:00Z");

    let mut story = self::story();
    suspend(&mut story);
    story.tick("2027-01-06T08:00:00Z");
    hold(&mut story);
    story.tick("2027-01-08T08:00:00Z");
    go_on(&mut story);
    story.tick("2027-03-01T08:00:00Z");
    assert_eq!(stands(&story, NAME, "vendor"), "tolled");
}

#[test]
fn what_was_late_before_it_was_held_is_not_breached_meanwhile() {
    let mut story = story();
    story.tick("2027-02-01T08:00:00Z");
    assert_eq!(stands(&story, NAME, "vendor"), "late");
    hold(&mut story);
    assert_eq!(stands(&story, NAME, "vendor"), "tolled");
    lift(&mut story, 1);
    assert_eq!(stands(&story, NAME, "vendor"), "late");
}

#[test]
fn a_stay_outlasts_a_hold_and_ends_with_the_next_ruling() {
    let mut story = story();
    ruled(&mut story, Ruling::Stayed);
    story.tick("2027-01-05T08:00:00Z");
    hold(&mut story);
    story.tick("2027-01-06T08:00:00Z");
    lift(&mut story, 1);
    assert_eq!(stands(&story, NAME, "vendor"), "tolled");
    story.tick("2027-02-10T08:00:00Z");
    ruled(&mut story, Ruling::Owed);
    // The court's own stay counts: 40 days.
    assert_eq!(due(&story, NAME, "vendor"), "2027-03-12T08:00:00Z");
}

#[test]
fn force_majeure_that_was_not_one_leaves_a_hold_standing() {
    let mut story = story();
    force_majeure(&mut story);
    story.tick("2027-01-05T08:00:00Z");
    hold(&mut story);
    ruled(&mut story, Ruling::Owed);
    assert_eq!(stands(&story, NAME, "vendor"), "tolled");
    story.tick("2027-01-06T08:00:00Z");
    lift(&mut story, 1);
    assert_eq!(due(&story, NAME, "vendor"), "2027-02-01T08:00:00Z", "the hold's day alone");
}

#[test]
fn what_was_waived_while_force_majeure_stopped_it_is_stopped_no_longer_than_that() {
    let mut story = story();
    force_majeure(&mut story);
    story.tick("2027-01-02T08:00:00Z");
    let id = owed(&story, NAME, "vendor");
    story.admit("lab", "test-lab", waive(id));
    // Nobody ratifies it: it is owed again, and still stopped.
    story.tick("2027-01-07T08:00:00Z");
    assert_eq!(stands(&story, NAME, "vendor"), "tolled");
    story.tick("2027-01-11T08:00:00Z");
    assert_eq!(due(&story, NAME, "vendor"), "2027-02-10T08:00:00Z");
}

#[test]
fn what_was_waived_runs_on_where_what_stopped_it_is_over_meanwhile() {
    let mut story = story();
    suspend(&mut story);
    let id = owed(&story, NAME, "vendor");
    story.tick("2027-01-02T08:00:00Z");
    story.admit("lab", "test-lab", waive(id));
    story.tick("2027-01-04T08:00:00Z");
    go_on(&mut story);
    story.tick("2027-01-07T08:00:00Z");
    assert_eq!(stands(&story, NAME, "vendor"), "active");
    assert_eq!(due(&story, NAME, "vendor"), "2027-02-03T08:00:00Z");
}
