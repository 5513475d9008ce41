//! What is owed, by whom, to whom, and what follows if it is not done.

use concordat_partnership::Act;
use concordat_partnership::act::{DutyDischarge, NamedModule, OneProject};

use crate::common::{HOSPITALS, Story, digest};
use crate::promises::{
    acknowledge, all_hospitals, dispute, done, due, duty, extend, is_late, module, notice, owed,
    promising, promising_but, resume, stands, toll, waive, was_owed,
};
use concordat_partnership::act::Ground;

const MACHINES: &str = r#"
id = "bring-machines"
duty = "provide the machines on which runs are coordinated"
owner = "operator"
to = ["data-holder"]
due = { after = "in-force", period = "P30D" }
discharged_by = "duty.discharge"
contributes = "compute"
"#;

const ATTEST: &str = r#"
id = "attest"
duty = "review the safeguards and attest that they hold"
owner = "trainer"
to = ["data-holder"]
due = { after = "in-force", period = "P30D" }
discharged_by = "duty.discharge"
cure = "P5D"
"#;

/// The example of the design, with what it needs: late, notified, breached; then a power may be used.
const DELETE: &str = r#"
id = "delete-copies"
duty = "delete every copy"
owner = "trainer"
to = ["data-holder"]
on = ["heart-rows"]
due = { after = "project.end", period = "P30D", calendar = "BE" }
discharged_by = "duty.discharge"
cure = "P5D"
else = "suspend-on-late-deletion"
"#;

const SUSPEND: &str = r#"
id = "suspend-on-late-deletion"
power = "module.suspend"
holder = "data-holder"
over = ["data-use"]
after = "late: delete-copies"
"#;

const REVIEW: &str = r#"
id = "review"
duty = "review whether technology, law or strategy has changed"
owner = "test-lab"
to = ["data-holder"]
due = { on = "2027-03-31", every = "P3M" }
discharged_by = "duty.discharge"
else = "ask-why"
"#;

const ASK_WHY: &str = r#"
id = "ask-why"
duty = "ask why no review was made, and have it made"
owner = "operator"
to = ["data-holder"]
due = { after = "late: review", period = "P10D" }
discharged_by = "duty.discharge"
else = "tell-council"
"#;

const TELL_COUNCIL: &str = r#"
id = "tell-council"
duty = "put it before the Council"
owner = "data-holder"
to = ["council-member"]
due = { after = "late: ask-why", period = "P5D" }
discharged_by = "duty.discharge"
"#;

fn suspend() -> Act {
    Act::ModuleSuspend(NamedModule { module: "data-use".parse().unwrap() })
}

/// Nobody needs to act for a duty to turn late; a breach takes a notice and a cure period.
fn breach(story: &mut Story, clause: &str, owner: &str, by: &str, days: [&str; 2]) {
    story.tick(days[0]);
    assert_eq!(stands(story, clause, owner), "late");
    story.admit(by, "data-holder", notice(owed(story, clause, owner)));
    story.tick(days[1]);
    assert_eq!(stands(story, clause, owner), "breached");
}

#[test]
fn row_004_each_contribution_is_a_dated_duty_with_an_owner() {
    let story = promising(&[MACHINES, ATTEST]);
    let lines = story.state().responsibilities();
    let brings: Vec<_> = lines.iter().filter(|line| line.contributes.is_some()).collect();
    assert_eq!(brings.len(), 1);
    assert_eq!(brings[0].contributes.unwrap().as_str(), "compute");
    assert!(brings[0].responsible.iter().any(|party| party.as_str() == "vendor"));
    assert_eq!(brings[0].informed.len(), 4, "the four hospitals expect it");
    assert_eq!(due(&story, "promises/bring-machines", "vendor"), "2027-01-31T08:00:00Z");
}

