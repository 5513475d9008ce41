//! Small pages against their bytes: `UPDATE_GOLDEN=1` rewrites, the diff is reviewed like code.
//! The style sheet is left out.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]
#![allow(clippy::disallowed_methods, reason = "goldens are files")]

mod common;

use common::{at, digest};
use concordat_console::view::{
    Decisions, Frame, Log, Motion, Name, NotFound, Outcome, Piece, Row, Side, Verdict, Vote, Words,
};
use concordat_console::{STYLE, page};

fn frame() -> Frame {
    Frame {
        origin: "heart.example/log".to_owned(),
        banner: None,
        log: Some(digest("genesis")),
        entries: 1,
        time: Some(at("2027-01-04T08:00:00Z")),
    }
}

fn name(id: &str, title: &str) -> Name {
    Name { id: id.to_owned(), title: title.to_owned() }
}

fn says(text: &str) -> Words {
    Words(vec![Piece::Text(text.to_owned())])
}

#[test]
fn a_page_that_is_not_there_says_so() {
    let view = NotFound { frame: frame(), path: "/a<b".to_owned() };
    golden("not-found", &page::not_found(&view));
}

#[test]
fn a_refused_act_has_a_word_a_clause_and_a_remedy() {
    let view = Log {
        frame: frame(),
        refused_only: true,
        total: 51,
        refused: 51,
        page: 2,
        pages: 2,
        rows: vec![Row {
            index: 7,
            time: Some(at("2027-01-05T09:30:00Z")),
            who: Some(name("vendor", "Meridian Learning (example)")),
            seat: Some("Trainer".to_owned()),
            act: Some("run.propose".to_owned()),
            verdict: Verdict::Refused {
                code: "forbidden".to_owned(),
                what: says("a clause forbids it"),
                remedy: says("keep outside of it"),
                clause: Some("data-use/no-insurance-runs".parse().unwrap()),
            },
        }],
    };
    golden("log", &page::log(&view));
}

#[test]
fn a_motion_shows_each_sides_votes_and_the_dissent() {
    let birch = name("birch", "Birch");
    let view = Decisions {
        frame: frame(),
        motions: vec![Motion {
            id: "open-it".to_owned(),
            question: says("Open project heart-risk?"),
            body: "Council".to_owned(),
            clause: Some("governance/council".parse().unwrap()),
            by: name("alder", "Alder"),
            opens_at: at("2027-01-04T08:00:00Z"),
            open_until: at("2027-01-18T08:00:00Z"),
            lapses_at: at("2027-02-01T08:00:00Z"),
            outcome: Outcome::Executed,
            sides: vec![Side {
                side: "public side".to_owned(),
                counted: true,
                votes: vec![
                    (name("alder", "Alder"), Some(Vote::For)),
                    (birch.clone(), Some(Vote::Against)),
                ],
            }],
            dissent: vec![birch],
            executed: Some(at("2027-01-05T08:00:00Z")),
        }],
    };
    golden("decisions", &page::decisions(&view));
}

/// Compares a page with `golden/<name>.html`, one element a line.
fn golden(name: &str, html: &str) {
    let lines = html.replace(STYLE, "…").replace("><", ">\n<") + "\n";
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let file = folder.join(format!("{name}.html"));
    if std::env::var("UPDATE_GOLDEN").is_ok() {
        std::fs::write(&file, &lines).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&file).unwrap_or_default(), lines);
}
