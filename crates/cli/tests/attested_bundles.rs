//! Who speaks for a bundle: keys and witnesses rest on more than the word of whoever made it, and a key that
//! has ended speaks for nobody.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

mod archived;
#[path = "../../replay/tests/common/mod.rs"]
mod common;
mod shown_in_part;

use archived::{checkpoint, checkpoint_by};
use common::{digest, id_of, public};
use concordat_cli::bundle::{For, INDEX, Index, KeyOf};
use concordat_cli::verify::Promise;
use concordat_cli::verify::bundle::verify;
use concordat_partnership::Act;
use concordat_partnership::act::{
    KeyRecover, KeyRegister, KeyRotate, MotionPropose, PartyAccede, PolicyAdopt, WitnessPolicy,
};
use concordat_terms::{ActName, PartyId};
use shown_in_part::{
    Files, attest_by, attest_with, bundle, bundle_of_a_liar, index, partnership, sealed,
};

/// A party has an act logged that is refused, shows it whole, and records that it took effect. By its own
/// word nobody else has another key, and nobody else cosigns.
#[test]
fn nobody_gives_another_a_key_or_the_log_its_witnesses_by_recording_what_was_refused() {
    let (story, blobs) = partnership();
    let birch: PartyId = "birch".parse().unwrap();
    let recover = KeyRecover {
        party: birch.clone(),
        old: id_of("birch"),
        key: public("birch 2"),
        since: None,
        next: None,
    };
    let accede = PartyAccede {
        party: birch,
        key: public("birch 2"),
        witness: public("birch 2 witness"),
        witness_pq: None,
        terms: digest("terms"),
        cut_off: None,
    };
    let rotate = KeyRotate::of(id_of("birch"), public("birch 2"));
    let policy = WitnessPolicy { witnesses: ["vendor".parse().unwrap()].into(), quorum: 1 };
    let both = [("vendor", "signatory"), ("birch 2", "signatory")];
    let acts = [
        (Act::KeyRecover(recover), &both[..]),
        (Act::PartyAccede(accede), &both[..]),
        (Act::KeyRotate(rotate), &both[..]),
        (Act::PolicyAdopt(PolicyAdopt { policy }), &both[..1]),
    ];
    for (act, signers) in acts {
        let (mut story, name) = (story.clone(), act.name());
        let entry = story.sign(signers, &act);
        assert!(!story.step(entry).is_admitted(), "{name}");
        let at = story.entries.len() as u64 - 1;
        // Whoever has the log's key besides cosigns alone.
        let note = match name {
            ActName::PolicyAdopt => checkpoint_by(&story, ["vendor"]),
            _ => checkpoint(&story),
        };
        let mut files = bundle_of_a_liar(&story, &blobs, (For::Court, &[at]), &note);
        if signers.len() > 1 {
            attest_with(&mut files, "birch", "birch 2");
        }
        let broken = verify(&files, story.state().log(), None).unwrap_err();
        assert_eq!(broken.promise, Promise::Attestation, "{name}: {broken}");
        if name != ActName::KeyRotate {
            assert_eq!(broken.entry, Some(at), "{name}: {broken}");
            assert!(broken.what.contains("and 0 do"), "{name}: {broken}");
        }
    }
}

/// What a motion does is shown in part, and nobody is seen to have signed it: by a liar's word alone it does
/// nothing.
#[test]
fn nobody_gives_the_log_its_witnesses_by_recording_a_motion_that_was_refused() {
    let (mut story, blobs) = partnership();
    let policy = WitnessPolicy { witnesses: ["vendor".parse().unwrap()].into(), quorum: 1 };
    let adopt = Act::PolicyAdopt(PolicyAdopt { policy });
    let put = MotionPropose::of("coup".parse().unwrap(), "council".parse().unwrap(), adopt);
    for act in [Act::MotionPropose(put), common::execute("coup")] {
        assert!(!story.act("vendor", "trainer", act).is_admitted());
    }
    let at = story.entries.len() as u64 - 1;
    let note = checkpoint_by(&story, ["vendor"]);
    for audience in [For::Public, For::Court] {
        let files = bundle_of_a_liar(&story, &blobs, (audience, &[at - 1, at]), &note);
        let broken = verify(&files, story.state().log(), None).unwrap_err();
        assert_eq!((broken.promise, broken.entry), (Promise::Attestation, Some(at)), "{broken}");
        assert!(broken.what.contains("and 0 do"), "{broken}");
    }
}

