//! Notes, checkpoints and cosignatures, with published examples.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

use concordat_terms::{Digest, Timestamp};
use concordat_tlog::checkpoint::NotACheckpoint;
use concordat_tlog::cosign::cosign;
use concordat_tlog::merkle::{empty_root, leaf_hash};
use concordat_tlog::note::{BadLine, NoteProblem, SignatureLine, Signed, Unlisted};
use concordat_tlog::trust::{self, Distrust};
use concordat_tlog::vkey::{Key, Kind, NotAVkey};
use concordat_tlog::{Checkpoint, Note, Policy, SigningKey, Vkey};

/// The example of Go's `golang.org/x/mod/sumdb/note`: key, seed and signed note.
const GO_VKEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const GO_SEED: &str = "810a1402d5146c8d84f2443330f54080ebf98ee17d9c74f6252fc5d5c7283173";
const GO_NOTE: &str = "If you think cryptography is the answer to your problem,\n\
    then you don't know what your problem is.\n\
    \n\
    \u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

/// The example of C2SP tlog-cosignature: its keys are not published, its spelling is.
const C2SP_CHECKPOINT: &str = "example.com/behind-the-sofa\n\
    20852163\n\
    CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\
    \n\
    \u{2014} example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n\
    \u{2014} witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n";

fn key(number: u8) -> SigningKey {
    SigningKey::from_seed(&[number; 32])
}

fn vkey(name: &str, kind: Kind, number: u8) -> Vkey {
    let key = key(number).public();
    let key = if kind == Kind::Log { Key::Log(key) } else { Key::Witness(key) };
    Vkey::new(name, key).unwrap()
}

fn checkpoint() -> Checkpoint {
    Checkpoint { origin: "log.example/a".into(), size: 3, root: leaf_hash(b"x") }
}

fn time(seconds: u64) -> Timestamp {
    Timestamp::from_seconds(seconds).unwrap()
}

#[test]
fn the_published_note_verifies_and_breaks_with_any_bit() {
    let known: Vkey = GO_VKEY.parse().unwrap();
    let note = Note::parse(GO_NOTE.as_bytes()).unwrap();
    assert_eq!(note.to_bytes(), GO_NOTE.as_bytes());
    let signed = note.verify([&known], Unlisted::Rejected).unwrap();
    assert_eq!(signed, [Signed { key: &known, at: None }]);

    for bit in 0..GO_NOTE.len() * 8 {
        let mut bytes = GO_NOTE.as_bytes().to_vec();
        bytes[bit / 8] ^= 1 << (bit % 8);
        let taken =
            Note::parse(&bytes).is_ok_and(|note| note.verify([&known], Unlisted::Rejected).is_ok());
        assert!(!taken, "bit {bit}");
    }
}

#[test]
fn the_published_note_is_what_we_sign() {
    let seed = hex::decode(GO_SEED).unwrap().try_into().unwrap();
    let key = SigningKey::from_seed(&seed);
    let (text, _) = GO_NOTE.split_once("\n\n").unwrap();
    let text = format!("{text}\n");
    let line = SignatureLine::sign("PeterNeumann", &key, &text).unwrap();
    assert_eq!(Note::new(text, vec![line]).unwrap().to_bytes(), GO_NOTE.as_bytes());
}

#[test]
fn published_keys_parse_and_print_back() {
    for (text, kind) in [
        (GO_VKEY, Kind::Log),
        ("EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop", Kind::Log),
        ("TEST+7997405c+AQcC+FTVKf0jlTdHDY3rbevmnKxxPjigCXlVtGe6RIr6", Kind::Log),
        ("remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2", Kind::Witness),
    ] {
        let vkey: Vkey = text.parse().unwrap();
        assert_eq!((vkey.to_string().as_str(), vkey.kind()), (text, kind));
    }
}

