//! Projects with modules of their own: what they narrow, and that they widen nothing.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod common;

use common::{EVERYBODY, HOSPITALS, Story, cost, digest, one_run, result, signature, texts};
use concordat_agreement::Level;
use concordat_partnership::act::{Attached, EvidenceSubmit, ModuleEnter, OneProject, Release};
use concordat_partnership::{Act, Moment, Verdict};
use concordat_terms::{Digest, ModuleId, ProjectId};

/// A module of the project `risk` with these clauses, signed by all.
fn module(version: &str, clauses: &str) -> String {
    of("risk", "risk-rules", version, clauses)
}

fn of(project: &str, id: &str, version: &str, clauses: &str) -> String {
    format!(
        "# Rules of the project\n\n```module\nid = \"{id}\"\nversion = \"{version}\"\n\
         project = \"{project}\"\nneeds = {{ data-use = \"^1.0\" }}\nsigners = [\"trainer\"]\n```\n\n{clauses}"
    )
}

fn clause(text: &str) -> String {
    format!("```clause\n{text}\n```\n\n")
}

const SHORT: &str =
    "id = \"short-runs\"\npermit = \"run.propose\"\nby = \"trainer\"\nwhen = \"run.rounds <= 50\"";

fn enter(module: Digest) -> Act {
    Act::ModuleEnter(ModuleEnter { modules: [module].into() })
}

/// Everything ready, and a module with these clauses in force in the project.
fn narrowed(clauses: &[&str]) -> Story {
    let mut story = Story::begun(texts().into_values());
    let all: String = clauses.iter().map(|text| clause(text)).collect();
    let module = story.put(&module("1.0.0", &all), &EVERYBODY);
    story.admit("vendor", "signatory", enter(module));
    story
}

fn risk() -> ProjectId {
    "risk".parse().unwrap()
}

#[test]
fn a_project_that_trains_less_refuses_what_its_frame_would_allow() {
    let mut story = narrowed(&[SHORT]);
    let long = story.proposal("long", |plan| plan.rounds = 51);
    story.refuse("vendor", "trainer", long, "not-permitted", "risk-rules/short-runs");
    // What the frame refuses stays the frame's to refuse.
    let longer = story.proposal("longer", |plan| plan.rounds = 101);
    story.refuse("vendor", "trainer", longer, "not-permitted", "data-use/train-on-heart-rows");
    let short = story.proposal("short", |plan| plan.rounds = 50);
    story.admit("vendor", "trainer", short);
    // What the project does not name is as the frame has it.
    story.admit("alder", "data-holder", Act::RunApprove(one_run("short")));
}

#[test]
fn another_project_under_the_same_frame_is_as_it_was() {
    let mut story = narrowed(&[SHORT]);
    let Act::ProjectCharter(mut charter) = Story::charter() else { panic!() };
    charter.project = "other".parse().unwrap();
    story.admit("vendor", "trainer", Act::ProjectCharter(charter));
    story.decide("open-other", Act::ProjectOpen(OneProject { project: "other".parse().unwrap() }));
    let long = |story: &Story, project: &str| {
        story.proposal(&format!("long-{project}"), |plan| {
            plan.project = project.parse().unwrap();
        })
    };
    let act = long(&story, "risk");
    story.refuse("vendor", "trainer", act, "not-permitted", "risk-rules/short-runs");
    let act = long(&story, "other");
    story.admit("vendor", "trainer", act);
}

#[test]
fn a_project_can_ask_for_one_more_approval() {
    let four = "id = \"all-approve\"\ngate = \"run.open\"\n\
                approvals = [{ seat = \"data-holder\", at_least = 4 }]";
    let mut story = narrowed(&[four]);
    let proposal = story.proposal("first", |_| {});
    story.admit("vendor", "trainer", proposal);
    for hospital in ["alder", "birch", "cypress"] {
        story.admit(hospital, "data-holder", Act::RunApprove(one_run("first")));
    }
    let open = || Act::RunOpen(one_run("first"));
    story.refuse("vendor", "trainer", open(), "needs-approvals", "risk-rules/all-approve");
    story.admit("dogwood", "data-holder", Act::RunApprove(one_run("first")));
    story.admit("vendor", "trainer", open());
}

