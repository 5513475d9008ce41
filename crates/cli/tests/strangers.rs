//! What others' tools say of what we write: they accept it, and refuse it once it was tampered with.
//!
//! `cargo xtask test` installs the tools and names their folder in `CONCORDAT_STRANGERS`; without
//! it there is nothing to ask. The programs that ask them are in `tests/strangers`.
#![allow(clippy::disallowed_methods, reason = "a test lays out files and starts programs")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod asking;
mod common;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use asking::{Files, asked, changed, script, tools};
use common::{Story, key, story};
use concordat_partnership::Act;
use concordat_partnership::act::Tick;
use concordat_terms::{Digest, Period, Timestamp};
use concordat_tlog::cosign::cosign_pq;
use concordat_tlog::merkle::leaf_hash;
use concordat_tlog::vkey::Key;
use concordat_tlog::{Checkpoint, Envelope, ExportKey, PqSigningKey, Receipt, Tree, Vkey, oms};

/// The older checkpoint's size, and the index of the receipt.
const OLD: u64 = 300;
const INDEX: u64 = 257;

/// A log of 600 entries and more: full tiles, a tile above them, partial ones.
fn long_story() -> Story {
    let mut story = story();
    while story.replica.size() < 600 {
        let size = story.replica.size();
        let time = story.replica.state().time().unwrap().plus(Period::of_seconds(1));
        if size.is_multiple_of(200) {
            story.record()
        } else {
            story.sequence(&Act::Tick(Tick { time }))
        }
    }
    story
}

/// What somebody is given to check a log: the archive, keys, a receipt, an older checkpoint.
fn log_files(story: &Story, entries: &[Vec<u8>]) -> Files {
    let tree = Tree::of(entries.iter().map(|entry| leaf_hash(entry)));
    let witnesses = ["alder", "lab"];
    let old = common::checkpoint(&story.entries[..OLD as usize], &witnesses);
    let new = common::checkpoint(entries, &witnesses);
    let name = |party: &str| format!("{}/{party}", common::ORIGIN);
    let mut keys = vec![Vkey::new(common::ORIGIN, Key::Log(key("sequencer").public())).unwrap()];
    keys.extend(["alder", "birch", "lab"].map(|party| {
        let witness = key(&format!("{party}/witness")).public();
        Vkey::new(&name(party), Key::Witness(witness)).unwrap()
    }));
    let receipt = Receipt {
        extra: None,
        index: INDEX,
        path: tree.prove_inclusion(INDEX, tree.size()).unwrap(),
        checkpoint: String::from_utf8(new.clone()).unwrap(),
    };
    let lines = |lines: Vec<String>| format!("{}\n", lines.join("\n")).into_bytes();
    let consistency = tree.prove_consistency(OLD, tree.size()).unwrap();
    let hashes = consistency.iter().map(|hash| base64(hash.as_bytes())).collect();
    let archive = common::built(entries, &new, &[], "", &BTreeMap::new());
    let mut files: Files =
        archive.into_iter().map(|(name, bytes)| (format!("archive/{name}"), bytes)).collect();
    files.insert("keys".into(), lines(keys.iter().map(ToString::to_string).collect()));
    files.insert("receipt".into(), receipt.to_string().into_bytes());
    files.insert("old".into(), old);
    files.insert("consistency".into(), lines(hashes));
    files
}

/// The base64 of 32 bytes, taken from where we write it ourselves.
fn base64(hash: &[u8; 32]) -> String {
    let of = Checkpoint { origin: "x".into(), size: 1, root: Digest(*hash) };
    of.to_text().lines().nth(2).unwrap().to_owned()
}

