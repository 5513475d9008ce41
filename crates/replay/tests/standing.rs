//! Modules that are suspended, resumed and ended; clauses that a ruling finds invalid.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod common;

use common::{EVERYBODY, Story, cost, digest, result, texts};
use concordat_partnership::act::{Determination, ModuleEnter, NamedModule};
use concordat_partnership::{Act, Happened, Moment, Standing};
use concordat_terms::ModuleId;

/// The heart agreement, in which a hospital may stop the rules on data alone, and the council
/// whatever it decides; the lab brings rulings; training has a replacement and a dependant.
fn agreed() -> Vec<String> {
    let mut texts = texts();
    texts.get_mut("governance").unwrap().push_str(
        "\n## Stopping\n\nA Data Holder may stop the rules on data at once. The Council stops, resumes and\n\
         ends modules. The Lab brings in what a tribunal has found.\n\n\
         ```clause\nid = \"stop\"\npower = \"module.suspend\"\nholder = \"data-holder\"\n\
         over = \"data-use\"\n```\n\n\
         ```clause\nid = \"council-stops\"\npermit = \"module.suspend\"\nby = \"council-member\"\n```\n\n\
         ```clause\nid = \"resume\"\npermit = \"module.resume\"\nby = \"council-member\"\n```\n\n\
         ```clause\nid = \"by-council\"\ngate = \"module.resume\"\nmotion = \"council\"\n```\n\n\
         ```clause\nid = \"end\"\npermit = \"module.terminate\"\nby = \"council-member\"\n```\n\n\
         ```clause\nid = \"rulings\"\npermit = \"determination.enter\"\nby = \"test-lab\"\n```\n",
    );
    let data_use = texts.get_mut("data-use").unwrap();
    *data_use = data_use.replace(
        "id = \"train-on-heart-rows\"\n",
        "id = \"train-on-heart-rows\"\nif_invalid = \"replace\"\nreplaced_by = \"train-less\"\n\
         dependants = [\"withdraw-dataset\"]\n",
    );
    data_use.push_str(
        "\n## Instead\n\nIf that cannot stand, ten rounds may be trained.\n\n\
         ```clause\nid = \"train-less\"\npermit = \"run.propose\"\nkinds = [\"train\"]\nby = \"trainer\"\n\
         on = [\"heart-rows\", \"risk-model\"]\npurposes = [\"cardiac-risk\"]\n\
         when = \"run.rounds <= 10\"\n```\n",
    );
    *data_use = data_use
        .replace("permit = \"dataset.withdraw\"", "permit = \"dataset.withdraw\"\nsurvives = true");
    texts.into_values().collect()
}

fn data_use() -> ModuleId {
    "data-use".parse().unwrap()
}

fn named(module: &str) -> NamedModule {
    NamedModule { module: module.parse().unwrap() }
}

#[test]
fn a_suspended_module_permits_nothing_and_still_forbids() {
    let mut story = Story::begun(agreed());
    let trains = "data-use/train-on-heart-rows";
    let stop = || Act::ModuleSuspend(named("data-use"));
    story.refuse("vendor", "trainer", stop(), "not-permitted", "governance/council-stops");
    story.refuse(
        "alder",
        "data-holder",
        Act::ModuleSuspend(named("release")),
        "not-permitted",
        "governance/council-stops",
    );
    story.admit("alder", "data-holder", Act::ModuleSuspend(named("data-use")));
    let proposal = story.proposal("first", |_| {});
    story.refuse("vendor", "trainer", proposal, "clause-silent", trains);
    let insurance =
        story.proposal("priced", |plan| plan.purpose = "insurance-pricing".parse().unwrap());
    story.refuse("vendor", "trainer", insurance, "forbidden", "data-use/no-insurance-runs");
    story.refuse("birch", "data-holder", Act::ModuleSuspend(named("data-use")), "module-state", "");

    // Who stopped it cannot go on alone; the council can.
    let resume = || Act::ModuleResume(named("data-use"));
    story.refuse("alder", "council-member", resume(), "needs-motion", "governance/by-council");
    story.decide("go-on", Act::ModuleResume(NamedModule { module: data_use() }));
    let proposal = story.proposal("second", |_| {});
    story.admit("vendor", "trainer", proposal);
}

