//! Stories of a coordinator that asks witnesses: who answers is served, who does not keeps nobody waiting.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    clippy::panic,
    reason = "tests"
)]

mod common;
#[path = "../../store/tests/world/plan.rs"]
mod plan;

use std::fs;
use std::io::Write as _;
use std::net::TcpListener;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use common::*;
use concordat_coordinator::Home;
use concordat_partnership::Act;
use concordat_partnership::act::PlaceRegister;
use concordat_store::Store;
use concordat_terms::{Digest, Period, Timestamp};
use concordat_tlog::cosign::cosign;
use concordat_tlog::vkey::Key;
use concordat_tlog::{Note, PqSigningKey, SigningKey, Vkey};
use concordat_wire::api::{Standing, Witnesses};
use concordat_wire::cosigner::CosignerKeys;
use concordat_witness::{Book, Config, Cosigner, Running, start};
use plan::Plan;

/// A witness at work, in a folder of its own.
struct Watcher {
    running: Running,
    dir: tempfile::TempDir,
}

fn cosigner(name: &str, key: SigningKey) -> Cosigner {
    let pq = PqSigningKey::from_seed(&Digest::of(format!("{name} pq").as_bytes()).0);
    Cosigner { name: name.to_owned(), key, pq }
}

/// What a party runs beside its node: it cosigns with the key that the log names for the party.
fn of_party(name: &str) -> Cosigner {
    cosigner(&format!("{ORIGIN}/{name}"), witness_key(name))
}

/// Somebody whom the log does not name.
fn independent() -> Cosigner {
    cosigner("w.example/w1", SigningKey::from_seed(&[9; 32]))
}

fn vkeys(cosigner: &Cosigner) -> Vec<String> {
    let keys = [Key::Witness(cosigner.key.public()), Key::PqWitness(cosigner.pq.public())];
    keys.map(|key| Vkey::new(&cosigner.name, key).unwrap().to_string()).to_vec()
}

fn watch(home: &Path, cosigner: Cosigner) -> Watcher {
    let sequencer = Home::prepare(home).unwrap().sequencer.parse().unwrap();
    let log = Vkey::new(ORIGIN, Key::Log(sequencer)).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let now = AtomicU64::new(START);
    let clock = move || Timestamp::from_seconds(now.fetch_add(1, Ordering::Relaxed)).unwrap();
    let config = Config {
        listen: "127.0.0.1:0".parse().unwrap(),
        file: "witness.toml".to_owned(),
        certificate: concordat_front::Folder::open(dir.path()).unwrap().certificate().unwrap(),
        limits: concordat_front::Limits::default(),
        clock: Arc::new(clock),
    };
    let book = || Ok(Book::new(Store::open(&dir.path().join("store")).unwrap(), cosigner, [log]));
    let running = start(config, book).unwrap();
    Watcher { running, dir }
}

/// Adds a witness to the coordinator's settings.
fn settle(home: &Path, name: &str, url: &str, certificate: Option<&Path>, keys: &[String]) {
    let path = home.join("concordat.toml");
    let mut file = fs::OpenOptions::new().append(true).open(path).unwrap();
    let certificate =
        certificate.map(|path| format!("certificate = {path:?}\n")).unwrap_or_default();
    writeln!(file, "[witnesses.\"{name}\"]\nurl = \"{url}\"\n{certificate}keys = {keys:?}")
        .unwrap();
}

impl Watcher {
    fn settle(&self, home: &Path, name: &str, keys: &[String]) {
        let url = format!("https://localhost:{}", self.running.addr.port());
        settle(home, name, &url, Some(&self.dir.path().join("tls/cert.pem")), keys);
    }
}

/// The entry of this witness, once it fits.
fn until(world: &World, name: &str, fits: impl Fn(&Standing) -> bool) -> Standing {
    let started = Instant::now();
    loop {
        let Witnesses { witnesses, .. } =
            serde_json::from_slice(&world.client.get("/v1/witnesses").body).unwrap();
        let found = witnesses.into_iter().find(|witness| witness.name == name).unwrap();
        if fits(&found) {
            return found;
        }
        assert!(started.elapsed() < Duration::from_secs(60), "{found:?}");
        std::thread::park_timeout(Duration::from_millis(10));
    }
}

