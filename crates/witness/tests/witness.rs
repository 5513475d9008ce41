//! A witness over HTTPS: what it cosigns, what it refuses, and what it has kept when it says so.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "tests"
)]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use concordat_front::{Folder, Limits};
use concordat_store::Store;
use concordat_terms::{Digest, Timestamp};
use concordat_tlog::fork::Fork;
use concordat_tlog::merkle::leaf_hash;
use concordat_tlog::note::{SIGNATURES_MAX, SignatureLine, Unlisted};
use concordat_tlog::vkey::Key;
use concordat_tlog::witness::AddCheckpoint;
use concordat_tlog::{Checkpoint, Note, PqSigningKey, SigningKey, Tree, Vkey};
use concordat_witness::{Book, Clock, Config, Cosigner, Running, start};
use tempfile::TempDir;
use ureq::Agent;
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};

const ORIGIN: &str = "heart.example/log";
const NAME: &str = "witness.example/w1";

fn seed(name: &str) -> [u8; 32] {
    Digest::of(name.as_bytes()).0
}

fn cosigner() -> Cosigner {
    let (key, pq) = (SigningKey::from_seed(&seed("w1")), PqSigningKey::from_seed(&seed("w1 pq")));
    Cosigner { name: NAME.to_owned(), key, pq }
}

fn vkeys() -> [Vkey; 2] {
    let Cosigner { key, pq, .. } = cosigner();
    let vkey = |key| Vkey::new(NAME, key).unwrap();
    [vkey(Key::Witness(key.public())), vkey(Key::PqWitness(pq.public()))]
}

/// So many entries of the log; of the history of this name from the fifth on.
fn tree(size: u64, history: &str) -> Tree {
    let of = |index| if index < 4 { "shared" } else { history };
    Tree::of((0..size).map(|index| leaf_hash(format!("{} {index}", of(index)).as_bytes())))
}

fn request(old: u64, new: &Tree) -> AddCheckpoint {
    let checkpoint = Checkpoint { origin: ORIGIN.to_owned(), size: new.size(), root: new.root() };
    let note = checkpoint.sign(&SigningKey::from_seed(&seed("sequencer"))).unwrap();
    AddCheckpoint { old, proof: new.prove_consistency(old, new.size()).unwrap(), note }
}

/// A witness of one log in a folder, and a client.
struct World {
    witness: Running,
    agent: Agent,
}

struct Answer {
    status: u16,
    kind: String,
    text: String,
}

impl World {
    fn in_folder(dir: &Path) -> Self {
        // Each look at the clock is a second later.
        let now = AtomicU64::new(1_800_000_000);
        let clock = move || Timestamp::from_seconds(now.fetch_add(1, Ordering::Relaxed)).unwrap();
        Self::with_clock(dir, Arc::new(clock))
    }

    fn with_clock(dir: &Path, clock: Clock) -> Self {
        let certificate = Folder::open(dir).unwrap().certificate().unwrap();
        let roots = parse_pem(certificate.pem.as_bytes());
        let roots = roots.filter_map(|item| match item.unwrap() {
            PemItem::Certificate(root) => Some(root),
            _ => None,
        });
        let roots: Vec<_> = roots.collect();
        let tls = TlsConfig::builder().root_certs(RootCerts::from(roots)).build();
        let agent = Agent::config_builder()
            .tls_config(tls)
            .http_status_as_error(false)
            .proxy(None)
            .timeout_global(Some(Duration::from_secs(30)))
            .build()
            .new_agent();
        let config = Config {
            listen: "127.0.0.1:0".parse().unwrap(),
            file: "witness.toml".to_owned(),
            certificate,
            limits: Limits::default(),
            clock,
        };
        let log = Vkey::new(ORIGIN, Key::Log(SigningKey::from_seed(&seed("sequencer")).public()));
        let book = || {
            let store = Store::open(&dir.join("store")).map_err(|fault| fault.problem())?;
            Ok(Book::new(store, cosigner(), [log.unwrap()]))
        };
        Self { witness: start(config, book).unwrap(), agent }
    }

    fn url(&self, path: &str) -> String {
        format!("https://localhost:{}{path}", self.witness.addr.port())
    }

    fn add(&self, body: &str) -> Answer {
        answer(self.agent.post(self.url("/add-checkpoint")).send(body).unwrap())
    }

    fn get(&self, path: &str) -> Answer {
        answer(self.agent.get(self.url(path)).call().unwrap())
    }