#[test]
fn row_010_no_duty_is_without_an_owner_and_a_missed_attestation_is_breached() {
    let mut story = promising(&[MACHINES, ATTEST]);
    for line in story.state().responsibilities() {
        assert!(!line.responsible.is_empty(), "{}", line.clause);
    }
    // It is late one moment after its time, and not before.
    story.tick("2027-01-31T07:59:59Z");
    assert_eq!(stands(&story, "promises/attest", "vendor"), "active");
    story.tick("2027-01-31T08:00:00Z");
    assert_eq!(stands(&story, "promises/attest", "vendor"), "late");
    // Late for long is not breached: somebody has to say so.
    story.tick("2027-06-01T08:00:00Z");
    assert_eq!(stands(&story, "promises/attest", "vendor"), "late");
    story.admit("alder", "data-holder", notice(owed(&story, "promises/attest", "vendor")));
    story.tick("2027-06-06T07:59:59Z");
    assert_eq!(stands(&story, "promises/attest", "vendor"), "late");
    story.tick("2027-06-06T08:00:00Z");
    assert_eq!(stands(&story, "promises/attest", "vendor"), "breached");
    let lines = story.state().responsibilities();
    let attest = lines.iter().find(|line| line.clause.to_string() == "promises/attest").unwrap();
    assert_eq!((attest.open, attest.overdue), (1, 1));
    // A breach can be mended, and was one.
    story.admit("vendor", "trainer", done(owed(&story, "promises/attest", "vendor")));
    assert!(is_late(&story, "promises/attest", "vendor"));
}

#[test]
fn row_010_a_cured_duty_is_no_breach() {
    let mut story = promising(&[ATTEST]);
    story.tick("2027-02-01T08:00:00Z");
    let index = story.state().index();
    story.admit("birch", "data-holder", notice(owed(&story, "promises/attest", "vendor")));
    // Notice is served once, and acknowledged by whom it was served on, once.
    let again = notice(owed(&story, "promises/attest", "vendor"));
    story.refuse("alder", "data-holder", again, "duty-state", "");
    story.refuse("lab", "test-lab", acknowledge(index), "unknown-notice", "");
    story.admit("vendor", "trainer", acknowledge(index));
    story.refuse("vendor", "trainer", acknowledge(index), "unknown-notice", "");
    story.admit("vendor", "trainer", done(owed(&story, "promises/attest", "vendor")));
    story.tick("2027-12-01T08:00:00Z");
    assert_eq!(stands(&story, "promises/attest", "vendor"), "discharged");
    assert_eq!(story.state().notices().count(), 1);
}

#[test]
fn row_015_a_duty_is_owed_to_people_who_do_not_sign() {
    let inform = r#"
id = "inform"
duty = "publish what the model is used for"
owner = "trainer"
to = ["outside: the people concerned", "outside: the data protection authority"]
due = { after = "in-force", period = "P30D" }
discharged_by = "duty.discharge"
"#;
    let mut story = promising(&[inform]);
    let id = owed(&story, "promises/inform", "vendor");
    let view = story.state().duty_view(&id).unwrap();
    assert_eq!(view.to, ["the people concerned", "the data protection authority"]);
    assert_eq!(view.next, duty(&story, "promises/inform", "vendor").due, "then it is late");
    // Nobody who signs here can let go what is owed to them, or give more time.
    let clause = "promises/inform";
    let verdict = all_hospitals(&mut story, &waive(id.clone()));
    assert_eq!(verdict.refusal().unwrap().code(), "not-an-addressee");
    story.refuse("alder", "data-holder", extend(id.clone(), "P1D"), "not-an-addressee", clause);
    story.tick("2027-02-01T08:00:00Z");
    assert_eq!(stands(&story, clause, "vendor"), "late");
}

#[test]
fn row_023_every_party_is_told_of_an_amendment_and_its_receipt_is_recorded() {
    let receipt = r#"
id = "receipt"
duty = "confirm that the new text was received"
owner = "council-member"
to = ["operator"]
due = { after = "module.enter", period = "P10D" }
discharged_by = "duty.discharge"
"#;
    let mut story = promising(&[receipt]);
    // What begins the agreement is no amendment of it: it is heard too, once, by all.
    let before = was_owed(&story, "promises/receipt", "lab");
    let text = crate::common::texts()["release"].replace("cardiac-risk model", "model of risk");
    story.amend(&[format!("{text}\nThe parties have read this.\n")]);
    for party in ["alder", "birch", "cypress", "dogwood", "lab"] {
        assert_eq!(was_owed(&story, "promises/receipt", party), before + 1);
    }
    story.admit("alder", "data-holder", done(owed(&story, "promises/receipt", "alder")));
    let waiting = |story: &Story| story.state().open_duties().len();
    let open = waiting(&story);
    story.admit("lab", "test-lab", done(owed(&story, "promises/receipt", "lab")));
    assert_eq!(waiting(&story), open - 1);
    story.tick("2027-03-01T08:00:00Z");
    assert_eq!(stands(&story, "promises/receipt", "birch"), "late");
    assert_eq!(stands(&story, "promises/receipt", "lab"), "discharged");
}