#[test]
fn a_project_can_leave_a_hospital_out() {
    let out = "id = \"without-dogwood\"\nforbid = \"run.join\"\nwhen = 'party.id == \"dogwood\"'";
    let mut story = narrowed(&[out]);
    story.run("first");
    let join = story.join("first", cost());
    story.refuse("dogwood", "data-holder", join, "forbidden", "risk-rules/without-dogwood");
    let join = story.join("first", cost());
    story.admit("alder", "data-holder", join);
}

#[test]
fn a_project_cannot_permit_what_its_frame_does_not() {
    let wide = [
        "id = \"insurance\"\npermit = \"run.propose\"\nby = [\"trainer\", \"data-holder\"]",
        "id = \"promote\"\npermit = \"release.promote\"\nby = \"trainer\"",
    ];
    let mut story = narrowed(&wide);
    let premiums =
        story.proposal("premiums", |plan| plan.purpose = "insurance-pricing".parse().unwrap());
    let frame = "data-use/no-insurance-runs";
    story.refuse("vendor", "trainer", premiums, "forbidden", frame);
    let long = story.proposal("long", |plan| plan.rounds = 101);
    let frame = "data-use/train-on-heart-rows";
    story.refuse("vendor", "trainer", long, "not-permitted", frame);
    let own = story.proposal("own", |_| {});
    story.refuse("alder", "data-holder", own, "not-permitted", frame);
    // And the rest is admitted, by the frame's clause.
    let act = story.proposal("first", |_| {});
    let verdict = story.act("vendor", "trainer", act);
    let Verdict::Admitted { clause: Some(cited), .. } = verdict else { panic!("{verdict:?}") };
    assert_eq!(cited.to_string(), frame);
}

#[test]
fn evidence_and_release_of_a_model_pass_the_project_of_its_run() {
    let never = "id = \"no-release\"\nforbid = \"release.propose\"";
    let tested = "id = \"trainer-tests-nothing\"\nforbid = \"evidence.submit\"\nby = \"trainer\"";
    let mut story = Story::begun(texts().into_values());
    story.run("first");
    for hospital in HOSPITALS {
        let join = story.join("first", cost());
        story.admit(hospital, "data-holder", join);
    }
    let seats = ["alder", "birch", "dogwood"].map(|h| (h, "data-holder"));
    let entry = story.sign(&seats, &result("model"));
    assert!(story.step(entry).is_admitted());
    let module = story.put(&module("1.0.0", &(clause(never) + &clause(tested))), &EVERYBODY);
    story.admit("vendor", "signatory", enter(module));
    let release = Act::ReleasePropose(Release { model: digest("model") });
    story.refuse("vendor", "trainer", release, "forbidden", "risk-rules/no-release");
    let evidence = EvidenceSubmit {
        subject: digest("model"),
        method: "pooled-holdout-accuracy".parse().unwrap(),
        results: [("accuracy".parse().unwrap(), "0.8".parse().unwrap())].into(),
        cases: 10.try_into().unwrap(),
        report: digest("report"),
        record: None,
    };
    story.admit("lab", "test-lab", Act::EvidenceSubmit(evidence.clone()));
    let act = Act::EvidenceSubmit(evidence);
    story.refuse("vendor", "trainer", act, "forbidden", "risk-rules/trainer-tests-nothing");
}

