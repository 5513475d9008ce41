//! How texts come into force, and what an amendment changes for what is under way.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::collections::BTreeSet;

use common::{EVERYBODY, HOSPITALS, Story, cost, digest, one_run, result, texts};
use concordat_partnership::Act;
use concordat_partnership::act::{AbortReason, DatasetWithdraw, ModuleEnter, OneModule, RunAbort};

#[test]
fn nothing_is_permitted_before_the_agreement_is_in_force() {
    let mut story = Story::founded();
    let proposal = story.proposal("first", |_| {});
    story.refuse("vendor", "trainer", proposal, "not-your-seat", "");
}

#[test]
fn a_protocol_step_before_the_data_contract_names_the_missing_module() {
    let mut story = Story::with_modules(&["parties", "governance"]);
    let data_use = digest(&texts()["data-use"]);
    let module = || OneModule { module: data_use };
    story.admit("vendor", "signatory", Act::ModulePropose(module()));
    story.sign_module("alder", data_use);

    let proposal = story.proposal("early", |_| {});
    let verdict = story.act("vendor", "trainer", proposal);
    let refusal = verdict.refusal().unwrap();
    assert_eq!(refusal.code(), "module-not-in-force");
    assert_eq!(refusal.clause().unwrap().to_string(), "data-use/train-on-heart-rows");
    let problem = refusal.problem();
    assert!(problem.what.contains("module `data-use`"), "{problem}");
    assert!(problem.hint.contains("`birch`") && !problem.hint.contains("`alder`"), "{problem}");
}

#[test]
fn noise_beyond_what_64_bits_hold_is_refused_and_the_log_goes_on() {
    let mut story = Story::in_force();
    // Times the sensitivity, 512 · 2^30 and some more, it is above 2^64: a number that no ring, and
    // no machine word, holds.
    let text = texts()["protocol"]
        .replace("ring_bits = 32", "ring_bits = 64")
        .replace("scale_bits = 18", "scale_bits = 30")
        .replace("clip_most = \"1\"", "clip_most = \"512\"")
        .replace("noise_most = \"16\"", "noise_most = \"35000000\"");
    let module = story.sign_amendment(&text);
    let enter = Act::ModuleEnter(ModuleEnter { modules: [module].into() });
    let verdict = story.act("vendor", "signatory", enter);
    let refusal = verdict.refusal().unwrap();
    assert_eq!(refusal.code(), "parameters-impossible");
    let problem = refusal.problem();
    assert!(problem.what.contains("wraps in 64 bits"), "{problem}");
    story.tick("2027-03-01T08:00:00Z");
}

#[test]
fn a_version_that_was_superseded_is_not_what_an_act_waits_for() {
    let mut story = Story::ready();
    // The first text let a holder withdraw its rows; the second, in force, does not.
    let text = &texts()["data-use"];
    let clause = text.find("```clause\nid = \"withdraw-dataset\"").unwrap();
    let (before, rest) = text.split_at(clause);
    let (_, after) = rest.split_once("\n```\n").unwrap();
    story.amend(&[format!("{before}{after}")]);
    assert!(story.state().proposals().contains_key(&digest(text)));
    assert!(story.state().waiting().next().is_none(), "nothing could enter into force");

    let version = digest("alder first");
    let withdraw = DatasetWithdraw { asset: "heart-rows".parse().unwrap(), version };
    let verdict = story.act("alder", "data-holder", Act::DatasetWithdraw(withdraw));
    assert_eq!(verdict.refusal().unwrap().code(), "nothing-permits");
}

#[test]
fn the_sequencer_brings_no_module_into_force() {
    let mut story = Story::in_force();
    let modules = [digest(&texts()["release"])].into();
    let enter = Act::ModuleEnter(ModuleEnter { modules });
    story.refuse("sequencer", "sequencer", enter, "not-your-seat", "");
}

#[test]
fn where_persons_may_be_replaced_sampling_does_not_lower_the_cost() {
    let mut story = Story::founded_on([].into());
    let replaced = texts().into_iter().map(|(name, text)| {
        if name == "protocol" {
            text.replace("\"add-remove\"", "\"replace\"")
                .replace("ring_bits = 32", "ring_bits = 64")
        } else {
            text
        }
    });
    let modules = story.put_as_one(replaced, &EVERYBODY);
    let enter = ModuleEnter { modules };
    story.admit("alder", "signatory", Act::ModuleEnter(enter));
    for hospital in HOSPITALS {
        story.register(hospital, "first", 2);
    }
    story.open_project();
    story.run("first");
    let sampled = story.join("first", cost());
    story.refuse("alder", "data-holder", sampled, "cost-understated", "");
}

