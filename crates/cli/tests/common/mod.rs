//! A log in the making, for the stories about archives.
#![allow(dead_code, reason = "each test file uses its part")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use concordat_cli::archive::{Signings, VERDICTS, Writer, act_in, verdict_line};
use concordat_partnership::act::{
    DigestRecord, Founder, Genesis, Header, ModuleSign, OneModule, PlaceRegister, Seen, Signer,
    Tick, WitnessPolicy,
};
use concordat_partnership::{Act, key_id};
use concordat_replay::{RULES, Replica};
use concordat_terms::{Digest, Timestamp};
use concordat_tlog::cosign::cosign;
use concordat_tlog::merkle::leaf_hash;
use concordat_tlog::{Checkpoint, Envelope, Frontier, SigningKey};
use concordat_wire::act::encode;

pub(crate) const ORIGIN: &str = "heart.example/log";
const PARTIES: [&str; 3] = ["alder", "birch", "lab"];

/// A log in the making, its coordinator and three parties in one hand.
#[derive(Clone)]
pub(crate) struct Story {
    pub(crate) replica: Replica,
    pub(crate) entries: Vec<Vec<u8>>,
    pub(crate) verdicts: Vec<String>,
    pub(crate) blobs: BTreeMap<Digest, Vec<u8>>,
    pub(crate) log: Digest,
    nonce: u64,
}

pub(crate) fn key(name: &str) -> SigningKey {
    SigningKey::from_seed(Digest::of(name.as_bytes()).as_bytes())
}

pub(crate) fn public(name: &str) -> String {
    key(name).public().to_string()
}

pub(crate) fn at(seconds: u64) -> Timestamp {
    Timestamp::from_seconds(1_800_000_000 + seconds).unwrap()
}

impl Story {
    fn begin() -> Self {
        let founder = |name: &&str| {
            let witness = public(&format!("{name}/witness"));
            (name.parse().unwrap(), Founder::of(public(name), witness))
        };
        let genesis = Genesis {
            origin: ORIGIN.to_owned(),
            rules: *RULES,
            time: at(0),
            sequencer: public("sequencer"),
            parties: PARTIES.iter().map(founder).collect(),
            policy: WitnessPolicy {
                witnesses: PARTIES.iter().map(|name| name.parse().unwrap()).collect(),
                quorum: 2,
            },
            modules: BTreeSet::new(),
        };
        let payload = encode(None, &Act::Genesis(genesis)).unwrap();
        let mut story = Self {
            replica: Replica::new(),
            entries: Vec::new(),
            verdicts: Vec::new(),
            blobs: BTreeMap::new(),
            log: Digest::of(&payload),
            nonce: 0,
        };
        let signers: Vec<_> = PARTIES.iter().chain(&["sequencer"]).copied().collect();
        story.log_signed(&payload, &signers);
        story
    }

    pub(crate) fn log_signed(&mut self, payload: &[u8], signers: &[&str]) {
        let keys: Vec<_> = signers
            .iter()
            .map(|name| (key_id(&public(name)).unwrap().to_string(), key(name)))
            .collect();
        let keys: Vec<_> = keys.iter().map(|(id, key)| (id.as_str(), key)).collect();
        self.log(Envelope::sign(payload, &keys).unwrap().to_bytes());
    }

    pub(crate) fn log(&mut self, entry: Vec<u8>) {
        let verdict = self.replica.step(&entry).unwrap();
        self.verdicts.push(verdict_line(self.entries.len() as u64, &verdict));
        self.entries.push(entry);
    }

    pub(crate) fn act(&mut self, name: &str, seat: &str, act: &Act) {
        let seen = Seen { size: self.replica.size(), root: self.replica.root() };
        self.act_in_sight_of(seen, name, seat, act);
    }

    /// An act whose signer saw a log that may be another one.
    pub(crate) fn act_in_sight_of(&mut self, seen: Seen, name: &str, seat: &str, act: &Act) {
        self.nonce += 1;
        let header = Header {
            log: self.log,
            signers: vec![Signer {
                seat: seat.parse().unwrap(),
                key: key_id(&public(name)).unwrap(),
            }],
            nonce: format!("{:032x}", self.nonce),
            seen,
            expires_at: at(3600),
            attached: None,
        };
        let payload = encode(Some(&header), act).unwrap();
        self.log_signed(&payload, &[name]);
    }

    /// An act about keys, which several sign for the seat `signatory`, and which is admitted.
    pub(crate) fn about_keys(&mut self, signers: &[&str], act: &Act) {
        self.nonce += 1;
        let signer = |name: &&str| Signer {
            seat: "signatory".parse().unwrap(),
            key: key_id(&public(name)).unwrap(),
        };
        let header = Header {
            log: self.log,
            signers: signers.iter().map(signer).collect(),
            nonce: format!("{:032x}", self.nonce),
            seen: Seen { size: self.replica.size(), root: self.replica.root() },
            expires_at: at(3600),
            attached: None,
        };
        let payload = encode(Some(&header), act).unwrap();
        self.log_signed(&payload, signers);
        assert!(self.verdicts.last().unwrap().contains("admitted"), "{:?}", self.verdicts);
    }

