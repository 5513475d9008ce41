//! A key is rotated, lost, stolen and recovered; what was signed stays, and what is in doubt is told.

use concordat_partnership::act::{
    KeyCommit, KeyCompromise, KeyRecover, KeyRegister, KeyRevoke, KeyRotate, PlaceRegister,
};
use concordat_partnership::{Act, KeyEnded, commitment};
use concordat_terms::Digest;

use crate::common::{EVERYBODY, Story, id_of, public};
use crate::people::{a, at, mandate, register, with};

fn next(name: &str) -> Digest {
    commitment(&public(name)).unwrap()
}

fn commit(key: &str, name: &str) -> Act {
    Act::KeyCommit(KeyCommit { key: id_of(key), next: next(name) })
}

fn rotate(old: &str, new: &str) -> KeyRotate {
    KeyRotate::of(id_of(old), public(new))
}

fn revoke(key: &str) -> Act {
    Act::KeyRevoke(KeyRevoke { key: id_of(key) })
}

fn compromise(key: &str, since: u64) -> Act {
    Act::KeyCompromise(KeyCompromise { key: id_of(key), since })
}

fn recover(party: &str, old: &str, new: &str) -> KeyRecover {
    KeyRecover { party: a(party), old: id_of(old), key: public(new), since: None, next: None }
}

fn place(name: &str) -> Act {
    let (place, jurisdiction) = (a(name), a("CH"));
    Act::PlaceRegister(PlaceRegister { place, class: 2, jurisdiction })
}

fn both(first: &'static str, second: &'static str) -> [(&'static str, &'static str); 2] {
    [(first, "signatory"), (second, "signatory")]
}

#[test]
fn an_old_key_signs_beside_the_new_one_until_the_time_that_was_named() {
    let mut story = Story::in_force();
    let until = |day: &str| {
        Act::KeyRotate(KeyRotate { until: Some(at(day)), ..rotate("alder", "alder 2") })
    };
    let signers = both("alder", "alder 2");
    story.refuse_all(&signers, &until("2027-01-01T08:00:00Z"), "overlap-out-of-bounds");
    story.refuse_all(&signers, &until("2027-02-01T08:00:01Z"), "overlap-out-of-bounds");
    story.admit_all(&signers, &until("2027-01-10T08:00:00Z"));

    assert_eq!(story.state().ledger_key(&a("alder")), Some(public("alder 2").as_str()));
    story.admit("alder", "data-holder", place("ward"));
    story.admit("alder 2", "data-holder", place("annex"));
    // What is retiring says nothing about keys any more, but about itself.
    let more = register("alder 3", None);
    story.refuse_all(&both("alder", "alder 3"), &more, "needs-first-key");
    let again = Act::KeyRotate(rotate("alder", "alder 3"));
    story.refuse_all(&both("alder 2", "alder 3"), &again, "key-replaced");
    story.refuse("alder", "signatory", commit("alder", "alder 3"), "key-replaced", "");

    story.tick("2027-01-10T07:59:59Z");
    story.admit("alder", "data-holder", place("attic"));
    story.tick("2027-01-10T08:00:00Z");
    story.refuse("alder", "data-holder", place("cellar"), "key-ended", "");
    let end = story.state().holder(&id_of("alder")).unwrap().ended.clone().unwrap();
    assert_eq!(end.why, KeyEnded::Rotated(id_of("alder 2")));
    assert_eq!(end.at, at("2027-01-10T08:00:00Z"));
}

#[test]
fn a_key_that_is_revoked_while_it_retires_ends_at_once_and_once() {
    let mut story = Story::in_force();
    let until = Some(at("2027-01-10T08:00:00Z"));
    let act = Act::KeyRotate(KeyRotate { until, ..rotate("alder", "alder 2") });
    story.admit_all(&both("alder", "alder 2"), &act);
    story.admit("alder 2", "signatory", revoke("alder"));
    story.refuse("alder", "data-holder", place("ward"), "key-ended", "");
    let ended = story.state().holder(&id_of("alder")).unwrap().ended.clone();
    story.tick("2027-01-10T08:00:00Z");
    assert_eq!(story.state().holder(&id_of("alder")).unwrap().ended, ended);
}