    fn latest(&self) -> Option<u64> {
        let found = self.get(&format!("/{}/checkpoint", Digest::of(ORIGIN.as_bytes())));
        if found.status == 404 {
            return None;
        }
        let note = Note::parse(found.text.as_bytes()).unwrap();
        // Both of the witness's lines are good, and the log's is there.
        let vkeys = vkeys();
        let signed = note.verify(&vkeys, Unlisted::Ignored).unwrap();
        assert_eq!((signed.len(), note.lines().len()), (2, 3));
        Some(Checkpoint::parse(note.text()).unwrap().size)
    }
}

fn answer(mut response: ureq::http::Response<ureq::Body>) -> Answer {
    let kind = response.headers().get("content-type").map(|kind| kind.to_str().unwrap().to_owned());
    let text = response.body_mut().read_to_string().unwrap();
    Answer { status: response.status().as_u16(), kind: kind.unwrap_or_default(), text }
}

/// The note with the lines of an answer, of which each is by the witness and says a time.
fn cosigned(request: &AddCheckpoint, answer: &Answer) -> Vec<Timestamp> {
    assert_eq!(answer.status, 200, "{}", answer.text);
    let lines = answer.text.lines().map(|line| SignatureLine::parse(line).unwrap());
    let note = Note::new(request.note.text().to_owned(), lines.collect()).unwrap();
    let vkeys = vkeys();
    let signed = note.verify(&vkeys, Unlisted::Rejected).unwrap();
    assert_eq!(signed.len(), 2, "Ed25519 and ML-DSA-44");
    signed.into_iter().map(|signed| signed.at.unwrap()).collect()
}

#[test]
fn a_log_that_grows_is_cosigned_and_one_that_forks_is_not() {
    let dir = TempDir::new().unwrap();
    let world = World::in_folder(dir.path());
    assert_eq!(world.latest(), None);

    let first = request(0, &tree(6, "one"));
    cosigned(&first, &world.add(&first.to_string()));
    let later = request(6, &tree(9, "one"));
    cosigned(&later, &world.add(&later.to_string()));
    assert_eq!(world.latest(), Some(9));

    let other = request(9, &tree(12, "other"));
    let refused = world.add(&other.to_string());
    assert_eq!((refused.status, refused.kind.as_str()), (422, "application/problem+json"));
    assert!(refused.text.contains("not-cosigned"), "{}", refused.text);
    assert_eq!(world.latest(), Some(9));
}

/// What a witness keeps of a fork, as text.
fn kept(world: &World, part: &str) -> Option<String> {
    let found = world.get(&format!("/{}/forked/{part}", Digest::of(ORIGIN.as_bytes())));
    (found.status == 200).then_some(found.text)
}

fn convicts(world: &World) -> Option<(u64, u64)> {
    let fork = Fork::parse(&kept(world, "proof")?).unwrap();
    let log = SigningKey::from_seed(&seed("sequencer")).public();
    let log = Vkey::new(ORIGIN, Key::Log(log)).unwrap();
    let [ours, other] = ["ours", "other"].map(|of| kept(world, &format!("checkpoint-{of}")));
    Some(fork.check(ours.unwrap().as_bytes(), other.unwrap().as_bytes(), &log).unwrap())
}

#[test]
fn a_witness_that_is_shown_a_second_history_keeps_what_convicts() {
    for (other, sizes) in [(12, (9, 12)), (9, (9, 9))] {
        let dir = TempDir::new().unwrap();
        let world = World::in_folder(dir.path());
        for request in [request(0, &tree(6, "one")), request(6, &tree(9, "one"))] {
            cosigned(&request, &world.add(&request.to_string()));
        }
        assert_eq!(convicts(&world), None);
        // What no key of the log has signed is nobody's second history.
        let stranger = SigningKey::from_seed(&seed("stranger"));
        let (size, root) = (12, tree(12, "other").root());
        let note = Checkpoint { origin: ORIGIN.to_owned(), size, root }.sign(&stranger).unwrap();
        let theirs = AddCheckpoint { note, ..request(9, &tree(12, "other")) };
        assert_eq!(world.add(&theirs.to_string()).status, 403);
        assert_eq!((kept(&world, "proof"), kept(&world, "unproven-1")), (None, None));
        assert_eq!(world.add(&request(9, &tree(other, "other")).to_string()).status, 422);
        assert_eq!(convicts(&world), Some(sizes));

        // It stays, over a restart too, whatever the log grows to and whatever else is shown.
        let next = request(9, &tree(10, "one"));
        cosigned(&next, &world.add(&next.to_string()));
        assert_eq!(world.add(&request(10, &tree(14, "third")).to_string()).status, 422);
        drop(world);
        let world = World::in_folder(dir.path());
        assert_eq!(convicts(&world), Some(sizes));
        assert_eq!((kept(&world, "nothing"), kept(&world, "unproven-1")), (None, None));
    }
}