/// Whoever finds a key that was given up attests whatever he likes with it, and leaves out that it ended. One
/// who has replayed the log does not stand by that; where too few do, nobody can know, and is told so.
#[test]
fn a_key_that_has_ended_attests_nothing_that_a_quorum_stands_by() {
    let (mut story, blobs) = partnership();
    let rotate = Act::KeyRotate(KeyRotate::of(id_of("birch"), public("birch 2")));
    let entry = story.sign(&[("birch", "signatory"), ("birch 2", "signatory")], &rotate);
    assert!(story.step(entry).is_admitted());
    let rotated = story.entries.len() as u64 - 1;
    let honest = bundle(&story, &blobs, For::Court, None, &[1]);
    assert_eq!(index(&honest).ended, [(id_of("birch"), rotated)].into());
    let mut found = honest.clone();
    attest_by(&mut found, "birch");
    let broken = verify(&found, None, None).unwrap_err();
    assert_eq!(broken.promise, Promise::Attestation);
    assert!(broken.what.contains(&format!("ended with entry {rotated}")), "{broken}");

    // Left out of the list, it is given away by the record of its end.
    let by_birch = |files: &Files| {
        let mut files = sealed(files.clone(), |own| {
            own.ended.clear();
            let party: PartyId = "birch".parse().unwrap();
            own.by = Some(party.clone());
            own.keys.insert(id_of("birch"), KeyOf { party: Some(party), public: public("birch") });
        });
        files.retain(|name, _| !name.starts_with("attestations/"));
        attest_by(&mut files, "birch");
        files
    };
    let told = bundle(&story, &blobs, For::Court, None, &[rotated]);
    let broken = verify(&by_birch(&told), None, None).unwrap_err();
    assert!(broken.what.contains("was ended by an entry shown here"), "{broken}");
    // That left out too, nothing does: and the report says that it may be so.
    let report = verify(&by_birch(&honest), None, None).unwrap();
    assert!(!report.ended_keys_known && !report.attested_by_quorum);
    let said = report.to_string();
    assert!(said.contains("could attest here and not say so"), "{said}");

    // Where as many say which keys had ended as a checkpoint needs, it is known.
    let mut known = honest;
    for party in ["cypress", "dogwood", "lab"] {
        attest_by(&mut known, party);
    }
    let report = verify(&known, None, None).unwrap();
    assert!(report.ended_keys_known);
    assert!(report.to_string().contains("a quorum of the witnesses says which had ended (1)"));
}

/// The list of keys that had ended is held against what is shown: what can be seen to be false is refused,
/// whoever attests it; of the rest the report says on whose word it stands.
#[test]
fn a_list_of_ended_keys_that_what_is_shown_contradicts_is_refused() {
    let (mut story, blobs) = partnership();
    let mut rotated = |party: &str, next: &str| {
        let rotate = Act::KeyRotate(KeyRotate::of(id_of(party), public(next)));
        let entry = story.sign(&[(party, "signatory"), (next, "signatory")], &rotate);
        assert!(story.step(entry).is_admitted());
        story.entries.len() as u64 - 1
    };
    let (shown, hidden) = (rotated("birch", "birch 2"), rotated("cypress", "cypress 2"));
    let honest = bundle(&story, &blobs, For::Court, None, &[shown]);
    verify(&honest, None, None).unwrap();
    let claim = |files: &Files, change: &dyn Fn(&mut Index)| {
        verify(&sealed(files.clone(), change), None, None).map_err(|broken| {
            assert_eq!((broken.promise, broken.file.as_str()), (Promise::Attestation, INDEX));
            broken.what
        })
    };
    let refused = |change: &dyn Fn(&mut Index), why: &str| {
        let what = claim(&honest, change).unwrap_err();
        assert!(what.contains(why), "{what}");
    };
    let leave_out = |party: &'static str| {
        move |own: &mut Index| own.ended.retain(|key, _| *key != id_of(party))
    };
    refused(&leave_out("birch"), &format!("ended with entry {shown}, which is not said here"));
    refused(&|own| own.ended.values_mut().for_each(|at| *at += 1), "which is not said here");
    let add = |at: u64| move |own: &mut Index| own.ended.extend([(id_of("dogwood"), at)]);
    // By an entry that ended another key, by one that ended none, and by none that is there.
    let size = story.entries.len() as u64;
    for at in [shown, 0, size] {
        refused(&add(at), &format!("did not end with entry {at}"));
    }

    // What is not shown nobody who reads the bundle alone can know, and the report says so.
    let unseen: [&dyn Fn(&mut Index); 2] = [&leave_out("cypress"), &add(hidden)];
    for change in unseen {
        let report = claim(&honest, change).unwrap();
        assert!(!report.ended_keys_known);
        assert!(report.to_string().contains("is said by fewer than a quorum"), "{report}");
    }
    // Who has replayed the log does not stand by it: `concordat attest` compares the whole list.
}

/// A member's key signs for its party under mandates, and does not say what the party has replayed.
#[test]
fn a_member_does_not_attest_for_its_party() {
    let (mut story, blobs) = partnership();
    let register = KeyRegister {
        key: public("nurse"),
        member: Some("nurse".parse().unwrap()),
        ..Default::default()
    };
    let both = [("birch", "signatory"), ("nurse", "signatory")];
    let entry = story.sign(&both, &Act::KeyRegister(register));
    assert!(story.step(entry).is_admitted());
    let registered = story.entries.len() as u64 - 1;
    let mut files = bundle(&story, &blobs, For::Court, None, &[registered]);
    verify(&files, None, None).unwrap();
    attest_with(&mut files, "birch", "nurse");
    let broken = verify(&files, None, None).unwrap_err();
    assert_eq!(broken.promise, Promise::Attestation);
    assert!(broken.what.contains("is a member's"), "{broken}");
}
