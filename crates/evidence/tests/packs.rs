//! The packs that are shipped: they can be read, say how sure they are, and begin when they should.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::{clause, pack, packs, row};
use concordat_evidence::mark::{Confirmed, Status};
use concordat_evidence::name::{Class, RowId};
use concordat_evidence::regime::{Change, Crosswalk, Pack, SHIPPED, changes, conflicts, coverage};

#[test]
fn every_pack_can_be_read_and_no_row_is_without_source_and_mark() {
    let packs = packs();
    assert_eq!(packs.len(), SHIPPED.len());
    let mut rows = 0;
    let mut names = BTreeSet::new();
    for pack in &packs {
        for row in &pack.rows {
            assert!(row.source.len() > 4, "{}", row.id);
            assert!(row.title.len() > 8 && !row.title.ends_with('.'), "{}", row.id);
            // A row is cited without its pack in a crosswalk.
            assert!(names.insert(row.id.clone()), "{} is in two packs", row.id);
            rows += 1;
        }
    }
    assert_eq!(rows, 173);
}

#[test]
fn what_is_not_law_is_not_marked_as_law() {
    let status = |id: &str| packs().iter().find_map(|p| p.row(&row(id)).map(|r| r.status));
    for proposed in [
        "GDPR-omnibus",
        "UK-CSRB-24h",
        "UK-CSRB-72h",
        "UK-Frontier",
        "CIRCIA-incident",
        "CIRCIA-ransom",
        "GSAR-552.239-7001",
    ] {
        assert_eq!(status(proposed), Some(Status::Proposed), "{proposed}");
    }
    assert_eq!(status("IN-AIG"), Some(Status::Guidance));
    assert_eq!(status("UK-AISI"), Some(Status::Contract));
    assert_eq!(status("AIA-73(2)"), Some(Status::Law));
    assert!(pack("nist-ai-rmf").rows.iter().all(|row| row.status == Status::Guidance));
}

/// The dates of the AI Act, per duty and per class.
#[test]
fn duties_begin_on_their_days() {
    let act = pack("eu-ai-act");
    let in_force = |id: &str, class: Option<&str>, day: &str| {
        let classes: BTreeSet<Class> = class.into_iter().map(|c| c.parse().unwrap()).collect();
        act.row(&row(id)).unwrap().in_force(day.parse().unwrap(), &classes)
    };
    let begins = |id: &str, class: Option<&str>, before: &str, on: &str| {
        assert!(!in_force(id, class, before) && in_force(id, class, on), "{id} {class:?}");
    };
    begins("AIA-5", None, "2025-02-01", "2025-02-02");
    begins("AIA-53", Some("general-purpose"), "2025-08-01", "2025-08-02");
    begins("AIA-50", None, "2026-08-01", "2026-08-02");
    begins("AIA-50(2)", None, "2026-12-01", "2026-12-02");
    for id in ["AIA-9", "AIA-14", "AIA-26(5)", "AIA-43", "AIA-72", "AIA-73(2)", "AIA-73(6)"] {
        begins(id, Some("annex-iii"), "2027-12-01", "2027-12-02");
        begins(id, Some("annex-i"), "2028-08-01", "2028-08-02");
    }
    // A system that is both is bound by the earlier date.
    let both: BTreeSet<Class> = ["annex-i", "annex-iii"].map(|c| c.parse().unwrap()).into();
    assert!(act.row(&row("AIA-9")).unwrap().in_force("2027-12-02".parse().unwrap(), &both));
    let day = |id: &str, pack_id: &str| pack(pack_id).row(&row(id)).unwrap().in_force_from.unwrap();
    assert_eq!(day("DPDP-R7(people)", "india").to_string(), "2027-05-13");
    assert_eq!(day("UK-PECR-5A", "uk").to_string(), "2025-08-20");
    assert_eq!(day("M-25-21-impact", "us-federal-ai").to_string(), "2026-04-03");
}

/// Read in the primary text, or not claimed to be.
#[test]
fn clocks_that_were_read_in_the_primary_text_are_those() {
    let told = |id: &str| {
        let packs = packs();
        let row = packs.iter().find_map(|pack| pack.row(&row(id))).unwrap();
        (row.clock.unwrap().to_string(), row.confirmed)
    };
    for (id, clock) in [
        ("AIA-73(2)", "15 days (rolls to a working day)"),
        ("AIA-73(3)", "2 days (rolls to a working day)"),
        ("AIA-73(4)", "10 days (rolls to a working day)"),
        ("GDPR-33(1)", "72 hours"),
        ("NIS2-23(4)(a)", "24 hours"),
        ("NIS2-23(4)(b)", "72 hours"),
        ("NIS2-23(4)(d)", "1 month (rolls to a working day)"),
        ("HIPAA-164.404", "60 days (calendar days)"),
        ("HIPAA-164.408(c)", "60 days after the end of the year (calendar days)"),
    ] {
        assert_eq!(told(id), (clock.to_owned(), Confirmed::P), "{id}");
    }
    assert_eq!(told("CERT-In"), ("6 hours".to_owned(), Confirmed::S));
    assert_eq!(told("AIA-52"), ("14 days (rolls to a working day)".to_owned(), Confirmed::G));
}

