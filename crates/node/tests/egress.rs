//! What leaves a node: a recorder between it and the coordinator sees no byte that is not in the node's
//! ledger before, and no field in which somebody could write.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "tests"
)]

mod common;
mod recorded;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::mpsc::channel;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use common::world::{At, Told, World, until};
use concordat_node::egress::{Authority, Kind, Ledger, Sent, What, read};
use concordat_node::home::Home;
use concordat_node::work::Event;
use concordat_partnership::Act;
use concordat_terms::Digest;
use concordat_tlog::{Envelope, Note};
use concordat_wire::api::{PayloadSignature, RunResult, Submit};
use concordat_wire::round::{Message, decode_message};
use recorded::{Recorder, Seen};

const NODES: [&str; 5] = ["alder", "birch", "cypress", "dogwood", "lab"];

/// What a folder's ledger says was sent.
fn listed(dir: &Path) -> Vec<Sent> {
    let mut listed = Vec::new();
    let read = read(dir, None, |entry| {
        if let What::Sent(sent) = &entry.what {
            listed.push(sent.clone());
        }
    });
    read.unwrap().unwrap_or_else(|broken| panic!("{broken:?}"));
    listed
}

/// Alder's way to the coordinator leads past a recorder from here on.
fn behind(world: &World, recorder: &Recorder) -> Home {
    let dir = world.homes["alder"].dir();
    let path = dir.join("concordat.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    let direct = &world.homes["alder"].config().coordinator;
    std::fs::write(&path, text.replace(direct.as_str(), &recorder.address)).unwrap();
    std::fs::write(dir.join("coordinator.pem"), &recorder.certificate).unwrap();
    Home::load(dir).unwrap()
}

fn closed(told: &Told) -> bool {
    matches!(told.1, Event::Closed { .. })
}

/// Without any header that a client adds by itself, and with nothing in those but what they are for.
fn check_headers(seen: &Seen) {
    for (name, value) in &seen.headers {
        let fits = match name.as_str() {
            "host" => recorded::is_here(value),
            "user-agent" => value == "concordat-node",
            "accept" => value == "*/*",
            "content-type" => {
                ["application/json", "application/octet-stream", "text/plain; charset=utf-8"]
                    .contains(&value.as_str())
            }
            "content-length" => value.parse() == Ok(seen.body.len()),
            "concordat-until" => value.parse::<concordat_terms::Timestamp>().is_ok(),
            "concordat-key" => value.parse::<concordat_terms::KeyId>().is_ok(),
            // Key, time and signature in one.
            "concordat-pass" => value.parse::<concordat_wire::pass::Pass>().is_ok(),
            "concordat-signature" => STANDARD.decode(value).is_ok_and(|bytes| bytes.len() == 64),
            _ => false,
        };
        assert!(fits, "{name}: {value} with {}", seen.path);
    }
}

/// A path is built from the words of the interface, names, digests and numbers.
fn check_path(path: &str) {
    const WORDS: [&str; 21] = [
        "v1",
        "checkpoint",
        "checkpoints",
        "tile",
        "entries",
        "proofs",
        "blobs",
        "acts",
        "ignored",
        "cosignatures",
        "cosigners",
        "witnesses",
        "runs",
        "attempt",
        "uploads",
        "steps",
        "shares",
        "digests",
        "words",
        "sum",
        "result",
    ];
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    for part in path.split('/').skip(1).map(|part| part.strip_suffix(".p").unwrap_or(part)) {
        let number = |text: &str| text.trim_start_matches(['x', 'p', '.']).parse::<u64>().is_ok();
        let name = part.parse::<concordat_terms::RunId>().is_ok();
        let known = WORDS.contains(&part) || part == "signature";
        assert!(known || name || number(part) || part.parse::<Digest>().is_ok(), "{path}: {part}");
    }
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap();
        assert!(["after", "wait", "quorum", "round", "attempt"].contains(&key), "{query}");
        value.parse::<u64>().unwrap();
    }
}

