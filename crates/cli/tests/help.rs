//! What the program says of itself when it is asked.
#![allow(clippy::disallowed_methods, reason = "a test starts processes")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

use std::process::{Command, Output};

fn concordat(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_concordat")).args(arguments).output().unwrap()
}

#[test]
fn the_help_of_every_command_has_an_example() {
    let commands: &[&[&str]] = &[
        &[],
        &["pack"],
        &["pack", "draft"],
        &["check"],
        &["diff"],
        &["render"],
        &["bench"],
        &["bench", "agreement"],
        &["bench", "law"],
        &["bench", "log"],
        &["key"],
        &["key", "new"],
        &["key", "show"],
        &["found"],
        &["sign"],
        &["act"],
        &["why"],
        &["status"],
        &["duties"],
        &["decisions"],
        &["catalog"],
        &["trace"],
        &["cases"],
        &["risks"],
        &["places"],
        &["series"],
        &["budget"],
        &["matrix"],
        &["value"],
        &["search"],
        &["log"],
        &["serve"],
        &["backup"],
        &["restore"],
        &["person"],
        &["person", "commit"],
        &["person", "open"],
        &["erase"],
        &["node"],
        &["node", "register"],
        &["node", "doctor"],
        &["node", "pause"],
        &["node", "egress"],
        &["run"],
        &["run", "propose"],
        &["run", "show"],
        &["run", "watch"],
        &["evidence", "import"],
        &["evidence", "list"],
        &["evidence", "labs"],
        &["evidence", "rules"],
        &["evidence", "savings"],
        &["export"],
        &["export", "bundle"],
        &["export", "catalog"],
        &["export", "lineage"],
        &["export", "course"],
        &["export", "model"],
        &["attest"],
        &["verify"],
        &["bisect"],
    ];
    for command in commands {
        let output = concordat(&[command, &["--help"][..]].concat());
        let help = String::from_utf8(output.stdout.clone()).unwrap();
        assert!(output.status.success() && help.contains("Usage:"), "{command:?}");
        assert!(help.contains("Example") && help.contains("\n  concordat "), "{command:?}: {help}");
    }
}

#[test]
fn the_version_names_the_release_and_the_code_that_runs_beside_rows() {
    let output = concordat(&["--version"]);
    let said = String::from_utf8(output.stdout).unwrap();
    let code = concordat_node::plan::CODE;
    assert_eq!(said, format!("concordat {}\ncode {code}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn every_command_that_the_help_lists_is_one_that_was_asked_for_help() {
    let output = concordat(&["--help"]);
    let help = String::from_utf8(output.stdout).unwrap();
    let listed = help.split("Commands:").nth(1).unwrap().split("\n\n").next().unwrap();
    for line in listed.lines().filter(|line| !line.trim().is_empty() && !line.starts_with("    ")) {
        let command = line.split_whitespace().next().unwrap();
        let output = concordat(&[command, "--help"]);
        assert!(String::from_utf8(output.stdout).unwrap().contains("Example"), "{command}");
    }
}

/// Where nothing can be written, nothing was answered: the exit status says so.
#[test]
fn help_that_was_not_written_is_a_fault() {
    for arguments in [&["--help"][..], &["check", "--help"], &["--version"]] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_concordat"));
        let output = command.args(arguments).stdout(full).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(3), "{arguments:?}: {said}");
        let lines: Vec<&str> = said.lines().collect();
        let [what, hint, see] = lines.as_slice() else { panic!("{said}") };
        assert!(
            what.starts_with("error: the answer was not written, or not whole: stdout"),
            "{said}"
        );
        assert!(hint.starts_with("hint: send the answer where there is room"), "{said}");
        assert!(see.ends_with("docs/reference/problems.md#io"), "{said}");
    }
}