#[test]
fn go_s_checksum_database_checks_our_log() {
    let Some(tools) = tools() else { return };
    let story = long_story();
    let entries = &story.entries;
    let ours = log_files(&story, entries);
    let last = format!("archive/tile/entries/002.p/{}", entries.len() - 512);
    let replaced = |change: &dyn Fn(&mut Vec<Vec<u8>>)| {
        // The entries of another log below the signatures of ours.
        let mut other = entries.clone();
        change(&mut other);
        let tiles = concordat_tlog::archive::write(&other, &ours["archive/checkpoint"]).unwrap();
        let mut files = ours.clone();
        files.retain(|name, _| !name.starts_with("archive/tile/"));
        files.extend(tiles.into_iter().map(|(name, bytes)| (format!("archive/{name}"), bytes)));
        files
    };
    let mut fork = entries.clone();
    fork.swap(100, 101);
    let flip = |name: &str, at: usize| changed(&ours, name, |bytes| bytes[at] ^= 1);
    let checkpoint = String::from_utf8(ours["archive/checkpoint"].clone()).unwrap();
    let without = |party: &str| {
        let kept = checkpoint.lines().filter(|line| !line.contains(party));
        let text = kept.map(|line| format!("{line}\n")).collect::<String>();
        changed(&ours, "archive/checkpoint", |bytes| *bytes = text.into_bytes())
    };
    let cases = [
        ("our log", ours.clone()),
        ("a bit of an entry", flip("archive/tile/entries/001", 1000)),
        ("a bit of the last bundle", flip(&last, 1000)),
        ("a bit of a hash", flip("archive/tile/0/000", 5000)),
        ("a bit of a hash of hashes", flip("archive/tile/1/000.p/2", 40)),
        ("a bundle cut short", changed(&ours, &last, |b| b.truncate(b.len() - 1))),
        ("a tile cut short", changed(&ours, "archive/tile/0/001", |b| b.truncate(8160))),
        ("an entry dropped", replaced(&|entries| drop(entries.remove(77)))),
        ("an entry dropped, another doubled", {
            replaced(&|entries| {
                entries.remove(77);
                entries.insert(80, entries[80].clone());
            })
        }),
        ("two entries swapped", replaced(&|entries| entries.swap(77, 78))),
        ("an entry doubled", replaced(&|entries| entries.push(entries[3].clone()))),
        ("a history signed again, and proofs of it", log_files(&story, &fork)),
        ("an older checkpoint", {
            changed(&ours, "archive/checkpoint", |bytes| bytes.clone_from(&ours["old"]))
        }),
        ("a cosignature less", without("alder")),
        ("no signature of the log", {
            changed(&ours, "archive/checkpoint", |bytes| {
                let signed = format!("\u{2014} {} ", common::ORIGIN);
                let kept = checkpoint.lines().filter(|line| !line.starts_with(&signed));
                *bytes = kept.map(|line| format!("{line}\n")).collect::<String>().into_bytes();
            })
        }),
        ("a bit of the root", flip("archive/checkpoint", common::ORIGIN.len() + 10)),
        ("a key of somebody else's", {
            changed(&ours, "keys", |keys| {
                let other = Vkey::new(common::ORIGIN, Key::Log(key("other").public())).unwrap();
                let text = String::from_utf8(keys.clone()).unwrap();
                let rest = text.split_once('\n').unwrap().1;
                *keys = format!("{other}\n{rest}").into_bytes();
            })
        }),
        ("a receipt of a neighbour", {
            changed(&ours, "receipt", |bytes| {
                let text = String::from_utf8(bytes.clone()).unwrap();
                *bytes = text.replace("index 257", "index 256").into_bytes();
            })
        }),
        ("a consistency proof too short", {
            changed(&ours, "consistency", |b| b.truncate(b.len() - 45))
        }),
    ];
    asked(&tools.join("log"), &[], &cases);
}

