//! What holds of every byte string that is read as a part of a log. A panic is a finding.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use concordat_terms::{Digest, Timestamp};
use concordat_tlog::archive::{self as archives, verify};
use concordat_tlog::checkpoint::SIZE_MAX;
use concordat_tlog::cosign::{cosign, cosign_pq};
use concordat_tlog::fork::Fork;
use concordat_tlog::merkle::{leaf_hash, verify_consistency, verify_inclusion};
use concordat_tlog::note::{SignatureLine, Unlisted};
use concordat_tlog::tile::{
    TilePath, decode_entries, decode_hashes, encode_entries, encode_hashes,
};
use concordat_tlog::vkey::Key;
use concordat_tlog::witness::{AddCheckpoint, Latest, examine};
use concordat_tlog::word::{Promise, Spent};
use concordat_tlog::{
    Checkpoint, Envelope, ExportKey, Note, Policy, PqSigningKey, PublicKey, Receipt, SigningKey,
    Statement, Tree, Vkey, redact, trust,
};

/// From this first byte of an archive's input on its witnesses are asked for, too.
const WITNESSED: u8 = 250;

/// Reads an input; whether it was taken.
pub type Exercise = fn(&[u8]) -> bool;

/// The targets by their names, which are also those of their folders of inputs.
pub const TARGETS: [(&str, Exercise); 13] = [
    ("note", note),
    ("checkpoint", checkpoint),
    ("tile", tile),
    ("envelope", envelope),
    ("statement", statement),
    ("receipt", receipt),
    ("policy", policy),
    ("key", key),
    ("archive", archive),
    ("request", request),
    ("word", word),
    ("fork", fork),
    ("redacted", redacted),
];

/// A log with two witnesses, one of them post-quantum, whose keys everybody knows.
pub struct World {
    /// Signs as the log.
    pub signer: SigningKey,
    /// The log's key.
    pub log: Vkey,
    /// Both witnesses are needed.
    pub policy: Policy,
    /// Nobody is needed but the log.
    pub alone: Policy,
    cosigner: SigningKey,
    pq: PqSigningKey,
    archives: Vec<BTreeMap<String, Vec<u8>>>,
    /// The same without the witnesses' lines.
    unwitnessed: Vec<BTreeMap<String, Vec<u8>>>,
}

impl World {
    /// The same one every time.
    pub fn known() -> &'static Self {
        static WORLD: OnceLock<World> = OnceLock::new();
        WORLD.get_or_init(Self::made)
    }

    fn made() -> Self {
        let (signer, cosigner) = (SigningKey::from_seed(&[1; 32]), SigningKey::from_seed(&[2; 32]));
        let pq = PqSigningKey::from_seed(&[3; 32]);
        let log = Vkey::new("log.example", Key::Log(signer.public())).unwrap();
        let a = Vkey::new("a.example", Key::Witness(cosigner.public())).unwrap();
        let b = Vkey::new("b.example", Key::PqWitness(pq.public())).unwrap();
        let policy = Policy::any_of(2, [("a".to_owned(), a), ("b".to_owned(), b)]).unwrap();
        let alone = Policy::any_of(0, []).unwrap();
        let (archives, unwitnessed) = (vec![], vec![]);
        let mut world = Self { signer, log, policy, alone, cosigner, pq, archives, unwitnessed };
        let sizes = [2, 9, 258];
        world.archives = sizes.map(|size| world.archive_of(size, Self::checkpoint_of)).into();
        world.unwitnessed = sizes.map(|size| world.archive_of(size, Self::signed)).into();
        world
    }

    /// Entries of odd lengths.
    pub fn entries(size: usize) -> Vec<Vec<u8>> {
        (0..size).map(|n| vec![n as u8; n % 11]).collect()
    }

    /// A checkpoint with everybody's signature.
    pub fn checkpoint_of(&self, tree: &Tree) -> Note {
        let mut note = self.signed(tree);
        let at = Timestamp::from_seconds(1_800_000_000).unwrap();
        note.push(cosign("a.example", &self.cosigner, at, note.text()).unwrap()).unwrap();
        note.push(cosign_pq("b.example", &self.pq, at, note.text()).unwrap()).unwrap();
        note
    }

    /// A checkpoint with the log's signature.
    fn signed(&self, tree: &Tree) -> Note {
        let (size, root) = (tree.size(), tree.root());
        let checkpoint = Checkpoint { origin: "log.example".to_owned(), size, root };
        checkpoint.sign(&self.signer).unwrap()
    }

    fn archive_of(
        &self,
        size: usize,
        sign: impl Fn(&Self, &Tree) -> Note,
    ) -> BTreeMap<String, Vec<u8>> {
        let entries = Self::entries(size);
        let tree = Tree::of(entries.iter().map(|entry| leaf_hash(entry)));
        archives::write(&entries, &sign(self, &tree).to_bytes()).unwrap()
    }
}

