//! Texts that were written to exhaust whoever checks them: each is answered, briefly. Every replica
//! checks what any party proposes.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use concordat_agreement::{BYTES_MAX, assemble, read};
use concordat_terms::{Diagnostic, Severity};

const HEAD: &str = "# T\n\n```module\nid = \"m\"\nversion = \"1.0.0\"\nsigners = [\"all\"]\n```\n\n\
     ```clause\nid = \"goal\"\nobjective = \"to find out\"\n```\n\n";

fn clause(text: &mut String, block: &str) {
    text.push_str(&format!("```clause\n{block}\n```\n\n"));
}

/// Everything that is said about one file, and how many bytes that is.
fn said(text: &str) -> (Vec<Diagnostic>, usize) {
    assert!(text.len() <= BYTES_MAX, "{}", text.len());
    let found = match read("m.md", text.as_bytes()) {
        Err(found) => found,
        Ok(module) => match assemble([module]) {
            Ok((_, found)) | Err(found) => found,
        },
    };
    let bytes = found.iter().map(|d| d.text.len() + d.what.len() + d.hint.len()).sum();
    (found, bytes)
}

/// Room for what is said: a thousand findings with a short line each.
const ROOM: usize = 4_000_000;

#[test]
fn a_thousand_mistakes_in_one_line_do_not_repeat_the_line_for_each() {
    let seats = "\"A\",".repeat(1_000);
    let mut text = HEAD.to_owned();
    clause(&mut text, &format!("id = \"c\"\npermit = \"run.propose\"\nby = [{seats}]"));
    let (found, bytes) = said(&text);
    assert!(found.len() > 50 && found.len() <= 2_000, "{}", found.len());
    assert!(bytes < ROOM, "{bytes}");
}

#[test]
fn names_that_are_not_there_are_not_held_against_every_name_that_is_for_ever() {
    let mut text = HEAD.to_owned();
    for index in 0..900 {
        clause(&mut text, &format!("id = \"purpose-number-{index}\"\npurpose = \"p\""));
    }
    let unknown: Vec<String> = (0..1_000).map(|index| format!("\"x{index}\"")).collect();
    let purposes = unknown.join(",");
    clause(
        &mut text,
        &format!("id = \"c\"\npermit = \"run.propose\"\nby = \"s\"\npurposes = [{purposes}]"),
    );
    let (found, bytes) = said(&text);
    assert!(found.iter().any(|d| d.code == "unknown-reference"));
    assert!(bytes < ROOM, "{bytes}");
}

#[test]
fn a_seat_that_one_party_fills_a_thousand_times_is_told_so() {
    let mut text = HEAD.to_owned();
    clause(&mut text, "id = \"a\"\nparty = \"A\"\nside = \"public\"\njurisdictions = [\"BE\"]");
    let parties = "\"a\",".repeat(1_000);
    clause(&mut text, &format!("id = \"s\"\nseat = \"S\"\nfilled_by = [{parties}]"));
    let (found, bytes) = said(&text);
    assert!(found.iter().any(|d| d.code == "used-twice"));
    assert!(bytes < ROOM, "{bytes}");
}

#[test]
fn a_thousand_clauses_under_one_long_paragraph_share_it() {
    let mut text = HEAD.to_owned();
    text.push_str(&"thirty days and one year of EUR 5, ".repeat(12_000));
    text.push_str("\n\n");
    for index in 0..3_000 {
        clause(
            &mut text,
            &format!(
                "id = \"p{index}\"\npower = \"run.abort\"\nholder = \"s\"\nratified_by = \"s\"\nwithin = \"P{index}D\""
            ),
        );
    }
    let (found, bytes) = said(&text);
    assert!(!found.is_empty() && bytes < ROOM, "{bytes}");
}

#[test]
fn conditions_with_too_many_cells_to_ask_are_passed_over() {
    let mut text = HEAD.to_owned();
    clause(&mut text, "id = \"a\"\nparty = \"A\"\nside = \"public\"\njurisdictions = [\"BE\"]");
    clause(&mut text, "id = \"s\"\nseat = \"S\"\nfilled_by = [\"a\"]");
    clause(&mut text, "id = \"u\"\npurpose = \"U\"");
    clause(&mut text, "id = \"may\"\npermit = \"run.abort\"\nby = \"s\"");
    for index in 0..600 {
        let country = format!(
            "{}{}",
            char::from(b'A' + u8::try_from(index % 26).unwrap()),
            char::from(b'A' + u8::try_from(index / 26 % 26).unwrap())
        );
        clause(
            &mut text,
            &format!(
                "id = \"f{index}\"\nforbid = \"run.abort\"\nwhen = 'run.rounds == {index} && \
                 run.participants == {index} && place.jurisdiction == \"{country}\"'"
            ),
        );
    }
    let (found, _) = said(&text);
    assert!(found.iter().all(|d| d.severity != Severity::Error), "{:#?}", found[0]);
}

#[test]
fn every_dataset_beside_every_model_is_not_asked_about() {
    let mut text = HEAD.to_owned();
    clause(&mut text, "id = \"a\"\nparty = \"A\"\nside = \"public\"\njurisdictions = [\"BE\"]");
    clause(&mut text, "id = \"s\"\nseat = \"S\"\nfilled_by = [\"a\"]");
    clause(&mut text, "id = \"u\"\npurpose = \"U\"");
    for index in 0..5_000 {
        let kind = if index % 2 == 0 { "dataset" } else { "model" };
        clause(
            &mut text,
            &format!(
                "id = \"a{index}\"\nasset = \"A\"\nkind = \"{kind}\"\nholder = \"s\"\n\
                 label = \"public\"\npurposes = [\"u\"]"
            ),
        );
    }
    for index in 0..500 {
        clause(
            &mut text,
            &format!(
                "id = \"p{index}\"\npermit = \"run.abort\"\nby = \"s\"\nwhen = 'run.rounds < {index}'"
            ),
        );
    }
    let (found, bytes) = said(&text);
    assert!(!found.is_empty() && bytes < ROOM, "{bytes}");
}