#[test]
fn row_024_reviews_come_round_and_a_missed_one_escalates() {
    let mut story = promising(&[REVIEW, ASK_WHY, TELL_COUNCIL]);
    assert_eq!(due(&story, "promises/review", "lab"), "2027-04-01T00:00:00Z");
    // The first is made in time, the second is not.
    story.tick("2027-03-20T08:00:00Z");
    story.admit("lab", "test-lab", done(owed(&story, "promises/review", "lab")));
    story.tick("2027-06-30T23:59:59Z");
    assert_eq!(was_owed(&story, "promises/review", "lab"), 2);
    assert_eq!(was_owed(&story, "promises/ask-why", "vendor"), 0);
    story.tick("2027-07-01T00:00:00Z");
    assert_eq!(stands(&story, "promises/ask-why", "vendor"), "active");
    assert_eq!(due(&story, "promises/ask-why", "vendor"), "2027-07-11T00:00:00Z");
    // Nobody asks: the next step comes by itself, for each hospital.
    story.tick("2027-07-11T00:00:00Z");
    for hospital in HOSPITALS {
        assert_eq!(due(&story, "promises/tell-council", hospital), "2027-07-16T00:00:00Z");
    }
    // A year later it came round five times, whatever became of the others.
    story.tick("2028-04-01T00:00:00Z");
    assert_eq!(was_owed(&story, "promises/review", "lab"), 6);
}

#[test]
fn row_083_open_duties_are_the_action_tracker() {
    let mut story = promising(&[MACHINES, ATTEST, DELETE, SUSPEND]);
    let open = |story: &Story| -> Vec<String> {
        let lines = story.state().open_duties();
        lines.iter().map(|line| line.id.clause.clause.to_string()).collect()
    };
    assert_eq!(open(&story), ["attest", "bring-machines"]);
    story.decide("end", Act::ProjectEnd(OneProject { project: "risk".parse().unwrap() }));
    assert_eq!(open(&story), ["attest", "bring-machines", "delete-copies"]);
    story.admit("vendor", "operator", done(owed(&story, "promises/bring-machines", "vendor")));
    assert_eq!(open(&story), ["attest", "delete-copies"]);
    let (own, others) = story.state().duties_of(&"vendor".parse().unwrap());
    assert_eq!((own.len(), others.len()), (2, 0));
    let (own, others) = story.state().duties_of(&"alder".parse().unwrap());
    assert_eq!((own.len(), others.len()), (0, 2));
}

#[test]
fn row_084_a_report_without_its_figures_is_refused() {
    let report = r#"
id = "report"
duty = "report on the quarter"
owner = "operator"
to = ["data-holder"]
due = { after = "in-force", period = "P3M", every = "P3M" }
discharged_by = "duty.discharge"
reports = ["uptime", "requests"]
"#;
    let mut story = promising(&[report]);
    let duty = owed(&story, "promises/report", "vendor");
    let with = |figures: &[(&str, &str)]| {
        let figures = figures.iter().map(|(k, v)| (k.parse().unwrap(), v.parse().unwrap()));
        let (duty, evidence) = (duty.clone(), digest("report"));
        Act::DutyDischarge(DutyDischarge { duty, evidence, figures: figures.collect() })
    };
    let clause = "promises/report";
    story.refuse("vendor", "operator", with(&[]), "figures-missing", clause);
    story.refuse("vendor", "operator", with(&[("uptime", "0.9")]), "figures-missing", clause);
    story.admit("vendor", "operator", with(&[("uptime", "0.999"), ("requests", "12")]));
}