/// A signed note; whether it is one.
pub fn note(bytes: &[u8]) -> bool {
    let Ok(note) = Note::parse(bytes) else { return false };
    assert_eq!(note.to_bytes(), bytes, "a note has one spelling");
    for line in 0..note.lines().len() {
        assert!(bytes[note.offset_of_line(line)..].starts_with("\u{2014} ".as_bytes()));
    }
    let world = World::known();
    let keys =
        || std::iter::once(&world.log).chain(world.policy.witnesses().iter().map(|w| &w.vkey));
    let all = note.verify(keys(), Unlisted::Ignored);
    if let Ok(strict) = note.verify(keys(), Unlisted::Rejected) {
        assert_eq!(all.as_ref(), Ok(&strict), "what is strictly good is good");
    }
    // Only what was really signed opens.
    if let Ok(trusted) = trust::open(bytes, &world.log, &world.policy, Unlisted::Ignored) {
        assert_eq!(trusted.cosigned_by.len(), 2);
        assert_eq!(trusted.checkpoint.to_text(), note.text());
    }
    true
}

/// A checkpoint's text.
pub fn checkpoint(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let Ok(read) = Checkpoint::parse(text) else { return false };
    assert_eq!(read.to_text(), text, "a checkpoint has one spelling");
    assert!(read.size <= SIZE_MAX);
    let signed = read.sign(&World::known().signer).unwrap();
    assert_eq!(Note::parse(&signed.to_bytes()), Ok(signed));
    true
}

/// A tile: a path, a line's end, and the bytes.
pub fn tile(bytes: &[u8]) -> bool {
    let at = bytes.iter().position(|byte| *byte == b'\n').unwrap_or(bytes.len());
    let (path, rest) = (&bytes[..at], bytes.get(at + 1..).unwrap_or_default());
    let path: Option<TilePath> = std::str::from_utf8(path).ok().and_then(|path| path.parse().ok());
    let width = path.map_or(3, |path| path.width());
    if let Some(path) = path {
        assert_eq!(path.to_string().as_bytes(), &bytes[..at], "a path has one spelling");
        assert!(path.start() / 256 == path.index() || path.start() == u64::MAX);
    }
    let entries = decode_entries(rest, width);
    if let Ok(entries) = &entries {
        assert_eq!(encode_entries(entries).unwrap(), rest, "a bundle has one spelling");
        assert_eq!(entries.len(), usize::from(width));
    }
    let hashes = decode_hashes(rest, width);
    if let Some(hashes) = &hashes {
        assert_eq!(encode_hashes(hashes), rest);
    }
    path.is_some() && (entries.is_ok() || hashes.is_some())
}

/// A DSSE envelope.
pub fn envelope(bytes: &[u8]) -> bool {
    let Ok(read) = Envelope::parse(bytes) else { return false };
    assert_eq!(read.to_bytes(), bytes, "an envelope has one spelling");
    let again = Envelope::new(read.payload().to_vec(), read.signatures().to_vec());
    assert_eq!(again.as_ref(), Ok(&read));
    let key = World::known().signer.public();
    for signature in read.signatures() {
        let _ = read.verify(&signature.keyid, &key);
    }
    true
}

/// An in-toto statement.
pub fn statement(bytes: &[u8]) -> bool {
    let Ok(read) = Statement::parse(bytes) else { return false };
    assert_eq!(read.to_bytes().unwrap(), bytes, "a statement has one spelling");
    true
}

/// A tlog-proof, and the path in it, whoever signed.
pub fn receipt(bytes: &[u8]) -> bool {
    let Ok(read) = Receipt::parse(bytes) else { return false };
    assert_eq!(read.to_string().as_bytes(), bytes, "a receipt has one spelling");
    let world = World::known();
    let entry = World::entries(9)[3].clone();
    if let Ok(trusted) = read.verify(&entry, &world.log, &world.policy) {
        assert_eq!((read.index, trusted.checkpoint.size), (3, 9), "one entry, one place");
    }
    if let Ok(note) = Note::parse(read.checkpoint.as_bytes())
        && let Ok(of) = Checkpoint::parse(note.text())
    {
        let leaf = leaf_hash(&entry);
        let _ = verify_inclusion(&leaf, read.index, of.size, &of.root, &read.path);
        let _ = verify_consistency(read.index, &leaf, of.size, &of.root, &read.path);
    }
    true
}

