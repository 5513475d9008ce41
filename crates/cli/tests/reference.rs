//! The reference of commands is what the commands say of themselves.
#![allow(clippy::disallowed_methods, clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::process::Command;

const COMMANDS: &[&str] = &[
    "",
    "pilot",
    "pack make",
    "pack sign",
    "pack check",
    "pack outdated",
    "pack draft",
    "check",
    "diff",
    "render",
    "bench",
    "bench agreement",
    "bench dp",
    "bench law",
    "bench learn",
    "bench log",
    "bench rounds",
    "bench secagg",
    "key new",
    "key show",
    "key recover",
    "found",
    "sign",
    "act",
    "why",
    "status",
    "duties",
    "decisions",
    "catalog",
    "trace",
    "cases",
    "risks",
    "places",
    "refusals",
    "series",
    "budget",
    "matrix",
    "value",
    "search",
    "history",
    "log",
    "serve",
    "backup",
    "restore",
    "person commit",
    "person open",
    "erase",
    "node",
    "node register",
    "node doctor",
    "node pause",
    "node egress",
    "node rehearse",
    "node trainers",
    "data check",
    "data sign",
    "data forget",
    "run propose",
    "run show",
    "run compare",
    "run watch",
    "query plan",
    "query show",
    "predict",
    "model adapt",
    "evidence test",
    "export",
    "export bundle",
    "export catalog",
    "export lineage",
    "export course",
    "export model",
    "export onnx",
    "attest",
    "verify",
    "bisect",
];

fn help(command: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_concordat"))
        .args(command.split_whitespace())
        .arg("--help")
        .output()
        .unwrap();
    assert!(output.status.success(), "`concordat {command} --help` fails");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

#[test]
fn every_command_shows_an_example_in_eighty_columns() {
    for command in COMMANDS {
        let help = help(command);
        assert!(help.contains("Example"), "`concordat {command} --help` has no example");
        for line in help.lines() {
            assert!(line.chars().count() <= 80, "`concordat {command} --help`: {line}");
        }
    }
}

#[test]
fn the_reference_is_what_the_commands_say() {
    let mut page = "# Commands\n\nGenerated from the commands' own help.\n\nData goes to stdout, \
                    talk to stderr; `--json` everywhere. Exit status 0: done; 1: refused or not \
                    verified; 2: bad usage or input; 3: a fault of the machine or the network.\n"
        .to_owned();
    for command in COMMANDS {
        let name = format!("concordat {command}");
        page.push_str(&format!("\n## {}\n\n```text\n{}```\n", name.trim(), help(command)));
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/cli.md");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(path, &page).unwrap();
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(committed == page, "docs/reference/cli.md is not current: run with UPDATE_GOLDEN=1");
}
