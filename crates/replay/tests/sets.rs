//! What was signed as one set enters as one, and only while the signatures stand.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

mod common;

use std::collections::BTreeSet;

use common::{EVERYBODY, Story, signature, texts};
use concordat_partnership::Act;
use concordat_partnership::act::{ModuleEnter, ModuleSign, OneModule};
use concordat_terms::Digest;

fn enter(modules: &BTreeSet<Digest>) -> Act {
    Act::ModuleEnter(ModuleEnter { modules: modules.clone() })
}

fn newer(module: &str) -> String {
    texts()[module].replace("version = \"1.0.0\"", "version = \"1.1.0\"")
}

/// Longer training for a stricter test: each side gets one of the two.
fn both_sides() -> [String; 2] {
    [
        newer("data-use").replace("run.rounds <= 100", "run.rounds <= 200"),
        newer("release").replace(
            "[ninety days](#tested-and-decided.evidence.max_age)",
            "[sixty days](#tested-and-decided.evidence.max_age)",
        ),
    ]
    .map(|text| text.replace("max_age = \"P90D\"", "max_age = \"P60D\""))
}

#[test]
fn of_two_modules_that_were_signed_as_one_neither_enters_alone() {
    let mut story = Story::in_force();
    let both = story.put_as_one(both_sides(), &EVERYBODY);
    for module in &both {
        let alone = [*module].into();
        let verdict = story.act("vendor", "signatory", enter(&alone));
        let refusal = verdict.refusal().unwrap();
        assert_eq!(refusal.code(), "sets-differ");
        let told = refusal.to_string();
        assert!(told.contains("as one with") && told.ends_with("enter alone"), "{told}");
        // Nor by a decision of the council.
        let name = format!("take-{}", module.short());
        let verdict = story.try_decide(&name, Act::ModuleEnter(ModuleEnter { modules: alone }));
        assert_eq!(verdict.refusal().unwrap().code(), "sets-differ");
    }
    story.admit("vendor", "signatory", enter(&both));
}

#[test]
fn with_a_third_module_that_somebody_did_not_mean_the_set_is_another() {
    let mut story = Story::in_force();
    let both = story.put_as_one(both_sides(), &EVERYBODY);
    let third = story.put(&newer("protocol"), &EVERYBODY);
    let three: BTreeSet<Digest> = both.iter().copied().chain([third]).collect();
    story.refuse("vendor", "signatory", enter(&three), "sets-differ", "");
    // Who meant two signs anew for three, one party after the other.
    let (last, first) = EVERYBODY.split_last().unwrap();
    for party in first {
        story.sign_as_one(party, &three);
    }
    let verdict = story.act("vendor", "signatory", enter(&three));
    let told = verdict.refusal().unwrap().to_string();
    assert!(told.contains(&format!("`{last}`")) && !told.contains("`alder`"), "{told}");
    story.sign_as_one(last, &three);
    story.admit("vendor", "signatory", enter(&three));
}

#[test]
fn one_signature_for_one_module_alone_holds_the_set_up() {
    let mut story = Story::in_force();
    let both = story.put_as_one(both_sides(), &EVERYBODY);
    let one = *both.first().unwrap();
    story.admit("lab", "signatory", signature(one, &[one].into()));
    story.refuse("vendor", "signatory", enter(&both), "sets-differ", "");
    story.refuse("lab", "signatory", signature(one, &[one].into()), "already-signed", "");
}

#[test]
fn founding_modules_are_signed_for_the_whole_genesis_and_may_enter_in_steps() {
    let mut story = Story::founded();
    let founding = story.state().genesis().unwrap().modules.clone();
    let first: BTreeSet<Digest> =
        ["parties", "governance"].map(|name| story.put(&texts()[name], &[])).into();
    let sign = |set: &BTreeSet<Digest>, story: &mut Story| {
        for party in EVERYBODY {
            for module in &first {
                story.admit(party, "signatory", signature(*module, set));
            }
        }
    };
    // As if what they founded the log on were these two.
    sign(&first, &mut story);
    story.refuse("alder", "signatory", enter(&first), "sets-differ", "");
    let (one, until) = (*first.first().unwrap(), Some("2027-01-10T08:00:00Z".parse().unwrap()));
    sign(&founding, &mut story);
    let rest = ["data-use", "protocol", "release"].map(|name| story.put(&texts()[name], &[]));
    for module in rest {
        for party in EVERYBODY {
            let sign = ModuleSign::of(module, &founding, Digest([7; 32]));
            story.admit(party, "signatory", Act::ModuleSign(ModuleSign { until, ..sign }));
        }
    }
    story.admit("alder", "signatory", enter(&first));
    // What was signed as one is not broken up between the steps.
    for module in [one, rest[0]] {
        let withdraw = Act::ModuleWithdraw(OneModule { module });
        story.refuse("lab", "signatory", withdraw, "already-entered", "");
        let again = signature(module, &[module].into());
        story.refuse("lab", "signatory", again, "already-entered", "");
    }
    story.tick("2027-02-10T08:00:00Z");
    story.admit("alder", "signatory", enter(&rest.into()));
}