#[test]
fn the_framework_of_nist_has_seventy_two_subcategories() {
    let nist = pack("nist-ai-rmf");
    assert_eq!(nist.rows.len(), 72);
    assert_eq!(nist.headings.len(), 4 + 19);
    // Nothing is met yet; then what GOVERN asks for about policies.
    let none = coverage(&nist, &BTreeSet::new());
    let counts: BTreeMap<&str, usize> =
        none.iter().map(|one| (one.heading.id.as_str(), one.rows)).collect();
    assert_eq!([counts["GV"], counts["MP"], counts["MS"], counts["MG"]], [19, 18, 22, 13]);
    assert_eq!([counts["GV-1"], counts["MS-2"], counts["MG-3"]], [7, 13, 2]);
    assert!(none.iter().all(|one| one.met == 0));
    let met: BTreeSet<RowId> = (1..=7).map(|n| row(&format!("GV-1.{n}"))).collect();
    let some = coverage(&nist, &met);
    let of = |id: &str| some.iter().find(|one| one.heading.id.as_str() == id).unwrap();
    assert_eq!((of("GV-1").met, of("GV").met, of("MP").met), (7, 7, 0));
    assert_eq!(pack("nist-genai").rows.len(), 12);
}

#[test]
fn a_contract_that_does_not_say_all_eight_things_is_told_which_it_leaves_out() {
    let gdpr = pack("eu-gdpr");
    assert_eq!(gdpr.terms.len(), 8);
    assert_eq!(
        pack("us-federal-ai").terms.iter().filter(|t| t.row == row("OMB-M-25-22")).count(),
        8
    );
    let mut walk = Crosswalk::default();
    for letter in "abcdefg".chars() {
        let rows = BTreeSet::from([row(&format!("GDPR-28(3)({letter})"))]);
        walk.0.insert(clause(&format!("data-use/term-{letter}")), rows);
    }
    assert_eq!(walk.unsaid(&gdpr), [&row("GDPR-28(3)(h)")]);
    // A clause of weight that answers to nothing, and a row that is in no pack.
    let high = BTreeSet::from([clause("data-use/term-a"), clause("release/gate")]);
    assert_eq!(walk.unmapped(&high), [&clause("release/gate")]);
    walk.0.insert(clause("release/gate"), BTreeSet::from([row("GDPR-99(9)")]));
    assert_eq!(walk.unknown(&packs()), [(&clause("release/gate"), &row("GDPR-99(9)"))]);
    assert!(walk.unmapped(&high).is_empty());
}

#[test]
fn a_new_version_of_a_pack_says_what_is_new() {
    let old = pack("eu-gdpr");
    assert_eq!(changes(&old, &old), []);
    let text = SHIPPED.iter().find(|(name, _)| *name == "eu-gdpr.toml").unwrap().1;
    let text = text.replace("n = 72", "n = 96").replace("id = \"GDPR-22\"", "id = \"GDPR-22(1)\"");
    let new = Pack::parse("eu-gdpr.toml", &text).unwrap();
    let told = [
        Change::Removed(row("GDPR-22")),
        Change::Added(row("GDPR-22(1)")),
        Change::Changed(row("GDPR-33(1)"), vec!["clock"]),
    ];
    assert_eq!(changes(&old, &new), told);
}

#[test]
fn of_five_regimes_about_one_breach_the_strictest_is_told_first() {
    let packs = packs();
    let found = conflicts(&packs);
    let told: Vec<String> = found
        .iter()
        .map(|one| {
            let rows: Vec<String> = one.rows.iter().map(|(_, row)| row.id.to_string()).collect();
            format!("{} {} {:?}: {}", one.kind, one.owner, one.audience, rows.join(" < "))
        })
        .collect();
    println!("{}", told.join("\n"));
    let breach = found.iter().find(|one| {
        one.kind.as_str() == "personal-data-breach" && one.owner.as_str() == "controller"
    });
    let (pack, strictest) = breach.unwrap().strictest().unwrap();
    assert_eq!((pack.id.as_str(), strictest.id.as_str()), ("india", "DPDP-R7(Board)(1)"));
    let cyber = found.iter().find(|one| one.kind.as_str() == "significant-cyber-incident").unwrap();
    let rows: Vec<&str> = cyber.rows.iter().map(|(_, row)| row.id.as_str()).collect();
    assert_eq!(
        rows,
        [
            "CERT-In",
            "NIS2-23(4)(a)",
            "UK-CSRB-24h",
            "NIS2-23(4)(b)",
            "UK-CSRB-72h",
            "CIRCIA-incident",
        ]
    );
}