/// What a witness is asked.
pub fn request(bytes: &[u8]) -> bool {
    let Ok(read) = AddCheckpoint::parse(bytes) else { return false };
    assert_eq!(read.to_string().as_bytes(), bytes, "a request has one spelling");
    let world = World::known();
    let whole = Tree::of(World::entries(9).iter().map(|entry| leaf_hash(entry)));
    let latest = Latest { size: 4, root: whole.root_at(4).unwrap() };
    if let Ok(next) = examine(&read, [&world.log], latest) {
        assert!(
            next == latest || (next.size, next.root) == (9, whole.root()),
            "only what was signed"
        );
    }
    true
}

/// A policy.
pub fn policy(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let Ok(read) = text.parse::<Policy>() else { return false };
    assert_eq!(read.to_string().parse::<Policy>().as_ref(), Ok(&read));
    let names: BTreeSet<String> = read.witnesses().iter().map(|w| w.name.clone()).collect();
    assert!(read.satisfied(&names), "everybody is enough, or nobody could be");
    assert!(one_more_never_spoils(&names, |set| read.satisfied(set)), "one more spoils it");
    true
}

/// Whether every set that suffices does so with one more: of a few names all sets are tried, with none and
/// with all of the others.
pub fn one_more_never_spoils(
    names: &BTreeSet<String>,
    suffices: impl Fn(&BTreeSet<String>) -> bool,
) -> bool {
    const FEW: usize = 6;
    let few: Vec<&String> = names.iter().take(FEW).collect();
    let others: BTreeSet<String> = names.iter().skip(FEW).cloned().collect();
    let of = |rest: &BTreeSet<String>, bits: u32| -> BTreeSet<String> {
        let chosen = few.iter().enumerate().filter(|(nth, _)| (bits >> nth) & 1 == 1);
        rest.iter().cloned().chain(chosen.map(|(_, name)| (*name).clone())).collect()
    };
    [BTreeSet::new(), others].iter().all(|rest| {
        (0..1_u32 << few.len()).all(|bits| {
            let more = |nth: usize| suffices(&of(rest, bits | (1 << nth)));
            !suffices(&of(rest, bits)) || (0..few.len()).all(more)
        })
    })
}

/// Keys and signatures: a line of text, or bytes.
pub fn key(bytes: &[u8]) -> bool {
    let world = World::known();
    let text = std::str::from_utf8(bytes).unwrap_or_default();
    let vkey = text.parse::<Vkey>().ok();
    if let Some(vkey) = &vkey {
        assert_eq!(vkey.to_string(), text, "a verifier key has one spelling");
    }
    let public = text.parse::<PublicKey>().ok();
    if let Some(public) = &public {
        assert_eq!(public.to_string(), text);
    }
    let export = text.parse::<concordat_tlog::ExportPublicKey>().ok();
    if let Some(export) = &export {
        assert_eq!(export.to_string(), text);
        assert!(export.to_pem().ends_with("-----END PUBLIC KEY-----\n"));
    }
    if let Ok(signature) = bytes.try_into() {
        assert_eq!(
            world.signer.public().verify(b"", signature).is_ok(),
            world.signer.sign(b"") == *signature
        );
    }
    let exporter = ExportKey::from_secret(&[5; 32]).unwrap();
    let is_signature = exporter.public().verify(b"", bytes).is_ok();
    assert_eq!(is_signature, exporter.sign(b"") == bytes, "DER has one spelling");
    vkey.is_some() || public.is_some() || export.is_some() || is_signature
}

/// An archive that was written whole, and what the input does to its files: it holds only if that
/// comes to nothing. The first byte says which archive; then each change is file, what, where.
pub fn archive(bytes: &[u8]) -> bool {
    let world = World::known();
    let Some((which, changes)) = bytes.split_first() else { return false };
    // Cosignatures take most of the time, and are looked at in few cases.
    let (all, policy) = match *which {
        WITNESSED.. => (&world.archives, &world.policy),
        _ => (&world.unwitnessed, &world.alone),
    };
    let right = &all[usize::from(*which) % all.len()];
    let names: Vec<&String> = right.keys().collect();
    let mut files = right.clone();
    for change in changes.chunks(5).take(40) {
        let [file, what, high, low, byte] = change else { continue };
        let name = names[usize::from(*file) % names.len()];
        let at = usize::from(u16::from_be_bytes([*high, *low]));
        altered(&mut files, name, *what, at, *byte);
    }
    let holds = verify(&files, &world.log, policy);
    // Files elsewhere are no part of the log.
    files.retain(|name, _| name == archives::CHECKPOINT || name.starts_with(archives::TILES));
    match &holds {
        Ok(_) => assert_eq!(files, *right, "an archive was changed and holds"),
        Err(fault) => {
            assert!(files != *right, "{fault}");
            let length = files.get(&fault.file).map_or(0, Vec::len) as u64;
            assert!(fault.offset.is_none_or(|at| at <= length), "{fault}");
        }
    }
    holds.is_ok()
}