fn code(standing: &Standing) -> Option<&str> {
    standing.problem.as_ref().map(|problem| problem.code.as_str())
}

fn place() -> Act {
    Act::PlaceRegister(PlaceRegister {
        place: "ward".parse().unwrap(),
        class: 2,
        jurisdiction: "CH".parse().unwrap(),
    })
}

/// The latest checkpoint that counts, once it has more than so many entries.
fn counted_after(world: &World, size: u64) -> String {
    let answer = world.client.get(&format!("/v1/checkpoint?quorum=1&after={size}&wait=30"));
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.text()
}

#[test]
fn the_log_counts_by_those_who_answer_and_waits_for_nobody_else() {
    let mut watchers = Vec::new();
    // One that nobody listens for any more, and one that takes the call and says nothing.
    let dead = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let world = World::founded_with(patient(), |config| {
        let home = &config.home;
        Home::prepare(home).unwrap();
        for name in ["alder", "birch", "cypress", "lab"] {
            let watcher = watch(home, of_party(name));
            watcher.settle(home, name, &[]);
            watchers.push(watcher);
        }
        settle(home, "dogwood", &format!("http://{dead}"), None, &[]);
        let silent = silent.local_addr().unwrap();
        settle(home, "mute", &format!("http://{silent}"), None, &[]);
        let independent_watcher = watch(home, independent());
        independent_watcher.settle(home, "w1", &vkeys(&independent()));
        watchers.push(independent_watcher);
        // Another one, whose keys somebody forgot to name.
        let nameless = watch(home, cosigner("w.example/w2", SigningKey::from_seed(&[8; 32])));
        nameless.settle(home, "nameless", &[]);
        watchers.push(nameless);
    });

    let first = counted_after(&world, 0);
    assert!(first.lines().nth(1) == Some("1"), "{first}");
    world.tries("alder", "data-holder", place());
    assert!(counted_after(&world, 1).lines().nth(1) == Some("2"));

    // Who answered, and who did not, is told.
    let alder = until(&world, "alder", |alder| alder.size == Some(2));
    assert!(alder.counts && alder.asked && alder.at.is_some() && alder.problem.is_none());
    let dogwood = until(&world, "dogwood", |dogwood| dogwood.failures > 1);
    assert_eq!(
        (code(&dogwood), dogwood.size, dogwood.counts),
        (Some("witness-offline"), None, true)
    );
    let nameless = until(&world, "nameless", |nameless| nameless.failures > 0);
    assert_eq!((code(&nameless), nameless.counts), (Some("witness-unknown-key"), false));

    // The one whom the log does not name counts for nothing, and both its lines are served.
    let w1 = until(&world, "w1", |w1| w1.size == Some(2));
    assert!(!w1.counts && w1.problem.is_none());
    let lines = world.client.checkpoint().1;
    let own = lines.lines().iter().filter(|line| line.name() == "w.example/w1");
    assert_eq!(own.count(), 2, "Ed25519 and ML-DSA-44");
}

#[test]
fn a_coordinator_that_comes_back_asks_from_where_the_witness_is_and_has_kept_what_it_said() {
    let mut watchers = Vec::new();
    let mut world = World::founded_with(patient(), |config| {
        let home = &config.home;
        for name in ["alder", "birch", "cypress", "lab"] {
            let watcher = watch(home, of_party(name));
            watcher.settle(home, name, &[]);
            watchers.push(watcher);
        }
    });
    world.tries("alder", "data-holder", place());
    counted_after(&world, 1);
    for name in ["alder", "birch", "cypress", "lab"] {
        until(&world, name, |witness| witness.size == Some(2));
    }

    // It has forgotten where each witness is, and is told.
    world.restart();
    world.tries("alder", "data-holder", place());
    counted_after(&world, 2);
    until(&world, "lab", |lab| lab.size == Some(3) && lab.problem.is_none());

    // Without any of them: what they have cosigned is on disk.
    for name in ["alder", "birch", "cypress", "lab"] {
        until(&world, name, |witness| witness.size == Some(3));
    }
    let before = world.client.checkpoint().1;
    assert_eq!(before.lines().len(), 5);
    let stop = |watcher: Watcher| {
        watcher.running.stop();
        watcher.dir
    };
    let _folders: Vec<tempfile::TempDir> = watchers.into_iter().map(stop).collect();
    world.restart();
    let after = world.client.checkpoint().1;
    let names = |note: &concordat_tlog::Note| {
        let mut names: Vec<_> = note.lines().iter().map(|l| l.name().to_owned()).collect();
        names.sort();
        names
    };
    assert_eq!(names(&after), names(&before));
    assert_eq!(until(&world, "alder", |_| true).size, Some(3));
}