#[test]
fn the_example_of_late_deletion_runs_as_it_is_written() {
    let mut story = promising(&[DELETE, SUSPEND]);
    story.tick("2027-01-10T00:00:00Z");
    // Before anything is late nobody may suspend.
    let clause = "promises/suspend-on-late-deletion";
    story.refuse("alder", "data-holder", suspend(), "not-permitted", clause);
    story.decide("end", Act::ProjectEnd(OneProject { project: "risk".parse().unwrap() }));
    // Thirty days end on Tuesday, 9 February, in Brussels.
    assert_eq!(due(&story, "promises/delete-copies", "vendor"), "2027-02-09T23:00:00Z");
    breach(
        &mut story,
        "promises/delete-copies",
        "vendor",
        "alder",
        ["2027-02-10T00:00:00Z", "2027-02-16T00:00:00Z"],
    );
    story.admit("alder", "data-holder", suspend());
    story.tick("2027-02-17T00:00:00Z");
    let propose = story.proposal("late", |_| {});
    let verdict = story.act("vendor", "trainer", propose);
    assert!(!verdict.is_admitted());
}

#[test]
fn a_power_is_over_when_what_it_waited_for_is_mended() {
    let mut story = promising(&[DELETE, SUSPEND]);
    story.decide("end", Act::ProjectEnd(OneProject { project: "risk".parse().unwrap() }));
    story.tick("2027-03-10T00:00:00Z");
    story.admit("vendor", "trainer", done(owed(&story, "promises/delete-copies", "vendor")));
    let clause = "promises/suspend-on-late-deletion";
    story.refuse("alder", "data-holder", suspend(), "not-permitted", clause);
}

#[test]
fn nobody_but_its_owner_and_those_it_is_owed_to_touches_a_duty() {
    let mut story = promising(&[ATTEST, MACHINES]);
    let (id, clause) = (owed(&story, "promises/attest", "vendor"), "promises/attest");
    story.refuse("lab", "test-lab", done(id.clone()), "not-the-owner", "");
    story.refuse("lab", "test-lab", dispute(id.clone()), "not-the-owner", "");
    story.refuse("lab", "test-lab", toll(id.clone(), Ground::ForceMajeure), "not-the-owner", "");
    story.refuse("vendor", "trainer", resume(id.clone()), "duty-state", "");
    story.refuse("alder", "data-holder", extend(id.clone(), "P9D"), "not-an-addressee", clause);
    story.refuse("alder", "data-holder", waive(id.clone()), "not-an-addressee", clause);
    let mut nobody = id.clone();
    nobody.since += 1;
    story.refuse("vendor", "trainer", done(nobody.clone()), "unknown-duty", "");
    // A notice is about what is late, to whom owes it, by whom it is owed to.
    story.refuse("alder", "data-holder", notice(id.clone()), "duty-state", "");
    story.tick("2027-02-01T08:00:00Z");
    story.refuse("lab", "test-lab", notice(id.clone()), "not-an-addressee", clause);
    // All to whom it is owed let it go together.
    assert!(all_hospitals(&mut story, &waive(id.clone())).is_admitted());
    assert_eq!(stands(&story, clause, "vendor"), "waived");
    story.refuse("vendor", "trainer", done(id), "duty-state", "");
}

#[test]
fn a_duty_of_a_project_hears_the_acts_of_its_project() {
    let own = r#"
id = "tell"
duty = "tell the hospitals what the run gave"
owner = "trainer"
to = ["data-holder"]
due = { after = "run.propose", period = "P7D" }
discharged_by = "duty.discharge"
"#;
    let mut story = promising(&[ATTEST]);
    let text = module("risk-terms", "project = \"risk\"\n", &[own]);
    let enters = story.put(&text, &crate::common::EVERYBODY);
    let enter = concordat_partnership::act::ModuleEnter { modules: [enters].into() };
    story.admit("vendor", "signatory", Act::ModuleEnter(enter));
    story.admit("vendor", "trainer", story.proposal("first", |_| {}));
    assert_eq!(stands(&story, "risk-terms/tell", "vendor"), "active");
    let id = owed(&story, "risk-terms/tell", "vendor");
    story.admit("vendor", "trainer", done(id));
    assert_eq!(stands(&story, "risk-terms/tell", "vendor"), "discharged");
    let lines = story.state().responsibilities();
    assert!(lines.iter().any(|line| line.clause.to_string() == "risk-terms/tell"));
}

