//! tlog-proof receipts, checked offline.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

use concordat_terms::Timestamp;
use concordat_tlog::cosign::cosign;
use concordat_tlog::merkle::leaf_hash;
use concordat_tlog::proof::ReceiptProblem;
use concordat_tlog::vkey::Key;
use concordat_tlog::{Checkpoint, Policy, Receipt, SigningKey, Tree, Vkey};

const ORIGIN: &str = "log.example/a";

fn key(number: u8) -> SigningKey {
    SigningKey::from_seed(&[number; 32])
}

fn log() -> Vkey {
    Vkey::new(ORIGIN, Key::Log(key(1).public())).unwrap()
}

fn policy() -> Policy {
    let alder = Vkey::new("alder.example", Key::Witness(key(2).public())).unwrap();
    Policy::any_of(1, [("alder".to_owned(), alder)]).unwrap()
}

fn receipt(index: u64, size: u64) -> Receipt {
    let tree = Tree::of((0..size).map(|n| leaf_hash(&n.to_be_bytes())));
    let checkpoint = Checkpoint { origin: ORIGIN.into(), size, root: tree.root() };
    let mut note = checkpoint.sign(&key(1)).unwrap();
    let at = Timestamp::from_seconds(1_800_000_000).unwrap();
    note.push(cosign("alder.example", &key(2), at, note.text()).unwrap()).unwrap();
    Receipt {
        extra: None,
        index,
        path: tree.prove_inclusion(index, size).unwrap(),
        checkpoint: String::from_utf8(note.to_bytes()).unwrap(),
    }
}

#[test]
fn a_receipt_proves_its_entry_and_no_other() {
    for (index, size) in [(0, 1), (0, 2), (6, 7), (73, 100)] {
        let receipt = receipt(index, size);
        let read = Receipt::parse(receipt.to_string().as_bytes()).unwrap();
        assert_eq!(read, receipt);
        let trusted = read.verify(&index.to_be_bytes(), &log(), &policy()).unwrap();
        assert_eq!(trusted.checkpoint.size, size);
        assert!(trusted.cosigned_by.contains_key("alder"));
        assert!(read.verify(b"another entry", &log(), &policy()).is_err());
        let elsewhere = Receipt { index: index + 1, ..receipt };
        assert!(elsewhere.verify(&index.to_be_bytes(), &log(), &policy()).is_err());
    }
}

#[test]
fn every_flipped_bit_breaks_a_receipt_under_known_keys() {
    let good = receipt(6, 7).to_string().into_bytes();
    for bit in 0..good.len() * 8 {
        let mut bytes = good.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let intact = Receipt::parse(&bytes)
            .is_ok_and(|read| read.verify(&6u64.to_be_bytes(), &log(), &policy()).is_ok());
        assert!(!intact, "bit {bit}");
    }
}

#[test]
fn a_receipt_has_one_spelling() {
    let hash = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let head = "c2sp.org/tlog-proof@v1";
    let good = format!("{head}\nextra AAEC\nindex 5\n{hash}\n\ncheckpoint\n");
    let read = Receipt::parse(good.as_bytes()).unwrap();
    assert_eq!(read.extra.as_deref(), Some([0, 1, 2].as_slice()));
    assert_eq!(read.to_string(), good);
    for (bad, line, what) in [
        (good.replace("@v1", "@v2"), 1, ReceiptProblem::Header),
        (good.replace("AAEC", "AAE"), 2, ReceiptProblem::Extra),
        (good.replace("index 5", "index 05"), 3, ReceiptProblem::Index),
        (good.replace("index 5", "index -5"), 3, ReceiptProblem::Index),
        (good.replace("index 5\n", ""), 3, ReceiptProblem::Index),
        (good.replace("A=\n", "B=\n"), 4, ReceiptProblem::Hash),
        (good.replace("A=\n", "A=\r\n"), 4, ReceiptProblem::Hash),
        (good.replace("\n\ncheckpoint\n", ""), 5, ReceiptProblem::NoCheckpoint),
        (good.replace("checkpoint\n", ""), 5, ReceiptProblem::NoCheckpoint),
        (good.replace(hash, &[hash; 64].join("\n")), 67, ReceiptProblem::Hash),
        (good.replace("AAEC\n", "AAEC\nextra AAEC\n"), 3, ReceiptProblem::Index),
    ] {
        assert_ne!(bad, good);
        let refused = Receipt::parse(bad.as_bytes()).unwrap_err();
        assert_eq!((refused.line, refused.what), (line, what), "{bad}");
    }
}