#[test]
fn what_is_wrong_in_a_pack_is_told_with_its_place() {
    let text = |name: &str| SHIPPED.iter().find(|(file, _)| *file == name).unwrap().1;
    let wrong = |file: &str, part: &str, by: &str| {
        let changed = text(file).replacen(part, by, 1);
        assert_ne!(changed, text(file), "{part}");
        let found = Pack::parse(file, &changed).err();
        found.unwrap_or_else(|| panic!("`{by}` was read"))
    };
    for (file, part, by, code) in [
        ("eu-gdpr.toml", "confirmed = \"P\"\n", "", "missing-field"),
        ("eu-gdpr.toml", "confirmed = \"P\"", "confirmed = \"sure\"", "unknown-word"),
        ("eu-gdpr.toml", "status = \"law\"", "status = \"binding\"", "unknown-word"),
        ("eu-gdpr.toml", "initial_ok", "intial_ok", "unknown-field"),
        ("eu-gdpr.toml", "n = 72, ", "", "wrong-type"),
        ("eu-gdpr.toml", "unit = \"h\"", "unit = \"d\"", "wrong-type"),
        ("eu-gdpr.toml", "id = \"GDPR-22\"", "id = \"GDPR-30\"", "used-twice"),
        ("eu-gdpr.toml", "[\"controller\"]\nto =", "[]\nto =", "missing-field"),
        ("eu-gdpr.toml", "row = \"GDPR-33(1)\"", "row = \"GDPR-33(9)\"", "unknown-reference"),
        ("eu-gdpr.toml", "initial = [\"nature\"", "initial = [\"weather\"", "unknown-reference"),
        (
            "eu-gdpr.toml",
            "to = \"outside: supervisory authority\"",
            "to = \"outside:\"",
            "wrong-type",
        ),
        ("eu-gdpr.toml", "as_of = \"2026-11-21\"", "as_of = \"today\"", "bad-period"),
        (
            "eu-nis2.toml",
            "after = \"NIS2-23(4)(b)\"",
            "after = \"NIS2-23(4)(d)\"",
            "unknown-reference",
        ),
        ("uk.toml", "status = \"law\"", "status = \"proposed\"", "wrong-kind"),
        ("nist-ai-rmf.toml", "under = \"GV-1\"", "under = \"GV-9\"", "unknown-reference"),
        (
            "eu-ai-act.toml",
            "classes = [\"annex-iii\", \"annex-i\"]",
            "classes = [\"annex-i\"]",
            "unknown-reference",
        ),
    ] {
        let found = wrong(file, part, by);
        assert_eq!(found[0].code, code, "{}", found[0]);
        assert!(found[0].span.line > 1, "{}", found[0]);
    }
    // Several mistakes are told at once, each on its line.
    let text = text("eu-nis2.toml").replace("after = \"NIS2-23(4)(b)\"", "after = \"x\"");
    let text = text.replace("row = \"NIS2-23(4)(a)\"", "row = \"y\"");
    let found = Pack::parse("mine.toml", &text).unwrap_err();
    assert_eq!(
        found.iter().map(|one| one.text.as_str()).collect::<Vec<_>>(),
        ["after = \"x\"", "row = \"y\"",]
    );
}

#[test]
fn a_pack_can_bring_a_calendar_that_replaces_one() {
    let text = SHIPPED.iter().find(|(name, _)| *name == "eu-nis2.toml").unwrap().1.to_owned()
        + "
[[calendar]]
id = \"EU\"
title = \"a year's decision\"
zone = \"central-europe\"
source = \"a decision\"
confirmed = \"G\"
from = 2028
to = 2028
holidays = [{ name = \"A day\", day = \"2028-03-01\" }]
";
    let pack = Pack::parse("mine.toml", &text).unwrap();
    let builtin = concordat_evidence::calendar::Calendars::builtin();
    let extended = pack.extend(builtin);
    let of = |calendars: &concordat_evidence::calendar::Calendars, id: &str, day: &str| {
        calendars.get(&id.parse().unwrap()).unwrap().is_working_day(day.parse().unwrap())
    };
    assert!(of(builtin, "EU", "2028-03-01") && !of(&extended, "EU", "2028-03-01"));
    assert!(!of(&extended, "BE", "2028-12-25"));
    let odd = text.replace("central-europe", "atlantis");
    assert_eq!(Pack::parse("mine.toml", &odd).unwrap_err()[0].code, "unknown-reference");
}

#[test]
fn a_text_that_is_only_brackets_or_far_too_long_is_refused() {
    for text in [
        "[".repeat(200_000),
        format!("id = {}", "[".repeat(200_000)),
        "a.".repeat(200_000),
        "#".repeat(2 << 20),
    ] {
        let found = Pack::parse("mine.toml", &text).unwrap_err();
        assert!(!found.is_empty() && found[0].to_string().len() < 2_000);
    }
    let found = Pack::parse("mine.toml", "title = \"a\u{202e}b\"").unwrap_err();
    assert_eq!((found[0].code, found[0].span.column), ("hidden-character", 11));
}