/// Of a tree whose size is a power of two the proof does not hold the root: the request is kept as it is.
#[test]
fn a_larger_tree_without_a_whole_proof_is_kept_and_convicts_nobody_by_itself() {
    let dir = TempDir::new().unwrap();
    let world = World::in_folder(dir.path());
    let first = request(0, &tree(8, "one"));
    cosigned(&first, &world.add(&first.to_string()));
    let other = request(8, &tree(12, "other"));
    assert_eq!(world.add(&other.to_string()).status, 422);
    assert_eq!((convicts(&world), kept(&world, "unproven-1")), (None, Some(other.to_string())));
    // Nor does a slip, and it takes the place of nothing: the log goes on, and it was a slip.
    let slip = without_proof(8, &tree(9, "one"));
    assert_eq!(world.add(&slip.to_string()).status, 422);
    assert_eq!(kept(&world, "unproven-1"), Some(other.to_string()));
    assert_eq!(kept(&world, "unproven-2"), Some(slip.to_string()));
    let right = request(8, &tree(9, "one"));
    cosigned(&right, &world.add(&right.to_string()));
    assert_eq!(kept(&world, "unproven-2"), None);
    assert_eq!((convicts(&world), kept(&world, "unproven-1")), (None, Some(other.to_string())));
    // The log grows to the size of the other: its key has signed two trees of that size.
    let next = request(9, &tree(12, "one"));
    cosigned(&next, &world.add(&next.to_string()));
    assert_eq!(convicts(&world), Some((12, 12)));
    assert_eq!(kept(&world, "unproven-1"), Some(other.to_string()));
}

fn without_proof(old: u64, new: &Tree) -> AddCheckpoint {
    AddCheckpoint { proof: Vec::new(), ..request(old, new) }
}

/// Anybody may send what the log has signed, with a proof that proves nothing: no flood of that washes away
/// what was kept first, nor does the same again fill the places.
#[test]
fn what_is_sent_later_takes_the_place_of_no_evidence() {
    let dir = TempDir::new().unwrap();
    let world = World::in_folder(dir.path());
    let first = request(0, &tree(9, "one"));
    cosigned(&first, &world.add(&first.to_string()));
    let other = without_proof(9, &tree(12, "other"));
    for _ in 0..3 {
        assert_eq!(world.add(&other.to_string()).status, 422);
    }
    assert_eq!(kept(&world, "unproven-2"), None);
    for size in 13..30 {
        assert_eq!(world.add(&without_proof(9, &tree(size, "one")).to_string()).status, 422);
    }
    let eighth = without_proof(9, &tree(19, "one"));
    assert_eq!(kept(&world, "unproven-1"), Some(other.to_string()));
    assert_eq!(kept(&world, "unproven-8"), Some(eighth.to_string()));
    assert_eq!(kept(&world, "unproven-9"), None);

    // A proof has its own place, and keeps it.
    assert_eq!(world.add(&request(9, &tree(12, "other")).to_string()).status, 422);
    let proved = ["checkpoint-ours", "checkpoint-other", "proof"].map(|part| kept(&world, part));
    assert_eq!(convicts(&world), Some((9, 12)));
    for shown in [request(9, &tree(14, "third")), without_proof(9, &tree(15, "third"))] {
        assert_eq!(world.add(&shown.to_string()).status, 422);
    }
    let still = ["checkpoint-ours", "checkpoint-other", "proof"].map(|part| kept(&world, part));
    assert_eq!(still, proved);
    assert_eq!(kept(&world, "unproven-1"), Some(other.to_string()));
}

/// A line may come as often as a note holds: it is kept once.
#[test]
fn a_checkpoint_with_its_logs_line_many_times_is_cosigned() {
    let dir = TempDir::new().unwrap();
    let world = World::in_folder(dir.path());
    let mut request = request(0, &tree(6, "one"));
    let line = request.note.lines()[0].clone();
    while request.note.lines().len() < SIGNATURES_MAX {
        request.note.push(line.clone()).unwrap();
    }
    cosigned(&request, &world.add(&request.to_string()));
    assert_eq!(world.latest(), Some(6));
}

#[test]
fn who_is_behind_is_told_where_the_witness_is() {
    let dir = TempDir::new().unwrap();
    let world = World::in_folder(dir.path());
    world.add(&request(0, &tree(9, "one")).to_string());
    let behind = world.add(&request(0, &tree(12, "one")).to_string());
    assert_eq!((behind.status, behind.kind.as_str()), (409, "text/x.tlog.size"));
    assert_eq!(behind.text, "9\n");
    let same = request(9, &tree(9, "one"));
    cosigned(&same, &world.add(&same.to_string()));
}

