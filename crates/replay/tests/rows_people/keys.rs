//! Keys have a history: what one signs counts while it is good, and not one entry longer.

use concordat_partnership::Act;
use concordat_partnership::act::{KeyBind, KeyCompromise, KeyRevoke, KeyRotate};

use crate::common::{Story, id_of, public};
use crate::people::{a, mandate, register};

fn rotate(old: &str, new: &str) -> Act {
    Act::KeyRotate(KeyRotate::of(id_of(old), public(new)))
}

fn revoke(key: &str) -> Act {
    Act::KeyRevoke(KeyRevoke { key: id_of(key) })
}

fn compromise(key: &str, since: u64) -> Act {
    Act::KeyCompromise(KeyCompromise { key: id_of(key), since })
}

fn bind(key: &str, member: &str) -> Act {
    Act::KeyBind(KeyBind { key: id_of(key), member: a(member) })
}

#[test]
fn a_new_key_takes_an_old_ones_place_and_shows_that_it_is_there() {
    let mut story = Story::in_force();
    let act = rotate("alder", "alder 2");
    story.refuse("alder", "signatory", act.clone(), "key-unproved", "");
    story.admit_all(&[("alder", "signatory"), ("alder 2", "signatory")], &act);

    story.refuse("alder", "data-holder", story.dataset("alder", "x"), "key-ended", "");
    story.admit("alder 2", "data-holder", story_place());
    assert_eq!(story.state().ledger_key(&a("alder")), Some(public("alder 2").as_str()));
    // What has ended stays ended.
    let back = rotate("alder 2", "alder");
    story.refuse_all(&[("alder 2", "signatory")], &back, "key-taken");
}

fn story_place() -> Act {
    Act::PlaceRegister(concordat_partnership::act::PlaceRegister {
        place: a("ward"),
        class: 2,
        jurisdiction: a("CH"),
    })
}

#[test]
fn a_party_adds_keys_takes_them_back_and_keeps_one_of_its_own() {
    let mut story = Story::in_force();
    let second = register("alder 2", None);
    story.admit_all(&[("alder", "signatory"), ("alder 2", "signatory")], &second);
    story.admit("alder 2", "data-holder", story_place());
    story.refuse("birch", "signatory", revoke("alder 2"), "not-your-key", "");
    story.admit("alder", "signatory", revoke("alder 2"));
    story.refuse("alder", "signatory", revoke("alder 2"), "not-your-key", "");
    story.refuse("alder 2", "data-holder", story_place(), "key-ended", "");
    story.refuse("alder", "signatory", revoke("alder"), "last-key", "");

    let bad = Act::KeyRegister(concordat_partnership::act::KeyRegister {
        key: "not a key".to_owned(),
        ..Default::default()
    });
    story.refuse("alder", "signatory", bad, "bad-key", "");
    story.refuse("alder", "signatory", register("birch", None), "key-taken", "");
}

#[test]
fn what_a_compromised_key_signed_is_marked_and_what_it_signs_is_refused() {
    let mut story = Story::in_force();
    let second = register("alder 2", None);
    story.admit_all(&[("alder", "signatory"), ("alder 2", "signatory")], &second);
    let since = story.state().index();
    story.admit("alder 2", "data-holder", story_place());

    story.refuse("alder", "signatory", compromise("alder 2", 1), "bad-since", "");
    story.refuse("alder", "signatory", compromise("alder 2", since + 90), "bad-since", "");
    let ended = story.state().index();
    story.admit("alder", "signatory", compromise("alder 2", since));
    story.refuse("alder 2", "data-holder", story_place(), "key-ended", "");

    let key = id_of("alder 2");
    let doubtful = |index| story.state().is_doubtful(&key, index);
    assert!(!doubtful(since - 1) && doubtful(since) && doubtful(ended - 1) && !doubtful(ended));
    let [doubt] = &story.state().doubts()[..] else { panic!("one key is in doubt") };
    assert_eq!((doubt.from, doubt.until), (since, ended));
    // What happened stays: history is never edited.
    assert_eq!(story.state().places().len(), 1);
}

#[test]
fn a_key_that_is_bound_to_a_member_signs_under_its_mandates_alone() {
    let mut story = Story::in_force();
    let second = register("alder 2", None);
    story.admit_all(&[("alder", "signatory"), ("alder 2", "signatory")], &second);
    story.refuse("alder", "signatory", bind("alder", "nurse"), "last-key", "");
    story.admit("alder", "signatory", bind("alder 2", "nurse"));
    story.refuse("alder", "signatory", bind("alder 2", "other"), "key-taken", "");
    story.refuse("alder 2", "data-holder", story_place(), "no-mandate", "");
    story.admit("alder", "signatory", Act::MandateGrant(mandate("nurse", "data-holder")));
    story.admit("alder 2", "data-holder", story_place());
}