#[test]
fn a_module_that_holds_the_way_back_can_be_suspended_and_resumed() {
    let mut story = Story::begun(agreed());
    story.admit("alder", "council-member", Act::ModuleSuspend(named("governance")));
    // A suspended module suspends nothing else, but motions go on, and so does resuming by one.
    story.refuse(
        "alder",
        "council-member",
        Act::ModuleSuspend(named("release")),
        "clause-silent",
        "governance/council-stops",
    );
    story.decide("go-on", Act::ModuleResume(NamedModule { module: "governance".parse().unwrap() }));
    assert_eq!(story.state().standing(&"governance".parse().unwrap()), Some(Standing::InForce));
}

#[test]
fn a_run_under_a_suspended_module_waits_and_one_under_an_ended_module_is_over() {
    let mut story = Story::begun(agreed());
    story.run("first");
    let first = "first".parse().unwrap();
    for hospital in ["alder", "birch", "cypress", "dogwood"] {
        story.admit(hospital, "data-holder", story.join("first", cost()));
    }
    let stopped = |story: &Story| {
        let (party, seat) = ("alder".parse().unwrap(), "data-holder".parse().unwrap());
        story.state().stopped(&first, &party, &seat)
    };
    assert_eq!(stopped(&story), None);
    story.admit("alder", "council-member", Act::ModuleSuspend(named("protocol")));
    assert_eq!(stopped(&story).unwrap().code(), "clause-silent");
    assert_eq!(story.state().dead_end(&first), None);
    story.decide("go-on", Act::ModuleResume(NamedModule { module: "protocol".parse().unwrap() }));
    assert_eq!(stopped(&story), None);

    story.admit("birch", "council-member", Act::ModuleTerminate(named("release")));
    let seats = ["alder", "birch", "cypress"].map(|h| (h, "data-holder"));
    let close = story.sign(&seats, &result("model"));
    assert_eq!(story.step(close).refusal().unwrap().code(), "agreement-changed");
    assert!(story.state().dead_end(&first).is_some());
}

#[test]
fn what_has_ended_permits_only_what_survives_and_does_not_come_back() {
    let mut story = Story::begun(agreed());
    story.admit("alder", "council-member", Act::ModuleTerminate(named("data-use")));
    let proposal = story.proposal("first", |_| {});
    story.refuse("vendor", "trainer", proposal, "clause-silent", "data-use/train-on-heart-rows");
    let withdraw = Act::DatasetWithdraw(concordat_partnership::act::DatasetWithdraw {
        asset: "heart-rows".parse().unwrap(),
        version: digest("alder first"),
    });
    story.admit("alder", "data-holder", withdraw);
    story.refuse(
        "alder",
        "council-member",
        Act::ModuleResume(named("data-use")),
        "needs-motion",
        "governance/by-council",
    );
    story.refuse(
        "alder",
        "council-member",
        Act::ModuleTerminate(named("data-use")),
        "module-state",
        "",
    );
    let text = agreed().into_iter().find(|t| t.contains("id = \"data-use\"\nversion")).unwrap();
    let newer = text.replace("version = \"1.0.0\"", "version = \"2.0.0\"");
    let module = story.put(&newer, &EVERYBODY);
    let enter = Act::ModuleEnter(ModuleEnter { modules: [module].into() });
    let code = story.act("alder", "signatory", enter).refusal().unwrap().code();
    assert!(["module-state", "modules-inconsistent"].contains(&code), "{code}");
}