#[test]
fn who_comes_to_a_seat_owes_what_it_owes_and_who_leaves_still_owes_what_is_open() {
    let monthly = r#"
id = "count"
duty = "count the rows"
owner = "test-lab"
to = ["data-holder"]
due = { after = "in-force", period = "P1M", every = "P1M" }
discharged_by = "duty.discharge"
"#;
    let mut story = promising(&[monthly]);
    story.tick("2027-02-15T08:00:00Z");
    let parties = crate::common::texts()["parties"].clone();
    let lab = "id = \"test-lab\"\nseat = \"Test Lab\"\nfilled_by = [\"lab\"]";
    assert!(parties.contains(lab));
    story.amend(&[parties.replace(lab, &lab.replace("\"lab\"]", "\"vendor\"]"))]);
    // The newcomer's clock starts now; the lab owes what it owed, and nothing comes round for it.
    assert_eq!(due(&story, "promises/count", "vendor"), "2027-03-15T08:00:00Z");
    let open = was_owed(&story, "promises/count", "lab");
    story.tick("2027-07-01T08:00:00Z");
    assert_eq!(was_owed(&story, "promises/count", "lab"), open);
    assert_eq!(stands(&story, "promises/count", "lab"), "late");
    assert!(was_owed(&story, "promises/count", "vendor") > 3);
}

#[test]
fn what_its_clause_discharges_otherwise_is_not_discharged_by_hand() {
    let register = r#"
id = "bring-rows"
duty = "list a dataset version"
owner = "data-holder"
to = ["trainer"]
due = { after = "project.open", period = "P7D" }
discharged_by = "dataset.register"
"#;
    let mut story = promising_but(&[register], |_| {});
    let (id, clause) = (owed(&story, "promises/bring-rows", "alder"), "promises/bring-rows");
    story.refuse("alder", "data-holder", done(id), "discharged-otherwise", clause);
    story.admit("alder", "data-holder", story.dataset("alder", "second"));
    assert_eq!(stands(&story, clause, "alder"), "discharged");
    assert_eq!(stands(&story, clause, "birch"), "active");
    assert!(duty(&story, clause, "birch").notice.is_none());
}

/// What the parties sign beside it: the same story as a test case.
const SCENARIO: &str = r#"
```scenario
name = "late deletion"
after = "governance/both sides open a project"
steps = """
2027-01-20  council-member: motion.propose end-it to project.end risk -> admitted
            council-member: motion.vote end-it for              -> admitted
            council-member: motion.execute end-it               -> admitted
            duty delete-copies by trainer                       -> active
            data-holder: module.suspend data-use                -> refused not-permitted by suspend-on-late-deletion
pass P30D   duty delete-copies by trainer                       -> active
pass P2D    duty delete-copies by vendor                        -> late
            data-holder: notice.serve delete-copies             -> admitted
            trainer: notice.acknowledge                         -> admitted
pass P6D    duty delete-copies by trainer                       -> breached
            data-holder: module.suspend data-use                -> admitted by suspend-on-late-deletion
            trainer: run.propose                                -> refused clause-silent
            trainer: duty.discharge delete-copies               -> admitted
            duty delete-copies by trainer                       -> discharged
            duty delete-copies by lab                           -> not-owed
"""
```
"#;

#[test]
fn the_example_of_late_deletion_is_a_scenario_that_signatories_sign() {
    let mut texts = crate::common::texts();
    texts.insert("rights", crate::promises::rights());
    let promises = module("promises", "", &[DELETE, SUSPEND]);
    texts.insert("promises", format!("{promises}{SCENARIO}"));
    let read = |(name, text): (&str, String)| {
        concordat_agreement::read(&format!("{name}.md"), text.as_bytes()).unwrap()
    };
    let modules: Vec<_> = texts.into_iter().map(read).collect();
    // As it is printed, it is read again.
    let told = modules.iter().find(|module| module.id.as_str() == "promises").unwrap();
    assert!(told.scenarios[0].print().contains("+P2D  duty delete-copies by vendor -> late"));
    let (agreement, _) = concordat_agreement::assemble(modules).unwrap();
    assert_eq!(concordat_agreement::scenario_findings(&agreement), []);
    let proved = concordat_replay::prove(agreement).unwrap();
    let report = concordat_replay::scenarios(&proved);
    assert!(report.findings.is_empty(), "{}", report.findings[0]);
}