#[test]
fn the_neighbours_of_a_dataset_stay_once_a_run_was_charged() {
    let replaced = || {
        let text = texts()["protocol"].replace("\"add-remove\"", "\"replace\"");
        text.replace("ring_bits = 32", "ring_bits = 64")
    };
    let mut charged = Story::ready();
    charged.run("first");
    charged.admit("alder", "data-holder", charged.join("first", cost()));
    let module = charged.sign_amendment(&replaced());
    let enter = Act::ModuleEnter(ModuleEnter { modules: [module].into() });
    let verdict = charged.act("vendor", "signatory", enter);
    let refusal = verdict.refusal().unwrap();
    assert_eq!(refusal.code(), "neighbours-changed");
    assert_eq!(refusal.clause().unwrap().to_string(), "protocol/heart-budget");
    // Another amendment of the same module enters.
    charged.amend(&[texts()["protocol"].replace("ring_bits = 32", "ring_bits = 64")]);

    // Where nothing was charged yet, the parties may agree on other neighbours.
    let mut fresh = Story::ready();
    fresh.amend(&[replaced()]);
}

#[test]
fn one_party_cannot_rewrite_the_agreement_by_naming_itself_its_only_signer() {
    let mut story = Story::in_force();
    let mine = texts()["data-use"]
        .replace("version = \"1.0.0\"", "version = \"1.1.0\"")
        .replace("signers = [\"all\"]", "signers = [\"vendor\"]")
        .replace("run.rounds <= 100", "run.rounds <= 100000");
    let module = story.replica.supply(mine.into_bytes());
    story.admit("vendor", "signatory", Act::ModulePropose(OneModule { module }));
    story.sign_module("vendor", module);
    let enter = || Act::ModuleEnter(ModuleEnter { modules: [module].into() });
    story.refuse("vendor", "signatory", enter(), "unsigned-module", "");

    // With everybody's signature the same text enters.
    for party in HOSPITALS.iter().chain(&["lab"]) {
        story.sign_module(party, module);
    }
    story.admit("vendor", "signatory", enter());
}

#[test]
fn what_is_not_signed_by_all_is_not_read_together_whatever_is_wrong_with_it() {
    let mut story = Story::in_force();
    // Half of the text's links lead nowhere.
    let links = "[thirty days](#nowhere.at-all)\n".repeat(2_000);
    let text = texts()["data-use"].replace("version = \"1.0.0\"", "version = \"1.1.0\"");
    let module = story.replica.supply(format!("{text}\n## More\n\n{links}").into_bytes());
    story.admit("vendor", "signatory", Act::ModulePropose(OneModule { module }));
    story.sign_module("vendor", module);
    let enter = || Act::ModuleEnter(ModuleEnter { modules: [module].into() });
    story.refuse("vendor", "signatory", enter(), "unsigned-module", "");
    let waits: Vec<String> =
        story.state().yet_to_sign(&module).iter().map(ToString::to_string).collect();
    assert_eq!(waits, ["alder", "birch", "cypress", "dogwood", "lab"]);

    for party in HOSPITALS.iter().chain(&["lab"]) {
        story.sign_module(party, module);
    }
    assert_eq!(story.state().yet_to_sign(&module), []);
    story.refuse("vendor", "signatory", enter(), "modules-inconsistent", "");
}

#[test]
fn a_text_is_not_read_for_an_act_that_is_refused_anyway() {
    let mut story = Story::in_force();
    let module = story.replica.supply(b"no module at all".to_vec());
    let propose = || Act::ModulePropose(OneModule { module });
    story.refuse("sequencer", "sequencer", propose(), "not-your-seat", "");
    let late = story.sign(&[("vendor", "signatory")], &propose());
    story.tick("2027-01-20T08:00:00Z");
    assert_eq!(story.step(late).refusal().unwrap().code(), "expired");
    story.refuse("vendor", "signatory", propose(), "module-unreadable", "");
}

#[test]
fn nobody_joins_or_closes_a_run_under_another_agreement_than_was_approved() {
    let mut story = Story::ready();
    story.run("first");
    for hospital in ["alder", "birch", "cypress"] {
        story.admit(hospital, "data-holder", story.join("first", cost()));
    }
    story.admit("vendor", "trainer", story.proposal("second", |_| {}));
    let first = "first".parse().unwrap();
    assert_eq!(story.state().dead_end(&first), None);
    story.amend(&[texts()["release"].clone()]);

    let changed = "agreement-changed";
    let join = story.join("first", cost());
    story.refuse("dogwood", "data-holder", join, changed, "");
    let seats = ["alder", "birch", "cypress"].map(|h| (h, "data-holder"));
    let close = story.sign(&seats, &result("model"));
    assert_eq!(story.step(close).refusal().unwrap().code(), changed);
    story.refuse("alder", "data-holder", Act::RunApprove(one_run("second")), changed, "");

    // What is left is to give it up, which the state says before anybody tries; a proposal is the
    // parties' to take back.
    let reason = AbortReason::AgreementChanged;
    assert_eq!(story.state().dead_end(&first), Some(reason));
    assert_eq!(story.state().dead_end(&"second".parse().unwrap()), None);
    let abort = Act::RunAbort(RunAbort { run: first.clone(), reason, named: BTreeSet::new() });
    story.admit("sequencer", "sequencer", abort);
    assert_eq!(story.state().dead_end(&first), None);
}