#[test]
fn mangled_keys_are_refused() {
    for at in 0..GO_VKEY.len() {
        assert!(GO_VKEY[..at].parse::<Vkey>().is_err(), "first {at} bytes");
        let mut bytes = GO_VKEY.as_bytes().to_vec();
        bytes[at] += 1;
        assert!(String::from_utf8(bytes).unwrap().parse::<Vkey>().is_err(), "byte {at}");
    }
    assert!(matches!(GO_VKEY.replace("c7", "C7").parse::<Vkey>(), Err(NotAVkey::Id { .. })));
    // The key that signs anything, under a right id.
    let weak = "x+aaaaaaaa+AQEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    assert!(matches!(weak.parse::<Vkey>(), Err(NotAVkey::Key(_))));
    assert!(Vkey::new("a b", Key::Log(key(1).public())).is_err());
    assert!(Vkey::new("a+b", Key::Log(key(1).public())).is_err());
    assert!(Vkey::new("a\u{2003}b", Key::Log(key(1).public())).is_err());
}

#[test]
fn the_published_checkpoint_has_our_spelling() {
    let note = Note::parse(C2SP_CHECKPOINT.as_bytes()).unwrap();
    assert_eq!(note.to_bytes(), C2SP_CHECKPOINT.as_bytes());
    let checkpoint = Checkpoint::parse(note.text()).unwrap();
    assert_eq!((checkpoint.size, checkpoint.origin.len()), (20_852_163, 27));
    assert_eq!(checkpoint.to_text(), note.text());
    let at = note.offset_of_line(1);
    assert!(C2SP_CHECKPOINT[at..].starts_with("\u{2014} witness.example.com/w1 "));
}

#[test]
fn notes_have_one_shape() {
    let bad = |text: &str| Note::parse(text.as_bytes()).unwrap_err();
    let signed = "\u{2014} n AAAAAAA=\n";
    assert!(Note::parse(format!("a\n\n{signed}").as_bytes()).is_ok());
    assert_eq!(bad("").what, NoteProblem::Unsigned);
    assert_eq!(bad("a\n\n").what, NoteProblem::Unsigned);
    assert_eq!(bad(&format!("a\n{signed}")).what, NoteProblem::Unsigned);
    assert_eq!(bad(&format!("a\n\n{signed}")[..15]).what, NoteProblem::Unsigned);
    assert_eq!(bad(&format!("a\n\n{signed}\n")).what, NoteProblem::Unsigned);
    assert_eq!(bad(&format!("a\r\n\n{signed}")).what, NoteProblem::Control);
    assert_eq!(bad("a\n\n- n AAAAAAA=\n").what, NoteProblem::Line);
    assert_eq!(bad("a\n\n\u{2014} n AAAAAAB=\n").what, NoteProblem::Base64);
    assert_eq!(bad("a\n\n\u{2014} n AAAAAA==\n").what, NoteProblem::Base64);
    assert_eq!(bad("a\n\n\u{2014} n  AAAAAAA=\n").what, NoteProblem::Base64);
    assert!(matches!(bad("a\n\n\u{2014} n+m AAAAAAA=\n").what, NoteProblem::Name(_)));
    assert!(matches!(bad("a\n\n\u{2014}  AAAAAAA=\n").what, NoteProblem::Name(_)));
    let second = bad(&format!("ab\n\n{signed}x\n"));
    assert_eq!((second.at, second.what), (4 + signed.len(), NoteProblem::Line));
    assert_eq!(bad(&format!("a\n\n{}", signed.repeat(65))).what, NoteProblem::TooMany);
    assert!(Note::parse(format!("a\n\n{}", signed.repeat(64)).as_bytes()).is_ok());
    assert_eq!(Note::parse(b"a\n\n\xff").unwrap_err().what, NoteProblem::Utf8);
    assert!(Note::new("no newline".into(), vec![]).is_err());
}

