//! When a node joins, what it waits for before it sends anything, and what makes it stop.
#![allow(
    clippy::disallowed_methods,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "tests"
)]

mod common;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use common::at::{At, until};
use common::served::{
    an_hour_ago, home_with, promise_at, publish, publish_entries, receipts, witnessed,
};
use common::shelf::Shelf;
use common::story::{HOSPITALS, Story, genesis, id_of, key};
use common::{SALT, open_run, partnership, partnership_of, table};
use concordat_data::commitment;
use concordat_node::home::NodeConfig;
use concordat_node::now;
use concordat_node::work::Event;
use concordat_partnership::Act;
use concordat_partnership::act::{DatasetWithdraw, KeyCompromise};
use concordat_replay::{NoBasis, RoundBasis};
use concordat_terms::Digest;
use concordat_tlog::cosign::{cosign, cosign_pq};
use concordat_tlog::vkey::Key;
use concordat_tlog::{Note, PqSigningKey, Vkey};
use concordat_wire::api::Submit;

/// A run that a quorum has seen opened, at a coordinator in our hand.
struct Scene {
    shelf: Shelf,
    story: Story,
    dir: tempfile::TempDir,
}

impl Scene {
    fn set() -> Self {
        Self::of(partnership(&HOSPITALS))
    }

    fn of(mut story: Story) -> Self {
        let shelf = Shelf::open();
        let recipe = open_run(&mut story, "first", |_| {});
        shelf.put(&format!("/v1/blobs/{}", Digest::of(&recipe)), 200, recipe);
        let note = publish(&shelf, &story.entries);
        witnessed(&shelf, note, now());
        let dir = tempfile::tempdir().unwrap();
        let node = NodeConfig { join: true, ..NodeConfig::default() };
        home_with(dir.path(), &shelf, story.state().log().unwrap(), node);
        let scene = Self { shelf, story, dir };
        scene.promises();
        scene
    }

    /// From here on the coordinator promises the next place to whatever is sent.
    fn promises(&self) {
        promise_at(&self.shelf, self.story.entries.len() as u64, self.story.state());
    }

    /// The join that the node sent, logged and shown to it.
    fn log_its_join(&mut self) {
        let sent = until("the node joins", || self.sent("/v1/acts").pop());
        let submit: Submit = serde_json::from_slice(&sent).unwrap();
        let entry = STANDARD.decode(&submit.envelopes[0]).unwrap();
        assert!(self.story.step(entry).is_admitted());
        publish(&self.shelf, &self.story.entries);
    }

    /// What was posted below a path.
    fn sent(&self, path: &str) -> Vec<Vec<u8>> {
        let received = self.shelf.received.lock().unwrap();
        received
            .iter()
            .filter(|(at, _)| at.starts_with(path))
            .map(|(_, body)| body.clone())
            .collect()
    }

    /// Waits until the node has looked at what the witnesses say a few times more.
    fn looked_at_the_quorum(&self) {
        let looks = || {
            let asked = self.shelf.asked.lock().unwrap();
            asked.iter().filter(|path| path.ends_with("quorum=1")).count()
        };
        let before = looks();
        until("the node asks the witnesses", || (looks() > before + 4).then_some(()));
    }
}