#[test]
fn what_no_account_limits_is_refused_and_the_refusal_names_the_dataset() {
    let mut story = Story::ready();
    let text = &texts()["protocol"];
    let clause = text.find("```clause\nid = \"heart-budget\"").unwrap();
    let (before, rest) = text.split_at(clause);
    let (_, after) = rest.split_once("\n```\n").unwrap();
    let before = before.replace("[1](#heart-budget.epsilon)", "1");
    let before = before.replace("[0.0001](#heart-budget.delta)", "0.0001");
    // The check of an agreement asks for an account where training is permitted, and there alone.
    let queries = texts()["data-use"]
        .replace("kinds = [\"train\"]\nby = \"trainer\"", "kinds = [\"query\"]\nby = \"trainer\"");
    story.amend(&[format!("{before}{after}"), queries]);

    let query = concordat_agreement::RunKind::Query;
    let of = |story: &Story, model: bool| {
        story.proposal("first", |plan| {
            plan.kind = query;
            plan.model.take_if(|_| !model);
        })
    };
    let proposal = of(&story, false);
    story.refuse("vendor", "trainer", proposal, "no-privacy-account", "");
    // Nor does a query give a model.
    let proposal = of(&story, true);
    story.refuse("vendor", "trainer", proposal, "beyond-rules", "");
}

#[test]
fn a_permit_names_the_seats_that_clauses_create_and_no_others() {
    let mut story = Story::founded_on([].into());
    let by = "by = [\"trainer\", \"operator\"]";
    let protocol = &texts()["protocol"];
    for other in ["", "by = []"] {
        let module = story.replica.supply(protocol.replace(by, other).into_bytes());
        let propose = Act::ModulePropose(OneModule { module });
        story.refuse("vendor", "signatory", propose, "module-unreadable", "");
    }
    // Nor can a clause give the seats of the log itself to somebody, and a permit to those.
    for seat in ["signatory", "sequencer"] {
        let mut modules = std::collections::BTreeSet::new();
        for (name, text) in texts() {
            let clause = format!(
                "\n```clause\nid = \"{seat}\"\nseat = \"A seat\"\nfilled_by = \"vendor\"\n```\n"
            );
            let text = if name == "parties" { format!("{text}{clause}") } else { text };
            let module = story.replica.supply(text.into_bytes());
            if story.state().proposals().get(&module).is_none() {
                story.admit("vendor", "signatory", Act::ModulePropose(OneModule { module }));
                for party in HOSPITALS.iter().chain(&["vendor", "lab"]) {
                    story.sign_module(party, module);
                }
            }
            modules.insert(module);
        }
        let enter = Act::ModuleEnter(ModuleEnter { modules });
        let verdict = story.act("vendor", "signatory", enter);
        let refusal = verdict.refusal().unwrap();
        assert_eq!(refusal.code(), "modules-inconsistent");
        assert!(refusal.to_string().contains(&format!("the seat `{seat}`")), "{refusal}");
    }
}

#[test]
fn until_the_modules_of_the_genesis_are_in_force_no_other_text_enters() {
    let mut story = Story::with_modules(&["parties", "governance"]);
    let other = format!("{}\n", texts()["data-use"]);
    let module = story.replica.supply(other.into_bytes());
    story.admit("vendor", "signatory", Act::ModulePropose(OneModule { module }));
    for party in HOSPITALS.iter().chain(&["vendor", "lab"]) {
        story.sign_module(party, module);
    }
    let enter = Act::ModuleEnter(ModuleEnter { modules: [module].into() });
    story.refuse("vendor", "signatory", enter, "not-a-founding-module", "");
    story.enter(&["data-use", "protocol", "release"]);
    assert_eq!(story.state().in_force().len(), 5);
}

#[test]
fn of_two_versions_of_a_module_neither_enters() {
    let mut story = Story::in_force();
    let versions = ["1.1.0", "1.2.0"].map(|version| {
        let text =
            texts()["release"].replace("version = \"1.0.0\"", &format!("version = \"{version}\""));
        let module = story.replica.supply(text.into_bytes());
        story.admit("vendor", "signatory", Act::ModulePropose(OneModule { module }));
        for party in HOSPITALS.iter().chain(&["vendor", "lab"]) {
            story.sign_module(party, module);
        }
        module
    });
    let enter = Act::ModuleEnter(ModuleEnter { modules: versions.into() });
    story.refuse("vendor", "signatory", enter, "two-versions", "");
}
