//! No input bytes make a parser panic, and what is read prints back.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

use std::collections::BTreeMap;

use concordat_tlog::policy::Policy;
use concordat_tlog::tile::{TilePath, decode_entries, decode_hashes};
use concordat_tlog::vkey::Key;
use concordat_tlog::{
    Checkpoint, Envelope, Note, PublicKey, Receipt, SigningKey, Statement, Vkey, archive,
};
use proptest::prelude::*;

/// Bytes that look a little like every format, so that parsers get past their first check.
fn nearly() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just("c2sp.org/tlog-proof@v1\n".to_owned()),
        Just("index 5\n".to_owned()),
        Just("extra AAEC\n".to_owned()),
        Just("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n".to_owned()),
        Just("\n".to_owned()),
        Just("\u{2014} n AAAAAAA=\n".to_owned()),
        Just("witness a ".to_owned()),
        Just("group g 1 a\n".to_owned()),
        Just("quorum g\n".to_owned()),
        Just("tile/0/x001/000".to_owned()),
        Just(".p/7".to_owned()),
        Just("{\"payload\":\"\",\"payloadType\":\"application/vnd.in-toto+json\",".to_owned()),
        Just("\"signatures\":[{\"keyid\":\"a\",\"sig\":\"".to_owned()),
        Just("\"}]}".to_owned()),
        Just("{\"_type\":\"https://in-toto.io/Statement/v1\",".to_owned()),
        Just("+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW\n".to_owned()),
        "[0-9]{1,20}\n",
        "\\PC{0,6}",
    ];
    let text = prop::collection::vec(piece, 0..12).prop_map(|p| p.concat().into_bytes());
    prop_oneof![text, prop::collection::vec(any::<u8>(), 0..300)]
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in nearly(), width in any::<u16>()) {
        if let Ok(read) = Envelope::parse(&bytes) {
            prop_assert_eq!(read.to_bytes(), bytes.clone());
        }
        if let Ok(read) = Statement::parse(&bytes) {
            prop_assert_eq!(read.to_bytes().unwrap(), bytes.clone());
        }
        if let Ok(read) = Note::parse(&bytes) {
            prop_assert_eq!(read.to_bytes(), bytes.clone());
        }
        if let Ok(read) = Receipt::parse(&bytes) {
            prop_assert_eq!(read.to_string().into_bytes(), bytes.clone());
        }
        let _ = decode_entries(&bytes, width);
        let _ = decode_hashes(&bytes, width);
        let text = String::from_utf8_lossy(&bytes);
        if let Ok(read) = Checkpoint::parse(&text) {
            prop_assert_eq!(read.to_text(), text.clone());
        }
        if let Ok(read) = text.parse::<Vkey>() {
            prop_assert_eq!(read.to_string(), text.clone());
        }
        if let Ok(read) = text.parse::<PublicKey>() {
            prop_assert_eq!(read.to_string(), text.clone());
        }
        if let Ok(read) = text.parse::<TilePath>() {
            prop_assert_eq!(read.to_string(), text.clone());
        }
        if let Ok(read) = text.parse::<Policy>() {
            prop_assert_eq!(read.to_string().parse::<Policy>().unwrap(), read);
        }
    }

    /// An archive of arbitrary files under a checkpoint that was really signed.
    #[test]
    fn any_files_are_an_archive_or_a_fault(
        size in prop_oneof![0u64..600, any::<u64>()],
        files in prop::collection::vec(nearly(), 8),
    ) {
        let key = SigningKey::from_seed(&[1; 32]);
        let vkey = Vkey::new("log", Key::Log(key.public())).unwrap();
        let root = concordat_tlog::merkle::leaf_hash(b"x");
        let mut archive = BTreeMap::new();
        match (Checkpoint { origin: "log".into(), size, root }).sign(&key) {
            Ok(note) => archive.insert("checkpoint".to_owned(), note.to_bytes()),
            Err(_) => archive.insert("checkpoint".to_owned(), files[0].clone()),
        };
        for (path, bytes) in concordat_tlog::tile::paths(size).take(8).zip(files) {
            archive.insert(path.to_string(), bytes);
        }
        let policy = Policy::any_of(0, []).unwrap();
        prop_assert!(archive::verify(&archive, &vkey, &policy).is_err());
    }
}