#[test]
fn a_log_that_was_put_back_is_told_that_its_witness_has_seen_more() {
    let mut watcher = None;
    let mut world = World::founded_with(patient(), |config| {
        let alder = watch(&config.home, of_party("alder"));
        alder.settle(&config.home, "alder", &[]);
        watcher = Some(alder);
    });
    world.running.take().unwrap().stop();
    let (store, copy) = (world.dir.path().join("store"), world.dir.path().join("copy"));
    copy_folder(&store, &copy);
    world.start();
    world.tries("alder", "data-holder", place());
    until(&world, "alder", |alder| alder.size == Some(2));

    world.running.take().unwrap().stop();
    fs::remove_dir_all(&store).unwrap();
    fs::rename(&copy, &store).unwrap();
    world.start();
    let alder = until(&world, "alder", |alder| alder.failures > 0);
    assert_eq!(code(&alder), Some("witness-ahead"));

    // Another entry in the place of the lost one: the witness has seen another history.
    world.tries("birch", "data-holder", place());
    world.tries("birch", "data-holder", place());
    let alder = until(&world, "alder", |alder| code(alder) == Some("witness-disagrees"));
    assert_eq!(alder.problem.unwrap().to_string().lines().count(), 3);
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for item in fs::read_dir(from).unwrap() {
        let item = item.unwrap();
        let target = to.join(item.file_name());
        if item.file_type().unwrap().is_dir() {
            copy_folder(&item.path(), &target);
        } else {
            fs::copy(item.path(), target).unwrap();
        }
    }
}

#[test]
fn a_setting_that_cannot_be_used_starts_nothing() {
    let home = tempfile::tempdir().unwrap();
    Home::prepare(home.path()).unwrap();
    settle(home.path(), "alder", "http://w.example", None, &[]);
    let refused = Home::prepare(home.path()).unwrap_err();
    assert_eq!((refused.code.as_str(), refused.to_string().lines().count()), ("bad-config", 3));
}

/// Eight keys of alder's own, by its word of this moment, and their lines on the latest checkpoint.
fn eight_keys(world: &World, round: u8) -> (Vec<u8>, Vec<u8>) {
    let (_, note) = world.client.checkpoint();
    let own = |nth: u8| {
        let name = format!("{ORIGIN}/alder/{round}-{nth}");
        (name, SigningKey::from_seed(&[8 * round + nth + 1; 32]))
    };
    let keys: Vec<(String, SigningKey)> = (0..8).map(own).collect();
    let vkey = |(name, key): &(String, SigningKey)| Vkey::new(name, Key::Witness(key.public()));
    let said = CosignerKeys {
        party: party("alder"),
        key: id_of(&key("alder")).parse().unwrap(),
        keys: keys.iter().map(|own| vkey(own).unwrap()).collect(),
        time: world.now(),
    };
    let line = |(name, key): &(String, SigningKey)| cosign(name, key, world.now(), note.text());
    let lines = keys.iter().map(|own| line(own).unwrap()).collect();
    let note = Note::new(note.text().to_owned(), lines).unwrap();
    (said.seal(world.log, &key("alder")).unwrap().to_bytes(), note.to_bytes())
}

