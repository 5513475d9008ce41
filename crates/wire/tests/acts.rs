//! `docs/reference/acts.md`, written from a sample of every act: `UPDATE_GOLDEN=1` rewrites it.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::unreachable, reason = "tests")]
#![expect(clippy::disallowed_methods, reason = "the page is read and rewritten")]

#[path = "acts/accounts.rs"]
mod accounts;
#[path = "acts/assets.rs"]
mod assets;
#[path = "acts/cases.rs"]
mod cases;
#[path = "acts/duties.rs"]
mod duties;
#[path = "acts/entries.rs"]
mod entries;
#[path = "acts/evidence.rs"]
mod evidence;
#[path = "acts/people.rs"]
mod people;
#[path = "acts/powers.rs"]
mod powers;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::PathBuf;

use concordat_partnership::Act;
use concordat_partnership::act::{Header, Seen, Signer};
use concordat_terms::{ActName, Digest, ORDERS};
use concordat_wire::act::{decode, encode, payload, typed};
use serde_json::{Value, json};

use entries::{Entry, PERMIT, d, entry};

fn header() -> Header {
    Header {
        log: Digest::of(b"genesis"),
        signers: vec![Signer {
            seat: "data-holder".parse().unwrap(),
            key: d("alder")[..32].parse().unwrap(),
        }],
        nonce: "00112233445566778899aabbccddeeff".to_owned(),
        seen: Seen { size: 41, root: Digest::of(b"root") },
        expires_at: "2027-01-02T08:00:00Z".parse().unwrap(),
        attached: None,
    }
}

fn act(name: ActName) -> Act {
    typed(name, entry(name).example).unwrap()
}

fn statement(name: ActName) -> Vec<u8> {
    let header = (name != ActName::Genesis).then(header);
    encode(header.as_ref(), &act(name)).unwrap()
}

/// Indented JSON; a cost is cut short.
fn shown(value: &Value) -> String {
    let full = serde_json::to_string_pretty(value).unwrap();
    let mut lines: Vec<&str> = full.lines().collect();
    if let Some(start) = lines.iter().position(|l| l.trim_start().starts_with("\"cost\": [")) {
        lines.drain(start + 3..start + 1 + ORDERS);
        lines.insert(start + 3, "    … 156 numbers in all");
    }
    lines.join("\n")
}

fn page() -> String {
    let mut page = "# Acts\n\n\
        <!-- Written by crates/wire/tests/acts.rs; UPDATE_GOLDEN=1 rewrites it. -->\n\n\
        An act is a statement with the predicate type `urn:concordat:act:<name>:v0`. Below is what each carries under `act`;\n\
        unknown fields are refused, decimals and times are text in one spelling. Whether it takes effect is for the agreement:\n\
        see [refusals](refusals.md). The subject is the digest of what the act is about, or else the log's id.\n"
        .to_owned();
    let whole: Value = serde_json::from_slice(&statement(ActName::RunApprove)).unwrap();
    write!(page, "\nA whole statement, indented (its bytes are canonical JSON on one line):\n\n```json\n{}\n```\n", shown(&whole)).unwrap();
    for name in ActName::JUDGED {
        let Entry { does, who, fields, example } = entry(*name);
        let about = match (name, act(*name).subject()) {
            (ActName::Genesis, _) => "the rules",
            (_, Some(_)) => "the thing with that digest",
            (_, None) => "the log",
        };
        write!(
            page,
            "\n## {name}\n\n{does}\n\nBy {who}. Subject: {about}.\n\n| field | |\n|---|---|\n"
        )
        .unwrap();
        for (field, meaning) in fields {
            writeln!(page, "| `{field}` | {meaning} |").unwrap();
        }
        write!(page, "\n```json\n{}\n```\n", shown(&example)).unwrap();
    }
    page
}

#[test]
fn every_act_is_explained_with_an_example() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/acts.md");
    let written = page();
    if std::env::var("UPDATE_GOLDEN").is_ok_and(|v| v == "1") {
        std::fs::write(&path, &written).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap_or_default(), written, "{}", path.display());
}

#[test]
fn every_field_of_every_payload_is_explained() {
    for name in ActName::JUDGED {
        let Entry { fields, example, .. } = entry(*name);
        let explained: BTreeSet<&str> = fields.iter().map(|(field, _)| *field).collect();
        let there: BTreeSet<&str> =
            example.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(explained, there, "{name}");
    }
}

/// Whoever reads the page and sends a file with an act finds that it is taken, and in the archive.
#[test]
fn what_the_page_calls_a_blob_is_one() {
    fn digests(value: &Value, found: &mut BTreeSet<Digest>) {
        match value {
            Value::String(text) => found.extend(text.parse::<Digest>().ok()),
            Value::Array(items) => items.iter().for_each(|item| digests(item, found)),
            Value::Object(fields) => fields.values().for_each(|item| digests(item, found)),
            _ => {}
        }
    }
    for name in ActName::JUDGED {
        let Entry { fields, example, .. } = entry(*name);
        let blobs = act(*name).blobs();
        let mut all = BTreeSet::new();
        digests(&example, &mut all);
        assert!(blobs.is_subset(&all), "{name} names a blob that its example has not");
        for (field, _) in fields.iter().filter(|(_, means)| means.contains("blob")) {
            let mut named = BTreeSet::new();
            digests(&example[*field], &mut named);
            assert!(!named.is_empty(), "{name}: no blob in the example of {field}");
            assert!(named.is_subset(&blobs), "{name}: what {field} names is not a blob of it");
        }
    }
}