#[test]
fn a_clause_found_invalid_falls_with_its_dependants_and_its_replacement_speaks() {
    let mut story = Story::begun(agreed());
    // Until then the replacement says nothing: it is not why this is permitted.
    let short = |story: &Story, name: &str| story.proposal(name, |plan| plan.rounds = 10);
    let verdict = story.act("vendor", "trainer", short(&story, "first"));
    let concordat_partnership::Verdict::Admitted { clause, .. } = verdict else { panic!() };
    assert_eq!(clause.unwrap().to_string(), "data-use/train-on-heart-rows");

    let ruling = |clause: &str| {
        let invalid = [clause.parse().unwrap()].into();
        Act::DeterminationEnter(Determination { invalid, ..Determination::of(digest("ruling")) })
    };
    let trains = "data-use/train-on-heart-rows";
    story.refuse("vendor", "trainer", ruling(trains), "not-permitted", "governance/rulings");
    story.refuse("lab", "test-lab", ruling("data-use/train"), "unknown-clause", "");
    story.admit("lab", "test-lab", ruling(trains));

    story.refuse("vendor", "trainer", story.proposal("second", |_| {}), "clause-silent", trains);
    story.admit("vendor", "trainer", short(&story, "third"));
    let withdraw = Act::DatasetWithdraw(concordat_partnership::act::DatasetWithdraw {
        asset: "heart-rows".parse().unwrap(),
        version: digest("alder first"),
    });
    story.refuse("alder", "data-holder", withdraw, "clause-silent", "data-use/withdraw-dataset");
    let told: Vec<&Happened> = story.state().history().iter().map(|event| &event.what).collect();
    assert_eq!(told.len(), texts().len() + 1);
    assert_eq!(*told[told.len() - 1], Happened::Invalid { clause: trains.parse().unwrap() });
}

#[test]
fn every_version_can_be_asked_for_by_index_and_by_day() {
    let mut story = Story::begun(agreed());
    let begun = story.state().in_force()[&data_use()].clone();
    story.admit("alder", "data-holder", Act::ModuleSuspend(named("data-use")));
    let text = agreed().into_iter().find(|t| t.contains("id = \"data-use\"\nversion")).unwrap();
    let module = story.put(&text.replace("version = \"1.0.0\"", "version = \"1.1.0\""), &EVERYBODY);
    let enter = Act::ModuleEnter(ModuleEnter { modules: [module].into() });
    story.admit("alder", "signatory", enter);
    let amended = story.state().in_force()[&data_use()].clone();
    story.decide("go-on", Act::ModuleResume(NamedModule { module: data_use() }));

    let stood = |moment| story.state().stood(moment).get(&data_use()).cloned();
    assert_eq!(stood(Moment::Index(0)), None);
    let first = stood(Moment::Index(begun.index)).unwrap();
    assert_eq!((first.version.as_str(), first.standing), ("1.0.0", Standing::InForce));
    let before = stood(Moment::Index(amended.index - 1)).unwrap();
    assert_eq!((before.digest, before.standing), (begun.digest, Standing::Suspended));
    // An amendment does not lift a suspension.
    let after = stood(Moment::Index(amended.index)).unwrap();
    assert_eq!((after.digest, after.standing), (module, Standing::Suspended));
    let now = stood(Moment::Time(story.now)).unwrap();
    assert_eq!((now.index, now.standing), (amended.index, Standing::InForce));
}

/// A module of words that needs another.
fn words(id: &str, needs: &str) -> String {
    format!(
        "# Words\n\n```module\nid = \"{id}\"\nversion = \"1.0.0\"\nneeds = {{ {needs} }}\n\
         signers = [\"all\"]\n```\n\nThe parties meet in May.\n"
    )
}

#[test]
fn what_has_ended_neither_holds_others_to_a_version_nor_meets_a_need() {
    let annex = words("annex", "release = \"=1.0.0\"");
    let beside = words("beside", "annex = \"=1.0.0\"");
    let mut story = Story::begun(agreed().into_iter().chain([annex, beside]));
    let release = &texts()["release"].replace("version = \"1.0.0\"", "version = \"1.1.0\"");
    let release = story.put(release, &EVERYBODY);
    let enter = |module| Act::ModuleEnter(ModuleEnter { modules: [module].into() });
    let verdict = story.act("vendor", "signatory", enter(release));
    let told = verdict.refusal().unwrap().to_string();
    assert!(told.contains("`release` is 1.1.0, outside `=1.0.0`"), "{told}");

    story.admit("alder", "council-member", Act::ModuleTerminate(named("annex")));
    let later = story.put(&words("later", "annex = \"^1.0\""), &EVERYBODY);
    let verdict = story.act("vendor", "signatory", enter(later));
    let told = verdict.refusal().unwrap().to_string();
    assert!(told.contains("`annex` has ended: no version of it fits"), "{told}");
    // What needed it before stays, and is not in the way of an amendment, signed under what is left.
    EVERYBODY.iter().for_each(|party| story.sign_module(party, release));
    story.admit("vendor", "signatory", enter(release));
    assert_eq!(story.state().in_force()[&"release".parse().unwrap()].version, "1.1.0");
}