/// Sixty-four lines are as many as a checkpoint has room for.
#[test]
fn who_cosigns_with_ever_new_keys_keeps_no_checkpoint_from_counting() {
    let world = World::founded();
    for round in 0..8 {
        world.pass(1);
        let (said, cosigned) = eight_keys(&world, round);
        assert_eq!(world.client.post("/v1/cosigners", &said).status, 204);
        assert_eq!(world.client.post("/v1/cosignatures", &cosigned).status, 204);
        // Its earlier keys are its own no more.
        assert_eq!(world.client.checkpoint().1.lines().len(), 1 + 8);
    }
    for name in ["alder", "birch", "cypress", "lab"] {
        let cosigned = world.cosigned(name).to_bytes();
        assert_eq!(world.client.post("/v1/cosignatures", &cosigned).status, 204);
    }
    assert_eq!(counted_after(&world, 0).lines().nth(1), Some("1"));
    assert_eq!(world.client.checkpoint().1.lines().len(), 1 + 8 + 4);
}

/// Anybody can post what is served. It costs a look, and no write.
#[test]
fn what_is_held_already_is_posted_in_vain() {
    let plan = Plan::none();
    let planned = plan.clone();
    let mut world = World::founded_with(patient(), |config| {
        config.for_tests.wrap = Some(Arc::new(move |store: Store| {
            store.wrapped(|journal| planned.before_log(journal), |blobs| blobs)
        }));
    });
    let cosign_by = |world: &World, name: &str| {
        let before = plan.writes();
        let answer = world.client.post("/v1/cosignatures", &world.cosigned(name).to_bytes());
        assert_eq!(answer.status, 204);
        let started = Instant::now();
        while plan.writes() == before {
            assert!(started.elapsed() < Duration::from_secs(60), "it is not kept");
            std::thread::park_timeout(Duration::from_millis(5));
        }
    };
    cosign_by(&world, "alder");
    let (held, before) = (world.client.checkpoint().1.to_bytes(), plan.writes());
    for _ in 0..20 {
        assert_eq!(world.client.post("/v1/cosignatures", &held).status, 204);
    }
    // One write for what birch brings, and one for what came last before the end.
    cosign_by(&world, "birch");
    world.running.take().unwrap().stop();
    assert_eq!(plan.writes(), before + 2);
}

/// What was shown as counting counts for good: before it is on disk, nobody is told.
#[test]
fn a_quorum_is_shown_once_it_is_on_disk() {
    let plan = Plan::none();
    let planned = plan.clone();
    let world = World::founded_with(patient(), |config| {
        config.for_tests.wrap = Some(Arc::new(move |store: Store| {
            store.wrapped(|journal| planned.before_log(journal), |blobs| blobs)
        }));
    });
    let cosign =
        |name: &str| world.client.post("/v1/cosignatures", &world.cosigned(name).to_bytes()).status;
    let counts = || world.client.get("/v1/checkpoint?quorum=1").status == 200;
    plan.refuse(Some("checkpoint/quorum"));
    let answers: Vec<u16> = HOLDERS.into_iter().chain(["lab"]).map(cosign).collect();
    assert!(answers.contains(&500), "{answers:?}");
    assert!(!counts());
    // The disk is there again: what came already is enough, whoever sends it once more.
    plan.refuse(None);
    assert_eq!((cosign("lab"), counts()), (204, true));
}

/// Who has a party's key for a moment says nothing for it that lasts: a word of the future would keep the
/// party's own from counting.
#[test]
fn a_word_about_keys_from_the_future_is_not_taken() {
    let world = World::in_force();
    let said = |name: &str, time: Timestamp| {
        let seed = Digest::of(name.as_bytes()).0;
        let vkey = Key::Witness(SigningKey::from_seed(&seed).public());
        let keys = vec![Vkey::new(&format!("{ORIGIN}/alder/history"), vkey).unwrap()];
        let ledger = key("alder");
        let key = id_of(&ledger).parse().unwrap();
        let said = CosignerKeys { party: party("alder"), key, keys, time };
        let sealed = said.seal(world.log, &ledger).unwrap().to_bytes();
        world.client.post("/v1/cosigners", &sealed)
    };
    let later = |seconds| world.now().plus(Period::of_seconds(seconds));
    let far = said("a thief's", later(86_400));
    assert_eq!((far.status, far.code().as_str()), (400, "not-a-cosigner"));
    assert_eq!(said("a clock that is ahead", later(300)).status, 204);
    assert_eq!(said("alder's own", later(301)).status, 204);
    let known = world.client.get("/v1/witnesses").text();
    assert!(known.contains("\"alder/history\""), "{known}");
}
