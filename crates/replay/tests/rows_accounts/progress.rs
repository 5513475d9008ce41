//! Roadmap, milestones and objectives.

use concordat_partnership::Act;
use concordat_partnership::act::{
    AccountAllocate, ObjectiveReport, PlannedMilestone, ProjectMilestone, RoadmapAdopt,
};

use crate::books::{a, allocation, holder, keeping, open};
use crate::common::{Story, digest};

const SERVED: &str = r#"
id = "first-roadmap"
duty = "adopt a roadmap"
owner = "council-member"
to = ["trainer"]
due = { after = "in-force", period = "P60D" }
discharged_by = "roadmap.adopt"
---
id = "accuracy"
objective = "a model that is right in four cases of five"
metric = "accuracy"
at_least = 0.8
by = "2028-01-01"
---
id = "scarce"
account = "Machines that serve the objective"
unit = "gpu-hour"
holder = "trainer"
ceiling = 100
allocated_by = "council"
serves = "accuracy"
"#;

fn roadmap(by: &[(&str, &str)]) -> Act {
    let milestones = by.iter().map(|(milestone, by)| PlannedMilestone {
        project: a("risk"),
        milestone: a(milestone),
        by: a(by),
    });
    Act::RoadmapAdopt(RoadmapAdopt { roadmap: digest("roadmap"), milestones: milestones.collect() })
}

fn milestone(name: &str) -> Act {
    let (project, evidence) = (a("risk"), digest("shown"));
    Act::ProjectMilestone(ProjectMilestone { project, milestone: a(name), evidence })
}

fn report(value: &str) -> Act {
    let (objective, evidence) = (a("books/accuracy"), digest(value));
    Act::ObjectiveReport(ObjectiveReport { objective, value: a(value), evidence })
}

#[test]
fn row_073_the_roadmap_is_owed_after_entry_into_force_and_late_by_itself() {
    let mut story = keeping(SERVED);
    let stands = |story: &Story, party: &str| {
        let mut all = story.state().duties();
        let duty = all.find(|(id, _)| {
            id.clause == a("books/first-roadmap")
                && id.owner == a::<concordat_terms::PartyId>(party)
        });
        duty.unwrap().1.status.as_str()
    };
    assert_eq!(stands(&story, "alder"), "active");
    story.tick("2027-03-10T00:00:00Z");
    assert_eq!(stands(&story, "alder"), "late");
    let plan = roadmap(&[("first-model", "2027-04-01"), ("second-model", "2027-06-01")]);
    story.denied(
        "alder",
        "council-member",
        roadmap(&[("x", "2027-04-01"), ("x", "2027-05-01")]),
        "milestone-twice",
    );
    story.decide("roadmap", plan);
    assert_eq!(stands(&story, "alder"), "discharged");

    // What a project reached, and what it did not reach in time.
    story.denied("vendor", "trainer", milestone("first-model"), "unknown-project");
    story.open_project();
    story.admit("vendor", "trainer", milestone("first-model"));
    story.denied("vendor", "trainer", milestone("first-model"), "milestone-reached");
    let late = |story: &Story| {
        let all = story.state().milestones();
        all.iter().map(|own| (own.milestone.to_string(), own.late)).collect::<Vec<_>>()
    };
    assert_eq!(late(&story), [("first-model".into(), false), ("second-model".into(), false)]);
    story.tick("2027-06-01T23:00:00Z");
    assert!(late(&story).iter().all(|(_, late)| !late), "on its day it is in time");
    story.tick("2027-06-02T00:00:00Z");
    assert_eq!(late(&story), [("first-model".into(), false), ("second-model".into(), true)]);
}

#[test]
fn row_128_who_allocates_says_on_which_report_it_rests() {
    let mut story = keeping(SERVED);
    story.admit("alder", "council-member", open("books/scarce"));
    let give = |report| {
        let account = a("books/scarce");
        let part = allocation(holder("vendor"), "gpu-hour 10");
        Act::AccountAllocate(AccountAllocate { account, report, ..part })
    };
    story.outvoted("no-report", give(None), "report-needed");
    let first = story.state().index();
    story.admit("alder", "council-member", report("0.71"));
    story.decide("after-the-first", give(Some(first)));
    let second = story.state().index();
    story.admit("alder", "council-member", report("0.83"));
    story.decide("after-the-second", give(Some(second)));
    // An older report than the one that was named last is no ground any more.
    story.outvoted("looking-back", give(Some(first)), "report-needed");
    story.outvoted("no-such-report", give(Some(1)), "report-needed");

    let views = story.state().objective_views();
    let accuracy = views.iter().find(|own| own.objective == a("books/accuracy")).unwrap();
    assert!(accuracy.reached && accuracy.last.unwrap().value == a("0.83"));
    let other =
        ObjectiveReport { objective: a("books/scarce"), value: a("1"), evidence: digest("none") };
    story.denied("alder", "council-member", Act::ObjectiveReport(other), "unknown-objective");
}