#[test]
fn a_further_key_does_not_take_its_party_over() {
    let mut story = Story::in_force();
    story.admit_all(&both("alder", "alder 2"), &register("alder 2", None));
    for act in [revoke("alder"), compromise("alder", 1), commit("alder", "alder 9")] {
        story.refuse("alder 2", "signatory", act, "needs-first-key", "");
    }
    let act = Act::KeyRotate(rotate("alder", "alder 9"));
    story.refuse_all(&both("alder 2", "alder 9"), &act, "needs-first-key");
    story.refuse_all(&both("alder 2", "alder 9"), &register("alder 9", None), "needs-first-key");
    // What becomes of itself it says.
    story.admit_all(&both("alder 2", "alder 3"), &Act::KeyRotate(rotate("alder 2", "alder 3")));
    assert_eq!(story.state().ledger_key(&a("alder")), Some(public("alder").as_str()));
    // Who has a mandate for it, says it too.
    story.employ("alder", "keeper");
    let mut grant = mandate("keeper", "signatory");
    grant.limits.acts = [a("key.revoke")].into();
    story.admit("alder", "signatory", Act::MandateGrant(grant));
    story.admit("keeper", "signatory", revoke("alder 3"));
}

#[test]
fn the_committed_key_takes_the_place_of_one_that_was_lost_and_nobody_else_does() {
    let mut story = Story::in_force();
    story.refuse("alder", "signatory", commit("alder", "birch"), "key-taken", "");
    story.refuse("alder", "signatory", commit("alder", "alder"), "key-taken", "");
    story.refuse("birch", "signatory", commit("alder", "alder 2"), "not-your-key", "");
    story.admit("alder", "signatory", commit("alder", "alder 2"));
    // Whoever has the key now has not the next one.
    story.refuse("alder", "signatory", commit("alder", "thief"), "next-committed", "");
    let theirs = Act::KeyRotate(rotate("alder", "thief"));
    story.refuse_all(&both("alder", "thief"), &theirs, "not-the-next-key");

    // The old key is lost: the new one signs alone, and says what comes after it.
    let act =
        Act::KeyRotate(KeyRotate { next: Some(next("alder 3")), ..rotate("alder", "alder 2") });
    story.refuse("alder", "signatory", act.clone(), "key-unproved", "");
    story.admit("alder 2", "signatory", act);
    story.refuse("alder", "data-holder", place("ward"), "key-ended", "");
    story.admit("alder 2", "data-holder", place("ward"));
    let act = Act::KeyRotate(rotate("alder 2", "alder 3"));
    story.admit("alder 3", "signatory", act);
    assert_eq!(story.state().ledger_key(&a("alder")), Some(public("alder 3").as_str()));
    // One key is committed to once, and then it is there.
    let back = Act::KeyRotate(rotate("alder", "alder 2"));
    story.refuse("alder 3", "signatory", back, "not-your-key", "");
}

#[test]
fn who_commits_beforehand_gets_its_place_back_from_a_thief() {
    let mut story = Story::in_force();
    story.admit("alder", "signatory", commit("alder", "alder 2"));
    let since = story.state().index();
    // The thief acts, brings a key of its own, and ends the one that it has stolen.
    story.admit("alder", "data-holder", place("cellar"));
    story.admit_all(&both("alder", "thief"), &register("thief", None));
    story.admit_all(&both("alder", "thief 2"), &register("thief 2", Some("ghost")));
    story.admit("thief", "data-holder", place("den"));
    story.admit("alder", "signatory", compromise("alder", since + 2));
    // The party is known by no key of the thief's: it waits for its own.
    assert_eq!(story.state().members()[&a("alder")].key, id_of("alder"));
    story.refuse_all(&both("thief", "thief 3"), &register("thief 3", None), "needs-first-key");

    story.admit("alder 2", "signatory", Act::KeyRotate(rotate("alder", "alder 2")));
    story.refuse("alder 2", "signatory", compromise("alder", since + 2), "bad-since", "");
    let told = story.state().index();
    story.admit("alder 2", "signatory", compromise("alder", since));
    // With the stolen key went what it had brought; the committed key was not brought by it.
    story.refuse("thief", "data-holder", place("loot"), "key-ended", "");
    story.admit("alder 2", "data-holder", place("ward"));
    let doubtful = |key: &str, index| story.state().is_doubtful(&id_of(key), index);
    assert!(doubtful("alder", since) && !doubtful("alder", since - 1));
    assert!(doubtful("thief", told - 3), "what the thief's own key signed");
    // What happened stays: nothing is rewritten, and an incident is open.
    assert!(story.state().places().contains_key(&(a("alder"), a("cellar"))));
    let cases: Vec<String> = story.state().cases().map(|(id, _)| id.to_string()).collect();
    assert!(cases.contains(&format!("key-compromise-{told}")), "{cases:?}");
}

