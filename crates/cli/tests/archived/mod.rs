//! The archive of a story, as an export writes it.
#![allow(clippy::unwrap_used, unreachable_pub, dead_code, reason = "a test")]

use std::collections::BTreeMap;
use std::path::Path;

use concordat_cli::archive::{Draft, Writer, tell};
use concordat_terms::Digest;
use concordat_tlog::cosign::cosign;
use concordat_tlog::merkle::leaf_hash;
use concordat_tlog::{Checkpoint, Frontier};

use crate::common::{HOSPITALS, Story, key};

/// The checkpoint over a story, cosigned by the hospitals.
pub fn checkpoint(story: &Story) -> Vec<u8> {
    let mut tree = Frontier::default();
    story.entries.iter().for_each(|entry| tree.append(leaf_hash(entry)));
    let origin = "heart.example/log".to_owned();
    let (size, root) = (tree.size(), tree.root());
    let checkpoint = Checkpoint { origin: origin.clone(), size, root };
    let mut note = checkpoint.sign(&key("sequencer")).unwrap();
    for name in HOSPITALS {
        let witness = key(&format!("{name} witness"));
        let line = cosign(&format!("{origin}/{name}"), &witness, story.now, note.text());
        note.push(line.unwrap()).unwrap();
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
