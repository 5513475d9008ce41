//! What holds of every byte string that somebody sends: run messages, acts, passes, a party's word
//! about its keys. A panic is a finding.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use concordat_partnership::act::{AbortReason, DigestRecord, Header, RunAbort, Seen, Signer, Tick};
use concordat_partnership::{Act, key_id};
use concordat_secagg::{FromClient, Keys, Signature, Signed, Upload};
use concordat_terms::{Digest, PartyId, Timestamp};
use concordat_tlog::vkey::{Key, Vkey};
use concordat_tlog::{Envelope, SigningKey};
use concordat_wire::act;
use concordat_wire::cosigner::{CosignerKeys, history_name};
use concordat_wire::pass::Pass;
use concordat_wire::round::{
    Message, ToClient, decode_announced, decode_message, decode_posted, decode_to_client,
    encode_announced, encode_from_client, encode_posted, encode_three, encode_to_client,
};

/// Reads an input; whether it was taken.
pub type Exercise = fn(&[u8]) -> bool;

/// The targets by their names, which are also those of their folders of inputs.
pub const TARGETS: [(&str, Exercise); 4] =
    [("message", message), ("act", act), ("pass", pass), ("cosigner", cosigner)];

/// A run message, whoever says it.
pub fn message(bytes: &[u8]) -> bool {
    let mut taken = false;
    if let Ok(read) = decode_message(bytes) {
        let again = match &read {
            Message::Masks(message) => encode_from_client(message),
            Message::Three(message) => encode_three(message),
        };
        assert_eq!(again, bytes, "a message has one spelling");
        taken = true;
    }
    if let Ok(read) = decode_announced(bytes) {
        assert_eq!(encode_announced(&read), bytes, "an announcement has one spelling");
        taken = true;
    }
    if let Ok(read) = decode_to_client(bytes) {
        assert_eq!(encode_to_client(&read), bytes, "an answer has one spelling");
        taken = true;
    }
    if let Ok(read) = decode_posted(bytes) {
        assert_eq!(encode_posted(&read), bytes, "what is posted has one spelling");
        taken = true;
    }
    taken
}

/// An act's payload: what is read is written as it was, whatever an older release may have left out.
pub fn act(bytes: &[u8]) -> bool {
    let Ok(read) = act::decode(bytes) else { return false };
    assert_eq!(read.id, Digest::of(bytes));
    let written = act::encode(read.header.as_ref(), &read.act).unwrap();
    let again = act::decode(&written).unwrap();
    assert_eq!((&again.header, &again.act), (&read.header, &read.act));
    true
}

/// A pass; whether it counts for whose it is.
pub fn pass(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let Ok(read) = text.parse::<Pass>() else { return false };
    assert_eq!(read.to_string(), text, "a pass has one spelling");
    // Whoever asks looks the key up by its id.
    let own = key_id(&key().public().to_string());
    if own.as_ref() == Some(&read.key) && read.holds(log(), &key().public()) {
        assert_eq!(read.to_string().as_bytes(), known().0, "only what was really signed counts");
    }
    true
}

/// A party's word about its further keys; whether it is an envelope at all.
pub fn cosigner(bytes: &[u8]) -> bool {
    let own = |id: &_| {
        let known = key_id(&key().public().to_string());
        (Some(id) == known.as_ref()).then(|| (party("alder"), key().public()))
    };
    if let Ok(read) = CosignerKeys::open(bytes, (log(), "log.example"), own) {
        assert_eq!(bytes, known().1, "only what was really signed is a party's word");
        assert_eq!(read.party, party("alder"));
    }
    Envelope::parse(bytes).is_ok()
}

/// Good inputs of a target.
pub fn seeds(target: &str) -> Vec<Vec<u8>> {
    match target {
        "message" => messages(),
        "act" => acts(),
        "pass" => vec![known().0.clone()],
        "cosigner" => vec![known().1.clone()],
        _ => vec![],
    }
}

fn messages() -> Vec<Vec<u8>> {
    let (from, signature) = (party("alder"), Signature::from_bytes(&[7; 64]));
    let body = Keys { cipher_key: [1; 32], mask_key: [2; 32], seed_commitment: log() };
    let keys = Signed { from: from.clone(), body, signature };
    let body = Upload { peers: log(), vector: log() };
    let upload = Signed { from: from.clone(), body, signature };
    vec![
        encode_from_client(&FromClient::Keys(keys.clone())),
        encode_from_client(&FromClient::Upload(upload)),
        encode_to_client(&ToClient::Keys([(from.clone(), keys)].into())),
        encode_to_client(&ToClient::Survivors([from].into())),
    ]
}

fn acts() -> Vec<Vec<u8>> {
    let id = key_id(&key().public().to_string()).unwrap();
    let header = Header {
        log: log(),
        signers: vec![Signer { seat: "data-holder".parse().unwrap(), key: id }],
        nonce: "0".repeat(32),
        seen: Seen { size: 3, root: log() },
        expires_at: noon(),
        attached: None,
    };
    let named = BTreeSet::from([party("lab")]);
    let reason = AbortReason::RetriesSpent;
    [
        Act::Tick(Tick { time: noon() }),
        Act::DigestRecord(DigestRecord { index: 256, rolling: log() }),
        Act::RunAbort(RunAbort { run: "first".parse().unwrap(), reason, named }),
    ]
    .iter()
    .map(|one| act::encode(Some(&header), one).unwrap())
    .collect()
}

/// A pass and a party's word, by a key that everybody knows.
fn known() -> &'static (Vec<u8>, Vec<u8>) {
    static KNOWN: OnceLock<(Vec<u8>, Vec<u8>)> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let pass = Pass::seal(log(), noon(), &key()).unwrap().to_string().into_bytes();
        let name = history_name("log.example", &party("alder"));
        let said = CosignerKeys {
            party: party("alder"),
            key: key_id(&key().public().to_string()).unwrap(),
            keys: vec![Vkey::new(&name, Key::Witness(key().public())).unwrap()],
            time: noon(),
        };
        (pass, said.seal(log(), &key()).unwrap().to_bytes())
    })
}

fn key() -> SigningKey {
    SigningKey::from_seed(&[1; 32])
}

fn log() -> Digest {
    Digest([5; 32])
}

fn noon() -> Timestamp {
    Timestamp::from_seconds(1_800_000_000).unwrap()
}

fn party(name: &str) -> PartyId {
    name.parse().unwrap()
}
