//! Witness policies in C2SP's text.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, missing_docs)]

use std::collections::BTreeSet;

use concordat_terms::Timestamp;
use concordat_tlog::note::COSIGNATURES_MAX;
use concordat_tlog::policy::{BadPolicy, Group, PolicyProblem, Quorum};
use concordat_tlog::vkey::{Key, Kind};
use concordat_tlog::{Policy, SigningKey, Vkey};

fn vkey(number: u8, kind: Kind) -> Vkey {
    let key = SigningKey::from_seed(&[number; 32]).public();
    let key = if kind == Kind::Log { Key::Log(key) } else { Key::Witness(key) };
    Vkey::new(&format!("key.example/{number}"), key).unwrap()
}

fn witness(number: u8) -> Vkey {
    vkey(number, Kind::Witness)
}

/// The example of the specification: two of the X and one of the Y.
fn example() -> String {
    format!(
        "# An example\n\
         log {}\n\n\
         witness X1 {}\n\
         witness X2 {} https://x2.example/\n\
         witness\tX3  {} \n\
         group X-witnesses 2 X1 X2 X3\n\n\
         witness Y1 {}\n\
         witness Y2 {}\n\
         witness Y3 {}\n\
         group Y-witnesses any Y1 Y2 Y3\n\n\
         group X-and-Y all X-witnesses Y-witnesses\n  # done\n\
         quorum X-and-Y\n",
        vkey(1, Kind::Log),
        witness(11),
        witness(12),
        witness(13),
        witness(21),
        witness(22),
        witness(23),
    )
}