#[test]
fn securesystemslib_counts_the_signatures_of_our_envelopes() {
    let Some(tools) = tools() else { return };
    let story = story();
    let envelope = Envelope::parse(&story.entries[0]).unwrap();
    assert_eq!(envelope.signatures().len(), 4);
    let parties = ["alder", "birch", "lab", "sequencer"];
    let listed: BTreeMap<_, _> = parties
        .into_iter()
        .zip(envelope.signatures())
        .map(|(party, signature)| (signature.keyid.clone(), common::public(party)))
        .collect();
    let keys = |threshold: u64, listed: &BTreeMap<String, String>| {
        let keys = serde_json::json!({ "keys": listed, "threshold": threshold });
        serde_json::to_vec(&keys).unwrap()
    };
    let ours: Files = BTreeMap::from([
        ("envelope.json".to_owned(), story.entries[0].clone()),
        ("keys.json".to_owned(), keys(4, &listed)),
    ]);
    let mut exchanged = listed.clone();
    *exchanged.values_mut().next().unwrap() = common::public("stranger");
    let signatures = |change: &dyn Fn(&mut Vec<serde_json::Value>)| {
        changed(&ours, "envelope.json", |bytes| {
            let mut json: serde_json::Value = serde_json::from_slice(bytes).unwrap();
            change(json["signatures"].as_array_mut().unwrap());
            *bytes = serde_json::to_vec(&json).unwrap();
        })
    };
    let text = String::from_utf8(story.entries[0].clone()).unwrap();
    let other_payload = || {
        let other = Envelope::parse(&story.entries[1]).unwrap();
        let signatures = envelope.signatures().to_vec();
        Envelope::new(other.payload().to_vec(), signatures).unwrap().to_bytes()
    };
    let cases = [
        ("our envelope", ours.clone()),
        ("a signature less", signatures(&|list| drop(list.pop()))),
        ("one signature instead of another", {
            signatures(&|list| list[1]["sig"] = list[0]["sig"].clone())
        }),
        ("one key twice", signatures(&|list| list[1] = list[0].clone())),
        ("another payload", changed(&ours, "envelope.json", |b| *b = other_payload())),
        ("another payload type", {
            changed(&ours, "envelope.json", |b| {
                *b = text.replace("in-toto+json", "in-toto+cbor").into_bytes();
            })
        }),
        ("a key of somebody else's", changed(&ours, "keys.json", |b| *b = keys(4, &exchanged))),
    ];
    let check = [script("envelopes.py"), PathBuf::from("envelope")];
    asked(&tools.join("venv/bin/python"), &[&check[0], &check[1]], &cases);
}

/// A model as it is released, signed with a party's export key.
fn released() -> Files {
    let key = ExportKey::from_secret(Digest::of(b"alder/export").as_bytes()).unwrap();
    let files = BTreeMap::from([
        ("weights.safetensors".to_owned(), vec![7; 4096]),
        ("card.md".to_owned(), b"# A model\n".to_vec()),
        ("card/figures.csv".to_owned(), b"site,auc\n".to_vec()),
    ]);
    let digests = files.iter().map(|(name, bytes)| (name.clone(), Digest::of(bytes))).collect();
    let bundle = oms::bundle("heart", &digests, &key).unwrap();
    let mut all: Files =
        files.into_iter().map(|(name, bytes)| (format!("model/{name}"), bytes)).collect();
    all.insert("model.sig".to_owned(), bundle);
    all.insert("key.pem".to_owned(), key.public().to_pem().into_bytes());
    all
}

/// What is wrong with the bundle itself, whatever the files are.
fn forged(ours: &Files) -> Vec<(&'static str, Files)> {
    let other = ExportKey::from_secret(Digest::of(b"birch/export").as_bytes()).unwrap();
    let bundle = |change: &dyn Fn(&mut serde_json::Value)| {
        changed(ours, "model.sig", |bytes| {
            let mut json: serde_json::Value = serde_json::from_slice(bytes).unwrap();
            change(&mut json);
            *bytes = serde_json::to_vec(&json).unwrap();
        })
    };
    let digests = BTreeMap::from([("card.md".to_owned(), Digest::of(b"other"))]);
    let unsigned = oms::bundle("heart", &digests, &other).unwrap();
    let unsigned: serde_json::Value = serde_json::from_slice(&unsigned).unwrap();
    let payload = unsigned["dsseEnvelope"]["payload"].clone();
    vec![
        ("another statement", {
            bundle(&|json| json["dsseEnvelope"]["payload"] = payload.clone())
        }),
        ("another's signature", {
            let signature = &unsigned["dsseEnvelope"]["signatures"][0]["sig"];
            bundle(&|json| json["dsseEnvelope"]["signatures"][0]["sig"] = signature.clone())
        }),
        ("another's key", {
            changed(ours, "key.pem", |pem| *pem = other.public().to_pem().into_bytes())
        }),
    ]
}

