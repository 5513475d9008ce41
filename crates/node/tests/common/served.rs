//! A log on a shelf, and the folder of a party that follows it.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use concordat_node::home::{Config, Dataset, Home, NodeConfig};
use concordat_node::now;
use concordat_partnership::State;
use concordat_terms::{Digest, Timestamp};
use concordat_tlog::cosign::cosign;
use concordat_tlog::merkle::leaf_hash;
use concordat_tlog::tile::{Level, TilePath, encode_entries};
use concordat_tlog::word::Promise;
use concordat_tlog::{Checkpoint, Envelope, Frontier, Note, SigningKey};
use concordat_wire::api::{Receipt, Receipts, Submit};
use tempfile::TempDir;

use super::shelf::Shelf;
use super::story::{Story, key, texts};
use super::{SALT, partnership, party, table};

/// A partnership, a shelf for its log, and Alder's home, from which nothing was followed yet.
pub struct Followed {
    pub shelf: Shelf,
    pub dir: TempDir,
    pub story: Story,
    pub home: Home,
}

impl Followed {
    /// A partnership in which these parties have approved the code.
    pub fn approved_by(approving: &[&str]) -> Self {
        Self::of(partnership(approving))
    }

    pub fn of(story: Story) -> Self {
        let (shelf, dir) = (Shelf::open(), tempfile::tempdir().unwrap());
        let home = home(dir.path(), &shelf, story.state().log().unwrap());
        Self { shelf, dir, story, home }
    }
}

/// Alder's home, with the keys and rows of the story.
pub fn home(dir: &Path, shelf: &Shelf, log: Digest) -> Home {
    home_with(dir, shelf, log, NodeConfig::default())
}

pub fn home_with(dir: &Path, shelf: &Shelf, log: Digest, node: NodeConfig) -> Home {
    let write = |name: &str, text: String| {
        let path = dir.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    };
    let seed = |key: &SigningKey| hex::encode(*key.to_seed());
    write("keys/ledger.key", seed(&key("alder")));
    write("keys/witness.key", seed(&key("alder witness")));
    write("datasets/heart-rows.salt", hex::encode(SALT));
    // What becomes of the source is nothing to a run, once the rows are frozen.
    std::fs::write(dir.join("rows.csv"), "changed since\n").unwrap();
    std::fs::write(dir.join("coordinator.pem"), &shelf.certificate).unwrap();
    let rows = Dataset::table("rows.csv");
    let config = Config {
        party: party("alder"),
        log,
        coordinator: shelf.address.clone(),
        certificate: "coordinator.pem".into(),
        datasets: [("heart-rows".parse().unwrap(), rows)].into(),
        node,
        witnesses: BTreeMap::new(),
    };
    let home = Home::create(dir, config).unwrap();
    home.freeze(&"heart-rows".parse().unwrap(), &table("alder")).unwrap();
    home
}

pub fn checkpoint(entries: &[Vec<u8>]) -> Checkpoint {
    let mut frontier = Frontier::default();
    entries.iter().for_each(|e| frontier.append(leaf_hash(e)));
    let (size, root) = (frontier.size(), frontier.root());
    Checkpoint { origin: "heart.example/log".into(), size, root }
}

/// Puts a log on the shelf, signed by the sequencer.
pub fn publish(shelf: &Shelf, entries: &[Vec<u8>]) -> Note {
    let note = publish_entries(shelf, entries);
    shelf.put("/checkpoint", 200, note.to_bytes());
    note
}

/// [`publish`], without saying so: only its entries can be had.
pub fn publish_entries(shelf: &Shelf, entries: &[Vec<u8>]) -> Note {
    for (index, bundle) in entries.chunks(256).enumerate() {
        let width = bundle.len() as u16;
        let path = TilePath::new(Level::Entries, index as u64, width).unwrap();
        shelf.put(&format!("/{path}"), 200, encode_entries(bundle).unwrap());
    }
    for text in texts().into_values() {
        shelf.put(&format!("/v1/blobs/{}", Digest::of(text.as_bytes())), 200, text);
    }
    checkpoint(entries).sign(&key("sequencer")).unwrap()
}

/// Shows a checkpoint that four of the five witnesses cosigned at this time.
pub fn witnessed(shelf: &Shelf, mut note: Note, at: Timestamp) {
    for name in ["birch", "cypress", "dogwood", "lab"] {
        let (cosigner, key) =
            (format!("heart.example/log/{name}"), key(&format!("{name} witness")));
        note.push(cosign(&cosigner, &key, at, note.text()).unwrap()).unwrap();
    }
    shelf.put("/v1/checkpoint?quorum=1", 200, note.to_bytes());
}

/// What the coordinator of a log as it stands answers to an envelope: its place, and the promise of it.
pub fn receipts(envelope: &[u8], index: u64, log: &State) -> Receipts {
    receipts_of(&[envelope], index, log)
}

/// What it answers to envelopes that were sent together, and have places from this one on.
pub fn receipts_of(envelopes: &[&[u8]], first: u64, state: &State) -> Receipts {
    let (mut receipts, mut promises) = (Vec::new(), Vec::new());
    let (log, time) = (state.log().unwrap(), state.time().unwrap());
    for (index, envelope) in (first..).zip(envelopes) {
        let origin = "heart.example/log".to_owned();
        promises.push(Promise { origin, log, index, leaf: leaf_hash(envelope), time });
        let id = Digest::of(Envelope::parse(envelope).unwrap().payload());
        let (admitted, clause, problem) = (true, None, None);
        receipts.push(Receipt { index, id, time, admitted, clause, problem });
    }
    let promises = Promise::sign(&promises, &key("sequencer")).unwrap().to_bytes();
    Receipts { receipts, promises: vec![String::from_utf8(promises).unwrap()] }
}

/// Promises this place to whatever act is sent.
pub fn promise_at(shelf: &Shelf, index: u64, state: &State) {
    let state = state.clone();
    shelf.answer_with("/v1/acts", move |body| {
        let submit: Submit = serde_json::from_slice(body).unwrap();
        let envelope = STANDARD.decode(&submit.envelopes[0]).unwrap();
        serde_json::to_vec(&receipts(&envelope, index, &state)).unwrap()
    });
}

pub fn an_hour_ago() -> Timestamp {
    Timestamp::from_seconds(now().seconds() - 3600).unwrap()
}