#[test]
fn everybody_signs_the_words_of_a_project_and_no_hospital_is_left_out_unasked() {
    let mut story = Story::begun(texts().into_values());
    let out = "id = \"without-dogwood\"\nforbid = \"run.join\"\non = \"heart-rows\"\n\
               when = 'party.id == \"dogwood\"'";
    let module =
        story.put(&module("1.0.0", &clause(out)), &["vendor", "alder", "birch", "cypress", "lab"]);
    let refusal = story.act("vendor", "signatory", enter(module)).refusal().cloned().unwrap();
    assert_eq!(refusal.code(), "unsigned-by-affected");
    let told = refusal.to_string();
    assert!(told.contains("`dogwood`") && told.contains("the words of"), "{told}");
    story.sign_module("dogwood", module);
    story.admit("vendor", "signatory", enter(module));
    assert!(story.state().in_force().len() == 5, "the frame is as it was");
    let own = &story.state().project_agreements()[&risk()];
    assert_eq!(own.in_force.keys().map(ModuleId::as_str).collect::<Vec<_>>(), ["risk-rules"]);
}

#[test]
fn its_rules_are_amended_by_whom_the_amendment_concerns() {
    let mut story = narrowed(&[SHORT]);
    let longer = SHORT.replace("50", "80");
    let text = module("1.1.0", &clause(&longer));
    let second = story.put(&text, &["vendor"]);
    let refusal = story.act("vendor", "signatory", enter(second)).refusal().cloned().unwrap();
    assert_eq!(refusal.code(), "unsigned-by-affected", "the holders of the rows are at risk");
    for hospital in HOSPITALS {
        story.sign_module(hospital, second);
    }
    story.admit("vendor", "signatory", enter(second));
    let act = story.proposal("eighty", |plan| plan.rounds = 80);
    story.admit("vendor", "trainer", act);
    // An older text does not come back.
    let first = story.put(&module("1.0.1", &clause(SHORT)), &EVERYBODY);
    story.refuse("vendor", "signatory", enter(first), "older-version", "");
    let stood = story.state().stood(Moment::Index(story.state().index() - 1));
    assert_eq!(stood[&"risk-rules".parse().unwrap()].version, "1.1.0");
}

/// The weaker text is signed at the level of the project's own module that it replaces; a module of
/// the frame does not decide that.
#[test]
fn a_projects_module_that_asks_for_less_is_signed_at_the_level_of_the_one_before() {
    let leveled = |version: &str, level: &str| {
        let level = format!("level = \"{level}\"\nsigners = [");
        module(version, &clause(SHORT)).replace("signers = [", &level)
    };
    let mut story = Story::begun(texts().into_values());
    let attached = |level| {
        let (signed, report) = (digest("signed.pdf"), digest("report.xml"));
        Some(Attached { level, signed, report })
    };
    let sign = |story: &mut Story, module: Digest, level| {
        for party in EVERYBODY {
            let act = signature(module, &[module].into());
            let entry = story.sign_attached(&[(party, "signatory")], &act, attached(level));
            assert!(story.step(entry).is_admitted());
        }
    };
    let first = story.put(&leveled("1.0.0", "qualified"), &[]);
    sign(&mut story, first, Level::Qualified);
    story.admit("vendor", "signatory", enter(first));

    let second = story.put(&leveled("1.1.0", "simple"), &EVERYBODY);
    story.refuse("vendor", "signatory", enter(second), "signature-too-weak", "");
    sign(&mut story, second, Level::Advanced);
    story.refuse("vendor", "signatory", enter(second), "signature-too-weak", "");
    sign(&mut story, second, Level::Qualified);
    story.admit("vendor", "signatory", enter(second));
    // From then on less is enough.
    let third = story.put(&leveled("1.2.0", "simple"), &EVERYBODY);
    story.admit("vendor", "signatory", enter(third));
}