#[test]
fn model_signing_accepts_a_model_that_we_release() {
    let Some(tools) = tools() else { return };
    let ours = released();
    let mut cases = vec![("our model", ours.clone())];
    cases.push(("a weight changed", {
        changed(&ours, "model/weights.safetensors", |weights| weights[100] ^= 1)
    }));
    let mut more = ours.clone();
    more.insert("model/loader.py".to_owned(), b"import os\n".to_vec());
    cases.push(("a file more", more));
    let mut fewer = ours.clone();
    fewer.remove("model/card.md");
    cases.push(("a file less", fewer));
    cases.extend(forged(&ours));
    let check = [script("envelopes.py"), PathBuf::from("model")];
    asked(&tools.join("venv/bin/python"), &[&check[0], &check[1]], &cases);
}

#[test]
fn sigstore_s_verifier_accepts_the_bundle_of_a_model() {
    let Some(tools) = tools() else { return };
    let ours = released();
    let mut cases = vec![("our bundle", ours.clone())];
    cases.extend(forged(&ours));
    assert!(tools.join("npm").is_dir());
    asked(Path::new("node"), &[&script("bundle.mjs")], &cases);
}

#[test]
fn openssl_s_ml_dsa_accepts_a_post_quantum_cosignature() {
    let Some(tools) = tools() else { return };
    let key = PqSigningKey::from_seed(Digest::of(b"alder/pq").as_bytes());
    let vkey = Vkey::new("alder.example/pq", Key::PqWitness(key.public())).unwrap();
    let checkpoint = Checkpoint { origin: "a.example/log".into(), size: 9, root: leaf_hash(b"x") };
    let (text, at) = (checkpoint.to_text(), Timestamp::from_seconds(1_800_000_000).unwrap());
    let line = cosign_pq(vkey.name(), &key, at, &text).unwrap().to_text();
    let ours: Files = BTreeMap::from([
        ("checkpoint".to_owned(), format!("{text}\n{line}\n").into_bytes()),
        ("vkey".to_owned(), vkey.to_string().into_bytes()),
    ]);
    let swapped = |from: &str, to: &str| {
        changed(&ours, "checkpoint", |bytes| {
            *bytes = String::from_utf8(bytes.clone()).unwrap().replacen(from, to, 1).into_bytes();
        })
    };
    let other = PqSigningKey::from_seed(Digest::of(b"birch/pq").as_bytes());
    let other = Vkey::new("alder.example/pq", Key::PqWitness(other.public())).unwrap();
    let start = text.len() + 1 + line.rfind(' ').unwrap() + 1;
    let cases = [
        ("our cosignature", ours.clone()),
        ("another size", swapped("\n9\n", "\n8\n")),
        ("another origin", swapped("a.example/log", "b.example/log")),
        ("another time", changed(&ours, "checkpoint", |b| b[start + 14] ^= 3)),
        ("a bit of the signature", changed(&ours, "checkpoint", |b| b[start + 1000] ^= 1)),
        ("another's key", changed(&ours, "vkey", |b| *b = other.to_string().into_bytes())),
    ];
    let check = [script("envelopes.py"), PathBuf::from("cosignature")];
    asked(&tools.join("venv/bin/python"), &[&check[0], &check[1]], &cases);
}
