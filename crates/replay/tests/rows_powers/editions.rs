//! What the log itself stands on: its rules, its witnesses, and that there is one history.

use concordat_agreement::{CaseKind, Witnesses};
use concordat_partnership::act::{
    Between, EquivocationReport, PolicyAdopt, RulesAdopt, Shown, Tick, WitnessPolicy,
};
use concordat_partnership::{Act, Effect};
use concordat_replay::{Halt, RULES, witnesses_at, witnesses_now};
use concordat_terms::Digest;
use concordat_tlog::merkle::leaf_hash;
use concordat_tlog::note::COSIGNATURES_MAX;
use concordat_tlog::{Checkpoint, Tree};

use crate::agreed::{effects, everybody, story, together};
use crate::common::{EVERYBODY, digest, key};

#[test]
fn new_rules_are_adopted_by_the_old_rules_vote_and_stop_who_does_not_know_them() {
    let mut story = story();
    let from = story.state().index() + 12;
    let adopt = |rules: Digest, from| Act::RulesAdopt(RulesAdopt { rules, from });
    let gate = "powers/rules-by-motion";
    story.refuse("alder", "council-member", adopt(digest("next"), from), "needs-motion", gate);
    story.propose("same", adopt(*RULES, from));
    let verdict = story.try_decide("early", adopt(digest("next"), 3));
    assert_eq!(verdict.refusal().unwrap().code(), "adopted-too-late");

    let from = story.state().index() + 8;
    story.decide("next", adopt(digest("next"), from));
    let mut minute = 0;
    while story.state().index() < from {
        minute += 1;
        story.tick(&format!("2027-01-02T08:{minute:02}:00Z"));
    }
    let act = Act::Tick(Tick { time: "2027-01-03T08:00:00Z".parse().unwrap() });
    let entry = story.sign(&[("sequencer", "sequencer")], &act);
    let before = story.replica.root();
    let halt = story.replica.step(&entry).unwrap_err();
    assert_eq!(halt, Halt::UnknownRules { rules: digest("next"), index: from, known: *RULES });
    assert_eq!(story.replica.root(), before);
}

#[test]
fn the_rules_in_force_are_not_adopted_again() {
    let mut story = story();
    let adopt = Act::RulesAdopt(RulesAdopt { rules: *RULES, from: 900 });
    let verdict = story.try_decide("same", adopt);
    assert_eq!(verdict.refusal().unwrap().code(), "rules-in-force");
}

fn policy(witnesses: &[&str], quorum: u32) -> Act {
    let witnesses = witnesses.iter().map(|party| party.parse().unwrap()).collect();
    Act::PolicyAdopt(PolicyAdopt { policy: WitnessPolicy { witnesses, quorum } })
}

#[test]
fn others_cosign_once_everybody_agrees() {
    let mut story = story();
    let act = policy(&["alder", "birch", "vendor"], 2);
    // No gate names a body that decides it, and one member is not everybody.
    story.refuse("alder", "council-member", act.clone(), "takes-everybody", "");
    let all = |story: &mut crate::common::Story, act: &Act| {
        let mut signers = vec![("alder", "council-member")];
        signers.extend(EVERYBODY[1..].iter().map(|party| (*party, "signatory")));
        let entry = story.sign(&signers, act);
        story.step(entry)
    };
    let weak = all(&mut story, &policy(&["alder", "birch"], 1));
    assert_eq!(weak.refusal().unwrap().code(), "bad-policy-quorum");
    // A checkpoint has room for so many cosignatures, and for the log's own.
    let room = u32::try_from(COSIGNATURES_MAX).unwrap();
    assert_eq!(Witnesses::QUORUM_MOST, room);
    let large = all(&mut story, &policy(&["alder", "birch"], room + 1));
    assert_eq!(large.refusal().unwrap().code(), "policy-quorum-too-large");
    let weak = all(&mut story, &policy(&["alder", "birch"], room));
    assert_eq!(weak.refusal().unwrap().code(), "bad-policy-quorum");
    let stranger = all(&mut story, &policy(&["alder", "elm"], 2));
    assert_eq!(stranger.refusal().unwrap().code(), "party-without-key");
    let before = story.state().index();
    effects(all(&mut story, &act));
    assert_eq!(story.state().policy().unwrap().quorum, 2);
    let now = witnesses_now(story.state()).unwrap().unwrap();
    let named = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    assert!(now.satisfied(&named(&["birch", "vendor"])) && !now.satisfied(&named(&["vendor"])));
    // Of the log as it was before, those count who did then.
    let at = |size| witnesses_at(story.state(), size).unwrap().unwrap();
    assert_eq!((at(before + 1), at(u64::MAX)), (now.clone(), now));
    for size in [1, before] {
        let then = at(size);
        assert!(!then.satisfied(&named(&["birch", "vendor"])));
        assert!(then.satisfied(&named(&["alder", "birch", "cypress", "lab"])));
    }
}