fn altered(files: &mut BTreeMap<String, Vec<u8>>, name: &str, what: u8, at: usize, byte: u8) {
    let other = files.keys().nth(at % files.len().max(1)).cloned();
    let Some(bytes) = files.get_mut(name) else {
        files.insert(name.to_owned(), vec![byte; at % 64]);
        return;
    };
    let at = at % (bytes.len() + 1);
    match what % 8 {
        0 => bytes.truncate(at),
        1 => bytes.push(byte),
        2 => bytes.insert(at, byte),
        3 => drop(files.remove(name)),
        // Two files change places, or one is there under another name.
        4 => {
            let bytes = std::mem::take(bytes);
            let taken = other.and_then(|other| files.insert(other, bytes));
            taken.map(|taken| files.insert(name.to_owned(), taken));
        }
        5 => {
            let renamed = format!("{name}.p/{byte}");
            let bytes = std::mem::take(bytes);
            files.insert(renamed, bytes);
        }
        _ => {
            if let Some(found) = bytes.get_mut(at) {
                *found ^= byte;
            }
        }
    }
}

/// The text of what a log's key says beside checkpoints: it is signed here, since what is not is no word.
pub fn word(bytes: &[u8]) -> bool {
    let world = World::known();
    assert!(Promise::open(bytes, &world.log).is_err() || Note::parse(bytes).is_ok());
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let Ok(line) = SignatureLine::sign("log.example", &world.signer, text) else { return false };
    let Ok(note) = Note::new(text.to_owned(), vec![line]) else { return false };
    let signed = note.to_bytes();
    let promises = Promise::open(&signed, &world.log);
    if let Ok(promises) = &promises {
        let again = Promise::sign(promises, &world.signer).unwrap();
        assert_eq!(Promise::open(&again.to_bytes(), &world.log).as_ref(), Ok(promises));
        assert!((1..=Promise::TOGETHER_MOST).contains(&promises.len()));
    }
    let spent = Spent::open(&signed, &world.log);
    if let Ok(spent) = &spent {
        assert!(promises.is_err(), "nothing is two words");
        if let Ok(again) = spent.sign(&world.signer) {
            assert_eq!(Spent::open(&again.to_bytes(), &world.log).as_ref(), Ok(spent));
        }
    }
    promises.is_ok() || spent.is_ok()
}

/// The proof of two histories: it never convicts who has signed one.
pub fn fork(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let Ok(read) = Fork::parse(text) else { return false };
    assert_eq!(read.to_string(), text, "a fork has one spelling");
    let world = World::known();
    let leaves: Vec<_> = World::entries(9).iter().map(|entry| leaf_hash(entry)).collect();
    let [small, large] =
        [4, 9].map(|size| world.checkpoint_of(&Tree::of(leaves[..size].to_vec())).to_bytes());
    assert!(read.check(&small, &large, &world.log).is_err(), "one history convicts nobody");
    assert!(read.check(&large, &large, &world.log).is_err());
    true
}

/// A value of which parts may be withheld: withholding more never changes its root.
pub fn redacted(bytes: &[u8]) -> bool {
    let Ok(value) = serde_json::from_slice(bytes) else { return false };
    let Ok(mut node) = redact::Node::parse(&value) else { return false };
    assert_eq!(redact::Node::parse(&node.to_value()).as_ref(), Ok(&node));
    let (root, before) = (node.root(), node.withheld());
    node.withhold_where(&|_, value| value.is_string());
    assert_eq!(node.root(), root);
    assert!(before == 0 || node.withheld() > 0, "what is withheld stays so");
    node.withhold();
    assert_eq!((node.root(), node.withheld()), (root, 1));
    true
}

