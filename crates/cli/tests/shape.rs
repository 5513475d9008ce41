//! The shape of what commands print: JSON for programs, eighty columns for people, no colours
//! where nobody sees them.
#![allow(clippy::disallowed_methods, reason = "a test starts processes and reads their folders")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod world;

use std::process::{Command, Stdio};

use serde_json::Value;
use world::{concordat, shown};

#[test]
fn every_command_answers_in_json_and_for_people_in_eighty_columns_without_colours() {
    let temp = tempfile::tempdir().unwrap();
    let dir = temp.path().join("p");
    let at = |name: &str| shown(&dir.join(name));
    let pilot = concordat(&["pilot", "--headless", "--dir", &shown(&dir)]);
    let said = String::from_utf8(pilot.stdout).unwrap();
    assert_eq!(pilot.status.code(), Some(0), "{said}");
    // A path stands as it is: it is there to be copied.
    let narrow = |said: &str| {
        for line in said.lines().filter(|line| !line.contains(&shown(temp.path()))) {
            assert!(line.chars().count() <= 80, "{line}");
        }
    };
    narrow(&said);
    assert!(!said.contains('\u{1b}'));
    let bench = concordat(&["pilot", "--bench", "--splits", "2"]);
    let bench = String::from_utf8(bench.stdout).unwrap();
    narrow(&bench);
    assert!(
        bench.contains("Brier") && bench.lines().all(|line| line.trim_end() == line),
        "{bench}"
    );

    let mut coordinator = Command::new(env!("CARGO_BIN_EXE_concordat"))
        .args(["serve", "--until-input-ends", "--json", "--home", &at("coordinator")])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let (home, agreement, plan) = (at("vendor"), at("agreement"), at("agreement/plan.toml"));
    let nobody = &*"0".repeat(64);
    let offline = &["--home", &home, "--offline"][..];
    let by = &["--seat", "trainer", "--home", &home][..];
    let table = at("agreement/data/alder.csv");
    // Commands that succeed, that are refused, wrongly used, and that meet a fault: a coordinator
    // that was started anew listens elsewhere.
    let cases: &[(&[&str], i32)] = &[
        (&["check", &agreement], 0),
        (&["check", "/nowhere"], 2),
        (&["render", &agreement], 0),
        (&["render", &agreement, "--digest"], 0),
        (&["render", "/nowhere"], 2),
        (&["key", "show", "--home", &home, "--party", "vendor"], 0),
        (&["key", "show", "--home", &at("coordinator"), "--sequencer"], 0),
        (&["key", "new", "--home", &at("new"), "--party", "oak"], 0),
        (&["key", "show", "--home", &home, "--party", "oak"], 2),
        (
            &[
                "found",
                "--agreement",
                &agreement,
                "--origin",
                "a",
                "--sequencer",
                "b",
                "--party",
                "c=d",
                "--out",
                &at("founded"),
            ],
            2,
        ),
        (&["sign", "--home", &home, &at("founding/genesis.dsse")], 0),
        (&["sign", "--home", &home, "/nowhere.dsse"], 2),
        (&[&["status"], offline].concat(), 0),
        (&[&["log"], offline].concat(), 0),
        (&[&["log", "--since", "90"], offline].concat(), 0),
        (&["log", "--archive", &at("archive"), "--as", "lab", "--limit", "3"], 0),
        (&[&["places"], offline].concat(), 0),
        (&[&["series", "--window", "P1D"], offline].concat(), 0),
        (&[&["series", "--window", "PT1S"], offline].concat(), 2),
        (&[&["duties", "--limit", "3", "--since", "2"], offline].concat(), 0),
        (&[&["duties", "--since", "whenever"], offline].concat(), 2),
        (&[&["search", "the", "--limit", "3"], offline].concat(), 0),
        (&[&["trace", nobody], offline].concat(), 1),
        (&["status", "--home", &home], 3),
        (&["log", "--home", &home], 3),
        (&[&["act", "place.register"], by].concat(), 2),
        (&[&["act", "place.register", "place=a", "class=2", "jurisdiction=US"], by].concat(), 3),
        (&[&["why", "run.open", "run=first"], by].concat(), 3),
        (&[&["run", "propose", &plan], by].concat(), 3),
        (&["run", "watch", "first", "--home", &home], 3),
        (
            &[
                "evidence",
                "test",
                &"0".repeat(64),
                "--rows",
                &table,
                "--method",
                "m",
                "--seat",
                "test-lab",
                "--home",
                &home,
            ],
            3,
        ),
        (&["export", &at("archive"), "--home", &home], 2),
        (&["export", &at("other"), "--home", &home], 3),
        (&["verify", &at("archive")], 0),
        (&["verify", &at("logs")], 1),
        (&["node", "doctor", "--home", &home], 1),
        (&["node", "egress", "--home", &home], 0),
        (&["node", "egress", "--each", "--home", &home], 0),
        (&["node", "egress", "--home", &at("logs")], 2),
        (&["node", "pause", "--home", &home], 0),
        (&["node", "pause", "--resume", "--home", &home], 0),
        (&["node", "doctor", "heart-rows", "--agreement", &agreement, "--table", &table], 0),
        (&["node", "register", "heart-rows", "--place", "p", "--home", &home], 3),
        (&["node", "--home", &at("logs")], 2),
        (&["serve", "--home", &at("logs")], 2),
        (&["backup", "--home", &at("coordinator"), "--to", &at("backup")], 0),
        (&["backup", "--home", &at("coordinator"), "--to", &at("backup")], 2),
        (&["backup", "--home", &at("logs"), "--to", &at("other-backup")], 2),
        (&["restore", &at("backup"), "--home", &at("coordinator")], 2),
        (&["restore", &at("logs"), "--home", &at("coordinator")], 2),
        (&["pilot", "--dir", &shown(&dir)], 2),
        (&["pilot", "--bench", "--splits", "2"], 0),
        (&["pilot", "--splits", "1"], 2),
        (&["invent"], 2),
        (&[], 2),
    ];
    for (arguments, status) in cases {
        let output = concordat(&[*arguments, &["--json"]].concat());
        let (said, told) =
            (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
        assert_eq!(output.status.code(), Some(*status), "{arguments:?}: {said}{told}");
        let lines: Vec<Value> = said
            .lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{said}")))
            .collect();
        if *status != 0 {
            let problem = lines.last().unwrap().as_object().unwrap();
            let keys: Vec<&str> = problem.keys().map(String::as_str).collect();
            // Where something does not verify, what it breaks and where comes after that.
            assert_eq!(keys[..4], ["code", "what", "hint", "see"], "{arguments:?}");
            assert_eq!(keys.len() > 4, problem["code"] == "not-verified", "{arguments:?}");
        }
        let output = concordat(arguments);
        let said = String::from_utf8(output.stdout).unwrap();
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(!said.contains('\u{1b}') && !told.contains('\u{1b}'), "{arguments:?}");
        if ["status", "log", "places", "series", "duties", "why", "verify"]
            .contains(arguments.first().unwrap_or(&""))
        {
            narrow(&said);
        }
    }
    drop(coordinator.stdin.take());
    coordinator.wait().unwrap();
}
