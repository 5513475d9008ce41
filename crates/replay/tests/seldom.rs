//! Refusals that no other story meets, each provoked once.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod common;

use common::{EVERYBODY, Story, digest, genesis, one_run, seal, texts, vote};
use concordat_partnership::act::{
    CodeApproval, DatasetRegister, Genesis, Header, ModuleEnter, MotionPropose, NamedModule,
    OneModule, OneProject, ProjectCharter, Vote, WitnessPolicy,
};
use concordat_partnership::{Act, Refusal};
use concordat_replay::{Halt, Replica};
use concordat_wire::act::encode;

#[test]
fn a_statement_of_no_act_of_the_rules_is_refused() {
    let mut story = Story::ready();
    let header = story.header(&[("vendor", "trainer")]);
    let payload = encode(Some(&header), &Act::RunOpen(one_run("first"))).unwrap();
    let payload = String::from_utf8(payload).unwrap();
    let payload = payload.replace("act:run.open:", "act:run.invent:").into_bytes();
    let verdict = story.step(seal(&payload, &["vendor"]));
    assert_eq!(verdict.refusal().map(Refusal::code), Some("unknown-act"));
}

#[test]
fn a_signature_does_not_count_for_longer_than_a_month() {
    let mut story = Story::ready();
    let expires_at = story.now.plus("P40D".parse().unwrap());
    let header = Header { expires_at, ..story.header(&[("vendor", "trainer")]) };
    let payload = encode(Some(&header), &story.proposal("first", |_| {})).unwrap();
    let verdict = story.step(seal(&payload, &["vendor"]));
    assert_eq!(verdict.refusal().map(Refusal::code), Some("expires-too-late"));
}

#[test]
fn before_a_genesis_no_key_is_known() {
    let halted = Replica::new().step(&Story::ready().entries[1]);
    let Err(Halt::NotFounded { refusal }) = halted else { panic!("it is a log") };
    assert_eq!(refusal.code(), "unknown-key");
}

#[test]
fn a_text_is_proposed_once() {
    let mut story = Story::in_force();
    let module = digest(&texts()["data-use"]);
    let act = Act::ModulePropose(OneModule { module });
    story.refuse("vendor", "signatory", act, "already-proposed", "");
}

#[test]
fn only_a_module_that_governs_is_suspended() {
    let permit =
        "\n```clause\nid = \"stop\"\npermit = \"module.suspend\"\nby = \"council-member\"\n```\n";
    let mut texts = texts();
    texts.get_mut("governance").unwrap().push_str(permit);
    let mut story = Story::begun(texts.into_values());
    let act = Act::ModuleSuspend(NamedModule { module: "nothing".parse().unwrap() });
    story.refuse("alder", "council-member", act, "no-such-module", "");
}

#[test]
fn other_witnesses_than_the_logs_own_do_not_enter_with_a_text() {
    let policy = WitnessPolicy { quorum: 5, ..genesis().policy };
    let mut story = Story::founded_by(Genesis { policy, modules: [].into(), ..genesis() });
    let modules = story.put_as_one(texts().into_values(), &EVERYBODY);
    let enter = Act::ModuleEnter(ModuleEnter { modules });
    story.refuse("alder", "signatory", enter, "witnesses-differ", "protocol/four-of-five");
}

#[test]
fn a_text_whose_sums_could_wrap_does_not_enter() {
    let text = &texts()["protocol"];
    let small = "units_per_round = 1024";
    assert!(text.contains(small));
    let mut story = Story::in_force();
    let module = story.sign_amendment(&text.replace(small, "units_per_round = 1000000"));
    let enter = Act::ModuleEnter(ModuleEnter { modules: [module].into() });
    let clause = "protocol/masked-sums";
    story.refuse("vendor", "signatory", enter, "parameters-impossible", clause);
}

#[test]
fn what_a_condition_asks_about_and_is_not_there_refuses() {
    let mut texts = texts();
    let data_use = texts.get_mut("data-use").unwrap();
    let list = "permit = \"dataset.register\"\n";
    assert!(data_use.contains(list));
    *data_use = data_use.replace(list, &format!("{list}when = \"place.class >= 2\"\n"));
    let mut story = Story::begun(texts.into_values());
    // The rows lie at a place that nobody has declared, and the permit asks about it.
    let Act::DatasetRegister(listed) = story.dataset("alder", "second") else { panic!("rows") };
    let elsewhere = DatasetRegister { place: "nowhere".parse().unwrap(), ..listed };
    let act = Act::DatasetRegister(elsewhere);
    story.refuse("alder", "data-holder", act, "condition-fails", "data-use/list-dataset");
}

#[test]
fn a_plan_keeps_within_its_charter() {
    let mut story = Story::begun_but_for_the_project(texts().into_values());
    let Act::ProjectCharter(charter) = Story::charter() else { panic!("a charter") };
    let assets = ["heart-rows".parse().unwrap()].into();
    story.admit("vendor", "trainer", Act::ProjectCharter(ProjectCharter { assets, ..charter }));
    let project = "risk".parse().unwrap();
    story.decide("open-risk", Act::ProjectOpen(OneProject { project }));
    let act = story.proposal("first", |_| {});
    story.refuse("vendor", "trainer", act, "outside-charter", "");
}

#[test]
fn nobody_joins_a_run_whose_code_it_has_not_approved() {
    let mut story = Story::ready();
    story.run("first");
    let code = CodeApproval::of(digest("code"), "heart-rows".parse().unwrap());
    story.admit("alder", "data-holder", Act::CodeRevoke(code));
    let join = story.join("first", common::cost());
    story.refuse("alder", "data-holder", join, "code-not-approved", "");
}

#[test]
fn nobody_is_on_the_roster_of_a_result_that_has_not_joined() {
    let mut story = Story::ready();
    story.run("first");
    for hospital in ["alder", "birch", "dogwood"] {
        story.admit(hospital, "data-holder", story.join("first", common::cost()));
    }
    let seats = ["alder", "birch", "dogwood"].map(|h| (h, "data-holder"));
    let entry = story.sign(&seats, &common::result("model"));
    let verdict = story.step(entry);
    assert_eq!(verdict.refusal().map(Refusal::code), Some("not-a-participant"));
}

#[test]
fn a_motion_is_put_to_a_body_that_is_there_and_a_vote_cast_on_a_motion_that_is() {
    let mut story = Story::ready();
    let motion = MotionPropose::of(
        "end-it".parse().unwrap(),
        "senate".parse().unwrap(),
        Act::ProjectEnd(OneProject { project: "risk".parse().unwrap() }),
    );
    let act = Act::MotionPropose(motion);
    story.refuse("alder", "council-member", act, "unknown-body", "");
    let act = vote("nothing", Vote::For);
    story.refuse("alder", "council-member", act, "unknown-motion", "");
}