#[test]
fn nothing_enters_by_an_act_that_names_no_module() {
    let mut story = Story::in_force();
    story.refuse("alder", "signatory", enter(&[].into()), "unfit", "");
}

#[test]
fn a_set_has_at_most_a_hundred_modules_and_each_once() {
    let mut story = Story::in_force();
    let module = story.put(&newer("release"), &[]);
    let set: BTreeSet<Digest> = (0..100_u8).map(|n| Digest::of(&[n])).collect();
    story.refuse("vendor", "signatory", signature(module, &set), "unfit", "");
    let sign = ModuleSign::of(module, &[].into(), Digest([7; 32]));
    let itself = ModuleSign { with: [module].into(), ..sign };
    story.refuse("vendor", "signatory", Act::ModuleSign(itself), "unfit", "");
    let set = set.into_iter().skip(1).collect();
    story.admit("vendor", "signatory", signature(module, &set));
}

#[test]
fn a_signature_is_taken_back_until_the_module_has_entered() {
    let mut story = Story::in_force();
    let module = story.put(&newer("release"), &EVERYBODY);
    let set = [module].into();
    let withdraw = || Act::ModuleWithdraw(OneModule { module });
    story.admit("lab", "signatory", withdraw());
    story.refuse("lab", "signatory", withdraw(), "not-signed", "");
    story.refuse("alder", "signatory", enter(&set), "unsigned-module", "");
    assert_eq!(story.state().yet_to_sign(&module), ["lab".parse().unwrap()]);
    // It can be given again; after the entry it stays.
    story.sign_module("lab", module);
    story.admit("alder", "signatory", enter(&set));
    story.refuse("lab", "signatory", withdraw(), "already-entered", "");
    story.refuse("lab", "signatory", signature(module, &[].into()), "already-entered", "");
    // Also once another text has taken the place of this one.
    let newest = newer("release").replace("version = \"1.1.0\"", "version = \"1.2.0\"");
    story.amend(&[newest]);
    story.refuse("lab", "signatory", withdraw(), "already-entered", "");
    let unknown = Act::ModuleWithdraw(OneModule { module: Digest([3; 32]) });
    story.refuse("lab", "signatory", unknown, "unknown-module", "");
}

#[test]
fn what_was_read_beside_another_text_is_signed_anew_when_that_has_changed() {
    let mut story = Story::in_force();
    let release = story.put(&newer("release"), &EVERYBODY);
    let data_use = story.put(&newer("data-use"), &EVERYBODY);
    story.admit("vendor", "signatory", enter(&[data_use].into()));
    let set = [release].into();
    story.refuse("vendor", "signatory", enter(&set), "unsigned-module", "");
    assert_eq!(story.state().yet_to_sign(&release).len(), EVERYBODY.len());
    EVERYBODY.iter().for_each(|party| story.sign_module(party, release));
    story.admit("vendor", "signatory", enter(&set));
}

#[test]
fn a_signature_counts_until_the_time_that_it_names() {
    let mut story = Story::in_force();
    let (lab, rest) = EVERYBODY.split_last().unwrap();
    let module = story.put(&newer("release"), rest);
    let until = |time: &str| {
        let sign = ModuleSign::of(module, &[module].into(), Digest([7; 32]));
        Act::ModuleSign(ModuleSign { until: Some(time.parse().unwrap()), ..sign })
    };
    story.refuse(lab, "signatory", until("2027-01-01T08:00:00Z"), "until-passed", "");
    story.admit(lab, "signatory", until("2027-01-10T08:00:00Z"));
    let signed = |story: &Story| {
        let proposal = &story.state().proposals()[&module];
        story.state().signed_by(proposal).any(|party| party.as_str() == *lab)
    };
    assert!(signed(&story));
    story.tick("2027-01-10T08:00:00Z");
    assert!(!signed(&story));
    let set = [module].into();
    story.refuse("vendor", "signatory", enter(&set), "unsigned-module", "");
    // Given anew, for longer, it counts, and a time may be named earlier, too.
    story.admit(lab, "signatory", until("2027-02-10T08:00:00Z"));
    story.admit(lab, "signatory", until("2027-01-20T08:00:00Z"));
    story.admit("vendor", "signatory", enter(&set));
}