    pub(crate) fn sequence(&mut self, act: &Act) {
        self.act("sequencer", "sequencer", act);
    }

    /// The coordinator says what its fold has come to.
    pub(crate) fn record(&mut self) {
        let (index, rolling) = (self.replica.size(), self.replica.state().rolling());
        self.sequence(&Act::DigestRecord(DigestRecord { index, rolling }));
    }

    /// The checkpoint, cosigned by these.
    pub(crate) fn checkpoint(&self, witnesses: &[&str]) -> Vec<u8> {
        checkpoint(&self.entries, witnesses)
    }

    pub(crate) fn archive(&self) -> BTreeMap<String, Vec<u8>> {
        archive(&self.entries, &self.verdicts, self.blobs.clone())
    }
}

/// An archive of any entries, signed by the log and cosigned by a quorum.
pub(crate) fn archive(
    entries: &[Vec<u8>],
    verdicts: &[String],
    blobs: BTreeMap<Digest, Vec<u8>>,
) -> BTreeMap<String, Vec<u8>> {
    let keys = keys(entries, &blobs);
    let checkpoint = checkpoint(entries, &["alder", "lab"]);
    built(entries, &checkpoint, verdicts, &keys, &blobs)
}

/// The files of an archive, whatever is claimed in it. Entries without a verdict have an empty line.
pub(crate) fn built(
    entries: &[Vec<u8>],
    checkpoint: &[u8],
    verdicts: &[String],
    keys: &str,
    blobs: &BTreeMap<Digest, Vec<u8>>,
) -> BTreeMap<String, Vec<u8>> {
    let mut writer = Writer::begin(BTreeMap::new()).unwrap();
    for (index, entry) in entries.iter().enumerate() {
        writer.entry(entry, verdicts.get(index).map_or("", String::as_str)).unwrap();
    }
    blobs.iter().for_each(|(digest, bytes)| writer.blob(digest, bytes).unwrap());
    let mut files = writer.end(checkpoint, keys).unwrap().0;
    // One may claim more verdicts than there are entries.
    for more in verdicts.iter().skip(entries.len()) {
        files.get_mut(VERDICTS).unwrap().extend(format!("{more}\n").into_bytes());
    }
    files
}

/// Which key signed what, as far as the entries fold.
fn keys(entries: &[Vec<u8>], blobs: &BTreeMap<Digest, Vec<u8>>) -> String {
    let (mut replica, mut signings) = (Replica::new(), Signings::default());
    for blob in blobs.values() {
        replica.supply(blob.clone());
    }
    for (index, entry) in (0..).zip(entries) {
        let Ok(verdict) = replica.step(entry) else { break };
        signings.heard(index, act_in(entry).as_ref(), &verdict, replica.state());
    }
    signings.lines(replica.state())
}

pub(crate) fn checkpoint(entries: &[Vec<u8>], witnesses: &[&str]) -> Vec<u8> {
    let cosigned: Vec<_> = witnesses.iter().map(|name| (*name, at(200))).collect();
    checkpoint_of(entries, &cosigned)
}

/// The checkpoint over entries, cosigned by these at these times.
pub(crate) fn checkpoint_of(entries: &[Vec<u8>], cosigned: &[(&str, Timestamp)]) -> Vec<u8> {
    let mut tree = Frontier::default();
    entries.iter().for_each(|entry| tree.append(leaf_hash(entry)));
    let (size, root) = (tree.size(), tree.root());
    let checkpoint = Checkpoint { origin: ORIGIN.to_owned(), size, root };
    let mut note = checkpoint.sign(&key("sequencer")).unwrap();
    for (name, at) in cosigned {
        let witness = key(&format!("{name}/witness"));
        let line = cosign(&format!("{ORIGIN}/{name}"), &witness, *at, note.text());
        note.push(line.unwrap()).unwrap();
    }
    note.to_bytes()
}

/// A log with a module's text, something refused, something unreadable and a recorded digest.
pub(crate) fn story() -> Story {
    let mut story = Story::begin();
    story.sequence(&Act::Tick(Tick { time: at(60) }));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/heart/governance.md");
    let text = std::fs::read(path).unwrap();
    let module = OneModule { module: story.replica.supply(text.clone()) };
    story.blobs.insert(module.module, text);
    story.act("alder", "signatory", &Act::ModulePropose(module.clone()));
    let sign = ModuleSign::of(module.module, &[].into(), module.module);
    story.act("birch", "signatory", &Act::ModuleSign(sign));
    let place = PlaceRegister {
        place: "ward".parse().unwrap(),
        class: 2,
        jurisdiction: "US".parse().unwrap(),
    };
    story.act("alder", "data-holder", &Act::PlaceRegister(place));
    story.log(b"these bytes are no envelope".to_vec());
    story.record();
    story.sequence(&Act::Tick(Tick { time: at(180) }));
    story
}