/// A body is one of the forms of its kind, read by a reader that refuses anything else.
fn check_body(kind: Kind, body: &[u8]) {
    let acts = |body: &[u8]| -> Vec<Act> {
        let Submit { envelopes } = serde_json::from_slice(body).unwrap();
        let act = |text: &String| {
            let bytes = STANDARD.decode(text).unwrap();
            let envelope = Envelope::parse(&bytes).unwrap();
            assert_eq!(envelope.to_bytes(), bytes);
            concordat_wire::act::decode(envelope.payload()).unwrap().act
        };
        envelopes.iter().map(act).collect()
    };
    let signature = |text: &str| assert_eq!(STANDARD.decode(text).unwrap().len(), 64);
    match kind {
        Kind::RunJoin => assert!(matches!(acts(body).as_slice(), [Act::RunJoin(_)])),
        Kind::Act => assert!(!acts(body).is_empty()),
        Kind::Cosignature => drop(Note::parse(body).unwrap()),
        Kind::CosignerKeys => assert_eq!(Envelope::parse(body).unwrap().to_bytes(), body),
        Kind::RunResult => {
            let result: RunResult = serde_json::from_slice(body).unwrap();
            signature(&result.signature);
        }
        Kind::RunSignature => {
            let signed: PayloadSignature = serde_json::from_slice(body).unwrap();
            signature(&signed.signature);
        }
        Kind::Model => drop(concordat_learn::Model::from_bytes(body).unwrap()),
        Kind::RoundKeys
        | Kind::RoundShares
        | Kind::MaskedVector
        | Kind::Survivors
        | Kind::Reveal => {
            // It encodes to the same bytes: nothing is beside what it says.
            let Ok(Message::Masks(message)) = decode_message(body) else { panic!("{kind}") };
            assert_eq!(concordat_wire::round::encode_from_client(&message), body);
        }
        _ => assert!(body.is_empty(), "{kind}"),
    }
}

#[test]
fn what_is_on_the_wire_is_what_the_ledger_says_message_by_message() {
    let mut world = World::founded();
    world.made_ready();
    let direct = &world.homes["alder"];
    let ledger = direct.dir().to_owned();
    let recorder = Recorder::before(&direct.config().coordinator, direct.certificate().unwrap(), {
        // At the moment at which a request arrives it is in the ledger.
        let folder = Ledger::folder(&ledger);
        move |seen, before| {
            let line = |text: &str| {
                let digest = Digest::of(&seen.body).to_string();
                text.contains(&format!("\"{}\"", seen.path)) && text.contains(&digest)
            };
            let mut count = 0;
            for file in std::fs::read_dir(&folder).unwrap() {
                let path = file.unwrap().path();
                let text = std::fs::read_to_string(path).unwrap();
                count += text.lines().filter(|text| line(text)).count();
            }
            count > before
        }
    });
    let alder = behind(&world, &recorder);
    let (tell, events) = channel();
    let mut nodes: BTreeMap<&str, At> = BTreeMap::new();
    for name in NODES {
        let home = if name == "alder" { &alder } else { &world.homes[name] };
        nodes.insert(name, At::start(home, name, tell.clone()));
    }
    world.open_run("first");
    for _ in 0..4 {
        until(&events, closed);
    }
    nodes.into_values().for_each(At::stop);

    // Every request, with how often it came.
    let counted = |all: &mut dyn Iterator<Item = (String, u64, Digest)>| {
        let mut counts = BTreeMap::<(String, u64, Digest), usize>::new();
        all.for_each(|one| *counts.entry(one).or_default() += 1);
        counts
    };
    let listed = listed(alder.dir());
    let of = |sent: &Sent| (sent.path.clone(), sent.bytes, sent.digest);
    let own = counted(&mut listed.iter().map(of));
    // What was on its way when the node stopped may still have to arrive.
    let seen = recorder.until(listed.len());
    let wire = |seen: &Seen| (seen.path.clone(), seen.body.len() as u64, Digest::of(&seen.body));
    assert_eq!(counted(&mut seen.iter().map(wire)), own);
    let late: Vec<&str> =
        seen.iter().filter(|seen| !seen.listed_before).map(|seen| seen.path.as_str()).collect();
    assert!(late.is_empty(), "{late:?}");
    assert!(listed.iter().all(|sent| sent.to == recorder.address));

    // In forms that have room for nothing else.
    let kinds: BTreeMap<_, _> = listed.iter().map(|sent| (of(sent), sent.kind)).collect();
    for seen in &seen {
        check_headers(seen);
        check_path(&seen.path);
        check_body(kinds[&wire(seen)], &seen.body);
    }

    // A run takes so many messages, each by the entry by which alder joined it.
    let desk = world.desks.get_mut("vendor").unwrap();
    desk.catch_up().unwrap();
    let joined: BTreeSet<u64> = listed
        .iter()
        .filter_map(|sent| match &sent.by {
            Authority::Run { run, entry } => {
                assert_eq!(run.as_str(), "first");
                Some(*entry)
            }
            _ => None,
        })
        .collect();
    let [joined] = joined.into_iter().collect::<Vec<_>>()[..] else { panic!("one entry") };
    let replica = desk.replica();
    assert!(joined < replica.size());
    for sent in &listed {
        let by_run = matches!(sent.by, Authority::Run { .. });
        assert_eq!(by_run, sent.kind.takes_part() && sent.kind != Kind::RunJoin, "{sent:?}");
    }
    let count = |kind: Kind| listed.iter().filter(|sent| sent.kind == kind).count();
    // Four rounds, of which none was lost or asked for again: a held answer is asked for in the same words.
    let vectors: BTreeSet<_> =
        listed.iter().filter(|sent| sent.kind == Kind::MaskedVector).map(|s| s.digest).collect();
    assert_eq!(vectors.len(), 4);
    assert_eq!(count(Kind::RunJoin), 1);
    assert_eq!((count(Kind::Act), count(Kind::File)), (0, 0));
    for kind in [Kind::RoundKeys, Kind::RoundShares, Kind::Survivors, Kind::Reveal] {
        assert!(count(kind) >= 4, "{kind}");
    }
    // Of one kind and round all are as long, whatever the rows are: length says nothing.
    let lengths: BTreeSet<u64> = listed
        .iter()
        .filter(|sent| sent.kind == Kind::MaskedVector)
        .map(|sent| sent.bytes)
        .collect();
    assert_eq!(lengths.len(), 1, "{lengths:?}");
}

