//! The archive of a story, as an export writes it.
#![allow(clippy::unwrap_used, unreachable_pub, dead_code, reason = "a test")]

use std::collections::BTreeMap;
use std::path::Path;

use concordat_cli::archive::{Draft, Writer, tell};
use concordat_terms::{Digest, PartyId};
use concordat_tlog::cosign::{cosign, cosign_pq};
use concordat_tlog::merkle::leaf_hash;
use concordat_tlog::vkey::Key;
use concordat_tlog::{Checkpoint, Frontier, PqSigningKey, Vkey};

use crate::common::{Story, digest, key};

/// What cosigns for a party beside its key of Ed25519.
pub fn pq(party: &str) -> PqSigningKey {
    PqSigningKey::from_seed(&digest(&format!("{party} witness of ml-dsa-44")).0)
}

/// The text of that key.
pub fn pq_vkey(party: &str) -> String {
    let name = format!("heart.example/log/{party}");
    Vkey::new(&name, Key::PqWitness(pq(party).public())).unwrap().to_string()
}

/// The checkpoint over a story, cosigned by all who must but the lab.
pub fn checkpoint(story: &Story) -> Vec<u8> {
    let witnesses = &story.state().policy().unwrap().witnesses;
    checkpoint_by(story, witnesses.iter().map(PartyId::as_str).filter(|party| *party != "lab"))
}

/// The same, cosigned by these: with the keys that they have then.
pub fn checkpoint_by<'a>(story: &Story, witnesses: impl IntoIterator<Item = &'a str>) -> Vec<u8> {
    let mut tree = Frontier::default();
    story.entries.iter().for_each(|entry| tree.append(leaf_hash(entry)));
    let origin = "heart.example/log".to_owned();
    let (size, root) = (tree.size(), tree.root());
    let checkpoint = Checkpoint { origin: origin.clone(), size, root };
    let mut note = checkpoint.sign(&key("sequencer")).unwrap();
    for party in witnesses {
        let name = format!("{origin}/{party}");
        let member = &story.state().members()[&party.parse::<PartyId>().unwrap()];
        let mut keys =
            ["witness", "witness 2"].map(|own| key(&format!("{party} {own}"))).into_iter();
        let witness = keys.find(|own| own.public().to_string() == member.witness).unwrap();
        note.push(cosign(&name, &witness, story.now, note.text()).unwrap()).unwrap();
        if member.witness_pq.is_some() {
            note.push(cosign_pq(&name, &pq(party), story.now, note.text()).unwrap()).unwrap();
        }
    }
    note.to_bytes()
}

/// Writes the archive of a story.
pub fn archived(story: &Story, blobs: &BTreeMap<Digest, Vec<u8>>, target: &Path) {
    let absent = || concordat_cli::Failure::usage("no-such-file", "absent", "none");
    let have = |digest: &Digest| blobs.get(digest).cloned().ok_or_else(absent);
    let mut writer = Writer::begin(Draft::of(target).unwrap()).unwrap();
    let pieces = story.entries.iter().map(|entry| Ok(vec![entry.into()]));
    let keys = tell(pieces, &BTreeMap::new(), have, |part| writer.part(part)).unwrap().keys;
    writer.end(&checkpoint(story), &keys).unwrap().0.whole().unwrap();
}