fn by(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn two_of_one_group_and_one_of_the_other_suffice() {
    let policy: Policy = example().parse().unwrap();
    assert!(policy.satisfied(&by(&["X1", "X3", "Y2"])));
    assert!(policy.satisfied(&by(&["X1", "X2", "X3", "Y1", "Y2", "Y3", "Z"])));
    assert!(!policy.satisfied(&by(&["X1", "X2", "X3"])));
    assert!(!policy.satisfied(&by(&["X1", "Y1", "Y2", "Y3"])));
    // Claiming to be a group is not being one.
    assert!(!policy.satisfied(&by(&["X-and-Y", "X-witnesses", "Y-witnesses"])));
    assert!(!policy.satisfied(&by(&[])));
}

#[test]
fn a_policy_prints_in_one_spelling_and_reads_back() {
    let policy: Policy = example().parse().unwrap();
    let printed = policy.to_string();
    assert_eq!(printed.parse::<Policy>().unwrap(), policy);
    assert_eq!(printed.parse::<Policy>().unwrap().to_string(), printed);
    assert!(printed.contains("group X-and-Y 2 X-witnesses Y-witnesses\nquorum X-and-Y\n"));
    let stored = serde_json::to_string(&policy).unwrap();
    assert_eq!(serde_json::from_str::<Policy>(&stored).unwrap(), policy);
}

#[test]
fn nobody_one_or_any_k_can_be_the_quorum() {
    let nobody: Policy = "quorum none\n".parse().unwrap();
    assert!(nobody.satisfied(&by(&[])));
    assert_eq!(Policy::any_of(0, []).unwrap(), nobody);
    let one: Policy = format!("witness W {}\nquorum W\n", witness(1)).parse().unwrap();
    assert!(one.satisfied(&by(&["W"])) && !one.satisfied(&by(&["V"])));
    let names = ["alder", "birch", "quorum"].map(str::to_owned);
    let two = Policy::any_of(2, names.into_iter().zip([1, 2, 3].map(witness))).unwrap();
    assert!(two.satisfied(&by(&["alder", "quorum"])));
    assert!(!two.satisfied(&by(&["birch"])));
    assert_eq!(two.to_string().parse::<Policy>().unwrap(), two);
    assert!(Policy::any_of(2, [("alder".to_owned(), witness(1))]).is_err());
    assert!(Policy::any_of(0, [("alder".to_owned(), witness(1))]).is_err());
}

#[test]
fn a_checkpoint_counts_from_the_moment_at_which_enough_had_cosigned() {
    let at = |seconds| Timestamp::from_seconds(1_800_000_000 + seconds).unwrap();
    let cosigned = |all: &[(&str, u64)]| {
        all.iter().map(|(name, seconds)| ((*name).to_owned(), at(*seconds))).collect()
    };
    let policy: Policy = example().parse().unwrap();
    // Two of the X and one of the Y: the third X adds nothing, and a stranger neither.
    let all = [("X1", 10), ("X2", 40), ("X3", 20), ("Y1", 30), ("Z", 1)];
    assert_eq!(policy.satisfied_at(&cosigned(&all)), Some(at(30)));
    assert_eq!(policy.satisfied_at(&cosigned(&all[..3])), None);
    assert_eq!(Policy::nobody().satisfied_at(&cosigned(&all)), None);
}

#[test]
fn senseless_policies_name_the_line() {
    let (a, b, log) = (witness(1), witness(2), vkey(3, Kind::Log));
    let w = format!("witness A {a}\nwitness B {b}\n");
    for (bad, line) in [
        (String::new(), 0),
        (w.clone(), 2),
        (format!("{w}quorum A"), 3),
        (format!("{w}quorum C\n"), 3),
        (format!("{w}quorum A\nquorum A\n"), 4),
        (format!("quorum A\n{w}"), 1),
        (format!("{w}group G 3 A B\nquorum G\n"), 4),
        (format!("{w}group G 0 A B\nquorum G\n"), 4),
        (format!("{w}group G 01 A B\nquorum G\n"), 3),
        (format!("{w}group G some A B\nquorum G\n"), 3),
        (format!("{w}group G any\nquorum A\n"), 3),
        (format!("{w}group G any A A\nquorum G\n"), 4),
        (format!("{w}group G any A\ngroup H any A\nquorum H\n"), 5),
        (format!("{w}group G any G\nquorum G\n"), 3),
        (format!("{w}group A any B\nquorum A\n"), 4),
        (format!("{w}group none any A\nquorum A\n"), 4),
        (format!("{w}group G any none\nquorum G\n"), 3),
        (format!("{w}witness A2 {a}\nquorum A\n"), 4),
        (format!("{w}witness C {log}\nquorum A\n"), 4),
        (format!("log {a}\nquorum none\n"), 2),
        (format!("log {log}\nlog {log}\nquorum none\n"), 3),
        (format!("log {log} https://a b\nquorum none\n"), 1),
        ("log bad\nquorum none\n".to_owned(), 1),
        ("policy\nquorum none\n".to_owned(), 1),
        ("quorum none\r\n".to_owned(), 1),
        ("quorum\u{0b}none\n".to_owned(), 1),
    ] {
        assert_eq!(bad.parse::<Policy>().map_err(|bad| bad.line), Err(line), "{bad}");
    }
}

/// A note has 64 lines, and the log's own is one of them.
#[test]
fn a_quorum_that_no_checkpoint_has_room_for_is_no_policy() {
    let all = || (0..80).map(|number| (format!("w{number}"), witness(number)));
    let room = COSIGNATURES_MAX;
    assert!(Policy::any_of(room, all()).is_ok());
    assert_eq!(Policy::any_of(room + 1, all()), Err(BadPolicy::TooMany(room + 1)));

    // In groups it is the least that suffices which has to fit: here all of one and any of the other.
    let lines: String = all().map(|(name, vkey)| format!("witness {name} {vkey}\n")).collect();
    let names = |from: usize, to: usize| -> String {
        (from..to).map(|number| format!(" w{number}")).collect()
    };
    let grouped = |first: usize, threshold: &str| {
        let (one, other) = (names(0, first), names(first, 80));
        format!("{lines}group A all{one}\ngroup B any{other}\ngroup C {threshold} A B\nquorum C\n")
    };
    assert!(grouped(room - 1, "all").parse::<Policy>().is_ok());
    assert!(grouped(room + 1, "any").parse::<Policy>().is_ok());
    let refused = grouped(room, "all").parse::<Policy>().unwrap_err();
    assert_eq!(refused.what, PolicyProblem::Policy(BadPolicy::TooMany(room + 1)));
}

#[test]
fn groups_built_by_hand_obey_the_same_rules() {
    let group = Group { name: "g".into(), threshold: 1, members: vec!["a".into()] };
    let built = Policy::new(vec![], vec![], vec![group], Quorum::Of("g".into()));
    assert_eq!(built, Err(BadPolicy::Undefined("a".into())));
    let named: Result<Policy, _> = format!("witness #a {}\nquorum none\n", witness(1)).parse();
    assert_eq!(named.unwrap_err().what, PolicyProblem::Policy(BadPolicy::Name("#a".into())));
}