#[test]
fn a_key_is_declared_compromised_after_it_was_replaced_and_from_further_back_later() {
    let mut story = Story::in_force();
    story.admit("alder", "data-holder", place("ward"));
    let ended = story.state().index();
    story.admit_all(&both("alder", "alder 2"), &Act::KeyRotate(rotate("alder", "alder 2")));
    story.refuse("alder 2", "signatory", compromise("alder", ended + 1), "bad-since", "");
    story.admit("alder 2", "signatory", compromise("alder", ended - 1));
    // Who says so was brought by that key, and shows that it is the party's.
    story.admit("alder 2", "data-holder", place("annex"));
    story.refuse("alder 2", "signatory", compromise("alder", ended - 1), "bad-since", "");
    story.admit("alder 2", "signatory", compromise("alder", 0));
    story.refuse("alder 2", "signatory", compromise("alder", 0), "not-your-key", "");
    let end = story.state().holder(&id_of("alder")).unwrap().ended.clone().unwrap();
    assert_eq!((end.index, end.why), (ended, KeyEnded::Rotated(id_of("alder 2"))));
    let [doubt] = &story.state().doubts()[..] else { panic!("one key is in doubt") };
    assert_eq!((doubt.from, doubt.until), (0, ended));
}

/// Rows of the instrument.
const ROW: &str =
    "changes = [{ change = \"key.recover\", consent = \"body\", body = \"council\" }]\n";

#[test]
fn the_body_that_the_instrument_names_gives_a_party_its_key_back() {
    let mut story = Story::in_force();
    let title = "instrument = \"Cardiac Risk Agreement\"\n";
    story.amend(&[with("governance", title, &format!("{title}{ROW}"))]);
    let stolen = story.state().index();
    story.admit("vendor", "trainer", Story::charter());
    let act = KeyRecover { since: Some(stolen), ..recover("vendor", "vendor", "vendor 2") };
    let act = Act::KeyRecover(act);
    story.refuse("vendor 2", "signatory", act.clone(), "needs-motion", "governance/instrument");
    story.propose("vendor-key", act);
    for hospital in crate::common::HOSPITALS {
        let yes = crate::common::vote("vendor-key", concordat_partnership::act::Vote::For);
        story.admit(hospital, "council-member", yes);
    }
    let execute = crate::common::execute("vendor-key");
    story.refuse("alder", "council-member", execute.clone(), "key-unproved", "");
    story.admit_all(&[("alder", "council-member"), ("vendor 2", "signatory")], &execute);
    assert_eq!(story.state().ledger_key(&a("vendor")), Some(public("vendor 2").as_str()));
    story.refuse("vendor", "trainer", Story::charter(), "key-ended", "");
    assert!(story.state().is_doubtful(&id_of("vendor"), stolen));
}

#[test]
fn without_a_row_everybody_else_gives_a_party_its_key_back_and_nobody_alone() {
    let mut story = Story::in_force();
    let act = Act::KeyRecover(recover("vendor", "vendor", "vendor 2"));
    // Anybody has a new key.
    story.refuse("vendor 2", "signatory", act.clone(), "needs-everybody", "");
    let others = EVERYBODY.iter().filter(|name| **name != "vendor").map(|n| (*n, "signatory"));
    let all: Vec<_> = others.clone().chain([("vendor 2", "signatory")]).collect();
    let without_it: Vec<_> = others.collect();
    story.refuse_all(&without_it, &act, "key-unproved");
    let wrong = Act::KeyRecover(recover("vendor", "alder", "vendor 2"));
    story.refuse_all(&all, &wrong, "not-your-key");
    let early = KeyRecover { since: Some(9_999), ..recover("vendor", "vendor", "vendor 2") };
    story.refuse_all(&all, &Act::KeyRecover(early), "bad-since");
    // A commitment does not stand in the way: the next key may be lost, too.
    story.admit("vendor", "signatory", commit("vendor", "vendor 3"));
    story.admit_all(&all, &act);
    story.refuse("vendor", "trainer", Story::charter(), "key-ended", "");
    story.admit("vendor 2", "trainer", Story::charter());
}

#[test]
fn a_further_key_commits_to_its_own_next_one_from_the_beginning() {
    let mut story = Story::in_force();
    let act = |next| {
        let key = public("alder 2");
        Act::KeyRegister(KeyRegister { key, next: Some(next), ..KeyRegister::default() })
    };
    story.refuse_all(&both("alder", "alder 2"), &act(next("alder 2")), "key-taken");
    story.admit_all(&both("alder", "alder 2"), &act(next("alder 3")));
    let other = Act::KeyRotate(rotate("alder 2", "alder 4"));
    story.refuse_all(&both("alder 2", "alder 4"), &other, "not-the-next-key");
    story.admit("alder 3", "signatory", Act::KeyRotate(rotate("alder 2", "alder 3")));
    assert_eq!(story.state().ledger_key(&a("alder")), Some(public("alder").as_str()));
}