#[test]
fn a_paused_node_sends_nothing_of_a_run_and_the_others_finish_it() {
    let mut world = World::founded();
    world.made_ready();
    let (tell, events) = channel();
    let mut nodes: BTreeMap<&str, At> = NODES
        .into_iter()
        .map(|name| (name, At::start(&world.homes[name], name, tell.clone())))
        .collect();
    world.open_run("first");
    // After a round of which it was part, somebody at dogwood pauses it: no vote, no network.
    let dogwood = world.homes["dogwood"].clone();
    let mut seen =
        until(&events, |told| matches!(told, ("dogwood", Event::Round { round: 1, .. })));
    let began = std::time::Instant::now();
    assert_eq!(Ledger::of(&dogwood).pause(true), Ok(true));
    let before = listed(dogwood.dir());
    seen.extend(until(&events, |told| matches!(told, ("dogwood", Event::Refused { .. }))));
    // It does not wait for whatever answer is held back.
    assert!(began.elapsed() < std::time::Duration::from_secs(10), "{:?}", began.elapsed());
    let ("dogwood", Event::Refused { run, problem }) = seen.last().unwrap() else { panic!() };
    assert_eq!((run.as_ref().unwrap().as_str(), problem.code.as_str()), ("first", "paused"));
    let mut closes: BTreeSet<&str> =
        seen.iter().filter(|told| closed(told)).map(|told| told.0).collect();
    while closes.len() < 3 {
        seen.extend(until(&events, closed));
        closes.extend(seen.iter().filter(|told| closed(told)).map(|told| told.0));
    }
    assert_eq!(closes, ["alder", "birch", "cypress"].into());

    // It goes on following and cosigning, and nothing of a run has left since.
    nodes.remove("dogwood").unwrap().stop();
    nodes.insert("dogwood", At::start(&dogwood, "dogwood", tell.clone()));
    until(&events, |told| *told == ("dogwood", Event::Paused));
    world.open_run("second");
    for _ in 0..3 {
        until(&events, closed);
    }
    let after = listed(dogwood.dir());
    let part = |sent: &&Sent| sent.kind.takes_part();
    assert_eq!(after.iter().filter(part).count(), before.iter().filter(part).count());
    assert!(after[before.len()..].iter().any(|sent| sent.kind == Kind::Cosignature));

    // Resumed, it takes part in what begins after that.
    assert_eq!(Ledger::of(&dogwood).pause(false), Ok(true));
    until(&events, |told| *told == ("dogwood", Event::Resumed));
    nodes.into_values().for_each(At::stop);
    let after = listed(dogwood.dir());
    assert!(after.len() > before.len());
}

/// Every source file below a folder, with its text.
fn sources(dir: &Path, found: &mut BTreeMap<String, String>) {
    for item in std::fs::read_dir(dir).unwrap() {
        let path = item.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            found.insert(path.display().to_string(), text);
        }
    }
}

#[test]
fn there_is_one_way_out_of_a_folder() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let mut found = BTreeMap::new();
    for dir in ["node/src", "cli/src"] {
        sources(&Path::new(root).join(dir), &mut found);
    }
    assert!(found.len() > 150, "{}", found.len());
    // Whoever uses these has no party's folder: a coordinator that puts its own texts, a measurement, the
    // verification of a log that anybody may read. The doctor greets, and says nothing.
    let ways = [
        ("Client::new(", &["/client.rs", "/serve.rs", "/bench/log/served.rs"][..]),
        ("Agent::", &["/client.rs", "/fetched.rs"]),
        ("ureq::get", &[]),
        ("TcpStream::connect", &["/doctor/line.rs"]),
        ("UdpSocket", &[]),
    ];
    for (way, used) in ways {
        for (path, text) in &found {
            let allowed = used.iter().any(|end| path.ends_with(end));
            assert!(allowed || !text.contains(way), "{path} uses {way}");
        }
        for end in used {
            let uses = found.iter().any(|(path, text)| path.ends_with(end) && text.contains(way));
            assert!(uses, "{end} does not use {way} any more");
        }
    }
}