#[test]
fn strangers_are_ignored_but_a_known_key_that_fails_rejects_all() {
    let text = "a text\n".to_owned();
    let good = SignatureLine::sign("log", &key(1), &text).unwrap();
    let stranger = SignatureLine::sign("stranger", &key(2), &text).unwrap();
    let failing = SignatureLine::sign("log", &key(1), "another text\n").unwrap();
    // Another key under the same name has another id: a stranger.
    let namesake = SignatureLine::sign("log", &key(3), &text).unwrap();
    let known = vkey("log", Kind::Log, 1);
    let verify = |lines: &[&SignatureLine], unlisted| {
        let lines = lines.iter().map(|line| (*line).clone()).collect();
        let note = Note::new(text.clone(), lines).unwrap();
        note.verify([&known], unlisted).map(|signed| signed.len())
    };
    assert_eq!(verify(&[&stranger, &good, &namesake], Unlisted::Ignored), Ok(1));
    assert_eq!(verify(&[&good, &good], Unlisted::Ignored), Ok(1));
    assert_eq!(verify(&[&stranger], Unlisted::Ignored), Ok(0));
    let bad = verify(&[&good, &failing], Unlisted::Ignored).unwrap_err();
    assert_eq!((bad.line, bad.what), (1, BadLine::Failed("log".into())));
    let bad = verify(&[&good, &namesake], Unlisted::Rejected).unwrap_err();
    assert_eq!((bad.line, bad.what), (1, BadLine::Unlisted("log".into())));
    let bad = verify(&[&good, &good], Unlisted::Rejected).unwrap_err();
    assert_eq!((bad.line, bad.what), (1, BadLine::Repeated("log".into())));
}

#[test]
fn checkpoints_have_one_spelling() {
    let good = checkpoint().to_text();
    assert_eq!(Checkpoint::parse(&good), Ok(checkpoint()));
    let root = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    assert!(Checkpoint::parse(&format!("o\n1\n{root}\n")).is_ok());
    for bad in [
        format!("o\n01\n{root}\n"),
        format!("o\n+1\n{root}\n"),
        format!("o\n-1\n{root}\n"),
        format!("o\n\n{root}\n"),
        format!("o\n1 \n{root}\n"),
        format!("o\n9223372036854775808\n{root}\n"),
        format!("o\n99999999999999999999\n{root}\n"),
        format!("\n1\n{root}\n"),
        format!("o p\n1\n{root}\n"),
        format!("o\n1\n{root}\nextension\n"),
        format!("o\n1\n{root}"),
        format!("o\n1\n{}\n", root.replace("A=", "B=")),
        format!("o\n1\n{}\n", root.trim_end_matches('=')),
        format!("o\n1\n{root}{root}\n"),
        "o\n1\n".to_owned(),
        String::new(),
    ] {
        assert!(Checkpoint::parse(&bad).is_err(), "{bad:?}");
    }
    assert_eq!(Checkpoint::parse(&format!("o\n0\n{root}\n")), Err(NotACheckpoint::EmptyRoot));
    let empty = Checkpoint { size: 0, root: empty_root(), ..checkpoint() };
    assert_eq!(Checkpoint::parse(&empty.to_text()), Ok(empty));
}