fn shown(origin: &str, size: u64, root: &str, by: &str) -> Shown {
    shown_of(origin, size, digest(root), by)
}

fn shown_of(origin: &str, size: u64, root: Digest, by: &str) -> Shown {
    let origin = origin.to_owned();
    let text = Checkpoint { origin, size, root }.to_text();
    let signature = key(by).sign(text.as_bytes());
    let signature = signature.iter().map(|byte| format!("{byte:02x}")).collect();
    Shown { size, root, signature }
}

#[test]
fn two_histories_are_proved_by_two_signed_checkpoints() {
    let mut story = story();
    let origin = story.state().genesis().unwrap().origin.clone();
    let report = |first: &Shown, second: &Shown| {
        let (first, second) = (first.clone(), second.clone());
        Act::EquivocationReport(EquivocationReport { first, second, between: None })
    };
    let one = shown(&origin, 40, "one", "sequencer");
    let other = shown(&origin, 40, "other", "sequencer");
    let later = shown(&origin, 41, "later", "sequencer");
    let forged = shown(&origin, 40, "other", "lab");
    let foreign = shown("elsewhere.example/log", 40, "other", "sequencer");
    for second in [&one, &later, &forged, &foreign] {
        story.refuse("lab", "test-lab", report(&one, second), "no-equivocation", "");
    }
    let told = effects(together(&mut story, &["lab"], &report(&one, &other)));
    // It opens a case, in which everybody files what it knows.
    let (name, case) = story.state().cases().next().unwrap();
    assert!(name.as_str().starts_with("two-histories-"), "{name}");
    assert_eq!(case.kind, CaseKind::Incident);
    assert_eq!((case.by.as_ref().unwrap().as_str(), case.clocks.len()), ("lab", 0));
    assert!(told.contains(&Effect::CaseStands(name.clone(), case.status)));
    let (_, known) = story.state().equivocations().first_key_value().unwrap();
    assert_eq!((known.by.as_str(), known.shown.first.size), ("lab", 40));
    let again = everybody(&mut story, &report(&other, &one));
    assert_eq!(again.refusal().unwrap().code(), "equivocation-known");
}

#[test]
fn of_different_sizes_they_are_proved_by_what_the_larger_had_at_the_smallers() {
    let mut story = story();
    let origin = story.state().genesis().unwrap().origin.clone();
    let leaf = |index: u64| leaf_hash(&index.to_be_bytes());
    let tree = Tree::of((0..41).map(leaf));
    let (at, root) = (tree.root_at(40).unwrap(), tree.root());
    let proof = tree.prove_consistency(40, 41).unwrap();
    let other = shown(&origin, 40, "other", "sequencer");
    let beginning = shown_of(&origin, 40, at, "sequencer");
    let larger = shown_of(&origin, 41, root, "sequencer");
    let forged = shown_of(&origin, 41, root, "lab");
    let report = |(first, second): (&Shown, &Shown), root: Digest, proof: &[Digest]| {
        let (first, second) = (first.clone(), second.clone());
        let between = Some(Between { root, proof: proof.to_vec() });
        Act::EquivocationReport(EquivocationReport { first, second, between })
    };
    for (bad, told) in [
        (report((&beginning, &larger), at, &proof), "the smaller is the beginning of the larger"),
        (report((&other, &larger), at, &proof[1..]), "no proof leads"),
        (report((&other, &larger), digest("another"), &proof), "no proof leads"),
        (report((&other, &forged), at, &proof), "not both are signed"),
        (report((&other, &beginning), at, &[]), "they are of one size"),
    ] {
        let verdict = story.act("lab", "test-lab", bad);
        let refusal = verdict.refusal().unwrap();
        assert_eq!(refusal.code(), "no-equivocation");
        assert!(refusal.problem().what.contains(told), "{}", refusal.problem().what);
    }
    together(&mut story, &["lab"], &report((&larger, &other), at, &proof));
    let (name, _) = story.state().cases().next().unwrap();
    assert!(name.as_str().starts_with("two-histories-"), "{name}");
    let again = everybody(&mut story, &report((&other, &larger), at, &proof));
    assert_eq!(again.refusal().unwrap().code(), "equivocation-known");
}