/// An input of each sort for every target, from which changes start.
pub fn seeds(target: &str) -> Vec<Vec<u8>> {
    let world = World::known();
    let tree = Tree::of(World::entries(9).iter().map(|entry| leaf_hash(entry)));
    let note = world.checkpoint_of(&tree);
    match target {
        "note" => {
            vec![note.to_bytes(), "a\n\nb\n\n\u{2014} n AAAAAAA=\n".as_bytes().to_vec()]
        }
        "checkpoint" => vec![note.text().as_bytes().to_vec(), b"x\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n".to_vec()],
        "tile" => {
            let bundle = encode_entries(&World::entries(9)).unwrap();
            let hashes = encode_hashes(&[Digest([1; 32]), Digest([2; 32])]);
            vec![
                [b"tile/entries/000.p/9\n".as_slice(), &bundle].concat(),
                [b"tile/0/x001/x234/067.p/2\n".as_slice(), &hashes].concat(),
            ]
        }
        "envelope" => [1, 3]
            .map(|count| {
                let keys: Vec<_> = (0..count).map(|n| (format!("k{n}"), &world.signer)).collect();
                let keys: Vec<_> = keys.iter().map(|(id, key)| (id.as_str(), *key)).collect();
                Envelope::sign(b"payload", &keys).unwrap().to_bytes()
            })
            .into(),
        "statement" => vec![
            br#"{"_type":"https://in-toto.io/Statement/v1","predicate":{"a":[1,-2,"x"],"b":null},"predicateType":"urn:x:v0","subject":[{"digest":{"sha256":"0000000000000000000000000000000000000000000000000000000000000000"},"name":"n"}]}"#.to_vec(),
        ],
        "receipt" => {
            let receipt = |extra| Receipt {
                extra,
                index: 3,
                path: tree.prove_inclusion(3, 9).unwrap(),
                checkpoint: String::from_utf8(note.to_bytes()).unwrap(),
            };
            [None, Some(vec![1, 2])].map(|extra| receipt(extra).to_string().into_bytes()).into()
        }
        "request" => {
            let request = |old| {
                let mut signed = note.text().to_owned();
                let line = note.lines()[0].to_text();
                signed.push_str(&format!("\n{line}\n"));
                let note = Note::parse(signed.as_bytes()).unwrap();
                AddCheckpoint { old, proof: tree.prove_consistency(old, 9).unwrap(), note }
            };
            [0, 4, 9].map(|old| request(old).to_string().into_bytes()).into()
        }
        "policy" => vec![
            world.policy.to_string().into_bytes(),
            format!("log {}\nquorum none\n", world.log).into_bytes(),
            format!(
                "witness a {}\n# c\ngroup g any a\ngroup h all g\nquorum h\n",
                world.policy.witnesses()[0].vkey
            )
            .into_bytes(),
        ],
        "key" => {
            let exporter = ExportKey::from_secret(&[5; 32]).unwrap();
            vec![
                world.log.to_string().into_bytes(),
                world.policy.witnesses()[1].vkey.to_string().into_bytes(),
                world.signer.public().to_string().into_bytes(),
                world.signer.sign(b"").to_vec(),
                exporter.public().to_string().into_bytes(),
                exporter.sign(b""),
            ]
        }
        "word" => {
            let (origin, log) = ("log.example".to_owned(), Digest([7; 32]));
            let time = Timestamp::from_seconds(1_800_000_000).unwrap();
            let promise = |index| Promise { origin: origin.clone(), log, index, leaf: log, time };
            let promises = [promise(3), promise(9)];
            let spent = Spent {
                origin: origin.clone(),
                log,
                party: "alder".to_owned(),
                refused: 1_001,
                time,
                act: Digest([8; 32]),
                nth: 2,
                since: time,
            };
            vec![
                Promise::sign(&promises, &world.signer).unwrap().text().as_bytes().to_vec(),
                spent.sign(&world.signer).unwrap().text().as_bytes().to_vec(),
            ]
        }
        "fork" => {
            let fork = |size| Fork::of(&tree, size).unwrap().to_string().into_bytes();
            vec![fork(4), fork(5), fork(9)]
        }
        "redacted" => {
            let value = serde_json::json!({"a": [1, "x", {}], "b": {"c": null, "d": [true]}});
            let mut node = redact::Node::whole(&value, &redact::Seed::of(b"entry"));
            let whole = node.to_value().to_string().into_bytes();
            node.withhold_where(&|name, _| name == Some("c"));
            vec![whole, node.to_value().to_string().into_bytes()]
        }
        _ => vec![vec![0], vec![1, 2, 7, 0, 9, 0], vec![2, 0, 4, 0, 0, 0, 3, 6, 1, 1, 1]],
    }
}