#[test]
fn a_cosignature_states_its_time_and_signs_it() {
    let mut note = checkpoint().sign(&key(1)).unwrap();
    let line = cosign("alder.example/w", &key(2), time(1_679_315_147), note.text()).unwrap();
    note.push(line.clone()).unwrap();
    let witness = vkey("alder.example/w", Kind::Witness, 2);
    let signed = note.verify([&witness], Unlisted::Ignored).unwrap();
    assert_eq!(signed[0].at, Some(time(1_679_315_147)));

    // The signed bytes are those of the specification.
    let message = concordat_tlog::cosign::message(time(1_679_315_147), note.text());
    let expected = format!("cosignature/v1\ntime 1679315147\n{}", note.text());
    assert_eq!(message, expected.as_bytes());

    // Neither the time nor the text can be changed, nor a log's key stand in for a witness's.
    let shown = line.to_text();
    let (head, encoded) = shown.rsplit_once(' ').unwrap();
    let other_time = format!("{head} {}", encoded.replacen("AABk", "AABl", 1));
    assert_ne!(shown, other_time);
    let other_time = SignatureLine::parse(&other_time).unwrap();
    let forged = Note::new(note.text().to_owned(), vec![other_time]).unwrap();
    assert!(forged.verify([&witness], Unlisted::Ignored).is_err());
    let moved = Note::new("other\n".into(), vec![line]).unwrap();
    assert!(moved.verify([&witness], Unlisted::Ignored).is_err());
    let as_log = vkey("alder.example/w", Kind::Log, 2);
    assert_ne!(as_log.id(), witness.id());
}

#[test]
fn a_checkpoint_counts_when_its_log_and_enough_witnesses_signed() {
    let log = vkey("log.example/a", Kind::Log, 1);
    let names = ["alder", "birch", "cedar"];
    let witnesses = (10..).zip(names);
    let policy = Policy::any_of(
        2,
        witnesses.map(|(n, name)| (name.to_owned(), vkey(name, Kind::Witness, n))),
    )
    .unwrap();
    let mut note = checkpoint().sign(&key(1)).unwrap();
    let open = |note: &Note, log| trust::open(&note.to_bytes(), log, &policy, Unlisted::Ignored);

    let missing = open(&note, &log).unwrap_err();
    assert_eq!(missing.to_string(), "the cosignatures do not satisfy the policy: nobody cosigned");
    note.push(cosign("alder", &key(10), time(5), note.text()).unwrap()).unwrap();
    let missing = open(&note, &log).unwrap_err();
    assert_eq!(
        missing.to_string(),
        "the cosignatures do not satisfy the policy: only `alder` cosigned"
    );
    // Signing twice does not make alder two.
    note.push(cosign("alder", &key(10), time(6), note.text()).unwrap()).unwrap();
    assert!(open(&note, &log).is_err());
    note.push(cosign("cedar", &key(12), time(7), note.text()).unwrap()).unwrap();
    let trusted = open(&note, &log).unwrap();
    assert_eq!(trusted.checkpoint, checkpoint());
    let times: Vec<_> = trusted.cosigned_by.into_iter().collect();
    assert_eq!(times, [("alder".to_owned(), time(5)), ("cedar".to_owned(), time(7))]);

    // Another log's checkpoint, or another key under the log's name, is not ours.
    let other = vkey("log.example/b", Kind::Log, 1);
    assert_eq!(open(&note, &other), Err(Distrust::Unsigned("log.example/b".into())));
    let rekeyed = vkey("log.example/a", Kind::Log, 2);
    assert_eq!(open(&note, &rekeyed), Err(Distrust::Unsigned("log.example/a".into())));
    let witness = vkey("alder", Kind::Witness, 10);
    assert_eq!(open(&note, &witness), Err(Distrust::NotALog("alder".into())));

    // A log that signs under its own name what names another.
    let text = checkpoint().to_text();
    let line = SignatureLine::sign("log.example/b", &key(1), &text).unwrap();
    let mixed = Note::new(text, vec![line]).unwrap();
    assert!(matches!(open(&mixed, &other), Err(Distrust::Origin { .. })));
}

#[test]
fn a_checkpoint_of_nothing_in_particular_is_not_signed() {
    let bad = Checkpoint { origin: "two words".into(), size: 1, root: Digest([0; 32]) };
    assert!(bad.sign(&key(1)).is_err());
    let bad = Checkpoint { size: 0, ..checkpoint() };
    assert!(bad.sign(&key(1)).is_err());
    let bad = Checkpoint { size: u64::MAX, ..checkpoint() };
    assert!(bad.sign(&key(1)).is_err());
}