#[test]
fn a_run_is_bound_to_frame_and_project() {
    let mut story = Story::begun(texts().into_values());
    let frame = story.state().agreement_digest();
    assert_eq!(story.state().agreement_digest_of(&risk()), frame);
    story.run("first");
    let module = story.put(&module("1.0.0", &clause(SHORT)), &EVERYBODY);
    story.admit("vendor", "signatory", enter(module));
    assert_eq!(story.state().agreement_digest(), frame);
    assert_ne!(story.state().agreement_digest_of(&risk()), frame);
    assert_eq!(story.state().agreement_digest_of(&"other".parse().unwrap()), frame);
    let join = story.join("first", cost());
    story.refuse("alder", "data-holder", join, "agreement-changed", "");
    assert!(story.state().dead_end(&"first".parse().unwrap()).is_some());
}

#[test]
fn an_amendment_of_the_frame_leaves_the_project_narrow() {
    let mut story = narrowed(&[SHORT]);
    let before = story.state().agreement_digest_of(&risk());
    let longer = texts()["data-use"].replace("run.rounds <= 100", "run.rounds <= 200");
    story.amend(&[longer.replace("one hundred rounds", "two hundred rounds")]);
    assert_ne!(story.state().agreement_digest_of(&risk()), before);
    let act = story.proposal("long", |plan| plan.rounds = 150);
    story.refuse("vendor", "trainer", act, "not-permitted", "risk-rules/short-runs");
}

#[test]
fn a_project_that_is_not_there_or_has_ended_takes_no_modules() {
    let mut story = Story::begun(texts().into_values());
    let elsewhere = story.put(&of("nowhere", "rules", "1.0.0", &clause(SHORT)), &EVERYBODY);
    story.refuse("vendor", "signatory", enter(elsewhere), "unknown-project", "");
    let module = story.put(&module("1.0.0", &clause(SHORT)), &EVERYBODY);
    story.admit("vendor", "signatory", enter(module));
    story.decide("end-risk", Act::ProjectEnd(OneProject { project: risk() }));
    let later = story.put(&self::module("1.1.0", &clause(SHORT)), &EVERYBODY);
    story.refuse("vendor", "signatory", enter(later), "project-state", "");
    let end = Act::ProjectEnd(OneProject { project: risk() });
    assert!(!story.act("vendor", "trainer", end).is_admitted());
}

#[test]
fn modules_of_the_frame_and_of_projects_enter_apart_and_under_different_names() {
    let mut story = Story::begun(texts().into_values());
    let own = story.put(&module("1.0.0", &clause(SHORT)), &EVERYBODY);
    let amended = texts()["release"].replace("version = \"1.0.0\"", "version = \"1.1.0\"");
    let frame = story.put(&amended, &EVERYBODY);
    let both = Act::ModuleEnter(ModuleEnter { modules: [own, frame].into() });
    story.refuse("vendor", "signatory", both, "modules-inconsistent", "");
    let taken = story.put(&of("risk", "release", "2.0.0", &clause(SHORT)), &EVERYBODY);
    story.refuse("vendor", "signatory", enter(taken), "name-taken", "");
    story.admit("vendor", "signatory", enter(own));
    // Nor does the frame take the name of a project's module.
    let text = of("x", "risk-rules", "2.0.0", "").replace("project = \"x\"\n", "");
    let later = story.put(&text, &EVERYBODY);
    story.refuse("vendor", "signatory", enter(later), "name-taken", "");
}

#[test]
fn what_is_no_projects_does_not_enter() {
    let mut story = Story::begun(texts().into_values());
    for text in [
        "id = \"clerk\"\nseat = \"Clerk\"\nfilled_by = [\"vendor\"]",
        "id = \"no-rows\"\nforbid = \"dataset.register\"",
        "id = \"short\"\nforbid = \"run.propose\"\nif_invalid = \"replace\"\n\
         replaced_by = \"data-use/no-insurance-runs\"",
    ] {
        let module = story.put(&module("1.0.0", &clause(text)), &EVERYBODY);
        story.refuse("vendor", "signatory", enter(module), "modules-inconsistent", "");
    }
}