#[test]
fn every_act_survives_the_wire() {
    for name in ActName::JUDGED {
        let act = act(*name);
        assert_eq!(act.name(), *name);
        // The example has every field there is: writing it again adds none.
        assert_eq!(payload(&act).unwrap(), entry(*name).example, "{name}");
        let bytes = statement(*name);
        let read = decode(&bytes).unwrap();
        assert_eq!((read.id, &read.act), (Digest::of(&bytes), &act));
        assert_eq!(encode(read.header.as_ref(), &read.act).unwrap(), bytes);
    }
}

#[test]
fn a_field_too_many_or_too_few_is_refused() {
    for name in ActName::JUDGED {
        let mut more = entry(*name).example;
        more.as_object_mut().unwrap().insert("surprise".to_owned(), json!(1));
        assert!(typed(*name, more).is_err(), "{name}");
        let fields = entry(*name).fields.iter();
        for (field, _) in fields.filter(|(_, means)| !means.starts_with("may be left out")) {
            let mut fewer = entry(*name).example;
            fewer.as_object_mut().unwrap().remove(*field);
            assert!(typed(*name, fewer).is_err(), "{name} without {field}");
        }
    }
}

#[test]
fn only_a_genesis_goes_without_a_header() {
    for name in ActName::JUDGED {
        let wrong = (*name == ActName::Genesis).then(header);
        assert!(encode(wrong.as_ref(), &act(*name)).is_err(), "{name}");
    }
}

/// Every text in a document, by where it is.
fn leaves(value: &Value, at: &str, found: &mut Vec<String>) {
    match value {
        Value::String(_) => found.push(at.to_owned()),
        Value::Array(items) => {
            let of = |(place, item): (usize, &Value)| leaves(item, &format!("{at}/{place}"), found);
            items.iter().enumerate().for_each(of);
        }
        Value::Object(fields) => {
            for (key, item) in fields {
                // As a JSON pointer has it (RFC 6901).
                let key = key.replace('~', "~0").replace('/', "~1");
                leaves(item, &format!("{at}/{key}"), found);
            }
        }
        _ => {}
    }
}

/// Texts that a type does not bound: keys, proofs and signatures, amounts, licences, versions, and names of
/// standards and techniques. The fold reads most of them, and refuses what is none.
const TEXTS: [&str; 29] = [
    "account.allocate/amount",
    "account.transfer/amount",
    "asset.derive/licence",
    "asset.import/licence",
    "code.register/licence",
    "equivocation.report/first/signature",
    "equivocation.report/second/signature",
    "evidence.submit/record/elsewhere/accreditations/0/standard",
    "evidence.submit/record/techniques/0",
    "evidence.submit/record/version",
    "genesis/origin",
    "genesis/parties/alder/key",
    "genesis/parties/alder/witness",
    "genesis/parties/birch/key",
    "genesis/parties/birch/witness",
    "genesis/sequencer",
    "key.recover/key",
    "key.register/key",
    "key.register/proof",
    "key.rotate/key",
    "key.rotate/proof",
    "lab.accredit/accreditation/standard",
    "method.register/version",
    "party.accede/key",
    "party.accede/witness",
    "party.accede/witness_pq",
    "payment.record/amount",
    "recognition.adopt/rule/accredited/0",
    "usage.report/amount",
];

/// Which fields of acts take what a person could write there: all others are names, digests, numbers,
/// times or words of closed lists. None is in an act that a node signs by itself.
#[test]
fn fields_that_take_a_text_are_known_and_what_a_node_signs_by_itself_has_none() {
    let written = json!("Mrs Smith, born 3 May 1951, ward 7");
    let mut takes = Vec::new();
    for name in ActName::JUDGED {
        let example = entry(*name).example;
        let mut found = Vec::new();
        leaves(&example, "", &mut found);
        for place in found {
            let mut changed = example.clone();
            *changed.pointer_mut(&place).unwrap() = written.clone();
            if typed(*name, changed).is_ok() {
                takes.push(format!("{name}{place}"));
            }
        }
    }
    takes.sort();
    assert_eq!(takes, TEXTS);
    for own in [ActName::RunJoin, ActName::RunClose] {
        assert!(!takes.iter().any(|text| text.starts_with(&format!("{own}/"))), "{own}");
    }

    // What is around an act: its statement.
    let whole: Value = serde_json::from_slice(&statement(ActName::RunApprove)).unwrap();
    let mut found = Vec::new();
    leaves(&whole, "", &mut found);
    assert!(found.len() > 8, "{found:?}");
    for place in found {
        let mut changed = whole.clone();
        *changed.pointer_mut(&place).unwrap() = written.clone();
        assert!(decode(&serde_json::to_vec(&changed).unwrap()).is_err(), "{place}");
    }
}