#[test]
fn each_kind_of_nonsense_has_its_status() {
    let dir = TempDir::new().unwrap();
    let world = World::in_folder(dir.path());
    let good = request(0, &tree(9, "one")).to_string();
    let status = |body: &str| world.add(body).status;
    assert_eq!(status(""), 400);
    assert_eq!(status(&good.replacen("old 0", "old 10", 1)), 400);
    assert_eq!(status(&good.replace(ORIGIN, "another.example/log")), 404);
    let stranger = Checkpoint { origin: ORIGIN.to_owned(), size: 9, root: tree(9, "one").root() };
    let note = stranger.sign(&SigningKey::from_seed(&seed("stranger"))).unwrap();
    let stranger = AddCheckpoint { note, ..request(0, &tree(9, "one")) };
    assert_eq!(status(&stranger.to_string()), 403);
    assert_eq!(status(&"x".repeat(2 << 20)), 400);
    assert_eq!(world.get("/").status, 404);
    assert_eq!(world.get(&format!("/{}/checkpoint", "0".repeat(64))).status, 404);
    assert_eq!(world.get("/add-checkpoint").status, 405);
    assert_eq!(world.latest(), None);
}

#[test]
fn a_witness_that_comes_back_knows_what_it_has_cosigned() {
    let dir = TempDir::new().unwrap();
    let world = World::in_folder(dir.path());
    world.add(&request(0, &tree(9, "one")).to_string());
    world.witness.stop();

    let again = World::in_folder(dir.path());
    assert_eq!(again.latest(), Some(9));
    // As if it had never seen the log: a tree of its own that is not the one it knows.
    assert_eq!(again.add(&request(0, &tree(7, "other")).to_string()).status, 409);
    let other = AddCheckpoint { old: 9, ..request(4, &tree(12, "other")) };
    assert_eq!(again.add(&other.to_string()).status, 422);
}

#[test]
fn of_many_who_ask_at_once_none_takes_the_witness_back() {
    let dir = TempDir::new().unwrap();
    let world = World::in_folder(dir.path());
    let first = request(0, &tree(5, "one"));
    let began = cosigned(&first, &world.add(&first.to_string()));
    let statuses: Vec<u16> = thread::scope(|scope| {
        let ask = |size: u64| {
            let world = &world;
            scope.spawn(move || world.add(&request(5, &tree(size, "one")).to_string()).status)
        };
        let asking: Vec<_> = (6..14).map(ask).collect();
        asking.into_iter().map(|one| one.join().unwrap()).collect()
    });
    // One was first; for all others the witness was somewhere else by then.
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| [200, 409].contains(status)), "{statuses:?}");
    let size = world.latest().unwrap();
    let next = request(size, &tree(20, "one"));
    let ended = cosigned(&next, &world.add(&next.to_string()));
    assert!(ended > began);
}

/// A checkpoint with the proofs to it from these sizes, as our program reads it.
fn shown(new: &Tree, from: &[u64], fresh: bool) -> serde_json::Value {
    let note = String::from_utf8(request(0, new).note.to_bytes()).unwrap();
    let hashes = |old: u64| -> Vec<String> {
        let proof = new.prove_consistency(old, new.size()).unwrap();
        proof.iter().map(ToString::to_string).collect()
    };
    let proofs: serde_json::Map<String, serde_json::Value> =
        from.iter().map(|old| (old.to_string(), hashes(*old).into())).collect();
    serde_json::json!({ "note": note, "proofs": proofs, "fresh": fresh })
}

/// `cargo xtask test` installs it (PyPI: `aics-witness`) and names its folder.
#[test]
fn somebody_elses_client_is_cosigned_told_where_the_witness_is_and_refused_a_fork() {
    let Some(tools) = std::env::var_os("CONCORDAT_STRANGERS").map(PathBuf::from) else {
        return eprintln!("no tools of others here: `cargo xtask test` installs them");
    };
    let dir = TempDir::new().unwrap();
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let clock = move || Timestamp::from_seconds(now()).unwrap();
    let world = World::with_clock(dir.path(), Arc::new(clock));
    let requests = serde_json::json!([
        shown(&tree(6, "one"), &[0], false),
        shown(&tree(9, "one"), &[0, 6], false),
        // It asks from nothing, is told 9, and proves from there.
        shown(&tree(12, "one"), &[0, 9], true),
        shown(&tree(15, "other"), &[0, 9, 12], true),
    ]);
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/strangers/witness.py");
    let [vkey, _] = vkeys();
    let mut asking = Command::new(tools.join("venv/bin/python"))
        .arg(program)
        .arg(world.url(""))
        .arg(dir.path().join("tls/cert.pem"))
        .arg(vkey.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    asking.stdin.take().unwrap().write_all(requests.to_string().as_bytes()).unwrap();
    let output = asking.wait_with_output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(said, "cosigned 6\ncosigned 9\ncosigned 12\nrefused 422\n");
}