#[test]
fn a_node_that_is_not_to_join_says_so_and_sends_nothing() {
    let scene = Scene::set();
    let config = scene.dir.path().join("concordat.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replace("join = true", "join = false")).unwrap();
    let at = At::start(scene.dir.path());
    at.refuses("joins-no-runs");
    at.stop();
    assert_eq!(scene.sent("/v1/acts"), Vec::<Vec<u8>>::new());
}

#[test]
fn nothing_is_sent_before_a_quorum_has_lately_seen_the_nodes_own_join() {
    let mut scene = Scene::set();
    let node = At::start(scene.dir.path());
    scene.log_its_join();
    node.until(|event| matches!(event, Event::Joined { .. }));

    // The quorum is fresh, and ends before the join.
    scene.looked_at_the_quorum();
    assert_eq!(scene.sent("/v1/runs/first").len(), 0);
    // It has the join, and is stale.
    let note = publish_entries(&scene.shelf, &scene.story.entries);
    witnessed(&scene.shelf, note.clone(), an_hour_ago());
    scene.looked_at_the_quorum();
    assert_eq!(scene.sent("/v1/runs/first").len(), 0);
    // It claims a time that is yet to come.
    witnessed(&scene.shelf, note.clone(), now().plus("PT1H".parse().unwrap()));
    scene.looked_at_the_quorum();
    assert_eq!(scene.sent("/v1/runs/first").len(), 0);

    witnessed(&scene.shelf, note, now());
    until("keys are sent", || scene.sent("/v1/runs/first/0/0").pop());
    node.stop();
}

/// A party that cosigns in two schemes is one party.
#[test]
fn two_lines_of_one_party_are_not_two_parties_that_have_lately_seen_the_join() {
    let mut genesis = genesis();
    let pq = |name: &str| PqSigningKey::from_seed(&Digest::of(name.as_bytes()).0);
    let cosigner = |name: &str| format!("heart.example/log/{name}");
    for (party, founder) in &mut genesis.parties {
        let key = Key::PqWitness(pq(party.as_str()).public());
        founder.witness_pq = Some(Vkey::new(&cosigner(party.as_str()), key).unwrap().to_string());
    }
    let mut story = Story::founded_by(genesis);
    story.enter(&["parties", "governance", "data-use", "protocol", "release"]);
    let mut scene = Scene::of(partnership_of(story, &HOSPITALS));
    let node = At::start(scene.dir.path());
    scene.log_its_join();
    node.until(|event| matches!(event, Event::Joined { .. }));

    // Two of four lately, and each of them twice.
    let mut note = publish_entries(&scene.shelf, &scene.story.entries);
    for name in ["birch", "cypress"] {
        let line = cosign_pq(&cosigner(name), &pq(name), now(), note.text());
        note.push(line.unwrap()).unwrap();
    }
    let with = |note: &Note, fresh: &[&str]| {
        let mut note = note.clone();
        for name in ["birch", "cypress", "dogwood", "lab"] {
            let at = if fresh.contains(&name) { now() } else { an_hour_ago() };
            let key = key(&format!("{name} witness"));
            note.push(cosign(&cosigner(name), &key, at, note.text()).unwrap()).unwrap();
        }
        scene.shelf.put("/v1/checkpoint?quorum=1", 200, note.to_bytes());
    };
    with(&note, &["birch", "cypress"]);
    scene.looked_at_the_quorum();
    assert_eq!(scene.sent("/v1/runs/first").len(), 0);
    with(&note, &["birch", "cypress", "dogwood", "lab"]);
    until("keys are sent", || scene.sent("/v1/runs/first/0/0").pop());
    node.stop();
}

/// Without a promise nothing says that the join is in the log: the node goes no further.
#[test]
fn a_join_whose_place_nobody_promised_is_none() {
    let scene = Scene::set();
    for answer in [r#"{"receipts":[]}"#.to_owned(), unpromised(&scene.story)] {
        let dir = tempfile::tempdir().unwrap();
        let node = NodeConfig { join: true, ..NodeConfig::default() };
        home_with(dir.path(), &scene.shelf, scene.story.state().log().unwrap(), node);
        scene.shelf.put("/v1/acts", 200, answer);
        let at = At::start(dir.path());
        at.refuses("no-promise");
        at.stop();
        assert_eq!(scene.sent("/v1/runs/first").len(), 0);
    }
}

/// A receipt that says `admitted` and promises nothing.
fn unpromised(story: &Story) -> String {
    let index = story.entries.len() as u64;
    let mut told = receipts(&story.entries[1], index, story.state());
    told.promises.clear();
    serde_json::to_string(&told).unwrap()
}

#[test]
fn a_coordinator_that_keeps_entries_back_keeps_no_run_waiting() {
    let mut scene = Scene::set();
    let node = At::start(scene.dir.path());
    scene.log_its_join();
    node.until(|event| matches!(event, Event::Joined { .. }));
    let note = publish_entries(&scene.shelf, &scene.story.entries);

    // A longer log is signed, and what it adds is kept back.
    scene.story.step(b"one entry more".to_vec());
    let tile = format!("/tile/entries/000.p/{}", scene.story.entries.len());
    scene.shelf.stall(&tile);
    publish(&scene.shelf, &scene.story.entries);
    let asks = || scene.shelf.asked.lock().unwrap().contains(&tile).then_some(());
    until("the node asks for it", asks);
    witnessed(&scene.shelf, note, now());
    until("keys are sent all the same", || scene.sent("/v1/runs/first/0/0").pop());

    scene.shelf.let_go(&tile);
    let size = scene.story.entries.len() as u64;
    node.until(|event| *event == Event::Followed { size });
    node.stop();
}

#[test]
fn rows_that_are_withdrawn_while_a_run_goes_on_are_trained_on_no_further() {
    let mut scene = Scene::set();
    // Every attempt at the first message is lost on the way.
    scene.shelf.put("/v1/runs/first/0/0", 503, "");
    let node = At::start(scene.dir.path());
    scene.log_its_join();
    let note = publish_entries(&scene.shelf, &scene.story.entries);
    witnessed(&scene.shelf, note, now());
    until("keys are sent", || scene.sent("/v1/runs/first/0/0").pop());

    // The coordinator keeps the withdrawal back; the witnesses have seen it.
    let (asset, version) = ("heart-rows".parse().unwrap(), commitment(&SALT, &table("alder")));
    let withdrawal = Act::DatasetWithdraw(DatasetWithdraw { asset, version });
    scene.story.admit("alder", "data-holder", withdrawal);
    let note = publish_entries(&scene.shelf, &scene.story.entries);
    witnessed(&scene.shelf, note, now());
    node.refuses("dataset-withdrawn");
    node.stop();
}

/// Whoever has a party's key could speak for it in every step that is still to come.
#[test]
fn a_key_that_others_may_have_counts_no_further_in_a_run_that_goes_on() {
    let mut scene = Scene::set();
    // Every attempt at the first message is lost on the way.
    scene.shelf.put("/v1/runs/first/0/0", 503, "");
    let node = At::start(scene.dir.path());
    scene.log_its_join();
    let note = publish_entries(&scene.shelf, &scene.story.entries);
    witnessed(&scene.shelf, note, now());
    until("keys are sent", || scene.sent("/v1/runs/first/0/0").pop());

    let compromised = KeyCompromise { key: id_of("birch"), since: 1 };
    scene.story.admit("birch", "signatory", Act::KeyCompromise(compromised));
    let note = publish_entries(&scene.shelf, &scene.story.entries);
    witnessed(&scene.shelf, note, now());
    node.refuses("key-ended");
    node.stop();

    // Nor in a run that begins now.
    let state = scene.story.state();
    let run = "first".parse().unwrap();
    let derived = RoundBasis::derive(state, &run, &state.runs()[&run].proposed.plan);
    assert!(matches!(derived, Err(NoBasis::NoLedgerKey(who)) if who.as_str() == "birch"));
}

/// A coordinator that is away for longer than one tries is no reason to wait for the log to grow: where
/// everybody waits for that, it never does.
#[test]
fn a_join_that_nobody_answered_is_sent_again_once_somebody_answers() {
    let mut scene = Scene::set();
    scene.shelf.put("/v1/acts", 503, "");
    let node = At::start(scene.dir.path());
    node.refuses("coordinator-offline");
    let tried = scene.sent("/v1/acts").len();

    scene.promises();
    until("the join is sent again", || (scene.sent("/v1/acts").len() > tried).then_some(()));
    scene.log_its_join();
    node.until(|event| matches!(event, Event::Joined { .. }));
    node.stop();
    let sent = scene.sent("/v1/acts");
    assert!(sent.iter().all(|body| *body == sent[0]), "one join, however often it is sent");
}

#[test]
fn a_node_that_may_have_joined_before_it_was_restarted_abstains() {
    let scene = Scene::set();
    // The join is sent, and nobody says that it was logged.
    scene.shelf.put("/v1/acts", 503, "");
    let node = At::start(scene.dir.path());
    until("the node joins", || scene.sent("/v1/acts").pop());
    node.stop();
    let sent = scene.sent("/v1/acts");
    assert!(sent.iter().all(|body| *body == sent[0]), "one join, however often it is sent");

    scene.promises();
    let node = At::start(scene.dir.path());
    node.refuses("abstains");
    let after = scene.sent("/v1/acts");
    assert!(after.iter().all(|body| *body == sent[0]), "no other join is ever signed");
    node.stop();
}

#[test]
fn a_node_that_has_joined_before_it_was_restarted_abstains() {
    let mut scene = Scene::set();
    let node = At::start(scene.dir.path());
    scene.log_its_join();
    node.until(|event| matches!(event, Event::Joined { .. }));
    node.stop();

    let note = publish_entries(&scene.shelf, &scene.story.entries);
    witnessed(&scene.shelf, note, now());
    let node = At::start(scene.dir.path());
    node.refuses("abstains");
    assert_eq!(scene.sent("/v1/runs/first").len(), 0);
    node.stop();
}
